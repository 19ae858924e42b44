//! The mailbox: one question after another, each with its own deadline; nothing that one message does stops the others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::clock::SharedClock;
use crate::hash::Sha256;
use crate::limits::Limits;
use crate::mailbox::last_answer::LastAnswer;
use crate::mailbox::soap::download::Downloads;
use crate::mailbox::soap::http::Bounds;
use crate::mailbox::soap::line::{Line, Step};
use crate::mailbox::soap::problem::Problem;
use crate::mailbox::soap::table::wrong_url;
use crate::mailbox::soap::window::Walk;
use crate::mailbox::{Credit, Fetched, FolderState, Listed, Listing, Locator, Mailbox, MailboxError, Quota, Wake};
use crate::secret::{Secret, SecretFolder};
use crate::text::Text;

use super::config::{EyServisConfig, QuotaMeans};
use super::evidence::{Following, evidence_id, evidence_name, message_of};
use super::login;
use super::operations::{EVIDENCE, Service};
use super::rows::Key;
use super::soap::Account;

#[path = "list.rs"]
mod list;

/// One account at PTT's service.
pub struct EyServisMailbox {
    config: EyServisConfig,
    line: Line,
    walks: BTreeMap<String, Walk>,
    following: Following,
    /// What was downloaded since the last listing: followed although a later listing may not reach back to it.
    arrived: BTreeSet<Locator>,
    /// Evidence that is listed and has no durable record.
    open_evidence: BTreeSet<Locator>,
    /// Evidence that has one.
    known_evidence: BTreeSet<Locator>,
    oddities: Vec<Text>,
    quota: LastAnswer<Option<Quota>>,
    credit: LastAnswer<Option<Credit>>,
    /// Unknown folders were looked for.
    folders_compared: bool,
}

impl EyServisMailbox {
    /// # Errors
    /// The settings contradict each other.
    pub fn new(config: EyServisConfig, secrets: SecretFolder, limits: &Limits) -> Result<Self, MailboxError> {
        check(&config).map_err(|problem| problem.into_error(&config.name, "configuration"))?;
        let bounds = Bounds {
            connect: config.connect_timeout,
            silence: config.silence_timeout,
            whole: config.timeout,
            reply_bytes: config.reply_bytes,
            message_bytes: limits.message_bytes,
        };
        Ok(Self {
            line: Line::new(&config.name, &config.ca_file, secrets, bounds),
            config,
            walks: BTreeMap::new(),
            following: Following::default(),
            arrived: BTreeSet::new(),
            open_evidence: BTreeSet::new(),
            known_evidence: BTreeSet::new(),
            oddities: Vec::new(),
            quota: LastAnswer::default(),
            credit: LastAnswer::default(),
            folders_compared: false,
        })
    }

    /// The same under another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: SharedClock) -> Self {
        self.line.set_clock(clock);
        self
    }

    pub(super) fn config(&self) -> &EyServisConfig {
        &self.config
    }

    fn account(&self) -> Step<Account> {
        Ok(Account {
            address: self.config.address.clone(),
            tcno: self.line.secret(&self.config.tcno_file)?,
            parola: self.line.secret(&self.config.parola_file)?,
            sifre: self.line.secret(&self.config.sifre_file)?,
        })
    }

    fn service<'a>(&'a self, client: &'a reqwest::Client, account: &'a Account) -> Service<'a> {
        Service {
            client,
            config: &self.config,
            account,
            bounds: self.line.bounds,
        }
    }

    async fn fetch_all(&mut self, wanted: Vec<Listed>, to: &mpsc::Sender<Fetched>) -> Step<()> {
        let (client, account) = (self.line.client()?, self.account()?);
        let login = login::kept(&self.config.login_file);
        let mut wanted = wanted;
        // What broke before is asked for last, so that it cannot hold up the others; evidence comes behind mail.
        wanted.sort_by_key(|listed| (self.line.attempts.of(&listed.locator), listed.locator.folder == EVIDENCE));
        let mut downloads = Downloads::new(to, self.line.bounds);
        for listed in wanted {
            let now = self.line.now();
            let outcome = match self.line.attempts.resting(&listed.locator, now) {
                Some(size) => Err(Problem::TooLarge(size)),
                None => self.download(&client, &account, login.as_ref(), &listed.locator).await,
            };
            if outcome.is_ok() && self.config.evidence && listed.locator.folder != EVIDENCE {
                self.arrived.insert(listed.locator.clone());
            }
            let ended = downloads.ended(&mut self.line.attempts, listed, outcome, now).await;
            ended.map_err(|problem| ("fetch", problem))?;
        }
        self.line.fetched(downloads)
    }

    async fn download(
        &mut self,
        client: &reqwest::Client,
        account: &Account,
        login: Option<&Secret>,
        locator: &Locator,
    ) -> Result<Bytes, Problem> {
        let service = self.service(client, account);
        if locator.folder == EVIDENCE {
            return service.download_evidence(evidence_id(&locator.id)).await;
        }
        let (bytes, has_more) = service.download(&locator.folder, &Key::of(&locator.id), login).await?;
        if has_more {
            self.oddities.push(Text::new(
                "servis bir ileti için birden çok paket verdi; .eml olanı alındı. Kutuyu sağlayıcının sayfasından denetleyin.",
                "the service gave more than one package for a message; the .eml was taken. Check the mailbox on the provider's page.",
            ));
        }
        Ok(bytes)
    }

    pub(super) async fn begin_login(&mut self) -> Result<Secret, MailboxError> {
        let begun = async {
            let (client, account) = (self.line.client()?, self.account()?);
            let begun = self.service(&client, &account).begin_login().await;
            begun.map_err(|problem| ("login", problem))
        };
        let begun = begun.await;
        begun.map_err(|failure| self.line.error(failure))
    }

    pub(super) async fn finish_login(&mut self, begun: &Secret, sms: &Secret) -> Result<Secret, MailboxError> {
        let finished = async {
            let (client, account) = (self.line.client()?, self.account()?);
            let finished = self.service(&client, &account).finish_login(begun, sms).await;
            finished.map_err(|problem| ("login", problem))
        };
        let finished = finished.await;
        finished.map_err(|failure| self.line.error(failure))
    }

    async fn confirm(&mut self, locator: &Locator) -> Step<()> {
        let (client, account) = (self.line.client()?, self.account()?);
        let confirmed = self
            .service(&client, &account)
            .acknowledge(&locator.folder, &Key::of(&locator.id))
            .await;
        confirmed.map_err(|problem| ("acknowledge", problem))
    }

    /// Deletes for good what is proved here in every way that the service leaves open: a kepId, all its evidence, and the very bytes.
    async fn remove_now(&mut self, locator: &Locator, here: &Sha256) -> Step<bool> {
        let key = Key::of(&locator.id);
        // A row number means another message as soon as one above it is gone. A message without any evidence has not come to its end, or the
        // service did not tell.
        if matches!(key, Key::Row(_)) || !self.has_evidence(locator) {
            return Ok(false);
        }
        let (client, account) = (self.line.client()?, self.account()?);
        let service = self.service(&client, &account);
        let is_here = |id: &String| self.known_evidence.contains(&at(EVIDENCE, evidence_name(&locator.id, id)));
        let evidence = told(&service, service.evidence_of(&locator.folder, &key).await).await?;
        if !evidence.is_some_and(|all| all.is_whole && !all.ids.is_empty() && all.ids.iter().all(is_here)) {
            return Ok(false);
        }
        // That a kepId is never given twice is nowhere promised: what lies under it now must be what lies here.
        let login = login::kept(&self.config.login_file);
        let why_not = match told(&service, service.download(&locator.folder, &key, login.as_ref()).await).await? {
            Some((bytes, false)) if Sha256::of(&bytes) == *here => None,
            Some((_, false)) => Some(Text::new(
                "silinecek bir ileti için servis şimdi buradakinden başka içerik verdi; ileti serviste bırakıldı. Sağlayıcının sayfasından \
                 karşılaştırın.",
                "for a message that was to be deleted the service now gives other bytes than those that are here; it was left there. Compare \
                 it on the provider's page.",
            )),
            Some((_, true)) => Some(Text::new(
                "silinecek bir ileti için servis birden çok paket verdi; ileti serviste bırakıldı. Kutuyu sağlayıcının sayfasından denetleyin.",
                "for a message that was to be deleted the service gave more than one package; it was left there. Check the mailbox on the \
                 provider's page.",
            )),
            None => return Ok(false),
        };
        if let Some(why_not) = why_not {
            self.oddities.push(why_not);
            return Ok(false);
        }
        let deleted = told(&service, service.delete(&locator.folder, &key).await).await?;
        if deleted.is_none() {
            tracing::warn!(
                mailbox = self.config.name,
                "the service refuses to delete a message; it is tried again tomorrow"
            );
        }
        Ok(deleted.is_some())
    }

    async fn ask_quota(&mut self) -> Step<Option<Quota>> {
        let (client, account) = (self.line.client()?, self.account()?);
        let answer = self
            .service(&client, &account)
            .quota()
            .await
            .map_err(|problem| ("quota", problem))?;
        let Some(kilobytes) = answer else { return Ok(None) };
        tracing::info!(mailbox = self.config.name, kilobytes, means = ?self.config.quota_means, "KotaSorgula");
        let (bytes, limit_bytes) = (kilobytes.saturating_mul(1_024), self.config.quota_bytes);
        let used_bytes = match self.config.quota_means {
            QuotaMeans::Unknown => return Ok(None),
            QuotaMeans::Used => bytes,
            QuotaMeans::Left => limit_bytes.saturating_sub(bytes),
        };
        Ok(Some(Quota { used_bytes, limit_bytes }))
    }

    async fn ask_credit(&mut self) -> Step<Option<Credit>> {
        let (client, account) = (self.line.client()?, self.account()?);
        let balance = self
            .service(&client, &account)
            .balance()
            .await
            .map_err(|problem| ("credit", problem))?;
        let low = self.config.low_credit;
        Ok(balance.map(|balance| Credit {
            is_low: balance.amount < low as f64,
            amount: balance.amount.to_string(),
            unit: balance.unit,
        }))
    }
}

/// What the service says of a message that may go; `None` where it is not there, or this will never be done: no ground to delete it. Any other
/// refusal is a failure, of which no more than a few may follow one another: a service that is asked on with wrong credentials locks the account.
async fn told<T>(service: &Service<'_>, answer: Result<T, Problem>) -> Step<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(problem) if problem.is_about_the_message() => Ok(None),
        Err(Problem::Nothing) => Err(("delete", service.why_nothing().await)),
        Err(problem) => Err(("delete", problem)),
    }
}

fn at(folder: &str, id: String) -> Locator {
    Locator {
        folder: folder.to_owned(),
        epoch: 0,
        id,
    }
}

fn check(config: &EyServisConfig) -> Result<(), Problem> {
    let wrong = |tr: &str, en: &str| Err(Problem::Configuration(Text::new(tr, en)));
    if let Some(why) = wrong_url(&config.url) {
        return Err(Problem::Configuration(why));
    }
    if config.folders.is_empty() {
        return wrong("folders boş; en azından INBOX yazın", "folders is empty; name at least INBOX");
    }
    if let Some(both) = config.sent_folders.iter().find(|folder| config.folders.contains(folder)) {
        return wrong(
            &format!("'{both}' hem folders hem sent_folders içinde; bir ileti ya alınmıştır ya gönderilmiştir"),
            &format!("'{both}' stands in folders and in sent_folders; a message was received or sent"),
        );
    }
    if config.all_folders().any(|folder| folder == EVIDENCE) {
        return wrong(
            "folders içinde #DELIL var; bu adla ağ geçidi delilleri kendisi tutar",
            "folders names #DELIL, under which the gateway itself keeps evidence",
        );
    }
    if config.delete_after.is_some() && config.delete_backup.as_os_str().is_empty() {
        return wrong(
            "delete_after için delete_backup gerekli: yedekte olmayan hiçbir şey sunucudan silinmez",
            "delete_after needs delete_backup: nothing is deleted on the server that is not in a backup",
        );
    }
    if config.delete_after.is_some() && !config.evidence {
        return wrong(
            "delete_after için evidence = true gerekli: deliller silinen iletiyle birlikte gider",
            "delete_after needs evidence = true: evidence goes with the message that is deleted",
        );
    }
    Ok(())
}

#[async_trait]
impl Mailbox for EyServisMailbox {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn recall(&mut self, last: Vec<FolderState>) {
        for state in last {
            self.walks.entry(state.folder).or_default().recall(state.listed);
        }
    }

    async fn list(&mut self, known: &BTreeSet<Locator>) -> Result<Listing, MailboxError> {
        self.list_all(known).await.map_err(|failure| self.line.error(failure))
    }

    async fn fetch(&mut self, wanted: Vec<Listed>, to: mpsc::Sender<Fetched>) -> Result<(), MailboxError> {
        self.fetch_all(wanted, &to).await.map_err(|failure| self.line.error(failure))
    }

    fn takes_acknowledgement(&self, locator: &Locator) -> bool {
        // A row number means another message as soon as one above it is gone: another one would be acknowledged, unseen.
        // AlindiOnay says that something was received: not evidence, and not what we sent.
        let is_received = locator.folder != EVIDENCE && !self.config.sent_folders.contains(&locator.folder);
        self.config.acknowledge && is_received && matches!(Key::of(&locator.id), Key::Id(_))
    }

    fn evidence_of<'a>(&self, locator: &'a Locator) -> Option<&'a str> {
        (locator.folder == EVIDENCE).then(|| message_of(&locator.id)).flatten()
    }

    async fn acknowledge(&mut self, locator: &Locator) -> Result<(), MailboxError> {
        if !self.takes_acknowledgement(locator) {
            return Ok(());
        }
        self.confirm(locator).await.map_err(|failure| self.line.error(failure))
    }

    async fn remove(&mut self, locator: &Locator, here: &Sha256) -> Result<bool, MailboxError> {
        if self.config.delete_after.is_none() || locator.folder == EVIDENCE || self.config.sent_folders.contains(&locator.folder) {
            return Ok(false);
        }
        self.remove_now(locator, here).await.map_err(|failure| self.line.error(failure))
    }

    async fn quota(&mut self) -> Result<Option<Quota>, MailboxError> {
        if let Some(quota) = self.quota.young(self.config.quota_interval) {
            return Ok(quota);
        }
        let quota = self.ask_quota().await.map_err(|failure| self.line.error(failure))?;
        Ok(self.quota.keep(quota))
    }

    async fn credit(&mut self) -> Result<Option<Credit>, MailboxError> {
        if self.config.low_credit == 0 {
            return Ok(None);
        }
        if let Some(credit) = self.credit.young(self.config.quota_interval) {
            return Ok(credit);
        }
        let credit = self.ask_credit().await.map_err(|failure| self.line.error(failure))?;
        Ok(self.credit.keep(credit))
    }

    async fn wait(&mut self, limit: Duration) -> Result<Wake, MailboxError> {
        Ok(self.line.rest(limit).await)
    }

    async fn close(&mut self) {
        self.line.hang_up();
    }
}
