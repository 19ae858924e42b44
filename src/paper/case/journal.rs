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
    /// The entry's message.
    pub message: Sha256,
    /// Messages that brought evidence about it, each seen whole by the asking person.
    pub brought: BTreeSet<Sha256>,
    /// `YYYY/NNNNNN` of the entry.
    pub number: String,
    /// The person sees every document of the message. Else the records that hold them are named by their hash only.
    pub whole: bool,
}

/// What a record's body says it is about.
#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    number: Option<String>,
    /// Another document, which a deed about an application file names.
    #[serde(default)]
    document: Option<String>,
    /// The application file that this document completes.
    #[serde(default)]
    completes: Option<String>,
}

/// What becomes of a record.
#[derive(PartialEq, Eq)]
enum Show {
    Nothing,
    Hash,
    Bytes,
}

impl Concern {
    fn show(&self, record: &Record) -> Show {
        // Alerts and standing alarms repeat what others say, and to whom.
        if matches!(record.kind.as_str(), "alert" | "standing") {
            return Show::Nothing;
        }
        let body = record.body.get();
        let is_named = |name: &str| memchr::memmem::find(body.as_bytes(), name.as_bytes()).is_some();
        let own = self.message.to_string();
        let brought = || self.brought.iter().map(Sha256::to_string);
        if !is_named(&own) && !is_named(&self.number) && !brought().any(|message| is_named(&message)) {
            return Show::Nothing;
        }
        let Ok(subject) = serde_json::from_str::<Subject>(body) else {
            return Show::Nothing;
        };
        // Whether the other document exists for the person is not known here: its number stays out.
        let is_of_file = matches!(record.kind.as_str(), "file-deed" | "papers-read");
        if is_of_file && (subject.document.is_some() || subject.completes.is_some()) {
            return if subject.number.as_ref() == Some(&self.number) {
                Show::Hash
            } else {
                Show::Nothing
            };
        }
        if subject.sha256.as_ref() == Some(&own) {
            let holds_documents = matches!(record.kind.as_str(), "registered" | "reexamined");
            return if holds_documents && !self.whole { Show::Hash } else { Show::Bytes };
        }
        let is_ours =
            subject.number.as_ref() == Some(&self.number) || subject.sha256.is_some_and(|sha256| brought().any(|one| one == sha256));
        if is_ours { Show::Bytes } else { Show::Nothing }
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
    let mut began = false;
    for record in chain.records(start) {
        let record = record?;
        let (sequence, hash) = (record.sequence, record.hash);
        let show = concern.show(&record);
        began |= show != Show::Nothing;
        if show == Show::Bytes {
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
        } else if show == Show::Hash || (began && is_named(sequence, chain.head.sequence, start)) {
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
