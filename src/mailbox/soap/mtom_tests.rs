use super::*;

const TYPE: &str = "multipart/related; type=\"application/xop+xml\"; boundary=\"b;1\"; start=\"<root@x>\"; start-info=\"text/xml\"";

fn read(content_type: &str, body: &[u8], piece: usize) -> Result<Element, Problem> {
    let mut reader = Body::of(content_type, &["ePaket"], 1 << 20)?;
    for piece in body.chunks(piece) {
        reader.feed(piece)?;
    }
    reader.finish()
}

fn xop(cid: &str) -> String {
    format!(
        "preamble\r\n--b;1\r\nContent-Type: application/octet-stream\r\nContent-ID: <a+b@x>\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         \0raw\r\n--b;\r\n-\r\n--b;1 \r\nContent-ID: <root@x>\r\nContent-Type: application/xop+xml;\r\n charset=utf-8\r\n\r\n\
         <a><ePaket><x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:{cid}'/></ePaket></a>\r\n\
         --b;1\r\nContent-ID: <64@x>\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\nZA==\r\n--b;1--\r\nepilogue"
    )
}

#[test]
fn parts_are_found_by_their_id_wherever_the_pieces_are_cut() {
    let body = xop("a%2Bb@x");
    for piece in 1..body.len() {
        let root = read(TYPE, body.as_bytes(), piece).unwrap();
        assert_eq!(&root.children[0].binary[..], b"\0raw\r\n--b;\r\n-", "{piece}");
    }
    assert_eq!(&read(TYPE, xop("64@x").as_bytes(), 9).unwrap().children[0].binary[..], b"abcd");
}

#[test]
fn a_reply_that_lacks_something_is_no_reply() {
    let body = xop("a+b@x");
    for cut in 0..body.len() - "--\r\nepilogue".len() {
        assert!(read(TYPE, &body.as_bytes()[..cut], 64).is_err(), "{cut}");
    }
    assert!(matches!(read(TYPE, xop("other@x").as_bytes(), 64), Err(Problem::Protocol(_))));
    assert!(matches!(
        read(TYPE, xop("64@x").replace("64@x>", "a+b@x>").as_bytes(), 64),
        Err(Problem::Protocol(_))
    ));
    assert!(matches!(read("text/html", b"<a/>", 64), Err(Problem::Protocol(_))));
    assert!(matches!(read("multipart/related; type=x", b"", 64), Err(Problem::Protocol(_))));
    let large = xop("a+b@x").replace("\0raw", &"r".repeat(1 << 21));
    assert!(matches!(read(TYPE, large.as_bytes(), 8_192), Err(Problem::TooLarge(_))));
}

#[test]
fn without_a_start_the_first_part_is_the_document() {
    let body = "--b\r\n\r\n<a/>\r\n--b--";
    assert_eq!(read("Multipart/Related; boundary=b", body.as_bytes(), 3).unwrap().name, "a");
    assert_eq!(read("text/xml; charset=utf-8", b"<a/>", 1).unwrap().name, "a");
}
