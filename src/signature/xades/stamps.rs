//! The timestamps of XAdES and the octets that each is over (TS 101 903 7.2.9 to 8.2, EN 319 132-1 5.2.8, 5.3, 5.5, A.1.5).
//!
//! Several archive timestamps are over nearly the same octets, the whole document among them: each piece is canonicalized once.

use std::collections::HashMap;

use uppsala::NodeId;

use crate::signature::cause::{self, Reasons};
use crate::signature::existence::Token;
use crate::signature::octets::Octets;
use crate::signature::xades::c14n::{Canonical, Selection};
use crate::signature::xades::document::{Checked, DSIG, Xml, refuse_with};
use crate::signature::xades::reference::{Data, Resolved, Target};
use crate::signature::xades::structure::{Signature, XADES, XADES_141};

/// Tokens in one timestamp element: one in practice, two when two authorities are asked.
const MAX_TOKENS: usize = 8;

/// A part of the document that timestamps are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Piece {
    Node(NodeId),
    /// What a reference of SignedInfo leads to, by its number.
    Reference(usize),
}

/// A piece and the canonicalization (by its number) that makes octets of it.
type Part = (Piece, usize);

/// One timestamp element.
struct Entry {
    kind: &'static str,
    /// Place among the unsigned properties; `None` for timestamps over the data, which are older than all of them.
    place: Option<usize>,
    tokens: Vec<Vec<u8>>,
    /// The lists of parts that the token may be over, where writers differ.
    lists: Vec<Vec<Part>>,
}

/// The timestamps of a signature with the octets that they are over.
#[derive(Default)]
pub struct Stamps {
    entries: Vec<Entry>,
    canonicals: Vec<Canonical>,
    octets: HashMap<Part, Vec<u8>>,
    /// The signature values of counter-signatures, with their places: archive timestamps cover them too.
    counter_values: Vec<(usize, NodeId, Vec<u8>)>,
}

impl Stamps {
    /// Reads them; a form that is not judged is a reason.
    pub fn read(xml: &Xml<'_>, signature: &Signature, resolved: &[Resolved<'_>], reasons: &mut Reasons) -> Self {
        let mut reader = Reader {
            xml,
            signature,
            resolved,
            found: Self::default(),
        };
        reader.read_all(reasons);
        reader.found
    }

    pub fn has_signature_stamp(&self) -> bool {
        self.entries.iter().any(|entry| entry.kind == "signature")
    }

    /// Everything that timestamps tell of each other, for the judgement of existence.
    pub fn tokens(&self) -> Vec<Token<'_>> {
        let mut tokens = Vec::new();
        for entry in &self.entries {
            let pieces = |list: &Vec<Part>| {
                let octets = list
                    .iter()
                    .map(|part| self.octets.get(part).map(|octets| Octets::from(octets.as_slice())));
                octets.collect::<Option<Vec<_>>>()
            };
            let stamped: Vec<Vec<Octets<'_>>> = entry.lists.iter().filter_map(pieces).collect();
            for raw in &entry.tokens {
                tokens.push(Token {
                    kind: entry.kind,
                    raw,
                    stamped: stamped.clone(),
                    covers: self.covered_by(entry),
                    covers_signature: !matches!(entry.kind, "content" | "references"),
                });
            }
        }
        tokens
    }

    /// The value of the counter-signature in `place`, as archive timestamps name it in the judgement of existence.
    pub fn counter_value(&self, place: NodeId) -> Option<&[u8]> {
        let found = self.counter_values.iter().find(|(_, node, _)| *node == place);
        found.map(|(_, _, value)| value.as_slice())
    }

    /// The tokens that a timestamp covers, by their octets: those over the data always (SignedProperties hold them and the signature value
    /// signs those), of the unsigned ones what its kind is over.
    fn covered_by(&self, entry: &Entry) -> Vec<&[u8]> {
        let before = |place: usize| entry.place.is_some_and(|own| place < own);
        let reaches = |other: &Entry| match (entry.kind, other.place) {
            ("content" | "references", _) => false,
            (_, None) => true,
            ("sig-and-refs", Some(place)) => before(place) && other.kind == "signature",
            ("archive", Some(place)) => before(place),
            _ => false,
        };
        let tokens = self.entries.iter().filter(|other| reaches(other)).flat_map(|other| &other.tokens);
        let counters = self
            .counter_values
            .iter()
            .filter(|(place, _, _)| entry.kind == "archive" && before(*place));
        tokens
            .map(Vec::as_slice)
            .chain(counters.map(|(_, _, value)| value.as_slice()))
            .collect()
    }
}

struct Reader<'a, 'd> {
    xml: &'a Xml<'d>,
    signature: &'a Signature,
    resolved: &'a [Resolved<'a>],
    found: Stamps,
}

impl Reader<'_, '_> {
    fn read_all(&mut self, reasons: &mut Reasons) {
        let Some(qualifying) = &self.signature.qualifying else { return };
        let data = qualifying
            .data_properties
            .map(|properties| self.xml.elements(properties))
            .unwrap_or_default();
        for node in data {
            self.add(node, None, &[], reasons);
        }
        let unsigned = qualifying.unsigned.clone();
        for (index, node) in unsigned.iter().copied().enumerate() {
            self.add(node, Some(index), unsigned.get(..index).unwrap_or_default(), reasons);
            if self.xml.is(node, XADES, "CounterSignature")
                && let Some(counter) = self.xml.first(node, DSIG, "Signature")
                && let Some(value) = self
                    .xml
                    .first(counter, DSIG, "SignatureValue")
                    .and_then(|value| self.xml.base64(value))
            {
                self.found.counter_values.push((index, node, value));
            }
        }
    }

    fn add(&mut self, node: NodeId, place: Option<usize>, before: &[NodeId], reasons: &mut Reasons) {
        let is = |v1: &str, v2: &str| self.xml.is(node, XADES, v1) || self.xml.is(node, XADES_141, v2);
        let kind = match place {
            None if is("AllDataObjectsTimeStamp", "") || is("IndividualDataObjectsTimeStamp", "") => "content",
            Some(_) if is("SignatureTimeStamp", "") => "signature",
            Some(_) if is("SigAndRefsTimeStamp", "SigAndRefsTimeStampV2") => "sig-and-refs",
            Some(_) if is("RefsOnlyTimeStamp", "RefsOnlyTimeStampV2") => "references",
            Some(_) if is("ArchiveTimeStamp", "ArchiveTimeStamp") => "archive",
            _ => return,
        };
        let mut entry = Entry {
            kind,
            place,
            tokens: Vec::new(),
            lists: Vec::new(),
        };
        let read = self.canonicalization(node).and_then(|canonical| {
            entry.lists = match kind {
                "content" => vec![self.data_parts(node, canonical)?],
                "signature" => vec![vec![(Piece::Node(self.signature.value), canonical)]],
                "archive" => self.everything(before, canonical),
                kind => vec![self.references(before, kind == "sig-and-refs", canonical)],
            };
            entry.lists.iter().flatten().try_for_each(|part| self.store(*part))
        });
        if let Err(refusal) = read {
            reasons.add_in_two(refusal.0, &refusal.1, &refusal.2);
        }
        let tokens = self.xml.children(node, XADES, "EncapsulatedTimeStamp");
        if tokens.is_empty() || tokens.len() > MAX_TOKENS {
            reasons.add_with(cause::XML_STAMP_FORM, "EncapsulatedTimeStamp");
        }
        let octets = tokens
            .into_iter()
            .take(MAX_TOKENS)
            .map(|token| self.xml.base64(token).unwrap_or_default());
        entry.tokens = octets.collect();
        self.found.entries.push(entry);
    }

    /// The canonicalization of a timestamp in a form that is judged: RFC 3161 tokens, implicit inclusion (TS 101 903 7.1.4.3.1) but for
    /// timestamps over single data objects, which name them.
    fn canonicalization(&mut self, stamp: NodeId) -> Checked<usize> {
        let xml = self.xml;
        let may_include = xml.is(stamp, XADES, "IndividualDataObjectsTimeStamp");
        for child in xml.elements(stamp) {
            let known = xml.is(child, DSIG, "CanonicalizationMethod")
                || xml.is(child, XADES, "EncapsulatedTimeStamp")
                || (may_include && xml.is(child, XADES, "Include"));
            if !known {
                return refuse_with(cause::XML_STAMP_FORM, &xml.name(child));
            }
        }
        let canonical = match xml.optional(stamp, DSIG, "CanonicalizationMethod")? {
            None => Canonical::DEFAULT,
            Some(method) => match Canonical::read(xml, method) {
                Some(canonical) => canonical,
                None => return refuse_with(cause::XML_STAMP_FORM, xml.algorithm(method)),
            },
        };
        let known = &mut self.found.canonicals;
        Ok(known.iter().position(|one| *one == canonical).unwrap_or_else(|| {
            known.push(canonical);
            known.len() - 1
        }))
    }

    fn store(&mut self, part: Part) -> Checked<()> {
        if self.found.octets.contains_key(&part) {
            return Ok(());
        }
        let default = Canonical::DEFAULT;
        let canonical = self.found.canonicals.get(part.1).unwrap_or(&default);
        let mut octets = Vec::new();
        match part.0 {
            Piece::Node(node) => canonical.write(self.xml, Selection::of(node), &mut octets)?,
            Piece::Reference(number) => {
                let resolved = self.resolved.get(number);
                resolved.map_or(Ok(()), |one| one.data.write(self.xml, canonical, &mut octets))?;
            }
        }
        self.found.octets.insert(part, octets);
        Ok(())
    }

    /// What a reference leads to; only where the transforms left nodes does the timestamp's canonicalization matter.
    fn reference_part(&self, number: usize, canonical: usize) -> Part {
        let left_nodes = self.resolved.get(number).is_some_and(|one| matches!(one.data, Data::Nodes(_)));
        (Piece::Reference(number), if left_nodes { canonical } else { usize::MAX })
    }

    /// The data objects that a timestamp over the data is over: all, or those that it names.
    fn data_parts(&self, stamp: NodeId, canonical: usize) -> Checked<Vec<Part>> {
        let is_data = |number: &usize| self.resolved.get(*number).is_some_and(|one| one.target != Target::Properties);
        if self.xml.is(stamp, XADES, "AllDataObjectsTimeStamp") {
            let all = (0..self.resolved.len()).filter(is_data);
            return Ok(all.map(|number| self.reference_part(number, canonical)).collect());
        }
        let includes = self.xml.children(stamp, XADES, "Include");
        let named = includes.into_iter().map(|include| {
            let id = self.xml.attribute(include, "URI")?.strip_prefix('#')?;
            let node = self.xml.by_id(id).ok()?;
            let number = self.resolved.iter().position(|one| one.node == node).filter(is_data)?;
            Some(self.reference_part(number, canonical))
        });
        match named.collect::<Option<Vec<Part>>>() {
            Some(parts) if !parts.is_empty() => Ok(parts),
            _ => refuse_with(cause::XML_STAMP_FORM, "Include"),
        }
    }

    /// The signature value (for type 1), and the signature timestamps and references that stand before.
    fn references(&self, before: &[NodeId], with_signature: bool, canonical: usize) -> Vec<Part> {
        let xml = self.xml;
        let counts = |node: &&NodeId| {
            let name = xml.element(**node).map(|element| &*element.name.local_name).unwrap_or_default();
            match name.strip_suffix("V2").unwrap_or(name) {
                "SignatureTimeStamp" => with_signature,
                "CompleteCertificateRefs" | "CompleteRevocationRefs" | "AttributeCertificateRefs" | "AttributeRevocationRefs" => true,
                _ => false,
            }
        };
        let value = with_signature.then_some(&self.signature.value);
        let nodes = value.into_iter().chain(before.iter().filter(counts));
        nodes.map(|node| (Piece::Node(*node), canonical)).collect()
    }

    /// Everything: what the references lead to, SignedInfo, SignatureValue, KeyInfo, the unsigned properties that stand before, and the
    /// objects. Of the objects the standards mean those that no reference covers; some writers take all but the one with the properties.
    fn everything(&self, before: &[NodeId], canonical: usize) -> Vec<Vec<Part>> {
        let signature = self.signature;
        let mut parts: Vec<Part> = (0..self.resolved.len())
            .map(|number| self.reference_part(number, canonical))
            .collect();
        let nodes = [Some(signature.signed_info), Some(signature.value), signature.key_info];
        let nodes = nodes.into_iter().flatten().chain(before.iter().copied());
        parts.extend(nodes.map(|node| (Piece::Node(node), canonical)));
        let properties = signature.qualifying.as_ref().map(|qualifying| qualifying.object);
        let objects: Vec<NodeId> = signature
            .objects
            .iter()
            .copied()
            .filter(|object| Some(*object) != properties)
            .collect();
        let with = |wanted: &dyn Fn(&NodeId) -> bool| -> Vec<Part> {
            let objects = objects.iter().filter(|object| wanted(object));
            parts
                .iter()
                .copied()
                .chain(objects.map(|object| (Piece::Node(*object), canonical)))
                .collect()
        };
        let lists = [with(&|object| !self.is_referenced(*object)), with(&|_| true)];
        match lists {
            [some, every] if some == every => vec![some],
            lists => lists.to_vec(),
        }
    }

    fn is_referenced(&self, object: NodeId) -> bool {
        self.resolved.iter().any(|one| match one.target {
            Target::Object(node) | Target::Element(node) | Target::Manifest(node) => self.xml.is_within(node, object),
            _ => false,
        })
    }
}
