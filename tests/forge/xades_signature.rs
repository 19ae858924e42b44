//! One ds:Signature with its XAdES properties, from a [`Kit`]: references, properties, value, timestamps.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use openssl::ecdsa::EcdsaSig;

use super::pki::{Certified, Hash, KeyKind};
use super::scenario_kit::{Fault, Kit, Stamping};
use super::xades::{Archive, Shape, Stop, Twist, belge_with, body};
use super::xades_text::{DS, INCLUSIVE, Scope, XADES, canonical, el, uri_of};
use super::xades_values::{issuer_serial, time_text};

const PROPERTIES_TYPE: &str = "http://uri.etsi.org/01903#SignedProperties";
const PROPERTIES_TYPE_TR: &str = "http://uri.etsi.org/01903/v1.3.2/XAdES.xsd#SignedProperties";
const COUNTERSIGNED_TYPE: &str = "http://uri.etsi.org/01903#CountersignedSignature";
const MANIFEST_TYPE: &str = "http://www.w3.org/2000/09/xmldsig#Manifest";

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
    pub fn has(&self, fault: Fault) -> bool {
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
        self.reference_named(&format!("ref-{}-{number}", self.id), data)
    }

    fn reference_named(&self, id: &str, data: &DataRef) -> String {
        let mut attributes = vec![("Id", id)];
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
        let (data, objects) = self.twisted(data, objects);
        let (data, objects) = (data.as_slice(), objects.as_slice());
        let id = self.id;
        let (signature_id, properties_id) = (format!("imza-{id}"), format!("ozellikler-{id}"));
        let properties = self.signed_properties(&properties_id, data);
        let mut references: Vec<String> = data.iter().enumerate().map(|(number, data)| self.reference(number, data)).collect();
        let to_properties = DataRef {
            uri: Some(format!("#{properties_id}")),
            kind: match self.shape.twist {
                Twist::PropertiesType(kind) => kind,
                _ if self.shape.turkish_type => Some(PROPERTIES_TYPE_TR),
                _ => Some(PROPERTIES_TYPE),
            },
            transforms: vec![transform(self.shape.canonical)],
            octets: self.c14n(&properties, &["ds", "xades"]).into_bytes(),
            mime: "",
        };
        if self.shape.twist != Twist::PropertiesUnreferenced {
            references.push(self.reference(data.len(), &to_properties));
        }
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
                let mut certificates = vec![self.kit.signer.der.clone()];
                if self.shape.twist == Twist::PathNamed {
                    certificates.extend(self.kit.signer.chain().iter().map(|issuer| issuer.der.clone()));
                    certificates.reverse();
                }
                let certificates = certificates.iter().map(|der| el("ds:X509Certificate", &[], &BASE64.encode(der)));
                el("ds:KeyInfo", &[], &el("ds:X509Data", &[], &certificates.collect::<String>()))
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
        let target = match self.shape.twist {
            Twist::Target(other) => other,
            _ => Some(target.as_str()),
        };
        let attributes: Vec<(&str, &str)> = target.map(|target| ("Target", target)).into_iter().collect();
        let mut qualifying = el("xades:QualifyingProperties", &attributes, &(properties + &unsigned));
        if self.shape.twist == Twist::OldVersion {
            qualifying = qualifying.replace("01903/v1.3.2#", "01903/v1.1.1#");
        }
        let inside = signed_info.clone() + &value + &key_info + &objects.concat() + &el("ds:Object", &[], &qualifying);
        el("ds:Signature", &[("Id", &signature_id)], &inside)
    }

    fn twisted(&self, data: &[DataRef], objects: &[String]) -> (Vec<DataRef>, Vec<String>) {
        let (mut data, mut objects) = (data.to_vec(), objects.to_vec());
        let first = &mut data[0];
        match self.shape.twist {
            Twist::Transform(uri) => first.transforms.push(transform(uri)),
            Twist::Uri(uri) => first.uri = Some(uri.to_string()),
            Twist::FakeManifest => first.kind = Some(MANIFEST_TYPE),
            Twist::Manifest | Twist::BrokenManifest => {
                let mut listed = first.clone();
                if self.shape.twist == Twist::BrokenManifest {
                    listed.octets = b"something else".to_vec();
                }
                let listed = self.reference_named("ref-liste", &listed);
                let manifest = el("ds:Manifest", &[("Id", "liste")], &listed);
                *first = DataRef {
                    uri: Some("#liste".to_string()),
                    kind: Some(MANIFEST_TYPE),
                    transforms: vec![transform(self.shape.canonical)],
                    octets: self.c14n(&manifest, &["ds"]).into_bytes(),
                    mime: "text/xml",
                };
                objects.push(el("ds:Object", &[], &manifest));
            }
            Twist::SecondObject => objects.insert(0, el("ds:Object", &[("Id", "sahte")], &belge_with("baska", &body(true)))),
            _ => {}
        }
        (data, objects)
    }

    fn signed_properties(&self, id: &str, data: &[DataRef]) -> String {
        let mut own = String::new();
        if let Some(time) = self.kit.signing_time {
            own += &el("xades:SigningTime", &[], &time_text(time));
            if self.shape.twist == Twist::TwoSigningTimes {
                own += &el("xades:SigningTime", &[], &time_text(time));
            }
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
            let reference = match self.shape.twist {
                Twist::DanglingFormat => "#govde".to_string(),
                Twist::NoDataFormat => continue,
                _ => format!("#ref-{}-{number}", self.id),
            };
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
        let hash = match self.shape.twist {
            Twist::BindingHash(hash) => hash,
            _ => Hash::Sha256,
        };
        let cert = el("xades:CertDigest", &[], &digest(hash, hashed));
        match self.shape.baseline {
            true => el("xades:SigningCertificateV2", &[], &el("xades:Cert", &[], &cert)),
            false => {
                let mut named = el("xades:Cert", &[], &(cert + &issuer_serial(signer)));
                if self.shape.twist == Twist::PathNamed {
                    for issuer in signer.chain() {
                        let digest = el("xades:CertDigest", &[], &digest(hash, &issuer.der));
                        named += &el("xades:Cert", &[], &(digest + &issuer_serial(&issuer)));
                    }
                }
                el("xades:SigningCertificate", &[], &named)
            }
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
                _ if self.shape.twist == Twist::NoSigAndRefs => {}
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
        for archive in self.kit.archive.iter().chain(&self.kit.renewals) {
            let stamp = self.archive(archive, parts, &all);
            all.push(stamp);
        }
        all
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
