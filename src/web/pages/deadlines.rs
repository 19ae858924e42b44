//! By when must whom act: a month and a list, unit by unit.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Query as Asked, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::chrome::Chrome;
use super::line::href;
use super::shown::Shown;
use super::when::{Due, MISSED_BACK, Measure};
use super::{beside, show};
use crate::clock::{from_local, local_day};
use crate::ledger::LedgerError;
use crate::people::Right;
use crate::pipeline::files::terms_of;
use crate::register::deadlines::kind;
use crate::register::entry::RegisterNumber;
use crate::register::nearing::is_open;
use crate::store::loss::Loss;
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// Entries that are read for one board; the nearest come first.
const SHOWN: usize = 500;
/// Documents of one day in the month.
const OF_A_DAY: usize = 4;

struct Item {
    href: String,
    number: String,
    subject: Shown,
    sender: Shown,
    unit: Shown,
    due: Due,
    day: Date,
    /// It stands until somebody ends it, however long ago its last day was.
    stands: bool,
}

struct Unit {
    name: Shown,
    items: Vec<Item>,
}

/// One day of the month.
struct Cell {
    number: i8,
    /// Of the style sheet: `off` for no business day, `now` for today.
    class: &'static str,
    holiday: String,
    items: Vec<(String, String, &'static str)>,
    more: usize,
    inside: bool,
}

#[derive(Template)]
#[template(path = "deadlines.html", config = "src/web/askama.toml")]
struct DeadlinesPage {
    c: Chrome,
    title: String,
    earlier: String,
    later: String,
    weeks: Vec<Vec<Cell>>,
    units: Vec<Unit>,
    more: bool,
}

#[derive(Deserialize)]
pub struct Month {
    month: Option<String>,
}

/// # Errors
/// The month is none, or the index cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>, Asked(asked): Asked<Month>) -> Result<Response, Problem> {
    beside(move || {
        let now = web.pipeline.now();
        let today = local_day(now);
        let first = match asked.month {
            Some(month) => format!("{month}-01")
                .parse::<Date>()
                .map_err(|_| Problem::Bad("month".to_owned()))?,
            None => today.first_of_month(),
        };
        let begin = from_local(first.to_datetime(jiff::civil::Time::midnight()));
        let (items, more) = items(&web, &c, now, begin)?;
        Ok(show(&DeadlinesPage {
            title: first.strftime("%m.%Y").to_string(),
            earlier: first.saturating_sub(1.month()).strftime("%Y-%m").to_string(),
            later: first.saturating_add(1.month()).strftime("%Y-%m").to_string(),
            weeks: weeks(&web, &c, first, today, &items),
            units: units(items, &c, now),
            more,
            c,
        }))
    })
    .await
}

/// The open deadlines that the person may see, the earliest first.
fn items(web: &Web, c: &Chrome, now: Timestamp, month: Timestamp) -> Result<(Vec<Item>, bool), LedgerError> {
    let settings = web.pipeline.settings();
    let since = now.checked_sub(MISSED_BACK).unwrap_or(Timestamp::MIN).min(month);
    let mut seen: BTreeSet<RegisterNumber> = BTreeSet::new();
    let (mut items, mut more) = of_files(web, c, now)?;
    items.extend(of_losses(web, c, now)?);
    for open in web.ledger().open_deadlines(since)?.into_iter().rev() {
        if items.len() >= SHOWN {
            more = true;
            break;
        }
        if !seen.insert(open.number) {
            continue;
        }
        let Some(entry) = web.ledger().entry(open.number)?.filter(|entry| c.person().sees(entry)) else {
            continue;
        };
        let document = entry.document.as_ref();
        let subject = document
            .and_then(|document| document.subject.as_deref())
            .or(entry.message.subject.as_deref());
        let institution = document
            .and_then(|document| document.sender.as_ref())
            .and_then(|sender| sender.name.as_deref());
        for deadline in entry.deadlines.iter().filter(|deadline| is_open(entry.state, deadline)) {
            items.push(Item {
                href: href(open.number),
                number: format!("{}{}", c.prefix, open.number),
                subject: Shown::cell(subject.unwrap_or_default()),
                sender: Shown::cell(institution.or(entry.message.sender_kep.as_deref()).unwrap_or_default()),
                unit: Shown::cell(entry.unit.as_deref().unwrap_or_default()),
                due: Due::at(deadline.at, &deadline.kind, Measure::of(&settings, now, c.lang())),
                day: local_day(deadline.at),
                stands: false,
            });
        }
    }
    items.sort_by(|one, other| one.due.iso.cmp(&other.due.iso));
    Ok((items, more))
}

/// The open terms of application files, as far as the person sees these; `true`: older files were not looked at.
fn of_files(web: &Web, c: &Chrome, now: Timestamp) -> Result<(Vec<Item>, bool), LedgerError> {
    let settings = web.pipeline.settings();
    let mut items = Vec::new();
    if settings.checklists.is_empty() {
        return Ok((items, false));
    }
    let mut numbers = web.ledger().file_numbers_back();
    for number in numbers.by_ref().take(SHOWN) {
        let Some(file) = web.ledger().application_file(number?, &|entry| c.person().sees(entry))? else {
            continue;
        };
        let head = &file.head;
        for term in terms_of(&file, &settings) {
            items.push(Item {
                href: format!("{}/file", href(head.register_number)),
                number: format!("{}{}", c.prefix, head.register_number),
                subject: Shown::cell(head.message.subject.as_deref().unwrap_or_default()),
                sender: Shown::cell(head.message.sender_kep.as_deref().unwrap_or_default()),
                unit: Shown::cell(head.unit.as_deref().unwrap_or_default()),
                due: Due::at(term.at, term.kind.word(), Measure::of(&settings, now, c.lang())),
                day: local_day(term.at),
                stands: false,
            });
        }
    }
    Ok((items, numbers.next().is_some()))
}

/// The terms within which losses of the record must be reported, for those who answer for it.
fn of_losses(web: &Web, c: &Chrome, now: Timestamp) -> Result<Vec<Item>, LedgerError> {
    if !c.person().may(Right::Oversee) {
        return Ok(Vec::new());
    }
    let settings = web.pipeline.settings();
    let open = web.ledger().losses()?.into_iter().filter(Loss::is_open);
    Ok(open
        .map(|loss| Item {
            href: "/boards/retention".to_owned(),
            number: loss.id.clone(),
            subject: Shown::cell(loss.summary().get(c.lang())),
            sender: Shown::default(),
            unit: Shown::cell(c.t("zıya (kayıp)", "losses")),
            due: Due::at(loss.ends(), kind::LOSS, Measure::of(&settings, now, c.lang())),
            day: loss.until,
            stands: true,
        })
        .collect())
}

fn weeks(web: &Web, c: &Chrome, first: Date, today: Date, items: &[Item]) -> Vec<Vec<Cell>> {
    let calendar = &web.pipeline.settings().registry.calendar.clone();
    let monday = first.saturating_sub(i64::from(first.weekday().to_monday_zero_offset()).days());
    let days: Vec<Date> = monday.series(1.day()).take(42).collect();
    let shown = days
        .chunks(7)
        .filter(|week| week.first().is_some_and(|day| *day <= first.last_of_month()));
    shown
        .map(|week| {
            let cell = |day: &Date| {
                let mut of_day: Vec<&Item> = items.iter().filter(|item| item.day == *day).collect();
                // Two rules can name the same day for one document.
                let mut named = BTreeSet::new();
                of_day.retain(|item| named.insert(item.number.as_str()));
                let shown = of_day.iter().take(OF_A_DAY);
                Cell {
                    number: day.day(),
                    class: match calendar.is_business_day(*day) {
                        _ if *day == today => "now",
                        true => "",
                        false => "off",
                    },
                    holiday: calendar
                        .holiday(*day)
                        .map(|off| off.name.get(c.lang()).to_owned())
                        .unwrap_or_default(),
                    items: shown.map(|item| (item.href.clone(), item.number.clone(), item.due.class)).collect(),
                    more: of_day.len().saturating_sub(OF_A_DAY),
                    inside: day.month() == first.month(),
                }
            };
            week.iter().map(cell).collect()
        })
        .collect()
}

/// What is still ahead or was missed lately, unit by unit; what has no unit comes first, because nobody cares for it yet.
fn units(items: Vec<Item>, c: &Chrome, now: Timestamp) -> Vec<Unit> {
    let oldest = local_day(now.checked_sub(MISSED_BACK).unwrap_or(Timestamp::MIN));
    let mut units: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for item in items.into_iter().filter(|item| item.stands || item.day >= oldest) {
        units.entry(item.unit.short.clone()).or_default().push(item);
    }
    let named = |name: &str| match name.is_empty() {
        true => c.t("birimi yok", "no unit").to_owned(),
        false => name.to_owned(),
    };
    units
        .into_iter()
        .map(|(name, items)| Unit {
            name: Shown::cell(&named(&name)),
            items,
        })
        .collect()
}
