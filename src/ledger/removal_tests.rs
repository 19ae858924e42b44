use jiff::SignedDuration;

use super::super::event::{Acknowledged, Fetched};
use super::super::fixture::*;
use super::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A message that came when the clock showed this, and has its number.
async fn arrived(world: &World, ledger: &Ledger, uid: u32, at: Timestamp) -> Sha256 {
    let fetched = Fetched {
        at,
        ..fetched("evrak", uid, &format!("message {uid}"))
    };
    let sha256 = fetched.sha256;
    ledger.append(Event::Fetched(fetched)).await.unwrap();
    ledger.register(world.registration(sha256)).await.unwrap();
    sha256
}

fn old(ledger: &Ledger, now: Timestamp) -> Vec<String> {
    let old = ledger.removable("evrak", now - DAY * 30, now).unwrap();
    old.into_iter().map(|(locator, _)| locator.id).collect()
}

#[tokio::test]
async fn a_message_is_no_older_than_one_that_came_before_it() {
    let world = World::new();
    let ledger = world.open();
    let now = friday();
    arrived(&world, &ledger, 1, now - DAY * 40).await;
    // A clock that ran ahead makes nothing young, and one that stood in the past nothing old.
    arrived(&world, &ledger, 2, now + DAY * 4_000).await;
    arrived(&world, &ledger, 3, now - DAY * 31).await;
    arrived(&world, &ledger, 4, now - DAY * 5).await;
    arrived(&world, &ledger, 5, now - DAY * 2_000).await;
    assert_eq!(old(&ledger, now), ["1", "3"]);
    assert_eq!(old(&ledger, now + DAY * 26), ["1", "3", "4", "5"]);
}

#[tokio::test]
async fn what_was_deleted_and_is_listed_again_is_not_known() {
    let world = World::new();
    let ledger = world.open();
    arrived(&world, &ledger, 1, friday() - DAY * 40).await;
    assert_eq!(ledger.known("evrak").unwrap().len(), 1);
    let removed = Acknowledged {
        mailbox: "evrak".into(),
        locator: locator(1),
    };
    ledger.append(Event::Removed(removed)).await.unwrap();
    assert!(ledger.known("evrak").unwrap().is_empty(), "it may be another message");
    assert!(old(&ledger, friday()).is_empty(), "and it is not deleted once more");
    assert_eq!(ledger.durable("evrak").unwrap().len(), 1);
    arrived(&world, &ledger, 1, friday()).await;
    assert_eq!(ledger.known("evrak").unwrap().len(), 1);
}

#[tokio::test]
async fn a_backup_vouches_for_its_own_chain_and_for_nothing_behind_its_end() {
    let world = World::new();
    let ledger = world.open();
    let first = arrived(&world, &ledger, 1, friday()).await;
    let end = ledger.head();
    assert_eq!(ledger.registered_behind(end).unwrap(), Some(BTreeSet::new()));
    let second = arrived(&world, &ledger, 2, friday()).await;
    let behind = ledger.registered_behind(end).unwrap().unwrap();
    assert!(behind.contains(&second) && !behind.contains(&first));
    let other_chain = Head {
        hash: Sha256::of(b"another record"),
        ..end
    };
    let future = Head {
        sequence: ledger.head().sequence + 1,
        ..end
    };
    for foreign in [other_chain, future, Head::EMPTY] {
        assert_eq!(ledger.registered_behind(foreign).unwrap(), None, "{foreign:?}");
    }
}

#[tokio::test]
async fn days_are_counted_by_the_checks_that_were_made_on_them() {
    let world = World::new();
    let ledger = world.open();
    for hours in [0, 1, 24, 26, 72] {
        let checked = super::super::event::Checked {
            mailbox: "evrak".into(),
            at: friday() + SignedDuration::from_hours(hours),
            folders: Vec::new(),
            listed: 0,
            new: 0,
            quota: None,
        };
        ledger.append(Event::Checked(checked)).await.unwrap();
    }
    let day = |text: &str| text.parse::<Date>().unwrap();
    let counts = ["2026-11-20", "2026-11-21", "2026-11-23", "2026-11-24"].map(|since| ledger.days_checked("evrak", day(since)).unwrap());
    assert_eq!(
        (counts, ledger.days_checked("other", day("2020-01-01")).unwrap()),
        ([3, 2, 1, 0], 0)
    );
}
