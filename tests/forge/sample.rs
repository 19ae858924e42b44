//! A message together with what an honest gateway must find in it.

use jiff::Timestamp;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub name: String,
    #[serde(skip)]
    pub raw: Vec<u8>,
    pub expect: Expectation,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Expectation {
    /// Words of the contract: dispatch standard e-tebligat evidence address-verification encrypted unclassified.
    pub kind: String,
    pub message_id: Option<String>,
    pub original_message_id: Option<String>,
    pub rem_type: Option<String>,
    pub sender_kep: Option<String>,
    pub recipients: Vec<String>,
    pub subject: Option<String>,
    /// The deadline's input: time of the delivery evidence inside. `None`: nothing in the message attests its arrival here.
    pub received_at: Option<Timestamp>,
    pub documents: Vec<ExpectedDocument>,
    pub evidence: Vec<ExpectedEvidence>,
    /// Worst over all signatures and errors; `None` where the trade leaves it open.
    pub indication: Option<String>,
    pub sub_indication: Option<String>,
    /// Flags that must be there (others may be).
    pub flags: Vec<String>,
    /// The same bytes as the sample of that name.
    pub duplicate_of: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ExpectedDocument {
    pub id: Option<String>,
    pub number: Option<String>,
    pub subject: Option<String>,
    pub date: Option<Timestamp>,
    pub security: Option<String>,
    pub urgency: Option<String>,
    /// Miat of our addressee, xsd:duration.
    pub due: Option<String>,
    pub package_sha256: String,
    pub file_name: Option<String>,
    pub file_sha256: Option<String>,
    pub attachments: Vec<ExpectedAttachment>,
    pub encrypted: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ExpectedAttachment {
    pub id: String,
    /// DED, HRF or FZK.
    pub r#type: String,
    pub sha256: Option<String>,
    pub signed: bool,
    pub present: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ExpectedEvidence {
    /// Root element.
    pub root: String,
    pub event: String,
    /// PTT's DelilTurID where there is one.
    pub type_id: Option<u16>,
    pub event_time: Option<Timestamp>,
    pub recipient: Option<String>,
    pub sha256: String,
}
