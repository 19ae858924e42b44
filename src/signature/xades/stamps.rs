//! The timestamps of XAdES and the octets that each is over (TS 101 903 7.2.9 to 8.2, EN 319 132-1 5.2.8, 5.3, 5.5, A.1.5).

use uppsala::NodeId;

use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::path::chain::Material;
use crate::signature::timestamp::{self, Stamp};
use crate::signature::xades::c14n::{Canonical, Selection};
use crate::signature::xades::document::{Checked, DSIG, Xml, refuse_with};
use crate::signature::xades::reference::{Resolved, Target};
use crate::signature::xades::structure::{Signature, XADES, XADES_141};

/// Tokens in one timestamp element: one in practice, two when two authorities are asked.
const MAX_TOKENS: usize = 8;

/// What timestamps are judged with.
pub struct Stamping<'a, 'd> {
    pub xml: &'a Xml<'d>,
    pub signature: &'a Signature,
    /// The references of SignedInfo, in order.
    pub resolved: &'a [Resolved<'a>],
    pub material: &'a Material,
    pub context: &'a Context,
}

/// The octets that a timestamp may be over: pieces, and the lists of them that count, where writers differ.
#[derive(Default)]
struct Octets {
    pieces: Vec<Vec<u8>>,
    alternatives: Vec<Vec<usize>>,
}

impl Octets {
    fn of(pieces: Vec<Vec<u8>>) -> Self {
        let all = (0..pieces.len()).collect();
        Self {
            pieces,
            alternatives: vec![all],
        }
    }
}

impl Stamping<'_, '_> {
    /// The timestamps over the data, which are signed: before the signature was made.
    pub fn content(&self, reasons: &mut Reasons) -> Vec<Stamp> {
        let properties = self.signature.qualifying.as_ref().and_then(|qualifying| qualifying.data_properties);
        let Some(properties) = properties else { return Vec::new() };
        let mut stamps = Vec::new();
        for stamp in self.xml.children(properties, XADES, "AllDataObjectsTimeStamp") {
            let data = |one: &&Resolved<'_>| one.target != Target::Properties;
            let all: Vec<&Resolved<'_>> = self.resolved.iter().filter(data).collect();
            stamps.extend(self.judge(stamp, "content", false, reasons, |canonical| self.references(&all, canonical)));
        }
        for stamp in self.xml.children(properties, XADES, "IndividualDataObjectsTimeStamp") {
            let included = self.included(stamp);
            stamps.extend(self.judge(stamp, "content", true, reasons, |canonical| match &included {
                Some(some) => self.references(some, canonical),
                None => refuse_with(cause::XML_STAMP_FORM, "Include"),
            }));
        }
        stamps
    }

    /// The references that an IndividualDataObjectsTimeStamp names.
    fn included(&self, stamp: NodeId) -> Option<Vec<&Resolved<'_>>> {
        let includes = self.xml.children(stamp, XADES, "Include");
        let named = includes.into_iter().map(|include| {
            let id = self.xml.attribute(include, "URI")?.strip_prefix('#')?;
            let node = self.xml.by_id(id).ok()?;
            self.resolved
                .iter()
                .find(|one| one.node == node && one.target != Target::Properties)
        });
        named.collect::<Option<Vec<_>>>().filter(|found| !found.is_empty())
    }

    /// SignatureTimeStamp: over the SignatureValue element.
    pub fn signature(&self, reasons: &mut Reasons) -> Vec<Stamp> {
        let mut stamps = Vec::new();
        for stamp in self.signature.unsigned(self.xml, XADES, "SignatureTimeStamp") {
            stamps.extend(self.judge(stamp, "signature", false, reasons, |canonical| {
                Ok(Octets::of(vec![self.canonical(self.signature.value, canonical)?]))
            }));
        }
        stamps
    }

    /// The timestamps over references (X) and over everything (A), in the order in which they stand.
    pub fn later(&self, reasons: &mut Reasons) -> Vec<Stamp> {
        let unsigned = self
            .signature
            .qualifying
            .as_ref()
            .map(|qualifying| qualifying.unsigned.as_slice())
            .unwrap_or_default();
        let mut stamps = Vec::new();
        for (index, stamp) in unsigned.iter().copied().enumerate() {
            let before = unsigned.get(..index).unwrap_or_default();
            let named = |v1: &str, v2: &str| self.xml.is(stamp, XADES, v1) || self.xml.is(stamp, XADES_141, v2);
            if named("SigAndRefsTimeStamp", "SigAndRefsTimeStampV2") {
                stamps.extend(self.judge(stamp, "sig-and-refs", false, reasons, |canonical| {
                    self.over_references(before, true, canonical)
                }));
            } else if named("RefsOnlyTimeStamp", "RefsOnlyTimeStampV2") {
                stamps.extend(self.judge(stamp, "references", false, reasons, |canonical| {
                    self.over_references(before, false, canonical)
                }));
            } else if named("ArchiveTimeStamp", "ArchiveTimeStamp") {
                stamps.extend(self.judge(stamp, "archive", false, reasons, |canonical| {
                    self.over_everything(before, canonical)
                }));
            }
        }
        stamps
    }

    fn judge(
        &self,
        stamp: NodeId,
        kind: &str,
        may_include: bool,
        reasons: &mut Reasons,
        octets: impl Fn(&Canonical) -> Checked<Octets>,
    ) -> Vec<Stamp> {
        let xml = self.xml;
        let octets = self.canonicalization(stamp, may_include).and_then(|canonical| octets(&canonical));
        let octets = match octets {
            Ok(octets) => octets,
            Err(refusal) => {
                reasons.add_in_two(refusal.0, &refusal.1, &refusal.2);
                Octets::default()
            }
        };
        let stamped: Vec<Vec<&[u8]>> = octets
            .alternatives
            .iter()
            .map(|list| {
                list.iter()
                    .filter_map(|index| octets.pieces.get(*index))
                    .map(Vec::as_slice)
                    .collect()
            })
            .collect();
        let tokens = xml.children(stamp, XADES, "EncapsulatedTimeStamp");
        if tokens.is_empty() || tokens.len() > MAX_TOKENS {
            reasons.add_with(cause::XML_STAMP_FORM, "EncapsulatedTimeStamp");
        }
        tokens
            .into_iter()
            .take(MAX_TOKENS)
            .map(|token| {
                let token = xml.base64(token).unwrap_or_default();
                timestamp::judge(&token, &stamped, kind, self.material, self.context)
            })
            .collect()
    }

    /// The canonicalization of a timestamp in a form that is judged: implicit inclusion (TS 101 903 7.1.4.3.1), RFC 3161 tokens.
    fn canonicalization(&self, stamp: NodeId, may_include: bool) -> Checked<Canonical> {
        let xml = self.xml;
        for child in xml.elements(stamp) {
            let known = xml.is(child, DSIG, "CanonicalizationMethod")
                || xml.is(child, XADES, "EncapsulatedTimeStamp")
                || (may_include && xml.is(child, XADES, "Include"));
            if !known {
                return refuse_with(cause::XML_STAMP_FORM, &xml.name(child));
            }
        }
        match xml.optional(stamp, DSIG, "CanonicalizationMethod")? {
            None => Ok(Canonical::DEFAULT),
            Some(method) => match Canonical::read(xml, method) {
                Some(canonical) => Ok(canonical),
                None => refuse_with(cause::XML_STAMP_FORM, xml.algorithm(method)),
            },
        }
    }

    fn canonical(&self, node: NodeId, canonical: &Canonical) -> Checked<Vec<u8>> {
        canonical.octets(self.xml, Selection::of(node))
    }

    fn references(&self, resolved: &[&Resolved<'_>], canonical: &Canonical) -> Checked<Octets> {
        let octets = |one: &&Resolved<'_>| {
            let mut octets = Vec::new();
            one.data.write(self.xml, canonical, &mut octets)?;
            Ok(octets)
        };
        Ok(Octets::of(resolved.iter().map(octets).collect::<Checked<_>>()?))
    }

    /// The signature value (for type 1), and the signature timestamps and references that stand before.
    fn over_references(&self, before: &[NodeId], with_signature: bool, canonical: &Canonical) -> Checked<Octets> {
        let xml = self.xml;
        let counts = |node: &&NodeId| {
            let name = xml.element(**node).map(|element| &*element.name.local_name).unwrap_or_default();
            let plain = name.strip_suffix("V2").unwrap_or(name);
            match plain {
                "SignatureTimeStamp" => with_signature,
                "CompleteCertificateRefs" | "CompleteRevocationRefs" | "AttributeCertificateRefs" | "AttributeRevocationRefs" => true,
                _ => false,
            }
        };
        let value = with_signature.then_some(&self.signature.value);
        let nodes = value.into_iter().chain(before.iter().filter(counts));
        let pieces = nodes.map(|node| self.canonical(*node, canonical)).collect::<Checked<_>>()?;
        Ok(Octets::of(pieces))
    }

    /// Everything: what the references lead to, SignedInfo, SignatureValue, KeyInfo, the unsigned properties that stand before, and the
    /// objects. Of the objects the standards mean those that no reference covers; some writers take all but the one with the properties.
    fn over_everything(&self, before: &[NodeId], canonical: &Canonical) -> Checked<Octets> {
        let signature = self.signature;
        let all: Vec<&Resolved<'_>> = self.resolved.iter().collect();
        let mut octets = self.references(&all, canonical)?;
        let parts = [Some(signature.signed_info), Some(signature.value), signature.key_info];
        for node in parts.into_iter().flatten().chain(before.iter().copied()) {
            octets.pieces.push(self.canonical(node, canonical)?);
        }
        let (mut some, mut every): (Vec<usize>, Vec<usize>) = ((0..octets.pieces.len()).collect(), (0..octets.pieces.len()).collect());
        let properties = signature.qualifying.as_ref().map(|qualifying| qualifying.object);
        for object in signature.objects.iter().filter(|object| Some(**object) != properties) {
            every.push(octets.pieces.len());
            let referenced = self.resolved.iter().any(|one| match one.target {
                Target::Object(node) | Target::Element(node) | Target::Manifest(node) => self.xml.is_within(node, *object),
                _ => false,
            });
            if !referenced {
                some.push(octets.pieces.len());
            }
            octets.pieces.push(self.canonical(*object, canonical)?);
        }
        octets.alternatives = if some == every { vec![some] } else { vec![some, every] };
        Ok(octets)
    }
}
