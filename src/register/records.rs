//! What the register keeps of a message, its attachments and its evidence: their names and hashes, never their bytes.

use super::arrival::Arrival;
use super::entry::{EvidenceRecord, MessageRecord, PartRecord};
use crate::evidence::{Evidence, EvidenceKind};
use crate::hash::Sha256;
use crate::message::{Message, Part, PartRole};
use crate::signature::report::Indication;

/// The register's line about one evidence document.
pub fn evidence_record(evidence: &Evidence, indication: Indication, linked_by: &str) -> EvidenceRecord {
    let kind = match evidence.kind {
        EvidenceKind::Submission => "submission",
        EvidenceKind::RelayAcceptance => "relay_acceptance",
        EvidenceKind::RelayFailure => "relay_failure",
        EvidenceKind::Delivery => "delivery",
        EvidenceKind::Download => "download",
        EvidenceKind::Retrieval => "retrieval",
        EvidenceKind::RecipientDecision => "recipient_decision",
        EvidenceKind::ToNonRem => "to_non_rem",
        EvidenceKind::FromNonRem => "from_non_rem",
    };
    EvidenceRecord {
        sha256: evidence.sha256,
        kind: kind.to_owned(),
        event: evidence.event.clone(),
        event_time: evidence.event_time,
        recipient: evidence.recipient.clone(),
        indication,
        linked_by: linked_by.to_owned(),
    }
}

/// The KEP message of an entry, without sightings.
pub(super) fn message_record(message: &Message, sha256: Sha256, arrived: Arrival) -> MessageRecord {
    let headers = message.headers.clone();
    MessageRecord {
        sha256,
        kind: message.kind,
        message_id: headers.message_id,
        original_message_id: headers.original_message_id,
        rem_type: headers.rem_type,
        rem_id: headers.rem_id,
        sender: headers.sender,
        sender_kep: headers.sender_kep,
        recipients: headers.recipients,
        subject: headers.subject,
        received_at: arrived.at,
        received_by: arrived.by.to_owned(),
        size: message.size,
        sightings: Vec::new(),
        attachments: message
            .parts
            .iter()
            .filter(|part| part.role == PartRole::Attachment)
            .map(|part| part_record(part, Sha256::of(&part.bytes)))
            .collect(),
    }
}

pub(super) fn part_record(part: &Part, sha256: Sha256) -> PartRecord {
    PartRecord {
        place: part.place.clone(),
        name: part.name.clone(),
        mime: part.content_type.clone(),
        size: part.bytes.len() as u64,
        sha256,
        signed: part.signed,
    }
}
