//! The log of deliveries: who was told of what, when, how often it was tried, and what the other side said.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use jiff::Timestamp;

use super::answer;
use super::asked::Asked;
use super::caller::Caller;
use super::cursor;
use super::problem::Problem;
use super::shapes::{Deliveries, Delivery, ProblemShape};
use crate::alert::config::AlertConfig;
use crate::alert::job::{Channel, Job, JobState};
use crate::alert::notice::Cause;
use crate::alert::routing::target_names;
use crate::ledger::LedgerError;
use crate::people::tokens::Grant;
use crate::web::pages::{alerts, beside};
use crate::web::{Shared, Web};

/// Jobs that one request reads at most.
const LOOKED_AT: usize = 5_000;

struct Filter {
    cause: Option<Cause>,
    channel: Option<Channel>,
    state: Option<String>,
}

/// Alerts and webhooks, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/deliveries",
    operation_id = "listDeliveries",
    tag = "deliveries",
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<usize>, Query, description = "Deliveries of a page", minimum = 1, maximum = 200),
        ("cause" = Option<String>, Query, description = "document-registered, verdict-changed, or another cause"),
        ("channel" = Option<String>, Query, description = "email, sms or webhook"),
        ("state" = Option<String>, Query, description = "waiting, delivered or given-up"),
    ),
    responses(
        (status = 200, description = "A page", body = Deliveries),
        (status = 304, description = "As `If-None-Match` says"),
        (status = 400, description = "A parameter or the cursor is wrong", body = ProblemShape, content_type = "application/problem+json"),
    ),
    security(("token" = ["admin"])),
)]
pub async fn list(caller: Caller, State(web): State<Shared>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    caller.needs(Grant::Admin)?;
    let asked = Asked::read(&uri, &["cursor", "limit", "cause", "channel", "state"])?;
    let before = asked.text("cursor")?.map(cursor::to_job).transpose()?;
    let filter = Filter {
        cause: asked.word("cause")?,
        channel: asked.word("channel")?,
        state: asked.text("state")?.map(str::to_owned),
    };
    if filter
        .state
        .as_deref()
        .is_some_and(|state| !["waiting", "delivered", "given-up"].contains(&state))
    {
        return Err(Problem::Parameter("state".to_owned()));
    }
    let limit = asked.limit()?;
    let page = beside(move || Ok(page(&web, &caller, before, limit, &filter)?)).await?;
    Ok(answer::tagged(&headers, &page))
}

fn page(web: &Web, caller: &Caller, before: Option<(Timestamp, String)>, limit: usize, filter: &Filter) -> Result<Deliveries, LedgerError> {
    let settings = web.pipeline.settings();
    let mut deliveries = Vec::new();
    let mut last: Option<(Timestamp, String)> = before.clone();
    let cursor = |last: Option<(Timestamp, String)>| last.map(|(at, id)| cursor::of_job(at, &id));
    let jobs = web.ledger().jobs_before(before.as_ref().map(|(at, id)| (*at, id.as_str())));
    for (looked_at, job) in jobs.enumerate() {
        let job = job?;
        let fits = is_asked(&job, filter) && alerts::may_read(web, &caller.person, &job)?;
        if looked_at == LOOKED_AT || (fits && deliveries.len() == limit) {
            let next = cursor(last);
            return Ok(Deliveries { deliveries, next });
        }
        if fits {
            deliveries.push(delivery(&job, &settings.alerts));
        }
        if deliveries.len() < limit || fits {
            last = Some((job.created, job.id.to_string()));
        }
    }
    Ok(Deliveries { deliveries, next: None })
}

fn is_asked(job: &Job, filter: &Filter) -> bool {
    filter.cause.is_none_or(|cause| job.notice.cause == cause)
        && filter.channel.is_none_or(|channel| job.channel == channel)
        && filter.state.as_deref().is_none_or(|state| word(&job.state) == state)
}

fn word(state: &JobState) -> &'static str {
    match state {
        JobState::Waiting { .. } => "waiting",
        JobState::Delivered { .. } => "delivered",
        JobState::GivenUp { .. } => "given-up",
    }
}

fn delivery(job: &Job, config: &AlertConfig) -> Delivery {
    let (problem, ended_at) = match &job.state {
        JobState::Waiting { problem } => (problem.clone(), None),
        JobState::Delivered { at, .. } => (None, Some(*at)),
        JobState::GivenUp { at, problem } => (Some(problem.clone()), Some(*at)),
    };
    Delivery {
        id: job.id.to_string(),
        cause: job.notice.cause,
        channel: job.channel,
        targets: target_names(job.channel, &job.recipient, config),
        recipient: job.recipient.to_string(),
        key: job.notice.key.clone(),
        created_at: job.created,
        attempts: job.attempts,
        tried_at: job.tried,
        status_code: job.status_code(),
        state: word(&job.state),
        problem,
        next_attempt_at: job.is_open().then_some(job.next_attempt),
        ended_at,
    }
}
