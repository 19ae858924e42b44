//! S/MIME of a KEP message: L0 by the provider, L1 by the sender.

use crate::finding::{Finding, Severity};
use crate::message::{Message, MessageKind, PartRole, SignedLayer, codes};
use crate::signature::cades::cms::SignedData;
use crate::signature::cades::signer;
use crate::signature::cades::{self, Expected, Subject};
use crate::signature::carrier::{attachment, provider};
use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::report::{Indication, Role, SignatureReport};
use crate::signature::verdict;

/// The verdicts on every signature of a message: the layers from the outside in, then signature files and signed documents among the
/// attachments.
///
/// The provider's valid timestamp over the envelope proves that everything inside existed then.
pub fn judge_message(message: &Message, context: &Context) -> Vec<SignatureReport> {
    let mut layers: Vec<&SignedLayer> = message.signed_layers.iter().collect();
    layers.sort_by_key(|layer| layer.level);
    let mut reports = Vec::new();
    for layer in layers {
        let within = if layer.level == 0 {
            context.clone()
        } else {
            context.with_proof(proof_of(&reports))
        };
        let vouched = reports
            .iter()
            .any(|report: &SignatureReport| report.role == Role::Provider && report.indication == Indication::Passed);
        reports.extend(judge_layer(layer, message, vouched, &within));
    }
    if message.kind == MessageKind::Encrypted {
        let mut closed = Reasons::default();
        closed.add(cause::ENCRYPTED);
        reports.push(verdict::empty_report(Role::Sender, "CMS", "L1", closed));
    }
    let within = context.with_proof(proof_of(&reports));
    for file in signature_files(message) {
        let subject = Subject {
            role: Role::Document,
            covers: file.place,
            expected: file.covered.map_or(Expected::Inside, Expected::Bytes),
        };
        reports.extend(cades::judge(file.cms, &subject, &within));
    }
    reports.extend(attachment::judge(message, &within));
    reports
}

/// When a provider's valid signature proves that the message existed: its best-signature-time.
pub fn proof_of(reports: &[SignatureReport]) -> Option<jiff::Timestamp> {
    let providers = reports
        .iter()
        .filter(|report| report.role == Role::Provider && report.indication == Indication::Passed);
    providers.filter_map(|report| report.best_signature_time).min()
}

fn judge_layer(layer: &SignedLayer, message: &Message, vouched: bool, context: &Context) -> Vec<SignatureReport> {
    let role = if layer.level == 0 { Role::Provider } else { Role::Sender };
    let expected = match &layer.detached {
        None => Expected::Inside,
        Some(forms) => Expected::Candidates(forms.iter().map(|form| (form.form, &*form.bytes)).collect()),
    };
    let subject = Subject {
        role,
        covers: layer.place.clone(),
        expected,
    };
    let mut reports = cades::judge(&layer.cms, &subject, context);
    for report in &mut reports {
        let mut more = Reasons::default();
        if !layer.covers_whole_layer {
            more.add(cause::NOT_WHOLE_LAYER);
        }
        if role == Role::Sender && layer.level == 1 && !vouched {
            check_address(report, layer, message, context, &mut more);
        }
        verdict::worsen(report, more);
        if role == Role::Provider {
            provider::bind(report, message, context);
        }
    }
    reports
}

/// Without a provider that vouches, the From address rests on this signature alone: the certificate must not contradict it.
fn check_address(report: &SignatureReport, layer: &SignedLayer, message: &Message, context: &Context, reasons: &mut Reasons) {
    let (Some(shown), Some(found)) = (sender_address(message), &report.signer) else {
        return;
    };
    let Ok(signed) = SignedData::parse(&layer.cms, context.limits.cms_depth) else {
        return;
    };
    let material = signer::material_of(&signed, context.limits.cms_depth);
    let Some(certificate) = material
        .certificates
        .iter()
        .find(|certificate| certificate.sha256 == found.certificate_sha256)
    else {
        return;
    };
    let mut addresses = certificate.email_addresses().peekable();
    if addresses.peek().is_none() {
        reasons.add(cause::ADDRESS_UNKNOWN);
    } else if !addresses.any(|address| address.eq_ignore_ascii_case(&shown)) {
        reasons.add(cause::ADDRESS_UNBOUND);
    }
}

fn sender_address(message: &Message) -> Option<String> {
    let sender = message.headers.sender_kep.as_ref().or(message.headers.sender.as_ref())?;
    let address = sender
        .rsplit_once('<')
        .map_or(sender.as_str(), |(_, rest)| rest.trim_end_matches(['>', ' ']));
    Some(address.trim().to_owned())
}

/// A signature among the attachments, and the file that it is named after.
struct SignatureFile<'a> {
    place: String,
    cms: &'a [u8],
    covered: Option<&'a [u8]>,
}

/// Signature files that are no layer's: an `.imz`, or a `x.pdf.p7s` beside its `x.pdf`.
fn signature_files(message: &Message) -> Vec<SignatureFile<'_>> {
    let files = message.parts.iter().filter(|part| part.role == PartRole::Signature);
    let foreign = files.filter(|part| !message.signed_layers.iter().any(|layer| layer.cms == part.bytes));
    foreign
        .map(|part| {
            let name = part.name.as_deref().unwrap_or_default();
            let of = name.rsplit_once('.').map(|(stem, _)| stem);
            let covered = message
                .parts
                .iter()
                .find(|other| other.level == part.level && other.name.as_deref() == of && of.is_some());
            let place = if name.is_empty() { part.place.clone() } else { name.to_owned() };
            SignatureFile {
                place,
                cms: &part.bytes,
                covered: covered.map(|covered| &*covered.bytes),
            }
        })
        .collect()
}

/// Rule of a message that nobody signed: what is signed inside it may have been put there by anybody.
pub const UNSIGNED_MESSAGE: &str = "KEP-3418";

/// What no signature of the message speaks for: said, so that nobody takes silence for a verdict.
pub fn unjudged(message: &Message) -> Vec<Finding> {
    let is_bare_file = message.findings.iter().any(|finding| finding.rule == codes::BARE_FILE.rule);
    // Of a message without a byte there is nothing that a signature could speak for.
    let is_empty = message.findings.iter().any(|finding| finding.rule == codes::EMPTY.rule);
    // One that was not taken apart may be signed.
    let is_closed = message.findings.iter().any(|finding| finding.rule == codes::TOO_LARGE.rule);
    let unsigned = (message.signed_layers.is_empty() && !is_bare_file && !is_empty && !is_closed).then(|| {
        Finding::new(
            UNSIGNED_MESSAGE,
            Severity::Warning,
            "L1",
            "İletinin kendisi imzasız: göndereni, konusu ve ekleri kanıtlanmıyor. İçindeki imzalı belge başkasınca iletilmiş olabilir; göndereni doğrulayın.",
            "The message itself is unsigned: its sender, subject and attachments are not proved. A signed document inside may have been passed on by anybody; confirm the sender.",
        )
    });
    unsigned.into_iter().collect()
}
