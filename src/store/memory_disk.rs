//! A disk that loses in a power cut whatever was not flushed, for the tests of whoever stands on the store.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::disk::{DirEntry, Disk, DiskFile};
use super::fault::lock;

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
