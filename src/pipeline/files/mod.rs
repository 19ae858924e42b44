//! Follows the register for application files: whatever entry is new or changed is asked whether it is an application or completes one
//! (`belonging.rs`); its papers are read and what they say is recorded (`reading.rs`). Who is to be told is left to the clock, see
//! [`Pipeline::due_terms`]. What people enter about a file and what they are told of it is `entering.rs` and `report.rs`.
//!
//! Only where to go on is remembered here, and when what is uncertain is tried again; after a restart the last changes of the register are
//! walked once more, which finds everything read already and records nothing.

mod belonging;
mod entering;
mod reading;
pub mod report;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Pipeline, PipelineError};
use crate::checklist::entered::Read;
use crate::checklist::terms::{Kind, Term, open_terms};
use crate::hash::Sha256;
use crate::ledger::LedgerError;
use crate::ledger::event::{Event, Standing};
use crate::ledger::files::{ApplicationFile, is_finished};
use crate::register::entry::{Entry, RegisterNumber};
use crate::settings::Settings;
use belonging::{may_belong, sender_of};

/// Changed entries that are looked at in one go.
const TOGETHER: usize = 200;

/// How long one look may take before it gives way: verdicts are fetched for each message, and where nobody answers hundreds of them would keep
/// the clock from being looked at. The next look goes on where this one stopped.
const LOOK_FOR: Duration = Duration::from_secs(600);

/// Under this name the record says how far the register was followed, so that a start does not walk all of it.
const FOLLOWED: &str = "checklists-followed";

/// Changes after which that is said again: a start walks so many at most, which takes a second.
const SAVED_EVERY: u64 = 5_000;

/// What an entry was looked at under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Under {
    checklists: Sha256,
    anchors: Sha256,
}

/// How far the register was followed.
#[derive(Debug, Default)]
pub struct Follower {
    position: u64,
    /// As far as the record says that it was followed.
    saved: u64,
    /// Others than those of the last look are a reason to begin anew.
    under: Option<Under>,
    /// Other anchors: what is open is read again, until the end is reached once.
    again: bool,
    /// Changes that are being worked off. A look that gives way leaves the rest of them to the next one: begun anew each time, a sender with many
    /// messages would hold the follower for ever.
    batch: Batch,
    /// Applications by the address that sent them: only from there is one completed without a clerk.
    senders: BTreeMap<String, BTreeSet<RegisterNumber>>,
    /// What is uncertain, with its tries and when it was tried last.
    uncertain: BTreeMap<RegisterNumber, (usize, Timestamp)>,
    /// The open terms of the files that have some.
    terms: BTreeMap<RegisterNumber, Vec<Term>>,
}

#[derive(Debug, Default)]
struct Batch {
    fresh: VecDeque<RegisterNumber>,
    /// No applications by themselves; they may complete one, so they come behind all that are fresh.
    rest: VecDeque<RegisterNumber>,
    /// Where it ends.
    position: u64,
}

impl Batch {
    fn is_done(&self) -> bool {
        self.fresh.is_empty() && self.rest.is_empty()
    }
}

impl Pipeline {
    /// Reads the papers of whatever is new or changed in the register, and once more those that are uncertain and due. Says how many
    /// readings were recorded.
    ///
    /// # Errors
    /// The record cannot be read or written. What was not read is read the next time.
    pub async fn follow_files(&self) -> Result<usize, PipelineError> {
        self.follow_files_for(LOOK_FOR).await
    }

    /// The same, giving way after that time; one change at least is worked off. Public for tests that are the clock.
    ///
    /// # Errors
    /// As [`Pipeline::follow_files`].
    pub async fn follow_files_for(&self, look_for: Duration) -> Result<usize, PipelineError> {
        let settings = self.settings();
        let mut follower = self.files.lock().await;
        if settings.checklists.is_empty() {
            *follower = Follower::default();
            return Ok(0);
        }
        let under = Under {
            checklists: settings.checklists.sha256(),
            anchors: settings.trust.anchors_sha256(),
        };
        if follower.under != Some(under) {
            let again = follower.under.is_some_and(|before| before.anchors != under.anchors);
            *follower = self.begin_following(under, again)?;
            self.note_files(&mut follower)?;
        }
        let (mut recorded, until) = (0, Instant::now() + look_for);
        loop {
            if follower.batch.is_done() {
                let changes = self.ledger.changes_since(follower.position, TOGETHER)?;
                if changes.numbers.is_empty() {
                    break;
                }
                follower.batch = Batch {
                    fresh: changes.numbers.into(),
                    rest: VecDeque::new(),
                    position: changes.position,
                };
            }
            recorded += usize::from(self.follow_next(&settings, &mut follower).await?);
            let batch = &follower.batch;
            if batch.is_done() {
                follower.position = batch.position;
                // A walk of years gives way to whoever else wants the thread.
                tokio::task::yield_now().await;
            }
            if Instant::now() >= until {
                let left = follower.batch.fresh.len() + follower.batch.rest.len();
                tracing::info!(left, "the application files take longer than one look; the next one goes on");
                return Ok(recorded);
            }
        }
        follower.again = false;
        self.save_position(&mut follower).await?;
        recorded += self.try_uncertain(&settings, until, &mut follower).await?;
        Ok(recorded)
    }

    /// The next change: applications before what completes them. It stays the next one until it is done.
    async fn follow_next(&self, settings: &Arc<Settings>, follower: &mut Follower) -> Result<bool, PipelineError> {
        if let Some(number) = follower.batch.fresh.front().copied() {
            let read = self.follow(number, settings, follower).await?;
            follower.batch.fresh.pop_front();
            if read.is_none() {
                follower.batch.rest.push_back(number);
            }
            return Ok(read.unwrap_or_default());
        }
        let Some(number) = follower.batch.rest.front().copied() else {
            return Ok(false);
        };
        let read = self.follow_completion(number, settings, follower).await?;
        follower.batch.rest.pop_front();
        Ok(read)
    }

    /// From the beginning, or from where the record says that these checklists were followed to.
    fn begin_following(&self, under: Under, again: bool) -> Result<Follower, LedgerError> {
        let saved = self.ledger.standing(FOLLOWED)?.filter(|standing| {
            let is_same = |name: &str, value: Sha256| standing.facts.get(name) == Some(&value.to_string());
            !again && is_same("checklists", under.checklists)
        });
        let position = saved.and_then(|standing| standing.facts.get("position")?.parse().ok()).unwrap_or(0);
        Ok(Follower {
            position,
            saved: position,
            under: Some(under),
            again,
            ..Follower::default()
        })
    }

    /// What is remembered of the files that are known already.
    fn note_files(&self, follower: &mut Follower) -> Result<(), PipelineError> {
        for number in self.ledger.file_numbers_back() {
            if let Some(entry) = self.ledger.entry(number?)? {
                self.note(&entry, follower)?;
            }
        }
        Ok(())
    }

    async fn save_position(&self, follower: &mut Follower) -> Result<(), PipelineError> {
        let (Some(under), position) = (follower.under, follower.position) else {
            return Ok(());
        };
        if position.saturating_sub(follower.saved) < SAVED_EVERY {
            return Ok(());
        }
        let facts = BTreeMap::from([
            ("checklists".to_owned(), under.checklists.to_string()),
            ("position".to_owned(), position.to_string()),
        ]);
        let standing = Standing {
            alarm: FOLLOWED.to_owned(),
            since: Some(self.now()),
            facts,
        };
        self.ledger.append(Event::Standing(standing)).await?;
        follower.saved = position;
        Ok(())
    }

    /// The open terms of every file, as they were after the last [`Pipeline::follow_files`].
    pub async fn due_terms(&self) -> Vec<(RegisterNumber, Term)> {
        let follower = self.files.lock().await;
        let all = follower.terms.iter();
        all.flat_map(|(number, terms)| terms.iter().map(|term| (*number, term.clone())))
            .collect()
    }

    /// An entry that is an application, or is known to complete one; `None`: it may still complete one.
    async fn follow(
        &self,
        number: RegisterNumber,
        settings: &Arc<Settings>,
        follower: &mut Follower,
    ) -> Result<Option<bool>, PipelineError> {
        let Some(entry) = self.ledger.entry(number)? else {
            return Ok(Some(false));
        };
        let state = self.ledger.file_state(number)?.unwrap_or_default();
        if state.part_of.is_none()
            && !state.placed_by_hand
            && state.read.is_none()
            && may_belong(&entry)
            && sender_of(&entry).is_some_and(|sender| follower.senders.contains_key(&sender))
        {
            return Ok(None);
        }
        let Some(checklist) = self.checklist_of(&entry, &state, settings)? else {
            follower.forget(&entry);
            return Ok(match state.placed_by_hand {
                true => Some(false),
                false => None,
            });
        };
        // A change of the rules concerns what is worked on; nobody wants the files of years read again before today's.
        let is_finished = match state.part_of {
            Some(head) => self.ledger.entry(head)?.is_some_and(|head| is_finished(&head)),
            None => is_finished(&entry),
        };
        let is_read = |read: &Read| read.checklist == checklist.name && (is_finished || read.rules == checklist.sha256);
        let must_read = match &state.read {
            Some(read) => !is_read(read) || (follower.again && !is_finished && read.reading.is_open()),
            None => true,
        };
        let read = must_read && self.read_papers(&entry, checklist, state.part_of, settings).await?;
        self.note(&entry, follower)?;
        Ok(Some(read))
    }

    /// Remembers what the clock and later messages ask about.
    fn note(&self, entry: &Entry, follower: &mut Follower) -> Result<(), PipelineError> {
        let number = entry.register_number;
        let state = self.ledger.file_state(number)?.unwrap_or_default();
        let head = state.part_of.unwrap_or(number);
        if head != number {
            follower.terms.remove(&number);
        }
        let Some(file) = self.ledger.application_file(head, &|_| true)? else {
            follower.forget(entry);
            return Ok(());
        };
        let is_worked_on = !is_finished(&file.head);
        for (member, read) in &file.members {
            let number = member.register_number;
            match is_worked_on && read.as_ref().is_some_and(|read| read.reading.is_open()) {
                true => {
                    follower.uncertain.entry(number).or_insert((0, self.now()));
                }
                false => {
                    follower.uncertain.remove(&number);
                }
            }
        }
        if let Some(sender) = sender_of(&file.head) {
            let own = follower.senders.entry(sender).or_default();
            // What is done with is completed by nobody; a clerk may still join something.
            if is_worked_on {
                own.insert(head)
            } else {
                own.remove(&head)
            };
        }
        let terms = terms_of(&file, &self.settings());
        match terms.is_empty() {
            true => follower.terms.remove(&head),
            false => follower.terms.insert(head, terms),
        };
        Ok(())
    }
}

impl Follower {
    /// It is no file.
    fn forget(&mut self, entry: &Entry) {
        let number = entry.register_number;
        self.uncertain.remove(&number);
        self.terms.remove(&number);
        if let Some(files) = sender_of(entry).and_then(|sender| self.senders.get_mut(&sender)) {
            files.remove(&number);
        }
    }
}

/// The open terms of a file under the rules of today. Of one that is done only a loss that must be reported: papers are lost in archives.
pub fn terms_of(file: &ApplicationFile, settings: &Settings) -> Vec<Term> {
    let Some(checklist) = file.rules(&settings.checklists) else {
        return Vec::new();
    };
    let mut terms = open_terms(
        checklist,
        &file.entered,
        file.outcome(&settings.checklists).standing,
        file.head.message.received_at,
        &settings.registry.calendar,
        settings.config.checklist.power_warning_days,
    );
    terms.retain(|term| !is_finished(&file.head) || term.kind == Kind::LossReport);
    terms
}
