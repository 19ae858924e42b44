//! What must stand out in the register: the stable words that filters, alarms and routing rules go by.

use std::collections::BTreeSet;

use super::draft::PackageInput;
use super::entry::{EvidenceRecord, flag};
use crate::envelope::PackageKind;
use crate::finding::{Finding, Severity};
use crate::message::{Message, MessageKind};
use crate::signature::report::{Indication, SignatureReport, SubIndication, Verdict};

/// How the evidence stage says that no link rule fitted.
pub const ORPHAN: &str = "orphan";

/// The flags of an entry, before routing.
pub(super) fn flags(
    message: &Message,
    package: Option<&PackageInput<'_>>,
    verdict: Option<&Verdict>,
    evidence: &[EvidenceRecord],
) -> BTreeSet<String> {
    let kind = message.kind;
    let package_findings = package.map(|package| package.findings).unwrap_or_default();
    let is_eyps = package.is_some_and(|package| package.kind == Some(PackageKind::Eyps));
    let is_opened = package.is_some_and(|package| package.decrypted);
    let is_encrypted = kind == MessageKind::Encrypted || (is_eyps && !is_opened);
    let is_evidence = kind == MessageKind::Evidence;
    [
        (
            flag::INVALID_SIGNATURE,
            verdict.is_some_and(is_invalid) || package_findings.iter().any(breaks_a_signature),
        ),
        (
            flag::UNVERIFIED,
            verdict.is_none_or(|verdict| verdict.indication == Indication::Indeterminate),
        ),
        (flag::UNSIGNED, verdict.is_some_and(|verdict| verdict.signatures.is_empty())),
        (flag::ENCRYPTED, is_encrypted),
        (flag::DECRYPTED, !is_encrypted && (is_opened || message.decrypted)),
        (flag::MALFORMED_PACKAGE, package.is_some_and(is_malformed)),
        (flag::UNCLASSIFIED, kind == MessageKind::Unclassified),
        (flag::E_TEBLIGAT, kind == MessageKind::ETebligat),
        (flag::ADDRESS_VERIFICATION, kind == MessageKind::AddressVerification),
        (flag::ORPHAN_EVIDENCE, is_evidence && evidence.iter().any(is_orphan)),
        (flag::NEGATIVE_EVIDENCE, evidence.iter().any(is_negative)),
    ]
    .into_iter()
    .filter(|(_, holds)| *holds)
    .map(|(word, _)| word.to_owned())
    .collect()
}

/// Evidence that fits no message we know.
pub fn is_orphan(record: &EvidenceRecord) -> bool {
    record.linked_by.is_empty() || record.linked_by == ORPHAN
}

/// Evidence of a message that did not arrive (DelilTurID 11, 21, 31, 41 and their relatives).
pub fn is_negative(record: &EvidenceRecord) -> bool {
    let event = record.event.as_deref().unwrap_or_default().to_ascii_lowercase();
    match record.kind.as_str() {
        "relay_failure" => true,
        // The time for reading ran out: the message did arrive and counts as read.
        "retrieval" | "download" => false,
        _ => matches!(event.as_str(), "rejection" | "deliveryexpiration" | "nondelivery" | "failure"),
    }
}

fn is_invalid(verdict: &Verdict) -> bool {
    let by_sub_indication = matches!(
        verdict.sub_indication,
        Some(SubIndication::HashFailure | SubIndication::SigCryptoFailure)
    );
    verdict.indication == Indication::Failed && (by_sub_indication || verdict.signatures.iter().any(has_failed))
}

fn has_failed(report: &SignatureReport) -> bool {
    report.indication == Indication::Failed || report.counter_signatures.iter().any(has_failed)
}

/// The digest (`H`) and signature (`G`) rules of packages: when one is broken, no signature vouches for what the package shows.
fn breaks_a_signature(finding: &Finding) -> bool {
    finding.severity >= Severity::Error && is_rule_of(finding, ['H', 'G'])
}

fn is_malformed(package: &PackageInput<'_>) -> bool {
    let breaks_the_package = |finding: &Finding| finding.severity >= Severity::Error && !is_rule_of(finding, ['G', 'G']);
    package.document.is_none() || package.findings.iter().any(breaks_the_package)
}

fn is_rule_of(finding: &Finding, classes: [char; 2]) -> bool {
    let mut letters = finding.rule.chars();
    letters.next().is_some_and(|class| classes.contains(&class)) && letters.next().is_some_and(|digit| digit.is_ascii_digit())
}
