//! HTTP as alerts need it: no redirects, no proxy, bounded in time and size, and errors that do not name the address.

use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client, RequestBuilder, StatusCode, redirect};

use super::deliver::{DeliveryError, FailureClass, SetupError};
use super::job::Channel;

/// A gateway's answer is a line or a small JSON; more is not read.
const ANSWER_BYTES: usize = 64 << 10;

/// What came back.
pub(super) struct Answer {
    pub status: StatusCode,
    /// At most [`ANSWER_BYTES`], invalid UTF-8 replaced.
    pub body: String,
}

/// A client for one channel.
///
/// Redirects are not followed, since they would carry the account to a host that nobody configured; proxies of the environment are
/// ignored for the same reason.
pub(super) fn client(channel: Channel, ca_file: &Path, allow_plaintext: bool, timeout: Duration) -> Result<Client, SetupError> {
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .https_only(!allow_plaintext)
        .timeout(timeout)
        // Alerts are rare: a kept connection would mostly be a dead one.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("kep-gateway/", env!("CARGO_PKG_VERSION")));
    if let Some(pem) = read_ca(channel, ca_file)? {
        let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| SetupError::File {
            channel,
            file: ca_file.display().to_string(),
            problem: error.to_string(),
        })?;
        builder = builder.tls_certs_only(authorities);
    }
    builder.build().map_err(|error| SetupError::Setting {
        channel,
        problem: error.without_url().to_string(),
    })
}

/// The CA file's bytes; `None` when none is named.
pub(super) fn read_ca(channel: Channel, file: &Path) -> Result<Option<Vec<u8>>, SetupError> {
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    std::fs::read(file).map(Some).map_err(|error| SetupError::File {
        channel,
        file: file.display().to_string(),
        problem: error.to_string(),
    })
}

/// Sends a request and reads the answer.
pub(super) async fn exchange(channel: Channel, request: RequestBuilder) -> Result<Answer, DeliveryError> {
    let mut response = request.send().await.map_err(|error| explain(channel, error))?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| explain(channel, error))? {
        body.extend_from_slice(&chunk);
        if body.len() >= ANSWER_BYTES {
            body.truncate(ANSWER_BYTES);
            break;
        }
    }
    Ok(Answer {
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// The error's Display names the address, which may carry the password: the kind and the innermost cause say enough.
fn explain(channel: Channel, error: reqwest::Error) -> DeliveryError {
    let error = error.without_url();
    let (class, what) = match &error {
        e if e.is_timeout() => (FailureClass::Transient, "HTTP: no answer in time"),
        e if e.is_builder() => (
            FailureClass::Permanent,
            "HTTP: the request cannot be made (address or header wrong, or http without allow_plaintext)",
        ),
        e if e.is_connect() => (FailureClass::Transient, "HTTP: no connection"),
        _ => (FailureClass::Transient, "HTTP: the exchange broke off"),
    };
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    DeliveryError::new(
        channel,
        class,
        format!("{what}: {}", super::redact::redact(&cause.to_string(), &[])),
    )
}

/// What a status that is no success means where the other side explains nothing more.
pub(super) fn class_of(status: StatusCode) -> FailureClass {
    match status.as_u16() {
        401 | 403 | 407 => FailureClass::Authentication,
        // Too early, too many, time-out; and a redirect, which a captive portal or a maintenance page sends.
        408 | 425 | 429 | 300..=399 | 500..=599 => FailureClass::Transient,
        _ => FailureClass::Permanent,
    }
}
