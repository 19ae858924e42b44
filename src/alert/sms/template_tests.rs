use super::*;

fn fill_with(template: &str, place: Place, charset: Charset, text: &str) -> String {
    let params = BTreeMap::from([("brand".to_owned(), "12&3".to_owned())]);
    let values = Values {
        text,
        to: "5320000001",
        sender: "KURUM",
        user: "u&\"<",
        secret: "s p",
        token: "t",
        turkish: "&dil=TR",
        id: "j1",
        params: &params,
        now: "2026-11-23T09:05:00Z".parse().unwrap(),
    };
    String::from_utf8_lossy(&fill(template, place, charset, &values)).into_owned()
}

fn utf8(template: &str, place: Place, text: &str) -> String {
    fill_with(template, place, Charset::Utf8, text)
}

#[test]
fn a_text_cannot_leave_the_place_where_it_stands() {
    let hostile = "a\"},{\"x\":\"&no=1</msg>]]>'\r\nX: y";
    let json = utf8(r#"{"msg":"{text}","n":[{"a":1}]}"#, Place::Body(Content::Json), hostile);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["msg"], hostile);
    let xml = utf8("<m a=\"{text}\"><![CDATA[{cdata:text}]]></m>", Place::Body(Content::Xml), hostile);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let whole: String = document.root_element().children().filter_map(|node| node.text()).collect();
    assert_eq!(whole, hostile.replace("\r\n", "\n"));
    let query = utf8("https://g.example/?m={text}&n=1", Place::Url, hostile);
    assert_eq!(query.matches('&').count(), 1);
    assert!(!utf8("{text}", Place::Header, hostile).contains('\n'));
}

#[test]
fn every_placeholder_is_filled_in() {
    assert_eq!(
        utf8(
            "{to}|{sender}|{user}|{secret}|{token}|{turkish}|{id}|{param:brand}|{now:%d%m%Y%H%M}",
            Place::Url,
            ""
        ),
        "5320000001|KURUM|u%26%22%3C|s%20p|t|&dil=TR|j1|12%263|231120261205"
    );
    assert_eq!(utf8("{to_list_json}", Place::Body(Content::Json), ""), "[\"5320000001\"]");
    assert_eq!(utf8("Basic {basic}", Place::Header, ""), "Basic dSYiPDpzIHA=");
}

#[test]
fn a_query_is_escaped_in_the_charset_of_the_request() {
    assert_eq!(fill_with("{text}", Place::Url, Charset::Latin5, "şı"), "%FE%FD");
    assert_eq!(fill_with("{text}", Place::Url, Charset::Utf8, "ş"), "%C5%9F");
}

#[test]
fn a_value_that_looks_like_a_placeholder_stays_as_it_is() {
    assert_eq!(utf8("{text}", Place::Body(Content::Json), "{secret}"), "{secret}");
}

#[test]
fn a_placeholder_that_does_not_exist_is_reported_and_braces_of_json_are_not() {
    assert_eq!(problems(r#"{"a":{"b":[{}]},"c":"{text}"}"#), []);
    assert_eq!(problems("{metin} {text:x} {cdata:yok} {param:}").len(), 4);
    assert!(problems("{metin}")[0].en.contains("{metin}"));
}
