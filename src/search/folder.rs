//! Where the index lies. Its lists and columns are mapped into memory, as is usual; the rows, three quarters of the bytes, are read from
//! the disk block by block. A row that is read through a map stays in the memory of the process with the fifteen pages beside it, so that
//! some thousand lists would bring the whole file in.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::HasLen;
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr};

/// The ending of the files that hold the rows.
const ROWS: &str = "store";
/// What is read at once up to here is read from the disk: a block of rows is 16 KiB before it is packed. A merge takes a file whole: mapped,
/// it costs no memory of ours, and the map ends with the file.
const BLOCK_BYTES: usize = 256 << 10;

/// A folder of index files.
#[derive(Debug, Clone)]
pub struct IndexFolder {
    mapped: MmapDirectory,
    path: PathBuf,
}

impl IndexFolder {
    /// # Errors
    /// There is no such folder.
    pub fn open(path: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self {
            mapped: MmapDirectory::open(path)?,
            path: path.to_owned(),
        })
    }
}

impl Directory for IndexFolder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let mapped = self.mapped.get_file_handle(path)?;
        if path.extension().is_none_or(|ending| ending != ROWS) {
            return Ok(mapped);
        }
        let file = File::open(self.path.join(path)).map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()))?;
        Ok(Arc::new(Rows { file, mapped }))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.mapped.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.mapped.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.mapped.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}

/// A file of rows.
#[derive(Debug)]
struct Rows {
    file: File,
    mapped: Arc<dyn FileHandle>,
}

impl HasLen for Rows {
    fn len(&self) -> usize {
        self.mapped.len()
    }
}

impl FileHandle for Rows {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.len() > BLOCK_BYTES {
            return self.mapped.read_bytes(range);
        }
        let mut bytes = vec![0; range.len()];
        self.file.read_exact_at(&mut bytes, range.start as u64)?;
        Ok(OwnedBytes::new(bytes))
    }
}
