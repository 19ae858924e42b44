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

/// In [`DIGITS`]: not a digit of base64.
const FOREIGN: u8 = 64;

/// The value of each byte as a digit of base64.
const DIGITS: [u8; 256] = {
    let alphabet = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digits = [FOREIGN; 256];
    let mut value = 0;
    while value < alphabet.len() {
        digits[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

fn digit(byte: u8) -> u8 {
    DIGITS.get(usize::from(byte)).copied().unwrap_or(FOREIGN)
}

/// Decodes whole groups of four digits from the front, as far as nothing else stands between them; says how many bytes it read.
fn whole_groups(body: &[u8], out: &mut Vec<u8>) -> usize {
    let mut read = 0;
    for group in body.as_chunks::<4>().0 {
        let [a, b, c, d] = group.map(digit);
        if (a | b | c | d) >= FOREIGN {
            break;
        }
        let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        let [_, first, second, third] = bits.to_be_bytes();
        out.extend_from_slice(&[first, second, third]);
        read += 4;
    }
    read
}

/// RFC 2045 6.8.
fn base64(body: &[u8]) -> (Vec<u8>, bool) {
    match sound_base64(body) {
        Some(octets) => (octets, true),
        None => lenient_base64(body),
    }
}

/// Sound base64 between ASCII blanks, decoded many digits at a time; `None` where anything is odd, and the other reader must look.
fn sound_base64(body: &[u8]) -> Option<Vec<u8>> {
    // The only blank of that reader which is foreign here.
    if memchr::memchr(b'\x0c', body).is_some() {
        return None;
    }
    let octets = base64_simd::forgiving_decode_to_vec(body).ok()?;
    let padding = body.trim_ascii_end().iter().rev().take_while(|byte| **byte == b'=').count();
    (padding == (3 - octets.len() % 3) % 3).then_some(octets)
}

/// White space is skipped, and so is any other foreign byte, which makes the result unsound. Stops at padding.
fn lenient_base64(body: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut bits, mut digits, mut padding) = (0_u32, 0_u32, 0_u32);
    let mut sound = true;
    let mut rest = body;
    loop {
        if (digits, padding) == (0, 0) {
            let read = whole_groups(rest, &mut out);
            rest = rest.get(read..).unwrap_or_default();
        }
        let Some((&byte, tail)) = rest.split_first() else { break };
        rest = tail;
        let value = match byte {
            _ if digit(byte) < FOREIGN => digit(byte),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(crate::cases::fixed(4_000))]
        /// The two readers of base64 may differ in speed only.
        #[test]
        fn the_fast_reader_says_what_the_lenient_one_says_or_nothing(body in "([AQgwx9+/]{0,8}[\r\n\t =]?){0,12}[-_.\u{c}]?=?=?\r?\n?") {
            let lenient = lenient_base64(body.as_bytes());
            if let Some(octets) = sound_base64(body.as_bytes()) {
                prop_assert_eq!((octets, true), lenient);
            }
        }
    }

    #[test]
    fn what_senders_write_takes_the_fast_reader() {
        assert_eq!(
            sound_base64(b"VGVzdC1r\r\nYW5h\r\nbA==\r\n").as_deref(),
            Some(b"Test-kanal".as_slice())
        );
        assert_eq!(sound_base64(b"").as_deref(), Some(b"".as_slice()));
        for odd in ["VGVz-dC1", "VGVzdA", "VGVzdA=", "VG==VGVz", "VGVz\x0cdC1r"] {
            assert_eq!(sound_base64(odd.as_bytes()), None, "{odd}");
        }
    }
}
