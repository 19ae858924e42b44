//! Certificates whose every field and extension a case may change, made with the forge's keys and its DER. What they start from is the
//! shape that the suite's cases share: a root, an authority below it, a server called example.com.

use std::sync::Arc;

use jiff::Timestamp;

use crate::forge::der::{self, Der, bits, boolean, ctx, ctx_prim, ia5, int, named_bits, octets, oid, retag, seq, utf8};
use crate::forge::pki::{CERT_SIGN, CN, CRL_SIGN, Certified, DIGITAL_SIGNATURE, EKU_EMAIL, Hash, Key, KeyKind, at, extension, name};

pub const SUBJECT_KEY_ID: &str = "2.5.29.14";
pub const KEY_USAGE: &str = "2.5.29.15";
pub const ALT_NAME: &str = "2.5.29.17";
pub const BASIC: &str = "2.5.29.19";
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub const DISTRIBUTION_POINTS: &str = "2.5.29.31";
pub const AUTHORITY_KEY_ID: &str = "2.5.29.35";
pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
pub const EXTENDED_USAGE: &str = "2.5.29.37";
pub const INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
/// An extension that nobody knows.
pub const UNKNOWN: &str = "2.16.792.1.99.7";

pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";

pub const HOST: &str = "example.com";

/// The value of an extension: written, or an identifier that is known only when the certificate is issued.
#[derive(Clone)]
enum Value {
    Written(Der),
    OwnKey,
    IssuerKey,
}

#[derive(Clone)]
struct Extension {
    id: &'static str,
    critical: bool,
    value: Value,
}

/// What a certificate shall say. Start from one of the constructors and change what the case is about.
#[derive(Clone)]
pub struct Spec {
    subject: Der,
    /// Instead of the issuer's subject.
    issuer: Option<Der>,
    /// INTEGER, whole.
    serial: Der,
    from: Timestamp,
    to: Timestamp,
    version: u64,
    key: Key,
    /// Instead of the key's own SubjectPublicKeyInfo.
    spki: Option<Der>,
    /// Instead of the algorithm that fits the issuer's key.
    algorithm: Option<Der>,
    /// The algorithm outside, where it is another one than inside.
    outside: Option<Der>,
    /// Instead of the issuer's signature.
    signature: Option<Der>,
    extensions: Vec<Extension>,
}

/// A root that issues certificates and lists.
pub fn root() -> Spec {
    Spec::authority("Root", None, &[CERT_SIGN, CRL_SIGN])
}

/// An authority below another one; its name is its own, so that nobody issues himself by chance.
pub fn issuing(path_len: Option<u64>) -> Spec {
    let own = format!("Issuing {}", hex::encode(rand::random::<[u8; 8]>()));
    Spec::authority(&own, path_len, &[CERT_SIGN]).set(AUTHORITY_KEY_ID, false, Value::IssuerKey)
}

/// A server's certificate.
pub fn server() -> Spec {
    Spec::bare(HOST)
        .set(SUBJECT_KEY_ID, false, Value::OwnKey)
        .set(AUTHORITY_KEY_ID, false, Value::IssuerKey)
        .with(KEY_USAGE, false, named_bits(&[DIGITAL_SIGNATURE]))
        .with(EXTENDED_USAGE, false, usages(&[SERVER_AUTH]))
        .with(ALT_NAME, false, hosts(&[HOST]))
}

pub fn server_of(names: &[&str]) -> Spec {
    server().with(ALT_NAME, false, hosts(names))
}

/// A person's certificate for mail.
pub fn person_of(addresses: &[&str]) -> Spec {
    server()
        .with(EXTENDED_USAGE, false, usages(&[EKU_EMAIL]))
        .with(ALT_NAME, false, mailboxes(addresses))
}

impl Spec {
    fn bare(common_name: &str) -> Self {
        let mut serial: [u8; 16] = rand::random();
        serial[0] = serial[0] & 0x7f | 0x40;
        Self {
            subject: name(&[(CN, utf8(common_name))]),
            issuer: None,
            serial: der::uint(&serial),
            from: at("1970-01-01T00:00:01Z"),
            to: at("2969-05-03T00:00:01Z"),
            version: 3,
            key: Key::generate(KeyKind::P256),
            spki: None,
            algorithm: None,
            outside: None,
            signature: None,
            extensions: vec![],
        }
    }

    fn authority(common_name: &str, path_len: Option<u64>, usage: &[u8]) -> Self {
        Self::bare(common_name)
            .with(BASIC, true, ca(path_len))
            .with(KEY_USAGE, false, named_bits(usage))
            .with(ALT_NAME, false, hosts(&[HOST]))
            .set(SUBJECT_KEY_ID, false, Value::OwnKey)
    }

    fn set(mut self, id: &'static str, critical: bool, value: Value) -> Self {
        let wanted = Extension { id, critical, value };
        match self.extensions.iter_mut().find(|known| known.id == id) {
            Some(known) => *known = wanted,
            None => self.extensions.push(wanted),
        }
        self
    }

    /// This extension, in the place of one that was there.
    pub fn with(self, id: &'static str, critical: bool, value: Der) -> Self {
        self.set(id, critical, Value::Written(value))
    }

    /// This extension behind those that are there, a second time perhaps.
    pub fn again(mut self, id: &'static str, critical: bool, value: Der) -> Self {
        let value = Value::Written(value);
        self.extensions.push(Extension { id, critical, value });
        self
    }

    pub fn without(mut self, id: &str) -> Self {
        self.extensions.retain(|known| known.id != id);
        self
    }

    /// The same extension, marked.
    pub fn critical(mut self, id: &str) -> Self {
        self.extensions
            .iter_mut()
            .filter(|known| known.id == id)
            .for_each(|known| known.critical = true);
        self
    }

    /// The identifier of the issuer's key: its own, at a root.
    pub fn with_authority_key_id(self) -> Self {
        self.set(AUTHORITY_KEY_ID, false, Value::IssuerKey)
    }

    pub fn named(mut self, common_name: &str) -> Self {
        self.subject = name(&[(CN, utf8(common_name))]);
        self
    }

    pub fn of_subject(mut self, subject: Der) -> Self {
        self.subject = subject;
        self
    }

    pub fn nameless(self) -> Self {
        self.of_subject(name(&[]))
    }

    /// Names somebody else than its issuer.
    pub fn issued_as(mut self, issuer: Der) -> Self {
        self.issuer = Some(issuer);
        self
    }

    pub fn numbered(mut self, serial: Der) -> Self {
        self.serial = serial;
        self
    }

    pub fn from(mut self, rfc3339: &str) -> Self {
        self.from = at(rfc3339);
        self
    }

    pub fn to(mut self, rfc3339: &str) -> Self {
        self.to = at(rfc3339);
        self
    }

    pub fn version(mut self, version: u64) -> Self {
        self.version = version;
        self
    }

    pub fn of_key(mut self, key: &Key) -> Self {
        self.key = key.clone();
        self
    }

    pub fn of_spki(mut self, spki: Der) -> Self {
        self.spki = Some(spki);
        self
    }

    /// Signed with this algorithm: for issuers whose kind of key the forge has no name for.
    pub fn by_algorithm(mut self, algorithm: Der) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    pub fn outside(mut self, algorithm: Der) -> Self {
        self.outside = Some(algorithm);
        self
    }

    pub fn signed_with(mut self, signature: Der) -> Self {
        self.signature = Some(signature);
        self
    }

    pub fn permitting(self, subtrees: &[Der]) -> Self {
        self.with(NAME_CONSTRAINTS, true, constraints(Some(subtrees), None))
    }

    pub fn excluding(self, subtrees: &[Der]) -> Self {
        self.with(NAME_CONSTRAINTS, true, constraints(None, Some(subtrees)))
    }

    pub fn self_signed(self) -> Arc<Certified> {
        self.build(None)
    }

    pub fn under(self, issuer: &Arc<Certified>) -> Arc<Certified> {
        self.build(Some(issuer))
    }

    fn build(self, issuer: Option<&Arc<Certified>>) -> Arc<Certified> {
        let spki = self.spki.clone().unwrap_or_else(|| self.key.spki());
        let issuer_key = issuer.map_or(&self.key, |issuer| &issuer.key);
        let issuer_spki = issuer.map_or(&spki, |issuer| &issuer.spki);
        let own_issuer = issuer.map_or_else(|| self.subject.clone(), |issuer| issuer.subject.clone());
        let issuer_name = self.issuer.clone().unwrap_or(own_issuer);
        let hash = issuer_key.natural_hash();
        let algorithm = self.algorithm.clone().unwrap_or_else(|| issuer_key.signature_alg(hash));
        let version = (self.version > 1).then(|| ctx(0, [int(self.version - 1)]));
        let fields = [
            self.serial.clone(),
            algorithm.clone(),
            issuer_name.clone(),
            seq([der::time(self.from), der::time(self.to)]),
            self.subject.clone(),
            spki.clone(),
        ];
        let written = |one: &Extension| {
            let value = match &one.value {
                Value::Written(value) => value.clone(),
                Value::OwnKey => octets(&identifier(&spki)),
                Value::IssuerKey => seq([ctx_prim(0, &identifier(issuer_spki))]),
            };
            extension(one.id, one.critical, value)
        };
        let extensions = (!self.extensions.is_empty()).then(|| ctx(3, [seq(self.extensions.iter().map(written))]));
        let tbs = seq(version.into_iter().chain(fields).chain(extensions));
        let signature = self.signature.clone().unwrap_or_else(|| issuer_key.sign(hash, &tbs));
        let outside = self.outside.clone().unwrap_or(algorithm);
        Arc::new(Certified {
            common_name: String::new(),
            der: seq([tbs, outside, bits(&signature)]),
            key: self.key,
            subject: self.subject,
            issuer_name,
            serial: self.serial,
            spki,
            slug: "limbo".into(),
            issuer: issuer.cloned(),
            published_at: None,
        })
    }
}

/// A key's identifier. How it is made is the issuer's choice (RFC 5280 4.2.1.2).
pub fn identifier(spki: &[u8]) -> Vec<u8> {
    Hash::Sha1.of(spki)
}

/// basicConstraints of an authority.
pub fn ca(path_len: Option<u64>) -> Der {
    seq([boolean(true)].into_iter().chain(path_len.map(int)))
}

/// basicConstraints of everybody else.
pub fn no_ca() -> Der {
    seq([])
}

pub fn usages(ids: &[&str]) -> Der {
    seq(ids.iter().map(|id| oid(id)))
}

// GeneralNames.

pub fn dns(host: &str) -> Der {
    ctx_prim(2, host.as_bytes())
}

pub fn email(address: &str) -> Der {
    ctx_prim(1, address.as_bytes())
}

pub fn uri(address: &str) -> Der {
    retag(0x86, &ia5(address))
}

pub fn ip(octets: &[u8]) -> Der {
    ctx_prim(7, octets)
}

/// A distinguished name of one common name.
pub fn directory(common_name: &str) -> Der {
    ctx(4, [name(&[(CN, utf8(common_name))])])
}

pub fn hosts(names: &[&str]) -> Der {
    seq(names.iter().map(|host| dns(host)))
}

pub fn mailboxes(addresses: &[&str]) -> Der {
    seq(addresses.iter().map(|address| email(address)))
}

/// nameConstraints.
pub fn constraints(permitted: Option<&[Der]>, excluded: Option<&[Der]>) -> Der {
    let list = |number: u8, bases: &[Der]| ctx(number, bases.iter().map(|base| seq([base.clone()])));
    seq(permitted
        .map(|bases| list(0, bases))
        .into_iter()
        .chain(excluded.map(|bases| list(1, bases))))
}
