//! What the institution sent, on the screen: how far each message came for each recipient, and which evidence is overdue.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::documents::local_time;
use super::table::{clean, table};
use super::{Failure, Session};
use crate::register::config::Registry;
use crate::register::entry::{Entry, State};
use crate::register::sent::Fate;
use crate::text::{Lang, Text};

/// A sent message with the fate of each recipient.
pub struct Sent {
    pub entry: Entry,
    pub fates: Vec<Fate>,
}

impl Sent {
    /// Of what was not sent: nothing.
    pub fn of(session: &Session, registry: &Registry, entry: Entry) -> Result<Option<Self>, Failure> {
        let ledger = session.reader()?;
        let Some(following) = ledger.following(&entry)? else {
            return Ok(None);
        };
        let mut fates = following.fates(session.clock().now(), &session.config().sent, &registry.calendar);
        if matches!(entry.state, State::Done | State::NotRecorded) {
            // A person saw to it.
            fates.iter_mut().for_each(|fate| fate.missing = None);
        }
        Ok(Some(Self { entry, fates }))
    }
}

/// The calendar that the terms are counted by.
pub fn registry(session: &Session) -> Result<Registry, Failure> {
    let loaded = session.loaded();
    Registry::load(loaded.config.register.clone(), &loaded.folder).map_err(|error| Failure::new(error.text()))
}

/// Every sent message, newest first.
pub fn all(session: &Session) -> Result<Vec<Sent>, Failure> {
    let registry = registry(session)?;
    let mut all = Vec::new();
    for entry in session.reader()?.entries_back() {
        all.extend(Sent::of(session, &registry, entry?)?);
    }
    Ok(all)
}

/// One line for each recipient.
pub fn lines(all: &[Sent], session: &Session) -> String {
    let lang = session.lang;
    let headings = match lang {
        Lang::Tr => ["Kayıt no", "Gönderiliş", "Alıcı", "Durum", "Ne zaman", "Beklenen"],
        Lang::En => ["Number", "Sent", "Recipient", "State", "Since", "Awaited"],
    };
    let prefix = session.prefix();
    let rows: Vec<[String; 6]> = all
        .iter()
        .flat_map(|sent| sent.fates.iter().map(|fate| row(sent, fate, &prefix, lang)))
        .collect();
    table(headings, &rows)
}

fn row(sent: &Sent, fate: &Fate, prefix: &str, lang: Lang) -> [String; 6] {
    [
        format!("{prefix}{}", sent.entry.register_number),
        local_time(sent.entry.message.received_at),
        fate.recipient.clone(),
        state(fate, lang),
        fate.state.since.map(local_time).unwrap_or_default(),
        awaited(fate, lang),
    ]
}

/// The state of one recipient in words.
fn state(fate: &Fate, lang: Lang) -> String {
    let label = fate.state.progress.label();
    match (fate.unverified, lang) {
        (false, _) => label.get(lang).to_owned(),
        (true, Lang::Tr) => format!("{} (doğrulanmadı)", label.tr),
        (true, Lang::En) => format!("{} (not verified)", label.en),
    }
}

/// What is overdue, or that the end is reached.
fn awaited(fate: &Fate, lang: Lang) -> String {
    let words = |tr: &str, en: &str| Text::new(tr, en).get(lang).to_owned();
    match fate.missing {
        Some((missing, due)) => format!(
            "! {}: {} ({})",
            words("GECİKTİ", "OVERDUE"),
            missing.label().get(lang),
            local_time(due)
        ),
        None if fate.complete => words("tamam", "complete"),
        None => String::new(),
    }
}

/// The timeline of one message, recipient by recipient, with the next step where something is overdue.
pub fn timeline(sent: &Sent, lang: Lang) -> String {
    let mut out = String::new();
    for fate in &sent.fates {
        let who = match fate.recipient.as_str() {
            "" => Text::new("alıcı", "recipient").get(lang).to_owned(),
            known => known.to_owned(),
        };
        let since = fate.state.since.map(|at| format!(" · {}", local_time(at))).unwrap_or_default();
        let awaited = Some(awaited(fate, lang)).filter(|text| !text.is_empty());
        let awaited = awaited.map(|text| format!(" · {text}")).unwrap_or_default();
        out += &format!("{}\n", clean(&format!("{who}: {}{since}{awaited}", state(fate, lang))));
        if let Some((missing, _)) = fate.missing {
            out += &format!("  {}\n", missing.cure().get(lang));
        }
    }
    out
}

pub fn to_json(sent: &Sent, session: &Session) -> Value {
    let lang = session.lang;
    let overdue = |missing: Option<(_, Timestamp)>| {
        missing.map(|(missing, due): (crate::register::sent::Missing, Timestamp)| {
            json!({ "evidence": missing, "due": due, "text": missing.label().get(lang), "next": missing.cure().get(lang) })
        })
    };
    let recipients: Vec<Value> = sent
        .fates
        .iter()
        .map(|fate| {
            json!({
                "recipient": fate.recipient, "progress": fate.state.progress, "since": fate.state.since, "evidence": fate.state.evidence,
                "unverified": fate.unverified, "complete": fate.complete, "overdue": overdue(fate.missing),
            })
        })
        .collect();
    json!({
        "register_number": format!("{}{}", session.prefix(), sent.entry.register_number),
        "mailbox": sent.entry.mailbox,
        "sent_at": sent.entry.message.received_at,
        "complete": sent.fates.iter().all(|fate| fate.complete),
        "recipients": recipients,
    })
}
