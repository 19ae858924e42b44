//! Attacks on PDF signatures: every one is refused, by the rule that it breaks; and their harmless relatives pass.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::sync::Arc;

use bytes::Bytes;
use forge::pdf_attack;
use forge::scenario_kit::{Kit, build};
use forge::scenarios::{Defect, Profile, Rung};
use kep_gateway::limits::Limits;
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};

fn kit() -> Kit {
    build(Defect::Sound, Rung::T, Profile::P1)
}

fn context(kit: &Kit) -> Context {
    let dir = tempfile::tempdir().unwrap();
    kit.lay_out(dir.path());
    // The second signer's answers too: both are of one authority.
    let other = forge::scenario_kit::second(kit.defect, kit.rung, kit.profile);
    other.lay_out(&dir.path().join("other"));
    for entry in std::fs::read_dir(dir.path().join("other/revocation")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("other-{}", path.file_name().unwrap().to_string_lossy());
        std::fs::copy(&path, dir.path().join("revocation").join(name)).unwrap();
    }
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    Context::new(Arc::new(trust), kit.at, Limits::default())
}

fn judged(pdf: Vec<u8>, context: &Context) -> FileReport {
    verify_file(&Bytes::from(pdf), "x.pdf", None, context)
}

fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap_or_default().to_owned()
}

fn told(report: &FileReport) -> String {
    let signatures = report.signatures.iter().map(|signature| {
        let reasons: Vec<String> = signature
            .reasons
            .iter()
            .map(|reason| format!("{} {}", reason.code, reason.text.en))
            .collect();
        format!("  {:?} {:?}: {}", signature.role, signature.indication, reasons.join(" | "))
    });
    signatures.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_attack_is_refused_for_what_it_is() {
    let kit = kit();
    let context = context(&kit);
    let sound = judged(pdf_attack::signed(&kit, forge::pdf_file::Style::Table).bytes, &context);
    assert_eq!(word(sound.indication), "TOTAL-PASSED", "{}", told(&sound));
    let mut wrong = Vec::new();
    for attack in pdf_attack::all(&kit) {
        let report = judged(attack.pdf, &context);
        let mut reasons = report.signatures.iter().flat_map(|signature| &signature.reasons);
        let named = reasons.any(|reason| reason.code == attack.code);
        if word(report.indication) != attack.indication || !named {
            wrong.push(format!(
                "{}: {} wanted {} with {}\n{}",
                attack.name,
                word(report.indication),
                attack.indication,
                attack.code,
                told(&report)
            ));
        }
        println!("{}: {} {}", attack.name, word(report.indication), word(report.sub_indication));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a signed document may get, and keeps its verdict.
#[test]
fn what_may_come_after_a_signature_is_told_and_passes() {
    let kit = kit();
    let context = context(&kit);
    let mut wrong = Vec::new();
    for (name, pdf, code) in pdf_attack::harmless(&kit) {
        let report = judged(pdf, &context);
        let told_so = code.is_none_or(|code| {
            report
                .signatures
                .iter()
                .any(|signature| signature.reasons.iter().any(|reason| reason.code == code))
        });
        if word(report.indication) != "TOTAL-PASSED" || !told_so {
            wrong.push(format!("{name}: {}\n{}", word(report.indication), told(&report)));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_pdf_that_nobody_signed_says_so() {
    let kit = kit();
    let context = context(&kit);
    for style in [
        forge::pdf_file::Style::Table,
        forge::pdf_file::Style::Stream,
        forge::pdf_file::Style::Compressed,
    ] {
        let report = judged(forge::pdf_file::File::letter(style).bytes, &context);
        assert_eq!(
            (word(report.indication), word(report.sub_indication)),
            ("INDETERMINATE".into(), "NO_SIGNATURE".into())
        );
    }
    for pdf in [
        &b"%PDF-"[..],
        b"%PDF-1.4\n%%EOF",
        b"%PDF-1.4 startxref 9 %%EOF",
        b"%PDF-1.4\nstartxref\n0\n%%EOF\n",
    ] {
        let report = judged(pdf.to_vec(), &context);
        assert_eq!(word(report.sub_indication), "NO_SIGNATURE", "{}", String::from_utf8_lossy(pdf));
    }
    // Only a document timestamp: nobody signed.
    let mut file = forge::pdf_file::File::letter(forge::pdf_file::Style::Table);
    forge::pdf_sign::timestamp(&mut file, kit.stamp.as_ref().unwrap(), "ZD");
    let report = judged(file.bytes, &context);
    assert_eq!(word(report.sub_indication), "NO_SIGNATURE", "{}", told(&report));
    assert_eq!(report.signatures.len(), 2);
}
