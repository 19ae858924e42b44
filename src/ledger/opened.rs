//! The plaintexts of what came encrypted and was opened: blobs that the entries name.

use bytes::Bytes;

use super::{Ledger, LedgerError};
use crate::opener::Kept;
use crate::register::entry::{Entry, OpenedRecord};
use crate::store::blobs::Blobs;

impl Ledger {
    /// What opens again what was opened for these entries before.
    ///
    /// # Errors
    /// The disk failed. A blob that is missing or damaged is no error: what it held stays closed, and the daily walk says that it is gone.
    pub fn kept<'e>(&self, entries: impl IntoIterator<Item = &'e Entry>) -> Result<Kept, LedgerError> {
        let found = plaintexts(self.blobs(), entries)?;
        Ok(Kept::new(
            found.into_iter().map(|(record, plaintext)| (record.ciphertext, plaintext)),
        ))
    }
}

/// Each opened ciphertext of some entries with its plaintext.
///
/// # Errors
/// As [`Ledger::kept`].
pub fn plaintexts<'e>(blobs: &Blobs, entries: impl IntoIterator<Item = &'e Entry>) -> Result<Vec<(OpenedRecord, Bytes)>, LedgerError> {
    let mut found: Vec<(OpenedRecord, Bytes)> = Vec::new();
    for record in entries.into_iter().flat_map(|entry| &entry.opened) {
        // Entries of one message share what stands around their packages.
        if found.iter().any(|(known, _)| known.ciphertext == record.ciphertext) {
            continue;
        }
        match blobs.get(&record.sha256) {
            Ok(plaintext) => found.push((record.clone(), plaintext)),
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(error) => tracing::error!(blob = record.sha256.short(), %error, "an opened content cannot be read"),
        }
    }
    Ok(found)
}
