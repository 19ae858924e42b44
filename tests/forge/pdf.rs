//! A one-page PDF with Turkish text, written by hand: readable in a viewer, text extractable through a ToUnicode map.
//!
//! It carries the PDF/A marker in its XMP. It is not a true PDF/A: the font is one of the standard fourteen and is not embedded.

use std::fmt::Write;

/// Turkish letters that Latin-1 lacks, on codes of their own: code, glyph name, letter.
const TURKISH: [(u8, &str, char); 6] = [
    (0x80, "Gbreve", 'Ğ'),
    (0x81, "gbreve", 'ğ'),
    (0x82, "Idotaccent", 'İ'),
    (0x83, "dotlessi", 'ı'),
    (0x84, "Scedilla", 'Ş'),
    (0x85, "scedilla", 'ş'),
];

/// A letter: `heading` lines centred on top, then the text, one PDF line per line.
pub fn letter(title: &str, lines: &[String]) -> Vec<u8> {
    assemble(&letter_objects(title, lines))
}

/// The objects of a letter, numbered from 1: catalog, pages, page, content, font, its map, metadata.
pub fn letter_objects(title: &str, lines: &[String]) -> Vec<Vec<u8>> {
    let mut text = String::from("BT /F1 11 Tf 14 TL 56 780 Td\n");
    for line in lines {
        writeln!(text, "<{}> Tj T*", hex::encode(encode(line))).unwrap();
    }
    text.push_str("ET\n");
    let differences: String = TURKISH.iter().map(|(code, glyph, _)| format!("{code} /{glyph} ")).collect();
    let map: String = TURKISH
        .iter()
        .map(|(code, _, letter)| format!("<{code:02X}> <{:04X}>\n", *letter as u32))
        .collect();
    let cmap = format!(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Turkish def /CMapType 2 def\n\
         1 begincodespacerange <00> <FF> endcodespacerange\n\
         2 beginbfrange <20> <7E> <0020> <A0> <FF> <00A0> endbfrange\n\
         {} beginbfchar\n{map}endbfchar\nendcmap CMapName currentdict /CMap defineresource pop end end\n",
        TURKISH.len()
    );
    let xmp = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\"><pdfaid:part>1</pdfaid:part>\
         <pdfaid:conformance>B</pdfaid:conformance></rdf:Description>\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title><rdf:Alt>\
         <rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt></dc:title></rdf:Description>\n\
         </rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>\n",
        super::eyp::escape(title)
    );
    vec![
        b"<< /Type /Catalog /Pages 2 0 R /Metadata 7 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_vec(),
        stream("", text.as_bytes()),
        format!(
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R /Encoding << /Type /Encoding \
             /BaseEncoding /WinAnsiEncoding /Differences [{differences}] >> >>"
        )
        .into_bytes(),
        stream("", cmap.as_bytes()),
        stream("/Type /Metadata /Subtype /XML ", xmp.as_bytes()),
    ]
}

fn encode(line: &str) -> Vec<u8> {
    line.chars()
        .map(|c| match TURKISH.iter().find(|(_, _, letter)| *letter == c) {
            Some((code, _, _)) => *code,
            None => u8::try_from(c as u32).unwrap_or(b'?'),
        })
        .collect()
}

pub fn stream(dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("<< {dictionary}/Length {} >>\nstream\n", bytes.len()).into_bytes();
    out.extend(bytes);
    out.extend(b"\nendstream");
    out
}

fn assemble(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = vec![];
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n", i + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    offsets
        .iter()
        .for_each(|offset| out.extend(format!("{offset:010} 00000 n \n").bytes()));
    let id = hex::encode(&super::pki::Hash::Sha256.of(&out)[..16]);
    out.extend(format!("trailer\n<< /Size {} /Root 1 0 R /ID [<{id}> <{id}>] >>\n", objects.len() + 1).bytes());
    out.extend(format!("startxref\n{xref}\n%%EOF\n").bytes());
    out
}
