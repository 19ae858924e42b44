//! One look into a folder, without the wire: which UIDs of which days are asked for, and what is known afterwards. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::reply::Row;
use crate::mailbox::Locator;
use crate::mailbox::soap::problem::Problem;
use crate::mailbox::soap::window::{Reach, Walk, Window, plus};

/// What is known of one `iletiTuru`.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    pub(super) walk: Walk,
    /// The highest UID that was listed, while this process runs.
    highest: Option<u64>,
    /// When all UIDs of the last days were asked for.
    rechecked: Option<Timestamp>,
    /// What stood in the last days then, and what came since.
    pub(super) present: BTreeSet<Locator>,
}

/// When it is looked, and how far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Timestamp,
    pub(super) today: Date,
    pub(super) reach: Reach,
    /// How often all UIDs of the last days are asked for.
    pub(super) recheck: Duration,
}

/// What the pages of one window said.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) rows: BTreeSet<Row>,
    pub(super) problem: Option<Problem>,
}

/// A look that goes on. It works on a copy: one that is cancelled halfway leaves the folder as it was.
pub(super) struct Look<'a> {
    name: &'a str,
    known: &'a BTreeSet<Locator>,
    at: Moment,
    folder: Folder,
    plan: Vec<Window>,
    /// All UIDs of each window were asked for, not only those above one.
    is_whole: bool,
    looked: Looked,
}

/// What a look leaves.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) folder: Folder,
    /// Listed, and without a durable record; the newest days first.
    pub(super) new: Vec<Locator>,
    pub(super) failure: Option<Problem>,
}

impl<'a> Look<'a> {
    pub(super) fn begin(name: &'a str, folder: &Folder, known: &'a BTreeSet<Locator>, at: Moment) -> Self {
        let mut folder = folder.clone();
        folder.walk.settle(|locator| known.contains(locator));
        let plan = folder.walk.plan(at.today, &at.reach);
        Self {
            name,
            known,
            at,
            folder,
            plan,
            is_whole: true,
            looked: Looked::default(),
        }
    }

    pub(super) fn plan(&self) -> Vec<Window> {
        self.plan.clone()
    }

    /// The UID above which a window is asked for; `None` where all are.
    pub(super) fn cursor(&self, nth: usize, window: Window) -> Option<u64> {
        self.folder.highest.filter(|_| nth == 0 && !self.is_due(window))
    }

    /// Whether all UIDs of the last days are to be asked for: from time to time, and where the question reaches further back than usual.
    fn is_due(&self, window: Window) -> bool {
        let every = SignedDuration::try_from(self.at.recheck).unwrap_or(SignedDuration::ZERO);
        let is_young = |last: Timestamp| last <= self.at.now && self.at.now.duration_since(last) < every;
        !self.folder.rechecked.is_some_and(is_young) || window.from < plus(self.at.today, -self.at.reach.overlap)
    }

    /// `cursor`: as it was given for this window.
    pub(super) fn answered(&mut self, nth: usize, window: Window, cursor: Option<u64>, found: Found) {
        let mut here: BTreeSet<Locator> = found.rows.iter().map(|row| locator(self.name, row)).collect();
        match cursor {
            // What was listed before and is not here yet is asked for again, although its row was not.
            Some(_) => {
                self.is_whole = false;
                here.extend(self.folder.walk.open_within(window).cloned());
            }
            None if nth == 0 && found.problem.is_none() => {
                self.folder.rechecked = Some(self.at.now);
                self.folder.present.clear();
            }
            None => {}
        }
        self.folder.present.extend(here.iter().cloned());
        let new: Vec<Locator> = here.into_iter().filter(|locator| !self.known.contains(locator)).collect();
        self.looked.new.extend(new.iter().cloned());
        match found.problem {
            None => {
                let highest = found.rows.iter().map(|row| row.uid).max();
                self.folder.highest = self.folder.highest.max(highest);
                self.folder.walk.listed(window, new);
            }
            Some(problem) => self.broke(problem),
        }
    }

    /// Something of this look is missing; the first reason is told.
    pub(super) fn broke(&mut self, problem: Problem) {
        self.looked.failure.get_or_insert(problem);
    }

    pub(super) fn end(mut self) -> Looked {
        if self.looked.failure.is_none() {
            if self.is_whole {
                let present = &self.folder.present;
                self.folder.walk.forget_absent(&self.plan, |locator| present.contains(locator));
            }
            self.folder.walk.complete(self.at.today, &self.at.reach);
        }
        // An open message may have been named by two windows.
        let mut seen = BTreeSet::new();
        self.looked.new.retain(|locator| seen.insert(locator.clone()));
        Looked {
            folder: self.folder,
            ..self.looked
        }
    }
}

/// A row by its UID and, where there is one, its identifier: which of the two a download takes is the operator's to say.
fn locator(folder: &str, row: &Row) -> Locator {
    let id = match row.identifier.is_empty() {
        true => row.uid.to_string(),
        false => format!("{} {}", row.uid, row.identifier),
    };
    Locator {
        folder: folder.to_owned(),
        epoch: 0,
        id,
    }
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod look_tests;
