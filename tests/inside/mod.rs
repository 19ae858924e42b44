//! The gateway inside the test's own process, where the test is the disk and the clock.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use kep_gateway::clock::{Clock, FixedClock, SharedClock};
use kep_gateway::config;
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::{Ledger, LedgerError};
use kep_gateway::mailbox::{self, Locator, Mailbox};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::Entry;
use kep_gateway::register::export::to_json;
use kep_gateway::settings::Settings;
use kep_gateway::store::disk::SharedDisk;
use kep_gateway::text::Lang;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a configuration, a drop folder and a store, and a clock that stands still.
pub struct Inside {
    pub dir: TempDir,
    pub clock: Arc<FixedClock>,
    pub text: String,
}

/// Somebody who hears everything; nothing is ever sent to them, because no test here runs the outbox.
pub const LISTENER: &str = "[alert.email]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\nallow_plaintext = true\nfrom = \"kep@kurum.example\"\n\
    [[alert.group]]\nname = \"default\"\nemail = { to = [\"nobetci@kurum.example\"] }\n";

impl Inside {
    /// `more` is appended to the configuration of a store and a drop folder.
    pub fn new(now: &str, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("drop")).unwrap();
        let text = format!(
            "[store]\npath = \"store\"\n[trust]\nanchors = \"trust\"\nonline = false\n[[mailbox]]\nname = \"drop\"\nkind = \"folder\"\n\
             path = \"drop\"\nsettle = \"0s\"\n{more}"
        );
        Self {
            dir,
            clock: FixedClock::at(at(now)),
            text,
        }
    }

    /// A file that was written at the time of this clock: without a provider's word for it, that is when its message arrived.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut file = File::create(self.dir.path().join("drop").join(name)).unwrap();
        file.write_all(bytes).unwrap();
        file.set_modified(self.clock.now().into()).unwrap();
    }

    pub fn set(&self, now: &str) {
        self.clock.set(at(now));
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    pub fn settings(&self) -> Settings {
        let path = self.dir.path().join("kep-gateway.toml");
        fs::write(&path, &self.text).unwrap();
        let clock: SharedClock = self.clock.clone();
        Settings::build(config::load(Some(&path)).unwrap(), &clock).unwrap()
    }

    /// # Errors
    /// The disk failed while the store was opened.
    pub fn open(&self, disk: SharedDisk) -> Result<Arc<Pipeline>, LedgerError> {
        self.open_at(self.root(), disk)
    }

    /// # Errors
    /// The disk failed while the store was opened.
    pub fn open_at(&self, root: PathBuf, disk: SharedDisk) -> Result<Arc<Pipeline>, LedgerError> {
        let ledger = Ledger::open(&root, disk, self.clock.clone())?;
        Ok(Arc::new(Pipeline::new(Arc::new(ledger), self.settings())))
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn open_mailbox(pipeline: &Pipeline) -> Box<dyn Mailbox> {
    let settings = pipeline.settings();
    mailbox::open(&settings.config.mailbox[0], &settings.secrets, &settings.limits).unwrap()
}

/// One look into the drop folder, and everything that came is registered.
pub async fn pass(pipeline: &Pipeline) {
    let mut known: BTreeSet<Locator> = pipeline.ledger.known("drop").unwrap();
    pipeline.check(&mut *open_mailbox(pipeline), &mut known).await.unwrap();
    pipeline.work_off().await.unwrap();
}

/// The register as `documents export --json` prints it.
pub fn export(ledger: &Ledger) -> Vec<Value> {
    let entries: Vec<Entry> = ledger.entries().collect::<Result<_, _>>().unwrap();
    entries.iter().map(|entry| to_json(entry, Lang::Tr, "")).collect()
}

/// How a command of the built program ended, and everything that it said.
pub struct Ended {
    pub code: i32,
    pub said: String,
}

impl Inside {
    /// Runs the built program on this configuration, on `store` where one is named.
    pub fn run(&self, store: Option<&Path>, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kep-gateway"));
        command.arg("--config").arg(self.dir.path().join("kep-gateway.toml"));
        if let Some(store) = store {
            command.arg("--store").arg(store);
        }
        let output = command.args(args).env("RUST_LOG", "warn").stdin(Stdio::null()).output().unwrap();
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        Ended {
            code: output.status.code().unwrap(),
            said: format!("{stdout}{stderr}"),
        }
    }
}

/// Where a store keeps a blob.
pub fn blob(root: &Path, sha256: &Sha256) -> PathBuf {
    let digits = sha256.to_string();
    root.join("blobs").join(&digits[..2]).join(&digits[2..])
}
