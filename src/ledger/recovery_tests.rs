use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;

use super::event::{Event, Missing, Standing};
use super::fixture::*;
use super::{Ledger, LedgerError};
use crate::evidence::EvidenceKind;
use crate::mailbox::FolderState;
use crate::store::disk::RealDisk;
use crate::store::error::StoreError;
use crate::store::index::IndexState;

/// A little of everything that the journal can hold.
async fn story(world: &World, ledger: &Ledger) {
    world.arrive(ledger, 0..30).await;
    ledger.see("evrak", vec![locator(500), locator(501)], vec![]).await.unwrap();
    let missing = Missing {
        mailbox: "evrak".into(),
        locator: locator(500),
        problem: "not delivered".into(),
        at: friday(),
    };
    ledger.append(Event::Missing(missing)).await.unwrap();
    fetch(ledger, "ikinci", 1, "message 3").await;
    let mail = fetch(ledger, "evrak", 600, "evidence mail").await;
    let found = vec![evidence(
        "read",
        EvidenceKind::Retrieval,
        "Retrieval",
        &["provider-message-id:later"],
    )];
    ledger.register(evidence_mail(world, mail, found)).await.unwrap();
    let folders = vec![FolderState {
        folder: "INBOX".into(),
        epoch: 7,
        next_uid: Some(602),
        exists: 33,
        listed: None,
    }];
    let checked = super::event::Checked {
        mailbox: "evrak".into(),
        at: friday(),
        folders,
        listed: 33,
        new: 31,
        quota: None,
    };
    ledger.append(Event::Checked(checked)).await.unwrap();
    let standing = Standing {
        alarm: "quota/evrak/70".into(),
        since: Some(friday()),
        facts: Default::default(),
    };
    ledger.append(Event::Standing(standing)).await.unwrap();
    let sha256 = fetch(ledger, "evrak", 601, "waits").await;
    ledger
        .append(Event::Attempted(super::event::Attempted { messages: vec![sha256] }))
        .await
        .unwrap();
    let due = ledger.open_jobs().unwrap().remove(0);
    let alerts = Arc::clone(&world.alerts);
    let tried = due.clone();
    ledger
        .commit(move |decision| decision.record(Event::Alert(decision.state.outbox.attempt(&tried, decision.now))))
        .await
        .unwrap();
    ledger
        .commit(move |decision| {
            let receipt = Ok(crate::alert::deliver::Receipt("250 ok".into()));
            decision.record(Event::Alert(decision.state.outbox.outcome(&due, receipt, &alerts, decision.now)))
        })
        .await
        .unwrap();
    ledger
        .raise(
            vec![notice("ikinci", friday()), notice("ikinci", friday())],
            Arc::clone(&world.alerts),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn the_same_journal_always_gives_the_same_index() {
    let world = World::new();
    let ledger = world.open();
    story(&world, &ledger).await;
    let (written, exported) = (dump(&ledger), export(&ledger));
    assert!(written.len() > 150);
    assert_eq!(dump(&world.open_read_only()), written, "folded beside the writer");
    drop(ledger);
    assert_eq!(dump(&world.open()), written, "opened again");
    let rebuilt = Ledger::rebuild(&world.root(), RealDisk::shared(), world.clock.clone()).unwrap();
    assert_eq!(dump(&rebuilt), written, "folded anew");
    assert_eq!(export(&rebuilt), exported);
}

#[tokio::test]
async fn an_index_that_is_gone_or_garbage_is_rebuilt_to_the_same_bytes() {
    let world = World::new();
    let ledger = world.open();
    story(&world, &ledger).await;
    let (written, exported) = (dump(&ledger), export(&ledger));
    drop(ledger);
    let index = world.root().join("index");

    std::fs::remove_dir_all(&index).unwrap();
    let ledger = world.open();
    assert_eq!(ledger.recovery().unwrap().index, IndexState::New);
    assert_eq!((dump(&ledger), export(&ledger)), (written.clone(), exported.clone()), "deleted");
    drop(ledger);

    // The note of a clean stop knows a file by its time, too, and that has steps.
    std::thread::sleep(std::time::Duration::from_millis(300));
    for file in std::fs::read_dir(&index)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
    {
        let length = std::fs::metadata(&file).unwrap().len();
        std::fs::write(&file, vec![0xA5; length as usize]).unwrap();
    }
    let ledger = world.open();
    assert!(matches!(ledger.recovery().unwrap().index, IndexState::Emptied(_)));
    assert_eq!((dump(&ledger), export(&ledger)), (written.clone(), exported.clone()), "garbage");
    drop(ledger);

    std::fs::remove_dir_all(&index).unwrap();
    std::fs::write(&index, "not even a folder").unwrap();
    let ledger = world.open();
    assert_eq!((dump(&ledger), export(&ledger)), (written, exported), "a file in its place");
    // And the numbers go on where they were.
    assert_eq!(world.arrive(&ledger, 700..701).await, gap_free(32)[31..]);
}

#[tokio::test]
async fn what_was_to_be_told_is_still_to_be_told_after_a_restart() {
    let world = World::new();
    let ledger = world.open();
    ledger
        .raise((0..3).map(|_| notice("evrak", friday())).collect(), Arc::clone(&world.alerts))
        .await
        .unwrap();
    let jobs = ledger.open_jobs().unwrap();
    assert_eq!(jobs.len(), 1, "the second and third are held");
    drop(ledger);

    let ledger = world.open();
    let outbox = ledger.commit(|decision| Ok(decision.state.outbox.clone())).await.unwrap();
    assert_eq!(outbox.waiting().cloned().collect::<Vec<_>>(), jobs);
    assert_eq!(outbox.held(), 2);
    // The window is still open: a fourth is held, too; when it is over, they are told as one.
    ledger
        .raise(vec![notice("evrak", friday())], Arc::clone(&world.alerts))
        .await
        .unwrap();
    assert_eq!(ledger.open_jobs().unwrap().len(), 1);
    world.clock.set(friday() + SignedDuration::from_hours(1));
    let alerts = Arc::clone(&world.alerts);
    ledger
        .commit(move |decision| {
            let events = decision.state.outbox.wake(&alerts, decision.now);
            events.into_iter().try_for_each(|event| decision.record(Event::Alert(event)))
        })
        .await
        .unwrap();
    let jobs = ledger.open_jobs().unwrap();
    assert_eq!(jobs.len(), 2);
    assert!(
        jobs.iter()
            .any(|job| job.notice.facts.get("count").is_some_and(|count| count == "3"))
    );
    let written = dump(&ledger);
    drop(ledger);
    assert_eq!(
        dump(&world.open_read_only()),
        written,
        "the journal tells the same story from its start"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_the_writer_sees_a_whole_beginning_of_the_register() {
    let world = Arc::new(World::new());
    let ledger = Arc::new(world.open());
    let stop = Arc::new(AtomicBool::new(false));
    let writing = {
        let (world, ledger, stop) = (Arc::clone(&world), Arc::clone(&ledger), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                world.arrive(&ledger, count..count + 1).await;
                count += 1;
            }
        })
    };
    let (mut last, mut looks) = (0, 0);
    while looks < 20 || last == 0 {
        looks += 1;
        let reader = world.open_read_only();
        let seen = numbers(&reader);
        assert_eq!(seen, gap_free(seen.len() as u32));
        assert!(seen.len() >= last, "the register never shrinks");
        last = seen.len();
        assert!(matches!(reader.append(Event::Stopped).await, Err(LedgerError::ReadOnly)));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    assert_eq!(export(&world.open_read_only()), export(&ledger));
}

/// The index cannot be opened while the store's folder is somewhere else: that is how a test takes it away.
fn break_index(world: &World, index: &crate::store::index::Index) {
    let aside = world.dir.path().join("aside");
    std::fs::rename(world.root(), &aside).unwrap();
    assert!(index.reopen(u64::MAX).is_err());
    std::fs::rename(&aside, world.root()).unwrap();
}

#[tokio::test]
async fn an_index_that_fails_after_the_record_is_durable_is_caught_up() {
    let world = World::new();
    let ledger = world.open();
    world.arrive(&ledger, 0..3).await;
    ledger
        .raise(
            vec![notice("ikinci", friday()), notice("ikinci", friday())],
            Arc::clone(&world.alerts),
        )
        .await
        .unwrap();
    let index = ledger.index.clone();
    let shared = Arc::new(world);
    let theirs = Arc::clone(&shared);
    let new = fetched("evrak", 900, "in between");
    let alerts = Arc::clone(&shared.alerts);
    ledger
        .commit(move |decision| {
            decision.record(Event::Fetched(new))?;
            let held = decision.state.outbox.plan(notice("ikinci", decision.now), &alerts);
            decision.record(Event::Alert(held))?;
            // Decided, and before it is durable the index goes.
            break_index(&theirs, &index);
            Ok(())
        })
        .await
        .unwrap();
    assert!(ledger.pending(10).is_err(), "nobody reads a state that lags behind the record");
    assert_eq!(shared.arrive(&ledger, 3..5).await, gap_free(5)[3..]);
    assert_eq!(ledger.pending(10).unwrap().len(), 1);
    let written = dump(&ledger);
    drop(ledger);
    assert_eq!(dump(&shared.open_read_only()), written);
}

#[tokio::test]
async fn an_index_that_cannot_be_read_is_opened_anew_without_a_restart() {
    let world = World::new();
    let ledger = world.open();
    world.arrive(&ledger, 0..3).await;
    break_index(&world, &ledger.index);
    let refused = ledger.append(Event::Fetched(fetched("evrak", 900, "refused"))).await;
    assert!(
        matches!(&refused, Err(error @ LedgerError::Store(StoreError::Index { .. })) if error.is_transient()),
        "{refused:?}"
    );
    assert_eq!(world.arrive(&ledger, 3..4).await, gap_free(4)[3..]);
    assert!(ledger.pending(10).unwrap().is_empty(), "what was refused did not happen");
    let written = dump(&ledger);
    drop(ledger);
    assert_eq!(dump(&world.open_read_only()), written);
}

#[tokio::test]
async fn a_request_that_fails_leaves_nothing_and_its_neighbours_stand() {
    let world = World::new();
    let ledger = world.open();
    let before = ledger.commit(|decision| Ok(decision.state.outbox.held())).await.unwrap();
    let alerts = Arc::clone(&world.alerts);
    let good = ledger.commit(|decision| decision.record(Event::Fetched(fetched("evrak", 1, "good"))));
    let bad = ledger.commit(move |decision| -> Result<(), LedgerError> {
        decision.record(Event::Fetched(fetched("evrak", 2, "bad")))?;
        let event = decision.state.outbox.plan(notice("evrak", decision.now), &alerts);
        decision.record(Event::Alert(event))?;
        Err(LedgerError::Encode("a test".into()))
    });
    let after = ledger.commit(|decision| decision.record(Event::Fetched(fetched("evrak", 3, "after"))));
    good.await.unwrap();
    assert!(bad.await.is_err());
    after.await.unwrap();
    assert_eq!(ledger.known("evrak").unwrap().len(), 2);
    assert!(ledger.open_jobs().unwrap().is_empty());
    assert_eq!(
        ledger
            .commit(|decision| Ok((decision.state.outbox.held(), decision.state.outbox.waiting().count())))
            .await
            .unwrap(),
        (before, 0)
    );
}
