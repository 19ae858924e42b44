//! PDF objects (ISO 32000-2 7.2 and 7.3), read strictly from the received bytes. Nothing is repaired: where two readers could see two
//! things, this one sees an error. Every value of a dictionary keeps the place where it stands, because what is signed are bytes.

use std::ops::Range;

use super::{PdfError, Result};

/// Arrays and dictionaries inside each other. Honest objects stay below ten.
const MAX_DEPTH: u32 = 48;
/// Values of one object: the longest honest arrays (tag trees of books) have some hundred thousand.
const MAX_VALUES: usize = 500_000;

#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    Null,
    Boolean(bool),
    Integer(i64),
    /// As written: it is compared, never computed with.
    Real(Vec<u8>),
    /// `#` escapes resolved.
    Name(Vec<u8>),
    String(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    Reference(u32, u16),
}

impl Object {
    pub fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    pub fn name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    pub fn string(&self) -> Option<&[u8]> {
        if let Self::String(bytes) = self { Some(bytes) } else { None }
    }

    pub fn array(&self) -> Option<&[Object]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    pub fn dictionary(&self) -> Option<&Dictionary> {
        if let Self::Dictionary(dictionary) = self {
            Some(dictionary)
        } else {
            None
        }
    }

    pub fn reference(&self) -> Option<u32> {
        if let Self::Reference(number, _) = self {
            Some(*number)
        } else {
            None
        }
    }

    /// Every reference in this value.
    pub fn references(&self) -> Vec<u32> {
        let mut found = Vec::new();
        let mut open = vec![self];
        while let Some(value) = open.pop() {
            match value {
                Self::Reference(number, _) => found.push(*number),
                Self::Array(elements) => open.extend(elements),
                Self::Dictionary(dictionary) => open.extend(dictionary.entries.iter().map(|entry| &entry.value)),
                _ => {}
            }
        }
        found
    }
}

#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    pub entries: Vec<Entry>,
    /// From `<<` to behind `>>`, in the bytes that were read.
    pub span: Range<usize>,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub key: Vec<u8>,
    pub value: Object,
    pub span: Range<usize>,
}

/// Equal content; where it stands does not matter.
impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |dictionary: &Self| -> Vec<(Vec<u8>, Object)> {
            let mut pairs: Vec<_> = dictionary
                .entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.clone()))
                .collect();
            pairs.sort_by(|one, two| one.0.cmp(&two.0));
            pairs
        };
        self.entries.len() == other.entries.len() && sorted(self) == sorted(other)
    }
}

impl Dictionary {
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.get_bytes(key.as_bytes())
    }

    pub fn get_bytes(&self, key: &[u8]) -> Option<&Object> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub fn entry(&self, key: &[u8]) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub fn is_name(&self, key: &str, name: &str) -> bool {
        self.get(key).and_then(Object::name) == Some(name.as_bytes())
    }
}

/// A cursor over bytes.
#[derive(Clone)]
pub struct Lexer<'a> {
    bytes: &'a [u8],
    pub at: usize,
    /// Values read so far.
    pub values: usize,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    b"()<>[]{}/%".contains(&byte)
}

impl<'a> Lexer<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, values: 0 }
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn error<T>(&self) -> Result<T> {
        Err(PdfError::Syntax(self.at))
    }

    /// White space and comments.
    pub fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| !matches!(byte, 10 | 13)) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// Consumes `word` after white space, when it stands there by itself.
    pub fn keyword(&mut self, word: &str) -> bool {
        self.skip_space();
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let ends = rest.get(word.len()).is_none_or(|byte| is_space(*byte) || is_delimiter(*byte));
        let found = ends && rest.starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    /// # Errors
    /// Something else stands there.
    pub fn expect(&mut self, word: &str) -> Result<()> {
        if self.keyword(word) { Ok(()) } else { self.error() }
    }

    /// A run of digits without sign, at most ten.
    ///
    /// # Errors
    /// Something else, or too many digits.
    pub fn digits(&mut self) -> Result<u64> {
        self.skip_space();
        let start = self.at;
        let mut number = 0u64;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            number = number * 10 + u64::from(digit - b'0');
            self.at += 1;
            if self.at - start > 10 {
                return self.error();
            }
        }
        let ends = self.peek().is_none_or(|byte| is_space(byte) || is_delimiter(byte));
        if self.at == start || !ends { self.error() } else { Ok(number) }
    }

    /// # Errors
    /// No object, a malformed one, or one beyond the limits.
    pub fn object(&mut self) -> Result<Object> {
        self.value(0)
    }

    fn value(&mut self, depth: u32) -> Result<Object> {
        self.skip_space();
        self.values += 1;
        if depth > MAX_DEPTH || self.values > MAX_VALUES {
            return Err(PdfError::Limit("nested or repeated values of one object"));
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest {
            [b'<', b'<', ..] => self.dictionary(depth).map(Object::Dictionary),
            [b'<', ..] => self.hex_string().map(Object::String),
            [b'(', ..] => self.literal_string().map(Object::String),
            [b'/', ..] => self.name().map(Object::Name),
            [b'[', ..] => self.array(depth),
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => self.number(),
            _ if self.keyword("true") => Ok(Object::Boolean(true)),
            _ if self.keyword("false") => Ok(Object::Boolean(false)),
            _ if self.keyword("null") => Ok(Object::Null),
            _ => self.error(),
        }
    }

    fn dictionary(&mut self, depth: u32) -> Result<Dictionary> {
        let start = self.at;
        self.at += 2;
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            self.skip_space();
            match self.bytes.get(self.at..).unwrap_or_default() {
                [b'>', b'>', ..] => break,
                [b'/', ..] => {}
                _ => return self.error(),
            }
            let key = self.name()?;
            self.skip_space();
            let from = self.at;
            let value = self.value(depth + 1)?;
            entries.push(Entry {
                key,
                value,
                span: from..self.at,
            });
        }
        self.at += 2;
        // Of two equal keys one reader takes the first and another the last (ISO 32000-2 7.3.7: shall not).
        let mut keys: Vec<&[u8]> = entries.iter().map(|entry| entry.key.as_slice()).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(PdfError::DuplicateKey(start));
        }
        Ok(Dictionary {
            entries,
            span: start..self.at,
        })
    }

    fn array(&mut self, depth: u32) -> Result<Object> {
        self.at += 1;
        let mut elements = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Object::Array(elements));
            }
            elements.push(self.value(depth + 1)?);
        }
    }

    fn name(&mut self) -> Result<Vec<u8>> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| !is_space(*byte) && !is_delimiter(*byte)) {
            self.at += 1;
            if byte != b'#' {
                name.push(byte);
                continue;
            }
            let digits = self.bytes.get(self.at..self.at + 2).ok_or(PdfError::Syntax(self.at))?;
            match digits {
                [high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => name.push(hex_digit(*high) << 4 | hex_digit(*low)),
                _ => return self.error(),
            }
            self.at += 2;
        }
        Ok(name)
    }

    fn hex_string(&mut self) -> Result<Vec<u8>> {
        self.at += 1;
        let mut bytes = Vec::new();
        let mut half: Option<u8> = None;
        loop {
            let byte = self.peek().ok_or(PdfError::Syntax(self.at))?;
            self.at += 1;
            match byte {
                b'>' => break,
                byte if is_space(byte) => {}
                byte if byte.is_ascii_hexdigit() => match half.take() {
                    Some(high) => bytes.push(high << 4 | hex_digit(byte)),
                    None => half = Some(hex_digit(byte)),
                },
                _ => return self.error(),
            }
        }
        bytes.extend(half.map(|high| high << 4));
        Ok(bytes)
    }

    fn literal_string(&mut self) -> Result<Vec<u8>> {
        self.at += 1;
        let mut bytes = Vec::new();
        let mut open = 1u32;
        loop {
            let byte = self.peek().ok_or(PdfError::Syntax(self.at))?;
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(bytes);
                    }
                }
                b'\\' => {
                    self.escape(&mut bytes)?;
                    continue;
                }
                // An end of line is one LF, however written (7.3.4.2).
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    bytes.push(b'\n');
                    continue;
                }
                _ => {}
            }
            bytes.push(byte);
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        let byte = self.peek().ok_or(PdfError::Syntax(self.at))?;
        self.at += 1;
        match byte {
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'\r' if self.peek() == Some(b'\n') => self.at += 1,
            b'\r' | b'\n' => {}
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit) = self.peek().filter(|byte| matches!(byte, b'0'..=b'7')) else {
                        break;
                    };
                    code = code * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                // High-order overflow is ignored (7.3.4.2).
                bytes.push((code & 0xff) as u8);
            }
            other => bytes.push(other),
        }
        Ok(())
    }

    /// A number, or a reference when `n g R` stands there.
    fn number(&mut self) -> Result<Object> {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.at += 1;
        }
        let text = self.bytes.get(start..self.at).unwrap_or_default();
        let (sign, digits) = match text {
            [sign @ (b'+' | b'-'), digits @ ..] => (Some(*sign), digits),
            digits => (None, digits),
        };
        let points = digits.iter().filter(|byte| **byte == b'.').count();
        let numeric = digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') && digits.len() > points && points <= 1;
        if !numeric {
            return self.error();
        }
        if points == 1 {
            return Ok(Object::Real(text.to_vec()));
        }
        let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
        let number = parsed.ok_or(PdfError::Syntax(start))?;
        if sign.is_none()
            && let Some(reference) = self.rest_of_reference(number)
        {
            return Ok(reference);
        }
        Ok(Object::Integer(number))
    }

    fn rest_of_reference(&mut self, number: i64) -> Option<Object> {
        let number = u32::try_from(number).ok()?;
        let mut ahead = self.clone();
        let generation = u16::try_from(ahead.digits().ok()?).ok()?;
        if !ahead.keyword("R") {
            return None;
        }
        self.at = ahead.at;
        Some(Object::Reference(number, generation))
    }
}

fn hex_digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => byte.wrapping_sub(b'A').wrapping_add(10),
    }
}
