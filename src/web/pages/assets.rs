//! Style, scripts and icons: inside the program, under names that change with their content, so that a browser may keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};

use crate::hash::Sha256;
use crate::web::problem::Problem;

struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    /// `/assets/<hash>-<name>`.
    href: String,
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let href = format!("/assets/{}-{name}", Sha256::of(bytes).short());
        Self {
            name,
            content_type,
            bytes,
            href,
        }
    }
}

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    [
        Asset::new("style.css", "text/css; charset=utf-8", include_bytes!("../assets/style.css")),
        Asset::new("live.js", SCRIPT, include_bytes!("../assets/live.js")),
        Asset::new("keys.js", SCRIPT, include_bytes!("../assets/keys.js")),
        Asset::new("mark.svg", "image/svg+xml", include_bytes!("../assets/icons/mark.svg")),
    ]
});

/// The address of an asset; the empty one for a name that there is not.
pub fn href(name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map_or("", |asset| asset.href.as_str())
}

/// Needs no session: the login page has a style too.
pub async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let wanted = format!("/assets/{name}");
    let asset = ASSETS.iter().find(|asset| asset.href == wanted).ok_or(Problem::NotFound)?;
    let headers = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, asset.bytes).into_response())
}
