//! U19-U28 and U32: attachments (Ek) and references to earlier documents (İlgi).

use std::collections::HashSet;

use super::Report;
use super::metadata::is_guid;
use crate::envelope::metadata::{AttachmentMetadata, DocumentMetadata, Identifier};
use crate::envelope::names;
use crate::envelope::package::Receiver;
use crate::envelope::read::Opened;
use crate::envelope::roles::{self, Holder, PartRole};
use crate::finding::Severity::{Error, Note, Warning};

/// The attachments that senders left out on purpose (KonulmamisEk), as far as they concern us.
pub(super) struct LeftOut {
    ids: HashSet<String>,
    /// The list is that of our own Dagitim; otherwise we do not know which addressee we are, and it is everybody's.
    ours: bool,
}

impl LeftOut {
    pub fn of(document: &DocumentMetadata, receiver: &Receiver) -> Self {
        let distribution = || document.distribution.iter().flatten();
        let us: Vec<_> = match &receiver.kkk {
            Some(kkk) => distribution()
                .filter(|entry| entry.party.as_ref().is_some_and(|party| party.has_kkk(kkk)))
                .collect(),
            None => Vec::new(),
        };
        let ours = !us.is_empty();
        let entries = if ours { us } else { distribution().collect() };
        let ids = entries
            .into_iter()
            .flat_map(|entry| &entry.left_out)
            .map(|id| id.to_ascii_lowercase())
            .collect();
        Self { ids, ours }
    }

    pub fn holds(&self, attachment: &AttachmentMetadata) -> bool {
        attachment.id.as_ref().is_some_and(|id| self.ids.contains(&id.to_ascii_lowercase()))
    }
}

pub(super) fn check(opened: &Opened, receiver: &Receiver, report: &mut Report) {
    let Some(document) = &opened.metadata.document else { return };
    let place = opened.cast.part(PartRole::Metadata).map_or("", |part| opened.uri(part));
    unique_ids(document, place, report);
    own_ids(document, place, report);
    let mut orders = HashSet::new();
    let left_out = LeftOut::of(document, receiver);
    let linked = links(opened);
    for (index, attachment) in document.attachments.iter().enumerate() {
        let place = format!("{place} Ek[{}]", index + 1);
        fields(attachment, &place, report);
        let order = attachment
            .order
            .as_deref()
            .and_then(|text| text.parse::<i32>().ok())
            .filter(|order| *order >= 1);
        if !order.is_some_and(|order| orders.insert(order)) {
            report.add(
                "U21",
                Error,
                format!("{place}/SiraNo"),
                "SiraNo yok, 1'den küçük ya da yinelenmiş.",
                "SiraNo is missing, below 1 or repeated.",
            );
        }
        let part = opened.attachment_parts.get(index).copied().flatten();
        present(opened, attachment, part, &linked, &left_out, &place, report);
        folder(opened, attachment, part, &place, report);
    }
    listed(opened, document, report);
    left_out_exist(document, place, report);
    related(document, place, report);
}

/// U19.
fn unique_ids(document: &DocumentMetadata, place: &str, report: &mut Report) {
    let mut seen: HashSet<String> = document.id.iter().map(|id| id.to_ascii_lowercase()).collect();
    let attachments = document
        .attachments
        .iter()
        .enumerate()
        .map(|(index, attachment)| (format!("Ek[{}]", index + 1), &attachment.id));
    // A missing Ilgi id is U26.
    let related = document.references.iter().enumerate().filter(|(_, related)| related.id.is_some());
    let related = related.map(|(index, related)| (format!("Ilgi[{}]", index + 1), &related.id));
    for (name, id) in attachments.chain(related) {
        let place = format!("{place} {name}/Id");
        match id.as_deref() {
            Some(id) if is_guid(id) => {
                if !seen.insert(id.to_ascii_lowercase()) {
                    report.add(
                        "U19",
                        Error,
                        place,
                        "Kimlik başka bir yerde de kullanılmış.",
                        "The id is used twice.",
                    );
                }
            }
            _ => {
                report.add("U19", Error, place, "Kimlik yok ya da GUID değil.", "The id is missing or no GUID.");
            }
        }
    }
}

/// U28.
fn own_ids(document: &DocumentMetadata, place: &str, report: &mut Report) {
    let without_scheme = |id: &Option<Identifier>| id.as_ref().is_some_and(|id| id.scheme.is_none());
    let all = std::iter::once(&document.own_id)
        .chain(document.attachments.iter().map(|attachment| &attachment.own_id))
        .chain(document.references.iter().map(|related| &related.own_id));
    for _ in all.filter(|id| without_scheme(id)) {
        report.add(
            "U28",
            Warning,
            format!("{place} OzId"),
            "OzId'nin schemeID'si yok.",
            "An OzId has no schemeID.",
        );
    }
}

/// U20 and U32.
fn fields(attachment: &AttachmentMetadata, place: &str, report: &mut Report) {
    let (missing, may_be_signed): (Vec<&str>, bool) = match attachment.kind.as_deref() {
        Some("DED") => {
            let needed = [
                ("DosyaAdi", attachment.file_name.is_some()),
                ("MimeTuru", attachment.mime.is_some()),
            ];
            (needed.iter().filter(|(_, given)| !given).map(|(name, _)| *name).collect(), true)
        }
        Some("HRF") => (attachment.reference.is_none().then_some("Referans").into_iter().collect(), false),
        _ => (Vec::new(), false),
    };
    for name in missing {
        report.add(
            "U20",
            Error,
            format!("{place}/{name}"),
            format!("Bu tür ekte {name} gerekli."),
            format!("This kind of attachment needs {name}."),
        );
    }
    if !may_be_signed && attachment.signed == Some(true) {
        report.add(
            "U20",
            Error,
            format!("{place}/ImzaliMi"),
            "Pakette dosyası olmayan ek imzalı olamaz.",
            "An attachment without a file in the package cannot be signed.",
        );
    }
    if attachment
        .digest
        .as_ref()
        .is_some_and(|digest| digest.algorithm.is_none() || digest.value.is_none())
    {
        report.add(
            "U32",
            Warning,
            format!("{place}/Ozet"),
            "Harici ekin özeti eksik ya da algoritması bilinmiyor.",
            "The external attachment's digest is incomplete or of unknown algorithm.",
        );
    }
}

/// U22.
fn present(
    opened: &Opened,
    attachment: &AttachmentMetadata,
    part: Option<usize>,
    linked: &HashSet<(usize, String)>,
    left_out: &LeftOut,
    place: &str,
    report: &mut Report,
) {
    if !attachment.is_internal() {
        return;
    }
    match part {
        Some(part)
            if attachment
                .id
                .as_ref()
                .is_some_and(|id| linked.contains(&(part, id.to_ascii_lowercase()))) => {}
        Some(part) => {
            let uri = opened.uri(part);
            report.add(
                "U22",
                Warning,
                place,
                format!("Ek yalnız dosya adından bulundu ('{uri}')."),
                format!("The attachment was found by its file name only ('{uri}')."),
            );
        }
        None if left_out.holds(attachment) && left_out.ours => {
            report.add("U22", Note, place, "Bu ek bize konulmamış.", "This attachment was left out for us.");
        }
        None if left_out.holds(attachment) => {
            report.add(
                "U22",
                Warning,
                place,
                "Ek pakette yok; bir alıcıya konulmamış, ama bizim hangi alıcı olduğumuz bilinmiyor (register.receiver_kkk).",
                "The attachment is not in the package; it was left out for some addressee, but which one we are is not known (register.receiver_kkk).",
            );
        }
        None => {
            report.add(
                "U22",
                Error,
                place,
                "Ekin dosyası pakette yok.",
                "The attachment's file is not in the package.",
            );
        }
    }
}

/// Parts and the Ek ids that their relationships name.
fn links(opened: &Opened) -> HashSet<(usize, String)> {
    let named = |holder: &Holder| Some((holder.part, roles::attachment_id(holder.id.as_deref()?)?.to_ascii_lowercase()));
    opened.cast.attachments().filter_map(|(_, holder)| named(holder)).collect()
}

/// U24: signed files under `ek`, unsigned ones under `imzasizEk`, and in the folder of that name.
fn folder(opened: &Opened, attachment: &AttachmentMetadata, part: Option<usize>, place: &str, report: &mut Report) {
    let Some(part) = part else { return };
    let role = if attachment.is_signed() {
        PartRole::Attachment
    } else {
        PartRole::UnsignedAttachment
    };
    let other = if attachment.is_signed() { "/imzasizekler/" } else { "/ekler/" };
    if !opened.cast.is(role, part) || names::folded(opened.uri(part)).starts_with(other) {
        report.add(
            "U24",
            Error,
            format!("{place}/ImzaliMi"),
            "ImzaliMi, ekin bulunduğu yerle çelişiyor.",
            "ImzaliMi contradicts the place where the attachment is.",
        );
    }
}

/// U23: no file may ride along that the signed metadata does not name.
fn listed(opened: &Opened, document: &DocumentMetadata, report: &mut Report) {
    let paired: HashSet<usize> = opened.attachment_parts.iter().flatten().copied().collect();
    let others = document.attachments.iter().filter(|attachment| !attachment.is_internal());
    let others: HashSet<String> = others
        .filter_map(|attachment| attachment.id.as_ref())
        .map(|id| id.to_ascii_lowercase())
        .collect();
    for (_, holder) in opened.cast.attachments().filter(|(_, holder)| !paired.contains(&holder.part)) {
        let id = holder.id.as_deref().and_then(roles::attachment_id);
        let other_kind = id.is_some_and(|id| others.contains(&id.to_ascii_lowercase()));
        let uri = opened.uri(holder.part);
        let (tr, en) = if other_kind {
            ("üstveride DED değil", "is not DED in the metadata")
        } else {
            ("üstveride yok", "is not in the metadata")
        };
        report.add(
            "U23",
            Error,
            uri,
            format!("Ek dosyası '{uri}' {tr}."),
            format!("Attachment '{uri}' {en}."),
        );
    }
}

/// U25.
fn left_out_exist(document: &DocumentMetadata, place: &str, report: &mut Report) {
    let known: HashSet<String> = document
        .attachments
        .iter()
        .filter_map(|attachment| attachment.id.as_ref())
        .map(|id| id.to_ascii_lowercase())
        .collect();
    for (index, entry) in document.distribution.iter().flatten().enumerate() {
        for _ in entry.left_out.iter().filter(|id| !known.contains(&id.to_ascii_lowercase())) {
            report.add(
                "U25",
                Error,
                format!("{place} Dagitim[{}]/KonulmamisEkListesi", index + 1),
                "Konulmadığı söylenen ek, ekler arasında yok.",
                "The attachment said to be left out is not among the attachments.",
            );
        }
    }
}

/// U26 and U27.
fn related(document: &DocumentMetadata, place: &str, report: &mut Report) {
    let attachments: HashSet<String> = document
        .attachments
        .iter()
        .filter_map(|attachment| attachment.id.as_ref())
        .map(|id| id.to_ascii_lowercase())
        .collect();
    let mut labels = HashSet::new();
    let mut in_order = true;
    for (index, related) in document.references.iter().enumerate() {
        let place = format!("{place} Ilgi[{}]", index + 1);
        if related.id.is_none() {
            report.add(
                "U26",
                Error,
                format!("{place}/Id"),
                "İlginin kimliği yok.",
                "The reference has no id.",
            );
        }
        match related.label.as_deref() {
            None => {
                report.add(
                    "U26",
                    Error,
                    format!("{place}/Etiket"),
                    "İlginin etiketi yok.",
                    "The reference has no label.",
                );
            }
            Some(label) if !labels.insert(label) => {
                report.add(
                    "U26",
                    Error,
                    format!("{place}/Etiket"),
                    "İlginin etiketi yinelenmiş.",
                    "The reference's label is used twice.",
                );
            }
            Some(label) => in_order &= is_nth_label(label, index),
        }
        if related
            .attachment_id
            .as_ref()
            .is_some_and(|id| !attachments.contains(&id.to_ascii_lowercase()))
        {
            report.add(
                "U27",
                Error,
                format!("{place}/EkId"),
                "İlginin gösterdiği ek yok.",
                "The attachment that the reference names does not exist.",
            );
        }
    }
    if !in_order {
        report.add(
            "U26",
            Note,
            format!("{place} Ilgiler"),
            "İlgi etiketleri a, b, c sırasında değil.",
            "The labels of the references do not run a, b, c.",
        );
    }
}

/// a, b, c …; after z writers differ (and Turkish lists may count ç, ğ), so nothing is asked.
fn is_nth_label(label: &str, index: usize) -> bool {
    const LATIN: &str = "abcdefghijklmnopqrstuvwxyz";
    const TURKISH: &str = "abcçdefgğhıijklmnoöprsştuüvyz";
    let lower = label.to_lowercase();
    let is = |alphabet: &str| alphabet.chars().nth(index).is_none_or(|letter| lower == letter.to_string());
    is(LATIN) || is(TURKISH)
}
