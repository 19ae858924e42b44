//! `kind = "eyservis"`: PTT's e-Yazışma service.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::mailbox::decryption::{DecryptionConfig, one_or_many};
pub use crate::mailbox::soap::problem::{KnownCode, Retry};

/// A mailbox that is reached over PTT's SOAP service (`kind = "eyservis"`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EyServisConfig {
    /// The name in the register, in alarms and on the command line. No default.
    pub name: String,
    /// KEP address of the institution; goes into `kepHesap`. No default.
    pub address: String,
    /// The service. Only https. Default: PTT's.
    #[serde(default = "url")]
    pub url: String,
    /// PEM file; when set, only certificates under these authorities are trusted. Default: empty, the system's authorities.
    #[serde(default)]
    pub ca_file: PathBuf,
    /// File with the national id number of the transaction officer (işlem yetkilisi). No default.
    pub tcno_file: PathBuf,
    /// File with the first of the officer's two secrets. No default.
    pub parola_file: PathBuf,
    /// File with the second. No default.
    pub sifre_file: PathBuf,
    /// File into which `mailboxes login NAME --otp` writes what the login yields, and from which downloads take it. Default: empty, no login.
    #[serde(default)]
    pub login_file: PathBuf,
    /// Folders that are watched, as the service calls them. Default: `["INBOX"]`.
    #[serde(default = "inbox")]
    pub folders: Vec<String>,
    /// Folders of what the institution sent, as the service calls them (`INBOX.Sent`, `OUTBOX`): registered as sent, their evidence followed
    /// per recipient. Nothing is acknowledged or deleted there. Default: none.
    #[serde(default)]
    pub sent_folders: Vec<String>,
    /// How long between two looks. Default: `5m`.
    #[serde(default = "interval", with = "crate::clock::duration")]
    pub interval: Duration,
    /// Which query is used. Default: `PaketSorgula2`.
    #[serde(default)]
    pub query: Query,
    /// How far back each query reaches again: at least the longest outage that nobody notices. Default: `3d`.
    #[serde(default = "overlap", with = "crate::clock::duration")]
    pub overlap: Duration,
    /// The longest time that one query spans. Default: `31d`.
    #[serde(default = "window", with = "crate::clock::duration")]
    pub window: Duration,
    /// First day to walk from on the first run, `2026-01-05`. Default: empty, only `overlap`.
    #[serde(default, with = "optional_date")]
    pub backfill_from: Option<Date>,
    /// Whether dates are sent with their offset (`+03:00`). Default: false, local time.
    #[serde(default)]
    pub offset: bool,
    /// Whether the evidence of each message is fetched too. Default: true.
    #[serde(default = "yes")]
    pub evidence: bool,
    /// How often a message's evidence is asked for. Default: `12h`.
    #[serde(default = "evidence_interval", with = "crate::clock::duration")]
    pub evidence_interval: Duration,
    /// How long after it was first seen. Default: `7d`.
    #[serde(default = "evidence_for", with = "crate::clock::duration")]
    pub evidence_for: Duration,
    /// AlindiOnay for what is registered and proved durable. It is legally loaded. Default: false.
    #[serde(default)]
    pub acknowledge: bool,
    /// PaketSil this long after a message was fetched. Default: empty, never. Needs `delete_backup`.
    #[serde(default, with = "optional_duration")]
    pub delete_after: Option<Duration>,
    /// The folder of `backup` in which a message must stand, with its bytes, before it is deleted on the server.
    #[serde(default)]
    pub delete_backup: PathBuf,
    /// What the number of KotaSorgula means, which the service does not say. Default: `unknown`, and then there is no quota alarm.
    #[serde(default)]
    pub quota_means: QuotaMeans,
    /// The box's size in bytes. Default: 100 MiB, to which PTT falls back at each renewal.
    #[serde(default = "quota_bytes")]
    pub quota_bytes: u64,
    /// Credit (kontör) below which it is an alarm; 0 switches it off. Default: 50.
    #[serde(default = "low_credit")]
    pub low_credit: u64,
    /// How long quota and credit hold before they are asked for again. Default: `1h`.
    #[serde(default = "quota_interval", with = "crate::clock::duration")]
    pub quota_interval: Duration,
    /// Time for name resolution, TCP and TLS. Default: `30s`.
    #[serde(default = "connect_timeout", with = "crate::clock::duration")]
    pub connect_timeout: Duration,
    /// Time without a byte from the server. Default: `2m`.
    #[serde(default = "silence_timeout", with = "crate::clock::duration")]
    pub silence_timeout: Duration,
    /// Time for one whole exchange. Default: `10m`, the provider's own.
    #[serde(default = "timeout", with = "crate::clock::duration")]
    pub timeout: Duration,
    /// Bytes of one answer on the wire. Default: 64 MiB.
    #[serde(default = "reply_bytes")]
    pub reply_bytes: u64,
    /// What the service's error numbers mean, as the operator learnt it. Default: none; every error is tried again.
    #[serde(default)]
    pub codes: Vec<KnownCode>,
    /// The keys that open what comes encrypted: one table or a list of them. Default: none.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub decryption: Vec<DecryptionConfig>,
}

impl EyServisConfig {
    /// Every folder that is asked for: of received and of sent mail.
    pub fn all_folders(&self) -> impl Iterator<Item = &String> {
        self.folders.iter().chain(&self.sent_folders)
    }
}

/// The service's three queries; the first answers in parallel columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Query {
    PaketSorgula,
    #[default]
    PaketSorgula2,
    PaketSorgula3,
}

/// What KotaSorgula's number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuotaMeans {
    #[default]
    Unknown,
    Used,
    Left,
}

fn url() -> String {
    "https://ws.hs01.kep.tr/KepEYazismaV1.1/KepEYazismaCOREWSDL.php".to_owned()
}

fn inbox() -> Vec<String> {
    vec!["INBOX".to_owned()]
}

fn yes() -> bool {
    true
}

fn interval() -> Duration {
    Duration::from_secs(5 * 60)
}

fn overlap() -> Duration {
    Duration::from_secs(3 * 86_400)
}

fn window() -> Duration {
    Duration::from_secs(31 * 86_400)
}

fn evidence_interval() -> Duration {
    Duration::from_secs(12 * 3_600)
}

fn evidence_for() -> Duration {
    Duration::from_secs(7 * 86_400)
}

fn quota_bytes() -> u64 {
    100 << 20
}

fn low_credit() -> u64 {
    50
}

fn quota_interval() -> Duration {
    Duration::from_secs(3_600)
}

fn connect_timeout() -> Duration {
    Duration::from_secs(30)
}

fn silence_timeout() -> Duration {
    Duration::from_secs(120)
}

fn timeout() -> Duration {
    Duration::from_secs(600)
}

fn reply_bytes() -> u64 {
    64 << 20
}

/// A day, or nothing as an empty string: `backfill_from = ""`.
pub(in crate::mailbox) mod optional_date {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || serde::de::Error::custom(format!("'{text}' is not a day; write it as 2026-01-05"));
        text.parse().map(Some).map_err(|_| wrong())
    }

    pub fn serialize<S: Serializer>(date: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&date.map(|date| date.to_string()).unwrap_or_default())
    }
}

/// A duration, or nothing as an empty string.
mod optional_duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::clock::{format_duration, parse_duration};

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        let text = String::deserialize(from)?;
        match text.is_empty() {
            true => Ok(None),
            false => parse_duration(&text).map(Some).map_err(serde::de::Error::custom),
        }
    }

    pub fn serialize<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&duration.map(format_duration).unwrap_or_default())
    }
}
