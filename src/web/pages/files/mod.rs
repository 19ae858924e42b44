//! Application files: the board of all that exist for the person, and the page of one (`view.rs`) with what a clerk enters (`forms.rs`).
//! The file is judged as far as the person sees it; what does not exist for them is no part of it.

mod forms;
mod view;

use askama::Template;
use axum::extract::{Path, Query as Asked, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::chip::Chip;
use super::chrome::Chrome;
use super::deeds;
use super::line;
use super::shown::Shown;
use super::when::{Due, Measure};
use super::{beside, show};
use crate::checklist::config::Checklist;
use crate::checklist::outcome::Standing;
use crate::checklist::terms::Term;
use crate::clock::local_day;
use crate::ledger::LedgerError;
use crate::ledger::files::ApplicationFile;
use crate::people::View;
use crate::pipeline::files::terms_of;
use crate::register::entry::RegisterNumber;
use crate::settings::Settings;
use crate::text::{Lang, Text};
use crate::web::problem::Problem;
use crate::web::{Shared, Web};
use forms::Fields;
use view::FileView;

pub use forms::{back, post};

/// Files on one board; the newest come first.
const SHOWN: usize = 200;

/// Entries that are looked through for the board of somebody who sees few of them.
const LOOKED_THROUGH: usize = 5_000;

/// One line of the board.
struct Row {
    href: String,
    number: String,
    sender: Shown,
    title: Shown,
    chip: Chip,
    missing: usize,
    wrong: usize,
    term: Option<(Due, &'static str)>,
}

#[derive(Template)]
#[template(path = "files.html", config = "src/web/askama.toml")]
struct FilesPage {
    c: Chrome,
    rows: Vec<Row>,
    more: bool,
    is_configured: bool,
}

/// The board.
///
/// # Errors
/// The index cannot be read.
pub async fn board(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    beside(move || {
        let settings = web.pipeline.settings();
        let (mut rows, mut more) = (Vec::new(), false);
        for (at, number) in web.ledger().file_numbers_back().enumerate() {
            if rows.len() >= SHOWN || at >= LOOKED_THROUGH {
                more = true;
                break;
            }
            if let Some(file) = web.ledger().application_file(number?, &|entry| c.person().sees(entry))? {
                rows.push(row(&file, &settings, &web, &c));
            }
        }
        let is_configured = !settings.checklists.is_empty();
        Ok(show(&FilesPage {
            c,
            rows,
            more,
            is_configured,
        }))
    })
    .await
}

fn row(file: &ApplicationFile, settings: &Settings, web: &Web, c: &Chrome) -> Row {
    let outcome = file.outcome(&settings.checklists);
    let term = terms_of(file, settings).into_iter().next();
    Row {
        href: href(file.head.register_number),
        number: format!("{}{}", c.prefix, file.head.register_number),
        sender: Shown::cell(file.head.message.sender_kep.as_deref().unwrap_or_default()),
        title: title(file, file.rules(&settings.checklists), c.lang()),
        chip: chip(outcome.standing, c.lang()),
        missing: outcome.missing().count(),
        wrong: outcome.wrong().count(),
        term: term.map(|term| due(&term, settings, web, c.lang())),
    }
}

fn href(number: RegisterNumber) -> String {
    format!("{}/file", line::href(number))
}

fn title(file: &ApplicationFile, rules: Option<&Checklist>, lang: Lang) -> Shown {
    Shown::cell(rules.map_or(file.checklist.as_str(), |rules| rules.title.get(lang)))
}

fn chip(standing: Standing, lang: Lang) -> Chip {
    let (class, tr, en) = match standing {
        Standing::Complete => ("passed", "Tamam", "Complete"),
        Standing::Awaiting => ("open", "Kesinleşmedi", "Not yet certain"),
        Standing::Incomplete => ("open", "Eksik", "Incomplete"),
        Standing::Wrong => ("failed", "HATALI", "WRONG"),
    };
    Chip {
        class,
        word: if lang == Lang::Tr { tr } else { en },
    }
}

fn due(term: &Term, settings: &Settings, web: &Web, lang: Lang) -> (Due, &'static str) {
    let due = Due::at(term.at, term.kind.word(), Measure::of(settings, web.pipeline.now(), lang));
    let words = due.kind;
    (due, words)
}

/// What the document's own page says of the file.
pub struct Summary {
    pub href: String,
    pub number: String,
    pub title: Shown,
    pub chip: Chip,
    /// The document completes the file and is not the application itself.
    pub is_part: bool,
}

/// The file that a document is, or completes, where it exists for the person.
///
/// # Errors
/// The index cannot be read.
pub fn summary(web: &Web, c: &Chrome, number: RegisterNumber) -> Result<Option<Summary>, LedgerError> {
    let settings = web.pipeline.settings();
    let part_of = web.ledger().file_state(number)?.and_then(|state| state.part_of);
    let head = part_of.unwrap_or(number);
    let file = web.ledger().application_file(head, &|entry| c.person().sees(entry))?;
    Ok(file.map(|file| Summary {
        href: href(head),
        number: format!("{}{head}", c.prefix),
        title: title(&file, file.rules(&settings.checklists), c.lang()),
        chip: chip(file.outcome(&settings.checklists).standing, c.lang()),
        is_part: part_of.is_some(),
    }))
}

/// The page of one file; of a document that is none, the way to make it one.
#[derive(Template)]
#[template(path = "file.html", config = "src/web/askama.toml")]
struct FilePage {
    c: Chrome,
    number: String,
    href: String,
    document_href: String,
    said: Option<Text>,
    is_refusal: bool,
    fields: Fields,
    /// `None`: it is no application file.
    file: Option<FileView>,
    checklists: Vec<(String, String)>,
    today: String,
}

#[derive(Deserialize)]
pub struct After {
    said: Option<String>,
}

/// # Errors
/// The document does not exist for this person, or the record cannot be read or written.
pub async fn page(
    method: Method,
    c: Chrome,
    State(web): State<Shared>,
    Path((year, place)): Path<(String, String)>,
    Asked(after): Asked<After>,
) -> Result<Response, Problem> {
    let number = deeds::visited(&method, &web, &c, (&year, &place), View::ApplicationFile).await?;
    let said = after
        .said
        .filter(|word| word == "entered")
        .map(|_| Text::new("Yazıldı.", "Entered."));
    render(web, c, number, said, false, Fields::default()).await
}

async fn render(
    web: Shared,
    c: Chrome,
    number: RegisterNumber,
    said: Option<Text>,
    is_refusal: bool,
    fields: Fields,
) -> Result<Response, Problem> {
    beside(move || {
        let file = web.ledger().application_file(number, &|entry| c.person().sees(entry))?;
        let settings = web.pipeline.settings();
        let lang = c.lang();
        let page = FilePage {
            number: format!("{}{number}", c.prefix),
            href: href(number),
            document_href: line::href(number),
            said,
            is_refusal,
            fields,
            file: file.map(|file| FileView::of(&file, &settings, &web, &c)),
            checklists: settings
                .checklists
                .iter()
                .map(|checklist| (checklist.name.clone(), checklist.title.get(lang).to_owned()))
                .collect(),
            today: local_day(web.pipeline.now()).to_string(),
            c,
        };
        let shown = show(&page);
        Ok(match is_refusal {
            true => (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response(),
            false => shown,
        })
    })
    .await
}
