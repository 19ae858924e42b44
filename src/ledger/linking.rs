//! The part of the fold that joins evidence and messages, in whichever order they come.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::event::FoundEvidence;
use super::fold::amend_entry;
use super::overlay::Overlay;
use super::state::{EvidenceState, MessageState};
use super::{LedgerError, key, sent};
use crate::hash::Sha256;
use crate::message::MessageKind;
use crate::register::entry::{Entry, RegisterNumber, flag};
use crate::register::{deadlines, evidence_record, is_negative};

/// Evidence that was known is judged otherwise now: it keeps its links, and every entry that shows it shows the new verdict.
pub fn judge_evidence_again(known: EvidenceState, found: &FoundEvidence, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let (sha256, indication) = (found.evidence.sha256, found.report.indication);
    for number in &known.numbers {
        amend_entry(*number, state, |entry| {
            entry
                .evidence
                .iter_mut()
                .filter(|record| record.sha256 == sha256)
                .for_each(|record| record.indication = indication);
        })?;
    }
    let judged = EvidenceState {
        found: FoundEvidence {
            report: found.report.clone(),
            ..known.found
        },
        ..known
    };
    state.put(key::evidence(&sha256), &judged)?;
    judged.numbers.iter().try_for_each(|number| sent::follow(*number, state))
}

/// Keeps one evidence document and links it, in the order of its keys. What nothing fits is an orphan.
pub fn take_evidence(
    found: &FoundEvidence,
    message: Sha256,
    entries: &[Entry],
    at: Timestamp,
    state: &mut Overlay<'_>,
) -> Result<(), LedgerError> {
    let sha256 = found.evidence.sha256;
    if state.contains(&key::evidence(&sha256))? {
        return Ok(());
    }
    let mut link = None;
    for link_key in &found.link_keys {
        state.put(key::evidence_by(link_key, &sha256), &())?;
        if link.is_none()
            && let Some(numbers) = state.get::<Vec<RegisterNumber>>(&key::linked_messages(link_key))?
        {
            link = Some((numbers, link_kind(link_key)));
        }
    }
    if link.is_none() && found.link_keys.is_empty() && carries_original(entries) {
        let own = entries.iter().map(|entry| entry.register_number).collect();
        link = Some((own, "same-envelope".to_owned()));
    }
    let (numbers, linked_by) = link.map_or((Vec::new(), None), |(numbers, by)| (numbers, Some(by)));
    let evidence = EvidenceState {
        found: found.clone(),
        in_message: message,
        seen_at: at,
        numbers: numbers.clone(),
        linked_by: linked_by.clone(),
    };
    state.put(key::evidence(&sha256), &evidence)?;
    match linked_by {
        Some(by) => attach(&evidence, &numbers, &by, state),
        None => {
            state.put(key::orphan(&sha256), &())?;
            flag_orphan_mail(message, state)
        }
    }
}

/// An evidence mail carries the flag while any of its evidence is an orphan.
fn flag_orphan_mail(message: Sha256, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let numbers = state
        .get::<MessageState>(&key::message(&message))?
        .map(|message| message.numbers)
        .unwrap_or_default();
    for number in numbers {
        let Some(mut entry) = state.take_entry(number)? else {
            continue;
        };
        let mut waits = false;
        for record in &entry.evidence {
            waits |= state.contains(&key::orphan(&record.sha256))?;
        }
        match waits && entry.message.kind == MessageKind::Evidence {
            true => entry.flags.insert(flag::ORPHAN_EVIDENCE.to_owned()),
            false => entry.flags.remove(flag::ORPHAN_EVIDENCE),
        };
        state.put_entry(entry);
    }
    Ok(())
}

/// Evidence without any identifier speaks of the message in whose envelope it lies, if there is one.
fn carries_original(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.message.kind != MessageKind::Evidence)
}

/// Evidence that came before its message is linked when the message arrives, by the same key as if it had come after it.
/// `is_sent`: the message is one that we sent, and evidence that another copy has already speaks of it too.
pub fn adopt_orphans(link_keys: &[String], numbers: &[RegisterNumber], is_sent: bool, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let mut waiting: BTreeSet<Sha256> = BTreeSet::new();
    for link_key in link_keys {
        waiting.extend(
            state
                .keys(&key::evidence_under(link_key))?
                .iter()
                .filter_map(|name| key::trailing_sha256(name)),
        );
    }
    for sha256 in waiting {
        let is_orphan = state.contains(&key::orphan(&sha256))?;
        if !is_orphan && !is_sent {
            continue;
        }
        let Some(mut evidence) = state.get::<EvidenceState>(&key::evidence(&sha256))? else {
            continue;
        };
        if !is_orphan {
            sent::share(evidence, numbers, link_keys, state)?;
            continue;
        }
        let Some(by) = evidence
            .found
            .link_keys
            .iter()
            .find(|key| link_keys.contains(key))
            .map(|key| link_kind(key))
        else {
            continue;
        };
        evidence.numbers = numbers.to_vec();
        evidence.linked_by = Some(by.clone());
        state.put(key::evidence(&sha256), &evidence)?;
        state.remove(key::orphan(&sha256));
        attach(&evidence, numbers, &by, state)?;
        flag_orphan_mail(evidence.in_message, state)?;
    }
    Ok(())
}

/// Shows the evidence at its entries; its time beats the arithmetic of the deadlines.
pub(super) fn attach(evidence: &EvidenceState, numbers: &[RegisterNumber], by: &str, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let proof = &evidence.found.evidence;
    let record = evidence_record(proof, evidence.found.report.indication, by);
    for number in numbers {
        amend_entry(*number, state, |entry| {
            entry.evidence.retain(|known| known.sha256 != record.sha256);
            entry.evidence.push(record.clone());
            if is_negative(&record) {
                entry.flags.insert(flag::NEGATIVE_EVIDENCE.to_owned());
            }
            deadlines::bring_forward(&mut entry.deadlines, &record, &entry.message.recipients);
        })?;
        sent::follow(*number, state)?;
    }
    Ok(())
}

/// The word before the colon: how a link key links.
pub(super) fn link_kind(link_key: &str) -> String {
    link_key.split(':').next().unwrap_or_default().to_owned()
}
