//! Certificates and revocation data that a signature carries, and whether its references name them (TS 101 903 7.4 and 7.6,
//! EN 319 132-1 5.4 and A.1).

use std::sync::Arc;

use uppsala::NodeId;

use crate::signature::certificate::Certificate;
use crate::signature::crypto::Hash;
use crate::signature::path::chain::Material;
use crate::signature::xades::document::{DSIG, Xml};
use crate::signature::xades::properties::{digest_of, reference_names};
use crate::signature::xades::structure::{Signature, XADES, XADES_141};

/// Everything below `top` (a signature, its counter-signatures included) that helps to judge a certificate.
pub fn material_of(xml: &Xml<'_>, top: NodeId) -> Material {
    let mut material = Material::default();
    for node in xml.document.descendants(top) {
        let Some(element) = xml.element(node) else { continue };
        let name = &*element.name.local_name;
        match element.name.namespace_uri.as_deref() {
            Some(XADES) if name == "EncapsulatedX509Certificate" => add_certificate(xml, node, &mut material),
            Some(XADES) if name == "EncapsulatedCRLValue" => {
                material.revocation.add_crl(&xml.base64(node).unwrap_or_default());
            }
            Some(XADES) if name == "EncapsulatedOCSPValue" => {
                material.revocation.add_ocsp(&xml.base64(node).unwrap_or_default());
            }
            Some(DSIG) if name == "X509Certificate" => add_certificate(xml, node, &mut material),
            Some(DSIG) if name == "X509CRL" => {
                material.revocation.add_crl(&xml.base64(node).unwrap_or_default());
            }
            _ => {}
        }
    }
    let responders: Vec<Arc<Certificate>> = material
        .revocation
        .ocsp
        .iter()
        .flat_map(|response| response.certificates.clone())
        .collect();
    responders.into_iter().for_each(|certificate| material.add_certificate(certificate));
    material
}

fn add_certificate(xml: &Xml<'_>, node: NodeId, material: &mut Material) {
    if let Some(Ok(certificate)) = xml.base64(node).map(|der| Certificate::parse(&der)) {
        material.add_certificate(certificate);
    }
}

/// The certificates of KeyInfo / X509Data, in their order.
pub fn key_info_certificates(xml: &Xml<'_>, signature: &Signature) -> Vec<Arc<Certificate>> {
    let data = signature
        .key_info
        .map(|info| xml.children(info, DSIG, "X509Data"))
        .unwrap_or_default();
    let elements = data.into_iter().flat_map(|data| xml.children(data, DSIG, "X509Certificate"));
    elements
        .filter_map(|element| Certificate::parse(&xml.base64(element)?).ok())
        .collect()
}

/// The first reference that no value answers, where both are there (levels X-L and A).
pub fn unanswered_reference(xml: &Xml<'_>, signature: &Signature, signer: &Certificate) -> Option<&'static str> {
    let values = |name| signature.unsigned(xml, XADES, name).collect::<Vec<_>>();
    let (certificate_values, revocation_values) = (values("CertificateValues"), values("RevocationValues"));
    if certificate_values.is_empty() || revocation_values.is_empty() {
        return None;
    }
    let extra: Vec<NodeId> = signature.unsigned(xml, XADES_141, "TimeStampValidationData").collect();
    let certificates: Vec<Arc<Certificate>> = below(xml, certificate_values.iter().chain(&extra), "EncapsulatedX509Certificate")
        .filter_map(|node| Certificate::parse(&xml.base64(node)?).ok())
        .collect();
    let refs =
        signature
            .unsigned(xml, XADES, "CompleteCertificateRefs")
            .chain(signature.unsigned(xml, XADES_141, "CompleteCertificateRefsV2"));
    for list in refs.filter_map(|refs| {
        xml.first(refs, XADES, "CertRefs")
            .or_else(|| xml.first(refs, XADES_141, "CertRefs"))
    }) {
        for entry in xml.children(list, XADES, "Cert") {
            let answered = certificates.iter().any(|value| reference_names(xml, entry, value).is_some());
            // The signer's own certificate stands in KeyInfo.
            if !answered && reference_names(xml, entry, signer).is_none() {
                return Some("CompleteCertificateRefs");
            }
        }
    }
    let revocation = revocation_values.iter().chain(&extra);
    let crls: Vec<Vec<u8>> = below(xml, revocation.clone(), "EncapsulatedCRLValue")
        .filter_map(|node| xml.base64(node))
        .collect();
    let responses: Vec<Vec<u8>> = below(xml, revocation, "EncapsulatedOCSPValue")
        .filter_map(|node| xml.base64(node))
        .collect();
    for refs in signature.unsigned(xml, XADES, "CompleteRevocationRefs") {
        for (list, entry, values) in [("CRLRefs", "CRLRef", &crls), ("OCSPRefs", "OCSPRef", &responses)] {
            let Some(list) = xml.first(refs, XADES, list) else { continue };
            let mut entries = xml.children(list, XADES, entry).into_iter();
            if entries.any(|entry| !digest_answers(xml, entry, values)) {
                return Some("CompleteRevocationRefs");
            }
        }
    }
    None
}

/// DigestAlgAndValue of a CRLRef or OCSPRef; the latter may go without (TS 101 903 7.4.2).
fn digest_answers(xml: &Xml<'_>, entry: NodeId, values: &[Vec<u8>]) -> bool {
    let Some(digest) = xml.first(entry, XADES, "DigestAlgAndValue") else {
        return xml.is(entry, XADES, "OCSPRef");
    };
    let Some((Some(hash), stated)) = digest_of(xml, digest) else {
        return false;
    };
    values.iter().any(|value| hashes_to(hash, value, &stated))
}

/// Writers hash the response, or the basic response inside it.
fn hashes_to(hash: Hash, value: &[u8], stated: &[u8]) -> bool {
    let fits = |bytes: &[u8]| hash.of(bytes).is_ok_and(|digest| digest == stated);
    fits(value) || crate::signature::revocation::ocsp::basic_response(value).is_some_and(|basic| fits(&basic))
}

fn below<'x>(xml: &'x Xml<'_>, parents: impl Iterator<Item = &'x NodeId> + 'x, name: &'x str) -> impl Iterator<Item = NodeId> + 'x {
    parents
        .flat_map(|parent| xml.document.descendants(*parent))
        .filter(move |node| xml.is(*node, XADES, name))
}
