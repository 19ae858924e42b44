//! `people`: who may sign in on the page.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};

use serde_json::json;

use super::args::{PasswordArgs, PeopleCommand};
use super::{Exit, Failure, Session, table, tokens, writing};
use crate::mailbox::import::NAME as IMPORT;
use crate::people::account::normalized_login;
use crate::people::{Account, AccountRefusal, Edit, Person, Role, Scope, Source, password};
use crate::secret::Secret;
use crate::text::{Lang, Text};

pub async fn run(session: &Session, command: PeopleCommand) -> Result<Exit, Failure> {
    match command {
        PeopleCommand::Add {
            login,
            name,
            role,
            mailbox,
            unit,
            clearance,
            password,
        } => {
            let login = sound(&login)?;
            warn_of_scope(session, &mailbox, &unit);
            let person = Person {
                login: login.clone(),
                name,
                role,
                mailboxes: scope(mailbox),
                units: scope(unit),
                clearance,
            };
            let (secret, is_made) = new_password(session, &password, &login)?;
            let account = Account {
                password: Some(hashed(&secret)?),
                ..Account::new(person, Source::Local)
            };
            writing::edit_account(session, &login, Edit::Add(Box::new(account))).await?;
            tell(session, &login, is_made.then_some(&secret));
        }
        PeopleCommand::List { json } => list(session, json)?,
        PeopleCommand::Disable { login, undo } => {
            writing::edit_account(session, &sound(&login)?, Edit::Disabled(!undo)).await?;
            tell(session, &login, None);
        }
        PeopleCommand::Passwd { login, password } => {
            let login = sound(&login)?;
            let (secret, is_made) = new_password(session, &password, &login)?;
            writing::edit_account(session, &login, Edit::Password(hashed(&secret)?)).await?;
            tell(session, &login, is_made.then_some(&secret));
        }
        PeopleCommand::Token(command) => tokens::run(session, command).await?,
        PeopleCommand::TotpReset { login } => {
            writing::edit_account(session, &sound(&login)?, Edit::Totp(None)).await?;
            tell(session, &login, None);
        }
    }
    Ok(Exit::Done)
}

fn sound(login: &str) -> Result<String, Failure> {
    normalized_login(login).ok_or_else(|| Failure::usage(AccountRefusal::Login.text()))
}

/// A scope of names that nothing has sees nothing. It may be meant for later, so it is said and not refused.
pub(super) fn warn_of_scope(session: &Session, mailboxes: &[String], units: &[String]) {
    let warn = |tr: String, en: String| eprintln!("! {}", table::clean(Text::new(tr, en).get(session.lang)));
    let configured = |name: &String| name == IMPORT || session.config().mailbox.iter().any(|mailbox| mailbox.name() == name);
    for name in mailboxes.iter().filter(|name| !configured(name)) {
        warn(
            format!("'{name}' adlı bir kutu yapılandırmada yok: ondan hiçbir belge görünmez. Adı denetleyin"),
            format!("no mailbox is named '{name}' in the configuration: no document of it will be seen. Check the name"),
        );
    }
    // Rules that cannot be read are told by `config check`.
    let Ok(settings) = session.settings() else { return };
    let known = |name: &String| {
        settings
            .registry
            .rules
            .rules
            .iter()
            .any(|rule| rule.then.unit.as_ref() == Some(name))
    };
    for name in units.iter().filter(|name| !known(name)) {
        warn(
            format!("'{name}' birimi yönlendirme kurallarında yok: yalnız elle havale edilen belgeler görünür. Adı denetleyin"),
            format!("the unit '{name}' is in no routing rule: only documents that people assign to it will be seen. Check the name"),
        );
    }
}

pub(super) fn scope(names: Vec<String>) -> Scope {
    match names.is_empty() {
        true => Scope::All,
        false => Scope::Only(names.into_iter().collect::<BTreeSet<_>>()),
    }
}

fn hashed(secret: &Secret) -> Result<String, Failure> {
    password::hash(secret).map_err(|error| Failure::new(error.to_string()))
}

/// The password, and whether it was made here.
fn new_password(session: &Session, args: &PasswordArgs, login: &str) -> Result<(Secret, bool), Failure> {
    let is_made = args.password_file.is_none() && (args.generate || !std::io::stdin().is_terminal());
    let secret = match &args.password_file {
        // As it was named, from here, and not beside the configuration.
        Some(file) => {
            let file = std::path::absolute(file).map_err(|error| Failure::file(file, &error))?;
            session.loaded().secrets.read(&file).map_err(|error| Failure::new(error.text()))?
        }
        None if is_made => Secret::new(password::random_password()),
        None => typed_twice(session.lang)?,
    };
    password::check(&secret, login).map_err(|weak| Failure::usage(weak.text()))?;
    Ok((secret, is_made))
}

fn typed_twice(lang: Lang) -> Result<Secret, Failure> {
    let (first, again) = match lang {
        Lang::Tr => ("Parola: ", "Yeniden: "),
        Lang::En => ("Password: ", "Again: "),
    };
    let (first, again) = (typed(first)?, typed(again)?);
    match first.reveal() == again.reveal() {
        true => Ok(first),
        false => Err(Failure::usage(Text::new(
            "iki parola aynı değil",
            "the two passwords are not the same",
        ))),
    }
}

/// A line from the terminal that does not show on it.
fn typed(prompt: &str) -> Result<Secret, Failure> {
    let failed = |error: std::io::Error| Failure::new(error.to_string());
    eprint!("{prompt}");
    std::io::stderr().flush().map_err(failed)?;
    let was_hidden = echo(false);
    let mut line = zeroize::Zeroizing::new(String::new());
    let read = std::io::stdin().lock().read_line(&mut line);
    if was_hidden {
        echo(true);
    }
    eprintln!();
    read.map_err(failed)?;
    Ok(Secret::new(line.trim_end_matches(['\n', '\r'])))
}

/// Every Unix terminal obeys `stty`.
fn echo(on: bool) -> bool {
    let word = if on { "echo" } else { "-echo" };
    let asked = Command::new("stty")
        .arg(word)
        .stdin(Stdio::inherit())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

fn tell(session: &Session, login: &str, made: Option<&Secret>) {
    match (session.lang, made) {
        (Lang::Tr, None) => println!("✔ {login}: yapıldı"),
        (Lang::En, None) => println!("✔ {login}: done"),
        (Lang::Tr, Some(secret)) => println!(
            "✔ {login}: parola yalnız şimdi gösterilir, girişten sonra değiştirilmeli:\n{}",
            secret.reveal()
        ),
        (Lang::En, Some(secret)) => println!(
            "✔ {login}: the password is shown only now, and should be changed after the sign-in:\n{}",
            secret.reveal()
        ),
    }
}

fn list(session: &Session, as_json: bool) -> Result<(), Failure> {
    session.must_have_store()?;
    let ledger = session.reader()?;
    let accounts = ledger.accounts()?;
    if as_json {
        let mut all = Vec::new();
        for account in &accounts {
            let sign_ins = ledger.sign_ins(&account.person.login)?;
            all.push(json!({
                "person": account.person, "source": account.source, "disabled": account.disabled, "totp": account.totp.is_some(),
                "last_sign_in": sign_ins.last, "failures": sign_ins.failures,
            }));
        }
        println!("{:#}", serde_json::Value::Array(all));
        return Ok(());
    }
    let heads = match session.lang {
        Lang::Tr => ["Kullanıcı adı", "Ad", "Rol", "Gizlilik", "Kod", "Durum"],
        Lang::En => ["Login", "Name", "Role", "Clearance", "Code", "State"],
    };
    let rows = accounts.iter().map(|account| {
        let person = &account.person;
        let state = match (account.disabled, session.lang) {
            (true, Lang::Tr) => "kapalı",
            (true, Lang::En) => "disabled",
            (false, Lang::Tr) => "açık",
            (false, Lang::En) => "enabled",
        };
        let code = if account.totp.is_some() { "✔" } else { "–" };
        [
            person.login.clone(),
            person.name.clone(),
            role(person.role, session.lang).to_owned(),
            person.clearance.to_string(),
            code.to_owned(),
            state.to_owned(),
        ]
    });
    let rows: Vec<[String; 6]> = rows.collect();
    print!("{}", table::table(heads, &rows));
    Ok(())
}

fn role(role: Role, lang: Lang) -> &'static str {
    match (role, lang) {
        (Role::Clerk, Lang::Tr) => "evrak kayıt memuru",
        (Role::Supervisor, Lang::Tr) => "birim amiri",
        (Role::Auditor, Lang::Tr) => "denetçi",
        (Role::Administrator, Lang::Tr) => "yönetici",
        (Role::Clerk, Lang::En) => "clerk",
        (Role::Supervisor, Lang::En) => "supervisor",
        (Role::Auditor, Lang::En) => "auditor",
        (Role::Administrator, Lang::En) => "administrator",
    }
}
