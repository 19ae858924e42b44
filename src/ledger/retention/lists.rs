//! Disposal lists: proposed by one, approved by others, withdrawn by whoever may approve. Their execution stands in [`crate::ledger::disposal`].

use std::collections::BTreeSet;

use super::decide::reasoned;
use super::standing::{Known, listed};
use super::{By, Due, KeepingRefusal, Kept, Outcome, may_hold};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::ledger::event::{DisposalApproved, DisposalWithdrawn, Event};
use crate::ledger::writer::Decision;
use crate::ledger::{Ledger, LedgerError, key};
use crate::people::{Account, Person, Right};
use crate::register::disposal::{Disposal, DisposalList, Stage};
use crate::register::retention::RetentionConfig;
use crate::text::fold;

impl Ledger {
    /// Whether every entry of a list exists for a person: nobody decides on what he cannot see, nor learns of it.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn sees_list(&self, list: &DisposalList, person: &Person) -> Result<bool, LedgerError> {
        sees_list(self, list, person)
    }
}

fn sees_list(known: &impl Known, list: &DisposalList, person: &Person) -> Result<bool, LedgerError> {
    for listed in &list.entries {
        if !known.entry_of(listed.number)?.is_some_and(|entry| person.sees(&entry)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A list, for whoever sees every entry of it.
pub fn disposal_for(list: u32, by: &Person, decision: &Decision<'_>) -> Result<Option<Disposal>, LedgerError> {
    let index = &decision.state.index;
    match index.get::<Disposal>(&key::disposal(list))? {
        Some(disposal) if sees_list(index, &disposal.list, by)? => Ok(Some(disposal)),
        _ => Ok(None),
    }
}

/// `found`: what was due a moment ago; each is asked once more.
pub fn propose(found: &[Due], by: &By, policy: &RetentionConfig, decision: &mut Decision<'_>) -> Result<Outcome, LedgerError> {
    if !by.person.may(Right::Administer) {
        return Ok(Err(KeepingRefusal::Forbidden));
    }
    let (index, today) = (&decision.state.index, local_day(decision.now));
    let mut entries = Vec::new();
    for due in found {
        let number = due.entry.register_number;
        let entry = index.entry(number)?.filter(|entry| by.person.sees(entry));
        if let Some(entry) = entry
            && index.keeping_of(number)?.listed.is_none()
        {
            entries.extend(listed(index, &entry, policy, today)?);
        }
    }
    if entries.is_empty() {
        return Ok(Err(KeepingRefusal::NothingDue));
    }
    let last = index.keys(key::DISPOSALS)?.len();
    let list = DisposalList {
        id: u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1),
        proposed_by: by.person.login.clone(),
        at: decision.now,
        entries,
        uid: by.uid,
    };
    let proposed = Kept::Proposed {
        list: list.id,
        sha256: list.sha256(),
        entries: list.entries.len(),
    };
    decision.record(Event::DisposalProposed(list))?;
    Ok(Ok(proposed))
}

pub fn approve(list: u32, sha256: Sha256, by: &Person, decision: &mut Decision<'_>) -> Result<Outcome, LedgerError> {
    let Some(disposal) = disposal_for(list, by, decision)? else {
        return Ok(Err(KeepingRefusal::NotFound));
    };
    if !may_hold(by) {
        return Ok(Err(KeepingRefusal::Forbidden));
    }
    if !disposal.is_open() {
        return Ok(Err(KeepingRefusal::NotOpen));
    }
    if disposal.list.proposed_by == by.login {
        return Ok(Err(KeepingRefusal::OwnList));
    }
    if disposal.approvals.iter().any(|approval| approval.by == by.login) {
        return Ok(Err(KeepingRefusal::ApprovedAlready));
    }
    let others = disposal.approvals.iter().map(|approval| &approval.by);
    for other in others.chain([&disposal.list.proposed_by]) {
        if account(other, decision)?.is_some_and(|account| compared(&account.person) == compared(by)) {
            return Ok(Err(KeepingRefusal::SamePerson));
        }
    }
    if sha256 != disposal.list.sha256() {
        return Ok(Err(KeepingRefusal::OtherList));
    }
    let by = by.login.clone();
    decision.record(Event::DisposalApproved(DisposalApproved { list, sha256, by }))?;
    let after: Option<Disposal> = decision.state.index.get(&key::disposal(list))?;
    let approved = after.is_some_and(|disposal| disposal.stage == Stage::Approved);
    Ok(Ok(Kept::Approved { approved }))
}

/// The approvers whose word counts today: their accounts are open, may approve, and see the whole list. Each name is one person.
pub fn vouching(disposal: &Disposal, decision: &Decision<'_>) -> Result<Vec<String>, LedgerError> {
    let proposer = account(&disposal.list.proposed_by, decision)?;
    let mut names: BTreeSet<String> = proposer.iter().map(|account| compared(&account.person)).collect();
    let mut logins = BTreeSet::from([disposal.list.proposed_by.clone()]);
    let mut vouching = Vec::new();
    for approval in &disposal.approvals {
        let Some(account) = account(&approval.by, decision)?.filter(|account| !account.disabled) else {
            continue;
        };
        let person = &account.person;
        let may = may_hold(person) && sees_list(&decision.state.index, &disposal.list, person)?;
        if may && logins.insert(person.login.clone()) && names.insert(compared(person)) {
            vouching.push(approval.by.clone());
        }
    }
    Ok(vouching)
}

/// A name as it is compared: without case, Turkish marks and the number of its spaces.
fn compared(person: &Person) -> String {
    fold(&person.name).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn account(login: &str, decision: &Decision<'_>) -> Result<Option<Account>, LedgerError> {
    decision.state.index.get(&key::account(login))
}

/// Whoever may approve may also say no: one is enough for that.
pub fn withdraw(list: u32, reason: &str, by: &By, decision: &mut Decision<'_>) -> Result<Outcome, LedgerError> {
    let Some(disposal) = disposal_for(list, &by.person, decision)? else {
        return Ok(Err(KeepingRefusal::NotFound));
    };
    if !may_hold(&by.person) {
        return Ok(Err(KeepingRefusal::Forbidden));
    }
    if !disposal.is_open() {
        return Ok(Err(KeepingRefusal::NotOpen));
    }
    let reason = match reasoned(reason) {
        Ok(reason) => reason,
        Err(refusal) => return Ok(Err(refusal)),
    };
    decision.record(Event::DisposalWithdrawn(DisposalWithdrawn {
        list,
        reason,
        by: by.person.login.clone(),
        uid: by.uid,
    }))?;
    Ok(Ok(Kept::Done))
}
