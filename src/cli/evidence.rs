//! `evidence`: delil, and the timeline of a message.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::args::EvidenceCommand;
use super::documents::local_time;
use super::sent::{self, Sent};
use super::table::{clean, table};
use super::{Exit, Failure, Session};
use crate::evidence::{self, Timeline};
use crate::hash::Sha256;
use crate::ledger::Ledger;
use crate::ledger::state::EvidenceState;
use crate::register::entry::{Entry, RegisterNumber};
use crate::text::Lang;

pub fn run(session: &Session, command: EvidenceCommand) -> Result<Exit, Failure> {
    match command {
        EvidenceCommand::List { json, sent: true, .. } => list_sent(session, json),
        EvidenceCommand::List { json, orphans, .. } => list(session, json, orphans),
        EvidenceCommand::Show { what, json } => show(session, &what, json),
    }
}

fn list(session: &Session, as_json: bool, orphans_only: bool) -> Result<Exit, Failure> {
    let ledger = session.reader()?;
    let mut all = if orphans_only { ledger.orphans()? } else { ledger.evidence()? };
    sort_by_time(&mut all);
    match as_json {
        true => println!("{:#}", Value::Array(all.iter().map(|one| to_json(one, session.lang)).collect())),
        false => print!("{}", evidence_table(&all, session.lang)),
    }
    Ok(Exit::Done)
}

fn list_sent(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let all = sent::all(session)?;
    match as_json {
        true => println!("{:#}", Value::Array(all.iter().map(|one| sent::to_json(one, session)).collect())),
        false => print!("{}", sent::lines(&all, session)),
    }
    Ok(Exit::Done)
}

/// The sent messages that `what` names, or that the evidence found for it is about.
fn sent_messages(session: &Session, what: &str, found: &[EvidenceState]) -> Result<Vec<Sent>, Failure> {
    let ledger = session.reader()?;
    let mut numbers: BTreeSet<RegisterNumber> = found.iter().flat_map(|one| one.numbers.iter().copied()).collect();
    numbers.extend(what.parse::<RegisterNumber>().ok());
    for key in evidence::id_keys(what) {
        numbers.extend(ledger.linked_to(&key.to_string())?);
    }
    let mut sent = Vec::new();
    let mut calendar = None;
    for number in numbers {
        let Some(entry) = ledger.entry(number)?.filter(Entry::is_sent) else {
            continue;
        };
        let registry = match calendar.take() {
            Some(known) => known,
            None => sent::registry(session)?,
        };
        sent.extend(Sent::of(session, &registry, entry)?);
        calendar = Some(registry);
    }
    Ok(sent)
}

fn show(session: &Session, what: &str, as_json: bool) -> Result<Exit, Failure> {
    let mut found = find(session.reader()?, what)?;
    let sent = sent_messages(session, what, &found)?;
    if found.is_empty() && sent.is_empty() {
        return Err(Failure::not_found(what));
    }
    sort_by_time(&mut found);
    let mut timeline = Timeline::default();
    found.iter().for_each(|one| timeline.apply(&one.found.evidence));
    if as_json {
        let evidence: Vec<Value> = found.iter().map(|one| to_json(one, session.lang)).collect();
        let sent: Vec<Value> = sent.iter().map(|one| sent::to_json(one, session)).collect();
        println!("{:#}", json!({ "timeline": timeline.states(), "evidence": evidence, "sent": sent }));
        return Ok(Exit::Done);
    }
    print!("{}", evidence_table(&found, session.lang));
    println!();
    if !sent.is_empty() {
        for one in &sent {
            println!("{}{}", session.prefix(), one.entry.register_number);
            print!("{}", sent::timeline(one, session.lang));
        }
        return Ok(Exit::Done);
    }
    for (recipient, state) in timeline.states() {
        println!("{}: {}", clean(&recipient), state.progress.label().get(session.lang));
    }
    Ok(Exit::Done)
}

/// The shortest beginning of a SHA-256 that names evidence; the tables print more.
const SHORTEST_HASH: usize = 8;

/// Everything that is known of the message that `what` names, or that the evidence that `what` names is about.
fn find(ledger: &Ledger, what: &str) -> Result<Vec<EvidenceState>, Failure> {
    let mut found: BTreeMap<Sha256, EvidenceState> = BTreeMap::new();
    for one in named(ledger, what)? {
        found.insert(one.found.evidence.sha256, one);
    }
    let keys: BTreeSet<String> = found.values().flat_map(|one| one.found.link_keys.iter().cloned()).collect();
    for key in &keys {
        found.extend(ledger.evidence_under(key)?.into_iter().map(|one| (one.found.evidence.sha256, one)));
    }
    Ok(found.into_values().collect())
}

/// What is named itself: by register number, by the beginning of its hash, or by the message's id.
fn named(ledger: &Ledger, what: &str) -> Result<Vec<EvidenceState>, Failure> {
    let mut found = Vec::new();
    if let Ok(number) = what.parse::<RegisterNumber>() {
        for record in ledger.entry(number)?.into_iter().flat_map(|entry| entry.evidence) {
            found.extend(ledger.evidence_document(&record.sha256)?);
        }
    } else if what.len() >= SHORTEST_HASH && what.chars().all(|c| c.is_ascii_hexdigit()) {
        let wanted = what.to_ascii_lowercase();
        found = ledger.evidence()?;
        found.retain(|one| one.found.evidence.sha256.to_string().starts_with(&wanted));
    } else {
        for key in evidence::id_keys(what) {
            found.extend(ledger.evidence_under(&key.to_string())?);
        }
    }
    Ok(found)
}

fn sort_by_time(all: &mut [EvidenceState]) {
    all.sort_by_key(|one| (one.found.evidence.event_time, one.seen_at));
}

fn evidence_table(all: &[EvidenceState], lang: Lang) -> String {
    let headings = match lang {
        Lang::Tr => ["Zaman", "Olay", "Alıcı", "İmza", "Kayıt no", "SHA-256"],
        Lang::En => ["Time", "Event", "Recipient", "Signature", "Number", "SHA-256"],
    };
    let rows: Vec<[String; 6]> = all
        .iter()
        .map(|one| {
            let evidence = &one.found.evidence;
            let numbers: Vec<String> = one.numbers.iter().map(ToString::to_string).collect();
            let orphan = if lang == Lang::Tr { "sahipsiz" } else { "orphan" };
            [
                evidence.event_time.map(local_time).unwrap_or_default(),
                evidence.label().get(lang).to_owned(),
                evidence.recipient.clone().unwrap_or_default(),
                super::words::indication(one.found.report.indication, lang).to_owned(),
                if numbers.is_empty() { orphan.to_owned() } else { numbers.join(" ") },
                evidence.sha256.short(),
            ]
        })
        .collect();
    table(headings, &rows)
}

fn to_json(one: &EvidenceState, lang: Lang) -> Value {
    let evidence = &one.found.evidence;
    json!({
        "sha256": evidence.sha256, "kind": evidence.kind.name(), "event": evidence.event, "type_id": evidence.type_id,
        "reasons": evidence.reasons, "identifier": evidence.identifier, "event_time": evidence.event_time, "issuer": evidence.issuer,
        "sender": evidence.sender, "recipients": evidence.recipients, "recipient": evidence.recipient,
        "provider_message_id": evidence.provider_message_id, "original_message_id": evidence.original_message_id,
        "label": evidence.label().get(lang), "indication": one.found.report.indication, "sub_indication": one.found.report.sub_indication,
        "in_message": one.in_message, "register_numbers": one.numbers, "linked_by": one.linked_by, "orphan": one.numbers.is_empty(),
    })
}
