//! The clerk's pages, one file each.

pub mod chrome;

use axum::Router;
use axum::http::StatusCode;

use super::Shared;
use crate::text::Lang;

/// Routes of the pages.
pub fn router() -> Router<Shared> {
    Router::new()
}

/// Replaced by the pages' own at the merge.
pub fn asset(_name: &str) -> &'static str {
    "/login.css"
}

/// The page for a request without an answer.
pub fn problem(status: StatusCode, lang: Lang) -> String {
    let _ = lang;
    format!("<!DOCTYPE html><title>{status}</title><h1>{status}</h1>")
}
