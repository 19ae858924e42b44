//! What one person decides about one entry: its class, and its legal holds.

use super::standing::{Known, checklist_around};
use super::{By, KeepingRefusal, Kept, Outcome, may_hold};
use crate::ledger::LedgerError;
use crate::ledger::event::{Event, LegalHold, RetentionClassed};
use crate::ledger::handling::NOTE_CHARS;
use crate::ledger::writer::Decision;
use crate::people::Right;
use crate::register::entry::{Entry, RegisterNumber};
use crate::register::retention::{Keeping, RetentionConfig};

pub fn class(
    number: RegisterNumber,
    class: Option<String>,
    reason: &str,
    by: &By,
    policy: &RetentionConfig,
    decision: &mut Decision<'_>,
) -> Result<Outcome, LedgerError> {
    let (entry, keeping) = match seen(number, by, decision)? {
        Ok(seen) => seen,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !by.person.may(Right::Handle) {
        return Ok(Err(KeepingRefusal::Forbidden));
    }
    if class.as_deref().is_some_and(|name| policy.class_named(name).is_none()) {
        return Ok(Err(KeepingRefusal::UnknownClass));
    }
    if class == keeping.class {
        return Ok(Err(KeepingRefusal::Unchanged));
    }
    let reason = match reasoned(reason) {
        Ok(reason) => reason,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let checklist = checklist_around(&decision.state.index, number)?;
    let years = |keeping: &Keeping| policy.years_in(&entry, keeping, checklist.as_deref()).map(|(_, years)| years);
    let after = Keeping {
        class: class.clone(),
        ..keeping.clone()
    };
    if shortens(years(&keeping), years(&after)) && !may_hold(&by.person) {
        return Ok(Err(KeepingRefusal::Shortens));
    }
    decision.record(Event::RetentionClassed(RetentionClassed {
        number,
        class,
        reason,
        by: by.person.login.clone(),
        uid: by.uid,
    }))?;
    Ok(Ok(Kept::Done))
}

/// Whether a term ends sooner; `None` has no end.
fn shortens(before: Option<u16>, after: Option<u16>) -> bool {
    match (before, after) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(after)) => after < before,
    }
}

/// A hold more, unless one stands for the same reason: whoever presses twice holds once.
pub fn hold(number: RegisterNumber, reason: &str, by: &By, decision: &mut Decision<'_>) -> Result<Outcome, LedgerError> {
    let (keeping, reason) = match may_decide(number, reason, by, decision)? {
        Ok(decided) => decided,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if keeping.holds.iter().any(|hold| hold.reason == reason) {
        return Ok(Err(KeepingRefusal::Unchanged));
    }
    record((number, None), reason, by, decision)
}

/// One case is over; the holds of others stay.
pub fn release(
    (number, hold): (RegisterNumber, Option<u32>),
    reason: &str,
    by: &By,
    decision: &mut Decision<'_>,
) -> Result<Outcome, LedgerError> {
    let (keeping, reason) = match may_decide(number, reason, by, decision)? {
        Ok(decided) => decided,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let released = match (hold, keeping.holds.as_slice()) {
        (_, []) => return Ok(Err(KeepingRefusal::Unchanged)),
        (Some(id), holds) => holds.iter().find(|hold| hold.id == id),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    match released {
        Some(hold) => record((number, Some(hold.id)), reason, by, decision),
        None => Ok(Err(KeepingRefusal::WhichHold)),
    }
}

fn may_decide(
    number: RegisterNumber,
    reason: &str,
    by: &By,
    decision: &Decision<'_>,
) -> Result<Result<(Keeping, String), KeepingRefusal>, LedgerError> {
    let (_, keeping) = match seen(number, by, decision)? {
        Ok(seen) => seen,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !may_hold(&by.person) {
        return Ok(Err(KeepingRefusal::Forbidden));
    }
    Ok(reasoned(reason).map(|reason| (keeping, reason)))
}

fn record(
    (number, released): (RegisterNumber, Option<u32>),
    reason: String,
    by: &By,
    decision: &mut Decision<'_>,
) -> Result<Outcome, LedgerError> {
    decision.record(Event::LegalHold(LegalHold {
        number,
        held: released.is_none(),
        hold: released,
        reason,
        by: by.person.login.clone(),
        uid: by.uid,
    }))?;
    Ok(Ok(Kept::Done))
}

fn seen(number: RegisterNumber, by: &By, decision: &Decision<'_>) -> Result<Result<(Entry, Keeping), KeepingRefusal>, LedgerError> {
    let Some(entry) = decision.state.index.entry(number)?.filter(|entry| by.person.sees(entry)) else {
        return Ok(Err(KeepingRefusal::NotFound));
    };
    let keeping = decision.state.index.keeping_of(number)?;
    Ok(match keeping.disposed {
        Some(_) => Err(KeepingRefusal::Disposed),
        None => Ok((entry, keeping)),
    })
}

pub fn reasoned(reason: &str) -> Result<String, KeepingRefusal> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(KeepingRefusal::ReasonRequired);
    }
    let fits = reason.chars().count() <= NOTE_CHARS && !reason.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    fits.then(|| reason.to_owned()).ok_or(KeepingRefusal::TooLong)
}
