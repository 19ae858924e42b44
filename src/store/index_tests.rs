//! The promises of the index: batches are whole, and whatever is wrong with sled's folder, an empty index comes of it.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::index::{Index, IndexBatch, IndexState};

fn put(pairs: &[(&str, &str)]) -> IndexBatch {
    let mut batch = IndexBatch::default();
    for (key, value) in pairs {
        batch.put(*key, *value);
    }
    batch
}

fn keys(entries: impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), super::error::StoreError>>) -> Vec<String> {
    entries.map(|entry| String::from_utf8(entry.unwrap().0).unwrap()).collect()
}

#[test]
fn both_kinds_answer_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (on_disk, state) = Index::open(&folder.path().join("index"), 0).unwrap();
    assert_eq!(state, IndexState::New);
    for index in [on_disk, Index::in_memory()] {
        index
            .apply(
                put(&[("b/1", "x"), ("a/2", "y"), ("a/1", "z"), ("a", "0"), ("b", "1"), ("", "e")]),
                7,
            )
            .unwrap();
        assert_eq!(index.applied(), 7);
        assert_eq!(index.get(b"a/1").unwrap(), Some(b"z".to_vec()));
        assert_eq!(index.get(b"a/9").unwrap(), None);
        assert_eq!(keys(index.scan(b"a/")), ["a/1", "a/2"]);
        assert_eq!(keys(index.scan_back(b"a/")), ["a/2", "a/1"]);
        assert_eq!(keys(index.scan(b"")), ["", "a", "a/1", "a/2", "b", "b/1"]);
        assert_eq!(keys(index.scan_back(b"")), ["b/1", "b", "a/2", "a/1", "a", ""]);
        assert_eq!(keys(index.scan(b"c")), Vec::<String>::new());
        // Behind and before every key there is or could be: what a filter over the whole scan would leave.
        for prefix in ["", "a", "a/", "b", "b/", "c"] {
            for edge in ["", "a", "a/", "a/0", "a/1", "a/15", "a/2", "a/9", "b", "b/1", "b/2", "c", "zz"] {
                let whole = keys(index.scan(prefix.as_bytes()));
                let behind: Vec<&String> = whole.iter().filter(|key| key.as_str() > edge || edge < prefix).collect();
                let found = keys(index.scan_after(prefix.as_bytes(), edge.as_bytes()));
                assert_eq!(found.iter().collect::<Vec<_>>(), behind, "{prefix:?} behind {edge:?}");
                let before: Vec<&String> = whole.iter().rev().filter(|key| key.as_str() < edge).collect();
                let found = keys(index.scan_back_before(prefix.as_bytes(), edge.as_bytes()));
                assert_eq!(found.iter().collect::<Vec<_>>(), before, "{prefix:?} before {edge:?}");
            }
        }
        let mut batch = put(&[("a/1", "changed")]);
        batch.remove("a/2");
        batch.remove("never");
        index.apply(batch, 8).unwrap();
        assert_eq!(index.get(b"a/1").unwrap(), Some(b"changed".to_vec()));
        assert_eq!(keys(index.scan(b"a/")), ["a/1"]);
        index.clear().unwrap();
        assert_eq!((index.applied(), keys(index.scan(b""))), (0, vec![]));
    }
}

fn filled(folder: &Path) {
    let (index, _) = Index::open(folder, 0).unwrap();
    for sequence in 1..=200_u64 {
        let (key, value) = (format!("key/{:04}", sequence % 150), format!("value {sequence}"));
        index.apply(put(&[(&key, &value), ("counter", &value)]), sequence).unwrap();
    }
    index.flush().unwrap();
}

#[test]
fn a_reopened_index_is_kept_when_it_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("index");
    filled(&folder);
    let (index, state) = Index::open(&folder, 200).unwrap();
    assert_eq!((state, index.applied()), (IndexState::Untouched, 200));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&folder).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(index.get(b"counter").unwrap(), Some(b"value 200".to_vec()));
    assert_eq!(index.scan(b"key/").count(), 150);
}

/// Only a clean stop saves the adding up: neither a process that was killed nor files that were put back count as one.
#[test]
fn without_a_clean_stop_the_entries_are_added_up_again() {
    let place = tempfile::tempdir().unwrap();
    let (folder, killed) = (place.path().join("index"), place.path().join("killed"));
    filled(&folder);
    let (index, state) = Index::open(&folder, 200).unwrap();
    assert_eq!(state, IndexState::Untouched);
    index.flush().unwrap();
    copy(&folder, &killed);
    assert_eq!(Index::open(&killed, 200).unwrap().1, IndexState::Kept, "as a kill leaves it");
    drop(index);
    let restored = place.path().join("restored");
    copy(&folder, &restored);
    assert_eq!(
        Index::open(&restored, 200).unwrap().1,
        IndexState::Kept,
        "other files with the same content"
    );
    assert_eq!(Index::open(&folder, 200).unwrap().1, IndexState::Untouched);
}

#[test]
fn an_index_ahead_of_the_journal_is_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("index");
    filled(&folder);
    let (index, state) = Index::open(&folder, 199).unwrap();
    assert!(matches!(state, IndexState::Emptied(_)));
    assert_eq!((index.applied(), index.scan(b"").count()), (0, 0));
}

#[test]
fn a_folder_of_garbage_or_a_file_in_its_place_is_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("index");
    std::fs::write(&folder, b"not a folder").unwrap();
    let (index, state) = Index::open(&folder, 0).unwrap();
    assert!(matches!(state, IndexState::Emptied(_)), "{state:?}");
    drop(index);
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    for name in ["conf", "db", "snap.0000000000000001"] {
        std::fs::write(folder.join(name), b"garbage".repeat(1_000)).unwrap();
    }
    let (index, state) = Index::open(&folder, 0).unwrap();
    assert!(matches!(state, IndexState::Emptied(_)), "{state:?}");
    index.apply(put(&[("works", "again")]), 1).unwrap();
}

#[test]
fn an_index_is_reopened_in_place_for_all_that_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("index");
    let (index, _) = Index::open(&folder, 0).unwrap();
    let shared = index.clone();
    index.apply(put(&[("a", "1")]), 3).unwrap();
    index.flush().unwrap();
    assert_eq!(index.reopen(3).unwrap(), IndexState::Kept);
    assert_eq!((shared.applied(), shared.get(b"a").unwrap()), (3, Some(b"1".to_vec())));
    assert!(matches!(shared.reopen(2).unwrap(), IndexState::Emptied(_)));
    assert_eq!((index.applied(), index.get(b"a").unwrap()), (0, None));
}

/// Whatever sled makes of a damaged file, what is kept is a state that once was.
#[test]
fn damaged_files_of_sled_never_give_a_wrong_answer() {
    let original = tempfile::tempdir().unwrap();
    let original = original.path().join("index");
    filled(&original);
    let files: Vec<_> = walk(&original);
    let mut outcomes = BTreeMap::new();
    for round in 0..60_usize {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("index");
        copy(&original, &folder);
        let damaged = folder.join(&files[round % files.len()]);
        let mut bytes = std::fs::read(&damaged).unwrap();
        if bytes.is_empty() {
            continue;
        }
        match round % 4 {
            0 => bytes.truncate(bytes.len() * round / 60),
            1 => bytes.iter_mut().skip(round * 97).step_by(1_009).for_each(|byte| *byte ^= 0x40),
            2 => bytes.iter_mut().skip(round * 512).take(512).for_each(|byte| *byte = 0),
            _ => {
                let at = round * 7_919 % bytes.len();
                bytes[at] ^= 1 << (round % 8);
            }
        }
        std::fs::write(&damaged, bytes).unwrap();
        let (index, state) = Index::open(&folder, 200).unwrap();
        let applied = index.applied();
        let expected = (applied > 0).then(|| format!("value {applied}").into_bytes());
        assert_eq!(index.get(b"counter").unwrap(), expected, "round {round}");
        assert_eq!(index.scan(b"key/").count() as u64, applied.min(150), "round {round}");
        *outcomes.entry(format!("{state:?}")).or_insert(0) += 1;
    }
    println!("{outcomes:?}");
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_owned();
            files.extend(walk(&path).into_iter().map(|file| Path::new(&name).join(file)));
        } else {
            files.push(path.file_name().unwrap().into());
        }
    }
    files
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target)
        } else {
            std::fs::copy(&path, &target).map(|_| ()).unwrap()
        }
    }
}

proptest! {
    #![proptest_config(crate::cases::fixed(32))]

    #[test]
    fn memory_behaves_as_an_ordered_map(steps in prop::collection::vec((0_u8..12, prop::option::of(0_u8..5)), 0..60), prefix in 0_u8..12) {
        let index = Index::in_memory();
        let mut model = BTreeMap::new();
        for (sequence, (key, value)) in (1..).zip(steps) {
            let key = vec![key / 4, key];
            let mut batch = IndexBatch::default();
            match value {
                Some(value) => { batch.put(key.clone(), vec![value]); model.insert(key, vec![value]); }
                None => { batch.remove(key.clone()); model.remove(&key); }
            }
            index.apply(batch, sequence).unwrap();
        }
        let prefix = [prefix / 4];
        let expected: Vec<_> = model.into_iter().filter(|(key, _)| key.starts_with(&prefix)).collect();
        let forward: Vec<_> = index.scan(&prefix).map(Result::unwrap).collect();
        let mut backward: Vec<_> = index.scan_back(&prefix).map(Result::unwrap).collect();
        backward.reverse();
        prop_assert_eq!(&forward, &expected);
        prop_assert_eq!(&backward, &expected);
    }
}
