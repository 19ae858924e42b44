//! An OCSP response as received (RFC 6960 4.2).

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

use crate::hash::Sha256;
use crate::signature::asn1::ber::{self, BerError, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension;
use crate::signature::certificate::name::Name;
use crate::signature::crypto::{Algorithm, Hash};

const DEPTH: u32 = 24;

#[derive(Debug)]
pub struct OcspResponse {
    bytes: Vec<u8>,
    /// Over the BasicOCSPResponse.
    pub sha256: Sha256,
    tbs: Range<usize>,
    pub responder: Responder,
    pub produced_at: Timestamp,
    pub answers: Vec<SingleResponse>,
    pub algorithm: Algorithm,
    pub signature: Vec<u8>,
    pub certificates: Vec<Arc<Certificate>>,
    /// A critical extension that is not understood.
    pub unusable: bool,
}

#[derive(Debug)]
pub enum Responder {
    Name(Name),
    /// SHA-1 over the responder's public key bits.
    Key(Vec<u8>),
}

#[derive(Debug)]
pub struct SingleResponse {
    hash: Option<Hash>,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    serial: Vec<u8>,
    pub status: CertStatus,
    pub this_update: Timestamp,
    pub next_update: Option<Timestamp>,
    pub archive_cutoff: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertStatus {
    Good,
    Revoked { at: Timestamp, reason: Option<u64> },
    Unknown,
}

/// The BasicOCSPResponse inside an OCSPResponse; `None` for anything else.
pub fn basic_response(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut fields = ber::whole(bytes, DEPTH).ok()?.expect(tag::SEQUENCE).ok()?;
    fields.expect(tag::ENUMERATED).ok()?;
    let mut response = fields.expect(tag::context(0)).ok()?.only_child().ok()?.expect(tag::SEQUENCE).ok()?;
    response.expect(tag::OID).ok()?;
    Some(response.expect(tag::OCTET_STRING).ok()?.octets().ok()?.into_owned())
}

impl OcspResponse {
    /// Reads an OCSPResponse (status successful) or a bare BasicOCSPResponse, as revocationValues hold them.
    ///
    /// # Errors
    /// Neither of them, an unsuccessful status, or trailing bytes.
    pub fn parse(bytes: &[u8]) -> ber::Result<Arc<Self>> {
        let outer = ber::whole(bytes, DEPTH)?;
        let mut fields = outer.expect(tag::SEQUENCE)?;
        if fields.peek() != Some(tag::ENUMERATED) {
            return Self::parse_basic(outer.raw);
        }
        if fields.next()?.unsigned()? != 0 {
            return Err(BerError::Malformed);
        }
        let mut response = fields.expect(tag::context(0))?.only_child()?.expect(tag::SEQUENCE)?;
        fields.finish()?;
        if response.next()?.oid()? != oid::OCSP_BASIC {
            return Err(BerError::Unexpected);
        }
        Self::parse_basic(&response.expect(tag::OCTET_STRING)?.octets()?)
    }

    fn parse_basic(bytes: &[u8]) -> ber::Result<Arc<Self>> {
        let outer = ber::whole(bytes, DEPTH)?;
        let mut fields = outer.expect(tag::SEQUENCE)?;
        let data_value = fields.next()?;
        let algorithm = Algorithm::read(&fields.next()?)?;
        let signature = fields.expect(tag::BIT_STRING)?.bit_octets()?.to_vec();
        let certificates = match fields.optional(tag::context(0))? {
            Some(wrapper) => wrapper.only_child()?.expect(tag::SEQUENCE)?.all()?,
            None => Vec::new(),
        };
        fields.finish()?;

        let mut data = data_value.expect(tag::SEQUENCE)?;
        data.optional(tag::context(0))?;
        let responder = data.next()?;
        let responder = match responder.tag {
            0xa1 => Responder::Name(Name::read(&responder.only_child()?)?),
            0xa2 => Responder::Key(responder.only_child()?.octets()?.into_owned()),
            _ => return Err(BerError::Unexpected),
        };
        let produced_at = data.next()?.time()?;
        let mut unusable = false;
        let mut answers = Vec::new();
        for single in data.expect(tag::SEQUENCE)?.children().all()? {
            answers.push(SingleResponse::read(&single, &mut unusable)?);
        }
        if let Some(wrapper) = data.optional(tag::context(1))? {
            unusable |= extension::each(&wrapper.only_child()?)?.iter().any(|(_, critical, _)| *critical);
        }
        data.finish()?;

        let start = outer.raw.len() - outer.content.len();
        Ok(Arc::new(Self {
            sha256: Sha256::of(bytes),
            tbs: start..start + data_value.raw.len(),
            responder,
            produced_at,
            answers,
            algorithm,
            signature,
            certificates: certificates.iter().filter_map(|value| Certificate::parse(value.raw).ok()).collect(),
            unusable,
            bytes: bytes.to_vec(),
        }))
    }

    pub fn tbs(&self) -> &[u8] {
        self.bytes.get(self.tbs.clone()).unwrap_or_default()
    }

    /// True when `certificate` is the one that the responder id names.
    pub fn is_responder(&self, certificate: &Certificate) -> bool {
        match &self.responder {
            Responder::Name(name) => certificate.subject == *name,
            Responder::Key(hash) => Hash::Sha1.of(certificate.key_bits()).is_ok_and(|of_key| of_key == *hash),
        }
    }
}

impl SingleResponse {
    /// Whether its serial number is the certificate's. Who issued it is not looked at: enough to tell what kind of data a signature carries.
    pub fn has_serial_of(&self, certificate: &Certificate) -> bool {
        self.serial == certificate.serial
    }

    fn read(value: &Value<'_>, unusable: &mut bool) -> ber::Result<Self> {
        let mut fields = value.expect(tag::SEQUENCE)?;
        let mut id = fields.next()?.expect(tag::SEQUENCE)?;
        let algorithm = Algorithm::read(&id.next()?)?;
        let issuer_name_hash = id.next()?.octets()?.into_owned();
        let issuer_key_hash = id.next()?.octets()?.into_owned();
        let serial = id.expect(tag::INTEGER)?.integer()?.to_vec();
        id.finish()?;
        let status = fields.next()?;
        let status = match status.tag {
            0x80 => CertStatus::Good,
            0xa1 => revoked(&status)?,
            0x82 => CertStatus::Unknown,
            _ => return Err(BerError::Unexpected),
        };
        let this_update = fields.next()?.time()?;
        let next_update = fields
            .optional(tag::context(0))?
            .map(|wrapper| wrapper.only_child()?.time())
            .transpose()?;
        let mut archive_cutoff = None;
        if let Some(wrapper) = fields.optional(tag::context(1))? {
            for (id, critical, bytes) in extension::each(&wrapper.only_child()?)? {
                match id {
                    oid::OCSP_ARCHIVE_CUTOFF => archive_cutoff = ber::whole(&bytes, 2)?.time().ok(),
                    _ => *unusable |= critical,
                }
            }
        }
        fields.finish()?;
        Ok(Self {
            hash: Hash::from_oid(&algorithm.oid),
            issuer_name_hash,
            issuer_key_hash,
            serial,
            status,
            this_update,
            next_update,
            archive_cutoff,
        })
    }

    /// CertID of `certificate` under `issuer` (RFC 6960 4.1.1): issuer name hash, issuer key hash and serial number.
    pub fn is_about(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let Some(hash) = self.hash else { return false };
        let matches = |bytes: &[u8], wanted: &[u8]| hash.of(bytes).is_ok_and(|digest| digest == wanted);
        self.serial == certificate.serial
            && matches(issuer.key_bits(), &self.issuer_key_hash)
            && (matches(&certificate.issuer.raw, &self.issuer_name_hash) || matches(&issuer.subject.raw, &self.issuer_name_hash))
    }
}

fn revoked(value: &Value<'_>) -> ber::Result<CertStatus> {
    let mut fields = value.children();
    let at = fields.next()?.time()?;
    let reason = fields
        .optional(tag::context(0))?
        .map(|wrapper| wrapper.only_child()?.unsigned())
        .transpose()?;
    fields.finish()?;
    Ok(CertStatus::Revoked { at, reason })
}
