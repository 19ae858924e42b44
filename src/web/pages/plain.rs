//! Text to read, and nothing else: HTML loses every tag, so that no link, image or script of a sender comes near the page.

use super::shown;

/// What of a text is looked at; a page shows less.
const LOOKED_AT: usize = 1 << 20;

/// A text part as plain text; `None` for what is no text.
pub fn text(content_type: &str, bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head);
    match content_type {
        "text/html" | "application/xhtml+xml" => Some(shown::long(&of_html(&text))),
        kind if kind.starts_with("text/") => Some(shown::long(&text)),
        _ => None,
    }
}

/// The words of an HTML text. What is inside of script and style goes with its tags.
fn of_html(html: &str) -> String {
    let mut out = String::new();
    // Same bytes, same places: what is found in the one is cut from the other, and each byte is looked at once.
    let lower = html.to_ascii_lowercase();
    let (mut rest, mut low) = (html, lower.as_str());
    while let Some(at) = low.find('<') {
        out.push_str(rest.get(..at).unwrap_or_default());
        low = low.get(at + 1..).unwrap_or_default();
        rest = rest.get(at + 1..).unwrap_or_default();
        let named = low.find(|c: char| !c.is_ascii_alphanumeric() && c != '/').unwrap_or(low.len());
        let name = low.get(..named).unwrap_or_default();
        let end = match name {
            "script" => "</script",
            "style" => "</style",
            _ if low.starts_with("!--") => "-->",
            _ => ">",
        };
        let Some(mut past) = low.find(end) else {
            return squeezed(&named_letters(&out));
        };
        past = low
            .get(past..)
            .and_then(|tail| tail.find('>'))
            .map_or(low.len(), |more| past + more + 1);
        if BREAKS.contains(&name) {
            out.push('\n');
        }
        low = low.get(past..).unwrap_or_default();
        rest = rest.get(past..).unwrap_or_default();
    }
    out.push_str(rest);
    squeezed(&named_letters(&out))
}

/// Tags that begin a line.
const BREAKS: [&str; 13] = ["br", "br/", "p", "/p", "div", "/div", "tr", "/tr", "li", "h1", "h2", "h3", "/table"];

fn named_letters(text: &str) -> String {
    let named = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    named
        .iter()
        .fold(text.to_owned(), |text, (name, letter)| text.replace(name, letter))
}

/// At most one empty line in a row.
fn squeezed(text: &str) -> String {
    let mut out = String::new();
    let mut empty = 0;
    for line in text.lines().map(str::trim) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod plain_tests;
