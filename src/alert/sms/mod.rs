//! Alerts by SMS, over whichever HTTP gateway the configuration describes.

mod charset;
pub mod presets;
pub mod provider;
mod reply;
pub(super) mod template;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::{Client, RequestBuilder};
use tokio::sync::Mutex;

pub use charset::mobile_number;

use super::config::{AlertConfig, AlertSecrets, SmsConfig};
use super::deliver::{DeliveryError, FailureClass, Receipt, SetupError};
use super::http;
use super::job::{Channel, Job};
use crate::secret::Secret;
use crate::text::{Lang, Text};
use provider::{Login, Method, Provider, Request};
use template::{Place, Values, fill};

/// Sends SMS through one gateway.
pub(super) struct SmsSender {
    client: Client,
    provider: Provider,
    config: SmsConfig,
    language: Lang,
    secret: Secret,
    state: Mutex<State>,
}

/// What one message leaves for the next. The lock is held over a whole message: gateways want one log-in at a time and a measured pace.
#[derive(Default)]
struct State {
    token: Option<(Secret, Instant)>,
    last_sent: Option<Instant>,
}

/// The provider that the configuration names: a preset or the custom one, at the configured endpoint.
///
/// # Errors
/// A sentence naming what is wrong.
pub(super) fn provider_of(config: &SmsConfig) -> Result<Provider, Text> {
    let provider = match (config.provider.as_str(), &config.custom) {
        ("custom", Some(custom)) => Provider::clone(custom),
        ("custom", None) => {
            return Err(Text::new(
                "provider = \"custom\" [alert.sms.custom] ister",
                "provider = \"custom\" needs [alert.sms.custom]",
            ));
        }
        (name, _) => presets::preset(name).ok_or_else(|| {
            let known = presets::names();
            Text::new(
                format!("'{name}' diye bir sağlayıcı bilinmiyor; custom ya da şunlardan biri: {known}"),
                format!("unknown provider '{name}'; use custom or one of: {known}"),
            )
        })?,
    };
    Ok(match config.endpoint.as_str() {
        "" => provider,
        endpoint => provider.at_endpoint(endpoint),
    })
}

impl SmsSender {
    /// `None` when no gateway is configured.
    pub fn new(config: &AlertConfig, secrets: &AlertSecrets) -> Result<Option<Self>, SetupError> {
        let sms = &config.sms;
        if sms.provider.is_empty() {
            return Ok(None);
        }
        let setting = |problem: String| SetupError::Setting {
            channel: Channel::Sms,
            problem,
        };
        let provider = provider_of(sms).map_err(|problem| setting(problem.en))?;
        let secret = secrets
            .sms
            .clone()
            .ok_or_else(|| setting("'password_file' is missing".to_owned()))?;
        Ok(Some(Self {
            client: http::client(Channel::Sms, &sms.ca_file, sms.allow_plaintext, sms.timeout)?,
            provider,
            config: sms.clone(),
            language: config.language,
            secret,
            state: Mutex::new(State::default()),
        }))
    }

    /// Sends one job's title as one SMS.
    pub async fn send(&self, job: &Job, now: Timestamp) -> Result<Receipt, DeliveryError> {
        let number = mobile_number(job.recipient.reveal()).ok_or_else(|| {
            DeliveryError::new(
                Channel::Sms,
                FailureClass::Permanent,
                "the recipient is not a Turkish mobile number",
            )
        })?;
        let message = Message {
            text: charset::one_message(job.notice.title.get(self.language), self.config.turkish, self.provider.turkish),
            to: format!("{}{number}", self.provider.number_prefix),
            id: job.id.to_string(),
            now,
        };
        let mut state = self.state.lock().await;
        self.keep_pace(&mut state).await;
        let Some(login) = &self.provider.login else {
            return self.transmit(&message, "").await;
        };
        let fresh = state.token.is_none();
        let token = self.token(login, &message, &mut state).await?;
        match self.transmit(&message, token.reveal()).await {
            Err(error) if error.class == FailureClass::Authentication => {
                state.token = None;
                if fresh {
                    return Err(error);
                }
                // An old token may have been taken back before its time: once more with a new one.
                let token = self.token(login, &message, &mut state).await?;
                self.transmit(&message, token.reveal()).await
            }
            result => result,
        }
    }

    /// Waits until the gateway's rate allows the next message.
    async fn keep_pace(&self, state: &mut State) {
        if let Some(interval) = Duration::from_secs(60).checked_div(self.provider.rate_per_minute)
            && let Some(last) = state.last_sent
        {
            tokio::time::sleep(interval.saturating_sub(last.elapsed())).await;
        }
        state.last_sent = Some(Instant::now());
    }

    async fn transmit(&self, message: &Message, token: &str) -> Result<Receipt, DeliveryError> {
        let request = self.request(&self.provider.send, message, token)?;
        let answer = http::exchange(Channel::Sms, request).await?;
        let token = Secret::new(token);
        reply::read(
            &self.provider,
            &answer,
            &[&self.secret, &token, &Secret::new(self.config.user.as_str())],
        )
    }

    /// The kept token, or one from a log-in.
    async fn token(&self, login: &Login, message: &Message, state: &mut State) -> Result<Secret, DeliveryError> {
        if let Some((token, since)) = &state.token
            && since.elapsed() < login.lifetime
        {
            return Ok(token.clone());
        }
        let request = self.request(&login.request, message, "")?;
        let answer = http::exchange(Channel::Sms, request).await?;
        let fail = |class, problem: String| DeliveryError::new(Channel::Sms, class, format!("{} log-in: {problem}", self.provider.title));
        if !answer.status.is_success() {
            let class = match http::class_of(answer.status) {
                // A refused log-in is a matter of the account, whatever the number: token services say 400 (RFC 6749 5.2).
                FailureClass::Permanent => FailureClass::Authentication,
                class => class,
            };
            return Err(fail(class, format!("HTTP {}", answer.status.as_u16())));
        }
        let token =
            reply::token(&login.token, &answer).ok_or_else(|| fail(FailureClass::Authentication, "the answer has no token".to_owned()))?;
        state.token = Some((token.clone(), Instant::now()));
        Ok(token)
    }

    fn request(&self, request: &Request, message: &Message, token: &str) -> Result<RequestBuilder, DeliveryError> {
        let provider = &self.provider;
        let turkish = match charset::needs_turkish(&message.text) {
            true => &provider.turkish_with,
            false => &provider.turkish_without,
        };
        let values = Values {
            text: &message.text,
            to: &message.to,
            sender: &self.config.sender,
            user: &self.config.user,
            secret: self.secret.reveal(),
            token,
            turkish,
            id: &message.id,
            params: &self.config.params,
            now: message.now,
        };
        let fill = |template: &str, place| fill(template, place, provider.charset, &values);
        let url = String::from_utf8(fill(&request.url, Place::Url))
            .map_err(|_| DeliveryError::new(Channel::Sms, FailureClass::Permanent, "the address template gives no text"))?;
        let mut builder = match request.method {
            Method::Post => self.client.post(url),
            Method::Get => self.client.get(url),
        };
        for (name, value) in &request.headers {
            builder = builder.header(name, fill(value, Place::Header));
        }
        if let Some(kind) = request.content.header(provider.charset) {
            builder = builder
                .header("Content-Type", kind)
                .body(fill(&request.body, Place::Body(request.content)));
        }
        Ok(builder)
    }
}

struct Message {
    text: String,
    to: String,
    id: String,
    now: Timestamp,
}
