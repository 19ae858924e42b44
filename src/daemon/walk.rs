//! The walk of the record in the background: the whole chain and every blob against their hashes. A start after a clean stop looks at
//! nothing, and what nobody opens is read by nobody: bits that rot there would be found years later, when every backup has them, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::alert::causes;
use crate::ledger::event::{Event, Standing};
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::disk::RealDisk;
use crate::store::loss::Finder;
use crate::store::verify::{self, Progress, VerifyReport};

/// How often it is looked whether a walk is due.
const LOOK: Duration = Duration::from_secs(60);

/// After each step the walk rests for so many times as long as the step took: mail comes first, the disk and the processor are its own.
const REST: u32 = 9;

/// The longest rest, whatever kept the step: a suspended machine must not end the walk.
const MAX_REST: Duration = Duration::from_secs(30);

/// When the last whole walk ended, with what it found.
pub const WALKED: &str = "record/walked";

pub use crate::ledger::BROKEN;

pub async fn keep(pipeline: Arc<Pipeline>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(LOOK) => {}
        }
        // A stop does not wait for the walk: it only reads, and begins anew after the next start.
        let walked = tokio::select! {
            () = stop.cancelled() => break,
            walked = look(&pipeline, REST) => walked,
        };
        if let Err(error) = walked {
            tracing::error!(%error, "the record could not be walked in the background; it is tried again");
        }
    }
}

/// Walks the record when it is time, resting `rest` times as long as it reads; answers whether it did. Public for tests that are the clock.
///
/// # Errors
/// The record cannot be read or written.
pub async fn look(pipeline: &Arc<Pipeline>, rest: u32) -> Result<bool, PipelineError> {
    let every = pipeline.settings().config.daemon.walk_every;
    if every.is_zero() {
        return Ok(false);
    }
    let last = pipeline.ledger.standing(WALKED)?.and_then(|walked| walked.since);
    let every = SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX);
    let now = pipeline.now();
    // A walk "of next year" was written by a wrong clock.
    if last.is_some_and(|last| last <= now && now.duration_since(last) < every) {
        return Ok(false);
    }
    let inner = Arc::clone(pipeline);
    let Ok(report) = tokio::task::spawn_blocking(move || walk(&inner, rest)).await else {
        return Ok(false);
    };
    tell(pipeline, &report?).await?;
    Ok(true)
}

fn walk(pipeline: &Pipeline, rest: u32) -> Result<VerifyReport, PipelineError> {
    let root = pipeline.settings().config.store.path.clone();
    let mut since = Instant::now();
    let mut pause = |_: Progress| {
        std::thread::sleep((since.elapsed() * rest).min(MAX_REST));
        since = Instant::now();
    };
    // Named before the walk: what comes meanwhile is not missing.
    let named: BTreeSet<_> = pipeline.ledger.messages()?.into_iter().chain(pipeline.ledger.objects()?).collect();
    let mut report = verify::verify(&root, RealDisk::shared(), &mut pause);
    report.expect(&root, RealDisk::shared(), named);
    // Last: what went meanwhile by a disposal list is not missing either.
    report.forget(&root, RealDisk::shared(), &pipeline.ledger.gone()?);
    Ok(report)
}

async fn tell(pipeline: &Pipeline, report: &VerifyReport) -> Result<(), PipelineError> {
    let now = pipeline.now();
    let errors: Vec<_> = report.issues.iter().filter(|issue| issue.is_error()).collect();
    tracing::info!(
        records = report.records,
        blobs = report.blobs,
        errors = errors.len(),
        "the record was walked in the background"
    );
    for issue in &errors {
        tracing::error!(place = %issue.place, "the record is broken");
    }
    let stands = pipeline.ledger.standing(BROKEN)?.is_some();
    if let Some(first) = errors.first().filter(|_| !stands) {
        pipeline.raise(vec![causes::chain_broken(&first.place.to_string(), now)]).await?;
    }
    if errors.is_empty() == stands {
        let since = (!stands).then_some(now);
        pipeline.ledger.append(standing(BROKEN, since, BTreeMap::new())).await?;
    }
    let facts = [
        ("records", report.records.to_string()),
        ("blobs", report.blobs.to_string()),
        ("errors", errors.len().to_string()),
        ("head", format!("{} {}", report.head.sequence, report.head.hash)),
    ];
    let facts = facts.map(|(name, value)| (name.to_owned(), value)).into();
    pipeline.ledger.append(standing(WALKED, Some(now), facts)).await?;
    // Last: a note that cannot be written keeps nobody from hearing, and does not begin the walk again.
    super::loss::found(pipeline, &report.issues, Finder::Walk).await
}

fn standing(alarm: &str, since: Option<jiff::Timestamp>, facts: BTreeMap<String, String>) -> Event {
    Event::Standing(Standing {
        alarm: alarm.to_owned(),
        since,
        facts,
    })
}
