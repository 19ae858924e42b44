//! One request and its answer over TLS that is always verified: no redirects, no proxy, bounded in time, silence and size.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Certificate, Client, redirect};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::errors::Problem;
use super::mtom::Body;
use super::xml::Element;
use crate::mailbox::imap::shown;

/// How an exchange is bounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) connect: Duration,
    /// Without a byte from the server.
    pub(super) silence: Duration,
    /// From the first byte of the request to the last of the answer.
    pub(super) whole: Duration,
    /// Bytes of an answer on the wire.
    pub(super) reply_bytes: u64,
    /// Bytes of one message.
    pub(super) message_bytes: u64,
}

/// Redirects are not followed and the environment's proxies ignored: both would carry the credentials to a host that nobody configured.
pub(super) fn client(ca_file: &Path, bounds: &Bounds) -> Result<Client, Problem> {
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .https_only(true)
        .connect_timeout(bounds.connect)
        .user_agent(concat!("kep-gateway/", env!("CARGO_PKG_VERSION")));
    if !ca_file.as_os_str().is_empty() {
        let unreadable = |why: String| Problem::Configuration(format!("ca_file {}: {why}", ca_file.display()));
        let pem = std::fs::read(ca_file).map_err(|error| unreadable(error.to_string()))?;
        let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| unreadable(error.to_string()))?;
        if authorities.is_empty() {
            return Err(unreadable("no PEM certificate in it".to_owned()));
        }
        builder = builder.tls_certs_only(authorities);
    }
    builder
        .build()
        .map_err(|error| Problem::Configuration(innermost(&error.without_url())))
}

/// Sends a request and reads its answer while it streams in.
pub(super) async fn exchange(
    client: &Client,
    url: &str,
    operation: &str,
    request: Zeroizing<String>,
    bounds: &Bounds,
) -> Result<Element, Problem> {
    let exchange = async {
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", format!("\"urn:{operation}\""))
            // The body holds the credentials: its one buffer is cleared when the request is over.
            .body(Bytes::from_owner(Wiped(request)));
        let response = within_silence(bounds, request.send()).await?.map_err(explain)?;
        let status = response.status();
        // SOAP 1.1 over HTTP sends faults with status 500.
        if !status.is_success() && status.as_u16() != 500 {
            return Err(Problem::Status(status.as_u16()));
        }
        let header = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (content_type, length) = (header(CONTENT_TYPE), header(CONTENT_LENGTH).parse::<u64>().ok());
        if let Some(length) = length.filter(|length| *length > bounds.reply_bytes) {
            return Err(Problem::TooLarge(length));
        }
        let read = read(response, &content_type, bounds).await;
        match read {
            Err(Problem::Protocol(_) | Problem::Incomplete) if !status.is_success() => Err(Problem::Status(status.as_u16())),
            read => read,
        }
    };
    timeout(bounds.whole, exchange)
        .await
        .unwrap_or(Err(Problem::Deadline(bounds.whole)))
}

async fn read(mut response: reqwest::Response, content_type: &str, bounds: &Bounds) -> Result<Element, Problem> {
    let mut body = Body::of(content_type, bounds.message_bytes)?;
    let mut bytes = 0;
    while let Some(piece) = within_silence(bounds, response.chunk()).await?.map_err(explain)? {
        bytes += piece.len() as u64;
        if bytes > bounds.reply_bytes {
            return Err(Problem::TooLarge(bytes));
        }
        body.feed(&piece)?;
    }
    body.finish()
}

async fn within_silence<T>(bounds: &Bounds, work: impl Future<Output = T>) -> Result<T, Problem> {
    timeout(bounds.silence, work).await.map_err(|_| Problem::Silence(bounds.silence))
}

/// A request body that is cleared when the last reference to it goes.
struct Wiped(Zeroizing<String>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The error without the address; a refused certificate is told from a bad line.
fn explain(error: reqwest::Error) -> Problem {
    let error = error.without_url();
    let words = innermost(&error);
    if says_certificate(&error) {
        return Problem::Certificate(words);
    }
    if error.is_body() || error.is_decode() {
        return Problem::Incomplete;
    }
    Problem::Network(words)
}

/// OpenSSL names the reason in one of several places, and the handshake's failure beside it.
fn says_certificate(error: &dyn std::error::Error) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("certificate verify failed") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    shown(&cause.to_string())
}
