#![allow(clippy::unwrap_used)]

use jiff::ToSpan;

use super::*;

fn noon() -> Timestamp {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

/// Tries at an account until `until`, each as soon as it is allowed; says how many there were.
fn guess(throttle: &Throttle, login: &str, mut network: impl FnMut(usize) -> String, from: Timestamp, until: Timestamp) -> usize {
    let (mut now, mut tries) = (from, 0);
    while now < until {
        match throttle.begin(login, &network(tries), now) {
            Ok(_) => tries += 1,
            Err(wait) => now += SignedDuration::try_from(wait).unwrap(),
        }
    }
    tries
}

#[test]
fn v2_2_1_wrong_tries_from_one_address_wait_longer_and_longer_and_never_for_good() {
    let throttle = Throttle::default();
    let mut now = noon();
    let mut waits = Vec::new();
    for _ in 0..14 {
        if let Err(wait) = throttle.begin("ayse", "10.0.0.1", now) {
            waits.push(wait.as_secs());
            now += SignedDuration::try_from(wait).unwrap();
            throttle.begin("ayse", "10.0.0.1", now).unwrap();
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]);
    throttle.was_right("ayse", "10.0.0.1", now);
    assert!(throttle.begin("ayse", "10.0.0.1", now).is_ok());
}

#[test]
fn v2_2_1_at_most_a_hundred_tries_an_hour_at_one_account() {
    let hour = noon() + 1.hour();
    let one = guess(&Throttle::default(), "ayse", |_| "10.0.0.1".to_owned(), noon(), hour);
    let throttle = Throttle::default();
    let many = guess(&throttle, "ayse", |tries| format!("10.0.{tries}.1"), noon(), hour);
    assert!(one <= 50 && many <= 50, "{one} {many}");
    // And where the account signs in itself in between.
    let throttle = Throttle::default();
    let mut tries = 0;
    for minute in 0..60 {
        let from = noon() + minute.minutes();
        throttle.begin("ayse", "10.9.9.9", from).ok();
        throttle.was_right("ayse", "10.9.9.9", from);
        tries += guess(&throttle, "ayse", |at| format!("10.1.{at}.{minute}"), from, from + 1.minute());
    }
    assert!(tries <= 60, "{tries}");
}

#[test]
fn an_office_behind_one_address_is_not_locked_by_one_of_it() {
    let throttle = Throttle::default();
    for _ in 0..3 {
        throttle.begin("ayse", "10.0.0.1", noon()).unwrap();
    }
    throttle.begin("ayse", "10.0.0.1", noon()).ok();
    assert!(throttle.begin("ayse", "10.0.0.1", noon()).is_err());
    assert!(throttle.begin("mehmet", "10.0.0.1", noon()).is_ok(), "a colleague");
    // Far more than people mistype, at many accounts: that address waits.
    let mut refused = 0;
    for number in 0..200 {
        refused += usize::from(throttle.begin(&format!("kisi{number}"), "10.0.0.1", noon()).is_err());
    }
    assert!((80..=110).contains(&refused), "{refused}");
    assert!(throttle.begin("kisi1", "10.0.0.2", noon()).is_ok(), "another address does not");
    // An hour after its first try the address begins anew, however busy it was.
    assert!(throttle.begin("yeni", "10.0.0.1", noon() + 1.hour()).is_ok());
}

#[test]
fn a_stranger_does_not_keep_the_owner_out() {
    let throttle = Throttle::default();
    throttle.begin("ayse", "10.0.0.1", noon()).unwrap();
    throttle.was_right("ayse", "10.0.0.1", noon());
    // A day later somebody guesses from everywhere, as often as is allowed.
    let day = noon() + 24.hours();
    guess(&throttle, "ayse", |tries| format!("172.16.{tries}.1"), day, day + 30.minutes());
    guess(&throttle, "yok", |_| "10.0.0.1".to_owned(), day, day + 30.minutes());
    let now = day + 30.minutes();
    assert!(throttle.begin("ayse", "192.168.1.1", now).is_err(), "unknown addresses wait");
    assert!(throttle.begin("ayse", "10.0.0.1", now).is_ok(), "the owner's does not");
    // The place is not known for ever.
    let later = noon() + (31 * 24).hours();
    guess(&throttle, "ayse", |tries| format!("172.16.{tries}.1"), later, later + 30.minutes());
    assert!(throttle.begin("ayse", "10.0.0.1", later + 30.minutes()).is_err());
}

#[test]
fn an_account_of_ones_own_does_not_help_to_guess_at_others() {
    let throttle = Throttle::default();
    throttle.begin("kendi", "10.0.0.1", noon()).unwrap();
    throttle.was_right("kendi", "10.0.0.1", noon());
    let mut tried = 0;
    for number in 0..300 {
        tried += usize::from(throttle.begin(&format!("kisi{number}"), "10.0.0.1", noon()).is_ok());
        throttle.begin("kendi", "10.0.0.1", noon()).unwrap();
        throttle.was_right("kendi", "10.0.0.1", noon());
    }
    assert!(tried <= 101, "{tried}");
}

#[test]
fn the_record_hears_of_every_doubling_and_of_every_try_in_the_sum() {
    let throttle = Throttle::default();
    let mut told = Vec::new();
    for minute in 0..16 {
        let told_now = throttle
            .begin("ayse", &minute.to_string(), noon() + (minute * 3).minutes())
            .unwrap();
        told.push(told_now.to_record);
    }
    assert_eq!(told.iter().sum::<u64>(), 16);
    assert_eq!(told.iter().filter(|count| **count > 0).count(), 5, "{told:?}");
}

#[test]
fn the_memory_is_bounded() {
    let throttle = Throttle::default();
    for number in 0..(REMEMBERED as i64 + 5_000) {
        let (login, now) = (number.to_string(), noon() + number.milliseconds());
        let _ = throttle.begin(&login, &login, now);
        throttle.was_right(&login, &login, now);
    }
    let memory = throttle.0.lock().unwrap();
    assert!(memory.tries.len() <= REMEMBERED + 3 && memory.known.len() <= REMEMBERED);
}
