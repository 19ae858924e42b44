//! XAdES as the forge writes it: every packaging, level and dialect passes and xmlsec1 agrees; every defect of the scenarios has its verdict.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "xades/bench.rs"]
mod bench;
mod forge;

use bench::{Judged, judge, told, xmlsec1_accepts};
use forge::scenario_kit;
use forge::scenarios::{self, Defect, Profile, Rung};
use forge::xades::{self, Archive, EXCLUSIVE, INCLUSIVE, INCLUSIVE_11, Packaging, Shape, Stop};

fn assert_passes(judged: &Judged, what: &str) {
    assert_eq!(
        judged.words(),
        ("TOTAL-PASSED".to_string(), None),
        "{what}\n{}",
        told(&judged.report)
    );
}

#[test]
fn every_packaging_and_level_passes_and_xmlsec1_agrees() {
    for packaging in Packaging::ALL {
        for (rung, profile) in [
            (Rung::B, Profile::P1),
            (Rung::T, Profile::P2),
            (Rung::Lt, Profile::P4),
            (Rung::Lta, Profile::P1),
        ] {
            for canonical in [EXCLUSIVE, INCLUSIVE, INCLUSIVE_11] {
                let kit = scenario_kit::build(Defect::Sound, rung, profile);
                let shape = Shape {
                    canonical,
                    ..Shape::of(&kit, packaging)
                };
                let file = xades::build(&kit, shape);
                let what = format!("{packaging:?} {rung:?} {profile:?} {canonical}");
                assert!(xmlsec1_accepts(&file, &kit, "imza-1"), "xmlsec1 refuses {what}\n{}", file.text());
                assert_passes(&judge(&kit, &file), &what);
            }
        }
    }
}

#[test]
fn what_writers_do_differently_passes_too() {
    let lta = scenario_kit::build(Defect::Sound, Rung::Lta, Profile::P1);
    let plain = |packaging| Shape::of(&lta, packaging);
    let mut shapes = Vec::new();
    for packaging in [Packaging::Enveloped, Packaging::Enveloping, Packaging::Beside] {
        for archive in [Archive::V132, Archive::V141, Archive::V141EveryObject] {
            for baseline in [true, false] {
                shapes.push(Shape {
                    archive,
                    baseline,
                    ..plain(packaging)
                });
            }
        }
        shapes.push(Shape {
            bare_stamps: true,
            ..plain(packaging)
        });
    }
    for shape in shapes {
        let judged = judge(&lta, &xades::build(&lta, shape));
        assert_passes(&judged, &format!("{shape:?}"));
        assert_eq!(
            judged.report.signatures[0].level.as_deref(),
            Some(if shape.baseline { "B-LTA" } else { "A" })
        );
    }
    let turkish = Shape {
        turkish_type: true,
        ..plain(Packaging::Enveloped)
    };
    let judged = judge(&lta, &xades::build(&lta, turkish));
    assert_passes(&judged, "the Turkish type");
    assert!(judged.has("KEP-3714"), "{}", told(&judged.report));
}

#[test]
fn levels_are_named_by_what_is_there() {
    let levels = [
        (Rung::B, Profile::P1, None, true, "B-B"),
        (Rung::B, Profile::P1, None, false, "BES"),
        (Rung::T, Profile::P1, None, true, "B-T"),
        (Rung::T, Profile::P2, None, false, "T"),
        (Rung::Lt, Profile::P1, Some(Stop::C), false, "C"),
        (Rung::Lt, Profile::P1, Some(Stop::X1), false, "X"),
        (Rung::Lt, Profile::P1, Some(Stop::X2), false, "X"),
        (Rung::Lt, Profile::P4, None, false, "X-L"),
        (Rung::Lt, Profile::P1, None, true, "B-LT"),
        (Rung::Lta, Profile::P4, None, false, "A"),
        (Rung::Lta, Profile::P1, None, true, "B-LTA"),
    ];
    for (rung, profile, stop, baseline, name) in levels {
        let mut kit = scenario_kit::build(Defect::Sound, rung, profile);
        let shape = Shape {
            baseline,
            stop,
            ..Shape::of(&kit, Packaging::Enveloped)
        };
        let file = xades::build(&kit, shape);
        // Below X-L the validation data lie beside the signature.
        kit.rung = if stop.is_some() { Rung::T } else { rung };
        let judged = judge(&kit, &file);
        assert_passes(&judged, name);
        assert_eq!(judged.report.signatures[0].level.as_deref(), Some(name));
        assert_eq!(judged.report.signatures[0].profile.is_some(), profile != Profile::P1);
    }
}

/// TS 101 903 7.2.2 lets SigningCertificate name the whole path, and nothing orders the certificates in KeyInfo (XML-DSig 4.5.4).
#[test]
fn the_signer_is_found_among_its_issuers() {
    for (rung, profile) in [(Rung::T, Profile::P2), (Rung::Lt, Profile::P4)] {
        let kit = scenario_kit::build(Defect::Sound, rung, profile);
        let shape = Shape {
            twist: xades::Twist::PathNamed,
            ..Shape::of(&kit, Packaging::Enveloped)
        };
        let judged = judge(&kit, &xades::build(&kit, shape));
        assert_passes(&judged, "the path is named, the signer last");
        let signer = judged.report.signatures[0].signer.as_ref().unwrap();
        assert_eq!(signer.common_name.as_deref(), Some("SINAMA KİŞİSİ 1"));
    }
}

/// The packaging changes with the row, so that the table is walked in all of them without being walked seven times.
#[test]
fn every_scenario_has_its_verdict() {
    let mut wrong = Vec::new();
    let table = scenarios::table();
    for (number, scenario) in table.iter().enumerate() {
        let kit = scenario.kit();
        let packaging = Packaging::ALL[number % Packaging::ALL.len()];
        let file = xades::build(&kit, Shape::of(&kit, packaging));
        let judged = judge(&kit, &file);
        let (indication, sub) = judged.words();
        if (indication.as_str(), sub.as_deref()) != scenario.expected.words() {
            wrong.push(format!(
                "{} {packaging:?}: {indication} {sub:?}, expected {:?}\n{}",
                scenario.name,
                scenario.expected,
                told(&judged.report)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn of_several_signers_every_one_counts() {
    let mut wrong = Vec::new();
    for several in scenarios::several() {
        let serial = xades::build_with(
            &several.first,
            Shape::of(&several.first, Packaging::Enveloped),
            Some(&several.second),
        );
        for (how, file) in [("parallel", xades::parallel(&several.first, &several.second)), ("serial", serial)] {
            let judged = judge(&several.first, &file);
            let (indication, sub) = judged.words();
            if (indication.as_str(), sub.as_deref()) != several.expected.words() {
                wrong.push(format!("{} {how}: {indication} {sub:?}\n{}", several.name, told(&judged.report)));
            }
            let signers = judged.report.signatures.len()
                + judged
                    .report
                    .signatures
                    .iter()
                    .map(|one| one.counter_signatures.len())
                    .sum::<usize>();
            assert_eq!(signers, 2, "{} {how}", several.name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn xmlsec1_refuses_what_is_broken_in_the_core() {
    for packaging in Packaging::ALL {
        for defect in [Defect::Content, Defect::SignatureValue] {
            let kit = scenario_kit::build(defect, Rung::Lt, Profile::P4);
            let file = xades::build(&kit, Shape::of(&kit, packaging));
            assert!(!xmlsec1_accepts(&file, &kit, "imza-1"), "{packaging:?} {defect:?}");
            assert!(!judge(&kit, &file).passed(), "{packaging:?} {defect:?}");
        }
    }
}
