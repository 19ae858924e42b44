//! Signed documents among the attachments of a message: PDF, XML, and CMS with its content inside. "Every signature is valid" is said of
//! them too, so each is judged, wherever the message has it.

use crate::message::sniff::{self, Content};
use crate::message::{Message, Part, PartRole};
use crate::signature::asn1::oid;
use crate::signature::cades::cms::SignedData;
use crate::signature::cades::{self, Expected, Subject};
use crate::signature::carrier::file::{is_signed_pdf, is_signed_xml};
use crate::signature::context::Context;
use crate::signature::report::{Role, SignatureReport};
use crate::signature::{pades, xades};

/// The verdicts on the signatures of signed attachments.
pub fn judge(message: &Message, context: &Context) -> Vec<SignatureReport> {
    let attached = message.parts.iter().filter(|part| part.role == PartRole::Attachment);
    // What is a layer of the message was judged as one.
    let foreign = attached.filter(|part| !message.signed_layers.iter().any(|layer| layer.cms == part.bytes));
    foreign.flat_map(|part| judge_one(part, context)).collect()
}

fn judge_one(part: &Part, context: &Context) -> Vec<SignatureReport> {
    let name = part.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&part.place);
    match sniff::content(&part.bytes) {
        Content::Pdf if is_signed_pdf(&part.bytes) => pades::judge(&part.bytes, name, context),
        Content::Xml if is_signed_xml(&part.bytes) => {
            let subject = xades::Subject {
                role: Role::Document,
                covers: name.to_owned(),
                content: None,
            };
            xades::judge(&part.bytes, &subject, context)
        }
        Content::Cms if carries_document(&part.bytes, context) => {
            let subject = Subject {
                role: Role::Document,
                covers: name.to_owned(),
                expected: Expected::Inside,
            };
            cades::judge(&part.bytes, &subject, context)
        }
        _ => Vec::new(),
    }
}

/// Signed, with its content inside. Encrypted data are nobody's signature, and a time-stamp token is no document.
fn carries_document(bytes: &[u8], context: &Context) -> bool {
    SignedData::parse(bytes, context.limits.cms_depth).is_ok_and(|signed| signed.content.is_some() && signed.content_type != oid::TST_INFO)
}
