//! What an anchor's own certificate says. RFC 5280 6.1 takes a name and a key for an anchor and leaves it to verifiers to limit further
//! what begins with one (6.2, RFC 5937): a root that bounds itself is taken at its word, since what it excludes it never vouched for.

use std::sync::Arc;

use der::asn1::ObjectIdentifier;

use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::usage;
use crate::signature::path::{Path, PathIssue, PathRules, check_dates, check_extensions};

/// A leaf that is itself on the allow-list: nothing above it to check, but its own dates and extensions count.
pub(super) fn pinned(leaf: &Arc<Certificate>, rules: &PathRules) -> Path {
    let mut issues = Vec::new();
    check_dates(leaf, true, rules, &mut issues);
    check_extensions(leaf, &mut issues);
    Path {
        anchor: leaf.clone(),
        certificates: Vec::new(),
        keys: Vec::new(),
        issues,
        excused: Vec::new(),
        policies: None,
    }
}

/// The extensions by which an anchor can bound what is below it. Of two readings of one of these nobody knows which it meant; what else is
/// malformed in it bounds nothing, and must not cost every signature of a provider.
const BOUNDING: [ObjectIdentifier; 5] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::NAME_CONSTRAINTS,
    oid::POLICY_CONSTRAINTS,
    oid::INHIBIT_ANY_POLICY,
];

/// What of an anchor's own certificate has two readings or cannot be processed: nothing below it can be valid.
pub fn faults(anchor: &Certificate) -> Vec<String> {
    let extensions = &anchor.extensions;
    let malformed = extensions.malformed.iter().filter(|id| BOUNDING.contains(id));
    let unsound = [
        (!anchor.algorithms_agree).then_some("signatureAlgorithm"),
        (!anchor.version_is_sound()).then_some("version"),
    ];
    let fields = unsound.into_iter().flatten().map(str::to_owned);
    fields
        .chain(extensions.unknown_critical.iter().chain(malformed).map(ToString::to_string))
        .collect()
}

/// An anchor with certificates below it: that it may issue at all is asked while paths are built. The names and the length that it
/// allows are counted with those of the certificates below.
pub(super) fn check(anchor: &Certificate, rules: &PathRules, issues: &mut Vec<PathIssue>) {
    if !anchor.valid_at(rules.at) {
        issues.push(PathIssue::IssuerOutsideValidity(anchor.subject.label()));
    }
    if !anchor.extensions.allows(usage::KEY_CERT_SIGN) {
        issues.push(PathIssue::KeyUsage(anchor.subject.label()));
    }
    let faults = faults(anchor);
    if !faults.is_empty() {
        issues.push(PathIssue::Anchor {
            who: anchor.subject.label(),
            what: faults.join(", "),
        });
    }
}

#[cfg(test)]
#[path = "anchor_tests.rs"]
mod anchor_tests;
