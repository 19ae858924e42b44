//! One line of the register, in the shape of the JSON contract. It is the body of the journal record that gives it its number.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::envelope::Document;
use crate::finding::Finding;
use crate::hash::Sha256;
use crate::mailbox::Locator;
use crate::message::MessageKind;
use crate::signature::cause;
use crate::signature::report::{Indication, SubIndication, Verdict};
use crate::text::Text;

/// Evrak kayıt numarası: `YYYY/NNNNNN`, gap-free within a year. The configured prefix is added where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegisterNumber {
    pub year: i16,
    pub number: u32,
}

impl fmt::Display for RegisterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}/{:06}", self.year, self.number)
    }
}

/// The text is not `YYYY/NNNNNN`.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a register number; write it as 2026/000001")]
pub struct NotRegisterNumber(String);

impl FromStr for RegisterNumber {
    type Err = NotRegisterNumber;

    fn from_str(text: &str) -> Result<Self, NotRegisterNumber> {
        let wrong = || NotRegisterNumber(text.chars().take(40).collect());
        let (year, number) = text.rsplit_once('/').ok_or_else(wrong)?;
        let year = year.get(year.len().saturating_sub(4)..).ok_or_else(wrong)?;
        Ok(Self {
            year: year.parse().map_err(|_| wrong())?,
            number: number.parse().map_err(|_| wrong())?,
        })
    }
}

impl Serialize for RegisterNumber {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RegisterNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A register entry. Several packages in one message are several entries that share their message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub register_number: RegisterNumber,
    pub registered_at: Timestamp,
    /// Name of the mailbox where it was first seen.
    pub mailbox: String,
    pub message: MessageRecord,
    /// The package (`.eyp`) that this entry stands for, as it lay in the message.
    #[serde(default)]
    pub package: Option<PartRecord>,
    pub document: Option<Document>,
    pub verdict: Option<Verdict>,
    pub findings: Vec<Finding>,
    pub evidence: Vec<EvidenceRecord>,
    pub deadlines: Vec<Deadline>,
    /// Stable lower-case words; see [`flag`].
    pub flags: BTreeSet<String>,
    /// Where the routing rules sent it.
    pub unit: Option<String>,
    pub labels: BTreeSet<String>,
    /// Access level 0 (open) to 4 (top secret), from the security code.
    pub access: u8,
    pub state: State,
    /// Who did what, oldest first.
    #[serde(default)]
    pub history: Vec<Handling>,
    /// The verdicts before the present one, oldest first.
    #[serde(default)]
    pub earlier_verdicts: Vec<EarlierVerdict>,
    /// What of it came encrypted and was opened here: the way from each ciphertext to the plaintext that the store keeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opened: Vec<OpenedRecord>,
}

impl Entry {
    /// The bytes are gone by an executed disposal list; everything that the journal says of it stays.
    pub fn is_disposed(&self) -> bool {
        self.flags.contains(flag::DISPOSED)
    }

    /// The verdict may become another by itself, and the gateway still tries.
    pub fn awaits_data(&self) -> bool {
        if self.is_disposed() {
            return false;
        }
        let awaits = self.verdict.as_ref().is_some_and(Verdict::awaits_data);
        awaits && !self.findings.iter().any(|finding| finding.rule == cause::GAVE_UP.code)
    }
}

impl Entry {
    /// Login of the person to whom it was assigned last; `None` where that was a unit as a whole, or nobody.
    pub fn assignee(&self) -> Option<&str> {
        self.history.iter().rev().find_map(|handling| match &handling.action {
            Action::Assigned { person, .. } => Some(person.as_deref()),
            _ => None,
        })?
    }

    /// The unit that people assigned it to, whatever the routing rules said.
    pub fn assigned_unit(&self) -> Option<&str> {
        self.history.iter().rev().find_map(|handling| match &handling.action {
            Action::Assigned { unit, .. } => unit.as_deref(),
            _ => None,
        })
    }

    /// The number under which the EBYS took it over, the last one given.
    pub fn transferred_as(&self) -> Option<&str> {
        self.history.iter().rev().find_map(|handling| match &handling.action {
            Action::Transferred { number } => Some(number.as_str()),
            _ => None,
        })
    }

    /// No EBYS took it over yet, and it is something to take over. What we sent came from there.
    pub fn awaits_transfer(&self) -> bool {
        self.state != State::NotRecorded && self.transferred_as().is_none() && !self.is_sent() && !self.is_disposed()
    }

    /// Giden: the institution sent it.
    pub fn is_sent(&self) -> bool {
        self.flags.contains(flag::SENT)
    }

    /// A sent message of which another copy is followed.
    pub fn is_copy(&self) -> bool {
        self.findings.iter().any(|finding| finding.rule == super::sent::COPY_RULE)
    }

    /// Nobody opened it yet, and somebody should: what we sent is no news, and who says who may see it has not read it.
    pub fn awaits_opening(&self) -> bool {
        let is_untouched = self.history.iter().all(|deed| matches!(deed.action, Action::Access { .. }));
        is_untouched && !self.is_sent()
    }

    /// Somebody opened it, on the record.
    pub fn was_opened(&self) -> bool {
        self.history.iter().any(|deed| deed.action == Action::Opened)
    }

    /// A person set the access level.
    pub fn has_access_by_hand(&self) -> bool {
        self.history.iter().any(|deed| matches!(deed.action, Action::Access { .. }))
    }

    pub fn direction(&self) -> Direction {
        if self.is_sent() { Direction::Outgoing } else { Direction::Incoming }
    }
}

/// Gelen or giden: a stable word of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Incoming,
    Outgoing,
}

/// A verdict that a later one took the place of. Its report stands in the journal, in the record that gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierVerdict {
    /// `None`: nobody could read the message then.
    pub indication: Option<Indication>,
    pub sub_indication: Option<SubIndication>,
    /// When it was given.
    pub at: Timestamp,
    /// When the message was examined again.
    pub replaced_at: Timestamp,
    pub why: Why,
    #[serde(default)]
    pub asker: Asker,
}

/// Why a message that has its number was examined again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A person asked for it.
    Operator,
    /// It could not be read, or not be judged, and the gateway tries once more by itself.
    Retry,
    /// Revocation data came that was not there before.
    Revocation,
    /// The anchors changed.
    Trust,
}

/// Who asked for something, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The name that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The account on this machine, as the system vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

/// One thing that a person did with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    pub by: String,
    pub at: Timestamp,
    pub state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The account on this machine that it was done from, as the system vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// What was done. Early records hold only openings.
    #[serde(default)]
    pub action: Action,
}

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    #[default]
    Opened,
    /// Havale: to a unit, a person (by login), or both.
    Assigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
    },
    Done,
    OnHold,
    /// What was done, held or not recorded is open again.
    Reopened,
    /// Kayda alınmadı; the note is the reason.
    NotRecorded,
    /// Only the note.
    Noted,
    /// Taken over by the EBYS under its own number.
    Transferred {
        number: String,
    },
    /// Erişim düzeyi by hand, 0 open to 4 top secret; the note is the reason.
    Access {
        from: u8,
        to: u8,
    },
}

/// The KEP message of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageRecord {
    pub sha256: Sha256,
    pub kind: MessageKind,
    pub message_id: Option<String>,
    pub original_message_id: Option<String>,
    pub rem_type: Option<String>,
    pub rem_id: Option<String>,
    pub sender: Option<String>,
    pub sender_kep: Option<String>,
    pub recipients: Vec<String>,
    pub subject: Option<String>,
    /// The legal arrival: evidence time, else the provider's date, else when we took it.
    pub received_at: Timestamp,
    /// Which of those it is: `evidence`, `provider-date`, `server`, `fetched`; of a sent message, which went then, also `sender-date`.
    pub received_by: String,
    pub size: u64,
    /// Where and when the same bytes were seen, the first included.
    pub sightings: Vec<Sighting>,
    /// Files beside packages, with their hashes.
    pub attachments: Vec<PartRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    pub mailbox: String,
    pub locator: Locator,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    pub place: String,
    pub name: Option<String>,
    pub mime: String,
    pub size: u64,
    pub sha256: Sha256,
    pub signed: bool,
}

/// Something that came encrypted and was opened with a key of the institution. The plaintext is a blob of its own, and what the entry shows
/// is read from it ever after: the key is not needed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedRecord {
    /// Where the ciphertext lay.
    pub place: String,
    /// Of the ciphertext (CMS), as received.
    pub ciphertext: Sha256,
    /// Of the plaintext: the name of its blob.
    pub sha256: Sha256,
    pub size: u64,
    /// Of the recipient certificate whose key opened it.
    pub certificate: Sha256,
    /// Its common name.
    pub subject: String,
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// `RSA-OAEP SHA-256, AES-256-GCM`.
    pub method: String,
    /// The encryption shows changes (AuthEnvelopedData).
    pub authenticated: bool,
    pub opened_at: Timestamp,
    /// What was said of it, for people.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl OpenedRecord {
    /// It lay inside a package and belongs to that alone, not to the message around several.
    pub fn is_in_package(&self) -> bool {
        self.place.starts_with('/')
    }

    /// A part at this place lay inside of it.
    pub fn holds(&self, place: &str) -> bool {
        place.strip_prefix(&self.place).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// An evidence document linked to this entry's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    pub sha256: Sha256,
    pub kind: String,
    pub event: Option<String>,
    pub event_time: Option<Timestamp>,
    pub recipient: Option<String>,
    pub indication: crate::signature::report::Indication,
    /// Which of the link rules fitted.
    pub linked_by: String,
}

/// A moment by which somebody must act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// `deemed-read`, `deemed-read-early`, `due` (Miat), `urgent` (GNL without a date); see [`super::deadlines::kind`].
    pub kind: String,
    pub at: Timestamp,
    /// Stable rule name.
    pub rule: String,
    /// The law behind the rule.
    #[serde(default)]
    pub law: Text,
    /// What happens then and what to do, for people.
    pub text: Text,
}

/// Where the entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Registered,
    Quarantined,
    Opened,
    Assigned,
    Done,
    OnHold,
    /// Kayda alınmadı, with a reason: never a deletion.
    NotRecorded,
}

/// Flags of an entry.
pub mod flag {
    pub const INVALID_SIGNATURE: &str = "invalid-signature";
    pub const UNVERIFIED: &str = "unverified";
    /// It is closed to us.
    pub const ENCRYPTED: &str = "encrypted";
    /// It came encrypted and was opened here.
    pub const DECRYPTED: &str = "decrypted";
    pub const MALFORMED_PACKAGE: &str = "malformed-package";
    pub const UNCLASSIFIED: &str = "unclassified";
    pub const QUARANTINED: &str = "quarantined";
    pub const DUPLICATE: &str = "duplicate";
    pub const E_TEBLIGAT: &str = "e-tebligat";
    pub const ADDRESS_VERIFICATION: &str = "address-verification";
    pub const UNSIGNED: &str = "unsigned";
    pub const ORPHAN_EVIDENCE: &str = "orphan-evidence";
    pub const NEGATIVE_EVIDENCE: &str = "negative-evidence";
    /// The sender is on no list of known senders, where such a list is kept.
    pub const UNKNOWN_SENDER: &str = "unknown-sender";
    /// Giden: the institution sent it; evidence is followed per recipient, and no deadline of ours runs.
    pub const SENT: &str = "sent";
    /// Must be kept whatever its class says.
    pub const LEGAL_HOLD: &str = "legal-hold";
    /// Its bytes are gone, by a list that was proposed and approved.
    pub const DISPOSED: &str = "disposed";
}
