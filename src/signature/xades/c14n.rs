//! Canonical XML 1.0 and 1.1 and Exclusive Canonical XML 1.0, with and without comments, over one subtree (or the whole document) without
//! one subtree cut out of it: what references, SignedInfo and timestamps need.
//!
//! Everything in such a set has its parent in it too, which is what makes the rules short: the nearest output ancestor is the parent. The
//! octets go to a sink piece by piece, so a large document is hashed without a second copy of it.

use uppsala::{Attribute, Document, Element, NodeId, NodeKind};

use crate::signature::cause;
use crate::signature::crypto::{CryptoError, Digest};
use crate::signature::xades::document::{Checked, Xml, refuse, refuse_with};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Namespace bindings in force at one place. Invoices have about fifteen; each is looked through for every element.
const MAX_BINDINGS: usize = 256;

/// Prefixes in one InclusiveNamespaces list.
const MAX_PREFIXES: usize = 64;

/// Where canonical octets go.
pub trait Sink {
    fn write(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Hashes what is written, in blocks: a hash call per tag would cost more than the hash.
pub struct Hashing {
    digest: Digest,
    block: Vec<u8>,
    failed: bool,
}

const BLOCK: usize = 16 << 10;

impl Hashing {
    pub fn new(digest: Digest) -> Self {
        Self {
            digest,
            block: Vec::with_capacity(BLOCK),
            failed: false,
        }
    }

    /// # Errors
    /// The library failed.
    pub fn finish(mut self) -> Result<Vec<u8>, CryptoError> {
        self.flush();
        if self.failed {
            return Err(CryptoError::Unsupported);
        }
        self.digest.finish()
    }

    fn flush(&mut self) {
        self.failed |= self.digest.update(&self.block).is_err();
        self.block.clear();
    }
}

impl Sink for Hashing {
    fn write(&mut self, bytes: &[u8]) {
        if self.block.len() + bytes.len() > BLOCK {
            self.flush();
        }
        if bytes.len() > BLOCK {
            self.failed |= self.digest.update(bytes).is_err();
        } else {
            self.block.extend_from_slice(bytes);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Inclusive,
    Inclusive11,
    Exclusive,
}

/// A canonicalization as named by `CanonicalizationMethod` or a transform, with the prefixes that the exclusive one treats inclusively.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    mode: Mode,
    comments: bool,
    prefixes: Vec<String>,
}

/// What is canonicalized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// The document node or an element.
    pub apex: NodeId,
    /// The subtree left out: the signature of an enveloped one.
    pub cut: Option<NodeId>,
    /// Whether comments belong to the selection at all: a same-document reference leaves them out (XML-DSig 4.4.3.3).
    pub comments: bool,
}

impl Selection {
    pub fn of(apex: NodeId) -> Self {
        Self {
            apex,
            cut: None,
            comments: true,
        }
    }
}

impl Canonical {
    /// What applies where no method is named (XML-DSig 4.4.3.2, XAdES 7.1.4.3).
    pub const DEFAULT: Self = Self {
        mode: Mode::Inclusive,
        comments: false,
        prefixes: Vec::new(),
    };

    pub fn from_uri(uri: &str) -> Option<Self> {
        let (plain, comments) = match uri.strip_suffix("#WithComments").or_else(|| uri.strip_suffix("WithComments")) {
            Some(plain) => (plain, true),
            None => (uri, false),
        };
        let mode = match plain.trim_end_matches('#') {
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" => Mode::Inclusive,
            "http://www.w3.org/2006/12/xml-c14n11" => Mode::Inclusive11,
            "http://www.w3.org/2001/10/xml-exc-c14n" if uri.contains('#') => Mode::Exclusive,
            _ => return None,
        };
        Some(Self {
            mode,
            comments,
            prefixes: Vec::new(),
        })
    }

    /// From a `CanonicalizationMethod` or `Transform` element.
    pub fn read(xml: &Xml<'_>, element: NodeId) -> Option<Self> {
        let canonical = Self::from_uri(xml.algorithm(element))?;
        let list = xml.first(element, EXCLUSIVE, "InclusiveNamespaces");
        let named = list.and_then(|list| xml.attribute(list, "PrefixList")).unwrap_or_default();
        let prefixes: Vec<String> = named
            .split_ascii_whitespace()
            .map(|prefix| if prefix == "#default" { String::new() } else { prefix.to_owned() })
            .collect();
        (prefixes.len() <= MAX_PREFIXES).then_some(Self { prefixes, ..canonical })
    }

    /// # Errors
    /// As [`Canonical::write`].
    pub fn octets(&self, xml: &Xml<'_>, selection: Selection) -> Checked<Vec<u8>> {
        let mut octets = Vec::new();
        self.write(xml, selection, &mut octets)?;
        Ok(octets)
    }

    /// Writes the canonical octets of `selection`.
    ///
    /// # Errors
    /// Too much, or a base address that C14N 1.1 would have to join with others.
    pub fn write(&self, xml: &Xml<'_>, selection: Selection, out: &mut impl Sink) -> Checked<()> {
        let mut writer = Writer {
            document: &xml.document,
            canonical: self,
            comments: self.comments && selection.comments,
            cut: selection.cut,
            scope: Vec::new(),
            rendered: Vec::new(),
            written: 0,
            most: xml.budget(),
            out,
        };
        let done = match xml.element(selection.apex) {
            Some(_) => writer.subtree(selection.apex),
            None => writer.whole(selection.apex),
        };
        let written = writer.written;
        xml.spend(written.min(xml.budget()))?;
        done
    }
}

struct Writer<'w, 'd, S> {
    document: &'w Document<'d>,
    canonical: &'w Canonical,
    comments: bool,
    cut: Option<NodeId>,
    /// Bindings in force, innermost last.
    scope: Vec<(&'w str, &'w str)>,
    /// Bindings that the output has declared around the current place, innermost last.
    rendered: Vec<(&'w str, &'w str)>,
    written: u64,
    most: u64,
    out: &'w mut S,
}

fn bound<'w>(bindings: &[(&'w str, &'w str)], prefix: &str) -> Option<&'w str> {
    bindings.iter().rev().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri)
}

impl<'w, S: Sink> Writer<'w, '_, S> {
    fn put(&mut self, bytes: &[u8]) {
        self.written += bytes.len() as u64;
        self.out.write(bytes);
    }

    /// The document node: comments and processing instructions around the root stand on lines of their own.
    fn whole(&mut self, document: NodeId) -> Checked<()> {
        let mut root_passed = false;
        for child in self.document.children_iter(document) {
            match self.document.node_kind(child) {
                Some(NodeKind::Element(_)) => {
                    root_passed = true;
                    if Some(child) != self.cut {
                        self.subtree(child)?;
                    }
                }
                Some(NodeKind::Comment(_)) if !self.comments => {}
                Some(NodeKind::Comment(_) | NodeKind::ProcessingInstruction(_)) => {
                    if root_passed {
                        self.put(b"\n");
                    }
                    self.node(child)?;
                    if !root_passed {
                        self.put(b"\n");
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An element whose parent is not part of the output: what it inherits from outside is written on it.
    fn subtree(&mut self, apex: NodeId) -> Checked<()> {
        let mut above: Vec<&'w Element<'w>> = Vec::new();
        let mut parent = self.document.parent(apex);
        while let Some(node) = parent {
            above.extend(self.document.element(node));
            parent = self.document.parent(node);
        }
        for element in above.iter().rev() {
            self.enter(element)?;
        }
        let inherited = self.inherited_attributes(&above)?;
        self.element(apex, &inherited)
    }

    /// `xml:` attributes of the ancestors, nearest first: all of them in C14N 1.0, `lang` and `space` in 1.1, none in the exclusive one.
    fn inherited_attributes(&self, above: &[&'w Element<'w>]) -> Checked<Vec<&'w Attribute<'w>>> {
        let mut found: Vec<&'w Attribute<'w>> = Vec::new();
        if self.canonical.mode == Mode::Exclusive {
            return Ok(found);
        }
        for attribute in above.iter().flat_map(|element| &element.attributes) {
            if attribute.name.namespace_uri.as_deref() != Some(XML) {
                continue;
            }
            if self.canonical.mode == Mode::Inclusive11 {
                match &*attribute.name.local_name {
                    "lang" | "space" => {}
                    "base" => return refuse_with(cause::XML_TRANSFORM, "C14N 1.1, xml:base"),
                    _ => continue,
                }
            }
            if !found.iter().any(|known| known.name.local_name == attribute.name.local_name) {
                found.push(attribute);
            }
        }
        Ok(found)
    }

    fn enter(&mut self, element: &'w Element<'_>) -> Checked<()> {
        for (prefix, uri) in &element.namespace_declarations {
            self.scope.push((prefix, uri));
        }
        match self.scope.len() > MAX_BINDINGS {
            true => refuse(cause::XML_TOO_MUCH, "ad alanı sayısı", "the number of namespaces"),
            false => Ok(()),
        }
    }

    fn element(&mut self, node: NodeId, inherited: &[&'w Attribute<'w>]) -> Checked<()> {
        let document = self.document;
        let Some(element) = document.element(node) else { return Ok(()) };
        if self.written > self.most {
            return refuse(cause::XML_TOO_MUCH, "kanonik biçim", "canonical octets");
        }
        let (outer_scope, outer_rendered) = (self.scope.len(), self.rendered.len());
        self.enter(element)?;
        self.start_tag(element, inherited);
        for child in document.children_iter(node) {
            if Some(child) != self.cut {
                self.node(child)?;
            }
        }
        self.put(b"</");
        self.qualified_name(element.name.prefix.as_deref(), &element.name.local_name);
        self.put(b">");
        self.scope.truncate(outer_scope);
        self.rendered.truncate(outer_rendered);
        Ok(())
    }

    fn node(&mut self, node: NodeId) -> Checked<()> {
        let document = self.document;
        match document.node_kind(node) {
            Some(NodeKind::Element(_)) => return self.element(node, &[]),
            Some(NodeKind::Text(text) | NodeKind::CData(text)) => self.escaped(text, |byte| match byte {
                b'&' => Some(b"&amp;"),
                b'<' => Some(b"&lt;"),
                b'>' => Some(b"&gt;"),
                b'\r' => Some(b"&#xD;"),
                _ => None,
            }),
            Some(NodeKind::Comment(text)) if self.comments => {
                self.put(b"<!--");
                self.put(text.as_bytes());
                self.put(b"-->");
            }
            Some(NodeKind::ProcessingInstruction(instruction)) => {
                self.put(b"<?");
                self.put(instruction.target.as_bytes());
                if let Some(data) = instruction.data.as_deref().filter(|data| !data.is_empty()) {
                    self.put(b" ");
                    self.put(data.as_bytes());
                }
                self.put(b"?>");
            }
            _ => {}
        }
        Ok(())
    }

    fn start_tag(&mut self, element: &'w Element<'_>, inherited: &[&'w Attribute<'w>]) {
        self.put(b"<");
        self.qualified_name(element.name.prefix.as_deref(), &element.name.local_name);
        let declared = self.declarations(element);
        for (prefix, uri) in &declared {
            self.put(b" xmlns");
            if !prefix.is_empty() {
                self.put(b":");
                self.put(prefix.as_bytes());
            }
            self.put(b"=\"");
            self.attribute_value(uri);
            self.put(b"\"");
        }
        self.rendered.extend(declared);
        let own = |name: &str| {
            let mut attributes = element.attributes.iter();
            attributes.any(|known| known.name.local_name == name && known.name.namespace_uri.as_deref() == Some(XML))
        };
        let inherited = inherited.iter().copied().filter(|attribute| !own(&attribute.name.local_name));
        let mut attributes: Vec<&Attribute<'_>> = element.attributes.iter().chain(inherited).collect();
        attributes.sort_by_key(|attribute| (attribute.name.namespace_uri.as_deref().unwrap_or(""), &*attribute.name.local_name));
        for attribute in attributes {
            self.put(b" ");
            self.qualified_name(attribute.name.prefix.as_deref(), &attribute.name.local_name);
            self.put(b"=\"");
            self.attribute_value(&attribute.value);
            self.put(b"\"");
        }
        self.put(b">");
    }

    /// The namespace declarations that the output needs here, sorted by prefix.
    fn declarations(&self, element: &'w Element<'_>) -> Vec<(&'w str, &'w str)> {
        let mut needed: Vec<(&'w str, &'w str)> = Vec::new();
        let mut consider = |prefix: &'w str| {
            if prefix == "xml" || needed.iter().any(|(known, _)| *known == prefix) {
                return;
            }
            let uri = bound(&self.scope, prefix).unwrap_or("");
            let written = bound(&self.rendered, prefix).unwrap_or("");
            // An empty binding is written only to undo another default namespace; a prefix cannot be undone.
            if uri != written && (!uri.is_empty() || prefix.is_empty()) {
                needed.push((prefix, uri));
            }
        };
        if self.canonical.mode == Mode::Exclusive {
            consider(element.name.prefix.as_deref().unwrap_or(""));
            let prefixes = element.attributes.iter().filter_map(|attribute| attribute.name.prefix.as_deref());
            prefixes.for_each(&mut consider);
            self.canonical.prefixes.iter().for_each(|prefix| consider(prefix));
        } else {
            // Whatever is in force and not yet written; below the apex that can only be what this element declares.
            let fresh = match self.rendered.is_empty() {
                true => &self.scope[..],
                false => self
                    .scope
                    .get(self.scope.len() - element.namespace_declarations.len()..)
                    .unwrap_or_default(),
            };
            fresh.iter().for_each(|(prefix, _)| consider(prefix));
        }
        needed.sort_unstable();
        needed
    }

    fn qualified_name(&mut self, prefix: Option<&str>, local: &str) {
        if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
            self.put(prefix.as_bytes());
            self.put(b":");
        }
        self.put(local.as_bytes());
    }

    fn attribute_value(&mut self, value: &str) {
        self.escaped(value, |byte| match byte {
            b'&' => Some(b"&amp;"),
            b'<' => Some(b"&lt;"),
            b'"' => Some(b"&quot;"),
            b'\t' => Some(b"&#x9;"),
            b'\n' => Some(b"&#xA;"),
            b'\r' => Some(b"&#xD;"),
            _ => None,
        });
    }

    fn escaped(&mut self, text: &str, replacement: impl Fn(u8) -> Option<&'static [u8]>) {
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|byte| replacement(*byte).is_some()) {
            let (plain, special) = rest.split_at(at);
            self.put(plain);
            if let Some(replaced) = special.first().and_then(|byte| replacement(*byte)) {
                self.put(replaced);
            }
            rest = special.get(1..).unwrap_or_default();
        }
        self.put(rest);
    }
}

#[cfg(test)]
#[path = "c14n_tests.rs"]
mod tests;
