//! Evil annotations and sneaky signatures: what paints over a signed page; and the harmless relatives of all attacks.

use super::cms::Form;
use super::pdf::stream;
use super::pdf_attack::{Attack, CERTIFICATION, CHANGED, FAILED, FILLED, OPEN, attack, signed};
use super::pdf_file::{CATALOG, File, METADATA, PAGE, Slot, Style};
use super::pdf_shadow::{form_filled, note};
use super::pdf_sign::{self, StampIn};
use super::scenario_kit::{Kit, second};
use super::scenarios::{Defect, Profile, Rung};

/// EAA and SSA: annotations and signature fields that paint over the page, also where a certification would let them.
pub fn annotations(kit: &Kit) -> Vec<Attack> {
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
        file.append(vec![(METADATA, stream("/Type /Metadata /Subtype /XML ", b"<x/>"))]);
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
