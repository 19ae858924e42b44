//! What the `[[mailbox]]` tables of the services have in common: defaults, and forms of values.

use std::time::Duration;

use crate::text::Text;

pub(in crate::mailbox) fn yes() -> bool {
    true
}

pub(in crate::mailbox) fn interval() -> Duration {
    Duration::from_secs(5 * 60)
}

/// Longer than any outage that nobody notices.
pub(in crate::mailbox) fn overlap() -> Duration {
    Duration::from_secs(3 * 86_400)
}

pub(in crate::mailbox) fn window() -> Duration {
    Duration::from_secs(31 * 86_400)
}

pub(in crate::mailbox) fn connect_timeout() -> Duration {
    Duration::from_secs(30)
}

pub(in crate::mailbox) fn silence_timeout() -> Duration {
    Duration::from_secs(120)
}

/// The provider's own client has this.
pub(in crate::mailbox) fn timeout() -> Duration {
    Duration::from_secs(600)
}

/// Clients in production needed it.
pub(in crate::mailbox) fn reply_bytes() -> u64 {
    64 << 20
}

/// Why a service may not be asked under this address.
pub(in crate::mailbox) fn wrong_url(url: &str) -> Option<Text> {
    let Some(rest) = url.strip_prefix("https://") else {
        return Some(Text::new(
            "url https:// ile başlamalı; kimlik bilgileri her istekle birlikte gider",
            "url must begin with https://; the credentials go with every request",
        ));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // It is shown by `config show` and stands in the record's configuration.
    authority.contains('@').then(|| {
        Text::new(
            "url içinde kullanıcı adı ya da parola var; bunların yeri sır dosyalarıdır",
            "url holds a user or a password; they belong into the files of the secrets",
        )
    })
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
pub(in crate::mailbox) mod optional_duration {
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
