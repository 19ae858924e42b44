//! Does one delivery. Decides nothing: when, whether again and to whom is the outbox's business.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::config::{AlertConfig, AlertSecrets};
use super::email::EmailSender;
use super::job::{Channel, Job};
use super::notice::Notice;
use super::routing::deliveries;
use super::sms::SmsSender;
use super::webhook::WebhookSender;
use crate::clock::SharedClock;
use crate::text::Text;

/// After refused credentials a channel does not knock again for this long: gateways lock an account after a few wrong log-ins.
/// A reload ends the pause, since it may have brought the right password.
const LOCKOUT_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What the other side said when it took the alert: an SMTP reply code, a gateway's job number, an HTTP status. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt(pub String);

/// How a failed delivery may be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureClass {
    /// Try again with growing pauses.
    Transient,
    /// The same request will fail again: a wrong number, a refused address.
    Permanent,
    /// Our credentials are refused: rarely try, a person must act.
    Authentication,
}

/// Why a delivery failed. The problem names the step and the code; no secret, no address, no content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{channel}: {problem}")]
pub struct DeliveryError {
    pub channel: Channel,
    pub class: FailureClass,
    pub problem: String,
}

impl DeliveryError {
    pub(super) fn new(channel: Channel, class: FailureClass, problem: impl Into<String>) -> Self {
        Self {
            channel,
            class,
            problem: problem.into(),
        }
    }

    pub fn is_transient(&self) -> bool {
        self.class == FailureClass::Transient
    }
}

/// A channel cannot be set up from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("[alert.{channel}]: the file {file} cannot be used: {problem}")]
    File { channel: Channel, file: String, problem: String },
    #[error("[alert.{channel}]: {problem}")]
    Setting { channel: Channel, problem: String },
}

impl SetupError {
    /// The sentence for the administrator. What a library says of its file or setting is quoted.
    pub fn text(&self) -> Text {
        let turkish = match self {
            Self::File { channel, file, problem } => format!("[alert.{channel}]: {file} dosyası kullanılamıyor: {problem}"),
            Self::Setting { channel, problem } => format!("[alert.{channel}]: bu ayarlarla kurulamıyor: {problem}"),
        };
        Text::new(turkish, self.to_string())
    }
}

/// Delivers over all configured channels. Shared by reference; a reload swaps the channels under running deliveries.
pub struct Dispatcher {
    channels: RwLock<Arc<Channels>>,
    clock: SharedClock,
}

struct Channels {
    email: Option<EmailSender>,
    sms: Option<SmsSender>,
    webhook: Option<WebhookSender>,
    locked_out: [Mutex<Option<Instant>>; 3],
}

impl Dispatcher {
    /// # Errors
    /// A setting or a CA file is unusable. Run [`AlertConfig::validate`] first for all problems at once.
    pub fn new(config: &AlertConfig, secrets: &AlertSecrets, clock: SharedClock) -> Result<Self, SetupError> {
        Ok(Self {
            channels: RwLock::new(Arc::new(Channels::new(config, secrets)?)),
            clock,
        })
    }

    /// Takes new configuration and secrets. On an error the old ones stay in use.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn reload(&self, config: &AlertConfig, secrets: &AlertSecrets) -> Result<(), SetupError> {
        let channels = Arc::new(Channels::new(config, secrets)?);
        *self.channels.write().unwrap_or_else(PoisonError::into_inner) = channels;
        Ok(())
    }

    /// Delivers one job once. Each exchange with the other side is bounded by the channel's time-out; dropping the future is safe.
    ///
    /// # Errors
    /// The other side did not take it, or did not say so; [`DeliveryError::class`] says what to do.
    pub async fn deliver(&self, job: &Job) -> Result<Receipt, DeliveryError> {
        let channels = Arc::clone(&self.channels.read().unwrap_or_else(PoisonError::into_inner));
        let started = Instant::now();
        let result = channels.deliver(job, self.clock.now()).await;
        let duration_ms = started.elapsed().as_millis() as u64;
        let (id, channel, cause) = (&job.id, job.channel, job.notice.cause);
        match &result {
            Ok(_) => tracing::info!(job = %id, %channel, ?cause, duration_ms, "alert delivered"),
            Err(error) => {
                tracing::warn!(job = %id, %channel, ?cause, attempt = job.attempts, class = ?error.class, problem = %error.problem, duration_ms, "alert not delivered")
            }
        }
        result
    }

    /// Tells a notice at once to everybody whom it concerns, past the outbox: for a dead daemon or a disk that takes no record.
    /// Each recipient is tried once.
    pub async fn send_unrecorded(&self, notice: &Notice, config: &AlertConfig) -> Vec<(Channel, Result<Receipt, DeliveryError>)> {
        let mut results = Vec::new();
        for delivery in deliveries(notice, config) {
            let job = Job::new(notice, &delivery);
            results.push((job.channel, self.deliver(&job).await));
        }
        results
    }
}

impl Channels {
    fn new(config: &AlertConfig, secrets: &AlertSecrets) -> Result<Self, SetupError> {
        Ok(Self {
            email: EmailSender::new(config, secrets)?,
            sms: SmsSender::new(config, secrets)?,
            webhook: WebhookSender::new(config, secrets)?,
            locked_out: Default::default(),
        })
    }

    async fn deliver(&self, job: &Job, now: jiff::Timestamp) -> Result<Receipt, DeliveryError> {
        self.check_lockout(job.channel)?;
        let result = match (job.channel, &self.email, &self.sms, &self.webhook) {
            (Channel::Email, Some(email), _, _) => email.send(job, now).await,
            (Channel::Sms, _, Some(sms), _) => sms.send(job, now).await,
            (Channel::Webhook, _, _, Some(webhook)) => webhook.send(job, now).await,
            // Transient: the next reload may bring the channel.
            (channel, ..) => Err(DeliveryError::new(
                channel,
                FailureClass::Transient,
                format!("no [alert.{channel}] is configured"),
            )),
        };
        self.note_lockout(job.channel, &result);
        result
    }

    fn check_lockout(&self, channel: Channel) -> Result<(), DeliveryError> {
        let since = *self.lockout(channel).lock().unwrap_or_else(PoisonError::into_inner);
        match since {
            Some(since) if since.elapsed() < LOCKOUT_PAUSE => Err(DeliveryError::new(
                channel,
                FailureClass::Authentication,
                "not tried: the account was refused a short while ago",
            )),
            _ => Ok(()),
        }
    }

    fn note_lockout(&self, channel: Channel, result: &Result<Receipt, DeliveryError>) {
        // A webhook has no account that could be locked, and each address its own opinion of our key.
        let refused = channel != Channel::Webhook && matches!(result, Err(error) if error.class == FailureClass::Authentication);
        *self.lockout(channel).lock().unwrap_or_else(PoisonError::into_inner) = refused.then(Instant::now);
    }

    fn lockout(&self, channel: Channel) -> &Mutex<Option<Instant>> {
        let [email, sms, webhook] = &self.locked_out;
        match channel {
            Channel::Email => email,
            Channel::Sms => sms,
            Channel::Webhook => webhook,
        }
    }
}
