//! Signing in at the institution's OpenID provider: there and back.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};

use super::cookie::Cookie;
use super::form::{Form, safe_next};
use super::guard::{Client, Current};
use super::problem::{Problem, Unanswered};
use super::session::{same, token};
use super::{Shared, Web, login};
use crate::hash::Sha256;
use crate::people::Source;
use crate::people::oidc::{Begun, Oidc};

/// How long somebody may take at the provider.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Sign-ins under way at once; the oldest makes room.
const AT_ONCE: usize = 1_000;

/// What must be known when the browser comes back, by the hash of the token that it keeps.
#[derive(Default)]
pub struct Waiting(Mutex<HashMap<Sha256, (Begun, String, Timestamp)>>);

impl Waiting {
    fn keep(&self, token: &str, begun: Begun, next: &str, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, _, at)| now.duration_since(*at) < PATIENCE);
        if all.len() >= AT_ONCE
            && let Some(oldest) = all.iter().min_by_key(|(_, (_, _, at))| *at).map(|(name, _)| *name)
        {
            all.remove(&oldest);
        }
        all.insert(Sha256::of(token.as_bytes()), (begun, next.to_owned(), now));
    }

    /// Once: a code that is sent again finds nothing.
    fn take(&self, token: &str, now: Timestamp) -> Option<(Begun, String)> {
        let taken = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&Sha256::of(token.as_bytes()));
        taken
            .filter(|(_, _, at)| now.duration_since(*at) < PATIENCE)
            .map(|(begun, next, _)| (begun, next))
    }
}

pub fn router() -> Router<Shared> {
    Router::new()
        .route("/oidc/begin", get(begin))
        .route("/oidc/callback", get(callback))
}

impl Web {
    fn provider(&self) -> Result<Oidc, Problem> {
        let settings = self.pipeline.settings();
        let (config, public) = (&settings.config.people.oidc, &settings.config.web.public_url);
        match Oidc::new(config, &settings.secrets, public) {
            Ok(provider) => provider.ok_or(Problem::NotFound),
            Err(error) => {
                tracing::error!(%error, "the OpenID provider cannot be used");
                Err(Problem::NotFound)
            }
        }
    }
}

async fn begin(State(web): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let query = Form::read(query.unwrap_or_default().as_bytes());
    let begun = match web.provider()?.begin().await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::error!(%error, "a sign-in could not be begun");
            return Ok((StatusCode::SERVICE_UNAVAILABLE, Unanswered).into_response());
        }
    };
    let Some(token) = token() else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, Unanswered).into_response());
    };
    let mut response = Redirect::to(&begun.address).into_response();
    web.begun
        .keep(token.reveal(), begun, safe_next(query.get("next")), web.pipeline.now());
    Cookie::Provider.set(&mut response, token.reveal(), web.pipeline.settings().config.web.is_secure());
    Ok(response)
}

async fn callback(
    State(web): State<Shared>,
    Extension(from): Extension<Client>,
    current: Option<Extension<Current>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = Form::read(query.unwrap_or_default().as_bytes());
    let secure = web.pipeline.settings().config.web.is_secure();
    let refused = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "a sign-in at the OpenID provider failed");
        let mut response = (StatusCode::FORBIDDEN, Unanswered).into_response();
        Cookie::Provider.clear(&mut response, secure);
        Ok(response)
    };
    // The browser that comes back must be the one that was sent, and with what it was sent with (RFC 6749 10.12).
    let token = Cookie::Provider.read(&headers, secure);
    let Some((begun, next)) = token.and_then(|token| web.begun.take(&token, web.pipeline.now())) else {
        return refused(&"nobody was sent there, or too long ago");
    };
    if !same(query.get("state"), &begun.state) {
        return refused(&"the state is another");
    }
    if query.get("code").is_empty() {
        return refused(&"there is no code");
    }
    let person = match web.provider()?.finish(begun, query.get("code").to_owned()).await {
        Ok(Some(person)) => person,
        Ok(None) => return refused(&"the person is in no group that is let in"),
        Err(error) => return refused(&error),
    };
    let account = match web.admit(person, Source::Oidc).await {
        Ok(account) => account,
        Err(error) => return refused(&error),
    };
    if let Some(Extension(current)) = current {
        web.sessions.end(current.token.reveal());
    }
    let mut response = login::complete(&web, &account, &from, &next).await?;
    Cookie::Provider.clear(&mut response, secure);
    Ok(response)
}
