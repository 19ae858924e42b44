//! `/metrics`: the state of the gateway as numbers, in the text form that Prometheus reads. Off unless the configuration says who may read it.
//! The names of mailboxes are the only words in it: no subject, no person, no number of a document.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use jiff::{SignedDuration, Timestamp};

use super::api::caller::authenticate;
use super::api::problem::{Problem as ApiProblem, said};
use super::guard::{Client, Peer, Speaks};
use super::pages::beside;
use super::problem::Problem;
use super::{Shared, Web, health};
use crate::config::MetricsFor;
use crate::ledger::{CLOCK_SLACK, LedgerError};
use crate::people::account::HIGHEST_CLEARANCE;
use crate::people::tokens::Grant;
use crate::people::{Person, Role, Scope};
use crate::register::entry::flag;
use crate::search::query::Query;
use crate::signature::revocation::crl::Crl;
use crate::store::disk::RealDisk;
use crate::store::last_backup::LastBackup;
use crate::text::Lang;

/// Counting reads much of the index: who asks more often than this is told the same again.
const KEPT: SignedDuration = SignedDuration::from_secs(15);

/// What a proxy writes; where it stands, the other end of the connection says nothing of who asks.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What was said last, and since when there is something to say.
pub struct Said {
    since: Timestamp,
    last: Mutex<Option<(Timestamp, String)>>,
}

impl Said {
    pub fn since(since: Timestamp) -> Self {
        Self {
            since,
            last: Mutex::default(),
        }
    }
}

pub fn router() -> Router<Shared> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(
    State(web): State<Shared>,
    peer: Option<Extension<Peer>>,
    client: Option<Extension<Client>>,
    speaks: Option<Extension<Speaks>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match web.pipeline.settings().config.web.metrics {
        MetricsFor::Off => return Err(Problem::NotFound),
        MetricsFor::Loopback if !is_straight_from_here(peer.map(|Extension(Peer(peer))| peer), &headers) => return Err(Problem::NotFound),
        MetricsFor::Loopback => {}
        MetricsFor::Token => {
            let network = client.map(|Extension(client)| client.network()).unwrap_or_default();
            let token = authenticate(&web, &headers, network).await;
            let may = token.and_then(|token| token.may(Grant::Metrics).then_some(()).ok_or(ApiProblem::Scope(Grant::Metrics)));
            if let Err(problem) = may {
                return Ok(said(&problem, speaks.map_or(Lang::default(), |Extension(speaks)| speaks.0)));
            }
        }
    }
    let text = beside(move || Ok(told(&web)?)).await?;
    Ok(([(CONTENT_TYPE, TEXT)], text).into_response())
}

fn is_straight_from_here(peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
    peer.is_some_and(|peer| peer.to_canonical().is_loopback()) && !FORWARDED.iter().any(|name| headers.contains_key(*name))
}

fn told(web: &Web) -> Result<String, LedgerError> {
    let now = web.pipeline.now();
    // Held while it is made: of many who ask at once, one counts.
    let mut last = web.said.last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((at, text)) = last.as_ref().filter(|(at, _)| *at <= now && now.duration_since(*at) < KEPT) {
        tracing::trace!(%at, "the metrics are told again");
        return Ok(text.clone());
    }
    let text = exposition(web, now)?;
    *last = Some((now, text.clone()));
    Ok(text)
}

/// Labels and a value.
type Sample<'s> = (&'s [(&'s str, &'s str)], f64);

/// Families of samples, one after another.
#[derive(Default)]
struct Families(String);

impl Families {
    fn family(&mut self, name: &str, kind: &str, help: &str, samples: &[Sample<'_>]) {
        let out = &mut self.0;
        // Writing into a string cannot fail.
        let _ = write!(out, "# HELP kep_gateway_{name} {help}\n# TYPE kep_gateway_{name} {kind}\n");
        for (labels, value) in samples {
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, value)| format!("{label}=\"{}\"", quoted(value)))
                .collect();
            let labels = if labels.is_empty() {
                String::new()
            } else {
                format!("{{{}}}", labels.join(","))
            };
            let value = if *value == f64::INFINITY {
                "+Inf".to_owned()
            } else {
                value.to_string()
            };
            let _ = writeln!(out, "kep_gateway_{name}{labels} {value}");
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "gauge", help, &[(&[], value)]);
    }
}

fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Prometheus counts in doubles; below 2^53 nothing is lost.
fn number(count: u64) -> f64 {
    count as f64
}

/// Never happened is older than everything: an alarm on the age must ring. So is what "happened" further ahead than a clock is put right by
/// steps: a wrong clock wrote that, and the age would be none until then.
fn age(at: Option<Timestamp>, now: Timestamp) -> f64 {
    let at = at.filter(|at| at.duration_since(now) <= CLOCK_SLACK);
    at.map_or(f64::INFINITY, |at| now.duration_since(at).as_secs_f64().max(0.0))
}

fn exposition(web: &Web, now: Timestamp) -> Result<String, LedgerError> {
    let mut families = Families::default();
    families.family(
        "build_info",
        "gauge",
        "Version of the program.",
        &[(&[("version", env!("CARGO_PKG_VERSION"))], 1.0)],
    );
    let start = web.said.since.as_millisecond() as f64 / 1_000.0;
    families.gauge("process_start_time_seconds", "When the daemon began, in seconds since 1970.", start);
    let reasons = health::reasons(web)?;
    families.gauge("healthy", "1 when /health has no reason.", f64::from(reasons.is_empty()));
    let labels = health::CODES.map(|code| [("code", code)]);
    let counts: Vec<Sample<'_>> = health::CODES
        .iter()
        .zip(&labels)
        .map(|(code, labels)| {
            let count = reasons.iter().find(|reason| reason.code == *code).map_or(0, |reason| reason.count);
            (labels.as_slice(), number(count))
        })
        .collect();
    families.family(
        "health_reason",
        "gauge",
        "Each reason that /health can have, with its count; 0 while it does not stand.",
        &counts,
    );
    let silent = web.silent.as_ref().map_or(0, |silent| silent().len() as u64);
    families.gauge("tasks_silent", "Tasks of the daemon that make no progress.", number(silent));
    mailboxes(web, now, &mut families)?;
    work(web, now, &mut families)?;
    record(web, now, &mut families)?;
    Ok(families.0)
}

fn mailboxes(web: &Web, now: Timestamp, families: &mut Families) -> Result<(), LedgerError> {
    let settings = web.pipeline.settings();
    let mut known = Vec::new();
    for mailbox in &settings.config.mailbox {
        known.push((
            mailbox.name(),
            web.ledger().mailbox(mailbox.name())?,
            web.ledger().counts(mailbox.name())?,
        ));
    }
    let labels: Vec<[(&str, &str); 1]> = known.iter().map(|(name, ..)| [("mailbox", *name)]).collect();
    let per_mailbox = |value: &dyn Fn(usize) -> f64| -> Vec<Sample<'_>> {
        labels
            .iter()
            .enumerate()
            .map(|(at, labels)| (labels.as_slice(), value(at)))
            .collect()
    };
    let of = |at: usize| known.get(at).map(|(_, state, counts)| (state, counts));
    let check = per_mailbox(&|at| age(of(at).and_then(|(state, _)| state.last_check), now));
    families.family(
        "mailbox_last_check_age_seconds",
        "gauge",
        "Since the last check of a mailbox that succeeded; +Inf before the first.",
        &check,
    );
    let failing = per_mailbox(&|at| {
        of(at)
            .and_then(|(state, _)| state.failing_since)
            .map_or(0.0, |since| age(Some(since), now))
    });
    families.family(
        "mailbox_failing_seconds",
        "gauge",
        "How long a mailbox has been failing; 0 when it is not.",
        &failing,
    );
    let places: Vec<[(&str, &str); 2]> = known
        .iter()
        .flat_map(|(name, ..)| ["server", "fetched", "registered"].map(|place| [("mailbox", *name), ("place", place)]))
        .collect();
    let counts = known
        .iter()
        .flat_map(|(_, _, counts)| [counts.listed, counts.fetched, counts.registered]);
    let messages: Vec<Sample<'_>> = places.iter().map(|labels| labels.as_slice()).zip(counts.map(number)).collect();
    families.family(
        "mailbox_messages",
        "gauge",
        "Messages on the server at the last check, fetched ever, and registered of those.",
        &messages,
    );
    let holes = per_mailbox(&|at| of(at).map_or(0.0, |(_, counts)| number(counts.holes)));
    families.family(
        "mailbox_holes",
        "gauge",
        "Messages that the server listed and did not deliver.",
        &holes,
    );
    Ok(())
}

fn work(web: &Web, now: Timestamp, families: &mut Families) -> Result<(), LedgerError> {
    let (settings, ledger) = (web.pipeline.settings(), web.ledger());
    let quarantined = Query {
        flag: Some(flag::QUARANTINED.to_owned()),
        ..Query::default()
    };
    let quarantined = web.search.count(&everybody(), &quarantined)?;
    families.gauge("quarantined", "Register entries in quarantine.", number(quarantined));
    let waiting = ledger.pending(usize::MAX)?.len() as u64;
    families.gauge(
        "messages_waiting",
        "Messages that have bytes and no register number yet.",
        number(waiting),
    );
    families.gauge(
        "verdicts_waiting",
        "Entries whose verdict waits for data or for the end of a period.",
        number(ledger.waiting()?.len() as u64),
    );
    let sent = ledger.sent_counts()?;
    families.family(
        "sent_messages",
        "gauge",
        "Sent messages: awaited (evidence is still to come), overdue (it did not come by its term), negative (not delivered) and timed-out (not \
         read in time); the last three until nothing stands any more or a person saw to it.",
        &[
            (&[("state", "awaited")], number(sent.followed)),
            (&[("state", "overdue")], number(sent.overdue)),
            (&[("state", "negative")], number(sent.negative)),
            (&[("state", "timed-out")], number(sent.timed_out)),
        ],
    );
    let jobs = ledger.open_jobs()?;
    families.gauge(
        "outbox_pending",
        "Alerts and webhooks that still want an attempt.",
        number(jobs.len() as u64),
    );
    let oldest = jobs.iter().map(|job| job.created).min();
    families.gauge(
        "outbox_oldest_age_seconds",
        "Of the oldest of them; 0 when there is none.",
        oldest.map_or(0.0, |at| age(Some(at), now)),
    );
    families.family(
        "outbox_failed_total",
        "counter",
        "Alerts and webhooks that were given up.",
        &[(&[], number(ledger.given_up_since(None)?))],
    );
    let (lead, calendar) = (settings.config.register.warn_business_hours, &settings.registry.calendar);
    let (mut near, mut over) = (0_u64, 0_u64);
    for open in ledger.open_deadlines(Timestamp::UNIX_EPOCH)? {
        over += u64::from(open.at <= now);
        near += u64::from(open.at > now && now >= calendar.business_hours_before(open.at, lead));
    }
    families.family(
        "deadlines",
        "gauge",
        "Deadlines that nobody met yet: near (within the alarm's lead) and over.",
        &[(&[("state", "near")], number(near)), (&[("state", "over")], number(over))],
    );
    Ok(())
}

fn record(web: &Web, now: Timestamp, families: &mut Families) -> Result<(), LedgerError> {
    let ledger = web.ledger();
    families.gauge("disk_free_bytes", "Free where the store lies.", number(ledger.free_bytes()?));
    families.family(
        "journal_records_total",
        "counter",
        "Records of the journal.",
        &[(&[], number(ledger.head().sequence))],
    );
    families.gauge(
        "backup_age_seconds",
        "Since the last backup; +Inf where none was made.",
        age(LastBackup::of(ledger.root(), &*RealDisk::shared())?.map(|last| last.at), now),
    );
    let settings = web.pipeline.settings();
    families.gauge(
        "trust_anchors",
        "Roots that verdicts rest on.",
        number(settings.trust.anchors().count() as u64),
    );
    // Without any list there is nothing to be old: whoever works offline sees that at the verdicts that wait.
    let oldest: Vec<Sample<'_>> = oldest_list(web)
        .map(|at| (&[] as &[(&str, &str)], age(Some(at), now)))
        .into_iter()
        .collect();
    families.family(
        "revocation_list_oldest_age_seconds",
        "gauge",
        "Of the issuer whose newest revocation list is the oldest.",
        &oldest,
    );
    Ok(())
}

/// Of each issuer the newest list counts; of these the oldest.
fn oldest_list(web: &Web) -> Option<Timestamp> {
    let settings = web.pipeline.settings();
    let kept = settings.online.known().about([]);
    let mut newest: Vec<&Arc<Crl>> = Vec::new();
    for list in settings.trust.revocation.crls.iter().chain(&kept.crls) {
        match newest.iter_mut().find(|known| known.issuer == list.issuer) {
            Some(known) if known.this_update < list.this_update => *known = list,
            Some(_) => {}
            None => newest.push(list),
        }
    }
    newest.iter().map(|list| list.this_update).min()
}

/// Counts have no owner: they are of all that there is.
fn everybody() -> Person {
    Person {
        login: String::new(),
        name: String::new(),
        role: Role::Auditor,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: HIGHEST_CLEARANCE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_further_ahead_than_a_step_of_the_clock_is_older_than_everything() {
        let now: Timestamp = "2026-11-20T07:00:00Z".parse().unwrap();
        let hours = SignedDuration::from_hours;
        assert_eq!(age(Some(now - hours(2)), now), 7_200.0);
        assert_eq!(age(Some(now + hours(1)), now), 0.0);
        assert_eq!(age(Some(now + hours(5_000)), now), f64::INFINITY);
        assert_eq!(age(None, now), f64::INFINITY);
    }
}
