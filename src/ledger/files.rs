//! Application files on the record: what was read of their papers, what clerks entered, and which documents belong together.

use std::collections::BTreeSet;

use super::event::{Event, FileDeed, PapersRead};
use super::handling::{NOTE_CHARS, Refusal};
use super::overlay::Overlay;
use super::retention::needs::of_papers;
use super::writer::{Decision, Pending};
use super::{Ledger, LedgerError, fold, key};
use crate::checklist::config::{Checklist, Checklists};
use crate::checklist::entered::{Deed, Done, Entered, FileState, MOST_DEEDS, Read};
use crate::checklist::outcome::{self, Outcome};
use crate::checklist::papers::{Member, Reading};
use crate::hash::Sha256;
use crate::people::{Person, Right};
use crate::register::entry::{Asker, Entry, RegisterNumber};
use crate::text::Text;

/// Documents of one file: who completes it a hundred times has another problem.
const MOST_JOINED: usize = 100;

/// Why a deed was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    /// It is not there, or not for this person: the same answer.
    #[error("there is no such file")]
    NotFound,
    #[error("the role changes nothing")]
    Forbidden,
    /// What was entered cannot be so; the sentence says why.
    #[error("{}", .0.en)]
    Unfit(Text),
}

impl FileRefusal {
    pub fn text(&self) -> Text {
        match self {
            Self::NotFound => Refusal::NotFound.text(),
            Self::Forbidden => Refusal::Forbidden.text(),
            Self::Unfit(text) => text.clone(),
        }
    }

    fn unfit<T>(tr: impl Into<String>, en: impl Into<String>) -> Result<T, Self> {
        Err(Self::Unfit(Text::new(tr, en)))
    }
}

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
        let members = self.members.iter().map(|(entry, read)| Member {
            number: entry.register_number,
            received_at: entry.message.received_at,
            reading: read.as_ref().map_or(&nothing, |read| &read.reading),
        });
        outcome::judge(&outcome::File {
            checklist: rules,
            members: members.collect(),
            entered: &self.entered,
            is_unread: !self.members.iter().all(|(_, read)| read.as_ref().is_some_and(is_current)),
        })
    }
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
        let entered = self.entered_as_seen(state.entered, &state.joined, sees)?;
        Ok(Some(ApplicationFile {
            head,
            checklist,
            entered,
            members,
        }))
    }

    /// Without the deeds that name documents which do not exist for somebody, or what lies in them.
    fn entered_as_seen(
        &self,
        mut entered: Entered,
        joined: &BTreeSet<RegisterNumber>,
        sees: &dyn Fn(&Entry) -> bool,
    ) -> Result<Entered, LedgerError> {
        let named = entered.0.iter().filter_map(|done| match &done.deed {
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
        entered.0.retain(|done| match &done.deed {
            Deed::Joined { document } | Deed::Separated { document } => !hidden.contains(document),
            Deed::Decided { sha256, .. } => !papers.contains(sha256),
            _ => true,
        });
        Ok(entered)
    }

    /// What was read of a message for its file. Said again without a change it is no record.
    ///
    /// # Errors
    /// The disk refused.
    pub fn papers_read(&self, number: RegisterNumber, read: Read, completes: Option<RegisterNumber>) -> Pending<bool> {
        self.commit(move |decision| {
            let known: Option<FileState> = decision.state.index.get(&key::file(number))?;
            let is_known = known.as_ref().is_some_and(|known| {
                let same = |before: &Read| {
                    (&before.checklist, before.rules) == (&read.checklist, read.rules) && before.reading.says_the_same_as(&read.reading)
                };
                known.read.as_ref().is_some_and(same) && (known.placed_by_hand || known.part_of == completes)
            });
            // What was disposed of is not read again: its papers stand as they were read.
            let is_here = decision.state.index.entry(number)?.is_some_and(|entry| !entry.is_disposed());
            if is_known || !is_here {
                return Ok(false);
            }
            decision.record(Event::PapersRead(Box::new(PapersRead { number, read, completes })))?;
            Ok(true)
        })
    }

    /// A person enters something about a file. Whether that is allowed is decided on the file as it stands when it is its turn.
    ///
    /// # Errors
    /// The disk refused.
    pub fn file_deed(&self, number: RegisterNumber, deed: Deed, note: Option<String>, by: &Person) -> Pending<Result<(), FileRefusal>> {
        let by = by.clone();
        self.commit(move |decision| {
            let sees = |number, decision: &Decision<'_>| {
                Ok::<_, LedgerError>(decision.state.index.entry(number)?.is_some_and(|entry| by.sees(&entry)))
            };
            if !sees(number, decision)? {
                return Ok(Err(FileRefusal::NotFound));
            }
            if !by.may(Right::Handle) {
                return Ok(Err(FileRefusal::Forbidden));
            }
            if let Deed::Joined { document } | Deed::Separated { document } = &deed
                && !sees(*document, decision)?
            {
                return Ok(Err(FileRefusal::NotFound));
            }
            let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
            if let Err(refusal) = fits(number, &deed, note.as_deref(), decision)? {
                return Ok(Err(refusal));
            }
            let done = Done {
                by: Asker {
                    person: Some(by.login),
                    uid: None,
                },
                at: decision.now,
                note,
                deed,
            };
            decision.record(Event::FileDeed(Box::new(FileDeed { number, done })))?;
            Ok(Ok(()))
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

fn fits(number: RegisterNumber, deed: &Deed, note: Option<&str>, decision: &Decision<'_>) -> Result<Result<(), FileRefusal>, LedgerError> {
    let state: FileState = decision.state.index.get(&key::file(number))?.unwrap_or_default();
    if note.is_some_and(|note| note.chars().count() > NOTE_CHARS || note.chars().any(|c| c.is_control() && !c.is_whitespace())) {
        return Ok(Err(FileRefusal::Unfit(Refusal::TooLong.text())));
    }
    if state.entered.0.len() >= MOST_DEEDS {
        return Ok(FileRefusal::unfit(
            "Bu dosyaya çok fazla işlem yazıldı; yeni bir kayıt açın.",
            "Too much was entered about this file; open a new one.",
        ));
    }
    let is_file = state.part_of.is_none() && checklist_of(&state).is_some();
    if !is_file && !matches!(deed, Deed::Bound { .. }) {
        return Ok(FileRefusal::unfit(
            "Bu kayıt bir başvuru dosyası değil; önce bir kontrol listesine bağlayın.",
            "This entry is no application file; bind it to a checklist first.",
        ));
    }
    let refused = match deed {
        Deed::Authorised { authority } => authority.check().map_err(FileRefusal::Unfit),
        Deed::Revoked { authority } => match state.entered.every_authority().get(*authority) {
            Some((_, false)) => Ok(()),
            _ => FileRefusal::unfit("Böyle geçerli bir yetki kaydı yok.", "There is no such authority in force."),
        },
        Deed::LossReported { .. } if !matches!(state.entered.loss(), Some((_, None))) => {
            FileRefusal::unfit("Bildirilecek açık bir kayıp kaydı yok.", "There is no open loss to be reported.")
        }
        Deed::Bound { checklist: Some(_) } if state.part_of.is_some() => FileRefusal::unfit(
            "Bu kayıt ayrı bir dosya olamaz; bir dosyayı tamamlıyorsa önce oradan ayırın.",
            "This entry cannot be a file of its own; where it completes one, separate it from there first.",
        ),
        Deed::Joined { document } => return joins(number, *document, &state, decision),
        Deed::Separated { document } if !state.joined.contains(document) => {
            FileRefusal::unfit("Bu belge dosyada yok.", "This document is not in the file.")
        }
        Deed::OriginalsArrived { day } | Deed::CompletionAsked { day } | Deed::LossLearned { day } | Deed::LossReported { day } => {
            let today = crate::clock::local_day(decision.now);
            match *day > today {
                true => FileRefusal::unfit("Tarih gelecekte olamaz.", "The day must not be in the future."),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    };
    Ok(refused)
}

/// A file is one application and what completes it: no chains, no circles.
fn joins(
    number: RegisterNumber,
    document: RegisterNumber,
    state: &FileState,
    decision: &Decision<'_>,
) -> Result<Result<(), FileRefusal>, LedgerError> {
    let other: FileState = decision.state.index.get(&key::file(document))?.unwrap_or_default();
    Ok(if number == document || other.part_of == Some(number) {
        FileRefusal::unfit("Bu belge zaten bu dosyada.", "This document is in this file already.")
    } else if other.part_of.is_some() || !other.joined.is_empty() {
        FileRefusal::unfit(
            "Bu belge bu dosyaya katılamaz; başka bir dosyadaysa önce oradan ayırın.",
            "This document cannot be joined; where it is in another file, separate it from there first.",
        )
    } else if state.joined.len() >= MOST_JOINED {
        FileRefusal::unfit("Dosyada çok fazla belge var.", "There are too many documents in the file.")
    } else {
        Ok(())
    })
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

pub(super) fn apply_deed(event: &FileDeed, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let mut file: FileState = state.get(&key::file(event.number))?.unwrap_or_default();
    file.entered.0.push(event.done.clone());
    match &event.done.deed {
        Deed::Bound { .. } => file.placed_by_hand = true,
        Deed::Joined { document } => {
            file.joined.insert(*document);
            place(*document, Some(event.number), state)?;
        }
        Deed::Separated { document } => {
            file.joined.remove(document);
            place(*document, None, state)?;
        }
        _ => {}
    }
    state.put(key::file(event.number), &file)?;
    touch(event.number, state)
}

fn place(document: RegisterNumber, head: Option<RegisterNumber>, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    state.update(key::file(document), |file: &mut FileState| {
        file.part_of = head;
        file.placed_by_hand = true;
    })?;
    touch(document, state)
}

/// Counts as a change of the entry: whoever follows the register looks again.
fn touch(number: RegisterNumber, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    fold::amend_entry(number, state, |_| ())
}
