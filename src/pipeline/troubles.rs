//! What stands wrong in this process and is no part of the record: shown on the system board and by `/health` until it is over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::text::Text;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A changed configuration could not be read: the one before stays in force.
    ReloadFailed,
    /// Nobody can open the page: its address or certificate is wrong or taken.
    PageNotServed,
    /// The disk takes no record.
    RecordRefused,
}

impl Trouble {
    pub fn name(self) -> Text {
        match self {
            Self::ReloadFailed => Text::new(
                "Yapılandırma yenilenemedi, eskisi geçerli",
                "The configuration was not read anew, the one before stays in force",
            ),
            Self::PageNotServed => Text::new("Sayfa sunulamıyor", "The page is not served"),
            Self::RecordRefused => Text::new("Kayıt diske yazılamıyor", "The disk takes no record"),
        }
    }
}

/// Since when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    pub since: Timestamp,
    pub why: Text,
    /// The last record when it was noticed.
    pub sequence: u64,
}

#[derive(Debug, Default)]
pub struct Troubles(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    standing: BTreeMap<Trouble, Stands>,
    /// Of those, what nobody could be told.
    unsaid: BTreeSet<Trouble>,
}

impl Troubles {
    /// It stands, for this reason now; `true`: it did not stand before, or nobody could be told.
    pub fn begin(&self, trouble: Trouble, stands: Stands) -> bool {
        let mut all = self.lock();
        let since = all.standing.get(&trouble).map_or(stands.since, |before| before.since);
        let is_unsaid = all.unsaid.remove(&trouble);
        all.standing.insert(trouble, Stands { since, ..stands }).is_none() || is_unsaid
    }

    /// It was to be said and nobody heard: the next time counts as the first.
    pub fn unsaid(&self, trouble: Trouble) {
        self.lock().unsaid.insert(trouble);
    }

    pub fn end(&self, trouble: Trouble) {
        let mut all = self.lock();
        all.standing.remove(&trouble);
        all.unsaid.remove(&trouble);
    }

    /// Those that stand while the journal ends at `sequence`: a record that was written since shows that the disk takes records again.
    pub fn standing(&self, sequence: u64) -> BTreeMap<Trouble, Stands> {
        let mut all = self.lock();
        all.standing
            .retain(|trouble, stands| *trouble != Trouble::RecordRefused || sequence <= stands.sequence);
        all.standing.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_could_be_told_counts_as_begun_the_next_time() {
        let troubles = Troubles::default();
        let begin = || {
            let stands = Stands {
                since: Timestamp::UNIX_EPOCH,
                why: Text::new("adres dolu", "the address is taken"),
                sequence: 1,
            };
            troubles.begin(Trouble::PageNotServed, stands)
        };
        assert!(begin() && !begin());
        troubles.unsaid(Trouble::PageNotServed);
        assert_eq!(troubles.standing(1).len(), 1, "it stands all the same");
        assert!(begin() && !begin());
        troubles.unsaid(Trouble::PageNotServed);
        troubles.end(Trouble::PageNotServed);
        assert!(begin() && !begin());
    }
}
