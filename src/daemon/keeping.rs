//! What a kill left of a disposal is ended at the next start, and what a restored backup brought back goes again.

use std::sync::Arc;

use crate::pipeline::Pipeline;

pub async fn settle(pipeline: Arc<Pipeline>) {
    match pipeline.ledger.finish_disposals().await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "a disposal that was begun before the start is ended"),
        Err(error) => tracing::error!(%error, "a disposal that was begun could not be ended; it is tried again at the next start"),
    }
}
