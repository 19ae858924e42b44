#![allow(clippy::unwrap_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::indirect::indirect;
use super::syntax::{Lexer, Object};
use super::view::View;
use super::{PdfError, filter};

fn object(text: &str) -> super::Result<Object> {
    Lexer::new(text.as_bytes(), 0).object()
}

fn name(text: &str) -> Object {
    Object::Name(text.as_bytes().to_vec())
}

/// A file whose objects are `bodies`, numbered from 1, with `trailer` behind /Size.
fn file(bodies: &[&str], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", bodies.len() + 1);
    for (index, body) in bodies.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{} 0 obj\n{body}\nendobj\n", index + 1).bytes());
    }
    let at = bytes.len();
    bytes.extend(
        format!(
            "{table}trailer\n<< /Size {} {trailer} >>\nstartxref\n{at}\n%%EOF\n",
            bodies.len() + 1
        )
        .bytes(),
    );
    bytes
}

#[test]
fn values_are_read_as_the_standard_writes_them() {
    assert_eq!(object("-17"), Ok(Object::Integer(-17)));
    assert_eq!(object("+.5 "), Ok(Object::Real(b"+.5".to_vec())));
    assert_eq!(object("/A#20B#2f"), Ok(name("A B/")));
    assert_eq!(object("(a(b)\\)\\101\\\n\r\n)"), Ok(Object::String(b"a(b))A\n".to_vec())));
    assert_eq!(object("<4 1 4>"), Ok(Object::String(b"A@".to_vec())));
    assert_eq!(object("12 0 R"), Ok(Object::Reference(12, 0)));
    assert_eq!(
        object("[1 2 0 R 3 % a comment\n /x]"),
        Ok(Object::Array(vec![
            Object::Integer(1),
            Object::Reference(2, 0),
            Object::Integer(3),
            name("x")
        ]))
    );
    let dictionary = object("<< /A << /B null >> /C true >>").unwrap();
    let dictionary = dictionary.dictionary().unwrap();
    assert_eq!(dictionary.get("C"), Some(&Object::Boolean(true)));
    assert_eq!(dictionary.entry(b"C").unwrap().span, 23..27);
}

#[test]
fn what_two_readers_could_read_differently_is_an_error() {
    for text in [
        "",
        "<<",
        "[1",
        "(a",
        "<4x>",
        "/A#g0",
        "1.2.3",
        "--1",
        "tru",
        "<< 1 2 >>",
        "1a",
        "99999999999999999999",
    ] {
        assert!(object(text).is_err(), "{text}");
    }
    assert_eq!(object("<< /A 1 /#41 2 >>"), Err(PdfError::DuplicateKey(0)));
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    assert!(matches!(object(&"[".repeat(100_000)), Err(PdfError::Limit(_))));
    assert!(matches!(object(&"<</A".repeat(100_000)), Err(PdfError::Limit(_))));
    assert!(matches!(object(&format!("[{}]", "0 ".repeat(600_000))), Err(PdfError::Limit(_))));
}

#[test]
fn an_object_is_where_the_cross_reference_says_or_nowhere() {
    let bytes = b"4 0 obj << /Length 3 >> stream\nabc\nendstream endobj";
    let none = |_| None;
    let stored = indirect(bytes, 0, 4, 0, &none).unwrap();
    assert_eq!(stored.stream.map(|range| &bytes[range]), Some(&b"abc"[..]));
    assert!(indirect(bytes, 0, 5, 0, &none).is_err(), "another number");
    assert!(indirect(bytes, 0, 4, 1, &none).is_err(), "another generation");
    assert!(indirect(b" 4 0 obj null endobj", 0, 4, 0, &none).is_err(), "an offset beside it");
    for length in ["2", "5", "-1", "999", "(3)", "9 0 R"] {
        let text = format!("4 0 obj << /Length {length} >> stream\nabc\nendstream endobj");
        assert!(indirect(text.as_bytes(), 0, 4, 0, &none).is_err(), "length {length}");
    }
    assert!(indirect(b"4 0 obj null", 0, 4, 0, &none).is_err(), "no endobj");
}

#[test]
fn a_view_reads_what_the_file_has() {
    let bytes = file(&["<< /Type /Catalog /A 2 0 R >>", "3 0 R", "(end)"], "/Root 1 0 R");
    let view = View::open(&bytes).unwrap();
    let (number, catalog) = view.catalog().unwrap();
    assert_eq!(number, 1);
    assert_eq!(view.resolve(catalog.get("A").unwrap()), Ok(Object::String(b"end".to_vec())));
    assert_eq!(view.get(9).unwrap().map(|stored| stored.object), None);
    assert_eq!(view.trailing, 0);
}

#[test]
fn circles_end() {
    let bytes = file(&["<< /Type /Catalog /A 2 0 R >>", "3 0 R", "2 0 R"], "/Root 1 0 R");
    let view = View::open(&bytes).unwrap();
    assert_eq!(view.resolve(&Object::Reference(2, 0)), Err(PdfError::Circle));
    let text = String::from_utf8(file(&["<< >>"], "/Root 1 0 R /Prev 12345")).unwrap();
    let at = text.find("xref\n").unwrap();
    let circle = text.replace("12345", &format!("{at:05}"));
    assert_eq!(View::open(circle.as_bytes()).err(), Some(PdfError::Circle));
}

#[test]
fn a_malformed_cross_reference_is_not_repaired() {
    let sound = String::from_utf8(file(&["<< /Type /Catalog >>"], "/Root 1 0 R")).unwrap();
    assert!(View::open(sound.as_bytes()).is_ok());
    for (from, to) in [
        ("trailer", "traller"),
        (" n \n", " x \n"),
        ("startxref", "startxfer"),
        ("%%EOF", "%%EOP"),
        ("0 2\n", "0 3\n"),
        ("0 2\n", "0 99999999999\n"),
        ("%PDF", "PPDF"),
        ("/Root 1 0 R", "/Prev (x)  "),
    ] {
        assert!(View::open(sound.replacen(from, to, 1).as_bytes()).is_err(), "{from} -> {to}");
    }
    // Twice the same number in one section.
    let twice = sound.replacen("trailer", "1 1\n0000000009 00000 n \ntrailer", 1);
    assert!(matches!(View::open(twice.as_bytes()), Err(PdfError::Xref(_))));
}

#[test]
fn decoding_is_bounded() {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 4 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    let flate = object("<< /Filter /FlateDecode >>").unwrap();
    let flate = flate.dictionary().unwrap();
    assert_eq!(filter::decode(flate, &bomb, 1 << 20), None);
    assert_eq!(filter::decode(flate, &bomb, 5 << 20).map(|bytes| bytes.len()), Some(4 << 20));
    assert_eq!(filter::decode(flate, b"no zlib", 1 << 20), None);
    let many = object("<< /Filter [/AHx /AHx /AHx /AHx /AHx] >>").unwrap();
    assert_eq!(filter::decode(many.dictionary().unwrap(), b"00", 1 << 20), None);
    let hexadecimal = object("<< /Filter /ASCIIHexDecode >>").unwrap();
    assert_eq!(filter::decode(hexadecimal.dictionary().unwrap(), b"41 4>", 9), Some(b"A@".to_vec()));
    let unknown = object("<< /Filter /DCTDecode >>").unwrap();
    assert_eq!(filter::decode(unknown.dictionary().unwrap(), b"", 9), None);
}
