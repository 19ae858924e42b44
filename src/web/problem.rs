//! Why a request has no answer, for people. What somebody may not see looks exactly like what is not there.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::ledger::LedgerError;

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("there is no session")]
    SignIn,
    /// The role lacks the right. Only where the existence of the thing is no secret.
    #[error("the role has not this right")]
    Forbidden,
    #[error("there is nothing here")]
    NotFound,
    #[error("the request cannot be understood: {0}")]
    Bad(String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::SignIn => return Redirect::to("/login").into_response(),
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::Ledger(error) => {
                tracing::error!(%error, "a page could not be made");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        status.into_response()
    }
}
