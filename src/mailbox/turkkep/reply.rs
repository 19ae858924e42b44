//! What the service answers, read by the names that are known of it, wherever in the answer and in whichever namespace they stand.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::mailbox::imap::shown;
use crate::mailbox::soap::envelope::content;
use crate::mailbox::soap::problem::{KnownCode, Problem, judge};
use crate::mailbox::soap::xml::{Element, malformed};
use crate::text::fold;

/// `sonucKodu` of a success.
const DONE: &str = "200";

/// The code of an error that has none that is a number.
const NO_NUMBER: i64 = -1;

/// How a refusal of the credentials might be worded, folded: the service's own words are not known. A mailbox that stops with an alarm harms
/// less than an account that is locked because it was tried on.
const CREDENTIALS: [&str; 4] = ["sifre", "parola", "kullanici", "yetkili"];

/// Elements in which the service speaks to people.
pub(super) const WORDS: [&str; 2] = ["sonucu", "faultstring"];

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) uid: u64,
    /// `kepUAMessageIdentifier`; may be empty.
    pub(super) identifier: String,
}

/// What one request for a list said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    /// Each once.
    pub(super) rows: BTreeSet<Row>,
    /// Why something may be missing, although what could be named is here.
    pub(super) problem: Option<Problem>,
}

/// The content of an answer that reports success.
pub(super) fn succeeded(envelope: Element, codes: &[KnownCode]) -> Result<Element, Problem> {
    let content = content(envelope, codes).map_err(of_credentials)?;
    let code = find(&content, "sonucKodu").and_then(Element::value);
    let words = find(&content, "sonucu").and_then(Element::value);
    match code {
        Some(DONE) => Ok(content),
        Some(code) => Err(of_credentials(refused(code, words, codes))),
        None => Err(malformed("sonucKodu olmayan bir yanıt", "an answer without sonucKodu")),
    }
}

fn refused(code: &str, words: Option<&str>, codes: &[KnownCode]) -> Problem {
    let told = match words {
        Some(words) => format!("{code}: {words}"),
        None => format!("sonucKodu {code}"),
    };
    let number = code.parse().unwrap_or(NO_NUMBER);
    match judge(number, Some(&told), codes) {
        Err(problem) => problem,
        // No code but 200 is a success here, whatever it is elsewhere.
        Ok(()) => Problem::Refused {
            code: number,
            words: shown(&told),
        },
    }
}

fn of_credentials(problem: Problem) -> Problem {
    match problem {
        Problem::Refused { words, .. } | Problem::Final { words, .. } if speaks_of_credentials(&words) => Problem::Credentials(words),
        other => other,
    }
}

fn speaks_of_credentials(words: &str) -> bool {
    let folded = fold(words);
    CREDENTIALS.iter().any(|word| folded.contains(word))
}

pub(super) fn rows(content: &Element) -> Rows {
    let mut found = Vec::new();
    all(content, "mailList", &mut found);
    let mut rows = Rows::default();
    for row in found.into_iter().filter(|row| !row.nil) {
        let cell = |name: &str| find(row, name).and_then(Element::value);
        let identifier = cell("kepUAMessageIdentifier").unwrap_or_default();
        if identifier.chars().any(char::is_control) {
            rows.problem = Some(malformed(
                "denetim karakterleri içeren bir kepUAMessageIdentifier",
                "a kepUAMessageIdentifier with control characters",
            ));
            continue;
        }
        match cell("kepUID").map(str::parse::<u64>) {
            Some(Ok(uid)) if i64::try_from(uid).is_ok() => {
                rows.rows.insert(Row {
                    uid,
                    identifier: identifier.to_owned(),
                });
            }
            Some(_) => rows.problem = Some(malformed("sayı olmayan ya da çok büyük bir kepUID", "a kepUID that is no long")),
            // An element without content is how some servers write an empty list.
            None if row.children.is_empty() && row.value().is_none() => {}
            None => rows.problem = Some(malformed("kepUID'si olmayan bir satır", "a row without kepUID")),
        }
    }
    rows
}

/// The bytes in the element that the operator named.
pub(super) fn bytes(content: &Element, element: &str) -> Result<Bytes, Problem> {
    let mut found = Vec::new();
    all(content, element, &mut found);
    match found.as_slice() {
        [one] if !one.binary.is_empty() => Ok(one.binary.clone()),
        [] | [_] => Err(Problem::NotFound),
        // Which of them is meant cannot be known.
        _ => Err(malformed(
            "ileti içeriğini taşıyan birden çok öğe",
            "more than one element with the bytes of a message",
        )),
    }
}

fn find<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    let mut found = Vec::new();
    all(element, name, &mut found);
    found.first().copied()
}

/// Descendants of a name in the order of the document. The reader bounds their depth.
fn all<'a>(element: &'a Element, name: &str, found: &mut Vec<&'a Element>) {
    for child in &element.children {
        if child.name == name {
            found.push(child);
        }
        all(child, name, found);
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod reply_tests;
