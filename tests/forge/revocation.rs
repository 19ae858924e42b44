//! CRLs (RFC 5280 5) and OCSP responses (RFC 6960 4.2), written by hand.

use jiff::Timestamp;

use super::der::{Der, alg_null, bits, ctx, generalized, int, octets, oid, retag, seq, time, tlv};
use super::pki::{Certified, Hash, extension, key_id, public_key_bits};

#[derive(Clone)]
pub struct Revoked {
    pub serial: Der,
    pub at: Timestamp,
    /// CRLReason: 1 keyCompromise, 4 superseded, 6 certificateHold …
    pub reason: u8,
}

#[derive(Clone)]
pub struct Crl {
    pub der: Der,
    pub issuer_name: Der,
    pub this_update: Timestamp,
    pub number: u64,
}

/// What a CRL shall say beside its list.
pub struct CrlSpec {
    pub this_update: Timestamp,
    pub next_update: Timestamp,
    pub number: u64,
    pub forged: bool,
    pub unknown_critical: bool,
}

pub fn crl(issuer: &Certified, spec: &CrlSpec, revoked: &[Revoked]) -> Crl {
    crl_with(issuer, spec, revoked.iter().map(|one| entry(one, None)).collect(), vec![])
}

/// One line of a list; `issuer` is the name of the certificate's issuer where an indirect list says it.
pub fn entry(revoked: &Revoked, issuer: Option<&Der>) -> Der {
    let mut extensions = vec![extension("2.5.29.21", false, tlv(0x0a, &[revoked.reason]))];
    extensions.extend(issuer.map(|name| extension("2.5.29.29", true, seq([ctx(4, [name.clone()])]))));
    seq([revoked.serial.clone(), time(revoked.at), seq(extensions)])
}

/// A list of `entries` with more extensions: its scope, a delta's base.
pub fn crl_with(issuer: &Certified, spec: &CrlSpec, entries: Vec<Der>, more: Vec<Der>) -> Crl {
    let hash = issuer.key.natural_hash();
    let algorithm = issuer.key.signature_alg(hash);
    let mut extensions = vec![
        extension("2.5.29.35", false, seq([super::der::ctx_prim(0, &key_id(&issuer.spki))])),
        extension("2.5.29.20", false, int(spec.number)),
    ];
    extensions.extend(spec.unknown_critical.then(|| extension("2.16.792.1.99.2", true, int(1))));
    extensions.extend(more);
    let mut fields = vec![
        int(1),
        algorithm.clone(),
        issuer.subject.clone(),
        time(spec.this_update),
        time(spec.next_update),
    ];
    if !entries.is_empty() {
        fields.push(seq(entries));
    }
    fields.push(ctx(0, [seq(extensions)]));
    let tbs = seq(fields);
    let signature = spoil(issuer.key.sign(hash, &tbs), spec.forged);
    Crl {
        der: seq([tbs, algorithm, bits(&signature)]),
        issuer_name: issuer.subject.clone(),
        this_update: spec.this_update,
        number: spec.number,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Good,
    Revoked(Timestamp),
    Unknown,
}

#[derive(Clone)]
pub struct Ocsp {
    /// BasicOCSPResponse: what CAdES embeds.
    pub basic: Der,
    /// OCSPResponse: what a responder sends.
    pub response: Der,
    pub responder_id: Der,
    pub produced_at: Timestamp,
}

pub struct OcspSpec {
    pub status: Status,
    pub produced_at: Timestamp,
    pub next_update: Option<Timestamp>,
    /// CertID of another serial: the answer does not belong to the question.
    pub wrong_cert_id: bool,
    pub forged: bool,
}

pub fn ocsp(responder: &Certified, subject: &Certified, spec: &OcspSpec) -> Ocsp {
    ocsp_to(responder, subject, spec, None)
}

/// The answer to a request with this nonce.
pub fn ocsp_to(responder: &Certified, subject: &Certified, spec: &OcspSpec, nonce: Option<&[u8]>) -> Ocsp {
    let issuer = subject.issuer.as_ref().unwrap();
    let serial = if spec.wrong_cert_id { int(7) } else { subject.serial.clone() };
    let cert_id = seq([
        alg_null(Hash::Sha1.oid()),
        octets(&Hash::Sha1.of(&issuer.subject)),
        octets(&Hash::Sha1.of(public_key_bits(&issuer.spki))),
        serial,
    ]);
    let status = match spec.status {
        Status::Good => vec![0x80, 0],
        Status::Revoked(at) => retag(0xa1, &seq([generalized(at), ctx(0, [tlv(0x0a, &[1])])])),
        Status::Unknown => vec![0x82, 0],
    };
    let mut single = vec![cert_id, status, generalized(spec.produced_at)];
    single.extend(spec.next_update.map(|next| ctx(0, [generalized(next)])));
    let responder_id = ctx(2, [octets(&key_id(&responder.spki))]);
    let repeated = nonce.map(|nonce| ctx(1, [seq([extension("1.3.6.1.5.5.7.48.1.2", false, octets(nonce))])]));
    let fields = [responder_id.clone(), generalized(spec.produced_at), seq([seq(single)])];
    let tbs = seq(fields.into_iter().chain(repeated));
    let hash = responder.key.natural_hash();
    let signature = spoil(responder.key.sign(hash, &tbs), spec.forged);
    let certs = ctx(0, [seq([responder.der.clone()])]);
    let basic = seq([tbs, responder.key.signature_alg(hash), bits(&signature), certs]);
    let bytes = seq([oid("1.3.6.1.5.5.7.48.1.1"), octets(&basic)]);
    Ocsp {
        response: seq([tlv(0x0a, &[0]), ctx(0, [bytes])]),
        basic,
        responder_id,
        produced_at: spec.produced_at,
    }
}

fn spoil(mut signature: Vec<u8>, forged: bool) -> Vec<u8> {
    if forged {
        let last = signature.len() - 1;
        signature[last] ^= 1;
    }
    signature
}
