//! What the record can say for a deletion on the server: how old a message is whatever the clock showed, and which of them a backup names.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::event::Event;
use super::state::{LocatorState, MessageState};
use super::{Ledger, LedgerError, key, read_event};
use crate::hash::Sha256;
use crate::mailbox::Locator;
use crate::store::Store;
use crate::store::record::Head;

/// The kind of the records of [`Event::Registered`]: others need not be read.
const REGISTERED: &str = "registered";

impl Ledger {
    /// Messages of a mailbox that were fetched before an instant, have their numbers, and were not deleted on the server. What came behind
    /// a younger message is no older than that, whatever the clock showed when it came.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn removable(&self, mailbox: &str, before: Timestamp, now: Timestamp) -> Result<Vec<(Locator, Sha256)>, LedgerError> {
        let mut first_young = u64::MAX;
        for message in self.walk::<MessageState>(key::MESSAGES) {
            let message = message?;
            if (before..=now).contains(&message.fetched_at) {
                first_young = first_young.min(message.order);
            }
        }
        let is_old = |message: &MessageState| message.fetched_at < before && message.order < first_young;
        let mut removable = Vec::new();
        for (name, state) in self.locators_of(mailbox)? {
            let LocatorState::Fetched {
                sha256, removed: false, ..
            } = state
            else {
                continue;
            };
            let message = self.message(&sha256)?;
            if message.is_some_and(|message| !message.numbers.is_empty() && is_old(&message)) {
                removable.push((name, sha256));
            }
        }
        Ok(removable)
    }

    /// Messages that were registered behind a record of this journal; `None` where it holds no such record.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn registered_behind(&self, end: Head) -> Result<Option<BTreeSet<Sha256>>, LedgerError> {
        let mut records = Store::read_journal(&self.root, Arc::clone(&self.disk))?.read_from(end.sequence);
        let first = records.next().transpose()?;
        if first.is_none_or(|first| (first.sequence, first.hash) != (end.sequence, end.hash)) {
            return Ok(None);
        }
        let mut behind = BTreeSet::new();
        for record in records {
            let record = record?;
            if record.kind != REGISTERED {
                continue;
            }
            let event = read_event(&record.kind, &record.body).map_err(|problem| LedgerError::Unknown {
                sequence: record.sequence,
                problem,
            })?;
            if let Event::Registered(registered) = event {
                behind.insert(registered.sha256);
            }
        }
        Ok(Some(behind))
    }

    /// Days since then on which a mailbox was checked.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn days_checked(&self, mailbox: &str, since: Date) -> Result<u64, LedgerError> {
        let prefix = key::days(mailbox);
        let mut days = 0;
        for pair in self.index.scan(&prefix) {
            let (name, _) = pair?;
            let day = name.get(prefix.len()..).and_then(|day| std::str::from_utf8(day).ok());
            let day = day.and_then(|day| day.parse::<Date>().ok());
            days += u64::from(day.is_some_and(|day| day >= since));
        }
        Ok(days)
    }
}

#[cfg(test)]
#[path = "removal_tests.rs"]
mod removal_tests;
