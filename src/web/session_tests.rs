#![allow(clippy::unwrap_used)]

use jiff::ToSpan;

use super::*;

const LIFETIMES: Lifetimes = Lifetimes {
    idle: Duration::from_secs(600),
    whole: Duration::from_secs(3_600),
};

fn noon() -> Timestamp {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

fn begin(sessions: &Sessions, login: &str, stage: Stage, now: Timestamp) -> Secret {
    sessions.begin(login, 0, stage, "127.0.0.1".into(), now).unwrap()
}

#[test]
fn v3_2_2_a_token_has_256_bits_and_v3_2_3_is_kept_only_as_its_hash() {
    let sessions = Sessions::default();
    let (one, two) = (
        begin(&sessions, "ayse", Stage::SignedIn, noon()),
        begin(&sessions, "ayse", Stage::SignedIn, noon()),
    );
    assert_ne!(one.reveal(), two.reveal());
    assert_eq!(BASE64_URL.decode(one.reveal()).unwrap().len(), 32);
    let kept = format!("{:?}", sessions.all());
    assert!(!kept.contains(one.reveal()), "{kept}");
}

#[test]
fn v3_3_2_a_session_ends_by_idleness_and_by_age() {
    let sessions = Sessions::default();
    let token = begin(&sessions, "ayse", Stage::SignedIn, noon());
    let at = |minutes: i64| sessions.resolve(token.reveal(), noon() + minutes.minutes(), LIFETIMES).is_some();
    for minutes in [9, 18, 27, 36, 45, 54] {
        assert!(at(minutes), "{minutes}");
    }
    assert!(!at(60), "however busy");
    let token = begin(&sessions, "ayse", Stage::SignedIn, noon());
    assert!(sessions.resolve(token.reveal(), noon() + 10.minutes(), LIFETIMES).is_none(), "idle");
    assert!(
        sessions.resolve(token.reveal(), noon(), LIFETIMES).is_none(),
        "what is over stays over"
    );
}

#[test]
fn a_code_is_waited_for_shortly_and_tried_five_times() {
    let sessions = Sessions::default();
    let waits = Stage::AwaitsCode { tries: 0 };
    let token = begin(&sessions, "ayse", waits, noon());
    assert!(sessions.resolve(token.reveal(), noon() + 5.minutes(), LIFETIMES).is_none());
    let token = begin(&sessions, "ayse", waits, noon());
    for _ in 0..5 {
        assert!(sessions.resolve(token.reveal(), noon(), LIFETIMES).is_some());
        sessions.wrong_code(token.reveal());
    }
    assert!(sessions.resolve(token.reveal(), noon(), LIFETIMES).is_none());
    assert!(sessions.of("ayse", noon(), LIFETIMES).is_empty());
}

#[test]
fn the_oldest_session_of_an_account_makes_room_and_nobody_elses() {
    let sessions = Sessions::default();
    let other = begin(&sessions, "baska", Stage::SignedIn, noon());
    let first = begin(&sessions, "ayse", Stage::SignedIn, noon());
    for second in 1..=PER_ACCOUNT as i64 {
        begin(&sessions, "ayse", Stage::SignedIn, noon() + second.seconds());
    }
    assert!(sessions.resolve(first.reveal(), noon(), LIFETIMES).is_none());
    assert!(sessions.resolve(other.reveal(), noon(), LIFETIMES).is_some());
    assert_eq!(sessions.of("ayse", noon(), LIFETIMES).len(), PER_ACCOUNT);
    sessions.end_all_of("ayse");
    assert!(sessions.of("ayse", noon(), LIFETIMES).is_empty());
    assert!(sessions.resolve(other.reveal(), noon(), LIFETIMES).is_some());
}

#[test]
fn a_session_of_a_clock_that_ran_ahead_is_over_once_the_clock_is_right() {
    let sessions = Sessions::default();
    let token = begin(&sessions, "ayse", Stage::SignedIn, noon());
    assert!(
        sessions.resolve(token.reveal(), noon() - 9.minutes(), LIFETIMES).is_some(),
        "a step"
    );
    assert!(sessions.resolve(token.reveal(), noon() - 24.hours(), LIFETIMES).is_none());
}
