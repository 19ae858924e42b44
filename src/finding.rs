//! What a parser found wrong. Parsers do not fail: they return what they could read and a list of these.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing to do.
    Note,
    /// Deviates, still usable.
    Warning,
    /// The thing is invalid.
    Error,
    /// The thing cannot be processed at all.
    Fatal,
}

/// One finding: which rule, how heavy, where, and a sentence that a clerk understands and that says the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable code: `KEP-####`, or a package rule such as `H9`.
    pub rule: String,
    pub severity: Severity,
    /// A part name, header name, layer or element path.
    pub place: String,
    pub text: Text,
    /// The error number of the official e-Yazışma API (1-36) where one exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub official: Option<u8>,
}

impl Finding {
    pub fn new(rule: &str, severity: Severity, place: impl Into<String>, tr: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            severity,
            place: place.into(),
            text: Text::new(tr, en),
            official: None,
        }
    }

    pub fn with_official(mut self, code: u8) -> Self {
        self.official = Some(code);
        self
    }
}

/// True when any finding makes the thing invalid.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity >= Severity::Error)
}
