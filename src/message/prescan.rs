//! The first look at hostile bytes: one pass, line by line, without recursion, under every limit.
//!
//! It finds the skeleton of one message, that is where each MIME part begins and ends to the byte. Later steps read only inside of
//! these ranges, so that there is exactly one interpretation of the structure and the octets under a signature are those received.
//! Messages inside (`message/rfc822`) are leaves here and get a scan of their own, with the depth and the parts already spent.

use std::io::BufRead;
use std::ops::Range;

use super::codes::{self, Code};
use super::fields::{self, MimeFields};
use crate::finding::Finding;
use crate::limits::Limits;

/// RFC 2046 5.1.1 allows 70 characters; the field has seen more. Beyond this nobody means a boundary.
const BOUNDARY_BYTES: usize = 512;

/// One part: where it lies in the scanned bytes.
#[derive(Debug)]
pub struct Node {
    pub parent: Option<usize>,
    /// `1`, `1.2`, …; empty for a root that is a multipart.
    pub path: String,
    /// Nesting from the outermost message on.
    pub depth: u32,
    pub header: Range<usize>,
    /// Strict RFC 2046 body: without the line end that belongs to the delimiter.
    pub body: Range<usize>,
    /// Where the delimiter line that ended this part begins.
    pub delimiter: usize,
    pub mime: MimeFields,
    /// Children in order; `Some` exactly when the part was opened as a multipart.
    pub children: Option<Vec<usize>>,
    /// Text other than white space before the first or after the last part.
    pub loose_text: bool,
}

impl Node {
    /// Header and body: what a detached signature of this part covers.
    pub fn entity(&self) -> Range<usize> {
        self.header.start..self.body.end.max(self.header.start)
    }
}

/// The skeleton of one message. Node 0 is the message itself.
#[derive(Debug)]
pub struct Skeleton {
    pub nodes: Vec<Node>,
    pub findings: Vec<Finding>,
}

/// What is left of the limits, over all messages inside one message.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    pub parts: u32,
    /// Depth at which this scan starts.
    pub depth: u32,
}

struct Open {
    node: usize,
    boundary: Vec<u8>,
    closed: bool,
    /// A delimiter after the close was told once.
    told: bool,
}

struct Scan<'a> {
    raw: &'a [u8],
    layer: &'a str,
    limits: &'a Limits,
    allowance: &'a mut Allowance,
    nodes: Vec<Node>,
    open: Vec<Open>,
    findings: Vec<Finding>,
    longest_line: usize,
}

/// Scans one message or entity. `layer` names it in findings (`L0`, `L1`).
///
/// # Errors
/// A limit was exceeded so that the structure cannot be relied on: the fatal finding. Depth is no error: what lies too deep stays a
/// leaf, with a finding.
pub fn scan(raw: &[u8], layer: &str, limits: &Limits, allowance: &mut Allowance) -> Result<Skeleton, Finding> {
    let mut scan = Scan {
        raw,
        layer,
        limits,
        allowance,
        nodes: Vec::new(),
        open: Vec::new(),
        findings: Vec::new(),
        longest_line: 0,
    };
    let mut at = scan.begin_part(None, 0)?;
    while at < raw.len() {
        let end = line_end(raw, at);
        match scan.delimiter(at, end) {
            Some((level, true)) => at = scan.close(level, at, end),
            Some((level, false)) => at = scan.next_part(level, at, end)?,
            None => at = scan.plain_line(at, end),
        }
    }
    Ok(scan.finish())
}

impl Scan<'_> {
    /// Reads the header block at `start` and opens the part. Returns where its body begins.
    fn begin_part(&mut self, parent: Option<usize>, start: usize) -> Result<usize, Finding> {
        self.allowance.parts = self
            .allowance
            .parts
            .checked_sub(1)
            .ok_or_else(|| codes::TOO_MANY_PARTS.detailed(self.layer, format!("> {}", self.limits.parts)))?;
        let (header_end, body_start) = self.header_block(start)?;
        let depth = self.open.len() as u32 + self.allowance.depth;
        let mime = fields::mime_fields(self.slice(start..header_end));
        let path = match parent {
            None if !mime.is_multipart() => "1".to_owned(),
            parent => self.path_below(parent),
        };
        let index = self.nodes.len();
        self.mime_findings(&mime, &path);
        if let Some(siblings) = parent.and_then(|p| self.nodes.get_mut(p)).and_then(|p| p.children.as_mut()) {
            siblings.push(index);
        }
        let children = self.open_multipart(&mime, index, depth, &path);
        self.nodes.push(Node {
            parent,
            path,
            depth,
            header: start..header_end,
            body: body_start..self.raw.len(),
            delimiter: self.raw.len(),
            mime,
            children,
            loose_text: false,
        });
        Ok(body_start)
    }

    fn path_below(&self, parent: Option<usize>) -> String {
        let Some(parent) = parent.and_then(|p| self.nodes.get(p)) else {
            return String::new();
        };
        let ordinal = parent.children.as_ref().map_or(0, Vec::len) + 1;
        match parent.path.as_str() {
            "" => ordinal.to_string(),
            path => format!("{path}.{ordinal}"),
        }
    }

    /// Pushes the part's boundary when it is a multipart that may be opened.
    fn open_multipart(&mut self, mime: &MimeFields, node: usize, depth: u32, path: &str) -> Option<Vec<usize>> {
        if !mime.is_multipart() {
            return None;
        }
        let boundary = mime.boundary.as_deref().unwrap_or_default();
        if boundary.is_empty() || boundary.len() > BOUNDARY_BYTES {
            self.find(codes::BOUNDARY_MISSING, path);
            return None;
        }
        if depth >= self.limits.nesting {
            self.find(codes::TOO_DEEP, path);
            return None;
        }
        if self.open.iter().any(|open| !open.closed && open.boundary == boundary) {
            self.find(codes::BOUNDARY_REUSED, path);
        }
        self.open.push(Open {
            node,
            boundary: boundary.to_vec(),
            closed: false,
            told: false,
        });
        Some(Vec::new())
    }

    fn mime_findings(&mut self, mime: &MimeFields, path: &str) {
        if mime.ambiguous {
            self.find(codes::AMBIGUOUS_MIME_HEADER, path);
        }
        if mime.malformed_lines {
            self.find(codes::MALFORMED_HEADER, path);
        }
    }

    /// The end of the header block and the start of the body. A delimiter of an enclosing part ends a header block too.
    fn header_block(&mut self, start: usize) -> Result<(usize, usize), Finding> {
        let mut at = start;
        while at < self.raw.len() {
            let end = line_end(self.raw, at);
            if is_blank(self.slice(at..end)) {
                return Ok((at, end));
            }
            if self.delimiter(at, end).is_some() {
                return Ok((at, at));
            }
            if end - start > self.limits.header_bytes as usize {
                return Err(codes::HEADER_TOO_LARGE.detailed(self.layer, format!("> {}", self.limits.header_bytes)));
            }
            self.longest_line = self.longest_line.max(end - at);
            at = end;
        }
        Ok((at, at))
    }

    /// The open part whose delimiter this line is, innermost first, and whether it closes.
    fn delimiter(&mut self, at: usize, end: usize) -> Option<(usize, bool)> {
        let rest = self.raw.get(at..end)?.strip_prefix(b"--")?;
        for level in (0..self.open.len()).rev() {
            let open = self.open.get(level)?;
            let Some(tail) = rest.strip_prefix(open.boundary.as_slice()) else {
                continue;
            };
            let (closing, tail) = match tail.strip_prefix(b"--") {
                Some(after) => (true, after),
                None => (false, tail),
            };
            if !tail.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            if open.closed {
                self.tell_after_close(level);
                return None;
            }
            return Some((level, closing));
        }
        None
    }

    fn tell_after_close(&mut self, level: usize) {
        let Some(open) = self.open.get_mut(level).filter(|open| !open.told) else {
            return;
        };
        open.told = true;
        let node = open.node;
        let path = self.path_of(node);
        self.find(codes::PART_AFTER_CLOSE, &path);
    }

    /// Ends everything inside of `level` at the delimiter line and marks it closed; what follows is its epilogue.
    fn close(&mut self, level: usize, at: usize, end: usize) -> usize {
        self.end_inside(level, at);
        if let Some(open) = self.open.get_mut(level) {
            open.closed = true;
        }
        end
    }

    fn next_part(&mut self, level: usize, at: usize, end: usize) -> Result<usize, Finding> {
        self.end_inside(level, at);
        let parent = self.open.get(level).map(|open| open.node);
        self.begin_part(parent, end)
    }

    /// Sets the end of the last child of `level` and of all its open descendants.
    fn end_inside(&mut self, level: usize, at: usize) {
        self.drop_open_above(level + 1);
        let strict = before_line_end(self.raw, at);
        let mut next = self.open.get(level).map(|open| open.node).and_then(|node| self.last_child(node));
        while let Some(index) = next {
            if let Some(node) = self.nodes.get_mut(index).filter(|node| node.delimiter == self.raw.len()) {
                node.body = node.body.start..strict.max(node.body.start);
                node.delimiter = at;
            }
            next = self.last_child(index);
        }
    }

    fn last_child(&self, node: usize) -> Option<usize> {
        self.nodes.get(node)?.children.as_ref()?.last().copied()
    }

    fn drop_open_above(&mut self, keep: usize) {
        while self.open.len() > keep {
            let Some(open) = self.open.pop() else { return };
            self.check_closed(&open);
        }
    }

    fn check_closed(&mut self, open: &Open) {
        let path = self.path_of(open.node);
        let empty = self
            .nodes
            .get(open.node)
            .and_then(|node| node.children.as_ref())
            .is_some_and(Vec::is_empty);
        match (open.closed, empty) {
            (_, true) => self.find(codes::BOUNDARY_UNUSED, &path),
            (false, false) => self.find(codes::NOT_CLOSED, &path),
            (true, false) => {}
        }
    }

    /// A line of content. Directly inside of a multipart it is preamble or epilogue, which no reader shows.
    fn plain_line(&mut self, at: usize, end: usize) -> usize {
        self.longest_line = self.longest_line.max(end - at);
        if let Some(open) = self.open.last() {
            let outside = open.closed
                || self
                    .nodes
                    .get(open.node)
                    .and_then(|n| n.children.as_ref())
                    .is_some_and(Vec::is_empty);
            let text = outside && self.raw.get(at..end).is_some_and(|line| !is_blank(line.trim_ascii()));
            if text && let Some(node) = self.nodes.get_mut(open.node) {
                node.loose_text = true;
            }
        }
        end
    }

    fn finish(mut self) -> Skeleton {
        self.drop_open_above(0);
        if self.longest_line > self.limits.line_bytes as usize {
            let detail = format!("{} > {}", self.longest_line, self.limits.line_bytes);
            self.findings.push(codes::LONG_LINE.detailed(self.layer, detail));
        }
        Skeleton {
            nodes: self.nodes,
            findings: self.findings,
        }
    }

    fn path_of(&self, node: usize) -> String {
        self.nodes.get(node).map(|node| node.path.clone()).unwrap_or_default()
    }

    /// One finding of a kind for a part is enough: a hostile message must not fill the register with them.
    fn find(&mut self, code: Code, path: &str) {
        let place = place(self.layer, path);
        if !self
            .findings
            .iter()
            .any(|finding| finding.rule == code.rule && finding.place == place)
        {
            self.findings.push(code.at(place));
        }
    }

    fn slice(&self, range: Range<usize>) -> &[u8] {
        self.raw.get(range).unwrap_or_default()
    }
}

/// `L0/1.2`, or `L0` for the message itself.
pub fn place(layer: &str, path: &str) -> String {
    if path.is_empty() {
        layer.to_owned()
    } else {
        format!("{layer}/{path}")
    }
}

/// The top header block, cut at the limit, of bytes that are not taken apart.
pub fn top_header<'a>(raw: &'a [u8], limits: &Limits) -> &'a [u8] {
    let window = raw.get(..limits.header_bytes as usize).unwrap_or(raw);
    let mut at = 0;
    while at < window.len() {
        let end = line_end(window, at);
        let line = window.get(at..end).unwrap_or_default();
        let cut_off = end == window.len() && window.len() < raw.len() && !line.ends_with(b"\n");
        if is_blank(line) || cut_off {
            break;
        }
        at = end;
    }
    window.get(..at).unwrap_or_default()
}

/// One past the line feed that ends the line at `at`, or the end of the bytes.
pub fn line_end(raw: &[u8], at: usize) -> usize {
    let mut rest = raw.get(at..).unwrap_or_default();
    // `skip_until` over a slice is the standard library's vectorised memchr and never fails.
    at + rest.skip_until(b'\n').unwrap_or_default()
}

/// Cuts the one line end that stands before `at` and belongs to the delimiter line there.
fn before_line_end(raw: &[u8], at: usize) -> usize {
    let before = raw.get(..at).unwrap_or_default();
    before
        .strip_suffix(b"\r\n")
        .or_else(|| before.strip_suffix(b"\n"))
        .unwrap_or(before)
        .len()
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"" | b"\n" | b"\r\n" | b"\r")
}
