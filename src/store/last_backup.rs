//! When the store was last copied, told beside it and not in the journal: a backup reads beside a daemon that writes.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::disk::{Disk, Keep, replace};
use super::error::{At, Step, StoreError};

/// The end of a backup that was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastBackup {
    pub at: Timestamp,
    /// The last record of the journal that is in it.
    pub sequence: u64,
}

impl LastBackup {
    /// # Errors
    /// The disk refused. The backup is whole all the same.
    pub fn note(self, root: &Path, disk: &dyn Disk) -> Result<(), StoreError> {
        let line = format!("{} {}\n", self.at, self.sequence);
        replace(disk, &path(root), line.as_bytes(), Keep::PowerCut)
    }

    /// `None`: none is on record, or what is there cannot be read as one.
    ///
    /// # Errors
    /// The disk refused.
    pub fn of(root: &Path, disk: &dyn Disk) -> Result<Option<Self>, StoreError> {
        let path = path(root);
        if disk.len(&path).at(Step::Open, &path)?.is_none() {
            return Ok(None);
        }
        let bytes = disk.read(&path).at(Step::Read, &path)?;
        let text = String::from_utf8_lossy(&bytes);
        let (at, sequence) = text.trim().split_once(' ').unwrap_or_default();
        Ok(at
            .parse()
            .ok()
            .zip(sequence.parse().ok())
            .map(|(at, sequence)| Self { at, sequence }))
    }
}

fn path(root: &Path) -> PathBuf {
    root.join("last-backup")
}
