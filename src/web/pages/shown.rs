//! Text of unknown origin as a page may show it. The templates escape it; here it is kept from lying to the eye: what reorders or hides
//! text (CVE-2021-42574 and its relatives) becomes visible, control characters go, and what is very long is cut, with the rest one click away.

use std::fmt;

use crate::text::is_deceptive;

/// Characters of a cell in a list.
const CELL: usize = 140;
/// Characters of a field on a page of its own.
const FIELD: usize = 600;
/// Characters of a text that may be opened in full. A clerk reads no more on a page; the kept message has it all.
const FULL: usize = 20_000;

/// A text that is safe to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// One line, cut to its place.
    pub short: String,
    /// What was cut, in full up to [`FULL`].
    pub full: Option<String>,
}

impl Shown {
    pub fn cell(text: &str) -> Self {
        Self::cut(text, CELL)
    }

    pub fn field(text: &str) -> Self {
        Self::cut(text, FIELD)
    }

    /// A field that may be absent.
    pub fn maybe(text: Option<&str>) -> Self {
        text.map(Self::field).unwrap_or_default()
    }

    fn cut(text: &str, limit: usize) -> Self {
        // Looks at no more than what is shown: a subject may have ten million characters.
        let is_longer = text.chars().nth(limit).is_some();
        let mut short = visible(text.chars().take(limit), false);
        if is_longer {
            short.push('…');
        }
        let full = is_longer.then(|| long(text));
        Self { short, full }
    }

    pub fn is_empty(&self) -> bool {
        self.short.is_empty()
    }

    pub fn is_cut(&self) -> bool {
        self.full.is_some()
    }

    /// What stands behind the cut, for the template.
    pub fn rest(&self) -> &str {
        self.full.as_deref().unwrap_or_default()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short)
    }
}

/// A text of several lines, made visible and cut at [`FULL`] characters.
pub fn long(text: &str) -> String {
    let mut full = visible(text.chars().take(FULL), true);
    if text.chars().nth(FULL).is_some() {
        full.push_str(" […]");
    }
    full
}

fn visible(chars: impl Iterator<Item = char>, keep_lines: bool) -> String {
    let mut out = String::new();
    for c in chars {
        match c {
            '\n' if keep_lines => out.push('\n'),
            '\t' if keep_lines => out.push_str("    "),
            '\r' => {}
            c if is_deceptive(c) || is_invisible(c) => out.push_str(&format!("[U+{:04X}]", u32::from(c))),
            c if c.is_control() => out.push(if c.is_whitespace() { ' ' } else { '\u{fffd}' }),
            c => out.push(c),
        }
    }
    out
}

/// What no screen shows beside the deceptive ones: soft hyphens, line separators, fillers, interlinear marks, tags, non-characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{2028}' | '\u{2029}' | '\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod shown_tests;
