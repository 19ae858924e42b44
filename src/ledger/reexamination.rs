//! What a later examination of a message means for its entries, decided and made durable in one step.

use std::sync::Arc;

use super::event::{Event, FoundEvidence, Reexamined};
use super::registration::{mark_duplicate, plan_all};
use super::state::{EvidenceState, MessageState};
use super::writer::{Decision, Pending};
use super::{Ledger, LedgerError, key};
use crate::alert::config::AlertConfig;
use crate::alert::notice::Notice;
use crate::hash::Sha256;
use crate::register::draft::Draft;
use crate::register::entry::{Asker, Entry, RegisterNumber, Why};
use crate::register::numbering::Numbering;
use crate::register::renewal::Occasion;

/// One entry that says something else now.
pub struct Changed {
    /// `None`: a document that nobody could read until now.
    pub before: Option<Entry>,
    pub after: Entry,
    /// Who is told by the routing rules.
    pub groups: Vec<String>,
}

/// Turns the changed entries into what people are told of them.
pub type AnnounceChanges = Box<dyn FnOnce(&[Changed]) -> Vec<Notice> + Send>;

/// What is known of a message after it was examined again.
pub struct Reexamination {
    pub sha256: Sha256,
    pub why: Why,
    pub asker: Asker,
    /// One for each document, in the order of the message.
    pub drafts: Vec<Draft>,
    pub link_keys: Vec<String>,
    pub evidence: Vec<FoundEvidence>,
    pub announce: AnnounceChanges,
    pub alerts: Arc<AlertConfig>,
}

impl Ledger {
    /// Appends what the later examination of a registered message brought, and answers with the entries that changed: in the order of their
    /// numbers, new ones last. Where nothing is different nothing is recorded, and the answer is empty.
    ///
    /// # Errors
    /// The disk refused; nothing happened.
    pub fn reexamine(&self, reexamination: Reexamination) -> Pending<Vec<Changed>> {
        self.commit(move |decision| decide(reexamination, decision))
    }
}

fn decide(reexamination: Reexamination, decision: &mut Decision<'_>) -> Result<Vec<Changed>, LedgerError> {
    let Reexamination {
        sha256,
        why,
        asker,
        drafts,
        link_keys,
        evidence,
        announce,
        alerts,
    } = reexamination;
    let message: Option<MessageState> = decision.state.index.get(&key::message(&sha256))?;
    let Some(message) = message.filter(|message| !message.numbers.is_empty()) else {
        return Ok(Vec::new());
    };
    let occasion = Occasion {
        at: decision.now,
        why,
        asker: asker.clone(),
    };
    let changed = changes(&message, drafts, &occasion, decision)?;
    let evidence = judged_otherwise(evidence, decision)?;
    if changed.is_empty() && evidence.is_empty() {
        return Ok(Vec::new());
    }
    let alerts = plan_all(announce(&changed), &alerts, decision);
    decision.record(Event::Reexamined(Box::new(Reexamined {
        sha256,
        why,
        asker,
        entries: changed.iter().map(|changed| changed.after.clone()).collect(),
        link_keys,
        evidence,
        alerts,
    })))?;
    Ok(changed)
}

fn changes(message: &MessageState, drafts: Vec<Draft>, occasion: &Occasion, decision: &Decision<'_>) -> Result<Vec<Changed>, LedgerError> {
    let mut numbering: Numbering = decision.state.index.get(key::NUMBERING)?.unwrap_or_default();
    let mut known: Vec<Entry> = Vec::with_capacity(message.numbers.len());
    for number in &message.numbers {
        known.extend(decision.state.index.entry(*number)?);
    }
    let mut changed = Vec::new();
    let mut shown: Vec<Entry> = Vec::new();
    for mut draft in drafts {
        let groups = draft.alert_groups.iter().cloned().collect();
        let (before, after) = match take_counterpart(&mut known, &draft) {
            // Its bytes went, or stay for the sake of another entry: the record of it is closed.
            Some(entry) if entry.is_disposed() => {
                shown.push(entry);
                continue;
            }
            Some(entry) => {
                if entry.is_set_aside() {
                    mark_duplicate(&mut draft, message, &shown, decision)?;
                }
                let Some(renewed) = entry.renewed(draft, occasion) else {
                    shown.push(entry);
                    continue;
                };
                (Some(entry), renewed)
            }
            // The message as a whole has its entry already, under one of its packages.
            None if draft.package.is_none() => continue,
            None => {
                mark_duplicate(&mut draft, message, &shown, decision)?;
                let number: RegisterNumber = numbering.assign(occasion.at)?;
                (None, draft.into_entry(number, occasion.at, message.sightings.clone()))
            }
        };
        shown.push(after.clone());
        changed.push(Changed { before, after, groups });
    }
    // New numbers follow the known ones, whatever the order in the message.
    changed.sort_by_key(|changed| changed.after.register_number);
    Ok(changed)
}

/// The entry that stands for the same package of the message, or for a message that nobody could read.
fn take_counterpart(known: &mut Vec<Entry>, draft: &Draft) -> Option<Entry> {
    let same = known
        .iter()
        .position(|entry| !entry.is_set_aside() && entry.package == draft.package);
    let at = same.or_else(|| known.iter().position(Entry::is_set_aside))?;
    Some(known.remove(at))
}

/// Evidence that is new, or whose report says something else than the one that is kept.
fn judged_otherwise(found: Vec<FoundEvidence>, decision: &Decision<'_>) -> Result<Vec<FoundEvidence>, LedgerError> {
    let mut news = Vec::new();
    for found in found {
        let known: Option<EvidenceState> = decision.state.index.get(&key::evidence(&found.evidence.sha256))?;
        if known.is_none_or(|known| !known.found.report.says_the_same_as(&found.report)) {
            news.push(found);
        }
    }
    Ok(news)
}
