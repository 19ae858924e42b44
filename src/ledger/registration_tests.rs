use std::collections::BTreeSet;
use std::sync::Arc;

use super::event::{Event, Handled, Missing, Renumbered};
use super::fixture::*;
use crate::message::MessageKind;
use crate::register::entry::{Entry, Handling, RegisterNumber, State, flag};
use crate::store::disk::RealDisk;
use crate::store::fault::{FailingDisk, Mode};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registrations_from_many_tasks_get_every_number_once() {
    let world = World::new();
    let ledger = Arc::new(world.open());
    let mut tasks = Vec::new();
    for task in 0..8 {
        let (ledger, alerts) = (Arc::clone(&ledger), Arc::clone(&world.alerts));
        tasks.push(tokio::spawn(async move {
            let mut given = Vec::new();
            for nth in 0..25 {
                let sha256 = fetch(&ledger, "evrak", task * 100 + nth, &format!("{task}-{nth}")).await;
                let registration = super::registration::Registration {
                    sha256,
                    drafts: vec![draft(sha256, MessageKind::Standard)],
                    link_keys: Vec::new(),
                    evidence: Vec::new(),
                    announce: Box::new(|_| Vec::new()),
                    alerts: Arc::clone(&alerts),
                };
                given.extend(ledger.register(registration).await.unwrap());
            }
            given
        }));
    }
    let mut given = Vec::new();
    for task in tasks {
        given.extend(task.await.unwrap());
    }
    given.sort();
    assert_eq!(given, gap_free(200));
    assert_eq!(numbers(&ledger), gap_free(200));
    assert!(ledger.pending(1).unwrap().is_empty());
}

#[tokio::test]
async fn a_registration_that_the_disk_refuses_burns_no_number_and_the_next_one_gets_it() {
    for mode in [Mode::Error, Mode::Torn, Mode::Full, Mode::ReadOnly] {
        for nth in 1..12 {
            let world = World::new();
            let disk = FailingDisk::new(RealDisk::shared());
            let ledger = world.open_on(disk.clone()).unwrap();
            world.arrive(&ledger, 0..2).await;
            let refused = fetch(&ledger, "evrak", 50, "refused").await;
            let next = fetch(&ledger, "evrak", 51, "next").await;

            disk.fail(nth, mode);
            let outcome = ledger.register(world.registration(refused)).await;
            disk.heal();
            if let Err(error) = &outcome {
                assert!(error.is_transient(), "{mode:?} {nth}: {error}");
                let pending: Vec<_> = ledger.pending(10).unwrap().into_iter().map(|(sha256, _)| sha256).collect();
                assert_eq!(pending, [refused, next], "{mode:?} {nth}");
            }
            assert_eq!(ledger.register(world.registration(next)).await.unwrap().len(), 1, "{mode:?} {nth}");
            if outcome.is_err() {
                assert_eq!(
                    ledger.register(world.registration(refused)).await.unwrap(),
                    gap_free(4)[3..],
                    "{mode:?} {nth}"
                );
            }
            assert_eq!(numbers(&ledger), gap_free(4), "{mode:?} {nth}");
            let before = export(&ledger);
            drop(ledger);
            assert_eq!(
                export(&world.open_read_only()),
                before,
                "{mode:?} {nth}: the journal tells what the index told"
            );
            assert_eq!(export(&world.open()), before, "{mode:?} {nth}");
        }
    }
}

#[tokio::test]
async fn a_message_that_has_its_number_keeps_it_and_gets_no_second() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "once").await;
    // Both are under way before either is decided.
    let (first, second) = (
        ledger.register(world.registration(sha256)),
        ledger.register(world.registration(sha256)),
    );
    assert_eq!(first.await.unwrap(), gap_free(1));
    assert_eq!(second.await.unwrap(), []);
    assert_eq!(numbers(&ledger), gap_free(1));
    let unknown = crate::hash::Sha256::of(b"never fetched");
    assert_eq!(ledger.register(world.registration(unknown)).await.unwrap(), []);
}

#[tokio::test]
async fn several_documents_of_one_message_have_numbers_in_a_row_and_the_second_with_its_id_is_a_duplicate() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "two packages").await;
    let mut registration = world.registration(sha256);
    let document = crate::envelope::Document {
        id: Some("0f0e7c2a-0000-4000-8000-000000000001".into()),
        ..Default::default()
    };
    registration.drafts[0].document = Some(document.clone());
    registration.drafts.push(registration.drafts[0].clone());
    ledger.register(registration).await.unwrap();
    // Examined beside the first, so that its examiner could not know.
    let beside = fetch(&ledger, "evrak", 2, "the same document in another message").await;
    let mut registration = world.registration(beside);
    registration.drafts[0].document = Some(crate::envelope::Document {
        id: document.id.map(|id| id.to_uppercase()),
        ..Default::default()
    });
    ledger.register(registration).await.unwrap();

    let entries: Vec<Entry> = ledger.entries().map(Result::unwrap).collect();
    let duplicates: Vec<bool> = entries.iter().map(|entry| entry.flags.contains(flag::DUPLICATE)).collect();
    assert_eq!(duplicates, [false, true, true]);
    assert!(entries[2].findings.iter().any(|finding| finding.text.en.contains("2026/000001")));
    assert_eq!(ledger.message(&sha256).unwrap().unwrap().numbers, gap_free(2));
    assert_eq!(
        ledger.entry_of_document("0F0E7C2A-0000-4000-8000-000000000001").unwrap(),
        Some(gap_free(1)[0])
    );
}

#[tokio::test]
async fn a_redelivery_is_a_sighting_before_and_after_registration_and_in_another_mailbox() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "again").await;
    fetch(&ledger, "evrak", 2, "again").await;
    fetch(&ledger, "evrak", 2, "again").await;
    assert_eq!(ledger.pending(10).unwrap().len(), 1);
    let number = ledger.register(world.registration(sha256)).await.unwrap()[0];
    fetch(&ledger, "evrak", 3, "again").await;
    fetch(&ledger, "evrak", 3, "again").await;
    fetch(&ledger, "ikinci", 1, "again").await;

    let entry = ledger.entry(number).unwrap().unwrap();
    let seen: Vec<(String, String)> = entry
        .message
        .sightings
        .iter()
        .map(|seen| (seen.mailbox.clone(), seen.locator.id.clone()))
        .collect();
    let expected =
        [("evrak", "1"), ("evrak", "2"), ("evrak", "3"), ("ikinci", "1")].map(|(mailbox, id)| (mailbox.to_owned(), id.to_owned()));
    assert_eq!(seen, expected);
    assert!(entry.flags.contains(flag::DUPLICATE));
    assert_eq!(numbers(&ledger), gap_free(1));
    assert!(ledger.pending(10).unwrap().is_empty());
    let counts = ledger.counts("ikinci").unwrap();
    assert_eq!((counts.fetched, counts.registered), (1, 1));
    assert_eq!(ledger.known("evrak").unwrap().len(), 3);
}

#[tokio::test]
async fn the_count_of_fetched_messages_is_what_counting_them_gives() {
    let world = World::new();
    let ledger = world.open();
    ledger.see("evrak", (0..6).map(locator).collect(), vec![]).await.unwrap();
    let agrees = |fetched: u64| {
        assert_eq!(ledger.counts("evrak").unwrap().fetched, fetched);
        assert_eq!(ledger.known("evrak").unwrap().len() as u64, fetched);
    };
    agrees(0);
    for uid in 0..4 {
        fetch(&ledger, "evrak", uid, &format!("mail {}", uid % 2)).await;
    }
    fetch(&ledger, "evrak", 3, "mail 1").await;
    fetch(&ledger, "ikinci", 3, "mail 1").await;
    agrees(4);
    let gone = Renumbered {
        mailbox: "evrak".into(),
        locators: vec![locator(0), locator(5), locator(9)],
    };
    ledger.append(Event::Renumbered(gone)).await.unwrap();
    agrees(3);
    ledger.see("evrak", vec![locator(0)], vec![]).await.unwrap();
    agrees(3);
    fetch(&ledger, "evrak", 0, "mail 7").await;
    agrees(4);
}

#[tokio::test]
async fn a_message_seen_twice_before_its_number_is_marked_as_one_seen_twice_after_it() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "again").await;
    fetch(&ledger, "evrak", 2, "again").await;
    let number = ledger.register(world.registration(sha256)).await.unwrap()[0];
    assert!(ledger.entry(number).unwrap().unwrap().flags.contains(flag::DUPLICATE));
}

#[tokio::test]
async fn a_listed_message_is_a_hole_until_its_bytes_are_durable() {
    let world = World::new();
    let ledger = world.open();
    ledger.see("evrak", vec![locator(1), locator(2)], vec![]).await.unwrap();
    ledger.see("ikinci", vec![locator(1)], vec![]).await.unwrap();
    assert_eq!(ledger.holes_of("evrak").unwrap().len(), 2);
    let head = ledger.head();
    ledger.see("evrak", vec![locator(1), locator(2)], vec![]).await.unwrap();
    assert_eq!(ledger.head(), head, "what is known is recorded once");

    fetch(&ledger, "evrak", 1, "came").await;
    assert_eq!(ledger.hole("evrak", &locator(1)).unwrap().map(|hole| hole.since), None);
    let later = at("2026-11-23T07:00:00Z");
    let missing = Missing {
        mailbox: "evrak".into(),
        locator: locator(2),
        problem: "not delivered".into(),
        at: later,
    };
    ledger.append(Event::Missing(missing)).await.unwrap();
    let hole = ledger.hole("evrak", &locator(2)).unwrap().unwrap();
    assert_eq!((hole.since, hole.problem), (friday(), Some("not delivered".into())));
    assert_eq!(ledger.counts("evrak").unwrap().holes, 1);
    assert!(!ledger.known("evrak").unwrap().contains(&locator(2)), "a hole is asked for again");

    fetch(&ledger, "evrak", 2, "came late").await;
    assert_eq!(ledger.counts("evrak").unwrap().holes, 0);
    assert_eq!(ledger.holes().unwrap().len(), 1, "the other mailbox has its own");
}

#[tokio::test]
async fn a_renumbered_folder_leaves_no_hole_behind() {
    let world = World::new();
    let ledger = world.open();
    ledger.see("evrak", vec![locator(1), locator(2)], vec![]).await.unwrap();
    ledger
        .append(Event::Renumbered(Renumbered {
            mailbox: "evrak".into(),
            locators: vec![locator(1)],
        }))
        .await
        .unwrap();
    let left: Vec<String> = ledger.holes().unwrap().into_iter().map(|hole| hole.locator.id).collect();
    assert_eq!(left, ["2"]);
    ledger.see("evrak", vec![locator(1)], vec![]).await.unwrap();
    assert_eq!(
        ledger.holes().unwrap().len(),
        2,
        "should the old number come back, it is asked for again"
    );
}

#[tokio::test]
async fn a_deadline_is_listed_until_nobody_can_miss_it_any_more() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    let open = ledger.open_deadlines(friday()).unwrap();
    let listed: BTreeSet<_> = open.iter().map(|open| (open.number, open.kind.clone(), open.at)).collect();
    let entry = ledger.entry(number).unwrap().unwrap();
    assert_eq!(
        listed,
        entry
            .deadlines
            .iter()
            .map(|deadline| (number, deadline.kind.clone(), deadline.at))
            .collect()
    );
    assert_eq!(open.len(), 2);
    assert!(ledger.open_deadlines(at("2027-01-01T00:00:00Z")).unwrap().is_empty());

    let handle = |state| {
        Event::Handled(Handled {
            number,
            handling: Handling {
                by: "memur".into(),
                at: friday(),
                state,
                note: None,
                uid: None,
                action: Default::default(),
            },
        })
    };
    ledger.append(handle(State::Opened)).await.unwrap();
    assert!(ledger.open_deadlines(friday()).unwrap().is_empty());
    ledger.append(handle(State::Registered)).await.unwrap();
    assert_eq!(ledger.open_deadlines(friday()).unwrap(), open);
    let entry = ledger.entry(number).unwrap().unwrap();
    assert_eq!((entry.state, entry.history.len()), (State::Registered, 2));
}

#[tokio::test]
async fn the_register_is_read_in_the_order_of_numbers_from_both_ends() {
    let world = World::new();
    let ledger = world.open();
    world.arrive(&ledger, 0..12).await;
    let back: Vec<RegisterNumber> = ledger.entries_back().map(|entry| entry.unwrap().register_number).collect();
    assert_eq!(back.into_iter().rev().collect::<Vec<_>>(), gap_free(12));
    assert_eq!(ledger.registered_since(None).unwrap(), 12);
    assert_eq!(ledger.registered_since(Some(friday())).unwrap(), 0);
}
