//! When the disk refuses, the outbox cannot be written either: this alarm goes past it, directly.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::alert::causes::{self, DiskTrouble};
use crate::ledger::LedgerError;
use crate::pipeline::troubles::Trouble;
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::error::StoreError;
use crate::store::head::KnownHead;
use crate::text::Text;

/// How often the same trouble is told while it lasts.
const REPEAT: Duration = Duration::from_secs(3_600);

static LAST_TOLD: Mutex<Option<Instant>> = Mutex::new(None);

/// Tells people that the store cannot write, at most once an hour. Other errors are none of its business.
pub async fn tell_disk(pipeline: &Pipeline, error: &PipelineError) {
    let Some(trouble) = disk_trouble(error) else { return };
    let notice = causes::disk(trouble, pipeline.now());
    pipeline.trouble(Trouble::RecordRefused, notice.title.clone());
    {
        let mut last = LAST_TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|told| told.elapsed() < REPEAT) {
            return;
        }
        *last = Some(Instant::now());
    }
    let settings = pipeline.settings();
    tracing::error!("{}", notice.title.en);
    settings.dispatcher.send_unrecorded(&notice, &settings.alerts).await;
}

/// A changed configuration is wrong: said once, and shown until one is right.
pub async fn tell_reload(pipeline: &Pipeline, why: Text) {
    tracing::error!(problem = why.en, "the new configuration is wrong; the old one stays in force");
    let notice = causes::reload_failed(&why, pipeline.now());
    pipeline.tell_trouble(Trouble::ReloadFailed, why, notice).await;
}

/// What opening the store found and put right. An empty store where there was one before is what a missing disk looks like.
///
/// # Errors
/// The record cannot be written.
pub async fn tell_recovery(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let Some(recovery) = pipeline.ledger.recovery() else {
        return Ok(());
    };
    tracing::info!(created = recovery.created, cut = ?recovery.cut, head = ?recovery.head, index = ?recovery.index, "the store was opened");
    let (now, mut notices) = (pipeline.now(), Vec::new());
    if recovery.created {
        notices.push(causes::store_created(now));
    } else if !matches!(recovery.head, KnownHead::Known(_)) {
        notices.push(causes::chain_broken("journal/head", now));
    }
    notices.extend(recovery.cut.as_ref().map(|cut| {
        let segment = cut.path.file_name().unwrap_or_default().to_string_lossy();
        causes::journal_repaired(&format!("{segment} @ {}", cut.offset), cut.bytes, now)
    }));
    match notices.is_empty() {
        true => Ok(()),
        false => pipeline.raise(notices).await,
    }
}

fn disk_trouble(error: &PipelineError) -> Option<DiskTrouble> {
    let store: &StoreError = match error {
        PipelineError::Ledger(LedgerError::Store(error)) => error,
        PipelineError::Ledger(LedgerError::Refused(error)) => error,
        _ => return None,
    };
    Some(match store {
        StoreError::ClockBehind { .. } => DiskTrouble::Clock,
        // What is lost is told as a loss.
        error if error.is_lost_blob() => return None,
        error if error.is_full() => DiskTrouble::Full,
        error if error.is_read_only() => DiskTrouble::ReadOnly,
        _ => DiskTrouble::Failing,
    })
}
