use super::*;

fn warned(name: &str, bytes: &[u8]) -> bool {
    !warnings(name, bytes).is_empty()
}

#[test]
fn a_program_is_told_from_its_content_whatever_its_name() {
    assert!(warned("fatura.pdf", b"MZ\x90\0"));
    assert!(warned("resim", b"\x7fELF\x02"));
    assert!(warned("notlar.txt", b"#!/bin/sh\n"));
    assert!(warned("kisayol.txt", &[0x4c, 0, 0, 0, 1, 0x14, 2, 0, 0]));
    assert!(warned("tablo.xlsx", b"PK\x03\x04 [Content_Types].xml xl/vbaProject.bin"));
}

#[test]
fn a_name_that_runs_is_told_even_where_the_content_says_nothing() {
    for name in ["a.exe", "a.JS", "belge.pdf.scr ", "a.İSO", "a.docm"] {
        assert!(warned(name, b"x"), "{name}");
    }
}

#[test]
fn active_content_is_found_in_what_only_seems_to_show() {
    assert!(warned("a.pdf", b"%PDF-1.7 1 0 obj << /OpenAction << /S /JavaScript >> >>"));
    assert!(warned("a.svg", b"<?xml version='1.0'?><SVG onload='x'>"));
    assert!(warned("a.txt", b"\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0"));
    assert!(warned("a.rtf", b"{\\rtf1 {\\object\\objdata 0105}}"));
    assert!(warned("a.zip", b"PK\x03\x04 herhangi.bir"));
}

#[test]
fn what_shows_is_not_warned_of() {
    assert!(!warned("yazi.pdf", b"%PDF-1.7 plain"));
    assert!(!warned("tablo.xlsx", b"PK\x03\x04 [Content_Types].xml xl/workbook.xml"));
    assert!(!warned("not.txt", "Sayın ilgili, ektedir.".as_bytes()));
    assert!(!warned("resim.png", b"\x89PNG\r\n\x1a\n"));
}
