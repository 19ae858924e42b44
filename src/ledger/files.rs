//! Application files on the record: what was read of their papers, and which documents belong together.

use std::collections::BTreeSet;

use super::event::{Event, PapersRead};
use super::overlay::Overlay;
use super::retention::needs::of_papers;
use super::writer::Pending;
use super::{Ledger, LedgerError, fold, key};
use crate::checklist::config::Checklist;
use crate::checklist::entered::{Deed, Entered, FileState, Read};
use crate::checklist::folder::Checklists;
use crate::checklist::outcome::{self, Outcome};
use crate::checklist::papers::{Member, ReadPaper, Reading};
use crate::hash::Sha256;
use crate::register::entry::{Entry, RegisterNumber, State};
use crate::signature::report::{Indication, Role};

/// Documents that complete one file: whoever completes it a hundred times has another problem.
pub const MOST_JOINED: usize = 100;

/// An application file with all that is known of it.
#[derive(Debug, Clone)]
pub struct ApplicationFile {
    /// The application.
    pub head: Entry,
    /// Name of the checklist that it is judged by.
    pub checklist: String,
    pub entered: Entered,
    /// The application first, then what completes it; `None`: not read yet.
    pub members: Vec<(Entry, Option<Read>)>,
}

impl ApplicationFile {
    /// The rules of today, where they are still configured.
    pub fn rules<'c>(&self, checklists: &'c Checklists) -> Option<&'c Checklist> {
        checklists.named(&self.checklist)
    }

    pub fn outcome(&self, checklists: &Checklists) -> Outcome {
        let rules = self.rules(checklists);
        let is_current = |read: &Read| rules.is_some_and(|rules| read.checklist == rules.name && read.rules == rules.sha256);
        let nothing = Reading::default();
        let members = self.counting().map(|(entry, read)| Member {
            number: entry.register_number,
            received_at: entry.message.received_at,
            reading: read.as_ref().map_or(&nothing, |read| &read.reading),
            is_forged: is_forged(entry),
        });
        outcome::judge(&outcome::File {
            checklist: rules,
            members: members.collect(),
            entered: &self.entered,
            is_unread: !self.counting().all(|(_, read)| read.as_ref().is_some_and(is_current)),
            is_finished: is_finished(&self.head),
            rivals: self.rivals(checklists),
        })
    }

    /// The application, and what completes it as long as nobody took it out of the register's work.
    fn counting(&self) -> impl Iterator<Item = &(Entry, Option<Read>)> {
        let head = self.head.register_number;
        let members = self.members.iter();
        members.filter(move |(entry, _)| entry.register_number == head || entry.state != State::NotRecorded)
    }

    /// Checklists that hold for the application beside its own, while no clerk said which one is meant. What is done was judged by one.
    fn rivals(&self, checklists: &Checklists) -> Vec<String> {
        if self.entered.bound().is_some() || is_finished(&self.head) {
            return Vec::new();
        }
        let others = checklists.for_entry(&self.head).filter(|other| other.name != self.checklist);
        others.map(|other| other.name.clone()).collect()
    }

    /// Every attachment of the file.
    pub fn papers(&self) -> impl Iterator<Item = &ReadPaper> {
        let read = self.members.iter().filter_map(|(_, read)| read.as_ref());
        read.flat_map(|read| &read.reading.papers)
    }
}

/// Nobody works on it any more.
pub fn is_finished(head: &Entry) -> bool {
    matches!(head.state, State::Done | State::NotRecorded)
}

/// The mail around it was changed on its way, or is from somebody else. The signatures of what it carries are judged one by one.
pub fn is_forged(entry: &Entry) -> bool {
    let reports = entry.verdict.iter().flat_map(|verdict| &verdict.signatures);
    let mut of_mail = reports.filter(|report| matches!(report.role, Role::Provider | Role::Sender));
    of_mail.any(|report| report.indication == Indication::Failed)
}

impl Ledger {
    /// What is known of an entry as an application file; `None`: nothing.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn file_state(&self, number: RegisterNumber) -> Result<Option<FileState>, LedgerError> {
        self.read(&key::file(number))
    }

    /// The entries of the messages that a link key names.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn numbers_under(&self, link_key: &str) -> Result<Vec<RegisterNumber>, LedgerError> {
        Ok(self.read(&key::linked_messages(link_key))?.unwrap_or_default())
    }

    /// Entries that are files or complete one, the newest first.
    pub fn file_numbers_back(&self) -> impl Iterator<Item = Result<RegisterNumber, LedgerError>> + '_ {
        self.index.scan_back(key::FILES).filter_map(|pair| match pair {
            Ok((name, _)) => key::read_number(&name).map(Ok),
            Err(error) => Some(Err(error.into())),
        })
    }

    /// The file whose application this entry is, as far as `sees` lets it be seen: a document that does not exist for somebody is no part
    /// of it, and where the application itself does not, there is no file.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn application_file(&self, number: RegisterNumber, sees: &dyn Fn(&Entry) -> bool) -> Result<Option<ApplicationFile>, LedgerError> {
        let Some(state) = self.file_state(number)?.filter(|state| state.part_of.is_none()) else {
            return Ok(None);
        };
        let Some(checklist) = checklist_of(&state) else { return Ok(None) };
        let Some(head) = self.entry(number)?.filter(|entry| sees(entry)) else {
            return Ok(None);
        };
        let mut members = vec![(head.clone(), state.read)];
        for joined in &state.joined {
            if let Some(entry) = self.entry(*joined)?.filter(|entry| sees(entry)) {
                members.push((entry, self.file_state(*joined)?.and_then(|state| state.read)));
            }
        }
        let file = ApplicationFile {
            head,
            checklist,
            entered: state.entered,
            members,
        };
        self.as_seen(file, &state.joined, sees).map(Some)
    }

    /// Without the deeds that name documents which do not exist for somebody, or what lies in them alone.
    fn as_seen(
        &self,
        mut file: ApplicationFile,
        joined: &BTreeSet<RegisterNumber>,
        sees: &dyn Fn(&Entry) -> bool,
    ) -> Result<ApplicationFile, LedgerError> {
        let named = file.entered.0.iter().filter_map(|done| match &done.deed {
            Deed::Joined { document } | Deed::Separated { document } => Some(*document),
            _ => None,
        });
        let (mut hidden, mut papers) = (BTreeSet::new(), BTreeSet::new());
        for document in named.chain(joined.iter().copied()) {
            if self.entry(document)?.is_some_and(|entry| sees(&entry)) {
                continue;
            }
            hidden.insert(document);
            let read = self.file_state(document)?.and_then(|state| state.read);
            papers.extend(read.into_iter().flat_map(|read| read.reading.papers).map(|paper| paper.sha256));
        }
        for paper in file.papers() {
            papers.remove(&paper.sha256);
        }
        file.entered.0.retain(|done| match &done.deed {
            Deed::Joined { document } | Deed::Separated { document } => !hidden.contains(document),
            Deed::Decided { sha256, .. } => !papers.contains(sha256),
            _ => true,
        });
        Ok(file)
    }

    /// What was read of a message for its file. Said again without a change it is no record.
    ///
    /// # Errors
    /// The disk refused.
    pub fn papers_read(&self, number: RegisterNumber, read: Read, completes: Option<RegisterNumber>) -> Pending<bool> {
        self.commit(move |decision| {
            let known: Option<FileState> = decision.state.index.get(&key::file(number))?;
            // A clerk said otherwise while it was read.
            let is_late = completes.is_some()
                && known
                    .as_ref()
                    .is_some_and(|known| known.placed_by_hand && known.part_of != completes);
            let is_known = known.as_ref().is_some_and(|known| {
                let same = |before: &Read| {
                    (&before.checklist, before.rules) == (&read.checklist, read.rules) && before.reading.says_the_same_as(&read.reading)
                };
                known.read.as_ref().is_some_and(same) && (known.placed_by_hand || known.part_of == completes)
            });
            // What was disposed of is not read again: its papers stand as they were read.
            let is_here = decision.state.index.entry(number)?.is_some_and(|entry| !entry.is_disposed());
            if is_known || is_late || !is_here {
                return Ok(false);
            }
            decision.record(Event::PapersRead(Box::new(PapersRead { number, read, completes })))?;
            Ok(true)
        })
    }
}

/// Name of the checklist that a file is judged by: what a clerk said, else what it was read under.
pub(super) fn checklist_of(state: &FileState) -> Option<String> {
    match state.entered.bound() {
        Some(bound) => bound.map(str::to_owned),
        None => state.read.as_ref().map(|read| read.checklist.clone()),
    }
}

pub(super) fn apply_read(event: &PapersRead, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let name = key::file(event.number);
    let mut file: FileState = state.get(&name)?.unwrap_or_default();
    let before: BTreeSet<Sha256> = of_papers(&file).collect();
    file.read = Some(event.read.clone());
    super::keeping::supersede(event.number, (before, of_papers(&file).collect()), state)?;
    super::keeping::papers_need_again(&file, state);
    let head = event
        .completes
        .filter(|head| *head != event.number && file.part_of.is_none() && !file.placed_by_hand && file.joined.is_empty());
    let head = match head {
        Some(head) => state
            .get::<FileState>(&key::file(head))?
            .filter(|known| known.part_of.is_none())
            .map(|known| (head, known)),
        None => None,
    };
    if let Some((head, mut known)) = head {
        file.part_of = Some(head);
        known.joined.insert(event.number);
        state.put(key::file(head), &known)?;
        touch(head, state)?;
    }
    state.put(name, &file)?;
    touch(event.number, state)
}

/// Counts as a change of the entry: whoever follows the register looks again.
pub(super) fn touch(number: RegisterNumber, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    fold::amend_entry(number, state, |_| ())
}
