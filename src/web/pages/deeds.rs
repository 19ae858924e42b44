//! What people do with a document through its page, and who looked: the page's side of the ledger's handlings.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::chrome::Chrome;
use super::{document, line};
use crate::ledger::event::{Event, Handled};
use crate::people::Right;
use crate::pipeline::reexamine::Outcome;
use crate::register::entry::{Asker, Handling, RegisterNumber, State as EntryState, Why};
use crate::web::Shared;
use crate::web::problem::Problem;

/// The fields of every form of the document's page.
#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    unit: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    note: String,
}
