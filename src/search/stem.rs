//! The part of a Turkish word that its endings hang on, roughly: number, case, possession and copula are taken off a folded word, from the end,
//! as long as enough of it is left. Light on purpose: endings that make another word (-lik, -ci, -li, -siz, -name) stay. Two words belong
//! together when their stems are equal; a stem need not be a word.

/// Endings in folded letters (ı is i, ü is u), the longest first, with what must stand before each.
const ENDINGS: [(&str, Before); 50] = [
    ("larin", Before::Any),
    ("lerin", Before::Any),
    ("imiz", Before::Consonant),
    ("umuz", Before::Consonant),
    ("iniz", Before::Consonant),
    ("unuz", Before::Consonant),
    ("ndan", Before::Possessive),
    ("nden", Before::Possessive),
    ("lar", Before::Any),
    ("ler", Before::Any),
    ("nin", Before::Vowel),
    ("nun", Before::Vowel),
    ("nda", Before::Possessive),
    ("nde", Before::Possessive),
    ("nca", Before::Possessive),
    ("nce", Before::Possessive),
    ("dan", Before::Any),
    ("den", Before::Any),
    ("tan", Before::Voiceless),
    ("ten", Before::Voiceless),
    ("yla", Before::Vowel),
    ("yle", Before::Vowel),
    ("dir", Before::Any),
    ("dur", Before::Any),
    ("tir", Before::Voiceless),
    ("tur", Before::Voiceless),
    ("daki", Before::Any),
    ("deki", Before::Any),
    ("si", Before::Vowel),
    ("su", Before::Vowel),
    ("yi", Before::Vowel),
    ("yu", Before::Vowel),
    ("ya", Before::Vowel),
    ("ye", Before::Vowel),
    ("na", Before::Possessive),
    ("ne", Before::Possessive),
    ("ni", Before::Possessive),
    ("nu", Before::Possessive),
    ("da", Before::Any),
    ("de", Before::Any),
    ("ta", Before::Voiceless),
    ("te", Before::Voiceless),
    ("la", Before::Consonant),
    ("le", Before::Consonant),
    ("in", Before::Consonant),
    ("un", Before::Consonant),
    ("i", Before::Consonant),
    ("u", Before::Consonant),
    ("a", Before::Consonant),
    ("e", Before::Consonant),
];

/// What an ending leans on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Any,
    Vowel,
    Consonant,
    /// The possessive before a pronominal n: always ı i u ü.
    Possessive,
    /// After f s t k ç ş h p the d of an ending is a t.
    Voiceless,
}

/// Letters that must be left: two endings of one letter would eat `mal`, and `kan` is no stem of `kanun`.
const LEFT: usize = 4;
/// The same for endings that are hardly ever part of a word.
const LEFT_BEFORE_LONG: usize = 3;
const LONG: usize = 3;

/// The stem of a folded word. A word with digits or foreign letters is its own stem.
pub fn stem(word: &str) -> String {
    let mut stem = word;
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        while let Some(shorter) = without_ending(stem) {
            stem = shorter;
        }
    }
    harden(stem)
}

fn without_ending(word: &str) -> Option<&str> {
    ENDINGS.iter().find_map(|(ending, before)| {
        let left = word.strip_suffix(ending)?;
        let enough = if ending.len() >= LONG { LEFT_BEFORE_LONG } else { LEFT };
        let last = left.bytes().next_back()?;
        let fits = match before {
            Before::Any => true,
            Before::Vowel => is_vowel(last),
            Before::Consonant => !is_vowel(last),
            Before::Possessive => matches!(last, b'i' | b'u'),
            Before::Voiceless => b"fstkchp".contains(&last),
        };
        (fits && left.len() >= enough).then_some(left)
    })
}

fn is_vowel(letter: u8) -> bool {
    b"aeiou".contains(&letter)
}

/// The last consonant softens before a vowel (kitap, kitabı; taahhüt, taahhüdü; müdürlük, müdürlüğü): it is compared hard.
fn harden(stem: &str) -> String {
    let hard = match stem.as_bytes().last() {
        Some(b'b') => 'p',
        Some(b'd') => 't',
        Some(b'g') => 'k',
        _ => return stem.to_owned(),
    };
    let mut hardened = stem.to_owned();
    if stem.len() >= LEFT_BEFORE_LONG {
        hardened.pop();
        hardened.push(hard);
    }
    hardened
}
