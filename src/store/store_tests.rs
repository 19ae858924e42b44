//! The promises of the store as a whole, on a real disk.

use std::path::Path;

use super::backup::{backup, restore};
use super::disk::RealDisk;
use super::error::StoreError;
use super::fault::{FailingDisk, Mode};
use super::head::KnownHead;
use super::index::{IndexBatch, IndexState};
use super::journal_tests::record;
use super::verify::{Issue, IssueKind, verify};
use super::{Recovery, Store};

fn open(root: &Path) -> (Store, Recovery) {
    Store::open(root, RealDisk::shared()).unwrap()
}

fn add(store: &mut Store, numbers: std::ops::Range<usize>) {
    for number in numbers {
        store.blobs.put(format!("message {number}").as_bytes()).unwrap();
        store.journal.append(&[record(number)]).unwrap();
        let mut batch = IndexBatch::default();
        batch.put("last", number.to_string());
        store.index.apply(batch, store.journal.head().sequence).unwrap();
    }
}

fn bodies(store: &Store) -> Vec<String> {
    store
        .journal
        .read_from(1)
        .map(|record| record.unwrap().body.get().to_owned())
        .collect()
}

#[test]
fn a_store_is_made_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("deep/store");
    let (mut store, recovery) = open(&root);
    assert!(recovery.created);
    assert_eq!((recovery.index, recovery.temporaries), (IndexState::New, 0));
    add(&mut store, 0..5);
    assert!(store.free_bytes().unwrap() > 0);
    let head = store.journal.head();
    drop(store);
    std::fs::write(root.join("blobs/tmp/left"), b"x").unwrap();
    let (store, recovery) = open(&root);
    assert_eq!((recovery.created, recovery.cut, recovery.temporaries), (false, None, 1));
    assert_eq!((recovery.head, recovery.index), (KnownHead::Known(head), IndexState::Untouched));
    assert_eq!((store.index.applied(), store.index.get(b"last").unwrap()), (5, Some(b"4".to_vec())));
}

#[test]
fn a_second_writer_is_told_who_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    add(&mut store, 0..3);
    let error = Store::open(folder.path(), RealDisk::shared()).err().unwrap();
    let pid = std::process::id();
    assert!(
        matches!(error, StoreError::Locked { pid: Some(named), .. } if named == pid),
        "{error}"
    );
    assert!(error.cure().tr.contains(&pid.to_string()));
    let reader = Store::open_read_only(folder.path(), RealDisk::shared()).unwrap();
    assert_eq!(bodies(&reader).len(), 3);
    assert_eq!(reader.index.applied(), 0);
    drop(store);
    open(folder.path());
}

#[test]
fn a_missing_part_is_never_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let (mut store, _) = open(&root);
    add(&mut store, 0..3);
    drop(store);
    for part in ["blobs", "journal"] {
        let away = folder.path().join("away");
        std::fs::rename(root.join(part), &away).unwrap();
        let error = Store::open(&root, RealDisk::shared()).err().unwrap();
        assert!(matches!(error, StoreError::FolderMissing(_)), "{error}");
        std::fs::rename(&away, root.join(part)).unwrap();
    }
    std::fs::rename(root.join("format"), root.join("gone")).unwrap();
    assert!(matches!(Store::open(&root, RealDisk::shared()), Err(StoreError::NotAStore(_))));
    std::fs::write(root.join("format"), "kep-gateway store 2\n").unwrap();
    assert!(matches!(
        Store::open(&root, RealDisk::shared()),
        Err(StoreError::UnknownFormat { .. })
    ));
    assert!(matches!(
        Store::open_read_only(&folder.path().join("none"), RealDisk::shared()),
        Err(StoreError::FolderMissing(_))
    ));
}

#[test]
fn a_deleted_index_is_begun_empty() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    add(&mut store, 0..3);
    drop(store);
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    let (store, recovery) = open(folder.path());
    assert_eq!(
        (recovery.index, store.index.applied(), bodies(&store).len()),
        (IndexState::New, 0, 3)
    );
}

#[test]
fn a_backup_while_writing_is_whole_and_grows_by_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let (root, copy) = (folder.path().join("store"), folder.path().join("backup"));
    let (mut store, _) = open(&root);
    add(&mut store, 0..20);
    let progress = &mut |_| {};
    let first = backup(&root, &copy, RealDisk::shared(), progress).unwrap();
    assert_eq!((first.head, first.blobs_copied, first.blobs_kept), (store.journal.head(), 20, 0));

    let stop = std::sync::atomic::AtomicBool::new(false);
    let copied = std::thread::scope(|scope| {
        let stop = &stop;
        let writer = scope.spawn(move || {
            let mut number = 20;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                add(&mut store, number..number + 1);
                number += 1;
            }
            store
        });
        let mut last = first.clone();
        for _ in 0..5 {
            last = backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
            let report = verify(&copy, RealDisk::shared(), &mut |_| {});
            assert!(report.issues.is_empty(), "{:?}", report.issues);
            assert_eq!(report.head, last.head);
            assert!(report.blobs >= last.head.sequence, "each record's blob is there");
        }
        let live = verify(&root, RealDisk::shared(), &mut |_| {});
        assert!(live.beside_writer && live.issues.is_empty(), "{:?}", live.issues);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        drop(writer.join().unwrap());
        last
    });
    assert!(copied.since.sequence >= 20 && copied.blobs_kept >= 20);
    assert!(copied.head.sequence >= copied.since.sequence);
}

#[test]
fn a_restored_store_equals_the_one_that_was_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let (root, copy, again) = (
        folder.path().join("store"),
        folder.path().join("backup"),
        folder.path().join("again"),
    );
    let (mut store, _) = open(&root);
    add(&mut store, 0..12);
    let (expected, head) = (bodies(&store), store.journal.head());
    drop(store);
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    restore(&copy, &again, RealDisk::shared(), &mut |_| {}).unwrap();
    let (mut restored, recovery) = open(&again);
    assert_eq!((bodies(&restored), restored.journal.head()), (expected, head));
    assert_eq!((recovery.created, recovery.cut), (false, None));
    assert_eq!(restored.blobs.iter().map(Result::unwrap).count(), 12);
    add(&mut restored, 12..13);

    let error = restore(&copy, &again, RealDisk::shared(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    drop(restored);
    let error = restore(&copy, &again, RealDisk::shared(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::NotEmpty(_)), "{error}");
}

#[test]
fn a_damaged_backup_is_not_restored_and_an_interrupted_restore_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    let (root, copy, again) = (
        folder.path().join("store"),
        folder.path().join("backup"),
        folder.path().join("again"),
    );
    let (mut store, _) = open(&root);
    add(&mut store, 0..4);
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    let head = copy.join("journal/head");
    let whole = std::fs::read(&head).unwrap();
    let segment = std::fs::read_dir(copy.join("journal")).unwrap().map(|file| file.unwrap().path());
    let segment = segment.into_iter().find(|path| *path != head).unwrap();
    let sound = std::fs::read(&segment).unwrap();
    let mut changed = sound.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&segment, changed).unwrap();
    let error = restore(&copy, &again, RealDisk::shared(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::BrokenChain { .. }), "{error}");
    assert!(matches!(
        Store::open(&again, RealDisk::shared()),
        Err(StoreError::RestoreUnfinished(_))
    ));
    std::fs::write(&segment, sound).unwrap();
    assert_eq!(std::fs::read(&head).unwrap(), whole, "nothing was written into the backup");
    restore(&copy, &again, RealDisk::shared(), &mut |_| {}).unwrap();
    assert_eq!(bodies(&open(&again).0).len(), 4);
}

#[test]
fn a_blob_that_is_damaged_in_the_backup_is_named_and_the_rest_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let [root, copy, again] = ["store", "backup", "again"].map(|name| folder.path().join(name));
    let (mut store, _) = open(&root);
    add(&mut store, 0..4);
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    let hash = crate::hash::Sha256::of(b"message 2");
    let rotten = super::blobs::Blobs::open(&copy.join("blobs"), RealDisk::shared()).path(&hash);
    std::fs::write(&rotten, b"message X").unwrap();
    let report = restore(&copy, &again, RealDisk::shared(), &mut |_| {}).unwrap();
    assert_eq!(report.damaged.into_keys().collect::<Vec<_>>(), [hash]);
    let (restored, _) = open(&again);
    assert_eq!(bodies(&restored).len(), 4, "the journal is whole");
    let there: Vec<_> = (0..4)
        .filter(|number| {
            restored
                .blobs
                .get(&crate::hash::Sha256::of(format!("message {number}").as_bytes()))
                .is_ok()
        })
        .collect();
    assert_eq!(there, [0, 1, 3], "everything but what is damaged");
}

#[test]
fn what_rots_in_a_backup_is_found_and_put_right_by_the_backups_that_follow() {
    let folder = tempfile::tempdir().unwrap();
    let [root, copy] = ["store", "backup"].map(|name| folder.path().join(name));
    let (mut store, _) = open(&root);
    add(&mut store, 0..4);
    let made = backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert_eq!(
        (made.blobs_reread, made.blobs_mended),
        (0, 0),
        "what was copied just now was read just now"
    );
    let rotten = super::blobs::Blobs::open(&copy.join("blobs"), RealDisk::shared()).path(&crate::hash::Sha256::of(b"message 2"));
    std::fs::write(&rotten, b"message X").unwrap();
    let (mut reread, mut mended) = (0, 0);
    for _ in 0..super::reread::BACKUPS_FOR_ALL {
        let report = backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
        assert!(report.damaged.is_empty());
        (reread, mended) = (reread + report.blobs_reread, mended + report.blobs_mended);
    }
    assert_eq!(mended, 1);
    assert!(reread >= 4, "each was read once");
    assert_eq!(std::fs::read(&rotten).unwrap(), b"message 2");

    // Damaged on both sides: it is named, and what is new is saved all the same.
    std::fs::write(&rotten, b"message").unwrap();
    std::fs::write(store.blobs.path(&crate::hash::Sha256::of(b"message 2")), b"message Y").unwrap();
    add(&mut store, 4..6);
    let report = backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert_eq!(
        report.damaged.into_keys().collect::<Vec<_>>(),
        [crate::hash::Sha256::of(b"message 2")]
    );
    assert_eq!((report.blobs_copied, report.head), (2, store.journal.head()));
}

#[test]
fn a_backup_of_another_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, copy] = ["first", "second", "copy"].map(|name| folder.path().join(name));
    let (mut store, _) = open(&first);
    add(&mut store, 0..4);
    backup(&first, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    let (mut other, _) = open(&second);
    add(&mut other, 10..16);
    let error = backup(&second, &copy, RealDisk::shared(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::OtherStore(_)), "{error}");
    let strange = folder.path().join("strange");
    std::fs::create_dir(&strange).unwrap();
    std::fs::write(strange.join("stray"), b"x").unwrap();
    let error = backup(&first, &strange, RealDisk::shared(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::NotEmpty(_)), "{error}");
}

#[test]
fn verify_names_damaged_missing_and_strange_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (mut store, _) = open(root);
    add(&mut store, 0..4);
    let [damaged, missing] = [b"message 1", b"message 2"].map(|bytes| store.blobs.path(&crate::hash::Sha256::of(bytes)));
    drop(store);
    std::fs::write(&damaged, b"message I").unwrap();
    std::fs::remove_file(&missing).unwrap();
    for strange in ["blobs/stray", "blobs/tmp/left", "journal/copy of 1"] {
        std::fs::write(root.join(strange), b"?").unwrap();
    }
    let mut report = verify(root, RealDisk::shared(), &mut |_| {});
    report.expect(
        root,
        RealDisk::shared(),
        (0..4).map(|number| crate::hash::Sha256::of(format!("message {number}").as_bytes())),
    );
    let found = |kind: IssueKind, path: &Path| report.issues.iter().any(|issue| issue.kind == kind && issue.place.path == path);
    assert!(found(IssueKind::BlobCorrupt, &damaged));
    assert!(found(IssueKind::BlobMissing, &missing));
    assert!(found(IssueKind::StrangeFile, &root.join("blobs/stray")));
    assert!(found(IssueKind::StrangeFile, &root.join("journal/copy of 1")));
    assert!(found(IssueKind::Temporary, &root.join("blobs/tmp/left")));
    assert_eq!(report.issues.len(), 5);
    assert!(!report.is_intact() && !report.beside_writer);
    assert!(
        report
            .issues
            .iter()
            .all(|issue| !issue.text().tr.is_empty() && !issue.text().en.is_empty())
    );
}

#[test]
fn what_may_not_be_read_is_neither_broken_nor_sound() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    add(&mut store, 0..4);
    drop(store);
    let disk = FailingDisk::new(RealDisk::shared());
    verify(folder.path(), disk.clone(), &mut |_| {});
    let (calls, mut unread) = (disk.calls(), 0);
    for nth in 1..=calls {
        disk.fail(nth, Mode::Forbidden);
        let report = verify(folder.path(), disk.clone(), &mut |_| {});
        assert!(!report.is_broken(), "call {nth}: {:?}", report.issues);
        let is_unread = report.issues.iter().any(Issue::is_unread);
        assert_eq!(report.is_intact(), !is_unread, "call {nth}: {:?}", report.issues);
        unread += u64::from(is_unread);
        // A medium that gives nothing back has lost it.
        disk.fail(nth, Mode::Error);
        let report = verify(folder.path(), disk.clone(), &mut |_| {});
        assert_eq!(report.is_broken(), is_unread, "call {nth}: {:?}", report.issues);
        disk.heal();
    }
    assert_eq!(unread, calls, "each of the calls is one that matters");
}

#[test]
fn a_file_that_the_medium_does_not_give_back_keeps_nothing_else_from_being_saved() {
    let folder = tempfile::tempdir().unwrap();
    let [root, copy] = ["store", "backup"].map(|name| folder.path().join(name));
    let (mut store, _) = open(&root);
    add(&mut store, 0..4);
    let disk = FailingDisk::new(RealDisk::shared());
    let hashes: Vec<_> = (0..4)
        .map(|number| crate::hash::Sha256::of(format!("message {number}").as_bytes()))
        .collect();
    let first = *hashes.iter().min().unwrap();
    disk.spoil(&store.blobs.path(&first));
    let report = backup(&root, &copy, disk.clone(), &mut |_| {}).unwrap();
    assert!(
        matches!(report.damaged.get(&first), Some(IssueKind::Medium(_))),
        "{:?}",
        report.damaged
    );
    assert_eq!(
        (report.blobs_copied, report.head),
        (3, store.journal.head()),
        "all behind it, and the journal"
    );
    disk.heal();

    // In the copy: the file is put right when it is its turn to be read again.
    assert!(backup(&root, &copy, disk.clone(), &mut |_| {}).unwrap().damaged.is_empty());
    let target = super::blobs::Blobs::open(&copy.join("blobs"), disk.clone());
    disk.spoil(&target.path(&first));
    let mut mended = 0;
    for _ in 0..super::reread::BACKUPS_FOR_ALL {
        mended += backup(&root, &copy, disk.clone(), &mut |_| {}).unwrap().blobs_mended;
    }
    assert_eq!((mended, target.verify(&first).unwrap()), (1, 9));

    // A folder that cannot be listed: the others are copied, and it is named where a walk names it.
    add(&mut store, 4..9);
    let shard = store.blobs.path(&first).parent().unwrap().to_owned();
    disk.spoil(&shard);
    let report = backup(&root, &copy, disk.clone(), &mut |_| {}).unwrap();
    assert_eq!(report.unlisted.len(), 1, "{:?}", report.unlisted);
    assert_eq!(report.head, store.journal.head());
    let walked = verify(&root, disk, &mut |_| {});
    assert!(walked.issues.contains(&report.unlisted[0]), "{:?}", walked.issues);
}

#[test]
fn whoever_reads_what_the_medium_does_not_give_back_rings_the_bell_and_opens_a_loss() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FailingDisk::new(RealDisk::shared());
    let (store, _) = Store::open(folder.path(), disk.clone()).unwrap();
    let hash = store.blobs.put(b"message").unwrap();
    disk.spoil(&store.blobs.path(&hash));
    let error = store.blobs.get(&hash).unwrap_err();
    assert!(error.is_medium(), "{error}");
    assert_eq!(store.blobs.take_noticed().into_iter().collect::<Vec<_>>(), [hash]);
    let issue = super::loss::of_error(&error).unwrap();
    let walked = verify(folder.path(), disk.clone(), &mut |_| {});
    assert_eq!(walked.issues, [issue], "the same place as a walk finds it: one loss, not two");
    // The message is fetched once more: its bytes go where they can be read.
    store.blobs.put(b"message").unwrap();
    assert_eq!(store.blobs.get(&hash).unwrap(), &b"message"[..]);
    // A write that the medium refuses has lost nothing.
    let refused = StoreError::Io {
        step: super::error::Step::Write,
        path: folder.path().to_owned(),
        source: rustix::io::Errno::IO.into(),
    };
    assert!(super::loss::of_error(&refused).is_none());
}
