//! Which blobs an entry needs: its message, what its verdicts rest on, now and before, what of it came encrypted, what the verdicts on the
//! papers of its application file rest on, and the messages that brought evidence about it.

use std::collections::BTreeSet;

use super::standing::Known;
use crate::checklist::entered::FileState;
use crate::hash::Sha256;
use crate::ledger::state::{EvidenceState, MessageState};
use crate::ledger::{Ledger, LedgerError, key};
use crate::register::entry::Entry;
use crate::signature::report::ObjectReport;

/// Everything that must stay as long as this entry is kept.
pub fn references(known: &impl Known, entry: &Entry) -> Result<BTreeSet<Sha256>, LedgerError> {
    let mut all = own(known, entry)?;
    for record in &entry.evidence {
        let Some(state) = known.value::<EvidenceState>(&key::evidence(&record.sha256))? else {
            continue;
        };
        all.insert(state.in_message);
        // What brought the evidence is an entry of its own. Where that goes, or is gone, the evidence is still to be believed: what its
        // verdict rests on stays with whom it is about.
        let brought: Option<MessageState> = known.value(&key::message(&state.in_message))?;
        for number in brought.iter().flat_map(|message| &message.numbers) {
            let keeping = known.keeping_of(*number)?;
            let goes = keeping.listed.is_some() || keeping.disposed.is_some();
            if let Some(other) = known.entry_of(*number)?.filter(|_| goes) {
                all.extend(own(known, &other)?);
            }
        }
    }
    Ok(all)
}

/// What an entry needs for itself.
pub fn own(known: &impl Known, entry: &Entry) -> Result<BTreeSet<Sha256>, LedgerError> {
    let number = entry.register_number;
    let mut all = named(entry);
    all.insert(entry.message.sha256);
    all.extend(known.value::<BTreeSet<Sha256>>(&key::superseded(number))?.unwrap_or_default());
    let file = known.file_of(number)?;
    all.extend(file.iter().flat_map(of_papers));
    Ok(all)
}

/// What an entry names beside its message: validation objects, and the plaintexts of what came encrypted.
pub fn named(entry: &Entry) -> BTreeSet<Sha256> {
    let objects = entry.verdict.iter().flat_map(|verdict| &verdict.objects);
    let opened = entry.opened.iter().map(|opened| opened.sha256);
    kept_beside(objects).chain(opened).collect()
}

/// What the verdicts on the papers of a document rest on.
pub fn of_papers(file: &FileState) -> impl Iterator<Item = Sha256> + '_ {
    kept_beside(file.read.iter().flat_map(|read| &read.objects))
}

/// Those that no file brings along itself.
fn kept_beside<'a>(objects: impl Iterator<Item = &'a ObjectReport>) -> impl Iterator<Item = Sha256> {
    objects.filter(|object| !object.embedded).map(|object| object.sha256)
}

impl Ledger {
    /// What all entries rest on beside the messages, validation objects and opened contents: these blobs must be there too.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn objects(&self) -> Result<BTreeSet<Sha256>, LedgerError> {
        let mut all = BTreeSet::new();
        for entry in self.entries() {
            all.extend(named(&entry?));
        }
        for file in self.walk::<FileState>(key::FILES) {
            all.extend(of_papers(&file?));
        }
        for superseded in self.walk::<BTreeSet<Sha256>>(key::SUPERSEDED) {
            all.extend(superseded?);
        }
        let gone = self.gone()?;
        Ok(all.difference(&gone).copied().collect())
    }
}
