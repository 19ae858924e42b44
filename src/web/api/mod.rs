//! The API for the institution's own document system (EBYS): `/api/v1`. Only bearer tokens open it; a cookie never does.
//!
//! Every answer below `/api` is JSON or a file of the register, and every refusal is a problem document (RFC 9457) in both languages: what
//! the router or a library would say by itself is replaced by [`problem::worded`].

pub mod answer;
pub mod application_shapes;
pub mod applications;
pub mod asked;
pub mod caller;
pub mod cursor;
pub mod deeds;
pub mod deliveries;
pub mod documents;
pub mod files;
pub mod openapi;
pub mod problem;
pub mod shapes;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, any, get, post, put};
use tower_http::catch_panic::CatchPanicLayer;

use super::Shared;
use problem::Problem;

/// Every address of the API with what answers there: the router and the description are made of the same list, and a test compares them.
fn routes() -> Vec<(&'static str, MethodRouter<Shared>)> {
    vec![
        ("/api/v1/openapi.json", get(openapi::document)),
        ("/api/v1/documents", get(documents::list)),
        ("/api/v1/documents/{year}/{number}", get(documents::one)),
        ("/api/v1/documents/{year}/{number}/verdict", get(documents::verdict)),
        ("/api/v1/documents/{year}/{number}/evidence", get(documents::evidence)),
        ("/api/v1/documents/{year}/{number}/parts", get(files::parts)),
        ("/api/v1/documents/{year}/{number}/parts/{sha256}", get(files::part)),
        ("/api/v1/documents/{year}/{number}/original", get(files::original)),
        ("/api/v1/documents/{year}/{number}/transfer", put(deeds::transfer)),
        ("/api/v1/documents/{year}/{number}/assign", post(deeds::assign)),
        ("/api/v1/documents/{year}/{number}/file", get(applications::one)),
        ("/api/v1/documents/{year}/{number}/file/deeds", post(applications::enter)),
        ("/api/v1/files", get(applications::list)),
        ("/api/v1/documents/{year}/{number}/level", post(deeds::level)),
        ("/api/v1/deliveries", get(deliveries::list)),
    ]
}

/// The addresses of [`router`], for whoever checks the description against them.
pub fn paths() -> Vec<&'static str> {
    routes().into_iter().map(|(path, _)| path).collect()
}

pub fn router() -> Router<Shared> {
    let routes = routes()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    routes
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        // What is none of them must not fall through to the pages, which answer browsers.
        .route("/api", any(nothing))
        .route("/api/", any(nothing))
        .route("/api/{*rest}", any(nothing))
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(Problem::Broken)
        }))
        .layer(from_fn(problem::worded))
}

async fn nothing() -> Problem {
    Problem::NoRoute
}
