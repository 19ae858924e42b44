//! CMS EnvelopedData and AuthEnvelopedData as received, BER or DER (RFC 5652 6, RFC 5083, RFC 5753). Streamed BER with indefinite lengths
//! and a content in many segments is what field software writes.

use std::borrow::Cow;
use std::sync::Arc;

use der::asn1::ObjectIdentifier;

use super::oid::{self, Digest};
use crate::signature::asn1::ber::{BerError, Reader, Result as Read, Value, tag};

/// Recipients that are looked at. A circular goes to every municipality of the country, which are fewer than two thousand; a longer list is
/// made to keep a token busy.
const RECIPIENTS: usize = 4_096;

/// Octets of all recipients together: with a key of 4,096 bits each takes about 800.
const RECIPIENT_BYTES: usize = 4 << 20;

/// Octets of the authenticated attributes. They are sorted and written anew, so each costs more memory than it takes on the wire; honest ones
/// are a content type and a time.
const ATTRIBUTE_BYTES: usize = 64 << 10;

/// An encrypted message, its content not copied.
#[derive(Debug)]
pub struct Enveloped<'a> {
    pub recipients: Vec<Recipient<'a>>,
    /// There are more recipients than were looked at.
    pub more: bool,
    pub cipher: Cipher,
    /// `encryptedContent`, in one piece or in segments.
    pub content: Value<'a>,
    /// AuthEnvelopedData only.
    pub authenticated: Option<Authenticated<'a>>,
}

/// What the tag of AuthEnvelopedData is made of.
#[derive(Debug)]
pub struct Authenticated<'a> {
    /// DER of the authenticated attributes as a SET OF, which is what is authenticated (RFC 5083 2.2). Empty where there are none.
    pub attributes: Vec<u8>,
    pub tag: Cow<'a, [u8]>,
}

/// How the content is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cipher {
    AesCbc {
        key: usize,
        iv: Vec<u8>,
    },
    AesGcm {
        key: usize,
        nonce: Vec<u8>,
        tag: usize,
    },
    /// Of old messages only.
    Des3Cbc {
        iv: Vec<u8>,
    },
}

impl Cipher {
    /// Octets of the content key.
    pub fn key_length(&self) -> usize {
        match self {
            Self::AesCbc { key, .. } | Self::AesGcm { key, .. } => *key,
            Self::Des3Cbc { .. } => 24,
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::AesCbc { key, .. } => format!("AES-{}-CBC", key * 8),
            Self::AesGcm { key, .. } => format!("AES-{}-GCM", key * 8),
            Self::Des3Cbc { .. } => "3DES-CBC".to_owned(),
        }
    }
}

/// Whose key opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipientId {
    /// DER of the issuer's name, and the serial number's octets.
    IssuerSerial {
        issuer: Vec<u8>,
        serial: Vec<u8>,
    },
    KeyIdentifier(Vec<u8>),
}

/// One way to the content key.
#[derive(Debug)]
pub enum Recipient<'a> {
    Transport {
        id: RecipientId,
        transport: Transport,
        encrypted: Cow<'a, [u8]>,
    },
    Agreement {
        id: RecipientId,
        /// Shared by all whom the sender named under one key of his.
        agreement: Arc<Agreement>,
        encrypted: Cow<'a, [u8]>,
    },
    Unsupported {
        /// Where it can be read.
        id: Option<RecipientId>,
        /// The algorithm, by its identifier, or the kind of recipient.
        name: String,
    },
}

impl Recipient<'_> {
    pub fn id(&self) -> Option<&RecipientId> {
        match self {
            Self::Transport { id, .. } | Self::Agreement { id, .. } => Some(id),
            Self::Unsupported { id, .. } => id.as_ref(),
        }
    }

    fn unsupported(name: &str) -> Self {
        Self::Unsupported {
            id: None,
            name: name.to_owned(),
        }
    }
}

/// How RSA carries the content key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// RSAES-PKCS1-v1_5.
    Pkcs1,
    Oaep {
        digest: Digest,
        mgf: Digest,
        label: Vec<u8>,
    },
}

impl Transport {
    pub fn name(&self) -> String {
        match self {
            Self::Pkcs1 => "RSA PKCS#1 v1.5".to_owned(),
            Self::Oaep { digest, .. } => format!("RSA-OAEP {}", digest.name()),
        }
    }
}

/// How an ephemeral ECDH key yields the key that wraps the content key (RFC 5753 7.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The sender's point, as sent.
    pub point: Vec<u8>,
    pub digest: Digest,
    /// DER of the key wrap's AlgorithmIdentifier: part of what the key is derived from.
    pub wrap: Vec<u8>,
    /// Octets of the wrapping key.
    pub length: usize,
    pub user_keying_material: Option<Vec<u8>>,
}

/// Why a CMS cannot be opened by anybody here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    Malformed,
    /// The algorithm, by its identifier.
    Unsupported(String),
}

impl From<BerError> for Unreadable {
    fn from(_: BerError) -> Self {
        Self::Malformed
    }
}

impl<'a> Enveloped<'a> {
    /// # Errors
    /// Not an encrypted message, cut short, or its content is encrypted by a method that is not supported.
    pub fn parse(cms: &'a [u8], depth: u32) -> Result<Self, Unreadable> {
        let mut outer = Reader::new(cms, depth).next()?.expect(tag::SEQUENCE)?;
        let kind = outer.expect(tag::OID)?.oid()?;
        let body = outer.expect(tag::context(0))?.only_child()?;
        let is_authenticated = match kind {
            oid::ENVELOPED_DATA => false,
            oid::AUTH_ENVELOPED_DATA => true,
            other => return Err(Unreadable::Unsupported(other.to_string())),
        };
        let mut body = body.expect(tag::SEQUENCE)?;
        body.expect(tag::INTEGER)?;
        body.optional(tag::context(0))?; // originatorInfo
        let (recipients, more) = recipients(body.expect(tag::SET)?)?;
        let (content_type, cipher, content) = encrypted_content(body.expect(tag::SEQUENCE)?)?;
        match (&cipher, is_authenticated) {
            (Cipher::AesGcm { .. }, false) => return Err(Unreadable::Unsupported("EnvelopedData, AES-GCM".into())),
            (Cipher::AesCbc { .. } | Cipher::Des3Cbc { .. }, true) => {
                return Err(Unreadable::Unsupported(format!("AuthEnvelopedData, {}", cipher.name())));
            }
            _ => {}
        }
        let authenticated = is_authenticated
            .then(|| authenticated(&mut body, &content_type, &cipher))
            .transpose()?;
        Ok(Self {
            recipients,
            more,
            cipher,
            content,
            authenticated,
        })
    }
}

fn encrypted_content(value: Value<'_>) -> Result<(ObjectIdentifier, Cipher, Value<'_>), Unreadable> {
    let mut info = value.children();
    let content_type = info.expect(tag::OID)?.oid()?;
    let cipher = cipher(info.expect(tag::SEQUENCE)?)?;
    // [0] IMPLICIT OCTET STRING: primitive, or constructed of segments.
    let content = match info.optional(tag::context_primitive(0))? {
        Some(content) => content,
        None => info.expect(tag::context(0))?,
    };
    Ok((content_type, cipher, content))
}

fn cipher(algorithm: Value<'_>) -> Result<Cipher, Unreadable> {
    let mut fields = algorithm.children();
    let name = fields.expect(tag::OID)?.oid()?;
    let key = match name {
        oid::AES128_CBC | oid::AES128_GCM => 16,
        oid::AES192_CBC | oid::AES192_GCM => 24,
        oid::AES256_CBC | oid::AES256_GCM => 32,
        oid::DES3_CBC => 24,
        other => return Err(Unreadable::Unsupported(other.to_string())),
    };
    match name {
        oid::AES128_GCM | oid::AES192_GCM | oid::AES256_GCM => {
            let mut parameters = fields.expect(tag::SEQUENCE)?.children();
            let nonce = parameters.expect(tag::OCTET_STRING)?.octets()?.into_owned();
            // RFC 5084 3.2: twelve where it is left out; a shorter one would be a weaker proof than the algorithm promises.
            let tag = parameters.optional(tag::INTEGER)?.map_or(Ok(12), |length| length.unsigned())?;
            let tag = usize::try_from(tag).unwrap_or_default();
            if !(12..=16).contains(&tag) || nonce.is_empty() || nonce.len() > 64 {
                return Err(Unreadable::Malformed);
            }
            Ok(Cipher::AesGcm { key, nonce, tag })
        }
        oid::DES3_CBC => Ok(Cipher::Des3Cbc { iv: iv(&mut fields, 8)? }),
        _ => Ok(Cipher::AesCbc {
            key,
            iv: iv(&mut fields, 16)?,
        }),
    }
}

fn iv(fields: &mut Reader<'_>, length: usize) -> Result<Vec<u8>, Unreadable> {
    let iv = fields.expect(tag::OCTET_STRING)?.octets()?.into_owned();
    if iv.len() == length { Ok(iv) } else { Err(Unreadable::Malformed) }
}

fn authenticated<'a>(body: &mut Reader<'a>, content_type: &ObjectIdentifier, cipher: &Cipher) -> Result<Authenticated<'a>, Unreadable> {
    let attributes = match body.optional(tag::context(1))? {
        Some(attributes) if attributes.raw.len() > ATTRIBUTE_BYTES => return Err(too_long("authAttrs", &attributes)),
        Some(attributes) => {
            check_content_type(&attributes, content_type)?;
            attributes.to_der(tag::SET, true)?
        }
        None => Vec::new(),
    };
    let mac = body.expect(tag::OCTET_STRING)?.octets()?;
    match cipher {
        Cipher::AesGcm { tag, .. } if mac.len() == *tag => Ok(Authenticated { attributes, tag: mac }),
        _ => Err(Unreadable::Malformed),
    }
}

/// RFC 5083 2.1: what the attributes say the content is must be what the message says.
fn check_content_type(attributes: &Value<'_>, content_type: &ObjectIdentifier) -> Result<(), Unreadable> {
    let mut attributes = attributes.children();
    while !attributes.is_empty() {
        let mut fields = attributes.expect(tag::SEQUENCE)?.children();
        if fields.expect(tag::OID)?.oid()? == oid::CONTENT_TYPE && fields.expect(tag::SET)?.only_child()?.oid()? != *content_type {
            return Err(Unreadable::Malformed);
        }
    }
    Ok(())
}

fn too_long(name: &str, value: &Value<'_>) -> Unreadable {
    Unreadable::Unsupported(format!("{name}, {} bytes", value.raw.len()))
}

/// The recipients, and whether there are more. One that cannot be read is somebody else's, or is named when nobody else is ours.
fn recipients(set: Value<'_>) -> Result<(Vec<Recipient<'_>>, bool), Unreadable> {
    if set.raw.len() > RECIPIENT_BYTES {
        return Err(too_long("recipientInfos", &set));
    }
    let mut values = set.children();
    let mut found = Vec::new();
    while !values.is_empty() && found.len() < RECIPIENTS {
        let value = values.next()?;
        match value.tag {
            tag::SEQUENCE => found.push(key_transport(value).unwrap_or_else(|_| Recipient::unsupported("KeyTransRecipientInfo"))),
            t if t == tag::context(1) => {
                if key_agreement(value, &mut found).is_err() {
                    found.push(Recipient::unsupported("KeyAgreeRecipientInfo"));
                }
            }
            t if t == tag::context(2) => found.push(Recipient::unsupported("KEKRecipientInfo")),
            t if t == tag::context(3) => found.push(Recipient::unsupported("PasswordRecipientInfo")),
            _ => found.push(Recipient::unsupported("OtherRecipientInfo")),
        }
    }
    let more = !values.is_empty() || found.len() >= RECIPIENTS;
    Ok((found, more))
}

fn key_transport(value: Value<'_>) -> Read<Recipient<'_>> {
    let mut fields = value.children();
    fields.expect(tag::INTEGER)?;
    let id = match fields.peek() {
        Some(tag::SEQUENCE) => issuer_serial(fields.next()?)?,
        _ => RecipientId::KeyIdentifier(fields.next()?.octets()?.into_owned()),
    };
    let algorithm = fields.expect(tag::SEQUENCE)?;
    let encrypted = string(&mut fields)?;
    Ok(match transport(algorithm)? {
        Ok(transport) => Recipient::Transport { id, transport, encrypted },
        Err(name) => Recipient::Unsupported { id: Some(id), name },
    })
}

fn transport(algorithm: Value<'_>) -> Read<Result<Transport, String>> {
    let mut fields = algorithm.children();
    let name = fields.expect(tag::OID)?.oid()?;
    match name {
        oid::RSA => Ok(Ok(Transport::Pkcs1)),
        oid::RSA_OAEP => oaep(fields.optional(tag::SEQUENCE)?),
        other => Ok(Err(other.to_string())),
    }
}

/// RSAES-OAEP-params (RFC 8017 A.2.1): everything that is left out is SHA-1 with an empty label.
fn oaep(parameters: Option<Value<'_>>) -> Read<Result<Transport, String>> {
    let (mut digest, mut mgf, mut label) = (Some(Digest::Sha1), Some(Digest::Sha1), Vec::new());
    let mut fields = match parameters {
        Some(parameters) => parameters.children(),
        None => Reader::new(&[], 1),
    };
    if let Some(hash) = fields.optional(tag::context(0))? {
        digest = Digest::of(&hash.only_child()?.expect(tag::SEQUENCE)?.expect(tag::OID)?.oid()?);
    }
    if let Some(function) = fields.optional(tag::context(1))? {
        let mut function = function.only_child()?.expect(tag::SEQUENCE)?;
        let is_mgf1 = function.expect(tag::OID)?.oid()? == oid::MGF1;
        let hash = function.expect(tag::SEQUENCE)?.children().expect(tag::OID)?.oid()?;
        mgf = Digest::of(&hash).filter(|_| is_mgf1);
    }
    if let Some(source) = fields.optional(tag::context(2))? {
        let mut source = source.only_child()?.expect(tag::SEQUENCE)?;
        if source.expect(tag::OID)?.oid()? != oid::LABEL_SPECIFIED {
            return Ok(Err("RSAES-OAEP pSource".into()));
        }
        label = string(&mut source)?.into_owned();
    }
    Ok(match (digest, mgf) {
        (Some(digest), Some(mgf)) => Ok(Transport::Oaep { digest, mgf, label }),
        _ => Err("RSAES-OAEP".into()),
    })
}

fn key_agreement<'a>(value: Value<'a>, found: &mut Vec<Recipient<'a>>) -> Read<()> {
    let mut fields = value.children();
    fields.expect(tag::INTEGER)?;
    let originator = fields.expect(tag::context(0))?.only_child()?;
    let user_keying_material = match fields.optional(tag::context(1))? {
        Some(material) => Some(material.only_child()?.octets()?.into_owned()),
        None => None,
    };
    let algorithm = fields.expect(tag::SEQUENCE)?;
    let agreement = agreement(originator, algorithm, user_keying_material)?.map(Arc::new);
    let mut entries = fields.expect(tag::SEQUENCE)?.children();
    while !entries.is_empty() && found.len() < RECIPIENTS {
        let mut entry = entries.expect(tag::SEQUENCE)?.children();
        let id = match entry.peek() {
            Some(tag::SEQUENCE) => issuer_serial(entry.next()?)?,
            _ => {
                let identifier = entry.expect(tag::context(0))?.children().next()?;
                RecipientId::KeyIdentifier(identifier.octets()?.into_owned())
            }
        };
        let encrypted = string(&mut entry)?;
        found.push(match &agreement {
            Ok(agreement) => Recipient::Agreement {
                id,
                agreement: Arc::clone(agreement),
                encrypted,
            },
            Err(name) => Recipient::Unsupported {
                id: Some(id),
                name: name.clone(),
            },
        });
    }
    Ok(())
}

fn agreement(originator: Value<'_>, algorithm: Value<'_>, user_keying_material: Option<Vec<u8>>) -> Read<Result<Agreement, String>> {
    let mut fields = algorithm.children();
    let scheme = fields.expect(tag::OID)?.oid()?;
    let Some(digest) = Digest::of_scheme(&scheme) else {
        return Ok(Err(scheme.to_string()));
    };
    let wrap = fields.expect(tag::SEQUENCE)?;
    let wrap_name = wrap.children().expect(tag::OID)?.oid()?;
    let Some(length) = oid::wrap_key_length(&wrap_name) else {
        return Ok(Err(wrap_name.to_string()));
    };
    // A sender that is named by certificate would be static-static Diffie-Hellman, which RFC 5753 does not have for ECDH.
    if originator.tag != tag::context(1) {
        return Ok(Err("KeyAgreeRecipientInfo, originator".into()));
    }
    let mut key = originator.children();
    // The curve need not be named: a point that is none of the recipient's own curve is refused by whoever holds the key.
    key.expect(tag::SEQUENCE)?;
    let point = key.expect(tag::BIT_STRING)?.bit_octets()?.to_vec();
    Ok(Ok(Agreement {
        point,
        digest,
        wrap: wrap.to_der(tag::SEQUENCE, false)?,
        length,
        user_keying_material,
    }))
}

fn issuer_serial(value: Value<'_>) -> Read<RecipientId> {
    let mut fields = value.expect(tag::SEQUENCE)?;
    let issuer = fields.expect(tag::SEQUENCE)?;
    let serial = fields.expect(tag::INTEGER)?.integer()?.to_vec();
    let issuer = if issuer.definite {
        issuer.raw.to_vec()
    } else {
        issuer.to_der(tag::SEQUENCE, false)?
    };
    Ok(RecipientId::IssuerSerial { issuer, serial })
}

/// An OCTET STRING in either form.
fn string<'a>(fields: &mut Reader<'a>) -> Read<Cow<'a, [u8]>> {
    const SEGMENTED: u8 = tag::OCTET_STRING | 0x20;
    match fields.peek() {
        Some(SEGMENTED) => fields.next()?.octets(),
        _ => fields.expect(tag::OCTET_STRING)?.octets(),
    }
}

#[cfg(test)]
#[path = "enveloped_tests.rs"]
mod enveloped_tests;
