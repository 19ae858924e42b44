//! TÜRKKEP's service as far as its shape is known, broken at every step, then healed: afterwards everything that lies there is here, once. And
//! what is not known of it is not guessed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod support;
#[path = "turkkep/mod.rs"]
mod turkkep;
#[path = "eyservis/wire.rs"]
#[allow(dead_code)]
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use forge::world::World as Country;
use gateway::Gateway;
use jiff::civil::{Date, date};
use kep_gateway::hash::Sha256;
use kep_gateway::mailbox::turkkep::TurkkepMailbox;
use kep_gateway::mailbox::{ErrorClass, Fetched, Mailbox, MailboxError, NotFetched};
use support::intake::{Consumer, Intake, pass};
use support::{Dice, message};
use turkkep::{CALLS, FAULT_KINDS, Fault, PASSWORD, Page, Turkkep};

/// Seeds of one run over the network face. `FAULT_SEEDS` raises it, `FAULT_FIRST` starts elsewhere, to replay one seed.
const SEEDS: u64 = 300;
/// Seeds at once: most of their time is waiting for stalls.
const AT_ONCE: usize = 24;
/// A pass over a few small messages, on a machine that does eight other things.
const PASS_LIMIT: Duration = Duration::from_secs(600);
/// Passes that a healed service may need.
const PASSES: usize = 80;
const LIST: &str = "KEPPostaKutusuListesi";

fn today() -> Date {
    date(2026, 1, 27)
}

async fn survive(seed: u64) -> Vec<Fault> {
    let mut dice = Dice::new(seed ^ 0x7eb);
    let server = Turkkep::start(seed, today(), 3 + dice.below(10), 1 + dice.below(6)).await;
    let table = format!("backfill_from = \"2026-01-01\"\nwindow = \"{}d\"\n", 25 + dice.below(30));
    let mut mailbox = server.hasty_mailbox(&table);
    let mut intake = Intake::default();
    let mut clean_day = None;
    for _ in 0..PASSES {
        let healed = server.world().is_healed();
        let outcome = tokio::time::timeout(PASS_LIMIT, pass(&mut mailbox, &mut intake)).await;
        match outcome.unwrap_or_else(|_| panic!("seed {seed}: a pass hangs")) {
            // A list that was short once is asked for again later: one clean pass on each of two days.
            Ok(done) if healed && done.answered == 0 => match clean_day {
                None => {
                    clean_day = Some(today());
                    server.set_today(today().tomorrow().unwrap());
                }
                Some(_) => break,
            },
            Ok(_) => {}
            Err(error) => assert_ne!(error.class, ErrorClass::Authentication, "seed {seed}: {error}"),
        }
        // The gateway may be restarted at any time.
        if dice.one_in(8) {
            mailbox = server.hasty_mailbox(&table);
            mailbox.recall(intake.last_states());
        }
    }
    let world = server.world();
    let story = format!("seed {seed}, faults {:?}", world.struck);
    assert!(clean_day.is_some(), "{story}: no clean pass after healing");
    let here: BTreeSet<Sha256> = intake.bodies.keys().copied().collect();
    assert!(
        world.bodies().is_subset(&here),
        "{story}: {} messages are lost",
        world.bodies().difference(&here).count()
    );
    assert!(here.is_subset(&world.ever), "{story}: bytes that were never a message");
    assert!(intake.deliveries.values().all(|count| *count == 1), "{story}: fetched twice");
    world.struck.iter().map(|(fault, _)| *fault).collect()
}

#[test]
fn whatever_breaks_heals_without_loss() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, seeds) = (number("FAULT_FIRST", 0), number("FAULT_SEEDS", SEEDS));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let kinds = runtime.block_on(async {
        let mut kinds: BTreeMap<Fault, usize> = BTreeMap::new();
        let mut running = tokio::task::JoinSet::new();
        let mut count = |faults: Vec<Fault>| faults.into_iter().for_each(|fault| *kinds.entry(fault).or_default() += 1);
        for seed in first..first + seeds {
            if running.len() >= AT_ONCE {
                count(running.join_next().await.unwrap().unwrap());
            }
            running.spawn(survive(seed));
        }
        while let Some(faults) = running.join_next().await {
            count(faults.unwrap());
        }
        kinds
    });
    println!("{seeds} seeds: {kinds:?}");
    assert!(seeds < 200 || kinds.len() == FAULT_KINDS, "every kind of fault must have struck");
}

#[tokio::test]
async fn a_poll_that_brings_nothing_new_costs_one_request_per_type() {
    let server = Turkkep::start(2, today(), 12, 0).await;
    server.world().page = Page::Lowest(20);
    let mut mailbox = server.mailbox("backfill_from = \"2026-01-01\"\n");
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.bodies.len(), 12);
    server.world().requests.clear();
    pass(&mut mailbox, &mut intake).await.unwrap();
    let world = server.world();
    let kinds: Vec<&str> = world.requests.iter().map(|request| request.member("iletiTuru")).collect();
    assert_eq!(kinds, ["Dispatch", "Message"]);
    // The end is tomorrow, or today's mail is not listed before tomorrow where the last day is left out.
    assert!(
        world
            .requests
            .iter()
            .all(|request| request.member("bitisTarihi") == "2026-01-28" && request.member("baslangicTarihi") == "2026-01-24")
    );
}

#[tokio::test]
async fn a_list_in_pages_is_read_to_both_ends() {
    for page in [Page::Lowest(20), Page::Highest(20), Page::Lowest(1)] {
        let server = Turkkep::start(3, today(), 90, 0).await;
        server.world().page = page;
        let mut mailbox = server.mailbox("backfill_from = \"2026-01-01\"\n");
        let mut intake = Intake::default();
        pass(&mut mailbox, &mut intake).await.unwrap();
        assert_eq!(intake.bodies.len(), 90, "{page:?}");
    }
}

#[tokio::test]
async fn a_uid_that_did_not_grow_is_found_at_the_recheck() {
    let server = Turkkep::start(4, today(), 0, 0).await;
    server.world().put(500, "Dispatch", today().at(8, 0, 0, 0), message(1, 500));
    let mut mailbox = server.mailbox("");
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    server.world().put(77, "Dispatch", today().at(9, 0, 0, 0), message(2, 500));
    server.world().put(501, "Dispatch", today().at(9, 0, 0, 0), message(3, 500));
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.bodies.len(), 2, "by its UID at once");
    server.clock.set(kep_gateway::clock::from_local(today().at(13, 0, 1, 0)));
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.bodies.len(), 3, "an hour later");
}

#[tokio::test]
async fn a_year_is_walked_back() {
    let server = Turkkep::start(5, today(), 0, 0).await;
    let first = date(2025, 1, 20);
    for day in 0..372 {
        server.world().arrive_on(first.checked_add(jiff::Span::new().days(day)).unwrap());
    }
    let mut mailbox = server.mailbox("backfill_from = \"2025-01-20\"\n");
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.bodies.keys().copied().collect::<BTreeSet<_>>(), server.world().bodies());
    server.world().requests.clear();
    assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 0);
    assert_eq!(server.count(LIST), 2);
}

async fn ends(mailbox: &mut TurkkepMailbox) -> Vec<Fetched> {
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    let (to, mut from) = tokio::sync::mpsc::channel(64);
    mailbox.fetch(listing.new, to).await.unwrap();
    let mut ends = Vec::new();
    while let Some(end) = from.recv().await {
        ends.push(end);
    }
    ends
}

#[tokio::test]
async fn what_is_not_publicly_known_is_told_and_not_guessed() {
    let server = Turkkep::start(6, today(), 0, 0).await;
    server.world().put(1, "Dispatch", today().at(8, 0, 0, 0), message(1, 500));
    server.world().put(2, "Message", today().at(8, 0, 0, 0), message(2, 500));
    let mut mailbox = server.mailbox_of(server.config(""));
    for end in ends(&mut mailbox).await {
        let key = if end.listed.locator.folder == "Message" {
            "evidence_element"
        } else {
            "message_call"
        };
        let Err(NotFetched::Missing(why)) = end.outcome else {
            panic!("{end:?}")
        };
        assert!(why.tr.contains(key) && why.en.contains(key) && why.tr.contains("import"), "{why:?}");
    }
    let all = server.world().requests.len();
    let lists = server.count(LIST);
    assert_eq!(all, lists, "nothing else was asked for");
    // Without the operator's envelope there is no request at all.
    server.world().requests.clear();
    fs::remove_file(server.folder.path().join(format!("requests/{LIST}.xml"))).unwrap();
    let error = server.mailbox("").list(&BTreeSet::new()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Permanent);
    assert!(error.problem.en.contains("WSDL") && error.problem.en.contains(LIST), "{error}");
    assert!(server.world().requests.is_empty());
    // Settings that contradict each other are told before anything is sent.
    for (from, to, words) in [
        ("https:", "http:", "https"),
        ("message_element = \"iletiVerisi\"", "", "message_element"),
        ("IletiGetir", "../x", "no name"),
    ] {
        let text = server.table(CALLS).replace(from, to);
        let kep_gateway::mailbox::config::MailboxConfig::Turkkep(config) = toml::from_str(&text).unwrap() else {
            panic!("kind")
        };
        let secrets = kep_gateway::secret::SecretFolder::beside(server.folder.path());
        let refused = TurkkepMailbox::new(config, secrets, &Default::default()).err().unwrap();
        assert!(refused.problem.en.contains(words), "{refused}");
    }
}

async fn failing_list(server: &Turkkep) -> MailboxError {
    let error = server.mailbox("reply_bytes = 1048576\n").list(&BTreeSet::new()).await.unwrap_err();
    let told = format!("{error} {:?}", error.problem);
    assert!(!told.contains(PASSWORD), "a secret in {told}");
    error
}

#[tokio::test]
async fn refused_credentials_stop_at_once_and_secrets_go_no_further() {
    let server = Turkkep::start(7, today(), 3, 0).await;
    for words in ["Kullanıcı adı veya şifre hatalı", "ŞİFRE HATALI", "İşlem yetkilisi bulunamadı"] {
        server.world().refuse = Some(("403".into(), format!("{words}: {PASSWORD}")));
        server.world().requests.clear();
        let error = failing_list(&server).await;
        assert_eq!(error.class, ErrorClass::Authentication, "{words}");
        assert!(error.problem.tr.contains("***"), "{error}");
        assert_eq!(server.world().requests.len(), 1, "not asked again, for the other type either");
    }
    server.world().refuse = Some(("500".into(), "Bakım".into()));
    let error = failing_list(&server).await;
    assert!(error.is_transient() && error.problem.tr.contains("Bakım"), "{error}");
    // At the download, too: the others are not tried with the same credentials.
    server.world().refuse = None;
    let mut mailbox = server.mailbox("backfill_from = \"2026-01-01\"\n");
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    server.world().requests.clear();
    server.world().refuse = Some(("403".into(), "şifre hatalı".into()));
    let (to, _from) = tokio::sync::mpsc::channel(8);
    assert_eq!(mailbox.fetch(listing.new, to).await.unwrap_err().class, ErrorClass::Authentication);
    assert_eq!(server.world().requests.len(), 1);
    // A wrong secret in its file is the same.
    server.world().refuse = None;
    fs::write(server.folder.path().join("password"), "yanlis").unwrap();
    assert_eq!(failing_list(&server).await.class, ErrorClass::Authentication);
}

#[tokio::test]
async fn every_shape_of_an_error_is_told_from_an_empty_mailbox() {
    let server = Turkkep::start(8, today(), 0, 0).await;
    let xml = |content: &str| (200, "text/xml".to_owned(), turkkep::written(LIST, content, None, false).1);
    let cases = [
        (xml(""), ErrorClass::Transient, "without sonucKodu"),
        (xml("<d:sonucKodu>12</d:sonucKodu>"), ErrorClass::Transient, "12"),
        (
            xml("<d:sonucKodu>200</d:sonucKodu><d:mailList><d:kepUID>x</d:kepUID></d:mailList>"),
            ErrorClass::Transient,
            "no long",
        ),
        (
            (500, "text/xml".into(), wire::fault("veritabanı").into_bytes()),
            ErrorClass::Transient,
            "veritabanı",
        ),
        ((404, "text/html".into(), b"<html>".to_vec()), ErrorClass::Permanent, "status 404"),
        ((302, "text/html".into(), Vec::new()), ErrorClass::Permanent, "status 302"),
        ((401, "text/html".into(), Vec::new()), ErrorClass::Authentication, "status 401"),
        ((503, "text/html".into(), Vec::new()), ErrorClass::Transient, "status 503"),
        ((200, "text/html".into(), b"<html>".to_vec()), ErrorClass::Transient, "content type"),
        (
            (200, "text/xml".into(), b"<!DOCTYPE a><a/>".to_vec()),
            ErrorClass::Transient,
            "document type",
        ),
        ((200, "text/xml".into(), b"<a>".to_vec()), ErrorClass::Transient, "too early"),
        ((200, "text/xml".into(), vec![b' '; 2 << 20]), ErrorClass::Transient, "larger"),
    ];
    for (canned, class, words) in cases {
        server.world().canned = Some(canned);
        let error = failing_list(&server).await;
        assert_eq!(error.class, class, "{words}: {error}");
        assert!(error.problem.en.contains(words), "{words}: {error}");
        assert!(!error.cure.tr.is_empty());
    }
    server.world().canned = Some(xml("<d:sonucKodu>200</d:sonucKodu><d:mailList/>"));
    let listing = server.mailbox("").list(&BTreeSet::new()).await.unwrap();
    assert!(listing.new.is_empty() && listing.oddities.is_empty());
}

#[tokio::test]
async fn a_type_that_the_service_does_not_know_keeps_the_other_not_away_and_is_told() {
    let server = Turkkep::start(9, today(), 0, 0).await;
    server.world().put(1, "Message", today().at(8, 0, 0, 0), message(2, 500));
    server.world().unknown_kind = Some("Dispatch".into());
    let (mut mailbox, mut intake) = (server.mailbox(""), Intake::default());
    for _ in 0..2 {
        let error = pass(&mut mailbox, &mut intake).await.err().expect("half of the box was not seen");
        assert!(error.problem.tr.contains("Tür geçersiz"), "{error}");
        assert_eq!(intake.bodies.len(), 1);
    }
}

#[tokio::test]
async fn only_the_right_authority_is_spoken_to() {
    let server = Turkkep::start(10, today(), 1, 0).await;
    let mut other = server.config("");
    other.ca_file = server.folder.path().join("other-ca.pem");
    let error = server.mailbox_of(other).list(&BTreeSet::new()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Permanent, "{error}");
    assert!(error.problem.tr.contains("sertifika"), "{error}");
    assert!(server.world().requests.is_empty(), "no credentials went out");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_at_the_service_is_registered_once_by_the_real_program() {
    let day = kep_gateway::clock::local_day(jiff::Timestamp::now());
    let server = Turkkep::start(11, day, 0, 0).await;
    for (uid, kind) in [(1, "Dispatch"), (2, "Message"), (3, "Dispatch")] {
        let number = usize::try_from(uid).unwrap();
        server.world().put(uid, kind, day.at(1, 0, 0, 0), message(number, 2_000));
    }
    let gateway = Gateway::bare(&Country::new(1));
    let configure = |more: &str| gateway.configure(&format!("[[mailbox]]\n{}{}", server.table(more), ALERTS));
    // Before the operator has named the call: three holes, an alarm that names the cure, and no entry.
    configure("");
    let poll = |gateway: &Gateway| {
        tokio::task::block_in_place(|| {
            let output = gateway.run(&["poll"]);
            let said = spoken(&output);
            assert!(!said.contains(PASSWORD), "{said}");
            let exported = gateway.json(&["documents", "export", "--json"]);
            exported.as_array().map(Vec::len).unwrap()
        })
    };
    assert_eq!(poll(&gateway), 0);
    let mailboxes = || spoken(&tokio::task::block_in_place(|| gateway.run(&["mailboxes"])));
    assert!(mailboxes().contains("message_call"), "{}", mailboxes());
    configure(CALLS);
    assert_eq!(poll(&gateway), 3);
    assert_eq!(poll(&gateway), 3);
    assert_eq!(server.count("IletiGetir") + server.count("DelilGetir"), 3);
    assert!(!mailboxes().contains("message_call"), "the holes are closed: {}", mailboxes());
}

fn spoken(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

const ALERTS: &str = "[[alert.group]]\nname = \"default\"\n[alert.group.email]\nto = [\"a@example.org\"]\n[alert.email]\nhost = \"127.0.0.1\"\n\
    port = 9\nsecurity = \"none\"\nallow_plaintext = true\nfrom = \"g@example.org\"\n";
