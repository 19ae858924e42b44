//! The promises of the blobs.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::blobs::Blobs;
use super::disk::{Disk, RealDisk, SharedDisk};
use super::error::StoreError;
use super::fault::{FailingDisk, Mode};
use super::memory_disk::MemoryDisk;
use crate::hash::Sha256;

fn world() -> (MemoryDisk, Blobs) {
    let disk = MemoryDisk::new();
    let shared: SharedDisk = Arc::new(disk.clone());
    let folder = PathBuf::from("/blobs");
    Blobs::create(&folder, &shared).unwrap();
    (disk, Blobs::open(&folder, shared))
}

#[test]
fn bytes_come_back_under_their_hash() {
    let (disk, blobs) = world();
    let hash = blobs.put(b"kanit").unwrap();
    assert_eq!(hash, Sha256::of(b"kanit"));
    assert_eq!(blobs.get(&hash).unwrap(), b"kanit".as_slice());
    assert_eq!(blobs.verify(&hash).unwrap(), 5);
    assert!(blobs.exists(&hash).unwrap());
    let digits = hash.to_string();
    assert_eq!(
        blobs.path(&hash),
        PathBuf::from(format!("/blobs/{}/{}", &digits[..2], &digits[2..]))
    );
    assert_eq!(blobs.put(b"").unwrap(), Sha256::of(b""));
    assert_eq!(disk.list("/blobs/tmp".as_ref()).unwrap(), []);
}

#[test]
fn a_group_keeps_its_order_and_may_repeat_itself() {
    let (disk, blobs) = world();
    let many: Vec<Bytes> = (0..300).map(|number| Bytes::from(format!("message {}", number % 250))).collect();
    let hashes = blobs.put_all(&many).unwrap();
    assert!(many.iter().zip(&hashes).all(|(bytes, hash)| Sha256::of(bytes) == *hash));
    assert_eq!(blobs.iter().map(Result::unwrap).count(), 250);
    let names: Vec<Sha256> = blobs.iter().map(|blob| blob.unwrap().0).collect();
    assert!(names.is_sorted());
    disk.power_cut(0);
    assert_eq!(blobs.iter().map(Result::unwrap).count(), 250, "all of it was durable");
    assert_eq!(blobs.put_all(&[]).unwrap(), []);
}

#[test]
fn what_is_damaged_or_missing_is_said_and_healed_by_a_second_put() {
    let (disk, blobs) = world();
    let hash = blobs.put(b"evidence").unwrap();
    disk.open(&blobs.path(&hash)).unwrap().write_all_at(2, b"X").unwrap();
    assert!(matches!(blobs.get(&hash), Err(StoreError::BlobCorrupt { .. })));
    assert!(matches!(blobs.verify(&hash), Err(StoreError::BlobCorrupt { .. })));
    blobs.put(b"evidence").unwrap();
    assert_eq!(blobs.get(&hash).unwrap(), b"evidence".as_slice());
    disk.remove(&blobs.path(&hash)).unwrap();
    assert!(matches!(blobs.get(&hash), Err(StoreError::BlobMissing { .. })));
    assert!(matches!(blobs.verify(&hash), Err(StoreError::BlobMissing { .. })));
}

#[test]
fn a_name_whose_folder_could_not_be_flushed_is_not_believed() {
    let (medium, _) = world();
    let failing = FailingDisk::new(Arc::new(medium.clone()));
    let blobs = Blobs::open("/blobs".as_ref(), failing.clone());
    let start = failing.calls();
    blobs.put(b"first").unwrap();
    let last_call = failing.calls() - start;
    medium.remove(&blobs.path(&Sha256::of(b"first"))).unwrap();
    let blobs = Blobs::open("/blobs".as_ref(), failing.clone());
    failing.fail(last_call, Mode::Error);
    let error = blobs.put(b"first").unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("flush folder"), "{error}");
    failing.heal();
    let before = failing.calls();
    blobs.put(b"first").unwrap();
    assert!(failing.calls() - before >= 6, "written again, not only flushed again");
}

#[test]
fn temporary_files_of_a_crash_are_removed_at_opening() {
    let (disk, blobs) = world();
    disk.create("/blobs/tmp/abc-1-0".as_ref()).unwrap();
    assert_eq!(blobs.temporaries().unwrap().len(), 1);
    assert_eq!(blobs.remove_temporaries().unwrap(), 1);
    assert_eq!(blobs.temporaries().unwrap().len(), 0);
}

#[test]
fn many_threads_may_put_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::shared();
    Blobs::create(folder.path(), &disk).unwrap();
    let blobs = Blobs::open(folder.path(), disk);
    let many: Vec<Bytes> = (0..40).map(|number| Bytes::from(format!("message {number}"))).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| blobs.put_all(&many).unwrap());
        }
    });
    assert_eq!(
        blobs.iter().filter(|blob| blobs.verify(&blob.as_ref().unwrap().0).is_ok()).count(),
        40
    );
    assert_eq!(blobs.temporaries().unwrap().len(), 0);
}

#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::shared();
    let root = folder.path().join("blobs");
    Blobs::create(&root, &disk).unwrap();
    let blobs = Blobs::open(&root, disk);
    let hash = blobs.put(b"secret").unwrap();
    let path = blobs.path(&hash);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap()), mode(&root)), (0o600, 0o700, 0o700));
}
