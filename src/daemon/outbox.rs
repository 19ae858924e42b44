//! The task that tells people. Every step is in the journal before the next one, so a crash repeats a message at worst.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use crate::alert::job::{Channel, Job};
use crate::ledger::LedgerError;
use crate::ledger::event::Event;
use crate::pipeline::Pipeline;

/// How often the outbox is looked at: an alarm is at most this late.
const LOOK: Duration = Duration::from_secs(2);

/// How long a delivery with all its time-outs may take.
const DELIVERY_ALLOWANCE: Duration = Duration::from_secs(600);

/// A program that wants to hear of every document must not make the alarms of people late: after so many, and after one that a program did
/// not take, the outbox is looked at anew, and what is loudest goes first.
const WEBHOOKS_A_ROUND: usize = 30;

const TASK: &str = "outbox";

pub async fn work(pipeline: Arc<Pipeline>, progress: Progress, stop: CancellationToken) {
    while !stop.is_cancelled() {
        progress.beat(TASK, DELIVERY_ALLOWANCE);
        if let Err(error) = send_due(&pipeline, &stop).await {
            tracing::error!(%error, "alerts wait: the record cannot be written");
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    progress.end(TASK);
}

/// Delivers everything that is due now, one after another. Returns how many deliveries succeeded.
///
/// # Errors
/// The record cannot be written: then nothing more is sent.
pub async fn send_due(pipeline: &Arc<Pipeline>, stop: &CancellationToken) -> Result<usize, LedgerError> {
    let alerts = Arc::clone(&pipeline.settings().alerts);
    let due: Vec<Job> = pipeline
        .ledger
        .commit(move |decision| {
            for event in decision.state.outbox.wake(&alerts, decision.now) {
                decision.record(Event::Alert(event))?;
            }
            Ok(decision.state.outbox.due(decision.now).into_iter().cloned().collect())
        })
        .await?;
    let (mut delivered, mut posted, mut resting) = (0, 0, BTreeSet::new());
    for job in due {
        if stop.is_cancelled() {
            break;
        }
        if job.channel == Channel::Webhook && (posted >= WEBHOOKS_A_ROUND || resting.contains(&job.recipient)) {
            continue;
        }
        let (channel, recipient) = (job.channel, job.recipient.clone());
        let is_sent = send(pipeline, job).await?;
        delivered += usize::from(is_sent);
        posted += usize::from(channel == Channel::Webhook);
        if channel == Channel::Webhook && !is_sent {
            resting.insert(recipient);
        }
    }
    Ok(delivered)
}

async fn send(pipeline: &Arc<Pipeline>, job: Job) -> Result<bool, LedgerError> {
    let settings = pipeline.settings();
    let tried = job.clone();
    pipeline
        .ledger
        .commit(move |decision| {
            let event = decision.state.outbox.attempt(&tried, decision.now);
            decision.record(Event::Alert(event))
        })
        .await?;
    let outcome = settings.dispatcher.deliver(&job).await;
    let delivered = outcome.is_ok();
    if let Err(error) = &outcome {
        tracing::warn!(job = %job.id, channel = %job.channel, recipient = %job.recipient, problem = error.problem, "an alert was not delivered");
    }
    let alerts = Arc::clone(&settings.alerts);
    pipeline
        .ledger
        .commit(move |decision| {
            let event = decision.state.outbox.outcome(&job, outcome, &alerts, decision.now);
            let complaint = decision.state.outbox.complaint(&event);
            decision.record(Event::Alert(event))?;
            // That an alert cannot be delivered is told over the other ways.
            let Some(notice) = complaint else { return Ok(()) };
            let event = decision.state.outbox.plan(notice, &alerts);
            decision.record(Event::Alert(event))
        })
        .await?;
    Ok(delivered)
}

/// After a reload: what waits for recipients that are gone goes to those that are there now.
///
/// # Errors
/// The record cannot be written.
pub async fn reroute(pipeline: &Arc<Pipeline>) -> Result<(), LedgerError> {
    let alerts = Arc::clone(&pipeline.settings().alerts);
    pipeline
        .ledger
        .commit(move |decision| {
            let events = decision.state.outbox.reroute(&alerts, decision.now);
            events.into_iter().try_for_each(|event| decision.record(Event::Alert(event)))
        })
        .await
}
