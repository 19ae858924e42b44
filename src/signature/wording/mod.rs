//! A verdict told to people in three depths: one sentence with the next step, a table of checks for each signature, and everything.
//! The report is data; these are views of it, in Turkish and English, for the command line, the register and the case file.

mod full;
mod sentence;
mod table;

use jiff::Timestamp;
use serde::Serialize;

pub use full::{Block, blocks, full_json};
pub use sentence::{file_sentence, signature_sentence};

use crate::clock::istanbul;
use crate::finding::Finding;
use crate::hash::Sha256;
use crate::signature::carrier::file::FileReport;
use crate::signature::report::{CertificateClass, Indication, Role, SignatureReport, SubIndication, Verdict};
use crate::signature::trust::Purpose;
use crate::signature::validation::{Basis, Check, CheckResult};
use crate::text::Lang;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// One sentence, and one per signature.
    Sentence,
    /// And a table of checks per signature.
    Checks,
    /// And everything the verdict rests on.
    Full,
}

/// What is told, wherever it was judged.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub indication: Indication,
    pub sub_indication: Option<SubIndication>,
    pub signatures: &'a [SignatureReport],
    pub findings: &'a [Finding],
    pub validation_time: Timestamp,
    pub anchors_sha256: Sha256,
    /// Of the judged bytes, where they are one thing.
    pub sha256: Option<Sha256>,
}

impl<'a> Told<'a> {
    /// The verdict of a register entry with the findings beside it.
    pub fn of_verdict(verdict: &'a Verdict, findings: &'a [Finding]) -> Self {
        Self {
            indication: verdict.indication,
            sub_indication: verdict.sub_indication,
            signatures: &verdict.signatures,
            findings,
            validation_time: verdict.validation_time,
            anchors_sha256: verdict.anchors_sha256,
            sha256: None,
        }
    }

    /// The report as text at a depth, line by line and safe for a terminal.
    pub fn lines(&self, depth: Depth, lang: Lang) -> Vec<String> {
        let mut lines = vec![file_sentence(self, lang)];
        for report in self.signatures {
            tell(report, 1, depth, lang, &mut lines);
        }
        sentence::findings(self.findings, depth, lang, &mut lines);
        if depth == Depth::Full {
            full::inputs(self, lang, &mut lines);
        }
        lines.iter().map(|line| crate::text::clean(line)).collect()
    }
}

impl<'a> From<&'a FileReport> for Told<'a> {
    fn from(report: &'a FileReport) -> Self {
        Self {
            indication: report.indication,
            sub_indication: report.sub_indication,
            signatures: &report.signatures,
            findings: &report.findings,
            validation_time: report.validation_time,
            anchors_sha256: report.anchors_sha256,
            sha256: Some(report.sha256),
        }
    }
}

fn tell(report: &SignatureReport, indent: usize, depth: Depth, lang: Lang, lines: &mut Vec<String>) {
    let space = "  ".repeat(indent);
    lines.push(format!("{space}{}", signature_sentence(report, lang)));
    match depth {
        Depth::Sentence => {}
        Depth::Checks => table::checks(report, indent + 1, lang, lines),
        Depth::Full => full::signature(report, indent + 1, lang, lines),
    }
    for inner in &report.counter_signatures {
        tell(inner, indent + 1, depth, lang, lines);
    }
}

fn either<'a>((tr, en): (&'a str, &'a str), lang: Lang) -> &'a str {
    if lang == Lang::Tr { tr } else { en }
}

pub fn indication(indication: Indication, lang: Lang) -> &'static str {
    let words = match indication {
        Indication::Passed => ("✔ geçerli", "✔ valid"),
        Indication::Indeterminate => ("? belirsiz", "? undetermined"),
        Indication::Failed => ("✘ GEÇERSİZ", "✘ INVALID"),
    };
    either(words, lang)
}

/// Whose signature.
pub fn role(role: Role, lang: Lang) -> &'static str {
    let words = match role {
        Role::Signature => ("imza", "signature"),
        Role::Initial => ("paraf", "initial"),
        Role::Seal => ("mühür", "seal"),
        Role::Sender => ("gönderenin imzası", "sender's signature"),
        Role::Provider => ("KEP sağlayıcısının imzası", "KEP provider's signature"),
        Role::Evidence => ("delil imzası", "evidence signature"),
        Role::Document => ("belge imzası", "document signature"),
        Role::Timestamp => ("zaman damgası", "time-stamp"),
    };
    either(words, lang)
}

pub fn class(class: CertificateClass, lang: Lang) -> &'static str {
    let words = match class {
        CertificateClass::Nes => ("nitelikli elektronik sertifika", "qualified certificate"),
        CertificateClass::QualifiedSeal => ("nitelikli elektronik mühür", "qualified seal"),
        CertificateClass::InstitutionalSeal => ("kurumsal mühür", "institutional seal"),
        CertificateClass::FiscalSeal => ("mali mühür", "fiscal seal"),
        CertificateClass::KepProvider => ("KEPHS işlem sertifikası", "KEP provider's certificate"),
        CertificateClass::Tsa => ("zaman damgası sertifikası", "time-stamping certificate"),
        CertificateClass::OcspSigner => ("OCSP sertifikası", "OCSP certificate"),
        CertificateClass::Other => ("bilinen türlerden değil", "of no known kind"),
    };
    either(words, lang)
}

/// What an anchor is trusted for.
pub fn purpose(purpose: Purpose, lang: Lang) -> &'static str {
    let words = match purpose {
        Purpose::Nes => ("nitelikli imza", "qualified signatures"),
        Purpose::Seal => ("mühür", "seals"),
        Purpose::Provider => ("KEP sağlayıcısı", "KEP providers"),
        Purpose::Tsa => ("zaman damgası", "time-stamps"),
    };
    either(words, lang)
}

pub fn check(check: Check, lang: Lang) -> &'static str {
    let words = match check {
        Check::Format => ("biçim", "format"),
        Check::SignerCertificate => ("imzalayanın sertifikası", "signer's certificate"),
        Check::Binding => ("imza ile sertifikanın bağı", "binding to the certificate"),
        Check::Digest => ("içeriğin özeti", "digest of the content"),
        Check::SignatureValue => ("imza değeri", "signature value"),
        Check::Acceptance => ("kabul kuralları ve profil", "acceptance and profile"),
        Check::Timestamps => ("zaman damgaları", "time-stamps"),
        Check::Path => ("köke giden yol", "path to a root"),
        Check::Class => ("sertifikanın türü", "kind of certificate"),
        Check::Revocation => ("iptal durumu", "revocation"),
        Check::Algorithms => ("algoritmalar", "algorithms"),
    };
    either(words, lang)
}

pub fn result(result: CheckResult, lang: Lang) -> &'static str {
    let words = match result {
        CheckResult::Passed => ("✔ geçti", "✔ passed"),
        CheckResult::NotAsked => ("– istenmiyor", "– not asked"),
        CheckResult::NotMade => ("· yapılmadı", "· not made"),
        CheckResult::Unknown => ("? bilinmiyor", "? unknown"),
        CheckResult::Failed => ("✘ KALDI", "✘ FAILED"),
    };
    either(words, lang)
}

fn basis(basis: Basis, lang: Lang) -> &'static str {
    let words = match basis {
        Basis::Timestamp => ("zaman damgası", "time-stamp"),
        Basis::Reception => (
            "alındığına dair kayıt ya da zarfın zaman damgası",
            "record of reception, or the envelope's time-stamp",
        ),
        Basis::ValidationTime => ("doğrulama zamanı (varlık kanıtı yok)", "validation time (no proof of existence)"),
    };
    either(words, lang)
}

/// Minutes are enough for people, in Turkish time.
fn local_time(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y %H:%M").to_string()
}

/// A word of a standard, as its JSON has it.
pub fn stable(word: impl Serialize) -> String {
    serde_json::to_value(word)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Format, level and profile in one word group.
fn format_of(report: &SignatureReport) -> String {
    let parts = [Some(report.format.as_str()), report.level.as_deref(), report.profile.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "wording_tests.rs"]
mod wording_tests;
