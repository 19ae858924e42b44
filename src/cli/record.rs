//! `journal`, `index`, `backup`, `restore`: the record itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::IndexCommand;
use super::documents::local_time;
use super::{Exit, Failure, Session};
use crate::daemon::trouble::tell_recovery;
use crate::hash::Sha256;
use crate::ledger::{Ledger, LedgerError};
use crate::pipeline::Pipeline;
use crate::store::backup::{self, CopyReport};
use crate::store::blobs::Blobs;
use crate::store::blobs_folder;
use crate::store::disk::RealDisk;
use crate::store::head::KnownHead;
use crate::store::last_backup::LastBackup;
use crate::store::loss::{self, Finder};
use crate::store::reread::BACKUPS_FOR_ALL;
use crate::store::verify::{self, Issue, IssueKind, VerifyReport};
use crate::text::{Lang, Text};

/// Walks the chain and every blob.
pub fn verify(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    session.must_have_store()?;
    let mut report = verify::verify(session.store_path(), RealDisk::shared(), &mut progress(session.lang));
    let was_asked = look_for_missing(session, &mut report)?;
    let noted = super::loss::note(session, &report.issues, Finder::Verify);
    let exit = match (report.is_broken(), report.is_intact()) {
        (true, _) => Exit::Broken,
        (false, true) => Exit::Done,
        // What this account may not read is not said to be broken, and not to be sound either.
        (false, false) => Exit::Failed,
    };
    if as_json {
        let issues: Vec<_> = report
            .issues
            .iter()
            .map(|issue| {
                json!({
                    "place": issue.place.to_string(),
                    "error": issue.is_error() && !issue.is_unread(),
                    "unread": issue.is_unread(),
                    "text": issue.text().get(session.lang),
                })
            })
            .collect();
        let head = json!({ "sequence": report.head.sequence, "hash": report.head.hash });
        println!(
            "{:#}",
            json!({
                "intact": report.is_intact(),
                "broken": report.is_broken(),
                "looked_for_missing": was_asked,
                "records": report.records,
                "blobs": report.blobs,
                "head": head,
                "issues": issues,
            })
        );
    } else {
        for issue in &report.issues {
            let mark = match issue.is_error() {
                true if issue.is_unread() => "?",
                true => "✘",
                false => "!",
            };
            println!("{mark} {}: {}", issue.place, issue.text().get(session.lang));
        }
        if !was_asked {
            let (tr, en) = (
                "! Defter okunamadığı için hangi dosyaların EKSİK olduğuna bakılamadı: yukarıdakiler düzelince komutu yineleyin",
                "! The register cannot be read, so MISSING files were not looked for: repeat the command when what stands above is mended",
            );
            println!("{}", Text::new(tr, en).get(session.lang));
        }
        println!("{}", outcome(&report).get(session.lang));
    }
    super::loss::tell_noted(session.lang, noted);
    Ok(exit)
}

/// Only the ledger knows which blobs there must be: every message that it says is durable, and what the verdicts rest on. It is asked whatever
/// else is broken: damage must not hide what is gone. `false`: it cannot be asked.
fn look_for_missing(session: &Session, report: &mut VerifyReport) -> Result<bool, Failure> {
    let (root, disk) = (session.store_path(), RealDisk::shared());
    let ledger = match session.reader() {
        Ok(ledger) => ledger,
        Err(failure) if report.is_intact() => return Err(failure),
        // What was found is told and noted all the same.
        Err(_) => return Ok(false),
    };
    report.expect(root, disk.clone(), ledger.named()?);
    // The journal as it is now: beside a daemon a disposal may have been carried out since.
    if report.lacks_blobs() {
        report.forget(root, disk, &gone_by_now(session)?);
    }
    Ok(true)
}

fn gone_by_now(session: &Session) -> Result<BTreeSet<Sha256>, Failure> {
    let now = Ledger::open_read_only(session.store_path(), RealDisk::shared(), Arc::clone(session.clock()))?;
    Ok(now.gone()?)
}

fn outcome(report: &VerifyReport) -> Text {
    let (records, blobs, head) = (report.records, report.blobs, report.head);
    match (report.is_broken(), report.is_intact()) {
        (true, _) => Text::new(
            "✘ BOZUK: klasörü olduğu gibi saklayın ve yedekten geri yükleyin (kep-gateway restore)",
            "✘ BROKEN: keep the folder as it is and restore from a backup (kep-gateway restore)",
        ),
        (false, true) => Text::new(
            format!(
                "✔ sağlam: {records} kayıt, {blobs} dosya; zincir başı {} {}",
                head.sequence, head.hash
            ),
            format!(
                "✔ intact: {records} records, {blobs} blobs; chain head {} {}",
                head.sequence, head.hash
            ),
        ),
        (false, false) => Text::new(
            "? DENETLENEMEDİ: bu hesabın yukarıdaki yerleri okuma izni yok; komutu hizmetin kullanıcısıyla yineleyin (sudo -u kep-gateway …)",
            "? NOT VERIFIED: this account may not read the places above; repeat the command as the service's user (sudo -u kep-gateway …)",
        ),
    }
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
    // Before the copy: what comes meanwhile need not be in it. A register that cannot be read keeps nothing from being saved.
    let named = session.reader().and_then(|ledger| Ok(ledger.named()?));
    let report = backup::backup(session.store_path(), dir, RealDisk::shared(), &mut progress(session.lang))?;
    let named = named?;
    let mut lost = Lost {
        copy: absent(session, dir, &named)?
            .into_iter()
            .chain(report.damaged.keys().copied())
            .collect(),
        store: absent(session, session.store_path(), &named)?,
        damaged: report.damaged.clone(),
        unlisted: report.unlisted.clone(),
    };
    let reported = lost.forget_reported(session.store_path());
    let is_whole = lost.copy.is_empty();
    let done = LastBackup {
        at: session.clock().now(),
        sequence: report.head.sequence,
    };
    if is_whole && let Err(error) = done.note(session.store_path(), &*RealDisk::shared()) {
        tracing::warn!(%error, "the backup is whole; its time could not be noted for the page");
    }
    match session.lang {
        Lang::Tr => println!(
            "{}: {}\nGeri yüklemek için: kep-gateway --store YENİ_KLASÖR restore {dir}\n\
             Her yedekte eskilerin bir bölümü yeniden okunur, {BACKUPS_FOR_ALL} yedekte hepsi; tümünü şimdi denetlemek için: kep-gateway --store {dir} journal verify",
            if is_whole { "yedeklendi" } else { "EKSİK yedeklendi" },
            copied(&report, session.lang),
            dir = dir.display()
        ),
        Lang::En => println!(
            "{}: {}\nTo restore: kep-gateway --store NEW_FOLDER restore {dir}\n\
             Each backup reads a share of the older ones again, {BACKUPS_FOR_ALL} of them all; to verify everything now: kep-gateway --store {dir} journal verify",
            if is_whole { "backed up" } else { "backed up INCOMPLETE" },
            copied(&report, session.lang),
            dir = dir.display()
        ),
    }
    let exit = tell_lost(session, &lost)?;
    if reported > 0 {
        let text = Text::new(
            format!(
                "! Bildirilmiş kayıp: {reported} dosya depoda da yedekte de yok; yetkiliye bildirilmişti ('kep-gateway loss list' gösterir)"
            ),
            format!(
                "! Reported loss: {reported} files are neither in the store nor in the backup; they were reported ('kep-gateway loss list')"
            ),
        );
        println!("{}", text.get(session.lang));
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
    Ok(exit)
}

/// What a copy should hold and does not, and what is lost where it was copied from.
struct Lost {
    copy: BTreeSet<Sha256>,
    store: BTreeSet<Sha256>,
    /// Of the copy's: it was there to be copied, and not the bytes that were kept, or the medium did not give them back.
    damaged: BTreeMap<Sha256, IssueKind>,
    /// Folders where it was copied from that the medium does not list.
    unlisted: Vec<Issue>,
}

impl Lost {
    /// Takes out what no copy has and what was told to the court or the authority: it stays lost, and finding that again is no news. What a
    /// backup still has stays, whatever was told: it can be put back. Says how many went.
    fn forget_reported(&mut self, root: &Path) -> usize {
        let notified = loss::notified(root, &*RealDisk::shared()).unwrap_or_else(|error| {
            tracing::warn!(%error, "the notes of losses cannot be read; what was reported is told again");
            BTreeSet::new()
        });
        let blobs = Blobs::open(&blobs_folder(root), RealDisk::shared());
        let is_reported = |hash: &Sha256| notified.contains(&blobs.path(hash));
        let reported: BTreeSet<Sha256> = self.copy.iter().filter(|hash| is_reported(hash)).copied().collect();
        self.copy.retain(|hash| !reported.contains(hash));
        self.store.retain(|hash| !reported.contains(hash));
        self.damaged.retain(|hash, _| !reported.contains(hash));
        reported.len()
    }
}

/// The blobs of `named` that are not at `root`, or not to be seen on a bad medium, without those that went by a disposal list meanwhile.
fn absent(session: &Session, root: &Path, named: &BTreeSet<Sha256>) -> Result<BTreeSet<Sha256>, Failure> {
    let blobs = Blobs::open(&blobs_folder(root), RealDisk::shared());
    let mut absent = BTreeSet::new();
    for hash in named {
        match blobs.exists(hash) {
            Ok(true) => {}
            Ok(false) => drop(absent.insert(*hash)),
            Err(error) if error.is_medium() => drop(absent.insert(*hash)),
            Err(error) => return Err(error.into()),
        }
    }
    if !absent.is_empty() {
        let gone = gone_by_now(session)?;
        absent.retain(|hash| !gone.contains(hash));
    }
    Ok(absent)
}

/// Names what is missing with its entries, opens the loss in the store that misses it, and says how to end.
fn tell_lost(session: &Session, lost: &Lost) -> Result<Exit, Failure> {
    let all: BTreeSet<Sha256> = lost.copy.union(&lost.store).copied().collect();
    if all.is_empty() && lost.unlisted.is_empty() {
        return Ok(Exit::Done);
    }
    for issue in &lost.unlisted {
        println!("✘ {}: {}", issue.place, issue.text().get(session.lang));
    }
    let needing = session.reader()?.needing(&all)?;
    for hash in &all {
        let numbers: Vec<String> = needing.get(hash).into_iter().flatten().map(ToString::to_string).collect();
        let entries = if numbers.is_empty() { "-".to_owned() } else { numbers.join(", ") };
        let what = match (lost.copy.contains(hash), lost.damaged.get(hash)) {
            (false, _) => Text::new(
                "depoda yok, yedekte var: oradan geri koyun",
                "missing in the store, there in the backup: put it back from there",
            ),
            (true, Some(IssueKind::Medium(_))) => Text::new("disk okuyamıyor, kopyalanamadı", "the disk cannot read it, not copied"),
            (true, Some(IssueKind::BlobCorrupt)) => Text::new("bozuk, kopyalanamadı", "damaged, not copied"),
            (true, _) => Text::new("yok, kopyalanamadı", "missing, not copied"),
        };
        println!("✘ {entries}: {hash} {}", what.get(session.lang));
    }
    let (tr, en) = (
        format!(
            "✘ EKSİK: {} dosya yok ya da bozuk. Olanların hepsi kopyalandı; eksikleri daha eski bir yedekten 'blobs' klasörüne koyun, sonra 'journal verify' ile denetleyin",
            all.len()
        ),
        format!(
            "✘ INCOMPLETE: {} files are missing or damaged. All that is there was copied; put the others into 'blobs' from an older backup, then check with 'journal verify'",
            all.len()
        ),
    );
    if !all.is_empty() {
        println!("{}", Text::new(tr, en).get(session.lang));
    }
    let (root, disk) = (session.store_path(), RealDisk::shared());
    let missing = lost.store.iter().map(|hash| Issue::missing(root, disk.clone(), hash));
    let damaged = lost.damaged.iter().filter(|(hash, _)| !lost.store.contains(hash));
    let damaged = damaged.map(|(hash, kind)| Issue::of_blob(root, disk.clone(), hash, kind.clone()));
    // A folder of a backup that cannot be listed is no loss of the store.
    let unlisted = lost.unlisted.iter().filter(|issue| issue.place.path.starts_with(root)).cloned();
    let issues: Vec<Issue> = missing.chain(damaged).chain(unlisted).collect();
    super::loss::tell_noted(session.lang, super::loss::note(session, &issues, Finder::Copy));
    Ok(Exit::Broken)
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
    let absent = absent(session, session.store_path(), &session.reader()?.named()?)?;
    // What is damaged in the backup is not in the restored store, which is the store and the copy.
    let store: BTreeSet<Sha256> = absent.into_iter().chain(report.damaged.keys().copied()).collect();
    let said = match (session.lang, store.is_empty() && report.unlisted.is_empty()) {
        (Lang::Tr, true) => "geri yüklendi",
        (Lang::En, true) => "restored",
        (Lang::Tr, false) => "EKSİK geri yüklendi",
        (Lang::En, false) => "restored INCOMPLETE",
    };
    println!("{said}: {}", copied(&report, session.lang));
    tell_of_the_end(session, &report)?;
    let lost = Lost {
        copy: store.clone(),
        store,
        damaged: report.damaged,
        unlisted: report.unlisted,
    };
    let exit = tell_lost(session, &lost)?;
    tell_of_the_key(session)?;
    Ok(exit)
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
        blobs_reread,
        blobs_mended,
        ..
    } = report;
    let mended = match (blobs_mended, lang) {
        (0, _) => String::new(),
        (mended, Lang::Tr) => format!("; kopyada bozulmuş {mended} dosya yenilendi"),
        (mended, Lang::En) => format!("; {mended} that had rotten in the copy were replaced"),
    };
    match lang {
        Lang::Tr => format!(
            "{} kayıt, {blobs_copied} yeni dosya ({blob_bytes_copied} bayt), {blobs_kept} dosya zaten vardı ({blobs_reread} dosya yeniden okundu){mended}",
            head.sequence
        ),
        Lang::En => format!(
            "{} records, {blobs_copied} new blobs ({blob_bytes_copied} bytes), {blobs_kept} were there already ({blobs_reread} read again){mended}",
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
