//! x509-limbo's own data, where they are, against our path validation and the table of `limbo_cases`: the same adapter, the same reasons.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
/// The scenarios are built by the other test; here their rows count.
#[allow(dead_code)]
#[path = "limbo_cases/mod.rs"]
mod limbo_cases;

use std::path::Path;

use forge::pki::{Certified, KeyKind, Profile, at, synthetic_id};
use limbo_cases::adapter::Testcase;
use limbo_cases::{Outcome, compare, table};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Limbo {
    version: u32,
    testcases: Vec<Testcase>,
}

fn run(limbo: Limbo) -> Outcome {
    assert_eq!(limbo.version, 1, "the format has another version");
    compare(&table(), limbo.testcases)
}

#[test]
fn every_limbo_case_is_judged_as_expected_or_the_difference_is_explained() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/x509-limbo/limbo.json");
    let Ok(bytes) = std::fs::read(&file) else {
        println!("skipped: {} is not there", file.display());
        return;
    };
    let outcome = run(serde_json::from_slice(&bytes).unwrap());
    outcome.print();
    assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
}

/// The suite's format, over cases of our own: what is read of it, and how the table's families count.
#[test]
fn the_suites_format_is_read_and_compared() {
    let root = Certified::self_signed(&Profile::root("Kök", "Örnek"), "kok");
    let other = Certified::self_signed(&Profile::root("Başka", "Örnek"), "baska");
    let issuer = root.issue(&Profile::sub_ca("Alt", "Örnek", None), "alt");
    let person = |profile: Profile| issuer.issue(&profile, "kisi");
    let plain = Profile::nes("Ayşe Örnek", &synthetic_id(1), KeyKind::P256);
    let good = person(plain.clone());
    let forged = person(Profile {
        forged: true,
        ..plain.clone()
    });
    let ended = person(Profile {
        not_after: at("2021-01-01T00:00:00Z"),
        ..plain
    });
    let case = |id: &str, peer: &Certified, root: &Certified, expected: &str| {
        json!({ "id": id, "features": [], "description": "", "validation_kind": "SERVER", "trusted_certs": [root.pem()],
            "untrusted_intermediates": [issuer.pem()], "peer_certificate": peer.pem(), "validation_time": "2026-11-22T00:00:00Z",
            "signature_algorithms": [], "key_usage": [], "extended_key_usage": [], "expected_result": expected, "expected_peer_names": [] })
    };
    let outcome = |cases: Vec<Value>| run(serde_json::from_value(json!({ "version": 1, "testcases": cases })).unwrap());
    let right = outcome(vec![
        case("good", &good, &root, "SUCCESS"),
        case("forged", &forged, &root, "FAILURE"),
        case("ended", &ended, &root, "FAILURE"),
        case("other-root", &good, &other, "FAILURE"),
    ]);
    assert_eq!((right.agreed, right.wrong.len()), (4, 0), "{right:?}");
    let planted = outcome(vec![
        case("good", &good, &root, "FAILURE"),
        case("ended", &ended, &root, "SUCCESS"),
        case("bettertls::nameconstraints::tc1", &good, &root, "FAILURE"),
        case("bettertls::pathbuilding::tc1", &ended, &root, "SUCCESS"),
        case("webpki::san::mismatch-domain-san", &good, &root, "FAILURE"),
    ]);
    assert_eq!(planted.agreed, 0);
    assert_eq!(planted.wrong.len(), 3, "{planted:?}");
    assert!(planted.wrong[0].contains("FALSE ACCEPT") && planted.wrong[1..].iter().all(|line| line.contains("false reject")));
    let explained: Vec<&String> = planted.explained.values().flatten().collect();
    assert_eq!(
        explained,
        ["bettertls::nameconstraints::tc1", "webpki::san::mismatch-domain-san"],
        "{planted:?}"
    );
}
