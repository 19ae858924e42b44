//! The index with changes that are not durable yet laid over it.
//!
//! The fold works here: within one group commit the second request sees what the first decided, and when the disk refuses the group
//! the whole overlay is dropped and nothing has happened.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::LedgerError;
use crate::store::index::{Index, IndexBatch};

pub struct Overlay<'a> {
    index: &'a Index,
    /// What the earlier requests of the group decided.
    settled: Changes,
    /// What the present request has decided so far.
    changes: Changes,
}

/// `None` = removed.
type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl<'a> Overlay<'a> {
    pub fn new(index: &'a Index) -> Self {
        Self {
            index,
            settled: Changes::new(),
            changes: Changes::new(),
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
    }

    pub fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, LedgerError> {
        self.bytes(key)?.map(|bytes| decode(key, &bytes)).transpose()
    }

    pub fn contains(&self, key: &[u8]) -> Result<bool, LedgerError> {
        Ok(self.bytes(key)?.is_some())
    }

    fn bytes(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        match self.changes.get(key).or_else(|| self.settled.get(key)) {
            Some(change) => Ok(change.clone()),
            None => Ok(self.index.get(key)?),
        }
    }

    pub fn put<T: Serialize>(&mut self, key: Vec<u8>, value: &T) -> Result<(), LedgerError> {
        let bytes = serde_json::to_vec(value).map_err(|error| LedgerError::Encode(error.to_string()))?;
        self.changes.insert(key, Some(bytes));
        Ok(())
    }

    pub fn remove(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
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
                keys.insert(key.clone(), change.is_some());
            }
        }
        Ok(keys.into_iter().filter_map(|(key, there)| there.then_some(key)).collect())
    }

    /// Everything that was settled.
    pub fn into_batch(self) -> IndexBatch {
        let mut batch = IndexBatch::default();
        for (key, change) in self.settled {
            match change {
                Some(value) => batch.put(key, value),
                None => batch.remove(key),
            }
        }
        batch
    }
}

pub fn decode<T: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Result<T, LedgerError> {
    serde_json::from_slice(bytes).map_err(|error| LedgerError::Decode {
        key: String::from_utf8_lossy(key).into_owned(),
        problem: error.to_string(),
    })
}
