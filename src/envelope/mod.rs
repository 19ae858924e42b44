//! What is in this package? OPC over ZIP, v1.x, v2.x, encrypted, update; metadata; digests; the rule list. Knows no CMS.

mod container;
pub mod digest;
mod directory;
mod document;
mod documents;
mod inside;
pub mod metadata;
mod metadata_xml;
mod names;
mod opc;
mod package;
mod pairing;
mod read;
mod roles;
mod rules;
mod structure;
mod time;
mod xml;

#[cfg(test)]
mod forge_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod read_tests;
#[cfg(test)]
mod rules_tests;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use package::{Package, Part, Receiver};
pub use read::{read, read_opening};
pub use roles::{Found, PartRole};
pub use rules::catalogue::{Era, Next, RULES, Rule};
pub use time::{Instant, parse_date_time, parse_duration};

use crate::hash::Sha256;

/// `eyp`, `eyps` or `eypg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageKind {
    /// RESMIYAZISMA
    Eyp,
    /// RESMIYAZISMA/SIFRELI
    Eyps,
    /// RESMIYAZISMA/GUNCELLEME
    Eypg,
}

impl PackageKind {
    /// By core `category`, exactly as the official API compares it.
    pub fn from_category(category: &str) -> Option<Self> {
        match category {
            "RESMIYAZISMA" => Some(Self::Eyp),
            "RESMIYAZISMA/SIFRELI" => Some(Self::Eyps),
            "RESMIYAZISMA/GUNCELLEME" => Some(Self::Eypg),
            _ => None,
        }
    }
}

/// Whose signature stands on a part of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageRole {
    /// İmza: the signing persons, over PaketOzeti.
    Signature,
    /// Paraf: the initialling persons, over ParafOzeti.
    Initial,
    /// Mühür: the institution, over NihaiOzet.
    Seal,
}

/// A signature part, still closed, with the part that it must cover.
#[derive(Debug, Clone)]
pub struct PackageSignature {
    pub role: PackageRole,
    /// Part name of the signature, e.g. `/Imzalar/ImzaCades.imz`.
    pub place: String,
    pub cms: Bytes,
    /// Part name of what it covers, e.g. `/PaketOzeti/PaketOzeti.xml`, and its bytes; `None` when that part is missing.
    pub covers: String,
    pub covered: Option<Bytes>,
}

/// The document of a package, in the shape of the JSON contract.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// BelgeId.
    pub id: Option<String>,
    /// BelgeNo, the official "Sayı".
    pub number: Option<String>,
    /// Konu.
    pub subject: Option<String>,
    /// Tarih, as the instant it names.
    pub date: Option<Timestamp>,
    /// Effective GuvenlikKodu, after updates: YOK, TSD, HZO, OZL, KSO, GZL, CGZ.
    pub security: Option<String>,
    /// Ivedilik of our addressee, or of the first: NRM, ACL, IVD, CIV, GNL.
    pub urgency: Option<String>,
    /// Olusturan.
    pub sender: Option<Party>,
    pub addressees: Vec<Addressee>,
    /// The covering letter (üst yazı).
    pub file: Option<DocumentFile>,
    pub attachments: Vec<Attachment>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// institution, person or legal-person.
    pub kind: String,
    pub name: Option<String>,
    /// KKK / DETSİS number, or the legal person's id. Identity numbers of persons are masked.
    pub id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Addressee {
    #[serde(flatten)]
    pub party: Party,
    pub urgency: Option<String>,
    /// GRG (for action) or BLG (for information).
    pub distribution: Option<String>,
    /// Miat as written, an xsd:duration.
    pub due: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentFile {
    pub name: String,
    pub mime: Option<String>,
    pub size: u64,
    pub sha256: Sha256,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: Option<String>,
    pub name: Option<String>,
    /// DED, HRF or FZK.
    pub r#type: Option<String>,
    pub mime: Option<String>,
    pub size: Option<u64>,
    pub sha256: Option<Sha256>,
    /// ImzaliMi: covered by the package's digests.
    pub signed: bool,
    pub present: bool,
}
