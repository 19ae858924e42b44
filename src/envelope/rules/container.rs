//! C1-C18: the container and who plays what in it.

use std::collections::{HashMap, HashSet};

use super::catalogue::Era;
use super::{Report, era};
use crate::envelope::container::ContainerFault;
use crate::envelope::opc::{self, Match};
use crate::envelope::package::Package;
use crate::envelope::read::Opened;
use crate::envelope::roles::{self, Found, PartRole};
use crate::envelope::xml::XmlFault;
use crate::envelope::{PackageKind, names};
use crate::finding::Severity::{Error, Fatal, Note, Warning};

/// C1, C4 and what surrounds the ZIP.
pub(in crate::envelope) fn faults(faults: &[ContainerFault], report: &mut Report) {
    for fault in faults {
        match fault {
            ContainerFault::Refused(reason) => {
                report.add(
                    "C1",
                    Fatal,
                    "/",
                    format!("Paket açılamadı: {}.", reason.tr),
                    format!("The package cannot be opened: {}.", reason.en),
                );
            }
            ContainerFault::Entry { uri, reason } => {
                report.add(
                    "C1",
                    Fatal,
                    uri,
                    format!("'{uri}' girdisi açılmadı: {}.", reason.tr),
                    format!("Entry '{uri}' was not opened: {}.", reason.en),
                );
            }
            ContainerFault::Duplicate { uri } => {
                report.add(
                    "C4",
                    Error,
                    uri,
                    format!("'{uri}' adıyla birden fazla bileşen var; hiçbiri açılmadı."),
                    format!("More than one part is named '{uri}'; none of them was opened."),
                );
            }
            ContainerFault::TwoReadings => {
                report.add(
                    "KEP-2807",
                    Warning,
                    "/",
                    "ZIP'in önünde ya da girdilerinin arasında, dizininde olmayan veri var: baştan okuyan bir program başka bir dosya ya da başka bileşenler görür.".to_owned(),
                    "Data that its directory does not list stand before the ZIP or between its entries: a program that reads from the front sees another file or other parts.".to_owned(),
                );
            }
            ContainerFault::Surplus { before, after } => {
                report.add(
                    "KEP-2801",
                    Note,
                    "/",
                    format!("ZIP'in önünde {before}, ardında {after} bayt var."),
                    format!("{before} bytes stand before the ZIP and {after} after it."),
                );
            }
            ContainerFault::Unlisted { between, comments } => {
                report.add(
                    "KEP-2806",
                    Note,
                    "/",
                    format!("ZIP'in içinde hiçbir bileşene ait olmayan {between} bayt ve {comments} bayt açıklama var; hiçbir imza kapsamaz."),
                    format!("Inside the ZIP are {between} bytes that belong to no part and {comments} bytes of comments; no signature covers them."),
                );
            }
        }
    }
}

/// C2, once it is known whether the package can be read by its fixed names.
pub(in crate::envelope) fn plumbing(faults: &[(String, Option<XmlFault>)], recoverable: bool, report: &mut Report) {
    let severity = if recoverable { Error } else { Fatal };
    for (uri, fault) in faults {
        let (tr, en) = match fault {
            None => ("yok".to_owned(), "missing".to_owned()),
            Some(fault) => {
                let (tr, en) = fault.words();
                (format!("okunamıyor ({tr})"), format!("not readable ({en})"))
            }
        };
        report.add("C2", severity, uri, format!("'{uri}' {tr}."), format!("'{uri}' is {en}."));
    }
}

/// C3.
pub(in crate::envelope) fn document_type(uri: &str, report: &mut Report) {
    report.once(
        "C3",
        Error,
        uri,
        format!("'{uri}' bir DTD içeriyor; okunmadı."),
        format!("'{uri}' holds a DTD and was not read."),
    );
}

/// C16: an encrypted package must not be wrapped in an update.
pub(in crate::envelope) fn original(uri: &str, original: &Package, report: &mut Report) {
    if original.kind == PackageKind::Eyps {
        report.add(
            "C16",
            Error,
            uri,
            "Güncellenen özgün paket şifreli.",
            "The original inside the update is encrypted.",
        );
    }
}

/// A `.eyps` whose content is a plain package.
pub(in crate::envelope) fn not_encrypted(uri: &str, report: &mut Report) {
    report.add(
        "KEP-2803",
        Error,
        uri,
        "Şifreli denilen içerik şifresiz; yolda herkes okuyabilirdi.",
        "The content said to be encrypted is in the clear; anyone on the way could read it.",
    );
}

pub(in crate::envelope) fn nested_too_much(uri: &str, report: &mut Report) {
    report.add(
        "KEP-2804",
        Warning,
        uri,
        format!("'{uri}' içindeki paket derinlik, sayı ya da boyut sınırını aştığı için açılmadı."),
        format!("The package '{uri}' inside was not opened: beyond the limit of depth, number or size."),
    );
}

pub(super) fn check(opened: &Opened, report: &mut Report) {
    targets(opened, report);
    reachable(opened, report);
    content_types(opened, report);
    counts(opened, report);
    places(opened, report);
    relationship_types(opened, report);
    if opened.kind == PackageKind::Eyp {
        letter_is_pdf_a(opened, report);
    }
}

/// C5. A target that may legally be gone is judged where that is known: removed initials that a digest remembers are H10, the file of
/// an Ek is U22.
fn targets(opened: &Opened, report: &mut Report) {
    let initials = PartRole::Initial.prescribed(opened.major);
    let mut internal = opened.digests().flat_map(|(_, document)| document.internal());
    let remembered =
        opened.major >= 2 && internal.any(|reference| reference.uri.as_deref().is_some_and(|uri| uri.eq_ignore_ascii_case(initials)));
    let attachments = opened.metadata.document.iter().flat_map(|document| &document.attachments);
    let listed: HashSet<String> = attachments
        .filter_map(|attachment| attachment.id.as_ref())
        .map(|id| id.to_ascii_lowercase())
        .collect();
    for relationship in opened.relationships.iter().filter(|relationship| relationship.part.is_none()) {
        let role = PartRole::of_type(&relationship.kind).map(|(role, _)| role);
        let judged_elsewhere = match role {
            Some(PartRole::Initial) => remembered && relationship.resolved.is_some(),
            Some(PartRole::Attachment | PartRole::UnsignedAttachment) => {
                roles::attachment_id(&relationship.id).is_some_and(|id| listed.contains(&id.to_ascii_lowercase()))
            }
            _ => false,
        };
        if judged_elsewhere {
            continue;
        }
        let severity = if role == Some(PartRole::EncryptedContent) { Fatal } else { Error };
        let target: String = relationship.target.chars().take(200).collect();
        report
            .add(
                "C5",
                severity,
                &target,
                format!("İlişkinin gösterdiği '{target}' pakette yok."),
                format!("The relationship target '{target}' is not in the package."),
            )
            .official(13);
    }
}

/// C6. Without any relationships C2 has said it for all.
fn reachable(opened: &Opened, report: &mut Report) {
    if !opened.linked {
        return;
    }
    let reached: HashSet<usize> = opened.relationships.iter().filter_map(|relationship| relationship.part).collect();
    for (index, entry) in opened.container.entries.iter().enumerate() {
        if reached.contains(&index) || opc::is_plumbing(&entry.uri) || entry.refused.is_some() {
            continue;
        }
        let uri = &entry.uri;
        let found = opened.cast.role_of(index).map(|(_, holder)| holder.found);
        let (tr, en) = match found {
            Some(Found::FixedName) => (" (sabit adıyla bulundu)", " (found by its fixed name)"),
            Some(Found::TolerantName) => (" (adı düzeltilerek bulundu)", " (found by its name, read tolerantly)"),
            _ => ("", ""),
        };
        report.add(
            "C6",
            Warning,
            uri,
            format!("'{uri}' bileşenine hiçbir ilişki ulaşmıyor{tr}."),
            format!("No relationship leads to '{uri}'{en}."),
        );
    }
}

/// C7. The covering letter's type is U5, because its MimeTuru is required.
fn content_types(opened: &Opened, report: &mut Report) {
    let Some(types) = &opened.types else { return };
    let declared = declared_types(opened);
    let kept = opened
        .container
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.uri != opc::CONTENT_TYPES && entry.refused.is_none());
    for (index, entry) in kept {
        let expected = if opc::relationships_source(&entry.uri).is_some() {
            Some("application/vnd.openxmlformats-package.relationships+xml")
        } else {
            let role = opened.cast.role_of(index).map(|(role, _)| role);
            let fixed = role
                .and_then(PartRole::rule)
                .map(|rule| rule.content_type)
                .filter(|kind| !kind.is_empty());
            fixed.or_else(|| declared.get(&index).copied())
        };
        let uri = &entry.uri;
        match (types.of(uri), expected) {
            (None, _) => {
                report.add(
                    "C7",
                    Warning,
                    uri,
                    format!("'{uri}' için içerik türü tanımlı değil."),
                    format!("No content type is defined for '{uri}'."),
                );
            }
            (Some(actual), Some(expected)) if !actual.trim().eq_ignore_ascii_case(expected.trim()) => {
                report.add(
                    "C7",
                    Warning,
                    uri,
                    format!("'{uri}' içerik türü '{actual}'; '{expected}' olmalı."),
                    format!("The content type of '{uri}' is '{actual}' and should be '{expected}'."),
                );
            }
            _ => {}
        }
    }
}

/// MimeTuru of each Ek, by the part that is its file.
fn declared_types(opened: &Opened) -> HashMap<usize, &str> {
    let attachments = opened.metadata.document.iter().flat_map(|document| &document.attachments);
    let paired = opened.attachment_parts.iter().zip(attachments);
    paired
        .filter_map(|(part, attachment)| Some(((*part)?, attachment.mime.as_deref()?)))
        .collect()
}

/// C8-C11 and C14-C16: how many of each.
fn counts(opened: &Opened, report: &mut Report) {
    use PartRole::*;
    let era = era(opened.kind, opened.major);
    let mut need = |id: &'static str, role: PartRole, least: usize, most: usize, missing: Option<u8>| {
        let count = opened.cast.count(role);
        // A relationship that points to nothing was C5; a twin name was C4.
        let pointed = opened.relationships.iter().any(|relationship| {
            relationship.part.is_none() && PartRole::of_type(&relationship.kind).is_some_and(|(known, _)| known == role)
        });
        let place = role.prescribed(opened.major);
        if count < least && !pointed {
            let added = report.add(
                id,
                Error,
                place,
                format!("Pakette {} yok.", label(role)),
                format!("The package has no {}.", label(role)),
            );
            if let Some(code) = missing {
                added.official(code);
            }
        }
        if count > most {
            report.add(
                id,
                Error,
                place,
                format!("Pakette birden fazla {} var.", label(role)),
                format!("The package has more than one {}.", label(role)),
            );
        }
    };
    const ANY: usize = usize::MAX;
    match era {
        Era::V1 | Era::V2 => {
            need("C8", Core, 1, 1, Some(18));
            need("C8", Metadata, 1, 1, Some(2));
            need("C8", CoverLetter, 1, 1, Some(6));
            need("C8", PackageDigest, 1, 1, Some(25));
            if era == Era::V1 {
                need("C9", Targets, 1, 1, Some(4));
                need("C9", Signers, 0, 1, None);
                need("C9", FinalDigest, 0, 1, None);
            } else {
                need("C10", FinalMetadata, 1, 1, None);
                need("C10", FinalDigest, 1, 1, Some(1));
                need("C10", InitialDigest, 0, 1, None);
                need("C10", Signature, 1, 1, Some(17));
                need("C11", Seal, 1, ANY, None);
            }
        }
        Era::Encrypted => {
            need("C15", Core, 1, 1, Some(18));
            need("C15", EncryptionInfo, 1, 1, None);
            need("C15", EncryptedContent, 1, 1, None);
            if opened.major < 2 {
                need("C15", Targets, 1, 1, Some(4));
                need("C15", PackageDigest, 1, 1, Some(25));
            } else {
                need("C15", FinalDigest, 1, 1, Some(1));
                need("C15", Targets, 0, 1, None);
            }
        }
        Era::Update => {
            need("C16", Core, 1, 1, Some(18));
            need("C16", FinalDigest, 1, 1, Some(1));
            need("C16", OriginalPackage, 1, 1, Some(35));
            need("C16", UpdateInfo, 1, 1, Some(33));
            need("C11", Seal, 1, ANY, None);
        }
    }
    if era == Era::Encrypted {
        // It would be shown beside the document inside, and nothing inside speaks for it.
        for role in [
            CoverLetter,
            Metadata,
            FinalMetadata,
            Signers,
            InitialDigest,
            Signature,
            Initial,
            Seal,
            Attachment,
            UnsignedAttachment,
            UpdateInfo,
            OriginalPackage,
        ] {
            if let Some(part) = opened.cast.part(role) {
                let uri = opened.uri(part);
                report.add(
                    "C15",
                    Error,
                    uri,
                    format!(
                        "Şifreli içeriğin dışında {} var; şifrelenmiş belgenin parçası değildir.",
                        label(role)
                    ),
                    format!(
                        "Outside the encrypted content stands a part of the kind {}; it belongs to no document inside.",
                        label(role)
                    ),
                );
            }
        }
    }
    if era == Era::V2 {
        for role in [Targets, Signers] {
            if let Some(part) = opened.cast.part(role) {
                let uri = opened.uri(part);
                report.add(
                    "C14",
                    Warning,
                    uri,
                    format!("2.x pakette {} bulunmamalı; dikkate alınmadı.", label(role)),
                    format!("A 2.x package has no {}; it was ignored.", label(role)),
                );
            }
        }
    }
}

/// The name that people of the trade know a part by.
fn label(role: PartRole) -> &'static str {
    match role {
        PartRole::Core => "core",
        PartRole::CoverLetter => "UstYazi",
        PartRole::Attachment => "Ek",
        PartRole::UnsignedAttachment => "ImzasizEk",
        PartRole::OriginalPackage => "OrijinalPaket",
        PartRole::EncryptedContent => "SifreliIcerik",
        role => {
            let uri = role.rule().map_or("", |rule| rule.uri);
            uri.rsplit('/').next().unwrap_or_default()
        }
    }
}

/// C12 and C13: where parts stand and how they are named.
fn places(opened: &Opened, report: &mut Report) {
    for (index, entry) in opened
        .container
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.refused.is_none())
    {
        let uri = &entry.uri;
        if names::percent_decode(uri).contains(char::is_whitespace) {
            report.add(
                "C13",
                Warning,
                uri,
                format!("'{uri}' adında boşluk var."),
                format!("The name '{uri}' holds white space."),
            );
        }
        if entry.backslashes {
            report.add(
                "C12",
                Warning,
                uri,
                format!("'{uri}' ZIP'te ters bölüyle yazılmış."),
                format!("'{uri}' is written with back-slashes in the ZIP."),
            );
        }
        let Some((role, _)) = opened.cast.role_of(index) else { continue };
        let place = role.prescribed(opened.major);
        let right = if place.ends_with('/') {
            uri.starts_with(place)
        } else {
            place.is_empty() || uri == place
        };
        if !right {
            report.add(
                "C12",
                Warning,
                uri,
                format!("'{uri}' öngörülen '{place}' yerinde değil."),
                format!("'{uri}' does not stand at '{place}' where it belongs."),
            );
        }
    }
    for relationship in &opened.relationships {
        let strength = relationship
            .resolved
            .as_deref()
            .and_then(|uri| opened.directory.find(uri))
            .map(|(_, strength)| strength);
        if strength == Some(Match::Folded) {
            let target = &relationship.target;
            report.add(
                "C12",
                Warning,
                target,
                format!("'{target}' ZIP'te başka harflerle yazılmış."),
                format!("'{target}' is spelled with other letters in the ZIP."),
            );
        }
    }
}

/// C17: the XMP packet of PDF/A is never compressed, so its absence is seen without parsing the PDF.
fn letter_is_pdf_a(opened: &Opened, report: &mut Report) {
    let Some(part) = opened.cast.part(PartRole::CoverLetter) else {
        return;
    };
    let Some(measured) = opened.measured(part) else { return };
    if !measured.head.starts_with(b"%PDF") || !measured.pdf_a {
        let uri = opened.uri(part);
        report.add(
            "C17",
            Warning,
            uri,
            "Üst yazı PDF/A (ISO 19005-1) değil.",
            "The covering letter is not PDF/A (ISO 19005-1).",
        );
    }
}

/// C18: the type spelled exactly, from the right source.
fn relationship_types(opened: &Opened, report: &mut Report) {
    for relationship in &opened.relationships {
        let kind: String = relationship.kind.chars().take(200).collect();
        let place = format!("{} {}", relationship.source, relationship.id);
        match PartRole::of_type(&relationship.kind) {
            None => {
                report.add(
                    "C18",
                    Warning,
                    place,
                    format!("Bilinmeyen ilişki türü '{kind}'."),
                    format!("Unknown relationship type '{kind}'."),
                );
            }
            Some((_, false)) => {
                report.add(
                    "C18",
                    Note,
                    place,
                    format!("İlişki türü '{kind}' büyük/küçük harfte farklı."),
                    format!("Relationship type '{kind}' differs in letter case."),
                );
            }
            Some((role, true)) => {
                // A holder found by name has no rightful relationship, so this one is not.
                let by_name = |found| matches!(found, Found::FixedName | Found::TolerantName);
                let holder = opened.cast.first(role);
                let misplaced = holder.is_some_and(|holder| relationship.part == Some(holder.part) && by_name(holder.found));
                if misplaced {
                    report.add(
                        "C18",
                        Warning,
                        place,
                        format!("'{kind}' ilişkisi yanlış bileşene bağlı."),
                        format!("Relationship '{kind}' hangs on the wrong part."),
                    );
                }
            }
        }
    }
}
