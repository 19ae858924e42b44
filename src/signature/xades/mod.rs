//! XAdES properties of an evidence signature: the binding of the certificate, the signing time, the signature timestamp and embedded
//! validation data (EN 319 132-1). Properties that are there but not signed make the signature invalid.

pub mod algorithms;
pub mod xmldsig;

use std::sync::Arc;

use jiff::Timestamp;
use uppsala::{Document, NodeId};

use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::Certificate;
use crate::signature::certificate::name;
use crate::signature::context::Context;
use crate::signature::path::chain::Material;
use crate::signature::timestamp::{self, Stamp};
use crate::signature::xades::algorithms::hash;
use crate::signature::xades::xmldsig::{Canonical, Checked, DSIG, algorithm, children, decode, refuse};

/// XAdES 1.3.2; 1.4.1 adds archive timestamps.
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";

/// What the properties say.
#[derive(Default)]
pub struct Found {
    pub signing_time: Option<Timestamp>,
    pub stamps: Vec<Stamp>,
}

/// The SignedProperties of this signature, in their one place: Object / QualifyingProperties with Target = this signature.
///
/// # Errors
/// Several, or a target that is another signature.
pub fn signed_properties(document: &Document<'_>, signature: NodeId) -> Checked<Option<NodeId>> {
    let objects = children(document, signature, DSIG, "Object");
    let qualifying: Vec<NodeId> = objects
        .iter()
        .flat_map(|object| children(document, *object, XADES, "QualifyingProperties"))
        .collect();
    let [one] = qualifying.as_slice() else {
        return match qualifying.is_empty() {
            true => Ok(None),
            false => refuse(cause::XML, "birden çok QualifyingProperties", "several QualifyingProperties"),
        };
    };
    let own = document.get_attribute(signature, "Id").map(|id| format!("#{id}"));
    let target = document.get_attribute(*one, "Target").unwrap_or_default();
    if !target.is_empty() && own.as_deref() != Some(target) {
        return refuse(
            cause::XML_REFERENCE,
            "XAdES özellikleri başka bir imzanın",
            "the XAdES properties belong to another signature",
        );
    }
    match children(document, *one, XADES, "SignedProperties").as_slice() {
        [properties] => Ok(Some(*properties)),
        _ => refuse(cause::XML, "SignedProperties bir kez bulunmalı", "SignedProperties must occur once"),
    }
}

/// Judges the properties; their digest is checked with the references.
#[allow(clippy::too_many_arguments)]
pub fn judge(
    document: &Document<'_>,
    signature: NodeId,
    properties: NodeId,
    signature_value: NodeId,
    certificate: &Arc<Certificate>,
    material: &mut Material,
    context: &Context,
    reasons: &mut Reasons,
) -> Found {
    let mut found = Found::default();
    let own = first(document, properties, "SignedSignatureProperties");
    let element = |name: &str| own.and_then(|own| first(document, own, name));
    if let Some(time) = element("SigningTime") {
        found.signing_time = document.text_content_deep(time).trim().parse().ok();
    }
    if element("SignaturePolicyIdentifier").is_some() {
        reasons.add_with(cause::POLICY_UNKNOWN, "XAdES");
    }
    match element("SigningCertificateV2").or_else(|| element("SigningCertificate")) {
        Some(binding) if names(document, binding, certificate) => {}
        Some(_) => reasons.add(cause::BINDING_MISMATCH),
        None => reasons.add(cause::NO_BINDING),
    }
    let Some(unsigned) = unsigned_properties(document, signature) else {
        return found;
    };
    take_values(document, unsigned, material);
    for stamp in children(document, unsigned, XADES, "SignatureTimeStamp") {
        found
            .stamps
            .extend(judge_stamp(document, stamp, signature_value, material, context));
    }
    let archived =
        children(document, unsigned, XADES, "ArchiveTimeStamp").len() + children(document, unsigned, XADES_141, "ArchiveTimeStamp").len();
    let other = ["SigAndRefsTimeStamp", "RefsOnlyTimeStamp", "CounterSignature"]
        .iter()
        .any(|name| first(document, unsigned, name).is_some());
    if archived > 0 || other {
        reasons.add_with(cause::ARCHIVE_UNJUDGED, "XAdES");
    }
    found
}

fn first(document: &Document<'_>, parent: NodeId, name: &str) -> Option<NodeId> {
    children(document, parent, XADES, name).first().copied()
}

fn unsigned_properties(document: &Document<'_>, signature: NodeId) -> Option<NodeId> {
    let object = children(document, signature, DSIG, "Object");
    let qualifying = object.iter().find_map(|object| first(document, *object, "QualifyingProperties"))?;
    first(
        document,
        first(document, qualifying, "UnsignedProperties")?,
        "UnsignedSignatureProperties",
    )
}

/// The first Cert names this certificate: digest, and issuer and serial number where SigningCertificate v1 states them.
fn names(document: &Document<'_>, binding: NodeId, certificate: &Certificate) -> bool {
    let Some(cert) = first(document, binding, "Cert") else {
        return false;
    };
    let Some(digest) = first(document, cert, "CertDigest") else {
        return false;
    };
    let method = children(document, digest, DSIG, "DigestMethod")
        .first()
        .and_then(|method| hash(algorithm(document, *method)));
    let stated = children(document, digest, DSIG, "DigestValue")
        .first()
        .and_then(|value| decode(document, *value));
    let fits = method.and_then(|method| method.of(&certificate.der).ok()) == stated && stated.is_some();
    let serial_fits = first(document, cert, "IssuerSerial").is_none_or(|pair| {
        let serial = children(document, pair, DSIG, "X509SerialNumber")
            .first()
            .map(|number| document.text_content_deep(*number));
        serial.is_some_and(|number| name::fold(&number) == decimal(&certificate.serial))
    });
    fits && serial_fits
}

/// A serial number in decimal, as XML writes it.
fn decimal(octets: &[u8]) -> String {
    let mut digits: Vec<u32> = vec![0];
    for octet in octets {
        let mut carry = u32::from(*octet);
        for digit in &mut digits {
            carry += *digit * 256;
            *digit = carry % 10;
            carry /= 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().filter_map(|digit| char::from_digit(*digit, 10)).collect()
}

/// CertificateValues and RevocationValues.
fn take_values(document: &Document<'_>, unsigned: NodeId, material: &mut Material) {
    let encapsulated = |parent: &str, name: &str| -> Vec<Vec<u8>> {
        let found = first(document, unsigned, parent)
            .map(|list| document.descendants(list))
            .unwrap_or_default();
        let wanted = found
            .into_iter()
            .filter(|node| document.element(*node).is_some_and(|element| element.matches_name_ns(XADES, name)));
        wanted.filter_map(|node| decode(document, node)).collect()
    };
    for der in encapsulated("CertificateValues", "EncapsulatedX509Certificate") {
        if let Ok(certificate) = Certificate::parse(&der) {
            material.add_certificate(certificate);
        }
    }
    for der in encapsulated("RevocationValues", "EncapsulatedCRLValue") {
        material.revocation.add_crl(&der);
    }
    for der in encapsulated("RevocationValues", "EncapsulatedOCSPValue") {
        material.revocation.add_ocsp(&der);
    }
}

/// SignatureTimeStamp: over the canonical SignatureValue element.
fn judge_stamp(document: &Document<'_>, stamp: NodeId, value: NodeId, material: &Material, context: &Context) -> Option<Stamp> {
    let method = children(document, stamp, DSIG, "CanonicalizationMethod");
    let canonical = match method.first() {
        Some(method) => Canonical::read(document, *method),
        None => Some(Canonical::DEFAULT),
    };
    let octets = canonical
        .and_then(|canonical| canonical.octets(document, value, None, false).ok())
        .unwrap_or_default();
    let token = first(document, stamp, "EncapsulatedTimeStamp")
        .and_then(|token| decode(document, token))
        .unwrap_or_default();
    Some(timestamp::judge(&token, &[vec![&octets]], "signature", material, context))
}
