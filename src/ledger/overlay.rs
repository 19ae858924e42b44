//! The index with changes that are not durable yet laid over it.
//!
//! The fold works here: within one group commit the second request sees what the first decided, and when the disk refuses the group
//! the whole overlay is dropped and nothing has happened.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::packed::{pack, unpack};
use super::{LedgerError, key};
use crate::register::entry::{Entry, RegisterNumber};
use crate::store::index::{Index, IndexBatch};

pub struct Overlay<'a> {
    index: &'a Index,
    /// What the earlier requests of the group decided.
    settled: Changes,
    /// What the present request has decided so far.
    changes: Changes,
    /// Entries that the present event changed.
    touched: BTreeSet<RegisterNumber>,
}

type Changes = BTreeMap<Vec<u8>, Change>;

#[derive(Clone)]
enum Change {
    Removed,
    Json(Vec<u8>),
    /// An entry is large and changes several times while its message is registered: it is written out once, at the end.
    Entry(Box<Entry>),
}

impl<'a> Overlay<'a> {
    pub fn new(index: &'a Index) -> Self {
        Self {
            index,
            settled: Changes::new(),
            changes: Changes::new(),
            touched: BTreeSet::new(),
        }
    }

    /// The present request stands.
    pub fn settle(&mut self) {
        // Not `append`, which builds the whole map anew.
        self.settled.extend(std::mem::take(&mut self.changes));
    }

    /// The present request failed: as if it had not been.
    pub fn abandon(&mut self) {
        self.changes.clear();
        self.touched.clear();
    }

    pub fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, LedgerError> {
        self.bytes(key)?.map(|bytes| decode(key, &bytes)).transpose()
    }

    pub fn contains(&self, key: &[u8]) -> Result<bool, LedgerError> {
        match self.changed(key) {
            Some(change) => Ok(!matches!(change, Change::Removed)),
            None => Ok(self.index.get(key)?.is_some()),
        }
    }

    fn changed(&self, key: &[u8]) -> Option<&Change> {
        self.changes.get(key).or_else(|| self.settled.get(key))
    }

    fn bytes(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        match self.changed(key) {
            Some(Change::Removed) => Ok(None),
            Some(Change::Json(json)) => Ok(Some(json.clone())),
            Some(Change::Entry(entry)) => encode(entry).map(Some),
            None => Ok(self.index.get(key)?),
        }
    }

    pub fn entry(&self, number: RegisterNumber) -> Result<Option<Entry>, LedgerError> {
        let key = key::entry(number);
        match self.changed(&key) {
            Some(Change::Entry(entry)) => Ok(Some(Entry::clone(entry))),
            _ => self.get(&key),
        }
    }

    /// The entry to be changed and put back. A request that fails in between is abandoned whole.
    pub fn take_entry(&mut self, number: RegisterNumber) -> Result<Option<Entry>, LedgerError> {
        let key = key::entry(number);
        match self.changes.remove(&key) {
            Some(Change::Entry(entry)) => Ok(Some(*entry)),
            Some(other) => {
                self.changes.insert(key, other);
                self.entry(number)
            }
            None => self.entry(number),
        }
    }

    pub fn put_entry(&mut self, entry: Entry) {
        self.touched.insert(entry.register_number);
        self.changes
            .insert(key::entry(entry.register_number), Change::Entry(Box::new(entry)));
    }

    /// The present event is folded in whole: an entry that it changed in several places counts as changed once.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn end_event(&mut self) -> Result<(), LedgerError> {
        let touched = std::mem::take(&mut self.touched);
        touched.into_iter().try_for_each(|number| self.note_change(number))
    }

    /// Moves an entry to the end of the order in which entries changed, so that who follows reads each only once. Counted by the fold, so
    /// that the same journal always gives the same order.
    fn note_change(&mut self, number: RegisterNumber) -> Result<(), LedgerError> {
        if let Some(before) = self.get::<u64>(&key::last_change(number))? {
            self.remove(key::change(before));
        }
        let position = self.get::<u64>(key::CHANGE_COUNT)?.unwrap_or(0) + 1;
        self.put(key::CHANGE_COUNT.to_vec(), &position)?;
        self.put(key::last_change(number), &position)?;
        self.put(key::change(position), &number)
    }

    pub fn put<T: Serialize>(&mut self, key: Vec<u8>, value: &T) -> Result<(), LedgerError> {
        self.changes.insert(key, Change::Json(encode(value)?));
        Ok(())
    }

    pub fn remove(&mut self, key: Vec<u8>) {
        self.changes.insert(key, Change::Removed);
    }

    /// Reads a value, lets it be changed, and writes it back. A missing value starts from its default.
    pub fn update<T: Serialize + DeserializeOwned + Default>(
        &mut self,
        key: Vec<u8>,
        change: impl FnOnce(&mut T),
    ) -> Result<(), LedgerError> {
        let mut value: T = self.get(&key)?.unwrap_or_default();
        change(&mut value);
        self.put(key, &value)
    }

    /// Changes a value where there is one.
    pub fn amend<T: Serialize + DeserializeOwned>(&mut self, key: Vec<u8>, change: impl FnOnce(&mut T)) -> Result<(), LedgerError> {
        if let Some(mut value) = self.get::<T>(&key)? {
            change(&mut value);
            self.put(key, &value)?;
        }
        Ok(())
    }

    /// The keys that begin with `prefix`, in order.
    pub fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, LedgerError> {
        let mut keys = BTreeMap::new();
        for pair in self.index.scan(prefix) {
            keys.insert(pair?.0, true);
        }
        for layer in [&self.settled, &self.changes] {
            for (key, change) in layer.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix)) {
                keys.insert(key.clone(), !matches!(change, Change::Removed));
            }
        }
        Ok(keys.into_iter().filter_map(|(key, there)| there.then_some(key)).collect())
    }

    /// Everything that was settled.
    ///
    /// # Errors
    /// A value cannot be written as JSON.
    pub fn into_batch(self) -> Result<IndexBatch, LedgerError> {
        let mut batch = IndexBatch::default();
        for (key, change) in self.settled {
            match change {
                Change::Removed => batch.remove(key),
                Change::Json(json) => batch.put(key, pack(json)),
                Change::Entry(entry) => batch.put(key, pack(encode(&entry)?)),
            }
        }
        Ok(batch)
    }
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, LedgerError> {
    serde_json::to_vec(value).map_err(|error| LedgerError::Encode(error.to_string()))
}

/// A value as it lies in the index.
pub fn decode<T: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<T, LedgerError> {
    let problem = |problem: String| LedgerError::Decode {
        key: String::from_utf8_lossy(key).into_owned(),
        problem,
    };
    let json = unpack(value).map_err(|error| problem(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| problem(error.to_string()))
}
