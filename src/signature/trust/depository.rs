//! Kamu SM's certificate depository: `SertifikaDeposu.xml`, and `.svt`, which is the same as an SQLite file.
//!
//! Both hold roots (koksertifika) with what the depository says about them, and issuers below them (sertifika). Who sent the file is
//! unknown (it travels over plain HTTP): what it says is a proposal, never a ground for trust.

use std::sync::Arc;

use base64::Engine;
use roxmltree::{Document, Node, ParsingOptions};

use crate::signature::asn1::ber::{self, tag};
use crate::signature::certificate::Certificate;
use crate::signature::trust::pins::LawLevel;
use crate::signature::trust::row_signature::RowFacts;
use crate::signature::trust::sqlite::{self, Database, SqliteError, Table, Value};
use crate::text::Text;

/// XML nodes of a depository; the real one has some thousands.
const MAX_NODES: u32 = 500_000;

/// One row with a certificate.
#[derive(Debug, Clone)]
pub struct Row {
    pub certificate: Arc<Certificate>,
    /// From the table of roots.
    pub is_root: bool,
    /// KOKSertifikaTipi and KOKGuvenSeviyesi, as the row signature covers them.
    pub facts: RowFacts,
    pub signature: Option<Vec<u8>>,
}

impl Row {
    pub fn law_level(&self) -> Option<LawLevel> {
        match self.facts.level {
            1 => Some(LawLevel::Statutory),
            2 => Some(LawLevel::Institutional),
            3 => Some(LawLevel::Personal),
            _ => None,
        }
    }
}

/// What could be read.
#[derive(Debug, Default)]
pub struct Depository {
    pub version: Option<String>,
    pub rows: Vec<Row>,
    /// Rows without a readable certificate.
    pub unreadable: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum DepositoryError {
    #[error("XML: {}", .0.en)]
    Xml(Text),
    #[error("SQLite: {0}")]
    Sqlite(#[from] SqliteError),
    #[error("it has no table of roots")]
    NoRoots,
}

impl DepositoryError {
    /// The sentence for the administrator. What the parser says is quoted.
    pub fn text(&self) -> Text {
        let turkish = match self {
            Self::Xml(problem) => format!("XML: {}", problem.tr),
            Self::Sqlite(problem) => format!("SQLite dosyası okunamıyor: {problem}"),
            Self::NoRoots => "içinde kök tablosu yok".to_owned(),
        };
        Text::new(turkish, self.to_string())
    }

    fn of_xml(error: &roxmltree::Error) -> Self {
        Self::Xml(match error {
            roxmltree::Error::DtdDetected => Text::new(
                "DTD içeriyor, güvenlik nedeniyle okunmaz",
                "it holds a DTD and is not read for safety",
            ),
            roxmltree::Error::NodesLimitReached => Text::new("aşırı çok öge", "far too many elements"),
            other => Text::new(format!("bozuk: {other}"), format!("not well-formed: {other}")),
        })
    }
}

/// True for bytes that are a depository by their look, whatever their name.
pub fn is_depository(bytes: &[u8]) -> bool {
    bytes.starts_with(sqlite::MAGIC) || (bytes.iter().find(|byte| !byte.is_ascii_whitespace() && byte.is_ascii()) == Some(&b'<'))
}

/// # Errors
/// Neither form, or without a table of roots.
pub fn read(bytes: &[u8]) -> Result<Depository, DepositoryError> {
    if bytes.starts_with(sqlite::MAGIC) {
        read_sqlite(bytes)
    } else {
        read_xml(bytes)
    }
}

fn read_xml(bytes: &[u8]) -> Result<Depository, DepositoryError> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
        .map_err(|_| DepositoryError::Xml(Text::new("karakter kodlaması UTF-8 değil", "its encoding is not UTF-8")))?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| DepositoryError::of_xml(&error))?;
    let root = document.root_element();
    let mut depository = Depository {
        version: child(root, "Versiyon")
            .and_then(|node| node.text())
            .map(|text| text.trim().to_owned()),
        ..Depository::default()
    };
    let Some(roots) = child(root, "koksertifikalar") else {
        return Err(DepositoryError::NoRoots);
    };
    let issuers = child(root, "sertifikalar");
    for (list, is_root) in [(Some(roots), true), (issuers, false)] {
        for row in list.into_iter().flat_map(|list| list.children().filter(Node::is_element)) {
            match xml_row(row, is_root) {
                Some(row) => depository.rows.push(row),
                None => depository.unreadable += 1,
            }
        }
    }
    Ok(depository)
}

fn child<'a, 'i>(parent: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    parent.children().find(|node| node.tag_name().name().eq_ignore_ascii_case(name))
}

fn xml_row(row: Node<'_, '_>, is_root: bool) -> Option<Row> {
    let text = |name: &str| {
        child(row, name)
            .and_then(|node| node.text())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let certificate = Certificate::parse(&decode(text("mValue")?)?).ok()?;
    Some(Row {
        certificate,
        is_root,
        facts: RowFacts {
            kind: text("mKokTipi").and_then(kind_of).unwrap_or_default(),
            level: text("mKokGuvenSeviyesi").and_then(level_of).unwrap_or_default(),
        },
        signature: text("mSatirImzasi").and_then(decode),
    })
}

fn decode(base64: &str) -> Option<Vec<u8>> {
    let compact: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(compact).ok()
}

/// A number, or the word for it.
fn level_of(text: &str) -> Option<i64> {
    let named = match crate::text::fold(text).as_str() {
        "kanuni" => Some(1),
        "kurumsal" => Some(2),
        "kisisel" => Some(3),
        _ => None,
    };
    named.or_else(|| text.parse().ok())
}

fn kind_of(text: &str) -> Option<i64> {
    let named = (crate::text::fold(text) == "kok").then_some(1);
    named.or_else(|| text.parse().ok())
}

fn read_sqlite(bytes: &[u8]) -> Result<Depository, DepositoryError> {
    let database = Database::open(bytes)?;
    let tables = database.tables()?;
    let named = |name: &str| tables.iter().find(|table| table.name.eq_ignore_ascii_case(name));
    let roots = named("KOKSERTIFIKA").ok_or(DepositoryError::NoRoots)?;
    let mut depository = Depository::default();
    for (table, is_root) in [(Some(roots), true), (named("SERTIFIKA"), false)] {
        let Some(table) = table else { continue };
        for values in database.rows(table)? {
            match sqlite_row(table, &values, is_root) {
                Some(row) => depository.rows.push(row),
                None => depository.unreadable += 1,
            }
        }
    }
    Ok(depository)
}

/// The certificate and the row signature are told by what they are, the two numbers by the end of their column's name.
fn sqlite_row(table: &Table, values: &[Value], is_root: bool) -> Option<Row> {
    let blobs = || {
        values.iter().filter_map(|value| {
            if let Value::Blob(bytes) = value {
                Some(bytes.as_slice())
            } else {
                None
            }
        })
    };
    let number = |suffix: &str| {
        let column = |name: &String| crate::text::fold(name).ends_with(suffix);
        let index = table.columns.iter().position(column)?;
        values.get(index)?.integer()
    };
    Some(Row {
        certificate: blobs().find_map(|bytes| Certificate::parse(bytes).ok())?,
        is_root,
        facts: RowFacts {
            kind: number("tipi").unwrap_or_default(),
            level: number("guvenseviyesi").unwrap_or_default(),
        },
        signature: blobs().find(|bytes| looks_like_signature(bytes)).map(<[u8]>::to_vec),
    })
}

fn looks_like_signature(bytes: &[u8]) -> bool {
    let Ok(mut fields) = ber::whole(bytes, 6).and_then(|value| value.expect(tag::SEQUENCE)) else {
        return false;
    };
    [0u8, 1].into_iter().all(|number| {
        fields
            .next()
            .is_ok_and(|field| [tag::context(number), tag::context_primitive(number)].contains(&field.tag))
    })
}
