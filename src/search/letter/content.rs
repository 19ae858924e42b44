//! What a page's content shows (ISO 32000-2 9.4): the operators that show text and those that say where. Where a word ends is told by the
//! place of the letters, because most writers place words and not spaces.

use std::collections::HashMap;
use std::rc::Rc;

use super::font::Font;
use crate::signature::pades::structure::syntax::{Lexer, Object};

/// Operators of one content.
const OPERATORS: usize = 2_000_000;
/// Operands before one operator; the longest honest ones are arrays, which count as one.
const OPERANDS: usize = 64;
/// States that are saved at a time.
const SAVED: usize = 64;
/// Forms that one content places.
const FORMS: usize = 200;
/// A gap of this part of the letters' size is a space; a narrow space is a fifth, kerning a twentieth.
const SPACE: f64 = 0.15;
/// A step down or up of this part of the letters' size is another line.
const LINE: f64 = 0.4;

/// `[a b 0; c d 0; e f 1]`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matrix(pub [f64; 6]);

impl Matrix {
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First `self`, then `then`.
    fn before(self, then: Self) -> Self {
        let ([a, b, c, d, e, f], [u, v, w, x, y, z]) = (self.0, then.0);
        Self([
            a * u + b * w,
            a * v + b * x,
            c * u + d * w,
            c * v + d * x,
            e * u + f * w + y,
            e * v + f * x + z,
        ])
    }

    fn moved(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }
}

/// What `q` saves (as far as text goes).
#[derive(Clone)]
struct State {
    placed: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    letter_gap: f64,
    word_gap: f64,
    stretch: f64,
    leading: f64,
}

pub struct Page<'f> {
    fonts: &'f HashMap<Vec<u8>, Rc<Font>>,
    state: State,
    saved: Vec<State>,
    line: Matrix,
    text: Matrix,
    /// Where the last text ended, on the page.
    end: Option<(f64, f64)>,
    out: String,
    at_most: usize,
}

impl<'f> Page<'f> {
    pub fn new(fonts: &'f HashMap<Vec<u8>, Rc<Font>>, placed: Matrix, at_most: usize) -> Self {
        let state = State {
            placed,
            font: None,
            size: 1.0,
            letter_gap: 0.0,
            word_gap: 0.0,
            stretch: 1.0,
            leading: 0.0,
        };
        Self {
            fonts,
            state,
            saved: Vec::new(),
            line: Matrix::IDENTITY,
            text: Matrix::IDENTITY,
            end: None,
            out: String::new(),
            at_most,
        }
    }

    pub fn into_text(self) -> String {
        self.out
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = Matrix::moved(x, y).before(self.line);
        self.text = self.line;
    }

    fn show(&mut self, bytes: &[u8]) {
        let Some(font) = self.state.font.clone() else { return };
        for shown in font.letters(bytes) {
            let [a, b, _, _, x, y] = self.text.before(self.state.placed).0;
            let size = (self.state.size * a.hypot(b)).abs();
            self.part_words(x, y, size);
            self.out.push_str(&shown.text);
            let gap = self.state.letter_gap + if shown.is_space { self.state.word_gap } else { 0.0 };
            let advance = (shown.width / 1000.0 * self.state.size + gap) * self.state.stretch;
            self.text = Matrix::moved(advance, 0.0).before(self.text);
            let [.., x, y] = self.text.before(self.state.placed).0;
            self.end = Some((x, y));
        }
    }

    fn part_words(&mut self, x: f64, y: f64, size: f64) {
        let Some((end_x, end_y)) = self.end else { return };
        if (y - end_y).abs() > LINE * size {
            self.out.push('\n');
        } else if x - end_x > SPACE * size || end_x - x > size {
            self.out.push(' ');
        }
    }

    /// One operator with what stands before it; the name of a form that it places.
    fn operate(&mut self, operator: &[u8], operands: &[Object]) -> Option<Vec<u8>> {
        let number = |at: usize| operands.get(at).and_then(number).unwrap_or(0.0);
        let string = |at: usize| match operands.get(at) {
            Some(Object::String(bytes)) => Some(bytes.as_slice()),
            _ => None,
        };
        match operator {
            b"q" if self.saved.len() < SAVED => self.saved.push(self.state.clone()),
            b"Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            b"cm" => self.state.placed = matrix(operands).before(self.state.placed),
            b"BT" => (self.line, self.text) = (Matrix::IDENTITY, Matrix::IDENTITY),
            b"Tf" => {
                let name = operands.first().and_then(Object::name).unwrap_or_default();
                (self.state.font, self.state.size) = (self.fonts.get(name).cloned(), number(1));
            }
            b"Tc" => self.state.letter_gap = number(0),
            b"Tw" => self.state.word_gap = number(0),
            b"Tz" => self.state.stretch = number(0) / 100.0,
            b"TL" => self.state.leading = number(0),
            b"Td" => self.next_line(number(0), number(1)),
            b"TD" => {
                self.state.leading = -number(1);
                self.next_line(number(0), number(1));
            }
            b"Tm" => (self.line, self.text) = (matrix(operands), matrix(operands)),
            b"T*" => self.next_line(0.0, -self.state.leading),
            b"Tj" => self.show(string(0)?),
            b"'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(string(0)?);
            }
            b"\"" => {
                (self.state.word_gap, self.state.letter_gap) = (number(0), number(1));
                self.next_line(0.0, -self.state.leading);
                self.show(string(2)?);
            }
            b"TJ" => self.show_all(operands.first()?),
            b"Do" => return operands.first().and_then(Object::name).map(<[u8]>::to_vec),
            _ => {}
        }
        None
    }

    fn show_all(&mut self, pieces: &Object) {
        let Object::Array(pieces) = pieces else { return };
        for piece in pieces {
            match piece {
                Object::String(bytes) => self.show(bytes),
                other => {
                    let back = number(other).unwrap_or(0.0) / 1000.0 * self.state.size * self.state.stretch;
                    self.text = Matrix::moved(-back, 0.0).before(self.text);
                }
            }
        }
    }
}

/// Goes through a content; what it places beside text is answered with its place. Ends where it is not understood: what was shown before
/// stays.
pub fn read(content: &[u8], page: &mut Page<'_>) -> Vec<(Vec<u8>, Matrix)> {
    let mut lexer = Lexer::new(content, 0);
    let mut operands = Vec::new();
    let mut forms = Vec::new();
    for _ in 0..OPERATORS {
        lexer.skip_space();
        let Some(byte) = lexer.peek() else { break };
        if !(byte.is_ascii_alphabetic() || matches!(byte, b'\'' | b'"')) || is_constant(content, lexer.at) {
            // The limit of the reader is for one object; here each operand is one.
            lexer.values = 0;
            let begin = lexer.at;
            match lexer.object() {
                Ok(operand) if operands.len() < OPERANDS => operands.push(operand),
                Ok(_) => {}
                // What is no operand is passed over, byte by byte.
                Err(_) => lexer.at = lexer.at.max(begin + 1),
            }
            continue;
        }
        let operator = operator_at(content, lexer.at);
        lexer.at += operator.len().max(1);
        if operator == b"ID" {
            lexer.at = end_of_inline_image(content, lexer.at);
        } else if let Some(form) = page.operate(operator, &operands)
            && forms.len() < FORMS
        {
            forms.push((form, page.state.placed));
        }
        operands.clear();
        if page.out.len() >= page.at_most {
            break;
        }
    }
    forms
}

fn operator_at(content: &[u8], at: usize) -> &[u8] {
    let rest = content.get(at..).unwrap_or_default();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'\'' | b'"');
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    rest.get(..length).unwrap_or_default()
}

fn is_constant(content: &[u8], at: usize) -> bool {
    matches!(operator_at(content, at), b"true" | b"false" | b"null")
}

/// Behind `EI` with white space around it; the data of an image may hold anything.
fn end_of_inline_image(content: &[u8], from: usize) -> usize {
    let rest = content.get(from..).unwrap_or_default();
    let ends = |window: &[u8]| matches!(window, [before, b'E', b'I', after] if before.is_ascii_whitespace() && after.is_ascii_whitespace());
    rest.windows(4).position(ends).map_or(content.len(), |at| from + at + 3)
}

fn number(object: &Object) -> Option<f64> {
    let number = match object {
        Object::Integer(number) => *number as f64,
        Object::Real(text) => std::str::from_utf8(text).ok()?.parse().ok()?,
        _ => return None,
    };
    // Coordinates beyond this are an attack on the arithmetic.
    Some(number.clamp(-1e9, 1e9))
}

fn matrix(operands: &[Object]) -> Matrix {
    let mut values = [0.0; 6];
    for (value, operand) in values.iter_mut().zip(operands) {
        *value = number(operand).unwrap_or(0.0);
    }
    Matrix(values)
}
