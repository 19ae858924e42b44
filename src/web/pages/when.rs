//! Time as clerks say it: Turkish time, minutes, and working days that are left.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::clock::{istanbul, local_day};
use crate::register::calendar::Calendar;
use crate::register::deadlines::kind;
use crate::register::entry::State;
use crate::register::words;
use crate::settings::Settings;
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

/// How long a missed deadline is something to do about. After that it is history, on every page: a first run over an old mailbox must not
/// bring thousands of alarms.
pub const MISSED_BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What deadlines are measured by: the same for the counter, the lists and the boards.
#[derive(Clone, Copy)]
pub struct Measure<'a> {
    pub now: Timestamp,
    pub calendar: &'a Calendar,
    /// Office hours before the moment, from which on it is near.
    pub lead: u32,
    pub lang: Lang,
}

impl<'a> Measure<'a> {
    pub fn of(settings: &'a Settings, now: Timestamp, lang: Lang) -> Self {
        Self {
            now,
            calendar: &settings.registry.calendar,
            lead: settings.config.register.warn_business_hours,
            lang,
        }
    }

    /// Where a deadline stands.
    pub fn standing(&self, at: Timestamp) -> Standing {
        if at < self.now {
            return match self.now.duration_since(at) <= MISSED_BACK {
                true => Standing::Passed,
                false => Standing::Old,
            };
        }
        if local_day(at) == local_day(self.now) {
            return Standing::Today;
        }
        // The warning time of the alarms is some office hours; who plans a day has to see its last working day as well.
        let warned = self.now >= self.calendar.business_hours_before(at, self.lead);
        let days = business_days_between(local_day(self.now), local_day(at), self.calendar);
        match warned || days.is_some_and(|days| days <= 1) {
            true => Standing::Near,
            false => Standing::Far,
        }
    }
}

/// Where a deadline stands that can still be missed, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Missed so long ago that it is history.
    Old,
    Passed,
    Today,
    /// The warning time has begun, or it is the last working day before.
    Near,
    Far,
}

impl Standing {
    /// Counted as "near or passed", and shown in the colours of it.
    pub fn is_pressing(self) -> bool {
        matches!(self, Self::Passed | Self::Today | Self::Near)
    }

    /// Of the style sheet.
    fn class(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::Passed => "passed",
            Self::Today => "today",
            Self::Near => "near",
            Self::Far => "far",
        }
    }
}

/// How much time is left, in words and by a class of the style sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub words: String,
    /// `old`, `passed`, `today`, `near`, `far`.
    pub class: &'static str,
    pub at: String,
    pub iso: String,
    pub kind: &'static str,
}

impl Due {
    /// The deadline of a row, unless nobody can miss it any more.
    pub fn of(deadline: Option<&(Timestamp, String)>, state: State, measure: Measure<'_>) -> Option<Self> {
        let (at, kind) = deadline?;
        let is_open = match state {
            State::Registered | State::Quarantined => true,
            State::Opened | State::Assigned | State::OnHold => kind == kind::DUE,
            State::Done | State::NotRecorded => false,
        };
        is_open.then(|| Self::at(*at, kind, measure))
    }

    pub fn at(at: Timestamp, kind: &str, measure: Measure<'_>) -> Self {
        let (today, last) = (local_day(measure.now), local_day(at));
        let standing = measure.standing(at);
        let left = business_days_between(today, last, measure.calendar);
        let (tr, en) = match (standing, left) {
            (Standing::Old, _) => (format!("{} geçti", day(last)), format!("passed {}", day(last))),
            (Standing::Passed, _) => ("süresi geçti".to_owned(), "overdue".to_owned()),
            (Standing::Today, _) => (format!("bugün {}", hour(at)), format!("today by {}", hour(at))),
            (_, Some(0)) => ("iş gününden önce".to_owned(), "before the next working day".to_owned()),
            (_, Some(1)) => ("1 iş günü kaldı".to_owned(), "1 working day left".to_owned()),
            (_, Some(days)) => (format!("{days} iş günü kaldı"), format!("{days} working days left")),
            (_, None) => (day(last), day(last)),
        };
        Self {
            words: if measure.lang == Lang::Tr { tr } else { en },
            class: standing.class(),
            at: moment(at),
            iso: at.to_string(),
            kind: words::deadline_kind(kind, measure.lang),
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

#[cfg(test)]
#[path = "when_tests.rs"]
mod when_tests;
