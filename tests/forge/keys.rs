//! Keys of the kinds in use, hashes, and how their signatures are named.

use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};

use super::chance;
use super::der::{Der, alg, alg_null, ctx, int, oid, seq};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Too short since 2019.
    Rsa1024,
    Rsa2048,
    P256,
    P384,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub fn digest(self) -> MessageDigest {
        match self {
            Hash::Sha1 => MessageDigest::sha1(),
            Hash::Sha256 => MessageDigest::sha256(),
            Hash::Sha384 => MessageDigest::sha384(),
            Hash::Sha512 => MessageDigest::sha512(),
        }
    }

    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        hash(self.digest(), bytes).unwrap().to_vec()
    }

    pub fn oid(self) -> &'static str {
        match self {
            Hash::Sha1 => "1.3.14.3.2.26",
            Hash::Sha256 => "2.16.840.1.101.3.4.2.1",
            Hash::Sha384 => "2.16.840.1.101.3.4.2.2",
            Hash::Sha512 => "2.16.840.1.101.3.4.2.3",
        }
    }

    /// `AlgorithmIdentifier`, parameters absent (RFC 5754 2).
    pub fn alg(self) -> Der {
        alg(self.oid())
    }

    /// `micalg` of RFC 8551.
    pub fn micalg(self) -> &'static str {
        match self {
            Hash::Sha1 => "sha1",
            Hash::Sha256 => "sha256",
            Hash::Sha384 => "sha384",
            Hash::Sha512 => "sha512",
        }
    }
}

#[derive(Clone)]
pub struct Key {
    pub kind: KeyKind,
    pub pkey: PKey<Private>,
}

impl Key {
    pub fn generate(kind: KeyKind) -> Self {
        let pkey = match kind {
            KeyKind::Rsa1024 => PKey::from_rsa(chance::rsa_key(1024)),
            KeyKind::Rsa2048 => PKey::from_rsa(chance::rsa_key(2048)),
            KeyKind::P256 => PKey::from_ec_key(chance::ec_key(Nid::X9_62_PRIME256V1)),
            KeyKind::P384 => PKey::from_ec_key(chance::ec_key(Nid::SECP384R1)),
        };
        let pkey = pkey.unwrap();
        Self { kind, pkey }
    }

    /// SubjectPublicKeyInfo.
    pub fn spki(&self) -> Der {
        self.pkey.public_key_to_der().unwrap()
    }

    pub fn sign(&self, hash: Hash, bytes: &[u8]) -> Vec<u8> {
        if let Ok(key) = self.pkey.ec_key() {
            return chance::ecdsa(&key, &hash.of(bytes));
        }
        let mut signer = Signer::new(hash.digest(), &self.pkey).unwrap();
        signer.sign_oneshot_to_vec(bytes).unwrap()
    }

    pub fn sign_pss(&self, hash: Hash, bytes: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(hash.digest(), &self.pkey).unwrap();
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
        signer.set_rsa_mgf1_md(hash.digest()).unwrap();
        signer.sign_oneshot_to_vec(bytes).unwrap()
    }

    /// Signature `AlgorithmIdentifier` of certificates, CRLs and OCSP responses, and of SignerInfos of EC keys.
    pub fn signature_alg(&self, hash: Hash) -> Der {
        match (self.kind, hash) {
            (KeyKind::Rsa1024 | KeyKind::Rsa2048, Hash::Sha1) => alg_null("1.2.840.113549.1.1.5"),
            (KeyKind::Rsa1024 | KeyKind::Rsa2048, Hash::Sha256) => alg_null("1.2.840.113549.1.1.11"),
            (KeyKind::Rsa1024 | KeyKind::Rsa2048, Hash::Sha384) => alg_null("1.2.840.113549.1.1.12"),
            (KeyKind::Rsa1024 | KeyKind::Rsa2048, Hash::Sha512) => alg_null("1.2.840.113549.1.1.13"),
            (_, Hash::Sha1) => alg("1.2.840.10045.4.1"),
            (_, Hash::Sha256) => alg("1.2.840.10045.4.3.2"),
            (_, Hash::Sha384) => alg("1.2.840.10045.4.3.3"),
            (_, Hash::Sha512) => alg("1.2.840.10045.4.3.4"),
        }
    }

    /// RSASSA-PSS with its parameters written out (RFC 4055 3.1).
    pub fn pss_alg(hash: Hash) -> Der {
        let digest = alg_null(hash.oid());
        let mgf1 = seq([oid("1.2.840.113549.1.1.8"), digest.clone()]);
        let salt = int(hash.digest().size() as u64);
        seq([
            oid("1.2.840.113549.1.1.10"),
            seq([ctx(0, [digest]), ctx(1, [mgf1]), ctx(2, [salt])]),
        ])
    }

    /// The hash that fits the key: what a CA of that strength signs with.
    pub fn natural_hash(&self) -> Hash {
        match self.kind {
            KeyKind::P384 => Hash::Sha384,
            _ => Hash::Sha256,
        }
    }
}
