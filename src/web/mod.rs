//! The page and the API, served by the daemon itself. Thin: reads what is asked and by whom, asks the ledger, the search and the pipeline,
//! renders.

pub mod account;
pub mod api;
pub mod cookie;
pub mod events;
mod flash;
pub mod form;
pub mod guard;
pub mod health;
pub mod login;
pub mod metrics;
pub mod pages;
mod patient;
pub mod people;
pub mod problem;
pub mod provider;
mod room;
pub mod server;
pub mod session;
pub mod sign_in;
pub mod throttle;
pub mod tls;
pub mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use crate::ledger::Ledger;
use crate::pipeline::Pipeline;
use crate::search::Search;

/// Passwords that are checked at the same time: each takes 19 MiB and a core.
const HASHING: usize = 2;

/// Says which tasks of the daemon are silent.
pub type Silent = Box<dyn Fn() -> Vec<String> + Send + Sync>;

/// What every handler may use.
pub struct Web {
    pub pipeline: Arc<Pipeline>,
    pub search: Arc<Search>,
    pub sessions: session::Sessions,
    pub throttle: throttle::Throttle,
    pub listeners: events::Listeners,
    /// Places where a password is checked or hashed.
    hashing: Semaphore,
    /// Sign-ins that were begun at the OpenID provider.
    begun: provider::Waiting,
    /// Secrets of one-time codes that were shown and not confirmed yet.
    enrolments: account::Enrolments,
    /// What people typed into forms that were refused.
    refused: flash::Refused,
    silent: Option<Silent>,
    /// What `/metrics` said last.
    said: metrics::Said,
}

/// As handlers receive it: `State(web): State<Shared>`.
pub type Shared = Arc<Web>;

impl Web {
    pub fn new(pipeline: Arc<Pipeline>) -> Self {
        let search = Arc::new(Search::new(Arc::clone(&pipeline.ledger)));
        Self {
            said: metrics::Said::since(pipeline.now()),
            pipeline,
            search,
            sessions: session::Sessions::default(),
            throttle: throttle::Throttle::default(),
            listeners: events::Listeners::default(),
            hashing: Semaphore::new(HASHING),
            begun: provider::Waiting::default(),
            enrolments: account::Enrolments::default(),
            refused: flash::Refused::default(),
            silent: None,
        }
    }

    /// With an index of its own for lists and full text; [`Search::follow`] fills it.
    pub fn indexed(self) -> Self {
        let (ledger, limits) = (Arc::clone(&self.pipeline.ledger), self.pipeline.settings().config.limits.clone());
        let folder = ledger.root().join("search");
        Self {
            search: Arc::new(Search::open(ledger, folder, limits)),
            ..self
        }
    }

    /// With an ear on the daemon's tasks, for `/health`.
    pub fn hearing(self, silent: Silent) -> Self {
        Self {
            silent: Some(silent),
            ..self
        }
    }

    pub fn ledger(&self) -> &Ledger {
        &self.pipeline.ledger
    }
}

/// All routes.
pub fn router(web: Shared) -> Router {
    Router::new()
        .merge(pages::router())
        .merge(login::router())
        .merge(provider::router())
        .merge(account::router())
        .merge(people::router())
        .merge(health::router())
        .merge(metrics::router())
        .merge(api::router())
        .fallback(|| async { problem::Problem::NotFound })
        .method_not_allowed_fallback(|| async { (axum::http::StatusCode::METHOD_NOT_ALLOWED, problem::Unanswered) })
        // A handler that breaks is one answer, not a connection; the guard words it.
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(Arc::clone(&web), guard::guard))
        .with_state(web)
}
