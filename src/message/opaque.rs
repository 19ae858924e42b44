//! What a CMS carries, told from its outer frame: just enough to go on reading an opaque S/MIME message.
//!
//! A bounded walk over BER (definite and indefinite lengths, constructed octet strings) without recursion. It judges nothing: the
//! signature stage reads the same bytes again, strictly, and decides whether this content is what was signed.

use bytes::Bytes;

use super::transfer::Budget;

/// RFC 5652 and RFC 5083 content types, as DER contents of the OID.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
const AUTH_ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17];

const OID: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED_OCTET_STRING: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const EXPLICIT_0: u8 = 0xa0;

/// What the CMS is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cms {
    /// Signed data with its content inside.
    Opaque(Bytes),
    /// Signed data whose content is elsewhere.
    Detached,
    /// Enveloped, encrypted or authenticated-enveloped data.
    Encrypted,
    /// Another content type: compressed data, a time-stamp token outside of signed data, …
    Other,
    /// Signed data whose content would take more memory than the message may.
    TooLarge,
}

/// True when bytes begin like a ContentInfo: a SEQUENCE and the OID of a PKCS #7 or S/MIME content type.
pub fn looks_like_cms(bytes: &[u8]) -> bool {
    let mut reader = Reader { bytes, at: 0, depth: 0 };
    let pkcs = &SIGNED_DATA[..7];
    reader
        .enter(SEQUENCE)
        .and_then(|_| reader.primitive(OID))
        .is_some_and(|oid| oid.starts_with(pkcs))
}

/// Reads the outer frame. `None`: not a readable CMS. `depth` bounds nested indefinite lengths.
pub fn open(cms: &Bytes, depth: u32, budget: &mut Budget) -> Option<Cms> {
    let mut reader = Reader { bytes: cms, at: 0, depth };
    reader.enter(SEQUENCE)?;
    let content_type = reader.primitive(OID)?;
    if [ENVELOPED_DATA, ENCRYPTED_DATA, AUTH_ENVELOPED_DATA].contains(&content_type) {
        return Some(Cms::Encrypted);
    }
    if content_type != SIGNED_DATA {
        return Some(Cms::Other);
    }
    reader.enter(EXPLICIT_0)?;
    reader.enter(SEQUENCE)?;
    reader.skip()?; // version
    reader.skip()?; // digestAlgorithms
    let encapsulated = reader.enter(SEQUENCE)?;
    reader.primitive(OID)?;
    if reader.is_at_end(encapsulated) {
        return Some(Cms::Detached);
    }
    reader.enter(EXPLICIT_0)?;
    reader.octets(cms, budget)
}

/// The end of a constructed value: where, or at its end-of-contents octets.
type End = Option<usize>;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

struct Head {
    tag: u8,
    /// `None`: indefinite.
    length: Option<usize>,
}

impl<'a> Reader<'a> {
    /// One identifier and length. Multi-byte tags do not occur on this path.
    fn head(&mut self) -> Option<Head> {
        let tag = self.byte()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let length = match self.byte()? {
            0x80 => return (tag & 0x20 != 0).then_some(Head { tag, length: None }),
            short @ 0..0x80 => usize::from(short),
            long => {
                let mut length = 0_usize;
                for _ in 0..long & 0x7f {
                    length = length.checked_mul(256)?.checked_add(usize::from(self.byte()?))?;
                }
                length
            }
        };
        (length <= self.bytes.len().checked_sub(self.at)?).then_some(Head { tag, length: Some(length) })
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn enter(&mut self, tag: u8) -> Option<End> {
        let head = self.head()?;
        (head.tag == tag).then_some(head.length.map(|length| self.at + length))
    }

    fn primitive(&mut self, tag: u8) -> Option<&'a [u8]> {
        let head = self.head()?;
        let length = head.length.filter(|_| head.tag == tag)?;
        let value = self.bytes.get(self.at..self.at + length)?;
        self.at += length;
        Some(value)
    }

    fn is_at_end(&self, end: End) -> bool {
        match end {
            Some(end) => self.at >= end,
            None => self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(&[0, 0])),
        }
    }

    /// Steps over one value. Only indefinite lengths nest here, and they are counted, not recursed into.
    fn skip(&mut self) -> Option<()> {
        let mut open = 0;
        loop {
            let head = self.head()?;
            match head.length {
                Some(0) if head.tag == 0 => open = u32::checked_sub(open, 1)?,
                Some(length) => self.at += length,
                None => open += 1,
            }
            if open == 0 {
                return Some(());
            }
            if open > self.depth {
                return None;
            }
        }
    }

    /// The octets of eContent: a slice where they are in one piece, put together where the string is constructed.
    fn octets(&mut self, whole: &Bytes, budget: &mut Budget) -> Option<Cms> {
        let head = self.head()?;
        match (head.tag, head.length) {
            (OCTET_STRING, Some(length)) => Some(Cms::Opaque(whole.slice(self.at..self.at + length))),
            (CONSTRUCTED_OCTET_STRING, length) => {
                let end = length.map(|length| self.at + length);
                let bound = length.unwrap_or(self.bytes.len().saturating_sub(self.at));
                if !budget.take(bound) {
                    return Some(Cms::TooLarge);
                }
                self.gather(end, bound).map(|octets| Cms::Opaque(octets.into()))
            }
            _ => None,
        }
    }

    fn gather(&mut self, end: End, bound: usize) -> Option<Vec<u8>> {
        let mut open = vec![end];
        let mut octets = Vec::with_capacity(bound);
        while let Some(&innermost) = open.last() {
            if self.is_at_end(innermost) {
                self.at += if innermost.is_none() { 2 } else { 0 };
                open.pop();
                continue;
            }
            let head = self.head()?;
            match (head.tag, head.length) {
                (OCTET_STRING, Some(length)) => {
                    octets.extend_from_slice(self.bytes.get(self.at..self.at + length)?);
                    self.at += length;
                }
                (CONSTRUCTED_OCTET_STRING, length) if open.len() < self.depth as usize => {
                    open.push(length.map(|length| self.at + length));
                }
                _ => return None,
            }
        }
        Some(octets)
    }
}
