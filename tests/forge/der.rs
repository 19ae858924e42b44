//! A small DER writer, and the two BER forms that streaming signers emit (indefinite length, constructed OCTET STRING).

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub type Der = Vec<u8>;

pub fn tlv(tag: u8, body: &[u8]) -> Der {
    let mut out = vec![tag];
    match body.len() {
        n @ 0..=0x7f => out.push(n as u8),
        n => {
            let bytes = n.to_be_bytes();
            let skip = bytes.iter().take_while(|b| **b == 0).count();
            out.push(0x80 | (bytes.len() - skip) as u8);
            out.extend(&bytes[skip..]);
        }
    }
    out.extend(body);
    out
}

pub fn concat(parts: impl IntoIterator<Item = Der>) -> Der {
    parts.into_iter().flatten().collect()
}

pub fn seq(parts: impl IntoIterator<Item = Der>) -> Der {
    tlv(0x30, &concat(parts))
}

/// SET OF in DER order (X.690 11.6).
pub fn set_of(parts: impl IntoIterator<Item = Der>) -> Der {
    let mut parts: Vec<Der> = parts.into_iter().collect();
    parts.sort();
    tlv(0x31, &concat(parts))
}

/// SET OF in the order given: BER only, as some signers in the field write it.
pub fn set_unsorted(parts: impl IntoIterator<Item = Der>) -> Der {
    tlv(0x31, &concat(parts))
}

/// `[n]` constructed around whole values: EXPLICIT, or IMPLICIT SET/SEQUENCE when given the content.
pub fn ctx(n: u8, body: impl IntoIterator<Item = Der>) -> Der {
    tlv(0xa0 | n, &concat(body))
}

/// `[n]` primitive.
pub fn ctx_prim(n: u8, body: &[u8]) -> Der {
    tlv(0x80 | n, body)
}

/// The same content under another tag: IMPLICIT tagging.
pub fn retag(tag: u8, value: &[u8]) -> Der {
    let mut out = value.to_vec();
    out[0] = tag;
    out
}

pub fn oid(dotted: &str) -> Der {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut body = Vec::new();
    base128(arcs[0] * 40 + arcs[1], &mut body);
    arcs[2..].iter().for_each(|arc| base128(*arc, &mut body));
    tlv(0x06, &body)
}

fn base128(value: u64, out: &mut Vec<u8>) {
    let digits = (64 - value.leading_zeros()).div_ceil(7).max(1);
    for i in (0..digits).rev() {
        let digit = ((value >> (7 * i)) & 0x7f) as u8;
        out.push(if i == 0 { digit } else { digit | 0x80 });
    }
}

/// A non-negative INTEGER from big-endian bytes.
pub fn uint(bytes: &[u8]) -> Der {
    let start = bytes.iter().take_while(|b| **b == 0).count();
    let mut body = bytes[start..].to_vec();
    if body.first().is_none_or(|b| *b >= 0x80) {
        body.insert(0, 0);
    }
    tlv(0x02, &body)
}

pub fn int(value: u64) -> Der {
    uint(&value.to_be_bytes())
}

pub fn boolean(value: bool) -> Der {
    tlv(0x01, &[if value { 0xff } else { 0 }])
}

pub fn null() -> Der {
    vec![0x05, 0]
}

pub fn octets(bytes: &[u8]) -> Der {
    tlv(0x04, bytes)
}

/// BIT STRING of whole bytes.
pub fn bits(bytes: &[u8]) -> Der {
    let mut body = vec![0];
    body.extend(bytes);
    tlv(0x03, &body)
}

/// BIT STRING of named bits, trailing zeros removed as DER wants.
pub fn named_bits(set: &[u8]) -> Der {
    let Some(last) = set.iter().max() else { return tlv(0x03, &[0]) };
    let mut body = vec![0; 2 + usize::from(last / 8)];
    body[0] = 7 - last % 8;
    set.iter().for_each(|bit| body[1 + usize::from(bit / 8)] |= 0x80 >> (bit % 8));
    tlv(0x03, &body)
}

pub fn utf8(text: &str) -> Der {
    tlv(0x0c, text.as_bytes())
}

pub fn printable(text: &str) -> Der {
    tlv(0x13, text.as_bytes())
}

pub fn ia5(text: &str) -> Der {
    tlv(0x16, text.as_bytes())
}

/// `Time` of RFC 5280: UTCTime through 2049, GeneralizedTime from 2050.
pub fn time(at: Timestamp) -> Der {
    match utc(at, "%Y").as_str() {
        year if year < "2050" => tlv(0x17, utc(at, "%y%m%d%H%M%SZ").as_bytes()),
        _ => generalized(at),
    }
}

pub fn generalized(at: Timestamp) -> Der {
    tlv(0x18, utc(at, "%Y%m%d%H%M%SZ").as_bytes())
}

fn utc(at: Timestamp, format: &str) -> String {
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// Indefinite length: BER only.
pub fn indefinite(tag: u8, parts: impl IntoIterator<Item = Der>) -> Der {
    let mut out = vec![tag | 0x20, 0x80];
    out.extend(concat(parts));
    out.extend([0, 0]);
    out
}

/// An OCTET STRING in pieces of `chunk` bytes under an indefinite length, as streaming signers write their content.
pub fn octets_in_pieces(bytes: &[u8], chunk: usize) -> Der {
    indefinite(0x24, bytes.chunks(chunk).map(octets))
}

/// `AlgorithmIdentifier` without parameters.
pub fn alg(dotted: &str) -> Der {
    seq([oid(dotted)])
}

/// `AlgorithmIdentifier` with NULL parameters.
pub fn alg_null(dotted: &str) -> Der {
    seq([oid(dotted), null()])
}

/// The content octets of one definite-length TLV.
pub fn content(value: &[u8]) -> &[u8] {
    let header = match value[1] {
        n if n < 0x80 => 2,
        n => 2 + usize::from(n & 0x7f),
    };
    &value[header..]
}
