//! One file of the journal: its name, its header, and a walk over its records that checks every byte on the way.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::error::{At, Break, Place, Step, StoreError};
use super::record::{FRAME_BYTES, Fields, Frame, Head};
use crate::hash::Sha256;

const MAGIC: &[u8; 8] = b"KEPJRNL\n";
const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: usize = 8 + 4 + 8 + 32 + 4;
const EXTENSION: &str = ".kepj";
/// Decimal digits of the first sequence in a segment's name, so that names sort as numbers do.
const NAME_DIGITS: usize = 20;
/// Read-ahead of a walk.
const BUFFER_BYTES: usize = 256 << 10;

/// A segment as its name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub path: PathBuf,
    /// Sequence of its first record.
    pub first: u64,
}

impl Segment {
    pub fn new(folder: &Path, first: u64) -> Self {
        Self {
            path: folder.join(format!("{first:0NAME_DIGITS$}{EXTENSION}")),
            first,
        }
    }

    pub fn from_name(folder: &Path, name: &str) -> Option<Self> {
        let digits = name.strip_suffix(EXTENSION)?;
        if digits.len() != NAME_DIGITS || !digits.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        Some(Self {
            path: folder.join(name),
            first: digits.parse().ok()?,
        })
    }

    /// The segments of a journal's folder, in order.
    pub fn list(folder: &Path, disk: &dyn Disk) -> Result<Vec<Self>, StoreError> {
        let entries = disk.list(folder).at(Step::List, folder)?;
        Ok(entries.iter().filter_map(|entry| Self::from_name(folder, &entry.name)).collect())
    }

    /// The bytes before its first record; `after` is the head of the journal that it continues.
    pub fn header(after: Head) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(after.sequence + 1).to_le_bytes());
        bytes.extend_from_slice(&after.hash.0);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Begins a walk. The inner error is a damaged header.
    pub fn walk(&self, disk: &dyn Disk) -> Result<Result<Walk, Damage>, StoreError> {
        let file = disk.reader(&self.path).at(Step::Open, &self.path)?;
        let mut input = BufReader::with_capacity(BUFFER_BYTES, file);
        let mut header = [0; HEADER_BYTES];
        let read = fill(&mut input, &mut header).at(Step::Read, &self.path)?;
        let damage = |what, torn| Damage {
            offset: 0,
            sequence: self.first,
            what,
            torn,
        };
        let Some(after) = parse_header(&header).filter(|_| read == HEADER_BYTES) else {
            return Ok(Err(damage(Break::SegmentHeader, true)));
        };
        if after.sequence.checked_add(1) != Some(self.first) {
            return Ok(Err(damage(Break::SegmentName, false)));
        }
        Ok(Ok(Walk {
            input,
            segment: self.clone(),
            continues: after,
            head: after,
            offset: HEADER_BYTES as u64,
            last: HEADER_BYTES as u64,
            whole: Whole {
                offset: HEADER_BYTES as u64,
                head: after,
            },
            group: None,
            payload: Vec::new(),
        }))
    }

    pub fn place(&self, damage: &Damage) -> Place {
        Place {
            path: self.path.clone(),
            offset: Some(damage.offset),
            sequence: Some(damage.sequence),
        }
    }

    pub fn broken(&self, damage: Damage) -> StoreError {
        StoreError::BrokenChain {
            place: self.place(&damage),
            what: damage.what,
        }
    }

    /// Whether damage in the journal's last segment is what a crash during an append leaves: nothing in it was ever acknowledged.
    /// `known` is the end that the head file names.
    pub fn is_torn(&self, disk: &dyn Disk, damage: &Damage, whole: Whole, known: Option<Head>) -> Result<bool, StoreError> {
        let was_durable = known.is_some_and(|known| known.sequence > whole.head.sequence);
        Ok(damage.torn && !was_durable && !self.later_group_exists(disk, damage.offset, whole.head)?)
    }

    /// The end of the journal before this segment, as far as its name tells it.
    pub fn before(&self) -> Whole {
        Whole {
            offset: 0,
            head: Head {
                sequence: self.first.saturating_sub(1),
                hash: Head::EMPTY.hash,
            },
        }
    }

    /// Whether behind `offset` stands a record of a later group than the one after `head`. A group is written only when the one before
    /// it was durable: such a record proves that what is damaged here was once whole.
    fn later_group_exists(&self, disk: &dyn Disk, offset: u64, head: Head) -> Result<bool, StoreError> {
        let bytes = disk.read(&self.path).at(Step::Read, &self.path)?;
        let tail = bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        // Read beside a writer: what was incomplete a moment ago may have been completed, and continued, since.
        let completed = match bytes.first_chunk().filter(|_| offset == 0) {
            Some(header) => parse_header(header).is_some(),
            None => frame_at(tail).is_some_and(|fields| fields.sequence == head.sequence.saturating_add(1)),
        };
        Ok(!completed && (0..tail.len()).any(|start| tail.get(start..).is_some_and(|bytes| starts_later_group(bytes, head))))
    }
}

fn starts_later_group(bytes: &[u8], head: Head) -> bool {
    // The cheap test first: nearly every offset fails it, and no checksum is computed.
    payload_at(bytes)
        .and_then(|(_, payload)| Fields::parse(payload))
        .is_some_and(|fields| {
            fields.group_start() > head.sequence.saturating_add(1) && fields.index < fields.count && frame_at(bytes).is_some()
        })
}

/// The record that starts at the first of these bytes, if a whole one does.
fn frame_at(bytes: &[u8]) -> Option<Fields<'_>> {
    let (frame, payload) = payload_at(bytes)?;
    Fields::parse(payload).filter(|fields| frame.fits(payload) && fields.hash_is_right())
}

fn payload_at(bytes: &[u8]) -> Option<(Frame, &[u8])> {
    let (frame, rest) = bytes.split_first_chunk::<FRAME_BYTES>()?;
    let frame = Frame::parse(*frame);
    Some((frame, rest.get(..frame.payload_bytes()?)?))
}

/// The head that the segment continues.
fn parse_header(header: &[u8; HEADER_BYTES]) -> Option<Head> {
    let (covered, checksum) = header.split_last_chunk::<4>()?;
    let rest = covered.strip_prefix(MAGIC)?.strip_prefix(&VERSION.to_le_bytes())?;
    let (first, previous) = rest.split_first_chunk::<8>()?;
    if crc32fast::hash(covered) != u32::from_le_bytes(*checksum) {
        return None;
    }
    Some(Head {
        sequence: u64::from_le_bytes(*first).checked_sub(1)?,
        hash: Sha256(previous.try_into().ok()?),
    })
}

/// Something in a segment that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    pub offset: u64,
    /// The record that should stand there.
    pub sequence: u64,
    pub what: Break,
    /// A crash during an append can look like this. What cannot be a crash was changed later.
    pub torn: bool,
}

/// The end of the last whole group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    pub offset: u64,
    pub head: Head,
}

/// What a step of a walk found.
pub(super) enum Found<'a> {
    Record(Fields<'a>),
    /// The end of the file, and of a group.
    End,
    Damage(Damage),
}

/// A walk over the records of one segment. After damage it is over.
pub(super) struct Walk {
    input: BufReader<Box<dyn Read + Send>>,
    pub segment: Segment,
    /// The end of the journal before this segment, by its header.
    pub continues: Head,
    head: Head,
    offset: u64,
    /// Where the record just met begins.
    last: u64,
    whole: Whole,
    /// Index and count of the record before, while its group is not complete.
    group: Option<(u32, u32)>,
    payload: Vec<u8>,
}

impl Walk {
    /// The end of the last group that was whole so far.
    pub fn whole(&self) -> Whole {
        self.whole
    }

    pub fn next(&mut self) -> Result<Found<'_>, StoreError> {
        let mut frame = [0; FRAME_BYTES];
        match fill(&mut self.input, &mut frame).at(Step::Read, &self.segment.path)? {
            0 if self.group.is_none() => return Ok(Found::End),
            FRAME_BYTES => {}
            _ => return Ok(self.damage(Break::Cut, true)),
        }
        let frame = Frame::parse(frame);
        let Some(length) = frame.payload_bytes() else {
            return Ok(self.damage(Break::Length, true));
        };
        self.payload.resize(length, 0);
        if fill(&mut self.input, &mut self.payload).at(Step::Read, &self.segment.path)? != length {
            return Ok(self.damage(Break::Cut, true));
        }
        if !frame.fits(&self.payload) {
            return Ok(self.damage(Break::Checksum, true));
        }
        // From here on the checksum is right: no crash leaves such bytes, whatever else is wrong with them.
        let fields = match self.check() {
            Ok(fields) => fields,
            Err(what) => return Ok(self.damage(what, false)),
        };
        let (head, group) = (
            Head {
                sequence: fields.sequence,
                hash: fields.hash,
            },
            (!fields.is_last_of_group()).then_some((fields.index, fields.count)),
        );
        self.last = self.offset;
        self.offset += (FRAME_BYTES + length) as u64;
        self.head = head;
        self.group = group;
        if group.is_none() {
            self.whole = Whole { offset: self.offset, head };
        }
        // Parsed again, because the first look borrowed `self` while its counters had to move.
        Ok(Fields::parse(&self.payload).map_or(Found::End, Found::Record))
    }

    fn check(&self) -> Result<Fields<'_>, Break> {
        let fields = Fields::parse(&self.payload).ok_or(Break::Form)?;
        if !fields.hash_is_right() {
            return Err(Break::Hash);
        }
        if Some(fields.sequence) != self.head.sequence.checked_add(1) {
            return Err(Break::Sequence(fields.sequence));
        }
        if fields.previous != self.head.hash {
            return Err(Break::Previous);
        }
        let in_group = match self.group {
            Some((index, count)) => fields.index == index + 1 && fields.count == count,
            None => fields.index == 0 && fields.count > 0,
        };
        if in_group { Ok(fields) } else { Err(Break::Group) }
    }

    fn damage(&self, what: Break, torn: bool) -> Found<'static> {
        Found::Damage(Damage {
            offset: self.offset,
            sequence: self.head.sequence.saturating_add(1),
            what,
            torn,
        })
    }

    /// Damage for the record just met: its bytes are right, its content is nothing that this program writes.
    pub fn misformed(&self, what: Break) -> Damage {
        Damage {
            offset: self.last,
            sequence: self.head.sequence,
            what,
            torn: false,
        }
    }
}

/// Reads until `buffer` is full or the file ends; says how many bytes came.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
