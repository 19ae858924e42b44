//! `journal`, `index`, `backup`, `restore`: the record itself.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::IndexCommand;
use super::documents::local_time;
use super::{Exit, Failure, Session};
use crate::daemon::trouble::tell_recovery;
use crate::ledger::{Ledger, LedgerError};
use crate::pipeline::Pipeline;
use crate::store::backup::{self, CopyReport};
use crate::store::disk::RealDisk;
use crate::store::head::KnownHead;
use crate::store::last_backup::LastBackup;
use crate::store::loss::Finder;
use crate::store::verify;
use crate::text::{Lang, Text};

/// Walks the chain and every blob.
pub fn verify(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    session.must_have_store()?;
    let mut report = verify::verify(session.store_path(), RealDisk::shared(), &mut progress(session.lang));
    if report.has_chain() {
        let (root, disk) = (session.store_path(), RealDisk::shared());
        // Only the ledger knows which blobs there must be: every message that it says is durable, and what the verdicts rest on.
        match session.reader() {
            Ok(ledger) => report.expect(root, disk.clone(), ledger.messages()?.into_iter().chain(ledger.objects()?)),
            Err(failure) if report.is_intact() => return Err(failure),
            // What was found is told and noted all the same.
            Err(_) => {}
        }
        // The journal as it is now: beside a daemon a disposal may have been carried out since.
        if report.lacks_blobs()
            && let Ok(now) = Ledger::open_read_only(root, disk.clone(), Arc::clone(session.clock()))
        {
            report.forget(root, disk, &now.gone()?);
        }
    }
    let noted = super::loss::note(session, &report.issues, Finder::Verify);
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
    super::loss::tell_noted(session.lang, noted);
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
    tell_repairs(&ledger, session.lang);
    // The same alarm as at the daemon's start; after the rebuild, which must not hang on the rest of the configuration.
    tell_recovery(&Pipeline::new(Arc::clone(&ledger), session.settings()?)).await?;
    Ok(Exit::Done)
}

/// What opening the store for writing had to put right, on stderr: whoever opened it must hear of it, whatever else the command says.
pub fn tell_repairs(ledger: &Ledger, lang: Lang) {
    let Some(recovery) = ledger.recovery().filter(|recovery| !recovery.created) else {
        return;
    };
    let lost = match recovery.head {
        KnownHead::Known(_) => None,
        KnownHead::Missing => Some(("yoktu", "was missing")),
        KnownHead::Damaged => Some(("bozuktu", "was damaged")),
    };
    let lost = lost.map(|(tr, en)| {
        Text::new(
            format!(
                "günlüğün sonunu gösteren 'journal/head' dosyası {tr} ve günlükten yeniden yazıldı; son kayıtların silinmiş olup olmadığını yalnız o gösterirdi: zincir başını son günlük rapor ya da yedekle karşılaştırın"
            ),
            format!(
                "the file 'journal/head', which names the journal's end, {en} and was written anew from the journal; only it would have shown that last records were removed: compare the chain head with the last daily report or a backup"
            ),
        )
    });
    let cut = recovery.cut.as_ref().map(|cut| {
        let (bytes, segment) = (cut.bytes, cut.path.display());
        Text::new(
            format!("günlüğün yarım kalmış son {bytes} baytı kesildi ({segment}); onaylanmış hiçbir kayıt içinde değildi"),
            format!("the torn last {bytes} bytes of the journal were cut ({segment}); no acknowledged record was in them"),
        )
    });
    for said in lost.into_iter().chain(cut) {
        eprintln!("! {}", said.get(lang));
    }
}

pub fn backup(session: &Session, dir: &Path) -> Result<Exit, Failure> {
    session.must_have_store()?;
    let report = backup::backup(session.store_path(), dir, RealDisk::shared(), &mut progress(session.lang))?;
    let done = LastBackup {
        at: session.clock().now(),
        sequence: report.head.sequence,
    };
    if let Err(error) = done.note(session.store_path(), &*RealDisk::shared()) {
        tracing::warn!(%error, "the backup is whole; its time could not be noted for the page");
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
    let key = session.config().people_key();
    if key.exists() {
        let key = key.display();
        match session.lang {
            Lang::Tr => {
                println!("! Tek kullanımlık kodların anahtarı yedekte değildir: {key} dosyasını yedekten ayrı, güvenli bir yerde saklayın")
            }
            Lang::En => println!("! The key of the one-time codes is not in the backup: keep {key} in a safe place apart from it"),
        }
    }
    Ok(Exit::Done)
}

/// Passwords come back with the journal. The secrets of one-time codes lie in it sealed, and their key lies outside on purpose: whoever
/// gets a copy of the record gets no second factor with it. So who restores has to bring the key.
fn tell_of_the_key(session: &Session) -> Result<(), Failure> {
    let key = session.config().people_key();
    let accounts = session.reader()?.accounts()?;
    let sealed = accounts.iter().filter(|account| account.totp.is_some()).count();
    if sealed == 0 || key.exists() {
        return Ok(());
    }
    let key = key.display();
    match session.lang {
        Lang::Tr => println!(
            "! {sealed} hesap tek kullanımlık kod kullanıyor ve kodların anahtarı yedekte değildir. Hizmeti başlatmadan önce eski makinedeki \
             people.key dosyasını buraya koyun: {key} (sahibi hizmetin kullanıcısı, kipi 0600). Anahtar yoksa bu hesapların kodlarını tek tek \
             sıfırlayın: kep-gateway people totp-reset KULLANICI. Parolalar olduğu gibi geçerlidir"
        ),
        Lang::En => println!(
            "! {sealed} accounts use one-time codes, whose key is not in the backup. Before you start the service, put the people.key of the \
             old machine here: {key} (owned by the service's user, mode 0600). Without it, reset the codes of each of these accounts: \
             kep-gateway people totp-reset LOGIN. Passwords hold as they are"
        ),
    }
    Ok(())
}

pub fn restore(session: &Session, dir: &Path) -> Result<Exit, Failure> {
    let report = backup::restore(dir, session.store_path(), RealDisk::shared(), &mut progress(session.lang))?;
    match session.lang {
        Lang::Tr => println!("geri yüklendi: {}", copied(&report, session.lang)),
        Lang::En => println!("restored: {}", copied(&report, session.lang)),
    }
    tell_of_the_end(session, &report)?;
    tell_of_the_key(session)?;
    Ok(Exit::Done)
}

/// What came after the backup is not in it, and what was disposed of since is here again, with nobody left who knows that it should not be.
fn tell_of_the_end(session: &Session, report: &CopyReport) -> Result<(), Failure> {
    let last = session.reader()?.journal()?.read_from(report.head.sequence).next().transpose();
    let Some(last) = last.map_err(LedgerError::from)? else {
        return Ok(());
    };
    let at = local_time(last.time);
    match session.lang {
        Lang::Tr => println!(
            "! Bu yedek {at} anında biter. Sonrasında uygulanan bir imha listesi varsa içeriği yeniden buradadır ve kayıt onu imha edilmemiş \
             sayar: listelerin çıktılarıyla karşılaştırın, gerekiyorsa yeniden önerin. Sonrasında konan bekletmeler ve verilen sınıflar da yoktur"
        ),
        Lang::En => println!(
            "! This backup ends at {at}. What a disposal list took away since is here again, and the record knows nothing of that list: \
             compare with the lists as they were printed, and propose again what must go. Holds and classes of after that moment are missing too"
        ),
    }
    Ok(())
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
