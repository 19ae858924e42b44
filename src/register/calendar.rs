//! Which days are business days (iş günü) in Turkey: weekends, law 2429, the religious feasts, and what the institution changed.
//!
//! A half day (yarım gün: 28 October and the eves of feasts) counts as a business day unless it is set otherwise:
//! the deadline then comes out earlier, and an early alarm costs less than a late one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

pub use super::calendar_data::Standing;
use super::calendar_data::{BUILT_IN, Changes, Closed, Fixed, Hours, Moved, Table};
use crate::clock;
use crate::finding::{Finding, Severity};
use crate::text::Text;

/// The longest run of days without a business day that is believed. A calendar that closes more is wrong; the next plain day is taken then,
/// because an early deadline is the safe one.
const LONGEST_CLOSURE_DAYS: u16 = 366;

/// A feast moves by a day or two when it is announced; a change farther away than this is another feast.
const SAME_FEAST_DAYS: i32 = 15;

/// How far an estimated feast may move, and so throw doubt on days around it.
const ESTIMATE_SLACK_DAYS: i32 = 2;

/// Whether a half day counts as a business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HalfDays {
    /// It does: the cautious reading, and the default.
    #[default]
    Business,
    /// It does not.
    Holiday,
}

/// The calendar cannot be used. The program refuses to start with it: a wrong calendar makes wrong deadlines silently.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("the calendar cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("the calendar is not usable: {}", .0.en)]
    Content(Text),
}

impl CalendarError {
    /// The sentence for the administrator. What the parser says is quoted.
    pub fn text(&self) -> Text {
        let turkish = match self {
            Self::Syntax(said) => format!("takvim okunamıyor; ayrıştırıcının dediği: {said}"),
            Self::Content(problem) => format!("takvim kullanılamıyor: {}", problem.tr),
        };
        Text::new(turkish, self.to_string())
    }
}

/// A holiday that stands on its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayOff {
    pub name: Text,
    /// Closed from 13:00 only.
    pub half: bool,
    pub standing: Standing,
}

/// The calendar, ready to be asked. No question fails or panics, whatever the date.
#[derive(Debug, Clone)]
pub struct Calendar {
    half_days: HalfDays,
    weekend: Vec<Weekday>,
    hours: Hours,
    fixed: Vec<Fixed>,
    dated: BTreeMap<Date, DayOff>,
    working: BTreeSet<Date>,
    /// First and last whole day of each feast that is an estimate.
    estimates: Vec<(Date, Date)>,
    first_year: i16,
    last_year: i16,
}

impl Calendar {
    /// The bundled table with the text of a file of changes laid over it (empty: none).
    ///
    /// # Errors
    /// The text is no such file, names an unknown feast, or closes every day of the week. Says which line.
    pub fn new(changes: &str, half_days: HalfDays) -> Result<Self, CalendarError> {
        Self::from_table(toml::from_str(BUILT_IN)?, toml::from_str(changes)?, half_days)
    }

    fn from_table(table: Table, changes: Changes, half_days: HalfDays) -> Result<Self, CalendarError> {
        let weekend: Vec<Weekday> = table.weekend.iter().map(|name| Weekday::from(*name)).collect();
        if Weekday::Monday.cycle_forward().take(7).all(|day| weekend.contains(&day)) {
            return Err(CalendarError::Content(Text::new(
                "haftanın her günü hafta sonu yazılmış",
                "every day of the week is a weekend",
            )));
        }
        let mut calendar = Self {
            half_days,
            weekend,
            hours: table.hours,
            fixed: table.fixed,
            dated: BTreeMap::new(),
            working: changes.working.into_iter().collect(),
            estimates: Vec::new(),
            first_year: table.first_year,
            last_year: table.last_year,
        };
        if let Some(moved) = changes.moved.iter().find(|moved| !table.feast.contains_key(&moved.feast)) {
            let known: Vec<&str> = table.feast.keys().map(String::as_str).collect();
            let (feast, known) = (&moved.feast, known.join(", "));
            let problem = Text::new(
                format!("'{feast}' diye bir bayram bilinmiyor; bilinenler: {known}"),
                format!("unknown feast '{feast}'; known are: {known}"),
            );
            return Err(CalendarError::Content(problem));
        }
        for (key, feast) in &table.feast {
            let name = Text::new(&feast.tr, &feast.en);
            let moved: Vec<&Moved> = changes.moved.iter().filter(|moved| moved.feast == *key).collect();
            let kept = feast
                .first_days()
                .filter(|(day, _)| !moved.iter().any(|other| (other.first - *day).get_days().abs() <= SAME_FEAST_DAYS));
            for (first, standing) in kept.chain(moved.iter().map(|moved| (moved.first, moved.standing))) {
                calendar.add_feast(first, feast.days, &name, standing);
            }
        }
        for closed in changes.closed {
            calendar.close(closed)?;
        }
        Ok(calendar)
    }

    fn add_feast(&mut self, first: Date, days: i8, name: &Text, standing: Standing) {
        let eve = Text::new(format!("{} arifesi", name.tr), format!("Eve of the {}", name.en));
        self.add(first.saturating_sub(1.day()), eve, true, standing);
        let last = first.saturating_add((days - 1).days());
        for day in days_between(first, last) {
            self.add(day, name.clone(), false, standing);
        }
        if standing == Standing::Estimate {
            self.estimates.push((first, last));
        }
    }

    fn close(&mut self, closed: Closed) -> Result<(), CalendarError> {
        let last = closed.last.unwrap_or(closed.first);
        if last < closed.first || (last - closed.first).get_days() > i32::from(LONGEST_CLOSURE_DAYS) {
            let first = closed.first;
            let problem = Text::new(
                format!("[[closed]] {first} - {last}: son gün ilk günden sonra ve bir yıl içinde olmalı"),
                format!("[[closed]] from {first} to {last}: the last day must follow the first within a year"),
            );
            return Err(CalendarError::Content(problem));
        }
        for day in days_between(closed.first, last) {
            self.add(day, Text::new(&closed.tr, &closed.en), closed.half, Standing::Announced);
        }
        Ok(())
    }

    /// A whole holiday is never weakened to a half one: 1 January 2033 is also an eve.
    fn add(&mut self, day: Date, name: Text, half: bool, standing: Standing) {
        if half && self.dated.get(&day).is_some_and(|other| !other.half) {
            return;
        }
        self.dated.insert(day, DayOff { name, half, standing });
    }

    /// The holiday on a day, whole or half, unless the institution works on it. Weekends are not holidays.
    pub fn holiday(&self, day: Date) -> Option<DayOff> {
        if self.working.contains(&day) {
            return None;
        }
        let dated = self.dated.get(&day).cloned();
        if dated.as_ref().is_some_and(|off| !off.half) {
            return dated;
        }
        let fixed = self
            .fixed
            .iter()
            .find(|fixed| (fixed.month, fixed.day) == (day.month(), day.day()) && day.year() >= fixed.since);
        match fixed {
            Some(fixed) if dated.is_none() || !fixed.half => Some(DayOff {
                name: Text::new(&fixed.tr, &fixed.en),
                half: fixed.half,
                standing: Standing::Happened,
            }),
            _ => dated,
        }
    }

    /// A day that is worked until 13:00 only.
    pub fn is_half_day(&self, day: Date) -> bool {
        !self.is_weekend(day) && self.holiday(day).is_some_and(|off| off.half)
    }

    /// İş günü.
    pub fn is_business_day(&self, day: Date) -> bool {
        !self.is_weekend(day) && self.holiday(day).is_none_or(|off| off.half && self.half_days == HalfDays::Business)
    }

    fn is_weekend(&self, day: Date) -> bool {
        self.weekend.contains(&day.weekday()) && !self.working.contains(&day)
    }

    /// The first business day after `day`.
    pub fn next_business_day(&self, day: Date) -> Date {
        let mut next = day;
        for _ in 0..LONGEST_CLOSURE_DAYS {
            next = next.saturating_add(1.day());
            if self.is_business_day(next) {
                return next;
            }
        }
        day.saturating_add(1.day())
    }

    /// `day` itself when it is a business day, else the next one.
    pub fn business_day_from(&self, day: Date) -> Date {
        if self.is_business_day(day) {
            day
        } else {
            self.next_business_day(day)
        }
    }

    /// The `count`-th business day after `day`; `day` itself for 0.
    pub fn add_business_days(&self, day: Date, count: u16) -> Date {
        (0..count).fold(day, |day, _| self.next_business_day(day))
    }

    /// The instant that lies so many office hours before `at`.
    pub fn business_hours_before(&self, at: Timestamp, hours: u32) -> Timestamp {
        let mut left = SignedDuration::from_hours(i64::from(hours));
        let mut end_limit = at;
        let mut day = clock::local_day(at);
        for _ in 0..LONGEST_CLOSURE_DAYS {
            if let Some((start, end)) = self.office_hours(day) {
                let worked = end.min(end_limit).duration_since(start).max(SignedDuration::ZERO);
                if worked >= left {
                    return end.min(end_limit).saturating_sub(left).unwrap_or(start);
                }
                left -= worked;
            }
            end_limit = Timestamp::MAX;
            day = day.saturating_sub(1.day());
        }
        at.saturating_sub(SignedDuration::from_hours(i64::from(hours)))
            .unwrap_or(Timestamp::MIN)
    }

    fn office_hours(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        let at = |time: Time| clock::from_local(day.to_datetime(time));
        let end = if self.is_half_day(day) {
            self.hours.half_day_end
        } else {
            self.hours.end
        };
        self.is_business_day(day).then(|| (at(self.hours.start), at(end)))
    }

    /// What a person must know before trusting a span of days: the feasts in it are estimates, or nobody knows them.
    pub fn doubt(&self, from: Date, to: Date) -> Option<Finding> {
        if from.year() < self.first_year || to.year() > self.last_year {
            return Some(self.beyond_the_table(if from.year() < self.first_year { from } else { to }));
        }
        let slack = ESTIMATE_SLACK_DAYS.days();
        let (from, to) = (from.saturating_sub(slack), to.saturating_add(slack));
        let (first, _) = self
            .estimates
            .iter()
            .find(|(first, last)| first.saturating_sub(1.day()) <= to && *last >= from)?;
        Some(Finding::new(
            "KEP-5002",
            Severity::Warning,
            "calendar",
            format!(
                "Son tarih, {first} için tahmin edilen bayram günlerine dayanıyor. Diyanet takvimi açıklanınca takvim \
                    dosyasına [[moved]] satırı ekleyin."
            ),
            format!(
                "The deadline rests on feast days that are estimated for {first}. Once Diyanet has announced them, add a \
                    [[moved]] entry to the calendar file."
            ),
        ))
    }

    /// What the operator must hear today: the table ends, or its estimated part is less than a year away.
    pub fn warning(&self, today: Date) -> Option<Finding> {
        if today.year() < self.first_year || today.year() > self.last_year {
            return Some(self.beyond_the_table(today));
        }
        let next_year = today.year().saturating_add(1);
        if next_year > self.last_year {
            return Some(self.beyond_the_table(today.last_of_year().saturating_add(1.day())));
        }
        let first = self
            .estimates
            .iter()
            .map(|(first, _)| *first)
            .filter(|first| *first >= today)
            .min()?;
        (first.year() <= next_year).then(|| {
            Finding::new(
                "KEP-5003",
                Severity::Warning,
                "calendar",
                format!(
                    "{first} tarihli bayram yalnızca tahmindir. Diyanet takvimini denetleyip takvim dosyasına [[moved]] satırı ekleyin."
                ),
                format!(
                    "The feast of {first} is only an estimate. Check Diyanet's calendar and add a [[moved]] entry to the calendar file."
                ),
            )
        })
    }

    fn beyond_the_table(&self, day: Date) -> Finding {
        let (first, last) = (self.first_year, self.last_year);
        Finding::new(
            "KEP-5001",
            Severity::Warning,
            "calendar",
            format!(
                "{day} günü takvim tablosunun ({first}-{last}) dışında: dinî bayramlar hesaba katılmadı. Takvim dosyasını güncelleyin."
            ),
            format!("{day} lies outside the calendar table ({first}-{last}): religious feasts were not counted. Update the calendar file."),
        )
    }
}

/// Every day from `first` to `last`.
fn days_between(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |day| *day <= last)
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod calendar_tests;
