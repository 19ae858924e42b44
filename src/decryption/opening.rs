//! What the ciphertexts of one message come to: opened with a key at hand, or left as they are with the reason.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::codes;
use super::content::decrypt;
use super::enveloped::{Cipher, Enveloped, Recipient, RecipientId, Unreadable};
use super::holder::{Held, HolderError, KeyHolder};
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

/// A plaintext with what the register says of it.
#[derive(Debug, Clone)]
pub struct Opened {
    pub record: OpenedRecord,
    pub plaintext: Bytes,
}

/// The opener of one message.
pub struct Opening {
    holders: Vec<Arc<dyn KeyHolder>>,
    /// Opened at an earlier examination: no key is needed again.
    kept: Vec<Opened>,
    at: Timestamp,
    depth: u32,
    max_bytes: u64,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    asked: usize,
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
        self.done.lock().unwrap_or_else(PoisonError::into_inner).opened.len()
    }

    /// Those that were opened since there were `before`, in their order.
    pub fn since(&self, before: usize) -> Vec<Opened> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.opened.iter().skip(before).cloned().collect()
    }

    fn is_one_more_allowed(&self) -> bool {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.asked += 1;
        done.asked <= OPENED
    }

    fn keep(&self, opened: Opened) -> Answer {
        let answer = Answer {
            plaintext: Some(opened.plaintext.clone()),
            findings: opened.record.findings.clone(),
        };
        self.done.lock().unwrap_or_else(PoisonError::into_inner).opened.push(opened);
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
        let mut findings = Vec::new();
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
                    .filter(|plaintext| enveloped.authenticated.is_some() || is_plausible(plaintext, inside));
                if let Some(plaintext) = plaintext {
                    return Ok((Success::of(own, recipient, &enveloped), plaintext));
                }
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        Err(one(match (tries, unsupported(&enveloped)) {
            (0, Some(names)) => codes::UNSUPPORTED.detailed(place, names),
            (0, None) => codes::NOT_FOR_US.detailed(place, addressed(&enveloped)),
            _ => codes::UNDECRYPTABLE.at(place),
        }))
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
            Recipient::Unsupported(name) => name.clone(),
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
        let (Recipient::Transport { id, .. } | Recipient::Agreement { id, .. }) = recipient else {
            continue;
        };
        found.extend(held.iter().filter(|held| held.is(id)).map(|held| (recipient, held)));
    }
    found
}

fn content_key(
    holder: &dyn KeyHolder,
    held: &Held,
    recipient: &Recipient<'_>,
    cipher: &Cipher,
) -> Result<Option<Zeroizing<Vec<u8>>>, HolderError> {
    match recipient {
        Recipient::Transport { transport, encrypted, .. } => holder.transported(held, transport, encrypted, cipher.key_length()).map(Some),
        Recipient::Agreement { agreement, encrypted, .. } => {
            let secret = holder.agreed(held, &agreement.point)?;
            Ok(secret.and_then(|secret| agreement.unwrap(&secret, encrypted)))
        }
        Recipient::Unsupported(_) => Ok(None),
    }
}

/// What an unauthenticated cipher yields with a wrong key passes its padding once in 256 times. What is inside says whether it is anything.
fn is_plausible(plaintext: &[u8], inside: Inside) -> bool {
    match inside {
        Inside::Package => plaintext.starts_with(b"PK\x03\x04"),
        Inside::Mail => {
            plaintext.is_empty() || sniff::is_mail(plaintext) || sniff::content(plaintext) != sniff::Content::Other || is_text(plaintext)
        }
    }
}

/// Beginning like text: a MIME entity may have no header at all.
fn is_text(plaintext: &[u8]) -> bool {
    let head = plaintext.get(..256).unwrap_or(plaintext);
    head.iter().all(|octet| *octet >= 0x20 || matches!(octet, b'\t' | b'\r' | b'\n'))
}

/// Names of what no recipient of this kind can be opened by, where there is nothing else.
fn unsupported(enveloped: &Enveloped<'_>) -> Option<String> {
    let names: Vec<&str> = enveloped
        .recipients
        .iter()
        .filter_map(|recipient| match recipient {
            Recipient::Unsupported(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    (!names.is_empty() && names.len() == enveloped.recipients.len()).then(|| names.into_iter().take(4).collect::<Vec<_>>().join(", "))
}

/// Serial numbers of the first recipients, so that somebody can tell whose certificate it was.
fn addressed(enveloped: &Enveloped<'_>) -> String {
    let ids = enveloped.recipients.iter().filter_map(|recipient| match recipient {
        Recipient::Transport { id, .. } | Recipient::Agreement { id, .. } => Some(match id {
            RecipientId::IssuerSerial { serial, .. } => hex::encode(serial),
            RecipientId::KeyIdentifier(identifier) => hex::encode(identifier),
        }),
        Recipient::Unsupported(_) => None,
    });
    ids.take(4).collect::<Vec<_>>().join(", ")
}
