//! Algorithms of XML signatures by their URIs.

use crate::signature::crypto::{Hash, Scheme};

/// Digest algorithms of XML-DSig, XML-DSig 1.1 and RFC 9231.
pub fn hash(uri: &str) -> Option<Hash> {
    let (space, name) = uri.rsplit_once('#')?;
    Some(match (space, name) {
        ("http://www.w3.org/2000/09/xmldsig", "sha1") => Hash::Sha1,
        ("http://www.w3.org/2001/04/xmlenc", "sha256") => Hash::Sha256,
        ("http://www.w3.org/2001/04/xmlenc", "sha512") => Hash::Sha512,
        ("http://www.w3.org/2001/04/xmldsig-more", "sha224") => Hash::Sha224,
        ("http://www.w3.org/2001/04/xmldsig-more", "sha384") => Hash::Sha384,
        ("http://www.w3.org/2007/05/xmldsig-more", "sha3-256") => Hash::Sha3_256,
        ("http://www.w3.org/2007/05/xmldsig-more", "sha3-384") => Hash::Sha3_384,
        ("http://www.w3.org/2007/05/xmldsig-more", "sha3-512") => Hash::Sha3_512,
        _ => return None,
    })
}

/// Signature algorithms of the same specifications; HMAC and DSA sign no evidence.
pub fn scheme(uri: &str) -> Option<Scheme> {
    let (space, name) = uri.rsplit_once('#')?;
    let named = |name: &str| {
        Some(match name {
            "sha1" => Hash::Sha1,
            "sha224" => Hash::Sha224,
            "sha256" => Hash::Sha256,
            "sha384" => Hash::Sha384,
            "sha512" => Hash::Sha512,
            "sha3-256" => Hash::Sha3_256,
            "sha3-384" => Hash::Sha3_384,
            "sha3-512" => Hash::Sha3_512,
            _ => return None,
        })
    };
    match space {
        "http://www.w3.org/2000/09/xmldsig" if name == "rsa-sha1" => Some(Scheme::RsaPkcs1(Hash::Sha1)),
        "http://www.w3.org/2001/04/xmldsig-more" | "http://www.w3.org/2007/05/xmldsig-more" | "http://www.w3.org/2021/04/xmldsig-more" => {
            if let Some(hash) = name.strip_prefix("ecdsa-") {
                return named(hash).map(Scheme::Ecdsa);
            }
            if let Some(hash) = name.strip_suffix("-rsa-MGF1") {
                let hash = named(hash)?;
                let salt = i32::try_from(hash.size()).ok()?;
                return Some(Scheme::RsaPss { hash, mgf: hash, salt });
            }
            match name {
                "eddsa-ed25519" => Some(Scheme::Ed25519),
                _ => named(name.strip_prefix("rsa-")?).map(Scheme::RsaPkcs1),
            }
        }
        _ => None,
    }
}
