//! Header fields and names in every spelling of the field.

use super::fields::{mime_fields, split};
use super::sniff;
use super::{bare_id, kep_provider};

fn name_of(header: &str) -> Option<String> {
    mime_fields(header.as_bytes()).name
}

#[test]
fn file_names_are_decoded_in_every_spelling() {
    for (header, name) in [
        ("Content-Type: a/b; name=duz.eyp\r\n", "duz.eyp"),
        ("Content-Type: a/b;\r\n\tname=\"bosluk lu.eyp\"\r\n", "bosluk lu.eyp"),
        ("Content-Type: a/b; name=\"=?utf-8?B?xLBsYW4uZXlw?=\"\r\n", "İlan.eyp"),
        ("Content-Type: a/b; name==?utf-8?B?xLBsYW4uZXlw?=\r\n", "İlan.eyp"),
        (
            "Content-Type: a/b; name=\"=?utf-8?B?xLBs?=\r\n =?utf-8?B?YW4uZXlw?=\"\r\n",
            "İlan.eyp",
        ),
        ("Content-Type: a/b; name=\"=?iso-8859-9?Q?=DDlan=2Eeyp?=\"\r\n", "İlan.eyp"),
        ("Content-Disposition: attachment; filename*=UTF-8''%C4%B0lan.eyp\r\n", "İlan.eyp"),
        (
            "Content-Disposition: attachment; filename*=iso-8859-9'tr'%DDlan.eyp\r\n",
            "İlan.eyp",
        ),
        (
            "Content-Disposition: attachment; filename*0*=UTF-8''%C4%B0l;\r\n filename*1=an;\r\n filename*2*=%2Eeyp\r\n",
            "İlan.eyp",
        ),
        (
            "Content-Disposition: attachment; filename=\"C:\\Evrak\\bir.eyp\"\r\n",
            "C:\\Evrak\\bir.eyp",
        ),
        ("Content-Disposition: attachment; filename=\"a\\\"b;c.eyp\"\r\n", "a\"b;c.eyp"),
        (
            "Content-Type: a/b; name=once.pdf\r\nContent-Disposition: attachment; filename=sonra.pdf\r\n",
            "sonra.pdf",
        ),
    ] {
        assert_eq!(name_of(header).as_deref(), Some(name), "{header}");
    }
    assert_eq!(name_of("Content-Type: a/b; name=\r\n").as_deref(), Some(""));
    assert_eq!(name_of("Content-Type: a/b\r\n"), None);
}

#[test]
fn eight_bit_names_of_old_senders_are_read_as_turkish() {
    assert_eq!(
        mime_fields(b"Content-Type: a/b; name=\"\xddlan.eyp\"\r\n").name.as_deref(),
        Some("İlan.eyp")
    );
}

#[test]
fn a_missing_or_broken_content_type_has_a_safe_default() {
    assert_eq!(mime_fields(b"").content_type, "text/plain");
    assert_eq!(mime_fields(b"Content-Type: \r\n").content_type, "text/plain");
    assert_eq!(mime_fields(b"Content-Type: pdf\r\n").content_type, "application/octet-stream");
    assert_eq!(
        mime_fields(b"CONTENT-TYPE: Application/PDF (belge); x=y\r\n").content_type,
        "application/pdf"
    );
}

#[test]
fn a_fold_of_blanks_does_not_end_the_header() {
    let (fields, malformed) = split(b"Subject: bir\r\n \r\nFrom: a@b\r\nkotu satir\r\n");
    assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["Subject", "From"]);
    assert!(malformed);
}

#[test]
fn kep_addresses_name_their_provider() {
    for (address, provider) in [
        ("kurum@hs01.kep.tr", Some("hs01")),
        ("x@kurum.hs03.kep.tr", Some("hs03")),
        ("X@Kurum.HS42.KEP.TR", Some("hs42")),
        ("x@hs1.kep.tr", None),
        ("x@hs01.kep.tr.example.com", None),
        ("x@hs01kep.tr", None),
        ("x@kep.tr", None),
        ("@hs01.kep.tr", None),
        ("x@..hs01.kep.tr", None),
        ("hs01.kep.tr", None),
    ] {
        assert_eq!(kep_provider(address).as_deref(), provider, "{address}");
    }
}

#[test]
fn identifiers_lose_their_brackets() {
    assert_eq!(
        bare_id(" <EYWS{1-2}.01012026.pttkepMimeyap> ").as_deref(),
        Some("EYWS{1-2}.01012026.pttkepMimeyap")
    );
    assert_eq!(bare_id("a@b").as_deref(), Some("a@b"));
    assert_eq!(bare_id("<>"), None);
}

#[test]
fn roots_are_found_without_parsing() {
    for (xml, root) in [
        ("<a/>", Some("a")),
        (
            "\u{feff}<?xml version=\"1.0\"?>\n<!-- <b> -->\n<!DOCTYPE x>\n<n:Delil xmlns:n=\"u\">",
            Some("Delil"),
        ),
        ("<1>", None),
        ("metin", None),
        ("<!-- <a>", None),
    ] {
        assert_eq!(sniff::xml_root(xml.as_bytes()).as_deref(), root, "{xml}");
    }
    let utf16: Vec<u8> = "\u{feff}<Kök/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(sniff::xml_root(&utf16).is_none_or(|root| root.starts_with('K')));
}
