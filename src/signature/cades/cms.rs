//! Views of CMS SignedData (RFC 5652) over the received bytes. Nothing is decoded into a model that would have to be encoded again.

use std::borrow::Cow;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use crate::signature::asn1::ber::{self, BerError, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::crypto::Algorithm;

/// Why bytes are no SignedData that can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CmsError {
    #[error(transparent)]
    Ber(#[from] BerError),
    /// A CMS of another type, e.g. enveloped-data.
    #[error("the content type is not signed-data")]
    NotSignedData,
}

pub struct SignedData<'a> {
    pub version: u64,
    /// AlgorithmIdentifiers, said before the content and signed by nobody.
    pub digest_algorithms: Vec<Value<'a>>,
    pub content_type: ObjectIdentifier,
    /// The whole EncapsulatedContentInfo.
    pub encapsulated: Value<'a>,
    /// eContent's octets, segments joined; `None` for a detached signature.
    pub content: Option<Cow<'a, [u8]>>,
    /// `certificates` and `crls` whole, as archive timestamps cover them.
    pub certificate_set: Option<Value<'a>>,
    pub crl_set: Option<Value<'a>>,
    /// The elements of `certificates`, whatever their kind.
    pub certificates: Vec<Value<'a>>,
    /// The elements of `crls`: CRLs, and OCSP responses in other formats.
    pub crls: Vec<Value<'a>>,
    pub signers: Vec<SignerInfo<'a>>,
}

/// Which certificate signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerId<'a> {
    IssuerSerial { issuer: Value<'a>, serial: &'a [u8] },
    KeyId(Cow<'a, [u8]>),
}

pub struct SignerInfo<'a> {
    pub version: u64,
    pub raw: &'a [u8],
    /// version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature as received: what archive timestamps cover.
    pub fields: Vec<Value<'a>>,
    pub id: SignerId<'a>,
    pub digest_algorithm: Algorithm,
    pub signed_attributes: Option<Value<'a>>,
    pub attributes: Vec<Attribute<'a>>,
    pub signature_algorithm: Algorithm,
    pub signature: Cow<'a, [u8]>,
    pub unsigned: Vec<Attribute<'a>>,
}

pub struct Attribute<'a> {
    pub id: ObjectIdentifier,
    /// The whole Attribute.
    pub raw: Value<'a>,
    pub values: Vec<Value<'a>>,
}

impl<'a> SignedData<'a> {
    /// # Errors
    /// Not BER, deeper than `depth`, trailing bytes, or not signed-data.
    pub fn parse(bytes: &'a [u8], depth: u32) -> Result<Self, CmsError> {
        let mut info = ber::whole(bytes, depth)?.expect(tag::SEQUENCE)?;
        if info.next()?.oid()? != oid::SIGNED_DATA {
            return Err(CmsError::NotSignedData);
        }
        let wrapper = info.expect(tag::context(0))?;
        info.finish()?;
        let mut fields = wrapper.only_child()?.expect(tag::SEQUENCE)?;
        let version = fields.expect(tag::INTEGER)?.unsigned()?;
        let digest_algorithms = fields.expect(tag::SET)?.children().all()?;
        let encapsulated = fields.expect(tag::SEQUENCE)?;
        let mut inner = encapsulated.children();
        let content_type = inner.next()?.oid()?;
        let content = match inner.optional(tag::context(0))? {
            Some(wrapper) => Some(octet_string(&wrapper.only_child()?)?),
            None => None,
        };
        inner.finish()?;
        let certificate_set = fields.optional(tag::context(0))?;
        let crl_set = fields.optional(tag::context(1))?;
        let elements = |set: Option<Value<'a>>| set.map(|set| set.children().all()).transpose().map(Option::unwrap_or_default);
        let signers = fields.expect(tag::SET)?.children().all()?;
        fields.finish()?;
        Ok(Self {
            version,
            digest_algorithms,
            content_type,
            encapsulated,
            content,
            certificates: elements(certificate_set)?,
            crls: elements(crl_set)?,
            certificate_set,
            crl_set,
            signers: signers.iter().map(SignerInfo::read).collect::<ber::Result<_>>()?,
        })
    }

    /// The OCSP responses among `crls` (RFC 5940).
    pub fn ocsp_responses(&self) -> impl Iterator<Item = &'a [u8]> {
        self.crls.iter().filter(|value| value.tag == tag::context(1)).filter_map(|other| {
            let mut fields = other.children();
            let format = fields.next().ok()?.oid().ok()?;
            let response = fields.next().ok()?;
            (format == oid::RI_OCSP_RESPONSE || format == oid::OCSP_BASIC).then_some(response.raw)
        })
    }
}

fn octet_string<'a>(value: &Value<'a>) -> ber::Result<Cow<'a, [u8]>> {
    if value.tag & !0x20 == tag::OCTET_STRING {
        value.octets()
    } else {
        Err(BerError::Unexpected)
    }
}

impl<'a> SignerInfo<'a> {
    /// # Errors
    /// Malformed.
    pub fn read(value: &Value<'a>) -> ber::Result<Self> {
        let mut reader = value.expect(tag::SEQUENCE)?;
        let mut fields = vec![reader.expect(tag::INTEGER)?, reader.next()?, reader.expect(tag::SEQUENCE)?];
        let id = signer_id(fields.get(1).ok_or(BerError::Truncated)?)?;
        let digest_algorithm = Algorithm::read(fields.get(2).ok_or(BerError::Truncated)?)?;
        let signed_attributes = reader.optional(tag::context(0))?;
        fields.extend(signed_attributes);
        let algorithm = reader.expect(tag::SEQUENCE)?;
        let signature = reader.next()?;
        fields.extend([algorithm, signature]);
        let unsigned = reader.optional(tag::context(1))?;
        reader.finish()?;
        Ok(Self {
            version: fields.first().ok_or(BerError::Truncated)?.unsigned()?,
            raw: value.raw,
            fields,
            id,
            digest_algorithm,
            attributes: attributes(signed_attributes.as_ref())?,
            signed_attributes,
            signature_algorithm: Algorithm::read(&algorithm)?,
            signature: octet_string(&signature)?,
            unsigned: attributes(unsigned.as_ref())?,
        })
    }

    /// The single value of a signed attribute; `None` when absent.
    ///
    /// # Errors
    /// The attribute has no or several values. (Twice the same attribute is refused elsewhere, for all attributes at once.)
    pub fn signed(&self, id: ObjectIdentifier) -> ber::Result<Option<Value<'a>>> {
        let Some(attribute) = self.attributes.iter().find(|attribute| attribute.id == id) else {
            return Ok(None);
        };
        match attribute.values.as_slice() {
            [value] => Ok(Some(*value)),
            _ => Err(BerError::Malformed),
        }
    }

    /// Every value of a signed attribute that may have several.
    pub fn signed_values(&self, id: ObjectIdentifier) -> impl Iterator<Item = &Value<'a>> {
        self.attributes
            .iter()
            .filter(move |attribute| attribute.id == id)
            .flat_map(|attribute| &attribute.values)
    }

    /// Every value of an unsigned attribute, over all its occurrences.
    pub fn unsigned_values(&self, id: ObjectIdentifier) -> impl Iterator<Item = &Value<'a>> {
        self.unsigned
            .iter()
            .filter(move |attribute| attribute.id == id)
            .flat_map(|attribute| &attribute.values)
    }

    /// With a value: an attribute without one holds nothing, and whoever passes the message on can add it.
    pub fn has_unsigned(&self, id: ObjectIdentifier) -> bool {
        self.unsigned_values(id).next().is_some()
    }

    /// With a value that is a list of something.
    pub fn has_listed(&self, id: ObjectIdentifier) -> bool {
        self.unsigned_values(id).any(|list| list.children().next().is_ok())
    }

    /// # Errors
    /// Several or no values, or not a time.
    pub fn signing_time(&self) -> ber::Result<Option<Timestamp>> {
        self.signed(oid::SIGNING_TIME)?.map(|value| value.time()).transpose()
    }

    /// The signed attributes as received, under the SET tag; `None` where they have an indefinite length, which nobody signs.
    pub fn received_octets(&self) -> Option<Vec<u8>> {
        let mut received = self.signed_attributes.filter(|set| set.definite)?.raw.to_vec();
        *received.first_mut()? = tag::SET;
        Some(received)
    }

    /// The octets that the signature may cover, in the order of faith: the received ones, then, for signers that signed DER and sent BER
    /// (or another order), sorted and re-encoded forms. All of them say the same.
    pub fn signed_octets(&self) -> Vec<Vec<u8>> {
        let Some(set) = self.signed_attributes else { return Vec::new() };
        let mut candidates: Vec<Vec<u8>> = self.received_octets().into_iter().collect();
        for sort in [true, false] {
            if let Ok(der) = set.to_der(tag::SET, sort)
                && !candidates.contains(&der)
            {
                candidates.push(der);
            }
        }
        candidates
    }
}

fn signer_id<'a>(value: &Value<'a>) -> ber::Result<SignerId<'a>> {
    if value.tag & !0x20 == tag::context_primitive(0) {
        return Ok(SignerId::KeyId(value.octets()?));
    }
    let mut fields = value.expect(tag::SEQUENCE)?;
    let issuer = fields.expect(tag::SEQUENCE)?;
    let serial = fields.expect(tag::INTEGER)?.integer()?;
    fields.finish()?;
    Ok(SignerId::IssuerSerial { issuer, serial })
}

fn attributes<'a>(set: Option<&Value<'a>>) -> ber::Result<Vec<Attribute<'a>>> {
    let Some(set) = set else { return Ok(Vec::new()) };
    set.children()
        .all()?
        .into_iter()
        .map(|raw| {
            let mut fields = raw.expect(tag::SEQUENCE)?;
            let id = fields.next()?.oid()?;
            let values = fields.expect(tag::SET)?.children().all()?;
            fields.finish()?;
            Ok(Attribute { id, raw, values })
        })
        .collect()
}
