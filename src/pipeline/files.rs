//! Follows the register for application files: whatever entry is new or changed is asked whether it is an application or completes one; its
//! papers are read and what they say is recorded. Who is to be told is left to the clock, see [`Pipeline::due_terms`].
//!
//! Only where to go on is remembered here, and when what is uncertain is tried again; after a restart the last changes of the register are
//! walked once more, which finds everything read already and records nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::papers::{self, References};
use super::{Pipeline, PipelineError};
use crate::checklist::config::Checklist;
use crate::checklist::entered::{FileState, Read};
use crate::checklist::papers::Reading;
use crate::checklist::terms::{Term, open_terms};
use crate::evidence;
use crate::hash::Sha256;
use crate::isolate;
use crate::ledger::LedgerError;
use crate::ledger::event::{Event, Standing};
use crate::ledger::files::ApplicationFile;
use crate::message::MessageKind;
use crate::opener::Kept;
use crate::register::entry::{Entry, RegisterNumber, State};
use crate::settings::Settings;
use crate::signature::Context;
use crate::store::error::bytes_lost;
use crate::text::{Text, fold};

/// Changed entries that are looked at in one go.
const TOGETHER: usize = 200;

/// How long what a verdict lacks is fetched for one message. Nobody waits for it; what takes longer is tried again.
const FETCH_FOR: Duration = Duration::from_secs(20);

/// Under this name the record says how far the register was followed, so that a start does not walk all of it.
const FOLLOWED: &str = "checklists-followed";

/// Changes after which that is said again: a start walks so many at most, which takes a second.
const SAVED_EVERY: u64 = 5_000;

/// Pauses between the tries of one message whose signatures are uncertain, the last one from then on.
const PAUSES: [SignedDuration; 5] = [
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
];

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
    /// Applications by the address that sent them: only from there is one completed without a clerk.
    senders: BTreeMap<String, BTreeSet<RegisterNumber>>,
    /// What is uncertain, with its tries and when it was tried last.
    uncertain: BTreeMap<RegisterNumber, (usize, Timestamp)>,
    /// The open terms of the files that are not done.
    terms: BTreeMap<RegisterNumber, Vec<Term>>,
}

impl Pipeline {
    /// Reads the papers of whatever is new or changed in the register, and once more those that are uncertain and due. Says how many
    /// readings were recorded.
    ///
    /// # Errors
    /// The record cannot be read or written. What was not read is read the next time.
    pub async fn follow_files(&self) -> Result<usize, PipelineError> {
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
        let mut again = false;
        if follower.under != Some(under) {
            again = follower.under.is_some_and(|before| before.anchors != under.anchors);
            *follower = self.begin_following(under, again)?;
            self.note_files(&mut follower)?;
        }
        let mut recorded = 0;
        loop {
            let changes = self.ledger.changes_since(follower.position, TOGETHER)?;
            if changes.numbers.is_empty() {
                break;
            }
            // Applications before what completes them.
            let mut rest = Vec::new();
            for number in changes.numbers {
                match self.follow(number, again, &settings, &mut follower).await? {
                    Some(read) => recorded += usize::from(read),
                    None => rest.push(number),
                }
            }
            for number in rest {
                recorded += usize::from(self.follow_completion(number, &settings, &mut follower).await?);
            }
            follower.position = changes.position;
            // A walk of years gives way to whoever else wants the thread.
            tokio::task::yield_now().await;
        }
        self.save_position(&mut follower).await?;
        recorded += self.try_uncertain(&settings, &mut follower).await?;
        Ok(recorded)
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

    /// The open terms of every file that is not done, as they were after the last [`Pipeline::follow_files`].
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
        again: bool,
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
            && sender_of(&entry).is_some_and(|sender| follower.senders.contains_key(&sender))
        {
            return Ok(None);
        }
        let Some(checklist) = self.checklist_of(&entry, &state, settings)? else {
            follower.forget(number);
            return Ok(match state.placed_by_hand {
                true => Some(false),
                false => None,
            });
        };
        let is_read = |read: &Read| read.checklist == checklist.name && read.rules == checklist.sha256;
        let must_read = match &state.read {
            Some(read) => !is_read(read) || (again && read.reading.is_open()),
            None => true,
        };
        let read = must_read && self.read_papers(&entry, checklist, state.part_of, settings).await?;
        self.note(&entry, follower)?;
        Ok(Some(read))
    }

    /// An entry that no checklist holds for by itself, or that comes from somebody who has a file: does it complete that?
    async fn follow_completion(
        &self,
        number: RegisterNumber,
        settings: &Arc<Settings>,
        follower: &mut Follower,
    ) -> Result<bool, PipelineError> {
        let Some(entry) = self.ledger.entry(number)? else {
            return Ok(false);
        };
        let state = self.ledger.file_state(number)?.unwrap_or_default();
        let sender = sender_of(&entry).unwrap_or_default();
        let files: BTreeSet<RegisterNumber> = follower.senders.get(&sender).cloned().unwrap_or_default();
        let earlier: BTreeSet<RegisterNumber> = files.into_iter().filter(|file| *file < number).collect();
        let head = match earlier.is_empty() || state.placed_by_hand {
            true => None,
            false => self.referred_file(&entry, &earlier, settings).await?,
        };
        let checklist = match head {
            Some(head) => {
                let file = self.ledger.application_file(head, &|_| true)?;
                file.and_then(|file| settings.checklists.named(&file.checklist))
            }
            None => self.checklist_of(&entry, &state, settings)?,
        };
        let Some(checklist) = checklist else { return Ok(false) };
        let read = self.read_papers(&entry, checklist, head, settings).await?;
        self.note(&entry, follower)?;
        Ok(read)
    }

    /// The rules that an entry is read by, if any.
    fn checklist_of<'s>(&self, entry: &Entry, state: &FileState, settings: &'s Settings) -> Result<Option<&'s Checklist>, LedgerError> {
        if let Some(head) = state.part_of {
            let file = self.ledger.application_file(head, &|_| true)?;
            return Ok(file.and_then(|file| settings.checklists.named(&file.checklist)));
        }
        if let Some(bound) = state.entered.bound() {
            return Ok(bound.and_then(|name| settings.checklists.named(name)));
        }
        // A clerk took it out of a file: it is one by itself only where the rules say so.
        Ok(match settings.checklists.for_entry(entry) {
            Some(checklist) if may_be_application(entry, settings) => Some(checklist),
            _ => None,
        })
    }

    /// The one file of the sender's that the message refers to: by its number in the subject, by a reply, or by a reference of the package.
    /// Where it refers to several nobody knows, and a clerk decides.
    async fn referred_file(
        &self,
        entry: &Entry,
        files: &BTreeSet<RegisterNumber>,
        settings: &Arc<Settings>,
    ) -> Result<Option<RegisterNumber>, PipelineError> {
        let subjects = [
            entry.message.subject.as_deref(),
            entry.document.as_ref().and_then(|document| document.subject.as_deref()),
        ];
        let is_named = |number: &RegisterNumber| subjects.into_iter().flatten().any(|subject| names(subject, *number));
        let mut referred: BTreeSet<RegisterNumber> = files.iter().filter(|number| is_named(number)).copied().collect();
        if referred.is_empty() {
            let references = self.references_of(entry, settings).await?;
            for id in &references.ids {
                for key in evidence::id_keys(id) {
                    referred.extend(self.ledger.numbers_under(&key.to_string())?);
                }
            }
            for id in &references.documents {
                referred.extend(self.ledger.entry_of_document(id)?);
            }
            // A reply to what completed a file belongs to the file.
            let mut heads = BTreeSet::new();
            for number in referred {
                let state = self.ledger.file_state(number)?;
                heads.insert(state.and_then(|state| state.part_of).unwrap_or(number));
            }
            referred = heads.intersection(files).copied().collect();
        }
        Ok(referred.first().copied().filter(|_| referred.len() == 1))
    }

    async fn references_of(&self, entry: &Entry, settings: &Arc<Settings>) -> Result<References, PipelineError> {
        let read = self
            .apart(entry, settings, |raw, entry, settings, kept| {
                papers::references(raw, entry, settings, kept)
            })
            .await?;
        Ok(read.unwrap_or_default())
    }

    /// Does hostile work on the message of an entry; `Err`: why it could not be done.
    async fn apart<T: Send + 'static>(
        &self,
        entry: &Entry,
        settings: &Arc<Settings>,
        work: impl FnOnce(&Bytes, &Entry, &Settings, &Kept) -> T + Send + 'static,
    ) -> Result<Result<T, Text>, PipelineError> {
        let (ledger, entry, settings) = (Arc::clone(&self.ledger), entry.clone(), Arc::clone(settings));
        let task = move || {
            let raw: Bytes = match ledger.blobs().get(&entry.message.sha256) {
                Ok(raw) => raw,
                Err(error) if error.is_transient() => return Err(LedgerError::from(error)),
                Err(error) => {
                    tracing::error!(%error, "the papers of a message cannot be read");
                    return Ok(Err(bytes_lost()));
                }
            };
            let kept = ledger.kept([&entry])?;
            let deadline = settings.limits.parse_deadline;
            let done = isolate::run(deadline, move || work(&raw, &entry, &settings, &kept));
            Ok(done.map_err(|broken| broken.text()))
        };
        let outcome = tokio::task::spawn_blocking(task).await;
        Ok(outcome.map_err(|error| PipelineError::Broken(error.to_string()))??)
    }

    /// Reads the papers of one message and records what they say; what the verdicts lack is fetched. Says whether it is anything new.
    async fn read_papers(
        &self,
        entry: &Entry,
        checklist: &Checklist,
        completes: Option<RegisterNumber>,
        settings: &Arc<Settings>,
    ) -> Result<bool, PipelineError> {
        if entry.is_disposed() {
            return Ok(false);
        }
        // Held until the record names what is kept for it.
        let pinned = self.ledger.pins().begin();
        let mut fetching = settings.online.session(FETCH_FOR);
        let fetched_at = self.ledger.message(&entry.message.sha256)?.map(|message| message.fetched_at);
        loop {
            let (rules, now) = (checklist.clone(), self.now());
            let read = self
                .apart(entry, settings, move |raw, entry, settings, kept| {
                    // Our own record proves that the bytes existed when they were fetched.
                    let context: Context = settings.judging(now).with_proof(fetched_at);
                    let reading = papers::read(raw, entry, &rules, settings, &context, kept);
                    (reading, context.trail)
                })
                .await?;
            let (reading, objects) = match read {
                Ok((reading, trail)) => {
                    let wanted = if reading.is_open() { trail.wanted() } else { Vec::new() };
                    if fetching.fetch(&wanted, self.now()).await {
                        continue;
                    }
                    self.keep_objects(&pinned, &trail).await?;
                    settings.online.cache().touch(&trail.from_outside(), self.now());
                    (reading, trail.objects())
                }
                Err(problem) => {
                    let reading = Reading {
                        unreadable: Some(problem),
                        ..Reading::default()
                    };
                    (reading, Vec::new())
                }
            };
            let read = Read {
                checklist: checklist.name.clone(),
                rules: checklist.sha256,
                at: now,
                reading,
                objects,
            };
            let recorded = self.ledger.papers_read(entry.register_number, read, completes).await?;
            if recorded {
                tracing::info!(number = %entry.register_number, "the papers of an application file were read");
            }
            return Ok(recorded);
        }
    }

    /// Remembers what the clock and later messages ask about.
    fn note(&self, entry: &Entry, follower: &mut Follower) -> Result<(), PipelineError> {
        let number = entry.register_number;
        let state = self.ledger.file_state(number)?.unwrap_or_default();
        match state.read.as_ref().is_some_and(|read| read.reading.is_open()) && is_open(entry) {
            true => {
                follower.uncertain.entry(number).or_insert((0, self.now()));
            }
            false => {
                follower.uncertain.remove(&number);
            }
        }
        let head = state.part_of.unwrap_or(number);
        if state.part_of.is_some() {
            follower.terms.remove(&number);
        }
        let file = self.ledger.application_file(head, &|_| true)?;
        let Some(file) = file.filter(|file| is_open(&file.head)) else {
            follower.terms.remove(&head);
            return Ok(());
        };
        if let Some(sender) = sender_of(&file.head) {
            follower.senders.entry(sender).or_default().insert(head);
        }
        let settings = self.settings();
        follower.terms.insert(head, terms_of(&file, &settings));
        Ok(())
    }

    /// What could not be settled is tried again, ever more seldom.
    async fn try_uncertain(&self, settings: &Arc<Settings>, follower: &mut Follower) -> Result<usize, PipelineError> {
        let now = self.now();
        let is_due = |(tries, last): &(usize, Timestamp)| {
            let pause = PAUSES.get(*tries).or(PAUSES.last()).copied().unwrap_or_default();
            last.saturating_add(pause).is_ok_and(|due| due <= now)
        };
        let due: Vec<RegisterNumber> = follower
            .uncertain
            .iter()
            .filter(|(_, tries)| is_due(tries))
            .map(|(number, _)| *number)
            .collect();
        let mut recorded = 0;
        for number in due {
            if let Some((tries, last)) = follower.uncertain.get_mut(&number) {
                (*tries, *last) = (*tries + 1, now);
            }
            let Some(entry) = self.ledger.entry(number)? else { continue };
            let state = self.ledger.file_state(number)?.unwrap_or_default();
            let Some(checklist) = self.checklist_of(&entry, &state, settings)? else {
                continue;
            };
            recorded += usize::from(self.read_papers(&entry, checklist, state.part_of, settings).await?);
            self.note(&entry, follower)?;
        }
        Ok(recorded)
    }
}

impl Follower {
    fn forget(&mut self, number: RegisterNumber) {
        self.uncertain.remove(&number);
        self.terms.remove(&number);
    }
}

/// The open terms of a file under the rules of today.
pub fn terms_of(file: &ApplicationFile, settings: &Settings) -> Vec<Term> {
    let Some(checklist) = file.rules(&settings.checklists).filter(|_| is_open(&file.head)) else {
        return Vec::new();
    };
    open_terms(
        checklist,
        &file.entered,
        file.outcome(&settings.checklists).standing,
        file.head.message.received_at,
        &settings.registry.calendar,
        settings.config.checklist.power_warning_days,
    )
}

/// Somebody still works on it.
fn is_open(entry: &Entry) -> bool {
    !matches!(entry.state, State::Done | State::NotRecorded)
}

/// Nobody applies by a delil or an address check, and what we sent ourselves under the same subject is no application.
fn may_be_application(entry: &Entry, settings: &Settings) -> bool {
    let is_ours = settings
        .address_of(&entry.mailbox)
        .is_some_and(|address| sender_of(entry).is_some_and(|sender| sender == fold(address)));
    !is_ours
        && !matches!(entry.state, State::NotRecorded | State::Quarantined)
        && !matches!(entry.message.kind, MessageKind::Evidence | MessageKind::AddressVerification)
}

/// Who sent it, as it is compared.
fn sender_of(entry: &Entry) -> Option<String> {
    let message = &entry.message;
    message.sender_kep.as_deref().map(fold).filter(|sender| !sender.is_empty())
}

/// The subject names this number, and not a longer one that holds it.
fn names(subject: &str, number: RegisterNumber) -> bool {
    let wanted = number.to_string();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    subject.match_indices(&wanted).any(|(at, found)| {
        let (before, after) = (subject.get(..at), subject.get(at + found.len()..));
        !is_digit(before.and_then(|before| before.chars().next_back())) && !is_digit(after.and_then(|after| after.chars().next()))
    })
}

#[cfg(test)]
mod naming_tests {
    use super::names;

    #[test]
    fn a_subject_names_a_file_by_its_whole_number() {
        let number = "2026/000012".parse().unwrap();
        for (subject, fits) in [
            ("Eksik evrak 2026/000012", true),
            ("GB-2026/000012: tamamlama", true),
            ("2026/0000123", false),
            ("12026/000012", false),
            ("2026/000011", false),
            ("", false),
        ] {
            assert_eq!(names(subject, number), fits, "{subject}");
        }
    }
}
