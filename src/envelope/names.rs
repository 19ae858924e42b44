//! Entry names, part names, and the names that senders meant.

/// Letters that old Turkish writers put into ZIP names without the UTF-8 flag (code page 857).
const CP857: [(u8, char); 12] = [
    (0x80, 'Ç'),
    (0x81, 'ü'),
    (0x87, 'ç'),
    (0x8D, 'ı'),
    (0x94, 'ö'),
    (0x98, 'İ'),
    (0x99, 'Ö'),
    (0x9A, 'Ü'),
    (0x9E, 'Ş'),
    (0x9F, 'ş'),
    (0xA6, 'Ğ'),
    (0xA7, 'ğ'),
];

/// A ZIP entry name as text: UTF-8 whatever the flag says, else code page 857.
pub(super) fn entry_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => raw
            .iter()
            .map(|byte| match byte {
                0..=0x7F => char::from(*byte),
                _ => CP857
                    .iter()
                    .find(|(code, _)| code == byte)
                    .map_or('\u{fffd}', |(_, letter)| *letter),
            })
            .collect(),
    }
}

/// Why an entry name could write outside the folder it is unpacked into, or means different things to
/// different readers; in Turkish and English.
pub(super) fn unsafe_reason(name: &str) -> Option<(&'static str, &'static str)> {
    let decoded = percent_decode(name).replace('\\', "/");
    let drive = decoded.as_bytes().get(1) == Some(&b':') && decoded.starts_with(|c: char| c.is_ascii_alphabetic());
    if name.is_empty() {
        return Some(("boş", "empty"));
    }
    if decoded.chars().any(char::is_control) {
        return Some(("denetim karakteri", "control character"));
    }
    if decoded.starts_with('/') || drive {
        return Some(("mutlak yol", "absolute path"));
    }
    if decoded.split('/').any(|segment| segment == ".." || segment == ".") {
        return Some(("üst klasöre çıkıyor", "dot segment"));
    }
    None
}

/// `%41` becomes `A`; what is no escape, or no UTF-8 afterwards, stays.
pub(super) fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let escaped = (*byte == b'%')
            .then(|| behind.get(..2).and_then(|pair| hex::decode(pair).ok()))
            .flatten();
        match escaped.as_deref() {
            Some([value]) => {
                out.push(*value);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*byte);
                rest = behind;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// The form in which two spellings of one part name meet: unescaped, forward slashes, ASCII letters, lower case.
pub(super) fn folded(name: &str) -> String {
    crate::text::fold(&percent_decode(name).replace('\\', "/"))
}

/// What the official writer makes of a file name before it becomes part of a part name: Turkish letters to ASCII, everything outside
/// 0x20-0x7E dropped, white space dropped. (The escaping that follows is undone before any comparison.)
pub(super) fn official_file_name(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            'ç' => 'c',
            'Ç' => 'C',
            'ğ' => 'g',
            'Ğ' => 'G',
            'ı' => 'i',
            'İ' => 'I',
            'ö' => 'o',
            'Ö' => 'O',
            'ş' => 's',
            'Ş' => 'S',
            'ü' => 'u',
            'Ü' => 'U',
            other => other,
        })
        .filter(|c| ('\u{21}'..='\u{7e}').contains(c))
        .collect()
}

/// The last segment of a part name, unescaped.
pub(super) fn file_name(part: &str) -> String {
    percent_decode(part.rsplit('/').next().unwrap_or_default())
}

/// How well a file name that a sender declared fits a part name: exactly the raw or the officially encoded name, or only when letter
/// case is ignored; `None` when it does not.
pub(super) fn fits(declared: &str, part: &str) -> Option<Fit> {
    let actual = file_name(part);
    let encoded = official_file_name(declared);
    if encoded == actual || declared.trim() == actual {
        return Some(Fit::Exact);
    }
    let same = !encoded.is_empty() && encoded.eq_ignore_ascii_case(&official_file_name(&actual));
    same.then_some(Fit::Loose)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Exact,
    Loose,
}

/// The part that a relationship target names, seen from the part that holds the relationship (`/` for the package): RFC 3986 5.2 as
/// OPC applies it. `None` for what points out of the package.
pub(super) fn resolve(source: &str, target: &str) -> Option<String> {
    let target = target.split(['#', '?']).next().unwrap_or_default().replace('\\', "/");
    let has_scheme = target.split('/').next().is_some_and(|first| first.contains(':'));
    if target.is_empty() || has_scheme || target.starts_with("//") {
        return None;
    }
    let folder = source.rsplit_once('/').map_or("", |(folder, _)| folder);
    let joined = if target.starts_with('/') {
        target
    } else {
        format!("{folder}/{target}")
    };
    let mut segments: Vec<&str> = Vec::new();
    for segment in joined.split('/').filter(|segment| !segment.is_empty()) {
        match segment {
            "." => {}
            ".." => {
                segments.pop()?;
            }
            name => segments.push(name),
        }
    }
    (!segments.is_empty()).then(|| format!("/{}", segments.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_unsafe() {
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "..\\x",
            "C:\\x",
            "c:x",
            "a\0b",
            "%2e%2e/x",
            "a/./b",
            "a/%2E%2e/b",
        ] {
            assert!(unsafe_reason(name).is_some(), "{name:?}");
        }
        for name in [
            "Ekler/a..b.pdf",
            "[Content_Types].xml",
            "Ekler/(1)_dosya.xml",
            "ÜstYazı/a.pdf",
            "Ekler\\a.pdf",
        ] {
            assert_eq!(unsafe_reason(name), None, "{name:?}");
        }
    }

    #[test]
    fn targets_resolve_as_opc_says() {
        assert_eq!(resolve("/", "/Ustveri/Ustveri.xml").as_deref(), Some("/Ustveri/Ustveri.xml"));
        assert_eq!(resolve("/", "Ustveri/Ustveri.xml").as_deref(), Some("/Ustveri/Ustveri.xml"));
        assert_eq!(
            resolve("/PaketOzeti/PaketOzeti.xml", "../Imzalar/ImzaCades.imz").as_deref(),
            Some("/Imzalar/ImzaCades.imz")
        );
        assert_eq!(resolve("/", "../../x"), None);
        assert_eq!(resolve("/", "http://host/x"), None);
        assert_eq!(resolve("/", "//host/x"), None);
        assert_eq!(resolve("/", ""), None);
    }

    #[test]
    fn declared_names_meet_their_parts() {
        assert_eq!(fits("Üst yazı (1).pdf", "/UstYazi/Ustyazi(1).pdf"), Some(Fit::Exact));
        assert_eq!(fits("a#b.pdf", "/Ekler/a%23b.pdf"), Some(Fit::Exact));
        assert_eq!(fits("a b.pdf", "/Ekler/a%20b.pdf"), Some(Fit::Exact));
        assert_eq!(fits("EK1.PDF", "/Ekler/ek1.pdf"), Some(Fit::Loose));
        assert_eq!(fits("other.pdf", "/Ekler/ek1.pdf"), None);
        assert_eq!(folded("/ÜstYazı\\A%20b"), "/ustyazi/a b");
    }

    #[test]
    fn entry_names_of_old_writers_are_read() {
        assert_eq!(entry_name(b"\x9astYaz\x8d/a.pdf"), "ÜstYazı/a.pdf");
        assert_eq!(entry_name("ÜstYazı".as_bytes()), "ÜstYazı");
    }
}
