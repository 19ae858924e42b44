//! The n-th call fails, for every n; the process dies there, or the power does: nothing acknowledged is lost, nothing is half visible, and
//! numbers have no gap.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::blobs::Blobs;
use super::disk::{Disk, SharedDisk};
use super::error::StoreError;
use super::fault::{FailingDisk, Mode};
use super::index::{Index, IndexBatch};
use super::journal::Journal;
use super::journal_tests::{folder, record};
use super::memory_disk::MemoryDisk;
use crate::hash::Sha256;

fn blobs_folder() -> PathBuf {
    "/blobs".into()
}

/// What the caller was told is safe.
#[derive(Default)]
struct Acknowledged {
    blobs: BTreeSet<Sha256>,
    /// Size of each group, in order.
    groups: Vec<usize>,
}

struct World {
    medium: MemoryDisk,
    failing: Arc<FailingDisk>,
    acknowledged: Acknowledged,
}

impl World {
    fn new() -> Self {
        let medium = MemoryDisk::new();
        let shared: SharedDisk = Arc::new(medium.clone());
        Blobs::create(&blobs_folder(), &shared).unwrap();
        Journal::create(&folder(), &medium).unwrap();
        Self {
            failing: FailingDisk::new(shared),
            medium,
            acknowledged: Acknowledged::default(),
        }
    }

    /// Opens, and makes four rounds of what a mailbox does: blobs, record, index. Small segments, so that some begin.
    fn pass(&mut self, round: usize) -> Result<(), StoreError> {
        let blobs = Blobs::open(&blobs_folder(), self.failing.clone());
        blobs.remove_temporaries()?;
        let (mut journal, _, _) = Journal::open(&folder(), self.failing.clone())?;
        journal.set_segment_bytes(700);
        let index = Index::in_memory();
        let mut failed = None;
        for step in 0..4 {
            if let Err(error) = self.step(&blobs, &mut journal, &index, round * 4 + step) {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn step(&mut self, blobs: &Blobs, journal: &mut Journal, index: &Index, number: usize) -> Result<(), StoreError> {
        // One at a time, so that the n-th call is the same one in every run.
        let message = format!("message {number} {}", "x".repeat(1_500));
        let mut hashes = vec![blobs.put(message.as_bytes())?];
        hashes.extend(blobs.put_all(&[Bytes::from(format!("part {number}"))])?);
        self.acknowledged.blobs.extend(&hashes);
        let group: Vec<_> = (0..=number % 3).map(record).collect();
        let appended = journal.append(&group)?;
        self.acknowledged.groups.push(appended.len());
        let mut batch = IndexBatch::default();
        batch.put(
            format!("message/{number}"),
            hashes.first().map(|hash| hash.0.to_vec()).unwrap_or_default(),
        );
        index.apply(batch, journal.head().sequence)
    }

    /// Reopens the medium after whatever happened and compares it with what was promised.
    fn check(&self, what: &str) {
        let disk: SharedDisk = Arc::new(self.medium.clone());
        let blobs = Blobs::open(&blobs_folder(), disk.clone());
        for hash in &self.acknowledged.blobs {
            blobs.get(hash).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        for blob in blobs.iter() {
            let (hash, _) = blob.unwrap();
            blobs.verify(&hash).unwrap_or_else(|error| panic!("{what}: half visible: {error}"));
        }
        let (mut journal, _, _) = Journal::open(&folder(), disk).unwrap_or_else(|error| panic!("{what}: {error}"));
        let sequences: Vec<u64> = journal
            .read_from(1)
            .map(|record| record.unwrap_or_else(|error| panic!("{what}: {error}")).sequence)
            .collect();
        assert_eq!(sequences, (1..=journal.head().sequence).collect::<Vec<_>>(), "{what}: gap-free");
        let promised: usize = self.acknowledged.groups.iter().sum();
        assert!(
            sequences.len() >= promised,
            "{what}: {} of {promised} acknowledged records",
            sequences.len()
        );
        journal.append(&[record(0)]).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

/// Calls of one pass without a fault.
fn calls() -> u64 {
    let mut world = World::new();
    world.pass(0).unwrap();
    world.failing.calls()
}

#[test]
fn every_call_may_fail_and_the_program_goes_on() {
    for nth in 1..=calls() {
        for mode in Mode::ALL {
            let what = format!("{mode:?} at call {nth}");
            let mut world = World::new();
            world.failing.fail(nth, mode);
            let outcome = world.pass(0);
            match (mode, outcome) {
                (Mode::Short, outcome) => outcome.unwrap_or_else(|error| panic!("{what}: a short write is no failure: {error}")),
                (_, Err(error)) => {
                    assert!(error.is_transient(), "{what}: {error}");
                    let full = mode == Mode::Full;
                    let read_only = mode == Mode::ReadOnly;
                    assert_eq!((error.is_full(), error.is_read_only()), (full, read_only), "{what}: {error}");
                }
                (_, Ok(())) => {}
            }
            world.failing.heal();
            let before = world.acknowledged.groups.len();
            world.pass(1).unwrap_or_else(|error| panic!("{what}, then healed: {error}"));
            assert_eq!(world.acknowledged.groups.len(), before + 4, "{what}");
            world.check(&what);
        }
    }
}

#[test]
fn a_failed_append_leaves_no_trace_and_can_be_repeated() {
    for nth in 1..=12 {
        for mode in [Mode::Error, Mode::Torn, Mode::Full, Mode::ReadOnly] {
            for segment_bytes in [1, u64::MAX] {
                let what = format!("{mode:?} at call {nth}, segments of {segment_bytes}");
                let world = World::new();
                let (mut journal, _, _) = Journal::open(&folder(), world.failing.clone()).unwrap();
                journal.set_segment_bytes(segment_bytes);
                journal.append(&[record(1)]).unwrap();
                let head = journal.head();
                world.failing.fail(nth, mode);
                let failed = journal.append(&[record(2), record(3)]).is_err();
                assert_eq!(journal.head() == head, failed, "{what}");
                world.failing.heal();
                if failed {
                    journal
                        .append(&[record(2), record(3)])
                        .unwrap_or_else(|error| panic!("{what}: {error}"));
                }
                assert_eq!(
                    journal.read_from(1).map(|record| record.unwrap().sequence).collect::<Vec<_>>(),
                    [1, 2, 3],
                    "{what}"
                );
                let reopened = Journal::open(&folder(), Arc::new(world.medium.clone())).unwrap().0;
                assert_eq!(reopened.head(), journal.head(), "{what}");
            }
        }
    }
}

#[test]
fn the_power_fails_at_every_call() {
    for nth in 1..=calls() {
        for seed in 0..12_u64 {
            let what = format!("power cut at call {nth}, seed {seed}");
            let mut world = World::new();
            world.failing.fail(nth, Mode::Crash);
            let _ = world.pass(0);
            world.medium.power_cut(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            world.check(&what);
            world.failing.heal();
            world.pass(1).unwrap_or_else(|error| panic!("{what}, then on: {error}"));
            world.medium.power_cut(seed);
            world.check(&format!("{what}, and once more"));
        }
    }
}

#[test]
fn an_error_and_later_a_power_cut() {
    for nth in 1..=calls() {
        for mode in [Mode::Error, Mode::Torn, Mode::Full] {
            for seed in [0, 1, 0xdead_beef_cafe] {
                let mut world = World::new();
                world.failing.fail(nth, mode);
                let _ = world.pass(0);
                world.medium.power_cut(seed);
                world.check(&format!("{mode:?} at call {nth}, then a power cut with seed {seed}"));
            }
        }
    }
}

#[test]
fn the_memory_disk_loses_what_was_not_flushed() {
    let disk = MemoryDisk::new();
    disk.create("/kept".as_ref()).unwrap().write_all_at(0, b"old").unwrap();
    let mut file = disk.open("/kept".as_ref()).unwrap();
    file.sync_data().unwrap();
    disk.sync_dir("/".as_ref()).unwrap();
    file.write_all_at(0, b"newer").unwrap();
    disk.create("/unnamed".as_ref()).unwrap().sync_data().unwrap();
    disk.power_cut(0);
    assert_eq!(disk.read("/kept".as_ref()).unwrap(), b"old");
    assert_eq!(disk.len("/unnamed".as_ref()).unwrap(), None);
}
