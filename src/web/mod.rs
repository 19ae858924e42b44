//! The page and the API, served by the daemon itself. Thin: reads what is asked and by whom, asks the ledger, the search and the pipeline,
//! renders.

pub mod events;
pub mod pages;
pub mod problem;
pub mod visitor;

use std::sync::Arc;

use axum::Router;

use crate::ledger::Ledger;
use crate::pipeline::Pipeline;
use crate::search::Search;

/// What every handler may use.
pub struct Web {
    pub pipeline: Arc<Pipeline>,
    pub search: Arc<Search>,
}

/// As handlers receive it: `State(web): State<Shared>`.
pub type Shared = Arc<Web>;

impl Web {
    pub fn new(pipeline: Arc<Pipeline>) -> Self {
        let search = Arc::new(Search::new(Arc::clone(&pipeline.ledger)));
        Self { pipeline, search }
    }

    pub fn ledger(&self) -> &Ledger {
        &self.pipeline.ledger
    }
}

/// All routes.
pub fn router(web: Shared) -> Router {
    Router::new().merge(pages::router()).with_state(web)
}
