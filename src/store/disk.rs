//! Everything the store does to the file system goes through [`Disk`], so that a test can be a full disk, a dying one, or a power cut.
//!
//! Two things stay outside: the lock file (a property of the machine, not of the record) and sled's folder (disposable).

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use super::error::{At, Step, StoreError};

/// Only the gateway's own user reads the record.
pub(super) const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

pub type SharedDisk = Arc<dyn Disk>;

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// Lossy where the name is not UTF-8: such a name is never ours.
    pub name: String,
    pub is_dir: bool,
    /// Bytes; 0 for a folder.
    pub len: u64,
}

/// What the store asks of a file system. Every method is one call that can fail.
pub trait Disk: Send + Sync {
    /// Makes a file that must not exist yet, readable by its owner only.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens an existing file for writing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens an existing file for reading from its start.
    fn reader(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;
    /// Bytes of a file; `None` when there is none.
    fn len(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Replaces `to` when it exists.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes one folder, open to its owner only. `false` when it was there.
    fn create_dir(&self, path: &Path) -> io::Result<bool>;
    /// Makes the names in a folder durable. A renamed file is not safe before this.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder, sorted.
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>>;
    /// Bytes that this user may still write on the file system that holds `path`.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;

    /// A whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.len(path)?.unwrap_or(0)).unwrap_or(0));
        self.reader(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// A file that is open for writing.
pub trait DiskFile: Send {
    /// Writes some of `bytes` at `offset` and says how many, as pwrite(2) does.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize>;
    /// fdatasync(2): the bytes and the length are on the medium when this returns. After a failure the bytes written since the last
    /// success may be gone although a second call succeeds: they must be written again.
    fn sync_data(&mut self) -> io::Result<()>;
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Writes all of `bytes`, however short the single writes are.
    fn write_all_at(&mut self, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = match self.write_at(offset, bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            offset += written as u64;
            bytes = bytes.get(written..).unwrap_or_default();
        }
        Ok(())
    }
}

/// The machine's file system.
pub struct RealDisk;

impl RealDisk {
    pub fn shared() -> SharedDisk {
        Arc::new(Self)
    }
}

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
        Ok(Box::new(file))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().write(true).open(path)?))
    }

    fn reader(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(path)?))
    }

    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        match std::fs::symlink_metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<bool> {
        match DirBuilder::new().mode(FOLDER_MODE).create(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            // A name that vanished between the listing and this look (a temporary one that was renamed) is simply not there.
            let found = match entry.metadata() {
                Ok(found) => found,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let len = if found.is_dir() { 0 } else { found.len() };
            entries.push(DirEntry {
                name: entry.file_name().to_string_lossy().into_owned(),
                is_dir: found.is_dir(),
                len,
            });
        }
        entries.sort();
        Ok(entries)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let space = rustix::fs::statvfs(path)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

impl DiskFile for File {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        FileExt::write_at(self, bytes, offset)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// Whether a replaced file must survive a power cut, or only a crash of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    PowerCut,
    Crash,
}

/// Puts a small file in place of another, whole or not at all.
pub(super) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8], keep: Keep) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = path.with_extension("tmp");
    if disk.len(&temporary).at(Step::Open, &temporary)?.is_some() {
        disk.remove(&temporary).at(Step::Remove, &temporary)?;
    }
    let mut file = disk.create(&temporary).at(Step::Create, &temporary)?;
    file.write_all_at(0, bytes).at(Step::Write, &temporary)?;
    if keep == Keep::PowerCut {
        file.sync_data().at(Step::Flush, &temporary)?;
    }
    disk.rename(&temporary, path).at(Step::Rename, path)?;
    if keep == Keep::PowerCut {
        disk.sync_dir(folder).at(Step::FlushFolder, folder)?;
    }
    Ok(())
}

/// Makes a folder and everything above it that is missing, each durable in its parent.
pub(super) fn create_dirs(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return disk.create_dir(path).map(|_| ()).at(Step::CreateFolder, path);
    };
    if disk.len(parent).at(Step::Open, parent)?.is_none() {
        create_dirs(disk, parent)?;
    }
    if disk.create_dir(path).at(Step::CreateFolder, path)? {
        disk.sync_dir(parent).at(Step::FlushFolder, parent)?;
    }
    Ok(())
}
