//! What does this delil prove about which message? Parse, link, timeline per recipient.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::hash::Sha256;

pub mod codes;
mod gate;
mod link;
mod names;
mod read;
mod timeline;

#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod read_tests;
#[cfg(test)]
mod timeline_tests;

pub use link::{LinkKey, id_keys, kep_id_keys, link_keys, message_keys};
pub use names::{Outcome, kind_of_root, kind_of_type_id, label};
pub use read::{parse, parties_of};
pub use timeline::{LegalMoment, Progress, RecipientState, Timeline, legal_moment, legal_moment_of};

/// The nine root elements of ETSI TS 102 640-2, under every spelling met in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    Submission,
    RelayAcceptance,
    RelayFailure,
    Delivery,
    Download,
    Retrieval,
    RecipientDecision,
    ToNonRem,
    FromNonRem,
}

/// One delil, read leniently: schema errors are notes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Of the XML as received.
    pub sha256: Sha256,
    pub kind: EvidenceKind,
    /// The fragment of the EventCode URI: Acceptance, Rejection, Delivery, …
    pub event: Option<String>,
    pub reasons: Vec<EvidenceReason>,
    /// PTT's DelilTurID where the pair of kind and event has one: 10, 11, 20, 21, 31, 40, 41, 60.
    pub type_id: Option<u16>,
    pub identifier: Option<String>,
    pub event_time: Option<Timestamp>,
    pub submission_time: Option<Timestamp>,
    /// Name or address of the issuing provider.
    pub issuer: Option<String>,
    pub sender: Option<String>,
    pub recipients: Vec<String>,
    /// The recipient this evidence is about, when it is about one.
    pub recipient: Option<String>,
    /// MessageIdentifierByREMMD, without angle brackets.
    pub provider_message_id: Option<String>,
    /// UAMessageIdentifier, without angle brackets.
    pub original_message_id: Option<String>,
    /// ds:DigestMethod and ds:DigestValue (hex) of the original message.
    pub digest: Option<MessageDigest>,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceReason {
    /// ETSI's number, 1-22, where the name is known.
    pub code: Option<u8>,
    pub name: String,
    pub details: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDigest {
    pub algorithm: String,
    pub value: String,
}
