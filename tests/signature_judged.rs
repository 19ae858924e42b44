//! The verdicts of the product on what the forge makes: sound signatures pass, each defect alone does not, and says what it is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use forge::cases::Case;
use forge::world::World;
use jiff::Timestamp;
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::report::Role;
use kep_gateway::signature::{Context, FileReport, Trust, verdict, verify_file};

/// A day after the CRLs of the folder: fresh for a signer without a timestamp, past the grace period of the mail.
const AT: &str = "2026-11-19T06:00:00Z";

struct Bench {
    world: World,
    with_folder: Context,
    without_folder: Context,
    _dir: tempfile::TempDir,
}

fn bench(seed: u64) -> Bench {
    let world = World::new(seed);
    let dir = tempfile::tempdir().unwrap();
    world.trust_folder(&dir.path().join("trust"));
    world.intermediates(&dir.path().join("intermediates"));
    world.revocation(&dir.path().join("revocation"));
    let context = |revocation: Option<&Path>| {
        let trust = Trust::load(Some(&dir.path().join("trust")), Some(&dir.path().join("intermediates")), revocation).unwrap();
        assert!(trust.findings.is_empty(), "{:?}", trust.findings);
        Context::new(Arc::new(trust), AT.parse::<Timestamp>().unwrap(), Limits::default())
    };
    Bench {
        with_folder: context(Some(&dir.path().join("revocation"))),
        without_folder: context(None),
        world,
        _dir: dir,
    }
}

/// Judged as the signature of a person, as in a package.
fn as_person(cms: &[u8], context: &Context) -> FileReport {
    let subject = Subject {
        role: Role::Signature,
        covers: "x".into(),
        expected: Expected::Inside,
    };
    let all = verdict(cades::judge(cms, &subject, context), &[], context);
    FileReport {
        file: String::new(),
        kind: "cms".into(),
        indication: all.indication,
        sub_indication: all.sub_indication,
        validation_time: all.validation_time,
        anchors_sha256: all.anchors_sha256,
        sha256: kep_gateway::hash::Sha256::of(cms),
        signatures: all.signatures,
        findings: Vec::new(),
        objects: all.objects,
        wanted: all.wanted,
    }
}

fn words(report: &FileReport) -> (String, Option<String>) {
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
    let indication = word(serde_json::to_value(report.indication).unwrap()).unwrap();
    (indication, word(serde_json::to_value(report.sub_indication).unwrap()))
}

fn told(report: &FileReport) -> String {
    let reasons = report.signatures.iter().map(|signature| {
        let codes: Vec<String> = signature
            .reasons
            .iter()
            .map(|reason| format!("{} {}", reason.code, reason.text.en))
            .collect();
        format!(
            "  {:?} {:?} {:?}: {}",
            signature.role,
            signature.indication,
            signature.sub_indication,
            codes.join(" | ")
        )
    });
    let findings = report.findings.iter().map(|finding| {
        format!(
            "  finding {} {:?} {} {}",
            finding.rule, finding.severity, finding.place, finding.text.en
        )
    });
    reasons.chain(findings).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_case_of_the_forge_is_judged_as_the_trade_does() {
    let bench = bench(7);
    let mut wrong = Vec::new();
    for Case {
        name,
        cms,
        passes,
        verdict,
        folder,
    } in bench.world.cases()
    {
        let context = if folder { &bench.with_folder } else { &bench.without_folder };
        // P3 and P4 ask for X-L (BTK guide, 3): a C or X that claims P4 is sound in itself and breaks its profile.
        let passes = passes && !matches!(name.as_str(), "good-c" | "good-x");
        let report = as_person(&cms, context);
        let (indication, sub) = words(&report);
        let passed = indication == "TOTAL-PASSED";
        let as_said = verdict.is_none_or(|(wanted, why)| indication == wanted && sub.as_deref() == Some(why));
        if passed != passes || !as_said {
            wrong.push(format!(
                "{name}: {indication} {sub:?}, expected {} {verdict:?}\n{}",
                if passes { "a pass" } else { "no pass" },
                told(&report)
            ));
        }
        println!("{name}: {indication} {}", sub.unwrap_or_default());
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_kind_of_message_gets_its_verdict() {
    let bench = bench(11);
    let mut wrong = Vec::new();
    for sample in bench.world.mixed(48) {
        let report = verify_file(
            &Bytes::from(sample.raw.clone()),
            &format!("{}.eml", sample.name),
            None,
            &bench.with_folder,
        );
        let (indication, sub) = words(&report);
        let wanted = &sample.expect;
        let fits = wanted.indication.as_ref().is_none_or(|wanted| *wanted == indication);
        let sub_fits = wanted.sub_indication.as_ref().is_none_or(|wanted| Some(wanted) == sub.as_ref());
        if !fits || !sub_fits {
            wrong.push(format!(
                "{}: {indication} {sub:?}, expected {:?} {:?}\n{}",
                sample.name,
                wanted.indication,
                wanted.sub_indication,
                told(&report)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nothing_hostile_passes_and_nothing_panics() {
    let bench = bench(13);
    for hostile in forge::hostile::all(&bench.world) {
        let report = verify_file(&Bytes::from(hostile.raw.clone()), hostile.name, None, &bench.with_folder);
        let passed = words(&report).0 == "TOTAL-PASSED";
        assert!(!(passed && hostile.must_not_pass), "{} passed:\n{}", hostile.name, told(&report));
    }
}
