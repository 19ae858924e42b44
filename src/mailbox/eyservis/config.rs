//! `kind = "eyservis"`: PTT's e-Yazışma service.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::mailbox::decryption::{DecryptionConfig, one_or_many};
pub use crate::mailbox::soap::problem::{KnownCode, Retry};
use crate::mailbox::soap::table;

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
    #[serde(default = "table::interval", with = "crate::clock::duration")]
    pub interval: Duration,
    /// Which query is used. Default: `PaketSorgula2`.
    #[serde(default)]
    pub query: Query,
    /// How far back each query reaches again: at least the longest outage that nobody notices. Default: `3d`.
    #[serde(default = "table::overlap", with = "crate::clock::duration")]
    pub overlap: Duration,
    /// The longest time that one query spans. Default: `31d`.
    #[serde(default = "table::window", with = "crate::clock::duration")]
    pub window: Duration,
    /// First day to walk from on the first run, `2026-01-05`. Default: empty, only `overlap`.
    #[serde(default, with = "table::optional_date")]
    pub backfill_from: Option<Date>,
    /// Whether dates are sent with their offset (`+03:00`). Default: false, local time.
    #[serde(default)]
    pub offset: bool,
    /// Whether the evidence of each message is fetched too. Default: true.
    #[serde(default = "table::yes")]
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
    #[serde(default, with = "table::optional_duration")]
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
    #[serde(default = "table::connect_timeout", with = "crate::clock::duration")]
    pub connect_timeout: Duration,
    /// Time without a byte from the server. Default: `2m`.
    #[serde(default = "table::silence_timeout", with = "crate::clock::duration")]
    pub silence_timeout: Duration,
    /// Time for one whole exchange. Default: `10m`, the provider's own.
    #[serde(default = "table::timeout", with = "crate::clock::duration")]
    pub timeout: Duration,
    /// Bytes of one answer on the wire. Default: 64 MiB.
    #[serde(default = "table::reply_bytes")]
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
