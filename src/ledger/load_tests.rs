//! Twenty years are many messages: what is asked at each look must not grow faster than what it answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Ledger;
use super::event::{Event, Registered};
use super::fixture::*;
use crate::alert::notice::{Cause, Notice};

/// Generous for a debug build; what is quadratic is far beyond it.
const GROWTH: u32 = 30;

/// A busy machine may keep any one measurement waiting. What is too slow is too slow each time.
const ROUNDS: usize = 20;

fn measured(what: &str, mut is_so: impl FnMut() -> (bool, String)) {
    let mut told = Vec::new();
    for _ in 0..ROUNDS {
        let (holds, said) = is_so();
        if holds {
            return println!("{what}: {said}");
        }
        told.push(said);
    }
    panic!("{what}: never in {ROUNDS} rounds:\n{}", told.join("\n"));
}

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
    let worlds = [World::new(), World::new()];
    let [few, many] = worlds.each_ref().map(World::open);
    work_off(&few, 0..5_000).await;
    work_off(&many, 0..50_000).await;
    let ask = |ledger: &Ledger| {
        let known = time(|| ledger.known("evrak").unwrap());
        let counts = time(|| ledger.counts("evrak").unwrap());
        known + counts
    };
    measured("ten times as many messages", || {
        let (small, large) = (ask(&few), ask(&many));
        let holds = large < small * GROWTH;
        (holds, format!("{small:?} for 5,000 and {large:?} for 50,000 messages"))
    });
    let counts = many.counts("evrak").unwrap();
    assert_eq!((counts.fetched, counts.registered), (50_000, 50_000));
    measured("an empty mailbox beside a full one", || {
        let (empty, full) = (time(|| many.counts("ikinci").unwrap()), ask(&many));
        (empty * 50 < full, format!("{empty:?} and {full:?}"))
    });
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
    measured("a group of a backlog", || {
        let group = time(|| ledger.pending(32).unwrap());
        let all = time(|| assert_eq!(ledger.pending(usize::MAX).unwrap().len(), 5_000));
        (group * 20 < all, format!("{group:?} for 32 and {all:?} for 5,000 waiting messages"))
    });
    let counts = ledger.counts("evrak").unwrap();
    assert_eq!((counts.fetched, counts.registered), (5_000, 0));
}

#[tokio::test]
async fn thousands_of_waiting_alerts_do_not_slow_the_register() {
    let worlds = [World::new(), World::new()];
    let [quiet, busy] = worlds.each_ref().map(World::open);
    for from in (0..5_000).step_by(500) {
        let notices = (from..from + 500)
            .map(|nth| Notice {
                cause: Cause::Test,
                ..notice(&format!("alarm {nth}"), friday())
            })
            .collect();
        busy.raise(notices, Arc::clone(&worlds[1].alerts)).await.unwrap();
    }
    assert!(busy.open_jobs().unwrap().len() >= 5_000);
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        let mut took = Vec::new();
        for (world, ledger) in worlds.iter().zip([&quiet, &busy]) {
            let began = Instant::now();
            world.arrive(ledger, round * 60..(round + 1) * 60).await;
            took.push(began.elapsed());
        }
        told.push(format!(
            "60 registrations: {took:?} with an empty outbox and beside 5,000 waiting alerts"
        ));
        if took[1] < took[0] * 4 {
            return println!("{}", told.join("\n"));
        }
    }
    panic!("never in {ROUNDS} rounds:\n{}", told.join("\n"));
}

#[tokio::test]
async fn deadlines_are_found_without_reading_the_register() {
    let world = World::new();
    let ledger = world.open();
    world.arrive(&ledger, 0..300).await;
    measured("deadlines", || {
        let keys = time(|| ledger.open_deadlines(friday()).unwrap());
        let entries = time(|| ledger.entries().count());
        (keys < entries, format!("in {keys:?}; 300 entries in {entries:?}"))
    });
    let count = ledger.open_deadlines(friday()).unwrap().len();
    assert_eq!(count, 600, "the deemed-read moment and the early one of each entry");
}
