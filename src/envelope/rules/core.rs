//! R1-R7: core properties.

use super::catalogue::Era;
use super::{Report, era};
use crate::envelope::PackageKind;
use crate::envelope::read::{Context, Opened};
use crate::envelope::roles::{self, PartRole};
use crate::finding::Severity::{Error, Note, Warning};

const CONTENT_TYPE: &str = "application/eyazisma";

/// `n.n`: exactly two dot-separated numbers.
pub(in crate::envelope) fn version(text: &str) -> Option<(u8, u8)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

pub(super) fn check(opened: &Opened, context: &Context<'_>, report: &mut Report) {
    let Some(core) = &opened.core else { return };
    let place = opened.cast.part(PartRole::Core).map_or("", |part| opened.uri(part));
    let era = era(opened.kind, opened.major);

    match core.version.as_deref().map(|text| (text, version(text))) {
        Some((_, Some((1..=2, _)))) => {}
        Some((text, _)) => {
            report.add(
                "R1",
                Error,
                place,
                format!("Sürüm '{text}' tanınmıyor."),
                format!("Version '{text}' is not known."),
            );
        }
        None => {
            report.add("R1", Error, place, "Sürüm yazılmamış.", "No version is given.");
        }
    }
    category(opened, place, report);
    if core.content_type.as_deref() != Some(CONTENT_TYPE) {
        report.add(
            "R5",
            Warning,
            place,
            format!("contentType '{CONTENT_TYPE}' değil."),
            format!("contentType is not '{CONTENT_TYPE}'."),
        );
    }
    if !matches!(era, Era::V1 | Era::V2) {
        return;
    }
    for (name, value) in [("created", &core.created), ("creator", &core.creator)] {
        if value.is_none() {
            report.add(
                "R6",
                Warning,
                place,
                format!("'{name}' yazılmamış."),
                format!("'{name}' is not given."),
            );
        }
    }
    let Some(document) = &opened.metadata.document else { return };
    identifier(core.identifier.as_deref(), document.id.as_deref(), place, report);
    if core.subject.as_deref() != document.subject.as_ref().map(|subject| subject.text.as_str()) {
        report.add(
            "R4",
            Warning,
            place,
            "Core subject, Konu ile aynı değil.",
            "Core subject differs from Konu.",
        );
    }
    if era == Era::V2
        && let (Some(name), Some(id)) = (context.name, &document.id)
        && !name.eq_ignore_ascii_case(&format!("{id}.eyp"))
    {
        report.add(
            "R7",
            Note,
            "/",
            "Dosya adı [BelgeId].eyp değil.",
            "The file name is not [BelgeId].eyp.",
        );
    }
}

/// R2.
fn category(opened: &Opened, place: &str, report: &mut Report) {
    let Some(category) = opened.core.as_ref().and_then(|core| core.category.as_deref()) else {
        report.add(
            "R2",
            Warning,
            place,
            "Kategori yazılmamış; tür bileşenlerden anlaşıldı.",
            "No category is given; the kind was told by the parts.",
        );
        return;
    };
    match PackageKind::from_category(category) {
        None => {
            report.add(
                "R2",
                Error,
                place,
                format!("Kategori '{category}' tanınmıyor."),
                format!("Category '{category}' is not known."),
            );
        }
        Some(kind) if roles::kind_of(&opened.cast).is_some_and(|found| found != kind) => {
            report.add(
                "R2",
                Error,
                place,
                format!("Kategori '{category}' bileşenlerle uyuşmuyor."),
                format!("Category '{category}' does not fit the parts."),
            );
        }
        Some(_) => {}
    }
}

/// R3. Upper case is the convention (K.80).
fn identifier(core: Option<&str>, id: Option<&str>, place: &str, report: &mut Report) {
    let Some(id) = id else { return }; // U3
    match core {
        Some(core) if core == id && id == id.to_ascii_uppercase() => {}
        Some(core) if core.eq_ignore_ascii_case(id) => {
            report.add(
                "R3",
                Note,
                place,
                "BelgeId büyük harfle yazılmamış ya da iki yerde farklı harfle yazılmış.",
                "BelgeId is not in upper case, or not in the same case in both places.",
            );
        }
        _ => {
            report.add(
                "R3",
                Error,
                place,
                "Core identifier, BelgeId ile aynı değil.",
                "Core identifier differs from BelgeId.",
            );
        }
    }
}
