use jiff::Timestamp;
use serde_json::value::RawValue;

use super::*;
use crate::store::Store;
use crate::store::backup::{backup, restore};
use crate::store::disk::RealDisk;
use crate::store::record::NewRecord;
use crate::store::verify::verify;

fn record(kind: &str, body: serde_json::Value) -> NewRecord {
    NewRecord {
        time: Timestamp::UNIX_EPOCH,
        kind: kind.to_owned(),
        body: RawValue::from_string(body.to_string()).unwrap(),
    }
}

fn intent(list: u32, approved_by: &[&str], blobs: &[Sha256]) -> NewRecord {
    record(
        KIND,
        serde_json::json!({ "list": list, "proposed_by": "yonetici", "approved_by": approved_by, "blobs": blobs }),
    )
}

#[test]
fn nothing_goes_without_a_durable_intent_that_names_it_and_two_others_who_approved() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open_here(folder.path()).unwrap();
    let [one, two] = ["one", "two"].map(|text| store.blobs.put(text.as_bytes()).unwrap());
    let weak: [&[&str]; 5] = [&[], &["amir"], &["amir", "amir"], &["amir", "yonetici"], &["yonetici", "yonetici"]];
    for approved_by in weak {
        store.journal.append(&[intent(7, approved_by, &[one])]).unwrap();
    }
    store
        .journal
        .append(&[record(
            "handled",
            serde_json::json!({ "list": 7, "proposed_by": "x", "approved_by": ["a", "b"], "blobs": [one] }),
        )])
        .unwrap();
    assert!(Proof::find(&store.journal, 0, 7).unwrap().is_none());

    store.journal.append(&[intent(7, &["amir", "mudur"], &[one])]).unwrap();
    assert!(Proof::find(&store.journal, 0, 8).unwrap().is_none(), "of another list");
    let at = store.journal.head().sequence;
    assert!(Proof::find(&store.journal, at, 7).unwrap().is_none(), "only behind the place");
    let proof = Proof::find(&store.journal, at - 1, 7).unwrap().unwrap();
    assert_eq!(dispose(&store.blobs, &proof, &[one, two]).unwrap(), 1);
    assert!(!store.blobs.exists(&one).unwrap() && store.blobs.exists(&two).unwrap());
    assert_eq!(
        dispose(&store.blobs, &proof, &[one]).unwrap(),
        0,
        "a repeated call finds nothing to do"
    );
    assert!(verify(folder.path(), RealDisk::shared(), &mut |_| {}).is_intact());
}

#[test]
fn a_backup_that_is_brought_up_to_date_forgets_what_was_disposed_of_and_an_older_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (root, copy, older) = (folder.path().join("store"), folder.path().join("copy"), folder.path().join("older"));
    let (mut store, _) = Store::open_here(&root).unwrap();
    let [one, two] = ["one", "two"].map(|text| store.blobs.put(text.as_bytes()).unwrap());
    store.journal.append(&[record("fetched", serde_json::json!({}))]).unwrap();
    for to in [&copy, &older] {
        backup(&root, to, RealDisk::shared(), &mut |_| {}).unwrap();
    }
    store.journal.append(&[intent(1, &["amir", "mudur"], &[one])]).unwrap();
    // Copied between the intent and the removal: the copy still has it, and loses it with the next one.
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert!(there(&copy, &one));
    let proof = Proof::find(&store.journal, 0, 1).unwrap().unwrap();
    dispose(&store.blobs, &proof, &[one]).unwrap();
    store.journal.append(&[record(DONE, serde_json::json!({ "list": 1 }))]).unwrap();
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert!(!there(&copy, &one) && there(&copy, &two) && there(&older, &one));
    let restored = folder.path().join("restored");
    restore(&copy, &restored, RealDisk::shared(), &mut |_| {}).unwrap();
    assert!(!there(&restored, &one) && there(&restored, &two));
    assert!(verify(&restored, RealDisk::shared(), &mut |_| {}).is_intact());
}

fn there(root: &std::path::Path, blob: &Sha256) -> bool {
    let digits = blob.to_string();
    root.join("blobs").join(&digits[..2]).join(&digits[2..]).exists()
}

/// Enough blobs for the copy to say something about its progress before it is done.
const MANY: usize = 200;

fn large_store(root: &std::path::Path) -> (Store, Vec<Sha256>) {
    let (mut store, _) = Store::open_here(root).unwrap();
    let blobs = (0..MANY)
        .map(|name| store.blobs.put(name.to_string().as_bytes()).unwrap())
        .collect();
    store.journal.append(&[record("fetched", serde_json::json!({}))]).unwrap();
    (store, blobs)
}

#[test]
fn a_disposal_in_the_middle_of_a_backup_leaves_a_copy_that_knows_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (root, copy) = (folder.path().join("store"), folder.path().join("copy"));
    let (mut store, blobs) = large_store(&root);
    // Half of what is not copied yet and half of what is.
    let goes: Vec<Sha256> = blobs.iter().step_by(2).copied().collect();
    let mut begun = false;
    let report = backup(&root, &copy, RealDisk::shared(), &mut |progress| {
        if begun || !matches!(progress, crate::store::verify::Progress::Blobs(..)) {
            return;
        }
        begun = true;
        let since = store.journal.head().sequence;
        store.journal.append(&[intent(1, &["amir", "mudur"], &goes)]).unwrap();
        let proof = Proof::find(&store.journal, since, 1).unwrap().unwrap();
        assert_eq!(dispose(&store.blobs, &proof, &goes).unwrap(), goes.len() as u64);
    });
    let report = report.unwrap();
    assert!(
        begun && report.head == store.journal.head(),
        "the copy ends behind the record that explains it"
    );
    for blob in &blobs {
        assert_eq!(there(&copy, blob), !goes.contains(blob), "{blob}");
    }
    assert!(verify(&copy, RealDisk::shared(), &mut |_| {}).is_intact());
}

#[test]
fn a_blob_that_vanishes_from_under_a_backup_without_a_disposal_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (root, copy) = (folder.path().join("store"), folder.path().join("copy"));
    let (store, blobs) = large_store(&root);
    let last = blobs.iter().max().unwrap();
    let mut gone = false;
    let outcome = backup(&root, &copy, RealDisk::shared(), &mut |_| {
        // Once, while the last folder is not listed yet or its file not read.
        if !gone {
            gone = true;
            std::fs::remove_file(store.blobs.path(last)).unwrap();
            std::os::unix::fs::symlink("/nonexistent", store.blobs.path(last)).unwrap();
        }
    });
    assert!(
        gone && outcome.unwrap().damaged.contains_key(last),
        "the rest is saved, and what is lost is named"
    );
}

#[test]
fn a_backup_keeps_what_a_later_record_names_again_also_when_the_store_has_lost_it() {
    let folder = tempfile::tempdir().unwrap();
    let (root, copy) = (folder.path().join("store"), folder.path().join("copy"));
    let (mut store, _) = Store::open_here(&root).unwrap();
    let [again, never] = ["again", "never"].map(|text| store.blobs.put(text.as_bytes()).unwrap());
    store.journal.append(&[intent(1, &["amir", "mudur"], &[again, never])]).unwrap();
    let proof = Proof::find(&store.journal, 0, 1).unwrap().unwrap();
    dispose(&store.blobs, &proof, &[again, never]).unwrap();
    store.journal.append(&[record(DONE, serde_json::json!({ "list": 1 }))]).unwrap();
    // A later verdict rests on the first of them.
    store.blobs.put(b"again").unwrap();
    let names = serde_json::json!({ "objects": [{ "kind": "crl", "sha256": again }] });
    store.journal.append(&[record("registered", names)]).unwrap();
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert!(there(&copy, &again) && !there(&copy, &never));
    // The store loses it; and some disposal is done.
    std::fs::remove_file(store.blobs.path(&again)).unwrap();
    store.journal.append(&[record(DONE, serde_json::json!({ "list": 1 }))]).unwrap();
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert!(there(&copy, &again), "the last copy of what is needed");
    // Disposed of once more it goes.
    store.journal.append(&[intent(2, &["amir", "mudur"], &[again])]).unwrap();
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert!(!there(&copy, &again));
}

#[test]
fn a_disposed_message_that_is_listed_again_does_not_keep_its_bytes_in_the_backups_and_one_that_comes_first_as_a_message_does() {
    let folder = tempfile::tempdir().unwrap();
    let (root, copy) = (folder.path().join("store"), folder.path().join("copy"));
    let (mut store, _) = Store::open_here(&root).unwrap();
    let [message, inner] = ["message", "inner"].map(|text| store.blobs.put(text.as_bytes()).unwrap());
    let fetched = |hash: Sha256| record(FETCHED, serde_json::json!({ "sha256": hash }));
    store.journal.append(&[fetched(message)]).unwrap();
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    store.journal.append(&[intent(1, &["amir", "mudur"], &[message, inner])]).unwrap();
    let proof = Proof::find(&store.journal, 0, 1).unwrap().unwrap();
    dispose(&store.blobs, &proof, &[message, inner]).unwrap();
    store.journal.append(&[record(DONE, serde_json::json!({ "list": 1 }))]).unwrap();
    store.journal.append(&[fetched(message), fetched(inner)]).unwrap();
    backup(&root, &copy, RealDisk::shared(), &mut |_| {}).unwrap();
    assert!(!there(&copy, &message), "nobody may keep it");
    assert!(there(&copy, &inner), "the last copy of a new message");
}
