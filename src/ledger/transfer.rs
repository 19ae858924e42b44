//! What an EBYS takes over: each document under one number, once.

use jiff::Timestamp;

use super::event::{Event, Handled};
use super::handling::{HandlingRequest, Refusal, checked};
use super::overlay::decode;
use super::writer::Pending;
use super::{Ledger, LedgerError, key};
use crate::alert::job::Job;
use crate::people::Person;
use crate::register::entry::{Action, Entry, Handling, RegisterNumber};

/// What became of "it is ours now, under this number".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transfer {
    /// Recorded now. Exactly one of all who ask is told this.
    First { at: Timestamp },
    /// It was recorded before, under the same number: whoever did not hear the answer may ask again.
    Repeated { at: Timestamp },
    /// It was recorded before, under another number.
    Other { number: String, at: Timestamp },
}

impl Ledger {
    /// A program says that the EBYS took a document over. Decided on the entry as it stands when it is its turn: of two that ask at once
    /// with different numbers one is told no.
    ///
    /// # Errors
    /// The disk refused.
    pub fn transfer(&self, number: RegisterNumber, to: String, note: Option<String>, by: &Person) -> Pending<Result<Transfer, Refusal>> {
        let by = by.clone();
        self.commit(move |decision| {
            let Some(entry) = decision.state.index.entry(number)?.filter(|entry| by.sees(entry)) else {
                return Ok(Err(Refusal::NotFound));
            };
            if let Some((known, at)) = transferred(&entry) {
                let (known, at) = (known.to_owned(), at);
                return Ok(Ok(match known == to.trim() {
                    true => Transfer::Repeated { at },
                    false => Transfer::Other { number: known, at },
                }));
            }
            let action = Action::Transferred { number: to };
            let request = match checked(HandlingRequest { action, note }, &entry, &by) {
                Ok(request) => request,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let handling = Handling {
                by: by.login,
                at: decision.now,
                state: entry.state,
                note: request.note,
                uid: None,
                action: request.action,
            };
            decision.record(Event::Handled(Handled { number, handling }))?;
            Ok(Ok(Transfer::First { at: decision.now }))
        })
    }

    /// The numbers behind one, in their order; only those that no EBYS took over yet where that is asked. Their keys alone are read.
    pub fn numbers_after(
        &self,
        after: Option<RegisterNumber>,
        untransferred: bool,
    ) -> impl Iterator<Item = Result<RegisterNumber, LedgerError>> + '_ {
        let (prefix, after) = match untransferred {
            true => (key::UNTRANSFERRED, after.map(key::untransferred)),
            false => (key::ENTRIES, after.map(key::entry)),
        };
        self.index
            .scan_after(prefix, &after.unwrap_or_default())
            .filter_map(|pair| match pair {
                Ok((name, _)) => key::read_number(&name).map(Ok),
                Err(error) => Some(Err(error.into())),
            })
    }

    /// Jobs of the outbox, ended ones too, the newest first; those before one where it is named, by when it was planned and its id.
    pub fn jobs_before(&self, before: Option<(Timestamp, &str)>) -> impl Iterator<Item = Result<Job, LedgerError>> + '_ {
        // Behind the last of them, where none is named.
        let before = before.map_or_else(|| b"E".to_vec(), |(at, id)| key::job_by_time(at, id));
        self.index.scan_back_before(key::JOBS_BY_TIME, &before).filter_map(|pair| {
            let name = match pair {
                Ok((name, _)) => key::job_of_time(&name),
                Err(error) => return Some(Err(error.into())),
            };
            match self.index.get(&name) {
                Ok(bytes) => bytes.map(|bytes| decode(&name, &bytes)),
                Err(error) => Some(Err(error.into())),
            }
        })
    }
}

/// The number that was given last, and when.
pub fn transferred(entry: &Entry) -> Option<(&str, Timestamp)> {
    entry.history.iter().rev().find_map(|handling| match &handling.action {
        Action::Transferred { number } => Some((number.as_str(), handling.at)),
        _ => None,
    })
}
