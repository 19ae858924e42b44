//! `people token`: programs that ask over the API.

use serde_json::json;

use super::args::TokenCommand;
use super::documents::local_time;
use super::people::{scope, warn_of_scope};
use super::{Failure, Session, table, writing};
use crate::clock::local_day;
use crate::people::Scope;
use crate::people::tokens::{Grant, Standing, Token, TokenEdit, hash, new_secret};
use crate::text::{Lang, Text};

pub async fn run(session: &Session, command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Add {
            name,
            scope: grants,
            mailbox,
            unit,
            clearance,
            until,
        } => {
            let today = local_day(session.clock().now());
            if let Some(until) = until.filter(|until| *until < today) {
                return Err(Failure::usage(Text::new(
                    format!("--until {until} geçmiş bir gün; bu anahtar hiçbir şey açmazdı. Bugünü ({today}) ya da sonrasını verin"),
                    format!("--until {until} is over; this token would open nothing. Give today ({today}) or a later day"),
                )));
            }
            warn_of_scope(session, &mailbox, &unit);
            let no_randomness = || Failure::new(Text::new("rastgele sayı üretilemedi", "the machine has no randomness"));
            let secret = new_secret().ok_or_else(no_randomness)?;
            let token = Token {
                name: name.clone(),
                grants: grants.into_iter().collect(),
                mailboxes: scope(mailbox),
                units: scope(unit),
                clearance,
                until,
                secret_sha256: hash(secret.reveal()).ok_or_else(no_randomness)?,
                created_at: session.clock().now(),
                revoked_at: None,
            };
            writing::edit_token(session, &name, TokenEdit::Add(Box::new(token))).await?;
            match session.lang {
                Lang::Tr => println!("✔ {name}: anahtar yalnız şimdi gösterilir; saklayın, yitirilirse iptal edip yenisini üretin:"),
                Lang::En => println!("✔ {name}: the token is shown only now; keep it, and revoke it for a new one should it get lost:"),
            }
            println!("{}", secret.reveal());
        }
        TokenCommand::List { json } => return list(session, json),
        TokenCommand::Revoke { name } => {
            writing::edit_token(session, &name, TokenEdit::Revoke).await?;
            match session.lang {
                Lang::Tr => println!("✔ {name}: iptal edildi"),
                Lang::En => println!("✔ {name}: revoked"),
            }
        }
    }
    Ok(())
}

fn list(session: &Session, as_json: bool) -> Result<(), Failure> {
    session.must_have_store()?;
    let (ledger, now) = (session.reader()?, session.clock().now());
    let tokens = ledger.tokens()?;
    if as_json {
        let mut all = Vec::new();
        for token in &tokens {
            let last = ledger.last_use_of_token(&token.name)?;
            all.push(json!({
                "name": token.name, "scope": token.grants, "mailboxes": token.mailboxes, "units": token.units, "clearance": token.clearance,
                "until": token.until, "created_at": token.created_at, "revoked_at": token.revoked_at, "standing": token.standing(now),
                "last_used": last.at, "last_used_from": last.from,
            }));
        }
        println!("{:#}", serde_json::Value::Array(all));
        return Ok(());
    }
    let heads = match session.lang {
        Lang::Tr => ["Ad", "Yetki", "Kutular", "Birimler", "Gizlilik", "Son gün", "Son kullanım", "Durum"],
        Lang::En => ["Name", "Scope", "Mailboxes", "Units", "Clearance", "Until", "Last used", "State"],
    };
    let mut rows: Vec<[String; 8]> = Vec::new();
    for token in &tokens {
        let last = ledger.last_use_of_token(&token.name)?;
        let grants: Vec<&str> = token.grants.iter().map(|grant| Grant::word(*grant)).collect();
        rows.push([
            token.name.clone(),
            grants.join(","),
            names(&token.mailboxes, session.lang),
            names(&token.units, session.lang),
            token.clearance.to_string(),
            token.until.map_or_else(|| "–".to_owned(), |until| until.to_string()),
            last.at.map_or_else(|| "–".to_owned(), local_time),
            standing(token.standing(now), session.lang).to_owned(),
        ]);
    }
    print!("{}", table::table(heads, &rows));
    Ok(())
}

fn names(scope: &Scope, lang: Lang) -> String {
    match (scope, lang) {
        (Scope::All, Lang::Tr) => "hepsi".to_owned(),
        (Scope::All, Lang::En) => "all".to_owned(),
        (Scope::Only(names), _) => names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

fn standing(standing: Standing, lang: Lang) -> &'static str {
    match (standing, lang) {
        (Standing::Good, Lang::Tr) => "geçerli",
        (Standing::Good, Lang::En) => "good",
        (Standing::Expired, Lang::Tr) => "süresi dolmuş",
        (Standing::Expired, Lang::En) => "expired",
        (Standing::Revoked, Lang::Tr) => "iptal",
        (Standing::Revoked, Lang::En) => "revoked",
    }
}
