//! `[alert]`: who is told what, over which channel, how often.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::{Time, time};
use serde::{Deserialize, Serialize};

use super::job::Channel;
use super::notice::{Cause, Level};
use super::sms::provider::Provider;
use crate::secret::{Secret, SecretError, SecretFolder};
use crate::text::Lang;

/// `[alert]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertConfig {
    /// Language of SMS texts and e-mail subjects: `tr` (default) or `en`. The body of an e-mail always carries both.
    pub language: Lang,
    /// The group that hears what names no group, or a group that does not exist. Default `default`.
    pub default_group: String,
    /// `[[alert.group]]`: who hears what. Default: nobody.
    pub group: Vec<Group>,
    /// Turkish wall-clock time of the daily report. Default 08:30.
    pub daily_report: Time,
    /// Turkish wall-clock time by which each mailbox must have been checked on a business day. Default 10:00.
    pub daily_check: Time,
    /// When no SMS is sent unless it is critical. Default 22:00 to 07:00; equal times mean never.
    pub quiet_hours: QuietHours,
    /// Per cause: after one notice, others of the same cause, key and groups are counted and told together when this is over.
    /// `0s` switches the throttle off. Default: see [`AlertConfig::throttle_of`].
    pub throttle: BTreeMap<Cause, Period>,
    /// `[alert.email]`.
    pub email: EmailConfig,
    /// `[alert.sms]`.
    pub sms: SmsConfig,
    /// `[alert.webhook]`.
    pub webhook: WebhookConfig,
}

impl Default for AlertConfig {
    fn default() -> Self {
        Self {
            language: Lang::Tr,
            default_group: "default".to_owned(),
            group: Vec::new(),
            daily_report: time(8, 30, 0, 0),
            daily_check: time(10, 0, 0, 0),
            quiet_hours: QuietHours::default(),
            throttle: BTreeMap::new(),
            email: EmailConfig::default(),
            sms: SmsConfig::default(),
            webhook: WebhookConfig::default(),
        }
    }
}

impl AlertConfig {
    /// How long notices of one cause are held together.
    pub fn throttle_of(&self, cause: Cause) -> Duration {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        if let Some(period) = self.throttle.get(&cause) {
            return period.0;
        }
        Duration::from_secs(match cause {
            Cause::NewDocument => 10 * MINUTE,
            // A sender that hears of a failed delivery may still send again: not to be held long.
            Cause::NegativeEvidence => 15 * MINUTE,
            Cause::Signature | Cause::Quarantine => 30 * MINUTE,
            Cause::MissingMessage
            | Cause::Disk
            | Cause::ChainBroken
            | Cause::Loss
            | Cause::Recovery
            | Cause::DaemonDead
            | Cause::Configuration => HOUR,
            Cause::DeemedReadNear | Cause::ApplicationTerm | Cause::MissingEvidence | Cause::ReadingTimeOut => 4 * HOUR,
            Cause::AuthenticationFailure | Cause::MailboxFailing | Cause::DecryptionKey | Cause::Undelivered => 6 * HOUR,
            Cause::PowerEnding => 20 * HOUR,
            Cause::Quota | Cause::Credit | Cause::DailyCheckMissed | Cause::OrphanEvidence => 20 * HOUR,
            Cause::DailyReport | Cause::DocumentRegistered | Cause::VerdictChanged | Cause::Test => 0,
        })
    }

    pub(super) fn group(&self, name: &str) -> Option<&Group> {
        self.group.iter().find(|group| group.name == name)
    }

    /// True when nobody would hear anything: worth a warning at start.
    pub fn is_silent(&self) -> bool {
        self.webhook.url.is_empty()
            && self
                .group
                .iter()
                .all(|group| group.email.to.is_empty() && group.sms.to.is_empty() && group.webhook.to.is_empty())
    }
}

/// `[[alert.group]]`: people who hear the same things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The name that routing rules use.
    pub name: String,
    /// E-mail addresses; by default from level `note` up.
    #[serde(default)]
    pub email: Route,
    /// Mobile numbers; by default from level `warning` up.
    #[serde(default)]
    pub sms: Route,
    /// Addresses of webhooks; by default from level `note` up.
    #[serde(default)]
    pub webhook: Route,
}

impl Group {
    pub(super) fn routes(&self) -> [(Channel, &Route); 3] {
        [
            (Channel::Email, &self.email),
            (Channel::Sms, &self.sms),
            (Channel::Webhook, &self.webhook),
        ]
    }
}

/// Who of a group hears what over one channel.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// Addresses, numbers or URLs.
    pub to: Vec<String>,
    /// The lowest level that goes here. Default: as the channel says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Only these causes; empty (default) = all.
    pub causes: Vec<Cause>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { to, level, causes } = self;
        write!(f, "Route({} recipients, from {level:?}, only {causes:?})", to.len())
    }
}

/// Times of day, Turkish wall clock; `from` may be later than `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuietHours {
    pub from: Time,
    pub to: Time,
}

impl Default for QuietHours {
    fn default() -> Self {
        Self {
            from: time(22, 0, 0, 0),
            to: time(7, 0, 0, 0),
        }
    }
}

/// A duration in the configuration's form: `30s`, `5m`, `12h`, `1d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Period(#[serde(with = "crate::clock::duration")] pub Duration);

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// TLS after STARTTLS; never goes on without it.
    Starttls,
    /// Plain text; wants `allow_plaintext = true`.
    None,
}

/// `[alert.email]`: the SMTP account that alerts go out through. It must not be a watched mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmailConfig {
    /// Name of the SMTP server; empty (default) = no e-mail.
    pub host: String,
    /// Default: 465 for `tls`, 587 for `starttls`, 25 for `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `tls` (default), `starttls` or `none`.
    pub security: Security,
    /// Needed by `security = "none"`. Default false.
    pub allow_plaintext: bool,
    /// PEM file of the authorities that may sign the server's certificate, instead of the system's. Default: the system's.
    pub ca_file: PathBuf,
    /// Account name; empty (default) = no login.
    pub user: String,
    /// Secret file with the password.
    pub password_file: PathBuf,
    /// Sender address.
    pub from: String,
    /// The name that EHLO gives. Default: the domain of `from`.
    pub hello_name: String,
    /// How long one delivery may take. Default 60s.
    #[serde(with = "crate::clock::duration")]
    pub timeout: Duration,
}

impl Default for EmailConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: None,
            security: Security::Tls,
            allow_plaintext: false,
            ca_file: PathBuf::new(),
            user: String::new(),
            password_file: PathBuf::new(),
            from: String::new(),
            hello_name: String::new(),
            timeout: Duration::from_secs(60),
        }
    }
}

impl EmailConfig {
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Tls => 465,
            Security::Starttls => 587,
            Security::None => 25,
        })
    }
}

/// `[alert.sms]`: the SMS gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmsConfig {
    /// Name of a preset (netgsm, iletimerkezi, mutlucell, …) or `custom`; empty (default) = no SMS.
    pub provider: String,
    /// Account name, or the key where the gateway wants key and hash.
    pub user: String,
    /// Secret file with the password or hash.
    pub password_file: PathBuf,
    /// Başlık: the sender title that the operator approved.
    pub sender: String,
    /// Send Turkish letters as they are (fewer characters per SMS). Default false: ç becomes c, ğ becomes g, and so on.
    pub turkish: bool,
    /// Replaces scheme, host and port of the preset's addresses, e.g. `https://test.example`. Default: the preset's.
    pub endpoint: String,
    /// Permits http addresses: account, numbers and text cross the network readable. Default false.
    pub allow_plaintext: bool,
    /// PEM file of the authorities that may sign the server's certificate, instead of the system's. Default: the system's.
    pub ca_file: PathBuf,
    /// Values for `{param:name}` in the provider's templates, e.g. a brand code. Not for secrets.
    pub params: BTreeMap<String, String>,
    /// How long one delivery may take. Default 30s.
    #[serde(with = "crate::clock::duration")]
    pub timeout: Duration,
    /// `[alert.sms.custom]`: a gateway without a preset, in the form of the files in `src/alert/presets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Box<Provider>>,
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self {
            provider: String::new(),
            user: String::new(),
            password_file: PathBuf::new(),
            sender: String::new(),
            turkish: false,
            endpoint: String::new(),
            allow_plaintext: false,
            ca_file: PathBuf::new(),
            params: BTreeMap::new(),
            timeout: Duration::from_secs(30),
            custom: None,
        }
    }
}

/// `[alert.webhook]`: signed JSON to other programs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookConfig {
    /// An address that hears what the default group hears, beside those in the groups. Default: none.
    pub url: String,
    /// Secret file with the key of the HMAC-SHA256 signature. Needed as soon as there is an address.
    pub secret_file: PathBuf,
    /// Permits http addresses. Default false.
    pub allow_plaintext: bool,
    /// PEM file of the authorities that may sign the server's certificate, instead of the system's. Default: the system's.
    pub ca_file: PathBuf,
    /// How long one delivery may take. Default 30s.
    #[serde(with = "crate::clock::duration")]
    pub timeout: Duration,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            secret_file: PathBuf::new(),
            allow_plaintext: false,
            ca_file: PathBuf::new(),
            timeout: Duration::from_secs(30),
        }
    }
}

/// A webhook's path often is its password, so the address is not printed.
impl std::fmt::Debug for WebhookConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookConfig({})", if self.url.is_empty() { "none" } else { "…" })
    }
}

/// The secrets of the channels, read once at start and at each reload.
#[derive(Debug, Clone, Default)]
pub struct AlertSecrets {
    pub smtp: Option<Secret>,
    pub sms: Option<Secret>,
    pub webhook: Option<Secret>,
}

impl AlertSecrets {
    /// Reads the secret files that the configuration names.
    ///
    /// # Errors
    /// A file is missing, unreadable or empty.
    pub fn read(config: &AlertConfig, folder: &SecretFolder) -> Result<Self, SecretError> {
        let read = |file: &Path| match file.as_os_str().is_empty() {
            true => Ok(None),
            false => folder.read(file).map(Some),
        };
        Ok(Self {
            smtp: read(&config.email.password_file)?,
            sms: read(&config.sms.password_file)?,
            webhook: read(&config.webhook.secret_file)?,
        })
    }
}
