//! The clerk's pages, in process: what they show, to whom, and that nothing that came by mail runs, hides or leaks there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod inside;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::{Extension, Router};
use forge::world::World;
use futures::StreamExt;
use inside::{Inside, LISTENER, pass};
use kep_gateway::ledger::event::{Checked, Event};
use kep_gateway::mailbox::Quota;
use kep_gateway::people::{Account, Edit, Person, Role, Scope, Source, View};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::{Asker, Entry, RegisterNumber, State};
use kep_gateway::store::disk::RealDisk;
use kep_gateway::text::Lang;
use kep_gateway::web::visitor::Visitor;
use kep_gateway::web::{Shared, Web, pages};
use tower::ServiceExt;

/// A Monday, at noon in Turkey.
const NOW: &str = "2026-11-23T09:00:00Z";
const PAGES: [&str; 11] = [
    "/",
    "/search",
    "/boards/deadlines",
    "/boards/mailboxes",
    "/boards/evidence",
    "/boards/quarantine",
    "/boards/alerts",
    "/boards/checks",
    "/boards/system",
    "/boards/retention",
    "/papers",
];

struct Site {
    inside: Inside,
    pipeline: Arc<Pipeline>,
    web: Shared,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Site {
    /// A store with these messages in its register.
    async fn with(messages: &[(&str, Vec<u8>)]) -> Self {
        let inside = Inside::new(NOW, LISTENER);
        for (name, bytes) in messages {
            inside.put(&format!("{name}.eml"), bytes);
        }
        let pipeline = inside.open(RealDisk::shared()).unwrap();
        pass(&pipeline).await;
        let web = Arc::new(Web::new(Arc::clone(&pipeline)));
        Self { inside, pipeline, web }
    }

    /// One message of each of these kinds.
    async fn with_kinds(kinds: &[&str]) -> Self {
        let world = World::new(20_261_123);
        let messages: Vec<(&str, Vec<u8>)> = kinds
            .iter()
            .enumerate()
            .map(|(at, kind)| (*kind, world.sample(kind, at).raw))
            .collect();
        Self::with(&messages).await
    }

    fn entries(&self) -> Vec<Entry> {
        self.pipeline.ledger.entries().map(|entry| entry.unwrap()).collect()
    }

    fn as_person(&self, person: &Person, lang: Lang) -> Router {
        let visitor = Visitor {
            person: Arc::new(person.clone()),
            lang,
            csrf: "csrf-of-the-test".to_owned(),
        };
        pages::router().layer(Extension(visitor)).with_state(Arc::clone(&self.web))
    }

    async fn ask(&self, person: &Person, lang: Lang, method: Method, path: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        let response = self.as_person(person, lang).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, 64 << 20).await.unwrap().to_vec(),
        }
    }

    async fn get(&self, person: &Person, path: &str) -> Answer {
        self.ask(person, Lang::Tr, Method::GET, path, "").await
    }

    async fn post(&self, person: &Person, path: &str, form: &str) -> Answer {
        self.ask(person, Lang::Tr, Method::POST, path, form).await
    }
}

fn person(role: Role) -> Person {
    Person {
        login: "ayse".to_owned(),
        name: "Ayşe Örnek".to_owned(),
        role,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
    }
}

fn stranger() -> Person {
    Person {
        login: "baska".to_owned(),
        mailboxes: Scope::Only(BTreeSet::from(["baska-kutu".to_owned()])),
        ..person(Role::Clerk)
    }
}

fn href(number: RegisterNumber) -> String {
    format!("/documents/{number}")
}

/// Parses a page as XML, and holds it to what a screen reader needs.
fn sound(page: &str, path: &str, lang: &str) {
    let xml = page.trim_start().strip_prefix("<!DOCTYPE html>").unwrap();
    let tree = roxmltree::Document::parse(xml).unwrap_or_else(|error| panic!("{path} is not well-formed: {error}"));
    let all = || tree.descendants().filter(|node| node.is_element());
    let named = |name: &'static str| all().filter(move |node| node.has_tag_name(name));
    assert_eq!(tree.root_element().attribute("lang"), Some(lang), "{path}");
    assert_eq!(named("h1").count(), 1, "{path}: one main heading");
    assert_eq!(named("main").count(), 1, "{path}");
    assert!(named("nav").all(|nav| nav.attribute("aria-label").is_some()), "{path}");
    let ids: Vec<&str> = all().filter_map(|node| node.attribute("id")).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{path}: an id stands twice");
    let labelled: BTreeSet<&str> = named("label").filter_map(|label| label.attribute("for")).collect();
    assert!(labelled.is_subset(&unique), "{path}: a label for nothing");
    for field in all().filter(|node| ["input", "select", "textarea"].contains(&node.tag_name().name())) {
        let is_hidden = field.attribute("type") == Some("hidden");
        let in_label = field.ancestors().any(|above| above.has_tag_name("label"));
        let has_label = field.attribute("id").is_some_and(|id| labelled.contains(id));
        assert!(is_hidden || in_label || has_label, "{path}: a field without label: {field:?}");
    }
    for node in all() {
        let names = node.attribute("aria-labelledby");
        assert!(names.is_none_or(|id| unique.contains(id)), "{path}: labelled by nothing");
        assert!(
            node.attributes()
                .all(|attribute| !attribute.name().starts_with("on") && attribute.name() != "style"),
            "{path}: inline code"
        );
        assert!(!node.has_tag_name("script") || node.text().is_none(), "{path}: inline script");
    }
    assert!(named("style").count() == 0 && named("iframe").all(|frame| frame.attribute("title").is_some()));
    assert!(named("img").all(|image| image.attribute("alt").is_some()), "{path}");
    assert!(
        named("form").filter(|form| form.attribute("method") == Some("post")).all(|form| {
            form.descendants()
                .any(|node| node.attribute("name") == Some("csrf") && node.attribute("value") == Some("csrf-of-the-test"))
        }),
        "{path}: a form without its token"
    );
}

#[tokio::test]
async fn every_page_stands_in_both_languages_and_is_sound() {
    let site = Site::with_kinds(&[
        "package-v2-attachments",
        "standard",
        "evidence-delivered",
        "package-tampered",
        "unclassified",
    ])
    .await;
    let administrator = person(Role::Administrator);
    let documents: Vec<String> = site.entries().iter().map(|entry| href(entry.register_number)).collect();
    for path in PAGES.iter().map(|path| (*path).to_owned()).chain(documents) {
        for (lang, code) in [(Lang::Tr, "tr"), (Lang::En, "en")] {
            let answer = site.ask(&administrator, lang, Method::GET, &path, "").await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            sound(answer.text(), &path, code);
        }
    }
}

#[tokio::test]
async fn today_says_number_sender_verdict_and_what_is_left_to_do() {
    let site = Site::with_kinds(&["package-v2", "package-tampered"]).await;
    let clerk = person(Role::Clerk);
    let page = site.get(&clerk, "/").await;
    for entry in site.entries() {
        assert!(page.text().contains(&format!("data-number=\"{}\"", entry.register_number)));
    }
    assert!(
        page.text().contains("id=\"count-arrived\" data-count=\"2\"") && page.text().contains("id=\"count-unopened\" data-count=\"2\"")
    );
    assert!(page.text().contains("data-level=\"good\""), "checked today, no hole, no failure");
    // It says what it means, and not that nothing is left to do: two nobody has opened.
    assert!(page.text().contains("Her posta kutusu denetlendi, eksik ileti yok") && !page.text().contains("yolunda"));
    assert!(page.text().contains("class=\"chip failed\"") && page.text().contains("GEÇERSİZ"));

    // The next day nobody has checked yet.
    site.inside.set("2026-11-24T12:00:00Z");
    let page = site.get(&clerk, "/").await;
    assert!(page.text().contains("data-level=\"bad\"") && page.text().contains("bugün henüz denetlenmedi"));
    assert!(page.text().contains("id=\"count-arrived\" data-count=\"0\""));
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_counted_not_listed_and_answered_like_what_is_missing() {
    let site = Site::with_kinds(&["package-v2-attachments", "standard", "evidence-delivered"]).await;
    let (clerk, stranger) = (person(Role::Clerk), stranger());
    for path in PAGES.iter().filter(|path| **path != "/boards/system") {
        let page = site.get(&stranger, path).await;
        for entry in site.entries() {
            let subject = entry.message.subject.unwrap_or_else(|| "\u{1}".to_owned());
            assert!(
                !page.text().contains(&entry.register_number.to_string()) && !page.text().contains(&subject),
                "{path}"
            );
        }
    }
    let page = site.get(&stranger, "/").await;
    assert!(page.text().contains("id=\"count-arrived\" data-count=\"0\"") && page.text().contains("id=\"count-near\" data-count=\"0\""));

    let with_letter = site.entries().into_iter().find(|entry| entry.document.is_some()).unwrap();
    let there = href(with_letter.register_number);
    let letter = with_letter.document.unwrap().file.unwrap().sha256;
    assert_eq!(site.get(&clerk, &format!("{there}/parts/{letter}")).await.status, StatusCode::OK);
    for (method, rest) in [
        (Method::GET, String::new()),
        (Method::GET, "/letter".to_owned()),
        (Method::GET, "/original".to_owned()),
        (Method::GET, "/sheet.pdf".to_owned()),
        (Method::GET, "/case.zip".to_owned()),
        (Method::GET, format!("/parts/{letter}")),
        (Method::POST, "/done".to_owned()),
        (Method::POST, "/assign".to_owned()),
        (Method::POST, "/examine".to_owned()),
    ] {
        let unseen = site
            .ask(&stranger, Lang::Tr, method.clone(), &format!("{there}{rest}"), "unit=x&note=y")
            .await;
        let missing = site
            .ask(
                &stranger,
                Lang::Tr,
                method,
                &format!("/documents/2026/999999{rest}"),
                "unit=x&note=y",
            )
            .await;
        assert_eq!(unseen.status, StatusCode::NOT_FOUND, "{rest}");
        assert_eq!(
            (unseen.status, unseen.headers, unseen.body),
            (missing.status, missing.headers, missing.body),
            "{rest}"
        );
    }
    assert!(
        site.entries()
            .iter()
            .all(|entry| entry.history.iter().all(|handling| handling.by != "baska"))
    );
}

#[tokio::test]
async fn papers_are_files_of_what_the_person_sees_and_their_making_is_on_record() {
    let site = Site::with_kinds(&["package-v2-attachments", "standard"]).await;
    let (clerk, stranger) = (person(Role::Clerk), stranger());
    for (form, media, begins) in [
        ("pdf", "application/pdf", &b"%PDF-"[..]),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbf"),
    ] {
        let paper = site.get(&clerk, &format!("/papers/register?form={form}")).await;
        assert_eq!((paper.status, paper.header("content-type")), (StatusCode::OK, media));
        assert!(
            paper.body.starts_with(begins) && paper.header("content-disposition").starts_with("attachment; "),
            "{form}"
        );
    }
    let rows = async |person: &Person, rest: &str| {
        let table = site.get(person, &format!("/papers/register?form=csv{rest}")).await;
        site.entries()
            .iter()
            .filter(|entry| table.text().contains(&entry.register_number.to_string()))
            .count()
    };
    assert_eq!((rows(&clerk, "").await, rows(&stranger, "").await), (site.entries().len(), 0));
    assert_eq!(rows(&clerk, "&to=2020-01-01").await, 0);
    assert_eq!(site.get(&clerk, "/papers/register?from=dün").await.status, StatusCode::BAD_REQUEST);

    let number = site.entries()[0].register_number;
    for (rest, begins, view) in [("/sheet.pdf", &b"%PDF-"[..], View::Paper), ("/case.zip", b"PK", View::CaseFile)] {
        let paper = site.get(&clerk, &format!("{}{rest}", href(number))).await;
        assert!(paper.status == StatusCode::OK && paper.body.starts_with(begins), "{rest}");
        let views = site.pipeline.ledger.views_of(number).unwrap();
        assert!(views.iter().any(|seen| seen.by == clerk.login && seen.what == view), "{rest}");
    }
}

#[tokio::test]
async fn the_state_of_the_machine_is_for_administrators_and_auditors() {
    let site = Site::with_kinds(&["standard"]).await;
    for (role, status) in [
        (Role::Clerk, StatusCode::NOT_FOUND),
        (Role::Supervisor, StatusCode::NOT_FOUND),
        (Role::Auditor, StatusCode::OK),
        (Role::Administrator, StatusCode::OK),
    ] {
        assert_eq!(site.get(&person(role), "/boards/system").await.status, status, "{role:?}");
    }
    let who_looked = |page: Answer| page.text().contains("checks-people");
    assert!(!who_looked(site.get(&person(Role::Clerk), "/boards/checks").await));
    assert!(who_looked(site.get(&person(Role::Supervisor), "/boards/checks").await));
}

#[tokio::test]
async fn opening_is_recorded_and_a_look_at_the_head_is_not() {
    let site = Site::with_kinds(&["package-v2"]).await;
    let number = site.entries()[0].register_number;
    let (clerk, auditor) = (person(Role::Clerk), person(Role::Auditor));
    site.ask(&clerk, Lang::Tr, Method::HEAD, &href(number), "").await;
    site.get(&auditor, &href(number)).await;
    assert_eq!(site.entries()[0].state, State::Registered, "an auditor's look is no opening");
    site.get(&clerk, &href(number)).await;
    assert_eq!(site.entries()[0].state, State::Opened);
    let views = site.pipeline.ledger.views_of(number).unwrap();
    assert!(!views.is_empty() && views.iter().all(|view| view.what == View::Page));
    let page = site.get(&clerk, "/").await;
    assert!(page.text().contains("id=\"count-unopened\" data-count=\"0\""));
}

#[tokio::test]
async fn a_document_is_assigned_held_closed_and_noted_with_who_and_why() {
    let site = Site::with_kinds(&["package-v2"]).await;
    let number = site.entries()[0].register_number;
    let (clerk, page) = (person(Role::Clerk), href(number));
    let answer = site
        .post(
            &clerk,
            &format!("{page}/assign"),
            "unit=Plan%20M%C3%BCd.&person=&note=%C4%B0ncelensin",
        )
        .await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, format!("{page}?said=assign").as_str())
    );
    let entry = &site.entries()[0];
    assert_eq!((entry.state, entry.unit.as_deref()), (State::Assigned, Some("Plan Müd.")));
    let shown = site.get(&clerk, &format!("{page}?said=assign")).await;
    assert!(shown.text().contains("Havale edildi.") && shown.text().contains("İncelensin") && shown.text().contains("ayse"));

    let refused = site.post(&clerk, &format!("{page}/not-recorded"), "note=").await;
    assert_eq!(
        (refused.status, refused.header("location")),
        (StatusCode::SEE_OTHER, format!("{page}?said=reason-required").as_str())
    );
    let said = site.get(&clerk, &format!("{page}?said=reason-required")).await;
    assert!(
        said.text().contains("gerekçe ister") && said.text().contains("role=\"alert\""),
        "says what is missing"
    );
    assert_eq!(site.entries()[0].state, State::Assigned);
    site.post(&clerk, &format!("{page}/not-recorded"), "note=m%C3%BCkerrer").await;
    assert_eq!(site.entries()[0].state, State::NotRecorded);

    let auditor = person(Role::Auditor);
    assert_eq!(
        site.post(&auditor, &format!("{page}/done"), "note=x").await.status,
        StatusCode::FORBIDDEN
    );
    assert!(!site.get(&auditor, &page).await.text().contains("id=\"deeds\""));
    assert_eq!(
        site.post(&clerk, &format!("{page}/delete"), "").await.status,
        StatusCode::NOT_FOUND,
        "there is no such deed"
    );
}

#[tokio::test]
async fn a_document_waits_comes_back_and_is_judged_anew_on_demand() {
    let site = Site::with_kinds(&["package-v2"]).await;
    let (clerk, page) = (person(Role::Clerk), href(site.entries()[0].register_number));
    for (deed, state, said) in [
        ("hold", State::OnHold, "Beklemeye alındı."),
        ("reopen", State::Opened, "Yeniden açıldı."),
    ] {
        let answer = site.post(&clerk, &format!("{page}/{deed}"), "note=Asl%C4%B1%20bekleniyor").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{deed}");
        assert_eq!(site.entries()[0].state, state, "{deed}");
        assert!(site.get(&clerk, answer.header("location")).await.text().contains(said), "{deed}");
    }
    // The same bytes, the same anchors, the same moment: nothing may become another.
    let before = site.entries()[0].verdict.clone();
    let answer = site.post(&clerk, &format!("{page}/examine"), "").await;
    assert_eq!(answer.header("location"), format!("{page}?said=unchanged"));
    assert_eq!(site.entries()[0].verdict, before);
    let reader = person(Role::Auditor);
    for deed in ["hold", "reopen"] {
        let answer = site.post(&reader, &format!("{page}/{deed}"), "note=x").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{deed} is not for who only reads");
    }
}

/// 10 days ago 40 of 100 MB, now 70: three a day, full in ten days.
#[tokio::test]
async fn the_quota_of_a_mailbox_says_how_it_grows_and_on_which_day_it_is_full() {
    let site = Site::with_kinds(&[]).await;
    let clerk = person(Role::Clerk);
    let megabytes = |used: u64| Quota {
        used_bytes: used * 1_000_000,
        limit_bytes: 100_000_000,
    };
    let checked = |at: &str, used| {
        Event::Checked(Checked {
            mailbox: "drop".into(),
            at: at.parse().unwrap(),
            folders: Vec::new(),
            listed: 0,
            new: 0,
            quota: Some(megabytes(used)),
        })
    };
    for (at, used, says) in [
        ("2026-11-13T09:00:00Z", 40, "%40"),
        ("2026-11-23T08:00:00Z", 70, "dolacağı gün: 03.12.2026"),
        ("2026-11-23T08:30:00Z", 40, "büyümüyor"),
    ] {
        site.pipeline.ledger.append(checked(at, used)).await.unwrap();
        let board = site.get(&clerk, "/boards/mailboxes").await;
        assert!(board.text().contains(says), "{says} at {at}: {}", board.text());
    }
}

/// F5, the link to the other language and the way back lead to a page and not to a 405.
#[tokio::test]
async fn a_refused_deed_has_a_page_that_can_be_reloaded_and_keeps_what_was_typed() {
    let site = Site::with_kinds(&["package-v2"]).await;
    let (clerk, page) = (person(Role::Clerk), href(site.entries()[0].register_number));
    let note = format!("not={}", "x".repeat(10));
    for (deed, form, word) in [
        ("assign", "unit=&person=&note=Sevk%20notu", "nobody-named"),
        ("assign", "unit=&person=kimse&note=Sevk%20notu", "person-unfit"),
        ("transferred", "number=&note=Sevk%20notu", "number-required"),
        ("note", note.as_str(), "note-required"),
    ] {
        let refused = site.post(&clerk, &format!("{page}/{deed}"), form).await;
        let there = format!("{page}?said={word}");
        assert_eq!(
            (refused.status, refused.header("location")),
            (StatusCode::SEE_OTHER, there.as_str()),
            "{deed}"
        );
        // Twice: a reload; then in the other language, by the page's own link.
        for _ in 0..2 {
            let shown = site.get(&clerk, &there).await;
            assert_eq!(shown.status, StatusCode::OK);
            sound(shown.text(), &there, "tr");
            assert!(shown.text().contains("id=\"said\""), "{deed}");
            assert_eq!(
                shown.text().contains("Sevk notu</textarea>"),
                deed != "note",
                "{deed}: what was typed"
            );
        }
        let shown = site.get(&clerk, &there).await;
        let switch = shown
            .text()
            .split("id=\"switch-lang\" href=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let switch = switch.replace("&#38;", "&").replace("&amp;", "&");
        assert!(switch.contains(&format!("said={word}")), "{switch}");
        let english = site.ask(&clerk, Lang::En, Method::GET, &switch, "").await;
        assert!(english.text().contains("id=\"said\" role=\"alert\""), "{deed}");
    }
    for deed in [
        "assign",
        "done",
        "hold",
        "reopen",
        "note",
        "not-recorded",
        "transferred",
        "access-level",
        "examine",
    ] {
        let back = site.get(&clerk, &format!("{page}/{deed}")).await;
        assert_eq!(
            (back.status, back.header("location")),
            (StatusCode::SEE_OTHER, page.as_str()),
            "{deed}"
        );
    }
    assert_eq!(site.get(&clerk, &format!("{page}/delete")).await.status, StatusCode::NOT_FOUND);
    // Done at last, nothing of it is left.
    site.post(&clerk, &format!("{page}/assign"), "unit=Plan&note=Sevk%20notu").await;
    let after = site.get(&clerk, &format!("{page}?said=nobody-named")).await;
    assert!(!after.text().contains("Sevk notu</textarea>"));
}

#[tokio::test]
async fn a_mailbox_counts_nothing_that_does_not_exist_for_the_person() {
    let site = Site::with_kinds(&["package-v2", "standard", "package-v2-attachments"]).await;
    let all = person(Role::Clerk);
    let board = site.get(&all, "/boards/mailboxes").await;
    assert!(board.text().contains("data-count=\"fetched\">3<") && board.text().contains("data-count=\"registered\">3<"));
    let first = site.entries()[0].register_number;
    site.post(&all, &format!("{}/assign", href(first)), "unit=Benim").await;
    for (narrow, own) in [
        (
            Person {
                units: Scope::Only(BTreeSet::from(["Benim".to_owned()])),
                ..person(Role::Clerk)
            },
            1,
        ),
        (
            Person {
                units: Scope::Only(BTreeSet::from(["Onun".to_owned()])),
                ..person(Role::Supervisor)
            },
            0,
        ),
        (
            Person {
                clearance: 3,
                ..person(Role::Clerk)
            },
            3,
        ),
    ] {
        let board = site.get(&narrow, "/boards/mailboxes").await;
        assert!(board.text().contains(&format!("data-count=\"own\">{own}<")), "{}", board.text());
        for whole in ["listed", "fetched", "registered"] {
            assert!(!board.text().contains(&format!("data-count=\"{whole}\"")), "{whole}");
        }
        sound(board.text(), "/boards/mailboxes", "tr");
    }
}

/// What the counter counts is what the lists colour, on every day of a deadline's life.
#[tokio::test]
async fn the_counter_of_deadlines_and_the_lists_say_the_same() {
    let site = Site::with_kinds(&["package-v2", "package-v2-attachments", "standard"]).await;
    let clerk = person(Role::Clerk);
    let mut seen = BTreeSet::new();
    for day in 0..44 {
        let now = NOW.parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_hours(day * 24);
        site.inside.set(&now.to_string());
        let today = site.get(&clerk, "/").await;
        let count: usize = today
            .text()
            .split("id=\"count-near\" data-count=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let coloured = |page: &str| {
            ["passed", "today", "near"]
                .map(|class| page.matches(&format!("class=\"due {class}\"")).count())
                .iter()
                .sum::<usize>()
        };
        assert_eq!(count, coloured(today.text()), "{now}");
        let (_, units) = site
            .get(&clerk, "/boards/deadlines")
            .await
            .text()
            .split_once("</table>")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        let rows: BTreeSet<&str> = units
            .split("<tr ")
            .filter(|row| coloured(row) > 0)
            .filter_map(|row| row.split("data-number=\"").nth(1)?.split('"').next())
            .collect();
        assert_eq!(count, rows.len(), "{now}: the board");
        seen.insert(count);
    }
    assert!(seen.len() > 1, "deadlines came and went: {seen:?}");
}

#[tokio::test]
async fn a_deadline_that_was_met_says_who_met_it_and_when() {
    let site = Site::with_kinds(&["package-v2"]).await;
    let (clerk, page) = (person(Role::Clerk), href(site.entries()[0].register_number));
    assert!(!site.entries()[0].deadlines.is_empty());
    let unread = site.post(&clerk, &format!("{page}/done"), "note=").await;
    assert_eq!(unread.header("location"), format!("{page}?said=not-opened"), "nobody has read it");
    assert_eq!(site.entries()[0].state, State::Registered);
    let open = site.get(&person(Role::Auditor), &page).await;
    assert!(!open.text().contains("class=\"closed\""), "nobody has looked yet");
    site.get(&clerk, &page).await;
    site.post(&clerk, &format!("{page}/done"), "note=").await;
    assert_eq!(site.entries()[0].state, State::Done);
    let closed = site.get(&clerk, &page).await;
    let part = closed
        .text()
        .split("id=\"deadlines\"")
        .nth(1)
        .unwrap()
        .split("</section>")
        .next()
        .unwrap();
    assert!(
        part.contains("class=\"closed\"") && part.contains("kapandı") && part.contains("23.11.2026 12:00") && part.contains("ayse"),
        "{part}"
    );
    assert!(!part.contains("class=\"due "), "nothing is left to miss: {part}");
}

#[tokio::test]
async fn nobody_is_blamed_for_days_before_there_was_anything_to_look_at() {
    let site = Site::with_kinds(&["standard"]).await;
    // A colleague gets an account on Wednesday; a week later the supervisor looks at the month.
    let add = async |login: &str| {
        let account = Account::new(
            Person {
                login: login.to_owned(),
                ..person(Role::Clerk)
            },
            Source::Local,
        );
        let edit = Edit::Add(Box::new(account));
        site.pipeline
            .ledger
            .edit_account(login, edit, Asker::default())
            .await
            .unwrap()
            .unwrap();
    };
    add("ilk").await;
    site.inside.set("2026-11-25T09:00:00Z");
    add("sonra").await;
    site.inside.set("2026-11-30T09:00:00Z");
    let board = site.get(&person(Role::Supervisor), "/boards/checks?month=2026-11").await;
    let row = |table: &str, name: &str| {
        let table = board.text().split(&format!("id=\"{table}\"")).nth(1).unwrap();
        let row = table.split("<tr>").find(|row| row.contains(name)).unwrap();
        row.split("<td class=\"")
            .skip(1)
            .map(|cell| cell.split('"').next().unwrap().to_owned())
            .take(30)
            .collect::<Vec<_>>()
    };
    // Monday the 23rd is the first day of the gateway. 28 and 29 are a weekend, the 30th is today.
    let mailbox = row("checks-mailboxes", "drop");
    assert!(mailbox[..22].iter().all(|class| class == "none"), "{mailbox:?}");
    assert_eq!(
        mailbox[22..],
        ["done", "missed", "missed", "missed", "missed", "off", "off", "ahead"]
    );
    let first = row("checks-people", "ilk");
    assert!(first[..22].iter().all(|class| class == "none"), "{first:?}");
    assert_eq!(
        first[22..],
        ["missed", "missed", "missed", "missed", "missed", "off", "off", "ahead"]
    );
    let later = row("checks-people", "sonra");
    assert!(later[..24].iter().all(|class| class == "none"), "{later:?}");
    assert_eq!(later[24..], ["missed", "missed", "missed", "off", "off", "ahead"]);
    assert!(
        board.text().contains("—") && board.text().contains("hesap ya da ağ geçidi henüz yoktu"),
        "words for a screen reader"
    );
    sound(board.text(), "/boards/checks", "tr");
}

#[tokio::test]
async fn while_the_index_is_being_made_the_page_says_that_its_numbers_may_be_low() {
    let site = Site::with_kinds(&["standard"]).await;
    let clerk = person(Role::Clerk);
    assert!(
        !site.get(&clerk, "/").await.text().contains("id=\"indexing\""),
        "without an index every answer is whole"
    );
    let web = Arc::new(Web::new(Arc::clone(&site.pipeline)).indexed());
    let with_index = Site { web, ..site };
    for path in ["/", "/search"] {
        let page = with_index.get(&clerk, path).await;
        assert!(page.text().contains("id=\"indexing\""), "{path}");
        sound(page.text(), path, "tr");
    }
    let search = Arc::clone(&with_index.web.search);
    let stop = tokio_util::sync::CancellationToken::new();
    let following = tokio::spawn(search.follow(stop.clone()));
    while with_index.web.search.indexed_to().is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!with_index.get(&clerk, "/").await.text().contains("id=\"indexing\""));
    stop.cancel();
    following.await.unwrap();
}

#[tokio::test]
async fn a_part_leaves_as_a_file_and_nothing_else() {
    let site = Site::with_kinds(&["package-v2-attachments"]).await;
    let entry = &site.entries()[0];
    let (clerk, page) = (person(Role::Clerk), href(entry.register_number));
    let file = entry.document.as_ref().unwrap().file.as_ref().unwrap();
    let answer = site.get(&clerk, &format!("{page}/parts/{}", file.sha256)).await;
    assert_eq!(kep_gateway::hash::Sha256::of(&answer.body), file.sha256);
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(
        answer.header("content-disposition").starts_with("attachment; ") && answer.header("content-security-policy").contains("sandbox")
    );
    let letter = site.get(&clerk, &format!("{page}/letter")).await;
    assert_eq!(letter.header("content-type"), "application/pdf");
    assert!(
        letter.header("content-security-policy").contains("sandbox")
            && letter.header("content-security-policy").contains("frame-ancestors 'self'")
    );
    let original = site.get(&clerk, &format!("{page}/original")).await;
    assert_eq!(kep_gateway::hash::Sha256::of(&original.body), entry.message.sha256);
    assert!(
        site.get(&clerk, &page)
            .await
            .text()
            .contains(&format!("{page}/parts/{}", file.sha256))
    );
}

/// A mail whose every field wants to be something else.
fn hostile_mail() -> Vec<u8> {
    let word = |text: &str| format!("=?UTF-8?B?{}?=", openssl::base64::encode_block(text.as_bytes()).replace('\n', ""));
    let nasty = "\"'><script>alert(1)</script>\u{202e}gpj.exe\u{200b}\u{feff}&amp;{{7*7}}";
    format!(
        "From: {} <saldirgan@kotu.example>\r\nTo: evrak@kurum.example\r\nSubject: {} {}\r\nDate: Mon, 23 Nov 2026 08:00:00 +0300\r\n\
         Message-ID: <\"><script>alert(2)</script>@kotu.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Merhaba\u{202e}<script>alert(3)</script><img src=http://izleyici.example/x onerror=alert(4)></p>\r\n\
         --b\r\nContent-Type: application/pdf; name=\"{}\"\r\nContent-Disposition: attachment; filename=\"{}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         TVqQAAMAAAAEAAAA\r\n--b--\r\n",
        word("Kurum <script>alert(5)</script>\u{202e}"),
        word(nasty),
        "x".repeat(900),
        word("../../fatura<svg onload=alert(6)>\u{202e}fdp.pdf"),
        word("../../fatura<svg onload=alert(6)>\u{202e}fdp.pdf"),
    )
    .into_bytes()
}

#[tokio::test]
async fn hostile_content_is_shown_harmlessly_everywhere() {
    let site = Site::with(&[("kotu", hostile_mail())]).await;
    let administrator = person(Role::Administrator);
    let page = href(site.entries()[0].register_number);
    let encoded = "%22%27%3E%3Cscript%3Ealert(7)%3C/script%3E%E2%80%AE";
    let asked = [
        format!("/search?q={encoded}&sender={encoded}"),
        format!("{page}?said={encoded}&x=%22%3E%3Cscript%3Ealert(8)"),
    ];
    for path in PAGES.iter().map(|path| (*path).to_owned()).chain([page.clone()]).chain(asked) {
        let answer = site.get(&administrator, &path).await;
        sound(answer.text(), &path, "tr");
        let lower = answer.text().to_ascii_lowercase();
        for raw in [
            "<script>alert",
            "<svg onload",
            "onerror=alert(4)>",
            "izleyici.example/x\"",
            "\u{200b}",
            "\u{feff}",
        ] {
            assert!(!lower.contains(raw), "{path}: {raw:?}");
        }
        // What the visitor typed comes back into its own field as it was.
        assert!(path.starts_with("/search") || !lower.contains('\u{202e}'), "{path}");
    }
    let shown = site.get(&administrator, &page).await;
    assert!(shown.text().contains("[U+202E]"), "what reorders text is seen");
    assert!(shown.text().contains("Merhaba"), "the words of the HTML mail are there");
    assert!(
        shown.text().contains("İçeriği bir programdır"),
        "told by the content, whatever the name says"
    );
}

#[tokio::test]
async fn a_dangerous_file_is_warned_of_before_it_is_handed_out() {
    let site = Site::with(&[("kotu", hostile_mail())]).await;
    let entry = &site.entries()[0];
    let (clerk, page) = (person(Role::Clerk), href(entry.register_number));
    let program = kep_gateway::hash::Sha256::of(b"MZ\x90\0\x03\0\0\0\x04\0\0\0");
    let first = site.get(&clerk, &format!("{page}/parts/{program}")).await;
    assert!(first.header("content-type").starts_with("text/html") && first.text().contains("Yine de indir"));
    sound(first.text(), "warning", "tr");
    let sure = site.get(&clerk, &format!("{page}/parts/{program}?sure=yes")).await;
    assert_eq!(sure.header("content-type"), "application/octet-stream");
    assert!(sure.body.starts_with(b"MZ") && !sure.header("content-disposition").contains(['<', '/']));
}

#[tokio::test]
async fn two_documents_in_one_message_do_not_open_each_other() {
    let site = Site::with_kinds(&["two-packages"]).await;
    let entries = site.entries();
    let (mine, other) = (&entries[0], &entries[1]);
    let all = person(Role::Clerk);
    site.post(&all, &format!("{}/assign", href(mine.register_number)), "unit=Benim")
        .await;
    let own = Person {
        login: "dar".to_owned(),
        units: Scope::Only(BTreeSet::from(["Benim".to_owned()])),
        ..person(Role::Clerk)
    };
    let page = site.get(&own, &href(mine.register_number)).await;
    assert_eq!(page.status, StatusCode::OK);
    let theirs = other.package.as_ref().unwrap().sha256;
    assert_ne!(mine.package.as_ref().unwrap().sha256, theirs);
    assert!(!page.text().contains(&theirs.to_string()));
    let part = format!("{}/parts/{theirs}?sure=yes", href(mine.register_number));
    assert_eq!(site.get(&own, &part).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(&all, &part).await.status, StatusCode::OK);
    assert_eq!(
        site.get(&own, &format!("{}/original", href(mine.register_number))).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        site.get(&all, &format!("{}/original", href(mine.register_number))).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_search_is_a_link_and_says_which_field_it_does_not_understand() {
    let site = Site::with_kinds(&["package-v2", "standard"]).await;
    let clerk = person(Role::Clerk);
    let empty = site.get(&clerk, "/search?q=&unit=&from=&access=&unopened=").await;
    assert!(empty.text().matches("data-number=").count() == 2, "empty fields ask for nothing");
    let wrong = site.get(&clerk, "/search?from=23.11.2026").await;
    assert!(wrong.status == StatusCode::OK && wrong.text().contains("id=\"wrong\"") && !wrong.text().contains("data-number="));
    assert!(
        site.get(&clerk, "/search?from=2026-11-23&to=2026-11-23")
            .await
            .text()
            .matches("data-number=")
            .count()
            == 2
    );
    assert!(site.get(&clerk, "/search?to=2026-11-22").await.text().contains("id=\"empty\""));
}

#[tokio::test]
async fn assets_carry_their_hash_and_are_kept() {
    let site = Site::with_kinds(&[]).await;
    let clerk = person(Role::Clerk);
    let page = site.get(&clerk, "/").await;
    let found: Vec<&str> = page.text().split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(found.len() >= 4, "{found:?}");
    for href in found {
        let asset = site.get(&clerk, href).await;
        assert_eq!(asset.status, StatusCode::OK, "{href}");
        assert!(asset.header("cache-control").contains("immutable") && asset.header("x-content-type-options") == "nosniff");
    }
    assert_eq!(site.get(&clerk, "/assets/style.css").await.status, StatusCode::NOT_FOUND);
}

/// The next whole event of a stream.
async fn event(stream: &mut (impl futures::Stream<Item = Result<axum::body::Bytes, axum::Error>> + Unpin), buffer: &mut String) -> String {
    loop {
        if let Some((event, rest)) = buffer.clone().split_once("\n\n") {
            *buffer = rest.to_owned();
            if event.starts_with("event:") {
                return event.to_owned();
            }
            continue;
        }
        let piece = tokio::time::timeout(Duration::from_secs(240), stream.next())
            .await
            .expect("the stream is silent");
        buffer.push_str(std::str::from_utf8(&piece.unwrap().unwrap()).unwrap());
    }
}

#[tokio::test]
async fn what_arrives_is_told_at_once_and_only_to_those_for_whom_it_exists() {
    let site = Site::with_kinds(&["standard"]).await;
    let listen = async |person: &Person| {
        let request = Request::get("/events").body(Body::empty()).unwrap();
        site.as_person(person, Lang::Tr)
            .oneshot(request)
            .await
            .unwrap()
            .into_body()
            .into_data_stream()
    };
    let (mut clerk, mut stranger) = (Box::pin(listen(&person(Role::Clerk)).await), Box::pin(listen(&stranger()).await));
    let (mut told, mut strange) = (String::new(), String::new());
    let first = [event(&mut clerk, &mut told).await, event(&mut clerk, &mut told).await].concat();
    assert!(first.contains("event: rows") && first.contains("event: counters"));
    let nothing = event(&mut stranger, &mut strange).await;
    assert!(
        nothing.starts_with("event: counters") && nothing.contains("data-count=\"0\""),
        "no row, so no event of rows: {nothing}"
    );

    site.inside.put("yeni.eml", &World::new(20_261_123).sample("package-v2", 7).raw);
    pass(&site.pipeline).await;
    let entries = site.entries();
    let new = entries.last().unwrap();
    let mut events: Vec<String> = Vec::new();
    while !events.concat().contains(&format!("data-number=\"{}\"", new.register_number)) {
        events.push(event(&mut clerk, &mut told).await);
    }
    // The stranger's stream was rung by the same records. Whatever it said since is about nobody's documents.
    let pending = stranger.next();
    let heard = futures::poll!(Box::pin(pending));
    assert!(!format!("{heard:?}").contains("2026/"), "{heard:?}");
}

#[tokio::test]
async fn what_nobody_can_classify_is_given_a_level_by_hand_and_exists_from_then_on() {
    let site = Site::with_kinds(&["package-encrypted", "package-v2"]).await;
    let closed = site.entries().into_iter().find(|entry| entry.access == 4).unwrap();
    let page = href(closed.register_number);
    let cleared = |clearance, role| Person { clearance, ..person(role) };
    let clerk = cleared(1, Role::Clerk);
    let supervisor = cleared(4, Role::Supervisor);
    let lists = async |person: &Person| {
        site.get(person, "/")
            .await
            .text()
            .contains(&format!("data-number=\"{}\"", closed.register_number))
    };
    let finds = async |person: &Person| site.get(person, "/search?access=1").await.text().contains("<tr class=\"row");
    assert_eq!(site.get(&clerk, &page).await.status, StatusCode::NOT_FOUND);
    assert!(!lists(&clerk).await);
    let form = "id=\"access-level\"";
    assert!(!site.get(&cleared(4, Role::Clerk), &page).await.text().contains(form));
    assert!(!site.get(&cleared(4, Role::Auditor), &page).await.text().contains(form));
    assert!(site.get(&supervisor, &page).await.text().contains(form));
    let post = async |person: &Person, level: &str, note: &str| {
        let fields = format!("level={level}&note={note}");
        site.post(person, &format!("{page}/access-level"), &fields).await
    };
    assert_eq!(post(&cleared(4, Role::Clerk), "1", "n").await.status, StatusCode::FORBIDDEN);
    assert_eq!(post(&cleared(4, Role::Auditor), "1", "n").await.status, StatusCode::FORBIDDEN);
    assert_eq!(post(&cleared(3, Role::Supervisor), "1", "n").await.status, StatusCode::NOT_FOUND);
    for (level, note, said) in [
        ("1", "", "reason-required"),
        ("7", "n", "no-level"),
        ("x", "n", "no-level"),
        ("4", "n", "is-so-already"),
    ] {
        assert_eq!(
            post(&supervisor, level, note).await.header("location"),
            format!("{page}?said={said}"),
            "{level}"
        );
    }
    assert_eq!(
        post(&supervisor, "1", "soruldu").await.header("location"),
        format!("{page}?said=access-level")
    );
    let shown = site.get(&supervisor, &page).await;
    assert!(shown.text().contains("erişim düzeyini değiştirdi: çok gizli → hizmete özel") && shown.text().contains("soruldu"));
    assert!(shown.text().contains("hizmete özel (elle belirlendi)"));
    assert!(lists(&clerk).await && finds(&clerk).await);
    assert_eq!(site.get(&clerk, &page).await.status, StatusCode::OK);
    assert!(!lists(&cleared(0, Role::Clerk)).await);
    assert_eq!(
        post(&cleared(1, Role::Administrator), "2", "n").await.header("location"),
        format!("{page}?said=above-clearance")
    );
}
