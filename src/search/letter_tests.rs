//! The words of a PDF: fonts, encodings and places as writers make them, and bytes that are made to hurt.

use std::time::{Duration, Instant};

use super::fold::words;
use super::letter::{LETTERS, of_file};

/// A PDF of these objects, numbered from 1; the first is the catalog.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", at + 1).bytes());
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    offsets
        .iter()
        .for_each(|offset| out.extend(format!("{offset:010} 00000 n \n").bytes()));
    out.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n", objects.len() + 1).bytes());
    out
}

fn stream(dictionary: &str, content: &str) -> String {
    format!("<< {dictionary} /Length {} >>\nstream\n{content}\nendstream", content.len())
}

/// One page with this content and this font.
fn page(content: &str, font: &str, more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".into(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F1 5 0 R >> /XObject << /X1 6 0 R >> >> >>".into(),
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>".into(),
        stream("", content),
        font.into(),
    ];
    objects.extend_from_slice(more);
    pdf(&objects)
}

const PLAIN: &str = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";

#[test]
fn strings_arrays_and_quotes_are_read() {
    let content =
        "BT /F1 12 Tf 14 TL 50 700 Td (Birinci) Tj T* [(ik) 20 (inci) -400 (kelime)] TJ (\\374\\347\\374nc\\374) ' 1 2 (son) \" ET";
    assert_eq!(
        words(&of_file(&page(content, PLAIN, &[]))),
        ["birinci", "ikinci", "kelime", "ucuncu", "son"]
    );
}

#[test]
fn words_part_where_letters_stand_apart() {
    // Widths of 500: `ka` ends at 60 + 12. A piece that begins there goes on; one that stands off begins a word; one below begins a line.
    let font = "<< /Type /Font /Subtype /TrueType /FirstChar 0 /Widths [500] /Encoding /WinAnsiEncoding >>";
    let content = "BT /F1 12 Tf 1 0 0 1 60 700 Tm (ka) Tj 1 0 0 1 72 700 Tm (rar) Tj 1 0 0 1 95 700 Tm (no) Tj ET \
                   BT /F1 12 Tf 60 680 Td (alt) Tj ET q 2 0 0 2 0 0 cm BT /F1 12 Tf 300 20 Td (yan) Tj ET Q";
    assert_eq!(words(&of_file(&page(content, font, &[]))), ["karar", "no", "alt", "yan"]);
}

#[test]
fn a_map_to_unicode_and_wide_codes_are_read() {
    let map = "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
               2 beginbfchar <0001> <011F> <0002> <00660069> endbfchar 2 beginbfrange <0010> <0029> <0061> <0030> <0031> [<0131> <015F>] endbfrange endcmap";
    let font = "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 7 0 R /DescendantFonts [8 0 R] >>";
    let descendant = "<< /Type /Font /Subtype /CIDFontType2 /DW 500 /W [16 [500 500] 18 41 500] >>".to_owned();
    // d-a-ğ, fi, ı-ş
    let content = "BT /F1 10 Tf 50 700 Td <001300100001> Tj 100 0 Td <0002> Tj 100 0 Td <00300031> Tj ET";
    let bytes = page(content, font, &[stream("", ""), stream("", map), descendant]);
    assert_eq!(of_file(&bytes), "dağ fi ış");
}

#[test]
fn names_of_glyphs_are_read() {
    let font = "<< /Type /Font /Subtype /Type1 /Encoding << /BaseEncoding /WinAnsiEncoding \
                /Differences [1 /gbreve /Idotaccent 65 /scedilla /uni0131 /A.sc] >> >>";
    let content = "BT /F1 10 Tf 50 700 Td (\\001\\002ABC) Tj ET";
    assert_eq!(of_file(&page(content, font, &[])), "ğİşıA");
}

#[test]
fn forms_are_read_and_images_are_passed_over() {
    let form = stream("/Type /XObject /Subtype /Form", "BT /F1 10 Tf 5 5 Td (antet) Tj /X1 Do ET");
    let content = "BI /W 1 /H 1 ID \u{1}(Tj ET\u{2} EI BT /F1 10 Tf 50 700 Td (metin) Tj ET q 1 0 0 1 0 50 cm /X1 Do Q";
    let found = words(&of_file(&page(content, PLAIN, &[form])));
    assert_eq!(found.first().map(String::as_str), Some("metin"));
    // A form that places itself ends.
    assert!((1..=5).contains(&found.iter().filter(|word| *word == "antet").count()), "{found:?}");
}

#[test]
fn text_that_is_no_pdf_is_read_and_bytes_are_not() {
    assert_eq!(of_file("İlgi  yazı\r\n\u{202e}gereği".as_bytes()), "İlgi yazı gereği");
    assert_eq!(of_file(b"PK\x03\x04\0\0\xff"), "");
    assert_eq!(of_file(b""), "");
}

#[test]
fn hostile_files_end_soon_and_are_small() {
    let endless = "(a) Tj ".repeat(400_000);
    let kids = "<< /Type /Pages /Kids [2 0 R 2 0 R 2 0 R] /Count 3 >>";
    let circle = pdf(&["<< /Type /Catalog /Pages 2 0 R >>".into(), kids.into()]);
    let wide_map = "1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange";
    let mapped = "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 7 0 R /DescendantFonts [8 0 R] >>";
    let widths = "<< /Type /Font /DW 1e99 /W [0 4294967295 7 0 4294967295 7 0 [1 2 3] 9] >>".to_owned();
    let hostile = [
        page(&format!("BT /F1 12 Tf {endless} ET"), PLAIN, &[]),
        page(&"q ".repeat(500_000), PLAIN, &[]),
        page(&"[".repeat(200_000), PLAIN, &[]),
        page(&"<<".repeat(200_000), PLAIN, &[]),
        page(&"(".repeat(200_000), PLAIN, &[]),
        page(
            "BT /F1 1e300 Tf 1e300 0 0 1e300 9e999 -9e999 Tm (a) Tj [(b) 1e308 (c)] TJ ET",
            PLAIN,
            &[],
        ),
        page(
            "BT /F1 12 Tf <0001000200030004> Tj ET",
            mapped,
            &[stream("", ""), stream("", wide_map), widths],
        ),
        circle,
    ];
    for (at, bytes) in hostile.iter().enumerate() {
        let begin = Instant::now();
        let text = of_file(bytes);
        assert!(text.chars().count() <= LETTERS, "{at}");
        // No measurement: an end that never comes is what this is about.
        assert!(begin.elapsed() < Duration::from_secs(600), "{at}");
    }
}

#[test]
fn no_cut_and_no_flipped_byte_brings_it_down() {
    let content = "BT /F1 12 Tf 14 TL 50 700 Td (Birinci) Tj T* [(ik) 20 (inci)] TJ ET";
    let sound = page(content, PLAIN, &[]);
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x15;
        of_file(&bytes);
        of_file(&sound[..at]);
    }
}
