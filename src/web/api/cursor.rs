//! Where a list goes on: opaque to programs. It only says behind which item; what is shown there is decided anew for who asks, so nobody gains
//! anything by making one. Its sum is against slips, not against forgery.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use jiff::Timestamp;

use super::problem::Problem;
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;

/// Bytes of the sum.
const SUM: usize = 4;
/// No cursor of ours is longer.
const LONGEST: usize = 200;

pub fn of_number(number: RegisterNumber) -> String {
    sealed(&format!("d{number}"))
}

/// # Errors
/// It is none of ours.
pub fn to_number(cursor: &str) -> Result<RegisterNumber, Problem> {
    let text = opened(cursor).ok_or(Problem::Cursor)?;
    text.strip_prefix('d').and_then(|text| text.parse().ok()).ok_or(Problem::Cursor)
}

pub fn of_job(created: Timestamp, id: &str) -> String {
    sealed(&format!("j{}/{id}", created.as_second()))
}

/// # Errors
/// It is none of ours.
pub fn to_job(cursor: &str) -> Result<(Timestamp, String), Problem> {
    let text = opened(cursor).ok_or(Problem::Cursor)?;
    let halves = text.strip_prefix('j').and_then(|text| text.split_once('/'));
    let (second, id) = halves.ok_or(Problem::Cursor)?;
    let second: i64 = second.parse().map_err(|_| Problem::Cursor)?;
    let at = Timestamp::from_second(second).map_err(|_| Problem::Cursor)?;
    Ok((at, id.to_owned()))
}

fn sealed(text: &str) -> String {
    let mut bytes = sum(text.as_bytes());
    bytes.extend_from_slice(text.as_bytes());
    BASE64_URL.encode(bytes)
}

fn opened(cursor: &str) -> Option<String> {
    let bytes = BASE64_URL.decode(cursor).ok().filter(|_| cursor.len() <= LONGEST)?;
    let (known, text) = bytes.split_at_checked(SUM)?;
    let text = std::str::from_utf8(text).ok()?;
    (sum(text.as_bytes()) == known).then(|| text.to_owned())
}

fn sum(bytes: &[u8]) -> Vec<u8> {
    let tagged = [b"cursor 1 ".as_slice(), bytes].concat();
    Sha256::of(&tagged).0.into_iter().take(SUM).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_cursor_comes_back_and_nothing_else_is_one() {
        let number: RegisterNumber = "2026/000042".parse().unwrap();
        let cursor = of_number(number);
        assert_eq!(to_number(&cursor).unwrap(), number);
        let job = of_job(Timestamp::from_second(7).unwrap(), "ab");
        assert_eq!(to_job(&job).unwrap(), (Timestamp::from_second(7).unwrap(), "ab".to_owned()));
        let mut turned = cursor.clone().into_bytes();
        turned
            .iter_mut()
            .rev()
            .take(2)
            .for_each(|byte| *byte = if *byte == b'A' { b'B' } else { b'A' });
        let turned = String::from_utf8(turned).unwrap();
        for wrong in ["", "x", "2026/000042", "ZDIwMjYvMDAwMDQy", "%", &job, &turned, &cursor.repeat(50)] {
            assert!(to_number(wrong).is_err(), "{wrong}");
        }
        assert!(to_job(&cursor).is_err());
    }
}
