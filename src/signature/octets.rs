//! Octets that are hashed: held in memory, or a file that is read piece by piece. A detached document may be larger than what a process
//! should hold, and only its hash is ever asked for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::regular_file;
use crate::signature::crypto::{CryptoError, Digest, Hash};

/// Read at a time: all the memory that a file of any size costs.
const PIECE: usize = 256 << 10;

/// A file of which only hashes are taken, each kind of hash over it alone once: a file of a thousand signers is not read a thousand times.
#[derive(Debug)]
pub struct StreamedFile {
    file: File,
    size: u64,
    digests: Mutex<HashMap<Hash, Vec<u8>>>,
    failure: Mutex<Option<io::Error>>,
}

impl StreamedFile {
    /// # Errors
    /// As [`regular_file::open`].
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = regular_file::open(path)?;
        let size = file.metadata()?.len();
        Ok(Self {
            file,
            size,
            digests: Mutex::default(),
            failure: Mutex::default(),
        })
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hash over the whole file.
    ///
    /// # Errors
    /// It could not be read ([`Self::failure`] has why), or the library does not offer the hash.
    pub fn digest(&self, hash: Hash) -> Result<Vec<u8>, CryptoError> {
        let known = self.digests.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let mut digest = hash.start()?;
        self.feed(&mut digest)?;
        let digest = digest.finish()?;
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(digests.entry(hash).or_insert(digest).clone())
    }

    fn feed(&self, digest: &mut Digest) -> Result<(), CryptoError> {
        let mut broken = Ok(());
        let read = self.each(|piece| broken = broken.and_then(|()| digest.update(piece)));
        if let Err(error) = read {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            return Err(CryptoError::Unsupported);
        }
        broken
    }

    /// The octets themselves, for what must see them: at most `limit`, `None` for more.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read_within(&self, limit: u64) -> io::Result<Option<Vec<u8>>> {
        if self.size > limit {
            return Ok(None);
        }
        let mut octets = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        self.each(|piece| octets.extend_from_slice(piece))?;
        Ok(Some(octets))
    }

    /// Exactly as many octets as there were when it was opened: a file that shrinks meanwhile is no content.
    fn each(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = vec![0; PIECE];
        let mut at = 0;
        while at < self.size {
            let wanted = usize::try_from(self.size - at).unwrap_or(PIECE).min(PIECE);
            let room = buffer.get_mut(..wanted).unwrap_or_default();
            self.file.read_exact_at(room, at)?;
            take(room);
            at += wanted as u64;
        }
        Ok(())
    }

    /// Why reading failed, if it did: a verdict that was reached without the content is none.
    pub fn failure(&self) -> Option<io::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What lies under a signature, a timestamp or a reference, or a piece of it.
#[derive(Debug, Clone)]
pub enum Octets<'a> {
    Held(Cow<'a, [u8]>),
    File(&'a StreamedFile),
}

impl<'a> From<&'a [u8]> for Octets<'a> {
    fn from(octets: &'a [u8]) -> Self {
        Self::Held(Cow::Borrowed(octets))
    }
}

impl From<Vec<u8>> for Octets<'_> {
    fn from(octets: Vec<u8>) -> Self {
        Self::Held(Cow::Owned(octets))
    }
}

impl Octets<'_> {
    /// # Errors
    /// A file could not be read, or the library does not offer the hash.
    pub fn digest(&self, hash: Hash) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::Held(octets) => hash.of(octets),
            Self::File(file) => file.digest(hash),
        }
    }

    /// The same octets as `other`: a file is compared by size and SHA-256.
    pub fn is(&self, other: &[u8]) -> bool {
        match self {
            Self::Held(octets) => **octets == *other,
            Self::File(file) => {
                file.size() == other.len() as u64 && Hash::Sha256.of(other).is_ok_and(|digest| file.digest(Hash::Sha256) == Ok(digest))
            }
        }
    }

    /// The hash over several, one after another.
    ///
    /// # Errors
    /// As [`Self::digest`].
    pub fn digest_of_all(pieces: &[Self], hash: Hash) -> Result<Vec<u8>, CryptoError> {
        if let [single] = pieces {
            return single.digest(hash);
        }
        let mut digest = hash.start()?;
        for piece in pieces {
            match piece {
                Self::Held(octets) => digest.update(octets)?,
                Self::File(file) => file.feed(&mut digest)?,
            }
        }
        digest.finish()
    }
}

#[cfg(test)]
#[path = "octets_tests.rs"]
mod tests;
