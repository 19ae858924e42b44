//! Retention classes, legal holds and disposal lists: who may decide what, decided on the state as it stands when it is its turn.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::event::{DisposalApproved, DisposalWithdrawn, Event, LegalHold, RetentionClassed};
use super::handling::NOTE_CHARS;
use super::writer::{Decision, Pending};
use super::{Ledger, LedgerError, key};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::people::{Person, Right};
use crate::register::disposal::{Disposal, DisposalList, LIST_ENTRIES, Listed, Stage};
use crate::register::entry::{Entry, RegisterNumber};
use crate::register::retention::{Keeping, RetentionConfig, Standing};
use crate::store::loss::Loss;
use crate::text::Text;

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
    Hold {
        number: RegisterNumber,
        reason: String,
    },
    Release {
        number: RegisterNumber,
        reason: String,
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
    /// Carries out a list that two others approved.
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

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeepingRefusal {
    /// It is not there, or not for this person: the same answer.
    #[error("there is no such entry or list")]
    NotFound,
    #[error("the role may not do this")]
    Forbidden,
    #[error("a reason is required")]
    ReasonRequired,
    #[error("too long, or not text")]
    TooLong,
    #[error("there is no such class")]
    UnknownClass,
    #[error("it is so already")]
    Unchanged,
    #[error("nothing is due")]
    NothingDue,
    #[error("the one who proposed does not approve")]
    OwnList,
    #[error("approved already by this person")]
    ApprovedAlready,
    #[error("another list was seen than the one that is there")]
    OtherList,
    #[error("the list is not open")]
    NotOpen,
    #[error("two other people have not approved")]
    NotApproved,
    /// A hold, a class, a state or a year is another one now: the list is not carried out, in no part.
    #[error("an entry of the list is no longer due")]
    NoLongerDue,
    #[error("its bytes are disposed of")]
    Disposed,
    #[error("another disposal is under way")]
    Busy,
}

impl KeepingRefusal {
    pub fn text(self) -> Text {
        match self {
            Self::NotFound => Text::new("Böyle bir kayıt ya da liste yok.", "There is no such entry or list."),
            Self::Forbidden => Text::new(
                "Bu iş için yetkiniz yok: sınıfı kayıt memuru verir; bekletmeyi ve onayı birim amiri ya da yönetici, öneri ve uygulamayı yönetici yapar.",
                "Your role may not do this: clerks give classes; supervisors and administrators hold and approve; administrators propose and execute.",
            ),
            Self::ReasonRequired => Text::new("Gerekçe yazın.", "Write the reason."),
            Self::TooLong => Text::new(
                format!("Metin çok uzun ya da denetim karakteri içeriyor (en çok {NOTE_CHARS} karakter)."),
                format!("The text is too long or holds control characters (at most {NOTE_CHARS} characters)."),
            ),
            Self::UnknownClass => Text::new(
                "Bu adda bir saklama sınıfı yok; yapılandırmadaki [[retention.class]] adlarından birini verin.",
                "There is no retention class of that name; give one of the [[retention.class]] of the configuration.",
            ),
            Self::Unchanged => Text::new("Zaten öyle.", "It is so already."),
            Self::NothingDue => Text::new(
                "Süresi dolan kayıt yok ya da hepsi açık bir listede.",
                "Nothing is due, or all of it stands on an open list.",
            ),
            Self::OwnList => Text::new(
                "Listeyi öneren onaylayamaz; iki başka kişi onaylamalı.",
                "Who proposed the list cannot approve it; two other people must.",
            ),
            Self::ApprovedAlready => Text::new(
                "Bu listeyi onayladınız; ikinci onayı başka bir kişi vermeli.",
                "You approved this list; the second approval must come from another person.",
            ),
            Self::OtherList => Text::new(
                "Gördüğünüz liste bu değil: özeti başka. Listeyi yeniden açıp okuyun.",
                "This is not the list that you saw: its hash is another one. Open the list again and read it.",
            ),
            Self::NotOpen => Text::new(
                "Bu liste açık değil: geri çekilmiş ya da uygulanmış.",
                "This list is not open: it was withdrawn or executed.",
            ),
            Self::NotApproved => Text::new(
                "Öneren dışında iki kişi onaylamadan uygulanmaz.",
                "It is not executed before two people beside the proposer approved it.",
            ),
            Self::NoLongerDue => Text::new(
                "Listedeki bir kayıt artık imha edilemez (bekletme kondu, sınıfı ya da durumu değişti). Liste hiçbir parçasıyla uygulanmadı; geri çekip yenisini önerin.",
                "An entry of the list may no longer be disposed of (a hold, another class or state). No part of the list was executed; withdraw it and propose another.",
            ),
            Self::Disposed => Text::new(
                "Bu kaydın içeriği imha edildi; yapılacak bir şey yok.",
                "The bytes of this entry are disposed of; nothing can be done.",
            ),
            Self::Busy => Text::new(
                "Başka bir imha sürüyor; bitince yineleyin.",
                "Another disposal is under way; repeat this when it is done.",
            ),
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
    pub fn keep(&self, request: KeepingRequest, by: &Person, policy: &RetentionConfig) -> Pending<Outcome> {
        let (by, policy) = (by.clone(), policy.clone());
        self.commit(move |decision| match request {
            KeepingRequest::Class { number, class, reason } => decide_class(number, class, &reason, &by, &policy, decision),
            KeepingRequest::Hold { number, reason } => decide_hold((number, true), &reason, &by, decision),
            KeepingRequest::Release { number, reason } => decide_hold((number, false), &reason, &by, decision),
            KeepingRequest::Propose => decide_proposal(&by, &policy, decision),
            KeepingRequest::Approve { list, sha256 } => decide_approval(list, sha256, &by, decision),
            KeepingRequest::Withdraw { list, reason } => decide_withdrawal(list, &reason, &by, decision),
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

    /// For an entry whose bytes are disposed of: since when and under which list.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn disposed(&self, entry: &Entry) -> Result<Option<Text>, LedgerError> {
        if !entry.is_disposed() {
            return Ok(None);
        }
        let disposed = self.keeping(entry.register_number)?.disposed;
        Ok(disposed.map(|disposed| disposed_words(disposed.list, disposed.at)))
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
            if !by.sees(&entry) {
                continue;
            }
            let keeping = self.keeping(entry.register_number)?;
            if let Standing::Due { class, years, since } = policy.standing(&entry, &keeping, today)
                && keeping.listed.is_none()
            {
                due.push(Due {
                    entry,
                    class,
                    years,
                    since,
                });
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

    /// Whether every entry of a list exists for a person: nobody decides on what he cannot see, nor learns of it.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn sees_list(&self, list: &DisposalList, person: &Person) -> Result<bool, LedgerError> {
        for listed in &list.entries {
            if !self.entry(listed.number)?.is_some_and(|entry| person.sees(&entry)) {
                return Ok(false);
            }
        }
        Ok(true)
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
}

/// Supervisors and administrators: who answers for work that others do.
pub fn may_hold(person: &Person) -> bool {
    person.may(Right::Handle) && person.may(Right::Oversee)
}

fn decide_class(
    number: RegisterNumber,
    class: Option<String>,
    reason: &str,
    by: &Person,
    policy: &RetentionConfig,
    decision: &mut Decision<'_>,
) -> Result<Outcome, LedgerError> {
    let (_, keeping) = match seen(number, by, decision)? {
        Ok(seen) => seen,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !by.may(Right::Handle) {
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
    let by = by.login.clone();
    decision.record(Event::RetentionClassed(RetentionClassed { number, class, reason, by }))?;
    Ok(Ok(Kept::Done))
}

fn decide_hold(
    (number, held): (RegisterNumber, bool),
    reason: &str,
    by: &Person,
    decision: &mut Decision<'_>,
) -> Result<Outcome, LedgerError> {
    let (_, keeping) = match seen(number, by, decision)? {
        Ok(seen) => seen,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !may_hold(by) {
        return Ok(Err(KeepingRefusal::Forbidden));
    }
    if keeping.hold.is_some() == held {
        return Ok(Err(KeepingRefusal::Unchanged));
    }
    let reason = match reasoned(reason) {
        Ok(reason) => reason,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let by = by.login.clone();
    decision.record(Event::LegalHold(LegalHold { number, held, reason, by }))?;
    Ok(Ok(Kept::Done))
}

fn decide_proposal(by: &Person, policy: &RetentionConfig, decision: &mut Decision<'_>) -> Result<Outcome, LedgerError> {
    if !by.may(Right::Administer) {
        return Ok(Err(KeepingRefusal::Forbidden));
    }
    let today = local_day(decision.now);
    let Some(last_year) = policy.last_due_year(today) else {
        return Ok(Err(KeepingRefusal::NothingDue));
    };
    let mut entries = Vec::new();
    for name in decision.state.index.keys(key::ENTRIES)? {
        let Some(number) = key::read_number(&name) else { continue };
        if entries.len() == LIST_ENTRIES || number.year > last_year {
            break;
        }
        let Some(entry) = decision.state.index.entry(number)?.filter(|entry| by.sees(entry)) else {
            continue;
        };
        let keeping = keeping_of(number, decision)?;
        if keeping.listed.is_none() {
            entries.extend(listed(&entry, &keeping, policy, today));
        }
    }
    if entries.is_empty() {
        return Ok(Err(KeepingRefusal::NothingDue));
    }
    let last = decision.state.index.keys(key::DISPOSALS)?.len();
    let list = DisposalList {
        id: u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1),
        proposed_by: by.login.clone(),
        at: decision.now,
        entries,
    };
    let proposed = Kept::Proposed {
        list: list.id,
        sha256: list.sha256(),
        entries: list.entries.len(),
    };
    decision.record(Event::DisposalProposed(list))?;
    Ok(Ok(proposed))
}

fn decide_approval(list: u32, sha256: Sha256, by: &Person, decision: &mut Decision<'_>) -> Result<Outcome, LedgerError> {
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
    if sha256 != disposal.list.sha256() {
        return Ok(Err(KeepingRefusal::OtherList));
    }
    let by = by.login.clone();
    decision.record(Event::DisposalApproved(DisposalApproved { list, sha256, by }))?;
    let after: Option<Disposal> = decision.state.index.get(&key::disposal(list))?;
    let approved = after.is_some_and(|disposal| disposal.stage == Stage::Approved);
    Ok(Ok(Kept::Approved { approved }))
}

/// Whoever may approve may also say no: one is enough for that.
fn decide_withdrawal(list: u32, reason: &str, by: &Person, decision: &mut Decision<'_>) -> Result<Outcome, LedgerError> {
    let Some(disposal) = disposal_for(list, by, decision)? else {
        return Ok(Err(KeepingRefusal::NotFound));
    };
    if !may_hold(by) {
        return Ok(Err(KeepingRefusal::Forbidden));
    }
    if !disposal.is_open() {
        return Ok(Err(KeepingRefusal::NotOpen));
    }
    let reason = match reasoned(reason) {
        Ok(reason) => reason,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let by = by.login.clone();
    decision.record(Event::DisposalWithdrawn(DisposalWithdrawn { list, reason, by }))?;
    Ok(Ok(Kept::Done))
}

/// The entry as it would stand on a list made now.
pub(super) fn listed(entry: &Entry, keeping: &Keeping, policy: &RetentionConfig, today: Date) -> Option<Listed> {
    match policy.standing(entry, keeping, today) {
        Standing::Due { class, years, since } => Some(Listed {
            number: entry.register_number,
            message: entry.message.sha256,
            class,
            years,
            due: since,
        }),
        _ => None,
    }
}

pub(super) fn keeping_of(number: RegisterNumber, decision: &Decision<'_>) -> Result<Keeping, LedgerError> {
    Ok(decision.state.index.get(&key::keeping(number))?.unwrap_or_default())
}

/// A list, for whoever sees every entry of it.
pub(super) fn disposal_for(list: u32, by: &Person, decision: &Decision<'_>) -> Result<Option<Disposal>, LedgerError> {
    let Some(disposal) = decision.state.index.get::<Disposal>(&key::disposal(list))? else {
        return Ok(None);
    };
    for listed in &disposal.list.entries {
        let entry = decision.state.index.entry(listed.number)?;
        if !entry.is_some_and(|entry| by.sees(&entry)) {
            return Ok(None);
        }
    }
    Ok(Some(disposal))
}

fn seen(number: RegisterNumber, by: &Person, decision: &Decision<'_>) -> Result<Result<(Entry, Keeping), KeepingRefusal>, LedgerError> {
    let Some(entry) = decision.state.index.entry(number)?.filter(|entry| by.sees(entry)) else {
        return Ok(Err(KeepingRefusal::NotFound));
    };
    let keeping = keeping_of(number, decision)?;
    Ok(match keeping.disposed {
        Some(_) => Err(KeepingRefusal::Disposed),
        None => Ok((entry, keeping)),
    })
}

fn reasoned(reason: &str) -> Result<String, KeepingRefusal> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(KeepingRefusal::ReasonRequired);
    }
    let fits = reason.chars().count() <= NOTE_CHARS && !reason.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    fits.then(|| reason.to_owned()).ok_or(KeepingRefusal::TooLong)
}

/// When the bytes of an entry went, for those who tell it.
pub fn disposed_words(list: u32, at: Timestamp) -> Text {
    let day = crate::clock::local_day(at).strftime("%d.%m.%Y").to_string();
    Text::new(
        format!(
            "İçerik {day} günü {list} numaralı imha listesiyle, iki kişinin onayıyla imha edildi; kayıt ve özet değerleri (SHA-256) duruyor. Bu bir kayıp değildir."
        ),
        format!(
            "The bytes were disposed of on {day} under disposal list {list}, approved by two people; the record and the hashes (SHA-256) stay. This is no loss."
        ),
    )
}
