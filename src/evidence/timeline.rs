//! What happened to a sent message, per recipient: a pure fold over evidence that comes late, twice and in any order.
//!
//! The timeline keeps a set of facts and derives states from the set, so order and repetition cannot matter. The caller decides which evidence to
//! apply: what is not verified proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::Outcome;
use super::{Evidence, EvidenceKind};
use crate::hash::Sha256;
use crate::message::{address_key, same_address};
use crate::text::Text;

/// How far a message came for one recipient. Never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    None,
    /// Refused, unreachable or not deliverable, and no later success. Before the successes in order: any delivery outweighs it.
    Failed,
    Submitted,
    Relayed,
    Delivered,
    /// Okuma zamanaşımı: deemed read.
    TimeOut,
    Read,
}

impl Progress {
    pub fn label(self) -> Text {
        let (tr, en) = match self {
            Self::None => ("Delil yok", "No evidence"),
            Self::Submitted => ("Gönderildi", "Submitted"),
            Self::Relayed => ("Alıcı KEPHS'ye aktarıldı", "Relayed to the recipient's provider"),
            Self::Delivered => ("Teslim edildi", "Delivered"),
            Self::TimeOut => ("Okunmuş sayıldı (zamanaşımı)", "Deemed read (time ran out)"),
            Self::Read => ("Okundu", "Read"),
            Self::Failed => ("Ulaştırılamadı", "Failed"),
        };
        Text::new(tr, en)
    }
}

/// One applied delil.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Fact {
    time: Option<Timestamp>,
    kind: EvidenceKind,
    outcome: Outcome,
    scope: Scope,
    evidence: Sha256,
}

/// Whom a fact is about. Addresses as [`address_key`] has them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// Submission: the sender's provider took the message for all.
    Everyone,
    One(String),
    /// The evidence does not say: counts only while no second recipient is known.
    Unnamed,
}

/// The state of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientState {
    pub progress: Progress,
    /// Event time of the evidence that brought it there: the earliest, where several did.
    pub since: Option<Timestamp>,
    pub evidence: Option<Sha256>,
}

/// All evidence applied for one message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    facts: BTreeSet<Fact>,
    recipients: BTreeSet<String>,
}

impl Timeline {
    /// A timeline that knows its message's recipients beforehand.
    pub fn for_recipients<'a>(recipients: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            facts: BTreeSet::new(),
            recipients: recipients
                .into_iter()
                .map(address_key)
                .filter(|address| !address.is_empty())
                .collect(),
        }
    }

    /// Takes one delil in. Taking it again changes nothing.
    pub fn apply(&mut self, evidence: &Evidence) {
        let key = |address: &String| address_key(address);
        self.recipients
            .extend(evidence.recipients.iter().map(key).filter(|address| !address.is_empty()));
        self.recipients.extend(evidence.recipient.iter().map(key));
        let scope = match &evidence.recipient {
            Some(recipient) => Scope::One(key(recipient)),
            None if evidence.kind == EvidenceKind::Submission => Scope::Everyone,
            None => Scope::Unnamed,
        };
        self.facts.insert(Fact {
            time: evidence.event_time,
            kind: evidence.kind,
            outcome: evidence.outcome(),
            scope,
            evidence: evidence.sha256,
        });
    }

    /// The recipients whom a delil is about, each by itself. That others only stand in its list is left out: one that nobody signed can list
    /// thousands.
    pub fn concerned(&self) -> BTreeSet<String> {
        let one = |fact: &Fact| match &fact.scope {
            Scope::One(address) => Some(address.clone()),
            Scope::Everyone | Scope::Unnamed => None,
        };
        self.facts.iter().filter_map(one).collect()
    }

    /// The state of every recipient known so far, by the key of the address. Before any recipient is known: one entry without a name.
    pub fn states(&self) -> BTreeMap<String, RecipientState> {
        if self.recipients.is_empty() && !self.facts.is_empty() {
            return BTreeMap::from([(String::new(), self.state_of(""))]);
        }
        self.recipients
            .iter()
            .map(|recipient| (recipient.clone(), self.state_of(recipient)))
            .collect()
    }

    /// The state of one recipient.
    pub fn state_of(&self, recipient: &str) -> RecipientState {
        self.state_beside(self, recipient)
    }

    /// The same, where a failure is taken back only by a success that `proven` holds: a success that nobody signed must not silence it.
    pub fn state_beside(&self, proven: &Self, recipient: &str) -> RecipientState {
        let recipient = &address_key(recipient);
        let facts = || self.facts_about(recipient);
        // Facts are sorted by time, those without one first; the first that reached the furthest point says since when.
        let furthest = facts().map(Fact::progress).max().unwrap_or(Progress::None);
        let reached = facts().find(|fact| fact.progress() == furthest && furthest != Progress::None);
        let failure = facts()
            .filter(|fact| fact.is_failure())
            .find(|failure| !proven.facts_about(recipient).any(|fact| fact.overrules(failure)));
        let (progress, fact) = match failure {
            Some(failure) => (Progress::Failed, Some(failure)),
            None => (furthest, reached),
        };
        RecipientState {
            progress,
            since: fact.and_then(|fact| fact.time),
            evidence: fact.map(|fact| fact.evidence),
        }
    }

    /// Evidence that names no recipient although there are several: shown, and counted for nobody.
    pub fn unnamed(&self) -> impl Iterator<Item = Sha256> {
        let several = self.recipients.len() > 1;
        self.facts
            .iter()
            .filter(move |fact| several && fact.scope == Scope::Unnamed)
            .map(|fact| fact.evidence)
    }

    /// `recipient`: a key.
    fn facts_about<'a>(&'a self, recipient: &'a str) -> impl Iterator<Item = &'a Fact> {
        let is_about = move |fact: &&Fact| match &fact.scope {
            Scope::Everyone => true,
            Scope::One(address) => address == recipient,
            Scope::Unnamed => self.recipients.len() <= 1,
        };
        self.facts.iter().filter(is_about)
    }
}

impl Fact {
    /// DelilTurID 11, 21, 31 and 41. A recipient who refuses (RecipientDecision) has been reached.
    fn is_failure(&self) -> bool {
        self.outcome == Outcome::Failure && self.kind != EvidenceKind::RecipientDecision
    }

    fn progress(&self) -> Progress {
        use EvidenceKind::*;
        match (self.kind, self.outcome) {
            (_, Outcome::Unknown) => Progress::None,
            (Submission, Outcome::Success) => Progress::Submitted,
            (RelayAcceptance, Outcome::Success) => Progress::Relayed,
            (Delivery | Download, Outcome::Success) | (Download, Outcome::TimeOut) | (RecipientDecision, _) => Progress::Delivered,
            (Retrieval, Outcome::TimeOut) => Progress::TimeOut,
            (Retrieval, Outcome::Success) => Progress::Read,
            _ => Progress::None,
        }
    }

    /// The step that a failure ended.
    fn failed_step(&self) -> Progress {
        match self.kind {
            EvidenceKind::Submission => Progress::Submitted,
            EvidenceKind::RelayAcceptance | EvidenceKind::RelayFailure => Progress::Relayed,
            _ => Progress::Delivered,
        }
    }

    /// A success takes back a failure of the same or an earlier step when it came later. What was delivered stays delivered.
    fn overrules(&self, failure: &Fact) -> bool {
        let reached = self.progress();
        let later = matches!((self.time, failure.time), (Some(success), Some(failed)) if success > failed);
        reached >= Progress::Delivered || (later && reached >= failure.failed_step())
    }
}

/// When the law holds the message to be read, by evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalMoment {
    pub at: Timestamp,
    /// True for Retrieval, false for NonRetrievalExpiration (deemed read).
    pub read: bool,
    pub evidence: Sha256,
}

/// The earliest Retrieval or NonRetrievalExpiration: its event time beats every calculation. Give it verified evidence of one message only.
pub fn legal_moment(evidence: &[Evidence]) -> Option<LegalMoment> {
    earliest(evidence.iter())
}

/// The same for one recipient among several.
pub fn legal_moment_of(evidence: &[Evidence], recipient: &str) -> Option<LegalMoment> {
    let concerns = |one: &&Evidence| one.recipient.as_deref().is_some_and(|address| same_address(address, recipient));
    earliest(evidence.iter().filter(concerns))
}

fn earliest<'a>(evidence: impl Iterator<Item = &'a Evidence>) -> Option<LegalMoment> {
    let moments = evidence.filter(|one| one.kind == EvidenceKind::Retrieval).filter_map(|one| {
        let read = match one.outcome() {
            Outcome::Success => true,
            Outcome::TimeOut => false,
            Outcome::Failure | Outcome::Unknown => return None,
        };
        Some(LegalMoment {
            at: one.event_time?,
            read,
            evidence: one.sha256,
        })
    });
    moments.min_by_key(|moment| (moment.at, moment.evidence))
}
