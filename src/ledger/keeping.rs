//! The part of the fold that knows what is kept, held and gone.

use jiff::Timestamp;

use super::event::{DisposalApproved, DisposalBegun, DisposalDone, DisposalWithdrawn, LegalHold, RetentionClassed};
use super::fold::amend_entry;
use super::overlay::Overlay;
use super::{LedgerError, key};
use crate::register::disposal::{Approval, Disposal, DisposalList, Ended, Stage};
use crate::register::entry::{Entry, RegisterNumber, flag};
use crate::register::retention::{Disposed, Hold, Keeping, KeepingDeed, KeepingWord};

pub fn classed(classed: &RetentionClassed, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let RetentionClassed { number, class, reason, by } = classed;
    amend(*number, state, |keeping| {
        keeping.class.clone_from(class);
        keeping.deeds.push(deed(at, by, KeepingWord::Class(class.clone()), reason));
    })?;
    // Whoever follows the entries must look at it again.
    amend_entry(*number, state, |_| {})
}

pub fn held(hold: &LegalHold, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let LegalHold { number, held, reason, by } = hold;
    amend(*number, state, |keeping| {
        keeping.hold = held.then(|| Hold {
            since: at,
            by: by.clone(),
            reason: reason.clone(),
        });
        let word = if *held { KeepingWord::Held } else { KeepingWord::Released };
        keeping.deeds.push(deed(at, by, word, reason));
    })?;
    amend_entry(*number, state, |entry| {
        match held {
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

/// A new verdict rests on these: what went with an older entry is here again, and must stay.
pub fn needed_again(entry: &Entry, state: &mut Overlay<'_>) {
    let objects = entry.verdict.iter().flat_map(|verdict| &verdict.objects);
    for object in objects.filter(|object| !object.embedded) {
        state.remove(key::gone(&object.sha256));
    }
}

fn amend(number: RegisterNumber, state: &mut Overlay<'_>, change: impl FnOnce(&mut Keeping)) -> Result<(), LedgerError> {
    state.update(key::keeping(number), change)
}

fn deed(at: Timestamp, by: &str, what: KeepingWord, reason: &str) -> KeepingDeed {
    KeepingDeed {
        at,
        by: by.to_owned(),
        what,
        reason: reason.to_owned(),
    }
}
