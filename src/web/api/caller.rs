//! Which program asks, by the token that it carries.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::ledger::event::SignInFailed;
use crate::people::Person;
use crate::people::tokens::{Grant, Standing, Token, hash};
use crate::text::Lang;
use crate::web::guard::{Client, Speaks};
use crate::web::{Shared, Web};

/// A program with a token that opens something now. Read anew for each request: a revoked token ends with the request before.
#[derive(Debug, Clone)]
pub struct Caller {
    pub person: Arc<Person>,
    token: Arc<Token>,
    pub lang: Lang,
    /// Before register numbers where people read them.
    pub prefix: String,
}

impl Caller {
    /// # Errors
    /// The token may not do this. Asked before anything is looked up, so the answer tells nothing of what there is.
    pub fn needs(&self, grant: Grant) -> Result<(), Problem> {
        self.token.may(grant).then_some(()).ok_or(Problem::Scope(grant))
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Shared) -> Result<Self, Problem> {
        let network = parts.extensions.get::<Client>().map(Client::network).unwrap_or_default();
        let token = authenticate(web, &parts.headers, network).await?;
        Ok(Self {
            person: Arc::new(token.person()),
            token: Arc::new(token),
            lang: parts.extensions.get::<Speaks>().map_or(Lang::default(), |speaks| speaks.0),
            prefix: web.pipeline.settings().config.register.prefix.clone(),
        })
    }
}

/// The token of a request, its use recorded.
///
/// # Errors
/// There is none that opens anything, or the record cannot be written.
pub async fn authenticate(web: &Web, headers: &HeaderMap, network: String) -> Result<Token, Problem> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(secret) = given.and_then(bearer) else {
        return Err(Problem::Unauthorized);
    };
    let known = match hash(secret) {
        Some(hash) => web.ledger().token_of(&hash)?,
        None => None,
    };
    let now = web.pipeline.now();
    let token = match known.map(|token| (token.standing(now), token)) {
        Some((Standing::Good, token)) => token,
        Some((Standing::Expired, _)) => return Err(Problem::Expired),
        // A revoked one is like one that never was: somebody may have found it.
        Some((Standing::Revoked, _)) | None => return Err(wrong(web, network).await),
    };
    web.ledger().token_used(&token.name, Some(network)).await?;
    Ok(token)
}

/// RFC 6750 2.1: the scheme's name in any case, one token.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}

/// Counted apart from the sign-ins of people, and only for who is wrong: 256 random bits are not guessed, so a right token need not wait for
/// the wrong ones of a neighbour behind the same address.
async fn wrong(web: &Web, network: String) -> Problem {
    // No login has a colon.
    let nobody = format!("api:{network}");
    let tried = match web.throttle.begin(&nobody, &nobody, web.pipeline.now()) {
        Ok(tried) => tried,
        Err(wait) => return Problem::TooManyTries(wait),
    };
    if tried.to_record > 0 {
        let failed = SignInFailed {
            login: None,
            from: Some(network),
            tries: tried.to_record,
        };
        if let Err(error) = web.ledger().sign_in_failed(failed).await {
            return error.into();
        }
    }
    Problem::Unauthorized
}
