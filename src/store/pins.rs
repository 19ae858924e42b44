//! What is on its way into the record. A blob is durable before the record that names it, so for a moment nothing refers to it: whoever removes
//! what nothing refers to must know of that moment. A validation object that is pinned, or was since the counting of references began, stays.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::hash::Sha256;

#[derive(Debug, Default)]
pub struct Pins(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// By what they are needed for, until that is recorded.
    held: HashMap<Sha256, Vec<Sha256>>,
    /// Everything that was pinned since the counting began; `None` while nobody counts.
    watched: Option<HashSet<Sha256>>,
    /// How often something was removed: who remembers what is there asks whether that is still so.
    removals: u64,
}

impl Pins {
    /// These are needed for the record of `owner`, until [`Pins::release`]. Answers with the number of removals so far: what was known to be
    /// there at another number may be gone.
    pub fn pin(&self, owner: Sha256, hashes: impl IntoIterator<Item = Sha256>) -> u64 {
        let mut inner = self.lock();
        let hashes: Vec<Sha256> = hashes.into_iter().collect();
        if let Some(watched) = &mut inner.watched {
            watched.extend(&hashes);
        }
        if !hashes.is_empty() {
            inner.held.entry(owner).or_default().extend(hashes);
        }
        inner.removals
    }

    /// It is recorded, or given up.
    pub fn release(&self, owner: &Sha256) {
        self.lock().held.remove(owner);
    }

    /// Begins to remember what is pinned; before references are counted. `false`: somebody counts already.
    pub(crate) fn watch(&self) -> bool {
        let mut inner = self.lock();
        if inner.watched.is_some() {
            return false;
        }
        inner.watched = Some(inner.held.values().flatten().copied().collect());
        true
    }

    pub(crate) fn unwatch(&self) {
        self.lock().watched = None;
    }

    /// Whether it was pinned since the counting began.
    pub(crate) fn is_watched(&self, hash: &Sha256) -> bool {
        let inner = self.lock();
        inner.watched.as_ref().is_some_and(|watched| watched.contains(hash))
    }

    /// Removes with nobody pinning meanwhile: those of `wanted` that are not pinned.
    pub(crate) fn unpinned<T>(&self, wanted: &[Sha256], remove: impl FnOnce(&[Sha256]) -> T) -> T {
        let mut inner = self.lock();
        let held: HashSet<Sha256> = inner
            .held
            .values()
            .flatten()
            .chain(inner.watched.iter().flatten())
            .copied()
            .collect();
        let free: Vec<Sha256> = wanted.iter().filter(|hash| !held.contains(hash)).copied().collect();
        inner.removals += 1;
        remove(&free)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
