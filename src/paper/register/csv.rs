//! The register as comma-separated values.

use std::io::{self, Write};

use super::{Asked, CELL_CHARS, PaperError, Period, Rows, Summary, cells};
use crate::paper::line;

pub(super) fn write(asked: &Asked<'_>, period: Period, bom: bool, out: &mut impl Write) -> Result<Summary, PaperError> {
    let rows = Rows::of(asked, period)?;
    if bom {
        out.write_all("\u{feff}".as_bytes())?;
    }
    record(out, &line::headings(asked.lang))?;
    for entry in rows.entries() {
        record(out, &cells(asked, &entry?, CELL_CHARS)?)?;
    }
    out.flush()?;
    Ok(rows.summary())
}

fn record(out: &mut impl Write, fields: &[impl AsRef<str>]) -> io::Result<()> {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        out.write_all(field_of(field.as_ref()).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// A field that no spreadsheet runs, in quotes where RFC 4180 wants them.
fn field_of(text: &str) -> String {
    let text = if is_formula(text) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n', ' ', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn is_formula(text: &str) -> bool {
    let first = text
        .trim_start_matches(|c: char| c.is_whitespace() && c != '\t' && c != '\r')
        .chars()
        .next();
    first.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'))
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod csv_tests;
