//! Who is alive. The watchdog and the heartbeat are fed only while every task makes progress: a daemon that hangs must be heard.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The beats of all tasks.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<BTreeMap<String, Beat>>>);

struct Beat {
    at: Instant,
    /// How long this task may be silent from now.
    allowance: Duration,
}

impl Progress {
    /// The task lives, and will be heard again within `allowance`.
    pub fn beat(&self, task: &str, allowance: Duration) {
        self.beats().insert(
            task.to_owned(),
            Beat {
                at: Instant::now(),
                allowance,
            },
        );
    }

    /// The task ended as it should.
    pub fn end(&self, task: &str) {
        self.beats().remove(task);
    }

    /// Tasks that are silent for longer than they said.
    pub fn silent(&self) -> Vec<String> {
        self.beats()
            .iter()
            .filter(|(_, beat)| beat.at.elapsed() > beat.allowance)
            .map(|(task, _)| task.clone())
            .collect()
    }

    fn beats(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Beat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
