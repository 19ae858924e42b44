//! H1-H13: what the özet documents hold, and whether the parts are what they say. H14 is `Package::compare_opened`.

use std::collections::{HashMap, HashSet};

use super::attachments::LeftOut;
use super::catalogue::Era;
use super::{Report, era};
use crate::envelope::digest::{Algorithm, DigestDocument, Reference, ReferenceKind};
use crate::envelope::names;
use crate::envelope::package::Receiver;
use crate::envelope::read::Opened;
use crate::envelope::roles::PartRole;
use crate::finding::Severity::{Error, Note, Warning};

pub(super) fn check(opened: &Opened, receiver: &Receiver, report: &mut Report) {
    let era = era(opened.kind, opened.major);
    let gone = Gone::of(opened, receiver);
    for (role, document) in opened.digests() {
        let place = opened.cast.part(role).map_or("", |part| opened.uri(part));
        root_id(opened, era, document, place, report);
        if document.references.is_empty() {
            report.add(
                "H2",
                Error,
                place,
                "Özet dosyasında hiç Reference yok.",
                "The digest document holds no Reference.",
            );
        }
        let mut seen = HashSet::new();
        for (index, reference) in document.references.iter().enumerate() {
            let place = format!("{place} Reference[{}]", index + 1);
            if reference.kind == ReferenceKind::External {
                external(reference, role, era, &place, report);
                continue;
            }
            complete(reference, opened.major, &place, report);
            algorithms(reference, opened.major, &place, report);
            pair(reference, era, &place, report);
            let Some(uri) = &reference.uri else { continue };
            odd(opened, reference, uri, !seen.insert(uri), &place, report);
            // Outside an encrypted package the references speak of parts inside it, except for the addressees.
            let part = opened.referenced(uri);
            if era != Era::Encrypted || part.is_some_and(|part| opened.cast.is(PartRole::Targets, part)) {
                matches(opened, reference, uri, part, &gone, &place, report);
            }
        }
        coverage(opened, role, document, era, place, &gone, report);
    }
    if era == Era::V1 && opened.metadata.final_digest.is_some() {
        for (role, code) in [(PartRole::Signers, 16), (PartRole::Signature, 17)] {
            if opened.cast.count(role) == 0 {
                let place = role.prescribed(1);
                report
                    .add(
                        "H7",
                        Error,
                        place,
                        format!("NihaiOzet var, ama '{place}' yok."),
                        format!("There is a NihaiOzet, but no '{place}'."),
                    )
                    .official(code);
            }
        }
    }
}

/// H1.
fn root_id(opened: &Opened, era: Era, document: &DigestDocument, place: &str, report: &mut Report) {
    let core = || opened.core.as_ref().and_then(|core| core.identifier.as_deref());
    let expected = match era {
        Era::V1 | Era::V2 => opened.metadata.document.as_ref().and_then(|document| document.id.as_deref()),
        Era::Update => core(),
        // The id is that of the inner package, which is closed.
        Era::Encrypted => None,
    };
    match (document.id.as_deref(), expected) {
        (None, _) => {
            report.add(
                "H1",
                Warning,
                place,
                "Özet kökünde Id yok.",
                "The digest document's root has no Id.",
            );
        }
        (Some(id), Some(expected)) if !id.eq_ignore_ascii_case(expected) => {
            report.add(
                "H1",
                Error,
                place,
                "Özet kökünün Id'si BelgeId ile aynı değil.",
                "The digest document's root Id differs from BelgeId.",
            );
        }
        (Some(id), Some(_)) if id != id.to_ascii_uppercase() => {
            report.add(
                "H1",
                Note,
                place,
                "Özet kökünün Id'si büyük harfle yazılmamış.",
                "The digest document's root Id is not in upper case.",
            );
        }
        _ => {}
    }
}

/// H8 and H13.
fn external(reference: &Reference, role: PartRole, era: Era, place: &str, report: &mut Report) {
    if role == PartRole::FinalDigest && era == Era::V2 {
        report.add(
            "H8",
            Error,
            place,
            "NihaiOzet harici bir bileşene başvuruyor.",
            "NihaiOzet references an external object.",
        );
    }
    let uri: String = reference.uri.as_deref().unwrap_or_default().chars().take(200).collect();
    report.add(
        "H13",
        Note,
        place,
        format!("Harici bileşen '{uri}' indirilmedi."),
        format!("The external object '{uri}' was not fetched."),
    );
}

/// H2, with the official code of what is missing.
fn complete(reference: &Reference, major: u8, place: &str, report: &mut Report) {
    let mut missing = |code: u8, tr: &str, en: &str| report.add("H2", Error, place, format!("{tr}."), format!("{en}.")).official(code);
    if reference.uri.is_none() {
        missing(9, "Reference adresi boş", "The Reference has no URI");
    }
    let wanted = if major >= 2 { 2 } else { 1 };
    if reference.digests.len() < wanted {
        let code = match (major, reference.digests.len()) {
            (1, _) => 10,
            (_, 0) => 28,
            _ => 29,
        };
        missing(code, "Reference'ta özet eksik", "The Reference lacks a digest");
    }
    for digest in &reference.digests {
        if digest.algorithm_uri.is_none() {
            missing(11, "Özet algoritması yazılmamış", "The digest names no algorithm");
        } else if digest.value.is_none() {
            missing(14, "Özet değeri yok ya da base64 değil", "The digest value is missing or no base64");
        }
    }
}

/// H3.
fn algorithms(reference: &Reference, major: u8, place: &str, report: &mut Report) {
    for digest in &reference.digests {
        let Some(uri) = &digest.algorithm_uri else { continue };
        let severity = match (digest.algorithm, major) {
            (Some(Algorithm::Sha256 | Algorithm::Sha512), _) => continue,
            (Some(Algorithm::Sha384), 2..) => continue,
            (Some(_), 0..=1) => Warning,
            (Some(_) | None, _) => Error,
        };
        let uri: String = uri.chars().take(120).collect();
        report
            .add(
                "H3",
                severity,
                place,
                format!("Özet algoritması '{uri}' bu sürümde kullanılmaz."),
                format!("Digest algorithm '{uri}' is not for this version."),
            )
            .official(12);
    }
}

/// H4.
fn pair(reference: &Reference, era: Era, place: &str, report: &mut Report) {
    let [first, second] = &reference.digests[..] else { return };
    let (Era::V2 | Era::Update, Some(one), Some(two)) = (era, first.algorithm, second.algorithm) else {
        return;
    };
    if one == two {
        report
            .add("H4", Error, place, "İki özet aynı algoritmayla.", "Both digests use one algorithm.")
            .official(30);
    } else if one != Algorithm::Sha512 && two != Algorithm::Sha512 {
        report
            .add(
                "H4",
                Error,
                place,
                "Özetlerden hiçbiri SHA-512 değil.",
                "Neither digest is SHA-512.",
            )
            .official(31);
    }
}

/// H12.
fn odd(opened: &Opened, reference: &Reference, uri: &str, twice: bool, place: &str, report: &mut Report) {
    if twice {
        report.add(
            "H12",
            Warning,
            place,
            format!("'{uri}' iki kez geçiyor."),
            format!("'{uri}' is referenced twice."),
        );
    }
    if let ReferenceKind::Unknown(kind) = &reference.kind {
        report.add(
            "H12",
            Warning,
            place,
            format!("Bilinmeyen başvuru türü '{kind}'."),
            format!("Unknown reference type '{kind}'."),
        );
    }
    if opened
        .referenced(uri)
        .is_some_and(|part| opened.cast.is(PartRole::UnsignedAttachment, part))
    {
        report.add(
            "H12",
            Warning,
            place,
            format!("'{uri}' imzasız ek; özeti olmamalı."),
            format!("'{uri}' is an unsigned attachment and should have no digest."),
        );
    }
}

/// H9-H11: the part is there and is what was digested.
fn matches(opened: &Opened, reference: &Reference, uri: &str, part: Option<usize>, gone: &Gone, place: &str, report: &mut Report) {
    let Some(part) = part else {
        return missing(uri, opened.major, gone, place, report);
    };
    let Some(measured) = opened.measured(part) else {
        report
            .add(
                "H9",
                Error,
                place,
                format!("'{uri}' okunamadığı için özeti denetlenemedi."),
                format!("'{uri}' could not be read, so its digest was not checked."),
            )
            .official(14);
        return;
    };
    let compared = reference
        .digests
        .iter()
        .filter_map(|digest| Some((digest.algorithm?, digest.value.as_ref()?)));
    for (algorithm, value) in compared {
        match measured.matches(algorithm, value) {
            Some(true) => {}
            Some(false) => {
                report
                    .add(
                        "H9",
                        Error,
                        place,
                        format!("'{uri}' özeti tutmuyor ({algorithm:?})."),
                        format!("The digest of '{uri}' does not match ({algorithm:?})."),
                    )
                    .official(15);
            }
            None => {
                report
                    .add(
                        "KEP-2805",
                        Warning,
                        place,
                        format!("{algorithm:?} bu sistemde yok; '{uri}' denetlenemedi."),
                        format!("{algorithm:?} is not available here; '{uri}' was not checked."),
                    )
                    .official(14);
            }
        }
    }
}

fn missing(uri: &str, major: u8, gone: &Gone, place: &str, report: &mut Report) {
    if major >= 2 && uri.eq_ignore_ascii_case(PartRole::Initial.prescribed(major)) {
        report
            .add(
                "H10",
                Note,
                place,
                "Paraf imzası paketten çıkarılmış; buna izin var.",
                "The initials were removed from the package, which is allowed.",
            )
            .official(32);
    } else if gone.attachment(uri) {
        report
            .add(
                "H11",
                Note,
                place,
                format!("'{uri}' konulmamış bir ek."),
                format!("'{uri}' is an attachment that was left out."),
            )
            .official(13);
    } else {
        report
            .add(
                "H9",
                Error,
                place,
                format!("'{uri}' pakette yok."),
                format!("'{uri}' is not in the package."),
            )
            .official(13);
    }
}

/// Signed attachments whose file was left out, by file name as the official writer makes it.
#[derive(Default)]
struct Gone {
    by_name: HashMap<String, usize>,
}

impl Gone {
    fn of(opened: &Opened, receiver: &Receiver) -> Self {
        let Some(document) = &opened.metadata.document else {
            return Self::default();
        };
        let left_out = LeftOut::of(document, receiver);
        let absent = document.attachments.iter().enumerate().filter(|(index, attachment)| {
            attachment.is_signed() && opened.attachment_parts.get(*index).copied().flatten().is_none() && left_out.holds(attachment)
        });
        let named = absent.filter_map(|(index, attachment)| Some((key(attachment.file_name.as_deref()?), index)));
        Self { by_name: named.collect() }
    }

    fn attachment(&self, uri: &str) -> bool {
        names::folded(uri).starts_with("/ekler/") && self.by_name.contains_key(&key(&names::file_name(uri)))
    }
}

fn key(name: &str) -> String {
    names::official_file_name(name).to_ascii_lowercase()
}

/// H5-H7: everything that must be covered is. Compared by part, not by name: a Reference to another part with a similar name covers nothing.
fn coverage(opened: &Opened, role: PartRole, document: &DigestDocument, era: Era, place: &str, gone: &Gone, report: &mut Report) {
    use PartRole::*;
    let second = era == Era::V2;
    let (id, needed): (&'static str, Vec<(PartRole, Option<u8>)>) = match (role, era) {
        (PackageDigest, Era::V1) => ("H5", vec![(Metadata, Some(3)), (Targets, Some(5)), (CoverLetter, Some(7))]),
        (PackageDigest, Era::V2) => (
            "H5",
            vec![(Metadata, Some(3)), (CoverLetter, Some(7)), (InitialDigest, None), (Initial, None)],
        ),
        (InitialDigest, Era::V2) => ("H6", vec![(Metadata, Some(27)), (CoverLetter, Some(26))]),
        (FinalDigest, Era::V1) => (
            "H7",
            vec![
                (Metadata, Some(19)),
                (Targets, Some(20)),
                (CoverLetter, Some(21)),
                (Signers, Some(22)),
                (PackageDigest, None),
                (Signature, Some(23)),
                (Core, Some(24)),
            ],
        ),
        (FinalDigest, Era::V2) => (
            "H7",
            vec![
                (Metadata, Some(19)),
                (CoverLetter, Some(21)),
                (InitialDigest, None),
                (Initial, None),
                (PackageDigest, None),
                (Signature, Some(23)),
                (FinalMetadata, None),
                (Core, Some(24)),
            ],
        ),
        (FinalDigest, Era::Update) => ("H7", vec![(UpdateInfo, Some(34)), (OriginalPackage, Some(36)), (Core, Some(24))]),
        _ => return,
    };
    let covered: HashSet<usize> = document
        .internal()
        .filter_map(|reference| opened.referenced(reference.uri.as_deref()?))
        .collect();
    let mut lacks = |part: &str, code: Option<u8>| {
        let added = report.add(
            id,
            Error,
            place,
            format!("'{part}' özet dosyasının kapsamında değil."),
            format!("'{part}' is not covered by the digest document."),
        );
        if let Some(code) = code {
            added.official(code);
        }
    };
    for (needed, code) in needed {
        for part in opened
            .cast
            .all(needed)
            .map(|holder| holder.part)
            .filter(|part| !covered.contains(part))
        {
            lacks(opened.uri(part), code);
        }
    }
    if era == Era::Update {
        return;
    }
    let Some(metadata) = &opened.metadata.document else { return };
    let names: HashSet<String> = document
        .internal()
        .filter_map(|reference| reference.uri.as_deref())
        .map(|uri| key(&names::file_name(uri)))
        .collect();
    for (index, attachment) in metadata
        .attachments
        .iter()
        .enumerate()
        .filter(|(_, attachment)| attachment.is_signed())
    {
        match opened.attachment_parts.get(index).copied().flatten() {
            // An attachment in the wrong folder is U24.
            Some(part) if !covered.contains(&part) && opened.cast.is(Attachment, part) => lacks(opened.uri(part), None),
            Some(_) => {}
            // Its digest stays behind when an attachment is left out.
            None => {
                let name = attachment.file_name.as_deref().map(key).unwrap_or_default();
                if second && gone.by_name.contains_key(&name) && !names.contains(&name) {
                    lacks(attachment.file_name.as_deref().unwrap_or_default(), None);
                }
            }
        }
    }
}
