//! The words of papers: those of the register, and the few that a judge needs more exact.

use jiff::Timestamp;

use crate::clock::istanbul;
pub use crate::clock::wall_minute as local_time;
pub use crate::register::words::{command_line, deed, either, kind, state_of, verdict};
use crate::text::Lang;

/// What the moment of arrival rests on, in the words of a judge: which of them the law counts by.
pub fn received_by(word: &str, lang: Lang) -> &str {
    let words = match word {
        "evidence" => ("delile göre (yasal an)", "by the evidence (the legal moment)"),
        "provider-date" => ("sağlayıcının imzalı tarihine göre", "by the provider's signed date"),
        "sender-date" => ("iletinin kendi tarihine göre", "by the message's own date"),
        "server" => ("sunucuya varışına göre", "by arrival on the server"),
        "fetched" => ("alındığı ana göre", "by when it was fetched"),
        other => (other, other),
    };
    either(words, lang)
}

/// Seconds, in Turkish time, with its offset: for a judge.
pub fn exact_time(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y %H:%M:%S (UTC%:z)").to_string()
}

/// Seconds, in Turkish time: in lists, where the offset stands elsewhere.
pub fn second(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y %H:%M:%S").to_string()
}

pub fn local_day(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y").to_string()
}
