//! One hostile message among many: the others are registered, this one is registered or set aside with its reason, memory stays bounded.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;

use std::collections::BTreeMap;

use forge::hostile;
use forge::world::World;
use gateway::{Gateway, assert_gap_free};
use serde_json::Value;

/// What the whole pass may take, in a debug build.
const MEMORY_MIB: u64 = 256;

#[test]
fn hostile_messages_among_honest_ones() {
    let world = World::new(11);
    let gateway = Gateway::with_drop(&world);
    let honest = world.mixed(20);
    let hostile = hostile::all(&world);
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    for (at, sample) in honest.iter().enumerate() {
        gateway.put(&format!("{at:03}-honest.eml"), &sample.raw);
        expected.insert(World::sha256(&sample.raw), sample.name.clone());
    }
    for (at, bad) in hostile.iter().enumerate() {
        gateway.put(&format!("{at:03}-{}.eml", bad.name), &bad.raw);
        expected.insert(World::sha256(&bad.raw), bad.name.to_owned());
    }

    let ended = gateway.measured(&["poll"]);
    assert!(ended.output.status.success(), "{}", String::from_utf8_lossy(&ended.output.stderr));
    println!("peak memory {} MiB over {} messages", ended.peak_mib, expected.len());
    assert!(ended.peak_mib < MEMORY_MIB, "peak memory {} MiB", ended.peak_mib);

    let entries = gateway.export();
    assert_gap_free(&entries);
    let by_message: BTreeMap<&str, &Value> = entries
        .iter()
        .map(|entry| (entry["message"]["sha256"].as_str().unwrap(), entry))
        .collect();
    for (sha256, name) in &expected {
        assert!(by_message.contains_key(sha256.as_str()), "{name} is not in the register");
    }
    for bad in hostile.iter().filter(|bad| bad.must_not_pass) {
        let sha256 = World::sha256(&bad.raw);
        let passed = entries
            .iter()
            .any(|entry| entry["message"]["sha256"] == sha256.as_str() && entry["verdict"]["indication"] == "TOTAL-PASSED");
        assert!(!passed, "{} passed as genuine", bad.name);
    }
    // Reasons, not only refusals: nothing that must not pass is without a finding or a signature's reason.
    for bad in hostile.iter().filter(|bad| bad.must_not_pass) {
        let sha256 = World::sha256(&bad.raw);
        for entry in entries.iter().filter(|entry| entry["message"]["sha256"] == sha256.as_str()) {
            let findings = entry["findings"].as_array().unwrap().len();
            let reasons = entry["verdict"]["signatures"]
                .as_array()
                .map_or(0, |all| all.iter().map(|one| one["reasons"].as_array().unwrap().len()).sum());
            let unsigned = entry["verdict"]["sub_indication"] == "NO_SIGNATURE";
            assert!(findings + reasons > 0 || unsigned, "{} has no reason", bad.name);
        }
    }
    gateway.ok(&["journal", "verify"]);
}
