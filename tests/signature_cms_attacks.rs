//! Attacks on CMS, row by row of the table of known ones: what is signed, by whom, with what, and what merely stands beside it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::sync::Arc;

use forge::cades_kit::{Shape, Signing, sign};
use forge::cms::{self, Form, Scheme, SignedData, SignerInfo, attribute};
use forge::der::{self, Der, ctx, int, octets, oid, retag, seq, set_of, set_unsorted};
use forge::pki::{Certified, Hash, Key};
use forge::scenario_kit::{Kit, build};
use forge::scenarios::{Defect, Profile, Rung};
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::report::{Indication, Role, SubIndication, Verdict};
use kep_gateway::signature::{Context, Trust, verdict};

const CONTENT: &[u8] = b"<PaketOzeti>Saldiri</PaketOzeti>";

/// A bare signature: what its bytes say is all there is.
struct Bench {
    kit: Kit,
    context: Context,
}

impl Bench {
    fn new() -> Self {
        let kit = build(Defect::Sound, Rung::B, Profile::P1);
        let dir = tempfile::tempdir().unwrap();
        kit.lay_out(dir.path());
        let folder = |name: &str| dir.path().join(name);
        let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
        let context = Context::new(Arc::new(trust), kit.at, Limits::default());
        Self { kit, context }
    }

    fn attributes(&self) -> Vec<Der> {
        vec![
            cms::content_type(cms::DATA),
            cms::signing_time(self.kit.signing_time.unwrap()),
            cms::message_digest(&Hash::Sha256.of(CONTENT)),
            cms::signing_certificate_v2(&self.kit.signer, Hash::Sha256),
        ]
    }

    fn signed(&self, attributes: Vec<Der>) -> SignerInfo {
        cms::sign_attributes(&self.kit.signer, Hash::Sha256, Scheme::HashWithRsa, attributes, false)
    }

    fn data(&self, signer: SignerInfo, more: &[Der]) -> SignedData {
        SignedData {
            content_type: cms::DATA,
            content: Some(CONTENT.to_vec()),
            certificates: [vec![self.kit.signer.der.clone()], more.to_vec()].concat(),
            crls: vec![],
            signers: vec![signer],
            form: Form::Der,
        }
    }

    fn judge(&self, cms: &[u8]) -> Verdict {
        judge(cms, &self.context)
    }

    fn outcome(&self, signer: SignerInfo) -> (Indication, Option<SubIndication>) {
        let verdict = self.judge(&self.data(signer, &[]).encode());
        (verdict.indication, verdict.sub_indication)
    }
}

fn judge(cms: &[u8], context: &Context) -> Verdict {
    let subject = Subject {
        role: Role::Signature,
        covers: "test".into(),
        expected: Expected::Inside,
    };
    verdict(cades::judge(cms, &subject, context), &[], context)
}

fn has_code(verdict: &Verdict, code: &str) -> bool {
    verdict
        .signatures
        .iter()
        .any(|one| one.reasons.iter().any(|reason| reason.code == code))
}

const PASSED: (Indication, Option<SubIndication>) = (Indication::Passed, None);

fn failed(sub: SubIndication) -> (Indication, Option<SubIndication>) {
    (Indication::Failed, Some(sub))
}

fn open(sub: SubIndication) -> (Indication, Option<SubIndication>) {
    (Indication::Indeterminate, Some(sub))
}

#[test]
fn the_sound_one_passes_so_that_the_others_say_something() {
    let bench = Bench::new();
    assert_eq!(bench.outcome(bench.signed(bench.attributes())), PASSED);
}

#[test]
fn attributes_signed_in_one_order_and_sent_in_another_pass_and_it_is_said() {
    let bench = Bench::new();
    let mut signer = bench.signed(bench.attributes());
    let mut reversed = bench.attributes();
    reversed.sort();
    reversed.reverse();
    signer.signed_attributes = Some(set_unsorted(reversed.clone()));
    let verdict = bench.judge(&bench.data(signer, &[]).encode());
    assert_eq!(verdict.indication, Indication::Passed);
    assert!(has_code(&verdict, "KEP-3309"), "the order is reported");
    // Signed as sent: nothing to report.
    let as_sent = cms::sign_attributes(&bench.kit.signer, Hash::Sha256, Scheme::HashWithRsa, reversed, true);
    let verdict = bench.judge(&bench.data(as_sent, &[]).encode());
    assert!(verdict.indication == Indication::Passed && !has_code(&verdict, "KEP-3309"));
}

#[test]
fn nothing_is_signed_without_signed_attributes() {
    let bench = Bench::new();
    let bare = |bytes: &[u8]| {
        let (signature_alg, signature) = cms::raw_signature(&bench.kit.signer.key, Hash::Sha256, Scheme::HashWithRsa, bytes);
        SignerInfo {
            version: 1,
            sid: cms::sid_issuer_serial(&bench.kit.signer),
            hash: Hash::Sha256,
            signed_attributes: None,
            signature_alg,
            signature,
            unsigned_attributes: vec![],
        }
    };
    assert_eq!(bench.outcome(bare(CONTENT)), open(SubIndication::SigConstraintsFailure));
    // The attributes of a genuine signature, presented as a content that was signed without attributes …
    let genuine = bench.signed(bench.attributes());
    let attributes = genuine.signed_attributes.clone().unwrap();
    let stripped = SignerInfo {
        signed_attributes: None,
        ..bench.signed(bench.attributes())
    };
    let mut data = bench.data(
        SignerInfo {
            signature: genuine.signature,
            ..stripped
        },
        &[],
    );
    data.content = Some(attributes.clone());
    assert_ne!(bench.judge(&data.encode()).indication, Indication::Passed);
    // … and a content signed without attributes, presented as the attributes.
    let mut confused = bare(&attributes);
    confused.signed_attributes = Some(attributes);
    let verdict = bench.outcome(confused);
    assert_eq!(
        verdict, PASSED,
        "the same octets signed by the same key are the same statement: nothing is gained"
    );
}

#[test]
fn the_type_that_was_signed_is_the_type_that_is_shown() {
    let bench = Bench::new();
    let mut attributes = bench.attributes();
    attributes[0] = cms::content_type(cms::TST_INFO);
    assert_eq!(bench.outcome(bench.signed(attributes)), failed(SubIndication::FormatFailure));
    let mut relabelled = bench.data(bench.signed(bench.attributes()), &[]);
    relabelled.content_type = cms::TST_INFO;
    assert_eq!(bench.judge(&relabelled.encode()).sub_indication, Some(SubIndication::FormatFailure));
}

#[test]
fn an_attribute_that_stands_twice_or_says_two_things_is_refused() {
    let bench = Bench::new();
    for index in 0..4 {
        let mut twice = bench.attributes();
        let other = match index {
            0 => cms::content_type(cms::TST_INFO),
            1 => cms::signing_time(forge::pki::at("2020-01-01T00:00:00Z")),
            2 => cms::message_digest(&Hash::Sha256.of(b"other")),
            _ => attribute(
                cms::SIGNING_CERTIFICATE_V2,
                seq([seq([cms::ess_cert_id_v2(
                    Hash::Sha256,
                    &[7; 32],
                    &bench.kit.signer.issuer_name,
                    &int(5),
                )])]),
            ),
        };
        twice.push(other.clone());
        assert_eq!(
            bench.outcome(bench.signed(twice)),
            failed(SubIndication::FormatFailure),
            "attribute {index} twice"
        );
        let mut several = bench.attributes();
        let value = |one: &Der| der::content(&der::content(one)[2 + usize::from(der::content(one)[1])..]).to_vec();
        let id = der::content(&several[index])[..2 + usize::from(der::content(&several[index])[1])].to_vec();
        several[index] = seq([id.clone(), set_of([value(&several[index]), value(&other)])]);
        assert_eq!(
            bench.outcome(bench.signed(several)),
            failed(SubIndication::FormatFailure),
            "two values in {index}"
        );
        let mut none = bench.attributes();
        none[index] = seq([id, set_of([])]);
        assert_eq!(
            bench.outcome(bench.signed(none)),
            failed(SubIndication::FormatFailure),
            "no value in {index}"
        );
    }
}

#[test]
fn both_kinds_of_certificate_reference_must_name_the_signer() {
    let bench = Bench::new();
    let v1 = |cert: &Certified, hashed: &[u8]| {
        let id = seq([octets(&Hash::Sha1.of(hashed)), cms::issuer_serial(&cert.issuer_name, &cert.serial)]);
        attribute(cms::SIGNING_CERTIFICATE_V1, seq([seq([id])]))
    };
    let signer = &bench.kit.signer;
    let with = |one: Der| [bench.attributes(), vec![one]].concat();
    assert_eq!(bench.outcome(bench.signed(with(v1(signer, &signer.der)))), PASSED);
    assert_eq!(
        bench.outcome(bench.signed(with(v1(signer, b"another certificate")))),
        open(SubIndication::NoSigningCertificateFound)
    );
}

/// RFC 5035: the key may have other certificates, with other names and powers; the signature names one of them.
#[test]
fn another_certificate_for_the_same_key_does_not_take_the_signers_place() {
    let bench = Bench::new();
    let mut profile = forge::pki::Profile::nes("BASKA KISI", &forge::pki::synthetic_id(77), forge::pki::KeyKind::P256);
    profile.organization = Some("Başka Kurum".into());
    let other = bench.kit.signer.reissued(&profile);
    let genuine = bench.signed(bench.attributes());
    let swapped = SignerInfo {
        sid: cms::sid_issuer_serial(&other),
        ..bench.signed(bench.attributes())
    };
    let mut data = bench.data(
        SignerInfo {
            signature: genuine.signature.clone(),
            ..swapped
        },
        std::slice::from_ref(&other.der),
    );
    assert_eq!(
        bench.judge(&data.encode()).sub_indication,
        Some(SubIndication::NoSigningCertificateFound)
    );
    // Both under one identifier: who signed is open.
    let same_serial = Certified {
        serial: bench.kit.signer.serial.clone(),
        ..(*other).clone()
    };
    data = bench.data(bench.signed(bench.attributes()), &[]);
    data.signers[0].sid = cms::sid_key_id(&bench.kit.signer);
    data.signers[0].version = 3;
    data.certificates.push(same_serial.der.clone());
    assert_eq!(
        bench.judge(&data.encode()).sub_indication,
        Some(SubIndication::FormatFailure),
        "two certificates with one key identifier"
    );
}

#[test]
fn the_algorithms_are_those_that_were_signed() {
    let bench = Bench::new();
    // SignerInfo says SHA-512, the signature algorithm SHA-256: two readings.
    let mut mismatch = bench.signed(bench.attributes());
    mismatch.hash = Hash::Sha512;
    assert_ne!(bench.outcome(mismatch).0, Indication::Passed);
    // CMSAlgorithmProtection (RFC 6211), right and wrong.
    let protection = |hash: Hash| {
        let algorithm = bench.kit.signer.key.signature_alg(hash);
        attribute("1.2.840.113549.1.9.52", seq([hash.alg(), retag(0xa1, &algorithm)]))
    };
    let with = |one: Der| [bench.attributes(), vec![one]].concat();
    assert_eq!(bench.outcome(bench.signed(with(protection(Hash::Sha256)))), PASSED);
    assert_eq!(
        bench.outcome(bench.signed(with(protection(Hash::Sha384)))),
        failed(SubIndication::FormatFailure)
    );
}

#[test]
fn the_parameters_of_pss_are_part_of_the_question() {
    let bench = Bench::new();
    let profile = forge::pki::Profile::nes("PSS KISI", &forge::pki::synthetic_id(78), forge::pki::KeyKind::Rsa2048);
    let signer = bench.kit.signer.issuer.as_ref().unwrap().issue(&profile, "pss");
    let attributes = set_of([
        cms::content_type(cms::DATA),
        cms::signing_time(bench.kit.signing_time.unwrap()),
        cms::message_digest(&Hash::Sha256.of(CONTENT)),
        cms::signing_certificate_v2(&signer, Hash::Sha256),
    ]);
    let reasons = |algorithm: Der| {
        let info = SignerInfo {
            version: 1,
            sid: cms::sid_issuer_serial(&signer),
            hash: Hash::Sha256,
            signed_attributes: Some(attributes.clone()),
            signature_alg: algorithm,
            signature: signer.key.sign_pss(Hash::Sha256, &attributes),
            unsigned_attributes: vec![],
        };
        let verdict = bench.judge(&bench.data(info, std::slice::from_ref(&signer.der)).encode());
        assert_ne!(verdict.indication, Indication::Passed, "nobody vouches for this new certificate");
        let codes: Vec<String> = verdict.signatures[0].reasons.iter().map(|reason| reason.code.clone()).collect();
        codes.iter().filter(|code| code.starts_with("KEP-33")).cloned().collect::<Vec<_>>()
    };
    let pss = |hash: Hash, mgf: Hash, salt: u64| {
        let digest = der::alg_null(hash.oid());
        let mgf1 = seq([oid("1.2.840.113549.1.1.8"), der::alg_null(mgf.oid())]);
        seq([
            oid("1.2.840.113549.1.1.10"),
            seq([ctx(0, [digest]), ctx(1, [mgf1]), ctx(2, [int(salt)])]),
        ])
    };
    assert!(reasons(pss(Hash::Sha256, Hash::Sha256, 32)).is_empty(), "the true ones verify");
    assert!(
        reasons(pss(Hash::Sha256, Hash::Sha256, 20)).contains(&"KEP-3302".to_owned()),
        "another salt length"
    );
    assert!(
        reasons(pss(Hash::Sha256, Hash::Sha1, 32)).contains(&"KEP-3302".to_owned()),
        "another mask function"
    );
    assert!(
        reasons(pss(Hash::Sha512, Hash::Sha256, 32)).contains(&"KEP-3302".to_owned()),
        "another hash"
    );
    assert!(reasons(Key::pss_alg(Hash::Sha256)).is_empty());
    assert!(
        reasons(seq([oid("1.2.840.113549.1.1.10")])).contains(&"KEP-3302".to_owned()),
        "the defaults are SHA-1"
    );
}

#[test]
fn depth_and_length_are_bounded() {
    let bench = Bench::new();
    let mut deep = Vec::new();
    for _ in 0..200_000 {
        deep.extend([0x30, 0x80]);
    }
    let nested = (0..5_000).fold(octets(b"x"), |inner, _| der::tlv(0x24, &inner));
    let wrapped = seq([oid(cms::SIGNED_DATA), ctx(0, [nested])]);
    let huge = [0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x06].to_vec();
    let endless = [0x30, 0x80].repeat(31);
    for bytes in [deep, wrapped, huge, endless, vec![0x30, 0x80], vec![]] {
        assert_eq!(bench.judge(&bytes).sub_indication, Some(SubIndication::FormatFailure));
    }
    // A tower of counter-signatures: each signs the one below, nobody reads for ever.
    let tower = (0..40).fold(None, |below: Option<SignerInfo>, _| {
        let mut one = bench.signed(bench.attributes());
        one.unsigned_attributes = below
            .into_iter()
            .map(|info| attribute(cms::COUNTER_SIGNATURE, info.encode()))
            .collect();
        Some(one)
    });
    assert_ne!(bench.outcome(tower.unwrap()).0, Indication::Passed);
}

#[test]
fn a_counter_signature_holds_for_the_value_below_it_only() {
    let bench = Bench::new();
    let kit = || build(Defect::Sound, Rung::Lt, Profile::P4);
    let genuine = sign(
        CONTENT,
        true,
        &[Signing::new(kit(), Shape::Xl).countersigned_by(Signing::new(kit(), Shape::Xl))],
    );
    let dir = tempfile::tempdir().unwrap();
    kit().lay_out(dir.path());
    let trust = Trust::load(Some(&dir.path().join("trust")), None, None).unwrap();
    let context = Context::new(Arc::new(trust), kit().at, Limits::default());
    assert_eq!(judge(&genuine, &context).indication, Indication::Passed);
    // Taken from the signature that it was made for, and hung under another.
    let signed = kep_gateway::signature::cades::cms::SignedData::parse(&genuine, 32).unwrap();
    let moved = signed.signers[0]
        .unsigned
        .iter()
        .find(|one| one.id.to_string() == cms::COUNTER_SIGNATURE)
        .unwrap();
    let mut other = bench.signed(bench.attributes());
    other.unsigned_attributes = vec![moved.raw.raw.to_vec()];
    assert_eq!(bench.outcome(other), failed(SubIndication::HashFailure));
}

/// RFC 5652 11.4. Somebody who signed a file of these octets signed a file, and no signature.
#[test]
fn a_signature_of_a_file_is_no_counter_signature() {
    let bench = Bench::new();
    let mut below = bench.signed(bench.attributes());
    let value = below.signature.clone();
    let over_value = |typed: bool| {
        let mut attributes = bench.attributes();
        attributes[2] = cms::message_digest(&Hash::Sha256.of(&value));
        attributes.drain(..usize::from(!typed));
        bench.signed(attributes)
    };
    for (typed, expected) in [(false, PASSED), (true, open(SubIndication::SigConstraintsFailure))] {
        below.unsigned_attributes = vec![attribute(cms::COUNTER_SIGNATURE, over_value(typed).encode())];
        let verdict = bench.judge(&bench.data(copy(&below), &[]).encode());
        assert_eq!((verdict.indication, verdict.sub_indication), expected, "content type: {typed}");
        let counter = &verdict.signatures[0].counter_signatures[0];
        assert_eq!(counter.reasons.iter().any(|reason| reason.code == "KEP-3110"), typed);
    }
}

fn copy(info: &SignerInfo) -> SignerInfo {
    SignerInfo {
        version: info.version,
        sid: info.sid.clone(),
        hash: info.hash,
        signed_attributes: info.signed_attributes.clone(),
        signature_alg: info.signature_alg.clone(),
        signature: info.signature.clone(),
        unsigned_attributes: info.unsigned_attributes.clone(),
    }
}

/// Anybody can hang an attribute without a value on a message: it is no timestamp, and no level.
#[test]
fn an_attribute_without_a_value_is_not_there() {
    let bench = Bench::new();
    let empty = |id: &str| seq([oid(id), set_of([])]);
    let judged = |signed: Vec<Der>, unsigned: Vec<Der>| {
        let mut signer = bench.signed(signed);
        signer.unsigned_attributes = unsigned;
        bench.judge(&bench.data(signer, &[]).encode())
    };
    for id in [cms::SIGNATURE_TIMESTAMP, cms::ARCHIVE_TIMESTAMP_V2, cms::ARCHIVE_TIMESTAMP_V3] {
        let verdict = judged(bench.attributes(), vec![empty(id)]);
        assert_eq!(verdict.signatures[0].level.as_deref(), Some("BES"), "{id}");
    }
    let hash = hex::decode(forge::cades::POLICY_HASH).unwrap();
    let policy = cms::signature_policy("2.16.792.1.61.0.1.5070.3.1.1", &hash, forge::cades::POLICY_URI);
    let under_p2 = [bench.attributes(), vec![policy]].concat();
    for unsigned in [vec![], vec![empty(cms::SIGNATURE_TIMESTAMP)]] {
        let verdict = judged(under_p2.clone(), unsigned);
        assert_ne!(verdict.indication, Indication::Passed);
        let mut reasons = verdict.signatures[0].reasons.iter();
        let said = reasons.any(|reason| reason.code == "KEP-3404" && reason.text.en.contains("signature timestamp is missing"));
        assert!(said, "{:#?}", verdict.signatures[0].reasons);
    }
}

/// What is present is processed (BTK guide): the second of two timestamps over the content, too.
#[test]
fn every_timestamp_over_the_content_counts() {
    let bench = Bench::new();
    let good = build(Defect::Sound, Rung::T, Profile::P1).stamp.unwrap();
    let early = forge::scenario_kit::Stamping {
        at: bench.kit.signing_time.unwrap() - jiff::SignedDuration::from_secs(30),
        ..good
    };
    let wrong = forge::scenario_kit::Stamping {
        defect: forge::tst::TokenDefect::WrongImprint,
        ..early.clone()
    };
    let (good, wrong) = (early.token(CONTENT), wrong.token(CONTENT));
    let judged = |tokens: Vec<Der>| {
        let stamps = seq([oid(cms::CONTENT_TIMESTAMP), set_of(tokens)]);
        bench.outcome(bench.signed([bench.attributes(), vec![stamps]].concat()))
    };
    assert_eq!(judged(vec![good.clone()]), PASSED);
    assert_eq!(judged(vec![good.clone(), early.token(CONTENT)]), PASSED);
    assert_eq!(judged(vec![good, wrong]), open(SubIndication::SigConstraintsFailure));
}

#[test]
fn what_was_added_after_signing_is_named_and_changes_nothing() {
    let bench = Bench::new();
    let mut signer = bench.signed(bench.attributes());
    signer.unsigned_attributes = vec![attribute("2.16.792.1.99.7", der::utf8("sonradan"))];
    let verdict = bench.judge(&bench.data(signer, &[]).encode());
    assert_eq!(verdict.indication, Indication::Passed);
    let named = verdict.signatures[0]
        .reasons
        .iter()
        .find(|reason| reason.code == "KEP-3421")
        .unwrap();
    assert!(named.text.en.contains("2.16.792.1.99.7"));
}

#[test]
fn bytes_behind_the_signature_are_refused() {
    let bench = Bench::new();
    let good = bench.data(bench.signed(bench.attributes()), &[]).encode();
    for tail in [&b"\0"[..], b"\n", &[0x30, 0], CONTENT] {
        let longer = [good.as_slice(), tail].concat();
        assert_eq!(bench.judge(&longer).sub_indication, Some(SubIndication::FormatFailure));
    }
}

/// Each archive timestamp is over everything before it: a thousand of them would be a thousand times everything.
#[test]
fn more_timestamps_than_anybody_needs_are_not_judged() {
    let kit = build(Defect::Sound, Rung::Lta, Profile::P4);
    let dir = tempfile::tempdir().unwrap();
    kit.lay_out(dir.path());
    let trust = Trust::load(Some(&dir.path().join("trust")), None, None).unwrap();
    let context = Context::new(Arc::new(trust), kit.at, Limits::default());
    for (count, passes) in [(5, true), (60, false)] {
        let mut kit = kit.clone();
        let first = kit.archive.clone().unwrap();
        kit.renewals = (1..count)
            .map(|number| forge::scenario_kit::Stamping {
                at: first.at + jiff::SignedDuration::from_mins(number),
                ..first.clone()
            })
            .collect();
        let verdict = judge(&sign(CONTENT, true, &[Signing::new(kit, Shape::A2)]), &context);
        assert_eq!(verdict.indication == Indication::Passed, passes, "{count}");
        assert_eq!(has_code(&verdict, "KEP-3423"), !passes);
    }
}
