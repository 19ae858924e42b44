//! `loss`: what of the record was found lost, and what was done about it. Works on the notes beside the journal, so it works when the journal
//! does not.

use serde_json::json;

use super::args::LossCommand;
use super::documents::local_time;
use super::{Exit, Failure, Session, table};
use crate::clock::local_day;
use crate::ledger::retention::{KeepingRefusal, may_hold};
use crate::ledger::{Ledger, LedgerError};
use crate::store::disk::RealDisk;
use crate::store::error::StoreError;
use crate::store::loss::{self, Closed, Done, Finder, Loss, NOTE_CHARS};
use crate::store::verify::Issue;
use crate::text::{Lang, Text};

pub fn run(session: &Session, command: LossCommand) -> Result<Exit, Failure> {
    session.must_have_store()?;
    match command {
        LossCommand::List { json } => list(session, json),
        LossCommand::Show { id, json } => show(session, &id, json),
        LossCommand::Close { id, done, note, by } => close(session, &id, done, &note, by),
    }
}

/// Opens a note for what was found and no note tells yet. Where the account may not write there, the finding itself is still told.
pub fn note(session: &Session, found: &[Issue], by: Finder) -> Result<Option<Loss>, StoreError> {
    let days = session.config().retention.loss_days;
    loss::note(session.store_path(), &*RealDisk::shared(), found, (by, session.clock().now(), days))
}

/// Says that a term runs, or that it could not be noted, on stderr.
pub fn tell_noted(lang: Lang, noted: Result<Option<Loss>, StoreError>) {
    let said = match noted {
        Ok(None) => return,
        Ok(Some(loss)) => Text::new(
            format!(
                "ZIYA {} açıldı: bildirim süresinin son günü {}. Ne yapıldığını 'kep-gateway loss close {}' ile yazın",
                loss.id, loss.until, loss.id
            ),
            format!(
                "LOSS {} is open: the term to report it ends on {}. Say what was done with 'kep-gateway loss close {}'",
                loss.id, loss.until, loss.id
            ),
        ),
        Err(error) => {
            let cure = error.cure();
            Text::new(
                format!("zıya kaydı açılamadı: {}", cure.tr),
                format!("the loss could not be noted: {}", cure.en),
            )
        }
    };
    eprintln!("! {}", said.get(lang));
}

/// A store that does not open because something of it is lost.
pub fn note_of_start(session: &Session, error: &LedgerError) {
    let LedgerError::Store(error) = error else { return };
    if let Some(issue) = loss::of_error(error) {
        tell_noted(session.lang, note(session, &[issue], Finder::Start));
    }
}

/// What a command found lost while it read: where no daemon does, the command opens the loss.
pub fn note_of_reading(session: &Session, ledger: &Ledger) {
    let noticed = ledger.blobs().take_noticed();
    let read = noticed.iter().filter_map(|hash| ledger.blobs().verify(hash).err());
    let issues: Vec<Issue> = read.filter_map(|error| loss::of_error(&error)).collect();
    tell_noted(session.lang, note(session, &issues, Finder::Reading));
}

fn list(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let mut losses = all(session)?;
    losses.sort_by_key(|loss| !loss.is_open());
    let exit = if losses.iter().any(Loss::is_open) {
        Exit::Indeterminate
    } else {
        Exit::Done
    };
    if as_json {
        println!("{:#}", json!(losses));
        return Ok(exit);
    }
    let heads = match session.lang {
        Lang::Tr => ["Kayıp", "Bulundu", "Son gün", "Kalan gün", "Ne, nerede", "Durum"],
        Lang::En => ["Loss", "Found", "Until", "Days left", "What, where", "State"],
    };
    let today = local_day(session.clock().now());
    let rows: Vec<[String; 6]> = losses.iter().map(|loss| row(loss, today, session.lang)).collect();
    print!("{}", table::table(heads, &rows));
    Ok(exit)
}

fn row(loss: &Loss, today: jiff::civil::Date, lang: Lang) -> [String; 6] {
    [
        loss.id.clone(),
        local_time(loss.found_at),
        loss.until.to_string(),
        loss.days_left(today).to_string(),
        loss.summary().get(lang).to_owned(),
        state(loss, lang),
    ]
}

fn state(loss: &Loss, lang: Lang) -> String {
    let Some(closed) = &loss.closed else {
        return if lang == Lang::Tr { "AÇIK" } else { "OPEN" }.to_owned();
    };
    let done = match (closed.done, lang) {
        (Done::Restored, Lang::Tr) => "geri konuldu",
        (Done::Restored, Lang::En) => "restored",
        (Done::Notified, Lang::Tr) => "bildirildi",
        (Done::Notified, Lang::En) => "notified",
    };
    format!("{done} · {} · {}", local_time(closed.at), closed.by)
}

fn show(session: &Session, id: &str, as_json: bool) -> Result<Exit, Failure> {
    let found = all(session)?.into_iter().find(|loss| loss.id == id);
    let loss = found.ok_or_else(|| no_loss(id))?;
    if as_json {
        println!("{:#}", json!(loss));
        return Ok(Exit::Done);
    }
    let [id, found, until, left, _, state] = row(&loss, local_day(session.clock().now()), session.lang);
    match session.lang {
        Lang::Tr => println!("{id}  bulundu {found} · son gün {until} ({left} gün) · {state}"),
        Lang::En => println!("{id}  found {found} · until {until} ({left} days) · {state}"),
    }
    for lost in &loss.places {
        let text = if session.lang == Lang::Tr { &lost.turkish } else { &lost.english };
        println!("  {}: {}", lost.place, table::clean(text));
    }
    if loss.more > 0 {
        println!("  +{}", loss.more);
    }
    if let Some(closed) = &loss.closed {
        println!("  {}", table::clean(&closed.note));
    }
    Ok(Exit::Done)
}

fn close(session: &Session, id: &str, done: Done, note: &str, by: String) -> Result<Exit, Failure> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > NOTE_CHARS {
        return Err(Failure::usage(KeepingRefusal::ReasonRequired.text()));
    }
    // A journal that cannot be read names nobody: then the note says who, and the account on this machine.
    let by = match session.reader() {
        Ok(ledger) => {
            let account = ledger.account(&by)?.filter(|account| !account.disabled);
            if !account.is_some_and(|account| may_hold(&account.person)) {
                return Err(Failure::new(KeepingRefusal::Forbidden.text()));
            }
            by
        }
        Err(_) => format!("{by} (uid {})", rustix::process::getuid().as_raw()),
    };
    let closed = Closed {
        at: session.clock().now(),
        by,
        done,
        note: note.to_owned(),
    };
    let loss = loss::close(session.store_path(), &*RealDisk::shared(), id, closed).map_err(LedgerError::from)?;
    let loss = loss.ok_or_else(|| no_loss(id))?;
    println!("✔ {}: {}", loss.id, state(&loss, session.lang));
    Ok(Exit::Done)
}

fn all(session: &Session) -> Result<Vec<Loss>, Failure> {
    Ok(loss::all(session.store_path(), &*RealDisk::shared()).map_err(LedgerError::from)?)
}

fn no_loss(id: &str) -> Failure {
    Failure::new(Text::new(
        format!("'{id}' adlı açık ya da bilinen bir kayıp yok; 'loss list' olanları gösterir"),
        format!("there is no loss '{id}', or it is closed; 'loss list' shows what there is"),
    ))
}
