//! The execution of a disposal list: the intent durable first, then the blobs, then the record that it is done. A kill in between leaves the
//! intent, and whoever writes next does the rest.
//!
//! What may go is counted over all entries: see [`super::retention::needs`]. The counting takes its time and the register goes on meanwhile;
//! on the writer's thread the entries that changed since are counted once more, and what is pinned for a record that is on its way stops the
//! execution.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::event::{DisposalBegun, DisposalDone, Event};
use super::overlay::Overlay;
use super::retention::needs::references;
use super::retention::standing::{Known, listed};
use super::retention::{By, KeepingRefusal, Kept, disposal_for, vouching};
use super::{Ledger, LedgerError, key};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::people::Right;
use crate::register::disposal::{Disposal, DisposalList, Stage};
use crate::register::entry::{Entry, RegisterNumber};
use crate::register::retention::RetentionConfig;
use crate::store::Store;
use crate::store::disposal::{self, Proof};

/// Blobs that go between two looks at what is pinned: whoever registers a message waits no longer than this many removals take.
const TOGETHER: usize = 64;

/// Ends the counting, however the execution ended.
struct Counting<'l>(&'l Ledger);

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        self.0.pins.unwatch();
    }
}

/// What a count of the references found, and up to which change of the register it is good.
struct Counted {
    unneeded: BTreeSet<Sha256>,
    position: u64,
}

impl Ledger {
    /// Carries out a list that enough others approved. Everything is asked once more: holds, classes, years, states, approvers. One entry that
    /// may no longer go, and nothing goes.
    ///
    /// # Errors
    /// The disk refused. What was begun is ended by [`Ledger::finish_disposals`].
    pub async fn execute(
        &self,
        list: u32,
        by: impl Into<By>,
        policy: &RetentionConfig,
    ) -> Result<Result<Kept, KeepingRefusal>, LedgerError> {
        let by = by.into();
        // Before the references are counted: what is pinned from now on is left alone.
        if !self.pins.watch() {
            return Ok(Err(KeepingRefusal::Busy));
        }
        let _counting = Counting(self);
        let Some(disposal) = self.disposal(list)? else {
            return Ok(Err(KeepingRefusal::NotFound));
        };
        // What is refused anyway does not make the whole store be counted.
        let counted = match by.person.may(Right::Administer) && disposal.stage == Stage::Approved {
            true => Some(self.count(&disposal.list)?),
            false => None,
        };
        let entries = disposal.list.entries.len();
        if let Err(refusal) = self.begin(list, counted, by, policy).await? {
            return Ok(Err(refusal));
        }
        let Some(begun) = self.disposal(list)? else {
            return Ok(Err(KeepingRefusal::NotFound));
        };
        let gone = self.gone_by_list()?.remove(&list).unwrap_or_default();
        let removed = self.complete(&begun, &gone).await?;
        Ok(Ok(Kept::Executed { entries, removed }))
    }

    /// Ends what a kill or a failing disk left begun, and removes what a restored backup brought back. Answers with the blobs that went.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn finish_disposals(&self) -> Result<u64, LedgerError> {
        let disposals = self.disposals()?;
        if disposals.is_empty() || !self.pins.watch() {
            return Ok(0);
        }
        let _counting = Counting(self);
        let mut gone = self.gone_by_list()?;
        let mut removed = 0;
        for disposal in disposals {
            let gone = gone.remove(&disposal.list.id).unwrap_or_default();
            if disposal.stage == Stage::Begun || (disposal.stage == Stage::Done && self.is_any_here(&gone)?) {
                removed += self.complete(&disposal, &gone).await?;
            }
        }
        Ok(removed)
    }

    /// Whether a blob went by a disposal list and nothing needed it since.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn is_gone(&self, sha256: &Sha256) -> Result<bool, LedgerError> {
        Ok(self.index.get(&key::gone(sha256))?.is_some())
    }

    /// Whether any blob is.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn has_gone(&self) -> Result<bool, LedgerError> {
        Ok(self.index.scan(key::GONE).next().transpose()?.is_some())
    }

    /// The blobs that are still named as gone, by the list that they went by.
    fn gone_by_list(&self) -> Result<BTreeMap<u32, Vec<Sha256>>, LedgerError> {
        let mut gone: BTreeMap<u32, Vec<Sha256>> = BTreeMap::new();
        for pair in self.index.scan(key::GONE) {
            let (name, value) = pair?;
            let list = super::overlay::decode::<u32>(&name, &value)?;
            gone.entry(list).or_default().extend(key::trailing_sha256(&name));
        }
        Ok(gone)
    }

    fn is_any_here(&self, gone: &[Sha256]) -> Result<bool, LedgerError> {
        for blob in gone {
            if self.blobs.exists(blob)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Decides on the state as it stands, and makes the intent durable.
    async fn begin(
        &self,
        list: u32,
        counted: Option<Counted>,
        by: By,
        policy: &RetentionConfig,
    ) -> Result<Result<(), KeepingRefusal>, LedgerError> {
        let (policy, pins, since) = (policy.clone(), Arc::clone(&self.pins), self.head().sequence);
        self.commit(move |decision| {
            let Some(disposal) = disposal_for(list, &by.person, decision)? else {
                return Ok(Err(KeepingRefusal::NotFound));
            };
            if !by.person.may(Right::Administer) {
                return Ok(Err(KeepingRefusal::Forbidden));
            }
            if !disposal.is_open() {
                return Ok(Err(KeepingRefusal::NotOpen));
            }
            if !disposal.is_approved() || disposal.sha256 != disposal.list.sha256() {
                return Ok(Err(KeepingRefusal::NotApproved));
            }
            // The last approval came after it was looked whether there is one.
            let Some(counted) = counted else {
                return Ok(Err(KeepingRefusal::NotApproved));
            };
            let approved_by = vouching(&disposal, decision)?;
            if approved_by.len() < disposal.list.approvers() {
                return Ok(Err(KeepingRefusal::ApproverGone));
            }
            let (index, today) = (&decision.state.index, local_day(decision.now));
            for known in &disposal.list.entries {
                let now = match index.entry(known.number)? {
                    Some(entry) => listed(index, &entry, &policy, today)?,
                    None => None,
                };
                if now.as_ref() != Some(known) || index.keeping_of(known.number)?.listed != Some(list) {
                    return Ok(Err(KeepingRefusal::NoLongerDue));
                }
            }
            let blobs = counted.without_changes(&disposal.list, index)?;
            // A record that is on its way will need it. Whoever waits a moment finds it recorded and counted.
            if blobs.iter().any(|blob| pins.is_watched(blob)) {
                return Ok(Err(KeepingRefusal::Busy));
            }
            decision.record(Event::DisposalBegun(DisposalBegun {
                list,
                sha256: disposal.sha256,
                proposed_by: disposal.list.proposed_by,
                approved_by,
                by: by.person.login,
                uid: by.uid,
                blobs: blobs.into_iter().collect(),
                since,
            }))?;
            Ok(Ok(()))
        })
        .await
    }

    /// Removes what the durable intent names and nothing needed since, and records that it is done.
    async fn complete(&self, disposal: &Disposal, gone: &[Sha256]) -> Result<u64, LedgerError> {
        let list = disposal.list.id;
        let journal = Store::read_journal(&self.root, self.disk.clone())?;
        let Some(proof) = Proof::find(&journal, disposal.since, list)? else {
            tracing::error!(list, "the journal holds no intent of this disposal; nothing is removed");
            return Ok(0);
        };
        let mut removed = 0;
        for some in gone.chunks(TOGETHER) {
            removed += self.pins.unpinned(some, |free| disposal::dispose(&self.blobs, &proof, free))?;
        }
        tracing::info!(list, removed, "a disposal list was carried out");
        let all = removed + if disposal.stage == Stage::Done { disposal.removed } else { 0 };
        let done = DisposalDone { list, removed: all };
        self.append(Event::DisposalDone(done)).await?;
        Ok(removed)
    }

    /// What the listed entries refer to and no other entry does.
    fn count(&self, list: &DisposalList) -> Result<Counted, LedgerError> {
        let position = self.change_position()?;
        let mut unneeded = BTreeSet::new();
        for listed in &list.entries {
            if let Some(entry) = self.entry(listed.number)? {
                unneeded.extend(references(self, &entry)?);
            }
        }
        for entry in self.entries() {
            let entry = entry?;
            if !goes(&entry, list) {
                remove_all(&mut unneeded, &references(self, &entry)?);
            }
        }
        // A message that waits for its number is of an entry that there will be.
        for (waiting, _) in self.pending(usize::MAX)? {
            unneeded.remove(&waiting);
        }
        Ok(Counted { unneeded, position })
    }
}

impl Counted {
    /// Without what entries need that changed since: evidence found its message, an examination named another object.
    fn without_changes(mut self, list: &DisposalList, index: &Overlay<'_>) -> Result<BTreeSet<Sha256>, LedgerError> {
        let last: u64 = index.get(key::CHANGE_COUNT)?.unwrap_or(0);
        for position in self.position.saturating_add(1)..=last {
            // Each entry stands at its last change alone.
            let Some(number) = index.get::<RegisterNumber>(&key::change(position))? else {
                continue;
            };
            if let Some(entry) = index.entry(number)?.filter(|entry| !goes(entry, list)) {
                remove_all(&mut self.unneeded, &references(index, &entry)?);
            }
        }
        Ok(self.unneeded)
    }
}

/// It needs nothing any more.
fn goes(entry: &Entry, list: &DisposalList) -> bool {
    let number = entry.register_number;
    entry.is_disposed() || list.entries.binary_search_by_key(&number, |listed| listed.number).is_ok()
}

fn remove_all(from: &mut BTreeSet<Sha256>, needed: &BTreeSet<Sha256>) {
    for blob in needed {
        from.remove(blob);
    }
}

#[cfg(test)]
#[path = "disposal_tests.rs"]
mod disposal_tests;
