use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn whole_days_end_with_the_last_day_and_hours_end_to_the_second() {
    let start = at("2026-03-02T07:00:00Z");
    for (text, end) in [
        ("P5D", "2026-03-07T20:59:59Z"),
        ("P1M", "2026-04-02T20:59:59Z"),
        ("P1Y2M3D", "2027-05-05T20:59:59Z"),
        (" P15D ", "2026-03-17T20:59:59Z"),
        ("PT48H", "2026-03-04T07:00:00Z"),
        ("P1DT12H", "2026-03-03T19:00:00Z"),
        ("PT90M", "2026-03-02T08:30:00Z"),
        ("PT1.5S", "2026-03-02T07:00:01Z"),
    ] {
        assert_eq!(XsdDuration::parse(text).and_then(|term| term.after(start)), Some(at(end)), "{text}");
    }
}

#[test]
fn a_month_after_the_last_day_is_the_last_day() {
    assert_eq!(
        XsdDuration::parse("P1M").unwrap().after(at("2027-01-31T07:00:00Z")),
        Some(at("2027-02-28T20:59:59Z"))
    );
}

#[test]
fn what_is_no_duration_is_refused() {
    for text in [
        "",
        "0",
        "5",
        "P",
        "PT",
        "P1DT",
        "-P1D",
        "P-1D",
        "P1",
        "1D",
        "P1H",
        "PT1D",
        "P1D1M",
        "P1.5D",
        "PT1.S",
        "PT.5S",
        "p1d",
        "P1W",
        "P 1D",
        "P99999999999999999999D",
        "P1D\0",
        "PT9223372036854775807H",
    ] {
        assert_eq!(XsdDuration::parse(text), None, "{text:?}");
    }
}

#[test]
fn nil_is_read_and_a_term_beyond_the_calendar_has_no_end() {
    assert!(XsdDuration::parse("PT0S").unwrap().is_zero());
    assert!(XsdDuration::parse("P0D").unwrap().is_zero());
    for text in ["P9000Y", "P99999999Y", "P9223372036854775807D", "PT9223372036854775807S"] {
        assert_eq!(XsdDuration::parse(text).unwrap().after(at("2026-03-02T07:00:00Z")), None, "{text}");
    }
}

proptest! {
    #![proptest_config(crate::cases::fixed(256))]

    #[test]
    fn nothing_written_there_panics(text in "\\PC{0,30}", from in -9_999_999_999i64..253_402_200_000) {
        let _ = XsdDuration::parse(&text).map(|term| term.after(Timestamp::from_second(from).unwrap()));
    }

    #[test]
    fn what_is_written_is_read_back(years in 0i64..50, months in 0i64..50, days in 0i64..5_000, seconds in 0i64..500_000) {
        let text = format!("P{years}Y{months}M{days}DT{seconds}S");
        prop_assert_eq!(XsdDuration::parse(&text), Some(XsdDuration { years, months, days, seconds }));
    }
}
