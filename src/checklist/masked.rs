//! Identity numbers with most digits starred out, as circulars and certificates show them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::mask;

/// Digits of a Turkish identity number.
const ID_DIGITS: usize = 11;

/// Digits that the entered number and the certificate's, as the record shows it, must both show. The record shows the first three and the
/// last two: with fewer than four in common only the beginning would count, and members of a family were numbered one after the other.
const COMMON_DIGITS: usize = 4;

/// More than half of the digits is more than anybody needs; the record keeps for twenty years.
const MOST_SHOWN: usize = 6;

/// The digits of a certificate's number that the record shows, see [`mask`].
const SHOWN_BY_CERTIFICATES: &str = "000******00";

/// Identity number with most digits starred out: `123*****456`. What is entered whole is masked before it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedId(String);

/// The text is no identity number, whole or masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write the 11 digits of the identity number with stars for the hidden ones, the first three and the last two shown: 123*****456")]
pub struct NotMaskedId;

impl FromStr for MaskedId {
    type Err = NotMaskedId;

    /// Also of numbers that show too little: what an earlier program recorded must stay readable.
    fn from_str(text: &str) -> Result<Self, NotMaskedId> {
        let shown: String = text
            .trim()
            .chars()
            .map(|c| if matches!(c, '•' | 'x' | 'X' | '#' | '.') { '*' } else { c })
            .collect();
        let fits = shown.chars().count() == ID_DIGITS && shown.chars().all(|c| c == '*' || c.is_ascii_digit());
        if !fits {
            return Err(NotMaskedId);
        }
        Ok(Self(match shown.chars().filter(char::is_ascii_digit).count() > MOST_SHOWN {
            true => overlay(&mask(&shown), &shown),
            false => shown,
        }))
    }
}

/// What both let through.
fn overlay(one: &str, other: &str) -> String {
    one.chars()
        .zip(other.chars())
        .map(|(one, other)| if one == '*' || other == '*' { '*' } else { one })
        .collect()
}

impl MaskedId {
    /// The digits that both show.
    fn common<'a>(&'a self, other: &'a str) -> impl Iterator<Item = (char, char)> + 'a {
        let pairs = self.0.chars().zip(other.chars());
        pairs.filter(|(one, other)| *one != '*' && *other != '*')
    }

    /// Enough is shown to know its holder in a certificate.
    pub fn tells_enough(&self) -> bool {
        self.common(SHOWN_BY_CERTIFICATES).count() >= COMMON_DIGITS
    }

    /// Fits the number of a certificate, as the record shows it: every digit that both show is the same, and they show enough.
    pub fn fits(&self, certificate: &str) -> bool {
        certificate.chars().count() == ID_DIGITS
            && self.common(certificate).count() >= COMMON_DIGITS
            && self.common(certificate).all(|(one, other)| one == other)
    }

    /// No digit that both show tells them apart.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.common(&other.0).all(|(one, other)| one == other)
    }
}

impl fmt::Display for MaskedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for MaskedId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MaskedId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
