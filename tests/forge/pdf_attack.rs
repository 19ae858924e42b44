//! Attacks on PDF signatures, each made from a sound document by one trick (pki.md 4.10): universal signature forgery, signature
//! wrapping, incremental saving, shadow documents, evil annotations and sneaky signatures, and the confusions of structure under them.

use super::pdf::stream;
use super::pdf_file::{CATALOG, CONTENT, File, PAGE, Style, find, rfind};
use super::pdf_sign::{self, StampIn};
use super::scenario_kit::{Kit, second};
use super::{pdf_active, pdf_annotated, pdf_odd, pdf_shadow};

/// A file, and what must be said about it.
pub struct Attack {
    pub name: &'static str,
    pub pdf: Vec<u8>,
    /// TOTAL-FAILED, or INDETERMINATE.
    pub indication: &'static str,
    /// A reason that must be given.
    pub code: &'static str,
}

pub fn attack(name: &'static str, pdf: Vec<u8>, indication: &'static str, code: &'static str) -> Attack {
    Attack {
        name,
        pdf,
        indication,
        code,
    }
}

pub const FAILED: &str = "TOTAL-FAILED";
pub const OPEN: &str = "INDETERMINATE";

pub const BYTE_RANGE: &str = "KEP-3801";
pub const REVISION: &str = "KEP-3802";
pub const DAMAGED: &str = "KEP-3803";
pub const ENCRYPTED: &str = "KEP-3804";
pub const UNREACHABLE: &str = "KEP-3805";
pub const SUB_FILTER: &str = "KEP-3806";
pub const AFTER_CMS: &str = "KEP-3807";
pub const SIGNERS: &str = "KEP-3808";
pub const ENCAPSULATED: &str = "KEP-3809";
pub const CHANGED: &str = "KEP-3810";
pub const FILLED: &str = "KEP-3811";
pub const CERTIFICATION: &str = "KEP-3812";
pub const ACTIVE: &str = "KEP-3815";
pub const EMBEDDED: &str = "KEP-3816";
pub const XFA: &str = "KEP-3817";
pub const TRAILING: &str = "KEP-3818";
pub const AMBIGUOUS: &str = "KEP-3819";
pub const HASH: &str = "KEP-3301";

/// A signed letter, sound.
pub fn signed(kit: &Kit, style: Style) -> File {
    let mut file = File::letter(style);
    pdf_sign::sign(&mut file, kit, "Imza1", StampIn::Cms);
    file
}

/// The other text, as a content stream.
pub fn other_text() -> Vec<u8> {
    stream("", b"BT /F1 24 Tf 56 700 Td (ODENECEK 1000000 TL) Tj ET")
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = find(bytes, from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

/// `text` filled up with spaces to `length`.
fn padded(text: &str, length: usize) -> Vec<u8> {
    let mut out = text.as_bytes().to_vec();
    assert!(out.len() <= length);
    out.resize(length, b' ');
    out
}

/// Where /ByteRange's value and the hole of the only signature are.
fn holes(bytes: &[u8]) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let range = find(bytes, b"/ByteRange ").unwrap() + b"/ByteRange ".len();
    let range_end = range + find(&bytes[range..], b"]").unwrap() + 1;
    let hole = find(bytes, b"/Contents <").unwrap() + b"/Contents ".len();
    let hole_end = hole + find(&bytes[hole..], b">").unwrap() + 1;
    (range..range_end, hole..hole_end)
}

pub fn all(kit: &Kit) -> Vec<Attack> {
    [
        universal_forgery(kit),
        wrapping(kit),
        incremental_saving(kit),
        pdf_shadow::shadows(kit),
        pdf_annotated::annotations(kit),
        pdf_odd::structure(kit),
        pdf_odd::cms_confusions(kit),
        pdf_active::contents(kit),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// USF: the dictionary says nothing, or nonsense, and a careless verifier takes that for "nothing wrong".
fn universal_forgery(kit: &Kit) -> Vec<Attack> {
    let sound = signed(kit, Style::Table).bytes;
    let (range, hole) = holes(&sound);
    let with = |place: &std::ops::Range<usize>, text: &str| {
        let mut bytes = sound.clone();
        bytes[place.clone()].copy_from_slice(&padded(text, place.len()));
        bytes
    };
    let ranged = |text: &str| with(&range, text);
    let forged = |name, pdf| attack(name, pdf, FAILED, BYTE_RANGE);
    let mut all = vec![
        forged("usf-contents-missing", replaced(&sound, b"/Contents <", b"/Kontents <")),
        forged("usf-contents-null", with(&hole, "null")),
        forged("usf-contents-empty", with(&hole, "<>")),
        forged("usf-contents-zero", with(&hole, "<00>")),
        forged("usf-contents-literal", with(&hole, "()")),
        forged("usf-range-null", ranged("null")),
        forged("usf-range-empty", ranged("[]")),
        forged("usf-range-zeros", ranged("[0 0 0 0]")),
        forged("usf-range-negative", ranged("[0 -1 -1 -1]")),
        forged("usf-range-huge", ranged("[0 1 9999999999 9999999999]")),
        forged("usf-range-two", ranged("[0 10]")),
        forged("usf-range-real", ranged("[0.0 1.0 2.0 3.0]")),
        forged("usf-range-not-from-start", ranged("[9 10 20 30]")),
        forged("usf-range-six", ranged("[0 1 2 3 4 5]")),
    ];
    // Without /ByteRange the name is gone from the bytes too, and the field still holds a dictionary.
    all.push(forged("usf-range-missing", replaced(&sound, b"/ByteRange [", b"/ByteRangX [")));
    // The whole file is "covered": the hole does not exclude the signature.
    all.push(forged(
        "usf-range-whole-file",
        ranged(&format!("[0 {0} {0} {1}]", 100, sound.len() - 100)),
    ));
    all
}

/// SWA: the second covered piece is moved away, and what stands in between is the attacker's.
fn wrapping(kit: &Kit) -> Vec<Attack> {
    let sound = signed(kit, Style::Table).bytes;
    let (range, hole) = holes(&sound);
    let digits = &sound[hole.start + 1..hole.end - 1];
    let used = digits.iter().rposition(|digit| *digit != b'0').unwrap() + 2;
    let value = &digits[..used + used % 2];
    let fill = |inside: Vec<u8>| {
        let mut gap = inside;
        assert!(gap.len() <= hole.len());
        gap.resize(hole.len(), b' ');
        [&sound[..hole.start], &gap, &sound[hole.end..]].concat()
    };
    // 1. A second /ByteRange in the hole, which the signature does not cover.
    let second_range = fill([b"<", value, b"> /ByteRange [0 10 20 30] "].concat());
    // 2. More than the string in the hole.
    let more = fill([b"<", value, b"> /Hidden (x) "].concat());
    // 3. Objects in the hole, and an appended cross-reference that reaches them.
    let mut objects = [b"<", value, b"> >>\nendobj\n"].concat();
    let at = hole.start + objects.len();
    objects.extend(b"4 0 obj\n");
    objects.extend(other_text());
    objects.extend(b"\nendobj\n9 0 obj\n<< /Rest (");
    let mut inside = fill(objects);
    let close = hole.end - 3;
    inside[close..hole.end].copy_from_slice(b")  ");
    let previous = previous_xref(&inside);
    let section = inside.len();
    inside.extend(
        format!("xref\n4 1\n{at:010} 00000 n \ntrailer\n<< /Size 12 /Root 1 0 R /Prev {previous} >>\nstartxref\n{section}\n%%EOF\n")
            .bytes(),
    );
    // 4. The second piece moved behind foreign objects; the range in the dictionary says so (and is itself covered: its digest breaks).
    let mut foreign = b"\n4 0 obj\n".to_vec();
    foreign.extend(other_text());
    foreign.extend(b"\nendobj\n");
    let mut moved = [&sound[..hole.end], &foreign, &sound[hole.end..]].concat();
    let behind = hole.end + foreign.len();
    let text = format!("[0 {:010} {behind:010} {:010}]", hole.start, sound.len() - hole.end);
    moved[range].copy_from_slice(text.as_bytes());
    vec![
        attack("swa-second-range-in-hole", second_range, FAILED, DAMAGED),
        attack("swa-more-in-hole", more, FAILED, BYTE_RANGE),
        attack("swa-objects-in-hole", inside, FAILED, BYTE_RANGE),
        attack("swa-second-piece-moved", moved, FAILED, DAMAGED),
    ]
}

pub fn previous_xref(bytes: &[u8]) -> usize {
    let at = rfind(bytes, b"startxref\n").unwrap() + b"startxref\n".len();
    let end = at + find(&bytes[at..], b"\n").unwrap();
    std::str::from_utf8(&bytes[at..end]).unwrap().parse().unwrap()
}

/// ISA: content saved behind the signature, in the ways that verifiers overlooked.
fn incremental_saving(kit: &Kit) -> Vec<Attack> {
    let sound = |style| signed(kit, style);
    let mut all = vec![];
    for (name, style) in [
        ("isa-new-content", Style::Table),
        ("isa-new-content-xref-stream", Style::Stream),
        ("isa-new-content-object-stream", Style::Compressed),
    ] {
        let mut file = sound(style);
        file.append(vec![(CONTENT, other_text())]);
        all.push(attack(name, file.bytes, OPEN, CHANGED));
    }
    let body = [b"4 0 obj\n".as_slice(), &other_text(), b"\nendobj\n"].concat();
    let bytes = [sound(Style::Table).bytes, body.clone()].concat();
    all.push(attack("isa-objects-without-xref", bytes, OPEN, TRAILING));
    let bytes = [
        sound(Style::Table).bytes,
        body.clone(),
        b"trailer\n<< /Root 1 0 R >>\n%%EOF\n".to_vec(),
    ]
    .concat();
    all.push(attack("isa-trailer-without-startxref", bytes, FAILED, DAMAGED));
    // A copy of the signature dictionary in the update, as an editor writes that rewrites everything.
    let mut file = sound(Style::Table);
    let number = signature_number(&file);
    let copy = signature_body(&file.bytes, number);
    file.append(vec![(CONTENT, other_text()), (number, copy)]);
    all.push(attack("isa-signature-copied", file.bytes, FAILED, BYTE_RANGE));
    // A new page before the signed one.
    let mut file = sound(Style::Table);
    let page = file.fresh();
    let text = file.fresh();
    file.append(vec![
        (
            page,
            format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {text} 0 R /Resources << /Font << /F1 5 0 R >> >> >>")
                .into_bytes(),
        ),
        (text, other_text()),
        (2, format!("<< /Type /Pages /Kids [{page} 0 R 3 0 R] /Count 2 >>").into_bytes()),
    ]);
    all.push(attack("isa-page-inserted", file.bytes, OPEN, CHANGED));
    // Resources of the page: the same content stream, another font.
    let mut file = sound(Style::Table);
    file.page.insert(
        "Resources",
        "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Symbol >> >> >>".into(),
    );
    file.append(vec![(PAGE, file.page_object())]);
    all.push(attack("isa-page-resources", file.bytes, OPEN, CHANGED));
    // The form: the signature field is gone.
    let mut file = sound(Style::Table);
    file.catalog.remove("AcroForm");
    file.append(vec![(CATALOG, file.catalog_object())]);
    all.push(attack("isa-signature-removed", file.bytes, OPEN, UNREACHABLE));
    // Another document with the signed one's bytes before it, and a cross-reference that forgets them.
    let mut file = sound(Style::Table);
    let fresh = File::letter(Style::Table);
    let base = file.bytes.len();
    let section = base + previous_xref(&fresh.bytes);
    let start = rfind(&fresh.bytes, b"startxref").unwrap();
    file.bytes.extend(&fresh.bytes[..start]);
    file.bytes.extend(format!("startxref\n{section}\n%%EOF\n").bytes());
    all.push(attack("isa-xref-restarted", file.bytes, OPEN, UNREACHABLE));
    all
}

fn signature_number(file: &File) -> u32 {
    file.fields[0] - 1
}

fn signature_body(bytes: &[u8], number: u32) -> Vec<u8> {
    let head = format!("\n{number} 0 obj\n");
    let at = find(bytes, head.as_bytes()).unwrap() + head.len();
    let end = at + find(&bytes[at..], b"\nendobj").unwrap();
    bytes[at..end].to_vec()
}
