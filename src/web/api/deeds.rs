//! What a program may do with a document: say under which number the EBYS took it over, and assign it.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::answer;
use super::asked::{Asked, Body, Place};
use super::caller::Caller;
use super::problem::Problem;
use super::shapes::{AssignAnswer, AssignRequest, LevelAnswer, LevelRequest, ProblemShape, TransferAnswer, TransferRequest, Transferred};
use crate::ledger::handling::HandlingRequest;
use crate::ledger::transfer::Transfer;
use crate::people::tokens::Grant;
use crate::register::entry::Action;
use crate::web::Shared;

/// Says that the EBYS took a document over under a number of its own, once and for all.
///
/// An EBYS that must not enter a document twice reserves its number first, sends it here, and enters the document only after 201 or 200. At
/// 409 somebody else was first: it gives its number back. After a crash it sends the same number again: that is 200, however often.
#[utoipa::path(
    put,
    path = "/api/v1/documents/{year}/{number}/transfer",
    operation_id = "transferDocument",
    tag = "documents",
    request_body = TransferRequest,
    responses(
        (status = 201, description = "Recorded now: of all who ask, one is told this", body = TransferAnswer),
        (status = 200, description = "Recorded before, under the same number", body = TransferAnswer),
        (status = 409, description = "Recorded before, under the number in `transferred_as`; or it was taken out of the register's work", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["transfer"])),
)]
pub async fn transfer(
    caller: Caller,
    State(web): State<Shared>,
    place: Place,
    uri: Uri,
    Body(asked): Body<TransferRequest>,
) -> Result<Response, Problem> {
    caller.needs(Grant::Transfer)?;
    Asked::read(&uri, &[])?;
    let number = asked.number.trim().to_owned();
    let told = web
        .ledger()
        .transfer(place.number, number.clone(), asked.note, &caller.person)
        .await?;
    let (status, at, repeated) = match told.map_err(Problem::Refused)? {
        Transfer::First { at } => (StatusCode::CREATED, at, false),
        Transfer::Repeated { at } => (StatusCode::OK, at, true),
        Transfer::Other { number, at } => return Err(Problem::Transferred { number, at }),
    };
    let said = TransferAnswer {
        register_number: format!("{}{}", caller.prefix, place.number),
        transferred: Transferred { number, at },
        repeated,
    };
    Ok(answer::json(status, &said))
}

/// Havale: assigns a document to a unit, a person, or both.
#[utoipa::path(
    post,
    path = "/api/v1/documents/{year}/{number}/assign",
    operation_id = "assignDocument",
    tag = "documents",
    request_body = AssignRequest,
    responses(
        (status = 200, description = "Recorded", body = AssignAnswer),
        (status = 422, description = "Nobody is named, or the person cannot take it", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["assign"])),
)]
pub async fn assign(
    caller: Caller,
    State(web): State<Shared>,
    place: Place,
    uri: Uri,
    Body(asked): Body<AssignRequest>,
) -> Result<Response, Problem> {
    caller.needs(Grant::Assign)?;
    Asked::read(&uri, &[])?;
    let request = HandlingRequest {
        action: Action::Assigned {
            unit: asked.unit,
            person: asked.person,
        },
        note: asked.note,
    };
    let state = web.ledger().handle(place.number, request, &caller.person).await?;
    let said = AssignAnswer {
        register_number: format!("{}{}", caller.prefix, place.number),
        state: state.map_err(Problem::Refused)?,
    };
    Ok(answer::json(StatusCode::OK, &said))
}

/// Sets who may see a document, by hand: where its classification cannot be read it exists only for clearance 4.
///
/// For a token whose clearance reaches the level that the document has and the one that it gets.
#[utoipa::path(
    post,
    path = "/api/v1/documents/{year}/{number}/level",
    operation_id = "setDocumentLevel",
    tag = "documents",
    request_body = LevelRequest,
    responses(
        (status = 200, description = "Recorded", body = LevelAnswer),
        (status = 409, description = "It has this level already, or it was taken out of the register's work", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "There is no such level, it is above the token's clearance, or the reason is missing", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["level"])),
)]
pub async fn level(
    caller: Caller,
    State(web): State<Shared>,
    place: Place,
    uri: Uri,
    Body(asked): Body<LevelRequest>,
) -> Result<Response, Problem> {
    caller.needs(Grant::Level)?;
    Asked::read(&uri, &[])?;
    let request = HandlingRequest {
        action: Action::Access { from: 0, to: asked.level },
        note: Some(asked.reason),
    };
    let set = web.ledger().handle(place.number, request, &caller.person).await?;
    set.map_err(Problem::Refused)?;
    let said = LevelAnswer {
        register_number: format!("{}{}", caller.prefix, place.number),
        access: asked.level,
    };
    Ok(answer::json(StatusCode::OK, &said))
}
