use super::*;

const LIMIT: u64 = 1 << 20;

fn read(document: &[u8], piece: usize) -> Result<Element, Problem> {
    let mut reader = Reader::new(&["ePaket"], LIMIT);
    for piece in document.chunks(piece) {
        reader.feed(piece)?;
    }
    reader.finish()
}

#[test]
fn a_document_reads_the_same_however_it_is_cut() {
    let document = "\u{feff}<?xml version='1.0'?><!-- <x> --><s:a xmlns:s='urn:s' xmlns:i='http://www.w3.org/2001/XMLSchema-instance' k='a>b'>\
        <k i:nil='true'/><k>şifre &lt;&#x130;&#105;&amp;</k><k><![CDATA[<c>]] ]]></k><ePaket fileName='ö &quot;1&quot;.eml'>YWJj\n ZGVm\r\nZw==</ePaket></s:a>\n";
    for piece in 1..document.len() {
        let root = read(document.as_bytes(), piece).unwrap();
        assert!(root.is("urn:s", "a"), "{piece}");
        let [nil, text, cdata, binary] = root.children.as_slice() else {
            panic!("{root:?}")
        };
        assert!(nil.nil && nil.value().is_none());
        assert_eq!((text.value(), cdata.value()), (Some("şifre <İi&"), Some("<c>]]")));
        assert_eq!(
            (&binary.binary[..], binary.file_name.as_deref()),
            (&b"abcdefg"[..], Some("ö \"1\".eml"))
        );
    }
}

#[test]
fn what_no_honest_reply_holds_is_refused() {
    for wrong in [
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
        "<a>&e;</a>",
        "<a><b></a></b>",
        "<a/><b/>",
        "<p:a/>",
        "<p:a xmlns:p='urn:p' xmlns:q='urn:p'></q:a>",
        "<a b='1' b='2'/>",
        "<a xmlns='urn:p' xmlns='urn:q'/>",
        "<a x=1/>",
        "text<a/>",
        "<a><ePaket>Y-Jj</ePaket></a>",
    ] {
        assert!(matches!(read(wrong.as_bytes(), 7), Err(Problem::Protocol(_))), "{wrong}");
    }
    assert_eq!(
        read(&b"<a>".repeat(100), 10).err(),
        Some(malformed(
            "çok derin iç içe ya da belgenin sonundan sonra gelen öğeler",
            "elements nested too deep, or behind the end"
        ))
    );
    assert!(matches!(read(b"<a>\xfe</a>", 3), Err(Problem::Encoding)));
    for cut in ["<a>", "<a", "<a><!-- x", "<a><![CDATA[", ""] {
        assert_eq!(read(cut.as_bytes(), 2).err(), Some(Problem::Incomplete), "{cut}");
    }
    let endless = format!("<a {}", "x".repeat(100_000));
    assert!(read(endless.as_bytes(), 4_096).is_err());
}

#[test]
fn long_lists_and_large_packages_end_at_their_limits() {
    let list = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS));
    assert_eq!(read(list.as_bytes(), 60_000).err(), Some(Problem::TooLong));
    let package = format!("<a><ePaket>{}</ePaket></a>", "AAAA".repeat(400_000));
    assert!(matches!(read(package.as_bytes(), 60_000), Err(Problem::TooLarge(size)) if size > LIMIT && size < LIMIT + 60_000));
}

/// Of a package inside a reply, with what stands in it.
fn package(content: &str) -> Result<Element, Problem> {
    let document = format!("<a xmlns:x='http://www.w3.org/2004/08/xop/include'><ePaket>{content}</ePaket></a>");
    read(document.as_bytes(), 60_000)
}

#[test]
fn one_package_is_one_run_of_bytes() {
    const PART: &str = "<x:Include href='cid:1'/>";
    assert_eq!(package(PART).unwrap().children[0].include.as_deref(), Some("cid:1"));
    assert_eq!(&package("WQ==").unwrap().children[0].binary[..], b"Y");
    for ambiguous in [&PART.repeat(2), &format!("{PART}WVla"), &format!("WVla{PART}")] {
        assert!(matches!(package(ambiguous), Err(Problem::Protocol(_))), "{ambiguous}");
    }
    // Padding at the end of a group that is decoded by itself is no licence to go on.
    for letters in [4, Decoder::GROUP] {
        let first = format!("{}YQ==", "QUFB".repeat(letters / 4 - 1));
        assert_eq!(package(&first).unwrap().children[0].binary.len(), letters / 4 * 3 - 2);
        assert!(matches!(package(&format!("{first}WVla")), Err(Problem::Protocol(_))), "{letters}");
    }
}

#[test]
fn namespaces_are_bounded_and_leave_with_their_element() {
    let declared: String = (0..NAMESPACES).map(|nth| format!(" xmlns:n{nth}='urn:{nth}'")).collect();
    assert!(read(format!("<a><b{declared}/><b{declared}/></a>").as_bytes(), 60_000).is_ok());
    for wide in [
        format!("<a xmlns='urn:x'><b{declared}/></a>"),
        format!("<a{declared}><b xmlns:c='urn:c'/></a>"),
    ] {
        assert_eq!(
            read(wide.as_bytes(), 60_000).err(),
            Some(malformed("çok fazla ad alanı", "too many namespaces"))
        );
    }
}
