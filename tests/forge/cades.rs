//! CAdES signatures of every level (RFC 5126, EN 319 122-1) under the BTK profiles P1-P4 (pki.md 3), with a knob per defect.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::cms::{self, Form, Scheme, SignedData, SignerInfo, attribute};
use super::der::{Der, ctx, generalized, int, octets, oid, seq, time};
use super::pki::{Certified, Hash};
use super::revocation::{Crl, Ocsp};
use super::tst::{TokenDefect, Tsa};

/// SHA-256 of the BTK guide: one document serves P2, P3 and P4.
pub const POLICY_HASH: &str = "ff39bd29463383f69b2052ac47439e06ce7c3b8646e888b6e5ae3e46ba08117a";
pub const POLICY_URI: &str = "http://www.eimza.gov.tr/EimzaPolitikalari/216792161015070321.pdf";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// BES, or EPES when the profile has a policy.
    Bes,
    T,
    C,
    /// Type 1: a time-stamp over the signature, its time-stamp and the references.
    X,
    /// X-Long without type 1 and 2: what P3 and P4 ask for.
    Xl,
    /// X-L with one archive time-stamp v3.
    A,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    P1,
    P2,
    P3,
    P4,
}

impl Policy {
    pub fn oid(self) -> Option<&'static str> {
        match self {
            Policy::P1 => None,
            Policy::P2 => Some("2.16.792.1.61.0.1.5070.3.1.1"),
            Policy::P3 => Some("2.16.792.1.61.0.1.5070.3.2.1"),
            Policy::P4 => Some("2.16.792.1.61.0.1.5070.3.3.1"),
        }
    }
}

/// Which certificates go into SignedData.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Embed {
    None,
    SignerOnly,
    Chain,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    WrongMessageDigest,
    BrokenSignature,
    NoSignedAttributes,
    NoContentType,
    ContentTypeMismatch,
    NoSigningTime,
    DuplicateSigningTime,
    DuplicateMessageDigest,
    TwoValuesInMessageDigest,
    NoSigningCertificate,
    /// The ESS hash is of another certificate.
    WrongCertificateHash,
    WrongIssuerSerial,
    DuplicateSigningCertificate,
    /// Attributes stand in an order that is not DER's, and were signed like that.
    UnsortedAttributes,
    WrongPolicyHash,
    /// The time-stamp came three hours after signing-time; P2-P4 allow two.
    LateTimestamp,
    /// The time-stamp is older than signing-time.
    EarlyTimestamp,
    WrongTimestampImprint,
    BrokenTimestamp,
    /// Certificate references of other certificates than the values.
    WrongCertificateRefs,
    /// Revocation references that are no list of hashes.
    BrokenRevocationRefs,
    /// The content in the CMS was changed after signing.
    AlteredContent,
    /// digestAlgorithm of the SignerInfo is not the one of the signature algorithm.
    DigestAlgorithmMismatch,
}

/// What an X-L signature embeds to be checked without a network.
#[derive(Clone, Default)]
pub struct Material {
    pub certificates: Vec<Der>,
    pub crls: Vec<Crl>,
    pub ocsps: Vec<Ocsp>,
}

/// One signer.
#[derive(Clone)]
pub struct Spec {
    pub signer: Arc<Certified>,
    pub level: Level,
    pub policy: Policy,
    pub signing_time: Timestamp,
    /// Seconds from signing-time to the signature time-stamp.
    pub stamp_after: i64,
    pub hash: Hash,
    pub scheme: Scheme,
    pub embed: Embed,
    pub key_id_as_sid: bool,
    pub tsa: Option<Arc<Tsa>>,
    pub material: Material,
    pub defects: Vec<Defect>,
    /// "Seri imza": signers over this signature's value.
    pub counter_signers: Vec<Spec>,
}

impl Spec {
    /// CAdES-BES, P1, signer's certificate embedded: what a KEP client puts on a message.
    pub fn bes(signer: &Arc<Certified>, signing_time: Timestamp) -> Self {
        Self {
            signer: signer.clone(),
            level: Level::Bes,
            policy: Policy::P1,
            signing_time,
            stamp_after: 3,
            hash: Hash::Sha256,
            scheme: Scheme::HashWithRsa,
            embed: Embed::SignerOnly,
            key_id_as_sid: false,
            tsa: None,
            material: Material::default(),
            defects: vec![],
            counter_signers: vec![],
        }
    }

    pub fn with(mut self, defect: Defect) -> Self {
        self.defects.push(defect);
        self
    }

    fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    /// When the signature time-stamp was made.
    pub fn stamp_time(&self) -> Timestamp {
        let seconds = match () {
            _ if self.has(Defect::LateTimestamp) => 3 * 3600,
            _ if self.has(Defect::EarlyTimestamp) => -1800,
            _ => self.stamp_after,
        };
        self.signing_time + SignedDuration::from_secs(seconds)
    }

    fn certificates(&self) -> Vec<Der> {
        let own = match self.embed {
            Embed::None => vec![],
            Embed::SignerOnly => vec![self.signer.der.clone()],
            Embed::Chain => [self.signer.der.clone()]
                .into_iter()
                .chain(self.signer.chain().iter().map(|c| c.der.clone()))
                .collect(),
        };
        own.into_iter()
            .chain(self.counter_signers.iter().flat_map(Spec::certificates))
            .collect()
    }

    /// Signed attributes over `content`; a counter-signature has no content-type (RFC 5652 11.4).
    fn signed_attributes(&self, content: &[u8], content_type: Option<&'static str>) -> Vec<Der> {
        let mut digest = self.hash.of(content);
        if self.has(Defect::WrongMessageDigest) {
            digest[0] ^= 1;
        }
        let mut all = vec![];
        if let Some(id) = content_type.filter(|_| !self.has(Defect::NoContentType)) {
            all.push(cms::content_type(if self.has(Defect::ContentTypeMismatch) {
                cms::TST_INFO
            } else {
                id
            }));
        }
        if !self.has(Defect::NoSigningTime) {
            all.push(cms::signing_time(self.signing_time));
        }
        if self.has(Defect::DuplicateSigningTime) {
            all.push(cms::signing_time(self.signing_time - SignedDuration::from_hours(24)));
        }
        if self.has(Defect::TwoValuesInMessageDigest) {
            let other = self.hash.of(b"other");
            all.push(seq([
                oid(cms::MESSAGE_DIGEST),
                super::der::set_of([octets(&digest), octets(&other)]),
            ]));
        } else {
            all.push(cms::message_digest(&digest));
        }
        if self.has(Defect::DuplicateMessageDigest) {
            all.push(cms::message_digest(&self.hash.of(b"other")));
        }
        all.extend(self.signing_certificate());
        if let Some(policy) = self.policy.oid() {
            let mut hash = hex::decode(POLICY_HASH).unwrap();
            if self.has(Defect::WrongPolicyHash) {
                hash[0] ^= 1;
            }
            all.push(cms::signature_policy(policy, &hash, POLICY_URI));
        }
        if self.has(Defect::UnsortedAttributes) {
            all.sort();
            all.reverse();
        }
        all
    }

    fn signing_certificate(&self) -> Vec<Der> {
        let cert = &self.signer;
        let right = cms::signing_certificate_v2(cert, Hash::Sha256);
        let made_of = |hash: &[u8], serial: &[u8]| {
            let id = cms::ess_cert_id_v2(Hash::Sha256, hash, &cert.issuer_name, serial);
            attribute(cms::SIGNING_CERTIFICATE_V2, seq([seq([id])]))
        };
        match () {
            _ if self.has(Defect::NoSigningCertificate) => vec![],
            _ if self.has(Defect::WrongCertificateHash) => vec![made_of(&Hash::Sha256.of(b"another certificate"), &cert.serial)],
            _ if self.has(Defect::WrongIssuerSerial) => vec![made_of(&Hash::Sha256.of(&cert.der), &int(5))],
            _ if self.has(Defect::DuplicateSigningCertificate) => vec![made_of(&Hash::Sha256.of(b"another"), &int(5)), right],
            _ => vec![right],
        }
    }

    fn sign(&self, content: &[u8], content_type: Option<&'static str>) -> SignerInfo {
        let mut info = if self.has(Defect::NoSignedAttributes) {
            let (signature_alg, signature) = cms::raw_signature(&self.signer.key, self.hash, self.scheme, content);
            SignerInfo {
                version: 1,
                sid: cms::sid_issuer_serial(&self.signer),
                hash: self.hash,
                signed_attributes: None,
                signature_alg,
                signature,
                unsigned_attributes: vec![],
            }
        } else {
            let attributes = self.signed_attributes(content, content_type);
            cms::sign_attributes(
                &self.signer,
                self.hash,
                self.scheme,
                attributes,
                self.has(Defect::UnsortedAttributes),
            )
        };
        if self.key_id_as_sid {
            info.version = 3;
            info.sid = cms::sid_key_id(&self.signer);
        }
        if self.has(Defect::BrokenSignature) {
            let middle = info.signature.len() / 2;
            info.signature[middle] ^= 1;
        }
        if self.has(Defect::DigestAlgorithmMismatch) {
            info.hash = Hash::Sha512;
        }
        let counter: Vec<Der> = self
            .counter_signers
            .iter()
            .map(|spec| spec.sign(&info.signature, None).encode())
            .collect();
        if !counter.is_empty() {
            info.unsigned_attributes
                .push(seq([oid(cms::COUNTER_SIGNATURE), super::der::set_of(counter)]));
        }
        self.extend_to_level(&mut info, content, content_type);
        info
    }

    fn extend_to_level(&self, info: &mut SignerInfo, content: &[u8], content_type: Option<&'static str>) {
        let Some(tsa) = self.tsa.as_ref().filter(|_| self.level >= Level::T) else {
            return;
        };
        let defect = match () {
            _ if self.has(Defect::WrongTimestampImprint) => TokenDefect::WrongImprint,
            _ if self.has(Defect::BrokenTimestamp) => TokenDefect::BrokenSignature,
            _ => TokenDefect::None,
        };
        let stamp = attribute(cms::SIGNATURE_TIMESTAMP, tsa.token(&info.signature, self.stamp_time(), defect));
        info.unsigned_attributes.push(stamp.clone());
        if self.level < Level::C {
            return;
        }
        let refs = [self.certificate_refs(), self.revocation_refs()];
        info.unsigned_attributes.extend(refs.clone());
        if self.level == Level::X {
            let stamped = cms::whole([info.signature.clone(), stamp].into_iter().chain(refs));
            let at = self.stamp_time() + SignedDuration::from_secs(10);
            info.unsigned_attributes
                .push(attribute(cms::CADES_C_TIMESTAMP, tsa.token(&stamped, at, TokenDefect::None)));
        }
        if self.level >= Level::Xl {
            info.unsigned_attributes
                .push(attribute(cms::CERTIFICATE_VALUES, seq(self.material.certificates.clone())));
            info.unsigned_attributes.push(self.revocation_values());
        }
        if self.level == Level::A {
            let stamp = self.archive_timestamp(tsa, info, content, content_type.unwrap_or(cms::DATA));
            info.unsigned_attributes.push(stamp);
        }
    }

    /// CompleteCertificateRefs: every certificate of the path but the signer's own.
    fn certificate_refs(&self) -> Der {
        let reference = |cert: &Arc<Certified>| {
            let hashed = if self.has(Defect::WrongCertificateRefs) {
                b"other".as_slice()
            } else {
                &cert.der
            };
            seq([cms::other_hash(hashed), cms::issuer_serial(&cert.issuer_name, &cert.serial)])
        };
        attribute(cms::CERTIFICATE_REFS, seq(self.signer.chain().iter().map(reference)))
    }

    /// CompleteRevocationRefs: one CrlOcspRef for the signer and one per certificate reference. The module has EXPLICIT tags.
    fn revocation_refs(&self) -> Der {
        let ocsp = |o: &Ocsp| {
            let id = seq([o.responder_id.clone(), generalized(o.produced_at)]);
            seq([ctx(1, [seq([seq([seq([id, cms::other_hash(&o.basic)])])])])])
        };
        let crl = |c: &Crl| {
            let id = seq([c.issuer_name.clone(), time(c.this_update), int(c.number)]);
            seq([ctx(0, [seq([seq([seq([cms::other_hash(&c.der), id])])])])])
        };
        let all = self.material.ocsps.iter().map(ocsp).chain(self.material.crls.iter().map(crl));
        match self.has(Defect::BrokenRevocationRefs) {
            true => attribute(cms::REVOCATION_REFS, seq([seq([ctx(1, [int(1)])])])),
            false => attribute(cms::REVOCATION_REFS, seq(all)),
        }
    }

    fn revocation_values(&self) -> Der {
        let mut parts = vec![];
        if !self.material.crls.is_empty() {
            parts.push(ctx(0, [seq(self.material.crls.iter().map(|c| c.der.clone()))]));
        }
        if !self.material.ocsps.is_empty() {
            parts.push(ctx(1, [seq(self.material.ocsps.iter().map(|o| o.basic.clone()))]));
        }
        attribute(cms::REVOCATION_VALUES, seq(parts))
    }

    /// EN 319 122-1 5.5.3: the imprint over content type, content hash, the SignerInfo's fields and the hash index; the index itself
    /// (5.5.2) rides as an unsigned attribute of the token. The index lists the certificates of SignedData in this spec's own order.
    fn archive_timestamp(&self, tsa: &Tsa, info: &SignerInfo, content: &[u8], content_type: &str) -> Der {
        let mut certificates = self.certificates();
        certificates.sort();
        certificates.dedup();
        // Per attribute value: attrType octets, then the value's octets. Attributes here have one value each.
        let values: Vec<Der> = info
            .unsigned_attributes
            .iter()
            .map(|attribute| {
                let inside = super::der::content(attribute);
                let (id, set) = inside.split_at(2 + usize::from(inside[1]));
                cms::whole([id.to_vec(), super::der::content(set).to_vec()])
            })
            .collect();
        let index = seq([
            Hash::Sha256.alg(),
            cms::hash_list(&certificates),
            cms::hash_list(&[]),
            cms::hash_list(&values),
        ]);
        let mut stamped = vec![oid(content_type), Hash::Sha256.of(content)];
        stamped.extend(info.fields());
        stamped.push(index.clone());
        let at = self.stamp_time() + SignedDuration::from_secs(30);
        let index = attribute(cms::ATS_HASH_INDEX_V3, index);
        let token = tsa.token_with(&cms::whole(stamped), at, TokenDefect::None, vec![index]);
        attribute(cms::ARCHIVE_TIMESTAMP_V3, token)
    }
}

/// SignedData over `content` by all of `signers` in parallel.
pub fn sign(content: &[u8], attached: bool, signers: &[Spec], form: Form) -> Vec<u8> {
    let altered = signers.iter().any(|spec| spec.has(Defect::AlteredContent));
    let shown = if altered { [content, b" "].concat() } else { content.to_vec() };
    SignedData {
        content_type: cms::DATA,
        content: attached.then_some(shown),
        certificates: signers.iter().flat_map(Spec::certificates).collect(),
        crls: vec![],
        signers: signers.iter().map(|spec| spec.sign(content, Some(cms::DATA))).collect(),
        form,
    }
    .encode()
}
