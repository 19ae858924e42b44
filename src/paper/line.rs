//! One entry as a line of the register: for people, and in the canonical form that page hashes are over.

use super::words;
use crate::register::entry::Entry;
use crate::register::retention::Disposed;
use crate::text::{Lang, clean};

pub const COLUMNS: usize = 15;

/// Longest text in a canonical field, in characters: a subject of megabytes must not fill a page's row data.
pub const CANONICAL_CHARS: usize = 1_000;

/// The canonical line as a jq filter over one element of `documents export --json`: what the last page tells whoever checks it.
pub const CANONICAL_JQ: &str = "[.register_number, .registered_at, (.document.sender.name // .message.sender), .message.sender_kep, \
.document.number, .document.date, (.document.subject // .message.subject), ((.document.attachments // [] | length) + (.message.attachments \
| length)), .document.security, .verdict.indication, .unit, .state, ([.deadlines[].at] | min), .message.sha256] \
| map(if type == \"string\" then .[0:1000] else . end) | @tsv";

pub fn headings(lang: Lang) -> [&'static str; COLUMNS] {
    match lang {
        Lang::Tr => [
            "Kayıt no",
            "Kayıt tarihi",
            "Gönderen",
            "KEP adresi",
            "Belge no",
            "Belge tarihi",
            "Konu",
            "Ek",
            "Gizlilik",
            "Sonuç",
            "Birim",
            "Durum",
            "Süre",
            "İmha",
            "İleti SHA-256",
        ],
        Lang::En => [
            "Number",
            "Registered",
            "Sender",
            "KEP address",
            "Document no",
            "Document date",
            "Subject",
            "Att.",
            "Security",
            "Verdict",
            "Unit",
            "State",
            "Deadline",
            "Disposed of",
            "Message SHA-256",
        ],
    }
}

/// The fields as people read them: one line each, nothing in them that hides, reorders or steers. When and by which list an entry was disposed
/// of stands here and not in [`canonical`]: that is what the register said, and it says it still.
pub fn cells(entry: &Entry, disposed: Option<&Disposed>, prefix: &str, lang: Lang, at_most: usize) -> [String; COLUMNS] {
    let deadline = entry.deadlines.iter().map(|deadline| deadline.at).min();
    let document = entry.document.as_ref();
    let cells = [
        format!("{prefix}{}", entry.register_number),
        words::local_time(entry.registered_at),
        sender(entry).unwrap_or_default().to_owned(),
        entry.message.sender_kep.clone().unwrap_or_default(),
        document.and_then(|document| document.number.clone()).unwrap_or_default(),
        document
            .and_then(|document| document.date)
            .map(words::local_day)
            .unwrap_or_default(),
        cut(subject(entry).unwrap_or_default(), at_most),
        attachments(entry).to_string(),
        document.and_then(|document| document.security.clone()).unwrap_or_default(),
        words::verdict(entry, lang).to_owned(),
        entry.unit.clone().unwrap_or_default(),
        words::state_of(entry.state, entry.is_sent(), lang).to_owned(),
        deadline.map(words::local_time).unwrap_or_default(),
        disposed
            .map(|disposed| crate::register::words::disposed(disposed, lang))
            .unwrap_or_default(),
        entry.message.sha256.to_string(),
    ];
    cells.map(|cell| clean(&cut(&cell, at_most)))
}

/// The line that a page hash is over, with its line feed: the fields separated by TAB, with `\t \n \r \\` for these four characters, as
/// jq's `@tsv` writes them; what is not there is empty.
pub fn canonical(entry: &Entry, prefix: &str) -> String {
    let document = entry.document.as_ref();
    let deadline = entry.deadlines.iter().map(|deadline| deadline.at.to_string()).min();
    let fields = [
        format!("{prefix}{}", entry.register_number),
        entry.registered_at.to_string(),
        sender(entry).unwrap_or_default().to_owned(),
        entry.message.sender_kep.clone().unwrap_or_default(),
        document.and_then(|document| document.number.clone()).unwrap_or_default(),
        document
            .and_then(|document| document.date)
            .map(|date| date.to_string())
            .unwrap_or_default(),
        cut(subject(entry).unwrap_or_default(), CANONICAL_CHARS),
        attachments(entry).to_string(),
        document.and_then(|document| document.security.clone()).unwrap_or_default(),
        entry
            .verdict
            .as_ref()
            .map(|verdict| crate::signature::wording::stable(verdict.indication))
            .unwrap_or_default(),
        entry.unit.clone().unwrap_or_default(),
        crate::signature::wording::stable(entry.state),
        deadline.unwrap_or_default(),
        entry.message.sha256.to_string(),
    ];
    let fields = fields.map(|field| escaped(&cut(&field, CANONICAL_CHARS)));
    fields.join("\t") + "\n"
}

pub fn sender(entry: &Entry) -> Option<&str> {
    let institution = entry
        .document
        .as_ref()
        .and_then(|document| document.sender.as_ref()?.name.as_deref());
    institution.or(entry.message.sender.as_deref())
}

pub fn subject(entry: &Entry) -> Option<&str> {
    let of_document = entry.document.as_ref().and_then(|document| document.subject.as_deref());
    of_document.or(entry.message.subject.as_deref())
}

fn attachments(entry: &Entry) -> usize {
    let of_document = entry.document.as_ref().map_or(0, |document| document.attachments.len());
    of_document + entry.message.attachments.len()
}

fn cut(text: &str, at_most: usize) -> String {
    text.chars().take(at_most).collect()
}

fn escaped(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    for c in field.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod line_tests;
