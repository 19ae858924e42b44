//! Verdicts that were open become final by themselves: at arrival when the provider answers, later when it answers late or when the grace
//! period is over. What was said before stays in the record.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod inside;
#[path = "online/provider.rs"]
mod provider;

use std::process::Command;
use std::sync::Arc;

use forge::cades::Spec;
use forge::world::World;
use inside::{Inside, LISTENER, at, export};
use jiff::{SignedDuration, Timestamp};
use kep_gateway::daemon::progress::Progress;
use kep_gateway::daemon::revalidate::Queue;
use kep_gateway::ledger::Ledger;
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::{Entry, RegisterNumber};
use kep_gateway::signature::report::{Indication, SubIndication};
use kep_gateway::store::disk::RealDisk;
use provider::{Manner, Provider};
use serde_json::Value;

/// An hour after the mail of the forge's world was delivered.
const ARRIVAL: &str = "2026-11-09T07:00:00Z";

/// A gateway beside a certificate provider.
struct Bench {
    provider: Provider,
    inside: Inside,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let provider = Provider::start_for(|address| World::published_at(seed, Some(&format!("http://{address}"))), at(ARRIVAL));
        let mut inside = Inside::new(ARRIVAL, LISTENER);
        inside.text = inside.text.replace(
            "online = false",
            "online = true\nloopback_for_tests = true\nhosts = [\"127.0.0.1\"]",
        );
        provider.world().trust_folder(&inside.dir.path().join("trust"));
        Self { provider, inside }
    }

    fn set(&self, now: Timestamp) {
        self.inside.clock.set(now);
        self.provider.set_now(now);
    }

    fn put_standard(&self) {
        self.inside.put("1.eml", &self.provider.world().letter(0).standard().raw);
    }

    /// The sender's signature under the profile P2.
    fn put_p2(&self) {
        let world = self.provider.world();
        let letter = world.letter(0);
        let original = letter.original("standart");
        let spec: Spec = world.p2(&letter.sender.officer.cert, original.date);
        let l1 = original.opaque(&|octets, attached| world.cms(octets, attached, spec.clone()));
        self.inside.put("1.eml", &letter.deliver(&original, l1).raw);
    }

    async fn open(&self) -> Arc<Pipeline> {
        let pipeline = self.inside.open(RealDisk::shared()).unwrap();
        inside::pass(&pipeline).await;
        pipeline
    }
}

async fn look(queue: &mut Queue, pipeline: &Pipeline) -> usize {
    queue.look(pipeline, &Progress::default()).await.unwrap()
}

fn only(ledger: &Ledger) -> Entry {
    let mut entries: Vec<Entry> = ledger.entries().collect::<Result<_, _>>().unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn indication(entry: &Entry) -> (Indication, Option<SubIndication>) {
    let verdict = entry.verdict.as_ref().unwrap();
    (verdict.indication, verdict.sub_indication)
}

fn told(entry: &Entry) -> String {
    let signatures = entry.verdict.iter().flat_map(|verdict| &verdict.signatures);
    let line = |reason: &kep_gateway::signature::report::Reason| format!("  {} {}", reason.code, reason.text.en);
    let of = |signature: &kep_gateway::signature::report::SignatureReport| {
        let reasons: Vec<String> = signature.reasons.iter().map(line).collect();
        format!(
            "{:?} {:?} {:?}\n{}",
            signature.role,
            signature.indication,
            signature.sub_indication,
            reasons.join("\n")
        )
    };
    signatures.map(of).collect::<Vec<_>>().join("\n")
}

fn alerts_about_signatures(ledger: &Ledger) -> usize {
    let jobs = ledger.jobs().unwrap();
    jobs.iter()
        .filter(|job| serde_json::to_string(job).unwrap().contains("\"signature\""))
        .count()
}

#[tokio::test]
async fn a_message_passes_at_arrival_when_the_provider_answers() {
    let bench = Bench::new(201);
    bench.put_standard();
    let pipeline = bench.open().await;
    let entry = only(&pipeline.ledger);
    assert_eq!(indication(&entry), (Indication::Passed, None), "{}", told(&entry));
    assert!(entry.earlier_verdicts.is_empty() && pipeline.ledger.waiting().unwrap().is_empty());
    assert_eq!(
        alerts_about_signatures(&pipeline.ledger),
        0,
        "nobody is told of what was unknown for a second"
    );

    // What the verdict rests on lies in the store under its name, with what the message does not carry.
    let verdict = entry.verdict.unwrap();
    let outside: Vec<_> = verdict.objects.iter().filter(|object| !object.embedded).collect();
    assert!(outside.len() >= 5, "{:?}", verdict.objects);
    for object in &outside {
        pipeline.ledger.blobs().verify(&object.sha256).unwrap();
    }
    let named = pipeline.ledger.objects().unwrap();
    assert!(outside.iter().all(|object| named.contains(&object.sha256)));

    // A person who looks at the record is told when one of them is gone.
    let program = |args: &[&str]| {
        let config = bench.inside.dir.path().join("kep-gateway.toml");
        let output = Command::new(env!("CARGO_BIN_EXE_kep-gateway"))
            .arg("--config")
            .arg(config)
            .args(["--lang", "en"])
            .args(args)
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(program(&["journal", "verify"]).0, 0);
    let (name, aside) = (
        pipeline.ledger.blobs().path(&outside[0].sha256),
        bench.inside.dir.path().join("aside"),
    );
    std::fs::rename(&name, &aside).unwrap();
    assert_eq!(program(&["journal", "verify"]).0, 20);
    std::fs::rename(&aside, &name).unwrap();
    // And that the door for tests stands open.
    assert!(program(&["config", "check"]).1.contains("loopback_for_tests"));

    // The next message asks nobody.
    let connections = bench.provider.connections();
    bench.inside.put("2.eml", &bench.provider.world().letter(6).standard().raw);
    inside::pass(&pipeline).await;
    let entries: Vec<Entry> = pipeline.ledger.entries().collect::<Result<_, _>>().unwrap();
    assert_eq!(indication(&entries[1]), (Indication::Passed, None), "{}", told(&entries[1]));
    assert_eq!(bench.provider.connections(), connections);
}

#[tokio::test]
async fn what_comes_late_is_appended_and_the_first_verdict_stays() {
    let bench = Bench::new(202);
    bench.provider.behave("/", Manner::Status(503));
    bench.put_standard();
    let pipeline = bench.open().await;
    let first = only(&pipeline.ledger);
    assert_eq!(
        first.verdict.as_ref().unwrap().indication,
        Indication::Indeterminate,
        "{}",
        told(&first)
    );
    assert!(told(&first).contains("KEP-3525"), "{}", told(&first));
    assert_eq!(pipeline.ledger.waiting().unwrap().len(), 1);
    assert_eq!(alerts_about_signatures(&pipeline.ledger), 1);
    let (asked, head) = (bench.provider.connections(), pipeline.ledger.head());

    // Not at once, and not recorded as long as nothing is new.
    let mut queue = Queue::default();
    assert_eq!(look(&mut queue, &pipeline).await, 0);
    assert_eq!(bench.provider.connections(), asked);
    for (minutes, manner) in [(10, Manner::Status(404)), (40, Manner::Body(b"bakimdayiz".to_vec()))] {
        bench.provider.behave("/", manner);
        bench.set(at(ARRIVAL) + SignedDuration::from_mins(minutes));
        assert_eq!(look(&mut queue, &pipeline).await, 1, "after {minutes} minutes");
        assert_eq!(look(&mut queue, &pipeline).await, 0);
    }
    assert!(bench.provider.connections() > asked);
    assert_eq!(pipeline.ledger.head(), head, "a failed try is no news");

    bench.provider.behave_well();
    bench.set(at(ARRIVAL) + SignedDuration::from_hours(3));
    assert_eq!(look(&mut queue, &pipeline).await, 1);
    let entry = only(&pipeline.ledger);
    assert_eq!(indication(&entry), (Indication::Passed, None), "{}", told(&entry));
    assert_eq!(
        (entry.register_number, entry.registered_at),
        (first.register_number, first.registered_at)
    );
    let [earlier] = entry.earlier_verdicts.as_slice() else {
        panic!("{:?}", entry.earlier_verdicts)
    };
    assert_eq!(earlier.indication, Some(Indication::Indeterminate));
    assert!(pipeline.ledger.waiting().unwrap().is_empty());
    assert_eq!(alerts_about_signatures(&pipeline.ledger), 1, "good news waits in the register");
    assert_eq!(look(&mut queue, &pipeline).await, 0);

    // The queue is a fold: an index from scratch says the same.
    let shown = export(&pipeline.ledger);
    drop(pipeline);
    let rebuilt = Ledger::rebuild(&bench.inside.root(), RealDisk::shared(), bench.inside.clock.clone()).unwrap();
    assert_eq!(export(&rebuilt), shown);
    assert!(rebuilt.waiting().unwrap().is_empty());
}

#[tokio::test]
async fn who_waits_still_waits_after_a_restart() {
    let bench = Bench::new(203);
    bench.provider.behave("/", Manner::Status(503));
    bench.put_standard();
    let waiting = {
        let pipeline = bench.open().await;
        pipeline.ledger.waiting().unwrap()
    };
    assert_eq!(waiting.len(), 1);
    bench.provider.behave_well();
    bench.set(at(ARRIVAL) + SignedDuration::from_hours(1));
    let pipeline = bench.inside.open(RealDisk::shared()).unwrap();
    assert_eq!(pipeline.ledger.waiting().unwrap(), waiting);
    assert_eq!(look(&mut Queue::default(), &pipeline).await, 1);
    assert_eq!(indication(&only(&pipeline.ledger)).0, Indication::Passed);
}

#[tokio::test]
async fn a_revocation_that_comes_late_fails_the_signature_and_is_told() {
    let bench = Bench::new(204);
    bench.provider.behave("/", Manner::Status(503));
    bench.put_standard();
    let pipeline = bench.open().await;
    let officer = bench.provider.world().letter(0).sender.officer.cert.clone();
    bench.provider.revoke(&officer, at("2026-11-01T09:00:00Z"));
    bench.provider.behave_well();
    bench.set(at(ARRIVAL) + SignedDuration::from_hours(1));
    assert_eq!(look(&mut Queue::default(), &pipeline).await, 1);
    let entry = only(&pipeline.ledger);
    assert_eq!(
        indication(&entry),
        (Indication::Failed, Some(SubIndication::Revoked)),
        "{}",
        told(&entry)
    );
    assert!(entry.flags.contains("invalid-signature") && pipeline.ledger.waiting().unwrap().is_empty());
    let said = export(&pipeline.ledger);
    assert_eq!(said[0]["verdict"]["indication"], "TOTAL-FAILED");
    let told = serde_json::to_string(&pipeline.ledger.jobs().unwrap()).unwrap();
    assert!(told.contains("signature INVALID"), "{told}");
}

#[tokio::test]
async fn a_grace_period_is_waited_for_and_then_final() {
    let bench = Bench::new(205);
    bench.put_p2();
    let pipeline = bench.open().await;
    let first = only(&pipeline.ledger);
    assert_eq!(
        indication(&first),
        (Indication::Indeterminate, Some(SubIndication::TryLater)),
        "{}",
        told(&first)
    );
    assert!(told(&first).contains("KEP-3405"), "preliminary: {}", told(&first));
    let shown = Command::new(env!("CARGO_BIN_EXE_kep-gateway"))
        .arg("--config")
        .arg(bench.inside.dir.path().join("kep-gateway.toml"))
        .args(["--lang", "en", "documents", "show", &first.register_number.to_string()])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("the end of the grace period (10.11.2026 09:10"));
    let [waiting] = pipeline.ledger.waiting().unwrap().try_into().unwrap();
    let ends = at("2026-11-10T06:10:03Z");
    assert_eq!((waiting.after, waiting.lacks), (Some(ends), false), "only time is missing");

    let (mut queue, head) = (Queue::default(), pipeline.ledger.head());
    for hours in [1, 12, 23] {
        bench.set(at(ARRIVAL) + SignedDuration::from_hours(hours));
        assert_eq!(look(&mut queue, &pipeline).await, 0, "after {hours} hours");
    }
    assert_eq!(pipeline.ledger.head(), head);

    bench.set(ends + SignedDuration::from_mins(2));
    assert_eq!(look(&mut queue, &pipeline).await, 1);
    let entry = only(&pipeline.ledger);
    assert_eq!(indication(&entry), (Indication::Passed, None), "{}", told(&entry));
    assert_eq!(entry.earlier_verdicts.len(), 1);
    assert!(pipeline.ledger.waiting().unwrap().is_empty());
}

#[tokio::test]
async fn what_never_comes_is_given_up_and_says_so() {
    let bench = Bench::new(206);
    bench.provider.behave("/", Manner::Status(404));
    bench.put_standard();
    let pipeline = bench.open().await;
    let mut queue = Queue::default();
    bench.set(at(ARRIVAL) + SignedDuration::from_hours(24 * 29));
    assert_eq!(look(&mut queue, &pipeline).await, 1);
    assert_eq!(pipeline.ledger.waiting().unwrap().len(), 1);
    bench.set(at(ARRIVAL) + SignedDuration::from_hours(24 * 31));
    assert_eq!(look(&mut queue, &pipeline).await, 1);
    let entry = only(&pipeline.ledger);
    assert_eq!(entry.verdict.as_ref().unwrap().indication, Indication::Indeterminate);
    assert!(
        entry.findings.iter().any(|finding| finding.rule == "KEP-3526"),
        "{:?}",
        entry.findings
    );
    assert!(pipeline.ledger.waiting().unwrap().is_empty());
    bench.set(at(ARRIVAL) + SignedDuration::from_hours(24 * 60));
    assert_eq!(look(&mut queue, &pipeline).await, 0);

    // A person may still ask, and then it is as good as ever.
    bench.provider.behave_well();
    let number: RegisterNumber = entry.register_number;
    let why = kep_gateway::register::entry::Why::Operator;
    pipeline.reexamine(&[number], why, &Default::default()).await.unwrap();
    let entry = only(&pipeline.ledger);
    assert_eq!(indication(&entry).0, Indication::Passed, "{}", told(&entry));
    assert!(entry.findings.iter().all(|finding| finding.rule != "KEP-3526"));
}

#[test]
fn the_command_verify_fetches_and_offline_touches_nobody() {
    let now = Timestamp::now();
    let provider = Provider::start_for(|address| World::published_at(207, Some(&format!("http://{address}"))), now);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let world = provider.world();
    world.trust_folder(&path("trust"));
    let signed = now - SignedDuration::from_hours(1);
    let cms = world.cms(b"Evrak", true, Spec::bes(&world.senders[0].director.cert, signed));
    std::fs::write(path("belge.p7s"), cms).unwrap();
    let configure = |online: bool| {
        let text = format!(
            "[trust]\nanchors = \"trust\"\nhosts = [\"127.0.0.1\"]\nloopback_for_tests = true\nonline = {online}\n[store]\npath = \"store\"\n"
        );
        std::fs::write(path("kep-gateway.toml"), text).unwrap();
    };
    let verify = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kep-gateway"))
            .arg("--config")
            .arg(path("kep-gateway.toml"))
            .args(["verify", "--json"])
            .args(more)
            .arg(path("belge.p7s"))
            .output()
            .unwrap();
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), report["files"][0].clone())
    };

    configure(true);
    let (code, report) = verify(&["--offline"]);
    assert_eq!(
        (code, report["sub_indication"].as_str()),
        (10, Some("NO_CERTIFICATE_CHAIN_FOUND")),
        "{report:#}"
    );
    assert_eq!(report["wanted"][0]["kind"], "certificate");
    configure(false);
    assert_eq!(verify(&[]).0, 10);
    assert_eq!(provider.connections(), 0, "neither the switch nor the setting lets anything out");

    configure(true);
    let (code, report) = verify(&[]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["signatures"][0]["revocation"][0]["sha256"].as_str().unwrap().len(), 64);
    assert!(report["objects"].as_array().unwrap().len() >= 5 && report.get("wanted").is_none());
    assert_eq!(provider.connections(), 3);
    assert!(!path("store").exists(), "no store, nothing left behind");
}
