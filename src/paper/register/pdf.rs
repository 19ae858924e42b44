//! The register as a paper.
//!
//! The row data of a page are the canonical lines ([`line::canonical`]) of its entries, each with its line feed. The hash of a page is the
//! SHA-256 over them. The chain over the pages is `chain(0)` = 64 zeros and `chain(n)` = SHA-256 over `chain(n-1)`, line feed, the hash of
//! page n, line feed, all in lower-case hex. The lines lie in the PDF as an enclosed text file, so a print proves by itself that no page
//! was exchanged, and the last page says how to compare the lines with the register of today.

use std::io::Write;

use krilla::configure::validate::Archival;
use krilla::tagging::Node;

use super::{Asked, PaperError, Period, Rows, Summary, cells};
use crate::hash::Sha256;
use crate::paper::chain::Chain;
use crate::paper::line::{self, CANONICAL_JQ, COLUMNS};
use crate::paper::sheet::{A4, About, Canvas, Cell, Face, LEADING, MARGIN, Paper, Style};
use crate::register::entry::Entry;
use crate::text::Lang;

/// Entries of one paper. A PDF is put together in memory, about 6 KB for each entry.
const ROWS: u64 = 20_000;
/// Every row has the same height, so that the row data of page n are lines 12 (n-1) + 1 to 12 n.
pub const ROWS_PER_PAGE: usize = 12;
const LINES_PER_CELL: usize = 4;
/// The enclosed row data.
pub const ENCLOSED: &str = "kayit-satirlari.txt";

/// More of a field is never shown in a cell.
const CELL_CHARS: usize = 400;

const LANDSCAPE: (f32, f32) = (A4.1, A4.0);
const TOP: f32 = MARGIN + 34.0;
const BODY: Style = Style {
    face: Face::Regular,
    size: 6.5,
};
const HEAD: Style = Style {
    face: Face::Bold,
    size: 6.5,
};
const HASH: Style = Style {
    face: Face::Mono,
    size: 5.0,
};
const TITLE: Style = Style {
    face: Face::Bold,
    size: 12.0,
};
const TEXT: Style = Style {
    face: Face::Regular,
    size: 8.0,
};
const CODE: Style = Style {
    face: Face::Mono,
    size: 7.0,
};
const GAP: f32 = 4.0;
/// Of the columns, in points; together the width between the margins.
const WIDTHS: [f32; COLUMNS] = [
    50.0, 44.0, 82.0, 74.0, 62.0, 40.0, 112.0, 18.0, 30.0, 42.0, 42.0, 42.0, 42.0, 36.0, 53.0,
];

pub(super) fn write(asked: &Asked<'_>, period: Period, out: &mut impl Write) -> Result<Summary, PaperError> {
    let rows = Rows::of(asked, period)?;
    rows.at_most(ROWS)?;
    let chain = Chain::of(asked.ledger)?;
    let about = About {
        title: asked.either("Evrak kayıt defteri", "Register of documents"),
        lang: asked.lang,
        at: chain.at,
    };
    let mut book = Book {
        asked,
        period,
        rows: &rows,
        title: about.title,
        paper: Paper::new(&about, LANDSCAPE, Archival::A3_U)?,
        chain: "0".repeat(64),
        lines: String::new(),
        page: 0,
    };
    let mut waiting = Vec::with_capacity(ROWS_PER_PAGE);
    for entry in rows.entries() {
        waiting.push(entry?);
        if waiting.len() == ROWS_PER_PAGE {
            book.page_of(&waiting)?;
            waiting.clear();
        }
    }
    if !waiting.is_empty() {
        book.page_of(&waiting)?;
    }
    book.last_page()?;
    let Book { mut paper, lines, .. } = book;
    let description = asked.either(
        "Sayfa özetlerinin üzerinden hesaplandığı satırlar",
        "The lines that the page hashes are over",
    );
    paper.enclose(ENCLOSED, description, lines.into_bytes(), chain.at);
    out.write_all(&paper.finish()?)?;
    out.flush()?;
    Ok(rows.summary())
}

struct Book<'a> {
    asked: &'a Asked<'a>,
    period: Period,
    rows: &'a Rows<'a>,
    title: &'a str,
    paper: Paper,
    /// Over the pages so far.
    chain: String,
    /// Row data of all pages.
    lines: String,
    page: usize,
}

impl Book<'_> {
    fn pages(&self) -> usize {
        self.rows.numbers.len().div_ceil(ROWS_PER_PAGE) + 1
    }

    fn page_of(&mut self, entries: &[Entry]) -> Result<(), PaperError> {
        let data: String = entries.iter().map(|entry| line::canonical(entry, self.asked.prefix)).collect();
        let hash = Sha256::of(data.as_bytes());
        self.lines.push_str(&data);
        self.chain = chained(&self.chain, &hash);
        self.page += 1;
        let (head, foot) = (self.head(), self.foot(&hash));
        let rows: Vec<[String; COLUMNS]> = entries
            .iter()
            .map(|entry| cells(self.asked, entry, CELL_CHARS))
            .collect::<Result<_, _>>()?;
        let (lang, title, first) = (self.asked.lang, self.title, self.page == 1);
        self.paper.page(|canvas| {
            top(canvas, title, &head, first);
            let mut table = vec![heading_row(canvas, lang)];
            for (at, row) in rows.into_iter().enumerate() {
                table.push(entry_row(canvas, row, row_top(at)));
            }
            canvas.table(table);
            let y = LANDSCAPE.1 - MARGIN - 3.0 * HASH.size * LEADING;
            canvas.rule((MARGIN, y - 10.0), LANDSCAPE.0 - MARGIN);
            canvas.paragraph((MARGIN, y), CODE, &foot);
        })
    }

    fn head(&self) -> String {
        let (page, pages, count) = (self.page, self.pages(), self.rows.count());
        let period = self.period.words();
        match self.asked.lang {
            Lang::Tr => format!(
                "Dönem {period} · {count} kayıt · yalnız isteyen kişinin görebildikleri · isteyen: {} · sayfa {page}/{pages}",
                self.asked.person.name
            ),
            Lang::En => format!(
                "Period {period} · {count} entries · only what the asking person may see · asked by: {} · page {page}/{pages}",
                self.asked.person.name
            ),
        }
    }

    fn foot(&self, hash: &Sha256) -> Vec<String> {
        let head = self.rows.head;
        match self.asked.lang {
            Lang::Tr => vec![
                format!("Sayfa özeti    {hash}   sayfa {}/{}", self.page, self.pages()),
                format!("Sayfa zinciri  {}   dönem {}", self.chain, self.period.words()),
                format!("Günlük başı    {}   kayıt sırası {}", head.hash, head.sequence),
            ],
            Lang::En => vec![
                format!("Page hash      {hash}   page {}/{}", self.page, self.pages()),
                format!("Page chain     {}   period {}", self.chain, self.period.words()),
                format!("Journal head   {}   record {}", head.hash, head.sequence),
            ],
        }
    }

    /// How whoever holds the paper checks it.
    fn last_page(&mut self) -> Result<(), PaperError> {
        self.page += 1;
        let (head, title, first) = (self.head(), self.title, self.page == 1);
        let width = LANDSCAPE.0 - 2.0 * MARGIN;
        let explained = self.explained();
        let heading = self.asked.either("Bu defter nasıl denetlenir", "How to check this register");
        self.paper.page(|canvas| {
            top(canvas, title, &head, first);
            let mut y = TOP + 6.0;
            canvas.heading((MARGIN, y), HEAD, 2, heading);
            y += TEXT.size * LEADING * 1.5;
            for (style, text) in explained {
                let lines = canvas.fonts.wrap(style, &text, width, 8);
                y = canvas.paragraph((MARGIN, y), style, &lines) + 3.0;
            }
        })
    }

    fn explained(&self) -> Vec<(Style, String)> {
        let end = |name: &str, day: Option<jiff::civil::Date>| day.map(|day| format!(" --{name} {day}")).unwrap_or_default();
        let days = end("from", self.period.from) + &end("to", self.period.to);
        let head = self.rows.head;
        let (rows, chain) = (self.rows.count(), &self.chain);
        let tr = [
            format!("Bu defterde {rows} kayıt vardır: isteyen kişinin görebildiği bütün kayıtlar. Numaralar kurum genelinde boşluksuzdur; kapsamı dar birinin defterinde ardışık olmayabilir."),
            format!("Satırların verisi bu PDF'in içinde {ENCLOSED} ekindedir: her kayıt bir satır, alanlar TAB ile ayrılır, ters bölü, TAB, CR ve LF kaçışlıdır, metinler en çok 1000 karakterdir. Sayfa n'nin verisi {ROWS_PER_PAGE}(n-1)+1 ile {ROWS_PER_PAGE}n arasındaki satırlardır; sayfa özeti onların SHA-256'sıdır."),
            "1. Eki çıkarın ve bir sayfanın özetini hesaplayın (örnek: sayfa 1):".to_owned(),
            "2. Sayfaların zincirini hesaplayın; sonuç aşağıdaki değer olmalıdır:".to_owned(),
            "3. Satırları bugünkü kayıtla karşılaştırın (jq ile). Yalnız çıktıdan sonra değişen kayıtlar (durum, sonuç, birim) listelenir; başka satır çıkmamalıdır:".to_owned(),
            format!("Defter, günlüğün {} sıra numaralı kaydına kadar olan durumu gösterir; o kaydın özeti {} kuruma ait günlük raporlardaki zincir başıyla ve 'kep-gateway journal verify' çıktısıyla karşılaştırılabilir.", head.sequence, head.hash),
        ];
        let en = [
            format!("This register holds {rows} entries: all that the asking person may see. Numbers are gap-free over the institution; in the register of somebody with a narrower scope they need not follow each other."),
            format!("The row data lie inside this PDF as {ENCLOSED}: one line for each entry, fields separated by TAB; backslash, TAB, CR and LF are escaped, texts hold at most 1000 characters. The data of page n are lines {ROWS_PER_PAGE}(n-1)+1 to {ROWS_PER_PAGE}n; the page hash is their SHA-256."),
            "1. Take the file out and compute the hash of a page (here page 1):".to_owned(),
            "2. Compute the chain over the pages; the result must be the value below:".to_owned(),
            "3. Compare the lines with the register of today (with jq). Only entries that changed since the print (state, verdict, unit) are listed; nothing else may be:".to_owned(),
            format!("The register shows the state up to record {} of the journal; the hash of that record, {}, can be compared with the chain head in the institution's daily reports and with what 'kep-gateway journal verify' prints.", head.sequence, head.hash),
        ];
        let [about, form, first, second, third, last] = if self.asked.lang == Lang::Tr { tr } else { en };
        let text = |text: String| (TEXT, text);
        let code = |text: &str| (CODE, text.to_owned());
        vec![
            text(about),
            text(form),
            text(first),
            code(&format!("pdfdetach -save 1 -o {ENCLOSED} DEFTER.pdf")),
            code(&format!("sed -n '1,{ROWS_PER_PAGE}p' {ENCLOSED} | sha256sum")),
            text(second),
            code(&format!("split -l {ROWS_PER_PAGE} -a 4 {ENCLOSED} sayfa. ; c={}", "0".repeat(64))),
            code(
                r#"for p in sayfa.*; do h=$(sha256sum < "$p" | cut -c1-64); c=$(printf '%s\n%s\n' "$c" "$h" | sha256sum | cut -c1-64); done; echo $c"#,
            ),
            code(chain),
            text(third),
            code(&format!(
                "kep-gateway documents export --json{days} | jq -r '.[] | {CANONICAL_JQ}' > bugun.txt"
            )),
            code(&format!("grep -vxFf bugun.txt {ENCLOSED}")),
            text(last),
        ]
    }
}

/// `chain(n)` of `chain(n-1)` and the hash of page n.
fn chained(before: &str, page: &Sha256) -> String {
    Sha256::of(format!("{before}\n{page}\n").as_bytes()).to_string()
}

fn top(canvas: &mut Canvas<'_, '_>, title: &str, head: &str, first: bool) {
    let places = [(MARGIN, MARGIN + 8.0), (MARGIN, MARGIN + 20.0)];
    let [above, below] = places;
    if first {
        canvas.heading(above, TITLE, 1, title);
        canvas.paragraph(below, BODY, &[head.to_owned()]);
    } else {
        canvas.furniture(above, TITLE, title);
        canvas.furniture(below, BODY, head);
    }
    canvas.rule((MARGIN, MARGIN + 25.0), LANDSCAPE.0 - MARGIN);
}

fn row_top(at: usize) -> f32 {
    let height = LINES_PER_CELL as f32 * BODY.size * LEADING + 2.0;
    TOP + 2.0 * BODY.size * LEADING + height * at as f32
}

fn columns() -> impl Iterator<Item = (f32, f32)> {
    WIDTHS.into_iter().scan(MARGIN, |x, width| {
        let at = *x;
        *x += width;
        Some((at, width - GAP))
    })
}

fn heading_row(canvas: &mut Canvas<'_, '_>, lang: Lang) -> Node {
    let cells = columns()
        .zip(line::headings(lang))
        .map(|((x, width), heading)| Cell {
            at: (x, TOP),
            style: HEAD,
            lines: canvas.fonts.wrap(HEAD, heading, width, 2),
        })
        .collect();
    canvas.row(cells, true)
}

fn entry_row(canvas: &mut Canvas<'_, '_>, cells: [String; COLUMNS], y: f32) -> Node {
    canvas.rule((MARGIN, y - BODY.size - 1.0), LANDSCAPE.0 - MARGIN);
    let cells = columns()
        .zip(cells)
        .enumerate()
        .map(|(at, ((x, width), text))| {
            let style = if at + 1 == COLUMNS { HASH } else { BODY };
            Cell {
                at: (x, y),
                style,
                lines: canvas.fonts.wrap(style, &text, width, LINES_PER_CELL),
            }
        })
        .collect();
    canvas.row(cells, false)
}

#[cfg(test)]
mod pdf_tests {
    use super::*;
    use crate::paper::words;

    #[test]
    fn twelve_rows_and_all_columns_fit_on_the_page() {
        let foot = LANDSCAPE.1 - MARGIN - 3.0 * HASH.size * LEADING - 10.0;
        assert!(row_top(ROWS_PER_PAGE) - BODY.size <= foot, "{} > {foot}", row_top(ROWS_PER_PAGE));
        assert!(WIDTHS.iter().sum::<f32>() <= LANDSCAPE.0 - 2.0 * MARGIN);
    }

    #[test]
    fn the_chain_is_over_hex_lines() {
        let page = Sha256::of(b"x");
        let expected = Sha256::of(format!("{}\n{page}\n", "0".repeat(64)).as_bytes());
        assert_eq!(chained(&"0".repeat(64), &page), expected.to_string());
    }

    #[test]
    fn words_of_time_are_turkish_time() {
        assert_eq!(words::local_time("2026-11-22T21:30:00Z".parse().unwrap()), "23.11.2026 00:30");
    }
}
