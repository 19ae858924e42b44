//! Papers for people and courts: the register of a period, the evidence sheet of a document, the case file that can be checked without us.
//!
//! Pure over the ledger, written into whatever takes bytes, and asked with the person who asks: what that person does not see is not in a
//! paper, and no count tells of it. No clock is read: the same end of the journal and the same person give the same bytes, so a second
//! print can be compared with the first.

pub mod case;
mod chain;
pub mod check;
pub mod evidence;
mod flow;
mod line;
pub mod register;
mod sheet;
mod words;

use std::io;

use jiff::civil::Date;

use crate::isolate::Broken;
use crate::ledger::{Ledger, LedgerError};
use crate::limits::Limits;
use crate::people::{Person, Right, Role, Scope};
use crate::register::entry::{Entry, RegisterNumber};
use crate::store::error::StoreError;
use crate::store::record::Head;
use crate::text::{Lang, Text};

/// What every paper is asked with.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub ledger: &'a Ledger,
    pub person: &'a Person,
    pub lang: Lang,
    /// Before `YYYY/NNNNNN`.
    pub prefix: &'a str,
    pub limits: &'a Limits,
}

/// What a paper holds, for the line that tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Entries that stand in it.
    pub rows: u64,
    /// What should be in it and could not be read: it says so itself.
    pub missing: u64,
    /// The end of the journal that it was made from.
    pub head: Head,
}

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    #[error("this person may not export")]
    NoRight,
    /// There is none, or the person does not see it: the same answer to both.
    #[error("no such entry")]
    NotFound,
    #[error("{rows} entries are more than this form takes ({at_most})")]
    TooLong { rows: u64, at_most: u64 },
    /// No day lies in the period: an empty register of it would be an official paper that says nothing came.
    #[error("no day lies between {from} and {to}")]
    NoDays { from: Date, to: Date },
    /// The register changed under the paper: access to an entry was taken away while it was printed.
    #[error("the register changed while the paper was made; ask again")]
    Changed,
    #[error("the paper could not be written: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The PDF/A validator refused the page: a bug of ours.
    #[error("the PDF is not valid: {0}")]
    Pdf(String),
    #[error("the table could not be made: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    #[error("the archive could not be made: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("this is no case file")]
    NoCaseFile,
    /// The bytes that the paper is made of are gone by a disposal list.
    #[error("the bytes were disposed of")]
    Disposed(Text),
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl PaperError {
    /// Worth another try without a person.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Changed => true,
            Self::Ledger(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            _ => false,
        }
    }

    /// For people, with the next step.
    pub fn text(&self) -> Text {
        match self {
            Self::NoRight => Text::new(
                "Çıktı alma yetkiniz yok; yöneticinizden isteyin.",
                "You may not export; ask your administrator.",
            ),
            Self::NotFound => Text::new(
                "Böyle bir kayıt yok; numarayı denetleyin.",
                "There is no such entry; check the number.",
            ),
            Self::TooLong { rows, at_most } => Text::new(
                format!("{rows} kayıt bu biçime sığmaz (en çok {at_most}); daha kısa bir dönem seçin ya da CSV alın."),
                format!("{rows} entries do not fit this form (at most {at_most}); choose a shorter period or take CSV."),
            ),
            Self::NoDays { from, to } => Text::new(
                format!("İlk gün {from}, son gün {to} gününden sonra; bu aralıkta hiçbir gün yok, ikisini değiştirin."),
                format!("The first day {from} is after the last day {to}; no day lies between them, exchange the two."),
            ),
            Self::Changed => Text::new(
                "Çıktı alınırken kayıtlar değişti; yeniden isteyin.",
                "The register changed meanwhile; ask again.",
            ),
            Self::NoCaseFile => Text::new(
                "Bu bir dava dosyası değil; 'papers case' ile alınmış ZIP'in kendisini verin.",
                "This is no case file; give the ZIP that 'papers case' made, as it is.",
            ),
            Self::Disposed(since) => Text::new(
                format!("{} Dava dosyası bu yüzden alınamaz; delil dökümü alınabilir.", since.tr),
                format!("{} So there is no case file; the evidence sheet can be made.", since.en),
            ),
            Self::Broken(broken) => broken.text(),
            Self::Store(error) => error.cure(),
            other => Text::new(
                format!("Çıktı alınamadı ({other}); diski ve günlüğü denetleyin: kep-gateway journal verify"),
                format!("The paper could not be made ({other}); check the disk and the record: kep-gateway journal verify"),
            ),
        }
    }
}

impl Asked<'_> {
    fn must_export(&self) -> Result<(), PaperError> {
        if self.person.may(Right::Export) {
            Ok(())
        } else {
            Err(PaperError::NoRight)
        }
    }

    /// The entry, for a person who sees it.
    fn entry(&self, number: RegisterNumber) -> Result<Entry, PaperError> {
        self.must_export()?;
        let entry = self.ledger.entry(number)?;
        entry.filter(|entry| self.person.sees(entry)).ok_or(PaperError::NotFound)
    }

    /// Whether the person sees every one of these.
    fn sees_all(&self, numbers: &[RegisterNumber]) -> Result<bool, PaperError> {
        for number in numbers {
            if !self.ledger.entry(*number)?.is_some_and(|entry| self.person.sees(&entry)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn number(&self, entry: &Entry) -> String {
        format!("{}{}", self.prefix, entry.register_number)
    }

    fn either<'t>(&self, tr: &'t str, en: &'t str) -> &'t str {
        if self.lang == Lang::Tr { tr } else { en }
    }
}

/// Whoever works at the machine that the store lies on has its files: the command line sees everything.
pub fn operator() -> Person {
    Person {
        login: "-".into(),
        name: "komut satırı / command line".into(),
        role: Role::Administrator,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: u8::MAX,
    }
}
