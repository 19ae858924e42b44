//! Objects that were parsed once: the same authorities' certificates and lists come with every message, and decoding a public key costs as
//! much as verifying an RSA signature with it. A memo of a pure function: the same octets always mean the same object.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::hash::Sha256;

/// Parsed objects by the hash of their octets, up to a number of octets in all. A flood of new ones empties it and costs time, nothing else.
pub struct Parsed<T> {
    capacity: usize,
    known: Mutex<Known<T>>,
}

struct Known<T> {
    octets: usize,
    objects: HashMap<Sha256, Arc<T>>,
}

impl<T> Parsed<T> {
    pub fn with_capacity(octets: usize) -> Self {
        Self {
            capacity: octets,
            known: Mutex::new(Known {
                octets: 0,
                objects: HashMap::new(),
            }),
        }
    }

    pub fn get(&self, sha256: &Sha256) -> Option<Arc<T>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.objects.get(sha256).cloned()
    }

    /// Keeps `object`, read from `octets` octets, unless it alone would fill the memo.
    pub fn keep(&self, sha256: Sha256, octets: usize, object: &Arc<T>) {
        if octets > self.capacity / 2 {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.octets + octets > self.capacity {
            known.objects.clear();
            known.octets = 0;
        }
        if known.objects.insert(sha256, object.clone()).is_none() {
            known.octets += octets;
        }
    }
}

#[cfg(test)]
#[path = "parsed_tests.rs"]
mod tests;
