//! Sent messages and their evidence: which of them the clock must still look at, and how far each came.
//!
//! The index keeps the messages whose end is not reached or not told, each with what the clock needs, so that a look costs nothing for the
//! many that are read and done. A person who closes the document ends the following too.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::event::FoundEvidence;
use super::linking::link_kind;
use super::overlay::Overlay;
use super::state::EvidenceState;
use super::writer::Decision;
use super::{Ledger, LedgerError, key};
use crate::evidence::EvidenceKind;
use crate::hash::Sha256;
use crate::register::entry::{Entry, RegisterNumber, State};
use crate::register::sent::{Following, Loud, Missing};
use crate::signature::report::Indication;

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

/// How many sent messages stand where. One message may stand in several, for several recipients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentCounts {
    /// Their end is not reached, or not told yet.
    pub followed: u64,
    /// Evidence is missing after its term.
    pub overdue: u64,
    /// Refused, unreachable or not delivered, and nobody saw to it.
    pub negative: u64,
    /// Never read in time, and nobody saw to it.
    pub timed_out: u64,
}

impl Ledger {
    /// Counted by the alarms that stand: what the clock has told and nothing has settled.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn sent_counts(&self) -> Result<SentCounts, LedgerError> {
        let (mut overdue, mut negative, mut timed_out) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for standing in self.standing_under(ALARMS)? {
            match read_alarm(&standing.alarm) {
                Some((number, About::Missing(_))) => overdue.insert(number),
                Some((number, About::Negative)) => negative.insert(number),
                Some((number, About::TimeOut)) => timed_out.insert(number),
                None => false,
            };
        }
        Ok(SentCounts {
            followed: self.index.scan(key::FOLLOWED).count() as u64,
            overdue: overdue.len() as u64,
            negative: negative.len() as u64,
            timed_out: timed_out.len() as u64,
        })
    }

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
    let message = &entry.message;
    let mut following = Following::new(message.received_at, message.sender_kep.as_deref(), &message.recipients);
    let mut told = Vec::new();
    for record in &entry.evidence {
        let Some(known) = document(&record.sha256)? else { continue };
        following.learn(&known.found.evidence, known.found.report.indication);
        if known.waited_for.contains(&entry.register_number) {
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

/// Whether the clock tells of everything that is negative here, with the number of what was sent.
pub(super) fn is_told_by_the_clock(found: &[FoundEvidence], decision: &Decision<'_>) -> Result<bool, LedgerError> {
    let mut is_any = false;
    for negative in found.iter().filter(|found| found.evidence.is_negative()) {
        if !is_followed(negative, decision)? {
            return Ok(false);
        }
        is_any = true;
    }
    Ok(is_any)
}

/// The clock looks at nothing whose signature is invalid, at no copy, and at nothing that a person saw to; and a recipient who refuses was reached.
fn is_followed(negative: &FoundEvidence, decision: &Decision<'_>) -> Result<bool, LedgerError> {
    if negative.evidence.kind == EvidenceKind::RecipientDecision || negative.report.indication == Indication::Failed {
        return Ok(false);
    }
    let index = &decision.state.index;
    for link_key in &negative.link_keys {
        for number in index
            .get::<Vec<RegisterNumber>>(&key::linked_messages(link_key))?
            .unwrap_or_default()
        {
            let is_open = |entry: &Entry| !matches!(entry.state, State::Done | State::NotRecorded);
            let entry = index.entry(number)?;
            if entry.is_some_and(|entry| entry.is_sent() && !entry.is_copy() && is_open(&entry)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
#[path = "sent_tests.rs"]
mod sent_tests;
