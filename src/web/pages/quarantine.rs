//! What was set aside: messages that nobody could read. They have their number and their bytes, and want a person.

use askama::Template;
use axum::extract::{Query as Asked, State};
use axum::response::Response;
use serde::Deserialize;

use super::chrome::Chrome;
use super::line::List;
use super::{beside, show};
use crate::register::entry::flag;
use crate::search::query::Query;
use crate::web::Shared;
use crate::web::problem::Problem;

#[derive(Template)]
#[template(path = "quarantine.html", config = "src/web/askama.toml")]
struct QuarantinePage {
    c: Chrome,
    list: List,
}

#[derive(Deserialize)]
pub struct Cursor {
    before: Option<String>,
}

/// # Errors
/// The index cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>, Asked(cursor): Asked<Cursor>) -> Result<Response, Problem> {
    let before = cursor
        .before
        .map(|before| before.parse())
        .transpose()
        .map_err(|_| Problem::Bad("before".to_owned()))?;
    beside(move || {
        let query = Query {
            flag: Some(flag::QUARANTINED.to_owned()),
            before,
            ..Query::default()
        };
        let found = web.search.list(c.person(), &query)?;
        let list = List::of(&found, "/boards/quarantine", &web, &c, web.pipeline.now());
        Ok(show(&QuarantinePage { c, list }))
    })
    .await
}
