//! Which hashes and keys were good enough at which time: the Turkish tebliğ (md. 6, the law's own table) and ETSI TS 119 312 with the dates
//! that European validators use. Strict means that both must hold: each is the stricter one somewhere.

use jiff::Timestamp;
use jiff::civil::date;
use serde::{Deserialize, Serialize};

use crate::signature::crypto::{Hash, KeyKind};

/// The first day on which the tebliğ's amendment of 2013 binds everybody: published in January, with half a year for providers.
const AMENDMENT: (i16, i8) = (2013, 8);

/// The least RSA modulus that counts as 2048 bits. Generators that do not fix the top bits make keys some bits shorter, and ETSI's
/// table draws its line here for that reason.
const RSA_2048: u32 = 1_900;

/// `[trust] algorithms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Constraints {
    /// An algorithm counts only until its date.
    #[default]
    #[serde(rename = "strict")]
    ByDate,
    /// For old material whose age is certain otherwise (an archive that was under lock): the dates do not count, and the report says for
    /// every signature that they would have. What was never allowed stays refused.
    #[serde(rename = "archive")]
    Archive,
    /// No constraint at all: for test suites of other properties. No setting leads here.
    #[serde(skip)]
    None,
}

/// Whose key it is: the law asks more of providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Signer,
    /// ESHS: certificates, CRLs, OCSP responses.
    Provider,
}

impl Constraints {
    /// The algorithms of a signature, at the time at which it must have existed.
    ///
    /// # Errors
    /// What was too weak at that time.
    pub fn check(self, hash: Option<Hash>, key: KeyKind, at: Timestamp) -> Result<(), String> {
        self.judge(weakness(hash, Some((key, Holder::Signer)), at))
    }

    /// The same for what a certificate authority signs.
    ///
    /// # Errors
    /// What was too weak at that time.
    pub fn check_provider(self, hash: Option<Hash>, key: KeyKind, at: Timestamp) -> Result<(), String> {
        self.judge(weakness(hash, Some((key, Holder::Provider)), at))
    }

    /// # Errors
    /// The hash was too weak at that time.
    pub fn check_hash(self, hash: Hash, at: Timestamp) -> Result<(), String> {
        self.judge(weakness(Some(hash), None, at))
    }

    /// What only the archive switch lets pass.
    pub fn excused(self, hash: Option<Hash>, key: KeyKind, at: Timestamp) -> Option<String> {
        self.excuse(weakness(hash, Some((key, Holder::Signer)), at))
    }

    /// The same of what a provider signed.
    pub fn excused_of_provider(self, hash: Option<Hash>, key: KeyKind, at: Timestamp) -> Option<String> {
        self.excuse(weakness(hash, Some((key, Holder::Provider)), at))
    }

    /// The same of a hash by itself.
    pub fn excused_hash(self, hash: Hash, at: Timestamp) -> Option<String> {
        self.excuse(weakness(Some(hash), None, at))
    }

    fn excuse(self, found: Option<Weakness>) -> Option<String> {
        let found = found.filter(|found| self == Self::Archive && !found.never_allowed)?;
        Some(found.what)
    }

    fn judge(self, found: Option<Weakness>) -> Result<(), String> {
        let tolerated = |found: &Weakness| self == Self::None || (self == Self::Archive && !found.never_allowed);
        match found {
            Some(found) if !tolerated(&found) => Err(found.what),
            _ => Ok(()),
        }
    }
}

struct Weakness {
    what: String,
    /// The law never allowed it, at no time.
    never_allowed: bool,
}

fn weakness(hash: Option<Hash>, key: Option<(KeyKind, Holder)>, at: Timestamp) -> Option<Weakness> {
    let by_hash = hash.and_then(|hash| {
        let ended = law_hash_ends(hash).min(etsi_hash_ends(hash));
        is_over(ended, at).then(|| Weakness {
            what: format!("{hash:?}"),
            never_allowed: law_hash_ends(hash) == Ends::Never,
        })
    });
    by_hash.or_else(|| {
        let (key, holder) = key?;
        let law = law_key_ends(key, holder);
        is_over(law.min(etsi_key_ends(key)), at).then(|| Weakness {
            what: format!("{key:?}"),
            never_allowed: law == Ends::Never,
        })
    })
}

/// Until when something counts. The order is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ends {
    /// It never counted.
    Never,
    /// It no longer counts from the first of this month on.
    Before(i16, i8),
    Open,
}

fn is_over(ends: Ends, at: Timestamp) -> bool {
    match ends {
        Ends::Never => true,
        Ends::Before(year, month) => at >= start_of(year, month),
        Ends::Open => false,
    }
}

const UNTIL_AMENDMENT: Ends = Ends::Before(AMENDMENT.0, AMENDMENT.1);

/// Tebliğ md. 6: SHA-1 and SHA-224 in the table of 2006, SHA-256 and stronger since. MD5 stood in none.
fn law_hash_ends(hash: Hash) -> Ends {
    match hash {
        Hash::Md5 => Ends::Never,
        Hash::Sha1 | Hash::Sha224 | Hash::Sha3_224 => UNTIL_AMENDMENT,
        _ => Ends::Open,
    }
}

/// Tebliğ md. 6. The table that is in force since 2020 asks providers for RSA-4096 with PSS or EC-256; it is not applied to what they sign:
/// roots with RSA-2048 that BTK lists are in force until 2028 to 2030, and a verifier that refused them would refuse genuine signatures.
fn law_key_ends(key: KeyKind, holder: Holder) -> Ends {
    match (key, holder) {
        (KeyKind::Rsa(RSA_2048..), _) | (KeyKind::Ec(256..), _) | (KeyKind::Dsa(3_072..), _) | (KeyKind::Ed25519, _) => Ends::Open,
        // A provider's key had 2048 bits from the first day.
        (KeyKind::Rsa(_), Holder::Provider) => Ends::Never,
        (KeyKind::Rsa(1_000..), Holder::Signer) | (KeyKind::Ec(160..), _) | (KeyKind::Dsa(1_000..), _) => UNTIL_AMENDMENT,
        (KeyKind::Rsa(_) | KeyKind::Ec(_) | KeyKind::Dsa(_), _) => Ends::Never,
    }
}

/// ETSI TS 119 312 1.5.1.
fn etsi_hash_ends(hash: Hash) -> Ends {
    match hash {
        Hash::Md5 => Ends::Before(2004, 8),
        Hash::Sha1 => Ends::Before(2012, 8),
        Hash::Sha224 | Hash::Sha3_224 => Ends::Before(2026, 1),
        _ => Ends::Open,
    }
}

/// ETSI TS 119 312 1.5.1.
fn etsi_key_ends(key: KeyKind) -> Ends {
    match key {
        KeyKind::Rsa(0..=785) => Ends::Before(2010, 8),
        KeyKind::Rsa(786..RSA_2048) => Ends::Before(2019, 10),
        KeyKind::Rsa(RSA_2048..3_000) => Ends::Before(2029, 1),
        KeyKind::Ec(0..=223) => Ends::Before(2012, 8),
        KeyKind::Ec(224..=255) => Ends::Before(2021, 10),
        KeyKind::Dsa(0..=2_047) => Ends::Before(2015, 12),
        KeyKind::Dsa(2_048..=3_071) => Ends::Before(2029, 1),
        _ => Ends::Open,
    }
}

fn start_of(year: i16, month: i8) -> Timestamp {
    date(year, month, 1)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
#[path = "algorithms_tests.rs"]
mod algorithms_tests;
