//! Signing in at an OpenID provider: the code flow with PKCE (RFC 7636), a nonce and a state. The ID token is verified, signature, issuer,
//! audience, time and nonce, before anything in it is read.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use futures::future::BoxFuture;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreProviderMetadata};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use serde_json::Value;

use super::Person;
use super::account::{is_name, normalized_login};
use super::config::{OidcConfig, rule_for};
use crate::regular_file;
use crate::secret::{Secret, SecretFolder};

/// Documents of a provider are some kilobytes.
const ANSWER_BYTES: usize = 1 << 20;
const CA_BYTES: u64 = 4 << 20;
/// Groups that are looked at: who is in more is in one of these.
const GROUPS: usize = 10_000;

/// Why nobody was signed in, for the log; the person is told to try again.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("a setting of [people.oidc] cannot be used: {0}")]
    Setting(String),
    #[error("the provider cannot be asked: {0}")]
    Provider(String),
    #[error("the code was not taken: {0}")]
    Code(String),
    #[error("the ID token does not hold: {0}")]
    Token(String),
}

/// A provider, by its configuration.
pub struct Oidc {
    config: OidcConfig,
    secret: Option<Secret>,
    redirect: RedirectUrl,
    http: Http,
}

/// A sign-in that was begun: what must be known when the browser comes back.
pub struct Begun {
    /// Where the browser is sent.
    pub address: String,
    pub state: String,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    provider: CoreProviderMetadata,
}

impl Oidc {
    /// `None`: no provider is configured. `public_url` is where browsers reach the page.
    ///
    /// # Errors
    /// A file or an address that the configuration names cannot be used.
    pub fn new(config: &OidcConfig, secrets: &SecretFolder, public_url: &str) -> Result<Option<Self>, OidcError> {
        if config.issuer.is_empty() {
            return Ok(None);
        }
        let setting = |error: &dyn std::fmt::Display| OidcError::Setting(error.to_string());
        let secret = match config.secret_file.as_os_str().is_empty() {
            true => None,
            false => Some(secrets.read(&config.secret_file).map_err(|error| setting(&error))?),
        };
        let redirect = format!("{}/oidc/callback", public_url.trim_end_matches('/'));
        Ok(Some(Self {
            secret,
            redirect: RedirectUrl::new(redirect).map_err(|error| setting(&error))?,
            http: Http(client(config)?),
            config: config.clone(),
        }))
    }

    /// Asks the provider where to send the browser.
    ///
    /// # Errors
    /// The provider cannot be asked.
    pub async fn begin(&self) -> Result<Begun, OidcError> {
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(|error| OidcError::Setting(error.to_string()))?;
        let provider = CoreProviderMetadata::discover_async(issuer, &self.http)
            .await
            .map_err(|error| OidcError::Provider(chain(&error)))?;
        let client =
            CoreClient::from_provider_metadata(provider.clone(), ClientId::new(self.config.client_id.clone()), self.client_secret())
                .set_redirect_uri(self.redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (address, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Begun {
            address: address.to_string(),
            state: state.secret().clone(),
            nonce,
            verifier,
            provider,
        })
    }

    /// The browser came back with a code, and its state was the one that we gave. `None`: the person is in no group that is let in.
    ///
    /// # Errors
    /// The provider does not vouch for anybody.
    pub async fn finish(&self, begun: Begun, code: String) -> Result<Option<Person>, OidcError> {
        let client = CoreClient::from_provider_metadata(begun.provider, ClientId::new(self.config.client_id.clone()), self.client_secret())
            .set_redirect_uri(self.redirect.clone());
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Provider(error.to_string()))?
            .set_pkce_verifier(begun.verifier)
            .request_async(&self.http)
            .await
            .map_err(|error| OidcError::Code(chain(&error)))?;
        let token: &CoreIdToken = answer.id_token().ok_or_else(|| OidcError::Token("there is none".to_owned()))?;
        // OpenID Connect Core 3.1.3.7; what is not said here (alg "none", another audience) the verifier refuses by itself.
        token
            .claims(&client.id_token_verifier(), &begun.nonce)
            .map_err(|error| OidcError::Token(chain(&error)))?;
        self.person(&payload(&token.to_string()).ok_or_else(|| OidcError::Token("it cannot be read".to_owned()))?)
    }

    /// Who the claims of a verified token say it is.
    fn person(&self, claims: &Value) -> Result<Option<Person>, OidcError> {
        let text = |claim: &str| at(claims, claim).and_then(Value::as_str).map(str::to_owned);
        let login = text(&self.config.login_claim).and_then(|login| normalized_login(&login));
        let login = login.ok_or_else(|| OidcError::Token(format!("'{}' holds no login", self.config.login_claim)))?;
        let name = text(&self.config.name_claim).filter(|name| is_name(name));
        let groups: Vec<String> = match at(claims, &self.config.group_claim) {
            Some(Value::Array(groups)) => groups.iter().take(GROUPS).filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(group)) => vec![group.clone()],
            _ => Vec::new(),
        };
        let rule = rule_for(&self.config.group, &groups);
        Ok(rule.map(|rule| rule.person(login.clone(), name.unwrap_or(login))))
    }

    fn client_secret(&self) -> Option<ClientSecret> {
        self.secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct AskError(String);

/// What the library asks the provider with.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = AskError;
    type Future = BoxFuture<'c, Result<HttpResponse, AskError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(ask(self.0.clone(), request))
    }
}

async fn ask(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, AskError> {
    let (parts, body) = request.into_parts();
    let asked = http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
    let mut answer = asked.send().await.map_err(|error| AskError(error.without_url().to_string()))?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut read = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| AskError(error.without_url().to_string()))? {
        if read.len() + chunk.len() > ANSWER_BYTES {
            return Err(AskError(format!("the answer is longer than {ANSWER_BYTES} bytes")));
        }
        read.extend_from_slice(&chunk);
    }
    let mut response = HttpResponse::new(read);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// No redirects, which would let the provider's answers lead into the machine's own network; no proxy; bounded in time.
fn client(config: &OidcConfig) -> Result<reqwest::Client, OidcError> {
    let setting = |error: &dyn std::fmt::Display| OidcError::Setting(error.to_string());
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .https_only(config.issuer.starts_with("https://"))
        .timeout(config.timeout.max(Duration::from_secs(1)))
        .user_agent(concat!("kep-gateway/", env!("CARGO_PKG_VERSION")));
    if !config.ca_file.as_os_str().is_empty() {
        let pem = regular_file::read(&config.ca_file, CA_BYTES).map_err(|error| setting(&error))?;
        builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| setting(&error))?);
    }
    builder.build().map_err(|error| setting(&error.without_url()))
}

/// `realm_access.roles` is a claim in a claim.
fn at<'v>(claims: &'v Value, path: &str) -> Option<&'v Value> {
    // Names with dots in them (`https://kurum.gov.tr/groups`) are claims too.
    claims
        .get(path)
        .or_else(|| path.split('.').try_fold(claims, |value, step| value.get(step)))
}

fn payload(token: &str) -> Option<Value> {
    let bytes = BASE64_URL.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// An error with what caused it: the libraries say the reason only there.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}
