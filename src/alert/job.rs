//! One delivery to one recipient: what the outbox keeps until it is done.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notice::{Level, Notice};
use crate::hash::Sha256;

/// The ways to a person or program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Email,
    Sms,
    Webhook,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Webhook];

    /// The lowest level that goes over this channel when a route says nothing: a telephone must not ring for each document.
    pub fn default_level(self) -> Level {
        match self {
            Self::Email | Self::Webhook => Level::Note,
            Self::Sms => Level::Warning,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
        })
    }
}

/// An e-mail address, a mobile number or a webhook address. Personal or secret, so it prints masked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recipient(String);

impl Recipient {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The address itself, to deliver to.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, rest)) = self.0.split_once("://") {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            return write!(f, "{}/…", host.rsplit('@').next().unwrap_or_default());
        }
        if let Some((local, domain)) = self.0.rsplit_once('@') {
            let first: String = local.chars().take(1).collect();
            return write!(f, "{first}…@{domain}");
        }
        let tail: String = self.0.chars().skip(self.0.chars().count().saturating_sub(2)).collect();
        write!(f, "…{tail}")
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Names a job for ever: the same notice to the same recipient has the same id, however often it is planned or sent.
/// It is the Message-ID of the e-mail and a header of the webhook, so that a receiver can drop repetitions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(String);

impl JobId {
    pub(super) fn of(notice: &Notice, channel: Channel, recipient: &Recipient) -> Self {
        // Lengths before the fields, so that no two lists of fields give the same bytes.
        let mut bytes = Vec::new();
        for field in [
            notice.cause.name().as_str(),
            &notice.key,
            &notice.at.to_string(),
            &notice.title.tr,
            &notice.title.en,
            &channel.to_string(),
            recipient.reveal(),
        ] {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        // 128 bits: enough that two jobs never meet.
        Self(Sha256::of(&bytes).to_string().chars().take(32).collect())
    }

    /// A number that is different for each job and attempt, for spreading retries without a source of randomness.
    pub(super) fn spread(&self, attempt: u32) -> u64 {
        let digest = Sha256::of(format!("{}/{attempt}", self.0).as_bytes());
        digest.0.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// To whom a notice goes, and when first. The journal keeps these beside the notice, so that its text is kept once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: JobId,
    pub channel: Channel,
    pub recipient: Recipient,
    pub due: Timestamp,
}

/// One notice on its way to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub notice: Notice,
    pub channel: Channel,
    pub recipient: Recipient,
    /// When it was planned.
    pub created: Timestamp,
    /// Counted before each attempt, so that an attempt that killed the process counts.
    pub attempts: u32,
    pub next_attempt: Timestamp,
    /// When the last attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Timestamp>,
    pub state: JobState,
}

impl Job {
    pub fn new(notice: &Notice, delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.clone(),
            notice: notice.clone(),
            channel: delivery.channel,
            recipient: delivery.recipient.clone(),
            created: notice.at,
            attempts: 0,
            next_attempt: delivery.due,
            tried: None,
            state: JobState::Waiting { problem: None },
        }
    }
}

impl Job {
    /// True while it still wants an attempt.
    pub fn is_open(&self) -> bool {
        matches!(self.state, JobState::Waiting { .. })
    }

    /// The HTTP status of the last attempt, where it came to one.
    pub fn status_code(&self) -> Option<u16> {
        let said = match &self.state {
            JobState::Waiting { problem } => problem.as_deref()?,
            JobState::Delivered { receipt, .. } => receipt,
            JobState::GivenUp { problem, .. } => problem,
        };
        let digits = said.strip_prefix("HTTP ")?.get(..3)?;
        digits.parse().ok().filter(|status| (100..600).contains(status))
    }
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum JobState {
    Waiting {
        /// Why the last attempt failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    Delivered {
        at: Timestamp,
        receipt: String,
    },
    GivenUp {
        at: Timestamp,
        problem: String,
    },
}
