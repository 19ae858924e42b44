//! What is in these bytes? Iterative pre-scan, MIME layers L0 (provider) and L1 (sender), headers, kind of message.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::limits::Limits;
use crate::opener::{Closed, Opener};

mod address;
pub mod codes;
mod fields;
mod headers;
mod kind;
mod opaque;
mod prescan;
mod referred;
mod signed;
pub mod sniff;
mod transfer;
mod walk;

#[cfg(test)]
mod field_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod layer_tests;
#[cfg(test)]
mod sample;

pub use address::{address_key, same_address};
pub use fields::{charset_text, clean};
pub use headers::{RemHeaders, bare_id, kep_provider};
pub use referred::referred;
use sniff::Content;

/// What a KEP message is. Decided from content, never from headers alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// Carries one or more e-Yazışma packages.
    Dispatch,
    /// `standart`: a signed message without a package.
    Standard,
    /// e-Tebligat over KEP: old mail or irregular since 2019.
    ETebligat,
    /// Delil: evidence only, no original message.
    Evidence,
    /// KAYSİS/DETSİS address verification with a link: a person decides, the link is never followed.
    AddressVerification,
    /// Enveloped S/MIME: cannot be opened here.
    Encrypted,
    /// Anything else: registered as "sınıflanmamış".
    Unclassified,
}

/// What one part of the message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartRole {
    Body,
    Attachment,
    /// `.eyp`, `.eyps` or `.eypg`, by name or by content.
    Package,
    /// An ETSI REM evidence document.
    Evidence,
    /// `REMExtensions.xml`: not evidence.
    RemExtensions,
    /// A carried message: L1, or deeper.
    Message,
    /// `smime.p7s` / `smime.p7m` / a bare CMS.
    Signature,
}

/// One leaf of the message, decoded. Bodies are UTF-8, whatever their charset was; everything else is to the byte.
#[derive(Debug, Clone)]
pub struct Part {
    /// Path in the nesting, `L0/1` or `L1/2.1`; `L1/1/2` is part 2 inside the opaque signature in part 1; `L1#2/1` belongs to a second
    /// message of that level.
    pub place: String,
    /// 0 = provider's envelope, 1 = the sender's message, more = messages inside.
    pub level: u8,
    pub role: PartRole,
    /// Lower case `type/subtype` without parameters.
    pub content_type: String,
    /// Safe to show and to create.
    pub name: Option<String>,
    /// As it stood in the header, decoded.
    pub original_name: Option<String>,
    /// True for a part that an S/MIME signature of its level covers.
    pub signed: bool,
    pub bytes: Bytes,
}

/// One S/MIME signature on a layer.
#[derive(Debug, Clone)]
pub struct SignedLayer {
    /// 0: the provider's signature. 1: the sender's.
    pub level: u8,
    pub place: String,
    /// The CMS, DER or BER as received.
    pub cms: Bytes,
    /// `None`: opaque, the content is inside the CMS. Otherwise the octets that may have been signed, most faithful first
    /// (strict RFC 2046 body, then the tolerances known from the field); the verifier stops at the first whose digest fits.
    pub detached: Option<Vec<SignedOctets>>,
    /// False when the signed entity is not the top of its level: what is shown may not be what is signed.
    pub covers_whole_layer: bool,
}

/// A candidate for the octets under a detached signature.
#[derive(Debug, Clone)]
pub struct SignedOctets {
    /// How it was made: `strict`, `strict+crlf`, `trimmed+crlf`, `trimmed`, or the same after `lf->crlf`.
    pub form: &'static str,
    pub bytes: Bytes,
}

/// What the headers say, L1 before L0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers {
    /// Message-ID of the outermost layer, without angle brackets.
    pub message_id: Option<String>,
    /// Message-ID of the sender's message (L1), without angle brackets.
    pub original_message_id: Option<String>,
    /// `X-TR-REM-iletiTip`, as written.
    pub rem_type: Option<String>,
    /// `X-TR-REM-iletiID`.
    pub rem_id: Option<String>,
    /// Display form of From.
    pub sender: Option<String>,
    /// The sender's address when it is a KEP address.
    pub sender_kep: Option<String>,
    /// To and Cc addresses.
    pub recipients: Vec<String>,
    pub subject: Option<String>,
    /// Date of L1.
    pub date: Option<Timestamp>,
    /// Date of L0.
    pub provider_date: Option<Timestamp>,
    /// `hsNN` of the provider of the outermost sender address.
    pub provider: Option<String>,
    /// The ETSI envelope headers of the outermost layer.
    #[serde(default)]
    pub rem: RemHeaders,
}

/// A message, read. Reading never fails. A message with a fatal finding and no readable package is `Unclassified`; the parts that could
/// be read are here all the same.
#[derive(Debug, Clone)]
pub struct Message {
    pub size: u64,
    pub kind: MessageKind,
    pub headers: Headers,
    pub parts: Vec<Part>,
    pub signed_layers: Vec<SignedLayer>,
    /// The octets of the original (L1) message as attached, for digest links of evidence. `None` where no message is carried.
    pub original: Option<Bytes>,
    /// Something of it came encrypted and was opened.
    pub decrypted: bool,
    pub findings: Vec<Finding>,
}

impl Message {
    pub fn packages(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.role == PartRole::Package)
    }

    pub fn evidence(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.role == PartRole::Evidence)
    }
}

/// Reads a message, or a package, evidence, signature or document file that lies in a message's place. Never fails: what cannot be
/// read is a finding, and every limit of `limits` holds. Memory stays at three and a half times the message's size and 16 MiB.
pub fn read(raw: &Bytes, limits: &Limits) -> Message {
    read_opening(raw, limits, &Closed)
}

/// The same; what is encrypted is given to `opener`, and what it opens is taken apart like the rest.
pub fn read_opening(raw: &Bytes, limits: &Limits, opener: &dyn Opener) -> Message {
    let mut message = Message {
        size: raw.len() as u64,
        kind: MessageKind::Unclassified,
        headers: Headers::default(),
        parts: Vec::new(),
        signed_layers: Vec::new(),
        original: None,
        decrypted: false,
        findings: Vec::new(),
    };
    if raw.trim_ascii().is_empty() {
        message.findings.push(codes::EMPTY.at("L0"));
    } else if message.size > limits.message_bytes {
        let detail = format!("{} > {}", message.size, limits.message_bytes);
        message.findings.push(codes::TOO_LARGE.detailed("L0", detail));
        message.read_top_headers(raw, limits);
    } else if let mail = without_lead(raw)
        && sniff::is_mail(&mail)
    {
        message.read_mail(&mail, limits, opener);
    } else {
        message.read_file(raw, limits, opener);
    }
    message
}

/// Whether bytes begin like a mail, with or without the mark or the empty lines that a mail saved by hand may begin with.
pub fn is_mail(raw: &[u8]) -> bool {
    sniff::is_mail(raw.get(lead_of(raw)..).unwrap_or_default())
}

/// A mail saved by hand may begin with a byte-order mark or empty lines, which would end its header block at once.
fn without_lead(raw: &Bytes) -> Bytes {
    raw.slice(lead_of(raw)..)
}

fn lead_of(raw: &[u8]) -> usize {
    let mark = if raw.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let blank = raw.iter().skip(mark).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    mark + blank
}

impl Message {
    fn read_mail(&mut self, raw: &Bytes, limits: &Limits, opener: &dyn Opener) {
        let mut walked = walk::mail(raw, limits, opener);
        let envelope = kind::has_envelope(&walked);
        if !envelope {
            kind::shift_levels(&mut walked);
        }
        self.headers = kind::headers(&walked.layers);
        self.findings = kind::layer_findings(&walked, &self.headers);
        let (kind, findings) = kind::decide(&walked, &self.headers);
        self.kind = kind;
        self.findings.extend(findings);
        self.original = if envelope { walked.carried.take() } else { Some(raw.clone()) };
        self.take(walked);
    }

    /// A file without a mail around it: a package or a document stands for the sender's layer, evidence for the provider's.
    fn read_file(&mut self, raw: &Bytes, limits: &Limits, opener: &dyn Opener) {
        let content = sniff::content(raw);
        let mut walked = walk::file(raw, limits, opener);
        if content != Content::Evidence {
            kind::shift_levels(&mut walked);
        }
        let has = |role| walked.parts.iter().any(|part| part.role == role);
        self.kind = match content {
            _ if walk::is_cut_short(&walked.findings) => MessageKind::Unclassified,
            Content::Evidence => MessageKind::Evidence,
            _ if has(PartRole::Package) => MessageKind::Dispatch,
            _ if walked.layers.iter().any(|layer| layer.closed) => MessageKind::Encrypted,
            Content::Cms if has(PartRole::Body) || has(PartRole::Message) => MessageKind::Standard,
            _ => MessageKind::Unclassified,
        };
        let code = if content == Content::Other {
            codes::NOT_A_MESSAGE
        } else {
            codes::BARE_FILE
        };
        self.findings.push(code.at("L1"));
        self.take(walked);
    }

    fn take(&mut self, walked: walk::Walked) {
        self.decrypted = walked.layers.iter().any(|layer| layer.opened);
        self.parts = walked.parts;
        self.signed_layers = walked.signed_layers;
        self.findings.extend(walked.findings);
    }

    /// For bytes that are not taken apart: the top header block, bounded, and nothing else.
    fn read_top_headers(&mut self, raw: &Bytes, limits: &Limits) {
        let (headers, findings) = headers::read(prescan::top_header(raw, limits), "L0");
        self.headers = kind::headers(&[walk::Layer {
            level: 0,
            label: "L0".into(),
            headers,
            encrypted: false,
            opened: false,
            closed: false,
        }]);
        self.findings.extend(findings);
    }
}
