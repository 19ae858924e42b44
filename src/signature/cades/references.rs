//! Whether complete references and values belong together (RFC 5126 6.2, 6.3).

use crate::signature::asn1::ber::{self, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::cms::SignerInfo;
use crate::signature::crypto::{Algorithm, Hash};

/// The first reference that no value answers, where both are there (levels X-L and A): completeCertificateRefs against certificates,
/// completeRevocationRefs against CRLs and OCSP responses, by their hashes.
pub fn unanswered(signer: &SignerInfo<'_>) -> Option<&'static str> {
    if !signer.has_unsigned(oid::CERTIFICATE_VALUES) || !signer.has_unsigned(oid::REVOCATION_VALUES) {
        return None;
    }
    let mut certificates: Vec<&[u8]> = Vec::new();
    for list in signer.unsigned_values(oid::CERTIFICATE_VALUES) {
        certificates.extend(list.children().all().unwrap_or_default().iter().map(|value| value.raw));
    }
    for list in signer.unsigned_values(oid::CERTIFICATE_REFS) {
        // What cannot be read answers nothing: an attribute that was tampered with is not one that is absent.
        let Ok(references) = list.children().all() else {
            return Some("completeCertificateRefs");
        };
        for reference in references {
            let Ok(hash) = reference.children().next() else {
                return Some("completeCertificateRefs");
            };
            if !certificates.iter().any(|value| hash_names(&hash, value) == Ok(true)) {
                return Some("completeCertificateRefs");
            }
        }
    }
    let mut values: Vec<Vec<u8>> = Vec::new();
    for sequence in signer.unsigned_values(oid::REVOCATION_VALUES) {
        for wrapper in sequence.children().all().unwrap_or_default() {
            let list = wrapper.only_child().and_then(|list| list.children().all()).unwrap_or_default();
            for value in list {
                values.push(value.raw.to_vec());
                values.push(as_response(&value));
            }
        }
    }
    // Writers hash the BasicOCSPResponse or the OCSPResponse around it.
    for list in signer.unsigned_values(oid::REVOCATION_REFS) {
        let Ok(hashes) = revocation_hashes(list) else {
            return Some("completeRevocationRefs");
        };
        for hash in hashes {
            if !values.iter().any(|value| hash_names(&hash, value) == Ok(true)) {
                return Some("completeRevocationRefs");
            }
        }
    }
    None
}

/// The OCSPResponse around a BasicOCSPResponse, in the one way that DER allows.
fn as_response(basic: &Value<'_>) -> Vec<u8> {
    let inside = [
        ber::encode(tag::OID, oid::OCSP_BASIC.as_bytes()),
        ber::encode(tag::OCTET_STRING, basic.raw),
    ]
    .concat();
    let wrapped = ber::encode(tag::context(0), &ber::encode(tag::SEQUENCE, &inside));
    ber::encode(tag::SEQUENCE, &[ber::encode(tag::ENUMERATED, &[0]), wrapped].concat())
}

/// OtherHash: an octet string of SHA-1, or algorithm and value.
fn hash_names(hash: &Value<'_>, bytes: &[u8]) -> ber::Result<bool> {
    if hash.tag == tag::OCTET_STRING {
        return Ok(Hash::Sha1.of(bytes).is_ok_and(|digest| digest == hash.content));
    }
    let mut fields = hash.expect(tag::SEQUENCE)?;
    let algorithm = Hash::from_oid(&Algorithm::read(&fields.next()?)?.oid);
    let wanted = fields.next()?.octets()?;
    Ok(algorithm.is_some_and(|algorithm| algorithm.of(bytes).is_ok_and(|digest| digest == *wanted)))
}

/// The hashes of CRLs (`crlHash`) and of OCSP responses (`ocspRepHash`) in a list of CrlOcspRef.
fn revocation_hashes<'a>(list: &Value<'a>) -> ber::Result<Vec<Value<'a>>> {
    let mut hashes = Vec::new();
    for reference in list.children().all()? {
        // [0] CRLListID, [1] OcspListID: a sequence of a sequence of identifiers. [2]: other kinds, which nobody uses.
        for wrapper in reference
            .children()
            .all()?
            .into_iter()
            .filter(|wrapper| [0xa0, 0xa1].contains(&wrapper.tag))
        {
            for one in wrapper.only_child()?.children().next()?.children().all()? {
                let mut fields = one.children();
                match wrapper.tag {
                    0xa0 => hashes.push(fields.next()?),
                    _ => {
                        fields.next()?;
                        if !fields.is_empty() {
                            hashes.push(fields.next()?);
                        }
                    }
                }
            }
        }
    }
    Ok(hashes)
}
