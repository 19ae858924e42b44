//! Text for people: two languages, Turkish letters, masked identity numbers, harmless file names.

use serde::{Deserialize, Serialize};

/// The language a person reads. Turkish first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    Tr,
    En,
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Text {
    pub tr: String,
    pub en: String,
}

/// A text as a record has it: early records hold some sentences in one language only.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Same(String),
    Both { tr: String, en: String },
}

impl From<Written> for Text {
    fn from(written: Written) -> Self {
        match written {
            Written::Same(text) => Self::same(text),
            Written::Both { tr, en } => Self { tr, en },
        }
    }
}

impl Text {
    pub fn new(tr: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            tr: tr.into(),
            en: en.into(),
        }
    }

    /// The same in both languages: names, paths, what a foreign program said.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            tr: text.clone(),
            en: text,
        }
    }

    /// Several sentences as one text.
    pub fn joined(texts: &[Self], separator: &str) -> Self {
        let of = |lang| texts.iter().map(|text| text.get(lang)).collect::<Vec<_>>().join(separator);
        Self::new(of(Lang::Tr), of(Lang::En))
    }

    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Tr => &self.tr,
            Lang::En => &self.en,
        }
    }

    /// Both, for where the reader's language is not known.
    pub fn both(&self) -> String {
        if self.tr == self.en {
            self.tr.clone()
        } else {
            format!("{}\n{}", self.tr, self.en)
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::same(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::same(text)
    }
}

/// Folds Turkish and other Latin letters to lower-case ASCII, so that İ, I, ı and i compare equal, and ğ ü ş ö ç lose their marks.
pub fn fold(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            'İ' | 'I' | 'ı' | 'i' | 'î' | 'Î' => Some('i'),
            'Ğ' | 'ğ' => Some('g'),
            'Ü' | 'ü' | 'Û' | 'û' => Some('u'),
            'Ş' | 'ş' => Some('s'),
            'Ö' | 'ö' => Some('o'),
            'Ç' | 'ç' => Some('c'),
            'Â' | 'â' => Some('a'),
            '\u{307}' => None, // the dot that lower-casing İ leaves behind
            other => other.to_lowercase().next(),
        })
        .collect()
}

/// The same of text that may be decomposed, as macOS writes file names: a mark behind its letter (`ç` as `c` and U+0327) is dropped as
/// [`fold`] drops it from the composed letter, and does not part the word.
pub fn fold_decomposed(text: &str) -> String {
    let letters: String = text.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
    fold(&letters)
}

/// Masks an identity number: `12345678989` becomes `123******89`. Short values lose everything but their first digit.
pub fn mask(id: &str) -> String {
    let chars: Vec<char> = id.chars().collect();
    if chars.len() < 8 {
        return chars
            .iter()
            .take(1)
            .chain(std::iter::repeat_n(&'*', chars.len().saturating_sub(1)))
            .collect();
    }
    let head: String = chars.iter().take(3).collect();
    let tail: String = chars.iter().skip(chars.len() - 2).collect();
    format!("{head}{}{tail}", "*".repeat(chars.len() - 5))
}

/// Text of unknown origin, safe for a terminal and one line long: no control characters, nothing that reorders or hides.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !is_deceptive(*c))
        .collect()
}

/// Characters that reorder or hide text on screen: bidirectional controls, zero-width characters, byte-order marks.
pub fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{061c}')
}

/// A file name that is safe to show and to create: the last path component, without control or deceptive characters, reserved
/// device names or leading dots, at most 150 characters and 240 bytes; `fallback` when nothing is left.
pub fn safe_file_name(name: &str, fallback: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_deceptive(*c))
        .map(|c| {
            if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let trimmed = kept.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if trimmed.is_empty() {
        return fallback.to_owned();
    }
    let stem = trimmed.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let reserved = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (stem.len() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) && stem.ends_with(|c: char| c.is_ascii_digit()));
    let name = if reserved { format!("_{trimmed}") } else { trimmed.to_owned() };
    shorten(&name, 150)
}

/// Bytes of a file name in UTF-8: file systems take 255, and a number may be put in front.
const NAME_BYTES: usize = 240;

/// Cuts a long file name at the end of its stem, so that the extension stays.
fn shorten(name: &str, limit: usize) -> String {
    if name.chars().count() <= limit && name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() < 12 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let mut short = String::new();
    for (at, c) in stem.chars().enumerate() {
        if at + extension.chars().count() >= limit || short.len() + c.len_utf8() + extension.len() > NAME_BYTES {
            break;
        }
        short.push(c);
    }
    short + &extension
}

#[cfg(test)]
mod text_tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_extension_and_fits_every_file_system() {
        for letter in ["a", "ş", "€", "🦀"] {
            let name = safe_file_name(&format!("{}.pdf", letter.repeat(400)), "x");
            assert!(
                name.ends_with(".pdf") && name.chars().count() <= 150 && name.len() <= NAME_BYTES,
                "{}",
                name.len()
            );
        }
        assert_eq!(safe_file_name(&"ü".repeat(400), "x").len(), NAME_BYTES);
    }

    #[test]
    fn a_hostile_name_stays_in_its_folder() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\a.exe", "a.exe"),
            ("/", "x"),
            ("..", "x"),
            ("a\0b", "ab"),
            ("NUL.txt", "_NUL.txt"),
        ] {
            assert_eq!(safe_file_name(name, "x"), safe);
        }
    }
}
