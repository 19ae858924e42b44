//! How far a sent message came, recipient by recipient: on the board of evidence and on the page of its document. What is overdue is said in
//! words and has a shape of its own, so that no colour carries it alone (WCAG 1.4.1).

use jiff::Timestamp;

use super::chrome::Chrome;
use super::shown::Shown;
use super::{chip, line, when};
use crate::evidence::Progress;
use crate::ledger::LedgerError;
use crate::register::entry::{Entry, State};
use crate::register::sent::{Fate, Loud, Missing};
use crate::web::Web;

/// Recipients of one message that are shown, those who are overdue or failed first.
const SHOWN: usize = 200;

/// One recipient.
pub struct RecipientView {
    pub address: Shown,
    pub progress: String,
    pub since: String,
    /// Of the style sheet.
    pub class: &'static str,
    /// What is missing and since when, in words.
    pub overdue: Option<String>,
    /// What to do.
    pub cure: String,
    rank: (bool, bool),
}

impl RecipientView {
    pub fn shape(&self) -> &'static str {
        chip::shape(self.class)
    }

    /// `missing`: what is overdue, and since when.
    pub fn of(address: &str, state: Told, missing: Option<(Missing, Timestamp)>, c: &Chrome) -> Self {
        let lang = c.lang();
        let label = state.progress.label();
        let progress = match state.unverified {
            true => format!("{} ({})", label.get(lang), c.t("doğrulanmadı", "not verified")),
            false => label.get(lang).to_owned(),
        };
        let overdue = missing.map(|(missing, due)| {
            let doubt = if state.unverified {
                c.t("; gelen delilin imzası doğrulanamadı", "; what came could not be verified")
            } else {
                ""
            };
            format!(
                "{}: {} ({}){doubt}",
                c.t("GECİKTİ", "OVERDUE"),
                missing.label().get(lang),
                when::moment(due)
            )
        });
        Self {
            address: Shown::cell(address),
            progress,
            since: state.since.map(when::moment).unwrap_or_default(),
            class: class(state.progress, overdue.is_some(), state.unverified),
            cure: missing.map(|(missing, _)| missing.cure().get(lang).to_owned()).unwrap_or_default(),
            rank: (overdue.is_none(), state.progress != Progress::Failed),
            overdue,
        }
    }
}

/// The state that is told of a recipient.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    pub progress: Progress,
    pub since: Option<Timestamp>,
    /// It rests on evidence that nobody could verify yet.
    pub unverified: bool,
}

fn class(progress: Progress, is_overdue: bool, is_unverified: bool) -> &'static str {
    match progress {
        Progress::Failed => "failed",
        _ if is_overdue => "open",
        Progress::Read | Progress::TimeOut if !is_unverified => "passed",
        _ => "idle",
    }
}

/// A message that the institution sent.
pub struct SentView {
    pub number: String,
    pub href: String,
    pub subject: Shown,
    pub sent_at: String,
    pub recipients: Vec<RecipientView>,
    /// Recipients beyond those that are shown.
    pub more: usize,
    pub is_overdue: bool,
    pub is_negative: bool,
    pub is_complete: bool,
}

impl SentView {
    /// `None` for what was not sent. The caller has asked whether the entry exists for the person.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn of(entry: &Entry, web: &Web, c: &Chrome) -> Result<Option<Self>, LedgerError> {
        let Some(following) = web.ledger().following(entry)? else {
            return Ok(None);
        };
        let (now, settings) = (web.pipeline.now(), web.pipeline.settings());
        let fates = following.fates(now, &settings.config.sent, &settings.registry.calendar);
        let is_closed = matches!(entry.state, State::Done | State::NotRecorded);
        let mut recipients: Vec<RecipientView> = fates.iter().map(|fate| recipient(fate, is_closed, c)).collect();
        recipients.sort_by_key(|recipient| recipient.rank);
        let more = recipients.len().saturating_sub(SHOWN);
        let is_overdue = recipients.iter().any(|recipient| recipient.overdue.is_some());
        recipients.truncate(SHOWN);
        let document = entry.document.as_ref();
        let subject = document.and_then(|document| document.subject.as_deref());
        Ok(Some(Self {
            number: format!("{}{}", c.prefix, entry.register_number),
            href: line::href(entry.register_number),
            subject: Shown::maybe(subject.or(entry.message.subject.as_deref())),
            sent_at: when::moment(entry.message.received_at),
            recipients,
            more,
            is_overdue,
            is_negative: fates.iter().any(|fate| fate.loud == Some(Loud::Negative)),
            is_complete: fates.iter().all(|fate| fate.complete),
        }))
    }
}

fn recipient(fate: &Fate, is_closed: bool, c: &Chrome) -> RecipientView {
    let told = Told {
        progress: fate.state.progress,
        since: fate.state.since,
        unverified: fate.unverified,
    };
    // A person saw to it: nothing is awaited any more.
    RecipientView::of(&fate.recipient, told, fate.missing.filter(|_| !is_closed), c)
}
