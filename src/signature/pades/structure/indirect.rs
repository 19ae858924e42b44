//! Indirect objects and streams (ISO 32000-2 7.3.8, 7.3.10): exactly where the cross-reference says, exactly as long as they say.

use std::ops::Range;

use super::syntax::{Dictionary, Lexer, Object};
use super::{PdfError, Result};

/// An indirect object as it stands in a file.
#[derive(Debug, Clone)]
pub struct Stored {
    pub object: Object,
    /// The raw bytes of a stream, in the file.
    pub stream: Option<Range<usize>>,
    /// From its number to behind `endobj`, in the file; `None` for an object out of an object stream.
    pub span: Option<Range<usize>>,
    /// How many values it is made of.
    pub values: usize,
}

impl Stored {
    pub fn dictionary(&self) -> Option<&Dictionary> {
        self.object.dictionary()
    }
}

/// Reads `number generation obj … endobj` at `at`. `length_of` answers for a stream whose length is another object.
///
/// # Errors
/// Another object stands there, or it is malformed.
pub fn indirect(bytes: &[u8], at: usize, number: u32, generation: u16, length_of: &dyn Fn(u32) -> Option<usize>) -> Result<Stored> {
    let mut lexer = Lexer::new(bytes, at);
    // White space before the number would let two offsets name one object.
    if !lexer.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        return Err(PdfError::Object(number));
    }
    if lexer.digits()? != u64::from(number) || lexer.digits()? != u64::from(generation) {
        return Err(PdfError::Object(number));
    }
    lexer.expect("obj").map_err(|_| PdfError::Object(number))?;
    let object = lexer.object()?;
    let mut stream = None;
    if let Some(dictionary) = object.dictionary()
        && lexer.keyword("stream")
    {
        let length = match dictionary.get("Length") {
            Some(Object::Integer(length)) => usize::try_from(*length).ok(),
            Some(Object::Reference(other, _)) => length_of(*other),
            _ => None,
        };
        stream = Some(stream_data(bytes, &mut lexer, length.ok_or(PdfError::Object(number))?).ok_or(PdfError::Object(number))?);
    }
    lexer.expect("endobj").map_err(|_| PdfError::Object(number))?;
    Ok(Stored {
        object,
        stream,
        span: Some(at..lexer.at),
        values: lexer.values,
    })
}

/// 7.3.8.1: `stream`, CRLF or LF, the bytes, an end of line, `endstream`.
fn stream_data(bytes: &[u8], lexer: &mut Lexer<'_>, length: usize) -> Option<Range<usize>> {
    let start = match bytes.get(lexer.at..)? {
        [b'\r', b'\n', ..] => lexer.at + 2,
        [b'\n', ..] => lexer.at + 1,
        _ => return None,
    };
    let end = start.checked_add(length)?;
    let rest = bytes.get(end..)?;
    let skip = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    if !rest.get(skip..)?.starts_with(b"endstream") {
        return None;
    }
    lexer.at = end + skip;
    lexer.expect("endstream").ok()?;
    Some(start..end)
}
