//! What a message is, decided from what was found in it; headers only choose between forms of the same content.

use super::codes;
use super::headers::kep_provider;
use super::walk::{Layer, Walked, is_cut_short};
use super::{Headers, MessageKind, PartRole};
use crate::finding::Finding;
use crate::text::fold;

/// Words of KAYSİS/DETSİS address verification, folded. No sample is public, so sender and subject both count.
const REGISTRY_WORDS: &[&str] = &["kaysis", "detsis", "devlet teskilati"];
const VERIFY_WORDS: &[&str] = &["dogrula", "teyit", "onay", "aktivasyon", "guncelle", "adres"];

/// How far a body is searched for a link.
const LINK_BYTES: usize = 1 << 20;

/// True when the outermost message is the provider's envelope (L0), false when it is the sender's own message.
///
/// An envelope carries evidence, or has REM headers, or carries correspondence (signed, marked or encrypted) and no package beside it.
/// Else it is a sender's message that forwards a mail: an attached `.eml` must not lend it another sender and subject.
pub fn has_envelope(walked: &Walked) -> bool {
    let Some(top) = walked.layers.first() else { return false };
    let at_top = |role| walked.parts.iter().any(|part| part.level == 0 && part.role == role);
    let rem_headers = top.headers.rem.message_type.is_some() || top.headers.rem.evidence_type.is_some();
    let correspondence = walked
        .layers
        .iter()
        .any(|layer| layer.level == 1 && (layer.headers.rem_type.is_some() || layer.encrypted))
        || walked.signed_layers.iter().any(|signed| signed.level == 1);
    at_top(PartRole::Evidence) || rem_headers || (correspondence && !at_top(PartRole::Package))
}

/// Calls the outermost message L1 when there is no envelope around it.
pub fn shift_levels(walked: &mut Walked) {
    for layer in &mut walked.layers {
        layer.level = layer.level.saturating_add(1);
        layer.label = shifted(&layer.label);
    }
    for part in &mut walked.parts {
        part.level = part.level.saturating_add(1);
        part.place = shifted(&part.place);
    }
    for signed in &mut walked.signed_layers {
        signed.level = signed.level.saturating_add(1);
        signed.place = shifted(&signed.place);
    }
    for finding in &mut walked.findings {
        finding.place = shifted(&finding.place);
    }
}

/// `L0/1.2` to `L1/1.2`.
fn shifted(place: &str) -> String {
    let Some(rest) = place.strip_prefix('L') else {
        return place.to_owned();
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, tail) = rest.split_at(digits);
    match number.parse::<u16>() {
        Ok(number) => format!("L{}{tail}", number + 1),
        Err(_) => place.to_owned(),
    }
}

/// The headers of the message: the sender's layer first, the envelope as fallback.
pub fn headers(layers: &[Layer]) -> Headers {
    let at = |level: u8| layers.iter().find(|layer| layer.level == level).map(|layer| &layer.headers);
    let (envelope, original) = (at(0), at(1));
    let order = || [original, envelope].into_iter().flatten();
    let outermost = envelope.or(original);
    let sender = order().find(|headers| headers.sender().is_some());
    let kep_address = |address: &&str| kep_provider(address).is_some();
    Headers {
        message_id: outermost.and_then(|headers| headers.message_id.clone()),
        original_message_id: original.and_then(|headers| headers.message_id.clone()),
        // The envelope speaks for the sender's message only where there is one: an evidence mail has no type of its own.
        rem_type: original.and_then(|_| order().find_map(|headers| headers.rem_type.clone())),
        rem_id: order().find_map(|headers| headers.rem_id.clone()),
        sender: sender.and_then(|headers| headers.sender()),
        sender_kep: sender
            .and_then(|headers| headers.sender_address())
            .filter(kep_address)
            .map(str::to_owned),
        recipients: order()
            .map(|headers| &headers.recipients)
            .find(|list| !list.is_empty())
            .cloned()
            .unwrap_or_default(),
        subject: order().find_map(|headers| headers.subject.clone()),
        date: original.and_then(|headers| headers.date),
        provider_date: envelope.and_then(|headers| headers.date),
        provider: [envelope, original]
            .into_iter()
            .flatten()
            .filter_map(|headers| headers.sender_address())
            .find_map(kep_provider),
        rem: outermost.map(|headers| headers.rem.clone()).unwrap_or_default(),
    }
}

/// The kind, and the findings that come with it.
pub fn decide(walked: &Walked, headers: &Headers) -> (MessageKind, Vec<Finding>) {
    let kind = kind(walked, headers);
    let has = |role| walked.parts.iter().any(|part| part.role == role);
    let rem_type = headers.rem_type.as_deref().map(str::to_ascii_lowercase);
    let mut findings = Vec::new();
    match rem_type.as_deref() {
        Some("etebligat") => findings.push(codes::E_TEBLIGAT.at("X-TR-REM-iletiTip")),
        Some("eyazisma") if !has(PartRole::Package) && kind != MessageKind::Encrypted => findings.push(codes::PACKAGE_MISSING.at("L1")),
        Some("eyazisma" | "standart") | None => {}
        Some(_) => findings.push(codes::UNKNOWN_REM_TYPE.at("X-TR-REM-iletiTip")),
    }
    match kind {
        MessageKind::AddressVerification => findings.push(codes::ADDRESS_VERIFICATION.at("L1")),
        MessageKind::Unclassified => findings.push(codes::UNCLASSIFIED.at("L0")),
        _ => {}
    }
    (kind, findings)
}

fn kind(walked: &Walked, headers: &Headers) -> MessageKind {
    let has = |role| walked.parts.iter().any(|part| part.role == role);
    let level = |level: u8| walked.layers.iter().find(|layer| layer.level == level);
    // A package that could be read makes a document, whatever else of the message could not be opened.
    if is_cut_short(&walked.findings) && !has(PartRole::Package) {
        return MessageKind::Unclassified;
    }
    if headers
        .rem_type
        .as_deref()
        .is_some_and(|text| text.eq_ignore_ascii_case("eTebligat"))
        && level(1).is_some()
    {
        return MessageKind::ETebligat;
    }
    if has(PartRole::Package) {
        return MessageKind::Dispatch;
    }
    if walked.layers.iter().any(|layer| layer.level <= 1 && layer.closed) {
        return MessageKind::Encrypted;
    }
    if is_address_verification(walked, headers) {
        return MessageKind::AddressVerification;
    }
    match (level(0), level(1)) {
        (Some(_), Some(_)) => MessageKind::Standard,
        (Some(_), None) if has(PartRole::Evidence) => MessageKind::Evidence,
        (None, Some(_)) if is_correspondence(walked, headers) => MessageKind::Standard,
        _ => MessageKind::Unclassified,
    }
}

/// A sender's message without an envelope counts as KEP mail when it is signed, marked, or from a KEP address.
fn is_correspondence(walked: &Walked, headers: &Headers) -> bool {
    let signed = walked.signed_layers.iter().any(|signed| signed.level == 1);
    signed && headers.sender.is_some() || headers.rem_type.is_some() || headers.sender_kep.is_some()
}

fn is_address_verification(walked: &Walked, headers: &Headers) -> bool {
    let subject = fold(headers.subject.as_deref().unwrap_or_default());
    let sender = fold(headers.sender.as_deref().unwrap_or_default());
    let any = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let from_registry = any(&sender, REGISTRY_WORDS) || any(&subject, REGISTRY_WORDS);
    let bodies = || walked.parts.iter().filter(|part| part.role == PartRole::Body && part.level <= 1);
    from_registry && any(&subject, VERIFY_WORDS) && bodies().any(|body| has_link(&body.bytes))
}

fn has_link(body: &[u8]) -> bool {
    let lower = body.get(..LINK_BYTES).unwrap_or(body).to_ascii_lowercase();
    [b"http://".as_slice(), b"https://"]
        .iter()
        .any(|scheme| lower.windows(scheme.len()).any(|window| window == *scheme))
}

/// Findings about the layers as a whole.
pub fn layer_findings(walked: &Walked, headers: &Headers) -> Vec<Finding> {
    let mut findings = Vec::new();
    let level_count = |level: u8| walked.layers.iter().filter(|layer| layer.level == level).count();
    if level_count(0) == 0 {
        findings.push(codes::NO_ENVELOPE.at("L1"));
    } else if level_count(1) > 1 {
        findings.push(codes::SEVERAL_ORIGINALS.at("L0"));
    }
    match (&headers.sender, &headers.sender_kep, level_count(1)) {
        (None, _, _) => findings.push(codes::NO_FROM.at("L1 From")),
        (Some(_), None, 1..) => findings.push(codes::SENDER_NOT_KEP.at("L1 From")),
        _ => {}
    }
    findings
}
