//! The disk fails, comes up short, fills up, goes read-only or dies at its n-th call, for every n of a whole pass.
//!
//! Afterwards the register holds what the mailbox holds, no number is missing or double, the chain is whole, and nothing that was said to
//! be durable is gone.

#![cfg(feature = "fault-injection")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod inside;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use forge::world::World;
use inside::{Inside, export, open_mailbox};
use kep_gateway::ledger::Ledger;
use kep_gateway::mailbox::Locator;
use kep_gateway::pipeline::{Pipeline, PipelineError};
use kep_gateway::store::disk::SharedDisk;
use kep_gateway::store::fault::{FailingDisk, Mode};
use kep_gateway::store::memory_disk::MemoryDisk;
use kep_gateway::store::verify;
use serde_json::Value;

/// Messages with something signed inside: one has two documents.
const KINDS: [&str; 2] = ["two-packages", "evidence-delivered"];
/// Messages in all. The others are plain: their reading costs nothing, and each makes the same calls to the disk.
const MESSAGES: usize = 6;

/// A mailbox with the messages that every round takes in.
struct Post {
    inside: Inside,
    messages: BTreeSet<String>,
}

impl Post {
    fn new() -> Self {
        let world = World::new(5);
        let inside = Inside::new("2026-11-23T09:00:00Z", inside::LISTENER);
        let mut messages = BTreeSet::new();
        let forged = KINDS.into_iter().enumerate().map(|(nth, kind)| world.sample(kind, nth).raw);
        let plain = (KINDS.len()..MESSAGES).map(|nth| format!("From: a@example.com\r\nSubject: {nth}\r\n\r\n{nth}\r\n").into_bytes());
        for (nth, raw) in forged.chain(plain).enumerate() {
            inside.put(&format!("{nth}.eml"), &raw);
            messages.insert(World::sha256(&raw));
            if nth == 0 {
                // The same bytes once more: a sighting, never an entry.
                inside.put("again.eml", &raw);
            }
        }
        Self { inside, messages }
    }

    fn round(&self, nth: u64, mode: Option<Mode>) -> Round<'_> {
        let medium = MemoryDisk::new();
        let disk = FailingDisk::new(Arc::new(medium.clone()));
        // The lock and the index lie on the real disk, everything that counts on the failing one.
        let root = self.inside.dir.path().join(format!("store-{nth}-{mode:?}"));
        std::fs::create_dir(&root).unwrap();
        if let Some(mode) = mode {
            disk.fail(nth, mode);
        }
        Round {
            post: self,
            name: format!("call {nth}, {mode:?}"),
            medium,
            disk,
            root,
            known: BTreeSet::new(),
            shown: Vec::new(),
        }
    }
}

struct Round<'p> {
    post: &'p Post,
    name: String,
    medium: MemoryDisk,
    disk: Arc<FailingDisk>,
    root: PathBuf,
    /// What was said to be durable: never fetched again, and on a server perhaps deleted.
    known: BTreeSet<Locator>,
    /// What the register showed.
    shown: Vec<Value>,
}

impl Round<'_> {
    /// A whole pass, as far as the disk lets it come.
    async fn pass(&mut self, pipeline: &Pipeline) -> Result<(), PipelineError> {
        let outcome = async {
            pipeline.check(&mut *open_mailbox(pipeline), &mut self.known).await?;
            pipeline.work_off().await
        };
        let outcome = outcome.await;
        self.shown = export(&pipeline.ledger);
        if let Err(error) = &outcome {
            assert!(error.is_transient(), "{}: {error} would not be tried again", self.name);
        }
        outcome.map(|_| ())
    }

    fn open(&self, disk: SharedDisk) -> Option<Arc<Pipeline>> {
        match self.post.inside.open_at(self.root.clone(), disk) {
            Ok(pipeline) => Some(pipeline),
            Err(error) => {
                assert!(error.is_transient(), "{}: {error} would not be tried again", self.name);
                None
            }
        }
    }

    /// What was shown is still there under the same number, and what was durable is still known.
    fn assert_nothing_lost(&self, ledger: &Ledger) {
        let name = &self.name;
        let known = ledger.known("drop").unwrap();
        assert!(
            self.known.is_subset(&known),
            "{name}: a message that was said to be durable is gone"
        );
        let now = export(ledger);
        assert!(now.len() >= self.shown.len(), "{name}: entries are gone");
        for (before, now) in self.shown.iter().zip(&now) {
            assert_eq!(
                (&before["register_number"], &before["message"]["sha256"]),
                (&now["register_number"], &now["message"]["sha256"]),
                "{name}"
            );
        }
    }

    /// The register holds what the mailbox holds.
    fn assert_whole(&self, ledger: &Ledger) {
        let (name, entries) = (&self.name, export(ledger));
        gateway::assert_gap_free(&entries);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let messages: BTreeSet<String> = entries.iter().map(|entry| text(&entry["message"]["sha256"])).collect();
        assert_eq!(messages, self.post.messages, "{name}");
        assert_eq!(entries.len(), MESSAGES + 1, "{name}: one of the messages has two documents");
        assert!(entries.iter().all(|entry| entry["state"] == "registered"), "{name}");
        let sightings: usize = entries
            .iter()
            .map(|entry| entry["message"]["sightings"].as_array().unwrap().len())
            .sum();
        // The first message was seen twice, and shows both sightings at each of its two documents.
        assert_eq!(sightings, MESSAGES + 3, "{name}");
        assert!(ledger.holes().unwrap().is_empty(), "{name}");
        assert!(ledger.pending(1).unwrap().is_empty(), "{name}");
        let healthy: SharedDisk = Arc::new(self.medium.clone());
        let mut report = verify::verify(&self.root, healthy.clone(), &mut |_| {});
        report.expect(&self.root, healthy, ledger.messages().unwrap());
        assert!(
            report.is_intact(),
            "{name}: {:?}",
            report.issues.iter().map(|issue| issue.text().en).collect::<Vec<_>>()
        );
    }

    /// Opened anew on the healthy disk, with a pass: everything is there, and a third look at the journal tells the same.
    async fn reopen(mut self) {
        self.disk.heal();
        let pipeline = self.open(Arc::new(self.medium.clone())).expect("a healthy disk");
        self.assert_nothing_lost(&pipeline.ledger);
        self.known = pipeline.ledger.known("drop").unwrap();
        self.pass(&pipeline).await.unwrap();
        self.assert_whole(&pipeline.ledger);
        let read = Ledger::open_read_only(&self.root, Arc::new(self.medium.clone()), self.post.inside.clock.clone()).unwrap();
        assert_eq!(export(&read), self.shown, "{}", self.name);
        drop(pipeline);
        std::fs::remove_dir_all(&self.root).unwrap();
    }
}

/// How many calls a pass makes when none fails.
async fn calls(post: &Post) -> u64 {
    let mut round = post.round(0, None);
    let pipeline = round.open(round.disk.clone()).unwrap();
    round.pass(&pipeline).await.unwrap();
    round.assert_whole(&pipeline.ledger);
    let calls = round.disk.calls();
    drop(pipeline);
    round.reopen().await;
    calls
}

/// The process goes on: once the disk is well, the same daemon takes up its work without being opened anew.
async fn heals_in_place(mode: Mode) {
    let post = Post::new();
    let calls = calls(&post).await;
    println!("{mode:?}: {calls} calls");
    let mut failed = 0;
    for nth in 1..=calls {
        let mut round = post.round(nth, Some(mode));
        if let Some(pipeline) = round.open(round.disk.clone()) {
            failed += u64::from(round.pass(&pipeline).await.is_err());
            round.disk.heal();
            round.assert_nothing_lost(&pipeline.ledger);
            round.pass(&pipeline).await.unwrap();
            round.assert_whole(&pipeline.ledger);
        }
        round.reopen().await;
    }
    // Short writes are no failure: the rest is written with the next call.
    assert!(
        (failed > calls / 3) == (mode != Mode::Short),
        "{mode:?}: only {failed} of {calls} rounds met the fault"
    );
}

#[tokio::test]
async fn a_call_that_fails() {
    heals_in_place(Mode::Error).await;
}

#[tokio::test]
async fn a_write_that_comes_up_short() {
    heals_in_place(Mode::Short).await;
}

#[tokio::test]
async fn a_write_that_comes_up_short_and_fails() {
    heals_in_place(Mode::Torn).await;
}

#[tokio::test]
async fn a_disk_that_is_full_until_somebody_makes_room() {
    heals_in_place(Mode::Full).await;
}

#[tokio::test]
async fn a_file_system_that_is_read_only_until_it_is_remounted() {
    heals_in_place(Mode::ReadOnly).await;
}

/// Nothing is said between the death and the power cut that the medium does not hold.
#[tokio::test]
async fn a_process_that_dies_and_a_power_cut_after_it() {
    let post = Post::new();
    let calls = calls(&post).await;
    for nth in 1..=calls {
        let mut round = post.round(nth, Some(Mode::Crash));
        if let Some(pipeline) = round.open(round.disk.clone()) {
            let _ = round.pass(&pipeline).await;
        }
        // What was not flushed is lost altogether, or in part.
        round.medium.power_cut(if nth % 2 == 0 { 0 } else { nth });
        round.reopen().await;
    }
}
