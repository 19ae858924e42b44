//! The forge's output, judged by programs that know nothing of it: openssl, xmlsec1, and Python's MIME, ZIP and hash code.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use forge::cades::{Defect, Level, Spec, sign};
use forge::cms::{Form, Scheme};
use forge::evidence;
use forge::hostile;
use forge::mixed::KINDS;
use forge::pki::{Hash, KeyKind, Profile, at, pem};
use forge::revocation::{OcspSpec, Status, ocsp};
use forge::tst::TokenDefect;
use forge::world::World;
use serde_json::Value;
use tempfile::TempDir;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(1));

/// Runs a program; true and its output when it succeeded.
fn run(program: &str, args: &[&str]) -> (bool, String) {
    let out = Command::new(program).args(args).output().unwrap_or_else(|error| {
        panic!(
            "{program} could not be started ({error}). These tests need openssl, xmlsec1 and python3: run tests/run, which installs them."
        )
    });
    (
        out.status.success(),
        [out.stdout, out.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat(),
    )
}

fn file(dir: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().into()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Messages of one set, opened by Python and verified by openssl and xmlsec1 against one bundle of anchors.
struct Bench {
    dir: TempDir,
    bundle: String,
    kep_root: String,
    found: Vec<Value>,
}

impl Bench {
    fn open(messages: &[PathBuf], bundle: &str, kep_root: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let out = dir.path().join("judged");
        let mut args = vec![
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/forge/judge.py").to_string(),
            out.to_str().unwrap().into(),
        ];
        args.extend(messages.iter().map(|path| path.to_str().unwrap().to_string()));
        let (done, output) = run("python3", &args.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(done, "judge.py: {output}");
        let found = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Self {
            bundle: file(&dir, "bundle.pem", bundle),
            kep_root: file(&dir, "kep.pem", kep_root),
            dir,
            found,
        }
    }

    fn smime(&self, path: &str) -> (bool, String) {
        run(
            "openssl",
            &[
                "cms",
                "-verify",
                "-inform",
                "SMIME",
                "-in",
                path,
                "-CAfile",
                &self.bundle,
                "-purpose",
                "any",
                "-out",
                "/dev/null",
            ],
        )
    }

    /// Attached CAdES: verified with the ESS check, and the content is the part byte for byte.
    fn attached(&self, path: &str) -> (bool, String) {
        let out = format!("{path}.out");
        let (good, output) = run(
            "openssl",
            &[
                "cms",
                "-verify",
                "-cades",
                "-inform",
                "DER",
                "-in",
                path,
                "-CAfile",
                &self.bundle,
                "-purpose",
                "any",
                "-out",
                &out,
                "-crl_check",
            ],
        );
        if good {
            assert_eq!(
                fs::read(&out).unwrap(),
                fs::read(format!("{path}.content")).unwrap(),
                "{path}: content is not the part"
            );
        }
        (good, output)
    }

    fn evidence(&self, path: &str, root: &str) -> bool {
        let id = format!("--id-attr:Id={}:{root}", evidence::NAMESPACE);
        let id: Vec<&str> = id.splitn(2, '=').collect();
        run("xmlsec1", &["--verify", id[0], id[1], "--trusted-pem", &self.kep_root, path]).0
    }

    fn of(&self, name: &str) -> &Value {
        self.found.iter().find(|found| text(&found["name"]) == name).unwrap()
    }

    /// Compares what was found with what the sample says, and the judges' verdict with the expected one.
    fn judge(&self, sample: &Value, message: &Path) {
        let name = text(&sample["name"]);
        let expect = &sample["expect"];
        let found = self.of(name);
        assert_eq!(found["message_id"], expect["message_id"], "{name}");
        assert_eq!(found["subject"], expect["subject"], "{name}");
        if !expect["original_message_id"].is_null() {
            assert_eq!(found["original_message_id"], expect["original_message_id"], "{name}");
        }
        let kind = text(&expect["kind"]);
        assert_eq!(
            self.smime(message.to_str().unwrap()).0,
            kind != "unclassified",
            "{name}: the provider's signature"
        );
        if let Some(original) = found["original"].as_str() {
            assert_eq!(self.smime(original).0, kind != "encrypted", "{name}: the sender's signature");
        }
        let evidence: Vec<_> = list(&found["evidence"]).iter().map(|e| (&e["root"], &e["sha256"])).collect();
        let expected: Vec<_> = list(&expect["evidence"]).iter().map(|e| (&e["root"], &e["sha256"])).collect();
        assert_eq!(evidence, expected, "{name}: evidence");
        for evidence in list(&found["evidence"]) {
            assert!(
                self.evidence(text(&evidence["path"]), text(&evidence["root"])),
                "{name}: xmlsec1 refuses the evidence"
            );
        }
        self.judge_packages(name, found, expect);
    }

    fn judge_packages(&self, name: &str, found: &Value, expect: &Value) {
        let packages = list(&found["packages"]);
        for (package, document) in packages.iter().zip(list(&expect["documents"])) {
            assert_eq!(package["sha256"], document["package_sha256"], "{name}: package");
            for attachment in list(&document["attachments"]).iter().filter(|a| !a["sha256"].is_null()) {
                assert!(
                    package["files"]
                        .as_object()
                        .unwrap()
                        .values()
                        .any(|hash| *hash == attachment["sha256"]),
                    "{name}: attachment"
                );
            }
        }
        let mut complaints = vec![];
        for package in packages {
            assert_eq!(package["zip"], true, "{name}: zip");
            complaints.extend(
                list(&package["bad"])
                    .iter()
                    .filter(|b| !text(b).ends_with(" missing"))
                    .map(|b| format!("digest of {b}")),
            );
            for cms in list(&package["cms"]) {
                let (good, output) = self.attached(text(cms));
                if !good {
                    complaints.push(output);
                }
            }
            for stamp in list(&package["stamps"]) {
                let [token, data] = ["token", "signature"].map(|end| format!("{}.{end}", text(stamp)));
                let (good, output) = run(
                    "openssl",
                    &["ts", "-verify", "-token_in", "-in", &token, "-data", &data, "-CAfile", &self.bundle],
                );
                assert!(good, "{name}: time-stamp {output}");
            }
        }
        let said = complaints.join("\n");
        let wanted = match expect["sub_indication"].as_str() {
            Some("HASH_FAILURE") => "digest of",
            Some("REVOKED") => "certificate revoked",
            Some("NO_CERTIFICATE_CHAIN_FOUND") => "unable to get local issuer certificate",
            Some("SIG_CRYPTO_FAILURE") => "verification failure",
            _ => return assert!(complaints.is_empty(), "{name}: {said}"),
        };
        assert!(said.contains(wanted), "{name}: expected '{wanted}', openssl says '{said}'");
    }
}

#[test]
fn every_kind_of_message_is_what_it_claims_to_be() {
    let dir = TempDir::new().unwrap();
    let samples = WORLD.mixed(KINDS.len());
    let paths: Vec<PathBuf> = samples
        .iter()
        .map(|s| file(&dir, &format!("{}.eml", s.name), &s.raw).into())
        .collect();
    // A CRL from the middle of the week: who is revoked later has not been yet.
    let bundle = WORLD.pem_bundle() + &WORLD.crl_pem_bundle(at("2026-11-14T00:00:00Z"));
    let bench = Bench::open(&paths, &bundle, &WORLD.kep_root.ca.pem());
    for (sample, path) in samples.iter().zip(&paths) {
        bench.judge(&serde_json::to_value(sample).unwrap(), path);
    }
    assert!(bench.dir.path().exists());
}

#[test]
fn worlds_with_other_seeds_and_longer_rounds_are_sound_too() {
    let world = World::new(7);
    let samples = world.mixed(60);
    let names: std::collections::BTreeSet<_> = samples.iter().map(|s| s.expect.message_id.clone()).collect();
    assert_eq!(names.len(), samples.len(), "two messages share a Message-ID");
    assert!(samples.iter().all(|s| s.raw.is_ascii()), "a KEP message is 7-bit on the wire");
    assert!(
        samples.iter().all(|s| s.raw.split(|b| *b == b'\n').all(|line| line.len() <= 998)),
        "RFC 5322 2.1.1"
    );
}

#[test]
fn evidence_of_all_nine_roots_verifies_and_an_altered_one_does_not() {
    let dir = TempDir::new().unwrap();
    let bench = Bench::open(&[], &WORLD.pem_bundle(), &WORLD.kep_root.ca.pem());
    let signer = &WORLD.providers[1].cert;
    for (i, root) in evidence::ROOTS.iter().enumerate() {
        let mut document = hostile::sample_evidence(&WORLD.letter(i));
        document.root = root.to_string();
        document.reasons = vec![("MailboxFull".into(), "dolu & \"taşmış\" <kutu>".into())];
        document.digest = Some((Hash::Sha512, Hash::Sha512.of(b"ileti")));
        let form = if i % 2 == 0 {
            evidence::Form::Sha256
        } else {
            evidence::Form::Sha512
        };
        let xml = document.signed(signer, form);
        assert!(bench.evidence(&file(&dir, "good.xml", &xml), root), "{root}");
        let altered = String::from_utf8(xml).unwrap().replacen("#DeliveryExpiration", "#Delivery", 1);
        assert!(!bench.evidence(&file(&dir, "bad.xml", altered), root), "{root} altered");
    }
}

/// xmlsec1 itself is deceived when told that any element's Id counts: that is the trap laid for a reader.
#[test]
fn a_wrapped_evidence_deceives_a_naive_verifier() {
    let dir = TempDir::new().unwrap();
    let bench = Bench::open(&[], &WORLD.pem_bundle(), &WORLD.kep_root.ca.pem());
    let genuine = hostile::sample_evidence(&WORLD.letter(1));
    let mut forged = genuine.clone();
    (forged.event, forged.identifier) = ("Delivery".into(), "sahte".into());
    let xml = genuine.wrapped(&forged, &WORLD.providers[0].cert, evidence::Form::Sha256);
    assert!(bench.evidence(&file(&dir, "wrapped.xml", xml), &genuine.root));
}

#[test]
fn openssl_agrees_with_every_signature_form_and_with_every_defect_that_it_looks_for() {
    let dir = TempDir::new().unwrap();
    let bundle = file(&dir, "bundle.pem", WORLD.pem_bundle());
    let content = b"<PaketOzeti/>";
    let content_file = file(&dir, "content", content);
    let rsa = &WORLD.senders[1].director.cert;
    let ec = &WORLD.senders[0].director.cert;
    let verifies = |specs: &[Spec], attached: bool, form: Form| {
        let cms = file(&dir, "cms", sign(content, attached, specs, form));
        let mut args = vec![
            "cms",
            "-verify",
            "-cades",
            "-binary",
            "-inform",
            "DER",
            "-in",
            &cms,
            "-CAfile",
            &bundle,
            "-purpose",
            "any",
            "-out",
            "/dev/null",
        ];
        if !attached {
            args.extend(["-content", &content_file]);
        }
        run("openssl", &args)
    };
    let base = WORLD.p4(rsa, WORLD.base);
    for level in [Level::Bes, Level::T, Level::C, Level::X, Level::Xl, Level::A] {
        for form in [Form::Der, Form::BerIndefinite] {
            for attached in [true, false] {
                let spec = Spec { level, ..base.clone() };
                let (good, output) = verifies(&[spec], attached, form);
                assert!(good, "{level:?} {form:?} attached={attached}: {output}");
            }
        }
    }
    for (cert, scheme, hash) in [
        (rsa, Scheme::RsaEncryption, Hash::Sha256),
        (rsa, Scheme::Pss, Hash::Sha256),
        (rsa, Scheme::Pss, Hash::Sha512),
        (rsa, Scheme::HashWithRsa, Hash::Sha384),
        (ec, Scheme::HashWithRsa, Hash::Sha256),
        (ec, Scheme::HashWithRsa, Hash::Sha512),
    ] {
        let spec = Spec {
            scheme,
            hash,
            key_id_as_sid: hash == Hash::Sha512,
            ..WORLD.p4(cert, WORLD.base)
        };
        let (good, output) = verifies(&[spec], true, Form::Der);
        assert!(good, "{scheme:?} {hash:?}: {output}");
    }
    let (good, output) = verifies(&[WORLD.p4(rsa, WORLD.base), WORLD.p3(ec, WORLD.base)], true, Form::Der);
    assert!(good, "two signers in parallel: {output}");
    for defect in [
        Defect::WrongMessageDigest,
        Defect::BrokenSignature,
        Defect::AlteredContent,
        Defect::WrongCertificateHash,
        Defect::NoSigningCertificate,
        Defect::DigestAlgorithmMismatch,
    ] {
        assert!(
            !verifies(&[base.clone().with(defect)], true, Form::Der).0,
            "{defect:?} was not noticed"
        );
    }
}

#[test]
fn time_stamp_tokens_fit_their_data_and_broken_ones_do_not() {
    let dir = TempDir::new().unwrap();
    let bundle = file(&dir, "bundle.pem", WORLD.tsa_root.ca.pem());
    let data = file(&dir, "data", b"imza");
    for (defect, good) in [
        (TokenDefect::None, true),
        (TokenDefect::WrongImprint, false),
        (TokenDefect::BrokenSignature, false),
    ] {
        let token = file(&dir, "token", WORLD.tsa.token(b"imza", WORLD.base, defect));
        let (verified, output) = run(
            "openssl",
            &["ts", "-verify", "-token_in", "-in", &token, "-data", &data, "-CAfile", &bundle],
        );
        assert_eq!(verified, good, "{defect:?}: {output}");
    }
}

#[test]
fn paths_lists_and_answers_are_what_openssl_expects() {
    let dir = TempDir::new().unwrap();
    let bundle = file(
        &dir,
        "bundle.pem",
        WORLD.pem_bundle() + &WORLD.crl_pem_bundle(at("2026-11-18T00:00:00Z")),
    );
    let verify = |der: &[u8]| {
        let leaf = file(&dir, "leaf.pem", pem("CERTIFICATE", der));
        run("openssl", &["verify", "-x509_strict", "-crl_check_all", "-CAfile", &bundle, &leaf])
    };
    let issue = |change: &dyn Fn(&mut Profile)| {
        let mut profile = Profile::nes("DENEME KİŞİ", &forge::pki::synthetic_id(99), KeyKind::P256);
        change(&mut profile);
        WORLD.nes.ca.issue(&profile, "deneme").der.clone()
    };
    for person in WORLD
        .senders
        .iter()
        .flat_map(|s| [&s.director.cert, &s.officer.cert, &s.seal])
        .chain([&WORLD.providers[0].cert])
    {
        let (good, output) = verify(&person.der);
        assert!(good, "{output}");
    }
    for (der, wanted) in [
        (WORLD.revoked.cert.der.clone(), "certificate revoked"),
        (WORLD.expired.cert.der.clone(), "certificate has expired"),
        (issue(&|p| p.forged = true), "signature failure"),
        (issue(&|p| p.unknown_critical = true), "unhandled critical extension"),
        (issue(&|p| p.algorithm_mismatch = true), "signature"),
        (issue(&|p| p.not_before = at("2044-01-01T00:00:00Z")), "not yet valid"),
    ] {
        let (good, output) = verify(&der);
        assert!(!good && output.contains(wanted), "expected '{wanted}': {output}");
    }
    for authority in [&WORLD.nes, &WORLD.nes_root, &WORLD.seal, &WORLD.kep_root, &WORLD.tsa_root] {
        let crl = file(&dir, "list.crl", &authority.crl(at("2026-11-18T00:00:00Z")).der);
        let (_, output) = run("openssl", &["crl", "-inform", "DER", "-in", &crl, "-noout", "-CAfile", &bundle]);
        assert!(output.contains("verify OK"), "{output}");
    }
    let issuer = file(&dir, "issuer.pem", WORLD.nes.ca.pem());
    let leaf = file(&dir, "asked.pem", WORLD.senders[0].officer.cert.pem());
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap();
    for (status, wanted) in [
        (Status::Good, ": good"),
        (Status::Revoked(at("2026-10-01T09:00:00Z")), ": revoked"),
        (Status::Unknown, ": unknown"),
    ] {
        let spec = OcspSpec {
            status,
            produced_at: now,
            next_update: None,
            wrong_cert_id: false,
            forged: false,
        };
        let answer = ocsp(WORLD.nes.responder.as_ref().unwrap(), &WORLD.senders[0].officer.cert, &spec);
        let answer = file(&dir, "answer.der", &answer.response);
        let (_, output) = run(
            "openssl",
            &[
                "ocsp",
                "-respin",
                &answer,
                "-issuer",
                &issuer,
                "-cert",
                &leaf,
                "-CAfile",
                &bundle,
                "-no_nonce",
            ],
        );
        assert!(output.contains("Response verify OK") && output.contains(wanted), "{output}");
    }
}

#[test]
fn every_hostile_kind_can_be_made_and_is_what_it_says() {
    let dir = TempDir::new().unwrap();
    for name in hostile::names() {
        let made = hostile::make(&WORLD, name);
        assert!(name == "empty" || !made.raw.is_empty(), "{name}");
        if made.layer == hostile::Layer::Package || made.layer == hostile::Layer::Xml {
            let path = file(&dir, "hostile.eml", &made.raw);
            let bundle = file(&dir, "bundle.pem", WORLD.pem_bundle());
            let (good, output) = run(
                "openssl",
                &[
                    "cms",
                    "-verify",
                    "-inform",
                    "SMIME",
                    "-in",
                    &path,
                    "-CAfile",
                    &bundle,
                    "-purpose",
                    "any",
                    "-out",
                    "/dev/null",
                ],
            );
            assert!(good, "{name}: the envelope around the attack must be sound: {output}");
        }
    }
    assert!(hostile::make(&WORLD, "size-40-mb").raw.len() > 40 << 20);
}

/// Writes `fixtures/` with `KEP_FORGE_WRITE=1`; else has it judged, by what lies in the folder and nothing else.
#[test]
fn fixtures_are_what_their_table_says() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    if std::env::var_os("KEP_FORGE_WRITE").is_some() {
        forge::week::write(&World::new(2026), &dir);
    }
    let read_pem = |folder: &str| -> String {
        let mut out = String::new();
        for entry in fs::read_dir(dir.join(folder)).expect("fixtures/ is incomplete: write it with KEP_FORGE_WRITE=1") {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            match path.extension().and_then(|e| e.to_str()) {
                Some("pem") => out += &String::from_utf8(bytes).unwrap(),
                Some("crt") => out += &pem("CERTIFICATE", &bytes),
                Some("crl") => out += &pem("X509 CRL", &bytes),
                _ => {}
            }
        }
        out
    };
    let kep_root = read_pem("trust/kephs");
    let bundle = [
        "trust/nes",
        "trust/muhur",
        "trust/kephs",
        "trust/tsa",
        "intermediates",
        "revocation",
    ]
    .map(read_pem)
    .concat();
    let expected: Value = serde_json::from_slice(&fs::read(dir.join("expected.json")).unwrap()).unwrap();
    let paths: Vec<PathBuf> = list(&expected)
        .iter()
        .map(|s| dir.join("messages").join(format!("{}.eml", text(&s["name"]))))
        .collect();
    let bench = Bench::open(&paths, &bundle, &kep_root);
    for (sample, path) in list(&expected).iter().zip(&paths) {
        bench.judge(sample, path);
        if let Some(first) = sample["expect"]["duplicate_of"].as_str() {
            assert_eq!(
                fs::read(path).unwrap(),
                fs::read(dir.join("messages").join(format!("{first}.eml"))).unwrap()
            );
        }
    }
    let size: u64 = paths.iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(size < 1_300_000, "the ready set has grown to {size} bytes");
}

#[test]
fn signature_cases_have_distinct_names_and_openssl_passes_the_good_ones() {
    let dir = TempDir::new().unwrap();
    let bundle = file(&dir, "bundle.pem", WORLD.pem_bundle());
    let cases = WORLD.cases();
    let names: std::collections::BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
    for case in cases.iter().filter(|case| case.passes) {
        let cms = file(&dir, "cms", &case.cms);
        let (good, output) = run(
            "openssl",
            &[
                "cms",
                "-verify",
                "-cades",
                "-inform",
                "DER",
                "-in",
                &cms,
                "-CAfile",
                &bundle,
                "-purpose",
                "any",
                "-out",
                "/dev/null",
            ],
        );
        assert!(good, "{}: {output}", case.name);
    }
}
