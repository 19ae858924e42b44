//! What clerks enter about application files: who may, and whether it can be so.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::event::{Event, FileDeed};
use super::files::{MOST_JOINED, checklist_of, touch};
use super::handling::{NOTE_CHARS, Refusal};
use super::overlay::Overlay;
use super::retention::By;
use super::retention::needs::of_papers;
use super::writer::{Decision, Pending};
use super::{Ledger, LedgerError, keeping, key};
use crate::checklist::entered::{Deed, Done, Entered, FileState, MOST_DEEDS};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::people::{Person, Right};
use crate::register::entry::{Asker, RegisterNumber};
use crate::text::Text;

/// How many days before the application its originals may have been handed in.
const ORIGINALS_AHEAD_DAYS: i64 = 366;

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

impl Ledger {
    /// A person enters something about a file, or somebody at the machine in a person's name. Whether that is allowed is decided on the file as it stands when it is its turn.
    ///
    /// # Errors
    /// The disk refused.
    pub fn file_deed(
        &self,
        number: RegisterNumber,
        deed: Deed,
        note: Option<String>,
        by: impl Into<By>,
    ) -> Pending<Result<(), FileRefusal>> {
        let By { person: by, uid } = by.into();
        self.commit(move |decision| {
            if !exists_for(&by, number, decision)? {
                return Ok(Err(FileRefusal::NotFound));
            }
            if !by.may(Right::Handle) {
                return Ok(Err(FileRefusal::Forbidden));
            }
            if let Deed::Joined { document } | Deed::Separated { document } = &deed
                && !exists_for(&by, *document, decision)?
            {
                return Ok(Err(FileRefusal::NotFound));
            }
            let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
            if let Err(refusal) = fits(number, &deed, note.as_deref(), &by, decision)? {
                return Ok(Err(refusal));
            }
            let done = Done {
                by: Asker {
                    person: Some(by.login),
                    uid,
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

fn exists_for(by: &Person, number: RegisterNumber, decision: &Decision<'_>) -> Result<bool, LedgerError> {
    Ok(decision.state.index.entry(number)?.is_some_and(|entry| by.sees(&entry)))
}

fn state_of(number: RegisterNumber, decision: &Decision<'_>) -> Result<FileState, LedgerError> {
    Ok(decision.state.index.get(&key::file(number))?.unwrap_or_default())
}

type Fit = Result<Result<(), FileRefusal>, LedgerError>;

fn fits(number: RegisterNumber, deed: &Deed, note: Option<&str>, by: &Person, decision: &Decision<'_>) -> Fit {
    let state = state_of(number, decision)?;
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
    // What completed a file that is none any more must find its way out.
    if !is_file && !matches!(deed, Deed::Bound { .. } | Deed::Separated { .. }) {
        return Ok(FileRefusal::unfit(
            "Bu kayıt bir başvuru dosyası değil; önce bir kontrol listesine bağlayın.",
            "This entry is no application file; bind it to a checklist first.",
        ));
    }
    Ok(match deed {
        Deed::Bound { checklist: Some(_) } if state.part_of.is_some() => FileRefusal::unfit(
            "Bu kayıt ayrı bir dosya olamaz; bir dosyayı tamamlıyorsa önce oradan ayırın.",
            "This entry cannot be a file of its own; where it completes one, separate it from there first.",
        ),
        Deed::Bound { .. } => Ok(()),
        Deed::Authorised { authority } => authority.check().map_err(FileRefusal::Unfit),
        Deed::Revoked { authority } => match state.entered.every_authority().get(*authority) {
            Some((_, false)) => Ok(()),
            _ => FileRefusal::unfit("Böyle geçerli bir yetki kaydı yok.", "There is no such authority in force."),
        },
        Deed::Decided { sha256, .. } => return holds(sha256, &state, by, decision),
        Deed::OriginalsArrived { day } | Deed::CompletionAsked { day } | Deed::LossLearned { day } | Deed::LossReported { day } => {
            return on_that_day(number, deed, *day, &state.entered, decision);
        }
        Deed::Joined { document } => return joins(number, *document, &state, decision),
        Deed::Separated { document } if !state.joined.contains(document) => {
            FileRefusal::unfit("Bu belge dosyada yok.", "This document is not in the file.")
        }
        Deed::Separated { .. } => Ok(()),
    })
}

/// A decision is about an attachment of the file that the person sees; about what is not there it would wait for something that comes.
fn holds(attachment: &Sha256, state: &FileState, by: &Person, decision: &Decision<'_>) -> Fit {
    let has = |state: &FileState| {
        let papers = state.read.iter().flat_map(|read| &read.reading.papers);
        papers.into_iter().any(|paper| paper.sha256 == *attachment)
    };
    let mut is_there = has(state);
    for document in &state.joined {
        is_there = is_there || exists_for(by, *document, decision)? && has(&state_of(*document, decision)?);
    }
    Ok(match is_there {
        true => Ok(()),
        false => FileRefusal::unfit(
            "Dosyada böyle bir ek yok; listeden seçin.",
            "There is no such attachment in the file; choose one from the list.",
        ),
    })
}

/// Nothing is entered of tomorrow, and nothing of a time before there was an application.
fn on_that_day(number: RegisterNumber, deed: &Deed, day: Date, entered: &Entered, decision: &Decision<'_>) -> Fit {
    if matches!(deed, Deed::LossReported { .. }) && !matches!(entered.loss(), Some((_, None))) {
        return Ok(FileRefusal::unfit(
            "Bildirilecek açık bir kayıp kaydı yok.",
            "There is no open loss to be reported.",
        ));
    }
    if day > local_day(decision.now) {
        return Ok(FileRefusal::unfit("Tarih gelecekte olamaz.", "The day must not be in the future."));
    }
    let arrived = decision
        .state
        .index
        .entry(number)?
        .map(|entry| local_day(entry.message.received_at));
    let earliest = match deed {
        // They may have been handed in before.
        Deed::OriginalsArrived { .. } => arrived.map(|arrived| arrived.saturating_sub(ORIGINALS_AHEAD_DAYS.days())),
        Deed::LossReported { .. } => entered.loss().map(|(learned, _)| learned),
        _ => arrived,
    };
    Ok(match earliest.is_some_and(|earliest| day < earliest) {
        true => FileRefusal::unfit(
            "Tarih çok eski: başvurudan, kayıp bildirimi için kaybın öğrenilmesinden önce olamaz.",
            "The day is too early: it must not lie before the application, nor the report of a loss before it was learnt of.",
        ),
        false => Ok(()),
    })
}

/// A file is one application and what completes it: no chains, no circles.
fn joins(number: RegisterNumber, document: RegisterNumber, state: &FileState, decision: &Decision<'_>) -> Fit {
    let other = state_of(document, decision)?;
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

pub(super) fn apply_deed(event: &FileDeed, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let mut file: FileState = state.get(&key::file(event.number))?.unwrap_or_default();
    file.entered.0.push(event.done.clone());
    match &event.done.deed {
        Deed::Bound { .. } => {
            file.placed_by_hand = true;
            // What completes it is read by its checklist.
            for document in &file.joined {
                touch(*document, state)?;
            }
        }
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
    let mut file: FileState = state.get(&key::file(document))?.unwrap_or_default();
    file.part_of = head;
    file.placed_by_hand = true;
    if head.is_none() {
        // It was read as a part of that file. Whether it is one by itself is another question, which the rules answer anew; what was judged
        // until now was judged all the same.
        keeping::supersede(document, (of_papers(&file).collect(), BTreeSet::new()), state)?;
        file.read = None;
    }
    state.put(key::file(document), &file)?;
    touch(document, state)
}
