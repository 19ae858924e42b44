//! `documents`: the register.

use serde_json::{Value, json};

use super::args::{DocumentsCommand, Period};
use super::table::{clean, table};
use super::{Exit, Failure, Session, words, writing};
use crate::clock::{istanbul, local_day};
use crate::ledger::{Ledger, LedgerError};
use crate::pipeline::reexamine::{Outcome, Reexamined};
use crate::register::entry::{Entry, RegisterNumber, flag};
use crate::register::retention::{Disposed, Keeping};
use crate::register::{self, export};
use crate::text::{Lang, Text};

pub async fn run(session: &Session, command: DocumentsCommand) -> Result<Exit, Failure> {
    match command {
        DocumentsCommand::List(period) => list(session, period),
        DocumentsCommand::Show { number, json, opened_by } => {
            if let Some(person) = opened_by {
                writing::open(session, number, person).await?;
            }
            show(session, number, json)
        }
        DocumentsCommand::Level { number, to, reason, by } => level(session, number, to, reason, by).await,
        DocumentsCommand::Retry { numbers, by, json } => retry(session, &numbers, by, json).await,
        DocumentsCommand::Export { period, json: _ } => export_json(session, period),
    }
}

fn list(session: &Session, period: Period) -> Result<Exit, Failure> {
    let mut entries: Vec<Entry> = within(session, period)?;
    entries.reverse();
    print!("{}", register_table(&entries, session.reader()?, &session.prefix(), session.lang)?);
    Ok(Exit::Done)
}

/// The register as people read it.
///
/// # Errors
/// The index cannot be read.
pub fn register_table(entries: &[Entry], ledger: &Ledger, prefix: &str, lang: Lang) -> Result<String, LedgerError> {
    let headings = match lang {
        Lang::Tr => ["Kayıt no", "Geliş", "Tür", "Gönderen", "Konu", "Sonuç", "Birim", "Süre", "İmha"],
        Lang::En => [
            "Number",
            "Received",
            "Kind",
            "Sender",
            "Subject",
            "Verdict",
            "Unit",
            "Deadline",
            "Disposed of",
        ],
    };
    let mut rows: Vec<[String; 9]> = Vec::with_capacity(entries.len());
    for entry in entries {
        let disposed = ledger.disposal_of(entry)?;
        rows.push(row(entry, disposed.as_ref(), prefix, lang));
    }
    Ok(table(headings, &rows))
}

fn row(entry: &Entry, disposed: Option<&Disposed>, prefix: &str, lang: Lang) -> [String; 9] {
    let document = entry.document.as_ref();
    let institution = document
        .and_then(|document| document.sender.as_ref())
        .and_then(|sender| sender.name.clone());
    let subject = document
        .and_then(|document| document.subject.clone())
        .or_else(|| entry.message.subject.clone());
    let deadline = entry.deadlines.iter().min_by_key(|deadline| deadline.at);
    [
        format!("{prefix}{}", entry.register_number),
        local_time(entry.message.received_at),
        kind(entry, lang),
        institution
            .or_else(|| entry.message.sender_kep.clone())
            .or_else(|| entry.message.sender.clone())
            .unwrap_or_default(),
        subject.unwrap_or_default(),
        words::verdict(entry, lang).to_owned(),
        entry.unit.clone().unwrap_or_default(),
        deadline.map(|deadline| local_time(deadline.at)).unwrap_or_default(),
        disposed
            .map(|disposed| register::words::disposed(disposed, lang))
            .unwrap_or_default(),
    ]
}

/// What it is, and that we sent it.
fn kind(entry: &Entry, lang: Lang) -> String {
    let kind = words::kind(entry.message.kind, lang);
    match entry.is_sent() {
        true => format!("↗ {} · {kind}", words::flag(flag::SENT, lang)),
        false => kind.to_owned(),
    }
}

/// Minutes are enough for people, in Turkish time.
pub fn local_time(at: jiff::Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y %H:%M").to_string()
}

/// A day, in Turkish time.
pub fn local_day_of(at: jiff::Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y").to_string()
}

fn show(session: &Session, number: RegisterNumber, json: bool) -> Result<Exit, Failure> {
    let ledger = session.reader()?;
    let entry = ledger.entry(number)?.ok_or_else(|| Failure::not_found(&number.to_string()))?;
    match json {
        true => println!("{:#}", with_keeping(&entry, session, ledger)?),
        false => print!("{}", super::entry::screen(&entry, &session.prefix(), ledger, session.lang)?),
    }
    Ok(Exit::Done)
}

async fn level(session: &Session, number: RegisterNumber, to: u8, reason: String, by: String) -> Result<Exit, Failure> {
    writing::set_level(session, number, to, reason, by).await?;
    let (prefix, level) = (session.prefix(), words::access(to, session.lang));
    match session.lang {
        Lang::Tr => println!("✔ {prefix}{number}: erişim düzeyi {to} ({level})"),
        Lang::En => println!("✔ {prefix}{number}: access level {to} ({level})"),
    }
    Ok(Exit::Done)
}

/// Examines entries again and says what became of each.
async fn retry(session: &Session, numbers: &[RegisterNumber], by: Option<String>, json: bool) -> Result<Exit, Failure> {
    let answers = writing::retry(session, numbers, by).await?;
    let (lang, prefix) = (session.lang, session.prefix());
    if json {
        println!(
            "{:#}",
            json!(answers.iter().map(|one| retried_json(one, &prefix, lang)).collect::<Vec<_>>())
        );
    } else {
        for one in &answers {
            println!(
                "{}",
                clean(&format!("{prefix}{}  {}", one.number, words::retried(&one.outcome, lang)))
            );
        }
    }
    let exits = answers.iter().map(|one| match one.outcome {
        Outcome::Unknown => Exit::Failed,
        Outcome::Unreadable { .. } | Outcome::LeftAlone => Exit::Indeterminate,
        Outcome::Unchanged { .. } | Outcome::Renewed { .. } | Outcome::Added { .. } => Exit::Done,
    });
    Ok(exits.max().unwrap_or(Exit::Done))
}

fn retried_json(one: &Reexamined, prefix: &str, lang: Lang) -> Value {
    let mut value = json!(one);
    if let Value::Object(fields) = &mut value {
        fields.insert("number".into(), format!("{prefix}{}", one.number).into());
        fields.remove("reason");
        fields.insert("text".into(), words::retried(&one.outcome, lang).into());
    }
    value
}

fn export_json(session: &Session, period: Period) -> Result<Exit, Failure> {
    let entries = within(session, period)?;
    let ledger = session.reader()?;
    let values: Vec<Value> = entries
        .iter()
        .map(|entry| with_keeping(entry, session, ledger))
        .collect::<Result<_, Failure>>()?;
    println!("{:#}", Value::Array(values));
    Ok(Exit::Done)
}

/// An entry, with what was decided about its keeping where something was.
fn with_keeping(entry: &Entry, session: &Session, ledger: &Ledger) -> Result<Value, Failure> {
    let mut value = export::to_json(entry, session.lang, &session.prefix());
    let keeping = ledger.keeping(entry.register_number)?;
    if let Value::Object(fields) = &mut value
        && keeping != Keeping::default()
    {
        fields.insert("keeping".to_owned(), export::keeping_json(&keeping));
    }
    Ok(value)
}

/// The entries that were registered on the days asked for, oldest first.
fn within(session: &Session, period: Period) -> Result<Vec<Entry>, Failure> {
    if let (Some(from), Some(to)) = (period.from, period.to)
        && from > to
    {
        return Err(Failure::usage(Text::new(
            format!("--from {from}, --to {to} gününden sonra; bu aralıkta hiçbir gün yok, ikisini değiştirin"),
            format!("--from {from} is after --to {to}; no day lies between them, exchange the two"),
        )));
    }
    let inside = |entry: &Entry| {
        let day = local_day(entry.registered_at);
        period.from.is_none_or(|from| day >= from) && period.to.is_none_or(|to| day <= to)
    };
    let mut entries = Vec::new();
    for entry in session.reader()?.entries() {
        let entry = entry?;
        if inside(&entry) {
            entries.push(entry);
        }
    }
    Ok(entries)
}
