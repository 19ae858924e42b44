//! One record of the journal.

use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::hash::Sha256;

/// A record to append. The kind is a lower-case word; the body is one JSON value, kept to the byte.
#[derive(Debug, Clone)]
pub struct NewRecord {
    pub time: Timestamp,
    pub kind: String,
    pub body: Box<RawValue>,
}

/// A durable record. `hash` = SHA-256 over sequence, time, kind, body and `previous`.
#[derive(Debug, Clone)]
pub struct Record {
    /// From 1, without gaps.
    pub sequence: u64,
    pub time: Timestamp,
    pub kind: String,
    pub body: Box<RawValue>,
    pub previous: Sha256,
    pub hash: Sha256,
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// 0 for an empty journal.
    pub sequence: u64,
    /// All zero for an empty journal.
    pub hash: Sha256,
}
