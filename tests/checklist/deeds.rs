//! What is entered about files by programs, over the API and on the command line.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use kep_gateway::clock::SystemClock;
use kep_gateway::ledger::Ledger;
use kep_gateway::people::Scope;
use kep_gateway::people::tokens::{Grant, Token};
use kep_gateway::register::entry::RegisterNumber;
use kep_gateway::store::disk::RealDisk;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::office::*;
use crate::ebys::{Api, only, token};
use crate::forge::scenarios::Defect;
use crate::forge::world::World;
use crate::gateway::Gateway;

/// The longest a daemon may take to be there.
const PATIENCE: Duration = Duration::from_secs(120);

const SIGNED: &str = r#"
name = "deneme"
title = "Deneme başvurusu"
[when]
subject = ["deneme başvurusu"]
[terms]
completion_days = 7
loss_report_days = 15
[[paper]]
id = "dilekce"
title = "Dilekçe"
names = ["dilekçe"]
signature = "signatory"
[[paper]]
id = "levha"
title = "Vergi levhası"
names = ["vergi"]
"#;

/// An interface over these messages, with the sample list and the anchors of the kits.
async fn api(messages: &[(String, Vec<u8>)]) -> Api {
    let mut api = Api::open("", &[]).await;
    api.inside.text.push_str("[checklist]\nfolder = \"listeler\"\n");
    let folder = api.inside.dir.path();
    kit(Defect::Sound).lay_out(folder);
    std::fs::create_dir(folder.join("listeler")).unwrap();
    std::fs::write(folder.join("listeler/deneme.toml"), SIGNED).unwrap();
    api.pipeline.replace_settings(api.inside.settings());
    for (name, bytes) in messages {
        let place = if name.starts_with("2-") { "ikinci" } else { "drop" };
        let path = folder.join(place).join(format!("{name}.eml"));
        std::fs::write(&path, bytes).unwrap();
        // It arrived when its file was written; here the test is the clock.
        let now = UNIX_EPOCH + Duration::from_secs(u64::try_from(api.pipeline.now().as_second()).unwrap());
        std::fs::File::options().write(true).open(path).unwrap().set_modified(now).unwrap();
        api.look().await;
    }
    api.pipeline.follow_files().await.unwrap();
    api
}

const AT: &str = "/api/v1/documents/2026/000001/file";
const DEEDS: &str = "/api/v1/documents/2026/000001/file/deeds";

fn signatory() -> Value {
    let line = on_circular(&kit(Defect::Sound));
    let (name, id) = line.split_once("; ").unwrap();
    json!({ "name": name, "id": id })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_enters_what_a_clerk_can() {
    let petition = pdf("dilekce.pdf", signed(&[kit(Defect::Sound)]));
    let api = api(&[
        ("1".into(), mail(COMPANY, "Deneme başvurusu", vec![petition])),
        ("2".into(), mail("muhasebe@hs01.kep.tr", "Ek", vec![picture("tarama.jpg")])),
    ])
    .await;
    let (reads, enters) = (
        api.token("okur", &[Grant::Read]).await,
        api.token("yazar", &[Grant::Read, Grant::Files]).await,
    );
    let file = api.get(AT, &reads).await.json();
    assert_eq!(
        (file["file"]["standing"].as_str(), file["completes"].as_str()),
        (Some("incomplete"), None)
    );
    assert_eq!(
        api.get("/api/v1/documents/2026/000002/file", &reads).await.json()["file"],
        Value::Null
    );
    let asked = json!({ "deed": { "kind": "completion-asked", "day": "2026-11-23" } }).to_string();
    let assigns = api.token("havaleci", &[Grant::Read, Grant::Assign, Grant::Transfer]).await;
    for secret in [&reads, &assigns] {
        assert_eq!(api.post(DEEDS, secret, &asked).await.problem(), "insufficient-scope");
    }

    let enter = async |deed: Value| {
        let answer = api.post(DEEDS, &enters, &json!({ "deed": deed, "note": "EBYS" }).to_string()).await;
        api.pipeline.follow_files().await.unwrap();
        answer
    };
    let scan = {
        let number = "2026/000002".parse().unwrap();
        let message = api.pipeline.ledger.entry(number).unwrap().unwrap();
        message.message.attachments[0].sha256.to_string()
    };
    let today = "2026-11-23";
    for deed in [
        json!({ "kind": "completion-asked", "day": today }),
        // Whole: it is masked before anything keeps it.
        json!({ "kind": "authorised", "authority": { "source": "circular", "signatories": [signatory()], "required": 1 } }),
        json!({ "kind": "authorised", "authority": { "source": "power", "signatories": [{ "name": "Veli Kara", "id": "98765432109" }],
            "required": 1, "valid_from": "2026-01-01", "valid_until": "2027-01-01" } }),
        json!({ "kind": "revoked", "authority": 1 }),
        json!({ "kind": "joined", "document": "2026/000002" }),
        json!({ "kind": "decided", "sha256": scan, "paper": "levha" }),
        json!({ "kind": "originals-arrived", "day": today }),
        json!({ "kind": "loss-learned", "day": today }),
        json!({ "kind": "loss-reported", "day": today }),
    ] {
        let told = deed.to_string();
        let answer = enter(deed).await;
        assert_eq!(answer.status, StatusCode::OK, "{told}: {}", answer.text());
    }
    let complete = api.get(AT, &reads).await;
    assert_eq!(complete.json()["file"]["standing"], "complete", "{}", complete.text());
    assert!(complete.text().contains("987******09") && !complete.text().contains("98765432109"));
    let part = api.get("/api/v1/documents/2026/000002/file", &reads).await.json();
    assert_eq!((&part["file"], part["completes"].as_str()), (&Value::Null, Some(AT)));
    let number = "2026/000001".parse().unwrap();
    let entered = api.pipeline.ledger.application_file(number, &|_| true).unwrap().unwrap().entered;
    assert!(
        entered
            .0
            .iter()
            .all(|done| done.by.person.as_deref() == Some("api:yazar") && done.note.as_deref() == Some("EBYS"))
    );

    for deed in [
        json!({ "kind": "bound", "checklist": "yok" }),
        json!({ "kind": "revoked", "authority": 7 }),
        json!({ "kind": "decided", "sha256": "a".repeat(64) }),
        json!({ "kind": "decided", "sha256": scan, "paper": "yok" }),
        json!({ "kind": "originals-arrived", "day": "2026-11-24" }),
        json!({ "kind": "loss-reported", "day": today }),
        json!({ "kind": "joined", "document": "2026/000001" }),
        json!({ "kind": "authorised", "authority": { "source": "power", "signatories": [signatory()], "required": 1 } }),
        json!({ "kind": "authorised", "authority": { "source": "circular", "signatories": [signatory(), signatory()], "required": 2 } }),
        json!({ "kind": "authorised", "authority": { "source": "circular", "required": 1,
            "signatories": [{ "name": "Veli Kara", "id": "98765******" }] } }),
    ] {
        let told = deed.to_string();
        let answer = enter(deed).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "unfit"),
            "{told}"
        );
    }
    // What is not described is not taken for something else.
    for body in [
        json!({ "deed": { "kind": "bound", "checklist": null, "more": 1 } }),
        json!({ "deed": { "kind": "bound" }, "by": "memur" }),
        json!({ "deed": { "kind": "kapat" } }),
        json!({ "deed": { "kind": "originals-arrived", "day": "dün" } }),
        json!({ "deed": { "kind": "authorised", "authority": { "source": "baska", "signatories": [], "required": 1 } } }),
        json!({}),
    ] {
        assert_eq!(api.post(DEEDS, &enters, &body.to_string()).await.problem(), "bad-body", "{body}");
    }
    assert_eq!(
        enter(json!({ "kind": "separated", "document": "2026/000002" })).await.status,
        StatusCode::OK
    );
    assert_eq!(enter(json!({ "kind": "bound" })).await.status, StatusCode::OK);
    assert_eq!(api.get(AT, &reads).await.json()["file"], Value::Null);
    assert_eq!(
        enter(json!({ "kind": "bound", "checklist": "deneme" })).await.status,
        StatusCode::OK
    );
    assert_eq!(api.get(AT, &reads).await.json()["file"]["standing"], "incomplete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_sees_the_files_that_exist_for_it_and_no_word_of_the_others() {
    let application = |name: &str, at: u32| {
        (
            name.to_owned(),
            mail(
                &format!("f{at}@hs01.kep.tr"),
                &format!("Deneme başvurusu {at}"),
                vec![picture("zeynep.jpg")],
            ),
        )
    };
    let api = api(&[
        application("1", 1),
        application("2-2", 2),
        application("3", 3),
        application("2-4", 4),
    ])
    .await;
    let grants = [Grant::Read, Grant::Files];
    let narrow = api
        .give(Token {
            mailboxes: only(&["ikinci"]),
            ..token("dar", &grants)
        })
        .await;
    let all = api.token("her", &grants).await;
    let listed = async |secret: &str, path: &str| -> (Vec<String>, Option<String>) {
        let page = api.get(path, secret).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let page = page.json();
        let numbers = page["files"].as_array().unwrap().iter();
        let numbers = numbers.map(|file| file["register_number"].as_str().unwrap().to_owned()).collect();
        (numbers, page["next"].as_str().map(str::to_owned))
    };
    let of = |places: &[u32]| -> Vec<String> { places.iter().map(|place| format!("2026/{place:06}")).collect() };
    assert_eq!(listed(&all, "/api/v1/files").await, (of(&[4, 3, 2, 1]), None));
    assert_eq!(listed(&narrow, "/api/v1/files").await, (of(&[4, 2]), None));
    let (first, next) = listed(&all, "/api/v1/files?limit=3").await;
    let rest = listed(&all, &format!("/api/v1/files?limit=3&cursor={}", next.unwrap())).await;
    assert_eq!((first, rest), (of(&[4, 3, 2]), (of(&[1]), None)));

    let deed = json!({ "deed": { "kind": "completion-asked", "day": "2026-11-23" } }).to_string();
    for (hidden, absent) in [
        (
            api.get(AT, &narrow).await,
            api.get("/api/v1/documents/2026/000099/file", &narrow).await,
        ),
        (
            api.post(DEEDS, &narrow, &deed).await,
            api.post("/api/v1/documents/2026/000099/file/deeds", &narrow, &deed).await,
        ),
    ] {
        assert_eq!((hidden.status, &hidden.body), (StatusCode::NOT_FOUND, &absent.body));
    }
    // Nor is a hidden document joined to a file that exists, nor told of where somebody else joined it.
    let own = "/api/v1/documents/2026/000002/file";
    for document in ["2026/000001", "2026/000099"] {
        let body = json!({ "deed": { "kind": "joined", "document": document } }).to_string();
        assert_eq!(
            api.post(&format!("{own}/deeds"), &narrow, &body).await.problem(),
            "not-found",
            "{document}"
        );
    }
    let body = json!({ "deed": { "kind": "joined", "document": "2026/000001" } }).to_string();
    assert_eq!(api.post(&format!("{own}/deeds"), &all, &body).await.status, StatusCode::OK);
    api.pipeline.follow_files().await.unwrap();
    assert!(api.get(own, &all).await.text().contains("2026/000001"));
    assert!(!api.get(own, &narrow).await.text().contains("2026/000001"));
    // And the other way round: a document whose file is hidden completes nothing that there is.
    let first_only = api
        .give(Token {
            mailboxes: only(&["drop"]),
            units: Scope::All,
            ..token("ilk", &grants)
        })
        .await;
    let part = api.get(AT, &first_only).await.json();
    assert_eq!((&part["file"], &part["completes"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_command_line_enters_in_the_name_of_an_account_beside_the_daemon_too() {
    let world = World::new(12);
    let gateway = Gateway::with_drop(&world);
    let sound = kit(Defect::Sound);
    sound.lay_out(gateway.dir.path());
    let folder = gateway.dir.path().join("listeler");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("deneme.toml"), SIGNED).unwrap();
    gateway.configure(&format!(
        "[checklist]\nfolder = \"listeler\"\n[web]\nlisten = \"\"\n[daemon]\nfree_bytes = 0\n[[mailbox]]\nname = \"drop\"\n\
         kind = \"folder\"\npath = \"{}\"\nsettle = \"0s\"\ninterval = \"200ms\"\n",
        gateway.drop().display()
    ));
    gateway.put(
        "1.eml",
        &mail(
            COMPANY,
            "Deneme başvurusu",
            vec![pdf("dilekce.pdf", signed(std::slice::from_ref(&sound)))],
        ),
    );
    gateway.put("2.eml", &mail("muhasebe@hs01.kep.tr", "Ek", vec![picture("tarama.jpg")]));
    gateway.ok(&["poll"]);
    for (login, role) in [("memur", "clerk"), ("denetci", "auditor")] {
        gateway.ok(&[
            "people",
            "add",
            login,
            "--name",
            "Deneme",
            "--role",
            role,
            "--clearance",
            "4",
            "--generate",
        ]);
    }
    let first = "2026/000001";
    let signatories = gateway.dir.path().join("yetkililer.txt");
    std::fs::write(&signatories, on_circular(&sound)).unwrap();
    let signatories = signatories.to_str().unwrap();
    let enter = |args: &[&str]| {
        let args: Vec<&str> = ["checklist"].iter().chain(args).chain(&["--by", "memur"]).copied().collect();
        gateway.ok(&args)
    };
    // Which of the two came first is the folder's affair.
    let petition_is_first = show_number(&gateway, first);
    let (application, other) = if petition_is_first {
        (first, "2026/000002")
    } else {
        ("2026/000002", first)
    };
    enter(&[
        "authorise",
        application,
        "--source",
        "circular",
        "--signatories",
        signatories,
        "--required",
        "1",
    ]);
    enter(&["join", application, "--document", other]);
    let shown = gateway.run(&["checklist", "show", application, "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let scan = shown["unplaced"][0]["sha256"].as_str().unwrap().to_owned();
    enter(&["decide", application, "--attachment", &scan, "--paper", "levha"]);
    enter(&["asked", application, "--note", "telefonla"]);
    let complete = gateway.run(&["checklist", "show", application, "--json"]);
    assert_eq!(complete.status.code(), Some(0), "{}", String::from_utf8_lossy(&complete.stdout));

    for (args, code) in [
        (&["revoke", application, "--authority", "7", "--by", "memur"][..], 1),
        (&["asked", application, "--by", "denetci"], 1),
        (&["asked", application, "--by", "kimse"], 1),
        (&["asked", "2026/000099", "--by", "memur"], 1),
        (&["bind", application, "--by", "memur"], 2),
        (&["asked", application], 2),
        (
            &[
                "authorise",
                application,
                "--source",
                "baska",
                "--signatories",
                signatories,
                "--required",
                "1",
                "--by",
                "memur",
            ],
            2,
        ),
    ] {
        let args: Vec<&str> = ["checklist"].iter().chain(args).copied().collect();
        let refused = gateway.run(&args);
        assert_eq!(
            refused.status.code(),
            Some(code),
            "{args:?}: {}",
            String::from_utf8_lossy(&refused.stderr)
        );
    }

    // The daemon holds the store now and writes for us; the numbers come over the standard input.
    let mut daemon = gateway.spawn(&["run"]);
    let began = Instant::now();
    while std::os::unix::net::UnixStream::connect(gateway.store().join("control.sock")).is_err() {
        assert!(began.elapsed() < PATIENCE, "no daemon within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    enter(&["revoke", application, "--authority", "0"]);
    let args = [
        "checklist",
        "authorise",
        application,
        "--source",
        "power",
        "--signatories",
        "-",
        "--required",
        "1",
    ];
    let days = ["--from", "2020-01-01", "--until", "2099-12-31", "--by", "memur"];
    let mut command = gateway.command(&[&args[..], &days[..]].concat());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"Veli Kara; 98765432109\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    for args in [
        &["originals", application][..],
        &["loss", application],
        &["loss-reported", application],
        &["separate", application, "--document", other],
        &["bind", application, "--none"],
        &["bind", application, "--checklist", "deneme"],
    ] {
        enter(args);
    }
    let refused = gateway.run(&["checklist", "asked", application, "--by", "denetci"]);
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stdout));
    let stopped = std::process::Command::new("kill")
        .args(["-TERM", &daemon.id().to_string()])
        .status()
        .unwrap();
    assert!(stopped.success() && daemon.wait().unwrap().success());
    let last = gateway.run(&["checklist", "show", application, "--json"]);
    let last: Value = serde_json::from_slice(&last.stdout).unwrap();
    let revoked: Vec<bool> = last["authorities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["revoked"] == true)
        .collect();
    assert_eq!(revoked, [true, false]);
    assert_eq!(last["authorities"][1]["signatories"][0]["id"], "987******09");

    // Beside the daemon or by it: the name was not proved by a session, and the record says from where it came.
    let ledger = Ledger::open(&gateway.store(), RealDisk::shared(), Arc::new(SystemClock)).unwrap();
    let number: RegisterNumber = application.parse().unwrap();
    let entered = ledger.application_file(number, &|_| true).unwrap().unwrap().entered;
    let uid = Some(rustix::process::getuid().as_raw());
    assert!(entered.0.iter().all(|done| done.by.uid == uid), "{entered:?}");

    // Many newer files hide no term of an older one.
    let terms = || -> Value { serde_json::from_slice(&gateway.run(&["deadlines", "--json"]).stdout).unwrap() };
    let before = terms();
    assert!(before.as_array().is_some_and(|terms| !terms.is_empty()), "{before}");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(append_files(&ledger, 0..600));
    drop(ledger);
    assert_eq!(terms(), before);
}

/// Whether this entry is the application.
fn show_number(gateway: &Gateway, number: &str) -> bool {
    gateway.run(&["checklist", "show", number]).status.code() != Some(1)
}
