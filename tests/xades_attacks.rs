//! Attacks on XML signatures (pki.md 4.10): none reaches TOTAL-PASSED, each says what it is, and nothing outside the document is fetched.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "xades/bench.rs"]
mod bench;
mod forge;

use bench::{Judged, context, judge, judge_file, told};
use forge::pki::Hash;
use forge::scenario_kit::{self, Kit};
use forge::scenarios::{Defect, Profile, Rung};
use forge::xades::{self, File, Packaging, Shape, Twist};

fn sound(rung: Rung, profile: Profile) -> Kit {
    scenario_kit::build(Defect::Sound, rung, profile)
}

fn twisted(kit: &Kit, packaging: Packaging, twist: Twist) -> Judged {
    let shape = Shape {
        twist,
        ..Shape::of(kit, packaging)
    };
    judge(kit, &xades::build(kit, shape))
}

fn assert_refused(judged: &Judged, code: &str, what: &str) {
    assert!(!judged.passed(), "{what} passed\n{}", told(&judged.report));
    assert!(judged.has(code), "{what}: no {code}\n{}", told(&judged.report));
}

const WRAPPING: &str = "KEP-3702";
const PARTIAL: &str = "KEP-3711";
const TRANSFORM: &str = "KEP-3703";
const EXTERNAL: &str = "KEP-3712";

#[test]
fn properties_that_no_reference_covers_are_never_a_pass() {
    for packaging in Packaging::ALL {
        for (rung, profile) in [(Rung::B, Profile::P1), (Rung::Lt, Profile::P4), (Rung::Lta, Profile::P1)] {
            let kit = sound(rung, profile);
            assert_refused(
                &twisted(&kit, packaging, Twist::PropertiesUnreferenced),
                WRAPPING,
                &format!("{packaging:?} {rung:?}"),
            );
        }
    }
}

#[test]
fn properties_must_be_this_signatures_in_their_place_and_typed() {
    let kit = sound(Rung::T, Profile::P1);
    let other = "http://uri.etsi.org/01903/v1.1.1#SignedProperties";
    for packaging in [Packaging::Enveloped, Packaging::Enveloping, Packaging::Detached] {
        let of = |twist| twisted(&kit, packaging, twist);
        assert_refused(&of(Twist::PropertiesType(None)), "KEP-3713", "no Type");
        assert_refused(&of(Twist::PropertiesType(Some(other))), "KEP-3713", "another Type");
        assert_refused(&of(Twist::Target(None)), WRAPPING, "no Target");
        assert_refused(&of(Twist::Target(Some("#imza-2"))), WRAPPING, "another Target");
        assert_refused(&of(Twist::OldVersion), "KEP-3718", "an old version");
        assert_refused(&of(Twist::TwoSigningTimes), "KEP-3715", "two signing times");
        assert_refused(&of(Twist::DanglingFormat), "KEP-3715", "a format of nothing");
    }
}

#[test]
fn moved_properties_and_objects_are_refused() {
    let kit = sound(Rung::Lt, Profile::P4);
    let file = |packaging| xades::build(&kit, Shape::of(&kit, packaging)).text();
    let judged = |text: &str| judge_file(&context(&kit), text.as_bytes(), None);
    let enveloping = file(Packaging::Enveloping);
    assert!(judged(&enveloping).passed());
    let properties = between(&enveloping, "<xades:SignedProperties", "</xades:SignedProperties>");
    let fake = properties
        .replace("ozellikler-1", "ozellikler-2")
        .replace("2026-11-09T09:00:00", "2026-11-09T08:59:00");
    assert_ne!(fake, properties);

    // The signed ones moved into another object, forged ones in their place.
    let moved = enveloping.replace(&properties, &fake).replace(
        "<ds:Object Id=\"nesne\">",
        &format!("<ds:Object>{}</ds:Object><ds:Object Id=\"nesne\">", declared(&properties)),
    );
    assert_refused(&judged(&moved), WRAPPING, "properties moved into another object");
    // … the same under a second QualifyingProperties.
    let second = format!(
        "<ds:Object><xades:QualifyingProperties xmlns:xades=\"{}\" Target=\"#imza-1\">{fake}</xades:QualifyingProperties></ds:Object>",
        xades::XADES
    );
    let twice = enveloping.replacen("<ds:Object>", &format!("{second}<ds:Object>"), 1);
    assert_refused(&judged(&twice), "KEP-3701", "two QualifyingProperties");
    // … deeper, where some readers look and the schema does not.
    let deeper = enveloping
        .replace("<ds:Object><xades:Q", "<ds:Object><ds:SPKIData><xades:Q")
        .replace(
            "</xades:QualifyingProperties></ds:Object>",
            "</xades:QualifyingProperties></ds:SPKIData></ds:Object>",
        );
    assert_refused(&judged(&deeper), WRAPPING, "properties deeper than the schema has them");
    // The same Id twice: which one is signed depends on the reader.
    let doubled = enveloping.replace(&properties, &format!("{properties}{properties}"));
    assert!(!judged(&doubled).passed());

    // A forged object before the signed one, and after it, and the signed one moved into another.
    let forged = "<ds:Object Id=\"sahte\"><Belge xmlns=\"urn:ornek:belge\" Id=\"govde2\"><Konu>Satış</Konu></Belge></ds:Object>";
    for place in ["<ds:Object Id=\"nesne\">", "<ds:Object><xades"] {
        let with = enveloping.replacen(place, &format!("{forged}{place}"), 1);
        assert_refused(&judged(&with), PARTIAL, "an object that no reference covers");
    }
    let object = between(&enveloping, "<ds:Object Id=\"nesne\">", "</ds:Object>");
    let wrapped = enveloping.replace(
        &object,
        &format!("<ds:Object><Belge xmlns=\"urn:ornek:belge\"><Konu>Satış</Konu>{object}</Belge></ds:Object>"),
    );
    assert!(!judged(&wrapped).passed(), "{}", told(&judged(&wrapped).report));
    let same_id = enveloping.replace(&object, &format!("{}{object}", forged.replace("sahte", "nesne")));
    assert_refused(&judged(&same_id), WRAPPING, "two objects of one Id");
    let text = enveloping.replace("<ds:Object><xades", "<ds:Object>Ödeyin<xades");
    assert_refused(&judged(&text), PARTIAL, "text beside the properties");
    let text = enveloping.replace("</ds:SignedInfo>", "</ds:SignedInfo>Ödeyin");
    assert_refused(&judged(&text), "KEP-3701", "text between the parts of a signature");
    // Text beside: something is shown that nobody signed.
    let beside = enveloping.replace("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object>Ödeyin: 5.000 TL</ds:Object>");
    assert_refused(&judged(&beside), PARTIAL, "text in an object");
}

fn between(text: &str, open: &str, close: &str) -> String {
    let start = text.find(open).unwrap();
    let end = start + text[start..].find(close).unwrap() + close.len();
    text[start..end].to_string()
}

/// The element with the namespaces that it inherited where it was.
fn declared(element: &str) -> String {
    element.replacen(
        "<xades:SignedProperties",
        &format!("<xades:SignedProperties xmlns:xades=\"{}\"", xades::XADES),
        1,
    )
}

#[test]
fn wrapped_documents_are_refused() {
    let kit = sound(Rung::T, Profile::P1);
    let judged = |text: &str| judge_file(&context(&kit), text.as_bytes(), None);
    let evil = "<Konu>Satış</Konu>";
    let by_id = xades::build(&kit, Shape::of(&kit, Packaging::EnvelopedById)).text();
    let body = by_id.split_once("?>\n").unwrap().1.trim_end();
    let signature = between(body, "<ds:Signature ", "</ds:Signature>");
    let bare = body.replace(&signature, "");

    // The signed element in a corner of a forged document, the signature inside it, beside it, and around it.
    let inside = format!("<Belge xmlns=\"urn:ornek:belge\" tur=\"yazı\">{evil}<Ek>{body}</Ek></Belge>");
    assert_refused(&judged(&inside), PARTIAL, "signed element wrapped");
    let beside = format!("<Belge xmlns=\"urn:ornek:belge\">{evil}<Ek>{bare}</Ek>{signature}</Belge>");
    assert!(!judged(&beside).passed());
    let around = format!(
        "<Belge xmlns=\"urn:ornek:belge\">{evil}{}</Belge>",
        signature.replace("</ds:KeyInfo>", &format!("</ds:KeyInfo><ds:Object>{bare}</ds:Object>"))
    );
    assert!(!judged(&around).passed(), "{}", told(&judged(&around).report));
    // One Id for two elements, in every spelling that some reader takes for an identifier.
    for spelling in ["Id", "ID", "id", "xml:id", "iD"] {
        let text = format!("<Paket xmlns=\"urn:ornek:belge\"><Belge {spelling}=\"govde\">{evil}</Belge>{body}</Paket>");
        assert_refused(&judged(&text), WRAPPING, &format!("{spelling} twice"));
        let in_key_info = by_id.replace(
            "<ds:KeyInfo>",
            &format!("<ds:KeyInfo><ds:KeyName {spelling}=\"govde\">x</ds:KeyName>"),
        );
        assert_refused(&judged(&in_key_info), WRAPPING, &format!("{spelling} in KeyInfo"));
    }

    // A wrapper may say nothing of its own.
    let parallel = xades::build(&kit, Shape::of(&kit, Packaging::Beside)).text();
    assert!(judged(&parallel).passed());
    for (what, changed) in [
        ("an element", parallel.replace("</Paket>", "<Not>Ödendi</Not></Paket>")),
        ("an empty element", parallel.replace("</Paket>", "<Onay></Onay></Paket>")),
        ("an attribute", parallel.replace("<Paket ", "<Paket durum=\"onaylandı\" ")),
        ("text", parallel.replace("</Paket>", "Ödendi</Paket>")),
        ("a stylesheet", parallel.replace("?>\n", "?>\n<?xml-stylesheet href=\"x.xsl\"?>\n")),
    ] {
        assert_ne!(changed, parallel);
        assert_refused(&judged(&changed), PARTIAL, what);
    }
    // URI="" covers what stands around the root; "#govde" does not.
    let sheet = by_id.replacen("?>\n", "?>\n<?xml-stylesheet href=\"x.xsl\"?>\n", 1);
    assert_refused(&judged(&sheet), PARTIAL, "a stylesheet around the root");
    let whole = xades::build(&kit, Shape::of(&kit, Packaging::Enveloped)).text();
    let sheet = whole.replacen("?>\n", "?>\n<?xml-stylesheet href=\"x.xsl\"?>\n", 1);
    assert_refused(&judged(&sheet), "KEP-3301", "a stylesheet around the root");
    // Comments are covered by nothing and said to be so.
    let comment = whole.replacen("<Konu>", "<!-- Ödendi --><Konu>", 1);
    let commented = judged(&comment);
    assert!(commented.passed());
    assert!(told(&commented.report).contains("comments"), "{}", told(&commented.report));
}

#[test]
fn transforms_and_addresses_off_the_list_are_refused_and_never_followed() {
    let kit = sound(Rung::T, Profile::P1);
    for uri in [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2001/04/xmlenc#decryption",
        "http://schemas.openxmlformats.org/package/2006/RelationshipTransform",
        "",
    ] {
        for packaging in [Packaging::Enveloped, Packaging::Enveloping, Packaging::Detached] {
            assert_refused(&twisted(&kit, packaging, Twist::Transform(uri)), TRANSFORM, uri);
        }
    }
    // base64 would drop the tags of what is signed.
    let base64 = "http://www.w3.org/2000/09/xmldsig#base64";
    assert_refused(
        &twisted(&kit, Packaging::EnvelopedById, Twist::Transform(base64)),
        TRANSFORM,
        "base64 over a tree",
    );
    for uri in ["#xpointer(/)", "#xpointer(id('govde'))", "#element(/1)", "#"] {
        assert_refused(&twisted(&kit, Packaging::EnvelopedById, Twist::Uri(uri)), TRANSFORM, uri);
    }
    // A listener that must stay silent.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let local: &'static str = format!("http://127.0.0.1:{}/x.xml", listener.local_addr().unwrap().port()).leak();
    for uri in [
        local,
        "file:///etc/passwd",
        "https://kurum.example/x",
        "ldap://x/y",
        "x.xml#govde",
        "//host/share",
        "cid:1",
    ] {
        for packaging in [Packaging::Enveloped, Packaging::Enveloping, Packaging::Beside] {
            assert_refused(&twisted(&kit, packaging, Twist::Uri(uri)), EXTERNAL, uri);
        }
    }
    let detached = xades::build(&kit, Shape::of(&kit, Packaging::Detached));
    assert_refused(
        &judge_file(&context(&kit), &detached.xml, None),
        EXTERNAL,
        "detached without its content",
    );
    assert!(listener.accept().is_err(), "somebody followed the address");
    assert_refused(
        &twisted(&kit, Packaging::EnvelopedById, Twist::Uri("#yok")),
        WRAPPING,
        "an Id that nobody has",
    );
    assert_refused(
        &twisted(&kit, Packaging::EnvelopedById, Twist::Uri("#deger-1")),
        WRAPPING,
        "the signature's own value",
    );
}

#[test]
fn manifests_are_followed_and_checked() {
    let kit = sound(Rung::T, Profile::P1);
    for packaging in [
        Packaging::EnvelopedById,
        Packaging::Enveloping,
        Packaging::Beside,
        Packaging::Detached,
    ] {
        let good = twisted(&kit, packaging, Twist::Manifest);
        assert!(good.passed(), "{packaging:?}\n{}", told(&good.report));
        assert_refused(
            &twisted(&kit, packaging, Twist::BrokenManifest),
            "KEP-3301",
            "a manifest of other data",
        );
        assert_refused(&twisted(&kit, packaging, Twist::FakeManifest), WRAPPING, "a manifest that is none");
    }
}

#[test]
fn supplied_content_must_be_what_is_signed() {
    let kit = sound(Rung::T, Profile::P1);
    let context = context(&kit);
    let detached = xades::build(&kit, Shape::of(&kit, Packaging::Detached));
    let file = |content: &[u8]| judge_file(&context, &detached.xml, Some(content));
    assert!(file(detached.content.as_ref().unwrap()).passed());
    assert_refused(&file(b"another"), "KEP-3301", "other content");
    let base64 = xades::build(&kit, Shape::of(&kit, Packaging::EnvelopingBase64));
    assert!(
        judge_file(&context, &base64.xml, Some("Kira sözleşmesi\n".as_bytes())).passed(),
        "the same, inside and beside"
    );
    assert_refused(
        &judge_file(&context, &base64.xml, Some(b"another")),
        "KEP-3107",
        "one is shown, the other signed",
    );
    let enveloped = xades::build(&kit, Shape::of(&kit, Packaging::Enveloped));
    assert_refused(
        &judge_file(&context, &enveloped.xml, Some(b"another")),
        "KEP-3107",
        "one is shown, the other signed",
    );
}

#[test]
fn nested_and_countersigning_signatures_stand_where_they_must() {
    let kit = sound(Rung::Lt, Profile::P1);
    let second = scenario_kit::second(Defect::Sound, Rung::Lt, Profile::P1);
    let judged = |text: &str| judge_file(&context(&kit), text.as_bytes(), None);
    let serial = xades::build_with(&kit, Shape::of(&kit, Packaging::Enveloping), Some(&second)).text();
    assert!(judged(&serial).passed(), "{}", told(&judged(&serial).report));
    // The counter-signature of one signature under another one.
    let counter = between(&serial, "<xades:CounterSignature>", "</xades:CounterSignature>");
    let other = xades::build(&second, Shape::of(&second, Packaging::Enveloping)).text();
    let moved = other.replace(
        "<xades:UnsignedSignatureProperties>",
        &format!("<xades:UnsignedSignatureProperties>{counter}"),
    );
    assert_refused(&judged(&moved), "KEP-3301", "a counter-signature of another value");
    let empty = serial.replace(&counter, "<xades:CounterSignature></xades:CounterSignature>");
    assert_refused(&judged(&empty), "KEP-3715", "an empty CounterSignature");
    // A signed document as the data of another signature.
    let mut inner = between(&other, "<ds:Signature ", "</ds:Signature>");
    for name in ["imza-1", "deger-1", "ozellikler-1", "ref-1-", "nesne", "govde"] {
        inner = inner.replace(name, &format!("ic-{name}"));
    }
    let nested = serial.replace(
        "</ds:KeyInfo><ds:Object",
        &format!("</ds:KeyInfo><ds:Object>{inner}</ds:Object><ds:Object"),
    );
    assert_ne!(nested, serial);
    assert_refused(&judged(&nested), "KEP-3716", "a signature inside an object");
    // A genuine counter-signature and a bare copy of the value that it signs, in a document that nobody signed.
    let alone = between(&counter, "<ds:Signature ", "</ds:Signature>");
    let value = between(&serial, "<ds:SignatureValue", "</ds:SignatureValue>");
    let names = [("ds", xades::DS), ("xades", xades::XADES), ("xades141", xades::XADES_141)];
    let names: String = names.iter().map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\"")).collect();
    let orphan = format!("<Belge xmlns=\"urn:ornek:belge\"{names}><Konu>Satış</Konu>{value}{alone}</Belge>");
    assert_refused(&judged(&orphan), PARTIAL, "a counter-signature of a value that is nobody's");
    // Two values, two SignedInfo, parts in another order.
    let value = between(&other, "<ds:SignatureValue", "</ds:SignatureValue>");
    assert_refused(
        &judged(&other.replace(&value, &format!("{value}{value}"))),
        "KEP-3701",
        "two values",
    );
    let info = between(&other, "<ds:SignedInfo", "</ds:SignedInfo>");
    assert_refused(
        &judged(&other.replace(&info, &format!("{info}{info}"))),
        "KEP-3701",
        "two SignedInfo",
    );
    let swapped = other.replace(&value, "").replace(&info, &format!("{value}{info}"));
    assert_refused(&judged(&swapped), "KEP-3701", "parts in another order");
    // Beside a document, all of them count.
    let both = xades::parallel(&kit, &second).text();
    assert!(judged(&both).passed());
    let one_broken = both.replacen("<ds:SignatureValue Id=\"deger-2\">", "<ds:SignatureValue Id=\"deger-2\">AAAA", 1);
    assert_refused(&judged(&one_broken), "KEP-3302", "one of two broken");
}

#[test]
fn another_certificate_in_key_info_is_not_the_signer() {
    let kit = sound(Rung::T, Profile::P1);
    let second = scenario_kit::second(Defect::Sound, Rung::T, Profile::P1);
    let file = xades::build(&kit, Shape::of(&kit, Packaging::Enveloped)).text();
    let certificate = |kit: &Kit| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(&kit.signer.der)
    };
    let judged = |text: &str| judge_file(&context(&kit), text.as_bytes(), None);
    let swapped = file.replace(&certificate(&kit), &certificate(&second));
    assert_refused(&judged(&swapped), "KEP-3203", "another certificate");
    // A certificate of the same key for another name: the signed digest tells them apart.
    let twin = kit
        .signer
        .under(kit.signer.issuer.as_ref().unwrap())
        .reissued(&forge::pki::Profile::nes("BAŞKA KİŞİ", "22222222220", kit.signer.key.kind));
    let twin_kit = Kit {
        signer: twin,
        ..kit.clone()
    };
    let substituted = file.replace(&certificate(&kit), &certificate(&twin_kit));
    assert_refused(&judged(&substituted), "KEP-3203", "a twin of the key");
    let beside = file.replace(
        "<ds:X509Data>",
        &format!("<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate>", certificate(&twin_kit)),
    );
    let both = judged(&beside);
    assert!(both.passed());
    assert_eq!(
        both.report.signatures[0].signer.as_ref().unwrap().common_name.as_deref(),
        Some("SINAMA KİŞİSİ 1")
    );
}

#[test]
fn entities_and_doctypes_are_answered() {
    let kit = sound(Rung::B, Profile::P1);
    let file = xades::build(&kit, Shape::of(&kit, Packaging::Enveloped)).text();
    let bomb =
        "<!DOCTYPE Belge [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>\n";
    let external = "<!DOCTYPE Belge [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n";
    for doctype in [
        bomb,
        external,
        "<!DOCTYPE Belge SYSTEM \"http://127.0.0.1:9/x.dtd\">\n",
        "<!DOCTYPE Belge>\n",
    ] {
        let text = file.replacen("?>\n", &format!("?>\n{doctype}"), 1).replace("Kira", "&c;");
        assert_refused(&judge_file(&context(&kit), text.as_bytes(), None), "KEP-3719", doctype);
    }
    let deep = format!("{}{}", "<a>".repeat(5_000), "</a>".repeat(5_000));
    let text = file.replace("</Belge>", &format!("{deep}</Belge>"));
    assert_refused(&judge_file(&context(&kit), text.as_bytes(), None), "KEP-3701", "deep nesting");
    let many = "<a b=''/>".repeat(2_000_000);
    let text = file.replace("</Belge>", &format!("{many}</Belge>"));
    assert_refused(
        &judge_file(&context(&kit), text.as_bytes(), None),
        "KEP-3717",
        "three million nodes",
    );
    let namespaces: String = (0..400).map(|n| format!(" xmlns:p{n}=\"urn:{n}\"")).collect();
    let text = file.replace("<Konu>", &format!("<Konu{namespaces}>"));
    assert_refused(
        &judge_file(&context(&kit), text.as_bytes(), None),
        "KEP-3717",
        "hundreds of namespaces",
    );
}

#[test]
fn what_the_profiles_ask_of_xades_is_asked() {
    let kit = sound(Rung::Lt, Profile::P4);
    let rule = "KEP-3404";
    let of = |twist| twisted(&kit, Packaging::Enveloping, twist);
    assert!(of(Twist::None).passed());
    assert_refused(&of(Twist::NoDataFormat), "KEP-3720", "no DataObjectFormat");
    assert_refused(&of(Twist::NoSigAndRefs), rule, "no SigAndRefsTimeStamp");
    assert_refused(&of(Twist::BindingHash(Hash::Sha512)), rule, "SigningCertificate by SHA-512");
    assert_refused(&of(Twist::BindingHash(Hash::Sha1)), rule, "SigningCertificate by SHA-1");
    let plain = sound(Rung::B, Profile::P1);
    assert_refused(
        &twisted(&plain, Packaging::Enveloped, Twist::NoDataFormat),
        "KEP-3720",
        "P1 without DataObjectFormat",
    );
    assert_refused(
        &twisted(&plain, Packaging::Enveloping, Twist::SecondObject),
        PARTIAL,
        "a second object",
    );
}

#[test]
fn a_plain_signature_of_a_document_is_no_advanced_one() {
    let kit = sound(Rung::B, Profile::P1);
    let file: File = xades::build(
        &kit,
        Shape {
            twist: Twist::PropertiesUnreferenced,
            ..Shape::of(&kit, Packaging::Enveloped)
        },
    );
    let text = file.text();
    let object = between(&text, "<ds:Object>", "</ds:Object>");
    let judged = judge_file(&context(&kit), text.replace(&object, "").as_bytes(), None);
    assert_refused(&judged, "KEP-3704", "plain XML-DSig");
    assert_eq!(judged.report.signatures[0].format, "XML-DSig");
}

/// Where a byte of a signed file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Region {
    /// Covered by the signature, or the signature itself, or the certificate that it names.
    Protected,
    KeyInfo,
    Unsigned,
    /// Prolog, end, identifiers of parts.
    Frame,
}

fn region(text: &str, at: usize) -> Region {
    let inside = |open: &str, close: &str| {
        let start = text.find(open)?;
        let end = start + text[start..].find(close)?;
        Some((start..end).contains(&at))
    };
    let is = |open, close| inside(open, close) == Some(true);
    match () {
        () if is("<ds:SignedInfo>", "</ds:SignedInfo>") => Region::Protected,
        () if is("<xades:SignedProperties", "</xades:SignedProperties>") => Region::Protected,
        () if is("<Konu>", "<ds:Signature ") || is("<ds:Object Id=\"nesne\"", "</ds:Object>") => Region::Protected,
        () if is("<ds:KeyInfo>", "</ds:KeyInfo>") => Region::KeyInfo,
        () if is("<xades:UnsignedProperties>", "</xades:UnsignedProperties>") => Region::Unsigned,
        () => Region::Frame,
    }
}

/// Seeded mutations: what passes reads the same, or stands where nothing is protected and the report says so.
#[test]
fn mutations_pass_only_outside_of_what_is_protected() {
    use rand::{Rng, RngExt, SeedableRng};
    let mut random = rand::rngs::StdRng::seed_from_u64(20_261_122);
    let meaning = |text: &str| {
        bergshamra_c14n::canonicalize(text, bergshamra_c14n::C14nMode::Inclusive, None, &[] as &[&str])
            .ok()
            .and_then(|octets| String::from_utf8(octets).ok())
    };
    let (mut passed, mut refused) = (0, 0);
    for packaging in [
        Packaging::Enveloped,
        Packaging::EnvelopedById,
        Packaging::Enveloping,
        Packaging::EnvelopingBase64,
    ] {
        let kit = sound(Rung::Lt, Profile::P4);
        let context = context(&kit);
        let file = xades::build(&kit, Shape::of(&kit, packaging)).text();
        assert!(judge_file(&context, file.as_bytes(), None).passed());
        for _ in 0..1_000 {
            let at = random.random_range(0..file.len());
            let mut bytes = file.clone().into_bytes();
            match random.next_u32() % 4 {
                0 => bytes[at] ^= 1 << (random.next_u32() % 7),
                1 => bytes[at] = b" \n\"'<>/&=AaIi09#"[random.random_range(0..16)],
                2 => {
                    bytes.remove(at);
                }
                _ => bytes.insert(at, b" \n\t<a0"[random.random_range(0..6)]),
            }
            if bytes == file.as_bytes() {
                continue;
            }
            let judged = judge_file(&context, &bytes, None);
            if !judged.passed() {
                refused += 1;
                continue;
            }
            passed += 1;
            let told = told(&judged.report);
            let text = String::from_utf8(bytes).unwrap();
            match region(&file, at) {
                Region::Protected => assert_eq!(
                    meaning(&text),
                    meaning(&file),
                    "{packaging:?} {at}: {}",
                    &text[at.saturating_sub(40)..(at + 40).min(text.len())]
                ),
                Region::KeyInfo => assert!(told.contains("KeyInfo"), "{told}"),
                Region::Unsigned => assert!(told.contains("UnsignedProperties"), "{told}"),
                Region::Frame => assert!(judged.has("KEP-3710"), "{told}"),
            }
        }
    }
    println!("{passed} mutations passed, {refused} did not");
    assert!(refused > 2_000, "{refused}");
}

/// A document at the limit is judged, one above it is refused with a reason.
#[test]
fn large_documents_are_judged_up_to_the_limit() {
    let kit = sound(Rung::Lta, Profile::P1);
    let lines: String = (0..40_000)
        .map(|n| xades::el("Satir", &[("no", &n.to_string())], "şöyle &amp; böyle"))
        .collect();
    let text = xades::el("Konu", &[], &"Kira ".repeat(5_300_000));
    let file = xades::enveloped_around(&kit, &(text + &lines));
    assert!(file.xml.len() > 26 << 20 && file.xml.len() < 32 << 20, "{}", file.xml.len());
    let context = context(&kit);
    let judged = judge_file(&context, &file.xml, None);
    assert!(judged.passed(), "{}", told(&judged.report));
    let last = file.text().replacen("<Satir no=\"39999\">ş", "<Satir no=\"39999\">s", 1);
    assert_refused(
        &judge_file(&context, last.as_bytes(), None),
        "KEP-3301",
        "one letter of the last line",
    );
    let larger = file.text().replacen("Kira ", &"Kira ".repeat(1_400_000), 1);
    assert_refused(&judge_file(&context, larger.as_bytes(), None), "KEP-3701", "above the limit");
}
