//! What a PDF signature covers: /ByteRange and the hole that /Contents fills. Every attack that moves the hole (SWA), names no or odd
//! ranges (USF) or leaves bytes outside (ISA) is an exception to one of these rules.

use std::ops::Range;

use crate::signature::pades::field::Value;
use crate::signature::pades::structure::syntax::Object;

/// What is covered, and the CMS in the hole.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// From `<` to behind `>`: the only bytes before `end` that the signature does not cover.
    pub gap: Range<usize>,
    /// Where the signed revision ends.
    pub end: usize,
    /// The octets of /Contents, zero padding at the end included.
    pub contents: Vec<u8>,
}

impl Coverage {
    /// The two covered pieces.
    pub fn pieces<'a>(&self, bytes: &'a [u8]) -> Option<[&'a [u8]; 2]> {
        Some([bytes.get(..self.gap.start)?, bytes.get(self.gap.end..self.end)?])
    }
}

/// What is wrong, in Turkish and English.
pub type Fault = (&'static str, &'static str);

/// The coverage that `value` claims, checked against the bytes of the file.
///
/// # Errors
/// The rule that is broken.
pub fn coverage(bytes: &[u8], value: &Value) -> Result<Coverage, Fault> {
    let dictionary = &value.dictionary;
    if !value.in_file {
        return Err((
            "imza sözlüğü sıkıştırılmış bir nesnenin içinde",
            "the signature dictionary is inside a compressed object",
        ));
    }
    let [first, hole, after, rest] = numbers(dictionary.get("ByteRange")).ok_or((
        "/ByteRange dört sayıdan oluşan bir dizi değil",
        "/ByteRange is not an array of four numbers",
    ))?;
    let end = after.checked_add(rest).filter(|end| *end <= bytes.len());
    let (0, true, Some(end)) = (first, hole < after, end) else {
        return Err((
            "/ByteRange dosyanın başından başlamıyor, sıralı değil ya da dosyayı aşıyor",
            "/ByteRange does not begin at the start of the file, is not ascending or goes beyond the file",
        ));
    };
    let contents = dictionary.entry(b"Contents").ok_or(("/Contents yok", "/Contents is missing"))?;
    let octets = contents
        .value
        .string()
        .ok_or(("/Contents bir dizgi değil", "/Contents is not a string"))?;
    if contents.span != (hole..after) {
        return Err((
            "/ByteRange'in boşluğu tam olarak bu imzanın /Contents değeri değil",
            "the hole in /ByteRange is not exactly the /Contents of this signature",
        ));
    }
    let digits = bytes.get(hole..after).and_then(|raw| raw.strip_prefix(b"<")?.strip_suffix(b">"));
    let hexadecimal = digits.is_some_and(|digits| digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit));
    if !hexadecimal || octets.is_empty() {
        return Err((
            "/Contents boşluksuz bir onaltılık dizgi değil",
            "/Contents is not a plain hexadecimal string",
        ));
    }
    if dictionary.span.start >= hole || dictionary.span.end <= after || dictionary.span.end > end {
        return Err((
            "imza sözlüğü kapsanan baytların içinde değil",
            "the signature dictionary is not inside the covered bytes",
        ));
    }
    Ok(Coverage {
        gap: hole..after,
        end,
        contents: octets.to_vec(),
    })
}

fn numbers(range: Option<&Object>) -> Option<[usize; 4]> {
    let numbers: Option<Vec<usize>> = range?
        .array()?
        .iter()
        .map(|number| number.integer().and_then(|number| usize::try_from(number).ok()))
        .collect();
    numbers?.try_into().ok()
}
