//! Characters of an SMS: what fits into one message, and what becomes of Turkish letters.
//!
//! Sources: 3GPP TS 23.038 6.2.1 (default alphabet), 6.2.1.1 (extension table), A.2.1 (Turkish single shift table); ISO/IEC 8859-9.

use super::provider::{Charset, TurkishEncoding};

/// Septets of one SMS in the default alphabet.
const GSM7_SEPTETS: usize = 160;

/// The same with the three-byte header element and its length that announce a shift table: 160 - 5.
const SHIFTED_SEPTETS: usize = 155;

/// UTF-16 units of one SMS in UCS-2.
const UCS2_UNITS: usize = 70;

/// 3GPP TS 23.038 6.2.1, without the escape.
const BASIC: &str =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// 3GPP TS 23.038 6.2.1.1: an escape and a character, two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// 3GPP TS 23.038 A.2.1: what the Turkish single shift table adds.
const TURKISH_SHIFT: &str = "ĞİŞçğış";

/// How a text goes over the air, so that it can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Gsm7,
    TurkishShift,
    Ucs2,
}

impl Alphabet {
    fn of(text: &str, turkish: TurkishEncoding) -> Self {
        if text.chars().all(|c| gsm7_septets(c).is_some()) {
            return Self::Gsm7;
        }
        let shifted =
            turkish == TurkishEncoding::SingleShift && text.chars().all(|c| gsm7_septets(c).is_some() || TURKISH_SHIFT.contains(c));
        if shifted { Self::TurkishShift } else { Self::Ucs2 }
    }

    fn limit(self) -> usize {
        match self {
            Self::Gsm7 => GSM7_SEPTETS,
            Self::TurkishShift => SHIFTED_SEPTETS,
            Self::Ucs2 => UCS2_UNITS,
        }
    }

    fn cost(self, c: char) -> usize {
        match self {
            Self::Gsm7 | Self::TurkishShift => gsm7_septets(c).unwrap_or(2),
            Self::Ucs2 => c.len_utf16(),
        }
    }

    fn length(self, text: &str) -> usize {
        text.chars().map(|c| self.cost(c)).sum()
    }
}

fn gsm7_septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// The text as one SMS: one line, Turkish letters kept or transliterated, cut with an ellipsis where it is too long.
pub(super) fn one_message(text: &str, keep_turkish: bool, turkish: TurkishEncoding) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = if keep_turkish { tidy(&line) } else { transliterate(&line) };
    let alphabet = Alphabet::of(&line, turkish);
    if alphabet.length(&line) <= alphabet.limit() {
        return line;
    }
    let ellipsis = if alphabet == Alphabet::Ucs2 { "…" } else { "..." };
    let room = alphabet.limit() - alphabet.length(ellipsis);
    let mut used = 0;
    let kept: String = line
        .chars()
        .take_while(|c| {
            used += alphabet.cost(*c);
            used <= room
        })
        .collect();
    kept.trim_end().to_owned() + ellipsis
}

/// True when the text has a letter for which a gateway's Turkish switch must be set.
pub(super) fn needs_turkish(text: &str) -> bool {
    text.chars().any(|c| gsm7_septets(c).is_none())
}

/// The text in the default alphabet alone: `ç` becomes `c`, `ğ` becomes `g`; what has no likeness becomes `?`.
/// `Ç Ö Ü ö ü` are in the alphabet but change too, since some gateways garble them and half a change reads badly.
fn transliterate(text: &str) -> String {
    tidy(text)
        .chars()
        .map(|c| match c {
            'ç' => 'c',
            'Ç' => 'C',
            'ğ' => 'g',
            'Ğ' => 'G',
            'ı' | 'î' => 'i',
            'İ' | 'Î' => 'I',
            'ö' => 'o',
            'Ö' => 'O',
            'ş' => 's',
            'Ş' => 'S',
            'ü' | 'û' => 'u',
            'Ü' | 'Û' => 'U',
            'â' => 'a',
            'Â' => 'A',
            other if gsm7_septets(other).is_some() => other,
            _ => '?',
        })
        .collect()
}

/// Typographic characters as their plain ones: each of them alone would halve the room of an SMS.
fn tidy(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !crate::text::is_deceptive(*c) && *c != '\u{307}')
        .flat_map(|c| {
            match c {
                '‘' | '’' | '‚' => "'",
                '“' | '”' | '„' | '«' | '»' => "\"",
                '–' | '—' | '−' | '‐' | '‑' => "-",
                '…' => "...",
                '•' | '·' => "*",
                '→' => "->",
                '\u{a0}' => " ",
                other => return vec![other],
            }
            .chars()
            .collect::<Vec<char>>()
        })
        .collect()
}

/// The bytes of a text in a request's charset; what Latin-5 cannot say becomes `?`.
pub(super) fn encode(text: &str, charset: Charset) -> Vec<u8> {
    match charset {
        Charset::Utf8 => text.as_bytes().to_vec(),
        Charset::Latin5 => text.chars().map(latin5).collect(),
    }
}

fn latin5(c: char) -> u8 {
    match c {
        'Ğ' => 0xD0,
        'İ' => 0xDD,
        'Ş' => 0xDE,
        'ğ' => 0xF0,
        'ı' => 0xFD,
        'ş' => 0xFE,
        // The six places where Latin-5 differs from Latin-1.
        'Ð' | 'Ý' | 'Þ' | 'ð' | 'ý' | 'þ' => b'?',
        other => u8::try_from(u32::from(other)).unwrap_or(b'?'),
    }
}

/// A Turkish mobile number as ten digits, `5XXXXXXXXX`, from any usual spelling; `None` when it is none.
pub fn mobile_number(text: &str) -> Option<String> {
    if text.chars().any(|c| !c.is_ascii_digit() && !" +-()./".contains(c)) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let ten = match digits.len() {
        10 => digits.as_str(),
        11 => digits.strip_prefix('0')?,
        12 => digits.strip_prefix("90")?,
        14 => digits.strip_prefix("0090")?,
        _ => return None,
    };
    ten.starts_with('5').then(|| ten.to_owned())
}

#[cfg(test)]
#[path = "charset_tests.rs"]
mod tests;
