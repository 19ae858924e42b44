//! What people do with an entry, on the record.

use super::Ledger;
use super::event::{Event, Handled};
use super::writer::Pending;
use crate::register::entry::{Asker, Handling, RegisterNumber, State};

impl Ledger {
    /// Records that a person opened a document: the proof of the daily duty, and the end of its alarm. Answers with the state after it;
    /// `None`: there is no such entry, and nothing was recorded.
    ///
    /// # Errors
    /// The disk refused.
    pub fn opened(&self, number: RegisterNumber, by: Asker) -> Pending<Option<State>> {
        self.commit(move |decision| {
            let Some(entry) = decision.state.index.entry(number)? else {
                return Ok(None);
            };
            // Whoever looks again, or looks at what is done, undoes nothing.
            let state = match entry.state {
                State::Registered => State::Opened,
                other => other,
            };
            let handling = Handling {
                by: by.person.unwrap_or_default(),
                at: decision.now,
                state,
                note: None,
                uid: by.uid,
            };
            decision.record(Event::Handled(Handled { number, handling }))?;
            Ok(Some(state))
        })
    }
}
