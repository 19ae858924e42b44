//! `journal`, `index`, `backup`, `restore`: the record itself.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::{IndexCommand, JournalCommand};
use super::{Exit, Failure, Session, writing};
use crate::daemon::trouble::tell_recovery;
use crate::ledger::Ledger;
use crate::pipeline::Pipeline;
use crate::store::backup::{self, CopyReport};
use crate::store::disk::RealDisk;
use crate::store::verify;
use crate::text::Lang;

pub fn journal(session: &Session, command: JournalCommand) -> Result<Exit, Failure> {
    let JournalCommand::Verify { json: as_json } = command;
    session.must_have_store()?;
    let mut report = verify::verify(session.store_path(), RealDisk::shared(), &mut progress(session.lang));
    if report.is_intact() {
        // Only the ledger knows which blobs there must be: every message that it says is durable, and what the verdicts rest on.
        let ledger = session.reader()?;
        let named = ledger.messages()?.into_iter().chain(ledger.objects()?);
        report.expect(session.store_path(), RealDisk::shared(), named);
    }
    if as_json {
        let issues: Vec<_> = report
            .issues
            .iter()
            .map(|issue| json!({ "place": issue.place.to_string(), "error": issue.is_error(), "text": issue.text().get(session.lang) }))
            .collect();
        let head = json!({ "sequence": report.head.sequence, "hash": report.head.hash });
        println!(
            "{:#}",
            json!({ "intact": report.is_intact(), "records": report.records, "blobs": report.blobs, "head": head, "issues": issues })
        );
    } else {
        for issue in &report.issues {
            println!(
                "{} {}: {}",
                if issue.is_error() { "✘" } else { "!" },
                issue.place,
                issue.text().get(session.lang)
            );
        }
        let (records, blobs, head) = (report.records, report.blobs, report.head);
        match (session.lang, report.is_intact()) {
            (Lang::Tr, true) => println!(
                "✔ sağlam: {records} kayıt, {blobs} dosya; zincir başı {} {}",
                head.sequence, head.hash
            ),
            (Lang::En, true) => println!(
                "✔ intact: {records} records, {blobs} blobs; chain head {} {}",
                head.sequence, head.hash
            ),
            (Lang::Tr, false) => println!("✘ BOZUK: klasörü olduğu gibi saklayın ve yedekten geri yükleyin (kep-gateway restore)"),
            (Lang::En, false) => println!("✘ BROKEN: keep the folder as it is and restore from a backup (kep-gateway restore)"),
        }
    }
    Ok(if report.is_intact() { Exit::Done } else { Exit::Broken })
}

pub async fn index(session: &Session, command: IndexCommand) -> Result<Exit, Failure> {
    let IndexCommand::Rebuild = command;
    session.must_have_store()?;
    let ledger = Arc::new(Ledger::rebuild(
        session.store_path(),
        RealDisk::shared(),
        Arc::clone(session.clock()),
    )?);
    let entries = ledger.entries().count();
    match session.lang {
        Lang::Tr => println!("dizin günlükten yeniden kuruldu: {entries} kayıt"),
        Lang::En => println!("the index was rebuilt from the journal: {entries} entries"),
    }
    if let Some(cut) = ledger.recovery().and_then(|recovery| recovery.cut.as_ref()) {
        let (bytes, segment) = (cut.bytes, cut.path.display());
        match session.lang {
            Lang::Tr => println!("! günlüğün yarım kalmış son {bytes} baytı kesildi ({segment}); onaylanmış hiçbir kayıt içinde değildi"),
            Lang::En => println!("! the torn last {bytes} bytes of the journal were cut ({segment}); no acknowledged record was in them"),
        }
    }
    // The same alarm as at the daemon's start; after the rebuild, which must not hang on the rest of the configuration.
    tell_recovery(&Pipeline::new(Arc::clone(&ledger), session.settings()?)).await?;
    Ok(Exit::Done)
}

pub fn backup(session: &Session, dir: &Path) -> Result<Exit, Failure> {
    session.must_have_store()?;
    let report = backup::backup(session.store_path(), dir, RealDisk::shared(), &mut progress(session.lang))?;
    // The copy is whole whatever becomes of the note: that the page and the metrics do not know of it is worth a line, not a failure.
    if let Err(failure) = writing::backed_up(session, report.head.sequence) {
        match session.lang {
            Lang::Tr => eprintln!("! yedek tamam, ama kayda geçirilemedi:"),
            Lang::En => eprintln!("! the backup is complete, but could not be recorded:"),
        }
        failure.tell(Some(session.lang));
    }
    match session.lang {
        Lang::Tr => println!(
            "yedeklendi: {}\nGeri yüklemek için: kep-gateway --store YENİ_KLASÖR restore {}",
            copied(&report, session.lang),
            dir.display()
        ),
        Lang::En => println!(
            "backed up: {}\nTo restore: kep-gateway --store NEW_FOLDER restore {}",
            copied(&report, session.lang),
            dir.display()
        ),
    }
    Ok(Exit::Done)
}

pub fn restore(session: &Session, dir: &Path) -> Result<Exit, Failure> {
    let report = backup::restore(dir, session.store_path(), RealDisk::shared(), &mut progress(session.lang))?;
    match session.lang {
        Lang::Tr => println!("geri yüklendi: {}", copied(&report, session.lang)),
        Lang::En => println!("restored: {}", copied(&report, session.lang)),
    }
    Ok(Exit::Done)
}

fn copied(report: &CopyReport, lang: Lang) -> String {
    let CopyReport {
        head,
        blobs_copied,
        blob_bytes_copied,
        blobs_kept,
        ..
    } = report;
    match lang {
        Lang::Tr => format!(
            "{} kayıt, {blobs_copied} yeni dosya ({blob_bytes_copied} bayt), {blobs_kept} dosya zaten vardı",
            head.sequence
        ),
        Lang::En => format!(
            "{} records, {blobs_copied} new blobs ({blob_bytes_copied} bytes), {blobs_kept} were there already",
            head.sequence
        ),
    }
}

/// A line that counts on a terminal, nothing elsewhere.
fn progress(lang: Lang) -> impl FnMut(verify::Progress) {
    let bar = indicatif::ProgressBar::new_spinner();
    move |step| {
        let (records, blobs) = match lang {
            Lang::Tr => ("kayıt", "dosya"),
            Lang::En => ("records", "blobs"),
        };
        bar.set_message(match step {
            verify::Progress::Records(count) => format!("{count} {records}"),
            verify::Progress::Blobs(count, bytes) => format!("{count} {blobs}, {} MiB", bytes >> 20),
        });
        bar.tick();
    }
}
