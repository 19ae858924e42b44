//! What people do with a document through its page. The ledger decides whether it is allowed; here it is asked and told.

use std::time::Duration;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::chrome::Chrome;
use super::{beside, line, retention};
use crate::ledger::LedgerError;
use crate::ledger::handling::{HandlingRequest, Refusal, may_set_access};
use crate::ledger::retention::{KeepingRefusal, KeepingRequest};
use crate::people::{Person, Right, View};
use crate::pipeline::PipelineError;
use crate::pipeline::reexamine::{Outcome, Reexamined};
use crate::register::entry::{Action, Asker, Entry, Handling, RegisterNumber, Why};
use crate::register::words;
use crate::text::{Lang, Text};
use crate::web::Shared;
use crate::web::problem::Problem;

/// How long a person waits for a new examination before the page comes back without its result; the examination goes on, and its result is
/// recorded whenever it is there.
const EXAMINED_WITHIN: Duration = Duration::from_secs(15);

/// The fields of the forms on a document's page. Each form sends those that it has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    pub unit: String,
    pub person: String,
    pub note: String,
    pub number: String,
    /// A retention class.
    pub class: String,
    /// The number of a legal hold.
    pub hold: String,
    /// An access level.
    pub level: String,
}

/// What the address of a document names. What is no number is not there.
pub fn number(year: &str, number: &str) -> Result<RegisterNumber, Problem> {
    format!("{year}/{number}").parse().map_err(|_| Problem::NotFound)
}

/// Records the look and hands out the entry. The answer for what does not exist for the person is that for what does not exist.
pub async fn looked_at(web: &Shared, c: &Chrome, number: RegisterNumber, what: View) -> Result<Entry, Problem> {
    let seen = web.ledger().viewed(number, c.person(), what).await?;
    seen.ok_or(Problem::NotFound)?;
    entry(web, c, number).await
}

/// The document that an address names, for whoever may see it. Looking at its page is recorded; what a refused form shows again is not.
pub async fn visited(
    method: &Method,
    web: &Shared,
    c: &Chrome,
    (year, place): (&str, &str),
    what: View,
) -> Result<RegisterNumber, Problem> {
    let number = number(year, place)?;
    match *method == Method::GET {
        true => looked_at(web, c, number, what).await?,
        false => entry(web, c, number).await?,
    };
    Ok(number)
}

/// The entry, for whoever may see it, without a record.
pub async fn entry(web: &Shared, c: &Chrome, number: RegisterNumber) -> Result<Entry, Problem> {
    let (web, person) = (web.clone(), c.visitor.person.clone());
    beside(move || {
        let entry = web.ledger().entry(number)?;
        entry.filter(|entry| person.sees(entry)).ok_or(Problem::NotFound)
    })
    .await
}

/// The daily duty is to look; the first look of the day is on the record.
pub async fn looked(web: &Shared, c: &Chrome) -> Result<(), Problem> {
    web.ledger().looked(c.person()).await?;
    Ok(())
}

/// `POST /documents/YYYY/NNNNNN/DEED`.
///
/// # Errors
/// There is no such document or deed for this person, or the disk refused.
pub async fn post(
    c: Chrome,
    State(web): State<Shared>,
    Path((year, place, deed)): Path<(String, String, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let number = number(&year, &place)?;
    if deed == "examine" {
        return examine(c, web, number).await;
    }
    if let Some(request) = keeping_request(&deed, number, &fields) {
        let said = match retention::kept(&web, &c, request).await? {
            Ok(_) => deed,
            Err(KeepingRefusal::NotFound) => return Err(Problem::NotFound),
            Err(KeepingRefusal::Forbidden) => return Err(Problem::Forbidden),
            Err(refusal) => format!("keeping-{}", retention::refusal_word(refusal)),
        };
        return Ok(Redirect::to(&format!("{}?said={said}", line::href(number))).into_response());
    }
    let action = action(&deed, &fields).ok_or(Problem::NotFound)?;
    let request = HandlingRequest {
        action,
        note: Some(fields.note.clone()),
    };
    let (login, page) = (c.person().login.clone(), line::href(number));
    match web.ledger().handle(number, request, c.person()).await? {
        Ok(_state) => web.refused.forget(&login, &page),
        Err(Refusal::NotFound) => return Err(Problem::NotFound),
        Err(Refusal::Forbidden) => return Err(Problem::Forbidden),
        Err(refusal) => {
            web.refused.keep(&login, &page, fields, web.pipeline.now());
            return Ok(Redirect::to(&format!("{page}?said={}", refusal_word(refusal))).into_response());
        }
    }
    match entry(&web, &c, number).await {
        Ok(_) => Ok(Redirect::to(&format!("{page}?said={deed}")).into_response()),
        // It was given to a unit that this person does not see: there is nothing to go back to.
        Err(_) => Ok(Redirect::to("/").into_response()),
    }
}

/// `GET` of a deed's address, by a reload or a link to the other language: the document is where that leads.
///
/// # Errors
/// There is no such deed.
pub async fn back(_c: Chrome, Path((year, place, deed)): Path<(String, String, String)>) -> Result<Response, Problem> {
    let number = number(&year, &place)?;
    let known = deed == "examine" || KEEPING_DEEDS.contains(&deed.as_str()) || action(&deed, &Fields::default()).is_some();
    match known {
        true => Ok(Redirect::to(&line::href(number)).into_response()),
        false => Err(Problem::NotFound),
    }
}

/// Refusals that are told over the document's page, by the word of its address.
const REFUSALS: [(Refusal, &str); 11] = [
    (Refusal::ReasonRequired, "reason-required"),
    (Refusal::NoteRequired, "note-required"),
    (Refusal::NobodyNamed, "nobody-named"),
    (Refusal::PersonUnfit, "person-unfit"),
    (Refusal::NumberRequired, "number-required"),
    (Refusal::TooLong, "too-long"),
    (Refusal::NotRecorded, "is-not-recorded"),
    (Refusal::Unchanged, "is-so-already"),
    (Refusal::NotOpened, "not-opened"),
    (Refusal::Level, "no-level"),
    (Refusal::AboveClearance, "above-clearance"),
];

fn refusal_word(refusal: Refusal) -> &'static str {
    let known = REFUSALS.iter().find(|(known, _)| *known == refusal);
    known.map_or("", |(_, word)| word)
}

/// What an address says was refused: one of ours, or nothing.
pub fn refusal_of(word: &str) -> Option<Refusal> {
    REFUSALS.iter().find(|(_, known)| *known == word).map(|(refusal, _)| *refusal)
}

/// What concerns the keeping of a document, by the word of its address.
const KEEPING_DEEDS: [&str; 3] = ["legal-hold", "release", "class"];

fn keeping_request(deed: &str, number: RegisterNumber, fields: &Fields) -> Option<KeepingRequest> {
    let reason = fields.note.clone();
    Some(match deed {
        "legal-hold" => KeepingRequest::Hold { number, reason },
        "release" => KeepingRequest::Release {
            number,
            reason,
            hold: fields.hold.trim().parse().ok(),
        },
        "class" => KeepingRequest::Class {
            number,
            class: Some(fields.class.trim().to_owned()).filter(|class| !class.is_empty()),
            reason,
        },
        _ => return None,
    })
}

fn action(deed: &str, fields: &Fields) -> Option<Action> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Some(match deed {
        "assign" => Action::Assigned {
            unit: given(&fields.unit),
            person: given(&fields.person),
        },
        "done" => Action::Done,
        "hold" => Action::OnHold,
        "reopen" => Action::Reopened,
        "not-recorded" => Action::NotRecorded,
        "note" => Action::Noted,
        "transferred" => Action::Transferred {
            number: fields.number.trim().to_owned(),
        },
        "access-level" => Action::Access {
            from: 0,
            to: fields.level.trim().parse().unwrap_or(u8::MAX),
        },
        _ => return None,
    })
}

async fn examine(c: Chrome, web: Shared, number: RegisterNumber) -> Result<Response, Problem> {
    entry(&web, &c, number).await?;
    c.visitor.needs(Right::Examine)?;
    let asker = Asker {
        person: Some(c.person().login.clone()),
        uid: None,
    };
    let pipeline = web.pipeline.clone();
    // On a task of its own: a browser that goes away must not leave it half done.
    let work = tokio::spawn(async move { pipeline.reexamine(&[number], Why::Operator, &asker).await });
    let said = match tokio::time::timeout(EXAMINED_WITHIN, work).await {
        Err(_elapsed) => "examining",
        Ok(Ok(Ok(answers))) => outcome(&answers, number),
        Ok(Ok(Err(PipelineError::Ledger(error)))) => return Err(error.into()),
        Ok(Ok(Err(_)) | Err(_)) => return Err(LedgerError::Closed.into()),
    };
    Ok(Redirect::to(&format!("{}?said={said}", line::href(number))).into_response())
}

fn outcome(answers: &[Reexamined], number: RegisterNumber) -> &'static str {
    let own = answers.iter().find(|answer| answer.number == number);
    match own.map(|answer| &answer.outcome) {
        Some(Outcome::Renewed { .. } | Outcome::Added { .. }) => "renewed",
        Some(Outcome::Unchanged { .. }) => "unchanged",
        Some(Outcome::LeftAlone | Outcome::Unreadable { .. } | Outcome::Unknown) | None => "unreadable",
    }
}

/// The access levels that somebody may give an entry, with their names and which of them it has; none for who may not.
pub fn levels(entry: &Entry, by: &Person, lang: Lang) -> Vec<(u8, &'static str, bool)> {
    if !may_set_access(by) {
        return Vec::new();
    }
    (0..=by.clearance)
        .map(|level| (level, words::access(level, lang), level == entry.access))
        .collect()
}

/// What was done, in the history.
pub fn handling_words(handling: &Handling, lang: Lang) -> String {
    let what = words::action(&handling.action);
    format!("{}{}", what.get(lang), words::command_line(handling.uid, lang))
}

pub fn view_words(view: View) -> Text {
    let (tr, en) = match view {
        View::Page => ("sayfa", "page"),
        View::Letter => ("üst yazı", "letter"),
        View::Part => ("parça", "part"),
        View::Original => ("özgün ileti", "original message"),
        View::Evidence => ("delil", "evidence"),
        View::Paper => ("belge çıktısı", "paper"),
        View::CaseFile => ("dava dosyası", "case file"),
        View::Api => ("API", "API"),
        View::ApplicationFile => ("başvuru dosyası", "application file"),
    };
    Text::new(tr, en)
}
