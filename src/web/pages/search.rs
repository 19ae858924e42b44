//! The search: every filter stands in the address, so that a search can be shared as a link.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query as Asked, State};
use axum::response::Response;

use super::chrome::Chrome;
use super::line::List;
use super::{beside, document, show};
use crate::register::entry::{Direction, flag};
use crate::register::words;
use crate::search::query::Query;
use crate::web::Shared;
use crate::web::problem::Problem;

/// Characters of a search text: a SHA-256 and a long subject fit.
const TEXT: usize = 300;

/// A choice of the form.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "search.html", config = "src/web/askama.toml")]
struct SearchPage {
    c: Chrome,
    /// What stands in the fields, as it was typed.
    typed: BTreeMap<String, String>,
    mailboxes: Vec<Choice>,
    units: Vec<String>,
    verdicts: Vec<Choice>,
    states: Vec<Choice>,
    flags: Vec<Choice>,
    levels: Vec<Choice>,
    /// What was typed and cannot be understood.
    wrong: Option<&'static str>,
    asked: bool,
    /// The index is being made.
    is_partial: bool,
    list: List,
}

impl SearchPage {
    fn typed(&self, name: &str) -> &str {
        self.typed.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// # Errors
/// The index cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>, Asked(pairs): Asked<Vec<(String, String)>>) -> Result<Response, Problem> {
    // A form sends its empty fields too; they ask for nothing.
    let given = pairs.into_iter().filter(|(name, value)| name != "lang" && !value.trim().is_empty());
    let typed: BTreeMap<String, String> = given
        .map(|(name, value)| (name, value.trim().chars().take(TEXT).collect()))
        .collect();
    beside(move || {
        let (now, settings) = (web.pipeline.now(), web.pipeline.settings());
        let (query, wrong) = match query(&typed) {
            Ok(query) => (Some(query), None),
            Err(name) => (None, Some(name)),
        };
        let found = query.map(|query| web.search.list(c.person(), &query)).transpose()?;
        let base = address(&typed);
        let list = found.map(|found| List::of(&found, &base, &web, &c, now));
        let lang = c.lang();
        let own = settings.config.mailbox.iter().map(|mailbox| mailbox.name());
        let own = own.filter(|name| c.person().mailboxes.covers(Some(name)));
        let chosen = |name: &str, value: &str| typed.get(name).is_some_and(|typed| typed == value);
        let choice = |name: &str, value: &str, label: &str| Choice {
            chosen: chosen(name, value),
            value: value.to_owned(),
            label: label.to_owned(),
        };
        Ok(show(&SearchPage {
            mailboxes: own.map(|name| choice("mailbox", name, name)).collect(),
            units: document::units(&web, &c),
            verdicts: VERDICTS
                .iter()
                .map(|(value, tr, en)| choice("verdict", value, c.t(tr, en)))
                .collect(),
            states: STATES.iter().map(|(value, tr, en)| choice("state", value, c.t(tr, en))).collect(),
            flags: FLAGS.iter().map(|flag| choice("flag", flag, words::flag(flag, lang))).collect(),
            levels: (0..=c.person().clearance)
                .map(|level| choice("access", &level.to_string(), words::access(level, lang)))
                .collect(),
            wrong,
            asked: !typed.is_empty(),
            is_partial: web.search.is_in_the_making(),
            list: list.unwrap_or(List {
                lines: Vec::new(),
                older: None,
            }),
            typed,
            c,
        }))
    })
    .await
}

const VERDICTS: [(&str, &str, &str); 3] = [
    ("passed", "geçerli", "valid"),
    ("indeterminate", "belirsiz", "undetermined"),
    ("failed", "geçersiz", "invalid"),
];

const STATES: [(&str, &str, &str); 7] = [
    ("registered", "açılmadı", "not opened"),
    ("opened", "açıldı", "opened"),
    ("assigned", "havale edildi", "assigned"),
    ("done", "tamamlandı", "done"),
    ("on-hold", "bekletiliyor", "on hold"),
    ("not-recorded", "kayda alınmadı", "not recorded"),
    ("quarantined", "karantinada", "quarantined"),
];

const FLAGS: [&str; 17] = [
    flag::INVALID_SIGNATURE,
    flag::UNVERIFIED,
    flag::SENT,
    flag::UNSIGNED,
    flag::ENCRYPTED,
    flag::DECRYPTED,
    flag::MALFORMED_PACKAGE,
    flag::UNCLASSIFIED,
    flag::QUARANTINED,
    flag::DUPLICATE,
    flag::E_TEBLIGAT,
    flag::ADDRESS_VERIFICATION,
    flag::ORPHAN_EVIDENCE,
    flag::NEGATIVE_EVIDENCE,
    flag::UNKNOWN_SENDER,
    flag::LEGAL_HOLD,
    flag::DISPOSED,
];

/// The query of the fields, or the name of the first field that says nothing that can be looked for.
fn query(typed: &BTreeMap<String, String>) -> Result<Query, &'static str> {
    let text = |name: &str| typed.get(name).cloned();
    fn read<T: std::str::FromStr>(typed: &BTreeMap<String, String>, name: &'static str) -> Result<Option<T>, &'static str> {
        typed.get(name).map(|value| value.parse()).transpose().map_err(|_| name)
    }
    Ok(Query {
        text: text("q"),
        mailbox: text("mailbox"),
        unit: text("unit"),
        sender: text("sender"),
        from: read(typed, "from")?,
        to: read(typed, "to")?,
        verdict: text("verdict"),
        flag: text("flag"),
        state: text("state"),
        access: read(typed, "access")?,
        direction: match typed.get("direction").map(String::as_str) {
            None => None,
            Some("incoming") => Some(Direction::Incoming),
            Some("outgoing") => Some(Direction::Outgoing),
            Some(_) => return Err("direction"),
        },
        unopened: typed.get("unopened").is_some_and(|value| value == "true"),
        before: read(typed, "before")?,
        ..Query::default()
    })
}

/// The address of this search without its cursor.
fn address(typed: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = typed
        .iter()
        .filter(|(name, _)| *name != "before")
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    match pairs.is_empty() {
        true => "/search".to_owned(),
        false => format!("/search?{}", pairs.join("&")),
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
