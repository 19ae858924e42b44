//! Header blocks as fields, and the MIME fields of a part.
//!
//! Splitting is done here, strictly by RFC 5322 2.2, so that no two readers in this house can disagree about where a field ends; the
//! grammar inside of addresses, dates and encoded words is mail-parser's.

use mail_parser::HeaderValue;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;

use crate::text::is_deceptive;

/// A MIME field longer than this is cut: an honest one is below one kilobyte, and parameters are compared with each other.
const MIME_FIELD_BYTES: usize = 16 << 10;

/// Characters of a header value that are kept for people: RFC 5322's longest line.
const SHOWN_CHARS: usize = 998;

/// One header field, as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub name: &'a str,
    /// With its folds, without the last line end.
    pub value: &'a [u8],
}

impl Field<'_> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Splits a header block. The flag says that a line was neither field nor continuation.
pub fn split(block: &[u8]) -> (Vec<Field<'_>>, bool) {
    let mut fields = Vec::new();
    let mut malformed = false;
    let mut at = 0;
    while at < block.len() {
        let start = at;
        at = super::prescan::line_end(block, at);
        while block.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            at = super::prescan::line_end(block, at);
        }
        match field(block.get(start..at).unwrap_or_default()) {
            Some(field) => fields.push(field),
            None => malformed = true,
        }
    }
    (fields, malformed)
}

fn field(lines: &[u8]) -> Option<Field<'_>> {
    let colon = lines.iter().position(|byte| *byte == b':')?;
    let (name, value) = (lines.get(..colon)?.trim_ascii_end(), lines.get(colon + 1..)?);
    let printable = !name.is_empty() && name.iter().all(|byte| (33..127).contains(byte));
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    printable.then(|| Field {
        name: str::from_utf8(name).unwrap_or_default(),
        value,
    })
}

/// What a part's header says about its body.
#[derive(Debug, Default)]
pub struct MimeFields {
    /// Lower case `type/subtype`; `text/plain` when nothing is said (RFC 2045 5.2).
    pub content_type: String,
    pub boundary: Option<Vec<u8>>,
    pub charset: Option<String>,
    /// The file name as decoded, before it is made safe.
    pub name: Option<String>,
    pub attachment: bool,
    /// Lower case transfer encoding, empty when nothing is said.
    pub encoding: String,
    /// Two content types, or two boundaries: other readers may see other parts.
    pub ambiguous: bool,
    pub malformed_lines: bool,
}

impl MimeFields {
    pub fn is_multipart(&self) -> bool {
        self.content_type.starts_with("multipart/")
    }
}

/// Reads the MIME fields of a header block; for a field that occurs twice the first counts.
pub fn mime_fields(block: &[u8]) -> MimeFields {
    let (fields, malformed_lines) = split(block);
    let named = |name: &'static str| fields.iter().filter(move |field| field.is(name));
    let content = named("Content-Type").next().map(|field| Parameters::read(field.value));
    let disposition = named("Content-Disposition").next().map(|field| Parameters::read(field.value));
    let content = content.unwrap_or_default();
    let disposition = disposition.unwrap_or_default();
    let name = disposition.text("filename").or_else(|| content.text("name"));
    MimeFields {
        content_type: content_type(&content.first),
        boundary: content.raw("boundary").map(<[u8]>::to_vec),
        charset: content.text("charset"),
        name,
        attachment: disposition.first.eq_ignore_ascii_case("attachment"),
        encoding: named("Content-Transfer-Encoding")
            .next()
            .map(|field| clean(&String::from_utf8_lossy(field.value)).to_ascii_lowercase())
            .unwrap_or_default(),
        ambiguous: named("Content-Type").count() > 1 || named("Content-Transfer-Encoding").count() > 1 || content.repeats("boundary"),
        malformed_lines,
    }
}

fn content_type(written: &str) -> String {
    let lower = written.to_ascii_lowercase();
    match lower.split_once('/') {
        Some((kind, subtype)) if !kind.is_empty() && !subtype.is_empty() => lower,
        _ if lower.is_empty() => "text/plain".into(),
        _ => "application/octet-stream".into(),
    }
}

/// A value with parameters: `type/subtype; name=value; name*0*=…`.
#[derive(Debug, Default)]
struct Parameters {
    first: String,
    pairs: Vec<(String, Vec<u8>)>,
}

impl Parameters {
    fn read(value: &[u8]) -> Self {
        let value = value.get(..MIME_FIELD_BYTES).unwrap_or(value);
        let mut pieces = split_parameters(value).into_iter();
        let first = pieces.next().unwrap_or_default();
        let pairs = pieces
            .filter_map(|piece| {
                let equals = piece.iter().position(|byte| *byte == b'=')?;
                let name = piece.get(..equals)?.trim_ascii();
                let name = String::from_utf8_lossy(name).to_ascii_lowercase();
                Some((name, unquote(piece.get(equals + 1..)?)))
            })
            .collect();
        let without_comment = first.split(|byte| *byte == b'(').next().unwrap_or_default();
        let first = String::from_utf8_lossy(without_comment.trim_ascii())
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        Self { first, pairs }
    }

    fn raw(&self, name: &str) -> Option<&[u8]> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }

    fn repeats(&self, name: &str) -> bool {
        let mut values = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }

    /// The value as text: plain, or RFC 2231 (`name*`, `name*0`, `name*0*`), or an RFC 2047 word where none may stand, as PTT's library
    /// writes it.
    fn text(&self, name: &str) -> Option<String> {
        if let Some(value) = self.raw(&format!("{name}*")) {
            let (charset, value) = charset_prefix(value);
            return Some(decode_charset(&percent_decode(value), charset.as_deref()));
        }
        self.continued(name).or_else(|| self.raw(name).map(text))
    }

    fn continued(&self, name: &str) -> Option<String> {
        let mut bytes = Vec::new();
        let mut charset = None;
        for section in 0..self.pairs.len() {
            if let Some(value) = self.raw(&format!("{name}*{section}")) {
                bytes.extend_from_slice(value);
            } else if let Some(mut value) = self.raw(&format!("{name}*{section}*")) {
                if section == 0 {
                    (charset, value) = charset_prefix(value);
                }
                bytes.extend_from_slice(&percent_decode(value));
            } else {
                break;
            }
        }
        // An encoded word cut into sections is met too: after joining it is decoded as one.
        (!bytes.is_empty()).then(|| match charset {
            Some(charset) => decode_charset(&bytes, Some(&charset)),
            None => text(&bytes),
        })
    }
}

/// Cuts at semicolons outside of quotes.
fn split_parameters(value: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let (mut quoted, mut escaped) = (false, false);
    for &byte in value {
        match byte {
            b'\r' | b'\n' => continue,
            b';' if !quoted => {
                pieces.push(Vec::new());
                continue;
            }
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = byte == b'\\' && quoted && !escaped;
        if let Some(piece) = pieces.last_mut() {
            piece.push(byte);
        }
    }
    pieces
}

/// Takes the quotes off. Only `\"` and `\\` are unescaped: a Windows path that somebody put there keeps its separators, and loses
/// everything before the last of them when it is made safe.
fn unquote(value: &[u8]) -> Vec<u8> {
    let value = value.trim_ascii();
    let Some(inner) = value.strip_prefix(b"\"") else {
        return value
            .split(|byte| *byte == b' ' || *byte == b'(')
            .next()
            .unwrap_or_default()
            .to_vec();
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' if matches!(bytes.peek(), Some(b'"' | b'\\')) => out.extend(bytes.next()),
            other => out.push(other),
        }
    }
    out
}

/// `utf-8'tr'rest`: the charset and the rest.
fn charset_prefix(value: &[u8]) -> (Option<String>, &[u8]) {
    let mut pieces = value.splitn(3, |byte| *byte == b'\'');
    match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(charset), Some(_language), Some(rest)) => (Some(String::from_utf8_lossy(charset).into_owned()), rest),
        _ => (None, value),
    }
}

fn percent_decode(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, tail)) = rest.split_first() {
        let pair = tail.get(..2).and_then(|digits| hex::decode(digits).ok());
        match (byte, pair.as_deref()) {
            (b'%', Some([decoded])) => {
                out.push(*decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    out
}

/// Bytes as text in a charset. Unknown or ill-fitting ones are read as windows-1254, which every Turkish text survives.
pub fn decode_charset(bytes: &[u8], charset: Option<&str>) -> String {
    match charset_text(bytes, charset) {
        Ok(text) | Err(text) => text,
    }
}

/// As [`decode_charset`]; `Err` holds the text when the charset was unknown or did not fit.
pub fn charset_text(bytes: &[u8], charset: Option<&str>) -> Result<String, String> {
    let charset = charset.unwrap_or("utf-8").trim().to_ascii_lowercase();
    let unicode = matches!(charset.as_str(), "" | "utf-8" | "utf8" | "us-ascii" | "ascii");
    if let Ok(text) = str::from_utf8(bytes)
        && unicode
    {
        return Ok(text.to_owned());
    }
    match charset_decoder(charset.as_bytes()).filter(|_| !unicode) {
        Some(decode) => Ok(decode(bytes)),
        None => Err(turkish(bytes)),
    }
}

fn turkish(bytes: &[u8]) -> String {
    match (str::from_utf8(bytes), charset_decoder(b"windows-1254")) {
        (Ok(text), _) => text.to_owned(),
        (Err(_), Some(decode)) => decode(bytes),
        (Err(_), None) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// An unstructured value with its encoded words decoded (RFC 2047), not yet cleaned.
pub fn text(value: &[u8]) -> String {
    let unicode = decode_charset(value, None);
    let line = unicode + "\n";
    match MessageStream::new(line.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        HeaderValue::TextList(list) => list.join(" "),
        _ => String::new(),
    }
}

/// A text for people and for comparison: no control characters, none that reorder or hide text, one space at a time, bounded.
pub fn clean(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !is_deceptive(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    words.join(" ").chars().take(SHOWN_CHARS).collect()
}

/// True when [`clean`] takes something away that a person could be deceived by. Folds are no such thing.
pub fn is_tampered(text: &str) -> bool {
    text.chars().any(|c| is_deceptive(c) || (c.is_control() && c != '\t'))
}
