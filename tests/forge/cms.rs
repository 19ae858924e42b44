//! The CMS skeleton of RFC 5652: attributes, SignerInfo, SignedData, in DER or in the streaming BER form.

use jiff::Timestamp;

use super::der::{
    self, Der, alg_null, concat, ctx, ia5, indefinite, int, octets, octets_in_pieces, oid, retag, seq, set_of, set_unsorted, tlv,
};
use super::pki::{Certified, Hash, Key, KeyKind, key_id};

pub const DATA: &str = "1.2.840.113549.1.7.1";
pub const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
pub const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
pub const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
pub const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
pub const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
pub const COUNTER_SIGNATURE: &str = "1.2.840.113549.1.9.6";
pub const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
pub const SIGNING_CERTIFICATE_V1: &str = "1.2.840.113549.1.9.16.2.12";
pub const SIGNATURE_POLICY: &str = "1.2.840.113549.1.9.16.2.15";
pub const SIGNATURE_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.14";
pub const CERTIFICATE_REFS: &str = "1.2.840.113549.1.9.16.2.21";
pub const REVOCATION_REFS: &str = "1.2.840.113549.1.9.16.2.22";
pub const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";
pub const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
pub const CADES_C_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.25";
pub const CONTENT_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.20";
pub const REFS_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.26";
pub const ARCHIVE_TIMESTAMP_V2: &str = "1.2.840.113549.1.9.16.2.48";
pub const ATS_HASH_INDEX: &str = "0.4.0.1733.2.5";
pub const ARCHIVE_TIMESTAMP_V3: &str = "0.4.0.1733.2.4";
pub const ATS_HASH_INDEX_V3: &str = "0.4.0.19122.1.5";

/// How the SignerInfo names its signature algorithm. EC keys always use ECDSA with the hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// `rsaEncryption`, as .NET and old libraries write it.
    RsaEncryption,
    /// `shaNNNWithRSAEncryption`.
    HashWithRsa,
    Pss,
}

/// The outer form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Der,
    /// Indefinite lengths and the content in pieces: what streaming signers write.
    BerIndefinite,
}

pub fn attribute(id: &str, value: Der) -> Der {
    seq([oid(id), tlv(0x31, &value)])
}

pub fn content_type(id: &str) -> Der {
    attribute(CONTENT_TYPE, oid(id))
}

pub fn message_digest(digest: &[u8]) -> Der {
    attribute(MESSAGE_DIGEST, octets(digest))
}

pub fn signing_time(at: Timestamp) -> Der {
    attribute(SIGNING_TIME, der::time(at))
}

/// ESSCertIDv2 of RFC 5035, SHA-256 being the default that DER leaves out.
pub fn ess_cert_id_v2(hash: Hash, cert_hash: &[u8], issuer_name: &[u8], serial: &[u8]) -> Der {
    let mut fields = vec![];
    if hash != Hash::Sha256 {
        fields.push(hash.alg());
    }
    fields.push(octets(cert_hash));
    fields.push(issuer_serial(issuer_name, serial));
    seq(fields)
}

pub fn issuer_serial(issuer_name: &[u8], serial: &[u8]) -> Der {
    seq([seq([ctx(4, [issuer_name.to_vec()])]), serial.to_vec()])
}

pub fn signing_certificate_v2(cert: &Certified, hash: Hash) -> Der {
    let id = ess_cert_id_v2(hash, &hash.of(&cert.der), &cert.issuer_name, &cert.serial);
    attribute(SIGNING_CERTIFICATE_V2, seq([seq([id])]))
}

/// SignaturePolicyIdentifier with the SPURI qualifier (RFC 5126 5.8.1).
pub fn signature_policy(policy: &str, hash: &[u8], uri: &str) -> Der {
    signature_policy_with(policy, (Hash::Sha256, hash), Some(uri))
}

/// The same with another hash algorithm, or without the qualifier.
pub fn signature_policy_with(policy: &str, (algorithm, hash): (Hash, &[u8]), uri: Option<&str>) -> Der {
    let mut fields = vec![oid(policy), seq([algorithm.alg(), octets(hash)])];
    fields.extend(uri.map(|uri| seq([seq([oid("1.2.840.113549.1.9.16.5.1"), ia5(uri)])])));
    attribute(SIGNATURE_POLICY, seq(fields))
}

/// A signer's block before and after signing.
pub struct SignerInfo {
    pub version: u64,
    pub sid: Der,
    pub hash: Hash,
    /// With the SET tag, exactly what was signed; `None` for a signature straight over the content.
    pub signed_attributes: Option<Der>,
    pub signature_alg: Der,
    pub signature: Vec<u8>,
    pub unsigned_attributes: Vec<Der>,
}

impl SignerInfo {
    pub fn fields(&self) -> Vec<Der> {
        let mut fields = vec![int(self.version), self.sid.clone(), self.hash.alg()];
        fields.extend(self.signed_attributes.as_ref().map(|set| retag(0xa0, set)));
        fields.push(self.signature_alg.clone());
        fields.push(octets(&self.signature));
        fields
    }

    pub fn encode(&self) -> Der {
        let mut fields = self.fields();
        if !self.unsigned_attributes.is_empty() {
            fields.push(retag(0xa1, &set_of(self.unsigned_attributes.clone())));
        }
        seq(fields)
    }
}

pub fn sid_issuer_serial(cert: &Certified) -> Der {
    seq([cert.issuer_name.clone(), cert.serial.clone()])
}

pub fn sid_key_id(cert: &Certified) -> Der {
    der::ctx_prim(0, &key_id(&cert.spki))
}

/// Signs `attributes` (sorted as DER wants unless `unsorted`).
pub fn sign_attributes(cert: &Certified, hash: Hash, scheme: Scheme, attributes: Vec<Der>, unsorted: bool) -> SignerInfo {
    let set = if unsorted { set_unsorted(attributes) } else { set_of(attributes) };
    let (signature_alg, signature) = raw_signature(&cert.key, hash, scheme, &set);
    SignerInfo {
        version: 1,
        sid: sid_issuer_serial(cert),
        hash,
        signed_attributes: Some(set),
        signature_alg,
        signature,
        unsigned_attributes: vec![],
    }
}

pub fn raw_signature(key: &Key, hash: Hash, scheme: Scheme, bytes: &[u8]) -> (Der, Vec<u8>) {
    match (key.kind, scheme) {
        (KeyKind::Rsa1024 | KeyKind::Rsa2048, Scheme::RsaEncryption) => (alg_null("1.2.840.113549.1.1.1"), key.sign(hash, bytes)),
        (KeyKind::Rsa1024 | KeyKind::Rsa2048, Scheme::Pss) => (Key::pss_alg(hash), key.sign_pss(hash, bytes)),
        _ => (key.signature_alg(hash), key.sign(hash, bytes)),
    }
}

/// SignedData in its ContentInfo.
pub struct SignedData {
    pub content_type: &'static str,
    /// `None`: detached.
    pub content: Option<Vec<u8>>,
    pub certificates: Vec<Der>,
    pub crls: Vec<Der>,
    pub signers: Vec<SignerInfo>,
    pub form: Form,
}

impl SignedData {
    pub fn encode(&self) -> Der {
        let version = if self.content_type != DATA || self.signers.iter().any(|s| s.version == 3) {
            3
        } else {
            1
        };
        let mut digests: Vec<Der> = self.signers.iter().map(|s| s.hash.alg()).collect();
        digests.sort();
        digests.dedup();
        let mut certificates = self.certificates.clone();
        certificates.sort();
        certificates.dedup();
        let mut tail = vec![];
        if !certificates.is_empty() {
            tail.push(ctx(0, certificates));
        }
        if !self.crls.is_empty() {
            let mut crls = self.crls.clone();
            crls.sort();
            tail.push(ctx(1, crls));
        }
        tail.push(set_of(self.signers.iter().map(SignerInfo::encode)));
        let head = [int(version), set_of(digests)];
        match self.form {
            Form::Der => {
                let content = self.content.as_ref().map(|bytes| ctx(0, [octets(bytes)]));
                let encapsulated = seq([oid(self.content_type)].into_iter().chain(content));
                let signed = seq(head.into_iter().chain([encapsulated]).chain(tail));
                seq([oid(SIGNED_DATA), ctx(0, [signed])])
            }
            Form::BerIndefinite => {
                let content = self.content.as_ref().map(|bytes| indefinite(0xa0, [octets_in_pieces(bytes, 1000)]));
                let encapsulated = indefinite(0x30, [oid(self.content_type)].into_iter().chain(content));
                let signed = indefinite(0x30, head.into_iter().chain([encapsulated]).chain(tail));
                indefinite(0x30, [oid(SIGNED_DATA), indefinite(0xa0, [signed])])
            }
        }
    }
}

/// `OtherHash` in its long form (RFC 5126 6.2.1).
pub fn other_hash(bytes: &[u8]) -> Der {
    seq([Hash::Sha256.alg(), octets(&Hash::Sha256.of(bytes))])
}

pub fn hash_list(values: &[Der]) -> Der {
    seq(values.iter().map(|value| octets(&Hash::Sha256.of(value))))
}

pub fn whole(parts: impl IntoIterator<Item = Der>) -> Vec<u8> {
    concat(parts)
}
