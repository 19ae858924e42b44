//! Enveloped XML-DSig over evidence (delil): one signature, last child of the root, over the root and nothing else.
//!
//! References are resolved here and only to the root element, or into this very signature: whatever else they name is signature wrapping.
//! No network, no files, no DTD, and no transforms beyond enveloped-signature and canonicalization.

use std::sync::Arc;

use base64::Engine;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use uppsala::parser::Parser;
use uppsala::{Document, NodeId};

use crate::signature::cause::{self, Cause, Reasons};
use crate::signature::certificate::Certificate;
use crate::signature::context::Context;
use crate::signature::crypto::{KeyKind, Scheme, ecdsa_from_concatenation};
use crate::signature::path::chain::Material;
use crate::signature::report::{Role, SignatureReport};
use crate::signature::signer_class::{describe, judge_signer_certificate};
use crate::signature::timestamp;
use crate::signature::verdict;
use crate::signature::xades;
use crate::signature::xades::algorithms::{hash, scheme};

pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Elements inside elements; evidence has about ten levels.
const MAX_DEPTH: u32 = 64;

/// References of one signature: the root, SignedProperties, KeyInfo.
const MAX_REFERENCES: usize = 8;

/// Why a signature is not what it must be: a cause and its detail in both languages.
pub struct Refusal(pub Cause, pub String, pub String);

pub type Checked<T> = Result<T, Refusal>;

pub fn refuse<T>(cause: Cause, tr: &str, en: &str) -> Checked<T> {
    Err(Refusal(cause, tr.to_owned(), en.to_owned()))
}

/// Judges the signature of one evidence document.
pub fn judge(xml: &[u8], role: Role, covers: &str, context: &Context) -> SignatureReport {
    let mut reasons = Reasons::default();
    if xml.len() as u64 > context.limits.xml_bytes {
        reasons.add_in_two(cause::XML, "çok büyük", "it is too large");
        return verdict::empty_report(role, "XML-DSig", covers, reasons);
    }
    let text = match utf8(xml) {
        Some(text) => text,
        None => {
            reasons.add_with(cause::FORMAT_UNJUDGED, "XML, UTF-8 değil / not UTF-8");
            return verdict::empty_report(role, "XML-DSig", covers, reasons);
        }
    };
    let parser = Parser::new().with_forbid_dtd(true).with_max_depth(MAX_DEPTH);
    let document = match parser.parse(text) {
        Ok(document) => document,
        Err(error) => {
            reasons.add_with(cause::XML, &error.to_string().chars().take(120).collect::<String>());
            return verdict::empty_report(role, "XML-DSig", covers, reasons);
        }
    };
    match locate(&document) {
        Ok((root, signature)) => Judge {
            document: &document,
            root,
            signature,
            context,
        }
        .judge(role, covers),
        Err(Refusal(cause, tr, en)) => {
            reasons.add_in_two(cause, &tr, &en);
            verdict::empty_report(role, "XML-DSig", covers, reasons)
        }
    }
}

/// The document as text when it is UTF-8, or ASCII under another name. What is declared otherwise would be read otherwise elsewhere.
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

/// The root and its signature. A signature elsewhere does not speak for the root.
fn locate(document: &Document<'_>) -> Checked<(NodeId, NodeId)> {
    let Some(root) = document.document_element() else {
        return refuse(cause::XML, "kök öğe yok", "it has no root element");
    };
    let own = children(document, root, DSIG, "Signature");
    match own.as_slice() {
        [signature] => Ok((root, *signature)),
        [] if document.get_elements_by_tag_name_ns(DSIG, "Signature").is_empty() => refuse(cause::NO_SIGNATURE, "", ""),
        [] => refuse(
            cause::XML_REFERENCE,
            "imza kök öğenin içinde değil",
            "the signature is not a child of the root",
        ),
        _ => refuse(cause::XML_REFERENCE, "birden çok imza var", "there are several signatures"),
    }
}

pub fn children(document: &Document<'_>, parent: NodeId, namespace: &str, name: &str) -> Vec<NodeId> {
    document.child_elements_by_name_ns(parent, namespace, name)
}

pub fn child(document: &Document<'_>, parent: NodeId, name: &str) -> Checked<NodeId> {
    match children(document, parent, DSIG, name).as_slice() {
        [one] => Ok(*one),
        _ => refuse(cause::XML, &format!("{name} bir kez bulunmalı"), &format!("{name} must occur once")),
    }
}

/// Base64 content of an element.
pub fn decode(document: &Document<'_>, element: NodeId) -> Option<Vec<u8>> {
    let compact: String = document.text_content_deep(element).chars().filter(|c| !c.is_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(compact).ok()
}

pub fn algorithm<'d>(document: &'d Document<'_>, element: NodeId) -> &'d str {
    document.get_attribute(element, "Algorithm").unwrap_or_default()
}

/// A canonicalization as named by `CanonicalizationMethod` or a transform, with the prefixes that exclusive C14N treats inclusively.
pub struct Canonical {
    mode: C14nMode,
    prefixes: Vec<String>,
}

impl Canonical {
    pub const DEFAULT: Self = Self {
        mode: C14nMode::Inclusive,
        prefixes: Vec::new(),
    };

    pub fn read(document: &Document<'_>, element: NodeId) -> Option<Self> {
        let mode = C14nMode::from_uri(algorithm(document, element))?;
        let list = children(document, element, EXCLUSIVE, "InclusiveNamespaces");
        let prefixes = list
            .first()
            .and_then(|list| document.get_attribute(*list, "PrefixList"))
            .unwrap_or_default();
        let named = prefixes
            .split_whitespace()
            .map(|prefix| if prefix == "#default" { String::new() } else { prefix.to_owned() });
        Some(Self {
            mode,
            prefixes: named.collect(),
        })
    }

    /// The canonical octets of `element` without the subtree `cut`. Comments never count: a same-document reference leaves them out.
    pub fn octets(&self, document: &Document<'_>, element: NodeId, cut: Option<NodeId>, with_comments: bool) -> Checked<Vec<u8>> {
        let mut nodes = match with_comments {
            true => NodeSet::tree_with_comments(element, document),
            false => NodeSet::tree_without_comments(element, document),
        };
        for id in cut.into_iter().flat_map(|cut| document.descendants(cut).into_iter().chain([cut])) {
            nodes.remove_id(id);
        }
        canonicalize_doc(document, self.mode, Some(&nodes), &self.prefixes)
            .or_else(|_| refuse(cause::XML, "kanonik biçime getirilemiyor", "it cannot be canonicalized"))
    }
}

struct Judge<'a> {
    document: &'a Document<'a>,
    root: NodeId,
    signature: NodeId,
    context: &'a Context,
}

/// What the core of an XML signature found.
struct Core {
    certificate: Arc<Certificate>,
    signature_value: NodeId,
    properties: Option<NodeId>,
}

impl Judge<'_> {
    fn judge(&self, role: Role, covers: &str) -> SignatureReport {
        let mut reasons = Reasons::default();
        let mut material = Material::default();
        let core = self.core(&mut material, &mut reasons);
        let core = match core {
            Ok(core) => core,
            Err(Refusal(cause, tr, en)) => {
                reasons.add_in_two(cause, &tr, &en);
                return verdict::empty_report(role, "XML-DSig", covers, reasons);
            }
        };
        let found = match core.properties {
            Some(properties) => xades::judge(
                self.document,
                self.signature,
                properties,
                core.signature_value,
                &core.certificate,
                &mut material,
                self.context,
                &mut reasons,
            ),
            None => {
                reasons.add(cause::XML_NO_XADES);
                xades::Found::default()
            }
        };
        let stamped = found
            .stamps
            .iter()
            .filter(|stamp| stamp.passed())
            .filter_map(|stamp| stamp.time)
            .min();
        let proven = [stamped, self.context.received_at].into_iter().flatten().min();
        let at = proven.unwrap_or(self.context.at);
        self.check_algorithms(&core, at, proven.is_some(), &mut reasons);
        let (verdict, class) = judge_signer_certificate(
            &core.certificate,
            role,
            &material,
            (at, proven.is_some(), None),
            self.context,
            &mut reasons,
        );
        timestamp::add_reasons(&found.stamps, &mut reasons);
        let (indication, sub_indication) = reasons.outcome();
        SignatureReport {
            retry_after: reasons.retry_after(),
            role,
            format: if core.properties.is_some() { "XAdES" } else { "XML-DSig" }.to_owned(),
            level: core
                .properties
                .map(|_| if found.stamps.is_empty() { "BES" } else { "T" }.to_owned()),
            profile: None,
            indication,
            sub_indication,
            reasons: reasons.into_list(),
            signer: Some(describe(&core.certificate, class)),
            claimed_signing_time: found.signing_time,
            best_signature_time: proven,
            covers: covers.to_owned(),
            timestamps: found.stamps.into_iter().map(|stamp| stamp.report).collect(),
            revocation: verdict.revocation,
            counter_signatures: Vec::new(),
        }
    }

    /// References, digests, signature value, and whose key it was.
    fn core(&self, material: &mut Material, reasons: &mut Reasons) -> Checked<Core> {
        let document = self.document;
        let signed_info = child(document, self.signature, "SignedInfo")?;
        let signature_value = child(document, self.signature, "SignatureValue")?;
        let method = child(document, signed_info, "SignatureMethod")?;
        let canonical = child(document, signed_info, "CanonicalizationMethod")?;
        let references = children(document, signed_info, DSIG, "Reference");
        if references.is_empty() || references.len() > MAX_REFERENCES {
            return refuse(cause::XML_REFERENCE, "başvuru sayısı", "the number of references");
        }
        let properties = xades::signed_properties(document, self.signature)?;
        let (mut covers_root, mut covers_properties) = (0, 0);
        for reference in references {
            match self.check_reference(reference, properties, reasons)? {
                Target::Root => covers_root += 1,
                Target::Properties => covers_properties += 1,
                Target::KeyInfo => {}
            }
        }
        if covers_root != 1 {
            return refuse(
                cause::XML_REFERENCE,
                "kök öğeye tek başvuru olmalı",
                "there must be one reference to the root",
            );
        }
        if properties.is_some() && covers_properties != 1 {
            return refuse(
                cause::XML_REFERENCE,
                "XAdES özellikleri imzalanmamış",
                "the XAdES properties are not signed",
            );
        }

        let Some(canonical) = Canonical::read(document, canonical) else {
            return refuse(cause::XML_TRANSFORM, algorithm(document, canonical), algorithm(document, canonical));
        };
        let octets = canonical.octets(document, signed_info, None, canonical.mode.with_comments())?;
        let value = decode(document, signature_value).unwrap_or_default();
        let Some(scheme) = scheme(algorithm(document, method)) else {
            return refuse(cause::UNSUPPORTED, algorithm(document, method), algorithm(document, method));
        };
        let certificate = self.signer(scheme, &octets, &value, material)?;
        Ok(Core {
            certificate,
            signature_value,
            properties,
        })
    }

    /// Resolves a reference, checks its transforms and its digest.
    fn check_reference(&self, reference: NodeId, properties: Option<NodeId>, reasons: &mut Reasons) -> Checked<Target> {
        let document = self.document;
        let (target, node) = self.resolve(reference, properties)?;
        let mut enveloped = false;
        let mut canonical = None;
        if let Some(list) = children(document, reference, DSIG, "Transforms").first() {
            for transform in children(document, *list, DSIG, "Transform") {
                match algorithm(document, transform) {
                    ENVELOPED if canonical.is_none() && matches!(target, Target::Root) => enveloped = true,
                    other => match (Canonical::read(document, transform), &canonical) {
                        (Some(method), None) => canonical = Some(method),
                        _ => return refuse(cause::XML_TRANSFORM, other, other),
                    },
                }
            }
        }
        if matches!(target, Target::Root) && !enveloped {
            return refuse(cause::XML_REFERENCE, "enveloped dönüşümü yok", "the enveloped transform is missing");
        }
        let octets = canonical
            .unwrap_or(Canonical::DEFAULT)
            .octets(document, node, enveloped.then_some(self.signature), false)?;
        let method = algorithm(document, child(document, reference, "DigestMethod")?);
        let Some(hash) = hash(method) else {
            return refuse(cause::UNSUPPORTED, method, method);
        };
        if let Err(weak) = self
            .context
            .algorithms
            .check_hash(hash, self.context.received_at.unwrap_or(self.context.at))
        {
            reasons.add_with(cause::WEAK_NO_POE, &weak);
        }
        let stated = decode(document, child(document, reference, "DigestValue")?);
        if hash.of(&octets).ok().is_none_or(|digest| Some(digest) != stated) {
            reasons.add(cause::HASH);
        }
        Ok(target)
    }

    fn resolve(&self, reference: NodeId, properties: Option<NodeId>) -> Checked<(Target, NodeId)> {
        let document = self.document;
        let Some(uri) = document.get_attribute(reference, "URI") else {
            return refuse(cause::XML_REFERENCE, "adressiz başvuru", "a reference without an address");
        };
        if uri.is_empty() {
            return Ok((Target::Root, self.root));
        }
        let Some(id) = uri.strip_prefix('#').filter(|id| !id.is_empty() && !id.starts_with("xpointer")) else {
            return refuse(cause::XML_REFERENCE, "belge dışına başvuru", "a reference outside the document");
        };
        let named = elements_with_id(document, id);
        let [node] = named.as_slice() else {
            return refuse(
                cause::XML_REFERENCE,
                "başvurulan Id bir kez bulunmalı",
                "the referenced Id must occur exactly once",
            );
        };
        if *node == self.root {
            return Ok((Target::Root, *node));
        }
        if Some(*node) == properties {
            return Ok((Target::Properties, *node));
        }
        if children(document, self.signature, DSIG, "KeyInfo").contains(node) {
            return Ok((Target::KeyInfo, *node));
        }
        refuse(
            cause::XML_REFERENCE,
            "kök öğe dışında bir öğeye başvuru",
            "a reference to an element that is not the root",
        )
    }

    /// The certificate in KeyInfo whose key made the signature.
    fn signer(&self, scheme: Scheme, octets: &[u8], value: &[u8], material: &mut Material) -> Checked<Arc<Certificate>> {
        let document = self.document;
        for data in children(document, self.signature, DSIG, "KeyInfo")
            .iter()
            .flat_map(|info| children(document, *info, DSIG, "X509Data"))
        {
            for element in children(document, data, DSIG, "X509Certificate") {
                if let Some(Ok(certificate)) = decode(document, element).map(|der| Certificate::parse(&der)) {
                    material.add_certificate(certificate);
                }
            }
            for element in children(document, data, DSIG, "X509CRL") {
                material.revocation.add_crl(&decode(document, element).unwrap_or_default());
            }
        }
        if material.certificates.is_empty() {
            return refuse(cause::NO_CERTIFICATE, "", "");
        }
        let der = match scheme {
            Scheme::Ecdsa(_) => ecdsa_from_concatenation(value).unwrap_or_default(),
            _ => value.to_vec(),
        };
        let made_it = |certificate: &&Arc<Certificate>| {
            certificate
                .public_key()
                .is_ok_and(|key| key.verify(scheme, octets, &der) == Ok(true))
        };
        match material.certificates.iter().find(made_it) {
            Some(certificate) => Ok(certificate.clone()),
            None => refuse(cause::SIGNATURE, "", ""),
        }
    }

    fn check_algorithms(&self, core: &Core, at: jiff::Timestamp, proven: bool, reasons: &mut Reasons) {
        let method = child(self.document, self.signature, "SignedInfo").and_then(|info| child(self.document, info, "SignatureMethod"));
        let hash = method
            .ok()
            .and_then(|method| scheme(algorithm(self.document, method)))
            .and_then(Scheme::hash);
        let kind = core.certificate.public_key().map_or(KeyKind::Rsa(0), |key| key.kind);
        if let Err(weak) = self.context.algorithms.check(hash, kind, at) {
            reasons.add_with(if proven { cause::WEAK } else { cause::WEAK_NO_POE }, &weak);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Root,
    Properties,
    KeyInfo,
}

/// Every element that bears this value in an attribute that anybody takes for an identifier.
fn elements_with_id(document: &Document<'_>, id: &str) -> Vec<NodeId> {
    let bears = |node: &NodeId| {
        let attributes = document
            .element(*node)
            .map(|element| element.attributes.as_slice())
            .unwrap_or_default();
        attributes
            .iter()
            .any(|attribute| attribute.name.local_name.eq_ignore_ascii_case("id") && attribute.value == id)
    };
    let root = document.root();
    document.descendants(root).into_iter().filter(bears).collect()
}
