//! An IMAP mailbox: RFC 3501 with IDLE, QUOTA, UIDPLUS where offered, over TLS.

mod connect;
mod fetch;
mod guard;
mod list;
mod login;
mod problem;
mod session;
mod syntax;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::limits::Limits;
use crate::mailbox::backoff::LoginBucket;
use crate::mailbox::config::{AfterFetch, ImapConfig, Security};
use crate::mailbox::last_answer::LastAnswer;
use crate::mailbox::{Fetched, FolderState, Listed, Listing, Locator, Mailbox, MailboxError, NotFetched, Quota, Wake};
use crate::secret::SecretFolder;
use crate::text::Text;

use fetch::{Broken, Outlet, batches, fetch_batches, fetch_one};
use guard::CHUNK;
use list::{Memory, list_folder};
use problem::Problem;
use session::Session;

pub use guard::Traffic;
pub(in crate::mailbox) use problem::shown;

/// A session that ends this often while one message is asked for, alone, is ended by that message.
const POISON_ATTEMPTS: u32 = 3;

type Step<T> = Result<T, (&'static str, Problem)>;

/// One mailbox on one server. At most one session at a time; whatever goes wrong ends it and the next call opens another.
pub struct ImapMailbox {
    config: ImapConfig,
    secrets: SecretFolder,
    message_limit: u64,
    traffic: Arc<Traffic>,
    logins: LoginBucket,
    /// Taken out while it is used, so that a call that is cancelled halfway cannot leave unread answers behind.
    session: Option<Session>,
    memory: Memory,
    /// Messages at which a session ended, and how often: asked for last, alone, so that they cannot hold up the others.
    suspects: BTreeMap<Locator, u32>,
    quota: LastAnswer<Option<Quota>>,
}

impl ImapMailbox {
    /// # Errors
    /// The settings contradict each other.
    pub fn new(config: ImapConfig, secrets: SecretFolder, limits: &Limits) -> Result<Self, MailboxError> {
        check(&config).map_err(|problem| problem.into_error(&config.name, "configuration"))?;
        Ok(Self {
            logins: LoginBucket::new(config.login_burst, config.login_refill, Instant::now()),
            message_limit: limits.message_bytes,
            traffic: Arc::default(),
            session: None,
            memory: Memory::default(),
            suspects: BTreeMap::new(),
            quota: LastAnswer::default(),
            config,
            secrets,
        })
    }

    /// Counters of this mailbox, for as long as it lives.
    pub fn traffic(&self) -> Arc<Traffic> {
        self.traffic.clone()
    }

    /// The open session, or a new one.
    async fn session(&mut self) -> Step<Session> {
        if let Some(session) = self.session.take() {
            return Ok(session);
        }
        let wait = self.logins.wait(Instant::now());
        if !wait.is_zero() {
            return Err(("login", Problem::LoginBudget(wait)));
        }
        let password = self
            .secrets
            .read(&self.config.password_file)
            .map_err(|error| ("login", Problem::Configuration(error.to_string())))?;
        let connected = connect::connect(&self.config).await?;
        let mut session = Session::new(connected.stream, self.traffic.clone(), self.config.command_timeout);
        if !connected.greeted {
            session.greeting().await.map_err(|problem| ("connect", problem))?;
        }
        login::login(&mut session, &self.config.user, &password)
            .await
            .map_err(|problem| ("login", problem))?;
        self.logins.logged_in(Instant::now());
        self.traffic.logged_in();
        Ok(session)
    }

    async fn list_once(&mut self, known: &BTreeSet<Locator>) -> Step<Listing> {
        let mut session = self.session().await?;
        let mut listing = Listing::default();
        let keep_open = self.config.all_folders().count() == 1;
        for folder in self.config.all_folders() {
            list_folder(&mut session, folder, keep_open, known, &mut self.memory, &mut listing)
                .await
                .map_err(|problem| ("list", problem))?;
        }
        self.session = Some(session);
        Ok(listing)
    }

    async fn fetch_folder(&mut self, place: &Place, wanted: Vec<(u32, Listed)>, outlet: &Outlet) -> Step<()> {
        let failed = |problem| ("fetch", problem);
        let at_once = CHUNK.min(self.message_limit);
        let (small, mut alone): (Vec<_>, Vec<_>) = wanted
            .into_iter()
            .partition(|(_, listed)| listed.size.is_some_and(|size| size <= at_once) && !self.suspects.contains_key(&listed.locator));
        if !small.is_empty() {
            let mut session = self.session_at(place, false).await?;
            let batches = batches(small, self.config.batch_messages, self.config.batch_bytes);
            match fetch_batches(&mut session, batches, outlet).await {
                Ok(left_out) => alone.extend(left_out),
                Err(broken) => return Err(failed(self.suspect(broken))),
            }
            self.session = Some(session);
        }
        alone.sort_by_key(|(_, listed)| self.attempts(&listed.locator));
        for (uid, listed) in alone {
            self.fetch_alone(place, uid, listed, outlet).await?;
        }
        Ok(())
    }

    async fn fetch_alone(&mut self, place: &Place, uid: u32, listed: Listed, outlet: &Outlet) -> Step<()> {
        let failed = |problem| ("fetch", problem);
        if let Some(size) = listed.size.filter(|size| *size > self.message_limit) {
            let outcome = Err(NotFetched::TooLarge {
                size,
                limit: self.message_limit,
            });
            return outlet.deliver(Fetched { listed, outcome }).await.map_err(failed);
        }
        let mut session = self.session_at(place, false).await?;
        let outcome = match fetch_one(&mut session, uid, &listed, self.message_limit).await {
            Ok(outcome) => {
                self.session = Some(session);
                self.suspects.remove(&listed.locator);
                outcome
            }
            Err(problem) => {
                let attempts = self.attempts(&listed.locator) + 1;
                self.suspects.insert(listed.locator.clone(), attempts);
                if attempts < POISON_ATTEMPTS {
                    return Err(failed(problem));
                }
                let why = problem.text();
                Err(NotFetched::Missing(Text::new(
                    format!("oturum bu iletide {attempts} kez kesildi: {}", why.tr),
                    format!("the session ended {attempts} times at this message: {}", why.en),
                )))
            }
        };
        outlet.deliver(Fetched { listed, outcome }).await.map_err(failed)
    }

    fn attempts(&self, locator: &Locator) -> u32 {
        self.suspects.get(locator).copied().unwrap_or_default()
    }

    fn suspect(&mut self, broken: Broken) -> Problem {
        for listed in broken.unanswered.into_values() {
            self.suspects.entry(listed.locator).or_insert(1);
        }
        broken.problem
    }

    /// A session with this folder open, in the epoch that the locators are of.
    async fn session_at(&mut self, place: &Place, writable: bool) -> Step<Session> {
        let mut session = self.session().await?;
        let open = session
            .selected
            .as_ref()
            .is_some_and(|selected| selected.folder == place.folder && (selected.writable || !writable));
        if !open {
            session
                .open_folder(&place.folder, writable)
                .await
                .map_err(|problem| ("select", problem))?;
        }
        if !session
            .selected
            .as_ref()
            .is_some_and(|selected| self.memory.same_life(selected, place.epoch))
        {
            return Err(("select", Problem::Recreated));
        }
        Ok(session)
    }

    async fn mark(&mut self, locator: &Locator) -> Step<()> {
        let failed = |problem| ("acknowledge", problem);
        let uid: u32 = locator
            .id
            .parse()
            .map_err(|_| failed(Problem::Configuration(format!("'{}' is no UID", locator.id))))?;
        let place = Place::of(locator);
        let mut session = self.session_at(&place, true).await?;
        watch::mark(&mut session, uid, self.config.after_fetch).await.map_err(failed)?;
        self.session = Some(session);
        Ok(())
    }

    async fn ask_quota(&mut self) -> Step<Option<Quota>> {
        let mut session = self.session().await?;
        let folder = self.config.folders.first().map_or("INBOX", String::as_str);
        let quota = watch::quota(&mut session, folder).await.map_err(|problem| ("quota", problem))?;
        self.session = Some(session);
        Ok(quota)
    }

    async fn watch(&mut self, limit: Duration) -> Step<Wake> {
        let failed = |problem| ("idle", problem);
        let Some(mut session) = self.session.take() else {
            tokio::time::sleep(limit).await;
            return Ok(Wake::Elapsed);
        };
        let first = self.config.folders.first().map_or("INBOX", String::as_str);
        let wake = watch::watch(&mut session, first, self.config.idle, limit).await.map_err(failed)?;
        self.session = Some(session);
        Ok(wake)
    }

    fn error(&self, (step, problem): (&'static str, Problem)) -> MailboxError {
        problem.into_error(&self.config.name, step)
    }
}

/// A folder in one of its lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    folder: String,
    epoch: u32,
}

impl Place {
    fn of(locator: &Locator) -> Self {
        Self {
            folder: locator.folder.clone(),
            epoch: locator.epoch,
        }
    }
}

fn check(config: &ImapConfig) -> Result<(), Problem> {
    if config.security == Security::None && !config.allow_plaintext {
        return Err(connect::plaintext_refused());
    }
    if config.folders.is_empty() {
        return Err(Problem::Configuration("folders is empty; name at least INBOX".into()));
    }
    if let Some(both) = config.sent_folders.iter().find(|folder| config.folders.contains(folder)) {
        return Err(Problem::Configuration(format!(
            "'{both}' stands in folders and in sent_folders; a message was received or sent"
        )));
    }
    Ok(())
}

#[async_trait]
impl Mailbox for ImapMailbox {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn recall(&mut self, last: Vec<FolderState>) {
        self.memory.recall(last);
    }

    async fn connect(&mut self) -> Result<(), MailboxError> {
        let session = self.session().await.map_err(|failure| self.error(failure))?;
        self.session = Some(session);
        Ok(())
    }

    async fn list(&mut self, known: &BTreeSet<Locator>) -> Result<Listing, MailboxError> {
        let kept = self.session.is_some();
        let first = self.list_once(known).await;
        let listing = match first {
            // Servers and firewalls end quiet sessions; that is no failure of the mailbox.
            Err((_, Problem::Closed | Problem::Bye(_) | Problem::Network(_))) if kept => self.list_once(known).await,
            other => other,
        };
        listing.map_err(|failure| self.error(failure))
    }

    async fn fetch(&mut self, wanted: Vec<Listed>, to: mpsc::Sender<Fetched>) -> Result<(), MailboxError> {
        let outlet = Outlet::new(to, self.config.buffer_bytes, self.memory.distrusted.clone());
        let mut places: BTreeMap<Place, Vec<(u32, Listed)>> = BTreeMap::new();
        for listed in wanted {
            match listed.locator.id.parse() {
                Ok(uid) => places.entry(Place::of(&listed.locator)).or_default().push((uid, listed)),
                Err(_) => {
                    let outcome = Err(NotFetched::Missing(Text::new(
                        "yeri bir IMAP yeri değil",
                        "its place is no IMAP place",
                    )));
                    let delivered = outlet.deliver(Fetched { listed, outcome }).await;
                    delivered.map_err(|problem| self.error(("fetch", problem)))?;
                }
            }
        }
        for (place, wanted) in places {
            self.fetch_folder(&place, wanted, &outlet)
                .await
                .map_err(|failure| self.error(failure))?;
        }
        Ok(())
    }

    async fn acknowledge(&mut self, locator: &Locator) -> Result<(), MailboxError> {
        // What we sent stays as it is found: marking says that something was received.
        if self.config.after_fetch == AfterFetch::Nothing || self.config.sent_folders.contains(&locator.folder) {
            return Ok(());
        }
        self.mark(locator).await.map_err(|failure| self.error(failure))
    }

    async fn quota(&mut self) -> Result<Option<Quota>, MailboxError> {
        if let Some(quota) = self.quota.young(self.config.quota_interval) {
            return Ok(quota);
        }
        let quota = self.ask_quota().await.map_err(|failure| self.error(failure))?;
        Ok(self.quota.keep(quota))
    }

    async fn wait(&mut self, limit: Duration) -> Result<Wake, MailboxError> {
        self.watch(limit).await.map_err(|failure| self.error(failure))
    }

    async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.farewell().await;
        }
    }
}
