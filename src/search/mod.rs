//! What is found where in the register: rows for lists, filters, counts and full text. A fold over the ledger like the index, disposable
//! like it, and asked only with the person who asks.

pub mod query;
pub mod row;

use std::sync::Arc;

use crate::ledger::{Ledger, LedgerError};
use crate::people::Person;
use query::{Page, Query};
use row::Row;

/// The register, ready to be asked.
pub struct Search {
    ledger: Arc<Ledger>,
}

impl Search {
    pub fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger }
    }

    /// The rows that exist for `person` and fit `query`, newest first.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn list(&self, person: &Person, query: &Query) -> Result<Page, LedgerError> {
        let mut rows = Vec::new();
        let mut more = false;
        for entry in self.ledger.entries_back() {
            let entry = entry?;
            if query.before.is_some_and(|before| entry.register_number >= before) || !person.sees(&entry) || !query.fits(&entry) {
                continue;
            }
            if rows.len() == query.limit {
                more = true;
                break;
            }
            rows.push(Row::of(&entry));
        }
        let next = rows.last().map(|row| row.number).filter(|_| more);
        Ok(Page { rows, next })
    }
}
