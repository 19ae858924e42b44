//! Shadow documents: what is hidden when a PDF is signed and shown by a later revision; and forms that are filled in afterwards.

use super::cms::Form;
use super::pdf::stream;
use super::pdf_attack::{Attack, CHANGED, FILLED, OPEN, attack, other_text, previous_xref, signed};
use super::pdf_file::{CATALOG, FONT, File, PAGE, Slot, Style};
use super::pdf_sign::{self, StampIn};
use super::scenario_kit::Kit;

/// Shadow documents: what was hidden in the signed revision is uncovered by a later one.
pub fn shadows(kit: &Kit) -> Vec<Attack> {
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

pub fn note() -> Vec<u8> {
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
pub fn form_filled(kit: &Kit, name: &'static str, indication: &'static str, code: &'static str, certify: Option<u8>) -> Attack {
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
