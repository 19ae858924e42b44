//! Fills in `{text}`, `{to}` and the like, escaped for the place where they stand.
//!
//! A placeholder is `{name}`, `{now:format}` (strftime, Turkish wall clock), `{param:name}` or `{cdata:name}`; every other brace is
//! itself, so that JSON needs no escaping.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::charset;
use super::provider::{Charset, Content};
use crate::clock::istanbul;
use crate::text::Text;

/// The values of one message.
pub(super) struct Values<'a> {
    pub text: &'a str,
    /// In the gateway's form.
    pub to: &'a str,
    pub sender: &'a str,
    pub user: &'a str,
    pub secret: &'a str,
    pub token: &'a str,
    /// Put in as it is: it comes from the gateway's description.
    pub turkish: &'a str,
    /// The job's id.
    pub id: &'a str,
    pub params: &'a BTreeMap<String, String>,
    pub now: Timestamp,
}

/// Where a template stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Url,
    Header,
    Body(Content),
}

const NAMES: [&str; 10] = [
    "text",
    "to",
    "to_list_json",
    "sender",
    "user",
    "secret",
    "token",
    "turkish",
    "id",
    "basic",
];

/// A template cut into what stands as it is and what is filled in.
enum Piece<'a> {
    Literal(&'a str),
    Hole { name: &'a str, argument: &'a str },
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let hole = after.split_once('}').and_then(|(inside, tail)| {
            let (name, argument) = inside.split_once(':').unwrap_or((inside, ""));
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            is_name.then_some((name, argument, tail))
        });
        match hole {
            Some((name, argument, tail)) => {
                pieces.push(Piece::Literal(before));
                pieces.push(Piece::Hole { name, argument });
                rest = tail;
            }
            None => {
                pieces.push(Piece::Literal(before));
                pieces.push(Piece::Literal("{"));
                rest = after;
            }
        }
    }
    pieces.push(Piece::Literal(rest));
    pieces
}

/// Placeholders that do not exist.
pub(super) fn problems(template: &str) -> Vec<Text> {
    let unknown = |piece| match piece {
        Piece::Hole { name, argument } if !is_known(name, argument) => Some(name.to_owned()),
        _ => None,
    };
    pieces(template)
        .into_iter()
        .filter_map(unknown)
        .map(|name| {
            Text::new(
                format!(
                    "{{{name}}} diye bir yer tutucu yok; olanlar: {}, now:…, param:…, cdata:…",
                    NAMES.join(", ")
                ),
                format!(
                    "there is no placeholder {{{name}}}; use {}, now:…, param:…, cdata:…",
                    NAMES.join(", ")
                ),
            )
        })
        .collect()
}

fn is_known(name: &str, argument: &str) -> bool {
    match name {
        "now" => jiff::fmt::strtime::format(argument, &Timestamp::UNIX_EPOCH.to_zoned(istanbul())).is_ok(),
        "param" => !argument.is_empty(),
        "cdata" => NAMES.contains(&argument),
        _ => NAMES.contains(&name) && argument.is_empty(),
    }
}

/// The template with its values, in the bytes of the charset.
pub(super) fn fill(template: &str, place: Place, charset: Charset, values: &Values<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces(template) {
        match piece {
            Piece::Literal(literal) => out.extend(charset::encode(literal, charset)),
            Piece::Hole { name, argument } => out.extend(hole(name, argument, place, charset, values)),
        }
    }
    out
}

fn hole(name: &str, argument: &str, place: Place, charset: Charset, values: &Values<'_>) -> Vec<u8> {
    match name {
        "turkish" => charset::encode(values.turkish, charset),
        "to_list_json" => format!("[\"{}\"]", json_escape(values.to)).into_bytes(),
        // "]]>" ends a CDATA section, so it is split over two.
        "cdata" => charset::encode(&xml_legal(&value(argument, "", values)).replace("]]>", "]]]]><![CDATA[>"), charset),
        _ => escape(&value(name, argument, values), place, charset),
    }
}

fn value(name: &str, argument: &str, values: &Values<'_>) -> String {
    use base64::Engine;
    match name {
        "text" => values.text.to_owned(),
        "to" => values.to.to_owned(),
        "sender" => values.sender.to_owned(),
        "user" => values.user.to_owned(),
        "secret" => values.secret.to_owned(),
        "token" => values.token.to_owned(),
        "id" => values.id.to_owned(),
        // RFC 7617.
        "basic" => base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", values.user, values.secret)),
        "param" => values.params.get(argument).cloned().unwrap_or_default(),
        "now" => jiff::fmt::strtime::format(argument, &values.now.to_zoned(istanbul())).unwrap_or_default(),
        _ => String::new(),
    }
}

fn escape(value: &str, place: Place, charset: Charset) -> Vec<u8> {
    match place {
        Place::Url | Place::Body(Content::Form | Content::Query) => percent_encode(&charset::encode(value, charset)).into_bytes(),
        Place::Header => value.chars().filter(|c| !c.is_control()).collect::<String>().into_bytes(),
        Place::Body(Content::Json) => json_escape(value).into_bytes(),
        Place::Body(Content::Xml) => charset::encode(&xml_escape(value), charset),
    }
}

/// RFC 3986 2.1: all but the unreserved characters.
pub(crate) fn percent_encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The inside of a JSON string.
pub(crate) fn json_escape(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

/// Text or a quoted attribute value of XML.
pub(crate) fn xml_escape(text: &str) -> String {
    xml_legal(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

/// XML 1.0 2.2: other control characters cannot be written at all.
fn xml_legal(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        .collect()
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
