//! PAdES over the table of conformance scenarios, in each way to write a PDF and to place the signature timestamp.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::sync::Arc;

use bytes::Bytes;
use forge::pdf_file::Style;
use forge::pdf_sign::{self, StampIn};
use forge::scenario_kit::Kit;
use forge::scenarios::{Defect, Profile, Rung, table};
use kep_gateway::limits::Limits;
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};

fn judged(kit: &Kit, pdf: Vec<u8>) -> FileReport {
    let dir = tempfile::tempdir().unwrap();
    kit.lay_out(dir.path());
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    let context = Context::new(Arc::new(trust), kit.at, Limits::default());
    verify_file(&Bytes::from(pdf), "x.pdf", None, &context)
}

fn words(report: &FileReport) -> (String, Option<String>) {
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
    let indication = word(serde_json::to_value(report.indication).unwrap()).unwrap();
    (indication, word(serde_json::to_value(report.sub_indication).unwrap()))
}

fn told(report: &FileReport) -> String {
    let signatures = report.signatures.iter().map(|signature| {
        let reasons: Vec<String> = signature
            .reasons
            .iter()
            .map(|reason| format!("{} {}", reason.code, reason.text.en))
            .collect();
        format!(
            "  {:?} {:?} {:?}: {}",
            signature.role,
            signature.level,
            signature.sub_indication,
            reasons.join(" | ")
        )
    });
    signatures.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_level_passes_in_every_style() {
    for (rung, profile) in forge::scenarios::PAIRS {
        for style in [Style::Table, Style::Stream, Style::Compressed] {
            for stamp in [StampIn::Cms, StampIn::Document] {
                let kit = forge::scenario_kit::build(Defect::Sound, rung, profile);
                let report = judged(&kit, pdf_sign::letter(&kit, style, stamp));
                assert_eq!(
                    words(&report),
                    ("TOTAL-PASSED".into(), None),
                    "{rung:?} {profile:?} {style:?} {stamp:?}\n{}",
                    told(&report)
                );
                let signature = &report.signatures[0];
                let level = match rung {
                    Rung::B => "B-B",
                    Rung::T => "B-T",
                    Rung::Lt => "B-LT",
                    Rung::Lta => "B-LTA",
                };
                assert_eq!(
                    (report.kind.as_str(), signature.format.as_str(), signature.level.as_deref()),
                    ("pdf", "PAdES", Some(level))
                );
                assert_eq!(signature.claimed_signing_time, kit.signing_time);
                assert_eq!(signature.best_signature_time, kit.stamp.as_ref().map(|stamp| stamp.at));
                assert_eq!(signature.profile.is_some(), profile != Profile::P1);
            }
        }
    }
}

/// What a PDF has no place for: references are CAdES' and XAdES' way to what the DSS holds itself.
fn has_no_place(defect: Defect) -> bool {
    matches!(
        defect,
        Defect::NoReferences | Defect::EmptyReferences | Defect::OtherCertificateReferences | Defect::OtherRevocationReferences
    )
}

#[test]
fn every_scenario_is_judged_as_the_trade_does() {
    let (mut wrong, mut run, mut left_out) = (Vec::new(), 0, 0);
    for scenario in table() {
        if has_no_place(scenario.defect) {
            println!("not run, a PDF has no place for it: {}", scenario.name);
            left_out += 1;
            continue;
        }
        let kit = scenario.kit();
        // Without a timestamp the two are one.
        let places = if kit.stamp.is_some() {
            &[StampIn::Cms, StampIn::Document][..]
        } else {
            &[StampIn::Cms]
        };
        for stamp in places {
            run += 1;
            let report = judged(&kit, pdf_sign::letter(&kit, Style::Table, *stamp));
            let expected = scenario.expected.words();
            let (indication, sub) = words(&report);
            if (indication.as_str(), sub.as_deref()) != expected {
                wrong.push(format!(
                    "{} ({stamp:?}): {indication} {sub:?}, expected {expected:?}\n{}",
                    scenario.name,
                    told(&report)
                ));
            }
        }
    }
    println!("{run} run, {left_out} not");
    assert!(wrong.is_empty(), "{} of {run} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
