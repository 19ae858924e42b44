//! Verdicts that may become others by themselves: what they lack is asked for again, ever more seldom, and when it comes or a grace period
//! (kesinleşme süresi) ends, the message is judged again and the new verdict appended.
//!
//! Who waits is a fold over the journal. Only how often each was tried lives here: after a restart everybody is tried once more.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use crate::hash::Sha256;
use crate::ledger::state::Waiting;
use crate::pipeline::{Pipeline, PipelineError};
use crate::register::entry::{Asker, RegisterNumber, Why};

/// How often the queue is looked at: a grace period that is over is noticed at most this late.
const LOOK: Duration = Duration::from_secs(60);

/// How long the queue may be silent: a slow server, and not one that hangs.
const ALLOWANCE: Duration = Duration::from_secs(1_800);

/// Lists that end soon are looked for this often.
const PREFETCH: SignedDuration = SignedDuration::from_mins(15);

/// Pauses between the tries of one entry, the last one from then on: an answer that is late by minutes is found in minutes, and a thousand
/// entries that wait for an unknown root cost a thousand looks a day.
const PAUSES: [SignedDuration; 6] = [
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
];

/// A document that is registered soon after the keys were read may have been examined under the keys before: its number comes last.
const IN_WORK: SignedDuration = SignedDuration::from_mins(5);

const TASK: &str = "revalidation";

pub async fn keep(pipeline: Arc<Pipeline>, progress: Progress, stop: CancellationToken) {
    let mut queue = Queue::default();
    loop {
        progress.beat(TASK, ALLOWANCE);
        // What is cut off in the middle of fetching has changed nothing and is tried again.
        let looked = tokio::select! {
            () = stop.cancelled() => break,
            looked = queue.look(&pipeline, &progress) => looked,
        };
        if let Err(error) = looked {
            tracing::error!(%error, "verdicts wait to be renewed");
            super::trouble::tell_disk(&pipeline, &error).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    progress.end(TASK);
}

/// Who was tried how often.
#[derive(Debug, Default)]
pub struct Queue {
    tries: HashMap<RegisterNumber, Tries>,
    /// The anchors of the last look: new ones are a reason to try everybody at once.
    anchors: Option<Sha256>,
    prefetched_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    count: usize,
    last: Timestamp,
    /// The keyring that was tried.
    keys: u64,
}

impl Queue {
    /// Tries everybody who is due. Public for tests that are the clock. Says how many were tried.
    ///
    /// # Errors
    /// The record cannot be read or written.
    pub async fn look(&mut self, pipeline: &Pipeline, progress: &Progress) -> Result<usize, PipelineError> {
        self.prefetch(pipeline).await;
        let why = self.reason(pipeline);
        let waiting = pipeline.ledger.waiting()?;
        self.tries
            .retain(|number, _| waiting.binary_search_by_key(number, |one| one.number).is_ok());
        let mut tried = 0;
        for one in waiting {
            let now = pipeline.now();
            let has_new_key = self.has_new_key(&one, pipeline);
            if why == Why::Revocation && !has_new_key && !self.is_due(&one, now) {
                continue;
            }
            let why = if one.closed { Why::Retry } else { why };
            let keys = pipeline.settings().keyring.generation();
            progress.beat(TASK, ALLOWANCE);
            // Noted before: a message that cannot be read must not be tried in a circle.
            let tries = self.tries.entry(one.number).or_insert(Tries { count: 0, last: now, keys });
            *tries = Tries {
                count: tries.count + 1,
                last: now,
                keys,
            };
            pipeline.reexamine(&[one.number], why, &Asker::default()).await?;
            tried += 1;
        }
        Ok(tried)
    }

    /// It is encrypted, and the settings were read anew since somebody tried to open it.
    fn has_new_key(&self, waiting: &Waiting, pipeline: &Pipeline) -> bool {
        let keyring = &pipeline.settings().keyring;
        let is_new = match self.tries.get(&waiting.number) {
            Some(tries) => tries.keys != keyring.generation(),
            // What could not be reached is tried again by the clock.
            None if waiting.lacks => waiting.since < keyring.built(),
            None => keyring.built().duration_since(waiting.since) > -IN_WORK,
        };
        waiting.closed && is_new && !keyring.is_empty()
    }

    fn is_due(&self, waiting: &Waiting, now: Timestamp) -> bool {
        // Registered by a clock that ran ahead: nothing that it reckoned is waited for.
        if waiting.since > now && !self.tries.contains_key(&waiting.number) {
            return true;
        }
        // Only another key helps.
        if waiting.closed && !waiting.lacks && waiting.after.is_none() {
            return false;
        }
        // Nothing is missing but time.
        if let Some(after) = waiting.after.filter(|after| !waiting.lacks && now < *after) {
            tracing::trace!(number = %waiting.number, %after, "waits for the end of its grace period");
            return false;
        }
        let ended_since = |last: Timestamp| waiting.after.is_some_and(|after| last < after && after <= now);
        match self.tries.get(&waiting.number) {
            Some(tries) => ended_since(tries.last) || now >= later(tries.last, tries.count),
            None => waiting.after.is_some_and(|after| after <= now) || now >= later(waiting.since, 0),
        }
    }

    fn reason(&mut self, pipeline: &Pipeline) -> Why {
        let anchors = pipeline.settings().trust.anchors_sha256();
        match self.anchors.replace(anchors) {
            Some(before) if before != anchors => Why::Trust,
            _ => Why::Revocation,
        }
    }

    async fn prefetch(&mut self, pipeline: &Pipeline) {
        let now = pipeline.now();
        if self.prefetched_at.is_some_and(|last| now.duration_since(last) < PREFETCH) {
            return;
        }
        self.prefetched_at = Some(now);
        let came = pipeline.settings().online.prefetch(now).await;
        if came > 0 {
            tracing::info!(lists = came, "lists were fetched before they are over");
        }
    }
}

fn later(last: Timestamp, tries: usize) -> Timestamp {
    let pause = PAUSES.get(tries).or(PAUSES.last()).copied().unwrap_or_default();
    last.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_clock_that_ran_ahead_registered_is_tried_once_and_does_not_wait_for_its_dates() {
        let now: Timestamp = "2026-11-20T07:00:00Z".parse().unwrap();
        let wrong: Timestamp = "2027-06-01T07:00:00Z".parse().unwrap();
        let number = "2027/000001".parse().unwrap();
        let mut queue = Queue::default();
        for (lacks, closed, after) in [(true, false, None), (false, false, Some(wrong)), (false, true, None)] {
            let waiting = |since| Waiting {
                number,
                since,
                after,
                lacks,
                closed,
            };
            queue.tries.clear();
            assert!(!queue.is_due(&waiting(now), now));
            assert!(queue.is_due(&waiting(wrong), now));
            let tries = Tries {
                count: 1,
                last: now,
                keys: 0,
            };
            queue.tries.insert(number, tries);
            assert!(!queue.is_due(&waiting(wrong), now));
        }
    }
}
