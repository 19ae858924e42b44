//! CAdES over the table of conformance scenarios: each defect alone, in every shape that can carry it, attached and detached.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::collections::BTreeMap;
use std::sync::Arc;

use forge::cades_kit::{Shape, Signing, sign};
use forge::scenario_kit::{Fault, Kit, build, second};
use forge::scenarios::{Defect, Expect, Profile, Rung, Scenario, several, table};
use jiff::SignedDuration;
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::report::{Indication, Role, SignatureReport, Verdict};
use kep_gateway::signature::{Context, Trust, verdict};

const CONTENT: &[u8] = b"<PaketOzeti>Sinama</PaketOzeti>";

/// What the verifier of `kits` knows.
fn context(kits: &[&Kit]) -> Context {
    let dir = tempfile::tempdir().unwrap();
    kits.iter().for_each(|kit| kit.lay_out(dir.path()));
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    Context::new(Arc::new(trust), kits[0].at, Limits::default())
}

fn judge(cms: &[u8], expected: Expected<'_>, context: &Context) -> Verdict {
    let subject = Subject {
        role: Role::Signature,
        covers: "test".into(),
        expected,
    };
    verdict(cades::judge(cms, &subject, context), &[], context)
}

fn words(verdict: &Verdict) -> (String, Option<String>) {
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
    let indication = word(serde_json::to_value(verdict.indication).unwrap()).unwrap();
    (indication, word(serde_json::to_value(verdict.sub_indication).unwrap()))
}

fn fits(verdict: &Verdict, expected: Expect) -> bool {
    let (indication, sub) = expected.words();
    words(verdict) == (indication.to_owned(), sub.map(str::to_owned))
}

fn told(reports: &[SignatureReport]) -> String {
    let mut lines = String::new();
    for report in reports {
        for reason in &report.reasons {
            lines += &format!("    {} {}\n", reason.code, reason.text.en);
        }
        for stamp in &report.timestamps {
            lines += &format!(
                "    stamp {} {:?} {} {:?}\n",
                stamp.r#type, stamp.time, stamp.indication, stamp.sub_indication
            );
        }
        lines += &told(&report.counter_signatures);
    }
    lines
}

/// Shapes that can carry the scenario; baseline has no references to spoil.
fn shapes(row: &Scenario, kit: &Kit) -> Vec<Shape> {
    let references = matches!(
        kit.fault,
        Some(Fault::NoReferences | Fault::EmptyReferences | Fault::OtherCertificateReferences | Fault::OtherRevocationReferences)
    );
    Shape::ALL
        .into_iter()
        .filter(|shape| shape.rung() == row.rung && !(references && shape.is_baseline()))
        .collect()
}

#[test]
fn every_scenario_in_every_shape_of_cades_gets_its_verdict() {
    let mut run: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (number, row) in table().into_iter().enumerate() {
        let kit = row.kit();
        let context = context(&[&kit]);
        for (turn, shape) in shapes(&row, &kit).into_iter().enumerate() {
            // Both where the content matters, by turns where it does not.
            let content_matters = matches!(row.defect, Defect::Sound | Defect::Content) || format!("{:?}", row.defect).contains("Archive");
            let ways = if content_matters {
                vec![true, false]
            } else {
                vec![(number + turn) % 2 == 0]
            };
            for attached in ways {
                let signing = Signing::new(kit.clone(), shape);
                let cms = sign(CONTENT, attached, &[signing]);
                let expected = if attached { Expected::Inside } else { Expected::Bytes(CONTENT) };
                let verdict = judge(&cms, expected, &context);
                *run.entry(format!("{shape:?}")).or_default() += 1;
                if !fits(&verdict, row.expected) {
                    wrong.push(format!(
                        "{} as {shape:?} ({}): {:?}, expected {:?}\n{}",
                        row.name,
                        if attached { "attached" } else { "detached" },
                        words(&verdict),
                        row.expected,
                        told(&verdict.signatures)
                    ));
                }
                if row.defect == Defect::Sound {
                    let level = verdict.signatures[0].level.as_deref();
                    if level != Some(shape.level(kit.policy.is_some())) {
                        wrong.push(format!("{} as {shape:?}: level {level:?}", row.name));
                    }
                }
            }
        }
    }
    println!("{run:?}, {} in all", run.values().sum::<usize>());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn of_several_signers_the_worst_is_the_verdict_in_parallel_and_in_series() {
    for pair in several() {
        let context = context(&[&pair.first, &pair.second]);
        let first = || Signing::new(pair.first.clone(), Shape::Xl);
        let second = || Signing::new(pair.second.clone(), Shape::Xl);
        let parallel = sign(CONTENT, true, &[first(), second()]);
        let serial = sign(CONTENT, true, &[first().countersigned_by(second())]);
        // Third and fourth above: sound ones, so that the one below is what counts.
        let above = || Signing::new(build(Defect::Sound, pair.first.rung, pair.first.profile), Shape::Xl);
        let deep = sign(
            CONTENT,
            true,
            &[first().countersigned_by(above().countersigned_by(second().countersigned_by(above())))],
        );
        for (how, cms) in [("parallel", parallel), ("serial", serial), ("three deep", deep)] {
            let verdict = judge(&cms, Expected::Inside, &context);
            assert!(
                fits(&verdict, pair.expected),
                "{} {how}: {:?}, expected {:?}\n{}",
                pair.name,
                words(&verdict),
                pair.expected,
                told(&verdict.signatures)
            );
        }
    }
}

#[test]
fn the_report_says_from_when_on_a_new_validation_can_be_final() {
    let end = forge::scenario_kit::stamped_at() + SignedDuration::from_hours(24);
    for row in table() {
        let waits = matches!(row.defect, Defect::WithinGrace | Defect::CrlOlderThanGrace);
        if !waits && row.defect != Defect::Sound {
            continue;
        }
        let kit = row.kit();
        let shape = shapes(&row, &kit)[0];
        let cms = sign(CONTENT, true, &[Signing::new(kit.clone(), shape)]);
        let verdict = judge(&cms, Expected::Inside, &context(&[&kit]));
        let report = &verdict.signatures[0];
        assert_eq!(report.retry_after, waits.then_some(end), "{}", row.name);
        let said = report.reasons.iter().find(|reason| reason.code == "KEP-3405");
        assert_eq!(said.is_some(), waits, "{}", row.name);
        assert!(said.is_none_or(|reason| reason.text.tr.contains("Ön doğrulama")), "{}", row.name);
    }
}

#[test]
fn an_archive_timestamp_proves_the_age_of_the_counter_signatures_below_it() {
    for shape in [Shape::A2, Shape::A3, Shape::A3v3] {
        for defect in [
            Defect::Sound,
            Defect::TsaEndedSince,
            Defect::TsaCompromisedLater,
            Defect::TsaWeakSince,
        ] {
            // The signer above has no archive timestamp of its own.
            let above = || second(defect, Rung::Lt, Profile::P4);
            let plain = Signing::new(build(Defect::Sound, Rung::Lt, Profile::P4), Shape::Xl);
            let archived = Signing::new(build(Defect::Sound, Rung::Lta, Profile::P4), shape);
            for (below, proven) in [(plain, false), (archived, true)] {
                let mut context = context(&[&below.kit, &above()]);
                context.at = above().at;
                let cms = sign(CONTENT, true, &[below.countersigned_by(Signing::new(above(), Shape::Xl))]);
                let verdict = judge(&cms, Expected::Inside, &context);
                let passed = verdict.indication == Indication::Passed;
                let wanted = proven || defect == Defect::Sound;
                assert_eq!(
                    passed,
                    wanted,
                    "{defect:?} below {shape:?}, archived {proven}\n{}",
                    told(&verdict.signatures)
                );
            }
        }
    }
}
