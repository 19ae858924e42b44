//! PTT's service, broken at every step, then healed: afterwards everything that lies there is here, once. And what each operation puts on
//! the wire, as the service and an independent SOAP client read it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "eyservis/mod.rs"]
mod eyservis;
mod forge;
mod gateway;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eyservis::wire::{self, Reply, bare, text};
use eyservis::{Cut, EyServis, FAULT_KINDS, Fault, LOGIN, SECRETS, SMS};
use forge::venv;
use forge::world::World as Country;
use gateway::Gateway;
use jiff::civil::{Date, date};
use kep_gateway::hash::Sha256;
use kep_gateway::mailbox::{ErrorClass, Fetched, Locator, Mailbox, MailboxError, NotFetched};
use serde_json::Value;
use support::intake::{Consumer, Intake, pass};
use support::soap_service::World as _;
use support::{Dice, message, soap, storm};

const NO_EVIDENCE: &str = "evidence = false\n";

fn today() -> Date {
    date(2026, 1, 27)
}

async fn survive(seed: u64) -> Vec<Fault> {
    let mut dice = Dice::new(seed ^ 0xe5e5);
    let server = EyServis::start(seed, today(), 3 + dice.below(10), 1 + dice.below(6)).await;
    // A list that was short is asked for again a day later, as far back as one window reaches: all messages here lie within it.
    let query = ["PaketSorgula", "PaketSorgula2", "PaketSorgula3"][dice.below(3)];
    let table = format!(
        "query = \"{query}\"\nbackfill_from = \"2026-01-01\"\nwindow = \"{}d\"\n{NO_EVIDENCE}",
        25 + dice.below(30)
    );
    storm::survive(&server, || Box::new(server.hasty_mailbox(&table)), today(), seed, &mut dice).await
}

#[test]
fn whatever_breaks_heals_without_loss() {
    storm::storm(FAULT_KINDS, survive);
}

#[tokio::test]
async fn a_poll_that_brings_nothing_new_costs_one_request_per_folder() {
    for (query, evidence) in [("PaketSorgula", "false"), ("PaketSorgula2", "false"), ("PaketSorgula3", "true")] {
        let server = EyServis::start(2, today(), 12, 0).await;
        let mut mailbox = server.mailbox(&format!(
            "query = \"{query}\"\nfolders = [\"INBOX\", \"INBOX.Sent\"]\nbackfill_from = \"2026-01-01\"\nevidence = {evidence}\n"
        ));
        let mut intake = Intake::default();
        pass(&mut mailbox, &mut intake).await.unwrap();
        assert_eq!(intake.bodies.len(), 12);
        pass(&mut mailbox, &mut intake).await.unwrap();
        server.world().requests.clear();
        pass(&mut mailbox, &mut intake).await.unwrap();
        let world = server.world();
        assert_eq!((world.count(query), world.requests.len()), (2, 2), "{query}");
        // The end is tomorrow, or today's mail is not listed before tomorrow.
        assert!(
            world
                .requests
                .iter()
                .all(|request| request.member("sontarih") == "2026-01-28T00:00:00" && request.member("ilktarih") == "2026-01-24T00:00:00")
        );
    }
}

#[tokio::test]
async fn a_year_is_walked_back_and_a_restart_goes_on_from_there() {
    let server = EyServis::start(4, today(), 0, 0).await;
    let first = date(2025, 1, 20);
    for day in 0..372 {
        server.world().arrive_on(first.checked_add(jiff::Span::new().days(day)).unwrap());
    }
    let table = format!("backfill_from = \"2025-01-20\"\n{NO_EVIDENCE}");
    let mut mailbox = server.mailbox(&table);
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.bodies.keys().copied().collect::<BTreeSet<_>>(), server.world().bodies());
    let asked = server.count("PaketSorgula2");
    assert!((12..=14).contains(&asked), "{asked} queries for a year");
    pass(&mut mailbox, &mut intake).await.unwrap();
    // Ten days later, after an outage, in another process.
    server.set_today(date(2026, 2, 6));
    server.world().arrive_on(date(2026, 1, 29));
    server.world().requests.clear();
    let mut mailbox = server.mailbox(&table);
    mailbox.recall(intake.last_states());
    assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 1);
    // One for the last weeks, one for the day's piece of the year before; then one for each look.
    assert_eq!(server.count("PaketSorgula2"), 2);
    assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 0);
    assert_eq!(server.count("PaketSorgula2"), 3);
}

#[tokio::test]
async fn a_year_is_walked_back_through_every_fault() {
    for seed in 0..2 {
        let mut dice = Dice::new(seed);
        let server = EyServis::start(seed, today(), 0, 30).await;
        for nth in 0..60 {
            let day = today().checked_sub(jiff::Span::new().days(nth * 6)).unwrap();
            server.world().arrive_on(day);
        }
        let table = format!("backfill_from = \"2025-01-20\"\n{NO_EVIDENCE}");
        storm::year(&server, || Box::new(server.hasty_mailbox(&table)), today(), &mut dice).await;
    }
}

#[tokio::test]
async fn a_list_that_was_cut_short_in_old_days_is_found_out_and_told() {
    for cut in [Cut::Oldest, Cut::Newest] {
        let server = EyServis::start(5, today(), 0, 0).await;
        for nth in 0..40 {
            server
                .world()
                .arrive_on(date(2025, 3, 1).checked_add(jiff::Span::new().days(nth * 7)).unwrap());
        }
        let table = format!("backfill_from = \"2025-02-20\"\n{NO_EVIDENCE}");
        let mut mailbox = server.mailbox(&table);
        let mut intake = Intake::default();
        // While the year is walked, no list has more than three rows, and none says so.
        server.world().at_most = Some((3, cut));
        pass(&mut mailbox, &mut intake).await.unwrap();
        let short = intake.bodies.len();
        assert!(short < 40, "{cut:?}: nothing was cut");
        // It stays so: pieces of half a window are cut elsewhere.
        for day in 1..40 {
            server.set_today(today().checked_add(jiff::Span::new().days(day)).unwrap());
            server.world().requests.clear();
            pass(&mut mailbox, &mut intake).await.unwrap();
            assert!(server.count("PaketSorgula2") <= 3, "one query more, once a day");
        }
        assert_eq!(intake.bodies.len(), 40, "{cut:?}: cut short for ever");
        assert!(intake.oddities > 0, "{cut:?}: found in silence");
    }
}

#[tokio::test]
async fn an_old_window_that_breaks_keeps_no_new_message_away_and_is_not_hidden() {
    let server = EyServis::start(4, today(), 0, 0).await;
    server.world().arrive_on(date(2025, 6, 1));
    server.world().arrive_on(today());
    server.world().broken_before = Some(date(2025, 12, 1).at(0, 0, 0, 0));
    let mut mailbox = server.mailbox(&format!("backfill_from = \"2025-05-20\"\n{NO_EVIDENCE}"));
    let mut intake = Intake::default();
    for _ in 0..2 {
        let error = pass(&mut mailbox, &mut intake).await.err().expect("an old window is not here");
        assert!(error.is_transient() && error.problem.en.contains("Eski kayit"), "{error}");
        assert_eq!(intake.bodies.len(), 1, "the new message came all the same");
    }
    server.world().broken_before = None;
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.bodies.len(), 2);
}

#[tokio::test]
async fn a_message_has_the_same_bytes_in_both_styles() {
    let mut bodies = Vec::new();
    for mtom in [false, true] {
        let server = EyServis::start(6, today(), 0, 0).await;
        server.world().mtom = mtom;
        server.world().put("INBOX", today().at(0, 0, 0, 0), message(1, 3 << 20));
        server
            .world()
            .put("INBOX", today().at(23, 59, 59, 0), b"\0\r\n--MIMEBoundary=_0f\r\n\xff".to_vec());
        let mut intake = Intake::default();
        pass(&mut server.mailbox(NO_EVIDENCE), &mut intake).await.unwrap();
        assert_eq!(intake.bodies.keys().copied().collect::<BTreeSet<_>>(), server.world().bodies());
        bodies.push(intake.bodies);
    }
    assert_eq!(bodies[0], bodies[1]);
}

async fn failing_list(server: &EyServis) -> MailboxError {
    let table = format!("reply_bytes = 1048576\n{NO_EVIDENCE}");
    let error = server.mailbox(&table).list(&BTreeSet::new()).await.unwrap_err();
    let told = format!("{error} {:?}", error.problem);
    assert!(SECRETS.iter().all(|(_, secret)| !told.contains(secret)), "a secret in {told}");
    error
}

#[tokio::test]
async fn wrong_credentials_stop_at_once_and_nothing_else_does() {
    let server = EyServis::start(8, today(), 2, 0).await;
    for words in [
        "Şifre veya Parola Yanlış",
        "ŞİFRE VEYA PAROLA YANLIŞ",
        "Hata (3): sifre veya parola yanlis",
    ] {
        server.world().refuse = Some(words.to_owned());
        server.world().requests.clear();
        assert_eq!(failing_list(&server).await.class, ErrorClass::Authentication, "{words}");
        assert_eq!(server.world().requests.len(), 1, "not asked again");
    }
    server.world().refuse = Some("Sistem bakımda".to_owned());
    let error = failing_list(&server).await;
    assert!(error.is_transient() && error.problem.tr.contains("Sistem bakımda"), "{error}");
    // At the download, too: the others are not tried with the same credentials.
    server.world().refuse = None;
    let mut mailbox = server.mailbox(NO_EVIDENCE);
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    server.world().refuse = Some("Şifre veya Parola Yanlış".to_owned());
    let (to, _from) = tokio::sync::mpsc::channel(8);
    assert_eq!(mailbox.fetch(listing.new, to).await.unwrap_err().class, ErrorClass::Authentication);
    assert_eq!(server.count("Indir"), 1);
    // The credit says it in the name of the unit.
    assert_eq!(mailbox.credit().await.unwrap_err().class, ErrorClass::Authentication);
    // A wrong secret in its file is the same.
    server.world().refuse = None;
    fs::write(server.folder.path().join("ptt.sifre"), "yanlis").unwrap();
    assert_eq!(failing_list(&server).await.class, ErrorClass::Authentication);
}

#[tokio::test]
async fn every_shape_of_an_error_is_told_from_an_empty_mailbox() {
    let server = EyServis::start(10, today(), 0, 0).await;
    let wrapper = "PaketSorgulaResponse2";
    let xml = |reply: Reply| (200, "text/xml".to_owned(), reply.written(false).1);
    type Answer = (u16, String, Vec<u8>);
    let cases: Vec<(Answer, ErrorClass, &str)> = vec![
        (xml(Reply::new(wrapper, "")), ErrorClass::Permanent, "nothing at all"),
        (
            xml(Reply::new(wrapper, bare("durum", "12") + &bare("hataaciklama", "Tarih hatalı"))),
            ErrorClass::Transient,
            "Tarih hatalı",
        ),
        (
            xml(Reply::new("PaketSorgula2Response", bare("durum", "0"))),
            ErrorClass::Transient,
            "another reply",
        ),
        (xml(Reply::new(wrapper, bare("durum", "bir"))), ErrorClass::Transient, "no number"),
        (
            xml(Reply::new(
                wrapper,
                format!("<a:iletiler>{}{}</a:iletiler>", text("konu", "x"), text("from", "y")) + &bare("durum", "0"),
            )),
            ErrorClass::Transient,
            "different lengths",
        ),
        (
            (500, "text/xml".into(), soap::fault("veritabanı").into_bytes()),
            ErrorClass::Transient,
            "veritabanı",
        ),
        ((500, "text/html".into(), b"<html>".to_vec()), ErrorClass::Transient, "status 500"),
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
    for ((status, kind, body), class, words) in cases {
        server.world().canned = Some(("PaketSorgula2".into(), status, kind, body));
        let error = failing_list(&server).await;
        assert_eq!(error.class, class, "{words}: {error}");
        assert!(error.problem.en.contains(words), "{words}: {error}");
        assert!(!error.cure.tr.is_empty());
    }
    for empty in [
        format!("<a:iletiler>{}</a:iletiler>", wire::nil("kepId")) + &bare("durum", "0"),
        format!("<a:iletiler>{}{}</a:iletiler>", wire::nil("kepId"), wire::nil("konu")),
        bare("durum", "0"),
    ] {
        server.world().canned = Some((
            "PaketSorgula2".into(),
            200,
            "text/xml".into(),
            Reply::new(wrapper, empty).written(false).1,
        ));
        let listing = server.mailbox(NO_EVIDENCE).list(&BTreeSet::new()).await.unwrap();
        assert!(listing.new.is_empty() && listing.oddities.is_empty());
    }
}

#[tokio::test]
async fn a_message_without_kep_id_is_fetched_by_its_row_and_told() {
    let server = EyServis::start(10, today(), 0, 0).await;
    let row = format!(
        "<a:iletiler>{}{}{}{}</a:iletiler>",
        wire::nil("kepId"),
        text("kepSiraNo", "7"),
        text("from", "a@b"),
        text("konu", "Gizli konu")
    );
    server.world().canned = Some((
        "PaketSorgula2".into(),
        200,
        "text/xml".into(),
        Reply::new("PaketSorgulaResponse2", row + &bare("durum", "0")).written(false).1,
    ));
    let mut mailbox = server.mailbox(NO_EVIDENCE);
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    assert_eq!((listing.new.len(), listing.oddities.len()), (1, 1));
    assert!(!listing.new[0].locator.id.contains("Gizli"), "a subject is no name");
    let (to, _from) = tokio::sync::mpsc::channel(8);
    mailbox.fetch(listing.new, to).await.unwrap();
    let world = server.world();
    let request = world.requests.iter().find(|request| request.operation == "Indir").unwrap();
    assert_eq!(
        (request.member("kepSiraNo"), request.member("kepId"), request.member("dizin")),
        ("7", "", "INBOX")
    );
}

#[tokio::test]
async fn a_row_number_is_never_acknowledged_nor_deleted() {
    let server = EyServis::start(10, today(), 2, 0).await;
    let table = "acknowledge = true\ndelete_after = \"90d\"\ndelete_backup = \"/x\"\n";
    let mut mailbox = server.mailbox(table);
    let row = Locator {
        folder: "INBOX".into(),
        epoch: 0,
        id: format!("#sira/1/{}", Sha256::of(b"x")),
    };
    let whole = Locator {
        id: server.world().mails[0].kep_id.clone(),
        ..row.clone()
    };
    // By now the first row may be a message that nobody has here.
    assert!(!mailbox.takes_acknowledgement(&row) && mailbox.takes_acknowledgement(&whole));
    mailbox.acknowledge(&row).await.unwrap();
    assert!(!mailbox.remove(&row, &Sha256::of(b"x")).await.unwrap());
    assert_eq!(server.count("AlindiOnay") + server.count("PaketSil"), 0);
    mailbox.acknowledge(&whole).await.unwrap();
    assert_eq!(server.count("AlindiOnay"), 1);
}

#[tokio::test]
async fn secrets_that_the_service_repeats_go_no_further() {
    let server = EyServis::start(10, today(), 1, 0).await;
    let said = SECRETS.map(|(_, secret)| secret).join(" / ");
    let echo = format!("Yetkiniz yok: {said}");
    let answers = [
        (500, soap::fault(&echo).into_bytes()),
        (
            200,
            Reply::new("PaketSorgulaResponse2", bare("durum", "9") + &bare("hataaciklama", &echo))
                .written(false)
                .1,
        ),
    ];
    for (status, body) in answers {
        server.world().canned = Some(("PaketSorgula2".into(), status, "text/xml".into(), body));
        // Looks into what is told for each of the three.
        let error = failing_list(&server).await;
        assert!(error.problem.tr.contains("Yetkiniz yok: *** / *** / ***"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_of_nothing_but_a_secret_goes_no_further_either() {
    let server = EyServis::start(10, today(), 1, 0).await;
    for (_, secret) in SECRETS {
        let body = Reply::new("PaketSorgulaResponse2", bare("durum", "9") + &bare("hataaciklama", secret));
        server.world().canned = Some(("PaketSorgula2".into(), 200, "text/xml".into(), body.written(false).1));
        // Looks into what is told.
        let error = failing_list(&server).await;
        assert!(error.problem.tr.contains("***"), "{error}");
    }
    // What a person types is a secret too, and what the attempt was given.
    let mut config = server.config(NO_EVIDENCE);
    config.login_file = server.folder.path().join("login");
    let secrets = kep_gateway::secret::SecretFolder::beside(server.folder.path());
    for said in ["654321", "654321 (BEGUN-7)"] {
        let inner = text("durum", "1") + &text("hataaciklama", said);
        let body = Reply::new("GuvenliGirisResponse", format!("<a:return>{inner}</a:return>"));
        server.world().canned = Some(("GuvenliGiris".into(), 200, "text/xml".into(), body.written(false).1));
        let begun = kep_gateway::mailbox::eyservis::login::begin(&config, &secrets, &Default::default())
            .await
            .unwrap();
        let refused = begun.finish(&kep_gateway::secret::Secret::new("654321")).await.unwrap_err();
        let told = format!("{refused} {:?}", refused.problem);
        assert!(
            told.contains("***") && !told.contains("654321") && !told.contains("BEGUN"),
            "{told}"
        );
    }
    assert!(!config.login_file.exists());
}

#[tokio::test]
async fn a_query_answered_with_nothing_is_not_repeated_with_wrong_credentials() {
    let server = EyServis::start(10, today(), 1, 0).await;
    let nothing = Reply::new("PaketSorgulaResponse2", "").written(false).1;
    server.world().canned = Some(("PaketSorgula2".into(), 200, "text/xml".into(), nothing));
    assert_eq!(
        failing_list(&server).await.class,
        ErrorClass::Permanent,
        "the credit is told: it is something else"
    );
    // Only there the service says in words what is wrong.
    server.world().refuse = Some("Şifre veya Parola Yanlış".into());
    server.world().requests.clear();
    assert_eq!(failing_list(&server).await.class, ErrorClass::Authentication);
    let asked: Vec<String> = server.world().requests.iter().map(|request| request.operation.clone()).collect();
    assert_eq!(asked, ["PaketSorgula2", "KontorSorgula"]);
}

#[tokio::test]
async fn a_message_that_breaks_every_download_stops_no_other() {
    let server = EyServis::start(12, today(), 9, 0).await;
    let poison = server.world().mails[3].kep_id.clone();
    server.world().poison.insert(poison.clone());
    let mut mailbox = server.mailbox(&format!("backfill_from = \"2026-01-01\"\n{NO_EVIDENCE}"));
    let mut intake = Intake::default();
    let mut errors = 0;
    while intake.missing.is_empty() && errors < 10 {
        errors += usize::from(pass(&mut mailbox, &mut intake).await.is_err());
    }
    assert_eq!((intake.known.len(), intake.missing[0].0.id.as_str()), (8, poison.as_str()));
    assert!(errors < 5, "{errors}");
    server.world().poison.clear();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(intake.known.len(), 9, "it is tried again at each pass");
}

#[tokio::test]
async fn a_package_that_is_not_there_or_too_large_is_a_hole_and_the_rest_comes() {
    let server = EyServis::start(14, today(), 0, 0).await;
    let large = server.world().put("INBOX", today().at(9, 0, 0, 0), message(1, 200 << 10));
    let small = server.world().put("INBOX", today().at(9, 0, 0, 0), message(2, 1_000));
    let mut mailbox = server.mailbox(&format!("reply_bytes = 131072\n{NO_EVIDENCE}"));
    let mut listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    listing.new.push(kep_gateway::mailbox::Listed {
        locator: Locator {
            folder: "INBOX".into(),
            epoch: 0,
            id: "<yok@x>".into(),
        },
        size: None,
        arrived: None,
    });
    let (to, mut from) = tokio::sync::mpsc::channel(8);
    mailbox.fetch(listing.new, to).await.unwrap();
    let mut ends = BTreeMap::new();
    while let Some(Fetched { listed, outcome }) = from.recv().await {
        ends.insert(listed.locator.id, outcome);
    }
    assert!(matches!(ends[&large], Err(NotFetched::TooLarge { limit: 131_072, .. })));
    assert!(matches!(ends["<yok@x>"], Err(NotFetched::Missing(_))));
    assert!(ends[&small].is_ok());
}

#[tokio::test]
async fn what_is_too_large_is_told_at_each_look_and_asked_for_once_a_day() {
    let server = EyServis::start(15, today(), 0, 0).await;
    server.world().put("INBOX", today().at(9, 0, 0, 0), message(1, 200 << 10));
    let mut mailbox = server.mailbox(&format!("reply_bytes = 131072\n{NO_EVIDENCE}"));
    let mut intake = Intake::default();
    for (looks, asked) in [(3, 1), (2, 2)] {
        for _ in 0..looks {
            assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 1);
        }
        assert_eq!(server.count("Indir"), asked);
        server.set_today(today().tomorrow().unwrap());
    }
    assert!(intake.missing.iter().all(|(_, why)| matches!(why, NotFetched::TooLarge { .. })));
    // After a reload the limit may be another one.
    pass(&mut server.mailbox(NO_EVIDENCE), &mut intake).await.unwrap();
    assert_eq!(intake.known.len(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_listed_is_named_and_keeps_no_other_away() {
    let server = EyServis::start(17, today(), 0, 0).await;
    server.world().put("INBOX", today().at(8, 0, 0, 0), message(1, 500));
    let xml = |inner: String| {
        (
            200,
            "text/xml".to_owned(),
            Reply::new("PaketSorgulaResponse2", inner).written(false).1,
        )
    };
    let table = format!("folders = [\"INBOX.Eski\", \"INBOX\"]\n{NO_EVIDENCE}");
    let nothing = xml(String::new());
    let absent = ["INBOX.Eski", "INBOX.Sent", "sent_folders"];
    for (answer, words) in [
        (nothing.clone(), &absent[..]),
        (xml(bare("durum", "5") + &bare("hataaciklama", "Dizin yok")), &absent),
        (xml(bare("durum", "bir")), &["sayı olmayan bir durum"]),
        ((404, "text/html".into(), b"<html>".to_vec()), &["404"]),
        ((200, "text/xml".into(), vec![b' '; 2 << 20]), &["büyük"]),
    ] {
        server.world().canned_folder = Some(("INBOX.Eski".into(), answer));
        let (mut mailbox, mut intake) = (server.mailbox(&format!("reply_bytes = 1048576\n{table}")), Intake::default());
        // Also when there is nothing else to fetch, and so no listing in which it could be named.
        for _ in 0..2 {
            let error = pass(&mut mailbox, &mut intake).await.err().expect("half of the box was not seen");
            for word in words {
                assert!(error.problem.tr.contains(word) && !error.cure.tr.is_empty(), "{word}: {error:?}");
            }
            assert_eq!(intake.bodies.len(), 1, "{words:?}");
        }
    }
    // Refused credentials are another thing: nobody asks for the next folder.
    server.world().canned_folder = Some(("INBOX.Eski".into(), nothing));
    server.world().refuse = Some("Şifre veya Parola Yanlış".into());
    server.world().requests.clear();
    let error = server.mailbox(&table).list(&BTreeSet::new()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Authentication);
    let asked: Vec<String> = server.world().requests.iter().map(|request| request.operation.clone()).collect();
    assert_eq!(asked, ["PaketSorgula2", "KontorSorgula"]);
}

#[tokio::test]
async fn what_was_listed_before_the_line_broke_is_fetched() {
    let server = EyServis::start(17, today(), 0, 0).await;
    server.world().put("INBOX", today().at(8, 0, 0, 0), message(1, 500));
    server.world().canned_folder = Some(("INBOX.Sent".into(), (503, "text/html".into(), b"<html>".to_vec())));
    let mut mailbox = server.mailbox(&format!("sent_folders = [\"INBOX.Sent\"]\n{NO_EVIDENCE}"));
    let mut intake = Intake::default();
    let error = pass(&mut mailbox, &mut intake).await.err().expect("half of the box was not seen");
    assert!(error.is_transient() && error.problem.en.contains("503"), "{error}");
    assert_eq!(intake.bodies.len(), 1);
}

#[tokio::test]
async fn one_kep_id_is_one_message_wherever_it_is_seen() {
    let server = EyServis::start(16, today(), 4, 0).await;
    server.world().folders.push("INBOX.Arsiv".into());
    let mut mailbox = server.mailbox(&format!(
        "backfill_from = \"2026-01-01\"\nfolders = [\"INBOX\", \"INBOX.Arsiv\"]\n{NO_EVIDENCE}"
    ));
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    server
        .world()
        .mails
        .iter_mut()
        .take(2)
        .for_each(|mail| mail.folder = "INBOX.Arsiv".into());
    assert_eq!(
        pass(&mut mailbox, &mut intake).await.unwrap().answered,
        0,
        "moved on the server, not new"
    );
    assert_eq!(intake.known.len(), 4);
}

#[tokio::test]
async fn evidence_is_fetched_once_and_mail_comes_first() {
    let server = EyServis::start(18, today(), 3, 0).await;
    server.world().mails[1].evidence = vec![("D-1".into(), b"<d1/>".to_vec()), ("D-2".into(), b"<d2/>".to_vec())];
    let mut mailbox = server.mailbox("backfill_from = \"2026-01-01\"\n");
    let mut intake = Intake::default();
    for _ in 0..3 {
        pass(&mut mailbox, &mut intake).await.unwrap();
    }
    assert_eq!(
        intake.known.len(),
        5,
        "{:?}",
        server.world().requests.iter().map(|request| &request.operation).collect::<Vec<_>>()
    );
    assert!(intake.bodies.contains_key(&Sha256::of(b"<d2/>")));
    let world = server.world();
    assert_eq!(
        (
            world.count("PaketDetayDelilSorgula"),
            world.count("PaketDelilIndir"),
            world.count("Indir")
        ),
        (3, 2, 3)
    );
}

#[tokio::test]
async fn evidence_that_cannot_be_listed_keeps_no_other_away() {
    let server = EyServis::start(18, today(), 0, 0).await;
    for nth in 0..6 {
        let kep_id = server.world().put("INBOX", today().at(8, 0, 0, 0), message(nth, 500));
        let mut world = server.world();
        world.mails[nth].evidence = vec![(format!("D-{nth}"), format!("<d{nth}/>").into_bytes())];
        if nth < 4 {
            world.broken_evidence.insert(kep_id);
        }
    }
    let mut mailbox = server.mailbox("");
    let mut intake = Intake::default();
    for _ in 0..5 {
        pass(&mut mailbox, &mut intake).await.unwrap();
    }
    assert_eq!(server.count("PaketDelilIndir"), 2, "those of the two that can be listed");
    assert!(server.count("PaketDetayDelilSorgula") <= 6, "what breaks rests for a while");
    server.world().broken_evidence.clear();
    server.clock.set(kep_gateway::clock::from_local(today().at(12, 15, 1, 0)));
    for _ in 0..3 {
        pass(&mut mailbox, &mut intake).await.unwrap();
    }
    assert_eq!(server.count("PaketDelilIndir"), 6);
}

#[tokio::test]
async fn nothing_is_acknowledged_or_deleted_unless_it_is_configured_and_its_evidence_is_here() {
    let server = EyServis::start(20, today(), 1, 0).await;
    let mut intake = Intake::default();
    let backup = format!(
        "delete_after = \"90d\"\ndelete_backup = \"{}\"\nbackfill_from = \"2026-01-01\"\n",
        server.folder.path().display()
    );
    let mut plain = server.mailbox("backfill_from = \"2026-01-01\"\n");
    pass(&mut plain, &mut intake).await.unwrap();
    let locator = intake.known.first().unwrap().clone();
    let here = *intake.bodies.first_key_value().unwrap().0;
    plain.acknowledge(&locator).await.unwrap();
    assert!(!plain.remove(&locator, &here).await.unwrap());
    assert_eq!(server.count("AlindiOnay") + server.count("PaketSil"), 0);
    server.mailbox("acknowledge = true\n").acknowledge(&locator).await.unwrap();
    assert_eq!(server.count("AlindiOnay"), 1);
    let mut deleting = server.mailbox(&backup);
    pass(&mut deleting, &mut intake).await.unwrap();
    server.world().requests.clear();
    assert!(!deleting.remove(&locator, &here).await.unwrap(), "no evidence at all");
    assert!(server.world().requests.is_empty(), "and that needs no question");
    server.world().mails[0].evidence = vec![("D-1".into(), b"<d1/>".to_vec())];
    assert!(!deleting.remove(&locator, &here).await.unwrap(), "evidence that is not here");
    let mut deleting = server.mailbox(&backup);
    pass(&mut deleting, &mut intake).await.unwrap();
    pass(&mut deleting, &mut intake).await.unwrap();
    server.world().has_nameless_evidence = true;
    assert!(!deleting.remove(&locator, &here).await.unwrap(), "evidence that nobody can fetch");
    server.world().has_nameless_evidence = false;
    server.world().mails[0].evidence.push(("D-2".into(), b"<d2/>".to_vec()));
    assert!(!deleting.remove(&locator, &here).await.unwrap(), "evidence that came since");
    server.world().mails[0].evidence.pop();
    assert!(
        !deleting.remove(&locator, &Sha256::of(b"another message")).await.unwrap(),
        "other bytes under this kepId"
    );
    assert_eq!(server.count("PaketSil"), 0);
    assert_eq!(
        pass(&mut deleting, &mut intake).await.unwrap().listing.oddities.len(),
        1,
        "which is told"
    );
    // The same bytes, and others beside them, of which nobody knows what they are.
    let package = STANDARD.encode(&server.world().mails[0].bytes);
    let packages = format!("{}<e:ePaket>{package}</e:ePaket><e:ePaket>YWJj</e:ePaket>", text("durum", "0"));
    let packages = Reply::new("IndirResponse", format!("<a:return>{packages}</a:return>"))
        .written(false)
        .1;
    server.world().canned = Some(("Indir".into(), 200, "text/xml".into(), packages));
    assert!(!deleting.remove(&locator, &here).await.unwrap(), "two packages");
    server.world().canned = None;
    assert_eq!(server.count("PaketSil"), 0);
    let told = pass(&mut deleting, &mut intake).await.unwrap().listing.oddities;
    assert!(told.len() == 1 && told[0].en.contains("more than one package"), "{told:?}");
    assert!(deleting.remove(&locator, &here).await.unwrap());
    assert_eq!(server.count("PaketSil"), 1);
    assert!(server.world().mails.is_empty());
}

#[tokio::test]
async fn only_the_right_authority_and_name_are_spoken_to() {
    let server = EyServis::start(22, today(), 1, 0).await;
    let mut other = server.config(NO_EVIDENCE);
    other.ca_file = server.folder.path().join("other-ca.pem");
    let mut nameless = server.config(NO_EVIDENCE);
    nameless.url = server.url.replace("localhost", "127.0.0.1");
    let mut system = server.config(NO_EVIDENCE);
    system.ca_file = std::path::PathBuf::new();
    for config in [other, nameless, system] {
        let error = server.mailbox_of(config).list(&BTreeSet::new()).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Permanent, "{error}");
        assert!(error.problem.tr.contains("sertifika"), "{error}");
    }
    assert!(server.world().requests.is_empty(), "no credentials went out");
    let mut plain = server.config(NO_EVIDENCE);
    plain.url = server.url.replace("https", "http");
    let secrets = kep_gateway::secret::SecretFolder::beside(server.folder.path());
    let refused = kep_gateway::mailbox::eyservis::EyServisMailbox::new(plain, secrets, &Default::default());
    let told = refused.err().unwrap().problem;
    assert!(
        told.en.contains("must begin with https") && told.tr.contains("https:// ile başlamalı"),
        "{told:?}"
    );
    let mut shown = server.config(NO_EVIDENCE);
    shown.url = server.url.replace("https://", "https://kurum:gizli@");
    let secrets = kep_gateway::secret::SecretFolder::beside(server.folder.path());
    let refused = kep_gateway::mailbox::eyservis::EyServisMailbox::new(shown, secrets, &Default::default());
    let told = refused.err().unwrap().problem.en;
    assert!(told.contains("password") && !told.contains("gizli"), "{told}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = EyServis::start(22, today(), 1, 0).await;
    // To the same server, so that nothing else stops it.
    let elsewhere = format!("text/html\r\nLocation: {}", server.url);
    for status in [307, 308] {
        server.world().requests.clear();
        server.world().canned = Some(("PaketSorgula2".into(), status, elsewhere.clone(), Vec::new()));
        assert_eq!(failing_list(&server).await.class, ErrorClass::Permanent);
        assert_eq!(server.world().requests.len(), 1, "the credentials went out a second time");
    }
}

#[tokio::test]
async fn quota_and_credit_are_asked_for_when_due() {
    let server = EyServis::start(24, today(), 0, 0).await;
    let mut mailbox = server.mailbox("quota_means = \"used\"\nlow_credit = 2000\n");
    for _ in 0..2 {
        assert_eq!(mailbox.quota().await.unwrap().unwrap().percent(), 50);
        let credit = mailbox.credit().await.unwrap().unwrap();
        assert!(credit.is_low && credit.amount == "1250.5" && credit.unit == "Kontör", "{credit:?}");
    }
    assert_eq!((server.count("KotaSorgula"), server.count("KontorSorgula")), (1, 1));
    for (said, is_low) in [("1999,99", true), ("2.000,00", false), ("-3", true), ("2000.5", false)] {
        server.world().credit = said.into();
        let mut mailbox = server.mailbox("low_credit = 2000\n");
        assert_eq!(mailbox.credit().await.unwrap().unwrap().is_low, is_low, "{said}");
    }
    // Nothing is ever below what is not a number.
    server.world().credit = "NaN".into();
    assert!(server.mailbox("").credit().await.is_err());
    assert_eq!(
        server
            .mailbox("quota_means = \"left\"\nquota_bytes = 209715200\n")
            .quota()
            .await
            .unwrap()
            .unwrap()
            .percent(),
        75
    );
    assert_eq!(server.mailbox("").quota().await.unwrap(), None, "the number's meaning is not known");
}

/// The built program with this service as its only mailbox. Its clock is the machine's.
fn gateway_of(server: &EyServis, more: &str) -> Gateway {
    let gateway = Gateway::bare(&Country::new(1));
    gateway.configure(&format!(
        "[[mailbox]]\n{}[[alert.group]]\nname = \"default\"\n[alert.group.email]\nto = [\"a@example.org\"]\n\
         [alert.email]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\nallow_plaintext = true\nfrom = \"g@example.org\"\n",
        server.table(more)
    ));
    gateway
}

fn now_day() -> Date {
    kep_gateway::clock::local_day(jiff::Timestamp::now())
}

fn spoken(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_at_the_service_is_registered_once_by_the_real_program() {
    let server = EyServis::start(26, now_day(), 0, 0).await;
    for number in 0..3 {
        server.world().put("INBOX", now_day().at(1, 0, 0, 0), message(number, 2_000));
    }
    server.world().credit = "3".into();
    let gateway = gateway_of(&server, "timeout = \"1m\"\n".replace("timeout", "interval").as_str());
    let gateway = tokio::task::spawn_blocking(move || {
        for round in 0..2 {
            // Nobody listens there: a proxy of the environment would read the credentials.
            let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, "http://127.0.0.1:9"));
            let output = gateway.command(&["poll"]).envs(proxies).output().unwrap();
            let said = spoken(&output);
            assert!(output.status.success(), "{said}");
            assert!(SECRETS.iter().all(|(_, secret)| !said.contains(secret)));
            let exported: Value = serde_json::from_slice(&gateway.run(&["documents", "export", "--json"]).stdout).unwrap();
            assert_eq!(exported.as_array().unwrap().len(), 3, "round {round}: {said}");
            assert!(exported[0]["mailbox"] == "ptt");
        }
        let alerts = spoken(&gateway.run(&["alerts", "list"]));
        assert!(alerts.contains("kontör"), "{alerts}");
        assert!(spoken(&gateway.run(&["reconcile"])).contains("burada olmayan 0"));
        gateway
    })
    .await
    .unwrap();
    assert_eq!(server.count("Indir"), 3);
    assert_eq!(server.count("AlindiOnay") + server.count("PaketSil"), 0);
    drop(gateway);
}

/// Evidence about a sent message that names it by nothing but the kepId under which it is asked for.
fn nameless_evidence(root: &str, event: &str, recipient: &str) -> Vec<u8> {
    format!(
        "<r:{root} xmlns:r=\"http://uri.etsi.org/02640/v2#\" version=\"2.1.1\"><r:EventCode>http:uri.etsi.org/REM/Event#{event}</r:EventCode>\
         <r:EvidenceIdentifier>{event}</r:EvidenceIdentifier><r:EventTime>2026-01-05T12:00:00+03:00</r:EventTime><r:RecipientsDetails>\
         <r:EntityDetails><r:AttributedElectronicAddress scheme=\"mailto\">{recipient}</r:AttributedElectronicAddress></r:EntityDetails>\
         </r:RecipientsDetails><r:EvidenceRefersToRecipient>1</r:EvidenceRefersToRecipient></r:{root}>"
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_over_the_service_is_followed_by_its_kep_id_and_never_acknowledged() {
    let server = EyServis::start(27, now_day(), 0, 0).await;
    let to = "alici@hs02.kep.tr";
    let bytes = format!(
        "From: Kurum <{}>\r\nTo: {to}\r\nSubject: Giden\r\nMessage-ID: <giden.1@hs01.kep.tr>\r\nX-TR-REM-iletiTip: standart\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nBilgi.\r\n",
        eyservis::ADDRESS
    );
    server.world().put("INBOX.Sent", now_day().at(1, 0, 0, 0), bytes.into_bytes());
    server.world().put("INBOX", now_day().at(1, 0, 0, 0), message(7, 2_000));
    server.world().mails[0].evidence = vec![
        ("G-1".into(), nameless_evidence("SubmissionAcceptanceRejection", "Acceptance", to)),
        ("G-2".into(), nameless_evidence("DeliveryNonDeliveryToRecipient", "Delivery", to)),
    ];
    let gateway = gateway_of(&server, "sent_folders = [\"INBOX.Sent\"]\nacknowledge = true\n");
    let (sent, exported) = tokio::task::spawn_blocking(move || {
        for _ in 0..2 {
            let output = gateway.run(&["poll"]);
            assert!(output.status.success(), "{}", spoken(&output));
        }
        (gateway.json(&["evidence", "list", "--sent", "--json"]), gateway.export())
    })
    .await
    .unwrap();
    let outgoing: Vec<&Value> = exported.iter().filter(|one| one["direction"] == "outgoing").collect();
    assert_eq!((exported.len(), outgoing.len()), (4, 1), "{exported:#?}");
    assert_eq!(outgoing[0]["evidence"].as_array().unwrap().len(), 2, "linked by the kepId alone");
    assert_eq!(outgoing[0]["evidence"][0]["linked_by"], "kep-id");
    assert_eq!(sent[0]["recipients"][0]["recipient"], to);
    assert_eq!(
        (&sent[0]["recipients"][0]["progress"], &sent[0]["recipients"][0]["unverified"]),
        (&"delivered".into(), &true.into()),
        "nobody signed it: shown, and not believed"
    );
    let mut mailbox = server.mailbox("sent_folders = [\"INBOX.Sent\"]\nacknowledge = true\n");
    let ids: Vec<(String, String)> = server
        .world()
        .mails
        .iter()
        .map(|mail| (mail.folder.clone(), mail.kep_id.clone()))
        .collect();
    for (folder, id) in ids.clone() {
        mailbox.acknowledge(&Locator { folder, epoch: 0, id }).await.unwrap();
    }
    let acknowledged: Vec<String> = server
        .world()
        .requests
        .iter()
        .filter(|request| request.operation == "AlindiOnay")
        .map(|request| request.member("kepId").to_owned())
        .collect();
    assert_eq!(acknowledged, [ids[1].1.clone()], "AlindiOnay says that something was received");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_with_the_number_of_an_sms_is_kept_and_used() {
    let server = EyServis::start(28, now_day(), 0, 0).await;
    server.world().put("INBOX", now_day().at(1, 0, 0, 0), message(1, 500));
    let gateway = gateway_of(&server, "login_file = \"ptt.login\"\n");
    let login = |gateway: &Gateway, number: &str| {
        let mut child = gateway
            .command(&["mailboxes", "login", "ptt", "--otp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{number}").unwrap();
        child.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(move || {
        let wrong = login(&gateway, "000000");
        assert!(
            !wrong.status.success() && spoken(&wrong).contains("SMS kodu hatalı"),
            "{}",
            spoken(&wrong)
        );
        let file = gateway.dir.path().join("ptt.login");
        assert!(!file.exists());
        let right = login(&gateway, SMS);
        assert!(right.status.success() && !spoken(&right).contains(LOGIN), "{}", spoken(&right));
        assert_eq!(fs::read_to_string(&file).unwrap().trim(), LOGIN);
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        assert!(gateway.run(&["poll"]).status.success());
        assert_eq!(gateway.run(&["mailboxes", "login", "ptt"]).status.code(), Some(2));
        assert_eq!(gateway.run(&["mailboxes", "login", "yok", "--otp"]).status.code(), Some(2));
    })
    .await
    .unwrap();
    let world = server.world();
    let download = world.requests.iter().find(|request| request.operation == "Indir").unwrap();
    assert_eq!(download.member("eGuvenlikId"), LOGIN);
}

#[test]
fn officers_are_neither_registered_nor_removed() {
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/mailbox/eyservis")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(["Kayit", "Sil"].iter().all(|end| !text.contains(&format!("Yetkili{end}"))));
    }
}

/// zeep, an independent SOAP client, in its own environment in the build folder.
fn zeep() -> std::path::PathBuf {
    venv::python("zeep", "import zeep", &["zeep==4.3.3"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_soap_client_reads_both_sides_of_the_wire() {
    let Some(wsdl) = eyservis::wsdl() else {
        println!("skipped: ../shared/schemas/ptt-kep is not on this machine");
        return;
    };
    let server = EyServis::start(30, today(), 3, 0).await;
    server.world().mails[0].evidence = vec![("D-1".into(), b"<d1/>".to_vec())];
    // The gateway uses every operation once.
    let table = "backfill_from = \"2026-01-01\"\nacknowledge = true\nquota_means = \"used\"\nlogin_file = \"l\"\n";
    let mut intake = Intake::default();
    for query in ["PaketSorgula", "PaketSorgula2", "PaketSorgula3"] {
        let mut mailbox = server.mailbox(&format!("{table}query = \"{query}\"\n"));
        pass(&mut mailbox, &mut intake).await.unwrap();
        pass(&mut mailbox, &mut intake).await.unwrap();
        mailbox.quota().await.unwrap();
        mailbox.credit().await.unwrap();
        let known = intake.known();
        let message = known.iter().find(|locator| locator.folder == "INBOX").unwrap();
        mailbox.acknowledge(message).await.unwrap();
        let mut config = server.config(&format!("{table}delete_after = \"90d\"\ndelete_backup = \"/x\"\n"));
        config.login_file = server.folder.path().join("login");
        let secrets = kep_gateway::secret::SecretFolder::beside(server.folder.path());
        let begun = kep_gateway::mailbox::eyservis::login::begin(&config, &secrets, &Default::default())
            .await
            .unwrap();
        begun.finish(&kep_gateway::secret::Secret::new(SMS)).await.unwrap();
    }
    let requests: Vec<Value> = {
        let world = server.world();
        let all = world.requests.iter();
        all.map(|request| serde_json::json!({ "operation": request.operation, "action": request.soap_action, "xml": request.xml }))
            .collect()
    };
    let operations: BTreeSet<&str> = requests.iter().filter_map(|request| request["operation"].as_str()).collect();
    assert_eq!(operations.len(), 12, "{operations:?}");
    let seen = server.folder.path().join("requests.json");
    fs::write(&seen, serde_json::to_vec(&requests).unwrap()).unwrap();
    let (ca, url) = (server.folder.path().join("ca.pem"), server.url.clone());
    let output = tokio::task::spawn_blocking(move || {
        Command::new(zeep())
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/eyservis/zeep_judge.py"))
            .args([&wsdl, &seen, &ca])
            .arg(url)
            .env("NO_PROXY", "*")
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    assert!(output.status.success(), "{}", spoken(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["valid_requests"], requests.len(), "{found}");
    assert_eq!(found["listed"], 3, "{found}");
    let here: BTreeSet<String> = server.world().bodies().iter().map(ToString::to_string).collect();
    let read: BTreeSet<String> = found["downloaded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hash| hash.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(read, here, "the same bytes as ours");
}
