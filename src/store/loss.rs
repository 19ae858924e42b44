//! Zıya: what of the record was found lost, told beside the record. A note does not need the journal that may be what is lost: it is a small file
//! in `losses/`, put there by rename. The term runs from the day of its finding, and the note stands until somebody says what was done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::disk::{Disk, Keep, create_dirs, replace};
use super::error::{At, Break, Place, Step, StoreError};
use super::verify::{Issue, IssueKind};
use crate::clock::{from_local, local_day};
use crate::hash::Sha256;
use crate::text::Text;

const FOLDER: &str = "losses";

/// Places that one note names one by one; of a dead disk the folders say enough.
const PLACES: usize = 1_000;

/// Behind the name of a folder: everything in it that is not named by itself.
const WHOLE: &str = "/*";

/// Of the file beside a note that lists, one a line, what lies in the folders that it names. The note is a record of the journal, too, and a
/// dead disk's list may be larger than a record.
const LIST: &str = "places";

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

impl Lost {
    fn line(&self) -> String {
        format!("{} {}", self.kind, self.place)
    }
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
    /// Places beyond those that are named by themselves: they lie in the folders that are.
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
        let folders = self.places.iter().filter(|lost| lost.place.ends_with(WHOLE)).count();
        let count = (self.places.len() - folders) as u64 + self.more;
        let first = self.places.first().map(|lost| lost.place.clone()).unwrap_or_default();
        Text::new(
            format!("{count} yer; ilki {first}"),
            format!("{count} places; the first is {first}"),
        )
    }

    /// `listed`: what lies in the folders that the note names. Where that list is gone (another machine, a version that wrote none), a folder
    /// speaks for what is lost in it while the loss stands, and no longer: what is lost later must not pass for what was reported.
    fn knows(&self, lost: &Lost, listed: Option<&BTreeSet<String>>) -> bool {
        let still = self.closed.as_ref().is_none_or(|closed| closed.done == Done::Notified);
        let holds = |known: &str| match (known.strip_suffix(WHOLE), listed) {
            (None, _) => known == lost.place,
            (Some(_), Some(listed)) => listed.contains(&lost.line()),
            (Some(folder), None) => self.is_open() && lost.place.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
        };
        still && self.places.iter().any(|known| known.kind == lost.kind && holds(&known.place))
    }

    /// What lies in the folders that the note names; `None`: it names none, or nobody can say.
    fn listed(&self, root: &Path, disk: &dyn Disk) -> Option<BTreeSet<String>> {
        let path = path(&root.join(FOLDER), &self.id, LIST);
        if self.more == 0 || disk.len(&path).ok()?.is_none() {
            return None;
        }
        match disk.read(&path) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()),
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "the list beside the note of a loss cannot be read");
                None
            }
        }
    }

    /// The last second of the term.
    pub fn ends(&self) -> Timestamp {
        from_local(self.until.to_datetime(Time::constant(23, 59, 59, 0)))
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
    for note in &known {
        let listed = note.listed(root, disk);
        lost.retain(|lost| !note.knows(lost, listed.as_ref()));
    }
    lost.sort();
    lost.dedup();
    if lost.is_empty() {
        return Ok(None);
    }
    let today = local_day(found_at);
    let named: String = lost.iter().map(|lost| lost.line() + "\n").collect();
    let (places, more) = named_places(lost);
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
        places,
        more,
        closed: None,
    };
    if more > 0 {
        // Before the note: one without its list says too much.
        let folder = root.join(FOLDER);
        create_dirs(disk, &folder)?;
        replace(disk, &path(&folder, &loss.id, LIST), named.as_bytes(), Keep::PowerCut)?;
    }
    write(root, disk, &loss)?;
    Ok(Some(loss))
}

/// The files that are lost for good and were told to the court or the authority.
///
/// # Errors
/// The disk refused.
pub fn notified(root: &Path, disk: &dyn Disk) -> Result<BTreeSet<PathBuf>, StoreError> {
    let mut places = BTreeSet::new();
    for note in all(root, disk)? {
        if note.closed.as_ref().is_none_or(|closed| closed.done != Done::Notified) {
            continue;
        }
        let listed = note.listed(root, disk).unwrap_or_default();
        places.extend(listed.iter().filter_map(|line| Some(root.join(line.split_once(' ')?.1))));
        places.extend(note.places.iter().map(|lost| root.join(&lost.place)));
    }
    Ok(places)
}

/// Of a dead disk each folder is named, with the number of its places: the next walk finds the same, and that is no news. Answers with what is
/// named and with how many places lie in named folders.
fn named_places(lost: Vec<Lost>) -> (Vec<Lost>, u64) {
    if lost.len() <= PLACES {
        return (lost, 0);
    }
    let mut folders: BTreeMap<(String, String), u64> = BTreeMap::new();
    for one in &lost {
        let folder = one.place.rsplit_once('/').map_or("", |(folder, _)| folder);
        *folders.entry((one.kind.clone(), format!("{folder}{WHOLE}"))).or_default() += 1;
    }
    let places = folders.into_iter().map(|((kind, place), count)| Lost {
        turkish: format!("{count} yer kayıp ya da bozuk: {place}. Yedekten geri koyun."),
        english: format!("{count} places are lost or damaged: {place}. Put them back from a backup."),
        kind,
        place,
    });
    (places.collect(), lost.len() as u64)
}

/// Puts a note that the journal knows beside it again: what was restored on another machine brings the journal and no notes, and who removes a
/// note ends no term. Says whether there was something to put.
///
/// # Errors
/// The disk refused.
pub fn put_back(root: &Path, disk: &dyn Disk, loss: &Loss) -> Result<bool, StoreError> {
    let is_there = all(root, disk)?.iter().any(|note| note.id == loss.id);
    if !is_there {
        write(root, disk, loss)?;
    }
    Ok(!is_there)
}

/// Makes the folder while its owner is at work: who runs `journal verify` as root must not make one in which the daemon cannot write.
///
/// # Errors
/// The disk refused.
pub fn prepare(root: &Path, disk: &dyn Disk) -> Result<(), StoreError> {
    let folder = root.join(FOLDER);
    match disk.len(&folder).at(Step::Open, &folder)? {
        Some(_) => Ok(()),
        None => create_dirs(disk, &folder),
    }
}

/// What a failed opening of the store, or a failed reading in it, says. A write that the medium refuses has lost nothing.
pub fn of_error(error: &StoreError) -> Option<Issue> {
    let (place, kind) = match error {
        StoreError::BrokenChain { place, what } => (place.clone(), IssueKind::Chain(what.clone())),
        StoreError::BlobCorrupt { path, .. } => (Place::file(path), IssueKind::BlobCorrupt),
        StoreError::BlobMissing { path, .. } => (Place::file(path), IssueKind::BlobMissing),
        StoreError::Io {
            step: Step::Open | Step::Read | Step::List,
            path,
            ..
        } if error.is_medium() => (Place::file(path), IssueKind::Medium(error.cure())),
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
    let path = path(&folder, &loss.id, "json");
    let bytes = serde_json::to_vec_pretty(loss).map_err(|error| StoreError::Io {
        step: Step::Write,
        path: path.clone(),
        source: error.into(),
    })?;
    replace(disk, &path, &bytes, Keep::PowerCut)
}

fn path(folder: &Path, id: &str, kind: &str) -> PathBuf {
    folder.join(format!("{id}.{kind}"))
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
