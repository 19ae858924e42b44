//! What a list is asked for: the filters of the page's address line, so that a search can be shared as a link.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::row::Row;
use crate::clock::local_day;
use crate::register::entry::{Entry, RegisterNumber};

/// Lines of one page.
pub const PAGE: usize = 50;

/// All that is set must fit. The names are those of the address line and of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Words, a register number, a BelgeNo, a file's SHA-256: full text.
    #[serde(rename = "q")]
    pub text: Option<String>,
    pub mailbox: Option<String>,
    pub unit: Option<String>,
    pub sender: Option<String>,
    /// First day of registration.
    pub from: Option<Date>,
    /// Last day of registration.
    pub to: Option<Date>,
    /// `passed`, `failed`, `indeterminate`.
    pub verdict: Option<String>,
    /// A stable flag word.
    pub flag: Option<String>,
    /// `registered`, `opened`, `assigned` …
    pub state: Option<String>,
    /// Access level.
    pub access: Option<u8>,
    /// Only what nobody opened.
    pub unopened: bool,
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
            verdict: None,
            flag: None,
            state: None,
            access: None,
            unopened: false,
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
    pub fn fits(&self, entry: &Entry) -> bool {
        let day = local_day(entry.registered_at);
        let same = |wanted: &Option<String>, there: Option<&str>| wanted.as_deref().is_none_or(|wanted| there == Some(wanted));
        same(&self.mailbox, Some(&entry.mailbox))
            && same(&self.unit, entry.unit.as_deref())
            && self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day <= to)
            && self.flag.as_ref().is_none_or(|flag| entry.flags.contains(flag))
            && self.access.is_none_or(|access| entry.access == access)
            && (!self.unopened || entry.history.is_empty())
    }
}
