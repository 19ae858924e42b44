//! Number, entry, evidence and alerts of one message, decided and made durable in one step.

use super::event::{Event, FoundEvidence, Registered, Seen};
use super::state::{LocatorState, MessageState};
use super::writer::{Decision, Pending};
use super::{Ledger, LedgerError, key, sent};
use crate::alert::config::AlertConfig;
use crate::alert::notice::{Cause, Notice};
use crate::alert::outbox::AlertEvent;
use crate::hash::Sha256;
use crate::mailbox::{FolderState, Locator};
use crate::register::draft::Draft;
use crate::register::entry::{Entry, RegisterNumber, flag};
use crate::register::numbering::Numbering;
use std::sync::Arc;

/// Turns finished entries into what people are told of them.
pub type Announce = Box<dyn FnOnce(&[Entry]) -> Vec<Notice> + Send>;

/// What is known of a message when it is ready for its numbers.
pub struct Registration {
    pub sha256: Sha256,
    /// One for each document, or one for a message without any.
    pub drafts: Vec<Draft>,
    pub link_keys: Vec<String>,
    pub evidence: Vec<FoundEvidence>,
    /// Who must hear of the finished entries.
    pub announce: Announce,
    pub alerts: Arc<AlertConfig>,
}

impl Ledger {
    /// Gives a message its numbers, in the order of the calls. A message that has them already keeps them: the answer is then empty and nothing is recorded.
    ///
    /// # Errors
    /// The disk refused; nothing happened and no number is used up.
    pub fn register(&self, registration: Registration) -> Pending<Vec<RegisterNumber>> {
        self.commit(move |decision| decide(registration, decision))
    }

    /// Records which messages a server lists that are not here. One that was fetched before and is listed so again is a hole until its
    /// bytes are here anew: a restored server gives known UIDs to other messages.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn see(&self, mailbox: &str, mut locators: Vec<Locator>, folders: Vec<FolderState>) -> Result<(), LedgerError> {
        let mailbox = mailbox.to_owned();
        self.commit(move |decision| {
            let mut first = Vec::new();
            for locator in locators.drain(..) {
                if !matches!(
                    decision.state.index.get(&key::locator(&mailbox, &locator))?,
                    Some(LocatorState::Seen { .. })
                ) {
                    first.push(locator);
                }
            }
            if first.is_empty() {
                Ok(())
            } else {
                decision.record(Event::Seen(Seen {
                    mailbox,
                    locators: first,
                    folders,
                }))
            }
        })
        .await
    }

    /// Puts notices into the outbox, or counts them where the throttle holds them.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn raise(&self, notices: Vec<Notice>, alerts: Arc<AlertConfig>) -> Result<(), LedgerError> {
        self.commit(move |decision| {
            notices.into_iter().try_for_each(|notice| {
                let event = decision.state.outbox.plan(notice, &alerts);
                decision.record(Event::Alert(event))
            })
        })
        .await
    }
}

fn decide(registration: Registration, decision: &mut Decision<'_>) -> Result<Vec<RegisterNumber>, LedgerError> {
    let Registration {
        sha256,
        drafts,
        link_keys,
        evidence,
        announce,
        alerts,
    } = registration;
    let message: Option<MessageState> = decision.state.index.get(&key::message(&sha256))?;
    let Some(message) = message.filter(|message| message.numbers.is_empty()) else {
        return Ok(Vec::new());
    };

    let mut numbering: Numbering = decision.state.index.get(key::NUMBERING)?.unwrap_or_default();
    let mut entries: Vec<Entry> = Vec::with_capacity(drafts.len());
    let is_sent = drafts.iter().any(|draft| draft.flags.contains(flag::SENT));
    let copied = if is_sent { sent::copied(&link_keys, decision)? } else { None };
    for mut draft in drafts {
        mark_duplicate(&mut draft, &message, &entries, decision)?;
        if let Some(first) = copied {
            draft.mark_copy_of(first);
        }
        let number = numbering.assign(decision.now)?;
        entries.push(draft.into_entry(number, decision.now, message.sightings.clone()));
    }
    let given = entries.iter().map(|entry| entry.register_number).collect();
    let mut notices = announce(&entries);
    if sent::is_told_by_the_clock(&evidence, decision)? {
        // Told once, with the number of what was sent.
        notices.retain(|notice| notice.cause != Cause::NegativeEvidence);
    }
    let alerts = plan_all(notices, &alerts, decision);
    decision.record(Event::Registered(Box::new(Registered {
        sha256,
        entries,
        link_keys,
        evidence,
        alerts,
    })))?;
    Ok(given)
}

/// What only the order of registration can tell: the same bytes were seen twice before they had a number, or the same document was examined
/// twice side by side.
pub(super) fn mark_duplicate(
    draft: &mut Draft,
    message: &MessageState,
    before: &[Entry],
    decision: &Decision<'_>,
) -> Result<(), LedgerError> {
    if message.sightings.len() > 1 {
        draft.flags.insert(flag::DUPLICATE.to_owned());
    }
    let Some(id) = draft.document.as_ref().and_then(|document| document.id.as_deref()) else {
        return Ok(());
    };
    let has_id = |entry: &&Entry| {
        entry
            .document
            .as_ref()
            .and_then(|document| document.id.as_deref())
            .is_some_and(|known| known.eq_ignore_ascii_case(id))
    };
    let beside = before.iter().find(has_id).map(|entry| entry.register_number);
    if let Some(first) = decision.state.index.get(&key::document(id))?.or(beside) {
        draft.mark_duplicate_of(first);
    }
    Ok(())
}

/// Plans notices one after another on a copy of the outbox, so that the second is held when the first is of its kind.
pub(super) fn plan_all(notices: Vec<Notice>, alerts: &AlertConfig, decision: &Decision<'_>) -> Vec<AlertEvent> {
    let mut outbox = decision.state.outbox.clone();
    notices
        .into_iter()
        .filter_map(|notice| {
            let is_for_programs = notice.cause.is_for_programs();
            let event = outbox.plan(notice, alerts);
            // No program asked: nothing to put on record.
            if is_for_programs && event.touched_jobs().is_empty() {
                return None;
            }
            outbox.apply(&event);
            Some(event)
        })
        .collect()
}
