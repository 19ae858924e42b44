//! The words of a covering letter, out of the kept message. What cannot be read is not found by its words, and nothing else: no verdict and
//! no finding depends on it. The bytes are hostile, so this runs apart, with a deadline, and every loop has an end.

mod content;
mod encoding;
mod font;
mod pdf;

use std::time::Duration;

use bytes::Bytes;

use crate::envelope::{self, Receiver};
use crate::hash::Sha256;
use crate::isolate;
use crate::limits::Limits;
use crate::message::{self, PartRole};
use crate::opener::Kept;
use crate::register::entry::Entry;
use crate::text::is_deceptive;

/// Letters of one text: a covering letter has two pages of three thousand; a book in its place is found by its beginning.
pub const LETTERS: usize = 32_768;
/// How long one message is looked into.
const DEADLINE: Duration = Duration::from_secs(20);

/// The text of an entry's covering letter, or of the message where it carries no package. Empty where there is none to be had.
pub fn text(raw: Bytes, entry: &Entry, kept: Kept, limits: &Limits) -> String {
    let letter = entry
        .document
        .as_ref()
        .and_then(|document| document.file.as_ref())
        .map(|file| file.sha256);
    let package = entry.package.as_ref().map(|package| package.sha256);
    let (limits, number) = (limits.clone(), entry.register_number);
    let read = isolate::run(DEADLINE, move || read(&raw, package, letter, &kept, &limits));
    read.unwrap_or_else(|error| {
        tracing::warn!(%number, %error, "a covering letter could not be read for its words");
        String::new()
    })
}

fn read(raw: &Bytes, package: Option<Sha256>, letter: Option<Sha256>, kept: &Kept, limits: &Limits) -> String {
    let message = message::read_opening(raw, limits, kept);
    let Some(letter) = letter else {
        let bodies = message.parts.iter().filter(|part| part.role == PartRole::Body);
        let texts: Vec<String> = bodies.map(|part| of_body(&part.content_type, &part.bytes)).collect();
        return bounded(&texts.join("\n"));
    };
    for part in message
        .packages()
        .filter(|part| package.is_none_or(|wanted| Sha256::of(&part.bytes) == wanted))
    {
        let name = part.original_name.as_deref();
        let opened = envelope::read_opening(&part.bytes, name, &Receiver::default(), limits, kept);
        for (_, inside) in opened.walk() {
            let there = inside.parts.iter().find(|part| part.sha256 == Some(letter));
            if let Some(bytes) = there.and_then(|part| inside.open_part(&part.uri)) {
                return of_file(&bytes);
            }
        }
    }
    String::new()
}

/// The text of a file, by its content: PDF, or text that somebody put in its place.
pub fn of_file(bytes: &[u8]) -> String {
    if bytes.starts_with(b"%PDF-") {
        return bounded(&pdf::text(bytes));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => bounded(text),
        _ => String::new(),
    }
}

/// A body is UTF-8 already; of HTML what stands between the tags.
fn of_body(content_type: &str, bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(LETTERS * 4).collect();
    if content_type == "text/html" { without_tags(&text) } else { text }
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut hidden: Option<&str> = None;
    for piece in html.split('<') {
        let (tag, behind) = piece.split_once('>').unwrap_or(("", piece));
        let tag = tag.trim_start().to_ascii_lowercase();
        match hidden {
            Some(name) if tag.strip_prefix('/').is_some_and(|end| end.starts_with(name)) => hidden = None,
            Some(_) => continue,
            None => hidden = ["script", "style"].into_iter().find(|name| tag.starts_with(name)),
        }
        if hidden.is_none() {
            text.push(' ');
            text.push_str(behind);
        }
    }
    for (entity, letter) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, letter);
    }
    text
}

/// One space between words, nothing that cannot be seen, and not more than is kept.
fn bounded(text: &str) -> String {
    let mut kept = String::new();
    for c in text.chars().filter(|c| !is_deceptive(*c)).take(LETTERS) {
        if !c.is_whitespace() && !c.is_control() {
            kept.push(c);
        } else if !kept.is_empty() && !kept.ends_with(' ') {
            kept.push(' ');
        }
    }
    kept.truncate(kept.trim_end().len());
    kept
}
