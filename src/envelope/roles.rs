//! Which part plays which role, and how it was found: relationship first, then its fixed name, then that name read tolerantly.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::names;
use super::opc::{self, Directory, Match, Relationship};
use super::{PackageKind, container::Entry};

/// Prefix of every e-Yazışma relationship type.
pub(super) const RELATIONSHIP_PREFIX: &str = "http://eyazisma.dpt/iliskiler/";
/// Relationship Ids of attachments: one of these and the Ek's GUID. It is the Id, not the file name, that links an Ek with its part.
const ATTACHMENT_IDS: [&str; 2] = ["IdEk_", "IdImzasizEk_"];

/// The Ek id in a relationship Id.
pub(super) fn attachment_id(relationship_id: &str) -> Option<&str> {
    let behind = |prefix: &str| {
        let (head, tail) = relationship_id.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(tail)
    };
    ATTACHMENT_IDS.into_iter().find_map(behind)
}

/// What a part is in its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartRole {
    /// OPC core properties.
    Core,
    /// Üst yazı.
    CoverLetter,
    /// Üstveri.
    Metadata,
    /// Nihai üstveri.
    FinalMetadata,
    /// BelgeHedef.
    Targets,
    /// BelgeImza (1.x).
    Signers,
    /// PaketOzeti.
    PackageDigest,
    /// ParafOzeti.
    InitialDigest,
    /// NihaiOzet.
    FinalDigest,
    /// ImzaCades.
    Signature,
    /// ParafImzaCades.
    Initial,
    /// MuhurCades.
    Seal,
    /// Ek, covered by digests.
    Attachment,
    /// İmzasız ek: in no digest.
    UnsignedAttachment,
    /// Şifreli içerik.
    EncryptedContent,
    /// SifreliIcerikBilgisi.
    EncryptionInfo,
    /// GuncellemeBilgisi.
    UpdateInfo,
    /// Orijinal paket.
    OriginalPackage,
    /// ArsivOzellikleri: reserved, never seen.
    ArchiveProperties,
}

/// How a part was found; each step further down is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// Through a relationship of exactly the right type.
    Relationship,
    /// Through one whose type differs in letter case.
    RelationshipCase,
    /// By its fixed name, without a relationship.
    FixedName,
    /// By its fixed name read with other case, slashes, escapes or Turkish letters.
    TolerantName,
    /// Plays no role.
    None,
}

pub(super) struct RoleRule {
    pub role: PartRole,
    /// Relationship type after the prefix.
    pub suffix: &'static str,
    /// Fixed part name; one that ends in `/` is a folder.
    pub uri: &'static str,
    /// Source of the relationship: another role, or the package.
    pub source: Option<PartRole>,
    /// Content type (2.1); empty: what the sender declared.
    pub content_type: &'static str,
}

const XML: &str = "application/xml";
const CMS: &str = "application/octet-stream";

const fn rule(role: PartRole, suffix: &'static str, uri: &'static str, source: Option<PartRole>, content_type: &'static str) -> RoleRule {
    RoleRule {
        role,
        suffix,
        uri,
        source,
        content_type,
    }
}

/// The table of eyp roles. Digest documents come before what hangs on them.
pub(super) const ROLES: [RoleRule; 19] = [
    rule(
        PartRole::Core,
        "",
        "",
        None,
        "application/vnd.openxmlformats-package.core-properties+xml",
    ),
    rule(PartRole::CoverLetter, "ustyazi", "/UstYazi/", None, ""),
    rule(PartRole::Metadata, "ustveri", "/Ustveri/Ustveri.xml", None, XML),
    rule(PartRole::FinalMetadata, "nihaiustveri", "/NihaiUstveri/NihaiUstveri.xml", None, XML),
    rule(PartRole::Targets, "belgehedef", "/BelgeHedef/BelgeHedef.xml", None, XML),
    rule(PartRole::Signers, "belgeimza", "/Imzalar/BelgeImza.xml", None, XML),
    rule(PartRole::PackageDigest, "paketozeti", "/PaketOzeti/PaketOzeti.xml", None, XML),
    rule(PartRole::InitialDigest, "parafozeti", "/ParafOzeti/ParafOzeti.xml", None, XML),
    rule(PartRole::FinalDigest, "nihaiozet", "/NihaiOzet/NihaiOzet.xml", None, XML),
    rule(
        PartRole::Signature,
        "imzacades",
        "/Imzalar/ImzaCades.imz",
        Some(PartRole::PackageDigest),
        CMS,
    ),
    rule(
        PartRole::Initial,
        "parafimzacades",
        "/Paraflar/ParafImzaCades.imz",
        Some(PartRole::InitialDigest),
        CMS,
    ),
    rule(
        PartRole::Seal,
        "muhurcades",
        "/Muhur/MuhurCades.imz",
        Some(PartRole::FinalDigest),
        CMS,
    ),
    rule(PartRole::Attachment, "ek", "/Ekler/", None, ""),
    rule(PartRole::UnsignedAttachment, "imzasizEk", "/ImzasizEkler/", None, ""),
    rule(
        PartRole::EncryptedContent,
        "sifreliicerik",
        "/SifreliIcerik/",
        None,
        "application/pkcs7-mime",
    ),
    rule(
        PartRole::EncryptionInfo,
        "sifreliicerikbilgisi",
        "/SifreliIcerikBilgisi/SifreliIcerikBilgisi.xml",
        None,
        XML,
    ),
    rule(
        PartRole::UpdateInfo,
        "guncellemebilgisi",
        "/GuncellemeBilgisi/GuncellemeBilgisi.xml",
        None,
        XML,
    ),
    rule(
        PartRole::OriginalPackage,
        "orijinalpaket",
        "/OrijinalPaket/",
        None,
        "application/x-zip-compressed",
    ),
    rule(
        PartRole::ArchiveProperties,
        "arsivozellikleri",
        "/Arsiv/ArsivOzellikleri.xml",
        None,
        XML,
    ),
];

impl PartRole {
    pub(super) fn rule(self) -> Option<&'static RoleRule> {
        ROLES.iter().find(|rule| rule.role == self)
    }

    /// Where the part belongs: a name, or a folder ending in `/`. The seal's folder changed its name with 2.x.
    pub(super) fn prescribed(self, major: u8) -> &'static str {
        match self {
            Self::Seal if major < 2 => "/Muhurler/MuhurCades.imz",
            role => role.rule().map_or("", |rule| rule.uri),
        }
    }

    pub(super) fn is_attachment(self) -> bool {
        matches!(self, Self::Attachment | Self::UnsignedAttachment)
    }

    /// The role that a relationship type names, and whether it is spelled exactly.
    pub(super) fn of_type(kind: &str) -> Option<(Self, bool)> {
        if kind.eq_ignore_ascii_case(opc::CORE_TYPE) {
            return Some((Self::Core, kind == opc::CORE_TYPE));
        }
        let (prefix, suffix) = kind.split_at_checked(RELATIONSHIP_PREFIX.len())?;
        let rule = ROLES
            .iter()
            .find(|rule| !rule.suffix.is_empty() && rule.suffix.eq_ignore_ascii_case(suffix))?;
        let exact = rule.suffix == suffix && prefix == RELATIONSHIP_PREFIX;
        prefix.eq_ignore_ascii_case(RELATIONSHIP_PREFIX).then_some((rule.role, exact))
    }
}

/// A part that plays a role.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    pub part: usize,
    pub found: Found,
    /// Relationship Id that named it.
    pub id: Option<String>,
}

/// Who plays what.
#[derive(Debug, Default)]
pub(super) struct Cast {
    holders: Vec<(PartRole, Holder)>,
    /// Indices into `holders`: a hostile package has thousands of everything.
    by_part: HashMap<usize, Vec<usize>>,
    by_role: HashMap<PartRole, Vec<usize>>,
}

impl Cast {
    /// Fills every role from the relationships, and the empty ones by name.
    pub fn of(entries: &[Entry], directory: &Directory, relationships: &[Relationship]) -> Self {
        let mut cast = Self::default();
        for rule in &ROLES {
            cast.by_relationship(rule, entries, relationships);
            if cast.all(rule.role).next().is_none() && !rule.role.is_attachment() {
                cast.by_name(rule, entries, directory);
            }
        }
        cast
    }

    pub fn all(&self, role: PartRole) -> impl Iterator<Item = &Holder> {
        let indices = self.by_role.get(&role).into_iter().flatten();
        indices.filter_map(|index| self.holders.get(*index)).map(|(_, holder)| holder)
    }

    pub fn count(&self, role: PartRole) -> usize {
        self.all(role).count()
    }

    pub fn first(&self, role: PartRole) -> Option<&Holder> {
        self.all(role).next()
    }

    pub fn part(&self, role: PartRole) -> Option<usize> {
        self.first(role).map(|holder| holder.part)
    }

    pub fn is(&self, role: PartRole, part: usize) -> bool {
        self.roles_of(part).any(|(known, _)| known == role)
    }

    /// The first role of a part.
    pub fn role_of(&self, part: usize) -> Option<(PartRole, &Holder)> {
        self.roles_of(part).next()
    }

    pub fn roles_of(&self, part: usize) -> impl Iterator<Item = (PartRole, &Holder)> {
        let indices = self.by_part.get(&part).into_iter().flatten();
        indices
            .filter_map(|index| self.holders.get(*index))
            .map(|(role, holder)| (*role, holder))
    }

    fn add(&mut self, role: PartRole, holder: Holder) {
        self.by_part.entry(holder.part).or_default().push(self.holders.len());
        self.by_role.entry(role).or_default().push(self.holders.len());
        self.holders.push((role, holder));
    }

    pub fn attachments(&self) -> impl Iterator<Item = (PartRole, &Holder)> {
        self.holders
            .iter()
            .filter(|(role, _)| role.is_attachment())
            .map(|(role, holder)| (*role, holder))
    }

    /// Adds an attachment that was found by its declared file name.
    pub fn adopt(&mut self, role: PartRole, part: usize, found: Found) {
        self.add(role, Holder { part, found, id: None });
    }

    /// Every relationship of the type counts, so that "more than one" is seen even when both name one part.
    fn by_relationship(&mut self, rule: &RoleRule, entries: &[Entry], relationships: &[Relationship]) {
        let sources: Vec<String> = match rule.source {
            None => vec!["/".to_owned()],
            Some(role) => self
                .all(role)
                .filter_map(|holder| entries.get(holder.part))
                .map(|entry| entry.uri.clone())
                .collect(),
        };
        for relationship in relationships {
            let Some((role, exact)) = PartRole::of_type(&relationship.kind) else {
                continue;
            };
            let Some(part) = relationship.part.filter(|_| role == rule.role) else {
                continue;
            };
            if !sources.iter().any(|source| source.eq_ignore_ascii_case(&relationship.source)) {
                continue;
            }
            let found = if exact { Found::Relationship } else { Found::RelationshipCase };
            let id = (!relationship.id.is_empty()).then(|| relationship.id.clone());
            self.add(role, Holder { part, found, id });
        }
    }

    fn by_name(&mut self, rule: &RoleRule, entries: &[Entry], directory: &Directory) {
        let named = match rule.role {
            PartRole::Core => core_by_name(entries),
            PartRole::Seal => directory.find(rule.uri).or_else(|| directory.find(PartRole::Seal.prescribed(1))),
            _ if rule.uri.ends_with('/') => only_in_folder(entries, rule.uri),
            _ => directory.find(rule.uri),
        };
        if let Some((part, strength)) = named {
            let found = if strength == Match::Exact {
                Found::FixedName
            } else {
                Found::TolerantName
            };
            self.add(rule.role, Holder { part, found, id: None });
        }
    }
}

/// The only part in a folder; several are none.
fn only_in_folder(entries: &[Entry], folder: &str) -> Option<(usize, Match)> {
    let inside = |strength: Match| {
        let mut found = entries.iter().enumerate().filter(move |(_, entry)| match strength {
            Match::Exact => entry.uri.starts_with(folder),
            _ => names::folded(&entry.uri).starts_with(&names::folded(folder)),
        });
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Some((index, strength)),
            _ => None,
        }
    };
    inside(Match::Exact).or_else(|| inside(Match::Folded))
}

/// Core properties have no fixed name, only two customary ones (.NET, Java).
fn core_by_name(entries: &[Entry]) -> Option<(usize, Match)> {
    let customary =
        |entry: &Entry| entry.uri.eq_ignore_ascii_case("/docProps/core.xml") || entry.uri.to_ascii_lowercase().ends_with(".psmdcp");
    entries.iter().position(customary).map(|index| (index, Match::Exact))
}

/// What kind of package these parts make; `None` when they do not tell.
pub(super) fn kind_of(cast: &Cast) -> Option<PackageKind> {
    if cast.part(PartRole::EncryptedContent).is_some() || cast.part(PartRole::EncryptionInfo).is_some() {
        return Some(PackageKind::Eyps);
    }
    if cast.part(PartRole::OriginalPackage).is_some() || cast.part(PartRole::UpdateInfo).is_some() {
        return Some(PackageKind::Eypg);
    }
    cast.part(PartRole::Metadata)
        .or(cast.part(PartRole::CoverLetter))
        .map(|_| PackageKind::Eyp)
}
