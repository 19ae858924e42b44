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

/// Keeps one evidence document and links it, in the order of its keys. What nothing fits is an orphan. Under the same bytes it may come again by
/// another way and name its message then.
pub fn take_evidence(
    found: &FoundEvidence,
    message: Sha256,
    entries: &[Entry],
    at: Timestamp,
    state: &mut Overlay<'_>,
) -> Result<(), LedgerError> {
    let sha256 = found.evidence.sha256;
    let known: Option<EvidenceState> = state.get(&key::evidence(&sha256))?;
    let is_new = known.is_none();
    let mut evidence = known.unwrap_or_else(|| EvidenceState {
        found: FoundEvidence {
            link_keys: Vec::new(),
            ..found.clone()
        },
        in_message: message,
        seen_at: at,
        numbers: Vec::new(),
        linked_by: None,
        waited_for: Vec::new(),
    });
    let keys = &mut evidence.found.link_keys;
    let before = keys.len();
    for link_key in &found.link_keys {
        if !keys.contains(link_key) {
            state.put(key::evidence_by(link_key, &sha256), &())?;
            keys.push(link_key.clone());
        }
    }
    if !is_new && keys.len() == before {
        return Ok(());
    }
    if is_new && keys.is_empty() && carries_original(entries) {
        evidence.numbers = entries.iter().map(|entry| entry.register_number).collect();
        evidence.linked_by = Some("same-envelope".to_owned());
        state.put(key::evidence(&sha256), &evidence)?;
        return attach(&evidence, &evidence.numbers, "same-envelope", state);
    }
    let (first_mail, orphan) = (evidence.in_message, key::orphan(&sha256));
    let was_orphan = !is_new && state.contains(&orphan)?;
    if is_new {
        state.put(orphan.clone(), &())?;
    }
    link(evidence, !is_new, state)?;
    if was_orphan {
        flag_orphan_mail(first_mail, state)?;
    }
    match state.contains(&orphan)? {
        true => flag_orphan_mail(message, state),
        false => Ok(()),
    }
}

/// Links evidence with the messages of its first key that fits, and with what we sent under any of them: that a copy of it arrived here, too, must
/// not keep its evidence from it. `waited`: it was here before them.
fn link(mut evidence: EvidenceState, waited: bool, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let sha256 = evidence.found.evidence.sha256;
    let mut groups = Vec::new();
    for link_key in &evidence.found.link_keys {
        let mut new = Vec::new();
        for number in state
            .get::<Vec<RegisterNumber>>(&key::linked_messages(link_key))?
            .unwrap_or_default()
        {
            let fits = evidence.numbers.is_empty() || state.entry(number)?.is_some_and(|entry| entry.is_sent());
            if fits && !evidence.numbers.contains(&number) {
                new.push(number);
            }
        }
        if !new.is_empty() {
            evidence.numbers.extend(&new);
            groups.push((link_kind(link_key), new));
        }
    }
    let Some((first, _)) = groups.first() else {
        return state.put(key::evidence(&sha256), &evidence);
    };
    evidence.linked_by.get_or_insert_with(|| first.clone());
    if waited {
        evidence.waited_for.extend(groups.iter().flat_map(|(_, new)| new));
    }
    state.put(key::evidence(&sha256), &evidence)?;
    state.remove(key::orphan(&sha256));
    groups.iter().try_for_each(|(by, new)| attach(&evidence, new, by, state))
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
pub fn adopt_orphans(link_keys: &[String], is_sent: bool, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
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
        let Some(evidence) = state.get::<EvidenceState>(&key::evidence(&sha256))? else {
            continue;
        };
        let mail = evidence.in_message;
        link(evidence, true, state)?;
        if is_orphan {
            flag_orphan_mail(mail, state)?;
        }
    }
    Ok(())
}

/// Shows the evidence at its entries; its time beats the arithmetic of the deadlines.
fn attach(evidence: &EvidenceState, numbers: &[RegisterNumber], by: &str, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
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
