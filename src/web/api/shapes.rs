//! The shapes of what goes in and out, as the description shows them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;
use crate::text::Text;

/// One sentence in both languages.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Text)]
pub struct TextShape {
    pub tr: String,
    pub en: String,
}

impl From<Text> for TextShape {
    fn from(text: Text) -> Self {
        Self { tr: text.tr, en: text.en }
    }
}

/// Why a request has no answer (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemShape {
    /// `urn:kep-gateway:problem:` and the code.
    pub r#type: String,
    /// The meaning of the status.
    pub title: String,
    pub status: u16,
    /// Stable: for programs.
    #[schema(example = "not-found")]
    pub code: String,
    /// What happened and what to do, in the language that was asked for.
    pub detail: String,
    /// The same in both.
    pub text: TextShape,
    /// Of `already-transferred`: the number that the document has in the EBYS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transferred_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub transferred_at: Option<String>,
}

/// Under which number and when the EBYS took a document over.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Transferred {
    pub number: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A document as lists show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Summary {
    /// With the configured prefix, as people read it.
    #[schema(example = "2026/000001")]
    pub register_number: String,
    /// Its address.
    #[schema(example = "/api/v1/documents/2026/000001")]
    pub href: String,
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Timestamp,
    /// The legal arrival.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    pub mailbox: String,
    /// Of the message: `dispatch` (carries an e-Yazışma package), `standard`, `e-tebligat`, `evidence`, `address-verification`, `encrypted`, `unclassified`.
    #[schema(value_type = String)]
    pub kind: crate::message::MessageKind,
    /// Of the message as it came.
    #[schema(value_type = String)]
    pub message_sha256: Sha256,
    /// Name of the sending institution.
    pub sender: Option<String>,
    /// Cut after 4,000 characters; whole in the document itself.
    pub subject: Option<String>,
    /// The number that the sender gave it (BelgeNo).
    pub document_number: Option<String>,
    pub document_id: Option<String>,
    /// `TOTAL-PASSED`, `TOTAL-FAILED` or `INDETERMINATE` (EN 319 102-1).
    #[schema(value_type = Option<String>)]
    pub indication: Option<crate::signature::report::Indication>,
    pub flags: Vec<String>,
    pub unit: Option<String>,
    /// 0 open to 4 top secret.
    pub access: u8,
    #[schema(value_type = String)]
    pub state: crate::register::entry::State,
    pub transferred: Option<Transferred>,
}

/// A part of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Documents {
    /// In the order of their register numbers.
    pub documents: Vec<Summary>,
    /// Where the list goes on; null at its end. A page may be short or empty before the end: go on while this is there.
    pub next: Option<String>,
}

/// One file of a document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Part {
    /// Where it lies: layers of the mail, then the package's part name.
    pub place: String,
    /// Safe to create.
    pub name: String,
    /// As the sender said.
    pub content_type: String,
    pub size: u64,
    /// Null: it could not be read.
    #[schema(value_type = Option<String>)]
    pub sha256: Option<Sha256>,
    /// `letter`, `attachment`, `body`, `package`, `evidence`, `signature` or `inner`.
    pub r#use: &'static str,
    /// What makes it dangerous to open.
    pub warnings: Vec<TextShape>,
    /// Its bytes; null where they cannot be handed out.
    pub href: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Parts {
    pub register_number: String,
    pub parts: Vec<Part>,
}

/// The verdict with everything that it rests on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerdictOf {
    pub register_number: String,
    /// As in `documents export --json`: indication, sub_indication, validation_time, signatures with their reasons. Null: nobody could read it.
    #[schema(value_type = Option<Object>)]
    pub verdict: Option<serde_json::Value>,
    /// Of the package rules.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<serde_json::Value>,
    /// The verdicts before this one, oldest first.
    #[schema(value_type = Vec<Object>)]
    pub earlier_verdicts: serde_json::Value,
}

/// Delil of a document's message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvidenceOf {
    pub register_number: String,
    pub evidence: Vec<EvidenceShape>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub struct EvidenceShape {
    /// Of its XML.
    #[schema(value_type = String)]
    pub sha256: Sha256,
    pub kind: String,
    pub event: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub event_time: Option<Timestamp>,
    pub recipient: Option<String>,
    /// Whether it is genuine.
    #[schema(value_type = String)]
    pub indication: crate::signature::report::Indication,
    pub linked_by: String,
    /// What it proves.
    pub label: Option<TextShape>,
    pub issuer: Option<String>,
    pub identifier: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub submission_time: Option<Timestamp>,
}

/// "It is ours now, under this number."
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The number in the EBYS.
    #[schema(max_length = 200, example = "E-2026-4711")]
    pub number: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferAnswer {
    pub register_number: String,
    pub transferred: Transferred,
    /// It was recorded before, under the same number.
    pub repeated: bool,
}

/// Havale: to a unit, a person, or both.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignRequest {
    #[serde(default)]
    #[schema(max_length = 200)]
    pub unit: Option<String>,
    /// A login.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub person: Option<String>,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AssignAnswer {
    pub register_number: String,
    #[schema(value_type = String)]
    pub state: crate::register::entry::State,
}

/// Who may see it from now on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelRequest {
    /// 0 open, 1 restricted, 2 confidential, 3 secret, 4 top secret; at most the token's own clearance.
    #[schema(maximum = 4)]
    pub level: u8,
    /// Stands in the record.
    #[schema(max_length = 4000)]
    pub reason: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LevelAnswer {
    pub register_number: String,
    pub access: u8,
}

/// One notice on its way to one recipient.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Delivery {
    /// The same at each attempt: `X-Kep-Gateway-Id`.
    pub id: String,
    /// `document-registered`, `verdict-changed`, or why people were told.
    #[schema(value_type = String)]
    pub cause: crate::alert::notice::Cause,
    /// `email`, `sms` or `webhook`.
    #[schema(value_type = String)]
    pub channel: crate::alert::job::Channel,
    /// The names that the configuration has for the recipient.
    pub targets: Vec<String>,
    /// Masked.
    pub recipient: String,
    /// What it is about.
    pub key: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub attempts: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub tried_at: Option<Timestamp>,
    /// Of the last attempt over HTTP.
    pub status_code: Option<u16>,
    /// `waiting`, `delivered` or `given-up`.
    pub state: &'static str,
    /// Why the last attempt failed.
    pub problem: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Deliveries {
    /// The newest first.
    pub deliveries: Vec<Delivery>,
    /// Where the list goes on; null at its end.
    pub next: Option<String>,
}

/// Where a document is found.
pub fn href(number: RegisterNumber) -> String {
    format!("/api/v1/documents/{number}")
}
