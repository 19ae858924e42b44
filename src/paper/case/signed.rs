//! The signatures of a message as other programs read them: the CMS, the octets under it, its time stamp, and the certificates and
//! revocation objects that the verdict rests on, wherever they lay.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::envelope::{Package, PackageRole};
use crate::hash::Sha256;
use crate::message::{Message, SignedOctets};
use crate::register::entry::Entry;
use crate::signature::asn1::ber::{self, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::cms::{SignedData, SignerInfo};
use crate::signature::carrier::package::flatten;
use crate::signature::crypto::Hash;
use crate::signature::report::{Role, SignatureReport};

/// Values looked at in search of the objects that a signature carries: no honest one has so many.
const VALUES: usize = 200_000;
/// A time stamp or an OCSP answer may be wrapped in an octet string of at most this.
const WRAPPED_BYTES: usize = 1 << 20;
/// What is larger is no certificate and no answer; lists are kept as blobs.
const OBJECT_BYTES: usize = 16 << 20;

/// One CMS signature.
pub struct Signed<'e> {
    pub role: Role,
    pub place: String,
    pub cms: Bytes,
    pub content: Content,
    /// Signature time stamps with the octets that they are over.
    pub stamps: Vec<Bytes>,
    pub value: Option<Bytes>,
    /// The verdict on it, where it can be told which it is.
    pub report: Option<&'e SignatureReport>,
}

pub enum Content {
    /// Inside the CMS.
    Inside,
    /// Beside it: these octets.
    Beside(Bytes),
    /// None of the octets that may be meant has the digest that was signed.
    Unknown,
}

/// The signatures on the layers of a message.
pub fn of_message<'e>(message: &Message, entry: &'e Entry, depth: u32) -> Vec<Signed<'e>> {
    let layers = message.signed_layers.iter();
    layers
        .map(|layer| {
            let role = if layer.level == 0 { Role::Provider } else { Role::Sender };
            let candidates = layer.detached.as_deref().unwrap_or_default();
            signed(role, &layer.place, &layer.cms, candidates, entry, depth)
        })
        .collect()
}

/// The signatures of a package and of the packages inside it.
pub fn of_package<'e>(package: &Package, entry: &'e Entry, depth: u32) -> Vec<Signed<'e>> {
    let mut all = Vec::new();
    for (path, package) in package.walk() {
        for signature in &package.signatures {
            let role = match signature.role {
                PackageRole::Signature => Role::Signature,
                PackageRole::Initial => Role::Initial,
                PackageRole::Seal => Role::Seal,
            };
            let covered = signature.covered.iter().map(|bytes| SignedOctets {
                form: "part",
                bytes: bytes.clone(),
            });
            let candidates: Vec<SignedOctets> = covered.collect();
            let place = format!("{path}{}", signature.place);
            all.push(signed(role, &place, &signature.cms, &candidates, entry, depth));
        }
    }
    all
}

fn signed<'e>(role: Role, place: &str, cms: &Bytes, candidates: &[SignedOctets], entry: &'e Entry, depth: u32) -> Signed<'e> {
    let mut out = Signed {
        role,
        place: place.to_owned(),
        cms: cms.clone(),
        content: Content::Unknown,
        stamps: Vec::new(),
        value: None,
        report: None,
    };
    let Ok(data) = SignedData::parse(cms, depth) else { return out };
    let signer = data.signers.first();
    out.content = match &data.content {
        Some(_) => Content::Inside,
        None => beside(signer, candidates),
    };
    if let Some(signer) = signer {
        out.value = Some(Bytes::copy_from_slice(&signer.signature));
        let stamps = signer.unsigned_values(oid::SIGNATURE_TIMESTAMP);
        out.stamps = stamps.map(|stamp| Bytes::copy_from_slice(stamp.raw)).collect();
    }
    let carried: BTreeSet<Sha256> = data.certificates.iter().map(|certificate| Sha256::of(certificate.raw)).collect();
    let reports = entry
        .verdict
        .as_ref()
        .map(|verdict| flatten(&verdict.signatures))
        .unwrap_or_default();
    let is_signer = |report: &&SignatureReport| {
        let signer = report.signer.as_ref();
        report.role == role && signer.is_some_and(|signer| carried.contains(&signer.certificate_sha256))
    };
    out.report = reports.into_iter().find(is_signer);
    out
}

/// The octets whose digest was signed; without signed attributes the most faithful ones.
fn beside(signer: Option<&SignerInfo<'_>>, candidates: &[SignedOctets]) -> Content {
    let wanted = signer.and_then(|signer| {
        let digest = signer.signed(oid::MESSAGE_DIGEST).ok()??.octets().ok()?.into_owned();
        Some((Hash::from_oid(&signer.digest_algorithm.oid)?, digest))
    });
    let fits = |candidate: &&SignedOctets| match &wanted {
        Some((hash, digest)) => hash.of(&candidate.bytes).is_ok_and(|found| found == *digest),
        None => true,
    };
    let found = candidates.iter().find(fits);
    found.map_or(Content::Unknown, |candidate| Content::Beside(candidate.bytes.clone()))
}

/// Looks inside a CMS for objects by their hash.
pub fn search(cms: &[u8], depth: u32, wanted: &BTreeSet<Sha256>, found: &mut BTreeMap<Sha256, Vec<u8>>) {
    let Ok(whole) = ber::whole(cms, depth) else { return };
    let mut stack = vec![whole];
    let mut seen = 0;
    while let Some(value) = stack.pop() {
        seen += 1;
        if seen > VALUES {
            return;
        }
        if value.tag == tag::SEQUENCE && value.raw.len() <= OBJECT_BYTES {
            let hash = Sha256::of(value.raw);
            if wanted.contains(&hash) {
                found.entry(hash).or_insert_with(|| value.raw.to_vec());
                continue;
            }
        }
        stack.extend(inside(&value, depth));
    }
}

fn inside<'a>(value: &Value<'a>, depth: u32) -> Vec<Value<'a>> {
    if value.is_constructed() {
        return value.children().all().unwrap_or_default();
    }
    // An OCSPResponse wraps its BasicOCSPResponse.
    let wrapped = (value.tag == tag::OCTET_STRING && value.raw.len() <= WRAPPED_BYTES).then_some(value.content);
    let wrapped = wrapped.filter(|content| content.first() == Some(&tag::SEQUENCE));
    wrapped.and_then(|content| ber::whole(content, depth).ok()).into_iter().collect()
}

/// A BasicOCSPResponse as the whole OCSPResponse that other programs read (RFC 6960 4.2.1, successful).
pub fn ocsp_response(basic: &[u8]) -> Vec<u8> {
    const STATUS_SUCCESSFUL: [u8; 3] = [0x0a, 1, 0];
    /// id-pkix-ocsp-basic
    const BASIC: [u8; 11] = [0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
    let bytes = [BASIC.as_slice(), &ber::encode(tag::OCTET_STRING, basic)].concat();
    let response = ber::encode(tag::context(0), &ber::encode(tag::SEQUENCE, &bytes));
    ber::encode(tag::SEQUENCE, &[STATUS_SUCCESSFUL.as_slice(), &response].concat())
}
