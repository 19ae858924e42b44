//! The rule list (`C`, `R`, `U`, `H`): every rule looks at what was read and reports; none stops another.

pub(super) mod attachments;
pub(super) mod catalogue;
pub(super) mod container;
pub(super) mod core;
pub(super) mod digests;
pub(super) mod metadata;
pub(super) mod parties;

use std::collections::HashMap;

use catalogue::Era;

use super::PackageKind;
use super::read::{Context, Opened};
use super::roles;
use crate::finding::{Finding, Severity};

/// Findings kept of one rule. More say nothing new, and a hostile package could make a hundred thousand.
const PER_RULE: usize = 40;

/// Collects findings. Every text ends with the rule's next step.
#[derive(Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    counts: HashMap<&'static str, usize>,
}

/// A finding just added; `None` inside when the rule already had enough.
pub(super) struct Added<'a>(Option<&'a mut Finding>);

impl Added<'_> {
    /// The error number of the official API.
    pub fn official(self, code: u8) {
        if let Some(finding) = self.0 {
            finding.official = Some(code);
        }
    }
}

impl Report {
    pub fn add(
        &mut self,
        id: &'static str,
        severity: Severity,
        place: impl Into<String>,
        tr: impl Into<String>,
        en: impl Into<String>,
    ) -> Added<'_> {
        let count = self.counts.entry(id).or_insert(0);
        *count += 1;
        if *count > PER_RULE {
            return Added(None);
        }
        self.findings.extend(finding(id, severity, place, tr, en));
        Added(self.findings.last_mut())
    }

    /// As [`add`](Self::add), unless the rule was already reported for that place.
    pub fn once(&mut self, id: &'static str, severity: Severity, place: &str, tr: impl Into<String>, en: impl Into<String>) {
        if !self.findings.iter().any(|finding| finding.rule == id && finding.place == place) {
            self.add(id, severity, place, tr, en);
        }
    }

    pub fn extend(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
    }

    /// The findings, the heaviest first; a rule that was cut short says how many it had.
    pub fn finish(mut self) -> Vec<Finding> {
        for (id, count) in self.counts {
            let last = self.findings.iter_mut().rev().find(|finding| finding.rule == id);
            if let Some(last) = last.filter(|_| count > PER_RULE) {
                let more = count - PER_RULE;
                last.text.tr.push_str(&format!(" (Bu kuraldan {more} bulgu daha var.)"));
                last.text.en.push_str(&format!(" ({more} more findings of this rule.)"));
            }
        }
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        self.findings
    }
}

/// A finding of a rule of the catalogue, with the next step that fits its weight.
pub(super) fn finding(
    id: &str,
    severity: Severity,
    place: impl Into<String>,
    tr: impl Into<String>,
    en: impl Into<String>,
) -> Option<Finding> {
    let rule = catalogue::find(id);
    debug_assert!(
        rule.is_some_and(|rule| rule.severities.contains(&severity)),
        "{id} is never {severity:?}"
    );
    let next = match severity {
        Severity::Note => catalogue::Next::Nothing,
        // A rule that tells people not to act on a document does so when it is an error.
        Severity::Warning if rule.is_some_and(|rule| matches!(rule.next, catalogue::Next::DoNotUse | catalogue::Next::Resend)) => {
            catalogue::Next::TellSender
        }
        _ => rule.map_or(catalogue::Next::Check, |rule| rule.next),
    };
    let (next_tr, next_en) = next.text();
    Some(Finding::new(
        id,
        severity,
        place,
        format!("{} {next_tr}", tr.into()),
        format!("{} {next_en}", en.into()),
    ))
}

/// Which column of the rule list applies.
pub(super) fn era(kind: PackageKind, major: u8) -> Era {
    match kind {
        PackageKind::Eyps => Era::Encrypted,
        PackageKind::Eypg => Era::Update,
        PackageKind::Eyp if major >= 2 => Era::V2,
        PackageKind::Eyp => Era::V1,
    }
}

/// Runs every rule that needs the whole package. What is no e-Yazışma package at all was reported as such (C1, C2); that it also lacks
/// each of its parts would only bury that.
pub(super) fn check(opened: &Opened, context: &Context<'_>, report: &mut Report) {
    if !opened.linked && roles::kind_of(&opened.cast).is_none() {
        return;
    }
    container::check(opened, report);
    core::check(opened, context, report);
    metadata::check(opened, report);
    parties::check(opened, report);
    attachments::check(opened, context.receiver, report);
    digests::check(opened, context.receiver, report);
}
