//! By when must whom act about a file? Pure arithmetic over a calendar, like the register's deadlines; the end of a day is in Turkey.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use super::config::Checklist;
use super::entered::Entered;
use super::outcome::Standing;
use super::signatories::Source;
use crate::clock::{from_local, local_day};
use crate::register::calendar::Calendar;
use crate::text::Text;

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The originals must be here.
    Originals,
    /// What was asked for must be here.
    Completion,
    /// A loss must be reported.
    LossReport,
    /// A power of attorney ends: the authority in this place.
    Power(usize),
    /// A signature circular ends.
    Circular(usize),
}

impl Kind {
    /// Stable words: of alarms, lists and the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Originals => "originals",
            Self::Completion => "completion",
            Self::LossReport => "loss-report",
            Self::Power(_) => "power-ends",
            Self::Circular(_) => "circular-ends",
        }
    }

    /// For alarms: of two powers each has its own.
    pub fn name(self) -> String {
        match self {
            Self::Power(at) | Self::Circular(at) => format!("{}-{at}", self.word()),
            _ => self.word().to_owned(),
        }
    }

    pub fn text(self) -> Text {
        let (tr, en) = match self {
            Self::Originals => ("asılların gelmesi", "arrival of the originals"),
            Self::Completion => ("eksiklerin tamamlanması", "completion of the file"),
            Self::LossReport => ("kaybın (zıyaın) bildirilmesi", "report of the loss"),
            Self::Power(_) => ("vekâletnamenin bitişi", "end of the power of attorney"),
            Self::Circular(_) => ("imza sirkülerinin bitişi", "end of the signature circular"),
        };
        Text::new(tr, en)
    }
}

/// A moment that can still be missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub kind: Kind,
    /// The last day.
    pub day: Date,
    /// Its end.
    pub at: Timestamp,
    /// The first day on which it is told, where that is not a matter of office hours.
    pub told_from: Option<Date>,
}

/// The open terms of a file, the earliest first.
pub fn open_terms(
    checklist: &Checklist,
    entered: &Entered,
    standing: Standing,
    received_at: Timestamp,
    calendar: &Calendar,
    warning_days: u16,
) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut add = |kind, day: Date, told_from| {
        terms.push(Term {
            kind,
            day,
            at: end_of(day),
            told_from,
        });
    };
    if let Some(days) = checklist
        .terms
        .originals_business_days
        .filter(|_| entered.originals_arrived().is_none())
    {
        add(Kind::Originals, calendar.add_business_days(local_day(received_at), days), None);
    }
    if let (Some(days), Some(asked)) = (checklist.terms.completion_days, entered.completion_asked())
        && matches!(standing, Standing::Incomplete | Standing::Wrong)
    {
        // A term whose last day is a holiday ends on the business day after it (law 6098 article 93): nobody may be told sooner that he is late.
        add(Kind::Completion, calendar.business_day_from(after(asked, days)), None);
    }
    // Our own duty towards others: its day is not put off.
    if let (Some(days), Some((learned, None))) = (checklist.terms.loss_report_days, entered.loss()) {
        add(Kind::LossReport, after(learned, days), None);
    }
    for (at, (authority, is_revoked)) in entered.every_authority().into_iter().enumerate() {
        let Some(until) = authority.valid_until.filter(|_| !is_revoked) else {
            continue;
        };
        let kind = match authority.source {
            Source::Power => Kind::Power(at),
            Source::Circular => Kind::Circular(at),
        };
        add(kind, until, Some(until.saturating_sub(i64::from(warning_days).days())));
    }
    terms.sort_by_key(|term| (term.at, term.kind));
    terms
}

/// The day until which a file is kept: the end of the year in which its time is over.
pub fn kept_until(checklist: &Checklist, received_at: Timestamp) -> Option<Date> {
    let years = checklist.terms.retention_years?;
    let year = local_day(received_at).year().saturating_add(i16::try_from(years).ok()?);
    Date::new(year, 12, 31).ok()
}

fn after(day: Date, days: u16) -> Date {
    day.saturating_add(i64::from(days).days())
}

/// The last second of a day.
fn end_of(day: Date) -> Timestamp {
    from_local(day.to_datetime(Time::constant(23, 59, 59, 0)))
}
