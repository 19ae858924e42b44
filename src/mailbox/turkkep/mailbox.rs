//! The mailbox: what is listed is told; what the gateway was told how to download is downloaded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::clock::SharedClock;
use crate::limits::Limits;
use crate::mailbox::soap::download::Downloads;
use crate::mailbox::soap::envelope::redact;
use crate::mailbox::soap::http::{self, Bounds, Call};
use crate::mailbox::soap::line::{Line, Step};
use crate::mailbox::soap::problem::Problem;
use crate::mailbox::soap::table::wrong_url;
use crate::mailbox::soap::xml::Element;
use crate::mailbox::{Fetched, FolderState, Listed, Listing, Locator, Mailbox, MailboxError, NotFetched, Quota, Wake};
use crate::secret::{Secret, SecretFolder};
use crate::text::Text;

use super::config::TurkkepConfig;
use super::envelopes::{EVIDENCE, Envelope};
use super::look::Folder;
use super::reply::{self, WORDS};

/// One account at TÜRKKEP's service.
pub struct TurkkepMailbox {
    pub(super) config: TurkkepConfig,
    pub(super) line: Line,
    /// Each `iletiTuru` is a folder.
    pub(super) folders: BTreeMap<String, Folder>,
}

impl TurkkepMailbox {
    /// # Errors
    /// The settings contradict each other.
    pub fn new(config: TurkkepConfig, secrets: SecretFolder, limits: &Limits) -> Result<Self, MailboxError> {
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
            folders: BTreeMap::new(),
        })
    }

    /// The same under another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: SharedClock) -> Self {
        self.line.set_clock(clock);
        self
    }

    pub(super) fn password(&self) -> Step<Secret> {
        self.line.secret(&self.config.password_file)
    }

    /// A request with the account's values and these, and the content of its answer when that reports success.
    pub(super) async fn ask(
        &self,
        client: &reqwest::Client,
        (call, envelope): (&str, &Envelope),
        password: &Secret,
        values: &[(&str, &str)],
        binary: &str,
    ) -> Result<Element, Problem> {
        let account = [
            ("islemYetkiliKodu", self.config.officer_code.as_str()),
            ("kullaniciAdi", self.config.address.as_str()),
            ("kullaniciSifresi", password.reveal()),
        ];
        let request: Zeroizing<String> = envelope.filled(&[&account[..], values].concat());
        let call = Call {
            url: &self.config.url,
            action: &self.config.soap_action.replace("{call}", call),
            binary: &[binary],
        };
        let mut answer = http::exchange(client, call, request, &self.line.bounds).await?;
        redact(&mut answer, &WORDS, &[password.reveal()]);
        reply::succeeded(answer, &self.config.codes)
    }

    async fn fetch_all(&mut self, wanted: Vec<Listed>, to: &mpsc::Sender<Fetched>) -> Step<()> {
        let (client, password) = (self.line.client()?, self.password()?);
        let mut wanted = wanted;
        // What broke before is asked for last, so that it cannot hold up the others; evidence comes behind mail.
        wanted.sort_by_key(|listed| {
            (
                self.line.attempts.of(&listed.locator),
                listed.locator.folder == self.config.evidence_type,
            )
        });
        let mut downloads = Downloads::new(to, self.line.bounds);
        for listed in wanted {
            let now = self.line.now();
            let resting = self.line.attempts.resting(&listed.locator, now);
            let outcome = match (self.way_to(&listed.locator), resting) {
                (Ok(_), Some(size)) => Err(Problem::TooLarge(size)),
                (Ok((call, element)), None) => self.download(&client, &password, &listed.locator, call, element).await,
                (Err(unknown), _) => {
                    let outcome = Err(NotFetched::Missing(unknown));
                    // Told at each look; the record takes it once.
                    let told = to.send(Fetched { listed, outcome }).await;
                    told.map_err(|_| ("fetch", Problem::NoConsumer))?;
                    continue;
                }
            };
            let ended = downloads.ended(&mut self.line.attempts, listed, outcome, now).await;
            ended.map_err(|problem| ("fetch", problem))?;
        }
        self.line.fetched(downloads)
    }

    /// The call that gives a message, and the element with its bytes; or why there is none.
    fn way_to(&self, locator: &Locator) -> Result<(&str, &str), Text> {
        let config = &self.config;
        match locator.folder == config.evidence_type {
            true if config.evidence_element.is_empty() => Err(Text::new(
                "DelilGetir yanıtının delili taşıyan öğesi kamuya açık değil; sağlayıcının WSDL'indeki adı evidence_element ile yazın. \
                 O zamana kadar delili sağlayıcının sayfasından indirip 'kep-gateway import' ile verin.",
                "which element of DelilGetir's answer holds the evidence is not publicly known; write its name from the provider's WSDL into \
                 evidence_element. Until then download it from the provider's page and give it to 'kep-gateway import'.",
            )),
            true => Ok((EVIDENCE, &config.evidence_element)),
            false if config.message_call.is_empty() => Err(Text::new(
                "TÜRKKEP'in iletiyi veren çağrısı kamuya açık değil; sağlayıcının WSDL'indeki adları message_call ve message_element ile yazın. \
                 O zamana kadar iletiyi sağlayıcının sayfasından indirip 'kep-gateway import' ile verin.",
                "which call of TÜRKKEP gives a mail is not publicly known; write the names from the provider's WSDL into message_call and \
                 message_element. Until then download the mail from the provider's page and give it to 'kep-gateway import'.",
            )),
            false => Ok((&config.message_call, &config.message_element)),
        }
    }

    async fn download(
        &self,
        client: &reqwest::Client,
        password: &Secret,
        locator: &Locator,
        call: &str,
        element: &str,
    ) -> Result<Bytes, Problem> {
        let envelope = Envelope::download(&self.config.requests, call)?;
        let (uid, identifier) = locator.id.split_once(' ').unwrap_or((&locator.id, ""));
        let values = [("kepUID", uid), ("kepUAMessageIdentifier", identifier)];
        let answer = self.ask(client, (call, &envelope), password, &values, element).await?;
        reply::bytes(&answer, element)
    }
}

fn check(config: &TurkkepConfig) -> Result<(), Problem> {
    let wrong = |tr: &str, en: &str| Err(Problem::Configuration(Text::new(tr, en)));
    if let Some(why) = wrong_url(&config.url) {
        return Err(Problem::Configuration(why));
    }
    if config.mail_type.is_empty() && config.evidence_type.is_empty() {
        return wrong(
            "mail_type ve evidence_type boş; hiçbir şey izlenmezdi",
            "mail_type and evidence_type are both empty; nothing would be watched",
        );
    }
    if config.mail_type == config.evidence_type {
        return wrong("mail_type ile evidence_type aynı", "mail_type and evidence_type are the same");
    }
    if config.message_call.is_empty() != config.message_element.is_empty() {
        return wrong(
            "message_call ile message_element birlikte yazılır: çağrı ve yanıtının iletiyi taşıyan öğesi",
            "message_call and message_element belong together: the call, and the element of its answer that holds the mail",
        );
    }
    // It becomes the name of a file.
    if !config.message_call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return wrong("message_call bir çağrı adı değil", "message_call is no name of a call");
    }
    Ok(())
}

#[async_trait]
impl Mailbox for TurkkepMailbox {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn recall(&mut self, last: Vec<FolderState>) {
        for state in last {
            self.folders.entry(state.folder).or_default().walk.recall(state.listed);
        }
    }

    async fn list(&mut self, known: &BTreeSet<Locator>) -> Result<Listing, MailboxError> {
        self.list_all(known).await.map_err(|failure| self.line.error(failure))
    }

    async fn fetch(&mut self, wanted: Vec<Listed>, to: mpsc::Sender<Fetched>) -> Result<(), MailboxError> {
        self.fetch_all(wanted, &to).await.map_err(|failure| self.line.error(failure))
    }

    /// No call is known that does.
    fn takes_acknowledgement(&self, _locator: &Locator) -> bool {
        false
    }

    async fn acknowledge(&mut self, _locator: &Locator) -> Result<(), MailboxError> {
        Ok(())
    }

    /// No call is known that tells.
    async fn quota(&mut self) -> Result<Option<Quota>, MailboxError> {
        Ok(None)
    }

    async fn wait(&mut self, limit: Duration) -> Result<Wake, MailboxError> {
        Ok(self.line.rest(limit).await)
    }

    async fn close(&mut self) {
        self.line.hang_up();
    }
}
