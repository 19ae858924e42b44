//! The rules of one kind of application, as its author writes them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::papers::FileKind;
use crate::hash::Sha256;
use crate::register::entry::Entry;
use crate::register::{fits_pattern, has_word, word_line};
use crate::text::{Text, fold, is_deceptive};

/// Of the way in which papers are read. What was read in another way is read again, as if the rules were others: a reader that sees more
/// must see it in open files too.
const READER: u32 = 3;

/// Papers of one checklist: no application asks for so many.
const MOST_PAPERS: usize = 100;

/// Names, words and conditions of one kind: each is looked for in every message.
const MOST_RULES: usize = 100;

/// Characters of a title, a name or a word: what is longer is in no file name.
const RULE_CHARS: usize = 200;

/// Size of one paper where its author says nothing: what the exporters' unions take.
const PAPER_BYTES: u64 = 5 << 20;

/// The longest term: an application waits for nobody longer than a year.
const LONGEST_TERM_DAYS: u16 = 366;

/// The longest time for which papers are kept.
const LONGEST_RETENTION_YEARS: u16 = 101;

/// Kontrol listesi: what an application of one kind must consist of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// Stands in the record; never give one name to two kinds of application. Letters, digits, `-`, `_` and `.`.
    pub name: String,
    pub title: Text,
    /// For which messages it holds.
    pub when: When,
    /// What papers may be, unless a paper says otherwise.
    #[serde(default)]
    pub accept: Accept,
    #[serde(default)]
    pub terms: Terms,
    pub paper: Vec<Paper>,
    /// Of the text of the file and of our reader: what was read under other rules is read again.
    #[serde(skip, default = "nothing")]
    pub sha256: Sha256,
}

fn nothing() -> Sha256 {
    Sha256::of(b"")
}

/// Conditions. All that are written must hold; within one, any of its values will do. At least one is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Names of mailboxes, `*` and `?`.
    pub mailbox: Vec<String>,
    /// Words of the subject, from the beginning of a word, without case and Turkish marks.
    pub subject: Vec<String>,
    /// Patterns of the sender's KEP address, `*` and `?`.
    pub sender: Vec<String>,
}

/// What a paper may be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accept {
    /// By content, never by name. Default: pdf, jpg and png.
    pub formats: Vec<FileKind>,
    /// Of one file. Default 5 MiB.
    pub max_bytes: u64,
}

impl Default for Accept {
    fn default() -> Self {
        Self {
            formats: vec![FileKind::Pdf, FileKind::Jpg, FileKind::Png],
            max_bytes: PAPER_BYTES,
        }
    }
}

/// By when must whom act. What is not written is no term.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// Business days within which the originals must be here, counted from the arrival of the application.
    pub originals_business_days: Option<u16>,
    /// Days within which what is missing must be here, counted from the day on which it was asked for.
    pub completion_days: Option<u16>,
    /// Days within which the loss of a paper must be reported, counted from the day on which it was learnt of.
    pub loss_report_days: Option<u16>,
    /// For how many years the file is kept.
    pub retention_years: Option<u16>,
    /// Name of the retention class that keeps it so long, where the configuration has such classes.
    pub retention_class: Option<String>,
}

/// One paper of the application.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Stands in the record: what a clerk decided refers to it. Letters, digits, `-`, `_` and `.`.
    pub id: String,
    pub title: Text,
    /// Without it the file is incomplete. Default true.
    #[serde(default = "yes")]
    pub required: bool,
    /// Words of a file name, any of them: `imza sirküleri` finds `IMZA_SIRKULERI_2026.pdf`.
    #[serde(default)]
    pub names: Vec<String>,
    /// Words on the pages of a file whose name says nothing, any of them. Scanned pages have none.
    #[serde(default)]
    pub words: Vec<String>,
    /// Instead of those of `[accept]`.
    pub formats: Option<Vec<FileKind>>,
    /// Instead of that of `[accept]`.
    pub max_bytes: Option<u64>,
    #[serde(default)]
    pub signature: Needed,
    /// `names` and `words` as they are compared.
    #[serde(skip)]
    pub(super) name_lines: Vec<String>,
    #[serde(skip)]
    pub(super) word_lines: Vec<String>,
}

fn yes() -> bool {
    true
}

/// Whose signature a paper must bear. A signature counts where it is qualified (NES) and TOTAL-PASSED, and stands on the paper itself or
/// on the package whose digests cover it; that of the mail around it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Needed {
    /// None.
    #[default]
    None,
    /// A qualified one, whoever signed.
    Qualified,
    /// Those who may sign for the applicant, as a clerk entered them.
    Signatory,
}

/// Why a checklist cannot be used. The program refuses to start with it: a rule that is not there finds every file complete.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    #[error("{0}")]
    Syntax(Box<toml::de::Error>),
    #[error("{}", .0.en)]
    Content(Text),
}

impl Checklist {
    /// # Errors
    /// The text is no checklist, or one that could not be meant so.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let mut read: Self = toml::from_str(text).map_err(|error| Wrong::Syntax(Box::new(error)))?;
        read.sha256 = Sha256::of(format!("reader {READER}\n{text}").as_bytes());
        for paper in &mut read.paper {
            paper.name_lines = paper.names.iter().map(|name| word_line(name)).collect();
            paper.word_lines = paper.words.iter().map(|word| word_line(word)).collect();
        }
        read.check().map_err(Wrong::Content)?;
        Ok(read)
    }

    pub fn paper(&self, id: &str) -> Option<&Paper> {
        self.paper.iter().find(|paper| paper.id == id)
    }

    /// What a paper may be.
    pub fn formats_of<'a>(&'a self, paper: &'a Paper) -> &'a [FileKind] {
        paper.formats.as_deref().unwrap_or(&self.accept.formats)
    }

    pub fn max_bytes_of(&self, paper: &Paper) -> u64 {
        paper.max_bytes.unwrap_or(self.accept.max_bytes)
    }

    fn check(&self) -> Result<(), Text> {
        if !is_id(&self.name) {
            return Err(not_an_id("name", &self.name));
        }
        if !is_title(&self.title) {
            return Err(not_a_title("title"));
        }
        let when = &self.when;
        if *when == When::default() {
            return Err(Text::new(
                "[when] boş: liste her iletiye uyardı; mailbox, subject ya da sender yazın",
                "[when] is empty: the checklist would hold for every message; write mailbox, subject or sender",
            ));
        }
        let blank = |values: &[String]| values.iter().any(|value| value.trim().is_empty());
        if blank(&when.mailbox) || blank(&when.sender) || when.subject.iter().any(|word| word_line(word).is_empty()) {
            return Err(Text::new(
                "[when]: boş ya da yalnız noktalama olan bir değer var; silin",
                "[when]: a value is empty or punctuation alone; remove it",
            ));
        }
        for (key, values) in [("mailbox", &when.mailbox), ("subject", &when.subject), ("sender", &when.sender)] {
            bounded(&format!("[when] {key}"), values)?;
        }
        self.check_papers()?;
        self.check_terms()
    }

    fn check_papers(&self) -> Result<(), Text> {
        if self.paper.is_empty() || self.paper.len() > MOST_PAPERS {
            return Err(Text::new(
                format!("[[paper]] sayısı 1 ile {MOST_PAPERS} arasında olmalı"),
                format!("there must be 1 to {MOST_PAPERS} [[paper]]s"),
            ));
        }
        let (mut ids, mut named) = (BTreeSet::new(), BTreeSet::new());
        for paper in &self.paper {
            let id = &paper.id;
            if !is_id(id) {
                return Err(not_an_id("[[paper]] id", id));
            }
            if !ids.insert(id) {
                return Err(Text::new(
                    format!("[[paper]] id = \"{id}\" iki kez kullanılmış; birini değiştirin"),
                    format!("[[paper]] id = \"{id}\" is used twice; change one of them"),
                ));
            }
            self.check_paper(paper)?;
            // One file is one paper: of two papers with one name the second would never be found.
            let own: BTreeSet<&String> = paper.name_lines.iter().collect();
            if let Some(line) = own.into_iter().find(|line| !named.insert(*line)) {
                let name = line.trim();
                return Err(Text::new(
                    format!("[[paper]] id = \"{id}\": '{name}' adı başka bir belgede de var; birinden silin"),
                    format!("[[paper]] id = \"{id}\": the name '{name}' stands at another paper too; remove it from one of them"),
                ));
            }
        }
        Ok(())
    }

    fn check_paper(&self, paper: &Paper) -> Result<(), Text> {
        let id = &paper.id;
        if !is_title(&paper.title) {
            return Err(not_a_title(&format!("[[paper]] id = \"{id}\": title")));
        }
        bounded(&format!("[[paper]] id = \"{id}\": names"), &paper.names)?;
        bounded(&format!("[[paper]] id = \"{id}\": words"), &paper.words)?;
        let rules = || paper.name_lines.iter().chain(&paper.word_lines);
        if rules().next().is_none() || rules().any(String::is_empty) {
            return Err(Text::new(
                format!("[[paper]] id = \"{id}\": 'names' ya da 'words' altında en az bir sözcük olmalı, boş değer olmamalı"),
                format!("[[paper]] id = \"{id}\": at least one word must stand under 'names' or 'words', and no empty value"),
            ));
        }
        let formats = self.formats_of(paper);
        if formats.is_empty() || formats.contains(&FileKind::Other) {
            return Err(Text::new(
                format!("[[paper]] id = \"{id}\": biçimler pdf, jpg ve png arasından olmalı"),
                format!("[[paper]] id = \"{id}\": formats must be of pdf, jpg and png"),
            ));
        }
        if !(1 << 10..=1 << 30).contains(&self.max_bytes_of(paper)) {
            return Err(Text::new(
                format!("[[paper]] id = \"{id}\": max_bytes 1024 ile 1073741824 arasında olmalı"),
                format!("[[paper]] id = \"{id}\": max_bytes must be from 1024 to 1073741824"),
            ));
        }
        Ok(())
    }

    fn check_terms(&self) -> Result<(), Text> {
        let terms = &self.terms;
        let days = [
            ("originals_business_days", terms.originals_business_days, LONGEST_TERM_DAYS),
            ("completion_days", terms.completion_days, LONGEST_TERM_DAYS),
            ("loss_report_days", terms.loss_report_days, LONGEST_TERM_DAYS),
            ("retention_years", terms.retention_years, LONGEST_RETENTION_YEARS),
        ];
        for (key, value, most) in days {
            if value.is_some_and(|value| !(1..=most).contains(&value)) {
                return Err(Text::new(
                    format!("[terms] {key}: 1 ile {most} arasında bir sayı yazın ya da satırı silin"),
                    format!("[terms] {key}: write a number from 1 to {most}, or remove the line"),
                ));
            }
        }
        Ok(())
    }
}

impl When {
    pub fn holds(&self, entry: &Entry) -> bool {
        let document = entry.document.as_ref();
        let subjects = [
            entry.message.subject.as_deref(),
            document.and_then(|document| document.subject.as_deref()),
        ];
        let fits = |patterns: &[String], text: &str| patterns.iter().any(|pattern| fits_pattern(&fold(pattern), &fold(text)));
        let address = entry.message.sender_kep.as_deref().or(entry.message.sender.as_deref());
        (self.mailbox.is_empty() || fits(&self.mailbox, &entry.mailbox))
            && (self.sender.is_empty() || address.is_some_and(|address| fits(&self.sender, address)))
            && (self.subject.is_empty() || {
                let mut words = self.subject.iter();
                words.any(|word| subjects.into_iter().flatten().any(|subject| has_word(subject, word)))
            })
    }
}

/// Stands on screens and in letters: one line that says something.
fn is_title(title: &Text) -> bool {
    let fits = |text: &str| {
        !text.trim().is_empty() && text.chars().count() <= RULE_CHARS && !text.chars().any(|c| c.is_control() || is_deceptive(c))
    };
    fits(&title.tr) && fits(&title.en)
}

fn not_a_title(key: &str) -> Text {
    Text::new(
        format!("{key}: 1 ile {RULE_CHARS} karakter arasında tek satır yazın"),
        format!("{key}: write one line of 1 to {RULE_CHARS} characters"),
    )
}

fn bounded(key: &str, values: &[String]) -> Result<(), Text> {
    match values.len() > MOST_RULES || values.iter().any(|value| value.chars().count() > RULE_CHARS) {
        true => Err(Text::new(
            format!("{key}: en çok {MOST_RULES} değer, her biri en çok {RULE_CHARS} karakter olabilir"),
            format!("{key}: at most {MOST_RULES} values of at most {RULE_CHARS} characters each"),
        )),
        false => Ok(()),
    }
}

fn is_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 64 && text.chars().all(fits)
}

fn not_an_id(key: &str, value: &str) -> Text {
    Text::new(
        format!("{key} = \"{value}\": yalnız a-z, 0-9, '-', '_' ve '.' içerebilir, en çok 64 karakter"),
        format!("{key} = \"{value}\": may hold only a-z, 0-9, '-', '_' and '.', at most 64 characters"),
    )
}
