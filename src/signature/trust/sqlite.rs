//! The rows of the tables of an SQLite file: just what a certificate depository (`.svt`) needs, read-only and bounded.
//!
//! Written against the published file format (header, table b-trees, overflow chains, records). A page is visited once per table, so that
//! no file, however crooked, costs more than its size.

use std::collections::HashSet;

/// The first bytes of every SQLite 3 file.
pub const MAGIC: &[u8] = b"SQLite format 3\0";

/// Bytes of the file header in front of the first page's b-tree header.
const HEADER: usize = 100;

/// Levels of a b-tree. Fan-out is hundreds: real ones have three.
const MAX_DEPTH: u32 = 16;

/// Rows of one table. The depository has some dozens of roots and some hundred issuers.
const MAX_ROWS: usize = 20_000;

/// Bytes of one row. A row holds one certificate.
const MAX_ROW: u64 = 4 << 20;

/// Values of one row; a row of the depository has about fifteen.
const MAX_COLUMNS: usize = 64;

const LEAF: u8 = 0x0d;
const INTERIOR: u8 = 0x05;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SqliteError {
    #[error("not an SQLite 3 file")]
    NotSqlite,
    #[error("the file ends inside a page")]
    Truncated,
    #[error("a page or record is malformed")]
    Malformed,
    #[error("a table is larger than a depository can be")]
    TooLarge,
    #[error("the table has no row ids")]
    WithoutRowid,
}

type Result<T> = std::result::Result<T, SqliteError>;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// A table of the schema.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
    root: u32,
}

/// An SQLite file in memory.
#[derive(Debug)]
pub struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    /// Bytes of a page that hold content: the rest is reserved for extensions.
    usable: usize,
    encoding: Encoding,
}

impl<'a> Database<'a> {
    /// # Errors
    /// Not an SQLite 3 file.
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        if !bytes.starts_with(MAGIC) || bytes.len() < HEADER {
            return Err(SqliteError::NotSqlite);
        }
        let page_size = match u16_at(bytes, 16)? {
            1 => 65_536,
            size => usize::from(size),
        };
        let reserved = usize::from(*bytes.get(20).ok_or(SqliteError::Truncated)?);
        let usable = page_size.saturating_sub(reserved);
        // The format demands at least 480 usable bytes; the arithmetic of overflow pages rests on it.
        if !page_size.is_power_of_two() || page_size < 512 || usable < 480 {
            return Err(SqliteError::Malformed);
        }
        let encoding = match u32_at(bytes, 56)? {
            0 | 1 => Encoding::Utf8,
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => return Err(SqliteError::Malformed),
        };
        Ok(Self {
            bytes,
            page_size,
            usable,
            encoding,
        })
    }

    /// The tables that the schema names.
    ///
    /// # Errors
    /// The schema cannot be read.
    pub fn tables(&self) -> Result<Vec<Table>> {
        let mut tables = Vec::new();
        for row in self.walk(1)? {
            let [Value::Text(kind), Value::Text(name), _, root, Value::Text(sql), ..] = row.as_slice() else {
                continue;
            };
            let root = root.integer().and_then(|root| u32::try_from(root).ok());
            if let (true, Some(root)) = (kind == "table", root) {
                tables.push(Table {
                    name: name.clone(),
                    columns: columns(sql),
                    root,
                });
            }
        }
        Ok(tables)
    }

    /// Every row of a table, its values in the order of the columns.
    ///
    /// # Errors
    /// A page or record is malformed, or the table is too large.
    pub fn rows(&self, table: &Table) -> Result<Vec<Vec<Value>>> {
        self.walk(table.root)
    }

    fn walk(&self, root: u32) -> Result<Vec<Vec<Value>>> {
        let mut walk = Walk {
            database: self,
            visited: HashSet::new(),
            // Cells may overlap in a crooked page: all payloads together are never more than the file.
            budget: self.bytes.len(),
            rows: Vec::new(),
        };
        walk.page(root, 0)?;
        Ok(walk.rows)
    }
}

struct Walk<'d, 'a> {
    database: &'d Database<'a>,
    visited: HashSet<u32>,
    /// Bytes of payload that may still be taken.
    budget: usize,
    rows: Vec<Vec<Value>>,
}

impl<'a> Walk<'_, 'a> {
    /// The usable bytes of a page that was not visited before: a cycle or a shared page is no tree.
    fn visit(&mut self, number: u32) -> Result<&'a [u8]> {
        if !self.visited.insert(number) {
            return Err(SqliteError::Malformed);
        }
        let size = self.database.page_size;
        let index = usize::try_from(number)
            .ok()
            .and_then(|n| n.checked_sub(1))
            .ok_or(SqliteError::Malformed)?;
        let start = index.checked_mul(size).ok_or(SqliteError::Truncated)?;
        let end = start.checked_add(self.database.usable).ok_or(SqliteError::Truncated)?;
        self.database.bytes.get(start..end).ok_or(SqliteError::Truncated)
    }

    fn page(&mut self, number: u32, depth: u32) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(SqliteError::Malformed);
        }
        let page = self.visit(number)?;
        let header = if number == 1 { HEADER } else { 0 };
        let kind = *page.get(header).ok_or(SqliteError::Truncated)?;
        let cells = usize::from(u16_at(page, header + 3)?);
        let pointers = header
            + match kind {
                LEAF => 8,
                INTERIOR => 12,
                0x02 | 0x0a => return Err(SqliteError::WithoutRowid),
                _ => return Err(SqliteError::Malformed),
            };
        for cell in 0..cells {
            let at = usize::from(u16_at(page, pointers + 2 * cell)?);
            if kind == INTERIOR {
                self.page(u32_at(page, at)?, depth + 1)?;
            } else {
                self.leaf_cell(page, at)?;
            }
        }
        if kind == INTERIOR {
            self.page(u32_at(page, header + 8)?, depth + 1)?;
        }
        Ok(())
    }

    fn leaf_cell(&mut self, page: &'a [u8], at: usize) -> Result<()> {
        if self.rows.len() >= MAX_ROWS {
            return Err(SqliteError::TooLarge);
        }
        let mut rest = page.get(at..).ok_or(SqliteError::Malformed)?;
        let length = varint(&mut rest)?;
        varint(&mut rest)?; // the row id
        if length > MAX_ROW {
            return Err(SqliteError::TooLarge);
        }
        let length = usize::try_from(length).map_err(|_| SqliteError::TooLarge)?;
        self.budget = self.budget.checked_sub(length).ok_or(SqliteError::Malformed)?;
        let local = self.local_part(length);
        let mut payload = rest.get(..local).ok_or(SqliteError::Malformed)?.to_vec();
        if local < length {
            let first = u32_at(rest, local)?;
            self.overflow(first, length, &mut payload)?;
        }
        let row = record(&payload, self.database.encoding)?;
        self.rows.push(row);
        Ok(())
    }

    /// How much of a payload stands in the cell itself (file format 1.6, "cell payload overflow pages").
    fn local_part(&self, length: usize) -> usize {
        let usable = self.database.usable;
        let most = usable - 35;
        let least = (usable - 12) * 32 / 255 - 23;
        if length <= most {
            return length;
        }
        let wanted = least + (length - least) % (usable - 4);
        if wanted <= most { wanted } else { least }
    }

    fn overflow(&mut self, first: u32, length: usize, payload: &mut Vec<u8>) -> Result<()> {
        let mut next = first;
        while payload.len() < length {
            let page = self.visit(next)?;
            next = u32_at(page, 0)?;
            let content = page.get(4..).ok_or(SqliteError::Truncated)?;
            let wanted = (length - payload.len()).min(content.len());
            payload.extend(content.iter().take(wanted));
        }
        Ok(())
    }
}

/// The values of a record: their types in front, their bytes behind.
fn record(payload: &[u8], encoding: Encoding) -> Result<Vec<Value>> {
    let mut rest = payload;
    let size = usize::try_from(varint(&mut rest)?).map_err(|_| SqliteError::Malformed)?;
    let head = payload.len() - rest.len();
    let mut types = payload.get(head..size).ok_or(SqliteError::Malformed)?;
    let mut body = payload.get(size..).ok_or(SqliteError::Malformed)?;
    let mut values = Vec::new();
    while !types.is_empty() {
        let kind = varint(&mut types)?;
        if values.len() >= MAX_COLUMNS {
            return Err(SqliteError::TooLarge);
        }
        values.push(value(kind, &mut body, encoding)?);
    }
    Ok(values)
}

fn value(kind: u64, body: &mut &[u8], encoding: Encoding) -> Result<Value> {
    let mut take = |count: u64| {
        let count = usize::try_from(count).map_err(|_| SqliteError::Malformed)?;
        let (taken, rest) = body.split_at_checked(count).ok_or(SqliteError::Malformed)?;
        *body = rest;
        Ok(taken)
    };
    let integer = |bytes: &[u8]| {
        let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
        bytes
            .iter()
            .fold(if negative { -1i64 } else { 0 }, |number, byte| (number << 8) | i64::from(*byte))
    };
    Ok(match kind {
        0 => Value::Null,
        1..=4 => Value::Integer(integer(take(kind)?)),
        5 => Value::Integer(integer(take(6)?)),
        6 => Value::Integer(integer(take(8)?)),
        7 => {
            let bytes = take(8)?.try_into().map_err(|_| SqliteError::Malformed)?;
            Value::Real(f64::from_be_bytes(bytes))
        }
        8 => Value::Integer(0),
        9 => Value::Integer(1),
        10 | 11 => return Err(SqliteError::Malformed),
        blob if blob % 2 == 0 => Value::Blob(take((blob - 12) / 2)?.to_vec()),
        text => Value::Text(decode(take((text - 13) / 2)?, encoding)),
    })
}

fn decode(bytes: &[u8], encoding: Encoding) -> String {
    let units =
        |join: fn([u8; 2]) -> u16| -> Vec<u16> { bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(join).collect() };
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        Encoding::Utf16Be => String::from_utf16_lossy(&units(u16::from_be_bytes)),
    }
}

/// Column names of a CREATE TABLE statement, without its constraints.
fn columns(sql: &str) -> Vec<String> {
    let Some((_, body)) = sql.split_once('(') else {
        return Vec::new();
    };
    let mut depth = 0u32;
    let mut parts = vec![String::new()];
    for c in body.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    let names = parts.iter().filter_map(|part| part.split_whitespace().next());
    names
        .map(|name| name.trim_matches(['"', '`', '\'', '[', ']']).to_owned())
        .filter(|name| {
            !["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"]
                .iter()
                .any(|word| name.eq_ignore_ascii_case(word))
        })
        .collect()
}

/// A big-endian number of seven bits a byte, the ninth byte whole.
fn varint(bytes: &mut &[u8]) -> Result<u64> {
    let mut number = 0u64;
    for index in 0..9 {
        let (first, rest) = bytes.split_first().ok_or(SqliteError::Malformed)?;
        *bytes = rest;
        if index == 8 {
            return Ok((number << 8) | u64::from(*first));
        }
        number = (number << 7) | u64::from(first & 0x7f);
        if first & 0x80 == 0 {
            break;
        }
    }
    Ok(number)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    let pair = at.checked_add(2).and_then(|end| bytes.get(at..end)).ok_or(SqliteError::Truncated)?;
    Ok(u16::from_be_bytes(pair.try_into().map_err(|_| SqliteError::Truncated)?))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    let four = at.checked_add(4).and_then(|end| bytes.get(at..end)).ok_or(SqliteError::Truncated)?;
    Ok(u32::from_be_bytes(four.try_into().map_err(|_| SqliteError::Truncated)?))
}
