//! A server that breaks the session at every protocol event, then heals: afterwards everything that lies there is here, and nothing that
//! was delivered is fetched again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kep_gateway::hash::Sha256;
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::config::ImapConfig;
use kep_gateway::mailbox::imap::ImapMailbox;
use kep_gateway::mailbox::{ErrorClass, Mailbox, MailboxError, NotFetched, Wake};
use support::Dice;
use support::canned_imap::CannedImap;
use support::intake::{Consumer, Intake, pass};
use support::scripted_imap::{Fault, ScriptedImap};

/// Seeds of one run. `FAULT_SEEDS` raises it, `FAULT_FIRST` starts elsewhere, to replay one seed.
const SEEDS: u64 = 2_000;
/// Seeds at once: most of their time is waiting for stalls.
const AT_ONCE: usize = 64;
/// A pass over twenty small messages, on a machine that does eight other things.
const PASS_LIMIT: Duration = Duration::from_secs(600);
/// Passes that a healed server may need: one that finds the broken session, one for each message under suspicion, one that is clean.
const PASSES: usize = 120;

fn open(server: &ScriptedImap) -> ImapMailbox {
    open_with(server, server.config())
}

fn open_with(server: &ScriptedImap, config: ImapConfig) -> ImapMailbox {
    ImapMailbox::new(config, server.secrets(), &Limits::default()).unwrap()
}

async fn survive(seed: u64) -> Vec<Fault> {
    let mut dice = Dice::new(seed ^ 0xfa17);
    let server = ScriptedImap::start(seed, 4 + dice.below(16), 1 + dice.below(6)).await;
    let mut mailbox = open_with(&server, server.hasty_config());
    let mut intake = Intake::default();
    let mut clean = false;
    let mut restarts = 0;
    for _ in 0..PASSES {
        let healed = server.world().is_healed();
        let missing = intake.missing.len();
        let outcome = tokio::time::timeout(PASS_LIMIT, pass(&mut mailbox, &mut intake)).await;
        let outcome = outcome.unwrap_or_else(|_| panic!("seed {seed}: a pass hangs"));
        match outcome {
            Ok(done) => clean = healed && done.answered == 0,
            Err(error) => {
                clean = false;
                assert_ne!(error.class, ErrorClass::Authentication, "seed {seed}: {error}");
                assert!(mailbox.traffic().connections() < 200, "seed {seed}: it hammers the server");
            }
        }
        if clean && intake.missing.len() == missing {
            break;
        }
        // The gateway may be restarted at any time.
        if dice.one_in(8) {
            mailbox = open_with(&server, server.hasty_config());
            mailbox.recall(intake.last_states());
            restarts += 1;
        }
    }
    let world = server.world();
    let story = format!("seed {seed}, faults {:?}", world.struck);
    assert!(clean, "{story}: no clean pass after healing");
    let (there, here): (BTreeSet<Sha256>, BTreeSet<Sha256>) = (world.bodies(), intake.bodies.keys().copied().collect());
    assert!(
        there.is_subset(&here),
        "{story}: {} messages are lost",
        there.difference(&here).count()
    );
    assert!(here.is_subset(&world.ever), "{story}: bytes that were never a message");
    // A folder that is renumbered under the same UIDVALIDITY is rightly read anew, once, and again where a restart forgot how far it was.
    let renumbered = world.struck.iter().filter(|(fault, _)| *fault == Fault::LowerUids).count();
    for (locator, count) in &intake.deliveries {
        assert!(
            *count <= 1 + renumbered * (1 + restarts),
            "{story}: {locator:?} delivered {count} times"
        );
    }
    world.struck.iter().map(|(fault, _)| *fault).collect()
}

#[test]
fn whatever_breaks_heals_without_loss() {
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
        for seed in first..first + seeds {
            if running.len() >= AT_ONCE {
                for fault in running.join_next().await.unwrap().unwrap() {
                    *kinds.entry(fault).or_default() += 1;
                }
            }
            running.spawn(survive(seed));
        }
        while let Some(faults) = running.join_next().await {
            for fault in faults.unwrap() {
                *kinds.entry(fault).or_default() += 1;
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

#[tokio::test]
async fn a_withheld_message_is_missing_and_hides_no_other() {
    let server = ScriptedImap::start(1, 10, 0).await;
    let uid = *server.world().messages.keys().nth(4).unwrap();
    server.world().withheld.insert(uid);
    let mut mailbox = open(&server);
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!((intake.known.len(), intake.missing.len()), (9, 1));
    assert!(matches!(&intake.missing[0], (locator, NotFetched::Missing(_)) if locator.id == uid.to_string()));
    server.world().withheld.clear();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.known.len(), 10);
}

#[tokio::test]
async fn a_message_that_kills_every_session_stops_no_other() {
    let server = ScriptedImap::start(2, 12, 0).await;
    let poison = *server.world().messages.keys().nth(1).unwrap();
    server.world().poison.insert(poison);
    let mut mailbox = open(&server);
    let mut intake = Intake::default();
    let mut errors = 0;
    for _ in 0..20 {
        errors += usize::from(pass(&mut mailbox, &mut intake).await.is_err());
        if !intake.missing.is_empty() {
            break;
        }
    }
    assert_eq!(intake.known.len(), 11, "all others are here");
    assert_eq!(intake.missing[0].0.id, poison.to_string());
    assert!(errors < 5, "{errors} failed passes");
    server.world().arrive();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(
        intake.known.len(),
        12,
        "and what comes later is taken although the poison still lies there"
    );
}

#[tokio::test]
async fn estimated_sizes_do_not_keep_messages_away() {
    let server = ScriptedImap::start(3, 5, 0).await;
    server.world().vague_sizes = true;
    let mut intake = Intake::default();
    pass(&mut open(&server), &mut intake).await.unwrap();
    assert_eq!(intake.bodies.keys().copied().collect::<BTreeSet<_>>(), server.world().bodies());
}

#[tokio::test]
async fn a_large_message_comes_in_chunks_and_a_too_large_one_is_not_asked_for() {
    let server = ScriptedImap::start(4, 0, 0).await;
    for (number, size) in [(1, 9 << 20), (2, 4 << 20), (3, 70 << 20)] {
        server.world().put(support::message(number, size));
    }
    let mut mailbox = open(&server);
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!((intake.bodies.len(), intake.missing.len()), (2, 1));
    assert!(matches!(intake.missing[0].1, NotFetched::TooLarge { limit: 67_108_864, .. }));
    assert!(intake.bodies.keys().all(|body| server.world().ever.contains(body)));
    assert!(mailbox.traffic().body_bytes() < 14 << 20, "the third was not fetched");
}

#[tokio::test]
async fn a_restored_server_that_gives_known_uids_to_other_messages_is_read_anew() {
    let server = ScriptedImap::start(5, 8, 0).await;
    let mut intake = Intake::default();
    let mut mailbox = open(&server);
    pass(&mut mailbox, &mut intake).await.unwrap();
    {
        // Back to an older state, and two other messages take UIDs that are known here.
        let mut world = server.world();
        let known: Vec<u32> = world.messages.keys().copied().collect();
        known.iter().skip(4).for_each(|uid| {
            world.messages.remove(uid);
        });
        world.next_uid = known[4];
        world.life += 1;
        world.arrive();
        world.next_uid = known[5];
    }
    mailbox = open(&server);
    mailbox.recall(intake.last_states());
    pass(&mut mailbox, &mut intake).await.unwrap();
    let there = server.world().bodies();
    assert!(there.iter().all(|body| intake.bodies.contains_key(body)));
    assert_eq!(intake.oddities, 1);
    assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 0, "and only once");
}

#[tokio::test]
async fn a_refused_idle_is_replaced_by_polling_and_an_arrival_wakes() {
    let server = ScriptedImap::start(6, 2, 0).await;
    let mut mailbox = open(&server);
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(mailbox.wait(Duration::from_millis(60)).await.unwrap(), Wake::Elapsed);
    server.world().arrive();
    assert_eq!(mailbox.wait(PASS_LIMIT).await.unwrap(), Wake::Changed);
    assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 1);
    server.world().break_with(Fault::Drop, 1);
    assert!(
        mailbox.wait(PASS_LIMIT).await.is_err(),
        "the end of the connection is not taken for a quiet time"
    );
    pass(&mut mailbox, &mut intake).await.unwrap();
}

#[tokio::test]
async fn a_cancelled_fetch_leaves_no_stale_answers_behind() {
    let server = ScriptedImap::start(7, 20, 0).await;
    let mut mailbox = open(&server);
    let mut intake = Intake::default();
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    let (to, mut from) = tokio::sync::mpsc::channel(1);
    tokio::select! {
        _ = mailbox.fetch(listing.new, to) => panic!("nobody takes the messages, so it cannot end"),
        first = from.recv() => assert!(first.is_some()),
    }
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.bodies.keys().copied().collect::<BTreeSet<_>>(), server.world().bodies());
}

#[tokio::test]
async fn the_quota_counts_units_of_1024_bytes_and_is_asked_for_when_due() {
    let server = ScriptedImap::start(8, 1, 0).await;
    let mut mailbox = open(&server);
    let quota = mailbox.quota().await.unwrap().unwrap();
    assert_eq!((quota.used_bytes, quota.limit_bytes, quota.percent()), (524_288, 1_048_576, 50));
    mailbox.quota().await.unwrap();
    assert_eq!(
        server
            .world()
            .commands
            .iter()
            .filter(|command| command.starts_with("GETQUOTAROOT"))
            .count(),
        1
    );
}

async fn first_list(server: &CannedImap, security: &str) -> MailboxError {
    first_list_with(server, server.config(security)).await
}

async fn first_list_with(server: &CannedImap, config: ImapConfig) -> MailboxError {
    let mut mailbox = ImapMailbox::new(config, server.secrets(), &Limits::default()).unwrap();
    let listing = tokio::time::timeout(PASS_LIMIT, mailbox.list(&BTreeSet::new()))
        .await
        .expect("it hangs");
    listing.unwrap_err()
}

const UNANSWERED: &str = "no answer within";

#[tokio::test]
async fn nothing_can_be_slipped_in_before_tls_and_no_password_is_sent_without_it() {
    for (greeting, problem) in [
        (&["* OK hi\r\n", "K0 OK go\r\n* CAPABILITY IMAP4rev1\r\n"] as &[&str], "slipped in"),
        (&["* PREAUTH welcome\r\n"], "greeting"),
        (&["* OK hi\r\n", "K0 NO not here\r\n"], "not accepted"),
        (&["* OK hi\r\n", "K0 BAD what\r\n"], "not accepted"),
        (&["* OK hi\r\n", ""], UNANSWERED),
    ] {
        let server = CannedImap::start(greeting, "").await;
        let mut config = server.config("starttls");
        if problem == UNANSWERED {
            config.connect_timeout = Duration::from_millis(200);
        }
        let error = first_list_with(&server, config).await;
        assert!(error.problem.en.contains(problem), "{error}");
        assert!(
            !server.heard().contains("LOGIN") && !server.heard().contains("parola"),
            "{}",
            server.heard()
        );
    }
}

#[tokio::test]
async fn a_refused_login_is_told_from_a_busy_server() {
    for (answer, class) in [
        ("K1 NO [AUTHENTICATIONFAILED] no\r\n", ErrorClass::Authentication),
        ("K1 NO wrong password\r\n", ErrorClass::Authentication),
        ("K1 NO [AUTHORIZATIONFAILED] no\r\n", ErrorClass::Authentication),
        ("K1 NO [EXPIRED] no\r\n", ErrorClass::Authentication),
        ("K1 NO [UNAVAILABLE] later\r\n", ErrorClass::Transient),
        ("K1 NO [LIMIT] too many\r\n", ErrorClass::Transient),
        ("K1 NO [INUSE] taken\r\n", ErrorClass::Transient),
        ("* BYE too many connections\r\n", ErrorClass::Transient),
        ("K1 BAD what\r\n", ErrorClass::Transient),
    ] {
        let replies: &'static [&'static str] = Box::leak(Box::new(["* OK hi\r\n", answer]));
        let error = first_list(&CannedImap::start(replies, "").await, "none").await;
        assert_eq!((error.class, error.step), (class, "login"), "{answer}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_plays_for_time_is_left() {
    let folder = "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nK2 OK done\r\n";
    for then in ["x", "* OK still here\r\n", "* 1 EXISTS\r\n"] {
        let replies: &'static [&'static str] = Box::leak(Box::new(["* OK hi\r\n", "K1 OK in\r\n", folder, ""]));
        let mut patience = Duration::from_millis(200);
        // However long the machine takes for the login: it is the listing that is played for time.
        let error = loop {
            let server = CannedImap::start(replies, then).await;
            let mut config = server.config("none");
            config.command_timeout = patience;
            let error = first_list_with(&server, config).await;
            assert!(error.is_transient(), "{error}");
            if error.step != "login" && error.step != "connect" {
                break error;
            }
            patience *= 2;
        };
        assert_eq!(error.step, "list", "{then}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_accepts_logins_and_then_fails_is_not_hammered() {
    let server = CannedImap::start(&["* OK hi\r\n", "K1 OK in\r\n", "K2 BAD no\r\n"], "").await;
    let mut config = server.config("none");
    (config.login_burst, config.login_refill) = (3, Duration::from_secs(86_400));
    let mut mailbox = ImapMailbox::new(config, server.secrets(), &Limits::default()).unwrap();
    for _ in 0..10 {
        assert!(mailbox.list(&BTreeSet::new()).await.unwrap_err().is_transient());
    }
    assert_eq!(mailbox.traffic().logins(), 3);
    assert_eq!(mailbox.traffic().connections(), 3);
}

#[tokio::test]
async fn a_listing_with_a_hole_is_told_with_both_counts() {
    let folder = "* 5 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 9] ok\r\nK2 OK done\r\n";
    let replies = [
        "* OK hi\r\n",
        "K1 OK in\r\n",
        folder,
        "* SEARCH 1 2 3\r\nK3 OK done\r\n",
        "* SEARCH 1 2 3\r\nK4 OK done\r\n",
        "* 4 FETCH (UID 8)\r\nK5 OK done\r\n",
        "* 1 FETCH (UID 1 RFC822.SIZE 10)\r\nK6 NO not all\r\n",
        "K7 OK\r\n",
    ];
    let server = CannedImap::start(Box::leak(Box::new(replies)), "").await;
    let mut mailbox = ImapMailbox::new(server.config("none"), server.secrets(), &Limits::default()).unwrap();
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    assert_eq!((listing.new.len(), listing.present.len(), listing.folders[0].exists), (4, 4, 5));
    assert_eq!(
        listing.new.iter().filter(|listed| listed.size.is_some()).count(),
        1,
        "what is not described is listed all the same"
    );
    assert_eq!(listing.oddities.len(), 1);
    assert!(listing.oddities[0].en.contains("counts 5 messages and lists 4"));
}
