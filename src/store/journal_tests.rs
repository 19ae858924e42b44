//! The promises of the journal: in order, without gaps, whole groups only, and nothing cut that was once durable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::disk::{Disk, SharedDisk};
use super::error::{Break, StoreError};
use super::head::KnownHead;
use super::journal::Journal;
use super::memory_disk::MemoryDisk;
use super::record::{Head, MAX_PAYLOAD, NewRecord, Record};

pub fn record(number: usize) -> NewRecord {
    NewRecord {
        time: Timestamp::from_second(1_700_000_000 + number as i64).unwrap(),
        kind: "test.record".into(),
        body: RawValue::from_string(format!("{{\"number\":{number}}}")).unwrap(),
    }
}

pub fn folder() -> PathBuf {
    "/journal".into()
}

pub fn new_journal(disk: &MemoryDisk) -> Journal {
    Journal::create(&folder(), disk).unwrap();
    open(disk).unwrap().0
}

fn open(disk: &MemoryDisk) -> Result<(Journal, KnownHead, Option<super::tail::Cut>), StoreError> {
    Journal::open(&folder(), shared(disk))
}

fn shared(disk: &MemoryDisk) -> SharedDisk {
    Arc::new(disk.clone())
}

fn numbers(journal: &Journal, from: u64) -> Vec<u64> {
    journal.read_from(from).map(|record| record.unwrap().sequence).collect()
}

fn first_segment() -> PathBuf {
    folder().join("00000000000000000001.kepj")
}

fn overwrite(disk: &MemoryDisk, path: &Path, bytes: &[u8]) {
    if disk.len(path).unwrap().is_some() {
        disk.remove(path).unwrap();
    }
    disk.create(path).unwrap().write_all_at(0, bytes).unwrap();
}

#[test]
fn a_record_comes_back_as_it_was_appended() {
    let disk = MemoryDisk::new();
    let mut journal = new_journal(&disk);
    assert_eq!(journal.head(), Head::EMPTY);
    let body = "{ \"b\" : 1.0,\n \"a\":\"ığüşöç İ\" }";
    let new = NewRecord {
        time: "2026-11-22T12:00:00.123456789Z".parse().unwrap(),
        kind: "kept".into(),
        body: RawValue::from_string(body.into()).unwrap(),
    };
    let appended = journal.append(std::slice::from_ref(&new)).unwrap().remove(0);
    drop(journal);

    let journal = open(&disk).unwrap().0;
    let read: Vec<Record> = journal.read_from(1).map(Result::unwrap).collect();
    let [record] = read.as_slice() else { panic!("one record") };
    assert_eq!((record.sequence, record.time, record.kind.as_str()), (1, new.time, "kept"));
    assert_eq!(record.body.get(), body);
    assert_eq!((record.previous, record.hash), (Head::EMPTY.hash, appended.hash));
    assert_eq!(journal.head().hash, appended.hash);
}

#[test]
fn the_bytes_are_those_of_the_documented_layout() {
    let disk = MemoryDisk::new();
    let appended = new_journal(&disk).append(&[record(7)]).unwrap().remove(0);
    let bytes = disk.read(&first_segment()).unwrap();
    let body = b"{\"number\":7}";
    let length = 94 + "test.record".len() + body.len();

    assert_eq!(&bytes[..12], b"KEPJRNL\n\x01\0\0\0");
    assert_eq!(&bytes[12..20], 1_u64.to_le_bytes());
    assert_eq!(&bytes[20..52], [0; 32]);
    let frame = &bytes[56..];
    assert_eq!(frame.len(), 8 + length);
    assert_eq!(&frame[..4], (length as u32).to_le_bytes());
    assert_eq!(&frame[8..16], 1_u64.to_le_bytes());
    assert_eq!(&frame[16..24], 1_700_000_007_i64.to_le_bytes());
    assert_eq!(&frame[28..36], [0, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(&frame[68..70], 11_u16.to_le_bytes());
    assert_eq!(&frame[70..81], b"test.record");
    assert_eq!(&frame[81..length - 24], body);
    assert_eq!(&frame[length - 24..], appended.hash.0);
}

#[test]
fn reading_starts_anywhere_and_crosses_segments() {
    let disk = MemoryDisk::new();
    let mut journal = new_journal(&disk);
    journal.set_segment_bytes(600);
    for number in 0..40 {
        journal.append(&[record(number), record(number)]).unwrap();
    }
    assert!(disk.list(&folder()).unwrap().len() > 10, "several segments");
    for from in [0, 1, 2, 3, 39, 40, 79, 80] {
        assert_eq!(numbers(&journal, from), (from.max(1)..=80).collect::<Vec<_>>());
    }
    assert!(numbers(&journal, 81).is_empty());
    let reopened = open(&disk).unwrap().0;
    assert_eq!(reopened.head(), journal.head());
    assert_eq!(numbers(&reopened, 1).len(), 80);
    let follower = Journal::open_read_only(&folder(), shared(&disk)).unwrap();
    assert_eq!((follower.head(), numbers(&follower, 1).len()), (journal.head(), 80));
}

#[test]
fn a_follower_sees_what_is_appended_after_it_opened_and_appends_nothing() {
    let disk = MemoryDisk::new();
    let mut journal = new_journal(&disk);
    journal.append(&[record(1)]).unwrap();
    let mut follower = Journal::open_read_only(&folder(), shared(&disk)).unwrap();
    journal.append(&[record(2)]).unwrap();
    assert_eq!(numbers(&follower, 1), [1, 2]);
    assert!(matches!(follower.append(&[record(3)]), Err(StoreError::ReadOnlyOpening)));
}

#[test]
fn what_is_no_record_is_refused_before_anything_is_written() {
    let disk = MemoryDisk::new();
    let mut journal = new_journal(&disk);
    for kind in ["", "Upper", "two words", "türkçe", &"x".repeat(65)] {
        let bad = NewRecord {
            kind: kind.into(),
            ..record(1)
        };
        assert!(matches!(journal.append(&[record(1), bad]), Err(StoreError::BadKind(_))), "{kind}");
    }
    let large = NewRecord {
        body: RawValue::from_string(format!("\"{}\"", "x".repeat(MAX_PAYLOAD))).unwrap(),
        ..record(1)
    };
    assert!(matches!(journal.append(&[large]), Err(StoreError::RecordTooLarge(_))));
    assert!(journal.append(&[]).unwrap().is_empty());
    assert_eq!((journal.head(), disk.len(&first_segment()).unwrap()), (Head::EMPTY, None));
}

/// A journal of three groups (2, 1 and 3 records), and the offsets where they end.
fn three_groups() -> (MemoryDisk, Vec<usize>, Vec<Head>) {
    let disk = MemoryDisk::new();
    let mut journal = new_journal(&disk);
    let (mut ends, mut heads) = (vec![0], vec![Head::EMPTY]);
    for (count, number) in [(2, 0), (1, 2), (3, 3)] {
        let group: Vec<_> = (number..number + count).map(record).collect();
        journal.append(&group).unwrap();
        ends.push(usize::try_from(disk.len(&first_segment()).unwrap().unwrap()).unwrap());
        heads.push(journal.head());
    }
    (disk, ends, heads)
}

#[test]
fn a_torn_tail_of_any_length_is_cut_to_the_last_whole_group() {
    let (disk, ends, heads) = three_groups();
    let bytes = disk.read(&first_segment()).unwrap();
    let head_file = folder().join("head");
    let head_text = |head: Head| {
        let text = format!("kep-head 1 {} {}", head.sequence, head.hash);
        format!("{text} {:08x}\n", crc32fast::hash(text.as_bytes())).into_bytes()
    };
    for length in 0..bytes.len() {
        let whole = ends.iter().rposition(|end| *end <= length).unwrap();
        overwrite(&disk, &first_segment(), &bytes[..length]);
        overwrite(&disk, &head_file, &head_text(heads[whole]));

        let follower = Journal::open_read_only(&folder(), shared(&disk)).unwrap();
        assert_eq!(numbers(&follower, 1).len() as u64, heads[whole].sequence, "follower at {length}");
        let (mut journal, _, cut) = open(&disk).unwrap();
        assert_eq!(journal.head(), heads[whole], "cut at {length}");
        let was_cut = length != ends[whole] || (whole == 0);
        assert_eq!(cut.is_some(), was_cut, "cut at {length}");
        journal.append(&[record(9)]).unwrap();
        assert_eq!(numbers(&journal, 1), (1..=heads[whole].sequence + 1).collect::<Vec<_>>());
    }
}

#[test]
fn a_tail_of_zeros_or_garbage_is_cut_too() {
    let (disk, _, heads) = three_groups();
    let bytes = disk.read(&first_segment()).unwrap();
    for tail in [vec![0; 5_000], vec![0xff; 700], b"KEPJRNL\n".repeat(40)] {
        overwrite(&disk, &first_segment(), &[bytes.clone(), tail].concat());
        let (journal, _, cut) = open(&disk).unwrap();
        assert_eq!(journal.head(), heads[3]);
        assert!(cut.is_some());
        assert_eq!(disk.read(&first_segment()).unwrap(), bytes);
    }
}

#[test]
fn a_journal_that_ends_before_its_head_file_is_refused() {
    let (disk, ends, _) = three_groups();
    let bytes = disk.read(&first_segment()).unwrap();
    for length in 0..bytes.len() {
        overwrite(&disk, &first_segment(), &bytes[..length]);
        let error = open(&disk).err().unwrap_or_else(|| panic!("accepted at {length}"));
        assert!(matches!(error, StoreError::BrokenChain { .. }), "{error}");
        assert!(!error.is_transient() && error.cure().tr.contains("journal verify"));
        let follower = Journal::open_read_only(&folder(), shared(&disk));
        assert!(follower.is_err(), "follower at {length}");
    }
    assert_eq!(disk.len(&first_segment()).unwrap(), Some(ends[3] as u64 - 1), "nothing was cut");
    disk.remove(&first_segment()).unwrap();
    assert!(matches!(
        open(&disk),
        Err(StoreError::BrokenChain {
            what: Break::Shortened(6),
            ..
        })
    ));
}

#[test]
fn without_a_head_file_a_later_group_still_proves_what_was_durable() {
    let (disk, ends, heads) = three_groups();
    let bytes = disk.read(&first_segment()).unwrap();
    disk.remove(&folder().join("head")).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        overwrite(&disk, &first_segment(), &damaged);
        match open(&disk) {
            // The last group has nothing behind it: it may have been torn.
            Ok((journal, known, cut)) => {
                assert!(at >= ends[2], "byte {at} of a proven group was accepted");
                assert_eq!((journal.head(), known), (heads[2], KnownHead::Missing));
                assert!(cut.is_some());
                disk.remove(&folder().join("head")).unwrap();
            }
            Err(error) => {
                assert!(matches!(error, StoreError::BrokenChain { .. }), "{error}");
                assert!(at < ends[2], "byte {at}: {error}");
                assert_eq!(disk.read(&first_segment()).unwrap(), damaged, "nothing was cut");
            }
        }
    }
}

#[test]
fn a_segment_that_was_being_begun_is_dropped_and_begun_again() {
    let disk = MemoryDisk::new();
    let mut journal = new_journal(&disk);
    journal.set_segment_bytes(1);
    journal.append(&[record(1)]).unwrap();
    journal.append(&[record(2)]).unwrap();
    let head = journal.head();
    let third = folder().join("00000000000000000003.kepj");
    for bytes in [
        vec![],
        vec![0; 300],
        b"KEPJRNL\n\x01\0".to_vec(),
        super::segment::Segment::header(head),
    ] {
        overwrite(&disk, &third, &bytes);
        assert_eq!(numbers(&Journal::open_read_only(&folder(), shared(&disk)).unwrap(), 1), [1, 2]);
        let (mut journal, _, cut) = open(&disk).unwrap();
        assert_eq!((journal.head(), cut.unwrap().offset), (head, 0));
        assert_eq!(disk.len(&third).unwrap(), None);
        journal.set_segment_bytes(1);
        journal.append(&[record(3)]).unwrap();
        assert_eq!(numbers(&journal, 1), [1, 2, 3]);
        disk.remove(&third).unwrap();
        // As it was before the third record.
        let text = format!("kep-head 1 {} {}", head.sequence, head.hash);
        let line = format!("{text} {:08x}\n", crc32fast::hash(text.as_bytes()));
        overwrite(&disk, &folder().join("head"), line.as_bytes());
    }
}

#[test]
fn a_swapped_duplicated_or_foreign_last_record_is_no_torn_tail() {
    let (disk, ends, _) = three_groups();
    let bytes = disk.read(&first_segment()).unwrap();
    let again = [&bytes[..], &bytes[ends[1]..ends[2]]].concat();
    overwrite(&disk, &first_segment(), &again);
    let error = open(&disk).err().unwrap();
    assert!(matches!(
        error,
        StoreError::BrokenChain {
            what: Break::Sequence(3),
            ..
        }
    ));
}

proptest! {
    #![proptest_config(crate::cases::fixed(64))]

    #[test]
    fn any_groups_in_any_segments_come_back(groups in prop::collection::vec(1_usize..6, 1..20), segment in 1_u64..4_000, from in 1_u64..60) {
        let disk = MemoryDisk::new();
        let mut journal = new_journal(&disk);
        journal.set_segment_bytes(segment);
        let mut total = 0;
        for count in groups {
            let batch: Vec<_> = (total..total + count).map(record).collect();
            total += count;
            let appended = journal.append(&batch).unwrap();
            prop_assert_eq!(appended.last().unwrap().sequence, total as u64);
        }
        let (reopened, known, cut) = open(&disk).unwrap();
        prop_assert_eq!((reopened.head(), known, cut), (journal.head(), KnownHead::Known(journal.head()), None));
        prop_assert_eq!(numbers(&reopened, from), (from..=total as u64).collect::<Vec<_>>());
    }
}

/// After a clean stop nothing is walked again; whatever touched the files since is looked at.
#[test]
fn the_last_segment_is_walked_unless_it_is_as_a_clean_stop_left_it() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("journal");
    let open = || Journal::open(&folder, super::disk::RealDisk::shared());
    Journal::create(&folder, &super::disk::RealDisk).unwrap();
    open().unwrap().0.append(&[record(1), record(2)]).unwrap();
    let (mut journal, ..) = open().unwrap();
    journal.append(&[record(3)]).unwrap();
    let head = journal.head();
    drop(journal);

    let segment = folder.join("00000000000000000001.kepj");
    let left = std::fs::metadata(&segment).unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[100] ^= 1;
    let damage = |modified| {
        std::fs::write(&segment, &bytes).unwrap();
        std::fs::File::options()
            .write(true)
            .open(&segment)
            .unwrap()
            .set_modified(modified)
            .unwrap();
    };
    damage(left);
    let (journal, ..) = open().unwrap();
    assert_eq!(journal.head(), head, "the note was taken at its word");
    drop(journal);
    damage(left + std::time::Duration::from_secs(1));
    assert!(open().is_err(), "and only while the files are those that were noted");
}
