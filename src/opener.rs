//! What came encrypted, and who may open it. The stages that come across ciphertext hold no key: they ask, and go on with what they get.

use std::collections::HashMap;

use bytes::Bytes;

use crate::finding::Finding;
use crate::hash::Sha256;

/// What a ciphertext is expected to hold, by the place where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// A whole package: the content of an `.eyps`.
    Package,
    /// A MIME entity, or a file that stands in its place.
    Mail,
}

/// What came of asking.
#[derive(Debug, Default)]
pub struct Answer {
    /// `None`: it stays encrypted.
    pub plaintext: Option<Bytes>,
    /// By which key it was opened, or why it was not.
    pub findings: Vec<Finding>,
}

/// Opens CMS EnvelopedData and AuthEnvelopedData (RFC 5652 6, RFC 5083).
pub trait Opener {
    fn open(&self, cms: &Bytes, inside: Inside, place: &str) -> Answer;
}

/// Opens nothing.
pub struct Closed;

impl Opener for Closed {
    fn open(&self, _: &Bytes, _: Inside, _: &str) -> Answer {
        Answer::default()
    }
}

/// Opens what was opened before: the plaintexts that the store keeps, by the hash of their ciphertext. So pages, exports and the case file
/// need no key.
#[derive(Debug, Clone, Default)]
pub struct Kept(HashMap<Sha256, Bytes>);

impl Kept {
    pub fn new(plaintexts: impl IntoIterator<Item = (Sha256, Bytes)>) -> Self {
        Self(plaintexts.into_iter().collect())
    }
}

impl Opener for Kept {
    fn open(&self, cms: &Bytes, _: Inside, _: &str) -> Answer {
        // Most messages carry nothing encrypted: their bytes need no hash.
        let plaintext = (!self.0.is_empty()).then(|| self.0.get(&Sha256::of(cms)).cloned()).flatten();
        Answer {
            plaintext,
            findings: Vec::new(),
        }
    }
}
