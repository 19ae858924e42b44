//! Who may see it: the security code (gizlilik derecesi) as an access level.

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::text;

/// Gizlilik derecesi, under its v1.x code, its v2.x code or its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Classification {
    /// Tasnif dışı: `TSD` in v1.x, `YOK` in v2.x.
    Unclassified,
    /// Hizmete özel, `HZO`.
    Restricted,
    /// Özel, `OZL` (abolished with guide 2.1), and kişiye özel, `KSO` (v1.x only).
    Confidential,
    /// Gizli, `GZL`.
    Secret,
    /// Çok gizli, `CGZ`.
    TopSecret,
}

impl Classification {
    /// Reads a code or a name, whatever its letters' case and marks. `None` for anything else.
    pub fn parse(code: &str) -> Option<Self> {
        let letters: String = text::fold(code).chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match letters.as_str() {
            "yok" | "tsd" | "tasnifdisi" => Self::Unclassified,
            "hzo" | "hizmeteozel" => Self::Restricted,
            "ozl" | "kso" | "ozel" | "kisiyeozel" => Self::Confidential,
            "gzl" | "gizli" => Self::Secret,
            "cgz" | "cokgizli" => Self::TopSecret,
            _ => return None,
        })
    }

    /// Access level 0 (open) to 4 (top secret).
    pub fn level(self) -> u8 {
        match self {
            Self::Unclassified => 0,
            Self::Restricted => 1,
            Self::Confidential => 2,
            Self::Secret => 3,
            Self::TopSecret => 4,
        }
    }
}

/// The access level of a document. A code that is missing, unknown or out of reach may stand for anything, so it gets the highest level until
/// a person sets another.
pub fn access_level(code: Option<&str>) -> (u8, Option<Finding>) {
    match code.map(str::trim).filter(|code| !code.is_empty()) {
        Some(code) => match Classification::parse(code) {
            Some(known) => (known.level(), None),
            None => (Classification::TopSecret.level(), Some(unknown(code))),
        },
        None => (Classification::TopSecret.level(), Some(unreadable())),
    }
}

/// A security code that nobody knows.
const UNKNOWN_RULE: &str = "KEP-5020";
/// No security code can be read.
const UNREADABLE_RULE: &str = "KEP-5021";

/// Whether the level is the highest only because nobody knows the right one.
pub fn is_doubtful(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| [UNKNOWN_RULE, UNREADABLE_RULE].contains(&finding.rule.as_str()))
}

fn unknown(code: &str) -> Finding {
    let code: String = code.chars().take(20).collect();
    Finding::new(
        UNKNOWN_RULE,
        Severity::Warning,
        "access",
        format!(
            "'{code}' gizlilik kodu tanınmıyor; belge en yüksek erişim düzeyine alındı. Gönderene sorun ve düzeyi \
             belgenin sayfasında ya da 'documents level' ile elle belirleyin."
        ),
        format!(
            "The security code '{code}' is not known; the document got the highest access level. Ask the sender and set the level by hand, on \
             the document's page or with 'documents level'."
        ),
    )
}

fn unreadable() -> Finding {
    Finding::new(
        UNREADABLE_RULE,
        Severity::Note,
        "access",
        "Gizlilik derecesi okunamadı; içerik her derecede olabilir, en yüksek erişim düzeyi verildi. Ne olduğu anlaşılınca düzeyi belgenin \
            sayfasında ya da 'documents level' ile elle belirleyin.",
        "The classification could not be read; the content may have any, so the highest access level was given. Once it is known what it \
            is, set the level by hand, on the document's page or with 'documents level'.",
    )
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod access_tests;
