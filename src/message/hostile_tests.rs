//! Hostile bytes get a finding and keep their place; nothing panics, overflows, hangs or takes more memory than it may.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::sample::*;
use super::*;

/// Generous for a debug build on a busy machine; a quadratic reader takes hours.
const FAST: Duration = Duration::from_secs(600);

fn read_fast(mail: Vec<u8>) -> Message {
    let start = Instant::now();
    let message = read_bytes(mail);
    assert!(start.elapsed() < FAST, "took {:?}", start.elapsed());
    message
}

/// Bytes that parts own beyond the message itself.
fn decoded_bytes(raw: &Bytes, message: &Message) -> usize {
    let mut buffers = vec![raw.as_ptr_range()];
    let mut own = 0;
    for bytes in message.parts.iter().map(|part| &part.bytes) {
        // A part inside of another part's bytes shares them.
        if !buffers.iter().any(|buffer| buffer.contains(&bytes.as_ptr())) {
            buffers.push(bytes.as_ptr_range());
            own += bytes.len();
        }
    }
    own
}

#[test]
fn forty_thousand_nested_messages_keep_their_headers_and_are_not_followed() {
    let level = "Content-Type: message/rfc822\r\n\r\n";
    let mail = format!("From: a@hs03.kep.tr\r\nSubject: derin\r\n{}", level.repeat(40_000));
    // The default stack of a test thread is two MiB: recursion would abort the process.
    let message = read_fast(mail.into_bytes());
    assert_eq!(message.kind, MessageKind::Unclassified);
    assert!(has(&message, codes::TOO_DEEP));
    assert_eq!(message.headers.subject.as_deref(), Some("derin"));
    assert!(message.parts.len() < 20);
}

#[test]
fn forty_thousand_nested_multiparts_are_not_followed() {
    let mut mail = String::from("From: a@hs03.kep.tr\r\nSubject: derin\r\n");
    for level in 0..40_000 {
        mail += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    let message = read_fast(mail.into_bytes());
    assert_eq!(
        (message.kind, message.headers.subject.as_deref()),
        (MessageKind::Unclassified, Some("derin"))
    );
    assert!(has(&message, codes::TOO_DEEP));
}

#[test]
fn five_thousand_parts_are_not_taken_apart() {
    let part = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
    let head = "From: a@hs03.kep.tr\r\nSubject: cok\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    let message = read_fast(format!("{head}{}--b--\r\n", part.repeat(5_000)).into_bytes());
    assert_eq!(
        (message.kind, message.headers.subject.as_deref()),
        (MessageKind::Unclassified, Some("cok"))
    );
    assert!(has(&message, codes::TOO_MANY_PARTS));
    let message = read_fast(format!("{head}{}--b--\r\n", part.repeat(1_999)).into_bytes());
    assert_eq!((message.parts.len(), has(&message, codes::TOO_MANY_PARTS)), (1_999, false));
}

#[test]
fn parts_are_counted_over_all_messages_inside() {
    let inner = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n{}--i--\r\n",
        "--i\r\n\r\nx\r\n".repeat(900)
    );
    let carried = format!("--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n");
    let mail = format!(
        "From: a@hs03.kep.tr\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
        carried.repeat(4)
    );
    let message = read_fast(mail.into_bytes());
    assert!(has(&message, codes::TOO_MANY_PARTS));
    assert!(message.parts.len() <= 2_000);
}

#[test]
fn a_line_of_forty_megabytes_is_read_with_a_finding_and_without_a_copy() {
    let mut mail = b"From: a@hs03.kep.tr\r\nX-TR-REM-iletiTip: standart\r\n\r\n".to_vec();
    mail.resize(40 << 20, b'x');
    let raw = Bytes::from(mail);
    let start = Instant::now();
    let message = read(&raw, &Limits::default());
    assert!(start.elapsed() < FAST);
    assert!(has(&message, codes::LONG_LINE));
    assert_eq!((message.kind, decoded_bytes(&raw, &message)), (MessageKind::Standard, 0));
}

#[test]
fn forty_megabytes_of_base64_inside_base64_stay_within_three_times_the_message() {
    let mut content = String::from("From: a@hs03.kep.tr\r\nMIME-Version: 1.0\r\n\r\nen ic");
    while content.len() < 40 << 20 {
        content = format!(
            "From: a@hs03.kep.tr\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nX-Fill: {}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            "y".repeat(60_000),
            openssl::base64::encode_block(content.as_bytes())
        );
    }
    let raw = Bytes::from(content);
    let start = Instant::now();
    let message = read(&raw, &Limits::default());
    assert!(start.elapsed() < FAST, "took {:?}", start.elapsed());
    assert!(decoded_bytes(&raw, &message) <= 2 * raw.len() + (16 << 20));
    assert_eq!(message.kind, MessageKind::Unclassified);
}

#[test]
fn a_message_over_the_size_limit_shows_its_headers() {
    let limits = Limits {
        message_bytes: 100,
        ..Limits::default()
    };
    let message = read(&Bytes::from(original()), &limits);
    assert_eq!((message.kind, message.parts.len()), (MessageKind::Unclassified, 0));
    assert_eq!(message.headers.subject.as_deref(), Some("Araştırma"));
    assert!(has(&message, codes::TOO_LARGE));
}

#[test]
fn a_header_block_over_its_limit_is_read_up_to_the_limit() {
    let mail = format!(
        "Subject: bas\r\nFrom: a@hs03.kep.tr\r\n{}\r\nmetin",
        "X-Fill: dolgu\r\n".repeat(40_000)
    );
    let message = read_fast(mail.into_bytes());
    assert_eq!(
        (message.kind, message.headers.subject.as_deref()),
        (MessageKind::Unclassified, Some("bas"))
    );
    assert!(has(&message, codes::HEADER_TOO_LARGE));
    let endless = format!("Subject: bas\r\nX-Endless: {}", "y".repeat(20 << 20));
    assert_eq!(read_fast(endless.into_bytes()).headers.subject.as_deref(), Some("bas"));
}

#[test]
fn parameters_made_to_be_slow_are_cut() {
    let flood: String = (0..10_000).map(|n| format!(";\r\n name*{n}*=a")).collect();
    let part = format!("--b\r\nContent-Type: text/plain{flood}\r\n\r\nx\r\n");
    let mail = format!(
        "From: a@hs03.kep.tr\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
        part.repeat(40)
    );
    assert_eq!(read_fast(mail.into_bytes()).parts.len(), 40);
}

#[test]
fn twenty_thousand_recipients_and_a_header_of_encoded_words_are_fast() {
    let to: String = (0..20_000).map(|n| format!("k{n}@a,\r\n ")).collect();
    let message = read_fast(format!("From: a@hs03.kep.tr\r\nTo: {}\r\n\r\nx", &to[..200_000]).into_bytes());
    assert_eq!(message.headers.recipients.len(), 1_000);
    let words = "=?utf-8?B?YQ==?= ".repeat(10_000);
    let message = read_fast(format!("From: a@hs03.kep.tr\r\nSubject: {words}\r\n\r\nx").into_bytes());
    assert!(message.headers.subject.is_some_and(|subject| subject.chars().count() <= 998));
}

#[test]
fn empty_and_shapeless_bytes_are_unclassified_with_a_reason() {
    for (bytes, code) in [
        (&b""[..], codes::EMPTY),
        (b"\r\n\r\n ", codes::EMPTY),
        (b"\x00\x01\x02\xff", codes::NOT_A_MESSAGE),
        (b"Sayin ilgili, metin", codes::NOT_A_MESSAGE),
        (b"PK\x03\x04zip", codes::BARE_FILE),
        (b"<html><body/></html>", codes::BARE_FILE),
    ] {
        let message = read_bytes(bytes.to_vec());
        assert_eq!(message.kind, MessageKind::Unclassified);
        assert!(has(&message, code), "{bytes:?} {:?}", codes(&message));
    }
}

#[test]
fn header_injection_and_deceptive_characters_are_cleaned_and_told() {
    let mail = "From: =?utf-8?Q?Kurum=0D=0ABcc=3A_x?= <a@hs03.kep.tr>\r\nSubject: =?utf-8?Q?fat=E2=80=AEfdp=0D=0ASender:_y?=\r\n\
                Sender: baska@hs01.kep.tr\r\nFrom: iki@hs02.kep.tr\r\nSubject: ikinci\r\nDate: dun\r\nno colon here\r\n\r\nx\r\n";
    let message = read_str(mail);
    let headers = &message.headers;
    assert_eq!(headers.subject.as_deref(), Some("fatfdp Sender: y"));
    assert_eq!(headers.sender.as_deref(), Some("Kurum Bcc: x <a@hs03.kep.tr>"));
    for code in [
        codes::HEADER_CONTROL,
        codes::MULTIPLE_FROM,
        codes::SENDER_DIFFERS,
        codes::DUPLICATE_HEADER,
        codes::DATE_UNREADABLE,
        codes::MALFORMED_HEADER,
    ] {
        assert!(has(&message, code), "{code:?} in {:?}", codes(&message));
    }
}

#[test]
fn a_display_name_with_another_address_is_told() {
    let message = read_str("From: \"bakanlik@hs01.kep.tr\" <biri@example.com>\r\nX-TR-REM-iletiTip: standart\r\n\r\nx\r\n");
    assert!(has(&message, codes::DISPLAY_NAME_ADDRESS));
    assert!(has(&message, codes::SENDER_NOT_KEP));
    assert_eq!(message.headers.sender_kep, None);
}

#[test]
fn zero_bytes_are_told_and_harmless() {
    let message = read_str("From: a@hs03.kep.tr\r\nSubject: bir\0iki\r\n\r\nmet\0in\r\n");
    assert!(has(&message, codes::NUL_BYTE));
    assert_eq!(message.headers.subject.as_deref(), Some("bir iki"));
}

#[test]
fn boundary_tricks_are_told() {
    let mail = |header: &str, body: &str| read_str(&format!("From: a@hs03.kep.tr\r\nContent-Type: {header}\r\n\r\n{body}"));
    let find = |message: &Message, code| assert!(has(message, code), "{code:?} not in {:?}", codes(message));
    find(&mail("multipart/mixed", "--b\r\n\r\nx\r\n--b--\r\n"), codes::BOUNDARY_MISSING);
    find(&mail("multipart/mixed; boundary=c", "--b\r\n\r\nx\r\n"), codes::BOUNDARY_UNUSED);
    find(&mail("multipart/mixed; boundary=b", "--b\r\n\r\nkesik"), codes::NOT_CLOSED);
    find(
        &mail("multipart/mixed; boundary=b", "--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ngizli\r\n"),
        codes::PART_AFTER_CLOSE,
    );
    find(
        &mail("multipart/mixed; boundary=b; boundary=c", "--b\r\n\r\nx\r\n--b--\r\n"),
        codes::AMBIGUOUS_MIME_HEADER,
    );
    find(&mail("text/plain\r\nContent-Type: text/html", "x"), codes::AMBIGUOUS_MIME_HEADER);
    let nested = "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    find(&mail("multipart/mixed; boundary=b", nested), codes::BOUNDARY_REUSED);
    find(
        &mail("multipart/signed; boundary=b", "--b\r\n\r\nx\r\n--b--\r\n"),
        codes::SIGNATURE_MISSING,
    );
    let pgp = "--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\ny\r\n--b--\r\n";
    find(&mail("multipart/signed; boundary=b", pgp), codes::OTHER_SIGNATURE);
    let external = "--b\r\nContent-Type: message/external-body; URL=\"http://a.invalid\"\r\n\r\n\r\n--b--\r\n";
    find(&mail("multipart/mixed; boundary=b", external), codes::EXTERNAL_BODY);
}

#[test]
fn a_boundary_that_begins_like_another_is_not_mistaken_for_it() {
    let mail = "From: a@hs03.kep.tr\r\nContent-Type: multipart/mixed; boundary=\"a\"\r\n\r\n--a\r\n\
                Content-Type: multipart/mixed; boundary=\"a--\"\r\n\r\n--a--\r\n\r\nic\r\n--a----\r\n--a\r\n\r\ndis\r\n--a--\r\n";
    let message = read_str(mail);
    let shown: Vec<_> = message
        .parts
        .iter()
        .map(|part| (part.place.as_str(), part.bytes.as_ref()))
        .collect();
    assert_eq!(shown, [("L1/1.1", &b"ic"[..]), ("L1/2", b"dis")]);
}

#[test]
fn damaged_transfer_encodings_give_what_can_be_decoded() {
    let one = |encoding: &str, body: &str| {
        read_str(&format!(
            "From: a@hs03.kep.tr\r\nContent-Transfer-Encoding: {encoding}\r\nContent-Type: application/pdf\r\n\r\n{body}"
        ))
    };
    for (encoding, body, decoded, sound) in [
        ("base64", "TWVyaGFiYQ==", "Merhaba", true),
        ("BASE64", " TWVy\r\naGFi YQ== \r\n", "Merhaba", true),
        ("base64", "TWVyaGFiYQ", "Merhaba", false),
        ("base64", "TWVyaG!FiYQ==", "Merhaba", false),
        ("base64", "TWVyaGFiYQ==\r\n-- liste --\r\n", "Merhaba", false),
        ("quoted-printable", "Mer=\r\nhaba=20=\r\n", "Merhaba ", true),
        ("quoted-printable", "Mer=XXhaba=", "Mer=XXhaba", false),
    ] {
        let message = one(encoding, body);
        assert_eq!(message.parts[0].bytes, decoded, "{body}");
        assert_eq!(!has(&message, codes::TRANSFER_DAMAGED), sound, "{body}");
    }
    assert!(has(&one("x-uuencode", "abc"), codes::UNKNOWN_ENCODING));
}

#[test]
fn an_unknown_charset_is_read_as_turkish() {
    let mut mail = b"From: a@hs03.kep.tr\r\nSubject: \xddlan\r\nContent-Type: text/plain; charset=x-bilinmez\r\n\r\n".to_vec();
    mail.extend(b"\xfeirket\r\n");
    let message = read_bytes(mail);
    assert_eq!(message.parts[0].bytes, "şirket\r\n");
    assert_eq!(message.headers.subject.as_deref(), Some("İlan"));
    assert!(has(&message, codes::UNKNOWN_CHARSET));
}

#[test]
fn every_cut_of_a_dispatch_is_read() {
    let whole = Bytes::from(dispatch(Attached::OctetStreamEml));
    for end in (0..whole.len()).step_by(7) {
        let message = read(&whole.slice(..end), &Limits::default());
        assert_eq!(message.size, end as u64);
    }
}

#[test]
fn codes_are_unique_and_every_sentence_is_there_in_both_languages() {
    let mut rules: Vec<_> = codes::ALL.iter().map(|code| code.rule).collect();
    rules.dedup();
    assert_eq!(rules.len(), codes::ALL.len());
    assert!(rules.is_sorted());
    for code in codes::ALL {
        assert!(code.rule.starts_with("KEP-2") && code.tr.ends_with('.') && code.en.ends_with('.'));
    }
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let seeds = [
        dispatch(Attached::Rfc822),
        dispatch(Attached::OctetStreamEml),
        original(),
        format!("{ENVELOPE_HEADERS}Content-Type: application/pkcs7-mime\r\n\r\n"),
    ];
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_u8, any::<u8>());
    (prop::sample::select(seeds.to_vec()), prop::collection::vec(edit, 1..40)).prop_map(|(seed, edits)| {
        let mut mail = seed.into_bytes();
        for (at, to, action, byte) in edits {
            let (at, to) = (at.index(mail.len()), to.index(mail.len()));
            match action {
                0 => mail[at] = byte,
                1 => mail.insert(at, byte),
                2 => mail.copy_within(at.min(to)..at.max(to), at.min(to) / 2),
                3 => drop(mail.splice(at..at, b"\r\n--L0-mixed\r\n".iter().copied())),
                _ => drop(mail.drain(at.min(to)..(at.min(to) + 9).min(at.max(to)))),
            }
        }
        mail
    })
}

proptest! {
    #![proptest_config(crate::cases::fixed(600))]

    #[test]
    fn reading_never_panics_on_mutated_mails(mail in mutated()) {
        let raw = Bytes::from(mail);
        let message = read(&raw, &Limits::default());
        prop_assert!(decoded_bytes(&raw, &message) <= 2 * raw.len() + (16 << 20));
    }

    #[test]
    fn reading_never_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        read(&Bytes::from(bytes.clone()), &Limits::default());
        opaque::open(&bytes.clone().into(), 32, &mut transfer::Budget::for_message(bytes.len()));
        let mut cms = sign_opaque(b"x")[..40].to_vec();
        cms.extend(bytes);
        opaque::open(&cms.clone().into(), 32, &mut transfer::Budget::for_message(cms.len()));
    }

    #[test]
    fn reading_never_panics_on_odd_header_values(
        name in prop::sample::select(vec!["From", "To", "Sender", "Subject", "Date", "Message-ID", "Content-Type", "Content-Disposition", "X-REM-Event"]),
        value in "[<>\"'(),;:@=?*%\\\\\\[\\]a-zA-Z0-9_ \t\u{0}ğİ\u{202e}-]{0,80}",
        fold in any::<bool>(),
    ) {
        let value = if fold { value.replace(' ', "\r\n ") } else { value };
        let message = read_str(&format!("{name}: {value}\r\n{name}: =?utf-8?B?{value}?=\r\nMIME-Version: 1.0\r\n\r\nx"));
        let harmless = message.headers.subject.is_none_or(|subject| !subject.contains(['\r', '\n', '\0', '\u{202e}']));
        prop_assert!(harmless);
        prop_assert!(message.parts.iter().filter_map(|part| part.name.as_ref()).all(|name| !name.contains(['/', '\\', '\0', '\n'])));
    }
}
