//! `/health`: whether the gateway does its work, and if not, why not. For whoever watches machines: without a sign-in, and therefore without
//! names, addresses and numbers of documents.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Shared, Web};
use crate::ledger::{BROKEN, Ledger, LedgerError};
use crate::pipeline::troubles::{Stands, Trouble};
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Health {
    healthy: bool,
    reasons: Vec<Reason>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Reason {
    pub code: &'static str,
    pub count: u64,
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

/// Every code that a reason can have: a monitor is told of each, also while it does not stand.
pub(super) const CODES: [&str; 10] = [
    "mailboxes-failing",
    "tasks-silent",
    "disk",
    "record-broken",
    "loss-open",
    "holes",
    "record-refused",
    "alerts-given-up",
    "reload-failed",
    "page-not-served",
];

/// How long an alert that was given up is a reason: as long as the next daily report takes, which says it too.
const GIVEN_UP_BACK: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn reasons(web: &Web) -> Result<Vec<Reason>, LedgerError> {
    let (settings, ledger, now) = (web.pipeline.settings(), web.ledger(), web.pipeline.now());
    let daemon = &settings.config.daemon;
    let failing_for = SignedDuration::try_from(daemon.failing_for).unwrap_or(SignedDuration::MAX);
    // Also what lies ahead by so much: a wrong clock wrote that, and it must not be quiet until then.
    let is_long = |since: Timestamp| now.duration_since(since).abs() >= failing_for;
    let (mut failing, mut holes) = (0, 0);
    for mailbox in &settings.config.mailbox {
        let since = ledger.mailbox(mailbox.name())?.failing_since;
        failing += u64::from(since.is_some_and(is_long));
        // A message that is being fetched just now is a hole for a moment.
        let all = ledger.holes_of(mailbox.name())?;
        holes += all.iter().filter(|hole| is_long(hole.since)).count() as u64;
    }
    let since = now.checked_sub(GIVEN_UP_BACK).unwrap_or(Timestamp::MIN);
    let reasons = [
        Reason::new(
            "mailboxes-failing",
            failing,
            "denetlenemeyen kutu var; 'kep-gateway mailboxes' nedenini söyler",
            "mailboxes cannot be checked; 'kep-gateway mailboxes' says why",
        ),
        Reason::new(
            "tasks-silent",
            web.silent.as_ref().map_or(0, |silent| silent().len() as u64),
            "daemon'un bazı işleri ilerlemiyor; günlüğüne bakın, gerekirse yeniden başlatın",
            "some tasks of the daemon make no progress; look at its log, restart it if need be",
        ),
        Reason::new(
            "disk",
            u64::from(ledger.free_bytes()? < daemon.free_bytes),
            "diskte yer azaldı; yer açın",
            "the disk is nearly full; make room",
        ),
        Reason::new(
            "record-broken",
            u64::from(ledger.standing(BROKEN)?.is_some()),
            "kayıt BOZUK; 'kep-gateway journal verify' yerlerini söyler, yedekten geri koyun",
            "the record is BROKEN; 'kep-gateway journal verify' says where, put it back from a backup",
        ),
        Reason::new(
            "loss-open",
            ledger.losses()?.iter().filter(|loss| loss.is_open()).count() as u64,
            "açık zıya (kayıp) var, bildirim süresi işliyor; 'kep-gateway loss list'",
            "a loss stands open and its term runs; 'kep-gateway loss list'",
        ),
        Reason::new(
            "holes",
            holes,
            "sunucuda listelenip alınamayan ileti var; 'kep-gateway reconcile'",
            "messages that the server listed were not delivered; 'kep-gateway reconcile'",
        ),
        Reason::new(
            "alerts-given-up",
            ledger.given_up_since(Some(since))?,
            "son 24 saatte iletilemeyip bırakılan uyarı var; 'kep-gateway alerts list'",
            "alerts were given up in the last 24 hours; 'kep-gateway alerts list'",
        ),
    ];
    let standing = web.pipeline.troubles().into_iter();
    let standing: Vec<Reason> = standing
        .map(|(trouble, stands)| of_trouble(trouble, &stands, ledger))
        .collect::<Result<_, _>>()?;
    Ok(reasons.into_iter().filter(|reason| reason.count > 0).chain(standing).collect())
}

/// Without the whole reason: it names files and addresses, and whoever asks here has not signed in. The system board and the alert say it.
fn of_trouble(trouble: Trouble, stands: &Stands, ledger: &Ledger) -> Result<Reason, LedgerError> {
    let first = stands.why.en.split_whitespace().next().unwrap_or_default();
    let code = if first.starts_with("KEP-") {
        format!(" ({first})")
    } else {
        String::new()
    };
    Ok(match trouble {
        Trouble::ReloadFailed => Reason::new(
            "reload-failed",
            1,
            &format!("yapılandırma yenilenemedi{code}, eskisi geçerli; 'kep-gateway config check'"),
            &format!("the configuration was not read anew{code}, the one before stays in force; 'kep-gateway config check'"),
        ),
        Trouble::PageNotServed => Reason::new(
            "page-not-served",
            1,
            "sayfa sunulamıyor; [web] ayarlarını denetleyin",
            "the page is not served; check [web]",
        ),
        Trouble::RecordRefused => {
            let waiting = ledger.pending(usize::MAX)?.len() as u64;
            Reason::new(
                "record-refused",
                waiting.max(1),
                &format!("kayıt diske yazılamıyor, {waiting} ileti numara bekliyor; yer açın ya da diski onarın"),
                &format!("the disk takes no record, {waiting} messages wait for a number; make room or mend the disk"),
            )
        }
    })
}
