//! What a kill or a failing disk left of a disposal is ended, and what a restored backup brought back goes again: at the start, and as long as
//! the daemon runs. A disposal that cannot be ended is heard of: what was approved is not done.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::pipeline::Pipeline;

/// How often it is looked. With nothing to do it is one look at each file that is gone, and the disk is asked for nothing else.
const LOOK: Duration = Duration::from_secs(3_600);

pub async fn keep(pipeline: Arc<Pipeline>, stop: CancellationToken) {
    loop {
        match pipeline.finish_disposals().await {
            Ok(0) => {}
            Ok(removed) => tracing::warn!(removed, "blobs of disposal lists that were still or again here are removed"),
            Err(error) => {
                tracing::error!(%error, "a disposal that was begun could not be ended; it is tried again in an hour");
                super::trouble::tell_disk(&pipeline, &error).await;
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
