//! What is in these bytes? Iterative pre-scan, MIME layers L0 (provider) and L1 (sender), headers, kind of message.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::hash::Sha256;

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

/// One leaf of the message, decoded.
#[derive(Debug, Clone)]
pub struct Part {
    /// Path in the nesting, `L0/1` or `L1/2.1`.
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
}

/// A message, read. Reading never fails.
#[derive(Debug, Clone)]
pub struct Message {
    pub sha256: Sha256,
    pub size: u64,
    pub kind: MessageKind,
    pub headers: Headers,
    pub parts: Vec<Part>,
    pub signed_layers: Vec<SignedLayer>,
    /// The octets of the original (L1) message as attached, with the trailing-CRLF variants, for digest links of evidence.
    pub original: Option<Bytes>,
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
