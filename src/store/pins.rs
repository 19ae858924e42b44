//! What is on its way into the record. A blob is durable before the record that names it, so for a moment nothing refers to it: whoever removes
//! what nothing refers to must know of that moment. What is pinned, or was since the counting of references began, stays.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hash::Sha256;

#[derive(Debug, Default)]
pub struct Pins(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// By the work that needs them, until that is recorded or given up. Two works on one message each have their own.
    held: HashMap<u64, Vec<Sha256>>,
    works: u64,
    /// Everything that was pinned since the counting began; `None` while nobody counts.
    watched: Option<HashSet<Sha256>>,
    /// How often something was removed: who remembers what is there asks whether that is still so.
    removals: u64,
}

/// The blobs that one piece of work needs for its record. They are let go when this is dropped: after the record, or when the work is given up.
#[derive(Debug)]
pub struct Pinned {
    pins: Arc<Pins>,
    work: u64,
}

impl Pinned {
    /// These are needed too. Before it is looked whether they are there, and before they are put. Answers with the number of removals so far:
    /// what was known to be there at another number may be gone.
    pub fn pin(&self, hashes: impl IntoIterator<Item = Sha256>) -> u64 {
        let hashes: Vec<Sha256> = hashes.into_iter().collect();
        let mut inner = self.pins.lock();
        if let Some(watched) = &mut inner.watched {
            watched.extend(&hashes);
        }
        if !hashes.is_empty() {
            inner.held.entry(self.work).or_default().extend(hashes);
        }
        inner.removals
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.pins.lock().held.remove(&self.work);
    }
}

impl Pins {
    /// A piece of work begins that will need blobs.
    pub fn begin(self: &Arc<Self>) -> Pinned {
        let mut inner = self.lock();
        inner.works += 1;
        Pinned {
            work: inner.works,
            pins: Arc::clone(self),
        }
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

#[cfg(test)]
mod pins_tests {
    use super::*;

    #[test]
    fn what_one_of_two_works_lets_go_the_other_still_holds() {
        let pins = Arc::new(Pins::default());
        let [shared, own] = [b"shared", b"own   "].map(|text| Sha256::of(text));
        let (first, second) = (pins.begin(), pins.begin());
        first.pin([shared, own]);
        second.pin([shared]);
        drop(first);
        let gone = pins.unpinned(&[shared, own], <[Sha256]>::to_vec);
        assert_eq!(gone, [own], "the second work has not recorded it yet");
        drop(second);
        assert_eq!(pins.unpinned(&[shared], <[Sha256]>::to_vec), [shared]);
    }

    #[test]
    fn what_was_pinned_while_somebody_counts_stays_though_it_was_let_go() {
        let pins = Arc::new(Pins::default());
        let [before, meanwhile, after] = [b"1", b"2", b"3"].map(|text| Sha256::of(text));
        let held = pins.begin();
        held.pin([before]);
        assert!(pins.watch() && !pins.watch(), "one counts at a time");
        drop(held);
        pins.begin().pin([meanwhile]);
        assert!(pins.is_watched(&before) && pins.is_watched(&meanwhile) && !pins.is_watched(&after));
        assert_eq!(pins.unpinned(&[before, meanwhile, after], <[Sha256]>::to_vec), [after]);
        pins.unwatch();
        assert_eq!(pins.unpinned(&[before], <[Sha256]>::to_vec), [before]);
    }

    #[test]
    fn who_remembers_what_is_there_learns_that_something_was_removed() {
        let pins = Arc::new(Pins::default());
        let work = pins.begin();
        let known = work.pin([]);
        pins.unpinned(&[], |_| ());
        assert_ne!(work.pin([]), known);
    }
}
