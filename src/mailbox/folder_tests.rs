use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{FileType, Mode, OFlags};
use tempfile::TempDir;

use super::*;

fn mailbox(path: &Path) -> FolderMailbox {
    let config = FolderConfig {
        decryption: Vec::new(),
        name: "drop".into(),
        address: String::new(),
        path: path.to_owned(),
        sent: false,
        interval: Duration::from_secs(300),
        settle: Duration::ZERO,
    };
    let limits = Limits {
        message_bytes: 1_000,
        ..Limits::default()
    };
    FolderMailbox::new(config, &limits)
}

async fn list(mailbox: &mut FolderMailbox) -> Listing {
    mailbox.list(&BTreeSet::new()).await.unwrap()
}

async fn fetch(mailbox: &mut FolderMailbox, wanted: Vec<Listed>) -> Vec<Result<Bytes, NotFetched>> {
    let (to, mut from) = mpsc::channel(100);
    mailbox.fetch(wanted, to).await.unwrap();
    let mut outcomes = Vec::new();
    while let Ok(fetched) = from.try_recv() {
        outcomes.push(fetched.outcome);
    }
    outcomes
}

fn write(folder: &TempDir, name: &[u8], bytes: &[u8]) {
    std::fs::write(folder.path().join(OsStr::from_bytes(name)), bytes).unwrap();
}

#[tokio::test]
async fn dropped_files_are_listed_and_read_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, b"a.eml", b"From: a\r\n\r\n\0\xff");
    write(&folder, b"B.EYP", b"PK");
    write(&folder, b"delil \xc5\x9f\xff%41.xml", b"<x/>");
    let mut mailbox = mailbox(folder.path());
    let listing = list(&mut mailbox).await;
    assert_eq!((listing.new.len(), listing.present.len(), listing.folders[0].exists), (3, 3, 3));
    let bodies: BTreeSet<Vec<u8>> = fetch(&mut mailbox, listing.new)
        .await
        .into_iter()
        .map(|body| body.unwrap().to_vec())
        .collect();
    assert_eq!(bodies, [b"From: a\r\n\r\n\0\xff".to_vec(), b"PK".to_vec(), b"<x/>".to_vec()].into());
}

#[tokio::test]
async fn what_is_known_is_not_new_but_a_second_message_under_the_same_name_is() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, b"ileti.eml", b"first");
    let mut mailbox = mailbox(folder.path());
    let known = list(&mut mailbox).await.present;
    assert!(mailbox.list(&known).await.unwrap().new.is_empty());
    write(&folder, b"ileti.eml", b"second message");
    let listing = mailbox.list(&known).await.unwrap();
    assert_eq!(fetch(&mut mailbox, listing.new).await, [Ok(Bytes::from_static(b"second message"))]);
}

/// The names that the last listing left aside, in their order.
fn aside(mailbox: &FolderMailbox) -> Vec<&str> {
    mailbox.not_taken().iter().map(|text| text.tr.split('\'').nth(1).unwrap()).collect()
}

fn years_ago(folder: &TempDir, name: &str) {
    let file = std::fs::File::options().write(true).open(folder.path().join(name)).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(365 * 86_400))
        .unwrap();
}

#[tokio::test]
async fn everything_that_is_not_taken_is_named_at_every_look_and_work_in_progress_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        ".hidden.eml",
        ".ileti.eml.a8Xq2",
        "a.eml.part",
        "b.tmp",
        "c.eml~",
        "note.txt",
        "Thumbs.db",
    ] {
        write(&folder, name.as_bytes(), b"x");
    }
    std::fs::create_dir(folder.path().join("alt")).unwrap();
    std::fs::write(folder.path().join("alt/z.eml"), "x").unwrap();
    std::fs::create_dir(folder.path().join("bos")).unwrap();
    let mut mailbox = mailbox(folder.path());
    for _ in 0..2 {
        let listing = list(&mut mailbox).await;
        assert!(listing.new.is_empty() && listing.oddities.is_empty());
        assert_eq!(aside(&mailbox), [".hidden.eml", "Thumbs.db", "alt", "note.txt"]);
    }
    // What nobody has written to for long is no work in progress.
    for name in [".ileti.eml.a8Xq2", "a.eml.part", "b.tmp", "c.eml~"] {
        years_ago(&folder, name);
    }
    list(&mut mailbox).await;
    assert_eq!(
        aside(&mailbox),
        [
            ".hidden.eml",
            ".ileti.eml.a8Xq2",
            "Thumbs.db",
            "a.eml.part",
            "alt",
            "b.tmp",
            "c.eml~",
            "note.txt"
        ]
    );
    std::fs::remove_file(folder.path().join("note.txt")).unwrap();
    list(&mut mailbox).await;
    assert!(!aside(&mailbox).contains(&"note.txt"));
}

#[tokio::test]
async fn a_maildirs_own_files_and_folders_are_nothing_aside_but_a_message_beside_its_boxes_is() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cur", "new", "tmp", ".Sent", "Arsiv"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("1.2.x"), "From: a\r\n\r\n").unwrap();
    }
    for name in ["dovecot-uidlist", "subscriptions", "new/.nfs1", "ileti.eml"] {
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    let mut mailbox = mailbox(folder.path());
    // The same name in `cur` and `new` is one message.
    assert_eq!(list(&mut mailbox).await.new.len(), 1);
    assert_eq!(aside(&mailbox), ["ileti.eml"]);
}

#[tokio::test]
async fn a_file_that_still_grows_is_left_for_the_next_pass() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, b"done.eml", b"whole");
    let mut mailbox = mailbox(folder.path());
    mailbox.config.settle = Duration::from_secs(2);
    // It grows all the time, so that it does between any two looks.
    let mut growing = std::fs::File::create(folder.path().join("grows.eml")).unwrap();
    let whole = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let whole = Arc::clone(&whole);
        move || {
            while !whole.load(Ordering::Relaxed) {
                growing.write_all(b"more and ").unwrap();
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    });
    let listing = list(&mut mailbox).await;
    whole.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert_eq!(listing.new.len(), 1);
    assert!(listing.new[0].locator.id.starts_with("done.eml/"));
    assert_eq!(list(&mut mailbox).await.new.len(), 2);
}

#[tokio::test]
async fn links_pipes_and_paths_that_lead_out_are_refused() {
    let outside = tempfile::tempdir().unwrap();
    write(&outside, b"secret.eml", b"secret");
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.eml"), folder.path().join("link.eml")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, folder.path().join("pipe.eml"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let mut mailbox = mailbox(folder.path());
    let listing = list(&mut mailbox).await;
    assert!(listing.new.is_empty());
    assert_eq!(aside(&mailbox), ["link.eml", "pipe.eml"]);
    for id in [
        "../x/secret.eml/6-0.0",
        "link.eml/6-0.0",
        "pipe.eml/0-0.0",
        "%2E%2E%2Fsecret.eml/6-0.0",
        "../1-1.1",
    ] {
        let listed = Listed {
            locator: Locator {
                folder: DROP.into(),
                epoch: 0,
                id: id.into(),
            },
            size: None,
            arrived: None,
        };
        let outcomes = fetch(&mut mailbox, vec![listed]).await;
        assert!(matches!(outcomes.as_slice(), [Err(NotFetched::Missing(_))]), "{id}");
    }
}

#[tokio::test]
async fn a_message_above_the_limit_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, b"big.eml", &[b'x'; 1_001]);
    let mut mailbox = mailbox(folder.path());
    let listing = list(&mut mailbox).await;
    assert_eq!(
        fetch(&mut mailbox, listing.new).await,
        [Err(NotFetched::TooLarge { size: 1_001, limit: 1_000 })]
    );
}

#[tokio::test]
async fn a_maildir_message_keeps_its_identity_when_flags_change() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cur", "new", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    write(&folder, b"new/1.a.host", b"one");
    write(&folder, b"cur/2.b.host:2,S", b"two");
    write(&folder, b"tmp/3.c.host", b"unfinished");
    let mut mailbox = mailbox(folder.path());
    let listing = list(&mut mailbox).await;
    assert_eq!(listing.new.len(), 2);
    std::fs::rename(folder.path().join("new/1.a.host"), folder.path().join("cur/1.a.host:2,RS")).unwrap();
    assert!(mailbox.list(&listing.present).await.unwrap().new.is_empty());
    let bodies = fetch(&mut mailbox, listing.new).await;
    assert_eq!(bodies, [Ok(Bytes::from_static(b"one")), Ok(Bytes::from_static(b"two"))]);
}

#[tokio::test]
async fn a_drop_is_noticed_while_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let mut mailbox = mailbox(folder.path());
    assert_eq!(mailbox.wait(Duration::from_millis(50)).await.unwrap(), Wake::Elapsed);
    let path = folder.path().join("a.eml");
    tokio::spawn(async move {
        sleep(Duration::from_millis(200)).await;
        std::fs::write(path, "x").unwrap();
    });
    assert_eq!(mailbox.wait(Duration::from_secs(600)).await.unwrap(), Wake::Changed);
}

#[tokio::test]
async fn a_folder_that_is_gone_is_an_error_with_a_cure() {
    let error = mailbox(Path::new("/nonexistent/drop")).list(&BTreeSet::new()).await.unwrap_err();
    assert!(error.is_transient() && error.problem.tr.contains("/nonexistent/drop"));
}

#[test]
fn a_sub_folder_that_cannot_be_looked_into_is_named_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = rustix::fs::open(folder.path(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
    // Longer than a name may be: an answer of the system of which nothing is known.
    let long = std::ffi::CString::new("a".repeat(5_000)).unwrap();
    assert!(aside::sub_folder(&root, &long).is_some());
    std::fs::create_dir(folder.path().join("lost+found")).unwrap();
    std::fs::write(folder.path().join("lost+found/#1"), "x").unwrap();
    assert!(aside::sub_folder(&root, c"lost+found").is_none(), "the file system's own");
    assert!(aside::sub_folder(&root, c"yok").is_none(), "gone meanwhile");
}

#[tokio::test]
async fn a_maildir_is_read_once_for_all_its_messages_and_again_when_one_moved() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cur", "new"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    for nth in 0..200 {
        write(&folder, format!("new/{nth}.a.host").as_bytes(), format!("body {nth}").as_bytes());
    }
    let mut mailbox = mailbox(folder.path());
    let new = list(&mut mailbox).await.new;
    let places = SharedPlaces::default();
    for listed in &new {
        assert!(mailbox.read(listed, &places).await.unwrap().is_ok());
    }
    assert_eq!(places.lock().unwrap().looks, 1);
    for nth in 0..200 {
        let (from, to) = (format!("new/{nth}.a.host"), format!("cur/{nth}.a.host:2,S"));
        std::fs::rename(folder.path().join(from), folder.path().join(to)).unwrap();
    }
    for listed in &new {
        assert!(mailbox.read(listed, &places).await.unwrap().is_ok());
    }
    assert_eq!(places.lock().unwrap().looks, 2);
}
