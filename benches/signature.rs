//! What a verdict costs beside the cryptography that it cannot do without: CAdES P4 of 30 KB under P-384 chains, and a document of 64 MiB.
//!
//! "Bare" are the signature verifications that a warm issuer cache leaves (signer, OCSP response, timestamp) and the hashes of what they
//! are over, by the same library in the same run. Prints one line for each, the median of the rounds, and the limit.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark that cannot run says why and stops

#[path = "../tests/forge/mod.rs"]
mod forge;

use std::sync::Arc;
use std::time::{Duration, Instant};

use forge::cades::{Embed, Level, Material, Policy, Spec, sign};
use forge::cms::{Form, Scheme as Naming};
use forge::pki::{Certified, Hash as Digest, KeyKind, Profile, at, synthetic_id};
use forge::revocation::{CrlSpec, OcspSpec, Status, crl, ocsp};
use forge::tst::Tsa;
use jiff::SignedDuration;
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::cms::SignedData;
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::certificate::Certificate;
use kep_gateway::signature::crypto::{Algorithm, Hash, PublicKey, Scheme};
use kep_gateway::signature::report::{Indication, Role};
use kep_gateway::signature::revocation::ocsp::OcspResponse;
use kep_gateway::signature::trust::Purpose;
use kep_gateway::signature::{Context, Trust};

/// Signatures of one round; each has its own content, OCSP response and timestamp.
const SIGNATURES: usize = 100;
const ROUNDS: usize = 7;
/// Makes files of 30 KB.
const CONTENT_BYTES: usize = 24_000;
const LARGE: usize = 64 << 20;
const MAX_RATIO: f64 = 1.5;
const MIN_PER_SECOND: f64 = 1_000.0;

fn main() {
    for (name, signer, tsa, responder) in [
        ("signer, TSA and responder P-384", KeyKind::P384, KeyKind::P384, KeyKind::P384),
        (
            "signer and TSA RSA-2048, responder P-384",
            KeyKind::Rsa2048,
            KeyKind::Rsa2048,
            KeyKind::P384,
        ),
        ("signer, TSA and responder P-256", KeyKind::P256, KeyKind::P256, KeyKind::P256),
    ] {
        measure(name, &Country::new(signer, tsa, responder));
    }
    large();
}

/// A provider whose authorities are all P-384.
struct Country {
    root: Arc<Certified>,
    tsa_root: Arc<Certified>,
    signer: Arc<Certified>,
    responder: Arc<Certified>,
    tsa: Arc<Tsa>,
    material: Material,
}

impl Country {
    fn new(signer: KeyKind, tsa: KeyKind, responder: KeyKind) -> Self {
        let keyed = |profile: Profile, key| Profile { key, ..profile };
        let root = Certified::self_signed(&Profile::root("Ölçüm Kök", "Ölçüm"), "kok");
        let ca = root.issue(&Profile::sub_ca("Ölçüm Alt", "Ölçüm", Some(0)), "alt");
        let tsa_root = Certified::self_signed(&Profile::root("Ölçüm ZD Kök", "Ölçüm"), "zd-kok");
        let list = |issuer: &Arc<Certified>| {
            let spec = CrlSpec {
                this_update: at("2026-11-08T21:00:00Z"),
                next_update: at("2027-05-08T21:00:00Z"),
                number: 1,
                forged: false,
                unknown_critical: false,
            };
            crl(issuer, &spec, &[])
        };
        Self {
            signer: ca.issue(&Profile::nes("ÖLÇÜM KİŞİSİ", &synthetic_id(900), signer), "kisi"),
            responder: ca.issue(&keyed(Profile::ocsp("Ölçüm OCSP"), responder), "ocsp"),
            tsa: Arc::new(Tsa {
                signer: tsa_root.issue(&keyed(Profile::tsa("Ölçüm ZD"), tsa), "zd"),
                crls: vec![list(&tsa_root).der],
            }),
            material: Material {
                certificates: vec![ca.der.clone(), root.der.clone()],
                crls: vec![list(&root)],
                ocsps: vec![],
            },
            root,
            tsa_root,
        }
    }

    /// The `number`-th P4 signature, with an answer and a timestamp of its own.
    fn signature(&self, number: usize) -> Vec<u8> {
        let when = at("2026-11-09T06:00:00Z") + SignedDuration::from_secs(10 * number as i64);
        let mut spec = Spec {
            level: Level::Xl,
            policy: Policy::P4,
            tsa: Some(self.tsa.clone()),
            embed: Embed::SignerOnly,
            scheme: Naming::HashWithRsa,
            hash: Digest::Sha256,
            material: self.material.clone(),
            ..Spec::bes(&self.signer, when)
        };
        let produced_at = spec.stamp_time() + SignedDuration::from_secs(4);
        let answer = OcspSpec {
            status: Status::Good,
            produced_at,
            next_update: Some(produced_at + SignedDuration::from_hours(24)),
            wrong_cert_id: false,
            forged: false,
        };
        spec.material.ocsps = vec![ocsp(&self.responder, &self.signer, &answer)];
        let content: Vec<u8> = (0..CONTENT_BYTES).map(|index| (index * 7 + number) as u8).collect();
        sign(&content, true, &[spec], Form::Der)
    }

    /// A verifier that has seen nothing yet.
    fn verifier(&self) -> Context {
        let mut trust = Trust::default();
        for (root, purpose) in [(&self.root, Purpose::Nes), (&self.tsa_root, Purpose::Tsa)] {
            trust.add_anchor(&Certificate::parse(&root.der).unwrap(), &[purpose], "bench");
        }
        Context::new(Arc::new(trust), at("2026-11-19T06:00:00Z"), Limits::default())
    }
}

/// The primitives of one signature, everything parsed before.
struct Bare {
    verifications: Vec<(PublicKey, Scheme, Vec<u8>, Vec<u8>)>,
    hashed: Vec<Vec<u8>>,
}

impl Bare {
    fn of(cms: &[u8], country: &Country) -> Self {
        let key = |cert: &Certified| Certificate::parse(&cert.der).unwrap().public_key().unwrap().clone();
        let scheme = |algorithm: &Algorithm| Scheme::of(algorithm, Some(Hash::Sha256)).unwrap();
        let signed = SignedData::parse(cms, 32).unwrap();
        let info = &signed.signers[0];
        let value = |id: &str| info.unsigned.iter().find(|one| one.id.to_string() == id).unwrap().values[0];
        let token = SignedData::parse(value(forge::cms::SIGNATURE_TIMESTAMP).raw, 32).unwrap();
        let stamp = &token.signers[0];
        let answers = value(forge::cms::REVOCATION_VALUES).children().all().unwrap();
        let basic = answers.last().unwrap().only_child().unwrap().children().next().unwrap();
        let answer = OcspResponse::parse(basic.raw).unwrap();
        let of_info = |key, info: &kep_gateway::signature::cades::cms::SignerInfo<'_>| {
            (
                key,
                scheme(&info.signature_algorithm),
                info.signed_octets().remove(0),
                info.signature.to_vec(),
            )
        };
        Self {
            verifications: vec![
                of_info(key(&country.signer), info),
                of_info(key(&country.tsa.signer), stamp),
                (
                    key(&country.responder),
                    scheme(&answer.algorithm),
                    answer.tbs().to_vec(),
                    answer.signature.clone(),
                ),
            ],
            hashed: vec![
                signed.content.unwrap().to_vec(),
                token.content.unwrap().to_vec(),
                info.signature.to_vec(),
                country.signer.der.clone(),
                country.tsa.signer.der.clone(),
            ],
        }
    }

    fn run(&self) {
        for bytes in &self.hashed {
            std::hint::black_box(Hash::Sha256.of(bytes).unwrap());
        }
        for (key, scheme, message, signature) in &self.verifications {
            assert_eq!(key.verify(*scheme, message, signature), Ok(true));
        }
    }
}

fn measure(name: &str, country: &Country) {
    let files: Vec<Vec<u8>> = (0..=SIGNATURES).map(|number| country.signature(number)).collect();
    let (first, files) = files.split_first().unwrap();
    let bare: Vec<Bare> = files.iter().map(|cms| Bare::of(cms, country)).collect();
    let (mut ratios, mut whole, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let context = country.verifier();
        judge(first, Expected::Inside, &context);
        let bare = timed(|| bare.iter().for_each(Bare::run));
        let full = timed(|| files.iter().for_each(|cms| judge(cms, Expected::Inside, &context)));
        ratios.push(full.as_secs_f64() / bare.as_secs_f64());
        whole.push(full.as_secs_f64() / SIGNATURES as f64);
        floor.push(bare.as_secs_f64() / SIGNATURES as f64);
    }
    let (ratio, whole, floor) = (median(ratios), median(whole), median(floor));
    println!("CAdES P4, {} bytes: {name}", first.len());
    println!("  bare primitives   {:>8.1} us", floor * 1e6);
    println!(
        "  verdict           {:>8.1} us   {ratio:.2} x   limit {MAX_RATIO} x   {}",
        whole * 1e6,
        met(ratio <= MAX_RATIO)
    );
    let per_second = 1.0 / whole;
    println!(
        "  per second, core  {per_second:>8.0}      least {MIN_PER_SECOND}   {}",
        met(per_second >= MIN_PER_SECOND)
    );
}

/// A detached signature over 64 MiB: hashed where it lies, in the time of hashing and without a copy.
fn large() {
    let country = Country::new(KeyKind::P256, KeyKind::P256, KeyKind::P256);
    let content: Vec<u8> = (0..LARGE).map(|index| (index >> 3) as u8).collect();
    let when = at("2026-11-09T06:00:00Z");
    let mut spec = Spec {
        level: Level::Xl,
        policy: Policy::P4,
        tsa: Some(country.tsa.clone()),
        material: country.material.clone(),
        ..Spec::bes(&country.signer, when)
    };
    let produced_at = spec.stamp_time() + SignedDuration::from_secs(4);
    let answer = OcspSpec {
        status: Status::Good,
        produced_at,
        next_update: None,
        wrong_cert_id: false,
        forged: false,
    };
    spec.material.ocsps = vec![ocsp(&country.responder, &country.signer, &answer)];
    let cms = sign(&content, false, &[spec], Form::Der);
    let context = country.verifier();
    let hashing = timed(|| drop(std::hint::black_box(Hash::Sha256.of(&content).unwrap())));
    let before = peak_kib();
    let full = timed(|| judge(&cms, Expected::Bytes(&content), &context));
    let more = peak_kib().saturating_sub(before);
    println!("CAdES P4, detached over 64 MiB");
    println!("  SHA-256 alone     {hashing:>8.1?}");
    println!(
        "  verdict           {full:>8.1?}   {:.2} x   memory beside the document {more} KiB",
        full.as_secs_f64() / hashing.as_secs_f64()
    );
}

/// Highest resident set of this process so far.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn judge(cms: &[u8], expected: Expected<'_>, context: &Context) {
    let subject = Subject {
        role: Role::Signature,
        covers: "bench".into(),
        expected,
    };
    let reports = cades::judge(cms, &subject, context);
    assert_eq!(reports[0].indication, Indication::Passed, "{:#?}", reports[0].reasons);
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn met(good: bool) -> &'static str {
    if good { "met" } else { "NOT MET" }
}
