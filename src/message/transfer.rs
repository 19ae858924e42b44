//! Content transfer encodings, read as leniently as the bytes allow, and the memory that decoding may take.

use bytes::Bytes;

use super::codes::{self, Code};

/// How many bytes may be decoded out of one message: twice its size, and this much more so that small messages never meet the bound.
/// Base64 twice (L0 over L1) takes 1.3 times.
const SPARE_BYTES: u64 = 16 << 20;

/// What may still be taken. Reading takes three and a half times the message in all, the message included.
#[derive(Debug)]
pub struct Budget {
    left: u64,
    /// Half the message's size, kept back for turning the line ends of signed texts: 25 MB stored with bare LF need it at both levels.
    reserve: u64,
}

impl Budget {
    pub fn for_message(bytes: usize) -> Self {
        let bytes = bytes as u64;
        Self {
            left: 2 * bytes + SPARE_BYTES,
            reserve: bytes / 2,
        }
    }

    /// Gives the reserve free, when nothing is left to decode.
    pub fn release_reserve(&mut self) {
        self.left += std::mem::take(&mut self.reserve);
    }

    /// Takes `bytes` from what is left; false when there is not enough, and then nothing is taken.
    pub fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes as u64) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

/// The octets, and whether the encoding was sound.
type Decoder = fn(&[u8]) -> (Vec<u8>, bool);

/// Decodes a body. Identity encodings are slices of the message. The code says what was wrong with it.
pub fn decode(body: &Bytes, encoding: &str, budget: &mut Budget) -> (Bytes, Option<Code>) {
    let (bound, decode): (usize, Decoder) = match encoding {
        "base64" => (body.len() / 4 * 3 + 3, base64),
        "quoted-printable" => (body.len(), quoted_printable),
        "" | "7bit" | "8bit" | "binary" => return (body.clone(), None),
        _ => return (body.clone(), Some(codes::UNKNOWN_ENCODING)),
    };
    if !budget.take(bound) {
        return (body.clone(), Some(codes::DECODED_TOO_LARGE));
    }
    let (decoded, sound) = decode(body);
    (decoded.into(), (!sound).then_some(codes::TRANSFER_DAMAGED))
}

/// RFC 2045 6.8: white space is skipped, and so is any other foreign byte, which makes the result unsound. Stops at padding.
fn base64(body: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut bits, mut digits, mut padding) = (0_u32, 0_u32, 0_u32);
    let mut sound = true;
    for &byte in body {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => {
                sound = false;
                continue;
            }
        };
        if padding > 0 {
            // Data after the end: what mailing list footers do. Readers differ, so it is told and left out.
            sound = false;
            break;
        }
        bits = bits << 6 | u32::from(value);
        digits += 1;
        if digits == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, digits) = (0, 0);
        }
    }
    let complete = matches!((digits, padding), (0, 0) | (2, 2) | (3, 1));
    match digits {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
    (out, sound && complete)
}

/// RFC 2045 6.7. A malformed escape stays as it is and makes the result unsound.
fn quoted_printable(body: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(body.len());
    let mut sound = true;
    let mut rest = body;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'=' {
            out.push(byte);
            continue;
        }
        let pair = tail.get(..2).and_then(|digits| hex::decode(digits).ok());
        if let Some([decoded]) = pair.as_deref() {
            out.push(*decoded);
            rest = tail.get(2..).unwrap_or_default();
        } else if let Some(next_line) = soft_break(tail) {
            rest = next_line;
        } else {
            sound = false;
            out.push(byte);
        }
    }
    (out, sound)
}

/// After `=`: blanks up to a line end, or the end of the body.
fn soft_break(tail: &[u8]) -> Option<&[u8]> {
    let blanks = tail.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = tail.get(blanks..)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))
}
