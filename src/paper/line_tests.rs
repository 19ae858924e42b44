use super::*;

#[test]
fn what_would_break_a_line_is_escaped_and_nothing_else() {
    assert_eq!(escaped("a\tb\nc\rd\\e=f"), "a\\tb\\nc\\rd\\\\e=f");
}

#[test]
fn a_long_field_is_cut_at_a_character() {
    assert_eq!(cut(&"ş".repeat(2_000), CANONICAL_CHARS).chars().count(), CANONICAL_CHARS);
}
