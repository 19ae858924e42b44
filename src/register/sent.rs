//! What we sent: when it went, how far it came for each recipient, and which evidence should be here by now.
//!
//! The sender's side of a KEP message is proved by evidence alone: it counts as sent when the evidence of delivery has come. So what is
//! missing is as loud as what is negative. Only evidence whose signature passed settles anything; what nobody could verify yet is shown,
//! and heard where it says something bad.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::arrival::{Arrival, ArrivalTimes, can_be, implausible, latest};
use super::calendar::Calendar;
use super::entry::{EvidenceRecord, RegisterNumber};
use crate::clock::local_day;
use crate::evidence::{Progress, RecipientState, Timeline};
use crate::finding::{Finding, Severity};
use crate::message::{Headers, address_key, kep_provider, same_address};
use crate::signature::report::Indication;
use crate::text::Text;

/// `[sent]`: how long evidence of a sent message may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SentConfig {
    /// Until our own provider's evidence of submission, from the moment of sending. Default `4h`: it is made at once, and fetched by polling.
    #[serde(with = "crate::clock::duration")]
    pub submission_within: Duration,
    /// Business days after submission until the evidence of delivery. Default 1.
    pub delivery_business_days: u16,
    /// Business days after delivery until the evidence of reading, or of the time-out of reading. Default 2: deemed read on the next, and
    /// its evidence the day after.
    pub reading_business_days: u16,
}

impl Default for SentConfig {
    fn default() -> Self {
        Self {
            submission_within: Duration::from_secs(4 * 3_600),
            delivery_business_days: 1,
            reading_business_days: 2,
        }
    }
}

/// Evidence that should be here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    Submission,
    Delivery,
    Reading,
}

impl Missing {
    pub const ALL: [Self; 3] = [Self::Submission, Self::Delivery, Self::Reading];

    /// The stable word of alarms and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Delivery => "delivery",
            Self::Reading => "reading",
        }
    }

    pub fn label(self) -> Text {
        let (tr, en) = match self {
            Self::Submission => ("gönderi delili gelmedi", "evidence of submission is missing"),
            Self::Delivery => ("teslim delili gelmedi", "evidence of delivery is missing"),
            Self::Reading => (
                "okunma ya da okuma zamanaşımı delili gelmedi",
                "evidence of reading or of its time-out is missing",
            ),
        };
        Text::new(tr, en)
    }

    /// What to do about it.
    pub fn cure(self) -> Text {
        let (tr, en) = match self {
            Self::Submission => (
                "Gönderinin KEP hesabından gerçekten çıktığını sağlayıcının sayfasından denetleyin; çıkmadıysa yeniden gönderin.",
                "See on the provider's page whether the message really left the account; if it did not, send it again.",
            ),
            Self::Delivery => (
                "İletinin durumunu sağlayıcının sayfasından denetleyin; teslim edilmediyse yeniden gönderin ya da başka yoldan ulaştırın.",
                "Look at the message's state on the provider's page; if it was not delivered, send it again or reach the recipient otherwise.",
            ),
            Self::Reading => (
                "Okunma ya da okuma zamanaşımı delilini sağlayıcıdan isteyin.",
                "Ask the provider for the evidence of reading or of its time-out.",
            ),
        };
        Text::new(tr, en)
    }
}

/// How far a sent message came for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// The key of the address; empty where the message names nobody.
    pub recipient: String,
    /// By all evidence whose signature is not invalid; a verified failure is taken back by nothing less than verified evidence.
    pub state: RecipientState,
    /// The furthest point rests on evidence that could not be verified yet.
    pub unverified: bool,
    /// Which evidence comes next, by what is verified.
    #[serde(skip)]
    pub awaited: Option<Missing>,
    /// What should be here by now, and since when it is overdue.
    pub missing: Option<(Missing, Timestamp)>,
    /// The end: read, deemed read, or terminally failed, by verified evidence.
    pub complete: bool,
    /// People must hear of it whatever the clock says.
    #[serde(skip)]
    pub loud: Option<Loud>,
}

/// What people must hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loud {
    /// Refused, unreachable or not delivered.
    Negative,
    /// Okuma zamanaşımı.
    TimeOut,
}

/// A sent message with its evidence: small enough to be looked at by the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    pub sent_at: Timestamp,
    /// Whose message it is, where that is known.
    #[serde(default)]
    pub sender: Option<String>,
    pub recipients: Vec<String>,
    /// Evidence whose signature passed.
    pub proven: Timeline,
    /// The same, and what nobody could verify yet.
    pub claimed: Timeline,
}

impl Following {
    pub fn new(sent_at: Timestamp, sender: Option<&str>, recipients: &[String]) -> Self {
        let recipients = expected(recipients);
        let timeline = Timeline::for_recipients(recipients.iter().map(String::as_str));
        Self {
            sent_at,
            sender: sender.map(str::to_owned),
            recipients,
            proven: timeline.clone(),
            claimed: timeline,
        }
    }

    /// Takes one delil in. An invalid signature proves nothing.
    pub fn learn(&mut self, evidence: &crate::evidence::Evidence, indication: Indication) {
        if indication == Indication::Failed {
            return;
        }
        self.claimed.apply(evidence);
        if indication == Indication::Passed && self.is_about_us(evidence) {
            self.proven.apply(evidence);
        }
    }

    /// Evidence speaks of its own sender's message, whatever Message-ID it names. A provider attests what its own customers do: another's could
    /// otherwise settle ours with evidence about a sender of its own.
    fn is_about_us(&self, evidence: &crate::evidence::Evidence) -> bool {
        let provider = |address: &Option<String>| address.as_deref().and_then(|address| kep_provider(&address_key(address)));
        match (provider(&self.sender), provider(&evidence.sender)) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        }
    }

    /// Everybody to whom it goes: those of the message, and beside them whom evidence names. What nobody verified yet adds only the one whom it
    /// is about, unless the message itself names nobody.
    fn everybody(&self) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = self.recipients.iter().cloned().collect();
        match all.is_empty() {
            true => all.extend(self.claimed.states().into_keys()),
            false => all.extend(self.proven.states().into_keys().chain(self.claimed.concerned())),
        }
        all.remove("");
        if all.is_empty() {
            all.insert(String::new());
        }
        all
    }

    /// The fate of each recipient at `now`.
    pub fn fates(&self, now: Timestamp, terms: &SentConfig, calendar: &Calendar) -> Vec<Fate> {
        let fate = |recipient: String| {
            let (claimed, proven) = self.states_of(&recipient);
            let loud = self.loud(&recipient);
            let awaited = awaited(proven.progress);
            // What is said to have failed is heard by its own alarm.
            let missing = awaited
                .filter(|_| loud != Some(Loud::Negative))
                .map(|awaited| {
                    // A provider's clock that runs far ahead must not put the alarm off for ever.
                    let since = proven.since.filter(|at| *at <= latest(now)).unwrap_or(self.sent_at);
                    (awaited, due(awaited, since, terms, calendar))
                })
                .filter(|(_, due)| *due < now);
            Fate {
                recipient,
                unverified: claimed.progress != proven.progress && proven.progress != Progress::Failed,
                complete: is_end(proven.progress),
                state: if proven.progress == Progress::Failed { proven } else { claimed },
                awaited,
                missing,
                loud,
            }
        };
        self.everybody().into_iter().map(fate).collect()
    }

    /// Recipients about whom people must hear whatever the clock says.
    pub fn alarming(&self) -> Vec<(String, Loud)> {
        let all = self.everybody().into_iter();
        all.filter_map(|recipient| self.loud(&recipient).map(|loud| (recipient, loud)))
            .collect()
    }

    /// By everything that may be true, and by what is verified.
    fn states_of(&self, recipient: &str) -> (RecipientState, RecipientState) {
        (self.claimed.state_beside(&self.proven, recipient), self.proven.state_of(recipient))
    }

    /// Bad news is heard before it is verified, and taken back only by what is. The time-out of reading is good news to a sender: the message
    /// counts as read. Until it is verified, evidence of reading is missing.
    fn loud(&self, recipient: &str) -> Option<Loud> {
        let (claimed, proven) = self.states_of(recipient);
        if [claimed.progress, proven.progress].contains(&Progress::Failed) {
            return Some(Loud::Negative);
        }
        (proven.progress == Progress::TimeOut).then_some(Loud::TimeOut)
    }

    /// Nothing more is awaited for anybody.
    pub fn is_complete(&self) -> bool {
        let mut all = self.everybody().into_iter();
        all.all(|recipient| is_end(self.proven.state_of(&recipient).progress))
    }
}

fn is_end(progress: Progress) -> bool {
    matches!(progress, Progress::Failed | Progress::TimeOut | Progress::Read)
}

/// Which evidence comes next.
fn awaited(progress: Progress) -> Option<Missing> {
    match progress {
        Progress::None => Some(Missing::Submission),
        Progress::Submitted | Progress::Relayed => Some(Missing::Delivery),
        Progress::Delivered => Some(Missing::Reading),
        Progress::Failed | Progress::TimeOut | Progress::Read => None,
    }
}

/// Until when it may take, since the step before it.
fn due(awaited: Missing, since: Timestamp, terms: &SentConfig, calendar: &Calendar) -> Timestamp {
    let days = |count: u16| super::deadlines::end_of_day(calendar.add_business_days(local_day(since), count));
    match awaited {
        Missing::Submission => {
            let within = SignedDuration::try_from(terms.submission_within).unwrap_or(SignedDuration::MAX);
            since.checked_add(within).unwrap_or(Timestamp::MAX)
        }
        Missing::Delivery => days(terms.delivery_business_days),
        Missing::Reading => days(terms.reading_business_days),
    }
}

/// From whom evidence can be expected: the KEP addresses, or everybody where none is known as one (test systems).
fn expected(recipients: &[String]) -> Vec<String> {
    let keys: BTreeSet<String> = recipients
        .iter()
        .map(|address| address_key(address))
        .filter(|address| !address.is_empty())
        .collect();
    let kep: Vec<String> = keys.iter().filter(|address| kep_provider(address).is_some()).cloned().collect();
    if kep.is_empty() { keys.into_iter().collect() } else { kep }
}

/// When it was sent: by the evidence of submission, the date that the provider signed, the message's own date, the server's, or our own; the
/// first that can be true.
pub(super) fn sent_at(evidence: &[EvidenceRecord], headers: &Headers, times: &ArrivalTimes) -> (Arrival, Vec<Finding>) {
    let submitted = evidence
        .iter()
        .filter(|record| record.kind == "submission" && record.indication != Indication::Failed)
        .filter_map(|record| record.event_time)
        .min();
    let candidates = [
        ("evidence", submitted),
        ("provider-date", times.provider_date.filter(|_| times.provider_vouches)),
        ("sender-date", headers.date),
        ("server", times.server),
    ];
    let mut findings = Vec::new();
    for (by, at) in candidates {
        let Some(at) = at else { continue };
        if can_be(at, times) {
            return (Arrival { at, by }, findings);
        }
        findings.push(implausible(by, at));
    }
    let at = times.fetched;
    (Arrival { at, by: "fetched" }, findings)
}

/// Rule of the finding that names the entry of which this one is a copy.
pub const COPY_RULE: &str = "KEP-5061";

pub(super) fn copy_of(first: RegisterNumber) -> Finding {
    Finding::new(
        COPY_RULE,
        Severity::Note,
        "sent",
        format!("Aynı giden ileti {first} sayısıyla kayıtlı; bu, başka bir yerden alınmış nüshasıdır. Deliller {first} üzerinden izlenir."),
        format!(
            "The same sent message stands in the register as {first}; this is a copy of it from another place. Evidence is followed at {first}."
        ),
    )
}

/// A message in a folder of sent mail whose sender is somebody else: it may have been put there by mistake, and then nobody looks at it.
pub(super) fn foreign_sender(headers: &Headers, ours: Option<&str>) -> Option<Finding> {
    let (sender, ours) = (headers.sender_kep.as_deref()?, ours?);
    (!same_address(sender, ours)).then(|| {
        Finding::new(
            "KEP-5060",
            Severity::Warning,
            "sent",
            "İleti gönderilmiş olarak kaydedildi, ama göndereni bu kutunun adresi değil. Yanlış klasöre konmuş gelen bir iletiyse süresi işler: \
             evrakı açıp denetleyin.",
            "The message was registered as sent, but its sender is not this mailbox's address. If it is a received message in the wrong folder, \
             its time runs: open the document and check.",
        )
    })
}

#[cfg(test)]
#[path = "sent_tests.rs"]
mod sent_tests;
