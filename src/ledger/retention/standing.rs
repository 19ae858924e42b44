//! Where an entry stands together with what is kept with it. An application file is kept as one: the documents that complete it say nothing
//! without the application, and what holds one of them holds all.

use jiff::civil::Date;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Due;
use crate::checklist::entered::FileState;
use crate::ledger::files::checklist_of;
use crate::ledger::overlay::Overlay;
use crate::ledger::{Ledger, LedgerError, key};
use crate::register::disposal::Listed;
use crate::register::entry::{Entry, RegisterNumber, State};
use crate::register::retention::{Keeping, RetentionConfig, Standing};

/// Where values of the index are read: as everybody sees them, or with what the writer has decided on top.
pub(in crate::ledger) trait Known {
    fn value<T: DeserializeOwned>(&self, name: &[u8]) -> Result<Option<T>, LedgerError>;

    fn entry_of(&self, number: RegisterNumber) -> Result<Option<Entry>, LedgerError> {
        self.value(&key::entry(number))
    }

    fn keeping_of(&self, number: RegisterNumber) -> Result<Keeping, LedgerError> {
        Ok(self.value(&key::keeping(number))?.unwrap_or_default())
    }

    fn file_of(&self, number: RegisterNumber) -> Result<Option<FileState>, LedgerError> {
        self.value(&key::file(number))
    }
}

impl Known for Ledger {
    fn value<T: DeserializeOwned>(&self, name: &[u8]) -> Result<Option<T>, LedgerError> {
        self.read(name)
    }
}

impl Known for Overlay<'_> {
    fn value<T: DeserializeOwned>(&self, name: &[u8]) -> Result<Option<T>, LedgerError> {
        self.get(name)
    }
}

impl Ledger {
    /// Where an entry stands on a day in Turkey, with its application file where it belongs to one.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn retention_standing(&self, entry: &Entry, policy: &RetentionConfig, today: Date) -> Result<Standing, LedgerError> {
        standing(self, entry, policy, today)
    }
}

/// An application file, for the keeping of its documents.
struct File {
    head: RegisterNumber,
    checklist: String,
    state: FileState,
}

/// The application file that an entry belongs to.
fn file_around(known: &impl Known, number: RegisterNumber) -> Result<Option<File>, LedgerError> {
    let Some(own) = known.file_of(number)? else { return Ok(None) };
    let head = own.part_of.unwrap_or(number);
    let state = if head == number { Some(own) } else { known.file_of(head)? };
    Ok(state.and_then(|state| {
        Some(File {
            head,
            checklist: checklist_of(&state)?,
            state,
        })
    }))
}

/// Name of the checklist of the file that an entry belongs to.
pub fn checklist_around(known: &impl Known, number: RegisterNumber) -> Result<Option<String>, LedgerError> {
    Ok(file_around(known, number)?.map(|file| file.checklist))
}

pub fn standing(known: &impl Known, entry: &Entry, policy: &RetentionConfig, today: Date) -> Result<Standing, LedgerError> {
    let number = entry.register_number;
    let Some(file) = file_around(known, number)? else {
        return by_itself(known, entry, (policy, None), today);
    };
    let under = (policy, Some(file.checklist.as_str()));
    let own = by_itself(known, entry, under, today)?;
    if !matches!(own, Standing::Due { .. } | Standing::Kept { .. }) {
        return Ok(own);
    }
    // The strictest of its documents decides for all; of those that are only young, the youngest.
    let mut strictest = own;
    for other in file
        .state
        .joined
        .iter()
        .copied()
        .chain([file.head])
        .filter(|other| *other != number)
    {
        let Some(document) = known.entry_of(other)? else { continue };
        match by_itself(known, &document, under, today)? {
            Standing::Due { .. } | Standing::Disposed => {}
            Standing::Kept { class, until } => match &strictest {
                Standing::Kept { until: latest, .. } if *latest >= until => {}
                _ => strictest = Standing::Kept { class, until },
            },
            stands => return Ok(stands),
        }
        if other == file.head && is_open(&document) {
            return Ok(Standing::Open);
        }
    }
    let is_open = (file.head == number && is_open(entry)) || matches!(file.state.entered.loss(), Some((_, None)));
    Ok(if is_open { Standing::Open } else { strictest })
}

/// Without the other documents of its file; of what the institution sent, with the evidence that the clock still waits for.
fn by_itself(
    known: &impl Known,
    entry: &Entry,
    (policy, checklist): (&RetentionConfig, Option<&str>),
    today: Date,
) -> Result<Standing, LedgerError> {
    let number = entry.register_number;
    let standing = policy.standing_in(entry, &known.keeping_of(number)?, checklist, today);
    let is_followed = entry.is_sent() && known.value::<IgnoredAny>(&key::followed(number))?.is_some();
    Ok(match standing {
        Standing::Due { .. } if is_followed => Standing::Open,
        other => other,
    })
}

/// Somebody still works on the application.
fn is_open(head: &Entry) -> bool {
    !matches!(head.state, State::Done | State::NotRecorded)
}

/// The entry, where it is due and on no open list.
pub fn due(known: &impl Known, entry: Entry, policy: &RetentionConfig, today: Date) -> Result<Option<Due>, LedgerError> {
    // What no rule lets go is not asked further: of most entries that is all.
    let keeping = known.keeping_of(entry.register_number)?;
    if keeping.listed.is_some() || keeping.disposed.is_some() {
        return Ok(None);
    }
    Ok(match standing(known, &entry, policy, today)? {
        Standing::Due { class, years, since } => Some(Due {
            entry,
            class,
            years,
            since,
        }),
        _ => None,
    })
}

/// The entry as it would stand on a list made now.
pub fn listed(known: &impl Known, entry: &Entry, policy: &RetentionConfig, today: Date) -> Result<Option<Listed>, LedgerError> {
    Ok(match standing(known, entry, policy, today)? {
        Standing::Due { class, years, since } => Some(Listed {
            number: entry.register_number,
            message: entry.message.sha256,
            class,
            years,
            due: since,
        }),
        _ => None,
    })
}
