//! Deadlines against a second, naive implementation over every day of 2015-2035: days are counted one by one, holidays are written out as
//! spans from eve to last day, Turkish time is a table of four clock changes. It shares no code, data or library with the gateway.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use jiff::Timestamp;
use kep_gateway::message::MessageKind;
use kep_gateway::register::calendar::{Calendar, HalfDays};
use kep_gateway::register::deadlines::{DeemedReadRule, Facts, deadlines, deemed_read_at, e_tebligat_at};

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// 2015-01-01 in days since 1970-01-01.
const FIRST_DAY: i64 = 16_436;

/// Each feast from its eve to its last day.
const FEASTS: [(i64, &str); 21] = [
    (2015, "07-16..07-19 09-23..09-27"),
    (2016, "07-04..07-07 09-11..09-15"),
    (2017, "06-24..06-27 08-31..09-04"),
    (2018, "06-14..06-17 08-20..08-24"),
    (2019, "06-03..06-06 08-10..08-14"),
    (2020, "05-23..05-26 07-30..08-03"),
    (2021, "05-12..05-15 07-19..07-23"),
    (2022, "05-01..05-04 07-08..07-12"),
    (2023, "04-20..04-23 06-27..07-01"),
    (2024, "04-09..04-12 06-15..06-19"),
    (2025, "03-29..04-01 06-05..06-09"),
    (2026, "03-19..03-22 05-26..05-30"),
    (2027, "03-08..03-11 05-15..05-19"),
    (2028, "02-25..02-28 05-04..05-08"),
    (2029, "02-13..02-16 04-23..04-27"),
    (2030, "02-03..02-06 04-12..04-16"),
    (2031, "01-23..01-26 04-01..04-05"),
    (2032, "01-13..01-16 03-21..03-25"),
    (2033, "01-01..01-04 03-10..03-14 12-22..12-25"),
    (2034, "02-28..03-04 12-11..12-14"),
    (2035, "02-17..02-21 11-30..12-03"),
];

/// Turkish clock changes: from this second on, so many hours ahead of UTC.
const CLOCK_CHANGES: [(i64, i64); 5] = [
    (1_414_285_200, 2), // 2014-10-26 01:00 UTC
    (1_427_590_800, 3), // 2015-03-29 01:00 UTC
    (1_446_944_400, 2), // 2015-11-08 01:00 UTC, two weeks after Europe because of an election
    (1_459_040_400, 3), // 2016-03-27 01:00 UTC, and never changed back
    (1_473_282_000, 3), // 2016-09-08: made permanent
];

#[derive(Clone, Copy, PartialEq)]
enum Work {
    Full,
    Half,
    None,
}

struct Naive {
    /// From 2015-01-01 to the first week of 2036.
    days: Vec<Work>,
}

impl Naive {
    fn new() -> Self {
        let (mut year, mut month, mut day, mut weekday) = (2015, 1, 1, 4); // a Thursday
        let mut days = Vec::new();
        let mut in_feast_until = String::new();
        while year < 2036 || day < 9 {
            let name = format!("{month:02}-{day:02}");
            let spans = FEASTS.iter().find(|(of, _)| *of == year).map_or("", |(_, spans)| spans);
            let begins = spans.split_whitespace().find(|span| span.starts_with(&name));
            let mut work = if weekday >= 6 { Work::None } else { Work::Full };
            if let Some(span) = begins {
                in_feast_until = span[7..].to_owned();
                work = if work == Work::Full { Work::Half } else { Work::None };
            } else if !in_feast_until.is_empty() {
                work = Work::None;
            }
            match name.as_str() {
                "01-01" | "04-23" | "05-01" | "05-19" | "08-30" | "10-29" => work = Work::None,
                "07-15" if year >= 2017 => work = Work::None,
                "10-28" if work == Work::Full => work = Work::Half,
                _ => {}
            }
            days.push(work);
            if name == in_feast_until {
                in_feast_until.clear();
            }
            weekday = weekday % 7 + 1;
            day += 1;
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 if leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            if day > length {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
        Self { days }
    }

    fn is_business_day(&self, day: i64, half_days: HalfDays) -> bool {
        match self.days[usize::try_from(day - FIRST_DAY).unwrap()] {
            Work::Full => true,
            Work::Half => half_days == HalfDays::Business,
            Work::None => false,
        }
    }

    fn deemed_read(&self, arrival: i64, half_days: HalfDays) -> i64 {
        let mut day = local_day(arrival) + 1;
        while !self.is_business_day(day, half_days) {
            day += 1;
        }
        last_second(day)
    }

    fn same_day(&self, arrival: i64) -> i64 {
        let mut day = local_day(arrival);
        while !self.is_business_day(day, HalfDays::Business) {
            day += 1;
        }
        last_second(day)
    }
}

fn hours_ahead(second: i64) -> i64 {
    CLOCK_CHANGES.iter().rev().find(|(from, _)| second >= *from).unwrap().1
}

fn local_day(second: i64) -> i64 {
    (second + hours_ahead(second) * HOUR) / DAY
}

/// Counts the seconds down from far behind the day's end. No clock changed near midnight in these years.
fn last_second(day: i64) -> i64 {
    [2, 3]
        .map(|hours| (day + 1) * DAY - 1 - hours * HOUR)
        .into_iter()
        .find(|second| local_day(*second) == day && local_day(second + 1) == day + 1)
        .unwrap()
}

/// Moments of a day that are likely to go wrong: its edges in Turkey and in Greenwich, the half day's end, the office's end.
fn arrivals(day: i64) -> Vec<i64> {
    let clock = |hours: i64, minutes: i64, seconds: i64| day * DAY + hours * HOUR + minutes * 60 + seconds;
    let turkish = [
        clock(0, 0, 0),
        clock(0, 0, 1),
        clock(9, 0, 0),
        clock(12, 59, 59),
        clock(13, 0, 0),
        clock(17, 30, 0),
        clock(23, 59, 59),
    ];
    let in_turkey = turkish.into_iter().map(|wall| wall - hours_ahead(wall - 3 * HOUR) * HOUR);
    let in_greenwich = [
        clock(0, 0, 0),
        clock(20, 59, 59),
        clock(21, 0, 0),
        clock(21, 59, 59),
        clock(22, 0, 0),
        clock(23, 59, 59),
    ];
    in_turkey.chain(in_greenwich).collect()
}

fn days_of_the_table() -> std::ops::Range<i64> {
    // 2015-01-02 to 2035-12-30, so that every moment of them lies in the table.
    FIRST_DAY + 1..FIRST_DAY + 7_668
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn deemed_read_agrees_with_the_naive_count_at_every_hour_of_twenty_one_years() {
    let naive = Naive::new();
    let mut compared = 0;
    for half_days in [HalfDays::Business, HalfDays::Holiday] {
        let calendar = Calendar::new("", half_days).unwrap();
        for arrival in days_of_the_table().flat_map(arrivals) {
            let found = deemed_read_at(moment(arrival), DeemedReadRule::NextBusinessDay, &calendar);
            let expected = moment(naive.deemed_read(arrival, half_days));
            assert_eq!(found, expected, "arrival {}, {half_days:?}", moment(arrival));
            compared += 1;
        }
    }
    assert!(compared > 190_000, "{compared}");
}

#[test]
fn e_tebligat_and_hours_agree_with_the_naive_count() {
    let calendar = Calendar::new("", HalfDays::Business).unwrap();
    for arrival in days_of_the_table().flat_map(arrivals) {
        assert_eq!(
            e_tebligat_at(moment(arrival)),
            moment(last_second(local_day(arrival) + 5)),
            "{}",
            moment(arrival)
        );
        let found = deemed_read_at(moment(arrival), DeemedReadRule::Hours(24), &calendar);
        assert_eq!(found, moment(arrival + 24 * HOUR));
    }
}

#[test]
fn the_clock_changes_of_2015_and_2016_move_no_deadline() {
    let naive = Naive::new();
    let calendar = Calendar::new("", HalfDays::Business).unwrap();
    for (change, _) in CLOCK_CHANGES.iter().filter(|(change, _)| *change > FIRST_DAY * DAY) {
        for minutes in -3_000..3_000 {
            let arrival = change + minutes * 60;
            let found = deemed_read_at(moment(arrival), DeemedReadRule::NextBusinessDay, &calendar);
            assert_eq!(
                found,
                moment(naive.deemed_read(arrival, HalfDays::Business)),
                "arrival {}",
                moment(arrival)
            );
            assert_eq!(
                e_tebligat_at(moment(arrival)),
                moment(last_second(local_day(arrival) + 5)),
                "arrival {}",
                moment(arrival)
            );
        }
    }
}

#[test]
fn the_whole_set_of_an_entry_agrees_with_the_naive_count_every_day() {
    let naive = Naive::new();
    let calendar = Calendar::new("", HalfDays::Business).unwrap();
    for day in days_of_the_table() {
        let arrival = day * DAY + 7 * HOUR;
        let facts = Facts {
            kind: MessageKind::Dispatch,
            arrival: moment(arrival),
            read: None,
            document_date: Some(moment(arrival - 2 * DAY)),
            due: (day % 2 == 0).then_some("P15D"),
            urgency: Some("GNL"),
        };
        let (found, _) = deadlines(&facts, DeemedReadRule::NextBusinessDay, &calendar);
        let third = if day % 2 == 0 {
            ("due", last_second(local_day(arrival - 2 * DAY) + 15))
        } else {
            ("urgent", naive.same_day(arrival))
        };
        // 24 hours after ten in the morning always come before the end of a later day.
        let expected = [
            ("deemed-read", naive.deemed_read(arrival, HalfDays::Business)),
            ("deemed-read-early", arrival + DAY),
            third,
        ];
        let found: Vec<(&str, i64)> = found
            .iter()
            .map(|deadline| (deadline.kind.as_str(), deadline.at.as_second()))
            .collect();
        assert_eq!(found, expected, "arrival {}", moment(arrival));
    }
}

#[test]
fn the_calendar_itself_agrees_day_by_day() {
    let naive = Naive::new();
    let business = Calendar::new("", HalfDays::Business).unwrap();
    for day in FIRST_DAY..FIRST_DAY + 7_670 {
        let date = moment(day * DAY + 12 * HOUR).to_zoned(jiff::tz::TimeZone::UTC).date();
        let work = naive.days[usize::try_from(day - FIRST_DAY).unwrap()];
        assert_eq!(business.is_business_day(date), work != Work::None, "{date}");
        assert_eq!(business.is_half_day(date), work == Work::Half, "{date}");
    }
}
