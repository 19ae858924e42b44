//! The mailboxes against the register: what the server has, what is here, what has a number, and what is missing.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::chrome::Chrome;
use super::shown::Shown;
use super::{beside, show, when};
use crate::clock::local_day;
use crate::ledger::{Ledger, LedgerError};
use crate::mailbox::{Quota, import};
use crate::people::account::HIGHEST_CLEARANCE;
use crate::people::{Person, Scope};
use crate::register::words;
use crate::search::query::Query;
use crate::text::Text;
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// Holes that are listed by name.
const SHOWN: usize = 100;
/// Days over which the trend of a mailbox is taken.
const TREND_DAYS: i64 = 30;
/// A mailbox that fills later than this is not told of.
const FORETOLD_DAYS: u64 = 730;

struct MailboxView {
    name: String,
    address: Shown,
    checked: String,
    checked_today: bool,
    counts: CountsView,
    /// Fetched and not registered, or listed and not here.
    differs: bool,
    holes: Vec<(Shown, String, Shown)>,
    more_holes: usize,
    /// What lies there and was not taken, in a sentence each.
    not_taken: Vec<Shown>,
    more_not_taken: u64,
    failure: Option<(Shown, Shown, String)>,
    quota: Option<QuotaView>,
}

/// A mailbox counts all that is in it. Who sees only a part is told of that part and of nothing else: a difference between two numbers
/// would say how many documents there are that do not exist for them.
struct CountsView {
    /// On the server, fetched, registered: for who sees all of it.
    whole: Option<(u64, u64, u64)>,
    /// Entries that exist for the person, for everybody else.
    own: u64,
}

struct QuotaView {
    percent: u64,
    words: String,
    /// How it grows and when it fills, where the record allows.
    trend: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "mailboxes.html", config = "src/web/askama.toml")]
struct MailboxesPage {
    c: Chrome,
    mailboxes: Vec<MailboxView>,
}

/// # Errors
/// The index cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    beside(move || {
        let (settings, now) = (web.pipeline.settings(), web.pipeline.now());
        let mut mailboxes = Vec::new();
        let has_import_holes = !web.ledger().holes_of(import::NAME)?.is_empty();
        for config in settings
            .config
            .mailbox
            .iter()
            .filter(|config| c.person().mailboxes.covers(Some(config.name())))
        {
            mailboxes.push(view(&web, config.name(), config.address(), now, &c)?);
        }
        if has_import_holes && c.person().mailboxes.covers(Some(import::NAME)) {
            mailboxes.push(view(&web, import::NAME, "", now, &c)?);
        }
        Ok(show(&MailboxesPage { c, mailboxes }))
    })
    .await
}

/// Of this mailbox no document is hidden from the person, whatever comes.
fn sees_all(person: &Person) -> bool {
    person.units == Scope::All && person.clearance >= HIGHEST_CLEARANCE
}

fn view(web: &Web, name: &str, address: &str, now: Timestamp, c: &Chrome) -> Result<MailboxView, LedgerError> {
    let ledger = web.ledger();
    let (state, counts, lang) = (ledger.mailbox(name)?, ledger.counts(name)?, c.lang());
    let holes = ledger.holes_of(name)?;
    let not_yet = Text::new("henüz istenmedi", "not asked for yet");
    let quota = state
        .quota
        .map(|quota| quota_view(ledger, name, quota, local_day(now), c))
        .transpose()?;
    Ok(MailboxView {
        name: name.to_owned(),
        address: Shown::cell(address),
        checked: state.last_check.map(when::moment).unwrap_or_else(|| "–".to_owned()),
        // What is handed over by hand has no daily duty.
        checked_today: name == import::NAME || state.last_check.map(local_day) == Some(local_day(now)),
        counts: match sees_all(c.person()) {
            true => CountsView {
                whole: Some((counts.listed, counts.fetched, counts.registered)),
                own: 0,
            },
            false => {
                let own = Query {
                    mailbox: Some(name.to_owned()),
                    ..Query::default()
                };
                CountsView {
                    whole: None,
                    own: web.search.count(c.person(), &own)?,
                }
            }
        },
        // A server may hold less than is here (its owner deletes), never more.
        differs: counts.registered != counts.fetched || counts.listed > counts.fetched || counts.holes > 0,
        more_holes: holes.len().saturating_sub(SHOWN),
        holes: holes
            .iter()
            .take(SHOWN)
            .map(|hole| {
                let place = format!("{} {}", hole.locator.folder, hole.locator.id);
                let problem = hole.problem.as_ref().unwrap_or(&not_yet).get(lang);
                (Shown::cell(&place), when::moment(hole.since), Shown::field(problem))
            })
            .collect(),
        more_not_taken: state.not_taken.saturating_sub(state.not_taken_files.len() as u64),
        not_taken: state.not_taken_files.iter().map(|text| Shown::field(text.get(lang))).collect(),
        failure: state.failure.as_ref().map(|failure| {
            let since = state.failing_since.unwrap_or(failure.at);
            (
                Shown::field(failure.problem.get(lang)),
                Shown::field(failure.cure.get(lang)),
                when::moment(since),
            )
        }),
        quota,
    })
}

fn quota_view(ledger: &Ledger, name: &str, quota: Quota, today: Date, c: &Chrome) -> Result<QuotaView, LedgerError> {
    let percent = quota.percent();
    let used = |bytes: u64| words::bytes(bytes, c.lang());
    Ok(QuotaView {
        percent: percent.min(100),
        words: format!("%{percent} · {} / {}", used(quota.used_bytes), used(quota.limit_bytes)),
        trend: trend(ledger, name, quota, today, c)?,
        class: match percent {
            0..=69 => "good",
            70..=84 => "open",
            _ => "bad",
        },
    })
}

/// A straight line through the oldest quota of the last days that is on record and the present one. Says nothing where there is no such day.
fn trend(ledger: &Ledger, name: &str, now: Quota, today: Date, c: &Chrome) -> Result<String, LedgerError> {
    let first = today.saturating_sub(TREND_DAYS.days());
    for day in first.series(1.day()).take_while(|day| *day < today) {
        let Some(then) = ledger.day(name, day)?.quota else { continue };
        let days = u64::try_from((today - day).get_days()).unwrap_or(1).max(1);
        let grown = now.used_bytes.saturating_sub(then.used_bytes);
        if grown == 0 {
            return Ok(c.t("büyümüyor", "not growing").to_owned());
        }
        let left = now.limit_bytes.saturating_sub(now.used_bytes);
        let until = left.saturating_mul(days) / grown;
        let a_day = words::bytes(grown / days, c.lang());
        let growth = format!("+{a_day} {}", c.t("günde", "a day"));
        if until > FORETOLD_DAYS {
            return Ok(growth);
        }
        let full = today.saturating_add(i64::try_from(until).unwrap_or_default().days());
        return Ok(format!("{growth}, {} {}", c.t("dolacağı gün:", "full on:"), when::day(full)));
    }
    Ok(c.t("eğilim için kayıt yok", "no record for a trend yet").to_owned())
}
