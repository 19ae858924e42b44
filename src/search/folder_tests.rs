//! Rows are the same whichever way they are read, and reading them leaves nothing of the file in our memory.

use std::fs;
use std::path::Path;

use tantivy::directory::Directory;

use super::folder::IndexFolder;

/// KiB of a file that the maps of this process hold, by what the kernel says.
fn held(file: &Path) -> u64 {
    let maps = fs::read_to_string("/proc/self/smaps").unwrap();
    let mut of_file = false;
    let mut sum = 0;
    for line in maps.lines() {
        let first = line.split_whitespace().next().unwrap_or_default();
        match line.strip_prefix("Rss:") {
            Some(held) if of_file => sum += held.trim().trim_end_matches(" kB").parse::<u64>().unwrap(),
            _ if first.contains('-') && !first.ends_with(':') => of_file = line.ends_with(file.to_str().unwrap()),
            _ => {}
        }
    }
    sum
}

#[test]
fn rows_are_read_from_the_disk_and_stay_there() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let files = ["rows.store", "list.idx"].map(|name| folder.path().join(name));
    files.iter().for_each(|file| fs::write(file, &bytes).unwrap());
    let index = IndexFolder::open(folder.path()).unwrap();
    let [rows, list] = ["rows.store", "list.idx"].map(|name| index.get_file_handle(Path::new(name)).unwrap());

    for handle in [&rows, &list] {
        assert_eq!(handle.len(), bytes.len());
        for begin in (0..bytes.len()).step_by(10_000) {
            assert_eq!(
                handle.read_bytes(begin..begin + 10_000).unwrap().as_slice(),
                &bytes[begin..begin + 10_000]
            );
        }
    }
    assert_eq!(held(&files[0]), 0, "rows are mapped");
    assert!(held(&files[1]) > 900, "lists are mapped");

    assert_eq!(
        rows.read_bytes(0..bytes.len()).unwrap().as_slice(),
        bytes,
        "a merge takes the file whole"
    );
    drop(rows);
    assert_eq!(held(&files[0]), 0, "the map ends with the file");
}
