//! register -> store: what people decide about the keeping of entries, under the retention classes of the present configuration.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{Pipeline, PipelineError};
use crate::hash::Sha256;
use crate::ledger::retention::{KeepingRefusal, KeepingRequest, Kept};
use crate::ledger::{Ledger, LedgerError};
use crate::people::Person;

impl Pipeline {
    /// Does what a person wants with the keeping of entries, or says why not.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn decide_keeping(&self, request: KeepingRequest, by: &Person) -> Result<Result<Kept, KeepingRefusal>, PipelineError> {
        let settings = self.settings();
        let policy = &settings.config.retention;
        match request {
            KeepingRequest::Execute { list } => Ok(self.ledger.execute(list, by, policy).await?),
            request => Ok(self.ledger.keep(request, by, policy).await?),
        }
    }
}

/// Makes messages durable. What was disposed of is not brought back by a mailbox that lists it again: it stays a sighting of its entry.
pub(super) fn put(ledger: &Ledger, bytes: &[Bytes]) -> Result<Vec<Sha256>, LedgerError> {
    let gone: BTreeSet<Sha256> = ledger.gone()?;
    if gone.is_empty() {
        return Ok(ledger.blobs().put_all(bytes)?);
    }
    let names: Vec<Sha256> = bytes.iter().map(|bytes| Sha256::of(bytes)).collect();
    let kept = bytes.iter().zip(&names).filter(|(_, name)| !gone.contains(name));
    let kept: Vec<Bytes> = kept.map(|(bytes, _)| bytes.clone()).collect();
    ledger.blobs().put_all(&kept)?;
    Ok(names)
}
