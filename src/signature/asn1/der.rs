//! Writing DER: what was read, as a signature covers it, and pieces around it (X.690 8.1, 10, 11).

use super::ber::{CONSTRUCTED, NUMBER_BITS, Result, Value, tag};

impl Value<'_> {
    /// This value in DER as far as the encoding rules go without knowing the type: definite minimal lengths, joined octet strings, and,
    /// for the outermost value when `sort`, the order of a SET OF. Needed where a signature covers DER but BER was sent (RFC 5652 5.4).
    ///
    /// # Errors
    /// Malformed inside.
    pub fn to_der(&self, tag: u8, sort: bool) -> Result<Vec<u8>> {
        let mut parts = Vec::new();
        let mut children = self.children();
        while !children.is_empty() {
            parts.push(der_of(&children.next()?)?);
        }
        if sort {
            parts.sort_unstable();
        }
        Ok(encode(tag, &parts.concat()))
    }
}

fn der_of(value: &Value<'_>) -> Result<Vec<u8>> {
    match value.tag {
        t if t == tag::OCTET_STRING | CONSTRUCTED => Ok(encode(tag::OCTET_STRING, &value.octets()?)),
        t if t & CONSTRUCTED != 0 => value.to_der(t, false),
        t if t & NUMBER_BITS == NUMBER_BITS => Ok(value.raw.to_vec()),
        t => Ok(encode(t, value.content)),
    }
}

/// Identifier octet, minimal length and contents.
pub fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = header(tag, content.len());
    out.extend_from_slice(content);
    out
}

/// Identifier octet and minimal length, for contents that come in pieces.
pub fn header(tag: u8, length: usize) -> Vec<u8> {
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length.to_le_bytes().first().copied().unwrap_or_default());
    } else {
        let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
        out.push(0x80 | octets.len().to_le_bytes().first().copied().unwrap_or_default());
        out.extend_from_slice(&octets);
    }
    out
}
