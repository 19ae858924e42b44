//! Attacks on signed mail: what is shown must be what is signed, and the sender who is shown must be the one who signed.
//!
//! The mail has no provider's envelope, so that nothing but the sender's own signature speaks for it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::sync::Arc;

use bytes::Bytes;
use forge::cades::{self, Defect, Spec};
use forge::cms::{Form, SignedData};
use forge::mail::File;
use forge::pki::{Certified, Hash, KeyKind, Profile, synthetic_id};
use forge::world::World;
use jiff::Timestamp;
use kep_gateway::limits::Limits;
use kep_gateway::signature::report::Indication;
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};

const AT: &str = "2026-11-19T06:00:00Z";

struct Bench {
    world: World,
    context: Context,
    /// A qualified certificate that names the sender's KEP address.
    signer: Arc<Certified>,
    address: String,
}

fn bench(seed: u64) -> Bench {
    let world = World::new(seed);
    let dir = tempfile::tempdir().unwrap();
    world.trust_folder(&dir.path().join("trust"));
    world.intermediates(&dir.path().join("intermediates"));
    world.revocation(&dir.path().join("revocation"));
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    let context = Context::new(Arc::new(trust), AT.parse::<Timestamp>().unwrap(), Limits::default());
    let address = world.letter(2).sender.institution.kep.clone().unwrap();
    let mut profile = Profile::nes("İLETİ YETKİLİSİ", &synthetic_id(610), KeyKind::P256);
    profile.email = Some(address.clone());
    let signer = world.nes.ca.issue(&profile, "ileti-yetkilisi");
    Bench {
        world,
        context,
        signer,
        address,
    }
}

impl Bench {
    fn mail(&self) -> String {
        let letter = self.world.letter(2);
        let original = letter.original("standart");
        let spec = || Spec::bes(&self.signer, original.date);
        let sign = |bytes: &[u8], attached: bool| self.world.cms(bytes, attached, spec());
        String::from_utf8(original.signed(&sign, Hash::Sha256)).unwrap()
    }

    fn verify(&self, mail: &str) -> FileReport {
        verify_file(&Bytes::from(mail.to_owned()), "x.eml", None, &self.context)
    }
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    let out = text.replacen(from, to, 1);
    assert_ne!(out, text, "{from}");
    out
}

/// Headers and body of the outermost layer.
fn halves(mail: &str) -> (&str, &str) {
    mail.split_once("\r\n\r\n").unwrap()
}

fn told(report: &FileReport) -> String {
    let reasons = report.signatures.iter().flat_map(|one| &one.reasons);
    let reasons = reasons.map(|reason| format!("{} {}", reason.code, reason.text.en));
    let findings = report
        .findings
        .iter()
        .map(|one| format!("{} {:?} {}", one.rule, one.severity, one.text.en));
    reasons.chain(findings).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_mail_signed_by_the_one_who_is_shown_passes() {
    let bench = bench(61);
    let report = bench.verify(&bench.mail());
    assert_eq!(report.indication, Indication::Passed, "{}", told(&report));
}

#[test]
fn another_sender_than_the_signer_is_not_believed() {
    let bench = bench(62);
    let mail = bench.mail();
    let (headers, body) = halves(&mail);
    let from = headers.lines().find(|line| line.starts_with("From:")).unwrap();
    let other = "saldirgan@hs02.kep.tr";
    let with_from = |line: &str| format!("{}\r\n\r\n{body}", replaced(headers, from, line));
    for line in [
        format!("From: {other}"),
        format!("From: \"{}\" <{other}>", bench.address),
        format!("From: {other} ({})", bench.address),
        format!("From: <{other}> <{}>", bench.address),
        format!("From: {other}\r\n{from}"),
        format!("From: {other}, {}", bench.address),
        format!("From: {}\u{0}@x, {other}", bench.address),
        format!("From: {}.evil.example", bench.address),
        format!("From: x{}", bench.address),
    ] {
        let report = bench.verify(&with_from(&line));
        assert_ne!(report.indication, Indication::Passed, "{line:?}\n{}", told(&report));
    }
    // The second of two senders may be shown by another program: never in silence.
    for line in [format!("{from}\r\nFrom: {other}"), format!("{from}\r\nSender: {other}")] {
        let report = bench.verify(&with_from(&line));
        let said = report.findings.iter().any(|one| one.text.en.contains("From"));
        assert!(report.indication != Indication::Passed || said, "{line:?}\n{}", told(&report));
    }
}

#[test]
fn a_part_beside_the_signed_one_is_not_covered_by_it() {
    let bench = bench(63);
    let mail = bench.mail();
    let (headers, body) = halves(&mail);
    let content_type = headers
        .split("\r\n")
        .position(|line| line.to_ascii_lowercase().starts_with("content-type:"))
        .unwrap();
    let lines: Vec<&str> = headers.split("\r\n").collect();
    let end = (content_type + 1..lines.len())
        .find(|index| !lines[*index].starts_with([' ', '\t']))
        .unwrap_or(lines.len());
    let signed_part = format!("{}\r\n\r\n{body}", lines[content_type..end].join("\r\n"));
    let outer = [&lines[..content_type], &lines[end..]].concat().join("\r\n");
    let text = "Content-Type: text/plain; charset=utf-8\r\n\r\nÖdemeyi şu hesaba yapın: TR00\r\n";
    let attachment =
        "Content-Type: application/pdf; name=\"ek.pdf\"\r\nContent-Disposition: attachment; filename=\"ek.pdf\"\r\n\r\n%PDF-1.4\r\n";
    for (what, parts) in [
        ("text before", vec![text, &signed_part]),
        ("text behind", vec![&signed_part, text]),
        ("attachment behind", vec![&signed_part, attachment]),
        ("both", vec![text, &signed_part, attachment]),
        ("alone in a shell", vec![text, &signed_part, &signed_part]),
    ] {
        let mut wrapped = format!("{outer}\r\nContent-Type: multipart/mixed; boundary=\"saldiri\"\r\n\r\n");
        for part in parts {
            wrapped += &format!("--saldiri\r\n{part}\r\n");
        }
        wrapped += "--saldiri--\r\n";
        let report = bench.verify(&wrapped);
        assert_ne!(report.indication, Indication::Passed, "{what}\n{}", told(&report));
    }
    // Nested where one of two is shown.
    let nested = format!(
        "{outer}\r\nContent-Type: multipart/alternative; boundary=\"secenek\"\r\n\r\n--secenek\r\n{text}\r\n--secenek\r\n{signed_part}\r\n--secenek--\r\n"
    );
    assert_ne!(bench.verify(&nested).indication, Indication::Passed);
}

#[test]
fn text_around_the_parts_of_a_signed_mail_is_not_shown_as_signed() {
    let bench = bench(64);
    let mail = bench.mail();
    let (headers, body) = halves(&mail);
    let boundary = body.lines().find(|line| line.starts_with("--")).unwrap();
    let third = format!("{boundary}\r\nContent-Type: text/plain\r\n\r\neklenen\r\n");
    // A third part before, between and behind the two.
    let second = body.match_indices(boundary).nth(1).unwrap().0;
    let last = body.rfind(boundary).unwrap();
    for (what, altered) in [
        ("before", format!("{third}{body}")),
        ("between", format!("{}{third}{}", &body[..second], &body[second..])),
        ("behind", format!("{}{third}{}", &body[..last], &body[last..])),
    ] {
        let report = bench.verify(&format!("{headers}\r\n\r\n{altered}"));
        assert_ne!(report.indication, Indication::Passed, "{what}\n{}", told(&report));
    }
}

#[test]
fn the_signed_octets_are_those_received_up_to_the_ends_of_lines() {
    let bench = bench(65);
    let mail = bench.mail();
    // A relay that writes bare line feeds: the same text.
    let bare = mail.replace("\r\n", "\n");
    assert_eq!(bench.verify(&bare).indication, Indication::Passed, "{}", told(&bench.verify(&bare)));
    // The hash that the header promises is a hint.
    let hint = replaced(&mail, "micalg=sha256", "micalg=md5");
    assert_eq!(bench.verify(&hint).indication, Indication::Passed);
    let (headers, body) = halves(&mail);
    let boundary = body.lines().find(|line| line.starts_with("--")).unwrap();
    let start = body.find(boundary).unwrap() + boundary.len() + 2;
    let end = body.match_indices(boundary).nth(1).unwrap().0;
    let entity = &body[start..end];
    let with = |altered: &str| format!("{headers}\r\n\r\n{}{altered}{}", &body[..start], &body[end..]);
    assert_eq!(bench.verify(&with(entity)).indication, Indication::Passed);
    // Blank lines behind the last boundary are nobody's text; relays add them.
    assert_eq!(bench.verify(&with(&format!("{entity}\r\n\r\n"))).indication, Indication::Passed);
    for (what, altered) in [
        ("trailing blank", replaced(entity, "\r\n", " \r\n")),
        ("another transfer encoding", replaced(entity, "quoted-printable", "8bit")),
        ("a header added", format!("X-Ek: 1\r\n{entity}")),
        ("a line added", format!("{entity}ek\r\n")),
        ("first letter", replaced(entity, "Content", "content")),
    ] {
        let report = bench.verify(&with(&altered));
        assert_ne!(report.indication, Indication::Passed, "{what}\n{}", told(&report));
    }
}

/// RFC 8551 3.4.3: beside a text stands a signature without content, of one signer.
#[test]
fn the_signature_beside_a_mail_signs_that_mail_and_nothing_else() {
    let bench = bench(66);
    let letter = bench.world.letter(2);
    let original = letter.original("standart");
    let spec = || Spec::bes(&bench.signer, original.date);
    let mail = |sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let made = original.signed(&|entity, _| sign(entity), Hash::Sha256);
        String::from_utf8(made).unwrap()
    };
    let report = bench.verify(&mail(&|entity| bench.world.cms(entity, true, spec())));
    assert_eq!(report.indication, Indication::Passed, "the same content inside\n{}", told(&report));
    let none = |entity: &[u8]| {
        SignedData {
            content_type: forge::cms::DATA,
            content: Some(entity.to_vec()),
            certificates: vec![bench.signer.der.clone()],
            crls: vec![],
            signers: vec![],
            form: Form::Der,
        }
        .encode()
    };
    let two = |entity: &[u8]| cades::sign(entity, false, &[spec(), spec().with(Defect::BrokenSignature)], Form::Der);
    for (what, mail) in [
        (
            "another content inside",
            mail(&|_| bench.world.cms(b"Content-Type: text/plain\r\n\r\nbaska", true, spec())),
        ),
        ("another content signed", mail(&|_| bench.world.cms(b"baska", false, spec()))),
        ("nobody signed", mail(&none)),
        ("one of two is broken", mail(&two)),
        ("no signature", mail(&|_| vec![])),
        ("rubbish", mail(&|_| b"\x30\x03\x02\x01\x00".to_vec())),
    ] {
        let report = bench.verify(&mail);
        assert_ne!(report.indication, Indication::Passed, "{what}\n{}", told(&report));
    }
}

/// "Every signature is valid" is said of attached documents too, in every format that they come in.
#[test]
fn the_signatures_of_attached_documents_are_judged() {
    use forge::cades_kit::{self, Shape, Signing};
    use forge::pdf_file::Style;
    use forge::pdf_sign::{self, StampIn};
    use forge::scenario_kit::build;
    use forge::scenarios::{Defect, Profile, Rung};
    use forge::xades::{self, Packaging};

    let mut bench = bench(67);
    let kit = build(Defect::Sound, Rung::Lt, Profile::P1);
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name);
    bench.world.trust_folder(&place("trust"));
    bench.world.intermediates(&place("intermediates"));
    bench.world.revocation(&place("revocation"));
    kit.lay_out(dir.path());
    let trust = Trust::load(Some(&place("trust")), Some(&place("intermediates")), Some(&place("revocation"))).unwrap();
    bench.context = Context::new(Arc::new(trust), AT.parse::<Timestamp>().unwrap(), Limits::default());

    let letter = bench.world.letter(2);
    let carrying = |file: Option<File>| {
        let mut original = letter.original("standart");
        original.files.extend(file);
        let spec = || Spec::bes(&bench.signer, original.date);
        let mail = original.signed(&|bytes, attached| bench.world.cms(bytes, attached, spec()), Hash::Sha256);
        verify_file(&Bytes::from(mail), "x.eml", None, &bench.context)
    };
    let bare = carrying(None);
    assert_eq!(bare.indication, Indication::Passed, "{}", told(&bare));
    let broken = build(Defect::SignatureValue, Rung::Lt, Profile::P1);
    let pdf = |kit: &forge::scenario_kit::Kit| pdf_sign::letter(kit, Style::Table, StampIn::Cms);
    let xml = |kit: &forge::scenario_kit::Kit| xades::build(kit, xades::Shape::of(kit, Packaging::Enveloped)).xml;
    let cms = |kit: &forge::scenario_kit::Kit| cades_kit::sign(b"%PDF-1.4 ek", true, &[Signing::new(kit.clone(), Shape::Xl)]);
    for (name, mime, good, bad) in [
        ("sozlesme.pdf", "application/pdf", pdf(&kit), pdf(&broken)),
        ("fatura.xml", "text/xml", xml(&kit), xml(&broken)),
        ("sozlesme.pdf.p7m", "application/octet-stream", cms(&kit), cms(&broken)),
    ] {
        for (bytes, expected) in [(good, Indication::Passed), (bad, Indication::Failed)] {
            let report = carrying(Some(File::new(name, mime, bytes)));
            assert_eq!(report.indication, expected, "{name}\n{}", told(&report));
            let own = report.signatures.iter().find(|one| one.covers.contains(name));
            assert_eq!(own.map(|one| one.indication), Some(expected), "{name}");
            assert_eq!(report.signatures.len(), bare.signatures.len() + 1);
        }
    }
    // What nobody signed has no verdict, and an encrypted attachment is nobody's broken signature.
    let unsigned = carrying(Some(File::new("ek.pdf", "application/pdf", b"%PDF-1.4 ek".to_vec())));
    assert_eq!(unsigned.signatures.len(), bare.signatures.len(), "{}", told(&unsigned));
}
