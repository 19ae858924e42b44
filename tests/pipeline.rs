//! The pipeline against a server that breaks the session at every protocol event, and against messages that end the process.

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
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::imap::ImapMailbox;
use kep_gateway::pipeline::{Pipeline, PipelineError};
use kep_gateway::store::disk::RealDisk;
use support::Dice;
use support::scripted_imap::ScriptedImap;

/// Seeds through the whole pipeline. The mailbox alone stands two thousand in `imap_faults`.
const SEEDS: u64 = 60;
/// Looks that a healed server may need.
const LOOKS: usize = 120;

/// After the server healed: register = everything that ever lay there and could be had, no hole, no double.
async fn survive(seed: u64) {
    let mut dice = Dice::new(seed);
    let server = ScriptedImap::start(seed, 4 + dice.below(12), 1 + dice.below(6)).await;
    let inside = Inside::new("2026-11-23T09:00:00Z", LISTENER);
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    let open = || ImapMailbox::new(server.config(), server.secrets(), &Limits::default()).unwrap();
    let mut mailbox = open();
    let mut known = pipeline.recollect(&mut mailbox).unwrap();
    let mut clean = false;
    for look in 0..LOOKS {
        let healed = server.world().is_healed();
        match pipeline.check(&mut mailbox, &mut known).await {
            Ok(brought) => clean = healed && brought.new == 0 && brought.missing == 0,
            Err(PipelineError::Mailbox(_)) => clean = false,
            Err(error) => panic!("seed {seed}: {error}"),
        }
        if clean {
            break;
        }
        if look % 5 == 4 {
            // The daemon is started anew and remembers only what is durable.
            mailbox = open();
            known = pipeline.recollect(&mut mailbox).unwrap();
        }
    }
    assert!(clean, "seed {seed}: not clean after {LOOKS} looks");
    pipeline.work_off().await.unwrap();

    let entries = export(&pipeline.ledger);
    gateway::assert_gap_free(&entries);
    let registered: Vec<String> = entries
        .iter()
        .map(|entry| entry["message"]["sha256"].as_str().unwrap().to_owned())
        .collect();
    let distinct: BTreeSet<String> = registered.iter().cloned().collect();
    assert_eq!(distinct.len(), registered.len(), "seed {seed}: a message has two entries");
    let there: BTreeSet<String> = server.world().bodies().iter().map(Sha256::to_string).collect();
    assert!(there.is_subset(&distinct), "seed {seed}: {:?} struck", server.world().struck);
    // What was listed, never delivered and then deleted is the only hole there can be, and it was told.
    for hole in pipeline.ledger.holes().unwrap() {
        let problem = hole.problem.unwrap_or_default();
        assert!(
            problem.contains("no more"),
            "seed {seed}: a hole under {:?}: {problem}; {:?} struck",
            hole.locator,
            server.world().struck
        );
        let told = pipeline
            .ledger
            .jobs()
            .unwrap()
            .into_iter()
            .any(|job| job.notice.cause == Cause::MissingMessage);
        assert!(told, "seed {seed}");
    }
}

#[tokio::test]
async fn a_server_that_breaks_at_every_turn_ends_as_a_whole_register() {
    for seed in 0..SEEDS {
        survive(seed).await;
    }
}

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
