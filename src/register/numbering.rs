//! Which number comes next. State is a fold over the numbers of the journal; nothing is stored here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::RegisterNumber;
use crate::clock;

/// The last number given in each year.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbering {
    last: BTreeMap<i16, u32>,
    /// Years that a wrong clock began: their numbers stay, and hold no later document there.
    passed_over: BTreeSet<i16>,
}

/// Why a number cannot be given or taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberingError {
    /// The journal holds a hole or a double: it was changed or written by two programs.
    #[error("register number {found} stands where {expected} must follow; run: kep-gateway journal verify")]
    OutOfOrder { found: RegisterNumber, expected: RegisterNumber },
    #[error("the numbers of {0} are used up")]
    Exhausted(i16),
}

impl NumberingError {
    /// Never: a broken chain of numbers does not heal by waiting.
    pub fn is_transient(&self) -> bool {
        false
    }
}

impl Numbering {
    /// Takes a number from the journal into account.
    ///
    /// # Errors
    /// It is not the next one of its year. The state still moves on to the higher of the two, so that no number is ever given twice.
    pub fn observe(&mut self, found: RegisterNumber) -> Result<(), NumberingError> {
        let expected = self.after(found.year)?;
        let last = self.last.entry(found.year).or_default();
        *last = found.number.max(*last);
        if found == expected {
            Ok(())
        } else {
            Err(NumberingError::OutOfOrder { found, expected })
        }
    }

    /// Gives the next number of the year that it is in Turkey at `registered_at`. A clock that is set back over New Year does not
    /// reopen the old year: the numbers follow the order of registration.
    ///
    /// # Errors
    /// All numbers of the year are used up.
    pub fn assign(&mut self, registered_at: Timestamp) -> Result<RegisterNumber, NumberingError> {
        let next = self.next(registered_at)?;
        self.last.insert(next.year, next.number);
        Ok(next)
    }

    /// What [`Self::assign`] would give.
    ///
    /// # Errors
    /// All numbers of the year are used up.
    pub fn next(&self, registered_at: Timestamp) -> Result<RegisterNumber, NumberingError> {
        let year = clock::local_day(registered_at).year();
        let latest = self.last.keys().rev().find(|year| !self.passed_over.contains(year));
        self.after(latest.map_or(year, |latest| year.max(*latest)))
    }

    /// A person said that the clock, now at `at`, is right and was ahead before: the years that it began hold nothing any more.
    pub fn pass_over_years_after(&mut self, at: Timestamp) {
        let year = clock::local_day(at).year();
        self.passed_over.extend(self.last.keys().filter(|begun| **begun > year));
    }

    /// How many numbers a year has used.
    pub fn count(&self, year: i16) -> u32 {
        self.last.get(&year).copied().unwrap_or_default()
    }

    fn after(&self, year: i16) -> Result<RegisterNumber, NumberingError> {
        let number = self.count(year).checked_add(1).ok_or(NumberingError::Exhausted(year))?;
        Ok(RegisterNumber { year, number })
    }
}

#[cfg(test)]
#[path = "numbering_tests.rs"]
mod numbering_tests;
