//! The octets that may lie under a detached S/MIME signature.
//!
//! RFC 2046 gives the last line end before a delimiter to the delimiter. Builders and relays differ on it, and on bare line feeds, so the
//! verifier gets the candidates in order of faithfulness and stops at the first whose digest fits. Almost all of them are slices.

use std::ops::Range;

use bytes::Bytes;

use super::SignedOctets;
use super::transfer::Budget;

/// Names of the forms, as received and after turning bare LF into CRLF.
const AS_RECEIVED: Names = Names(["strict", "strict+crlf", "trimmed+crlf", "trimmed"]);
const NORMALISED: Names = Names([
    "lf->crlf strict",
    "lf->crlf strict+crlf",
    "lf->crlf trimmed+crlf",
    "lf->crlf trimmed",
]);

struct Names([&'static str; 4]);

/// A detached signature whose octets are still to be offered.
#[derive(Debug)]
pub struct Detached {
    /// Index of its signed layer.
    pub layer: usize,
    pub whole: Bytes,
    pub entity: Range<usize>,
    /// Where the delimiter line after the entity begins.
    pub delimiter: usize,
}

impl Detached {
    /// The entity with the line end that belongs to its delimiter, and the entity's own length.
    fn octets(&self) -> (Bytes, usize) {
        let length = self.entity.end.saturating_sub(self.entity.start);
        (self.whole.slice(self.entity.start..self.delimiter.max(self.entity.end)), length)
    }
}

/// All candidates for each signature, without repetitions. The flag says that some were left out because the memory budget was
/// used up; turning LF into CRLF comes first there, because mail stored with bare LF verifies in no other form.
pub fn candidates(all: &[Detached], budget: &mut Budget) -> Vec<(Vec<SignedOctets>, bool)> {
    let normalised: Vec<_> = all.iter().map(|detached| normalised(detached, budget)).collect();
    let offer = |(detached, normal): (&Detached, Result<Option<Bytes>, NoRoom>)| {
        let mut forms = Forms {
            found: Vec::new(),
            left_out: normal.is_err(),
            budget,
        };
        let (octets, length) = detached.octets();
        forms.add_all(&octets, length, AS_RECEIVED);
        if let Ok(Some(normal)) = normal {
            forms.add_all(&normal, normal.len().saturating_sub(2), NORMALISED);
        }
        (forms.found, forms.left_out)
    };
    all.iter().zip(normalised).map(offer).collect()
}

struct NoRoom;

/// The entity with CRLF for bare LF and one more CRLF, where there is a bare LF at all.
fn normalised(detached: &Detached, budget: &mut Budget) -> Result<Option<Bytes>, NoRoom> {
    let (octets, length) = detached.octets();
    let strict = octets.get(..length).unwrap_or_default();
    match bare_line_feeds(strict) {
        0 => Ok(None),
        bare if budget.take(length + bare + 2) => Ok(Some(normalise(strict, bare).into())),
        _ => Err(NoRoom),
    }
}

struct Forms<'a> {
    found: Vec<SignedOctets>,
    left_out: bool,
    budget: &'a mut Budget,
}

impl Forms<'_> {
    /// The four forms of `octets[..length]`; what follows `length` is the delimiter's line end, if any.
    fn add_all(&mut self, octets: &Bytes, length: usize, names: Names) {
        let [strict, strict_crlf, trimmed_crlf, trimmed] = names.0;
        let body = octets.get(..length).unwrap_or_default();
        let kept = body.len() - body.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.add(strict, octets.slice(..length));
        self.add_with_crlf(strict_crlf, octets, length);
        self.add_with_crlf(trimmed_crlf, octets, kept);
        self.add(trimmed, octets.slice(..kept));
    }

    fn add_with_crlf(&mut self, form: &'static str, octets: &Bytes, length: usize) {
        if octets.get(length..length + 2) == Some(b"\r\n") {
            self.add(form, octets.slice(..length + 2));
        } else if self.budget.take(length + 2) {
            let body = octets.get(..length).unwrap_or_default();
            self.add(form, [body, b"\r\n"].concat().into());
        } else {
            self.left_out = true;
        }
    }

    fn add(&mut self, form: &'static str, bytes: Bytes) {
        if !self.found.iter().any(|other| other.bytes == bytes) {
            self.found.push(SignedOctets { form, bytes });
        }
    }
}

fn bare_line_feeds(body: &[u8]) -> usize {
    /// Counted in one byte, so that the compiler counts many at once.
    const RUN: usize = 128;
    let at_the_start = usize::from(body.first() == Some(&b'\n'));
    let after = body.get(1..).unwrap_or_default();
    let runs = body.chunks(RUN).zip(after.chunks(RUN));
    let inside = runs.map(|(before, at)| {
        let bare = before.iter().zip(at).map(|(before, at)| u8::from(*at == b'\n' && *before != b'\r'));
        usize::from(bare.sum::<u8>())
    });
    at_the_start + inside.sum::<usize>()
}

/// Bare LF to CRLF, and one more CRLF at the end so that the forms are slices of one buffer.
fn normalise(body: &[u8], bare: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + bare + 2);
    let mut before = 0;
    for &byte in body {
        if byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        before = byte;
    }
    out.extend_from_slice(b"\r\n");
    out
}
