//! The sign of life that an alarm outside the daemon reads, so that a dead daemon is heard too.
//!
//! The daemon writes the file when it made progress, not when a timer fires: a daemon that runs and does nothing is as dead as one that
//! does not run. `kep-gateway heartbeat`, started by a systemd timer, calls [`watch`].

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::causes;
use super::config::AlertConfig;
use super::deliver::Dispatcher;
use super::notice::Notice;
use super::schedule::later;

/// While the daemon stays dead the alarm repeats at this pace.
const REPEAT: Duration = Duration::from_secs(60 * 60);

/// A beat from the future is a clock that was set back; more than this is no sign of life.
const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

/// The content of the heartbeat file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// When the daemon last made progress.
    pub at: Timestamp,
    pub pid: u32,
    pub version: String,
    /// The daemon ended properly: nobody polls, but nothing broke.
    #[serde(default)]
    pub stopped: bool,
}

impl Beat {
    pub fn new(at: Timestamp) -> Self {
        Self {
            at,
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            stopped: false,
        }
    }

    pub fn stopped(at: Timestamp) -> Self {
        Self {
            stopped: true,
            ..Self::new(at)
        }
    }
}

/// What the heartbeat file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    Alive,
    /// No beat for too long, a proper stop, an unreadable file, or none at all.
    Dead {
        last: Option<Timestamp>,
        stopped: bool,
    },
}

/// Replaces the heartbeat file in one step: a reader sees the old beat or the new one. Not synced: after a power cut an older beat is
/// the truth.
///
/// # Errors
/// The folder cannot be written.
pub fn write(path: &Path, beat: &Beat) -> io::Result<()> {
    replace(path, beat)
}

/// The last beat; `None` when there is no readable one.
pub fn read(path: &Path) -> Option<Beat> {
    load(path)
}

/// Whether the daemon made progress within `max_age`.
pub fn check(path: &Path, max_age: Duration, now: Timestamp) -> Health {
    match read(path) {
        Some(beat) if !beat.stopped && later(beat.at, max_age) >= now && beat.at <= later(now, CLOCK_SLACK) => Health::Alive,
        Some(beat) => Health::Dead {
            last: Some(beat.at),
            stopped: beat.stopped,
        },
        None => Health::Dead {
            last: None,
            stopped: false,
        },
    }
}

/// What the watcher remembers from one run to the next, in a file beside the heartbeat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// When somebody last heard that the daemon is dead; `None` = no alarm stands.
    pub told: Option<Timestamp>,
}

/// What is to be told now.
pub fn decide(health: &Health, alarm: Alarm, now: Timestamp) -> Option<Notice> {
    match (health, alarm.told) {
        (Health::Alive, None) => None,
        (Health::Alive, Some(_)) => Some(causes::daemon_alive(now)),
        // A time of telling in the future is a clock that was set back: tell again.
        (Health::Dead { .. }, Some(told)) if told <= now && now < later(told, REPEAT) => None,
        (Health::Dead { last, stopped }, _) => Some(causes::daemon_dead(*last, *stopped, now)),
    }
}

/// What one run of the watcher found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    pub health: Health,
    /// Dead, and nobody could be told, now or within the last hour: the caller fails loudly.
    pub unheard: bool,
}

/// One run of the watcher: checks, and tells directly over the configured channels, since the outbox belongs to the daemon.
///
/// An alarm that reached nobody is not remembered, so that the next run tries again.
///
/// # Errors
/// What the watcher remembers cannot be written.
pub async fn watch(path: &Path, max_age: Duration, dispatcher: &Dispatcher, config: &AlertConfig, now: Timestamp) -> io::Result<Watch> {
    let memory = path.with_extension("alarm");
    let health = check(path, max_age, now);
    let Some(notice) = decide(&health, load(&memory).unwrap_or_default(), now) else {
        return Ok(Watch { health, unheard: false });
    };
    let results = dispatcher.send_unrecorded(&notice, config).await;
    let heard = results.iter().any(|(_, result)| result.is_ok());
    tracing::error!(recipients = results.len(), heard, "{}", notice.title.en);
    let dead = health != Health::Alive;
    if heard {
        replace(&memory, &Alarm { told: dead.then_some(now) })?;
    }
    Ok(Watch {
        health,
        unheard: dead && !heard,
    })
}

fn load<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn replace(path: &Path, value: &impl Serialize) -> io::Result<()> {
    // Each file its own temporary name: daemon and watcher may write at the same moment.
    let temporary = path.with_added_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    drop(file);
    fs::rename(&temporary, path)
}

#[cfg(test)]
#[path = "heartbeat_tests.rs"]
mod tests;
