//! Files out of a document: each as what it is, under a name that is safe, never run and never guessed at by a browser.

use askama::Template;
use axum::extract::{Path, Query as Asked, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;

use super::chrome::Chrome;
use super::content::{self, Piece};
use super::deeds;
use super::shown::Shown;
use super::{beside, line, show};
use crate::hash::Sha256;
use crate::ledger::LedgerError;
use crate::people::View;
use crate::register::words;
use crate::text::safe_file_name;
use crate::web::Shared;
use crate::web::problem::Problem;

/// A file that a browser opens all the same has no origin, no scripts and no network.
pub const SANDBOX: &str = "sandbox; default-src 'none'";
/// The letter in its frame: the same, and framed by our page alone.
const FRAMED: &str = "sandbox; default-src 'none'; frame-ancestors 'self'";

/// Asked before a dangerous file is handed out.
#[derive(Template)]
#[template(path = "warning.html", config = "src/web/askama.toml")]
struct WarningPage {
    c: Chrome,
    shown_number: String,
    back: String,
    href: String,
    name: Shown,
    size: String,
    sha256: String,
    warnings: Vec<String>,
}

#[derive(Deserialize)]
pub struct Sure {
    sure: Option<String>,
}

/// # Errors
/// There is no such part in a document that exists for this person.
pub async fn part(
    c: Chrome,
    State(web): State<Shared>,
    Path((year, place, sha256)): Path<(String, String, String)>,
    Asked(sure): Asked<Sure>,
) -> Result<Response, Problem> {
    let number = deeds::number(&year, &place)?;
    let wanted: Sha256 = sha256.parse().map_err(|_| Problem::NotFound)?;
    let entry = deeds::entry(&web, &c, number).await?;
    let (piece, bytes) = taken(content::find(&web, c.person(), &entry, wanted).await?)?;
    if !piece.warnings.is_empty() && sure.sure.as_deref() != Some("yes") {
        let lang = c.lang();
        return Ok(show(&WarningPage {
            shown_number: format!("{}{number}", c.prefix),
            back: line::href(number),
            href: format!("{}/parts/{wanted}?sure=yes", line::href(number)),
            name: Shown::field(&piece.name),
            size: words::bytes(piece.size, lang),
            sha256: wanted.to_string(),
            warnings: piece.warnings.iter().map(|warning| warning.get(lang).to_owned()).collect(),
            c,
        }));
    }
    deeds::looked_at(&web, &c, number, View::Part).await?;
    Ok(file(bytes, &piece.name, "application/octet-stream", "attachment", SANDBOX))
}

/// The covering letter for its frame: only what is a PDF by its content.
///
/// # Errors
/// There is no such letter in a document that exists for this person.
pub async fn letter(c: Chrome, State(web): State<Shared>, Path((year, place)): Path<(String, String)>) -> Result<Response, Problem> {
    let number = deeds::number(&year, &place)?;
    let entry = deeds::looked_at(&web, &c, number, View::Letter).await?;
    let wanted = entry
        .document
        .as_ref()
        .and_then(|document| document.file.as_ref())
        .map(|file| file.sha256);
    let wanted = wanted.ok_or(Problem::NotFound)?;
    let (piece, bytes) = taken(content::find(&web, c.person(), &entry, wanted).await?)?;
    if !bytes.starts_with(b"%PDF-") {
        return Err(Problem::NotFound);
    }
    Ok(file(bytes, &piece.name, "application/pdf", "inline", FRAMED))
}

/// The message as it was received, for whoever may see everything that is in it.
///
/// # Errors
/// There is no such document for this person, or its message holds one that is not for this person.
pub async fn original(c: Chrome, State(web): State<Shared>, Path((year, place)): Path<(String, String)>) -> Result<Response, Problem> {
    let number = deeds::number(&year, &place)?;
    let entry = deeds::entry(&web, &c, number).await?;
    let (at, person) = (web.clone(), c.visitor.person.clone());
    let bytes = beside(move || {
        if !content::sees_whole(&at, &person, &entry)? {
            return Err(Problem::NotFound);
        }
        if entry.is_disposed() {
            return Err(Problem::Gone);
        }
        Ok(at.ledger().blobs().get(&entry.message.sha256).map_err(LedgerError::from)?)
    })
    .await?;
    deeds::looked_at(&web, &c, number, View::Original).await?;
    let name = format!("{}.eml", number.to_string().replace('/', "-"));
    Ok(file(bytes, &name, "application/octet-stream", "attachment", SANDBOX))
}

fn taken(found: Result<Option<(Piece, Bytes)>, crate::text::Text>) -> Result<(Piece, Bytes), Problem> {
    found.ok().flatten().ok_or(Problem::NotFound)
}

fn file(bytes: Bytes, name: &str, content_type: &'static str, how: &str, policy: &'static str) -> Response {
    (headers(name, content_type, how, policy), bytes).into_response()
}

/// What stands before every file that is handed out.
pub fn headers(name: &str, content_type: &'static str, how: &str, policy: &'static str) -> [(HeaderName, HeaderValue); 5] {
    [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        (CONTENT_DISPOSITION, disposition(how, name)),
    ]
}

/// RFC 6266: an ASCII name for old programs and the true one beside it (RFC 8187).
fn disposition(how: &str, name: &str) -> HeaderValue {
    let name = safe_file_name(name, "dosya");
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    let value = format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}
