//! A bounded XML reader for replies that arrive in pieces: no DTD, no recursion, and what is binary is decoded while it comes in, so that a
//! message of 60 MB is never held as text.

use bytes::Bytes;

use super::base64::Decoder;
use super::problem::Problem;
use super::tag::{attributes, resolve, tag_end};
use crate::text::Text;

/// Open elements. The provider's own client allows 200; the deepest reply needs 6.
const DEPTH: usize = 64;
/// Elements of one reply: nine for each message of a list, so 20,000 messages in one window. A longer list is asked for in halves.
const ELEMENTS: usize = 200_000;
/// Bytes of one tag, with its attributes.
const TAG_BYTES: usize = 64 << 10;
/// Namespace declarations in force at one place. Each prefix is looked up among them, so thousands of them would cost minutes; servers write
/// fewer than ten.
const NAMESPACES: usize = 256;
/// Text of one reply that is no attachment: subjects and names of [`ELEMENTS`].
const TEXT_BYTES: usize = 16 << 20;
/// The longest reference is `&#x10FFFF;`.
const REFERENCE_BYTES: usize = 12;
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XOP: &str = "http://www.w3.org/2004/08/xop/include";
const XMLMIME: &str = "http://www.w3.org/2005/05/xmlmime";

/// One element with everything below it.
#[derive(Debug, Default)]
pub(in crate::mailbox) struct Element {
    pub(in crate::mailbox) namespace: String,
    pub(in crate::mailbox) name: String,
    /// `xsi:nil`: there is no value, but the position counts.
    pub(in crate::mailbox) nil: bool,
    pub(in crate::mailbox) text: String,
    /// Decoded base64 of a binary element.
    pub(in crate::mailbox) binary: Bytes,
    /// `xop:Include href` below this element: the bytes stand in another part of the multipart reply.
    pub(in crate::mailbox) include: Option<String>,
    /// `xmlmime:fileName`.
    pub(in crate::mailbox) file_name: Option<String>,
    pub(in crate::mailbox) children: Vec<Element>,
}

impl Element {
    pub(in crate::mailbox) fn is(&self, namespace: &str, name: &str) -> bool {
        self.name == name && self.namespace == namespace
    }

    /// The children of this name, in whatever namespace: which one the server takes for members is known from clients only.
    pub(in crate::mailbox) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(in crate::mailbox) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The trimmed text; `None` for nil and for nothing.
    pub(in crate::mailbox) fn value(&self) -> Option<&str> {
        let text = self.text.trim();
        (!self.nil && !text.is_empty()).then_some(text)
    }

    pub(in crate::mailbox) fn child_value(&self, name: &str) -> Option<&str> {
        self.child(name).and_then(Self::value)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Content,
    Comment,
    Cdata,
    Instruction,
}

/// What is known of an open element while its text still comes.
struct Open {
    element: Element,
    /// The name with its prefix: the end tag must repeat it.
    written: String,
    /// Prefix and namespace of each declaration that it makes.
    declares: Vec<(String, String)>,
    raw: Vec<u8>,
    binary: Option<Decoder>,
}

/// Reads one document from its pieces.
pub(in crate::mailbox) struct Reader<'a> {
    /// Names of the elements whose text is base64.
    binary: &'a [&'a str],
    waiting: Vec<u8>,
    within: Within,
    open: Vec<Open>,
    root: Option<Element>,
    elements: usize,
    text_bytes: usize,
    binary_limit: u64,
    began: bool,
}

impl<'a> Reader<'a> {
    /// `binary`: the elements whose text is base64. `binary_limit`: the most bytes that one of them may decode to.
    pub(in crate::mailbox) fn new(binary: &'a [&'a str], binary_limit: u64) -> Self {
        Self {
            binary,
            waiting: Vec::new(),
            within: Within::Content,
            open: Vec::new(),
            root: None,
            elements: 0,
            text_bytes: 0,
            binary_limit,
            began: false,
        }
    }

    pub(in crate::mailbox) fn feed(&mut self, piece: &[u8]) -> Result<(), Problem> {
        self.waiting.extend_from_slice(piece);
        let waiting = std::mem::take(&mut self.waiting);
        let mut rest = waiting.as_slice();
        if !self.began && rest.len() >= 3 {
            rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
            self.began = true;
        }
        while self.began {
            let before = rest.len();
            rest = self.step(rest)?;
            if rest.is_empty() || rest.len() == before {
                break;
            }
        }
        if self.within == Within::Content && rest.len() > TAG_BYTES {
            return Err(malformed("sonu olmayan bir etiket", "a tag without an end"));
        }
        self.waiting = rest.to_vec();
        Ok(())
    }

    /// The document; it must be complete.
    pub(in crate::mailbox) fn finish(self) -> Result<Element, Problem> {
        let quiet = self.waiting.iter().all(u8::is_ascii_whitespace) && self.within == Within::Content;
        match self.root {
            Some(root) if self.open.is_empty() && quiet => Ok(root),
            _ => Err(Problem::Incomplete),
        }
    }

    /// Takes one token and returns what follows it; the same slice when the token is not complete yet.
    fn step<'b>(&mut self, rest: &'b [u8]) -> Result<&'b [u8], Problem> {
        match self.within {
            Within::Comment => Ok(self.skip_to(rest, b"-->")),
            Within::Instruction => Ok(self.skip_to(rest, b"?>")),
            Within::Cdata => self.cdata(rest),
            Within::Content => self.content(rest),
        }
    }

    fn skip_to<'b>(&mut self, rest: &'b [u8], end: &[u8]) -> &'b [u8] {
        match memchr::memmem::find(rest, end) {
            Some(at) => {
                self.within = Within::Content;
                rest.get(at + end.len()..).unwrap_or_default()
            }
            // The end may begin in the last bytes.
            None => rest.get(rest.len().saturating_sub(end.len() - 1)..).unwrap_or_default(),
        }
    }

    fn cdata<'b>(&mut self, rest: &'b [u8]) -> Result<&'b [u8], Problem> {
        let end = memchr::memmem::find(rest, b"]]>");
        let upto = end.unwrap_or(rest.len().saturating_sub(2));
        self.text(rest.get(..upto).unwrap_or_default())?;
        if end.is_some() {
            self.within = Within::Content;
        }
        Ok(rest.get(end.map_or(upto, |at| at + 3)..).unwrap_or_default())
    }

    fn content<'b>(&mut self, rest: &'b [u8]) -> Result<&'b [u8], Problem> {
        match memchr::memchr(b'<', rest) {
            Some(0) => self.markup(rest),
            Some(at) => {
                self.references(rest.get(..at).unwrap_or_default(), true)?;
                Ok(rest.get(at..).unwrap_or_default())
            }
            None => {
                let taken = self.references(rest, false)?;
                Ok(rest.get(taken..).unwrap_or_default())
            }
        }
    }

    /// Text with its references resolved. A reference that may go on in the next piece is left. Returns how many bytes were taken.
    fn references(&mut self, text: &[u8], complete: bool) -> Result<usize, Problem> {
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'&', text.get(at..).unwrap_or_default()) {
            self.text(text.get(at..at + found).unwrap_or_default())?;
            at += found;
            let reference = text.get(at..).unwrap_or_default();
            let Some(end) = memchr::memchr(b';', reference.get(..REFERENCE_BYTES.min(reference.len())).unwrap_or_default()) else {
                if !complete && reference.len() < REFERENCE_BYTES {
                    return Ok(at);
                }
                return Err(malformed("sonu olmayan bir karakter göndermesi", "a reference without an end"));
            };
            let name = reference.get(1..end).unwrap_or_default();
            let resolved = resolve(name).ok_or_else(|| malformed("bilinmeyen bir karakter göndermesi", "an unknown reference"))?;
            self.text(resolved.encode_utf8(&mut [0; 4]).as_bytes())?;
            at += end + 1;
        }
        self.text(text.get(at..).unwrap_or_default())?;
        Ok(text.len())
    }

    fn text(&mut self, text: &[u8]) -> Result<(), Problem> {
        let Some(open) = self.open.last_mut() else {
            return match text.iter().all(u8::is_ascii_whitespace) {
                true => Ok(()),
                false => Err(malformed("belgenin dışında metin", "text outside of the document")),
            };
        };
        match &mut open.binary {
            Some(decoder) => decoder.feed(text, self.binary_limit),
            None => {
                self.text_bytes += text.len();
                if self.text_bytes > TEXT_BYTES {
                    return Err(Problem::TooLong);
                }
                open.raw.extend_from_slice(text);
                Ok(())
            }
        }
    }

    fn markup<'b>(&mut self, rest: &'b [u8]) -> Result<&'b [u8], Problem> {
        for (begin, within) in [
            (b"<!--".as_slice(), Within::Comment),
            (b"<![CDATA[", Within::Cdata),
            (b"<?", Within::Instruction),
        ] {
            if rest.starts_with(begin) {
                self.within = within;
                return Ok(rest.get(begin.len()..).unwrap_or_default());
            }
            if begin.starts_with(rest) {
                return Ok(rest);
            }
        }
        if rest.starts_with(b"<!") {
            // No reply needs a document type, and it is the door to XXE and entity bombs.
            return Err(malformed("belge türü bildirimi (DOCTYPE)", "a document type"));
        }
        let Some(end) = tag_end(rest) else { return Ok(rest) };
        if end > TAG_BYTES {
            return Err(malformed("çok uzun bir etiket", "a tag that is too long"));
        }
        let tag = rest
            .get(1..end)
            .and_then(|tag| std::str::from_utf8(tag).ok())
            .ok_or(Problem::Encoding)?;
        match tag.strip_prefix('/') {
            Some(name) => self.close(name.trim_end())?,
            None => {
                let empty = tag.strip_suffix('/');
                let name = self.begin(empty.unwrap_or(tag))?;
                if empty.is_some() {
                    self.close(&name)?;
                }
            }
        }
        Ok(rest.get(end + 1..).unwrap_or_default())
    }

    /// Opens an element and returns its name as written.
    fn begin(&mut self, tag: &str) -> Result<String, Problem> {
        self.elements += 1;
        if self.elements > ELEMENTS {
            return Err(Problem::TooLong);
        }
        if self.open.len() >= DEPTH || (self.open.is_empty() && self.root.is_some()) {
            return Err(malformed(
                "çok derin iç içe ya da belgenin sonundan sonra gelen öğeler",
                "elements nested too deep, or behind the end",
            ));
        }
        let (written, attributes) = attributes(tag)?;
        let declares: Vec<(String, String)> = attributes
            .iter()
            .filter_map(|(name, value)| match name.split_once(':') {
                Some(("xmlns", prefix)) => Some((prefix.to_owned(), value.clone())),
                None if name == "xmlns" => Some((String::new(), value.clone())),
                _ => None,
            })
            .collect();
        if declares.len() + self.open.iter().map(|open| open.declares.len()).sum::<usize>() > NAMESPACES {
            return Err(malformed("çok fazla ad alanı", "too many namespaces"));
        }
        self.open.push(Open {
            element: Element::default(),
            written: written.to_owned(),
            declares,
            raw: Vec::new(),
            binary: None,
        });
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        let mut element = Element {
            namespace: self.namespace(prefix)?.to_owned(),
            name: local.to_owned(),
            ..Element::default()
        };
        let mut href = None;
        for (name, value) in attributes {
            match name.split_once(':') {
                Some((prefix, local)) if prefix != "xmlns" && prefix != "xml" => match (self.namespace(prefix)?, local) {
                    (XSI, "nil") => element.nil = matches!(value.trim(), "true" | "1"),
                    (XMLMIME, "fileName") => element.file_name = Some(value),
                    _ => {}
                },
                None if name == "href" => href = Some(value),
                None if name == "fileName" => element.file_name = Some(value),
                _ => {}
            }
        }
        if element.is(XOP, "Include") {
            let above = self.open.len().checked_sub(2).and_then(|above| self.open.get_mut(above));
            if let Some(above) = above {
                // Which of two parts is meant cannot be known.
                if above.element.include.replace(href.unwrap_or_default()).is_some() {
                    return Err(malformed(
                        "parçalara iki göndermesi olan bir öğe",
                        "an element with two references to parts",
                    ));
                }
            }
        }
        if let Some(open) = self.open.last_mut() {
            open.binary = self.binary.contains(&element.name.as_str()).then(Decoder::default);
            open.element = element;
        }
        Ok(written.to_owned())
    }

    fn close(&mut self, written: &str) -> Result<(), Problem> {
        let Some(open) = self.open.pop().filter(|open| open.written == written) else {
            return Err(malformed("birbirini tutmayan etiketler", "tags that do not match"));
        };
        let mut element = open.element;
        element.text = String::from_utf8(open.raw).map_err(|_| Problem::Encoding)?;
        if let Some(decoder) = open.binary {
            element.binary = decoder.finish(self.binary_limit)?;
            if element.include.is_some() && !element.binary.is_empty() {
                return Err(malformed(
                    "hem içeriği hem bir parçaya göndermesi olan bir öğe",
                    "an element with bytes and with a reference to a part",
                ));
            }
        }
        match self.open.last_mut() {
            Some(above) => above.element.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn namespace(&self, prefix: &str) -> Result<&str, Problem> {
        let mut declared = self.open.iter().rev().flat_map(|open| &open.declares);
        match declared.find(|(known, _)| known == prefix) {
            Some((_, namespace)) => Ok(namespace),
            None if prefix.is_empty() || prefix == "xml" => Ok(""),
            None => Err(malformed("ad alanı olmayan bir önek", "a prefix without a namespace")),
        }
    }
}

/// An answer in which this stands is none, in both languages.
pub(in crate::mailbox) fn malformed(tr: &str, en: &str) -> Problem {
    Problem::Protocol(Text::new(tr, en))
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod xml_tests;
