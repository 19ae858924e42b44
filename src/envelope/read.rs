//! Reading, top-down: container, OPC, roles, XML, one streaming pass over every part, rules, and the packages inside.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;

use super::container::{Container, ContainerFault, Unreadable};
use super::digest::{self, Algorithm, DigestDocument, Measured};
use super::documents::{Loader, kind, major, read_core, read_metadata, read_plumbing, unreadable};
use super::inside::{Budget, read_inside};
use super::metadata::{CoreProperties, Metadata};
use super::opc::{self, ContentTypes, Directory, Relationship};
use super::package::{Package, Part, Receiver};
use super::pairing::pair_attachments;
use super::roles::{self, Cast, Found, PartRole};
use super::rules::{self, Report};
use super::xml::XmlFault;
use super::{PackageKind, PackageRole, PackageSignature, document};
use crate::hash::Sha256;
use crate::limits::Limits;
use crate::opener::{Closed, Opener};

/// Relationships of one package: several for each of the 4,096 entries that it may have.
const RELATIONSHIPS: usize = 20_000;

/// Reads a package. Never fails: the result of unreadable bytes is a package with a fatal finding.
///
/// `name` is the file name under which it came (for R7 only; kind and version come from the content). The work is bounded by `limits`,
/// the memory by about 64 MiB of XML and signatures plus 64 MiB of inner packages, whatever the parts' sizes.
pub fn read(bytes: &Bytes, name: Option<&str>, receiver: &Receiver, limits: &Limits) -> Package {
    read_opening(bytes, name, receiver, limits, &Closed)
}

/// The same; the content of an encrypted package is given to `opener`, and what it opens is read as the package that it is.
pub fn read_opening(bytes: &Bytes, name: Option<&str>, receiver: &Receiver, limits: &Limits, opener: &dyn Opener) -> Package {
    let mut budget = Budget::new(limits);
    let context = Context {
        receiver,
        limits,
        opener,
        name,
        depth: 0,
    };
    read_at(bytes, &context, &mut budget)
}

/// What comes from outside the bytes.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub receiver: &'a Receiver,
    pub limits: &'a Limits,
    pub opener: &'a dyn Opener,
    pub name: Option<&'a str>,
    pub depth: u32,
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

pub(super) fn read_at(bytes: &Bytes, context: &Context<'_>, budget: &mut Budget) -> Package {
    let mut report = Report::default();
    let mut loader = Loader::new(context.limits);
    let mut opened = open(bytes, context, &mut loader, &mut report);
    measure(&mut opened, &mut loader, budget, &mut report);
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
        decrypted: false,
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

/// One pass over every part: size, SHA-256, and whatever digests the özet documents ask for.
fn measure(opened: &mut Opened, loader: &mut Loader<'_>, budget: &mut Budget, report: &mut Report) {
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
        let loaded = loader.remember(&opened.container, part);
        let result = digest::measure(&opened.container, entry, loaded, &algorithms, letter == Some(part));
        if let Err(error) = &result {
            unreadable(&entry.uri, error, report);
        }
        budget.inflated = budget.inflated.saturating_sub(entry.size);
        measured.push(result.ok());
    }
    opened.measured = measured;
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
