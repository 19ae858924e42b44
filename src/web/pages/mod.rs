//! The clerk's pages, one file each.

use axum::Router;

use super::Shared;

/// Routes of the pages.
pub fn router() -> Router<Shared> {
    Router::new()
}
