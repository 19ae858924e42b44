//! Walks the whole record and says of every byte that is not as it was written, where it is. Changes nothing, and works beside a daemon.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::blobs::Blobs;
use super::clean_stop;
use super::disk::{Disk, SharedDisk};
use super::error::{At, Break, Place, Step, StoreError};
use super::lock::Lock;
use super::record::Head;
use super::segment::{Damage, Found, Segment, Whole};
use super::{blobs_folder, check_folders, check_format, head, journal_folder};
use crate::hash::Sha256;
use crate::text::Text;

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueKind {
    Chain(Break),
    BlobCorrupt,
    BlobMissing,
    /// A file that the store did not put there.
    StrangeFile,
    /// A temporary file of an interrupted write; the next start removes it.
    Temporary,
    /// The end of an interrupted append; the next start cuts it.
    TornTail,
    /// The place could not be read, or the folder is no store.
    Unreadable(Text),
    /// The medium does not give back what lies there: lost, until it is put back or the disk is mended.
    Medium(Text),
    /// This account may not look there: neither sound nor broken.
    Forbidden(Text),
}

/// One thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub place: Place,
    pub kind: IssueKind,
}

impl Issue {
    /// Whether the record has lost something. What a crash leaves behind has not.
    pub fn is_error(&self) -> bool {
        !matches!(self.kind, IssueKind::StrangeFile | IssueKind::Temporary | IssueKind::TornTail)
    }

    /// Whether nothing could be said of the place, because this account may not read it.
    pub fn is_unread(&self) -> bool {
        matches!(self.kind, IssueKind::Forbidden(_))
    }

    /// A blob that must be at `root` and is not.
    pub fn missing(root: &Path, disk: SharedDisk, hash: &Sha256) -> Self {
        Self::of_blob(root, disk, hash, IssueKind::BlobMissing)
    }

    /// What is wrong with a blob at `root`.
    pub fn of_blob(root: &Path, disk: SharedDisk, hash: &Sha256, kind: IssueKind) -> Self {
        let place = Place::file(&Blobs::open(&blobs_folder(root), disk).path(hash));
        Self { place, kind }
    }

    /// What is wrong, where, and the next step.
    pub fn text(&self) -> Text {
        let place = &self.place;
        match &self.kind {
            IssueKind::Chain(what) => StoreError::BrokenChain {
                place: place.clone(),
                what: what.clone(),
            }
            .cure(),
            IssueKind::BlobCorrupt => Text::new(
                format!("İçerik bozuk: {place}. Bu dosyayı yedekten geri koyun."),
                format!("Damaged content: {place}. Put this file back from a backup."),
            ),
            IssueKind::BlobMissing => Text::new(
                format!("İçerik yok: {place}. Bu dosyayı yedekten geri koyun."),
                format!("Missing content: {place}. Put this file back from a backup."),
            ),
            IssueKind::StrangeFile => Text::new(
                format!("Depoya ait olmayan dosya: {place}. Kimin koyduğunu araştırın, sonra başka yere taşıyın."),
                format!("Not a file of the store: {place}. Find out who put it there, then move it elsewhere."),
            ),
            IssueKind::Temporary => Text::new(
                format!("Yarım kalmış yazmanın geçici dosyası: {place}. Bir sonraki açılışta silinir."),
                format!("Temporary file of an interrupted write: {place}. The next start removes it."),
            ),
            IssueKind::TornTail => Text::new(
                format!("Yarım kalmış bir eklemenin izi: {place}. Onaylanmış kayıt içermez; bir sonraki açılışta kesilir."),
                format!("The trace of an interrupted append: {place}. No acknowledged record is in it; the next start cuts it."),
            ),
            IssueKind::Unreadable(why) | IssueKind::Medium(why) | IssueKind::Forbidden(why) => why.clone(),
        }
    }
}

/// How far a walk has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Records of the journal read.
    Records(u64),
    /// Blobs read, and their bytes.
    Blobs(u64, u64),
}

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// The last record that is whole.
    pub head: Head,
    pub segments: usize,
    pub records: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub issues: Vec<Issue>,
    /// A daemon was writing meanwhile.
    pub beside_writer: bool,
}

impl VerifyReport {
    /// A blob is not there. Beside a daemon it may have gone by a disposal since the walk began, see [`VerifyReport::forget`].
    pub fn lacks_blobs(&self) -> bool {
        self.issues.iter().any(|issue| issue.kind == IssueKind::BlobMissing)
    }

    /// Something of the record is lost or changed, as far as it could be read.
    pub fn is_broken(&self) -> bool {
        self.issues.iter().any(|issue| issue.is_error() && !issue.is_unread())
    }

    /// Everything was read, and nothing of the record is lost or changed.
    pub fn is_intact(&self) -> bool {
        !self.issues.iter().any(Issue::is_error)
    }

    /// Notes those of `named` that are not there. The walk itself looks at every file; only the caller knows which files there must be.
    pub fn expect(&mut self, root: &Path, disk: SharedDisk, named: impl IntoIterator<Item = Sha256>) {
        let blobs = Blobs::open(&blobs_folder(root), disk);
        for hash in named {
            match blobs.exists(&hash) {
                Ok(true) => {}
                Ok(false) => self.issues.push(Issue {
                    place: Place::file(&blobs.path(&hash)),
                    kind: IssueKind::BlobMissing,
                }),
                Err(error) => self.unreadable(&blobs.path(&hash), &error),
            }
        }
    }

    /// Takes back what was said of blobs that went while the walk was under way: they were listed or named, and removed before it was looked
    /// for them. `gone` is asked for after everything else: what goes by a disposal is named as gone before it goes.
    pub fn forget(&mut self, root: &Path, disk: SharedDisk, gone: &BTreeSet<Sha256>) {
        let blobs = Blobs::open(&blobs_folder(root), disk);
        let paths: BTreeSet<PathBuf> = gone.iter().map(|hash| blobs.path(hash)).collect();
        self.issues
            .retain(|issue| issue.kind != IssueKind::BlobMissing || !paths.contains(&issue.place.path));
    }

    fn chain(&mut self, place: Place, what: Break) {
        self.issues.push(Issue {
            place,
            kind: IssueKind::Chain(what),
        });
    }

    fn note(&mut self, path: PathBuf, kind: IssueKind) {
        self.issues.push(Issue {
            place: Place::file(&path),
            kind,
        });
    }

    fn unreadable(&mut self, path: &Path, error: &StoreError) {
        // Of a bad sector the file is known, whatever was walked: whoever finds it next names the same place.
        let path = match error {
            StoreError::Io { path, .. } if error.is_medium() => path.as_path(),
            _ => path,
        };
        let kind = match error {
            error if error.is_medium() => IssueKind::Medium,
            error if error.is_forbidden() => IssueKind::Forbidden,
            _ => IssueKind::Unreadable,
        };
        self.note(path.to_owned(), kind(error.cure()));
    }
}

/// Walks chain and blobs.
pub fn verify(root: &Path, disk: SharedDisk, progress: &mut dyn FnMut(Progress)) -> VerifyReport {
    let mut report = VerifyReport {
        head: Head::EMPTY,
        segments: 0,
        records: 0,
        blobs: 0,
        blob_bytes: 0,
        issues: Vec::new(),
        beside_writer: Lock::holder(root).is_some(),
    };
    match check_format(root, &*disk).and_then(|is_store| {
        if is_store {
            check_folders(root, &*disk)
        } else {
            Err(no_store(root))
        }
    }) {
        Ok(()) => {}
        Err(error) => report.unreadable(root, &error),
    }
    if let Err(error) = verify_journal(&journal_folder(root), &*disk, &mut report, progress) {
        report.unreadable(&journal_folder(root), &error);
    }
    verify_blobs(&Blobs::open(&blobs_folder(root), disk), &mut report, progress);
    report
}

fn no_store(root: &Path) -> StoreError {
    StoreError::FolderMissing(super::format_path(root))
}

/// Records between two words about progress.
const PROGRESS_EVERY: u64 = 1_000;

fn verify_journal(folder: &Path, disk: &dyn Disk, report: &mut VerifyReport, progress: &mut dyn FnMut(Progress)) -> Result<(), StoreError> {
    // Before the segments: it never leads, so all that it names must be in them.
    let known = head::read(folder, disk)?;
    if let Some(what) = known.fault() {
        report.chain(Place::file(&head::path(folder)), what);
    }
    let entries = disk.list(folder).at(Step::List, folder)?;
    let ours = |name: &str| Segment::from_name(folder, name).is_some() || name == "head" || name == clean_stop::NAME;
    for entry in entries.iter().filter(|entry| !ours(&entry.name)) {
        match entry.name.as_str() {
            "head.tmp" if report.beside_writer => {}
            "head.tmp" => report.note(folder.join(&entry.name), IssueKind::Temporary),
            _ => report.note(folder.join(&entry.name), IssueKind::StrangeFile),
        }
    }
    let segments = Segment::list(folder, disk)?;
    report.segments = segments.len();
    // `None` after damage: the next segment's own header says where it continues.
    let mut expected = Some(Head::EMPTY);
    for (number, segment) in segments.iter().enumerate() {
        let is_last = number + 1 == segments.len();
        expected = verify_segment(segment, disk, (expected, known.head(), is_last), report, progress)?;
    }
    if let Some((known, end)) = known.head().zip(expected).filter(|(known, end)| known.sequence > end.sequence) {
        let place = Place {
            path: segments.last().map_or_else(|| folder.to_owned(), |segment| segment.path.clone()),
            offset: None,
            sequence: Some(end.sequence + 1),
        };
        report.chain(place, Break::Shortened(known.sequence));
    }
    progress(Progress::Records(report.records));
    Ok(())
}

/// The end of the chain after this segment, where it is whole.
fn verify_segment(
    segment: &Segment,
    disk: &dyn Disk,
    (expected, known, is_last): (Option<Head>, Option<Head>, bool),
    report: &mut VerifyReport,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<Head>, StoreError> {
    let end = |damage: Damage, whole: Whole, report: &mut VerifyReport| -> Result<Option<Head>, StoreError> {
        if !is_last || !segment.is_torn(disk, &damage, whole, known)? {
            report.chain(segment.place(&damage), damage.what);
            return Ok(None);
        }
        if !report.beside_writer {
            report.issues.push(Issue {
                place: segment.place(&damage),
                kind: IssueKind::TornTail,
            });
        }
        Ok(Some(whole.head))
    };
    let mut walk = match segment.walk(disk)? {
        Ok(walk) => walk,
        // The hash that a torn header would have continued is the one that is expected.
        Err(damage) => return Ok(end(damage, segment.before(), report)?.and(expected)),
    };
    if let Some(expected) = expected.filter(|expected| *expected != walk.continues) {
        let what = if expected.sequence == walk.continues.sequence {
            Break::Previous
        } else {
            Break::SegmentMissing
        };
        let place = Place {
            path: segment.path.clone(),
            offset: Some(0),
            sequence: Some(expected.sequence + 1),
        };
        report.chain(place, what);
    }
    loop {
        let met = match walk.next()? {
            Found::Record(fields) => Ok((fields.sequence, fields.hash, fields.record().err())),
            Found::End => Err(None),
            Found::Damage(damage) => Err(Some(damage)),
        };
        match met {
            Ok((sequence, hash, misformed)) => {
                report.records += 1;
                if report.records.is_multiple_of(PROGRESS_EVERY) {
                    progress(Progress::Records(report.records));
                }
                let differs = known.is_some_and(|known| known.sequence == sequence && known.hash != hash);
                for what in misformed.into_iter().chain(differs.then_some(Break::HeadDiffers)) {
                    report.chain(segment.place(&walk.misformed(what.clone())), what);
                }
            }
            Err(None) => break,
            Err(Some(damage)) => {
                let whole = walk.whole();
                let outcome = end(damage, whole, report)?;
                if outcome.is_some() {
                    report.head = whole.head;
                }
                return Ok(outcome);
            }
        }
    }
    report.head = walk.whole().head;
    Ok(Some(report.head))
}

fn verify_blobs(blobs: &Blobs, report: &mut VerifyReport, progress: &mut dyn FnMut(Progress)) {
    match blobs.temporaries() {
        Ok(left) if !report.beside_writer => left.into_iter().for_each(|path| report.note(path, IssueKind::Temporary)),
        Ok(_) => {}
        Err(error) => report.unreadable(blobs.folder(), &error),
    }
    let present = match blobs.present() {
        Ok(present) => present,
        Err(error) => return report.unreadable(blobs.folder(), &error),
    };
    present
        .strange
        .into_iter()
        .for_each(|path| report.note(path, IssueKind::StrangeFile));
    for shard in present.shards {
        let listed = match blobs.list_shard(shard) {
            Ok(listed) => listed,
            Err(error) => {
                report.unreadable(blobs.folder(), &error);
                continue;
            }
        };
        listed
            .strange
            .into_iter()
            .for_each(|path| report.note(path, IssueKind::StrangeFile));
        for (hash, _) in listed.blobs {
            match blobs.verify(&hash) {
                Ok(bytes) => {
                    report.blobs += 1;
                    report.blob_bytes += bytes;
                }
                Err(StoreError::BlobCorrupt { path, .. }) => report.note(path, IssueKind::BlobCorrupt),
                Err(StoreError::BlobMissing { path, .. }) => report.note(path, IssueKind::BlobMissing),
                Err(error) => report.unreadable(&blobs.path(&hash), &error),
            }
        }
        progress(Progress::Blobs(report.blobs, report.blob_bytes));
    }
}
