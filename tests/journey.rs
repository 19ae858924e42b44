//! The main journey on real peers: a Dovecot mailbox under TLS becomes a register, and nothing of it is lost, doubled or read twice.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Instant, SystemTime};

use forge::sample::{ExpectedDocument, Sample};
use forge::world::World;
use gateway::{Daemon, Gateway, assert_gap_free, until};
use jiff::Timestamp;
use serde_json::Value;
use support::dovecot::{Dovecot, USER};

const MESSAGES: usize = 300;
/// Every so many messages one is delivered a second time.
const AGAIN: usize = 37;

/// A `[[mailbox]]` table for INBOX of this server.
fn mailbox(name: &str, world: &World, dovecot: &Dovecot, password_file: &str) -> String {
    format!(
        "[[mailbox]]\nkind = \"imap\"\nname = \"{name}\"\naddress = \"{}\"\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\nuser = \"{USER}\"\n\
         password_file = \"{password_file}\"\n",
        world.our_address(),
        dovecot.imaps_port,
        dovecot.ca_file().display()
    )
}

fn right_password(dovecot: &Dovecot) -> String {
    dovecot.path().join("evrak.password").display().to_string()
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn time(value: &Value, pointer: &str) -> Timestamp {
    text(value, pointer)
        .unwrap_or_else(|| panic!("no {pointer} in {value}"))
        .parse()
        .unwrap()
}

/// The entries of each message, by its digest, in the order of their numbers.
fn by_message(entries: &[Value]) -> BTreeMap<&str, Vec<&Value>> {
    let mut grouped: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for entry in entries {
        grouped.entry(text(entry, "/message/sha256").unwrap()).or_default().push(entry);
    }
    grouped
}

#[test]
fn three_hundred_messages_become_the_register_they_are() {
    let world = World::new(3);
    let gateway = Gateway::of_receiver(&world);
    let mut dovecot = Dovecot::start();
    let samples = world.mixed(MESSAGES);
    let again: Vec<&Sample> = samples.iter().step_by(AGAIN).collect();
    samples.iter().for_each(|sample| dovecot.deliver_at(delivered(), &sample.raw));
    again.iter().for_each(|sample| dovecot.deliver_at(delivered(), &sample.raw));
    gateway.configure(&mailbox("evrak", &world, &dovecot, &right_password(&dovecot)));

    let began = Instant::now();
    let first = gateway.measured(&["poll"]);
    assert!(first.output.status.success(), "{}", String::from_utf8_lossy(&first.output.stderr));
    println!(
        "{} messages in {:?}, {} MiB at most",
        samples.len() + again.len(),
        began.elapsed(),
        first.peak_mib
    );

    let entries = gateway.export();
    assert_gap_free(&entries);
    let found = by_message(&entries);
    let sent: BTreeSet<String> = samples.iter().map(|sample| World::sha256(&sample.raw)).collect();
    assert_eq!(
        found.keys().copied().collect::<BTreeSet<_>>(),
        sent.iter().map(String::as_str).collect(),
        "the register and the mailbox differ"
    );
    for sample in &samples {
        let sha256 = World::sha256(&sample.raw);
        let of_this = &found[sha256.as_str()];
        let sightings = 1 + usize::from(again.iter().any(|other| other.name == sample.name));
        assert_eq!(of_this.len(), sample.expect.documents.len().max(1), "{}: entries", sample.name);
        for (at, entry) in of_this.iter().enumerate() {
            assert_message(sample, entry, sightings);
            assert_document(&sample.name, sample.expect.documents.get(at), entry);
            assert_deadlines(sample, sample.expect.documents.get(at), entry);
            assert_verdict(sample, entry);
        }
    }

    // A second pass asks for no body: by the server's own account of the session.
    gateway.ok(&["poll"]);
    // Dovecot writes its account of a session down after its client has gone.
    until("both sessions are accounted for", || sessions(&dovecot).len() == 2);
    let sessions = sessions(&dovecot);
    println!("body bytes by the server's account: {sessions:?}");
    let total: u64 = samples.iter().chain(again).map(|sample| sample.raw.len() as u64).sum();
    assert!(sessions[0] >= total, "{} of {total} bytes", sessions[0]);
    assert_eq!(sessions[1], 0, "the second pass fetched bodies");
    assert_eq!(gateway.export(), entries, "a pass with nothing new changed the register");

    let state = &gateway.json(&["mailboxes", "--json"])[0];
    let all = (MESSAGES + MESSAGES.div_ceil(AGAIN)) as u64;
    for (key, expected) in [("listed", all), ("fetched", all), ("registered", all), ("holes", 0)] {
        assert_eq!(state[key], expected, "{key}");
    }
    assert_eq!(state["quota"]["limit_bytes"], 500 << 20, "the quota of the mailbox is shown");
    assert!(state["quota"]["used_bytes"].as_u64().unwrap() >= total / 1024 * 1024);
    gateway.ok(&["journal", "verify"]);

    assert_eq!(gateway.run(&["reconcile"]).status.code(), Some(0), "the register is complete");
    dovecot.deliver(&world.sample("standard", MESSAGES).raw);
    let reconciled = gateway.run(&["reconcile", "--json"]);
    assert_eq!(reconciled.status.code(), Some(10), "a message is there and not here");
    let difference: Value = serde_json::from_slice(&reconciled.stdout).unwrap();
    assert_eq!(difference[0]["not_here"].as_array().unwrap().len(), 1);
    gateway.ok(&["poll"]);
    assert_eq!(gateway.run(&["reconcile"]).status.code(), Some(0));
}

/// What Dovecot says at the end of each session: body bytes that it handed out.
fn sessions(dovecot: &Dovecot) -> Vec<u64> {
    let log = dovecot.log();
    let ends = log.lines().filter(|line| line.contains("imap(") && line.contains("body_bytes="));
    ends.map(|line| {
        let digits = line.split("body_bytes=").nth(1).unwrap();
        digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    })
    .collect()
}

fn assert_message(sample: &Sample, entry: &Value, sightings: usize) {
    let (name, expect, message) = (&sample.name, &sample.expect, &entry["message"]);
    assert_eq!(message["kind"], expect.kind.as_str(), "{name}: kind");
    assert_eq!(message["size"], sample.raw.len(), "{name}: size");
    for (key, expected) in [
        ("message_id", &expect.message_id),
        ("original_message_id", &expect.original_message_id),
        ("rem_type", &expect.rem_type),
        ("sender_kep", &expect.sender_kep),
        ("subject", &expect.subject),
    ] {
        if expected.is_some() {
            assert_eq!(message[key].as_str(), expected.as_deref(), "{name}: {key}");
        }
    }
    let recipients: Vec<&str> = message["recipients"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(recipients, expect.recipients, "{name}: recipients");
    if let Some(received_at) = expect.received_at {
        assert_eq!(time(entry, "/message/received_at"), received_at, "{name}: arrival");
    }
    let seen = message["sightings"].as_array().unwrap();
    assert_eq!(seen.len(), sightings, "{name}: sightings");
    assert_eq!(
        seen.iter()
            .map(|sighting| text(sighting, "/locator/id"))
            .collect::<BTreeSet<_>>()
            .len(),
        sightings,
        "{name}: two places"
    );

    let flags: BTreeSet<&str> = entry["flags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for flag in &expect.flags {
        assert!(flags.contains(flag.as_str()), "{name}: flag {flag} is not among {flags:?}");
    }
    assert_eq!(flags.contains("duplicate"), sightings > 1, "{name}: {flags:?}");
    let is_broken = expect.flags.iter().any(|flag| flag == "invalid-signature");
    assert!(
        !flags.contains("quarantined") && (is_broken || !flags.contains("malformed-package")),
        "{name}: {flags:?} {}",
        entry["findings"]
    );
    let evidence: BTreeSet<&str> = entry["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|record| text(record, "/sha256"))
        .collect();
    for expected in &expect.evidence {
        assert!(evidence.contains(expected.sha256.as_str()), "{name}: evidence {}", expected.root);
    }
}

fn assert_document(name: &str, expected: Option<&ExpectedDocument>, entry: &Value) {
    let Some(expected) = expected else {
        assert!(entry["document"].is_null(), "{name}: a document that nobody sent");
        return;
    };
    assert_eq!(
        text(entry, "/package/sha256"),
        Some(expected.package_sha256.as_str()),
        "{name}: package"
    );
    let document = &entry["document"];
    for (key, value) in [
        ("id", &expected.id),
        ("number", &expected.number),
        ("subject", &expected.subject),
        ("security", &expected.security),
        ("urgency", &expected.urgency),
    ] {
        if value.is_some() {
            assert_eq!(document[key].as_str(), value.as_deref(), "{name}: {key}");
        }
    }
    if let Some(date) = expected.date {
        assert_eq!(time(document, "/date"), date, "{name}: date");
    }
    if let Some(file) = &expected.file_sha256 {
        assert_eq!(text(document, "/file/sha256"), Some(file.as_str()), "{name}: covering letter");
    }
    if expected.file_name.is_some() {
        assert_eq!(
            text(document, "/file/name"),
            expected.file_name.as_deref(),
            "{name}: name of the covering letter"
        );
    }
    let attachments = document["attachments"].as_array().unwrap();
    assert_eq!(attachments.len(), expected.attachments.len(), "{name}: attachments");
    for (found, expected) in attachments.iter().zip(&expected.attachments) {
        let shown = (text(found, "/type"), &found["signed"], &found["present"]);
        assert_eq!(
            shown,
            (
                Some(expected.r#type.as_str()),
                &Value::from(expected.signed),
                &Value::from(expected.present)
            ),
            "{name}: {found}"
        );
        assert!(text(found, "/id").unwrap().eq_ignore_ascii_case(&expected.id), "{name}: {found}");
        if expected.present && expected.sha256.is_some() {
            assert_eq!(text(found, "/sha256"), expected.sha256.as_deref(), "{name}: attachment");
        }
    }
}

/// When the mailbox got what bears no word of a provider: a Wednesday whose next days are ordinary ones, on whatever day this is read.
fn delivered() -> SystemTime {
    "2026-11-18T09:00:00Z".parse::<Timestamp>().unwrap().into()
}

const DAY: i64 = 86_400;
/// Istanbul, since 2016.
const OFFSET: i64 = 3 * 3_600;

/// The last second of the Turkish day that many days later.
fn end_of_day_after(at: Timestamp, days: i64) -> Timestamp {
    let day = (at.as_second() + OFFSET).div_euclid(DAY) + days;
    Timestamp::from_second((day + 1) * DAY - 1 - OFFSET).unwrap()
}

/// 1970-01-01 was a Thursday. November 2026 has no holiday.
fn next_business_day(at: Timestamp) -> i64 {
    let today = (at.as_second() + OFFSET).div_euclid(DAY);
    (1..).find(|days| ![2, 3].contains(&(today + days).rem_euclid(7))).unwrap()
}

/// By the handbook's rules and no code of the gateway.
fn assert_deadlines(sample: &Sample, document: Option<&ExpectedDocument>, entry: &Value) {
    let name = &sample.name;
    let deadlines = entry["deadlines"].as_array().unwrap();
    let at = |kind: &str| {
        deadlines
            .iter()
            .find(|deadline| deadline["kind"] == kind)
            .map(|deadline| time(deadline, "/at"))
    };
    if sample.expect.kind == "evidence" {
        assert!(deadlines.is_empty(), "{name}: {deadlines:?}");
        return;
    }
    let arrived = sample.expect.received_at.unwrap_or_else(|| time(entry, "/message/received_at"));
    let deemed_read = match sample.expect.kind.as_str() {
        "e-tebligat" => end_of_day_after(arrived, 5),
        _ => end_of_day_after(arrived, next_business_day(arrived)),
    };
    assert_eq!(at("deemed-read"), Some(deemed_read), "{name}: arrived {arrived}");
    let term = document.and_then(|document| Some((document.due.as_deref()?, document.date?)));
    match term {
        Some(("P3D", date)) => {
            // A term of whole days ends with its last day.
            assert_eq!(at("due"), Some(end_of_day_after(date.min(arrived), 3)), "{name}: Miat");
        }
        Some((other, _)) => panic!("{name}: the test knows no Miat of {other}"),
        None => assert_eq!(at("due"), None, "{name}: a Miat that nobody wrote"),
    }
}

fn assert_verdict(sample: &Sample, entry: &Value) {
    let (name, expect, verdict) = (&sample.name, &sample.expect, &entry["verdict"]);
    if let Some(indication) = &expect.indication {
        assert_eq!(
            verdict["indication"],
            indication.as_str(),
            "{name}: {verdict:#} {:#}",
            entry["findings"]
        );
    }
    if let Some(sub_indication) = &expect.sub_indication {
        assert_eq!(verdict["sub_indication"], sub_indication.as_str(), "{name}: {verdict:#}");
    }
}

#[test]
fn the_daemon_registers_what_arrives_and_a_refused_password_stops_one_mailbox_alone() {
    let world = World::new(4);
    let gateway = Gateway::of_receiver(&world);
    let mut dovecot = Dovecot::start();
    std::fs::write(gateway.dir.path().join("wrong.password"), "yanlış\n").unwrap();
    std::fs::write(gateway.dir.path().join("webhook.key"), "0123456789abcdef0123456789abcdef\n").unwrap();
    // Nobody listens there: what is in the outbox stays in it. Both mailboxes would look again only in five minutes.
    let alert = format!(
        "[alert.webhook]\nurl = \"http://127.0.0.1:{}/\"\nallow_plaintext = true\nsecret_file = \"webhook.key\"\n",
        support::ports::free_port()
    );
    let good = mailbox("evrak", &world, &dovecot, &right_password(&dovecot));
    let bad = mailbox("genel", &world, &dovecot, "wrong.password");
    gateway.configure(&format!("{alert}{bad}{good}"));

    let daemon = Daemon(gateway.spawn(&["run"]));
    until("both mailboxes were tried", || {
        // A store that is just being made cannot be asked yet.
        let output = gateway.run(&["mailboxes", "--json"]);
        let state: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        state[0]["failure"].is_object() && state[1]["last_check"].is_string()
    });

    let state = gateway.json(&["mailboxes", "--json"]);
    assert_eq!(text(&state, "/0/failure/class"), Some("authentication"), "{state:#}");
    let cure = text(&state, "/0/failure/cure/tr").unwrap();
    let table = gateway.ok(&["mailboxes"]);
    assert!(
        table.contains(cure) && cure.contains("parola"),
        "the table shows what to do:\n{table}"
    );
    let jobs = gateway.json(&["alerts", "list", "--json"]);
    let told: Vec<&Value> = jobs
        .as_array()
        .unwrap()
        .iter()
        .filter(|job| job["cause"] == "authentication-failure")
        .collect();
    assert_eq!(told.len(), 1, "{jobs:#}");

    // The other mailbox is watched all the same.
    for (nth, kind) in ["package-v2", "standard"].into_iter().enumerate() {
        let sample = world.sample(kind, nth);
        dovecot.deliver(&sample.raw);
        let delivered = Instant::now();
        until("a delivery is registered", || gateway.export().len() == nth + 1);
        println!("{kind} was registered {:?} after its delivery", delivered.elapsed());
        assert_eq!(gateway.export()[nth]["message"]["sha256"], World::sha256(&sample.raw));
    }
    assert_eq!(
        dovecot.log().matches("auth failed").count(),
        1,
        "a refused password is not tried again: the account would be locked"
    );
    assert!(text(&gateway.json(&["mailboxes", "--json"]), "/0/failure/class").is_some());

    // The cure works: the secret is read anew, and what both mailboxes hold stands in the register once.
    std::fs::copy(right_password(&dovecot), gateway.dir.path().join("wrong.password")).unwrap();
    daemon.signal(rustix::process::Signal::HUP);
    let all_were_seen_twice = || {
        let entries = gateway.export();
        entries.len() == 2
            && entries
                .iter()
                .all(|entry| entry["message"]["sightings"].as_array().unwrap().len() == 2)
    };
    until("both mailboxes stand at both messages", all_were_seen_twice);
    assert!(daemon.stop().0.success());
    gateway.ok(&["journal", "verify"]);
}
