//! Words as they are compared: without case, marks and what cannot be seen. İ I ı i are one letter; so are ğ and g, ş and s, and the rest.
//! The same for what lies in the register and for what is asked, composed or decomposed.

use crate::text::is_deceptive;

/// Letters of a word that are looked at. Longer runs are keys and noise; a SHA-256 value fits.
pub const WORD_LETTERS: usize = 64;
/// A suffix behind an apostrophe, `Ankara'nın`: the longest in use have six letters.
const APOSTROPHE_SUFFIX: usize = 7;

/// The folded letters of one character; nothing for what is only a mark or invisible.
fn letters(c: char) -> impl Iterator<Item = char> {
    let c = match c {
        // Full-width forms, as some scanners and keyboards write them.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => c,
    };
    let hidden = is_deceptive(c) || matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{fe00}'..='\u{fe0f}' | '\u{180e}');
    let ligature: &str = match c {
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬀ' => "ff",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ß' => "ss",
        _ => "",
    };
    let single = (!hidden && ligature.is_empty()).then_some(c);
    let lower = single
        .into_iter()
        .flat_map(char::to_lowercase)
        .map(base)
        .filter(|c| *c != '\u{307}');
    lower.chain(if hidden { "" } else { ligature }.chars())
}

/// The letter without its mark: a composed letter must equal the letter that is followed by the mark.
fn base(c: char) -> char {
    match c {
        'ı' | 'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ğ' | 'ĝ' | 'ġ' | 'ģ' | 'ǧ' => 'g',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ş' | 'ș' | 'š' | 'ś' | 'ŝ' => 's',
        'ò'..='ö' | 'ō' | 'ŏ' | 'ő' | 'ø' => 'o',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ţ' | 'ț' | 'ť' => 't',
        'ŕ' | 'ř' => 'r',
        'ĺ' | 'ľ' | 'ł' => 'l',
        'ď' => 'd',
        other => other,
    }
}

/// The words of a text: runs of letters and digits. What stands behind an apostrophe is a suffix (`TÜBİTAK'ın`) and no word.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut length = 0;
    // Letters since an apostrophe that may begin a suffix, and where the word ended before it.
    let mut suffix: Option<(usize, usize)> = None;
    let mut finish = |word: &mut String, length: &mut usize, suffix: &mut Option<(usize, usize)>| {
        if let Some((end, letters)) = suffix.take() {
            let rest = word.split_off(end);
            if letters > APOSTROPHE_SUFFIX {
                words.push(std::mem::replace(word, rest));
            }
        }
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
        *length = 0;
    };
    for c in text.chars() {
        if matches!(c, '\'' | '’' | 'ʼ' | '`' | '´' | '‘') {
            if length >= 2 && suffix.is_none() {
                suffix = Some((word.len(), 0));
            } else {
                finish(&mut word, &mut length, &mut suffix);
            }
            continue;
        }
        let mut any = false;
        for letter in letters(c) {
            any = true;
            if !letter.is_alphanumeric() {
                finish(&mut word, &mut length, &mut suffix);
                continue;
            }
            if length < WORD_LETTERS {
                word.push(letter);
                suffix = suffix.map(|(end, letters)| (end, letters + 1));
            }
            length += 1;
        }
        // What is invisible neither parts nor joins: it is as if it were not there.
        if !any && c.is_control() {
            finish(&mut word, &mut length, &mut suffix);
        }
    }
    finish(&mut word, &mut length, &mut suffix);
    words
}
