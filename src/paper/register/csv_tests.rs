use super::*;

#[test]
fn what_a_spreadsheet_would_run_gets_an_apostrophe() {
    for hostile in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"] {
        let field = field_of(hostile);
        assert!(field.trim_start_matches('"').starts_with('\''), "{hostile:?} became {field}");
    }
}

#[test]
fn what_is_harmless_stays_as_it_is() {
    for plain in ["2026/000001", "Tarım İl Müdürlüğü".split(' ').next().unwrap(), "a-b", "1=1"] {
        assert_eq!(field_of(plain), plain);
    }
}

#[test]
fn quotes_and_commas_are_quoted() {
    assert_eq!(field_of("a,\"b\""), "\"a,\"\"b\"\"\"");
    let mut out = Vec::new();
    record(&mut out, &["a", "b,c"]).unwrap();
    assert_eq!(out, b"a,\"b,c\"\r\n");
}
