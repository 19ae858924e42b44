//! The signed properties: signing time, signing certificate, policy, data formats (EN 319 132-1 5.2, TS 101 903 7.2).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use uppsala::NodeId;

use crate::signature::asn1::ber::{self, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::profile::Policy;
use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::Certificate;
use crate::signature::certificate::name::GeneralName;
use crate::signature::crypto::Hash;
use crate::signature::xades::algorithms;
use crate::signature::xades::document::{Checked, DSIG, Xml, decode, refuse_with};
use crate::signature::xades::structure::{Signature, XADES};

/// An xs:dateTime without a zone is read as Turkish time, which has been three hours ahead since 2016: the signers are here.
const TURKEY_HOURS: i8 = 3;

/// What SignedSignatureProperties say.
#[derive(Default)]
pub struct SignedProperties {
    pub signing_time: Option<Timestamp>,
    pub binding: Option<Binding>,
    pub policy: Option<Policy>,
}

/// SigningCertificate or SigningCertificateV2.
pub struct Binding {
    pub v2: bool,
    certificates: Vec<NodeId>,
}

impl SignedProperties {
    /// Reads them; what is malformed or there twice is a reason.
    pub fn read(xml: &Xml<'_>, signature: &Signature, reasons: &mut Reasons) -> Self {
        let mut found = Self::default();
        let Some(properties) = signature.qualifying.as_ref().and_then(|qualifying| qualifying.signature_properties) else {
            return found;
        };
        let mut once = |name: &str| match xml.optional(properties, XADES, name) {
            Ok(node) => node,
            Err(refusal) => {
                reasons.add_in_two(refusal.0, &refusal.1, &refusal.2);
                None
            }
        };
        let (time, policy) = (once("SigningTime"), once("SignaturePolicyIdentifier"));
        let (v1, v2) = (once("SigningCertificate"), once("SigningCertificateV2"));
        if v1.is_some() && v2.is_some() {
            reasons.add_with(cause::XML_PROPERTY, "SigningCertificate, SigningCertificateV2");
        }
        if let Some(time) = time {
            found.signing_time = xml.text(time).and_then(|text| date_time(text.trim()));
            if found.signing_time.is_none() {
                reasons.add_with(cause::XML_PROPERTY, "SigningTime");
            }
        }
        if let Some(policy) = policy {
            found.policy = policy_of(xml, policy);
            if found.policy.is_none() {
                reasons.add_with(cause::POLICY_UNKNOWN, "SignaturePolicyIdentifier");
            }
        }
        found.binding = v2.or(v1).map(|node| Binding {
            v2: v2.is_some(),
            certificates: xml.children(node, XADES, "Cert"),
        });
        found
    }
}

/// xs:dateTime.
fn date_time(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let local: DateTime = text.parse().ok()?;
    let zoned = local.to_zoned(TimeZone::fixed(Offset::constant(TURKEY_HOURS))).ok()?;
    Some(zoned.timestamp())
}

fn policy_of(xml: &Xml<'_>, identifier: NodeId) -> Option<Policy> {
    if xml.first(identifier, XADES, "SignaturePolicyImplied").is_some() {
        return Some(Policy::Implied);
    }
    let policy = xml.first(identifier, XADES, "SignaturePolicyId")?;
    let id = xml.first(xml.first(policy, XADES, "SigPolicyId")?, XADES, "Identifier")?;
    let text = xml.text(id)?;
    let id = text.trim().trim_start_matches("urn:oid:").parse().ok()?;
    let digest = xml.first(policy, XADES, "SigPolicyHash").and_then(|hash| digest_of(xml, hash));
    let hash = digest.map(|(hash, value)| match hash {
        Some(Hash::Sha256) => (oid::SHA256, value),
        _ => (oid::SHA1, value),
    });
    let qualifiers = xml.first(policy, XADES, "SigPolicyQualifiers");
    let uri = qualifiers
        .map(|qualifiers| xml.children(qualifiers, XADES, "SigPolicyQualifier"))
        .unwrap_or_default()
        .into_iter()
        .find_map(|qualifier| xml.first(qualifier, XADES, "SPURI"))
        .map(|uri| xml.text(uri).unwrap_or_default().trim().to_owned());
    Some(Policy::Explicit { id, hash, uri })
}

/// DigestMethod and DigestValue below `parent`; the hash is `None` when it is not known.
pub fn digest_of(xml: &Xml<'_>, parent: NodeId) -> Option<(Option<Hash>, Vec<u8>)> {
    let method = algorithms::hash(xml.algorithm(xml.first(parent, DSIG, "DigestMethod")?));
    Some((method, xml.base64(xml.first(parent, DSIG, "DigestValue")?)?))
}

impl Binding {
    /// Whether it names `certificate`, and by which hash. In V2 the first entry is the signer's (EN 319 132-1 5.2.2), in v1 one of them.
    pub fn names(&self, xml: &Xml<'_>, certificate: &Certificate) -> Option<Hash> {
        let candidates = if self.v2 { 1 } else { self.certificates.len() };
        self.certificates
            .iter()
            .take(candidates)
            .find_map(|entry| reference_names(xml, *entry, certificate))
    }
}

/// Whether a `Cert` entry (CertDigest, IssuerSerial or IssuerSerialV2) names `certificate`: its hash when it does.
pub fn reference_names(xml: &Xml<'_>, entry: NodeId, certificate: &Certificate) -> Option<Hash> {
    let (hash, stated) = digest_of(xml, xml.first(entry, XADES, "CertDigest")?)?;
    let hash = hash?;
    let fits = hash.of(&certificate.der).ok()? == stated;
    let serial_fits = match (xml.first(entry, XADES, "IssuerSerial"), xml.first(entry, XADES, "IssuerSerialV2")) {
        (None, None) => true,
        // The issuer's name is written by RFC 4514 and in a dozen dialects of it; the digest has settled the name.
        (Some(pair), _) => {
            let number = xml.first(pair, DSIG, "X509SerialNumber").and_then(|number| xml.text(number));
            number.is_some_and(|number| number.trim() == decimal(&certificate.serial))
        }
        (None, Some(der)) => xml
            .text(der)
            .and_then(|text| decode(&text))
            .is_some_and(|der| issuer_serial_names(&der, certificate)),
    };
    (fits && serial_fits).then_some(hash)
}

/// IssuerSerial of RFC 5035 in DER.
fn issuer_serial_names(der: &[u8], certificate: &Certificate) -> bool {
    let names = || -> ber::Result<bool> {
        let mut pair = ber::whole(der, 16)?.expect(tag::SEQUENCE)?;
        let names = GeneralName::read_all(&pair.next()?)?;
        let serial = pair.next()?.integer()?;
        Ok(certificate.serial == serial && names.contains(&GeneralName::Directory(certificate.issuer.clone())))
    };
    names() == Ok(true)
}

/// A serial number in decimal, as XML writes it.
pub fn decimal(octets: &[u8]) -> String {
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

/// Whether every reference to data (`references`, by their Id) has a DataObjectFormat with a MimeType.
///
/// # Errors
/// A format that belongs to no reference of this signature.
pub fn formats_stated(xml: &Xml<'_>, signature: &Signature, references: &[NodeId]) -> Checked<bool> {
    let properties = signature.qualifying.as_ref().and_then(|qualifying| qualifying.data_properties);
    let formats = properties
        .map(|properties| xml.children(properties, XADES, "DataObjectFormat"))
        .unwrap_or_default();
    let mut stated: Vec<NodeId> = Vec::new();
    for format in formats {
        let id = xml
            .attribute(format, "ObjectReference")
            .and_then(|reference| reference.strip_prefix('#'));
        let Some(id) = id else {
            return refuse_with(cause::XML_PROPERTY, "DataObjectFormat");
        };
        let Some(node) = xml.by_id(id).ok().filter(|node| signature.references.contains(node)) else {
            return refuse_with(cause::XML_PROPERTY, "DataObjectFormat");
        };
        let mime = xml.first(format, XADES, "MimeType").and_then(|mime| xml.text(mime));
        if mime.is_some_and(|mime| !mime.trim().is_empty()) {
            stated.push(node);
        }
    }
    Ok(references.iter().all(|reference| stated.contains(reference)))
}
