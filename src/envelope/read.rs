//! Reading, top-down: container, OPC, roles, XML, one streaming pass over every part, rules, and the packages inside.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;

use super::container::{Container, ContainerFault, Unreadable};
use super::digest::{self, Algorithm, DigestDocument, Measured};
use super::metadata::{CoreProperties, FinalMetadata, Metadata};
use super::metadata_xml::{self, Reader};
use super::opc::{self, ContentTypes, Directory, Relationship};
use super::package::{Package, Part, Receiver};
use super::roles::{self, Cast, Found, PartRole};
use super::rules::{self, Report};
use super::structure::{self, Content};
use super::xml::{self, XmlFault};
use super::{PackageKind, PackageRole, PackageSignature, document, names};
use crate::finding::Severity;
use crate::hash::Sha256;
use crate::limits::Limits;

/// XML and signature parts of one package that are held at one time. An honest package needs a few hundred KiB; a seal with long
/// revocation lists some MiB.
const LOADED_BYTES: u64 = 64 << 20;
/// Inflated bytes of all packages inside packages together: they stay in memory because a ZIP is read from its end.
const NESTED_BYTES: u64 = 64 << 20;
/// Relationships of one package: several for each of the 4,096 entries that it may have.
const RELATIONSHIPS: usize = 20_000;
/// Packages inside one package, at all depths together: a package that contains itself several times would otherwise grow as a tree.
const NESTED_PACKAGES: u32 = 64;

/// Reads a package. Never fails: the result of unreadable bytes is a package with a fatal finding.
///
/// `name` is the file name under which it came (for R7 only; kind and version come from the content). The work is bounded by `limits`,
/// the memory by about 64 MiB of XML and signatures plus 64 MiB of inner packages, whatever the parts' sizes.
pub fn read(bytes: &Bytes, name: Option<&str>, receiver: &Receiver, limits: &Limits) -> Package {
    let mut budget = Budget {
        inflated: limits.package_bytes.saturating_mul(2),
        nested: NESTED_BYTES,
        packages: NESTED_PACKAGES,
    };
    let context = Context {
        receiver,
        limits,
        name,
        depth: 0,
    };
    read_at(bytes, &context, &mut budget)
}

/// What is left for a package and all packages inside it.
struct Budget {
    inflated: u64,
    nested: u64,
    packages: u32,
}

/// What comes from outside the bytes.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub receiver: &'a Receiver,
    pub limits: &'a Limits,
    pub name: Option<&'a str>,
    depth: u32,
}

/// Everything known of a package when the rules look at it.
pub(super) struct Opened {
    pub container: Container,
    pub directory: Directory,
    /// `None`: missing or not readable.
    pub types: Option<ContentTypes>,
    /// The package-level relationships were readable.
    pub linked: bool,
    pub relationships: Vec<Relationship>,
    pub cast: Cast,
    pub kind: PackageKind,
    pub major: u8,
    /// `None`: missing or not readable.
    pub core: Option<CoreProperties>,
    pub metadata: Metadata,
    /// Per entry; `None` when it could not be read.
    pub measured: Vec<Option<Measured>>,
    /// Per Ek of the metadata: the entry that is its file.
    pub attachment_parts: Vec<Option<usize>>,
}

impl Opened {
    pub fn uri(&self, part: usize) -> &str {
        self.container.entries.get(part).map_or("", |entry| entry.uri.as_str())
    }

    pub fn measured(&self, part: usize) -> Option<&Measured> {
        self.measured.get(part)?.as_ref()
    }

    /// The entry that a digest Reference names.
    pub fn referenced(&self, uri: &str) -> Option<usize> {
        self.directory.find(uri).map(|(part, _)| part)
    }

    pub fn digests(&self) -> impl Iterator<Item = (PartRole, &DigestDocument)> {
        let metadata = &self.metadata;
        [
            (PartRole::InitialDigest, metadata.initial_digest.as_ref()),
            (PartRole::PackageDigest, metadata.package_digest.as_ref()),
            (PartRole::FinalDigest, metadata.final_digest.as_ref()),
        ]
        .into_iter()
        .filter_map(|(role, document)| Some((role, document?)))
    }
}

fn read_at(bytes: &Bytes, context: &Context<'_>, budget: &mut Budget) -> Package {
    let mut report = Report::default();
    let mut loader = Loader {
        limits: context.limits,
        left: LOADED_BYTES,
    };
    let mut opened = open(bytes, context, &mut loader, &mut report);
    measure(&mut opened, budget, &mut report);
    pair_attachments(&mut opened);
    rules::check(&opened, context, &mut report);

    let (signatures, digest_copy) = signatures(&opened, &mut loader, &mut report);
    let mut package = Package {
        kind: opened.kind,
        version: opened.core.as_ref().and_then(|core| core.version.clone()),
        major: opened.major,
        size: bytes.len() as u64,
        sha256: Sha256::of(bytes),
        document: document::of(&opened, context.receiver),
        parts: parts(&opened),
        signatures,
        nested: None,
        nested_packages: Vec::new(),
        findings: Vec::new(),
        core: opened.core.take().unwrap_or_default(),
        container: opened.container.clone(),
        digest_copy,
        metadata: Metadata::default(),
    };
    read_inside(&opened, &mut package, context, budget, &mut report);
    package.metadata = opened.metadata;
    package.findings = report.finish();
    package
}

/// Container, OPC and every XML part.
fn open(bytes: &Bytes, context: &Context<'_>, loader: &mut Loader<'_>, report: &mut Report) -> Opened {
    let mut faults = Vec::new();
    let container = Container::open(bytes, context.limits, &mut faults);
    rules::container::faults(&faults, report);
    let refused = faults.iter().any(|fault| matches!(fault, ContainerFault::Refused(_)));
    let directory = Directory::new(&container.entries);

    let mut opc_faults = Vec::new();
    let types = read_plumbing(
        &container,
        &directory,
        opc::CONTENT_TYPES,
        loader,
        report,
        &mut opc_faults,
        ContentTypes::read,
    );
    let root = read_plumbing(
        &container,
        &directory,
        opc::PACKAGE_RELATIONSHIPS,
        loader,
        report,
        &mut opc_faults,
        |document| opc::relationships(document, "/"),
    );
    let linked = root.is_some();
    let mut relationships = root.unwrap_or_default();
    for entry in &container.entries {
        let source = opc::relationships_source(&entry.uri).filter(|source| source != "/" && directory.find(source).is_some());
        let Some(source) = source else { continue };
        if relationships.len() > RELATIONSHIPS {
            opc_faults.push((entry.uri.clone(), Some(XmlFault::Excessive("relationships"))));
            break;
        }
        let read = read_plumbing(&container, &directory, &entry.uri, loader, report, &mut opc_faults, |document| {
            opc::relationships(document, &source)
        });
        relationships.extend(read.unwrap_or_default());
    }
    for relationship in &mut relationships {
        let found = relationship.resolved.as_deref().and_then(|uri| directory.find(uri));
        relationship.part = found.map(|(part, _)| part);
    }
    let cast = Cast::of(&container.entries, &directory, &relationships);
    if !refused {
        rules::container::plumbing(&opc_faults, roles::kind_of(&cast).is_some(), report);
    }

    let core = read_core(&container, &cast, loader, report);
    let kind = kind(core.as_ref(), &cast, context.name);
    let major = major(core.as_ref(), &cast);
    let mut opened = Opened {
        container,
        directory,
        types,
        linked,
        relationships,
        cast,
        kind,
        major,
        core,
        metadata: Metadata::default(),
        measured: Vec::new(),
        attachment_parts: Vec::new(),
    };
    read_metadata(&mut opened, loader, report);
    opened
}

/// Loads parts within a budget.
struct Loader<'a> {
    limits: &'a Limits,
    left: u64,
}

impl Loader<'_> {
    /// Bytes that will be kept.
    fn load(&mut self, container: &Container, part: usize, limit: u64, report: &mut Report) -> Option<Bytes> {
        let entry = container.entries.get(part)?;
        let loaded = container.load(entry, limit.min(self.left));
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
fn unreadable(uri: &str, error: &Unreadable, report: &mut Report) {
    let (tr, en) = match error {
        Unreadable::Refused(_) | Unreadable::Sink(_) => return,
        Unreadable::TooLarge => ("sınırdan büyük".to_owned(), "larger than the limit".to_owned()),
        Unreadable::Damaged(reason) => (format!("bozuk ({reason})"), format!("damaged ({reason})")),
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
fn read_plumbing<T>(
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

fn read_core(container: &Container, cast: &Cast, loader: &mut Loader<'_>, report: &mut Report) -> Option<CoreProperties> {
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
fn kind(core: Option<&CoreProperties>, cast: &Cast, name: Option<&str>) -> PackageKind {
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
fn major(core: Option<&CoreProperties>, cast: &Cast) -> u8 {
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

fn read_metadata(opened: &mut Opened, loader: &mut Loader<'_>, report: &mut Report) {
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

/// One pass over every part: size, SHA-256, and whatever digests the özet documents ask for.
fn measure(opened: &mut Opened, budget: &mut Budget, report: &mut Report) {
    let mut wanted: HashMap<usize, BTreeSet<Algorithm>> = HashMap::new();
    for (_, document) in opened.digests() {
        for reference in document.internal() {
            let Some(part) = reference.uri.as_deref().and_then(|uri| opened.referenced(uri)) else {
                continue;
            };
            wanted
                .entry(part)
                .or_default()
                .extend(reference.digests.iter().filter_map(|digest| digest.algorithm));
        }
    }
    let letter = opened.cast.part(PartRole::CoverLetter);
    let mut measured = Vec::with_capacity(opened.container.entries.len());
    for (part, entry) in opened.container.entries.iter().enumerate() {
        if entry.refused.is_none() && entry.size > budget.inflated {
            unreadable(&entry.uri, &Unreadable::TooLarge, report);
            measured.push(None);
            continue;
        }
        let algorithms: Vec<Algorithm> = wanted.remove(&part).unwrap_or_default().into_iter().collect();
        let result = digest::measure(&opened.container, entry, &algorithms, letter == Some(part));
        if let Err(error) = &result {
            unreadable(&entry.uri, error, report);
        }
        budget.inflated = budget.inflated.saturating_sub(entry.size);
        measured.push(result.ok());
    }
    opened.measured = measured;
}

/// Ek to part: relationship Id, then the encoded or raw file name, then either without regard to case.
fn pair_attachments(opened: &mut Opened) {
    let Some(document) = &opened.metadata.document else { return };
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (_, holder) in opened.cast.attachments() {
        let id = holder.id.as_deref().and_then(roles::attachment_id).map(str::to_ascii_lowercase);
        if let Some(id) = id {
            by_id.entry(id).or_insert(holder.part);
        }
    }
    let mut pairs: Vec<Option<usize>> = document
        .attachments
        .iter()
        .map(|attachment| {
            attachment
                .id
                .as_deref()
                .filter(|_| attachment.is_internal())
                .and_then(|id| by_id.get(&id.to_ascii_lowercase()).copied())
        })
        .collect();

    let taken: BTreeSet<usize> = pairs.iter().flatten().copied().collect();
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    for (part, entry) in opened.container.entries.iter().enumerate() {
        let folder = names::folded(&entry.uri);
        let attached = opened.cast.roles_of(part).any(|(role, _)| role.is_attachment());
        let in_folder = folder.starts_with("/ekler/") || folder.starts_with("/imzasizekler/");
        if (attached || in_folder) && !taken.contains(&part) && !opc::is_plumbing(&entry.uri) {
            by_name
                .entry(names::official_file_name(&names::file_name(&entry.uri)).to_ascii_lowercase())
                .or_insert(part);
        }
    }
    for (pair, attachment) in pairs.iter_mut().zip(&document.attachments) {
        if pair.is_some() || !attachment.is_internal() {
            continue;
        }
        let Some(name) = attachment.file_name.as_deref() else { continue };
        let Some(part) = by_name.remove(&names::official_file_name(name).to_ascii_lowercase()) else {
            continue;
        };
        *pair = Some(part);
        if !opened.cast.roles_of(part).any(|(role, _)| role.is_attachment()) {
            let uri = opened.container.entries.get(part).map_or("", |entry| entry.uri.as_str());
            let unsigned = names::folded(uri).starts_with("/imzasizekler/");
            let role = if unsigned {
                PartRole::UnsignedAttachment
            } else {
                PartRole::Attachment
            };
            let exact = names::fits(name, uri) == Some(names::Fit::Exact);
            opened
                .cast
                .adopt(role, part, if exact { Found::FixedName } else { Found::TolerantName });
        }
    }
    opened.attachment_parts = pairs;
}

/// The signature parts with what they must cover, and the digest copy of an encrypted package.
fn signatures(opened: &Opened, loader: &mut Loader<'_>, report: &mut Report) -> (Vec<PackageSignature>, Option<Bytes>) {
    if opened.kind == PackageKind::Eyps {
        let role = if opened.major >= 2 {
            PartRole::FinalDigest
        } else {
            PartRole::PackageDigest
        };
        let copy = opened
            .cast
            .part(role)
            .and_then(|part| loader.load(&opened.container, part, loader.limits.xml_bytes, report));
        return (Vec::new(), copy);
    }
    let triples = [
        (PartRole::Signature, PackageRole::Signature, PartRole::PackageDigest),
        (PartRole::Initial, PackageRole::Initial, PartRole::InitialDigest),
        (PartRole::Seal, PackageRole::Seal, PartRole::FinalDigest),
    ];
    let mut found = Vec::new();
    for (from, role, covers) in triples {
        let covered_part = opened.cast.part(covers);
        let mut covered = None;
        for holder in opened.cast.all(from) {
            let Some(cms) = loader.load(&opened.container, holder.part, u64::MAX, report) else {
                continue;
            };
            if covered.is_none() {
                covered = covered_part.and_then(|part| loader.load(&opened.container, part, loader.limits.xml_bytes, report));
            }
            found.push(PackageSignature {
                role,
                place: opened.uri(holder.part).to_owned(),
                cms,
                covers: covered_part
                    .map_or(covers.prescribed(opened.major), |part| opened.uri(part))
                    .to_owned(),
                covered: covered.clone(),
            });
        }
    }
    (found, None)
}

fn parts(opened: &Opened) -> Vec<Part> {
    let mut leading: HashMap<usize, &str> = HashMap::new();
    for relationship in &opened.relationships {
        if let Some(part) = relationship.part {
            leading.entry(part).or_insert(&relationship.kind);
        }
    }
    let describe = |(index, entry): (usize, &super::container::Entry)| {
        let role = opened.cast.role_of(index);
        let measured = opened.measured(index);
        Part {
            content_type: opened.types.as_ref().and_then(|types| types.of(&entry.uri)).map(str::to_owned),
            relationship: leading.get(&index).map(|kind| (*kind).to_owned()),
            role: role.map(|(role, _)| role),
            found: role.map_or(Found::None, |(_, holder)| holder.found),
            size: measured.map_or(entry.size, |measured| measured.size),
            sha256: measured.map(|measured| measured.sha256),
            uri: entry.uri.clone(),
        }
    };
    opened.container.entries.iter().enumerate().map(describe).collect()
}

/// Opens the original of an update, the content of an "encrypted" package that is none, and attachments that are packages.
fn read_inside(opened: &Opened, package: &mut Package, context: &Context<'_>, budget: &mut Budget, report: &mut Report) {
    match opened.kind {
        PackageKind::Eypg => {
            let Some(part) = opened.cast.part(PartRole::OriginalPackage) else {
                return;
            };
            let Some(original) = read_nested(opened, part, context, budget, report) else {
                return;
            };
            rules::container::original(opened.uri(part), &original, report);
            document::update(&mut package.document, &original.document, opened.metadata.updates.as_deref());
            package.nested = Some(Box::new(original));
        }
        PackageKind::Eyps => {
            let Some(part) = opened.cast.part(PartRole::EncryptedContent) else {
                return;
            };
            if !opened
                .measured(part)
                .is_some_and(|measured| measured.head.starts_with(b"PK\x03\x04"))
            {
                return;
            }
            rules::container::not_encrypted(opened.uri(part), report);
            let Some(inner) = read_nested(opened, part, context, budget, report) else {
                return;
            };
            report.extend(package.compare_opened(&inner));
            package.document = inner.document.clone();
            package.nested = Some(Box::new(inner));
        }
        PackageKind::Eyp => {
            let attached: Vec<usize> = opened
                .cast
                .attachments()
                .map(|(_, holder)| holder.part)
                .filter(|part| is_package(opened, *part))
                .collect();
            for part in attached {
                if let Some(inner) = read_nested(opened, part, context, budget, report) {
                    package.nested_packages.push((opened.uri(part).to_owned(), inner));
                }
            }
        }
    }
}

/// An attachment that says it is a package and begins like a ZIP.
fn is_package(opened: &Opened, part: usize) -> bool {
    let uri = opened.uri(part).to_ascii_lowercase();
    let named = [".eyp", ".eyps", ".eypg"].iter().any(|extension| uri.ends_with(extension));
    let content_type = opened.types.as_ref().and_then(|types| types.of(opened.uri(part)));
    let typed = content_type.is_some_and(|kind| kind.eq_ignore_ascii_case("application/eyazisma"));
    (named || typed)
        && opened
            .measured(part)
            .is_some_and(|measured| measured.head.starts_with(b"PK\x03\x04"))
}

fn read_nested(opened: &Opened, part: usize, context: &Context<'_>, budget: &mut Budget, report: &mut Report) -> Option<Package> {
    let entry = opened.container.entries.get(part)?;
    let cost = Container::cost(entry);
    if context.depth >= context.limits.nesting || budget.packages == 0 || cost > budget.nested {
        rules::container::nested_too_much(&entry.uri, report);
        return None;
    }
    let bytes = match opened.container.load(entry, budget.nested) {
        Ok(bytes) => bytes,
        Err(error) => {
            unreadable(&entry.uri, &error, report);
            return None;
        }
    };
    budget.packages -= 1;
    budget.nested = budget.nested.saturating_sub(cost);
    // The name of an OrijinalPaket or SifreliIcerik part is prescribed, not the sender's.
    let name = opened.kind == PackageKind::Eyp;
    let file_name = names::file_name(&entry.uri);
    let inner = Context {
        name: name.then_some(file_name.as_str()),
        depth: context.depth + 1,
        ..*context
    };
    Some(read_at(&bytes, &inner, budget))
}
