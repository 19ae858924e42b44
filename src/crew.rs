//! Threads that are kept for the next piece of work: starting one for each costs more than reading a small message.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SendError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a thread waits for more before it ends: longer than a pause between two groups of messages.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a thread is given to do. It reports for itself, and keeps its panics to itself.
pub type Job = Box<dyn FnOnce() + Send>;

/// Threads of one name and one stack.
pub struct Crew {
    name: &'static str,
    stack: usize,
    next: AtomicU64,
    /// The latest to become idle stands last and is asked first: its stack and its memory are warm.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    id: u64,
    jobs: Sender<Job>,
}

impl Crew {
    /// `stack` in bytes.
    pub const fn new(name: &'static str, stack: usize) -> Self {
        Self {
            name,
            stack,
            next: AtomicU64::new(0),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Does `job` on a thread that does nothing else meanwhile, however long it takes.
    ///
    /// # Errors
    /// No thread was idle, and none could be started.
    pub fn run(&'static self, mut job: Job) -> io::Result<()> {
        // The guard is not held while a job is sent.
        while let Some(idle) = { self.idle().pop() } {
            match idle.jobs.send(job) {
                Ok(()) => return Ok(()),
                Err(SendError(back)) => job = back,
            }
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (jobs, inbox) = channel();
        let serve = move || {
            job();
            self.serve(id, &jobs, &inbox);
        };
        thread::Builder::new()
            .name(self.name.into())
            .stack_size(self.stack)
            .spawn(serve)
            .map(drop)
    }

    fn serve(&self, id: u64, jobs: &Sender<Job>, inbox: &Receiver<Job>) {
        loop {
            self.idle().push(Idle { id, jobs: jobs.clone() });
            let job = match inbox.recv_timeout(PATIENCE) {
                Ok(job) => job,
                Err(RecvTimeoutError::Disconnected) => return,
                // Whoever took it from the idle meanwhile is about to send.
                Err(RecvTimeoutError::Timeout) if !self.leave(id) => match inbox.recv() {
                    Ok(job) => job,
                    Err(_) => return,
                },
                Err(RecvTimeoutError::Timeout) => return,
            };
            job();
        }
    }

    /// Whether it was still among the idle.
    fn leave(&self, id: u64) -> bool {
        let mut idle = self.idle();
        let at = idle.iter().position(|idle| idle.id == id);
        at.map(|at| idle.remove(at)).is_some()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thread_is_used_again_and_two_pieces_of_work_never_share_one() {
        static CREW: Crew = Crew::new("test", 1 << 20);
        let (send, receive) = channel();
        let mut used = BTreeSet::new();
        for _ in 0..100 {
            let send = send.clone();
            CREW.run(Box::new(move || send.send(format!("{:?}", thread::current().id())).unwrap()))
                .unwrap();
            used.insert(receive.recv().unwrap());
        }
        // A thread reports before it is idle again, so that on a busy machine another one may be asked for.
        assert!(used.len() < 100, "{used:?}");

        let (open, gate) = channel::<()>();
        let (done, finished) = channel();
        let blocked = done.clone();
        CREW.run(Box::new(move || {
            gate.recv().unwrap();
            blocked.send("first").unwrap();
        }))
        .unwrap();
        CREW.run(Box::new(move || done.send("second").unwrap())).unwrap();
        assert_eq!(finished.recv().unwrap(), "second", "it did not wait behind the first");
        open.send(()).unwrap();
        assert_eq!(finished.recv().unwrap(), "first");
    }
}
