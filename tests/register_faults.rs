//! A server that breaks the session at every protocol event, in front of the whole gateway, which is restarted at any time: once the server
//! has healed, the register and the server hold the same messages, each has one number, no number is missing, and every place that the
//! server ever listed is accounted for.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kep_gateway::clock::{SharedClock, SystemClock};
use kep_gateway::config;
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::Ledger;
use kep_gateway::mailbox::{ErrorClass, Locator, Mailbox};
use kep_gateway::pipeline::{Pipeline, PipelineError};
use kep_gateway::register::entry::Entry;
use kep_gateway::settings::Settings;
use kep_gateway::store::disk::RealDisk;
use kep_gateway::store::verify::verify;
use support::Dice;
use support::scripted_imap::{Fault, GIVES_UP, ScriptedImap};
use tempfile::TempDir;

/// Seeds of one run. `FAULT_SEEDS` raises it, `FAULT_FIRST` starts elsewhere, to replay one seed.
const SEEDS: u64 = 2_000;
/// Seeds at once: most of their time is waiting for stalls.
const AT_ONCE: usize = 24;
/// A pass over ten small messages, on a machine that does eight other things.
const PASS_LIMIT: Duration = Duration::from_secs(600);
/// Passes that a healed server may need.
const PASSES: usize = 120;
const MAILBOX: &str = "evrak";

/// A gateway in a folder, as one process would have it.
struct Gateway {
    pipeline: Pipeline,
    mailbox: Box<dyn Mailbox>,
    known: BTreeSet<Locator>,
}

impl Gateway {
    fn start(folder: &Path) -> Self {
        let clock: SharedClock = Arc::new(SystemClock);
        let loaded = config::load(Some(&folder.join("kep-gateway.toml"))).unwrap();
        let config = loaded.config.mailbox[0].clone();
        let ledger = Ledger::open(&loaded.config.store.path, RealDisk::shared(), Arc::clone(&clock)).unwrap();
        let pipeline = Pipeline::new(Arc::new(ledger), Settings::build(loaded, &clock).unwrap());
        let (mailbox, known) = pipeline.open(&config).unwrap();
        Self { pipeline, mailbox, known }
    }

    fn entries(&self) -> Vec<Entry> {
        self.pipeline.ledger.entries().map(Result::unwrap).collect()
    }
}

/// What all stores at once may need; containers often have 64 MiB in memory.
const ROOM: u64 = 1 << 30;

/// A folder in memory where there is one that is large enough: two thousand stores are opened, and what a flush costs is measured elsewhere.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let has_room = rustix::fs::statvfs(memory).is_ok_and(|told| told.f_bavail * told.f_frsize > ROOM);
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("kep-faults");
    let in_memory = has_room.then(|| builder.tempdir_in(memory).ok()).flatten();
    in_memory.unwrap_or_else(|| builder.tempdir().unwrap())
}

fn configure(folder: &Path, server: &ScriptedImap) -> PathBuf {
    std::fs::write(folder.join("parola"), "parola\n").unwrap();
    let text = format!(
        "[store]\npath = \"store\"\n[trust]\nanchors = \"trust\"\n[[mailbox]]\nkind = \"imap\"\nname = \"{MAILBOX}\"\n\
         address = \"kurum@hs01.kep.tr\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nallow_plaintext = true\nuser = \"evrak\"\n\
         password_file = \"parola\"\nlogin_burst = 100000\ncommand_timeout = \"{}s\"\nconnect_timeout = \"5m\"\nbatch_messages = 4\n",
        server.port,
        GIVES_UP.as_secs()
    );
    let path = folder.join("kep-gateway.toml");
    std::fs::write(&path, text).unwrap();
    path
}

async fn survive(seed: u64) -> Vec<Fault> {
    let mut dice = Dice::new(seed ^ 0x4e61);
    let server = ScriptedImap::start(seed, 2 + dice.below(8), 1 + dice.below(6)).await;
    let folder = folder();
    configure(folder.path(), &server);
    let mut gateway = Gateway::start(folder.path());
    let mut shown: Vec<(String, Sha256)> = Vec::new();
    let mut clean = false;
    for _ in 0..PASSES {
        let healed = server.world().is_healed();
        let holes = gateway.pipeline.ledger.holes().unwrap().len();
        let pass = gateway.pipeline.check(&mut *gateway.mailbox, &mut gateway.known);
        match tokio::time::timeout(PASS_LIMIT, pass)
            .await
            .unwrap_or_else(|_| panic!("seed {seed}: a pass hangs"))
        {
            Ok(brought) => clean = healed && brought.new == 0 && holes == gateway.pipeline.ledger.holes().unwrap().len(),
            Err(PipelineError::Mailbox(error)) => {
                assert_ne!(error.class, ErrorClass::Authentication, "seed {seed}: {error}");
                clean = false;
            }
            Err(error) => panic!("seed {seed}: {error}"),
        }
        if clean {
            break;
        }
        // The worker runs beside the mailbox, sooner or later.
        if dice.one_in(2) {
            gateway.pipeline.work_off().await.unwrap();
        }
        if dice.one_in(8) {
            shown = assert_kept(seed, &shown, &gateway.entries());
            drop(gateway);
            gateway = Gateway::start(folder.path());
        }
    }
    gateway.pipeline.work_off().await.unwrap();
    assert_kept(seed, &shown, &gateway.entries());

    let story = format!("seed {seed}, faults {:?}", server.world().struck);
    assert!(clean, "{story}: no clean pass after healing");
    assert_register_is_server(&story, &gateway, &server);
    assert_accounted(&story, &gateway, &server);
    let entries = gateway.entries();
    drop(gateway);
    let store = folder.path().join("store");
    assert!(
        verify(&store, RealDisk::shared(), &mut |_| {}).is_intact(),
        "{story}: the record is damaged"
    );
    if seed.is_multiple_of(50) {
        let rebuilt = Ledger::rebuild(&store, RealDisk::shared(), Arc::new(SystemClock)).unwrap();
        let again: Vec<Entry> = rebuilt.entries().map(Result::unwrap).collect();
        assert_eq!(again, entries, "{story}: the rebuilt register differs");
    }
    server.world().struck.iter().map(|(fault, _)| *fault).collect()
}

/// What the register showed once, it shows for ever.
fn assert_kept(seed: u64, shown: &[(String, Sha256)], entries: &[Entry]) -> Vec<(String, Sha256)> {
    let now: Vec<(String, Sha256)> = entries
        .iter()
        .map(|entry| (entry.register_number.to_string(), entry.message.sha256))
        .collect();
    assert_eq!(
        now.get(..shown.len()),
        Some(shown),
        "seed {seed}: the register changed what it had shown"
    );
    now
}

/// By content: everything on the server is in the register, nothing is there twice, nothing was invented, no number is missing.
fn assert_register_is_server(story: &str, gateway: &Gateway, server: &ScriptedImap) {
    let entries = gateway.entries();
    let registered: BTreeSet<Sha256> = entries.iter().map(|entry| entry.message.sha256).collect();
    let world = server.world();
    let there = world.bodies();
    assert!(
        there.is_subset(&registered),
        "{story}: {} messages are lost",
        there.difference(&registered).count()
    );
    assert!(registered.is_subset(&world.ever), "{story}: bytes that were never a message");
    assert_eq!(registered.len(), entries.len(), "{story}: a message is registered twice");
    for (at, entry) in entries.iter().enumerate() {
        assert!(
            entry.register_number.to_string().ends_with(&format!("/{:06}", at + 1)),
            "{story}: {} stands at {}",
            entry.register_number,
            at + 1
        );
    }
}

/// By place: what lies there now is known here by the same bytes, and a hole is only what was removed there before it could be fetched.
fn assert_accounted(story: &str, gateway: &Gateway, server: &ScriptedImap) {
    let ledger = &gateway.pipeline.ledger;
    let known = ledger.known(MAILBOX).unwrap();
    assert_eq!(known, gateway.known, "{story}: memory and record differ");
    let world = server.world();
    for (uid, body) in &world.messages {
        let locator = Locator {
            folder: "INBOX".into(),
            epoch: world.epoch,
            id: uid.to_string(),
        };
        assert!(known.contains(&locator), "{story}: {locator:?} is not known");
        let message = ledger.message(&Sha256::of(body)).unwrap().unwrap();
        assert!(
            message.sightings.iter().any(|sighting| sighting.locator == locator),
            "{story}: {locator:?} stands for other bytes here"
        );
    }
    let removed = world.struck.iter().filter(|(fault, _)| *fault == Fault::Expunge).count();
    let holes = ledger.holes().unwrap();
    assert!(holes.len() <= removed, "{story}: holes {holes:?}");
    for hole in &holes {
        let problem = hole.problem.as_ref().map_or("", |problem| &problem.en);
        assert!(problem.contains("lists it no more"), "{story}: {hole:?}");
    }
    let counts = ledger.counts(MAILBOX).unwrap();
    assert_eq!(
        (counts.listed, counts.registered),
        (world.messages.len() as u64, counts.fetched),
        "{story}"
    );
}

#[test]
fn whatever_breaks_the_register_and_the_server_are_one_when_it_has_healed() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, seeds) = (number("FAULT_FIRST", 0), number("FAULT_SEEDS", SEEDS));
    let started = Instant::now();
    quiet_parser_panics();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let kinds = runtime.block_on(async {
        let mut kinds: BTreeMap<Fault, usize> = BTreeMap::new();
        let mut running = tokio::task::JoinSet::new();
        let mut done = 0;
        for seed in first..first + seeds + AT_ONCE as u64 {
            if running.len() >= AT_ONCE || seed >= first + seeds {
                let Some(outcome) = running.join_next().await else { break };
                for fault in outcome.unwrap() {
                    *kinds.entry(fault).or_default() += 1;
                }
                done += 1;
                if done % 250 == 0 {
                    println!("{done} of {seeds} seeds in {:?}", started.elapsed());
                }
            }
            if seed < first + seeds {
                running.spawn(survive(seed));
            }
        }
        kinds
    });
    println!("{seeds} seeds in {:?}: {kinds:?}", started.elapsed());
    assert!(seeds < 1_000 || kinds.len() == 18, "every kind of fault must have struck");
}

/// The parser's panics are part of the test; their reports would bury the others.
fn quiet_parser_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.location().is_some_and(|place| place.file().contains("imap-proto")) {
            usual(info);
        }
    }));
}
