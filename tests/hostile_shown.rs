//! A register whose every foreign field wants to be something else (script, bidi, formula, CRLF, path, zero-width, ten megabytes): what the pages and
//! the alert mails make of it. `papers.rs` does the same for CSV, XLSX, PDF and the case file.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "alerts/fault.rs"]
#[allow(dead_code)]
mod fault;
#[path = "alerts/smtp_sink.rs"]
#[allow(dead_code)]
mod smtp_sink;
#[path = "alerts/world.rs"]
#[allow(dead_code)]
mod world;
mod papers {
    #[allow(dead_code)]
    pub mod copied;
    #[allow(dead_code)]
    pub mod week;
}

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::{Extension, Router};
use kep_gateway::alert::job::Channel;
use kep_gateway::clock::{SharedClock, SystemClock};
use kep_gateway::config;
use kep_gateway::people::{Person, Role, Scope};
use kep_gateway::pipeline::{Pipeline, announce};
use kep_gateway::register::entry::{Action, Entry, Handling, State};
use kep_gateway::settings::Settings;
use kep_gateway::text::{Lang, is_deceptive};
use kep_gateway::web::visitor::Visitor;
use kep_gateway::web::{Shared, Web, pages};
use mail_parser::MessageParser;
use papers::copied::{Copied, hostile};
use papers::week::Week;
use serde_json::Value;
use smtp_sink::{Manner, SmtpSink};
use tower::ServiceExt;
use world::{dispatcher, job, noon};

/// What a page may take of a browser, whatever came in: the subject of ten megabytes must not be in it.
const LARGEST_PAGE: usize = 2 << 20;
/// RFC 5322 2.1.1.
const LONGEST_LINE: usize = 998;
/// A mail that tells of one document.
const LARGEST_MAIL: usize = 64 << 10;
const PAGES: [&str; 11] = [
    "/",
    "/search",
    "/search?q=calc",
    "/boards/deadlines",
    "/boards/mailboxes",
    "/boards/evidence",
    "/boards/quarantine",
    "/boards/alerts",
    "/boards/checks",
    "/boards/system",
    "/boards/retention",
];

/// A word of a person that is as hostile as a sender's.
const TYPED: &str = "\"'><img src=x onerror=alert(9)>\u{202e}=calc\u{200b}";

fn hostile_with_history(number: usize, entry: &mut Value) {
    let typed = |action| Handling {
        by: "ayse".into(),
        at: noon(),
        state: State::Assigned,
        note: Some(TYPED.into()),
        uid: None,
        action,
    };
    let (unit, person) = (Some(TYPED.to_owned()), None);
    hostile(number, entry);
    entry["history"] = serde_json::to_value([typed(Action::Assigned { unit, person }), typed(Action::Noted)]).unwrap();
}

struct Site {
    _week: Week,
    web: Shared,
}

impl Site {
    async fn open() -> Self {
        let week = Week::new();
        let ledger = Copied::of(&week, hostile_with_history).await.into_ledger();
        let clock: SharedClock = Arc::new(SystemClock);
        let loaded = config::load(Some(&week.path("demo/kep-gateway.toml"))).unwrap();
        let pipeline = Pipeline::new(Arc::new(ledger), Settings::build(loaded, &clock).unwrap());
        Self {
            web: Arc::new(Web::new(Arc::new(pipeline))),
            _week: week,
        }
    }

    fn entries(&self) -> Vec<Entry> {
        self.web.ledger().entries().map(|entry| entry.unwrap()).collect()
    }

    async fn get(&self, path: &str, lang: Lang) -> (StatusCode, HeaderMap, String) {
        let visitor = Visitor {
            person: Arc::new(somebody()),
            lang,
            csrf: "csrf-of-the-test".into(),
        };
        let router: Router = pages::router().layer(Extension(visitor)).with_state(Arc::clone(&self.web));
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 256 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }
}

fn somebody() -> Person {
    Person {
        login: "yonetici".into(),
        name: "Deneme Yönetici".into(),
        role: Role::Administrator,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
    }
}

/// Nothing on the page is anything but our own markup around their text.
fn harmless(page: &str, path: &str) {
    assert!(page.len() < LARGEST_PAGE, "{path}: {} bytes", page.len());
    let hides = page
        .chars()
        .find(|c| is_deceptive(*c) || (c.is_control() && !"\n\r\t".contains(*c)));
    assert_eq!(hides, None, "{path}: something that hides or reorders");
    let xml = page.trim_start().strip_prefix("<!DOCTYPE html>").unwrap();
    let tree = roxmltree::Document::parse(xml).unwrap_or_else(|error| panic!("{path} is not well-formed: {error}"));
    let elements = || tree.descendants().filter(|node| node.is_element());
    for element in elements() {
        let name = element.tag_name().name();
        assert!(
            !["object", "embed", "style", "base", "applet", "form-associated"].contains(&name),
            "{path}: <{name}>"
        );
        for attribute in element.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(
                !name.starts_with("on") && name != "style" && name != "srcdoc",
                "{path}: {name}={value}"
            );
            if ["href", "src", "action", "formaction"].contains(&name) {
                let is_ours = (value.starts_with('/') && !value.starts_with("//") && !value.contains("..")) || value == "#content";
                assert!(is_ours, "{path}: {name}={value}");
            }
        }
        let is_script = element.has_tag_name("script");
        assert!(
            !is_script || element.attribute("src").is_some_and(|src| src.starts_with("/assets/")),
            "{path}: a script"
        );
    }
    let images: BTreeSet<&str> = elements()
        .filter(|one| one.has_tag_name("img"))
        .filter_map(|one| one.attribute("src"))
        .collect();
    assert!(images.iter().all(|src| src.starts_with("/assets/")), "{path}: {images:?}");
}

#[tokio::test]
async fn every_page_shows_a_hostile_register_as_text_and_of_bounded_size() {
    let site = Site::open().await;
    let documents: Vec<String> = site
        .entries()
        .iter()
        .map(|entry| format!("/documents/{}", entry.register_number))
        .collect();
    assert_eq!(documents.len(), 20);
    let mut all = String::new();
    for path in PAGES.iter().map(|path| (*path).to_owned()).chain(documents) {
        for lang in [Lang::Tr, Lang::En] {
            let (status, _, page) = site.get(&path, lang).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            harmless(&page, &path);
            all += &page;
        }
    }
    // It was there to be shown: as the text that it is, and what hides made visible.
    assert!(
        all.contains("&lt;script&gt;alert(") || all.contains("&#60;script&#62;alert("),
        "the script is not shown as text"
    );
    assert!(all.contains("[U+202E]"), "what reorders is not made visible");
    assert!(all.contains("onerror=alert(9)"), "what a person typed is not shown");
}

#[tokio::test]
async fn what_streams_to_an_open_page_is_as_harmless() {
    use futures::StreamExt;
    let site = Site::open().await;
    let visitor = Visitor {
        person: Arc::new(somebody()),
        lang: Lang::Tr,
        csrf: "csrf-of-the-test".into(),
    };
    let router: Router = pages::router().layer(Extension(visitor)).with_state(Arc::clone(&site.web));
    let response = router.oneshot(Request::get("/events").body(Body::empty()).unwrap()).await.unwrap();
    let mut stream = response.into_body().into_data_stream();
    let mut heard = String::new();
    while !(heard.contains("event: rows") && heard.contains("event: counters") && heard.ends_with("\n\n")) {
        heard.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    assert!(heard.len() < LARGEST_PAGE, "{} bytes", heard.len());
    // A line of their text that began a field or an event of its own would be one of these.
    for line in heard.lines() {
        let is_ours = line.is_empty()
            || ["data: ", "data:", "event: rows", "event: counters", ":"]
                .iter()
                .any(|begin| line.starts_with(begin));
        assert!(is_ours, "a line of somebody else: {line:.200}");
    }
    let rows: String = heard
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect::<Vec<_>>()
        .join("\n");
    assert!(!rows.contains("<script") && !rows.contains("<img src=x") && rows.chars().all(|c| !is_deceptive(c)));
}

#[tokio::test]
async fn an_alert_mail_about_a_hostile_document_is_one_mail_to_one_person_in_plain_text() {
    let site = Site::open().await;
    let sink = SmtpSink::start(Manner::default()).await;
    let alerts = world::config(&format!(
        "[[group]]\nname = \"default\"\nemail = {{ to = [\"amir@kurum.example\"] }}\n[email]\nhost = \"127.0.0.1\"\nport = {}\n\
         from = \"kep-uyari@kurum.example\"\nsecurity = \"none\"\nallow_plaintext = true\n",
        sink.port
    ));
    let dispatcher = dispatcher(&alerts);
    let mut sent = 0;
    for entry in site.entries() {
        // What is for programs goes to no person.
        let notices = announce::of_entry(&entry, "", &[], noon()).into_iter();
        for notice in notices.filter(|notice| !notice.cause.is_for_programs()) {
            dispatcher.deliver(&job(&alerts, &notice, Channel::Email)).await.unwrap();
            sent += 1;
        }
    }
    let mails = sink.mails();
    assert_eq!(mails.len(), sent, "one mail each");
    assert!(sent >= 20, "{sent}");
    let mut headers = BTreeSet::new();
    for mail in &mails {
        assert_eq!(mail.to.len(), 1, "{:?}", mail.to);
        assert!(mail.to[0].contains("amir@kurum.example"));
        assert!(mail.data.is_ascii() && mail.data.len() < LARGEST_MAIL, "{} bytes", mail.data.len());
        assert!(mail.data.lines().all(|line| line.len() <= LONGEST_LINE));
        let parsed = MessageParser::default().parse(mail.data.as_bytes()).unwrap();
        headers.extend(parsed.headers().iter().map(|header| header.name().to_owned()));
        assert_eq!(parsed.attachment_count(), 0);
        // Two bodies, Turkish and English, neither of them HTML.
        let texts: Vec<String> = [0, 1]
            .iter()
            .filter_map(|at| parsed.body_text(*at))
            .map(|text| text.into_owned())
            .collect();
        assert_eq!(texts.len(), 2);
        assert!(!mail.data.to_ascii_lowercase().contains("text/html"));
        for text in texts.iter().map(String::as_str).chain(parsed.subject()) {
            assert!(!text.contains(|c: char| is_deceptive(c) || c == '\0' || c == '\u{1b}'), "{text:?}");
        }
        assert!(!parsed.subject().unwrap().contains(['\r', '\n']));
    }
    assert!(
        !headers
            .iter()
            .any(|name| ["x", "bcc", "cc"].contains(&name.to_ascii_lowercase().as_str())),
        "{headers:?}"
    );
}
