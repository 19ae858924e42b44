//! Who holds private keys. A holder says which certificates it has the keys of and makes the two operations that only the key can make; the
//! key stays with it.

use std::cmp::Ordering;

use jiff::Timestamp;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::x509::{X509, X509Name, X509NameRef};
use zeroize::Zeroizing;

use super::enveloped::{RecipientId, Transport};
use super::padding::Key;
use crate::hash::Sha256;
use crate::text::Text;

/// Why a holder did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HolderError {
    /// A file that is not there, a token that is not plugged in: worth another try.
    Unavailable(Text),
    /// The password or PIN is wrong. Not tried again with the same one.
    Refused(Text),
}

impl HolderError {
    pub fn text(&self) -> &Text {
        match self {
            Self::Unavailable(text) | Self::Refused(text) => text,
        }
    }
}

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Octets of the modulus.
    Rsa { size: usize },
    /// The curve, and the octets of a coordinate.
    Ec { curve: Nid, field: usize },
}

/// A certificate whose private key the holder has.
#[derive(Debug, Clone)]
pub struct Held {
    pub sha256: Sha256,
    pub subject: String,
    /// Hexadecimal.
    pub serial_shown: String,
    /// Nobody should encrypt to it after this; what was encrypted before is opened as long as the key is there.
    pub until: Timestamp,
    pub kind: KeyKind,
    /// How the holder finds the key again.
    pub handle: Vec<u8>,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    key_identifier: Option<Vec<u8>>,
}

impl Held {
    /// `None`: not a certificate, or of a kind of key that no CMS recipient has here.
    pub fn of(der: &[u8], handle: Vec<u8>) -> Option<Self> {
        let certificate = X509::from_der(der).ok()?;
        let key = certificate.public_key().ok()?;
        let kind = match key.id() {
            Id::RSA => KeyKind::Rsa { size: key.size() },
            Id::EC => {
                let key = key.ec_key().ok()?;
                KeyKind::Ec {
                    curve: key.group().curve_name()?,
                    field: usize::try_from(key.group().degree()).ok()?.div_ceil(8),
                }
            }
            _ => return None,
        };
        let serial = certificate.serial_number().to_bn().ok()?;
        Some(Self {
            sha256: Sha256::of(der),
            subject: shown(certificate.subject_name()),
            serial_shown: hex::encode(serial.to_vec()),
            until: time_of(certificate.not_after())?,
            kind,
            handle,
            issuer: certificate.issuer_name().to_der().ok()?,
            serial: serial.to_vec(),
            key_identifier: certificate.subject_key_id().map(|id| id.as_slice().to_vec()),
        })
    }

    /// Whether a recipient is this certificate.
    pub fn is(&self, recipient: &RecipientId) -> bool {
        match recipient {
            RecipientId::KeyIdentifier(identifier) => self.key_identifier.as_ref() == Some(identifier),
            RecipientId::IssuerSerial { issuer, serial } => {
                without_sign(serial) == without_sign(&self.serial) && (*issuer == self.issuer || is_same_name(issuer, &self.issuer))
            }
        }
    }
}

fn time_of(time: &Asn1TimeRef) -> Option<Timestamp> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    Timestamp::from_second(i64::from(since.days) * 86_400 + i64::from(since.secs)).ok()
}

/// The common name, or the organisation where there is none: certificates of institutions.
fn shown(name: &X509NameRef) -> String {
    let entry = |nid| name.entries_by_nid(nid).next()?.data().to_string().ok();
    let found = entry(Nid::COMMONNAME).or_else(|| entry(Nid::ORGANIZATIONNAME));
    found.unwrap_or_default()
}

fn without_sign(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

/// Senders write a name anew in another string type; RFC 5280 7.1 compares what it says.
fn is_same_name(left: &[u8], right: &[u8]) -> bool {
    match (X509Name::from_der(left), X509Name::from_der(right)) {
        (Ok(left), Ok(right)) => left.try_cmp(&right).is_ok_and(|order| order == Ordering::Equal),
        _ => false,
    }
}

/// Holds private keys and uses them when asked.
pub trait KeyHolder: Send + Sync {
    /// What it is called where it is set up: a file or a token.
    fn name(&self) -> String;

    /// The certificates whose keys it has.
    ///
    /// # Errors
    /// It cannot be reached or refuses the password.
    fn certificates(&self) -> Result<Vec<Held>, HolderError>;

    /// The same, looked at anew as at a start: a key that is still in memory or in an open session says nothing of the next start.
    ///
    /// # Errors
    /// As [`KeyHolder::certificates`]; what was reached before is used on.
    fn looked_at(&self) -> Result<Vec<Held>, HolderError>;

    /// The content key of `length` octets that RSA carries. What does not fit yields a random key of that length: see [`super::padding`].
    ///
    /// # Errors
    /// As [`KeyHolder::certificates`]; never for what was sent.
    fn transported(&self, held: &Held, transport: &Transport, encrypted: &[u8], length: usize) -> Result<Key, HolderError>;

    /// The ECDH shared secret with the sender's point. `None`: the point is not on the key's curve.
    ///
    /// # Errors
    /// As [`KeyHolder::certificates`].
    fn agreed(&self, held: &Held, point: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, HolderError>;
}

/// There is no randomness on this machine.
pub(super) fn no_randomness() -> HolderError {
    HolderError::Unavailable(Text::new("makine rastgele sayı veremiyor", "the machine has no randomness to give"))
}
