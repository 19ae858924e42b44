//! Trust anchors: what may be taken without asking, what wants a yes, what is never taken, and that a purpose stays a purpose.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use forge::depository::{self as forged, Row, row, rsa_root};
use forge::evidence::{Evidence, Form, NAMESPACE};
use forge::mail::Envelope;
use forge::pki::{Certified, Hash, KeyKind, Profile, at};
use forge::world::World;
use kep_gateway::evidence;
use kep_gateway::limits::Limits;
use kep_gateway::signature::certificate::{self, Certificate};
use kep_gateway::signature::crypto::KeyKind as Kind;
use kep_gateway::signature::report::{Indication, Role, SignatureReport};
use kep_gateway::signature::trust::Purpose;
use kep_gateway::signature::trust::depository;
use kep_gateway::signature::trust::difference::{Difference, Standing};
use kep_gateway::signature::trust::pins::Pins;
use kep_gateway::signature::trust::row_signature::RowState;
use kep_gateway::signature::trust::source::Source;
use kep_gateway::signature::trust::sqlite::Database;
use kep_gateway::signature::validation::{Check, CheckResult};
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};
use serde_json::Value;

/// The real roots, where they are at hand.
fn real_roots() -> Option<Vec<(String, Arc<Certificate>)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/trust/roots");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return None;
    }
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let one = certificate::read_bundle(&fs::read(file).unwrap()).unwrap().remove(0);
        (file.file_name().unwrap().to_string_lossy().into_owned(), one)
    };
    Some(files.iter().map(read).collect())
}

/// The program with a configuration of its own and no anchors yet.
struct Gateway(tempfile::TempDir);

impl Gateway {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("kep-gateway.toml"),
            "language = \"en\"\n[trust]\nanchors = \"trust\"\nintermediates = \"intermediates\"\n[store]\npath = \"store\"\n",
        )
        .unwrap();
        fs::create_dir(dir.path().join("intermediates")).unwrap();
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kep-gateway"));
        command.arg("--config").arg(self.path("kep-gateway.toml")).args(args);
        command.env("RUST_LOG", "warn").stdin(Stdio::null()).output().unwrap()
    }

    fn code(&self, args: &[&str]) -> i32 {
        let output = self.run(args);
        let shown = [output.stdout.as_slice(), &output.stderr].map(String::from_utf8_lossy).concat();
        println!("$ {args:?}\n{shown}");
        output.status.code().unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// (SHA-256, purposes) of the anchors that are trusted now.
    fn anchors(&self) -> Vec<(String, String)> {
        let list = self.json(&["trust", "list", "--json"]);
        let words = |value: &Value| {
            value
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let anchors = list["anchors"].as_array().unwrap().iter();
        anchors
            .map(|anchor| (anchor["sha256"].as_str().unwrap().to_owned(), words(&anchor["purposes"])))
            .collect()
    }
}

fn root(name: &str) -> Arc<Certified> {
    Certified::self_signed(&Profile::root(name, "Örnek Güven A.Ş."), "root")
}

// ---- the facts

#[test]
fn every_real_root_is_pinned_as_it_is_and_nothing_else_is_there() {
    let Some(roots) = real_roots() else { return };
    let pins = Pins::shipped();
    for (file, root) in &roots {
        let pin = pins.of(root.sha256).unwrap_or_else(|| panic!("{file} is not pinned"));
        assert_eq!(Some(pin.name.as_str()), root.subject.common_name(), "{file}");
        assert_eq!((pin.not_before, pin.not_after), (root.not_before, root.not_after), "{file}");
        assert_eq!(pin.spki_sha256, root.spki_sha256, "{file}");
        let key = match root.public_key().unwrap().kind {
            Kind::Rsa(bits) => format!("RSA-{bits}"),
            Kind::Ec(bits) => format!("P-{bits}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(pin.key, key, "{file}");
    }
    assert_eq!(roots.len(), pins.iter().count(), "a pin without its root, or two files of one root");
}

#[test]
fn real_roots_are_taken_without_asking_and_serve_their_purposes() {
    let Some(roots) = real_roots() else { return };
    let gateway = Gateway::new();
    for (file, root) in &roots {
        gateway.put(&format!("from/{file}"), &root.der);
    }
    let from = gateway.path("from");
    assert_eq!(gateway.code(&["trust", "import", from.to_str().unwrap()]), 0);
    let anchors = gateway.anchors();
    assert_eq!(anchors.len(), roots.len());
    for pin in Pins::shipped().iter() {
        let (_, purposes) = anchors.iter().find(|(sha256, _)| *sha256 == pin.sha256.to_string()).unwrap();
        let wanted: Vec<&str> = pin.purposes.iter().map(|purpose| purpose.folder()).collect();
        assert_eq!(*purposes, wanted.join(" "), "{}", pin.name);
    }
    let list = gateway.json(&["trust", "list", "--json"]);
    assert!(list["anchors"].as_array().unwrap().iter().all(|anchor| anchor["pin"] != "unpinned"));
    assert_eq!(
        gateway.code(&["trust", "diff", from.to_str().unwrap()]),
        0,
        "nothing is left to take"
    );
}

// ---- a yes, and what no yes helps

#[test]
fn an_unpinned_root_is_taken_only_with_a_yes_to_its_whole_fingerprint() {
    let (gateway, own, other) = (Gateway::new(), root("Örnek Kök 1"), root("Örnek Kök 2"));
    let file = gateway.put("yeni.pem", (own.pem() + &other.pem()).as_bytes());
    assert_eq!(gateway.code(&["trust", "import", &file]), 10, "no purpose, no yes");
    assert_eq!(gateway.code(&["trust", "import", &file, "--purpose", "nes"]), 10, "no yes");
    assert!(
        gateway.anchors().is_empty() && !gateway.path("trust").exists(),
        "shown is not taken"
    );
    assert_eq!(
        gateway.code(&["trust", "import", &file, "--purpose", "nes", "--yes", &own.sha256()[..16]]),
        2,
        "not a whole fingerprint"
    );
    assert_eq!(
        gateway.code(&["trust", "import", &file, "--purpose", "nes", "--yes", &own.sha256()]),
        10,
        "the other one is left"
    );
    assert_eq!(gateway.anchors(), [(own.sha256(), "nes".to_owned())]);
    assert_eq!(
        gateway.code(&[
            "trust",
            "import",
            &file,
            "--purpose",
            "nes",
            "--yes",
            &own.sha256(),
            &other.sha256()
        ]),
        0
    );
    let written: Vec<PathBuf> = fs::read_dir(gateway.path("trust/nes"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(written.len(), 2, "no drafts stay behind: {written:?}");
    assert_eq!(fs::read(gateway.path(&format!("trust/nes/{}.der", own.sha256()))).unwrap(), own.der);
}

#[test]
fn forged_roots_and_imitations_are_refused_whatever_anybody_says() {
    let gateway = Gateway::new();
    let forged = Certified::self_signed(
        &Profile {
            forged: true,
            ..Profile::root("Örnek Kök", "Örnek Güven A.Ş.")
        },
        "forged",
    );
    let imitation = root("Kamu SM Kök Sertifika Hizmet Sağlayıcısı - Sürüm 6");
    let look_alike = root("KAMU SM KOK SERTIFIKA HIZMET SAGLAYICISI - SURUM 6");
    let person = Certified::self_signed(&Profile::root("Örnek Kök", "Örnek"), "r")
        .issue(&Profile::nes("Ayşe Örnek", &forge::pki::synthetic_id(5), KeyKind::P256), "ayse");
    for (one, says) in [
        (&forged, "its own signature does not verify"),
        (&imitation, "another key"),
        (&look_alike, "another key"),
        (&person, "is no root"),
    ] {
        let file = gateway.put("kok.der", &one.der);
        let yes = ["trust", "import", &file, "--purpose", "nes", "--yes", &one.sha256()];
        assert_eq!(gateway.code(&yes), 10, "{}", one.common_name);
        let shown = gateway.json(&["trust", "diff", &file, "--purpose", "nes", "--json"]);
        assert_eq!(shown["changes"][0]["standing"], "refused");
        assert!(shown["changes"][0]["reason"].as_str().unwrap().contains(says), "{shown}");
    }
    assert!(gateway.anchors().is_empty());
    // Put there by hand it is at least called what it is.
    gateway.put("trust/nes/elle.der", &imitation.der);
    assert_eq!(gateway.json(&["trust", "list", "--json"])["anchors"][0]["pin"], "IMITATION!");
}

#[test]
fn what_a_source_folder_holds_beside_files_is_named_and_the_rest_is_read() {
    let gateway = Gateway::new();
    let own = root("Bizim Kök");
    gateway.put("from/nes/kok.der", &own.der);
    let from = gateway.path("from");
    std::os::unix::fs::symlink(gateway.path("from/nes/kok.der"), from.join("nes/link.der")).unwrap();
    std::os::unix::fs::symlink(&from, from.join("muhur")).unwrap();
    assert!(Command::new("mkfifo").arg(from.join("nes/pipe.der")).status().unwrap().success());
    let large = fs::File::create(from.join("nes/large.der")).unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    for (lang, words) in [("tr", ["bağlantı", "boru", "sınır"]), ("en", ["link", "pipe", "the limit is"])] {
        let output = gateway.run(&["--lang", lang, "trust", "diff", from.to_str().unwrap()]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(10), "{}", String::from_utf8_lossy(&output.stderr));
        for (name, word) in ["link.der", "pipe.der", "large.der"].into_iter().zip(words) {
            assert!(
                said.lines().any(|line| line.contains(name) && line.contains(word)),
                "{name}: {said}"
            );
        }
        assert!(said.lines().any(|line| line.contains("muhur") && line.contains(words[0])), "{said}");
        assert!(said.contains("Bizim Kök"), "{said}");
    }
    // The own folder goes on too, and says it.
    fs::create_dir_all(gateway.path("trust/nes")).unwrap();
    fs::File::create(gateway.path("trust/nes/large.der"))
        .unwrap()
        .set_len((64 << 20) + 1)
        .unwrap();
    let list = gateway.run(&["trust", "list"]);
    assert!(
        String::from_utf8_lossy(&list.stdout).contains("large.der"),
        "{}",
        String::from_utf8_lossy(&list.stderr)
    );
}

#[test]
fn a_depository_that_cannot_be_read_is_told_in_both_languages() {
    let gateway = Gateway::new();
    let file = gateway.put("depo.xml", b"<!DOCTYPE a><a/>");
    for (lang, words) in [("tr", "DTD içeriyor"), ("en", "it holds a DTD")] {
        let output = gateway.run(&["--lang", lang, "trust", "diff", &file]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(words) && !said.contains("detected"), "{said}");
    }
}

#[test]
fn no_yes_is_asked_for_what_no_yes_takes() {
    let gateway = Gateway::new();
    let person = Certified::self_signed(&Profile::root("Örnek Kök", "Örnek"), "r")
        .issue(&Profile::nes("Ayşe Örnek", &forge::pki::synthetic_id(5), KeyKind::P256), "ayse");
    let refused = gateway.put("kisi.der", &person.der);
    let said = |path: &str| {
        let output = gateway.run(&["trust", "import", path, "--purpose", "nes"]);
        assert_eq!(output.status.code(), Some(10));
        String::from_utf8(output.stdout).unwrap()
    };
    let alone = said(&refused);
    assert!(alone.contains("Refused 1") && !alone.contains("--yes"), "{alone}");
    gateway.put("both/kisi.der", &person.der);
    gateway.put("both/kok.der", &root("Bizim Kök").der);
    let both = said(gateway.path("both").to_str().unwrap());
    assert!(both.contains("Refused 1") && both.contains("--yes"), "{both}");
}

#[test]
fn a_folder_says_the_purpose_and_a_provider_is_bound_to_its_domain() {
    let gateway = Gateway::new();
    let (nes, kep) = (root("NES Kökü"), root("KEP Kökü"));
    gateway.put("from/nes/a.pem", nes.pem().as_bytes());
    gateway.put("from/kephs/hs01.kep.tr/b.pem", kep.pem().as_bytes());
    gateway.put("from/README", b"not a certificate");
    let from = gateway.path("from");
    assert_eq!(
        gateway.code(&["trust", "import", from.to_str().unwrap(), "--yes", &nes.sha256(), &kep.sha256()]),
        0
    );
    let trust = Trust::load(Some(&gateway.path("trust")), None, None).unwrap();
    assert_eq!(trust.trusted_for(Purpose::Nes).len(), 1);
    assert_eq!(trust.trusted_for(Purpose::Tsa).len(), 0);
    let anchor = trust.anchors().find(|anchor| anchor.sha256().to_string() == kep.sha256()).unwrap();
    assert!(anchor.serves_provider(Some("HS01.kep.tr")) && !anchor.serves_provider(Some("hs02.kep.tr")) && !anchor.serves_provider(None));
    let person = trust.anchors().find(|anchor| anchor.sha256().to_string() == nes.sha256()).unwrap();
    assert!(!person.serves_provider(Some("hs01.kep.tr")), "a root of persons is no provider");
    // The same certificate for a second provider is a change of its own.
    let file = gateway.put("kep.der", &kep.der);
    let second = [
        "trust",
        "import",
        &file,
        "--purpose",
        "kephs",
        "--provider",
        "hs02.kep.tr",
        "--yes",
        &kep.sha256(),
    ];
    assert_eq!(gateway.code(&second), 0);
    let list = gateway.json(&["trust", "list", "--json"]);
    let domains = list["anchors"]
        .as_array()
        .unwrap()
        .iter()
        .find(|anchor| anchor["sha256"] == kep.sha256())
        .unwrap();
    assert_eq!(domains["provider_domains"], serde_json::json!(["hs01.kep.tr", "hs02.kep.tr"]));
    assert_eq!(
        gateway.code(&["trust", "import", &file, "--purpose", "kephs", "--provider", "../x"]),
        2
    );
}

#[test]
fn the_difference_names_new_missing_changed_and_ended_anchors() {
    let gateway = Gateway::new();
    let (stays, grows, goes) = (root("Kalan"), root("Büyüyen"), root("Giden"));
    let ended = Certified::self_signed(
        &Profile {
            not_after: at("2024-01-01T00:00:00Z"),
            ..Profile::root("Bitmiş", "Örnek")
        },
        "ended",
    );
    for one in [&stays, &grows, &goes] {
        gateway.put(&format!("trust/nes/{}.der", one.common_name), &one.der);
    }
    gateway.put("from/nes/a.der", &stays.der);
    gateway.put("from/nes/b.der", &grows.der);
    gateway.put("from/muhur/b.der", &grows.der);
    gateway.put("from/tsa/c.der", &ended.der);
    let from = gateway.path("from");
    assert_eq!(gateway.code(&["trust", "diff", from.to_str().unwrap()]), 10);
    let shown = gateway.json(&["trust", "diff", from.to_str().unwrap(), "--json"]);
    let of = |one: &Certified| {
        shown["changes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|change| change["sha256"] == one.sha256())
            .unwrap()
            .clone()
    };
    assert_eq!(of(&stays)["kind"], "unchanged");
    assert_eq!(of(&grows)["kind"], "purposes");
    assert_eq!(of(&grows)["purposes"], serde_json::json!(["nes", "muhur"]));
    assert_eq!(
        (of(&ended)["kind"].as_str(), of(&ended)["expired"].as_bool()),
        (Some("new"), Some(true))
    );
    assert_eq!(shown["missing"][0]["sha256"], goes.sha256());
    assert_eq!(
        gateway.code(&["trust", "import", from.to_str().unwrap(), "--yes", &grows.sha256(), &ended.sha256()]),
        0
    );
    let anchors = gateway.anchors();
    assert!(
        anchors.contains(&(grows.sha256(), "nes muhur".into())) && anchors.contains(&(goes.sha256(), "nes".into())),
        "{anchors:?}"
    );
}

#[test]
fn a_root_below_which_nothing_can_pass_is_named() {
    let gateway = Gateway::new();
    let odd = Certified::self_signed(
        &Profile {
            unknown_critical: true,
            ..Profile::root("Tuhaf Kök", "Örnek")
        },
        "odd",
    );
    gateway.put("trust/nes/tuhaf.der", &odd.der);
    gateway.put("trust/tsa/tuhaf.der", &odd.der);
    gateway.put("trust/nes/duz.der", &root("Düz Kök").der);
    let output = gateway.run(&["trust", "list"]);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(shown.matches("no signature below it can pass").count(), 1, "{shown}");
    assert!(shown.contains("! tuhaf.der:") && shown.contains("2.16.792.1.99.1"), "{shown}");
}

#[test]
fn what_ends_is_named() {
    let mut trust = Trust::default();
    for (name, end) in [
        ("Uzun", "2040-01-01T00:00:00Z"),
        ("Yakın", "2027-01-01T00:00:00Z"),
        ("Bitmiş", "2024-01-01T00:00:00Z"),
    ] {
        let one = Certified::self_signed(
            &Profile {
                not_after: at(end),
                ..Profile::root(name, "Örnek")
            },
            "x",
        );
        trust.add_anchor(&Certificate::parse(&one.der).unwrap(), &[Purpose::Nes], name);
    }
    let ending: Vec<String> = trust
        .expiring(at("2026-11-22T00:00:00Z"), jiff::SignedDuration::from_hours(24 * 90))
        .iter()
        .map(|anchor| anchor.name())
        .collect();
    assert_eq!(ending, ["Bitmiş", "Yakın"]);
    assert_eq!(
        trust.unserved(at("2026-11-22T00:00:00Z")),
        [Purpose::Seal, Purpose::Provider, Purpose::Tsa]
    );
    assert_eq!(trust.unserved(at("2041-01-01T00:00:00Z")), Purpose::ALL);
}

/// Evidence speaks for the parties that it names, whatever the mail around it says, and also by itself.
#[test]
fn evidence_is_of_a_provider_of_the_parties_that_it_names() {
    let world = World::new(29);
    let gateway = Gateway::new();
    let place = |name: &str| gateway.path(name);
    world.trust_folder(&place("trust"));
    fs::remove_dir_all(place("trust/kephs")).unwrap();
    for provider in &world.providers {
        let folder = place(&format!("trust/kephs/{}.kep.tr", provider.code));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("islem.der"), &provider.cert.der).unwrap();
    }
    let trust = Trust::load(Some(&place("trust")), None, None).unwrap();
    let context = Context::new(Arc::new(trust), at("2026-11-19T06:00:00Z"), Limits::default());
    let named = context.clone().with_parties(evidence::parties_of);
    let outcome = |bytes: &[u8], context: &Context| {
        let report = verify_file(&Bytes::copy_from_slice(bytes), "dosya", None, context);
        let of = |one: &&SignatureReport| one.role == Role::Evidence;
        let one = report.signatures.iter().find(of).unwrap_or_else(|| panic!("{report:#?}")).clone();
        let reasons: Vec<String> = one
            .reasons
            .iter()
            .map(|reason| format!("{} {}", reason.code, reason.text.tr))
            .collect();
        (one.indication, reasons)
    };
    let address = |code: &str| format!("birim@{code}.kep.tr");
    let signed_by = |code: &str, sender: &str, recipient: &str| {
        let provider = world.providers.iter().find(|provider| provider.code == code).unwrap();
        let delivered = Evidence {
            root: "DeliveryNonDeliveryToRecipient".into(),
            namespace: NAMESPACE.into(),
            event: "Delivery".into(),
            reasons: vec![],
            identifier: format!("{code}-{sender}-{recipient}"),
            issuer_name: provider.name.into(),
            issuer_address: provider.address.clone(),
            event_time: world.base,
            submission_time: Some(world.base),
            sender: ("Gönderen".into(), sender.into()),
            recipients: vec![("Alıcı".into(), recipient.into())],
            refers_to: Some(1),
            subject: "Deneme".into(),
            original_message_id: Some("<1@deneme.example>".into()),
            provider_message_id: "<2@deneme.example>".into(),
            digest: None,
        };
        delivered.signed(&provider.cert, Form::Sha256)
    };
    let mail_of = |header: &str, xml: &[u8]| {
        let envelope = Envelope {
            provider_name: "Deneme".into(),
            from: address(header),
            to: vec![address(header)],
            subject: "Delil".into(),
            message_id: "<3@deneme.example>".into(),
            date: world.base,
            introduction: "Delil ektedir.\n".into(),
            evidence: vec![("delil.xml".into(), xml.to_vec())],
            original: None,
            etsi_headers: true,
        };
        let provider = world.providers.iter().find(|provider| provider.code == header).unwrap();
        let spec = world.provider_spec(provider, world.base);
        envelope.signed(&|octets, attached| world.cms(octets, attached, spec.clone()), Hash::Sha256)
    };
    let foreign = signed_by("hs03", &address("hs01"), &address("hs02"));
    let delivery = signed_by("hs02", &address("hs01"), &address("hs02"));
    let refused = |what: &str, (indication, reasons): (Indication, Vec<String>)| {
        assert_eq!(indication, Indication::Indeterminate, "{what}: {reasons:?}");
        assert!(reasons.iter().any(|reason| reason.starts_with("KEP-3534")), "{what}: {reasons:?}");
        reasons.concat()
    };
    // The mail around it bears the name of the provider that signed: whoever sends a mail writes its headers.
    refused("in a mail", outcome(&mail_of("hs03", &foreign), &named));
    let told = refused("by itself", outcome(&foreign, &named));
    assert!(told.contains("hs03.kep.tr ≠ hs01.kep.tr, hs02.kep.tr"), "{told}");
    // The recipient's provider attests it, and the mail that brings it back names the sender's only.
    for bytes in [&delivery, &mail_of("hs01", &delivery)] {
        let (indication, reasons) = outcome(bytes, &named);
        assert_eq!(indication, Indication::Passed, "{reasons:?}");
    }
    // Whom it names must be known.
    let told = refused("unread", outcome(&mail_of("hs02", &delivery), &context));
    assert!(told.contains("hs02.kep.tr ≠ KEP adresi yok"), "{told}");
    let outside = signed_by("hs01", "biri@deneme.example", "oteki@deneme.example");
    refused("of nobody", outcome(&outside, &named));
    // What the program itself says of both.
    for (name, xml, indication) in [("own.xml", &delivery, "TOTAL-PASSED"), ("foreign.xml", &foreign, "INDETERMINATE")] {
        let file = gateway.put(name, xml);
        let said = gateway.json(&["verify", "--offline", "--at", "2026-11-19T06:00:00Z", "--json", &file]);
        assert_eq!(said["files"][0]["indication"], indication, "{said:#}");
    }
}

/// The provider's root lies under the folder of one provider: it signs that provider's messages, and no other's.
#[test]
fn a_provider_signs_its_own_messages_only() {
    let world = World::new(23);
    let sample = world.sample("standard", 0);
    let from = String::from_utf8_lossy(&sample.raw);
    let own = ["hs01", "hs02", "hs03", "hs04", "hs05", "hs06", "hs07", "hs08"]
        .iter()
        .find(|code| {
            from.lines()
                .find(|line| line.starts_with("From:"))
                .unwrap()
                .contains(&format!("@{code}.kep.tr"))
        })
        .unwrap();
    let judged = |domain: &str| {
        let dir = tempfile::tempdir().unwrap();
        world.trust_folder(&dir.path().join("trust"));
        world.intermediates(&dir.path().join("intermediates"));
        world.revocation(&dir.path().join("revocation"));
        let folder = dir.path().join("trust/kephs");
        let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        if !domain.is_empty() {
            fs::create_dir(folder.join(domain)).unwrap();
            fs::rename(&file, folder.join(domain).join(file.file_name().unwrap())).unwrap();
        }
        let place = |name: &str| dir.path().join(name);
        let trust = Trust::load(Some(&place("trust")), Some(&place("intermediates")), Some(&place("revocation"))).unwrap();
        let context = Context::new(Arc::new(trust), at("2026-11-19T06:00:00Z"), Limits::default()).with_parties(evidence::parties_of);
        verify_file(&Bytes::from(sample.raw.clone()), "a.eml", None, &context)
    };
    let of = |report: &FileReport, role| report.signatures.iter().find(|one| one.role == role).unwrap().clone();
    let any = judged("");
    let bound = judged(&format!("{own}.kep.tr"));
    let foreign = judged("hs09.kep.tr");
    for report in [&any, &bound] {
        assert_eq!(report.indication, Indication::Passed, "{:?}", report.signatures);
    }
    assert_ne!(any.anchors_sha256, bound.anchors_sha256, "the binding is part of the set");
    for (role, code) in [(Role::Provider, "KEP-3531"), (Role::Evidence, "KEP-3534")] {
        let one = of(&foreign, role);
        assert_eq!(one.indication, Indication::Indeterminate, "{role:?}");
        assert!(one.reasons.iter().any(|reason| reason.code == code), "{role:?}: {:?}", one.reasons);
        assert_eq!(one.validation.result(Check::Class), CheckResult::Unknown);
    }
}

// ---- the depository

#[test]
fn both_forms_of_the_depository_are_read_alike() {
    let (signer, dir) = (rsa_root("İmzalayan"), tempfile::tempdir().unwrap());
    let roots: Vec<_> = (0..40).map(|n| root(&format!("Kök {n}"))).collect();
    let issuer = roots[0].issue(&Profile::sub_ca("Alt Kök", "Örnek", None), "alt");
    let rows: Vec<Row<'_>> = (0u64..)
        .zip(&roots)
        .map(|(n, one)| row(one, 1 + n % 3, &signer, Hash::Sha512))
        .collect();
    let xml = depository::read(forged::xml(&rows, &[&issuer]).as_bytes()).unwrap();
    assert_eq!((xml.version.as_deref(), xml.rows.len(), xml.unreadable), (Some("42"), 41, 0));
    // Small pages make a tree of several levels and overflow chains; 65536 is written as 1.
    for page_size in [512, 1_024, 4_096, 65_536] {
        let file = dir.path().join(format!("{page_size}.svt"));
        forged::svt(&file, &rows, &[&issuer], page_size);
        let svt = depository::read(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(svt.rows.len(), xml.rows.len(), "{page_size}");
        for (one, other) in svt.rows.iter().zip(&xml.rows) {
            assert_eq!(
                (one.certificate.sha256, one.is_root, &one.signature),
                (other.certificate.sha256, other.is_root, &other.signature)
            );
            assert!(!one.is_root || (one.facts == other.facts), "{:?} {:?}", one.facts, other.facts);
        }
    }
}

#[test]
fn row_signatures_are_judged_and_alone_never_enough() {
    let (signer, stranger, new) = (rsa_root("İmzalayan"), rsa_root("Yabancı"), root("Yeni Kök"));
    let mut trust = Trust::default();
    trust.add_anchor(&Certificate::parse(&signer.der).unwrap(), &[Purpose::Nes], "signer");
    let mut wrong_level = row(&new, 2, &signer, Hash::Sha512);
    wrong_level.level = 1;
    for (given, state) in [
        (row(&new, 1, &signer, Hash::Sha512), RowState::Verified),
        (row(&new, 1, &signer, Hash::Sha1), RowState::VerifiedWeakly),
        (row(&new, 1, &stranger, Hash::Sha512), RowState::SignerUnknown),
        (wrong_level, RowState::Wrong),
        (
            Row {
                signature: b"?".to_vec(),
                ..row(&new, 1, &signer, Hash::Sha1)
            },
            RowState::Unreadable,
        ),
        (
            Row {
                signature: Vec::new(),
                ..row(&new, 1, &signer, Hash::Sha1)
            },
            RowState::Absent,
        ),
    ] {
        let mut source = Source::default();
        source.take(
            forged::xml(&[given], &[]).as_bytes(),
            "SertifikaDeposu.xml",
            &[],
            None,
            &trust.vouchers(),
        );
        assert_eq!(source.proposals[0].row, Some(state));
        let difference = Difference::between(&trust, source, &[], at("2026-11-22T00:00:00Z"));
        let standing = &difference.changes[0].standing;
        match state {
            RowState::Wrong => assert!(matches!(standing, Standing::Refused(_)), "{state:?}: {standing:?}"),
            _ => assert!(matches!(standing, Standing::NeedsYes(_)), "{state:?}: {standing:?}"),
        }
        assert_eq!(difference.changes[0].purposes, [Purpose::Nes, Purpose::Seal, Purpose::Tsa]);
    }
}

#[test]
fn a_depository_is_imported_with_its_issuers_and_levels_become_purposes() {
    let (gateway, signer) = (Gateway::new(), rsa_root("İmzalayan"));
    let (statutory, institutional) = (root("Kanuni Kök"), root("Kurumsal Kök"));
    let issuer = statutory.issue(&Profile::sub_ca("Alt Kök", "Örnek", None), "alt");
    let stranger = root("Yabancı").issue(&Profile::sub_ca("Yabancı Alt", "Örnek", None), "y");
    let rows = [
        row(&statutory, 1, &signer, Hash::Sha1),
        row(&institutional, 2, &signer, Hash::Sha512),
    ];
    let file = gateway.path("SertifikaDeposu.svt");
    forged::svt(&file, &rows, &[&issuer, &stranger], 4_096);
    let file = file.to_str().unwrap();
    assert_eq!(gateway.code(&["trust", "import", file]), 10);
    assert_eq!(
        gateway.code(&["trust", "import", file, "--yes", &statutory.sha256(), &institutional.sha256()]),
        0
    );
    let anchors = gateway.anchors();
    assert!(anchors.contains(&(statutory.sha256(), "nes muhur tsa".into())), "{anchors:?}");
    assert!(anchors.contains(&(institutional.sha256(), "muhur".into())), "{anchors:?}");
    let kept: Vec<PathBuf> = fs::read_dir(gateway.path("intermediates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(kept.len(), 1, "only what an anchor issued: {kept:?}");
    assert_eq!(fs::read(&kept[0]).unwrap(), issuer.der);
}

#[test]
fn a_crooked_depository_is_a_finding_and_never_a_crash() {
    let (signer, dir) = (rsa_root("İmzalayan"), tempfile::tempdir().unwrap());
    let roots: Vec<_> = (0..6).map(|n| root(&format!("Kök {n}"))).collect();
    let rows: Vec<Row<'_>> = roots.iter().map(|one| row(one, 1, &signer, Hash::Sha512)).collect();
    let file = dir.path().join("d.svt");
    forged::svt(&file, &rows, &[], 512);
    let good = fs::read(&file).unwrap();
    assert_eq!(depository::read(&good).unwrap().rows.len(), 6);
    for end in (0..good.len()).step_by(97) {
        let _ = depository::read(&good[..end]);
    }
    // Every byte of the header and of the schema's page, and a sample of the rest.
    let mut read = 0;
    for index in (0..512).chain((512..good.len()).step_by(13)) {
        for flip in [0x01, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[index] ^= flip;
            read += usize::from(depository::read(&bad).is_ok());
        }
    }
    assert!(read > 0, "some bytes do not matter");
    // A tree that leads back to itself: an interior page whose child is itself.
    let mut cycle = good.clone();
    let tables = Database::open(&good).unwrap().tables().unwrap();
    assert!(
        tables
            .iter()
            .any(|table| table.name == "KOKSERTIFIKA" && table.columns.contains(&"KOKSatirImzasi".to_owned()))
    );
    cycle[100] = 0x05;
    cycle[108..112].copy_from_slice(&1u32.to_be_bytes());
    assert!(depository::read(&cycle).is_err());
    for bad in [
        "<depo>",
        "<depo/>",
        "<!DOCTYPE depo [<!ENTITY a \"b\">]><depo><koksertifikalar/></depo>",
        "<x><koksertifikalar><koksertifika><mValue>!</mValue></koksertifika></koksertifikalar></x>",
    ] {
        let mut source = Source::default();
        source.take(bad.as_bytes(), "d.xml", &[], None, &[]);
        assert!(
            source.proposals.is_empty() && source.findings.len() == 1,
            "{bad}: {:?}",
            source.findings
        );
    }
}
