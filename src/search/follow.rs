//! The index follows the ledger: filled when it is new, then brought up with every change, then the covering letters are read in the
//! background. Registering never waits for it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::ask::Asking;
use super::document::{Tag, letter_source, number_of};
use super::letter;
use super::shelf::{SearchError, Shelf, Snapshot, guarded};
use super::{Live, Search};
use crate::register::entry::{Entry, RegisterNumber};
use crate::store::error::StoreError;

/// Entries of one commit. A commit costs several flushes, and what is not committed is read from the ledger meanwhile.
const BATCH: usize = 2_000;
/// Covering letters that are read between two looks at the ledger.
const LETTERS: usize = 64;
/// How long changes gather before they are committed: fewer, larger segments, and a question reads the few from the ledger.
const GATHER: Duration = Duration::from_millis(500);
/// Pause between two commits while there is more to do: their flushes stand in line with those of the register.
const PACE: Duration = Duration::from_millis(250);
/// Pause after the disk refused.
const PAUSE: Duration = Duration::from_secs(10);
const NOT_FOLLOWING: &str = "the search index does not follow; questions are answered from the register meanwhile";

/// What a round of following did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The index holds everything.
    UpToDate,
    /// There is more to do.
    More,
}

impl Search {
    /// Keeps the index up to the ledger until it is told to stop. Started once.
    ///
    /// On a thread of its own: whole messages are read there, and an allocator that keeps what it freed by thread would keep it once for
    /// each of the threads that blocking work is handed to.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let (runtime, (ended, end)) = (Handle::current(), oneshot::channel());
        let thread = std::thread::Builder::new().name("search".into()).spawn(move || {
            runtime.block_on(self.keep_up(stop));
            let _ = ended.send(());
        });
        match thread {
            Ok(_) => drop(end.await),
            Err(error) => tracing::error!(%error, "{NOT_FOLLOWING}"),
        }
    }

    async fn keep_up(&self, stop: CancellationToken) {
        let (Some(mut shown), true) = (self.ledger.shown(), self.index.is_some()) else {
            return;
        };
        while !stop.is_cancelled() {
            shown.borrow_and_update();
            let pause = match guarded(|| self.catch_up(&|| stop.is_cancelled())) {
                Ok(Progress::More) => {
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = tokio::time::sleep(PACE) => continue,
                    }
                }
                Ok(Progress::UpToDate) => None,
                Err(error) => {
                    tracing::error!(%error, "{NOT_FOLLOWING}");
                    Some(PAUSE)
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
                rung = shown.changed(), if pause.is_none() => if rung.is_err() { break },
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(GATHER) => {}
            }
        }
        self.close();
    }

    /// One round: opens the index where it is not open, takes in what changed, reads some covering letters. `stopping` is asked between
    /// two entries.
    ///
    /// # Errors
    /// The disk refused, or the ledger cannot be read. The next round begins from the last commit.
    pub fn catch_up(&self, stopping: &dyn Fn() -> bool) -> Result<Progress, SearchError> {
        let Some(live) = &self.index else {
            return Ok(Progress::UpToDate);
        };
        let mut shelf = live.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = match shelf.take() {
            // It gave a wrong answer: what lies there is not believed again before it was checked.
            Some(_) if self.snapshot().is_none() => return Ok(Progress::More),
            Some(open) => open,
            None => Shelf::open(&live.folder, self.ledger.change_position()?)?,
        };
        // A failure drops the writer, and with it what was not committed.
        let progress = guarded(|| self.round(live, &mut open, stopping))?;
        *shelf = Some(open);
        Ok(progress)
    }

    /// Fills an empty index with entries that lie in no ledger, each with the text of its covering letter: what a measurement works on.
    ///
    /// # Errors
    /// The disk refused.
    pub fn fill_with(&self, entries: impl Iterator<Item = (Entry, String)>) -> Result<(), SearchError> {
        let Some(live) = &self.index else { return Ok(()) };
        let mut kept = live.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shelf = Shelf::open(&live.folder, self.ledger.change_position()?)?;
        for (entry, letter) in entries {
            shelf.put(entry.register_number, shelf.fields.document(&entry, Some(&letter)), true)?;
        }
        live.show(shelf.commit(self.ledger.change_position()?)?);
        *kept = Some(shelf);
        Ok(())
    }

    fn round(&self, live: &Live, shelf: &mut Shelf, stopping: &dyn Fn() -> bool) -> Result<Progress, SearchError> {
        let Some(position) = shelf.position else {
            return self.fill(live, shelf, stopping);
        };
        let snapshot = match self.snapshot() {
            Some(snapshot) => snapshot,
            None => live.show(shelf.snapshot()?),
        };
        let changes = self.ledger.changes_since(position, BATCH)?;
        if !changes.numbers.is_empty() {
            let mut disposed = false;
            for number in &changes.numbers {
                if let Some(entry) = self.ledger.entry(*number)? {
                    disposed |= entry.is_disposed();
                    let letter = self.known_letter(&snapshot, &entry)?;
                    shelf.put(*number, shelf.fields.document(&entry, letter.as_deref()), false)?;
                }
            }
            live.show(shelf.commit(changes.position)?);
            if disposed {
                // The snapshot before held its files open.
                drop(snapshot);
                live.show(shelf.purge()?);
            }
            return Ok(Progress::More);
        }
        self.read_letters(live, shelf, &snapshot, stopping)
    }

    /// Everything from the beginning, in one commit: half an index would answer as if it were whole.
    fn fill(&self, live: &Live, shelf: &mut Shelf, stopping: &dyn Fn() -> bool) -> Result<Progress, SearchError> {
        let position = self.ledger.change_position()?;
        for entry in self.ledger.entries() {
            if stopping() {
                return Ok(Progress::More);
            }
            let entry = entry?;
            let letter = letter_source(&entry).is_none().then_some("");
            shelf.put(entry.register_number, shelf.fields.document(&entry, letter), true)?;
        }
        live.show(shelf.commit(position)?);
        Ok(Progress::More)
    }

    /// The covering letter's text where it is known: as it was read before, or nothing where there is nothing to read.
    fn known_letter(&self, snapshot: &Snapshot, entry: &Entry) -> Result<Option<String>, SearchError> {
        match letter_source(entry) {
            None => Ok(Some(String::new())),
            Some(source) => snapshot.letter(entry.register_number, &source),
        }
    }

    fn read_letters(
        &self,
        live: &Live,
        shelf: &mut Shelf,
        snapshot: &Snapshot,
        stopping: &dyn Fn() -> bool,
    ) -> Result<Progress, SearchError> {
        let unread = Asking::all(shelf.fields).tag(&Tag::Unread).done(&[]);
        let mut waiting: Vec<RegisterNumber> = snapshot
            .newest(&*unread, None, LETTERS)?
            .into_iter()
            .map(|(key, _)| number_of(key))
            .collect();
        if waiting.is_empty() {
            return Ok(Progress::UpToDate);
        }
        let trap = Trap::at(&live.folder);
        // The one that the last process ended with comes first, so that its attempts add up.
        waiting.sort_by_key(|number| !trap.names(*number));
        for number in waiting {
            if stopping() {
                break;
            }
            let Some(entry) = self.ledger.entry(number)? else { continue };
            let text = match trap.gives_up(number) {
                true => String::new(),
                false => trap.guard(number, || self.letter_of(&entry, live))?,
            };
            shelf.put(number, shelf.fields.document(&entry, Some(&text)), false)?;
        }
        // An entry that changed meanwhile stands among the changes behind this position and is taken in again.
        let position = shelf.position.unwrap_or(0);
        live.show(shelf.commit(position)?);
        trap.disarm();
        Ok(Progress::More)
    }

    /// The text of an entry's covering letter; empty where there is none to be had.
    fn letter_of(&self, entry: &Entry, live: &Live) -> Result<String, SearchError> {
        let raw = match self.ledger.blobs().get(&entry.message.sha256) {
            Ok(raw) => raw,
            Err(error) if error.is_transient() => return Err(crate::ledger::LedgerError::from(error).into()),
            Err(error) => {
                // That a blob is missing or damaged is said by whom it concerns; here a text is not found.
                let error: StoreError = error;
                tracing::warn!(number = %entry.register_number, %error, "the message of an entry cannot be read for its words");
                return Ok(String::new());
            }
        };
        let kept = self.ledger.kept([entry])?;
        Ok(letter::text(raw, entry, kept, &live.limits))
    }

    /// The index is not asked again until it was checked or made anew.
    pub(super) fn forget(&self) {
        if let Some(live) = &self.index {
            *live.snapshot.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Ends the writer. What it did not commit is made up at the next start, and a merge that was under way is begun anew: a stop must not
    /// wait for it.
    fn close(&self) {
        if let Some(live) = &self.index {
            drop(live.shelf.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

impl Live {
    fn show(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let snapshot = Arc::new(snapshot);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
        snapshot
    }
}

/// Remembers over a crash which letter was being read: one that brings the process down does so a few times and is then left unread.
struct Trap {
    path: PathBuf,
    /// The letter of the process before, and how often it was begun.
    sprung: Option<(String, u32)>,
}

impl Trap {
    /// A kill from outside hits whatever is being read: an innocent letter is not given up for one.
    const ATTEMPTS: u32 = 3;

    fn at(folder: &Path) -> Self {
        let path = folder.join("reading");
        let sprung = std::fs::read_to_string(&path).ok().and_then(|text| {
            let (number, attempts) = text.split_once(' ')?;
            Some((number.to_owned(), attempts.parse().ok()?))
        });
        Self { path, sprung }
    }

    fn names(&self, number: RegisterNumber) -> bool {
        self.attempts(number) > 0
    }

    fn gives_up(&self, number: RegisterNumber) -> bool {
        self.attempts(number) >= Self::ATTEMPTS
    }

    fn attempts(&self, number: RegisterNumber) -> u32 {
        let known = self.sprung.as_ref().filter(|(name, _)| *name == number.to_string());
        known.map_or(0, |(_, attempts)| *attempts)
    }

    fn guard<T>(&self, number: RegisterNumber, work: impl FnOnce() -> Result<T, SearchError>) -> Result<T, SearchError> {
        std::fs::write(&self.path, format!("{number} {}", self.attempts(number) + 1))?;
        let outcome = work();
        self.disarm();
        outcome
    }

    fn disarm(&self) {
        // Where it stays, one letter is not read: no harm that a log line would mend.
        let _ = std::fs::remove_file(&self.path);
    }
}
