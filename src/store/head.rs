//! The file `journal/head`: how far the journal was once durable. Without it, a journal whose last records were removed would look whole.
//!
//! One line, `kep-head 1 SEQUENCE HASH CRC32`, replaced by rename after each append. It is not flushed: after a power cut it may lag behind
//! the journal, and it never leads, because it is written after the record's own flush.

use std::path::{Path, PathBuf};

use super::disk::{Disk, Keep, replace};
use super::error::{At, Break, Step, StoreError};
use super::record::Head;

const NAME: &str = "head";

/// What the head file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownHead {
    Known(Head),
    Missing,
    Damaged,
}

impl KnownHead {
    pub fn head(self) -> Option<Head> {
        match self {
            Self::Known(head) => Some(head),
            Self::Missing | Self::Damaged => None,
        }
    }

    /// What is wrong with the file.
    pub(super) fn fault(self) -> Option<Break> {
        match self {
            Self::Known(_) => None,
            Self::Missing => Some(Break::HeadMissing),
            Self::Damaged => Some(Break::HeadDamaged),
        }
    }
}

pub(super) fn path(journal: &Path) -> PathBuf {
    journal.join(NAME)
}

pub(super) fn read(journal: &Path, disk: &dyn Disk) -> Result<KnownHead, StoreError> {
    let path = path(journal);
    if disk.len(&path).at(Step::Read, &path)?.is_none() {
        return Ok(KnownHead::Missing);
    }
    let bytes = disk.read(&path).at(Step::Read, &path)?;
    // Only the very bytes that this program writes count: a changed letter case is a change, too.
    let head = std::str::from_utf8(&bytes)
        .ok()
        .and_then(parse)
        .filter(|head| line(*head).as_bytes() == bytes);
    Ok(head.map_or(KnownHead::Damaged, KnownHead::Known))
}

pub(super) fn write(journal: &Path, disk: &dyn Disk, head: Head, keep: Keep) -> Result<(), StoreError> {
    replace(disk, &path(journal), line(head).as_bytes(), keep)
}

fn line(head: Head) -> String {
    let text = format!("kep-head 1 {} {}", head.sequence, head.hash);
    format!("{text} {:08x}\n", crc32fast::hash(text.as_bytes()))
}

fn parse(line: &str) -> Option<Head> {
    let mut words = line.strip_prefix("kep-head 1 ")?.split(' ');
    Some(Head {
        sequence: words.next()?.parse().ok()?,
        hash: words.next()?.parse().ok()?,
    })
}
