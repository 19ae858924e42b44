//! A reply on the wire: plain XML with inline base64, or multipart/related with the bytes in parts of their own (MTOM, XOP). Read as it
//! streams in, so that an attachment is held once.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::base64::Decoder;
use super::problem::Problem;
use super::xml::{Element, Reader, malformed};

/// Parts of one reply: one package has one, an honest reply a handful.
const PARTS: usize = 64;
/// Bytes of the header of one part.
const HEADER_BYTES: usize = 16 << 10;
/// RFC 2046 5.1.1.
const BOUNDARY_CHARS: usize = 70;
/// Belongs to the delimiter that follows it.
const LINE_END: &[u8] = b"\r\n";

/// Reads the body of one HTTP answer.
pub(in crate::mailbox) enum Body<'a> {
    Plain(Box<Reader<'a>>),
    Parts(Box<Multipart<'a>>),
}

impl<'a> Body<'a> {
    /// By the Content-Type of the answer. `binary` and `binary_limit` as for [`Reader::new`].
    pub(in crate::mailbox) fn of(content_type: &str, binary: &'a [&'a str], binary_limit: u64) -> Result<Self, Problem> {
        let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        let kind = kind.trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/xml" | "application/xml" | "application/soap+xml" => Ok(Self::Plain(Box::new(Reader::new(binary, binary_limit)))),
            "multipart/related" => Ok(Self::Parts(Box::new(Multipart::new(parameters, binary, binary_limit)?))),
            // A portal's or a proxy's page.
            _ => Err(malformed(
                "içerik türü ne XML ne multipart/related",
                "the content type is neither XML nor multipart/related",
            )),
        }
    }

    pub(in crate::mailbox) fn feed(&mut self, piece: &[u8]) -> Result<(), Problem> {
        match self {
            Self::Plain(reader) => reader.feed(piece),
            Self::Parts(parts) => parts.feed(piece),
        }
    }

    pub(in crate::mailbox) fn finish(self) -> Result<Element, Problem> {
        match self {
            Self::Plain(reader) => {
                let mut document = reader.finish()?;
                // A reference to a part, and no parts: a proxy took them away. An empty package would mean that there is none.
                include(&mut document, &mut BTreeMap::new())?;
                Ok(document)
            }
            Self::Parts(parts) => parts.finish(),
        }
    }
}

enum Within {
    /// Before the first boundary.
    Preamble,
    Header,
    Content(Part),
    /// Behind the closing boundary.
    End,
}

struct Part {
    id: String,
    coding: Coding,
    is_root: bool,
    bytes: Vec<u8>,
    base64: Decoder,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Base64,
}

/// What follows a boundary decides what it is (RFC 2046 5.1.1).
enum Behind {
    NotYet,
    /// Two hyphens: the end of it all.
    End,
    /// White space, and the line end at this place: a part begins.
    Part(usize),
    /// Anything else: a line of the content that happens to begin so, such as a longer boundary of a message inside.
    Content,
}

impl Behind {
    fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"--") {
            return Self::End;
        }
        match bytes.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) {
            Some(line) if bytes.get(line) == Some(&b'\n') => Self::Part(line),
            // One hyphen may be the first of two.
            Some(0) if bytes == b"-" => Self::NotYet,
            Some(_) => Self::Content,
            None => Self::NotYet,
        }
    }
}

/// A multipart/related reply while it comes in.
pub(in crate::mailbox) struct Multipart<'a> {
    /// CRLF, two hyphens, the boundary.
    delimiter: Vec<u8>,
    /// `start`: the Content-ID of the XML; without it the first part is that.
    start: Option<String>,
    waiting: Vec<u8>,
    within: Within,
    root: Option<Reader<'a>>,
    has_root: bool,
    parts: BTreeMap<String, Bytes>,
    count: usize,
    limit: u64,
}

impl<'a> Multipart<'a> {
    fn new(parameters: &str, binary: &'a [&'a str], limit: u64) -> Result<Self, Problem> {
        let boundary = parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty() && boundary.len() <= BOUNDARY_CHARS);
        let boundary = boundary.ok_or_else(|| {
            malformed(
                "sınırı (boundary) olmayan çok parçalı bir yanıt",
                "a multipart reply without a boundary",
            )
        })?;
        Ok(Self {
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            start: parameter(parameters, "start").map(|start| bare(&start).to_owned()),
            // The first boundary may stand at the very beginning, without the line end that belongs to it.
            waiting: LINE_END.to_vec(),
            within: Within::Preamble,
            root: Some(Reader::new(binary, limit)),
            has_root: false,
            parts: BTreeMap::new(),
            count: 0,
            limit,
        })
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Problem> {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.extend_from_slice(piece);
        let mut rest = waiting.as_slice();
        loop {
            let before = rest.len();
            rest = self.step(rest)?;
            if rest.is_empty() || rest.len() == before {
                break;
            }
        }
        self.waiting = rest.to_vec();
        Ok(())
    }

    fn step<'b>(&mut self, rest: &'b [u8]) -> Result<&'b [u8], Problem> {
        match &self.within {
            // What goes on behind the end was cut off by a delimiter that stands inside of a message.
            Within::End if !rest.iter().all(u8::is_ascii_whitespace) => {
                Err(malformed("son parçadan sonra gelen baytlar", "bytes behind the last part"))
            }
            Within::End => Ok(&[]),
            Within::Header => self.header(rest),
            Within::Preamble | Within::Content(_) => self.content(rest),
        }
    }

    fn content<'b>(&mut self, rest: &'b [u8]) -> Result<&'b [u8], Problem> {
        let Some(at) = memchr::memmem::find(rest, &self.delimiter) else {
            // The delimiter may begin in the last bytes.
            let sure = rest.len().saturating_sub(self.delimiter.len() - 1);
            self.take(rest.get(..sure).unwrap_or_default())?;
            return Ok(rest.get(sure..).unwrap_or_default());
        };
        self.take(rest.get(..at).unwrap_or_default())?;
        let delimiter = rest.get(at..).unwrap_or_default();
        let behind = delimiter.get(self.delimiter.len()..).unwrap_or_default();
        match Behind::of(behind) {
            Behind::NotYet if behind.len() > HEADER_BYTES => {
                Err(malformed("satır sonu olmayan bir parça sınırı", "a boundary without a line end"))
            }
            Behind::NotYet => Ok(delimiter),
            Behind::Content => {
                self.take(LINE_END)?;
                Ok(delimiter.get(LINE_END.len()..).unwrap_or_default())
            }
            Behind::End => {
                self.end_part()?;
                self.within = Within::End;
                Ok(behind.get(2..).unwrap_or_default())
            }
            Behind::Part(line) => {
                self.end_part()?;
                self.within = Within::Header;
                // The line end stays: an empty header is then an empty line like any other.
                Ok(behind.get(line.saturating_sub(1)..).unwrap_or_default())
            }
        }
    }

    fn header<'b>(&mut self, rest: &'b [u8]) -> Result<&'b [u8], Problem> {
        let Some(end) = memchr::memmem::find(rest, b"\r\n\r\n") else {
            return match rest.len() > HEADER_BYTES {
                true => Err(malformed("başlığı bitmeyen bir parça", "a part with an endless header")),
                false => Ok(rest),
            };
        };
        self.count += 1;
        if self.count > PARTS {
            return Err(malformed("çok fazla parça", "too many parts"));
        }
        let header = String::from_utf8_lossy(rest.get(..end).unwrap_or_default())
            .replace("\r\n ", " ")
            .replace("\r\n\t", " ");
        let field = |name: &str| {
            let mut fields = header.lines().filter_map(|line| line.split_once(':'));
            fields
                .find(|(known, _)| known.trim().eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
        };
        let id = field("content-id").map(|id| bare(&id).to_owned()).unwrap_or_default();
        let coding = match field("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase().as_str() {
            "" | "binary" | "8bit" | "7bit" => Coding::Identity,
            "base64" => Coding::Base64,
            _ => {
                return Err(malformed(
                    "aktarım kodlaması bilinmeyen bir parça",
                    "a part in an unknown transfer encoding",
                ));
            }
        };
        let is_root = match &self.start {
            Some(start) => !self.has_root && *start == id,
            None => self.count == 1,
        };
        self.has_root |= is_root;
        self.within = Within::Content(Part {
            id,
            coding,
            is_root,
            bytes: Vec::new(),
            base64: Decoder::default(),
        });
        Ok(rest.get(end + 4..).unwrap_or_default())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let Within::Content(part) = &mut self.within else { return Ok(()) };
        if part.is_root {
            return match &mut self.root {
                Some(reader) => reader.feed(bytes),
                None => Ok(()),
            };
        }
        match part.coding {
            Coding::Base64 => part.base64.feed(bytes, self.limit),
            Coding::Identity => {
                part.bytes.extend_from_slice(bytes);
                match part.bytes.len() as u64 > self.limit {
                    true => Err(Problem::TooLarge(part.bytes.len() as u64)),
                    false => Ok(()),
                }
            }
        }
    }

    fn end_part(&mut self) -> Result<(), Problem> {
        let Within::Content(part) = std::mem::replace(&mut self.within, Within::Header) else {
            return Ok(());
        };
        if part.is_root {
            return Ok(());
        }
        let bytes = match part.coding {
            Coding::Identity => part.bytes.into(),
            Coding::Base64 => part.base64.finish(self.limit)?,
        };
        match self.parts.insert(part.id, bytes) {
            // Which of the two is meant cannot be known.
            Some(_) => Err(malformed("aynı Content-ID ile iki parça", "two parts with one Content-ID")),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<Element, Problem> {
        let Within::End = self.within else {
            return Err(Problem::Incomplete);
        };
        if !self.has_root {
            return Err(malformed(
                "XML'i olmayan çok parçalı bir yanıt",
                "a multipart reply without its XML",
            ));
        }
        let mut document = self.root.ok_or(Problem::Incomplete)?.finish()?;
        let mut parts = self.parts;
        include(&mut document, &mut parts)?;
        match parts.is_empty() {
            true => Ok(document),
            // Such a part begins where a message holds the delimiter itself: the part before it would be a message that is cut short.
            false => Err(malformed("hiçbir öğenin göndermediği bir parça", "a part that nothing refers to")),
        }
    }
}

/// Puts the parts in the place of the references to them, each in one place.
fn include(element: &mut Element, parts: &mut BTreeMap<String, Bytes>) -> Result<(), Problem> {
    if let Some(href) = &element.include {
        let id = href.strip_prefix("cid:").map(percent_decoded);
        let part = id.and_then(|id| parts.remove(bare(&id)));
        element.binary = part.ok_or_else(|| malformed("gelmeyen bir parçaya gönderme", "a reference to a part that did not come"))?;
    }
    element.children.iter_mut().try_for_each(|child| include(child, parts))
}

/// A Content-ID without its angle brackets.
fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut out: Vec<u8> = pieces.next().unwrap_or_default().into();
    for piece in pieces {
        match piece.get(..2).and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                out.extend_from_slice(piece.get(2..).unwrap_or_default().as_bytes());
            }
            None => {
                out.push(b'%');
                out.extend_from_slice(piece.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A parameter of a header value, quoted or not.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    while !rest.trim().is_empty() {
        let (key, value) = rest.trim_start_matches([';', ' ', '\t']).split_once('=')?;
        let value = value.trim_start();
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_once(';').unwrap_or((value, "")),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
#[path = "mtom_tests.rs"]
mod mtom_tests;
