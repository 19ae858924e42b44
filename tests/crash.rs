//! `kill -9` at random moments: numbers gap-free, entries = distinct messages, chain intact, nothing that was shown is ever lost.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;

use std::collections::BTreeSet;
use std::time::Duration;

use forge::world::World;
use gateway::{Gateway, assert_gap_free};
use serde_json::Value;

/// Rounds of start, arrival and kill.
const ROUNDS: usize = 200;
/// Messages that arrive in each round.
const PER_ROUND: usize = 2;
/// Every so many rounds the register is read and compared with what it showed before.
const LOOK_EVERY: usize = 20;

/// A small deterministic random source.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn numbered(entries: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .iter()
        .map(|entry| (text(&entry["register_number"]), text(&entry["message"]["sha256"])))
        .collect()
}

#[test]
fn two_hundred_kills_lose_nothing_double_nothing_and_burn_no_number() {
    let world = World::new(7);
    let gateway = Gateway::with_drop(&world);
    let kinds = world.mixed(24);
    let mut dice = Dice(42);
    let mut sent = BTreeSet::new();
    let mut shown: Vec<(String, String)> = Vec::new();

    for round in 0..ROUNDS {
        for nth in 0..PER_ROUND {
            // Distinct bytes from a few forged messages: a comment behind the last boundary changes nothing that is signed.
            let mut raw = kinds[dice.roll(kinds.len() as u64) as usize].raw.clone();
            raw.extend_from_slice(format!("\r\nround {round}.{nth}\r\n").as_bytes());
            sent.insert(World::sha256(&raw));
            gateway.put(&format!("{round:03}-{nth}.eml"), &raw);
        }
        let mut daemon = gateway.spawn(&["run"]);
        std::thread::sleep(Duration::from_millis(20 + dice.roll(600)));
        daemon.kill().unwrap();
        daemon.wait().unwrap();

        if round % LOOK_EVERY == 0 {
            let looked = gateway.run(&["documents", "export", "--json"]);
            if !looked.status.success() && shown.is_empty() {
                // The first kills may hit a store that is just being made, and there is no register yet.
                continue;
            }
            let now = numbered(&gateway.export());
            assert!(
                now.starts_with(&shown),
                "round {round}: what the register showed before has changed: {shown:?} {now:?}"
            );
            shown = now;
        }
    }

    // Two passes: one takes up what was cut off, the second finds nothing to do.
    gateway.ok(&["poll"]);
    gateway.ok(&["poll"]);
    let entries = gateway.export();
    assert_gap_free(&entries);
    let messages: BTreeSet<String> = entries
        .iter()
        .map(|entry| entry["message"]["sha256"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(messages, sent, "the register and the drop folder differ");
    let documents: usize = entries.len();
    assert!(documents >= sent.len());
    // A message whose work was killed from outside three times running is set aside like one that kills, with its reason; how many depends
    // on the machine's speed, so it is printed and not judged.
    let quarantined: Vec<&Value> = entries.iter().filter(|entry| entry["state"] == "quarantined").collect();
    println!("{} of {documents} were set aside", quarantined.len());
    for entry in quarantined {
        assert!(
            entry["findings"]
                .as_array()
                .unwrap()
                .iter()
                .any(|finding| finding["rule"] == "KEP-5050"),
            "{entry}"
        );
    }
    gateway.ok(&["journal", "verify"]);
}
