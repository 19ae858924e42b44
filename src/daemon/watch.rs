//! One task per mailbox: check, wait, check again. A mailbox is handled serially; nothing that arrives in it can stop it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use crate::alert::causes;
use crate::ledger::event::{CheckFailed, Event};
use crate::mailbox::backoff::Backoff;
use crate::mailbox::config::MailboxConfig;
use crate::mailbox::{ErrorClass, Mailbox, MailboxError};
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::blobs::Blobs;
use crate::store::disk::RealDisk;

/// How long a look into a mailbox may take before the watchdog holds the task for dead: a full box over a slow line.
const CHECK_ALLOWANCE: Duration = Duration::from_secs(3_600);

/// Pause after the disk refused: long enough for a person to make room, short beside a business day.
const DISK_PAUSE: Duration = Duration::from_secs(30);

/// How often old messages are looked at for deletion on the server: space is needed by the month.
const REMOVE_EVERY: Duration = Duration::from_secs(86_400);

/// Watches one mailbox until it is told to stop, or until the server refuses its credentials.
pub async fn watch(pipeline: Arc<Pipeline>, config: MailboxConfig, progress: Progress, stop: CancellationToken) {
    let name = config.name().to_owned();
    let task = format!("mailbox {name}");
    progress.beat(&task, CHECK_ALLOWANCE);
    tokio::select! {
        () = stop.cancelled() => {}
        () = watch_on(&pipeline, &config, &task, &progress) => {}
    }
    progress.end(&task);
}

async fn watch_on(pipeline: &Arc<Pipeline>, config: &MailboxConfig, task: &str, progress: &Progress) {
    let (mut mailbox, mut known) = loop {
        match pipeline.open(config) {
            Ok(opened) => break opened,
            Err(PipelineError::Mailbox(error)) => return report(pipeline, &error).await,
            Err(error) => {
                tracing::error!(mailbox = config.name(), %error, "the index cannot be read; this mailbox is not watched until it can")
            }
        }
        tokio::time::sleep(DISK_PAUSE).await;
    };
    let mut backoff = Backoff::default();
    let mut removed_at: Option<tokio::time::Instant> = None;
    loop {
        progress.beat(task, CHECK_ALLOWANCE);
        let pause = match pipeline.check(&mut *mailbox, &mut known).await {
            Ok(brought) => {
                backoff.succeeded();
                tracing::info!(
                    mailbox = config.name(),
                    listed = brought.listed,
                    new = brought.new,
                    missing = brought.missing,
                    "checked"
                );
                if config.acknowledges() {
                    acknowledge(pipeline, &mut *mailbox).await;
                }
                if let Some((after, backup)) = config.removal()
                    && removed_at.is_none_or(|at| at.elapsed() >= REMOVE_EVERY)
                {
                    remove(pipeline, &mut *mailbox, after, backup).await;
                    removed_at = Some(tokio::time::Instant::now());
                }
                wait(&mut *mailbox, config.interval(), task, progress).await;
                continue;
            }
            Err(PipelineError::Mailbox(error)) => {
                report(pipeline, &error).await;
                if error.class == ErrorClass::Authentication {
                    mailbox.close().await;
                    return;
                }
                backoff.failed(rand::random())
            }
            Err(error) => {
                tracing::error!(mailbox = config.name(), %error, "what the server gave could not be kept; it stays on the server");
                super::trouble::tell_disk(pipeline, &error).await;
                DISK_PAUSE
            }
        };
        progress.beat(task, pause + CHECK_ALLOWANCE);
        tokio::time::sleep(pause).await;
    }
}

/// Waits for news or for the interval to end. A server that cuts the connection here is found out by the next check.
async fn wait(mailbox: &mut dyn Mailbox, interval: Duration, task: &str, progress: &Progress) {
    progress.beat(task, interval + CHECK_ALLOWANCE);
    let began = tokio::time::Instant::now();
    if let Err(error) = mailbox.wait(interval).await {
        tracing::info!(mailbox = mailbox.name(), %error, "waiting for news ended early; looking again at the set time");
        tokio::time::sleep_until(began + interval).await;
    }
}

/// Marks on the server what is registered here.
async fn acknowledge(pipeline: &Arc<Pipeline>, mailbox: &mut dyn Mailbox) {
    let name = mailbox.name().to_owned();
    let waiting = match pipeline.ledger.unacknowledged(&name) {
        Ok(waiting) => waiting,
        Err(error) => return tracing::error!(mailbox = name, %error, "nothing is acknowledged on the server"),
    };
    for (locator, sha256) in waiting {
        let blobs = pipeline.ledger.blobs().clone();
        // Proof of local durability for each message: the bytes are read back and hashed.
        if !matches!(tokio::task::spawn_blocking(move || blobs.get(&sha256)).await, Ok(Ok(_))) {
            tracing::error!(
                mailbox = name,
                message = sha256.short(),
                "the stored bytes cannot be proved; the server is left as it is"
            );
            continue;
        }
        if let Err(error) = mailbox.acknowledge(&locator).await {
            return tracing::warn!(mailbox = name, %error, "acknowledging on the server stopped; it goes on at the next check");
        }
        let done = Event::Acknowledged(crate::ledger::event::Acknowledged {
            mailbox: name.clone(),
            locator,
        });
        if let Err(error) = pipeline.ledger.append(done).await {
            return tracing::warn!(mailbox = name, %error, "an acknowledgement could not be recorded; it is repeated at the next check");
        }
    }
}

/// Deletes on the server what is registered, old enough, provably durable here and provably in the backup; the mailbox itself sees to the
/// evidence. What lacks any of these stays.
async fn remove(pipeline: &Arc<Pipeline>, mailbox: &mut dyn Mailbox, after: Duration, backup: &Path) {
    let name = mailbox.name().to_owned();
    let before = SignedDuration::try_from(after)
        .ok()
        .and_then(|after| pipeline.now().checked_sub(after).ok());
    let Some(before) = before else { return };
    let old = match pipeline.ledger.removable(&name, before) {
        Ok(old) => old,
        Err(error) => return tracing::error!(mailbox = name, %error, "nothing is deleted on the server"),
    };
    for (locator, sha256) in old {
        let blobs = pipeline.ledger.blobs().clone();
        let copies = Blobs::open(&crate::store::blobs_folder(backup), RealDisk::shared());
        let proved = tokio::task::spawn_blocking(move || blobs.get(&sha256).and_then(|_| copies.get(&sha256))).await;
        if !matches!(proved, Ok(Ok(_))) {
            tracing::warn!(
                mailbox = name,
                message = sha256.short(),
                "not proved to be here and in the backup; it stays on the server"
            );
            continue;
        }
        match mailbox.remove(&locator).await {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => return tracing::warn!(mailbox = name, %error, "deleting on the server stopped; it goes on tomorrow"),
        }
        let done = Event::Removed(crate::ledger::event::Acknowledged {
            mailbox: name.clone(),
            locator,
        });
        if let Err(error) = pipeline.ledger.append(done).await {
            return tracing::warn!(mailbox = name, %error, "a deletion on the server could not be recorded");
        }
    }
}

/// Records a failed check. Refused credentials alarm at once; other failures when they last. The same failure again adds nothing to the record.
pub async fn report(pipeline: &Arc<Pipeline>, error: &MailboxError) {
    tracing::warn!(mailbox = error.mailbox, step = error.step, class = ?error.class, problem = error.problem.en, cure = error.cure.en, "check failed");
    let standing = pipeline.ledger.mailbox(&error.mailbox).ok().and_then(|mailbox| mailbox.failure);
    let is_same = |failed: &CheckFailed| failed.step == error.step && failed.class == error.class && failed.problem == *error.problem;
    if error.class != ErrorClass::Authentication && standing.as_ref().is_some_and(is_same) {
        return;
    }
    let at = pipeline.now();
    let failed = CheckFailed {
        mailbox: error.mailbox.clone(),
        at,
        step: error.step.to_owned(),
        class: error.class,
        problem: (*error.problem).clone(),
        cure: error.cure.clone(),
    };
    let notices = match error.class {
        ErrorClass::Authentication => vec![causes::authentication_failure(&error.mailbox, at)],
        ErrorClass::Permanent => vec![causes::mailbox_failing(&error.mailbox, error.step, at, &error.cure, at)],
        ErrorClass::Transient => Vec::new(),
    };
    // Told first: a crash between the two tells it twice, never not at all.
    let told = pipeline.raise(notices).await;
    let recorded = pipeline.ledger.append(Event::CheckFailed(failed)).await;
    if let Err(error) = told.and(recorded.map_err(PipelineError::from)) {
        tracing::error!(%error, "a failed check could not be recorded");
    }
}
