//! U1-U12, U14, U18, U29, U31, U33: what the metadata says of the document.

use std::collections::HashSet;

use super::catalogue::Era;
use super::{Report, era};
use crate::envelope::metadata::{Actor, DateTime, DocumentMetadata};
use crate::envelope::read::Opened;
use crate::envelope::roles::PartRole;
use crate::envelope::structure::{Deviation, DeviationKind};
use crate::envelope::xml::XmlFault;
use crate::envelope::{PackageKind, names};
use crate::finding::Severity::{Error, Note, Warning};

const SECURITY_1: &[&str] = &["TSD", "HZO", "OZL", "GZL", "CGZ", "KSO"];
const SECURITY_2: &[&str] = &["YOK", "HZO", "OZL", "GZL", "CGZ"];

/// U1: not well-formed, or beyond the XML limits.
pub(in crate::envelope) fn not_readable(uri: &str, fault: &XmlFault, report: &mut Report) {
    let (tr, en) = fault.words();
    report.add(
        "U1",
        Error,
        uri,
        format!("'{uri}' okunamıyor: {tr}."),
        format!("'{uri}' cannot be read: {en}."),
    );
}

/// U1: another root.
pub(in crate::envelope) fn wrong_root(uri: &str, found: &str, expected: &str, report: &mut Report) {
    report.add(
        "U1",
        Error,
        uri,
        format!("'{uri}' kökü '{found}'; bu sürümde kendi ad alanında '{expected}' olmalı."),
        format!("The root of '{uri}' is '{found}'; this version wants '{expected}' in its own namespace."),
    );
}

/// U2.
pub(in crate::envelope) fn structure(uri: &str, deviations: &[Deviation], report: &mut Report) {
    for Deviation { path, kind } in deviations {
        let (tr, en) = match kind {
            DeviationKind::Unknown => ("burada bulunmamalı", "does not belong here"),
            DeviationKind::OutOfOrder => ("sırası yanlış", "stands out of order"),
            DeviationKind::TooMany => ("fazladan yinelenmiş", "is repeated too often"),
            DeviationKind::Missing => ("eksik", "is missing"),
            DeviationKind::Value => ("değeri geçersiz", "has a value that is not allowed"),
        };
        report.add(
            "U2",
            Error,
            format!("{uri} {path}"),
            format!("{path}: {tr}."),
            format!("{path} {en}."),
        );
    }
}

/// 8-4-4-4-12 hex digits, not all zero.
pub(in crate::envelope) fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let hex = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    lengths == [8, 4, 4, 4, 12] && hex && text.bytes().any(|byte| byte != b'-' && byte != b'0')
}

pub(super) fn check(opened: &Opened, report: &mut Report) {
    let era = era(opened.kind, opened.major);
    if let Some(document) = &opened.metadata.document {
        let place = opened.cast.part(PartRole::Metadata).map_or("", |part| opened.uri(part));
        given(document, place, report);
        letter(opened, document, place, report);
        withdrawn(opened, document, place, report);
        security(document.security.as_deref(), opened.major, &format!("{place} GuvenlikKodu"), report);
        classification_end(opened, document, place, report);
        urgency(document, place, report);
        if era == Era::V2 {
            verification(document, place, report);
            plans(document, place, report);
        }
    }
    number_and_date(opened, report);
    signers(opened, era, report);
    targets(opened, report);
    updates(opened, report);
    zones(opened, report);
}

/// U3 and U4.
fn given(document: &DocumentMetadata, place: &str, report: &mut Report) {
    if !document.id.as_deref().is_some_and(is_guid) {
        report.add(
            "U3",
            Error,
            format!("{place} BelgeId"),
            "BelgeId yok ya da GUID değil.",
            "BelgeId is missing or no GUID.",
        );
    }
    let distribution = document.distribution.as_ref().is_some_and(|list| !list.is_empty());
    let fields = [
        ("Konu", document.subject.is_some()),
        ("DosyaAdi", document.file_name.is_some()),
        ("DagitimListesi", distribution),
        ("Olusturan", document.author.is_some()),
    ];
    for (name, _) in fields.iter().filter(|(_, given)| !given) {
        report.add(
            "U4",
            Error,
            format!("{place} {name}"),
            format!("{name} boş."),
            format!("{name} is empty."),
        );
    }
}

/// U5 and U6: what the metadata says of the covering letter's file.
fn letter(opened: &Opened, document: &DocumentMetadata, place: &str, report: &mut Report) {
    let part = opened.cast.part(PartRole::CoverLetter);
    let actual = part.and_then(|part| opened.types.as_ref()?.of(opened.uri(part)));
    match (&document.mime, actual) {
        (None, _) => {
            report.add("U5", Error, format!("{place} MimeTuru"), "MimeTuru boş.", "MimeTuru is empty.");
        }
        (Some(mime), Some(actual)) if !mime.eq_ignore_ascii_case(actual.trim()) => {
            report.add(
                "U5",
                Warning,
                format!("{place} MimeTuru"),
                format!("MimeTuru '{mime}', üst yazının içerik türü '{actual}'."),
                format!("MimeTuru is '{mime}', the covering letter's content type '{actual}'."),
            );
        }
        _ => {}
    }
    if let (Some(name), Some(part)) = (&document.file_name, part)
        && names::fits(name, opened.uri(part)) != Some(names::Fit::Exact)
    {
        report.add(
            "U6",
            Warning,
            format!("{place} DosyaAdi"),
            "DosyaAdi, üst yazının paketteki adıyla uyuşmuyor.",
            "DosyaAdi does not fit the covering letter's name in the package.",
        );
    }
}

/// U7.
fn number_and_date(opened: &Opened, report: &mut Report) {
    let Some(last) = opened.metadata.last.as_ref().filter(|_| opened.kind == PackageKind::Eyp) else {
        return;
    };
    let role = if opened.major >= 2 {
        PartRole::FinalMetadata
    } else {
        PartRole::Metadata
    };
    let place = opened.cast.part(role).map_or("", |part| opened.uri(part));
    for (name, given) in [("BelgeNo", last.number.is_some()), ("Tarih", last.date.is_some())] {
        if !given {
            report.add(
                "U7",
                Error,
                format!("{place} {name}"),
                format!("{name} boş."),
                format!("{name} is empty."),
            );
        }
    }
}

/// U8 (2.x) and U9 (1.x): fields and values that were withdrawn.
fn withdrawn(opened: &Opened, document: &DocumentMetadata, place: &str, report: &mut Report) {
    let mut found: Vec<&str> = Vec::new();
    let second = opened.major >= 2;
    if second {
        found.extend(document.number.is_some().then_some("BelgeNo"));
        found.extend(document.date.is_some().then_some("Tarih"));
        found.extend(document.security.as_deref().filter(|code| matches!(*code, "KSO" | "TSD")));
    }
    let parties = super::parties::all(opened);
    let byk = parties
        .iter()
        .any(|(_, actor)| matches!(actor, Actor::Institution(institution) if institution.byk.is_some()));
    let signers = opened.metadata.last.iter().flat_map(|last| &last.signers);
    found.extend(byk.then_some("BYK"));
    found.extend(signers.filter(|signer| signer.tcyk.is_some()).map(|_| "TCYK").next());
    let urgencies: HashSet<&str> = document
        .distribution
        .iter()
        .flatten()
        .filter_map(|entry| entry.urgency.as_deref())
        .collect();
    found.extend(["IVD", "CIV"].into_iter().filter(|code| urgencies.contains(code)));
    for name in found {
        let (id, severity) = if second { ("U8", Error) } else { ("U9", Warning) };
        report.add(
            id,
            severity,
            format!("{place} {name}"),
            format!("{name} bu sürümde kullanımdan kalkmış."),
            format!("{name} is withdrawn in this version."),
        );
    }
}

/// U10, for the document's own classification and for what an update makes of it.
fn security(code: Option<&str>, major: u8, place: &str, report: &mut Report) {
    let known = if major >= 2 { SECURITY_2 } else { SECURITY_1 };
    match code {
        Some("OZL") if major >= 2 => {
            report.add(
                "U10",
                Warning,
                place,
                "OZL (özel) 2.1 ile kaldırıldı.",
                "OZL was abolished with 2.1.",
            );
        }
        Some(code) if known.contains(&code) => {}
        Some("KSO" | "TSD") if major >= 2 => {} // U8
        Some(code) => {
            report.add(
                "U10",
                Error,
                place,
                format!("Gizlilik derecesi '{code}' bu sürümde yok."),
                format!("Classification '{code}' does not exist in this version."),
            );
        }
        None => {
            report.add("U10", Error, place, "Gizlilik derecesi yazılmamış.", "No classification is given.");
        }
    }
}

/// U11.
fn classification_end(opened: &Opened, document: &DocumentMetadata, place: &str, report: &mut Report) {
    let instant = |date: &Option<DateTime>| date.as_ref().and_then(|date| date.instant).map(|instant| instant.at);
    let date = opened.metadata.last.as_ref().and_then(|last| instant(&last.date));
    if let (Some(until), Some(date)) = (instant(&document.security_until), date)
        && until < date
    {
        report.add(
            "U11",
            Warning,
            format!("{place} GuvenlikKoduGecerlilikTarihi"),
            "Gizlilik, belge tarihinden önce bitiyor.",
            "The classification ends before the document's date.",
        );
    }
}

/// U12.
fn verification(document: &DocumentMetadata, place: &str, report: &mut Report) {
    let place = format!("{place} DogrulamaAdresi");
    match document.verification_address.as_deref() {
        None => {
            report.add("U12", Error, place, "Doğrulama adresi boş.", "The verification address is empty.");
        }
        Some(address) if !super::parties::is_url(address) => {
            report.add(
                "U12",
                Warning,
                place,
                "Doğrulama adresi bir URL değil.",
                "The verification address is no URL.",
            );
        }
        Some(_) => {}
    }
}

/// U18.
fn urgency(document: &DocumentMetadata, place: &str, report: &mut Report) {
    for (index, entry) in document.distribution.iter().flatten().enumerate() {
        let place = format!("{place} Dagitim[{}]/Miat", index + 1);
        match &entry.due {
            Some(due) if due.span.is_none() => {
                report.add(
                    "U18",
                    Warning,
                    place,
                    "Miat bir süre (xsd:duration) değil.",
                    "Miat is no xsd:duration.",
                );
            }
            None if entry.urgency.as_deref() == Some("GNL") => {
                report.add(
                    "U18",
                    Warning,
                    place,
                    "Günlü belgede Miat yok.",
                    "A document due on a day (GNL) has no Miat.",
                );
            }
            _ => {}
        }
    }
}

/// U29.
fn plans(document: &DocumentMetadata, place: &str, report: &mut Report) {
    for code in &document.file_plan {
        if !code.code.as_deref().is_some_and(is_file_plan_code) || code.name.is_none() {
            report.add(
                "U29",
                Warning,
                format!("{place} SdpBilgisi"),
                "SDP kodu ya da adı geçersiz.",
                "A file-plan code or its name is not valid.",
            );
        }
    }
    for code in &document.service_codes {
        let positive = code
            .code
            .as_deref()
            .and_then(|text| text.parse::<i32>().ok())
            .is_some_and(|number| number > 0);
        if !positive || code.name.is_none() {
            report.add(
                "U29",
                Warning,
                format!("{place} HeyskListesi"),
                "HEYSK kodu ya da adı geçersiz.",
                "A HEYSK code or its name is not valid.",
            );
        }
    }
}

/// `ddd(.dd){0,3}`
fn is_file_plan_code(text: &str) -> bool {
    let mut pieces = text.split('.');
    let digits = |piece: &str, length: usize| piece.len() == length && piece.bytes().all(|byte| byte.is_ascii_digit());
    pieces.next().is_some_and(|first| digits(first, 3)) && text.split('.').count() <= 4 && pieces.all(|piece| digits(piece, 2))
}

/// U31: NihaiUstveri, or BelgeImza where a 1.x package has one.
fn signers(opened: &Opened, era: Era, report: &mut Report) {
    let role = match era {
        Era::V1 => PartRole::Signers,
        Era::V2 => PartRole::FinalMetadata,
        _ => return,
    };
    let (Some(part), Some(last)) = (opened.cast.part(role), &opened.metadata.last) else {
        return;
    };
    let place = opened.uri(part);
    if last.signers.is_empty() {
        report.add("U31", Error, place, "Hiç imza bilgisi yok.", "No signer is listed.");
    }
    for (index, _) in last.signers.iter().enumerate().filter(|(_, signer)| signer.person.is_none()) {
        report.add(
            "U31",
            Error,
            format!("{place} Imza[{}]", index + 1),
            "İmzalayan yazılmamış.",
            "The entry names no signer.",
        );
    }
}

/// U33.
fn targets(opened: &Opened, report: &mut Report) {
    let Some(targets) = &opened.metadata.targets else { return };
    let place = opened.cast.part(PartRole::Targets).map_or("", |part| opened.uri(part));
    if targets.is_empty() {
        report.add("U33", Error, place, "BelgeHedef'te hedef yok.", "BelgeHedef names no addressee.");
    }
    let Some(distribution) = opened
        .metadata
        .document
        .as_ref()
        .and_then(|document| document.distribution.as_ref())
    else {
        return;
    };
    let listed: HashSet<String> = distribution.iter().filter_map(|entry| entry.party.as_ref()?.key()).collect();
    for (index, target) in targets.iter().enumerate() {
        if target.as_ref().and_then(Actor::key).is_some_and(|key| !listed.contains(&key)) {
            report.add(
                "U33",
                Note,
                format!("{place} Hedef[{}]", index + 1),
                "Hedef, dağıtım listesinde yok.",
                "This addressee is not in the distribution list.",
            );
        }
    }
}

/// U10 for the new classification of an update.
fn updates(opened: &Opened, report: &mut Report) {
    let place = opened.cast.part(PartRole::UpdateInfo).map_or("", |part| opened.uri(part));
    for change in opened
        .metadata
        .updates
        .iter()
        .flatten()
        .filter_map(|update| update.security.as_ref())
    {
        security(change.new_security.as_deref(), 2, &format!("{place} YeniGizlilikDerecesi"), report);
    }
}

/// Dates without a zone, once for all.
fn zones(opened: &Opened, report: &mut Report) {
    let metadata = &opened.metadata;
    let document = metadata.document.as_ref();
    let dates = document
        .iter()
        .flat_map(|document| [&document.date, &document.security_until])
        .chain(
            document
                .iter()
                .flat_map(|document| &document.references)
                .map(|related| &related.date),
        )
        .chain(metadata.last.iter().map(|last| &last.date))
        .chain(metadata.last.iter().flat_map(|last| &last.signers).map(|signer| &signer.date))
        .flatten();
    let count = dates.filter(|date| date.instant.is_some_and(|instant| !instant.zoned)).count();
    if count > 0 {
        report.add(
            "KEP-2802",
            Note,
            "/",
            format!("{count} tarihte saat dilimi yok; Türkiye saati varsayıldı."),
            format!("{count} dates name no zone; Turkish time was assumed."),
        );
    }
}
