//! Which hashes and keys were good enough at which time: ETSI TS 119 312 with the dates that European validators use, which are at
//! least as strict as the Turkish tebliğ (md. 6) for what still occurs.

use jiff::Timestamp;
use jiff::civil::date;

use crate::signature::crypto::{Hash, KeyKind};

/// Strict by default. `None`: no constraint, for material whose age is known otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Constraints {
    #[default]
    ByDate,
    None,
}

impl Constraints {
    /// # Errors
    /// What was too weak at that time.
    pub fn check(self, hash: Option<Hash>, key: KeyKind, at: Timestamp) -> Result<(), String> {
        if self == Self::None {
            return Ok(());
        }
        if let Some(hash) = hash {
            self.check_hash(hash, at)?;
        }
        match key_ends(key) {
            Some((year, month)) if at >= start_of(year, month) => Err(format!("{key:?}")),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// The hash was too weak at that time.
    pub fn check_hash(self, hash: Hash, at: Timestamp) -> Result<(), String> {
        match hash_ends(hash) {
            Some((year, month)) if self == Self::ByDate && at >= start_of(year, month) => Err(format!("{hash:?}")),
            _ => Ok(()),
        }
    }
}

fn hash_ends(hash: Hash) -> Option<(i16, i8)> {
    match hash {
        Hash::Md5 => Some((2004, 8)),
        Hash::Sha1 => Some((2012, 8)),
        Hash::Sha224 | Hash::Sha3_224 => Some((2026, 1)),
        _ => None,
    }
}

fn key_ends(key: KeyKind) -> Option<(i16, i8)> {
    match key {
        KeyKind::Rsa(0..=785) => Some((2010, 8)),
        KeyKind::Rsa(786..=1_899) => Some((2019, 10)),
        KeyKind::Rsa(1_900..=2_999) => Some((2029, 1)),
        KeyKind::Ec(0..=223) => Some((2012, 8)),
        KeyKind::Ec(224..=255) => Some((2021, 10)),
        KeyKind::Dsa(0..=2_047) => Some((2015, 12)),
        KeyKind::Dsa(2_048..=3_071) => Some((2029, 1)),
        _ => None,
    }
}

fn start_of(year: i16, month: i8) -> Timestamp {
    date(year, month, 1)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .unwrap_or(Timestamp::MIN)
}
