//! Which days are asked for. The service knows no cursor and no pages, only two dates, so every question reaches back over what was asked
//! before, and what has not arrived here keeps its days in the question. Pure: the day is handed in.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

use crate::clock::istanbul;
use crate::mailbox::{ListedDays, Locator};

/// Once a day the question reaches this far back: a list that was short once, or a message that was entered late, is found then.
pub(in crate::mailbox) const RECHECK_DAYS: i64 = 31;

/// Days of one look into what was listed long ago. Less than a window, so that a list which the service cuts at some length is cut elsewhere;
/// more would make the round through the years long.
const ROUND_SHARE: i64 = 2;

/// Spreads the beginnings of the round after restarts on following days. A prime, so that it has no period with the days of a span.
const ROUND_STRIDE: i64 = 7_919;

/// Days that one query asks for: from the beginning of the first to the beginning of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::mailbox) struct Window {
    pub(in crate::mailbox) from: Date,
    pub(in crate::mailbox) to: Date,
}

impl Window {
    fn contains(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// The two halves, where it has two days or more.
    pub(in crate::mailbox) fn halves(self) -> Option<[Self; 2]> {
        let days = (self.to - self.from).get_days();
        let middle = (days >= 2).then(|| plus(self.from, (days / 2).into()))?;
        Some([Self { to: middle, ..self }, Self { from: middle, ..self }])
    }
}

/// How far to reach.
#[derive(Debug, Clone, Copy)]
pub(in crate::mailbox) struct Reach {
    /// Days that each question goes back beyond what was listed.
    pub(in crate::mailbox) overlap: i64,
    /// Most days of one query.
    pub(in crate::mailbox) window: i64,
    pub(in crate::mailbox) backfill_from: Option<Date>,
}

impl Reach {
    /// Whole days; a part of one counts as one.
    pub(in crate::mailbox) fn new(overlap: Duration, window: Duration, backfill_from: Option<Date>) -> Self {
        let days = |duration: Duration| i64::try_from(duration.as_secs().div_ceil(86_400)).unwrap_or(i64::MAX);
        Self {
            overlap: days(overlap),
            window: days(window).max(1),
            backfill_from,
        }
    }
}

/// What was asked for in one folder, and what of it is not here yet.
#[derive(Debug, Clone, Default)]
pub(in crate::mailbox) struct Walk {
    /// Days of which everything was listed.
    listed: Option<ListedDays>,
    /// Windows of the present walk that are done, so that a broken walk goes on where it stopped.
    done: Vec<Window>,
    /// Listed, and without a durable record: in which window it was seen.
    open: BTreeMap<Locator, Window>,
    rechecked: Option<Date>,
    /// How far back the daily round through the old days has come, and where it stands when the present plan is done.
    round_at: Option<Date>,
    round_next: Option<Date>,
    /// The first day on which it was tried at all: days on which nothing succeeded are not skipped.
    started: Option<Date>,
}

impl Walk {
    pub(in crate::mailbox) fn recall(&mut self, listed: Option<ListedDays>) {
        self.listed = listed;
    }

    /// What has a durable record now needs no further question.
    pub(in crate::mailbox) fn settle(&mut self, is_known: impl Fn(&Locator) -> bool) {
        self.open.retain(|locator, _| !is_known(locator));
    }

    /// The windows to ask for: first the one that ends tomorrow, then older ones, newest first.
    ///
    /// The end is tomorrow because the service takes the end date for the beginning of that day.
    pub(in crate::mailbox) fn plan(&mut self, today: Date, reach: &Reach) -> Vec<Window> {
        self.started = Some(self.started.unwrap_or(today).min(today));
        let begin = self.begin(today, reach);
        let back = match self.rechecked == Some(today) {
            true => reach.overlap,
            false => reach.overlap.max(RECHECK_DAYS.min(reach.window)),
        };
        let recent = Window {
            from: plus(today, -back).max(begin),
            to: plus(today, 1),
        };
        let mut older = Vec::new();
        match self.trusted(today) {
            Some(listed) => {
                let gap = plus(listed.through, -reach.overlap).max(begin);
                older.extend(cut(gap, recent.from, reach.window));
                older.extend(cut(begin, listed.from, reach.window));
            }
            None => older.extend(cut(begin, recent.from, reach.window)),
        }
        older.extend(self.round(today, begin, recent.from, reach));
        older.retain(|window| !self.done.iter().any(|done| done.contains(window)));
        older.extend(self.open.values());
        older.retain(|window| !recent.contains(window));
        older.sort_by(|left, right| right.cmp(left));
        older.dedup();
        [recent].into_iter().chain(older).collect()
    }

    /// Once a day one piece of what was listed long ago, each day the one before it: a list that was cut short then is found out, however old
    /// it is. After a restart it begins somewhere else: a daemon that is restarted every day comes by everywhere, too.
    fn round(&mut self, today: Date, begin: Date, end: Date, reach: &Reach) -> Option<Window> {
        if self.rechecked == Some(today) || self.trusted(today).is_none() || end <= begin {
            return None;
        }
        let days = i64::from((end - begin).get_days()).max(1);
        let anywhere = || {
            plus(
                begin,
                1 + i64::from((today - Date::ZERO).get_days()).saturating_mul(ROUND_STRIDE) % days,
            )
        };
        let upto = match self.round_at {
            Some(at) if at <= begin => end,
            Some(at) => at.min(end),
            None => anywhere(),
        };
        let from = plus(upto, -(reach.window / ROUND_SHARE).max(1)).max(begin);
        self.round_next = Some(from);
        Some(Window { from, to: plus(upto, 1) })
    }

    /// Whether these days were listed completely before, and so long ago that a new message in them means that the list was short.
    pub(in crate::mailbox) fn was_listed(&self, window: Window, today: Date) -> bool {
        let is_old = window.to <= plus(today, -RECHECK_DAYS);
        is_old
            && self
                .trusted(today)
                .is_some_and(|listed| listed.from <= window.from && window.to <= listed.through)
    }

    /// Whether a message was listed before and only its bytes are not here yet.
    pub(in crate::mailbox) fn is_open(&self, locator: &Locator) -> bool {
        self.open.contains_key(locator)
    }

    /// Messages of a window that were listed and have no durable record.
    pub(in crate::mailbox) fn open_within(&self, window: Window) -> impl Iterator<Item = &Locator> {
        let within = self.open.iter().filter(move |(_, seen)| window.contains(seen));
        within.map(|(locator, _)| locator)
    }

    /// A window was listed completely; `new` are those of it without a durable record.
    pub(in crate::mailbox) fn listed(&mut self, window: Window, new: impl IntoIterator<Item = Locator>) {
        self.done.push(window);
        for locator in new {
            self.open.entry(locator).or_insert(window);
        }
    }

    /// Every window of the plan was listed.
    pub(in crate::mailbox) fn complete(&mut self, today: Date, reach: &Reach) {
        let from = self.begin(today, reach);
        self.listed = Some(ListedDays { from, through: today });
        self.rechecked = Some(today);
        self.round_at = self.round_next.take().or(self.round_at);
        self.done.clear();
    }

    /// These are listed no more, although their window was asked for: no reason to ask again.
    pub(in crate::mailbox) fn forget_absent(&mut self, asked: &[Window], is_present: impl Fn(&Locator) -> bool) {
        self.open
            .retain(|locator, window| is_present(locator) || !asked.iter().any(|asked| asked.contains(window)));
    }

    /// What may be written down: a restart that knows only this misses nothing.
    pub(in crate::mailbox) fn state(&self) -> Option<ListedDays> {
        let listed = self.listed?;
        let oldest = self.open.values().map(|window| window.from).min().unwrap_or(listed.through);
        Some(ListedDays {
            from: listed.from.min(oldest),
            through: listed.through.min(oldest),
        })
    }

    fn begin(&self, today: Date, reach: &Reach) -> Date {
        let first = reach
            .backfill_from
            .unwrap_or_else(|| plus(self.started.unwrap_or(today), -reach.overlap));
        match self.listed {
            // The day on which the first walk began stays the beginning, unless the clock was wrong then.
            Some(listed) if listed.from <= today => listed.from.min(reach.backfill_from.unwrap_or(listed.from)),
            _ => first.min(today),
        }
    }

    /// A record from the future was written under a wrong clock: what it says of the last weeks is worth nothing.
    fn trusted(&self, today: Date) -> Option<ListedDays> {
        let listed = self.listed?;
        Some(match listed.through > today {
            true => ListedDays {
                from: listed.from.min(today),
                through: plus(today, -RECHECK_DAYS).max(listed.from.min(today)),
            },
            false => listed,
        })
    }
}

/// Cuts days into windows that share one day with the next: whether an end date belongs to the window is not certain.
fn cut(from: Date, to: Date, most: i64) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut end = to;
    while end > from {
        let begin = plus(end, -most.max(1)).max(from);
        windows.push(Window {
            from: begin,
            to: plus(end, 1),
        });
        end = begin;
    }
    windows
}

pub(in crate::mailbox) fn plus(date: Date, days: i64) -> Date {
    let span: Span = days.days();
    date.saturating_add(span)
}

/// Midnight of a day in Turkey, as the service reads it: local time, with its offset where the operator says so.
pub(in crate::mailbox) fn midnight(date: Date, with_offset: bool) -> String {
    let wall = date.to_datetime(jiff::civil::Time::midnight());
    let text = wall.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    match with_offset {
        false => text,
        true => format!("{text}{}", offset(wall)),
    }
}

/// +03:00 since 2016-09-08, EET or EEST before.
fn offset(wall: DateTime) -> String {
    let zone: TimeZone = istanbul();
    match zone.to_ambiguous_zoned(wall).compatible() {
        Ok(zoned) => zoned.strftime("%:z").to_string(),
        Err(_) => "+03:00".to_owned(),
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod window_tests;
