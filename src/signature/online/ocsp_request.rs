//! An OCSP request (RFC 6960 4.1), written by hand: one question, and a nonce where the responder can repeat it (RFC 8954).

use crate::signature::asn1::ber::{self, encode, tag};
use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::crypto::{CryptoError, Hash};

/// Octets of a nonce: what RFC 8954 2.1 recommends.
pub const NONCE_BYTES: usize = 32;

/// DER of an OCSPRequest for `certificate` under `issuer`. `hash` is that of the CertID: nearly all responders know SHA-1 and many know
/// nothing else; it names here, it does not protect.
///
/// # Errors
/// The hash is not available.
pub fn encode_request(certificate: &Certificate, issuer: &Certificate, hash: Hash, nonce: Option<&[u8]>) -> Result<Vec<u8>, CryptoError> {
    let algorithm = match hash {
        Hash::Sha256 => oid::SHA256,
        _ => oid::SHA1,
    };
    let algorithm = sequence(&[encode(tag::OID, algorithm.as_bytes()), encode(tag::NULL, &[])]);
    let cert_id = sequence(&[
        algorithm,
        // The name as the certificate itself spells it.
        encode(tag::OCTET_STRING, &hash.of(&certificate.issuer.raw)?),
        encode(tag::OCTET_STRING, &hash.of(issuer.key_bits())?),
        encode(tag::INTEGER, &certificate.serial),
    ]);
    let list = sequence(&[sequence(&[cert_id])]);
    let extensions = nonce.map(|nonce| {
        let value = encode(tag::OCTET_STRING, &encode(tag::OCTET_STRING, nonce));
        let one = sequence(&[encode(tag::OID, oid::OCSP_NONCE.as_bytes()), value]);
        encode(tag::context(2), &sequence(&[one]))
    });
    let request = sequence(&[list, extensions.unwrap_or_default()]);
    Ok(sequence(&[request]))
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

/// The responseStatus of an OCSPResponse (RFC 6960 4.2.1).
///
/// # Errors
/// The bytes are none.
pub fn status(response: &[u8]) -> ber::Result<u64> {
    ber::whole(response, 24)?.expect(tag::SEQUENCE)?.expect(tag::ENUMERATED)?.unsigned()
}
