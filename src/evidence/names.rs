//! The vocabulary of evidence: roots, events, reasons, PTT's numbers, and what a person reads.

use super::{Evidence, EvidenceKind};
use crate::text::Text;

/// What an event says about the step that its evidence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    Failure,
    /// Okuma zamanaşımı: the time to read ran out, deemed read.
    TimeOut,
    /// No event, or one that does not fit: proves nothing either way.
    Unknown,
}

/// The kind of a root element by its local name, in every spelling met.
pub fn kind_of_root(local_name: &str) -> Option<EvidenceKind> {
    use EvidenceKind::*;
    Some(match local_name.to_ascii_lowercase().as_str() {
        "submissionacceptancerejection" => Submission,
        "relayremmdacceptancerejection" | "relaytoremmdacceptancerejection" | "remmdacceptancerejection" => RelayAcceptance,
        "relayremmdfailure" | "relaytoremmdfailure" => RelayFailure,
        "deliverynondeliverytorecipient" => Delivery,
        "downloadnondownloadbyrecipient" => Download,
        "retrievalnonretrievalbyrecipient" => Retrieval,
        "acceptancerejectionbyrecipient" => RecipientDecision,
        "relaytononremsystem" => ToNonRem,
        "receivedfromnonremsystem" => FromNonRem,
        _ => return None,
    })
}

/// Event fragments as ETSI spells them.
const EVENTS: &[&str] = &[
    "Acceptance",
    "Rejection",
    "Delivery",
    "DeliveryExpiration",
    "NonDelivery",
    "Download",
    "DownloadExpiration",
    "NonDownloadExpiration",
    "Retrieval",
    "RetrievalExpiration",
    "NonRetrievalExpiration",
];

/// Reasons in ETSI's numbering, from 1.
const REASONS: &[&str] = &[
    "InvalidMessageFormat",
    "MalwareFound",
    "InvalidUserSignature",
    "UserCertExpiredOrRevoked",
    "PolicyViolation",
    "R_REMMD_Malfunction",
    "R_REMMD_NotIdentified",
    "R_REMMD_Unreachable",
    "S_REMMD_ReceivedNoDeliveryInfoFromR_REMMD",
    "UnknownRecipient",
    "MailboxFull",
    "TechnicalMalfunction",
    "AttachmentFormatNotAccepted",
    "RecipientRejection",
    "RetentionPeriodExpired",
    "RegularEmailUnreachable",
    "RegularEmailNonOperational",
    "RegularEmailRejection",
    "PrintingSystemUnreachable",
    "PrintingSystemNonOperational",
    "PrintingBufferFull",
    "Other",
];

/// The part of a URI that names: after `#`. The rest is spelt in four ways in the field. Without `#`, a bare name.
pub fn fragment(uri: &str) -> &str {
    let name = uri.rsplit_once('#').map_or(uri, |(_, name)| name);
    name.rsplit('/').next().unwrap_or(name).trim()
}

/// An event by its URI: ETSI's spelling where it is known, else the fragment as written.
pub fn event(uri: &str) -> Option<String> {
    let name = fragment(uri);
    let known = EVENTS.iter().find(|event| event.eq_ignore_ascii_case(name)).copied();
    (!name.is_empty()).then(|| known.unwrap_or(name).to_owned())
}

/// ETSI's number and spelling of a reason, compared loosely: letters and digits only, and with the misspellings of the field.
pub fn reason(uri: &str) -> (Option<u8>, String) {
    let name = fragment(uri);
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let spoken = plain(name)
        .replace("notidentitied", "notidentified")
        .replace("attachement", "attachment");
    match REASONS.iter().position(|known| plain(known) == spoken) {
        Some(index) => (u8::try_from(index + 1).ok(), REASONS.get(index).copied().unwrap_or(name).to_owned()),
        None => (None, name.to_owned()),
    }
}

/// What kind and event say together.
pub fn outcome(kind: EvidenceKind, event: Option<&str>) -> Outcome {
    use EvidenceKind::*;
    let event = event.unwrap_or_default().to_ascii_lowercase();
    match (kind, event.as_str()) {
        // Its root alone says that it failed.
        (RelayFailure, _) => Outcome::Failure,
        (Submission | RelayAcceptance | RecipientDecision, "acceptance") => Outcome::Success,
        (Submission | RelayAcceptance | RecipientDecision, "rejection") => Outcome::Failure,
        (Delivery, "delivery") | (Download, "download") | (Retrieval, "retrieval") => Outcome::Success,
        (Delivery, "deliveryexpiration" | "nondelivery" | "rejection") => Outcome::Failure,
        (Retrieval, "nonretrievalexpiration" | "retrievalexpiration") => Outcome::TimeOut,
        (Download, "downloadexpiration" | "nondownloadexpiration") => Outcome::TimeOut,
        _ => Outcome::Unknown,
    }
}

/// PTT's DelilTurID for a kind and event; only those seen in a source.
pub fn type_id(kind: EvidenceKind, event: Option<&str>) -> Option<u16> {
    use EvidenceKind::*;
    match (kind, outcome(kind, event)) {
        (Submission, Outcome::Success) => Some(10),
        (Submission, Outcome::Failure) => Some(11),
        (RelayAcceptance, Outcome::Success) => Some(20),
        (RelayAcceptance, Outcome::Failure) => Some(21),
        (RelayFailure, _) => Some(31),
        (Delivery, Outcome::Success) => Some(40),
        (Delivery, Outcome::Failure) => Some(41),
        (Retrieval, Outcome::Success) => Some(60),
        _ => None,
    }
}

/// Kind and event of a DelilTurID; `None` for numbers that no source explains.
pub fn kind_of_type_id(type_id: u16) -> Option<(EvidenceKind, Option<&'static str>)> {
    use EvidenceKind::*;
    Some(match type_id {
        10 => (Submission, Some("Acceptance")),
        11 => (Submission, Some("Rejection")),
        20 => (RelayAcceptance, Some("Acceptance")),
        21 => (RelayAcceptance, Some("Rejection")),
        31 => (RelayFailure, None),
        40 => (Delivery, Some("Delivery")),
        41 => (Delivery, Some("DeliveryExpiration")),
        60 => (Retrieval, Some("Retrieval")),
        _ => return None,
    })
}

impl EvidenceKind {
    /// The stable name, as in JSON.
    pub fn name(self) -> &'static str {
        use EvidenceKind::*;
        match self {
            Submission => "submission",
            RelayAcceptance => "relay_acceptance",
            RelayFailure => "relay_failure",
            Delivery => "delivery",
            Download => "download",
            Retrieval => "retrieval",
            RecipientDecision => "recipient_decision",
            ToNonRem => "to_non_rem",
            FromNonRem => "from_non_rem",
        }
    }
}

impl Evidence {
    pub fn outcome(&self) -> Outcome {
        outcome(self.kind, self.event.as_deref())
    }

    /// True when it says that a message did not get through, or was refused by its recipient.
    pub fn is_negative(&self) -> bool {
        self.outcome() == Outcome::Failure
    }

    /// The addresses whose providers can attest it: a submission is the sender's provider's word, everything after it the recipient's or the
    /// sender's.
    pub fn parties(&self) -> Vec<&str> {
        let recipients = match (self.kind, &self.recipient) {
            (EvidenceKind::Submission, _) => &[],
            (_, Some(one)) => std::slice::from_ref(one),
            (_, None) => self.recipients.as_slice(),
        };
        self.sender.iter().chain(recipients).map(String::as_str).collect()
    }

    /// What a person reads.
    pub fn label(&self) -> Text {
        label(self.kind, self.outcome())
    }
}

/// The label of a kind and its outcome.
pub fn label(kind: EvidenceKind, outcome: Outcome) -> Text {
    use EvidenceKind::*;
    use Outcome::*;
    let (tr, en) = match (kind, outcome) {
        (Submission, Success) => ("Gönderici KEPHS kabul etti", "Accepted by the sender's provider"),
        (Submission, Failure) => ("Gönderici KEPHS reddetti", "Refused by the sender's provider"),
        (Submission, _) => ("Gönderim delili (sonuç belirsiz)", "Submission evidence (outcome unclear)"),
        (RelayAcceptance, Success) => ("Alıcı KEPHS kabul etti", "Accepted by the recipient's provider"),
        (RelayAcceptance, Failure) => ("Alıcı KEPHS reddetti", "Refused by the recipient's provider"),
        (RelayAcceptance, _) => ("Aktarım delili (sonuç belirsiz)", "Relay evidence (outcome unclear)"),
        (RelayFailure, _) => ("Alıcı KEPHS'ye ulaşılamadı", "The recipient's provider could not be reached"),
        (Delivery, Success) => ("Alıcının posta kutusuna teslim edildi", "Delivered to the recipient's mailbox"),
        (Delivery, Failure) => ("Teslim edilemedi", "Could not be delivered"),
        (Delivery, _) => ("Teslim delili (sonuç belirsiz)", "Delivery evidence (outcome unclear)"),
        (Download, Success) => ("Alıcı indirdi", "Downloaded by the recipient"),
        (Download, Failure | TimeOut) => ("Alıcı süresinde indirmedi", "Not downloaded by the recipient in time"),
        (Download, Unknown) => ("İndirme delili (sonuç belirsiz)", "Download evidence (outcome unclear)"),
        (Retrieval, Success) => ("Alıcı okudu", "Read by the recipient"),
        (Retrieval, Failure | TimeOut) => ("Okuma zamanaşımı: okunmuş sayılır", "The time to read ran out: deemed read"),
        (Retrieval, Unknown) => ("Okuma delili (sonuç belirsiz)", "Retrieval evidence (outcome unclear)"),
        (RecipientDecision, Success) => ("Alıcı kabul etti", "Accepted by the recipient"),
        (RecipientDecision, Failure) => ("Alıcı reddetti", "Refused by the recipient"),
        (RecipientDecision, _) => ("Alıcı kararı (sonuç belirsiz)", "Recipient's decision (outcome unclear)"),
        (ToNonRem, _) => ("KEP dışı sisteme aktarıldı", "Relayed to a system outside of KEP"),
        (FromNonRem, _) => ("KEP dışı sistemden geldi", "Received from a system outside of KEP"),
    };
    Text::new(tr, en)
}
