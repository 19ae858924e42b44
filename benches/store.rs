//! What durability costs: blobs beside the plain way (write, fdatasync, rename, fsync of the folder, one file after the other), journal and
//! index by themselves. Prints one line each; run on the disk that `TMPDIR` names, since a file system in memory flushes nothing.

#![allow(clippy::expect_used)] // a benchmark that cannot run says why and stops

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use kep_gateway::hash::Sha256;
use kep_gateway::store::Store;
use kep_gateway::store::disk::RealDisk;
use kep_gateway::store::index::IndexBatch;
use kep_gateway::store::record::NewRecord;
use kep_gateway::store::verify::verify;
use serde_json::value::RawValue;

/// The pull of the speed target: 230 MB in 1,000 messages.
const MESSAGES: usize = 1_000;
const MESSAGE_BYTES: usize = 230_000;
/// Messages whose bytes are made durable together; 15 MB at once in memory.
const GROUP: usize = 64;
const RECORDS: usize = 100_000;
/// A registration as JSON.
const RECORD_BYTES: usize = 1_500;
/// The gateway's group commit.
const RECORD_GROUP: usize = 100;

fn main() {
    let messages = messages();
    let folder = tempfile::tempdir().expect("a scratch folder");
    let plain = timed(|| plainly(&folder.path().join("plain"), &messages));
    println!("plain write+fdatasync+rename+fsync, one by one    {plain:>10.3?}");

    let (store, _) = Store::open(&folder.path().join("single"), RealDisk::shared()).expect("a store");
    let single = timed(|| {
        messages.iter().for_each(|bytes| {
            let _ = store.blobs.put(bytes).expect("put");
        })
    });
    println!(
        "Blobs::put, one by one                            {single:>10.3?}   {:.2} x",
        ratio(single, plain)
    );

    let (mut store, _) = Store::open(&folder.path().join("grouped"), RealDisk::shared()).expect("a store");
    let grouped = timed(|| {
        messages
            .chunks(GROUP)
            .for_each(|group| drop(store.blobs.put_all(group).expect("put")))
    });
    println!(
        "Blobs::put_all, groups of {GROUP}                     {grouped:>10.3?}   {:.2} x",
        ratio(grouped, plain)
    );

    let one_by_one = timed(|| (0..1_000).for_each(|number| drop(store.journal.append(&[record(number)]).expect("append"))));
    println!("1,000 appends of one record                       {one_by_one:>10.3?}");
    let records: Vec<NewRecord> = (0..RECORDS).map(record).collect();
    let appended = timed(|| {
        records
            .chunks(RECORD_GROUP)
            .for_each(|group| drop(store.journal.append(group).expect("append")))
    });
    println!("{RECORDS} records of {RECORD_BYTES} bytes in groups of {RECORD_GROUP}     {appended:>10.3?}");
    let replayed = timed(|| assert_eq!(store.journal.read_from(1).filter(Result::is_ok).count(), RECORDS + 1_000));
    println!("replay of all                                     {replayed:>10.3?}");
    let indexed = timed(|| index(&store));
    println!("{RECORDS} index batches of three keys               {indexed:>10.3?}");
    let root = store.root().to_owned();
    drop(store);
    let reopened = timed(|| drop(Store::open(&root, RealDisk::shared()).expect("reopen")));
    println!("reopening, index added up                         {reopened:>10.3?}");
    let verified = timed(|| assert!(verify(&root, RealDisk::shared(), &mut |_| {}).is_intact()));
    println!("verify of all                                     {verified:>10.3?}");
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn messages() -> Vec<Bytes> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()
    };
    (0..MESSAGES)
        .map(|_| (0..MESSAGE_BYTES / 8).flat_map(|_| next()).collect())
        .collect()
}

fn plainly(folder: &Path, messages: &[Bytes]) {
    std::fs::create_dir_all(folder).expect("folder");
    for bytes in messages {
        let (temporary, name) = (folder.join("tmp"), folder.join(Sha256::of(bytes).to_string()));
        let mut file = std::fs::File::create(&temporary).expect("create");
        std::io::Write::write_all(&mut file, bytes).expect("write");
        file.sync_data().expect("flush");
        std::fs::rename(temporary, name).expect("rename");
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .expect("flush folder");
    }
}

fn record(number: usize) -> NewRecord {
    NewRecord {
        time: Timestamp::UNIX_EPOCH,
        kind: "message.registered".into(),
        body: RawValue::from_string(format!("{{\"number\":{number},\"fill\":\"{}\"}}", "x".repeat(RECORD_BYTES))).expect("JSON"),
    }
}

fn index(store: &Store) {
    for number in 0..RECORDS {
        let mut batch = IndexBatch::default();
        for prefix in ["entry", "message", "sighting"] {
            batch.put(format!("{prefix}/{number:08}"), "x".repeat(200));
        }
        store.index.apply(batch, number as u64 + 1).expect("apply");
    }
}
