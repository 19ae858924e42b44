//! The index: ordered keys and values that make the fold over the journal quick to ask. Disposable: whatever is wrong with it, it is emptied
//! and the journal is replayed into it.
//!
//! sled 0.34 does not fsync and has open reports of corruption, so nothing it returns is believed on its word: beside the data stands, in
//! the same atomic batch, the sequence of the last applied record and a sum over all entries. Opening adds the entries up again; an index
//! that is not exactly what was written is emptied.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use super::error::StoreError;
use crate::hash::Sha256Stream;

/// sled's page cache. The gateway has 128 MiB in all.
const CACHE_BYTES: u64 = 16 << 20;
/// How often sled writes what it holds back. A killed process replays at most this much of the journal.
const FLUSH_MILLISECONDS: u64 = 2_000;
/// sled lets go of its own lock on a thread of its own, some time after it was dropped.
const LOCK_ATTEMPTS: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
const TREE: &str = "index";
/// Before the caller's keys, and before ours: the two never meet.
const DATA: u8 = b'd';
const STATE_KEY: [u8; 1] = *b"s";
/// Of the state's layout and of what the sum covers.
const VERSION: u8 = 1;

/// Changes that become visible together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexBatch {
    /// `None` removes. The last change of a key counts.
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl IndexBatch {
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.changes.insert(key.into(), Some(value.into()));
    }

    pub fn remove(&mut self, key: impl Into<Vec<u8>>) {
        self.changes.insert(key.into(), None);
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub fn len(&self) -> usize {
        self.changes.len()
    }
}

/// How the index was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexState {
    Kept,
    New,
    /// It was emptied, for this reason; the journal must be replayed from the start.
    Emptied(String),
}

/// One entry of a scan.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Clones share it and may be used from many threads.
#[derive(Clone)]
pub struct Index(Arc<Inner>);

struct Inner {
    tree: Tree,
    /// Held while a batch is applied, so that batches come one after the other.
    state: Mutex<State>,
}

enum Tree {
    Sled { db: sled::Db, tree: sled::Tree },
    Memory(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>),
}

/// What stands beside the data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct State {
    applied: u64,
    /// Sum of the fingerprints of all entries, modulo 2^128: the order of changes does not matter, any other set of entries shows.
    sum: u128,
}

impl State {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.applied.to_be_bytes());
        bytes.extend_from_slice(&self.sum.to_be_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (applied, sum) = bytes.strip_prefix(&[VERSION])?.split_first_chunk::<8>()?;
        Some(Self {
            applied: u64::from_be_bytes(*applied),
            sum: u128::from_be_bytes(sum.try_into().ok()?),
        })
    }
}

impl Index {
    /// Opens sled's folder. What cannot be opened, does not add up or is ahead of the journal is removed and begun anew.
    ///
    /// # Errors
    /// Not even an empty index can be made.
    pub fn open(folder: &Path, journal_head: u64) -> Result<(Self, IndexState), StoreError> {
        let existed = folder.exists();
        let reason = match Self::open_sled(folder) {
            Ok(index) if !existed => return Ok((index, IndexState::New)),
            Ok(index) => match index.check(journal_head) {
                Ok(()) => return Ok((index, IndexState::Kept)),
                Err(reason) => reason,
            },
            Err(reason) => reason,
        };
        remove_folder(folder)?;
        let index = Self::open_sled(folder).map_err(StoreError::Index)?;
        Ok((index, IndexState::Emptied(reason)))
    }

    /// For read-only openings: sled is exclusive, so a question beside the daemon replays the journal into memory.
    pub fn in_memory() -> Self {
        Self(Arc::new(Inner {
            tree: Tree::Memory(RwLock::default()),
            state: Mutex::default(),
        }))
    }

    fn open_sled(folder: &Path) -> Result<Self, String> {
        let mut attempts = 0;
        let db = loop {
            // sled is known to panic on damaged files.
            let opened = guarded(|| {
                sled::Config::new()
                    .path(folder)
                    .cache_capacity(CACHE_BYTES)
                    .flush_every_ms(Some(FLUSH_MILLISECONDS))
                    .open()
            });
            match opened {
                Ok(db) => break db,
                Err(reason) if attempts < LOCK_ATTEMPTS && reason.contains("lock") => {
                    attempts += 1;
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(reason) => return Err(reason),
            }
        };
        let (tree, state) = guarded(|| {
            let tree = db.open_tree(TREE)?;
            let state = tree.get(STATE_KEY)?;
            Ok((tree, state))
        })?;
        let state = match state {
            Some(bytes) => State::parse(&bytes).ok_or("its state is not in the form that this version writes")?,
            None => State::default(),
        };
        Ok(Self(Arc::new(Inner {
            tree: Tree::Sled { db, tree },
            state: Mutex::new(state),
        })))
    }

    /// Adds up all entries.
    fn check(&self, journal_head: u64) -> Result<(), String> {
        let state = *self.state();
        if state.applied > journal_head {
            return Err(format!("it knows record {} and the journal ends at {journal_head}", state.applied));
        }
        let mut sum = 0_u128;
        for entry in self.scan(b"") {
            let (key, value) = entry.map_err(|error| error.to_string())?;
            sum = sum.wrapping_add(fingerprint(&key, &value));
        }
        if sum == state.sum {
            Ok(())
        } else {
            Err("its entries do not add up".into())
        }
    }

    /// # Errors
    /// [`StoreError::Index`], as everywhere below: open the store again and replay from [`Index::applied`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match &self.0.tree {
            Tree::Sled { tree, .. } => {
                let found = guarded(|| tree.get(data_key(key))).map_err(StoreError::Index)?;
                Ok(found.map(|value| value.to_vec()))
            }
            Tree::Memory(map) => Ok(read(map).get(key).cloned()),
        }
    }

    /// Makes the changes of the record `sequence`, together with the note that it is applied: all or nothing, also over a crash.
    pub fn apply(&self, batch: IndexBatch, sequence: u64) -> Result<(), StoreError> {
        let mut state = self.state();
        let mut next = State {
            applied: sequence,
            ..*state
        };
        match &self.0.tree {
            Tree::Sled { tree, .. } => {
                let mut changes = sled::Batch::default();
                for (key, value) in batch.changes {
                    if let Some(old) = self.get(&key)? {
                        next.sum = next.sum.wrapping_sub(fingerprint(&key, &old));
                    }
                    match value {
                        Some(value) => {
                            next.sum = next.sum.wrapping_add(fingerprint(&key, &value));
                            changes.insert(data_key(&key), value);
                        }
                        None => changes.remove(data_key(&key)),
                    }
                }
                changes.insert(&STATE_KEY, next.to_bytes());
                guarded(|| tree.apply_batch(changes)).map_err(StoreError::Index)?;
            }
            Tree::Memory(map) => {
                let mut map = map.write().unwrap_or_else(PoisonError::into_inner);
                for (key, value) in batch.changes {
                    match value {
                        Some(value) => map.insert(key, value),
                        None => map.remove(&key),
                    };
                }
            }
        }
        *state = next;
        Ok(())
    }

    /// The sequence of the last applied record; 0 for an empty index.
    pub fn applied(&self) -> u64 {
        self.state().applied
    }

    /// The entries whose key starts with `prefix`, in order. Entries that are put or removed meanwhile may or may not be seen.
    pub fn scan(&self, prefix: &[u8]) -> impl Iterator<Item = Result<Entry, StoreError>> + Send + use<> {
        Scan::new(self, prefix)
    }

    /// As [`Index::scan`], from the last to the first.
    pub fn scan_back(&self, prefix: &[u8]) -> impl Iterator<Item = Result<Entry, StoreError>> + Send + use<> {
        let mut scan = Scan::new(self, prefix);
        std::iter::from_fn(move || scan.step(true))
    }

    /// Removes everything: the caller replays the journal.
    pub fn clear(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        match &self.0.tree {
            Tree::Sled { tree, .. } => guarded(|| tree.clear()).map_err(StoreError::Index)?,
            Tree::Memory(map) => map.write().unwrap_or_else(PoisonError::into_inner).clear(),
        }
        *state = State::default();
        Ok(())
    }

    /// Hands what sled holds back to the operating system: less to replay after a kill.
    pub fn flush(&self) -> Result<(), StoreError> {
        match &self.0.tree {
            Tree::Sled { db, .. } => guarded(|| db.flush()).map(|_| ()).map_err(StoreError::Index),
            Tree::Memory(_) => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A scan from both ends; what is left lies between `low` and `high`.
struct Scan {
    index: Index,
    low: Bound<Vec<u8>>,
    high: Bound<Vec<u8>>,
    /// sled's own iterator, which walks its leaves once instead of searching for every entry.
    sled: Option<sled::Iter>,
}

impl Scan {
    fn new(index: &Index, prefix: &[u8]) -> Self {
        let sled = match &index.0.tree {
            Tree::Sled { tree, .. } => Some(tree.scan_prefix(data_key(prefix))),
            Tree::Memory(_) => None,
        };
        Self {
            index: index.clone(),
            low: Bound::Included(prefix.to_vec()),
            high: after_prefix(prefix).map_or(Bound::Unbounded, Bound::Excluded),
            sled,
        }
    }

    fn step(&mut self, back: bool) -> Option<Result<Entry, StoreError>> {
        match &self.index.0.tree {
            Tree::Sled { .. } => {
                let iter = self.sled.as_mut()?;
                let found = guarded(|| if back { iter.next_back() } else { iter.next() }.transpose()).map_err(StoreError::Index);
                let found = found.transpose()?;
                Some(found.map(|(key, value)| (key.get(1..).unwrap_or_default().to_vec(), value.to_vec())))
            }
            Tree::Memory(map) => {
                if is_empty(&self.low, &self.high) {
                    return None;
                }
                let map = read(map);
                let mut range = map.range::<Vec<u8>, _>((self.low.as_ref(), self.high.as_ref()));
                let (key, value) = if back { range.next_back() } else { range.next() }?;
                let entry = (key.clone(), value.clone());
                let passed = Bound::Excluded(key.clone());
                if back {
                    self.high = passed;
                } else {
                    self.low = passed;
                }
                Some(Ok(entry))
            }
        }
    }
}

impl Iterator for Scan {
    type Item = Result<Entry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step(false)
    }
}

/// `BTreeMap::range` panics on bounds that cross.
fn is_empty(low: &Bound<Vec<u8>>, high: &Bound<Vec<u8>>) -> bool {
    match (low, high) {
        (Bound::Included(low) | Bound::Excluded(low), Bound::Included(high) | Bound::Excluded(high)) => low >= high,
        _ => false,
    }
}

/// The least key that is greater than every key with this prefix.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

fn data_key(key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len() + 1);
    bytes.push(DATA);
    bytes.extend_from_slice(key);
    bytes
}

fn fingerprint(key: &[u8], value: &[u8]) -> u128 {
    let mut stream = Sha256Stream::default();
    stream.update(&(key.len() as u64).to_be_bytes());
    stream.update(key);
    stream.update(value);
    let hash = stream.finish();
    hash.0.first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
}

fn read(map: &RwLock<BTreeMap<Vec<u8>, Vec<u8>>>) -> std::sync::RwLockReadGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
    map.read().unwrap_or_else(PoisonError::into_inner)
}

/// A panic inside sled is a failure of the index, not of the gateway.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err("sled panicked".into()),
    }
}

/// The folder, or the file that stands in its place.
fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    let removed = if folder.is_dir() {
        std::fs::remove_dir_all(folder)
    } else {
        std::fs::remove_file(folder)
    };
    removed.map_err(|source| StoreError::Io {
        step: super::error::Step::Remove,
        path: PathBuf::from(folder),
        source,
    })
}
