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
