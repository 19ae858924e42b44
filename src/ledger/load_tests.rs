//! Twenty years are many messages: what is asked at each look must not grow faster than what it answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Ledger;
use super::event::{Event, Registered};
use super::fixture::*;
use crate::alert::notice::{Cause, Notice};

/// Generous for a debug build on a busy machine; what is quadratic is far beyond it.
const GROWTH: f64 = 3.0;

/// Messages of years: they came and were worked off. (Without entries, which no question here reads.)
async fn work_off(ledger: &Ledger, uids: std::ops::Range<u32>) {
    for from in uids.clone().step_by(1_000) {
        let to = (from + 1_000).min(uids.end);
        ledger
            .commit(move |decision| {
                (from..to).try_for_each(|uid| {
                    let fetched = fetched("evrak", uid, &uid.to_string());
                    let none = Registered {
                        sha256: fetched.sha256,
                        entries: Vec::new(),
                        link_keys: Vec::new(),
                        evidence: Vec::new(),
                        alerts: Vec::new(),
                    };
                    decision.record(Event::Fetched(fetched))?;
                    decision.record(Event::Registered(Box::new(none)))
                })
            })
            .await
            .unwrap();
    }
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

#[tokio::test]
async fn questions_about_a_mailbox_take_time_in_proportion_to_it() {
    let world = World::new();
    let ledger = world.open();
    let ask = |ledger: &Ledger| {
        let known = time(|| ledger.known("evrak").unwrap());
        let counts = time(|| ledger.counts("evrak").unwrap());
        known + counts
    };
    work_off(&ledger, 0..5_000).await;
    let small = ask(&ledger);
    work_off(&ledger, 5_000..50_000).await;
    let large = ask(&ledger);
    println!("known + counts: {small:?} for 5,000 and {large:?} for 50,000 messages");
    let growth = large.as_secs_f64() / small.as_secs_f64().max(0.02) / 10.0;
    assert!(growth < GROWTH, "{small:?} for 5,000 and {large:?} for 50,000 messages");
    let counts = ledger.counts("evrak").unwrap();
    assert_eq!((counts.fetched, counts.registered), (50_000, 50_000));
    let other = time(|| ledger.counts("ikinci").unwrap());
    assert!(other * 50 < large, "{other:?} for an empty mailbox beside a full one");
}

#[tokio::test]
async fn a_backlog_is_worked_off_without_looking_at_all_of_it_for_each_group() {
    let world = World::new();
    let ledger = world.open();
    let backlog = |uid| Event::Fetched(fetched("evrak", uid, &uid.to_string()));
    ledger
        .commit(move |decision| (0..5_000).try_for_each(|uid| decision.record(backlog(uid))))
        .await
        .unwrap();
    let group = time(|| ledger.pending(32).unwrap());
    let all = time(|| assert_eq!(ledger.pending(usize::MAX).unwrap().len(), 5_000));
    assert!(group * 20 < all, "{group:?} for 32 and {all:?} for 5,000 waiting messages");
    let counts = ledger.counts("evrak").unwrap();
    assert_eq!((counts.fetched, counts.registered), (5_000, 0));
}

#[tokio::test]
async fn thousands_of_waiting_alerts_do_not_slow_the_register() {
    let world = World::new();
    let ledger = world.open();
    let began = Instant::now();
    world.arrive(&ledger, 0..60).await;
    let alone = began.elapsed();
    for from in (0..5_000).step_by(500) {
        let notices = (from..from + 500)
            .map(|nth| Notice {
                cause: Cause::Test,
                ..notice(&format!("alarm {nth}"), friday())
            })
            .collect();
        ledger.raise(notices, Arc::clone(&world.alerts)).await.unwrap();
    }
    assert!(ledger.open_jobs().unwrap().len() > 5_000);
    let began = Instant::now();
    world.arrive(&ledger, 100..160).await;
    let beside = began.elapsed();
    println!("60 registrations: {alone:?} with an empty outbox, {beside:?} beside 5,000 waiting alerts");
    assert!(
        beside < alone * 4 + Duration::from_secs(1),
        "{alone:?} alone, {beside:?} beside 5,000 waiting alerts"
    );
}

#[tokio::test]
async fn deadlines_are_found_without_reading_the_register() {
    let world = World::new();
    let ledger = world.open();
    world.arrive(&ledger, 0..300).await;
    let keys = time(|| ledger.open_deadlines(friday()).unwrap());
    let entries = time(|| ledger.entries().count());
    let count = ledger.open_deadlines(friday()).unwrap().len();
    println!("{count} deadlines in {keys:?}; 300 entries in {entries:?}");
    assert!(keys < entries, "{keys:?} for the deadlines, {entries:?} for the entries");
    assert_eq!(count, 600, "the deemed-read moment and the early one of each entry");
}
