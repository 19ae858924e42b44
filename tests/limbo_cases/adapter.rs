//! A case in the format of the suite's `limbo.json`, judged by our path validation and, where it brings lists, by our revocation check.

use std::sync::Arc;

use base64::Engine;
use jiff::{SignedDuration, Timestamp};
use kep_gateway::signature::certificate::{self, Certificate};
use kep_gateway::signature::crypto::algorithms::Constraints;
use kep_gateway::signature::crypto::edges::Edges;
use kep_gateway::signature::path::policy::PolicyInput;
use kep_gateway::signature::path::{self, PathRules};
use kep_gateway::signature::revocation::{Checker, Freshness, Pool, Status};
use serde::Deserialize;

/// What we use of a case; the format has more.
#[derive(Deserialize)]
pub struct Testcase {
    pub id: String,
    pub trusted_certs: Vec<String>,
    pub untrusted_intermediates: Vec<String>,
    pub peer_certificate: String,
    #[serde(default)]
    pub validation_time: Option<Timestamp>,
    pub expected_result: Expected,
    #[serde(default)]
    pub crls: Vec<String>,
}

/// What the suite expects of a validator.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Expected {
    Success,
    Failure,
}

/// The instant of a case that names none: their certificates are valid for centuries, and no test may depend on the day on which it runs.
const SOME_DAY: &str = "2026-11-22T00:00:00Z";

fn certificate_of(pem: &str) -> Option<Arc<Certificate>> {
    certificate::read_bundle(pem.as_bytes()).ok()?.into_iter().next()
}

fn octets_of(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(body).unwrap_or_default()
}

/// What we say: success for a valid path to a trusted certificate, with everybody on it known good where the case has lists. The rules are
/// those by which signatures are judged, the algorithms by date among them.
pub fn judge(case: &Testcase) -> Expected {
    if accepts(case) { Expected::Success } else { Expected::Failure }
}

fn accepts(case: &Testcase) -> bool {
    let Some(leaf) = certificate_of(&case.peer_certificate) else {
        return false;
    };
    let all = |texts: &[String]| -> Vec<Arc<Certificate>> { texts.iter().filter_map(|text| certificate_of(text)).collect() };
    let (anchors, pool) = (all(&case.trusted_certs), all(&case.untrusted_intermediates));
    let rules = PathRules {
        at: case.validation_time.unwrap_or_else(|| SOME_DAY.parse().unwrap()),
        policy: PolicyInput::default(),
        positive_serials: true,
        algorithms: Constraints::ByDate,
    };
    let (edges, none, mut lists) = (Edges::default(), Pool::default(), Pool::default());
    case.crls.iter().for_each(|text| {
        lists.add_crl(&octets_of(text));
    });
    let freshness = Freshness {
        at: rules.at,
        strict: false,
        max_age: SignedDuration::from_hours(24),
        signer_not_before: None,
    };
    let checker = Checker::new((&none, &lists), &pool, &anchors, &rules, freshness, &edges);
    path::find(&leaf, &pool, &anchors, &rules, &edges)
        .iter()
        .any(|path| path.is_valid() && (case.crls.is_empty() || path.links().all(|link| checker.check(link, path).status == Status::Good)))
}
