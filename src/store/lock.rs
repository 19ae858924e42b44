//! One writer at a time: an flock(2) on the file `lock`, which also names the process that holds it. The kernel drops it with the process,
//! so a crash leaves nothing to clean up.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::error::{At, Step, StoreError};

/// Together a tenth of a second: longer than a look at the lock, shorter than anyone notices.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// # Errors
    /// [`StoreError::Locked`] names the process that holds it.
    pub fn take(root: &Path) -> Result<Self, StoreError> {
        let path = path(root);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .at(Step::Lock, &path)?;
        match flock_patiently(&file) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(StoreError::Locked {
                    pid: named(&mut file),
                    path: root.to_owned(),
                });
            }
            Err(errno) => return Err(io::Error::from(errno)).at(Step::Lock, &path),
        }
        // For the message only. On a full disk the lock holds all the same.
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }

    /// The process that holds the lock: `Some(None)` when it does not name itself.
    pub fn holder(root: &Path) -> Option<Option<u32>> {
        let mut file = File::open(path(root)).ok()?;
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Err(rustix::io::Errno::WOULDBLOCK) => Some(named(&mut file)),
            _ => None,
        }
    }
}

/// [`Lock::holder`] touches the lock for a moment: that must not keep a daemon from starting.
fn flock_patiently(file: &File) -> rustix::io::Result<()> {
    for _ in 0..ATTEMPTS {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    flock(file, FlockOperation::NonBlockingLockExclusive)
}

fn path(root: &Path) -> PathBuf {
    root.join("lock")
}

fn named(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
