//! Who may sign for the applicant, and who of them signed. A clerk enters what the signature circular (imza sirküleri) and the powers of
//! attorney (vekâletname) say; the certificates of the signatures say who signed. Both show an identity number only masked, so a person is
//! found by the name, folded, and by the digits that both show.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::masked::MaskedId;
use crate::clock::local_day;
use crate::signature::report::Signer;
use crate::text::{Text, fold_decomposed};

/// Signatories of one circular: no company names so many who sign together.
pub const MOST_SIGNATORIES: usize = 60;

/// Characters of a name.
pub const NAME_CHARS: usize = 200;

/// Somebody who may sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    pub name: String,
    pub id: MaskedId,
}

impl Signatory {
    /// One a line: first and last name, semicolon, identity number, whole or masked. Empty lines are none.
    ///
    /// # Errors
    /// A line is none; the sentence shows how one is written.
    pub fn read_lines(text: &str) -> Result<Vec<Self>, Text> {
        let read = |line: &str| {
            let (name, id) = line.rsplit_once(';').unwrap_or((line, ""));
            let id = id.parse().map_err(|_| {
                Text::new(
                    "Her satıra bir yetkili yazın: Ad Soyad; 123*****456 (11 hane, ilk üç ve son iki hane açık).",
                    "Write one signatory a line: First Last; 123*****456 (11 digits, the first three and the last two shown).",
                )
            })?;
            let name = name.trim().to_owned();
            Ok(Self { name, id })
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(read).collect()
    }

    /// Nothing that is shown of them tells the two apart.
    fn may_be(&self, other: &Self) -> bool {
        self.id.agrees_with(&other.id) && is_one_name(&words_of(&self.name), &words_of(&other.name))
    }
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
            if !signatory.id.tells_enough() {
                return Err(Text::new(
                    "Kimlik numarasının başı ve sonu da açık olmalı (123*****456): aynı adlı akrabaların numaraları aynı hanelerle başlar.",
                    "Beginning and end of the identity number must be shown (123*****456): the numbers of relatives of one name begin alike.",
                ));
            }
        }
        let is_twice = |(at, one): (usize, &Signatory)| self.signatories.iter().skip(at + 1).any(|other| one.may_be(other));
        if self.signatories.iter().enumerate().any(is_twice) {
            return Err(Text::new(
                "Bir yetkili iki kez yazılmış; her kişiyi bir kez yazın.",
                "A signatory is entered twice; write each person once.",
            ));
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
        let people = told_apart(people);
        let fitting: Vec<Vec<usize>> = self
            .signatories
            .iter()
            .map(|signatory| {
                let fits = |person: &Vec<&SigningPerson>| person.iter().any(|name| name.is(signatory));
                (0..).zip(&people).filter(|(_, person)| fits(person)).map(|(at, _)| at).collect()
            })
            .collect();
        largest_matching(&fitting, people.len())
    }
}

/// People by the names that they sign under: who got a new certificate with a second first name, or with the name of a marriage, is one.
fn told_apart(people: &BTreeSet<SigningPerson>) -> Vec<Vec<&SigningPerson>> {
    let mut apart: Vec<Vec<&SigningPerson>> = Vec::new();
    for person in people {
        let known = |names: &&mut Vec<&SigningPerson>| names.iter().any(|name| name.may_be(person));
        match apart.iter_mut().find(known) {
            Some(names) => names.push(person),
            None => apart.push(vec![person]),
        }
    }
    apart
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

    fn may_be(&self, other: &Self) -> bool {
        self.masked == other.masked && is_one_name(&self.words, &other.words)
    }
}

/// One holds every word of the other.
fn is_one_name(one: &[String], other: &[String]) -> bool {
    let holds = |one: &[String], other: &[String]| other.iter().all(|word| one.contains(word));
    holds(one, other) || holds(other, one)
}

fn words_of(name: &str) -> Vec<String> {
    let folded = fold_decomposed(name);
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
