//! What an attacker or a broken program sends. None of it may stop a mailbox, vanish, pass as genuine or cost more memory than the limits.

use super::cades::{self, Defect, Spec};
use super::cms::Form;
use super::der;
use super::evidence;
use super::eyp::{Part, Version, opc, opc_entries};
use super::mail::{Envelope, File, base64_lines};
use super::mixed::Letter;
use super::pki::Hash;
use super::world::World;
use super::zip::{self, Entry};

/// What it is an attack on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    Mail,
    Package,
    Xml,
    Signature,
    Evidence,
}

pub struct Hostile {
    pub name: &'static str,
    pub layer: Layer,
    pub raw: Vec<u8>,
    /// A signature or digest in it lies: the entry must not be TOTAL-PASSED.
    pub must_not_pass: bool,
}

type Maker = fn(&Letter) -> Vec<u8>;

/// Name, layer, whether it must not pass, how it is made.
const CATALOGUE: &[(&str, Layer, bool, Maker)] = &[
    ("nested-messages-40000", Layer::Mail, true, |_| {
        b"Content-Type: message/rfc822\r\n\r\n".repeat(40_000)
    }),
    ("nested-multiparts-20000", Layer::Mail, true, |_| nested_multiparts(20_000)),
    ("parts-5000", Layer::Mail, true, |_| many_parts(5_000)),
    ("empty", Layer::Mail, true, |_| vec![]),
    ("one-newline", Layer::Mail, true, |_| b"\r\n".to_vec()),
    ("nul-bytes", Layer::Mail, true, |_| {
        b"From: a\0b@hs01.kep.tr\r\nSubject: bo\0s\r\n\r\n\0\0\0\r\n".to_vec()
    }),
    ("binary-noise", Layer::Mail, true, |_| {
        (0..65_536u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
    }),
    ("truncated", Layer::Mail, true, |l| cut(l, 2, 3)),
    ("truncated-in-headers", Layer::Mail, true, |l| {
        l.world.sample("package-v2", 3).raw[..120].to_vec()
    }),
    ("size-40-mb", Layer::Mail, false, forty_megabytes),
    ("header-500-kb", Layer::Mail, true, |_| header_of(500 << 10)),
    ("headers-100000", Layer::Mail, true, |_| {
        [b"X-A: b\r\n".repeat(100_000), b"\r\nx\r\n".to_vec()].concat()
    }),
    ("line-5-mb", Layer::Mail, true, |_| {
        [b"Subject: x\r\n\r\n".to_vec(), vec![b'a'; 5 << 20], b"\r\n".to_vec()].concat()
    }),
    ("broken-base64", Layer::Mail, true, broken_base64),
    ("header-injection", Layer::Mail, true, header_injection),
    ("attachment-name-traversal", Layer::Mail, false, |l| {
        carry(l, File::new("../../../../etc/cron.d/x", "text/plain", b"x\n".to_vec()))
    }),
    ("attachment-name-bidi", Layer::Mail, false, |l| {
        carry(l, File::new("fatura\u{202e}fdp.exe", "application/octet-stream", b"MZ".to_vec()))
    }),
    ("multipart-without-end", Layer::Mail, true, |_| {
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".to_vec()
    }),
    ("two-from-headers", Layer::Mail, false, |l| {
        [b"From: biri@hs01.kep.tr\r\n".to_vec(), l.world.sample("standard", 4).raw].concat()
    }),
    ("zip-slip", Layer::Package, true, |l| {
        with_entries(l, |e| e.push(Entry::new("../../../../tmp/kep-slip", "x")))
    }),
    ("zip-absolute-name", Layer::Package, true, |l| {
        with_entries(l, |e| e.push(Entry::new("/etc/kep-slip", "x")))
    }),
    ("zip-backslash-slip", Layer::Package, true, |l| {
        with_entries(l, |e| e.push(Entry::new("..\\..\\kep-slip", "x")))
    }),
    ("zip-nul-in-name", Layer::Package, true, |l| {
        with_entries(l, |e| e.push(Entry::new("Ekler/a\0.pdf", "x")))
    }),
    ("zip-bomb-64-mb", Layer::Package, true, |l| {
        with_entries(l, |e| e.push(Entry::new("Ekler/sifir.bin", vec![0; 64 << 20])))
    }),
    ("zip-lying-size", Layer::Package, true, zip_lying_size),
    ("zip-duplicate-entry", Layer::Package, true, zip_duplicate),
    ("zip-case-collision", Layer::Package, true, |l| {
        with_entries(l, |e| e.push(Entry::new("ustveri/USTVERI.xml", "<a/>")))
    }),
    ("zip-local-header-differs", Layer::Package, true, |l| {
        with_entries(l, |e| e[0].local_name = Some("UstYazi/baska.pdf".into()))
    }),
    ("zip-encrypted-entry", Layer::Package, true, |l| {
        with_entries(l, |e| e[0].encrypted = true)
    }),
    ("zip-entries-5000", Layer::Package, true, |l| {
        with_entries(l, |e| e.extend((0..5_000).map(|i| Entry::new(&format!("Ekler/{i}"), ""))))
    }),
    ("zip-truncated", Layer::Package, true, |l| {
        let bytes = package_bytes(l);
        carry_package(l, bytes[..bytes.len() * 2 / 3].to_vec())
    }),
    ("zip-directory-only", Layer::Package, true, |l| carry_package(l, zip::write(&[]))),
    ("package-in-package-40", Layer::Package, false, nested_packages),
    ("package-without-signature", Layer::Package, true, |l| {
        let mut package = l.package(Version::V2_0, &l.sender.director);
        (package.sign, package.seal) = (None, None);
        carry_package(l, package.build())
    }),
    ("xxe", Layer::Xml, true, |l| {
        with_metadata(l, "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>", "&e;")
    }),
    ("entity-bomb", Layer::Xml, true, |l| with_metadata(l, ENTITY_BOMB, "&h;")),
    ("external-dtd", Layer::Xml, true, |l| {
        with_metadata(l, "<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\">", "")
    }),
    ("deep-xml-100000", Layer::Xml, true, |l| with_metadata(l, "", &deep(100_000))),
    ("wide-xml-2-million", Layer::Xml, true, |l| {
        with_metadata(l, "", &"<a/>".repeat(2_000_000))
    }),
    ("not-xml", Layer::Xml, true, |l| {
        replaced(l, "ustveri", b"\xff\xfe\x00\x00 bu XML de\xc4".to_vec())
    }),
    ("cms-depth-bomb", Layer::Signature, true, |l| replaced(l, "imzacades", depth_bomb())),
    ("cms-depth-bomb-mail", Layer::Signature, true, |l| mail_with_cms(l, &depth_bomb())),
    ("cms-length-4-gb", Layer::Signature, true, |l| {
        mail_with_cms(l, &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x06])
    }),
    ("cms-empty", Layer::Signature, true, |l| mail_with_cms(l, b"")),
    ("cms-no-signer", Layer::Signature, true, |l| {
        mail_with_cms(l, &cades::sign(b"", false, &[], Form::Der))
    }),
    ("cms-no-signed-attributes", Layer::Signature, true, |l| {
        mail_with_defect(l, Defect::NoSignedAttributes)
    }),
    ("cms-wrong-certificate-hash", Layer::Signature, true, |l| {
        mail_with_defect(l, Defect::WrongCertificateHash)
    }),
    ("cms-duplicate-attribute", Layer::Signature, true, |l| {
        mail_with_defect(l, Defect::DuplicateMessageDigest)
    }),
    ("cms-wrong-digest", Layer::Signature, true, |l| {
        mail_with_defect(l, Defect::WrongMessageDigest)
    }),
    ("cms-content-confusion", Layer::Signature, true, content_confusion),
    ("cms-trailing-bytes", Layer::Signature, true, |l| {
        let original = l.original("standart");
        let cms = cades::sign(
            &original.entity(),
            false,
            &[Spec::bes(&l.sender.officer.cert, original.date)],
            Form::Der,
        );
        mail_with_cms(l, &[cms, b"ek".to_vec()].concat())
    }),
    ("attached-signature-of-other-content", Layer::Signature, true, |l| {
        let spec = l.world.p4(&l.sender.director.cert, l.at);
        replaced(l, "imzacades", l.world.cms(b"<baska/>", true, spec))
    }),
    ("evidence-wrapping", Layer::Evidence, true, evidence_wrapping),
    ("evidence-xxe", Layer::Evidence, true, |l| {
        evidence_mail(
            l,
            b"<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><DeliveryNonDeliveryToRecipient>&e;</DeliveryNonDeliveryToRecipient>"
                .to_vec(),
        )
    }),
    ("evidence-deep-xml", Layer::Evidence, true, |l| {
        evidence_mail(l, format!("<RelayREMMDFailure>{}</RelayREMMDFailure>", deep(100_000)).into_bytes())
    }),
    ("evidence-unsigned", Layer::Evidence, true, |l| {
        evidence_mail(l, sample_evidence(l).unsigned())
    }),
];

const ENTITY_BOMB: &str = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\
    <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">\
    <!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\"><!ENTITY h \"&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;\">]>";

/// All names, for tests that take them one at a time.
pub fn names() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|(name, ..)| *name)
}

pub fn make(world: &World, name: &str) -> Hostile {
    let index = CATALOGUE.iter().position(|(n, ..)| *n == name).unwrap();
    let (name, layer, must_not_pass, maker) = CATALOGUE[index];
    Hostile {
        name,
        layer,
        must_not_pass,
        raw: maker(&world.letter(500 + index)),
    }
}

/// Every kind: about 140 MB of mail, so prefer [`names`] and [`make`] where they can go one by one.
pub fn all(world: &World) -> Vec<Hostile> {
    names().map(|name| make(world, name)).collect()
}

fn nested_multiparts(depth: usize) -> Vec<u8> {
    let mut out = String::new();
    for i in 0..depth {
        out += &format!("Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n");
    }
    out.into_bytes()
}

fn many_parts(count: usize) -> Vec<u8> {
    let mut out = String::from("Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
    for i in 0..count {
        out += &format!("--b\r\nContent-Type: text/plain; name=\"{i}.txt\"\r\nContent-Disposition: attachment\r\n\r\n{i}\r\n");
    }
    (out + "--b--\r\n").into_bytes()
}

fn cut(letter: &Letter, numerator: usize, denominator: usize) -> Vec<u8> {
    let raw = letter.world.sample("package-v2", 3).raw;
    raw[..raw.len() * numerator / denominator].to_vec()
}

fn forty_megabytes(letter: &Letter) -> Vec<u8> {
    let bytes: Vec<u8> = (0..30u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    carry(letter, File::new("buyuk.bin", "application/octet-stream", bytes))
}

fn header_of(bytes: usize) -> Vec<u8> {
    let mut out = b"From: a@hs01.kep.tr\r\nSubject: uzun\r\nX-Long: ".to_vec();
    while out.len() < bytes {
        out.extend(b"deger deger deger deger deger deger deger\r\n ");
    }
    out.extend(b"\r\n\r\ngovde\r\n");
    out
}

fn broken_base64(letter: &Letter) -> Vec<u8> {
    let raw = String::from_utf8(letter.world.sample("package-v2", 5).raw).unwrap();
    raw.replace("UEsDB", "UE*=!").replace("AAAA\r\n", "A=AA\r\n").into_bytes()
}

/// Encoded words and parameters that decode to line breaks and further headers.
fn header_injection(letter: &Letter) -> Vec<u8> {
    let ours = letter.world.our_address();
    let word = |text: &str| format!("=?utf-8?B?{}?=", base64_lines(text.as_bytes(), ""));
    format!(
        "From: {} <a@hs01.kep.tr>\r\nTo: {ours}\r\nSubject: {}\r\nMessage-ID: <a\tb@x>\r\nX-TR-REM-iletiTip: eYazisma\rX: y\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain; name*=utf-8''a%0d%0aX-Kotu%3a%20evet.txt\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n",
        word("Ad\r\nBcc: hirsiz@ornek.example"),
        word("Konu\r\nBcc: hirsiz@ornek.example\r\n\r\nGövde")
    )
    .into_bytes()
}

/// A well signed and delivered message with this one attachment.
fn carry(letter: &Letter, file: File) -> Vec<u8> {
    let mut original = letter.original("standart");
    original.files = vec![file];
    let l1 = letter.sign_detached(&original, &letter.sender.officer.cert);
    letter.deliver(&original, l1).raw
}

fn carry_package(letter: &Letter, bytes: Vec<u8>) -> Vec<u8> {
    carry(letter, File::new("belge.eyp", "application/octet-stream", bytes))
}

fn package_bytes(letter: &Letter) -> Vec<u8> {
    letter.package(Version::V2_0, &letter.sender.director).build()
}

fn parts(letter: &Letter) -> Vec<Part> {
    let mut kept = vec![];
    let keep = std::cell::RefCell::new(&mut kept);
    letter
        .package(Version::V2_0, &letter.sender.director)
        .build_with(&|_| {}, &|parts| **keep.borrow_mut() = parts.clone());
    kept
}

fn with_entries(letter: &Letter, change: impl Fn(&mut Vec<Entry>)) -> Vec<u8> {
    let mut entries = opc_entries(&parts(letter));
    change(&mut entries);
    carry_package(letter, zip::write(&entries))
}

fn zip_lying_size(letter: &Letter) -> Vec<u8> {
    with_entries(letter, |entries| {
        entries.push(Entry {
            claimed_size: Some(100),
            ..Entry::new("Ekler/kucuk.bin", vec![0; 32 << 20])
        });
    })
}

/// Two Ustveri: one reader shows the first, another the second.
fn zip_duplicate(letter: &Letter) -> Vec<u8> {
    with_entries(letter, |entries| {
        let mut twin = entries.iter().find(|e| e.name == "Ustveri/Ustveri.xml").unwrap().clone();
        twin.bytes = String::from_utf8(twin.bytes)
            .unwrap()
            .replace("<Konu", "<Konu a=\"b\"")
            .into_bytes();
        entries.push(twin);
    })
}

fn nested_packages(letter: &Letter) -> Vec<u8> {
    let mut inner = package_bytes(letter);
    for depth in 0..40 {
        let mut package = letter.package(Version::V2_0, &letter.sender.director);
        package.attachments = vec![super::eyp::Attachment {
            id: super::eyp::guid(&format!("{}ic{depth}", letter.seed)),
            name: "İç paket".into(),
            kind: super::eyp::AttachmentKind::Inside {
                file: "ic.eyp".into(),
                mime: "application/eyazisma".into(),
                bytes: inner,
                signed: true,
            },
        }];
        (package.sign, package.seal) = (None, None);
        inner = package.build();
    }
    carry_package(letter, inner)
}

/// A package whose Ustveri has `doctype` before the root and `extra` inside Konu; digests and signatures fit it.
fn with_metadata(letter: &Letter, doctype: &str, extra: &str) -> Vec<u8> {
    let mut parts = parts(letter);
    let part = parts.iter_mut().find(|p| p.rel.0 == "ustveri").unwrap();
    let xml = String::from_utf8(part.bytes.clone()).unwrap();
    part.bytes = xml
        .replacen("?>\r\n", &format!("?>{doctype}\r\n"), 1)
        .replacen("</Konu>", &format!("{extra}</Konu>"), 1)
        .into_bytes();
    carry_package(letter, opc(&parts))
}

fn replaced(letter: &Letter, relation: &str, bytes: Vec<u8>) -> Vec<u8> {
    let mut parts = parts(letter);
    parts.iter_mut().find(|p| p.rel.0 == relation).unwrap().bytes = bytes;
    carry_package(letter, opc(&parts))
}

fn deep(elements: usize) -> String {
    "<a>".repeat(elements) + &"</a>".repeat(elements)
}

fn depth_bomb() -> Vec<u8> {
    let mut out = der::oid(super::cms::SIGNED_DATA);
    out.splice(0..0, [0x30, 0x80]);
    out.extend([0xa0, 0x80]);
    out.extend([0x30, 0x80].repeat(100_000));
    out
}

fn mail_with_cms(letter: &Letter, cms: &[u8]) -> Vec<u8> {
    let original = letter.original("standart");
    let l1 = original.with_signature(&original.entity(), cms, Hash::Sha256);
    letter.deliver(&original, l1).raw
}

fn mail_with_defect(letter: &Letter, defect: Defect) -> Vec<u8> {
    let original = letter.original("standart");
    let spec = Spec::bes(&letter.sender.officer.cert, original.date).with(defect);
    mail_with_cms(letter, &cades::sign(&original.entity(), false, &[spec], Form::Der))
}

/// A detached context whose CMS carries a content of its own, correctly signed: the reader must not take that for the mail.
fn content_confusion(letter: &Letter) -> Vec<u8> {
    let original = letter.original("standart");
    let spec = Spec::bes(&letter.sender.officer.cert, original.date);
    mail_with_cms(
        letter,
        &cades::sign(b"Content-Type: text/plain\r\n\r\nbaska metin\r\n", true, &[spec], Form::Der),
    )
}

pub fn sample_evidence(letter: &Letter) -> evidence::Evidence {
    evidence::Evidence {
        root: "DeliveryNonDeliveryToRecipient".into(),
        namespace: evidence::NAMESPACE.into(),
        event: "DeliveryExpiration".into(),
        reasons: vec![],
        identifier: super::eyp::guid(&letter.seed).to_lowercase(),
        issuer_name: letter.world.providers[0].name.into(),
        issuer_address: letter.world.providers[0].address.clone(),
        event_time: letter.at,
        submission_time: None,
        sender: ("Biz".into(), letter.world.our_address()),
        recipients: vec![("Alıcı".into(), "alici@hs01.kep.tr".into())],
        refers_to: Some(1),
        subject: letter.subject.clone(),
        original_message_id: Some("<1.sarma@hs01.kep.tr>".into()),
        provider_message_id: "<EYWS{SARMA}.giden>".into(),
        digest: None,
    }
}

/// The provider signed "not delivered"; the file shows "delivered" around it.
fn evidence_wrapping(letter: &Letter) -> Vec<u8> {
    let genuine = sample_evidence(letter);
    let mut forged = genuine.clone();
    forged.event = "Delivery".into();
    forged.identifier = super::eyp::guid(&format!("{}sahte", letter.seed)).to_lowercase();
    evidence_mail(
        letter,
        genuine.wrapped(&forged, &letter.world.providers[0].cert, evidence::Form::Sha256),
    )
}

fn evidence_mail(letter: &Letter, xml: Vec<u8>) -> Vec<u8> {
    let provider = &letter.world.providers[0];
    let envelope = Envelope {
        provider_name: provider.name.into(),
        from: provider.address.clone(),
        to: vec![letter.world.our_address()],
        subject: "[KEP Delili: Teslim edildi]".into(),
        message_id: format!("<delil.{}@hs01.kep.tr>", letter.seed),
        date: letter.at,
        introduction: "Delil ektedir.\n".into(),
        evidence: vec![("DeliveryNonDeliveryToRecipient.xml".into(), xml)],
        original: None,
        etsi_headers: true,
    };
    let spec = letter.world.provider_spec(provider, letter.at);
    envelope.signed(&|octets, attached| letter.world.cms(octets, attached, spec.clone()), Hash::Sha256)
}
