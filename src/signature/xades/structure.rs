//! One ds:Signature with its parts in the places that the schemas give them (XML-DSig 4.2, EN 319 132-1 4.3). What stands elsewhere is not
//! looked for: an element in another place is how a signature is made to mean something else.

use uppsala::{NodeId, NodeKind};

use crate::signature::cause;
use crate::signature::xades::document::{Checked, DSIG, Xml, refuse, refuse_with};

/// XAdES 1.3.2; 1.4.1 adds archive timestamps and validation data of timestamps.
pub const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
pub const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";

/// References of one signature or manifest; a package of signed attachments has some dozens.
const MAX_REFERENCES: usize = 256;

pub struct Signature {
    pub node: NodeId,
    pub signed_info: NodeId,
    pub canonicalization: NodeId,
    pub method: NodeId,
    pub references: Vec<NodeId>,
    pub value: NodeId,
    pub key_info: Option<NodeId>,
    pub objects: Vec<NodeId>,
    pub qualifying: Option<Qualifying>,
}

/// QualifyingProperties and what stands in them.
pub struct Qualifying {
    /// The ds:Object around them.
    pub object: NodeId,
    pub signed: NodeId,
    pub signature_properties: Option<NodeId>,
    pub data_properties: Option<NodeId>,
    /// The children of UnsignedSignatureProperties in their order, which timestamps depend on.
    pub unsigned: Vec<NodeId>,
}

impl Signature {
    /// # Errors
    /// A part is missing, in another place, or there twice.
    pub fn read(xml: &Xml<'_>, node: NodeId) -> Checked<Self> {
        let says_something = |child: NodeId| matches!(xml.document.node_kind(child), Some(NodeKind::Text(text) | NodeKind::CData(text)) if !text.trim().is_empty());
        if xml.document.children_iter(node).any(says_something) {
            return refuse_with(cause::XML, "Signature/text()");
        }
        let mut parts = xml.elements(node).into_iter().peekable();
        let mut required = |name: &str| match parts.next_if(|part| xml.is(*part, DSIG, name)) {
            Some(part) => Ok(part),
            None => refuse(cause::XML, &format!("{name} yerinde değil"), &format!("{name} is not in its place")),
        };
        let signed_info = required("SignedInfo")?;
        let value = required("SignatureValue")?;
        let key_info = parts.next_if(|part| xml.is(*part, DSIG, "KeyInfo"));
        let objects: Vec<NodeId> = parts.collect();
        if let Some(other) = objects.iter().find(|part| !xml.is(**part, DSIG, "Object")) {
            return refuse_with(cause::XML, &xml.name(*other));
        }
        let (canonicalization, method, references) = signed_info_parts(xml, signed_info)?;
        let qualifying = Qualifying::read(xml, node, &objects)?;
        Ok(Self {
            node,
            signed_info,
            canonicalization,
            method,
            references,
            value,
            key_info,
            objects,
            qualifying,
        })
    }

    /// The unsigned signature properties of this name, in order.
    pub fn unsigned<'s>(&'s self, xml: &'s Xml<'_>, namespace: &'s str, name: &'s str) -> impl Iterator<Item = NodeId> + 's {
        let all = self
            .qualifying
            .as_ref()
            .map(|qualifying| qualifying.unsigned.as_slice())
            .unwrap_or_default();
        all.iter().copied().filter(move |node| xml.is(*node, namespace, name))
    }

    pub fn has_unsigned(&self, xml: &Xml<'_>, names: &[&str]) -> bool {
        names.iter().any(|name| {
            let mut found = self.unsigned(xml, XADES, name).chain(self.unsigned(xml, XADES_141, name));
            found.next().is_some()
        })
    }
}

fn signed_info_parts(xml: &Xml<'_>, signed_info: NodeId) -> Checked<(NodeId, NodeId, Vec<NodeId>)> {
    let canonicalization = xml.child(signed_info, DSIG, "CanonicalizationMethod")?;
    let method = xml.child(signed_info, DSIG, "SignatureMethod")?;
    let references = references_of(xml, signed_info)?;
    match xml.elements(signed_info).len() == references.len() + 2 {
        true => Ok((canonicalization, method, references)),
        false => refuse_with(cause::XML, "SignedInfo"),
    }
}

/// The references of a SignedInfo or a Manifest.
///
/// # Errors
/// None, or too many.
pub fn references_of(xml: &Xml<'_>, parent: NodeId) -> Checked<Vec<NodeId>> {
    let references = xml.children(parent, DSIG, "Reference");
    match references.is_empty() || references.len() > MAX_REFERENCES {
        true => refuse(cause::XML_REFERENCE, "başvuru sayısı", "the number of references"),
        false => Ok(references),
    }
}

impl Qualifying {
    /// Signature / Object / QualifyingProperties with Target = this signature, once.
    fn read(xml: &Xml<'_>, signature: NodeId, objects: &[NodeId]) -> Checked<Option<Self>> {
        let mut found: Vec<(NodeId, NodeId)> = Vec::new();
        for object in objects {
            found.extend(
                xml.children(*object, XADES, "QualifyingProperties")
                    .into_iter()
                    .map(|node| (*object, node)),
            );
        }
        refuse_misplaced(xml, objects, &found)?;
        let (object, node) = match found.as_slice() {
            [] => return Ok(None),
            [one] => *one,
            _ => return refuse(cause::XML, "birden çok QualifyingProperties", "several QualifyingProperties"),
        };
        let own = xml.attribute(signature, "Id");
        let target = xml.attribute(node, "Target").and_then(|target| target.strip_prefix('#'));
        match (own, target) {
            (Some(own), Some(target)) if own == target && xml.by_id(own)? == signature => {}
            _ => {
                return refuse(
                    cause::XML_REFERENCE,
                    "XAdES özellikleri başka bir imzanın",
                    "the XAdES properties belong to another signature",
                );
            }
        }
        let signed = xml.child(node, XADES, "SignedProperties")?;
        let unsigned = xml.optional(node, XADES, "UnsignedProperties")?;
        let unsigned = match unsigned {
            Some(unsigned) => xml.optional(unsigned, XADES, "UnsignedSignatureProperties")?,
            None => None,
        };
        Ok(Some(Self {
            object,
            signed,
            signature_properties: xml.optional(signed, XADES, "SignedSignatureProperties")?,
            data_properties: xml.optional(signed, XADES, "SignedDataObjectProperties")?,
            unsigned: unsigned.map(|unsigned| xml.elements(unsigned)).unwrap_or_default(),
        }))
    }
}

/// Properties of XAdES anywhere else in the objects, or of a version that is not known: somebody reads them, and not as we do.
fn refuse_misplaced(xml: &Xml<'_>, objects: &[NodeId], found: &[(NodeId, NodeId)]) -> Checked<()> {
    let mut pending: Vec<NodeId> = objects.to_vec();
    while let Some(node) = pending.pop() {
        for child in xml.elements(node) {
            let name = xml.element(child).map(|element| &*element.name.local_name).unwrap_or_default();
            // Another signature, inside the data or countersigning, has properties of its own.
            if xml.is(child, DSIG, "Signature") {
                continue;
            }
            let in_place = found.iter().any(|(_, known)| *known == child);
            if name == "QualifyingPropertiesReference" || (name == "QualifyingProperties" && !in_place) {
                let namespace = xml
                    .element(child)
                    .and_then(|element| element.name.namespace_uri.as_deref())
                    .unwrap_or_default();
                return match namespace == XADES {
                    true => refuse(
                        cause::XML_REFERENCE,
                        "XAdES özellikleri yerinde değil",
                        "XAdES properties in another place",
                    ),
                    false => refuse_with(cause::XML_VERSION, namespace),
                };
            }
            if !in_place {
                pending.push(child);
            }
        }
    }
    Ok(())
}
