//! Papers: the register of a period, the evidence sheet and the case file of a document, made into a file without a name and streamed from it.

use std::fs::File;
use std::io::{Seek, Write};

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Query as From, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use super::chrome::Chrome;
use super::parts::{SANDBOX, headers};
use super::{beside, deeds, show};
use crate::clock::local_day;
use crate::ledger::LedgerError;
use crate::paper::register::{self, Form, Period};
use crate::paper::{self, Asked, PaperError, Summary};
use crate::people::{Right, View};
use crate::web::Shared;
use crate::web::problem::Problem;

#[derive(Template)]
#[template(path = "papers.html", config = "src/web/askama.toml")]
struct PapersPage {
    c: Chrome,
    from: String,
    to: String,
    problem: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    from: String,
    to: String,
    #[serde(alias = "format")]
    form: String,
    /// Any page can be asked for in the other language.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// # Errors
/// The role may not export.
pub async fn page(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    c.visitor.needs(Right::Export)?;
    let today = local_day(web.pipeline.now());
    Ok(show(&PapersPage {
        from: today.first_of_month().to_string(),
        to: today.to_string(),
        problem: None,
        c,
    }))
}

/// # Errors
/// The role may not export, or the store failed.
pub async fn of_period(c: Chrome, State(web): State<Shared>, From(wanted): From<Wanted>) -> Result<Response, Problem> {
    c.visitor.needs(Right::Export)?;
    let day = |text: &str| -> Result<Option<Date>, Problem> {
        let parsed = (!text.is_empty()).then(|| text.parse());
        parsed.transpose().map_err(|_| Problem::Bad(format!("{text:.20} is no day")))
    };
    let period = Period {
        from: day(&wanted.from)?,
        to: day(&wanted.to)?,
    };
    let form = match wanted.form.as_str() {
        "xlsx" => Form::Xlsx,
        "csv" => Form::Csv,
        "" | "pdf" => Form::Pdf,
        other => return Err(Problem::Bad(format!("{other:.20} is no form of the register"))),
    };
    let made = made(&web, &c, move |asked, to| match form {
        Form::Pdf => register::pdf(asked, period, to),
        Form::Xlsx => register::xlsx(asked, period, to),
        Form::Csv => register::csv(asked, period, true, to),
    });
    match made.await? {
        Ok(file) => Ok(handed_out(file, &register::file_name(period, form), form.media_type())),
        Err(problem) => Ok(show(&PapersPage {
            from: wanted.from,
            to: wanted.to,
            problem: Some(problem),
            c,
        })),
    }
}

/// # Errors
/// There is no such document for this person, or the role may not export.
pub async fn sheet(c: Chrome, State(web): State<Shared>, Path((year, place)): Path<(String, String)>) -> Result<Response, Problem> {
    c.visitor.needs(Right::Export)?;
    let number = deeds::number(&year, &place)?;
    deeds::looked_at(&web, &c, number, View::Paper).await?;
    let file = made(&web, &c, move |asked, to| paper::evidence::pdf(asked, number, to)).await?;
    let file = file.map_err(|_| Problem::NotFound)?;
    Ok(handed_out(file, &paper::evidence::file_name(number), "application/pdf"))
}

/// # Errors
/// As for [`sheet`].
pub async fn case(c: Chrome, State(web): State<Shared>, Path((year, place)): Path<(String, String)>) -> Result<Response, Problem> {
    c.visitor.needs(Right::Export)?;
    let number = deeds::number(&year, &place)?;
    deeds::looked_at(&web, &c, number, View::CaseFile).await?;
    let file = made(&web, &c, move |asked, to| paper::case::zip(asked, number, to)).await?;
    let disposed = deeds::entry(&web, &c, number).await?.is_disposed();
    let file = file.map_err(|_| if disposed { Problem::Gone } else { Problem::NotFound })?;
    Ok(handed_out(file, &paper::case::file_name(number), "application/zip"))
}

/// The paper in a file that has no name and goes when it is closed: a case file may be larger than the memory we have. `Err` inside: why
/// there is none, for the person.
async fn made(
    web: &Shared,
    c: &Chrome,
    write: impl FnOnce(&Asked<'_>, &mut File) -> Result<Summary, PaperError> + Send + 'static,
) -> Result<Result<File, String>, Problem> {
    let (web, person, lang, prefix) = (web.clone(), c.visitor.person.clone(), c.lang(), c.prefix.clone());
    beside(move || {
        let settings = web.pipeline.settings();
        let asked = Asked {
            ledger: web.ledger(),
            person: &person,
            lang,
            prefix: &prefix,
            limits: &settings.limits,
        };
        let attempt = || -> Result<File, PaperError> {
            let mut file = tempfile::tempfile()?;
            write(&asked, &mut file)?;
            file.flush()?;
            file.rewind()?;
            Ok(file)
        };
        match attempt() {
            Ok(file) => Ok(Ok(file)),
            Err(PaperError::NotFound) => Err(Problem::NotFound),
            Err(PaperError::NoRight) => Err(Problem::Forbidden),
            Err(PaperError::Ledger(error)) => Err(Problem::Ledger(error)),
            Err(PaperError::Store(error)) => Err(Problem::Ledger(LedgerError::from(error))),
            Err(error) => {
                tracing::warn!(%error, "a paper could not be made");
                Ok(Err(error.text().get(lang).to_owned()))
            }
        }
    })
    .await
}

fn handed_out(file: File, name: &str, media_type: &'static str) -> Response {
    let stream = ReaderStream::new(tokio::fs::File::from_std(file));
    (headers(name, media_type, "attachment", SANDBOX), Body::from_stream(stream)).into_response()
}
