//! One-time codes: TOTP (RFC 6238) over HOTP (RFC 4226), SHA-1, six digits, thirty seconds, as every authenticator program has it.

use jiff::Timestamp;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::secret::Secret;

const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// Steps before and after the present one that count: clocks differ (RFC 6238 5.2).
const DRIFT: u64 = 1;
/// RFC 4226 4 R6: 160 bits.
const SECRET_BYTES: usize = 20;

/// A new shared secret in Base32; `None` where the machine has no randomness.
pub fn new_secret() -> Option<Secret> {
    let mut bytes = zeroize::Zeroizing::new([0_u8; SECRET_BYTES]);
    openssl::rand::rand_bytes(bytes.as_mut_slice()).ok()?;
    Some(Secret::new(base32(bytes.as_slice())))
}

/// What an authenticator program takes in, as text or as a picture made from it.
pub fn address(secret: &Secret, login: &str, host: &str) -> Secret {
    let label = percent(&format!("{host}:{login}"));
    let issuer = percent(host);
    Secret::new(format!(
        "otpauth://totp/KEP%20{label}?secret={}&issuer=KEP%20{issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
        secret.reveal()
    ))
}

/// The time step whose code this is; `None`: the code is wrong. The caller sees to it that a step counts once.
pub fn step_of(code: &str, secret: &Secret, now: Timestamp) -> Option<u64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != DIGITS {
        return None;
    }
    let key = from_base32(secret.reveal())?;
    let present = u64::try_from(now.as_second().div_euclid(STEP_SECONDS)).ok()?;
    // All steps are computed whichever fits: no difference in time.
    let steps = present.saturating_sub(DRIFT)..=present + DRIFT;
    let fitting = steps.filter(|step| hotp(&key, *step).is_some_and(|right| openssl::memcmp::eq(right.as_bytes(), code.as_bytes())));
    fitting.fold(None, |_, step| Some(step))
}

/// The last time step whose code can be taken at a moment.
pub fn last_step(now: Timestamp) -> Option<u64> {
    let present = u64::try_from(now.as_second().div_euclid(STEP_SECONDS)).ok()?;
    Some(present + DRIFT)
}

/// The code of a moment.
pub fn code_at(secret: &Secret, now: Timestamp) -> Option<String> {
    let step = u64::try_from(now.as_second().div_euclid(STEP_SECONDS)).ok()?;
    hotp(&from_base32(secret.reveal())?, step)
}

/// RFC 4226 5.3.
fn hotp(key: &[u8], counter: u64) -> Option<String> {
    let key = PKey::hmac(key).ok()?;
    let mut signer = Signer::new(MessageDigest::sha1(), &key).ok()?;
    let mac = signer.sign_oneshot_to_vec(&counter.to_be_bytes()).ok()?;
    let offset = usize::from(mac.last()? & 0x0f);
    let word: [u8; 4] = mac.get(offset..offset + 4)?.try_into().ok()?;
    let number = (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000;
    Some(format!("{number:0DIGITS$}"))
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let (mut text, mut bits, mut count) = (String::new(), 0_u32, 0);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.extend(ALPHABET.get((bits >> count) as usize & 31).map(|letter| char::from(*letter)));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        text.extend(ALPHABET.get((bits << (5 - count)) as usize & 31).map(|letter| char::from(*letter)));
    }
    text
}

fn from_base32(text: &str) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let (mut bytes, mut bits, mut count) = (zeroize::Zeroizing::new(Vec::new()), 0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter.to_ascii_uppercase())?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
#[path = "totp_tests.rs"]
mod totp_tests;
