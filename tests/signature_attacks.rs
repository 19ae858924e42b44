//! Attacks on signatures, and genuine ones made by other programs: nothing altered passes, nothing genuine is refused.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use forge::world::World;
use jiff::Timestamp;
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::cms::SignedData;
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::certificate::Certificate;
use kep_gateway::signature::report::{CertificateClass, Indication, Role, SignatureReport, SubIndication};
use kep_gateway::signature::trust::Purpose;
use kep_gateway::signature::{Context, Trust, judge_evidence, verdict, verify_file};

/// Fresh for the folder's CRLs of 18 November.
const AT: &str = "2026-11-19T06:00:00Z";
const CONTENT: &[u8] = b"<Ozet>Belge</Ozet>";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn context(world: &World) -> Context {
    let dir = tempfile::tempdir().unwrap();
    world.trust_folder(&dir.path().join("trust"));
    world.intermediates(&dir.path().join("intermediates"));
    world.revocation(&dir.path().join("revocation"));
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    Context::new(Arc::new(trust), at(AT), Limits::default())
}

fn judge(cms: &[u8], role: Role, expected: Expected<'_>, context: &Context) -> (Indication, Option<SubIndication>) {
    let subject = Subject {
        role,
        covers: "test".into(),
        expected,
    };
    let all = verdict(cades::judge(cms, &subject, context), &[], context);
    (all.indication, all.sub_indication)
}

const PASSED: (Indication, Option<SubIndication>) = (Indication::Passed, None);

fn failed(sub: SubIndication) -> (Indication, Option<SubIndication>) {
    (Indication::Failed, Some(sub))
}

fn open(sub: SubIndication) -> (Indication, Option<SubIndication>) {
    (Indication::Indeterminate, Some(sub))
}

#[test]
fn a_detached_signature_holds_for_its_content_only() {
    let world = World::new(21);
    let context = context(&world);
    let signer = &world.senders[1].director.cert;
    let detached = world.cms(CONTENT, false, world.p4(signer, world.base));
    let attached = world.cms(CONTENT, true, world.p4(signer, world.base));
    let person = |cms: &[u8], expected| judge(cms, Role::Signature, expected, &context);
    assert_eq!(person(&detached, Expected::Bytes(CONTENT)), PASSED);
    assert_eq!(person(&attached, Expected::Bytes(CONTENT)), PASSED);
    assert_eq!(person(&detached, Expected::Bytes(b"other")), failed(SubIndication::HashFailure));
    assert_eq!(person(&detached, Expected::Inside), open(SubIndication::SignedDataNotFound));
    assert_eq!(person(&detached, Expected::Missing), open(SubIndication::SignedDataNotFound));
    assert_eq!(
        person(&attached, Expected::Bytes(b"other")),
        failed(SubIndication::FormatFailure),
        "shown one, signed the other"
    );
    let forms = || vec![("strict", &b"other"[..]), ("trimmed", CONTENT)];
    assert_eq!(
        person(&detached, Expected::Candidates(forms())),
        PASSED,
        "the first form whose digest fits"
    );
    assert_eq!(
        person(&attached, Expected::Candidates(vec![("strict", b"other")])),
        failed(SubIndication::FormatFailure),
        "eContent confusion"
    );
}

#[test]
fn no_altered_byte_of_what_is_protected_passes() {
    let world = World::new(22);
    let context = context(&world);
    let cms = world.cms(CONTENT, true, world.p4(&world.senders[1].director.cert, world.base));
    let protected = protected_ranges(&cms);
    let mut outside = 0;
    for index in 0..cms.len() {
        // Every byte that is protected, and a sample of the others: those in refs and values may be altered without harm.
        let inside = protected.iter().any(|range| range.contains(&index));
        if !inside && index % 7 != 0 {
            continue;
        }
        let mut altered = cms.clone();
        altered[index] ^= 1 << (index % 8);
        let (indication, _) = judge(&altered, Role::Signature, Expected::Bytes(CONTENT), &context);
        assert!(!(inside && indication == Indication::Passed), "byte {index} altered and passed");
        outside += usize::from(!inside && indication == Indication::Passed);
    }
    println!("{outside} alterations outside of what is protected passed");
}

/// Content, signed attributes, signature value and the signer's certificate.
fn protected_ranges(cms: &[u8]) -> Vec<Range<usize>> {
    let signed = SignedData::parse(cms, 32).unwrap();
    let place = |part: &[u8]| {
        let start = part.as_ptr() as usize - cms.as_ptr() as usize;
        start..start + part.len()
    };
    let signer = &signed.signers[0];
    let mut ranges: Vec<Range<usize>> = signer.fields.iter().skip(3).map(|field| place(field.raw)).collect();
    // The identifier and length octets of a context tag may have other encodings; what is signed are the contents.
    ranges[0].start += 4;
    ranges.push(place(signed.certificates[0].raw));
    ranges.push(place(signed.content.as_deref().unwrap()));
    ranges
}

#[test]
fn no_cut_of_a_signature_passes_or_panics() {
    let world = World::new(23);
    let context = context(&world);
    let cms = world.cms(CONTENT, true, world.p4(&world.senders[1].director.cert, world.base));
    for length in (0..cms.len()).step_by(11) {
        assert_ne!(
            judge(&cms[..length], Role::Signature, Expected::Bytes(CONTENT), &context).0,
            Indication::Passed
        );
    }
}

/// OpenSSL with the signer's key and certificate; `None` (and a word) when it is not installed.
fn openssl_cms(world: &World, content: &[u8], args: &[&str]) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let signer = &world.senders[1].director.cert;
    std::fs::write(file("content"), content).unwrap();
    std::fs::write(file("cert.pem"), signer.pem()).unwrap();
    std::fs::write(file("key.pem"), signer.key.pkey.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let out = Command::new("openssl")
        .args([
            "cms",
            "-sign",
            "-binary",
            "-outform",
            "DER",
            "-in",
            &file("content"),
            "-signer",
            &file("cert.pem"),
            "-inkey",
            &file("key.pem"),
        ])
        .args(["-out", &file("out")])
        .args(args)
        .output();
    match out {
        Ok(out) if out.status.success() => Some(std::fs::read(file("out")).unwrap()),
        Ok(out) => panic!("{}", String::from_utf8_lossy(&out.stderr)),
        Err(error) => {
            println!("skipped: openssl could not be started ({error})");
            None
        }
    }
}

#[test]
fn what_openssl_signs_as_cades_passes_in_der_and_streamed_ber() {
    let world = World::new(24);
    let context = context(&world);
    for args in [
        &["-cades", "-nodetach"][..],
        &["-cades", "-nodetach", "-stream"],
        &["-cades", "-md", "sha512", "-nodetach"],
        &["-cades", "-keyid", "-nodetach", "-stream"],
        &["-cades", "-keyopt", "rsa_padding_mode:pss", "-nodetach"],
        &["-cades"],
        &["-cades", "-stream"],
    ] {
        let Some(cms) = openssl_cms(&world, &CONTENT.repeat(5_000), args) else {
            return;
        };
        let content = CONTENT.repeat(5_000);
        assert_eq!(
            judge(&cms, Role::Signature, Expected::Bytes(&content), &context),
            PASSED,
            "{args:?}"
        );
        assert_eq!(
            judge(&cms, Role::Signature, Expected::Bytes(b"x"), &context).0,
            Indication::Failed,
            "{args:?}"
        );
    }
}

#[test]
fn a_cms_that_binds_nothing_is_no_advanced_signature() {
    let world = World::new(25);
    let context = context(&world);
    for args in [&["-nodetach", "-noattr"][..], &["-nodetach"], &["-cades", "-nodetach", "-nocerts"]] {
        let Some(cms) = openssl_cms(&world, CONTENT, args) else { return };
        let verdict = judge(&cms, Role::Signature, Expected::Bytes(CONTENT), &context);
        assert_eq!(verdict.0, Indication::Indeterminate, "{args:?}");
    }
}

#[test]
fn the_attributes_themselves_are_no_content() {
    // A signature without attributes over octets that are the attributes of another signature: the oldest confusion of CMS.
    let world = World::new(26);
    let context = context(&world);
    let genuine = world.cms(CONTENT, true, world.p4(&world.senders[1].director.cert, world.base));
    let signed = SignedData::parse(&genuine, 32).unwrap();
    let attributes = signed.signers[0].signed_octets().remove(0);
    let Some(cms) = openssl_cms(&world, &attributes, &["-nodetach", "-noattr"]) else {
        return;
    };
    assert_ne!(judge(&cms, Role::Signature, Expected::Inside, &context).0, Indication::Passed);
}

#[test]
fn an_anchor_is_trusted_for_its_purpose_only() {
    let world = World::new(27);
    let person = world.cms(CONTENT, true, world.p4(&world.senders[1].director.cert, world.base));
    let seal = world.cms(CONTENT, true, world.p4(&world.senders[1].seal, world.base));
    let provider = world.cms(CONTENT, true, world.provider_spec(&world.providers[0], world.base));
    let all = context(&world);
    assert_eq!(judge(&person, Role::Signature, Expected::Inside, &all), PASSED);
    assert_eq!(judge(&seal, Role::Seal, Expected::Inside, &all), PASSED);
    assert_eq!(judge(&provider, Role::Provider, Expected::Inside, &all), PASSED);
    for (cms, role) in [
        (&person, Role::Seal),
        (&person, Role::Provider),
        (&seal, Role::Signature),
        (&seal, Role::Provider),
        (&provider, Role::Sender),
        (&provider, Role::Seal),
    ] {
        assert_eq!(judge(cms, role, Expected::Inside, &all).0, Indication::Indeterminate, "{role:?}");
    }
    // Everything trusted for everything: the class still decides.
    let mut open = Trust::default();
    for authority in [&world.nes_root, &world.seal_root, &world.kep_root, &world.tsa_root] {
        open.add_anchor(&Certificate::parse(&authority.ca.der).unwrap(), &Purpose::ALL, "all");
    }
    open.intermediates.clone_from(&all.trust.intermediates);
    open.revocation = all.trust.revocation.clone();
    let open = Context::new(Arc::new(open), at(AT), Limits::default());
    assert_eq!(judge(&person, Role::Signature, Expected::Inside, &open), PASSED);
    for (cms, role) in [
        (&person, Role::Seal),
        (&person, Role::Provider),
        (&seal, Role::Signature),
        (&seal, Role::Provider),
        (&provider, Role::Sender),
    ] {
        assert_eq!(judge(cms, role, Expected::Inside, &open).0, Indication::Indeterminate, "{role:?}");
    }
}

#[test]
fn a_provider_may_be_listed_by_its_own_certificate_which_then_issues_nothing() {
    let world = World::new(28);
    let all = context(&world);
    let mut trust = Trust::default();
    let listed = Certificate::parse(&world.providers[0].cert.der).unwrap();
    trust.add_anchor(&listed, &[Purpose::Provider], "kephs/hs01.der");
    trust.add_anchor(
        &Certificate::parse(&world.tsa_root.ca.der).unwrap(),
        &[Purpose::Tsa],
        "tsa/root.der",
    );
    trust.revocation = all.trust.revocation.clone();
    let pinned = Context::new(Arc::new(trust), at(AT), Limits::default());
    let own = world.cms(CONTENT, true, world.provider_spec(&world.providers[0], world.base));
    assert_eq!(judge(&own, Role::Provider, Expected::Inside, &pinned), PASSED);
    let other = world.cms(CONTENT, true, world.provider_spec(&world.providers[1], world.base));
    assert_eq!(
        judge(&other, Role::Provider, Expected::Inside, &pinned),
        open(SubIndication::NoCertificateChainFound)
    );
    let profile = forge::pki::Profile::provider("Sahte İşlem", "Sahte", "x@hs01.kep.tr");
    let below = world.providers[0].cert.issue(&profile, "sahte");
    let forged = world.cms(CONTENT, true, forge::cades::Spec::bes(&below, world.base));
    assert_eq!(
        judge(&forged, Role::Provider, Expected::Inside, &pinned),
        open(SubIndication::NoCertificateChainFound)
    );
}

#[test]
fn a_root_that_did_not_sign_itself_is_not_taken() {
    let world = World::new(29);
    let mut der = world.nes_root.ca.der.clone();
    *der.last_mut().unwrap() ^= 1;
    let mut trust = Trust::default();
    trust.add_anchor(&Certificate::parse(&der).unwrap(), &Purpose::ALL, "forged.der");
    assert_eq!(trust.anchors().count(), 0);
    assert_eq!(trust.findings[0].rule, "KEP-3901");
}

#[test]
fn roots_of_the_authorised_providers_are_read_and_sign_themselves() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/trust/roots");
    if !folder.is_dir() {
        return println!("skipped: {} is not there", folder.display());
    }
    let trust = Trust::load(Some(&folder), None, None).unwrap();
    assert!(trust.findings.is_empty(), "{:?}", trust.findings);
    assert_eq!(trust.anchors().count(), 28);
    let roots = trust.trusted_for(Purpose::Nes);
    for root in roots.iter().filter(|root| root.version >= 3) {
        assert!(root.is_ca(), "{}", root.subject.label());
    }
}

#[test]
fn the_envelope_proves_the_age_of_what_is_inside() {
    let world = World::new(30);
    let mut later = context(&world);
    later.at = at("2027-06-01T00:00:00Z");
    let sample = world.sample("standard", 2);
    let report = verify_file(&Bytes::from(sample.raw), "x.eml", None, &later);
    assert_eq!(report.indication, Indication::Passed, "{:#?}", report.signatures);
    let officer = report.signatures.iter().find(|signature| signature.role == Role::Sender).unwrap();
    assert_eq!(officer.signer.as_ref().unwrap().class, CertificateClass::Nes);
    assert!(
        officer
            .signer
            .as_ref()
            .unwrap()
            .serial_masked
            .as_deref()
            .unwrap()
            .contains("******")
    );
    // The same signer without an envelope: nothing says when, and the lists are old.
    let bes = world.cms(CONTENT, true, forge::cades::Spec::bes(&world.senders[1].officer.cert, world.base));
    assert_eq!(judge(&bes, Role::Sender, Expected::Inside, &later), open(SubIndication::TryLater));
    later.at = at("2046-01-01T00:00:00Z");
    assert_eq!(
        judge(&bes, Role::Sender, Expected::Inside, &later).1,
        Some(SubIndication::OutOfBoundsNoPoe)
    );
}

fn evidence_report(xml: Vec<u8>, context: &Context) -> SignatureReport {
    judge_evidence(&Bytes::from(xml), context)
}

#[test]
fn evidence_is_signed_as_a_whole_or_not_at_all() {
    let world = World::new(31);
    let context = context(&world);
    let letter = world.letter(3);
    let provider = &world.providers[0].cert;
    for form in [forge::evidence::Form::Sha256, forge::evidence::Form::Sha512] {
        let evidence = forge::hostile::sample_evidence(&letter);
        let genuine = evidence.signed(provider, form);
        let report = evidence_report(genuine.clone(), &context);
        assert_eq!(report.indication, Indication::Passed, "{report:#?}");
        assert_eq!(
            (report.format.as_str(), report.level),
            ("XML-DSig", None),
            "no XAdES, and it says so"
        );
        let text = String::from_utf8(genuine).unwrap();
        let altered = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            let report = evidence_report(text.replacen(from, to, 1).into_bytes(), &context);
            (report.indication, report.sub_indication)
        };
        assert_eq!(altered("<rem:EventTime>2", "<rem:EventTime>3"), failed(SubIndication::HashFailure));
        assert_eq!(
            altered("</rem:EventTime>", "</rem:EventTime><rem:X/>"),
            failed(SubIndication::HashFailure)
        );
        assert_eq!(
            altered("URI=\"#", "URI=\"http://kep.example.invalid/#"),
            failed(SubIndication::FormatFailure)
        );
        assert_eq!(
            altered("URI=\"#", "URI=\"file:///etc/passwd#"),
            failed(SubIndication::FormatFailure)
        );
        assert_eq!(
            altered("#enveloped-signature", "#base64"),
            open(SubIndication::SigConstraintsFailure)
        );
        let id = evidence.id();
        assert_eq!(
            altered("<rem:EventTime>", &format!("<rem:EventTime Id=\"{id}\">")),
            failed(SubIndication::FormatFailure),
            "an Id twice"
        );
        let dtd = text.replacen("?>\n", "?>\n<!DOCTYPE x [<!ATTLIST x y ID #IMPLIED>]>\n", 1);
        assert_eq!(
            evidence_report(dtd.into_bytes(), &context).sub_indication,
            Some(SubIndication::FormatFailure)
        );
        // Comments are not signed and change nothing that is read.
        assert_eq!(altered("<rem:EventTime>", "<!-- x --><rem:EventTime>"), PASSED);
    }
    let unsigned = forge::hostile::sample_evidence(&letter).unsigned();
    assert_eq!(evidence_report(unsigned, &context).sub_indication, Some(SubIndication::NoSignature));
    let profile = forge::pki::Profile::provider("Yabancı İşlem", "Yabancı", "x@hs09.kep.tr");
    let stranger = world.stranger.ca.issue(&profile, "yabanci-islem");
    let foreign = forge::hostile::sample_evidence(&letter).signed(&stranger, forge::evidence::Form::Sha256);
    let report = evidence_report(foreign, &context);
    assert_eq!(
        (report.indication, report.sub_indication),
        open(SubIndication::NoCertificateChainFound),
        "consistent, its root unknown"
    );
}

/// The saved copy was re-indented after signing: xmlsec1 finds its digest wrong as well.
#[test]
fn the_pilot_evidence_is_judged_as_xmlsec1_judges_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schemas/etsi-rem-v2/sample-rem-evidence.xml");
    let Ok(xml) = std::fs::read(&file) else {
        return println!("skipped: {} is not there", file.display());
    };
    let mut context = context(&World::new(32));
    context.at = at("2013-05-01T00:00:00Z");
    assert_eq!(evidence_report(xml, &context).sub_indication, Some(SubIndication::HashFailure));
}

/// Evidence as other producers write it: prefixes everywhere, signed by xmlsec1 with every canonicalization that is allowed.
#[test]
fn what_xmlsec1_signs_is_found_consistent() {
    let world = World::new(34);
    let context = context(&world);
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let provider = &world.providers[0].cert;
    std::fs::write(file("key.pem"), provider.key.pkey.private_key_to_pem_pkcs8().unwrap()).unwrap();
    std::fs::write(file("cert.pem"), provider.pem()).unwrap();
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let prefixes = "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"rem xs #default\"/>";
    for (transform, inside, uri) in [
        (exclusive, "", "#d1"),
        (exclusive, prefixes, "#d1"),
        (exclusive, prefixes, ""),
        ("http://www.w3.org/2001/10/xml-exc-c14n#WithComments", "", ""),
        ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "", "#d1"),
        ("http://www.w3.org/2006/12/xml-c14n11", "", ""),
    ] {
        let template = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- önce --><rem:DeliveryNonDeliveryToRecipient xmlns:rem=\"http://uri.etsi.org/02640/v2#\" \
             xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"urn:x\" Id=\"d1\" version=\"2\"  >\n<rem:EventTime \
             b='2' a=\"1&#10;&lt;\">2026 &amp; şüğ<!-- x --></rem:EventTime><![CDATA[<c>]]><e/>\r\n<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
             <ds:CanonicalizationMethod Algorithm=\"{transform}\">{inside}</ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512\"/><ds:Reference URI=\"{uri}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/><ds:Transform Algorithm=\"{transform}\">{inside}</ds:Transform>\
             </ds:Transforms><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>\
             <ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature></rem:DeliveryNonDeliveryToRecipient>\n"
        );
        std::fs::write(file("template.xml"), template).unwrap();
        let key = format!("{},{}", file("key.pem"), file("cert.pem"));
        let ran = Command::new("xmlsec1")
            .args([
                "--sign",
                "--privkey-pem",
                &key,
                "--id-attr:Id",
                "DeliveryNonDeliveryToRecipient",
                "--output",
                &file("signed.xml"),
                &file("template.xml"),
            ])
            .output();
        let Ok(ran) = ran else {
            return println!("skipped: xmlsec1 could not be started");
        };
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let signed = std::fs::read(file("signed.xml")).unwrap();
        let report = evidence_report(signed.clone(), &context);
        assert_eq!(report.indication, Indication::Passed, "{transform} {uri}: {report:#?}");
        let text = String::from_utf8(signed).unwrap();
        for (from, to) in [("2026 &amp;", "2027 &amp;"), ("a=\"1", "a=\"2"), ("<e/>", "<e></e><e/>")] {
            let altered = text.replacen(from, to, 1);
            assert_ne!(altered, text, "{from}");
            assert_eq!(
                evidence_report(altered.into_bytes(), &context).sub_indication,
                Some(SubIndication::HashFailure),
                "{from}"
            );
        }
    }
}

#[test]
fn xmldsig_vectors_that_are_no_evidence_never_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/xmldsig");
    if !folder.is_dir() {
        return println!("skipped: {} is not there", folder.display());
    }
    let context = context(&World::new(33));
    let mut seen = 0;
    for set in [
        "aleksey-xmldsig-01",
        "merlin-xmldsig-twenty-three",
        "phaos-xmldsig-three",
        "merlin-exc-c14n-one",
        "xmldsig11-interop-2012",
    ] {
        for entry in std::fs::read_dir(folder.join(set)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "xml") {
                continue;
            }
            let report = evidence_report(std::fs::read(&path).unwrap(), &context);
            assert_ne!(report.indication, Indication::Passed, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
}

/// A second reader, strict and typed, must see the same in what is DER.
#[test]
fn a_typed_der_reader_sees_the_same_signers_and_certificates() {
    use der::{Decode, Encode};
    let world = World::new(35);
    let bytes = world.cms(CONTENT, true, world.p4(&world.senders[1].director.cert, world.base));
    let ours = SignedData::parse(&bytes, 32).unwrap();
    let info = cms::content_info::ContentInfo::from_der(&bytes).unwrap();
    let theirs: cms::signed_data::SignedData = info.content.decode_as().unwrap();
    assert_eq!(
        theirs.encap_content_info.econtent.unwrap().value(),
        ours.content.as_deref().unwrap()
    );
    assert_eq!(theirs.signer_infos.0.len(), ours.signers.len());
    let (their_signer, our_signer) = (theirs.signer_infos.0.get(0).unwrap(), &ours.signers[0]);
    assert_eq!(their_signer.signature.as_bytes(), &*our_signer.signature);
    assert_eq!(
        their_signer.signed_attrs.as_ref().unwrap().to_der().unwrap(),
        our_signer.signed_octets()[0]
    );
    for authority in [&world.nes_root, &world.nes, &world.seal, &world.tsa_root] {
        let typed = x509_cert::Certificate::from_der(&authority.ca.der).unwrap();
        let own = Certificate::parse(&authority.ca.der).unwrap();
        assert_eq!(typed.tbs_certificate().to_der().unwrap(), own.tbs());
        assert_eq!(typed.tbs_certificate().subject().to_der().unwrap(), own.subject.raw);
        assert_eq!(typed.tbs_certificate().subject_public_key_info().to_der().unwrap(), own.spki);
        assert_eq!(typed.signature().raw_bytes(), own.signature);
    }
}
