//! Cross-reference sections (ISO 32000-2 7.5.4 to 7.5.8): tables, streams, and the chain from the newest to the oldest.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::filter;
use super::indirect::indirect;
use super::syntax::{Dictionary, Lexer, Object};
use super::{PdfError, Result};

/// Sections of one file: one per save.
const MAX_SECTIONS: usize = 2_000;
/// Entries of all sections together. The largest honest archives have some hundred thousand objects.
const MAX_ENTRIES: usize = 2_000_000;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Free,
    At { offset: usize, generation: u16 },
    In { stream: u32, index: u32 },
}

#[derive(Debug)]
pub struct Section {
    /// What `startxref` or `/Prev` said.
    pub at: usize,
    pub entries: BTreeMap<u32, Place>,
    pub trailer: Dictionary,
    /// Number of the cross-reference stream object.
    pub stream: Option<u32>,
    /// Objects that the table and the stream of a hybrid file both place, differently: two readers see two documents.
    pub conflicts: Vec<u32>,
}

/// The sections from the one at `start`, newest first.
///
/// # Errors
/// A malformed section, a circle, or too many.
pub fn chain(bytes: &[u8], start: usize) -> Result<Vec<Arc<Section>>> {
    let mut sections: Vec<Arc<Section>> = Vec::new();
    let mut seen = HashSet::new();
    let mut entries = 0;
    let mut next = Some(start);
    while let Some(at) = next {
        if !seen.insert(at) {
            return Err(PdfError::Circle);
        }
        let section = read(bytes, at)?;
        entries += section.entries.len();
        if sections.len() >= MAX_SECTIONS || entries > MAX_ENTRIES {
            return Err(PdfError::Limit("cross-reference sections or entries"));
        }
        next = position(&section.trailer, "Prev", at)?;
        sections.push(Arc::new(section));
    }
    Ok(sections)
}

fn position(trailer: &Dictionary, key: &str, at: usize) -> Result<Option<usize>> {
    match trailer.get(key) {
        None | Some(Object::Null) => Ok(None),
        Some(Object::Integer(position)) => usize::try_from(*position).map(Some).map_err(|_| PdfError::Xref(at)),
        Some(_) => Err(PdfError::Xref(at)),
    }
}

fn read(bytes: &[u8], at: usize) -> Result<Section> {
    if at >= bytes.len() {
        return Err(PdfError::Xref(at));
    }
    let mut lexer = Lexer::new(bytes, at);
    if !lexer.keyword("xref") {
        return read_stream(bytes, at);
    }
    let malformed = |_| PdfError::Xref(at);
    let mut entries = BTreeMap::new();
    while !lexer.keyword("trailer") {
        let first = lexer.digits().map_err(malformed)?;
        let count = lexer.digits().map_err(malformed)?;
        for number in first..first.saturating_add(count) {
            let offset = lexer.digits().map_err(malformed)?;
            let generation = lexer.digits().map_err(malformed)?;
            let in_use = lexer.keyword("n");
            if !in_use && !lexer.keyword("f") {
                return Err(PdfError::Xref(at));
            }
            add(&mut entries, at, (number, u64::from(in_use), offset, generation))?;
        }
    }
    let trailer = lexer.object().map_err(malformed)?;
    let trailer = trailer.dictionary().cloned().ok_or(PdfError::Xref(at))?;
    let mut section = Section {
        at,
        entries,
        trailer,
        stream: None,
        conflicts: Vec::new(),
    };
    if let Some(beside) = position(&section.trailer, "XRefStm", at)? {
        add_hybrid(&mut section, read_stream(bytes, beside)?);
    }
    Ok(section)
}

/// 7.5.8.4: what the table calls free may be in the stream beside it. What both place must be the same.
fn add_hybrid(section: &mut Section, beside: Section) {
    for (number, place) in beside.entries {
        match section.entries.get(&number) {
            None | Some(Place::Free) => {
                section.entries.insert(number, place);
            }
            Some(known) if *known == place || place == Place::Free => {}
            Some(_) => section.conflicts.push(number),
        }
    }
    section.stream = beside.stream;
}

fn read_stream(bytes: &[u8], at: usize) -> Result<Section> {
    let malformed = || PdfError::Xref(at);
    let mut lexer = Lexer::new(bytes, at);
    let number = lexer.digits().map_err(|_| malformed())?;
    let generation = lexer.digits().map_err(|_| malformed())?;
    let number = u32::try_from(number).map_err(|_| malformed())?;
    let generation = u16::try_from(generation).map_err(|_| malformed())?;
    let stored = indirect(bytes, at, number, generation, &|_| None).map_err(|_| malformed())?;
    let (Some(trailer), Some(raw)) = (stored.dictionary(), stored.stream.clone()) else {
        return Err(malformed());
    };
    if !trailer.is_name("Type", "XRef") {
        return Err(malformed());
    }
    let raw = bytes.get(raw).ok_or_else(malformed)?;
    let decoded = filter::decode(trailer, raw, filter::MAX_DECODED).ok_or_else(malformed)?;
    let integers = |key: &str| -> Option<Vec<u64>> {
        let elements = trailer.get(key)?.array()?;
        elements
            .iter()
            .map(|element| element.integer().and_then(|number| u64::try_from(number).ok()))
            .collect()
    };
    let widths = integers("W").filter(|widths| widths.len() == 3 && widths.iter().all(|width| *width <= 8));
    let widths: Vec<usize> = widths.ok_or_else(malformed)?.into_iter().map(|width| width as usize).collect();
    let index = match trailer.get("Index") {
        Some(_) => integers("Index").ok_or_else(malformed)?,
        None => vec![
            0,
            trailer
                .get("Size")
                .and_then(Object::integer)
                .and_then(|size| u64::try_from(size).ok())
                .ok_or_else(malformed)?,
        ],
    };
    let row: usize = widths.iter().sum();
    if row == 0 || index.len() % 2 == 1 {
        return Err(malformed());
    }
    let mut rows = decoded.chunks_exact(row);
    let mut entries = BTreeMap::new();
    for pair in index.chunks_exact(2) {
        let [first, count] = pair else { return Err(malformed()) };
        for number in *first..first.saturating_add(*count) {
            let [kind, second, third] = fields(rows.next().ok_or_else(malformed)?, &widths).ok_or_else(malformed)?;
            let kind = if widths.first() == Some(&0) { 1 } else { kind };
            add(&mut entries, at, (number, kind, second, third))?;
        }
    }
    if rows.next().is_some() {
        return Err(malformed());
    }
    Ok(Section {
        at,
        entries,
        trailer: trailer.clone(),
        stream: Some(number),
        conflicts: Vec::new(),
    })
}

fn fields(row: &[u8], widths: &[usize]) -> Option<[u64; 3]> {
    let mut rest = row;
    let mut values = [0; 3];
    for (value, width) in values.iter_mut().zip(widths) {
        let (field, behind) = rest.split_at_checked(*width)?;
        *value = field.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        rest = behind;
    }
    Some(values)
}

/// One entry; twice the same number in one section is two answers to one question.
fn add(entries: &mut BTreeMap<u32, Place>, at: usize, (number, kind, second, third): (u64, u64, u64, u64)) -> Result<()> {
    let malformed = || PdfError::Xref(at);
    if entries.len() >= MAX_ENTRIES {
        return Err(PdfError::Limit("cross-reference sections or entries"));
    }
    let number = u32::try_from(number).map_err(|_| malformed())?;
    let place = match kind {
        0 => Place::Free,
        // Writers that mark free entries as used at byte 0 mean free.
        1 if second == 0 => Place::Free,
        1 => Place::At {
            offset: usize::try_from(second).map_err(|_| malformed())?,
            generation: u16::try_from(third).map_err(|_| malformed())?,
        },
        2 => Place::In {
            stream: u32::try_from(second).map_err(|_| malformed())?,
            index: u32::try_from(third).map_err(|_| malformed())?,
        },
        // 7.5.8.3: other types are references to the null object.
        _ => Place::Free,
    };
    if entries.insert(number, place).is_some() {
        return Err(malformed());
    }
    Ok(())
}
