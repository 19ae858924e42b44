//! Time comes in through a parameter, so that a test can be a clock.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serializer};

/// Where "now" comes from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved.
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    pub fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(Mutex::new(now)))
    }

    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turkish legal time: UTC+3 fixed since 2016-09-08, EET/EEST before. From the data in the program, so that a deadline is the same on every
/// machine, whatever its administrator installed.
pub fn istanbul() -> TimeZone {
    static ISTANBUL: LazyLock<TimeZone> = LazyLock::new(|| {
        let bundled = TimeZoneDatabase::bundled().get("Europe/Istanbul");
        bundled.unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(3)))
    });
    ISTANBUL.clone()
}

/// The calendar day in Turkey at an instant.
pub fn local_day(at: Timestamp) -> Date {
    at.to_zoned(istanbul()).date()
}

/// Turkish time to the minute, as people read it: `22.11.2026 20:39`.
pub fn wall_minute(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y %H:%M").to_string()
}

/// The instant of a Turkish wall-clock reading. A reading that a daylight-saving jump skipped or doubled takes the later instant.
pub fn from_local(wall: DateTime) -> Timestamp {
    istanbul()
        .to_ambiguous_zoned(wall)
        .later()
        .map(|zoned| zoned.timestamp())
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `30s`, `5m`, `12h`, `1d` (also `250ms`) as a duration.
///
/// # Errors
/// A sentence naming what was expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let wrong = || format!("'{text}' is not a duration; write a whole number and a unit: 250ms, 30s, 5m, 12h, 1d");
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => return Ok(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

/// A duration in the form that [`parse_duration`] reads, with the largest unit that divides it.
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if duration.subsec_millis() != 0 || seconds == 0 {
        return format!("{}ms", duration.as_millis());
    }
    match seconds {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// `#[serde(with = "crate::clock::duration")]` for durations in the configuration.
pub mod duration {
    use super::*;

    /// # Errors
    /// The value is no duration.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        parse_duration(&text).map_err(serde::de::Error::custom)
    }

    /// # Errors
    /// Only the serializer's own.
    pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format_duration(*duration))
    }
}
