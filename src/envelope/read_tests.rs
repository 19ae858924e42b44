//! What reading promises: valid packages are valid, everything in them is found, and the official sample fits to the last digest.

use bytes::Bytes;

use super::forge_tests::*;
use super::*;
use crate::finding::{Finding, Severity};
use crate::limits::Limits;

fn heavy(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| format!("{} {} {}", finding.rule, finding.place, finding.text.en))
        .collect()
}

#[test]
fn a_valid_package_of_each_kind_has_nothing_above_a_note() {
    let v2 = Forge::v2();
    let packages = [
        ("v1", Forge::v1()),
        ("v2", v2.clone()),
        ("eyps v1", Forge::eyps(1, &Forge::v1(), b"\x30\x80ciphertext")),
        ("eyps v2", Forge::eyps(2, &v2, b"\x30\x80ciphertext")),
        ("eypg", Forge::eypg(&v2.zip())),
    ];
    for (name, forge) in packages {
        assert_eq!(heavy(&forge.read().findings), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_2x_package_becomes_a_document() {
    let package = Forge::v2().read();
    assert_eq!(
        (package.kind, package.major, package.version.as_deref()),
        (PackageKind::Eyp, 2, Some("2.0"))
    );
    let document = &package.document;
    assert_eq!(document.id.as_deref(), Some(ID));
    assert_eq!(document.number.as_deref(), Some("E-24312041-702.03-1"));
    assert_eq!(document.subject.as_deref(), Some("Konu"));
    assert_eq!(document.date.unwrap().to_string(), "2026-05-12T11:23:13.3515207Z");
    assert_eq!(document.security.as_deref(), Some("YOK"));
    assert_eq!(document.urgency.as_deref(), Some("NRM"));
    let sender = document.sender.as_ref().unwrap();
    assert_eq!((sender.kind.as_str(), sender.id.as_deref()), ("institution", Some("82223362")));
    assert_eq!(document.addressees.len(), 3);
    assert_eq!(document.addressees[1].due.as_deref(), Some("P1D"));
    assert_eq!(
        document.addressees[2].party.id.as_deref(),
        Some("100******46"),
        "identity numbers are masked"
    );
    let file = document.file.as_ref().unwrap();
    assert_eq!((file.name.as_str(), file.size), ("ustyazi.pdf", PDF.len() as u64));
    assert_eq!(file.sha256, crate::hash::Sha256::of(PDF.as_bytes()));
    let attachments: Vec<_> = document
        .attachments
        .iter()
        .map(|a| (a.r#type.as_deref().unwrap(), a.signed, a.present))
        .collect();
    assert_eq!(
        attachments,
        [
            ("DED", true, true),
            ("DED", false, true),
            ("HRF", false, false),
            ("FZK", false, false)
        ]
    );
    assert_eq!(
        package.open_part("/Ekler/ek1.pdf").as_deref(),
        Some(b"signed attachment".as_slice())
    );
    let mut copied = Vec::new();
    assert_eq!(package.copy_part("/UstYazi/ustyazi.pdf", &mut copied).unwrap(), PDF.len() as u64);
    assert_eq!(package.open_part("/nothing"), None);
    assert!(!serde_json::to_string(document).unwrap().contains("10000000146"));
    assert!(!format!("{:?}", package.metadata).contains("10000000146"));
}

#[test]
fn signature_parts_come_with_what_they_must_cover() {
    let package = Forge::v2().read();
    let signatures: Vec<_> = package
        .signatures
        .iter()
        .map(|s| (s.role, s.place.as_str(), s.covers.as_str()))
        .collect();
    assert_eq!(
        signatures,
        [
            (PackageRole::Signature, "/Imzalar/ImzaCades.imz", "/PaketOzeti/PaketOzeti.xml"),
            (PackageRole::Initial, "/Paraflar/ParafImzaCades.imz", "/ParafOzeti/ParafOzeti.xml"),
            (PackageRole::Seal, "/Muhur/MuhurCades.imz", "/NihaiOzet/NihaiOzet.xml"),
        ]
    );
    for signature in &package.signatures {
        assert_eq!(signature.cms.as_ref(), b"CMS");
        assert_eq!(signature.covered, package.open_part(&signature.covers));
    }
    let signer = &package.metadata.last.as_ref().unwrap().signers[0];
    let person = signer.person.as_ref().unwrap();
    assert_eq!(person.national_id.as_ref().unwrap().expose(), "10000000146");
    assert_eq!(person.full_name().as_deref(), Some("Ayşe Örnek"));
}

#[test]
fn a_1x_package_reads_into_the_same_model() {
    let package = Forge::v1().read();
    assert_eq!((package.major, package.document.security.as_deref()), (1, Some("TSD")));
    assert_eq!(package.document.number.as_deref(), Some("E-24312041-702.03-1"));
    let last = package.metadata.last.as_ref().unwrap();
    assert_eq!((last.signers.len(), last.date.is_some()), (1, true));
    assert_eq!(package.metadata.targets.as_ref().unwrap().len(), 1);
    assert_eq!(package.signatures.len(), 2);
    assert_eq!(package.signatures[1].place, "/Muhurler/MuhurCades.imz");
}

#[test]
fn an_encrypted_package_shows_its_outside() {
    let inner = Forge::v2();
    let package = Forge::eyps(2, &inner, b"\x30\x80ciphertext").read();
    assert_eq!(package.kind, PackageKind::Eyps);
    assert_eq!(package.document.id.as_deref(), Some(ID), "the inner id stands in the digest copy");
    assert_eq!(package.document.addressees[0].party.id.as_deref(), Some(US));
    assert_eq!(package.document.subject, None);
    assert!(package.signatures.is_empty() && package.nested.is_none());
    assert_eq!(package.encrypted_content().as_deref(), Some(b"\x30\x80ciphertext".as_slice()));
    assert_eq!(package.metadata.encryption.as_ref().unwrap().version.as_deref(), Some("1.4"));
    assert!(package.compare_opened(&inner.read()).is_empty());
    let other = Forge::v2().swap("/Ekler/ek1.pdf", "signed", "another");
    assert_eq!(package.compare_opened(&other.read())[0].rule, "H14");
}

#[test]
fn an_encrypted_package_in_the_clear_is_reported_and_opened_all_the_same() {
    for major in [1, 2] {
        let inner = if major == 1 { Forge::v1() } else { Forge::v2() };
        let package = Forge::eyps(major, &inner, &inner.zip()).read();
        assert_eq!(heavy(&package.findings).len(), 1);
        assert_eq!(package.findings[0].rule, "KEP-2803");
        assert_eq!(package.document.subject.as_deref(), Some("Konu"));
        assert_eq!(package.nested.as_ref().unwrap().signatures.len(), if major == 1 { 2 } else { 3 });
    }
}

#[test]
fn an_update_changes_the_classification_and_nothing_inside() {
    let original = Forge::v2().zip();
    let package = Forge::eypg(&original).read();
    assert_eq!(package.kind, PackageKind::Eypg);
    assert_eq!(package.document.security.as_deref(), Some("HZO"));
    assert_eq!(package.document.subject.as_deref(), Some("Konu"));
    let nested = package.nested.as_ref().unwrap();
    assert_eq!(nested.document.security.as_deref(), Some("YOK"));
    assert_eq!(nested.sha256, crate::hash::Sha256::of(&original));
    assert_eq!(package.signatures.iter().map(|s| s.role).collect::<Vec<_>>(), [PackageRole::Seal]);

    let again = Forge::eypg(&Forge::eypg(&original).zip())
        .swap("/GuncellemeBilgisi/GuncellemeBilgisi.xml", "HZO", "GZL")
        .read();
    assert_eq!(
        again.document.security.as_deref(),
        Some("GZL"),
        "the outermost update is the newest"
    );
    let paths: Vec<String> = again.walk().into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        [
            "",
            "/OrijinalPaket/OrijinalPaket.eyp",
            "/OrijinalPaket/OrijinalPaket.eyp/OrijinalPaket/OrijinalPaket.eyp"
        ]
    );
}

/// A package whose signed attachment is `inner`.
fn with_attached(inner: &Bytes) -> Forge {
    let mut forge = Forge::v2().rename("/Ekler/ek1.pdf", "/Ekler/ek1.eyp");
    forge.defaults.push(("eyp".into(), "application/pdf".into()));
    forge.parts.iter_mut().find(|(uri, _)| uri == "/Ekler/ek1.eyp").unwrap().1 = inner.to_vec();
    forge.swap("/Ustveri/Ustveri.xml", "ek1.pdf", "ek1.eyp")
}

#[test]
fn packages_attached_to_packages_are_read_to_the_depth_limit() {
    let mut bytes = Forge::v2().zip();
    for _ in 0..4 {
        bytes = with_attached(&bytes).zip();
    }
    let limits = Limits {
        nesting: 3,
        ..Limits::default()
    };
    let package = read(&bytes, None, &Receiver::default(), &limits);
    let walked = package.walk();
    assert_eq!(walked.len(), 4);
    let (path, deepest) = walked.last().unwrap();
    assert_eq!(path, "/Ekler/ek1.eyp/Ekler/ek1.eyp/Ekler/ek1.eyp");
    assert!(deepest.findings.iter().any(|finding| finding.rule == "KEP-2804"));
    assert_eq!(heavy(&package.findings), Vec::<String>::new());
}

#[test]
fn the_attachment_left_out_for_us_is_no_fault() {
    let left_out = format!(
        "</DagitimTuru><KonulmamisEkListesi><KonulmamisEk><EkId>{}</EkId></KonulmamisEk></KonulmamisEkListesi>",
        EK1.to_lowercase()
    );
    let forge = Forge::v2().swap("/Ustveri/Ustveri.xml", "</DagitimTuru>", &left_out);
    assert_eq!(heavy(&forge.read().findings), Vec::<String>::new(), "the part may still be there");

    let bytes = forge.tampered(|parts| {
        parts.retain(|(uri, _)| uri != "/Ekler/ek1.pdf");
        let rels = String::from_utf8(part_of(parts, "/_rels/.rels").clone()).unwrap();
        let start = rels.find("<Relationship Type=\"http://eyazisma.dpt/iliskiler/ek\"").unwrap();
        let stop = start + rels[start..].find("/>").unwrap() + 2;
        *part_of(parts, "/_rels/.rels") = [&rels[..start], &rels[stop..]].concat().into_bytes();
    });
    let rules = |package: &Package, severity| -> Vec<String> {
        package
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .map(|f| f.rule.clone())
            .collect()
    };
    let ours = open(&bytes);
    assert_eq!(heavy(&ours.findings), Vec::<String>::new());
    let mut notes = rules(&ours, Severity::Note);
    notes.dedup();
    assert_eq!(notes, ["U22", "H11"]);
    assert!(!ours.document.attachments[0].present);

    let unknown = read(&bytes, None, &Receiver::default(), &Limits::default());
    assert_eq!(rules(&unknown, Severity::Warning), ["U22"]);
    assert!(!crate::finding::has_errors(&unknown.findings));

    let other = read(
        &bytes,
        None,
        &Receiver {
            kkk: Some("0123456789012345".into()),
        },
        &Limits::default(),
    );
    assert_eq!(
        rules(&other, Severity::Warning),
        ["U22"],
        "a receiver who is no institution of the list is unknown"
    );
}

#[test]
fn initials_removed_after_sealing_are_a_note() {
    let forge = Forge::v2();
    let package = open(&forge.tampered(|parts| parts.retain(|(uri, _)| !uri.contains("ParafImza"))));
    assert_eq!(heavy(&package.findings), Vec::<String>::new());
    let note = package.findings.iter().find(|finding| finding.rule == "H10").unwrap();
    assert_eq!(note.official, Some(32));
}

#[test]
fn old_writers_are_tolerated_with_findings() {
    // Back-slashes, Turkish folder names, relative targets, no byte-order mark: everything is found, everything is said.
    let bytes = Forge::v1().tampered(|parts| {
        for (uri, bytes) in parts.iter_mut() {
            *uri = uri.replace("/UstYazi/", "/ÜstYazı/");
            if uri.starts_with("/Ekler/") {
                *uri = uri.replace("/Ekler/", "/Ekler\\");
            }
            if uri == "/_rels/.rels" {
                let text = String::from_utf8(bytes.clone()).unwrap();
                *bytes = text
                    .replace("Target=\"/", "Target=\"")
                    .replace("paketozeti", "PaketOzeti")
                    .into_bytes();
            }
        }
    });
    let package = open(&bytes);
    assert!(!crate::finding::has_errors(&package.findings), "{:?}", heavy(&package.findings));
    assert!(package.document.file.is_some() && package.document.attachments[0].present);
    for (rule, severity) in [("C12", Severity::Warning), ("C18", Severity::Note)] {
        assert!(
            package
                .findings
                .iter()
                .any(|finding| finding.rule == rule && finding.severity == severity),
            "{rule}"
        );
    }
    let digest = package.part(PartRole::PackageDigest).unwrap();
    assert_eq!(digest.found, Found::RelationshipCase);
}

#[test]
fn without_relationships_the_fixed_names_are_used_and_said() {
    let bytes = Forge::v1().tampered(|parts| parts.retain(|(uri, _)| !uri.contains("_rels")));
    let package = open(&bytes);
    assert_eq!(package.document.subject.as_deref(), Some("Konu"));
    assert!(package.document.attachments[0].present);
    assert_eq!(package.part(PartRole::Metadata).unwrap().found, Found::FixedName);
    let finding = package.findings.iter().find(|finding| finding.rule == "C2").unwrap();
    assert_eq!(finding.severity, Severity::Error, "recoverable");
}

#[test]
fn the_official_sample_is_read_with_every_digest_matching() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora/eyp/official-test-package-v2.eyp");
    let Ok(bytes) = std::fs::read(path) else {
        eprintln!("skipped: {path} is not here");
        return;
    };
    let package = read(&bytes.into(), None, &Receiver::default(), &Limits::default());
    let errors: Vec<_> = package
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(package.document.attachments.len(), 5);
    assert_eq!(package.signatures.len(), 3);
    let references = [
        &package.metadata.initial_digest,
        &package.metadata.package_digest,
        &package.metadata.final_digest,
    ];
    let count: usize = references.iter().map(|document| document.as_ref().unwrap().references.len()).sum();
    assert_eq!(count, 4 + 6 + 10);
    assert!(package.parts.iter().all(|part| part.sha256.is_some()));
    eprintln!("{:#?}", heavy(&package.findings));
}
