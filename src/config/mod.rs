//! The configuration file, whole. Every stage owns its part; this puts them together, reads the file and says what is wrong with it.

mod explain;
mod ranges;
mod web;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::alert::config::AlertConfig;
use crate::alert::validate::Watched;
use crate::checklist::folder::ChecklistConfig;
use crate::hash::Sha256;
use crate::limits::Limits;
use crate::mailbox::config::MailboxConfig;
use crate::people::config::PeopleConfig;
use crate::register::config::RegisterConfig;
use crate::register::retention::RetentionConfig;
use crate::register::sent::SentConfig;
use crate::regular_file;
use crate::secret::SecretFolder;
use crate::signature::crypto::algorithms::Constraints;
use crate::signature::online::address::{Hosts, KNOWN_HOSTS, Reach};
use crate::text::{Lang, Text};
pub use web::{MetricsFor, WebConfig};

/// Where the file lies when `--config` does not say.
pub const DEFAULT_PATH: &str = "/etc/kep-gateway/kep-gateway.toml";
/// Longest configuration: thousands of mailboxes fit, and what is longer is another file.
const MAX_BYTES: u64 = 4 << 20;

/// Longer than any mark of an institution before its numbers.
const PREFIX_CHARACTERS: usize = 16;

/// The whole configuration. Every key has a default but the ones marked in the sample file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Language of what people read: `tr` (default) or `en`. `--lang` wins.
    pub language: Lang,
    pub store: StoreConfig,
    pub trust: TrustConfig,
    pub limits: Limits,
    pub mailbox: Vec<MailboxConfig>,
    pub register: RegisterConfig,
    pub retention: RetentionConfig,
    pub sent: SentConfig,
    pub alert: AlertConfig,
    pub daemon: DaemonConfig,
    pub web: WebConfig,
    pub people: PeopleConfig,
    pub checklist: ChecklistConfig,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Index, journal and blobs. `--store DIR` wins. Default `/var/lib/kep-gateway`.
    pub path: PathBuf,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            path: "/var/lib/kep-gateway".into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustConfig {
    /// Trusted roots in PEM or DER; sub-folders `nes muhur kephs tsa` narrow what each is trusted for, and
    /// `kephs/hs01.kep.tr` also for which KEP provider; `trust import` fills them. Default `/etc/kep-gateway/trust`.
    pub anchors: PathBuf,
    /// Certificates of issuers that signatures do not carry. Default: none.
    pub intermediates: PathBuf,
    /// CRL and OCSP responses in DER. Default: none.
    pub revocation: PathBuf,
    /// Fetching of issuers, CRLs and OCSP answers that a verdict lacks, from `hosts`. Default true.
    pub online: bool,
    /// `strict` (default): an algorithm counts only until its date in the law's table and ETSI's. `archive`: for old material whose age is
    /// certain otherwise; the dates do not count, and every verdict says so.
    pub algorithms: Constraints,
    /// Hosts that may be asked, with everything below them. Default: those of the Turkish providers that are known from their certificates.
    pub hosts: Vec<String>,
    /// What was fetched, kept until it is over. Empty (default): `cache/revocation` in the store.
    pub cache: PathBuf,
    /// Permits asking the machine itself, for tests with a certificate provider of their own. Default false.
    pub loopback_for_tests: bool,
    /// How old revocation data may be where no time-stamp fixes the signature's time. Default `1d`.
    #[serde(with = "crate::clock::duration")]
    pub revocation_age: Duration,
}

impl TrustConfig {
    /// How far fetches may lead.
    pub fn reach(&self) -> Reach {
        if self.loopback_for_tests {
            Reach::PublicAndLoopback
        } else {
            Reach::Public
        }
    }
}

impl Default for TrustConfig {
    fn default() -> Self {
        Self {
            anchors: "/etc/kep-gateway/trust".into(),
            intermediates: PathBuf::new(),
            revocation: PathBuf::new(),
            online: true,
            algorithms: Constraints::ByDate,
            hosts: KNOWN_HOSTS.map(str::to_owned).to_vec(),
            cache: PathBuf::new(),
            loopback_for_tests: false,
            revocation_age: Duration::from_secs(86_400),
        }
    }
}

/// Timers and thresholds of the daemon itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DaemonConfig {
    /// Messages that are read and verified at the same time. Default 2.
    pub workers: usize,
    /// Bytes of raw messages in work at the same time: what keeps the memory bounded. Default 48 MiB; a larger message is worked on alone.
    pub work_bytes: u64,
    /// The file whose age the heartbeat timer reads. Empty (default): `heartbeat` in the store.
    pub heartbeat_file: PathBuf,
    /// The socket over which commands reach the running daemon. Empty (default): `control.sock` in the store. At most about 100 bytes long.
    pub control_socket: PathBuf,
    /// How old the heartbeat may become before the timer alarms. Default `10m`.
    #[serde(with = "crate::clock::duration")]
    pub heartbeat_age: Duration,
    /// Free bytes under which the disk alarm is raised. Default 1 GiB.
    pub free_bytes: u64,
    /// How long a mailbox may fail before it is an alarm. Default `1h`.
    #[serde(with = "crate::clock::duration")]
    pub failing_for: Duration,
    /// How often the daemon walks the chain and every blob in the background. Default `1d`; `0s` never, then `journal verify` must be run by
    /// other means: damage to what nobody reads is found by nothing else.
    #[serde(with = "crate::clock::duration")]
    pub walk_every: Duration,
}

impl Default for DaemonConfig {
    fn default() -> Self {
        Self {
            workers: 2,
            work_bytes: 48 << 20,
            heartbeat_file: PathBuf::new(),
            control_socket: PathBuf::new(),
            heartbeat_age: Duration::from_secs(600),
            free_bytes: 1 << 30,
            failing_for: Duration::from_secs(3_600),
            walk_every: Duration::from_secs(86_400),
        }
    }
}

/// What is wrong with the configuration, in a sentence that names the place and the cure. Shown in both languages where it must be: the
/// language is a setting too, and the settings could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}", self.text().both())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}", self.text().both())]
    Malformed { path: PathBuf, problem: Text },
    #[error("{}", self.text().both())]
    Wrong(Text),
}

impl ConfigError {
    pub fn text(&self) -> Text {
        match self {
            Self::Unreadable { path, source } => {
                let (path, why) = (path.display(), regular_file::reason(source));
                Text::new(
                    format!("KEP-8001 yapılandırma dosyası {path} okunamadı: {}", why.tr),
                    format!("KEP-8001 the configuration file {path} cannot be read: {}", why.en),
                )
            }
            Self::Malformed { path, problem } => Text::new(
                format!("KEP-8002 {}, {}", path.display(), problem.tr),
                format!("KEP-8002 {}, {}", path.display(), problem.en),
            ),
            Self::Wrong(problem) => Text::new(format!("KEP-8003 {}", problem.tr), format!("KEP-8003 {}", problem.en)),
        }
    }
}

/// A configuration with what belongs to its file.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// `None`: there was no file, everything is the default.
    pub path: Option<PathBuf>,
    /// Where paths in the file start.
    pub folder: PathBuf,
    pub sha256: Sha256,
    pub secrets: SecretFolder,
}

/// Reads the file that was named, or the default one, or takes the defaults where neither is.
///
/// # Errors
/// A named file is missing, or a file does not say what a configuration may say.
pub fn load(named: Option<&Path>) -> Result<Loaded, ConfigError> {
    let path = named
        .map(Path::to_owned)
        .or_else(|| Some(PathBuf::from(DEFAULT_PATH)).filter(|path| path.exists()));
    let Some(path) = path else {
        let (config, folder, sha256) = (Config::default(), PathBuf::from("."), Sha256::of(b""));
        return Ok(Loaded {
            config,
            path: None,
            sha256,
            secrets: SecretFolder::beside(&folder),
            folder,
        });
    };
    let bytes = regular_file::read(&path, MAX_BYTES);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
    let text = text.map_err(|source| ConfigError::Unreadable {
        path: path.clone(),
        source,
    })?;
    let mut config = parse(&text).map_err(|problem| ConfigError::Malformed {
        path: path.clone(),
        problem,
    })?;
    // Absolute, so that what is resolved once stays where it is.
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let folder = std::path::absolute(folder).map_err(|source| ConfigError::Unreadable {
        path: path.clone(),
        source,
    })?;
    config.resolve_paths(&folder);
    config.check().map_err(ConfigError::Wrong)?;
    Ok(Loaded {
        config,
        sha256: Sha256::of(text.as_bytes()),
        secrets: SecretFolder::beside(&folder),
        path: Some(path),
        folder,
    })
}

/// Reads the text of a configuration.
///
/// # Errors
/// A sentence with line, key and, for an unknown key, the nearest known one.
pub fn parse(text: &str) -> Result<Config, Text> {
    toml::from_str(text).map_err(|error| explain::explain(&error, text))
}

/// A parser's complaint about a file that belongs to the configuration, as a sentence with line and nearest key.
pub fn explained(error: &toml::de::Error, text: &str) -> Text {
    explain::explain(error, text)
}

/// What must not be used to tell people about this mailbox.
fn watched(mailbox: &MailboxConfig) -> Watched {
    Watched {
        name: mailbox.name().to_owned(),
        address: mailbox.address().to_owned(),
        host: mailbox.host().unwrap_or_default().to_owned(),
        user: mailbox.user().unwrap_or_default().to_owned(),
    }
}

impl Config {
    /// Paths in the file are relative to the file.
    fn resolve_paths(&mut self, folder: &Path) {
        let resolve = |path: &mut PathBuf| {
            if !path.as_os_str().is_empty() && path.is_relative() {
                *path = folder.join(&*path);
            }
        };
        resolve(&mut self.store.path);
        resolve(&mut self.trust.anchors);
        resolve(&mut self.trust.intermediates);
        resolve(&mut self.trust.revocation);
        resolve(&mut self.trust.cache);
        resolve(&mut self.register.calendar);
        resolve(&mut self.register.routing);
        resolve(&mut self.alert.email.ca_file);
        resolve(&mut self.alert.sms.ca_file);
        resolve(&mut self.alert.webhook.ca_file);
        resolve(&mut self.daemon.heartbeat_file);
        resolve(&mut self.daemon.control_socket);
        resolve(&mut self.web.certificate_file);
        resolve(&mut self.web.key_file);
        resolve(&mut self.people.key_file);
        resolve(&mut self.checklist.folder);
        resolve(&mut self.people.ldap.ca_file);
        resolve(&mut self.people.oidc.ca_file);
        self.mailbox.iter_mut().flat_map(MailboxConfig::paths_mut).for_each(resolve);
    }

    /// What no single key can be blamed for.
    fn check(&self) -> Result<(), Text> {
        if self.store.path.as_os_str().is_empty() {
            return Err(Text::new(
                "[store] path boş olamaz; kaydın duracağı klasörü yazın",
                "[store] path must not be empty; write the folder in which the record shall lie",
            ));
        }
        // It stands before every number: on paper, in file names of exports, in alerts.
        let prefix = &self.register.prefix;
        if prefix.chars().count() > PREFIX_CHARACTERS || prefix.chars().any(|c| !(c.is_alphanumeric() || " -_.".contains(c))) {
            return Err(Text::new(
                format!("[register] prefix = {prefix:?}: yalnız harf, rakam, boşluk, '-', '_' ve '.', en çok {PREFIX_CHARACTERS} karakter"),
                format!(
                    "[register] prefix = {prefix:?}: only letters, digits, a space, '-', '_' and '.', at most {PREFIX_CHARACTERS} characters"
                ),
            ));
        }
        let mut names = std::collections::BTreeSet::new();
        for mailbox in &self.mailbox {
            let name = mailbox.name();
            let fits = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if !fits {
                return Err(Text::new(
                    format!("[[mailbox]] name = \"{name}\": ad yalnız harf, rakam, '-', '_' ve '.' içerebilir"),
                    format!("[[mailbox]] name = \"{name}\": a name may hold only letters, digits, '-', '_' and '.'"),
                ));
            }
            if !names.insert(name) {
                return Err(Text::new(
                    format!("[[mailbox]] name = \"{name}\" iki kez kullanılmış; birini değiştirin"),
                    format!("[[mailbox]] name = \"{name}\" is used twice; change one of them"),
                ));
            }
        }
        for mailbox in &self.mailbox {
            if let Some(problem) = mailbox.decryption().iter().find_map(|key| key.problem()) {
                let name = mailbox.name();
                return Err(Text::new(
                    format!("[[mailbox]] {name}: {}", problem.tr),
                    format!("[[mailbox]] {name}: {}", problem.en),
                ));
            }
        }
        let out_of_range = ranges::check(self);
        if !out_of_range.is_empty() {
            return Err(Text::joined(&out_of_range, "\n"));
        }
        Hosts::new(&self.trust.hosts, self.trust.reach())?;
        self.retention.check()?;
        self.web.check()?;
        self.people.check()?;
        if !self.people.oidc.issuer.is_empty() && self.web.public_url.is_empty() {
            return Err(Text::new(
                "[people.oidc]: sağlayıcının tarayıcıyı geri göndereceği [web] public_url gerekir",
                "[people.oidc]: [web] public_url is required, where the provider sends the browser back to",
            ));
        }
        if let Some(key) = self.alert.sms.params.keys().find(|key| explain::names_a_secret(key)) {
            return Err(Text::new(
                format!(
                    "[alert.sms.params] {key}: sırlar bu dosyaya yazılmaz; 'alert.sms.password_file' ile bir dosya gösterip şablonda {{secret}} kullanın"
                ),
                format!(
                    "[alert.sms.params] {key}: secrets do not belong in this file; name a file with 'alert.sms.password_file' and use {{secret}} in the template"
                ),
            ));
        }
        let watched: Vec<Watched> = self.mailbox.iter().map(watched).collect();
        self.alert.validate(&watched).map_err(|bad| Text::joined(&bad.problems, "\n"))
    }

    /// Where fetched validation data is kept.
    pub fn revocation_cache(&self) -> PathBuf {
        if self.trust.cache.as_os_str().is_empty() {
            self.store.path.join("cache").join("revocation")
        } else {
            self.trust.cache.clone()
        }
    }

    pub fn heartbeat_file(&self) -> PathBuf {
        self.in_store(&self.daemon.heartbeat_file, "heartbeat")
    }

    pub fn control_socket(&self) -> PathBuf {
        self.in_store(&self.daemon.control_socket, "control.sock")
    }

    /// What seals the secrets of one-time codes.
    pub fn people_key(&self) -> PathBuf {
        self.in_store(&self.people.key_file, "people.key")
    }

    /// A file that lies in the store unless the configuration puts it elsewhere.
    fn in_store(&self, configured: &Path, name: &str) -> PathBuf {
        match configured.as_os_str().is_empty() {
            true => self.store.path.join(name),
            false => configured.to_owned(),
        }
    }
}
