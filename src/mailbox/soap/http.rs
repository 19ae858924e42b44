//! One request and its answer over TLS that is always verified: no redirects, no proxy, bounded in time, silence and size.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Certificate, Client, redirect};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::mtom::Body;
use super::problem::Problem;
use super::xml::Element;
use crate::hash::Sha256;
use crate::mailbox::imap::shown;
use crate::regular_file::reason;
use crate::text::Text;

/// How an exchange is bounded.
#[derive(Debug, Clone, Copy)]
pub(in crate::mailbox) struct Bounds {
    pub(in crate::mailbox) connect: Duration,
    /// Without a byte from the server.
    pub(in crate::mailbox) silence: Duration,
    /// From the first byte of the request to the last of the answer.
    pub(in crate::mailbox) whole: Duration,
    /// Bytes of an answer on the wire.
    pub(in crate::mailbox) reply_bytes: u64,
    /// Bytes of one message.
    pub(in crate::mailbox) message_bytes: u64,
}

/// What makes two clients the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kind {
    /// The content of `ca_file`; none: the system's authorities.
    authorities: Option<Sha256>,
    connect: Duration,
}

/// The clients that checks use at this moment. Two hundred accounts that are looked into together share one TLS context with its hundreds
/// of authorities, and the connections to their provider; when the last check is over, all of it goes.
static IN_USE: Mutex<Vec<(Kind, Weak<Client>)>> = Mutex::new(Vec::new());

/// Connections that wait for the next account: what is looked into at one moment needs few at a time.
const IDLE_CONNECTIONS: usize = 8;

/// How long they wait: providers cut what is silent for longer.
const IDLE: Duration = Duration::from_secs(15);

/// A client that trusts these authorities alone. There is no session on a connection, so accounts may share it.
pub(in crate::mailbox) fn client(ca_file: &Path, bounds: &Bounds) -> Result<Arc<Client>, Problem> {
    // Read each time: a changed file is seen without a restart.
    let pem = match ca_file.as_os_str().is_empty() {
        true => None,
        false => Some(std::fs::read(ca_file).map_err(|error| unreadable(ca_file, &reason(&error)))?),
    };
    let kind = Kind {
        authorities: pem.as_deref().map(Sha256::of),
        connect: bounds.connect,
    };
    let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    in_use.retain(|(_, client)| client.strong_count() > 0);
    let there = in_use
        .iter()
        .find(|(other, _)| *other == kind)
        .and_then(|(_, client)| client.upgrade());
    if let Some(client) = there {
        return Ok(client);
    }
    let client = Arc::new(build(ca_file, pem.as_deref(), bounds)?);
    in_use.push((kind, Arc::downgrade(&client)));
    Ok(client)
}

/// Redirects are not followed and the environment's proxies ignored: both would carry the credentials to a host that nobody configured.
fn build(ca_file: &Path, pem: Option<&[u8]>, bounds: &Bounds) -> Result<Client, Problem> {
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .https_only(true)
        .connect_timeout(bounds.connect)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("kep-gateway/", env!("CARGO_PKG_VERSION")));
    if let Some(pem) = pem {
        let authorities = Certificate::from_pem_bundle(pem).map_err(|error| unreadable(ca_file, &Text::same(error.to_string())))?;
        if authorities.is_empty() {
            let none = Text::new("içinde PEM sertifikası yok", "no PEM certificate in it");
            return Err(unreadable(ca_file, &none));
        }
        builder = builder.tls_certs_only(authorities);
    }
    builder
        .build()
        .map_err(|error| Problem::Configuration(Text::same(innermost(&error.without_url()))))
}

fn unreadable(ca_file: &Path, why: &Text) -> Problem {
    let file = ca_file.display();
    Problem::Configuration(Text::new(
        format!("ca_file {file}: {}", why.tr),
        format!("ca_file {file}: {}", why.en),
    ))
}

/// Where a request goes, and how its answer is read.
#[derive(Debug, Clone, Copy)]
pub(in crate::mailbox) struct Call<'a> {
    pub(in crate::mailbox) url: &'a str,
    /// The value of the header SOAPAction, without its quotes.
    pub(in crate::mailbox) action: &'a str,
    /// Elements of the answer whose text is base64.
    pub(in crate::mailbox) binary: &'a [&'a str],
}

/// Answers of more than [`SMALL_BYTES`] that are read at one moment, over all accounts: two hundred that come back after an outage must not bring
/// two hundred attachments at once.
static LARGE: Semaphore = Semaphore::const_new(4);

/// Lists and most messages are smaller, and wait for nobody.
const SMALL_BYTES: u64 = 512 << 10;

/// Sends a request and reads its answer while it streams in.
pub(in crate::mailbox) async fn exchange(
    client: &Client,
    call: Call<'_>,
    request: Zeroizing<String>,
    bounds: &Bounds,
) -> Result<Element, Problem> {
    let mut patience = Patience::new(bounds);
    let request = client
        .post(call.url)
        .header(CONTENT_TYPE, "text/xml; charset=utf-8")
        .header("SOAPAction", format!("\"{}\"", call.action))
        // The body holds the credentials: its one buffer is cleared when the request is over.
        .body(Bytes::from_owner(Wiped(request)));
    let response = patience.wait(request.send()).await?.map_err(explain)?;
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
    match read(response, &content_type, call.binary, bounds, &mut patience).await {
        Err(Problem::Protocol(_) | Problem::Incomplete) if !status.is_success() => Err(Problem::Status(status.as_u16())),
        read => read,
    }
}

async fn read(
    mut response: reqwest::Response,
    content_type: &str,
    binary: &[&str],
    bounds: &Bounds,
    patience: &mut Patience,
) -> Result<Element, Problem> {
    let mut body = Body::of(content_type, binary, bounds.message_bytes)?;
    let (mut bytes, mut turn) = (0, None);
    while let Some(piece) = patience.wait(response.chunk()).await?.map_err(explain)? {
        bytes += piece.len() as u64;
        if bytes > bounds.reply_bytes {
            return Err(Problem::TooLarge(bytes));
        }
        if bytes > SMALL_BYTES && turn.is_none() {
            turn = patience.stopped(LARGE.acquire()).await.ok();
        }
        body.feed(&piece)?;
    }
    body.finish()
}

/// How long the server may still take. What the gateway itself waits for does not count.
struct Patience {
    bounds: Bounds,
    deadline: Instant,
}

impl Patience {
    fn new(bounds: &Bounds) -> Self {
        Self {
            bounds: *bounds,
            deadline: Instant::now() + bounds.whole,
        }
    }

    async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Problem> {
        let silence = Instant::now() + self.bounds.silence;
        timeout_at(silence.min(self.deadline), work)
            .await
            .map_err(|_| match silence < self.deadline {
                true => Problem::Silence(self.bounds.silence),
                false => Problem::Deadline(self.bounds.whole),
            })
    }

    async fn stopped<T>(&mut self, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        self.deadline += began.elapsed();
        done
    }
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
