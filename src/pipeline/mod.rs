//! The only place that sees all stages: one short function per arrow.
//!
//! ```text
//! check.rs     mailbox -> store          list, fetch, keep every byte
//! examine.rs   message -> envelope -> signature -> evidence -> drafts of entries
//! mod.rs       drafts -> register -> store -> alert
//! reexamine.rs the same again, for what has its number
//! papers.rs    store -> message -> envelope -> signature, for application files
//! files/       follows the register for their papers
//! refused.rs   what a server refused is not sent to it again
//! keeping.rs   register -> store         what is kept no longer
//! ```

pub mod announce;
pub mod check;
pub mod examine;
pub mod files;
pub mod keeping;
pub mod papers;
pub mod reexamine;
pub mod refused;
pub mod troubles;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::alert::notice::Notice;
use crate::decryption::{Opened, Opening};
use crate::hash::Sha256;
use crate::isolate;
use crate::ledger::event::{Attempted, Event};
use crate::ledger::opened::plaintexts;
use crate::ledger::registration::Registration;
use crate::ledger::state::MessageState;
use crate::ledger::{Ledger, LedgerError};
use crate::mailbox::MailboxError;
use crate::register::entry::{Entry, RegisterNumber};
use crate::settings::Settings;
use crate::signature::online::trail::{Object, Trail};
use crate::store::error::bytes_lost;
use crate::store::pins::Pinned;
use crate::text::Text;
use examine::{Arrival, Examined};
use troubles::{Stands, Trouble, Troubles};

/// Attempts that a message has in its turn. Counted before the work, so that one which kills the process counts too.
const ATTEMPTS: u32 = 3;

/// The attempts of a message in all. The last is made when nothing else waits: who was only near when the process was killed from outside
/// is read then, and who kills it does so once more and is set aside.
const ATTEMPTS_IN_ALL: u32 = ATTEMPTS + 1;

/// Messages whose attempt is counted in one record. A message that was tried before is always alone in its record,
/// so that a killer takes no innocent neighbours into quarantine.
const TRIED_TOGETHER: usize = 32;

/// How long an examined message waits for others that share its flush to the disk. A person does not notice it.
const REGISTERED_TOGETHER: Duration = Duration::from_millis(50);

/// How long a message waits for what its verdict lacks before it gets its number: some answers of a responder that is well, and less than
/// the daemon's grace at a stop, which an attempt must not outlast. What takes longer is fetched afterwards and appended.
const FETCH_AT_ARRIVAL: Duration = Duration::from_secs(4);

/// Hashes of durable validation data that are remembered; forgetting them costs a look at the disk.
const KEPT_REMEMBERED: usize = 16_384;

/// Registrations that the writer has and has not answered yet. Dropping it takes nothing back.
#[derive(Default)]
pub struct HandedOver {
    messages: HashSet<Sha256>,
    answers: Vec<BoxFuture<'static, Result<(), PipelineError>>>,
}

impl HandedOver {
    /// Waits until all of them are durable. Returns how many they are.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn answered(self) -> Result<usize, PipelineError> {
        let registered = self.answers.len();
        for answer in self.answers {
            answer.await?;
        }
        Ok(registered)
    }
}

/// Why work stopped. A message cannot cause this: what is wrong with a message becomes findings.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("a task ended without a result: {0}")]
    Broken(String),
}

/// Why one message could not be read. The others go on.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error(transparent)]
    Broken(isolate::Broken),
    /// The stored bytes are not those that were stored.
    #[error("the kept bytes are missing or damaged")]
    Damaged,
    /// Every attempt was begun and none came to an end: the process died of it, or was killed.
    #[error("the program ended while it was reading it")]
    Fatal,
}

impl PipelineError {
    /// Worth another try without a person.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Mailbox(error) => error.is_transient(),
            Self::Ledger(error) => error.is_transient(),
            Self::Broken(_) => false,
        }
    }
}

impl Unreadable {
    pub fn text(&self) -> Text {
        if matches!(self, Self::Damaged) {
            return bytes_lost();
        }
        Text::new(
            format!(
                "İleti {ATTEMPTS_IN_ALL} denemede de okunamadı ({}). Baytları saklandı; dosyayı elle inceleyin ve geliştiriciye bildirin.",
                self.reason().tr
            ),
            format!(
                "The message could not be read in {ATTEMPTS_IN_ALL} attempts ({}). Its bytes are kept; look at the file by hand and report it to the developers.",
                self.reason().en
            ),
        )
    }

    /// What stopped the reading, in a few words.
    pub fn reason(&self) -> Text {
        match self {
            Self::Broken(broken) => broken.text(),
            Self::Damaged => Text::new("saklanan baytlar yok ya da bozuk", self.to_string()),
            Self::Fatal => Text::new("program onu okurken sona erdi", self.to_string()),
        }
    }
}

/// What is known to be durable, as of so many removals: after another one it may be there no longer.
#[derive(Default)]
struct Remembered {
    objects: HashSet<Sha256>,
    removals: u64,
}

/// The stages, joined.
pub struct Pipeline {
    pub ledger: Arc<Ledger>,
    settings: RwLock<Arc<Settings>>,
    /// Rings when a message is durable and waits to be registered.
    pub news: Notify,
    /// Raw bytes that may be in work at once, in KiB.
    work: Semaphore,
    work_kib: u32,
    /// Validation data that is durable: the same lists come with every message.
    kept_objects: Mutex<Remembered>,
    /// What each mailbox last reported as odd, so that it is told once.
    oddities: Mutex<BTreeMap<String, Vec<Text>>>,
    /// Up to where the register was followed for application files.
    files: tokio::sync::Mutex<files::Follower>,
    troubles: Troubles,
}

impl Pipeline {
    pub fn new(ledger: Arc<Ledger>, settings: Settings) -> Self {
        let work_kib = u32::try_from(settings.config.daemon.work_bytes >> 10)
            .unwrap_or(u32::MAX >> 4)
            .clamp(1, u32::MAX >> 4);
        Self {
            ledger,
            settings: RwLock::new(Arc::new(settings)),
            news: Notify::new(),
            work: Semaphore::new(work_kib as usize),
            work_kib,
            kept_objects: Mutex::default(),
            oddities: Mutex::default(),
            files: tokio::sync::Mutex::default(),
            troubles: Troubles::default(),
        }
    }

    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// After a reload: work that has begun ends under the old settings.
    pub fn replace_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    pub fn now(&self) -> Timestamp {
        self.ledger.clock().now()
    }

    /// Something stands wrong from now on; `true`: it did not before.
    pub fn trouble(&self, trouble: Trouble, why: Text) -> bool {
        let (since, sequence) = (self.now(), self.ledger.head().sequence);
        self.troubles.begin(trouble, Stands { since, why, sequence })
    }

    /// The same, said once when it begins. Where the record does not take the notice it goes past it, and where that reaches nobody either it
    /// is said the next time: what counts as said has been said.
    pub async fn tell_trouble(&self, trouble: Trouble, why: Text, notice: Notice) {
        if !self.trouble(trouble, why) {
            return;
        }
        let Err(error) = self.raise(vec![notice.clone()]).await else {
            return;
        };
        tracing::error!(%error, "the record takes no alert; it is sent past it");
        let settings = self.settings();
        let sent = settings.dispatcher.send_unrecorded(&notice, &settings.alerts).await;
        if sent.iter().all(|(_, result)| result.is_err()) {
            tracing::error!("nobody could be told: {}", notice.title.en);
            self.troubles.unsaid(trouble);
        }
    }

    pub fn trouble_over(&self, trouble: Trouble) {
        self.troubles.end(trouble);
    }

    /// What stands wrong in this process.
    pub fn troubles(&self) -> BTreeMap<Trouble, Stands> {
        self.troubles.standing(self.ledger.head().sequence)
    }

    /// Tells people, through the record.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn raise(&self, notices: Vec<Notice>) -> Result<(), PipelineError> {
        Ok(self.ledger.raise(notices, Arc::clone(&self.settings().alerts)).await?)
    }

    /// Registers everything that has bytes and no number yet. Returns how many messages were registered.
    ///
    /// # Errors
    /// The disk failed. Messages that were not registered stay as they were.
    pub async fn work_off(&self) -> Result<usize, PipelineError> {
        let mut handed = HandedOver::default();
        let mut registered = 0;
        while let Some(some) = self.work_off_some(&mut handed).await? {
            registered += some;
        }
        Ok(registered)
    }

    /// Works on the next few messages, so that the caller can stop between two groups. Returns how many are registered since the last call;
    /// `None`: nothing waits and everything handed over was answered.
    ///
    /// # Errors
    /// As [`Pipeline::work_off`].
    pub async fn work_off_some(&self, handed: &mut HandedOver) -> Result<Option<usize>, PipelineError> {
        let mut pending = self.ledger.pending_below(ATTEMPTS, TRIED_TOGETHER + handed.messages.len())?;
        pending.retain(|(sha256, _)| !handed.messages.contains(sha256));
        if pending.is_empty() && !handed.messages.is_empty() {
            return std::mem::take(handed).answered().await.map(Some);
        }
        if pending.is_empty() {
            pending = self.ledger.pending(1)?;
        }
        let group = tried_together(&pending);
        let Some((_, first)) = group.first() else { return Ok(None) };
        // What may kill the process kills no registration that is under way.
        let before = if first.attempts > 0 {
            std::mem::take(handed).answered().await?
        } else {
            0
        };
        Ok(Some(before + self.work_on(group, handed).await?))
    }

    /// While these messages are read, the writer still works on the registrations of the ones before.
    async fn work_on(&self, group: &[(Sha256, MessageState)], handed: &mut HandedOver) -> Result<usize, PipelineError> {
        let messages = group.iter().map(|(sha256, _)| *sha256).collect();
        self.ledger.append(Event::Attempted(Attempted { messages })).await?;
        let before = std::mem::take(handed);
        let settings = self.settings();
        // Examined side by side, registered in the order of arrival; the registrations of a moment share their flush to the disk.
        let mut examined = stream::iter(
            group
                .iter()
                .cloned()
                .map(|(sha256, message)| self.bring_to_drafts(sha256, message, &settings)),
        )
        .buffered(settings.config.daemon.workers.max(1));
        let mut ready = Vec::new();
        let mut due = None;
        loop {
            let next = match due {
                Some(due) => timeout_at(due, examined.next()).await,
                None => Ok(examined.next().await),
            };
            match next {
                Ok(Some(outcome)) => {
                    ready.extend(outcome?);
                    due = due.or_else(|| (!ready.is_empty()).then(|| Instant::now() + REGISTERED_TOGETHER));
                }
                // The slow one must not hold up those that are ready.
                Err(_elapsed) => {
                    self.hand_over(&mut ready, handed, &settings);
                    due = None;
                }
                Ok(None) => break,
            }
        }
        self.hand_over(&mut ready, handed, &settings);
        before.answered().await
    }

    fn hand_over(&self, ready: &mut Vec<(Sha256, Examined)>, handed: &mut HandedOver, settings: &Settings) {
        for (sha256, examined) in ready.drain(..) {
            handed.messages.insert(sha256);
            handed.answers.push(Box::pin(self.register(sha256, examined, settings)));
        }
    }

    /// One message from its bytes to its drafts. `None`: it could not be read this time and waits for another attempt.
    async fn bring_to_drafts(
        &self,
        sha256: Sha256,
        message: MessageState,
        settings: &Arc<Settings>,
    ) -> Result<Option<(Sha256, Examined)>, PipelineError> {
        let _permit = self.room_for(&message).await?;
        let arrival = Arrival::of(sha256, &message, settings);
        let attempt = message.attempts + 1;
        if attempt > ATTEMPTS_IN_ALL {
            return Ok(Some((sha256, examine::quarantine(&arrival, &Unreadable::Fatal, settings))));
        }
        match self.examine(&arrival, settings, Vec::new(), FETCH_AT_ARRIVAL).await? {
            Ok(examined) => Ok(Some((sha256, examined))),
            Err(broken) if attempt < ATTEMPTS_IN_ALL => {
                tracing::warn!(message = sha256.short(), attempt, %broken, "a message could not be read; it is tried again");
                Ok(None)
            }
            Err(broken) => Ok(Some((sha256, examine::quarantine(&arrival, &broken, settings)))),
        }
    }

    /// Waits until the memory that work may take has room for this message. One that is larger than all of it is worked on alone.
    async fn room_for(&self, message: &MessageState) -> Result<SemaphorePermit<'_>, PipelineError> {
        let weight = u32::try_from(message.size >> 10).unwrap_or(u32::MAX).clamp(1, self.work_kib);
        let permit = self.work.acquire_many(weight).await;
        permit.map_err(|error| PipelineError::Broken(error.to_string()))
    }

    /// store -> message -> envelope -> signature -> evidence; what the verdicts lack is fetched and the message examined again, for as long
    /// as `fetch_for`. `own`: the message's numbers, of which it is no duplicate.
    async fn examine(
        &self,
        arrival: &Arrival,
        settings: &Arc<Settings>,
        own: Vec<RegisterNumber>,
        fetch_for: Duration,
    ) -> Result<Result<Examined, Unreadable>, PipelineError> {
        let mut fetching = settings.online.session(fetch_for);
        // Opened once, however often the message is examined while its verdict is being settled: tokens are slow.
        let mut opened = Vec::new();
        loop {
            let mut examined = match self.examine_once(arrival, settings, own.clone(), opened).await? {
                Ok(examined) => examined,
                Err(unreadable) => return Ok(Err(unreadable)),
            };
            if !fetching.fetch(&examined.wanted(), self.now()).await {
                let pinned = self.ledger.pins().begin();
                self.keep_opened(&pinned, &examined.opened).await?;
                self.keep_objects(&pinned, &examined.trail).await?;
                examined.pinned = Some(pinned);
                settings.online.cache().touch(&examined.trail.from_outside(), self.now());
                return Ok(Ok(examined));
            }
            opened = examined.opened;
        }
    }

    async fn examine_once(
        &self,
        arrival: &Arrival,
        settings: &Arc<Settings>,
        own: Vec<RegisterNumber>,
        opened: Vec<Opened>,
    ) -> Result<Result<Examined, Unreadable>, PipelineError> {
        let (ledger, now, deadline) = (Arc::clone(&self.ledger), self.now(), settings.limits.parse_deadline);
        let (arrival, settings) = (arrival.clone(), Arc::clone(settings));
        let work = move || {
            let raw: Bytes = match ledger.blobs().get(&arrival.sha256) {
                Ok(raw) => raw,
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "a message cannot be read");
                    return Ok(Err(Unreadable::Damaged));
                }
            };
            let (mut kept, lost) = match kept(&ledger, &own) {
                Ok(kept) => kept,
                Err(LedgerError::Store(error)) if error.is_transient() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "what came encrypted cannot be read again");
                    return Ok(Err(Unreadable::Damaged));
                }
            };
            kept.extend(opened);
            let opening = Opening::new(settings.keyring.of(&arrival.mailbox), kept, now, &settings.limits);
            let twins = move |id: &str| ledger.entry_of_document(id).ok().flatten().filter(|twin| !own.contains(twin));
            let examined = isolate::run(deadline, move || examine::examine(&raw, &arrival, &settings, now, &twins, &opening));
            Ok(examined.map_err(Unreadable::Broken).and_then(|examined| with_all(examined, &lost)))
        };
        let outcome = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| PipelineError::Broken(error.to_string()))?;
        Ok(outcome.map_err(LedgerError::from)?)
    }

    /// Makes durable what came encrypted and was opened, before the record that names it by hash.
    async fn keep_opened(&self, pinned: &Pinned, opened: &[Opened]) -> Result<(), PipelineError> {
        if opened.is_empty() {
            return Ok(());
        }
        pinned.pin(opened.iter().map(|one| one.record.sha256));
        let plaintexts: Vec<Bytes> = opened.iter().map(|one| one.plaintext.clone()).collect();
        let ledger = Arc::clone(&self.ledger);
        let work = move || ledger.blobs().put_all(&plaintexts);
        let outcome = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| PipelineError::Broken(error.to_string()))?;
        outcome.map_err(LedgerError::from)?;
        Ok(())
    }

    /// Makes durable what a verdict rests on and its message does not carry, before the record that names it by hash.
    async fn keep_objects(&self, pinned: &Pinned, trail: &Trail) -> Result<(), PipelineError> {
        // Pinned before it is looked what is there: until the record names them, a disposal of others leaves them alone.
        let needed = trail.from_outside();
        let removals = pinned.pin(needed.iter().map(|object| object.sha256()));
        let new: Vec<Object> = {
            let mut kept = self.kept_objects.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.removals != removals {
                *kept = Remembered {
                    removals,
                    ..Remembered::default()
                };
            }
            needed
                .into_iter()
                .filter(|object| !kept.objects.contains(&object.sha256()))
                .collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        let ledger = Arc::clone(&self.ledger);
        let work = move || {
            let bytes: Vec<Bytes> = new.iter().map(|object| Bytes::copy_from_slice(object.der())).collect();
            ledger.blobs().put_all(&bytes)
        };
        let outcome = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| PipelineError::Broken(error.to_string()))?;
        let names = outcome.map_err(LedgerError::from)?;
        let mut kept = self.kept_objects.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.removals != removals {
            return Ok(());
        }
        if kept.objects.len() >= KEPT_REMEMBERED {
            kept.objects.clear();
        }
        kept.objects.extend(names);
        Ok(())
    }

    /// drafts -> register -> store, with the alerts in the same record.
    fn register(&self, sha256: Sha256, examined: Examined, settings: &Settings) -> impl Future<Output = Result<(), PipelineError>> + use<> {
        let Examined {
            drafts,
            link_keys,
            evidence,
            pinned,
            ..
        } = examined;
        let now = self.now();
        let prefix = settings.config.register.prefix.clone();
        let groups: Vec<Vec<String>> = drafts.iter().map(|draft| draft.alert_groups.iter().cloned().collect()).collect();
        let registration = Registration {
            sha256,
            drafts,
            link_keys,
            evidence,
            announce: Box::new(move |entries: &[Entry]| {
                entries
                    .iter()
                    .zip(&groups)
                    .flat_map(|(entry, groups)| announce::of_entry(entry, &prefix, groups, now))
                    .collect()
            }),
            alerts: Arc::clone(&settings.alerts),
        };
        let numbers = self.ledger.register(registration);
        async move {
            let numbers = numbers.await;
            // The record names them now, or there is none.
            drop(pinned);
            for number in numbers? {
                tracing::info!(message = sha256.short(), %number, "registered");
            }
            Ok(())
        }
    }
}

/// What was opened of a message at an earlier examination, and the ciphertexts whose plaintext the store has no longer.
fn kept(ledger: &Ledger, numbers: &[RegisterNumber]) -> Result<(Vec<Opened>, Vec<Sha256>), LedgerError> {
    let mut entries = Vec::with_capacity(numbers.len());
    for number in numbers {
        entries.extend(ledger.entry(*number)?.filter(|entry| !entry.is_disposed()));
    }
    let found = plaintexts(ledger.blobs(), &entries)?;
    let named = entries.iter().flat_map(|entry| &entry.opened).map(|record| record.ciphertext);
    let lost = named
        .filter(|name| found.iter().all(|(record, _)| record.ciphertext != *name))
        .collect();
    let kept = found.into_iter().map(|(record, plaintext)| Opened { record, plaintext }).collect();
    Ok((kept, lost))
}

/// A plaintext that is damaged, without its key at hand, must not make the register forget what the document said: the entry stays as it is,
/// and its blob stays missed.
fn with_all(examined: Examined, lost: &[Sha256]) -> Result<Examined, Unreadable> {
    let is_there = |name: &&Sha256| examined.opened.iter().any(|opened| opened.record.ciphertext == **name);
    match lost.iter().all(|name| is_there(&name)) {
        true => Ok(examined),
        false => Err(Unreadable::Damaged),
    }
}

/// The next messages to try: one that was tried before alone, else the first new ones together.
fn tried_together(pending: &[(Sha256, MessageState)]) -> &[(Sha256, MessageState)] {
    let new = pending.iter().take_while(|(_, message)| message.attempts == 0).count();
    pending.get(..new.max(1).min(pending.len())).unwrap_or_default()
}
