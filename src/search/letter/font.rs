//! Which letters the codes of a font show: its ToUnicode map (ISO 32000-2 9.10.3), else its encoding; and how wide they are.

use std::collections::HashMap;

use super::encoding;
use crate::signature::pades::structure::syntax::{Dictionary, Lexer, Object};
use crate::signature::pades::structure::view::View;

/// Codes that one map names: two bytes have no more.
const CODES: usize = 65_536;
/// Letters that one code stands for: ligatures have three or four.
const LETTERS_OF_CODE: usize = 8;
/// Tokens of a ToUnicode map.
const TOKENS: usize = 400_000;
/// Width where the font says none, in thousandths of its size.
const WIDTH: f64 = 500.0;
const WIDTH_OF_CID: f64 = 1000.0;

pub struct Font {
    /// Codes of two bytes.
    is_wide: bool,
    to_unicode: HashMap<u32, String>,
    /// For codes of one byte that the map does not name.
    encoding: Vec<Option<char>>,
    widths: HashMap<u32, f64>,
    other_width: f64,
}

/// One code, shown.
pub struct Shown {
    pub text: String,
    /// In thousandths of the size.
    pub width: f64,
    /// The code 32 of one byte, to which word spacing is added (9.3.3).
    pub is_space: bool,
}

impl Font {
    /// `left`: bytes of streams that may still be decoded.
    pub fn of(font: &Dictionary, view: &View<'_>, left: &mut usize) -> Self {
        let is_wide = font.is_name("Subtype", "Type0");
        let (widths, other_width) = if is_wide { widths_of_cids(font, view) } else { widths(font, view) };
        Self {
            is_wide,
            to_unicode: to_unicode(font, view, left).unwrap_or_default(),
            encoding: if is_wide { Vec::new() } else { encoding_of(font, view) },
            widths,
            other_width,
        }
    }

    pub fn letters<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Shown> + 'a {
        let length = if self.is_wide { 2 } else { 1 };
        bytes.chunks(length).map(|code| {
            let code = code.iter().fold(0u32, |code, byte| code << 8 | u32::from(*byte));
            let by_encoding = || {
                let letter = usize::try_from(code)
                    .ok()
                    .and_then(|code| self.encoding.get(code).copied().flatten());
                letter.map(String::from).unwrap_or_default()
            };
            Shown {
                text: self.to_unicode.get(&code).cloned().unwrap_or_else(by_encoding),
                width: self.widths.get(&code).copied().unwrap_or(self.other_width),
                is_space: !self.is_wide && code == 32,
            }
        })
    }
}

fn number(object: &Object) -> Option<f64> {
    match object {
        Object::Integer(number) => Some((*number as f64).clamp(-1e5, 1e5)),
        Object::Real(text) => std::str::from_utf8(text)
            .ok()?
            .parse::<f64>()
            .ok()
            .map(|number| number.clamp(-1e5, 1e5)),
        _ => None,
    }
}

fn code(object: &Object) -> Option<u32> {
    object.integer().and_then(|code| u32::try_from(code).ok())
}

fn widths(font: &Dictionary, view: &View<'_>) -> (HashMap<u32, f64>, f64) {
    let first = font.get("FirstChar").and_then(code).unwrap_or(0);
    let widths = view.array_at(font, "Widths").unwrap_or_default();
    let known = (first..)
        .zip(widths.iter().take(256))
        .filter_map(|(code, width)| Some((code, number(width)?)));
    (known.collect(), WIDTH)
}

/// 9.7.4.3: `c [w1 w2 …]` or `c1 c2 w`.
fn widths_of_cids(font: &Dictionary, view: &View<'_>) -> (HashMap<u32, f64>, f64) {
    let mut known = HashMap::new();
    let descendants = view.array_at(font, "DescendantFonts").unwrap_or_default();
    let Some(Ok(Object::Dictionary(descendant))) = descendants.first().map(|font| view.resolve(font)) else {
        return (known, WIDTH_OF_CID);
    };
    let widths = view.array_at(&descendant, "W").unwrap_or_default();
    let mut rest = widths.as_slice();
    loop {
        rest = match rest {
            [first, Object::Array(each), rest @ ..] => {
                let first = code(first).unwrap_or(0);
                known.extend(
                    (first..)
                        .zip(each)
                        .take(CODES)
                        .filter_map(|(code, width)| Some((code, number(width)?))),
                );
                rest
            }
            [first, last, width, rest @ ..] => {
                if let (Some(first), Some(last), Some(width)) = (code(first), code(last), number(width)) {
                    known.extend((first..=last).take(CODES).map(|code| (code, width)));
                }
                rest
            }
            _ => break,
        };
        if known.len() > CODES {
            break;
        }
    }
    (known, descendant.get("DW").and_then(number).unwrap_or(WIDTH_OF_CID))
}

fn encoding_of(font: &Dictionary, view: &View<'_>) -> Vec<Option<char>> {
    let mut letters: Vec<Option<char>> = (0..=255).map(encoding::win_ansi).collect();
    let Some(Ok(Object::Dictionary(encoding))) = font.get("Encoding").map(|encoding| view.resolve(encoding)) else {
        return letters;
    };
    let mut at = 0usize;
    for difference in view.array_at(&encoding, "Differences").unwrap_or_default().iter().take(1024) {
        match difference {
            Object::Integer(code) => at = usize::try_from(*code).unwrap_or(usize::MAX),
            Object::Name(name) => {
                if let Some(letter) = letters.get_mut(at) {
                    *letter = encoding::glyph(name);
                }
                at = at.saturating_add(1);
            }
            _ => {}
        }
    }
    letters
}

fn to_unicode(font: &Dictionary, view: &View<'_>, left: &mut usize) -> Option<HashMap<u32, String>> {
    let number = font.get("ToUnicode")?.reference()?;
    let stored = view.get(number).ok()??;
    let map = view.decoded(number, &stored).ok()?;
    *left = left.checked_sub(map.len())?;
    Some(read_map(&map))
}

/// The `bfchar` and `bfrange` sections; all else of the PostScript is passed over.
fn read_map(map: &[u8]) -> HashMap<u32, String> {
    let mut lexer = Lexer::new(map, 0);
    let mut known = HashMap::new();
    let mut operands: Vec<Object> = Vec::new();
    for _ in 0..TOKENS {
        lexer.skip_space();
        let Some(byte) = lexer.peek() else { break };
        if byte.is_ascii_alphabetic() {
            let rest = map.get(lexer.at..).unwrap_or_default();
            let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            match rest.get(..length).unwrap_or_default() {
                b"endbfchar" => operands.chunks(2).for_each(|pair| add_pair(pair, &mut known)),
                b"endbfrange" => operands.chunks(3).for_each(|triple| add_range(triple, &mut known)),
                _ => {}
            }
            operands.clear();
            lexer.at += length.max(1);
        } else {
            lexer.values = 0;
            let begin = lexer.at;
            match lexer.object() {
                Ok(operand) if operands.len() < CODES => operands.push(operand),
                Ok(_) => {}
                Err(_) => lexer.at = lexer.at.max(begin + 1),
            }
        }
        if known.len() >= CODES {
            break;
        }
    }
    known
}

fn add_pair(pair: &[Object], known: &mut HashMap<u32, String>) {
    if let [Object::String(code), Object::String(letters)] = pair {
        known.insert(big_endian(code), utf16(letters));
    }
}

fn add_range(triple: &[Object], known: &mut HashMap<u32, String>) {
    let [Object::String(first), Object::String(last), to] = triple else {
        return;
    };
    let codes = (big_endian(first)..=big_endian(last)).take(CODES.saturating_sub(known.len()));
    match to {
        Object::Array(each) => known.extend(codes.zip(each).filter_map(|(code, letters)| match letters {
            Object::String(letters) => Some((code, utf16(letters))),
            _ => None,
        })),
        Object::String(letters) => {
            // The last letter counts on.
            let text = utf16(letters);
            let mut chars = text.chars();
            let Some(last) = chars.next_back() else { return };
            let head: String = chars.collect();
            for (step, code) in (0u32..).zip(codes) {
                if let Some(letter) = char::from_u32((last as u32).saturating_add(step)) {
                    known.insert(code, format!("{head}{letter}"));
                }
            }
        }
        _ => {}
    }
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |code, byte| code << 8 | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes
        .chunks(2)
        .map(|pair| pair.iter().fold(0u16, |unit, byte| unit << 8 | u16::from(*byte)));
    char::decode_utf16(units).filter_map(Result::ok).take(LETTERS_OF_CODE).collect()
}
