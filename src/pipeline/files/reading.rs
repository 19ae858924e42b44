//! Reads the papers of one message, apart from everything else: its bytes are a stranger's.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::{Follower, Pipeline, PipelineError};
use crate::checklist::config::Checklist;
use crate::checklist::entered::Read;
use crate::checklist::papers::Reading;
use crate::isolate;
use crate::ledger::LedgerError;
use crate::opener::Kept;
use crate::pipeline::papers::{self, References};
use crate::register::entry::{Entry, RegisterNumber};
use crate::settings::Settings;
use crate::signature::Context;
use crate::store::error::bytes_lost;
use crate::text::Text;

/// How long what a verdict lacks is fetched for one message. Nobody waits for it; what takes longer is tried again.
const FETCH_FOR: Duration = Duration::from_secs(20);

/// Bytes of what one message says, as the record keeps it. Hundreds of signatures fit; what needs more would not fit into a record, and
/// whoever opens the file reads all of it.
const MOST_READ: usize = 2 << 20;

/// Pauses between the tries of one message whose signatures are uncertain, the last one from then on.
const PAUSES: [SignedDuration; 5] = [
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
];

impl Pipeline {
    pub(super) async fn references_of(&self, entry: &Entry, settings: &Arc<Settings>) -> Result<References, PipelineError> {
        let read = self
            .apart(entry, settings, |raw, entry, settings, kept| {
                papers::references(raw, entry, settings, kept)
            })
            .await?;
        Ok(read.unwrap_or_default())
    }

    /// Does hostile work on the message of an entry; `Err`: why it could not be done.
    async fn apart<T: Send + 'static>(
        &self,
        entry: &Entry,
        settings: &Arc<Settings>,
        work: impl FnOnce(&Bytes, &Entry, &Settings, &Kept) -> T + Send + 'static,
    ) -> Result<Result<T, Text>, PipelineError> {
        let (ledger, entry, settings) = (Arc::clone(&self.ledger), entry.clone(), Arc::clone(settings));
        let task = move || {
            let raw: Bytes = match ledger.blobs().get(&entry.message.sha256) {
                Ok(raw) => raw,
                Err(error) if error.is_transient() => return Err(LedgerError::from(error)),
                Err(error) => {
                    tracing::error!(%error, "the papers of a message cannot be read");
                    return Ok(Err(bytes_lost()));
                }
            };
            let kept = ledger.kept([&entry])?;
            let deadline = settings.limits.parse_deadline;
            let done = isolate::run(deadline, move || work(&raw, &entry, &settings, &kept));
            Ok(done.map_err(|broken| broken.text()))
        };
        let outcome = tokio::task::spawn_blocking(task).await;
        Ok(outcome.map_err(|error| PipelineError::Broken(error.to_string()))??)
    }

    /// Reads the papers of one message and records what they say; what the verdicts lack is fetched. Says whether it is anything new.
    pub(super) async fn read_papers(
        &self,
        entry: &Entry,
        checklist: &Checklist,
        completes: Option<RegisterNumber>,
        settings: &Arc<Settings>,
    ) -> Result<bool, PipelineError> {
        if entry.is_disposed() {
            return Ok(false);
        }
        // Held until the record names what is kept for it.
        let pinned = self.ledger.pins().begin();
        let mut fetching = settings.online.session(FETCH_FOR);
        let fetched_at = self.ledger.message(&entry.message.sha256)?.map(|message| message.fetched_at);
        loop {
            let (rules, now) = (checklist.clone(), self.now());
            let read = self
                .apart(entry, settings, move |raw, entry, settings, kept| {
                    // Our own record proves that the bytes existed when they were fetched.
                    let context: Context = settings.judging(now).with_proof(fetched_at);
                    let reading = papers::read(raw, entry, &rules, settings, &context, kept);
                    (reading, context.trail)
                })
                .await?;
            let (reading, objects) = match read {
                Ok((reading, trail)) => {
                    let wanted = if reading.is_open() { trail.wanted() } else { Vec::new() };
                    if fetching.fetch(&wanted, self.now()).await {
                        continue;
                    }
                    self.keep_objects(&pinned, &trail).await?;
                    settings.online.cache().touch(&trail.from_outside(), self.now());
                    (reading, trail.objects())
                }
                Err(problem) => {
                    let reading = Reading {
                        unreadable: Some(problem),
                        ..Reading::default()
                    };
                    (reading, Vec::new())
                }
            };
            let read = Read {
                checklist: checklist.name.clone(),
                rules: checklist.sha256,
                at: now,
                reading: bounded(reading),
                objects,
            };
            let recorded = self.ledger.papers_read(entry.register_number, read, completes).await?;
            if recorded {
                tracing::info!(number = %entry.register_number, "the papers of an application file were read");
            }
            return Ok(recorded);
        }
    }

    /// What could not be settled is tried again, ever more seldom.
    pub(super) async fn try_uncertain(
        &self,
        settings: &Arc<Settings>,
        until: Instant,
        follower: &mut Follower,
    ) -> Result<usize, PipelineError> {
        let now = self.now();
        let is_due = |(tries, last): &(usize, Timestamp)| {
            let pause = PAUSES.get(*tries).or(PAUSES.last()).copied().unwrap_or_default();
            last.saturating_add(pause).is_ok_and(|due| due <= now)
        };
        let due: Vec<RegisterNumber> = follower
            .uncertain
            .iter()
            .filter(|(_, tries)| is_due(tries))
            .map(|(number, _)| *number)
            .collect();
        let mut recorded = 0;
        for number in due {
            if Instant::now() >= until {
                break;
            }
            if let Some((tries, last)) = follower.uncertain.get_mut(&number) {
                (*tries, *last) = (*tries + 1, now);
            }
            let Some(entry) = self.ledger.entry(number)? else { continue };
            self.note(&entry, follower)?;
            if !follower.uncertain.contains_key(&number) {
                continue;
            }
            let state = self.ledger.file_state(number)?.unwrap_or_default();
            let Some(checklist) = self.checklist_of(&entry, &state, settings)? else {
                continue;
            };
            recorded += usize::from(self.read_papers(&entry, checklist, state.part_of, settings).await?);
            self.note(&entry, follower)?;
        }
        Ok(recorded)
    }
}

/// What a reading says, as long as the record takes it.
fn bounded(reading: Reading) -> Reading {
    match serde_json::to_vec(&reading) {
        Ok(json) if json.len() <= MOST_READ => reading,
        _ => Reading {
            unreadable: Some(Text::new(
                "imzalarının sonucu kayda sığmayacak kadar büyük",
                "the verdicts on its signatures are too large for the record",
            )),
            ..Reading::default()
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_does_not_fit_into_a_record_is_unreadable_and_no_error() {
        let small = Reading {
            unreadable: Some("bozuk".into()),
            ..Reading::default()
        };
        assert_eq!(bounded(small.clone()), small);
        let large = Reading {
            unreadable: Some("x".repeat(MOST_READ).into()),
            ..Reading::default()
        };
        let told = bounded(large);
        assert!(
            told.is_open() && serde_json::to_vec(&told).unwrap().len() < 1_000,
            "it is said, tried again, and complete never"
        );
    }
}
