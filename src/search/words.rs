//! What somebody types, as conditions that must all hold. There is no syntax to get wrong: quotes make a phrase, everything else is words.

use super::fold::words;
use super::stem::stem;
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;

/// Letters of a question that are read. A page's address line holds no more, and a question is no document.
pub const TEXT_LETTERS: usize = 500;
/// Conditions of one question; more are left out, so that no question costs without end.
pub const CONDITIONS: usize = 16;
/// Letters from which on a word is also the beginning of others: one letter begins everything.
pub const PREFIX_FROM: usize = 2;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A word, the beginning of one, or another form of it.
    Word(String),
    /// These words, one behind the other, in these forms.
    Phrase(Vec<String>),
    /// This register number, or the words of which it is written.
    Number(RegisterNumber, Vec<String>),
    /// A file with this hash.
    Sha256(Sha256),
    /// A BelgeId, or its words as a phrase.
    Id(String, Vec<String>),
    /// Something was typed, and there is no word in it: nothing fits.
    Nothing,
}

/// The conditions of a text; none for a text of nothing but spaces.
pub fn conditions(text: &str) -> Vec<Condition> {
    let text: String = text.chars().take(TEXT_LETTERS).collect();
    let mut found = Vec::new();
    for (at, piece) in text.split(['"', '“', '”', '„', '«', '»']).enumerate() {
        // An even piece stands outside of quotes. A quote that is never closed reaches to the end.
        if at % 2 == 1 {
            let phrase = words(piece);
            match phrase.len() {
                0 => {}
                _ => found.push(Condition::Phrase(phrase)),
            }
        } else {
            found.extend(piece.split_whitespace().filter_map(chunk));
        }
    }
    found.truncate(CONDITIONS);
    if found.is_empty() && !text.trim().is_empty() {
        found.push(Condition::Nothing);
    }
    found
}

/// What stands between two spaces.
fn chunk(chunk: &str) -> Option<Condition> {
    if let Ok(hash) = chunk.to_ascii_lowercase().parse::<Sha256>() {
        return Some(Condition::Sha256(hash));
    }
    let mut parts = words(chunk);
    if let Ok(number) = chunk.parse::<RegisterNumber>() {
        return Some(Condition::Number(number, parts));
    }
    if is_guid(chunk) {
        return Some(Condition::Id(chunk.to_ascii_uppercase(), parts));
    }
    match parts.len() {
        0 => None,
        1 => parts.pop().map(Condition::Word),
        _ => Some(Condition::Phrase(parts)),
    }
}

/// `0F0E7C2A-0000-4000-8000-000000000001`
fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Whether a word of a document is what a word of a question looks for.
pub fn is_found_by(word: &str, wanted: &str) -> bool {
    word == wanted || (wanted.chars().count() >= PREFIX_FROM && word.starts_with(wanted)) || stem(word) == stem(wanted)
}

/// Whether a phrase stands somewhere in the words of one value.
pub fn holds_phrase(value: &[String], phrase: &[String]) -> bool {
    value.windows(phrase.len().max(1)).any(|window| window == phrase)
}
