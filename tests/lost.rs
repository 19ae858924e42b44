//! Bytes that are lost are never hidden: not by a backup that ends well, not by other damage beside them, not by the page that needs them, and not
//! by what watches the machine.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod inside;
mod site;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use inside::{Inside, LISTENER, blob, pass};
use kep_gateway::alert::notice::Cause;
use kep_gateway::daemon::progress::Progress;
use kep_gateway::daemon::{duties, trouble, walk};
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::event::Event;
use kep_gateway::people::Role;
use kep_gateway::pipeline::Pipeline;
use kep_gateway::pipeline::troubles::Trouble;
use kep_gateway::store::disk::RealDisk;
use kep_gateway::store::last_backup::LastBackup;
use kep_gateway::store::loss::{self, Loss};
use kep_gateway::text::Text;
use kep_gateway::web::server;
use serde_json::Value;
use site::Site;
use tokio_util::sync::CancellationToken;

/// The longest that anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(120);

fn mail(number: usize) -> Vec<u8> {
    format!(
        "From: gonderen@ornek.example\r\nTo: kurum@hs01.kep.tr\r\nSubject: konu {number}\r\nMessage-ID: <{number}@ornek.example>\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nmetin {number}\r\n"
    )
    .into_bytes()
}

/// A closed store of some mails, and their hashes in the order of their numbers.
async fn store_of(mails: usize) -> (Inside, Vec<Sha256>) {
    let inside = Inside::new("2026-11-20T09:00:00Z", "[daemon]\nfree_bytes = 0\n[web]\nlisten = \"\"\n");
    for number in 1..=mails {
        inside.put(&format!("{number:03}.eml"), &mail(number));
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pass(&pipeline).await;
    let messages = pipeline.ledger.entries().map(|entry| entry.unwrap().message.sha256);
    let messages: Vec<Sha256> = messages.collect();
    assert_eq!(messages.len(), mails);
    (inside, messages)
}

fn losses(root: &Path) -> Vec<Loss> {
    loss::all(root, &*RealDisk::shared()).unwrap()
}

fn last_backup(root: &Path) -> Option<LastBackup> {
    LastBackup::of(root, &*RealDisk::shared()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_store_that_lacks_a_message_saves_the_rest_names_the_entry_and_is_no_last_backup() {
    let (inside, messages) = store_of(3).await;
    let root = inside.root();
    let [earlier, later, again] = ["earlier", "later", "again"].map(|name| inside.dir.path().join(name));
    let good = inside.run(None, &["backup", earlier.to_str().unwrap()]);
    assert_eq!(good.code, 0, "{}", good.said);
    assert!(
        good.said.contains("journal verify"),
        "it says how a backup is verified: {}",
        good.said
    );
    let first = last_backup(&root).expect("it is noted");

    fs::remove_file(blob(&root, &messages[1])).unwrap();
    let told = inside.run(None, &["backup", later.to_str().unwrap()]);
    assert_eq!(told.code, 20, "{}", told.said);
    assert!(
        told.said.contains("✘ 2026/000002: ") && !told.said.contains("2026/000001:"),
        "{}",
        told.said
    );
    assert_eq!(last_backup(&root), Some(first), "what is not whole is no last backup");
    assert!(
        blob(&later, &messages[0]).exists() && blob(&later, &messages[2]).exists(),
        "the rest is saved"
    );
    let [only] = losses(&root).try_into().expect("one loss is open in the store");
    assert!(only.is_open() && only.places.len() == 1);

    // The earlier backup has it, so that one is whole; the store is not, and that is said too.
    let told = inside.run(None, &["backup", earlier.to_str().unwrap()]);
    assert!(
        told.code == 20 && told.said.contains("2026/000002") && told.said.contains("yedekte var"),
        "{}",
        told.said
    );
    assert!(last_backup(&root).unwrap().at > first.at);

    let told = inside.run(Some(&again), &["restore", later.to_str().unwrap()]);
    assert!(told.code == 20 && told.said.contains("✘ 2026/000002: "), "{}", told.said);
    assert!(blob(&again, &messages[0]).exists(), "what is there is restored");
    assert_eq!(losses(&again).len(), 1);
    let verified = inside.run(Some(&again), &["journal", "verify"]);
    assert_eq!(verified.code, 20, "{}", verified.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_that_was_reported_leaves_the_backups_after_it_whole_and_another_one_does_not() {
    let (inside, messages) = store_of(3).await;
    let root = inside.root();
    let [earlier, later] = ["earlier", "later"].map(|name| inside.dir.path().join(name));
    assert_eq!(inside.run(None, &["backup", earlier.to_str().unwrap()]).code, 0);
    fs::remove_file(blob(&root, &messages[1])).unwrap();
    assert_eq!(inside.run(None, &["backup", later.to_str().unwrap()]).code, 20);
    let [only] = losses(&root).try_into().expect("one loss");
    let closed = loss::Closed {
        at: inside::at("2026-11-21T09:00:00Z"),
        by: "yonetici".into(),
        done: loss::Done::Notified,
        note: "mahkemeye yazıldı".into(),
    };
    loss::close(&root, &*RealDisk::shared(), &only.id, closed).unwrap().unwrap();

    let first = last_backup(&root).unwrap();
    let told = inside.run(None, &["backup", later.to_str().unwrap()]);
    assert_eq!(told.code, 0, "{}", told.said);
    assert!(
        told.said.contains("! Bildirilmiş kayıp: 1 dosya") && !told.said.contains("EKSİK"),
        "{}",
        told.said
    );
    assert!(last_backup(&root).unwrap().at > first.at, "it is a last backup");
    // Reported, and yet there: it can be put back.
    let told = inside.run(None, &["backup", earlier.to_str().unwrap()]);
    assert!(told.code == 20 && told.said.contains("yedekte var"), "{}", told.said);

    fs::remove_file(blob(&root, &messages[2])).unwrap();
    fs::remove_file(blob(&later, &messages[2])).unwrap();
    let told = inside.run(None, &["backup", later.to_str().unwrap()]);
    assert!(
        told.code == 20 && told.said.contains("✘ 2026/000003: ") && !told.said.contains("✘ 2026/000002: "),
        "{}",
        told.said
    );
    assert_eq!(losses(&root).len(), 2, "what is lost beside it is news");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_names_what_was_deleted_or_rotted_in_the_backup_and_brings_the_rest() {
    let (inside, messages) = store_of(4).await;
    let [copy, again] = ["copy", "again"].map(|name| inside.dir.path().join(name));
    assert_eq!(inside.run(None, &["backup", copy.to_str().unwrap()]).code, 0);
    fs::remove_file(blob(&copy, &messages[1])).unwrap();
    let rotten = blob(&copy, &messages[2]);
    let size = fs::read(&rotten).unwrap().len();
    fs::write(&rotten, vec![b'x'; size]).unwrap();
    let told = inside.run(Some(&again), &["restore", copy.to_str().unwrap()]);
    assert_eq!(told.code, 20, "{}", told.said);
    for (number, what) in [("2026/000002", "yok"), ("2026/000003", "bozuk")] {
        let line = told.said.lines().find(|line| line.contains(number));
        assert!(line.is_some_and(|line| line.contains(what)), "{number}: {}", told.said);
    }
    let there: Vec<bool> = messages.iter().map(|message| blob(&again, message).exists()).collect();
    assert_eq!(there, [true, false, false, true]);
    let shown = inside.run(Some(&again), &["documents", "show", "2026/000001"]);
    assert_eq!(shown.code, 0, "the restored store is one to work with: {}", shown.said);

    // The next backup of the sound store into that folder brings back what is gone, and once every file had its turn, what is rotten.
    for _ in 0..kep_gateway::store::reread::BACKUPS_FOR_ALL {
        let told = inside.run(None, &["backup", copy.to_str().unwrap()]);
        assert_eq!(told.code, 0, "{}", told.said);
    }
    let verified = inside.run(Some(&copy), &["journal", "verify"]);
    assert_eq!(verified.code, 0, "{}", verified.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_does_not_hide_what_is_missing_and_what_was_not_looked_for_is_said() {
    let (inside, messages) = store_of(5).await;
    let root = inside.root();
    for message in &messages[..4] {
        fs::write(blob(&root, message), b"bozuk").unwrap();
    }
    let missing = blob(&root, &messages[4]);
    fs::remove_file(&missing).unwrap();
    let told = inside.run(None, &["journal", "verify"]);
    assert_eq!(told.code, 20, "{}", told.said);
    assert!(
        told.said.contains(missing.to_str().unwrap()),
        "the missing one beside the damaged: {}",
        told.said
    );
    let [only] = losses(&root).try_into().expect("one loss, with one day");
    assert_eq!(only.places.len(), 5);

    let segment = fs::read_dir(root.join("journal")).unwrap().map(|file| file.unwrap().path());
    let segment = segment
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "kepj"))
        .unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    bytes[400] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let told = inside.run(None, &["journal", "verify"]);
    assert!(
        told.code == 20 && told.said.contains("hangi dosyaların EKSİK olduğuna bakılamadı"),
        "{}",
        told.said
    );
    let told = inside.run(None, &["journal", "verify", "--json"]);
    let report: Value = serde_json::from_str(&told.said[told.said.find('{').unwrap()..=told.said.rfind('}').unwrap()]).unwrap();
    assert_eq!(
        (&report["looked_for_missing"], &report["broken"]),
        (&Value::Bool(false), &Value::Bool(true))
    );
}

async fn site_with_mail() -> (Site, Arc<Pipeline>, Sha256) {
    let site = Site::open(&format!("{LISTENER}[web]\nmetrics = \"loopback\"\n"));
    site.inside.put("a.eml", &mail(1));
    let pipeline = Arc::clone(&site.web.pipeline);
    pass(&pipeline).await;
    site.add("memur", Role::Clerk).await;
    site.add("yonetici", Role::Administrator).await;
    let sha256 = pipeline.ledger.entries().next().unwrap().unwrap().message.sha256;
    (site, pipeline, sha256)
}

fn told(pipeline: &Pipeline, cause: Cause) -> usize {
    let jobs = pipeline.ledger.jobs().unwrap();
    jobs.iter().filter(|job| job.notice.cause == cause).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_a_document_whose_bytes_are_gone_opens_the_loss_and_is_told_so_without_a_path() {
    for (is_missing, page) in [(true, ""), (false, ""), (true, "/original"), (true, "/case.zip")] {
        let (site, pipeline, sha256) = site_with_mail().await;
        let root = site.inside.root();
        match is_missing {
            true => fs::remove_file(blob(&root, &sha256)).unwrap(),
            false => fs::write(blob(&root, &sha256), b"bozuk").unwrap(),
        }
        let mut clerk = site.signed_in("memur").await;
        assert!(!clerk.get("/").await.text.contains("ZIYA"), "nobody looked yet");
        for (lang, sentence) in [
            ("tr", "Saklanan ileti eksik ya da bozuk"),
            ("en", "The stored message is missing or damaged"),
        ] {
            let answer = clerk.get(&format!("/documents/2026/000001{page}?lang={lang}")).await;
            let expected = if page.is_empty() {
                StatusCode::OK
            } else {
                StatusCode::INTERNAL_SERVER_ERROR
            };
            assert_eq!(answer.status, expected, "{page}: {}", answer.text);
            assert!(answer.text.contains(sentence), "{page}: {}", answer.text);
            for wrong in [
                "Baytlar saklanıyor",
                "The bytes are kept",
                "blobs/",
                root.to_str().unwrap(),
                "stored bytes of",
            ] {
                assert!(!answer.text.contains(wrong), "{page} says {wrong}");
            }
        }
        clerk.get("/?lang=tr").await;
        // The duties wait for this bell beside their clock.
        tokio::time::timeout(PATIENCE, pipeline.ledger.blobs().rung())
            .await
            .expect("it rang");
        duties::look(&pipeline).await.unwrap();
        let [only] = losses(&root).try_into().expect("one loss, whoever asks how often");
        assert!(only.is_open() && pipeline.ledger.loss(&only.id).unwrap().is_some());
        assert_eq!(told(&pipeline, Cause::Loss), 1);
        let today = clerk.get("/").await.text;
        assert!(today.contains("data-level=\"bad\"") && today.contains(&only.id), "the red bar");
        clerk.get("/documents/2026/000001").await;
        duties::look(&pipeline).await.unwrap();
        assert_eq!((losses(&root).len(), told(&pipeline, Cause::Loss)), (1, 1), "said once");
    }
}

/// Whether it comes to be, as soon as it does.
async fn comes_to_be(is: impl Fn() -> bool) -> bool {
    let waiting = async {
        while !is() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_does_not_answer_holds_up_no_other_duty_and_what_it_lost_is_told_when_it_does() {
    let (site, pipeline, sha256) = site_with_mail().await;
    let path = blob(&site.inside.root(), &sha256);
    // Whoever opens it waits, as for a sector that a disk tries again and again.
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    pipeline.ledger.blobs().notice(sha256);
    let heartbeat = pipeline.settings().config.heartbeat_file();
    assert!(!heartbeat.exists());
    let stop = CancellationToken::new();
    let duties = tokio::spawn(duties::keep(Arc::clone(&pipeline), Progress::default(), stop.clone()));
    let is_fed = comes_to_be(|| heartbeat.exists()).await;
    // Whoever waits is let go before anything is asserted: a thread that waits for ever would hold up the test's end.
    let pipe = File::options().read(true).write(true).open(&path).unwrap();
    let rotten = site.inside.dir.path().join("rotten");
    fs::write(&rotten, b"bozuk").unwrap();
    fs::rename(&rotten, &path).unwrap();
    drop(pipe);
    let is_told = comes_to_be(|| !pipeline.ledger.losses().unwrap().is_empty()).await;
    stop.cancel();
    duties.await.unwrap();
    assert!(is_fed, "the watchdog was not fed meanwhile");
    assert!(is_told && told(&pipeline, Cause::Loss) == 1);
}

async fn reasons(site: &Site) -> (StatusCode, Value) {
    let answer = site.browser().get("/health").await;
    (answer.status, serde_json::from_str(&answer.text).unwrap())
}

fn codes(health: &Value) -> Vec<&str> {
    let reasons = health["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_say_that_the_record_is_broken_and_that_a_loss_stands() {
    let (site, pipeline, sha256) = site_with_mail().await;
    assert_eq!(reasons(&site).await.0, StatusCode::OK);
    let path = blob(&site.inside.root(), &sha256);
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(walk::look(&pipeline, 0).await.unwrap());
    let (status, health) = reasons(&site).await;
    assert_eq!(
        (status, codes(&health)),
        (StatusCode::SERVICE_UNAVAILABLE, vec!["record-broken", "loss-open"])
    );
    let mut watcher = site.browser();
    watcher.address = [127, 0, 0, 1].into();
    let metrics = watcher.get("/metrics").await.text;
    for line in [
        "kep_gateway_healthy 0",
        "kep_gateway_health_reason{code=\"record-broken\"} 1",
        "kep_gateway_health_reason{code=\"loss-open\"} 1",
        "kep_gateway_health_reason{code=\"reload-failed\"} 0",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line} in {metrics}");
    }
    let mut clerk = site.signed_in("memur").await;
    assert!(clerk.get("/").await.text.contains("BOZUK bulundu"));

    // Put back and walked again: only the loss stands, until somebody says what was done.
    fs::write(&path, bytes).unwrap();
    site.inside.set("2026-12-20T09:00:00Z");
    pass(&pipeline).await;
    assert!(walk::look(&pipeline, 0).await.unwrap());
    assert_eq!(codes(&reasons(&site).await.1), ["loss-open"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_failed_stands_on_the_board_and_in_health_until_one_succeeds_and_is_told_once() {
    let (site, pipeline, _) = site_with_mail().await;
    let why = Text::new(
        "KEP-8002 /etc/kep/gizli.toml: satır 3 yanlış",
        "KEP-8002 /etc/kep/gizli.toml: line 3 is wrong",
    );
    for _ in 0..3 {
        trouble::tell_reload(&pipeline, why.clone()).await;
    }
    assert_eq!(told(&pipeline, Cause::Configuration), 1);
    let (status, health) = reasons(&site).await;
    assert_eq!((status, codes(&health)), (StatusCode::SERVICE_UNAVAILABLE, vec!["reload-failed"]));
    let said = &health["reasons"][0]["text"];
    for lang in ["tr", "en"] {
        let text = said[lang].as_str().unwrap();
        assert!(
            text.contains("KEP-8002") && !text.contains("/etc/"),
            "no path without a sign-in: {text}"
        );
    }
    let mut boss = site.signed_in("yonetici").await;
    for (lang, words) in [("tr", "satır 3 yanlış"), ("en", "line 3 is wrong")] {
        assert!(
            boss.get(&format!("/boards/system?lang={lang}")).await.text.contains(words),
            "{lang}"
        );
    }
    pipeline.trouble_over(Trouble::ReloadFailed);
    assert_eq!(reasons(&site).await.0, StatusCode::OK);
    assert!(!boss.get("/boards/system").await.text.contains("line 3 is wrong"));
    trouble::tell_reload(&pipeline, why).await;
    assert_eq!(codes(&reasons(&site).await.1), ["reload-failed"], "the next one stands again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_record_stands_until_a_record_is_written() {
    let (site, pipeline, _) = site_with_mail().await;
    assert!(pipeline.trouble(Trouble::RecordRefused, Text::new("disk DOLU", "disk FULL")));
    let (status, health) = reasons(&site).await;
    assert_eq!((status, codes(&health)), (StatusCode::SERVICE_UNAVAILABLE, vec!["record-refused"]));
    pipeline.ledger.append(Event::Stopped).await.unwrap();
    assert_eq!(reasons(&site).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_served_is_told_to_people_and_stands_until_it_is() {
    let site = Site::open(&format!(
        "{LISTENER}[web]\nlisten = \"127.0.0.1:0\"\ncertificate_file = \"yok.pem\"\nkey_file = \"yok.key\"\n"
    ));
    let pipeline = Arc::clone(&site.web.pipeline);
    for _ in 0..2 {
        let served = server::serve(Arc::clone(&site.web), CancellationToken::new());
        tokio::time::timeout(PATIENCE, served)
            .await
            .expect("without its certificate it is not served");
    }
    assert_eq!(told(&pipeline, Cause::Configuration), 1);
    assert!(pipeline.troubles().contains_key(&Trouble::PageNotServed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_of_no_days_or_of_an_unknown_form_is_no_paper() {
    let (site, ..) = site_with_mail().await;
    let mut clerk = site.signed_in("memur").await;
    let reversed = clerk.get("/papers/register?from=2026-12-01&to=2026-01-01&lang=tr").await;
    assert!(
        reversed.header("content-type").starts_with("text/html"),
        "{}",
        reversed.header("content-type")
    );
    assert!(reversed.text.contains("hiçbir gün yok"), "{}", reversed.text);
    for wrong in ["form=exe", "format=exe", "donem=2026", "from=2026-13-01"] {
        let answer = clerk.get(&format!("/papers/register?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let csv = clerk.get("/papers/register?from=2026-01-01&to=2026-12-31&format=csv&lang=en").await;
    assert!(csv.status == StatusCode::OK && csv.text.contains("2026/000001"));

    let (inside, _) = store_of(1).await;
    let out = inside.dir.path().join("defter.pdf");
    let args = [
        "papers",
        "register",
        "--from",
        "2026-12-01",
        "--to",
        "2026-01-01",
        "--out",
        out.to_str().unwrap(),
    ];
    let told = inside.run(None, &args);
    assert!(
        told.code == 2 && told.said.contains("hiçbir gün yok") && !out.exists(),
        "{}",
        told.said
    );
}
