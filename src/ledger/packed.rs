//! How values lie in the index: JSON, deflated where it is long. An entry with its verdict is 20 KB of text and a fifth of that packed; the
//! index then writes, sums up and caches a fifth.

use std::borrow::Cow;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// Below this a value stays as it is: keys and small states are read far more often than they are worth packing.
const PACKED_FROM: usize = 1 << 10;
/// In front of what is packed; JSON never begins with it.
const PACKED: u8 = 0;

pub fn pack(json: Vec<u8>) -> Vec<u8> {
    if json.len() < PACKED_FROM {
        return json;
    }
    let mut packed = vec![PACKED];
    let mut encoder = DeflateEncoder::new(&mut packed, Compression::fast());
    match encoder.write_all(&json).and_then(|()| encoder.finish().map(drop)) {
        Ok(()) => packed,
        Err(_) => json,
    }
}

/// # Errors
/// What was packed is damaged.
pub fn unpack(value: &[u8]) -> std::io::Result<Cow<'_, [u8]>> {
    let Some(packed) = value.strip_prefix(&[PACKED]) else {
        return Ok(Cow::Borrowed(value));
    };
    let mut json = Vec::with_capacity(packed.len() * 5);
    DeflateDecoder::new(packed).read_to_end(&mut json)?;
    Ok(Cow::Owned(json))
}
