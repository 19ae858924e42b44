//! A small world for the tests of this stage.

use std::path::Path;

use bytes::Bytes;
use jiff::Timestamp;

use super::config::{RegisterConfig, Registry};
use super::draft::{DraftInput, PackageInput};
use super::entry::EvidenceRecord;
use super::rules::Rules;
use crate::envelope::{Addressee, Document, PackageKind, Party};
use crate::finding::Severity;
use crate::hash::Sha256;
use crate::message::{Headers, Message, MessageKind, Part, PartRole};
use crate::signature::report::{
    CertificateClass, Indication, Reason, Role, SignatureReport, Signer, SubIndication, TimestampReport, Verdict,
};
use crate::signature::validation::Validation;
use crate::text::Text;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Friday 20 November 2026, 10:00 in Turkey.
pub fn friday() -> Timestamp {
    at("2026-11-20T07:00:00Z")
}

pub fn registry(rules: &str) -> Registry {
    let config = RegisterConfig {
        receiver_kkk: "11111111".into(),
        ..RegisterConfig::default()
    };
    Registry {
        rules: Rules::parse(rules).unwrap(),
        ..Registry::load(config, Path::new("/")).unwrap()
    }
}

pub fn message(kind: MessageKind) -> Message {
    Message {
        size: 7,
        kind,
        headers: Headers {
            message_id: Some("1@hs01.kep.tr".into()),
            sender_kep: Some("ornek@bakanlik.hs01.kep.tr".into()),
            recipients: vec!["kurum@hs01.kep.tr".into()],
            subject: Some("Örnek konu".into()),
            provider_date: Some(friday()),
            ..Headers::default()
        },
        parts: vec![Part {
            place: "L1/2".into(),
            level: 1,
            role: PartRole::Attachment,
            content_type: "application/pdf".into(),
            name: Some("ek.pdf".into()),
            original_name: Some("C:\\ek.pdf".into()),
            signed: true,
            bytes: Bytes::from_static(b"%PDF-"),
        }],
        signed_layers: Vec::new(),
        original: None,
        decrypted: false,
        findings: Vec::new(),
    }
}

pub fn document() -> Document {
    let row = |id: &str, urgency: &str, due: Option<&str>| Addressee {
        party: Party {
            kind: "institution".into(),
            name: Some("Kurum".into()),
            id: Some(id.into()),
        },
        urgency: Some(urgency.into()),
        distribution: Some("GRG".into()),
        due: due.map(str::to_owned),
    };
    Document {
        id: Some("0F0E7C2A-0000-4000-8000-000000000001".into()),
        number: Some("E-24312041-702.03-1".into()),
        subject: Some("Mal alımı".into()),
        date: Some(at("2026-11-19T09:00:00Z")),
        security: Some("YOK".into()),
        urgency: Some("NRM".into()),
        sender: Some(Party {
            kind: "institution".into(),
            name: Some("Örnek Bakanlığı".into()),
            id: Some("24312041".into()),
        }),
        addressees: vec![row("22222222", "GNL", Some("P2D")), row("11111111", "GNL", Some("P10D"))],
        ..Document::default()
    }
}

pub fn package(document: Option<&Document>) -> PackageInput<'_> {
    PackageInput {
        part: None,
        kind: Some(PackageKind::Eyp),
        document,
        sdp: &[],
        findings: &[],
        decrypted: false,
        opened_codes: &[],
    }
}

pub fn input<'a>(registry: &'a Registry, message: &'a Message, package: Option<PackageInput<'a>>) -> DraftInput<'a> {
    DraftInput {
        registry,
        mailbox: "evrak",
        address: Some("kurum@hs01.kep.tr"),
        message,
        sha256: Sha256::of(b"message"),
        package,
        verdict: Some(verdict(Indication::Passed, None)),
        findings: Vec::new(),
        evidence: Vec::new(),
        server_time: Some(at("2026-11-20T07:05:00Z")),
        fetched_at: at("2026-11-20T07:10:00Z"),
        duplicate_of: None,
        opened: Vec::new(),
    }
}

pub fn verdict(indication: Indication, sub_indication: Option<SubIndication>) -> Verdict {
    Verdict {
        indication,
        sub_indication,
        signatures: vec![SignatureReport {
            retry_after: None,
            role: Role::Signature,
            format: "CAdES".into(),
            level: Some("X-L".into()),
            profile: Some("P4".into()),
            indication,
            sub_indication,
            reasons: vec![Reason {
                code: "KEP-3014".into(),
                severity: Severity::Warning,
                text: Text::new("neden", "reason"),
            }],
            signer: Some(Signer {
                common_name: Some("Test Kişi".into()),
                organization: None,
                serial_masked: Some("123******89".into()),
                class: CertificateClass::Nes,
                certificate_sha256: Sha256::of(b"certificate"),
                issuer: None,
            }),
            claimed_signing_time: None,
            best_signature_time: Some(friday()),
            covers: "PaketOzeti/PaketOzeti.xml".into(),
            timestamps: vec![TimestampReport {
                r#type: "signature".into(),
                time: Some(friday()),
                indication: "PASSED".into(),
                sub_indication: None,
                validation: Validation::default(),
            }],
            revocation: Vec::new(),
            validation: Validation::default(),
            counter_signatures: Vec::new(),
        }],
        validation_time: friday(),
        anchors_sha256: Sha256::of(b"anchors"),
        objects: Vec::new(),
        wanted: Vec::new(),
    }
}

pub fn evidence(kind: &str, event: &str, time: &str) -> EvidenceRecord {
    EvidenceRecord {
        sha256: Sha256::of(format!("{kind}{event}{time}").as_bytes()),
        kind: kind.into(),
        event: Some(event.into()),
        event_time: Some(at(time)),
        recipient: Some("Kurum@hs01.kep.tr".into()),
        indication: Indication::Passed,
        linked_by: "same-message".into(),
    }
}
