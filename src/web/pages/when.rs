//! Time as clerks say it: Turkish time, minutes, and working days that are left.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::clock::{istanbul, local_day};
use crate::register::calendar::Calendar;
use crate::register::deadlines::kind;
use crate::register::entry::State;
use crate::text::Lang;

/// A deadline farther away is told by its date alone; nobody counts so many days.
const COUNTED_DAYS: i32 = 120;

pub use crate::clock::wall_minute as moment;

pub fn day(day: Date) -> String {
    day.strftime("%d.%m.%Y").to_string()
}

pub fn hour(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%H:%M").to_string()
}

/// The hour for today, the day for other days.
pub fn short(at: Timestamp, today: Date) -> String {
    let its = local_day(at);
    match its == today {
        true => hour(at),
        false if its.year() == today.year() => its.strftime("%d.%m.").to_string(),
        false => day(its),
    }
}

/// How much time is left, in words and by a class of the style sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub words: String,
    /// `passed`, `today`, `near`, `far`.
    pub class: &'static str,
    pub at: String,
    pub iso: String,
    pub kind: &'static str,
}

impl Due {
    /// The deadline of a row, unless nobody can miss it any more.
    pub fn of(deadline: Option<&(Timestamp, String)>, state: State, now: Timestamp, calendar: &Calendar, lang: Lang) -> Option<Self> {
        let (at, kind) = deadline?;
        let is_open = match state {
            State::Registered | State::Quarantined => true,
            State::Opened | State::Assigned | State::OnHold => kind == kind::DUE,
            State::Done | State::NotRecorded => false,
        };
        is_open.then(|| Self::at(*at, kind, now, calendar, lang))
    }

    pub fn at(at: Timestamp, kind: &str, now: Timestamp, calendar: &Calendar, lang: Lang) -> Self {
        let (today, last) = (local_day(now), local_day(at));
        let left = business_days_between(today, last, calendar);
        let (class, tr, en) = match left {
            _ if at < now => ("passed", "süresi geçti".to_owned(), "overdue".to_owned()),
            _ if last == today => ("today", format!("bugün {}", hour(at)), format!("today by {}", hour(at))),
            Some(0) => ("near", "iş gününden önce".to_owned(), "before the next working day".to_owned()),
            Some(1) => ("near", "1 iş günü kaldı".to_owned(), "1 working day left".to_owned()),
            Some(days) if days <= 3 => ("near", format!("{days} iş günü kaldı"), format!("{days} working days left")),
            Some(days) => ("far", format!("{days} iş günü kaldı"), format!("{days} working days left")),
            None => ("far", day(last), day(last)),
        };
        Self {
            words: if lang == Lang::Tr { tr } else { en },
            class,
            at: moment(at),
            iso: at.to_string(),
            kind: deadline_kind(kind, lang),
        }
    }
}

/// Business days after `today` up to `last`; `None`: too many to count.
fn business_days_between(today: Date, last: Date, calendar: &Calendar) -> Option<usize> {
    let span = (last - today).get_days();
    if span > COUNTED_DAYS {
        return None;
    }
    let days = today.series(1.day()).skip(1).take_while(|day| *day <= last);
    Some(days.filter(|day| calendar.is_business_day(*day)).count())
}

pub fn deadline_kind(word: &str, lang: Lang) -> &'static str {
    let (tr, en) = match word {
        kind::DEEMED_READ => ("okunmuş sayılma", "deemed read"),
        kind::DEEMED_READ_EARLY => ("okunmuş sayılma (erken hesap)", "deemed read (earlier rule)"),
        kind::DUE => ("miat", "due date"),
        kind::URGENT => ("günlü", "same day"),
        _ => ("süre", "deadline"),
    };
    if lang == Lang::Tr { tr } else { en }
}

#[cfg(test)]
#[path = "when_tests.rs"]
mod when_tests;
