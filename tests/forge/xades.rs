//! XAdES signatures of every level and packaging from a [`Kit`], with the canonical forms written by hand: every element is written with the
//! declaration of its own namespace, and [`compact`] drops those that stand already. What is signed is text that was put together here; no
//! canonicaliser takes part, and xmlsec1 has to agree.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use openssl::ecdsa::EcdsaSig;

use super::der::{self, Der};
use super::pki::{Certified, Hash, KeyKind};
use super::revocation::{Crl, Ocsp};
use super::scenario_kit::{Fault, Kit, Stamping};
use super::scenarios::Rung;

pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
pub const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
pub const INCLUSIVE_11: &str = "http://www.w3.org/2006/12/xml-c14n11";
const PROPERTIES_TYPE: &str = "http://uri.etsi.org/01903#SignedProperties";
const PROPERTIES_TYPE_TR: &str = "http://uri.etsi.org/01903/v1.3.2/XAdES.xsd#SignedProperties";
const COUNTERSIGNED_TYPE: &str = "http://uri.etsi.org/01903#CountersignedSignature";
const BELGE: &str = "urn:ornek:belge";

/// Where the signature and what it signs stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packaging {
    /// Inside the document, URI="".
    Enveloped,
    /// Inside the document, URI="#govde".
    EnvelopedById,
    /// Deep inside it, as e-invoices do.
    EnvelopedDeep,
    /// The document as XML in a ds:Object.
    Enveloping,
    /// The document as base64 in a ds:Object.
    EnvelopingBase64,
    /// Beside it in a wrapper.
    Beside,
    /// In another file.
    Detached,
}

impl Packaging {
    pub const ALL: [Self; 7] = [
        Self::Enveloped,
        Self::EnvelopedById,
        Self::EnvelopedDeep,
        Self::Enveloping,
        Self::EnvelopingBase64,
        Self::Beside,
        Self::Detached,
    ];
}

/// Choices that writers make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    pub packaging: Packaging,
    pub canonical: &'static str,
    /// SigningCertificateV2 and no references, as EN 319 132-1 writes.
    pub baseline: bool,
    /// The Type of older Turkish software.
    pub turkish_type: bool,
    /// Timestamps without CanonicalizationMethod.
    pub bare_stamps: bool,
    pub archive: Archive,
    /// What the levels between T and X-L add, and nothing beyond.
    pub stop: Option<Stop>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Archive {
    V141,
    V132,
    /// Version 1.4.1 over every object, referenced or not.
    V141EveryObject,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stop {
    C,
    /// SigAndRefsTimeStamp.
    X1,
    /// RefsOnlyTimeStamp.
    X2,
}

impl Shape {
    /// What a kit is written as when nothing else is asked: BTK profiles in the old form, everything else as a baseline signature.
    pub fn of(kit: &Kit, packaging: Packaging) -> Self {
        Self {
            packaging,
            canonical: EXCLUSIVE,
            baseline: kit.policy.is_none(),
            turkish_type: false,
            bare_stamps: false,
            archive: Archive::V141,
            stop: None,
        }
    }
}

/// A signed file, and what lies beside it.
pub struct File {
    pub xml: Vec<u8>,
    pub content: Option<Vec<u8>>,
}

impl File {
    pub fn text(&self) -> String {
        String::from_utf8(self.xml.clone()).unwrap()
    }
}

type Scope = Vec<(&'static str, &'static str)>;

fn uri_of(prefix: &str) -> &'static str {
    match prefix {
        "" => BELGE,
        "ds" => DS,
        "xades" => XADES,
        "xades141" => XADES_141,
        other => panic!("prefix {other}"),
    }
}

/// An element with its namespace declared: `name` is `prefix:local` or, for the document's own, `local`.
pub fn el(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
    let declaration = match prefix {
        "" => format!(" xmlns=\"{BELGE}\""),
        prefix => format!(" xmlns:{prefix}=\"{}\"", uri_of(prefix)),
    };
    let attributes: String = attributes.iter().map(|(key, value)| format!(" {key}=\"{value}\"")).collect();
    format!("<{name}{declaration}{attributes}>{content}</{name}>")
}

/// The text without the declarations that stand already, beginning with `scope`.
fn compact_in(text: &str, scope: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut stack: Vec<Vec<(String, String)>> = vec![scope.iter().map(|(p, u)| ((*p).to_string(), (*u).to_string())).collect()];
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        out += &rest[..start];
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('?') || tag.starts_with('!') {
            out += &format!("<{tag}>");
            continue;
        }
        if tag.starts_with('/') {
            stack.pop();
            out += &format!("<{tag}>");
            continue;
        }
        let mut known = stack.last().unwrap().clone();
        let (name, after) = tag.split_at(tag.find(' ').unwrap_or(tag.len()));
        let mut kept = String::new();
        let mut after = after;
        while let Some(declaration) = after.strip_prefix(" xmlns") {
            let (prefix, value) = declaration.split_once("=\"").unwrap();
            let (value, tail) = value.split_once('"').unwrap();
            let prefix = prefix.trim_start_matches(':');
            if !known.iter().rev().any(|(p, u)| p == prefix && u == value) {
                kept += &after[..after.len() - tail.len()];
                known.push((prefix.to_string(), value.to_string()));
            }
            after = tail;
        }
        out += &format!("<{name}{kept}{after}>");
        stack.push(known);
    }
    out + rest
}

/// The exclusive canonical form; and how a whole document is written.
pub fn compact(text: &str) -> String {
    compact_in(text, &[])
}

/// The canonical form of an element that stands where `scope` is declared around it.
pub fn canonical(text: &str, method: &str, scope: &[(&'static str, &'static str)]) -> String {
    if method == EXCLUSIVE {
        return compact(text);
    }
    let mut all: Scope = scope.to_vec();
    let name_end = text.find([' ', '>']).unwrap();
    let own = text[1..name_end].split_once(':').map_or("", |(prefix, _)| prefix);
    if !all.iter().any(|(prefix, _)| *prefix == own) {
        all.push((
            ["", "ds", "xades", "xades141"].into_iter().find(|p| *p == own).unwrap(),
            uri_of(own),
        ));
    }
    all.sort_unstable();
    all.dedup();
    let declarations: String = all
        .iter()
        .map(|(prefix, uri)| {
            if prefix.is_empty() {
                format!(" xmlns=\"{uri}\"")
            } else {
                format!(" xmlns:{prefix}=\"{uri}\"")
            }
        })
        .collect();
    let body = compact_in(text, &all);
    format!("{}{declarations}{}", &body[..name_end], &body[name_end..])
}

fn hash_uri(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
        Hash::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        Hash::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        Hash::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
    }
}

fn signature_uri(signer: &Certified, hash: Hash) -> String {
    let rsa = matches!(signer.key.kind, KeyKind::Rsa1024 | KeyKind::Rsa2048);
    let name = match hash {
        Hash::Sha1 => "sha1",
        Hash::Sha256 => "sha256",
        Hash::Sha384 => "sha384",
        Hash::Sha512 => "sha512",
    };
    match (rsa, hash) {
        (true, Hash::Sha1) => format!("{DS}rsa-sha1"),
        (true, _) => format!("http://www.w3.org/2001/04/xmldsig-more#rsa-{name}"),
        (false, _) => format!("http://www.w3.org/2001/04/xmldsig-more#ecdsa-{name}"),
    }
}

/// The signature value as XML-DSig writes it: ECDSA as r and s side by side.
fn sign(signer: &Certified, hash: Hash, octets: &[u8]) -> Vec<u8> {
    let value = signer.key.sign(hash, octets);
    let size = match signer.key.kind {
        KeyKind::P256 => 32,
        KeyKind::P384 => 48,
        _ => return value,
    };
    let pair = EcdsaSig::from_der(&value).unwrap();
    [pair.r().to_vec_padded(size).unwrap(), pair.s().to_vec_padded(size).unwrap()].concat()
}

pub fn digest(hash: Hash, octets: &[u8]) -> String {
    el("ds:DigestMethod", &[("Algorithm", hash_uri(hash))], "") + &el("ds:DigestValue", &[], &BASE64.encode(hash.of(octets)))
}

/// What is signed, and how a reference says so.
#[derive(Clone)]
pub struct DataRef {
    pub uri: Option<String>,
    pub kind: Option<&'static str>,
    pub transforms: Vec<String>,
    pub octets: Vec<u8>,
    pub mime: &'static str,
}

pub fn transform(uri: &str) -> String {
    el("ds:Transform", &[("Algorithm", uri)], "")
}

/// A signature in the making: who, how, and where it will stand.
pub struct Signing<'a> {
    pub kit: &'a Kit,
    pub shape: Shape,
    /// Suffix of its identifiers.
    pub id: &'a str,
    /// Declared around the place where it will stand.
    pub scope: Scope,
    pub counter: Option<&'a Kit>,
}

impl Signing<'_> {
    fn has(&self, fault: Fault) -> bool {
        self.kit.fault == Some(fault)
    }

    fn c14n(&self, text: &str, with: &[&'static str]) -> String {
        let inner = with.iter().map(|prefix| (*prefix, uri_of(prefix)));
        let scope: Scope = self.scope.iter().copied().chain(inner).collect();
        canonical(text, self.shape.canonical, &scope)
    }

    fn stamp_c14n(&self, text: &str, with: &[&'static str]) -> String {
        let method = if self.shape.bare_stamps { INCLUSIVE } else { self.shape.canonical };
        let inner = with.iter().map(|prefix| (*prefix, uri_of(prefix)));
        let scope: Scope = self.scope.iter().copied().chain(inner).collect();
        canonical(text, method, &scope)
    }

    fn reference(&self, number: usize, data: &DataRef) -> String {
        let id = format!("ref-{}-{number}", self.id);
        let mut attributes = vec![("Id", id.as_str())];
        attributes.extend(data.kind.map(|kind| ("Type", kind)));
        attributes.extend(data.uri.as_deref().map(|uri| ("URI", uri)));
        let transforms = match data.transforms.is_empty() {
            true => String::new(),
            false => el("ds:Transforms", &[], &data.transforms.concat()),
        };
        el("ds:Reference", &attributes, &(transforms + &digest(self.kit.hash, &data.octets)))
    }

    /// ds:Signature over `data`, with `objects` (whole ds:Object elements) inside.
    pub fn signature(&self, data: &[DataRef], objects: &[String]) -> String {
        let id = self.id;
        let (signature_id, properties_id) = (format!("imza-{id}"), format!("ozellikler-{id}"));
        let properties = self.signed_properties(&properties_id, data);
        let mut references: Vec<String> = data.iter().enumerate().map(|(number, data)| self.reference(number, data)).collect();
        let to_properties = DataRef {
            uri: Some(format!("#{properties_id}")),
            kind: Some(if self.shape.turkish_type {
                PROPERTIES_TYPE_TR
            } else {
                PROPERTIES_TYPE
            }),
            transforms: vec![transform(self.shape.canonical)],
            octets: self.c14n(&properties, &["ds", "xades"]).into_bytes(),
            mime: "",
        };
        references.push(self.reference(data.len(), &to_properties));
        let signed_info = el(
            "ds:SignedInfo",
            &[],
            &(el("ds:CanonicalizationMethod", &[("Algorithm", self.shape.canonical)], "")
                + &el(
                    "ds:SignatureMethod",
                    &[("Algorithm", &signature_uri(&self.kit.signer, self.kit.hash))],
                    "",
                )
                + &references.concat()),
        );
        let mut value = sign(&self.kit.signer, self.kit.hash, self.c14n(&signed_info, &["ds"]).as_bytes());
        if self.has(Fault::SignatureValue) {
            value[7] ^= 1;
        }
        let value_id = format!("deger-{id}");
        let value = el("ds:SignatureValue", &[("Id", &value_id)], &BASE64.encode(value));
        let key_info = match self.has(Fault::NoSignerCertificate) {
            true => el("ds:KeyInfo", &[], &el("ds:KeyName", &[], "imza sahibi")),
            false => {
                let certificate = el("ds:X509Certificate", &[], &BASE64.encode(&self.kit.signer.der));
                el("ds:KeyInfo", &[], &el("ds:X509Data", &[], &certificate))
            }
        };
        let parts = Parts {
            data: data.iter().map(|data| data.octets.clone()).chain([to_properties.octets]).collect(),
            signed_info: &signed_info,
            value: &value,
            value_id: &value_id,
            key_info: &key_info,
            objects,
        };
        let unsigned = self.unsigned(&parts);
        let unsigned = match unsigned.is_empty() {
            true => String::new(),
            false => el(
                "xades:UnsignedProperties",
                &[],
                &el("xades:UnsignedSignatureProperties", &[], &unsigned.concat()),
            ),
        };
        let target = format!("#{signature_id}");
        let qualifying = el("xades:QualifyingProperties", &[("Target", &target)], &(properties + &unsigned));
        let inside = signed_info.clone() + &value + &key_info + &objects.concat() + &el("ds:Object", &[], &qualifying);
        el("ds:Signature", &[("Id", &signature_id)], &inside)
    }

    fn signed_properties(&self, id: &str, data: &[DataRef]) -> String {
        let mut own = String::new();
        if let Some(time) = self.kit.signing_time {
            own += &el("xades:SigningTime", &[], &time_text(time));
        }
        own += &self.signing_certificate();
        if let Some(policy) = &self.kit.policy {
            let hash = el("ds:DigestMethod", &[("Algorithm", hash_uri(policy.algorithm))], "")
                + &el("ds:DigestValue", &[], &BASE64.encode(&policy.hash));
            let identifier = el("xades:Identifier", &[("Qualifier", "OIDAsURN")], &format!("urn:oid:{}", policy.oid));
            let mut inside = el("xades:SigPolicyId", &[], &identifier) + &el("xades:SigPolicyHash", &[], &hash);
            if let Some(uri) = policy.uri {
                let qualifier = el("xades:SigPolicyQualifier", &[], &el("xades:SPURI", &[], uri));
                inside += &el("xades:SigPolicyQualifiers", &[], &qualifier);
            }
            own += &el("xades:SignaturePolicyIdentifier", &[], &el("xades:SignaturePolicyId", &[], &inside));
        }
        let mut about_data = String::new();
        for (number, one) in data.iter().enumerate().filter(|(_, one)| !one.mime.is_empty()) {
            let reference = format!("#ref-{}-{number}", self.id);
            about_data += &el(
                "xades:DataObjectFormat",
                &[("ObjectReference", &reference)],
                &el("xades:MimeType", &[], one.mime),
            );
        }
        if let Some(stamp) = &self.kit.content_stamp {
            let octets: Vec<u8> = data.iter().flat_map(|data| data.octets.clone()).collect();
            about_data += &self.stamp("xades:AllDataObjectsTimeStamp", stamp, &octets);
        }
        let mut all = el("xades:SignedSignatureProperties", &[], &own);
        if !about_data.is_empty() {
            all += &el("xades:SignedDataObjectProperties", &[], &about_data);
        }
        el("xades:SignedProperties", &[("Id", id)], &all)
    }

    fn signing_certificate(&self) -> String {
        if self.has(Fault::NoBinding) {
            return String::new();
        }
        let signer = &self.kit.signer;
        let hashed = if self.has(Fault::OtherBinding) {
            b"another certificate".as_slice()
        } else {
            &signer.der
        };
        let cert = el("xades:CertDigest", &[], &digest(Hash::Sha256, hashed));
        match self.shape.baseline {
            true => el("xades:SigningCertificateV2", &[], &el("xades:Cert", &[], &cert)),
            false => el(
                "xades:SigningCertificate",
                &[],
                &el("xades:Cert", &[], &(cert + &issuer_serial(signer))),
            ),
        }
    }

    /// A timestamp element around a token over `octets`.
    fn stamp(&self, name: &str, stamping: &Stamping, octets: &[u8]) -> String {
        let method = match self.shape.bare_stamps {
            true => String::new(),
            false => el("ds:CanonicalizationMethod", &[("Algorithm", self.shape.canonical)], ""),
        };
        let token = el("xades:EncapsulatedTimeStamp", &[], &BASE64.encode(stamping.token(octets)));
        el(name, &[], &(method + &token))
    }

    /// The unsigned signature properties, one after another as a signer adds them.
    fn unsigned(&self, parts: &Parts<'_>) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        if let Some(counter) = self.counter {
            all.push(el("xades:CounterSignature", &[], &self.counter_signature(counter, parts)));
        }
        let Some(stamp) = &self.kit.stamp else {
            if self.kit.carries_values() {
                all.extend(self.values());
            }
            return all;
        };
        let over = |pieces: &[String]| pieces.concat().into_bytes();
        let canonical_value = self.stamp_c14n(parts.value, &["ds"]);
        let signature_stamp = self.stamp("xades:SignatureTimeStamp", stamp, canonical_value.as_bytes());
        all.push(signature_stamp.clone());
        if !self.kit.carries_values() {
            return all;
        }
        let unsigned_c14n = |text: &String| self.stamp_c14n(text, &["ds", "xades"]);
        if !self.shape.baseline {
            let refs = match self.has(Fault::NoReferences) {
                true => vec![],
                false => vec![self.certificate_refs(), self.revocation_refs()],
            };
            all.extend(refs.clone());
            let later = Stamping {
                at: stamp.at + jiff::SignedDuration::from_secs(2),
                defect: Default::default(),
                ..stamp.clone()
            };
            let stamped_refs: Vec<String> = refs.iter().map(unsigned_c14n).collect();
            match self.shape.stop {
                Some(Stop::C) => return all,
                Some(Stop::X2) => {
                    all.push(self.stamp("xades:RefsOnlyTimeStamp", &later, &over(&stamped_refs)));
                    return all;
                }
                _ => {
                    let pieces = [vec![canonical_value, unsigned_c14n(&signature_stamp)], stamped_refs].concat();
                    all.push(self.stamp("xades:SigAndRefsTimeStamp", &later, &over(&pieces)));
                }
            }
            if self.shape.stop == Some(Stop::X1) {
                return all;
            }
        }
        all.extend(self.values());
        if self.kit.rung == Rung::Lta {
            let archive = self.kit.archive.as_ref().unwrap();
            all.push(self.archive(archive, parts, &all));
        }
        all
    }

    /// CertificateValues, RevocationValues, and what the timestamping authority needs.
    fn values(&self) -> Vec<String> {
        let mut all = Vec::new();
        let encapsulated = |name: &str, der: &[u8]| el(name, &[], &BASE64.encode(der));
        let certificates = &self.kit.material.certificates;
        if !self.has(Fault::NoCertificateValues) {
            let inside: String = certificates
                .iter()
                .map(|der| encapsulated("xades:EncapsulatedX509Certificate", der))
                .collect();
            all.push(el("xades:CertificateValues", &[], &inside));
        }
        let (crls, ocsps) = (&self.kit.material.crls, &self.kit.material.ocsps);
        if !self.has(Fault::NoRevocationValues) && !(crls.is_empty() && ocsps.is_empty()) {
            let mut inside = String::new();
            if !crls.is_empty() {
                let list: String = crls
                    .iter()
                    .map(|crl| encapsulated("xades:EncapsulatedCRLValue", &crl.der))
                    .collect();
                inside += &el("xades:CRLValues", &[], &list);
            }
            if !ocsps.is_empty() {
                let list: String = ocsps
                    .iter()
                    .map(|ocsp| encapsulated("xades:EncapsulatedOCSPValue", &ocsp.response))
                    .collect();
                inside += &el("xades:OCSPValues", &[], &list);
            }
            all.push(el("xades:RevocationValues", &[], &inside));
        }
        if let Some(stamp) = &self.kit.stamp {
            let chain = stamp.tsa.signer.chain();
            let inside: String = chain
                .iter()
                .map(|cert| encapsulated("xades:EncapsulatedX509Certificate", &cert.der))
                .collect();
            let mut data = el("xades:CertificateValues", &[], &inside);
            if !stamp.tsa.crls.is_empty() {
                let list: String = stamp
                    .tsa
                    .crls
                    .iter()
                    .map(|der| encapsulated("xades:EncapsulatedCRLValue", der))
                    .collect();
                data += &el("xades:RevocationValues", &[], &el("xades:CRLValues", &[], &list));
            }
            all.push(el("xades141:TimeStampValidationData", &[], &data));
        }
        all
    }

    fn certificate_refs(&self) -> String {
        let other = self.has(Fault::OtherCertificateReferences);
        let reference = |cert: &std::sync::Arc<Certified>| {
            let hashed = if other { b"other".as_slice() } else { &cert.der };
            el(
                "xades:Cert",
                &[],
                &(el("xades:CertDigest", &[], &digest(Hash::Sha256, hashed)) + &issuer_serial(cert)),
            )
        };
        let all: String = self.kit.signer.chain().iter().map(reference).collect();
        el("xades:CompleteCertificateRefs", &[], &el("xades:CertRefs", &[], &all))
    }

    fn revocation_refs(&self) -> String {
        let other = self.has(Fault::OtherRevocationReferences);
        let hashed = |der: &Der| digest(Hash::Sha256, if other { b"other" } else { der });
        let crl = |crl: &Crl| {
            let identifier = el("xades:Issuer", &[], "CN=Sınama")
                + &el("xades:IssueTime", &[], &time_text(crl.this_update))
                + &el("xades:Number", &[], &crl.number.to_string());
            el(
                "xades:CRLRef",
                &[],
                &(el("xades:DigestAlgAndValue", &[], &hashed(&crl.der)) + &el("xades:CRLIdentifier", &[], &identifier)),
            )
        };
        let ocsp = |ocsp: &Ocsp| {
            let identifier = el("xades:ResponderID", &[], &el("xades:ByName", &[], "CN=Sınama OCSP"))
                + &el("xades:ProducedAt", &[], &time_text(ocsp.produced_at));
            el(
                "xades:OCSPRef",
                &[],
                &(el("xades:OCSPIdentifier", &[], &identifier) + &el("xades:DigestAlgAndValue", &[], &hashed(&ocsp.response))),
            )
        };
        let mut inside = String::new();
        let (crls, ocsps) = (&self.kit.material.crls, &self.kit.material.ocsps);
        if !crls.is_empty() {
            inside += &el("xades:CRLRefs", &[], &crls.iter().map(crl).collect::<String>());
        }
        if !ocsps.is_empty() {
            inside += &el("xades:OCSPRefs", &[], &ocsps.iter().map(ocsp).collect::<String>());
        }
        el("xades:CompleteRevocationRefs", &[], &inside)
    }

    /// TS 101 903 8.2.1: references, SignedInfo, SignatureValue, KeyInfo, the unsigned properties before, unreferenced objects.
    pub fn archive(&self, stamping: &Stamping, parts: &Parts<'_>, before: &[String]) -> String {
        let mut octets = parts.data.concat();
        for part in [parts.signed_info, parts.value, parts.key_info] {
            octets.extend(self.stamp_c14n(part, &["ds"]).into_bytes());
        }
        for property in before {
            octets.extend(self.stamp_c14n(property, &["ds", "xades"]).into_bytes());
        }
        if self.shape.archive == Archive::V141EveryObject {
            for object in parts.objects {
                octets.extend(self.stamp_c14n(object, &["ds"]).into_bytes());
            }
        }
        let name = if self.shape.archive == Archive::V132 {
            "xades:ArchiveTimeStamp"
        } else {
            "xades141:ArchiveTimeStamp"
        };
        self.stamp(name, stamping, &octets)
    }

    /// "Seri imza": over the SignatureValue above.
    fn counter_signature(&self, kit: &Kit, parts: &Parts<'_>) -> String {
        let id = format!("{}-seri", self.id);
        let signing = Signing {
            kit,
            shape: self.shape,
            id: &id,
            scope: self.scope.iter().copied().chain([("ds", DS), ("xades", XADES)]).collect(),
            counter: None,
        };
        let over = DataRef {
            uri: Some(format!("#{}", parts.value_id)),
            kind: Some(COUNTERSIGNED_TYPE),
            transforms: vec![transform(self.shape.canonical)],
            octets: self.c14n(parts.value, &["ds"]).into_bytes(),
            mime: "",
        };
        signing.signature(&[over], &[])
    }
}

/// What an archive timestamp is over.
pub struct Parts<'a> {
    pub data: Vec<Vec<u8>>,
    pub signed_info: &'a str,
    pub value: &'a str,
    pub value_id: &'a str,
    pub key_info: &'a str,
    pub objects: &'a [String],
}

fn issuer_serial(cert: &Certified) -> String {
    let digits = openssl::bn::BigNum::from_slice(der::content(&cert.serial))
        .unwrap()
        .to_dec_str()
        .unwrap()
        .to_string();
    let inside = el("ds:X509IssuerName", &[], "CN=Sınama,C=TR") + &el("ds:X509SerialNumber", &[], &digits);
    el("xades:IssuerSerial", &[], &inside)
}

/// xs:dateTime in Turkish time.
fn time_text(at: Timestamp) -> String {
    super::evidence::local_time(at)
}

/// The letter that is signed.
fn body(altered: bool) -> String {
    let subject = if altered { "Altın &amp; gümüş" } else { "Kira &amp; aidat" };
    format!(
        "\n  {}\n  {}\n",
        el("Konu", &[], subject),
        el("Tutar", &[("birim", "TRY")], "1.250,00 &lt;yalnız&gt;")
    )
}

fn belge(inside: &str) -> String {
    el("Belge", &[("Id", "govde"), ("tur", "yazı")], inside)
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn file(text: &str) -> Vec<u8> {
    format!("{DECLARATION}{}\n", compact(text)).into_bytes()
}

/// One signature in the packaging of `shape`.
pub fn build(kit: &Kit, shape: Shape) -> File {
    build_with(kit, shape, None)
}

/// The same with a counter-signature.
pub fn build_with(kit: &Kit, shape: Shape, counter: Option<&Kit>) -> File {
    let altered = kit.fault == Some(Fault::Content);
    let signing = |scope: Scope| Signing {
        kit,
        shape,
        id: "1",
        scope,
        counter,
    };
    let enveloped = vec![transform(&format!("{DS}enveloped-signature")), transform(shape.canonical)];
    let data = |uri: Option<&str>, transforms: Vec<String>, octets: &str, mime: &'static str| DataRef {
        uri: uri.map(str::to_string),
        kind: None,
        transforms,
        octets: octets.as_bytes().to_vec(),
        mime,
    };
    let in_belge: Scope = vec![("", BELGE)];
    match shape.packaging {
        Packaging::Enveloped | Packaging::EnvelopedById => {
            let uri = if shape.packaging == Packaging::Enveloped { "" } else { "#govde" };
            let signed = canonical(&belge(&body(false)), shape.canonical, &[]);
            let signature = signing(in_belge).signature(&[data(Some(uri), enveloped, &signed, "text/xml")], &[]);
            plain(file(&belge(&(body(altered) + &signature))))
        }
        Packaging::EnvelopedDeep => {
            let deep = |inside: &str| el("Ekler", &[], &el("Ek", &[("no", "1")], inside));
            let signed = canonical(&belge(&(deep("") + &body(false))), shape.canonical, &[]);
            let signature = signing(in_belge).signature(&[data(Some(""), enveloped, &signed, "text/xml")], &[]);
            plain(file(&belge(&(deep(&signature) + &body(altered)))))
        }
        Packaging::Enveloping => {
            let object = |altered| el("ds:Object", &[("Id", "nesne")], &belge(&body(altered)));
            let signed = canonical(&object(false), shape.canonical, &[("ds", DS)]);
            let reference = data(Some("#nesne"), vec![transform(shape.canonical)], &signed, "text/xml");
            let signature = signing(vec![]).signature(&[reference], &[object(false)]);
            let shown = if altered {
                signature.replace(&object(false), &object(true))
            } else {
                signature
            };
            plain(file(&shown))
        }
        Packaging::EnvelopingBase64 => {
            let object = |content: &str| {
                el(
                    "ds:Object",
                    &[("Encoding", &format!("{DS}base64")), ("Id", "nesne")],
                    &BASE64.encode(content),
                )
            };
            let reference = data(
                Some("#nesne"),
                vec![transform(&format!("{DS}base64"))],
                "Kira sözleşmesi\n",
                "text/plain",
            );
            let signature = signing(vec![]).signature(&[reference], &[object("Kira sözleşmesi\n")]);
            let shown = match altered {
                true => signature.replace(&object("Kira sözleşmesi\n"), &object("Satış sözleşmesi\n")),
                false => signature,
            };
            plain(file(&shown))
        }
        Packaging::Beside => {
            let signed = canonical(&belge(&body(false)), shape.canonical, &[("", BELGE)]);
            let reference = data(Some("#govde"), vec![transform(shape.canonical)], &signed, "text/xml");
            let signature = signing(in_belge).signature(&[reference], &[]);
            plain(file(&el("Paket", &[], &(belge(&body(altered)) + "\n" + &signature))))
        }
        Packaging::Detached => {
            let content = "%PDF-1.7 sözleşme";
            let reference = data(Some("sozlesme.pdf"), vec![], content, "application/pdf");
            File {
                xml: file(&signing(vec![]).signature(&[reference], &[])),
                content: Some(if altered {
                    b"%PDF-1.7 satis".to_vec()
                } else {
                    content.as_bytes().to_vec()
                }),
            }
        }
    }
}

fn plain(xml: Vec<u8>) -> File {
    File { xml, content: None }
}

/// Two signatures beside one document.
pub fn parallel(first: &Kit, second: &Kit) -> File {
    let shape = Shape::of(first, Packaging::Beside);
    let signed = canonical(&belge(&body(false)), shape.canonical, &[]);
    let one = |kit: &Kit, id: &str| {
        let reference = DataRef {
            uri: Some("#govde".into()),
            kind: None,
            transforms: vec![transform(shape.canonical)],
            octets: signed.clone().into_bytes(),
            mime: "text/xml",
        };
        Signing {
            kit,
            shape,
            id,
            scope: vec![("", BELGE)],
            counter: None,
        }
        .signature(&[reference], &[])
    };
    let both = one(first, "1") + &one(second, "2");
    plain(file(&el("Paket", &[], &(belge(&body(false)) + &both))))
}
