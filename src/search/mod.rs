//! What is found where in the register: rows for lists, filters, counts and full text. A fold over the ledger like its index, disposable
//! like it, and asked only with the person who asks.
//!
//! The index (tantivy) lies in the store's folder and follows the ledger by the order in which entries changed. What it does not hold yet is
//! read from the ledger, so an answer is never older than the ledger; while there is no index every question goes to the ledger.

mod ask;
mod document;
mod facts;
mod fold;
mod folder;
mod follow;
pub mod letter;
pub mod query;
pub mod row;
mod shelf;
mod stem;
mod words;

#[cfg(test)]
mod differential_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod folder_tests;
#[cfg(test)]
mod follow_tests;
#[cfg(test)]
mod letter_tests;
#[cfg(test)]
mod scope_tests;
#[cfg(test)]
mod turkish_tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

pub use self::follow::Progress;
pub use self::shelf::SearchError;
use self::shelf::{Shelf, Snapshot, guarded};
use crate::clock::{from_local, local_day};
use crate::ledger::{Ledger, LedgerError};
use crate::limits::Limits;
use crate::people::Person;
use crate::register::entry::{Entry, RegisterNumber, flag};
use ask::Asking;
use document::{Tag, number_of};
use query::{Page, Query};
use row::Row;

/// Entries that changed since the last commit and are read from the ledger for one question, the newest. Each costs a tenth of a
/// millisecond; of a burst that is longer the oldest are shown with the next commit.
const FRESH: usize = 128;
/// Entries of the ledger that one question looks at while there is no index. The page then says where to go on.
const WITHOUT_INDEX: usize = 20_000;
/// Documents that suggestions are gathered from, the newest of each part of the index.
const SUGGESTED_FROM: usize = 50_000;
/// How far ahead a deadline is near, where nobody says it otherwise: over a weekend to the next business day.
const NEAR: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The register, ready to be asked.
pub struct Search {
    ledger: Arc<Ledger>,
    /// `None`: every question goes to the ledger.
    index: Option<Live>,
}

/// The index of a search that follows the ledger.
struct Live {
    folder: PathBuf,
    limits: Limits,
    /// As of the last commit; `None` until the index is filled, and after it gave a wrong answer.
    snapshot: RwLock<Option<Arc<Snapshot>>>,
    /// Held by the follower while it works.
    shelf: Mutex<Option<Shelf>>,
}

/// The counters of the first page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DayCounts {
    /// Registered on the day.
    pub arrived_today: u64,
    /// Opened by nobody, whenever they came.
    pub unopened: u64,
    /// With a deadline that can still be missed and is near.
    pub deadlines_near: u64,
}

impl Search {
    /// A search without an index, for where the register is small or the store is another process's. Exact and slow.
    pub fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, index: None }
    }

    /// A search with an index in `folder`, which is its own: it may be removed at any time. Opens nothing yet: that, and following the
    /// ledger, is the work of [`Search::follow`]. Until then questions go to the ledger.
    pub fn open(ledger: Arc<Ledger>, folder: impl Into<PathBuf>, limits: Limits) -> Self {
        let index = Live {
            folder: folder.into(),
            limits,
            snapshot: RwLock::default(),
            shelf: Mutex::default(),
        };
        Self {
            ledger,
            index: Some(index),
        }
    }

    /// The rows that exist for `person` and fit `query`, newest first.
    ///
    /// # Errors
    /// The ledger's index cannot be read.
    pub fn list(&self, person: &Person, query: &Query) -> Result<Page, LedgerError> {
        self.answer(|view| view.list(person, query), || self.list_from_ledger(person, query))
    }

    /// How many rows a query has for a person, over all pages.
    ///
    /// # Errors
    /// The ledger's index cannot be read.
    pub fn count(&self, person: &Person, query: &Query) -> Result<u64, LedgerError> {
        let asking = |view: &View<'_>| Asking::by(person, view.snapshot.fields).query(query);
        let fits = |entry: &Entry, letter: Option<&str>| query.fits_with(entry, letter);
        self.answer(
            |view| view.count(person, asking(view), &fits),
            || Ok(self.seen(person)?.filter(|entry| query.fits(entry)).count() as u64),
        )
    }

    /// The counters of a day, with the deadlines until three days later.
    ///
    /// # Errors
    /// The ledger's index cannot be read.
    pub fn counts(&self, person: &Person, day: Date) -> Result<DayCounts, LedgerError> {
        let (_, end) = bounds(day);
        self.counts_until(person, day, end.saturating_add(NEAR).unwrap_or(end))
    }

    /// The counters of a day, with the deadlines from its beginning until `near`: the end of the warning time by the institution's calendar.
    ///
    /// # Errors
    /// The ledger's index cannot be read.
    pub fn counts_until(&self, person: &Person, day: Date, near: Timestamp) -> Result<DayCounts, LedgerError> {
        let (start, _) = bounds(day);
        let arrived = |entry: &Entry| local_day(entry.registered_at) == day && !entry.is_sent();
        let unopened = Entry::awaits_opening;
        let is_near = |entry: &Entry| {
            let deadlines = facts::Facts::of(entry).deadlines;
            deadlines.iter().any(|at| *at >= start.as_second() && *at < near.as_second())
        };
        let from_index = |view: &View<'_>| {
            let by = || Asking::by(person, view.snapshot.fields);
            Ok(DayCounts {
                arrived_today: view.count(person, by().tag(&Tag::Day(day)).without(&Tag::Flag(flag::SENT)), &|entry, _| {
                    arrived(entry)
                })?,
                unopened: view.count(person, by().tag(&Tag::Unopened), &|entry, _| unopened(entry))?,
                deadlines_near: view.count(person, by().deadline(start, near), &|entry, _| is_near(entry))?,
            })
        };
        self.answer(from_index, || {
            Ok(self.seen(person)?.fold(DayCounts::default(), |counts, entry| DayCounts {
                arrived_today: counts.arrived_today + u64::from(arrived(&entry)),
                unopened: counts.unopened + u64::from(unopened(&entry)),
                deadlines_near: counts.deadlines_near + u64::from(is_near(&entry)),
            }))
        })
    }

    /// Senders whose name or KEP address has these words or their beginnings, the most frequent first: of what exists for `person`.
    ///
    /// # Errors
    /// The ledger's index cannot be read.
    pub fn suggest_senders(&self, person: &Person, typed: &str, at_most: usize) -> Result<Vec<String>, LedgerError> {
        let query = Query {
            sender: Some(typed.to_owned()),
            ..Query::default()
        };
        self.suggest(person, &query, "sender", at_most, |row| row.sender)
    }

    /// Units that documents went to, the most frequent first: of what exists for `person`.
    ///
    /// # Errors
    /// The ledger's index cannot be read.
    pub fn suggest_units(&self, person: &Person, at_most: usize) -> Result<Vec<String>, LedgerError> {
        self.suggest(person, &Query::default(), "unit", at_most, |row| row.unit)
    }

    fn suggest(
        &self,
        person: &Person,
        query: &Query,
        column: &str,
        at_most: usize,
        value: impl Fn(Row) -> Option<String>,
    ) -> Result<Vec<String>, LedgerError> {
        let from_index = |view: &View<'_>| {
            let asked = Asking::by(person, view.snapshot.fields).query(query).done(&view.changed);
            let mut found = view.snapshot.values(&*asked, column, SUGGESTED_FROM)?;
            let fresh = view.fresh(person, None, &|entry, letter| query.fits_with(entry, letter))?;
            for name in fresh.iter().filter_map(|entry| value(Row::of(entry))) {
                match found.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, count)) => *count += 1,
                    None => found.push((name, 1)),
                }
            }
            Ok(found)
        };
        let from_ledger = || {
            let mut counts = std::collections::BTreeMap::<String, u64>::new();
            for entry in self.seen(person)?.filter(|entry| query.fits(entry)) {
                value(Row::of(&entry))
                    .into_iter()
                    .for_each(|name| *counts.entry(name).or_default() += 1);
            }
            Ok(counts.into_iter().collect())
        };
        let mut found = self.answer(from_index, from_ledger)?;
        found.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
        Ok(found.into_iter().take(at_most).map(|(name, _)| name).collect())
    }

    /// From the index; from the ledger where there is none, or where it fails: then it is made anew.
    fn answer<T>(
        &self,
        from_index: impl Fn(&View<'_>) -> Result<T, SearchError>,
        from_ledger: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let Some(snapshot) = self.snapshot() else {
            return from_ledger();
        };
        let answer = guarded(|| {
            let changed = self.ledger.changes_since(snapshot.position, usize::MAX)?.numbers;
            from_index(&View {
                ledger: &self.ledger,
                snapshot: &snapshot,
                changed,
            })
        });
        match answer {
            Ok(answer) => Ok(answer),
            Err(SearchError::Ledger(error)) => Err(error),
            Err(SearchError::Index(problem)) => {
                tracing::error!(problem, "the search index gave no answer and is made anew");
                self.forget();
                from_ledger()
            }
        }
    }

    fn snapshot(&self) -> Option<Arc<Snapshot>> {
        let index = self.index.as_ref()?;
        index.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether questions are answered by the index now, and which changes of the ledger it holds.
    pub fn indexed_to(&self) -> Option<u64> {
        self.snapshot().map(|snapshot| snapshot.position)
    }

    /// The index is being made: until it is there, questions about a large register are answered from its newest part alone.
    pub fn is_in_the_making(&self) -> bool {
        self.index.is_some() && self.snapshot().is_none()
    }

    fn list_from_ledger(&self, person: &Person, query: &Query) -> Result<Page, LedgerError> {
        let mut rows = Vec::new();
        // With an index in the making a page may be short; the next one begins where this one stopped looking.
        let mut left = if self.index.is_some() { WITHOUT_INDEX } else { usize::MAX };
        for entry in self.ledger.entries_back() {
            let entry = entry?;
            if query.before.is_some_and(|before| entry.register_number >= before) {
                continue;
            }
            if person.sees(&entry) && query.fits(&entry) {
                if rows.len() == query.page_size() {
                    let next = rows.last().map(|row: &Row| row.number);
                    return Ok(Page { rows, next });
                }
                rows.push(Row::of(&entry));
            }
            left -= 1;
            if left == 0 {
                // Says how far was looked and not what lies there: numbers have no gaps, and so many were given.
                let next = Some(entry.register_number);
                return Ok(Page { rows, next });
            }
        }
        Ok(Page { rows, next: None })
    }

    /// All entries that exist for a person; of a large register without its index only the newest.
    fn seen<'a>(&'a self, person: &'a Person) -> Result<impl Iterator<Item = Entry> + 'a, LedgerError> {
        let at_most = if self.index.is_some() { WITHOUT_INDEX } else { usize::MAX };
        let mut seen = Vec::new();
        for entry in self.ledger.entries_back().take(at_most) {
            let entry = entry?;
            if person.sees(&entry) {
                seen.push(entry);
            }
        }
        Ok(seen.into_iter())
    }
}

/// The instants between which a day lies in Turkey.
fn bounds(day: Date) -> (Timestamp, Timestamp) {
    let start = |day: Date| from_local(day.at(0, 0, 0, 0));
    (start(day), start(day.tomorrow().unwrap_or(day)))
}

/// One look at the register: the index as of a commit, and what changed since.
struct View<'a> {
    ledger: &'a Ledger,
    snapshot: &'a Snapshot,
    /// What the index says of these is old: it is not asked about them.
    changed: Vec<RegisterNumber>,
}

impl View<'_> {
    fn list(&self, person: &Person, query: &Query) -> Result<Page, SearchError> {
        let wanted = query.page_size() + 1;
        let asked = Asking::by(person, self.snapshot.fields).query(query).done(&self.changed);
        let found = self.snapshot.newest(&*asked, query.before, wanted)?;
        let mut numbers: Vec<(RegisterNumber, Option<tantivy::DocAddress>)> =
            found.into_iter().map(|(key, at)| (number_of(key), Some(at))).collect();
        let fresh = self.fresh(person, query.before, &|entry, letter| query.fits_with(entry, letter))?;
        numbers.extend(fresh.iter().map(|entry| (entry.register_number, None)));
        numbers.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
        let more = numbers.len() > query.page_size();
        numbers.truncate(query.page_size());

        let mut rows = Vec::with_capacity(numbers.len());
        for (number, at) in numbers {
            match at {
                Some(at) => rows.push(self.snapshot.row(at)?),
                None => rows.extend(fresh.iter().find(|entry| entry.register_number == number).map(Row::of)),
            }
        }
        let next = rows.last().map(|row| row.number).filter(|_| more);
        Ok(Page { rows, next })
    }

    fn count(&self, person: &Person, asking: Asking, fits: Fits<'_>) -> Result<u64, SearchError> {
        let indexed = self.snapshot.count(&*asking.done(&self.changed))?;
        Ok(indexed + self.fresh(person, None, fits)?.len() as u64)
    }

    /// What changed since the commit, exists for the person and fits: as the ledger has it now.
    fn fresh(&self, person: &Person, before: Option<RegisterNumber>, fits: Fits<'_>) -> Result<Vec<Entry>, SearchError> {
        let mut changed = self.changed.clone();
        changed.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
        let mut fresh = Vec::new();
        for number in changed
            .into_iter()
            .filter(|number| before.is_none_or(|before| *number < before))
            .take(FRESH)
        {
            let Some(entry) = self.ledger.entry(number)?.filter(|entry| person.sees(entry)) else {
                continue;
            };
            let letter = match document::letter_source(&entry) {
                Some(source) => self.snapshot.letter(number, &source)?,
                None => None,
            };
            if fits(&entry, letter.as_deref()) {
                fresh.push(entry);
            }
        }
        Ok(fresh)
    }
}

/// Whether an entry fits, with the text of its covering letter.
type Fits<'a> = &'a dyn Fn(&Entry, Option<&str>) -> bool;
