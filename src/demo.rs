//! `demo`: the whole gateway over bundled sample mail, on an embedded default, with nothing to set up.
//!
//! Nothing is shortened for the show: the same mailbox, store, verification and register as in a real run, in a folder of its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::cli::Exit;
use crate::cli::documents::register_table;
use crate::clock::{SharedClock, SystemClock};
use crate::config::{self, Loaded};
use crate::hash::Sha256;
use crate::ledger::Ledger;
use crate::mailbox;
use crate::pipeline::Pipeline;
use crate::register::entry::Entry;
use crate::secret::SecretFolder;
use crate::settings::Settings;
use crate::store::disk::RealDisk;
use crate::store::verify;
use crate::text::Lang;

static FIXTURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures");

/// The embedded default: a drop folder as the only mailbox, trust from the bundled test authorities.
const CONFIG: &str = r#"
[store]
path = "store"
[trust]
anchors = "fixtures/trust"
intermediates = "fixtures/intermediates"
revocation = "fixtures/revocation"
[register]
receiver_kkk = "24301050"
[[mailbox]]
name = "ornek"
kind = "folder"
address = "ornektarim@hs01.kep.tr"
path = "fixtures/messages"
settle = "0s"
"#;

/// Runs the demo in `folder`, or in a new temporary one, and says what to do next.
///
/// # Errors
/// A sentence: the disk refused, or something that must work did not.
pub async fn run(lang: Lang, folder: Option<PathBuf>) -> Result<Exit, String> {
    let say = |tr: &str, en: &str| println!("{}", if lang == Lang::Tr { tr } else { en });
    let folder = folder.unwrap_or_else(|| std::env::temp_dir().join(format!("kep-gateway-demo-{}", std::process::id())));
    unfold(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let clock: SharedClock = Arc::new(SystemClock);
    let settings = Settings::build(load(&folder)?, &clock).map_err(|error| error.to_string())?;
    let ledger = Ledger::open(&folder.join("store"), RealDisk::shared(), clock).map_err(|error| error.to_string())?;
    let pipeline = Arc::new(Pipeline::new(Arc::new(ledger), settings));

    say("1. Kutu okunuyor: her bayt saklanmadan hiçbir şey olmuş sayılmaz.", "1. Reading the mailbox: nothing counts before every byte is kept.");
    let config = pipeline.settings().config.mailbox.first().cloned().ok_or("no mailbox")?;
    let mut mailbox = mailbox::open(&config, &pipeline.settings().secrets, &pipeline.settings().limits).map_err(|error| error.to_string())?;
    let brought = pipeline.check(&mut *mailbox, &mut BTreeSet::new()).await.map_err(|error| error.to_string())?;
    println!("   {} → {}", config.name(), brought.new);

    say("2. Açılıyor, doğrulanıyor, kaydediliyor.", "2. Opening, verifying, registering.");
    pipeline.work_off().await.map_err(|error| error.to_string())?;
    let entries: Vec<Entry> = pipeline.ledger.entries().collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    println!("\n{}", register_table(&entries, "", lang));
    say("   ✔ geçerli: istenen her denetim yapıldı ve geçti · ? belirsiz: bir şey bilinmiyor, nedeni kayıtta · ✘ GEÇERSİZ: imza ya da içerik tutmuyor",
        "   ✔ valid: every check that the profile asks for was made and passed · ? undetermined: something is unknown, the reason is in the entry · ✘ INVALID: signature or content does not hold");

    let head = pipeline.ledger.head();
    drop(mailbox);
    drop(pipeline);
    let report = verify::verify(&folder.join("store"), RealDisk::shared(), &mut |_| {});
    println!(
        "\n3. {} {} / {} — {} {}",
        if lang == Lang::Tr { "Zincir denetlendi:" } else { "Chain checked:" },
        report.records,
        report.blobs,
        if report.is_intact() { "✔" } else { "✘" },
        head.hash
    );
    next_steps(lang, &folder);
    Ok(if report.is_intact() { Exit::Done } else { Exit::Broken })
}

fn next_steps(lang: Lang, folder: &Path) {
    let config = folder.join("kep-gateway.toml");
    let (heading, lines) = match lang {
        Lang::Tr => (
            "\nBu örnekle devam edin:",
            [
                ("documents show 2026/000010", "bir kaydın imzaları, bulguları, süreleri, delilleri"),
                ("evidence list", "deliller; sahipsizler işaretli"),
                ("documents export --json", "defter, başka programlar için"),
                ("journal verify", "zincir ve her dosya"),
            ],
        ),
        Lang::En => (
            "\nGo on with this sample:",
            [
                ("documents show 2026/000010", "signatures, findings, deadlines and evidence of one entry"),
                ("evidence list", "evidence; orphans are marked"),
                ("documents export --json", "the register, for other programs"),
                ("journal verify", "the chain and every blob"),
            ],
        ),
    };
    println!("{heading}");
    for (command, meaning) in lines {
        println!("  kep-gateway --config {} {command}\n      {meaning}", config.display());
    }
    match lang {
        Lang::Tr => println!("\nKendi kutunuz için: config/kep-gateway.toml örneğini /etc/kep-gateway altına koyun, 'kep-gateway config check', sonra 'kep-gateway run'."),
        Lang::En => println!("\nFor your own mailbox: put config/kep-gateway.toml under /etc/kep-gateway, run 'kep-gateway config check', then 'kep-gateway run'."),
    }
}

/// Writes the bundled files and the configuration.
fn unfold(folder: &Path) -> std::io::Result<()> {
    let fixtures = folder.join("fixtures");
    std::fs::create_dir_all(&fixtures)?;
    FIXTURES.extract(&fixtures)?;
    std::fs::write(folder.join("kep-gateway.toml"), CONFIG)
}

fn load(folder: &Path) -> Result<Loaded, String> {
    let path = folder.join("kep-gateway.toml");
    let mut loaded = config::load(Some(&path)).map_err(|error| error.to_string())?;
    loaded.secrets = SecretFolder::beside(folder);
    loaded.sha256 = Sha256::of(CONFIG.as_bytes());
    Ok(loaded)
}
