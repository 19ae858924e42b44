//! `/health`: whether the gateway does its work, and if not, why not. For whoever watches machines: without a sign-in, and therefore without
//! names, addresses and numbers of documents.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use jiff::SignedDuration;
use serde::Serialize;

use super::{Shared, Web};
use crate::ledger::LedgerError;
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Health {
    healthy: bool,
    reasons: Vec<Reason>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Reason {
    code: &'static str,
    count: u64,
    text: Text,
}

impl Reason {
    fn new(code: &'static str, count: u64, tr: &str, en: &str) -> Self {
        Self {
            code,
            count,
            text: Text::new(tr, en),
        }
    }
}

pub fn router() -> Router<Shared> {
    Router::new().route("/health", get(health))
}

async fn health(State(web): State<Shared>) -> (StatusCode, Json<Health>) {
    let looked = tokio::task::spawn_blocking(move || reasons(&web)).await;
    let reasons = match looked {
        Ok(Ok(reasons)) => reasons,
        _ => vec![Reason::new(
            "store",
            1,
            "kayıt deposu okunamıyor; daemon günlüğüne bakın",
            "the store cannot be read; look at the daemon's log",
        )],
    };
    let status = match reasons.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let healthy = reasons.is_empty();
    (status, Json(Health { healthy, reasons }))
}

pub(super) fn reasons(web: &Web) -> Result<Vec<Reason>, LedgerError> {
    let (settings, ledger, now) = (web.pipeline.settings(), web.ledger(), web.pipeline.now());
    let daemon = &settings.config.daemon;
    let mut reasons = Vec::new();
    let failing_for = SignedDuration::try_from(daemon.failing_for).unwrap_or(SignedDuration::MAX);
    let mut failing = 0;
    for mailbox in &settings.config.mailbox {
        let since = ledger.mailbox(mailbox.name())?.failing_since;
        failing += u64::from(since.is_some_and(|since| now.duration_since(since) >= failing_for));
    }
    if failing > 0 {
        reasons.push(Reason::new(
            "mailboxes-failing",
            failing,
            "denetlenemeyen kutu var; 'kep-gateway mailboxes' nedenini söyler",
            "mailboxes cannot be checked; 'kep-gateway mailboxes' says why",
        ));
    }
    let silent = web.silent.as_ref().map_or(0, |silent| silent().len() as u64);
    if silent > 0 {
        reasons.push(Reason::new(
            "tasks-silent",
            silent,
            "daemon'un bazı işleri ilerlemiyor; günlüğüne bakın, gerekirse yeniden başlatın",
            "some tasks of the daemon make no progress; look at its log, restart it if need be",
        ));
    }
    if ledger.free_bytes()? < daemon.free_bytes {
        reasons.push(Reason::new(
            "disk",
            1,
            "diskte yer azaldı; yer açın",
            "the disk is nearly full; make room",
        ));
    }
    Ok(reasons)
}
