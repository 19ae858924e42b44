//! Years later, from the store alone: the bytes, the anchor set by its hash, the instant and the objects by their hashes give the report
//! that was given.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod inside;
#[path = "online/provider.rs"]
mod provider;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use forge::world::World;
use inside::{Inside, LISTENER, at};
use kep_gateway::limits::Limits;
use kep_gateway::message;
use kep_gateway::register::entry::Entry;
use kep_gateway::signature::report::{Indication, Role, Verdict};
use kep_gateway::signature::{Context, Trust, judge_whole_message, verdict};
use kep_gateway::store::disk::RealDisk;
use provider::Provider;

const ARRIVAL: &str = "2026-11-09T07:00:00Z";

/// What is judged once more, with what lies in `kept` and nothing else.
fn again(raw: &Bytes, anchors: &Path, kept: &Path, entry: &Entry) -> Verdict {
    let given = entry.verdict.as_ref().unwrap();
    let trust = Trust::load(Some(anchors), None, Some(kept)).unwrap();
    assert_eq!(
        trust.anchors_sha256(),
        given.anchors_sha256,
        "the verdict names the set that was trusted"
    );
    let context = Context::new(Arc::new(trust), given.validation_time, Limits::default()).with_proof(Some(entry.registered_at));
    let message = message::read(raw, &context.limits);
    let (mut signatures, findings) = judge_whole_message(&message, &context);
    // The register names a delil by what it is, a report on a file by its place in the message.
    for report in signatures.iter_mut().filter(|report| report.role == Role::Evidence) {
        report.covers = "evidence".to_owned();
    }
    verdict(signatures, &findings, &context)
}

#[tokio::test]
async fn the_store_holds_all_that_a_verdict_rests_on() {
    let provider = Provider::start_for(|address| World::published_at(221, Some(&format!("http://{address}"))), at(ARRIVAL));
    let mut inside = Inside::new(ARRIVAL, LISTENER);
    inside.text = inside.text.replace(
        "online = false",
        "online = true\nloopback_for_tests = true\nhosts = [\"127.0.0.1\"]",
    );
    let anchors = inside.dir.path().join("trust");
    provider.world().trust_folder(&anchors);
    inside.put("1.eml", &provider.world().letter(0).standard().raw);
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    inside::pass(&pipeline).await;
    let entry: Entry = pipeline.ledger.entries().next().unwrap().unwrap();
    let given = entry.verdict.clone().unwrap();
    assert_eq!(given.indication, Indication::Passed);
    let asked = provider.connections();
    assert!(asked > 0, "the message does not carry all that its verdict needs");

    // Out of the store, by hash: the message, and what it did not bring along.
    let raw = pipeline.ledger.blobs().get(&entry.message.sha256).unwrap();
    let kept = inside.dir.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    let outside: Vec<_> = given.objects.iter().filter(|object| !object.embedded).collect();
    for object in &outside {
        let der = pipeline.ledger.blobs().get(&object.sha256).unwrap();
        std::fs::write(kept.join(object.sha256.to_string()), der).unwrap();
    }
    drop(pipeline);
    let repeated = again(&raw, &anchors, &kept, &entry);
    assert_eq!(repeated.signatures, given.signatures);
    assert_eq!(
        (repeated.indication, repeated.sub_indication, repeated.validation_time),
        (given.indication, given.sub_indication, given.validation_time)
    );
    assert_eq!(repeated.objects, given.objects, "it rests on the same objects");
    assert_eq!(provider.connections(), asked, "nobody was asked again");

    // Each list and answer counts: without them the report is another one.
    for file in std::fs::read_dir(&kept).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let without = again(&raw, &anchors, &kept, &entry);
    assert_ne!((without.indication, without.signatures), (given.indication, given.signatures));
}
