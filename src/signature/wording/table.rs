//! Depth two: the table of checks of one signature.

use super::{check, result};
use crate::signature::report::{Reason, SignatureReport};
use crate::signature::validation::{Check, CheckResult};
use crate::text::Lang;

/// One line per check with its result, and under it the reasons that arose there.
pub fn checks(report: &SignatureReport, indent: usize, lang: Lang, lines: &mut Vec<String>) {
    for step in Check::ALL {
        line(report, step, indent, lang, lines);
    }
}

/// Reasons are told where they arose; a signature without a record tells them all the same.
pub fn line(report: &SignatureReport, step: Check, indent: usize, lang: Lang, lines: &mut Vec<String>) {
    let space = "  ".repeat(indent);
    let mark = match report.validation.checks.is_empty() {
        true => String::new(),
        false => result(report.validation.result(step), lang).to_owned(),
    };
    lines.push(format!("{space}{} {mark}", padded(check(step, lang))).trim_end().to_owned());
    for reason in reasons_of(report, step) {
        lines.push(format!("{space}  {} {}", reason.code, reason.text.get(lang)));
    }
}

/// The reasons of a step, without the one that says that everything is well.
pub fn reasons_of(report: &SignatureReport, step: Check) -> impl Iterator<Item = &Reason> {
    report
        .reasons
        .iter()
        .filter(move |reason| Check::of(&reason.code) == step && reason.code != crate::signature::cause::PASSED.code)
}

/// Results stand below each other.
fn padded(name: &str) -> String {
    const WIDTH: usize = 28;
    format!("{name}{}", " ".repeat(WIDTH.saturating_sub(name.chars().count())))
}

/// A check's result as the report has it.
pub fn result_of(report: &SignatureReport, step: Check) -> Option<CheckResult> {
    (!report.validation.checks.is_empty()).then(|| report.validation.result(step))
}
