//! What a wrong clock may do to the record: nothing that a person cannot put right.

use super::LedgerError;
use super::event::Event;
use super::fixture::*;
use crate::register::entry::{Asker, RegisterNumber};
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
        export(&super::Ledger::rebuild(&world.root(), crate::store::disk::RealDisk::shared(), world.clock.clone()).unwrap()),
        told
    );
    assert_eq!(world.arrive(&world.open(), 3..4).await, [number("2026/000003")]);
}
