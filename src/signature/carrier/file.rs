//! The verdict on one file, whatever it is: the engine behind `verify`, in the shape of the JSON contract.

use base64::Engine;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

use crate::envelope::{self, PackageKind, Receiver};
use crate::finding::Finding;
use crate::hash::Sha256;
use crate::message::sniff::{self, Content};
use crate::message::{self, Message, MessageKind, PartRole};
use crate::opener::{Closed, Opener};
use crate::signature::cades::{self, Expected, Subject};
use crate::signature::carrier::package::judge_package;
use crate::signature::carrier::provider;
use crate::signature::carrier::smime::{judge_message, proof_of, unjudged as unjudged_parts};
use crate::signature::carrier::unsigned;
use crate::signature::context::Context;
use crate::signature::octets::Octets;
use crate::signature::pades;
use crate::signature::report::{Indication, ObjectReport, Role, SignatureReport, SubIndication, Verdict, WantReport};
use crate::signature::verdict;
use crate::signature::xades;
use crate::text::Lang;

/// One element of `files[]`.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    pub file: String,
    /// eyp eyps eypg message evidence cms pdf xml.
    pub kind: String,
    pub indication: Indication,
    pub sub_indication: Option<SubIndication>,
    pub validation_time: Timestamp,
    /// Of the anchor set that was trusted.
    pub anchors_sha256: Sha256,
    /// Of the judged bytes as given.
    pub sha256: Sha256,
    pub signatures: Vec<SignatureReport>,
    pub findings: Vec<Finding>,
    /// Certificates, CRLs and OCSP responses that the verdict rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ObjectReport>,
    /// What was missing and could be fetched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<WantReport>,
}

impl FileReport {
    /// The report as the contract's JSON: sentences in one language.
    pub fn json(&self, lang: Lang) -> serde_json::Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        in_one_language(&mut value, lang);
        value
    }
}

/// Replaces every `{tr, en}` by the sentence in `lang`.
pub fn in_one_language(value: &mut serde_json::Value, lang: Lang) {
    match value {
        serde_json::Value::Object(fields) if fields.len() == 2 && fields.contains_key("tr") && fields.contains_key("en") => {
            *value = fields.remove(if lang == Lang::Tr { "tr" } else { "en" }).unwrap_or_default();
        }
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|field| in_one_language(field, lang)),
        serde_json::Value::Array(elements) => elements.iter_mut().for_each(|element| in_one_language(element, lang)),
        _ => {}
    }
}

/// Judges a file by its content. `content` is what a detached CMS or XML signature signs.
pub fn verify_file(bytes: &Bytes, name: &str, content: Option<Octets<'_>>, context: &Context) -> FileReport {
    verify_file_opening(bytes, name, content, context, &Closed)
}

/// The same; what is encrypted is given to `opener`.
pub fn verify_file_opening(bytes: &Bytes, name: &str, content: Option<Octets<'_>>, context: &Context, opener: &dyn Opener) -> FileReport {
    let sha256 = Sha256::of(bytes);
    let (bytes, beside) = unwrapped(bytes);
    let bytes = &bytes;
    let (kind, signatures, mut findings) = match sniff::content(bytes) {
        Content::Package => package(bytes, name, context, opener),
        // What calls itself a package is judged as one, damaged or not: "no signature in this message" would be an answer to another question.
        Content::Zip | Content::Other if sniff::has_package_suffix(name) && !message::is_mail(bytes) => {
            package(bytes, name, context, opener)
        }
        Content::Pdf => ("pdf", pades::judge(bytes, name, context), Vec::new()),
        Content::Evidence => ("evidence", vec![evidence(bytes, name, None, context)], Vec::new()),
        Content::Cms if is_encrypted(bytes, context) => mail(bytes, context, opener),
        Content::Cms => ("cms", cms(bytes, name, content, context), Vec::new()),
        Content::Xml | Content::RemExtensions => ("xml", xml(bytes, name, content, context), Vec::new()),
        Content::Zip | Content::Other => mail(bytes, context, opener),
    };
    findings.extend(unsigned::beside_armour(beside));
    let Verdict {
        indication,
        sub_indication,
        signatures,
        validation_time,
        anchors_sha256,
        objects,
        wanted,
        ..
    } = verdict(signatures, &findings, context);
    FileReport {
        file: name.to_owned(),
        kind: kind.to_owned(),
        indication,
        sub_indication,
        validation_time,
        anchors_sha256,
        sha256,
        signatures,
        findings,
        objects,
        wanted,
    }
}

type Judged = (&'static str, Vec<SignatureReport>, Vec<Finding>);

fn package(bytes: &Bytes, name: &str, context: &Context, opener: &dyn Opener) -> Judged {
    let package = envelope::read_opening(bytes, Some(name), &Receiver::default(), &context.limits, opener);
    let (signatures, judged) = judge_package(&package, context);
    let kind = match package.kind {
        PackageKind::Eyp => "eyp",
        PackageKind::Eyps => "eyps",
        PackageKind::Eypg => "eypg",
    };
    let findings = package
        .walk()
        .into_iter()
        .flat_map(|(_, inner)| inner.findings.clone())
        .chain(judged)
        .chain(unsigned::container(&package));
    (kind, signatures, findings.collect())
}

/// A CMS that holds something encrypted, and no signature to judge by itself.
fn is_encrypted(bytes: &Bytes, context: &Context) -> bool {
    message::read(bytes, &context.limits).kind == MessageKind::Encrypted
}

fn mail(bytes: &Bytes, context: &Context, opener: &dyn Opener) -> Judged {
    let message = message::read_opening(bytes, &context.limits, opener);
    let (signatures, mut findings) = judge_opened_message(&message, context, opener);
    findings.extend(unsigned::headers(&message));
    ("message", signatures, findings)
}

/// Everything signed in a message: its layers, its packages and its evidence. The provider's timestamp proves the age of what is inside.
pub fn judge_whole_message(message: &Message, context: &Context) -> (Vec<SignatureReport>, Vec<Finding>) {
    judge_opened_message(message, context, &Closed)
}

fn judge_opened_message(message: &Message, context: &Context, opener: &dyn Opener) -> (Vec<SignatureReport>, Vec<Finding>) {
    let mut signatures = judge_message(message, context);
    let mut findings = message.findings.clone();
    findings.extend(unjudged_parts(message));
    let inside = context.with_proof(proof_of(&signatures));
    for part in &message.parts {
        match part.role {
            PartRole::Package => {
                let (_, more, found) = package(&part.bytes, part.name.as_deref().unwrap_or_default(), &inside, opener);
                signatures.extend(more);
                findings.extend(found);
            }
            PartRole::Evidence => signatures.push(evidence(&part.bytes, &part.place, Some(message), &inside)),
            _ => {}
        }
    }
    (signatures, findings)
}

/// The verdict on one evidence document (delil), bound to the parties that it names. What nobody could read is not its message's either.
fn evidence(xml: &Bytes, covers: &str, around: Option<&Message>, context: &Context) -> SignatureReport {
    let mut report = xades::judge_evidence(xml, covers, context);
    let (named, around) = match (context.parties)(xml, &context.limits) {
        Some(named) => (named, around),
        None => (Vec::new(), None),
    };
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    provider::bind_evidence(&mut report, &named, around, context);
    report
}

/// The verdict on the signature of one evidence document by itself: whose it may be, its caller knows.
pub fn judge_evidence(xml: &Bytes, context: &Context) -> SignatureReport {
    let mut report = xades::judge_evidence(xml, "evidence", context);
    verdict::settle(&mut report, context);
    report
}

fn cms(bytes: &Bytes, name: &str, content: Option<Octets<'_>>, context: &Context) -> Vec<SignatureReport> {
    let subject = Subject {
        role: Role::Document,
        covers: name.to_owned(),
        expected: match &content {
            None => Expected::Inside,
            Some(Octets::Held(content)) => Expected::Bytes(content),
            Some(Octets::File(file)) => Expected::File(file),
        },
    };
    cades::judge(bytes, &subject, context)
}

fn xml(bytes: &Bytes, name: &str, content: Option<Octets<'_>>, context: &Context) -> Vec<SignatureReport> {
    let subject = xades::Subject {
        role: Role::Document,
        covers: name.to_owned(),
        content,
    };
    xades::judge(bytes, &subject, context)
}

/// True for what a register can hold: a mail, a package, evidence, or a file that carries a signature. What calls itself a mail counts as
/// one, since a damaged mail must not be passed over.
pub fn is_registrable(bytes: &[u8], name: &str) -> bool {
    match sniff::content(bytes) {
        Content::Package | Content::Evidence | Content::RemExtensions | Content::Cms => true,
        Content::Zip => sniff::has_package_suffix(name),
        Content::Pdf => is_signed_pdf(bytes),
        Content::Xml => is_signed_xml(bytes),
        Content::Other => {
            let is_named = sniff::has_suffix(name, ".eml") || sniff::has_package_suffix(name);
            is_named || message::is_mail(bytes) || sniff::content(&unwrapped(&Bytes::copy_from_slice(bytes)).0) == Content::Cms
        }
    }
}

/// A signature dictionary has a ByteRange, and that cannot be compressed: its offsets are patched in after writing.
pub fn is_signed_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-") && contains(bytes, b"/ByteRange")
}

/// Speaks of XML signatures.
pub fn is_signed_xml(bytes: &[u8]) -> bool {
    contains(bytes, b"http://www.w3.org/2000/09/xmldsig#")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// A CMS saved as PEM or as bare base64, decoded, and how many characters stand behind the armour; everything else as it is.
fn unwrapped(bytes: &Bytes) -> (Bytes, usize) {
    let decoded = || {
        let text = std::str::from_utf8(bytes).ok()?.trim();
        let (body, beside) = match text.strip_prefix("-----BEGIN ") {
            Some(rest) => {
                let (body, end) = rest.split_once("-----")?.1.split_once("-----END")?;
                (body, end.split_once("-----").map_or("", |(_, behind)| behind).trim())
            }
            None => (text, ""),
        };
        // The base64 of a CMS begins with M: a SEQUENCE with a long length.
        let compact: String = body
            .trim()
            .starts_with('M')
            .then(|| body.chars().filter(|c| !c.is_whitespace()).collect())?;
        let der = base64::engine::general_purpose::STANDARD.decode(compact).ok()?;
        (sniff::content(&der) == Content::Cms).then(|| (Bytes::from(der), beside.chars().count()))
    };
    decoded().unwrap_or_else(|| (bytes.clone(), 0))
}
