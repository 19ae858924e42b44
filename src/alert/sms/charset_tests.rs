use super::*;

fn plain(text: &str) -> String {
    one_message(text, false, TurkishEncoding::SingleShift)
}

#[test]
fn turkish_letters_become_their_plain_ones_by_default() {
    assert_eq!(
        plain("Çığ gibi ŞÜPHELİ ödünç İstanbul’da — âlâ"),
        "Cig gibi SUPHELI odunc Istanbul'da - ala"
    );
    assert!(!needs_turkish(&plain("çğışöüÇĞİŞÖÜ")));
    assert_eq!(plain("日本 \u{202e}x"), "?? x");
}

#[test]
fn one_sms_holds_160_septets_and_the_euro_sign_costs_two() {
    assert_eq!(plain(&"a".repeat(160)), "a".repeat(160));
    assert_eq!(plain(&"a".repeat(161)), "a".repeat(157) + "...");
    assert_eq!(plain(&"€".repeat(80)), "€".repeat(80));
    assert_eq!(plain(&"€".repeat(81)), "€".repeat(78) + "...");
}

#[test]
fn turkish_letters_cost_two_of_155_with_the_shift_table_and_leave_70_without() {
    let keep = |text: &str, encoding| one_message(text, true, encoding);
    let shift = TurkishEncoding::SingleShift;
    assert_eq!(keep(&format!("ş{}", "a".repeat(153)), shift).chars().count(), 154);
    assert!(keep(&format!("ş{}", "a".repeat(154)), shift).ends_with("..."));
    assert_eq!(keep(&"ş".repeat(77), shift), "ş".repeat(77));
    let ucs2 = keep(&"ş".repeat(71), TurkishEncoding::Ucs2);
    assert_eq!((ucs2.chars().count(), ucs2.ends_with('…')), (70, true));
    // ö and ü are in the default alphabet: no switch, 160 characters.
    assert_eq!(keep(&"ö".repeat(160), TurkishEncoding::Ucs2), "ö".repeat(160));
    // An emoji is two UTF-16 units.
    assert_eq!(keep(&"😀".repeat(35), shift), "😀".repeat(35));
    assert_eq!(keep(&"😀".repeat(36), shift).encode_utf16().count(), 69);
}

#[test]
fn a_text_of_many_lines_is_one_line() {
    assert_eq!(plain("a\r\n b\t\u{0}c"), "a b c");
}

#[test]
fn latin5_says_turkish_letters_in_one_byte() {
    assert_eq!(
        encode("ĞİŞğışçö€", Charset::Latin5),
        [0xD0, 0xDD, 0xDE, 0xF0, 0xFD, 0xFE, 0xE7, 0xF6, b'?']
    );
    // Icelandic letters are where Latin-1 and Latin-5 differ: they must not turn into Turkish ones.
    assert_eq!(encode("ðÝþ", Charset::Latin5), b"???");
}

#[test]
fn every_spelling_of_a_mobile_number_is_ten_digits() {
    for text in [
        "5320000001",
        "05320000001",
        "905320000001",
        "+90 (532) 000 00 01",
        "0090-532-000-0001",
        "0532.000.00.01",
    ] {
        assert_eq!(mobile_number(text).as_deref(), Some("5320000001"), "{text}");
    }
    for text in [
        "2120000001",
        "532000001",
        "53200000011",
        "+49 532 000 0001",
        "5320000001;5330000002",
        "",
        "beş",
    ] {
        assert_eq!(mobile_number(text), None, "{text}");
    }
}
