//! x509-limbo's cases, in the format of its `limbo.json`, against our path validation. The suite is made for web servers: where its
//! expectation rests on something that is no rule of signatures, the table below says so; every other difference fails the test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use forge::pki::{Certified, Profile, at};
use jiff::{SignedDuration, Timestamp};
use kep_gateway::signature::certificate::{self, Certificate};
use kep_gateway::signature::crypto::algorithms::Constraints;
use kep_gateway::signature::crypto::edges::Edges;
use kep_gateway::signature::path::policy::PolicyInput;
use kep_gateway::signature::path::{self, PathRules};
use kep_gateway::signature::revocation::{Checker, Freshness, Pool, Status};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Limbo {
    version: u32,
    testcases: Vec<Testcase>,
}

/// What we use of a case; the format has more.
#[derive(Deserialize)]
struct Testcase {
    id: String,
    #[serde(default)]
    features: Vec<String>,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    #[serde(default)]
    validation_time: Option<Timestamp>,
    expected_result: String,
    #[serde(default)]
    expected_peer_name: Option<Value>,
    #[serde(default)]
    crls: Vec<String>,
}

/// Why an expectation is not ours: what of the case says so, in which direction we may differ, and the reason.
struct Exemption {
    /// A feature tag, or the beginning of a case's id.
    tag: &'static str,
    /// We accept what the suite refuses; else we refuse what it accepts.
    accepts: bool,
    reason: &'static str,
}

const EXEMPTIONS: [Exemption; 8] = [
    Exemption {
        tag: "webpki::",
        accepts: true,
        reason: "rules of the CA/Browser Forum on server certificates (host names, serverAuth, key sizes): signers have none of them",
    },
    Exemption {
        tag: "bettertls::",
        accepts: true,
        reason: "the leaf must also bear the server's host name and serverAuth",
    },
    Exemption {
        tag: "pedantic-webpki-subscriber-key",
        accepts: true,
        reason: "key sizes by date are judged by the algorithm table, which is off here",
    },
    Exemption {
        tag: "pedantic-webpki-eku",
        accepts: true,
        reason: "extended key usages of web servers",
    },
    Exemption {
        tag: "pedantic-public-suffix-wildcard",
        accepts: true,
        reason: "wildcards of host names",
    },
    Exemption {
        tag: "max-chain-depth",
        accepts: true,
        reason: "the depth that the caller asks for is a parameter that we do not have; ours is fixed",
    },
    Exemption {
        tag: "denial-of-service",
        accepts: false,
        reason: "path building is bounded more tightly here",
    },
    Exemption {
        tag: "pedantic-rfc5280",
        accepts: true,
        reason: "what issuers must write and verifiers need not refuse; real providers deviate, and a genuine signature must pass",
    },
];

fn pem(text: &str) -> Option<Arc<Certificate>> {
    certificate::read_bundle(text.as_bytes()).ok()?.into_iter().next()
}

fn crl(text: &str) -> Vec<u8> {
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(body).unwrap_or_default()
}

/// True when we find a valid path to a trusted certificate; where the case has CRLs, with everybody on it known good.
fn accepts(case: &Testcase) -> bool {
    let Some(leaf) = pem(&case.peer_certificate) else { return false };
    let anchors: Vec<_> = case.trusted_certs.iter().filter_map(|text| pem(text)).collect();
    let pool: Vec<_> = case.untrusted_intermediates.iter().filter_map(|text| pem(text)).collect();
    let rules = PathRules {
        at: case.validation_time.unwrap_or_else(Timestamp::now),
        policy: PolicyInput::default(),
        positive_serials: true,
        // The suite names its own; ages of algorithms are tested elsewhere.
        algorithms: Constraints::None,
    };
    let (edges, none, mut crls) = (Edges::default(), Pool::default(), Pool::default());
    case.crls.iter().for_each(|text| {
        crls.add_crl(&crl(text));
    });
    let freshness = Freshness {
        at: rules.at,
        strict: false,
        max_age: SignedDuration::from_hours(24),
        signer_not_before: None,
    };
    let checker = Checker::new((&none, &crls), &pool, &anchors, &rules, freshness, &edges);
    path::find(&leaf, &pool, &anchors, &rules, &edges)
        .iter()
        .any(|path| path.is_valid() && (case.crls.is_empty() || path.links().all(|link| checker.check(link, path).status == Status::Good)))
}

/// What a run gave.
#[derive(Debug, Default)]
struct Outcome {
    agreed: usize,
    /// Differences that the table explains, by its tag.
    explained: BTreeMap<&'static str, Vec<String>>,
    unexplained: Vec<String>,
}

fn run(limbo: &Limbo) -> Outcome {
    assert_eq!(limbo.version, 1, "the format has another version");
    let mut outcome = Outcome::default();
    for case in &limbo.testcases {
        let accepted = accepts(case);
        if accepted == (case.expected_result == "SUCCESS") {
            outcome.agreed += 1;
            continue;
        }
        let names_a_peer = case.expected_peer_name.as_ref().is_some_and(|name| !name.is_null());
        let fits = |one: &&Exemption| {
            let tagged = case.id.starts_with(one.tag) || case.features.iter().any(|feature| feature == one.tag);
            one.accepts == accepted && tagged
        };
        match EXEMPTIONS.iter().find(fits) {
            Some(one) => outcome.explained.entry(one.tag).or_default().push(case.id.clone()),
            None => outcome.unexplained.push(format!(
                "{}: {} ({}{})",
                case.id,
                if accepted { "FALSE ACCEPT" } else { "false reject" },
                case.features.join(" "),
                if names_a_peer { ", expects a peer name" } else { "" }
            )),
        }
    }
    outcome
}

#[test]
fn every_limbo_case_is_judged_as_expected_or_the_difference_is_explained() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/x509-limbo/limbo.json");
    let Ok(bytes) = std::fs::read(&file) else {
        println!("skipped: {} is not there", file.display());
        return;
    };
    let outcome = run(&serde_json::from_slice(&bytes).unwrap());
    println!("{} agree", outcome.agreed);
    for one in &EXEMPTIONS {
        if let Some(cases) = outcome.explained.get(one.tag) {
            println!("{}: {} differ: {}\n    {}", one.tag, cases.len(), one.reason, cases.join(" "));
        }
    }
    assert!(outcome.unexplained.is_empty(), "unexplained:\n{}", outcome.unexplained.join("\n"));
}

/// The runner itself, over cases of our own in the same format: it sees agreement, a planted difference, and uses the table one way only.
#[test]
fn the_runner_tells_right_from_wrong() {
    let root = Certified::self_signed(&Profile::root("Kök", "Örnek"), "kok");
    let other = Certified::self_signed(&Profile::root("Başka", "Örnek"), "baska");
    let issuer = root.issue(&Profile::sub_ca("Alt", "Örnek", None), "alt");
    let person = |profile: Profile| issuer.issue(&profile, "kisi");
    let plain = Profile::nes("Ayşe Örnek", &forge::pki::synthetic_id(1), forge::pki::KeyKind::P256);
    let good = person(plain.clone());
    let forged = person(Profile {
        forged: true,
        ..plain.clone()
    });
    let ended = person(Profile {
        not_after: at("2021-01-01T00:00:00Z"),
        ..plain
    });
    let case = |id: &str, peer: &Certified, root: &Certified, expected: &str, features: &[&str]| {
        json!({ "id": id, "features": features, "description": "", "validation_kind": "SERVER", "trusted_certs": [root.pem()],
            "untrusted_intermediates": [issuer.pem()], "peer_certificate": peer.pem(), "validation_time": "2026-11-22T00:00:00Z",
            "signature_algorithms": [], "key_usage": [], "extended_key_usage": [], "expected_result": expected, "expected_peer_names": [] })
    };
    let outcome = |cases: Vec<Value>| run(&serde_json::from_value(json!({ "version": 1, "testcases": cases })).unwrap());
    let right = outcome(vec![
        case("good", &good, &root, "SUCCESS", &[]),
        case("forged", &forged, &root, "FAILURE", &[]),
        case("ended", &ended, &root, "FAILURE", &[]),
        case("other-root", &good, &other, "FAILURE", &[]),
    ]);
    assert_eq!((right.agreed, right.unexplained.len()), (4, 0), "{right:?}");
    let planted = outcome(vec![
        case("good", &good, &root, "FAILURE", &[]),
        case("ended", &ended, &root, "SUCCESS", &["pedantic-webpki-eku"]),
        case("webpki::eku", &good, &root, "FAILURE", &["pedantic-webpki-eku"]),
    ]);
    assert_eq!(planted.agreed, 0);
    assert_eq!(planted.unexplained.len(), 2, "{planted:?}");
    assert!(planted.unexplained[0].contains("FALSE ACCEPT") && planted.unexplained[1].contains("false reject"));
    assert_eq!(planted.explained["webpki::"], ["webpki::eku"]);
}
