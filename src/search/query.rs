//! What a list is asked for: the filters of the page's address line, so that a search can be shared as a link.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, verdict_word};
use super::fold::words;
use super::row::Row;
use super::words::{Condition, conditions, holds_phrase, is_found_by};
use crate::register::entry::{Direction, Entry, RegisterNumber};

/// Lines of one page.
pub const PAGE: usize = 50;
/// Lines that one question may ask for: what a browser shows at once, and an EBYS takes in one go.
pub const PAGE_LIMIT: usize = 500;

/// All that is set must fit. The names are those of the address line and of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Words, a register number, a BelgeNo, a file's SHA-256: full text.
    #[serde(rename = "q")]
    pub text: Option<String>,
    pub mailbox: Option<String>,
    pub unit: Option<String>,
    /// Words of the sender's name or KEP address.
    pub sender: Option<String>,
    /// First day of registration.
    pub from: Option<Date>,
    /// Last day of registration.
    pub to: Option<Date>,
    /// First day of arrival.
    pub received_from: Option<Date>,
    /// Last day of arrival.
    pub received_to: Option<Date>,
    /// First day that the document bears.
    pub document_from: Option<Date>,
    /// Last day that the document bears.
    pub document_to: Option<Date>,
    /// `passed`, `failed`, `indeterminate`; `none`: nobody could judge it.
    pub verdict: Option<String>,
    /// A stable flag word.
    pub flag: Option<String>,
    /// `registered`, `opened`, `assigned` …
    pub state: Option<String>,
    /// Access level.
    pub access: Option<u8>,
    /// Only what nobody opened.
    pub unopened: bool,
    /// `incoming` or `outgoing`.
    pub direction: Option<Direction>,
    /// Only numbers below this one: where the page before ended.
    pub before: Option<RegisterNumber>,
    pub limit: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: None,
            mailbox: None,
            unit: None,
            sender: None,
            from: None,
            to: None,
            received_from: None,
            received_to: None,
            document_from: None,
            document_to: None,
            verdict: None,
            flag: None,
            state: None,
            access: None,
            unopened: false,
            direction: None,
            before: None,
            limit: PAGE,
        }
    }
}

/// Some rows, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    pub rows: Vec<Row>,
    /// The value of `before` for the next page; `None`: that was all.
    pub next: Option<RegisterNumber>,
}

impl Query {
    /// Rows of one page, within what one question may ask for.
    pub fn page_size(&self) -> usize {
        self.limit.clamp(1, PAGE_LIMIT)
    }

    pub fn fits(&self, entry: &Entry) -> bool {
        self.fits_with(entry, None)
    }

    /// The same with the words of the covering letter. Where the list begins is no matter of an entry: `before` is not looked at.
    pub fn fits_with(&self, entry: &Entry, letter: Option<&str>) -> bool {
        let facts = Facts::of(entry);
        let same = |wanted: &Option<String>, there: Option<&str>| wanted.as_deref().is_none_or(|wanted| there == Some(wanted));
        let within = |from: Option<Date>, to: Option<Date>, day: Option<Date>| {
            from.is_none_or(|from| day.is_some_and(|day| day >= from)) && to.is_none_or(|to| day.is_some_and(|day| day <= to))
        };
        same(&self.mailbox, Some(&entry.mailbox))
            && same(&self.unit, entry.unit.as_deref())
            && same(&self.verdict, Some(verdict_word(entry)))
            && same(&self.state, Some(&facts.state))
            && within(self.from, self.to, Some(facts.registered))
            && within(self.received_from, self.received_to, Some(facts.received))
            && within(self.document_from, self.document_to, facts.dated)
            && self.flag.as_ref().is_none_or(|flag| entry.flags.contains(flag))
            && self.access.is_none_or(|access| entry.access == access)
            && (!self.unopened || facts.unopened)
            && self.direction.is_none_or(|direction| entry.direction() == direction)
            && self.fits_sender(&facts)
            && self.fits_text(&facts, letter)
    }

    fn fits_sender(&self, facts: &Facts) -> bool {
        let there: Vec<String> = facts.senders.iter().flat_map(|sender| words(sender)).collect();
        let fits = |wanted: String| there.iter().any(|word| is_found_by(word, &wanted));
        self.sender_words()
            .is_none_or(|wanted| !wanted.is_empty() && wanted.into_iter().all(fits))
    }

    fn fits_text(&self, facts: &Facts, letter: Option<&str>) -> bool {
        let wanted = self.conditions();
        if wanted.is_empty() {
            return true;
        }
        let values: Vec<Vec<String>> = facts.texts.iter().map(String::as_str).chain(letter).map(words).collect();
        let has_phrase = |phrase: &Vec<String>| values.iter().any(|value| holds_phrase(value, phrase));
        wanted.iter().all(|condition| match condition {
            Condition::Word(wanted) => values.iter().flatten().any(|word| is_found_by(word, wanted)),
            Condition::Phrase(phrase) => has_phrase(phrase),
            Condition::Number(number, phrase) => facts.number == *number || has_phrase(phrase),
            Condition::Sha256(hash) => facts.hashes.contains(hash),
            Condition::Id(id, phrase) => facts.id.as_ref() == Some(id) || has_phrase(phrase),
            Condition::Nothing => false,
        })
    }

    /// What the text asks for.
    pub fn conditions(&self) -> Vec<Condition> {
        self.text.as_deref().map(conditions).unwrap_or_default()
    }

    /// The words of the sender that is looked for; `None` when none is.
    pub fn sender_words(&self) -> Option<Vec<String>> {
        let text: String = self.sender.as_deref()?.chars().take(super::words::TEXT_LETTERS).collect();
        let mut wanted = words(&text);
        wanted.truncate(super::words::CONDITIONS);
        (!text.trim().is_empty()).then_some(wanted)
    }
}
