//! A verdict at a glance: a word, a colour and a shape, so that none of the three carries it alone (WCAG 1.4.1).

use crate::register::entry::Entry;
use crate::register::entry::flag::QUARANTINED;
use crate::search::row::Row;
use crate::signature::report::Indication;
use crate::signature::validation::CheckResult;
use crate::text::Lang;

const PASSED: &str = include_str!("../assets/icons/passed.svg");
const OPEN: &str = include_str!("../assets/icons/open.svg");
const FAILED: &str = include_str!("../assets/icons/failed.svg");
const ASIDE: &str = include_str!("../assets/icons/aside.svg");
const IDLE: &str = include_str!("../assets/icons/idle.svg");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chip {
    /// Of the style sheet: `passed open failed aside idle`.
    pub class: &'static str,
    pub word: &'static str,
}

impl Chip {
    fn new(class: &'static str, (tr, en): (&'static str, &'static str), lang: Lang) -> Self {
        let word = if lang == Lang::Tr { tr } else { en };
        Self { class, word }
    }

    pub fn of(indication: Indication, lang: Lang) -> Self {
        match indication {
            Indication::Passed => Self::new("passed", ("Geçerli", "Valid"), lang),
            Indication::Indeterminate => Self::new("open", ("Belirsiz", "Undetermined"), lang),
            Indication::Failed => Self::new("failed", ("GEÇERSİZ", "INVALID"), lang),
        }
    }

    fn of_what(indication: Option<Indication>, is_quarantined: bool, lang: Lang) -> Self {
        match indication {
            _ if is_quarantined => Self::new("aside", ("Karantinada", "Quarantined"), lang),
            Some(indication) => Self::of(indication, lang),
            None => Self::new("idle", ("İmza yok", "No verdict"), lang),
        }
    }

    pub fn of_row(row: &Row, lang: Lang) -> Self {
        Self::of_what(row.indication, row.flags.contains(QUARANTINED), lang)
    }

    pub fn of_entry(entry: &Entry, lang: Lang) -> Self {
        let indication = entry.verdict.as_ref().map(|verdict| verdict.indication);
        Self::of_what(indication, entry.flags.contains(QUARANTINED), lang)
    }

    pub fn of_check(result: CheckResult, lang: Lang) -> Self {
        match result {
            CheckResult::Passed => Self::new("passed", ("geçti", "passed"), lang),
            CheckResult::NotAsked => Self::new("idle", ("istenmiyor", "not asked"), lang),
            CheckResult::NotMade => Self::new("idle", ("yapılmadı", "not made"), lang),
            CheckResult::Unknown => Self::new("open", ("bilinmiyor", "unknown"), lang),
            CheckResult::Failed => Self::new("failed", ("KALDI", "FAILED"), lang),
        }
    }

    /// Ours, so the template takes it as it is.
    pub fn svg(&self) -> &'static str {
        shape(self.class)
    }
}

/// The shape of a class of the style sheet.
pub fn shape(class: &str) -> &'static str {
    match class {
        "passed" => PASSED,
        "open" => OPEN,
        "failed" => FAILED,
        "aside" => ASIDE,
        _ => IDLE,
    }
}
