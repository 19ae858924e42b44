//! XAdES as the forge writes it: every packaging, level and dialect passes and xmlsec1 agrees; every defect of the scenarios has its verdict.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "xades/bench.rs"]
mod bench;
mod forge;

use bench::{Judged, judge, judge_file, told, xmlsec1_accepts};
use forge::scenario_kit::{self, Fault};
use forge::scenarios::{self, Defect, Expect, PAIRS, Profile, Rung};
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
