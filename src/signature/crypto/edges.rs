//! Signatures that were found good once: (signed object, issuer key). The same chains, CRLs and responses come with every message and a
//! P-384 verification costs most of a millisecond.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::hash::Sha256;
use crate::signature::crypto::{Algorithm, CryptoError, PublicKey, Scheme};

/// Entries kept; at 64 bytes each this is half a megabyte. A flood of new chains empties the cache and costs time, nothing else.
const CAPACITY: usize = 8_192;

#[derive(Debug, Default)]
pub struct Edges(Mutex<HashSet<(Sha256, Sha256)>>);

/// A signed object: a certificate, a CRL, an OCSP response.
pub struct Signed<'a> {
    /// Over the whole object, signature included.
    pub sha256: Sha256,
    pub signed: &'a [u8],
    pub algorithm: &'a Algorithm,
    pub signature: &'a [u8],
}

impl Edges {
    /// True when `object` carries a good signature of `key`, whose SubjectPublicKeyInfo (with its parameters) hashes to `key_sha256`.
    ///
    /// # Errors
    /// The algorithm is not supported.
    pub fn verify(&self, object: &Signed<'_>, key: &PublicKey, key_sha256: Sha256) -> Result<bool, CryptoError> {
        let edge = (object.sha256, key_sha256);
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&edge) {
            return Ok(true);
        }
        let good = key.verify(Scheme::of(object.algorithm, None)?, object.signed, object.signature)?;
        if good {
            let mut edges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if edges.len() >= CAPACITY {
                edges.clear();
            }
            edges.insert(edge);
        }
        Ok(good)
    }
}
