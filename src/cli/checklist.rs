//! `checklist`: application files, and a dry run for those who write checklists.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::args::ChecklistCommand;
use super::documents::local_day_of;
use super::table::{clean, table};
use super::{Exit, Failure, Session, checklist_deeds};
use crate::checklist::entered::{Entered, Read};
use crate::checklist::folder::{self, Checklists};
use crate::checklist::outcome::{Outcome, Standing};
use crate::checklist::terms::kept_until;
use crate::decryption::Opening;
use crate::hash::Sha256;
use crate::isolate;
use crate::ledger::files::{ApplicationFile, is_finished};
use crate::opener::Closed;
use crate::pipeline::examine::{self, Arrival};
use crate::pipeline::files::report::{file_json, reply_of};
use crate::pipeline::{files, papers};
use crate::register::entry::RegisterNumber;
use crate::regular_file;
use crate::settings::Settings;
use crate::text::{Lang, Text};

pub async fn run(session: &Session, command: ChecklistCommand) -> Result<Exit, Failure> {
    match command {
        ChecklistCommand::Deed(deed) => checklist_deeds::run(session, deed).await,
        ChecklistCommand::List { json } => list(session, json),
        ChecklistCommand::Show { number, json } => show(session, number, json),
        ChecklistCommand::Check { file, checklist, json } => check(session, &file, checklist.as_deref(), json),
    }
}

/// Every file, the newest first: 0 all that are worked on are complete, 10 something is missing or not certain, 20 something is wrong.
fn list(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let (ledger, settings) = (session.reader()?, session.settings()?);
    let (mut rows, mut values, mut worst) = (Vec::new(), Vec::new(), Exit::Done);
    for number in ledger.file_numbers_back() {
        let Some(file) = ledger.application_file(number?, &|_| true)? else {
            continue;
        };
        let outcome = file.outcome(&settings.checklists);
        if !is_finished(&file.head) {
            worst = worst.max(exit_of(outcome.standing));
        }
        rows.push(row(&file, &outcome, &settings, session.lang));
        values.push(file_json(&file, &outcome, &settings, session.lang));
    }
    let headings = match session.lang {
        Lang::Tr => ["Kayıt no", "Geliş", "Kontrol listesi", "Durum", "Eksik", "Hatalı", "Süre"],
        Lang::En => ["Number", "Received", "Checklist", "Standing", "Missing", "Wrong", "Term"],
    };
    match as_json {
        true => println!("{:#}", json!(values)),
        false => print!("{}", table(headings, &rows)),
    }
    Ok(worst)
}

fn row(file: &ApplicationFile, outcome: &Outcome, settings: &Settings, lang: Lang) -> [String; 7] {
    let term = files::terms_of(file, settings).into_iter().next();
    [
        format!("{}{}", settings.config.register.prefix, file.head.register_number),
        local_day_of(file.head.message.received_at),
        file.checklist.clone(),
        outcome.standing.text().get(lang).to_owned(),
        outcome.missing().count().to_string(),
        outcome.wrong().count().to_string(),
        term.map(|term| format!("{} {}", term.day.strftime("%d.%m.%Y"), term.kind.text().get(lang)))
            .unwrap_or_default(),
    ]
}

fn exit_of(standing: Standing) -> Exit {
    match standing {
        Standing::Complete => Exit::Done,
        Standing::Awaiting | Standing::Incomplete => Exit::Indeterminate,
        Standing::Wrong => Exit::Broken,
    }
}

fn show(session: &Session, number: RegisterNumber, as_json: bool) -> Result<Exit, Failure> {
    let (ledger, settings) = (session.reader()?, session.settings()?);
    let head = ledger.file_state(number)?.and_then(|state| state.part_of).unwrap_or(number);
    let file = ledger.application_file(head, &|_| true)?.ok_or_else(|| no_file(number))?;
    let outcome = file.outcome(&settings.checklists);
    tell(session, &file, &outcome, &settings, as_json);
    Ok(exit_of(outcome.standing))
}

fn no_file(number: RegisterNumber) -> Failure {
    Failure::new(Text::new(
        format!("{number} bir başvuru dosyası değil; olanları 'checklist list' gösterir"),
        format!("{number} is no application file; 'checklist list' shows what there is"),
    ))
}

fn tell(session: &Session, file: &ApplicationFile, outcome: &Outcome, settings: &Settings, as_json: bool) {
    if as_json {
        return println!("{:#}", file_json(file, outcome, settings, session.lang));
    }
    let lang = session.lang;
    let line = |tr: &str, en: &str, value: &str| println!("{}: {}", if lang == Lang::Tr { tr } else { en }, clean(value));
    let number = format!("{}{}", settings.config.register.prefix, file.head.register_number);
    line("Dosya", "File", &number);
    let title = file
        .rules(&settings.checklists)
        .map(|checklist| checklist.title.get(lang).to_owned());
    line("Kontrol listesi", "Checklist", &title.unwrap_or_else(|| file.checklist.clone()));
    line("Durum", "Standing", outcome.standing.text().get(lang));
    for reason in &outcome.reasons {
        println!("  {} {}", reason.code, clean(reason.text.get(lang)));
    }
    println!();
    for paper in &outcome.papers {
        let standing = match paper.standing {
            Some(standing) => standing.text(),
            None => Text::new("isteğe bağlı, yok", "optional, absent"),
        };
        println!("- {}: {}", clean(paper.title.get(lang)), standing.get(lang));
        for found in &paper.found {
            println!("    {} {}", found.number, clean(&found.name));
        }
        for reason in &paper.reasons {
            println!("    {} {}", reason.code, clean(reason.text.get(lang)));
        }
    }
    for one in outcome.undecided() {
        let word = if lang == Lang::Tr {
            "hangi belge olduğu bilinmiyor"
        } else {
            "nobody knows which paper it is"
        };
        println!("? {} {}: {word}", one.number, clean(&one.name));
    }
    for term in files::terms_of(file, settings) {
        line(
            "Süre",
            "Term",
            &format!("{} {}", term.day.strftime("%d.%m.%Y"), term.kind.text().get(lang)),
        );
    }
    let rules = file.rules(&settings.checklists);
    if let Some(day) = rules.and_then(|rules| kept_until(rules, file.head.message.received_at)) {
        line("Saklama sonu", "Kept until", &day.strftime("%d.%m.%Y").to_string());
    }
    if let Some(letter) = reply_of(file, outcome, settings) {
        println!(
            "\n{}\n{}",
            if lang == Lang::Tr { "Yanıt yazısı:" } else { "Reply:" },
            letter.get(lang)
        );
    }
}

/// The dry run: a message that lies in a file, by the rules of a checklist. Nothing is recorded and nothing fetched.
fn check(session: &Session, path: &Path, chosen: Option<&Path>, as_json: bool) -> Result<Exit, Failure> {
    let mut settings = session.settings()?;
    if let Some(chosen) = chosen {
        let checklist = folder::read(chosen).map_err(|error| Failure::new(crate::settings::explain_checklist(&error)))?;
        settings.checklists = Arc::new(Checklists::of(vec![checklist]));
    }
    let raw: Bytes = regular_file::read(path, settings.limits.message_bytes)
        .map_err(|error| Failure::file(path, &error))?
        .into();
    let now = session.clock().now();
    let settings = Arc::new(settings);
    let (own, is_chosen) = (Arc::clone(&settings), chosen.is_some());
    let files = isolate::run(settings.limits.parse_deadline, move || {
        let arrival = Arrival {
            sha256: Sha256::of(&raw),
            mailbox: "check".to_owned(),
            server: None,
            fetched: now,
            size: raw.len() as u64,
            sent: false,
            kep_ids: BTreeSet::new(),
        };
        let opening = Opening::new(Vec::new(), Vec::new(), now, &own.limits);
        let drafts = examine::examine(&raw, &arrival, &own, now, &|_| None, &opening).drafts;
        let numbers = (1..).map(|number| RegisterNumber { year: 0, number });
        let mut files = Vec::new();
        for (draft, number) in drafts.into_iter().zip(numbers) {
            let entry = draft.into_entry(number, now, Vec::new());
            let rules = match is_chosen {
                true => own.checklists.iter().next(),
                false => own.checklists.for_entry(&entry).next(),
            };
            let Some(rules) = rules else { continue };
            let context = own.judging(now);
            let read = Read {
                checklist: rules.name.clone(),
                rules: rules.sha256,
                at: now,
                reading: papers::read(&raw, &entry, rules, &own, &context, &Closed),
                objects: context.trail.objects(),
            };
            files.push(ApplicationFile {
                head: entry.clone(),
                checklist: rules.name.clone(),
                entered: Entered::default(),
                members: vec![(entry, Some(read))],
            });
        }
        files
    })?;
    if files.is_empty() {
        return Err(Failure::new(Text::new(
            "hiçbir kontrol listesi bu iletiye uymuyor; --checklist ile birini seçin ya da [when] koşullarını gözden geçirin",
            "no checklist holds for this message; choose one with --checklist, or look over the conditions under [when]",
        )));
    }
    let mut worst = Exit::Done;
    for file in &files {
        let outcome = file.outcome(&settings.checklists);
        worst = worst.max(exit_of(outcome.standing));
        tell(session, file, &outcome, &settings, as_json);
    }
    Ok(worst)
}
