//! The XML of a package: loading within a budget, and from each part to its place in the metadata.

use std::collections::HashMap;

use bytes::Bytes;

use super::PackageKind;
use super::container::{Container, Unreadable};
use super::digest::DigestDocument;
use super::metadata::{CoreProperties, FinalMetadata, Metadata};
use super::metadata_xml::{self, Reader};
use super::opc::Directory;
use super::read::Opened;
use super::roles::{self, Cast, PartRole};
use super::rules::{self, Report};
use super::structure::{self, Content};
use super::xml::{self, XmlFault};
use crate::finding::Severity;
use crate::limits::Limits;

/// XML and signature parts of one package that are held at one time. An honest package needs a few hundred KiB; a seal with long
/// revocation lists some MiB.
const LOADED_BYTES: u64 = 64 << 20;

/// Inflated parts that are remembered, together and each: nearly all XML and signatures of an honest package. What is larger is inflated
/// once to be hashed and once to be read.
const REMEMBERED_BYTES: u64 = 2 << 20;
const REMEMBERED_PART: u64 = 256 << 10;

/// Loads parts within a budget.
pub(super) struct Loader<'a> {
    pub limits: &'a Limits,
    left: u64,
    remembered: HashMap<usize, Bytes>,
    memory: u64,
}

impl<'a> Loader<'a> {
    pub fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            left: LOADED_BYTES,
            remembered: HashMap::new(),
            memory: REMEMBERED_BYTES,
        }
    }

    /// A small deflated part, where it can be read: so that it is inflated once for all who want it.
    pub fn remember(&mut self, container: &Container, part: usize) -> Option<&Bytes> {
        let entry = container.entries.get(part)?;
        let size = Container::cost(entry);
        if !self.remembered.contains_key(&part) && (1..=REMEMBERED_PART.min(self.memory)).contains(&size) {
            let bytes = container.load(entry, size).ok()?;
            self.memory = self.memory.saturating_sub(size);
            self.remembered.insert(part, bytes);
        }
        self.remembered.get(&part)
    }

    /// Bytes that will be kept.
    pub fn load(&mut self, container: &Container, part: usize, limit: u64, report: &mut Report) -> Option<Bytes> {
        let entry = container.entries.get(part)?;
        let limit = limit.min(self.left);
        let loaded = match self.remember(container, part).filter(|bytes| bytes.len() as u64 <= limit) {
            Some(bytes) => Ok(bytes.clone()),
            None => container.load(entry, limit),
        };
        if loaded.is_ok() {
            self.left = self.left.saturating_sub(Container::cost(entry));
        }
        match loaded {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                unreadable(&entry.uri, &error, report);
                None
            }
        }
    }

    /// Bytes that will be dropped again.
    fn load_xml(&mut self, container: &Container, part: usize, report: &mut Report) -> Option<Bytes> {
        let left = self.left;
        let bytes = self.load(container, part, self.limits.xml_bytes, report);
        self.left = left;
        bytes.filter(|bytes| {
            // A stored part is a view of any size; its tree is not.
            let fits = bytes.len() as u64 <= self.limits.xml_bytes;
            if !fits && let Some(entry) = container.entries.get(part) {
                unreadable(&entry.uri, &Unreadable::TooLarge, report);
            }
            fits
        })
    }
}

/// Rule C1 for an entry that failed when it was read. A refused one was reported when it was refused.
pub(super) fn unreadable(uri: &str, error: &Unreadable, report: &mut Report) {
    let (tr, en) = match error {
        Unreadable::Refused(_) | Unreadable::Sink(_) => return,
        Unreadable::TooLarge => ("sınırdan büyük", "larger than the limit"),
        Unreadable::Damaged(reason) => (reason.tr.as_str(), reason.en.as_str()),
    };
    report.once(
        "C1",
        Severity::Fatal,
        uri,
        format!("'{uri}' okunamadı: {tr}."),
        format!("'{uri}' cannot be read: {en}."),
    );
}

/// A content-types or relationships part, and why it is missing.
pub(super) fn read_plumbing<T>(
    container: &Container,
    directory: &Directory,
    uri: &str,
    loader: &mut Loader<'_>,
    report: &mut Report,
    faults: &mut Vec<(String, Option<XmlFault>)>,
    read: impl FnOnce(&roxmltree::Document<'_>) -> Option<T>,
) -> Option<T> {
    let Some((part, _)) = directory.find(uri) else {
        faults.push((uri.to_owned(), None));
        return None;
    };
    let bytes = loader.load_xml(container, part, report)?;
    let parsed = xml::decode(&bytes).and_then(|text| xml::parse(&text).map(|document| read(&document)));
    match parsed {
        Ok(Some(value)) => return Some(value),
        Ok(None) => faults.push((uri.to_owned(), Some(XmlFault::Malformed("root element".into())))),
        Err(XmlFault::Dtd) => rules::container::document_type(uri, report),
        Err(fault) => faults.push((uri.to_owned(), Some(fault))),
    }
    None
}

/// Parses a part and hands the root on; faults become C1, C3 and U1.
fn with_root<T>(
    container: &Container,
    part: usize,
    loader: &mut Loader<'_>,
    report: &mut Report,
    read: impl FnOnce(roxmltree::Node<'_, '_>, &mut Report) -> Option<T>,
) -> Option<T> {
    let bytes = loader.load_xml(container, part, report)?;
    let uri = container.entries.get(part).map_or("", |entry| entry.uri.as_str());
    let text = xml::decode(&bytes);
    let document = text.as_ref().map_err(Clone::clone).and_then(|text| xml::parse(text));
    match document {
        Ok(document) => read(document.root_element(), report),
        Err(XmlFault::Dtd) => {
            rules::container::document_type(uri, report);
            None
        }
        Err(fault) => {
            rules::metadata::not_readable(uri, &fault, report);
            None
        }
    }
}

pub(super) fn read_core(container: &Container, cast: &Cast, loader: &mut Loader<'_>, report: &mut Report) -> Option<CoreProperties> {
    let part = cast.part(PartRole::Core)?;
    with_root(container, part, loader, report, |root, report| {
        if metadata_xml::is_core(root) {
            return Some(metadata_xml::core(root));
        }
        let uri = container.entries.get(part).map_or("", |entry| entry.uri.as_str());
        rules::metadata::wrong_root(uri, root.tag_name().name(), "coreProperties", report);
        None
    })
}

/// The kind by its parts, because that is what can be read; category where they do not tell; the file name as a last resort. Rule R2
/// reports when they disagree.
pub(super) fn kind(core: Option<&CoreProperties>, cast: &Cast, name: Option<&str>) -> PackageKind {
    let by_category = core.and_then(|core| core.category.as_deref()).and_then(PackageKind::from_category);
    let by_name = || {
        let name = name.unwrap_or_default().to_ascii_lowercase();
        [(".eyps", PackageKind::Eyps), (".eypg", PackageKind::Eypg)]
            .into_iter()
            .find(|(end, _)| name.ends_with(end))
    };
    roles::kind_of(cast)
        .or(by_category)
        .or_else(|| by_name().map(|(_, kind)| kind))
        .unwrap_or(PackageKind::Eyp)
}

/// The number before the dot of `version`; by content when that is missing or unreadable.
pub(super) fn major(core: Option<&CoreProperties>, cast: &Cast) -> u8 {
    let written = core.and_then(|core| core.version.as_deref()).and_then(rules::core::version);
    match written {
        Some((major, _)) => major.clamp(1, 2),
        None if [PartRole::FinalMetadata, PartRole::UpdateInfo, PartRole::InitialDigest]
            .iter()
            .any(|role| cast.count(*role) > 0) =>
        {
            2
        }
        None => 1,
    }
}

/// Local name and namespace of a root, the namespace of its descendants, and its structure.
fn shape(role: PartRole, major: u8) -> Option<(&'static str, String, String, &'static Content)> {
    let urn = |name: &str| format!("urn:dpt:eyazisma:schema:xsd:{name}-{major}");
    let types = urn("Tipler");
    Some(match role {
        PartRole::Metadata => (
            if major < 2 { "Ustveri" } else { "UstVeri" },
            urn("Ustveri"),
            types,
            &structure::DOCUMENT,
        ),
        PartRole::FinalMetadata => ("NihaiUstVeri", urn("NihaiUstveri"), types, &structure::FINAL),
        PartRole::Targets => ("BelgeHedef", urn("BelgeHedef"), types, &structure::TARGETS),
        PartRole::Signers => ("BelgeImza", urn("BelgeImza"), types, &structure::SIGNERS),
        PartRole::PackageDigest => ("PaketOzeti", urn("PaketOzeti"), urn("PaketOzeti"), &structure::DIGESTS),
        PartRole::InitialDigest => ("ParafOzeti", urn("ParafOzeti"), urn("PaketOzeti"), &structure::DIGESTS),
        PartRole::FinalDigest => ("NihaiOzet", urn("NihaiOzet"), urn("PaketOzeti"), &structure::DIGESTS),
        PartRole::EncryptionInfo if major < 2 => {
            let namespace = urn("SifreliIcerikBilgisi");
            ("SifreliIcerikBilgisi", namespace.clone(), namespace, &structure::ENCRYPTION)
        }
        PartRole::EncryptionInfo => ("SifreliIcerikBilgisi", types.clone(), types, &structure::ENCRYPTION),
        PartRole::UpdateInfo => ("GuncellemeBilgisi", types.clone(), types, &structure::UPDATES),
        _ => return None,
    })
}

/// The XML parts that belong to this kind and version.
fn documents_of(kind: PackageKind, major: u8) -> &'static [PartRole] {
    use PartRole::{EncryptionInfo, FinalDigest, FinalMetadata, InitialDigest, Metadata, PackageDigest, Signers, Targets, UpdateInfo};
    match (kind, major) {
        (PackageKind::Eyp, 1) => &[Metadata, Targets, Signers, PackageDigest, FinalDigest],
        (PackageKind::Eyp, _) => &[Metadata, FinalMetadata, InitialDigest, PackageDigest, FinalDigest],
        (PackageKind::Eyps, _) => &[Targets, EncryptionInfo, PackageDigest, FinalDigest],
        (PackageKind::Eypg, _) => &[UpdateInfo, FinalDigest],
    }
}

pub(super) fn read_metadata(opened: &mut Opened, loader: &mut Loader<'_>, report: &mut Report) {
    let mut metadata = Metadata::default();
    for role in documents_of(opened.kind, opened.major) {
        let Some(part) = opened.cast.part(*role) else { continue };
        let uri = opened.uri(part).to_owned();
        let (major, kind) = (opened.major, opened.kind);
        with_root(&opened.container, part, loader, report, |root, report| {
            let major = version_of_root(root, *role, major, &uri, report)?;
            let (_, _, namespace, content) = shape(*role, major)?;
            rules::metadata::structure(&uri, &structure::check(root, content, &namespace, major), report);
            fill(&mut metadata, *role, root, major, kind, &namespace);
            Some(())
        });
    }
    if opened.kind == PackageKind::Eyp && opened.major < 2 {
        // 1.x keeps date and number in Ustveri and the signers in BelgeImza; one model serves both.
        let signers = metadata.last.take().map(|last| last.signers);
        metadata.last = metadata.document.as_ref().map(|document| FinalMetadata {
            date: document.date.clone(),
            number: document.number.clone(),
            signers: signers.unwrap_or_default(),
        });
    }
    opened.metadata = metadata;
}

/// The version to read a document as. The package's own root is expected; another is a finding (U1), and what stands under it is read as
/// the version that its elements belong to.
fn version_of_root(root: roxmltree::Node<'_, '_>, role: PartRole, major: u8, uri: &str, report: &mut Report) -> Option<u8> {
    let (name, namespace, ..) = shape(role, major)?;
    if xml::is(root, &namespace, name) {
        return Some(major);
    }
    rules::metadata::wrong_root(uri, root.tag_name().name(), name, report);
    let written = xml::elements(root).next()?.tag_name().namespace()?;
    [1, 2]
        .into_iter()
        .find(|version| shape(role, *version).is_some_and(|(_, _, descendants, _)| descendants == written))
}

fn fill(metadata: &mut Metadata, role: PartRole, root: roxmltree::Node<'_, '_>, major: u8, kind: PackageKind, namespace: &str) {
    let reader = Reader::new(major);
    match role {
        PartRole::Metadata => metadata.document = Some(reader.document(root)),
        PartRole::FinalMetadata => metadata.last = Some(reader.last(root)),
        PartRole::Signers if kind == PackageKind::Eyp => {
            metadata.last = Some(FinalMetadata {
                signers: reader.signers(root),
                ..FinalMetadata::default()
            });
        }
        PartRole::Targets => metadata.targets = Some(reader.targets(root)),
        PartRole::PackageDigest => metadata.package_digest = Some(DigestDocument::read(root, namespace)),
        PartRole::InitialDigest => metadata.initial_digest = Some(DigestDocument::read(root, namespace)),
        PartRole::FinalDigest => metadata.final_digest = Some(DigestDocument::read(root, namespace)),
        PartRole::EncryptionInfo => metadata.encryption = Some(reader.encryption(root)),
        PartRole::UpdateInfo => metadata.updates = Some(reader.updates(root)),
        _ => {}
    }
}
