//! The people page: who may sign in, as what, for what. Administrators only; for everybody else it does not exist.

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawForm, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

use super::form::Form;
use super::pages::chrome::Chrome;
use super::problem::{Problem, Unanswered};
use super::{Shared, Web};
use crate::people::account::normalized_login;
use crate::people::{Account, Edit, Person, Right, Role, Scope, Source, password};
use crate::register::entry::Asker;
use crate::secret::Secret;
use crate::text::Text;

pub fn router() -> Router<Shared> {
    Router::new()
        .route("/people", get(list).post(add))
        .route("/people/{login}", get(one))
        .route("/people/{login}/{deed}", get(back).post(change))
}

/// One person as the list shows it.
struct Line {
    account: Account,
    last: Option<jiff::Timestamp>,
    failures: u64,
}

#[derive(Template)]
#[template(path = "people.html", config = "src/web/askama.toml")]
struct PeoplePage {
    c: Chrome,
    said: Option<(bool, String)>,
    /// A password that was just made: shown this once.
    made: Option<(String, Secret)>,
    lines: Vec<Line>,
    mailboxes: Vec<String>,
}

#[derive(Template)]
#[template(path = "person.html", config = "src/web/askama.toml")]
struct PersonPage {
    c: Chrome,
    account: Account,
    mailboxes: Vec<String>,
    units: String,
}

impl PeoplePage {
    fn role(&self, role: &Role) -> &'static str {
        role_word(&self.c, *role)
    }

    fn value(&self, role: &Role) -> &'static str {
        role_value(*role)
    }

    fn source(&self, source: &Source) -> &'static str {
        match source {
            Source::Local => self.c.t("yerel", "local"),
            Source::Directory => self.c.t("dizin", "directory"),
            Source::Oidc => "OpenID",
        }
    }

    fn when(&self, at: &jiff::Timestamp) -> String {
        crate::clock::wall_minute(*at)
    }

    fn scope(&self, scope: &Scope) -> String {
        match scope {
            Scope::All => self.c.t("hepsi", "all").to_owned(),
            Scope::Only(names) => names.iter().cloned().collect::<Vec<_>>().join(", "),
        }
    }
}

impl PersonPage {
    fn role(&self, role: &Role) -> &'static str {
        role_word(&self.c, *role)
    }

    fn value(&self, role: &Role) -> &'static str {
        role_value(*role)
    }

    fn is(&self, role: &Role) -> bool {
        self.account.person.role == *role
    }

    fn has(&self, mailbox: &str) -> bool {
        matches!(&self.account.person.mailboxes, Scope::Only(names) if names.contains(mailbox))
    }
}

fn role_word(c: &Chrome, role: Role) -> &'static str {
    match role {
        Role::Clerk => c.t("Evrak kayıt memuru", "Clerk"),
        Role::Supervisor => c.t("Birim amiri", "Supervisor"),
        Role::Auditor => c.t("Denetçi", "Auditor"),
        Role::Administrator => c.t("Yönetici", "Administrator"),
    }
}

/// As forms send it; the same words as in the configuration.
fn role_value(role: Role) -> &'static str {
    match role {
        Role::Clerk => "clerk",
        Role::Supervisor => "supervisor",
        Role::Auditor => "auditor",
        Role::Administrator => "administrator",
    }
}

/// Others are not told that there is such a page.
fn must_administer(c: &Chrome) -> Result<(), Problem> {
    match c.person().may(Right::Administer) {
        true => Ok(()),
        false => Err(Problem::NotFound),
    }
}

/// A reload of an answer to a form, or its link to the other language.
async fn back(c: Chrome, Path((login, _deed)): Path<(String, String)>) -> Result<Redirect, Problem> {
    must_administer(&c)?;
    match crate::people::account::is_login(&login) {
        true => Ok(Redirect::to(&format!("/people/{login}"))),
        false => Err(Problem::NotFound),
    }
}

async fn list(State(web): State<Shared>, c: Chrome) -> Result<Response, Problem> {
    must_administer(&c)?;
    show(&web, c, None, None)
}

fn show(web: &Web, c: Chrome, said: Option<(bool, Text)>, made: Option<(String, Secret)>) -> Result<Response, Problem> {
    let mut lines = Vec::new();
    for account in web.ledger().accounts()? {
        let sign_ins = web.ledger().sign_ins(&account.person.login)?;
        lines.push(Line {
            account,
            last: sign_ins.last,
            failures: sign_ins.failures,
        });
    }
    let status = match said {
        Some((false, _)) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let lang = c.lang();
    let page = PeoplePage {
        said: said.map(|(well, text)| (well, text.get(lang).to_owned())),
        made,
        lines,
        mailboxes: mailboxes(web),
        c,
    };
    Ok((status, Html(page.render().unwrap_or_default())).into_response())
}

fn mailboxes(web: &Web) -> Vec<String> {
    let settings = web.pipeline.settings();
    settings.config.mailbox.iter().map(|mailbox| mailbox.name().to_owned()).collect()
}

/// What a form says of a person.
fn person(form: &Form, login: String) -> Option<Person> {
    let units: Vec<String> = form
        .get("units")
        .lines()
        .map(|unit| unit.trim().to_owned())
        .filter(|unit| !unit.is_empty())
        .collect();
    let scope = |names: Vec<String>| match names.is_empty() {
        true => Scope::All,
        false => Scope::Only(names.into_iter().collect()),
    };
    Some(Person {
        login,
        name: form.get("name").trim().to_owned(),
        role: Role::ALL.into_iter().find(|role| role_value(*role) == form.get("role"))?,
        mailboxes: scope(form.all("mailbox").map(str::to_owned).collect()),
        units: scope(units),
        clearance: form.get("clearance").parse().ok()?,
    })
}

fn asker(c: &Chrome) -> Asker {
    Asker {
        person: Some(c.person().login.clone()),
        uid: None,
    }
}

async fn add(State(web): State<Shared>, c: Chrome, RawForm(body): RawForm) -> Result<Response, Problem> {
    must_administer(&c)?;
    let form = Form::read(&body);
    let Some(login) = normalized_login(form.get("login")) else {
        return show(&web, c, Some((false, crate::people::AccountRefusal::Login.text())), None);
    };
    let person = person(&form, login.clone()).ok_or_else(|| Problem::Bad("a person".to_owned()))?;
    let secret = Secret::new(password::random_password());
    let Some(hash) = hashed(&web, &secret, &login).await else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, Unanswered).into_response());
    };
    let account = Account {
        password: Some(hash),
        ..Account::new(person, Source::Local)
    };
    match web.ledger().edit_account(&login, Edit::Add(Box::new(account)), asker(&c)).await? {
        Ok(_) => show(&web, c, None, Some((login, secret))),
        Err(refusal) => show(&web, c, Some((false, refusal.text())), None),
    }
}

async fn hashed(web: &Web, secret: &Secret, login: &str) -> Option<String> {
    password::check(secret, login).ok()?;
    web.hash(secret.clone()).await.ok()
}

async fn one(State(web): State<Shared>, c: Chrome, Path(login): Path<String>) -> Result<Response, Problem> {
    must_administer(&c)?;
    let account = web.ledger().account(&login)?.ok_or(Problem::NotFound)?;
    let units = match &account.person.units {
        Scope::All => String::new(),
        Scope::Only(names) => names.iter().cloned().collect::<Vec<_>>().join("\n"),
    };
    // A mailbox that was taken out of the configuration stays in the scope until somebody takes it out.
    let mut mailboxes = mailboxes(&web);
    if let Scope::Only(names) = &account.person.mailboxes {
        let gone: Vec<String> = names.iter().filter(|name| !mailboxes.contains(name)).cloned().collect();
        mailboxes.extend(gone);
    }
    let page = PersonPage {
        c,
        account,
        mailboxes,
        units,
    };
    Ok(Html(page.render().unwrap_or_default()).into_response())
}

async fn change(
    State(web): State<Shared>,
    c: Chrome,
    Path((login, deed)): Path<(String, String)>,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    must_administer(&c)?;
    if !crate::people::account::is_login(&login) {
        return Err(Problem::NotFound);
    }
    let mut made = None;
    let edit = match deed.as_str() {
        "person" => {
            let person = person(&Form::read(&body), login.clone());
            Edit::Person(person.ok_or_else(|| Problem::Bad("a person".to_owned()))?)
        }
        "disable" => Edit::Disabled(true),
        "enable" => Edit::Disabled(false),
        "remove" => Edit::Remove,
        "end-sessions" => Edit::EndSessions,
        "totp-reset" => Edit::Totp(None),
        "password" => {
            let secret = Secret::new(password::random_password());
            let Some(hash) = hashed(&web, &secret, &login).await else {
                return Ok((StatusCode::SERVICE_UNAVAILABLE, Unanswered).into_response());
            };
            made = Some((login.clone(), secret));
            Edit::Password(hash)
        }
        _ => return Err(Problem::NotFound),
    };
    let ends = !matches!(edit, Edit::Person(_));
    match web.ledger().edit_account(&login, edit, asker(&c)).await? {
        Ok(_) if made.is_some() => {
            web.sessions.end_all_of(&login);
            show(&web, c, None, made)
        }
        Ok(_) => {
            if ends {
                web.sessions.end_all_of(&login);
            }
            Ok(Redirect::to("/people").into_response())
        }
        Err(refusal) => show(&web, c, Some((false, refusal.text())), None),
    }
}
