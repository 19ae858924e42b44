//! The register as a workbook. Rows go to a temporary file as they come, so a long period takes no more memory than a short one.

use std::io::Write;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};

use super::{Asked, CELL_CHARS, PaperError, Period, Rows, Summary, cells};
use crate::paper::chain::Chain;
use crate::paper::line;

/// A sheet holds 1,048,576 rows; one is the heading.
const ROWS: u64 = 1_048_575;
const WIDTHS: [f64; line::COLUMNS] = [
    14.0, 17.0, 34.0, 28.0, 24.0, 12.0, 48.0, 6.0, 10.0, 14.0, 20.0, 20.0, 17.0, 22.0, 66.0,
];

pub(super) fn write(asked: &Asked<'_>, period: Period, out: &mut (impl Write + Send)) -> Result<Summary, PaperError> {
    let rows = Rows::of(asked, period)?;
    rows.at_most(ROWS)?;
    let chain = Chain::of(asked.ledger)?;
    let mut workbook = Workbook::new();
    workbook.set_properties(
        &DocProperties::new()
            .set_title(asked.either("Evrak kayıt defteri", "Register"))
            .set_author("kep-gateway")
            .set_creation_datetime(&ExcelDateTime::from_timestamp(chain.at.as_second())?),
    );
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(asked.either("Kayıt defteri", "Register"))?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    for (column, heading) in (0..).zip(line::headings(asked.lang)) {
        sheet.write_string_with_format(0, column, heading, &bold)?;
    }
    for (row, entry) in (1..).zip(rows.entries()) {
        for (column, cell) in (0..).zip(cells(asked, &entry?, CELL_CHARS)?) {
            sheet.write_string(row, column, cell)?;
        }
    }
    let about = workbook.add_worksheet_with_constant_memory()?;
    about.set_name(asked.either("Açıklama", "About"))?;
    explain(about, asked, period, &rows)?;
    workbook.save_to_writer(out)?;
    Ok(rows.summary())
}

fn explain(sheet: &mut Worksheet, asked: &Asked<'_>, period: Period, rows: &Rows<'_>) -> Result<(), PaperError> {
    let lines = [
        (
            asked.either("Dönem (kayıt günleri)", "Period (days of registration)"),
            period.words(),
        ),
        (
            asked.either("Kapsam", "Scope"),
            asked
                .either("yalnız isteyen kişinin görebildiği kayıtlar", "only what the asking person may see")
                .to_owned(),
        ),
        (asked.either("İsteyen", "Asked by"), crate::text::clean(&asked.person.name)),
        (asked.either("Kayıt sayısı", "Entries"), rows.count().to_string()),
        (
            asked.either("Günlüğün zincir başı", "Chain head of the journal"),
            format!("{} {}", rows.head.sequence, rows.head.hash),
        ),
    ];
    sheet.set_column_width(0, 32.0)?;
    sheet.set_column_width(1, 80.0)?;
    for (row, (name, value)) in (0..).zip(lines) {
        sheet.write_string(row, 0, name)?;
        sheet.write_string(row, 1, value)?;
    }
    Ok(())
}
