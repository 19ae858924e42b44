//! What stands wrong in this process and is no part of the record: shown on the system board and by `/health` until it is over.

use std::collections::BTreeMap;
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
pub struct Troubles(Mutex<BTreeMap<Trouble, Stands>>);

impl Troubles {
    /// It stands, for this reason now; `true`: it did not stand before.
    pub fn begin(&self, trouble: Trouble, stands: Stands) -> bool {
        let mut all = self.lock();
        let since = all.get(&trouble).map_or(stands.since, |before| before.since);
        all.insert(trouble, Stands { since, ..stands }).is_none()
    }

    pub fn end(&self, trouble: Trouble) {
        self.lock().remove(&trouble);
    }

    /// Those that stand while the journal ends at `sequence`: a record that was written since shows that the disk takes records again.
    pub fn standing(&self, sequence: u64) -> BTreeMap<Trouble, Stands> {
        let mut all = self.lock();
        all.retain(|trouble, stands| *trouble != Trouble::RecordRefused || sequence <= stands.sequence);
        all.clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Trouble, Stands>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
