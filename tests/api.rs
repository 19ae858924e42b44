//! The API that the institution's document system (EBYS) asks, its tokens, its webhooks and the metrics, over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ebys;
mod forge;
mod gateway;
mod inside;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use ebys::{Api, NOON, client, everybody, href, only, token};
use forge::venv;
use forge::world::World;
use gateway::page::{Daemon, PAGE};
use gateway::{Gateway, PATIENCE, until};
use jiff::{SignedDuration, Timestamp};
use kep_gateway::alert::webhook::signature;
use kep_gateway::daemon::outbox::send_due;
use kep_gateway::people::tokens::{Grant, Token, TokenEdit};
use kep_gateway::people::{Scope, View};
use kep_gateway::register::entry::{Action, Asker, Entry, State as EntryState, Why};
use kep_gateway::secret::Secret;
use kep_gateway::store::disk::RealDisk;
use kep_gateway::store::last_backup::LastBackup;
use kep_gateway::web::api::paths;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

fn later(seconds: i64) -> Timestamp {
    NOON.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// One message of each of these kinds, the second half of them for the second mailbox.
fn messages(kinds: &[&str]) -> Vec<(String, Vec<u8>)> {
    let world = World::new(20_261_123);
    let made = kinds.iter().enumerate().map(|(at, kind)| {
        let folder = if at >= kinds.len().div_ceil(2) { "2-" } else { "" };
        (format!("{folder}{at:02}-{kind}"), world.sample(kind, at).raw)
    });
    made.collect()
}

// ------------------------------------------------------------------------------------------------------------------- the description

/// The interpreter with the validator and the fuzzer, installed with pinned versions into the build folder.
fn python() -> PathBuf {
    let pinned = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ebys/openapi.txt");
    venv::python("openapi", "import openapi_spec_validator, schemathesis", &["--requirement", pinned])
}

/// What the independent validator says of a description; empty: it is valid.
fn validated(description: &[u8]) -> String {
    let script = "import json, sys\nfrom openapi_spec_validator import validate\nvalidate(json.load(sys.stdin))";
    let mut child = Command::new(python())
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(description).unwrap();
    let out = child.wait_with_output().unwrap();
    match out.status.success() {
        true => String::new(),
        false => String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

#[tokio::test]
async fn the_description_is_valid_and_says_every_address_and_method_and_no_other() {
    let api = Api::open("", &[]).await;
    let said = api.ask(Method::GET, "/api/v1/openapi.json", None, None, &[]).await;
    assert_eq!((said.status, said.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(validated(&said.body), "");
    let description = said.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut broken = description.clone();
    broken["paths"]["/api/v1/documents"]["get"]["responses"] = json!(7);
    assert_ne!(validated(broken.to_string().as_bytes()), "", "the validator looks");

    let described: BTreeSet<&str> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(described, paths().into_iter().collect());
    for (path, methods) in description["paths"].as_object().unwrap() {
        let place = path
            .replace("{year}", "2026")
            .replace("{number}", "000001")
            .replace("{sha256}", &"a".repeat(64));
        for method in ["get", "put", "post", "delete", "patch", "options"] {
            let asked = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = api.ask(asked, &place, None, None, &[]).await;
            let described = methods.get(method);
            match described {
                None => {
                    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                    assert_eq!(answer.problem(), "method-not-allowed");
                    assert!(!answer.header("allow").is_empty(), "{method} {path}");
                }
                Some(_) if path.ends_with("openapi.json") => assert_eq!(answer.status, StatusCode::OK),
                Some(operation) => {
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                    assert!(operation["security"][0]["token"].is_array(), "{operation}");
                }
            }
        }
    }
    for word in ["X-Kep-Gateway-Signature", "HMAC-SHA256", "5 minutes"] {
        assert!(description["info"]["description"].as_str().unwrap().contains(word), "{word}");
    }
}

/// An independent program makes requests out of the description, sound and broken ones, for the documents that there are, and compares each
/// answer with it: status, type and shape, and nothing breaks.
#[tokio::test(flavor = "multi_thread")]
async fn a_fuzzer_that_reads_the_description_meets_no_answer_that_it_does_not_describe() {
    let kinds = [
        "package-v2",
        "standard",
        "package-v2-attachments",
        "evidence-delivered",
        "package-update",
    ];
    let api = Api::open("", &messages(&kinds)).await;
    let secret = api.token("ebys", &Grant::ALL).await;
    let mut description = api.ask(Method::GET, "/api/v1/openapi.json", None, None, &[]).await.json();
    let there: Vec<String> = (1..=api.entries().len() + 1).map(|number| format!("{number:06}")).collect();
    for methods in description["paths"].as_object_mut().unwrap().values_mut() {
        for operation in methods.as_object_mut().unwrap().values_mut() {
            for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
                match parameter["name"].as_str() {
                    Some("year") => parameter["schema"] = json!({ "type": "string", "enum": ["2026"] }),
                    Some("number") => parameter["schema"] = json!({ "type": "string", "enum": there }),
                    _ => {}
                }
            }
        }
    }
    let file = api.inside.dir.path().join("description.json");
    fs::write(&file, description.to_string()).unwrap();
    let (address, folder) = (api.address.clone(), api.inside.dir.path().to_owned());
    let ended = tokio::task::spawn_blocking(move || {
        Command::new(python().with_file_name("schemathesis"))
            .current_dir(folder)
            .arg("run")
            .arg(file)
            .args(["--url", &address, "-H", &format!("Authorization: Bearer {secret}")])
            .args([
                "--max-examples",
                "15",
                "--phases",
                "coverage,fuzzing",
                "--seed",
                "20261123",
                "--generation-deterministic",
            ])
            // How long the machine takes is no finding, and nobody stands between the two.
            .args(["--suppress-health-check", "all", "--request-timeout", "600"])
            .env("NO_PROXY", "*")
            .args(["--exclude-path", "/api/v1/openapi.json", "--no-color"])
            .args([
                "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            ])
            .output()
            .unwrap()
    });
    let ended = ended.await.unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    assert!(said.contains("14 passed"), "every operation was asked: {said}");
    println!("{}", said.lines().find(|line| line.contains("generated")).unwrap_or_default());
}

// ------------------------------------------------------------------------------------------------------------------------- who may what

/// For each operation the scope that the description asks for, and a body that would be taken.
fn operations(description: &Value) -> Vec<(Method, String, String)> {
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if let Some(scope) = operation["security"][0]["token"][0].as_str() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                all.push((method, path.clone(), scope.to_owned()));
            }
        }
    }
    all
}

fn body_for(path: &str, turn: usize) -> Option<String> {
    match path {
        path if path.ends_with("/transfer") => Some(format!("{{\"number\": \"E-{turn}\"}}")),
        // A level that there is not: what exists must stay for the next question.
        path if path.ends_with("/level") => Some("{\"level\": 9, \"reason\": \"deneme\"}".to_owned()),
        path if path.ends_with("/assign") => Some("{\"person\": \"kimse\"}".to_owned()),
        path if path.ends_with("/deeds") => Some("{\"deed\": {\"kind\": \"completion-asked\", \"day\": \"2026-11-23\"}}".to_owned()),
        _ => None,
    }
}

/// By the rule of the brief and not by the code under test.
fn exists_for(token: &Token, entry: &Entry) -> bool {
    let covers = |scope: &Scope, name: Option<&str>| match scope {
        Scope::All => true,
        Scope::Only(names) => name.is_some_and(|name| names.contains(name)),
    };
    entry.access <= token.clearance && covers(&token.mailboxes, Some(&entry.mailbox)) && covers(&token.units, entry.unit.as_deref())
}

#[tokio::test]
async fn every_scope_on_every_route_for_every_document_generated() {
    let kinds = [
        "package-v2",
        "package-update",
        "two-packages",
        "standard",
        "package-v2-attachments",
        "package-v2",
        "package-encrypted",
    ];
    let api = Api::open("", &messages(&kinds)).await;
    let entries = api.entries();
    for entry in entries.iter().skip(1).step_by(2) {
        api.assign(entry.register_number, "Hukuk").await;
    }
    let entries = api.entries();
    assert!(
        entries.iter().map(|entry| entry.access).collect::<BTreeSet<_>>().len() > 1,
        "documents of more than one level"
    );
    assert!(entries.iter().map(|entry| &entry.mailbox).collect::<BTreeSet<_>>().len() == 2);

    let described = api.ask(Method::GET, "/api/v1/openapi.json", None, None, &[]).await.json();
    let operations = operations(&described);
    assert_eq!(operations.len(), paths().len() - 1);
    let (mut turn, mut seen, mut unseen) = (0, 0, 0);
    for grants in [
        vec![Grant::Read],
        vec![Grant::Transfer],
        vec![Grant::Assign],
        vec![Grant::Level],
        vec![Grant::Files],
        vec![Grant::Admin],
        vec![Grant::Metrics],
        Grant::ALL.to_vec(),
    ] {
        for (mailboxes, units) in [
            (Scope::All, Scope::All),
            (only(&["ikinci"]), Scope::All),
            (Scope::All, only(&["Hukuk"])),
        ] {
            for clearance in [0, 2, 4] {
                turn += 1;
                let principal = Token {
                    mailboxes: mailboxes.clone(),
                    units: units.clone(),
                    clearance,
                    ..token(&format!("t{turn}"), &grants)
                };
                let secret = api.give(principal.clone()).await;
                for (method, path, scope) in &operations {
                    let may = grants.iter().any(|grant| grant.word() == scope);
                    if !path.contains("{number}") {
                        let answer = api.ask(method.clone(), path, Some(&secret), None, &[]).await;
                        assert_eq!(answer.status == StatusCode::OK, may, "{grants:?} {path}");
                        continue;
                    }
                    for entry in &entries {
                        let part = entry
                            .document
                            .as_ref()
                            .and_then(|document| document.file.as_ref())
                            .map(|file| file.sha256);
                        let part = part.map_or_else(|| "b".repeat(64), |sha256| sha256.to_string());
                        let number = entry.register_number.to_string();
                        let (year, rest) = number.split_once('/').unwrap();
                        let at = |number: &str| path.replace("{year}", year).replace("{number}", number).replace("{sha256}", &part);
                        let body = body_for(path, turn);
                        let answer = api.ask(method.clone(), &at(rest), Some(&secret), body.as_deref(), &[]).await;
                        if !may {
                            assert_eq!(
                                (answer.status, answer.problem().as_str()),
                                (StatusCode::FORBIDDEN, "insufficient-scope"),
                                "{grants:?} {path}"
                            );
                            assert!(answer.header("www-authenticate").contains(&format!("scope=\"{scope}\"")));
                            continue;
                        }
                        if exists_for(&principal, entry) {
                            seen += 1;
                            // A message that holds another's document stays closed, and not every document has a letter.
                            let may_miss = path.ends_with("/original") || path.ends_with("{sha256}");
                            assert!(
                                may_miss || answer.status != StatusCode::NOT_FOUND,
                                "{number} {path} {}",
                                answer.text()
                            );
                            continue;
                        }
                        unseen += 1;
                        let missing = api.ask(method.clone(), &at("999999"), Some(&secret), body.as_deref(), &[]).await;
                        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{number} {path}");
                        let without_date = |mut headers: reqwest::header::HeaderMap| {
                            headers.remove("date");
                            headers
                        };
                        assert_eq!(answer.body, missing.body, "{number} {path}");
                        assert_eq!(without_date(answer.headers), without_date(missing.headers), "{number} {path}");
                    }
                }
                if grants.contains(&Grant::Read) {
                    let listed: Vec<String> = api.all("/api/v1/documents?limit=2", &secret).await.iter().map(number_of).collect();
                    let wanted: Vec<String> = entries
                        .iter()
                        .filter(|entry| exists_for(&principal, entry))
                        .map(|entry| entry.register_number.to_string())
                        .collect();
                    assert_eq!(listed, wanted, "clearance {clearance}");
                }
            }
        }
    }
    println!("{seen} answers about what exists, {unseen} about what does not");
    assert!(seen > 100 && unseen > 100);
    // Nobody who may not see it left a trace on it.
    for entry in api.entries() {
        for view in api.pipeline.ledger.views_of(entry.register_number).unwrap() {
            assert!(view.by.starts_with("api:t"), "{view:?}");
        }
        assert_ne!(entry.state, EntryState::Opened, "what a program reads was opened by nobody");
    }
}

fn number_of(document: &Value) -> String {
    document["register_number"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn two_documents_in_one_message_do_not_open_each_other() {
    let api = Api::open("", &messages(&["two-packages"])).await;
    let entries = api.entries();
    let (mine, other) = (&entries[0], &entries[1]);
    api.assign(mine.register_number, "Benim").await;
    let narrow = Token {
        units: only(&["Benim"]),
        ..token("dar", &[Grant::Read])
    };
    let (narrow, wide) = (api.give(narrow).await, api.token("genis", &[Grant::Read]).await);
    let place = href(mine.register_number);
    let theirs = other.package.as_ref().unwrap().sha256.to_string();
    for path in [
        place.clone(),
        format!("{place}/parts"),
        format!("{place}/verdict"),
        format!("{place}/evidence"),
    ] {
        let answer = api.get(&path, &narrow).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text().contains(&theirs), "{path}");
    }
    for path in [format!("{place}/parts/{theirs}"), format!("{place}/original")] {
        assert_eq!(api.get(&path, &narrow).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(api.get(&path, &wide).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn no_cookie_opens_the_api_and_no_other_way_does() {
    let api = Api::open("", &messages(&["standard"])).await;
    let session = {
        let now = api.web.pipeline.now();
        let account = kep_gateway::people::Account::new(everybody(), kep_gateway::people::Source::Local);
        let edit = kep_gateway::people::Edit::Add(Box::new(account));
        api.web
            .ledger()
            .edit_account("herkes", edit, Asker::default())
            .await
            .unwrap()
            .unwrap();
        let account = api.web.ledger().account("herkes").unwrap().unwrap();
        api.web
            .sessions
            .begin(
                "herkes",
                account.generation,
                kep_gateway::web::session::Stage::SignedIn,
                String::new(),
                now,
            )
            .unwrap()
    };
    let cookie = format!("kep-session={}", session.reveal());
    let page = api.ask(Method::GET, "/account", None, None, &[("cookie", &cookie)]).await;
    assert_eq!(page.status, StatusCode::OK, "the session is one");
    let secret = api.token("ebys", &[Grant::Read, Grant::Assign]).await;
    let entry = href(api.entries()[0].register_number);
    let bodies = [
        (Method::GET, "/api/v1/documents".to_owned(), None),
        (Method::POST, format!("{entry}/assign"), Some("{\"unit\":\"A\"}")),
    ];
    for (method, path, body) in bodies {
        for headers in [
            vec![("cookie", cookie.as_str())],
            vec![("cookie", cookie.as_str()), ("authorization", "Basic aGVya2VzOng=")],
            vec![("x-api-key", secret.as_str())],
            vec![("authorization", secret.as_str())],
        ] {
            let answer = api.ask(method.clone(), &path, None, body, &headers).await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (StatusCode::UNAUTHORIZED, "unauthorized"),
                "{path} {headers:?}"
            );
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
        let in_query = api
            .ask(method.clone(), &format!("{path}?access_token={secret}"), None, body, &[])
            .await;
        assert_eq!(in_query.status, StatusCode::UNAUTHORIZED);
        // A cookie beside a token neither helps nor hinders: no form token is wanted.
        let both = api
            .ask(
                method,
                &path,
                Some(&secret),
                body,
                &[("cookie", &cookie), ("origin", "https://kotu.example")],
            )
            .await;
        assert_eq!(both.status, StatusCode::OK, "{}", both.text());
    }
    let history = &api.entries()[0].history;
    assert!(history.iter().all(|handling| handling.by == "api:ebys"), "{history:?}");
}

#[tokio::test]
async fn wrong_tokens_wait_and_are_on_record_and_a_right_one_beside_them_does_not() {
    let api = Api::open("", &[]).await;
    let secret = api.token("ebys", &[Grant::Read]).await;
    // Of the right length and letters, and never the right one by chance.
    let (stem, last) = secret.split_at(secret.len() - 1);
    let mut statuses = Vec::new();
    for wrong in "abcdefghi".chars().filter(|letter| !last.starts_with(*letter)).take(8) {
        let wrong = format!("{stem}{wrong}");
        let answer = api.get("/api/v1/documents", &wrong).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.problem(), "too-many-tries");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        }
        statuses.push(answer.status.as_u16());
        assert_eq!(
            api.get("/api/v1/documents", &secret).await.status,
            StatusCode::OK,
            "the right one is heard"
        );
    }
    assert_eq!(statuses, [401, 401, 401, 401, 429, 429, 429, 429]);
    api.inside.clock.set(later(60));
    assert_eq!(
        api.get("/api/v1/documents", "kepgw_x").await.status,
        StatusCode::UNAUTHORIZED,
        "not for ever"
    );
    let journal = journal(&api);
    assert!(journal.contains("sign-in-failed") && journal.contains("token-used"));
    assert!(!journal.contains(&secret), "no secret is on record");
}

fn journal(api: &Api) -> String {
    let files = fs::read_dir(api.inside.root().join("journal")).unwrap();
    let bytes: Vec<u8> = files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_token_ends_with_its_day_and_with_its_revocation_and_uses_are_recorded_once_in_a_while() {
    let api = Api::open("", &[]).await;
    let dated = Token {
        until: Some("2026-11-23".parse().unwrap()),
        ..token("gunluk", &[Grant::Read])
    };
    let (dated, plain) = (api.give(dated).await, api.token("ebys", &[Grant::Read]).await);
    assert_eq!(api.get("/api/v1/documents", &dated).await.status, StatusCode::OK);
    api.inside.set("2026-11-23T21:00:00Z");
    let over = api.get("/api/v1/documents", &dated).await;
    assert_eq!((over.status, over.problem().as_str()), (StatusCode::UNAUTHORIZED, "token-expired"));

    let head = || api.web.ledger().head().sequence;
    api.get("/api/v1/documents", &plain).await;
    let before = head();
    for _ in 0..5 {
        api.get("/api/v1/documents", &plain).await;
    }
    assert_eq!(head(), before, "the same minute is one use");
    api.inside.set("2026-11-23T21:11:00Z");
    api.get("/api/v1/documents", &plain).await;
    assert_eq!(head(), before + 1);
    let last = api.web.ledger().last_use_of_token("ebys").unwrap();
    assert_eq!(
        (last.at, last.from.as_deref()),
        (Some("2026-11-23T21:11:00Z".parse().unwrap()), Some("127.0.0.1"))
    );

    api.web
        .ledger()
        .edit_token("ebys", TokenEdit::Revoke, Asker::default())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(api.get("/api/v1/documents", &plain).await.problem(), "unauthorized");
    let again = TokenEdit::Add(Box::new(token("ebys", &[Grant::Read])));
    assert!(
        api.web.ledger().edit_token("ebys", again, Asker::default()).await.unwrap().is_err(),
        "a name is given once"
    );
}

// ----------------------------------------------------------------------------------------------------------------------------- refusals

#[tokio::test]
async fn every_refusal_is_a_problem_document_in_both_languages_and_never_a_librarys_own_words() {
    let api = Api::open("", &messages(&["standard"])).await;
    let secret = api.token("ebys", &Grant::ALL).await;
    let there = href(api.entries()[0].register_number);
    for (path, code) in [
        ("/api", "no-such-address"),
        ("/api/", "no-such-address"),
        ("/api/v1", "no-such-address"),
        ("/api/v2/documents", "no-such-address"),
        ("/api/v1/documents/2026", "no-such-address"),
        ("/api/v1/documents/", "no-such-address"),
        ("/api/v1/documents/2026/x", "not-found"),
        ("/api/v1/documents/%ff/1", "not-found"),
        ("/api/v1/documents/2026/%ff%fe", "not-found"),
        ("/api/v1/documents/2026/-1", "not-found"),
        ("/api/v1/documents/+026/1", "not-found"),
        ("/api/v1/documents/99999/1", "not-found"),
        ("/api/v1/documents/2026/99999999999999999999", "not-found"),
        ("/api/v1/documents/2026/000001%2f..", "not-found"),
        ("/api/v1/documents/2026/000001/parts/xyz", "not-found"),
        ("/api/v1/documents/2026/000001/sheet.pdf", "no-such-address"),
        ("/api/v1/documents?limit=0", "bad-parameter"),
        ("/api/v1/documents?limit=201", "bad-parameter"),
        ("/api/v1/documents?limit=-1", "bad-parameter"),
        ("/api/v1/documents?limit=", "bad-parameter"),
        ("/api/v1/documents?limit=2&limit=3", "bad-parameter"),
        ("/api/v1/documents?since=dun", "bad-parameter"),
        ("/api/v1/documents?until=2026-13-01", "bad-parameter"),
        ("/api/v1/documents?state=neu", "bad-parameter"),
        ("/api/v1/documents?kind=neu", "bad-parameter"),
        ("/api/v1/documents?not_transferred=yes", "bad-parameter"),
        ("/api/v1/documents?not_transfered=true", "bad-parameter"),
        ("/api/v1/documents?cursor=x", "bad-cursor"),
        ("/api/v1/deliveries?cursor=x", "bad-cursor"),
        ("/api/v1/deliveries?state=neu", "bad-parameter"),
        ("/api/v1/deliveries?channel=fax", "bad-parameter"),
    ] {
        let answer = api.get(path, &secret).await;
        assert_eq!(answer.problem(), code, "{path}");
        assert!(answer.header("x-content-type-options") == "nosniff" && answer.header("cache-control") == "no-store");
    }
    let (transfer, assign) = (format!("{there}/transfer"), format!("{there}/assign"));
    let long = format!("{{\"number\": \"{}\"}}", "9".repeat(70_000));
    let deep = "[".repeat(30_000);
    for (method, path, body, kind, code) in [
        (Method::PUT, &transfer, "", "application/json", "bad-body"),
        (Method::PUT, &transfer, "{", "application/json", "bad-body"),
        (Method::PUT, &transfer, deep.as_str(), "application/json", "bad-body"),
        (Method::PUT, &transfer, "{\"number\": 7}", "application/json", "bad-body"),
        (
            Method::PUT,
            &transfer,
            "{\"number\": \"1\", \"x\": 1}",
            "application/json",
            "bad-body",
        ),
        (Method::PUT, &transfer, "{\"number\": \"1\"}", "text/plain", "unsupported-type"),
        (
            Method::PUT,
            &transfer,
            "number=1",
            "application/x-www-form-urlencoded",
            "unsupported-type",
        ),
        (Method::PUT, &transfer, long.as_str(), "application/json", "too-large"),
        (
            Method::PUT,
            &transfer,
            "{\"number\": \"  \"}",
            "application/json",
            "number-required",
        ),
        (Method::PUT, &transfer, "{\"number\": \"a\\nb\"}", "application/json", "too-long"),
        (
            Method::POST,
            &transfer,
            "{\"number\": \"1\"}",
            "application/json",
            "method-not-allowed",
        ),
        (Method::DELETE, &there, "", "application/json", "method-not-allowed"),
        (Method::POST, &assign, "{}", "application/json", "nobody-named"),
        (Method::POST, &assign, "{\"person\": \"kimse\"}", "application/json", "person-unfit"),
    ] {
        let answer = api.ask(method, path, Some(&secret), Some(body), &[("content-type", kind)]).await;
        let beginning: String = body.chars().take(40).collect();
        assert_eq!(answer.problem(), code, "{path} {beginning}");
    }
    for (asked, header, tr) in [
        ("", "tr-TR,tr;q=0.9", true),
        ("", "en-GB,en;q=0.8", false),
        ("?lang=tr", "en", true),
        ("?lang=en", "tr", false),
    ] {
        let answer = api
            .ask(Method::GET, &format!("/api/x{asked}"), None, None, &[("accept-language", header)])
            .await;
        let problem = answer.json();
        assert_eq!(problem["detail"] == problem["text"]["tr"], tr, "{asked} {header}");
        assert!(answer.headers.get("set-cookie").is_none());
    }
    assert!(api.entries()[0].history.is_empty(), "nothing of this did anything");
}

#[tokio::test]
async fn cursors_are_stable_while_documents_arrive_and_lead_no_further_than_the_token_sees() {
    let world = World::new(77);
    let some: Vec<(String, Vec<u8>)> = (0..5).map(|at| (format!("{at}"), world.sample("standard", at).raw)).collect();
    let api = Api::open("", &some).await;
    let secret = api.token("ebys", &[Grant::Read]).await;
    let first = api.get("/api/v1/documents?limit=2", &secret).await.json();
    let cursor = first["next"].as_str().unwrap().to_owned();
    assert!(!cursor.contains("2026"), "opaque");
    for at in 5..7 {
        api.inside.put(&format!("{at}.eml"), &world.sample("standard", at).raw);
    }
    api.look().await;
    let rest = api
        .get(&format!("/api/v1/documents?limit=200&cursor={cursor}"), &secret)
        .await
        .json();
    let numbers: Vec<String> = [&first, &rest]
        .iter()
        .flat_map(|page| page["documents"].as_array().unwrap())
        .map(number_of)
        .collect();
    assert_eq!(numbers, (1..=7).map(|number| format!("2026/{number:06}")).collect::<Vec<_>>());
    assert_eq!(rest["next"], Value::Null);
    let nobody = Token {
        mailboxes: only(&["yok"]),
        ..token("dar", &[Grant::Read])
    };
    let nobody = api.give(nobody).await;
    let page = api.get(&format!("/api/v1/documents?cursor={cursor}"), &nobody).await.json();
    assert_eq!(page, json!({ "documents": [], "next": null }), "another's cursor shows nothing");
    let deliveries = api.token("izleyen", &[Grant::Admin]).await;
    assert_eq!(
        api.get(&format!("/api/v1/deliveries?cursor={cursor}"), &deliveries).await.problem(),
        "bad-cursor"
    );
    // The filters, against the entries themselves.
    let all = api.all("/api/v1/documents", &secret).await;
    for (asked, fits) in [
        ("mailbox=drop", 7),
        ("mailbox=ikinci", 0),
        ("state=registered", 7),
        ("state=done", 0),
        ("since=2026-11-23", 7),
        ("since=2026-11-24", 0),
        ("until=2026-11-23", 7),
        ("until=2026-11-22", 0),
        ("until=2026-11-23T09%3A00%3A00Z", 0),
        ("since=2026-11-23T09%3A00%3A00Z", 7),
        ("not_transferred=true", 7),
        ("not_transferred=false", 0),
        ("kind=standard", 7),
        ("unit=Yok", 0),
    ] {
        assert_eq!(api.all(&format!("/api/v1/documents?{asked}"), &secret).await.len(), fits, "{asked}");
    }
    assert_eq!(all.len(), 7);
}

// ------------------------------------------------------------------------------------------------------------------------- one document

#[tokio::test]
async fn a_document_its_parts_its_original_and_its_verdict_are_the_registers_and_the_views_are_on_record() {
    let world = World::new(5);
    let sample = world.sample("package-v2-attachments", 0);
    let api = Api::open("[register]\nprefix = \"KEP-\"\n", &[("bir".to_owned(), sample.raw.clone())]).await;
    let secret = api.token("ebys", &[Grant::Read]).await;
    let entry = api.entries().remove(0);
    let place = href(entry.register_number);
    let document = api.get(&place, &secret).await;
    let tag = document.header("etag").to_owned();
    let shown = document.json();
    assert_eq!(shown["register_number"], format!("KEP-{}", entry.register_number));
    assert_eq!((&shown["href"], &shown["transferred"]), (&json!(place), &Value::Null));
    assert_eq!(shown["document"]["subject"], json!(entry.document.as_ref().unwrap().subject));
    assert_eq!(shown["verdict"]["indication"], json!(entry.verdict.as_ref().unwrap().indication));
    let known = api.ask(Method::GET, &place, Some(&secret), None, &[("if-none-match", &tag)]).await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));

    let original = api.get(&format!("{place}/original"), &secret).await;
    assert_eq!(original.body, sample.raw);
    assert_eq!(original.header("etag"), format!("\"{}\"", entry.message.sha256));
    let parts = api.get(&format!("{place}/parts"), &secret).await.json();
    let parts = parts["parts"].as_array().unwrap().clone();
    assert!(parts.iter().any(|part| part["use"] == "letter") && parts.iter().filter(|part| part["use"] == "attachment").count() >= 1);
    for part in &parts {
        let Some(address) = part["href"].as_str() else { continue };
        let bytes = api.get(address, &secret).await;
        assert_eq!(bytes.status, StatusCode::OK, "{part}");
        assert_eq!(World::sha256(&bytes.body), part["sha256"].as_str().unwrap());
        assert_eq!(bytes.body.len() as u64, part["size"].as_u64().unwrap());
        assert_eq!(bytes.header("content-type"), "application/octet-stream");
        assert!(bytes.header("content-disposition").starts_with("attachment; filename="));
        assert!(bytes.header("content-security-policy").starts_with("sandbox"));
        assert_eq!(bytes.header("x-content-type-options"), "nosniff");
    }
    let verdict = api.get(&format!("{place}/verdict?lang=en"), &secret).await.json();
    assert_eq!(
        verdict["verdict"]["signatures"].as_array().unwrap().len(),
        entry.verdict.as_ref().unwrap().signatures.len()
    );
    assert_eq!(verdict["findings"].as_array().unwrap().len(), entry.findings.len());
    let evidence = api.get(&format!("{place}/evidence"), &secret).await.json();
    assert_eq!(evidence["evidence"].as_array().unwrap().len(), entry.evidence.len());

    let views: BTreeSet<View> = api
        .pipeline
        .ledger
        .views_of(entry.register_number)
        .unwrap()
        .into_iter()
        .inspect(|view| assert_eq!(view.by, "api:ebys"))
        .map(|view| view.what)
        .collect();
    assert_eq!(views, BTreeSet::from([View::Api, View::Part, View::Original, View::Evidence]));
    assert_eq!(api.entries()[0].state, EntryState::Registered, "the daily duty is a person's");
}

fn hostile_mail() -> Vec<u8> {
    let word = |text: &str| format!("=?UTF-8?B?{}?=", openssl::base64::encode_block(text.as_bytes()).replace('\n', ""));
    let nasty = "\"'></script><script>alert(1)</script>\u{202e}gpj.exe\u{200b}\u{feff}\u{2028}=cmd|'/c calc'!A1 {{7*7}}";
    format!(
        "From: {} <saldirgan@kotu.example>\r\nTo: evrak@kurum.example\r\nSubject: {} {}\r\nDate: Mon, 23 Nov 2026 08:00:00 +0300\r\n\
         Message-ID: <\"><script>alert(2)</script>@kotu.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Merhaba<script>alert(3)</script>\r\n\
         --b\r\nContent-Type: application/pdf; name=\"{}\"\r\nContent-Disposition: attachment; filename=\"{}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         TVqQAAMAAAAEAAAA\r\n--b--\r\n",
        word("Kurum <script>\u{202e}"),
        word(nasty),
        "x".repeat(900),
        word("../../fatura<svg onload=alert(6)>\r\nSet-Cookie: a=b\u{202e}fdp.exe"),
        word("../../fatura<svg onload=alert(6)>\r\nSet-Cookie: a=b\u{202e}fdp.exe"),
    )
    .into_bytes()
}

#[tokio::test]
async fn hostile_content_in_every_field_is_harmless_in_json_and_the_same_when_it_is_read() {
    let api = Api::open("", &[("kotu".to_owned(), hostile_mail())]).await;
    let secret = api.token("ebys", &Grant::ALL).await;
    let entry = api.entries().remove(0);
    let place = href(entry.register_number);
    let nasty = "{\"number\": \"<script>\\u202e=1+1\", \"note\": \"</script>\\u200b\"}";
    assert_eq!(
        api.put(&format!("{place}/transfer"), &secret, nasty).await.status,
        StatusCode::CREATED
    );
    let paths = ["", "/parts", "/verdict", "/evidence"].map(|rest| format!("{place}{rest}"));
    for path in paths
        .into_iter()
        .chain(["/api/v1/documents".to_owned(), "/api/v1/documents?cursor=%3Cscript%3E".to_owned()])
    {
        let answer = api.get(&path, &secret).await;
        let kind = answer.header("content-type");
        assert!(["application/json", "application/problem+json"].contains(&kind), "{path}: {kind}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        for c in answer.text().chars() {
            let hidden = matches!(c, '<' | '>' | '&' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}') || c.is_control();
            assert!(!hidden, "{path}: {c:?}");
        }
        answer.json();
    }
    let shown = api.get(&place, &secret).await.json();
    assert_eq!(shown["message"]["subject"], json!(entry.message.subject), "nothing is lost");
    assert_eq!(shown["transferred"]["number"], "<script>\u{202e}=1+1");
    let parts = api.get(&format!("{place}/parts"), &secret).await.json();
    let parts = parts["parts"].as_array().unwrap().clone();
    let program = parts.iter().find(|part| part["use"] == "attachment").unwrap();
    assert!(!program["warnings"].as_array().unwrap().is_empty());
    let name = program["name"].as_str().unwrap();
    assert!(!name.contains(['/', '<', '\r', '\n', '\u{202e}']), "{name:?}");
    let bytes = api.get(program["href"].as_str().unwrap(), &secret).await;
    assert!(bytes.headers.get("set-cookie").is_none() && !bytes.header("content-disposition").contains(['<', '/']));
}

// ------------------------------------------------------------------------------------------------------------------------------- transfer

#[tokio::test]
async fn of_many_who_take_a_document_over_at_once_one_does() {
    let api = Arc::new(Api::open("", &messages(&["standard"])).await);
    let secret = api.token("ebys", &[Grant::Read, Grant::Transfer]).await;
    let entry = api.entries().remove(0);
    let place = format!("{}/transfer", href(entry.register_number));
    let mut tries = Vec::new();
    for turn in 0..12 {
        let (api, place, secret) = (Arc::clone(&api), place.clone(), secret.clone());
        tries.push(tokio::spawn(async move {
            (turn, api.put(&place, &secret, &format!("{{\"number\": \"E-{turn}\"}}")).await)
        }));
    }
    let mut won = Vec::new();
    let mut told = BTreeSet::new();
    for one in tries {
        let (turn, answer) = one.await.unwrap();
        match answer.status {
            StatusCode::CREATED => won.push(turn),
            _ => {
                assert_eq!(
                    (answer.status, answer.problem().as_str()),
                    (StatusCode::CONFLICT, "already-transferred")
                );
                told.insert(answer.json()["transferred_as"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    let number = format!("E-{}", won[0]);
    assert_eq!(told, BTreeSet::from([number.clone()]), "the others are told the first");
    // Again, however often, and with spaces around it: the same answer, and nothing more on record.
    let before = api.web.ledger().head().sequence;
    for body in [
        format!("{{\"number\": \"{number}\"}}"),
        format!("{{\"number\": \" {number} \", \"note\": \"yine\"}}"),
    ] {
        let again = api.put(&place, &secret, &body).await;
        assert_eq!(
            (again.status, again.json()["repeated"].as_bool()),
            (StatusCode::OK, Some(true)),
            "{body}"
        );
    }
    assert_eq!(api.web.ledger().head().sequence, before);
    let entry = api.entries().remove(0);
    assert_eq!((entry.transferred_as(), entry.history.len()), (Some(number.as_str()), 1));
    assert_eq!(entry.history[0].by, "api:ebys");
    assert!(api.all("/api/v1/documents?not_transferred=true", &secret).await.is_empty());
    assert_eq!(api.all("/api/v1/documents?not_transferred=false", &secret).await.len(), 1);
}

#[tokio::test]
async fn what_was_taken_out_of_the_registers_work_is_not_taken_over() {
    let api = Api::open("", &messages(&["standard"])).await;
    let secret = api.token("ebys", &[Grant::Read, Grant::Transfer]).await;
    let number = api.entries()[0].register_number;
    let request = kep_gateway::ledger::handling::HandlingRequest {
        action: Action::NotRecorded,
        note: Some("deneme".to_owned()),
    };
    api.web.ledger().handle(number, request, &everybody()).await.unwrap().unwrap();
    assert!(api.all("/api/v1/documents?not_transferred=true", &secret).await.is_empty());
    let refused = api
        .put(&format!("{}/transfer", href(number)), &secret, "{\"number\": \"E-1\"}")
        .await;
    assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::CONFLICT, "not-recorded"));
}

/// What an EBYS keeps, and what it reserved and has no answer for yet: durable there, whatever becomes of the gateway.
#[derive(Default)]
struct Ebys {
    entered: Mutex<BTreeMap<String, Vec<String>>>,
    given_back: Mutex<usize>,
    address: Mutex<String>,
}

/// Pulls until nothing is left for a while, by the rule of the description.
async fn worker(ebys: Arc<Ebys>, name: &'static str, secret: String, wanted: usize) {
    let (client, began, mut next) = (client(), Instant::now(), 0);
    let mut reserved: BTreeMap<String, String> = BTreeMap::new();
    while ebys.entered.lock().unwrap().len() < wanted || !reserved.is_empty() {
        assert!(began.elapsed() < PATIENCE, "{name}: {reserved:?}");
        let address = ebys.address.lock().unwrap().clone();
        let list = client
            .get(format!("{address}/api/v1/documents?not_transferred=true&limit=3"))
            .bearer_auth(&secret)
            .send()
            .await;
        let Ok(list) = list else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let list: Value = match list.bytes().await.map(|body| serde_json::from_slice(&body)) {
            Ok(Ok(list)) => list,
            _ => continue,
        };
        let listed = list["documents"].as_array().cloned().unwrap_or_default();
        for document in listed {
            let place = document["href"].as_str().unwrap().to_owned();
            reserved.entry(place).or_insert_with(|| {
                next += 1;
                format!("E-{name}-{next}")
            });
        }
        for (place, number) in reserved.clone() {
            let request = client.put(format!("{address}{place}/transfer")).bearer_auth(&secret);
            let body = json!({ "number": number }).to_string();
            let Ok(answer) = request.header("content-type", "application/json").body(body).send().await else {
                break;
            };
            match answer.status().as_u16() {
                200 | 201 => {
                    ebys.entered.lock().unwrap().entry(place.clone()).or_default().push(number);
                    reserved.remove(&place);
                }
                409 => {
                    *ebys.given_back.lock().unwrap() += 1;
                    reserved.remove(&place);
                }
                _ => break,
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn two_workers_pull_every_document_exactly_once_while_the_daemon_is_killed_and_started_again() {
    let world = World::new(41);
    let gateway = Gateway::with_drop(&world);
    gateway.configure_more(PAGE);
    let secret = gateway.token("ebys", "read,transfer", "4");
    assert!(secret.starts_with("kepgw_"), "{secret}");
    const DOCUMENTS: usize = 24;
    for nth in 0..DOCUMENTS {
        gateway.put(&format!("{nth}.eml"), &world.sample("standard", nth).raw);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let ebys = Arc::new(Ebys::default());
    let mut running = Daemon::start(&gateway);
    *ebys.address.lock().unwrap() = running.address.clone();
    let workers: Vec<_> = ["bir", "iki"]
        .into_iter()
        .map(|name| runtime.spawn(worker(Arc::clone(&ebys), name, secret.clone(), DOCUMENTS)))
        .collect();
    for enough in [3, 12] {
        until("the workers enter documents", || ebys.entered.lock().unwrap().len() >= enough);
        // Without any warning, in the middle of what it does.
        drop(running);
        running = Daemon::start(&gateway);
        *ebys.address.lock().unwrap() = running.address.clone();
    }
    for worker in workers {
        runtime.block_on(worker).unwrap();
    }
    let entered = ebys.entered.lock().unwrap().clone();
    assert_eq!(entered.len(), DOCUMENTS);
    for (place, numbers) in &entered {
        assert_eq!(numbers.len(), 1, "{place} was entered as {numbers:?}");
    }
    println!("{DOCUMENTS} documents, {} numbers given back", ebys.given_back.lock().unwrap());
    let export = gateway.export();
    assert_eq!(export.len(), DOCUMENTS);
    for entry in &export {
        let number = entry["register_number"].as_str().unwrap();
        let transferred: Vec<&str> = entry["history"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|handling| handling["action"]["transferred"]["number"].as_str())
            .collect();
        assert_eq!(
            transferred,
            [entered[&format!("/api/v1/documents/{number}")][0].as_str()],
            "{number}"
        );
    }
    let number = export[0]["register_number"].as_str().unwrap();
    let shown = gateway.ok(&["documents", "show", number]);
    let known = &entered[&format!("/api/v1/documents/{number}")][0];
    assert!(
        shown.contains("EBYS no") && shown.matches(known.as_str()).count() == 2 && shown.contains("api:ebys"),
        "{shown}"
    );

    // Beside the running daemon, which sees it at once.
    let listed = gateway.json(&["people", "token", "list", "--json"]);
    assert_eq!((&listed[0]["name"], &listed[0]["standing"]), (&json!("ebys"), &json!("good")));
    assert!(listed[0]["last_used"].is_string() && !listed.to_string().contains("secret"));
    let status = |secret: &str| {
        let address = ebys.address.lock().unwrap().clone();
        let asked = client().get(format!("{address}/api/v1/documents")).bearer_auth(secret).send();
        runtime.block_on(asked).unwrap().status().as_u16()
    };
    let second = gateway.ok(&["people", "token", "add", "ebys-2", "--scope", "read", "--until", "2099-12-31"]);
    let second = second.lines().last().unwrap().to_owned();
    assert_eq!((status(&secret), status(&second)), (200, 200));
    gateway.ok(&["people", "token", "revoke", "ebys"]);
    assert_eq!((status(&secret), status(&second)), (401, 200));
    let taken = gateway.run(&["people", "token", "add", "ebys", "--scope", "read"]);
    assert!(!taken.status.success());
    assert_eq!(
        gateway.run(&["people", "token", "add", "x", "--scope", "hepsi"]).status.code(),
        Some(2)
    );
    gateway.ok(&["people", "token", "list"]);
}

// -------------------------------------------------------------------------------------------------------------------------------- webhooks

/// What a receiver was sent, and what it answers.
#[derive(Default)]
struct Receiver {
    taken: Mutex<Vec<(HeaderMap, Bytes)>>,
    status: Mutex<u16>,
}

async fn take(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> axum::http::StatusCode {
    receiver.taken.lock().unwrap().push((headers, body));
    axum::http::StatusCode::from_u16(*receiver.status.lock().unwrap()).unwrap()
}

const KEY: &str = "deneme-anahtari-0123456789abcdef";

#[tokio::test]
async fn a_webhook_for_every_document_and_every_changed_verdict_is_signed_retried_and_in_the_log() {
    let receiver = Arc::new(Receiver::default());
    *receiver.status.lock().unwrap() = 503;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/kep", listener.local_addr().unwrap());
    let app = axum::Router::new()
        .route("/kep", axum::routing::post(take))
        .with_state(Arc::clone(&receiver));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let key = tempfile::NamedTempFile::new().unwrap();
    fs::write(key.path(), KEY).unwrap();
    let more = format!(
        "[alert]\ndefault_group = \"default\"\n[alert.webhook]\nsecret_file = \"{}\"\nallow_plaintext = true\n\
         [[alert.group]]\nname = \"default\"\n[[alert.group]]\nname = \"ebys\"\n\
         webhook = {{ to = [\"{url}\"], causes = [\"document-registered\", \"verdict-changed\"] }}\n",
        key.path().display()
    );
    let world = World::new(9);
    let kinds = ["standard", "package-v2", "two-packages"];
    let some: Vec<(String, Vec<u8>)> = kinds
        .iter()
        .enumerate()
        .map(|(at, kind)| ((*kind).to_owned(), world.sample(kind, at).raw))
        .collect();
    let api = Api::open(&more, &some).await;
    let entries = api.entries();
    assert_eq!(entries.len(), 4);
    let secret = api.token("izleyen", &[Grant::Admin]).await;
    let listed = api.all("/api/v1/deliveries?cause=document-registered", &secret).await;
    assert_eq!(listed.len(), 4, "one for each document, however quickly they come");

    let stop = CancellationToken::new();
    assert_eq!(send_due(&api.pipeline, &stop).await.unwrap(), 0);
    assert_eq!(
        receiver.taken.lock().unwrap().len(),
        1,
        "who does not answer is not asked again in the same round"
    );
    let failed = api.all("/api/v1/deliveries?state=waiting", &secret).await;
    let tried: Vec<&Value> = failed.iter().filter(|one| one["attempts"] == 1).collect();
    assert_eq!((failed.len(), tried.len()), (4, 1));
    assert_eq!(tried[0]["status_code"], 503);
    assert!(tried[0]["next_attempt_at"].is_string() && tried[0]["tried_at"].is_string() && tried[0]["ended_at"].is_null());
    assert_eq!((&tried[0]["targets"], &tried[0]["channel"]), (&json!(["ebys"]), &json!("webhook")));
    assert!(!tried[0].to_string().contains("/kep\""), "the address is masked");

    *receiver.status.lock().unwrap() = 204;
    api.inside.clock.set(later(600));
    assert_eq!(send_due(&api.pipeline, &stop).await.unwrap(), 4);
    let taken = receiver.taken.lock().unwrap().clone();
    let ids: BTreeSet<String> = taken
        .iter()
        .map(|(headers, _)| headers["x-kep-gateway-id"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!((taken.len(), ids.len()), (5, 4), "a repetition has the id of the first");
    let mut told = BTreeSet::new();
    for (headers, body) in &taken {
        let timestamp = headers["x-kep-gateway-timestamp"].to_str().unwrap();
        let text = std::str::from_utf8(body).unwrap();
        let wanted = format!("sha256={}", signature(&Secret::new(KEY), timestamp, text).unwrap());
        assert_eq!(headers["x-kep-gateway-signature"].to_str().unwrap(), wanted);
        let said: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(said["cause"], "document-registered");
        told.insert(said["facts"]["href"].as_str().unwrap().to_owned());
        for entry in &entries {
            let subject = entry
                .document
                .as_ref()
                .and_then(|document| document.subject.clone())
                .or(entry.message.subject.clone());
            assert!(!text.contains(&subject.unwrap()), "no subject leaves the house");
        }
    }
    assert_eq!(told, entries.iter().map(|entry| href(entry.register_number)).collect());
    let delivered = api.all("/api/v1/deliveries?state=delivered&limit=3", &secret).await;
    assert_eq!(delivered.len(), 4);
    assert!(
        delivered
            .iter()
            .all(|one| one["status_code"] == 204 && one["next_attempt_at"].is_null())
    );

    // The verdict becomes another: the anchors came.
    let trust = api.inside.dir.path().join("trust");
    fs::create_dir_all(&trust).unwrap();
    world.trust_folder(&trust);
    api.pipeline.replace_settings(api.inside.settings());
    let package = entries.iter().find(|entry| entry.document.is_some()).unwrap();
    api.pipeline
        .reexamine(&[package.register_number], Why::Trust, &Asker::default())
        .await
        .unwrap();
    let after = api
        .entries()
        .into_iter()
        .find(|entry| entry.register_number == package.register_number)
        .unwrap();
    let verdict = |entry: &Entry| entry.verdict.as_ref().map(|verdict| (verdict.indication, verdict.sub_indication));
    assert_ne!(verdict(&after), verdict(package), "the test's world changes the verdict");
    let changed = api.all("/api/v1/deliveries?cause=verdict-changed", &secret).await;
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!(changed[0]["key"], package.register_number.to_string());
}

#[tokio::test]
async fn nobody_who_did_not_ask_hears_of_every_document() {
    let more = "[alert.email]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\nallow_plaintext = true\nfrom = \"kep@kurum.example\"\n\
                [[alert.group]]\nname = \"default\"\nemail = { to = [\"nobetci@kurum.example\"] }\n";
    let api = Api::open(more, &messages(&["standard", "package-v2"])).await;
    let jobs = api.pipeline.ledger.jobs().unwrap();
    assert!(!jobs.is_empty() && jobs.iter().all(|job| !job.notice.cause.is_for_programs()));
    assert!(
        !journal(&api).contains("document-registered"),
        "and nothing of it stands in the record"
    );
}

// --------------------------------------------------------------------------------------------------------------------------------- metrics

/// Samples by name and labels, read as strictly as the format is written: each family has its help and its type before its samples.
fn exposition(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'));
    let (mut samples, mut helped, mut typed) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && !help.is_empty() && helped.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helped.contains(name) && ["gauge", "counter"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(typed.insert(name.to_owned(), kind).is_none());
        } else {
            let (key, value) = line.rsplit_once(' ').unwrap();
            let name = key.split('{').next().unwrap();
            assert!(typed.contains_key(name), "{line}");
            if let Some(labels) = key.strip_prefix(name).filter(|labels| !labels.is_empty()) {
                let inner = labels.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
                for label in inner.split("\",") {
                    let (label, value) = label.split_once("=\"").unwrap();
                    assert!(is_name(label) && !value.contains('\n'), "{line}");
                }
            }
            let value = if value == "+Inf" { f64::INFINITY } else { value.parse().unwrap() };
            assert!(!value.is_nan() && samples.insert(key.to_owned(), value).is_none(), "{line}");
        }
    }
    samples
}

#[tokio::test]
async fn the_metrics_are_well_formed_true_and_hold_everything_that_the_sample_rules_name() {
    let api = Api::open(
        "[web]\nmetrics = \"loopback\"\n",
        &messages(&["standard", "package-v2", "evidence-delivered"]),
    )
    .await;
    let answer = api.ask(Method::GET, "/metrics", None, None, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"));
    let samples = exposition(answer.text());
    let of = |key: &str| {
        samples
            .get(&format!("kep_gateway_{key}"))
            .copied()
            .unwrap_or_else(|| panic!("{key} in {}", answer.text()))
    };
    for (place, counts) in [("server", [2.0, 1.0]), ("fetched", [2.0, 1.0]), ("registered", [2.0, 1.0])] {
        for (mailbox, count) in ["drop", "ikinci"].into_iter().zip(counts) {
            assert_eq!(of(&format!("mailbox_messages{{mailbox=\"{mailbox}\",place=\"{place}\"}}")), count);
        }
    }
    assert_eq!(of("mailbox_last_check_age_seconds{mailbox=\"drop\"}"), 0.0);
    assert_eq!(of("mailbox_holes{mailbox=\"drop\"}"), 0.0);
    assert_eq!(of("journal_records_total"), api.web.ledger().head().sequence as f64);
    assert_eq!(of("backup_age_seconds"), f64::INFINITY);
    assert!(of("disk_free_bytes") > 0.0 && of("process_start_time_seconds") > 1.0e9);
    assert_eq!((of("quarantined"), of("outbox_failed_total"), of("trust_anchors")), (0.0, 0.0, 0.0));
    for state in ["awaited", "overdue", "negative", "timed-out"] {
        assert_eq!(of(&format!("sent_messages{{state=\"{state}\"}}")), 0.0, "nothing was sent");
    }
    for entry in api.entries() {
        let subject = entry.message.subject.unwrap_or_else(|| "\u{1}".to_owned());
        assert!(!answer.text().contains(&subject) && !answer.text().contains(&entry.register_number.to_string()));
    }

    // Time passes: what was open is over, and the checks are old.
    api.inside.clock.set(later(30 * 86_400));
    let backup = LastBackup {
        at: later(30 * 86_400),
        sequence: 1,
    };
    backup.note(api.web.ledger().root(), &*RealDisk::shared()).unwrap();
    let old = exposition(api.ask(Method::GET, "/metrics", None, None, &[]).await.text());
    assert_eq!(old["kep_gateway_mailbox_last_check_age_seconds{mailbox=\"drop\"}"], 30.0 * 86_400.0);
    assert!(old["kep_gateway_deadlines{state=\"over\"}"] > 0.0, "{old:?}");
    assert_eq!(old["kep_gateway_backup_age_seconds"], 0.0);

    let rules = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/alert-rules.yml")).unwrap();
    let families: BTreeSet<&str> = answer
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let mut named = BTreeSet::new();
    for expression in rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")) {
        let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        named.extend(words.filter(|word| word.starts_with("kep_gateway_")));
    }
    assert!(named.len() >= 12, "{named:?}");
    let unknown: Vec<_> = named.difference(&families).collect();
    assert!(unknown.is_empty(), "the rules name what is not there: {unknown:?}");
}

#[tokio::test]
async fn metrics_are_for_whom_the_configuration_says_and_elsewhere_not_there() {
    let off = Api::open("", &[]).await;
    let (metrics, missing) = (
        off.ask(Method::GET, "/metrics", None, None, &[]).await,
        off.ask(Method::GET, "/olmayan", None, None, &[]).await,
    );
    assert_eq!((metrics.status, metrics.body), (StatusCode::NOT_FOUND, missing.body));

    let loopback = Api::open("[web]\nmetrics = \"loopback\"\n", &[]).await;
    assert_eq!(loopback.ask(Method::GET, "/metrics", None, None, &[]).await.status, StatusCode::OK);
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "via"] {
        let answer = loopback.ask(Method::GET, "/metrics", None, None, &[(header, "127.0.0.1")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{header}: a proxy stands between");
    }

    let guarded = Api::open("[web]\nmetrics = \"token\"\n", &[]).await;
    let (right, wrong) = (
        guarded.token("prometheus", &[Grant::Metrics]).await,
        guarded.token("ebys", &[Grant::Read]).await,
    );
    assert_eq!(
        guarded.ask(Method::GET, "/metrics", None, None, &[]).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(guarded.get("/metrics", &wrong).await.status, StatusCode::FORBIDDEN);
    let answer = guarded.get("/metrics", &right).await;
    assert_eq!(answer.status, StatusCode::OK);
    exposition(answer.text());
    assert_eq!(
        guarded.get("/api/v1/documents", &right).await.status,
        StatusCode::FORBIDDEN,
        "and nothing else"
    );
}

#[tokio::test]
async fn a_program_sets_a_level_that_its_clearance_reaches() {
    let api = Api::open("", &messages(&["package-encrypted"])).await;
    let entry = api.entries().remove(0);
    assert_eq!(entry.access, 4);
    let place = format!("{}/level", href(entry.register_number));
    let asked = |level: u8| format!("{{\"level\": {level}, \"reason\": \"g\u{f6}nderen bildirdi\"}}");
    let (deed, reader) = (
        api.token("duzey", &[Grant::Level]).await,
        api.token("okur", &[Grant::Read, Grant::Assign]).await,
    );
    let low = Token {
        clearance: 2,
        ..token("dar", &[Grant::Level])
    };
    let low = api.give(low).await;
    assert_eq!(api.post(&place, &reader, &asked(2)).await.problem(), "insufficient-scope");
    assert_eq!(api.post(&place, &low, &asked(2)).await.problem(), "not-found");
    assert_eq!(
        api.post(&place, &deed, "{\"level\": 2, \"reason\": \" \"}").await.problem(),
        "note-required"
    );
    assert_eq!(api.post(&place, &deed, "{\"level\": 2}").await.problem(), "bad-body");
    let set = api.post(&place, &deed, &asked(2)).await;
    assert_eq!((set.status, &set.json()["access"]), (StatusCode::OK, &2.into()));
    assert_eq!(api.post(&place, &deed, &asked(2)).await.problem(), "unchanged");
    assert_eq!(api.post(&place, &low, &asked(3)).await.problem(), "above-clearance");
    assert_eq!(api.post(&place, &low, &asked(1)).await.status, StatusCode::OK);
    let entry = api.entries().remove(0);
    assert_eq!(
        (entry.access, entry.history.len(), entry.history[0].by.as_str()),
        (1, 2, "api:duzey")
    );
}
