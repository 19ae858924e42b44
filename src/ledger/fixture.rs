//! A small world for the tests of the ledger.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;

use super::event::{Event, Fetched, FoundEvidence};
use super::packed::unpack;
use super::registration::Registration;
use super::{Ledger, LedgerError};
use crate::alert::config::{AlertConfig, Group, Route};
use crate::alert::notice::{Cause, Level, Notice};
use crate::clock::FixedClock;
use crate::evidence::{Evidence, EvidenceKind};
use crate::hash::Sha256;
use crate::mailbox::Locator;
use crate::message::MessageKind;
use crate::register::config::{RegisterConfig, Registry};
use crate::register::draft::{Draft, QuarantineInput, quarantine};
use crate::register::entry::{RegisterNumber, State};
use crate::register::evidence_record;
use crate::register::export::to_json;
use crate::signature::report::{Indication, Role, SignatureReport};
use crate::signature::validation::Validation;
use crate::store::disk::{RealDisk, SharedDisk};
use crate::text::{Lang, Text};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Friday 20 November 2026, 10:00 in Turkey.
pub fn friday() -> Timestamp {
    at("2026-11-20T07:00:00Z")
}

/// A store's folder and a clock that stands still.
pub struct World {
    pub dir: TempDir,
    pub clock: Arc<FixedClock>,
    pub alerts: Arc<AlertConfig>,
}

impl World {
    #[expect(clippy::new_without_default, reason = "a fixture is asked for by name")]
    pub fn new() -> Self {
        let email = Route {
            to: vec!["nobetci@kurum.example".into()],
            ..Route::default()
        };
        let group = Group {
            name: "default".into(),
            email,
            sms: Route::default(),
            webhook: Route::default(),
        };
        let alerts = AlertConfig {
            group: vec![group],
            ..AlertConfig::default()
        };
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: FixedClock::at(friday()),
            alerts: Arc::new(alerts),
        }
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    pub fn open(&self) -> Ledger {
        self.open_on(RealDisk::shared()).unwrap()
    }

    pub fn open_on(&self, disk: SharedDisk) -> Result<Ledger, LedgerError> {
        Ledger::open(&self.root(), disk, self.clock.clone())
    }

    pub fn open_read_only(&self) -> Ledger {
        Ledger::open_read_only(&self.root(), RealDisk::shared(), self.clock.clone()).unwrap()
    }

    /// A message without documents, about to be registered; the notice says so.
    pub fn registration(&self, sha256: Sha256) -> Registration {
        Registration {
            sha256,
            drafts: vec![draft(sha256, MessageKind::Standard)],
            link_keys: Vec::new(),
            evidence: Vec::new(),
            announce: Box::new(|entries| vec![notice(&entries[0].mailbox, entries[0].registered_at)]),
            alerts: Arc::clone(&self.alerts),
        }
    }

    /// Makes `count` messages durable and registers them.
    pub async fn arrive(&self, ledger: &Ledger, names: std::ops::Range<usize>) -> Vec<RegisterNumber> {
        let mut numbers = Vec::new();
        for name in names {
            let sha256 = fetch(ledger, "evrak", name as u32, &format!("message {name}")).await;
            numbers.extend(ledger.register(self.registration(sha256)).await.unwrap());
        }
        numbers
    }
}

pub fn locator(uid: u32) -> Locator {
    Locator {
        folder: "INBOX".into(),
        epoch: 7,
        id: uid.to_string(),
    }
}

/// The bytes came under a locator.
pub fn fetched(mailbox: &str, uid: u32, bytes: &str) -> Fetched {
    let sha256 = Sha256::of(bytes.as_bytes());
    Fetched {
        mailbox: mailbox.into(),
        locator: locator(uid),
        sha256,
        size: bytes.len() as u64,
        arrived: Some(friday()),
        at: friday(),
    }
}

pub async fn fetch(ledger: &Ledger, mailbox: &str, uid: u32, bytes: &str) -> Sha256 {
    let fetched = fetched(mailbox, uid, bytes);
    let sha256 = fetched.sha256;
    ledger.append(Event::Fetched(fetched)).await.unwrap();
    sha256
}

pub fn draft(sha256: Sha256, kind: MessageKind) -> Draft {
    let registry = Registry::load(RegisterConfig::default(), Path::new("/")).unwrap();
    let (server_time, fetched_at) = (Some(friday()), friday());
    let reason = Text::new("deneme", "a test");
    let input = QuarantineInput {
        registry: &registry,
        mailbox: "evrak",
        sha256,
        size: 7,
        headers: None,
        server_time,
        fetched_at,
        reason,
    };
    let mut draft = quarantine(input);
    draft.flags.clear();
    draft.findings.clear();
    draft.state = State::Registered;
    draft.message.kind = kind;
    draft
}

pub fn notice(key: &str, at: Timestamp) -> Notice {
    Notice {
        cause: Cause::NewDocument,
        key: key.into(),
        level: Level::Note,
        at,
        title: Text::new("Yeni evrak", "New document"),
        body: Text::new("gövde", "body"),
        facts: std::collections::BTreeMap::new(),
        groups: Vec::new(),
    }
}

/// A delil with the keys that are given.
pub fn evidence(name: &str, kind: EvidenceKind, event: &str, link_keys: &[&str]) -> FoundEvidence {
    let evidence = Evidence {
        sha256: Sha256::of(name.as_bytes()),
        kind,
        event: Some(event.into()),
        reasons: Vec::new(),
        type_id: None,
        identifier: None,
        event_time: Some(at("2026-11-20T09:00:00Z")),
        submission_time: None,
        issuer: None,
        sender: None,
        recipients: Vec::new(),
        recipient: None,
        provider_message_id: None,
        original_message_id: None,
        digest: None,
        findings: Vec::new(),
    };
    let report = SignatureReport {
        retry_after: None,
        role: Role::Evidence,
        format: "XML-DSig".into(),
        level: None,
        profile: None,
        indication: Indication::Passed,
        sub_indication: None,
        reasons: Vec::new(),
        signer: None,
        claimed_signing_time: None,
        best_signature_time: None,
        covers: String::new(),
        timestamps: Vec::new(),
        revocation: Vec::new(),
        validation: Validation::default(),
        counter_signatures: Vec::new(),
    };
    FoundEvidence {
        evidence,
        report,
        link_keys: link_keys.iter().map(|key| (*key).to_owned()).collect(),
        place: "L0/2".into(),
    }
}

/// An evidence mail, as the pipeline hands it over.
pub fn evidence_mail(world: &World, sha256: Sha256, found: Vec<FoundEvidence>) -> Registration {
    let mut draft = draft(sha256, MessageKind::Evidence);
    draft.evidence = found
        .iter()
        .map(|found| evidence_record(&found.evidence, found.report.indication, "carried"))
        .collect();
    Registration {
        drafts: vec![draft],
        evidence: found,
        ..world.registration(sha256)
    }
}

/// The register as `documents export --json` prints it.
pub fn export(ledger: &Ledger) -> String {
    let entries: Vec<_> = ledger.entries().map(|entry| to_json(&entry.unwrap(), Lang::Tr, "")).collect();
    serde_json::to_string_pretty(&entries).unwrap()
}

/// Everything that the index holds.
pub fn dump(ledger: &Ledger) -> Vec<(String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8(unpack(&bytes).unwrap().into_owned()).unwrap();
    ledger
        .index
        .scan(b"")
        .map(|pair| pair.unwrap())
        .map(|(key, value)| (text(key), text(value)))
        .collect()
}

pub fn numbers(ledger: &Ledger) -> Vec<RegisterNumber> {
    ledger.entries().map(|entry| entry.unwrap().register_number).collect()
}

/// 2026/000001 to 2026/`count`.
pub fn gap_free(count: u32) -> Vec<RegisterNumber> {
    (1..=count).map(|number| RegisterNumber { year: 2026, number }).collect()
}
