//! Words of the protocol: quoted strings, folder names, UID sets, dates (RFC 3501 section 9).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};
use jiff::Timestamp;

/// Characters of one UID set: servers accept lines of at least 8,000 (RFC 7162 section 4), some no more than that.
const SET_LENGTH: usize = 4_000;

/// RFC 3501 5.1.3: base64 with `,` for `/` and without padding.
const UTF7: GeneralPurpose = GeneralPurpose::new(&alphabet::IMAP_MUTF7, NO_PAD);

/// A quoted string, or nothing where the text has characters that a quoted string cannot hold.
pub(super) fn quoted(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A folder name as the server knows it: modified UTF-7, quoted.
pub(super) fn folder_name(name: &str) -> String {
    let mut encoded = String::new();
    let mut shifted: Vec<u16> = Vec::new();
    for c in name.chars() {
        if !(' '..='~').contains(&c) {
            let mut units = [0; 2];
            shifted.extend_from_slice(c.encode_utf16(&mut units));
            continue;
        }
        end_shift(&mut encoded, &mut shifted);
        match c {
            '&' => encoded.push_str("&-"),
            '"' | '\\' => encoded.extend(['\\', c]),
            plain => encoded.push(plain),
        }
    }
    end_shift(&mut encoded, &mut shifted);
    format!("\"{encoded}\"")
}

fn end_shift(encoded: &mut String, shifted: &mut Vec<u16>) {
    if shifted.is_empty() {
        return;
    }
    let bytes: Vec<u8> = shifted.drain(..).flat_map(u16::to_be_bytes).collect();
    encoded.push('&');
    encoded.push_str(&UTF7.encode(bytes));
    encoded.push('-');
}

/// Ascending UIDs as sets such as `1:5,9`, each short enough for one command.
pub(super) fn uid_sets(uids: impl IntoIterator<Item = u32>) -> Vec<String> {
    let mut sets = Vec::new();
    let mut set = String::new();
    let mut run: Option<(u32, u32)> = None;
    for uid in uids {
        run = match run {
            Some((first, last)) if last.checked_add(1) == Some(uid) => Some((first, uid)),
            Some(range) => {
                push_range(&mut sets, &mut set, range);
                Some((uid, uid))
            }
            None => Some((uid, uid)),
        };
    }
    if let Some(range) = run {
        push_range(&mut sets, &mut set, range);
    }
    if !set.is_empty() {
        sets.push(set);
    }
    sets
}

fn push_range(sets: &mut Vec<String>, set: &mut String, (first, last): (u32, u32)) {
    if set.len() > SET_LENGTH {
        sets.push(std::mem::take(set));
    }
    if !set.is_empty() {
        set.push(',');
    }
    set.push_str(&first.to_string());
    if last > first {
        set.push(':');
        set.push_str(&last.to_string());
    }
}

/// INTERNALDATE: `" 7-Feb-2026 22:01:05 +0300"`.
pub(super) fn internal_date(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()
}

#[cfg(test)]
mod syntax_tests {
    use super::*;

    #[test]
    fn strings_are_quoted_or_refused() {
        assert_eq!(quoted(r#"a"b\c"#).as_deref(), Some(r#""a\"b\\c""#));
        assert_eq!(quoted("şifre"), None);
        assert_eq!(quoted("a\r\nK2 LOGOUT"), None);
    }

    #[test]
    fn turkish_folder_names_travel_in_modified_utf7() {
        assert_eq!(folder_name("INBOX"), "\"INBOX\"");
        assert_eq!(folder_name("Gelen & Giden"), "\"Gelen &- Giden\"");
        assert_eq!(folder_name("Gönderilmiş Öğeler"), "\"G&APY-nderilmi&AV8- &ANYBHw-eler\"");
        assert_eq!(folder_name("a\r\nb"), "\"a&AA0ACg-b\"");
    }

    #[test]
    fn uids_become_short_sets() {
        assert_eq!(uid_sets([1, 2, 3, 7, 9, 10]), ["1:3,7,9:10"]);
        assert!(uid_sets([]).is_empty());
        let sets = uid_sets((0..10_000).map(|n| n * 2));
        assert!(sets.len() > 10 && sets.iter().all(|set| set.len() < 4_100));
        assert_eq!(sets.iter().flat_map(|set| set.split(',')).count(), 10_000);
    }

    #[test]
    fn internal_dates_are_read() {
        let expected: Timestamp = "2026-02-07T19:01:05Z".parse().unwrap();
        assert_eq!(internal_date(" 7-Feb-2026 22:01:05 +0300"), Some(expected));
        assert_eq!(internal_date("yesterday"), None);
    }
}
