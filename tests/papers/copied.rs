//! The week's register written again into a store of its own, with entries changed on the way.

use std::sync::Arc;

use kep_gateway::clock::SystemClock;
use kep_gateway::ledger::Ledger;
use kep_gateway::ledger::event::{Event, Fetched, Registered};
use kep_gateway::limits::Limits;
use kep_gateway::paper::Asked;
use kep_gateway::people::Person;
use kep_gateway::register::entry::Entry;
use kep_gateway::store::disk::RealDisk;
use kep_gateway::text::{Lang, is_deceptive};
use serde_json::Value;

use super::week::Week;

pub struct Copied {
    ledger: Ledger,
    limits: Limits,
}

impl Copied {
    /// `change` gets the running number of each entry and the entry.
    pub async fn of(week: &Week, mut change: impl FnMut(usize, &mut Value)) -> Self {
        let clock = Arc::new(SystemClock);
        let from = Ledger::open_read_only(&week.path("demo/store"), RealDisk::shared(), clock.clone()).unwrap();
        let ledger = Ledger::open(&week.path("copied"), RealDisk::shared(), clock).unwrap();
        let entries: Vec<Entry> = from.entries().collect::<Result<_, _>>().unwrap();
        let mut changed = Vec::new();
        for (number, entry) in (1..).zip(entries) {
            let mut value = serde_json::to_value(&entry).unwrap();
            change(number, &mut value);
            changed.push(serde_json::from_value::<Entry>(value).unwrap());
        }
        // What the verdicts rest on lies beside the messages.
        for sha256 in from.blobs().iter() {
            let (sha256, _) = sha256.unwrap();
            ledger.blobs().put(&from.blobs().get(&sha256).unwrap()).unwrap();
        }
        for entries in changed.chunk_by(|one, other| one.message.sha256 == other.message.sha256) {
            let message = &entries[0].message;
            let fetched = Fetched {
                mailbox: "ornek".into(),
                locator: message.sightings[0].locator.clone(),
                sha256: message.sha256,
                size: message.size,
                arrived: None,
                at: entries[0].registered_at,
            };
            ledger.append(Event::Fetched(fetched)).await.unwrap();
            let registered = Registered {
                sha256: message.sha256,
                entries: entries.to_vec(),
                link_keys: Vec::new(),
                evidence: Vec::new(),
                alerts: Vec::new(),
            };
            ledger.append(Event::Registered(Box::new(registered))).await.unwrap();
        }
        Self {
            ledger,
            limits: Limits::default(),
        }
    }

    /// For whoever shows it by other means than papers.
    #[allow(dead_code)] // papers.rs asks for papers alone
    pub fn into_ledger(self) -> Ledger {
        self.ledger
    }

    pub fn asked<'a>(&'a self, person: &'a Person) -> Asked<'a> {
        Asked {
            ledger: &self.ledger,
            person,
            lang: Lang::Tr,
            prefix: "",
            limits: &self.limits,
        }
    }
}

/// Fields of an entry that come from outside, as they are called in its JSON.
const FOREIGN: [&str; 26] = [
    "message_id",
    "original_message_id",
    "rem_type",
    "rem_id",
    "sender_kep",
    "subject",
    "name",
    "mime",
    "place",
    "id",
    "number",
    "security",
    "urgency",
    "common_name",
    "organization",
    "serial_masked",
    "issuer",
    "covers",
    "format",
    "level",
    "profile",
    "recipient",
    "unit",
    "by",
    "note",
    "tr",
];

const HOSTILE: [&str; 10] = [
    "=cmd|'/c calc'!A1",
    "+calc\u{202e}fdp.exe",
    "-1\r\nX: calc\r\n",
    "@SUM(calc)\t=1",
    "../../../etc/calc\0.sh",
    "\t=calc\u{200b}\u{feff}",
    "\r=calc$(calc)`calc`",
    "<script>alert('calc')</script>'; rm -rf /; #",
    "\u{e000}中文🦀\u{2028}\u{85}calc\u{fffe}\u{ad}",
    "   =calc \u{2066}\u{200f}\u{1b}[31m",
];

pub fn deceptive(c: char) -> bool {
    is_deceptive(c) || matches!(c, '\0' | '\u{1b}')
}

/// Puts hostile text into every field that comes from outside; one subject is ten megabytes long.
pub fn hostile(number: usize, entry: &mut Value) {
    let mut next = number;
    poison(entry, &mut next);
    if number == 7 {
        entry["message"]["subject"] = format!("=calc{}", "ş\u{202e}".repeat(2 << 20)).into();
        entry["document"]["subject"] = Value::Null;
    }
}

fn poison(value: &mut Value, next: &mut usize) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| poison(one, next)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if field.is_string() && (FOREIGN.contains(&name.as_str()) || name == "sender") {
                    *next += 1;
                    *field = HOSTILE[*next % HOSTILE.len()].into();
                } else if name != "checks" {
                    poison(field, next);
                }
            }
        }
        _ => {}
    }
}
