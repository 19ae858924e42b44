//! What of a document the references of a signature cover, told by nodes: what the gateway consumes must be what is signed. The rest is
//! named: harmless parts in a remark, everything else as a reason against the signature.

use uppsala::{NodeId, NodeKind};

use crate::signature::cause::{self, Reasons};
use crate::signature::xades::c14n::Selection;
use crate::signature::xades::document::{DSIG, Xml};
use crate::signature::xades::reference::{Data, Resolved, Target};
use crate::signature::xades::structure::{Signature, XADES};

/// Names of uncovered parts that a report shows.
const SHOWN: usize = 6;

/// Attributes of a wrapper that say nothing about the content inside it.
const NEUTRAL: [&str; 3] = ["id", "mimetype", "encoding"];
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What is not covered.
#[derive(Default)]
struct Uncovered {
    partial: Vec<String>,
    notes: Vec<String>,
}

impl Uncovered {
    fn partial(&mut self, what: String) {
        if !self.partial.contains(&what) {
            self.partial.push(what);
        }
    }

    fn note(&mut self, what: &str) {
        if !self.notes.iter().any(|known| known == what) {
            self.notes.push(what.to_owned());
        }
    }
}

struct Walk<'a, 'd> {
    xml: &'a Xml<'d>,
    signature: &'a Signature,
    covered: Vec<NodeId>,
    found: Uncovered,
}

/// Whether a signature is over other signatures of this document and nothing else. They are judged themselves, so what they leave
/// uncovered is said there. A SignatureValue that is nobody's says nothing about any document.
pub fn is_countersigning(xml: &Xml<'_>, resolved: &[Resolved<'_>]) -> bool {
    let mut data = resolved
        .iter()
        .filter(|one| !matches!(one.target, Target::Properties | Target::KeyInfo))
        .peekable();
    data.peek().is_some()
        && data.all(|one| match one.target {
            Target::Countersigned(value) => xml.document.parent(value).is_some_and(|parent| xml.is(parent, DSIG, "Signature")),
            _ => false,
        })
}

/// Adds what `signature` leaves uncovered: in the whole document, or (`inside_only`, for counter-signatures) in its own objects.
pub fn judge(xml: &Xml<'_>, signature: &Signature, resolved: &[Resolved<'_>], inside_only: bool, reasons: &mut Reasons) {
    let covered = resolved.iter().filter_map(|one| match one.target {
        Target::Document => Some(xml.document.root()),
        Target::Element(node) | Target::Object(node) | Target::Manifest(node) => Some(node),
        Target::Properties | Target::KeyInfo | Target::Countersigned(_) | Target::Supplied => None,
    });
    let mut walk = Walk {
        xml,
        signature,
        covered: covered.collect(),
        found: Uncovered::default(),
    };
    walk.own_objects();
    if !inside_only {
        walk.content(xml.document.root());
    }
    if !resolved.iter().any(|one| one.target == Target::KeyInfo) && signature.key_info.is_some() {
        walk.found.note("KeyInfo");
    }
    if signature
        .qualifying
        .as_ref()
        .is_some_and(|qualifying| !qualifying.unsigned.is_empty())
    {
        walk.found.note("UnsignedProperties");
    }
    if leaves_out_comments(xml, resolved) {
        walk.found.note("comments");
    }
    for one in resolved
        .iter()
        .filter(|one| matches!((&one.target, &one.data), (Target::Object(_), Data::Octets(_))))
    {
        if let Target::Object(node) = one.target
            && xml.attribute(node, "MimeType").is_some()
        {
            walk.found.note("Object/@MimeType");
        }
    }
    let list = |names: &[String]| names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if !walk.found.partial.is_empty() {
        reasons.add_with(cause::XML_PARTIAL, &list(&walk.found.partial));
    }
    if !walk.found.notes.is_empty() {
        reasons.add_with(cause::XML_NOTES, &list(&walk.found.notes));
    }
}

/// Comments stand in what is covered and are not part of it: whoever shows them shows what nobody signed.
fn leaves_out_comments(xml: &Xml<'_>, resolved: &[Resolved<'_>]) -> bool {
    let selection = |one: &Resolved<'_>| match &one.data {
        Data::Nodes(selection) | Data::Canonical(selection, _) => Some(*selection),
        Data::Octets(_) | Data::File(_) => None,
    };
    resolved.iter().filter_map(selection).any(|Selection { apex, cut, .. }| {
        let mut pending = vec![apex];
        while let Some(node) = pending.pop() {
            match xml.document.node_kind(node) {
                Some(NodeKind::Comment(_)) => return true,
                _ if Some(node) == cut => {}
                _ => pending.extend(xml.document.children_iter(node)),
            }
        }
        false
    })
}

impl Walk<'_, '_> {
    /// The objects of this signature: data that it envelops, and its properties, of which nothing else may stand beside them.
    fn own_objects(&mut self) {
        let properties = self.signature.qualifying.as_ref().map(|qualifying| qualifying.object);
        for object in &self.signature.objects {
            if Some(*object) != properties {
                self.node(*object);
                continue;
            }
            for child in self.xml.document.children_iter(*object) {
                if !self.xml.is(child, XADES, "QualifyingProperties") {
                    self.node(child);
                }
            }
        }
    }

    /// True when it held something that counts as content.
    fn content(&mut self, parent: NodeId) -> bool {
        if self.covered.contains(&parent) {
            return true;
        }
        let mut any = false;
        for child in self.xml.document.children_iter(parent) {
            any |= self.node(child);
        }
        any
    }

    fn node(&mut self, node: NodeId) -> bool {
        let xml = self.xml;
        match xml.document.node_kind(node) {
            Some(NodeKind::Element(_)) => self.element(node),
            Some(NodeKind::Text(text) | NodeKind::CData(text)) if !text.trim().is_empty() => {
                let parent = xml.document.parent(node).map(|parent| xml.name(parent)).unwrap_or_default();
                self.found.partial(format!("{parent}/text()"));
                true
            }
            // A stylesheet around the root changes what people see.
            Some(NodeKind::ProcessingInstruction(instruction)) => {
                self.found
                    .partial(format!("<?{}?>", instruction.target.chars().take(40).collect::<String>()));
                true
            }
            _ => false,
        }
    }

    fn element(&mut self, node: NodeId) -> bool {
        let xml = self.xml;
        // Signatures are judged for themselves.
        if self.covered.contains(&node) || xml.is(node, DSIG, "Signature") {
            return true;
        }
        let attributes = xml.element(node).map(|element| element.attributes.as_slice()).unwrap_or_default();
        let speaks = attributes.iter().any(|attribute| {
            let neutral = NEUTRAL.iter().any(|name| attribute.name.local_name.eq_ignore_ascii_case(name));
            !neutral && attribute.name.namespace_uri.as_deref() != Some(SCHEMA_INSTANCE)
        });
        if speaks || !self.content(node) {
            self.found.partial(xml.name(node));
        } else {
            self.found.note(&xml.name(node));
        }
        true
    }
}

/// Whether a reference covers all of the document element, the signature itself aside.
pub fn covers_root(xml: &Xml<'_>, resolved: &Resolved<'_>) -> bool {
    matches!(resolved.target, Target::Document) || resolved.target == Target::Element(xml.root())
}
