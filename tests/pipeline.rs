//! Messages that end the process, whose bytes are gone, or that go before they were read: each keeps its place, and the others go on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod inside;
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use forge::world::World;
use inside::{Inside, LISTENER, export, open_mailbox};
use kep_gateway::alert::notice::Cause;
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::Ledger;
use kep_gateway::ledger::event::{Attempted, Event};
use kep_gateway::pipeline::reexamine::Outcome;
use kep_gateway::pipeline::{HandedOver, Pipeline};
use kep_gateway::register::entry::{Asker, RegisterNumber, Why};
use kep_gateway::signature::report::Indication;
use kep_gateway::store::disk::RealDisk;

async fn attempt(pipeline: &Pipeline, messages: Vec<Sha256>) {
    pipeline.ledger.append(Event::Attempted(Attempted { messages })).await.unwrap();
}

#[tokio::test]
async fn a_message_on_which_the_process_died_four_times_is_set_aside_and_its_neighbours_are_not() {
    let inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    for nth in 0..3 {
        inside.put(&format!("{nth}.eml"), &support::message(nth, 400));
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pipeline.check(&mut *open_mailbox(&pipeline), &mut BTreeSet::new()).await.unwrap();
    let waiting: Vec<Sha256> = pipeline.ledger.pending(10).unwrap().into_iter().map(|(sha256, _)| sha256).collect();
    // Three together, then the first alone, three times: the journal as four deaths leave it.
    attempt(&pipeline, waiting.clone()).await;
    for _ in 0..3 {
        attempt(&pipeline, waiting[..1].to_vec()).await;
    }
    assert_eq!(pipeline.work_off().await.unwrap(), 3);

    let entries = export(&pipeline.ledger);
    gateway::assert_gap_free(&entries);
    let states: Vec<&str> = entries.iter().map(|entry| entry["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["registered", "registered", "quarantined"]);
    assert_eq!(entries[2]["message"]["sha256"], waiting[0].to_string());
    assert!(entries[2]["findings"][0]["rule"] == "KEP-5050" && entries[2]["flags"].as_array().unwrap().contains(&"quarantined".into()));
    assert!(
        pipeline
            .ledger
            .jobs()
            .unwrap()
            .iter()
            .any(|job| job.notice.cause == Cause::Quarantine)
    );
    assert!(pipeline.ledger.blobs().get(&waiting[0]).is_ok(), "its bytes are kept");
}

#[tokio::test]
async fn a_message_beside_which_the_process_was_killed_three_times_is_read_at_last_alone_and_after_all_others() {
    let inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    for nth in 0..3 {
        inside.put(&format!("{nth}.eml"), &support::message(nth, 400));
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pipeline.check(&mut *open_mailbox(&pipeline), &mut BTreeSet::new()).await.unwrap();
    let waiting: Vec<Sha256> = pipeline.ledger.pending(10).unwrap().into_iter().map(|(sha256, _)| sha256).collect();
    for _ in 0..3 {
        attempt(&pipeline, waiting[..2].to_vec()).await;
    }
    // First the one that was never tried; then each of the others in a record of its own.
    let mut steps = Vec::new();
    let mut handed = HandedOver::default();
    while let Some(registered) = pipeline.work_off_some(&mut handed).await.unwrap() {
        if registered > 0 {
            let last = pipeline.ledger.entries().last().unwrap().unwrap();
            steps.push((registered, last.message.sha256, last.is_set_aside()));
        }
    }
    assert_eq!(steps, [(1, waiting[2], false), (1, waiting[0], false), (1, waiting[1], false)]);
}

#[tokio::test]
async fn a_message_that_was_set_aside_is_read_again_when_it_can_be_and_keeps_its_number() {
    let inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    inside.put("1.eml", &support::message(1, 400));
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pipeline.check(&mut *open_mailbox(&pipeline), &mut BTreeSet::new()).await.unwrap();
    let sha256 = pipeline.ledger.pending(1).unwrap()[0].0.to_string();
    let blob = inside.root().join("blobs").join(&sha256[..2]).join(&sha256[2..]);
    let elsewhere = inside.dir.path().join("elsewhere");
    std::fs::rename(&blob, &elsewhere).unwrap();
    pipeline.work_off().await.unwrap();
    let number: RegisterNumber = "2026/000001".parse().unwrap();
    let asker = Asker::default();
    let ask = async |why| pipeline.reexamine(&[number], why, &asker).await.unwrap().remove(0).outcome;

    let still = ask(Why::Operator).await;
    assert!(
        matches!(&still, Outcome::Unreadable { reason } if reason.tr != reason.en),
        "{still:?}"
    );
    // A program that asks by itself gives up; a person does not.
    for _ in 0..3 {
        ask(Why::Retry).await;
    }
    assert_eq!(ask(Why::Retry).await, Outcome::LeftAlone);

    std::fs::rename(&elsewhere, &blob).unwrap();
    inside.set("2026-11-24T09:00:00Z");
    let read = ask(Why::Operator).await;
    assert!(matches!(read, Outcome::Renewed { before: None, .. }), "{read:?}");
    let entries = export(&pipeline.ledger);
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (&entries[0]["state"], &entries[0]["earlier_verdicts"][0]["why"]),
        (&"registered".into(), &"operator".into())
    );
    assert_eq!(entries[0]["registered_at"], "2026-11-23T09:00:00Z");
    inside.set("2026-11-25T09:00:00Z");
    let head = pipeline.ledger.head();
    assert!(matches!(ask(Why::Operator).await, Outcome::Unchanged { .. }));
    assert_eq!(pipeline.ledger.head(), head, "nothing new, nothing recorded");
    let unknown = pipeline
        .reexamine(&["2026/000009".parse().unwrap()], Why::Trust, &asker)
        .await
        .unwrap();
    assert_eq!(unknown[0].outcome, Outcome::Unknown);
}

#[tokio::test]
async fn revocation_data_that_came_late_turn_unknown_into_passed_and_the_first_verdict_is_kept() {
    let world = World::new(31);
    let mut inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    inside.text = inside.text.replace(
        "online = false",
        "online = false\nintermediates = \"issuers\"\nrevocation = \"late\"",
    );
    for (name, write) in [
        ("trust", World::trust_folder as fn(&World, &Path)),
        ("issuers", World::intermediates),
    ] {
        let folder = inside.dir.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        write(&world, &folder);
    }
    let late = inside.dir.path().join("late");
    std::fs::create_dir(&late).unwrap();
    let mut sent = 0;
    for sample in world.mixed(12) {
        inside.put(&format!("{sent}.eml"), &sample.raw);
        sent += 1;
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    inside::pass(&pipeline).await;
    let before = export(&pipeline.ledger);
    let numbers: Vec<RegisterNumber> = pipeline.ledger.entries().map(|entry| entry.unwrap().register_number).collect();

    world.revocation(&late);
    pipeline.replace_settings(inside.settings());
    let answers = pipeline.reexamine(&numbers, Why::Revocation, &Asker::default()).await.unwrap();
    assert_eq!(answers.len(), numbers.len());
    let passed: Vec<RegisterNumber> = answers
        .iter()
        .filter(|answer| {
            answer.outcome
                == Outcome::Renewed {
                    before: Some(Indication::Indeterminate),
                    indication: Some(Indication::Passed),
                }
        })
        .map(|answer| answer.number)
        .collect();
    println!("{} of {} entries of {sent} messages passed late", passed.len(), numbers.len());
    assert!(!passed.is_empty(), "{answers:?}");
    let entry = pipeline.ledger.entry(passed[0]).unwrap().unwrap();
    assert_eq!(entry.earlier_verdicts.len(), 1);
    assert_eq!(entry.earlier_verdicts[0].indication, Some(Indication::Indeterminate));
    let was = before
        .iter()
        .find(|entry| entry["register_number"] == passed[0].to_string())
        .unwrap();
    assert!(was["flags"].as_array().unwrap().contains(&"unverified".into()) && !entry.flags.contains("unverified"));

    let after = export(&pipeline.ledger);
    inside.set("2026-11-24T09:00:00Z");
    let head = pipeline.ledger.head();
    let again = pipeline.reexamine(&numbers, Why::Trust, &Asker::default()).await.unwrap();
    assert!(
        again.iter().all(|answer| matches!(answer.outcome, Outcome::Unchanged { .. })),
        "{again:?}"
    );
    assert_eq!(pipeline.ledger.head(), head);
    drop(pipeline);
    let rebuilt = Ledger::rebuild(&inside.root(), RealDisk::shared(), inside.clock.clone()).unwrap();
    assert_eq!(export(&rebuilt), after, "the journal tells what the index told");
}

#[tokio::test]
async fn a_message_whose_stored_bytes_are_gone_is_set_aside_and_told() {
    let inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    inside.put("1.eml", &support::message(1, 400));
    inside.put("2.eml", &support::message(2, 400));
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pipeline.check(&mut *open_mailbox(&pipeline), &mut BTreeSet::new()).await.unwrap();
    let gone = pipeline.ledger.pending(1).unwrap()[0].0.to_string();
    let blob = inside.root().join("blobs").join(&gone[..2]).join(&gone[2..]);
    std::fs::remove_file(blob).unwrap();
    assert_eq!(pipeline.work_off().await.unwrap(), 2);
    let states: Vec<String> = export(&pipeline.ledger)
        .iter()
        .map(|entry| entry["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states.iter().filter(|state| *state == "quarantined").count(), 1, "{states:?}");
}

#[tokio::test]
async fn a_file_that_goes_before_it_was_read_is_a_hole_that_is_told_once() {
    let inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    inside.put("1.eml", &support::message(1, 400));
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    let mut mailbox = open_mailbox(&pipeline);
    // Listed, recorded, and the connection breaks before the bytes come.
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    pipeline
        .ledger
        .see(
            "drop",
            listing.new.into_iter().map(|listed| listed.locator).collect(),
            listing.folders,
        )
        .await
        .unwrap();
    std::fs::remove_file(inside.dir.path().join("drop/1.eml")).unwrap();
    let mut known = BTreeSet::new();
    for _ in 0..3 {
        pipeline.check(&mut *mailbox, &mut known).await.unwrap();
    }
    assert_eq!(pipeline.ledger.counts("drop").unwrap().holes, 1);
    let told = pipeline
        .ledger
        .jobs()
        .unwrap()
        .into_iter()
        .filter(|job| job.notice.cause == Cause::MissingMessage)
        .count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_file_that_was_replaced_before_it_was_taken_leaves_no_hole_and_its_successor_is_registered() {
    let inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    let (first, second) = (support::message(1, 400), support::message(2, 500));
    inside.put("evrak.eml", &first);
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    let mut mailbox = open_mailbox(&pipeline);
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    let listed = listing.new.into_iter().map(|listed| listed.locator).collect();
    pipeline.ledger.see("drop", listed, listing.folders).await.unwrap();
    inside.put("evrak.eml", &second);
    // A file whose name only begins alike is another file.
    inside.put("evrak.eml.eml", &support::message(3, 300));
    let mut known = BTreeSet::new();
    for _ in 0..2 {
        pipeline.check(&mut *mailbox, &mut known).await.unwrap();
    }
    assert_eq!(pipeline.ledger.counts("drop").unwrap().holes, 0);
    pipeline.work_off().await.unwrap();
    let entries = export(&pipeline.ledger);
    assert_eq!(entries.len(), 2);
    let told: Vec<String> = pipeline.ledger.jobs().unwrap().into_iter().map(|job| job.notice.body.tr).collect();
    assert_eq!(
        told.iter()
            .filter(|body| body.contains("'evrak.eml' alınmadan önce aynı adla değiştirildi"))
            .count(),
        1,
        "{told:?}"
    );

    // One that was taken and then replaced is two messages, and the first keeps its entry.
    inside.put("evrak.eml", &support::message(4, 600));
    pipeline.check(&mut *mailbox, &mut known).await.unwrap();
    pipeline.work_off().await.unwrap();
    assert_eq!(export(&pipeline.ledger)[..2], entries[..]);
    assert_eq!(
        (export(&pipeline.ledger).len(), pipeline.ledger.counts("drop").unwrap().holes),
        (3, 0)
    );
}
