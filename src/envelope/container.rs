//! The ZIP under a package: what the own walk of its directory ([`super::directory`]) let through, read through the `zip` crate.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Write};
use std::ops::Range;

use bytes::Bytes;
use zip::ZipArchive;

use super::directory::{End, walk};
use crate::limits::Limits;
use crate::text::Text;

/// Inflated bytes handed on at a time.
const CHUNK: usize = 64 << 10;

pub(super) const STORED: u16 = 0;

/// One entry of the directory that is not a folder.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Part name: `/` and the entry name, back-slashes turned.
    pub uri: String,
    /// True when the entry name had back-slashes.
    pub backslashes: bool,
    /// Declared uncompressed size; enforced when read.
    pub size: u64,
    /// Why it will not be opened.
    pub refused: Option<Text>,
    pub(super) compressed: u64,
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) crc: u32,
    pub(super) header: u64,
    pub(super) data: Range<usize>,
    pub(super) index: Option<usize>,
}

/// Something wrong with the container, in the words of rules C1 and C4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContainerFault {
    /// The whole container is refused.
    Refused(Text),
    /// One entry is refused; the rest is read.
    Entry { uri: String, reason: Text },
    /// Two entries under one name: neither is opened.
    Duplicate { uri: String },
    /// Bytes before the first or after the last record of the ZIP.
    Surplus { before: u64, after: u64 },
    /// Bytes inside the ZIP that belong to no entry: between the entries, and in comments.
    Unlisted { between: u64, comments: u64 },
    /// Bytes before the first entry, or an entry that the directory does not list: who reads from the front sees something else.
    TwoReadings,
}

/// An opened container. Cloning shares the bytes.
#[derive(Clone)]
pub(super) struct Container {
    bytes: Bytes,
    archive: Option<ZipArchive<Cursor<Bytes>>>,
    pub entries: Vec<Entry>,
    entry_bytes: u64,
}

/// Why an entry's bytes were not delivered.
#[derive(Debug)]
pub(super) enum Unreadable {
    Refused(Text),
    /// More bytes than the caller can take.
    TooLarge,
    /// Damaged, or its size or checksum is not what the directory says.
    Damaged(Text),
    /// The receiving side failed.
    Sink(io::Error),
}

impl Container {
    /// Walks the directory. Faults are appended; the container holds what may be read in spite of them.
    pub fn open(bytes: &Bytes, limits: &Limits, faults: &mut Vec<ContainerFault>) -> Self {
        let mut container = Self {
            bytes: bytes.clone(),
            archive: None,
            entries: Vec::new(),
            entry_bytes: limits.entry_bytes,
        };
        match walk(bytes, limits, faults) {
            Ok(walked) => {
                container.entries = walked.entries;
                container.attach(&walked.end, faults);
            }
            Err(reason) => faults.push(ContainerFault::Refused(reason)),
        }
        container
    }

    /// Opens the same directory with the `zip` crate and pairs the entries by the offset of their local headers.
    fn attach(&mut self, end: &End, faults: &mut Vec<ContainerFault>) {
        let config = zip::read::Config {
            archive_offset: zip::read::ArchiveOffset::Known(end.base as u64),
        };
        let archive = match ZipArchive::with_config(config, Cursor::new(self.bytes.clone())) {
            Ok(archive) if archive.central_directory_start() == end.directory.start as u64 => archive,
            Ok(_) => {
                self.entries.clear();
                return faults.push(ContainerFault::Refused(Text::new(
                    "iki merkez dizini var",
                    "two central directories",
                )));
            }
            Err(error) => {
                self.entries.clear();
                return faults.push(ContainerFault::Refused(Text::new(
                    format!("ZIP okunamadı ({error})"),
                    error.to_string(),
                )));
            }
        };
        let by_header: HashMap<u64, usize> = (0..archive.len())
            .filter_map(|index| Some((archive.by_index_data(index).ok()?.header_start(), index)))
            .collect();
        for entry in &mut self.entries {
            entry.index = by_header.get(&entry.header).copied();
            if entry.index.is_none() && entry.refused.is_none() {
                let reason = Text::new("iki okuyucu bu girdiyi farklı görüyor", "two readers see this entry differently");
                faults.push(ContainerFault::Entry {
                    uri: entry.uri.clone(),
                    reason: reason.clone(),
                });
                entry.refused = Some(reason);
            }
        }
        self.archive = Some(archive);
    }

    /// Hands the uncompressed bytes of an entry to `sink` in pieces; returns their number. Memory does not grow with the entry.
    pub fn copy(&self, entry: &Entry, mut sink: impl FnMut(&[u8]) -> io::Result<()>) -> Result<u64, Unreadable> {
        if let Some(reason) = &entry.refused {
            return Err(Unreadable::Refused(reason.clone()));
        }
        let (Some(archive), Some(index)) = (&self.archive, entry.index) else {
            return Err(Unreadable::Refused(Text::new("arşivde yok", "not in the archive")));
        };
        // A clone shares the directory; it costs a counter and a cursor.
        let mut archive = archive.clone();
        let file = archive
            .by_index(index)
            .map_err(|error| Unreadable::Damaged(Text::new(format!("bozuk ({error})"), format!("damaged ({error})"))))?;
        let mut bounded = file.take(entry.size.min(self.entry_bytes).saturating_add(1));
        let mut chunk = vec![0; usize::try_from(entry.size).unwrap_or(CHUNK).clamp(1, CHUNK)];
        let mut total = 0_u64;
        loop {
            let read = bounded
                .read(&mut chunk)
                .map_err(|error| Unreadable::Damaged(Text::new(format!("bozuk ({error})"), format!("damaged ({error})"))))?;
            if read == 0 {
                break;
            }
            total += read as u64;
            if total > entry.size {
                return Err(Unreadable::Damaged(Text::new(
                    "dizinin dediğinden büyük",
                    "larger than the directory says",
                )));
            }
            sink(chunk.get(..read).unwrap_or_default()).map_err(Unreadable::Sink)?;
        }
        if total != entry.size {
            return Err(Unreadable::Damaged(Text::new(
                "dizinin dediğinden küçük",
                "smaller than the directory says",
            )));
        }
        Ok(total)
    }

    /// The uncompressed bytes of an entry, at most `limit`. A stored entry is a view of the container and costs nothing.
    pub fn load(&self, entry: &Entry, limit: u64) -> Result<Bytes, Unreadable> {
        if entry.refused.is_none() && entry.method == STORED {
            self.copy(entry, |_| Ok(()))?;
            return Ok(self.bytes.slice(entry.data.clone()));
        }
        if entry.size > limit {
            return Err(Unreadable::TooLarge);
        }
        let mut out = Vec::with_capacity(usize::try_from(entry.size).unwrap_or(0).min(CHUNK << 4));
        self.copy(entry, |piece| out.write_all(piece))?;
        Ok(out.into())
    }

    /// What holding these bytes costs beyond the container itself.
    pub fn cost(entry: &Entry) -> u64 {
        if entry.method == STORED { 0 } else { entry.size }
    }
}
