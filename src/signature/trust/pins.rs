//! The roots of the providers notified to BTK, as facts (`config/trust/anchors.toml`). No certificate is shipped: a pin says which
//! certificate may be taken without asking, and which one only borrows a known name.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::hash::Sha256;
use crate::signature::certificate::Certificate;
use crate::signature::trust::Purpose;
use crate::text;

const SHIPPED: &str = include_str!("../../../config/trust/anchors.toml");

/// KOKGuvenSeviyesi of the depository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LawLevel {
    /// Kanuni: law 5070.
    Statutory,
    /// Kurumsal: seals and other institutional certificates.
    Institutional,
    /// Kişisel.
    Personal,
}

impl LawLevel {
    /// What a root of this level serves when nothing else is known about it.
    pub fn purposes(self) -> &'static [Purpose] {
        match self {
            Self::Statutory => &[Purpose::Nes, Purpose::Seal, Purpose::Tsa],
            Self::Institutional => &[Purpose::Seal],
            Self::Personal => &[],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PinState {
    Current,
    /// Ended; still needed to judge old documents at their time.
    Historic,
}

/// What is known about one root.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Common name.
    pub name: String,
    pub provider: String,
    pub purposes: Vec<Purpose>,
    pub law_level: LawLevel,
    pub state: PinState,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Kind and size: `P-384`, `RSA-2048`.
    pub key: String,
    /// Of the certificate in DER.
    pub sha256: Sha256,
    /// Of its SubjectPublicKeyInfo.
    pub spki_sha256: Sha256,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// The day of the depository behind the list: who was authorised later is not in it.
    pub as_of: Date,
    #[serde(rename = "anchor")]
    list: Vec<Pin>,
}

impl Pins {
    /// The list inside the program. A test holds that it can be read; were it not, nothing would be pinned and everything asked for.
    pub fn shipped() -> &'static Self {
        static PINS: OnceLock<Pins> = OnceLock::new();
        PINS.get_or_init(|| {
            Self::parse(SHIPPED).unwrap_or(Self {
                as_of: Date::ZERO,
                list: Vec::new(),
            })
        })
    }

    /// # Errors
    /// Not a list of pins.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Pin> {
        self.list.iter()
    }

    pub fn of(&self, sha256: Sha256) -> Option<&Pin> {
        self.list.iter().find(|pin| pin.sha256 == sha256)
    }

    /// A pinned root whose name `certificate` carries with a key that no root of that name has. Letters are folded: a root that calls
    /// itself `Kamu SM Kok` is meant to be taken for `Kamu SM Kök`.
    pub fn imitated_by(&self, certificate: &Certificate) -> Option<&Pin> {
        let name = plain(certificate.subject.common_name()?);
        let mut namesakes = self.list.iter().filter(|pin| plain(&pin.name) == name).peekable();
        let first = namesakes.peek().copied()?;
        namesakes.all(|pin| pin.spki_sha256 != certificate.spki_sha256).then_some(first)
    }
}

/// Letters and digits only, folded to ASCII.
fn plain(name: &str) -> String {
    text::fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
#[path = "pins_tests.rs"]
mod pins_tests;
