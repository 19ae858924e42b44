//! Signing in and out.

use askama::Template;
use axum::extract::{Extension, RawForm, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, http};

use super::cookie::Cookie;
use super::form::{Form, encoded, safe_next};
use super::guard::{Client, Current, Speaks};
use super::problem::Problem;
use super::session::{Stage, token};
use super::sign_in::NotSignedIn;
use super::visitor::Visitor;
use super::{Shared, Web};
use crate::people::seal::SealKey;
use crate::people::{Account, totp};
use crate::secret::Secret;
use crate::text::{Lang, Text};

pub fn router() -> Router<Shared> {
    Router::new()
        .route("/login", get(page).post(sign_in))
        .route("/login/totp", get(code_page).post(code))
        .route("/login.css", get(style))
        .route("/logout", post(sign_out))
}

/// The page before the sign-in stands alone: it shows nothing of what is behind.
#[derive(Template)]
#[template(path = "login.html", config = "src/web/askama.toml")]
struct LoginPage<'p> {
    lang: Lang,
    /// What went wrong.
    said: Option<String>,
    csrf: &'p str,
    next: &'p str,
    next_encoded: String,
    login: &'p str,
    wants_code: bool,
    has_provider: bool,
}

impl LoginPage<'_> {
    fn t<'t>(&self, tr: &'t str, en: &'t str) -> &'t str {
        if self.lang == Lang::Tr { tr } else { en }
    }
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, include_str!("assets/login.css")).into_response()
}

async fn page(
    State(web): State<Shared>,
    Extension(Speaks(lang)): Extension<Speaks>,
    visitor: Option<Extension<Visitor>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = Form::read(query.unwrap_or_default().as_bytes());
    if visitor.is_some() {
        return Redirect::to(safe_next(query.get("next"))).into_response();
    }
    show(&web, lang, &headers, query.get("next"), "", None, StatusCode::OK)
}

/// The form, tied to this browser.
fn show(web: &Web, lang: Lang, headers: &HeaderMap, next: &str, login: &str, said: Option<Text>, status: StatusCode) -> Response {
    let config = &web.pipeline.settings().config;
    let secure = config.web.is_secure();
    let kept = Cookie::Form.read(headers, secure).filter(|kept| kept.len() == 43).map(Secret::new);
    let Some(tie) = kept.or_else(token) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let next = safe_next(next);
    let page = LoginPage {
        lang,
        said: said.map(|said| said.get(lang).to_owned()),
        csrf: tie.reveal(),
        next,
        next_encoded: encoded(next),
        login,
        wants_code: false,
        has_provider: !config.people.oidc.issuer.is_empty(),
    };
    let mut response = (status, Html(page.render().unwrap_or_default())).into_response();
    Cookie::Form.set(&mut response, tie.reveal(), secure);
    response
}

async fn sign_in(
    State(web): State<Shared>,
    Extension(Speaks(lang)): Extension<Speaks>,
    Extension(from): Extension<Client>,
    current: Option<Extension<Current>>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    let form = Form::read(&body);
    let (typed, next) = (form.get("login"), safe_next(form.get("next")));
    let again = |refused: NotSignedIn| {
        Ok(not_signed_in(refused, |said, status| {
            show(&web, lang, &headers, next, typed, Some(said), status)
        }))
    };
    let tried = match web.may_try(typed, &from.network()) {
        Ok(tried) => tried,
        Err(refused) => return again(refused),
    };
    let account = match web.by_password(typed, Secret::new(form.get("password"))).await {
        Ok(account) => account,
        Err(refused) => {
            if matches!(refused, NotSignedIn::Wrong) {
                web.record_wrong(&tried, typed, &from.network()).await?;
            }
            return again(refused);
        }
    };
    // Whatever session the browser came with ends here: nobody slips a known one under somebody's sign-in.
    if let Some(Extension(current)) = current {
        web.sessions.end(current.token.reveal());
    }
    if account.totp.is_some() {
        web.was_half_right(&from.network());
        let target = format!("/login/totp?next={}", encoded(next));
        return Ok(begin(&web, &account, Stage::AwaitsCode { tries: 0 }, &from, &target));
    }
    complete(&web, &account, &from, next).await
}

/// The last step of every way in: on the record, then the session.
///
/// # Errors
/// The disk refused.
pub async fn complete(web: &Web, account: &Account, from: &Client, next: &str) -> Result<Response, Problem> {
    let login = &account.person.login;
    web.ledger().signed_in(login, Some(from.0.to_string()), None).await?;
    web.was_right(login, &from.network());
    Ok(begin(web, account, Stage::SignedIn, from, next))
}

/// A new session under a new token.
pub fn begin(web: &Web, account: &Account, stage: Stage, from: &Client, target: &str) -> Response {
    let (login, secure) = (&account.person.login, web.pipeline.settings().config.web.is_secure());
    let begun = web
        .sessions
        .begin(login, account.generation, stage, from.0.to_string(), web.pipeline.now());
    let Some(token) = begun else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let mut response = Redirect::to(target).into_response();
    Cookie::Session.set(&mut response, token.reveal(), secure);
    Cookie::Form.clear(&mut response, secure);
    response
}

async fn code_page(Extension(Speaks(lang)): Extension<Speaks>, current: Option<Extension<Current>>, RawQuery(query): RawQuery) -> Response {
    let query = Form::read(query.unwrap_or_default().as_bytes());
    match current {
        Some(Extension(current)) if current.session.stage != Stage::SignedIn => {
            ask_code(lang, &current.session.csrf, query.get("next"), None, StatusCode::OK)
        }
        Some(_) => Redirect::to(safe_next(query.get("next"))).into_response(),
        None => Redirect::to("/login").into_response(),
    }
}

fn ask_code(lang: Lang, csrf: &str, next: &str, said: Option<Text>, status: StatusCode) -> Response {
    let page = LoginPage {
        lang,
        said: said.map(|said| said.get(lang).to_owned()),
        csrf,
        next: safe_next(next),
        next_encoded: String::new(),
        login: "",
        wants_code: true,
        has_provider: false,
    };
    (status, Html(page.render().unwrap_or_default())).into_response()
}

async fn code(
    State(web): State<Shared>,
    Extension(Speaks(lang)): Extension<Speaks>,
    Extension(from): Extension<Client>,
    Extension(current): Extension<Current>,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    let form = Form::read(&body);
    let (login, next) = (&current.session.login, safe_next(form.get("next")));
    let Stage::AwaitsCode { .. } = current.session.stage else {
        return Ok(Redirect::to(next).into_response());
    };
    let again = |refused: NotSignedIn| {
        Ok(not_signed_in(refused, |said, status| {
            ask_code(lang, &current.session.csrf, next, Some(said), status)
        }))
    };
    let tried = match web.may_try(login, &from.network()) {
        Ok(tried) => tried,
        Err(refused) => return again(refused),
    };
    let account = web.ledger().account(login)?.ok_or(Problem::SignIn)?;
    let step = web
        .unsealed(&account)
        .and_then(|secret| totp::step_of(form.get("code"), &secret, web.pipeline.now()));
    // The ledger decides whether the code was taken before: two browsers with one code are one sign-in.
    let is_right = match step {
        Some(step) => web.ledger().signed_in(login, Some(from.0.to_string()), Some(step)).await?,
        None => false,
    };
    if !is_right {
        web.sessions.wrong_code(current.token.reveal());
        web.record_wrong(&tried, login, &from.network()).await?;
        return again(NotSignedIn::Wrong);
    }
    web.sessions.end(current.token.reveal());
    web.was_right(login, &from.network());
    Ok(begin(&web, &account, Stage::SignedIn, &from, next))
}

impl Web {
    /// The secret of an account's one-time codes; `None` also where its key is gone: it is put back, or an administrator resets the codes.
    pub fn unsealed(&self, account: &Account) -> Option<Secret> {
        let sealed = account.totp.as_deref()?;
        let path = self.pipeline.settings().config.people_key();
        told(SealKey::read(&path), &path)?.unseal(sealed, &account.person.login)
    }

    /// The key to seal with; made where there is none.
    pub fn seal_key(&self) -> Option<SealKey> {
        let path = self.pipeline.settings().config.people_key();
        told(SealKey::open(&path), &path)
    }
}

fn told(key: std::io::Result<SealKey>, path: &std::path::Path) -> Option<SealKey> {
    key.inspect_err(|error| {
        tracing::error!(path = %path.display(), %error, "the key of the one-time codes cannot be read; put it back, or reset the codes");
    })
    .ok()
}

/// One sentence for each kind of refusal, and none that says which part was wrong.
fn not_signed_in(refused: NotSignedIn, show: impl FnOnce(Text, StatusCode) -> Response) -> Response {
    match refused {
        NotSignedIn::Wrong => show(
            Text::new(
                "Giriş bilgileri doğru değil ya da hesap kapalı. Denetleyip yeniden deneyin; sürerse yöneticiye başvurun.",
                "The sign-in data is not right, or the account is disabled. Check it and try again; if it goes on, ask the administrator.",
            ),
            StatusCode::UNAUTHORIZED,
        ),
        NotSignedIn::Wait(wait) => {
            let seconds = wait.as_secs().max(1);
            let said = Text::new(
                format!("Çok sayıda hatalı deneme oldu; {seconds} saniye sonra yeniden deneyin."),
                format!("There were many wrong tries; try again in {seconds} seconds."),
            );
            let mut response = show(said, StatusCode::TOO_MANY_REQUESTS);
            response.headers_mut().insert(RETRY_AFTER, http::HeaderValue::from(seconds));
            response
        }
        NotSignedIn::Busy | NotSignedIn::Ledger(_) => show(
            Text::new(
                "Giriş şu anda denetlenemiyor; birazdan yeniden deneyin.",
                "The sign-in cannot be checked now; try again in a moment.",
            ),
            StatusCode::SERVICE_UNAVAILABLE,
        ),
    }
}

async fn sign_out(State(web): State<Shared>, Extension(current): Extension<Current>) -> Response {
    web.sessions.end(current.token.reveal());
    let mut response = Redirect::to("/login").into_response();
    Cookie::Session.clear(&mut response, web.pipeline.settings().config.web.is_secure());
    // ASVS 3.3.1: the back button of the browser shows nothing either.
    let all = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert("clear-site-data", all);
    response
}
