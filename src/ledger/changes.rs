//! Which entries changed since somebody looked: what an index beside the ledger follows. Each entry stands once, at its last change, so the
//! list is never longer than the register; it is part of the fold and therefore as good as the journal.

use super::{Ledger, LedgerError, key};
use crate::register::entry::RegisterNumber;

/// Entries that changed behind a position, in the order of their last change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub numbers: Vec<RegisterNumber>,
    /// Where to look from the next time.
    pub position: u64,
}

impl Ledger {
    /// How many changes of entries there were up to now.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn change_position(&self) -> Result<u64, LedgerError> {
        Ok(self.read(key::CHANGE_COUNT)?.unwrap_or(0))
    }

    /// The entries that changed behind `position`, at most so many. An entry that changes meanwhile is found at its new place, now or the
    /// next time.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn changes_since(&self, position: u64, at_most: usize) -> Result<Changes, LedgerError> {
        let mut changes = Changes {
            numbers: Vec::new(),
            position,
        };
        // Backwards: what changed since is little beside what did not.
        let mut found = Vec::new();
        for pair in self.index.scan_back(key::CHANGES) {
            let (name, value) = pair?;
            let Some(at) = key::read_change(&name).filter(|at| *at > position) else {
                break;
            };
            found.push((at, super::overlay::decode(&name, &value)?));
        }
        for (at, number) in found.into_iter().rev().take(at_most) {
            changes.position = at;
            changes.numbers.push(number);
        }
        Ok(changes)
    }
}
