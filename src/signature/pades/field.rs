//! Signature fields: found from the catalog's form, as a viewer finds them; and signature dictionaries that hang nowhere.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use crate::signature::pades::structure::syntax::{Dictionary, Object};
use crate::signature::pades::structure::view::{MAX_TREE_DEPTH, View};
use crate::signature::pades::structure::{PdfError, Result};

/// Fields of one form. Tax forms have a few thousand.
const MAX_FIELDS: usize = 100_000;
/// Signatures of one file, timestamps among them. Each has a revision of its own, and each revision is read.
const MAX_SIGNATURES: usize = 100;

/// A signature field that holds a signature.
#[derive(Debug, Clone)]
pub struct SignatureField {
    /// The field object; `None` when it stands directly in the form.
    pub number: Option<u32>,
    /// Fully qualified name, for the report.
    pub name: String,
    pub field: Dictionary,
    pub value: Value,
}

/// A signature dictionary.
#[derive(Debug, Clone)]
pub struct Value {
    /// Its object; `None` when it stands directly in the field.
    pub number: Option<u32>,
    pub dictionary: Dictionary,
    /// It stands in the file and not in an object stream: only then its places are bytes of the file.
    pub in_file: bool,
}

impl Value {
    pub fn sub_filter(&self) -> &[u8] {
        self.dictionary.get("SubFilter").and_then(Object::name).unwrap_or_default()
    }

    pub fn is_timestamp(&self) -> bool {
        self.sub_filter() == b"ETSI.RFC3161"
    }
}

/// The signature fields with a value, in the order of the form.
///
/// # Errors
/// The form cannot be read.
pub fn signatures(view: &View<'_>) -> Result<Vec<SignatureField>> {
    let (_, catalog) = view.catalog()?;
    let Some(form) = view.dictionary_at(&catalog, "AcroForm")? else {
        return Ok(Vec::new());
    };
    let mut walk = Walk {
        view,
        seen: HashSet::new(),
        found: Vec::new(),
        fields: 0,
    };
    for field in view.array_at(&form, "Fields")? {
        walk.node(&field, "", None, 0)?;
    }
    Ok(walk.found)
}

struct Walk<'v, 'a> {
    view: &'v View<'a>,
    seen: HashSet<u32>,
    found: Vec<SignatureField>,
    fields: usize,
}

impl Walk<'_, '_> {
    fn node(&mut self, node: &Object, above: &str, inherited: Option<&[u8]>, depth: usize) -> Result<()> {
        self.fields += 1;
        if depth > MAX_TREE_DEPTH || self.fields > MAX_FIELDS || self.found.len() > MAX_SIGNATURES {
            return Err(PdfError::Limit("form fields or signatures"));
        }
        let number = node.reference();
        if number.is_some_and(|number| !self.seen.insert(number)) {
            return Ok(());
        }
        let stored = number.map(|number| self.view.get(number)).transpose()?.flatten();
        let in_file = stored.as_ref().is_some_and(|stored| stored.span.is_some());
        let object = stored.map_or_else(|| node.clone(), |stored| stored.object);
        let Object::Dictionary(field) = object else { return Ok(()) };
        let kind = field.get("FT").and_then(Object::name).or(inherited).map(<[u8]>::to_vec);
        let own = field.get("T").and_then(Object::string).map(text).unwrap_or_default();
        let name = [above, &own]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(".");
        if kind.as_deref() == Some(b"Sig")
            && let Some(value) = self.value(&field, in_file)?
        {
            self.found.push(SignatureField {
                number,
                name: name.clone(),
                field: field.clone(),
                value,
            });
        }
        for kid in self.view.array_at(&field, "Kids")? {
            self.node(&kid, &name, kind.as_deref(), depth + 1)?;
        }
        Ok(())
    }

    fn value(&self, field: &Dictionary, field_in_file: bool) -> Result<Option<Value>> {
        let Some(value) = field.get("V") else { return Ok(None) };
        let number = value.reference();
        let stored = number.map(|number| self.view.get(number)).transpose()?.flatten();
        let in_file = match number {
            Some(_) => stored.as_ref().is_some_and(|stored| stored.span.is_some()),
            None => field_in_file,
        };
        let object = match number {
            Some(_) => stored.map_or(Object::Null, |stored| stored.object),
            None => value.clone(),
        };
        let Object::Dictionary(dictionary) = object else { return Ok(None) };
        Ok(Some(Value {
            number,
            dictionary,
            in_file,
        }))
    }
}

/// Looks like a signature, by content: what a viewer, or a person, could take for one.
pub fn looks_signed(dictionary: &Dictionary) -> bool {
    let typed = dictionary.is_name("Type", "Sig") || dictionary.is_name("Type", "DocTimeStamp");
    dictionary.get("ByteRange").is_some() || (typed && dictionary.get("Contents").is_some())
}

/// Numbers of signature dictionaries, of any revision, that no field of the final document holds; and whether the bytes speak of a
/// signature that no object has.
pub fn unreachable(view: &View<'_>, reached: &[SignatureField]) -> (Vec<u32>, bool) {
    let mut lost: BTreeSet<u32> = BTreeSet::new();
    let mut known: Vec<Range<usize>> = Vec::new();
    for section in &view.sections {
        for (number, place) in &section.entries {
            let Ok(Some(stored)) = view.at_place(*number, *place) else {
                continue;
            };
            let Some(dictionary) = stored.dictionary() else { continue };
            let held = reached
                .iter()
                .any(|field| field.value.dictionary.span == dictionary.span && field.value.number == Some(*number));
            let signed = looks_signed(dictionary);
            known.extend(stored.span.filter(|_| signed));
            if signed && !held {
                lost.insert(*number);
            }
        }
    }
    let direct = reached.iter().filter(|field| field.value.in_file && field.value.number.is_none());
    known.extend(direct.map(|field| field.value.dictionary.span.clone()));
    known.sort_by_key(|span| span.start);
    const MARK: &[u8] = b"/ByteRange";
    let mut elsewhere = false;
    let mut at = 0;
    while let Some(found) = find(view.bytes, MARK, at) {
        let before = known.partition_point(|span| span.start <= found);
        elsewhere |= !before
            .checked_sub(1)
            .and_then(|last| known.get(last))
            .is_some_and(|span| span.contains(&found));
        at = found + MARK.len();
    }
    (lost.into_iter().collect(), elsewhere)
}

/// The next place of `mark` from `at` on.
pub fn find(bytes: &[u8], mark: &[u8], at: usize) -> Option<usize> {
    let first = *mark.first()?;
    let mut from = at;
    loop {
        let rest = bytes.get(from..)?;
        let place = from + rest.iter().position(|byte| *byte == first)?;
        if bytes.get(place..)?.starts_with(mark) {
            return Some(place);
        }
        from = place + 1;
    }
}

/// A text string (7.9.2.2): UTF-16 or UTF-8 by its mark, else as Latin letters.
fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units: Vec<u16> = rest
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)))
                .collect();
            String::from_utf16_lossy(&units)
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
