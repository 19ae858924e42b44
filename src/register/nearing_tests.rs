use super::super::calendar::HalfDays;
use super::super::draft::draft;
use super::super::fixture::{at, document, evidence, friday, input, message, package, registry};
use super::*;
use crate::message::MessageKind;

fn entry(state: State) -> Entry {
    let (registry, message, document) = (registry(""), message(MessageKind::Dispatch), document());
    Entry {
        state,
        ..draft(input(&registry, &message, Some(package(Some(&document))))).into_entry("2026/000001".parse().unwrap(), friday(), vec![])
    }
}

/// Kind and phase of what is told at a time, with four office hours of warning.
fn told(entry: &Entry, now: &str) -> Vec<(String, Phase)> {
    let calendar = Calendar::new("", HalfDays::Business).unwrap();
    let found = nearing(entry, at(now), &calendar, 4);
    found.iter().map(|near| (near.deadline.kind.clone(), near.phase)).collect()
}

fn rows(expected: &[(&str, Phase)]) -> Vec<(String, Phase)> {
    expected.iter().map(|(kind, phase)| ((*kind).to_owned(), *phase)).collect()
}

#[test]
fn an_unopened_entry_is_told_on_friday_for_a_moment_on_saturday_and_again_on_monday() {
    let entry = entry(State::Registered);
    assert_eq!(told(&entry, "2026-11-20T10:29:59Z"), []);
    assert_eq!(told(&entry, "2026-11-20T10:30:00Z"), rows(&[("deemed-read-early", Phase::Near)]));
    assert_eq!(
        told(&entry, "2026-11-23T10:30:00Z"),
        rows(&[("deemed-read-early", Phase::Passed), ("deemed-read", Phase::Near)])
    );
    assert_eq!(told(&entry, "2026-11-23T21:00:00Z")[1], ("deemed-read".into(), Phase::Passed));
}

#[test]
fn opening_ends_the_reading_alarm_and_leaves_the_term() {
    assert_eq!(told(&entry(State::Opened), "2026-11-27T12:00:00Z"), rows(&[("due", Phase::Near)]));
    assert_eq!(told(&entry(State::Assigned), "2026-11-23T12:00:00Z"), []);
    for state in [State::Done, State::NotRecorded] {
        assert_eq!(told(&entry(state), "2026-11-27T12:00:00Z"), []);
    }
}

#[test]
fn what_passed_long_ago_is_not_told() {
    assert_eq!(told(&entry(State::Registered), "2027-01-20T12:00:00Z"), []);
}

#[test]
fn a_message_that_was_read_by_its_evidence_has_nothing_to_miss() {
    let (registry, message) = (registry(""), message(MessageKind::Standard));
    let input = super::super::draft::DraftInput {
        evidence: vec![evidence("retrieval", "Retrieval", "2026-11-20T07:08:00Z")],
        ..input(&registry, &message, None)
    };
    let entry = draft(input).into_entry("2026/000001".parse().unwrap(), friday(), vec![]);
    assert_eq!(told(&entry, "2026-11-20T12:00:00Z"), []);
}
