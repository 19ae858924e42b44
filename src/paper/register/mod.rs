//! Evrak kayıt defteri: the register of a period, as a paper, a workbook and a table for other programs.
//!
//! In all of them stands only what the asking person sees. Register numbers are gap-free, so a print for a person with a narrower scope
//! has gaps between its numbers; that is inherent, and the paper says that it shows the part that this person sees, not what is missing.

mod csv;
mod pdf;
mod xlsx;

use std::io::Write;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Asked, PaperError, Summary, line};
use crate::clock::{from_local, local_day};
use crate::register::entry::{Entry, RegisterNumber};
use crate::store::record::Head;

/// How far the machine's clock may have been set back between two registrations: so far behind the first day the search goes on.
const CLOCK_BACK: SignedDuration = SignedDuration::from_hours(48);

/// Days of registration, Turkish time, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    pub from: Option<Date>,
    pub to: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Pdf,
    Xlsx,
    Csv,
}

impl Form {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }
}

impl Period {
    fn check(self) -> Result<(), PaperError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => Err(PaperError::NoDays { from, to }),
            _ => Ok(()),
        }
    }

    fn covers(self, entry: &Entry) -> bool {
        let day = local_day(entry.registered_at);
        self.from.is_none_or(|from| day >= from) && self.to.is_none_or(|to| day <= to)
    }

    /// Before this instant nothing of the period was registered, whatever the clock did.
    fn begins(self) -> Option<Timestamp> {
        let first = from_local(self.from?.at(0, 0, 0, 0));
        first.checked_sub(CLOCK_BACK).ok()
    }

    /// `2026-11-01 – 2026-11-30`; an open end is an ellipsis.
    fn words(self) -> String {
        let end = |day: Option<Date>| day.map_or("…".to_owned(), |day| day.to_string());
        format!("{} – {}", end(self.from), end(self.to))
    }
}

/// A name for the file: ASCII, safe everywhere.
pub fn file_name(period: Period, form: Form) -> String {
    let days = [period.from, period.to].into_iter().flatten();
    let days: String = days.map(|day| format!("-{day}")).collect();
    format!("kayit-defteri{days}.{}", form.extension())
}

/// The paper, as tagged PDF/A with the hash of each page and the chain over them. See [`pdf`](mod@pdf) for how they are computed.
///
/// # Errors
/// [`PaperError::TooLong`]: PDF is written whole in memory, so a period has a limit. Else the ledger's or the writer's own.
pub fn pdf(asked: &Asked<'_>, period: Period, out: &mut impl Write) -> Result<Summary, PaperError> {
    period.check()?;
    pdf::write(asked, period, out)
}

/// The workbook: every cell is a text, none a formula or a link.
///
/// # Errors
/// [`PaperError::TooLong`]: a sheet ends at 1,048,576 rows.
pub fn xlsx(asked: &Asked<'_>, period: Period, out: &mut (impl Write + Send)) -> Result<Summary, PaperError> {
    period.check()?;
    xlsx::write(asked, period, out)
}

/// The table by RFC 4180: commas, CRLF, quotes where needed; with `bom` a UTF-8 byte-order mark, which Excel wants.
///
/// A field that begins with `=`, `+`, `-`, `@`, TAB or CR (their full-width forms, or any of them behind spaces) gets an apostrophe in
/// front, so that no spreadsheet takes it for a formula; programs that read the table take one leading apostrophe away. Control and
/// deceptive characters are left out.
///
/// # Errors
/// The ledger's or the writer's own.
pub fn csv(asked: &Asked<'_>, period: Period, bom: bool, out: &mut impl Write) -> Result<Summary, PaperError> {
    period.check()?;
    csv::write(asked, period, bom, out)
}

/// The entries of a period that a person sees, oldest first, fetched one by one.
struct Rows<'a> {
    asked: &'a Asked<'a>,
    numbers: Vec<RegisterNumber>,
    head: Head,
}

impl<'a> Rows<'a> {
    fn of(asked: &'a Asked<'a>, period: Period) -> Result<Self, PaperError> {
        asked.must_export()?;
        let head = asked.ledger.head();
        let begins = period.begins();
        let mut numbers = Vec::new();
        for entry in asked.ledger.entries_back() {
            let entry = entry?;
            if begins.is_some_and(|begins| entry.registered_at < begins) {
                break;
            }
            if period.covers(&entry) && asked.person.sees(&entry) {
                numbers.push(entry.register_number);
            }
        }
        numbers.reverse();
        Ok(Self { asked, numbers, head })
    }

    fn count(&self) -> u64 {
        self.numbers.len() as u64
    }

    fn at_most(&self, at_most: u64) -> Result<(), PaperError> {
        let rows = self.count();
        if rows > at_most {
            return Err(PaperError::TooLong { rows, at_most });
        }
        Ok(())
    }

    fn entries(&self) -> impl Iterator<Item = Result<Entry, PaperError>> + '_ {
        self.numbers.iter().map(|number| {
            let entry = self.asked.ledger.entry(*number)?;
            entry.filter(|entry| self.asked.person.sees(entry)).ok_or(PaperError::Changed)
        })
    }

    fn summary(&self) -> Summary {
        Summary {
            missing: 0,
            rows: self.count(),
            head: self.head,
        }
    }
}

/// Characters of one cell of a table: a sheet takes 32,767.
const CELL_CHARS: usize = 32_000;

fn cells(asked: &Asked<'_>, entry: &Entry, at_most: usize) -> Result<[String; line::COLUMNS], PaperError> {
    let disposed = asked.ledger.disposal_of(entry)?;
    Ok(line::cells(entry, disposed.as_ref(), asked.prefix, asked.lang, at_most))
}
