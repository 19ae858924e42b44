//! What the ciphertexts of one message come to: opened with a key at hand, or left as they are with the reason.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::codes;
use super::content::decrypt;
use super::enveloped::{Cipher, Enveloped, Recipient, RecipientId, Unreadable};
use super::holder::{Held, HolderError, KeyHolder, KeyKind};
use crate::finding::Finding;
use crate::hash::Sha256;
use crate::limits::Limits;
use crate::message::codes::Code;
use crate::message::sniff;
use crate::opener::{Answer, Inside, Opener};
use crate::register::entry::OpenedRecord;

/// Ciphertexts that one message may have opened. Each costs a token some operations.
const OPENED: usize = 32;

/// Tries that one ciphertext may cost: recipients that are ours, over all holders.
const TRIES: usize = 8;

/// How the files begin that institutions encrypt as they are, without a MIME entity around them, beside those that the message stage knows:
/// JPEG, PNG, GIF, TIFF, Office before 2007, RAR, 7z, gzip, and text in UTF-16.
const FILES: [&[u8]; 11] = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"\xff\xfe",
    b"\xfe\xff",
];

/// A plaintext with what the register says of it.
#[derive(Clone)]
pub struct Opened {
    pub record: OpenedRecord,
    pub plaintext: Bytes,
}

/// Without content: it must not reach a log.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("record", &self.record).finish_non_exhaustive()
    }
}

/// The opener of one message.
pub struct Opening {
    holders: Vec<Arc<dyn KeyHolder>>,
    /// Opened at an earlier examination: no key is needed again.
    kept: Vec<Opened>,
    at: Timestamp,
    depth: u32,
    /// Of one ciphertext, and of all plaintexts of the message together: a content of the sender's choosing packs well in the ZIP around it, so
    /// the size of the message bounds neither.
    max_bytes: u64,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    asked: usize,
    bytes: u64,
    opened: Vec<Opened>,
}

impl Opening {
    pub fn new(holders: Vec<Arc<dyn KeyHolder>>, kept: Vec<Opened>, at: Timestamp, limits: &Limits) -> Self {
        Self {
            holders,
            kept,
            at,
            depth: limits.cms_depth,
            max_bytes: limits.message_bytes,
            done: Mutex::default(),
        }
    }

    /// How many were opened so far.
    pub fn count(&self) -> usize {
        self.done().opened.len()
    }

    /// Those that were opened since there were `before`, in their order.
    pub fn since(&self, before: usize) -> Vec<Opened> {
        self.done().opened.iter().skip(before).cloned().collect()
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_one_more_allowed(&self) -> bool {
        let mut done = self.done();
        done.asked += 1;
        done.asked <= OPENED
    }

    fn has_room_for(&self, bytes: usize) -> bool {
        self.done().bytes.saturating_add(bytes as u64) <= self.max_bytes
    }

    fn keep(&self, opened: Opened) -> Answer {
        let answer = Answer {
            plaintext: Some(opened.plaintext.clone()),
            findings: opened.record.findings.clone(),
        };
        let mut done = self.done();
        done.bytes = done.bytes.saturating_add(opened.plaintext.len() as u64);
        done.opened.push(opened);
        answer
    }

    fn try_to_open(&self, cms: &[u8], inside: Inside, place: &str) -> Result<(Success, Vec<u8>), Vec<Finding>> {
        let one = |finding: Finding| vec![finding];
        if cms.len() as u64 > self.max_bytes {
            return Err(one(codes::TOO_LARGE.at(place)));
        }
        let enveloped = Enveloped::parse(cms, self.depth).map_err(|unreadable| {
            one(match unreadable {
                Unreadable::Malformed => codes::MALFORMED.at(place),
                Unreadable::Unsupported(name) => codes::UNSUPPORTED.detailed(place, name),
            })
        })?;
        if self.holders.is_empty() {
            return Err(one(codes::NO_KEY.at(place)));
        }
        if !self.has_room_for(enveloped.content.content.len()) {
            return Err(one(codes::TOO_LARGE.at(place)));
        }
        let mut findings = Vec::new();
        let mut unknown = BTreeSet::new();
        let mut tries = 0;
        for holder in &self.holders {
            let mut complain = |error: &HolderError| findings.push(complaint(error, place));
            let held = match holder.certificates() {
                Ok(held) => held,
                Err(error) => {
                    complain(&error);
                    continue;
                }
            };
            for (recipient, own) in ours(&enveloped, &held) {
                if let Recipient::Unsupported { name, .. } = recipient {
                    unknown.insert(name.as_str());
                    continue;
                }
                tries += 1;
                if tries > TRIES {
                    break;
                }
                let key = match content_key(&**holder, own, recipient, &enveloped.cipher) {
                    Ok(key) => key,
                    Err(error) => {
                        complain(&error);
                        continue;
                    }
                };
                // One answer for a key that does not fit, a padding, a tag and a content that is none of what it must be.
                let plaintext = key
                    .and_then(|key| decrypt(&enveloped, &key))
                    .filter(|plaintext| is_certain(&enveloped, recipient, inside) || is_plausible(plaintext, inside));
                if let Some(plaintext) = plaintext {
                    return Ok((Success::of(own, recipient, &enveloped), plaintext));
                }
            }
        }
        if findings.is_empty() {
            findings.push(refusal(&enveloped, tries, unknown, place));
        }
        Err(findings)
    }
}

impl Opener for Opening {
    fn open(&self, cms: &Bytes, inside: Inside, place: &str) -> Answer {
        if !self.is_one_more_allowed() {
            return closed(codes::TOO_MANY.at(place));
        }
        let ciphertext = (!self.kept.is_empty()).then(|| Sha256::of(cms));
        if let Some(kept) = self.kept.iter().find(|kept| Some(kept.record.ciphertext) == ciphertext) {
            return self.keep(kept.clone());
        }
        let (success, plaintext) = match self.try_to_open(cms, inside, place) {
            Ok(opened) => opened,
            Err(findings) => {
                return Answer { plaintext: None, findings };
            }
        };
        let plaintext = Bytes::from(plaintext);
        self.keep(Opened {
            record: OpenedRecord {
                place: place.to_owned(),
                ciphertext: Sha256::of(cms),
                sha256: Sha256::of(&plaintext),
                size: plaintext.len() as u64,
                certificate: success.certificate,
                subject: success.subject.clone(),
                serial: success.serial.clone(),
                method: success.method.clone(),
                authenticated: success.authenticated,
                opened_at: self.at,
                findings: success.findings(place),
            },
            plaintext,
        })
    }
}

/// By whose key, and how.
struct Success {
    certificate: Sha256,
    subject: String,
    serial: String,
    method: String,
    authenticated: bool,
    is_weak: bool,
}

impl Success {
    fn of(held: &Held, recipient: &Recipient<'_>, enveloped: &Enveloped<'_>) -> Self {
        let way = match recipient {
            Recipient::Transport { transport, .. } => transport.name(),
            Recipient::Agreement { agreement, .. } => format!("ECDH {}", agreement.digest.name()),
            Recipient::Unsupported { name, .. } => name.clone(),
        };
        Self {
            certificate: held.sha256,
            subject: held.subject.clone(),
            serial: held.serial_shown.clone(),
            method: format!("{way}, {}", enveloped.cipher.name()),
            authenticated: enveloped.authenticated.is_some(),
            is_weak: matches!(enveloped.cipher, Cipher::Des3Cbc { .. }),
        }
    }

    fn findings(&self, place: &str) -> Vec<Finding> {
        let by = format!("{}, {}, {}", self.subject, self.serial, self.method);
        let plain = |code: Code| code.at(place);
        let mut findings = vec![codes::OPENED.detailed(place, by)];
        findings.extend((!self.authenticated).then(|| plain(codes::UNAUTHENTICATED)));
        findings.extend(self.is_weak.then(|| plain(codes::WEAK_CIPHER)));
        findings
    }
}

fn closed(finding: Finding) -> Answer {
    Answer {
        plaintext: None,
        findings: vec![finding],
    }
}

fn complaint(error: &HolderError, place: &str) -> Finding {
    let code = match error {
        HolderError::Unavailable(_) => codes::HOLDER_UNAVAILABLE,
        HolderError::Refused(_) => codes::HOLDER_REFUSED,
    };
    let text = error.text();
    let (tr, en) = (format!("{} ({})", code.tr, text.tr), format!("{} ({})", code.en, text.en));
    Finding::new(code.rule, code.severity, place, tr, en)
}

/// The recipients that a holder has the key of, with the certificate.
fn ours<'e, 'h>(enveloped: &'e Enveloped<'_>, held: &'h [Held]) -> Vec<(&'e Recipient<'e>, &'h Held)> {
    let mut found = Vec::new();
    for recipient in &enveloped.recipients {
        let Some(id) = recipient.id() else { continue };
        found.extend(held.iter().filter(|held| held.is(id)).map(|held| (recipient, held)));
    }
    found
}

/// What is of another kind or size than the key is not put to its holder: a token answers that with errors of its own, as if it had failed.
fn content_key(
    holder: &dyn KeyHolder,
    held: &Held,
    recipient: &Recipient<'_>,
    cipher: &Cipher,
) -> Result<Option<Zeroizing<Vec<u8>>>, HolderError> {
    match (recipient, held.kind) {
        (Recipient::Transport { transport, encrypted, .. }, KeyKind::Rsa { size }) if encrypted.len() == size => {
            holder.transported(held, transport, encrypted, cipher.key_length()).map(Some)
        }
        (Recipient::Agreement { agreement, encrypted, .. }, KeyKind::Ec { .. }) => {
            let secret = holder.agreed(held, &agreement.point)?;
            Ok(secret.and_then(|secret| agreement.unwrap(&secret, encrypted)))
        }
        _ => Ok(None),
    }
}

/// The key was proved: by the tag, or by the check inside the key wrap. A package must still be one, or it would be told as damaged only when
/// it is read.
fn is_certain(enveloped: &Enveloped<'_>, recipient: &Recipient<'_>, inside: Inside) -> bool {
    enveloped.authenticated.is_some() || (inside == Inside::Mail && matches!(recipient, Recipient::Agreement { .. }))
}

/// What an unauthenticated cipher yields with a wrong key passes its padding once in 256 times. What is inside says whether it is anything.
fn is_plausible(plaintext: &[u8], inside: Inside) -> bool {
    match inside {
        Inside::Package => plaintext.starts_with(b"PK\x03\x04"),
        Inside::Mail => {
            plaintext.is_empty()
                || sniff::is_mail(plaintext)
                || sniff::content(plaintext) != sniff::Content::Other
                || FILES.iter().any(|beginning| plaintext.starts_with(beginning))
                || is_text(plaintext)
        }
    }
}

/// Beginning like text: a MIME entity may have no header at all.
fn is_text(plaintext: &[u8]) -> bool {
    let head = plaintext.get(..256).unwrap_or(plaintext);
    head.iter().all(|octet| *octet >= 0x20 || matches!(octet, b'\t' | b'\r' | b'\n'))
}

/// Why it stays closed although every key could be asked. `unknown`: the methods by which it is encrypted to us and that are not supported.
fn refusal(enveloped: &Enveloped<'_>, tries: usize, unknown: BTreeSet<&str>, place: &str) -> Finding {
    if tries > 0 {
        return codes::UNDECRYPTABLE.at(place);
    }
    if !unknown.is_empty() {
        return codes::UNSUPPORTED.detailed(place, listed(unknown));
    }
    if enveloped.more {
        return codes::UNSUPPORTED.detailed(place, format!("RecipientInfo > {}", enveloped.recipients.len()));
    }
    match unsupported(enveloped) {
        Some(names) => codes::UNSUPPORTED.detailed(place, names),
        None => codes::NOT_FOR_US.detailed(place, addressed(enveloped)),
    }
}

/// The first few of a list that a sender may make as long as he likes.
fn listed(names: impl IntoIterator<Item = impl Into<String>>) -> String {
    names.into_iter().take(4).map(Into::into).collect::<Vec<_>>().join(", ")
}

/// Names of what no recipient of this kind can be opened by, where there is nothing else.
fn unsupported(enveloped: &Enveloped<'_>) -> Option<String> {
    let names: Vec<&str> = enveloped
        .recipients
        .iter()
        .filter_map(|recipient| match recipient {
            Recipient::Unsupported { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    (!names.is_empty() && names.len() == enveloped.recipients.len()).then(|| listed(names))
}

/// Serial numbers of the first recipients, so that somebody can tell whose certificate it was.
fn addressed(enveloped: &Enveloped<'_>) -> String {
    listed(enveloped.recipients.iter().filter_map(Recipient::id).map(|id| match id {
        RecipientId::IssuerSerial { serial, .. } => hex::encode(serial),
        RecipientId::KeyIdentifier(identifier) => hex::encode(identifier),
    }))
}

#[cfg(test)]
#[path = "opening_tests.rs"]
mod opening_tests;
