//! The primitives: hashes and signature verification, by OpenSSL, and by AWS-LC where it is much faster. No other folder of this stage
//! calls a cryptographic library, so that a benchmark can decide the back-end. Named curves only: explicit curve parameters are an attack (CVE-2020-0601).

pub mod algorithms;
pub mod edges;
mod fast_curves;

use der::asn1::ObjectIdentifier;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{Hasher, MessageDigest};
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};

use self::fast_curves::FastKey;
use crate::signature::asn1::ber::{self, BerError, Reader, Value, tag};
use crate::signature::asn1::oid;

/// An AlgorithmIdentifier as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithm {
    pub oid: ObjectIdentifier,
    /// The parameters with tag and length; `None` when absent.
    pub parameters: Option<Vec<u8>>,
}

impl Algorithm {
    /// # Errors
    /// Not an AlgorithmIdentifier.
    pub fn read(value: &Value<'_>) -> ber::Result<Self> {
        let mut fields = value.expect(tag::SEQUENCE)?;
        let oid = fields.next()?.oid()?;
        let parameters = if fields.is_empty() {
            None
        } else {
            Some(fields.next()?.raw.to_vec())
        };
        fields.finish()?;
        Ok(Self { oid, parameters })
    }

    /// Equal up to the NULL that may stand for absent parameters (RFC 4055 2.1).
    pub fn same_as(&self, other: &Self) -> bool {
        let significant = |parameters: &Option<Vec<u8>>| parameters.clone().filter(|p| p.as_slice() != [tag::NULL, 0]);
        self.oid == other.oid && significant(&self.parameters) == significant(&other.parameters)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}

impl Hash {
    pub fn from_oid(id: &ObjectIdentifier) -> Option<Self> {
        Some(match *id {
            oid::MD5 => Self::Md5,
            oid::SHA1 => Self::Sha1,
            oid::SHA224 => Self::Sha224,
            oid::SHA256 => Self::Sha256,
            oid::SHA384 => Self::Sha384,
            oid::SHA512 => Self::Sha512,
            oid::SHA3_224 => Self::Sha3_224,
            oid::SHA3_256 => Self::Sha3_256,
            oid::SHA3_384 => Self::Sha3_384,
            oid::SHA3_512 => Self::Sha3_512,
            _ => return None,
        })
    }

    fn digest_type(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
            Self::Sha3_224 => MessageDigest::sha3_224(),
            Self::Sha3_256 => MessageDigest::sha3_256(),
            Self::Sha3_384 => MessageDigest::sha3_384(),
            Self::Sha3_512 => MessageDigest::sha3_512(),
        }
    }

    pub fn size(self) -> usize {
        self.digest_type().size()
    }

    /// # Errors
    /// The library does not offer the hash.
    pub fn of(self, bytes: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.of_all(&[bytes])
    }

    /// The hash over several pieces, one after another.
    ///
    /// # Errors
    /// The library does not offer the hash.
    pub fn of_all(self, pieces: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        let mut digest = self.start()?;
        for piece in pieces {
            digest.update(piece)?;
        }
        digest.finish()
    }

    /// A hash over octets that come piece by piece.
    ///
    /// # Errors
    /// The library does not offer the hash.
    pub fn start(self) -> Result<Digest, CryptoError> {
        Hasher::new(self.digest_type()).map(Digest).map_err(|_| CryptoError::Unsupported)
    }
}

/// A hash in the making: what is large is never held whole.
pub struct Digest(Hasher);

impl Digest {
    /// # Errors
    /// The library failed.
    pub fn update(&mut self, piece: &[u8]) -> Result<(), CryptoError> {
        self.0.update(piece).map_err(|_| CryptoError::Unsupported)
    }

    /// # Errors
    /// The library failed.
    pub fn finish(mut self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.0.finish().map_err(|_| CryptoError::Unsupported)?.to_vec())
    }
}

/// Why a primitive gave no answer. "Wrong signature" is an answer, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    #[error("the algorithm is not supported")]
    Unsupported,
    #[error("the key or the algorithm parameters are malformed")]
    Malformed,
}

impl From<BerError> for CryptoError {
    fn from(_: BerError) -> Self {
        Self::Malformed
    }
}

/// How a signature was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    RsaPkcs1(Hash),
    RsaPss { hash: Hash, mgf: Hash, salt: i32 },
    Ecdsa(Hash),
    Dsa(Hash),
    Ed25519,
}

impl Scheme {
    /// From a signature AlgorithmIdentifier. `digest` serves the identifiers that name no hash (`rsaEncryption` in a SignerInfo,
    /// RFC 3370 3.2).
    ///
    /// # Errors
    /// Unknown or malformed.
    pub fn of(algorithm: &Algorithm, digest: Option<Hash>) -> Result<Self, CryptoError> {
        let named = |hash: Option<Hash>| hash.ok_or(CryptoError::Unsupported);
        // Only PSS has parameters (and a key type named in the place of an algorithm); others have none or NULL (RFC 4055, 5754, 5758).
        let plain = algorithm
            .parameters
            .as_deref()
            .is_none_or(|parameters| parameters == [tag::NULL, 0]);
        if !plain && ![oid::RSA_PSS, oid::EC_PUBLIC_KEY].contains(&algorithm.oid) {
            return Err(CryptoError::Malformed);
        }
        Ok(match algorithm.oid {
            oid::RSA_ENCRYPTION => Self::RsaPkcs1(named(digest)?),
            oid::RSA_MD5 => Self::RsaPkcs1(Hash::Md5),
            oid::RSA_SHA1 => Self::RsaPkcs1(Hash::Sha1),
            oid::RSA_SHA224 => Self::RsaPkcs1(Hash::Sha224),
            oid::RSA_SHA256 => Self::RsaPkcs1(Hash::Sha256),
            oid::RSA_SHA384 => Self::RsaPkcs1(Hash::Sha384),
            oid::RSA_SHA512 => Self::RsaPkcs1(Hash::Sha512),
            oid::RSA_SHA3_224 => Self::RsaPkcs1(Hash::Sha3_224),
            oid::RSA_SHA3_256 => Self::RsaPkcs1(Hash::Sha3_256),
            oid::RSA_SHA3_384 => Self::RsaPkcs1(Hash::Sha3_384),
            oid::RSA_SHA3_512 => Self::RsaPkcs1(Hash::Sha3_512),
            oid::RSA_PSS => pss(algorithm.parameters.as_deref())?,
            // Some signers name the key type here; the hash is then the SignerInfo's.
            oid::EC_PUBLIC_KEY => Self::Ecdsa(named(digest)?),
            oid::ECDSA_SHA1 => Self::Ecdsa(Hash::Sha1),
            oid::ECDSA_SHA224 => Self::Ecdsa(Hash::Sha224),
            oid::ECDSA_SHA256 => Self::Ecdsa(Hash::Sha256),
            oid::ECDSA_SHA384 => Self::Ecdsa(Hash::Sha384),
            oid::ECDSA_SHA512 => Self::Ecdsa(Hash::Sha512),
            oid::ECDSA_SHA3_256 => Self::Ecdsa(Hash::Sha3_256),
            oid::ECDSA_SHA3_384 => Self::Ecdsa(Hash::Sha3_384),
            oid::ECDSA_SHA3_512 => Self::Ecdsa(Hash::Sha3_512),
            oid::DSA_SHA1 => Self::Dsa(Hash::Sha1),
            oid::DSA_SHA224 => Self::Dsa(Hash::Sha224),
            oid::DSA_SHA256 => Self::Dsa(Hash::Sha256),
            oid::ED25519 => Self::Ed25519,
            _ => return Err(CryptoError::Unsupported),
        })
    }

    /// The hash under the signature; Ed25519 has its own inside.
    pub fn hash(self) -> Option<Hash> {
        match self {
            Self::RsaPkcs1(hash) | Self::RsaPss { hash, .. } | Self::Ecdsa(hash) | Self::Dsa(hash) => Some(hash),
            Self::Ed25519 => None,
        }
    }
}

/// RSASSA-PSS-params (RFC 4055 3.1); the defaults are SHA-1 and twenty octets of salt.
fn pss(parameters: Option<&[u8]>) -> Result<Scheme, CryptoError> {
    let (mut hash, mut mgf, mut salt) = (Hash::Sha1, Hash::Sha1, 20);
    if let Some(bytes) = parameters {
        let mut fields = ber::whole(bytes, 6)?.expect(tag::SEQUENCE)?;
        if let Some(field) = fields.optional(tag::context(0))? {
            hash = Hash::from_oid(&Algorithm::read(&field.only_child()?)?.oid).ok_or(CryptoError::Unsupported)?;
        }
        if let Some(field) = fields.optional(tag::context(1))? {
            let function = Algorithm::read(&field.only_child()?)?;
            let inner = function
                .parameters
                .filter(|_| function.oid == oid::MGF1)
                .ok_or(CryptoError::Unsupported)?;
            mgf = Hash::from_oid(&Algorithm::read(&ber::whole(&inner, 4)?)?.oid).ok_or(CryptoError::Unsupported)?;
        }
        if let Some(field) = fields.optional(tag::context(2))? {
            salt = i32::try_from(field.only_child()?.unsigned()?).map_err(|_| CryptoError::Malformed)?;
        }
        if let Some(field) = fields.optional(tag::context(3))?
            && field.only_child()?.unsigned()? != 1
        {
            return Err(CryptoError::Malformed);
        }
        fields.finish()?;
    }
    Ok(Scheme::RsaPss { hash, mgf, salt })
}

/// What kind of key, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    Rsa(u32),
    /// Bits of the field of a named curve.
    Ec(u32),
    Dsa(u32),
    Ed25519,
}

#[derive(Debug, Clone)]
pub struct PublicKey {
    key: PKey<Public>,
    /// The same key for the faster library, where that has its curve.
    fast: Option<FastKey>,
    pub kind: KeyKind,
}

impl PublicKey {
    /// # Errors
    /// Unknown key type, a curve without a name, or malformed.
    pub fn from_spki(spki: &[u8]) -> Result<Self, CryptoError> {
        let mut fields = ber::whole(spki, 8)?.expect(tag::SEQUENCE)?;
        let algorithm = Algorithm::read(&fields.next()?)?;
        let mut fast = None;
        if algorithm.oid == oid::EC_PUBLIC_KEY {
            let curve = algorithm
                .parameters
                .as_deref()
                .map(|bytes| ber::whole(bytes, 2).and_then(|value| value.oid()));
            let Some(Ok(curve)) = curve else {
                return Err(CryptoError::Malformed);
            };
            if !oid::NAMED_CURVES.contains(&curve) {
                return Err(CryptoError::Unsupported);
            }
            // Compressed or uncompressed (SEC 1 2.3.3). The library also takes the one octet of the point at infinity for a key, with
            // which anybody can sign.
            let bits = fields.next()?;
            let point = bits.bit_octets()?;
            if !matches!(point, [2..=4, _, ..]) {
                return Err(CryptoError::Malformed);
            }
            fast = FastKey::new(&curve, point);
        }
        let key = PKey::public_key_from_der(spki).map_err(|_| CryptoError::Malformed)?;
        let kind = match key.id() {
            Id::RSA | Id::RSA_PSS => KeyKind::Rsa(key.bits()),
            Id::EC => KeyKind::Ec(key.bits()),
            Id::DSA => KeyKind::Dsa(key.bits()),
            Id::ED25519 => KeyKind::Ed25519,
            _ => return Err(CryptoError::Unsupported),
        };
        Ok(Self { key, fast, kind })
    }

    /// True when `signature` is this key's signature over `message`.
    ///
    /// # Errors
    /// The scheme does not fit the key, or is not offered.
    pub fn verify(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        let fits = matches!(
            (scheme, self.kind),
            (Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. }, KeyKind::Rsa(_))
                | (Scheme::Ecdsa(_), KeyKind::Ec(_))
                | (Scheme::Dsa(_), KeyKind::Dsa(_))
                | (Scheme::Ed25519, KeyKind::Ed25519)
        );
        if !fits || (self.key.id() == Id::RSA_PSS && matches!(scheme, Scheme::RsaPkcs1(_))) {
            return Ok(false);
        }
        if let (Some(key), Scheme::Ecdsa(hash)) = (&self.fast, scheme)
            && let Some(answer) = key.verify(hash, message, signature)
        {
            return Ok(answer);
        }
        let unsupported = |_| CryptoError::Unsupported;
        let Some(hash) = scheme.hash() else {
            let mut verifier = Verifier::new_without_digest(&self.key).map_err(unsupported)?;
            return Ok(verifier.verify_oneshot(signature, message).unwrap_or(false));
        };
        let mut verifier = Verifier::new(hash.digest_type(), &self.key).map_err(unsupported)?;
        if let Scheme::RsaPss { mgf, salt, .. } = scheme {
            verifier.set_rsa_padding(Padding::PKCS1_PSS).map_err(unsupported)?;
            verifier.set_rsa_mgf1_md(mgf.digest_type()).map_err(unsupported)?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt)).map_err(unsupported)?;
        }
        verifier.update(message).map_err(unsupported)?;
        // OpenSSL answers a malformed signature (r or s out of range, not DER) with an error: to us it is a wrong signature.
        Ok(verifier.verify(signature).unwrap_or(false))
    }
}

/// The DER form of an ECDSA signature that came as `r || s` (XML-DSig, IEEE P1363); `None` when it cannot be one.
pub fn ecdsa_from_concatenation(signature: &[u8]) -> Option<Vec<u8>> {
    if signature.is_empty() || !signature.len().is_multiple_of(2) {
        return None;
    }
    let (r, s) = signature.split_at_checked(signature.len() / 2)?;
    let r = BigNum::from_slice(r).ok()?;
    let s = BigNum::from_slice(s).ok()?;
    EcdsaSig::from_private_components(r, s).ok()?.to_der().ok()
}

/// The subjectPublicKey bits of a SubjectPublicKeyInfo: what key identifiers are hashed from.
pub fn key_bits(spki: &[u8]) -> Option<&[u8]> {
    let mut fields: Reader<'_> = ber::whole(spki, 8).ok()?.expect(tag::SEQUENCE).ok()?;
    fields.next().ok()?;
    fields.next().ok()?.bit_octets().ok()
}

impl PublicKey {
    /// The Dss-Parms of a DSA key, encoded, for a key below it that inherits them.
    pub fn dsa_parameters(&self) -> Option<Vec<u8>> {
        if !matches!(self.kind, KeyKind::Dsa(_)) {
            return None;
        }
        let spki = self.key.public_key_to_der().ok()?;
        let mut fields = ber::whole(&spki, 8).ok()?.expect(tag::SEQUENCE).ok()?;
        Algorithm::read(&fields.next().ok()?).ok()?.parameters
    }
}
