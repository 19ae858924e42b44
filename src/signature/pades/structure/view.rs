//! A PDF as it stood at the end of one revision: which objects it had, and where.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::indirect::{Stored, indirect};
use super::syntax::{Dictionary, Lexer, Object};
use super::xref::{self, Place, Section};
use super::{PdfError, Result, filter};

/// Inflated object streams of one view together.
const MAX_INFLATED: usize = 256 << 20;
/// Bytes of objects that are kept once read. A signature dictionary is little but one long string, and is asked for again and again.
const MAX_KEPT: usize = 4 << 20;
/// What is worth keeping: many bytes that make few values, so that what is kept is not larger than what was read.
const KEPT_FROM: usize = 1 << 10;
const KEPT_VALUES: usize = 128;
/// References to references. The standard has none.
const MAX_HOPS: usize = 8;
/// Pages, fields and names hang in trees; this deep no honest one is.
pub const MAX_TREE_DEPTH: usize = 64;

pub struct View<'a> {
    /// From the beginning to the end of the revision.
    pub bytes: &'a [u8],
    /// Newest first.
    pub sections: Vec<Arc<Section>>,
    /// Bytes behind the last `%%EOF` that are not white space.
    pub trailing: usize,
    table: HashMap<u32, Place>,
    object_streams: RefCell<HashMap<u32, Arc<ObjectStream>>>,
    inflated: Cell<usize>,
    kept: RefCell<HashMap<u32, Stored>>,
    kept_bytes: Cell<usize>,
}

struct ObjectStream {
    bytes: Vec<u8>,
    /// Number and offset of each object.
    index: Vec<(u32, usize)>,
}

impl<'a> View<'a> {
    /// The last revision of `bytes`.
    ///
    /// # Errors
    /// The structure cannot be read.
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        if !bytes.starts_with(b"%PDF-") {
            return Err(PdfError::Header);
        }
        let (start, end) = start_of_sections(bytes)?;
        let sections = xref::chain(bytes, start)?;
        let behind = bytes.get(end..).unwrap_or_default();
        let trailing = behind.trim_ascii().iter().filter(|byte| **byte != 0).count();
        Ok(Self::of(bytes, sections, trailing))
    }

    /// The same file without its newest `count` sections.
    pub fn without_newest(&self, count: usize) -> Self {
        let older = self.sections.get(count..).unwrap_or_default();
        Self::of(self.bytes, older.to_vec(), 0)
    }

    fn of(bytes: &'a [u8], sections: Vec<Arc<Section>>, trailing: usize) -> Self {
        let mut table = HashMap::new();
        for section in sections.iter().rev() {
            table.extend(section.entries.iter().map(|(number, place)| (*number, *place)));
        }
        Self {
            bytes,
            sections,
            trailing,
            table,
            object_streams: RefCell::default(),
            inflated: Cell::new(0),
            kept: RefCell::default(),
            kept_bytes: Cell::new(0),
        }
    }

    /// The newest trailer.
    pub fn trailer(&self) -> &Dictionary {
        static EMPTY: Dictionary = Dictionary {
            entries: Vec::new(),
            span: 0..0,
        };
        self.sections.first().map_or(&EMPTY, |section| &section.trailer)
    }

    pub fn place(&self, number: u32) -> Place {
        self.table.get(&number).copied().unwrap_or(Place::Free)
    }

    /// The numbers of all objects in use, ascending.
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self
            .table
            .iter()
            .filter(|(_, place)| **place != Place::Free)
            .map(|(number, _)| *number)
            .collect();
        numbers.sort_unstable();
        numbers
    }

    /// Object `number`; `None` when it is not in use: then it is the null object (7.3.10).
    ///
    /// # Errors
    /// It is not where it should be, or malformed.
    pub fn get(&self, number: u32) -> Result<Option<Stored>> {
        if let Some(known) = self.kept.borrow().get(&number) {
            return Ok(Some(known.clone()));
        }
        let stored = self.at_place(number, self.place(number))?;
        if let Some(stored) = &stored {
            self.keep(number, stored);
        }
        Ok(stored)
    }

    fn keep(&self, number: u32, stored: &Stored) {
        let size = stored.span.as_ref().map_or(0, ExactSizeIterator::len);
        let total = self.kept_bytes.get() + size;
        if stored.stream.is_none() && size >= KEPT_FROM && stored.values <= KEPT_VALUES && total <= MAX_KEPT {
            self.kept_bytes.set(total);
            self.kept.borrow_mut().insert(number, stored.clone());
        }
    }

    /// Object `number` at a place that a section named, which a newer one may have overridden.
    ///
    /// # Errors
    /// It is not where it should be, or malformed.
    pub fn at_place(&self, number: u32, place: Place) -> Result<Option<Stored>> {
        match place {
            Place::Free => Ok(None),
            Place::At { offset, generation } => indirect(self.bytes, offset, number, generation, &|other| self.length_of(other)).map(Some),
            Place::In { stream, index } => self.compressed(number, stream, index).map(Some),
        }
    }

    /// What `object` says, references followed.
    ///
    /// # Errors
    /// As [`View::get`], or references in a circle.
    pub fn resolve(&self, object: &Object) -> Result<Object> {
        let mut object = object.clone();
        for _ in 0..MAX_HOPS {
            let Some(number) = object.reference() else { return Ok(object) };
            object = self.get(number)?.map_or(Object::Null, |stored| stored.object);
        }
        Err(PdfError::Circle)
    }

    /// The dictionary under `key`, references followed; `None` when it is absent or something else.
    ///
    /// # Errors
    /// As [`View::get`].
    pub fn dictionary_at(&self, parent: &Dictionary, key: &str) -> Result<Option<Dictionary>> {
        let Some(value) = parent.get(key) else { return Ok(None) };
        match self.resolve(value)? {
            Object::Dictionary(dictionary) => Ok(Some(dictionary)),
            _ => Ok(None),
        }
    }

    /// The array under `key`, references followed; empty when it is absent or something else.
    ///
    /// # Errors
    /// As [`View::get`].
    pub fn array_at(&self, parent: &Dictionary, key: &str) -> Result<Vec<Object>> {
        let Some(value) = parent.get(key) else { return Ok(Vec::new()) };
        match self.resolve(value)? {
            Object::Array(elements) => Ok(elements),
            _ => Ok(Vec::new()),
        }
    }

    /// The document catalog and its number.
    ///
    /// # Errors
    /// There is none.
    pub fn catalog(&self) -> Result<(u32, Dictionary)> {
        let number = self.trailer().get("Root").and_then(Object::reference).ok_or(PdfError::Catalog)?;
        match self.get(number)?.map(|stored| stored.object) {
            Some(Object::Dictionary(catalog)) => Ok((number, catalog)),
            _ => Err(PdfError::Catalog),
        }
    }

    /// The decoded bytes of a stream object.
    ///
    /// # Errors
    /// No stream, or a filter that is not read here.
    pub fn decoded(&self, number: u32, stored: &Stored) -> Result<Vec<u8>> {
        let raw = stored.stream.clone().and_then(|range| self.bytes.get(range));
        let (Some(dictionary), Some(raw)) = (stored.dictionary(), raw) else {
            return Err(PdfError::Filter(number));
        };
        let budget = MAX_INFLATED.saturating_sub(self.inflated.get());
        let bytes = filter::decode(dictionary, raw, budget).ok_or(PdfError::Filter(number))?;
        self.inflated.set(self.inflated.get() + bytes.len());
        Ok(bytes)
    }

    fn length_of(&self, number: u32) -> Option<usize> {
        let Place::At { offset, generation } = self.place(number) else {
            return None;
        };
        let stored = indirect(self.bytes, offset, number, generation, &|_| None).ok()?;
        usize::try_from(stored.object.integer()?).ok()
    }

    fn compressed(&self, number: u32, stream: u32, index: u32) -> Result<Stored> {
        let stream = self.object_stream(stream)?;
        let (named, offset) = usize::try_from(index)
            .ok()
            .and_then(|index| stream.index.get(index))
            .ok_or(PdfError::Object(number))?;
        if *named != number {
            return Err(PdfError::Object(number));
        }
        let mut lexer = Lexer::new(&stream.bytes, *offset);
        Ok(Stored {
            object: lexer.object().map_err(|_| PdfError::Object(number))?,
            stream: None,
            span: None,
            values: lexer.values,
        })
    }

    fn object_stream(&self, number: u32) -> Result<Arc<ObjectStream>> {
        if let Some(known) = self.object_streams.borrow().get(&number) {
            return Ok(known.clone());
        }
        let stream = Arc::new(self.read_object_stream(number)?);
        self.object_streams.borrow_mut().insert(number, stream.clone());
        Ok(stream)
    }

    /// 7.5.7. Object streams inside object streams are not allowed, so an offset is asked for.
    fn read_object_stream(&self, number: u32) -> Result<ObjectStream> {
        let malformed = || PdfError::Object(number);
        let place = self.place(number);
        let Place::At { .. } = place else { return Err(malformed()) };
        let stored = self.at_place(number, place)?.ok_or_else(malformed)?;
        let dictionary = stored
            .dictionary()
            .filter(|dictionary| dictionary.is_name("Type", "ObjStm"))
            .ok_or_else(malformed)?;
        let bytes = self.decoded(number, &stored)?;
        let count = |key: &str| {
            dictionary
                .get(key)
                .and_then(Object::integer)
                .and_then(|count| usize::try_from(count).ok())
        };
        let (objects, first) = (count("N").ok_or_else(malformed)?, count("First").ok_or_else(malformed)?);
        let mut lexer = Lexer::new(&bytes, 0);
        let mut index = Vec::new();
        for _ in 0..objects {
            let number = lexer
                .digits()
                .ok()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(malformed)?;
            let offset = lexer
                .digits()
                .ok()
                .and_then(|offset| usize::try_from(offset).ok())
                .ok_or_else(malformed)?;
            index.push((number, first.checked_add(offset).ok_or_else(malformed)?));
        }
        Ok(ObjectStream { bytes, index })
    }
}

/// What `startxref` says at the end of `bytes`, and where the `%%EOF` behind it ends. Bytes may follow: the caller is told.
fn start_of_sections(bytes: &[u8]) -> Result<(usize, usize)> {
    const MARK: &[u8] = b"%%EOF";
    const WORD: &[u8] = b"startxref";
    let eof = bytes.windows(MARK.len()).rposition(|window| window == MARK).ok_or(PdfError::End)?;
    let before = bytes.get(..eof).unwrap_or_default();
    let word = before.windows(WORD.len()).rposition(|window| window == WORD).ok_or(PdfError::End)?;
    let mut lexer = Lexer::new(before, word + WORD.len());
    let start = lexer.digits().map_err(|_| PdfError::End)?;
    // Only white space may stand between the number and the mark.
    if !before.get(lexer.at..).unwrap_or_default().trim_ascii().is_empty() {
        return Err(PdfError::End);
    }
    Ok((usize::try_from(start).map_err(|_| PdfError::End)?, eof + MARK.len()))
}
