//! One object from the network: no redirects, no proxy, bounded in time and size, from where [`address`](super::address) allows.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use tokio::time::Instant;

use crate::signature::crypto::Hash;
use crate::signature::online::accept::accept;
use crate::signature::online::address::{Hosts, Reach, Target, target};
use crate::signature::online::lookup::{Checked, Forbidden, Lookup};
use crate::signature::online::ocsp_request::{NONCE_BYTES, encode_request, status};
use crate::signature::online::pause::Pauses;
use crate::signature::online::refusal::Refusal;
use crate::signature::online::trail::Object;
use crate::signature::online::want::Want;
use crate::signature::report::ObjectKind;
use crate::text::Text;

/// Bytes and time that one answer may take.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// A certificate, or a bundle of a few.
    pub certificate_bytes: usize,
    /// One answer with the responder's certificate.
    pub ocsp_bytes: usize,
    /// The lists of large Turkish providers have some megabytes.
    pub crl_bytes: usize,
    pub connect: Duration,
    /// From the first octet of the request to the last of the answer: a server that sends a byte a second is not waited for.
    pub answer: Duration,
    /// The same for a list, which is larger.
    pub crl_answer: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            certificate_bytes: 256 << 10,
            ocsp_bytes: 128 << 10,
            crl_bytes: 32 << 20,
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            crl_answer: Duration::from_secs(60),
        }
    }
}

impl Bounds {
    fn of(&self, kind: ObjectKind) -> (usize, Duration) {
        match kind {
            ObjectKind::Certificate => (self.certificate_bytes, self.answer),
            ObjectKind::Ocsp => (self.ocsp_bytes, self.answer),
            ObjectKind::Crl => (self.crl_bytes, self.crl_answer),
        }
    }
}

/// The ways of asking a responder, tried until one is understood: nearly all take SHA-1 and a nonce, some want SHA-256, and some refuse
/// a request with an extension. What an answer must then prove otherwise is in [`accept`](super::accept).
const OCSP_FORMS: [(Hash, bool); 3] = [(Hash::Sha1, true), (Hash::Sha256, true), (Hash::Sha1, false)];

/// Asks hosts, and leaves those alone that failed.
pub struct Fetcher {
    /// Made when the first thing is fetched: reading the system's TLS authorities costs more than judging a signature.
    client: OnceLock<Option<Client>>,
    lookup: Arc<dyn Lookup>,
    hosts: Hosts,
    reach: Reach,
    bounds: Bounds,
    pauses: Mutex<Pauses>,
}

impl Fetcher {
    pub fn new(hosts: Hosts, reach: Reach, lookup: Arc<dyn Lookup>, bounds: Bounds) -> Self {
        Self {
            client: OnceLock::new(),
            lookup,
            hosts,
            reach,
            bounds,
            pauses: Mutex::default(),
        }
    }

    fn client(&self, target: &Target) -> Result<&Client, Refusal> {
        let made = self.client.get_or_init(|| {
            let (lookup, reach) = (Arc::clone(&self.lookup), self.reach);
            let client = Client::builder()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .http1_only()
                .connect_timeout(self.bounds.connect)
                .dns_resolver(Arc::new(Checked { lookup, reach }))
                .pool_max_idle_per_host(1)
                .user_agent(concat!("kep-gateway/", env!("CARGO_PKG_VERSION")))
                .build();
            client
                .inspect_err(|error| tracing::error!(%error, "the HTTP client cannot be set up; nothing is fetched"))
                .ok()
        });
        made.as_ref().ok_or_else(|| Refusal::Unreachable {
            host: target.host.clone(),
            problem: "TLS".to_owned(),
        })
    }

    /// True while asking would be no use: the question was answered, or failed, a moment ago.
    pub fn rests(&self, want: &Want, now: Timestamp) -> bool {
        self.pauses().holds(&want.key().to_string(), now)
    }

    /// The object, from the first of its addresses that has it. Ends at `until` at the latest.
    ///
    /// # Errors
    /// None has it; why the last one that could have did not.
    pub async fn fetch(&self, want: &Want, now: Timestamp, until: Instant) -> Result<Vec<Object>, Refusal> {
        let mut last = None;
        for url in &want.urls {
            match self.fetch_from(url, want, now, until).await {
                Ok(objects) => {
                    self.pauses().answered(&want.key().to_string(), now);
                    return Ok(objects);
                }
                // An address that may not be asked explains less than one that was asked.
                Err(refusal) if last.is_none() || !matches!(refusal, Refusal::Scheme(_) | Refusal::NotListed(_)) => last = Some(refusal),
                Err(_) => {}
            }
        }
        let refusal = last.unwrap_or(Refusal::Malformed);
        if !matches!(refusal, Refusal::Pausing(_)) {
            self.pauses().failed(&want.key().to_string(), now);
        }
        tracing::info!(kind = ?want.kind, certificate = want.certificate.sha256.short(), problem = %refusal, "validation data was not fetched");
        Err(refusal)
    }

    async fn fetch_from(&self, url: &str, want: &Want, now: Timestamp, until: Instant) -> Result<Vec<Object>, Refusal> {
        let target = target(url, &self.hosts, self.reach)?;
        if self.pauses().holds(&target.host, now) {
            return Err(Refusal::Pausing(target.host));
        }
        let (_, own) = self.bounds.of(want.kind);
        let left = until.saturating_duration_since(Instant::now());
        let asked = tokio::time::timeout(own.min(left), self.ask(&target, want, now)).await;
        // A large list that had no time to come says nothing about its host; an answer that did not come does.
        let outcome = asked.unwrap_or_else(|_elapsed| match want.kind {
            ObjectKind::Crl if left < own => Err(Refusal::Unfinished(target.host.clone())),
            _ => Err(Refusal::TooSlow(target.host.clone())),
        });
        match &outcome {
            Ok(_) => self.pauses().forget(&target.host),
            Err(refusal) if refusal.is_of_host() => self.pauses().failed(&target.host, now),
            Err(_) => {}
        }
        outcome
    }

    async fn ask(&self, target: &Target, want: &Want, now: Timestamp) -> Result<Vec<Object>, Refusal> {
        let unfit = |problem| Refusal::Content {
            host: target.host.clone(),
            problem,
        };
        let (body, nonce) = match (want.kind, &want.issuer) {
            (ObjectKind::Ocsp, Some(_)) => self.ask_responder(target, want).await?,
            _ => (
                self.exchange(target, self.client(target)?.get(target.url.clone()), want.kind)
                    .await?,
                None,
            ),
        };
        accept(&body, want, nonce.as_deref(), now).map_err(unfit)
    }

    /// The first successful response and the nonce that it must repeat, if it repeats one.
    async fn ask_responder(&self, target: &Target, want: &Want) -> Result<(Vec<u8>, Option<Vec<u8>>), Refusal> {
        let unfit = |tr: String, en: String| Refusal::Content {
            host: target.host.clone(),
            problem: Text::new(tr, en),
        };
        let mut refused = unfit("OCSP sorusu yazılamadı".into(), "the OCSP request could not be written".into());
        let Some(issuer) = &want.issuer else { return Err(refused) };
        for (hash, with_nonce) in OCSP_FORMS {
            let nonce = with_nonce.then(|| rand::random::<[u8; NONCE_BYTES]>().to_vec());
            let Ok(request) = encode_request(&want.certificate, issuer, hash, nonce.as_deref()) else {
                continue;
            };
            let post = self
                .client(target)?
                .post(target.url.clone())
                .header("content-type", "application/ocsp-request")
                .header("accept", "application/ocsp-response")
                .body(request);
            let body = self.exchange(target, post, want.kind).await?;
            match status(&body) {
                Ok(0) => return Ok((body, nonce)),
                Ok(status) => {
                    refused = unfit(
                        format!("OCSP sunucusu soruyu geri çevirdi (responseStatus {status})"),
                        format!("the OCSP responder refused the request (responseStatus {status})"),
                    );
                }
                Err(_) => return Err(unfit("yanıt bir OCSP yanıtı değil".into(), "the answer is no OCSP response".into())),
            }
        }
        Err(refused)
    }

    async fn exchange(&self, target: &Target, request: RequestBuilder, kind: ObjectKind) -> Result<Vec<u8>, Refusal> {
        let (limit, _) = self.bounds.of(kind);
        let too_large = || Refusal::TooLarge {
            host: target.host.clone(),
            limit,
        };
        let mut response = request.send().await.map_err(|error| explain(&target.host, error))?;
        match response.status() {
            StatusCode::OK => {}
            status if status.is_redirection() => return Err(Refusal::Redirect(target.host.clone())),
            status => {
                return Err(Refusal::Content {
                    host: target.host.clone(),
                    problem: Text::same(format!("HTTP {}", status.as_u16())),
                });
            }
        }
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| explain(&target.host, error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn pauses(&self) -> MutexGuard<'_, Pauses> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kind of a failure, and its innermost cause: the outer ones only repeat the address.
fn explain(host: &str, error: reqwest::Error) -> Refusal {
    let host = host.to_owned();
    let error = error.without_url();
    let mut cause: &(dyn Error + 'static) = &error;
    loop {
        if let Some(Forbidden(address)) = cause.downcast_ref::<Forbidden>() {
            return Refusal::NotPublic { host, address: *address };
        }
        match cause.source() {
            Some(inner) => cause = inner,
            None if error.is_timeout() => return Refusal::TooSlow(host),
            None => {
                let problem = cause.to_string();
                return Refusal::Unreachable { host, problem };
            }
        }
    }
}
