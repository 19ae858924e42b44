//! Passwords: what is accepted, how they are kept, and a check that takes as long for somebody who does not exist.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::secret::Secret;
use crate::text::{Text, fold};

/// OWASP Password Storage Cheat Sheet, first choice for argon2id: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// ASVS 2.1.1.
pub const SHORTEST: usize = 12;
/// ASVS 2.1.2: long pass phrases are welcome; what is longer is an attack on the machine's time.
pub const LONGEST: usize = 128;
/// So that "aaaaaaaaaaaa" and "121212121212" are none.
const DIFFERENT_CHARS: usize = 5;

/// Bytes of a salt (RFC 9106 3.1).
const SALT: usize = 16;

/// What people take first. Compared folded, and as the beginning of a password that is not much longer.
const COMMON: [&str; 16] = [
    "password",
    "parola",
    "sifre",
    "qwerty",
    "asdfgh",
    "123456",
    "654321",
    "abcdef",
    "iloveyou",
    "seniseviyorum",
    "galatasaray",
    "fenerbahce",
    "besiktas",
    "trabzonspor",
    "administrator",
    "yonetici",
];

/// Characters that a common word may have around it and still be one: "parola123456".
const TRIMMINGS: usize = 6;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    Short,
    Long,
    Login,
    Common,
}

impl Weak {
    pub fn text(self) -> Text {
        match self {
            Self::Short => Text::new(
                format!("Parola en az {SHORTEST} karakter olmalı; birkaç sözcükten oluşan bir cümle iyidir."),
                format!("A password has at least {SHORTEST} characters; a sentence of some words is good."),
            ),
            Self::Long => Text::new(
                format!("Parola en çok {LONGEST} karakter olabilir."),
                format!("A password has at most {LONGEST} characters."),
            ),
            Self::Login => Text::new(
                "Parola kullanıcı adını içeremez; başka bir parola seçin.",
                "The password must not contain the login; choose another one.",
            ),
            Self::Common => Text::new(
                "Bu parola herkesin ilk denediklerinden; başka bir parola seçin.",
                "This password is among the first that everybody tries; choose another one.",
            ),
        }
    }
}

/// ASVS 2.1: length, nothing of the login, none of the usual ones. No rule on kinds of characters, no expiry.
///
/// # Errors
/// What is wrong with it.
pub fn check(password: &Secret, login: &str) -> Result<(), Weak> {
    let password = password.reveal();
    let chars = password.chars().count();
    if chars < SHORTEST {
        return Err(Weak::Short);
    }
    if chars > LONGEST {
        return Err(Weak::Long);
    }
    let (folded, login) = (fold(password), fold(login));
    if !login.is_empty() && folded.contains(&login) && chars < login.chars().count() + SHORTEST {
        return Err(Weak::Login);
    }
    let different: std::collections::BTreeSet<char> = folded.chars().collect();
    let is_common = |word: &&str| folded.contains(*word) && chars <= word.len() + TRIMMINGS;
    if different.len() < DIFFERENT_CHARS || COMMON.iter().any(is_common) {
        return Err(Weak::Common);
    }
    Ok(())
}

/// The machine could not do it: no memory, no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashFailed(String);

fn argon2() -> Result<Argon2<'static>, HashFailed> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| HashFailed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The password as it is kept: a PHC string with its own salt. Takes tens of milliseconds and 19 MiB: not on a thread that serves others.
///
/// # Errors
/// No memory or no randomness.
pub fn hash(password: &Secret) -> Result<String, HashFailed> {
    let mut salt = [0_u8; SALT];
    openssl::rand::rand_bytes(&mut salt).map_err(|error| HashFailed(error.to_string()))?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| HashFailed(error.to_string()))?;
    let hash = argon2()?.hash_password(password.reveal().as_bytes(), &salt);
    Ok(hash.map_err(|error| HashFailed(error.to_string()))?.to_string())
}

/// Whether the password is the one that was kept. `None`: there is nothing to compare with; takes as long, and is false.
pub fn verify(password: &Secret, kept: Option<&str>) -> bool {
    /// A hash of what nobody knows, under the same parameters.
    static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash(&Secret::new(random_password())).ok());
    // Longer than any that was ever taken: no work for it.
    if password.reveal().chars().count() > LONGEST {
        return false;
    }
    let Some(compared) = kept.or(NOBODY.as_deref()) else {
        return false;
    };
    let Ok(parsed) = PasswordHash::new(compared) else {
        return false;
    };
    let fits = argon2().is_ok_and(|argon2| argon2.verify_password(password.reveal().as_bytes(), &parsed).is_ok());
    fits && kept.is_some()
}

/// A password for somebody to begin with: 120 bits, in groups that can be read out. Empty where the machine has no randomness, which no
/// check accepts.
pub fn random_password() -> String {
    /// Without 0 O 1 l I i: 32 letters, five bits each.
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789+";
    const GROUPS: usize = 4;
    const GROUP: usize = 6;
    let mut bytes = [0_u8; GROUPS * GROUP];
    if openssl::rand::rand_bytes(&mut bytes).is_err() {
        return String::new();
    }
    let letters = bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(byte & 31)).map(|letter| char::from(*letter)));
    let letters: Vec<char> = letters.collect();
    letters.chunks(GROUP).map(String::from_iter).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod password_tests;
