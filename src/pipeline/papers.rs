//! store -> message -> envelope -> signature: what the papers of one message are, for the checklist of its application file. Pure but for
//! the context that it judges by.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::checklist::config::Checklist;
use crate::checklist::papers::{FileKind, ReadPaper, Reading, signed_name};
use crate::checklist::placing::words_in;
use crate::envelope::{self, Package};
use crate::finding::{Finding, Severity};
use crate::hash::Sha256;
use crate::limits::Limits;
use crate::message::sniff::{self, Content};
use crate::message::{self, Message, PartRole, codes};
use crate::opener::Opener;
use crate::register::entry::Entry;
use crate::search::letter;
use crate::settings::Settings;
use crate::signature::cades::cms::SignedData;
use crate::signature::carrier::unsigned::TWO_READINGS;
use crate::signature::octets::Octets;
use crate::signature::report::{Role, SignatureReport};
use crate::signature::{self, Context};
use crate::text::Text;

/// Papers of one message that are read: no application has so many, and each is judged.
const MOST_PAPERS: usize = 300;

/// A file of the message, before it is judged.
struct Candidate {
    place: String,
    name: String,
    bytes: Bytes,
    in_package: bool,
}

/// What a message refers to: candidates for the file that it completes.
#[derive(Debug, Clone, Default)]
pub struct References {
    /// Message-IDs of In-Reply-To and References, without brackets.
    pub ids: BTreeSet<String>,
    /// BelgeIds of the package's references (İlgi).
    pub documents: BTreeSet<String>,
}

/// Reads the papers of an entry. `context` already knows since when the bytes are here.
pub fn read(raw: &Bytes, entry: &Entry, checklist: &Checklist, settings: &Settings, context: &Context, opener: &dyn Opener) -> Reading {
    let limits = &settings.limits;
    let message = message::read_opening(raw, limits, opener);
    let carrier = signature::judge_message(&message, context);
    // What lies inside the provider's timestamped envelope existed when that was stamped.
    let context = context.with_proof(signature::proof_of(&carrier));
    let mut reading = Reading::default();
    let mut candidates = attachments(&message);
    let mut findings = message.findings.clone();
    if let Some(package) = own_package(&message, entry, settings, opener) {
        let mut own = package.all_findings();
        let mut reports = Vec::new();
        for layer in layers(&package) {
            let judged = signature::judge_package_alone(layer, &context);
            // The innermost layer holds the papers: who signed around it signed something else.
            reports = judged.0;
            own.extend(judged.1);
        }
        candidates.extend(layers(&package).last().into_iter().flat_map(|layer| inside(layer)));
        reading.package_is_broken = own.iter().any(|finding| finding.severity >= Severity::Error);
        findings.extend(own);
        reading.package = settled(reports, &context);
        reading.package.retain(|report| report.role == Role::Signature);
    }
    // Another copy of a paper may stand where nobody read.
    let is_partial = |finding: &Finding| finding.rule == TWO_READINGS || codes::is_limit(&finding.rule);
    if findings.iter().any(is_partial) {
        reading.unreadable = Some(Text::new(
            "bir bölümü okunmadı ya da iki türlü okunuyor; kayıttaki bulgulara bakın",
            "part of it was not read or has two readings; see the findings of its entry",
        ));
    }
    if candidates.len() > MOST_PAPERS {
        candidates.truncate(MOST_PAPERS);
        reading.unreadable = Some(Text::new(
            format!("{MOST_PAPERS} taneden çok ek var"),
            format!("it has more than {MOST_PAPERS} attachments"),
        ));
    }
    reading.papers = judged(&candidates, checklist, &context, limits);
    reading
}

/// What a message refers to.
pub fn references(raw: &Bytes, entry: &Entry, settings: &Settings, opener: &dyn Opener) -> References {
    let message = message::read_opening(raw, &settings.limits, opener);
    let package = own_package(&message, entry, settings, opener);
    let named = package.iter().flat_map(|package| package.document_metadata().document.iter());
    let documents = named.flat_map(|document| &document.references).filter_map(|one| one.id.clone());
    let original = message.original.as_ref().unwrap_or(raw);
    References {
        ids: message::referred(original).into_iter().chain(message::referred(raw)).collect(),
        documents: documents.collect(),
    }
}

/// The package that the entry stands for.
fn own_package(message: &Message, entry: &Entry, settings: &Settings, opener: &dyn Opener) -> Option<Package> {
    let wanted = entry.package.as_ref()?;
    let part = message.packages().find(|part| part.place == wanted.place)?;
    let package = envelope::read_opening(
        &part.bytes,
        part.original_name.as_deref(),
        &settings.receiver,
        &settings.limits,
        opener,
    );
    (package.sha256 == wanted.sha256).then_some(package)
}

/// From the outside in: an update around its original, an encrypted package around what was in it. Packages that are attached are no
/// layers but documents of their own.
fn layers(package: &Package) -> Vec<&Package> {
    std::iter::successors(Some(package), |layer| layer.nested.as_deref()).collect()
}

fn attachments(message: &Message) -> Vec<Candidate> {
    let layers: BTreeSet<&str> = message.signed_layers.iter().map(|layer| layer.place.as_str()).collect();
    let is_paper = |part: &&message::Part| match part.role {
        PartRole::Attachment => true,
        // The signature of a layer is no paper; a `.p7s` beside the papers is one, or signs one of them.
        PartRole::Signature => part.name.is_some() && !layers.contains(part.place.as_str()) && part.name.as_deref() != Some("smime.p7s"),
        _ => false,
    };
    let papers = message.parts.iter().filter(is_paper);
    papers
        .map(|part| Candidate {
            place: part.place.clone(),
            name: part.name.clone().unwrap_or_default(),
            bytes: part.bytes.clone(),
            in_package: false,
        })
        .collect()
}

/// The letter and the attachments of a package that its digests cover.
fn inside(package: &Package) -> Vec<Candidate> {
    let document = &package.document;
    let letter = document.file.iter().map(|file| (file.sha256, file.name.clone(), true));
    let attached = document
        .attachments
        .iter()
        .filter_map(|one| Some((one.sha256?, one.name.clone().unwrap_or_default(), one.signed)));
    let mut candidates = Vec::new();
    for (sha256, name, is_covered) in letter.chain(attached) {
        let part = package.parts.iter().find(|part| part.sha256 == Some(sha256));
        let Some(part) = part else { continue };
        candidates.push(Candidate {
            place: part.uri.clone(),
            name,
            bytes: package.open_part(&part.uri).unwrap_or_default(),
            in_package: is_covered,
        });
    }
    candidates
}

fn judged(candidates: &[Candidate], checklist: &Checklist, context: &Context, limits: &Limits) -> Vec<ReadPaper> {
    // A detached signature beside the file that it signs is no paper of its own.
    let signs = |candidate: &Candidate| {
        let wanted = signed_name(&candidate.name)?;
        let is_detached = sniff::content(&candidate.bytes) == Content::Cms && content_of(&candidate.bytes, limits).is_none();
        candidates.iter().position(|other| is_detached && other.name == wanted)
    };
    let signed: Vec<Option<usize>> = candidates.iter().map(signs).collect();
    let mut papers = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        if signed.get(at).copied().flatten().is_some() {
            continue;
        }
        let mut signatures = own_signatures(candidate, None, context);
        let beside = candidates.iter().zip(&signed).filter(|(_, signed)| **signed == Some(at));
        for (signature, _) in beside {
            signatures.extend(own_signatures(signature, Some(&candidate.bytes), context));
        }
        papers.push(paper(candidate, signatures, checklist, limits));
    }
    papers
}

/// Verdicts on the signatures of a file; `content` is what a detached one signs.
fn own_signatures(candidate: &Candidate, content: Option<&Bytes>, context: &Context) -> Vec<SignatureReport> {
    let is_signed = match sniff::content(&candidate.bytes) {
        Content::Pdf => signature::carrier::file::is_signed_pdf(&candidate.bytes),
        Content::Cms => true,
        _ => false,
    };
    if !is_signed {
        return Vec::new();
    }
    let content = content.map(|content| Octets::from(content.as_ref()));
    let report = signature::verify_file(&candidate.bytes, &candidate.name, content, context);
    report
        .signatures
        .into_iter()
        .filter(|report| report.role != Role::Timestamp)
        .collect()
}

fn paper(candidate: &Candidate, signatures: Vec<SignatureReport>, checklist: &Checklist, limits: &Limits) -> ReadPaper {
    // What a signature is wrapped around is the paper.
    let wrapped = match sniff::content(&candidate.bytes) {
        Content::Cms => content_of(&candidate.bytes, limits),
        _ => None,
    };
    let shown = wrapped.as_ref().unwrap_or(&candidate.bytes);
    let kind = FileKind::of(shown);
    let wants_words = checklist.paper.iter().any(|paper| !paper.words.is_empty());
    let words = match wants_words && kind == FileKind::Pdf {
        true => words_in(&letter::of_file(shown), checklist),
        false => BTreeSet::new(),
    };
    ReadPaper {
        place: candidate.place.clone(),
        name: candidate.name.clone(),
        sha256: Sha256::of(&candidate.bytes),
        size: candidate.bytes.len() as u64,
        kind,
        breaks_off: kind.breaks_off(shown),
        words,
        signatures,
        in_package: candidate.in_package,
    }
}

fn content_of(cms: &Bytes, limits: &Limits) -> Option<Bytes> {
    let signed = SignedData::parse(cms, limits.cms_depth).ok()?;
    signed.content.map(|content| Bytes::from(content.into_owned()))
}

/// Each with the last word on it.
fn settled(reports: Vec<SignatureReport>, context: &Context) -> Vec<SignatureReport> {
    signature::verdict(reports, &[], context).signatures
}
