//! Two ways with pyHanko: it accepts what the forge signs, and the product accepts what pyHanko signs; where both look at an attack, the
//! product is never the more trusting one.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use forge::pdf_attack;
use forge::pdf_file::{File, Style};
use forge::pdf_sign::{self, StampIn};
use forge::pki::{Certified, KeyKind, Profile as Certificate, synthetic_id};
use forge::pyhanko::{self, Folder};
use forge::revocation::{CrlSpec, OcspSpec, Status, crl, ocsp};
use forge::scenario_kit::{Kit, build, stamped_at};
use forge::scenarios::{Defect, PAIRS, Profile, Rung};
use jiff::{SignedDuration, Timestamp};
use kep_gateway::limits::Limits;
use kep_gateway::signature::report::Role;
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};
use serde_json::Value;

fn root_of(certified: &Certified) -> Arc<Certified> {
    certified.chain().last().unwrap().clone()
}

/// Four hours after the kit's revocation data were made: the time for which they speak.
fn fresh_for(kit: &Kit) -> Timestamp {
    let hours = SignedDuration::from_hours;
    match (kit.rung, kit.profile) {
        (Rung::B, _) => kit.at + hours(3),
        (_, Profile::P2 | Profile::P3) => stamped_at() + hours(29),
        (Rung::T, _) => stamped_at() + hours(5),
        _ => stamped_at() + hours(4),
    }
}

/// What pyHanko says about files, in their order.
fn asked(kit: &Kit, files: &[(String, Vec<u8>)]) -> Vec<Value> {
    let tsa = build(Defect::Sound, Rung::Lta, Profile::P1);
    let tsa = &tsa.stamp.as_ref().unwrap().tsa.signer;
    let (root, tsa_root) = (root_of(&kit.signer), root_of(tsa));
    let chain = kit.signer.chain();
    let certs: Vec<&Certified> = chain.iter().map(|cert| &**cert).collect();
    let lists: Vec<_> = kit.material.crls.iter().map(|list| list.der.clone()).collect();
    let answers: Vec<_> = kit.material.ocsps.iter().map(|answer| answer.response.clone()).collect();
    let folder = Folder::new(&[&root, &tsa_root], &certs, &lists, &answers);
    let paths: Vec<String> = files
        .iter()
        .map(|(name, pdf)| folder.put(name, pdf).to_string_lossy().into_owned())
        .collect();
    let (name, moment) = (folder.name(), fresh_for(kit).to_string());
    let args: Vec<&str> = ["validate", &name, &moment]
        .into_iter()
        .chain(paths.iter().map(String::as_str))
        .collect();
    let out = String::from_utf8(pyhanko::run(&args).stdout).unwrap();
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn pyhanko_accepts_what_the_forge_signs() {
    for (rung, profile) in PAIRS {
        let kit = build(Defect::Sound, rung, profile);
        let shapes = [
            (Style::Table, StampIn::Cms),
            (Style::Stream, StampIn::Document),
            (Style::Compressed, StampIn::Cms),
        ];
        let files: Vec<_> = shapes
            .into_iter()
            .map(|(style, stamp)| (format!("{rung:?}-{profile:?}-{style:?}.pdf"), pdf_sign::letter(&kit, style, stamp)))
            .collect();
        let found = asked(&kit, &files);
        assert_eq!(found.len(), files.len());
        for row in found {
            let signatures = row["signatures"].as_array().unwrap_or_else(|| panic!("{row}"));
            assert!(!signatures.is_empty(), "{row}");
            for signature in signatures {
                assert_eq!(signature["bottom_line"], true, "{row}");
            }
        }
    }
}

/// Where the product is stricter: what pyHanko accepts of the attacks. Active, embedded and outside content is no matter of the signature there;
/// filled forms, empty fields, objects that hang nowhere and bytes behind the end are let pass or not looked at.
const PYHANKO_ACCEPTS: &[&str] = &[
    "active-additional-action",
    "active-goes-to-another-file",
    "active-javascript",
    "active-javascript-in-names",
    "active-launch",
    "active-layers",
    "active-opens-an-address-unasked",
    "active-prints-unasked",
    "bytes-behind-the-end",
    "cms-bytes-behind",
    "content-of-another-file",
    "content-outside-the-file",
    "dss-stream-acts",
    "embedded-attachment",
    "embedded-word-file",
    "form-filled-certified-2",
    "isa-objects-without-xref",
    "object-without-place",
    "shadow-replace-form-value",
    "ssa-unsigned-field",
    "xfa-form",
];

#[test]
fn pyhanko_refuses_what_the_forge_alters() {
    let kit = build(Defect::Sound, Rung::T, Profile::P1);
    let files: Vec<(String, Vec<u8>)> = pdf_attack::all(&kit)
        .into_iter()
        .map(|attack| (attack.name.to_owned(), attack.pdf))
        .collect();
    let found = asked(&kit, &files);
    let is_accepted = |row: &&Value| {
        let signatures = row["signatures"].as_array();
        signatures.is_some_and(|all| !all.is_empty() && all.iter().all(|one| one["bottom_line"] == true))
    };
    let mut accepted: Vec<&str> = found.iter().filter(is_accepted).map(|row| row["file"].as_str().unwrap()).collect();
    accepted.sort_unstable();
    assert_eq!(accepted, PYHANKO_ACCEPTS);
}

/// Everything at the machine's own time: pyHanko puts that into /M.
struct Now {
    folder: Folder,
    context: Context,
}

fn now() -> Now {
    let kit = build(Defect::Sound, Rung::T, Profile::P1);
    let (root, tsa_root) = (root_of(&kit.signer), root_of(&kit.stamp.as_ref().unwrap().tsa.signer));
    // pyHanko's own authority for tests has RSA keys only.
    let tsa = tsa_root.issue(&Certificate::tsa("Sınama Zaman Damgası RSA"), "zd-rsa");
    let ca = kit.signer.chain()[0].clone();
    // The kit's own certificate ends in 2034.
    let signer = kit
        .signer
        .reissued(&Certificate::nes("SINAMA KİŞİSİ", &synthetic_id(401), KeyKind::P256));
    let moment = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let hours = SignedDuration::from_hours;
    let list = |issuer: &Certified| {
        let spec = CrlSpec {
            this_update: moment - hours(1),
            next_update: moment + hours(240),
            number: 7,
            forged: false,
            unknown_critical: false,
        };
        crl(issuer, &spec, &[]).der
    };
    let answer = OcspSpec {
        status: Status::Good,
        produced_at: moment - SignedDuration::from_secs(30),
        next_update: Some(moment + hours(24)),
        wrong_cert_id: false,
        forged: false,
    };
    let lists = [list(&root), list(&tsa_root)];
    let answers = [ocsp(&ca, &signer, &answer).response];
    let folder = Folder::new(&[&root, &tsa_root], &[&ca], &lists, &answers);
    folder.put("signer.crt", &signer.der);
    folder.put("signer.key", &signer.key.pkey.private_key_to_pkcs8().unwrap());
    folder.put("tsa.crt", &tsa.der);
    folder.put("tsa.key", &tsa.key.pkey.private_key_to_pkcs8().unwrap());
    for (purpose, root) in [("nes", &root), ("tsa", &tsa_root)] {
        fs::create_dir_all(folder.path("trust").join(purpose)).unwrap();
        fs::write(folder.path("trust").join(purpose).join("root.crt"), &root.der).unwrap();
    }
    let trust = Trust::load(
        Some(&folder.path("trust")),
        Some(&folder.path("certs")),
        Some(&folder.path("revocation")),
    )
    .unwrap();
    let context = Context::new(Arc::new(trust), moment + hours(1), Limits::default());
    Now { folder, context }
}

fn told(report: &FileReport) -> String {
    let signatures = report.signatures.iter().map(|signature| {
        let reasons: Vec<String> = signature
            .reasons
            .iter()
            .map(|reason| format!("{} {}", reason.code, reason.text.en))
            .collect();
        format!("  {:?} {:?}: {}", signature.role, signature.indication, reasons.join(" | "))
    });
    signatures.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_product_accepts_what_pyhanko_signs() {
    let now = now();
    for style in [Style::Table, Style::Stream, Style::Compressed] {
        now.folder.put("in.pdf", &File::letter(style).bytes);
        pyhanko::run(&["sign", &now.folder.name()]);
        for (name, level) in [
            ("b-b", "B-B"),
            ("b-t", "B-T"),
            ("b-lt", "B-LT"),
            ("b-lta", "B-LTA"),
            ("certified", "B-T"),
        ] {
            let pdf = fs::read(now.folder.path(&format!("out-{name}.pdf"))).unwrap();
            let report = verify_file(&Bytes::from(pdf), name, None, &now.context);
            let verdict = serde_json::to_value(report.indication).unwrap();
            assert_eq!(verdict, "TOTAL-PASSED", "{name} {style:?}\n{}", told(&report));
            let signature = report.signatures.iter().find(|signature| signature.role == Role::Document).unwrap();
            assert_eq!(
                (signature.format.as_str(), signature.level.as_deref()),
                ("PAdES", Some(level)),
                "{name}"
            );
        }
    }
}
