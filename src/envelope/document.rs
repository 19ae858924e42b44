//! The document of a package in the shape of the JSON contract: what the register shows. Identity numbers are masked here.

use std::collections::HashSet;

use super::metadata::{Actor, Distribution, Update, Words};
use super::names::{self, Fit};
use super::package::Receiver;
use super::read::Opened;
use super::roles::PartRole;
use super::{Addressee, Attachment, Document, DocumentFile, PackageKind, Party};
use crate::text;

pub(super) fn of(opened: &Opened, receiver: &Receiver) -> Document {
    match opened.kind {
        PackageKind::Eyp => normal(opened, receiver),
        PackageKind::Eyps => encrypted(opened),
        // Filled from the original.
        PackageKind::Eypg => Document::default(),
    }
}

fn normal(opened: &Opened, receiver: &Receiver) -> Document {
    let Some(metadata) = &opened.metadata.document else {
        let id = opened.core.as_ref().and_then(|core| core.identifier.clone());
        let subject = opened.core.as_ref().and_then(|core| core.subject.clone());
        return Document {
            id,
            subject,
            file: letter(opened, None),
            ..Document::default()
        };
    };
    let last = opened.metadata.last.as_ref();
    let distribution = metadata.distribution.as_deref().unwrap_or_default();
    let ours = distribution
        .iter()
        .find(|entry| is_ours(entry, receiver))
        .or_else(|| distribution.first());
    Document {
        id: metadata.id.clone(),
        number: last.and_then(|last| last.number.clone()),
        subject: metadata.subject.as_ref().map(|subject| subject.text.clone()),
        date: last.and_then(|last| last.date.as_ref()?.instant).map(|instant| instant.at),
        security: metadata.security.clone(),
        urgency: ours.and_then(|entry| entry.urgency.clone()),
        sender: metadata.author.iter().flatten().map(party).next(),
        addressees: distribution.iter().map(addressee).collect(),
        file: letter(opened, metadata.file_name.as_deref()),
        attachments: attachments(opened),
    }
}

/// What stands open on the outside: the inner BelgeId (root of the digest copy) and the addressees.
fn encrypted(opened: &Opened) -> Document {
    let id = opened.digests().find_map(|(_, document)| document.id.clone());
    let addressees = opened.metadata.targets.iter().flatten().map(|target| Addressee {
        party: target.as_ref().map(party).unwrap_or_default(),
        ..Addressee::default()
    });
    Document {
        id,
        addressees: addressees.collect(),
        ..Document::default()
    }
}

/// An update's document is the original's with the newest classification.
pub(super) fn update(document: &mut Document, original: &Document, updates: Option<&[Update]>) {
    *document = original.clone();
    let changes = updates.unwrap_or_default().iter().filter_map(|update| update.security.as_ref());
    // `max_by_key` takes the last of equals: the later element of one day wins.
    let newest = changes.max_by_key(|change| change.changed_at.as_ref().and_then(|date| date.instant).map(|instant| instant.at));
    if let Some(code) = newest.and_then(|change| change.new_security.clone()) {
        document.security = Some(code);
    }
}

fn is_ours(entry: &Distribution, receiver: &Receiver) -> bool {
    matches!((&receiver.kkk, &entry.party), (Some(kkk), Some(party)) if party.has_kkk(kkk))
}

fn addressee(entry: &Distribution) -> Addressee {
    Addressee {
        party: entry.party.as_ref().map(party).unwrap_or_default(),
        urgency: entry.urgency.clone(),
        distribution: entry.kind.clone(),
        due: entry.due.as_ref().map(|due| due.text.clone()),
    }
}

fn party(actor: &Actor) -> Party {
    let words = |words: &Option<Words>| words.as_ref().map(|words| words.text.clone());
    match actor {
        Actor::Institution(institution) => Party {
            kind: "institution".into(),
            name: words(&institution.name),
            id: institution.kkk.clone(),
        },
        Actor::Person(person) => Party {
            kind: "person".into(),
            name: person.full_name(),
            id: person.national_id.as_ref().map(ToString::to_string),
        },
        Actor::LegalPerson(legal) => Party {
            kind: "legal-person".into(),
            name: words(&legal.name),
            id: legal.id.as_ref().map(|id| id.value.clone()),
        },
    }
}

/// The covering letter. DosyaAdi names it unless it contradicts the part: some writers put `<guid>.eyp` there.
fn letter(opened: &Opened, declared: Option<&str>) -> Option<DocumentFile> {
    let part = opened.cast.part(PartRole::CoverLetter)?;
    let measured = opened.measured(part)?;
    let uri = opened.uri(part);
    let name = declared
        .filter(|name| names::fits(name, uri) == Some(Fit::Exact))
        .map_or_else(|| names::file_name(uri), str::to_owned);
    let metadata = opened.metadata.document.as_ref();
    let content_type = || opened.types.as_ref().and_then(|types| types.of(uri)).map(str::to_owned);
    Some(DocumentFile {
        name: text::safe_file_name(&name, "ustyazi"),
        mime: metadata.and_then(|metadata| metadata.mime.clone()).or_else(content_type),
        size: measured.size,
        sha256: measured.sha256,
    })
}

fn attachments(opened: &Opened) -> Vec<Attachment> {
    let Some(metadata) = &opened.metadata.document else {
        return Vec::new();
    };
    let references = opened.metadata.package_digest.iter().flat_map(|digest| digest.internal());
    let covered: HashSet<usize> = references
        .filter_map(|reference| opened.referenced(reference.uri.as_deref()?))
        .collect();
    let describe = |(index, attachment): (usize, &super::metadata::AttachmentMetadata)| {
        let part = opened.attachment_parts.get(index).copied().flatten();
        let measured = part.and_then(|part| opened.measured(part));
        let title = || attachment.title.as_ref().map(|title| title.text.clone());
        let file_name = attachment.file_name.as_deref().map(|name| text::safe_file_name(name, "ek"));
        Attachment {
            id: attachment.id.clone(),
            name: file_name.or_else(title),
            r#type: attachment.kind.clone(),
            mime: attachment.mime.clone(),
            size: measured.map(|measured| measured.size),
            sha256: measured.map(|measured| measured.sha256),
            // Said to be signed, and really in the digest that the signature covers.
            signed: attachment.is_signed() && part.is_none_or(|part| covered.contains(&part)),
            present: measured.is_some(),
        }
    };
    metadata.attachments.iter().enumerate().map(describe).collect()
}
