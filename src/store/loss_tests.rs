use super::*;
use crate::store::disk::RealDisk;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn missing(root: &Path, name: &str) -> Issue {
    Issue {
        place: Place::file(&root.join(name)),
        kind: IssueKind::BlobMissing,
    }
}

fn found(root: &Path, issues: &[Issue], now: &str) -> Option<Loss> {
    note(root, &RealDisk, issues, (Finder::Verify, at(now), 15)).unwrap()
}

fn closed(done: Done) -> Closed {
    Closed {
        at: at("2026-11-24T07:00:00Z"),
        by: "amir".into(),
        done,
        note: "karar 1".into(),
    }
}

#[test]
fn the_same_loss_found_again_opens_no_second_note_and_another_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let one = missing(root, "blobs/ab/1");
    let first = found(root, std::slice::from_ref(&one), "2026-11-23T20:59:59Z").unwrap();
    assert_eq!(first.until, "2026-12-08".parse().unwrap(), "fifteen days after the day in Turkey");
    assert_eq!(
        (
            first.days_left("2026-12-08".parse().unwrap()),
            first.days_left("2026-12-09".parse().unwrap())
        ),
        (0, -1)
    );
    assert_eq!(first.places[0].place, "blobs/ab/1", "within the store, wherever that lies");
    assert_eq!(found(root, std::slice::from_ref(&one), "2026-11-25T00:00:00Z"), None);
    let second = found(root, &[one, missing(root, "blobs/ab/2")], "2026-11-25T00:00:00Z").unwrap();
    assert_eq!(second.places.len(), 1, "only what is new");
    assert_eq!(all(root, &RealDisk).unwrap(), [first, second]);
}

#[test]
fn what_is_no_loss_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let kinds = [
        IssueKind::StrangeFile,
        IssueKind::Temporary,
        IssueKind::TornTail,
        IssueKind::Unreadable(Text::new("izin yok", "no permission")),
        IssueKind::Chain(Break::HeadMissing),
    ];
    for kind in kinds {
        let issue = Issue {
            place: Place::file(root),
            kind,
        };
        assert_eq!(found(root, &[issue], "2026-11-23T00:00:00Z"), None);
    }
    assert!(!root.join("losses").exists(), "nothing is made for nothing");
}

#[test]
fn what_was_restored_and_is_lost_again_is_a_new_loss_and_what_was_reported_is_not() {
    for (done, again) in [(Done::Restored, true), (Done::Notified, false)] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let one = [missing(root, "blobs/ab/1")];
        let first = found(root, &one, "2026-11-23T00:00:00Z").unwrap();
        assert!(close(root, &RealDisk, "Z-yok", closed(done)).unwrap().is_none());
        assert!(close(root, &RealDisk, "../format", closed(done)).unwrap().is_none());
        assert!(!close(root, &RealDisk, &first.id, closed(done)).unwrap().unwrap().is_open());
        assert!(close(root, &RealDisk, &first.id, closed(done)).unwrap().is_none(), "closed once");
        let second = found(root, &one, "2026-11-23T10:00:00Z");
        assert_eq!(second.is_some(), again, "{done:?}");
        assert_eq!(all(root, &RealDisk).unwrap().len(), 1 + usize::from(again), "the first note stays");
    }
}

#[test]
fn a_note_that_cannot_be_read_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let first = found(root, &[missing(root, "blobs/ab/1")], "2026-11-23T00:00:00Z").unwrap();
    std::fs::write(root.join("losses/Z-bozuk.json"), b"{").unwrap();
    assert_eq!(all(root, &RealDisk).unwrap(), [first]);
}

#[test]
fn of_a_dead_disk_the_folders_are_named_and_the_next_walk_finds_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let all_of = |shards: std::ops::Range<u32>| -> Vec<Issue> {
        let names = shards.flat_map(|shard| (0..30).map(move |name| format!("blobs/{shard:02x}/{name}")));
        names.map(|name| missing(root, &name)).collect()
    };
    let first = found(root, &all_of(0..100), "2026-11-23T00:00:00Z").unwrap();
    assert_eq!((first.places.len(), first.more), (100, 3_000));
    assert!(first.summary().en.starts_with("3000 places"), "{}", first.summary().en);
    assert_eq!(found(root, &all_of(0..100), "2026-11-24T00:00:00Z"), None, "one loss, one term");
    let mut more = all_of(0..100);
    more.push(missing(root, "blobs/f0/1"));
    more.push(missing(root, "blobs/0a"));
    let second = found(root, &more, "2026-11-25T00:00:00Z").unwrap();
    let places: Vec<&str> = second.places.iter().map(|lost| lost.place.as_str()).collect();
    assert_eq!(places, ["blobs/0a", "blobs/f0/1"], "what lies in no folder that is named is news");
}

#[test]
fn a_disk_that_does_not_give_back_what_lies_there_has_lost_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let (store, _) = crate::store::Store::open_here(&root).unwrap();
    let blob = store.blobs.put(b"bytes").unwrap();
    drop(store);
    let disk = crate::store::fault::FailingDisk::new(RealDisk::shared());
    // The calls of a walk, one after the other: the one that reads the blob is among them.
    let mut found = Vec::new();
    for nth in 1..60 {
        disk.fail(nth, crate::store::fault::Mode::Error);
        let report = crate::store::verify::verify(&root, disk.clone(), &mut |_| {});
        found.extend(report.issues.iter().filter_map(|issue| lost(&root, issue)));
        disk.heal();
    }
    let place = root.join("blobs").join(&blob.to_string()[..2]).join(&blob.to_string()[2..]);
    let place = place.strip_prefix(&root).unwrap().display().to_string();
    assert!(
        found.iter().any(|lost| lost.kind == "unreadable" && lost.place == place),
        "{found:?}"
    );
}

#[test]
fn a_note_that_is_gone_is_put_back_and_one_that_is_there_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let first = found(root, &[missing(root, "blobs/ab/1")], "2026-11-23T00:00:00Z").unwrap();
    assert!(!put_back(root, &RealDisk, &first).unwrap());
    std::fs::write(root.join("losses").join(format!("{}.json", first.id)), b"{").unwrap();
    assert!(put_back(root, &RealDisk, &first).unwrap(), "also where nobody can read it");
    std::fs::remove_dir_all(root.join("losses")).unwrap();
    assert!(put_back(root, &RealDisk, &first).unwrap());
    assert_eq!(all(root, &RealDisk).unwrap(), std::slice::from_ref(&first));
    close(root, &RealDisk, &first.id, closed(Done::Notified)).unwrap().unwrap();
    assert!(
        !put_back(root, &RealDisk, &first).unwrap(),
        "what was closed since is not opened again"
    );
    assert_eq!(first.ends(), at("2026-12-08T20:59:59Z"), "the last second of the day in Turkey");
}

#[test]
fn what_is_lost_later_in_a_folder_that_a_note_names_is_news_and_what_was_lost_with_it_is_not() {
    for is_closed in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut all: Vec<Issue> = (0..PLACES + 1).map(|name| missing(root, &format!("blobs/ab/{name}"))).collect();
        let first = found(root, &all, "2026-11-23T00:00:00Z").unwrap();
        assert_eq!((first.places.len(), first.places[0].place.as_str()), (1, "blobs/ab/*"));
        if is_closed {
            close(root, &RealDisk, &first.id, closed(Done::Notified)).unwrap().unwrap();
            let told = notified(root, &RealDisk).unwrap();
            assert!(told.contains(&root.join("blobs/ab/7")) && !told.contains(&root.join("blobs/ab/later")));
        }
        assert_eq!(found(root, &all, "2026-11-24T00:00:00Z"), None, "closed: {is_closed}");
        all.push(missing(root, "blobs/ab/later"));
        let second = found(root, &all, "2026-11-25T00:00:00Z").expect("a later loss");
        assert_eq!((second.places.len(), second.places[0].place.as_str()), (1, "blobs/ab/later"));
    }
}

#[test]
fn without_its_list_a_note_speaks_for_its_folder_while_it_stands_and_no_longer() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let all: Vec<Issue> = (0..PLACES + 1).map(|name| missing(root, &format!("blobs/ab/{name}"))).collect();
    let first = found(root, &all, "2026-11-23T00:00:00Z").unwrap();
    std::fs::remove_file(root.join(format!("losses/{}.places", first.id))).unwrap();
    assert_eq!(found(root, &all, "2026-11-24T00:00:00Z"), None);
    close(root, &RealDisk, &first.id, closed(Done::Notified)).unwrap().unwrap();
    let again = found(root, &all, "2026-11-25T00:00:00Z");
    assert!(
        again.is_some_and(|again| again.more > 0),
        "told once too often, and never once too little"
    );
}
