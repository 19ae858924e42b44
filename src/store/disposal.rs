//! The only way in which bytes leave the store. It asks for the journal's own word: a durable record of the intent that names the blob, the list
//! it stands on, and two people who approved that list beside the one who proposed it. Who has no such record in the chain removes nothing,
//! whatever the code above believes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::blobs::Blobs;
use super::error::StoreError;
use super::journal::Journal;
use super::record::Record;
use crate::hash::Sha256;

/// The kind of the record that permits it.
pub const KIND: &str = "disposal-begun";

/// The kind of the record that says that it is done.
pub const DONE: &str = "disposal-done";

/// The kind of the record that a listed message was fetched.
const FETCHED: &str = "fetched";

/// As in the register's rule; said again here, where it is enforced.
const APPROVERS: usize = 2;

/// Of a SHA-256 value.
const HASH_DIGITS: usize = 64;

/// A record that was read out of the chain and permits the removal of what it names.
#[derive(Debug, Clone)]
pub struct Proof {
    list: u32,
    blobs: BTreeSet<Sha256>,
}

/// What the store asks of the body.
#[derive(Deserialize)]
struct Intent {
    list: u32,
    proposed_by: String,
    approved_by: BTreeSet<String>,
    blobs: BTreeSet<Sha256>,
}

impl Proof {
    /// The intent of a list, among the records behind `since`; `None`: the journal knows none that permits anything.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn find(journal: &Journal, since: u64, list: u32) -> Result<Option<Self>, StoreError> {
        for record in journal.read_from(since + 1) {
            if let Some(proof) = Self::of(&record?).filter(|proof| proof.list == list) {
                return Ok(Some(proof));
            }
        }
        Ok(None)
    }

    /// Every intent of the journal, without the blobs that a later record names again; none where nothing was begun or done behind `since`.
    /// Whoever names a blob behind its removal may need it, and a copy of what is needed is not thrown away, whatever became of the first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn all(journal: &Journal, since: u64) -> Result<Vec<Self>, StoreError> {
        let mut is_new = false;
        for record in journal.read_from(since + 1) {
            if matches!(record?.kind.as_str(), KIND | DONE) {
                is_new = true;
                break;
            }
        }
        let mut all: Vec<Self> = Vec::new();
        if !is_new {
            return Ok(all);
        }
        // Which of them permits the removal of a blob: the last one.
        let mut permits: BTreeMap<Sha256, usize> = BTreeMap::new();
        let mut fetched: BTreeSet<Sha256> = BTreeSet::new();
        // What was begun before may have been done since.
        for record in journal.read_from(1) {
            let record = record?;
            if let Some(proof) = Self::of(&record) {
                permits.extend(proof.blobs.iter().map(|blob| (*blob, all.len())));
                all.push(proof);
                continue;
            }
            for name in named(&record) {
                // A message that its mailbox lists once more is not put back, so that record needs no bytes. What went as something else and
                // comes as a message for the first time is.
                if record.kind == FETCHED && !fetched.insert(name) {
                    continue;
                }
                if let Some(proof) = permits.remove(&name).and_then(|at| all.get_mut(at)) {
                    proof.blobs.remove(&name);
                }
            }
        }
        Ok(all)
    }

    /// Private: a record that nobody read out of the chain proves nothing.
    fn of(record: &Record) -> Option<Self> {
        if record.kind != KIND {
            return None;
        }
        let intent: Intent = serde_json::from_str(record.body.get()).ok()?;
        let others = intent.approved_by.iter().filter(|by| **by != intent.proposed_by).count();
        (others >= APPROVERS).then_some(Self {
            list: intent.list,
            blobs: intent.blobs,
        })
    }

    pub fn list(&self) -> u32 {
        self.list
    }

    pub fn blobs(&self) -> impl Iterator<Item = &Sha256> {
        self.blobs.iter()
    }
}

/// The hashes that stand in a record, as the whole of a text or a key: the store need not know what for.
fn named(record: &Record) -> impl Iterator<Item = Sha256> + '_ {
    let words = record.body.get().split('"').filter(|word| word.len() == HASH_DIGITS);
    words.filter_map(|word| word.parse().ok())
}

/// Removes blobs that the proof names; says how many there were. One that it does not name stays, and nothing is said of it.
///
/// # Errors
/// The disk refused. What went is gone; a repeated call does the rest.
pub fn dispose(blobs: &Blobs, proof: &Proof, wanted: &[Sha256]) -> Result<u64, StoreError> {
    let named: Vec<Sha256> = wanted.iter().filter(|hash| proof.blobs.contains(hash)).copied().collect();
    blobs.remove(&named)
}

#[cfg(test)]
#[path = "disposal_tests.rs"]
mod disposal_tests;
