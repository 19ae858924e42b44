//! What bytes are, told from the bytes. Names and declared types come second: on the wire nearly everything is `application/octet-stream`.

use super::fields;
use super::opaque;

/// Local names of the ETSI REM evidence roots, with the spellings met in the field, in ASCII lower case. Any namespace.
pub const EVIDENCE_ROOTS: &[&str] = &[
    "submissionacceptancerejection",
    "relayremmdacceptancerejection",
    "relaytoremmdacceptancerejection",
    "remmdacceptancerejection",
    "relayremmdfailure",
    "relaytoremmdfailure",
    "deliverynondeliverytorecipient",
    "downloadnondownloadbyrecipient",
    "retrievalnonretrievalbyrecipient",
    "acceptancerejectionbyrecipient",
    "relaytononremsystem",
    "receivedfromnonremsystem",
];

/// How far a beginning is looked into.
const HEAD_BYTES: usize = 64 << 10;
/// How much of a ZIP's end is searched for part names: the central directory of 4,096 entries takes half of it.
const DIRECTORY_BYTES: usize = 1 << 20;
/// The end record of a ZIP with the longest comment.
const END_RECORD_BYTES: usize = 22 + 65_535;
/// How many header lines are looked at before bytes are held to be no mail.
const HEADER_LINES: usize = 200;

/// Part names that only e-Yazışma packages have, see the tables of the package format.
const PACKAGE_PARTS: &[&[u8]] = &[
    b"Ustveri/Ustveri.xml",
    b"PaketOzeti/PaketOzeti.xml",
    b"NihaiOzet/NihaiOzet.xml",
    b"NihaiUstveri/NihaiUstveri.xml",
    b"SifreliIcerikBilgisi/",
    b"GuncellemeBilgisi/",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Package,
    Zip,
    Pdf,
    Evidence,
    RemExtensions,
    Xml,
    Cms,
    Other,
}

/// The kind of a file by its content.
pub fn content(bytes: &[u8]) -> Content {
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] if is_package(bytes) => Content::Package,
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Content::Zip,
        [b'%', b'P', b'D', b'F', b'-', ..] => Content::Pdf,
        [0x30, ..] if opaque::looks_like_cms(bytes) => Content::Cms,
        _ => match xml_root(bytes) {
            Some(root) if EVIDENCE_ROOTS.contains(&root.to_ascii_lowercase().as_str()) => Content::Evidence,
            Some(root) if root.eq_ignore_ascii_case("REMExtensions") => Content::RemExtensions,
            Some(_) => Content::Xml,
            // A ZIP is found from its end, so other programs open it whatever stands before it: so must we.
            None if !is_mail(bytes) && ends_as_package(bytes) => Content::Package,
            None => Content::Other,
        },
    }
}

/// `.eyp`, `.eyps` and `.eypg`, compared in ASCII so that Turkish I and ı cannot interfere.
pub fn has_package_suffix(name: &str) -> bool {
    [".eyp", ".eyps", ".eypg"].iter().any(|suffix| has_suffix(name, suffix))
}

pub fn has_suffix(name: &str, suffix: &str) -> bool {
    name.to_ascii_lowercase().ends_with(suffix)
}

/// An OPC package with parts of e-Yazışma: names stand uncompressed in the central directory at the end of the file.
fn is_package(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(DIRECTORY_BYTES)..).unwrap_or(bytes);
    contains(tail, b"[Content_Types].xml") && PACKAGE_PARTS.iter().any(|part| contains(tail, part))
}

/// The same behind bytes that are none of its own, as self-extracting files have them: with the records of a directory at the end.
fn ends_as_package(bytes: &[u8]) -> bool {
    let end = bytes.get(bytes.len().saturating_sub(END_RECORD_BYTES)..).unwrap_or(bytes);
    contains(end, b"PK\x05\x06") && contains(bytes, b"PK\x01\x02") && is_package(bytes)
}

/// From the end: that is where the names stand.
fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::rfind(haystack, needle).is_some()
}

/// The local name of the root element, without parsing the document. UTF-16 is seen through by dropping its zero bytes.
pub fn xml_root(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let utf16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let head: Vec<u8> = match utf16 {
        true => head.iter().copied().skip(2).filter(|byte| *byte != 0).collect(),
        false => head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).to_vec(),
    };
    let mut rest = head.as_slice();
    loop {
        rest = rest.trim_ascii_start().strip_prefix(b"<")?;
        rest = match rest {
            [b'?', ..] => after(rest, b"?>")?,
            [b'!', b'-', b'-', ..] => after(rest, b"-->")?,
            // An internal subset holds `>` of its own: without seeing through it, evidence with a DTD would be taken for something else.
            [b'!', ..] => match rest.iter().position(|byte| b"[>".contains(byte)).and_then(|at| rest.get(at..))? {
                [b'[', subset @ ..] => after(after(subset, b"]")?, b">")?,
                end => after(end, b">")?,
            },
            _ => break,
        };
    }
    let name: Vec<u8> = rest
        .iter()
        .copied()
        .take_while(|byte| !byte.is_ascii_whitespace() && !b"/>".contains(byte))
        .collect();
    let name = String::from_utf8(name).ok()?;
    let local = name.rsplit(':').next()?.to_owned();
    local.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(local)
}

fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    bytes.get(at + mark.len()..)
}

/// Starts with header lines of which one speaks of MIME: a message that travels as a plain file.
pub fn is_mime_message(bytes: &[u8]) -> bool {
    has_header(bytes, &["mime-version", "content-type"])
}

/// Starts with header lines of a mail.
pub fn is_mail(bytes: &[u8]) -> bool {
    const KNOWN: &[&str] = &[
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "content-type",
        "x-tr-rem-iletitip",
        "delivered-to",
        "reply-to",
        "sender",
    ];
    has_header(bytes, KNOWN)
}

fn has_header(bytes: &[u8], known: &[&str]) -> bool {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut at = 0;
    for _ in 0..HEADER_LINES {
        let end = super::prescan::line_end(head, at);
        let line = head.get(at..end).unwrap_or_default();
        if line.trim_ascii().is_empty() {
            return false;
        }
        let (fields, malformed) = fields::split(line);
        let first_line_of_mbox = at == 0 && line.starts_with(b"From ");
        if malformed && !line.starts_with(b" ") && !line.starts_with(b"\t") && !first_line_of_mbox {
            return false;
        }
        if fields.iter().any(|field| known.iter().any(|name| field.is(name))) {
            return true;
        }
        at = end;
    }
    false
}
