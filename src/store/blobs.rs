//! The kept bytes: one file per content, named by its SHA-256, `blobs/ab/cdef…`. Never changed; a second put of the same bytes is no write.
//!
//! A file gets its name only when its bytes are on the medium, and a put returns only when the name is, too. Temporary names live in
//! `blobs/tmp/` and mean nothing: whatever is found there at opening is left from a crash.

use std::collections::BTreeSet;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::disk::{SharedDisk, create_dirs};
use super::error::{At, Step, StoreError};
use crate::crew::Crew;
use crate::hash::{Sha256, Sha256Stream};

/// Threads that flush a group. They wait for the medium, not for a core; file systems gather flushes that wait together into one.
const FLUSH_THREADS: usize = 16;
/// Hashing and writing a file needs little.
const FLUSH_STACK_BYTES: usize = 1 << 20;
/// Read at a time when a blob is only hashed.
const HASH_BYTES: usize = 256 << 10;
const TEMPORARY: &str = "tmp";
/// Lost blobs that are remembered until somebody asks: of a dead disk some say enough, and the walk finds all.
const NOTICED: usize = 1_000;

static FLUSHERS: Crew = Crew::new("flush", FLUSH_STACK_BYTES);

/// The folder of blobs. Clones share it and may be used from many threads.
#[derive(Clone)]
pub struct Blobs(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    disk: SharedDisk,
    next_temporary: AtomicU64,
    shards: Mutex<Shards>,
    noticed: Mutex<BTreeSet<Sha256>>,
    bell: Notify,
}

/// What is known about the 256 folders.
#[derive(Default)]
struct Shards {
    /// Exist, and durably so.
    durable: BTreeSet<u8>,
    /// A flush of these failed: a name found in them may not be on the medium, although a second flush would succeed.
    suspect: BTreeSet<u8>,
}

/// Bytes on the medium that still want their name.
struct Staged {
    hash: Sha256,
    /// `None`: they were there under their name.
    temporary: Option<PathBuf>,
}

impl Blobs {
    /// Makes the folders, durable.
    pub(super) fn create(folder: &Path, disk: &SharedDisk) -> Result<(), StoreError> {
        create_dirs(&**disk, folder)?;
        create_dirs(&**disk, &folder.join(TEMPORARY))
    }

    pub fn open(folder: &Path, disk: SharedDisk) -> Self {
        Self(Arc::new(Inner {
            folder: folder.to_owned(),
            disk,
            next_temporary: AtomicU64::new(0),
            shards: Mutex::default(),
            noticed: Mutex::default(),
            bell: Notify::new(),
        }))
    }

    /// Removes what a crash left under temporary names; says how many there were. Only for the holder of the store's lock.
    pub(super) fn remove_temporaries(&self) -> Result<usize, StoreError> {
        let folder = self.0.folder.join(TEMPORARY);
        create_dirs(&*self.0.disk, &folder)?;
        let left = self.temporaries()?;
        for path in &left {
            self.0.disk.remove(path).at(Step::Remove, path)?;
        }
        Ok(left.len())
    }

    pub(super) fn temporaries(&self) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.0.folder.join(TEMPORARY);
        if self.0.disk.len(&folder).at(Step::Open, &folder)?.is_none() {
            return Ok(Vec::new());
        }
        let entries = self.0.disk.list(&folder).at(Step::List, &folder)?;
        Ok(entries.into_iter().map(|entry| folder.join(entry.name)).collect())
    }

    /// Keeps `bytes`: they are durable when this returns. Damaged bytes under that name are replaced.
    pub fn put(&self, bytes: &[u8]) -> Result<Sha256, StoreError> {
        let staged = self.stage(bytes)?;
        let hash = staged.hash;
        self.publish(vec![staged])?;
        Ok(hash)
    }

    /// Keeps many as a group: all are durable when this returns. After an error some may be there; nothing refers to them, and a repeated
    /// call finds them.
    pub fn put_all(&self, many: &[Bytes]) -> Result<Vec<Sha256>, StoreError> {
        let blobs = self.clone();
        let staged = in_parallel(many.to_vec(), move |bytes| blobs.stage(bytes));
        let mut good = Vec::with_capacity(many.len());
        let mut failed = None;
        for outcome in staged {
            match outcome {
                Ok(staged) => good.push(staged),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if let Some(error) = failed {
            self.discard(&good);
            return Err(error);
        }
        let names = good.iter().map(|staged| staged.hash).collect();
        self.publish(good)?;
        Ok(names)
    }

    /// The bytes, compared with their name.
    ///
    /// # Errors
    /// [`StoreError::BlobMissing`], [`StoreError::BlobCorrupt`], or the disk's.
    pub fn get(&self, hash: &Sha256) -> Result<Bytes, StoreError> {
        let read = self.read(hash);
        if read.as_ref().is_err_and(|error| error.is_lost_blob() || error.is_medium()) {
            self.notice(*hash);
            self.0.bell.notify_one();
        }
        read
    }

    /// Waits until somebody wanted to read bytes that are lost.
    pub async fn rung(&self) {
        self.0.bell.notified().await;
    }

    /// What was found lost by reading since the last call, whoever read.
    pub fn take_noticed(&self) -> BTreeSet<Sha256> {
        std::mem::take(&mut *self.0.noticed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers it for the next [`Blobs::take_noticed`].
    pub fn notice(&self, hash: Sha256) {
        let mut noticed = self.0.noticed.lock().unwrap_or_else(PoisonError::into_inner);
        if noticed.len() < NOTICED {
            noticed.insert(hash);
        }
    }

    fn read(&self, hash: &Sha256) -> Result<Bytes, StoreError> {
        let path = self.path(hash);
        let disk = &self.0.disk;
        if disk.len(&path).at(Step::Open, &path)?.is_none() {
            return Err(StoreError::BlobMissing { hash: *hash, path });
        }
        let bytes = disk.read(&path).at(Step::Read, &path).map_err(|error| vanished(error, hash))?;
        if Sha256::of(&bytes) != *hash {
            return Err(StoreError::BlobCorrupt { hash: *hash, path });
        }
        Ok(bytes.into())
    }

    /// Whether there is a file of that name; its bytes are not looked at.
    pub fn exists(&self, hash: &Sha256) -> Result<bool, StoreError> {
        let path = self.path(hash);
        Ok(self.0.disk.len(&path).at(Step::Open, &path)?.is_some())
    }

    /// Reads a blob through and compares it with its name; says how many bytes it has.
    ///
    /// # Errors
    /// As for [`Blobs::get`].
    pub fn verify(&self, hash: &Sha256) -> Result<u64, StoreError> {
        let path = self.path(hash);
        if !self.exists(hash)? {
            return Err(StoreError::BlobMissing { hash: *hash, path });
        }
        let mut input = self
            .0
            .disk
            .reader(&path)
            .at(Step::Open, &path)
            .map_err(|error| vanished(error, hash))?;
        let mut stream = Sha256Stream::default();
        let mut buffer = vec![0; HASH_BYTES];
        let mut size = 0;
        loop {
            let read = match input.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                outcome => outcome.at(Step::Read, &path)?,
            };
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            stream.update(bytes);
            size += read as u64;
        }
        if stream.finish() != *hash {
            return Err(StoreError::BlobCorrupt { hash: *hash, path });
        }
        Ok(size)
    }

    /// Takes away the names of these blobs, and makes that durable; says how many there were. Only for [`super::disposal`], which asks for the
    /// journal's word before.
    pub(super) fn remove(&self, hashes: &[Sha256]) -> Result<u64, StoreError> {
        let (mut removed, mut touched) = (0, BTreeSet::new());
        for hash in hashes {
            let path = self.path(hash);
            if self.0.disk.len(&path).at(Step::Open, &path)?.is_some() {
                self.0.disk.remove(&path).at(Step::Remove, &path)?;
                removed += 1;
                touched.insert(shard_of(hash));
            }
        }
        for shard in touched {
            self.sync_shard(shard)?;
        }
        Ok(removed)
    }

    /// The names of all blobs, in order, with their size in bytes.
    pub fn iter(&self) -> impl Iterator<Item = Result<(Sha256, u64), StoreError>> + use<> {
        let (shards, failed) = match self.present() {
            Ok(present) => (present.shards, None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        let blobs = self.clone();
        let listed = shards.into_iter().flat_map(move |shard| match blobs.list_shard(shard) {
            Ok(listed) => listed.blobs.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        });
        failed.into_iter().chain(listed)
    }

    pub fn path(&self, hash: &Sha256) -> PathBuf {
        let digits = hash.to_string();
        let (shard, rest) = digits.split_at_checked(2).unwrap_or_default();
        self.0.folder.join(shard).join(rest)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Which of the 256 folders there are, and what lies beside them.
    pub(super) fn present(&self) -> Result<Present, StoreError> {
        let folder = &self.0.folder;
        let mut present = Present::default();
        for entry in self.0.disk.list(folder).at(Step::List, folder)? {
            let shard = (0..=u8::MAX).find(|shard| entry.is_dir && entry.name == hex::encode([*shard]));
            match shard {
                Some(shard) => present.shards.push(shard),
                None if entry.is_dir && entry.name == TEMPORARY => {}
                None => present.strange.push(folder.join(entry.name)),
            }
        }
        Ok(present)
    }

    fn shard_path(&self, shard: u8) -> PathBuf {
        self.0.folder.join(hex::encode([shard]))
    }

    pub(super) fn list_shard(&self, shard: u8) -> Result<Listed, StoreError> {
        let folder = self.shard_path(shard);
        let mut listed = Listed::default();
        let prefix = hex::encode([shard]);
        for entry in self.0.disk.list(&folder).at(Step::List, &folder)? {
            let hash = format!("{prefix}{}", entry.name).parse::<Sha256>().ok();
            // Upper-case digits parse, and are still not a name that this store gives.
            match hash.filter(|hash| !entry.is_dir && hash.to_string().ends_with(&entry.name)) {
                Some(hash) => listed.blobs.push((hash, entry.len)),
                None => listed.strange.push(folder.join(entry.name)),
            }
        }
        Ok(listed)
    }

    /// Brings bytes onto the medium under a temporary name, unless they are there already.
    fn stage(&self, bytes: &[u8]) -> Result<Staged, StoreError> {
        let hash = Sha256::of(bytes);
        if self.holds(&hash, bytes)? {
            return Ok(Staged { hash, temporary: None });
        }
        let temporary = self.temporary_path(&hash);
        match self.write(&temporary, bytes) {
            Ok(()) => Ok(Staged {
                hash,
                temporary: Some(temporary),
            }),
            Err(error) => {
                let _ = self.0.disk.remove(&temporary);
                Err(error)
            }
        }
    }

    fn holds(&self, hash: &Sha256, bytes: &[u8]) -> Result<bool, StoreError> {
        let path = self.path(hash);
        let size = self.0.disk.len(&path).at(Step::Open, &path)?;
        if size != Some(bytes.len() as u64) || self.shards().suspect.contains(&shard_of(hash)) {
            return Ok(false);
        }
        match self.0.disk.read(&path).at(Step::Read, &path) {
            Ok(there) => Ok(there == bytes),
            // What the medium does not give back is replaced like what it gives back wrong.
            Err(error) if error.is_medium() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let mut file = self.0.disk.create(path).at(Step::Create, path)?;
        file.write_all_at(0, bytes).at(Step::Write, path)?;
        file.sync_data().at(Step::Flush, path)
    }

    fn temporary_path(&self, hash: &Sha256) -> PathBuf {
        let number = self.0.next_temporary.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{}-{number}", hash.short(), std::process::id());
        self.0.folder.join(TEMPORARY).join(name)
    }

    /// Gives staged bytes their names and makes the names durable, each folder flushed once.
    fn publish(&self, staged: Vec<Staged>) -> Result<(), StoreError> {
        let touched: Vec<u8> = staged
            .iter()
            .map(|staged| shard_of(&staged.hash))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let named = self.create_shards(&touched).and_then(|()| {
            staged.iter().try_for_each(|staged| match &staged.temporary {
                Some(from) => {
                    let to = self.path(&staged.hash);
                    self.0.disk.rename(from, &to).at(Step::Rename, &to)
                }
                None => Ok(()),
            })
        });
        if let Err(error) = named {
            self.discard(&staged);
            return Err(error);
        }
        let blobs = self.clone();
        in_parallel(touched, move |shard| blobs.sync_shard(*shard)).into_iter().collect()
    }

    fn sync_shard(&self, shard: u8) -> Result<(), StoreError> {
        let folder = self.shard_path(shard);
        let outcome = self.0.disk.sync_dir(&folder).at(Step::FlushFolder, &folder);
        if outcome.is_err() {
            self.shards().suspect.insert(shard);
        }
        outcome
    }

    fn create_shards(&self, wanted: &[u8]) -> Result<(), StoreError> {
        let mut shards = self.shards();
        let missing: Vec<u8> = wanted.iter().copied().filter(|shard| !shards.durable.contains(shard)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        for shard in &missing {
            let folder = self.shard_path(*shard);
            self.0.disk.create_dir(&folder).at(Step::CreateFolder, &folder)?;
        }
        // Also for those that were there: a crash may have come between their making and the flush.
        self.0.disk.sync_dir(&self.0.folder).at(Step::FlushFolder, &self.0.folder)?;
        shards.durable.extend(missing);
        Ok(())
    }

    fn discard(&self, staged: &[Staged]) {
        for path in staged.iter().filter_map(|staged| staged.temporary.as_ref()) {
            // Gone already where the rename had come so far; the next opening removes the rest.
            let _ = self.0.disk.remove(path);
        }
    }

    fn shards(&self) -> MutexGuard<'_, Shards> {
        self.0.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The content of the folder above the 256.
#[derive(Default)]
pub(super) struct Present {
    pub shards: Vec<u8>,
    pub strange: Vec<PathBuf>,
}

/// The content of one of the 256 folders.
#[derive(Default)]
pub(super) struct Listed {
    pub blobs: Vec<(Sha256, u64)>,
    /// Names that are no blob's.
    pub strange: Vec<PathBuf>,
}

/// A blob that a disposal took away between the look for it and its opening is missing, and its disk is well.
fn vanished(error: StoreError, hash: &Sha256) -> StoreError {
    match error {
        StoreError::Io { path, source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            StoreError::BlobMissing { hash: *hash, path }
        }
        other => other,
    }
}

pub(super) fn shard_of(hash: &Sha256) -> u8 {
    let [first, ..] = hash.0;
    first
}

/// Does `work` for every item, several at a time; the outcomes stand in the order of the items.
fn in_parallel<T, R>(items: Vec<T>, work: impl Fn(&T) -> R + Send + Sync + 'static) -> Vec<R>
where
    T: Send + Sync + 'static,
    R: Send + 'static,
{
    let helpers = FLUSH_THREADS.min(items.len()).saturating_sub(1);
    let next = AtomicUsize::new(0);
    let round = Arc::new(move || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            match items.get(index) {
                Some(item) => done.push((index, work(item))),
                None => return done,
            }
        }
    });
    let (send, receive) = channel();
    for _ in 0..helpers {
        let (round, send) = (Arc::clone(&round), send.clone());
        let help = move || {
            let part = catch_unwind(AssertUnwindSafe(&*round));
            drop(round);
            let _ = send.send(part);
        };
        // Where no thread can be had, this one does the work of all.
        if FLUSHERS.run(Box::new(help)).is_err() {
            break;
        }
    }
    drop(send);
    let mut done = round();
    for part in receive {
        done.extend(part.unwrap_or_else(|panic| resume_unwind(panic)));
    }
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}
