//! Terms over the real calendar.

#![allow(clippy::unwrap_used)]

use super::entered::Deed;
use super::fixture::{at, authority, entered, rules};
use super::outcome::Standing;
use super::signatories::{Authority, Source};
use super::terms::{Kind, Term, kept_until, open_terms};
use crate::register::calendar::{Calendar, HalfDays};

fn terms(deeds: Vec<Deed>, standing: Standing, received: &str) -> Vec<Term> {
    let calendar = Calendar::new("", HalfDays::default()).unwrap();
    open_terms(&rules(), &entered(deeds), standing, at(received), &calendar, 30)
}

fn said(terms: &[Term]) -> Vec<(Kind, String)> {
    terms.iter().map(|term| (term.kind, term.day.to_string())).collect()
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

#[test]
fn originals_have_five_business_days_and_holidays_do_not_count() {
    // Friday; and the Friday before the national day.
    for (received, until) in [
        ("2026-11-20T07:00:00Z", "2026-11-27"),
        ("2026-10-23T07:00:00Z", "2026-11-02"),
        // In Turkey it is Saturday already.
        ("2026-11-20T21:30:00Z", "2026-11-27"),
    ] {
        let open = terms(vec![], Standing::Complete, received);
        assert_eq!(said(&open), vec![(Kind::Originals, until.to_owned())], "{received}");
        let last = open[0].at;
        assert_eq!(last.to_string(), format!("{until}T20:59:59Z"));
    }
    let arrived = vec![Deed::OriginalsArrived { day: day("2026-11-24") }];
    assert!(terms(arrived, Standing::Complete, "2026-11-20T07:00:00Z").is_empty());
}

#[test]
fn completion_runs_from_the_day_of_asking_until_the_file_is_in_order() {
    let asked = || {
        vec![
            Deed::OriginalsArrived { day: day("2026-11-23") },
            Deed::CompletionAsked { day: day("2026-11-20") },
            Deed::CompletionAsked { day: day("2026-11-23") },
        ]
    };
    let received = "2026-11-20T07:00:00Z";
    for (standing, open) in [
        (Standing::Incomplete, true),
        (Standing::Wrong, true),
        (Standing::Awaiting, false),
        (Standing::Complete, false),
    ] {
        let told = said(&terms(asked(), standing, received));
        assert_eq!(told.contains(&(Kind::Completion, "2026-11-30".to_owned())), open, "{standing:?}");
    }
}

#[test]
fn a_term_that_ends_on_a_holiday_ends_on_the_business_day_after_it() {
    for (asked, until) in [
        // A Sunday, a Saturday, the Republic's day.
        ("2026-11-22", "2026-11-30"),
        ("2026-11-21", "2026-11-30"),
        ("2026-10-22", "2026-10-30"),
        // The feast of the sacrifice and the weekend behind it.
        ("2026-05-20", "2026-06-01"),
        ("2026-11-23", "2026-11-30"),
    ] {
        let deeds = vec![
            Deed::OriginalsArrived { day: day(asked) },
            Deed::CompletionAsked { day: day(asked) },
        ];
        let told = said(&terms(deeds, Standing::Incomplete, "2026-01-05T07:00:00Z"));
        assert_eq!(told, vec![(Kind::Completion, until.to_owned())], "{asked}");
    }
}

#[test]
fn a_loss_is_reported_within_fifteen_days_of_learning_of_it() {
    let received = "2026-11-20T07:00:00Z";
    let learned = Deed::LossLearned { day: day("2026-11-21") };
    let mut deeds = vec![Deed::OriginalsArrived { day: day("2026-11-20") }, learned.clone()];
    assert_eq!(
        said(&terms(deeds.clone(), Standing::Complete, received)),
        vec![(Kind::LossReport, "2026-12-06".to_owned())]
    );
    deeds.push(Deed::LossReported { day: day("2026-11-25") });
    assert!(terms(deeds.clone(), Standing::Complete, received).is_empty());
    // Another loss is another term.
    deeds.push(learned);
    assert_eq!(terms(deeds, Standing::Complete, received).len(), 1);
}

#[test]
fn a_power_that_ends_is_told_some_days_before_unless_it_was_revoked() {
    let received = "2026-11-20T07:00:00Z";
    let power = Authority {
        valid_until: Some(day("2027-03-01")),
        ..authority(Source::Power, &["Ali Öz; 123******89"], 1)
    };
    let mut deeds = vec![
        Deed::OriginalsArrived { day: day("2026-11-20") },
        Deed::Authorised {
            authority: authority(Source::Circular, &["Ali Öz; 123******89"], 1),
        },
        Deed::Authorised { authority: power },
    ];
    let open = terms(deeds.clone(), Standing::Complete, received);
    assert_eq!(said(&open), vec![(Kind::Power(1), "2027-03-01".to_owned())]);
    assert_eq!(open[0].told_from, Some(day("2027-01-30")));
    deeds.push(Deed::Revoked { authority: 1 });
    assert!(terms(deeds, Standing::Complete, received).is_empty());
}

#[test]
fn a_file_is_kept_to_the_end_of_its_last_year() {
    assert_eq!(kept_until(&rules(), at("2026-11-20T07:00:00Z")), Some(day("2036-12-31")));
    // New year in Turkey.
    assert_eq!(kept_until(&rules(), at("2026-12-31T21:30:00Z")), Some(day("2037-12-31")));
}
