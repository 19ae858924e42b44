//! What a signed document should not hold: scripts, actions, embedded files, dynamic forms.

use super::pdf::stream;
use super::pdf_attack::{ACTIVE, Attack, EMBEDDED, OPEN, XFA, attack, signed};
use super::pdf_file::{CATALOG, File, Object, PAGE, Slot, Style};
use super::pdf_sign::{self, StampIn};
use super::scenario_kit::Kit;

/// What a signed document should not hold. The signature is sound; the document is more than what it shows.
pub fn contents(kit: &Kit) -> Vec<Attack> {
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
    let outside = |keys: &str| {
        holding(&|file| {
            let number = file.fresh();
            file.page.insert("Contents", format!("{number} 0 R"));
            vec![(number, stream(keys, b"")), (PAGE, file.page_object())]
        })
    };
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
        attack(
            "active-goes-to-another-file",
            in_catalog("OpenAction", "<< /S /GoToR /F (other.pdf) /D [0 /Fit] >>"),
            OPEN,
            ACTIVE,
        ),
        attack(
            "active-opens-an-address-unasked",
            in_catalog(
                "OpenAction",
                "<< /S /GoTo /D [3 0 R /Fit] /Next << /S /URI /URI (http://example.org) >> >>",
            ),
            OPEN,
            ACTIVE,
        ),
        attack(
            "active-prints-unasked",
            in_catalog("AA", "<< /DS << /S /Named /N /Print >> >>"),
            OPEN,
            ACTIVE,
        ),
        attack("content-outside-the-file", outside("/F (http://example.org/x) "), OPEN, ACTIVE),
        attack(
            "content-of-another-file",
            outside("/Type /XObject /Subtype /Form /Ref << /F (o.pdf) /Page 0 >> "),
            OPEN,
            ACTIVE,
        ),
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
