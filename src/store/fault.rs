//! A disk that fails at the n-th call, for the tests of whoever stands on the store.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::disk::{DirEntry, Disk, DiskFile, SharedDisk};

/// What happens at the n-th call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It fails with EIO, once.
    Error,
    /// A write writes half and says so; everything else works.
    Short,
    /// A write writes half and fails with EIO, once.
    Torn,
    /// From then on the disk is full: ENOSPC wherever something is written or made.
    Full,
    /// From then on the file system is read-only: EROFS for every change.
    ReadOnly,
    /// The process dies: a write is half done, and nothing works any more.
    Crash,
    /// This account may not: EACCES, once. Not among [`Mode::ALL`]: no disk does this to its daemon.
    Forbidden,
}

impl Mode {
    pub const ALL: [Self; 6] = [Self::Error, Self::Short, Self::Torn, Self::Full, Self::ReadOnly, Self::Crash];
}

#[derive(Debug, Default)]
struct Plan {
    calls: u64,
    /// The number of the call, from 1, and what happens there.
    fault: Option<(u64, Mode)>,
    /// Files and folders whose sectors cannot be read.
    spoilt: BTreeSet<PathBuf>,
}

/// What a call does to the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Look,
    Write,
    Make,
    Change,
}

/// What becomes of a call.
enum Fate {
    Works,
    /// A write that comes to half.
    Half,
    Fails(io::Error),
    /// A write that comes to half and fails.
    HalfThen(io::Error),
}

/// A disk whose n-th call fails. Every call counts, also those that only look.
pub struct FailingDisk {
    disk: SharedDisk,
    plan: Arc<Mutex<Plan>>,
}

impl FailingDisk {
    pub fn new(disk: SharedDisk) -> Arc<Self> {
        Arc::new(Self {
            disk,
            plan: Arc::default(),
        })
    }

    /// Fails the `nth` call from now, counted from 1.
    pub fn fail(&self, nth: u64, mode: Mode) {
        let mut plan = lock(&self.plan);
        plan.fault = Some((plan.calls + nth, mode));
    }

    /// The medium gives back nothing of this file, or lists nothing of this folder, until something else is put in its place.
    pub fn spoil(&self, path: &Path) {
        lock(&self.plan).spoilt.insert(path.to_owned());
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        let mut plan = lock(&self.plan);
        plan.fault = None;
        plan.spoilt.clear();
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        lock(&self.plan).calls
    }

    fn is_spoilt(&self, path: &Path) -> bool {
        lock(&self.plan).spoilt.contains(path)
    }

    fn step(&self, call: Call) -> io::Result<()> {
        whole(fate(&self.plan, call))
    }

    fn file(&self, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(FailingFile {
            file,
            plan: self.plan.clone(),
        })
    }
}

fn fate(plan: &Mutex<Plan>, call: Call) -> Fate {
    let mut plan = lock(plan);
    plan.calls += 1;
    let Some((at, mode)) = plan.fault.filter(|(at, _)| plan.calls >= *at) else {
        return Fate::Works;
    };
    let now = plan.calls == at;
    match mode {
        Mode::Short if now && call == Call::Write => Fate::Half,
        Mode::Error if now => Fate::Fails(Errno::IO.into()),
        Mode::Forbidden if now => Fate::Fails(Errno::ACCESS.into()),
        Mode::Torn if now => Fate::HalfThen(Errno::IO.into()),
        Mode::Full if now && call == Call::Write => Fate::HalfThen(Errno::NOSPC.into()),
        Mode::Full if matches!(call, Call::Write | Call::Make) => Fate::Fails(Errno::NOSPC.into()),
        Mode::ReadOnly if call != Call::Look => Fate::Fails(Errno::ROFS.into()),
        Mode::Crash if now => Fate::HalfThen(Errno::IO.into()),
        Mode::Crash => Fate::Fails(Errno::IO.into()),
        _ => Fate::Works,
    }
}

/// For calls that are no writes: half of them is nothing.
fn whole(fate: Fate) -> io::Result<()> {
    match fate {
        Fate::Works | Fate::Half => Ok(()),
        Fate::Fails(error) | Fate::HalfThen(error) => Err(error),
    }
}

impl Disk for FailingDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.step(Call::Make)?;
        Ok(self.file(self.disk.create(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.step(Call::Change)?;
        Ok(self.file(self.disk.open(path)?))
    }

    fn reader(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        self.step(Call::Look)?;
        let input = self.disk.reader(path)?;
        // As of a bad sector: the file opens, and does not read.
        Ok(if self.is_spoilt(path) { Box::new(BadSector) } else { input })
    }

    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        self.step(Call::Look)?;
        self.disk.len(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(Call::Make)?;
        self.disk.rename(from, to)?;
        lock(&self.plan).spoilt.remove(to);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(Call::Change)?;
        self.disk.remove(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<bool> {
        self.step(Call::Make)?;
        self.disk.create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.step(Call::Change)?;
        self.disk.sync_dir(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.step(Call::Look)?;
        if self.is_spoilt(path) {
            return Err(Errno::IO.into());
        }
        self.disk.list(path)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.step(Call::Look)?;
        self.disk.free_bytes(path)
    }
}

struct BadSector;

impl Read for BadSector {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(Errno::IO.into())
    }
}

struct FailingFile {
    file: Box<dyn DiskFile>,
    plan: Arc<Mutex<Plan>>,
}

impl DiskFile for FailingFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let half = bytes.get(..bytes.len().div_ceil(2)).unwrap_or_default();
        match fate(&self.plan, Call::Write) {
            Fate::Works => self.file.write_at(offset, bytes),
            Fate::Half => self.file.write_at(offset, half),
            Fate::Fails(error) => Err(error),
            Fate::HalfThen(error) => self.file.write_at(offset, half).and(Err(error)),
        }
    }

    fn sync_data(&mut self) -> io::Result<()> {
        whole(fate(&self.plan, Call::Change))?;
        self.file.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        whole(fate(&self.plan, Call::Change))?;
        self.file.truncate(len)
    }
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
