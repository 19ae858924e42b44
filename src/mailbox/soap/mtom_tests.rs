use super::*;

const TYPE: &str = "multipart/related; type=\"application/xop+xml\"; boundary=\"b;1\"; start=\"<root@x>\"; start-info=\"text/xml\"";

fn read(content_type: &str, body: &[u8], piece: usize) -> Result<Element, Problem> {
    let mut reader = Body::of(content_type, &["ePaket"], 1 << 20)?;
    for piece in body.chunks(piece) {
        reader.feed(piece)?;
    }
    reader.finish()
}

/// A reply with two packages: the first in binary, the second in base64. `cids`: what its document refers to.
fn xop(cids: &[&str]) -> String {
    let packages: String = cids
        .iter()
        .map(|cid| format!("<ePaket><x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:{cid}'/></ePaket>"))
        .collect();
    format!(
        "preamble\r\n--b;1\r\nContent-Type: application/octet-stream\r\nContent-ID: <a+b@x>\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         {RAW}\r\n--b;1 \r\nContent-ID: <root@x>\r\nContent-Type: application/xop+xml;\r\n charset=utf-8\r\n\r\n\
         <a>{packages}</a>\r\n\
         --b;1\r\nContent-ID: <64@x>\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\nZA==\r\n--b;1--\r\n\r\n"
    )
}

/// Holds beginnings of the delimiter, and whole ones that go on as a longer boundary does.
const RAW: &str = "\0raw\r\n--b;\r\n-\r\n--b;1x\r\n\r\n--b;1-\r\n--b;1;type=a\r\n";
const BOTH: [&str; 2] = ["a%2Bb@x", "64@x"];

#[test]
fn parts_are_found_by_their_id_wherever_the_pieces_are_cut() {
    let body = xop(&BOTH);
    for piece in 1..body.len() {
        let root = read(TYPE, body.as_bytes(), piece).unwrap();
        let packages: Vec<&[u8]> = root.children.iter().map(|package| &package.binary[..]).collect();
        assert_eq!(packages, [RAW.as_bytes(), b"abcd"], "{piece}");
    }
}

#[test]
fn a_reply_that_lacks_something_is_no_reply() {
    let body = xop(&BOTH);
    for cut in 0..body.len() - "--\r\n\r\n".len() {
        assert!(read(TYPE, &body.as_bytes()[..cut], 64).is_err(), "{cut}");
    }
    for wrong in [
        xop(&["a+b@x", "other@x"]),
        body.replace("64@x>", "a+b@x>"),
        // One part for two packages.
        xop(&["a+b@x", "a+b@x", "64@x"]),
    ] {
        assert!(matches!(read(TYPE, wrong.as_bytes(), 64), Err(Problem::Protocol(_))), "{wrong}");
    }
    assert!(matches!(read("text/html", b"<a/>", 64), Err(Problem::Protocol(_))));
    assert!(matches!(read("multipart/related; type=x", b"", 64), Err(Problem::Protocol(_))));
    let large = body.replace("\0raw", &"r".repeat(1 << 21));
    assert!(matches!(read(TYPE, large.as_bytes(), 8_192), Err(Problem::TooLarge(_))));
}

#[test]
fn a_message_that_holds_the_delimiter_is_not_cut_short_by_it() {
    for inside in [
        "--b;1--\r\n",
        "--b;1--\r\n--b;1\r\n\r\n",
        "--b;1\r\nContent-ID: <c@x>\r\n\r\n",
        "--b;1\r\n\r\n",
        "--b;1 \t\r\nContent-ID: <64@x>\r\n\r\n",
    ] {
        let body = xop(&BOTH).replace("\0raw", &format!("\0raw\r\n{inside}"));
        for piece in [1, 7, body.len()] {
            let refused = read(TYPE, body.as_bytes(), piece);
            assert!(matches!(refused, Err(Problem::Protocol(_))), "{inside}: {refused:?}");
        }
    }
}

#[test]
fn a_reference_to_a_part_where_there_are_none_is_no_empty_package() {
    let document = "<a><ePaket><x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:1'/></ePaket></a>";
    assert!(matches!(read("text/xml", document.as_bytes(), 64), Err(Problem::Protocol(_))));
}

#[test]
fn without_a_start_the_first_part_is_the_document() {
    let body = "--b\r\n\r\n<a/>\r\n--b--";
    assert_eq!(read("Multipart/Related; boundary=b", body.as_bytes(), 3).unwrap().name, "a");
    assert_eq!(read("text/xml; charset=utf-8", b"<a/>", 1).unwrap().name, "a");
}
