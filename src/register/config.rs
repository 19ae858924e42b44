//! `[register]` of the configuration, and the calendar and rules that it names.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, CalendarError, HalfDays};
use super::deadlines::DeemedReadRule;
use super::rules::{Rules, RulesError};
use crate::regular_file;
use crate::text::Text;

/// `[register]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegisterConfig {
    /// Shown before `YYYY/NNNNNN`. Default: nothing.
    pub prefix: String,
    /// Our own KKK (DETSİS number): finds our row among the addressees and the attachments left out for us. Default: not given.
    pub receiver_kkk: String,
    /// When a KEP message counts as read: `"next_business_day"` (default) or `{ hours = 24 }`.
    pub deemed_read: DeemedReadRule,
    /// Whether 28 October and the eves of feasts count as business days: `"business"` (default, the earlier deadline) or `"holiday"`.
    pub half_days: HalfDays,
    /// File of calendar changes (extra holidays, administrative leave, moved feasts), relative to the configuration file. Default: none.
    pub calendar: PathBuf,
    /// File of routing rules, relative to the configuration file. Default: none.
    pub routing: PathBuf,
    /// How many office hours before the deemed-read moment an unopened document is alarmed. Default: 4.
    pub warn_business_hours: u32,
}

impl Default for RegisterConfig {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            receiver_kkk: String::new(),
            deemed_read: DeemedReadRule::default(),
            half_days: HalfDays::default(),
            calendar: PathBuf::new(),
            routing: PathBuf::new(),
            warn_business_hours: 4,
        }
    }
}

/// Why the register cannot work: only at start or reload, never for a message.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("{path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path}: {source}")]
    Calendar { path: PathBuf, source: CalendarError },
    #[error("{path}: {source}")]
    Rules { path: PathBuf, source: RulesError },
}

impl RegisterError {
    /// True when trying again may help: the file could not be read just now.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }

    /// The sentence for the administrator.
    pub fn text(&self) -> Text {
        let (path, why) = match self {
            Self::Unreadable { path, source } => (path, regular_file::reason(source)),
            Self::Calendar { path, source } => (path, source.text()),
            Self::Rules { path, source } => (path, source.text()),
        };
        let path = path.display();
        Text::new(format!("{path}: {}", why.tr), format!("{path}: {}", why.en))
    }
}

/// Evrak kayıt: everything that decides how a message becomes an entry, ready for use.
#[derive(Debug, Clone)]
pub struct Registry {
    pub config: RegisterConfig,
    pub calendar: Calendar,
    pub rules: Rules,
}

impl Registry {
    /// Reads the files that the configuration names, relative to `folder`.
    ///
    /// # Errors
    /// A file cannot be read or used. The program must not start then: wrong deadlines and lost routing are silent otherwise.
    pub fn load(config: RegisterConfig, folder: &Path) -> Result<Self, RegisterError> {
        let (path, changes) = read(folder, &config.calendar)?;
        let calendar = Calendar::new(&changes, config.half_days).map_err(|source| RegisterError::Calendar { path, source })?;
        let (path, rules) = read(folder, &config.routing)?;
        let rules = Rules::parse(&rules).map_err(|source| RegisterError::Rules { path, source })?;
        Ok(Self { config, calendar, rules })
    }
}

/// The text of a file; empty when none is named.
fn read(folder: &Path, name: &Path) -> Result<(PathBuf, String), RegisterError> {
    if name.as_os_str().is_empty() {
        return Ok((PathBuf::from("(built in)"), String::new()));
    }
    let path = folder.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(source) => Err(RegisterError::Unreadable { path, source }),
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod config_tests;
