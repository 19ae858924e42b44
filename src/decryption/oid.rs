//! Object identifiers of encrypted messages, and the algorithms that they name here.

use der::asn1::ObjectIdentifier;
use openssl::hash::MessageDigest;
use openssl::md::{Md, MdRef};

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

pub const ENVELOPED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.3");
/// RFC 5083.
pub const AUTH_ENVELOPED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.9.16.1.23");
pub const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");

pub const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
/// RFC 3560.
pub const RSA_OAEP: ObjectIdentifier = oid("1.2.840.113549.1.1.7");
pub const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
pub const LABEL_SPECIFIED: ObjectIdentifier = oid("1.2.840.113549.1.1.9");

pub const AES128_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.2");
pub const AES192_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.22");
pub const AES256_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.42");
pub const AES128_GCM: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.6");
pub const AES192_GCM: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.26");
pub const AES256_GCM: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.46");
pub const DES3_CBC: ObjectIdentifier = oid("1.2.840.113549.3.7");

const AES128_WRAP: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.5");
const AES192_WRAP: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.25");
const AES256_WRAP: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.45");

/// Digest algorithms of key transport and key derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// As OAEP names it.
    pub fn of(algorithm: &ObjectIdentifier) -> Option<Self> {
        Some(match algorithm.to_string().as_str() {
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }

    /// Of the key derivation in a `dhSinglePass` scheme (RFC 5753 7.1.4). Where the curve's cofactor is one, as on every curve that is read
    /// here, the cofactor schemes are the standard ones.
    pub fn of_scheme(scheme: &ObjectIdentifier) -> Option<Self> {
        Some(match scheme.to_string().as_str() {
            "1.3.133.16.840.63.0.2" | "1.3.133.16.840.63.0.3" => Self::Sha1,
            "1.3.132.1.11.0" | "1.3.132.1.14.0" => Self::Sha224,
            "1.3.132.1.11.1" | "1.3.132.1.14.1" => Self::Sha256,
            "1.3.132.1.11.2" | "1.3.132.1.14.2" => Self::Sha384,
            "1.3.132.1.11.3" | "1.3.132.1.14.3" => Self::Sha512,
            _ => return None,
        })
    }

    pub fn hash(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    pub fn md(self) -> &'static MdRef {
        match self {
            Self::Sha1 => Md::sha1(),
            Self::Sha224 => Md::sha224(),
            Self::Sha256 => Md::sha256(),
            Self::Sha384 => Md::sha384(),
            Self::Sha512 => Md::sha512(),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// Octets of the key of an AES key wrap (RFC 3394).
pub fn wrap_key_length(algorithm: &ObjectIdentifier) -> Option<usize> {
    match *algorithm {
        AES128_WRAP => Some(16),
        AES192_WRAP => Some(24),
        AES256_WRAP => Some(32),
        _ => None,
    }
}
