//! A copy of the record that is itself a store, made while the daemon writes; and the way back.
//!
//! The end of the journal is fixed first, then the blobs are copied, then the journal up to that end: blobs are durable before a record
//! names them, so the copy holds every blob that it names. A disposal that is carried out meanwhile takes blobs away that the copy would name:
//! then the end is fixed anew behind its record, which says why they are not there. The index is not copied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::blobs::{Blobs, shard_of};
use super::disk::{Disk, Keep, SharedDisk, create_dirs, replace};
use super::disposal::{self, Proof, dispose};
use super::error::{At, Break, Place, Step, StoreError};
use super::journal::Journal;
use super::lock::Lock;
use super::loss;
use super::record::Head;
use super::reread::Share;
use super::segment::{Found, Segment};
use super::tail::find_end;
use super::verify::{Issue, IssueKind, Progress};
use super::{blobs_folder, check_folders, check_format, create, format_path, head, journal_folder, mark, restoring_path};
use crate::hash::Sha256;

/// Blobs that are made durable together.
const GROUP_BLOBS: usize = 64;
/// … or as many bytes of them: they are in memory meanwhile.
const GROUP_BYTES: u64 = 16 << 20;

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyReport {
    /// The end of the copied journal.
    pub head: Head,
    /// Where the earlier backup ended; the empty head for a full one.
    pub since: Head,
    pub blobs_copied: u64,
    pub blob_bytes_copied: u64,
    /// Blobs that an earlier backup had brought.
    pub blobs_kept: u64,
    /// Of these, what was read again this time and compared with its hash.
    pub blobs_reread: u64,
    /// What had rotten in the copy since, and was copied anew.
    pub blobs_mended: u64,
    /// What cannot be copied because its bytes are damaged where they are copied from, cannot be read there, or went from there in the middle.
    /// Everything else is copied.
    pub damaged: BTreeMap<Sha256, IssueKind>,
    /// Folders that the medium does not list where they are copied from: what lies in them was not copied now.
    pub unlisted: Vec<Issue>,
}

/// Copies the store at `root` to `folder`, which is new, empty, or an earlier backup of the same store: then only what is new is copied.
/// Every copied byte is compared with its hash or the chain, and durable when this returns. Of what an earlier backup brought a share is read
/// again each time and put right, see [`super::reread`]; `verify` on the folder reads all of it. A damaged blob is named and keeps nothing else
/// from being saved; whether every blob that the record names is there, only the ledger can say.
///
/// # Errors
/// The folder is the backup of another store; something at `root` is damaged; a disk fails. An interrupted backup is continued by the next.
pub fn backup(root: &Path, folder: &Path, disk: SharedDisk, progress: &mut dyn FnMut(Progress)) -> Result<CopyReport, StoreError> {
    require_store(root, &*disk)?;
    require_apart(root, folder)?;
    create_dirs(&*disk, folder)?;
    let _lock = Lock::take(folder)?;
    if !check_format(folder, &*disk)? {
        // Of a first backup that was interrupted at its very start, these may be there, without a segment.
        require_empty(folder, &*disk, &["blobs", "journal", "format.tmp"])?;
        create(folder, &disk)?;
    }
    let share = Share::next(folder, &*disk)?;
    let report = copy(root, folder, &disk, share, progress)?;
    share.done(folder, &*disk)?;
    Ok(report)
}

/// Makes a store at `root` out of a backup. Everything is compared with its hash or the chain while it is copied, and durable when this
/// returns; a blob that is damaged in the backup is left out and named. A restore that was interrupted is continued by the same call; until it is finished, nothing opens `root`.
///
/// # Errors
/// [`StoreError::NotEmpty`]; something in the backup is damaged; a disk fails.
pub fn restore(folder: &Path, root: &Path, disk: SharedDisk, progress: &mut dyn FnMut(Progress)) -> Result<CopyReport, StoreError> {
    require_store(folder, &*disk)?;
    require_apart(folder, root)?;
    create_dirs(&*disk, root)?;
    let _lock = Lock::take(root)?;
    let restoring = restoring_path(root);
    if disk.len(&restoring).at(Step::Open, &restoring)?.is_none() {
        // Notes of losses stay: what is restored is what they tell of.
        require_empty(root, &*disk, &["restoring.tmp", "losses"])?;
        replace(&*disk, &restoring, b"", Keep::PowerCut)?;
    }
    Blobs::create(&blobs_folder(root), &disk)?;
    Journal::create(&journal_folder(root), &*disk)?;
    let report = copy(folder, root, &disk, Share::ALL, progress)?;
    mark(root, &*disk)?;
    disk.remove(&restoring).at(Step::Remove, &restoring)?;
    disk.sync_dir(root).at(Step::FlushFolder, root)?;
    Ok(report)
}

fn require_store(root: &Path, disk: &dyn Disk) -> Result<(), StoreError> {
    if !check_format(root, disk)? {
        return Err(StoreError::FolderMissing(format_path(root)));
    }
    check_folders(root, disk)
}

/// A copy inside of what it is a copy of is lost with it, grows into itself, and is a strange file to `verify`; before anything is made there.
fn require_apart(store: &Path, copy: &Path) -> Result<(), StoreError> {
    let (store, copy) = (resolved(store), resolved(copy));
    match copy.starts_with(&store) || store.starts_with(&copy) {
        true => Err(StoreError::Nested { inner: copy, outer: store }),
        false => Ok(()),
    }
}

/// The path without links and dots, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut there = whole.as_path();
    loop {
        if let Ok(found) = there.canonicalize() {
            return whole.strip_prefix(there).map_or(found.clone(), |rest| found.join(rest));
        }
        match there.parent() {
            Some(parent) => there = parent,
            None => return whole,
        }
    }
}

fn require_empty(folder: &Path, disk: &dyn Disk, allowed: &[&str]) -> Result<(), StoreError> {
    // Our own lock file, and what a new file system brings along.
    let allowed = |name: &str| matches!(name, "lock" | "lost+found") || allowed.contains(&name);
    let entries = disk.list(folder).at(Step::List, folder)?;
    match entries.iter().any(|entry| !allowed(&entry.name)) {
        true => Err(StoreError::NotEmpty(folder.to_owned())),
        false => Ok(()),
    }
}

fn copy(from: &Path, to: &Path, disk: &SharedDisk, share: Share, progress: &mut dyn FnMut(Progress)) -> Result<CopyReport, StoreError> {
    let (source, target) = (journal_folder(from), journal_folder(to));
    let since = head::read(&target, &**disk)?.head().unwrap_or(Head::EMPTY);
    let mut until = end_to_copy(from, &source, &**disk)?;
    if since.sequence > until.sequence {
        return Err(StoreError::OtherStore(to.to_owned()));
    }
    let mut report = CopyReport {
        head: until,
        since,
        blobs_copied: 0,
        blob_bytes_copied: 0,
        blobs_kept: 0,
        blobs_reread: 0,
        blobs_mended: 0,
        damaged: BTreeMap::new(),
        unlisted: Vec::new(),
    };
    let mut vanished = BTreeSet::new();
    loop {
        copy_blobs((from, to), disk, share, (&mut report, &mut vanished), progress)?;
        let end = end_to_copy(from, &source, &**disk)?;
        if !is_disposing(&source, disk, (until, end))? {
            break;
        }
        until = end;
    }
    report.head = until;
    copy_journal(&source, &target, to, &**disk, (since, until), progress)?;
    let vanished = unexplained(to, disk, vanished)?;
    report
        .damaged
        .extend(vanished.into_iter().map(|hash| (hash, IssueKind::BlobMissing)));
    forget_disposed(from, to, disk, since)?;
    Ok(report)
}

/// Whether a disposal was begun between two ends of the journal.
fn is_disposing(journal: &Path, disk: &SharedDisk, (until, end): (Head, Head)) -> Result<bool, StoreError> {
    if end.sequence <= until.sequence {
        return Ok(false);
    }
    for record in Journal::open_read_only(journal, disk.clone())?.read_from(until.sequence + 1) {
        let record = record?;
        if record.sequence > end.sequence {
            break;
        }
        if record.kind == disposal::KIND {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was listed, was not there any more when it was its turn, and did not go by a disposal: it is lost.
fn unexplained(to: &Path, disk: &SharedDisk, vanished: BTreeSet<Sha256>) -> Result<BTreeSet<Sha256>, StoreError> {
    let target = Blobs::open(&blobs_folder(to), disk.clone());
    let mut missing = BTreeSet::new();
    for hash in vanished {
        if !target.exists(&hash)? {
            missing.insert(hash);
        }
    }
    if !missing.is_empty() {
        let proofs = Proof::all(&Journal::open_read_only(&journal_folder(to), disk.clone())?, 0)?;
        let permitted: BTreeSet<&Sha256> = proofs.iter().flat_map(Proof::blobs).collect();
        missing.retain(|hash| !permitted.contains(hash));
    }
    Ok(missing)
}

/// What the copied journal says was disposed of, and what is gone at the source, goes in the copy too: a backup that is kept up to date must not
/// keep what nobody may keep. What an older backup says of it is not looked at: nothing new in the journal, nothing to forget.
fn forget_disposed(from: &Path, to: &Path, disk: &SharedDisk, since: Head) -> Result<(), StoreError> {
    let (source, target) = (
        Blobs::open(&blobs_folder(from), disk.clone()),
        Blobs::open(&blobs_folder(to), disk.clone()),
    );
    let journal = Journal::open_read_only(&journal_folder(to), disk.clone())?;
    for proof in Proof::all(&journal, since.sequence)? {
        let mut gone = Vec::new();
        for blob in proof.blobs() {
            if !source.exists(blob)? {
                gone.push(*blob);
            }
        }
        dispose(&target, &proof, &gone)?;
    }
    Ok(())
}

/// Beside a writer the last acknowledged record, by the head file; else all that the files hold.
fn end_to_copy(root: &Path, journal: &Path, disk: &dyn Disk) -> Result<Head, StoreError> {
    let beside_writer = Lock::holder(root).is_some();
    let known = head::read(journal, disk)?;
    match known.head() {
        Some(head) if beside_writer => Ok(head),
        _ => Ok(find_end(journal, disk, known)?.head),
    }
}

fn copy_blobs(
    (from, to): (&Path, &Path),
    disk: &SharedDisk,
    share: Share,
    (report, vanished): (&mut CopyReport, &mut BTreeSet<Sha256>),
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    let source = Blobs::open(&blobs_folder(from), disk.clone());
    let target = Blobs::open(&blobs_folder(to), disk.clone());
    target.remove_temporaries()?;
    (report.blobs_kept, report.blobs_reread) = (0, 0);
    report.unlisted.clear();
    let mut group = Vec::new();
    let mut group_bytes = 0;
    for blob in source.iter() {
        let (hash, size) = match blob {
            Ok(blob) => blob,
            Err(error) if error.is_medium() => {
                report.unlisted.extend(loss::of_error(&error));
                continue;
            }
            Err(error) => return Err(error),
        };
        let there = target.path(&hash);
        let is_there = disk.len(&there).at(Step::Open, &there)? == Some(size);
        if is_there {
            let is_due = share.holds(shard_of(&hash));
            report.blobs_reread += u64::from(is_due);
            if !is_due || !is_rotten(&target, &hash)? {
                report.blobs_kept += 1;
                continue;
            }
        }
        match source.get(&hash) {
            Ok(bytes) => group.push(bytes),
            Err(StoreError::BlobMissing { hash, .. }) => {
                vanished.insert(hash);
                continue;
            }
            Err(StoreError::BlobCorrupt { hash, .. }) => {
                report.damaged.insert(hash, IssueKind::BlobCorrupt);
                continue;
            }
            // One bad sector keeps nothing else from being saved.
            Err(error) if error.is_medium() => {
                report.damaged.insert(hash, IssueKind::Medium(error.cure()));
                continue;
            }
            Err(error) => return Err(error),
        }
        report.blobs_mended += u64::from(is_there);
        group_bytes += size;
        report.blobs_copied += 1;
        report.blob_bytes_copied += size;
        if group.len() >= GROUP_BLOBS || group_bytes >= GROUP_BYTES {
            target.put_all(&group)?;
            group.clear();
            group_bytes = 0;
            progress(Progress::Blobs(report.blobs_copied, report.blob_bytes_copied));
        }
    }
    target.put_all(&group)?;
    progress(Progress::Blobs(report.blobs_copied, report.blob_bytes_copied));
    Ok(())
}

/// The length of a rotten file is right: only its bytes tell.
fn is_rotten(target: &Blobs, hash: &Sha256) -> Result<bool, StoreError> {
    match target.verify(hash) {
        Ok(_) => Ok(false),
        Err(StoreError::BlobCorrupt { .. }) => Ok(true),
        Err(error) if error.is_medium() => Ok(true),
        Err(error) => Err(error),
    }
}

/// Copies the segments from the one in which the earlier backup ended. Each is written whole under a temporary name, so that the backup is
/// a whole store at every moment: its head file moves last.
fn copy_journal(
    source: &Path,
    target: &Path,
    to: &Path,
    disk: &dyn Disk,
    (since, until): (Head, Head),
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    let segments = Segment::list(source, disk)?;
    let skip = segments
        .partition_point(|segment| segment.first <= since.sequence)
        .saturating_sub(1);
    let mut expected = (skip == 0).then_some(Head::EMPTY);
    for segment in segments.iter().skip(skip).filter(|segment| segment.first <= until.sequence) {
        let end = check_segment(segment, disk, (expected, since, until), to)?;
        let copied = Segment::new(target, segment.first);
        copy_prefix(disk, &segment.path, &copied.path, end.1)?;
        // The copy itself is walked, too: what was read twice may have been read wrong once.
        if check_segment(&copied, disk, (expected, since, until), to)? != end {
            return Err(shortened(&copied.path, end.0, until));
        }
        expected = Some(end.0);
        progress(Progress::Records(end.0.sequence));
    }
    let reached = expected.unwrap_or(Head::EMPTY);
    if reached != until {
        return Err(shortened(source, reached, until));
    }
    disk.sync_dir(target).at(Step::FlushFolder, target)?;
    head::write(target, disk, until, Keep::PowerCut)
}

fn shortened(path: &Path, reached: Head, until: Head) -> StoreError {
    StoreError::BrokenChain {
        place: Place {
            path: path.to_owned(),
            offset: None,
            sequence: Some(reached.sequence + 1),
        },
        what: Break::Shortened(until.sequence),
    }
}

/// Walks a segment up to `until`: where the chain stands there, and the bytes up to it.
fn check_segment(
    segment: &Segment,
    disk: &dyn Disk,
    (expected, since, until): (Option<Head>, Head, Head),
    to: &Path,
) -> Result<(Head, u64), StoreError> {
    let mut walk = segment.walk(disk)?.map_err(|damage| segment.broken(damage))?;
    if expected.is_some_and(|expected| expected != walk.continues) {
        let damage = walk.misformed(Break::SegmentMissing);
        return Err(segment.broken(damage));
    }
    let same = |sequence: u64, hash| sequence != since.sequence || hash == since.hash;
    while walk.whole().head.sequence < until.sequence {
        match walk.next()? {
            Found::Record(fields) if same(fields.sequence, fields.hash) => {}
            Found::Record(_) => return Err(StoreError::OtherStore(to.to_owned())),
            Found::Damage(damage) => return Err(segment.broken(damage)),
            Found::End => break,
        }
    }
    let whole = walk.whole();
    Ok((whole.head, whole.offset))
}

fn copy_prefix(disk: &dyn Disk, from: &Path, to: &Path, bytes: u64) -> Result<(), StoreError> {
    let mut content = disk.read(from).at(Step::Read, from)?;
    content.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
    replace(disk, to, &content, Keep::PowerCut)
}
