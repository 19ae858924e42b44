//! Which part of a backup is read again when the next one is made. Bits rot in a copy too, and a copy that nobody reads is found rotten on the
//! day on which it is needed: so each backup reads a share of what the earlier ones brought, and they take turns.

use std::path::{Path, PathBuf};

use super::disk::{Disk, Keep, replace};
use super::error::{At, Step, StoreError};

/// The folders that blobs lie in.
const SHARDS: u16 = 256;

/// Of these, how many are read again in one backup.
const SHARE: u16 = 9;

/// So many backups have read everything once: with one every night, a month.
pub const BACKUPS_FOR_ALL: u16 = SHARDS.div_ceil(SHARE);

/// Folders that are read again this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    first: u16,
    count: u16,
}

impl Share {
    /// A copy that somebody will live on.
    pub const ALL: Self = Self { first: 0, count: SHARDS };

    /// Whose turn it is. A note that cannot be read begins anew.
    ///
    /// # Errors
    /// The disk refused.
    pub fn next(folder: &Path, disk: &dyn Disk) -> Result<Self, StoreError> {
        let path = path(folder);
        let known = match disk.len(&path).at(Step::Open, &path)? {
            Some(_) => String::from_utf8_lossy(&disk.read(&path).at(Step::Read, &path)?)
                .trim()
                .parse()
                .ok(),
            None => None,
        };
        let first = known.filter(|first| *first < SHARDS).unwrap_or_default();
        Ok(Self { first, count: SHARE })
    }

    pub fn holds(self, shard: u8) -> bool {
        (u16::from(shard) + SHARDS - self.first) % SHARDS < self.count
    }

    /// The next backup goes on behind this share.
    ///
    /// # Errors
    /// The disk refused.
    pub fn done(self, folder: &Path, disk: &dyn Disk) -> Result<(), StoreError> {
        let next = (self.first + self.count) % SHARDS;
        replace(disk, &path(folder), format!("{next}\n").as_bytes(), Keep::PowerCut)
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("reread")
}

#[cfg(test)]
mod reread_tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::disk::RealDisk;

    #[test]
    fn after_as_many_backups_as_are_told_everything_was_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::shared();
        let mut read = BTreeSet::new();
        for _ in 0..BACKUPS_FOR_ALL {
            let share = Share::next(folder.path(), &*disk).unwrap();
            let due: Vec<u8> = (0..=u8::MAX).filter(|shard| share.holds(*shard)).collect();
            assert_eq!(due.len(), usize::from(SHARE), "each reads its share and no more");
            read.extend(due);
            share.done(folder.path(), &*disk).unwrap();
        }
        assert_eq!(read.len(), usize::from(SHARDS));
    }

    #[test]
    fn a_restore_reads_all_and_a_damaged_note_begins_anew() {
        assert!((0..=u8::MAX).all(|shard| Share::ALL.holds(shard)));
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::shared();
        for note in [&b"9999"[..], b"\xff\xfe", b""] {
            std::fs::write(path(folder.path()), note).unwrap();
            assert!(Share::next(folder.path(), &*disk).unwrap().holds(0));
        }
    }
}
