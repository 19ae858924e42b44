//! Attacks on PDF signatures, each made from a sound document by one trick (pki.md 4.10): universal signature forgery, signature
//! wrapping, incremental saving, shadow documents, evil annotations and sneaky signatures, and the confusions of structure under them.

use super::cms::{self, Form, SignedData};
use super::pdf::stream;
use super::pdf_file::{CATALOG, CONTENT, FONT, File, Object, PAGE, Slot, Style, find, rfind};
use super::pdf_sign::{self, StampIn};
use super::scenario_kit::{Kit, second};
use super::scenarios::{Defect, Profile, Rung};

/// A file, and what must be said about it.
pub struct Attack {
    pub name: &'static str,
    pub pdf: Vec<u8>,
    /// TOTAL-FAILED, or INDETERMINATE.
    pub indication: &'static str,
    /// A reason that must be given.
    pub code: &'static str,
}

fn attack(name: &'static str, pdf: Vec<u8>, indication: &'static str, code: &'static str) -> Attack {
    Attack {
        name,
        pdf,
        indication,
        code,
    }
}

const FAILED: &str = "TOTAL-FAILED";
const OPEN: &str = "INDETERMINATE";

const BYTE_RANGE: &str = "KEP-3801";
const REVISION: &str = "KEP-3802";
const DAMAGED: &str = "KEP-3803";
const ENCRYPTED: &str = "KEP-3804";
const UNREACHABLE: &str = "KEP-3805";
const SUB_FILTER: &str = "KEP-3806";
const AFTER_CMS: &str = "KEP-3807";
const SIGNERS: &str = "KEP-3808";
const ENCAPSULATED: &str = "KEP-3809";
const CHANGED: &str = "KEP-3810";
const FILLED: &str = "KEP-3811";
const CERTIFICATION: &str = "KEP-3812";
const ACTIVE: &str = "KEP-3815";
const EMBEDDED: &str = "KEP-3816";
const XFA: &str = "KEP-3817";
const TRAILING: &str = "KEP-3818";
const AMBIGUOUS: &str = "KEP-3819";
const HASH: &str = "KEP-3301";

/// A signed letter, sound.
pub fn signed(kit: &Kit, style: Style) -> File {
    let mut file = File::letter(style);
    pdf_sign::sign(&mut file, kit, "Imza1", StampIn::Cms);
    file
}

/// The other text, as a content stream.
fn other_text() -> Vec<u8> {
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
        shadows(kit),
        annotations(kit),
        structure(kit),
        cms_confusions(kit),
        contents(kit),
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

fn previous_xref(bytes: &[u8]) -> usize {
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

/// Shadow documents: what was hidden in the signed revision is uncovered by a later one.
fn shadows(kit: &Kit) -> Vec<Attack> {
    let sign = |file: &mut File| pdf_sign::sign(file, kit, "Imza1", StampIn::Cms);
    let mut all = vec![];
    // Hide: an image covers text when signed; the update takes it away.
    let covered = || {
        let mut file = File::letter(Style::Table);
        let cover = file.fresh();
        let over = file.fresh();
        file.page.insert("Contents", format!("[4 0 R {over} 0 R]"));
        file.page
            .insert("Resources", format!("<< /Font << /F1 5 0 R >> /XObject << /C {cover} 0 R >> >>"));
        let image = "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 ";
        let objects = vec![
            (cover, stream(image, &[255])),
            (over, stream("", b"q 500 0 0 800 40 20 cm /C Do Q")),
            (PAGE, file.page_object()),
        ];
        file.append(objects);
        sign(&mut file);
        (file, cover, over)
    };
    let (mut file, cover, _) = covered();
    let metadata = "/Type /XObject /Subtype /Form /BBox [0 0 1 1] ";
    file.append(vec![(cover, stream(metadata, b""))]);
    all.push(attack("shadow-hide-cover-replaced", file.bytes, OPEN, CHANGED));
    let (file, cover, _) = covered();
    all.push(attack("shadow-hide-cover-freed", freed(file, cover), OPEN, CHANGED));
    let (mut file, _, over) = covered();
    file.append(vec![(over, stream("/Type /Metadata /Subtype /XML ", b""))]);
    all.push(attack("shadow-hide-as-metadata", file.bytes, OPEN, CHANGED));

    // Replace: what looks harmless to change is what shows.
    let mut file = File::letter(Style::Table);
    sign(&mut file);
    file.append(vec![(
        FONT,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Type /Encoding /Differences [48 /nine /eight] >> >>".to_vec(),
    )]);
    all.push(attack("shadow-replace-font", file.bytes, OPEN, CHANGED));
    all.push(form_filled(kit, "shadow-replace-form-value", OPEN, FILLED, None));

    // Hide and replace: two documents in one file, the update switches the root.
    let two = || {
        let mut file = File::letter(Style::Table);
        let numbers: Vec<u32> = (0..4).map(|_| file.fresh()).collect();
        let [catalog, pages, page, text] = numbers[..] else {
            unreachable!()
        };
        file.append(vec![
            (catalog, format!("<< /Type /Catalog /Pages {pages} 0 R >>").into_bytes()),
            (pages, format!("<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>").into_bytes()),
            (page, format!("<< /Type /Page /Parent {pages} 0 R /MediaBox [0 0 595 842] /Contents {text} 0 R /Resources << /Font << /F1 5 0 R >> >> >>").into_bytes()),
            (text, other_text()),
        ]);
        sign(&mut file);
        (file, catalog)
    };
    let (mut file, hidden) = two();
    let form = file.catalog["AcroForm"].clone();
    file.append_with(
        vec![(
            hidden,
            format!("<< /Type /Catalog /Pages {} 0 R /AcroForm {form} >>", hidden + 1).into_bytes(),
        )],
        &format!("/Root {hidden} 0 R "),
    );
    all.push(attack("shadow-other-root", file.bytes, OPEN, CHANGED));
    let (mut file, hidden) = two();
    file.catalog.insert("Pages", format!("{} 0 R", hidden + 1));
    file.append(vec![(CATALOG, file.catalog_object())]);
    all.push(attack("shadow-other-pages", file.bytes, OPEN, CHANGED));
    // The same number twice in the signed bytes: the later cross-reference points at the other one.
    let mut file = File::letter(Style::Table);
    let spare = file.bytes.len();
    file.bytes.extend(b"4 0 obj\n");
    file.bytes.extend(other_text());
    file.bytes.extend(b"\nendobj\n");
    file.append(vec![(FONT, font())]);
    sign(&mut file);
    let previous = previous_xref(&file.bytes);
    let section = file.bytes.len();
    file.bytes.extend(
        format!(
            "xref\n4 1\n{spare:010} 00000 n \ntrailer\n<< /Size {} /Root 1 0 R /Prev {previous} >>\nstartxref\n{section}\n%%EOF\n",
            file.size
        )
        .bytes(),
    );
    all.push(attack("shadow-xref-to-hidden-object", file.bytes, OPEN, CHANGED));
    // A page that refers to an object that is not there yet.
    let mut file = File::letter(Style::Table);
    let missing = file.fresh();
    file.page.insert("Annots", format!("[{missing} 0 R]"));
    file.annotations = vec![missing];
    file.append(vec![(PAGE, file.page_object())]);
    sign(&mut file);
    file.append(vec![(missing, note())]);
    all.push(attack("shadow-dangling-reference", file.bytes, OPEN, CHANGED));
    all
}

fn font() -> Vec<u8> {
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec()
}

fn note() -> Vec<u8> {
    b"<< /Type /Annot /Subtype /FreeText /Rect [56 600 500 760] /Contents (ODENECEK 1000000 TL) /DA (/F1 24 Tf) >>".to_vec()
}

/// An update that frees one object.
fn freed(mut file: File, number: u32) -> Vec<u8> {
    let previous = previous_xref(&file.bytes);
    let section = file.bytes.len();
    let size = file.size;
    file.bytes.extend(
        format!(
            "xref\n{number} 1\n0000000000 00001 f \ntrailer\n<< /Size {size} /Root 1 0 R /Prev {previous} >>\nstartxref\n{section}\n%%EOF\n"
        )
        .bytes(),
    );
    file.bytes
}

/// A text field of the signed form, filled in afterwards.
fn form_filled(kit: &Kit, name: &'static str, indication: &'static str, code: &'static str, certify: Option<u8>) -> Attack {
    let mut file = File::letter(Style::Table);
    let (field, look, filled) = (file.fresh(), file.fresh(), file.fresh());
    let body = |value: &str, look: u32| {
        format!("<< /Type /Annot /Subtype /Widget /FT /Tx /T (Tutar) /V ({value}) /DA (/F1 12 Tf) /Rect [56 500 300 520] /P 3 0 R /AP << /N {look} 0 R >> >>")
            .into_bytes()
    };
    let shown = |text: &str| {
        stream(
            "/Type /XObject /Subtype /Form /BBox [0 0 244 20] ",
            format!("BT /F1 12 Tf ({text}) Tj ET").as_bytes(),
        )
    };
    file.fields.push(field);
    file.annotations.push(field);
    file.page.insert("Annots", format!("[{field} 0 R]"));
    file.append(vec![(field, body("100", look)), (look, shown("100")), (PAGE, file.page_object())]);
    let slot = Slot {
        certify,
        ..Slot::signature("Imza1", kit.signing_time)
    };
    pdf_sign::sign_in(&mut file, kit, &slot, StampIn::Cms);
    file.append(vec![(field, body("1000000", filled)), (filled, shown("1000000"))]);
    attack(name, file.bytes, indication, code)
}

/// EAA and SSA: annotations and signature fields that paint over the page, also where a certification would let them.
fn annotations(kit: &Kit) -> Vec<Attack> {
    let certified = |level: Option<u8>| {
        let mut file = File::letter(Style::Table);
        let slot = Slot {
            certify: level,
            ..Slot::signature("Imza1", kit.signing_time)
        };
        pdf_sign::sign_in(&mut file, kit, &slot, StampIn::Cms);
        file
    };
    let annotated = |level| {
        let mut file = certified(level);
        let number = file.fresh();
        file.annotations.push(number);
        let list: String = file.annotations.iter().map(|number| format!("{number} 0 R ")).collect();
        file.page.insert("Annots", format!("[{list}]"));
        file.append(vec![(number, note()), (PAGE, file.page_object())]);
        file.bytes
    };
    let mut all = vec![
        attack("eaa-approval", annotated(None), OPEN, CHANGED),
        attack("eaa-certified-1", annotated(Some(1)), FAILED, CERTIFICATION),
        attack("eaa-certified-2", annotated(Some(2)), FAILED, CERTIFICATION),
        attack("eaa-certified-3", annotated(Some(3)), OPEN, CHANGED),
        form_filled(kit, "form-filled-certified-1", FAILED, CERTIFICATION, Some(1)),
        form_filled(kit, "form-filled-certified-2", OPEN, FILLED, Some(2)),
    ];
    // A visible field signed by somebody whom nobody knows.
    for (name, level, indication, code) in [
        ("ssa-approval", None, OPEN, CHANGED),
        ("ssa-certified-1", Some(1), FAILED, CERTIFICATION),
        ("ssa-certified-2", Some(2), FAILED, CERTIFICATION),
    ] {
        let mut file = certified(level);
        let stranger = second(Defect::RootUnknown, Rung::B, Profile::P1);
        let broken = Kit {
            fault: Some(super::scenario_kit::Fault::SignatureValue),
            ..stranger
        };
        let slot = Slot {
            visible: true,
            ..Slot::signature("Imza2", kit.signing_time)
        };
        file.sign(&slot, |covered| pdf_sign::cms(&broken, covered, StampIn::Cms));
        all.push(attack(name, file.bytes, if indication == OPEN { FAILED } else { indication }, code));
    }
    // A visible field that nobody signed.
    let mut file = certified(None);
    let (field, look) = (file.fresh(), file.fresh());
    file.fields.push(field);
    file.annotations.push(field);
    let list = |numbers: &[u32]| numbers.iter().map(|number| format!("{number} 0 R ")).collect::<String>();
    file.catalog
        .insert("AcroForm", format!("<< /Fields [{}] /SigFlags 3 >>", list(&file.fields)));
    file.page.insert("Annots", format!("[{}]", list(&file.annotations)));
    file.append(vec![
        (
            field,
            format!(
                "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Imza2) /F 132 /P 3 0 R /Rect [56 600 500 760] /AP << /N {look} 0 R >> >>"
            )
            .into_bytes(),
        ),
        (
            look,
            stream(
                "/Type /XObject /Subtype /Form /BBox [0 0 444 160] ",
                b"BT /F1 24 Tf (ODENECEK) Tj ET",
            ),
        ),
        (CATALOG, file.catalog_object()),
        (PAGE, file.page_object()),
    ]);
    all.push(attack("ssa-unsigned-field", file.bytes, OPEN, CHANGED));
    // A second signature where the certification allows none, by a sound signer.
    let mut file = certified(Some(1));
    pdf_sign::sign(&mut file, &second(Defect::Sound, Rung::T, Profile::P1), "Imza2", StampIn::Cms);
    all.push(attack("certified-1-signed-again", file.bytes, FAILED, CERTIFICATION));
    all
}

/// Two readings of one structure.
fn structure(kit: &Kit) -> Vec<Attack> {
    let mut all = vec![];
    // The container of signed objects is replaced: their own numbers stay untouched.
    let mut file = signed(kit, Style::Compressed);
    let container = first_container(&file.bytes);
    let fake = stream("/Type /ObjStm /N 1 /First 4 ", b"1 0 << /Type /Catalog /Pages 2 0 R >>");
    file.append(vec![(container, fake)]);
    all.push(attack("object-stream-replaced", file.bytes, OPEN, CHANGED));
    // The same object in the table and, elsewhere, in the stream beside it.
    let mut file = signed(kit, Style::Table);
    let (text, beside) = (file.bytes.len(), file.fresh());
    file.bytes.extend(b"4 0 obj\n");
    file.bytes.extend(other_text());
    file.bytes.extend(b"\nendobj\n");
    let stream_at = file.bytes.len();
    let original = find(&file.bytes, b"\n4 0 obj").unwrap() + 1;
    let row = [&[1u8][..], &(text as u32).to_be_bytes(), &[0]].concat();
    file.bytes.extend(format!("{beside} 0 obj\n").bytes());
    file.bytes
        .extend(stream(&format!("/Type /XRef /W [1 4 1] /Index [4 1] /Size {} ", file.size), &row));
    file.bytes.extend(b"\nendobj\n");
    let previous = previous_xref(&file.bytes);
    let section = file.bytes.len();
    let size = file.size;
    file.bytes.extend(
        format!("xref\n4 1\n{original:010} 00000 n \ntrailer\n<< /Size {size} /Root 1 0 R /Prev {previous} /XRefStm {stream_at} >>\nstartxref\n{section}\n%%EOF\n")
            .bytes(),
    );
    all.push(attack("hybrid-ambiguous", file.bytes, OPEN, AMBIGUOUS));
    // A cross-reference that points at its own beginning.
    let mut file = signed(kit, Style::Table);
    let section = file.bytes.len();
    file.bytes
        .extend(format!("xref\n0 0\ntrailer\n<< /Size 8 /Root 1 0 R /Prev {section} >>\nstartxref\n{section}\n%%EOF\n").bytes());
    all.push(attack("xref-circle", file.bytes, FAILED, DAMAGED));
    // Validation data at the number of a signed object.
    let mut file = signed(kit, Style::Table);
    let store = file.fresh();
    file.catalog.insert("DSS", format!("{store} 0 R"));
    file.append(vec![
        (store, b"<< /Type /DSS /Certs [4 0 R] >>".to_vec()),
        (CONTENT, stream("", &kit.signer.der)),
        (CATALOG, file.catalog_object()),
    ]);
    all.push(attack("dss-over-signed-object", file.bytes, OPEN, CHANGED));
    // Validation data that is also an action.
    let mut file = signed(kit, Style::Table);
    let (store, odd) = (file.fresh(), file.fresh());
    file.catalog.insert("DSS", format!("{store} 0 R"));
    file.append(vec![
        (store, format!("<< /Type /DSS /Certs [{odd} 0 R] >>").into_bytes()),
        (odd, stream("/S /JavaScript /JS (app.alert(1)) ", &kit.signer.der)),
        (CATALOG, file.catalog_object()),
    ]);
    all.push(attack("dss-stream-acts", file.bytes, OPEN, CHANGED));
    // Objects that hang nowhere.
    let mut file = signed(kit, Style::Table);
    let number = file.fresh();
    file.append(vec![(number, other_text())]);
    all.push(attack("object-without-place", file.bytes, OPEN, CHANGED));
    // An action in the catalog.
    let mut file = signed(kit, Style::Table);
    file.catalog
        .insert("OpenAction", "<< /S /URI /URI (http://example.invalid) >>".into());
    file.append(vec![(CATALOG, file.catalog_object())]);
    all.push(attack("catalog-action-added", file.bytes, OPEN, CHANGED));
    // Bytes behind the end.
    let bytes = [signed(kit, Style::Table).bytes, b"<html>ODENECEK</html>".to_vec()].concat();
    all.push(attack("bytes-behind-the-end", bytes, OPEN, TRAILING));
    // Cut off: the revision before, which nobody signed, is whole.
    let sound = signed(kit, Style::Table).bytes;
    all.push(attack("cut-off", sound[..sound.len() - 40].to_vec(), OPEN, TRAILING));
    // Encrypted by an update: the strings would mean something else.
    let mut file = signed(kit, Style::Table);
    let number = file.fresh();
    file.append_with(
        vec![(number, b"<< /Filter /Standard /V 1 /R 2 >>".to_vec())],
        &format!("/Encrypt {number} 0 R "),
    );
    all.push(attack("encrypted", file.bytes, OPEN, ENCRYPTED));
    // One byte of the text.
    let mut sound = signed(kit, Style::Table).bytes;
    pdf_sign::change_text(&mut sound);
    all.push(attack("text-changed-in-place", sound, FAILED, HASH));
    // A signature that covers only the beginning of the revision.
    let mut file = File::letter(Style::Table);
    let objects = file.field(&Slot::signature("Imza1", kit.signing_time));
    let from = file.bytes.len();
    file.append(objects);
    let (range, hole) = file.holes(from);
    let end = rfind(&file.bytes, b"startxref").unwrap();
    let kept = file.bytes.split_off(end);
    file.fill(range, hole, |covered| pdf_sign::cms(kit, covered, StampIn::Cms));
    file.bytes.extend(kept);
    all.push(attack("range-ends-before-the-revision", file.bytes, FAILED, REVISION));
    all
}

fn first_container(bytes: &[u8]) -> u32 {
    let at = find(bytes, b"/Type /ObjStm").unwrap();
    let head = rfind(&bytes[..at], b" 0 obj").unwrap();
    let start = rfind(&bytes[..head], b"\n").unwrap() + 1;
    std::str::from_utf8(&bytes[start..head]).unwrap().parse().unwrap()
}

/// The CMS in the hole.
fn cms_confusions(kit: &Kit) -> Vec<Attack> {
    let with = |slot: &Slot, make: &dyn Fn(&[u8]) -> Vec<u8>| {
        let mut file = File::letter(Style::Table);
        file.sign(slot, |covered| make(covered));
        file.bytes
    };
    let slot = Slot::signature("Imza1", kit.signing_time);
    let sound = |covered: &[u8]| pdf_sign::cms(kit, covered, StampIn::Cms);
    let other = second(Defect::Sound, Rung::T, Profile::P1);
    let two = |covered: &[u8]| {
        let both = [kit, &other].map(|kit| {
            let mut kit = kit.clone();
            kit.signing_time = None;
            super::cades_kit::Signing::new(kit, super::cades_kit::Shape::BaselineT)
        });
        super::cades_kit::sign(covered, false, &both)
    };
    let none = |_: &[u8]| {
        SignedData {
            content_type: cms::DATA,
            content: None,
            certificates: vec![kit.signer.der.clone()],
            crls: vec![],
            signers: vec![],
            form: Form::Der,
        }
        .encode()
    };
    let inside = |covered: &[u8]| {
        let mut kit = kit.clone();
        kit.signing_time = None;
        super::cades_kit::sign(
            covered,
            true,
            &[super::cades_kit::Signing::new(kit, super::cades_kit::Shape::BaselineT)],
        )
    };
    let kind = |sub_filter| Slot {
        sub_filter,
        ..slot.clone()
    };
    vec![
        attack("cms-two-signers", with(&slot, &two), FAILED, SIGNERS),
        attack("cms-no-signer", with(&slot, &none), FAILED, SIGNERS),
        attack("cms-carries-content", with(&slot, &inside), FAILED, ENCAPSULATED),
        attack(
            "cms-bytes-behind",
            with(&slot, &|covered| [sound(covered), vec![1]].concat()),
            FAILED,
            AFTER_CMS,
        ),
        attack(
            "cms-is-no-cms",
            with(&slot, &|_| b"\x30\x03\x02\x01\x01".to_vec()),
            FAILED,
            "KEP-3101",
        ),
        attack("subfilter-pkcs7-sha1", with(&kind("adbe.pkcs7.sha1"), &sound), OPEN, SUB_FILTER),
        attack("subfilter-x509", with(&kind("adbe.x509.rsa_sha1"), &sound), OPEN, SUB_FILTER),
        attack("subfilter-unknown", with(&kind("Biz.Bilmeyiz"), &sound), OPEN, SUB_FILTER),
        attack("signature-called-timestamp", with(&kind("ETSI.RFC3161"), &sound), OPEN, "KEP-3824"),
    ]
}

/// What a signed document should not hold. The signature is sound; the document is more than what it shows.
fn contents(kit: &Kit) -> Vec<Attack> {
    let holding = |prepare: &dyn Fn(&mut File) -> Vec<Object>| {
        let mut file = File::letter(Style::Table);
        let objects = prepare(&mut file);
        file.append(objects);
        pdf_sign::sign(&mut file, kit, "Imza1", StampIn::Cms);
        file.bytes
    };
    let in_catalog = |key: &'static str, value: &'static str| {
        holding(&|file| {
            file.catalog.insert(key, value.into());
            vec![(CATALOG, file.catalog_object())]
        })
    };
    let word = holding(&|file| {
        let (spec, data) = (file.fresh(), file.fresh());
        file.catalog
            .insert("Names", format!("<< /EmbeddedFiles << /Names [(ek.docx) {spec} 0 R] >> >>"));
        vec![
            (
                spec,
                format!("<< /Type /Filespec /F (ek.docx) /EF << /F {data} 0 R >> >>").into_bytes(),
            ),
            (data, stream("/Type /EmbeddedFile /Subtype /application#2Fmsword ", b"PK\x03\x04")),
            (CATALOG, file.catalog_object()),
        ]
    });
    let attachment = holding(&|file| {
        let number = file.fresh();
        file.annotations.push(number);
        file.page.insert("Annots", format!("[{number} 0 R]"));
        vec![
            (
                number,
                b"<< /Type /Annot /Subtype /FileAttachment /Rect [10 10 30 30] /FS << /Type /Filespec /F (a) >> >>".to_vec(),
            ),
            (PAGE, file.page_object()),
        ]
    });
    let script_in_names = holding(&|file| {
        let number = file.fresh();
        file.catalog
            .insert("Names", format!("<< /JavaScript << /Names [(a) {number} 0 R] >> >>"));
        vec![
            (number, b"<< /S /JavaScript /JS (this.print\\(\\)) >>".to_vec()),
            (CATALOG, file.catalog_object()),
        ]
    });
    vec![
        attack(
            "active-javascript",
            in_catalog("OpenAction", "<< /S /JavaScript /JS (app.alert\\(1\\)) >>"),
            OPEN,
            ACTIVE,
        ),
        attack(
            "active-launch",
            in_catalog("OpenAction", "<< /Type /Action /S /Launch /F (cmd.exe) >>"),
            OPEN,
            ACTIVE,
        ),
        attack(
            "active-additional-action",
            in_catalog("AA", "<< /WC << /S /JavaScript /JS (x) >> >>"),
            OPEN,
            ACTIVE,
        ),
        attack(
            "active-layers",
            in_catalog("OpenAction", "<< /S /SetOCGState /State [/OFF] >>"),
            OPEN,
            ACTIVE,
        ),
        attack("active-javascript-in-names", script_in_names, OPEN, ACTIVE),
        attack("embedded-word-file", word, OPEN, EMBEDDED),
        attack("embedded-attachment", attachment, OPEN, ACTIVE),
        attack("xfa-form", xfa(kit), OPEN, XFA),
    ]
}

fn xfa(kit: &Kit) -> Vec<u8> {
    let mut file = File::letter(Style::Table);
    let mut objects = file.field(&Slot::signature("Imza1", kit.signing_time));
    let form = file.catalog["AcroForm"].replace("/SigFlags 3", "/SigFlags 3 /XFA (x)");
    file.catalog.insert("AcroForm", form);
    for (number, body) in &mut objects {
        if *number == CATALOG {
            *body = file.catalog_object();
        }
    }
    file.sign_objects(objects, |covered| pdf_sign::cms(kit, covered, StampIn::Cms));
    file.bytes
}

/// The harmless relatives: each adds what a signed document may get, and the note that must tell it.
pub fn harmless(kit: &Kit) -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    const LATER: Option<&str> = Some("KEP-3813");
    let other = second(Defect::Sound, Rung::T, Profile::P1);
    let again = |file: &mut File, visible: bool, level: Option<u8>| {
        let slot = Slot {
            visible,
            certify: level,
            ..Slot::signature("Imza2", other.signing_time)
        };
        file.sign(&slot, |covered| pdf_sign::cms(&other, covered, StampIn::Cms));
    };
    let mut all = vec![];
    for style in [Style::Table, Style::Stream, Style::Compressed] {
        let mut file = signed(kit, style);
        again(&mut file, false, None);
        all.push(("a second signer", file.bytes.clone(), LATER));
        let mut file = signed(kit, style);
        again(&mut file, true, None);
        all.push(("a second signer, seen on the page", file.bytes.clone(), LATER));
        let mut file = signed(kit, style);
        file.append(vec![(super::pdf_file::METADATA, stream("/Type /Metadata /Subtype /XML ", b"<x/>"))]);
        all.push(("new metadata", file.bytes.clone(), LATER));
        let mut file = signed(kit, style);
        file.store(&kit.material, None);
        pdf_sign::timestamp(&mut file, kit.stamp.as_ref().unwrap(), "ZD");
        again(&mut file, false, None);
        file.store(&kit.material, None);
        all.push(("store, timestamp, signer, store", file.bytes.clone(), LATER));
    }
    // Certified, and signed where the certification lets it.
    let mut file = File::letter(Style::Table);
    let slot = Slot {
        certify: Some(2),
        ..Slot::signature("Imza1", kit.signing_time)
    };
    pdf_sign::sign_in(&mut file, kit, &slot, StampIn::Cms);
    again(&mut file, true, None);
    all.push(("certified for signatures, signed again", file.bytes, LATER));
    let mut file = File::letter(Style::Table);
    let slot = Slot {
        certify: Some(1),
        ..Slot::signature("Imza1", kit.signing_time)
    };
    pdf_sign::sign_in(&mut file, kit, &slot, StampIn::Cms);
    file.store(&kit.material, None);
    pdf_sign::timestamp(&mut file, kit.stamp.as_ref().unwrap(), "ZD");
    all.push(("certified against changes, made long-lived", file.bytes, LATER));
    // A field that waited for its signature.
    let mut file = File::letter(Style::Table);
    let field = file.fresh();
    file.fields.push(field);
    file.annotations.push(field);
    let empty = |value: &str| {
        format!("<< /Type /Annot /Subtype /Widget /FT /Sig /T (Imza2) /F 132 /P 3 0 R /Rect [300 60 500 100] {value} >>").into_bytes()
    };
    file.page.insert("Annots", format!("[{field} 0 R]"));
    file.catalog.insert("AcroForm", format!("<< /Fields [{field} 0 R] /SigFlags 3 >>"));
    file.append(vec![
        (field, empty("")),
        (PAGE, file.page_object()),
        (CATALOG, file.catalog_object()),
    ]);
    pdf_sign::sign(&mut file, kit, "Imza1", StampIn::Cms);
    let (fields, annotations, catalog, page) = (
        file.fields.clone(),
        file.annotations.clone(),
        file.catalog.clone(),
        file.page.clone(),
    );
    let mut objects = file.field(&Slot::signature("x", other.signing_time));
    (file.fields, file.annotations, file.catalog, file.page) = (fields, annotations, catalog, page);
    objects.truncate(1);
    let (value, look) = (objects[0].0, file.fresh());
    objects.push((field, empty(&format!("/V {value} 0 R /AP << /N {look} 0 R >>"))));
    objects.push((look, stream("/Type /XObject /Subtype /Form /BBox [0 0 200 40] ", b"BT ET")));
    file.sign_objects(objects, |covered| pdf_sign::cms(&other, covered, StampIn::Cms));
    all.push(("a waiting field, signed", file.bytes, LATER));
    // The older kind, with what binds the certificate.
    let mut file = File::letter(Style::Table);
    let slot = Slot {
        sub_filter: "adbe.pkcs7.detached",
        ..Slot::signature("Imza1", kit.signing_time)
    };
    pdf_sign::sign_in(&mut file, kit, &slot, StampIn::Cms);
    all.push(("adbe.pkcs7.detached", file.bytes, Some("KEP-3821")));
    // White space behind the end, as mail leaves it.
    let bytes = [signed(kit, Style::Table).bytes, b"\r\n".to_vec()].concat();
    all.push(("a line end behind the end", bytes, None));
    all
}
