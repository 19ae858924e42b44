//! The journal: an append-only chain of records in files of at most 64 MiB.
//!
//! # Bytes
//!
//! All numbers are little-endian. A folder `journal/` holds `head` (see [`super::head`]) and the segments. A segment is named for the
//! sequence of its first record, twenty decimal digits and `.kepj`, and starts with a header of 56 bytes:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | `KEPJRNL` and a line feed |
//! | 8 | 4 | version, 1 |
//! | 12 | 8 | sequence of the first record |
//! | 20 | 32 | hash of the record before it; zero in the first segment |
//! | 52 | 4 | CRC-32 (IEEE) of bytes 0 to 51 |
//!
//! Records follow without a gap:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | `L`, bytes of the payload |
//! | 4 | 4 | CRC-32 of the four length bytes and the payload |
//! | 8 | 8 | payload: sequence, from 1 without gaps |
//! | 16 | 8 | time: seconds since 1970-01-01T00:00:00Z, signed |
//! | 24 | 4 | time: nanoseconds of the second, same sign |
//! | 28 | 4 | place in its group, from 0 |
//! | 32 | 4 | records in its group |
//! | 36 | 32 | hash of the previous record; zero before the first |
//! | 68 | 2 | `K`, bytes of the kind |
//! | 70 | `K` | kind: ASCII `a-z 0-9 - _ .` |
//! | 70+`K` | `L`-94-`K` | body: one JSON value in UTF-8, byte for byte as it was appended |
//! | `L`-24 | 32 | SHA-256 of the payload before it |
//!
//! # Groups
//!
//! One append is one group: one write, one `fdatasync`, and it is in the journal whole or not at all. Because a group is written only after
//! the one before it was durable, a damaged place with a later group behind it was once whole: that is a broken chain, and nothing is cut.
//! A damaged end that nothing shows to have been durable is the torn tail of a crash; opening cuts it and says so.

use std::path::{Path, PathBuf};

use super::clean_stop;
use super::disk::{Disk, DiskFile, Keep, SharedDisk, create_dirs};
use super::error::{At, Step, StoreError};
use super::head::{self, KnownHead};
use super::record::{Head, NewRecord, Record, encode};
use super::records::Records;
use super::segment::Segment;
use super::tail::{Cut, end_of_untouched, find_end, remove, remove_tail, truncate};

/// A segment that would grow beyond this is closed and the next one begun: small enough to copy and to read at once, large enough that
/// twenty years are some hundred files.
pub const SEGMENT_BYTES: u64 = 64 << 20;

pub struct Journal {
    folder: PathBuf,
    disk: SharedDisk,
    head: Head,
    tail: Tail,
    segment_bytes: u64,
}

impl Drop for Journal {
    /// What ends at a durable record is noted as such, so that the next start needs not walk the last segment.
    fn drop(&mut self) {
        if matches!(self.tail, Tail::Open(_)) {
            clean_stop::note(&self.folder, &noted_head(self.head));
        }
    }
}

/// As a clean stop notes it.
fn noted_head(head: Head) -> String {
    format!("{} {}", head.sequence, head.hash)
}

/// How the end of the journal stands.
enum Tail {
    /// Opened beside a writer: nothing is appended here.
    ReadOnly,
    /// No segment yet, or the last one is closed to us.
    None,
    Open(OpenSegment),
    /// An append failed and its traces could not be removed: that comes before anything else.
    Unclean(Repair),
}

struct OpenSegment {
    segment: Segment,
    file: Box<dyn DiskFile>,
    /// Bytes of it that are durable.
    length: u64,
}

/// What removes the traces of a failed append.
#[derive(Clone)]
enum Repair {
    Truncate(Segment, u64),
    Remove(Segment),
}

impl Journal {
    /// Makes an empty journal, durable.
    pub(super) fn create(folder: &Path, disk: &dyn Disk) -> Result<(), StoreError> {
        create_dirs(disk, folder)?;
        if head::read(folder, disk)? == KnownHead::Missing {
            head::write(folder, disk, Head::EMPTY, Keep::PowerCut)?;
        }
        Ok(())
    }

    /// Opens for writing. The caller holds the store's lock. A torn tail is cut.
    ///
    /// # Errors
    /// The end of the chain is broken in a way that a crash does not explain; or the disk fails.
    pub fn open(folder: &Path, disk: SharedDisk) -> Result<(Self, KnownHead, Option<Cut>), StoreError> {
        let known = head::read(folder, &*disk)?;
        let mut end = match clean_stop::take(folder).filter(|noted| Some(noted) == known.head().map(noted_head).as_ref()) {
            Some(_) => end_of_untouched(folder, &*disk, known)?,
            None => find_end(folder, &*disk, known)?,
        };
        let cut = match end.cut.take() {
            Some(torn) => Some(remove_tail(&*disk, folder, torn)?),
            None => None,
        };
        let tail = match end.last {
            Some((segment, length)) => {
                let file = disk.open(&segment.path).at(Step::Open, &segment.path)?;
                Tail::Open(OpenSegment { segment, file, length })
            }
            None => Tail::None,
        };
        let journal = Self {
            folder: folder.to_owned(),
            disk,
            head: end.head,
            tail,
            segment_bytes: SEGMENT_BYTES,
        };
        if known.head() != Some(journal.head) {
            journal.write_head();
        }
        Ok((journal, known, cut))
    }

    /// Opens beside a writer, or on a medium that takes no writes. Changes nothing; a tail in the making is left out.
    ///
    /// # Errors
    /// As for [`Journal::open`].
    pub fn open_read_only(folder: &Path, disk: SharedDisk) -> Result<Self, StoreError> {
        let known = head::read(folder, &*disk)?;
        let end = find_end(folder, &*disk, known)?;
        Ok(Self {
            folder: folder.to_owned(),
            disk,
            head: end.head,
            tail: Tail::ReadOnly,
            segment_bytes: SEGMENT_BYTES,
        })
    }

    /// The last durable record (of a read-only opening: as of that moment).
    pub fn head(&self) -> Head {
        self.head
    }

    /// The records from `sequence` on, each checked against the chain. For the writer: up to its head of this moment. For a read-only
    /// opening: as far as the files reach when the iterator comes there, without a group that is still being written.
    /// After an error the iterator ends.
    pub fn read_from(&self, sequence: u64) -> Records {
        let until = (!matches!(self.tail, Tail::ReadOnly)).then_some(self.head.sequence);
        Records::new(&self.folder, self.disk.clone(), sequence, until)
    }

    /// Sequences of the first records of the segments, in order: where a reader may begin without walking what lies before.
    pub fn segment_starts(&self) -> Result<Vec<u64>, StoreError> {
        let segments = Segment::list(&self.folder, &*self.disk)?;
        Ok(segments.iter().map(|segment| segment.first).collect())
    }

    /// Appends a group: all of it is durable when this returns, or none of it is in the journal.
    ///
    /// # Errors
    /// The disk failed: the journal is as before and the call can be repeated. (Where even the clean-up failed, the next append or opening
    /// does it first; only a crash in between leaves it to [`Journal::open`] to keep the group whole or to drop it whole.)
    pub fn append(&mut self, batch: &[NewRecord]) -> Result<Vec<Record>, StoreError> {
        if matches!(self.tail, Tail::ReadOnly) {
            return Err(StoreError::ReadOnlyOpening);
        }
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::new();
        let records = encode_group(batch, self.head, &mut bytes)?;
        self.repair()?;
        match &self.tail {
            Tail::Open(open) if open.length.saturating_add(bytes.len() as u64) <= self.segment_bytes => self.extend(&bytes)?,
            _ => self.begin_segment(&bytes)?,
        }
        if let Some(last) = records.last() {
            self.head = Head {
                sequence: last.sequence,
                hash: last.hash,
            };
        }
        self.write_head();
        Ok(records)
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let Tail::Open(open) = &mut self.tail else {
            return Ok(());
        };
        let path = &open.segment.path;
        let written = open.file.write_all_at(open.length, bytes).at(Step::Write, path);
        let outcome = written.and_then(|()| open.file.sync_data().at(Step::Flush, path));
        match outcome {
            Ok(()) => open.length += bytes.len() as u64,
            Err(_) => {
                let repair = Repair::Truncate(open.segment.clone(), open.length);
                self.clean_up(repair);
            }
        }
        outcome
    }

    fn begin_segment(&mut self, group: &[u8]) -> Result<(), StoreError> {
        let segment = Segment::new(&self.folder, self.head.sequence + 1);
        let mut bytes = Segment::header(self.head);
        bytes.extend_from_slice(group);
        match self.write_segment(&segment, &bytes) {
            Ok(file) => {
                self.tail = Tail::Open(OpenSegment {
                    segment,
                    file,
                    length: bytes.len() as u64,
                });
                Ok(())
            }
            Err(error) => {
                self.clean_up(Repair::Remove(segment));
                Err(error)
            }
        }
    }

    fn write_segment(&self, segment: &Segment, bytes: &[u8]) -> Result<Box<dyn DiskFile>, StoreError> {
        let path = &segment.path;
        let mut file = self.disk.create(path).at(Step::Create, path)?;
        file.write_all_at(0, bytes).at(Step::Write, path)?;
        file.sync_data().at(Step::Flush, path)?;
        self.disk.sync_dir(&self.folder).at(Step::FlushFolder, &self.folder)?;
        Ok(file)
    }

    /// Removes the traces of a failed append now, or notes that it must be done before the next one. The append's own error is the one that
    /// the caller hears.
    fn clean_up(&mut self, repair: Repair) {
        self.tail = Tail::Unclean(repair);
        let _ = self.repair();
    }

    fn repair(&mut self) -> Result<(), StoreError> {
        let Tail::Unclean(repair) = &self.tail else {
            return Ok(());
        };
        match repair.clone() {
            Repair::Truncate(segment, length) => {
                // A fresh handle: the old one may be tied to a file system that was remounted since.
                let mut file = truncate(&*self.disk, &segment.path, length)?;
                file.sync_data().at(Step::Flush, &segment.path)?;
                self.tail = Tail::Open(OpenSegment { segment, file, length });
            }
            Repair::Remove(segment) => {
                remove(&*self.disk, &self.folder, &segment.path)?;
                // The segment before it stays closed; the next append begins the new one again.
                self.tail = Tail::None;
            }
        }
        Ok(())
    }

    /// A head file that could not be written lags behind, and the next append writes it again: no reason to fail what is durable.
    fn write_head(&self) {
        if let Err(error) = head::write(&self.folder, &*self.disk, self.head, Keep::Crash) {
            tracing::warn!(error = %error, "the journal's head file could not be written; the record itself is durable");
        }
    }

    #[cfg(test)]
    pub(super) fn set_segment_bytes(&mut self, bytes: u64) {
        self.segment_bytes = bytes;
    }
}

fn encode_group(batch: &[NewRecord], mut head: Head, bytes: &mut Vec<u8>) -> Result<Vec<Record>, StoreError> {
    let count = u32::try_from(batch.len()).map_err(|_| StoreError::RecordTooLarge(batch.len()))?;
    let mut records = Vec::with_capacity(batch.len());
    for (index, new) in (0..count).zip(batch) {
        let record = encode(new, head, index, count, bytes)?;
        head = Head {
            sequence: record.sequence,
            hash: record.hash,
        };
        records.push(record);
    }
    Ok(records)
}
