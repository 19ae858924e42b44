//! The report of a verdict in its three depths, and the switch for old algorithms, through the program as people use it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;

use std::fs;
use std::path::Path;

use forge::cades::Spec;
use forge::cms::Form;
use forge::pki::Hash;
use forge::world::World;
use forge::{cades, cases};
use gateway::Gateway;
use serde_json::Value;

const AT: &str = "2026-11-19T06:00:00Z";

/// A gateway that trusts the world, and a file in it.
fn with_file(world: &World, name: &str, bytes: &[u8]) -> (Gateway, String) {
    let gateway = Gateway::bare(world);
    let file = gateway.dir.path().join(name);
    fs::write(&file, bytes).unwrap();
    (gateway, file.to_str().unwrap().to_owned())
}

fn text(gateway: &Gateway, args: &[&str]) -> String {
    String::from_utf8(gateway.run(args).stdout).unwrap()
}

/// Every signature in a report, counter-signatures included.
fn signatures(report: &Value) -> Vec<Value> {
    let own = report["signatures"].as_array().or_else(|| report["counter_signatures"].as_array());
    own.into_iter()
        .flatten()
        .flat_map(|one| std::iter::once(one.clone()).chain(one.get("counter_signatures").map(|_| signatures(one)).unwrap_or_default()))
        .collect()
}

#[test]
fn a_sha1_signature_of_today_passes_only_under_the_archive_switch_and_says_so() {
    let world = World::new(31);
    let spec = Spec {
        hash: Hash::Sha1,
        ..world.p4(&world.senders[1].director.cert, world.base)
    };
    let (gateway, file) = with_file(&world, "old.p7s", &cades::sign(cases::CONTENT, true, &[spec], Form::Der));
    let judged = || gateway.json(&["verify", "--json", "--at", AT, &file])["files"][0].clone();

    let strict = judged();
    assert_eq!(
        (strict["indication"].as_str(), strict["sub_indication"].as_str()),
        (Some("INDETERMINATE"), Some("CRYPTO_CONSTRAINTS_FAILURE")),
        "{strict:#}"
    );
    assert_eq!(strict["signatures"][0]["checks"]["algorithms"], "unknown");
    assert_eq!(strict["signatures"][0]["validation"]["algorithms"], "strict");

    let config = fs::read_to_string(gateway.config()).unwrap();
    fs::write(gateway.config(), config.replace("[trust]\n", "[trust]\nalgorithms = \"archive\"\n")).unwrap();
    let archive = judged();
    assert_eq!(archive["indication"], "TOTAL-PASSED", "{archive:#}");
    let reasons = archive["signatures"][0]["reasons"].as_array().unwrap();
    assert!(reasons.iter().any(|reason| reason["code"] == "KEP-3532"), "{reasons:?}");
    assert_eq!(archive["signatures"][0]["validation"]["algorithms"], "archive");
}

#[test]
fn each_depth_says_more_and_the_same() {
    let world = World::new(32);
    let sample = world.sample("standard", 0);
    let (gateway, file) = with_file(&world, "a.eml", &sample.raw);
    let at = |depth: &[&str], lang| {
        text(
            &gateway,
            &[["--lang", lang, "verify", "--at", AT].as_slice(), depth, &[&file]].concat(),
        )
    };
    for (lang, nothing, check, block) in [
        ("tr", "Yapılacak bir şey yok", "iptal durumu", "sertifikanın denetimi"),
        ("en", "There is nothing to do", "revocation", "X.509 certificate validation"),
    ] {
        let (one, two, three) = (at(&[], lang), at(&["--detail"], lang), at(&["--full"], lang));
        assert!(one.contains(nothing) && two.contains(nothing) && three.contains(nothing), "{one}");
        assert!(!one.contains(check) && two.contains(check) && three.contains(check));
        assert!(!two.contains(block) && three.contains(block) && three.contains("[XCV]"));
        // The sentences of the shorter ones stand in the longer ones.
        for line in one.lines() {
            assert!(
                two.lines().any(|other| other == line) && three.lines().any(|other| other == line),
                "{line}"
            );
        }
    }
    let set = gateway.json(&["trust", "list", "--json"])["anchors_sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(at(&["--full"], "en").contains(&set), "every verdict names the anchor set");
    let plain = gateway.json(&["verify", "--json", "--at", AT, &file])["files"][0].clone();
    assert_eq!(plain["anchors_sha256"], set.as_str());
    assert!(plain.get("full").is_none());
    let full = gateway.json(&["verify", "--json", "--full", "--at", AT, &file])["files"][0]["full"].clone();
    assert_eq!(full["inputs"]["sha256"], World::sha256(&sample.raw));
    assert!(!full["inputs"]["revocation_sha256"].as_array().unwrap().is_empty());
    for signature in signatures(&full) {
        for block in signature["blocks"].as_array().unwrap() {
            assert!(
                ["PASSED", "NOT_ASKED"].contains(&block["conclusion"].as_str().unwrap()),
                "{block:#}"
            );
        }
    }
}

/// Over the bundled week: what passed has every check made, what did not says where it failed.
#[test]
fn the_record_of_checks_agrees_with_every_verdict_of_the_week() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let gateway = Gateway::bare(&World::new(33));
    let mut files: Vec<String> = fs::read_dir(fixtures.join("messages"))
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let folder = |name: &str| fixtures.join(name).to_str().unwrap().to_owned();
    let (trust, intermediates, revocation) = (folder("trust"), folder("intermediates"), folder("revocation"));
    let mut args = vec![
        "verify",
        "--json",
        "--trust",
        &trust,
        "--intermediates",
        &intermediates,
        "--revocation",
        &revocation,
    ];
    args.extend(files.iter().map(String::as_str));
    let report = gateway.json(&args);
    let (mut passed, mut others) = (0, 0);
    for file in report["files"].as_array().unwrap() {
        for signature in signatures(file) {
            let checks = signature["checks"]
                .as_object()
                .unwrap_or_else(|| panic!("no record: {signature:#}"));
            assert_eq!(checks.len(), 11, "{}", file["file"]);
            let all_done = checks
                .values()
                .all(|result| ["passed", "not-asked"].contains(&result.as_str().unwrap()));
            if signature["indication"] == "TOTAL-PASSED" {
                passed += 1;
                assert!(all_done, "{}: {signature:#}", file["file"]);
            } else {
                others += 1;
                assert!(!all_done, "{}: {signature:#}", file["file"]);
            }
        }
    }
    assert!(passed > 40 && others >= 3, "{passed} passed, {others} did not");
}
