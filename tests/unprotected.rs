//! What no signature covers is named beside a verdict that passed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::sync::Arc;

use bytes::Bytes;
use forge::eyp::{Attachment, AttachmentKind, Part, Version, guid};
use forge::world::World;
use kep_gateway::limits::Limits;
use kep_gateway::signature::report::Indication;
use kep_gateway::signature::wording::{Depth, Told};
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};
use kep_gateway::text::Lang;

/// Fresh for the world's CRLs of 18 November.
const AT: &str = "2026-11-19T06:00:00Z";

fn context(world: &World) -> Context {
    let dir = tempfile::tempdir().unwrap();
    world.trust_folder(&dir.path().join("trust"));
    world.intermediates(&dir.path().join("intermediates"));
    world.revocation(&dir.path().join("revocation"));
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    Context::new(Arc::new(trust), AT.parse().unwrap(), Limits::default())
}

fn told(report: &FileReport, lang: Lang) -> String {
    Told::from(report).lines(Depth::Sentence, lang).join("\n")
}

/// The verdict on a package with one unsigned attachment and initials, after `change`.
fn judged(change: &dyn Fn(&mut Vec<Part>)) -> FileReport {
    let world = World::new(71);
    let letter = world.letter(3);
    let mut package = letter.package(Version::V2_0, &letter.sender.director);
    let spec = world.p4(&letter.sender.officer.cert, letter.at - jiff::SignedDuration::from_mins(20));
    let signer = &world;
    package.initial = Some(Box::new(move |xml| signer.cms(xml, true, spec.clone())));
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
    let bytes = package.build_with(&|_| {}, change);
    verify_file(&Bytes::from(bytes), "belge.eyp", None, &context(&world))
}

#[test]
fn an_unsigned_attachment_is_named_beside_the_verdict() {
    for change in [&(|_: &mut Vec<Part>| {}) as &dyn Fn(&mut Vec<Part>), &|parts| {
        let attachment = parts.iter_mut().find(|part| part.rel.0 == "imzasizEk").unwrap();
        attachment.bytes = b"%PDF-1.4 BASKA LISTE".to_vec();
    }] {
        let report = judged(change);
        assert_eq!(report.indication, Indication::Passed, "{:#?}", report.findings);
        let named = report.findings.iter().find(|finding| finding.rule == "KEP-3424").unwrap();
        assert_eq!(named.place, "/ImzasizEkler/liste.pdf");
        let [tr, en] = [Lang::Tr, Lang::En].map(|lang| told(&report, lang));
        assert!(
            tr.contains("ama şunları kapsamıyor: /ImzasizEkler/liste.pdf") && tr.contains("hiçbir imza onu kapsamaz"),
            "{tr}"
        );
        assert!(
            en.contains("but none covers: /ImzasizEkler/liste.pdf") && !en.contains("nothing to do"),
            "{en}"
        );
    }
}

#[test]
fn removed_initials_are_named_beside_the_verdict() {
    let report = judged(&|parts| parts.retain(|part| part.rel.0 != "parafimzacades"));
    assert_eq!(report.indication, Indication::Passed, "{:#?}", report.findings);
    assert!(
        told(&report, Lang::Tr).contains("çıkarılmış paraflar"),
        "{}",
        told(&report, Lang::Tr)
    );
    assert!(
        told(&report, Lang::En).contains("initials that were removed"),
        "{}",
        told(&report, Lang::En)
    );
}

#[test]
fn a_part_that_was_put_in_is_named_beside_the_verdict() {
    let report = judged(&|parts| {
        let mut stowaway = parts.iter().find(|part| part.rel.0 == "imzasizEk").unwrap().clone();
        stowaway.name = "/Diger/talimat.pdf".into();
        stowaway.rel = ("http://example.org/baska".into(), "IdBaska".into(), None);
        parts.push(stowaway);
    });
    let named = report
        .findings
        .iter()
        .any(|finding| finding.rule == "KEP-3424" && finding.place == "/Diger/talimat.pdf");
    assert!(named, "{:#?}", report.findings);
    assert!(
        told(&report, Lang::Tr).contains("/Diger/talimat.pdf"),
        "{}",
        told(&report, Lang::Tr)
    );
}

#[test]
fn bytes_of_the_zip_outside_its_parts_are_named_beside_the_verdict() {
    let world = World::new(72);
    let letter = world.letter(3);
    let genuine = letter.package(Version::V2_0, &letter.sender.director).build();
    let context = context(&world);
    let judge = |bytes: Vec<u8>| verify_file(&Bytes::from(bytes), "belge.eyp", None, &context);
    let report = judge(genuine.clone());
    assert_eq!(report.indication, Indication::Passed, "{:#?}", report.findings);
    assert!(!told(&report, Lang::En).contains("bytes of the ZIP"), "{}", told(&report, Lang::En));

    let mut commented = genuine.clone();
    let length = commented.len() - 2;
    commented[length..].copy_from_slice(&7_u16.to_le_bytes());
    commented.extend(b"comment");
    for changed in [[&genuine[..], b"suffix"].concat(), commented] {
        let report = judge(changed);
        assert_eq!(report.indication, Indication::Passed, "{:#?}", report.findings);
        let [tr, en] = [Lang::Tr, Lang::En].map(|lang| told(&report, lang));
        assert!(
            tr.contains("ama şunları kapsamıyor: ZIP'te bileşenlerin dışında kalan baytlar"),
            "{tr}"
        );
        assert!(en.contains("but none covers: bytes of the ZIP outside its parts"), "{en}");
    }
}

#[test]
fn headers_and_text_around_a_signed_message_are_named_beside_the_verdict() {
    let world = World::new(73);
    let context = context(&world);
    let judge = |bytes: &[u8]| verify_file(&Bytes::copy_from_slice(bytes), "ileti.eml", None, &context);
    let mail = world
        .mixed(48)
        .into_iter()
        .map(|sample| sample.raw)
        .find(|raw| judge(raw).indication == Indication::Passed && raw.windows(16).any(|part| part == b"multipart/signed"))
        .unwrap();
    let report = judge(&mail);
    assert!(
        told(&report, Lang::Tr).contains("iletinin dış başlıkları"),
        "{}",
        told(&report, Lang::Tr)
    );
    assert!(
        told(&report, Lang::En).contains("the outer headers of the message"),
        "{}",
        told(&report, Lang::En)
    );

    // Another subject on the envelope, and text before and after the signed section: nothing notices, so it is said.
    let text = String::from_utf8_lossy(&mail).into_owned();
    let subject = text.split("\r\n").find(|line| line.starts_with("Subject:")).unwrap();
    let boundary = text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    for changed in [
        text.replacen(subject, "Subject: baska", 1),
        text.replacen(
            &format!("\r\n--{boundary}\r\n"),
            &format!("\r\nOdemeyi su hesaba yapin\r\n--{boundary}\r\n"),
            1,
        ),
        format!("{text}\r\nOdemeyi su hesaba yapin\r\n"),
    ] {
        assert_ne!(changed, text);
        let report = judge(changed.as_bytes());
        assert_eq!(report.indication, Indication::Passed, "{:#?}", report.findings);
        let told = told(&report, Lang::En);
        assert!(told.contains("the outer headers of the message"), "{told}");
        assert!(
            !changed.contains("Odemeyi") || told.contains("text outside of the signed section"),
            "{told}"
        );
    }
}

#[test]
fn text_behind_an_encoded_signature_is_named() {
    let world = World::new(75);
    let context = context(&world);
    let cms = world.cms(b"Evrak", true, world.p4(&world.senders[0].director.cert, world.base));
    let pem = forge::pki::pem("CMS", &cms);
    let judge = |text: &str| verify_file(&Bytes::copy_from_slice(text.as_bytes()), "evrak.p7s", None, &context);
    let report = judge(&pem);
    assert_eq!(report.indication, Indication::Passed, "{:#?}", report.signatures);
    assert!(report.findings.is_empty());
    let report = judge(&format!("{pem}Odemeyi su hesaba yapin\n"));
    assert_eq!(report.indication, Indication::Passed);
    assert!(
        told(&report, Lang::Tr).contains("kodlanmış imzanın ardındaki metin"),
        "{}",
        told(&report, Lang::Tr)
    );
    assert!(
        told(&report, Lang::En).contains("text behind the encoded signature"),
        "{}",
        told(&report, Lang::En)
    );
}
