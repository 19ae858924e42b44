use super::*;

fn feed_whole(text: &str) -> Result<u64, Cut> {
    Scan::default().feed(text.as_bytes())
}

/// The same bytes one at a time must be judged the same way.
fn feed(text: &str) -> Result<u64, Cut> {
    let mut scan = Scan::default();
    let bytewise = text.as_bytes().chunks(1).try_fold(0, |sum, byte| Ok(sum + scan.feed(byte)?));
    let whole = feed_whole(text);
    assert_eq!(bytewise, whole);
    whole
}

#[test]
fn literals_that_were_asked_for_pass_and_are_counted() {
    assert_eq!(feed("* 1 FETCH (UID 1 BODY[]<0> {5}\r\nab\r\nc)\r\nK1 OK done\r\n"), Ok(5));
    assert_eq!(feed("* 1 FETCH (BODY[] {3+}\r\n{9} X {2}\r\n(())\r\n"), Ok(5));
    assert_eq!(feed("* OK ready\r\n* SEARCH 1 2 3\r\n"), Ok(0));
}

#[test]
fn what_lies_inside_a_literal_announces_nothing() {
    assert_eq!(feed("* 1 FETCH (BODY[] {21}\r\nx {500000000}\r\n((((((()\r\n"), Ok(21));
}

#[test]
fn an_announced_giant_is_cut_before_the_parser_sees_it() {
    assert_eq!(feed("* 1 FETCH (UID 1 BODY[] {500000000}\r\n"), Err(Cut::Literal(500_000_000)));
    assert_eq!(feed("* 1 FETCH (BODY[] {99999999999999999999999}\r\n"), Err(Cut::Literal(u64::MAX)));
    assert_eq!(
        feed("* 1 FETCH (A {2}\r\nab BODY[] {500000000+}\r\n"),
        Err(Cut::Literal(500_000_000))
    );
}

#[test]
fn the_text_of_a_status_answer_cannot_blind_the_guard() {
    let hidden = "* OK hello {4194304}\r\n* 1 FETCH (BODY[] {500000000}\r\n";
    assert_eq!(feed(hidden), Err(Cut::Literal(500_000_000)));
    assert_eq!(
        feed("K1 OK {30}\r\n* 1 FETCH (BODY[] {500000000}\r\n"),
        Err(Cut::Literal(500_000_000))
    );
    assert_eq!(feed("+ {30}\r\n* 1 FETCH (BODY[] {500000000}\r\n"), Err(Cut::Literal(500_000_000)));
}

#[test]
fn endless_lines_and_deep_parentheses_are_cut() {
    assert_eq!(feed_whole(&"x".repeat(LINE_LIMIT as usize + 1)), Err(Cut::Line));
    assert_eq!(feed(&format!("* 1 FETCH (BODYSTRUCTURE {}", "(".repeat(40))), Err(Cut::Nesting));
    assert_eq!(feed(&"* 1 FETCH (FLAGS (\\Seen))\r\n".repeat(100)), Ok(0));
}
