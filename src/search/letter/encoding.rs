//! Letters of fonts without a map of their own: WinAnsiEncoding (ISO 32000-2 annex D) and the names of glyphs that Turkish writers use.

/// The letters of WinAnsiEncoding between Latin-1's control characters, 0x80 to 0x9f; `\0` is no letter.
const HIGH: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•', '–', '—', '˜', '™',
    'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// Glyph names that are not their own letter.
const NAMES: [(&str, char); 93] = [
    ("space", ' '),
    ("nbspace", ' '),
    ("Gbreve", 'Ğ'),
    ("gbreve", 'ğ'),
    ("Idotaccent", 'İ'),
    ("Idot", 'İ'),
    ("dotlessi", 'ı'),
    ("Scedilla", 'Ş'),
    ("scedilla", 'ş'),
    ("Scommaaccent", 'Ş'),
    ("scommaaccent", 'ş'),
    ("Ccedilla", 'Ç'),
    ("ccedilla", 'ç'),
    ("Odieresis", 'Ö'),
    ("odieresis", 'ö'),
    ("Udieresis", 'Ü'),
    ("udieresis", 'ü'),
    ("Acircumflex", 'Â'),
    ("acircumflex", 'â'),
    ("Icircumflex", 'Î'),
    ("icircumflex", 'î'),
    ("Ucircumflex", 'Û'),
    ("ucircumflex", 'û'),
    ("Adieresis", 'Ä'),
    ("adieresis", 'ä'),
    ("eacute", 'é'),
    ("Eacute", 'É'),
    ("egrave", 'è'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("ntilde", 'ñ'),
    ("zero", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
    ("period", '.'),
    ("comma", ','),
    ("colon", ':'),
    ("semicolon", ';'),
    ("hyphen", '-'),
    ("minus", '-'),
    ("endash", '–'),
    ("emdash", '—'),
    ("slash", '/'),
    ("backslash", '\\'),
    ("parenleft", '('),
    ("parenright", ')'),
    ("bracketleft", '['),
    ("bracketright", ']'),
    ("braceleft", '{'),
    ("braceright", '}'),
    ("quotesingle", '\''),
    ("quotedbl", '"'),
    ("quoteleft", '‘'),
    ("quoteright", '’'),
    ("quotedblleft", '“'),
    ("quotedblright", '”'),
    ("quotedblbase", '„'),
    ("guillemotleft", '«'),
    ("guillemotright", '»'),
    ("exclam", '!'),
    ("question", '?'),
    ("ampersand", '&'),
    ("percent", '%'),
    ("numbersign", '#'),
    ("dollar", '$'),
    ("at", '@'),
    ("asterisk", '*'),
    ("plus", '+'),
    ("equal", '='),
    ("less", '<'),
    ("greater", '>'),
    ("underscore", '_'),
    ("bar", '|'),
    ("asciitilde", '~'),
    ("asciicircum", '^'),
    ("grave", '`'),
    ("degree", '°'),
    ("section", '§'),
    ("bullet", '•'),
    ("ellipsis", '…'),
    ("Euro", '€'),
    ("fi", 'ﬁ'),
    ("fl", 'ﬂ'),
    ("ff", 'ﬀ'),
    ("germandbls", 'ß'),
    ("afii61352", '№'),
];

/// A code of WinAnsiEncoding.
pub fn win_ansi(code: u8) -> Option<char> {
    match code {
        0..=0x1f | 0x7f => None,
        0x80..=0x9f => HIGH.get(usize::from(code - 0x80)).copied().filter(|letter| *letter != '\0'),
        other => Some(char::from(other)),
    }
}

/// A glyph by its name: `a`, `gbreve`, `uni011F`, `u011F`.
pub fn glyph(name: &[u8]) -> Option<char> {
    let name = std::str::from_utf8(name).ok()?;
    // What stands behind a point is a variant: `a.sc`.
    let name = name.split('.').next().filter(|name| !name.is_empty())?;
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return Some(letter);
    }
    if let Some((_, letter)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*letter);
    }
    let digits = name.strip_prefix("uni").or_else(|| name.strip_prefix('u'))?;
    let digits = digits.get(..digits.len().min(6))?;
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}
