//! One record of the journal, and its bytes. The layout is written out in [`super::journal`].

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::error::{Break, StoreError};
use crate::hash::Sha256;

/// A record to append. The kind is a lower-case word; the body is one JSON value, kept to the byte.
#[derive(Debug, Clone)]
pub struct NewRecord {
    pub time: Timestamp,
    pub kind: String,
    pub body: Box<RawValue>,
}

/// A durable record. `hash` = SHA-256 over everything of the record before it: sequence, time, place in its group, `previous`, kind, body.
#[derive(Debug, Clone)]
pub struct Record {
    /// From 1, without gaps.
    pub sequence: u64,
    pub time: Timestamp,
    pub kind: String,
    pub body: Box<RawValue>,
    pub previous: Sha256,
    pub hash: Sha256,
    /// Place in the group that was written in one go, and records in it: the hash covers them too.
    pub group: (u32, u32),
}

impl Record {
    /// The bytes that `hash` is over: whoever has them needs nothing of ours to check the record.
    pub fn hashed_bytes(&self) -> Vec<u8> {
        covered(self.sequence, self.time, self.group, self.previous, &self.kind, self.body.get())
    }
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// 0 for an empty journal.
    pub sequence: u64,
    /// All zero for an empty journal.
    pub hash: Sha256,
}

impl Head {
    /// Before the first record.
    pub const EMPTY: Self = Self {
        sequence: 0,
        hash: Sha256([0; 32]),
    };
}

/// Length and checksum before each record.
pub(super) const FRAME_BYTES: usize = 8;
/// Sequence, seconds, nanoseconds, index and count of the group, previous hash, length of the kind, a kind and a body of one byte, hash.
const SMALLEST_PAYLOAD: usize = 8 + 8 + 4 + 4 + 4 + 32 + 2 + 1 + 1 + 32;
/// Largest record. A registration of 2,000 parts with findings stays under one MiB; what is larger belongs into a blob.
pub const MAX_PAYLOAD: usize = 16 << 20;
const MAX_KIND: usize = 64;

/// Appends the bytes of a record to `out`, as member `index` of a group of `count`.
pub(super) fn encode(new: &NewRecord, after: Head, index: u32, count: u32, out: &mut Vec<u8>) -> Result<Record, StoreError> {
    if !is_kind(&new.kind) {
        return Err(StoreError::BadKind(new.kind.clone()));
    }
    let sequence = after.sequence + 1;
    let body = new.body.get();
    let mut payload = covered(sequence, new.time, (index, count), after.hash, &new.kind, body);
    let hash = Sha256::of(&payload);
    payload.extend_from_slice(&hash.0);

    let length = match u32::try_from(payload.len()) {
        Ok(length) if payload.len() <= MAX_PAYLOAD => length,
        _ => return Err(StoreError::RecordTooLarge(payload.len())),
    };
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(length, &payload).to_le_bytes());
    out.extend_from_slice(&payload);
    Ok(Record {
        sequence,
        time: new.time,
        kind: new.kind.clone(),
        body: new.body.clone(),
        previous: after.hash,
        hash,
        group: (index, count),
    })
}

/// A payload without its hash.
fn covered(sequence: u64, time: Timestamp, (index, count): (u32, u32), previous: Sha256, kind: &str, body: &str) -> Vec<u8> {
    let mut payload = Vec::with_capacity(SMALLEST_PAYLOAD + kind.len() + body.len());
    payload.extend_from_slice(&sequence.to_le_bytes());
    payload.extend_from_slice(&time.as_second().to_le_bytes());
    payload.extend_from_slice(&time.subsec_nanosecond().to_le_bytes());
    payload.extend_from_slice(&index.to_le_bytes());
    payload.extend_from_slice(&count.to_le_bytes());
    payload.extend_from_slice(&previous.0);
    payload.extend_from_slice(&u16::try_from(kind.len()).unwrap_or(u16::MAX).to_le_bytes());
    payload.extend_from_slice(kind.as_bytes());
    payload.extend_from_slice(body.as_bytes());
    payload
}

fn is_kind(kind: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_' | b'.');
    (1..=MAX_KIND).contains(&kind.len()) && kind.bytes().all(allowed)
}

/// Over the length too, so that a flipped bit there is not taken for a torn tail of some other size.
fn checksum(length: u32, payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&length.to_le_bytes());
    crc.update(payload);
    crc.finalize()
}

/// Length and checksum as they stand before a payload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    length: u32,
    checksum: u32,
}

impl Frame {
    pub fn parse(bytes: [u8; FRAME_BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            length: u32::from_le_bytes([a, b, c, d]),
            checksum: u32::from_le_bytes([e, f, g, h]),
        }
    }

    /// Bytes of the payload; `None` when no record has that length.
    pub fn payload_bytes(self) -> Option<usize> {
        let length = self.length as usize;
        (SMALLEST_PAYLOAD..=MAX_PAYLOAD).contains(&length).then_some(length)
    }

    pub fn fits(self, payload: &[u8]) -> bool {
        checksum(self.length, payload) == self.checksum
    }
}

/// A payload taken apart, nothing copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    pub sequence: u64,
    seconds: i64,
    nanoseconds: i32,
    /// Place in the group that was written and flushed in one go, from 0.
    pub index: u32,
    pub count: u32,
    pub previous: Sha256,
    kind: &'a [u8],
    body: &'a [u8],
    pub hash: Sha256,
    /// What the hash covers.
    covered: &'a [u8],
}

impl<'a> Fields<'a> {
    /// `None` when the inner lengths do not add up.
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        let (covered, hash) = payload.split_last_chunk::<32>()?;
        let (sequence, rest) = covered.split_first_chunk::<8>()?;
        let (seconds, rest) = rest.split_first_chunk::<8>()?;
        let (nanoseconds, rest) = rest.split_first_chunk::<4>()?;
        let (index, rest) = rest.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let (previous, rest) = rest.split_first_chunk::<32>()?;
        let (kind_length, rest) = rest.split_first_chunk::<2>()?;
        let (kind, body) = rest.split_at_checked(u16::from_le_bytes(*kind_length).into())?;
        Some(Self {
            sequence: u64::from_le_bytes(*sequence),
            seconds: i64::from_le_bytes(*seconds),
            nanoseconds: i32::from_le_bytes(*nanoseconds),
            index: u32::from_le_bytes(*index),
            count: u32::from_le_bytes(*count),
            previous: Sha256(*previous),
            kind,
            body,
            hash: Sha256(*hash),
            covered,
        })
    }

    pub fn hash_is_right(&self) -> bool {
        Sha256::of(self.covered) == self.hash
    }

    pub fn is_last_of_group(&self) -> bool {
        self.index.checked_add(1) == Some(self.count)
    }

    /// Sequence of the first record of the group.
    pub fn group_start(&self) -> u64 {
        self.sequence.saturating_sub(self.index.into())
    }

    pub fn record(&self) -> Result<Record, Break> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| Break::Form);
        let kind = text(self.kind)?;
        if !is_kind(&kind) {
            return Err(Break::Form);
        }
        Ok(Record {
            sequence: self.sequence,
            time: Timestamp::new(self.seconds, self.nanoseconds).map_err(|_| Break::Form)?,
            kind,
            body: RawValue::from_string(text(self.body)?).map_err(|_| Break::Form)?,
            previous: self.previous,
            hash: self.hash,
            group: (self.index, self.count),
        })
    }
}
