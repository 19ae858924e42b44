//! What the journal's records mean: the events, the fold that turns them into the index, and the questions that can be asked of it.
//!
//! All writing goes through one thread. It gathers what is waiting, lets each request decide on the state that the earlier ones left,
//! makes the whole group durable with one `fdatasync`, and only then shows it in the index and answers. A register number is decided
//! and made durable in the same step, so no crash can burn or double one.

mod accounts;
mod changes;
pub mod clock;
mod disposal;
pub mod event;
pub mod file_deeds;
pub mod files;
pub mod fold;
pub mod handling;
mod keeping;
mod key;
mod linking;
pub mod opened;
mod overlay;
mod packed;
mod query;
pub mod reexamination;
pub mod registration;
mod removal;
pub mod retention;
pub mod sent;
pub mod state;
mod tokens;
pub mod transfer;
mod writer;

#[cfg(test)]
mod alerting_tests;
#[cfg(test)]
mod changes_tests;
#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod files_tests;
#[cfg(test)]
pub mod fixture;
#[cfg(test)]
mod handling_tests;
#[cfg(test)]
mod keeping_tests;
#[cfg(test)]
mod linking_tests;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod recovery_tests;
#[cfg(test)]
mod reexamination_tests;
#[cfg(test)]
mod registration_tests;
#[cfg(test)]
mod retention_tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;
use tokio::sync::watch;

use crate::alert::outbox::Outbox;
use crate::clock::SharedClock;
use crate::register::entry::Asker;
use crate::register::numbering::NumberingError;
use crate::store::blobs::Blobs;
use crate::store::disk::SharedDisk;
use crate::store::error::{Step, StoreError};
use crate::store::index::Index;
use crate::store::journal::Journal;
use crate::store::loss;
use crate::store::pins::Pins;
use crate::store::record::Head;
use crate::store::{Recovery, Store};
pub use changes::Changes;
use event::Event;
use fold::State;
use overlay::{Overlay, decode};
pub use query::{Counts, OpenDeadline};
use writer::Writer;
pub use writer::{CLOCK_SLACK, Decision, Pending};

/// The alarm that stands while the record is broken.
pub const BROKEN: &str = "record/broken";

/// Why the record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The group that this request was in was refused by the disk; nothing of it happened. Try again.
    #[error("the record could not be written: {0}")]
    Refused(Arc<StoreError>),
    #[error("an event could not be written as JSON: {0}")]
    Encode(String),
    #[error("the index holds something unreadable at {key}: {problem}; run: kep-gateway index rebuild")]
    Decode { key: String, problem: String },
    #[error("record {sequence} of the journal is not what this version reads: {problem}; use the version that wrote it, or a newer one")]
    Unknown { sequence: u64, problem: String },
    #[error(transparent)]
    Numbering(#[from] NumberingError),
    #[error("the ledger is closed")]
    Closed,
    #[error("this store was opened for reading only")]
    ReadOnly,
}

impl LedgerError {
    /// Kept bytes are missing or damaged; the record itself can be read.
    pub fn is_lost_blob(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_lost_blob())
    }

    /// Worth another try without a person.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Refused(error) => error.is_transient(),
            _ => false,
        }
    }
}

/// The record, open. Cheap to share.
pub struct Ledger {
    index: Index,
    blobs: Blobs,
    root: PathBuf,
    disk: SharedDisk,
    clock: SharedClock,
    pins: Arc<Pins>,
    /// `None` when opened for reading only.
    writer: Option<Writer>,
    head: Head,
    /// What opening found and repaired; `None` when opened for reading only.
    recovery: Option<Recovery>,
}

impl Ledger {
    /// Opens the store for writing: takes its lock, repairs a torn tail, and brings the index up to the journal.
    ///
    /// # Errors
    /// Another process holds the store, the chain is broken, or the disk refuses.
    pub fn open(root: &Path, disk: SharedDisk, clock: SharedClock) -> Result<Self, LedgerError> {
        let (store, recovery) = Store::open(root, Arc::clone(&disk))?;
        loss::prepare(root, &*disk)?;
        let outbox = restore_outbox(&store.index).and_then(|outbox| catch_up(&store.journal, &store.index, outbox))?;
        let (index, blobs, head) = (store.index.clone(), store.blobs.clone(), store.journal.head());
        let writer = Writer::start(store, outbox, Arc::clone(&clock));
        Ok(Self {
            index,
            blobs,
            root: root.to_owned(),
            disk,
            clock,
            pins: Arc::default(),
            writer: Some(writer),
            head,
            recovery: Some(recovery),
        })
    }

    /// Opens the store for questions only, beside a daemon that writes: the journal is folded into memory.
    ///
    /// # Errors
    /// The folder is no store, or the chain is broken.
    pub fn open_read_only(root: &Path, disk: SharedDisk, clock: SharedClock) -> Result<Self, LedgerError> {
        let store = Store::open_read_only(root, Arc::clone(&disk))?;
        catch_up(&store.journal, &store.index, Outbox::default())?;
        let Store { blobs, journal, index, .. } = store;
        Ok(Self {
            index,
            blobs,
            root: root.to_owned(),
            disk,
            clock,
            pins: Arc::default(),
            writer: None,
            head: journal.head(),
            recovery: None,
        })
    }

    /// Throws the index away and opens the store: the journal is folded anew.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn rebuild(root: &Path, disk: SharedDisk, clock: SharedClock) -> Result<Self, LedgerError> {
        let (store, first) = Store::open(root, Arc::clone(&disk))?;
        store.index.clear()?;
        drop(store);
        let mut ledger = Self::open(root, disk, clock)?;
        // What the first opening put right the second finds in order: it is told all the same.
        if let Some(recovery) = &mut ledger.recovery {
            recovery.cut = first.cut.or(recovery.cut.take());
            recovery.created |= first.created;
            recovery.head = first.head;
        }
        Ok(ledger)
    }

    /// Decides on the present state and makes the decision durable. Decisions are made in the order of the calls. See [`Writer`].
    ///
    /// # Errors
    /// The disk refused the group; then nothing of it happened.
    pub fn commit<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&mut Decision<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Pending<T> {
        self.writer.as_ref().map_or_else(Pending::refused, |writer| writer.commit(decide))
    }

    /// A person says that the clock is right, although the newest record is of a later time. See [`Writer::accept_clock`].
    ///
    /// # Errors
    /// The disk refused the record.
    pub fn accept_clock(&self, reason: String, by: Asker) -> Pending<Option<Timestamp>> {
        self.writer
            .as_ref()
            .map_or_else(Pending::refused, |writer| writer.accept_clock(reason, by))
    }

    /// One event that needs no decision.
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    pub async fn append(&self, event: Event) -> Result<(), LedgerError> {
        self.commit(move |decision| decision.record(event)).await
    }

    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Blobs on their way into the record.
    pub fn pins(&self) -> &Arc<Pins> {
        &self.pins
    }

    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// The store's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Rings whenever something new is durable and shown, with the sequence of the last record. `None` for a ledger that only reads.
    pub fn shown(&self) -> Option<watch::Receiver<u64>> {
        self.writer.as_ref().map(Writer::shown)
    }

    /// The end of the chain: what the daily report carries out of the machine.
    pub fn head(&self) -> Head {
        self.writer.as_ref().map_or(self.head, Writer::head)
    }

    /// What opening found and repaired.
    pub fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    /// The journal as it lies on the medium, for whoever must show its records and not only what they mean.
    ///
    /// # Errors
    /// The end of the chain is broken, or the disk fails.
    pub fn journal(&self) -> Result<Journal, LedgerError> {
        Ok(Store::read_journal(&self.root, Arc::clone(&self.disk))?)
    }

    /// Bytes that may still be written where the store lies.
    ///
    /// # Errors
    /// The file system does not say.
    pub fn free_bytes(&self) -> Result<u64, LedgerError> {
        self.disk.free_bytes(&self.root).map_err(|source| {
            LedgerError::Store(StoreError::Io {
                step: Step::FreeSpace,
                path: self.root.clone(),
                source,
            })
        })
    }
}

/// Folds the records that the index has not seen, and returns the outbox after them.
fn catch_up(journal: &Journal, index: &Index, outbox: Outbox) -> Result<Outbox, LedgerError> {
    /// Records folded per index batch.
    const GROUP: usize = 500;
    let mut outbox = outbox;
    if index.applied() > journal.head().sequence {
        index.clear()?;
        outbox = Outbox::default();
    }
    let mut records = journal.read_from(index.applied() + 1).peekable();
    while records.peek().is_some() {
        let mut state = State {
            index: Overlay::new(index),
            outbox,
        };
        let mut last = index.applied();
        for record in records.by_ref().take(GROUP) {
            let record = record?;
            let event = read_event(&record.kind, &record.body).map_err(|problem| LedgerError::Unknown {
                sequence: record.sequence,
                problem,
            })?;
            fold::apply(&event, record.time, &mut state)?;
            state.index.settle();
            last = record.sequence;
        }
        index.apply(state.index.into_batch()?, last)?;
        outbox = state.outbox;
    }
    Ok(outbox)
}

/// What the index remembers of the alerts that are under way.
fn restore_outbox(index: &Index) -> Result<Outbox, LedgerError> {
    let mut jobs = Vec::new();
    for pair in index.scan(key::OPEN_JOBS) {
        let (name, _) = pair?;
        let job = key::job_of_open(&name);
        if let Some(bytes) = index.get(&job)? {
            jobs.push(decode(&job, &bytes)?);
        }
    }
    let mut windows = Vec::new();
    for pair in index.scan(key::WINDOWS) {
        let (name, bytes) = pair?;
        windows.push(decode(&name, &bytes)?);
    }
    Ok(Outbox::restore(jobs, windows))
}

fn read_event(kind: &str, body: &RawValue) -> Result<Event, String> {
    let whole = format!("{{\"kind\":\"{kind}\",\"body\":{body}}}");
    serde_json::from_str(&whole).map_err(|error| error.to_string())
}

/// An event as the kind and body of a record.
fn write_event(event: &Event) -> Result<(String, Box<RawValue>), LedgerError> {
    #[derive(serde::Deserialize)]
    struct Tagged<'a> {
        kind: String,
        #[serde(borrow)]
        body: Option<&'a RawValue>,
    }
    let encode = |error: serde_json::Error| LedgerError::Encode(error.to_string());
    let whole = serde_json::to_string(event).map_err(encode)?;
    let tagged: Tagged<'_> = serde_json::from_str(&whole).map_err(encode)?;
    let body = match tagged.body {
        Some(body) => body.to_owned(),
        None => RawValue::from_string("null".to_owned()).map_err(encode)?,
    };
    Ok((tagged.kind, body))
}
