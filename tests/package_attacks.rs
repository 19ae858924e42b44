//! Attacks on the container of a signed package (pki.md 4.10), each from a sound one by one trick; and that no altered byte of it passes
//! unless it lies where the report says that nothing is covered.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use forge::chance;
use forge::eyp::{Attachment, AttachmentKind, Version, guid, opc_entries};
use forge::world::World;
use forge::zip::{self, Entry};
use kep_gateway::envelope::{self, Package, Receiver};
use kep_gateway::limits::Limits;
use kep_gateway::signature::asn1::ber::{self, tag};
use kep_gateway::signature::report::{Indication, SubIndication};
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};

/// Fresh for the world's CRLs of 18 November.
const AT: &str = "2026-11-19T06:00:00Z";

/// What is not covered, as rules of findings and codes of reasons.
const CONTAINER: &str = "KEP-3427";
const UNSIGNED_PART: &str = "KEP-3424";
const OUTSIDE_PARTS: [&str; 2] = ["KEP-2801", "KEP-2806"];
const BESIDE_SIGNATURE: [&str; 2] = ["KEP-3421", "KEP-3425"];

struct Bench {
    context: Context,
    /// The entries of a sound package with an unsigned attachment.
    entries: Vec<Entry>,
}

/// The same whichever test needs it first.
static BENCH: LazyLock<Bench> = LazyLock::new(|| chance::apart("package", bench));

fn bench() -> Bench {
    let world = World::new(74);
    let dir = tempfile::tempdir().unwrap();
    world.trust_folder(&dir.path().join("trust"));
    world.intermediates(&dir.path().join("intermediates"));
    world.revocation(&dir.path().join("revocation"));
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    let letter = world.letter(3);
    let mut package = letter.package(Version::V2_0, &letter.sender.director);
    package.attachments = vec![Attachment {
        id: guid("imzasız"),
        name: "Liste".into(),
        kind: AttachmentKind::Inside {
            file: "liste.pdf".into(),
            mime: "application/pdf".into(),
            bytes: b"%PDF-1.4 liste".to_vec(),
            signed: false,
        },
    }];
    let parts = RefCell::new(Vec::new());
    package.build_with(&|_| {}, &|made| *parts.borrow_mut() = made.clone());
    Bench {
        context: Context::new(Arc::new(trust), AT.parse().unwrap(), Limits::default()),
        entries: opc_entries(&parts.borrow()),
    }
}

fn judged(bytes: &[u8]) -> FileReport {
    judged_as(bytes, "belge.eyp")
}

fn judged_as(bytes: &[u8], name: &str) -> FileReport {
    verify_file(&Bytes::copy_from_slice(bytes), name, None, &BENCH.context)
}

fn told(report: &FileReport) -> String {
    let findings = report
        .findings
        .iter()
        .map(|one| format!("{} {:?} {} {}", one.rule, one.severity, one.place, one.text.en));
    let reasons = report.signatures.iter().flat_map(|one| &one.reasons);
    let reasons = reasons.map(|reason| format!("{} {}", reason.code, reason.text.en));
    findings.chain(reasons).collect::<Vec<_>>().join("\n")
}

fn has_rule(report: &FileReport, rule: &str) -> bool {
    report.findings.iter().any(|finding| finding.rule == rule)
}

const LETTER: &str = "UstYazi/";

fn letter_of(entries: &[Entry]) -> usize {
    entries.iter().position(|entry| entry.name.starts_with(LETTER)).unwrap()
}

#[test]
fn no_trick_with_the_zip_passes() {
    let sound = &BENCH.entries;
    let report = judged(&zip::write(sound));
    assert_eq!(report.indication, Indication::Passed, "{}", told(&report));
    let at = letter_of(sound);
    let other = |name: &str| Entry::new(name, b"%PDF-1.4 ODENECEK 1000000 TL".to_vec());
    let with = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut entries = sound.clone();
        change(&mut entries);
        zip::write(&entries)
    };
    let genuine = zip::write(sound);
    let unsigned = with(&|entries| entries.retain(|entry| !entry.name.contains("Cades")));
    let attacks: Vec<(&str, Vec<u8>)> = vec![
        ("the letter replaced", with(&|entries| entries[at] = other(&sound[at].name))),
        (
            "the letter twice, the other first",
            with(&|entries| entries.insert(at, other(&sound[at].name))),
        ),
        (
            "the letter twice, the other last",
            with(&|entries| entries.push(other(&sound[at].name))),
        ),
        (
            "twice in another case",
            with(&|entries| entries.push(other(&sound[at].name.to_uppercase()))),
        ),
        (
            "another name in the local header",
            with(&|entries| entries[at].local_name = Some(sound[at].name.replace('U', "V"))),
        ),
        ("marked as encrypted", with(&|entries| entries[at].encrypted = true)),
        ("a size that lies", with(&|entries| entries[at].claimed_size = Some(5))),
        ("out of the folder", with(&|entries| entries.push(other("../../etc/cron.d/x")))),
        (
            "out of the folder by back-slashes",
            with(&|entries| entries.push(other("..\\..\\x"))),
        ),
        (
            "a bomb",
            with(&|entries| entries.push(Entry::new("Ekler/bos.pdf", vec![0; 64 << 20]))),
        ),
        ("a program before it", [b"MZ\x90\0 self-extracting".as_slice(), &genuine].concat()),
        ("a text before it", [b"Ekli pakete bakiniz\r\n\r\n".as_slice(), &genuine].concat()),
        ("another package before it", [unsigned.as_slice(), &genuine].concat()),
        ("another package behind it", [genuine.as_slice(), &unsigned].concat()),
        ("an entry that the directory hides", hidden_entry(&genuine)),
        ("a PDF before it", [b"%PDF-1.4\n%%EOF\n".as_slice(), &genuine].concat()),
        (
            "an XML before it",
            [b"<?xml version=\"1.0\"?><Belge/>".as_slice(), &genuine].concat(),
        ),
    ];
    for (what, bytes) in attacks {
        // Whatever the file is called: the answer must not depend on a name that the sender chose.
        for name in ["belge.eyp", "belge.zip", "belge.exe", "belge"] {
            let report = judged_as(&bytes, name);
            assert_ne!(report.indication, Indication::Passed, "{what} as {name}\n{}", told(&report));
        }
    }
}

/// The genuine bytes with a whole local entry between the entries and the directory, the offset of the directory set right.
fn hidden_entry(genuine: &[u8]) -> Vec<u8> {
    let directory = genuine.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let stowaway = zip::write(&[Entry::new("UstYazi/ustyazi.pdf", b"%PDF-1.4 baska".to_vec())]);
    let stowaway = &stowaway[..stowaway.windows(4).position(|four| four == b"PK\x01\x02").unwrap()];
    let mut bytes = genuine.to_vec();
    bytes.splice(directory..directory, stowaway.iter().copied());
    let field = bytes.len() - 6;
    let offset = u32::try_from(directory + stowaway.len()).unwrap();
    bytes[field..field + 4].copy_from_slice(&offset.to_le_bytes());
    bytes
}

/// A ZIP is found from its end. "There is no package here" would be said of a file that every other program opens as one.
#[test]
fn a_package_behind_other_bytes_is_a_package_and_open() {
    let genuine = zip::write(&BENCH.entries);
    for prefix in [
        b"MZ\x90\0 self-extracting".as_slice(),
        b"\0",
        b"Ekli pakete bakiniz\r\n\r\n",
        &[0xff; 70_000],
    ] {
        let bytes = [prefix, &genuine].concat();
        for name in ["belge.eyp", "belge.exe", "belge"] {
            let report = judged_as(&bytes, name);
            assert_eq!(report.kind, "eyp", "{name}\n{}", told(&report));
            assert_eq!(
                (report.indication, report.sub_indication),
                (Indication::Indeterminate, Some(SubIndication::SigConstraintsFailure)),
                "{}",
                told(&report)
            );
            assert!(has_rule(&report, "KEP-2807"), "{}", told(&report));
            // The signatures themselves were judged.
            assert!(report.signatures.iter().all(|one| one.indication == Indication::Passed));
        }
    }
    // What calls itself a package and is none is told as that.
    let report = judged_as(b"Ekli pakete bakiniz", "belge.eyp");
    assert_eq!(report.kind, "eyp");
    assert!(has_rule(&report, "C1"), "{}", told(&report));
    // A mail that speaks of packages is a mail.
    let mail = b"From: a@hs01.kep.tr\r\nSubject: x\r\n\r\n[Content_Types].xml Ustveri/Ustveri.xml PK\x01\x02 PK\x05\x06\r\n";
    assert_eq!(judged_as(mail, "x").kind, "message");
}

#[test]
fn the_fields_of_the_zip_and_the_plumbing_are_named_as_not_covered() {
    let report = judged(&zip::write(&BENCH.entries));
    let named = report.findings.iter().find(|finding| finding.rule == CONTAINER).unwrap();
    for word in ["[Content_Types].xml", ".rels", "tarih", "bayrak", "ek alan"] {
        assert!(named.text.tr.contains(word), "{}", named.text.tr);
    }
    for word in ["[Content_Types].xml", ".rels", "times", "flags", "extra fields"] {
        assert!(named.text.en.contains(word), "{}", named.text.en);
    }
    assert!(report.json(kep_gateway::text::Lang::En)["findings"].to_string().contains(CONTAINER));
}

/// A sequence that is the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn parts(package: &Package) -> BTreeMap<String, Option<Bytes>> {
    let each = package.parts.iter();
    each.map(|part| (part.uri.clone(), package.open_part(&part.uri))).collect()
}

fn is_plumbing(uri: &str) -> bool {
    uri.eq_ignore_ascii_case("/[Content_Types].xml") || uri.to_ascii_lowercase().ends_with(".rels")
}

/// Why a mutation that passes may pass; an error when it may not.
fn excused(genuine: &BTreeMap<String, Option<Bytes>>, mutated: &[u8], report: &FileReport) -> Result<&'static str, String> {
    let package = envelope::read(
        &Bytes::copy_from_slice(mutated),
        Some("belge.eyp"),
        &Receiver::default(),
        &Limits::default(),
    );
    let now = parts(&package);
    let names: Vec<&String> = genuine.keys().chain(now.keys()).collect();
    let mut why = "fields of the ZIP";
    if !has_rule(report, CONTAINER) {
        return Err("nobody names the container".into());
    }
    for name in names.into_iter().filter(|name| genuine.get(*name) != now.get(*name)) {
        let unsigned = report
            .findings
            .iter()
            .any(|finding| finding.rule == UNSIGNED_PART && finding.place == *name);
        if is_plumbing(name) {
            why = "plumbing";
        } else if unsigned {
            why = "an unsigned part";
        } else if name.contains("Cades") && is_beside_signature(genuine.get(name), now.get(name), report) {
            why = "beside a signature";
        } else {
            return Err(format!("{name} differs"));
        }
    }
    Ok(why)
}

/// The CMS says the same in another encoding, or the report names what stands in it without protection.
fn is_beside_signature(before: Option<&Option<Bytes>>, now: Option<&Option<Bytes>>, report: &FileReport) -> bool {
    let (Some(Some(before)), Some(Some(now))) = (before, now) else {
        return false;
    };
    let canonical = |bytes: &[u8]| ber::whole(bytes, 32).and_then(|value| value.to_der(tag::SEQUENCE, false));
    // RFC 5280 7.1 compares names without case: the pointer to the certificate, which a signed attribute pins by hash, says the same.
    let differ: Vec<(u8, u8)> = before
        .iter()
        .zip(now.iter())
        .filter(|(one, other)| one != other)
        .map(|(one, other)| (*one, *other))
        .collect();
    if before.len() == now.len()
        && differ
            .iter()
            .all(|(one, other)| one.is_ascii_alphabetic() && one.eq_ignore_ascii_case(other))
    {
        return true;
    }
    let mut reasons = report.signatures.iter().flat_map(|one| &one.reasons);
    let named = reasons.any(|reason| BESIDE_SIGNATURE.contains(&reason.code.as_str()));
    named || (canonical(now).is_ok() && canonical(now) == canonical(before))
}

#[test]
fn a_mutated_byte_of_a_package_passes_only_where_the_report_says_that_nothing_is_covered() {
    let genuine = zip::write(&BENCH.entries);
    let known = parts(&envelope::read(
        &Bytes::from(genuine.clone()),
        Some("belge.eyp"),
        &Receiver::default(),
        &Limits::default(),
    ));
    // Half of the mutations among the headers and the directory, which are a small part of the bytes.
    let directory = genuine.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let headers: Vec<usize> = genuine
        .windows(4)
        .enumerate()
        .filter(|(_, four)| *four == b"PK\x03\x04")
        .flat_map(|(at, _)| at..at + 60)
        .chain(directory..genuine.len())
        .filter(|at| *at < genuine.len())
        .collect();
    let mut random = Random(7);
    let mut passed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for round in 0..1_200 {
        let at = if round % 2 == 0 {
            headers[random.below(headers.len())]
        } else {
            random.below(genuine.len())
        };
        let mut mutated = genuine.clone();
        match random.below(4) {
            0 | 1 => mutated[at] ^= 1 << random.below(8),
            2 => mutated[at] = random.below(256) as u8,
            _ => {
                let length = 1 + random.below(4);
                mutated.drain(at..(at + length).min(genuine.len()));
            }
        }
        if mutated == genuine {
            continue;
        }
        let report = judged(&mutated);
        if report.indication != Indication::Passed {
            continue;
        }
        let outside = OUTSIDE_PARTS.iter().any(|rule| has_rule(&report, rule));
        match excused(&known, &mutated, &report) {
            Ok(_) if outside => *passed.entry("outside of the parts").or_default() += 1,
            Ok(why) => *passed.entry(why).or_default() += 1,
            Err(why) => wrong.push(format!("round {round}, byte {at} of {}: {why}\n{}", genuine.len(), told(&report))),
        }
    }
    println!("passed: {passed:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(passed.contains_key("fields of the ZIP"), "the mutations reach the container");
}

/// The same in the parts themselves, the ZIP written anew around them: no checksum stands in the way of what a sender may do.
#[test]
fn a_mutated_byte_of_a_part_passes_only_where_the_report_says_that_nothing_is_covered() {
    let known = parts(&envelope::read(
        &Bytes::from(zip::write(&BENCH.entries)),
        Some("belge.eyp"),
        &Receiver::default(),
        &Limits::default(),
    ));
    let mut random = Random(11);
    let mut passed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for round in 0..900 {
        let mut entries = BENCH.entries.clone();
        let number = random.below(entries.len());
        let entry = &mut entries[number];
        let at = random.below(entry.bytes.len());
        match random.below(4) {
            0 | 1 => entry.bytes[at] ^= 1 << random.below(8),
            2 => entry.bytes.insert(at, b" \n<\"0"[random.below(5)]),
            _ => drop(entry.bytes.remove(at)),
        }
        let name = entry.name.clone();
        let mutated = zip::write(&entries);
        let report = judged(&mutated);
        if report.indication != Indication::Passed {
            continue;
        }
        match excused(&known, &mutated, &report) {
            Ok(why) => *passed.entry(why).or_default() += 1,
            Err(why) => wrong.push(format!("round {round}, {name} byte {at}: {why}\n{}", told(&report))),
        }
    }
    println!("passed: {passed:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for why in ["plumbing", "an unsigned part", "beside a signature"] {
        assert!(passed.contains_key(why), "the mutations reach {why}: {passed:?}");
    }
}
