//! The index: ordered keys and values that make the fold over the journal quick to ask. Disposable: whatever is wrong with it, it is emptied
//! and the journal is replayed into it.
//!
//! sled 0.34 does not fsync and has open reports of corruption, so nothing it returns is believed on its word: beside the data stands, in
//! the same atomic batch, the sequence of the last applied record and a sum over all entries. Opening adds the entries up again, unless the
//! last stop was clean and the files are as it left them (see [`super::clean_stop`]); an index that is not exactly what was written is
//! emptied.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use super::clean_stop;
use super::error::{Step, StoreError};
use super::scan::Scan;
use crate::hash::Sha256Stream;

/// sled's page cache. The gateway has 128 MiB in all.
const CACHE_BYTES: u64 = 16 << 20;
/// How often sled writes what it holds back. A killed process replays at most this much of the journal.
const FLUSH_MILLISECONDS: u64 = 2_000;
/// sled lets go of its own lock on a thread of its own, some time after it was dropped.
const LOCK_ATTEMPTS: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
const TREE: &str = "index";
/// Before the caller's keys, and before ours: the two never meet.
const DATA: u8 = b'd';
const STATE_KEY: [u8; 1] = *b"s";
/// Of the state's layout, of what the sum covers, and of what the fold keeps: an index of another version is built anew from the journal.
const VERSION: u8 = 5;

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
    /// As the last clean stop left it.
    Untouched,
    /// There was no clean stop, and its entries add up.
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
    /// `None` for an index in memory.
    folder: Option<PathBuf>,
    tree: RwLock<Arc<Tree>>,
    /// Held while a batch is applied, so that batches come one after the other.
    state: Mutex<State>,
}

pub(super) enum Tree {
    Sled {
        db: sled::Db,
        tree: sled::Tree,
    },
    Memory(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>),
    /// Between a failed attempt to reopen and the next.
    Closed,
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

    /// As a clean stop notes it.
    fn noted(self) -> String {
        format!("{} {:032x}", self.applied, self.sum)
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
        let (tree, state, found) = open(folder, journal_head)?;
        let index = Self(Arc::new(Inner {
            folder: Some(folder.to_owned()),
            tree: RwLock::new(Arc::new(tree)),
            state: Mutex::new(state),
        }));
        Ok((index, found))
    }

    /// For read-only openings: sled is exclusive, so a question beside the daemon replays the journal into memory.
    pub fn in_memory() -> Self {
        Self(Arc::new(Inner {
            folder: None,
            tree: RwLock::new(Arc::new(Tree::Memory(RwLock::default()))),
            state: Mutex::default(),
        }))
    }

    /// Closes sled and opens it again, in place, for all clones. After a full disk this is the only way on: sled answers every later call
    /// with its first write error. What sled had not written is gone: replay the journal from [`Index::applied`].
    ///
    /// # Errors
    /// The disk still fails; until a later attempt succeeds every other call fails, too.
    pub fn reopen(&self, journal_head: u64) -> Result<IndexState, StoreError> {
        let Some(folder) = &self.0.folder else {
            return Ok(IndexState::Kept);
        };
        let mut state = self.state();
        *state = State::default();
        let mut tree = self.0.tree.write().unwrap_or_else(PoisonError::into_inner);
        *tree = Arc::new(Tree::Closed);
        let (opened, its_state, found) = open(folder, journal_head)?;
        (*tree, *state) = (Arc::new(opened), its_state);
        Ok(found)
    }

    /// # Errors
    /// [`StoreError::Index`], as everywhere below: [`Index::reopen`], and replay from [`Index::applied`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.tree().get(key)
    }

    /// Makes the changes of the record `sequence`, together with the note that it is applied: all or nothing, also over a crash.
    pub fn apply(&self, batch: IndexBatch, sequence: u64) -> Result<(), StoreError> {
        let mut state = self.state();
        let next = State {
            applied: sequence,
            ..*state
        };
        *state = self.tree().apply(batch, next)?;
        Ok(())
    }

    /// The sequence of the last applied record; 0 for an empty index.
    pub fn applied(&self) -> u64 {
        self.state().applied
    }

    /// The entries whose key starts with `prefix`, in order. Entries that are put or removed meanwhile may or may not be seen.
    pub fn scan(&self, prefix: &[u8]) -> impl Iterator<Item = Result<Entry, StoreError>> + Send + use<> {
        Scan::new(self.tree(), prefix)
    }

    /// As [`Index::scan`], with the keys behind `after` alone.
    pub fn scan_after(&self, prefix: &[u8], after: &[u8]) -> impl Iterator<Item = Result<Entry, StoreError>> + Send + use<> {
        Scan::after(self.tree(), prefix, after)
    }

    /// As [`Index::scan_back`], with the keys before `before` alone.
    pub fn scan_back_before(&self, prefix: &[u8], before: &[u8]) -> impl Iterator<Item = Result<Entry, StoreError>> + Send + use<> {
        let mut scan = Scan::before(self.tree(), prefix, before);
        std::iter::from_fn(move || scan.step(true))
    }

    /// As [`Index::scan`], from the last to the first.
    pub fn scan_back(&self, prefix: &[u8]) -> impl Iterator<Item = Result<Entry, StoreError>> + Send + use<> {
        let mut scan = Scan::new(self.tree(), prefix);
        std::iter::from_fn(move || scan.step(true))
    }

    /// Removes everything: the caller replays the journal.
    pub fn clear(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        match &*self.tree() {
            Tree::Sled { tree, .. } => guarded(|| tree.clear())?,
            Tree::Memory(map) => map.write().unwrap_or_else(PoisonError::into_inner).clear(),
            Tree::Closed => return Err(Fault::closed().into()),
        }
        *state = State::default();
        Ok(())
    }

    /// Hands what sled holds back to the operating system: less to replay after a kill.
    pub fn flush(&self) -> Result<(), StoreError> {
        match &*self.tree() {
            Tree::Sled { db, .. } => guarded(|| db.flush()).map(|_| ()).map_err(StoreError::from),
            Tree::Memory(_) => Ok(()),
            Tree::Closed => Err(Fault::closed().into()),
        }
    }

    fn tree(&self) -> Arc<Tree> {
        self.0.tree.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    /// The last one lets go: what sled holds back is written, and how its files stand is noted.
    fn drop(&mut self) {
        let tree = std::mem::replace(self.tree.get_mut().unwrap_or_else(PoisonError::into_inner), Arc::new(Tree::Closed));
        if let (Some(folder), Tree::Sled { db, .. }) = (&self.folder, &*tree)
            && guarded(|| db.flush()).is_ok()
        {
            let state = *self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
            drop(tree);
            clean_stop::note(folder, &state.noted());
        }
    }
}

impl Tree {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Sled { tree, .. } => Ok(guarded(|| tree.get(data_key(key)))?.map(|value| value.to_vec())),
            Self::Memory(map) => Ok(read(map).get(key).cloned()),
            Self::Closed => Err(Fault::closed().into()),
        }
    }

    fn apply(&self, batch: IndexBatch, mut next: State) -> Result<State, StoreError> {
        match self {
            Self::Sled { tree, .. } => {
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
                guarded(|| tree.apply_batch(changes))?;
            }
            Self::Memory(map) => {
                let mut map = map.write().unwrap_or_else(PoisonError::into_inner);
                for (key, value) in batch.changes {
                    match value {
                        Some(value) => map.insert(key, value),
                        None => map.remove(&key),
                    };
                }
            }
            Self::Closed => return Err(Fault::closed().into()),
        }
        Ok(next)
    }
}

fn open(folder: &Path, journal_head: u64) -> Result<(Tree, State, IndexState), StoreError> {
    let existed = folder.exists();
    let untouched = clean_stop::take(folder);
    let reason = match open_sled(folder) {
        Ok((tree, state)) if !existed => return Ok((tree, state, IndexState::New)),
        Ok((tree, state)) if untouched.is_some_and(|noted| noted == state.noted()) && state.applied <= journal_head => {
            return Ok((tree, state, IndexState::Untouched));
        }
        Ok((tree, state)) => match check(&tree, state, journal_head) {
            Ok(()) => return Ok((tree, state, IndexState::Kept)),
            Err(reason) => reason,
        },
        Err(fault) => fault.reason,
    };
    remove_folder(folder)?;
    let (tree, state) = open_sled(folder)?;
    Ok((tree, state, IndexState::Emptied(reason)))
}

fn open_sled(folder: &Path) -> Result<(Tree, State), Fault> {
    if !folder.exists() {
        // sled would make it readable to all, and subjects and names stand in it.
        guarded(|| DirBuilder::new().mode(0o700).create(folder).map_err(sled::Error::Io))?;
    }
    let mut attempts = 0;
    let db = loop {
        let opened = guarded(|| {
            sled::Config::new()
                .path(folder)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(Some(FLUSH_MILLISECONDS))
                .open()
        });
        match opened {
            Ok(db) => break db,
            Err(fault) if attempts < LOCK_ATTEMPTS && fault.reason.contains("lock") => {
                attempts += 1;
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(fault) => return Err(fault),
        }
    };
    let (tree, state) = guarded(|| {
        let tree = db.open_tree(TREE)?;
        let state = tree.get(STATE_KEY)?;
        Ok((tree, state))
    })?;
    let state = match state {
        Some(bytes) => State::parse(&bytes).ok_or_else(|| Fault::because("its state is not in the form that this version writes"))?,
        None => State::default(),
    };
    Ok((Tree::Sled { db, tree }, state))
}

/// Adds up all entries.
fn check(tree: &Tree, state: State, journal_head: u64) -> Result<(), String> {
    if state.applied > journal_head {
        return Err(format!("it knows record {} and the journal ends at {journal_head}", state.applied));
    }
    let Tree::Sled { tree, .. } = tree else {
        return Ok(());
    };
    let mut entries = tree.scan_prefix([DATA]);
    let mut sum = 0_u128;
    while let Some((key, value)) = guarded(|| entries.next().transpose()).map_err(|fault| fault.reason)? {
        sum = sum.wrapping_add(fingerprint(key.get(1..).unwrap_or_default(), &value));
    }
    if sum == state.sum {
        Ok(())
    } else {
        Err("its entries do not add up".into())
    }
}

pub(super) fn data_key(key: &[u8]) -> Vec<u8> {
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

pub(super) fn read(map: &RwLock<BTreeMap<Vec<u8>, Vec<u8>>>) -> std::sync::RwLockReadGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
    map.read().unwrap_or_else(PoisonError::into_inner)
}

/// Why sled gave no answer.
pub(super) struct Fault {
    reason: String,
    kind: Option<io::ErrorKind>,
}

impl Fault {
    fn because(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            kind: None,
        }
    }

    pub fn closed() -> Self {
        Self::because("it is closed since it could not be reopened")
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Self::Index {
            reason: fault.reason,
            kind: fault.kind,
        }
    }
}

/// sled is known to panic on damaged files: that is a failure of the index, not of the gateway.
pub(super) fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Fault {
            reason: error.to_string(),
            kind: match error {
                sled::Error::Io(error) => Some(error.kind()),
                _ => None,
            },
        }),
        Err(_) => Err(Fault::because("sled panicked")),
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
        step: Step::Remove,
        path: folder.to_owned(),
        source,
    })
}
