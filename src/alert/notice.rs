//! What is to be told. A notice carries no subject lines, names of persons, identity numbers or content.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Why people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    NewDocument,
    /// A signature is invalid, or could not be verified.
    Signature,
    Quarantine,
    MissingMessage,
    AuthenticationFailure,
    /// A mailbox could not be reached for longer than it may.
    MailboxFailing,
    Quota,
    DailyCheckMissed,
    DeemedReadNear,
    OrphanEvidence,
    NegativeEvidence,
    Disk,
    ChainBroken,
    DaemonDead,
    DailyReport,
    /// `alerts test`.
    Test,
}

/// How loud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Note,
    Warning,
    Critical,
}

/// One thing that people must hear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub cause: Cause,
    /// Notices of one cause with the same key are throttled together, e.g. a mailbox name or a register number.
    pub key: String,
    pub level: Level,
    pub at: Timestamp,
    /// One line: subject of the e-mail, whole text of the SMS.
    pub title: Text,
    /// What happened, why, what to do next.
    pub body: Text,
    /// Machine-readable facts for the webhook: register number, mailbox, counts. No personal data.
    pub facts: BTreeMap<String, String>,
    /// Names of recipient groups from the configuration; empty = the default group.
    pub groups: Vec<String>,
}
