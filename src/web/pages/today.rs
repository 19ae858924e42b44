//! The first page: did anything arrive, is it genuine, what number did it get, by when must we act?

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Query as Asked, State};
use axum::http::Method;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;

use super::chrome::Chrome;
use super::health::Health;
use super::line::List;
use super::when::{MISSED_BACK, Measure, Standing};
use super::{beside, deeds, show};
use crate::clock::local_day;
use crate::ledger::LedgerError;
use crate::people::Person;
use crate::register::entry::{Direction, RegisterNumber};
use crate::register::nearing::is_open;
use crate::search::query::Query;
use crate::text::Lang;
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// Up to here deadlines are counted, each by reading its entry; above it says "and more". What lies beyond is worked off from a list.
const COUNTED: usize = 999;

/// A number that may be "more than".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub number: usize,
    pub more: bool,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.number, if self.more { "+" } else { "" })
    }
}

/// The three questions of the day.
pub struct Counters {
    pub arrived: Count,
    pub unopened: Count,
    pub near: Count,
    /// Today, as the search's filters take it.
    pub day: String,
    /// The index is being made: the numbers may be too low.
    pub is_partial: bool,
}

impl Counters {
    /// Of the documents that exist for the person, and of no other.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn of(web: &Web, person: &Person, now: Timestamp) -> Result<Self, LedgerError> {
        let today = local_day(now);
        let arrived = Query {
            from: Some(today),
            to: Some(today),
            direction: Some(Direction::Incoming),
            ..Query::default()
        };
        let unopened = Query {
            unopened: true,
            ..Query::default()
        };
        Ok(Self {
            arrived: count(web, person, &arrived)?,
            unopened: count(web, person, &unopened)?,
            near: near(web, person, now)?,
            day: today.to_string(),
            is_partial: web.search.is_in_the_making(),
        })
    }
}

fn count(web: &Web, person: &Person, query: &Query) -> Result<Count, LedgerError> {
    let number = usize::try_from(web.search.count(person, query)?).unwrap_or(usize::MAX);
    Ok(Count { number, more: false })
}

/// Documents with a deadline that the lists show as near or passed: by the same measure.
fn near(web: &Web, person: &Person, now: Timestamp) -> Result<Count, LedgerError> {
    let settings = web.pipeline.settings();
    let measure = Measure::of(&settings, now, Lang::default());
    let since = now.checked_sub(MISSED_BACK).unwrap_or(Timestamp::MIN);
    let mut looked_at: BTreeSet<RegisterNumber> = BTreeSet::new();
    let mut number = 0;
    for open in web.ledger().open_deadlines(since)?.into_iter().rev() {
        // The earliest comes first.
        if measure.standing(open.at) == Standing::Far {
            break;
        }
        if !looked_at.insert(open.number) {
            continue;
        }
        let Some(entry) = web.ledger().entry(open.number)?.filter(|entry| person.sees(entry)) else {
            continue;
        };
        let mut missable = entry.deadlines.iter().filter(|deadline| is_open(entry.state, deadline));
        if missable.any(|deadline| measure.standing(deadline.at).is_pressing()) {
            number += 1;
        }
        if number > COUNTED {
            return Ok(Count {
                number: COUNTED,
                more: true,
            });
        }
    }
    Ok(Count { number, more: false })
}

/// What changes while the page is open. Rendered by itself for the events, and inside the page.
#[derive(Template)]
#[template(path = "counters.html", config = "src/web/askama.toml")]
pub struct CountersPart {
    pub c: Chrome,
    pub counters: Counters,
    pub health: Health,
}

#[derive(Template)]
#[template(path = "rows.html", config = "src/web/askama.toml")]
pub struct RowsPart {
    pub c: Chrome,
    pub list: List,
}

#[derive(Template)]
#[template(path = "today.html", config = "src/web/askama.toml")]
struct Today {
    c: Chrome,
    counters: Counters,
    health: Health,
    list: List,
    day: String,
    /// On the newest page only: older ones do not change.
    live: bool,
}

#[derive(Deserialize)]
pub struct Cursor {
    before: Option<String>,
}

/// # Errors
/// The cursor is none, or the record cannot be read.
pub async fn page(method: Method, c: Chrome, State(web): State<Shared>, Asked(cursor): Asked<Cursor>) -> Result<Response, Problem> {
    if method == Method::GET {
        deeds::looked(&web, &c).await?;
    }
    beside(move || {
        let before = cursor.before.map(|before| before.parse()).transpose();
        let before: Option<RegisterNumber> = before.map_err(|_| Problem::Bad("before".to_owned()))?;
        let now = web.pipeline.now();
        let list = newest(&web, &c, before, now)?;
        let day = local_day(now);
        Ok(show(&Today {
            counters: Counters::of(&web, c.person(), now)?,
            health: Health::of(web.ledger(), &web.pipeline.settings(), c.person(), now)?,
            list,
            day: long_day(day, &c),
            live: before.is_none(),
            c,
        }))
    })
    .await
}

/// The first page of the register, as this person sees it.
///
/// # Errors
/// The index cannot be read.
pub fn newest(web: &Web, c: &Chrome, before: Option<RegisterNumber>, now: Timestamp) -> Result<List, LedgerError> {
    let query = Query {
        before,
        ..Query::default()
    };
    let page = web.search.list(c.person(), &query)?;
    Ok(List::of(&page, "/", web, c, now))
}

/// `22 Kasım 2026 Pazar`.
fn long_day(day: jiff::civil::Date, c: &Chrome) -> String {
    const MONTHS: [(&str, &str); 12] = [
        ("Ocak", "January"),
        ("Şubat", "February"),
        ("Mart", "March"),
        ("Nisan", "April"),
        ("Mayıs", "May"),
        ("Haziran", "June"),
        ("Temmuz", "July"),
        ("Ağustos", "August"),
        ("Eylül", "September"),
        ("Ekim", "October"),
        ("Kasım", "November"),
        ("Aralık", "December"),
    ];
    const DAYS: [(&str, &str); 7] = [
        ("Pazartesi", "Monday"),
        ("Salı", "Tuesday"),
        ("Çarşamba", "Wednesday"),
        ("Perşembe", "Thursday"),
        ("Cuma", "Friday"),
        ("Cumartesi", "Saturday"),
        ("Pazar", "Sunday"),
    ];
    let named = |names: &[(&'static str, &'static str)], at: i8| {
        let at = usize::try_from(at).unwrap_or_default();
        names.get(at).map_or("", |(tr, en)| c.t(tr, en))
    };
    let month = named(&MONTHS, day.month() - 1);
    let weekday = named(&DAYS, day.weekday().to_monday_zero_offset());
    format!("{} {month} {} {weekday}", day.day(), day.year())
}
