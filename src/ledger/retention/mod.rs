//! Retention classes, legal holds and disposal lists: what people ask for, and what is known of it. Who may decide what is decided on the
//! state as it stands when it is its turn: [`decide`] for one entry, [`lists`] for the lists; [`standing`] says where an entry stands and
//! [`needs`] which blobs it needs.

mod decide;
mod lists;
pub(super) mod needs;
mod refusal;
pub(super) mod standing;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::writer::Pending;
use super::{Ledger, LedgerError, key};
use crate::hash::Sha256;
use crate::people::{Person, Right};
use crate::register::disposal::{Disposal, LIST_ENTRIES};
use crate::register::entry::{Entry, RegisterNumber};
use crate::register::retention::{Disposed, Keeping, RetentionConfig};
use crate::store::loss::Loss;
use crate::text::Text;
pub(super) use lists::{disposal_for, vouching};
pub use refusal::KeepingRefusal;

/// What somebody wants. The words of the control socket and of the forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum KeepingRequest {
    /// Gives an entry a class; `None`: what the rules say counts again.
    Class {
        number: RegisterNumber,
        class: Option<String>,
        reason: String,
    },
    /// One hold more: each case has its own.
    Hold {
        number: RegisterNumber,
        reason: String,
    },
    Release {
        number: RegisterNumber,
        reason: String,
        /// Which of them; `None` where only one stands.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<u32>,
    },
    /// A list of everything that is due and that the person sees.
    Propose,
    Approve {
        list: u32,
        sha256: Sha256,
    },
    Withdraw {
        list: u32,
        reason: String,
    },
    /// Carries out a list that enough others approved.
    Execute {
        list: u32,
    },
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    Done,
    Proposed {
        list: u32,
        sha256: Sha256,
        entries: usize,
    },
    /// `approved`: enough people did.
    Approved {
        approved: bool,
    },
    Executed {
        entries: usize,
        removed: u64,
    },
}

/// Who decides, and where.
#[derive(Debug, Clone)]
pub struct By {
    pub person: Person,
    /// On the machine itself, where the account is named and not proved: the account there, as the system vouches for it.
    pub uid: Option<u32>,
}

impl From<&Person> for By {
    fn from(person: &Person) -> Self {
        Self {
            person: person.clone(),
            uid: None,
        }
    }
}

/// An entry that is due, for the list of those.
#[derive(Debug, Clone)]
pub struct Due {
    pub entry: Entry,
    pub class: String,
    pub years: u16,
    pub since: Date,
}

type Outcome = Result<Kept, KeepingRefusal>;

impl Ledger {
    /// Does what a person wants, but for the execution of a list: see [`Ledger::execute`].
    ///
    /// # Errors
    /// The disk refused.
    pub fn keep(&self, request: KeepingRequest, by: impl Into<By>, policy: &RetentionConfig) -> Pending<Outcome> {
        let (by, policy) = (by.into(), policy.clone());
        // Looked for here: the writer waits for nobody who reads years of entries, and only asks those that were found once more.
        let due = match request {
            KeepingRequest::Propose if by.person.may(Right::Administer) => self.due(&by.person, &policy, self.today(), LIST_ENTRIES),
            _ => Ok(Vec::new()),
        };
        self.commit(move |decision| match request {
            KeepingRequest::Class { number, class, reason } => decide::class(number, class, &reason, &by, &policy, decision),
            KeepingRequest::Hold { number, reason } => decide::hold(number, &reason, &by, decision),
            KeepingRequest::Release { number, reason, hold } => decide::release((number, hold), &reason, &by, decision),
            KeepingRequest::Propose => lists::propose(&due?, &by, &policy, decision),
            KeepingRequest::Approve { list, sha256 } => lists::approve(list, sha256, &by.person, decision),
            KeepingRequest::Withdraw { list, reason } => lists::withdraw(list, &reason, &by, decision),
            KeepingRequest::Execute { .. } => Ok(Err(KeepingRefusal::NotApproved)),
        })
    }

    /// What people decided about the keeping of an entry.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn keeping(&self, number: RegisterNumber) -> Result<Keeping, LedgerError> {
        Ok(self.read(&key::keeping(number))?.unwrap_or_default())
    }

    /// When and by which list an entry was disposed of.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn disposal_of(&self, entry: &Entry) -> Result<Option<Disposed>, LedgerError> {
        match entry.is_disposed() {
            true => Ok(self.keeping(entry.register_number)?.disposed),
            false => Ok(None),
        }
    }

    /// For an entry that was disposed of: since when and under which list, and whether its bytes are here all the same.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn disposed(&self, entry: &Entry) -> Result<Option<Text>, LedgerError> {
        let Some(disposed) = self.disposal_of(entry)? else {
            return Ok(None);
        };
        let is_needed = !self.is_gone(&entry.message.sha256)?;
        Ok(Some(disposed_words(disposed.list, disposed.at, is_needed)))
    }

    /// What is due for a person on a day, the oldest first, at most so many; entries on an open list are left out.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn due(&self, by: &Person, policy: &RetentionConfig, today: Date, at_most: usize) -> Result<Vec<Due>, LedgerError> {
        let mut due = Vec::new();
        let Some(last_year) = policy.last_due_year(today) else {
            return Ok(due);
        };
        for entry in self.entries() {
            let entry = entry?;
            // In the order of their years.
            if due.len() == at_most || entry.register_number.year > last_year {
                break;
            }
            if by.sees(&entry) {
                due.extend(standing::due(self, entry, policy, today)?);
            }
        }
        Ok(due)
    }

    /// All disposal lists, the oldest first.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn disposals(&self) -> Result<Vec<Disposal>, LedgerError> {
        self.walk(key::DISPOSALS).collect()
    }

    /// # Errors
    /// The index cannot be read.
    pub fn disposal(&self, list: u32) -> Result<Option<Disposal>, LedgerError> {
        self.read(&key::disposal(list))
    }

    /// A loss as the journal knows it.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn loss(&self, id: &str) -> Result<Option<Loss>, LedgerError> {
        self.read(&key::loss(id))
    }

    /// Every loss that the journal knows.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn losses(&self) -> Result<Vec<Loss>, LedgerError> {
        self.walk(key::LOSSES).collect()
    }

    fn today(&self) -> Date {
        crate::clock::local_day(self.clock.now())
    }
}

/// Supervisors and administrators: who answers for work that others do.
pub fn may_hold(person: &Person) -> bool {
    person.may(Right::Handle) && person.may(Right::Oversee)
}

/// When the bytes of an entry went, for those who tell it. Where another entry still needs them, that is not hidden: a record of a disposal
/// must not say more than was done.
pub fn disposed_words(list: u32, at: Timestamp, is_needed: bool) -> Text {
    let day = crate::clock::local_day(at).strftime("%d.%m.%Y").to_string();
    let (tr, en) = match is_needed {
        false => ("", ""),
        true => (
            " İletinin baytları bu kayıt için artık açılmaz, ama başka bir kayıt (aynı iletinin belgesi ya da deliliyle anlattığı ileti) onlara gereksindiği sürece depoda kalır.",
            " The bytes of the message are not handed out for this entry any more, but stay in the store as long as another entry (a document of the same message, or what its evidence is about) needs them.",
        ),
    };
    Text::new(
        format!(
            "İçerik {day} günü {list} numaralı imha listesiyle, gereken sayıda kişinin onayıyla imha edildi; kayıt ve özet değerleri (SHA-256) duruyor. Bu bir kayıp değildir.{tr}"
        ),
        format!(
            "The bytes were disposed of on {day} under disposal list {list}, approved by as many people as it takes; the record and the hashes (SHA-256) stay. This is no loss.{en}"
        ),
    )
}
