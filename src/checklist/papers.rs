//! What was read of the messages of a file. It is on the record; what follows from it is not.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;
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
        if is_archive_too(bytes) {
            return Self::Other;
        }
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

    /// Whether a file of this kind breaks off: its end is nowhere in it. What stands behind the end is nobody's fault here; cameras and
    /// scanners write there.
    pub fn breaks_off(self, bytes: &[u8]) -> bool {
        let end: &[u8] = match self {
            Self::Pdf => b"startxref",
            Self::Jpg => b"\xff\xd9",
            Self::Png => b"IEND",
            Self::Other => return false,
        };
        memchr::memmem::rfind(bytes, end).is_none()
    }
}

/// A ZIP is found from its end, so a picture or PDF can be one at the same time: whoever opens it as one sees other papers than we. An
/// archive that lies somewhere inside a PDF is none of these: its end record does not reach the end of the file.
fn is_archive_too(bytes: &[u8]) -> bool {
    const RECORD: usize = 22;
    let tail = bytes.len().saturating_sub(RECORD + usize::from(u16::MAX));
    let records = memchr::memmem::find_iter(bytes.get(tail..).unwrap_or_default(), b"PK\x05\x06");
    records.map(|at| tail + at).any(|at| {
        let length = bytes.get(at + 20..at + RECORD).and_then(|length| length.try_into().ok());
        length.is_some_and(|length| at + RECORD + usize::from(u16::from_le_bytes(length)) == bytes.len())
    })
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
    /// Its end is missing.
    #[serde(default)]
    pub breaks_off: bool,
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
    /// Verdicts on the signatures (İmza) of the very package that the papers lie in: those of a package that is attached to it speak of
    /// other papers.
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
    /// The provider's or the sender's own signature on the message does not hold: whatever came in it was changed, or is from somebody else.
    pub is_forged: bool,
}

/// The name of what a detached or wrapping signature signs: `dilekce.pdf.p7s` signs `dilekce.pdf`.
pub fn signed_name(name: &str) -> Option<&str> {
    let ends = [".p7s", ".p7m", ".imz", ".p7b"];
    let lower = name.to_ascii_lowercase();
    let end = ends.into_iter().find(|end| lower.ends_with(end))?;
    name.get(..name.len().checked_sub(end.len())?).filter(|name| !name.is_empty())
}
