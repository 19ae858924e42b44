//! Sent messages and their evidence: which of them the clock must still look at, and how far each came.
//!
//! The index keeps the messages whose end is not reached or not told, each with what the clock needs, so that a look costs nothing for the
//! many that are read and done. A person who closes the document ends the following too.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::event::FoundEvidence;
use super::linking::{attach, link_kind};
use super::overlay::Overlay;
use super::state::EvidenceState;
use super::writer::Decision;
use super::{Ledger, LedgerError, key};
use crate::hash::Sha256;
use crate::register::entry::{Entry, RegisterNumber, State};
use crate::register::sent::{Following, Loud, Missing};

/// Standing alarms about sent messages: `sent/2026/000001/negative/alici@hs02.kep.tr`.
const ALARMS: &str = "sent/";

/// What an alarm about a recipient is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    Negative,
    TimeOut,
    Missing(Missing),
}

impl About {
    fn word(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::TimeOut => "time-out",
            Self::Missing(missing) => missing.word(),
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        let missing = Missing::ALL.into_iter().map(Self::Missing);
        [Self::Negative, Self::TimeOut]
            .into_iter()
            .chain(missing)
            .find(|about| about.word() == word)
    }
}

impl From<Loud> for About {
    fn from(loud: Loud) -> Self {
        match loud {
            Loud::Negative => Self::Negative,
            Loud::TimeOut => Self::TimeOut,
        }
    }
}

/// The name of a standing alarm.
pub fn alarm(number: RegisterNumber, about: About, recipient: &str) -> String {
    format!("{}{}/{recipient}", alarms_of(number), about.word())
}

/// What such a name is about.
pub fn read_alarm(alarm: &str) -> Option<(RegisterNumber, About)> {
    let mut parts = alarm.strip_prefix(ALARMS)?.splitn(4, '/');
    let number = format!("{}/{}", parts.next()?, parts.next()?).parse().ok()?;
    Some((number, About::of_word(parts.next()?)?))
}

/// What the names of all alarms of a message begin with.
pub fn alarms_of(number: RegisterNumber) -> String {
    format!("{ALARMS}{number}/")
}

/// A sent message that the clock looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    pub number: RegisterNumber,
    pub mailbox: String,
    pub following: Following,
    /// Evidence that people heard of when it came, before its message was here.
    pub told: Vec<Sha256>,
}

impl Ledger {
    /// The sent messages whose end is not reached or not told yet.
    pub fn followed(&self) -> impl Iterator<Item = Result<Followed, LedgerError>> + '_ {
        self.walk(key::FOLLOWED)
    }

    /// How far a sent message came, whatever its state; `None` for what was not sent, and for a copy of what is followed elsewhere.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn following(&self, entry: &Entry) -> Result<Option<Following>, LedgerError> {
        if !entry.is_sent() || entry.is_copy() {
            return Ok(None);
        }
        Ok(Some(gathered(entry, |sha256| self.evidence_document(sha256))?.following))
    }
}

/// The state of a sent message from its entry and the evidence that is linked to it.
fn gathered(
    entry: &Entry,
    mut document: impl FnMut(&Sha256) -> Result<Option<EvidenceState>, LedgerError>,
) -> Result<Followed, LedgerError> {
    let mut following = Following::new(entry.message.received_at, &entry.message.recipients);
    let mut told = Vec::new();
    for record in &entry.evidence {
        let Some(known) = document(&record.sha256)? else { continue };
        following.learn(&known.found.evidence, known.found.report.indication);
        if known.seen_at < entry.registered_at && known.in_message != entry.message.sha256 {
            told.push(record.sha256);
        }
    }
    Ok(Followed {
        number: entry.register_number,
        mailbox: entry.mailbox.clone(),
        following,
        told,
    })
}

/// The clock looks at a sent message again, or no longer: after everything that can change its state.
pub(super) fn follow(number: RegisterNumber, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let Some(entry) = state.entry(number)?.filter(|entry| entry.is_sent() && !entry.is_copy()) else {
        return Ok(());
    };
    if matches!(entry.state, State::Done | State::NotRecorded) {
        // A person saw to it: nothing stands any more.
        for name in state.keys(&key::standing(&alarms_of(number)))? {
            state.remove(name);
        }
        state.remove(key::followed(number));
        return Ok(());
    }
    let followed = gathered(&entry, |sha256| state.get(&key::evidence(sha256)))?;
    state.put(key::followed(number), &followed)?;
    settle(&followed, state)
}

/// An alarm about a sent message began or ended: it may have been the last thing to say.
pub(super) fn settle_alarm(alarm: &str, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let Some((number, _)) = read_alarm(alarm) else { return Ok(()) };
    match state.get::<Followed>(&key::followed(number))? {
        Some(followed) => settle(&followed, state),
        None => Ok(()),
    }
}

/// At its end, with everything told and nothing told that is over, a message needs no clock.
fn settle(followed: &Followed, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    if !followed.following.is_complete() {
        return Ok(());
    }
    let name = |(recipient, loud): (String, Loud)| key::standing(&alarm(followed.number, loud.into(), &recipient));
    let mut due: Vec<Vec<u8>> = followed.following.alarming().into_iter().map(name).collect();
    due.sort();
    if state.keys(&key::standing(&alarms_of(followed.number)))? == due {
        state.remove(key::followed(followed.number));
    }
    Ok(())
}

/// Evidence that was linked to another copy of the message speaks of the copy that we sent, too.
pub(super) fn share(
    mut evidence: EvidenceState,
    numbers: &[RegisterNumber],
    link_keys: &[String],
    state: &mut Overlay<'_>,
) -> Result<(), LedgerError> {
    let mut new = Vec::new();
    for number in numbers.iter().filter(|number| !evidence.numbers.contains(number)) {
        if state.entry(*number)?.is_some_and(|entry| entry.is_sent()) {
            new.push(*number);
        }
    }
    let fitting = evidence.found.link_keys.iter().find(|key| link_keys.contains(key));
    let Some(by) = fitting.map(|key| link_kind(key)).filter(|_| !new.is_empty()) else {
        return Ok(());
    };
    evidence.numbers.extend(&new);
    state.put(key::evidence(&evidence.found.evidence.sha256), &evidence)?;
    attach(&evidence, &new, &by, state)
}

/// The entry of a sent message of which these keys name another copy: the sender's own message, octet for octet, under the same Message-ID.
pub(super) fn copied(link_keys: &[String], decision: &Decision<'_>) -> Result<Option<RegisterNumber>, LedgerError> {
    let index = &decision.state.index;
    let of_rule = |rule: &'static str| link_keys.iter().filter(move |key| link_kind(key) == rule);
    let numbers = |key: &String| index.get::<Vec<RegisterNumber>>(&key::linked_messages(key));
    let mut same_id = BTreeSet::new();
    for key in of_rule("original-message-id") {
        same_id.extend(numbers(key)?.unwrap_or_default());
    }
    for key in of_rule("digest") {
        for number in numbers(key)?.unwrap_or_default() {
            let known = if same_id.contains(&number) { index.entry(number)? } else { None };
            if known.is_some_and(|entry| entry.is_sent() && !entry.is_copy()) {
                return Ok(Some(number));
            }
        }
    }
    Ok(None)
}

/// Whether any of this evidence belongs to a message that is registered as sent: the clock tells of it, with the message's number.
pub(super) fn is_followed(found: &[FoundEvidence], decision: &Decision<'_>) -> Result<bool, LedgerError> {
    let index = &decision.state.index;
    for link_key in found.iter().flat_map(|found| &found.link_keys) {
        for number in index
            .get::<Vec<RegisterNumber>>(&key::linked_messages(link_key))?
            .unwrap_or_default()
        {
            if index.entry(number)?.is_some_and(|entry| entry.is_sent()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
#[path = "sent_tests.rs"]
mod sent_tests;
