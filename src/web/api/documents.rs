//! The register for programs: the list, one document, its verdict and its evidence.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer;
use super::asked::{Asked, Place};
use super::caller::Caller;
use super::cursor;
use super::problem::Problem;
use super::shapes::{Documents, EvidenceOf, EvidenceShape, ProblemShape, Summary, Transferred, VerdictOf, href};
use crate::ledger::LedgerError;
use crate::ledger::transfer::transferred;
use crate::message::MessageKind;
use crate::people::View;
use crate::people::tokens::Grant;
use crate::register::entry::{Entry, OpenedRecord, RegisterNumber, State as EntryState};
use crate::register::export::{finding_json, keeping_json, to_json, verdict_json};
use crate::web::pages::{beside, content};
use crate::web::{Shared, Web};

/// Entries that one request reads at most: a rare filter over a large register goes on with the next page instead of holding this one.
const LOOKED_AT: usize = 2_000;

/// Characters of a subject in a list.
const SUBJECT: usize = 4_000;

struct Filter {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    state: Option<EntryState>,
    kind: Option<MessageKind>,
    unit: Option<String>,
    mailbox: Option<String>,
    /// `Some(true)`: what no EBYS took over; `Some(false)`: what one did, or need not.
    not_transferred: Option<bool>,
}

impl Filter {
    fn read(asked: &Asked) -> Result<Self, Problem> {
        Ok(Self {
            since: asked.moment("since", false)?,
            until: asked.moment("until", true)?,
            state: asked.word("state")?,
            kind: asked.word("kind")?,
            unit: asked.text("unit")?.map(str::to_owned),
            mailbox: asked.text("mailbox")?.map(str::to_owned),
            not_transferred: asked.switch("not_transferred")?,
        })
    }

    fn fits(&self, entry: &Entry) -> bool {
        self.since.is_none_or(|since| entry.registered_at >= since)
            && self.until.is_none_or(|until| entry.registered_at < until)
            && self.state.is_none_or(|state| entry.state == state)
            && self.kind.is_none_or(|kind| entry.message.kind == kind)
            && self.unit.as_deref().is_none_or(|unit| entry.unit.as_deref() == Some(unit))
            && self.mailbox.as_deref().is_none_or(|mailbox| entry.mailbox == mailbox)
            && self.not_transferred.is_none_or(|waits| entry.awaits_transfer() == waits)
    }
}

/// The documents that exist for the token, in the order of their register numbers.
///
/// An EBYS asks with `not_transferred=true` and without a cursor at the beginning of each round: what was left over, or came into its scope
/// later, is there again.
#[utoipa::path(
    get,
    path = "/api/v1/documents",
    operation_id = "listDocuments",
    tag = "documents",
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<usize>, Query, description = "Documents of a page", minimum = 1, maximum = 200),
        ("since" = Option<String>, Query, description = "Registered at or after: an RFC 3339 instant or a day in Turkey"),
        ("until" = Option<String>, Query, description = "Registered before this instant, or until the end of this day in Turkey"),
        ("state" = Option<String>, Query, description = "registered, opened, assigned, done, on-hold, not-recorded or quarantined"),
        ("kind" = Option<String>, Query, description = "Kind of the message, as in the list"),
        ("unit" = Option<String>, Query, description = "Name of a unit"),
        ("mailbox" = Option<String>, Query, description = "Name of a mailbox"),
        ("not_transferred" = Option<bool>, Query, description = "true: only what no EBYS took over yet; false: only the rest"),
    ),
    responses(
        (status = 200, description = "A page", body = Documents),
        (status = 304, description = "As `If-None-Match` says"),
        (status = 400, description = "A parameter or the cursor is wrong", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["read"])),
)]
pub async fn list(caller: Caller, State(web): State<Shared>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    let asked = Asked::read(
        &uri,
        &[
            "cursor",
            "limit",
            "since",
            "until",
            "state",
            "kind",
            "unit",
            "mailbox",
            "not_transferred",
        ],
    )?;
    let after = asked.text("cursor")?.map(cursor::to_number).transpose()?;
    let (limit, filter) = (asked.limit()?, Filter::read(&asked)?);
    let page = beside(move || Ok(page(&web, &caller, after, limit, &filter)?)).await?;
    Ok(answer::tagged(&headers, &page))
}

fn page(web: &Web, caller: &Caller, after: Option<RegisterNumber>, limit: usize, filter: &Filter) -> Result<Documents, LedgerError> {
    let (mut documents, mut last, mut looked_at) = (Vec::new(), after, 0);
    for number in web.ledger().numbers_after(after, filter.not_transferred == Some(true)) {
        let number = number?;
        if looked_at == LOOKED_AT {
            return Ok(Documents {
                documents,
                next: last.map(cursor::of_number),
            });
        }
        looked_at += 1;
        let entry = web.ledger().entry(number)?;
        let Some(entry) = entry.filter(|entry| caller.person.sees(entry) && filter.fits(entry)) else {
            // While the page is not full, what was passed over need not be looked at again.
            last = if documents.len() < limit { Some(number) } else { last };
            continue;
        };
        // There is a further one that exists for the token: only then does the list go on.
        if documents.len() == limit {
            return Ok(Documents {
                documents,
                next: last.map(cursor::of_number),
            });
        }
        documents.push(summary(&entry, &caller.prefix));
        last = Some(number);
    }
    Ok(Documents { documents, next: None })
}

fn summary(entry: &Entry, prefix: &str) -> Summary {
    let (document, message) = (entry.document.as_ref(), &entry.message);
    let subject = document
        .and_then(|document| document.subject.as_deref())
        .or(message.subject.as_deref());
    let short = |text: &str| text.chars().take(SUBJECT).collect::<String>();
    let sender = document
        .and_then(|document| document.sender.as_ref())
        .and_then(|sender| sender.name.as_deref());
    Summary {
        register_number: format!("{prefix}{}", entry.register_number),
        href: href(entry.register_number),
        registered_at: entry.registered_at,
        received_at: message.received_at,
        mailbox: entry.mailbox.clone(),
        kind: message.kind,
        message_sha256: message.sha256,
        sender: sender.map(short),
        subject: subject.map(short),
        document_number: document.and_then(|document| document.number.as_deref()).map(short),
        document_id: document.and_then(|document| document.id.as_deref()).map(short),
        indication: entry.verdict.as_ref().map(|verdict| verdict.indication),
        flags: entry.flags.iter().cloned().collect(),
        unit: entry.unit.clone(),
        access: entry.access,
        state: entry.state,
        transferred: taken_over(entry),
    }
}

fn taken_over(entry: &Entry) -> Option<Transferred> {
    transferred(entry).map(|(number, at)| Transferred {
        number: number.to_owned(),
        at,
    })
}

/// The entry with its view on record; what does not exist for the token is not there.
pub async fn viewed(web: &Shared, caller: &Caller, number: RegisterNumber, what: View) -> Result<Entry, Problem> {
    web.ledger().viewed(number, &caller.person, what).await?.ok_or(Problem::NotFound)?;
    entry(web, caller, number).await
}

/// The entry without a record.
pub async fn entry(web: &Shared, caller: &Caller, number: RegisterNumber) -> Result<Entry, Problem> {
    let (web, person) = (web.clone(), caller.person.clone());
    let found = beside(move || Ok(web.ledger().entry(number)?.filter(|entry| person.sees(entry)))).await?;
    found.ok_or(Problem::NotFound)
}

/// One document, in the shape of `documents export --json`, with `href` and `transferred`. The view is recorded; it is no opening: the daily
/// duty is a person's.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{year}/{number}",
    operation_id = "getDocument",
    tag = "documents",
    responses(
        (status = 200, description = "The document", body = Object),
        (status = 304, description = "As `If-None-Match` says"),
    ),
    security(("token" = ["read"])),
)]
pub async fn one(caller: Caller, State(web): State<Shared>, place: Place, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    Asked::read(&uri, &[])?;
    let entry = viewed(&web, &caller, place.number, View::Api).await?;
    let document = beside(move || Ok(document(&web, &caller, &entry)?)).await?;
    Ok(answer::tagged(&headers, &document))
}

fn document(web: &Web, caller: &Caller, entry: &Entry) -> Result<Value, LedgerError> {
    // What the message shows of documents and mailboxes that do not exist for the token is not there.
    let mut own = entry.clone();
    own.message
        .sightings
        .retain(|seen| caller.person.mailboxes.covers(Some(&seen.mailbox)));
    if !content::sees_whole(web, &caller.person, entry)? {
        own.message.attachments.clear();
        own.opened.retain(OpenedRecord::is_in_package);
    }
    let mut document = to_json(&own, caller.lang, &caller.prefix);
    if let Value::Object(fields) = &mut document {
        fields.insert("href".to_owned(), json!(href(entry.register_number)));
        fields.insert("transferred".to_owned(), json!(taken_over(entry)));
        fields.insert("keeping".to_owned(), keeping_json(&web.ledger().keeping(entry.register_number)?));
    }
    Ok(document)
}

/// The verdict over a document's signatures, and the findings of the package rules.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{year}/{number}/verdict",
    operation_id = "getVerdict",
    tag = "documents",
    responses(
        (status = 200, description = "The verdict", body = VerdictOf),
        (status = 304, description = "As `If-None-Match` says"),
    ),
    security(("token" = ["read"])),
)]
pub async fn verdict(caller: Caller, State(web): State<Shared>, place: Place, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    Asked::read(&uri, &[])?;
    let entry = viewed(&web, &caller, place.number, View::Api).await?;
    let verdict = VerdictOf {
        register_number: format!("{}{}", caller.prefix, entry.register_number),
        verdict: entry.verdict.as_ref().map(|verdict| verdict_json(verdict, caller.lang)),
        findings: entry.findings.iter().map(|finding| finding_json(finding, caller.lang)).collect(),
        earlier_verdicts: json!(entry.earlier_verdicts),
    };
    Ok(answer::tagged(&headers, &verdict))
}

/// The delil that is linked to a document's message.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{year}/{number}/evidence",
    operation_id = "listEvidence",
    tag = "documents",
    responses(
        (status = 200, description = "The evidence", body = EvidenceOf),
        (status = 304, description = "As `If-None-Match` says"),
    ),
    security(("token" = ["read"])),
)]
pub async fn evidence(caller: Caller, State(web): State<Shared>, place: Place, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Read)?;
    Asked::read(&uri, &[])?;
    let entry = viewed(&web, &caller, place.number, View::Evidence).await?;
    let register_number = format!("{}{}", caller.prefix, entry.register_number);
    let evidence = beside(move || Ok(evidence_of(&web, &entry)?)).await?;
    Ok(answer::tagged(&headers, &EvidenceOf { register_number, evidence }))
}

fn evidence_of(web: &Web, entry: &Entry) -> Result<Vec<EvidenceShape>, LedgerError> {
    let mut all = Vec::new();
    for record in &entry.evidence {
        let known = web.ledger().evidence_document(&record.sha256)?.map(|known| known.found.evidence);
        all.push(EvidenceShape {
            sha256: record.sha256,
            kind: record.kind.clone(),
            event: record.event.clone(),
            event_time: record.event_time,
            recipient: record.recipient.clone(),
            indication: record.indication,
            linked_by: record.linked_by.clone(),
            label: known.as_ref().map(|known| known.label().into()),
            issuer: known.as_ref().and_then(|known| known.issuer.clone()),
            identifier: known.as_ref().and_then(|known| known.identifier.clone()),
            submission_time: known.and_then(|known| known.submission_time),
        });
    }
    Ok(all)
}
