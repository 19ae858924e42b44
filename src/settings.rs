//! What the configuration means, built: anchors read, calendar laid out, rules compiled. Replaced as a whole at a reload.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::alert::config::{AlertConfig, AlertSecrets};
use crate::alert::deliver::Dispatcher;
use crate::checklist::config::{Checklist, Wrong};
use crate::checklist::folder::{ChecklistError, Checklists};
use crate::clock::SharedClock;
use crate::config::{Config, Loaded};
use crate::decryption::Keyring;
use crate::envelope::Receiver;
use crate::evidence;
use crate::hash::Sha256;
use crate::limits::Limits;
use crate::mailbox::config::MailboxConfig;
use crate::mailbox::{Locator, eyservis, import};
use crate::register::config::Registry;
use crate::register::retention::FileTerm;
use crate::secret::SecretFolder;
use crate::signature::Context;
use crate::signature::online::Online;
use crate::signature::online::address::Hosts;
use crate::signature::online::cache::{Cache, Keep};
use crate::signature::online::fetch::{Bounds, Fetcher};
use crate::signature::online::lookup::SystemLookup;
use crate::signature::trust::Trust;
use crate::text::Text;

/// Everything that work on a message needs to know, and nothing of it changes while the work lasts.
pub struct Settings {
    pub config: Config,
    pub config_sha256: Sha256,
    pub secrets: SecretFolder,
    pub limits: Arc<Limits>,
    pub trust: Arc<Trust>,
    /// Fetches what verdicts lack, and keeps it.
    pub online: Arc<Online>,
    /// What signatures are judged by; shares the verified edges between messages.
    judge: Context,
    pub registry: Arc<Registry>,
    pub receiver: Receiver,
    /// What opens what comes encrypted.
    pub keyring: Arc<Keyring>,
    pub alerts: Arc<AlertConfig>,
    pub dispatcher: Arc<Dispatcher>,
    /// What application files must consist of.
    pub checklists: Arc<Checklists>,
}

/// What the configuration names and cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{}", self.text().en)]
    Trust(Text),
    #[error("{}", self.text().en)]
    Register(Text),
    #[error("{}", self.text().en)]
    Alerts(Text),
    #[error("{}", self.text().en)]
    Checklists(Text),
}

impl SettingsError {
    pub fn text(&self) -> Text {
        let (tr, en, problem) = match self {
            Self::Trust(problem) => ("KEP-8010 güven kökleri", "KEP-8010 trust anchors", problem),
            Self::Register(problem) => ("KEP-8011 kayıt ayarları", "KEP-8011 register settings", problem),
            Self::Alerts(problem) => ("KEP-8012 uyarı kanalları", "KEP-8012 alert channels", problem),
            Self::Checklists(problem) => ("KEP-8013 kontrol listeleri", "KEP-8013 checklists", problem),
        };
        Text::new(format!("{tr}: {}", problem.tr), format!("{en}: {}", problem.en))
    }
}

impl Settings {
    /// # Errors
    /// A file that the configuration names is missing or wrong.
    pub fn build(loaded: Loaded, clock: &SharedClock) -> Result<Self, SettingsError> {
        let Loaded {
            mut config,
            folder,
            sha256,
            secrets,
            ..
        } = loaded;
        let trust = load_trust(&config.trust.anchors, &config.trust.intermediates, &config.trust.revocation)?;
        let registry = Registry::load(config.register.clone(), &folder).map_err(|error| SettingsError::Register(error.text()))?;
        let alert_secrets = AlertSecrets::read(&config.alert, &secrets).map_err(|error| SettingsError::Alerts(error.text()))?;
        let dispatcher =
            Dispatcher::new(&config.alert, &alert_secrets, Arc::clone(clock)).map_err(|error| SettingsError::Alerts(error.text()))?;
        let checklists = load_checklists(&config.checklist.folder)?;
        config.retention.checklists = checklists.iter().map(kept_as).collect();
        let trust = Arc::new(trust);
        let keyring = Keyring::new(&config.mailbox, &secrets, clock.now());
        let limits = Arc::new(config.limits.clone());
        let judge = judging(&trust, &config, clock.now());
        let online = open_online(&config, config.trust.online, Keep::Makes, clock.now())?;
        Ok(Self {
            limits,
            trust,
            online: Arc::new(online),
            judge,
            registry: Arc::new(registry),
            receiver: Receiver {
                kkk: Some(config.register.receiver_kkk.clone()).filter(|kkk| !kkk.is_empty()),
            },
            keyring: Arc::new(keyring),
            alerts: Arc::new(config.alert.clone()),
            dispatcher: Arc::new(dispatcher),
            checklists: Arc::new(checklists),
            config_sha256: sha256,
            config,
            secrets,
        })
    }

    /// What signatures are judged by at an instant, with what was fetched until now. Each call is for a judgement of its own.
    pub fn judging(&self, at: Timestamp) -> Context {
        Context {
            at,
            ..self.judge.anew(self.online.known())
        }
    }

    /// Whether a message that lay there was sent by the institution: in a folder of sent mail, or handed over as sent.
    pub fn is_sent(&self, mailbox: &str, locator: &Locator) -> bool {
        match self.mailbox(mailbox) {
            Some(config) => config.holds_sent(&locator.folder),
            None => mailbox == import::NAME && locator.folder == import::SENT,
        }
    }

    /// The kepId of a message at PTT's service, or of the message under which an evidence document was asked for there.
    pub fn kep_id_of<'a>(&self, mailbox: &str, locator: &'a Locator) -> Option<&'a str> {
        matches!(self.mailbox(mailbox), Some(MailboxConfig::EyServis(_)))
            .then(|| eyservis::kep_id(locator))
            .flatten()
    }

    fn mailbox(&self, name: &str) -> Option<&MailboxConfig> {
        self.config.mailbox.iter().find(|config| config.name() == name)
    }

    /// KEP address of a mailbox, where the configuration says.
    pub fn address_of(&self, mailbox: &str) -> Option<&str> {
        let config = self.config.mailbox.iter().find(|config| config.name() == mailbox)?;
        Some(config.address()).filter(|address| !address.is_empty())
    }
}

/// What a checklist says of the keeping of its files.
fn kept_as(checklist: &Checklist) -> (String, FileTerm) {
    let terms = &checklist.terms;
    let term = FileTerm {
        class: terms.retention_class.clone(),
        years: terms.retention_years,
    };
    (checklist.name.clone(), term)
}

/// Opens the cache of validation data and, unless `fetching` is off, what fills it.
///
/// # Errors
/// An allowed host is none.
pub fn open_online(config: &Config, fetching: bool, keep: Keep, now: Timestamp) -> Result<Online, SettingsError> {
    let reach = config.trust.reach();
    let cache = Cache::open(&config.revocation_cache(), keep, now);
    let fetcher = || {
        let hosts = Hosts::new(&config.trust.hosts, reach).map_err(SettingsError::Trust)?;
        Ok(Fetcher::new(hosts, reach, Arc::new(SystemLookup), Bounds::default()))
    };
    let fetcher = fetching.then(fetcher).transpose()?;
    Ok(Online::new(fetcher, cache))
}

/// What signatures are judged by under a configuration.
pub fn judging(trust: &Arc<Trust>, config: &Config, at: Timestamp) -> Context {
    Context::new(Arc::clone(trust), at, config.limits.clone())
        .with_revocation_age(config.trust.revocation_age)
        .with_algorithms(config.trust.algorithms)
        .with_parties(evidence::parties_of)
}

/// Reads anchors, intermediates and revocation data. An anchor folder that does not exist is an empty set: every path then ends at
/// an unknown root and every verdict says so.
///
/// # Errors
/// A folder exists and cannot be read.
pub fn load_trust(anchors: &Path, intermediates: &Path, revocation: &Path) -> Result<Trust, SettingsError> {
    let given = |path: &Path| Some(path.to_owned()).filter(|path| !path.as_os_str().is_empty() && path.exists());
    Trust::load(
        given(anchors).as_deref(),
        given(intermediates).as_deref(),
        given(revocation).as_deref(),
    )
    .map_err(|error| SettingsError::Trust(error.text()))
}

/// Reads the checklists of a folder.
///
/// # Errors
/// One of them cannot be read or used: the sentence names file, line and the nearest key.
pub fn load_checklists(folder: &Path) -> Result<Checklists, SettingsError> {
    Checklists::load(folder).map_err(|error| SettingsError::Checklists(explain_checklist(&error)))
}

/// What is wrong with a checklist, for its author.
pub fn explain_checklist(error: &ChecklistError) -> Text {
    let (path, why) = match error {
        ChecklistError::Folder(text) => return text.clone(),
        ChecklistError::Unreadable { path, source } => (path, crate::regular_file::reason(source)),
        ChecklistError::Wrong { path, text, wrong } => match wrong {
            Wrong::Syntax(error) => (path, crate::config::explained(error, text)),
            Wrong::Content(problem) => (path, problem.clone()),
        },
    };
    let path = path.display();
    Text::new(format!("{path}: {}", why.tr), format!("{path}: {}", why.en))
}
