//! The index follows, and nothing that happens to it changes an answer.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Search;
use super::fixture::{Register, everything, settle, try_settle};
use super::query::{Page, Query};
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::people::View;
use crate::register::entry::State;

fn ask(search: &Search) -> Vec<Page> {
    let queries = [
        Query::default(),
        Query {
            text: Some("karar".into()),
            ..Query::default()
        },
        Query {
            verdict: Some("passed".into()),
            unopened: true,
            ..Query::default()
        },
    ];
    queries.iter().map(|query| search.list(&everything(), query).unwrap()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder.join("index"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_restart_goes_on_where_the_last_commit_was() {
    let mut register = Register::new(21);
    register.fill(40).await;
    let search = register.search();
    settle(&search);
    let expected = ask(&search);
    let position = search.indexed_to();
    drop(search);
    register.fill(5).await;

    let search = register.search();
    assert_eq!(search.indexed_to(), None);
    search.catch_up(&|| false).unwrap();
    assert!(search.indexed_to() > position, "it took in what came meanwhile");
    settle(&search);
    assert_ne!(ask(&search), expected);
    assert_eq!(ask(&search), ask(&Search::new(Arc::clone(&register.ledger))));
}

#[tokio::test]
async fn an_index_that_is_gone_damaged_or_ahead_is_made_anew() {
    let mut register = Register::new(22);
    register.fill(30).await;
    let search = register.search();
    settle(&search);
    let expected = ask(&search);
    drop(search);
    let folder = register.folder();
    let largest = |extension: &str| {
        let of_kind = files(&folder)
            .into_iter()
            .filter(|file| file.extension().is_some_and(|found| found == extension));
        of_kind.max_by_key(|file| fs::metadata(file).unwrap().len()).unwrap()
    };
    type Damage<'a> = Box<dyn Fn() + 'a>;
    let damages: [(&str, Damage<'_>); 8] = [
        ("gone", Box::new(|| fs::remove_dir_all(&folder).unwrap())),
        (
            "a file in its place",
            Box::new(|| {
                fs::remove_dir_all(&folder).unwrap();
                fs::write(&folder, "x").unwrap();
            }),
        ),
        (
            "no list of segments",
            Box::new(|| fs::remove_file(folder.join("index/meta.json")).unwrap()),
        ),
        (
            "a list of segments that is none",
            Box::new(|| fs::write(folder.join("index/meta.json"), "{").unwrap()),
        ),
        (
            "a bit in the words",
            Box::new(|| {
                let mut bytes = fs::read(largest("idx")).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 4;
                fs::write(largest("idx"), bytes).unwrap();
            }),
        ),
        (
            "cut off rows",
            Box::new(|| {
                let bytes = fs::read(largest("store")).unwrap();
                fs::write(largest("store"), &bytes[..bytes.len() / 2]).unwrap();
            }),
        ),
        ("a column gone", Box::new(|| fs::remove_file(largest("fast")).unwrap())),
        (
            "another version, or ahead of the ledger",
            Box::new(|| {
                let path = folder.join("index/meta.json");
                let text = fs::read_to_string(&path).unwrap();
                let at = text.find("\"payload\"").unwrap();
                fs::write(&path, format!("{}\"payload\":\"1 999999\"}}", &text[..at])).unwrap();
            }),
        ),
    ];
    for (what, damage) in damages {
        damage();
        let search = register.search();
        assert_eq!(ask(&search), expected, "{what}: before it is made anew");
        try_settle(&search).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(ask(&search), expected, "{what}");
        assert_eq!(search.indexed_to(), Some(register.ledger.change_position().unwrap()), "{what}");
    }
}

#[tokio::test]
async fn files_that_go_while_it_is_open_are_no_wrong_answer() {
    let mut register = Register::new(23);
    register.fill(30).await;
    let search = register.search();
    settle(&search);
    let expected = ask(&search);
    for file in files(&register.folder()) {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(ask(&search), expected);
    register.fill(3).await;
    // The next commit finds that its files are gone; after it the index is made anew.
    for _ in 0..5 {
        let _ = search.catch_up(&|| false);
    }
    settle(&search);
    assert_eq!(ask(&search), ask(&Search::new(Arc::clone(&register.ledger))));
    assert_eq!(search.indexed_to(), Some(register.ledger.change_position().unwrap()));
}

#[tokio::test]
async fn filling_that_is_broken_off_leaves_nothing_half() {
    let mut register = Register::new(24);
    register.fill(40).await;
    let search = register.search();
    let asked = std::cell::Cell::new(0);
    search
        .catch_up(&|| {
            asked.set(asked.get() + 1);
            asked.get() > 20
        })
        .unwrap();
    assert_eq!(search.indexed_to(), None, "half an index answers nothing");
    drop(search);
    let search = register.search();
    settle(&search);
    assert_eq!(ask(&search), ask(&Search::new(Arc::clone(&register.ledger))));
}

#[tokio::test]
async fn the_follower_brings_in_what_is_registered_and_opened_and_stops_when_told() {
    let mut register = Register::new(25);
    register.fill(10).await;
    let search = Arc::new(register.search());
    let stop = CancellationToken::new();
    let following = tokio::spawn(Arc::clone(&search).follow(stop.clone()));
    let number = register.add(|_| ()).await;
    register.ledger.viewed(number, &everything(), View::Page).await.unwrap();
    let goal = Some(register.ledger.change_position().unwrap());
    for _ in 0..12_000 {
        if search.indexed_to() >= goal {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(search.indexed_to() >= goal, "the follower never came so far");
    let page = search.list(&everything(), &Query::default()).unwrap();
    assert_eq!(
        (page.rows[0].number, page.rows[0].state, page.rows[0].unopened),
        (number, State::Opened, false)
    );
    stop.cancel();
    following.await.unwrap();
    // Another process may write now.
    drop(search);
    settle(&register.search());
}

#[tokio::test]
async fn a_ledger_that_only_reads_is_asked_without_an_index() {
    let mut register = Register::new(26);
    register.fill(10).await;
    let beside: Arc<Ledger> = Arc::new(register.world.open_read_only());
    let search = Arc::new(Search::open(Arc::clone(&beside), register.folder(), Limits::default()));
    Arc::clone(&search).follow(CancellationToken::new()).await;
    assert!(!register.folder().exists(), "a reader writes nothing");
    assert_eq!(ask(&search), ask(&Search::new(Arc::clone(&register.ledger))));
}

#[tokio::test]
async fn names_and_subjects_are_for_the_gateways_account_alone() {
    let mut register = Register::new(27);
    register.fill(2).await;
    settle(&register.search());
    let mode = fs::metadata(register.folder()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[tokio::test]
async fn a_letter_that_ends_the_process_is_left_unread_after_three_attempts() {
    let mut register = Register::new(28);
    register.fill(3).await;
    let search = register.search();
    search.catch_up(&|| false).unwrap();
    let number = search.list(&everything(), &Query::default()).unwrap().rows[0].number;
    // As three deaths leave it; the bytes are not there, which would be told by an empty text, too.
    let trap = register.folder().join("reading");
    fs::write(&trap, format!("{number} 3")).unwrap();
    settle(&search);
    assert!(!trap.exists());
    assert_eq!(search.list(&everything(), &Query::default()).unwrap().rows.len(), 3);
}
