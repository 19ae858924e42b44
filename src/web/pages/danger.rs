//! What somebody should know before a file lands on their machine. Told from the content first: a name is whatever the sender wrote.

use crate::text::{Text, fold};

/// Types that run when they are opened, by the end of their name.
const RUNS: [&str; 44] = [
    "exe",
    "com",
    "scr",
    "pif",
    "cpl",
    "msi",
    "msp",
    "msix",
    "appx",
    "bat",
    "cmd",
    "ps1",
    "psm1",
    "vbs",
    "vbe",
    "js",
    "jse",
    "wsf",
    "wsh",
    "hta",
    "lnk",
    "url",
    "reg",
    "inf",
    "scf",
    "jar",
    "jnlp",
    "dll",
    "sys",
    "ocx",
    "chm",
    "hlp",
    "gadget",
    "application",
    "sh",
    "desktop",
    "apk",
    "dmg",
    "pkg",
    "iso",
    "img",
    "vhd",
    "vhdx",
    "one",
];
/// Office documents that may carry macros by their type.
const MACROS: [&str; 10] = ["docm", "dotm", "xlsm", "xlsb", "xltm", "xlam", "pptm", "potm", "ppsm", "ppam"];
/// How much of a file's beginning is searched for marks of active content that stand anywhere in a text.
const TEXT_HEAD: usize = 256 << 10;

/// The warnings for a file; none for what only shows something.
pub fn warnings(name: &str, bytes: &[u8]) -> Vec<Text> {
    let extension = extension(name);
    let mut found = Vec::new();
    found.extend(by_content(bytes));
    if RUNS.contains(&extension.as_str()) && found.is_empty() {
        found.push(Text::new(
            format!("'.{extension}' türü açıldığında bu bilgisayarda çalışır."),
            format!("A '.{extension}' file runs on this machine when it is opened."),
        ));
    }
    if MACROS.contains(&extension.as_str()) && found.is_empty() {
        found.push(macros());
    }
    found.extend(disguise(&extension, bytes));
    found
}

fn extension(name: &str) -> String {
    let last = name
        .trim_end_matches(['.', ' '])
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    fold(last).chars().take(12).collect()
}

fn by_content(bytes: &[u8]) -> Option<Text> {
    match bytes {
        [b'M', b'Z', ..] => Some(program("Windows")),
        [0x7f, b'E', b'L', b'F', ..] => Some(program("Linux")),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => Some(program("macOS")),
        [0xca, 0xfe, 0xba, 0xbe, ..] => Some(program("Java")),
        [0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0, ..] => Some(program("Windows (.lnk)")),
        [b'#', b'!', ..] => Some(program("Unix")),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Some(ole(bytes)),
        [b'P', b'K', 3 | 5 | 7, 4 | 6 | 8, ..] => zip(bytes),
        [b'%', b'P', b'D', b'F', b'-', ..] => pdf(bytes),
        [b'R', b'a', b'r', b'!', ..] | [b'7', b'z', 0xbc, 0xaf, ..] | [b'M', b'S', b'C', b'F', ..] | [0x1f, 0x8b, ..] => Some(archive()),
        [b'{', b'\\', b'r', b't', b'f', ..] if has(bytes, b"\\objdata") => Some(Text::new(
            "RTF dosyasının içine nesne gömülü; açıldığında çalışabilir.",
            "The RTF file has an embedded object, which may run when it is opened.",
        )),
        _ => markup(bytes),
    }
}

fn program(system: &str) -> Text {
    Text::new(
        format!("İçeriği bir programdır ({system}). Açmayın; gönderenden ne olduğunu sorun."),
        format!("Its content is a program ({system}). Do not open it; ask the sender what it is."),
    )
}

fn macros() -> Text {
    Text::new(
        "Makro (VBA) içeriyor. Açarsanız makroları etkinleştirmeyin.",
        "It has macros (VBA). If you open it, do not enable them.",
    )
}

fn archive() -> Text {
    Text::new(
        "Sıkıştırılmış arşiv: içine bakılmadı. Açmadan önce virüs taramasından geçirin.",
        "A compressed archive that was not looked into. Scan it before you open it.",
    )
}

/// The old Office format, and installers.
fn ole(bytes: &[u8]) -> Text {
    let vba: Vec<u8> = "_VBA_PROJECT".bytes().flat_map(|byte| [byte, 0]).collect();
    if has(bytes, &vba) {
        return macros();
    }
    Text::new(
        "Eski Office biçimi: içinde çalışan bir şey olabilir. Korumalı görünümde açın.",
        "The old Office format can hold things that run. Open it in protected view.",
    )
}

fn zip(bytes: &[u8]) -> Option<Text> {
    if has(bytes, b"vbaProject.bin") {
        return Some(macros());
    }
    // A package of documents (OPC, OpenDocument, e-Yazışma) shows; any other ZIP is an archive with whatever is in it.
    let shows = has(bytes, b"[Content_Types].xml") || has(bytes, b"mimetypeapplication/vnd.oasis.opendocument");
    (!shows).then(archive)
}

fn pdf(bytes: &[u8]) -> Option<Text> {
    let active: [&[u8]; 5] = [b"/JavaScript", b"/JS", b"/Launch", b"/RichMedia", b"/EmbeddedFile"];
    active.iter().any(|mark| has(bytes, mark)).then(|| {
        Text::new(
            "PDF'in içinde betik, gömülü dosya ya da çalıştırma komutu var. Yalnız güncel ve korumalı bir görüntüleyicide açın.",
            "The PDF has a script, an embedded file or a launch action. Open it only in an up-to-date viewer with protection.",
        )
    })
}

/// Web pages and drawings: a browser runs what is in them.
fn markup(bytes: &[u8]) -> Option<Text> {
    let head: Vec<u8> = bytes
        .iter()
        .take(TEXT_HEAD)
        .filter(|byte| **byte != 0)
        .map(u8::to_ascii_lowercase)
        .collect();
    let marks: [&[u8]; 7] = [
        b"<script",
        b"<html",
        b"<!doctype html",
        b"<svg",
        b"<iframe",
        b"javascript:",
        b"<hta:",
    ];
    marks.iter().any(|mark| has(&head, mark)).then(|| {
        Text::new(
            "Web içeriği (HTML/SVG): tarayıcıda açılırsa içindeki betik çalışır.",
            "Web content (HTML/SVG): a browser runs the scripts in it.",
        )
    })
}

/// A name that promises something else than what is there.
fn disguise(extension: &str, bytes: &[u8]) -> Option<Text> {
    let fits = match extension {
        "pdf" => bytes.starts_with(b"%PDF-"),
        "png" => bytes.starts_with(b"\x89PNG"),
        "jpg" | "jpeg" => bytes.starts_with(&[0xff, 0xd8, 0xff]),
        "docx" | "xlsx" | "pptx" | "odt" | "ods" | "udf" | "eyp" | "eyps" | "eypg" => bytes.starts_with(b"PK"),
        _ => return None,
    };
    (!fits && !bytes.is_empty()).then(|| {
        Text::new(
            format!("Adı '.{extension}' diyor ama içeriği öyle değil."),
            format!("Its name says '.{extension}', its content is something else."),
        )
    })
}

fn has(bytes: &[u8], mark: &[u8]) -> bool {
    memchr::memmem::find(bytes, mark).is_some()
}

#[cfg(test)]
#[path = "danger_tests.rs"]
mod danger_tests;
