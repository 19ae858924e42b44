//! The execution of a disposal list: the intent durable first, then the blobs, then the record that it is done. A kill in between leaves the
//! intent, and the next start does the rest.
//!
//! What may go is counted over all entries: the message of a kept entry, the validation objects that its verdict rests on, and the messages
//! that brought evidence about it stay, whoever else named them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::event::{DisposalBegun, DisposalDone, Event};
use super::retention::{KeepingRefusal, Kept, disposal_for, keeping_of, listed};
use super::{Ledger, LedgerError, key};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::people::{Person, Right};
use crate::register::disposal::{Disposal, DisposalList, Stage};
use crate::register::entry::Entry;
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

impl Ledger {
    /// Carries out a list that two others approved. Everything is asked once more: holds, classes, years, states. One entry that may no longer
    /// go, and nothing goes.
    ///
    /// # Errors
    /// The disk refused. What was begun is ended by [`Ledger::finish_disposals`].
    pub async fn execute(&self, list: u32, by: &Person, policy: &RetentionConfig) -> Result<Result<Kept, KeepingRefusal>, LedgerError> {
        // Before the references are counted: what is pinned from now on is left alone.
        if !self.pins.watch() {
            return Ok(Err(KeepingRefusal::Busy));
        }
        let _counting = Counting(self);
        let Some(disposal) = self.disposal(list)? else {
            return Ok(Err(KeepingRefusal::NotFound));
        };
        let unneeded = self.unneeded(&disposal.list)?;
        let entries = disposal.list.entries.len();
        let begun = self.begin(disposal, unneeded, by, policy).await?;
        if let Err(refusal) = begun {
            return Ok(Err(refusal));
        }
        let Some(begun) = self.disposal(list)? else {
            return Ok(Err(KeepingRefusal::NotFound));
        };
        let removed = self.complete(&begun).await?;
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
        let mut removed = 0;
        for disposal in disposals {
            if disposal.stage == Stage::Begun || (disposal.stage == Stage::Done && self.came_back(&disposal)?) {
                removed += self.complete(&disposal).await?;
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

    /// The blobs of a list that are still named as gone.
    fn gone_by(&self, list: u32) -> Result<Vec<Sha256>, LedgerError> {
        let mut gone = Vec::new();
        for pair in self.index.scan(key::GONE) {
            let (name, value) = pair?;
            if super::overlay::decode::<u32>(&name, &value)? == list {
                gone.extend(key::trailing_sha256(&name));
            }
        }
        Ok(gone)
    }

    fn came_back(&self, disposal: &Disposal) -> Result<bool, LedgerError> {
        for blob in self.gone_by(disposal.list.id)? {
            if self.blobs.exists(&blob)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Decides on the state as it stands, and makes the intent durable.
    async fn begin(
        &self,
        disposal: Disposal,
        unneeded: BTreeSet<Sha256>,
        by: &Person,
        policy: &RetentionConfig,
    ) -> Result<Result<(), KeepingRefusal>, LedgerError> {
        let (by, policy, pins, since) = (by.clone(), policy.clone(), Arc::clone(&self.pins), self.head().sequence);
        let list = disposal.list.id;
        self.commit(move |decision| {
            let Some(disposal) = disposal_for(list, &by, decision)? else {
                return Ok(Err(KeepingRefusal::NotFound));
            };
            if !by.may(Right::Administer) {
                return Ok(Err(KeepingRefusal::Forbidden));
            }
            if !disposal.is_open() {
                return Ok(Err(KeepingRefusal::NotOpen));
            }
            if !disposal.is_approved() || disposal.sha256 != disposal.list.sha256() {
                return Ok(Err(KeepingRefusal::NotApproved));
            }
            let today = local_day(decision.now);
            for known in &disposal.list.entries {
                let entry = decision.state.index.entry(known.number)?;
                let keeping = keeping_of(known.number, decision)?;
                let now = entry.and_then(|entry| listed(&entry, &keeping, &policy, today));
                if now.as_ref() != Some(known) || keeping.listed != Some(list) {
                    return Ok(Err(KeepingRefusal::NoLongerDue));
                }
            }
            // On the writer's thread nothing is recorded meanwhile: what was not pinned by now is needed by no record that there is.
            let blobs = unneeded.into_iter().filter(|blob| !pins.is_watched(blob)).collect();
            decision.record(Event::DisposalBegun(DisposalBegun {
                list,
                sha256: disposal.sha256,
                proposed_by: disposal.list.proposed_by,
                approved_by: disposal.approvals.into_iter().map(|approval| approval.by).collect(),
                by: by.login,
                blobs,
                since,
            }))?;
            Ok(Ok(()))
        })
        .await
    }

    /// Removes what the durable intent names and nothing needed since, and records that it is done.
    async fn complete(&self, disposal: &Disposal) -> Result<u64, LedgerError> {
        let list = disposal.list.id;
        let journal = Store::read_journal(&self.root, self.disk.clone())?;
        let Some(proof) = Proof::find(&journal, disposal.since, list)? else {
            tracing::error!(list, "the journal holds no intent of this disposal; nothing is removed");
            return Ok(0);
        };
        let mut removed = 0;
        for some in self.gone_by(list)?.chunks(TOGETHER) {
            removed += self.pins.unpinned(some, |free| disposal::dispose(&self.blobs, &proof, free))?;
        }
        tracing::info!(list, removed, "a disposal list was carried out");
        let all = removed + if disposal.stage == Stage::Done { disposal.removed } else { 0 };
        let done = DisposalDone { list, removed: all };
        self.append(Event::DisposalDone(done)).await?;
        Ok(removed)
    }

    /// What the listed entries refer to and no other entry does.
    fn unneeded(&self, list: &DisposalList) -> Result<BTreeSet<Sha256>, LedgerError> {
        let mut unneeded = BTreeSet::new();
        for listed in &list.entries {
            if let Some(entry) = self.entry(listed.number)? {
                unneeded.extend(self.references(&entry)?);
            }
        }
        let goes = |entry: &Entry| {
            let number = entry.register_number;
            entry.is_disposed() || list.entries.binary_search_by_key(&number, |listed| listed.number).is_ok()
        };
        for entry in self.entries() {
            let entry = entry?;
            if goes(&entry) {
                continue;
            }
            for needed in self.references(&entry)? {
                unneeded.remove(&needed);
            }
        }
        // A message that waits for its number is of an entry that there will be.
        for (waiting, _) in self.pending(usize::MAX)? {
            unneeded.remove(&waiting);
        }
        Ok(unneeded)
    }

    /// The blobs that an entry needs.
    pub(super) fn references(&self, entry: &Entry) -> Result<BTreeSet<Sha256>, LedgerError> {
        let objects = entry.verdict.iter().flat_map(|verdict| &verdict.objects);
        let mut all: BTreeSet<Sha256> = objects.filter(|object| !object.embedded).map(|object| object.sha256).collect();
        all.insert(entry.message.sha256);
        all.extend(entry.opened.iter().map(|opened| opened.sha256));
        for record in &entry.evidence {
            all.extend(self.evidence_document(&record.sha256)?.map(|known| known.in_message));
        }
        Ok(all)
    }
}
