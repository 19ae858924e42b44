//! The clerk's pages, one file each. Every page is a template in `web/templates` and a struct with everything it shows, made beside the
//! request's thread; what comes from mail goes through [`shown::Shown`] before it is shown.

pub(super) mod alerts;
mod assets;
mod checks;
mod chip;
pub mod chrome;
pub(super) mod content;
mod danger;
mod deadlines;
mod deeds;
mod document;
mod document_facts;
mod document_keeping;
mod document_said;
mod evidence;
mod files;
mod health;
mod history;
mod line;
pub(super) mod live;
mod mailboxes;
mod papers;
pub(super) mod parts;
mod plain;
mod quarantine;
mod retention;
mod search;
mod sent;
mod shown;
mod system;
mod today;
mod verdict;
mod when;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::Shared;
use super::problem::Problem;
use crate::ledger::LedgerError;

pub use deeds::Fields;
pub use problem_page::{bytes_lost, old_form, problem};

mod problem_page;

/// Routes of the pages.
pub fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(today::page))
        .route("/search", get(search::page))
        .route("/documents/{year}/{number}", get(document::page))
        .route("/documents/{year}/{number}/letter", get(parts::letter))
        .route("/documents/{year}/{number}/original", get(parts::original))
        .route("/documents/{year}/{number}/parts/{sha256}", get(parts::part))
        .route("/documents/{year}/{number}/sheet.pdf", get(papers::sheet))
        .route("/documents/{year}/{number}/case.zip", get(papers::case))
        .route("/documents/{year}/{number}/file", get(files::page))
        .route("/documents/{year}/{number}/file/{deed}", get(files::back).post(files::post))
        .route("/documents/{year}/{number}/{deed}", get(deeds::back).post(deeds::post))
        .route("/papers", get(papers::page))
        .route("/papers/register", get(papers::of_period))
        .route("/boards/deadlines", get(deadlines::page))
        .route("/boards/files", get(files::board))
        .route("/boards/mailboxes", get(mailboxes::page))
        .route("/boards/quarantine", get(quarantine::page))
        .route("/boards/evidence", get(evidence::page))
        .route("/boards/alerts", get(alerts::page))
        .route("/boards/checks", get(checks::page))
        .route("/boards/system", get(system::page))
        .route("/boards/retention", get(retention::page))
        .route("/boards/retention/{deed}", get(retention::back).post(retention::post))
        .route("/events", get(super::events::stream))
        .route("/assets/{name}", get(assets::asset))
}

/// Does what reads the store beside the threads that serve requests.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::error!(%error, "the work on a page ended without a result");
            Err(LedgerError::Closed.into())
        }
    }
}

/// A template as an answer.
fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(page) => Html(page).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
