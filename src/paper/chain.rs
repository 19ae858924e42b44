//! Where a paper stands in the journal: the end of the chain, its time, and the record that gave an entry its number.

use jiff::{SignedDuration, Timestamp};

use super::PaperError;
use crate::hash::Sha256;
use crate::ledger::Ledger;
use crate::register::entry::Entry;
use crate::store::journal::Journal;
use crate::store::record::{Head, Record};

/// How far a clock may have been set back between two records before the search in the last segments misses one and all are read.
const CLOCK_BACK: SignedDuration = SignedDuration::from_hours(48);

/// The journal up to the record that the paper is made from.
pub struct Chain {
    pub journal: Journal,
    pub head: Head,
    /// Of the last record.
    pub at: Timestamp,
}

/// The record in which an entry got its number.
#[derive(Debug, Clone, Copy)]
pub struct Position {
    pub sequence: u64,
    pub hash: Sha256,
    pub at: Timestamp,
}

impl Chain {
    pub fn of(ledger: &Ledger) -> Result<Self, PaperError> {
        let head = ledger.head();
        let journal = ledger.journal()?;
        let last = journal.read_from(head.sequence).next().transpose()?;
        Ok(Self {
            journal,
            head,
            at: last.map_or(Timestamp::UNIX_EPOCH, |record| record.time),
        })
    }

    /// The records from `sequence` to the head, each checked against the chain.
    pub fn records(&self, sequence: u64) -> impl Iterator<Item = Result<Record, PaperError>> + '_ {
        let within = |record: &Result<Record, _>| {
            record
                .as_ref()
                .map_or(true, |record: &Record| record.sequence <= self.head.sequence)
        };
        self.journal.read_from(sequence).take_while(within).map(|record| Ok(record?))
    }

    /// The first record of the last segment that was begun well before `at`: what happened at `at` or later stands there or behind.
    pub fn start_before(&self, at: Timestamp) -> Result<u64, PaperError> {
        let starts = self.journal.segment_starts()?;
        let limit = at.checked_sub(CLOCK_BACK).unwrap_or(Timestamp::MIN);
        // By halving: each look reads one group.
        let (mut low, mut high) = (0, starts.len());
        while low < high {
            let middle = low.midpoint(high);
            let Some(start) = starts.get(middle) else { break };
            match self.journal.read_from(*start).next().transpose()? {
                Some(record) if record.time < limit => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(starts.get(low.saturating_sub(1)).copied().unwrap_or(1))
    }

    /// Where the entry got its number.
    pub fn position(&self, entry: &Entry) -> Result<Option<Position>, PaperError> {
        let start = self.start_before(entry.registered_at)?;
        match self.find(entry, start)? {
            None if start > 1 => self.find(entry, 1),
            found => Ok(found),
        }
    }

    fn find(&self, entry: &Entry, start: u64) -> Result<Option<Position>, PaperError> {
        let number = format!("\"register_number\":\"{}\"", entry.register_number);
        let finder = memchr::memmem::Finder::new(&number);
        for record in self.records(start) {
            let record = record?;
            let gives = matches!(record.kind.as_str(), "registered" | "reexamined");
            if gives && finder.find(record.body.get().as_bytes()).is_some() {
                return Ok(Some(Position {
                    sequence: record.sequence,
                    hash: record.hash,
                    at: record.time,
                }));
            }
        }
        Ok(None)
    }
}
