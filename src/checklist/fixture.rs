//! A small world for the tests of application files.

use jiff::Timestamp;

use super::config::Checklist;
use super::entered::{Deed, Done, Entered};
use super::outcome::{File, Outcome, judge};
use super::papers::{FileKind, Member, ReadPaper, Reading};
use super::signatories::{Authority, Signatory, Source};
use crate::finding::Severity;
use crate::hash::Sha256;
use crate::register::entry::{Asker, RegisterNumber};
use crate::signature::report::{CertificateClass, Indication, Reason, Role, SignatureReport, Signer, SubIndication};
use crate::signature::validation::Validation;
use crate::text::Text;

pub const RULES: &str = r#"
name = "deneme"
title = "Deneme"
[when]
subject = ["destek başvurusu"]
[terms]
originals_business_days = 5
completion_days = 7
loss_report_days = 15
retention_years = 10
[[paper]]
id = "dilekce"
title = { tr = "Dilekçe", en = "Petition" }
names = ["dilekçe"]
words = ["destek başvuru dilekçesi"]
formats = ["pdf"]
signature = "signatory"
[[paper]]
id = "sirkuler"
title = { tr = "İmza sirküleri", en = "Signature circular" }
names = ["imza sirkü"]
[[paper]]
id = "vekalet"
title = { tr = "Vekâletname", en = "Power of attorney" }
required = false
names = ["vekalet"]
signature = "qualified"
"#;

pub fn rules() -> Checklist {
    Checklist::parse(RULES).unwrap()
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Friday 20 November 2026, 10:00 in Turkey.
pub fn friday() -> Timestamp {
    at("2026-11-20T07:00:00Z")
}

pub fn number(place: u32) -> RegisterNumber {
    RegisterNumber { year: 2026, number: place }
}

/// A signature of somebody with a qualified certificate.
pub fn signed(name: &str, masked: &str, indication: Indication) -> SignatureReport {
    let sub_indication = match indication {
        Indication::Passed => None,
        Indication::Indeterminate => Some(SubIndication::TryLater),
        Indication::Failed => Some(SubIndication::HashFailure),
    };
    SignatureReport {
        role: Role::Document,
        format: "PAdES".into(),
        level: Some("B-LT".into()),
        profile: None,
        indication,
        sub_indication,
        reasons: vec![Reason {
            code: "KEP-3014".into(),
            severity: Severity::Warning,
            text: Text::new("neden", "reason"),
        }],
        signer: Some(Signer {
            common_name: Some(name.into()),
            organization: None,
            serial_masked: Some(masked.into()),
            class: CertificateClass::Nes,
            certificate_sha256: Sha256::of(name.as_bytes()),
            issuer: None,
        }),
        claimed_signing_time: None,
        best_signature_time: Some(friday()),
        covers: "x.pdf".into(),
        timestamps: Vec::new(),
        revocation: Vec::new(),
        retry_after: None,
        validation: Validation::default(),
        counter_signatures: Vec::new(),
    }
}

pub fn paper(name: &str, signatures: &[SignatureReport]) -> ReadPaper {
    ReadPaper {
        place: format!("L1/{name}"),
        name: name.into(),
        sha256: Sha256::of(name.as_bytes()),
        size: 10_000,
        kind: FileKind::Pdf,
        breaks_off: false,
        words: Default::default(),
        signatures: signatures.to_vec(),
        in_package: false,
    }
}

pub fn reading(papers: Vec<ReadPaper>) -> Reading {
    Reading {
        papers,
        ..Reading::default()
    }
}

pub fn done(deed: Deed) -> Done {
    Done {
        by: Asker::default(),
        at: friday(),
        note: None,
        deed,
    }
}

pub fn entered(deeds: Vec<Deed>) -> Entered {
    Entered(deeds.into_iter().map(done).collect())
}

/// `required` of these people, `NAME; ID` each, may sign.
pub fn authority(source: Source, people: &[&str], required: u8) -> Authority {
    let signatory = |line: &&str| {
        let (name, id) = line.split_once(';').unwrap();
        Signatory {
            name: name.trim().into(),
            id: id.parse().unwrap(),
        }
    };
    Authority {
        source,
        signatories: people.iter().map(signatory).collect(),
        required,
        valid_from: None,
        valid_until: None,
    }
}

/// The outcome of an application whose messages are these.
pub fn judged(rules: &Checklist, readings: &[Reading], entered: &Entered) -> Outcome {
    let members = (1..).zip(readings).map(|(place, reading)| Member {
        number: number(place),
        received_at: friday(),
        reading,
        is_forged: false,
    });
    judge(&File {
        checklist: Some(rules),
        members: members.collect(),
        entered,
        is_unread: false,
        is_finished: false,
        rivals: Vec::new(),
    })
}
