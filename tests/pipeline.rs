//! Messages that end the process, whose bytes are gone, or that go before they were read: each keeps its place, and the others go on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod inside;
mod support;

use std::collections::BTreeSet;

use inside::{Inside, LISTENER, export, open_mailbox};
use kep_gateway::alert::notice::Cause;
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::event::{Attempted, Event};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::store::disk::RealDisk;

async fn attempt(pipeline: &Pipeline, messages: Vec<Sha256>) {
    pipeline.ledger.append(Event::Attempted(Attempted { messages })).await.unwrap();
}

#[tokio::test]
async fn a_message_on_which_the_process_died_three_times_is_set_aside_and_its_neighbours_are_not() {
    let inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    for nth in 0..3 {
        inside.put(&format!("{nth}.eml"), &support::message(nth, 400));
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pipeline.check(&mut *open_mailbox(&pipeline), &mut BTreeSet::new()).await.unwrap();
    let waiting: Vec<Sha256> = pipeline.ledger.pending(10).unwrap().into_iter().map(|(sha256, _)| sha256).collect();
    // Three together, then the first alone, twice: the journal as three deaths leave it.
    attempt(&pipeline, waiting.clone()).await;
    attempt(&pipeline, waiting[..1].to_vec()).await;
    attempt(&pipeline, waiting[..1].to_vec()).await;
    assert_eq!(pipeline.work_off().await.unwrap(), 3);

    let entries = export(&pipeline.ledger);
    gateway::assert_gap_free(&entries);
    let states: Vec<&str> = entries.iter().map(|entry| entry["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["quarantined", "registered", "registered"]);
    assert_eq!(entries[0]["message"]["sha256"], waiting[0].to_string());
    assert!(entries[0]["findings"][0]["rule"] == "KEP-5050" && entries[0]["flags"].as_array().unwrap().contains(&"quarantined".into()));
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
