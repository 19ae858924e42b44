//! The own account: password, one-time codes, sessions.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use askama::Template;
use axum::Router;
use axum::extract::{Extension, RawForm, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};

use super::form::Form;
use super::guard::{Client, Current};
use super::login::begin;
use super::pages::chrome::Chrome;
use super::problem::{Problem, Unanswered};
use super::session::{Lifetimes, Session, Stage};
use super::sign_in::NotSignedIn;
use super::{Shared, Web};
use crate::people::{Account, AccountRefusal, Edit, SignIns, Source, password, totp};
use crate::register::entry::Asker;
use crate::secret::Secret;
use crate::text::Text;

/// How long a secret that was shown waits for its first code.
const ENROLMENT: SignedDuration = SignedDuration::from_mins(15);

/// Secrets that were shown and not confirmed yet, by login: at most one each.
#[derive(Default)]
pub struct Enrolments(Mutex<HashMap<String, (Secret, Timestamp)>>);

impl Enrolments {
    fn put(&self, login: &str, secret: Secret, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, at)| now.duration_since(*at) < ENROLMENT);
        all.insert(login.to_owned(), (secret, now));
    }

    fn get(&self, login: &str, now: Timestamp) -> Option<Secret> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(login).filter(|(_, at)| now.duration_since(*at) < ENROLMENT);
        known.map(|(secret, _)| secret.clone())
    }

    fn remove(&self, login: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(login);
    }
}

pub fn router() -> Router<Shared> {
    Router::new()
        .route("/account", get(page))
        .route("/account/password", get(back).post(change_password))
        .route("/account/totp/new", get(back).post(new_totp))
        .route("/account/totp/confirm", get(back).post(confirm_totp))
        .route("/account/totp/remove", get(back).post(remove_totp))
        .route("/account/sessions/end", get(back).post(end_session))
        .route("/account/sessions/end-others", get(back).post(end_others))
}

#[derive(Template)]
#[template(path = "account.html", config = "src/web/askama.toml")]
struct AccountPage {
    c: Chrome,
    said: Option<(bool, String)>,
    is_local: bool,
    has_totp: bool,
    /// Shown once, until its first code is given.
    enrolment: Option<(Secret, Secret)>,
    sign_ins: SignIns,
    sessions: Vec<Session>,
    own: String,
}

/// Whether something went well, and what to say of it.
type Said = (bool, Text);

fn good(tr: &str, en: &str) -> Said {
    (true, Text::new(tr, en))
}

fn bad(text: Text) -> Said {
    (false, text)
}

/// A reload of an answer to a form, or its link to the other language: the page itself is where that leads.
async fn back(_c: Chrome) -> Redirect {
    Redirect::to("/account")
}

async fn page(State(web): State<Shared>, c: Chrome, Extension(current): Extension<Current>) -> Result<Response, Problem> {
    show(&web, c, &current, None)
}

fn show(web: &Web, c: Chrome, current: &Current, said: Option<Said>) -> Result<Response, Problem> {
    let login = c.person().login.clone();
    let account = web.ledger().account(&login)?.ok_or(Problem::SignIn)?;
    let settings = web.pipeline.settings();
    let config = &settings.config.web;
    let host = match config.public_url.split_once("://") {
        Some((_, host)) => host.trim_end_matches('/').to_owned(),
        None => "kep-gateway".to_owned(),
    };
    let now = web.pipeline.now();
    let enrolment = web
        .enrolments
        .get(&login, now)
        .map(|secret| (totp::address(&secret, &login, &host), secret));
    let lifetimes = Lifetimes {
        idle: config.session_idle,
        whole: config.session_lifetime,
    };
    let status = match &said {
        Some((false, _)) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let lang = c.lang();
    let page = AccountPage {
        said: said.map(|(well, text)| (well, text.get(lang).to_owned())),
        is_local: account.source == Source::Local,
        has_totp: account.totp.is_some(),
        enrolment,
        sign_ins: web.ledger().sign_ins(&login)?,
        sessions: web.sessions.of(&login, now, lifetimes),
        own: current.session.id.clone(),
        c,
    };
    Ok((status, Html(page.render().unwrap_or_default())).into_response())
}

impl Web {
    /// Whoever changes how one signs in proves the password again (ASVS 2.1.6, 3.7.1); wrong tries wait as at the login.
    async fn proves(&self, account: &Account, given: &str, from: &Client) -> Result<Result<(), Text>, Problem> {
        let login = &account.person.login;
        let tried = match self.may_try(login, &from.network()) {
            Ok(tried) => tried,
            Err(_) => return Ok(Err(too_often())),
        };
        match self.compare(Secret::new(given), account.password.clone()).await {
            Ok(true) => {
                self.was_right(login, &from.network());
                Ok(Ok(()))
            }
            Ok(false) => {
                self.record_wrong(&tried, login, &from.network()).await?;
                Ok(Err(Text::new("Şimdiki parola doğru değil.", "The present password is not right.")))
            }
            Err(_) => Ok(Err(too_often())),
        }
    }

    /// Changes the account that the session belongs to; all its sessions end, and this browser gets a new one.
    async fn change_own(
        &self,
        account: &Account,
        edit: Edit,
        current: &Current,
        from: &Client,
    ) -> Result<Result<Response, AccountRefusal>, Problem> {
        let login = &account.person.login;
        let by = Asker {
            person: Some(login.clone()),
            uid: None,
        };
        let changed = match self.ledger().edit_account(login, edit, by).await? {
            Ok(changed) => changed.ok_or(Problem::SignIn)?,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.sessions.end(current.token.reveal());
        self.sessions.end_all_of(login);
        Ok(Ok(begin(self, &changed, Stage::SignedIn, from, "/account")))
    }
}

fn too_often() -> Text {
    Text::new(
        "Çok sayıda hatalı deneme oldu; biraz bekleyin.",
        "There were many wrong tries; wait a little.",
    )
}

async fn change_password(
    State(web): State<Shared>,
    c: Chrome,
    Extension(current): Extension<Current>,
    Extension(from): Extension<Client>,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    let form = Form::read(&body);
    let account = own_account(&web, &c)?;
    let again = |text: Text| show(&web, c.clone(), &current, Some(bad(text)));
    if account.source != Source::Local {
        return again(AccountRefusal::NotLocal.text());
    }
    let wanted = Secret::new(form.get("new"));
    if form.get("new") != form.get("again") {
        return again(Text::new("İki yeni parola aynı değil.", "The two new passwords are not the same."));
    }
    if let Err(weak) = password::check(&wanted, &account.person.login) {
        return again(weak.text());
    }
    if let Err(text) = web.proves(&account, form.get("present"), &from).await? {
        return again(text);
    }
    let hash = match web.hash(wanted).await {
        Ok(hash) => hash,
        Err(_) => return Ok((StatusCode::SERVICE_UNAVAILABLE, Unanswered).into_response()),
    };
    match web.change_own(&account, Edit::Password(hash), &current, &from).await? {
        Ok(response) => Ok(response),
        Err(refusal) => again(refusal.text()),
    }
}

fn own_account(web: &Web, c: &Chrome) -> Result<Account, Problem> {
    web.ledger().account(&c.person().login)?.ok_or(Problem::SignIn)
}

async fn new_totp(
    State(web): State<Shared>,
    c: Chrome,
    Extension(current): Extension<Current>,
    Extension(from): Extension<Client>,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    let account = own_account(&web, &c)?;
    if account.source != Source::Local {
        return show(&web, c, &current, Some(bad(AccountRefusal::NotLocal.text())));
    }
    if let Err(text) = web.proves(&account, Form::read(&body).get("present"), &from).await? {
        return show(&web, c, &current, Some(bad(text)));
    }
    if let Some(secret) = totp::new_secret() {
        web.enrolments.put(&account.person.login, secret, web.pipeline.now());
    }
    Ok(Redirect::to("/account").into_response())
}

async fn confirm_totp(
    State(web): State<Shared>,
    c: Chrome,
    Extension(current): Extension<Current>,
    Extension(from): Extension<Client>,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    let account = own_account(&web, &c)?;
    let login = account.person.login.clone();
    let again = |text: Text| show(&web, c.clone(), &current, Some(bad(text)));
    let Some(secret) = web.enrolments.get(&login, web.pipeline.now()) else {
        return Ok(Redirect::to("/account").into_response());
    };
    if let Err(NotSignedIn::Wait(_)) = web.may_try(&login, &from.network()) {
        return again(too_often());
    }
    let step = totp::step_of(Form::read(&body).get("code"), &secret, web.pipeline.now());
    let Some(step) = step else {
        return again(Text::new(
            "Kod doğru değil; saatin doğru olduğunu denetleyip yeni kodu yazın.",
            "The code is not right; check that the clock is right and type the next code.",
        ));
    };
    let Some(sealed) = web.seal_key().and_then(|key| key.seal(&secret, &login)) else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, Unanswered).into_response());
    };
    // The code that proved the secret is used up with it.
    if !web.ledger().signed_in(&login, Some(from.0.to_string()), Some(step)).await? {
        return again(Text::new(
            "Bu kod kullanıldı; sonrakini bekleyin.",
            "This code was used; wait for the next one.",
        ));
    }
    web.was_right(&login, &from.network());
    match web.change_own(&account, Edit::Totp(Some(sealed)), &current, &from).await? {
        Ok(response) => {
            web.enrolments.remove(&login);
            Ok(response)
        }
        Err(refusal) => again(refusal.text()),
    }
}

async fn remove_totp(
    State(web): State<Shared>,
    c: Chrome,
    Extension(current): Extension<Current>,
    Extension(from): Extension<Client>,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    let account = own_account(&web, &c)?;
    if let Err(text) = web.proves(&account, Form::read(&body).get("present"), &from).await? {
        return show(&web, c, &current, Some(bad(text)));
    }
    match web.change_own(&account, Edit::Totp(None), &current, &from).await? {
        Ok(response) => Ok(response),
        Err(refusal) => show(&web, c, &current, Some(bad(refusal.text()))),
    }
}

async fn end_session(
    State(web): State<Shared>,
    c: Chrome,
    Extension(current): Extension<Current>,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    web.sessions.end_of(&c.person().login, Form::read(&body).get("id"));
    show(&web, c, &current, Some(good("Oturum kapatıldı.", "The session was ended.")))
}

async fn end_others(State(web): State<Shared>, c: Chrome, Extension(current): Extension<Current>) -> Result<Response, Problem> {
    let login = c.person().login.clone();
    web.sessions.end_others_of(&login, &current.session.id);
    show(
        &web,
        c,
        &current,
        Some(good("Öbür oturumlar kapatıldı.", "The other sessions were ended.")),
    )
}

impl AccountPage {
    /// In Turkish time, as people read it.
    fn when(&self, at: &Timestamp) -> String {
        crate::clock::wall_minute(*at)
    }
}
