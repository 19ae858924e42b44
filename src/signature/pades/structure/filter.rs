//! Decoding of the few streams that structure and validation data need: Flate with predictors, and ASCIIHex. Bounded.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::syntax::{Dictionary, Object};

/// Decoded bytes of one stream: an object stream of a thousand-page book has some megabytes.
pub const MAX_DECODED: usize = 64 << 20;
/// Filters one behind another.
const MAX_FILTERS: usize = 4;
/// Bytes of one row under a predictor: a cross-reference entry has about eight.
const MAX_ROW: usize = 1 << 16;

/// The decoded bytes of a stream, at most `budget` of them; `None` when they cannot be decoded.
pub fn decode(dictionary: &Dictionary, raw: &[u8], budget: usize) -> Option<Vec<u8>> {
    let filters = one_or_many(dictionary.get("Filter"))?;
    let parameters = one_or_many(dictionary.get("DecodeParms"))?;
    if filters.len() > MAX_FILTERS {
        return None;
    }
    let mut bytes = raw.to_vec();
    for (index, filter) in filters.iter().enumerate() {
        bytes = match filter.name()? {
            b"FlateDecode" | b"Fl" => {
                let inflated = inflate(&bytes, budget.min(MAX_DECODED))?;
                match parameters.get(index) {
                    Some(Object::Dictionary(parameters)) => predict(parameters, inflated)?,
                    Some(Object::Null) | None => inflated,
                    Some(_) => return None,
                }
            }
            b"ASCIIHexDecode" | b"AHx" => hex::decode(hex_digits(&bytes)?).ok()?,
            _ => return None,
        };
    }
    Some(bytes)
}

fn one_or_many(value: Option<&Object>) -> Option<Vec<Object>> {
    match value {
        None | Some(Object::Null) => Some(Vec::new()),
        Some(Object::Array(elements)) => Some(elements.clone()),
        Some(one @ (Object::Name(_) | Object::Dictionary(_))) => Some(vec![one.clone()]),
        Some(_) => None,
    }
}

fn inflate(bytes: &[u8], budget: usize) -> Option<Vec<u8>> {
    let limit = u64::try_from(budget).ok()?;
    let mut out = Vec::new();
    ZlibDecoder::new(bytes).take(limit + 1).read_to_end(&mut out).ok()?;
    (out.len() <= budget).then_some(out)
}

fn hex_digits(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.iter().position(|byte| *byte == b'>').unwrap_or(bytes.len());
    let mut digits: Vec<u8> = bytes
        .get(..end)?
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    if digits.len() % 2 == 1 {
        digits.push(b'0');
    }
    Some(digits)
}

/// ISO 32000-2 7.4.4.4: none, or the PNG predictors, which name themselves per row. TIFF's is for images.
fn predict(parameters: &Dictionary, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let number = |key: &str, default: i64| parameters.get(key).map_or(Some(default), Object::integer);
    match number("Predictor", 1)? {
        1 => return Some(bytes),
        10..=15 => {}
        _ => return None,
    }
    let columns = usize::try_from(number("Columns", 1)?).ok()?;
    let colors = usize::try_from(number("Colors", 1)?).ok()?;
    if number("BitsPerComponent", 8)? != 8 || columns == 0 || colors == 0 {
        return None;
    }
    let row = columns.checked_mul(colors).filter(|row| *row <= MAX_ROW)?;
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut above = vec![0u8; row];
    for line in bytes.chunks(row + 1) {
        let (kind, line) = line.split_first()?;
        if line.len() != row {
            return None;
        }
        let mut current: Vec<u8> = Vec::with_capacity(row);
        for (index, byte) in line.iter().enumerate() {
            let before = |row: &[u8]| index.checked_sub(colors).and_then(|at| row.get(at)).copied().unwrap_or_default();
            let (left, up, corner) = (before(&current), above.get(index).copied()?, before(&above));
            let predicted = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, corner),
                _ => return None,
            };
            current.push(byte.wrapping_add(predicted));
        }
        out.extend(&current);
        above = current;
    }
    Some(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
