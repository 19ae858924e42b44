//! The questions that can be asked of the state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::event::{Looked, Standing, Viewed};
use super::overlay::decode;
use super::retention::needs;
use super::state::{DayOfChecks, EvidenceState, Hole, LocatorState, MailboxState, MessageState, Waiting};
use super::{Ledger, LedgerError, key};
use crate::alert::job::Job;
use crate::hash::Sha256;
use crate::mailbox::Locator;
use crate::people::{Account, SignIns};
use crate::register::entry::{Entry, RegisterNumber};

/// What a mailbox holds and what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Messages that the server listed at the last check.
    pub listed: u64,
    /// Locators whose bytes are durable.
    pub fetched: u64,
    /// Of those, the ones whose message has a register number.
    pub registered: u64,
    pub holes: u64,
}

/// A deadline that somebody can still miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDeadline {
    pub at: Timestamp,
    pub number: RegisterNumber,
    pub kind: String,
}

impl Ledger {
    pub fn entry(&self, number: RegisterNumber) -> Result<Option<Entry>, LedgerError> {
        self.read(&key::entry(number))
    }

    /// The first entry with this BelgeId.
    pub fn entry_of_document(&self, id: &str) -> Result<Option<RegisterNumber>, LedgerError> {
        self.read(&key::document(id))
    }

    /// All entries, oldest first, one at a time.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, LedgerError>> + '_ {
        self.walk(key::ENTRIES)
    }

    /// All entries, newest first.
    pub fn entries_back(&self) -> impl Iterator<Item = Result<Entry, LedgerError>> + '_ {
        self.index.scan_back(key::ENTRIES).map(|pair| {
            let (name, value) = pair?;
            decode(&name, &value)
        })
    }

    /// How many entries were registered after an instant; all of them where there is none. One "of next year" was registered by a wrong clock,
    /// and is not new every day until then.
    pub fn registered_since(&self, since: Option<Timestamp>) -> Result<u64, LedgerError> {
        let (mut count, now) = (0, self.clock.now());
        for entry in self.entries_back() {
            if since.is_some_and(|since| entry.as_ref().is_ok_and(|entry| entry.registered_at <= since)) {
                break;
            }
            let entry = entry?;
            count += u64::from(since.is_none() || entry.registered_at <= now);
        }
        Ok(count)
    }

    pub fn message(&self, sha256: &Sha256) -> Result<Option<MessageState>, LedgerError> {
        self.read(&key::message(sha256))
    }

    /// Every message whose bytes must be in the blobs: all that came, but those that went by a disposal list.
    pub fn messages(&self) -> Result<Vec<Sha256>, LedgerError> {
        let gone = self.gone()?;
        let mut all = Vec::new();
        for pair in self.index.scan(key::MESSAGES) {
            all.extend(key::trailing_sha256(&pair?.0).filter(|sha256| !gone.contains(sha256)));
        }
        Ok(all)
    }

    /// Every blob that went by a disposal list and that nothing needed since.
    pub fn gone(&self) -> Result<BTreeSet<Sha256>, LedgerError> {
        let mut all = BTreeSet::new();
        for pair in self.index.scan(key::GONE) {
            all.extend(key::trailing_sha256(&pair?.0));
        }
        Ok(all)
    }

    /// The first messages that have bytes and no register entry, with their attempts so far, in the order of arrival.
    pub fn pending(&self, at_most: usize) -> Result<Vec<(Sha256, MessageState)>, LedgerError> {
        let mut pending = Vec::new();
        for pair in self.index.scan(key::PENDING).take(at_most) {
            let (name, _) = pair?;
            if let Some(sha256) = key::trailing_sha256(&name)
                && let Some(message) = self.message(&sha256)?
            {
                pending.push((sha256, message));
            }
        }
        Ok(pending)
    }

    /// The same, without those on which work was begun as often as `attempts` already.
    pub fn pending_below(&self, attempts: u32, at_most: usize) -> Result<Vec<(Sha256, MessageState)>, LedgerError> {
        let mut pending = Vec::new();
        for pair in self.index.scan(key::PENDING) {
            if pending.len() == at_most {
                break;
            }
            if let Some(sha256) = key::trailing_sha256(&pair?.0)
                && let Some(message) = self.message(&sha256)?.filter(|message| message.attempts < attempts)
            {
                pending.push((sha256, message));
            }
        }
        Ok(pending)
    }

    /// Deadlines at or after an instant that can still be missed, the latest first. Only their keys are read.
    pub fn open_deadlines(&self, since: Timestamp) -> Result<Vec<OpenDeadline>, LedgerError> {
        let mut open = Vec::new();
        for pair in self.index.scan_back(key::DEADLINES) {
            let Some((at, number, kind)) = key::read_deadline(&pair?.0) else {
                continue;
            };
            if at.as_second() < since.as_second() {
                break;
            }
            open.push(OpenDeadline { at, number, kind });
        }
        Ok(open)
    }

    /// Entries whose verdict may become another by itself, in the order of their numbers.
    pub fn waiting(&self) -> Result<Vec<Waiting>, LedgerError> {
        self.walk(key::WAITING).collect()
    }

    /// Every blob that there must be: the messages, and what the entries rest on.
    pub fn named(&self) -> Result<BTreeSet<Sha256>, LedgerError> {
        let mut all = self.objects()?;
        all.extend(self.messages()?);
        Ok(all)
    }

    /// The entries that these blobs are the message of, or that rest on them.
    pub fn needing(&self, blobs: &BTreeSet<Sha256>) -> Result<BTreeMap<Sha256, Vec<RegisterNumber>>, LedgerError> {
        let mut needing: BTreeMap<Sha256, Vec<RegisterNumber>> = BTreeMap::new();
        for entry in self.entries() {
            let entry = entry?;
            let names = needs::own(self, &entry)?;
            for name in names.intersection(blobs) {
                needing.entry(*name).or_default().push(entry.register_number);
            }
        }
        Ok(needing)
    }

    /// Locators of a mailbox whose bytes are durable: never asked for again. What was deleted on the server is none of them: should it be listed
    /// once more, it may be another message.
    pub fn known(&self, mailbox: &str) -> Result<BTreeSet<Locator>, LedgerError> {
        let is_known = |state: &LocatorState| matches!(state, LocatorState::Fetched { removed: false, .. });
        let states = self.locators_of(mailbox)?.into_iter();
        Ok(states.filter(|(_, state)| is_known(state)).map(|(locator, _)| locator).collect())
    }

    /// Locators that may be marked on the server as taken: their message is registered, and they were not marked yet.
    pub fn unacknowledged(&self, mailbox: &str) -> Result<Vec<(Locator, Sha256)>, LedgerError> {
        let mut waiting = Vec::new();
        for (locator, sha256, acknowledged) in self.fetched(mailbox)? {
            if !acknowledged && self.is_registered(&sha256)? {
                waiting.push((locator, sha256));
            }
        }
        Ok(waiting)
    }

    /// Everything of a mailbox whose bytes are durable, registered or not.
    pub fn durable(&self, mailbox: &str) -> Result<Vec<(Locator, Sha256)>, LedgerError> {
        let fetched = self.fetched(mailbox)?.into_iter();
        Ok(fetched.map(|(locator, sha256, _)| (locator, sha256)).collect())
    }

    pub fn holes(&self) -> Result<Vec<Hole>, LedgerError> {
        self.walk(key::HOLES).collect()
    }

    pub fn holes_of(&self, mailbox: &str) -> Result<Vec<Hole>, LedgerError> {
        self.walk(&key::holes(mailbox)).collect()
    }

    pub fn hole(&self, mailbox: &str, locator: &Locator) -> Result<Option<Hole>, LedgerError> {
        self.read(&key::hole(mailbox, locator))
    }

    pub fn mailbox(&self, name: &str) -> Result<MailboxState, LedgerError> {
        Ok(self.read(&key::mailbox(name))?.unwrap_or_default())
    }

    pub fn counts(&self, mailbox: &str) -> Result<Counts, LedgerError> {
        let fetched: u64 = self.read(&key::fetched_count(mailbox))?.unwrap_or_default();
        // By what waits and not by what is done: that is little, however large the mailbox.
        let mut waiting = 0;
        for (_, message) in self.pending(usize::MAX)? {
            waiting += message.sightings.iter().filter(|seen| seen.mailbox == mailbox).count() as u64;
        }
        let holes = self.holes_of(mailbox)?.len() as u64;
        Ok(Counts {
            listed: self.mailbox(mailbox)?.listed,
            fetched,
            registered: fetched.saturating_sub(waiting),
            holes,
        })
    }

    pub fn day(&self, mailbox: &str, day: Date) -> Result<DayOfChecks, LedgerError> {
        Ok(self.read(&key::day(mailbox, day))?.unwrap_or_default())
    }

    /// The first day on which a mailbox was checked.
    pub fn first_day(&self, mailbox: &str) -> Result<Option<Date>, LedgerError> {
        let prefix = key::days(mailbox);
        let Some(pair) = self.index.scan(&prefix).next() else {
            return Ok(None);
        };
        let (name, _) = pair?;
        let day = name.get(prefix.len()..).and_then(|day| std::str::from_utf8(day).ok());
        Ok(day.and_then(|day| day.parse().ok()))
    }

    /// All evidence, in the order of its hash.
    pub fn evidence(&self) -> Result<Vec<EvidenceState>, LedgerError> {
        self.walk(key::EVIDENCE).collect()
    }

    /// The entries of the messages under a link key.
    pub fn linked_to(&self, link_key: &str) -> Result<Vec<RegisterNumber>, LedgerError> {
        Ok(self.read(&key::linked_messages(link_key))?.unwrap_or_default())
    }

    pub fn evidence_document(&self, sha256: &Sha256) -> Result<Option<EvidenceState>, LedgerError> {
        self.read(&key::evidence(sha256))
    }

    /// Evidence under one link key: what is known of one message, even when the message itself is not here.
    pub fn evidence_under(&self, link_key: &str) -> Result<Vec<EvidenceState>, LedgerError> {
        let mut found = Vec::new();
        for pair in self.index.scan(&key::evidence_under(link_key)) {
            let (name, _) = pair?;
            if let Some(sha256) = key::trailing_sha256(&name) {
                found.extend(self.evidence_document(&sha256)?);
            }
        }
        Ok(found)
    }

    pub fn orphans(&self) -> Result<Vec<EvidenceState>, LedgerError> {
        let mut orphans = Vec::new();
        for pair in self.index.scan(key::ORPHANS) {
            let (name, _) = pair?;
            if let Some(sha256) = key::trailing_sha256(&name) {
                orphans.extend(self.evidence_document(&sha256)?);
            }
        }
        Ok(orphans)
    }

    /// Jobs that still want an attempt.
    pub fn open_jobs(&self) -> Result<Vec<Job>, LedgerError> {
        let mut jobs = Vec::new();
        for pair in self.index.scan(key::OPEN_JOBS) {
            let (name, _) = pair?;
            jobs.extend(self.read::<Job>(&key::job_of_open(&name))?);
        }
        Ok(jobs)
    }

    /// How many alerts were given up after an instant; all of them where there is none. Reads nothing else of the outbox.
    pub fn given_up_since(&self, since: Option<Timestamp>) -> Result<u64, LedgerError> {
        let mut count = 0;
        for pair in self.index.scan_back(key::GIVEN_UP) {
            let (name, value) = pair?;
            let at: Timestamp = decode(&name, &value)?;
            // The keys are in the order of seconds: within one, an earlier instant may stand behind a later one.
            if since.is_some_and(|since| at.as_second() < since.as_second()) {
                break;
            }
            count += u64::from(since.is_none_or(|since| at > since));
        }
        Ok(count)
    }

    pub fn jobs(&self) -> Result<Vec<Job>, LedgerError> {
        self.walk(key::JOBS).collect()
    }

    pub fn standing(&self, alarm: &str) -> Result<Option<Standing>, LedgerError> {
        self.read(&key::standing(alarm))
    }

    /// Standing alarms whose name begins with `prefix`.
    pub fn standing_under(&self, prefix: &str) -> Result<Vec<Standing>, LedgerError> {
        self.walk(&[key::STANDING, prefix.as_bytes()].concat()).collect()
    }

    /// Everybody who has an account, by login.
    pub fn accounts(&self) -> Result<Vec<Account>, LedgerError> {
        self.walk(key::ACCOUNTS).collect()
    }

    pub fn account(&self, login: &str) -> Result<Option<Account>, LedgerError> {
        self.read(&key::account(login))
    }

    pub fn sign_ins(&self, login: &str) -> Result<SignIns, LedgerError> {
        Ok(self.read(&key::sign_ins(login))?.unwrap_or_default())
    }

    /// Who looked at a document and when, oldest first.
    pub fn views_of(&self, number: RegisterNumber) -> Result<Vec<Viewed>, LedgerError> {
        self.walk(&key::views(number)).collect()
    }

    /// When somebody last looked at this of a document.
    pub(super) fn last_view(&self, name: &[u8]) -> Result<Option<Timestamp>, LedgerError> {
        self.read(name)
    }

    pub(super) fn has_looked(&self, day: Date, by: &str) -> Result<bool, LedgerError> {
        Ok(self.index.get(&key::look(day, by))?.is_some())
    }

    /// Who looked at the list on these days, both included, in the order of the days.
    pub fn looks(&self, from: Date, to: Date) -> Result<Vec<Looked>, LedgerError> {
        let mut looks = Vec::new();
        let mut day = from;
        while day <= to {
            for look in self.walk(&key::looks(day)) {
                looks.push(look?);
            }
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        Ok(looks)
    }

    fn is_registered(&self, sha256: &Sha256) -> Result<bool, LedgerError> {
        Ok(self.message(sha256)?.is_some_and(|message| !message.numbers.is_empty()))
    }

    /// (locator, message, acknowledged) of everything durable in a mailbox.
    fn fetched(&self, mailbox: &str) -> Result<Vec<(Locator, Sha256, bool)>, LedgerError> {
        let states = self.locators_of(mailbox)?.into_iter();
        Ok(states
            .filter_map(|(locator, state)| match state {
                LocatorState::Fetched { sha256, acknowledged, .. } => Some((locator, sha256, acknowledged)),
                LocatorState::Seen { .. } => None,
            })
            .collect())
    }

    pub(super) fn locators_of(&self, mailbox: &str) -> Result<Vec<(Locator, LocatorState)>, LedgerError> {
        let prefix = key::locators(mailbox);
        let mut states = Vec::new();
        for pair in self.index.scan(&prefix) {
            let (name, value) = pair?;
            if let Some(locator) = key::read_locator(name.get(prefix.len()..).unwrap_or_default()) {
                states.push((locator, decode(&name, &value)?));
            }
        }
        Ok(states)
    }

    pub(super) fn read<T: DeserializeOwned>(&self, name: &[u8]) -> Result<Option<T>, LedgerError> {
        self.index.get(name)?.map(|bytes| decode(name, &bytes)).transpose()
    }

    pub(super) fn walk<T: DeserializeOwned>(&self, prefix: &[u8]) -> impl Iterator<Item = Result<T, LedgerError>> + '_ {
        self.index.scan(prefix).map(|pair| {
            let (name, value) = pair?;
            decode(&name, &value)
        })
    }
}
