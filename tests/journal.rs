//! Any byte of the journal that is flipped, removed or inserted, any record or segment that is removed, doubled or moved, is found by
//! `journal verify`, at its place.
#![allow(clippy::unwrap_used)] // in a test

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kep_gateway::store::Store;
use kep_gateway::store::disk::RealDisk;
use kep_gateway::store::record::NewRecord;
use kep_gateway::store::verify::{Issue, VerifyReport, verify};
use serde_json::value::RawValue;

/// Memory where the machine has it: these tests write a small file some thousand times.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

fn record(number: usize, bytes: usize) -> NewRecord {
    NewRecord {
        time: Timestamp::from_second(1_700_000_000 + number as i64).unwrap(),
        kind: "message.registered".into(),
        body: RawValue::from_string(format!("{{\"number\":{number},\"fill\":\"{}\"}}", "x".repeat(bytes))).unwrap(),
    }
}

/// A store with the given groups of records, closed again.
fn store(root: &Path, groups: &[usize], bytes: usize) {
    let (mut store, _) = Store::open(root, RealDisk::shared()).unwrap();
    let mut number = 0;
    for count in groups {
        let group: Vec<_> = (number..number + count).map(|number| record(number, bytes)).collect();
        number += count;
        store.journal.append(&group).unwrap();
    }
}

fn look(root: &Path) -> VerifyReport {
    verify(root, RealDisk::shared(), &mut |_| {})
}

fn segments(root: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root.join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "kepj"))
        .collect();
    paths.sort();
    paths
}

/// Where the records begin, and the end of the file.
fn boundaries(bytes: &[u8]) -> Vec<usize> {
    let mut at = vec![56];
    while let Some(start) = at.last().copied().filter(|start| *start < bytes.len()) {
        let length = u32::from_le_bytes(bytes[start..start + 4].try_into().unwrap());
        at.push(start + 8 + length as usize);
    }
    at
}

fn errors(report: &VerifyReport) -> Vec<&Issue> {
    report.issues.iter().filter(|issue| issue.is_error()).collect()
}

/// The damage is found, in this file, at the record that holds `at`.
fn assert_found(report: &VerifyReport, path: &Path, starts: &[usize], at: usize, what: &str) {
    let errors = errors(report);
    let first = errors
        .first()
        .unwrap_or_else(|| panic!("{what} was not found: {:?}", report.issues));
    assert_eq!(first.place.path, path, "{what}");
    let record = starts.iter().rposition(|start| *start <= at);
    let (offset, sequence) = record.map_or((0, 1), |record| (starts[record], record + 1));
    assert_eq!(first.place.offset, Some(offset as u64), "{what}: {first:?}");
    assert_eq!(first.place.sequence, Some(sequence as u64), "{what}: {first:?}");
}

#[test]
fn every_flipped_byte_is_found_at_its_place() {
    let folder = scratch();
    store(folder.path(), &[1, 2, 1], 20);
    assert_eq!(look(folder.path()).issues, []);
    let path = segments(folder.path()).remove(0);
    let bytes = std::fs::read(&path).unwrap();
    let starts = boundaries(&bytes);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            std::fs::write(&path, &damaged).unwrap();
            assert_found(&look(folder.path()), &path, &starts, at, &format!("bit {bit} of byte {at}"));
            assert!(
                bit != 0 || Store::open(folder.path(), RealDisk::shared()).is_err(),
                "byte {at}: opened"
            );
        }
    }
    assert_eq!(bytes.len(), starts.last().copied().unwrap());
}

#[test]
fn every_removed_or_inserted_byte_is_found_at_its_place() {
    let folder = scratch();
    store(folder.path(), &[1, 2, 1], 20);
    let path = segments(folder.path()).remove(0);
    let bytes = std::fs::read(&path).unwrap();
    let starts = boundaries(&bytes);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged.remove(at);
        std::fs::write(&path, &damaged).unwrap();
        let report = look(folder.path());
        assert!(!report.is_intact(), "byte {at} removed");
        // A byte equal to its neighbour may be removed from the record before just as well: the first difference tells.
        let differs = (at..damaged.len()).find(|at| damaged[*at] != bytes[*at]).unwrap_or(damaged.len());
        assert_found(&report, &path, &starts, differs.min(bytes.len() - 1), &format!("byte {at} removed"));
    }
    for at in 0..=bytes.len() {
        for value in [0, 0xff, b'x'] {
            let mut damaged = bytes.clone();
            damaged.insert(at, value);
            std::fs::write(&path, &damaged).unwrap();
            let report = look(folder.path());
            // Behind the end it is what a crash leaves; anywhere else it is damage.
            let behind = damaged.starts_with(&bytes);
            assert_eq!(report.is_intact(), behind, "{value} inserted at {at}: {:?}", report.issues);
            assert_eq!(report.issues.len().min(1), 1, "{value} inserted at {at}");
        }
    }
}

#[test]
fn every_changed_byte_of_the_head_file_is_found() {
    let folder = scratch();
    store(folder.path(), &[1, 2], 20);
    let path = folder.path().join("journal/head");
    let bytes = std::fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        std::fs::write(&path, &damaged).unwrap();
        assert!(
            errors(&look(folder.path())).iter().any(|issue| issue.place.path == path),
            "byte {at}"
        );
        damaged.remove(at);
        std::fs::write(&path, &damaged).unwrap();
        assert!(!look(folder.path()).is_intact(), "byte {at} removed");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(!look(folder.path()).is_intact());
}

#[test]
fn records_that_are_dropped_doubled_or_swapped_are_found() {
    let folder = scratch();
    store(folder.path(), &[1, 1, 2, 1, 1], 20);
    let path = segments(folder.path()).remove(0);
    let bytes = std::fs::read(&path).unwrap();
    let starts = boundaries(&bytes);
    let count = starts.len() - 1;
    let piece = |number: usize| &bytes[starts[number]..starts[number + 1]];
    let write = |order: &[usize]| {
        let mut damaged = bytes[..56].to_vec();
        order.iter().for_each(|number| damaged.extend_from_slice(piece(*number)));
        std::fs::write(&path, damaged).unwrap();
        let report = look(folder.path());
        assert!(!report.is_intact(), "order {order:?}");
        let issue = errors(&report)[0].clone();
        assert_eq!(issue.place.path, path, "order {order:?}");
        let expected = order
            .iter()
            .enumerate()
            .position(|(at, number)| at != *number)
            .unwrap_or(order.len());
        assert_eq!(issue.place.sequence, Some(expected as u64 + 1), "order {order:?}: {issue:?}");
    };
    let all: Vec<usize> = (0..count).collect();
    for number in 0..count {
        let mut order = all.clone();
        order.remove(number);
        write(&order);
        for at in 0..=count {
            let mut order = all.clone();
            order.insert(at, number);
            write(&order);
        }
        for other in number + 1..count {
            let mut order = all.clone();
            order.swap(number, other);
            write(&order);
        }
        write(&all[..number]);
    }
}

#[test]
fn segments_that_are_removed_swapped_or_renamed_are_found() {
    let folder = scratch();
    // Records of 15 MiB: a segment holds four.
    store(folder.path(), &[1; 10], 15 << 20);
    assert_eq!(look(folder.path()).issues, []);
    let paths = segments(folder.path());
    assert_eq!(paths.len(), 3);
    let away = folder.path().join("away");
    for path in &paths {
        std::fs::rename(path, &away).unwrap();
        let report = look(folder.path());
        assert!(!report.is_intact(), "{} removed", path.display());
        std::fs::rename(&away, path).unwrap();
    }
    std::fs::rename(&paths[0], &away).unwrap();
    assert!(Store::open(folder.path(), RealDisk::shared()).is_err(), "without its first segment");
    std::fs::rename(&away, &paths[0]).unwrap();
    std::fs::rename(&paths[2], &away).unwrap();
    assert!(Store::open(folder.path(), RealDisk::shared()).is_err(), "without its last segment");
    std::fs::rename(&away, &paths[2]).unwrap();
    for (one, other) in [(0, 1), (1, 2), (0, 2)] {
        let swap = || {
            std::fs::rename(&paths[one], &away).unwrap();
            std::fs::rename(&paths[other], &paths[one]).unwrap();
            std::fs::rename(&away, &paths[other]).unwrap();
        };
        swap();
        let report = look(folder.path());
        assert_eq!(errors(&report)[0].place.path, paths[one], "{one} and {other} swapped");
        swap();
    }
    std::fs::rename(&paths[1], &away).unwrap();
    let (store, _) = Store::open(folder.path(), RealDisk::shared()).unwrap();
    assert!(
        store.journal.read_from(1).any(|record| record.is_err()),
        "a replay stops at the hole"
    );
}
