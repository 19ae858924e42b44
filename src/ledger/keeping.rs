//! The part of the fold that knows what is kept, held and gone.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::event::{DisposalApproved, DisposalBegun, DisposalDone, DisposalWithdrawn, LegalHold, RetentionClassed};
use super::fold::amend_entry;
use super::overlay::Overlay;
use super::retention::needs::{named, of_papers};
use super::{LedgerError, key};
use crate::checklist::entered::FileState;
use crate::hash::Sha256;
use crate::register::disposal::{Approval, Disposal, DisposalList, Ended, Stage};
use crate::register::entry::{Entry, RegisterNumber, flag};
use crate::register::retention::{Disposed, Hold, Keeping, KeepingDeed, KeepingWord};

pub fn classed(classed: &RetentionClassed, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let RetentionClassed {
        number,
        class,
        reason,
        by,
        uid,
    } = classed;
    amend(*number, state, |keeping| {
        keeping.class.clone_from(class);
        keeping.deeds.push(deed(at, (by, *uid), KeepingWord::Class(class.clone()), reason));
    })?;
    // Whoever follows the entries must look at it again.
    amend_entry(*number, state, |_| {})
}

pub fn held(hold: &LegalHold, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let LegalHold {
        number,
        held,
        hold,
        reason,
        by,
        uid,
    } = hold;
    let mut stands = false;
    amend(*number, state, |keeping| {
        let word = match held {
            true => {
                let before = keeping.deeds.iter().filter(|deed| deed.what == KeepingWord::Held).count();
                keeping.holds.push(Hold {
                    id: u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1),
                    since: at,
                    by: by.clone(),
                    reason: reason.clone(),
                });
                KeepingWord::Held
            }
            false => {
                keeping
                    .holds
                    .retain(|standing| hold.is_some_and(|released| released != standing.id));
                KeepingWord::Released
            }
        };
        keeping.deeds.push(deed(at, (by, *uid), word, reason));
        stands = !keeping.holds.is_empty();
    })?;
    amend_entry(*number, state, |entry| {
        match stands {
            true => entry.flags.insert(flag::LEGAL_HOLD.to_owned()),
            false => entry.flags.remove(flag::LEGAL_HOLD),
        };
    })
}

pub fn proposed(list: &DisposalList, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    for listed in &list.entries {
        amend(listed.number, state, |keeping| keeping.listed = Some(list.id))?;
    }
    state.put(key::disposal(list.id), &Disposal::new(list.clone()))
}

pub fn approved(approved: &DisposalApproved, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    state.amend(key::disposal(approved.list), |disposal: &mut Disposal| {
        disposal.approvals.push(Approval {
            by: approved.by.clone(),
            at,
        });
        if disposal.stage == Stage::Proposed && disposal.is_approved() {
            disposal.stage = Stage::Approved;
        }
    })
}

pub fn withdrawn(withdrawn: &DisposalWithdrawn, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let name = key::disposal(withdrawn.list);
    let Some(mut disposal) = state.get::<Disposal>(&name)? else {
        return Ok(());
    };
    disposal.stage = Stage::Withdrawn;
    disposal.ended = Some(Ended {
        by: withdrawn.by.clone(),
        at,
        reason: withdrawn.reason.clone(),
    });
    for listed in &disposal.list.entries {
        amend(listed.number, state, |keeping| keeping.listed = None)?;
    }
    state.put(name, &disposal)
}

/// The entries count as disposed of from the intent on: no face shows bytes of which some may be gone already.
pub fn begun(begun: &DisposalBegun, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let name = key::disposal(begun.list);
    let Some(mut disposal) = state.get::<Disposal>(&name)? else {
        return Ok(());
    };
    disposal.stage = Stage::Begun;
    disposal.since = begun.since;
    disposal.ended = Some(Ended {
        by: begun.by.clone(),
        at,
        reason: String::new(),
    });
    for listed in &disposal.list.entries {
        amend(listed.number, state, |keeping| {
            keeping.listed = None;
            keeping.disposed = Some(Disposed { at, list: begun.list });
        })?;
        amend_entry(listed.number, state, |entry| {
            entry.flags.insert(flag::DISPOSED.to_owned());
        })?;
    }
    for blob in &begun.blobs {
        state.put(key::gone(blob), &begun.list)?;
    }
    state.put(name, &disposal)
}

pub fn done(done: &DisposalDone, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    state.amend(key::disposal(done.list), |disposal: &mut Disposal| {
        disposal.stage = Stage::Done;
        disposal.removed = done.removed;
    })
}

/// A new record names these: what went with an older entry is here again, and must stay. A disposed entry needs nothing.
pub fn needed_again(entry: &Entry, state: &mut Overlay<'_>) {
    if !entry.is_disposed() {
        named(entry).iter().for_each(|blob| state.remove(key::gone(blob)));
    }
}

/// The same, of what the verdicts on papers rest on.
pub fn papers_need_again(file: &FileState, state: &mut Overlay<'_>) {
    of_papers(file).for_each(|blob| state.remove(key::gone(&blob)));
}

/// What `before` named and `after` does not: a verdict that a later one took the place of was given all the same, and what it rested on is kept
/// as long as the entry.
pub fn supersede(
    number: RegisterNumber,
    (before, after): (BTreeSet<Sha256>, BTreeSet<Sha256>),
    state: &mut Overlay<'_>,
) -> Result<(), LedgerError> {
    let left: BTreeSet<Sha256> = before.difference(&after).copied().collect();
    match left.is_empty() {
        true => Ok(()),
        false => state.update(key::superseded(number), |known: &mut BTreeSet<Sha256>| known.extend(left)),
    }
}

fn amend(number: RegisterNumber, state: &mut Overlay<'_>, change: impl FnOnce(&mut Keeping)) -> Result<(), LedgerError> {
    state.update(key::keeping(number), change)
}

fn deed(at: Timestamp, (by, uid): (&str, Option<u32>), what: KeepingWord, reason: &str) -> KeepingDeed {
    KeepingDeed {
        at,
        by: by.to_owned(),
        what,
        reason: reason.to_owned(),
        uid,
    }
}
