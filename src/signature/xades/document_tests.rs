#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn an_identifier_is_whatever_somebody_takes_for_one() {
    let xml = Xml::parse("<a Id='1' id='2'><b ID='3' xml:id='4' w:Id='5' xmlns:w='u'/><c iD='1'/><d AssertionID='6'/></a>").unwrap();
    for (id, found) in [
        ("1", false),
        ("2", true),
        ("3", true),
        ("4", true),
        ("5", true),
        ("6", false),
        ("", false),
    ] {
        assert_eq!(xml.by_id(id).is_ok(), found, "{id}");
    }
    let same = Xml::parse("<a Id='1' xml:id='1'/>").unwrap();
    assert!(same.by_id("1").is_ok(), "one element, two spellings");
}

#[test]
fn an_attribute_of_a_namespace_is_another_attribute() {
    let xml = Xml::parse("<a x:URI='1' URI='2' x:Algorithm='3' xmlns:x='u'/>").unwrap();
    assert_eq!(xml.attribute(xml.root(), "URI"), Some("2"));
    assert_eq!(xml.algorithm(xml.root()), "");
}

#[test]
fn text_is_whole_or_nothing() {
    let xml = Xml::parse("<a><b>YW<!-- c -->Jj</b><c>YW<d/>Jj</c><e><![CDATA[YWJj]]></e></a>").unwrap();
    let parts = xml.elements(xml.root());
    assert_eq!(xml.base64(parts[0]).unwrap(), b"abc");
    assert_eq!(xml.base64(parts[1]), None);
    assert_eq!(xml.base64(parts[2]).unwrap(), b"abc");
}

#[test]
fn bounds_hold() {
    let limits = Limits {
        xml_bytes: 10,
        ..Limits::default()
    };
    assert!(text_of(b"<a>4567890", &limits).is_ok());
    assert!(text_of(b"<a>45678901", &limits).is_err());
    let limits = Limits::default();
    assert!(text_of("<?xml version='1.0' encoding='iso-8859-9'?><a>ş</a>".as_bytes(), &limits).is_err());
    assert!(text_of(b"<?xml version='1.0' encoding='iso-8859-9'?><a>s</a>", &limits).is_ok());
    assert!(text_of(b"\xef\xbb\xbf<a/>", &limits).is_ok());
    assert!(text_of(b"<a>\xfe</a>", &limits).is_err());
    assert_eq!(Xml::parse("<!DOCTYPE a><a/>").err().unwrap().0, cause::XML_DTD);
    let xml = Xml::parse("<a/>").unwrap();
    assert!(xml.spend(MAX_CANONICAL_BYTES).is_ok());
    assert!(xml.spend(1).is_err());
}
