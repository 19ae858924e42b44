//! Answers in JSON that are harmless wherever they end up: in a log, on a terminal, in a page that somebody builds without care.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::problem::Problem;
use crate::hash::Sha256;
use crate::text::is_deceptive;

pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => (
            status,
            [(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
            escaped(&text),
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            Problem::Broken.into_response()
        }
    }
}

/// With a tag of its content, and without the content where the program has it.
pub fn tagged(headers: &HeaderMap, value: &impl Serialize) -> Response {
    let text = match serde_json::to_string(value) {
        Ok(text) => escaped(&text),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            return Problem::Broken.into_response();
        }
    };
    let tag = Sha256::of(text.as_bytes()).to_string();
    if has(headers, &tag) {
        return unchanged(&tag);
    }
    let mut response = (StatusCode::OK, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response();
    tag_with(&mut response, &tag);
    response
}

/// Whether the program says that it has this content (RFC 9110 13.1.2).
pub fn has(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known).trim_matches('"') == tag)
}

pub fn unchanged(tag: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    tag_with(&mut response, tag);
    response
}

pub fn tag_with(response: &mut Response, tag: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(ETAG, value);
    }
}

/// The same JSON, with what begins a tag, reorders, hides or controls written as an escape. All of these can stand only within strings.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match must_be_escaped(c) {
            false => out.push(c),
            true => {
                let mut units = [0_u16; 2];
                c.encode_utf16(&mut units)
                    .iter()
                    .for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    out
}

fn must_be_escaped(c: char) -> bool {
    match c {
        '<' | '>' | '&' => true,
        c if c.is_ascii() => c.is_ascii_control(),
        c => {
            is_deceptive(c)
                || c.is_control()
                || matches!(c, '\u{ad}' | '\u{180e}' | '\u{2028}' | '\u{2029}' | '\u{3164}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_same_value_without_what_deceives() {
        let hostile = "</script>\u{202e}gpj.exe\u{200b}\u{0}\u{9b}31m\u{e0041}&\r\n\"\\ İstanbul 😀";
        let text = escaped(&serde_json::to_string(&hostile).unwrap());
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
        assert!(text.chars().all(|c| !must_be_escaped(c)), "{text}");
        assert!(text.contains("İstanbul 😀") && text.contains("\\u003c/script\\u003e\\u202e"));
    }

    #[test]
    fn a_tag_is_known_again_weak_strong_or_in_a_list() {
        for line in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_str(line).unwrap());
            assert!(has(&headers, "abc"), "{line}");
        }
        assert!(!has(&HeaderMap::new(), "abc"));
    }
}
