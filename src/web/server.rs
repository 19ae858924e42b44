//! Listens, and serves each connection within its bounds. A server that cannot listen tries again: the daemon's duty is the mailboxes, and
//! they are watched with or without a page.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use axum::{BoxError, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use openssl::ssl::SslAcceptor;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::guard::{Crowded, Peer};
use super::patient::Patient;
use super::room::{Place, Places, Room, Use};
use super::{Shared, tls};
use crate::alert::causes;
use crate::config::WebConfig;
use crate::pipeline::troubles::Trouble;
use crate::regular_file::reason;
use crate::text::Text;

/// What one client may take from the others.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at once. A clerk's browser holds one for the live list and some for pages.
    pub connections: usize,
    /// Of them, from one address (of IPv6 one /64): an office behind one address has room, and four such are needed to take them all.
    pub per_peer: usize,
    /// Connections beyond these that may ask for `/health` and for nothing else.
    pub reserve: usize,
    /// Of the reserve, from one address.
    pub reserve_per_peer: usize,
    /// The connections are a reverse proxy's, whose address is everybody's.
    pub proxied: bool,
    /// How long a request's head may take to arrive (slow loris), and a connection without any request may stay.
    pub head: Duration,
    /// The same for a connection of the reserve.
    pub reserve_head: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// How long the TLS handshake may take.
    pub handshake: Duration,
    /// How long the client may take nothing of an answer.
    pub write: Duration,
    /// How long answers that are under way may take once the server is to stop.
    pub stop: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 512,
            per_peer: 128,
            reserve: 16,
            reserve_per_peer: 4,
            proxied: false,
            head: Duration::from_secs(15),
            reserve_head: Duration::from_secs(3),
            head_bytes: 32 << 10,
            handshake: Duration::from_secs(10),
            write: Duration::from_secs(60),
            stop: Duration::from_secs(3),
        }
    }
}

/// Pause before the next try to listen.
const LISTEN_PAUSE: Duration = Duration::from_secs(30);

/// Pause after a connection could not be taken (no file handles): not a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Header lines of one request.
const HEADERS: usize = 100;

/// Serves the page by the present settings until it is told to stop.
pub async fn serve(web: Shared, stop: CancellationToken) {
    let config = web.pipeline.settings().config.web.clone();
    if config.listen.is_empty() {
        return web.pipeline.trouble_over(Trouble::PageNotServed);
    }
    let acceptor = match tls::acceptor(&config) {
        Ok(acceptor) => acceptor,
        // Never without TLS where TLS was asked for.
        Err(problem) => return not_served(&web, problem).await,
    };
    loop {
        match listen(&config).await {
            Ok(listener) => {
                let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
                web.pipeline.trouble_over(Trouble::PageNotServed);
                tracing::info!(address, tls = acceptor.is_some(), "the page is served");
                let bounds = Bounds {
                    proxied: config.trusted_proxy,
                    ..Bounds::default()
                };
                return accept_all(listener, acceptor, super::router(web), bounds, stop).await;
            }
            Err(NotListening::Refused(problem)) => return not_served(&web, problem).await,
            Err(NotListening::Io(error)) => {
                let why = reason(&error);
                let listen = &config.listen;
                not_served(&web, Text::new(format!("{listen}: {}", why.tr), format!("{listen}: {}", why.en))).await;
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LISTEN_PAUSE) => {}
        }
    }
}

/// Shown until it is served, and said once: to whom it concerns, the page cannot say it.
async fn not_served(web: &Shared, why: Text) {
    tracing::error!(problem = why.both(), "the page is not served");
    let notice = causes::page_not_served(&why, web.pipeline.now());
    web.pipeline.tell_trouble(Trouble::PageNotServed, why, notice).await;
}

/// Why nobody listens.
#[derive(Debug)]
pub enum NotListening {
    /// The address is reached from the network, and nothing protects what goes there.
    Refused(Text),
    Io(io::Error),
}

/// # Errors
/// The address is taken or unknown, or must not be served.
pub async fn listen(config: &WebConfig) -> Result<TcpListener, NotListening> {
    let looked_up = config.clone();
    let addresses = tokio::task::spawn_blocking(move || looked_up.addresses())
        .await
        .map_err(io::Error::other);
    let addresses = addresses.flatten().map_err(NotListening::Io)?;
    for address in &addresses {
        config.may_serve(address.ip()).map_err(NotListening::Refused)?;
    }
    TcpListener::bind(addresses.as_slice()).await.map_err(NotListening::Io)
}

/// Takes connections until it is told to stop, then lets what is under way come to its end.
pub async fn accept_all(listener: TcpListener, acceptor: Option<SslAcceptor>, router: Router, bounds: Bounds, stop: CancellationToken) {
    let (room, connections, acceptor) = (Room::new(bounds.places()), TaskTracker::new(), acceptor.map(Arc::new));
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => break,
            taken = listener.accept() => taken,
        };
        let (stream, address) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                tracing::debug!(%error, "a connection to the page could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Closed at once: what waits for a place holds a file handle that others need.
        let Some(place) = room.enter(address.ip()) else { continue };
        let (acceptor, router, stop) = (acceptor.clone(), router.clone(), stop.clone());
        let bounds = bounds.of(&place);
        connections.spawn(async move {
            let _ = stream.set_nodelay(true);
            let service = FromPeer {
                router,
                peer: Peer(address.ip()),
                crowded: place.good_for == Use::Reserve,
            };
            let ended = match acceptor {
                None => converse(stream, service, bounds, stop).await,
                Some(acceptor) => match timeout(bounds.handshake, tls::accept(&acceptor, stream)).await {
                    Ok(Ok(stream)) => converse(stream, service, bounds, stop).await,
                    Ok(Err(error)) => Err(error),
                    Err(_elapsed) => Err("no TLS in time".to_owned()),
                },
            };
            if let Err(error) = ended {
                tracing::debug!(error, "a connection to the page ended early");
            }
            drop(place);
        });
    }
    connections.close();
    if timeout(bounds.stop + Duration::from_secs(1), connections.wait()).await.is_err() {
        tracing::debug!("some connections to the page did not end in time");
    }
}

impl Bounds {
    fn places(&self) -> Places {
        Places {
            whole: self.connections,
            per_peer: self.per_peer,
            reserve: self.reserve,
            reserve_per_peer: self.reserve_per_peer,
            proxied: self.proxied,
        }
    }

    /// Who got a place of the reserve has to be quick.
    fn of(mut self, place: &Place) -> Self {
        if place.good_for == Use::Reserve {
            self.head = self.head.min(self.reserve_head);
            self.handshake = self.handshake.min(self.reserve_head);
            self.write = self.write.min(self.reserve_head);
        }
        self
    }
}

async fn converse<S>(stream: S, service: FromPeer, bounds: Bounds, stop: CancellationToken) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .keep_alive(!service.crowded)
        .header_read_timeout(bounds.head)
        .max_buf_size(bounds.head_bytes)
        .max_headers(HEADERS);
    let stream = TokioIo::new(Patient::new(stream, bounds.write));
    let connection = builder.serve_connection(stream, TowerToHyperService::new(service));
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended.map_err(|error| error.to_string()),
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    // What never ends by itself (the live list) is cut: browsers ask again.
    timeout(bounds.stop, connection)
        .await
        .unwrap_or(Ok(()))
        .map_err(|error| error.to_string())
}

/// The router, told who is at the other end.
#[derive(Clone)]
struct FromPeer {
    router: Router,
    peer: Peer,
    crowded: bool,
}

impl<B> Service<Request<B>> for FromPeer
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<B>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        if self.crowded {
            request.extensions_mut().insert(Crowded);
        }
        self.router.call(request)
    }
}
