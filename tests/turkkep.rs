//! TÜRKKEP's service as far as its shape is known, broken at every step, then healed: afterwards everything that lies there is here, once. And
//! what is not known of it is not guessed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod support;
#[path = "turkkep/mod.rs"]
mod turkkep;

use std::collections::BTreeSet;
use std::fs;

use forge::world::World as Country;
use gateway::Gateway;
use jiff::civil::{Date, date};
use kep_gateway::mailbox::turkkep::TurkkepMailbox;
use kep_gateway::mailbox::{ErrorClass, Fetched, Mailbox, MailboxError, NotFetched};
use support::intake::{Consumer, Intake, pass};
use support::soap_service::World as _;
use support::{Dice, message, soap, storm};
use turkkep::{CALLS, FAULT_KINDS, Fault, PASSWORD, Page, Turkkep};

const LIST: &str = "KEPPostaKutusuListesi";

fn today() -> Date {
    date(2026, 1, 27)
}

async fn survive(seed: u64) -> Vec<Fault> {
    let mut dice = Dice::new(seed ^ 0x7eb);
    let server = Turkkep::start(seed, today(), 3 + dice.below(10), 1 + dice.below(6)).await;
    let table = format!("backfill_from = \"2026-01-01\"\nwindow = \"{}d\"\n", 25 + dice.below(30));
    storm::survive(&server, || Box::new(server.hasty_mailbox(&table)), today(), seed, &mut dice).await
}

#[test]
fn whatever_breaks_heals_without_loss() {
    storm::storm(FAULT_KINDS, survive);
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
async fn a_year_is_walked_back_and_a_restart_goes_on_from_there() {
    for page in [Page::All, Page::Lowest(20), Page::Highest(7)] {
        let server = Turkkep::start(5, today(), 0, 0).await;
        server.world().page = page;
        let first = date(2025, 1, 20);
        for day in 0..372 {
            server.world().arrive_on(first.checked_add(jiff::Span::new().days(day)).unwrap());
        }
        let table = "backfill_from = \"2025-01-20\"\n";
        let mut mailbox = server.mailbox(table);
        let mut intake = Intake::default();
        pass(&mut mailbox, &mut intake).await.unwrap();
        assert_eq!(
            intake.bodies.keys().copied().collect::<BTreeSet<_>>(),
            server.world().bodies(),
            "{page:?}"
        );
        server.world().requests.clear();
        assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 0);
        assert_eq!(server.count(LIST), 2, "{page:?}: one for mail, one for evidence");
        // Ten days later, after an outage, in another process.
        server.set_today(date(2026, 2, 6));
        server.world().arrive_on(date(2026, 1, 29));
        let mut mailbox = server.mailbox(table);
        mailbox.recall(intake.last_states());
        assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 1, "{page:?}");
        server.world().requests.clear();
        assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 0);
        assert_eq!(server.count(LIST), 2, "{page:?}: the year is not walked again");
    }
}

#[tokio::test]
async fn a_year_is_walked_back_through_every_fault() {
    for seed in 0..2 {
        let mut dice = Dice::new(seed);
        let server = Turkkep::start(seed, today(), 0, 30).await;
        for nth in 0..60 {
            let day = today().checked_sub(jiff::Span::new().days(nth * 6)).unwrap();
            server.world().arrive_on(day);
        }
        let table = "backfill_from = \"2025-01-20\"\n";
        storm::year(&server, || Box::new(server.hasty_mailbox(table)), today(), &mut dice).await;
    }
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
            (500, "text/xml".into(), soap::fault("veritabanı").into_bytes()),
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
async fn a_list_of_evidence_that_cannot_be_read_keeps_no_mail_away_and_is_told() {
    let server = Turkkep::start(12, today(), 0, 0).await;
    server.world().put(1, "Dispatch", today().at(8, 0, 0, 0), message(1, 500));
    let unsaid = turkkep::written(LIST, "", None, false);
    for (answer, words) in [
        ((200, unsaid.0, unsaid.1), "sonucKodu olmayan"),
        ((404, "text/html".into(), b"<html>".to_vec()), "404"),
        ((200, "text/xml".into(), vec![b' '; 2 << 20]), "büyük"),
        ((503, "text/html".into(), b"<html>".to_vec()), "503"),
    ] {
        server.world().canned_kind = Some(("Message".into(), answer));
        let (mut mailbox, mut intake) = (server.mailbox("reply_bytes = 1048576\n"), Intake::default());
        let error = pass(&mut mailbox, &mut intake).await.err().expect("half of the box was not seen");
        assert!(error.problem.tr.contains(words), "{error:?}");
        assert_eq!(intake.bodies.len(), 1, "{words}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_told_at_each_look_and_asked_for_once_a_day() {
    let server = Turkkep::start(13, today(), 0, 0).await;
    server.world().put(1, "Dispatch", today().at(8, 0, 0, 0), message(1, 200 << 10));
    let mut mailbox = server.mailbox("reply_bytes = 131072\n");
    for _ in 0..2 {
        let ends = ends(&mut mailbox).await;
        assert!(matches!(ends[0].outcome, Err(NotFetched::TooLarge { .. })), "{ends:?}");
    }
    assert_eq!(server.count("IletiGetir"), 1);
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
