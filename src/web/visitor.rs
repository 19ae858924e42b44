//! Who asks. Every handler behind the login takes a [`Visitor`]; without a session the answer is the login page.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Shared;
use super::problem::Problem;
use crate::people::{Person, Right};
use crate::text::Lang;

/// A person with a session.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub person: Arc<Person>,
    /// The language of the page, from the switch.
    pub lang: Lang,
    /// Goes into every form as the hidden field `csrf`.
    pub csrf: String,
}

impl Visitor {
    /// # Errors
    /// The person's role has not this right.
    pub fn needs(&self, right: Right) -> Result<(), Problem> {
        if self.person.may(right) { Ok(()) } else { Err(Problem::Forbidden) }
    }
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _web: &Shared) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::SignIn)
    }
}
