//! The parts of a document, cut out of the kept message whenever they are asked for: there is no second copy of them that could differ.
//! Read like everything hostile: on a thread of its own, under a deadline, and few at a time.

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::{danger, plain, shown};
use crate::envelope::{self, Package, PackageKind};
use crate::hash::Sha256;
use crate::isolate;
use crate::ledger::LedgerError;
use crate::limits::Limits;
use crate::message::{self, PartRole};
use crate::opener::Kept;
use crate::people::Person;
use crate::register::entry::Entry;
use crate::search::letter;
use crate::store::error::bytes_lost;
use crate::text::{Text, safe_file_name};
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// Messages that pages take apart at the same time. Each takes three and a half times its size; the pipeline has its own bound beside this.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Letter,
    Attachment,
    /// The text of the mail.
    Body,
    Package,
    Evidence,
    Signature,
    /// Metadata, digests, relationships: what makes a package.
    Inner,
}

/// One part that can be taken out.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Where it lies: layers of the mail, then the package's part names.
    pub place: String,
    /// Safe to show and to create.
    pub name: String,
    pub content_type: String,
    pub size: u64,
    /// `None`: it could not be read.
    pub sha256: Option<Sha256>,
    pub what: Use,
    pub warnings: Vec<Text>,
}

/// İlgi: an earlier document that this one refers to, as its metadata names it.
#[derive(Debug, Clone)]
pub struct Reference {
    /// `a`, `b`, `c` …
    pub label: Option<String>,
    pub number: Option<String>,
    /// As written.
    pub date: Option<String>,
    pub title: Option<String>,
    /// BelgeId, where it is a document of this kind.
    pub id: Option<String>,
}

/// References of one document that are shown: no letter names so many.
const REFERENCES: usize = 200;

/// Everything that a document's page shows of its message.
#[derive(Debug, Default)]
pub struct Content {
    pub pieces: Vec<Piece>,
    pub references: Vec<Reference>,
    /// The text of the mail, HTML as plain text.
    pub bodies: Vec<String>,
    /// The words of the covering letter, without its layout.
    pub letter_text: Option<String>,
    pub letter_is_pdf: bool,
}

/// Of one message, what belongs to one entry and one person.
struct Own {
    /// The package of this entry.
    package: Option<String>,
    /// Every entry of the message exists for the person. Otherwise the mail around the package stays closed: it holds the others.
    whole: bool,
    letter: Option<Sha256>,
    /// Names that the package's metadata gives to its parts.
    names: Vec<(Sha256, String)>,
}

impl Own {
    fn of(web: &Web, person: &Person, entry: &Entry) -> Result<Self, LedgerError> {
        let document = entry.document.as_ref();
        let attachments = document.map(|document| document.attachments.as_slice()).unwrap_or_default();
        let named = |one: &envelope::Attachment| Some((one.sha256?, one.name.clone()?));
        let letter = document.and_then(|document| document.file.as_ref());
        Ok(Self {
            package: entry.package.as_ref().map(|package| package.place.clone()),
            whole: sees_whole(web, person, entry)?,
            letter: letter.map(|file| file.sha256),
            names: letter
                .map(|file| (file.sha256, file.name.clone()))
                .into_iter()
                .chain(attachments.iter().filter_map(named))
                .collect(),
        })
    }
}

/// Whether every entry of the message exists for the person: only then may the message itself be handed out.
///
/// # Errors
/// The index cannot be read.
pub fn sees_whole(web: &Web, person: &Person, entry: &Entry) -> Result<bool, LedgerError> {
    let numbers = web
        .ledger()
        .message(&entry.message.sha256)?
        .map(|message| message.numbers)
        .unwrap_or_default();
    for number in numbers {
        if !web.ledger().entry(number)?.is_some_and(|other| person.sees(&other)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The parts of an entry, or why they cannot be shown.
///
/// # Errors
/// The index cannot be read.
pub async fn read(web: &Shared, person: &Person, entry: &Entry) -> Result<Result<Content, Text>, Problem> {
    taken_apart(web, person, entry, |pieces| {
        let mut content = Content::default();
        pieces(&mut |found| match found {
            Found::Part(piece, bytes) => content.take(piece, bytes),
            Found::References(references) => content.references = references,
        });
        content
    })
    .await
}

/// The same for the document's page, which stands without its files: what cannot be shown is a sentence in it.
///
/// # Errors
/// The index cannot be read.
pub async fn shown(web: &Shared, person: &Person, entry: &Entry) -> Result<Result<Content, Text>, Problem> {
    match read(web, person, entry).await {
        Err(Problem::Ledger(error)) if error.is_lost_blob() => {
            tracing::error!(%error, "a document's bytes are lost");
            Ok(Err(bytes_lost()))
        }
        Ok(Err(why)) => Ok(Err(Text::new(
            format!("{}. Baytlar saklanıyor; yöneticiye haber verin.", why.tr),
            format!("{}. The bytes are kept; tell the administrator.", why.en),
        ))),
        read => read,
    }
}

/// The part with this hash, and its bytes.
///
/// # Errors
/// The index cannot be read.
pub async fn find(web: &Shared, person: &Person, entry: &Entry, wanted: Sha256) -> Result<Result<Option<(Piece, Bytes)>, Text>, Problem> {
    taken_apart(web, person, entry, move |pieces| {
        let mut found = None;
        pieces(&mut |part| {
            if let Found::Part(piece, bytes) = part
                && found.is_none()
                && piece.sha256 == Some(wanted)
            {
                found = bytes.map(|bytes| (piece, bytes));
            }
        });
        found
    })
    .await
}

enum Found {
    Part(Piece, Option<Bytes>),
    References(Vec<Reference>),
}

type Visit<'v> = &'v mut dyn FnMut(Found);

async fn taken_apart<T: Send + 'static>(
    web: &Shared,
    person: &Person,
    entry: &Entry,
    look: impl FnOnce(&dyn Fn(Visit<'_>)) -> T + Send + 'static,
) -> Result<Result<T, Text>, Problem> {
    let Ok(_permit) = AT_ONCE.acquire().await else {
        return Err(LedgerError::Closed.into());
    };
    if entry.is_disposed() {
        return Err(Problem::Gone);
    }
    let (web, person, entry) = (web.clone(), person.clone(), entry.clone());
    super::beside(move || {
        let own = Own::of(&web, &person, &entry)?;
        let limits = web.pipeline.settings().limits.clone();
        let raw = web.ledger().blobs().get(&entry.message.sha256).map_err(LedgerError::from)?;
        let kept = web.ledger().kept([&entry])?;
        let deadline = limits.parse_deadline;
        let outcome = isolate::run(deadline, move || look(&|visit| walk(&raw, &own, &limits, &kept, visit)));
        Ok(outcome.map_err(|broken| broken.text()))
    })
    .await
}

fn walk(raw: &Bytes, own: &Own, limits: &Limits, kept: &Kept, visit: Visit<'_>) {
    let message = message::read_opening(raw, limits, kept);
    for (at, part) in message.parts.iter().enumerate().filter(|(_, part)| part.role != PartRole::Message) {
        let is_own = part.role == PartRole::Package && own.package.as_deref() == Some(part.place.as_str());
        if is_own {
            let name = part.original_name.as_deref();
            let package = envelope::read_opening(&part.bytes, name, &envelope::Receiver::default(), limits, kept);
            inside(&package, &part.place, own, visit);
            visit(Found::References(references(&package)));
        }
        if !is_own && !own.whole {
            continue;
        }
        let what = match part.role {
            PartRole::Body => Use::Body,
            PartRole::Package => Use::Package,
            PartRole::Evidence => Use::Evidence,
            PartRole::Signature => Use::Signature,
            PartRole::RemExtensions => Use::Inner,
            PartRole::Attachment | PartRole::Message => Use::Attachment,
        };
        let fallback = format!("parca-{at:04}{}", ending(&part.content_type));
        let name = safe_file_name(part.name.as_deref().unwrap_or(&fallback), &fallback);
        let piece = Piece {
            place: part.place.clone(),
            warnings: danger::warnings(&name, &part.bytes),
            name,
            content_type: part.content_type.clone(),
            size: part.bytes.len() as u64,
            sha256: Some(Sha256::of(&part.bytes)),
            what,
        };
        visit(Found::Part(piece, Some(part.bytes.clone())));
    }
}

fn inside(package: &Package, place: &str, own: &Own, visit: Visit<'_>) {
    for (path, package) in package.walk() {
        for (at, part) in package.parts.iter().enumerate() {
            let bytes = package.open_part(&part.uri);
            let metadata_name = own.names.iter().find(|(sha256, _)| Some(*sha256) == part.sha256);
            let fallback = format!("parca-{at:04}");
            let name = safe_file_name(metadata_name.map_or(part.uri.as_str(), |(_, name)| name.as_str()), &fallback);
            let what = match part.role {
                _ if part.sha256.is_some() && part.sha256 == own.letter => Use::Letter,
                // Around an encrypted package nothing is the document.
                _ if package.kind == PackageKind::Eyps => Use::Inner,
                Some(envelope::PartRole::CoverLetter) => Use::Letter,
                _ if metadata_name.is_some() || part.uri.starts_with("/Ekler/") => Use::Attachment,
                _ if part.uri.starts_with("/Imzalar/") || part.uri.starts_with("/Muhurler/") => Use::Signature,
                _ => Use::Inner,
            };
            let piece = Piece {
                place: format!("{place}!{path}{}", part.uri),
                warnings: bytes.as_deref().map(|bytes| danger::warnings(&name, bytes)).unwrap_or_default(),
                name,
                content_type: part.content_type.clone().unwrap_or_default(),
                size: part.size,
                // What cannot be handed out has no address.
                sha256: part.sha256.filter(|_| bytes.is_some()),
                what,
            };
            visit(Found::Part(piece, bytes));
        }
    }
}

fn references(package: &Package) -> Vec<Reference> {
    let named = package
        .document_metadata()
        .document
        .iter()
        .flat_map(|document| &document.references);
    named
        .take(REFERENCES)
        .map(|one| Reference {
            label: one.label.clone(),
            number: one.number.clone(),
            date: one.date.as_ref().map(|date| date.text.clone()),
            title: one.title.as_ref().map(|title| title.text.clone()),
            id: one.id.clone().filter(|_| one.id_is_document != Some(false)),
        })
        .collect()
}

impl Content {
    fn take(&mut self, piece: Piece, bytes: Option<Bytes>) {
        let bytes = bytes.unwrap_or_default();
        match piece.what {
            // The provider's mail around a message often says the same again.
            Use::Body => {
                let text = plain::text(&piece.content_type, &bytes);
                self.bodies.extend(text.filter(|text| !self.bodies.contains(text)));
            }
            Use::Letter if bytes.starts_with(b"%PDF-") => {
                self.letter_is_pdf = true;
                self.letter_text = Some(shown::long(&letter::of_file(&bytes))).filter(|text| !text.trim().is_empty());
            }
            Use::Letter if self.letter_text.is_none() => self.letter_text = plain::text(&piece.content_type, &bytes),
            _ => {}
        }
        self.pieces.push(piece);
    }
}

/// For a part that has no name: what lets a person open it.
fn ending(content_type: &str) -> &'static str {
    match content_type {
        "text/plain" | "text/html" => ".txt",
        "application/pdf" => ".pdf",
        "application/xml" | "text/xml" => ".xml",
        _ => "",
    }
}
