//! The verdict over all signatures and findings of one thing: the worst of them.

use crate::finding::{Finding, Severity};
use crate::message::codes;
use crate::signature::carrier::package::flatten;
use crate::signature::carrier::smime::UNSIGNED_MESSAGE;
use crate::signature::carrier::unsigned::TWO_READINGS;
use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::report::{Indication, Role, SignatureReport, SubIndication, TimestampReport, Verdict};
use crate::signature::validation::Basis;
use crate::signature::wording;
use crate::text::Lang;

/// The worst indication over `signatures`, their counter-signatures and the error findings; `INDETERMINATE / NO_SIGNATURE` without any.
pub fn verdict(mut signatures: Vec<SignatureReport>, findings: &[Finding], context: &Context) -> Verdict {
    signatures.iter_mut().for_each(|report| settle(report, context));
    let all = flatten(&signatures);
    // A signature's own sub-indication says more than the rule that repeats it, so signatures come first among equals.
    let mut effects: Vec<(Indication, Option<SubIndication>)> =
        all.iter().map(|report| (report.indication, report.sub_indication)).collect();
    // Whether what was not read bears a signature, nobody knows.
    let unread = findings.iter().any(|finding| codes::is_limit(&finding.rule));
    if effects.is_empty() && !unread {
        effects.push((Indication::Indeterminate, Some(SubIndication::NoSignature)));
    }
    let errors = findings.iter().filter(|finding| finding.severity >= Severity::Error);
    effects.extend(errors.map(|finding| effect_of(&finding.rule)));
    let unsigned = findings.iter().any(|finding| finding.rule == UNSIGNED_MESSAGE);
    effects.extend(unsigned.then_some((Indication::Indeterminate, Some(SubIndication::NoSignature))));
    let ambiguous = findings.iter().any(|finding| finding.rule == TWO_READINGS);
    effects.extend(ambiguous.then_some((Indication::Indeterminate, Some(SubIndication::SigConstraintsFailure))));
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
        objects: context.trail.objects(),
        wanted: if worst == Indication::Indeterminate {
            context.trail.want_reports()
        } else {
            Vec::new()
        },
    }
}

/// The last word on one signature: what the judgement rested on, and no pass while a step was not made. Whatever way a report comes from,
/// it goes through here before anybody sees it.
pub fn settle(report: &mut SignatureReport, context: &Context) {
    let by_stamp = |stamp: &TimestampReport| stamp.indication == "PASSED" && stamp.time == report.best_signature_time;
    let facts = &mut report.validation.facts;
    facts.judged_at = Some(report.best_signature_time.unwrap_or(context.at));
    facts.basis = Some(match report.best_signature_time {
        None => Basis::ValidationTime,
        Some(_) if report.timestamps.iter().any(by_stamp) => Basis::Timestamp,
        Some(_) => Basis::Reception,
    });
    facts.algorithms = Some(context.algorithms);
    facts.revocation_age = Some(context.max_revocation_age.as_secs());
    let not_made = report.validation.not_made();
    if report.indication == Indication::Passed && !not_made.is_empty() {
        let names = |lang| {
            not_made
                .iter()
                .map(|check| wording::check(*check, lang))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut open = Reasons::default();
        open.add_in_two(cause::CHECK_NOT_MADE, &names(Lang::Tr), &names(Lang::En));
        worsen(report, open);
    }
    report.counter_signatures.iter_mut().for_each(|inner| settle(inner, context));
}

/// What an error finding means in the words of EN 319 102-1.
fn effect_of(rule: &str) -> (Indication, Option<SubIndication>) {
    let failed = match rule {
        // What was not read is unknown, not invalid.
        rule if codes::is_limit(rule) => return (Indication::Indeterminate, Some(SubIndication::SignedDataNotFound)),
        "G6" => SubIndication::ChainConstraintsFailure,
        "G7" => SubIndication::SigConstraintsFailure,
        rule if rule.starts_with('H') => SubIndication::HashFailure,
        _ => SubIndication::FormatFailure,
    };
    (Indication::Failed, Some(failed))
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
        validation: reasons.validation(),
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
    more.record.blamed().for_each(|(check, how)| report.validation.blame(check, how));
    if indication > report.indication {
        report.reasons.retain(|reason| reason.code != cause::PASSED.code);
        (report.indication, report.sub_indication) = (indication, sub_indication);
    }
    report
        .reasons
        .extend(more.into_list().into_iter().filter(|reason| reason.code != cause::PASSED.code));
}
