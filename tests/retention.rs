//! Retention through the public faces: the page with three people, the API, the built program that is killed in the middle, backups of before and
//! after, and losses with their term.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod inside;
mod site;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use axum::http::StatusCode;
use forge::world::World;
use inside::{Inside, LISTENER, pass};
use jiff::Timestamp;
use kep_gateway::alert::notice::Cause;
use kep_gateway::daemon::{control, duties, walk};
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::Ledger;
use kep_gateway::ledger::retention::{KeepingRefusal, KeepingRequest, Kept};
use kep_gateway::people::tokens::{Grant, Token, TokenEdit, hash, new_secret};
use kep_gateway::people::{Account, Edit, Role, Scope, Source};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::{Asker, RegisterNumber};
use kep_gateway::search::query::Query;
use kep_gateway::search::{Progress, Search};
use kep_gateway::store::backup::{backup, restore};
use kep_gateway::store::disk::RealDisk;
use kep_gateway::store::loss::{self, Done};
use kep_gateway::store::verify::verify;
use serde_json::Value;
use site::{Site, person};

const CLASSES: &str = "[retention]\ndefault = \"kisa\"\n[[retention.class]]\nname = \"kisa\"\nyears = 1\nbasis = \"deneme plani\"\n";

/// Fourteen years after everything that the forge makes.
const LATER: &str = "2040-03-01T09:00:00Z";

fn number(text: &str) -> RegisterNumber {
    text.parse().unwrap()
}

fn path_of(root: &Path, blob: &Sha256) -> PathBuf {
    let digits = blob.to_string();
    root.join("blobs").join(&digits[..2]).join(&digits[2..])
}

fn blobs(root: &Path) -> usize {
    let shards = fs::read_dir(root.join("blobs")).unwrap().map(|entry| entry.unwrap());
    let shards = shards.filter(|shard| shard.file_name().len() == 2);
    shards.map(|shard| fs::read_dir(shard.path()).unwrap().count()).sum()
}

/// A plain mail with a word of its own.
fn mail(number: usize) -> Vec<u8> {
    format!(
        "From: gonderen@ornek.example\r\nTo: kurum@hs01.kep.tr\r\nSubject: konu {number}\r\nMessage-ID: <{number}@ornek.example>\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nzqsoz{number} {}\r\n",
        "dolgu ".repeat(200)
    )
    .into_bytes()
}

/// A store of old mails in the test's own process; the built program finds them long due.
async fn old_store(more: &str, mails: usize) -> (Inside, Arc<Pipeline>) {
    let inside = Inside::new(
        "2015-06-01T09:00:00Z",
        &format!("[daemon]\nfree_bytes = 0\n[web]\nlisten = \"\"\n{more}"),
    );
    for number in 0..mails {
        inside.put(&format!("{number:03}.eml"), &mail(number));
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pass(&pipeline).await;
    assert_eq!(pipeline.ledger.entries().count(), mails);
    (inside, pipeline)
}

async fn with_people(ledger: &Ledger) {
    for (login, role) in [
        ("yonetici", Role::Administrator),
        ("yonetici2", Role::Administrator),
        ("amir", Role::Supervisor),
        ("mudur", Role::Supervisor),
        ("memur", Role::Clerk),
    ] {
        let account = Account::new(person(login, role), Source::Local);
        let added = ledger.edit_account(login, Edit::Add(Box::new(account)), Asker::default()).await;
        added.unwrap().unwrap();
    }
}

/// A list that two others approved; not executed.
async fn approved(pipeline: &Pipeline) -> u32 {
    if pipeline.ledger.account("amir").unwrap().is_none() {
        with_people(&pipeline.ledger).await;
    }
    let admin = person("yonetici", Role::Administrator);
    let proposed = pipeline.decide_keeping(KeepingRequest::Propose, &admin).await.unwrap();
    let Ok(Kept::Proposed { list, sha256, .. }) = proposed else {
        panic!("{proposed:?}")
    };
    for login in ["amir", "mudur"] {
        let by = person(login, Role::Supervisor);
        pipeline
            .decide_keeping(KeepingRequest::Approve { list, sha256 }, &by)
            .await
            .unwrap()
            .unwrap();
    }
    list
}

fn program(inside: &Inside, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kep-gateway"));
    let config = inside.dir.path().join("kep-gateway.toml");
    command
        .arg("--config")
        .arg(config)
        .args(args)
        .env("RUST_LOG", "warn")
        .stdin(Stdio::null());
    command
}

fn run(inside: &Inside, args: &[&str]) -> Output {
    program(inside, args).output().unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn exit(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_dispose_of_a_document_and_every_face_says_so() {
    let site = Site::open(&format!("{LISTENER}{CLASSES}"));
    let world = World::new(5);
    // Another letter than the first: evidence about both would keep the second as long as the first is kept.
    let raw = world.letter(9).standard().raw;
    site.inside.put("a.eml", &world.sample("package-v2-attachments", 1).raw);
    pass(&site.web.pipeline).await;
    site.inside.put("b.eml", &raw);
    pass(&site.web.pipeline).await;
    site.inside.set(LATER);
    for (login, role) in [
        ("yonetici", Role::Administrator),
        ("amir", Role::Supervisor),
        ("mudur", Role::Supervisor),
        ("memur", Role::Clerk),
        ("denetci", Role::Auditor),
    ] {
        site.add(login, role).await;
    }
    let ledger = Arc::clone(&site.web.pipeline.ledger);
    let (first, second) = (number("2026/000001"), number("2026/000002"));
    let kept = ledger.entry(first).unwrap().unwrap().message.sha256;
    let goes = ledger.entry(second).unwrap().unwrap();

    let mut clerk = site.signed_in("memur").await;
    assert_eq!(clerk.get("/boards/retention").await.status, StatusCode::NOT_FOUND);
    let page = clerk.get("/documents/2026/000001").await.text;
    assert!(
        !page.contains("id=\"hold-form\"") && page.contains("id=\"class-form\""),
        "a clerk gives classes"
    );
    let tried = clerk
        .submit("/documents/2026/000001", "/documents/2026/000001/legal-hold", &[("note", "dava")])
        .await;
    assert_eq!(tried.status, StatusCode::FORBIDDEN);
    let mut auditor = site.signed_in("denetci").await;
    let board = auditor.get("/boards/retention").await;
    assert!(board.status == StatusCode::OK && !board.text.contains("id=\"propose\""));

    let mut boss = site.signed_in("amir").await;
    let held = boss
        .submit(
            "/documents/2026/000001",
            "/documents/2026/000001/legal-hold",
            &[("note", "2040/12 dava")],
        )
        .await;
    assert!(held.header("location").ends_with("said=legal-hold"), "{}", held.text);
    let page = boss.get("/documents/2026/000001").await.text;
    assert!(page.contains("id=\"legal-hold\"") && page.contains("2040/12 dava") && page.contains("hukukî bekletme koydu"));
    let mut holds = async |deed: &str, fields: &[(&str, &str)]| {
        let path = format!("/documents/2026/000001/{deed}");
        let said = boss.submit("/documents/2026/000001", &path, fields).await;
        said.header("location").rsplit('=').next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        holds("legal-hold", &[("note", "2040/12 dava")]).await,
        "keeping-unchanged",
        "pressed twice"
    );
    // Another case, and the end of the first: the second still holds.
    assert_eq!(holds("legal-hold", &[("note", "2040/13 soruşturma")]).await, "legal-hold");
    assert_eq!(holds("release", &[("note", "bitti")]).await, "keeping-which-hold");
    assert_eq!(holds("release", &[("note", "bitti"), ("hold", "2")]).await, "release");
    assert_eq!(ledger.keeping(first).unwrap().holds.len(), 1);

    let mut admin = site.signed_in("yonetici").await;
    let board = admin.get("/boards/retention").await.text;
    assert!(
        board.contains("2026/000002") && !board.contains("2026/000001"),
        "what is held is not due"
    );
    admin.submit("/boards/retention", "/boards/retention/propose", &[]).await;
    let board = boss.get("/boards/retention").await.text;
    assert!(board.contains("id=\"list-1\"") && !board.contains("class=\"execute\""));
    let sha256 = ledger.disposal(1).unwrap().unwrap().sha256.to_string();
    assert!(board.contains(&sha256));
    let approve = [("list", "1"), ("sha256", sha256.as_str())];
    let own = admin.submit("/boards/retention", "/boards/retention/approve", &approve).await;
    assert!(own.header("location").ends_with("own-list"));
    let other = "0".repeat(64);
    let wrong = boss
        .submit(
            "/boards/retention",
            "/boards/retention/approve",
            &[("list", "1"), ("sha256", &other)],
        )
        .await;
    assert!(wrong.header("location").ends_with("other-list"));
    boss.submit("/boards/retention", "/boards/retention/approve", &approve).await;
    let twice = boss.submit("/boards/retention", "/boards/retention/approve", &approve).await;
    assert!(twice.header("location").ends_with("approved-already"), "one person is one approval");
    let early = admin
        .submit("/boards/retention", "/boards/retention/execute", &[("list", "1")])
        .await;
    assert!(early.header("location").ends_with("not-approved"));
    let mut second_boss = site.signed_in("mudur").await;
    second_boss.submit("/boards/retention", "/boards/retention/approve", &approve).await;
    let refused = second_boss
        .submit("/boards/retention", "/boards/retention/execute", &[("list", "1")])
        .await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "a supervisor approves, an administrator executes"
    );
    assert!(site.inside.root().join("blobs").exists() && ledger.blobs().exists(&goes.message.sha256).unwrap());
    let copy = site.inside.dir.path().join("yedek");
    backup(&site.inside.root(), &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    let done = admin
        .submit("/boards/retention", "/boards/retention/execute", &[("list", "1")])
        .await;
    assert!(done.header("location").ends_with("said=execute"), "{}", done.header("location"));

    assert!(ledger.blobs().exists(&kept).unwrap(), "what is held stays");
    assert!(
        !ledger.blobs().exists(&goes.message.sha256).unwrap(),
        "what was disposed of is gone: {:?}",
        ledger.disposal(1)
    );
    let page = clerk.get("/documents/2026/000002").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("id=\"disposed\"") && page.text.contains("1 numaralı imha listesiyle") && page.text.contains("01.03.2040"));
    assert!(!page.text.contains("id=\"original\"") && !page.text.contains("id=\"case\"") && !page.text.contains("id=\"examine\""));
    for (path, status) in [
        ("/original", StatusCode::GONE),
        ("/case.zip", StatusCode::GONE),
        ("/sheet.pdf", StatusCode::OK),
    ] {
        let asked = clerk_status(&site, path).await;
        assert_eq!(asked, status, "{path}");
    }
    let marked = clerk.get("/search?flag=disposed").await.text;
    assert!(
        marked.contains("data-number=\"2026/000002\"")
            && marked.contains("imha edildi 01.03.2040 · liste 1")
            && !marked.contains("2026/000001"),
        "the list says when and by which list: {marked}"
    );
    let held = clerk.get("/search?flag=legal-hold").await.text;
    assert!(held.contains("data-number=\"2026/000001\"") && held.contains("hukukî bekletme"));
    let table = boss.get("/papers/register?form=csv").await.text;
    let heading = table.lines().next().unwrap();
    assert!(heading.contains("İmha"), "{heading}");
    for (number, cell) in [("2026/000001", ",,"), ("2026/000002", ",\"01.03.2040 · liste 1\",")] {
        let line = table.lines().find(|line| line.contains(number)).unwrap();
        assert!(line.contains(cell), "{line}");
    }
    let words = site.web.search.list(&person("amir", Role::Supervisor), &Query::default()).unwrap();
    assert!(words.rows.iter().any(|row| row.number == second && row.flags.contains("disposed")));

    let token = Token {
        name: "ebys".into(),
        grants: [Grant::Read].into(),
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
        until: None,
        secret_sha256: Sha256::of(b""),
        created_at: site.web.pipeline.now(),
        revoked_at: None,
    };
    let secret = new_secret().unwrap();
    let token = Token {
        secret_sha256: hash(secret.reveal()).unwrap(),
        ..token
    };
    ledger
        .edit_token("ebys", TokenEdit::Add(Box::new(token)), Asker::default())
        .await
        .unwrap()
        .unwrap();
    let mut api = site.browser();
    let mut ask = async |path: &str| {
        let request = axum::http::Request::get(format!("/api/v1/documents/2026/{path}"))
            .header("authorization", format!("Bearer {}", secret.reveal()))
            .body(axum::body::Body::empty());
        api.ask(request.unwrap()).await
    };
    let one = ask("000002").await;
    let document: Value = serde_json::from_str(&one.text).unwrap();
    assert_eq!(
        (one.status, &document["keeping"]["disposed"]["list"]),
        (StatusCode::OK, &Value::from(1))
    );
    assert!(document["flags"].as_array().unwrap().contains(&"disposed".into()));
    assert_eq!(document["message"]["sha256"], goes.message.sha256.to_string(), "the hash stays");
    for path in ["000002/parts", "000002/original"] {
        let gone = ask(path).await;
        let problem: Value = serde_json::from_str(&gone.text).unwrap();
        assert_eq!(
            (gone.status, &problem["code"]),
            (StatusCode::GONE, &Value::from("disposed")),
            "{path}"
        );
    }
    assert_eq!(ask("000001/original").await.status, StatusCode::OK);
    let held: Value = serde_json::from_str(&ask("000001").await.text).unwrap();
    assert_eq!(held["keeping"]["hold"]["reason"], "2040/12 dava");
    assert_eq!(held["keeping"]["holds"].as_array().unwrap().len(), 1);

    // A new examination asks for no bytes that are gone, and the mailbox that lists the message again brings them not back.
    let answers = site
        .web
        .pipeline
        .reexamine(&[second], kep_gateway::register::entry::Why::Operator, &Asker::default())
        .await
        .unwrap();
    assert!(format!("{answers:?}").contains("imha"), "{answers:?}");
    site.inside.put("c.eml", &raw);
    pass(&site.web.pipeline).await;
    let again = ledger.entry(second).unwrap().unwrap();
    assert_eq!((again.message.sightings.len(), ledger.entries().count()), (2, 2));
    assert!(!ledger.blobs().exists(&goes.message.sha256).unwrap());
    assert!(inside::blob(&copy, &goes.message.sha256).exists(), "no backup was made since");
    backup(&site.inside.root(), &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert!(
        !inside::blob(&copy, &goes.message.sha256).exists(),
        "a listing keeps it in no backup"
    );
    assert!(walk::look(&site.web.pipeline, 0).await.unwrap());
    assert_eq!(ledger.standing(walk::WALKED).unwrap().unwrap().facts["errors"], "0", "no loss");
    assert!(loss::all(&site.inside.root(), &*RealDisk::shared()).unwrap().is_empty());
}

/// What was opened goes with its document: a plaintext that outlives it would be kept by nobody's decision.
#[tokio::test(flavor = "multi_thread")]
async fn the_plaintext_of_what_came_encrypted_goes_with_its_document() {
    let world = World::new(6);
    let key = "decryption = { pkcs12_file = \"kurum.p12\", pkcs12_password_file = \"kurum.parola\" }\n";
    let inside = Inside::new("2026-11-09T07:00:00Z", &format!("{key}[daemon]\nfree_bytes = 0\n{CLASSES}"));
    fs::write(inside.dir.path().join("kurum.p12"), world.receiver_pkcs12("parola")).unwrap();
    fs::write(inside.dir.path().join("kurum.parola"), "parola\n").unwrap();
    inside.put("a.eml", &world.sample("package-encrypted", 1).raw);
    inside.put("b.eml", &world.letter(9).encrypted_message().raw);
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pass(&pipeline).await;
    let ledger = &pipeline.ledger;
    let opened: Vec<Sha256> = ledger
        .entries()
        .flat_map(|entry| entry.unwrap().opened)
        .map(|record| record.sha256)
        .collect();
    assert_eq!(opened.len(), 2);
    assert!(opened.iter().all(|plaintext| ledger.blobs().exists(plaintext).unwrap()));

    inside.set(LATER);
    let list = approved(&pipeline).await;
    let admin = person("yonetici", Role::Administrator);
    let done = pipeline
        .decide_keeping(KeepingRequest::Execute { list }, &admin)
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(done, Kept::Executed { entries: 2, .. }), "{done:?}");
    assert!(opened.iter().all(|plaintext| !ledger.blobs().exists(plaintext).unwrap()));
    assert_eq!(blobs(&inside.root()), 0);
    for number in ["2026/000001", "2026/000002"] {
        let answers = pipeline
            .reexamine(
                &[self::number(number)],
                kep_gateway::register::entry::Why::Operator,
                &Asker::default(),
            )
            .await
            .unwrap();
        assert!(format!("{answers:?}").contains("imha"), "{answers:?}");
    }
    assert_eq!(blobs(&inside.root()), 0, "the key opens nothing again");
}

async fn clerk_status(site: &Site, path: &str) -> StatusCode {
    // Files are no text: asked for past the browser, which reads text.
    let mut clerk = site.signed_in("memur").await;
    let cookies: Vec<String> = clerk.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = axum::http::Request::get(format!("/documents/2026/000002{path}"))
        .header("host", "localhost")
        .header("cookie", cookies.join("; "))
        .body(axum::body::Body::empty())
        .unwrap();
    clerk.jar.clear();
    tower::ServiceExt::oneshot(site.router.clone(), request).await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_index_loses_the_words_of_what_is_disposed_of() {
    let (inside, pipeline) = old_store(CLASSES, 3).await;
    let folder = inside.dir.path().join("index");
    let search = Search::open(Arc::clone(&pipeline.ledger), folder, (*pipeline.settings().limits).clone());
    let catch_up = || while search.catch_up(&|| false).unwrap() == Progress::More {};
    let admin = person("yonetici", Role::Administrator);
    let found = |word: &str| {
        let query = Query {
            text: Some(word.into()),
            ..Query::default()
        };
        search.list(&admin, &query).unwrap().rows.len()
    };
    catch_up();
    assert_eq!(found("zqsoz1"), 1, "by a word of the mail's text");
    inside.set(LATER);
    let mut entries = pipeline.ledger.entries().map(|entry| entry.unwrap());
    let first = entries.find(|entry| entry.message.sha256 == Sha256::of(&mail(0))).unwrap();
    let hold = KeepingRequest::Hold {
        number: first.register_number,
        reason: "dava".into(),
    };
    pipeline.decide_keeping(hold, &admin).await.unwrap().unwrap();
    let list = approved(&pipeline).await;
    pipeline
        .decide_keeping(KeepingRequest::Execute { list }, &admin)
        .await
        .unwrap()
        .unwrap();
    catch_up();
    assert_eq!((found("zqsoz0"), found("zqsoz1"), found("zqsoz2")), (1, 0, 0));
    assert_eq!(found("konu"), 3, "what the journal says of them is still found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_is_ended_by_the_next_start_and_backups_know() {
    const MAILS: usize = 120;
    let (inside, pipeline) = old_store(CLASSES, MAILS).await;
    with_people(&pipeline.ledger).await;
    inside.clock.set(Timestamp::now());
    let list = approved(&pipeline).await;
    drop(pipeline);
    let root = inside.root();
    let before = inside.dir.path().join("before");
    backup(&root, &before, RealDisk::shared(), &mut |_| {}).unwrap();
    assert_eq!(blobs(&root), MAILS);

    let mut child = program(&inside, &["retention", "execute", "1", "--by", "yonetici"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Killed as soon as the first blob is gone; one that was faster than that has ended in order, and the rest must hold all the same.
    while blobs(&root) == MAILS && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().unwrap();
    let left = blobs(&root);
    println!("killed with {left} of {MAILS} blobs left");
    assert!(left < MAILS);
    let verified = run(&inside, &["journal", "verify"]);
    assert_eq!(exit(&verified), 0, "half a disposal is no loss: {}", said(&verified));

    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pipeline.ledger.finish_disposals().await.unwrap();
    assert_eq!(blobs(&root), 0);
    let disposal = pipeline.ledger.disposal(list).unwrap().unwrap();
    assert_eq!(disposal.stage, kep_gateway::register::disposal::Stage::Done);
    drop(pipeline);
    assert_eq!(exit(&run(&inside, &["journal", "verify"])), 0);
    let shown = run(&inside, &["documents", "show", "2015/000001", "--json"]);
    let document: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(document["keeping"]["disposed"]["list"], 1);

    // A backup of before is a store of before, and says so; brought up to date it forgets, and what comes out of it is whole.
    let [then, now] = ["then", "now"].map(|name| inside.dir.path().join(name));
    let restored = program(&inside, &["--store"])
        .arg(&then)
        .arg("restore")
        .arg(&before)
        .output()
        .unwrap();
    assert!(
        exit(&restored) == 0 && said(&restored).contains("imha listesi varsa içeriği yeniden buradadır"),
        "{}",
        said(&restored)
    );
    assert!(blobs(&then) == MAILS && verify(&then, RealDisk::shared(), &mut |_| {}).is_intact());
    let old = inside.open_at(then, RealDisk::shared()).unwrap();
    assert!(!old.ledger.entry(number("2015/000001")).unwrap().unwrap().is_disposed());
    drop(old);
    backup(&root, &before, RealDisk::shared(), &mut |_| {}).unwrap();
    assert_eq!(blobs(&before), 0, "the backup forgets too");
    restore(&before, &now, RealDisk::shared(), &mut |_| {}).unwrap();
    let restored = inside.open_at(now.clone(), RealDisk::shared()).unwrap();
    assert_eq!(restored.ledger.messages().unwrap().len(), 0);
    drop(restored);
    let verified = program(&inside, &["--store"])
        .arg(&now)
        .args(["journal", "verify"])
        .output()
        .unwrap();
    assert_eq!(exit(&verified), 0, "{}", said(&verified));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_proposes_holds_and_executes_but_never_approves() {
    let (inside, pipeline) = old_store(CLASSES, 3).await;
    with_people(&pipeline.ledger).await;
    drop(pipeline);
    let due = run(&inside, &["retention", "list", "--due", "--json"]);
    let due: Value = serde_json::from_slice(&due.stdout).unwrap();
    assert_eq!(due.as_array().unwrap().len(), 3);
    let held = run(&inside, &["hold", "set", "2015/000002", "--reason", "dava", "--by", "amir"]);
    assert_eq!(exit(&held), 0, "{}", said(&held));
    for (by, reason) in [("memur", "dava"), ("yok", "dava"), ("amir", " ")] {
        let refused = run(&inside, &["hold", "release", "2015/000002", "--reason", reason, "--by", by]);
        assert_eq!(exit(&refused), 1, "{by}: {}", said(&refused));
    }
    assert_eq!(
        exit(&run(&inside, &["retention", "propose", "--by", "amir"])),
        1,
        "only an administrator"
    );
    let proposed = run(&inside, &["retention", "propose", "--by", "yonetici"]);
    assert!(exit(&proposed) == 0 && said(&proposed).contains("2 kayıt"), "{}", said(&proposed));
    let shown = run(&inside, &["retention", "show", "1"]);
    assert!(!said(&shown).contains("2015/000002") && said(&shown).contains("2015/000003"));
    assert_eq!(exit(&run(&inside, &["retention", "approve", "1"])), 2, "there is no such command");
    let early = run(&inside, &["retention", "execute", "1", "--by", "yonetici"]);
    assert!(exit(&early) == 1 && said(&early).contains("iki kişi"), "{}", said(&early));

    let pipeline = inside.open(RealDisk::shared()).unwrap();
    inside.clock.set(Timestamp::now());
    let sha256 = pipeline.ledger.disposal(1).unwrap().unwrap().sha256;
    // Nobody proved who proposed it on the machine: perhaps it was one of the two.
    for (login, role, enough) in [
        ("amir", Role::Supervisor, false),
        ("mudur", Role::Supervisor, false),
        ("yonetici2", Role::Administrator, true),
    ] {
        let (admin, by) = (person("yonetici", Role::Administrator), person(login, role));
        let early = pipeline.decide_keeping(KeepingRequest::Execute { list: 1 }, &admin);
        assert_eq!(early.await.unwrap(), Err(KeepingRefusal::NotApproved), "before {login}");
        let approved = pipeline.decide_keeping(KeepingRequest::Approve { list: 1, sha256 }, &by);
        assert_eq!(approved.await.unwrap(), Ok(Kept::Approved { approved: enough }));
    }
    drop(pipeline);
    let classed = run(
        &inside,
        &[
            "retention",
            "class",
            "2015/000001",
            "--class",
            "kisa",
            "--reason",
            "plan",
            "--by",
            "memur",
        ],
    );
    assert_eq!(exit(&classed), 0, "{}", said(&classed));
    let done = run(&inside, &["retention", "execute", "1", "--by", "yonetici"]);
    assert!(exit(&done) == 0 && said(&done).contains("2 kaydın"), "{}", said(&done));
    assert_eq!(blobs(&inside.root()), 1);
    let listed = said(&run(&inside, &["documents", "list"]));
    let line = |number: &str| listed.lines().find(|line| line.contains(number)).unwrap().to_owned();
    assert!(
        listed.contains("İmha") && line("2015/000001").contains("· liste 1") && !line("2015/000002").contains("liste"),
        "{listed}"
    );
    let case = run(&inside, &["papers", "case", "2015/000001", "--out", "/nonexistent/x.zip"]);
    assert_ne!(exit(&case), 0);
    let kept = inside.dir.path().join("case.zip");
    let case = program(&inside, &["papers", "case", "2015/000001", "--out"])
        .arg(&kept)
        .output()
        .unwrap();
    assert!(exit(&case) == 1 && said(&case).contains("imha"), "{}", said(&case));
    let record = fs::read_dir(inside.root().join("journal"))
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let record: String = record.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    let uid = format!("\"uid\":{}", own_uid());
    assert!(
        record.matches(&uid).count() >= 3,
        "hold, list and execution say who was at the machine"
    );
    let gone = run(&inside, &["hold", "set", "2015/000001", "--reason", "dava", "--by", "amir"]);
    assert!(exit(&gone) == 1 && said(&gone).contains("imha edildi"), "{}", said(&gone));
    assert_eq!(exit(&run(&inside, &["journal", "verify"])), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_of_the_journal_opens_one_loss_with_its_term() {
    let (inside, pipeline) = old_store("", 3).await;
    with_people(&pipeline.ledger).await;
    drop(pipeline);
    let root = inside.root();
    assert_eq!(exit(&run(&inside, &["loss", "list"])), 0);
    let journal = fs::read_dir(root.join("journal")).unwrap().map(|entry| entry.unwrap().path());
    let segment = journal
        .filter(|path| path.extension().is_some_and(|ending| ending == "kepj"))
        .min()
        .unwrap();
    let sound = fs::read(&segment).unwrap();
    let mut bytes = sound.clone();
    bytes[400] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let broken = run(&inside, &["journal", "verify"]);
    assert!(exit(&broken) == 20 && said(&broken).contains("ZIYA Z-"), "{}", said(&broken));
    let again = run(&inside, &["journal", "verify"]);
    assert!(exit(&again) == 20 && !said(&again).contains("ZIYA Z-"), "the same loss is one loss");
    let listed = run(&inside, &["loss", "list", "--json"]);
    assert_eq!(exit(&listed), 10);
    let losses: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let [only] = losses.as_array().unwrap().as_slice() else {
        panic!("{losses}")
    };
    assert_eq!(only["found_by"], "verify");
    assert!(only["places"][0]["place"].as_str().unwrap().starts_with("journal/"), "{only}");
    let day: jiff::civil::Date = only["until"].as_str().unwrap().parse().unwrap();
    let found: jiff::Timestamp = only["found_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(day.since(kep_gateway::clock::local_day(found)).unwrap().get_days(), 15);

    // Put back, and said so: by somebody who may.
    fs::write(&segment, &sound).unwrap();
    let id = only["id"].as_str().unwrap();
    let close = |by: &str| {
        run(
            &inside,
            &["loss", "close", id, "--done", "restored", "--note", "yedekten", "--by", by],
        )
    };
    assert_eq!(exit(&close("memur")), 1);
    assert_eq!(exit(&close("amir")), 0);
    assert_eq!(exit(&run(&inside, &["loss", "list"])), 0);
    let shown = run(&inside, &["loss", "show", id]);
    assert!(
        said(&shown).contains("yedekten") && said(&shown).contains("amir"),
        "{}",
        said(&shown)
    );
    fs::write(&segment, &bytes).unwrap();
    assert!(
        said(&run(&inside, &["journal", "verify"])).contains("ZIYA Z-"),
        "lost again after it was restored"
    );
}

/// The account that the tests run under.
fn own_uid() -> u32 {
    std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_while_the_journal_is_verified_is_no_loss() {
    let (inside, pipeline) = old_store(CLASSES, 2).await;
    inside.clock.set(Timestamp::now());
    let list = approved(&pipeline).await;
    let message = pipeline.ledger.entries().next().unwrap().unwrap().message.sha256;
    let execute = KeepingRequest::Execute { list };
    let done = pipeline.decide_keeping(execute, &person("yonetici", Role::Administrator)).await;
    done.unwrap().unwrap();
    // A name that is listed and has no file behind it any more: as the walk sees what goes between the listing and the reading.
    let path = path_of(&inside.root(), &message);
    std::os::unix::fs::symlink("/nonexistent", &path).unwrap();
    assert!(walk::look(&pipeline, 0).await.unwrap());
    assert_eq!(pipeline.ledger.standing(walk::WALKED).unwrap().unwrap().facts["errors"], "0");
    drop(pipeline);
    let verified = run(&inside, &["journal", "verify"]);
    assert_eq!(exit(&verified), 0, "{}", said(&verified));
    assert!(loss::all(&inside.root(), &*RealDisk::shared()).unwrap().is_empty());
    // The same of a blob that nobody let go is one.
    let other = path_of(&inside.root(), &Sha256::of(b"nobody's"));
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/nonexistent", &other).unwrap();
    let verified = run(&inside, &["journal", "verify"]);
    assert!(exit(&verified) == 20 && said(&verified).contains("ZIYA Z-"), "{}", said(&verified));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_at_the_machine_and_a_closed_account_decides_nothing_there() {
    let (inside, pipeline) = old_store(CLASSES, 1).await;
    with_people(&pipeline.ledger).await;
    inside.clock.set(Timestamp::now());
    let admin = person("yonetici", Role::Administrator);
    let proposed = pipeline.decide_keeping(KeepingRequest::Propose, &admin).await.unwrap();
    let Ok(Kept::Proposed { list, sha256, .. }) = proposed else {
        panic!("{proposed:?}")
    };
    // Whoever is root there could give both approvals, and what the socket takes no command sends.
    let approved = control::keep(&pipeline, ("amir", Some(0)), KeepingRequest::Approve { list, sha256 }).await;
    assert_eq!(approved.unwrap(), Err(KeepingRefusal::Forbidden.text()));
    assert!(pipeline.ledger.disposal(list).unwrap().unwrap().approvals.is_empty());
    let hold = || KeepingRequest::Hold {
        number: number("2015/000001"),
        reason: "dava".into(),
    };
    let closed = pipeline.ledger.edit_account("amir", Edit::Disabled(true), Asker::default()).await;
    closed.unwrap().unwrap();
    assert!(control::keep(&pipeline, ("amir", Some(0)), hold()).await.unwrap().is_err());
    assert!(control::keep(&pipeline, ("mudur", Some(0)), hold()).await.unwrap().is_ok());
    let deeds = pipeline.ledger.keeping(number("2015/000001")).unwrap().deeds;
    assert_eq!((deeds.len(), deeds[0].by.as_str(), deeds[0].uid), (1, "mudur", Some(0)));
}

fn told(pipeline: &Pipeline) -> usize {
    let jobs = pipeline.ledger.jobs().unwrap();
    jobs.iter().filter(|job| job.notice.cause == Cause::Loss).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_blob_is_a_loss_whose_term_is_told_until_somebody_says_what_was_done() {
    let site = Site::open(LISTENER);
    site.inside.put("a.eml", &mail(1));
    pass(&site.web.pipeline).await;
    site.add("amir", Role::Supervisor).await;
    site.add("memur", Role::Clerk).await;
    let (pipeline, root) = (Arc::clone(&site.web.pipeline), site.inside.root());
    let sha256 = pipeline.ledger.entries().next().unwrap().unwrap().message.sha256;
    fs::remove_file(path_of(&root, &sha256)).unwrap();
    assert!(walk::look(&pipeline, 0).await.unwrap());
    let losses = loss::all(&root, &*RealDisk::shared()).unwrap();
    let [only] = losses.as_slice() else { panic!("{losses:?}") };
    assert_eq!((only.places.len(), only.until.to_string().as_str()), (1, "2026-12-05"));
    assert_eq!(
        pipeline.ledger.loss(&only.id).unwrap().as_ref(),
        Some(only),
        "the journal knows it too"
    );
    assert_eq!(told(&pipeline), 1);
    duties::look(&pipeline).await.unwrap();
    assert_eq!(told(&pipeline), 1, "said once");

    let mut clerk = site.signed_in("memur").await;
    let today = clerk.get("/").await.text;
    assert!(today.contains("data-level=\"bad\"") && today.contains(&only.id), "the red bar");
    // Its term stands among the others, for those who answer for the record.
    let row = format!("data-number=\"{}\"", only.id);
    let mut boss = site.signed_in("amir").await;
    let board = boss.get("/boards/deadlines?month=2026-12").await.text;
    assert!(board.contains(&row) && board.contains("zıyanın bildirilmesi") && board.contains("href=\"/boards/retention\""));
    assert!(!clerk.get("/boards/deadlines?month=2026-12").await.text.contains(&row));
    let listed = run(&site.inside, &["deadlines", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let term = listed.as_array().unwrap().iter().find(|line| line["kind"] == "loss").unwrap();
    assert_eq!(
        (&term["loss"], &term["at"]),
        (&Value::from(only.id.as_str()), &Value::from("2026-12-05T20:59:59Z"))
    );
    let table = said(&run(&site.inside, &["deadlines"]));
    assert!(table.contains(&only.id) && table.contains("05.12.2026 23:59"), "{table}");
    for (now, jobs) in [
        ("2026-11-29T09:00:00Z", 1),
        ("2026-11-30T09:00:00Z", 2),
        ("2026-12-05T09:00:00Z", 2),
        ("2026-12-06T09:00:00Z", 3),
        ("2026-12-20T09:00:00Z", 3),
    ] {
        site.inside.set(now);
        duties::look(&pipeline).await.unwrap();
        assert_eq!(told(&pipeline), jobs, "{now}");
    }
    let jobs = pipeline.ledger.jobs().unwrap();
    assert!(
        jobs.iter()
            .any(|job| job.notice.cause == Cause::DailyReport && job.notice.body.tr.contains(&only.id)),
        "every daily report says it"
    );
    assert!(walk::look(&pipeline, 0).await.unwrap());
    assert_eq!(loss::all(&root, &*RealDisk::shared()).unwrap().len(), 1);

    // However long ago its last day was, and whatever becomes of the file that tells of it: who removes that ends no term.
    site.inside.set("2027-03-20T09:00:00Z");
    let mut boss = site.signed_in("amir").await;
    let board = boss.get("/boards/deadlines").await.text;
    assert!(board.contains(&row), "{board}");
    fs::remove_dir_all(root.join("losses")).unwrap();
    duties::look(&pipeline).await.unwrap();
    assert_eq!(loss::all(&root, &*RealDisk::shared()).unwrap(), losses);
    assert!(
        boss.get("/boards/retention")
            .await
            .text
            .contains(&format!("data-loss=\"{}\" data-open=\"true\"", only.id))
    );
    let fields = [("loss", only.id.as_str()), ("done", "notified"), ("reason", "2026/77 sayılı yazı")];
    boss.submit("/boards/retention", "/boards/retention/close-loss", &fields).await;
    duties::look(&pipeline).await.unwrap();
    assert_eq!(told(&pipeline), 4, "its end is told");
    assert!(pipeline.ledger.standing(&format!("loss/{}", only.id)).unwrap().is_none());
    assert!(!boss.get("/").await.text.contains(&only.id) && !boss.get("/boards/deadlines").await.text.contains(&row));
    let closed = pipeline.ledger.loss(&only.id).unwrap().unwrap().closed.unwrap();
    assert_eq!(
        (closed.by.as_str(), closed.done, closed.note.as_str()),
        ("amir", Done::Notified, "2026/77 sayılı yazı")
    );
    // What was told to the authority stays lost, and is no second loss.
    site.inside.set("2027-03-30T09:00:00Z");
    assert!(walk::look(&pipeline, 0).await.unwrap());
    assert_eq!(loss::all(&root, &*RealDisk::shared()).unwrap().len(), 1);
}
