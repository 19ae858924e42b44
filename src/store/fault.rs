//! Disks that fail, for the tests of whoever stands on the store: one that fails the n-th call, and one that loses in a power cut whatever
//! was not flushed.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
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
}

impl Mode {
    pub const ALL: [Self; 6] = [Self::Error, Self::Short, Self::Torn, Self::Full, Self::ReadOnly, Self::Crash];
}

#[derive(Debug, Default)]
struct Plan {
    calls: u64,
    /// The number of the call, from 1, and what happens there.
    fault: Option<(u64, Mode)>,
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

    /// Nothing fails any more.
    pub fn heal(&self) {
        lock(&self.plan).fault = None;
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        lock(&self.plan).calls
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
        self.disk.reader(path)
    }

    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        self.step(Call::Look)?;
        self.disk.len(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(Call::Make)?;
        self.disk.rename(from, to)
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
        self.disk.list(path)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.step(Call::Look)?;
        self.disk.free_bytes(path)
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

/// Bytes that a medium writes as one.
const SECTOR: usize = 512;

/// A file system in memory that knows what was flushed. A power cut leaves of everything else what chance leaves.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Files>>);

#[derive(Default)]
struct Files {
    inodes: Vec<Copies<Vec<u8>>>,
    folders: BTreeMap<PathBuf, Copies<BTreeMap<String, Node>>>,
}

/// The same thing as the programs see it and as the medium holds it.
#[derive(Default)]
struct Copies<T> {
    now: T,
    durable: T,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    File(usize),
    Folder,
}

impl MemoryDisk {
    /// An empty disk with the folder `/`.
    pub fn new() -> Self {
        let disk = Self::default();
        lock(&disk.0).folders.insert(PathBuf::from("/"), Copies::default());
        disk
    }

    /// The power fails and comes back. Seed 0 loses everything that was not flushed; any other seed keeps a part of it, in sectors and in
    /// names, in any order.
    pub fn power_cut(&self, seed: u64) {
        let mut state = seed;
        let mut luck = move || {
            // xorshift64: 0 stays 0.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state & (1 << 20) != 0
        };
        let mut files = lock(&self.0);
        for file in &mut files.inodes {
            file.now = mix(&file.now, &file.durable, &mut luck);
            file.durable = file.now.clone();
        }
        for folder in files.folders.values_mut() {
            let names: Vec<String> = folder.now.keys().chain(folder.durable.keys()).cloned().collect();
            let mut kept = folder.durable.clone();
            for name in names {
                let (now, durable) = (folder.now.get(&name).copied(), folder.durable.get(&name).copied());
                if now != durable && luck() {
                    kept.remove(&name);
                    kept.extend(now.map(|node| (name, node)));
                }
            }
            folder.now = kept.clone();
            folder.durable = kept;
        }
        let lost: Vec<PathBuf> = files.folders.keys().filter(|path| !files.is_reachable(path)).cloned().collect();
        for path in lost {
            files.folders.remove(&path);
        }
    }
}

fn mix(now: &[u8], durable: &[u8], luck: &mut impl FnMut() -> bool) -> Vec<u8> {
    if now == durable {
        return now.to_vec();
    }
    let length = if luck() { now.len() } else { durable.len() };
    let mut mixed = vec![0; length];
    for (number, sector) in mixed.chunks_mut(SECTOR).enumerate() {
        let from = if luck() { now } else { durable };
        let old = from.get(number * SECTOR..).unwrap_or_default();
        for (to, byte) in sector.iter_mut().zip(old) {
            *to = *byte;
        }
    }
    mixed
}

impl Files {
    fn is_reachable(&self, path: &Path) -> bool {
        let Some((parent, name)) = path.parent().zip(path.file_name()) else {
            return true;
        };
        let name = name.to_string_lossy();
        let named = self
            .folders
            .get(parent)
            .is_some_and(|folder| folder.now.get(&*name) == Some(&Node::Folder));
        named && self.is_reachable(parent)
    }

    fn parent(&mut self, path: &Path) -> io::Result<(&mut BTreeMap<String, Node>, String)> {
        let (parent, name) = path.parent().zip(path.file_name()).ok_or(io::ErrorKind::InvalidInput)?;
        let folder = self.folders.get_mut(parent).ok_or(io::ErrorKind::NotFound)?;
        Ok((&mut folder.now, name.to_string_lossy().into_owned()))
    }

    fn file(&mut self, path: &Path) -> io::Result<usize> {
        let (folder, name) = self.parent(path)?;
        match folder.get(&name) {
            Some(Node::File(inode)) => Ok(*inode),
            Some(Node::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn bytes(&self, inode: usize) -> &[u8] {
        self.inodes.get(inode).map(|file| file.now.as_slice()).unwrap_or_default()
    }
}

impl Disk for MemoryDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut files = lock(&self.0);
        let inode = files.inodes.len();
        let (folder, name) = files.parent(path)?;
        if folder.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        folder.insert(name, Node::File(inode));
        files.inodes.push(Copies::default());
        Ok(Box::new(MemoryFile(self.clone(), inode)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inode = lock(&self.0).file(path)?;
        Ok(Box::new(MemoryFile(self.clone(), inode)))
    }

    fn reader(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        let mut files = lock(&self.0);
        let inode = files.file(path)?;
        Ok(Box::new(Cursor::new(files.bytes(inode).to_vec())))
    }

    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        let mut files = lock(&self.0);
        if files.folders.contains_key(path) {
            return Ok(Some(0));
        }
        match files.file(path) {
            Ok(inode) => Ok(Some(files.bytes(inode).len() as u64)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = lock(&self.0);
        let inode = files.file(from)?;
        let (folder, name) = files.parent(to)?;
        folder.insert(name, Node::File(inode));
        let (folder, name) = files.parent(from)?;
        folder.remove(&name);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut files = lock(&self.0);
        files.file(path)?;
        let (folder, name) = files.parent(path)?;
        folder.remove(&name);
        Ok(())
    }

    fn create_dir(&self, path: &Path) -> io::Result<bool> {
        let mut files = lock(&self.0);
        if files.folders.contains_key(path) {
            return Ok(false);
        }
        let (folder, name) = files.parent(path)?;
        if folder.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        folder.insert(name, Node::Folder);
        files.folders.insert(path.to_owned(), Copies::default());
        Ok(true)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut files = lock(&self.0);
        let folder = files.folders.get_mut(path).ok_or(io::ErrorKind::NotFound)?;
        folder.durable = folder.now.clone();
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let files = lock(&self.0);
        let folder = files.folders.get(path).ok_or(io::ErrorKind::NotFound)?;
        let entry = |(name, node): (&String, &Node)| DirEntry {
            name: name.clone(),
            is_dir: *node == Node::Folder,
            len: match node {
                Node::File(inode) => files.bytes(*inode).len() as u64,
                Node::Folder => 0,
            },
        };
        Ok(folder.now.iter().map(entry).collect())
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

struct MemoryFile(MemoryDisk, usize);

impl MemoryFile {
    fn with<T>(&self, work: impl FnOnce(&mut Copies<Vec<u8>>) -> T) -> io::Result<T> {
        lock(&self.0.0)
            .inodes
            .get_mut(self.1)
            .map(work)
            .ok_or(io::ErrorKind::NotFound.into())
    }
}

impl DiskFile for MemoryFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.with(|file| {
            if file.now.len() < start + bytes.len() {
                file.now.resize(start + bytes.len(), 0);
            }
            for (to, byte) in file.now.iter_mut().skip(start).zip(bytes) {
                *to = *byte;
            }
            bytes.len()
        })
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.with(|file| file.durable.clone_from(&file.now))
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let length = usize::try_from(len).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.with(|file| file.now.resize(length, 0))
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
