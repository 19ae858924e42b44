//! Deleting on the server, where that is configured: what lacks a single proof stays there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::hash::Sha256;
use crate::ledger::event::{Acknowledged, Event};
use crate::ledger::{Ledger, LedgerError};
use crate::mailbox::{ErrorClass, Locator, Mailbox, MailboxError};
use crate::pipeline::Pipeline;
use crate::register::entry::{Entry, State};
use crate::store::blobs::Blobs;
use crate::store::disk::RealDisk;
use crate::store::{Store, blobs_folder};

/// Deletions in a row that may fail before it goes on tomorrow: one message that the server will not delete keeps no other.
const FAILURES: u32 = 3;

/// Deletes on the server what is registered and read, old enough, and provably durable here and in the backup, its evidence too; the mailbox
/// itself sees to it that no evidence is missing.
///
/// # Errors
/// The server refuses the credentials: nothing may be asked of it any more. Anything else is logged and tried again tomorrow.
pub(super) async fn remove(
    pipeline: &Arc<Pipeline>,
    mailbox: &mut dyn Mailbox,
    after: Duration,
    backup: &Path,
) -> Result<(), MailboxError> {
    let name = mailbox.name().to_owned();
    let before = SignedDuration::try_from(after)
        .ok()
        .and_then(|after| pipeline.now().checked_sub(after).ok());
    let Some(before) = before else { return Ok(()) };
    let (old, evidence) = match candidates(&pipeline.ledger, mailbox, before) {
        Ok(candidates) => candidates,
        Err(error) => {
            tracing::error!(mailbox = name, %error, "nothing is deleted on the server");
            return Ok(());
        }
    };
    let mut failures = 0;
    for (locator, sha256) in old {
        let belongings = evidence.get(&locator.id).cloned().unwrap_or_default();
        let (inner, backup) = (Arc::clone(pipeline), backup.to_owned());
        let all: Vec<Sha256> = [vec![sha256], belongings].concat();
        let proved = tokio::task::spawn_blocking(move || proved(&inner.ledger, &backup, &all)).await;
        if !matches!(proved, Ok(true)) {
            tracing::warn!(
                mailbox = name,
                message = sha256.short(),
                "not proved to be read, here and in the backup with its evidence; it stays on the server"
            );
            continue;
        }
        match mailbox.remove(&locator).await {
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
        let done = Event::Removed(Acknowledged {
            mailbox: name.clone(),
            locator,
        });
        if let Err(error) = pipeline.ledger.append(done).await {
            tracing::warn!(mailbox = name, %error, "a deletion on the server could not be recorded");
            return Ok(());
        }
    }
    Ok(())
}

type Old = Vec<(Locator, Sha256)>;

/// What is old enough, and the evidence here by the id of its message.
fn candidates(ledger: &Ledger, mailbox: &dyn Mailbox, before: Timestamp) -> Result<(Old, BTreeMap<String, Vec<Sha256>>), LedgerError> {
    let old = ledger.removable(mailbox.name(), before)?;
    let mut evidence: BTreeMap<String, Vec<Sha256>> = BTreeMap::new();
    for (locator, sha256) in ledger.durable(mailbox.name())? {
        if let Some(message) = mailbox.evidence_of(&locator) {
            evidence.entry(message.to_owned()).or_default().push(sha256);
        }
    }
    Ok((old, evidence))
}

/// Whether each of these was read, stands here byte for byte, and stands in the backup: its bytes, and the record of its registration.
fn proved(ledger: &Ledger, backup: &Path, all: &[Sha256]) -> bool {
    let Some(until) = copied_until(backup) else { return false };
    let copies = Blobs::open(&blobs_folder(backup), RealDisk::shared());
    all.iter()
        .all(|sha256| was_read(ledger, sha256, until).unwrap_or(false) && ledger.blobs().get(sha256).is_ok() && copies.get(sha256).is_ok())
}

/// It has its numbers, it was not set aside unread, and its registration is older than the end of the backup.
fn was_read(ledger: &Ledger, sha256: &Sha256, until: Timestamp) -> Result<bool, LedgerError> {
    let numbers = ledger.message(sha256)?.map(|message| message.numbers).unwrap_or_default();
    let mut entries = Vec::new();
    for number in &numbers {
        entries.push(ledger.entry(*number)?);
    }
    let is_read = |entry: &Entry| entry.state != State::Quarantined && entry.registered_at <= until;
    Ok(!entries.is_empty() && entries.iter().all(|entry| entry.as_ref().is_some_and(is_read)))
}

/// The time of the last record in a backup. One that was broken off has blobs, and a journal that does not name them yet.
fn copied_until(backup: &Path) -> Option<Timestamp> {
    let journal = Store::read_journal(backup, RealDisk::shared()).ok()?;
    let last = journal.read_from(journal.head().sequence).last()?;
    last.ok().map(|record| record.time)
}
