//! CAdES in every shape, from a scenario's kit.

use super::cades::Material;
use super::cms::{self, Form, Scheme, SignedData, SignerInfo, attribute};
use super::der::{self, Der, ctx, generalized, int, octets, oid, seq, set_of, time};
use super::pki::{Certified, Hash};
use super::revocation::{Crl, Ocsp};
use super::scenario_kit::{Fault, Kit, Stamping};
use super::scenarios::Rung;

/// What RFC 5126 and EN 319 122-1 call the ways to carry the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// BES, or EPES where there is a policy.
    Bes,
    BaselineB,
    T,
    C,
    /// C with a timestamp over the signature, its timestamp and the references.
    X1,
    /// C with a timestamp over the references alone.
    X2,
    BaselineT,
    Xl,
    XlType1,
    XlType2,
    /// Values in SignedData's certificates and crls, no references.
    BaselineLt,
    /// archive-timestamp v2.
    A2,
    /// archive-timestamp v3 with ats-hash-index (TS 101 733).
    A3,
    /// archive-timestamp v3 with ats-hash-index-v3 (EN 319 122-1).
    A3v3,
    BaselineLta,
}

impl Shape {
    pub const ALL: [Shape; 15] = [
        Shape::Bes,
        Shape::BaselineB,
        Shape::T,
        Shape::C,
        Shape::X1,
        Shape::X2,
        Shape::BaselineT,
        Shape::Xl,
        Shape::XlType1,
        Shape::XlType2,
        Shape::BaselineLt,
        Shape::A2,
        Shape::A3,
        Shape::A3v3,
        Shape::BaselineLta,
    ];

    pub fn rung(self) -> Rung {
        match self {
            Shape::Bes | Shape::BaselineB => Rung::B,
            Shape::T | Shape::C | Shape::X1 | Shape::X2 | Shape::BaselineT => Rung::T,
            Shape::Xl | Shape::XlType1 | Shape::XlType2 | Shape::BaselineLt => Rung::Lt,
            Shape::A2 | Shape::A3 | Shape::A3v3 | Shape::BaselineLta => Rung::Lta,
        }
    }

    pub fn is_baseline(self) -> bool {
        matches!(self, Shape::BaselineB | Shape::BaselineT | Shape::BaselineLt | Shape::BaselineLta)
    }

    fn has_references(self) -> bool {
        !self.is_baseline() && !matches!(self, Shape::Bes | Shape::T)
    }

    /// What the report must call the level.
    pub fn level(self, with_policy: bool) -> &'static str {
        match self {
            Shape::Bes | Shape::BaselineB if with_policy => "EPES",
            Shape::Bes | Shape::BaselineB => "BES",
            Shape::T | Shape::BaselineT => "T",
            Shape::C => "C",
            Shape::X1 | Shape::X2 => "X",
            Shape::Xl | Shape::XlType1 | Shape::XlType2 => "X-L",
            Shape::A2 | Shape::A3 | Shape::A3v3 => "A",
            Shape::BaselineLt => "B-LT",
            Shape::BaselineLta => "B-LTA",
        }
    }
}

/// One signature, and those that sign its value ("seri imza").
pub struct Signing {
    pub kit: Kit,
    pub shape: Shape,
    pub counter: Vec<Signing>,
}

impl Signing {
    pub fn new(kit: Kit, shape: Shape) -> Self {
        Self {
            kit,
            shape,
            counter: Vec::new(),
        }
    }

    pub fn countersigned_by(mut self, above: Signing) -> Self {
        self.counter.push(above);
        self
    }

    fn all(&self) -> Vec<&Signing> {
        let above = self.counter.iter().flat_map(Signing::all);
        [self].into_iter().chain(above).collect()
    }
}

/// SignedData by all of `signings` in parallel.
pub fn sign(content: &[u8], attached: bool, signings: &[Signing]) -> Vec<u8> {
    sign_as(content, attached, signings, Form::Der)
}

pub fn sign_as(content: &[u8], attached: bool, signings: &[Signing], form: Form) -> Vec<u8> {
    let all: Vec<&Signing> = signings.iter().flat_map(Signing::all).collect();
    let mut frame = Frame {
        content,
        attached,
        certificates: all.iter().flat_map(|one| certificates(one)).collect(),
        crls: all.iter().flat_map(|one| crls(one)).collect(),
    };
    frame.certificates.sort();
    frame.certificates.dedup();
    frame.crls.sort();
    frame.crls.dedup();
    SignedData {
        content_type: cms::DATA,
        content: attached.then(|| content.to_vec()),
        certificates: frame.certificates.clone(),
        crls: frame.crls.clone(),
        signers: signings.iter().map(|one| frame.signer(one, content, true)).collect(),
        form,
    }
    .encode()
}

/// A fault of the content is made by whoever shows it: other octets than were signed.
pub fn shown(content: &[u8], kit: &Kit) -> Vec<u8> {
    let mut shown = content.to_vec();
    if kit.fault == Some(Fault::Content) {
        shown.push(b' ');
    }
    shown
}

fn certificates(one: &Signing) -> Vec<Der> {
    let kit = &one.kit;
    let mut all = Vec::new();
    if kit.fault != Some(Fault::NoSignerCertificate) {
        all.push(kit.signer.der.clone());
    }
    if one.shape.is_baseline() && kit.carries_values() && !has_no_certificate_values(kit) {
        all.extend(kit.material.certificates.clone());
    }
    all
}

fn crls(one: &Signing) -> Vec<Der> {
    let kit = &one.kit;
    if !one.shape.is_baseline() || !kit.carries_values() || kit.fault == Some(Fault::NoRevocationValues) {
        return Vec::new();
    }
    let lists = kit.material.crls.iter().map(|list| list.der.clone());
    // RFC 5940: OtherRevocationInfoFormat with a whole OCSPResponse.
    let answers = kit
        .material
        .ocsps
        .iter()
        .map(|answer| ctx(1, [oid("1.3.6.1.5.5.7.16.2"), answer.response.clone()]));
    lists.chain(answers).collect()
}

/// What archive timestamps see of the SignedData around a SignerInfo.
struct Frame<'a> {
    content: &'a [u8],
    attached: bool,
    certificates: Vec<Der>,
    crls: Vec<Der>,
}

impl Frame<'_> {
    fn signer(&self, one: &Signing, content: &[u8], outermost: bool) -> SignerInfo {
        let kit = &one.kit;
        let signed = shown(content, kit);
        let mut info = cms::sign_attributes(
            &kit.signer,
            kit.hash,
            Scheme::HashWithRsa,
            signed_attributes(kit, &signed, outermost),
            false,
        );
        if kit.fault == Some(Fault::SignatureValue) {
            info = cms::SignerInfo {
                signature: other_value(kit, &info),
                ..info
            };
        }
        let counter: Vec<Der> = one
            .counter
            .iter()
            .map(|above| self.signer(above, &info.signature, false).encode())
            .collect();
        if !counter.is_empty() {
            info.unsigned_attributes.push(seq([oid(cms::COUNTER_SIGNATURE), set_of(counter)]));
        }
        self.extend(one, &mut info, content);
        info
    }

    fn extend(&self, one: &Signing, info: &mut SignerInfo, content: &[u8]) {
        let (kit, shape) = (&one.kit, one.shape);
        let stamp = kit
            .stamp
            .as_ref()
            .map(|stamp| attribute(cms::SIGNATURE_TIMESTAMP, stamp.token(&info.signature)));
        info.unsigned_attributes.extend(stamp.clone());
        if shape.has_references() && kit.fault != Some(Fault::NoReferences) {
            let references = [certificate_references(kit), revocation_references(kit)];
            info.unsigned_attributes.extend(references.clone());
            self.stamp_references(one, info, stamp, &references);
        }
        if kit.carries_values() && !shape.is_baseline() {
            if kit.fault != Some(Fault::NoCertificateValues) {
                let values = match has_no_certificate_values(kit) {
                    true => seq([]),
                    false => seq(kit.material.certificates.clone()),
                };
                info.unsigned_attributes.push(attribute(cms::CERTIFICATE_VALUES, values));
            }
            if kit.fault != Some(Fault::NoRevocationValues) {
                info.unsigned_attributes.push(revocation_values(&kit.material));
            }
        }
        for archive in kit.archive.iter().chain(&kit.renewals) {
            // The order in which the attributes will stand.
            info.unsigned_attributes.sort();
            let token = match shape {
                Shape::A2 => self.archive_v2(archive, info, content),
                Shape::A3 => self.archive_v3(archive, info, content, cms::ATS_HASH_INDEX),
                _ => self.archive_v3(archive, info, content, cms::ATS_HASH_INDEX_V3),
            };
            info.unsigned_attributes.push(token);
        }
    }

    fn stamp_references(&self, one: &Signing, info: &mut SignerInfo, stamp: Option<Der>, references: &[Der; 2]) {
        let Some(authority) = &one.kit.stamp else { return };
        let second = Stamping {
            at: authority.at + jiff::SignedDuration::from_secs(2),
            defect: super::tst::TokenDefect::None,
            ..authority.clone()
        };
        let parts: Vec<Der> = references.to_vec();
        let (id, stamped) = match one.shape {
            Shape::X1 | Shape::XlType1 => {
                let signature = [info.signature.clone()].into_iter().chain(stamp).chain(parts);
                (cms::CADES_C_TIMESTAMP, cms::whole(signature))
            }
            Shape::X2 | Shape::XlType2 => (cms::REFS_TIMESTAMP, cms::whole(parts)),
            _ => return,
        };
        info.unsigned_attributes.push(attribute(id, second.token(&stamped)));
    }

    /// RFC 5126 6.4.1: encapContentInfo, the content when it is elsewhere, certificates, crls, and all fields of the SignerInfo.
    fn archive_v2(&self, archive: &Stamping, info: &SignerInfo, content: &[u8]) -> Der {
        let inside = self.attached.then(|| ctx(0, [octets(self.content)]));
        let mut stamped = vec![seq([oid(cms::DATA)].into_iter().chain(inside))];
        if !self.attached {
            stamped.push(content.to_vec());
        }
        if !self.certificates.is_empty() {
            stamped.push(ctx(0, self.certificates.clone()));
        }
        if !self.crls.is_empty() {
            stamped.push(ctx(1, self.crls.clone()));
        }
        stamped.extend(info.fields());
        stamped.push(der::retag(0xa1, &set_of(info.unsigned_attributes.clone())));
        attribute(cms::ARCHIVE_TIMESTAMP_V2, archive.token(&cms::whole(stamped)))
    }

    /// EN 319 122-1 5.5.3 with the index of 5.5.2, or its predecessor, which hashes attributes whole and not value by value.
    fn archive_v3(&self, archive: &Stamping, info: &SignerInfo, content: &[u8], index_id: &str) -> Der {
        let of_value = |one: &Der| {
            let inside = der::content(one);
            let (id, set) = inside.split_at(2 + usize::from(inside[1]));
            cms::whole([id.to_vec(), der::content(set).to_vec()])
        };
        let by_value = index_id == cms::ATS_HASH_INDEX_V3;
        let attributes: Vec<Der> = info
            .unsigned_attributes
            .iter()
            .map(|one| if by_value { of_value(one) } else { one.clone() })
            .collect();
        let lists = [&self.certificates, &self.crls, &attributes].map(|list| cms::hash_list(list));
        // The older one has SHA-256 as the default that DER leaves out.
        let algorithm = by_value.then(|| Hash::Sha256.alg());
        let index = seq(algorithm.into_iter().chain(lists));
        let mut stamped = vec![oid(cms::DATA), Hash::Sha256.of(content)];
        stamped.extend(info.fields());
        stamped.push(index.clone());
        let index = attribute(index_id, index);
        let token = archive
            .tsa
            .token_with(&cms::whole(stamped), archive.at, archive.defect, vec![index]);
        attribute(cms::ARCHIVE_TIMESTAMP_V3, token)
    }
}

fn signed_attributes(kit: &Kit, content: &[u8], outermost: bool) -> Vec<Der> {
    let mut all = Vec::new();
    all.extend(outermost.then(|| cms::content_type(cms::DATA)));
    all.extend(kit.signing_time.map(cms::signing_time));
    all.push(cms::message_digest(&kit.hash.of(content)));
    match kit.fault {
        Some(Fault::NoBinding) => {}
        Some(Fault::OtherBinding) => {
            let id = cms::ess_cert_id_v2(
                Hash::Sha256,
                &Hash::Sha256.of(b"another certificate"),
                &kit.signer.issuer_name,
                &kit.signer.serial,
            );
            all.push(attribute(cms::SIGNING_CERTIFICATE_V2, seq([seq([id])])));
        }
        _ => all.push(cms::signing_certificate_v2(&kit.signer, Hash::Sha256)),
    }
    if let Some(policy) = &kit.policy {
        all.push(cms::signature_policy_with(policy.oid, (policy.algorithm, &policy.hash), policy.uri));
    }
    if let Some(stamp) = &kit.content_stamp {
        all.push(attribute(cms::CONTENT_TIMESTAMP, stamp.token(content)));
    }
    all
}

/// A well-formed value of the same key, made over other octets: only the mathematics can tell.
fn other_value(kit: &Kit, info: &SignerInfo) -> Vec<u8> {
    let other = [info.signed_attributes.clone().unwrap(), vec![0]].concat();
    cms::raw_signature(&kit.signer.key, kit.hash, Scheme::HashWithRsa, &other).1
}

fn has_no_certificate_values(kit: &Kit) -> bool {
    matches!(kit.fault, Some(Fault::NoCertificateValues | Fault::EmptyCertificateValues))
}

fn certificate_references(kit: &Kit) -> Der {
    if kit.fault == Some(Fault::EmptyReferences) {
        return attribute(cms::CERTIFICATE_REFS, seq([]));
    }
    let other = kit.fault == Some(Fault::OtherCertificateReferences);
    let reference = |cert: &std::sync::Arc<Certified>| {
        let hashed = if other { b"other".as_slice() } else { &cert.der };
        seq([cms::other_hash(hashed), cms::issuer_serial(&cert.issuer_name, &cert.serial)])
    };
    attribute(cms::CERTIFICATE_REFS, seq(kit.signer.chain().iter().map(reference)))
}

fn revocation_references(kit: &Kit) -> Der {
    if kit.fault == Some(Fault::EmptyReferences) {
        return attribute(cms::REVOCATION_REFS, seq([]));
    }
    let other = kit.fault == Some(Fault::OtherRevocationReferences);
    let hash = |bytes: &[u8]| cms::other_hash(if other { b"other" } else { bytes });
    let of_ocsp = |answer: &Ocsp| {
        let id = seq([answer.responder_id.clone(), generalized(answer.produced_at)]);
        seq([ctx(1, [seq([seq([seq([id, hash(&answer.basic)])])])])])
    };
    let of_crl = |list: &Crl| {
        let id = seq([list.issuer_name.clone(), time(list.this_update), int(list.number)]);
        seq([ctx(0, [seq([seq([seq([hash(&list.der), id])])])])])
    };
    let material = &kit.material;
    let all = material.ocsps.iter().map(of_ocsp).chain(material.crls.iter().map(of_crl));
    attribute(cms::REVOCATION_REFS, seq(all))
}

fn revocation_values(material: &Material) -> Der {
    let mut parts = Vec::new();
    if !material.crls.is_empty() {
        parts.push(ctx(0, [seq(material.crls.iter().map(|list| list.der.clone()))]));
    }
    if !material.ocsps.is_empty() {
        parts.push(ctx(1, [seq(material.ocsps.iter().map(|answer| answer.basic.clone()))]));
    }
    attribute(cms::REVOCATION_VALUES, seq(parts))
}
