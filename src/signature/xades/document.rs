//! A signed XML document, parsed once under bounds: no DTD, no entities, UTF-8, known depth and size. All lookups that decide what is
//! signed go through here, so that there is one reading of names, attributes and identifiers.

use std::cell::Cell;
use std::collections::HashMap;

use base64::Engine;
use uppsala::parser::Parser;
use uppsala::{Document, Element, NodeId, NodeKind};

use crate::limits::Limits;
use crate::signature::cause::{self, Cause};
use crate::signature::xades::c14n::Sink;

pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Elements inside elements; invoices and office documents stay below fifty.
const MAX_DEPTH: u32 = 128;

/// Tags and attributes of one document: a node costs some 300 bytes, so this keeps the tree below a gigabyte. A register of 32 MiB with one
/// tag in sixteen bytes fits.
const MAX_NODES: usize = 3_000_000;

/// Octets that canonicalization may write for one file. An honest archive signature writes its document about twice.
const MAX_CANONICAL_BYTES: u64 = 1 << 30;

/// Why a signature is not what it must be: a cause and its detail in both languages.
#[derive(Debug, Clone)]
pub struct Refusal(pub Cause, pub String, pub String);

pub type Checked<T> = Result<T, Refusal>;

pub fn refuse<T>(cause: Cause, tr: &str, en: &str) -> Checked<T> {
    Err(Refusal(cause, tr.to_owned(), en.to_owned()))
}

/// The same detail in both languages: a name or an address.
pub fn refuse_with<T>(cause: Cause, detail: &str) -> Checked<T> {
    // A detail comes from the document: it is shown, so it is short.
    let shown: String = detail.chars().filter(|c| !c.is_control()).take(120).collect();
    refuse(cause, &shown, &shown)
}

/// The bytes as text when they are within the limits and UTF-8.
///
/// # Errors
/// Too large, or in another encoding: what is declared otherwise would be read otherwise elsewhere.
pub fn text_of<'a>(xml: &'a [u8], limits: &Limits) -> Checked<&'a str> {
    if xml.len() as u64 > limits.xml_bytes {
        return refuse(cause::XML, "çok büyük", "it is too large");
    }
    let nodes = xml.iter().filter(|byte| matches!(byte, b'<' | b'=')).count();
    if nodes > MAX_NODES {
        return refuse(cause::XML_TOO_MUCH, "öğe sayısı", "the number of elements");
    }
    match utf8(xml) {
        Some(text) => Ok(text),
        None => refuse_with(cause::FORMAT_UNJUDGED, "XML, UTF-8 değil / not UTF-8"),
    }
}

/// UTF-8, or ASCII under another name.
fn utf8(xml: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml)).ok()?;
    let declaration = text
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split("?>").next())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_utf8 = !declaration.contains("encoding") || declaration.contains("utf-8") || declaration.contains("us-ascii");
    (is_utf8 || text.is_ascii()).then_some(text)
}

/// Who bears an identifier.
#[derive(Clone, Copy)]
enum Bearer {
    One(NodeId),
    Several,
}

pub struct Xml<'a> {
    pub document: Document<'a>,
    ids: HashMap<String, Bearer>,
    budget: Cell<u64>,
}

impl<'a> Xml<'a> {
    /// # Errors
    /// Not well-formed, too deep, or with a DTD.
    pub fn parse(text: &'a str) -> Checked<Self> {
        let parser = Parser::new().with_forbid_dtd(true).with_max_depth(MAX_DEPTH);
        let document = match parser.parse(text) {
            Ok(document) => document,
            Err(_) if has_doctype(text) => return refuse(cause::XML_DTD, "", ""),
            Err(error) => return refuse_with(cause::XML, &error.to_string()),
        };
        if document.document_element().is_none() {
            return refuse(cause::XML, "kök öğe yok", "it has no root element");
        }
        let ids = identifiers(&document);
        Ok(Self {
            document,
            ids,
            budget: Cell::new(MAX_CANONICAL_BYTES),
        })
    }

    pub fn root(&self) -> NodeId {
        self.document.document_element().unwrap_or_else(|| self.document.root())
    }

    pub fn element(&self, node: NodeId) -> Option<&Element<'a>> {
        self.document.element(node)
    }

    pub fn is(&self, node: NodeId, namespace: &str, name: &str) -> bool {
        self.element(node).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    /// The name as written, for reports.
    pub fn name(&self, node: NodeId) -> String {
        self.element(node)
            .map(|element| element.name.local_name.chars().take(60).collect())
            .unwrap_or_default()
    }

    /// Child elements in document order.
    pub fn elements(&self, parent: NodeId) -> Vec<NodeId> {
        let children = self.document.children_iter(parent);
        children.filter(|child| self.element(*child).is_some()).collect()
    }

    pub fn children(&self, parent: NodeId, namespace: &str, name: &str) -> Vec<NodeId> {
        let children = self.document.children_iter(parent);
        children.filter(|child| self.is(*child, namespace, name)).collect()
    }

    pub fn first(&self, parent: NodeId, namespace: &str, name: &str) -> Option<NodeId> {
        self.document.children_iter(parent).find(|child| self.is(*child, namespace, name))
    }

    /// The one child of that name.
    ///
    /// # Errors
    /// None, or several.
    pub fn child(&self, parent: NodeId, namespace: &str, name: &str) -> Checked<NodeId> {
        match self.children(parent, namespace, name).as_slice() {
            [one] => Ok(*one),
            _ => refuse(cause::XML, &format!("{name} bir kez bulunmalı"), &format!("{name} must occur once")),
        }
    }

    /// `None`, or the one child of that name.
    ///
    /// # Errors
    /// Several.
    pub fn optional(&self, parent: NodeId, namespace: &str, name: &str) -> Checked<Option<NodeId>> {
        match self.children(parent, namespace, name).as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => refuse_with(cause::XML_PROPERTY, name),
        }
    }

    /// An attribute without a namespace: `x:URI` is another attribute than `URI`, whatever comes first.
    pub fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        let attributes = &self.element(node)?.attributes;
        let found = attributes
            .iter()
            .find(|attribute| attribute.name.namespace_uri.is_none() && attribute.name.local_name == name);
        found.map(|attribute| &*attribute.value)
    }

    pub fn algorithm(&self, node: NodeId) -> &str {
        self.attribute(node, "Algorithm").unwrap_or_default()
    }

    /// The text of an element that holds text only, comments aside: text that is split by elements is read differently by everybody.
    pub fn text(&self, node: NodeId) -> Option<String> {
        let mut text = String::new();
        for child in self.document.children_iter(node) {
            match self.document.node_kind(child) {
                Some(NodeKind::Text(part) | NodeKind::CData(part)) => text.push_str(part),
                Some(NodeKind::Element(_)) => return None,
                _ => {}
            }
        }
        Some(text)
    }

    /// Base64 content of an element.
    pub fn base64(&self, node: NodeId) -> Option<Vec<u8>> {
        decode(&self.text(node)?)
    }

    /// The element that bears an identifier.
    ///
    /// # Errors
    /// Nobody, or several: which of them is meant depends on the reader, and that is how signatures are wrapped.
    pub fn by_id(&self, id: &str) -> Checked<NodeId> {
        match self.ids.get(id) {
            Some(Bearer::One(node)) => Ok(*node),
            _ => refuse(
                cause::XML_REFERENCE,
                "başvurulan Id bir kez bulunmalı",
                "the referenced Id must occur exactly once",
            ),
        }
    }

    pub fn is_within(&self, node: NodeId, ancestor: NodeId) -> bool {
        let mut current = Some(node);
        while let Some(at) = current {
            if at == ancestor {
                return true;
            }
            current = self.document.parent(at);
        }
        false
    }

    /// Takes canonical octets out of the file's budget.
    ///
    /// # Errors
    /// It is used up.
    pub fn spend(&self, bytes: u64) -> Checked<()> {
        match self.budget.get().checked_sub(bytes) {
            Some(left) => {
                self.budget.set(left);
                Ok(())
            }
            None => refuse(cause::XML_TOO_MUCH, "kanonik biçim", "canonical octets"),
        }
    }

    /// How many octets are left to write.
    pub fn budget(&self) -> u64 {
        self.budget.get()
    }
}

/// The text nodes below `node`, one after another: the string-value of XPath.
pub fn string_value(document: &Document<'_>, node: NodeId, out: &mut impl Sink) {
    for child in document.children_iter(node) {
        match document.node_kind(child) {
            Some(NodeKind::Text(text) | NodeKind::CData(text)) => out.write(text.as_bytes()),
            Some(NodeKind::Element(_)) => string_value(document, child, out),
            _ => {}
        }
    }
}

pub fn decode(text: &str) -> Option<Vec<u8>> {
    let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(compact).ok()
}

/// Every value of an attribute that anybody takes for an identifier (`Id`, `ID`, `id`, `xml:id`, `wsu:Id` …), with who bears it.
fn identifiers(document: &Document<'_>) -> HashMap<String, Bearer> {
    let mut ids: HashMap<String, Bearer> = HashMap::new();
    let mut pending = vec![document.root()];
    while let Some(node) = pending.pop() {
        pending.extend(document.children_iter(node));
        let Some(element) = document.element(node) else { continue };
        let named = element
            .attributes
            .iter()
            .filter(|attribute| attribute.name.local_name.eq_ignore_ascii_case("id"));
        for attribute in named {
            ids.entry(attribute.value.trim().to_owned())
                .and_modify(|bearer| {
                    if !matches!(bearer, Bearer::One(known) if *known == node) {
                        *bearer = Bearer::Several;
                    }
                })
                .or_insert(Bearer::One(node));
        }
    }
    ids
}

fn has_doctype(text: &str) -> bool {
    text.contains("<!DOCTYPE")
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
