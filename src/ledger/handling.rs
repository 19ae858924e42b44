//! What people do with an entry, and what of it they looked at, on the record.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::event::{Event, Handled, HoleClosed, Looked, Viewed};
use super::writer::{Decision, Pending};
use super::{Ledger, LedgerError, key};
use crate::clock::local_day;
use crate::mailbox::Locator;
use crate::people::account::HIGHEST_CLEARANCE;
use crate::people::{Account, Person, Right, View};
use crate::register::entry::{Action, Asker, Entry, Handling, RegisterNumber, State};
use crate::text::Text;

/// Somebody who looks at the same thing again within this time looks once: a page that reloads itself is no new look.
pub const ONE_VIEW: Duration = Duration::from_secs(600);

/// Characters of a note. It stands in the record for ever; a page of text fits.
pub const NOTE_CHARS: usize = 4_000;

/// Characters of the name of a unit, a login or a number of an EBYS.
pub const WORD_CHARS: usize = 200;

/// What somebody wants done with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlingRequest {
    pub action: Action,
    pub note: Option<String>,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not there, or not for this person: the same answer.
    #[error("there is no such entry")]
    NotFound,
    #[error("the role changes nothing")]
    Forbidden,
    #[error("a reason is required")]
    ReasonRequired,
    #[error("a note is required")]
    NoteRequired,
    #[error("neither a unit nor a person is named")]
    NobodyNamed,
    /// No account of that login can sign in, or it would not see the entry.
    #[error("this person cannot take it")]
    PersonUnfit,
    #[error("the number is required")]
    NumberRequired,
    #[error("too long, or not text")]
    TooLong,
    /// It was taken out of the register's work; who takes it back says why.
    #[error("it is not recorded; a reason is required")]
    NotRecorded,
    #[error("it is so already")]
    Unchanged,
    /// Nobody who may sign in is called so.
    #[error("there is no enabled account of this name")]
    NoAccount,
    /// Nobody is on record as having opened it.
    #[error("nobody has opened it")]
    NotOpened,
    #[error("there is no such access level")]
    Level,
    /// Who sets a level must be able to see what is on it.
    #[error("the level is above the own clearance")]
    AboveClearance,
}

impl Refusal {
    pub fn text(self) -> Text {
        match self {
            Self::NotFound => Text::new("Böyle bir kayıt yok.", "There is no such entry."),
            Self::Forbidden => Text::new(
                "Bu rol kayıtlarda değişiklik yapmaz; bir kayıt memuruna ya da birim amirine başvurun.",
                "This role changes nothing in the register; turn to a clerk or a supervisor.",
            ),
            Self::ReasonRequired => Text::new(
                "Bu işlem gerekçe ister; not alanını doldurun.",
                "This needs a reason; write it into the note.",
            ),
            Self::NoteRequired => Text::new("Not boş olamaz.", "The note must not be empty."),
            Self::NobodyNamed => Text::new(
                "Havale için bir birim ya da kişi seçin.",
                "Choose a unit or a person to assign it to.",
            ),
            Self::PersonUnfit => Text::new(
                "Bu kişi kaydı göremez ya da oturum açamaz; başka bir kişi seçin ya da yetkisini değiştirtin.",
                "This person does not see the entry or cannot sign in; choose somebody else, or have the rights changed.",
            ),
            Self::NumberRequired => Text::new("EBYS numarasını yazın.", "Write the number in the EBYS."),
            Self::TooLong => Text::new(
                format!("Metin çok uzun ya da denetim karakteri içeriyor (not en çok {NOTE_CHARS}, adlar en çok {WORD_CHARS} karakter)."),
                format!(
                    "The text is too long or holds control characters (a note has at most {NOTE_CHARS}, a name at most {WORD_CHARS} characters)."
                ),
            ),
            Self::NotRecorded => Text::new(
                "Bu belge kayda alınmadı; bunu değiştirmek için gerekçeyi not alanına yazın.",
                "This document was not recorded; to change that, write the reason into the note.",
            ),
            Self::Unchanged => Text::new("Kayıt zaten bu durumda.", "The entry is in this state already."),
            Self::NoAccount => Text::new(
                "Bu adla açık bir hesap yok; 'people list' olanları gösterir.",
                "There is no enabled account of this name; 'people list' shows what there is.",
            ),
            Self::NotOpened => Text::new(
                "Bu belgeyi henüz kimse açmadı; önce sayfasını açıp okuyun, sonra tamamlandı olarak işaretleyin.",
                "Nobody has opened this document yet; open its page and read it, then mark it as done.",
            ),
            Self::Level => Text::new(
                format!("Erişim düzeyi 0 (açık) ile {HIGHEST_CLEARANCE} (çok gizli) arasında bir sayıdır."),
                format!("An access level is a number from 0 (open) to {HIGHEST_CLEARANCE} (top secret)."),
            ),
            Self::AboveClearance => Text::new(
                "Bu düzey kendi gizlilik yetkinizin üstünde; yetkisi yeten bir amire ya da yöneticiye başvurun.",
                "This level is above your own clearance; turn to a supervisor or administrator whose clearance reaches it.",
            ),
        }
    }
}

impl Ledger {
    /// Records that the person of an account opened a document, as said on the command line: the proof of the daily duty, and the end of its
    /// alarm. It proves nothing of a name that nobody has, or of somebody for whom the document does not exist. `uid`: the account on this
    /// machine that said so.
    ///
    /// # Errors
    /// The disk refused.
    pub fn opened(&self, number: RegisterNumber, login: &str, uid: Option<u32>) -> Pending<Result<State, Refusal>> {
        let login = login.to_owned();
        self.commit(move |decision| {
            let account: Option<Account> = decision.state.index.get(&key::account(&login))?;
            let Some(by) = account.filter(|account| !account.disabled).map(|account| account.person) else {
                return Ok(Err(Refusal::NoAccount));
            };
            let Some(entry) = decision.state.index.entry(number)?.filter(|entry| by.sees(entry)) else {
                return Ok(Err(Refusal::NotFound));
            };
            if !by.may(Right::Handle) {
                return Ok(Err(Refusal::Forbidden));
            }
            let handling = opening(&entry, by.login, uid, decision.now);
            let state = handling.state;
            decision.record(Event::Handled(Handled { number, handling }))?;
            Ok(Ok(state))
        })
    }

    /// A person does something with an entry. Whether that is allowed is decided on the entry as it stands when it is its turn.
    ///
    /// # Errors
    /// The disk refused.
    pub fn handle(&self, number: RegisterNumber, request: HandlingRequest, by: &Person) -> Pending<Result<State, Refusal>> {
        self.handle_from(number, request, by, None)
    }

    /// The same, with the account on this machine where it is said on the command line.
    ///
    /// # Errors
    /// The disk refused.
    pub fn handle_from(
        &self,
        number: RegisterNumber,
        request: HandlingRequest,
        by: &Person,
        uid: Option<u32>,
    ) -> Pending<Result<State, Refusal>> {
        let by = by.clone();
        self.commit(move |decision| {
            let Some(entry) = decision.state.index.entry(number)?.filter(|entry| by.sees(entry)) else {
                return Ok(Err(Refusal::NotFound));
            };
            let request = match checked(request, &entry, &by) {
                Ok(request) => request,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if !can_take(&request.action, &entry, decision)? {
                return Ok(Err(Refusal::PersonUnfit));
            }
            if request.action == Action::Done && !entry.was_opened() && !has_read(&by, number, decision)? {
                return Ok(Err(Refusal::NotOpened));
            }
            let state = after(&request.action, &entry);
            let handling = Handling {
                by: by.login,
                at: decision.now,
                state,
                note: request.note,
                uid,
                action: request.action,
            };
            decision.record(Event::Handled(Handled { number, handling }))?;
            Ok(Ok(state))
        })
    }

    /// A person decided that a hole is none. Whether somebody may is the caller's question; that it is one, and why, is asked here.
    ///
    /// # Errors
    /// The disk refused.
    pub fn close_hole(&self, mailbox: &str, locator: Locator, reason: String, by: Asker) -> Pending<Result<(), Refusal>> {
        let mailbox = mailbox.to_owned();
        self.commit(move |decision| {
            let reason = reason.trim().to_owned();
            if reason.is_empty() {
                return Ok(Err(Refusal::ReasonRequired));
            }
            if !is_text(&reason) {
                return Ok(Err(Refusal::TooLong));
            }
            if !decision.state.index.contains(&key::hole(&mailbox, &locator))? {
                return Ok(Err(Refusal::Unchanged));
            }
            decision.record(Event::HoleClosed(HoleClosed {
                mailbox,
                locator,
                reason,
                by,
            }))?;
            Ok(Ok(()))
        })
    }

    /// A person looked at a document. Looking at its page is its opening, where the person's looks count for the daily duty. Answers with
    /// the state after it; `None`: there is no such entry for this person, and nothing was recorded.
    ///
    /// # Errors
    /// The disk refused.
    pub fn viewed(&self, number: RegisterNumber, by: &Person, what: View) -> Pending<Option<State>> {
        let by = by.clone();
        let name = key::last_view(number, &by.login, what.word());
        // The usual case costs no flush: it was recorded minutes ago, and nothing is to be opened.
        if let (Ok(last), Ok(Some(entry))) = (self.last_view(&name), self.entry(number))
            && is_same_view(last, self.clock.now())
            && by.sees(&entry)
            && !opens(&entry, &by, what)
        {
            return Pending::known(Some(entry.state));
        }
        self.commit(move |decision| {
            let Some(entry) = decision.state.index.entry(number)?.filter(|entry| by.sees(entry)) else {
                return Ok(None);
            };
            let at = decision.now;
            let last: Option<Timestamp> = decision.state.index.get(&name)?;
            if !is_same_view(last, at) {
                let by = by.login.clone();
                decision.record(Event::Viewed(Viewed { number, by, at, what }))?;
            }
            if !opens(&entry, &by, what) {
                return Ok(Some(entry.state));
            }
            let handling = opening(&entry, by.login, None, at);
            let state = handling.state;
            decision.record(Event::Handled(Handled { number, handling }))?;
            Ok(Some(state))
        })
    }

    /// A person looked at the list of the day. Says whether it was the first look of the day, which alone is recorded.
    ///
    /// # Errors
    /// The disk refused.
    pub fn looked(&self, by: &Person) -> Pending<bool> {
        let by = by.login.clone();
        if self.has_looked(local_day(self.clock.now()), &by).unwrap_or(false) {
            return Pending::known(false);
        }
        self.commit(move |decision| {
            let (at, day) = (decision.now, local_day(decision.now));
            if decision.state.index.contains(&key::look(day, &by))? {
                return Ok(false);
            }
            decision.record(Event::Looked(Looked { by, day, at }))?;
            Ok(true)
        })
    }
}

fn is_same_view(last: Option<Timestamp>, now: Timestamp) -> bool {
    let Ok(one_view) = SignedDuration::try_from(ONE_VIEW) else {
        return false;
    };
    // A clock that was set back makes no hole in the record of views.
    last.is_some_and(|last| last <= now && now.duration_since(last) < one_view)
}

fn opens(entry: &Entry, by: &Person, what: View) -> bool {
    what == View::Page && entry.state == State::Registered && by.may(Right::Handle)
}

fn opening(entry: &Entry, by: String, uid: Option<u32>, at: Timestamp) -> Handling {
    // Whoever looks again, or looks at what is done, undoes nothing.
    let state = match entry.state {
        State::Registered => State::Opened,
        other => other,
    };
    Handling {
        by,
        at,
        state,
        note: None,
        uid,
        action: Action::Opened,
    }
}

/// The request in its clean form.
pub(super) fn checked(request: HandlingRequest, entry: &Entry, by: &Person) -> Result<HandlingRequest, Refusal> {
    if !by.may(Right::Handle) {
        return Err(Refusal::Forbidden);
    }
    let note = request.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if note.as_deref().is_some_and(|note| !is_text(note)) {
        return Err(Refusal::TooLong);
    }
    let action = match request.action {
        Action::Assigned { unit, person } => {
            let (unit, person) = (word(unit)?, word(person)?);
            if unit.is_none() && person.is_none() {
                return Err(Refusal::NobodyNamed);
            }
            Action::Assigned { unit, person }
        }
        Action::Transferred { number } => Action::Transferred {
            number: word(Some(number))?.ok_or(Refusal::NumberRequired)?,
        },
        Action::NotRecorded if note.is_none() => return Err(Refusal::ReasonRequired),
        Action::Noted if note.is_none() => return Err(Refusal::NoteRequired),
        Action::Access { .. } if !may_set_access(by) => return Err(Refusal::Forbidden),
        Action::Access { to, .. } if to > HIGHEST_CLEARANCE => return Err(Refusal::Level),
        Action::Access { to, .. } if to > by.clearance => return Err(Refusal::AboveClearance),
        Action::Access { .. } if note.is_none() => return Err(Refusal::ReasonRequired),
        Action::Access { to, .. } => Action::Access { from: entry.access, to },
        other => other,
    };
    // A note alone changes nothing and needs no further reason.
    if entry.state == State::NotRecorded && note.is_none() {
        return Err(Refusal::NotRecorded);
    }
    // Another number for what was taken over already is a correction, and says why.
    if let (Action::Transferred { number }, Some(before)) = (&action, entry.transferred_as()) {
        if number == before {
            return Err(Refusal::Unchanged);
        }
        if note.is_none() {
            return Err(Refusal::ReasonRequired);
        }
    }
    let same = match action {
        Action::Done => entry.state == State::Done,
        Action::OnHold => entry.state == State::OnHold,
        Action::NotRecorded => entry.state == State::NotRecorded,
        Action::Reopened => !matches!(entry.state, State::Done | State::OnHold | State::NotRecorded),
        Action::Opened => entry.state != State::Registered,
        Action::Access { from, to } => from == to,
        Action::Assigned { .. } | Action::Noted | Action::Transferred { .. } => false,
    };
    match same {
        true => Err(Refusal::Unchanged),
        false => Ok(HandlingRequest { action, note }),
    }
}

/// Who answers for a unit or for all says who may see a document.
pub fn may_set_access(person: &Person) -> bool {
    person.may(Right::Handle) && person.may(Right::Oversee)
}

/// A look at what is set aside is no opening of it, but it is on record that its content was shown.
fn has_read(by: &Person, number: RegisterNumber, decision: &Decision<'_>) -> Result<bool, LedgerError> {
    for what in [View::Page, View::Letter, View::Part, View::Original] {
        if decision.state.index.contains(&key::last_view(number, &by.login, what.word()))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn word(word: Option<String>) -> Result<Option<String>, Refusal> {
    let Some(word) = word.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()) else {
        return Ok(None);
    };
    let fits = word.chars().count() <= WORD_CHARS && !word.chars().any(char::is_control);
    fits.then_some(Some(word)).ok_or(Refusal::TooLong)
}

fn is_text(note: &str) -> bool {
    note.chars().count() <= NOTE_CHARS && !note.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Who gets it must be able to see it there.
fn can_take(action: &Action, entry: &Entry, decision: &Decision<'_>) -> Result<bool, LedgerError> {
    let Action::Assigned { unit, person: Some(login) } = action else {
        return Ok(true);
    };
    let Some(account) = decision.state.index.get::<crate::people::Account>(&key::account(login))? else {
        return Ok(false);
    };
    let unit = unit.as_deref().or(entry.unit.as_deref());
    Ok(!account.disabled && account.person.sees_what_is(&entry.mailbox, unit, entry.access))
}

fn after(action: &Action, entry: &Entry) -> State {
    match action {
        Action::Opened => State::Opened,
        Action::Assigned { .. } => State::Assigned,
        Action::Done => State::Done,
        Action::OnHold => State::OnHold,
        Action::NotRecorded => State::NotRecorded,
        Action::Reopened => match entry.assignee().or(entry.assigned_unit()) {
            Some(_) => State::Assigned,
            None => State::Opened,
        },
        Action::Noted | Action::Transferred { .. } | Action::Access { .. } => entry.state,
    }
}
