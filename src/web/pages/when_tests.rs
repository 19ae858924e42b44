use super::*;
use crate::register::calendar::HalfDays;

fn due(now: &str, at: &str) -> Due {
    let calendar = Calendar::new("", HalfDays::Business).unwrap();
    let measure = Measure {
        now: now.parse().unwrap(),
        calendar: &calendar,
        lead: 8,
        lang: Lang::Tr,
    };
    Due::at(at.parse().unwrap(), kind::DEEMED_READ, measure)
}

fn left(now: &str, at: &str) -> String {
    due(now, at).words
}

#[test]
fn what_is_shown_as_pressing_is_what_is_counted_as_pressing() {
    let calendar = Calendar::new("", HalfDays::Business).unwrap();
    let now: Timestamp = "2026-11-20T07:00:00Z".parse().unwrap();
    let measure = Measure {
        now,
        calendar: &calendar,
        lead: 8,
        lang: Lang::En,
    };
    for (hours, class) in [
        (-31 * 24, "old"),
        (-29 * 24, "passed"),
        (-8 * 24, "passed"),
        (-1, "passed"),
        (1, "today"),
        (13, "today"),
        (24 * 3, "near"),
        (24 * 5, "far"),
    ] {
        let at = now + SignedDuration::from_hours(hours);
        let due = Due::at(at, kind::DUE, measure);
        assert_eq!(due.class, class, "{hours}");
        assert_eq!(measure.standing(at).is_pressing(), !["old", "far"].contains(&due.class), "{hours}");
    }
}

#[test]
fn working_days_are_counted_by_the_register_s_calendar() {
    // Friday 20 November 2026.
    let friday = "2026-11-20T07:00:00Z";
    assert_eq!(left(friday, "2026-11-23T20:59:59Z"), "1 iş günü kaldı");
    assert_eq!(left(friday, "2026-11-24T20:59:59Z"), "2 iş günü kaldı");
    assert_eq!(left(friday, "2026-11-20T14:00:00Z"), "bugün 17:00");
    assert_eq!(left(friday, "2026-11-20T06:00:00Z"), "süresi geçti");
    assert_eq!(left(friday, "2026-11-22T20:00:00Z"), "iş gününden önce");
    assert_eq!(left(friday, "2027-11-22T20:00:00Z"), "22.11.2027");
    // Thursday before the holiday of 29 October 2026, a Thursday: Wednesday to Friday is one day.
    assert_eq!(left("2026-10-28T07:00:00Z", "2026-10-30T20:59:59Z"), "1 iş günü kaldı");
}

#[test]
fn what_cannot_be_missed_any_more_is_not_told() {
    let calendar = Calendar::new("", HalfDays::Business).unwrap();
    let now = "2026-11-20T07:00:00Z".parse().unwrap();
    let measure = Measure {
        now,
        calendar: &calendar,
        lead: 8,
        lang: Lang::En,
    };
    let of = |kind: &str, state| Due::of(Some(&(now, kind.to_owned())), state, measure).is_some();
    assert!(of(kind::DEEMED_READ, State::Registered) && !of(kind::DEEMED_READ, State::Opened));
    assert!(of(kind::DUE, State::Assigned) && !of(kind::DUE, State::Done));
}
