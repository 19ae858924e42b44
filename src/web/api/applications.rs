//! Application files for programs: the list, one file, and what is entered about it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::answer;
use super::application_shapes::{ApplicationOf, Applications, DeedRequest, DeedsRequest, Summary};
use super::asked::{Asked, Body, Place};
use super::caller::Caller;
use super::cursor;
use super::documents::{entry, viewed};
use super::problem::Problem;
use super::shapes::ProblemShape;
use crate::checklist::entered::Deed;
use crate::ledger::LedgerError;
use crate::ledger::file_deeds::FileRefusal;
use crate::people::View;
use crate::people::tokens::Grant;
use crate::pipeline::files::report::file_json;
use crate::pipeline::files::terms_of;
use crate::register::entry::{Entry, RegisterNumber};
use crate::web::pages::beside;
use crate::web::{Shared, Web};

/// Entries that one request looks at: a token that sees few of them goes on with the next page.
const LOOKED_AT: usize = 500;

/// The application files that exist for the token, the newest first. Each is judged as far as the token sees it.
#[utoipa::path(
    get,
    path = "/api/v1/files",
    operation_id = "listFiles",
    tag = "applications",
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<usize>, Query, description = "Files of a page", minimum = 1, maximum = 200),
    ),
    responses(
        (status = 200, description = "A page", body = Applications),
        (status = 304, description = "As `If-None-Match` says"),
        (status = 400, description = "A parameter or the cursor is wrong", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["read"])),
)]
pub async fn list(caller: Caller, State(web): State<Shared>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    let asked = Asked::read(&uri, &["cursor", "limit"])?;
    let (before, limit) = (asked.text("cursor")?.map(cursor::to_number).transpose()?, asked.limit()?);
    let page = beside(move || Ok(page(&web, &caller, before, limit)?)).await?;
    Ok(answer::tagged(&headers, &page))
}

fn page(web: &Web, caller: &Caller, before: Option<RegisterNumber>, limit: usize) -> Result<Applications, LedgerError> {
    let (mut files, mut last) = (Vec::new(), None);
    let wanted = |number: &Result<RegisterNumber, LedgerError>| match (number, before) {
        (Ok(number), Some(before)) => *number < before,
        _ => true,
    };
    for (at, number) in web.ledger().file_numbers_back().filter(wanted).enumerate() {
        let number = number?;
        if files.len() == limit || at == LOOKED_AT {
            return Ok(Applications {
                files,
                next: last.map(cursor::of_number),
            });
        }
        files.extend(summary(web, caller, number)?);
        last = Some(number);
    }
    Ok(Applications { files, next: None })
}

fn summary(web: &Web, caller: &Caller, number: RegisterNumber) -> Result<Option<Summary>, LedgerError> {
    let settings = web.pipeline.settings();
    let file = web.ledger().application_file(number, &|entry| caller.person.sees(entry))?;
    Ok(file.map(|file| {
        let outcome = file.outcome(&settings.checklists);
        Summary {
            register_number: format!("{}{number}", caller.prefix),
            href: href(number),
            standing: outcome.standing.word(),
            missing: outcome.missing().count(),
            wrong: outcome.wrong().count(),
            next_term: terms_of(&file, &settings).first().map(|term| term.at),
            checklist: file.checklist,
        }
    }))
}

fn href(number: RegisterNumber) -> String {
    format!("{}/file", super::shapes::href(number))
}

/// The application file of a document: its papers, what is missing or wrong, who may sign, its terms, and a reply that is ready to send.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{year}/{number}/file",
    operation_id = "getFile",
    tag = "applications",
    responses(
        (status = 200, description = "The file", body = ApplicationOf),
        (status = 304, description = "As `If-None-Match` says"),
    ),
    security(("token" = ["read"])),
)]
pub async fn one(caller: Caller, State(web): State<Shared>, place: Place, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    Asked::read(&uri, &[])?;
    let entry = viewed(&web, &caller, place.number, View::ApplicationFile).await?;
    let file = beside(move || Ok(file_of(&web, &caller, &entry)?)).await?;
    Ok(answer::tagged(&headers, &file))
}

fn file_of(web: &Web, caller: &Caller, entry: &Entry) -> Result<ApplicationOf, LedgerError> {
    let (number, settings) = (entry.register_number, web.pipeline.settings());
    let sees = |entry: &Entry| caller.person.sees(entry);
    let file = web.ledger().application_file(number, &sees)?;
    let part_of = web.ledger().file_state(number)?.and_then(|state| state.part_of);
    let head = part_of
        .map(|head| web.ledger().application_file(head, &sees))
        .transpose()?
        .flatten();
    Ok(ApplicationOf {
        register_number: format!("{}{number}", caller.prefix),
        completes: head.map(|file| href(file.head.register_number)),
        file: file.map(|file| file_json(&file, &file.outcome(&settings.checklists), &settings, caller.lang)),
    })
}

/// Enters something about an application file: that it is one, who may sign, which paper an attachment is, days, and what completes it.
///
/// Everything that is entered stands in the record with the token's name; nothing is changed, a later deed takes the place of an earlier
/// one. The papers of what was joined or bound are read soon after: until then the file is `awaiting`.
#[utoipa::path(
    post,
    path = "/api/v1/documents/{year}/{number}/file/deeds",
    operation_id = "enterFileDeed",
    tag = "applications",
    request_body = DeedsRequest,
    responses(
        (status = 200, description = "Recorded; the file as it stands now", body = ApplicationOf),
        (status = 422, description = "It cannot be so; the sentence says why", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["files"])),
)]
pub async fn enter(
    caller: Caller,
    State(web): State<Shared>,
    place: Place,
    uri: Uri,
    Body(asked): Body<DeedsRequest>,
) -> Result<Response, Problem> {
    caller.needs(Grant::Files)?;
    Asked::read(&uri, &[])?;
    let (deed, note) = (deed_of(asked.deed), asked.note);
    let entered = web.pipeline.enter_file_deed(place.number, deed, note, &*caller.person).await?;
    entered.map_err(|refusal| match refusal {
        FileRefusal::NotFound => Problem::NotFound,
        FileRefusal::Forbidden => Problem::Refused(crate::ledger::handling::Refusal::Forbidden),
        FileRefusal::Unfit(why) => Problem::Unfit(why),
    })?;
    let entry = entry(&web, &caller, place.number).await?;
    let file = beside(move || Ok(file_of(&web, &caller, &entry)?)).await?;
    Ok(answer::json(StatusCode::OK, &file))
}

fn deed_of(asked: DeedRequest) -> Deed {
    match asked {
        DeedRequest::Bound { checklist } => Deed::Bound { checklist },
        DeedRequest::Authorised { authority } => Deed::Authorised {
            authority: authority.into(),
        },
        DeedRequest::Revoked { authority } => Deed::Revoked { authority },
        DeedRequest::Decided { sha256, paper } => Deed::Decided { sha256, paper },
        DeedRequest::OriginalsArrived { day } => Deed::OriginalsArrived { day },
        DeedRequest::CompletionAsked { day } => Deed::CompletionAsked { day },
        DeedRequest::LossLearned { day } => Deed::LossLearned { day },
        DeedRequest::LossReported { day } => Deed::LossReported { day },
        DeedRequest::Joined { document } => Deed::Joined { document },
        DeedRequest::Separated { document } => Deed::Separated { document },
    }
}
