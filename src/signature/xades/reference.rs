//! The reference processing model (XML-DSig 4.4.3) with the little that is safe of it: same-document references by identifier, content
//! that was supplied, and the transforms c14n, exclusive c14n, enveloped-signature and base64. Whatever else a reference asks for is refused
//! with its name; nothing is ever fetched.

use std::borrow::Cow;

use uppsala::NodeId;

use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::crypto::Hash;
use crate::signature::octets::{Octets, StreamedFile};
use crate::signature::xades::algorithms;
use crate::signature::xades::c14n::{Canonical, Hashing, Selection, Sink};
use crate::signature::xades::document::{Checked, DSIG, Xml, decode, refuse, refuse_with, string_value, text_of};
use crate::signature::xades::structure::{Signature, references_of};

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
const MANIFEST: &str = "http://www.w3.org/2000/09/xmldsig#Manifest";

/// `Type` of the reference to the signed properties: the standard's, and the one that older Turkish software writes.
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
const SIGNED_PROPERTIES_TR: &str = "http://uri.etsi.org/01903/v1.3.2/XAdES.xsd#SignedProperties";

/// Transforms of one reference; honest ones have up to three.
const MAX_TRANSFORMS: usize = 8;

/// What a reference points at, told by node identity and never by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// URI="": the document.
    Document,
    /// An element outside of this signature.
    Element(NodeId),
    /// A ds:Object of this signature.
    Object(NodeId),
    /// A ds:Manifest in one of them.
    Manifest(NodeId),
    /// The SignedProperties of this signature.
    Properties,
    /// Its KeyInfo.
    KeyInfo,
    /// The SignatureValue of another signature: a counter-signature.
    Countersigned(NodeId),
    /// What was supplied beside the document.
    Supplied,
}

/// A reference, resolved and processed.
pub struct Resolved<'a> {
    pub node: NodeId,
    pub target: Target,
    pub data: Data<'a>,
    /// The enveloped-signature transform was applied.
    pub enveloped: bool,
}

/// What the transforms left.
#[derive(Debug, Clone)]
pub enum Data<'a> {
    Nodes(Selection),
    Canonical(Selection, Canonical),
    Octets(Cow<'a, [u8]>),
    /// Supplied content that is not held in memory, as it is.
    File(&'a StreamedFile),
}

impl Data<'_> {
    /// Writes the octets; nodes that no transform made octets of are canonicalized by `default`.
    ///
    /// # Errors
    /// Too much to canonicalize.
    pub fn write(&self, xml: &Xml<'_>, default: &Canonical, out: &mut impl Sink) -> Checked<()> {
        match self {
            Self::Nodes(selection) => default.write(xml, *selection, out),
            Self::Canonical(selection, canonical) => canonical.write(xml, *selection, out),
            Self::Octets(octets) => {
                xml.spend(octets.len() as u64)?;
                out.write(octets);
                Ok(())
            }
            Self::File(file) => {
                out.write(&held(file, xml.budget())?);
                Ok(())
            }
        }
    }
}

/// A file of which more than a hash is wanted: within what may be processed of XML.
fn held(file: &StreamedFile, limit: u64) -> Checked<Vec<u8>> {
    match file.read_within(limit) {
        Ok(Some(octets)) => Ok(octets),
        Ok(None) => refuse(cause::XML_TOO_MUCH, "verilen içerik", "the supplied content"),
        Err(_) => refuse(cause::NO_CONTENT, "", ""),
    }
}

/// What references are resolved against.
pub struct Resolver<'r, 'd> {
    pub xml: &'r Xml<'d>,
    pub signature: &'r Signature,
    /// Supplied content for a detached signature.
    pub content: Option<Octets<'r>>,
    pub context: &'r Context,
}

impl<'r> Resolver<'r, '_> {
    /// # Errors
    /// The reference points where it must not, or asks for a transform that is not allowed.
    pub fn resolve(&self, reference: NodeId) -> Checked<Resolved<'r>> {
        let (target, data) = self.target(reference)?;
        let (data, enveloped) = self.transformed(reference, target, data)?;
        Ok(Resolved {
            node: reference,
            target,
            data,
            enveloped,
        })
    }

    fn target(&self, reference: NodeId) -> Checked<(Target, Data<'r>)> {
        let xml = self.xml;
        let nodes = |apex| {
            Data::Nodes(Selection {
                comments: false,
                ..Selection::of(apex)
            })
        };
        let uri = match xml.attribute(reference, "URI") {
            Some("") => return Ok((Target::Document, nodes(xml.document.root()))),
            None => return self.supplied(""),
            Some(uri) => uri,
        };
        let Some(id) = uri.strip_prefix('#') else {
            return self.supplied(uri);
        };
        if id.is_empty() || id.contains('(') {
            return refuse_with(cause::XML_TRANSFORM, uri);
        }
        let node = xml.by_id(id)?;
        Ok((self.identify(reference, node)?, nodes(node)))
    }

    /// Content beside the document. The address is a hint for people: nothing is fetched because a document says so.
    fn supplied(&self, uri: &str) -> Checked<(Target, Data<'r>)> {
        match &self.content {
            Some(Octets::Held(content)) => Ok((Target::Supplied, Data::Octets(content.clone()))),
            Some(Octets::File(file)) => Ok((Target::Supplied, Data::File(file))),
            None if uri.is_empty() => refuse(cause::NO_CONTENT, "", ""),
            None => refuse_with(cause::XML_EXTERNAL, uri),
        }
    }

    fn identify(&self, reference: NodeId, node: NodeId) -> Checked<Target> {
        let (xml, signature) = (self.xml, self.signature);
        if signature.qualifying.as_ref().is_some_and(|qualifying| qualifying.signed == node) {
            return Ok(Target::Properties);
        }
        if xml
            .attribute(reference, "Type")
            .is_some_and(|kind| kind.ends_with("#SignedProperties"))
        {
            return refuse(
                cause::XML_REFERENCE,
                "SignedProperties başvurusu başka bir öğeyi gösteriyor",
                "the reference to SignedProperties points at another element",
            );
        }
        if signature.key_info == Some(node) {
            return Ok(Target::KeyInfo);
        }
        if let Some(object) = signature.objects.iter().find(|object| xml.is_within(node, **object)) {
            let holds_properties = signature.qualifying.as_ref().is_some_and(|qualifying| qualifying.object == *object);
            return match () {
                () if node == *object && !holds_properties => Ok(Target::Object(node)),
                () if xml.is(node, DSIG, "Manifest") && xml.document.parent(node) == Some(*object) => Ok(Target::Manifest(node)),
                () if !holds_properties => Ok(Target::Element(node)),
                () => refuse(
                    cause::XML_REFERENCE,
                    "XAdES özelliklerinin bir parçasına başvuru",
                    "a reference to a part of the XAdES properties",
                ),
            };
        }
        if xml.is_within(node, signature.node) {
            return refuse(
                cause::XML_REFERENCE,
                "imzanın kendi parçasına başvuru",
                "a reference to a part of the signature itself",
            );
        }
        if xml.is(node, DSIG, "SignatureValue") {
            return Ok(Target::Countersigned(node));
        }
        Ok(Target::Element(node))
    }

    fn transformed(&self, reference: NodeId, target: Target, mut data: Data<'r>) -> Checked<(Data<'r>, bool)> {
        let xml = self.xml;
        let Some(list) = xml.optional(reference, DSIG, "Transforms")? else {
            return Ok((data, false));
        };
        let transforms = xml.elements(list);
        if transforms.len() > MAX_TRANSFORMS {
            return refuse_with(cause::XML_TRANSFORM, "Transforms");
        }
        let mut enveloped = false;
        for transform in transforms {
            let uri = xml.algorithm(transform);
            data = match (uri, data) {
                _ if !xml.is(transform, DSIG, "Transform") => return refuse_with(cause::XML_TRANSFORM, &xml.name(transform)),
                (ENVELOPED, Data::Nodes(selection)) if !enveloped && xml.is_within(self.signature.node, selection.apex) => {
                    enveloped = true;
                    Data::Nodes(Selection {
                        cut: Some(self.signature.node),
                        ..selection
                    })
                }
                (BASE64, data) => self.decoded(target, data)?,
                (_, data) => match Canonical::read(xml, transform) {
                    Some(canonical) => self.canonicalized(canonical, data)?,
                    None => return refuse_with(cause::XML_TRANSFORM, uri),
                },
            };
        }
        Ok((data, enveloped))
    }

    /// base64 drops every tag, so it is allowed only where there are none: over the text of one of our objects, or over supplied octets.
    fn decoded(&self, target: Target, data: Data<'r>) -> Checked<Data<'r>> {
        let text = match (target, &data) {
            (Target::Object(node), Data::Nodes(_)) if self.xml.elements(node).is_empty() => {
                let mut text = Vec::new();
                string_value(&self.xml.document, node, &mut text);
                text
            }
            (Target::Supplied, Data::Octets(octets)) => octets.to_vec(),
            (Target::Supplied, Data::File(file)) => held(file, self.context.limits.xml_bytes)?,
            _ => return refuse_with(cause::XML_TRANSFORM, BASE64),
        };
        self.xml.spend(text.len() as u64)?;
        match std::str::from_utf8(&text).ok().and_then(decode) {
            Some(octets) => Ok(Data::Octets(Cow::Owned(octets))),
            None => refuse_with(cause::XML, "base64"),
        }
    }

    fn canonicalized(&self, canonical: Canonical, data: Data<'r>) -> Checked<Data<'r>> {
        let octets = match data {
            Data::Nodes(selection) => return Ok(Data::Canonical(selection, canonical)),
            // A second canonicalization reads what the first one wrote.
            Data::Canonical(selection, first) => Cow::Owned(first.octets(self.xml, selection)?),
            Data::Octets(octets) => octets,
            Data::File(file) => Cow::Owned(held(file, self.context.limits.xml_bytes)?),
        };
        let parsed = Xml::parse(text_of(&octets, &self.context.limits)?)?;
        self.xml.spend(octets.len() as u64)?;
        let written = canonical.octets(&parsed, Selection::of(parsed.document.root()))?;
        Ok(Data::Octets(Cow::Owned(written)))
    }

    /// The references of the manifests that the signature covers: what they name is signed by way of their digests.
    pub fn manifested(&self, resolved: &[Resolved<'r>]) -> Checked<Vec<Resolved<'r>>> {
        let mut found = Vec::new();
        for one in resolved.iter().filter(|one| self.names_manifest(one)) {
            let Target::Manifest(manifest) = one.target else {
                return refuse(
                    cause::XML_REFERENCE,
                    "Manifest başvurusu başka bir öğeyi gösteriyor",
                    "the reference to a Manifest points at another element",
                );
            };
            for reference in references_of(self.xml, manifest)? {
                let inner = self.resolve(reference)?;
                let to_data = matches!(
                    inner.target,
                    Target::Document | Target::Element(_) | Target::Object(_) | Target::Supplied
                );
                if !to_data || self.names_manifest(&inner) {
                    return refuse(cause::XML_REFERENCE, "Manifest içindeki başvuru", "a reference in a Manifest");
                }
                found.push(inner);
            }
        }
        Ok(found)
    }

    /// Compares a reference's digest with the one of what it refers to. The digest that it states, when it could be read.
    ///
    /// # Errors
    /// The algorithm is unknown or the octets cannot be had.
    pub fn check_digest(&self, resolved: &Resolved<'_>, reasons: &mut Reasons) -> Checked<Option<(Hash, Vec<u8>)>> {
        let xml = self.xml;
        let method = xml.algorithm(xml.child(resolved.node, DSIG, "DigestMethod")?);
        let Some(hash) = algorithms::hash(method) else {
            return refuse_with(cause::UNSUPPORTED, method);
        };
        let stated = xml.base64(xml.child(resolved.node, DSIG, "DigestValue")?);
        let digest = match (&resolved.data, hash.start()) {
            (Data::File(file), _) => file.digest(hash).ok(),
            (_, Ok(digest)) => {
                let mut hashing = Hashing::new(digest);
                resolved.data.write(xml, &Canonical::DEFAULT, &mut hashing)?;
                hashing.finish().ok()
            }
            (_, Err(_)) => return refuse_with(cause::UNSUPPORTED, method),
        };
        if digest.is_none() || digest != stated {
            reasons.add(cause::HASH);
        }
        Ok(stated.map(|stated| (hash, stated)))
    }

    /// The `Type` of the reference to the signed properties: the standard's, or the Turkish dialect with a remark.
    pub fn check_properties_type(&self, reference: NodeId, reasons: &mut Reasons) {
        match self.xml.attribute(reference, "Type") {
            Some(SIGNED_PROPERTIES) => {}
            Some(SIGNED_PROPERTIES_TR) => reasons.add(cause::XML_TYPE_DIALECT),
            other => reasons.add_with(
                cause::XML_PROPERTIES_TYPE,
                &other.unwrap_or("-").chars().take(120).collect::<String>(),
            ),
        }
    }

    /// A reference that says it points at a manifest, and one that does, are the same.
    fn names_manifest(&self, resolved: &Resolved<'_>) -> bool {
        self.xml.attribute(resolved.node, "Type") == Some(MANIFEST) || matches!(resolved.target, Target::Manifest(_))
    }
}
