//! Zıya: notes of losses that lie beside the journal become records and alarms, and stand until somebody says what was done.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use tokio::sync::Notify;

use super::duties::stand;
use crate::alert::causes::{self, Term};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::ledger::event::Event;
use crate::ledger::{Ledger, LedgerError};
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::disk::RealDisk;
use crate::store::loss::{self, Finder, Loss};
use crate::store::verify::Issue;
use crate::text::Text;

/// Days before the end of the term from which it is said to come near: there is still time for a letter.
const NEAR_DAYS: i32 = 5;

/// Opens a note for what a walk found and no note tells yet.
///
/// # Errors
/// The disk refused.
pub async fn found(pipeline: &Pipeline, issues: &[Issue], by: Finder) -> Result<(), PipelineError> {
    match note(pipeline, issues, by)? {
        Some(_) => look(pipeline).await,
        None => Ok(()),
    }
}

fn note(pipeline: &Pipeline, issues: &[Issue], by: Finder) -> Result<Option<Loss>, LedgerError> {
    let days = pipeline.settings().config.retention.loss_days;
    Ok(loss::note(
        pipeline.ledger.root(),
        &*RealDisk::shared(),
        issues,
        (by, pipeline.now(), days),
    )?)
}

/// Opens notes for what reading finds lost, as it is found, and says so: the duties put them on record. Ends when it is dropped.
pub(super) async fn keep(pipeline: &Pipeline, every: Duration, noted: &Notify) {
    loop {
        match noticed(pipeline).await {
            Ok(true) => noted.notify_one(),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "what was found lost could not be noted; it is tried again");
                super::trouble::tell_disk(pipeline, &error).await;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = pipeline.ledger.blobs().rung() => {}
        }
    }
}

/// Opens a note for what reading found lost since the last time: a page, the worker, the search, whoever read in this process. Says whether
/// it did.
///
/// # Errors
/// The record cannot be read, or the note not be written; then it is tried again.
pub(super) async fn noticed(pipeline: &Pipeline) -> Result<bool, PipelineError> {
    let noticed = pipeline.ledger.blobs().take_noticed();
    if noticed.is_empty() {
        return Ok(false);
    }
    let (ledger, hashes) = (Arc::clone(&pipeline.ledger), noticed.clone());
    let looked = tokio::task::spawn_blocking(move || still_lost(&ledger, &hashes)).await;
    let told = match looked.map_err(|error| PipelineError::Broken(error.to_string())) {
        Ok(Ok(issues)) => note(pipeline, &issues, Finder::Reading).map_err(PipelineError::from),
        Ok(Err(error)) => Err(error.into()),
        Err(error) => Err(error),
    };
    if told.is_err() {
        noticed.into_iter().for_each(|hash| pipeline.ledger.blobs().notice(hash));
    }
    Ok(told?.is_some())
}

/// What went by a disposal list while somebody read it is not lost, and what nothing names was never promised.
fn still_lost(ledger: &Ledger, hashes: &BTreeSet<Sha256>) -> Result<Vec<Issue>, LedgerError> {
    let mut issues = Vec::new();
    // All entries are walked for them, which takes a while: once, and only where something is lost that is no message.
    let mut objects: Option<BTreeSet<Sha256>> = None;
    for hash in hashes {
        let Some(issue) = ledger.blobs().verify(hash).err().as_ref().and_then(loss::of_error) else {
            continue;
        };
        let is_named = ledger.message(hash)?.is_some() || {
            let known = objects.take().map_or_else(|| ledger.objects(), Ok)?;
            objects.insert(known).contains(hash)
        };
        // Asked last: what goes by a disposal list is named as gone before it goes.
        if is_named && !ledger.is_gone(hash)? {
            issues.push(issue);
        }
    }
    Ok(issues)
}

/// Puts notes on record that the journal does not know, whoever wrote them, puts back those that only the journal knows, and tells of them.
/// Public for tests that are the clock.
///
/// # Errors
/// The record cannot be read or written.
pub async fn look(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let (ledger, now) = (&pipeline.ledger, pipeline.now());
    for known in ledger.losses()?.iter().filter(|loss| loss.is_open()) {
        let put = loss::put_back(ledger.root(), &*RealDisk::shared(), known);
        if put.map_err(crate::ledger::LedgerError::from)? {
            tracing::warn!(id = known.id, "the note of a loss was gone and is put back from the journal");
        }
    }
    for loss in noted(pipeline)? {
        if ledger.loss(&loss.id)?.as_ref() != Some(&loss) {
            ledger.append(Event::Loss(Box::new(loss.clone()))).await?;
        }
        let begun = loss.is_open().then(|| causes::loss_found(&loss, now));
        stand(pipeline, format!("loss/{}", loss.id), begun, Some(causes::loss_closed(&loss, now))).await?;
        let left = loss.days_left(local_day(now));
        for (name, term, holds) in [("near", Term::Near, left <= NEAR_DAYS), ("passed", Term::Passed, left < 0)] {
            // What is over is not said to come near.
            let begun = (loss.is_open() && holds).then(|| causes::loss_term(&loss, term, now));
            stand(pipeline, format!("loss/{}/{name}", loss.id), begun, None).await?;
        }
    }
    Ok(())
}

/// For the daily report: every day while one stands.
pub(super) fn remarks(pipeline: &Pipeline, today: Date) -> Result<Vec<Text>, PipelineError> {
    let open = noted(pipeline)?.into_iter().filter(Loss::is_open);
    Ok(open
        .map(|loss| {
            let (id, until, left) = (&loss.id, loss.until, loss.days_left(today));
            Text::new(
                format!("ZIYA {id} açık: bildirim süresi {until} günü biter ({left} gün). 'kep-gateway loss show {id}' ile bakın."),
                format!("LOSS {id} stands: the term to report it ends on {until} ({left} days). See 'kep-gateway loss show {id}'."),
            )
        })
        .collect())
}

/// The notes beside the journal.
///
/// # Errors
/// The disk refused.
fn noted(pipeline: &Pipeline) -> Result<Vec<Loss>, PipelineError> {
    let all = loss::all(pipeline.ledger.root(), &*RealDisk::shared());
    Ok(all.map_err(crate::ledger::LedgerError::from)?)
}
