//! The cryptographic core of one SignerInfo, the same for documents, counter-signatures and timestamps: format of the attributes, which
//! certificate, its binding, digest and signature (EN 319 102-1 5.2.2 to 5.2.4, 5.2.7).

use std::sync::Arc;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use crate::signature::asn1::ber::{self, BerError, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::Candidate;
use crate::signature::cades::cms::{SignedData, SignerId, SignerInfo};
use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::name::{GeneralName, Name};
use crate::signature::certificate::{self, Certificate};
use crate::signature::context::Context;
use crate::signature::crypto::{Algorithm, Hash, Scheme};
use crate::signature::path::chain::Material;
use crate::signature::validation::Check;

/// What is verified against what.
pub struct CoreTask<'a> {
    pub signer: &'a SignerInfo<'a>,
    /// eContentType; `None` for a counter-signature, which has no content type (RFC 5652 11.4).
    pub content_type: Option<ObjectIdentifier>,
    /// The octets that may have been signed, with the name of their form; the first whose digest fits counts.
    pub candidates: &'a [Candidate<'a>],
    /// Where the signer's certificate may be.
    pub certificates: &'a [Arc<Certificate>],
    /// When the algorithms must have been good enough.
    pub at: Timestamp,
    pub proven: bool,
}

/// What the core found.
pub struct Core {
    pub certificate: Arc<Certificate>,
    /// signing-certificate-v2, not v1.
    pub binding_v2: bool,
}

/// Judges the core. `None` when no certificate can be said to have signed; the reasons say why.
pub fn judge_core(task: &CoreTask<'_>, context: &Context, reasons: &mut Reasons) -> Option<Core> {
    let signer = task.signer;
    check_attributes(signer, task.content_type, reasons);
    reasons.record.made(Check::Format);
    let digest = check_digest(task, reasons);
    let certificate = find_certificate(&signer.id, task.certificates, reasons)?;
    reasons.record.made(Check::SignerCertificate);
    let binding_v2 = check_binding(signer, &certificate, reasons);
    check_signature(task, &certificate, digest, context, reasons);
    Some(Core { certificate, binding_v2 })
}

/// The certificates and revocation data in a SignedData and in the unsigned attributes of its signers.
pub fn material_of(signed: &SignedData<'_>, depth: u32) -> Material {
    let mut material = Material::default();
    for certificate in signed.certificates.iter().filter_map(certificate::from_choice).flatten() {
        material.add_certificate(certificate);
    }
    for crl in signed.crls.iter().filter(|value| value.tag == tag::SEQUENCE) {
        material.revocation.add_crl(crl.raw);
    }
    for response in signed.ocsp_responses() {
        material.revocation.add_ocsp(response);
    }
    for signer in &signed.signers {
        add_values(signer, &mut material, depth);
    }
    let carried: Vec<Arc<Certificate>> = material
        .revocation
        .ocsp
        .iter()
        .flat_map(|response| response.certificates.clone())
        .collect();
    for certificate in carried {
        material.add_certificate(certificate);
    }
    material
}

/// certificateValues and revocationValues (RFC 5126 6.3.3, 6.3.4), also of counter-signatures.
fn add_values(signer: &SignerInfo<'_>, material: &mut Material, depth: u32) {
    for values in signer.unsigned_values(oid::CERTIFICATE_VALUES) {
        let list = values.expect(tag::SEQUENCE).and_then(ber::Reader::all).unwrap_or_default();
        for certificate in list.iter().filter_map(certificate::from_choice).flatten() {
            material.add_certificate(certificate);
        }
    }
    for values in signer.unsigned_values(oid::REVOCATION_VALUES) {
        let Ok(mut fields) = values.expect(tag::SEQUENCE) else { continue };
        while let Ok(field) = fields.next() {
            let Ok(Ok(list)) = field.only_child().map(|sequence| sequence.children().all()) else {
                continue;
            };
            for value in list {
                match field.tag {
                    0xa0 => material.revocation.add_crl(value.raw),
                    0xa1 => material.revocation.add_ocsp(value.raw),
                    _ => false,
                };
            }
        }
    }
    if depth == 0 {
        return;
    }
    for counter in signer.unsigned_values(oid::COUNTER_SIGNATURE) {
        if let Ok(inner) = SignerInfo::read(counter) {
            add_values(&inner, material, depth - 1);
        }
    }
}

/// 5.2.2: each attribute once, with one value where one is required; content-type as RFC 5652 5.3 and 11.4 say.
fn check_attributes(signer: &SignerInfo<'_>, content_type: Option<ObjectIdentifier>, reasons: &mut Reasons) {
    if signer.attributes.is_empty() {
        return reasons.add(cause::NO_SIGNED_ATTRIBUTES);
    }
    for (index, attribute) in signer.attributes.iter().enumerate() {
        if signer.attributes.iter().take(index).any(|earlier| earlier.id == attribute.id) {
            reasons.add_with(cause::DUPLICATE_ATTRIBUTE, &attribute.id.to_string());
        }
        if attribute.values.is_empty() {
            reasons.add_with(cause::MALFORMED_ATTRIBUTE, &attribute.id.to_string());
        }
    }
    for single in [
        oid::CONTENT_TYPE,
        oid::MESSAGE_DIGEST,
        oid::SIGNING_TIME,
        oid::SIGNING_CERTIFICATE,
        oid::SIGNING_CERTIFICATE_V2,
        oid::SIGNATURE_POLICY,
    ] {
        if signer.signed(single).is_err() {
            reasons.add_with(cause::DUPLICATE_ATTRIBUTE, &single.to_string());
        }
    }
    if signer.signing_time().is_err() {
        reasons.add_with(cause::MALFORMED_ATTRIBUTE, "signing-time");
    }
    if let Some(expected) = content_type {
        match signer.signed(oid::CONTENT_TYPE).map(|value| value.map(|value| value.oid())) {
            Ok(Some(Ok(stated))) if stated == expected => {}
            Ok(None) => reasons.add_with(cause::MALFORMED_ATTRIBUTE, "content-type"),
            _ => reasons.add(cause::CONTENT_TYPE),
        }
    }
    // RFC 5652 11.4: a counter-signature has none. One that has was made over a content, and was hung here.
    if content_type.is_none() && signer.attributes.iter().any(|attribute| attribute.id == oid::CONTENT_TYPE) {
        reasons.add(cause::COUNTERSIGNED_CONTENT);
    }
    check_algorithm_protection(signer, reasons);
}

/// RFC 6211: when the signer says which algorithms it used, they are those.
fn check_algorithm_protection(signer: &SignerInfo<'_>, reasons: &mut Reasons) {
    let Ok(Some(value)) = signer.signed(oid::ALGORITHM_PROTECTION) else {
        return;
    };
    let agrees = || -> ber::Result<bool> {
        let mut fields = value.expect(tag::SEQUENCE)?;
        let digest = Algorithm::read(&fields.next()?)?;
        let signature = fields.next()?;
        let signature = Algorithm::read(&ber::whole(&ber::encode(tag::SEQUENCE, signature.content), 8)?)?;
        Ok(digest.same_as(&signer.digest_algorithm) && signature.same_as(&signer.signature_algorithm))
    };
    if agrees() != Ok(true) {
        reasons.add(cause::ALGORITHM_PROTECTION);
    }
}

/// 5.2.7: message-digest over the content as delivered. Answers the SignerInfo's hash.
fn check_digest(task: &CoreTask<'_>, reasons: &mut Reasons) -> Option<Hash> {
    let algorithm = &task.signer.digest_algorithm;
    let Some(hash) = Hash::from_oid(&algorithm.oid) else {
        reasons.add_with(cause::UNSUPPORTED, &algorithm.oid.to_string());
        return None;
    };
    if task.signer.attributes.is_empty() || task.candidates.is_empty() {
        return Some(hash);
    }
    let stated = match task.signer.signed(oid::MESSAGE_DIGEST) {
        Ok(Some(value)) => value.octets().unwrap_or_default(),
        _ => {
            reasons.add_with(cause::MALFORMED_ATTRIBUTE, "message-digest");
            return Some(hash);
        }
    };
    let fitting = task
        .candidates
        .iter()
        .position(|(_, octets)| octets.digest(hash).is_ok_and(|digest| digest == *stated));
    reasons.record.made(Check::Digest);
    match fitting.and_then(|index| task.candidates.get(index).map(|(form, _)| (index, form))) {
        None => reasons.add(cause::HASH),
        Some((0, _)) => {}
        Some((_, form)) => reasons.add_with(cause::CONTENT_FORM, form),
    }
    Some(hash)
}

/// 5.2.3 by sid. Two different certificates for one sid leave open who signed.
fn find_certificate(id: &SignerId<'_>, certificates: &[Arc<Certificate>], reasons: &mut Reasons) -> Option<Arc<Certificate>> {
    let issuer_name = match id {
        SignerId::IssuerSerial { issuer, .. } => Name::read(issuer).ok(),
        SignerId::KeyId(_) => None,
    };
    let fits = |certificate: &&Arc<Certificate>| match id {
        SignerId::IssuerSerial { serial, .. } => certificate.serial == *serial && issuer_name.as_ref() == Some(&certificate.issuer),
        SignerId::KeyId(key_id) => certificate.extensions.subject_key_id.as_deref() == Some(key_id),
    };
    let mut fitting = certificates.iter().filter(fits);
    let Some(first) = fitting.next() else {
        reasons.add(cause::NO_CERTIFICATE);
        return None;
    };
    if fitting.next().is_some() {
        reasons.add(cause::AMBIGUOUS_CERTIFICATE);
    }
    Some(first.clone())
}

/// 5.2.3.4: the signed reference to the certificate names this certificate. True for signing-certificate-v2.
fn check_binding(signer: &SignerInfo<'_>, certificate: &Certificate, reasons: &mut Reasons) -> bool {
    if signer.attributes.is_empty() {
        return false;
    }
    let v1 = signer.signed(oid::SIGNING_CERTIFICATE).ok().flatten();
    let v2 = signer.signed(oid::SIGNING_CERTIFICATE_V2).ok().flatten();
    if v1.is_none() && v2.is_none() {
        reasons.add(cause::NO_BINDING);
        return false;
    }
    reasons.record.made(Check::Binding);
    for (value, default) in [(v1, Hash::Sha1), (v2, Hash::Sha256)] {
        let Some(value) = value else { continue };
        match binding_names(&value, default, certificate) {
            Ok(true) => {}
            Ok(false) => reasons.add(cause::BINDING_MISMATCH),
            Err(_) => reasons.add_with(cause::MALFORMED_ATTRIBUTE, "signing-certificate"),
        }
    }
    if v2.is_none() {
        reasons.add(cause::BINDING_V1);
    }
    v2.is_some()
}

/// ESSCertID or ESSCertIDv2 (RFC 5035): the first one is the signer's.
fn binding_names(value: &Value<'_>, default: Hash, certificate: &Certificate) -> ber::Result<bool> {
    let list = value.expect(tag::SEQUENCE)?.next()?;
    let mut fields = list.expect(tag::SEQUENCE)?.next()?.expect(tag::SEQUENCE)?;
    let hash = match fields.optional(tag::SEQUENCE)? {
        Some(algorithm) if default != Hash::Sha1 => Hash::from_oid(&Algorithm::read(&algorithm)?.oid).ok_or(BerError::Malformed)?,
        Some(_) => return Err(BerError::Unexpected),
        None => default,
    };
    let digest = fields.expect(tag::OCTET_STRING)?.octets()?;
    if hash.of(&certificate.der).map_err(|_| BerError::Malformed)? != *digest {
        return Ok(false);
    }
    let Some(issuer_serial) = fields.optional(tag::SEQUENCE)? else {
        return Ok(true);
    };
    let mut pair = issuer_serial.children();
    let names = GeneralName::read_all(&pair.next()?)?;
    let serial = pair.next()?.integer()?;
    Ok(certificate.serial == serial && names.contains(&GeneralName::Directory(certificate.issuer.clone())))
}

/// 5.2.7: the signature over the signed attributes, by this certificate's key, with algorithms that were good enough.
fn check_signature(task: &CoreTask<'_>, certificate: &Certificate, digest: Option<Hash>, context: &Context, reasons: &mut Reasons) {
    let signer = task.signer;
    if signer.attributes.is_empty() {
        return;
    }
    let scheme = match Scheme::of(&signer.signature_algorithm, digest) {
        Ok(scheme) => scheme,
        Err(_) => return reasons.add_with(cause::UNSUPPORTED, &signer.signature_algorithm.oid.to_string()),
    };
    if let (Some(inner), Some(outer)) = (scheme.hash(), digest)
        && inner != outer
    {
        reasons.add(cause::DIGEST_MISMATCH);
    }
    let key = match certificate.public_key() {
        Ok(key) => key,
        Err(_) => return reasons.add_with(cause::UNSUPPORTED, "SubjectPublicKeyInfo"),
    };
    let weak = [scheme.hash(), digest]
        .into_iter()
        .find_map(|hash| context.algorithms.check(hash, key.kind, task.at).err());
    if let Some(weak) = weak {
        reasons.add_with(if task.proven { cause::WEAK } else { cause::WEAK_NO_POE }, &weak);
    }
    for hash in [scheme.hash(), digest] {
        if let Some(excused) = context.algorithms.excused(hash, key.kind, task.at) {
            reasons.add_with(cause::ALGORITHM_EXCUSED, &excused);
        }
    }
    reasons.record.made(Check::Algorithms);
    reasons.record.made(Check::SignatureValue);
    let mut unsupported = false;
    let mut fits = |octets: &Vec<u8>| {
        let good = key.verify(scheme, octets, &signer.signature);
        unsupported |= good.is_err();
        good == Ok(true)
    };
    // Nearly always the received octets fit, and the other forms need not be made.
    if signer.received_octets().is_some_and(|octets| fits(&octets)) {
        return;
    }
    match signer.signed_octets().iter().position(fits) {
        Some(0) => {}
        Some(_) => reasons.add(cause::REENCODED_ATTRIBUTES),
        None if unsupported => reasons.add_with(cause::UNSUPPORTED, &signer.signature_algorithm.oid.to_string()),
        None => reasons.add(cause::SIGNATURE),
    }
}
