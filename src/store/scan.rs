//! Walks over a range of the index, from either end.

use std::ops::Bound;
use std::sync::Arc;

use super::error::StoreError;
use super::index::{Entry, Fault, Tree, data_key, guarded, read};

/// A scan from both ends; what is left lies between `low` and `high`.
pub(super) struct Scan {
    tree: Arc<Tree>,
    low: Bound<Vec<u8>>,
    high: Bound<Vec<u8>>,
    /// sled's own iterator, which walks its leaves once instead of searching for every entry.
    sled: Option<sled::Iter>,
}

impl Scan {
    pub fn new(tree: Arc<Tree>, prefix: &[u8]) -> Self {
        let sled = match &*tree {
            Tree::Sled { tree, .. } => Some(tree.scan_prefix(data_key(prefix))),
            Tree::Memory(_) | Tree::Closed => None,
        };
        Self {
            tree,
            low: Bound::Included(prefix.to_vec()),
            high: after_prefix(prefix).map_or(Bound::Unbounded, Bound::Excluded),
            sled,
        }
    }

    /// The part behind a key. A key before the prefix leaves the whole.
    pub fn after(tree: Arc<Tree>, prefix: &[u8], key: &[u8]) -> Self {
        let whole = Self::new(tree, prefix);
        match key < prefix {
            true => whole,
            false => Self {
                low: Bound::Excluded(key.to_vec()),
                ..whole
            }
            .narrowed(),
        }
    }

    /// The part before a key. A key behind the prefix leaves the whole.
    pub fn before(tree: Arc<Tree>, prefix: &[u8], key: &[u8]) -> Self {
        let whole = Self::new(tree, prefix);
        match after_prefix(prefix).is_some_and(|end| key >= end.as_slice()) {
            true => whole,
            false => Self {
                high: Bound::Excluded(key.to_vec()),
                ..whole
            }
            .narrowed(),
        }
    }

    /// sled's own iterator over the bounds.
    fn narrowed(mut self) -> Self {
        if let Tree::Sled { tree, .. } = &*self.tree {
            // sled panics on bounds that cross, as `BTreeMap` does.
            self.sled = (!is_empty(&self.low, &self.high)).then(|| {
                let inside = |bound: &Bound<Vec<u8>>| bound.as_ref().map(|key| data_key(key));
                // Behind the last data key stands what is ours: `DATA` is one byte, and its end is the next one.
                let high = match inside(&self.high) {
                    Bound::Unbounded => after_prefix(&data_key(b"")).map_or(Bound::Unbounded, Bound::Excluded),
                    high => high,
                };
                tree.range::<Vec<u8>, _>((inside(&self.low), high))
            });
        }
        self
    }

    pub fn step(&mut self, back: bool) -> Option<Result<Entry, StoreError>> {
        match &*self.tree {
            Tree::Sled { .. } => {
                let iter = self.sled.as_mut()?;
                let found = guarded(|| if back { iter.next_back() } else { iter.next() }.transpose()).map_err(StoreError::from);
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
            Tree::Closed => Some(Err(Fault::closed().into())),
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
