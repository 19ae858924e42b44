//! Depth one: what it is, and what to do now.

use super::{Depth, Told, either, indication, local_time, role, stable};
use crate::finding::{Finding, Severity};
use crate::signature::carrier::package::flatten;
use crate::signature::carrier::unsigned;
use crate::signature::cause;
use crate::signature::report::{Indication, Reason, Role, SignatureReport};
use crate::text::Lang;

/// The sentence over a whole file or register entry.
pub fn file_sentence(told: &Told<'_>, lang: Lang) -> String {
    let all = flatten(told.signatures);
    let head = format!("{}{}", indication(told.indication, lang), sub(told.sub_indication.map(stable)));
    if told.indication == Indication::Passed {
        let unsigned = unsigned_names(told, lang);
        let said = match (lang, unsigned.as_str()) {
            (Lang::Tr, "") => format!("{head}: bütün imzalar geçerli ({}).", all.len()),
            (Lang::En, "") => format!("{head}: every signature is valid ({}).", all.len()),
            (Lang::Tr, names) => format!("{head}: bütün imzalar geçerli ({}), ama şunları kapsamıyor: {names}.", all.len()),
            (Lang::En, names) => format!("{head}: every signature is valid ({}), but none covers: {names}.", all.len()),
        };
        let mut uncovered = told.findings.iter().filter(|finding| unsigned::names_unsigned(finding));
        return match uncovered.all(unsigned::is_usual) {
            true => format!("{said} {}", either(("Yapılacak bir şey yok.", "There is nothing to do."), lang)),
            false => said,
        };
    }
    let of_signature = all
        .iter()
        .filter(|report| report.indication == told.indication)
        .find_map(|report| deciding(report))
        .map(|reason| reason.text.get(lang));
    let of_finding = told
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Error)
        .map(|finding| finding.text.get(lang))
        .next();
    let remark = || {
        told.findings
            .iter()
            .max_by_key(|finding| finding.severity)
            .map(|finding| finding.text.get(lang))
    };
    let why = of_signature.or(of_finding).or_else(remark);
    format!("{head}{}: {}", count(&all, lang), why.unwrap_or(either(SEE_BELOW, lang)))
}

/// What stands outside of every signature, by name. A register entry has no finding for what every mail has; a signature of the mail itself says
/// that it is one, so that the same mail is told in the same words wherever it is judged.
fn unsigned_names(told: &Told<'_>, lang: Lang) -> String {
    let mut names: Vec<&str> = Vec::new();
    for finding in told.findings.iter().filter(|finding| unsigned::names_unsigned(finding)) {
        let name = either(unsigned::name_of(finding), lang);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let is_mail = told
        .signatures
        .iter()
        .any(|report| matches!(report.role, Role::Sender | Role::Provider));
    let headers = either(unsigned::HEADERS, lang);
    if is_mail && !names.contains(&headers) {
        names.push(headers);
    }
    let more = names.len().saturating_sub(NAMES);
    let shown = names.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown}, … (+{more})") }
}

/// Names in a sentence; the findings below it have them all.
const NAMES: usize = 5;

const SEE_BELOW: (&str, &str) = ("ayrıntılar aşağıda.", "see the details below.");

/// How many of the signatures are what, when there are several.
fn count(all: &[&SignatureReport], lang: Lang) -> String {
    if all.len() < 2 {
        return String::new();
    }
    let of = |wanted| all.iter().filter(|report| report.indication == wanted).count();
    let (passed, open, failed) = (of(Indication::Passed), of(Indication::Indeterminate), of(Indication::Failed));
    match lang {
        Lang::Tr => format!(", {} imza (geçerli {passed}, belirsiz {open}, geçersiz {failed})", all.len()),
        Lang::En => format!(", {} signatures (valid {passed}, undetermined {open}, invalid {failed})", all.len()),
    }
}

/// The sentence on one signature: whose, when, and why it is not valid with the next step.
pub fn signature_sentence(report: &SignatureReport, lang: Lang) -> String {
    let signer = report
        .signer
        .as_ref()
        .and_then(|signer| signer.common_name.as_deref().or(signer.organization.as_deref()))
        .unwrap_or("-");
    let time = match (report.best_signature_time, report.claimed_signing_time) {
        (Some(proven), _) => format!(", {}", local_time(proven)),
        (None, Some(claimed)) => format!(", {} ({})", local_time(claimed), either(("beyan", "claimed"), lang)),
        (None, None) => String::new(),
    };
    let head = format!(
        "{}{} {} · {} · {signer}{time} ← {}",
        indication(report.indication, lang),
        sub(report.sub_indication.map(stable)),
        role(report.role, lang),
        super::format_of(report),
        report.covers
    );
    match deciding(report) {
        Some(reason) if report.indication != Indication::Passed => format!("{head}: {}", reason.text.get(lang)),
        _ => head,
    }
}

/// The reason that made the indication: the first whose own effect it is, else the first that weighs.
fn deciding(report: &SignatureReport) -> Option<&Reason> {
    let effect = |reason: &&Reason| {
        let cause = cause::ALL.iter().find(|cause| cause.code == reason.code);
        cause.and_then(|cause| cause.effect).map(|(indication, _)| indication) == Some(report.indication)
    };
    let weighs = |reason: &&Reason| reason.severity >= Severity::Warning;
    report.reasons.iter().find(effect).or_else(|| report.reasons.iter().find(weighs))
}

/// Findings that weigh or say what no signature covers; in depth, all of them.
pub fn findings(findings: &[Finding], depth: Depth, lang: Lang, lines: &mut Vec<String>) {
    let least = if depth == Depth::Full { Severity::Note } else { Severity::Warning };
    for finding in findings
        .iter()
        .filter(|finding| finding.severity >= least || unsigned::names_unsigned(finding) || finding.rule == unsigned::CONTAINER)
    {
        lines.push(format!("  {} {}: {}", finding.rule, finding.place, finding.text.get(lang)));
    }
}

fn sub(word: Option<String>) -> String {
    word.map(|word| format!(" ({word})")).unwrap_or_default()
}
