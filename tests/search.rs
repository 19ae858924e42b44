//! The search over what really came: messages with packages, their covering letters' words, and a kill in the middle of a commit.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod inside;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use forge::world::World;
use inside::{Inside, pass};
use kep_gateway::clock::{FixedClock, SharedClock};
use kep_gateway::ledger::Ledger;
use kep_gateway::ledger::handling::HandlingRequest;
use kep_gateway::limits::Limits;
use kep_gateway::people::{Person, Role, Scope, View};
use kep_gateway::register::entry::Action;
use kep_gateway::search::query::Query;
use kep_gateway::search::{Progress, Search};
use kep_gateway::store::disk::RealDisk;

fn everything() -> Person {
    Person {
        login: "ayse".into(),
        name: "Ayşe Deneme".into(),
        role: Role::Clerk,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
    }
}

fn settle(search: &Search) {
    while search.catch_up(&|| false).unwrap() == Progress::More {}
}

fn asked(text: &str) -> Query {
    Query {
        text: Some(text.into()),
        ..Query::default()
    }
}

fn found(search: &Search, text: &str) -> usize {
    search.list(&everything(), &asked(text)).unwrap().rows.len()
}

#[tokio::test]
async fn a_letter_is_found_by_its_words_its_number_its_sender_and_its_hash() {
    let world = World::new(31);
    let inside = Inside::new("2026-11-23T09:00:00Z", "");
    let samples = world.mixed(12);
    for (nth, sample) in samples.iter().enumerate() {
        inside.put(&format!("{nth:02}.eml"), &sample.raw);
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pass(&pipeline).await;
    let ledger = Arc::clone(&pipeline.ledger);
    let search = Search::open(Arc::clone(&ledger), inside.root().join("search"), Limits::default());
    search.catch_up(&|| false).unwrap();
    let sentence = "\"gerekli değerlendirmenin yapılarak\"";
    assert_eq!(found(&search, sentence), 0, "the letters were not read yet");
    settle(&search);

    let entries: Vec<_> = ledger.entries().map(|entry| entry.unwrap()).collect();
    let with_letter = entries
        .iter()
        .filter(|entry| entry.document.as_ref().is_some_and(|document| document.file.is_some()))
        .count();
    assert!(with_letter >= 3, "the world holds covering letters: {with_letter}");
    assert_eq!(found(&search, sentence), with_letter);
    assert_eq!(found(&search, "DEĞERLENDİRME tarafımıza"), with_letter);
    assert_eq!(found(&search, "\"değerlendirmenin gerekli\""), 0);
    for entry in &entries {
        let texts = [Some(entry.register_number.to_string()), Some(entry.message.sha256.to_string())];
        let document = entry.document.as_ref();
        let more = [
            document.and_then(|document| document.number.clone()),
            document.and_then(|document| document.id.clone()),
            document
                .and_then(|document| document.file.as_ref())
                .map(|file| file.sha256.to_string()),
            document
                .and_then(|document| document.subject.as_ref())
                .map(|subject| format!("\"{subject}\"")),
            entry.message.sender_kep.clone(),
        ];
        for text in texts.into_iter().chain(more).flatten() {
            let page = search.list(&everything(), &asked(&text)).unwrap();
            assert!(page.rows.iter().any(|row| row.number == entry.register_number), "{text}");
        }
    }

    // A change of the entry keeps its letter, without the message: its bytes are looked at once.
    let number = entries
        .iter()
        .find(|entry| entry.document.as_ref().is_some_and(|d| d.file.is_some()))
        .unwrap()
        .register_number;
    ledger.viewed(number, &everything(), View::Page).await.unwrap();
    assert_eq!(found(&search, sentence), with_letter, "before the next commit");
    std::fs::remove_dir_all(inside.root().join("blobs")).unwrap();
    settle(&search);
    assert_eq!(found(&search, sentence), with_letter, "after it");
}

/// The child of the next test: opens the store that is named and works on its index until it is killed.
#[test]
fn child_that_is_killed() {
    let Ok(root) = std::env::var("KEP_SEARCH_CHILD") else {
        println!("skipped: this is the child of another test");
        return;
    };
    let root = std::path::PathBuf::from(root);
    let clock: SharedClock = FixedClock::at("2026-11-23T09:00:00Z".parse().unwrap());
    let ledger = Arc::new(Ledger::open(&root, RealDisk::shared(), clock).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let search = Search::open(Arc::clone(&ledger), root.join("search"), Limits::default());
    let numbers: Vec<_> = ledger.entries().map(|entry| entry.unwrap().register_number).collect();
    loop {
        for number in &numbers {
            let note = HandlingRequest {
                action: Action::Noted,
                note: Some("bir daha".to_owned()),
            };
            let noted = runtime.block_on(async { ledger.handle(*number, note, &everything()).await });
            noted.unwrap().unwrap();
            search.catch_up(&|| false).unwrap();
        }
    }
}

#[tokio::test]
async fn a_kill_at_any_moment_of_a_commit_changes_no_answer() {
    let world = World::new(32);
    let inside = Inside::new("2026-11-23T09:00:00Z", "");
    for (nth, sample) in world.mixed(6).iter().enumerate() {
        inside.put(&format!("{nth:02}.eml"), &sample.raw);
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pass(&pipeline).await;
    drop(pipeline);

    for milliseconds in [300, 450, 600, 750, 900, 1_100] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_is_killed", "--nocapture"])
            .env("KEP_SEARCH_CHILD", inside.root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9), "it worked until it was killed");

        let clock: SharedClock = inside.clock.clone();
        let ledger = Arc::new(Ledger::open(&inside.root(), RealDisk::shared(), clock).unwrap());
        let search = Search::open(Arc::clone(&ledger), inside.root().join("search"), Limits::default());
        settle(&search);
        let plain = Search::new(Arc::clone(&ledger));
        for query in [
            Query::default(),
            Query {
                unopened: true,
                ..Query::default()
            },
            Query {
                state: Some("opened".into()),
                ..Query::default()
            },
        ] {
            assert_eq!(
                search.list(&everything(), &query).unwrap(),
                plain.list(&everything(), &query).unwrap()
            );
            assert_eq!(
                search.count(&everything(), &query).unwrap(),
                plain.count(&everything(), &query).unwrap()
            );
        }
        assert_eq!(search.indexed_to(), Some(ledger.change_position().unwrap()));
    }
}
