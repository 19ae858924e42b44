//! One line of a list.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::register::entry::{Entry, RegisterNumber, State};
use crate::register::nearing::is_open;
use crate::signature::report::{Indication, SubIndication};

/// What a list shows of a register entry, and what its filters look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub number: RegisterNumber,
    pub registered_at: Timestamp,
    pub received_at: Timestamp,
    pub mailbox: String,
    /// The institution that signed for the document; else the KEP sender.
    pub sender: Option<String>,
    pub sender_kep: Option<String>,
    pub subject: Option<String>,
    /// BelgeNo.
    pub document_number: Option<String>,
    pub indication: Option<Indication>,
    pub sub_indication: Option<SubIndication>,
    pub attachments: usize,
    pub flags: BTreeSet<String>,
    pub unit: Option<String>,
    /// Access level 0 to 4.
    pub access: u8,
    pub state: State,
    /// Nobody opened it yet.
    pub unopened: bool,
    /// The next moment by which somebody must act, with its kind: of those that can still be missed.
    pub deadline: Option<(Timestamp, String)>,
}

impl Row {
    pub fn of(entry: &Entry) -> Self {
        let document = entry.document.as_ref();
        let verdict = entry.verdict.as_ref();
        let open = entry.deadlines.iter().filter(|deadline| is_open(entry.state, deadline));
        let deadline = open.min_by_key(|deadline| deadline.at);
        let sender = document
            .and_then(|document| document.sender.as_ref())
            .and_then(|sender| sender.name.clone());
        Self {
            number: entry.register_number,
            registered_at: entry.registered_at,
            received_at: entry.message.received_at,
            mailbox: entry.mailbox.clone(),
            sender: sender.or_else(|| entry.message.sender.clone()),
            sender_kep: entry.message.sender_kep.clone(),
            subject: document
                .and_then(|document| document.subject.clone())
                .or_else(|| entry.message.subject.clone()),
            document_number: document.and_then(|document| document.number.clone()),
            indication: verdict.map(|verdict| verdict.indication),
            sub_indication: verdict.and_then(|verdict| verdict.sub_indication),
            attachments: document.map_or(entry.message.attachments.len(), |document| document.attachments.len()),
            flags: entry.flags.clone(),
            unit: entry.unit.clone(),
            access: entry.access,
            state: entry.state,
            unopened: entry.awaits_opening(),
            deadline: deadline.map(|deadline| (deadline.at, deadline.kind.clone())),
        }
    }
}
