//! What an anchor's own certificate says. RFC 5280 6.1 takes a name and a key for an anchor and leaves it to verifiers to limit further
//! what begins with one (6.2, RFC 5937): a root that bounds itself is taken at its word, since what it excludes it never vouched for.

use std::sync::Arc;

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

/// An anchor with certificates below it: that it may issue at all is asked while paths are built. The names and the length that it
/// allows are counted with those of the certificates below.
pub(super) fn check(anchor: &Certificate, rules: &PathRules, issues: &mut Vec<PathIssue>) {
    if !anchor.valid_at(rules.at) {
        issues.push(PathIssue::IssuerOutsideValidity(anchor.subject.label()));
    }
    if !anchor.algorithms_agree {
        issues.push(PathIssue::Malformed("signatureAlgorithm".into()));
    }
    if !anchor.extensions.allows(usage::KEY_CERT_SIGN) {
        issues.push(PathIssue::KeyUsage(anchor.subject.label()));
    }
    check_extensions(anchor, issues);
}

#[cfg(test)]
#[path = "anchor_tests.rs"]
mod anchor_tests;
