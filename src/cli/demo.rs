//! `demo`: the whole gateway over bundled sample mail, on an embedded default, with nothing to set up.
//!
//! Nothing is shortened for the show: the same mailbox, store, verification and register as in a real run, in a folder of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::documents::register_table;
use super::failure::reason;
use super::{Exit, Failure};
use crate::clock::{SharedClock, SystemClock};
use crate::config::{self, Loaded};
use crate::daemon;
use crate::ledger::Ledger;
use crate::mailbox;
use crate::people::{Account, Edit, Person, Role, Scope, Source, password};
use crate::pipeline::{Pipeline, PipelineError};
use crate::register::entry::{Asker, Entry};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::disk::RealDisk;
use crate::store::verify;
use crate::text::{Lang, Text};
use crate::web::server::{self, NotListening};

static FIXTURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures");

/// First line of the configuration that the demo writes: a folder with another one is somebody's own.
const MARK: &str = "# kep-gateway demo\n";

/// The embedded default: a drop folder as the only mailbox, trust from the bundled test authorities.
const CONFIG: &str = r#"
[store]
path = "store"
[trust]
anchors = "fixtures/trust"
intermediates = "fixtures/intermediates"
revocation = "fixtures/revocation"
online = false
[register]
receiver_kkk = "24301050"
[[mailbox]]
name = "ornek"
kind = "folder"
address = "ornektarim@hs01.kep.tr"
path = "fixtures/messages"
settle = "0s"
interval = "5s"
"#;

/// Who signs in on the demo's page.
const LOGIN: &str = "demo";

/// Runs the demo in `folder`, or in a new temporary one, says what to do next, and serves the page until it is interrupted, unless `once`.
///
/// # Errors
/// A sentence: the disk refused, or something that must work did not.
pub async fn run(lang: Lang, folder: Option<PathBuf>, once: bool) -> Result<Exit, Failure> {
    let say = |tr: &str, en: &str| println!("{}", if lang == Lang::Tr { tr } else { en });
    let folder = folder.unwrap_or_else(|| std::env::temp_dir().join(format!("kep-gateway-demo-{}", std::process::id())));
    let loaded = unfold(&folder, lang)?;
    let clock: SharedClock = Arc::new(SystemClock);
    let open = || -> Result<Arc<Pipeline>, Failure> {
        let settings = Settings::build(loaded.clone(), &clock)?;
        let ledger = Ledger::open(&folder.join("store"), RealDisk::shared(), Arc::clone(&clock))?;
        Ok(Arc::new(Pipeline::new(Arc::new(ledger), settings)))
    };
    let pipeline = open()?;

    say(
        "1. Kutu okunuyor: her bayt saklanmadan hiçbir şey olmuş sayılmaz.",
        "1. Reading the mailbox: nothing counts before every byte is kept.",
    );
    for config in &pipeline.settings().config.mailbox {
        let opened = mailbox::open(config, &pipeline.settings().secrets, &pipeline.settings().limits);
        let mut mailbox = opened.map_err(PipelineError::from)?;
        let mut known = pipeline.ledger.known(config.name())?;
        let brought = pipeline.check(&mut *mailbox, &mut known).await?;
        say(
            &format!("   {}: {} ileti, {} yeni", config.name(), brought.listed, brought.new),
            &format!("   {}: {} messages, {} new", config.name(), brought.listed, brought.new),
        );
    }

    say("2. Açılıyor, doğrulanıyor, kaydediliyor.", "2. Opening, verifying, registering.");
    pipeline.work_off().await?;
    let entries: Vec<Entry> = pipeline.ledger.entries().collect::<Result<_, _>>()?;
    println!("\n{}", register_table(&entries, &pipeline.ledger, "", lang)?);
    say(
        "   ✔ geçerli: istenen her denetim yapıldı ve geçti\n   ? belirsiz: bir şey bilinmiyor, nedeni kayıtta\n   ✘ GEÇERSİZ: imza ya da içerik tutmuyor",
        "   ✔ valid: every check that the profile asks for was made and passed\n   ? undetermined: something is unknown, the reason is in the entry\n   ✘ INVALID: signature or content does not hold",
    );

    drop(pipeline);
    let report = verify::verify(&folder.join("store"), RealDisk::shared(), &mut |_| {});
    let (records, blobs, sign, head) = (
        report.records,
        report.blobs,
        if report.is_intact() { "✔" } else { "✘" },
        report.head.hash,
    );
    say(
        &format!("\n3. Zincir denetlendi: {sign} {records} kayıt, {blobs} dosya; zincir başı {head}"),
        &format!("\n3. Chain checked: {sign} {records} records, {blobs} blobs; chain head {head}"),
    );
    next_steps(lang, &folder, &entries);
    match report.is_intact() {
        true if once => Ok(Exit::Done),
        true => serve(open()?, lang).await,
        false => Ok(Exit::Broken),
    }
}

/// The daemon with its page, over the sample: what is dropped into its folder arrives while one looks on.
async fn serve(pipeline: Arc<Pipeline>, lang: Lang) -> Result<Exit, Failure> {
    let web = pipeline.settings().config.web.clone();
    if let Err(why) = server::listen(&web).await {
        let (tr, en) = match why {
            NotListening::Refused(text) => (text.tr, text.en),
            NotListening::Io(error) => (reason(&error).tr, reason(&error).en),
        };
        let said = Text::new(
            format!(
                "\nSayfa açılamadı ({}: {tr}). O adresi kullanan programı durdurup yeniden deneyin.",
                web.listen
            ),
            format!(
                "\nThe page cannot be served ({}: {en}). Stop the program that uses this address and try again.",
                web.listen
            ),
        );
        println!("{}", said.get(lang));
        return Ok(Exit::Failed);
    }
    let secret = give_access(&pipeline).await?;
    let said = Text::new(
        format!(
            "\nSayfa: http://{}\n  kullanıcı {LOGIN}, parola {}\n  Bitirmek için Ctrl+C.",
            web.listen,
            secret.reveal()
        ),
        format!(
            "\nThe page: http://{}\n  user {LOGIN}, password {}\n  Ctrl+C ends it.",
            web.listen,
            secret.reveal()
        ),
    );
    println!("{}", said.get(lang));
    let reload: daemon::Reload = Box::new(|| Err(Text::new("gösterinin tek yapılandırması vardır", "the demo has one configuration")));
    daemon::run(pipeline, reload).await.map_err(Failure::new)?;
    Ok(Exit::Done)
}

/// An administrator with a new password at each start: the sample's page is for who started it.
async fn give_access(pipeline: &Pipeline) -> Result<Secret, Failure> {
    let secret = Secret::new(password::random_password());
    let hash = password::hash(&secret).map_err(|error| Failure::new(error.to_string()))?;
    let edit = match pipeline.ledger.account(LOGIN)? {
        Some(_) => Edit::Password(hash),
        None => {
            let person = Person {
                login: LOGIN.to_owned(),
                name: "Örnek Kullanıcı".to_owned(),
                role: Role::Administrator,
                mailboxes: Scope::All,
                units: Scope::All,
                clearance: 4,
            };
            Edit::Add(Box::new(Account {
                password: Some(hash),
                ..Account::new(person, Source::Local)
            }))
        }
    };
    let edited = pipeline.ledger.edit_account(LOGIN, edit, Asker::default()).await?;
    edited.map_err(|refusal| Failure::new(refusal.text()))?;
    Ok(secret)
}

fn next_steps(lang: Lang, folder: &Path, entries: &[Entry]) {
    let config = folder.join("kep-gateway.toml");
    // The entry with the most to say.
    let worst = entries
        .iter()
        .max_by_key(|entry| (entry.verdict.as_ref().map(|verdict| verdict.indication), entry.findings.len()));
    let show = format!(
        "documents show {}",
        worst.map(|entry| entry.register_number.to_string()).unwrap_or_default()
    );
    let (heading, lines) = match lang {
        Lang::Tr => (
            "\nBu örnekle devam edin:",
            [
                (show.as_str(), "bir kaydın imzaları, bulguları, süreleri, delilleri"),
                ("evidence list", "deliller; sahipsizler işaretli"),
                ("documents export --json", "defter, başka programlar için"),
                ("journal verify", "zincir ve her dosya"),
            ],
        ),
        Lang::En => (
            "\nGo on with this sample:",
            [
                (show.as_str(), "signatures, findings, deadlines and evidence of one entry"),
                ("evidence list", "evidence; orphans are marked"),
                ("documents export --json", "the register, for other programs"),
                ("journal verify", "the chain and every blob"),
            ],
        ),
    };
    let program = std::env::args().next().unwrap_or_else(|| "kep-gateway".to_owned());
    println!("{heading}");
    for (command, meaning) in lines {
        println!("  {program} --config {} {command}\n      {meaning}", config.display());
    }
    match lang {
        Lang::Tr => println!(
            "\nKendi kutunuz için: config/kep-gateway.toml örneğini /etc/kep-gateway altına koyun, 'kep-gateway config check', sonra 'kep-gateway run'."
        ),
        Lang::En => println!(
            "\nFor your own mailbox: put config/kep-gateway.toml under /etc/kep-gateway, run 'kep-gateway config check', then 'kep-gateway run'."
        ),
    }
}

/// Writes the bundled files and the configuration, and reads the latter as any other.
fn unfold(folder: &Path, lang: Lang) -> Result<Loaded, Failure> {
    let path = folder.join("kep-gateway.toml");
    if !is_ours(folder, &path) {
        return Err(Failure::new(Text::new(
            format!(
                "{} boş değil; örnek kendi klasörünü ister: --store ile boş ya da yeni bir klasör verin",
                folder.display()
            ),
            format!(
                "{} is not empty; the demo wants a folder of its own: name an empty or new one with --store",
                folder.display()
            ),
        )));
    }
    let language = if lang == Lang::Tr { "tr" } else { "en" };
    let fixtures = folder.join("fixtures");
    // Mail that lies there already stays: written anew it would have arrived anew.
    let unfolded = if fixtures.exists() {
        Ok(())
    } else {
        std::fs::create_dir_all(&fixtures).and_then(|()| FIXTURES.extract(&fixtures))
    };
    let written = unfolded.and_then(|()| std::fs::write(&path, format!("{MARK}language = \"{language}\"\n{CONFIG}")));
    written.map_err(|error| {
        let (folder, reason) = (folder.display(), reason(&error));
        Failure::new(Text::new(
            format!(
                "örnek {folder} içine yazılamadı: {}; --store ile yazılabilir bir klasör verin",
                reason.tr
            ),
            format!(
                "the demo cannot be written into {folder}: {}; name a writable folder with --store",
                reason.en
            ),
        ))
    })?;
    Ok(config::load(Some(&path))?)
}

/// True for a folder that is missing, empty, or left by an earlier demo.
fn is_ours(folder: &Path, config: &Path) -> bool {
    match std::fs::read_to_string(config) {
        Ok(text) => text.starts_with(MARK),
        Err(_) => std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none()),
    }
}
