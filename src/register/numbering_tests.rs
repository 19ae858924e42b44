use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn number(text: &str) -> RegisterNumber {
    text.parse().unwrap()
}

#[test]
fn the_year_turns_at_midnight_in_turkey_not_in_greenwich() {
    let mut numbering = Numbering::default();
    assert_eq!(numbering.assign(at("2026-12-31T20:59:59Z")).unwrap(), number("2026/000001"));
    assert_eq!(numbering.assign(at("2026-12-31T21:00:00Z")).unwrap(), number("2027/000001"));
    // In January 2016 Istanbul was two hours ahead.
    let mut old = Numbering::default();
    assert_eq!(old.assign(at("2015-12-31T21:59:59Z")).unwrap(), number("2015/000001"));
    assert_eq!(old.assign(at("2015-12-31T22:00:00Z")).unwrap(), number("2016/000001"));
}

#[test]
fn a_clock_set_back_over_new_year_does_not_reopen_the_old_year() {
    let mut numbering = Numbering::default();
    numbering.observe(number("2026/000001")).unwrap();
    numbering.observe(number("2027/000001")).unwrap();
    assert_eq!(numbering.assign(at("2026-12-31T12:00:00Z")).unwrap(), number("2027/000002"));
}

#[test]
fn years_that_a_wrong_clock_began_hold_nothing_once_a_person_says_so() {
    let mut numbering = Numbering::default();
    for given in ["2026/000001", "2040/000001", "2040/000002"] {
        numbering.observe(number(given)).unwrap();
    }
    let now = at("2026-11-23T09:00:00Z");
    assert_eq!(numbering.next(now).unwrap(), number("2040/000003"));
    numbering.pass_over_years_after(now);
    assert_eq!(numbering.assign(now).unwrap(), number("2026/000002"));
    assert_eq!(numbering.assign(at("2027-01-05T09:00:00Z")).unwrap(), number("2027/000001"));
    assert_eq!(
        numbering.assign(at("2040-01-05T09:00:00Z")).unwrap(),
        number("2040/000003"),
        "no number is given twice"
    );
}

#[test]
fn a_hole_or_a_double_in_the_journal_is_told_and_no_number_is_given_twice() {
    let mut numbering = Numbering::default();
    numbering.observe(number("2026/000001")).unwrap();
    assert!(matches!(
        numbering.observe(number("2026/000001")),
        Err(NumberingError::OutOfOrder { .. })
    ));
    assert!(matches!(
        numbering.observe(number("2026/000005")),
        Err(NumberingError::OutOfOrder { .. })
    ));
    assert_eq!(numbering.assign(at("2026-06-01T00:00:00Z")).unwrap(), number("2026/000006"));
}

#[test]
fn the_last_number_of_all_is_an_error_and_not_a_panic() {
    let mut numbering = Numbering::default();
    let last = RegisterNumber {
        year: 2026,
        number: u32::MAX,
    };
    assert!(numbering.observe(last).is_err());
    assert_eq!(numbering.assign(at("2026-06-01T00:00:00Z")), Err(NumberingError::Exhausted(2026)));
}

#[test]
fn looking_at_the_next_number_does_not_use_it() {
    let numbering = Numbering::default();
    let now = at("2026-06-01T00:00:00Z");
    assert_eq!(numbering.next(now), numbering.next(now));
    assert_eq!(numbering.count(2026), 0);
}

proptest! {
    #![proptest_config(crate::cases::fixed(256))]

    /// Whatever the clock does, and wherever the process ends and folds its journal again.
    #[test]
    fn numbers_are_gap_free_ascending_and_survive_restarts(
        steps in proptest::collection::vec((-40_000_000i64..80_000_000, proptest::bool::weighted(0.1)), 1..200),
    ) {
        let mut now = at("2026-11-22T12:00:00Z").as_second();
        let (mut numbering, mut journal) = (Numbering::default(), Vec::new());
        for (seconds, restarts) in steps {
            now = (now + seconds).clamp(0, 200_000_000_000);
            journal.push(numbering.assign(Timestamp::from_second(now).unwrap()).unwrap());
            if restarts {
                numbering = Numbering::default();
                for number in &journal {
                    prop_assert_eq!(numbering.observe(*number), Ok(()));
                }
            }
        }
        let follows = |a: RegisterNumber, b: RegisterNumber| {
            if a.year == b.year { b.number == a.number + 1 } else { b.year > a.year && b.number == 1 }
        };
        let is_ordered = journal.windows(2).all(|pair| follows(pair[0], pair[1]));
        prop_assert!(is_ordered, "{journal:?}");
    }
}
