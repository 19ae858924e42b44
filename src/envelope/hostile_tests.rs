//! Packages made to hurt: each is read to the end with its reason, none is opened further than it may be.

use std::io::{Cursor, Write};

use bytes::Bytes;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::forge_tests::*;
use super::*;
use crate::finding::{Severity, has_errors};
use crate::limits::Limits;

fn fatal(package: &Package, words: &str) {
    let found = package
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Fatal && finding.text.en.contains(words));
    assert!(
        found,
        "'{words}' not in {:?}",
        package.findings.iter().map(|finding| &finding.text.en).collect::<Vec<_>>()
    );
}

fn deflated(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Where `needle` begins for the n-th time.
fn nth(haystack: &[u8], needle: &[u8], n: usize) -> usize {
    haystack
        .windows(needle.len())
        .enumerate()
        .filter(|(_, window)| *window == needle)
        .nth(n)
        .unwrap()
        .0
}

#[test]
fn what_is_no_zip_is_refused() {
    for bytes in [b"".as_slice(), b"PK", b"PK\x05\x06", b"%PDF-1.4", &[0; 100_000]] {
        fatal(&open(&Bytes::copy_from_slice(bytes)), "not a ZIP file");
    }
    let whole = Forge::v2().zip();
    for length in (0..whole.len()).step_by(97) {
        assert!(has_errors(&open(&whole.slice(..length)).findings), "cut at {length}");
    }
}

#[test]
fn an_entry_that_would_leave_its_folder_is_never_opened() {
    for name in ["/../../etc/passwd", "/a/../../b", "/..\\..\\x", "/C:\\x"] {
        let package = open(&Forge::v2().tampered(|parts| parts.push((name.into(), b"x".to_vec()))));
        fatal(&package, "unsafe name");
        let uri = format!("/{}", name.trim_start_matches('/').replace('\\', "/"));
        assert_eq!(package.open_part(&uri), None);
        assert_eq!(package.document.subject.as_deref(), Some("Konu"), "the rest is read");
    }
}

#[test]
fn a_bomb_is_seen_before_it_is_inflated() {
    let zeros = vec![0; 64 << 20];
    let package = open(&deflated(&[("UstYazi/a.pdf", &zeros)]).into());
    fatal(&package, "packed tighter than 200:1");
    assert_eq!(package.open_part("/UstYazi/a.pdf"), None);
    let small = Limits {
        entry_bytes: 1000,
        compression_ratio: u32::MAX,
        ..Limits::default()
    };
    fatal(
        &read(&deflated(&[("a", &zeros[..2000])]).into(), None, &Receiver::default(), &small),
        "more than 1000",
    );
    let total = Limits {
        package_bytes: 3000,
        ..Limits::default()
    };
    fatal(
        &read(
            &deflated(&[("a", &zeros[..2000]), ("b", &zeros[..2000])]).into(),
            None,
            &Receiver::default(),
            &total,
        ),
        "more than 3000 bytes",
    );
}

#[test]
fn an_entry_that_lies_about_its_size_is_cut_off() {
    let mut bytes = deflated(&[("Ustveri/Ustveri.xml", &[b' '; 5000])]);
    for (signature, offset) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let at = nth(&bytes, signature, 0) + offset;
        bytes[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    fatal(&open(&bytes.into()), "damaged");
}

#[test]
fn two_readers_may_not_see_two_packages() {
    let whole = Forge::v2().zip().to_vec();
    // The local header names another file than the directory.
    let mut other_name = whole.clone();
    let at = nth(&other_name, b"Ustveri/Ustveri.xml", 0);
    other_name[at] = b'X';
    fatal(&open(&other_name.into()), "contradicts");
    // Two directory records share one local header.
    let mut shared = deflated(&[("aa", b"one"), ("ab", b"two")]);
    let (first, second) = (nth(&shared, b"PK\x01\x02", 0), nth(&shared, b"PK\x01\x02", 1));
    shared.copy_within(first..first + 48, second);
    fatal(&open(&shared.into()), "overlapping");
    // A second package appended: the last directory counts, and the bytes before it are said.
    let two = [whole.as_slice(), &deflated(&[("a", b"x")])].concat();
    let package = open(&two.into());
    assert!(package.findings.iter().any(|finding| finding.rule == "KEP-2801"));
    assert_eq!(package.parts.len(), 1);
}

#[test]
fn duplicate_names_are_opened_by_nobody() {
    // The writer refuses duplicates, so the second name is patched in.
    let mut bytes = deflated(&[("UstYazi/a.pdf", b"%PDF one"), ("UstYazi/b.pdf", b"%PDF two")]);
    while let Some(at) = bytes.windows(13).position(|window| window == b"UstYazi/b.pdf") {
        bytes[at + 8] = b'a';
    }
    let package = open(&bytes.into());
    assert!(package.findings.iter().any(|finding| finding.rule == "C4"));
    assert_eq!(package.open_part("/UstYazi/a.pdf"), None);
    assert_eq!(package.document.file, None);
}

#[test]
fn encrypted_entries_and_strange_methods_are_refused() {
    let mut bytes = deflated(&[("a", b"x")]);
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = nth(&bytes, signature, 0) + flags;
        bytes[at] |= 1;
    }
    fatal(&open(&bytes.into()), "encrypted entry");
    let mut bytes = deflated(&[("a", b"x")]);
    for (signature, method) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
        let at = nth(&bytes, signature, 0) + method;
        bytes[at] = 99;
    }
    fatal(&open(&bytes.into()), "compression method 99");
}

#[test]
fn five_thousand_entries_are_too_many() {
    let names: Vec<String> = (0..5_000).map(|number| format!("Ekler/{number}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    fatal(&open(&deflated(&entries).into()), "5000 entries");
}

#[test]
fn xml_made_to_read_files_or_to_explode_is_not_expanded() {
    let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><l>&b;</l>";
    let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
    for xml in [
        bomb,
        "<!DOCTYPE a SYSTEM \"http://127.0.0.1/x.dtd\"><a/>",
        &deep,
        "",
        "\u{feff}",
        "<a",
        "\0",
    ] {
        for uri in [
            "/Ustveri/Ustveri.xml",
            "/PaketOzeti/PaketOzeti.xml",
            "/_rels/.rels",
            "/[Content_Types].xml",
            "/PaketOzeti/_rels/PaketOzeti.xml.rels",
        ] {
            let package = open(&Forge::v2().tampered(|parts| *part_of(parts, uri) = xml.as_bytes().to_vec()));
            assert!(has_errors(&package.findings), "{uri}");
        }
    }
}

#[test]
fn a_package_of_itself_ends() {
    // Not a true quine, but as wide: each level holds three packages, so that without a count there would be 3^12 of them.
    let mut inner = Forge::v2().zip();
    for _ in 0..12 {
        let mut forge = Forge::v2();
        forge.defaults.push(("eyp".into(), "application/eyazisma".into()));
        for number in 0..3 {
            forge.linked(
                &format!("/ImzasizEkler/{number}.eyp"),
                "imzasizEk",
                &format!("IdImzasizEk_{number}"),
                inner.to_vec(),
            );
        }
        if forge.zip().len() > 4 << 20 {
            break;
        }
        inner = forge.zip();
    }
    let package = open(&inner);
    let walked = package.walk();
    assert!(walked.len() <= 65, "{}", walked.len());
    assert!(
        walked
            .iter()
            .any(|(_, package)| package.findings.iter().any(|finding| finding.rule == "KEP-2804"))
    );
}

#[test]
fn findings_do_not_grow_with_the_attack() {
    let many: String = (0..20_000).map(|_| "<Ek><Tur>DED</Tur></Ek>").collect();
    let package = Forge::v2()
        .swap("/Ustveri/Ustveri.xml", "<Ekler>", &format!("<Ekler>{many}"))
        .read();
    assert!(package.findings.len() < 400, "{}", package.findings.len());
    assert!(
        package
            .findings
            .iter()
            .any(|finding| finding.text.en.contains("more findings of this rule"))
    );
}

/// Quadratic look-ups would make hours of this; it must be a matter of seconds even unoptimised.
#[test]
fn thousands_of_attachments_links_and_files_are_judged_in_time() {
    let id = |number: usize| format!("{number:08X}-0000-4000-8000-000000000001");
    let many: String = (0..8_000)
        .map(|number| {
            format!(
                "<Ek><Id Value=\"{}\"/><Tur>DED</Tur><DosyaAdi>{number}.pdf</DosyaAdi></Ek>",
                id(number)
            )
        })
        .collect();
    let forge = Forge::v2()
        .swap("/Ustveri/Ustveri.xml", "<Ekler>", &format!("<Ekler>{many}"))
        .edit(|forge| {
            for number in 0..8_000 {
                forge.relate("/", "ek", "/Ekler/ek1.pdf", &format!("IdEk_{}", id(number)));
            }
            forge
                .parts
                .extend((0..3_500).map(|number| (format!("/Ekler/{number}.pdf"), Vec::new())));
        });
    let bytes = forge.zip();
    let package = crate::isolate::run(std::time::Duration::from_secs(60), move || open(&bytes)).unwrap();
    assert!(has_errors(&package.findings));
}

#[test]
fn a_reference_to_a_look_alike_covers_nothing() {
    // The digests speak of the real letter, the relationship shows another.
    let package = Forge::v2()
        .edit(|forge| {
            forge.parts.push(("/UstYazi/sahte.pdf".into(), PDF.into()));
            forge.relationship("ustyazi").target = "/UstYazi/sahte.pdf".into();
        })
        .read();
    let rules: Vec<&str> = package
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Error)
        .map(|finding| finding.rule.as_str())
        .collect();
    assert!(rules.contains(&"H5") && rules.contains(&"H7"), "{rules:?}");
}

proptest! {
    #![proptest_config(crate::cases::fixed(64))]

    #[test]
    fn flipped_bytes_never_panic(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), kind in 0..3) {
        let bytes = match kind {
            0 => Forge::v1().zip(),
            1 => Forge::v2().zip(),
            _ => Forge::eypg(&Forge::v2().zip()).zip(),
        };
        let mut bytes = bytes.to_vec();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = open(&bytes.into());
    }

    #[test]
    fn mutated_xml_never_panics(part in 0..6_usize, cut in any::<prop::sample::Index>(), length in 0..80_usize, insert in "[<>&;\"'/a-zA-Z0-9 :=-]{0,30}") {
        let uri = ["/Ustveri/Ustveri.xml", "/NihaiUstveri/NihaiUstveri.xml", "/PaketOzeti/PaketOzeti.xml", "/_rels/.rels", "/[Content_Types].xml", "/NihaiOzet/NihaiOzet.xml"][part];
        let _ = open(&Forge::v2().tampered(|parts| {
            let bytes = part_of(parts, uri);
            let at = cut.index(bytes.len());
            let stop = (at + length).min(bytes.len());
            bytes.splice(at..stop, insert.bytes());
        }));
    }

    #[test]
    fn any_text_is_a_date_a_duration_or_none(text in "[-+PTYMDHS0-9:.Z ]{0,40}") {
        let _ = parse_date_time(&text);
        let _ = parse_duration(&text);
    }
}
