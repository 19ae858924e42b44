//! What every request passes: who asks, from where, in which language; whether what it wants to change is wanted by the person and not by a
//! page somewhere else; and the headers that every answer carries.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, LOCATION, ORIGIN, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::Shared;
use super::cookie::Cookie;
use super::form::{Form, encoded};
use super::problem::{BytesLost, NeedsSignIn, OldForm, Unanswered};
use super::session::{Lifetimes, Session, Stage, same};
use super::visitor::Visitor;
use crate::config::WebConfig;
use crate::people::Person;
use crate::secret::Secret;
use crate::text::Lang;

/// Bytes of a form: names, notes and scopes.
pub const FORM_BYTES: usize = 64 << 10;

/// Bytes of any other body. Nothing is uploaded here but what programs say.
pub const BODY_BYTES: usize = 1 << 20;

/// How long a body may take to arrive. It is small; who needs longer holds a place that others wait for.
const BODY_DEADLINE: Duration = Duration::from_secs(15);

/// The header in which scripts of our own pages give the token.
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Nothing from elsewhere, nothing inline, in no frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'",
);

/// Two years; a page that was once served over TLS is never asked for without.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// The other end of the connection, as the server sees it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Marks a request of a connection that got the last places: it is answered only where the machine's watchers ask.
#[derive(Debug, Clone, Copy)]
pub struct Crowded;

/// What a request of the last places may ask for.
const FOR_WATCHERS: [&str; 2] = ["/health", "/metrics"];

/// Who asks, by address: behind a trusted proxy what the proxy says.
#[derive(Debug, Clone)]
pub struct Client(pub IpAddr);

impl Client {
    /// What tries are counted by: a home has a whole /64 of addresses.
    pub fn network(&self) -> String {
        super::room::network(self.0).to_string()
    }
}

/// The language of the answer.
#[derive(Debug, Clone, Copy)]
pub struct Speaks(pub Lang);

/// The session that the request came with, whatever its stage.
#[derive(Debug, Clone)]
pub struct Current {
    pub token: Secret,
    pub session: Session,
}

pub async fn guard(State(web): State<Shared>, mut request: Request, next: Next) -> Response {
    let config = web.pipeline.settings().config.web.clone();
    let secure = config.is_secure();
    let from = Client(address(&request, &config));
    let (lang, switched) = language(&request, web.pipeline.settings().config.language);
    let current = current(&web, &request, &config);
    request.extensions_mut().insert(from);
    request.extensions_mut().insert(Speaks(lang));
    if let Some((current, visitor)) = &current {
        request.extensions_mut().insert(current.clone());
        if let Some(visitor) = visitor {
            let visitor = Visitor { lang, ..visitor.clone() };
            request.extensions_mut().insert(visitor);
        }
    }
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if !is_our_host(request.headers(), &config) {
        // A page elsewhere whose name was made to lead here (DNS rebinding), or a name that the configuration does not know. What was asked is
        // not written down.
        tracing::warn!("a request under a host name that is not ours was refused; [web] public_url names the one that browsers use");
        let mut refused = worded((StatusCode::MISDIRECTED_REQUEST, Unanswered).into_response(), &method, &uri, lang);
        protect(refused.headers_mut(), secure);
        return refused;
    }
    let session = current.as_ref().map(|(current, _)| &current.session);
    let answered = match checked(request, session, &config).await {
        Ok(request) => next.run(request).await,
        Err(Unfit::Status(status)) => (status, Unanswered).into_response(),
        Err(Unfit::OldForm) => (StatusCode::FORBIDDEN, OldForm).into_response(),
    };
    let mut response = worded(answered, &method, &uri, lang);
    // A program says its language with each request and keeps no cookie.
    if let Some(lang) = switched.filter(|_| !uri.path().starts_with("/api/")) {
        Cookie::Lang.set(&mut response, if lang == Lang::Tr { "tr" } else { "en" }, secure);
    }
    protect(response.headers_mut(), secure);
    response
}

/// The address that a throttle may count by: what the other end says of itself counts only where it is the proxy of our own.
fn address(request: &Request, config: &WebConfig) -> IpAddr {
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0);
    if !config.trusted_proxy {
        return peer;
    }
    // The last one is what the proxy itself saw; those before it anybody can write.
    let lines = request
        .headers()
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let last = lines.flat_map(|line| line.split(',')).last();
    last.and_then(|address| address.trim().parse().ok()).unwrap_or(peer)
}

/// The language, and whether the request switched to it.
fn language(request: &Request, default: Lang) -> (Lang, Option<Lang>) {
    let word = |word: &str| match word {
        "tr" => Some(Lang::Tr),
        "en" => Some(Lang::En),
        _ => None,
    };
    let asked = Form::read(request.uri().query().unwrap_or_default().as_bytes());
    let switched = word(asked.get("lang"));
    let kept = || Cookie::Lang.read(request.headers(), false).and_then(|kept| word(&kept));
    (switched.or_else(kept).unwrap_or(default), switched)
}

/// The session and, where it is signed in, its person, as the account stands now: a change of role or scope counts from the next request on,
/// and a disabled account has no session.
fn current(web: &Shared, request: &Request, config: &WebConfig) -> Option<(Current, Option<Visitor>)> {
    let token = Secret::new(Cookie::Session.read(request.headers(), config.is_secure())?);
    let (now, lifetimes) = (web.pipeline.now(), lifetimes(config));
    // The browser opens the stream of events again by itself, also when nobody sits before it.
    let session = match request.uri().path() {
        "/events" => web.sessions.look_up(token.reveal(), now, lifetimes)?,
        _ => web.sessions.resolve(token.reveal(), now, lifetimes)?,
    };
    let account = match web.ledger().account(&session.login) {
        Ok(account) => account?,
        Err(error) => {
            tracing::error!(%error, "an account could not be read");
            return None;
        }
    };
    if account.disabled || account.generation != session.generation {
        web.sessions.end_all_of(&session.login);
        return None;
    }
    let visitor = (session.stage == Stage::SignedIn).then(|| Visitor {
        person: Arc::new(account.person),
        lang: Lang::default(),
        csrf: session.csrf.clone(),
    });
    Some((Current { token, session }, visitor))
}

fn lifetimes(config: &WebConfig) -> Lifetimes {
    Lifetimes {
        idle: config.session_idle,
        whole: config.session_lifetime,
    }
}

impl Current {
    /// Whether the session still stands and its account is still as it was: for answers that last.
    pub fn holds_for(&self, web: &Shared, person: &Person) -> bool {
        let lifetimes = lifetimes(&web.pipeline.settings().config.web);
        let session = web.sessions.look_up(self.token.reveal(), web.pipeline.now(), lifetimes);
        let account = session.and_then(|session| web.ledger().account(&session.login).ok().flatten());
        account.is_some_and(|account| !account.disabled && account.generation == self.session.generation && account.person == *person)
    }
}

/// Lets through what changes nothing, and what the person's own page asks for.
async fn checked(request: Request, session: Option<&Session>, config: &WebConfig) -> Result<Request, Unfit> {
    if request.extensions().get::<Crowded>().is_some() && !FOR_WATCHERS.contains(&request.uri().path()) {
        return Err(StatusCode::TOO_MANY_REQUESTS.into());
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(request);
    }
    let path = request.uri().path();
    // A program carries its token itself; what a browser adds by itself (a cookie) opens nothing there, so nothing can be forged.
    if path == "/api" || path.starts_with("/api/") {
        return Ok(request);
    }
    if !is_of_this_page(request.headers(), config) {
        return Err(StatusCode::FORBIDDEN.into());
    }
    let expected = match session {
        // Before the sign-in: the form must come from the browser that asked for it.
        _ if path == "/login" => Cookie::Form.read(request.headers(), config.is_secure()),
        Some(session) => Some(session.csrf.clone()),
        // A form of a session that is over: sign in and begin anew.
        None => return Err(StatusCode::UNAUTHORIZED.into()),
    };
    let expected = expected.ok_or(Unfit::OldForm)?;
    let (parts, body) = request.into_parts();
    let is_form = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    let limit = if is_form { FORM_BYTES } else { BODY_BYTES };
    let body = whole(body, limit).await?;
    let in_header = parts
        .headers
        .get(CSRF_HEADER)
        .and_then(|token| token.to_str().ok())
        .map(str::to_owned);
    let given = in_header.unwrap_or_else(|| {
        if is_form {
            Form::read(&body).get("csrf").to_owned()
        } else {
            String::new()
        }
    });
    match same(&given, &expected) {
        true => Ok(Request::from_parts(parts, Body::from(body))),
        false => Err(Unfit::OldForm),
    }
}

/// Why a request is not handed on.
enum Unfit {
    Status(StatusCode),
    /// The token of its form is not the one of this session, or there is none.
    OldForm,
}

impl From<StatusCode> for Unfit {
    fn from(status: StatusCode) -> Self {
        Self::Status(status)
    }
}

async fn whole(body: Body, limit: usize) -> Result<Bytes, StatusCode> {
    match tokio::time::timeout(BODY_DEADLINE, to_bytes(body, limit)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_elapsed) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Whether a request names us: the listen address, this machine, or what the configuration says that browsers use. A name that somebody else
/// owns and points at this machine must open nothing. Where we hold the certificate and no name is configured the browser has compared it.
fn is_our_host(headers: &HeaderMap, config: &WebConfig) -> bool {
    if config.has_tls() && config.public_url.is_empty() {
        return true;
    }
    let listen = host_of(&config.listen);
    let everywhere = listen.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    let public = config
        .public_url
        .split_once("://")
        .map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    let public = public.map(host_of).filter(|host| !host.is_empty());
    headers.get_all(HOST).iter().all(|said| {
        let Ok(said) = said.to_str() else { return false };
        let said = host_of(said);
        match said.parse::<IpAddr>() {
            // Nobody can point an address elsewhere.
            Ok(address) if everywhere || address.is_loopback() => true,
            _ => said == "localhost" || said == listen || Some(&said) == public.as_ref(),
        }
    })
}

/// The name or address of an authority, without its port.
fn host_of(authority: &str) -> String {
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _port)) => address,
        None => authority.rsplit_once(':').map_or(authority, |(host, _port)| host),
    };
    host.to_ascii_lowercase()
}

/// Browsers say where a request comes from; what says nothing is no browser, and has no cookie that it did not put there itself.
fn is_of_this_page(headers: &HeaderMap, config: &WebConfig) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(&FETCH_SITE) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(&ORIGIN) else {
        return true;
    };
    let authority = |address: &str| {
        let (_, rest) = address.split_once("://")?;
        rest.split('/').next().map(str::to_ascii_lowercase)
    };
    let said = authority(origin);
    let ours = [authority(&config.public_url), text(&HOST).map(str::to_ascii_lowercase)];
    said.is_some() && ours.contains(&said)
}

/// What the handlers leave to us: the way to the sign-in, and the page for a request without an answer, also where axum would answer with a
/// line of its own.
fn worded(response: Response, method: &Method, uri: &Uri, lang: Lang) -> Response {
    let status = response.status();
    let needs_sign_in = response.extensions().get::<NeedsSignIn>().is_some() || status == StatusCode::UNAUTHORIZED;
    let is_old_form = response.extensions().get::<OldForm>().is_some();
    let is_marked =
        is_old_form || response.extensions().get::<Unanswered>().is_some() || response.extensions().get::<NeedsSignIn>().is_some();
    if !is_marked && (!is_of_the_framework(&response) || uri.path().starts_with("/api/")) {
        return response;
    }
    if needs_sign_in && matches!(*method, Method::GET | Method::HEAD) && !uri.path().starts_with("/api/") {
        let next = uri.path_and_query().map_or("/", |next| next.as_str());
        let location = match next {
            "/" => "/login".to_owned(),
            next => format!("/login?next={}", encoded(next)),
        };
        return (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
    }
    let html = match response.extensions().get::<BytesLost>() {
        Some(BytesLost) => super::pages::bytes_lost(status, lang),
        None if is_old_form => super::pages::old_form(lang),
        None => super::pages::problem(status, lang),
    };
    let mut page = (status, Html(html)).into_response();
    for name in [ALLOW, RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

/// A refusal in plain text is never ours: paths, queries and forms that cannot be read, and a handler that broke.
fn is_of_the_framework(response: &Response) -> bool {
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    (status.is_client_error() || status.is_server_error()) && kind.is_some_and(|kind| kind.starts_with("text/plain"))
}

fn protect(headers: &mut HeaderMap, secure: bool) {
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let same_origin = HeaderValue::from_static("same-origin");
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), same_origin.clone());
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), same_origin);
    let nothing = HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()");
    headers.insert(HeaderName::from_static("permissions-policy"), nothing);
    // Pages hold what others must not find in the cache of a shared machine; what may be kept says so itself.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
