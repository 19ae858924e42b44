//! An entry before it has its number: everything that the register decides about a message or one of its packages.
//!
//! One draft per package, and one when the message carries none. Nothing that arrives is without a draft: what could not be read gets
//! one by [`quarantine`].

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::access::{Classification, access_level};
use super::arrival::{ArrivalTimes, arrival, counted_from, kep_begins, read_evidence};
use super::config::Registry;
use super::deadlines::{Facts, ReadEvidence, deadlines};
use super::entry::{Deadline, Entry, EvidenceRecord, MessageRecord, OpenedRecord, PartRecord, RegisterNumber, Sighting, State, flag};
use super::flags::flags;
use super::records::{message_record, part_record};
use super::routing::{NotRecorded, Routed, RoutingInput, is_unknown_sender, route};
use super::sent;
use super::xsd_duration::XsdDuration;
use crate::envelope::{Addressee, Document, PackageKind};
use crate::finding::{Finding, Severity};
use crate::hash::Sha256;
use crate::message::{Headers, Message, MessageKind, Part};
use crate::signature::carrier::smime::UNSIGNED_MESSAGE;
use crate::signature::report::{Indication, Role, Verdict};
use crate::text::Text;

/// What the stages to the left found out about one message, and about one of its packages.
pub struct DraftInput<'a> {
    pub registry: &'a Registry,
    /// Name of the mailbox in the configuration.
    pub mailbox: &'a str,
    /// KEP address of the mailbox, where it is known: tells which evidence is about us.
    pub address: Option<&'a str>,
    pub message: &'a Message,
    /// Of the message's bytes as they lie in the store.
    pub sha256: Sha256,
    /// `None` for a message that carries no package.
    pub package: Option<PackageInput<'a>>,
    /// Over the signatures of the message, and of this package.
    pub verdict: Option<Verdict>,
    /// Findings of other stages than `message` and `envelope`.
    pub findings: Vec<Finding>,
    /// The evidence in this message, or linked to it already.
    pub evidence: Vec<EvidenceRecord>,
    /// When the mail server took it in.
    pub server_time: Option<Timestamp>,
    /// When we took it.
    pub fetched_at: Timestamp,
    /// The same document (BelgeId) stands in the register already.
    pub duplicate_of: Option<RegisterNumber>,
    /// What of it came encrypted and was opened.
    pub opened: Vec<OpenedRecord>,
}

/// One package of a message, read.
pub struct PackageInput<'a> {
    /// Where it lay in the message, and the hash of its bytes.
    pub part: Option<(&'a Part, Sha256)>,
    pub kind: Option<PackageKind>,
    /// `None` when nothing could be read from it.
    pub document: Option<&'a Document>,
    /// Standard file plan codes, the main one first.
    pub sdp: &'a [String],
    pub findings: &'a [Finding],
    /// It came encrypted and was opened here, down to the document.
    pub decrypted: bool,
    /// The security codes of all that came encrypted in it and was opened; `None` where one could not be read.
    pub opened_codes: &'a [Option<&'a str>],
}

/// A message that could not be read in any attempt.
pub struct QuarantineInput<'a> {
    pub registry: &'a Registry,
    pub mailbox: &'a str,
    pub sha256: Sha256,
    pub size: u64,
    /// What the headers said, when at least those could be read.
    pub headers: Option<&'a Headers>,
    pub server_time: Option<Timestamp>,
    pub fetched_at: Timestamp,
    /// What stopped the reading, for people.
    pub reason: Text,
}

/// An entry without its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub mailbox: String,
    /// Without sightings: the ledger knows them.
    pub message: MessageRecord,
    pub package: Option<PartRecord>,
    pub document: Option<Document>,
    pub verdict: Option<Verdict>,
    pub findings: Vec<Finding>,
    pub evidence: Vec<EvidenceRecord>,
    pub deadlines: Vec<Deadline>,
    pub flags: BTreeSet<String>,
    pub unit: Option<String>,
    pub labels: BTreeSet<String>,
    pub access: u8,
    pub state: State,
    /// Who is told, beside the default group.
    pub alert_groups: BTreeSet<String>,
    /// Routing rules that matched.
    pub matched: Vec<String>,
    pub opened: Vec<OpenedRecord>,
}

impl Draft {
    /// The same document (BelgeId) stands in the register already. Saying it again changes nothing.
    pub fn mark_duplicate_of(&mut self, first: RegisterNumber) {
        self.flags.insert(flag::DUPLICATE.to_owned());
        let finding = duplicate(first);
        if !self.findings.iter().any(|known| known.rule == finding.rule) {
            self.findings.push(finding);
        }
    }

    /// The same message stands in the register as sent already, from another place and in other bytes: a program keeps what it wrote, a
    /// provider what it signed. Both are kept, and one is followed.
    pub fn mark_copy_of(&mut self, first: RegisterNumber) {
        self.flags.insert(flag::DUPLICATE.to_owned());
        self.findings.push(sent::copy_of(first));
    }

    pub fn into_entry(self, register_number: RegisterNumber, registered_at: Timestamp, sightings: Vec<Sighting>) -> Entry {
        Entry {
            register_number,
            registered_at,
            mailbox: self.mailbox,
            message: MessageRecord { sightings, ..self.message },
            package: self.package,
            document: self.document,
            verdict: self.verdict,
            findings: self.findings,
            evidence: self.evidence,
            deadlines: self.deadlines,
            flags: self.flags,
            unit: self.unit,
            labels: self.labels,
            access: self.access,
            state: self.state,
            history: Vec::new(),
            earlier_verdicts: Vec::new(),
            opened: self.opened,
        }
    }
}

/// How a message came to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Arrived,
    /// The institution sent it.
    Sent,
    /// Nobody could read it.
    Quarantined,
}

/// Makes the draft of a message, or of one of its packages.
pub fn draft(input: DraftInput<'_>) -> Draft {
    compose(input, Case::Arrived)
}

/// The same of a message that the institution sent. Evidence is what came back, wherever it lies.
pub fn sent(input: DraftInput<'_>) -> Draft {
    match input.message.kind {
        MessageKind::Evidence => compose(input, Case::Arrived),
        _ => compose(input, Case::Sent),
    }
}

/// Makes the draft of a message that could not be read: it gets its number, its deadline and its alarm all the same.
pub fn quarantine(input: QuarantineInput<'_>) -> Draft {
    let message = Message {
        size: input.size,
        kind: MessageKind::Unclassified,
        headers: input.headers.cloned().unwrap_or_default(),
        parts: Vec::new(),
        signed_layers: Vec::new(),
        original: None,
        decrypted: false,
        findings: vec![Finding::new(
            "KEP-5050",
            Severity::Fatal,
            "message",
            input.reason.tr,
            input.reason.en,
        )],
    };
    let input = DraftInput {
        registry: input.registry,
        mailbox: input.mailbox,
        address: None,
        message: &message,
        sha256: input.sha256,
        package: None,
        verdict: None,
        findings: Vec::new(),
        evidence: Vec::new(),
        server_time: input.server_time,
        fetched_at: input.fetched_at,
        duplicate_of: None,
        opened: Vec::new(),
    };
    compose(input, Case::Quarantined)
}

fn compose(input: DraftInput<'_>, case: Case) -> Draft {
    let (is_quarantined, is_sent) = (case == Case::Quarantined, case == Case::Sent);
    let Registry { config, calendar, rules } = input.registry;
    let (message, headers) = (input.message, &input.message.headers);
    let package = input.package.as_ref();
    let document = package.and_then(|package| package.document);
    let mut findings = message.findings.clone();
    findings.extend(package.into_iter().flat_map(|package| package.findings.iter().cloned()));
    findings.extend(input.findings);

    let times = ArrivalTimes {
        provider_date: headers.provider_date,
        provider_vouches: input.verdict.as_ref().is_some_and(has_provider_signature),
        server: input.server_time,
        fetched: input.fetched_at,
    };
    let (arrived, doubts) = match is_sent {
        true => sent::sent_at(&input.evidence, headers, &times),
        false => arrival(&input.evidence, input.address, &times),
    };
    findings.extend(doubts);
    // The terms of what we sent are its recipients'.
    let deadlines = if is_sent {
        findings.extend(sent::foreign_sender(headers, input.address));
        Vec::new()
    } else {
        let (read, doubts) = read_evidence(&input.evidence, input.address, arrived.at, input.fetched_at);
        findings.extend(doubts);
        let (counted_from, doubt) = counted_from(&arrived, &times);
        findings.extend(doubt);
        let facts = facts(message.kind, counted_from, read, document, &config.receiver_kkk);
        let (deadlines, doubts) = deadlines(&facts, config.deemed_read, calendar);
        findings.extend(doubts);
        deadlines
    };
    let (access, doubt) = access_of(message, package, &input.opened, is_quarantined);
    findings.extend(doubt);

    let mut flags = flags(message, package, input.verdict.as_ref(), &input.evidence);
    if is_quarantined {
        flags.insert(flag::QUARANTINED.to_owned());
    }
    if is_sent {
        flags.insert(flag::SENT.to_owned());
    }
    if findings.iter().any(|finding| finding.rule == UNSIGNED_MESSAGE) {
        flags.insert(flag::UNSIGNED.to_owned());
    }
    if let Some(first) = input.duplicate_of {
        flags.insert(flag::DUPLICATE.to_owned());
        findings.push(duplicate(first));
    }
    if !is_sent && is_unknown_sender(headers.sender.as_deref(), headers.sender_kep.as_deref(), rules) {
        flags.insert(flag::UNKNOWN_SENDER.to_owned());
        findings.push(unknown_sender());
    }
    let routed = route(&routing_input(input.mailbox, message, package, &flags), rules);
    findings.extend(not_recorded(&routed));
    let state = match routed.not_recorded {
        // What nobody could read, no rule may set aside.
        _ if is_quarantined => State::Quarantined,
        Some(_) => State::NotRecorded,
        None => State::Registered,
    };

    Draft {
        mailbox: input.mailbox.to_owned(),
        message: message_record(message, input.sha256, arrived),
        package: package
            .and_then(|package| package.part)
            .map(|(part, sha256)| part_record(part, sha256)),
        document: document.cloned(),
        verdict: input.verdict,
        findings,
        evidence: input.evidence,
        deadlines,
        flags,
        unit: routed.unit,
        labels: routed.labels,
        access,
        state,
        alert_groups: routed.alert_groups,
        matched: routed.matched,
        opened: input.opened,
    }
}

/// The provider's signature over its envelope (L0) is there and passed.
fn has_provider_signature(verdict: &Verdict) -> bool {
    verdict
        .signatures
        .iter()
        .any(|report| report.role == Role::Provider && report.indication == Indication::Passed)
}

/// What the rules see of a message; also for the dry run.
pub fn routing_input<'a>(
    mailbox: &'a str,
    message: &'a Message,
    package: Option<&PackageInput<'a>>,
    flags: &'a BTreeSet<String>,
) -> RoutingInput<'a> {
    let headers = &message.headers;
    let document = package.and_then(|package| package.document);
    let konu = document.and_then(|document| document.subject.as_deref());
    RoutingInput {
        mailbox,
        sender: headers.sender.as_deref(),
        sender_kep: headers.sender_kep.as_deref(),
        kkk: document.and_then(|document| document.sender.as_ref()?.id.as_deref()),
        subjects: headers.subject.as_deref().into_iter().chain(konu).collect(),
        sdp: package.map(|package| package.sdp).unwrap_or_default(),
        kind: message.kind,
        security: document.and_then(|document| document.security.as_deref()),
        flags,
    }
}

fn facts<'a>(
    kind: MessageKind,
    arrival: Timestamp,
    read: Option<ReadEvidence>,
    document: Option<&'a Document>,
    receiver_kkk: &str,
) -> Facts<'a> {
    let ours = document.and_then(|document| our_row(document, receiver_kkk));
    let every_row = document.map(|document| document.addressees.as_slice()).unwrap_or_default();
    let rows = ours.map_or(every_row, std::slice::from_ref);
    let urgency = ours.and_then(|row| row.urgency.as_deref());
    Facts {
        kind,
        arrival,
        read,
        document_date: document.and_then(|document| document.date).filter(|date| *date >= kep_begins()),
        due: shortest_due(rows, arrival),
        urgency: urgency.or_else(|| document?.urgency.as_deref()),
    }
}

fn our_row<'a>(document: &'a Document, receiver_kkk: &str) -> Option<&'a Addressee> {
    let is_ours = |row: &&Addressee| row.party.id.as_deref().is_some_and(|id| id.trim() == receiver_kkk.trim());
    document.addressees.iter().find(is_ours).filter(|_| !receiver_kkk.trim().is_empty())
}

/// The Miat that ends first: when nobody says which addressee we are, any of them may be us. One that cannot be read still counts as
/// written, so that it is told.
fn shortest_due(rows: &[Addressee], arrival: Timestamp) -> Option<&str> {
    let end_of = |due: &str| {
        XsdDuration::parse(due)
            .filter(|term| !term.is_zero())
            .and_then(|term| term.after(arrival))
    };
    rows.iter()
        .filter_map(|row| row.due.as_deref())
        .min_by_key(|due| end_of(due).unwrap_or(Timestamp::MAX))
}

/// A message without a package bears no security code. One that is closed to us may bear any, and so may one that was closed to everybody
/// else on its way. For what was opened inside a package and beside it the same holds: it is shown to nobody for whom its own code, or the
/// lack of one, is too high, whatever the code of the document that it came with.
fn access_of(
    message: &Message,
    package: Option<&PackageInput<'_>>,
    opened: &[OpenedRecord],
    is_quarantined: bool,
) -> (u8, Option<Finding>) {
    let Some(package) = package else {
        return match is_quarantined || message.decrypted || message.kind == MessageKind::Encrypted {
            true => access_level(None),
            false => (Classification::Unclassified.level(), None),
        };
    };
    let own = access_level(package.document.and_then(|document| document.security.as_deref()));
    let inside = package.opened_codes.iter().map(|code| access_level(*code));
    let place = package.part.map(|(part, _)| part.place.as_str());
    let is_beside = |record: &OpenedRecord| !record.is_in_package() && !place.is_some_and(|place| record.holds(place));
    let beside = opened.iter().any(is_beside).then(|| access_level(None));
    let higher = |highest: (u8, Option<Finding>), one: (u8, Option<Finding>)| if one.0 > highest.0 { one } else { highest };
    inside.chain(beside).fold(own, higher)
}

/// The finding that says of which entry this one is a duplicate.
pub const DUPLICATE_RULE: &str = "KEP-5042";

fn duplicate(first: RegisterNumber) -> Finding {
    Finding::new(
        DUPLICATE_RULE,
        Severity::Note,
        "register",
        format!(
            "Aynı belge (BelgeId) {first} sayısıyla kayıtlı. İki kaydı karşılaştırın; yeni bilgi yoksa ilk kayıt üzerinden işlem yapın."
        ),
        format!(
            "The same document (BelgeId) stands in the register as {first}. Compare the two; work on the first unless this \
                one brings anything new."
        ),
    )
}

fn unknown_sender() -> Finding {
    Finding::new(
        "KEP-5041",
        Severity::Note,
        "register",
        "Gönderen, bilinen gönderenler listesinde yok. Gönderenin adresini denetleyin, doğruysa known_senders listesine ekleyin.",
        "The sender is not on the list of known senders. Check the address and add it to known_senders when it is right.",
    )
}

fn not_recorded(routed: &Routed) -> Option<Finding> {
    let NotRecorded { rule, reason } = routed.not_recorded.as_ref()?;
    Some(Finding::new(
        "KEP-5040",
        Severity::Note,
        "register",
        format!(
            "'{rule}' kuralı bu iletiyi kayda alınmadı olarak işaretledi: {reason}. Yanlışsa kuralı düzeltip kaydı yeniden yönlendirin."
        ),
        format!(
            "Rule '{rule}' marked this message as not recorded: {reason}. If that is wrong, correct the rule and route the entry again."
        ),
    ))
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod draft_tests;
