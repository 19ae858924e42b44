//! store -> message -> envelope -> signature -> evidence -> store, once more: a message that has its numbers is examined again, and what it
//! says now is appended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::examine::Arrival;
use super::{ATTEMPTS, Pipeline, PipelineError, announce};
use crate::hash::Sha256;
use crate::ledger::event::{Attempted, Event};
use crate::ledger::reexamination::{Changed, Reexamination};
use crate::ledger::state::MessageState;
use crate::register::entry::{Asker, RegisterNumber, Why};
use crate::settings::Settings;
use crate::signature::report::Indication;
use crate::text::Text;

/// Attempts after which only a person may ask for a message that was set aside: it may be one that ends the process, and a program that
/// asks by itself would do so at every start.
const ATTEMPTS_BY_ITSELF: u32 = 2 * ATTEMPTS;

/// How long the fetching for one message may take when nobody waits for it: a large list from a slow server.
const FETCH_AGAIN: Duration = Duration::from_secs(90);

/// What became of one register number that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reexamined {
    pub number: RegisterNumber,
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// There is no such entry.
    Unknown,
    /// The message could not be read this time either; the entry stays as it was.
    Unreadable { reason: Text },
    /// The message was set aside and ended the program too often; only a person may ask for it.
    LeftAlone,
    /// Everything is as it was; nothing was recorded.
    Unchanged { indication: Option<Indication> },
    /// A new verdict is appended. `before`: nothing where nobody could read the message.
    Renewed {
        before: Option<Indication>,
        indication: Option<Indication>,
    },
    /// A document of an asked message that nobody could read until now, under a new number.
    Added { indication: Option<Indication> },
}

impl Pipeline {
    /// Examines the messages of these entries again, under the present settings, anchors and revocation data, and appends what is different:
    /// the newest verdict is shown, the earlier ones are kept. Answers once for each number and once for each entry that was added, in the
    /// order of the numbers.
    ///
    /// Made to be called from a queue: any number of calls may run side by side, work on live messages goes on meanwhile, and the same
    /// call twice records nothing twice. Large messages wait for the memory that `daemon.work_bytes` gives. A message that was set aside is
    /// counted as attempted before it is touched, so that one which ends the process cannot do so for ever: see [`Outcome::LeftAlone`].
    ///
    /// # Errors
    /// The disk failed. Entries answered for before stay as they became; the call may be repeated.
    pub async fn reexamine(&self, numbers: &[RegisterNumber], why: Why, asker: &Asker) -> Result<Vec<Reexamined>, PipelineError> {
        let settings = self.settings();
        let mut answers: BTreeMap<RegisterNumber, Outcome> = BTreeMap::new();
        for number in numbers {
            if answers.contains_key(number) {
                continue;
            }
            let Some(entry) = self.ledger.entry(*number)? else {
                answers.insert(*number, Outcome::Unknown);
                continue;
            };
            if let Some(disposed) = self.ledger.disposed(&entry)? {
                answers.insert(*number, Outcome::Unreadable { reason: disposed });
                continue;
            }
            let asked = |of: &RegisterNumber| numbers.contains(of);
            let outcomes = self.reexamine_message(entry.message.sha256, why, asker, &settings).await?;
            answers.extend(
                outcomes
                    .into_iter()
                    .filter(|(number, outcome)| asked(number) || matches!(outcome, Outcome::Added { .. })),
            );
        }
        Ok(answers
            .into_iter()
            .map(|(number, outcome)| Reexamined { number, outcome })
            .collect())
    }

    /// The outcome for every entry of one message.
    async fn reexamine_message(
        &self,
        sha256: Sha256,
        why: Why,
        asker: &Asker,
        settings: &Arc<Settings>,
    ) -> Result<BTreeMap<RegisterNumber, Outcome>, PipelineError> {
        let Some(message) = self.ledger.message(&sha256)? else {
            return Ok(BTreeMap::new());
        };
        let numbers = message.numbers.clone();
        let all = |outcome: Outcome| numbers.iter().map(|number| (*number, outcome.clone())).collect();
        if self.is_set_aside(&message)? {
            if why != Why::Operator && message.attempts >= ATTEMPTS_BY_ITSELF {
                return Ok(all(Outcome::LeftAlone));
            }
            let messages = vec![sha256];
            self.ledger.append(Event::Attempted(Attempted { messages })).await?;
        }
        let mut arrival = Arrival::of(sha256, &message, settings);
        // What it was registered as it stays, whatever the folders are called today.
        arrival.sent = self.was_sent(&message)?.unwrap_or(arrival.sent);
        let _permit = self.room_for(&message).await?;
        let examined = match self.examine(&arrival, settings, message.numbers, FETCH_AGAIN).await? {
            Ok(examined) => examined,
            Err(unreadable) => {
                return Ok(all(Outcome::Unreadable {
                    reason: unreadable.reason(),
                }));
            }
        };
        let (prefix, now) = (settings.config.register.prefix.clone(), self.now());
        let changed = self
            .ledger
            .reexamine(Reexamination {
                sha256,
                why,
                asker: asker.clone(),
                drafts: examined.drafts,
                link_keys: examined.link_keys,
                evidence: examined.evidence,
                announce: Box::new(move |changed| tell(changed, &prefix, now)),
                alerts: Arc::clone(&settings.alerts),
            })
            .await;
        drop(examined.pinned);
        let changed = changed?;
        let mut outcomes: BTreeMap<RegisterNumber, Outcome> = BTreeMap::new();
        for number in numbers {
            let entry = self.ledger.entry(number)?;
            let indication = entry.and_then(|entry| entry.verdict).map(|verdict| verdict.indication);
            outcomes.insert(number, Outcome::Unchanged { indication });
        }
        outcomes.extend(changed.iter().map(|changed| (changed.after.register_number, outcome(changed))));
        tracing::info!(message = sha256.short(), ?why, changed = changed.len(), "examined again");
        Ok(outcomes)
    }

    /// Whether the message was registered as sent; `None` while nobody could read it.
    fn was_sent(&self, message: &MessageState) -> Result<Option<bool>, PipelineError> {
        for number in &message.numbers {
            if let Some(entry) = self.ledger.entry(*number)?.filter(|entry| !entry.is_set_aside()) {
                return Ok(Some(entry.is_sent()));
            }
        }
        Ok(None)
    }

    fn is_set_aside(&self, message: &MessageState) -> Result<bool, PipelineError> {
        for number in &message.numbers {
            if self.ledger.entry(*number)?.is_some_and(|entry| entry.is_set_aside()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn outcome(changed: &Changed) -> Outcome {
    let indication = changed.after.verdict.as_ref().map(|verdict| verdict.indication);
    match &changed.before {
        Some(before) => Outcome::Renewed {
            before: before.verdict.as_ref().map(|verdict| verdict.indication),
            indication,
        },
        None => Outcome::Added { indication },
    }
}

fn tell(changed: &[Changed], prefix: &str, at: Timestamp) -> Vec<crate::alert::notice::Notice> {
    let of = |changed: &Changed| announce::of_changed(changed.before.as_ref(), &changed.after, prefix, &changed.groups, at);
    changed.iter().flat_map(of).collect()
}
