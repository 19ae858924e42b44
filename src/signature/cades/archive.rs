//! The timestamps behind the signature timestamp: over the references (X) and over everything (A); and whether references and values
//! belong together (RFC 5126 6.2 to 6.5, EN 319 122-1 5.5).

use crate::signature::asn1::ber::{self, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::cms::{Attribute, SignedData, SignerInfo};
use crate::signature::context::Context;
use crate::signature::crypto::{Algorithm, Hash};
use crate::signature::path::chain::Material;
use crate::signature::timestamp::{self, Stamp};

/// The timestamps of types X and A in `signer`, judged, newest last; and the name of a kind that cannot be judged yet.
pub fn judge(
    signed: &SignedData<'_>,
    signer: &SignerInfo<'_>,
    content: &[u8],
    material: &Material,
    context: &Context,
) -> (Vec<Stamp>, Option<&'static str>) {
    let mut stamps = Vec::new();
    for kind in [oid::CADES_C_TIMESTAMP, oid::REFS_TIMESTAMP] {
        for token in signer.unsigned_values(kind) {
            let name = if kind == oid::CADES_C_TIMESTAMP { "cades-c" } else { "references" };
            stamps.push(timestamp::judge(
                token.raw,
                &reference_octets(signer, kind == oid::CADES_C_TIMESTAMP),
                name,
                material,
                context,
            ));
        }
    }
    for token in signer.unsigned_values(oid::ARCHIVE_TIMESTAMP_V3) {
        let pieces = archive_octets(signed, signer, content, token, context);
        let stamped: Vec<Vec<&[u8]>> = pieces.iter().map(|owned| owned.iter().map(Vec::as_slice).collect()).collect();
        stamps.push(timestamp::judge(token.raw, &stamped, "archive", material, context));
    }
    stamps.sort_by_key(|stamp| stamp.time);
    let open = signer.has_unsigned(oid::ARCHIVE_TIMESTAMP_V2).then_some("archive-timestamp-v2");
    (stamps, open)
}

/// RFC 5126 6.3.5 and 6.3.6 say "without the type or length encoding" and writers read that in two ways: the attributes whole, or their
/// contents.
fn reference_octets<'a>(signer: &'a SignerInfo<'_>, with_signature: bool) -> Vec<Vec<&'a [u8]>> {
    let wanted: &[_] = if with_signature {
        &[oid::SIGNATURE_TIMESTAMP, oid::CERTIFICATE_REFS, oid::REVOCATION_REFS]
    } else {
        &[oid::CERTIFICATE_REFS, oid::REVOCATION_REFS]
    };
    let attributes = || {
        wanted
            .iter()
            .flat_map(|id| signer.unsigned.iter().filter(|attribute| attribute.id == *id))
    };
    let signature = with_signature.then_some(&*signer.signature);
    let whole = signature
        .into_iter()
        .chain(attributes().map(|attribute| attribute.raw.raw))
        .collect();
    let contents = signature
        .into_iter()
        .chain(attributes().map(|attribute| attribute.raw.content))
        .collect();
    vec![whole, contents]
}

/// EN 319 122-1 5.5.3: content type, hash of the content, the SignerInfo's fields, and the hash index. Empty when there is no index or
/// when it names something that is not there: then no imprint can fit.
fn archive_octets(
    signed: &SignedData<'_>,
    signer: &SignerInfo<'_>,
    content: &[u8],
    token: &Value<'_>,
    context: &Context,
) -> Vec<Vec<Vec<u8>>> {
    let depth = context.limits.cms_depth;
    let pieces = || -> Option<Vec<Vec<u8>>> {
        let (_, hash) = timestamp::peek(token.raw, depth)?;
        let inner = SignedData::parse(token.raw, depth).ok()?;
        let attributes = &inner.signers.first()?.unsigned;
        let index = attributes
            .iter()
            .find(|attribute| [oid::ATS_HASH_INDEX, oid::ATS_HASH_INDEX_V3].contains(&attribute.id))?;
        let index_value = index.values.first()?;
        if index.values.len() != 1 || !index_holds(index, index_value, signed, signer).ok()? {
            return None;
        }
        let content_type = signed.encapsulated.children().next().ok()?.raw.to_vec();
        let mut pieces = vec![content_type, hash.of(content).ok()?];
        pieces.extend(signer.fields.iter().map(|field| field.raw.to_vec()));
        pieces.push(index_value.raw.to_vec());
        Some(pieces)
    };
    pieces().into_iter().collect()
}

/// ATSHashIndex: every hash in it belongs to a certificate, a revocation value or an unsigned attribute that is there.
fn index_holds(index: &Attribute<'_>, value: &Value<'_>, signed: &SignedData<'_>, signer: &SignerInfo<'_>) -> ber::Result<bool> {
    let mut fields = value.expect(tag::SEQUENCE)?;
    let lists = fields.all()?;
    let hash = if lists.len() == 4 {
        Hash::from_oid(&Algorithm::read(&fields.next()?)?.oid)
    } else {
        Some(Hash::Sha256)
    };
    let Some(hash) = hash else { return Ok(false) };
    let digest = |pieces: &[&[u8]]| hash.of_all(pieces).unwrap_or_default();
    let certificates: Vec<Vec<u8>> = signed.certificates.iter().map(|value| digest(&[value.raw])).collect();
    let crls: Vec<Vec<u8>> = signed.crls.iter().map(|value| digest(&[value.raw])).collect();
    let attributes: Vec<Vec<u8>> = if index.id == oid::ATS_HASH_INDEX {
        signer.unsigned.iter().map(|attribute| digest(&[attribute.raw.raw])).collect()
    } else {
        let values = signer
            .unsigned
            .iter()
            .flat_map(|attribute| attribute.values.iter().map(move |value| (attribute, value)));
        values
            .map(|(attribute, value)| digest(&[&ber::encode(tag::OID, attribute.id.as_bytes()), value.raw]))
            .collect()
    };
    for present in [certificates, crls, attributes] {
        for entry in fields.expect(tag::SEQUENCE)?.children().all()? {
            if !present.contains(&entry.octets()?.into_owned()) {
                return Ok(false);
            }
        }
    }
    Ok(fields.is_empty())
}

/// The first reference that no value answers, where both are there (levels X-L and A): completeCertificateRefs against certificates,
/// completeRevocationRefs against CRLs and OCSP responses, by their hashes.
pub fn unanswered_reference(signer: &SignerInfo<'_>) -> Option<&'static str> {
    if !signer.has_unsigned(oid::CERTIFICATE_VALUES) || !signer.has_unsigned(oid::REVOCATION_VALUES) {
        return None;
    }
    let mut certificates: Vec<&[u8]> = Vec::new();
    for list in signer.unsigned_values(oid::CERTIFICATE_VALUES) {
        certificates.extend(list.children().all().unwrap_or_default().iter().map(|value| value.raw));
    }
    for list in signer.unsigned_values(oid::CERTIFICATE_REFS) {
        for reference in list.children().all().unwrap_or_default() {
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
            values.extend(list.iter().map(|value| value.raw.to_vec()));
        }
    }
    // Writers hash the BasicOCSPResponse or the OCSPResponse around it; the value is the basic one, so only the former can be compared.
    for list in signer.unsigned_values(oid::REVOCATION_REFS) {
        for hash in revocation_hashes(list).unwrap_or_default() {
            if !values.iter().any(|value| hash_names(&hash, value) == Ok(true)) {
                return Some("completeRevocationRefs");
            }
        }
    }
    None
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
        for wrapper in reference.children().all()? {
            // [0] CRLListID, [1] OcspListID: a sequence of a sequence of identifiers.
            for one in wrapper.only_child()?.children().next()?.children().all()? {
                let mut fields = one.children();
                match wrapper.tag {
                    0xa0 => hashes.push(fields.next()?),
                    0xa1 => {
                        fields.next()?;
                        if !fields.is_empty() {
                            hashes.push(fields.next()?);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(hashes)
}
