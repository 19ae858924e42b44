//! XAdES files of every packaging and level from a [`Kit`]. What is signed is text that was put together here; no canonicaliser takes part,
//! and xmlsec1 has to agree.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::pki::Hash;
use super::scenario_kit::{Fault, Kit};
pub use super::xades_signature::{DataRef, Signing, transform};
use super::xades_text::BELGE;
pub use super::xades_text::{DS, EXCLUSIVE, INCLUSIVE, INCLUSIVE_11, Scope, XADES, XADES_141, canonical, compact, el};

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
    pub twist: Twist,
}

/// What is wrong about the form of a signature that is sound in its cryptography.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Twist {
    None,
    /// SignedProperties stand there and no reference covers them.
    PropertiesUnreferenced,
    /// The reference to them has another Type, or none.
    PropertiesType(Option<&'static str>),
    /// QualifyingProperties of another Target, or of none.
    Target(Option<&'static str>),
    /// QualifyingProperties of another version.
    OldVersion,
    /// One more transform on the data.
    Transform(&'static str),
    /// The data are addressed otherwise.
    Uri(&'static str),
    NoDataFormat,
    /// ObjectReference leads to no reference.
    DanglingFormat,
    /// SigningCertificate by this hash.
    BindingHash(Hash),
    TwoSigningTimes,
    /// SigningCertificate names the signer and its issuers, and KeyInfo has them with the signer last.
    PathNamed,
    NoSigAndRefs,
    /// The data are referenced through a ds:Manifest.
    Manifest,
    /// … whose digest is of something else.
    BrokenManifest,
    /// A reference of type Manifest to something that is none.
    FakeManifest,
    /// The objects are signed in part: a second one beside.
    SecondObject,
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
            twist: Twist::None,
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

/// The letter that is signed.
pub fn body(altered: bool) -> String {
    let subject = if altered { "Altın &amp; gümüş" } else { "Kira &amp; aidat" };
    format!(
        "\n  {}\n  {}\n",
        el("Konu", &[], subject),
        el("Tutar", &[("birim", "TRY")], "1.250,00 &lt;yalnız&gt;")
    )
}

fn belge(inside: &str) -> String {
    belge_with("govde", inside)
}

pub fn belge_with(id: &str, inside: &str) -> String {
    el("Belge", &[("Id", id), ("tur", "yazı")], inside)
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

/// A document with `inside`, which carries its own namespace as [`el`] writes it, signed as a whole.
pub fn enveloped_around(kit: &Kit, inside: &str) -> File {
    let shape = Shape::of(kit, Packaging::Enveloped);
    let data = DataRef {
        uri: Some(String::new()),
        kind: None,
        transforms: vec![transform(&format!("{DS}enveloped-signature")), transform(shape.canonical)],
        octets: canonical(&belge(inside), shape.canonical, &[]).into_bytes(),
        mime: "text/xml",
    };
    let signing = Signing {
        kit,
        shape,
        id: "1",
        scope: vec![("", BELGE)],
        counter: None,
    };
    plain(file(&belge(&(inside.to_string() + &signing.signature(&[data], &[])))))
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
