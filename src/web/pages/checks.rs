//! The proof of the daily duty: on which day each mailbox was checked, and who looked.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Query as Asked, State};
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::chrome::Chrome;
use super::shown::Shown;
use super::{beside, show, when};
use crate::clock::local_day;
use crate::ledger::{Ledger, LedgerError};
use crate::register::calendar::Calendar;
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// What a day was.
struct Cell {
    /// Of the style sheet: `done missed off ahead none`.
    class: &'static str,
    mark: &'static str,
    /// For a pointer and a screen reader.
    told: String,
}

struct Row {
    name: Shown,
    cells: Vec<Cell>,
    missed: usize,
}

#[derive(Template)]
#[template(path = "checks.html", config = "src/web/askama.toml")]
struct ChecksPage {
    c: Chrome,
    title: String,
    earlier: String,
    later: String,
    days: Vec<i8>,
    mailboxes: Vec<Row>,
    people: Vec<Row>,
}

#[derive(Deserialize)]
pub struct Month {
    month: Option<String>,
}

/// # Errors
/// The month is none, or the index cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>, Asked(asked): Asked<Month>) -> Result<Response, Problem> {
    beside(move || {
        let today = local_day(web.pipeline.now());
        let first = match asked.month {
            Some(month) => format!("{month}-01")
                .parse::<Date>()
                .map_err(|_| Problem::Bad("month".to_owned()))?,
            None => today.first_of_month(),
        };
        let days: Vec<Date> = first.series(1.day()).take_while(|day| day.month() == first.month()).collect();
        Ok(show(&ChecksPage {
            title: first.strftime("%m.%Y").to_string(),
            earlier: first.saturating_sub(1.month()).strftime("%Y-%m").to_string(),
            later: first.saturating_add(1.month()).strftime("%Y-%m").to_string(),
            mailboxes: mailboxes(&web, &c, &days, today)?,
            people: if c.oversees() {
                people(&web, &c, &days, today)?
            } else {
                Vec::new()
            },
            days: days.iter().map(|day| day.day()).collect(),
            c,
        }))
    })
    .await
}

fn mailboxes(web: &Web, c: &Chrome, days: &[Date], today: Date) -> Result<Vec<Row>, LedgerError> {
    let settings = web.pipeline.settings();
    let mut rows = Vec::new();
    for mailbox in settings
        .config
        .mailbox
        .iter()
        .filter(|one| c.person().mailboxes.covers(Some(one.name())))
    {
        let mut checks = BTreeMap::new();
        for day in days {
            let of_day = web.ledger().day(mailbox.name(), *day)?;
            if of_day.checks > 0 {
                let from = of_day.first.map(when::hour).unwrap_or_default();
                let to = of_day.last.map(when::hour).unwrap_or_default();
                checks.insert(*day, format!("{} × ({from}–{to})", of_day.checks));
            }
        }
        let duty = Duty {
            since: began(web.ledger(), mailbox.name())?,
            before: c.t("bu kutu henüz denetlenmiyordu", "this mailbox was not checked yet"),
            today,
            calendar: &settings.registry.calendar,
        };
        rows.push(row(Shown::cell(mailbox.name()), days, &checks, &duty, c));
    }
    Ok(rows)
}

/// Since when a mailbox is looked after: its first check, or the first that failed. `None`: neither happened yet.
fn began(ledger: &Ledger, mailbox: &str) -> Result<Option<Date>, LedgerError> {
    let failing = ledger.mailbox(mailbox)?.failing_since.map(local_day);
    Ok(ledger.first_day(mailbox)?.into_iter().chain(failing).min())
}

/// The first day of this gateway that is on record.
fn installed(web: &Web) -> Result<Option<Date>, LedgerError> {
    let settings = web.pipeline.settings();
    let mut first: Option<Date> = None;
    for mailbox in &settings.config.mailbox {
        first = first.into_iter().chain(began(web.ledger(), mailbox.name())?).min();
    }
    Ok(first)
}

/// The supervisor's control: everybody who has an account, and everybody who looked.
fn people(web: &Web, c: &Chrome, days: &[Date], today: Date) -> Result<Vec<Row>, LedgerError> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Ok(Vec::new());
    };
    let mut looks: BTreeMap<String, BTreeMap<Date, String>> = BTreeMap::new();
    for look in web.ledger().looks(*first, *last)? {
        looks.entry(look.by).or_default().insert(look.day, when::hour(look.at));
    }
    let accounts = web.ledger().accounts()?;
    let names: BTreeMap<&str, &str> = accounts
        .iter()
        .map(|account| (account.person.login.as_str(), account.person.name.as_str()))
        .collect();
    let active = accounts
        .iter()
        .filter(|account| !account.disabled)
        .map(|account| account.person.login.clone());
    let logins: BTreeSet<String> = active.chain(looks.keys().cloned()).collect();
    let added: BTreeMap<&str, Date> = accounts
        .iter()
        .filter_map(|account| Some((account.person.login.as_str(), local_day(account.added()?))))
        .collect();
    let (settings, none, installed) = (web.pipeline.settings(), BTreeMap::new(), installed(web)?);
    let rows = logins.iter().map(|login| {
        let name = names
            .get(login.as_str())
            .map_or_else(|| login.clone(), |name| format!("{name} ({login})"));
        // Nobody looks at a list that is not there yet, and nobody before having an account.
        let duty = Duty {
            since: added.get(login.as_str()).copied().max(installed),
            before: c.t("hesap ya da ağ geçidi henüz yoktu", "there was no account or no gateway yet"),
            today,
            calendar: &settings.registry.calendar,
        };
        row(Shown::cell(&name), days, looks.get(login).unwrap_or(&none), &duty, c)
    });
    Ok(rows.collect())
}

/// What is asked of a row.
struct Duty<'a> {
    /// Nothing is asked before this day; `None`: nothing yet.
    since: Option<Date>,
    /// Why not.
    before: &'a str,
    today: Date,
    calendar: &'a Calendar,
}

fn row(name: Shown, days: &[Date], done: &BTreeMap<Date, String>, duty: &Duty<'_>, c: &Chrome) -> Row {
    let cells: Vec<Cell> = days.iter().map(|day| cell(*day, done.get(day), duty, c)).collect();
    let missed = cells.iter().filter(|cell| cell.class == "missed").count();
    Row { name, cells, missed }
}

fn cell(day: Date, done: Option<&String>, duty: &Duty<'_>, c: &Chrome) -> Cell {
    let (class, mark, told) = match done {
        Some(when) => ("done", "✔", when.clone()),
        None if day >= duty.today => ("ahead", "", c.t("henüz gelmedi", "not yet").to_owned()),
        None if duty.since.is_none_or(|since| day < since) => ("none", "—", duty.before.to_owned()),
        None if !duty.calendar.is_business_day(day) => ("off", "–", c.t("iş günü değil", "no working day").to_owned()),
        None => ("missed", "✘", c.t("yapılmadı", "not done").to_owned()),
    };
    let told = format!("{}: {told}", when::day(day));
    Cell { class, mark, told }
}
