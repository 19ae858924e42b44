//! Nothing is true before it is here: blobs, journal, index, backup. Knows nothing of the meaning of what it stores.
//!
//! The record is the blobs and the journal, which we fsync ourselves. The index (sled) is disposable.
//!
//! ```text
//! store/format              what this folder is
//! store/lock                who writes
//! store/blobs/ab/cdef…      content, named by its SHA-256
//! store/journal/head        how far the journal was durable
//! store/journal/000…1.kepj  the chain
//! store/index/              sled
//! ```
//!
//! Order is law: blobs, then the journal record that names them, then the index.

pub mod backup;
pub mod blobs;
mod clean_stop;
pub mod disk;
pub mod disposal;
pub mod error;
#[cfg(any(test, feature = "fault-injection"))]
pub mod fault;
pub mod head;
pub mod index;
pub mod journal;
pub mod last_backup;
pub mod lock;
pub mod loss;
#[cfg(any(test, feature = "fault-injection"))]
pub mod memory_disk;
pub mod pins;
pub mod record;
pub mod records;
pub mod reread;
mod scan;
mod segment;
pub mod tail;
pub mod verify;

#[cfg(test)]
mod blobs_tests;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod index_tests;
#[cfg(test)]
mod journal_tests;
#[cfg(test)]
mod store_tests;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use blobs::Blobs;
use disk::{Disk, Keep, RealDisk, SharedDisk, create_dirs, replace};
use error::{At, Step, StoreError};
use head::KnownHead;
use index::{Index, IndexState};
use journal::Journal;
use lock::Lock;
use tail::Cut;

/// What the file `format` says of a store of this version.
const FORMAT: &str = "kep-gateway store 1\n";

/// A store that is open.
pub struct Store {
    pub blobs: Blobs,
    pub journal: Journal,
    pub index: Index,
    root: PathBuf,
    disk: SharedDisk,
    /// Last, so that it is dropped last. `None` for a read-only opening.
    _lock: Option<Lock>,
}

/// What opening found and put right. Whatever is not as a clean stop leaves it wants a line in the log; `created` and a lost head want an
/// alarm, because they are also what a missing disk or a meddling hand looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// There was no store here, and now there is an empty one.
    pub created: bool,
    /// A torn tail of the journal was cut: no acknowledged record was in it.
    pub cut: Option<Cut>,
    /// The head file as it was found.
    pub head: KnownHead,
    /// Temporary files that were removed.
    pub temporaries: usize,
    pub index: IndexState,
}

impl Store {
    /// Opens for writing; makes a new store where there is none.
    ///
    /// # Errors
    /// Another process writes; the folder is another user's, no store, or half of one; the end of the chain is broken; or the disk fails.
    pub fn open(root: &Path, disk: SharedDisk) -> Result<(Self, Recovery), StoreError> {
        create_dirs(&*disk, root)?;
        check_owner(root)?;
        let lock = Lock::take(root)?;
        let created = !check_format(root, &*disk)?;
        if created {
            create(root, &disk)?;
        }
        check_folders(root, &*disk)?;
        let blobs = Blobs::open(&blobs_folder(root), disk.clone());
        let temporaries = blobs.remove_temporaries()?;
        let (journal, head, cut) = Journal::open(&journal_folder(root), disk.clone())?;
        let (index, index_state) = Index::open(&root.join("index"), journal.head().sequence)?;
        let recovery = Recovery {
            created,
            cut,
            head,
            temporaries,
            index: index_state,
        };
        let store = Self {
            blobs,
            journal,
            index,
            root: root.to_owned(),
            disk,
            _lock: Some(lock),
        };
        Ok((store, recovery))
    }

    /// Opens for questions, beside a running daemon or on a medium that takes no writes. The index is an empty one in memory: the caller
    /// replays the journal into it.
    ///
    /// # Errors
    /// As for [`Store::open`], but for the lock.
    pub fn open_read_only(root: &Path, disk: SharedDisk) -> Result<Self, StoreError> {
        if !check_format(root, &*disk)? {
            return Err(StoreError::FolderMissing(format_path(root)));
        }
        check_folders(root, &*disk)?;
        Ok(Self {
            blobs: Blobs::open(&blobs_folder(root), disk.clone()),
            journal: Journal::open_read_only(&journal_folder(root), disk.clone())?,
            index: Index::in_memory(),
            root: root.to_owned(),
            disk,
            _lock: None,
        })
    }

    /// The journal of a store for reading, beside whoever writes it.
    ///
    /// # Errors
    /// As for [`Journal::open_read_only`].
    pub fn read_journal(root: &Path, disk: SharedDisk) -> Result<Journal, StoreError> {
        Journal::open_read_only(&journal_folder(root), disk)
    }

    /// On the machine's own disk.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn open_here(root: &Path) -> Result<(Self, Recovery), StoreError> {
        Self::open(root, RealDisk::shared())
    }

    /// Bytes that may still be written where the store lies.
    pub fn free_bytes(&self) -> Result<u64, StoreError> {
        self.disk.free_bytes(&self.root).at(Step::FreeSpace, &self.root)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
}

pub fn blobs_folder(root: &Path) -> PathBuf {
    root.join("blobs")
}

fn journal_folder(root: &Path) -> PathBuf {
    root.join("journal")
}

fn format_path(root: &Path) -> PathBuf {
    root.join("format")
}

/// Present from the first copied byte of a restore until its last.
fn restoring_path(root: &Path) -> PathBuf {
    root.join("restoring")
}

/// Whether there is a store. An empty folder is none; a folder with a journal and without the mark is an error, lest numbers start again
/// at 1 beside an old record.
fn check_format(root: &Path, disk: &dyn Disk) -> Result<bool, StoreError> {
    let restoring = restoring_path(root);
    if disk.len(&restoring).at(Step::Open, &restoring)?.is_some() {
        return Err(StoreError::RestoreUnfinished(root.to_owned()));
    }
    let path = format_path(root);
    if disk.len(&path).at(Step::Open, &path)?.is_some() {
        let found = disk.read(&path).at(Step::Read, &path)?;
        if found != FORMAT.as_bytes() {
            let found = String::from_utf8_lossy(&found).chars().take(80).collect();
            return Err(StoreError::UnknownFormat { path, found });
        }
        return Ok(true);
    }
    let journal = journal_folder(root);
    let has_journal = disk.len(&journal).at(Step::Open, &journal)?.is_some() && !segment::Segment::list(&journal, disk)?.is_empty();
    if has_journal {
        Err(StoreError::NotAStore(root.to_owned()))
    } else {
        Ok(false)
    }
}

/// Whether something of a store lies there; what cannot be looked at is answered with yes, so that opening it says why.
pub fn is_begun(root: &Path) -> bool {
    let parts = [format_path(root), journal_folder(root), blobs_folder(root), restoring_path(root)];
    parts.iter().any(|part| part.try_exists().unwrap_or(true))
}

/// An administrator's command as root would leave files behind that the gateway's own user cannot open: its next start would fail.
fn check_owner(root: &Path) -> Result<(), StoreError> {
    let (owner, user) = (fs::metadata(root).at(Step::Open, root)?.uid(), rustix::process::geteuid().as_raw());
    if owner == user {
        return Ok(());
    }
    let path = root.to_owned();
    Err(StoreError::OtherOwner { path, owner, user })
}

/// Makes an empty store; the mark comes last, so that a crash before it leaves no store.
fn create(root: &Path, disk: &SharedDisk) -> Result<(), StoreError> {
    Blobs::create(&blobs_folder(root), disk)?;
    Journal::create(&journal_folder(root), &**disk)?;
    mark(root, &**disk)
}

fn mark(root: &Path, disk: &dyn Disk) -> Result<(), StoreError> {
    replace(disk, &format_path(root), FORMAT.as_bytes(), Keep::PowerCut)
}

/// A folder of the record that is not there is a disk that is not mounted, never a reason to begin an empty one.
fn check_folders(root: &Path, disk: &dyn Disk) -> Result<(), StoreError> {
    for folder in [blobs_folder(root), journal_folder(root)] {
        if disk.len(&folder).at(Step::Open, &folder)?.is_none() {
            return Err(StoreError::FolderMissing(folder));
        }
    }
    Ok(())
}
