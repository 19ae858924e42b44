//! Saklama: how long an entry's bytes are kept, and when they may be disposed of. Pure: classes and rules are configuration, the day comes in.
//!
//! Nothing is ever due without a class that has years. The years are counted from the end of the calendar year of registration: retention
//! plans of Turkish public archives count whole years, and neither the law that we could read nor the user's documents say from which day
//! (`assumption`). The end of the year is the latest of the usual readings, and too late is the mistake that can be put right.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::entry::{Entry, State};
use crate::clock::local_day;
use crate::message::MessageKind;
use crate::text::Text;

/// Characters of the name of a class: it stands in lists that people compare.
const NAME_CHARS: usize = 60;

/// Characters of the law or plan that a class rests on.
const BASIS_CHARS: usize = 300;

/// `[retention]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Class of entries that no rule and no person gave another one. Empty (default): they are kept for ever.
    pub default: String,
    /// Days after a loss (zıya) was found by which it must be told to whom it concerns. Default 15.
    pub loss_days: u16,
    /// The classes, by name.
    pub class: Vec<Class>,
    /// Which entries get which class, from top to bottom; the first that fits decides.
    pub rule: Vec<ClassRule>,
    /// What the checklists say of the keeping of their application files, by the name of the checklist. Not written here: it comes from them.
    #[serde(skip)]
    pub checklists: BTreeMap<String, FileTerm>,
}

/// How long application files of one kind are kept, as their checklist says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTerm {
    /// Name of a class, which counts where there is such a class.
    pub class: Option<String>,
    /// Never shorter than this, whatever the class says.
    pub years: Option<u16>,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            default: String::new(),
            // The exporters' unions' electronic application: a loss is reported within 15 days of learning of it.
            loss_days: 15,
            class: Vec::new(),
            rule: Vec::new(),
            checklists: BTreeMap::new(),
        }
    }
}

/// One class of the institution's retention plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Class {
    pub name: String,
    /// Whole years after the year of registration. Left out: for ever.
    pub years: Option<u16>,
    /// The law or plan behind it, for people.
    pub basis: String,
}

/// What gets a class without anybody saying so. All conditions that are written must hold; of several values in one, any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassRule {
    pub class: String,
    pub mailbox: Vec<String>,
    pub unit: Vec<String>,
    pub kind: Vec<MessageKind>,
    /// Labels that routing rules gave: how a rule on the sender, on words or on the standard file plan sets a class.
    pub label: Vec<String>,
}

/// What people decided about the keeping of one entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeping {
    /// The class that somebody gave it; wins over the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Hukukî bekletme: since when and why it must be kept whatever its class says, each for its own case. It is free when none stands any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// The open disposal list that it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposed: Option<Disposed>,
    /// Who decided what, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deeds: Vec<KeepingDeed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Counted from 1 over all that the entry ever had.
    pub id: u32,
    pub since: Timestamp,
    pub by: String,
    pub reason: String,
}

/// İmha edildi: the bytes are gone, what the journal says of them stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposed {
    pub at: Timestamp,
    pub list: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepingDeed {
    pub at: Timestamp,
    pub by: String,
    pub what: KeepingWord,
    pub reason: String,
    /// Done on the machine itself, where nobody proves who he is: the account there, as the system vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeepingWord {
    /// `None`: back to what the rules say.
    Class(Option<String>),
    Held,
    Released,
}

/// Where an entry stands between registration and disposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No class with years: nobody may dispose of it.
    ForEver,
    /// A hold stands.
    Held,
    /// Not finished: put on hold by a clerk, never read, or in an application file that is open. What is not finished begins no retention.
    Open,
    /// Not before this day.
    Kept {
        class: String,
        until: Date,
    },
    Due {
        class: String,
        years: u16,
        since: Date,
    },
    Disposed,
}

impl RetentionConfig {
    /// What no single key can be blamed for.
    ///
    /// # Errors
    /// A sentence for the administrator.
    pub fn check(&self) -> Result<(), Text> {
        let mut names = BTreeSet::new();
        for class in &self.class {
            let name = class.name.as_str();
            let fits = !name.is_empty()
                && name.chars().count() <= NAME_CHARS
                && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if !fits || class.basis.chars().count() > BASIS_CHARS {
                return Err(Text::new(
                    format!(
                        "[[retention.class]] name = \"{name}\": ad en çok {NAME_CHARS} harf, rakam, '-', '_' ve '.'; dayanak en çok {BASIS_CHARS} karakter"
                    ),
                    format!(
                        "[[retention.class]] name = \"{name}\": a name has at most {NAME_CHARS} letters, digits, '-', '_' and '.'; a basis at most {BASIS_CHARS} characters"
                    ),
                ));
            }
            if !names.insert(name) {
                return Err(Text::new(
                    format!("[[retention.class]] name = \"{name}\" iki kez kullanılmış; birini değiştirin"),
                    format!("[[retention.class]] name = \"{name}\" is used twice; change one of them"),
                ));
            }
        }
        let used = self.rule.iter().map(|rule| rule.class.as_str());
        let unknown = used
            .chain(Some(self.default.as_str()).filter(|name| !name.is_empty()))
            .find(|name| !names.contains(name));
        if let Some(name) = unknown {
            return Err(Text::new(
                format!("[retention]: \"{name}\" adlı sınıf yok; bir [[retention.class]] ekleyin"),
                format!("[retention]: there is no class \"{name}\"; add a [[retention.class]]"),
            ));
        }
        if let Some(rule) = self.rule.iter().find(|rule| rule.is_empty()) {
            return Err(Text::new(
                format!(
                    "[[retention.rule]] class = \"{}\": koşulu yok; her kayda uyacaksa 'default' kullanın",
                    rule.class
                ),
                format!(
                    "[[retention.rule]] class = \"{}\": it has no condition; use 'default' for every entry",
                    rule.class
                ),
            ));
        }
        Ok(())
    }

    pub fn class_named(&self, name: &str) -> Option<&Class> {
        self.class.iter().find(|class| class.name == name)
    }

    /// The last year of which anything can be due on a day; `None`: no class has years.
    pub fn last_due_year(&self, today: Date) -> Option<i16> {
        let years = self.class.iter().filter_map(|class| class.years).min()?;
        today.year().checked_sub(i16::try_from(years).ok()?)?.checked_sub(1)
    }

    /// The class of an entry: by a person, by the checklist of its application file, by the first rule that fits, by default. A class that a
    /// person gave and that the configuration knows no longer is none: what nobody can count is kept.
    fn class_in(&self, entry: &Entry, keeping: &Keeping, checklist: Option<&str>) -> Option<&Class> {
        if let Some(name) = &keeping.class {
            return self.class_named(name);
        }
        let term = checklist.and_then(|name| self.checklists.get(name));
        let of_checklist = term.and_then(|term| self.class_named(term.class.as_deref()?));
        let rule = || self.rule.iter().find(|rule| rule.fits(entry)).map(|rule| rule.class.as_str());
        of_checklist.or_else(|| self.class_named(rule().unwrap_or(&self.default)))
    }

    /// The class with its years, and never fewer than the checklist of its application file wants; `None`: for ever. Of a file whose
    /// checklist is configured no longer nobody knows that any more: then only a class counts that a person gave.
    pub fn years_in(&self, entry: &Entry, keeping: &Keeping, checklist: Option<&str>) -> Option<(&Class, u16)> {
        let class = self.class_in(entry, keeping, checklist)?;
        let years = class.years?;
        match checklist.map(|name| self.checklists.get(name)) {
            None => Some((class, years)),
            Some(Some(term)) => Some((class, years.max(term.years.unwrap_or(0)))),
            Some(None) => keeping.class.is_some().then_some((class, years)),
        }
    }

    /// Where an entry stands on a day in Turkey, by itself or as a document of an application file of this checklist.
    pub fn standing_in(&self, entry: &Entry, keeping: &Keeping, checklist: Option<&str>, today: Date) -> Standing {
        if keeping.disposed.is_some() {
            return Standing::Disposed;
        }
        if !keeping.holds.is_empty() {
            return Standing::Held;
        }
        let Some((class, years)) = self.years_in(entry, keeping, checklist) else {
            return Standing::ForEver;
        };
        let Some(due) = due_day(entry, years) else {
            return Standing::ForEver;
        };
        // Assigned or reopened, what nobody could read is still unread; only who closes it decides that it may stay so.
        let is_unread = entry.is_set_aside() && !matches!(entry.state, State::Done | State::NotRecorded);
        if matches!(entry.state, State::OnHold | State::Quarantined) || is_unread {
            return Standing::Open;
        }
        let class = class.name.clone();
        match due <= today {
            true => Standing::Due { class, years, since: due },
            false => Standing::Kept { class, until: due },
        }
    }
}

impl ClassRule {
    fn is_empty(&self) -> bool {
        self.mailbox.is_empty() && self.unit.is_empty() && self.kind.is_empty() && self.label.is_empty()
    }

    fn fits(&self, entry: &Entry) -> bool {
        let any = |wanted: &[String], found: &dyn Fn(&str) -> bool| wanted.is_empty() || wanted.iter().any(|wanted| found(wanted));
        any(&self.mailbox, &|name| entry.mailbox == name)
            && any(&self.unit, &|name| entry.unit.as_deref() == Some(name))
            && any(&self.label, &|name| entry.labels.contains(name))
            && (self.kind.is_empty() || self.kind.contains(&entry.message.kind))
    }
}

/// The first day on which an entry with so many years may be disposed of; `None` where there is no such day.
fn due_day(entry: &Entry, years: u16) -> Option<Date> {
    // A clock that stood wrong when the entry was registered must not make it due early: the latest of what is known counts.
    let number = entry.register_number.year;
    let known = [entry.registered_at, entry.message.received_at].map(|at| local_day(at).year());
    let registered = known.into_iter().fold(number, i16::max);
    let year = i32::from(registered) + i32::from(years) + 1;
    let year = i16::try_from(year).ok().filter(|year| *year <= 9_999)?;
    Some(date(year, 1, 1))
}

#[cfg(test)]
#[path = "retention_tests.rs"]
mod retention_tests;
