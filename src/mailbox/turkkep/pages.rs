//! Which UIDs of a window are asked for. The service takes a range of UIDs, and how many rows it gives at most is not known: a list is taken
//! for whole only when the range beyond it, on either side, was answered with nothing. Pure.

/// Requests for one window: at the twenty rows that other clients get, forty thousand messages.
const REQUESTS: usize = 2_000;

/// Both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// The largest `long` of the service.
pub(super) const HIGHEST: u64 = i64::MAX as u64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Above(u64),
    Below(u64),
    Nothing,
}

/// The walk through the UIDs of one window.
#[derive(Debug)]
pub(super) struct Pages {
    next: Next,
    /// The lowest UID seen, where what lies below is asked for too.
    lowest: Option<u64>,
    is_whole: bool,
    asked: usize,
}

impl Pages {
    /// All UIDs.
    pub(super) fn all() -> Self {
        Self {
            next: Next::Above(0),
            lowest: None,
            is_whole: true,
            asked: 0,
        }
    }

    /// Those above the highest that is known.
    pub(super) fn above(highest: u64) -> Self {
        Self {
            next: if highest < HIGHEST {
                Next::Above(highest + 1)
            } else {
                Next::Nothing
            },
            is_whole: false,
            ..Self::all()
        }
    }

    pub(super) fn next(&self) -> Option<Range> {
        match self.next {
            Next::Above(from) => Some(Range { from, to: HIGHEST }),
            Next::Below(to) => Some(Range { from: 0, to }),
            Next::Nothing => None,
        }
    }

    /// The list goes on for longer than any honest one.
    pub(super) fn is_endless(&self) -> bool {
        self.asked >= REQUESTS
    }

    /// The rows that the range was answered with. A service that ignores the range repeats itself, and that ends the walk, too.
    pub(super) fn answered(&mut self, uids: impl IntoIterator<Item = u64>) {
        self.asked += 1;
        let Some(range) = self.next() else { return };
        let within: Vec<u64> = uids.into_iter().filter(|uid| (range.from..=range.to).contains(uid)).collect();
        let (lowest, highest) = (within.iter().min().copied(), within.iter().max().copied());
        self.lowest = self.lowest.into_iter().chain(lowest).min();
        self.next = match (self.next, highest) {
            (Next::Above(_), Some(highest)) if highest < HIGHEST => Next::Above(highest + 1),
            (Next::Above(_), _) if self.is_whole => self.below(),
            (Next::Below(_), Some(_)) => self.below(),
            _ => Next::Nothing,
        };
    }

    fn below(&self) -> Next {
        match self.lowest {
            Some(lowest) if lowest > 0 => Next::Below(lowest - 1),
            _ => Next::Nothing,
        }
    }
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod pages_tests;
