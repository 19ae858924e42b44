//! Between two listings: waiting with IDLE (RFC 2177), the quota (RFC 9208), and marking what was taken.

use std::time::Duration;

use async_imap::imap_proto::Response;
use async_imap::imap_proto::rfc2087::QuotaResourceName;
use tokio::time::{Instant, sleep};

use crate::mailbox::config::AfterFetch;
use crate::mailbox::{Quota, Wake};

use super::problem::Problem;
use super::session::Session;

/// RFC 2177: a client leaves IDLE at least every 29 minutes; some firewalls forget a silent connection sooner.
const LONGEST_IDLE: Duration = Duration::from_secs(20 * 60);
/// RFC 9208 3.1: STORAGE counts units of 1024 bytes.
const STORAGE_UNIT: u64 = 1024;

/// Waits for news, with IDLE where it is offered. May return before `limit`: the caller lists after every return.
pub(super) async fn watch(session: &mut Session, folder: &str, idle: bool, limit: Duration) -> Result<Wake, Problem> {
    if session.news {
        return Ok(Wake::Changed);
    }
    let end = Instant::now() + limit;
    if idle && session.offers("IDLE").await? {
        if session.selected.as_ref().is_none_or(|selected| selected.folder != folder) {
            session.open_folder(folder, false).await?;
            session.news = false;
        }
        if let Some(wake) = idle_until(session, end.min(Instant::now() + LONGEST_IDLE)).await? {
            return Ok(wake);
        }
        // Offered and refused: from now on this session is polled.
        session.capabilities.remove("IDLE");
    }
    sleep(end.saturating_duration_since(Instant::now())).await;
    Ok(Wake::Elapsed)
}

/// One IDLE command. Nothing when the server refuses it.
async fn idle_until(session: &mut Session, end: Instant) -> Result<Option<Wake>, Problem> {
    let tag = session.send(&["IDLE"]).await?;
    if !session.may_continue().await? {
        return Ok(None);
    }
    while !session.news {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match session
            .next_within(left, end, |response| matches!(response, Response::Done { .. }))
            .await
        {
            // The server left IDLE by itself.
            Ok(true) => return Ok(Some(Wake::Changed)),
            Ok(false) => {}
            Err(Problem::Deadline(_)) => break,
            Err(problem) => return Err(problem),
        }
    }
    session.send_line("DONE").await?;
    session.finish(&tag, |_| {}).await?.ok()?;
    Ok(Some(if session.news { Wake::Changed } else { Wake::Elapsed }))
}

/// The fullest storage quota of the folder's quota roots.
pub(super) async fn quota(session: &mut Session, folder: &str) -> Result<Option<Quota>, Problem> {
    if !session.offers("QUOTA").await? {
        return Ok(None);
    }
    let mut fullest: Option<Quota> = None;
    let command = format!("GETQUOTAROOT {}", super::syntax::folder_name(folder));
    let done = session
        .run(&command, |response| {
            let Response::Quota(root) = response else { return };
            for resource in root.resources.iter().filter(|resource| resource.name == QuotaResourceName::Storage) {
                let quota = Quota {
                    used_bytes: resource.usage.saturating_mul(STORAGE_UNIT),
                    limit_bytes: resource.limit.saturating_mul(STORAGE_UNIT),
                };
                if fullest.is_none_or(|other| other.percent() < quota.percent()) {
                    fullest = Some(quota);
                }
            }
        })
        .await?;
    if !done.is_ok() {
        tracing::debug!(words = done.words, "the server did not tell the quota");
        return Ok(None);
    }
    Ok(fullest)
}

/// Marks or deletes exactly one message.
pub(super) async fn mark(session: &mut Session, uid: u32, how: AfterFetch) -> Result<(), Problem> {
    match how {
        AfterFetch::Nothing => Ok(()),
        AfterFetch::Seen => session.run(&format!("UID STORE {uid} +FLAGS.SILENT (\\Seen)"), |_| {}).await?.ok(),
        AfterFetch::Delete => {
            // A plain EXPUNGE would also remove what others marked.
            if !session.offers("UIDPLUS").await? {
                return Err(Problem::Configuration(
                    "after_fetch = \"delete\" needs a server with UIDPLUS".into(),
                ));
            }
            session
                .run(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"), |_| {})
                .await?
                .ok()?;
            session.run(&format!("UID EXPUNGE {uid}"), |_| {}).await?.ok()
        }
    }
}
