//! NIST PKITS against our path validation and revocation, through the same functions that judge signatures.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use kep_gateway::signature::certificate::Certificate;
use kep_gateway::signature::crypto::algorithms::Constraints;
use kep_gateway::signature::crypto::edges::Edges;
use kep_gateway::signature::path::policy::PolicyInput;
use kep_gateway::signature::path::{self, PathRules};
use kep_gateway::signature::revocation::{Checker, Freshness, Pool, Status};

fn corpus() -> Option<PathBuf> {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/pkits");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

fn strings(value: &serde_json::Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

/// True when the case's certificate is accepted: a valid path with every certificate known good.
fn accepts(folder: &FilePath, case: &serde_json::Value) -> bool {
    let certificate = |name: &str| Certificate::parse(&std::fs::read(folder.join("certs").join(name)).unwrap());
    let (Ok(leaf), Ok(anchor)) = (
        certificate(case["cert"].as_str().unwrap()),
        certificate("TrustAnchorRootCertificate.crt"),
    ) else {
        return false;
    };
    let pool: Vec<Arc<Certificate>> = strings(&case["other_certs"])
        .iter()
        .filter_map(|name| certificate(name).ok())
        .collect();
    let mut crls = Pool::default();
    for name in strings(&case["crls"]).iter().map(String::as_str).chain(["TrustAnchorRootCRL.crl"]) {
        crls.add_crl(&std::fs::read(folder.join("crls").join(name)).unwrap());
    }
    let flag = |name: &str| case["params"][name].as_bool().unwrap_or(false);
    let acceptable = strings(&case["params"]["user_initial_policy_set"]);
    let rules = PathRules {
        at: "2020-01-01T00:00:00Z".parse::<Timestamp>().unwrap(),
        policy: PolicyInput {
            acceptable: (!acceptable.is_empty()).then(|| acceptable.iter().map(|id| id.parse().unwrap()).collect()),
            require_explicit: flag("initial_explicit_policy"),
            inhibit_mapping: flag("initial_policy_mapping_inhibit"),
            inhibit_any: flag("initial_any_policy_inhibit"),
        },
        positive_serials: false,
        algorithms: Constraints::None,
    };
    let anchors = [anchor];
    let edges = Edges::default();
    let freshness = Freshness {
        at: rules.at,
        strict: false,
        max_age: SignedDuration::from_hours(24 * 365 * 20),
        signer_not_before: None,
    };
    let none = Pool::default();
    let checker = Checker::new((&none, &crls), &pool, &anchors, &rules, freshness, &edges);
    path::find(&leaf, &pool, &anchors, &rules, &edges)
        .iter()
        .any(|path| path.is_valid() && path.links().all(|link| checker.check(link, path).status == Status::Good))
}

#[test]
fn every_pkits_case_is_judged_as_nist_says() {
    let Some(folder) = corpus() else { return };
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(folder.join("pkits.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let expected = case.get("error").is_none();
        let accepted = accepts(&folder, case);
        if accepted != expected {
            let kind = if accepted { "FALSE ACCEPT" } else { "false reject" };
            wrong.push(format!("{kind}: {} {}", case["id"], case["name"]));
        }
    }
    assert!(cases.len() >= 246);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
