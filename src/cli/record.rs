//! `journal`, `index`, `backup`, `restore`: the record itself.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::{IndexCommand, JournalCommand};
use super::{Exit, Failure, Session};
use crate::ledger::Ledger;
use crate::store::{self, RealDisk};
use crate::text::Lang;

pub fn journal(session: &Session, command: JournalCommand) -> Result<Exit, Failure> {
    let JournalCommand::Verify { json: as_json } = command;
    let report = store::verify(session.store_path(), Arc::new(RealDisk), &mut super::setup::progress(session.lang))?;
    if as_json {
        let problems: Vec<_> = report
            .problems
            .iter()
            .map(|problem| json!({ "place": problem.place.to_string(), "text": problem.text.get(session.lang) }))
            .collect();
        println!(
            "{:#}",
            json!({ "records": report.records, "blobs": report.blobs, "head": { "sequence": report.head.sequence, "hash": report.head.hash }, "problems": problems })
        );
    } else {
        for problem in &report.problems {
            println!("✘ {}: {}", problem.place, problem.text.get(session.lang));
        }
        match session.lang {
            Lang::Tr => println!("{} kayıt, {} dosya denetlendi; {} sorun; zincir başı {} {}", report.records, report.blobs, report.problems.len(), report.head.sequence, report.head.hash),
            Lang::En => println!("{} records, {} blobs checked; {} problems; chain head {} {}", report.records, report.blobs, report.problems.len(), report.head.sequence, report.head.hash),
        }
    }
    Ok(if report.problems.is_empty() { Exit::Done } else { Exit::Broken })
}

pub fn index(session: &Session, command: IndexCommand) -> Result<Exit, Failure> {
    let IndexCommand::Rebuild = command;
    let ledger = Ledger::rebuild(session.store_path(), Arc::new(RealDisk), Arc::clone(session.clock()))?;
    let entries = ledger.entries().count();
    match session.lang {
        Lang::Tr => println!("dizin günlükten yeniden kuruldu: {entries} kayıt"),
        Lang::En => println!("the index was rebuilt from the journal: {entries} entries"),
    }
    Ok(Exit::Done)
}

pub fn backup(session: &Session, dir: &Path) -> Result<Exit, Failure> {
    let report = store::backup(session.store_path(), dir, Arc::new(RealDisk))?;
    match session.lang {
        Lang::Tr => println!("yedeklendi: {report}\nGeri yüklemek için: kep-gateway --store YENİ_KLASÖR restore {}", dir.display()),
        Lang::En => println!("backed up: {report}\nTo restore: kep-gateway --store NEW_FOLDER restore {}", dir.display()),
    }
    Ok(Exit::Done)
}

pub fn restore(session: &Session, dir: &Path) -> Result<Exit, Failure> {
    let report = store::restore(dir, session.store_path(), Arc::new(RealDisk))?;
    match session.lang {
        Lang::Tr => println!("geri yüklendi: {report}"),
        Lang::En => println!("restored: {report}"),
    }
    Ok(Exit::Done)
}
