//! Alerts about the terms of an application file. No papers, no signatories: a number, what ends, and when.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{EntryFacts, body};
use crate::alert::notice::{Cause, Level, Notice};
use crate::text::Text;

/// What ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Stable word: `originals`, `completion`, `loss-report`, `power-ends`, `circular-ends`.
    pub word: &'static str,
    pub what: Text,
    /// The last day.
    pub day: Date,
    /// An authority to sign, and no duty of ours or of the applicant's.
    pub is_authority: bool,
    pub is_over: bool,
}

/// A term of an application file is near or has passed.
pub fn application_term(entry: &EntryFacts<'_>, ending: &Ending, at: Timestamp) -> Notice {
    let (number, institution) = (entry.number, entry.institution());
    let (what, day) = (&ending.what, ending.day.strftime("%d.%m.%Y").to_string());
    let (title, happened) = match ending.is_over {
        false => (
            Text::new(format!("DOSYA: {} {day}", what.tr), format!("FILE: {} {day}", what.en)),
            Text::new(
                format!("{number} numaralı başvuru dosyasında süre {day} günü doluyor: {}.", what.tr),
                format!("A term of application file {number} ends on {day}: {}.", what.en),
            ),
        ),
        true => (
            Text::new(
                format!("DOSYA, SÜRE DOLDU: {} {day}", what.tr),
                format!("FILE, TERM PASSED: {} {day}", what.en),
            ),
            Text::new(
                format!("{number} numaralı başvuru dosyasında süre {day} günü doldu: {}.", what.tr),
                format!("A term of application file {number} ended on {day}: {}.", what.en),
            ),
        ),
    };
    let next = match ending.is_authority {
        true => Text::new(
            "Başvuru sahibinden yeni belgeyi isteyin; dosya sayfasında yenisini girin, eskisini kaldırın.",
            "Ask the applicant for the new paper; enter it on the page of the file and revoke the old one.",
        ),
        false => Text::new(
            "Dosyanın sayfasını açın; gelen varsa girin, gelmediyse başvuru sahibiyle görüşün.",
            "Open the page of the file; enter what has come, or turn to the applicant.",
        ),
    };
    let mut notice = entry.notice(
        if ending.is_authority {
            Cause::PowerEnding
        } else {
            Cause::ApplicationTerm
        },
        Level::Warning,
        at,
        Text::new(
            format!("KEP {number} {} ({})", title.tr, institution.tr),
            format!("KEP {number} {} ({})", title.en, institution.en),
        ),
        body(happened, Text::default(), next),
    );
    let phase = if ending.is_over { "passed" } else { "near" };
    let facts = [
        ("term", ending.word.to_owned()),
        ("term_day", ending.day.to_string()),
        ("phase", phase.to_owned()),
    ];
    notice.facts.extend(facts.map(|(name, value)| (name.to_owned(), value)));
    notice
}
