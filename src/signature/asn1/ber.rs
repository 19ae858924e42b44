//! A bounded reader of BER and DER over the received bytes. Nothing is copied but constructed strings, nothing is re-encoded unless a
//! caller asks for the DER of what it read (X.690).

use std::borrow::Cow;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use jiff::civil::DateTime;

pub use super::der::{encode, header};

/// Identifier octets (X.690 8.1.2) that the formats of this stage use.
pub mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const ENUMERATED: u8 = 0x0a;
    pub const UTF8_STRING: u8 = 0x0c;
    pub const PRINTABLE_STRING: u8 = 0x13;
    pub const TELETEX_STRING: u8 = 0x14;
    pub const IA5_STRING: u8 = 0x16;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const VISIBLE_STRING: u8 = 0x1a;
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    pub const BMP_STRING: u8 = 0x1e;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;

    /// Context-specific, constructed: `[n]` EXPLICIT or IMPLICIT of a constructed type.
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }

    /// Context-specific, primitive: `[n]` IMPLICIT of a primitive type.
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// Why bytes are not what a format wants. The text is for an engineer; findings and reasons say it in people's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BerError {
    #[error("the data end inside a value")]
    Truncated,
    #[error("bytes follow the last value")]
    Trailing,
    #[error("values are nested too deeply")]
    TooDeep,
    #[error("a length is malformed")]
    Length,
    #[error("another type was expected here")]
    Unexpected,
    #[error("a value is malformed")]
    Malformed,
}

pub type Result<T, E = BerError> = std::result::Result<T, E>;

pub(super) const CONSTRUCTED: u8 = 0x20;
const CLASS_BITS: u8 = 0xc0;
pub(super) const NUMBER_BITS: u8 = 0x1f;

/// One value as it stands in the received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// The identifier octet; a high tag number keeps all ones in its low bits and so never equals an expected tag.
    pub tag: u8,
    /// Identifier, length and contents, with the end-of-contents octets of an indefinite length.
    pub raw: &'a [u8],
    /// Contents only.
    pub content: &'a [u8],
    /// False for the indefinite form.
    pub definite: bool,
    depth: u32,
}

/// Values one after another.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: u32,
}

/// The one value that `bytes` are, with nothing behind it.
///
/// # Errors
/// Not BER, nested deeper than `depth`, or trailing bytes.
pub fn whole(bytes: &[u8], depth: u32) -> Result<Value<'_>> {
    let mut reader = Reader::new(bytes, depth);
    let value = reader.next()?;
    reader.finish()?;
    Ok(value)
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], depth: u32) -> Self {
        Self { rest: bytes, depth }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// # Errors
    /// Values are left.
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(BerError::Trailing) }
    }

    /// The identifier octet of the next value, without reading it.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// # Errors
    /// No further value, or a malformed one.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Value<'a>> {
        let value = read(self.rest, self.depth)?;
        self.rest = self.rest.get(value.raw.len()..).ok_or(BerError::Truncated)?;
        Ok(value)
    }

    /// # Errors
    /// The next value has another tag, or is malformed.
    pub fn expect(&mut self, tag: u8) -> Result<Value<'a>> {
        if self.peek() != Some(tag) {
            return Err(if self.rest.is_empty() {
                BerError::Truncated
            } else {
                BerError::Unexpected
            });
        }
        self.next()
    }

    /// # Errors
    /// The next value has the tag and is malformed.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>> {
        if self.peek() == Some(tag) {
            self.next().map(Some)
        } else {
            Ok(None)
        }
    }

    /// # Errors
    /// A value is malformed.
    pub fn all(mut self) -> Result<Vec<Value<'a>>> {
        let mut values = Vec::new();
        while !self.is_empty() {
            values.push(self.next()?);
        }
        Ok(values)
    }
}

/// Reads the value at the start of `bytes`.
fn read(bytes: &[u8], depth: u32) -> Result<Value<'_>> {
    let depth = depth.checked_sub(1).ok_or(BerError::TooDeep)?;
    let header = Header::read(bytes)?;
    let body = bytes.get(header.size..).ok_or(BerError::Truncated)?;
    let (content, end) = match header.length {
        Some(length) => (body.get(..length).ok_or(BerError::Truncated)?, header.size + length),
        None => {
            let length = indefinite_length(body, depth)?;
            (body.get(..length).ok_or(BerError::Truncated)?, header.size + length + 2)
        }
    };
    Ok(Value {
        tag: header.tag,
        raw: bytes.get(..end).ok_or(BerError::Truncated)?,
        content,
        definite: header.length.is_some(),
        depth,
    })
}

struct Header {
    tag: u8,
    /// Octets of identifier and length.
    size: usize,
    length: Option<usize>,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self> {
        let tag = *bytes.first().ok_or(BerError::Truncated)?;
        let mut at = 1;
        if tag & NUMBER_BITS == NUMBER_BITS {
            // High tag number: at most four continuation octets, more is nobody's format.
            loop {
                let octet = *bytes.get(at).ok_or(BerError::Truncated)?;
                at += 1;
                if octet & 0x80 == 0 {
                    break;
                }
                if at > 5 {
                    return Err(BerError::Malformed);
                }
            }
        }
        let first = *bytes.get(at).ok_or(BerError::Truncated)?;
        at += 1;
        let length = match first {
            0..=0x7f => Some(usize::from(first)),
            0x80 if tag & CONSTRUCTED != 0 => None,
            0x80 | 0xff => return Err(BerError::Length),
            _ => {
                let octets = bytes.get(at..at + usize::from(first & 0x7f)).ok_or(BerError::Truncated)?;
                at += octets.len();
                let mut length: usize = 0;
                for octet in octets {
                    length = length
                        .checked_mul(256)
                        .and_then(|l| l.checked_add(usize::from(*octet)))
                        .ok_or(BerError::Length)?;
                }
                Some(length)
            }
        };
        Ok(Self { tag, size: at, length })
    }
}

/// Length of the contents of an indefinite value, up to and without its end-of-contents octets. Walks with a count of open indefinite
/// values instead of recursion, so that each octet is looked at once.
fn indefinite_length(body: &[u8], depth: u32) -> Result<usize> {
    let mut at = 0usize;
    let mut open = 1u32;
    loop {
        let rest = body.get(at..).ok_or(BerError::Truncated)?;
        if rest.starts_with(&[0, 0]) {
            open -= 1;
            if open == 0 {
                return Ok(at);
            }
            at += 2;
            continue;
        }
        let header = Header::read(rest)?;
        match header.length {
            Some(length) => {
                at = at
                    .checked_add(header.size)
                    .and_then(|a| a.checked_add(length))
                    .ok_or(BerError::Length)?
            }
            None => {
                open += 1;
                if open > depth {
                    return Err(BerError::TooDeep);
                }
                at += header.size;
            }
        }
    }
}

impl<'a> Value<'a> {
    pub fn is_constructed(&self) -> bool {
        self.tag & CONSTRUCTED != 0
    }

    /// The values inside.
    pub fn children(&self) -> Reader<'a> {
        Reader::new(self.content, self.depth)
    }

    /// The one value inside, for EXPLICIT tags.
    ///
    /// # Errors
    /// None, several, or malformed.
    pub fn only_child(&self) -> Result<Value<'a>> {
        whole(self.content, self.depth)
    }

    /// The values inside a constructed value of this tag.
    ///
    /// # Errors
    /// Another tag.
    pub fn expect(&self, tag: u8) -> Result<Reader<'a>> {
        if self.tag == tag {
            Ok(self.children())
        } else {
            Err(BerError::Unexpected)
        }
    }

    /// # Errors
    /// Not an OBJECT IDENTIFIER.
    pub fn oid(&self) -> Result<ObjectIdentifier> {
        if self.tag != tag::OID {
            return Err(BerError::Unexpected);
        }
        ObjectIdentifier::from_bytes(self.content).map_err(|_| BerError::Malformed)
    }

    /// # Errors
    /// Not a BOOLEAN.
    pub fn boolean(&self) -> Result<bool> {
        match (self.tag & !CLASS_BITS, self.content) {
            (_, [octet]) if !self.is_constructed() => Ok(*octet != 0),
            _ => Err(BerError::Malformed),
        }
    }

    /// The octets of an INTEGER without redundant leading octets, sign kept.
    ///
    /// # Errors
    /// Not an INTEGER (or implicitly tagged one), or empty.
    pub fn integer(&self) -> Result<&'a [u8]> {
        if self.is_constructed() || self.content.is_empty() {
            return Err(BerError::Malformed);
        }
        let mut octets = self.content;
        while let [first, second, ..] = octets {
            let redundant = (*first == 0 && second & 0x80 == 0) || (*first == 0xff && second & 0x80 != 0);
            if !redundant {
                break;
            }
            octets = octets.get(1..).ok_or(BerError::Malformed)?;
        }
        Ok(octets)
    }

    /// # Errors
    /// Not a non-negative INTEGER below 2^63.
    pub fn unsigned(&self) -> Result<u64> {
        let octets = self.integer()?;
        if octets.len() > 8 || octets.first().is_some_and(|first| first & 0x80 != 0) {
            return Err(BerError::Malformed);
        }
        Ok(octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
    }

    /// The octets of an OCTET STRING (or an implicitly tagged one), the segments of a constructed one joined.
    ///
    /// # Errors
    /// A segment is not an OCTET STRING.
    pub fn octets(&self) -> Result<Cow<'a, [u8]>> {
        if !self.is_constructed() {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut joined = Vec::with_capacity(self.content.len());
        self.join_segments(&mut joined)?;
        Ok(Cow::Owned(joined))
    }

    fn join_segments(&self, into: &mut Vec<u8>) -> Result<()> {
        let mut segments = self.children();
        while !segments.is_empty() {
            let segment = segments.next()?;
            match segment.tag {
                tag::OCTET_STRING => into.extend_from_slice(segment.content),
                t if t == tag::OCTET_STRING | CONSTRUCTED => segment.join_segments(into)?,
                _ => return Err(BerError::Unexpected),
            }
        }
        Ok(())
    }

    /// The octets of a BIT STRING that is a whole number of octets.
    ///
    /// # Errors
    /// Not a primitive BIT STRING, or unused bits.
    pub fn bit_octets(&self) -> Result<&'a [u8]> {
        match self.content.split_first() {
            Some((0, octets)) if !self.is_constructed() => Ok(octets),
            _ => Err(BerError::Malformed),
        }
    }

    /// The first sixteen bits of a BIT STRING of flags; bit 0 of the ASN.1 type is the highest bit.
    ///
    /// # Errors
    /// Not a primitive BIT STRING.
    pub fn flags(&self) -> Result<u16> {
        let (unused, octets) = self.content.split_first().ok_or(BerError::Malformed)?;
        if self.is_constructed() || *unused > 7 || (octets.is_empty() && *unused != 0) {
            return Err(BerError::Malformed);
        }
        let high = octets.first().copied().unwrap_or(0);
        let low = octets.get(1).copied().unwrap_or(0);
        Ok(u16::from(high) << 8 | u16::from(low))
    }

    /// UTCTime or GeneralizedTime, as RFC 5280 4.1.2.5 and RFC 5652 11.3 allow them; a fraction of a second is kept (RFC 3161).
    ///
    /// # Errors
    /// Another type or form.
    pub fn time(&self) -> Result<Timestamp> {
        let text = std::str::from_utf8(self.content).map_err(|_| BerError::Malformed)?;
        let (year, rest) = match self.tag {
            tag::UTC_TIME => {
                let short: i16 = digits(text, 0, 2)?;
                (if short < 50 { 2000 + short } else { 1900 + short }, text.get(2..))
            }
            tag::GENERALIZED_TIME => (digits(text, 0, 4)?, text.get(4..)),
            _ => return Err(BerError::Unexpected),
        };
        let rest = rest.and_then(|rest| rest.strip_suffix('Z')).ok_or(BerError::Malformed)?;
        let (clock, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        // Seconds may be left out in old UTCTime only.
        let second: i8 = match clock.len() {
            10 => digits(clock, 8, 2)?,
            8 if self.tag == tag::UTC_TIME => 0,
            _ => return Err(BerError::Malformed),
        };
        if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BerError::Malformed);
        }
        let nanosecond: i32 = if fraction.is_empty() {
            0
        } else {
            format!("{fraction:0<9}").parse().map_err(|_| BerError::Malformed)?
        };
        DateTime::new(
            year,
            digits(clock, 0, 2)?,
            digits(clock, 2, 2)?,
            digits(clock, 4, 2)?,
            digits(clock, 6, 2)?,
            second,
            nanosecond,
        )
        .and_then(|civil| civil.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|zoned| zoned.timestamp())
        .map_err(|_| BerError::Malformed)
    }

    /// The text of any ASN.1 string type (X.690 8.23, RFC 5280 appendix A).
    ///
    /// # Errors
    /// Not a string type, or octets outside its alphabet.
    pub fn text(&self) -> Result<String> {
        match self.tag {
            tag::UTF8_STRING => String::from_utf8(self.content.to_vec()).map_err(|_| BerError::Malformed),
            // PrintableString, NumericString, IA5String and VisibleString are ASCII; TeletexString is read as Latin-1, as everybody does.
            0x12 | tag::PRINTABLE_STRING | tag::IA5_STRING | tag::VISIBLE_STRING | tag::TELETEX_STRING => {
                Ok(self.content.iter().map(|octet| char::from(*octet)).collect())
            }
            tag::BMP_STRING => {
                let units = self.content.chunks_exact(2);
                if !units.remainder().is_empty() {
                    return Err(BerError::Malformed);
                }
                let units: Vec<u16> = units
                    .map(|pair| pair.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet)))
                    .collect();
                String::from_utf16(&units).map_err(|_| BerError::Malformed)
            }
            tag::UNIVERSAL_STRING => {
                let units = self.content.chunks_exact(4);
                if !units.remainder().is_empty() {
                    return Err(BerError::Malformed);
                }
                units
                    .map(|unit| char::from_u32(unit.iter().fold(0, |c, octet| c << 8 | u32::from(*octet))).ok_or(BerError::Malformed))
                    .collect()
            }
            _ => Err(BerError::Unexpected),
        }
    }
}

fn digits<T: std::str::FromStr>(text: &str, at: usize, count: usize) -> Result<T> {
    text.get(at..at + count)
        .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|part| part.parse().ok())
        .ok_or(BerError::Malformed)
}

#[cfg(test)]
#[path = "ber_tests.rs"]
mod ber_tests;
