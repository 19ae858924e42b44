//! The verdict over all signatures and findings of one thing: the worst of them.

use crate::finding::{Finding, Severity};
use crate::signature::carrier::package::flatten;
use crate::signature::carrier::smime::UNSIGNED_MESSAGE;
use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::report::{Indication, Role, SignatureReport, SubIndication, Verdict};

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

/// A report that rests on reasons alone.
pub fn empty_report(role: Role, format: &str, covers: &str, reasons: Reasons) -> SignatureReport {
    let (indication, sub_indication) = reasons.outcome();
    SignatureReport {
        retry_after: reasons.retry_after(),
        role,
        format: format.to_owned(),
        level: None,
        profile: None,
        indication,
        sub_indication,
        reasons: reasons.into_list(),
        signer: None,
        claimed_signing_time: None,
        best_signature_time: None,
        covers: covers.to_owned(),
        timestamps: Vec::new(),
        revocation: Vec::new(),
        counter_signatures: Vec::new(),
    }
}

/// Adds reasons that only the place of a signature gives.
pub fn worsen(report: &mut SignatureReport, more: Reasons) {
    let (indication, sub_indication) = more.outcome();
    if indication > report.indication {
        report.reasons.retain(|reason| reason.code != cause::PASSED.code);
        (report.indication, report.sub_indication) = (indication, sub_indication);
    }
    report
        .reasons
        .extend(more.into_list().into_iter().filter(|reason| reason.code != cause::PASSED.code));
}
