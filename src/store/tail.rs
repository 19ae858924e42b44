//! The end of the chain: where it is, whether what stands behind it is the torn tail of a crash, and how that is cut.

use std::path::{Path, PathBuf};

use super::disk::{Disk, DiskFile};
use super::error::{At, Break, Place, Step, StoreError};
use super::head::KnownHead;
use super::record::Head;
use super::segment::{Damage, Found, Segment, Whole};

/// A torn tail that was cut at opening: bytes of an append that was never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    pub path: PathBuf,
    pub offset: u64,
    pub bytes: u64,
}

/// Where the chain ends.
pub(super) struct End {
    pub head: Head,
    /// The last segment with a whole group, and where that group ends in it.
    pub last: Option<(Segment, u64)>,
    pub cut: Option<TornTail>,
}

/// Bytes after the end that no acknowledged record needs.
pub(super) struct TornTail {
    pub segment: Segment,
    /// 0: the segment has no whole group.
    pub offset: u64,
}

/// Walks the last segment (and the one before it, when the last has no whole group).
pub(super) fn find_end(folder: &Path, disk: &dyn Disk, known: KnownHead) -> Result<End, StoreError> {
    let mut segments = Segment::list(folder, disk)?;
    if let Some(first) = segments.first().filter(|first| first.first != 1) {
        return Err(broken(&first.path, first.first, Break::SegmentMissing));
    }
    let Some(last) = segments.pop() else {
        return known_agrees(folder, known, Head::EMPTY, None, None);
    };
    let (whole, damage) = walk_last(&last, disk, known)?;
    let torn = damage.map(|_| TornTail {
        segment: last.clone(),
        offset: whole.map_or(0, |whole| whole.offset),
    });
    if let Some(whole) = whole {
        return known_agrees(folder, known, whole.head, Some((last, whole.offset)), torn);
    }
    // The last segment was being begun when the machine stopped. That it was begun proves that the one before it was whole.
    let Some(before) = segments.pop() else {
        return known_agrees(folder, known, Head::EMPTY, None, torn);
    };
    let mut walk = before.walk(disk)?.map_err(|damage| before.broken(damage))?;
    loop {
        match walk.next()? {
            Found::Record(_) => {}
            Found::Damage(damage) => return Err(before.broken(damage)),
            Found::End => break,
        }
    }
    let whole = walk.whole();
    if whole.head.sequence.checked_add(1) != Some(last.first) {
        return Err(broken(&last.path, last.first, Break::SegmentMissing));
    }
    known_agrees(folder, known, whole.head, Some((before, whole.offset)), torn)
}

/// Where the chain ends in files that nobody touched since a clean stop: at the known head, and at the end of the last segment.
pub(super) fn end_of_untouched(folder: &Path, disk: &dyn Disk, known: KnownHead) -> Result<End, StoreError> {
    let last = Segment::list(folder, disk)?.pop();
    let (Some(head), Some(last)) = (known.head(), last) else {
        return find_end(folder, disk, known);
    };
    let length = disk.len(&last.path).at(Step::Open, &last.path)?.unwrap_or_default();
    Ok(End {
        head,
        last: Some((last, length)),
        cut: None,
    })
}

/// The end of the last whole group of the last segment, and the damage behind it when that is a torn tail.
fn walk_last(last: &Segment, disk: &dyn Disk, known: KnownHead) -> Result<(Option<Whole>, Option<Damage>), StoreError> {
    let known = known.head();
    let mut walk = match last.walk(disk)? {
        Ok(walk) => walk,
        Err(damage) if last.is_torn(disk, &damage, last.before(), known)? => return Ok((None, Some(damage))),
        Err(damage) => return Err(last.broken(damage)),
    };
    let continues = walk.continues;
    if last.first == 1 && continues != Head::EMPTY {
        return Err(broken(&last.path, 1, Break::Previous));
    }
    if known.is_some_and(|known| known.sequence == continues.sequence && known.hash != continues.hash) {
        return Err(broken(&last.path, last.first, Break::HeadDiffers));
    }
    let damage = loop {
        match walk.next()? {
            Found::Record(fields) => {
                if known.is_some_and(|known| known.sequence == fields.sequence && known.hash != fields.hash) {
                    return Err(last.broken(walk.misformed(Break::HeadDiffers)));
                }
            }
            Found::End => break None,
            Found::Damage(damage) => break Some(damage),
        }
    };
    let whole = walk.whole();
    if let Some(damage) = &damage
        && !last.is_torn(disk, damage, whole, known)?
    {
        return Err(last.broken(damage.clone()));
    }
    let empty = whole.head == continues;
    // A segment is written with its first group in one go: one without any is as torn as one with a torn group.
    let damage = damage.or_else(|| empty.then(|| walk.misformed(Break::Cut)));
    Ok(((!empty).then_some(whole), damage))
}

fn known_agrees(
    folder: &Path,
    known: KnownHead,
    head: Head,
    last: Option<(Segment, u64)>,
    cut: Option<TornTail>,
) -> Result<End, StoreError> {
    if let Some(known) = known.head().filter(|known| known.sequence > head.sequence) {
        let path = last.as_ref().map_or_else(|| folder.to_owned(), |(segment, _)| segment.path.clone());
        return Err(StoreError::BrokenChain {
            place: Place {
                path,
                offset: last.as_ref().map(|(_, length)| *length),
                sequence: Some(head.sequence + 1),
            },
            what: Break::Shortened(known.sequence),
        });
    }
    Ok(End { head, last, cut })
}

fn broken(path: &Path, sequence: u64, what: Break) -> StoreError {
    StoreError::BrokenChain {
        place: Place {
            path: path.to_owned(),
            offset: Some(0),
            sequence: Some(sequence),
        },
        what,
    }
}

pub(super) fn remove_tail(disk: &dyn Disk, folder: &Path, torn: TornTail) -> Result<Cut, StoreError> {
    let path = &torn.segment.path;
    let bytes = disk.len(path).at(Step::Open, path)?.unwrap_or(0).saturating_sub(torn.offset);
    if torn.offset == 0 {
        remove(disk, folder, path)?;
    } else {
        truncate(disk, path, torn.offset)?.sync_data().at(Step::Flush, path)?;
    }
    Ok(Cut {
        path: path.clone(),
        offset: torn.offset,
        bytes,
    })
}

pub(super) fn truncate(disk: &dyn Disk, path: &Path, length: u64) -> Result<Box<dyn DiskFile>, StoreError> {
    let mut file = disk.open(path).at(Step::Open, path)?;
    file.truncate(length).at(Step::Truncate, path)?;
    Ok(file)
}

pub(super) fn remove(disk: &dyn Disk, folder: &Path, path: &Path) -> Result<(), StoreError> {
    if disk.len(path).at(Step::Open, path)?.is_some() {
        disk.remove(path).at(Step::Remove, path)?;
    }
    disk.sync_dir(folder).at(Step::FlushFolder, folder)
}
