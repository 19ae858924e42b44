//! What is known of a document, name by name.

use super::chrome::Chrome;
use super::shown::Shown;
use super::when;
use crate::envelope::{Addressee, Attachment, Party};
use crate::register::entry::Entry;
use crate::register::words;

/// A name and what stands behind it. What is not there is not listed.
pub struct Fact {
    pub name: &'static str,
    pub value: Shown,
    /// For whoever traces a message, not for who decides about a document.
    pub is_technical: bool,
}

/// Somebody to whom the document goes.
pub struct AddresseeView {
    pub name: Shown,
    pub id: Shown,
    pub purpose: &'static str,
    pub urgency: Shown,
    pub due: Shown,
}

/// An attachment as the metadata names it: also those that are not in the package.
pub struct AttachedView {
    pub name: Shown,
    pub kind: &'static str,
    pub size: String,
    pub signed: bool,
    pub present: bool,
}

const TECHNICAL: [&str; 8] = [
    "BelgeId",
    "Mail subject",
    "Message-ID",
    "Original Message-ID",
    "KEP message id",
    "KEP message type",
    "SHA-256 of the message",
    "Size",
];

/// The facts of the message and of the document, in the order in which a clerk asks for them.
pub fn facts(entry: &Entry, c: &Chrome) -> Vec<Fact> {
    let (message, lang) = (&entry.message, c.lang());
    let mut facts = Vec::new();
    let mut add = |tr: &'static str, en: &'static str, value: Option<&str>| {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        facts.extend(value.map(|value| Fact {
            name: c.t(tr, en),
            value: Shown::field(value),
            is_technical: TECHNICAL.contains(&en),
        }));
    };
    if let Some(document) = &entry.document {
        add("Sayı (BelgeNo)", "Number (BelgeNo)", document.number.as_deref());
        add("Belge tarihi", "Document date", document.date.map(when::moment).as_deref());
        add("Gönderen kurum", "Institution", document.sender.as_ref().map(party).as_deref());
        add("Belge konusu", "Subject", document.subject.as_deref());
        add("Gizlilik", "Classification", document.security.as_deref());
        add("İvedilik", "Urgency", document.urgency.as_deref());
        add("BelgeId", "BelgeId", document.id.as_deref());
    }
    let arrival = format!(
        "{} ({})",
        when::moment(message.received_at),
        words::received_by(&message.received_by, lang)
    );
    match entry.is_sent() {
        true => add("Gönderiliş", "Sent", Some(&arrival)),
        false => add("Geliş", "Received", Some(&arrival)),
    }
    add("Kayıt", "Registered", Some(&when::moment(entry.registered_at)));
    add("Kutu", "Mailbox", Some(&entry.mailbox));
    add("Tür", "Kind", Some(words::kind(message.kind, lang)));
    add(
        "KEP göndereni",
        "KEP sender",
        message.sender_kep.as_deref().or(message.sender.as_deref()),
    );
    add("İleti konusu", "Mail subject", message.subject.as_deref());
    add("Alıcılar", "Recipients", Some(&message.recipients.join(", ")));
    add("Birim", "Unit", entry.unit.as_deref());
    add("Sorumlu", "Assigned to", entry.assignee());
    add("EBYS no", "EBYS number", entry.transferred_as());
    let labels: Vec<&str> = entry.labels.iter().map(String::as_str).collect();
    add("Etiketler", "Labels", Some(&labels.join(", ")));
    let flags: Vec<&str> = entry.flags.iter().map(|flag| words::flag(flag, lang)).collect();
    add("İşaretler", "Flags", Some(&flags.join(", ")));
    let by_hand = if entry.has_access_by_hand() {
        c.t(" (elle belirlendi)", " (set by hand)")
    } else {
        ""
    };
    let level = format!("{}{by_hand}", words::access(entry.access, lang));
    add(
        "Erişim düzeyi",
        "Access level",
        Some(level.as_str()).filter(|_| entry.access > 0 || !by_hand.is_empty()),
    );
    add("Message-ID", "Message-ID", message.message_id.as_deref());
    add("Özgün Message-ID", "Original Message-ID", message.original_message_id.as_deref());
    add("KEP ileti no", "KEP message id", message.rem_id.as_deref());
    add("KEP ileti türü", "KEP message type", message.rem_type.as_deref());
    add(
        "İletinin SHA-256 değeri",
        "SHA-256 of the message",
        Some(&message.sha256.to_string()),
    );
    add("Boyut", "Size", Some(&words::bytes(message.size, lang)));
    facts
}

fn party(party: &Party) -> String {
    let id = party.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
    format!("{}{id}", party.name.as_deref().unwrap_or_default())
}

pub fn addressee(addressee: &Addressee, c: &Chrome) -> AddresseeView {
    let purpose = match addressee.distribution.as_deref() {
        Some("GRG") => c.t("gereği", "for action"),
        Some("BLG") => c.t("bilgi", "for information"),
        _ => "",
    };
    AddresseeView {
        name: Shown::maybe(addressee.party.name.as_deref()),
        id: Shown::maybe(addressee.party.id.as_deref()),
        purpose,
        urgency: Shown::maybe(addressee.urgency.as_deref()),
        due: Shown::maybe(addressee.due.as_deref()),
    }
}

pub fn attached(attachment: &Attachment, c: &Chrome) -> AttachedView {
    let kind = match attachment.r#type.as_deref() {
        Some("DED") => c.t("dosya", "file"),
        Some("HRF") => c.t("harici başvuru", "reference outside"),
        Some("FZK") => c.t("fiziksel nesne", "physical object"),
        _ => "",
    };
    AttachedView {
        name: Shown::maybe(attachment.name.as_deref()),
        kind,
        size: attachment.size.map(|size| words::bytes(size, c.lang())).unwrap_or_default(),
        signed: attachment.signed,
        present: attachment.present,
    }
}
