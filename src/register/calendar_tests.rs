use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn calendar() -> Calendar {
    Calendar::new("", HalfDays::Business).unwrap()
}

fn changed(changes: &str) -> Calendar {
    Calendar::new(changes, HalfDays::Business).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn holidays_of_law_2429_begin_in_their_first_year() {
    let calendar = calendar();
    assert!(calendar.is_business_day(date(2016, 7, 15)), "15 July was first kept in 2017");
    assert!(calendar.holiday(date(2017, 7, 15)).is_some());
    assert!(calendar.is_business_day(date(2008, 5, 1)), "1 May is a holiday since 2009");
    assert!(!calendar.is_business_day(date(2009, 5, 1)));
    for (month, day) in [(1, 1), (4, 23), (5, 19), (8, 30), (10, 29)] {
        assert!(
            calendar.holiday(date(2024, month, day)).is_some_and(|off| !off.half),
            "{month}-{day}"
        );
    }
}

#[test]
fn every_year_of_the_table_has_its_feasts_after_an_eve() {
    let calendar = calendar();
    for year in 2015..=2035 {
        let named = |name: &str| {
            let days = date(year, 1, 1).series(1.day()).take_while(|day| day.year() == year);
            days.filter(|day| calendar.holiday(*day).is_some_and(|off| !off.half && off.name.en == name))
                .count()
        };
        // A fixed holiday never takes the name of a feast day that falls on it, so the counts are whole.
        assert_eq!(named("Ramadan Feast"), if year == 2033 { 6 } else { 3 }, "{year}");
        assert_eq!(named("Feast of Sacrifice"), 4, "{year}");
    }
}

#[test]
fn the_feasts_stand_where_the_lunar_calendar_puts_them() {
    // The tabular Islamic calendar, computed; the seen one differs from it by at most two days.
    let calendar = calendar();
    for hijri in 1436..=1457 {
        for (name, month, day) in [("Ramadan Feast", 10, 1), ("Feast of Sacrifice", 12, 10)] {
            let computed = tabular_islamic(hijri, month, day);
            if !(2015..=2035).contains(&computed.year()) || computed < date(2015, 3, 1) {
                continue;
            }
            let is_first = |day: Date| {
                let on = |day: Date| calendar.holiday(day).is_some_and(|off| !off.half && off.name.en == name);
                on(day) && !on(day.saturating_sub(1.day()))
            };
            let near = (-2..=2)
                .map(|offset| computed.saturating_add(offset.days()))
                .filter(|day| is_first(*day))
                .count();
            assert_eq!(near, 1, "{name} {hijri}, computed {computed}");
        }
    }
}

/// Civil tabular Islamic calendar: 30-year cycle of 10,631 days with leap years by (11y + 14) mod 30 < 11; epoch 16 July 622 (Julian).
fn tabular_islamic(year: i32, month: i32, day: i32) -> Date {
    let days = day + (59 * (month - 1) + 1) / 2 + (year - 1) * 354 + (3 + 11 * year) / 30;
    date(1970, 1, 1).saturating_add((days - 492_149).days())
}

#[test]
fn in_2033_new_years_day_stays_a_whole_holiday_though_it_is_an_eve() {
    let calendar = calendar();
    assert!(!calendar.is_half_day(date(2033, 1, 1)));
    assert!(calendar.holiday(date(2033, 1, 1)).is_some_and(|off| !off.half));
    assert!(
        calendar.holiday(date(2033, 12, 23)).is_some_and(|off| !off.half),
        "the second Ramadan feast of the year"
    );
    assert!(calendar.is_half_day(date(2033, 12, 22)));
}

#[test]
fn a_half_day_is_a_business_day_unless_it_is_set_otherwise() {
    let half = date(2025, 10, 28);
    assert!(calendar().is_half_day(half) && calendar().is_business_day(half));
    let lenient = Calendar::new("", HalfDays::Holiday).unwrap();
    assert!(lenient.is_half_day(half) && !lenient.is_business_day(half));
    assert_eq!(lenient.next_business_day(date(2025, 10, 27)), date(2025, 10, 30));
    assert_eq!(calendar().next_business_day(date(2025, 10, 27)), half);
}

#[test]
fn the_long_feast_of_2024_is_walked_over() {
    let calendar = calendar();
    assert_eq!(calendar.next_business_day(date(2024, 6, 14)), date(2024, 6, 20));
    assert_eq!(calendar.add_business_days(date(2024, 6, 14), 3), date(2024, 6, 24));
    assert_eq!(calendar.add_business_days(date(2024, 6, 15), 0), date(2024, 6, 15));
    assert_eq!(calendar.business_day_from(date(2024, 6, 16)), date(2024, 6, 20));
}

#[test]
fn an_institution_closes_and_opens_days() {
    let calendar = changed(
        r#"
        working = ["2027-05-22", "2027-05-19"]
        [[closed]]
        first = "2027-05-20"
        last = "2027-05-21"
        tr = "İdari izin"
        en = "Administrative leave"
        "#,
    );
    assert_eq!(
        calendar.next_business_day(date(2027, 5, 19)),
        date(2027, 5, 22),
        "a Saturday that is worked"
    );
    assert!(calendar.is_business_day(date(2027, 5, 19)));
    assert_eq!(calendar.holiday(date(2027, 5, 20)).unwrap().name.tr, "İdari izin");
}

#[test]
fn a_moved_feast_replaces_only_its_own_estimate() {
    let calendar = changed("[[moved]]\nfeast = 'ramazan'\nfirst = '2033-12-22'\nstanding = 'announced'");
    assert!(calendar.is_half_day(date(2033, 12, 21)));
    assert!(calendar.is_business_day(date(2033, 12, 26)), "the estimate's last day has gone");
    assert!(!calendar.is_business_day(date(2033, 1, 3)), "the other feast of the year stays");
    assert!(calendar.doubt(date(2033, 12, 20), date(2033, 12, 26)).is_none());
}

#[test]
fn a_wrong_file_of_changes_is_refused_with_its_place() {
    let error = |text: &str| Calendar::new(text, HalfDays::Business).unwrap_err().to_string();
    assert!(error("woking = []").contains("woking"));
    assert!(error("working = ['2027-02-30']").contains("line 1"));
    assert!(error("[[moved]]\nfeast='noel'\nfirst='2033-12-22'\nstanding='announced'").contains("known are: kurban, ramazan"));
    assert!(error("[[closed]]\nfirst='2027-05-02'\nlast='2027-05-01'\ntr='a'\nen='b'").contains("must follow"));
}

#[test]
fn estimates_and_the_end_of_the_table_are_said() {
    let calendar = calendar();
    let rule = |finding: Option<Finding>| finding.map(|finding| finding.rule);
    assert_eq!(rule(calendar.warning(date(2026, 11, 22))), None);
    assert_eq!(rule(calendar.warning(date(2031, 12, 31))), None);
    assert_eq!(rule(calendar.warning(date(2032, 1, 1))).as_deref(), Some("KEP-5003"));
    assert_eq!(rule(calendar.warning(date(2034, 6, 1))).as_deref(), Some("KEP-5003"));
    assert_eq!(rule(calendar.warning(date(2035, 6, 1))).as_deref(), Some("KEP-5001"));
    assert_eq!(rule(calendar.warning(date(2040, 6, 1))).as_deref(), Some("KEP-5001"));
    assert_eq!(
        rule(calendar.doubt(date(2033, 3, 8), date(2033, 3, 9))).as_deref(),
        Some("KEP-5002")
    );
    assert_eq!(rule(calendar.doubt(date(2033, 6, 8), date(2033, 6, 9))), None);
    assert_eq!(
        rule(calendar.doubt(date(2036, 6, 8), date(2036, 6, 9))).as_deref(),
        Some("KEP-5001")
    );
    assert_eq!(
        rule(calendar.doubt(date(2014, 6, 8), date(2014, 6, 9))).as_deref(),
        Some("KEP-5001")
    );
}

#[test]
fn office_hours_are_counted_back_over_nights_weekends_and_half_days() {
    let calendar = calendar();
    // Monday 23:59:59: four hours before the office closes at 17:30.
    assert_eq!(
        calendar.business_hours_before(at("2026-11-23T20:59:59Z"), 4),
        at("2026-11-23T10:30:00Z")
    );
    // Saturday 10:00: four hours of Friday.
    assert_eq!(
        calendar.business_hours_before(at("2026-11-21T07:00:00Z"), 4),
        at("2026-11-20T10:30:00Z")
    );
    // Monday 10:30 takes two hours of Monday and two of Friday.
    assert_eq!(
        calendar.business_hours_before(at("2026-11-23T07:30:00Z"), 4),
        at("2026-11-20T12:30:00Z")
    );
    // 28 October closes at 13:00, the 29th is closed.
    assert_eq!(
        calendar.business_hours_before(at("2026-10-29T20:59:59Z"), 2),
        at("2026-10-28T08:00:00Z")
    );
    assert_eq!(
        calendar.business_hours_before(at("2026-11-23T07:30:00Z"), 0),
        at("2026-11-23T07:30:00Z")
    );
}

proptest! {
    #![proptest_config(crate::cases::fixed(256))]

    #[test]
    fn no_date_makes_it_panic_or_run_long(days in any::<i32>(), count in 0u16..40, hours in any::<u32>()) {
        let calendar = calendar();
        let day = date(1970, 1, 1).saturating_add(i64::from(days % 7_304_000).days());
        let next = calendar.next_business_day(day);
        prop_assert!(next > day || day == Date::MAX);
        prop_assert!(calendar.add_business_days(day, count) >= day);
        let instant = clock::from_local(day.at(12, 0, 0, 0));
        prop_assert!(calendar.business_hours_before(instant, hours % 5_000) <= instant);
        let _ = (calendar.doubt(day, next), calendar.warning(day), calendar.business_hours_before(instant, hours));
    }
}
