//! A case file compared with the store that it came from: what the file cannot show by itself is that the hashes in its list are those of
//! the journal, because the records in between are not in it.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

use super::PaperError;
use super::case::{CHAIN_LIST, MANIFEST, SUMS};
use super::chain::Chain;
use crate::hash::{Sha256, Sha256Stream};
use crate::ledger::Ledger;

/// Bytes of a list inside the file: ours names at most some hundred thousand lines.
const LIST_BYTES: u64 = 64 << 20;
/// Read at a time while a file is hashed.
const PIECE: usize = 64 << 10;

/// What a comparison found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Files whose hash is the listed one.
    pub files: u64,
    /// Files that are missing, differ from the list, or are not in it.
    pub odd_files: Vec<String>,
    /// Hashes that are those of the journal.
    pub records: u64,
    /// Sequences whose hash is another in the journal, or that the journal does not have.
    pub odd_records: Vec<u64>,
    /// What the file itself says that it lacks.
    pub missing: u64,
}

impl Comparison {
    pub fn holds(&self) -> bool {
        self.odd_files.is_empty() && self.odd_records.is_empty() && self.files > 0 && self.records > 0
    }
}

/// Compares a case file with its own list and with the journal.
///
/// # Errors
/// It is no such archive, or the ledger cannot be read.
pub fn case(ledger: &Ledger, file: impl Read + Seek) -> Result<Comparison, PaperError> {
    // What is no ZIP at all is no case file either; a case file that was cut off says so.
    let mut archive = ZipArchive::new(file).map_err(|error| match error {
        ZipError::InvalidArchive(_) => PaperError::NoCaseFile,
        other => other.into(),
    })?;
    let mut found = Comparison::default();
    let sums = list(&mut archive, SUMS)?;
    let mut listed: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, name)| (name, hash))
        .collect();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = file.name()?.into_owned();
        if name == SUMS || file.is_dir() {
            continue;
        }
        // What does not unpack any more is a file that differs, not a disk that fails.
        let hash = match hash(&mut file) {
            Ok(hash) => hash.to_string(),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
                ) =>
            {
                String::new()
            }
            Err(error) => return Err(error.into()),
        };
        match listed.remove(name.as_str()) {
            Some(expected) if expected == hash => found.files += 1,
            _ => found.odd_files.push(name),
        }
    }
    found.odd_files.extend(listed.into_keys().map(str::to_owned));
    records(ledger, &list(&mut archive, CHAIN_LIST)?, &mut found)?;
    // A file of before there was such a list lacks nothing that it knows of.
    let manifest: serde_json::Value = serde_json::from_str(&list(&mut archive, MANIFEST)?).unwrap_or_default();
    let missing = manifest.get("missing").and_then(serde_json::Value::as_array);
    found.missing = missing.map_or(0, |missing| missing.len() as u64);
    Ok(found)
}

fn list<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<String, PaperError> {
    let mut text = String::new();
    let file = archive.by_name(name).map_err(|error| match error {
        ZipError::FileNotFound => PaperError::NoCaseFile,
        other => other.into(),
    })?;
    file.take(LIST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn hash(file: &mut impl Read) -> io::Result<Sha256> {
    let mut hash = Sha256Stream::default();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finish()),
            read => hash.update(piece.get(..read).unwrap_or_default()),
        }
    }
}

/// Every hash of the list, the head's too, against the record of that number.
fn records(ledger: &Ledger, list: &str, found: &mut Comparison) -> Result<(), PaperError> {
    let mut wanted: BTreeMap<u64, Vec<Sha256>> = BTreeMap::new();
    for line in list.lines().map(|line| line.strip_prefix("bas ").unwrap_or(line)) {
        let mut words = line.split(' ');
        let sequence = words.next().and_then(|word| word.parse().ok());
        let hash = words.next().and_then(|word| word.parse().ok());
        if let (Some(sequence), Some(hash)) = (sequence, hash) {
            wanted.entry(sequence).or_default().push(hash);
        }
    }
    let Some(first) = wanted.keys().next().copied() else {
        return Ok(());
    };
    for record in Chain::of(ledger)?.records(first) {
        let record = record?;
        if let Some(hashes) = wanted.remove(&record.sequence) {
            match hashes.iter().all(|hash| *hash == record.hash) {
                true => found.records += 1,
                false => found.odd_records.push(record.sequence),
            }
        }
        if wanted.is_empty() {
            break;
        }
    }
    found.odd_records.extend(wanted.into_keys());
    Ok(())
}
