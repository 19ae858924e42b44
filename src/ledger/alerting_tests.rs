use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Ledger;
use super::event::{Event, Missing};
use super::fixture::*;
use crate::alert::deliver::FailureClass;
use crate::alert::outbox::AlertEvent;
use crate::clock::Clock;
use crate::store::disk::RealDisk;

fn windows(ledger: &Ledger) -> usize {
    dump(ledger).iter().filter(|(key, _)| key.starts_with("t/")).count()
}

#[tokio::test]
async fn windows_that_are_over_leave_the_index() {
    let world = World::new();
    let ledger = world.open();
    for hour in 0..48 {
        let now = friday() + SignedDuration::from_hours(hour);
        world.clock.set(now);
        ledger
            .raise(vec![notice(&format!("box {hour}"), now)], Arc::clone(&world.alerts))
            .await
            .unwrap();
        assert_eq!(windows(&ledger), 1, "hour {hour}");
    }
    // One that holds something stays until it was told.
    let now = world.clock.now();
    ledger.raise(vec![notice("box 47", now)], Arc::clone(&world.alerts)).await.unwrap();
    let later = now + SignedDuration::from_hours(3);
    ledger.raise(vec![notice("other", later)], Arc::clone(&world.alerts)).await.unwrap();
    assert_eq!(windows(&ledger), 2);
    let before = dump(&ledger);
    drop(ledger);
    let rebuilt = Ledger::rebuild(&world.root(), RealDisk::shared(), world.clock.clone()).unwrap();
    assert_eq!(dump(&rebuilt), before);
}

#[tokio::test]
async fn alerts_given_up_are_counted_without_a_look_at_all_the_others() {
    let world = World::new();
    let ledger = world.open();
    let at = |second: i64| friday() + SignedDuration::from_millis(second * 1_000 + 500);
    for nth in 0..6 {
        ledger
            .raise(vec![notice(&format!("box {nth}"), friday())], Arc::clone(&world.alerts))
            .await
            .unwrap();
    }
    for (nth, job) in ledger.open_jobs().unwrap().into_iter().enumerate().take(4) {
        let failed = AlertEvent::Failed {
            job: job.id,
            at: at(nth as i64),
            class: FailureClass::Permanent,
            problem: "no such recipient".into(),
            next_attempt: None,
        };
        ledger.append(Event::Alert(failed)).await.unwrap();
    }
    let since = |since: Option<Timestamp>| ledger.given_up_since(since).unwrap();
    assert_eq!(
        (since(None), since(Some(at(-1))), since(Some(at(0))), since(Some(at(3)))),
        (4, 4, 3, 0)
    );
    assert_eq!(since(Some(friday() + SignedDuration::from_secs(1))), 3, "half a second later");
    // It would trip over this one.
    let mut batch = crate::store::index::IndexBatch::default();
    batch.put(b"j/broken".to_vec(), b"{".to_vec());
    ledger.index.apply(batch, ledger.head().sequence).unwrap();
    assert!(ledger.jobs().is_err());
    assert_eq!(since(None), 4);
}

#[test]
fn a_problem_that_was_recorded_in_one_language_is_still_read() {
    let old =
        r#"{"mailbox":"evrak","locator":{"folder":"INBOX","epoch":7,"id":"1"},"problem":"not delivered","at":"2026-11-20T07:00:00Z"}"#;
    let missing: Missing = serde_json::from_str(old).unwrap();
    assert_eq!(
        (&missing.problem.tr[..], &missing.problem.en[..]),
        ("not delivered", "not delivered")
    );
    let again: Missing = serde_json::from_str(&serde_json::to_string(&missing).unwrap()).unwrap();
    assert_eq!(again.problem, missing.problem);
}
