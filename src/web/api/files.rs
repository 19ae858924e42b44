//! Files out of a document: the same bytes under the same harmless headers as the pages hand out.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::sync::Semaphore;

use super::answer;
use super::asked::{Asked, Place};
use super::caller::Caller;
use super::documents::{entry, viewed};
use super::problem::Problem;
use super::shapes::{Part, Parts, ProblemShape, href};
use crate::ledger::LedgerError;
use crate::people::View;
use crate::people::tokens::Grant;
use crate::web::Shared;
use crate::web::pages::content::{self, Use};
use crate::web::pages::{beside, parts as handed_out};

/// Messages that programs have taken apart at the same time: a program that takes many must leave room for the people at their pages.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// The files of a document: letter, attachments, signatures and what else its package and message hold.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{year}/{number}/parts",
    operation_id = "listParts",
    tag = "files",
    responses(
        (status = 200, description = "The files", body = Parts),
        (status = 304, description = "As `If-None-Match` says"),
        (status = 410, description = "The bytes were disposed of; the record stays", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "The kept message cannot be taken apart; take the original", body = ProblemShape, content_type = "application/problem+json"),
        (status = 500, description = "The kept bytes are missing or damaged (`bytes-lost`); the administrator brings them back from a backup", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["read"])),
)]
pub async fn parts(caller: Caller, State(web): State<Shared>, place: Place, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    Asked::read(&uri, &[])?;
    let entry = viewed(&web, &caller, place.number, View::Api).await?;
    let _turn = ONE_AT_A_TIME.acquire().await.map_err(|_| Problem::Unavailable)?;
    let content = content::read(&web, &caller.person, &entry).await?.map_err(Problem::Unreadable)?;
    let parts = content.pieces.into_iter().map(|piece| Part {
        href: piece.sha256.map(|sha256| format!("{}/parts/{sha256}", href(place.number))),
        place: piece.place,
        name: piece.name,
        content_type: piece.content_type,
        size: piece.size,
        sha256: piece.sha256,
        r#use: word(piece.what),
        warnings: piece.warnings.into_iter().map(Into::into).collect(),
    });
    let parts = Parts {
        register_number: format!("{}{}", caller.prefix, place.number),
        parts: parts.collect(),
    };
    Ok(answer::tagged(&headers, &parts))
}

fn word(what: Use) -> &'static str {
    match what {
        Use::Letter => "letter",
        Use::Attachment => "attachment",
        Use::Body => "body",
        Use::Package => "package",
        Use::Evidence => "evidence",
        Use::Signature => "signature",
        Use::Inner => "inner",
    }
}

/// The bytes of one file, exactly as they were sent.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{year}/{number}/parts/{sha256}",
    operation_id = "getPart",
    tag = "files",
    params(
        ("sha256" = String, Path, description = "From the list of files", pattern = "^[0-9a-fA-F]{64}$"),
    ),
    responses(
        (status = 200, description = "The bytes; whatever they are, as application/octet-stream and an attachment", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "As `If-None-Match` says; the tag is the SHA-256"),
        (status = 410, description = "The bytes were disposed of; the record stays", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "The kept message cannot be taken apart; take the original", body = ProblemShape, content_type = "application/problem+json"),
        (status = 500, description = "The kept bytes are missing or damaged (`bytes-lost`); the administrator brings them back from a backup", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["read"])),
)]
pub async fn part(caller: Caller, State(web): State<Shared>, place: Place, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    Asked::read(&uri, &[])?;
    let wanted = place.sha256.ok_or(Problem::NotFound)?;
    let entry = entry(&web, &caller, place.number).await?;
    let turn = ONE_AT_A_TIME.acquire().await.map_err(|_| Problem::Unavailable)?;
    let found = content::find(&web, &caller.person, &entry, wanted)
        .await?
        .map_err(Problem::Unreadable)?;
    drop(turn);
    let (piece, bytes) = found.ok_or(Problem::NotFound)?;
    viewed(&web, &caller, place.number, View::Part).await?;
    Ok(file(&headers, bytes, &piece.name, &wanted.to_string()))
}

/// The message as it came, for whoever may see every document in it.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{year}/{number}/original",
    operation_id = "getOriginal",
    tag = "files",
    responses(
        (status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "As `If-None-Match` says; the tag is the SHA-256"),
        (status = 404, description = "It is not there, not for this token, or its message holds a document that is not", body = ProblemShape, content_type = "application/problem+json"),
        (status = 410, description = "The bytes were disposed of; the record stays", body = ProblemShape, content_type = "application/problem+json"),
        (status = 500, description = "The kept bytes are missing or damaged (`bytes-lost`); the administrator brings them back from a backup", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["read"])),
)]
pub async fn original(caller: Caller, State(web): State<Shared>, place: Place, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    Asked::read(&uri, &[])?;
    let entry = entry(&web, &caller, place.number).await?;
    let (at, person, sha256) = (web.clone(), caller.person.clone(), entry.message.sha256);
    let bytes = beside(move || {
        let whole = content::sees_whole(&at, &person, &entry)?;
        if whole && entry.is_disposed() {
            return Err(crate::web::problem::Problem::Gone);
        }
        let bytes = whole
            .then(|| at.ledger().blobs().get(&sha256).map_err(LedgerError::from))
            .transpose()?;
        Ok(bytes)
    })
    .await?;
    let bytes = bytes.ok_or(Problem::NotFound)?;
    viewed(&web, &caller, place.number, View::Original).await?;
    let name = format!("{}.eml", place.number.to_string().replace('/', "-"));
    Ok(file(&headers, bytes, &name, &sha256.to_string()))
}

fn file(asked: &HeaderMap, bytes: Bytes, name: &str, tag: &str) -> Response {
    if answer::has(asked, tag) {
        return answer::unchanged(tag);
    }
    let headers = handed_out::headers(name, "application/octet-stream", "attachment", handed_out::SANDBOX);
    let mut response = (headers, bytes).into_response();
    answer::tag_with(&mut response, tag);
    response
}
