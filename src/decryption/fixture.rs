//! Keys of our own, and encrypted messages made octet by octet: what no library would write.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::symm;
use openssl::x509::{X509, X509NameBuilder};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::enveloped::Transport;
use super::holder::{Held, HolderError, KeyHolder};
use super::oid;
use super::padding::Key;
use super::pkcs12::Pkcs12Holder;
use crate::secret::SecretFolder;
use crate::signature::asn1::ber::{encode, tag};
use crate::text::Text;

pub const CONTENT_KEY: [u8; 32] = [0x5a; 32];
const IV: [u8; 16] = [7; 16];

/// A key with its certificate, in a PKCS#12 file.
pub struct Own {
    pub key: PKey<Private>,
    pub certificate: X509,
    dir: TempDir,
}

impl Own {
    pub fn rsa() -> Self {
        Self::of(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(), 0x00c0_ffee)
    }

    pub fn ec() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self::of(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap(), 0x7ea)
    }

    fn of(key: PKey<Private>, serial: u32) -> Self {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "Örnek Kurum").unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let serial = BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap();
        builder.set_serial_number(&serial).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(1_900_000_000).unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let own = Self {
            key,
            certificate: builder.build(),
            dir: tempfile::tempdir().unwrap(),
        };
        let mut file = Pkcs12::builder();
        file.name("anahtar").pkey(&own.key).cert(&own.certificate);
        let bytes = file.build2("parola").unwrap().to_der().unwrap();
        std::fs::write(own.dir.path().join("kurum.p12"), bytes).unwrap();
        std::fs::write(own.dir.path().join("parola"), "parola\n").unwrap();
        own
    }

    pub fn holder(&self) -> Pkcs12Holder {
        Pkcs12Holder::new("kurum.p12".as_ref(), "parola".as_ref(), &SecretFolder::beside(self.dir.path()))
    }

    pub fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// KeyTransRecipientInfo of this certificate.
    pub fn transport(&self, algorithm: Vec<u8>, encrypted: &[u8]) -> Vec<u8> {
        seq(&[int(0), self.issuer_and_serial(), algorithm, octets(encrypted)])
    }

    /// The same with the content key under PKCS#1 v1.5.
    pub fn pkcs1(&self) -> Vec<u8> {
        let rsa = self.certificate.public_key().unwrap().rsa().unwrap();
        let mut encrypted = vec![0; rsa.size() as usize];
        rsa.public_encrypt(&CONTENT_KEY, &mut encrypted, Padding::PKCS1).unwrap();
        self.transport(rsa_algorithm(), &encrypted)
    }

    pub fn issuer_and_serial(&self) -> Vec<u8> {
        let serial = self.certificate.serial_number().to_bn().unwrap().to_vec();
        seq(&[
            self.certificate.issuer_name().to_der().unwrap(),
            encode(tag::INTEGER, &[&[0], serial.as_slice()].concat()),
        ])
    }
}

pub fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SET, &parts.concat())
}

pub fn int(value: u8) -> Vec<u8> {
    encode(tag::INTEGER, &[value])
}

pub fn octets(content: &[u8]) -> Vec<u8> {
    encode(tag::OCTET_STRING, content)
}

pub fn object(identifier: der::asn1::ObjectIdentifier) -> Vec<u8> {
    encode(tag::OID, identifier.as_bytes())
}

pub fn named(identifier: &str) -> Vec<u8> {
    object(der::asn1::ObjectIdentifier::new(identifier).unwrap())
}

pub fn rsa_algorithm() -> Vec<u8> {
    seq(&[object(oid::RSA), encode(tag::NULL, &[])])
}

/// EnvelopedData to these recipients under [`CONTENT_KEY`] and AES-256-CBC.
pub fn cbc(recipients: &[Vec<u8>], plaintext: &[u8]) -> Vec<u8> {
    let content = symm::encrypt(symm::Cipher::aes_256_cbc(), &CONTENT_KEY, Some(&IV), plaintext).unwrap();
    let algorithm = seq(&[object(oid::AES256_CBC), octets(&IV)]);
    cms(oid::ENVELOPED_DATA, recipients, algorithm, &content, &[])
}

/// AuthEnvelopedData under AES-256-GCM: the attributes as [1] with their tag, and as many octets of the tag as `sent` of `said`.
pub fn gcm(recipients: &[Vec<u8>], plaintext: &[u8], attributes: &[u8], said: u8, sent: usize) -> Vec<u8> {
    let (mut mac, nonce) = (vec![0; 16], [9; 12]);
    // What is authenticated bears the tag of a SET OF.
    let authenticated = match attributes.split_first() {
        Some((_, rest)) => [&[tag::SET], rest].concat(),
        None => Vec::new(),
    };
    let content = symm::encrypt_aead(
        symm::Cipher::aes_256_gcm(),
        &CONTENT_KEY,
        Some(&nonce),
        &authenticated,
        plaintext,
        &mut mac,
    );
    mac.truncate(sent);
    let algorithm = seq(&[object(oid::AES256_GCM), seq(&[octets(&nonce), int(said)])]);
    let more = [attributes.to_vec(), octets(&mac)];
    cms(oid::AUTH_ENVELOPED_DATA, recipients, algorithm, &content.unwrap(), &more)
}

pub fn cms(kind: der::asn1::ObjectIdentifier, recipients: &[Vec<u8>], algorithm: Vec<u8>, content: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let info = seq(&[named("1.2.840.113549.1.7.1"), algorithm, encode(tag::context_primitive(0), content)]);
    let mut body = vec![int(0), set(recipients), info];
    body.extend_from_slice(more);
    seq(&[object(kind), encode(tag::context(0), &seq(&body))])
}

/// A holder that counts what it is asked, and either answers or says that it failed.
pub struct Counting {
    pub holder: Arc<dyn KeyHolder>,
    pub fails: bool,
    pub asked: AtomicUsize,
}

impl Counting {
    pub fn new(holder: Pkcs12Holder, fails: bool) -> Arc<Self> {
        Arc::new(Self {
            holder: Arc::new(holder),
            fails,
            asked: AtomicUsize::new(0),
        })
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn count(&self) -> Result<(), HolderError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.fails {
            true => Err(HolderError::Unavailable(Text::same("away"))),
            false => Ok(()),
        }
    }
}

impl KeyHolder for Counting {
    fn name(&self) -> String {
        self.holder.name()
    }

    fn certificates(&self) -> Result<Vec<Held>, HolderError> {
        self.holder.certificates()
    }

    fn looked_at(&self) -> Result<Vec<Held>, HolderError> {
        self.holder.looked_at()
    }

    fn transported(&self, held: &Held, transport: &Transport, encrypted: &[u8], length: usize) -> Result<Key, HolderError> {
        self.count()?;
        self.holder.transported(held, transport, encrypted, length)
    }

    fn agreed(&self, held: &Held, point: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, HolderError> {
        self.count()?;
        self.holder.agreed(held, point)
    }
}
