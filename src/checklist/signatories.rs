//! Who may sign for the applicant, and who of them signed. A clerk enters what the signature circular (imza sirküleri) and the powers of
//! attorney (vekâletname) say; the certificates of the signatures say who signed. Both show an identity number only masked, so a person is
//! found by the name, folded, and by the digits that both show.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::local_day;
use crate::signature::report::Signer;
use crate::text::{Text, fold, mask};

/// Signatories of one circular: no company names so many who sign together.
pub const MOST_SIGNATORIES: usize = 60;

/// Characters of a name.
pub const NAME_CHARS: usize = 200;

/// Digits of a Turkish identity number.
const ID_DIGITS: usize = 11;

/// Digits that the entered number and the certificate's, as the record shows it, must both show: with fewer, namesakes would be one person.
const COMMON_DIGITS: usize = 3;

/// The digits of a certificate's number that the record shows, see [`mask`].
const SHOWN_BY_CERTIFICATES: &str = "000******00";

/// Identity number with most digits starred out: `123*****456`. What is entered whole is masked before it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedId(String);

/// The text shows too little or is no identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write the 11 digits of the identity number with stars for the hidden ones, the first three shown: 123*****456")]
pub struct NotMaskedId;

impl FromStr for MaskedId {
    type Err = NotMaskedId;

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
        // More than half of the digits is more than anybody needs; the record keeps for twenty years.
        let masked = match shown.chars().filter(char::is_ascii_digit).count() > 6 {
            true => overlay(&mask(&shown), &shown),
            false => shown,
        };
        let id = Self(masked);
        match id.common_with(SHOWN_BY_CERTIFICATES) >= COMMON_DIGITS {
            true => Ok(id),
            false => Err(NotMaskedId),
        }
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
    /// How many digits both show, alike or not.
    fn common_with(&self, other: &str) -> usize {
        self.0
            .chars()
            .zip(other.chars())
            .filter(|(one, other)| *one != '*' && *other != '*')
            .count()
    }

    /// Fits the number of a certificate, as the record shows it: every digit that both show is the same, and they show enough.
    pub fn fits(&self, certificate: &str) -> bool {
        let pairs = || {
            self.0
                .chars()
                .zip(certificate.chars())
                .filter(|(one, other)| *one != '*' && *other != '*')
        };
        certificate.chars().count() == ID_DIGITS
            && self.common_with(certificate) >= COMMON_DIGITS
            && pairs().all(|(one, other)| one == other)
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

/// Somebody who may sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    pub name: String,
    pub id: MaskedId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// İmza sirküleri.
    Circular,
    /// Vekâletname.
    Power,
}

/// Who may sign, and how many of them must: one alone (münferit), or several together (müşterek).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    pub source: Source,
    pub signatories: Vec<Signatory>,
    /// 1: each alone; k: k of them together.
    pub required: u8,
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last day. A power of attorney always has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
}

impl Authority {
    /// # Errors
    /// It could not be meant so.
    pub fn check(&self) -> Result<(), Text> {
        let count = self.signatories.len();
        if count == 0 || count > MOST_SIGNATORIES {
            return Err(Text::new(
                format!("1 ile {MOST_SIGNATORIES} arasında imza yetkilisi yazın."),
                format!("Write 1 to {MOST_SIGNATORIES} signatories."),
            ));
        }
        if self.required == 0 || usize::from(self.required) > count {
            return Err(Text::new(
                format!("Birlikte imzalaması gereken kişi sayısı 1 ile {count} arasında olmalı."),
                format!("The number of those who must sign together must be from 1 to {count}."),
            ));
        }
        for signatory in &self.signatories {
            let name = signatory.name.trim();
            if words_of(name).len() < 2 || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
                return Err(Text::new(
                    "Her imza yetkilisinin adını ve soyadını yazın.",
                    "Write the first and the last name of each signatory.",
                ));
            }
        }
        if self.source == Source::Power && self.valid_until.is_none() {
            return Err(Text::new(
                "Vekâletnamenin bitiş tarihini yazın.",
                "Write the day on which the power of attorney ends.",
            ));
        }
        match (self.valid_from, self.valid_until) {
            (Some(from), Some(until)) if from > until => Err(Text::new(
                "Bitiş tarihi başlangıçtan önce olamaz.",
                "The last day must not be before the first.",
            )),
            _ => Ok(()),
        }
    }

    pub fn is_in_force(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_until.is_none_or(|until| day <= until)
    }

    /// How many of the signatories are among these people. Each person stands for one signatory at most and each signatory for one person:
    /// two entries of one name must not make one signature two.
    pub fn signed_by(&self, people: &BTreeSet<SigningPerson>) -> usize {
        let people: Vec<&SigningPerson> = people.iter().collect();
        let fitting: Vec<Vec<usize>> = self
            .signatories
            .iter()
            .map(|signatory| {
                let fits = people.iter().enumerate().filter(|(_, person)| person.is(signatory));
                fits.map(|(at, _)| at).collect()
            })
            .collect();
        largest_matching(&fitting, people.len())
    }
}

/// The most pairs of signatories and people (Kuhn's algorithm): whoever is taken makes room where there is another for his place.
fn largest_matching(fitting: &[Vec<usize>], people: usize) -> usize {
    fn place(signatory: usize, fitting: &[Vec<usize>], taken: &mut [Option<usize>], tried: &mut BTreeSet<usize>) -> bool {
        for &person in fitting.get(signatory).map(Vec::as_slice).unwrap_or_default() {
            if !tried.insert(person) {
                continue;
            }
            let holder = taken.get(person).copied().flatten();
            if holder.is_none_or(|holder| place(holder, fitting, taken, tried)) {
                if let Some(seat) = taken.get_mut(person) {
                    *seat = Some(signatory);
                }
                return true;
            }
        }
        false
    }
    let mut taken = vec![None; people];
    (0..fitting.len())
        .filter(|signatory| place(*signatory, fitting, &mut taken, &mut BTreeSet::new()))
        .count()
}

/// Who signed, by the certificate: two signatures of one person are one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SigningPerson {
    /// The words of the name, folded and in order: `YILMAZ AYŞE` and `Ayşe Yılmaz` are one name.
    words: Vec<String>,
    masked: String,
}

impl SigningPerson {
    /// `None`: the certificate does not say who it is.
    pub fn of(signer: &Signer) -> Option<Self> {
        Some(Self {
            words: words_of(signer.common_name.as_deref()?),
            masked: signer.serial_masked.clone()?,
        })
    }

    fn is(&self, signatory: &Signatory) -> bool {
        !self.words.is_empty() && self.words == words_of(&signatory.name) && signatory.id.fits(&self.masked)
    }
}

fn words_of(name: &str) -> Vec<String> {
    let folded = fold(name);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.sort();
    words
}

/// The day in Turkey on which a signature must have been covered by an authority: when it is proved to have existed, else when the message
/// arrived. What the signer claims proves nothing.
pub fn day_of(best: Option<Timestamp>, received: Timestamp) -> Date {
    local_day(best.unwrap_or(received).min(received))
}
