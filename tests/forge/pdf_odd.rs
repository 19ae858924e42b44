//! Structures that two readers read differently, and what a signature's CMS must not be.

use super::cms::{self, Form, SignedData};
use super::pdf::stream;
use super::pdf_attack::{
    AFTER_CMS, AMBIGUOUS, Attack, CHANGED, DAMAGED, ENCAPSULATED, ENCRYPTED, FAILED, HASH, OPEN, REVISION, SIGNERS, SUB_FILTER, TRAILING,
    attack, other_text, previous_xref, signed,
};
use super::pdf_file::{CATALOG, CONTENT, File, Slot, Style, find, rfind};
use super::pdf_sign::{self, StampIn};
use super::scenario_kit::{Kit, second};
use super::scenarios::{Defect, Profile, Rung};

/// Two readings of one structure.
pub fn structure(kit: &Kit) -> Vec<Attack> {
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
pub fn cms_confusions(kit: &Kit) -> Vec<Attack> {
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
