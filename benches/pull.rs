//! The speed targets beside their peer: a mailbox of 1,000 messages and 230 MB on a loopback Dovecot, pulled by `mbsync` with `FSync yes`, by
//! the gateway to durable blobs, and by the gateway to registered and verified entries; then the same mailbox with nothing new.
//!
//! Prints one line for each target: the median of the rounds as a ratio to `mbsync` in the same rounds, and the limit. Run it with
//! `tests/bench/pull.sh`, on the disk that `TMPDIR` names: a file system in memory flushes nothing. `MESSAGES` and `ROUNDS` change the size.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark that cannot run says why and stops

#[path = "../tests/forge/mod.rs"]
mod forge;
#[path = "../tests/gateway/mod.rs"]
mod gateway;
#[path = "../tests/support/mod.rs"]
mod support;

use std::any::Any;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forge::world::World;
use gateway::Gateway;
use kep_gateway::clock::{SharedClock, SystemClock};
use kep_gateway::config::{self, Loaded};
use kep_gateway::ledger::Ledger;
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::Mailbox;
use kep_gateway::mailbox::config::MailboxConfig;
use kep_gateway::mailbox::imap::ImapMailbox;
use kep_gateway::pipeline::Pipeline;
use kep_gateway::settings::Settings;
use kep_gateway::store::disk::RealDisk;
use support::dovecot::{Dovecot, USER};

/// Makes messages of 230 KB on the wire.
const MESSAGE_BYTES: usize = 207_000;
/// A daemon that works less than a fiftieth of this while it passes is at rest.
const QUIET: Duration = Duration::from_secs(2);
/// Longest time for the daemon to register everything.
const PATIENCE: Duration = Duration::from_secs(300);

fn main() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (messages, rounds): (usize, usize) = (number("MESSAGES", 1_000), number("ROUNDS", 3));
    let only = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);

    let world = World::new(1);
    let mut dovecot = Dovecot::start();
    let mut bytes = 0;
    for number in 0..messages {
        let raw = world.sized(number, MESSAGE_BYTES).raw;
        bytes += raw.len();
        dovecot.deliver(&raw);
    }
    println!("{messages} messages, {} MB, {rounds} rounds; medians", bytes / 1_000_000);
    // Dovecot's own caches are filled before anybody is measured.
    let first = tempfile::tempdir().unwrap();
    mbsync(&dovecot, first.path());

    if wanted("pull") {
        pull(&world, &dovecot, messages, rounds);
    }
    if wanted("nothing-new") {
        nothing_new(&world, &dovecot, messages, rounds);
    }
}

fn pull(world: &World, dovecot: &Dovecot, messages: usize, rounds: usize) {
    let (mut peer, mut blobs, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    // Nothing is deleted before all is measured: where many files were deleted a moment ago, ext4 looks long for a place for a new one.
    let mut kept: Vec<Box<dyn Any>> = Vec::new();
    for _ in 0..rounds {
        let mirror = tempfile::tempdir().unwrap();
        peer.push(timed(|| mbsync(dovecot, mirror.path())));
        assert_eq!(std::fs::read_dir(mirror.path().join("INBOX/new")).unwrap().count(), messages);

        let gateway = configured(world, dovecot);
        blobs.push(timed(|| assert_eq!(check_in_process(&gateway), messages as u64)));
        kept.extend([Box::new(mirror) as Box<dyn Any>, Box::new(gateway)]);

        let gateway = configured(world, dovecot);
        whole.push(timed(|| drop(gateway.ok(&["poll"]))));
        assert_eq!(gateway.export().len(), messages);
        kept.push(Box::new(gateway));
    }
    println!("mbsync, FSync yes                     {:>9.2?}", median(&peer));
    report("pulled to durable blobs", &blobs, &peer, 1.0);
    report("registered and verified", &whole, &peer, 2.0);
    let peak = daemon_memory(&configured(world, dovecot), messages);
    println!(
        "the daemon's peak memory              {peak:>6} MiB  limit 128 MiB  {}",
        verdict(peak < 128)
    );
}

fn nothing_new(world: &World, dovecot: &Dovecot, messages: usize, rounds: usize) {
    let mirror = tempfile::tempdir().unwrap();
    mbsync(dovecot, mirror.path());
    let gateway = configured(world, dovecot);
    gateway.ok(&["poll"]);
    let (mut peer, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(5) {
        peer.push(timed(|| mbsync(dovecot, mirror.path())));
        ours.push(timed(|| drop(gateway.ok(&["poll"]))));
    }
    println!("mbsync, nothing new                   {:>9.2?}", median(&peer));
    report("poll, nothing new, a whole process", &ours, &peer, 1.0);
    let (loaded, pipeline) = opened(&gateway);
    let runtime = runtime();
    let cold: Vec<Duration> = (0..rounds.max(5))
        .map(|_| {
            timed(|| {
                runtime.block_on(async {
                    let (mut mailbox, mut known) = pipeline.open(&loaded.config.mailbox[0]).unwrap();
                    assert_eq!(pipeline.check(&mut *mailbox, &mut known).await.unwrap().new, 0);
                    mailbox.close().await;
                });
            })
        })
        .collect();
    report("the daemon's look, new session", &cold, &peer, 1.0);

    let MailboxConfig::Imap(config) = loaded.config.mailbox[0].clone() else {
        panic!("an IMAP mailbox")
    };
    let mut mailbox = ImapMailbox::new(config, loaded.secrets, &Limits::default()).unwrap();
    let mut known = pipeline.recollect(&mut mailbox).unwrap();
    assert_eq!(known.len(), messages);
    let traffic = mailbox.traffic();
    runtime.block_on(async {
        pipeline.check(&mut mailbox, &mut known).await.unwrap();
        let cold = traffic.round_trips();
        pipeline.check(&mut mailbox, &mut known).await.unwrap();
        let kept = traffic.round_trips() - cold;
        let began = Instant::now();
        pipeline.check(&mut mailbox, &mut known).await.unwrap();
        report("the daemon's look, kept session", &[began.elapsed()], &peer, 1.0);
        mailbox.close().await;
        println!(
            "round trips, cold                     {cold:>6}      limit 5  {}",
            verdict(cold <= 5)
        );
        println!(
            "round trips, kept session             {kept:>6}      limit 1  {}",
            verdict(kept <= 1)
        );
        println!(
            "body bytes                            {:>6}      limit 0  {}",
            traffic.body_bytes(),
            verdict(traffic.body_bytes() == 0)
        );
    });
}

/// A gateway whose only mailbox is this Dovecot.
fn configured(world: &World, dovecot: &Dovecot) -> Gateway {
    let gateway = Gateway::of_receiver(world);
    gateway.configure(&format!(
        "[[mailbox]]\nkind = \"imap\"\nname = \"evrak\"\naddress = \"{}\"\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\nuser = \"{USER}\"\n\
         password_file = \"{}\"\n",
        world.our_address(),
        dovecot.imaps_port,
        dovecot.ca_file().display(),
        dovecot.path().join("evrak.password").display()
    ));
    gateway
}

fn opened(gateway: &Gateway) -> (Loaded, Pipeline) {
    let clock: SharedClock = Arc::new(SystemClock);
    let loaded = config::load(Some(&gateway.config())).unwrap();
    let ledger = Ledger::open(&gateway.store(), RealDisk::shared(), Arc::clone(&clock)).unwrap();
    let pipeline = Pipeline::new(Arc::new(ledger), Settings::build(loaded.clone(), &clock).unwrap());
    (loaded, pipeline)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

/// One look into the mailbox, without registering: every byte durable as blob and in the journal.
fn check_in_process(gateway: &Gateway) -> u64 {
    let (loaded, pipeline) = opened(gateway);
    runtime().block_on(async {
        let (mut mailbox, mut known) = pipeline.open(&loaded.config.mailbox[0]).unwrap();
        assert_eq!(known, BTreeSet::new());
        let brought = pipeline.check(&mut *mailbox, &mut known).await.unwrap();
        mailbox.close().await;
        brought.new
    })
}

/// The most memory that `run` has until everything is registered and found by its words, in MiB.
fn daemon_memory(gateway: &Gateway, messages: usize) -> u64 {
    let mut daemon = gateway.spawn_with(&["run"], &environment_of_the_unit());
    let began = Instant::now();
    let mut peak = 0;
    loop {
        std::thread::sleep(Duration::from_millis(500));
        peak = peak.max(gateway::peak_memory_mib(&daemon));
        let state: serde_json::Value = serde_json::from_slice(&gateway.run(&["mailboxes", "--json"]).stdout).unwrap_or_default();
        if state[0]["registered"] == messages {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "the daemon does not come to an end");
    }
    // What is left is the index of letters: a daemon that does nothing any more has ended it.
    let mut worked = gateway::processor_time(&daemon);
    loop {
        std::thread::sleep(QUIET);
        let now = gateway::processor_time(&daemon);
        if now - worked < QUIET / 50 {
            break;
        }
        worked = now;
    }
    peak = peak.max(gateway::peak_memory_mib(&daemon));
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    peak
}

/// The daemon is measured as the service manager starts it.
fn environment_of_the_unit() -> Vec<(String, String)> {
    let unit = include_str!("../systemd/kep-gateway.service");
    let set = unit.lines().filter_map(|line| line.strip_prefix("Environment=")?.split_once('='));
    set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Pulls INBOX into a Maildir; the first call makes it, a second one finds nothing new.
fn mbsync(dovecot: &Dovecot, mirror: &Path) {
    let path = mirror.display();
    let settings = format!(
        "FSync yes\n\nIMAPAccount a\nHost localhost\nPort {}\nUser {USER}\nPassCmd \"cat {}\"\nSSLType IMAPS\nCertificateFile {}\n\n\
         IMAPStore far\nAccount a\n\nMaildirStore near\nPath {path}/\nInbox {path}/INBOX\n\n\
         Channel c\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n",
        dovecot.imaps_port,
        dovecot.path().join("evrak.password").display(),
        dovecot.ca_file().display(),
    );
    std::fs::write(mirror.join("rc"), settings).unwrap();
    let output = Command::new("mbsync")
        .arg("-c")
        .arg(mirror.join("rc"))
        .arg("c")
        .output()
        .expect("mbsync; tests/run installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}

fn report(what: &str, ours: &[Duration], peer: &[Duration], limit: f64) {
    let ratio = median(ours).as_secs_f64() / median(peer).as_secs_f64();
    println!(
        "{what:<37} {:>9.2?}  {ratio:.2} x  limit {limit:.1} x  {}",
        median(ours),
        verdict(ratio <= limit)
    );
}

fn verdict(holds: bool) -> &'static str {
    if holds { "ok" } else { "NOT REACHED" }
}
