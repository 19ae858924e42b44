//! Deleting on the server, where that is configured: what lacks a single proof stays there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock::local_day;
use crate::hash::Sha256;
use crate::ledger::event::{Acknowledged, Event};
use crate::ledger::{Ledger, LedgerError};
use crate::mailbox::{ErrorClass, Locator, Mailbox, MailboxError};
use crate::pipeline::Pipeline;
use crate::register::entry::{Entry, State};
use crate::store::blobs::Blobs;
use crate::store::disk::RealDisk;
use crate::store::{Store, blobs_folder};

/// Deletions in a row that may fail before it goes on tomorrow, behind them: messages that the server will not delete keep no other.
const FAILURES: u32 = 10;

/// How often old messages are looked at for deletion on the server: space is needed by the month.
const EVERY: Duration = Duration::from_secs(86_400);

/// How long one turn of deleting may take: meanwhile nobody looks for new messages.
pub const TURN: Duration = Duration::from_secs(600);

/// The share of the age in days on which the mailbox must have been looked into. A clock that jumped ahead makes everything old, and leaves no
/// such days behind it; a machine that rests at weekends leaves five of seven.
const LOOKED_INTO: u64 = 2;

/// The round through the old messages of one mailbox, in turns between its checks.
pub struct Removal {
    turn: Duration,
    /// The last message that was asked about: the next turn begins behind it.
    asked: Option<Locator>,
    /// When the round ended.
    ended: Option<Instant>,
}

impl Removal {
    /// `turn`: how long it may go on before the mailbox is looked into again.
    pub fn new(turn: Duration) -> Self {
        Self {
            turn,
            asked: None,
            ended: None,
        }
    }

    /// Whether a round goes on, or another one is to begin.
    pub fn is_due(&self) -> bool {
        self.ended.is_none_or(|ended| ended.elapsed() >= EVERY)
    }

    /// Deletes on the server what is registered and read, old enough, and provably durable here and in the backup, its evidence too; the mailbox
    /// itself sees to it that no evidence is missing, and that these bytes are what lies there. What is deleted is known no more: should it be
    /// listed once more, it may be another message. Calls `beat` before each message.
    ///
    /// # Errors
    /// The server refuses the credentials: nothing may be asked of it any more. Anything else is logged and tried again tomorrow.
    pub async fn go_on(
        &mut self,
        pipeline: &Arc<Pipeline>,
        mailbox: &mut dyn Mailbox,
        known: &mut BTreeSet<Locator>,
        (after, backup): (Duration, &Path),
        beat: &(dyn Fn() + Sync),
    ) -> Result<(), MailboxError> {
        let began = Instant::now();
        self.ended = Some(began);
        let name = mailbox.name().to_owned();
        let mut candidates = match candidates(&pipeline.ledger, mailbox, after, pipeline.now()) {
            Ok(candidates) => candidates,
            Err(error) => {
                tracing::error!(mailbox = name, %error, "nothing is deleted on the server");
                return Ok(());
            }
        };
        candidates.sort_by(|one, other| one.locator.cmp(&other.locator));
        if let Some(asked) = self.asked.take() {
            candidates.retain(|candidate| candidate.locator > asked);
        }
        if candidates.is_empty() {
            return Ok(());
        }
        let (inner, backup) = (Arc::clone(pipeline), backup.to_owned());
        let copy = tokio::task::spawn_blocking(move || Copy::open(&inner.ledger, &backup)).await;
        let Some(copy) = copy.ok().flatten().map(Arc::new) else {
            tracing::warn!(
                mailbox = name,
                "delete_backup holds no backup of this record; nothing is deleted on the server"
            );
            return Ok(());
        };
        let mut failures = 0;
        for (nth, Candidate { locator, sha256, evidence }) in candidates.into_iter().enumerate() {
            if nth > 0 && began.elapsed() >= self.turn {
                tracing::info!(mailbox = name, asked = nth, "deleting goes on after the next check");
                self.ended = None;
                return Ok(());
            }
            beat();
            self.asked = Some(locator.clone());
            let (inner, copy) = (Arc::clone(pipeline), Arc::clone(&copy));
            let proved = tokio::task::spawn_blocking(move || {
                let mut all = evidence.iter().chain([&sha256]);
                all.all(|sha256| {
                    was_read(&inner.ledger, sha256).unwrap_or(false) && inner.ledger.blobs().get(sha256).is_ok() && copy.holds(sha256)
                })
            });
            if !matches!(proved.await, Ok(true)) {
                tracing::warn!(
                    mailbox = name,
                    message = sha256.short(),
                    "not proved to be read, here and in the backup with its evidence; it stays on the server"
                );
                continue;
            }
            match mailbox.remove(&locator, &sha256).await {
                Ok(true) => failures = 0,
                Ok(false) => continue,
                Err(error) if error.class == ErrorClass::Authentication => return Err(error),
                Err(error) => {
                    failures += 1;
                    tracing::warn!(mailbox = name, %error, failures, "a message could not be deleted on the server; it is tried again tomorrow");
                    if failures >= FAILURES {
                        return Ok(());
                    }
                    continue;
                }
            }
            known.remove(&locator);
            let done = Event::Removed(Acknowledged {
                mailbox: name.clone(),
                locator,
            });
            if let Err(error) = pipeline.ledger.append(done).await {
                tracing::warn!(mailbox = name, %error, "a deletion on the server could not be recorded");
                return Ok(());
            }
        }
        self.asked = None;
        Ok(())
    }
}

/// A message that is old enough.
struct Candidate {
    locator: Locator,
    sha256: Sha256,
    /// Its evidence that is here.
    evidence: Vec<Sha256>,
}

fn candidates(ledger: &Ledger, mailbox: &dyn Mailbox, after: Duration, now: Timestamp) -> Result<Vec<Candidate>, LedgerError> {
    let name = mailbox.name();
    let before = SignedDuration::try_from(after).ok().and_then(|after| now.checked_sub(after).ok());
    let Some(before) = before else { return Ok(Vec::new()) };
    let mut old = ledger.removable(name, before, now)?;
    // Evidence goes with its message.
    old.retain(|(locator, _)| mailbox.evidence_of(locator).is_none());
    let days = after.as_secs() / 86_400;
    if old.is_empty() || ledger.days_checked(name, local_day(before))? < days / LOOKED_INTO {
        return Ok(Vec::new());
    }
    let mut evidence: BTreeMap<String, Vec<Sha256>> = BTreeMap::new();
    for (locator, sha256) in ledger.durable(name)? {
        if let Some(message) = mailbox.evidence_of(&locator) {
            evidence.entry(message.to_owned()).or_default().push(sha256);
        }
    }
    let with_evidence = |(locator, sha256): (Locator, Sha256)| Candidate {
        evidence: evidence.get(&locator.id).cloned().unwrap_or_default(),
        locator,
        sha256,
    };
    Ok(old.into_iter().map(with_evidence).collect())
}

/// It has its numbers, and it was not set aside unread.
fn was_read(ledger: &Ledger, sha256: &Sha256) -> Result<bool, LedgerError> {
    let numbers = ledger.message(sha256)?.map(|message| message.numbers).unwrap_or_default();
    let mut entries = Vec::new();
    for number in &numbers {
        entries.push(ledger.entry(*number)?);
    }
    let is_read = |entry: &Entry| entry.state != State::Quarantined;
    Ok(!entries.is_empty() && entries.iter().all(|entry| entry.as_ref().is_some_and(is_read)))
}

/// A backup of this very record. By its place in the chain, not by its time: a clock that was wrong when it was made, the backup of another store,
/// or of a future that a restore undid, must not vouch for what it does not hold.
struct Copy {
    blobs: Blobs,
    /// Messages that were registered behind its end. A backup that was broken off has their bytes, and no record that names them.
    behind: BTreeSet<Sha256>,
}

impl Copy {
    fn open(ledger: &Ledger, folder: &Path) -> Option<Self> {
        let (store, folder) = (ledger.root().canonicalize().ok()?, folder.canonicalize().ok()?);
        // The store is no backup of itself.
        if folder.starts_with(&store) || store.starts_with(&folder) {
            return None;
        }
        let end = Store::read_journal(&folder, RealDisk::shared()).ok()?.head();
        Some(Self {
            behind: ledger.registered_behind(end).ok()??,
            blobs: Blobs::open(&blobs_folder(&folder), RealDisk::shared()),
        })
    }

    fn holds(&self, sha256: &Sha256) -> bool {
        !self.behind.contains(sha256) && self.blobs.get(sha256).is_ok()
    }
}
