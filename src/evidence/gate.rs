//! Before the XML parser sees hostile bytes: text, no DTD, and bounds on everything that makes a tree expensive.
//!
//! roxmltree does not recurse, but its memory grows with nodes, and with namespaces times depth, and attributes are compared with each other.

use std::borrow::Cow;

use super::codes;
use crate::message::charset_text;
use crate::message::codes::Code;

/// Honest evidence, certificates and SAML included, is below 30.
const DEPTH: usize = 128;
/// Honest evidence has some hundred.
const ELEMENTS: usize = 50_000;
/// Honest elements have below ten; JAXB writes all its namespaces on the root.
const ATTRIBUTES: usize = 128;
/// Declarations in the whole document: each is copied down to every declaring element below it.
const NAMESPACES: usize = 1_024;

/// The XML as text, whatever encoding it came in.
pub fn decode(xml: &[u8]) -> Cow<'_, str> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit(<[u8; 2]>::try_from(pair).unwrap_or_default()));
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
    };
    match xml {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes).into(),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes).into(),
        _ => {}
    }
    match str::from_utf8(xml) {
        Ok(text) => text.trim_start_matches('\u{feff}').into(),
        Err(_) => {
            let (Ok(text) | Err(text)) = charset_text(xml, declared_encoding(xml).as_deref());
            text.into()
        }
    }
}

fn declared_encoding(xml: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(xml.get(..200).unwrap_or(xml)).into_owned();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.split(quote).nth(1).map(str::to_owned)
}

/// One pass over the markup.
///
/// # Errors
/// The code of the bound that was exceeded.
pub fn check(text: &str) -> Result<(), Code> {
    let mut rest = text.as_bytes();
    let (mut depth, mut elements, mut namespaces) = (0_usize, 0_usize, 0_usize);
    while let Some(open) = rest.iter().position(|byte| *byte == b'<') {
        rest = rest.get(open + 1..).unwrap_or_default();
        rest = match rest {
            [b'!', b'-', b'-', ..] => after(rest, b"-->"),
            [b'!', b'[', ..] => after(rest, b"]]>"),
            [b'!', ..] => return Err(codes::HAS_DTD),
            [b'?', ..] => after(rest, b"?>"),
            [b'/', ..] => {
                depth = depth.saturating_sub(1);
                after(rest, b">")
            }
            _ => {
                let tag = Tag::read(rest);
                depth += usize::from(!tag.empty);
                elements += 1;
                namespaces += tag.namespaces;
                if depth > DEPTH || elements > ELEMENTS || tag.attributes > ATTRIBUTES || namespaces > NAMESPACES {
                    return Err(codes::TOO_COMPLEX);
                }
                rest.get(tag.length..).unwrap_or_default()
            }
        };
    }
    Ok(())
}

fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> &'a [u8] {
    let at = bytes.windows(mark.len()).position(|window| window == mark);
    at.and_then(|at| bytes.get(at + mark.len()..)).unwrap_or_default()
}

/// A start tag, counted.
#[derive(Default)]
struct Tag {
    length: usize,
    attributes: usize,
    namespaces: usize,
    empty: bool,
}

impl Tag {
    fn read(bytes: &[u8]) -> Self {
        let mut tag = Self::default();
        let mut quote = None;
        for (at, &byte) in bytes.iter().enumerate() {
            tag.length = at + 1;
            match (quote, byte) {
                (None, b'>') => break,
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => tag.attributes += 1,
                (None, b'x') => tag.namespaces += usize::from(bytes.get(at..).is_some_and(|rest| rest.starts_with(b"xmlns"))),
                (Some(open), close) if open == close => quote = None,
                _ => {}
            }
        }
        tag.empty = tag.length.checked_sub(2).and_then(|at| bytes.get(at)) == Some(&b'/');
        tag
    }
}
