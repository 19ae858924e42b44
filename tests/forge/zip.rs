//! A ZIP writer that also writes what no honest program would: duplicate names, paths that climb, sizes that lie.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub bytes: Vec<u8>,
    pub stored: bool,
    /// Uncompressed size to claim instead of the true one.
    pub claimed_size: Option<u32>,
    /// Name in the local header when it differs from the central directory's.
    pub local_name: Option<String>,
    /// Sets the encryption flag.
    pub encrypted: bool,
}

impl Entry {
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
            stored: false,
            claimed_size: None,
            local_name: None,
            encrypted: false,
        }
    }
}

/// DOS date 2026-11-09, time 10:00: fixed, so that equal input makes equal output.
const DOS_DATE: u16 = ((2026 - 1980) << 9) | (11 << 5) | 9;
const DOS_TIME: u16 = 10 << 11;

pub fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let offset = out.len() as u32;
        let body = if entry.stored { entry.bytes.clone() } else { deflate(&entry.bytes) };
        let local_name = entry.local_name.as_ref().unwrap_or(&entry.name);
        out.extend(b"PK\x03\x04");
        out.extend(20u16.to_le_bytes());
        out.extend(common(entry, body.len(), local_name));
        out.extend(local_name.as_bytes());
        out.extend(&body);
        directory.extend(b"PK\x01\x02");
        directory.extend([20u16, 20].map(u16::to_le_bytes).concat());
        directory.extend(common(entry, body.len(), &entry.name));
        directory.extend([0u16; 3].map(u16::to_le_bytes).concat());
        directory.extend(0u32.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(entry.name.as_bytes());
    }
    let count = entries.len() as u16;
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06");
    out.extend([0u16, 0, count, count].map(u16::to_le_bytes).concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend(0u16.to_le_bytes());
    out
}

/// Flags to name and extra lengths: what both headers share.
fn common(entry: &Entry, compressed: usize, name: &str) -> Vec<u8> {
    let utf8 = if name.is_ascii() { 0 } else { 0x800 };
    let flags = utf8 | u16::from(entry.encrypted);
    let method = if entry.stored { 0u16 } else { 8 };
    let mut out = [flags, method, DOS_TIME, DOS_DATE].map(u16::to_le_bytes).concat();
    out.extend(crc32fast::hash(&entry.bytes).to_le_bytes());
    out.extend((compressed as u32).to_le_bytes());
    out.extend(entry.claimed_size.unwrap_or(entry.bytes.len() as u32).to_le_bytes());
    out.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
    out
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
