//! Tables on a terminal.

use std::fmt::Write;

pub use crate::text::clean;

/// Columns are as wide as their widest cell, at most this; the rest of a cell is cut.
const WIDEST: usize = 48;

/// Lays out rows under headings. Control and deceptive characters of hostile mail do not reach the terminal.
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| clean(cell))).collect();
    let mut widths = headings.map(width);
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell)).min(WIDEST);
        }
    }
    let mut out = String::new();
    line(&mut out, &headings.map(str::to_owned), &widths);
    line(&mut out, &widths.map(|width| "─".repeat(width)), &widths);
    rows.iter().for_each(|row| line(&mut out, row, &widths));
    out
}

fn line<const N: usize>(out: &mut String, cells: &[String; N], widths: &[usize; N]) {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let shown = cut(cell, *width);
        let _ = write!(text, "{shown}{}  ", " ".repeat(width - shown.chars().count()));
    }
    let _ = writeln!(out, "{}", text.trim_end());
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: &str, width: usize) -> String {
    match text.chars().count() > width {
        true => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
