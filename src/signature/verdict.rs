//! The verdict over all signatures and findings of one thing: the worst of them.

use super::context::Context;
use super::package::flatten;
use super::report::{Indication, SignatureReport, SubIndication, Verdict};
use super::smime::UNSIGNED_MESSAGE;
use crate::finding::{Finding, Severity};

/// The worst indication over `signatures`, their counter-signatures and the error findings; `INDETERMINATE / NO_SIGNATURE` without any.
pub fn verdict(signatures: Vec<SignatureReport>, findings: &[Finding], context: &Context) -> Verdict {
    let all = flatten(&signatures);
    // A signature's own sub-indication says more than the rule that repeats it, so signatures come first among equals.
    let mut effects: Vec<(Indication, Option<SubIndication>)> =
        all.iter().map(|report| (report.indication, report.sub_indication)).collect();
    if effects.is_empty() {
        effects.push((Indication::Indeterminate, Some(SubIndication::NoSignature)));
    }
    let errors = findings.iter().filter(|finding| finding.severity >= Severity::Error);
    effects.extend(errors.map(|finding| (Indication::Failed, Some(effect_of(&finding.rule)))));
    let unsigned = findings.iter().any(|finding| finding.rule == UNSIGNED_MESSAGE);
    effects.extend(unsigned.then_some((Indication::Indeterminate, Some(SubIndication::NoSignature))));
    let worst = effects
        .iter()
        .map(|(indication, _)| *indication)
        .max()
        .unwrap_or(Indication::Indeterminate);
    let sub_indication = effects
        .iter()
        .find(|(indication, _)| *indication == worst)
        .and_then(|(_, sub)| *sub);
    Verdict {
        indication: worst,
        sub_indication,
        signatures,
        validation_time: context.at,
        anchors_sha256: context.trust.anchors_sha256(),
    }
}

/// What an error finding means in the words of EN 319 102-1.
fn effect_of(rule: &str) -> SubIndication {
    match rule {
        "G6" => SubIndication::ChainConstraintsFailure,
        "G7" => SubIndication::SigConstraintsFailure,
        rule if rule.starts_with('H') => SubIndication::HashFailure,
        _ => SubIndication::FormatFailure,
    }
}
