//! message -> envelope -> signature -> evidence -> drafts: what the bytes of one message say. Pure: no disk, no network, no clock.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::Unreadable;
use crate::decryption::{Opened, Opening, codes};
use crate::envelope::{self, Package};
use crate::evidence::{self, Evidence, LinkKey};
use crate::finding::Finding;
use crate::hash::Sha256;
use crate::ledger::event::FoundEvidence;
use crate::ledger::state::MessageState;
use crate::message::{self, Message, MessageKind, Part, PartRole};
use crate::register::draft::{self, Draft, DraftInput, PackageInput, QuarantineInput};
use crate::register::entry::{EvidenceRecord, OpenedRecord, RegisterNumber};
use crate::register::evidence_record;
use crate::settings::Settings;
use crate::signature::online::trail::Trail;
use crate::signature::online::want::Want;
use crate::signature::report::{Indication, SignatureReport, Verdict};
use crate::signature::{self, Context, cause};
use crate::store::pins::Pinned;

/// How long what a verdict lacks is looked for: no provider's responder is away for longer, and a list that answers for a certificate of
/// the signature's time has been issued many times over.
pub const GIVE_UP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is known of a message beside its bytes.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub sha256: Sha256,
    pub mailbox: String,
    /// When the server took it in.
    pub server: Option<Timestamp>,
    pub fetched: Timestamp,
    pub size: u64,
    /// The institution sent it.
    pub sent: bool,
    /// What PTT's service calls it; of an evidence document, the message that it was asked for under.
    pub kep_ids: BTreeSet<String>,
}

impl Arrival {
    /// A message was sent when it lay nowhere but among what was sent: what arrived too must be opened in time.
    pub fn of(sha256: Sha256, message: &MessageState, settings: &Settings) -> Self {
        let kep_ids = message
            .sightings
            .iter()
            .filter_map(|seen| settings.kep_id_of(&seen.mailbox, &seen.locator));
        Self {
            sha256,
            mailbox: message.mailbox.clone(),
            server: message.arrived,
            fetched: message.fetched_at,
            size: message.size,
            sent: !message.sightings.is_empty() && message.sightings.iter().all(|seen| settings.is_sent(&seen.mailbox, &seen.locator)),
            kep_ids: kep_ids.map(str::to_owned).collect(),
        }
    }
}

/// A message, ready for its numbers.
pub struct Examined {
    pub drafts: Vec<Draft>,
    /// What came encrypted and was opened: to be durable before a record names it.
    pub opened: Vec<Opened>,
    /// By which evidence finds the message.
    pub link_keys: Vec<String>,
    pub evidence: Vec<FoundEvidence>,
    /// What the verdicts rest on and what they lack.
    pub trail: Trail,
    /// Holds the blobs that the record will name until it is written; `None`: it names none but its message.
    pub pinned: Option<Pinned>,
}

impl Examined {
    /// A verdict could still become another with what is missing.
    fn is_open(&self) -> bool {
        let verdicts = self.drafts.iter().filter_map(|draft| draft.verdict.as_ref());
        verdicts.into_iter().any(|verdict| verdict.indication == Indication::Indeterminate)
    }

    /// What could be fetched to settle an open verdict.
    pub fn wanted(&self) -> Vec<Want> {
        if self.is_open() { self.trail.wanted() } else { Vec::new() }
    }
}

/// Which entry has a BelgeId already.
pub type Twins<'a> = &'a dyn Fn(&str) -> Option<RegisterNumber>;

/// Reads, opens, judges and proves one message. `opening`: the keys of its mailbox, and what was opened of it before.
pub fn examine(raw: &Bytes, arrival: &Arrival, settings: &Settings, now: Timestamp, twins: Twins<'_>, opening: &Opening) -> Examined {
    // Our own record proves that the bytes existed when they were fetched; a provider's valid time stamp proves it earlier.
    let context = settings.judging(now).with_proof(Some(arrival.fetched));
    let message = message::read_opening(raw, &settings.limits, opening);
    let around = around(&message, opening);
    let mut carrier = signature::judge_message(&message, &context);
    // What lies inside the provider's timestamped envelope existed when that was stamped.
    let context = context.with_proof(signature::proof_of(&carrier));
    let asked_under: Vec<LinkKey> = arrival.kep_ids.iter().flat_map(|id| evidence::kep_id_keys(id)).collect();
    let (evidence, mut doubts) = prove(&message, &asked_under, settings, &context);
    // A message with a delil that does not hold is not a message that holds.
    carrier.extend(evidence.iter().map(|found| found.report.clone()));
    doubts.extend(signature::unjudged(&message));
    let records: Vec<EvidenceRecord> = evidence
        .iter()
        .map(|found| evidence_record(&found.evidence, found.report.indication, "carried"))
        .collect();
    let work = Work {
        arrival,
        settings,
        message: &message,
        carrier: &carrier,
        records: &records,
        doubts: &doubts,
        twins,
        opened: &around,
    };

    let packages: Vec<(&Part, Package, Vec<OpenedRecord>)> = message
        .packages()
        .map(|part| {
            let before = opening.count();
            let package = open(part, settings, opening);
            (part, package, records_of(opening.since(before)))
        })
        .collect();
    let drafts = match packages.is_empty() {
        true => vec![work.draft_of_message(&context)],
        false => packages
            .iter()
            .map(|(part, package, opened)| work.draft_of_package(part, package, opened, &context))
            .collect(),
    };
    let carried: Vec<&Evidence> = evidence.iter().map(|found| &found.evidence).collect();
    let mut link_keys: BTreeSet<String> = evidence::message_keys(&message, &carried).iter().map(LinkKey::to_string).collect();
    if message.kind != MessageKind::Evidence {
        link_keys.extend(asked_under.iter().map(LinkKey::to_string));
    }
    Examined {
        drafts,
        opened: opening.since(0),
        link_keys: link_keys.into_iter().collect(),
        evidence,
        trail: context.trail,
        pinned: None,
    }
}

/// A message that could not be read in any attempt keeps its place in the register.
pub fn quarantine(arrival: &Arrival, why: &Unreadable, settings: &Settings) -> Examined {
    let input = QuarantineInput {
        registry: &settings.registry,
        mailbox: &arrival.mailbox,
        sha256: arrival.sha256,
        size: arrival.size,
        headers: None,
        server_time: arrival.server,
        fetched_at: arrival.fetched,
        reason: why.text(),
    };
    Examined {
        drafts: vec![draft::quarantine(input)],
        opened: Vec::new(),
        link_keys: Vec::new(),
        evidence: Vec::new(),
        trail: Trail::default(),
        pinned: None,
    }
}

/// message -> envelope
fn open(part: &Part, settings: &Settings, opening: &Opening) -> Package {
    let name = part.original_name.as_deref();
    envelope::read_opening(&part.bytes, name, &settings.receiver, &settings.limits, opening)
}

/// What of the message around its packages came encrypted and was opened, each at the place that its ciphertext has in the message as read:
/// that there is no provider's envelope is known only in the end.
fn around(message: &Message, opening: &Opening) -> Vec<OpenedRecord> {
    let mut records = records_of(opening.since(0));
    if records.is_empty() {
        return records;
    }
    let carriers = message.parts.iter().filter(|part| part.role == PartRole::Message);
    let places: HashMap<Sha256, &str> = carriers.map(|part| (Sha256::of(&part.bytes), part.place.as_str())).collect();
    for record in &mut records {
        if let Some(place) = places.get(&record.ciphertext) {
            record.place = (*place).to_owned();
        }
    }
    records
}

/// The findings that bear on the document: also of the original inside an update. What is attached is a document of its own, but whether it
/// could be opened decides when this message is examined again.
fn findings_of(package: &Package) -> Vec<Finding> {
    let mut findings = package.all_findings();
    for (path, attached) in package.attached() {
        let told = attached.findings.iter().filter(|finding| codes::is_ours(&finding.rule)).cloned();
        findings.extend(told.map(|finding| Finding {
            place: format!("{path} {}", finding.place),
            ..finding
        }));
    }
    findings
}

fn records_of(opened: Vec<Opened>) -> Vec<OpenedRecord> {
    opened.into_iter().map(|opened| opened.record).collect()
}

/// message -> evidence, each with the verdict on its own signature.
/// `asked_under`: the keys of the message for which the service gave it.
fn prove(message: &Message, asked_under: &[LinkKey], settings: &Settings, context: &Context) -> (Vec<FoundEvidence>, Vec<Finding>) {
    let mut found = Vec::new();
    let mut doubts = Vec::new();
    for part in message.evidence() {
        match evidence::parse(&part.bytes, &settings.limits) {
            Ok(evidence) => {
                let own = evidence::link_keys(&evidence);
                let link_keys = asked_under.iter().chain(&own).map(LinkKey::to_string).collect();
                let mut report = signature::judge_evidence(&part.bytes, context);
                signature::bind_evidence(&mut report, &evidence.parties(), Some(message), context);
                found.push(FoundEvidence {
                    evidence,
                    report,
                    link_keys,
                    place: part.place.clone(),
                });
            }
            Err(finding) => doubts.push(finding),
        }
    }
    (found, doubts)
}

/// What the drafts of one message share.
struct Work<'a> {
    arrival: &'a Arrival,
    settings: &'a Settings,
    message: &'a Message,
    /// Verdicts on the provider's and the sender's signatures, and on the evidence beside them.
    carrier: &'a [SignatureReport],
    records: &'a [EvidenceRecord],
    doubts: &'a [Finding],
    twins: Twins<'a>,
    /// What of the message around the packages came encrypted and was opened.
    opened: &'a [OpenedRecord],
}

impl Work<'_> {
    fn draft_of_message(&self, context: &Context) -> Draft {
        self.draft(None, self.carrier.to_vec(), self.doubts.to_vec(), None, &[], context)
    }

    fn draft_of_package(&self, part: &Part, package: &Package, opened: &[OpenedRecord], context: &Context) -> Draft {
        let (signatures, doubts) = signature::judge_package(package, context);
        let reports = self.carrier.iter().cloned().chain(signatures).collect();
        let findings = self.doubts.iter().cloned().chain(doubts).collect();
        let sdp: Vec<String> = package.document_metadata().file_plan_codes();
        let inside = findings_of(package);
        let opened_codes = package.opened_codes();
        let input = PackageInput {
            part: Some((part, package.sha256)),
            kind: Some(package.kind),
            document: Some(&package.document),
            sdp: &sdp,
            findings: &inside,
            decrypted: package.decrypted && !package.is_closed(),
            opened_codes: &opened_codes,
        };
        let twin = package.document.id.as_deref().and_then(|id| (self.twins)(id));
        self.draft(Some(input), reports, findings, twin, opened, context)
    }

    fn draft(
        &self,
        package: Option<PackageInput<'_>>,
        reports: Vec<SignatureReport>,
        findings: Vec<Finding>,
        duplicate_of: Option<RegisterNumber>,
        opened: &[OpenedRecord],
        context: &Context,
    ) -> Draft {
        let package_findings = package.as_ref().map(|package| package.findings).unwrap_or_default();
        let weighed: Vec<Finding> = self
            .message
            .findings
            .iter()
            .chain(package_findings)
            .chain(&findings)
            .cloned()
            .collect();
        let verdict = signature::verdict(reports, &weighed, context);
        let findings = findings.into_iter().chain(self.gave_up(&verdict, context)).collect();
        let make = if self.arrival.sent { draft::sent } else { draft::draft };
        make(DraftInput {
            registry: &self.settings.registry,
            mailbox: &self.arrival.mailbox,
            address: self.settings.address_of(&self.arrival.mailbox),
            message: self.message,
            sha256: self.arrival.sha256,
            package,
            verdict: Some(verdict),
            findings,
            evidence: self.records.to_vec(),
            server_time: self.arrival.server,
            fetched_at: self.arrival.fetched,
            duplicate_of,
            opened: self.opened.iter().chain(opened).cloned().collect(),
        })
    }

    /// What was missing for so long does not come any more by itself.
    fn gave_up(&self, verdict: &Verdict, context: &Context) -> Option<Finding> {
        let waited = context.at.duration_since(self.arrival.fetched);
        let days = GIVE_UP.as_hours() / 24;
        (verdict.awaits_data() && waited >= GIVE_UP).then(|| {
            let reason = cause::GAVE_UP.reason_in_two(&format!("{days} gün"), &format!("{days} days"));
            Finding::new(&reason.code, reason.severity, "signature", reason.text.tr, reason.text.en)
        })
    }
}
