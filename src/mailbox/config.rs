//! One `[[mailbox]]` table of the configuration: where a mailbox is and how it is treated.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::decryption::{DecryptionConfig, one_or_many};
use super::eyservis::config::EyServisConfig;
use super::turkkep::config::TurkkepConfig;

/// One mailbox, told apart by `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum MailboxConfig {
    Imap(ImapConfig),
    Folder(FolderConfig),
    EyServis(EyServisConfig),
    Turkkep(TurkkepConfig),
}

/// An IMAP mailbox (`kind = "imap"`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImapConfig {
    /// The name in the register, in alarms and on the command line. No default.
    pub name: String,
    /// KEP address of the institution (KEP adresi). No default.
    pub address: String,
    /// Host name of the server; the certificate must carry it. No default.
    pub host: String,
    /// Port. Default: 993 for `tls`, 143 for `starttls` and `none`.
    #[serde(default)]
    pub port: Option<u16>,
    /// `tls`, `starttls` or `none`. Default: `tls`.
    #[serde(default)]
    pub security: Security,
    /// Must be true for `security = "none"`: the password and every message then cross the network readable. Default: false.
    #[serde(default)]
    pub allow_plaintext: bool,
    /// PEM file; when set, only certificates under these authorities are trusted. Default: empty, the system's authorities.
    #[serde(default)]
    pub ca_file: PathBuf,
    /// Login name. No default.
    pub user: String,
    /// File that holds the password on its first line. No default.
    pub password_file: PathBuf,
    /// Folders that are watched, by their readable names. Default: `["INBOX"]`.
    #[serde(default = "inbox")]
    pub folders: Vec<String>,
    /// Folders of what the institution sent (Gönderilmiş): registered as sent, their evidence followed per recipient. Nothing is marked or
    /// deleted there. Default: none.
    #[serde(default)]
    pub sent_folders: Vec<String>,
    /// How long between two looks into the mailbox. Default: `5m`.
    #[serde(default = "interval", with = "crate::clock::duration")]
    pub interval: Duration,
    /// Whether to wait with IDLE where the server offers it. Default: true.
    #[serde(default = "yes")]
    pub idle: bool,
    /// What happens on the server with a message that is durable here: `nothing`, `seen` or `delete`. Default: `nothing`.
    #[serde(default)]
    pub after_fetch: AfterFetch,
    /// Time for name resolution, TCP, TLS and the greeting together. Default: `30s`.
    #[serde(default = "connect_timeout", with = "crate::clock::duration")]
    pub connect_timeout: Duration,
    /// Time without a byte from the server after which the session is given up. Default: `60s`.
    #[serde(default = "command_timeout", with = "crate::clock::duration")]
    pub command_timeout: Duration,
    /// Messages that one FETCH command asks for. Default: 100.
    #[serde(default = "batch_messages")]
    pub batch_messages: usize,
    /// Announced bytes that one FETCH command asks for. Default: 8 MiB.
    #[serde(default = "batch_bytes")]
    pub batch_bytes: u64,
    /// Fetched bytes that may wait for the rest of the gateway; one larger message may stand above it. Default: 16 MiB.
    #[serde(default = "buffer_bytes")]
    pub buffer_bytes: u64,
    /// Logins that may follow each other at once; a server that accepts and then fails is not hammered. Default: 10.
    #[serde(default = "login_burst")]
    pub login_burst: u32,
    /// Time after which one more login is allowed. Default: `30s`.
    #[serde(default = "login_refill", with = "crate::clock::duration")]
    pub login_refill: Duration,
    /// How long a quota answer holds before the server is asked again. Default: `1h`.
    #[serde(default = "quota_interval", with = "crate::clock::duration")]
    pub quota_interval: Duration,
    /// The keys that open what comes encrypted: one table or a list of them. Default: none.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub decryption: Vec<DecryptionConfig>,
}

/// How the way to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// TLS after the STARTTLS command; nothing is sent before it.
    Starttls,
    /// No protection; needs `allow_plaintext = true`.
    None,
}

/// What happens on the server once a message is durable here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AfterFetch {
    /// The server is left as found.
    #[default]
    Nothing,
    /// The message is marked as seen.
    Seen,
    /// The message is deleted, alone, with UID EXPUNGE (needs UIDPLUS).
    Delete,
}

/// A folder into which an operator or another program drops files, or a Maildir (`kind = "folder"`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderConfig {
    /// The name in the register, in alarms and on the command line. No default.
    pub name: String,
    /// KEP address of the institution, where the folder stands for one. Default: empty.
    #[serde(default)]
    pub address: String,
    /// The folder; a Maildir when it has `cur` and `new`. No default.
    pub path: PathBuf,
    /// Whether the folder holds what the institution sent, and not what it received. Default: false.
    #[serde(default)]
    pub sent: bool,
    /// How long between two looks into the folder. Default: `5m`; a change of the folder is noticed at once where the file system tells.
    #[serde(default = "interval", with = "crate::clock::duration")]
    pub interval: Duration,
    /// How long a dropped file must have stood still before it is taken. Default: `2s`. A Maildir needs none.
    #[serde(default = "settle", with = "crate::clock::duration")]
    pub settle: Duration,
    /// The keys that open what comes encrypted: one table or a list of them. Default: none.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub decryption: Vec<DecryptionConfig>,
}

impl MailboxConfig {
    pub fn name(&self) -> &str {
        match self {
            Self::Imap(imap) => &imap.name,
            Self::Folder(folder) => &folder.name,
            Self::EyServis(service) => &service.name,
            Self::Turkkep(service) => &service.name,
        }
    }

    /// The KEP address of the institution; empty for a folder that stands for none.
    pub fn address(&self) -> &str {
        match self {
            Self::Imap(imap) => &imap.address,
            Self::Folder(folder) => &folder.address,
            Self::EyServis(service) => &service.address,
            Self::Turkkep(service) => &service.address,
        }
    }

    /// How long between two looks.
    pub fn interval(&self) -> Duration {
        match self {
            Self::Imap(imap) => imap.interval,
            Self::Folder(folder) => folder.interval,
            Self::EyServis(service) => service.interval,
            Self::Turkkep(service) => service.interval,
        }
    }

    /// The server that must not be used to announce news about this mailbox.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Imap(imap) => Some(&imap.host),
            // The provider's service takes no mail.
            Self::Folder(_) | Self::EyServis(_) | Self::Turkkep(_) => None,
        }
    }
}

impl MailboxConfig {
    /// Whether what lies in this folder was sent by the institution.
    pub fn holds_sent(&self, folder: &str) -> bool {
        let named = |folders: &[String]| folders.iter().any(|name| name == folder);
        match self {
            Self::Imap(imap) => named(&imap.sent_folders),
            Self::EyServis(service) => named(&service.sent_folders),
            Self::Folder(drop) => drop.sent,
            // Which of its calls lists what was sent is not publicly known.
            Self::Turkkep(_) => false,
        }
    }

    /// Whether anything is to be done on the server with what is registered.
    pub fn acknowledges(&self) -> bool {
        match self {
            Self::Imap(imap) => imap.after_fetch != AfterFetch::Nothing,
            Self::EyServis(service) => service.acknowledge,
            Self::Folder(_) | Self::Turkkep(_) => false,
        }
    }

    /// After which age what is registered may be deleted on the server, and the backup that must hold it.
    pub fn removal(&self) -> Option<(Duration, &std::path::Path)> {
        match self {
            Self::EyServis(service) => service.delete_after.map(|after| (after, service.delete_backup.as_path())),
            Self::Imap(_) | Self::Folder(_) | Self::Turkkep(_) => None,
        }
    }

    /// The account on the server.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Imap(imap) => Some(&imap.user),
            Self::Folder(_) | Self::EyServis(_) | Self::Turkkep(_) => None,
        }
    }

    /// The keys that open what comes encrypted to this mailbox.
    pub fn decryption(&self) -> &[DecryptionConfig] {
        match self {
            Self::Imap(imap) => &imap.decryption,
            Self::Folder(folder) => &folder.decryption,
            Self::EyServis(service) => &service.decryption,
            Self::Turkkep(service) => &service.decryption,
        }
    }

    /// The files that hold the secrets of the account.
    pub fn secret_files(&self) -> Vec<&std::path::Path> {
        match self {
            Self::Imap(imap) => vec![&imap.password_file],
            Self::Folder(_) => Vec::new(),
            Self::EyServis(service) => vec![&service.tcno_file, &service.parola_file, &service.sifre_file],
            Self::Turkkep(service) => vec![&service.password_file],
        }
    }

    /// The file of the authorities that alone are trusted, where one is named.
    pub fn authorities(&self) -> Option<&std::path::Path> {
        match self {
            Self::Imap(imap) => Some(&imap.ca_file),
            Self::Folder(_) => None,
            Self::EyServis(service) => Some(&service.ca_file),
            Self::Turkkep(service) => Some(&service.ca_file),
        }
    }

    /// A folder of this machine that must be there, and its key.
    pub fn folder_named(&self) -> Option<(&'static str, &std::path::Path)> {
        match self {
            Self::Imap(_) => None,
            Self::Folder(folder) => Some(("path", &folder.path)),
            Self::EyServis(service) => Some(("delete_backup", &service.delete_backup)),
            Self::Turkkep(service) => Some(("requests", &service.requests)),
        }
    }

    /// Paths that may be relative to the configuration file. Secret files are found by their own rule.
    pub fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        let (mut paths, keys) = match self {
            Self::Imap(imap) => (vec![&mut imap.ca_file], &mut imap.decryption),
            Self::Folder(folder) => (vec![&mut folder.path], &mut folder.decryption),
            Self::EyServis(service) => (
                vec![&mut service.ca_file, &mut service.login_file, &mut service.delete_backup],
                &mut service.decryption,
            ),
            Self::Turkkep(service) => (vec![&mut service.ca_file, &mut service.requests], &mut service.decryption),
        };
        paths.extend(keys.iter_mut().map(|key| &mut key.pkcs11_module));
        paths
    }
}

impl ImapConfig {
    /// Every folder that is listed: of received and of sent mail.
    pub fn all_folders(&self) -> impl Iterator<Item = &String> {
        self.folders.iter().chain(&self.sent_folders)
    }

    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Tls => 993,
            Security::Starttls | Security::None => 143,
        })
    }
}

fn inbox() -> Vec<String> {
    vec!["INBOX".to_owned()]
}

fn interval() -> Duration {
    Duration::from_secs(5 * 60)
}

fn yes() -> bool {
    true
}

fn connect_timeout() -> Duration {
    Duration::from_secs(30)
}

fn command_timeout() -> Duration {
    Duration::from_secs(60)
}

fn batch_messages() -> usize {
    100
}

fn batch_bytes() -> u64 {
    8 << 20
}

fn buffer_bytes() -> u64 {
    16 << 20
}

fn login_burst() -> u32 {
    10
}

fn login_refill() -> Duration {
    Duration::from_secs(30)
}

fn quota_interval() -> Duration {
    Duration::from_secs(60 * 60)
}

fn settle() -> Duration {
    Duration::from_secs(2)
}

#[cfg(test)]
mod config_tests {
    use super::*;

    const SMALLEST: &str = r#"
        name = "evrak"
        kind = "imap"
        address = "kurum@hs01.kep.tr"
        host = "mail.example"
        user = "evrak"
        password_file = "evrak.password"
    "#;

    #[test]
    fn the_smallest_table_takes_every_default() {
        let config: MailboxConfig = toml::from_str(SMALLEST).unwrap();
        let MailboxConfig::Imap(imap) = &config else { panic!("kind") };
        assert_eq!(
            (imap.port(), imap.security, imap.after_fetch),
            (993, Security::Tls, AfterFetch::Nothing)
        );
        assert_eq!((imap.folders.as_slice(), imap.idle), (["INBOX".to_owned()].as_slice(), true));
        assert_eq!(config.interval(), Duration::from_secs(300));
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        let config: MailboxConfig = toml::from_str(SMALLEST).unwrap();
        let shown = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<MailboxConfig>(&shown).unwrap(), config);
    }

    #[test]
    fn unknown_keys_and_kinds_are_refused() {
        assert!(toml::from_str::<MailboxConfig>(&format!("{SMALLEST}\npasword = \"x\"")).is_err());
        assert!(toml::from_str::<MailboxConfig>("name = \"x\"\nkind = \"pop3\"").is_err());
    }
}
