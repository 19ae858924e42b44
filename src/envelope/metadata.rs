//! The metadata of a package, typed in full: one model for 1.x and 2.x.
//!
//! These types stay in memory: they hold identity numbers, so they are neither serialised nor logged. What the register shows is
//! [`Document`](super::Document).

use std::fmt;

use jiff::Span;

use super::digest::{Algorithm, DigestDocument};
use super::time::Instant;
use crate::text;

/// Everything that the XML parts of a package say. A field is `None` when its part is missing or could not be read.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// Üstveri.
    pub document: Option<DocumentMetadata>,
    /// Nihai üstveri; in 1.x the date and number of Ustveri and the signers of BelgeImza.
    pub last: Option<FinalMetadata>,
    /// BelgeHedef: the addressees; 1.x, and the open outside of an encrypted package.
    pub targets: Option<Vec<Option<Actor>>>,
    /// PaketOzeti.
    pub package_digest: Option<DigestDocument>,
    /// ParafOzeti.
    pub initial_digest: Option<DigestDocument>,
    /// NihaiOzet.
    pub final_digest: Option<DigestDocument>,
    /// SifreliIcerikBilgisi.
    pub encryption: Option<EncryptionInfo>,
    /// GuncellemeBilgisi.
    pub updates: Option<Vec<Update>>,
}

/// OPC core properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoreProperties {
    pub identifier: Option<String>,
    pub created: Option<String>,
    pub creator: Option<String>,
    pub subject: Option<String>,
    pub category: Option<String>,
    pub content_type: Option<String>,
    pub version: Option<String>,
    pub revision: Option<String>,
    pub description: Option<String>,
    pub last_printed: Option<String>,
    pub modified: Option<String>,
    pub last_modified_by: Option<String>,
    pub keywords: Option<String>,
    pub content_status: Option<String>,
    pub title: Option<String>,
    pub language: Option<String>,
}

/// Üstveri.
#[derive(Debug, Clone, Default)]
pub struct DocumentMetadata {
    /// BelgeId.
    pub id: Option<String>,
    /// Konu.
    pub subject: Option<Words>,
    /// Tarih (1.x; withdrawn in 2.x).
    pub date: Option<DateTime>,
    /// BelgeNo (1.x; withdrawn in 2.x).
    pub number: Option<String>,
    /// GuvenlikKodu, as written.
    pub security: Option<String>,
    /// GuvenlikKoduGecerlilikTarihi.
    pub security_until: Option<DateTime>,
    /// MimeTuru of the covering letter.
    pub mime: Option<String>,
    /// OzId: the sender's own id.
    pub own_id: Option<Identifier>,
    /// DagitimListesi; `None` when the element is missing.
    pub distribution: Option<Vec<Distribution>>,
    /// Ekler.
    pub attachments: Vec<AttachmentMetadata>,
    /// İlgiler: references to earlier documents.
    pub references: Vec<RelatedDocument>,
    /// Dil, ISO 639-3.
    pub language: Option<String>,
    /// Oluşturan; the inner `None` is an element without a party.
    pub author: Option<Option<Actor>>,
    /// İlgili listesi: contact persons.
    pub contacts: Vec<Option<Actor>>,
    /// DosyaAdi of the covering letter.
    pub file_name: Option<String>,
    /// SdpBilgisi: the standard file plan; the first is the main code.
    pub file_plan: Vec<FilePlanCode>,
    /// HeyskListesi: public-service inventory codes.
    pub service_codes: Vec<ServiceCode>,
    /// DogrulamaBilgisi/DogrulamaAdresi: where the document can be looked up.
    pub verification_address: Option<String>,
}

impl Metadata {
    /// Standard file plan codes (SDP), the main one first.
    pub fn file_plan_codes(&self) -> Vec<String> {
        let plan = self.document.iter().flat_map(|document| &document.file_plan);
        plan.filter_map(|entry| entry.code.clone()).collect()
    }
}

/// Nihai üstveri.
#[derive(Debug, Clone, Default)]
pub struct FinalMetadata {
    /// Tarih.
    pub date: Option<DateTime>,
    /// BelgeNo, the official "Sayı".
    pub number: Option<String>,
    /// BelgeImzalar, in order; the signature stage compares their number and people with the CMS.
    pub signers: Vec<SignerMetadata>,
}

/// İmza: one person who signed, as data.
#[derive(Debug, Clone, Default)]
pub struct SignerMetadata {
    /// İmzalayan.
    pub person: Option<NaturalPerson>,
    /// Yetki devreden.
    pub delegator: Option<NaturalPerson>,
    /// Vekâlet veren.
    pub principal: Option<NaturalPerson>,
    /// Makam.
    pub office: Option<Words>,
    /// Amaç.
    pub purpose: Option<Words>,
    /// Açıklama.
    pub explanation: Option<Words>,
    pub date: Option<DateTime>,
    /// TCYK (1.x, withdrawn).
    pub tcyk: Option<String>,
}

/// A text with its optional `languageID`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    pub text: String,
    pub language: Option<String>,
}

/// A value with its `schemeID`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifier {
    pub value: String,
    pub scheme: Option<String>,
}

/// A date as written, and the instant it names if it names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTime {
    pub text: String,
    pub instant: Option<Instant>,
}

/// Dağıtım: one addressee and what is expected of it.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    pub party: Option<Actor>,
    /// İvedilik.
    pub urgency: Option<String>,
    /// DagitimTuru.
    pub kind: Option<String>,
    /// Miat.
    pub due: Option<Due>,
    /// KonulmamisEkListesi: ids of the attachments left out of this addressee's copy.
    pub left_out: Vec<String>,
}

/// Miat as written, and the span it means if it means one.
#[derive(Debug, Clone)]
pub struct Due {
    pub text: String,
    pub span: Option<Span>,
}

/// Ek.
#[derive(Debug, Clone, Default)]
pub struct AttachmentMetadata {
    /// Id/@Value.
    pub id: Option<String>,
    /// Id/@EYazismaIdMi: the id is the BelgeId of another e-Yazışma document.
    pub id_is_document: Option<bool>,
    pub number: Option<String>,
    /// Tur: DED, HRF or FZK, as written.
    pub kind: Option<String>,
    pub file_name: Option<String>,
    pub mime: Option<String>,
    /// Ad.
    pub title: Option<Words>,
    /// SiraNo as written.
    pub order: Option<String>,
    pub explanation: Option<Words>,
    /// Referans: the address of an external attachment. Never fetched.
    pub reference: Option<String>,
    pub own_id: Option<Identifier>,
    /// ImzaliMi; absent means signed.
    pub signed: Option<bool>,
    /// Ozet of an external attachment.
    pub digest: Option<ExternalDigest>,
}

impl AttachmentMetadata {
    /// A file inside the package (Dahili Elektronik Dosya).
    pub fn is_internal(&self) -> bool {
        self.kind.as_deref() == Some("DED")
    }

    /// Declared as covered by the digests: a file inside that is not said to be unsigned.
    pub fn is_signed(&self) -> bool {
        self.is_internal() && self.signed != Some(false)
    }
}

/// Ozet of a harici referans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalDigest {
    pub algorithm: Option<Algorithm>,
    pub value: Option<Vec<u8>>,
}

/// İlgi.
#[derive(Debug, Clone, Default)]
pub struct RelatedDocument {
    pub id: Option<String>,
    pub id_is_document: Option<bool>,
    pub number: Option<String>,
    pub date: Option<DateTime>,
    /// Etiket: a, b, c …
    pub label: Option<String>,
    /// EkId: the Ek of this document that holds it.
    pub attachment_id: Option<String>,
    pub title: Option<Words>,
    pub explanation: Option<Words>,
    pub own_id: Option<Identifier>,
}

/// One code of the standard file plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilePlanCode {
    pub code: Option<String>,
    pub name: Option<String>,
    pub explanation: Option<String>,
}

/// One HEYSK code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceCode {
    /// As written; a positive number.
    pub code: Option<String>,
    pub name: Option<String>,
    pub definition: Option<String>,
}

/// KurumKurulus, GercekSahis or TuzelSahis.
#[derive(Debug, Clone)]
pub enum Actor {
    Institution(Institution),
    Person(NaturalPerson),
    LegalPerson(LegalPerson),
}

/// Kurum / kuruluş.
#[derive(Debug, Clone, Default)]
pub struct Institution {
    /// KKK: the DETSİS number.
    pub kkk: Option<String>,
    /// BYK (1.x, deprecated).
    pub byk: Option<String>,
    pub name: Option<Words>,
    /// BirimKKK (2.x).
    pub unit_kkk: Option<String>,
    pub contact: Option<Contact>,
}

/// Gerçek şahıs.
#[derive(Debug, Clone, Default)]
pub struct NaturalPerson {
    /// IlkAdi.
    pub first_name: Option<Words>,
    /// IkinciAdi.
    pub second_name: Option<Words>,
    /// Soyadi.
    pub surname: Option<Words>,
    /// Unvan.
    pub title: Option<Words>,
    /// OnEk.
    pub prefix: Option<Words>,
    /// TCKN.
    pub national_id: Option<NationalId>,
    /// Gorev.
    pub duty: Option<Words>,
    pub contact: Option<Contact>,
}

/// Tüzel şahıs.
#[derive(Debug, Clone, Default)]
pub struct LegalPerson {
    pub id: Option<Identifier>,
    pub name: Option<Words>,
    pub contact: Option<Contact>,
}

/// İletişim bilgisi.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    pub phone: Option<String>,
    pub other_phone: Option<String>,
    pub email: Option<String>,
    /// KepAdresi (2.x).
    pub kep_address: Option<String>,
    pub fax: Option<String>,
    pub web: Option<String>,
    pub address: Option<String>,
    /// Il.
    pub province: Option<String>,
    /// Ilce.
    pub district: Option<String>,
    pub country: Option<String>,
}

/// T.C. kimlik numarası. Prints masked; the digits come out only on demand.
#[derive(Clone, PartialEq, Eq)]
pub struct NationalId(String);

impl NationalId {
    pub fn new(digits: impl Into<String>) -> Self {
        Self(digits.into())
    }

    /// The number itself, for comparison with a certificate.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Eleven digits, the first not 0, with both check digits right.
    pub fn is_valid(&self) -> bool {
        let digits: Vec<u32> = self.0.chars().filter_map(|c| c.to_digit(10)).collect();
        let [a, b, c, d, e, f, g, h, i, tenth, eleventh] = digits[..] else {
            return false;
        };
        if a == 0 || self.0.chars().count() != 11 {
            return false;
        }
        let odd = a + c + e + g + i;
        let even = b + d + f + h;
        (7 * odd + 100 - even) % 10 == tenth && (odd + even + tenth) % 10 == eleventh
    }
}

impl fmt::Display for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::mask(&self.0))
    }
}

impl fmt::Debug for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// SifreliIcerikBilgisi: informational, the algorithms and recipients are in the CMS alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionInfo {
    pub id: Option<String>,
    pub version: Option<String>,
    /// Yontem: the title of the encryption guide.
    pub method: Option<String>,
    pub uris: Vec<String>,
}

/// One Guncellemeler element.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// GuncellemeTuru, as written.
    pub kind: Option<String>,
    /// GuvenlikKoduDegisiklikBilgisi; `None` for a kind of the future.
    pub security: Option<SecurityUpdate>,
}

/// GuvenlikKoduDegisiklikBilgisi.
#[derive(Debug, Clone, Default)]
pub struct SecurityUpdate {
    /// YeniGizlilikDerecesi.
    pub new_security: Option<String>,
    /// DegistirmeTarihi.
    pub changed_at: Option<DateTime>,
    pub explanation: Option<String>,
    /// KomisyonKarariBelgeNo.
    pub decision_number: Option<String>,
    /// KomisyonKarariBelgeId.
    pub decision_id: Option<String>,
}

impl NaturalPerson {
    /// First, second and last name.
    pub fn full_name(&self) -> Option<String> {
        let names = [&self.first_name, &self.second_name, &self.surname];
        let joined = names
            .into_iter()
            .flatten()
            .map(|name| name.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        (!joined.is_empty()).then_some(joined)
    }
}

impl Actor {
    /// Whether this is the institution, or the unit of it, with that DETSİS number.
    pub fn has_kkk(&self, wanted: &str) -> bool {
        match self {
            Self::Institution(institution) => [&institution.kkk, &institution.unit_kkk]
                .into_iter()
                .flatten()
                .any(|kkk| kkk.eq_ignore_ascii_case(wanted)),
            _ => false,
        }
    }

    pub fn contact(&self) -> Option<&Contact> {
        match self {
            Self::Institution(institution) => institution.contact.as_ref(),
            Self::Person(person) => person.contact.as_ref(),
            Self::LegalPerson(legal) => legal.contact.as_ref(),
        }
    }

    /// What tells this party from others, names aside where it has a number. Never shown: it may be an identity number.
    pub(super) fn key(&self) -> Option<String> {
        match self {
            Self::Institution(institution) => institution
                .kkk
                .as_ref()
                .map(|kkk| format!("institution {}", kkk.to_ascii_lowercase())),
            Self::LegalPerson(legal) => legal.id.as_ref().map(|id| format!("legal {}", id.value.to_ascii_lowercase())),
            Self::Person(person) => match &person.national_id {
                Some(id) => Some(format!("person {}", id.expose())),
                None => person.full_name().map(|name| format!("person {}", text::fold(&name))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_numbers_are_checked_and_never_printed() {
        // 10000000146 is the textbook number that passes both check digits.
        let id = NationalId::new("10000000146");
        assert!(id.is_valid());
        assert_eq!(format!("{id} {id:?}"), "100******46 100******46");
        for wrong in ["10000000147", "00000000146", "1000000014", "100000001466", "1000000014a", ""] {
            assert!(!NationalId::new(wrong).is_valid(), "{wrong}");
        }
    }
}
