//! The walk of the record in the background finds what a start after a clean stop does not look at.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod inside;

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::sync::Arc;

use forge::world::World;
use inside::{Inside, LISTENER, pass};
use kep_gateway::alert::notice::Cause;
use kep_gateway::daemon::{duties, walk};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::store::disk::RealDisk;

const RESTLESS: u32 = 0;

fn told(pipeline: &Pipeline) -> usize {
    let jobs = pipeline.ledger.jobs().unwrap();
    jobs.iter().filter(|job| job.notice.cause == Cause::ChainBroken).count()
}

/// One bit rots; the file's size and times stay what they were, as on a failing disk.
fn rot(path: &Path) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(modified)).unwrap();
}

fn a_blob(root: &Path) -> std::path::PathBuf {
    let shards = fs::read_dir(root.join("blobs")).unwrap().map(|entry| entry.unwrap().path());
    let mut files = shards.filter(|path| path.is_dir()).flat_map(|shard| fs::read_dir(shard).unwrap());
    files.next().unwrap().unwrap().path()
}

fn office(more: &str) -> (Inside, Arc<Pipeline>) {
    let inside = Inside::new("2026-11-18T06:00:00Z", &format!("[daemon]\nfree_bytes = 0\n{more}{LISTENER}"));
    for (number, sample) in World::new(4).mixed(3).into_iter().enumerate() {
        inside.put(&format!("{number}.eml"), &sample.raw);
    }
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    (inside, pipeline)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotten_record_is_found_once_a_day_and_told_once() {
    let (inside, pipeline) = office("");
    pass(&pipeline).await;
    assert!(walk::look(&pipeline, RESTLESS).await.unwrap(), "never walked yet");
    let walked = pipeline.ledger.standing(walk::WALKED).unwrap().unwrap();
    assert_eq!(walked.facts["errors"], "0");
    assert_ne!(walked.facts["blobs"], "0");
    assert!(!walk::look(&pipeline, RESTLESS).await.unwrap(), "walked just now");
    assert_eq!(told(&pipeline), 0);

    let blob = a_blob(&inside.root());
    rot(&blob);
    inside.set("2026-11-19T05:59:00Z");
    assert!(!walk::look(&pipeline, RESTLESS).await.unwrap(), "not a day ago");
    inside.set("2026-11-19T06:00:00Z");
    assert!(walk::look(&pipeline, RESTLESS).await.unwrap());
    assert_eq!(told(&pipeline), 1);
    assert!(
        pipeline
            .ledger
            .standing(walk::BROKEN)
            .unwrap()
            .is_some_and(|broken| broken.since.is_some())
    );
    inside.set("2026-11-20T06:00:00Z");
    assert!(walk::look(&pipeline, RESTLESS).await.unwrap());
    assert_eq!(told(&pipeline), 1, "said again while it stands");
    // Every mailbox was checked: nothing else is wrong.
    pass(&pipeline).await;
    duties::look(&pipeline).await.unwrap();
    let jobs = pipeline.ledger.jobs().unwrap();
    let report = jobs.iter().find(|job| job.notice.cause == Cause::DailyReport).unwrap();
    assert!(report.notice.title.tr.contains("DİKKAT"), "{}", report.notice.title.tr);
    assert!(
        report
            .notice
            .body
            .tr
            .starts_with("Sorunlar\n  Kayıt arka planda denetlendi ve BOZUK")
    );

    // Put back from a backup: the alarm ends, and the next damage is told anew, also in the journal.
    rot(&blob);
    inside.set("2026-11-21T06:00:00Z");
    assert!(walk::look(&pipeline, RESTLESS).await.unwrap());
    let stands = pipeline.ledger.standing(walk::BROKEN).unwrap();
    assert!(stands.is_none_or(|broken| broken.since.is_none()));
    let segments = fs::read_dir(inside.root().join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    rot(&segments
        .filter(|path| path.extension().is_some_and(|extension| extension == "kepj"))
        .min()
        .unwrap());
    inside.set("2026-11-22T06:00:00Z");
    assert!(walk::look(&pipeline, RESTLESS).await.unwrap());
    assert_eq!(pipeline.ledger.standing(walk::WALKED).unwrap().unwrap().facts["errors"], "1");
    assert!(
        pipeline
            .ledger
            .standing(walk::BROKEN)
            .unwrap()
            .is_some_and(|broken| broken.since.is_some())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_walk_can_be_left_to_others() {
    let (_inside, pipeline) = office("walk_every = \"0s\"\n");
    pass(&pipeline).await;
    assert!(!walk::look(&pipeline, RESTLESS).await.unwrap());
    assert!(pipeline.ledger.standing(walk::WALKED).unwrap().is_none());
}
