//! `deadlines`: by when must whom act: the open deadlines of documents, the terms of application files, and the terms within which losses of
//! the record must be reported.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::documents::local_time;
use super::{Exit, Failure, Session, table};
use crate::paper;
use crate::pipeline::files::terms_of;
use crate::register::deadlines::kind;
use crate::register::entry::{Entry, RegisterNumber};
use crate::register::nearing::is_open;
use crate::register::words;
use crate::store::loss::Loss;
use crate::text::Lang;

/// How long a missed deadline of a document is something to do about; a first run over an old mailbox must not list thousands.
const MISSED_BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

struct Line {
    at: Timestamp,
    kind: String,
    /// A register number with its prefix, or the name of a loss.
    what: String,
    is_loss: bool,
    about: String,
    unit: String,
}

/// Exit code 10 when one has passed.
pub fn run(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let now = session.clock().now();
    let mut lines = of_documents(session, now)?;
    lines.extend(of_files(session)?);
    lines.extend(
        session
            .reader()?
            .losses()?
            .iter()
            .filter(|loss| loss.is_open())
            .map(|loss| of_loss(loss, session.lang)),
    );
    lines.sort_by(|one, other| (one.at, &one.what).cmp(&(other.at, &other.what)));
    let exit = if lines.iter().any(|line| line.at < now) {
        Exit::Indeterminate
    } else {
        Exit::Done
    };
    if as_json {
        let all: Vec<Value> = lines.iter().map(|line| line.json(now)).collect();
        println!("{:#}", Value::Array(all));
        return Ok(exit);
    }
    let heads = match session.lang {
        Lang::Tr => ["Son an", "Süre", "Kayıt no", "Konu", "Birim", ""],
        Lang::En => ["Until", "Term", "Number", "Subject", "Unit", ""],
    };
    let rows: Vec<[String; 6]> = lines.into_iter().map(|line| line.row(now, session.lang)).collect();
    print!("{}", table::table(heads, &rows));
    Ok(exit)
}

impl Line {
    fn of(entry: &Entry, at: Timestamp, kind: &str, prefix: &str) -> Self {
        let document = entry.document.as_ref();
        let subject = document
            .and_then(|document| document.subject.clone())
            .or_else(|| entry.message.subject.clone());
        Self {
            at,
            kind: kind.to_owned(),
            what: format!("{prefix}{}", entry.register_number),
            is_loss: false,
            about: subject.unwrap_or_default(),
            unit: entry.unit.clone().unwrap_or_default(),
        }
    }

    fn json(&self, now: Timestamp) -> Value {
        let (number, loss) = match self.is_loss {
            true => (None, Some(&self.what)),
            false => (Some(&self.what), None),
        };
        json!({ "at": self.at, "kind": self.kind, "register_number": number, "loss": loss, "unit": self.unit, "passed": self.at < now })
    }

    fn row(self, now: Timestamp, lang: Lang) -> [String; 6] {
        let passed = match (self.at < now, lang) {
            (true, Lang::Tr) => "SÜRESİ GEÇTİ",
            (true, Lang::En) => "OVERDUE",
            (false, _) => "",
        };
        let term = words::deadline_kind(&self.kind, lang).to_owned();
        [local_time(self.at), term, self.what, self.about, self.unit, passed.to_owned()]
    }
}

fn of_documents(session: &Session, now: Timestamp) -> Result<Vec<Line>, Failure> {
    let (ledger, prefix) = (session.reader()?, session.prefix());
    let since = now.checked_sub(MISSED_BACK).unwrap_or(Timestamp::MIN);
    let mut numbers: Vec<RegisterNumber> = ledger.open_deadlines(since)?.into_iter().map(|open| open.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut lines = Vec::new();
    for number in numbers {
        let Some(entry) = ledger.entry(number)? else { continue };
        let open = entry
            .deadlines
            .iter()
            .filter(|deadline| is_open(entry.state, deadline) && deadline.at >= since);
        lines.extend(open.map(|deadline| Line::of(&entry, deadline.at, &deadline.kind, &prefix)));
    }
    Ok(lines)
}

fn of_files(session: &Session) -> Result<Vec<Line>, Failure> {
    let (ledger, prefix, settings) = (session.reader()?, session.prefix(), session.settings()?);
    let mut lines = Vec::new();
    if settings.checklists.is_empty() {
        return Ok(lines);
    }
    let operator = paper::operator();
    for number in ledger.file_numbers_back() {
        if let Some(file) = ledger.application_file(number?, &|entry| operator.sees(entry))? {
            let terms = terms_of(&file, &settings);
            lines.extend(
                terms
                    .into_iter()
                    .map(|term| Line::of(&file.head, term.at, term.kind.word(), &prefix)),
            );
        }
    }
    Ok(lines)
}

fn of_loss(loss: &Loss, lang: Lang) -> Line {
    Line {
        at: loss.ends(),
        kind: kind::LOSS.to_owned(),
        what: loss.id.clone(),
        is_loss: true,
        about: loss.summary().get(lang).to_owned(),
        unit: String::new(),
    }
}
