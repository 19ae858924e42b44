//! What a wrong clock may do to the record: nothing that a person cannot put right.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::event::{Event, SignedIn, Standing};
use super::fixture::*;
use super::{BROKEN, Ledger, LedgerError};
use crate::alert::deliver::FailureClass;
use crate::alert::outbox::AlertEvent;
use crate::people::totp;
use crate::register::entry::{Asker, RegisterNumber};
use crate::store::disk::RealDisk;
use crate::store::error::StoreError;

fn number(text: &str) -> RegisterNumber {
    text.parse().unwrap()
}

fn is_clock(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Refused(error) if matches!(**error, StoreError::ClockBehind { .. }))
}

#[tokio::test]
async fn nothing_is_written_years_before_the_newest_record_and_the_message_waits() {
    let world = World::new();
    let ledger = world.open();
    world.arrive(&ledger, 0..1).await;
    let waiting = fetch(&ledger, "evrak", 9, "waiting").await;
    let head = ledger.head();

    for wrong in ["1971-01-01T00:00:00Z", "2026-11-20T05:59:59Z"] {
        world.clock.set(at(wrong));
        let refused = ledger.register(world.registration(waiting)).await.unwrap_err();
        assert!(is_clock(&refused) && refused.is_transient(), "{refused}");
        assert!(is_clock(&ledger.append(Event::Stopped).await.unwrap_err()));
        assert_eq!(ledger.head(), head);
    }
    // A step of NTP is no reason to stop.
    world.clock.set(at("2026-11-20T06:30:00Z"));
    assert_eq!(ledger.register(world.registration(waiting)).await.unwrap(), [number("2026/000002")]);
}

#[tokio::test]
async fn a_year_that_a_wrong_clock_began_is_left_once_a_person_says_that_the_clock_is_right() {
    let world = World::new();
    let ledger = world.open();
    world.arrive(&ledger, 0..1).await;
    world.clock.set(at("2040-05-01T07:00:00Z"));
    assert_eq!(world.arrive(&ledger, 1..2).await, [number("2040/000001")]);
    drop(ledger);

    world.clock.set(friday());
    let ledger = world.open();
    let refused = ledger.append(Event::Stopped).await.unwrap_err();
    assert!(is_clock(&refused), "{refused}");
    let newest = ledger.accept_clock("pil bitmişti".into(), Asker::default()).await.unwrap();
    assert_eq!(newest, Some(at("2040-05-01T07:00:00Z")));
    assert_eq!(world.arrive(&ledger, 2..3).await, [number("2026/000002")]);
    assert_eq!(
        ledger.accept_clock("yine".into(), Asker::default()).await.unwrap(),
        None,
        "there is nothing to accept"
    );
    let told = export(&ledger);
    drop(ledger);
    // The same from the index, and from the journal alone.
    assert_eq!(export(&world.open()), told);
    assert_eq!(
        export(&Ledger::rebuild(&world.root(), RealDisk::shared(), world.clock.clone()).unwrap()),
        told
    );
    assert_eq!(world.arrive(&world.open(), 3..4).await, [number("2026/000003")]);
}

#[tokio::test]
async fn nothing_rests_until_the_date_of_a_wrong_clock() {
    let world = World::new();
    let ledger = world.open();
    let (wrong, hour) = (at("2027-06-01T07:00:00Z"), SignedDuration::from_hours(1));
    world.clock.set(wrong);
    let raise = |key: &str, now| ledger.raise(vec![notice(key, now)], Arc::clone(&world.alerts));
    let fail = async |next_attempt| {
        let failed = AlertEvent::Failed {
            job: ledger.open_jobs().unwrap().remove(0).id,
            at: wrong,
            class: FailureClass::Transient,
            problem: "no route to host".into(),
            next_attempt,
        };
        ledger.append(Event::Alert(failed)).await.unwrap();
    };
    raise("lost", wrong).await.unwrap();
    fail(None).await;
    raise("box", wrong).await.unwrap();
    fail(Some(wrong + hour)).await;
    raise("box", wrong).await.unwrap();
    assert_eq!(ledger.open_jobs().unwrap().len(), 1, "the second one is held");
    for alarm in ["deadline/2026/000001/deemed-read/Near", "orphans/2027-06-01", BROKEN] {
        let (alarm, since, facts) = (alarm.to_owned(), Some(wrong), BTreeMap::new());
        ledger.append(Event::Standing(Standing { alarm, since, facts })).await.unwrap();
    }
    let (login, step) = ("ayse".to_owned(), totp::last_step(wrong));
    ledger.append(Event::SignedIn(SignedIn { login, from: None, step })).await.unwrap();

    world.clock.set(friday());
    ledger.accept_clock("sanal makine".into(), Asker::default()).await.unwrap().unwrap();
    let due = |now| {
        let alerts = Arc::clone(&world.alerts);
        ledger.commit(move |decision| {
            let outbox = &decision.state.outbox;
            Ok((outbox.due(now).len(), outbox.wake(&alerts, now).len()))
        })
    };
    assert_eq!(
        due(friday()).await.unwrap(),
        (1, 1),
        "what failed is tried, and what is held is told"
    );
    raise("lost", friday()).await.unwrap();
    assert_eq!(
        due(friday()).await.unwrap(),
        (2, 1),
        "another one of a kind that was told then is told"
    );
    let stands = |alarm: &str| ledger.standing(alarm).unwrap().is_some();
    assert!(!stands("deadline/2026/000001/deemed-read/Near") && !stands("orphans/2027-06-01"));
    assert!(stands(BROKEN), "that is true whatever the day");
    assert_eq!(ledger.sign_ins("ayse").unwrap().step, totp::last_step(friday()));
    let given_up = |since| ledger.given_up_since(Some(since)).unwrap();
    assert_eq!(
        (given_up(friday() - hour), given_up(friday())),
        (1, 0),
        "counted once, and not for a year"
    );

    let told = dump(&ledger);
    drop(ledger);
    assert_eq!(dump(&world.open()), told);
    let rebuilt = Ledger::rebuild(&world.root(), RealDisk::shared(), world.clock.clone()).unwrap();
    assert_eq!(dump(&rebuilt), told);
}
