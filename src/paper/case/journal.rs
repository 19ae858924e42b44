//! The journal records that concern an entry, byte for byte as they were hashed, and the hashes of the chain from the first of them to the
//! head.
//!
//! A record's hash is the SHA-256 of its file; bytes 28 to 59 of the file are the hash of the record before it. The records in between
//! belong to other documents and are not here; of them only the hashes are, in which a chain head that left the institution with a daily
//! report can be found again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;

use serde::Deserialize;

use super::archive::{About, Archive};
use crate::hash::Sha256;
use crate::paper::PaperError;
use crate::paper::chain::Chain;
use crate::store::record::Record;

/// Records named one by one in the list of hashes; in a longer chain every thousandth is named, and the ones that matter.
const NAMED: u64 = 100_000;
const SPARSE: u64 = 1_000;

pub const LIST: &str = "zincir.txt";

/// Which records concern the entry.
pub struct Concern {
    /// The entry's message, and messages that brought evidence about it: each seen whole by the asking person.
    pub messages: BTreeSet<Sha256>,
    /// `YYYY/NNNNNN` of the entry.
    pub number: String,
    /// The record of registration holds documents that this person does not see: of it only the hash.
    pub hide_registration: bool,
}

/// What a record's body says it is about.
#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    number: Option<String>,
}

impl Concern {
    fn holds(&self, record: &Record) -> bool {
        let holds_documents = matches!(record.kind.as_str(), "registered" | "reexamined");
        // Alerts and standing alarms repeat what others say, and to whom.
        if matches!(record.kind.as_str(), "alert" | "standing") || (holds_documents && self.hide_registration) {
            return false;
        }
        let body = record.body.get();
        let is_named = |name: &str| memchr::memmem::find(body.as_bytes(), name.as_bytes()).is_some();
        let messages: Vec<String> = self.messages.iter().map(Sha256::to_string).collect();
        if !messages.iter().any(|message| is_named(message)) && !is_named(&self.number) {
            return false;
        }
        let Ok(subject) = serde_json::from_str::<Subject>(body) else {
            return false;
        };
        subject.sha256.is_some_and(|sha256| messages.contains(&sha256)) || subject.number.is_some_and(|number| number == self.number)
    }
}

/// A record that is in the case file.
pub struct Kept {
    pub file: String,
    pub kind: String,
}

/// Writes the records and the list; says which records there are.
pub fn write<W: Write>(archive: &mut Archive<W>, chain: &Chain, start: u64, concern: &Concern) -> Result<Vec<Kept>, PaperError> {
    let mut list = String::from("# kep-gateway zincir 1: sira ozet dosya / sequence hash file\n");
    let mut kept = Vec::new();
    let mut before: Option<(u64, Sha256)> = None;
    let mut last_listed = 0;
    for record in chain.records(start) {
        let record = record?;
        let (sequence, hash) = (record.sequence, record.hash);
        let ours = concern.holds(&record);
        if ours {
            if let Some((before, hash)) = before.filter(|(before, _)| *before > last_listed) {
                let _ = writeln!(list, "{before} {hash} -");
            }
            let file = format!("gunluk/kayit-{sequence:010}.bin");
            archive.put(
                &file,
                About::what(format!("günlük kaydı / journal record: {}", record.kind)),
                &record.hashed_bytes(),
            )?;
            let _ = writeln!(list, "{sequence} {hash} {file}");
            last_listed = sequence;
            kept.push(Kept { file, kind: record.kind });
        } else if !kept.is_empty() && is_named(sequence, chain.head.sequence, start) {
            let _ = writeln!(list, "{sequence} {hash} -");
            last_listed = sequence;
        }
        before = Some((sequence, hash));
    }
    let _ = writeln!(list, "bas {} {}", chain.head.sequence, chain.head.hash);
    archive.put(
        LIST,
        About::what("zincir: özetler, ilk kayıttan başa / chain: hashes from the first record to the head"),
        list.as_bytes(),
    )?;
    Ok(kept)
}

fn is_named(sequence: u64, head: u64, start: u64) -> bool {
    sequence == head || head.saturating_sub(start) <= NAMED || sequence.is_multiple_of(SPARSE)
}
