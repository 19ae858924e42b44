//! XML as e-Yazışma writes it: no DTD ever, a byte-order mark or none, elements known by (namespace, local name).
//!
//! The bytes are hostile, so an iterative scan bounds depth, nodes and namespace declarations before any tree is built.

use std::borrow::Cow;

use roxmltree::{Document, Node, ParsingOptions};

/// Open elements at one time. The deepest e-Yazışma document needs 9.
const DEPTH: usize = 64;
/// Markup tokens of one document. 4,096 References in 2.x form make about 40,000; a tree node costs about 100 bytes of memory.
const TOKENS: usize = 200_000;
/// Attributes of one element. The most that any e-Yazışma element has is 6; the tree's duplicate check is quadratic in it.
const ATTRIBUTES: usize = 64;
/// Namespace declarations in scope at one place: each element that declares one copies all that it inherits.
const NAMESPACES: usize = 64;

/// Why a document was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum XmlFault {
    /// OPC M1.18, and the door to XXE and entity bombs.
    Dtd,
    /// Nested or sized beyond what any honest document needs.
    Excessive(&'static str),
    /// Neither UTF-8 nor UTF-16 with a byte-order mark.
    Encoding,
    /// Not well-formed; the parser's own words.
    Malformed(String),
}

impl XmlFault {
    /// The reason in Turkish and English.
    pub fn words(&self) -> (String, String) {
        let both = |tr: &str, en: &str| (tr.to_owned(), en.to_owned());
        match self {
            Self::Dtd => both("DTD içeriyor", "it holds a DTD"),
            Self::Excessive(what) => (format!("aşırı {what}"), format!("excessive {what}")),
            Self::Encoding => both(
                "karakter kodlaması UTF-8 ya da UTF-16 değil",
                "its encoding is neither UTF-8 nor UTF-16",
            ),
            Self::Malformed(words) => (format!("XML bozuk: {words}"), format!("not well-formed: {words}")),
        }
    }
}

/// The text of a document, without its byte-order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, XmlFault> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).map(Cow::Borrowed).map_err(|_| XmlFault::Encoding),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| XmlFault::Encoding),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, XmlFault> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(XmlFault::Encoding);
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| XmlFault::Encoding)
}

/// The tree of a document, after the scan has bounded it.
pub(super) fn parse(text: &str) -> Result<Document<'_>, XmlFault> {
    scan(text.as_bytes())?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: 4 * TOKENS as u32,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => XmlFault::Dtd,
        other => XmlFault::Malformed(other.to_string().chars().take(200).collect()),
    })
}

/// Walks the markup once, without recursion and without building anything. What it does not understand it leaves to the parser.
fn scan(bytes: &[u8]) -> Result<(), XmlFault> {
    let mut rest = bytes;
    let mut tokens = 0;
    // Namespace declarations of each open element.
    let mut open: Vec<usize> = Vec::new();
    let mut in_scope = 0;
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = rest.get(at..).unwrap_or_default();
        tokens += 1;
        if tokens > TOKENS {
            return Err(XmlFault::Excessive("markup"));
        }
        if rest.starts_with(b"<!--") {
            rest = after(rest, b"-->");
        } else if rest.starts_with(b"<![CDATA[") {
            rest = after(rest, b"]]>");
        } else if rest.starts_with(b"<!") {
            return Err(XmlFault::Dtd);
        } else if rest.starts_with(b"<?") {
            rest = after(rest, b"?>");
        } else if rest.starts_with(b"</") {
            in_scope -= open.pop().unwrap_or(0);
            rest = after(rest, b">");
        } else {
            let tag = start_tag(rest)?;
            if in_scope + tag.namespaces > NAMESPACES {
                return Err(XmlFault::Excessive("xmlns"));
            }
            if !tag.empty {
                in_scope += tag.namespaces;
                open.push(tag.namespaces);
            }
            if open.len() > DEPTH {
                return Err(XmlFault::Excessive("depth"));
            }
            rest = rest.get(tag.length..).unwrap_or_default();
        }
    }
    Ok(())
}

struct StartTag {
    length: usize,
    namespaces: usize,
    empty: bool,
}

/// The extent of a start tag; a `>` inside a quoted value does not end it.
fn start_tag(bytes: &[u8]) -> Result<StartTag, XmlFault> {
    let mut quote = None;
    let mut attributes = 0;
    let mut namespaces = 0;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match (quote, byte) {
            (Some(open), byte) if *byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => {
                quote = Some(*byte);
                attributes += 1;
            }
            (None, b'x') if bytes.get(at..).is_some_and(|rest| rest.starts_with(b"xmlns")) => namespaces += 1,
            (None, b'>') => {
                let empty = at > 0 && bytes.get(at - 1) == Some(&b'/');
                return Ok(StartTag {
                    length: at + 1,
                    namespaces,
                    empty,
                });
            }
            (None, _) => {}
        }
        if attributes > ATTRIBUTES {
            return Err(XmlFault::Excessive("attributes"));
        }
    }
    Ok(StartTag {
        length: bytes.len(),
        namespaces,
        empty: false,
    })
}

/// What follows the next `end`, or nothing.
fn after<'a>(bytes: &'a [u8], end: &[u8]) -> &'a [u8] {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| Some(byte) == end.first()) {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(end) {
            return rest.get(end.len()..).unwrap_or_default();
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    &[]
}

pub(super) fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(|child| child.is_element())
}

pub(super) fn named<'a, 'i: 'a>(node: Node<'a, 'i>, namespace: &'a str, local: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    elements(node).filter(move |child| is(*child, namespace, local))
}

pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, namespace: &str, local: &str) -> Option<Node<'a, 'i>> {
    elements(node).find(|child| is(*child, namespace, local))
}

pub(super) fn is(node: Node<'_, '_>, namespace: &str, local: &str) -> bool {
    node.tag_name().name() == local && node.tag_name().namespace().unwrap_or_default() == namespace
}

/// The trimmed text of an element; `None` when it is empty, which means "not given" here, as `xsi:nil` does.
///
/// All text children are joined: taking the first only would let a comment in the middle hide the rest.
pub(super) fn text(node: Node<'_, '_>) -> Option<String> {
    let joined: String = node
        .children()
        .filter(|child| child.is_text())
        .filter_map(|child| child.text())
        .collect();
    let trimmed = joined.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

pub(super) fn child_text(node: Node<'_, '_>, namespace: &str, local: &str) -> Option<String> {
    child(node, namespace, local).and_then(text)
}

/// A non-empty attribute without namespace.
pub(super) fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    let value = node.attribute(name)?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_type_is_refused_wherever_it_stands() {
        assert_eq!(parse("<!DOCTYPE a><a/>").err(), Some(XmlFault::Dtd));
        assert_eq!(
            parse("<?xml version='1.0'?><!-- x --><!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>").err(),
            Some(XmlFault::Dtd)
        );
    }

    #[test]
    fn deep_wide_and_endless_documents_are_refused_without_recursion() {
        assert_eq!(parse(&"<a>".repeat(100_000)).err(), Some(XmlFault::Excessive("depth")));
        assert_eq!(
            parse(&format!("<a>{}</a>", "<b/>".repeat(300_000))).err(),
            Some(XmlFault::Excessive("markup"))
        );
        let many: String = (0..100).map(|n| format!(" a{n}=''")).collect();
        assert_eq!(parse(&format!("<a{many}/>")).err(), Some(XmlFault::Excessive("attributes")));
        let scope: String = (0..40).map(|n| format!("<a xmlns:p{n}='u' xmlns:q{n}='u'>")).collect();
        assert_eq!(parse(&scope).err(), Some(XmlFault::Excessive("xmlns")));
    }

    #[test]
    fn a_byte_order_mark_and_utf16_are_read() {
        assert_eq!(decode(b"\xef\xbb\xbf<a/>").as_deref(), Ok("<a/>"));
        let wide: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain("<ş/>".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decode(&wide).as_deref(), Ok("<ş/>"));
        assert_eq!(decode(b"<a>\xfe</a>").err(), Some(XmlFault::Encoding));
    }

    #[test]
    fn a_comment_cannot_hide_half_of_a_text() {
        let document = parse("<a>E-1<!-- x -->23 </a>").unwrap();
        assert_eq!(text(document.root_element()).as_deref(), Some("E-123"));
    }

    #[test]
    fn a_greater_sign_in_an_attribute_does_not_end_the_tag() {
        assert!(parse("<a b='>>>' c=\"'\"><d/></a>").is_ok());
    }
}
