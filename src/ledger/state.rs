//! What the fold remembers: the shapes of the values in the index.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{CheckFailed, FoundEvidence};
use crate::hash::Sha256;
use crate::mailbox::{FolderState, Locator, Quota};
use crate::register::entry::{RegisterNumber, Sighting};
use crate::text::Text;

/// Where a listed message stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum LocatorState {
    /// Listed, no bytes yet.
    Seen { at: Timestamp },
    Fetched {
        sha256: Sha256,
        acknowledged: bool,
        /// Deleted on the server.
        #[serde(default)]
        removed: bool,
    },
}

/// A message that the server listed and has not delivered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hole {
    pub mailbox: String,
    pub locator: Locator,
    pub since: Timestamp,
    /// The last thing the server said about it; `None` = it was not asked for yet.
    pub problem: Option<Text>,
}

/// A message whose bytes are durable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MessageState {
    /// Counts the messages of this store in the order in which they became durable: they are registered in this order.
    pub order: u64,
    pub mailbox: String,
    pub size: u64,
    pub arrived: Option<Timestamp>,
    pub fetched_at: Timestamp,
    /// How often work on it was begun.
    pub attempts: u32,
    pub sightings: Vec<Sighting>,
    /// Empty until it is registered.
    pub numbers: Vec<RegisterNumber>,
}

/// An entry whose verdict may become another by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub number: RegisterNumber,
    pub since: Timestamp,
    /// When the grace period ends; before, nothing can be final.
    pub after: Option<Timestamp>,
    /// Something is missing that can be fetched.
    pub lacks: bool,
    /// It is encrypted and a key that comes, or comes back, may open it.
    #[serde(default)]
    pub closed: bool,
}

/// What is known of a mailbox.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MailboxState {
    pub last_check: Option<Timestamp>,
    pub folders: Vec<FolderState>,
    pub listed: u64,
    pub quota: Option<Quota>,
    pub quota_at: Option<Timestamp>,
    /// The failure that stands, if the last try failed.
    pub failure: Option<CheckFailed>,
    pub failing_since: Option<Timestamp>,
    /// What lies there and was not taken: how many, and the first of them in a sentence each.
    #[serde(default)]
    pub not_taken: u64,
    #[serde(default)]
    pub not_taken_files: Vec<Text>,
}

/// The checks of one mailbox on one day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DayOfChecks {
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub checks: u64,
    pub new: u64,
    /// As the last check of the day found it, where the server says: what a trend is taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
}

/// One evidence document and what it is linked to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EvidenceState {
    pub found: FoundEvidence,
    pub in_message: Sha256,
    pub seen_at: Timestamp,
    pub numbers: Vec<RegisterNumber>,
    /// Which link key fitted first.
    pub linked_by: Option<String>,
    /// The entries among those that came after it: people heard of it when it came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waited_for: Vec<RegisterNumber>,
}
