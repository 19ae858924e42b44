//! What of a register entry can be found: the one reading of an entry, for the index and for the question that is asked without it.

use jiff::civil::Date;

use crate::clock::local_day;
use crate::hash::Sha256;
use crate::register::entry::{Entry, RegisterNumber, State};
use crate::register::nearing::is_open;
use crate::signature::report::Indication;

/// Letters of one value that are searched: a subject of ten megabytes is an attack and no subject.
const VALUE_LETTERS: usize = 4_000;
/// Names of attachments that are searched.
const NAMES: usize = 500;

pub struct Facts {
    pub number: RegisterNumber,
    /// Values whose words are found.
    pub texts: Vec<String>,
    /// The sender's names and KEP address.
    pub senders: Vec<String>,
    /// BelgeId, in capitals.
    pub id: Option<String>,
    /// Of the message, the package, the covering letter and the attachments.
    pub hashes: Vec<Sha256>,
    pub registered: Date,
    pub received: Date,
    /// The day that the document bears.
    pub dated: Option<Date>,
    /// Seconds; deadlines that can still be missed.
    pub deadlines: Vec<i64>,
    pub state: String,
    pub unopened: bool,
}

impl Facts {
    pub fn of(entry: &Entry) -> Self {
        let (message, document) = (&entry.message, entry.document.as_ref());
        let short = |text: &String| text.chars().take(VALUE_LETTERS).collect::<String>();
        let party = document.and_then(|document| document.sender.as_ref());
        let senders: Vec<String> = [
            party.and_then(|party| party.name.as_ref()),
            message.sender.as_ref(),
            message.sender_kep.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(short)
        .collect();
        let attachments = document.map(|document| document.attachments.as_slice()).unwrap_or_default();
        let names = attachments.iter().filter_map(|attachment| attachment.name.as_ref());
        let names = names.chain(message.attachments.iter().filter_map(|attachment| attachment.name.as_ref()));
        let mut texts = vec![entry.register_number.to_string()];
        let subject = document.and_then(|document| document.subject.as_ref());
        texts.extend([subject, message.subject.as_ref()].into_iter().flatten().map(short));
        texts.extend(document.and_then(|document| document.number.as_ref()).map(short));
        texts.extend(party.and_then(|party| party.id.as_ref()).map(short));
        texts.extend(senders.iter().cloned());
        texts.extend(names.take(NAMES).map(short));

        let mut hashes = vec![message.sha256];
        hashes.extend(entry.package.as_ref().map(|package| package.sha256));
        hashes.extend(document.and_then(|document| document.file.as_ref()).map(|file| file.sha256));
        hashes.extend(attachments.iter().filter_map(|attachment| attachment.sha256));
        hashes.extend(message.attachments.iter().map(|attachment| attachment.sha256));
        hashes.sort_unstable();
        hashes.dedup();

        let open = entry.deadlines.iter().filter(|deadline| is_open(entry.state, deadline));
        Self {
            number: entry.register_number,
            texts,
            senders,
            id: document
                .and_then(|document| document.id.as_ref())
                .map(|id| short(id).to_uppercase()),
            hashes,
            registered: local_day(entry.registered_at),
            received: local_day(message.received_at),
            dated: document.and_then(|document| document.date).map(local_day),
            deadlines: open.map(|deadline| deadline.at.as_second()).collect(),
            state: state_word(entry.state),
            unopened: entry.awaits_opening(),
        }
    }
}

/// The word of the address line for a state: that of the JSON contract.
pub fn state_word(state: State) -> String {
    let json = serde_json::to_value(state).ok();
    json.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The word of the address line for a verdict.
pub fn verdict_word(entry: &Entry) -> &'static str {
    match entry.verdict.as_ref().map(|verdict| verdict.indication) {
        Some(Indication::Passed) => "passed",
        Some(Indication::Failed) => "failed",
        Some(Indication::Indeterminate) => "indeterminate",
        None => "none",
    }
}
