//! The sentences. One constructor per cause; each says what happened, why it matters and what to do next, Turkish first.
//!
//! No subject lines, no persons, no identity numbers, no content: a register number, the sending institution and a deadline are all
//! that leaves the house (`title` is what an SMS carries).

mod application;
mod entry;
mod gateway;
mod key;
mod loss;
mod mailbox;
mod sent;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use application::{Ending, application_term};
pub use entry::{EntryFacts, ProgramFacts, deadline_near, for_programs, new_document, quarantine, signature};
pub use gateway::{
    DiskTrouble, chain_broken, daemon_alive, daemon_dead, disk, journal_repaired, orphan_evidence, page_not_served, reload_failed,
    store_created, test, undelivered,
};
pub use key::{KeyTrouble, key_back, key_ends, key_trouble};
pub use loss::{Term, loss_closed, loss_found, loss_term};
pub use mailbox::{
    QUOTA_STEPS, authentication_failure, daily_check_done, daily_check_missed, low_credit, mailbox_failing, mailbox_oddities,
    missing_message, negative_evidence, not_taken, quota, quota_level,
};
pub use sent::{SentFacts, sent_missing, sent_negative, sent_settled, sent_time_out};

use super::notice::{Cause, Level, Notice};
use crate::clock::istanbul;
use crate::text::{Text, is_deceptive};

/// An institution's name is cut here: the title must fit one SMS with its number and deadline.
const INSTITUTION_CHARS: usize = 50;

fn mailbox_notice(cause: Cause, level: Level, mailbox: &str, at: Timestamp, title: Text, body: Text, more: &[(&str, &str)]) -> Notice {
    let mut notice = plain(cause, level, mailbox, at, title, body, more);
    notice.facts.insert("mailbox".to_owned(), mailbox.to_owned());
    notice
}

fn plain(cause: Cause, level: Level, key: &str, at: Timestamp, title: Text, body: Text, more: &[(&str, &str)]) -> Notice {
    Notice {
        cause,
        key: key.to_owned(),
        level,
        at,
        title,
        body,
        facts: facts(more),
        groups: Vec::new(),
    }
}

fn facts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// What happened, why, what to do next; an empty "why" is left out.
fn body(happened: Text, why: Text, next: Text) -> Text {
    let lines = |happened: &str, why: &str, next: String| -> String {
        let all = [happened, why, &next];
        all.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n\n")
    };
    Text::new(
        lines(&happened.tr, &why.tr, format!("Ne yapmalı: {}", next.tr)),
        lines(&happened.en, &why.en, format!("What to do: {}", next.en)),
    )
}

/// A word from outside on its way into a title: one line, nothing hidden, short.
fn clean(text: &str) -> String {
    let line = visible(text);
    match line.chars().count() > INSTITUTION_CHARS {
        true => line.chars().take(INSTITUTION_CHARS - 1).chain(['…']).collect(),
        false => line,
    }
}

/// The same on its way into a body: whole.
fn visible(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !is_deceptive(*c))
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Day and minute in Turkey.
pub fn moment(at: Timestamp) -> Text {
    let local = at.to_zoned(istanbul());
    Text::new(
        local.strftime("%d.%m.%Y %H:%M").to_string(),
        local.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

fn day(at: Timestamp) -> Text {
    let local = at.to_zoned(istanbul());
    Text::new(local.strftime("%d.%m.%Y").to_string(), local.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
#[path = "causes_tests.rs"]
mod tests;
