//! register -> store: what people decide about the keeping of entries, under the retention classes of the present configuration.

use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;

use super::{Pipeline, PipelineError};
use crate::hash::Sha256;
use crate::ledger::retention::{By, KeepingRefusal, KeepingRequest, Kept};
use crate::ledger::{Ledger, LedgerError};
use crate::store::pins::Pinned;

impl Pipeline {
    /// Does what a person wants with the keeping of entries, or says why not. On a thread of its own: a proposal reads years of entries, and an
    /// execution all of them, while the mailboxes are watched.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn decide_keeping(&self, request: KeepingRequest, by: impl Into<By>) -> Result<Result<Kept, KeepingRefusal>, PipelineError> {
        let (ledger, policy, by) = (Arc::clone(&self.ledger), self.settings().config.retention.clone(), by.into());
        apart(async move {
            match request {
                KeepingRequest::Execute { list } => ledger.execute(list, by, &policy).await,
                request => ledger.keep(request, by, &policy).await,
            }
        })
        .await
    }

    /// Ends what was left of disposals; see [`Ledger::finish_disposals`]. On a thread of its own, as above.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn finish_disposals(&self) -> Result<u64, PipelineError> {
        let ledger = Arc::clone(&self.ledger);
        apart(async move { ledger.finish_disposals().await }).await
    }
}

async fn apart<T: Send + 'static>(work: impl Future<Output = Result<T, LedgerError>> + Send + 'static) -> Result<T, PipelineError> {
    let runtime = Handle::current();
    let done = tokio::task::spawn_blocking(move || runtime.block_on(work)).await;
    Ok(done.map_err(|error| PipelineError::Broken(error.to_string()))??)
}

/// Makes messages durable, and holds them until their records are. What was disposed of is not brought back by a mailbox that lists it again:
/// it stays a sighting of its entry. Bytes that went as something else, as the plaintext of another message perhaps, are a new message.
pub(super) fn put(ledger: &Ledger, bytes: &[Bytes]) -> Result<(Vec<Sha256>, Pinned), LedgerError> {
    let pinned = ledger.pins().begin();
    if !ledger.has_gone()? {
        let names = ledger.blobs().put_all(bytes)?;
        pinned.pin(names.iter().copied());
        // A first disposal may have taken what was there already, before it was pinned.
        for (name, bytes) in names.iter().zip(bytes) {
            if !ledger.blobs().exists(name)? {
                ledger.blobs().put(bytes)?;
            }
        }
        return Ok((names, pinned));
    }
    let names: Vec<Sha256> = bytes.iter().map(|bytes| Sha256::of(bytes)).collect();
    pinned.pin(names.iter().copied());
    let mut kept = Vec::with_capacity(bytes.len());
    for (name, bytes) in names.iter().zip(bytes) {
        let is_known = || Ok::<_, LedgerError>(ledger.message(name)?.is_some_and(|message| !message.numbers.is_empty()));
        if !ledger.is_gone(name)? || !is_known()? {
            kept.push(bytes.clone());
        }
    }
    ledger.blobs().put_all(&kept)?;
    Ok((names, pinned))
}

#[cfg(test)]
#[path = "keeping_tests.rs"]
mod keeping_tests;
