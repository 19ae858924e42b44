//! What was checked about one signature, step by step, and what came of it. A verdict passes only when every step was made: what no
//! code ever looked at must not look as if it were fine.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hash::Sha256;
use crate::signature::certificate::Certificate;
use crate::signature::crypto::KeyKind;
use crate::signature::crypto::algorithms::Constraints;
use crate::signature::report::Indication;

/// A step of validation, in the order in which a person follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// EN 319 102-1 5.2.2.
    Format,
    /// Whose key (5.2.3).
    SignerCertificate,
    /// The signature itself names that certificate (5.2.3.4).
    Binding,
    /// The content is the one that was signed (5.2.7).
    Digest,
    /// 5.2.7.
    SignatureValue,
    /// Mandatory attributes and the rules of the profile (5.2.8).
    Acceptance,
    /// 5.4.
    Timestamps,
    /// To a root trusted for the purpose (5.2.6).
    Path,
    /// The certificate is of the kind that the signature needs.
    Class,
    /// 5.2.5, 5.2.6.
    Revocation,
    /// Hashes and keys were good enough at their time (5.2.8.4.2).
    Algorithms,
}

impl Check {
    pub const ALL: [Self; 11] = [
        Self::Format,
        Self::SignerCertificate,
        Self::Binding,
        Self::Digest,
        Self::SignatureValue,
        Self::Acceptance,
        Self::Timestamps,
        Self::Path,
        Self::Class,
        Self::Revocation,
        Self::Algorithms,
    ];

    /// The step in which a reason arises, by its code.
    pub fn of(code: &str) -> Self {
        let number: u32 = code.strip_prefix("KEP-").and_then(|number| number.parse().ok()).unwrap_or_default();
        match number {
            3201 | 3205 => Self::SignerCertificate,
            3200..=3299 => Self::Binding,
            3301 | 3303 | 3310 | 3604 | 3702 => Self::Digest,
            3302 | 3306 | 3309 => Self::SignatureValue,
            3305 | 3307 | 3308 | 3532 => Self::Algorithms,
            3405 => Self::Revocation,
            3406 => Self::Timestamps,
            3508 | 3509 | 3531 | 3534 | 3605 => Self::Class,
            3510..=3519 => Self::Revocation,
            3500..=3529 => Self::Path,
            3600..=3699 => Self::Timestamps,
            3100..=3199 | 3700..=3799 => Self::Format,
            // What a profile, a carrier or a later format asks of a signature.
            _ => Self::Acceptance,
        }
    }
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    Passed,
    /// Nothing asks for it: no timestamp in a BES, say.
    NotAsked,
    NotMade,
    /// Made, and the answer is not known.
    Unknown,
    Failed,
}

/// What fixes the instant at which a signature is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    Timestamp,
    /// Our own record, or a timestamp of the envelope around the signature.
    Reception,
    /// Nothing proves an earlier existence.
    ValidationTime,
}

/// A certificate of the path that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathCertificate {
    /// Common name.
    pub subject: String,
    pub sha256: Sha256,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// `RSA-2048`, `EC-384`.
    pub key: String,
}

impl PathCertificate {
    pub fn of(certificate: &Certificate) -> Self {
        let key = match certificate.public_key().map(|key| key.kind) {
            Ok(KeyKind::Rsa(bits)) => format!("RSA-{bits}"),
            Ok(KeyKind::Ec(bits)) => format!("EC-{bits}"),
            Ok(KeyKind::Dsa(bits)) => format!("DSA-{bits}"),
            Ok(KeyKind::Ed25519) => "Ed25519".to_owned(),
            Err(_) => "?".to_owned(),
        };
        Self {
            subject: certificate.subject.label(),
            sha256: certificate.sha256,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            key,
        }
    }
}

/// What a verdict rests on, beside its reasons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The instant of judgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The rule on the age of algorithms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithms: Option<Constraints>,
    /// Seconds that a signer's "good" may be old where no timestamp fixes the signature's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_age: Option<i64>,
    /// From the signer's certificate to the anchor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<PathCertificate>,
}

impl Facts {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The record of one validation, as the report keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Validation {
    /// Empty in reports of versions that kept no record.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<Check, CheckResult>,
    #[serde(rename = "validation", skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
}

impl Validation {
    pub fn result(&self, check: Check) -> CheckResult {
        self.checks.get(&check).copied().unwrap_or(CheckResult::NotMade)
    }

    /// Steps that a pass would need and that were not made.
    pub fn not_made(&self) -> Vec<Check> {
        let open = |check: &Check| !matches!(self.result(*check), CheckResult::Passed | CheckResult::NotAsked);
        Check::ALL.into_iter().filter(open).collect()
    }

    /// A reason arose in `check`: its result is at most that.
    pub fn blame(&mut self, check: Check, indication: Indication) {
        let result = match indication {
            Indication::Passed => return,
            Indication::Indeterminate => CheckResult::Unknown,
            Indication::Failed => CheckResult::Failed,
        };
        let known = self.checks.entry(check).or_insert(result);
        *known = (*known).max(result);
    }
}

/// Gathers what was checked while one signature is judged.
#[derive(Debug, Default, Clone)]
pub struct Record {
    made: BTreeMap<Check, CheckResult>,
    blamed: Vec<(Check, Indication)>,
    pub facts: Facts,
}

impl Record {
    pub fn made(&mut self, check: Check) {
        self.made.insert(check, CheckResult::Passed);
    }

    pub fn not_asked(&mut self, check: Check) {
        self.made.entry(check).or_insert(CheckResult::NotAsked);
    }

    pub fn blame(&mut self, code: &str, indication: Indication) {
        self.blamed.push((Check::of(code), indication));
    }

    /// Takes over what another judgement recorded.
    pub fn append(&mut self, other: Record) {
        self.made.extend(other.made);
        self.blamed.extend(other.blamed);
    }

    pub fn blamed(&self) -> impl Iterator<Item = (Check, Indication)> {
        self.blamed.iter().copied()
    }

    /// Every step with its result; what nobody made is said to be so.
    pub fn finish(&self) -> Validation {
        let made = |check| self.made.get(&check).copied().unwrap_or(CheckResult::NotMade);
        let mut validation = Validation {
            checks: Check::ALL.into_iter().map(|check| (check, made(check))).collect(),
            facts: self.facts.clone(),
        };
        for (check, indication) in &self.blamed {
            validation.blame(*check, *indication);
        }
        validation
    }
}

#[cfg(test)]
#[path = "validation_tests.rs"]
mod validation_tests;
