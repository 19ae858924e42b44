//! How soon a host that failed, or a question that was answered, may be asked again. Pure: time is handed in.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// The first pause after a failure.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);
/// The longest: a provider that comes back is noticed within it.
const LONGEST: SignedDuration = SignedDuration::from_mins(60);
/// What was answered is not asked again within this: many documents wait for the same list.
const ANSWERED: SignedDuration = SignedDuration::from_mins(10);
/// Entries kept; what is over is dropped when there are more.
const CAPACITY: usize = 4_096;

#[derive(Debug, Clone, Copy)]
struct Pause {
    failures: u32,
    until: Timestamp,
}

/// Pauses by name: of a host, or of a question.
#[derive(Debug, Default)]
pub struct Pauses(HashMap<String, Pause>);

impl Pauses {
    pub fn holds(&self, name: &str, now: Timestamp) -> bool {
        self.0.get(name).is_some_and(|pause| now < pause.until)
    }

    /// Doubles from one minute to an hour.
    pub fn failed(&mut self, name: &str, now: Timestamp) {
        let failures = self.0.get(name).map_or(0, |pause| pause.failures).saturating_add(1);
        let doubled = SHORTEST.saturating_mul(1 << (failures - 1).min(6)).min(LONGEST);
        self.put(
            name,
            Pause {
                failures,
                until: after(now, doubled),
            },
            now,
        );
    }

    pub fn answered(&mut self, name: &str, now: Timestamp) {
        let until = after(now, ANSWERED);
        self.put(name, Pause { failures: 0, until }, now);
    }

    pub fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    fn put(&mut self, name: &str, pause: Pause, now: Timestamp) {
        if self.0.len() >= CAPACITY {
            self.0.retain(|_, known| now < known.until);
        }
        if self.0.len() < CAPACITY {
            self.0.insert(name.to_owned(), pause);
        }
    }
}

fn after(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}
