//! Element order and cardinality (rule U2), hand-written because the published schemas do not compile or match nothing.
//!
//! An element whose absence has a rule of its own (U3, U4, U5, U7, U10, U12, U13, U15, U16, U19, U20, U21, U26, U31, U33, H2) is optional
//! here, so that one fault is reported once.

use roxmltree::Node;

use super::xml;

const V1: u8 = 1;
const V2: u8 = 2;
const BOTH: u8 = V1 | V2;

/// What an element may hold.
pub(super) enum Content {
    /// Text only.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A date, a number, a truth value: checked by its own form.
    Form(fn(&str) -> bool),
    /// These elements in this order.
    Sequence(&'static [Slot]),
    /// Anything.
    Open,
}

/// One place in a sequence: alternatives, how many of them, and in which versions.
pub(super) struct Slot {
    names: &'static [(&'static str, &'static Content)],
    versions: u8,
    min: usize,
    max: usize,
}

const MANY: usize = usize::MAX;

const fn slot(names: &'static [(&'static str, &'static Content)], versions: u8, min: usize, max: usize) -> Slot {
    Slot { names, versions, min, max }
}

static TEXT: Content = Content::Text;
static DATE: Content = Content::Form(|text| super::time::parse_date_time(text).is_some());
static BOOLEAN: Content = Content::Form(|text| matches!(text, "true" | "false" | "0" | "1"));
static LANGUAGE: Content = Content::Form(|text| text.chars().count() == 3);
// What a version withdrew is U8 and U9, not U2.
static URGENCY: Content = Content::Word(&["NRM", "ACL", "GNL", "IVD", "CIV"]);
static DISTRIBUTION_KIND: Content = Content::Word(&["GRG", "BLG"]);
static ATTACHMENT_KIND: Content = Content::Word(&["DED", "HRF", "FZK"]);
static OPEN: Content = Content::Open;

static CONTACT: Content = Content::Sequence(&[
    slot(&[("Telefon", &TEXT)], BOTH, 0, 1),
    slot(&[("TelefonDiger", &TEXT)], BOTH, 0, 1),
    slot(&[("EPosta", &TEXT)], BOTH, 0, 1),
    slot(&[("KepAdresi", &TEXT)], V2, 0, 1),
    slot(&[("Faks", &TEXT)], BOTH, 0, 1),
    slot(&[("WebAdresi", &TEXT)], BOTH, 0, 1),
    slot(&[("Adres", &TEXT)], BOTH, 0, 1),
    slot(&[("Il", &TEXT)], BOTH, 0, 1),
    slot(&[("Ilce", &TEXT)], BOTH, 0, 1),
    slot(&[("Ulke", &TEXT)], BOTH, 0, 1),
]);
static INSTITUTION: Content = Content::Sequence(&[
    slot(&[("KKK", &TEXT)], BOTH, 0, 1),
    slot(&[("BYK", &TEXT)], BOTH, 0, 1),
    slot(&[("Adi", &TEXT)], BOTH, 0, 1),
    slot(&[("IletisimBilgisi", &CONTACT)], BOTH, 0, 1),
    slot(&[("BirimKKK", &TEXT)], V2, 0, 1),
]);
static NAMES: Content = Content::Sequence(&[
    slot(&[("IlkAdi", &TEXT)], BOTH, 0, 1),
    slot(&[("Soyadi", &TEXT)], BOTH, 0, 1),
    slot(&[("IkinciAdi", &TEXT)], BOTH, 0, 1),
    slot(&[("Unvan", &TEXT)], BOTH, 0, 1),
    slot(&[("OnEk", &TEXT)], BOTH, 0, 1),
]);
static PERSON: Content = Content::Sequence(&[
    slot(&[("Kisi", &NAMES)], BOTH, 0, 1),
    slot(&[("TCKN", &TEXT)], BOTH, 0, 1),
    slot(&[("Gorev", &TEXT)], BOTH, 0, 1),
    slot(&[("IletisimBilgisi", &CONTACT)], BOTH, 0, 1),
]);
static LEGAL_PERSON: Content = Content::Sequence(&[
    slot(&[("Id", &TEXT)], BOTH, 0, 1),
    slot(&[("Adi", &TEXT)], BOTH, 0, 1),
    slot(&[("IletisimBilgisi", &CONTACT)], BOTH, 0, 1),
]);
const PARTIES: &[(&str, &Content)] = &[
    ("KurumKurulus", &INSTITUTION),
    ("GercekSahis", &PERSON),
    ("TuzelSahis", &LEGAL_PERSON),
];
static PARTY: Content = Content::Sequence(&[slot(PARTIES, BOTH, 0, 1)]);

static LEFT_OUT: Content = Content::Sequence(&[slot(&[("EkId", &TEXT)], BOTH, 1, 1)]);
static LEFT_OUT_LIST: Content = Content::Sequence(&[slot(&[("KonulmamisEk", &LEFT_OUT)], BOTH, 1, MANY)]);
static DISTRIBUTION: Content = Content::Sequence(&[
    slot(PARTIES, BOTH, 0, 1),
    slot(&[("Ivedilik", &URGENCY)], BOTH, 1, 1),
    slot(&[("DagitimTuru", &DISTRIBUTION_KIND)], BOTH, 1, 1),
    slot(&[("Miat", &TEXT)], BOTH, 0, 1),
    slot(&[("KonulmamisEkListesi", &LEFT_OUT_LIST)], BOTH, 0, 1),
]);
static DISTRIBUTION_LIST: Content = Content::Sequence(&[slot(&[("Dagitim", &DISTRIBUTION)], BOTH, 0, MANY)]);

static EXTERNAL_DIGEST: Content = Content::Sequence(&[
    slot(&[("OzetAlgoritmasi", &OPEN)], BOTH, 0, 1),
    slot(&[("OzetDegeri", &TEXT)], BOTH, 0, 1),
]);
static ATTACHMENT: Content = Content::Sequence(&[
    slot(&[("Id", &TEXT)], BOTH, 0, 1),
    slot(&[("BelgeNo", &TEXT)], BOTH, 0, 1),
    slot(&[("Tur", &ATTACHMENT_KIND)], BOTH, 1, 1),
    slot(&[("DosyaAdi", &TEXT)], BOTH, 0, 1),
    slot(&[("MimeTuru", &TEXT)], BOTH, 0, 1),
    slot(&[("Ad", &TEXT)], BOTH, 0, 1),
    slot(&[("SiraNo", &TEXT)], BOTH, 0, 1),
    slot(&[("Aciklama", &TEXT)], BOTH, 0, 1),
    slot(&[("Referans", &TEXT)], BOTH, 0, 1),
    slot(&[("OzId", &TEXT)], BOTH, 0, 1),
    slot(&[("ImzaliMi", &BOOLEAN)], BOTH, 0, 1),
    slot(&[("Ozet", &EXTERNAL_DIGEST)], BOTH, 0, 1),
]);
static ATTACHMENTS: Content = Content::Sequence(&[slot(&[("Ek", &ATTACHMENT)], BOTH, 1, MANY)]);
static RELATED: Content = Content::Sequence(&[
    slot(&[("Id", &TEXT)], BOTH, 0, 1),
    slot(&[("BelgeNo", &TEXT)], BOTH, 0, 1),
    slot(&[("Tarih", &DATE)], BOTH, 0, 1),
    slot(&[("Etiket", &TEXT)], BOTH, 0, 1),
    slot(&[("EkId", &TEXT)], BOTH, 0, 1),
    slot(&[("Ad", &TEXT)], BOTH, 0, 1),
    slot(&[("Aciklama", &TEXT)], BOTH, 0, 1),
    slot(&[("OzId", &TEXT)], BOTH, 0, 1),
]);
static RELATED_LIST: Content = Content::Sequence(&[slot(&[("Ilgi", &RELATED)], BOTH, 1, MANY)]);
static CONTACTS: Content = Content::Sequence(&[slot(&[("Ilgili", &PARTY)], BOTH, 1, MANY)]);
static FILE_PLAN_CODE: Content = Content::Sequence(&[
    slot(&[("Kod", &TEXT)], V2, 0, 1),
    slot(&[("Ad", &TEXT)], V2, 0, 1),
    slot(&[("Aciklama", &TEXT)], V2, 0, 1),
]);
static FILE_PLAN_OTHERS: Content = Content::Sequence(&[slot(&[("SdpListesi", &FILE_PLAN_CODE)], V2, 0, MANY)]);
static FILE_PLAN: Content = Content::Sequence(&[
    slot(&[("AnaSdp", &FILE_PLAN_CODE)], V2, 1, 1),
    slot(&[("DigerSdpler", &FILE_PLAN_OTHERS)], V2, 0, 1),
]);
static SERVICE_CODE: Content = Content::Sequence(&[
    slot(&[("Kod", &TEXT)], V2, 0, 1),
    slot(&[("Ad", &TEXT)], V2, 0, 1),
    slot(&[("Tanim", &TEXT)], V2, 0, 1),
]);
static SERVICE_CODES: Content = Content::Sequence(&[slot(&[("Heysk", &SERVICE_CODE)], V2, 1, MANY)]);
static VERIFICATION: Content = Content::Sequence(&[slot(&[("DogrulamaAdresi", &TEXT)], V2, 0, 1)]);

pub(super) static DOCUMENT: Content = Content::Sequence(&[
    slot(&[("BelgeId", &TEXT)], BOTH, 0, 1),
    slot(&[("Konu", &TEXT)], BOTH, 0, 1),
    slot(&[("Tarih", &DATE)], BOTH, 0, 1),
    slot(&[("BelgeNo", &TEXT)], BOTH, 0, 1),
    slot(&[("GuvenlikKodu", &TEXT)], BOTH, 0, 1),
    slot(&[("GuvenlikKoduGecerlilikTarihi", &DATE)], BOTH, 0, 1),
    slot(&[("MimeTuru", &TEXT)], BOTH, 0, 1),
    slot(&[("OzId", &TEXT)], BOTH, 0, 1),
    slot(&[("DagitimListesi", &DISTRIBUTION_LIST)], BOTH, 0, 1),
    slot(&[("Ekler", &ATTACHMENTS)], BOTH, 0, 1),
    slot(&[("Ilgiler", &RELATED_LIST)], BOTH, 0, 1),
    slot(&[("Dil", &LANGUAGE)], BOTH, 0, 1),
    slot(&[("Olusturan", &PARTY)], BOTH, 0, 1),
    slot(&[("IlgiliListesi", &CONTACTS)], BOTH, 0, 1),
    slot(&[("DosyaAdi", &TEXT)], BOTH, 0, 1),
    slot(&[("SdpBilgisi", &FILE_PLAN)], V2, 0, 1),
    slot(&[("HeyskListesi", &SERVICE_CODES)], V2, 0, 1),
    slot(&[("DogrulamaBilgisi", &VERIFICATION)], V2, 0, 1),
]);

static SIGNER: Content = Content::Sequence(&[
    slot(&[("Imzalayan", &PERSON)], BOTH, 0, 1),
    slot(&[("YetkiDevreden", &PERSON)], BOTH, 0, 1),
    slot(&[("VekaletVeren", &PERSON)], BOTH, 0, 1),
    slot(&[("Makam", &TEXT)], BOTH, 0, 1),
    slot(&[("Amac", &TEXT)], BOTH, 0, 1),
    slot(&[("Aciklama", &TEXT)], BOTH, 0, 1),
    slot(&[("Tarih", &DATE)], BOTH, 0, 1),
    slot(&[("TCYK", &TEXT)], BOTH, 0, 1),
]);
static SIGNER_LIST: Content = Content::Sequence(&[slot(&[("Imza", &SIGNER)], BOTH, 0, MANY)]);
pub(super) static FINAL: Content = Content::Sequence(&[
    slot(&[("Tarih", &DATE)], V2, 0, 1),
    slot(&[("BelgeNo", &TEXT)], V2, 0, 1),
    slot(&[("BelgeImzalar", &SIGNER_LIST)], V2, 0, 1),
]);
pub(super) static SIGNERS: Content = Content::Sequence(&[slot(&[("ImzaListesi", &SIGNER_LIST)], V1, 0, 1)]);

static TARGET_LIST: Content = Content::Sequence(&[slot(&[("Hedef", &PARTY)], BOTH, 0, MANY)]);
pub(super) static TARGETS: Content = Content::Sequence(&[slot(&[("HedefListesi", &TARGET_LIST)], BOTH, 0, 1)]);

static DIGEST_ITEM: Content = Content::Sequence(&[
    slot(&[("DigestMethod", &OPEN)], V2, 0, 1),
    slot(&[("DigestValue", &TEXT)], V2, 0, 1),
]);
// A wrong number of digests is H2 and H4.
static REFERENCE: Content = Content::Sequence(&[
    slot(&[("DigestMethod", &OPEN)], V1, 0, 1),
    slot(&[("DigestValue", &TEXT)], V1, 0, 1),
    slot(&[("DigestItem", &DIGEST_ITEM)], V2, 0, MANY),
]);
pub(super) static DIGESTS: Content = Content::Sequence(&[slot(&[("Reference", &REFERENCE)], BOTH, 0, MANY)]);

pub(super) static ENCRYPTION: Content = Content::Sequence(&[slot(&[("URI", &TEXT)], BOTH, 0, MANY)]);

static SECURITY_UPDATE: Content = Content::Sequence(&[
    slot(&[("YeniGizlilikDerecesi", &TEXT)], V2, 0, 1),
    slot(&[("DegistirmeTarihi", &DATE)], V2, 1, 1),
    slot(&[("Aciklama", &TEXT)], V2, 1, 1),
    slot(&[("KomisyonKarariBelgeNo", &TEXT)], V2, 1, 1),
    slot(&[("KomisyonKarariBelgeId", &TEXT)], V2, 1, 1),
]);
static UPDATE: Content = Content::Sequence(&[
    slot(&[("GuncellemeTuru", &TEXT)], V2, 1, 1),
    // Or an element of the future: the schema says xsd:any.
    slot(&[("GuvenlikKoduDegisiklikBilgisi", &SECURITY_UPDATE), ("*", &OPEN)], V2, 1, 1),
]);
pub(super) static UPDATES: Content = Content::Sequence(&[slot(&[("Guncellemeler", &UPDATE)], V2, 1, MANY)]);

/// One deviation from the structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deviation {
    /// Element path, `UstVeri/Ekler/Ek[2]/SiraNo`.
    pub path: String,
    pub kind: DeviationKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeviationKind {
    Unknown,
    OutOfOrder,
    TooMany,
    Missing,
    Value,
}

/// Deviations kept of one document: enough to see the pattern.
const DEVIATIONS: usize = 50;

/// Compares a document with its structure. `namespace` is that of the descendants; the depth is that of the tables.
pub(super) fn check(root: Node<'_, '_>, content: &Content, namespace: &str, major: u8) -> Vec<Deviation> {
    let version = if major >= 2 { V2 } else { V1 };
    let mut deviations = Vec::new();
    let walk = Walk { namespace, version };
    walk.element(root, content, root.tag_name().name(), &mut deviations);
    deviations
}

struct Walk<'a> {
    namespace: &'a str,
    version: u8,
}

impl Walk<'_> {
    fn element(&self, node: Node<'_, '_>, content: &Content, path: &str, out: &mut Vec<Deviation>) {
        let Content::Sequence(slots) = content else {
            return value(node, content, path, out);
        };
        let mut counts = vec![0_usize; slots.len()];
        let mut furthest = 0;
        for (position, child) in xml::elements(node).enumerate() {
            if out.len() >= DEVIATIONS {
                return;
            }
            let name = child.tag_name().name();
            let child_path = format!("{path}/{name}[{}]", position + 1);
            let Some((index, slot, inner)) = self.slot_of(child, slots) else {
                out.push(Deviation {
                    path: child_path,
                    kind: DeviationKind::Unknown,
                });
                continue;
            };
            if index < furthest {
                out.push(Deviation {
                    path: child_path.clone(),
                    kind: DeviationKind::OutOfOrder,
                });
            }
            furthest = furthest.max(index);
            if let Some(count) = counts.get_mut(index) {
                *count += 1;
                if *count > slot.max {
                    out.push(Deviation {
                        path: child_path.clone(),
                        kind: DeviationKind::TooMany,
                    });
                }
            }
            self.element(child, inner, &child_path, out);
        }
        for (slot, count) in slots.iter().zip(&counts) {
            if slot.versions & self.version != 0 && *count < slot.min {
                let name = slot.names.first().map_or("", |(name, _)| name);
                out.push(Deviation {
                    path: format!("{path}/{name}"),
                    kind: DeviationKind::Missing,
                });
            }
        }
    }

    fn slot_of<'s>(&self, child: Node<'_, '_>, slots: &'s [Slot]) -> Option<(usize, &'s Slot, &'s Content)> {
        let tag = child.tag_name();
        let known = tag.namespace().unwrap_or_default() == self.namespace;
        slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.versions & self.version != 0)
            .find_map(|(index, slot)| {
                let fits = |(name, _): &&(&str, &Content)| *name == "*" || (known && *name == tag.name());
                slot.names.iter().find(fits).map(|(_, content)| (index, slot, *content))
            })
    }
}

fn value(node: Node<'_, '_>, content: &Content, path: &str, out: &mut Vec<Deviation>) {
    if matches!(content, Content::Open) {
        return;
    }
    if xml::elements(node).next().is_some() {
        return out.push(Deviation {
            path: path.to_owned(),
            kind: DeviationKind::Unknown,
        });
    }
    // An empty optional element is common and means "not given".
    let Some(text) = xml::text(node) else { return };
    let fits = match content {
        Content::Word(words) => words.contains(&text.as_str()),
        Content::Form(form) => form(&text),
        _ => true,
    };
    if !fits {
        out.push(Deviation {
            path: path.to_owned(),
            kind: DeviationKind::Value,
        });
    }
}
