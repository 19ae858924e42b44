//! Reading the journal in order, every record checked.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::disk::SharedDisk;
use super::error::{Break, Place, StoreError};
use super::head;
use super::record::{Head, Record};
use super::segment::{Damage, Found, Segment, Walk, Whole};

/// The records of a journal from a given sequence on. See [`super::journal::Journal::read_from`].
pub struct Records {
    folder: PathBuf,
    disk: SharedDisk,
    from: u64,
    /// Where a writer's view ends; `None` follows the files.
    until: Option<u64>,
    /// What the head file said at the start.
    known: Option<Head>,
    /// Segments not yet begun; `None` before the folder was listed.
    segments: Option<VecDeque<Segment>>,
    walk: Option<Walk>,
    /// The end of the last whole group.
    head: Option<Head>,
    /// Records of the group that is being read, and of whole groups not yet handed out.
    group: Vec<Record>,
    ready: VecDeque<Record>,
    over: bool,
}

impl Records {
    pub(super) fn new(folder: &Path, disk: SharedDisk, from: u64, until: Option<u64>) -> Self {
        let from = from.max(1);
        Self {
            folder: folder.to_owned(),
            disk,
            from,
            until,
            known: None,
            segments: None,
            walk: None,
            head: None,
            group: Vec::new(),
            ready: VecDeque::new(),
            over: until.is_some_and(|until| until < from),
        }
    }

    /// Reads until a record is ready or the journal ends.
    fn advance(&mut self) -> Result<(), StoreError> {
        while self.ready.is_empty() && !self.over {
            let Some(mut walk) = self.walk.take() else {
                self.next_segment()?;
                continue;
            };
            let found = match walk.next()? {
                Found::Record(fields) if fields.sequence < self.from => {
                    let last = fields.is_last_of_group();
                    Ok(last)
                }
                Found::Record(fields) => {
                    let last = fields.is_last_of_group();
                    let record = fields.record();
                    match record {
                        Ok(record) => {
                            self.group.push(record);
                            Ok(last)
                        }
                        Err(what) => Err(Some(walk.misformed(what))),
                    }
                }
                Found::End => Err(None),
                Found::Damage(damage) => Err(Some(damage)),
            };
            match found {
                Ok(group_is_whole) => {
                    if group_is_whole {
                        self.ready.extend(self.group.drain(..));
                        self.head = Some(walk.whole().head);
                        self.over = self.until.is_some_and(|until| walk.whole().head.sequence >= until);
                    }
                    self.walk = Some(walk);
                }
                Err(None) => self.head = Some(walk.whole().head),
                Err(Some(damage)) => self.end_at(&walk.segment, walk.whole(), damage)?,
            }
        }
        Ok(())
    }

    fn next_segment(&mut self) -> Result<(), StoreError> {
        if self.segments.is_none() {
            // In this order: a head file read after the files could know of records that were appended since.
            self.known = head::read(&self.folder, &*self.disk)?.head();
            self.segments = Some(self.list()?);
        }
        let Some(segment) = self.segments.as_mut().and_then(VecDeque::pop_front) else {
            return self.end_of_files();
        };
        let walk = match segment.walk(&*self.disk)? {
            Ok(walk) => walk,
            Err(damage) => return self.end_at(&segment, segment.before(), damage),
        };
        let expected = match self.head {
            Some(head) => Some(head),
            None => (segment.first == 1).then_some(Head::EMPTY),
        };
        if let Some(expected) = expected.filter(|expected| *expected != walk.continues) {
            let what = if expected.sequence == walk.continues.sequence {
                Break::Previous
            } else {
                Break::SegmentMissing
            };
            return Err(StoreError::BrokenChain {
                place: Place {
                    path: segment.path,
                    offset: Some(0),
                    sequence: Some(expected.sequence + 1),
                },
                what,
            });
        }
        self.walk = Some(walk);
        Ok(())
    }

    /// The segments from the one that holds `from`.
    fn list(&self) -> Result<VecDeque<Segment>, StoreError> {
        let mut segments = Segment::list(&self.folder, &*self.disk)?;
        if let Some(first) = segments.first().filter(|first| first.first != 1) {
            return Err(StoreError::BrokenChain {
                place: Place {
                    path: first.path.clone(),
                    offset: Some(0),
                    sequence: Some(1),
                },
                what: Break::SegmentMissing,
            });
        }
        let skip = segments.partition_point(|segment| segment.first <= self.from).saturating_sub(1);
        Ok(segments.split_off(skip).into())
    }

    /// All files are read. Whoever knows of more records misses them.
    fn end_of_files(&mut self) -> Result<(), StoreError> {
        self.over = true;
        let reached = self.head.unwrap_or(Head::EMPTY).sequence;
        let known = self.until.or(self.known.map(|known| known.sequence));
        match known.filter(|known| *known > reached) {
            Some(known) => Err(StoreError::BrokenChain {
                place: Place {
                    path: self.folder.clone(),
                    offset: None,
                    sequence: Some(reached + 1),
                },
                what: Break::Shortened(known),
            }),
            None => Ok(()),
        }
    }

    /// Damage: for a follower the end of what it can see, when it is a tail in the making; else an error.
    fn end_at(&mut self, segment: &Segment, whole: Whole, damage: Damage) -> Result<(), StoreError> {
        let is_last = self.segments.as_ref().is_none_or(VecDeque::is_empty);
        if self.until.is_some() || !is_last || !segment.is_torn(&*self.disk, &damage, whole, self.known)? {
            return Err(segment.broken(damage));
        }
        self.over = true;
        Ok(())
    }
}

impl Iterator for Records {
    type Item = Result<Record, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.advance() {
            self.over = true;
            return Some(Err(error));
        }
        self.ready.pop_front().map(Ok)
    }
}
