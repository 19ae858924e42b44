use jiff::civil::{Weekday, time};

use super::*;

const HOUR: Time = time(10, 0, 0, 0);

fn at(text: &str) -> Timestamp {
    format!("{text}:00+03:00").parse().unwrap()
}

fn weekday(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn judge(alarms: &mut CheckAlarms, now: &str, last: Option<&str>) -> Vec<CheckEvent> {
    let check = MailboxCheck {
        mailbox: "evrak".to_owned(),
        last_success: last.map(at),
    };
    let events = alarms.judge(at(now), HOUR, &[check], weekday);
    events.iter().for_each(|event| alarms.apply(event));
    events
}

fn is_missed(events: &[CheckEvent]) -> bool {
    matches!(events, [CheckEvent::Missed { .. }])
}

fn is_done(events: &[CheckEvent]) -> bool {
    matches!(events, [CheckEvent::Done { .. }])
}

#[test]
fn the_alarm_is_raised_once_after_the_hour_and_cleared_by_the_check() {
    // 2026-11-23 is a Monday.
    let alarms = &mut CheckAlarms::default();
    let friday = Some("2026-11-20T17:00");
    assert!(judge(alarms, "2026-11-23T09:59", friday).is_empty());
    assert!(is_missed(&judge(alarms, "2026-11-23T10:00", friday)));
    assert!(judge(alarms, "2026-11-23T11:00", friday).is_empty());
    assert!(is_done(&judge(alarms, "2026-11-23T11:30", Some("2026-11-23T11:29"))));
    assert!(judge(alarms, "2026-11-23T12:00", Some("2026-11-23T11:29")).is_empty());
    assert_eq!(alarms.standing().count(), 0);
}

#[test]
fn each_business_day_without_a_check_is_an_alarm_of_its_own_and_a_week_end_is_none() {
    let alarms = &mut CheckAlarms::default();
    let missed = |alarms: &mut CheckAlarms, day: &str| is_missed(&judge(alarms, &format!("{day}T10:30"), None));
    assert!(missed(alarms, "2026-11-20"));
    assert!(!missed(alarms, "2026-11-21"));
    assert!(!missed(alarms, "2026-11-22"));
    assert!(missed(alarms, "2026-11-23"));
    assert!(missed(alarms, "2026-11-24"));
}

#[test]
fn a_check_on_the_week_end_clears_fridays_alarm() {
    let alarms = &mut CheckAlarms::default();
    assert!(is_missed(&judge(alarms, "2026-11-20T10:30", None)));
    assert!(is_done(&judge(alarms, "2026-11-21T12:00", Some("2026-11-21T11:00"))));
}

#[test]
fn a_check_in_the_night_before_counts_for_its_own_turkish_day() {
    let alarms = &mut CheckAlarms::default();
    // 00:30 in Turkey is still the day before in UTC.
    assert!(judge(alarms, "2026-11-24T10:30", Some("2026-11-24T00:30")).is_empty());
    assert!(is_missed(&judge(alarms, "2026-11-24T10:30", Some("2026-11-23T23:59"))));
}

#[test]
fn raised_and_cleared_over_twenty_years_as_a_naive_rule_says() {
    let alarms = &mut CheckAlarms::default();
    let mut day = jiff::civil::date(2020, 1, 1);
    let mut last: Option<Timestamp> = None;
    let mut raised_for: Option<Date> = None;
    for index in 0_u32..20 * 365 {
        // A mailbox that is checked at 09:00 on most days, late at 15:00 on some, not at all on others.
        let plan = index.wrapping_mul(2_654_435_761) >> 29;
        for (hour, checks) in [(9, plan < 5), (11, false), (15, plan == 5), (16, false)] {
            let now = crate::clock::from_local(day.to_datetime(time(hour, 0, 0, 0)));
            if checks {
                last = Some(now);
            }
            let events = alarms.judge(
                now,
                HOUR,
                &[MailboxCheck {
                    mailbox: "evrak".to_owned(),
                    last_success: last,
                }],
                weekday,
            );
            events.iter().for_each(|event| alarms.apply(event));
            let naive_done = raised_for.is_some_and(|raised| last.is_some_and(|last| local_day(last) >= raised));
            let naive_missed = !naive_done && weekday(day) && hour >= 10 && last.map(local_day) != Some(day) && raised_for != Some(day);
            assert_eq!((is_done(&events), is_missed(&events)), (naive_done, naive_missed), "{day} {hour}");
            if naive_done {
                raised_for = None;
            } else if naive_missed {
                raised_for = Some(day);
            }
        }
        day = day.tomorrow().unwrap();
    }
}

#[test]
fn a_check_or_an_alarm_of_next_year_says_nothing_of_today() {
    let alarms = &mut CheckAlarms::default();
    let next_year = Some("2027-06-01T09:00");
    assert!(is_missed(&judge(alarms, "2026-11-23T10:00", next_year)));
    assert!(judge(alarms, "2026-11-23T11:00", next_year).is_empty());
    assert!(
        is_missed(&judge(alarms, "2026-11-24T10:00", next_year)),
        "another day, another alarm"
    );

    let alarms = &mut CheckAlarms::default();
    assert!(is_missed(&judge(alarms, "2027-06-01T10:00", None)));
    assert!(is_missed(&judge(alarms, "2026-11-23T10:00", None)));
    assert!(is_done(&judge(alarms, "2026-11-23T11:30", Some("2026-11-23T11:29"))));
    // Where it was checked in time, what was said "next year" is over.
    assert!(is_missed(&judge(alarms, "2027-06-01T10:00", None)));
    assert!(is_done(&judge(alarms, "2026-11-24T09:30", Some("2026-11-24T09:29"))));
}
