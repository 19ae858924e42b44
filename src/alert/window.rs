//! The throttle: after one notice, others like it are counted for a while and told together. Nothing is dropped.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notice::{Cause, Level, Notice};
use crate::text::{Lang, Text};

/// Titles that a summary spells out; the rest is a number.
const TITLES_KEPT: usize = 20;

/// Notices that are throttled together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WindowKey {
    pub cause: Cause,
    pub key: String,
    pub groups: Vec<String>,
}

impl WindowKey {
    pub(super) fn of(notice: &Notice) -> Self {
        Self {
            cause: notice.cause,
            key: notice.key.clone(),
            groups: notice.groups.clone(),
        }
    }
}

/// A time in which notices of one kind are held.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Window {
    pub until: Timestamp,
    /// The highest level that was told; a louder notice is not held.
    pub told: Level,
    pub held: u64,
    held_level: Level,
    first_held: Timestamp,
    last_held: Timestamp,
    titles: Vec<Text>,
}

impl Window {
    pub fn open(until: Timestamp, told: Level) -> Self {
        Self {
            until,
            told,
            held: 0,
            held_level: Level::Note,
            first_held: Timestamp::MAX,
            last_held: Timestamp::MIN,
            titles: Vec::new(),
        }
    }

    /// It still holds notices, or would hold one that came now.
    pub fn means_something(&self, now: Timestamp) -> bool {
        self.held > 0 || self.until > now
    }

    pub fn hold(&mut self, notice: &Notice) {
        self.held += 1;
        self.held_level = self.held_level.max(notice.level);
        self.first_held = self.first_held.min(notice.at);
        self.last_held = self.last_held.max(notice.at);
        if self.titles.len() < TITLES_KEPT {
            self.titles.push(notice.title.clone());
        }
    }
}

/// The held notices of a window as one notice.
pub(super) fn summary(key: &WindowKey, window: &Window, now: Timestamp) -> Notice {
    let label = key.cause.label();
    let list = |lang: Lang| -> String {
        let mut lines: String = window.titles.iter().map(|title| format!("- {}\n", title.get(lang))).collect();
        let rest = window.held.saturating_sub(window.titles.len() as u64);
        if rest > 0 {
            lines.push_str(&match lang {
                Lang::Tr => format!("- ve {rest} uyarı daha\n"),
                Lang::En => format!("- and {rest} more\n"),
            });
        }
        lines
    };
    let (held, from, to) = (window.held, window.first_held, window.last_held);
    // One held notice needs no count: its own title says more.
    let title = match window.titles.as_slice() {
        [only] if held == 1 => only.clone(),
        _ => Text::new(
            format!("{}: {held} uyarı daha ({})", label.tr, key.key),
            format!("{}: {held} more alerts ({})", label.en, key.key),
        ),
    };
    Notice {
        cause: key.cause,
        key: key.key.clone(),
        level: window.held_level,
        at: now,
        title,
        body: Text::new(
            format!(
                "Önceki uyarıdan sonra aynı konuda {held} uyarı daha oluştu ve birleştirildi.\n\n{}\nNe yapmalı: kayıt defterini açıp bu kayıtlara bakın.",
                list(Lang::Tr)
            ),
            format!(
                "After the last alert {held} more of the same kind came and were put together.\n\n{}\nWhat to do: open the register and look at these entries.",
                list(Lang::En)
            ),
        ),
        facts: BTreeMap::from([
            ("count".to_owned(), held.to_string()),
            ("first".to_owned(), from.to_string()),
            ("last".to_owned(), to.to_string()),
        ]),
        groups: key.groups.clone(),
    }
}
