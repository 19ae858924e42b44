//! Why a request has no answer, for people. What somebody may not see looks exactly like what is not there.

use std::convert::Infallible;

use axum::http::StatusCode;
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};

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
    /// The bytes were disposed of; only for whoever sees the document.
    #[error("it was disposed of")]
    Gone,
    #[error("the request cannot be understood: {0}")]
    Bad(String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Marks an answer that cannot be given because kept bytes are lost: [`super::guard`] words it, and no path of the server is in it.
#[derive(Debug, Clone, Copy)]
pub struct BytesLost;

/// Marks an answer that is only a status: [`super::guard`] makes a page of it.
#[derive(Debug, Clone, Copy)]
pub struct Unanswered;

/// Marks an answer to a form whose token is not the one of this session: it is no question of rights.
#[derive(Debug, Clone, Copy)]
pub struct OldForm;

/// Marks an answer to somebody who is to sign in first: [`super::guard`] shows the way there and back.
#[derive(Debug, Clone, Copy)]
pub struct NeedsSignIn;

impl IntoResponseParts for Unanswered {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

impl IntoResponse for OldForm {
    fn into_response(self) -> Response {
        let mut response = ().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Unanswered {
    fn into_response(self) -> Response {
        let mut response = ().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::Ledger(error) if error.is_lost_blob() => {
                tracing::error!(%error, "kept bytes are lost");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Ledger(error) => {
                tracing::error!(%error, "a page could not be made");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        let mut response = (status, Unanswered).into_response();
        match self {
            Self::SignIn => drop(response.extensions_mut().insert(NeedsSignIn)),
            Self::Ledger(error) if error.is_lost_blob() => drop(response.extensions_mut().insert(BytesLost)),
            _ => {}
        }
        response
    }
}
