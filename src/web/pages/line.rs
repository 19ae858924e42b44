//! The list of documents, the same on every page: one line per register entry, made of the search's rows.

use jiff::Timestamp;

use super::chip::Chip;
use super::chrome::Chrome;
use super::shown::Shown;
use super::when::{self, Due, Measure, Standing};
use crate::clock::local_day;
use crate::register::entry::{RegisterNumber, State, flag};
use crate::register::nearing::is_open;
use crate::register::words;
use crate::search::query::Page;
use crate::search::row::Row;
use crate::text::Lang;
use crate::web::Web;

/// Flags that a list shows beside the verdict; the others are told by the verdict itself.
const MARKED: [&str; 11] = [
    flag::SENT,
    flag::DUPLICATE,
    flag::ENCRYPTED,
    flag::DECRYPTED,
    flag::MALFORMED_PACKAGE,
    flag::UNKNOWN_SENDER,
    flag::NEGATIVE_EVIDENCE,
    flag::ORPHAN_EVIDENCE,
    flag::E_TEBLIGAT,
    flag::ADDRESS_VERIFICATION,
    flag::LEGAL_HOLD,
];

/// One line, ready to be shown.
pub struct Line {
    /// `2026/000012`, without prefix: the stable name for scripts and tests.
    pub number: String,
    /// The same for an `id` attribute: `2026-000012`.
    pub id: String,
    pub shown_number: String,
    pub href: String,
    pub time: String,
    pub moment: String,
    pub iso: String,
    pub sender: Shown,
    pub kep: Shown,
    pub subject: Shown,
    pub document_number: Shown,
    pub chip: Chip,
    pub attachments: usize,
    pub unit: Shown,
    pub due: Option<Due>,
    pub unread: bool,
    /// The institution sent it.
    pub sent: bool,
    pub state: &'static str,
    pub marks: Vec<String>,
    /// Above open: the name of the access level.
    pub access: Option<&'static str>,
}

/// The address of a document's page.
pub fn href(number: RegisterNumber) -> String {
    format!("/documents/{number}")
}

/// Access levels above open, as people call them.
pub fn access(level: u8, lang: Lang) -> Option<&'static str> {
    (level > 0).then(|| words::access(level, lang))
}

impl Line {
    fn of(row: &Row, web: &Web, chrome: &Chrome, measure: Measure<'_>) -> Self {
        let (lang, now) = (measure.lang, measure.now);
        let marks = row.flags.iter().filter(|flag| MARKED.contains(&flag.as_str()));
        Self {
            number: row.number.to_string(),
            id: row.number.to_string().replace('/', "-"),
            shown_number: format!("{}{}", chrome.prefix, row.number),
            href: href(row.number),
            time: when::short(row.received_at, local_day(now)),
            moment: when::moment(row.received_at),
            iso: row.received_at.to_string(),
            sender: row
                .sender
                .as_deref()
                .or(row.sender_kep.as_deref())
                .map(Shown::cell)
                .unwrap_or_default(),
            kep: row.sender_kep.as_deref().map(Shown::cell).unwrap_or_default(),
            subject: row.subject.as_deref().map(Shown::cell).unwrap_or_default(),
            document_number: row.document_number.as_deref().map(Shown::cell).unwrap_or_default(),
            chip: Chip::of_row(row, lang),
            attachments: row.attachments,
            unit: row.unit.as_deref().map(Shown::cell).unwrap_or_default(),
            due: due(row, web, measure),
            unread: row.unopened && row.state != State::NotRecorded,
            sent: row.flags.contains(flag::SENT),
            state: words::state_of(row.state, row.flags.contains(flag::SENT), lang),
            marks: marks
                .map(|flag| words::flag(flag, lang).to_owned())
                .chain(disposed(row, web, lang))
                .collect(),
            access: access(row.access, lang),
        }
    }
}

/// What was disposed of says when and by which list.
fn disposed(row: &Row, web: &Web, lang: Lang) -> Option<String> {
    let word = row.flags.get(flag::DISPOSED).map(|flag| words::flag(flag, lang))?;
    let keeping = web.ledger().keeping(row.number).ok();
    let disposed = keeping.and_then(|keeping| keeping.disposed);
    Some(disposed.map_or_else(
        || word.to_owned(),
        |disposed| format!("{word} {}", words::disposed(&disposed, lang)),
    ))
}

/// The deadline to show: the next that can be missed. The row knows the earliest; where that is history, another may be ahead, and the
/// counter of the first page counts it.
fn due(row: &Row, web: &Web, measure: Measure<'_>) -> Option<Due> {
    let shown = Due::of(row.deadline.as_ref(), row.state, measure)?;
    let (at, _) = row.deadline.as_ref()?;
    if measure.standing(*at) != Standing::Old {
        return Some(shown);
    }
    let entry = web.ledger().entry(row.number).ok().flatten();
    let missable = entry.iter().flat_map(|entry| {
        let open = entry.deadlines.iter().filter(|deadline| is_open(entry.state, deadline));
        open.filter(|deadline| measure.standing(deadline.at) != Standing::Old)
    });
    let next = missable.min_by_key(|deadline| deadline.at);
    Some(next.map_or(shown, |next| Due::at(next.at, &next.kind, measure)))
}

/// A page of lines and the way to the next.
pub struct List {
    pub lines: Vec<Line>,
    /// Address of the page with older lines.
    pub older: Option<String>,
}

impl List {
    /// `base`: the address of this list without `before`, with its filters.
    pub fn of(page: &Page, base: &str, web: &Web, chrome: &Chrome, now: Timestamp) -> Self {
        let settings = web.pipeline.settings();
        let measure = Measure::of(&settings, now, chrome.lang());
        let joint = if base.contains('?') { '&' } else { '?' };
        Self {
            lines: page.rows.iter().map(|row| Line::of(row, web, chrome, measure)).collect(),
            older: page.next.map(|next| format!("{base}{joint}before={next}")),
        }
    }
}
