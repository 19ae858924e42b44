//! A certificate as received, with everything that path validation and classification ask of it (RFC 5280 4).
//!
//! Read with the bounded reader and not with a strict DER model: real certificates encode defaults and unsorted sets, and a genuine
//! signature must not fail over them. What is signed are the received octets of `tbsCertificate`.

pub mod class;
pub mod extension;
pub mod name;

use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use crate::hash::Sha256;
use crate::signature::asn1::ber::{self, BerError, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::certificate::extension::Extensions;
use crate::signature::certificate::name::Name;
use crate::signature::crypto::{Algorithm, CryptoError, PublicKey, key_bits};
use crate::signature::parsed::Parsed;
use crate::text::mask;

/// Depth of nested values inside a certificate; real ones stay below ten.
const DEPTH: u32 = 16;

/// Octets of certificates that are kept parsed: some thousand of them.
const KEPT: usize = 4 << 20;

/// Octets of a serial number. RFC 5280 has twenty; random ones of twenty octets get one more for the sign, which their issuers do not count.
const MAX_SERIAL: usize = 21;

static PARSED: LazyLock<Parsed<Certificate>> = LazyLock::new(|| Parsed::with_capacity(KEPT));

#[derive(Debug)]
pub struct Certificate {
    pub der: Vec<u8>,
    pub sha256: Sha256,
    tbs: Range<usize>,
    /// 1, 2 or 3.
    pub version: u64,
    /// The serial number's octets, sign kept, redundant octets gone.
    pub serial: Vec<u8>,
    pub issuer: Name,
    pub subject: Name,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    pub spki_sha256: Sha256,
    pub algorithm: Algorithm,
    /// The algorithm named inside equals the one outside (RFC 5280 4.1.1.2).
    pub algorithms_agree: bool,
    pub signature: Vec<u8>,
    pub extensions: Extensions,
    key: OnceLock<Result<PublicKey, CryptoError>>,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl Certificate {
    /// # Errors
    /// Not a certificate, or trailing bytes. A malformed extension is no error here: it is remembered and fails the path.
    pub fn parse(der: &[u8]) -> ber::Result<Arc<Self>> {
        let sha256 = Sha256::of(der);
        if let Some(known) = PARSED.get(&sha256) {
            return Ok(known);
        }
        let certificate = Arc::new(Self::read(der, sha256)?);
        PARSED.keep(sha256, der.len(), &certificate);
        Ok(certificate)
    }

    fn read(der: &[u8], sha256: Sha256) -> ber::Result<Self> {
        let outer = ber::whole(der, DEPTH)?;
        let mut fields = outer.expect(tag::SEQUENCE)?;
        let tbs_value = fields.next()?;
        let algorithm = Algorithm::read(&fields.next()?)?;
        let signature = fields.expect(tag::BIT_STRING)?.bit_octets()?.to_vec();
        fields.finish()?;

        let mut tbs = tbs_value.expect(tag::SEQUENCE)?;
        let version = match tbs.optional(tag::context(0))? {
            Some(version) => version.only_child()?.unsigned()?.saturating_add(1),
            None => 1,
        };
        let serial = tbs.expect(tag::INTEGER)?.integer()?.to_vec();
        let inner = Algorithm::read(&tbs.next()?)?;
        let issuer = Name::read(&tbs.next()?)?;
        let mut validity = tbs.next()?.expect(tag::SEQUENCE)?;
        let (not_before, not_after) = (validity.next()?.time()?, validity.next()?.time()?);
        validity.finish()?;
        let subject = Name::read(&tbs.next()?)?;
        let spki = tbs.expect(tag::SEQUENCE)?.raw.to_vec();
        for unique_id in [1, 2] {
            tbs.optional(tag::context_primitive(unique_id))?;
        }
        let extensions = match tbs.optional(tag::context(3))? {
            Some(wrapper) => Extensions::read(&wrapper.only_child()?)?,
            None => Extensions::default(),
        };
        tbs.finish()?;

        let start = outer.raw.len() - outer.content.len();
        Ok(Self {
            sha256,
            tbs: start..start + tbs_value.raw.len(),
            version,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            spki_sha256: Sha256::of(&spki),
            spki,
            algorithms_agree: inner.same_as(&algorithm),
            algorithm,
            signature,
            extensions,
            key: OnceLock::new(),
            der: der.to_vec(),
        })
    }

    /// The octets that the issuer signed.
    pub fn tbs(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or_default()
    }

    /// # Errors
    /// The key's type is not supported, or the key is malformed.
    pub fn public_key(&self) -> Result<&PublicKey, CryptoError> {
        self.key
            .get_or_init(|| PublicKey::from_spki(&self.spki))
            .as_ref()
            .map_err(|error| *error)
    }

    /// The subjectPublicKey bits, for key identifiers and OCSP's issuerKeyHash.
    pub fn key_bits(&self) -> &[u8] {
        key_bits(&self.spki).unwrap_or_default()
    }

    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    pub fn is_ca(&self) -> bool {
        self.extensions.basic_constraints.is_some_and(|basic| basic.ca)
    }

    pub fn valid_at(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }

    /// Positive, and of at most twenty octets and one for the sign (RFC 5280 4.1.2.2).
    pub fn serial_is_sound(&self) -> bool {
        let is_positive = self.serial.first().is_some_and(|first| first & 0x80 == 0) && self.serial.iter().any(|octet| *octet != 0);
        is_positive && self.serial.len() <= MAX_SERIAL
    }

    /// The profile's versions, and extensions in the third only (RFC 5280 4.1.2.1): readers of the first know none, and would pass over
    /// what they limit.
    pub fn version_is_sound(&self) -> bool {
        matches!(self.version, 1..=3) && (self.version == 3 || !self.extensions.present)
    }

    /// True when this certificate names `issuer` as its issuer: by name, and by key identifier where both sides state one. Nobody is not
    /// an issuer: a name must say something (RFC 5280 4.1.2.4).
    pub fn names_as_issuer(&self, issuer: &Certificate) -> bool {
        if self.issuer.is_empty() || self.issuer != issuer.subject {
            return false;
        }
        match (&self.extensions.authority_key_id, &issuer.extensions.subject_key_id) {
            (Some(wanted), Some(present)) => wanted == present,
            _ => true,
        }
    }

    /// The subject's serialNumber attribute, masked: it is a national identity number, or a tax number.
    pub fn masked_subject_serial(&self) -> Option<String> {
        self.subject.get(oid::SERIAL_NUMBER).map(mask)
    }

    /// Addresses in subjectAltName and in the subject's emailAddress.
    pub fn email_addresses(&self) -> impl Iterator<Item = &str> {
        let alternative = self.extensions.subject_alt_names.iter().filter_map(|name| match name {
            crate::signature::certificate::name::GeneralName::Email(address) => Some(address.as_str()),
            _ => None,
        });
        alternative.chain(self.subject.values(oid::EMAIL_ADDRESS))
    }

    pub fn has_extended_usage(&self, usage: ObjectIdentifier) -> bool {
        self.extensions
            .extended_key_usage
            .as_ref()
            .is_some_and(|usages| usages.contains(&usage))
    }
}

/// Certificates in a PEM bundle or one DER file.
///
/// # Errors
/// No certificate in it, or a malformed one.
pub fn read_bundle(bytes: &[u8]) -> ber::Result<Vec<Arc<Certificate>>> {
    if !bytes.windows(PEM_BEGIN.len()).any(|window| window == PEM_BEGIN.as_bytes()) {
        return Certificate::parse(bytes).map(|one| vec![one]);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| BerError::Malformed)?;
    let blocks = text.split(PEM_BEGIN).skip(1);
    blocks
        .map(|block| block.split("-----END").next().ok_or(BerError::Truncated).and_then(decode_pem_block))
        .collect()
}

const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";

fn decode_pem_block(block: &str) -> ber::Result<Arc<Certificate>> {
    use base64::Engine;
    let compact: String = block.chars().filter(|c| !c.is_whitespace()).collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(compact)
        .map_err(|_| BerError::Malformed)?;
    Certificate::parse(&der)
}

/// A certificate inside a CMS set, when it is one: attribute certificates and the like have other tags and are passed over.
pub fn from_choice(value: &Value<'_>) -> Option<ber::Result<Arc<Certificate>>> {
    (value.tag == tag::SEQUENCE).then(|| Certificate::parse(value.raw))
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
pub(crate) mod certificate_tests;
