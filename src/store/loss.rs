//! Zıya: what of the record was found lost, told beside the record. A note does not need the journal that may be what is lost: it is a small file
//! in `losses/`, put there by rename. The term runs from the day of its finding, and the note stands until somebody says what was done.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::disk::{Disk, Keep, create_dirs, replace};
use super::error::{At, Break, Place, Step, StoreError};
use super::verify::{Issue, IssueKind};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::text::Text;

const FOLDER: &str = "losses";

/// Places that one note names; of a dead disk the first say enough, and the rest is a number.
const PLACES: usize = 1_000;

/// Characters of what was done.
pub const NOTE_CHARS: usize = 4_000;

/// Who found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finder {
    /// `journal verify`.
    Verify,
    /// The walk in the background.
    Walk,
    /// The opening of the store.
    Start,
    /// Somebody, or some work of the daemon, wanted to read it.
    Reading,
    /// A copy was made: `backup` or `restore`.
    Copy,
}

/// One thing that is lost or damaged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lost {
    /// `chain`, `blob-corrupt`, `blob-missing` or `unreadable`.
    pub kind: String,
    /// Within the store, with the offset and the record where they are known.
    pub place: String,
    pub turkish: String,
    pub english: String,
}

/// A loss that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// `Z-20261123-1a2b3c4d`: the day of its finding and a hash over its places. The same finding is the same note.
    pub id: String,
    pub found_at: Timestamp,
    pub found_by: Finder,
    /// The last day of the term, in Turkey.
    pub until: Date,
    pub places: Vec<Lost>,
    /// Places beyond those that are named.
    #[serde(default)]
    pub more: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

/// What was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub at: Timestamp,
    pub by: String,
    pub done: Done,
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// Put back from a backup: found at the same place again, it is a new loss.
    Restored,
    /// Told to the court or the authority; the bytes stay lost, and finding that again is no news.
    Notified,
}

impl Loss {
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Days from `today` until the term ends; negative when it is over.
    pub fn days_left(&self, today: Date) -> i32 {
        self.until.since(today).map_or(0, |span| span.get_days())
    }

    /// In one line.
    pub fn summary(&self) -> Text {
        let count = self.places.len() as u64 + self.more;
        let first = self.places.first().map(|lost| lost.place.clone()).unwrap_or_default();
        Text::new(
            format!("{count} yer; ilki {first}"),
            format!("{count} places; the first is {first}"),
        )
    }

    fn knows(&self, lost: &Lost) -> bool {
        let still = self.closed.as_ref().is_none_or(|closed| closed.done == Done::Notified);
        still && self.places.iter().any(|known| known.kind == lost.kind && known.place == lost.place)
    }
}

/// Opens a note for what no note tells yet; `None`: nothing is lost, or all of it is told.
///
/// # Errors
/// The disk refused.
pub fn note(
    root: &Path,
    disk: &dyn Disk,
    found: &[Issue],
    (found_by, found_at, days): (Finder, Timestamp, u16),
) -> Result<Option<Loss>, StoreError> {
    let mut lost: Vec<Lost> = found.iter().filter_map(|issue| lost(root, issue)).collect();
    if lost.is_empty() {
        return Ok(None);
    }
    let known = all(root, disk)?;
    lost.retain(|lost| !known.iter().any(|note| note.knows(lost)));
    lost.sort();
    lost.dedup();
    if lost.is_empty() {
        return Ok(None);
    }
    let today = local_day(found_at);
    let named: String = lost.iter().map(|lost| format!("{} {}\n", lost.kind, lost.place)).collect();
    let more = lost.len().saturating_sub(PLACES) as u64;
    lost.truncate(PLACES);
    let id = format!("Z-{}-{}", today.strftime("%Y%m%d"), mark(&Sha256::of(named.as_bytes())));
    // Lost, restored and lost again on one day: what was said of the first stays.
    let earlier = known
        .iter()
        .filter(|note| note.id == id || note.id.starts_with(&format!("{id}-")))
        .count();
    let loss = Loss {
        id: if earlier == 0 { id } else { format!("{id}-{}", earlier + 1) },
        found_at,
        found_by,
        until: today.checked_add(i64::from(days).days()).unwrap_or(today),
        places: lost,
        more,
        closed: None,
    };
    write(root, disk, &loss)?;
    Ok(Some(loss))
}

/// What a failed opening of the store says.
pub fn of_error(error: &StoreError) -> Option<Issue> {
    let (place, kind) = match error {
        StoreError::BrokenChain { place, what } => (place.clone(), IssueKind::Chain(what.clone())),
        StoreError::BlobCorrupt { path, .. } => (Place::file(path), IssueKind::BlobCorrupt),
        StoreError::BlobMissing { path, .. } => (Place::file(path), IssueKind::BlobMissing),
        _ => return None,
    };
    Some(Issue { place, kind })
}

/// Every note, the oldest first. A file that is no note is left out, and said in the log.
///
/// # Errors
/// The disk refused.
pub fn all(root: &Path, disk: &dyn Disk) -> Result<Vec<Loss>, StoreError> {
    let folder = root.join(FOLDER);
    if disk.len(&folder).at(Step::Open, &folder)?.is_none() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for entry in disk.list(&folder).at(Step::List, &folder)? {
        if !entry.name.ends_with(".json") {
            continue;
        }
        let path = folder.join(&entry.name);
        let bytes = disk.read(&path).at(Step::Read, &path)?;
        match serde_json::from_slice::<Loss>(&bytes) {
            Ok(loss) => all.push(loss),
            Err(error) => tracing::error!(path = %path.display(), %error, "a note of a loss cannot be read"),
        }
    }
    all.sort_by(|one, two| (one.found_at, &one.id).cmp(&(two.found_at, &two.id)));
    Ok(all)
}

/// Says what was done. `None`: there is no such note, or it is closed already.
///
/// # Errors
/// The disk refused.
pub fn close(root: &Path, disk: &dyn Disk, id: &str, closed: Closed) -> Result<Option<Loss>, StoreError> {
    let Some(mut loss) = all(root, disk)?.into_iter().find(|loss| loss.id == id && loss.is_open()) else {
        return Ok(None);
    };
    loss.closed = Some(closed);
    write(root, disk, &loss)?;
    Ok(Some(loss))
}

fn write(root: &Path, disk: &dyn Disk, loss: &Loss) -> Result<(), StoreError> {
    let folder = root.join(FOLDER);
    create_dirs(disk, &folder)?;
    let path = path(&folder, &loss.id);
    let bytes = serde_json::to_vec_pretty(loss).map_err(|error| StoreError::Io {
        step: Step::Write,
        path: path.clone(),
        source: error.into(),
    })?;
    replace(disk, &path, &bytes, Keep::PowerCut)
}

fn path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.json"))
}

fn lost(root: &Path, issue: &Issue) -> Option<Lost> {
    let kind = match &issue.kind {
        // The head file can be made again from the journal; that it went is told by the opening, and no record is lost by it.
        IssueKind::Chain(Break::HeadMissing | Break::HeadDamaged) => return None,
        IssueKind::Chain(_) => "chain",
        IssueKind::BlobCorrupt => "blob-corrupt",
        IssueKind::BlobMissing => "blob-missing",
        IssueKind::Medium(_) => "unreadable",
        // A folder that is none of ours, or that this account may not read, has lost nothing.
        IssueKind::Unreadable(_) | IssueKind::Forbidden(_) | IssueKind::StrangeFile | IssueKind::Temporary | IssueKind::TornTail => {
            return None;
        }
    };
    let Place { path, sequence, .. } = &issue.place;
    let within = path.strip_prefix(root).unwrap_or(path).display();
    let place = match sequence {
        Some(sequence) => format!("{within}, #{sequence}"),
        None => within.to_string(),
    };
    let text = issue.text();
    Some(Lost {
        kind: kind.to_owned(),
        place,
        turkish: text.tr,
        english: text.en,
    })
}

/// Eight digits tell the notes of one day apart.
fn mark(hash: &Sha256) -> String {
    hash.to_string().chars().take(8).collect()
}

#[cfg(test)]
#[path = "loss_tests.rs"]
mod loss_tests;
