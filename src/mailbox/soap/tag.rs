//! One tag of XML: where it ends, its attributes, and the references in them.

use std::collections::BTreeSet;

use super::problem::Problem;
use super::xml::malformed;

/// Where a tag ends; a `>` inside a quoted value does not end it.
pub(super) fn tag_end(bytes: &[u8]) -> Option<usize> {
    let mut quote = None;
    bytes.iter().position(|byte| match (quote, byte) {
        (Some(open), byte) if open == *byte => {
            quote = None;
            false
        }
        (None, b'"' | b'\'') => {
            quote = Some(*byte);
            false
        }
        (None, b'>') => true,
        _ => false,
    })
}

pub(super) type Attributes = Vec<(String, String)>;

pub(super) fn attributes(tag: &str) -> Result<(&str, Attributes), Problem> {
    let wrong = || malformed("okunamayan öznitelikler", "attributes that cannot be read");
    let (name, mut rest) = tag.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((tag, ""));
    if name.is_empty() {
        return Err(wrong());
    }
    let mut attributes = Vec::new();
    let mut seen = BTreeSet::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok((name, attributes));
        }
        let (key, value) = rest.split_once('=').ok_or_else(wrong)?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(wrong)?;
        let (value, after) = value.get(1..).and_then(|value| value.split_once(quote)).ok_or_else(wrong)?;
        // XML 1.0 3.1: no attribute twice. Readers that take the first and readers that take the last would read two documents.
        if !seen.insert(key.trim()) {
            return Err(wrong());
        }
        attributes.push((key.trim().to_owned(), unescape(value).ok_or_else(wrong)?));
        rest = after;
    }
}

fn unescape(value: &str) -> Option<String> {
    let mut whole = String::with_capacity(value.len());
    let mut pieces = value.split('&');
    whole.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, after) = piece.split_once(';')?;
        whole.push(resolve(name.as_bytes())?);
        whole.push_str(after);
    }
    Some(whole)
}

pub(super) fn resolve(name: &[u8]) -> Option<char> {
    // XML 1.0 has no form for control characters.
    let is_allowed = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    let digits = |digits: &[u8], radix| u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok();
    let character = |number: Option<u32>| number.and_then(char::from_u32).filter(is_allowed);
    match name {
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"amp" => Some('&'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x', hex @ ..] => character(digits(hex, 16)),
        [b'#', decimal @ ..] => character(digits(decimal, 10)),
        _ => None,
    }
}
