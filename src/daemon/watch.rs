//! One task per mailbox: check, wait, check again. A mailbox is handled serially; nothing that arrives in it can stop it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::removal::{self, Removal};
use crate::alert::causes;
use crate::ledger::event::{CheckFailed, Event};
use crate::mailbox::backoff::Backoff;
use crate::mailbox::config::MailboxConfig;
use crate::mailbox::{ErrorClass, Locator, Mailbox, MailboxError};
use crate::pipeline::{Pipeline, PipelineError};

/// How long a look into a mailbox may take before the watchdog holds the task for dead: a full box over a slow line.
const CHECK_ALLOWANCE: Duration = Duration::from_secs(3_600);

/// Pause after the disk refused: long enough for a person to make room, short beside a business day.
const DISK_PAUSE: Duration = Duration::from_secs(30);

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
    let (mut acknowledged, mut removal) = (None, Removal::new(removal::TURN));
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
                let beat = || progress.beat(task, CHECK_ALLOWANCE);
                if let Err(error) = tend(
                    pipeline,
                    &mut *mailbox,
                    &mut known,
                    config,
                    (&mut acknowledged, &mut removal),
                    &beat,
                )
                .await
                {
                    report(pipeline, &error).await;
                    mailbox.close().await;
                    return;
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
                let pause = backoff.failed(rand::random());
                match error.class {
                    // Until a person mends it, it stays so: whatever is wrong, the credentials do not go out every minute.
                    ErrorClass::Permanent => pause.max(config.interval()),
                    ErrorClass::Authentication | ErrorClass::Transient => pause,
                }
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

/// The share of the interval by which a wait is shortened at random: mailboxes that began together must not come to their provider
/// together for ever.
const JITTER: f64 = 0.1;

/// Waits for news or for the interval to end. A server that cuts the connection here is found out by the next check.
async fn wait(mailbox: &mut dyn Mailbox, interval: Duration, task: &str, progress: &Progress) {
    progress.beat(task, interval + CHECK_ALLOWANCE);
    let interval = interval.mul_f64(1.0 - JITTER * rand::random::<f64>());
    let began = tokio::time::Instant::now();
    if let Err(error) = mailbox.wait(interval).await {
        tracing::info!(mailbox = mailbox.name(), %error, "waiting for news ended early; looking again at the set time");
        tokio::time::sleep_until(began + interval).await;
    }
}

/// What is done on the server with what is here. An error is refused credentials: whatever asks with them once more may lock the account.
async fn tend(
    pipeline: &Arc<Pipeline>,
    mailbox: &mut dyn Mailbox,
    known: &mut BTreeSet<Locator>,
    config: &MailboxConfig,
    (acknowledged, removal): (&mut Option<Locator>, &mut Removal),
    beat: &(dyn Fn() + Sync),
) -> Result<(), MailboxError> {
    if config.acknowledges() {
        acknowledge(pipeline, mailbox, acknowledged, beat).await?;
    }
    if let Some(old) = config.removal()
        && removal.is_due()
    {
        removal.go_on(pipeline, mailbox, known, old, beat).await?;
    }
    Ok(())
}

/// How long acknowledging may go on before the mailbox is looked into again; the rest follows after that check.
const ACKNOWLEDGING: Duration = Duration::from_secs(600);

/// Acknowledgements in a row that may fail before it goes on at the next check, behind them: messages that the server will not mark keep no
/// other.
const UNMARKED: u32 = 3;

/// Marks on the server what is registered here, from behind `asked`, the last one that was asked for.
async fn acknowledge(
    pipeline: &Arc<Pipeline>,
    mailbox: &mut dyn Mailbox,
    asked: &mut Option<Locator>,
    beat: &(dyn Fn() + Sync),
) -> Result<(), MailboxError> {
    let began = Instant::now();
    let name = mailbox.name().to_owned();
    let mut waiting = match pipeline.ledger.unacknowledged(&name) {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::error!(mailbox = name, %error, "nothing is acknowledged on the server");
            return Ok(());
        }
    };
    waiting.retain(|(locator, _)| mailbox.takes_acknowledgement(locator));
    waiting.sort();
    if let Some(asked) = asked.take() {
        waiting.retain(|(locator, _)| *locator > asked);
    }
    let mut failures = 0;
    for (locator, sha256) in waiting {
        if began.elapsed() >= ACKNOWLEDGING {
            return Ok(());
        }
        beat();
        *asked = Some(locator.clone());
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
        match mailbox.acknowledge(&locator).await {
            Ok(()) => failures = 0,
            Err(error) if error.class == ErrorClass::Authentication => return Err(error),
            Err(error) => {
                failures += 1;
                tracing::warn!(mailbox = name, %error, failures, "a message could not be acknowledged on the server; it is tried again at the next check");
                if failures >= UNMARKED {
                    return Ok(());
                }
                continue;
            }
        }
        let done = Event::Acknowledged(crate::ledger::event::Acknowledged {
            mailbox: name.clone(),
            locator,
        });
        if let Err(error) = pipeline.ledger.append(done).await {
            tracing::warn!(mailbox = name, %error, "an acknowledgement could not be recorded; it is repeated");
            return Ok(());
        }
    }
    *asked = None;
    Ok(())
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
    let remembered = match error.class {
        ErrorClass::Authentication => pipeline.remember_refused(&error.mailbox).await,
        ErrorClass::Permanent | ErrorClass::Transient => Ok(()),
    };
    if let Err(error) = told.and(recorded.map_err(PipelineError::from)).and(remembered) {
        tracing::error!(%error, "a failed check could not be recorded");
    }
}
