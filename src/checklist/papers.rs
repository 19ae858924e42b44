//! Which attachment is which paper. What was read of an attachment is on the record; which paper it is follows from it, from the rules of
//! today and from what a clerk decided.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::config::{Checklist, Paper};
use super::entered::Entered;
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;
use crate::register::has_word;
use crate::signature::report::{Role, SignatureReport, SubIndication};
use crate::text::Text;

/// What a file is by its first bytes; its name and declared type say what its sender wants it to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    Pdf,
    Jpg,
    Png,
    /// Anything else; in no checklist.
    Other,
}

impl FileKind {
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [b'%', b'P', b'D', b'F', b'-', ..] => Self::Pdf,
            [0xff, 0xd8, 0xff, ..] => Self::Jpg,
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Self::Png,
            _ => Self::Other,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Jpg => "JPG",
            Self::Png => "PNG",
            Self::Other => "?",
        }
    }
}

/// What was read of one attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadPaper {
    /// Where it lies in its message.
    pub place: String,
    pub name: String,
    pub sha256: Sha256,
    pub size: u64,
    /// Of the paper itself, where a signature is wrapped around it.
    pub kind: FileKind,
    /// Ids of the papers of the checklist whose words stand on its pages.
    #[serde(default)]
    pub words: BTreeSet<String>,
    /// Verdicts on the signatures of the file itself; without time stamps.
    #[serde(default)]
    pub signatures: Vec<SignatureReport>,
    /// It lies in a package whose signed digests cover it.
    #[serde(default)]
    pub in_package: bool,
}

/// What was read of one message of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub papers: Vec<ReadPaper>,
    /// Verdicts on the signatures of the package (İmza) that the papers lie in.
    #[serde(default)]
    pub package: Vec<SignatureReport>,
    /// The package contradicts itself: its signatures prove nothing about what lies in it.
    #[serde(default)]
    pub package_is_broken: bool,
    /// Nobody could read the message.
    #[serde(default)]
    pub unreadable: Option<Text>,
}

impl Reading {
    /// A later reading of the same bytes may say more.
    pub fn is_open(&self) -> bool {
        use crate::signature::report::Indication::Indeterminate;
        let mut all = self.papers.iter().flat_map(|paper| &paper.signatures).chain(&self.package);
        self.unreadable.is_some() || all.any(|report| report.indication == Indeterminate)
    }

    /// Says the same, whatever it was found by and when.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let same = |one: &[SignatureReport], other: &[SignatureReport]| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.says_the_same_as(other))
        };
        let stripped = |paper: &ReadPaper| ReadPaper {
            signatures: Vec::new(),
            ..paper.clone()
        };
        self.unreadable.is_some() == other.unreadable.is_some()
            && self.package_is_broken == other.package_is_broken
            && same(&self.package, &other.package)
            && self.papers.len() == other.papers.len()
            && self
                .papers
                .iter()
                .zip(&other.papers)
                .all(|(one, other)| stripped(one) == stripped(other) && same(&one.signatures, &other.signatures))
    }

    /// The signatures that stand for a paper, each once. "There is no signature" is no signature.
    pub fn signatures_of<'a>(&'a self, paper: &'a ReadPaper) -> impl Iterator<Item = &'a SignatureReport> {
        let of_package = self
            .package
            .iter()
            .filter(|report| paper.in_package && report.role == Role::Signature);
        let all = paper.signatures.iter().chain(of_package);
        all.filter(|report| report.role != Role::Timestamp && report.sub_indication != Some(SubIndication::NoSignature))
    }
}

/// A message of a file: the application itself, or one that completes it.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    pub number: RegisterNumber,
    pub received_at: Timestamp,
    pub reading: &'a Reading,
}

/// Why an attachment stands for a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    Clerk,
    Name,
    Words,
}

/// The paper that an attachment is; `None`: nobody can say.
pub fn paper_of<'c>(read: &ReadPaper, checklist: &'c Checklist, entered: &Entered) -> Option<(&'c Paper, Because)> {
    if let Some(decided) = entered.decision_on(&read.sha256) {
        return Some((checklist.paper(decided?)?, Because::Clerk));
    }
    // The longest name that fits: `vekaletname iptal` is another paper than `vekaletname`.
    let by_name = checklist.paper.iter().filter_map(|paper| {
        let fitting = paper.names.iter().filter(|name| has_word(&read.name, name));
        Some((fitting.map(|name| name.chars().count()).max()?, paper))
    });
    // Among equals the first of the list.
    let longest = by_name.fold(None, |best: Option<(usize, &Paper)>, one| match best {
        Some((length, _)) if length >= one.0 => best,
        _ => Some(one),
    });
    if let Some((_, paper)) = longest {
        return Some((paper, Because::Name));
    }
    let by_words = checklist.paper.iter().find(|paper| read.words.contains(&paper.id));
    by_words.map(|paper| (paper, Because::Words))
}

/// The papers of a checklist whose words stand in a text.
pub fn words_in(text: &str, checklist: &Checklist) -> BTreeSet<String> {
    let papers = checklist.paper.iter();
    papers
        .filter(|paper| paper.words.iter().any(|word| has_word(text, word)))
        .map(|paper| paper.id.clone())
        .collect()
}

/// The name of what a detached or wrapping signature signs: `dilekce.pdf.p7s` signs `dilekce.pdf`.
pub fn signed_name(name: &str) -> Option<&str> {
    let ends = [".p7s", ".p7m", ".imz", ".p7b"];
    let lower = name.to_ascii_lowercase();
    let end = ends.into_iter().find(|end| lower.ends_with(end))?;
    name.get(..name.len().checked_sub(end.len())?).filter(|name| !name.is_empty())
}
