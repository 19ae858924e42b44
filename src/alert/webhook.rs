//! Alerts to programs: signed JSON.
//!
//! ```text
//! POST <url>
//! Content-Type: application/json
//! X-Kep-Gateway-Id: <job id, the same at each attempt>
//! X-Kep-Gateway-Timestamp: <seconds since 1970>
//! X-Kep-Gateway-Signature: sha256=<hex of HMAC-SHA256(key, timestamp + "." + body)>
//! ```
//!
//! A receiver checks the signature, refuses old timestamps and drops ids that it has seen.

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use reqwest::Client;
use serde::Serialize;

use super::config::{AlertConfig, AlertSecrets};
use super::deliver::{DeliveryError, FailureClass, Receipt, SetupError};
use super::http;
use super::job::{Channel, Job, JobId};
use super::notice::{Cause, Level};
use crate::secret::Secret;
use crate::text::Text;

/// Posts alerts to the configured addresses.
pub(super) struct WebhookSender {
    client: Client,
    key: Secret,
}

#[derive(Serialize)]
struct Body<'a> {
    id: &'a JobId,
    cause: Cause,
    level: Level,
    at: Timestamp,
    key: &'a str,
    title: &'a Text,
    body: &'a Text,
    facts: &'a std::collections::BTreeMap<String, String>,
}

impl WebhookSender {
    /// `None` when there is no key: nothing goes out unsigned.
    pub fn new(config: &AlertConfig, secrets: &AlertSecrets) -> Result<Option<Self>, SetupError> {
        let Some(key) = secrets.webhook.clone() else { return Ok(None) };
        let webhook = &config.webhook;
        let client = http::client(Channel::Webhook, &webhook.ca_file, webhook.allow_plaintext, webhook.timeout)?;
        Ok(Some(Self { client, key }))
    }

    pub async fn send(&self, job: &Job, now: Timestamp) -> Result<Receipt, DeliveryError> {
        let fail = |class, problem: String| DeliveryError::new(Channel::Webhook, class, problem);
        let notice = &job.notice;
        let body = serde_json::to_string(&Body {
            id: &job.id,
            cause: notice.cause,
            level: notice.level,
            at: notice.at,
            key: &notice.key,
            title: &notice.title,
            body: &notice.body,
            facts: &notice.facts,
        })
        .map_err(|error| fail(FailureClass::Permanent, error.to_string()))?;
        let timestamp = now.as_second().to_string();
        let signature = signature(&self.key, &timestamp, &body).map_err(|error| fail(FailureClass::Transient, error.to_string()))?;
        let request = self
            .client
            .post(job.recipient.reveal())
            .header("Content-Type", "application/json")
            .header("X-Kep-Gateway-Id", job.id.to_string())
            .header("X-Kep-Gateway-Timestamp", &timestamp)
            .header("X-Kep-Gateway-Signature", format!("sha256={signature}"))
            .body(body);
        let answer = http::exchange(Channel::Webhook, request).await?;
        match answer.status {
            status if status.is_success() => Ok(Receipt(format!("HTTP {}", status.as_u16()))),
            status => Err(fail(http::class_of(status), format!("HTTP {}", status.as_u16()))),
        }
    }
}

/// Hex of HMAC-SHA256 over `timestamp.body`: the time is signed too, so that an old message cannot be played again as new.
pub fn signature(key: &Secret, timestamp: &str, body: &str) -> Result<String, ErrorStack> {
    let key = PKey::hmac(key.reveal().as_bytes())?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    signer.update(timestamp.as_bytes())?;
    signer.update(b".")?;
    signer.update(body.as_bytes())?;
    Ok(hex::encode(signer.sign_to_vec()?))
}
