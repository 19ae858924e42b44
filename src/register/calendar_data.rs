//! The calendar as data: the bundled table and the file of changes that an institution lays over it.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};

/// The bundled table.
pub(super) const BUILT_IN: &str = include_str!("../../config/calendar-tr.toml");

/// How sure the date of a feast is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The day was kept.
    Happened,
    /// Published by Diyanet.
    Announced,
    /// Computed: may move by a day.
    Estimate,
}

/// `config/calendar-tr.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub first_year: i16,
    pub last_year: i16,
    pub weekend: Vec<WeekdayName>,
    pub hours: Hours,
    pub fixed: Vec<Fixed>,
    pub feast: BTreeMap<String, Feast>,
}

/// Office hours (mesai).
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    pub start: Time,
    pub end: Time,
    pub half_day_end: Time,
}

/// A holiday on the same day of every year.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixed {
    pub month: i8,
    pub day: i8,
    /// First year in which it was kept.
    pub since: i16,
    #[serde(default)]
    pub half: bool,
    pub tr: String,
    pub en: String,
}

/// A feast of the lunar year: its first whole days, by how sure they are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feast {
    pub tr: String,
    pub en: String,
    pub days: i8,
    #[serde(default)]
    happened: Vec<Date>,
    #[serde(default)]
    announced: Vec<Date>,
    #[serde(default)]
    estimate: Vec<Date>,
}

impl Feast {
    pub fn first_days(&self) -> impl Iterator<Item = (Date, Standing)> {
        let with = |days: &[Date], standing| days.iter().map(move |day| (*day, standing)).collect::<Vec<_>>();
        with(&self.happened, Standing::Happened)
            .into_iter()
            .chain(with(&self.announced, Standing::Announced))
            .chain(with(&self.estimate, Standing::Estimate))
    }
}

/// What an institution changes (`[register] calendar`).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Changes {
    /// Worked although a weekend or a holiday of the table.
    pub working: Vec<Date>,
    pub closed: Vec<Closed>,
    pub moved: Vec<Moved>,
}

/// An extra holiday, or administrative leave (idari izin).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closed {
    pub first: Date,
    pub last: Option<Date>,
    #[serde(default)]
    pub half: bool,
    pub tr: String,
    pub en: String,
}

/// A feast announced for another day than the table says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moved {
    pub feast: String,
    pub first: Date,
    pub standing: Standing,
}

/// A weekday by its English name; the time library's own type has no text form.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WeekdayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<WeekdayName> for Weekday {
    fn from(name: WeekdayName) -> Self {
        match name {
            WeekdayName::Monday => Self::Monday,
            WeekdayName::Tuesday => Self::Tuesday,
            WeekdayName::Wednesday => Self::Wednesday,
            WeekdayName::Thursday => Self::Thursday,
            WeekdayName::Friday => Self::Friday,
            WeekdayName::Saturday => Self::Saturday,
            WeekdayName::Sunday => Self::Sunday,
        }
    }
}
