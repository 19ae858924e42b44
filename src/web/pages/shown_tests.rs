use super::*;

#[test]
fn what_reorders_or_hides_text_is_seen() {
    let shown = Shown::cell("fatura\u{202e}fdp.exe\u{200b}\u{ad}\u{e0041}");
    assert_eq!(shown.short, "fatura[U+202E]fdp.exe[U+200B][U+00AD][U+E0041]");
}

#[test]
fn control_characters_never_reach_a_page() {
    let shown = Shown::field("a\r\nSet-Cookie: x\u{0}\u{1b}[31m");
    assert_eq!(shown.short, "a Set-Cookie: x\u{fffd}\u{fffd}[31m");
}

#[test]
fn ten_million_characters_are_a_line_and_a_bounded_rest() {
    let shown = Shown::cell(&"ş".repeat(10_000_000));
    assert_eq!(shown.short.chars().count(), CELL + 1);
    assert!(
        shown.is_cut() && shown.rest().chars().count() <= FULL + 4,
        "{}",
        shown.rest().chars().count()
    );
    assert!(!Shown::cell("kısa").is_cut());
}

#[test]
fn a_full_text_keeps_its_lines() {
    assert_eq!(long("bir\r\niki\tüç"), "bir\niki    üç");
}
