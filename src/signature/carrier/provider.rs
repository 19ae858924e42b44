//! Whose provider it is: an anchor that the operator allow-listed for one KEP provider (`kephs/hs01.kep.tr`) vouches for that provider's
//! messages and for no other's. Without such a folder every allow-listed provider may sign every message, as before.

use crate::message::{Message, address_key, kep_provider};
use crate::signature::cause::{self, Cause, Reasons};
use crate::signature::context::Context;
use crate::signature::report::{CertificateClass, SignatureReport};
use crate::signature::verdict;

/// Compares the provider of an envelope (L0) with the address that sends it.
pub fn bind(report: &mut SignatureReport, message: &Message, context: &Context) {
    let allowed: Vec<String> = message.headers.provider.iter().map(|provider| domain(provider)).collect();
    require(report, &allowed, cause::WRONG_PROVIDER, context);
}

/// Compares the provider of evidence with the parties that it names itself, by their addresses: a delivery is attested by the recipient's
/// provider, the mail around it may be anybody's, and what a service gives has none. Evidence that names nobody is its message's, where it
/// lies beside that.
pub fn bind_evidence(report: &mut SignatureReport, named: &[&str], message: Option<&Message>, context: &Context) {
    let mut allowed: Vec<String> = named
        .iter()
        .filter_map(|address| kep_provider(&address_key(address)))
        .map(|provider| domain(&provider))
        .collect();
    if let Some(message) = message.filter(|message| allowed.is_empty() && message.original.is_some()) {
        allowed = parties(message);
    }
    allowed.sort_unstable();
    allowed.dedup();
    require(report, &allowed, cause::WRONG_EVIDENCE_PROVIDER, context);
}

/// An anchor that was allow-listed for some providers vouches for none but these.
fn require(report: &mut SignatureReport, allowed: &[String], otherwise: Cause, context: &Context) {
    let is_provider = report
        .signer
        .as_ref()
        .is_some_and(|signer| signer.class == CertificateClass::KepProvider);
    let Some(root) = report.validation.facts.path.last().filter(|_| is_provider) else {
        return;
    };
    let anchor = context.trust.anchors().find(|anchor| anchor.sha256() == root.sha256);
    let Some(anchor) = anchor.filter(|anchor| !anchor.serves_provider(None)) else {
        return;
    };
    if allowed.iter().any(|domain| anchor.serves_provider(Some(domain))) {
        return;
    }
    let (signed, claimed) = (anchor.provider_domains().join(", "), allowed.join(", "));
    let against = |nobody: &str| format!("{signed} ≠ {}", if claimed.is_empty() { nobody } else { &claimed });
    let mut reasons = Reasons::default();
    reasons.add_in_two(otherwise, &against("KEP adresi yok"), &against("no KEP address"));
    verdict::worsen(report, reasons);
}

fn domain(provider: &str) -> String {
    format!("{provider}.kep.tr")
}

/// The providers of the envelope, the sender and the recipients.
fn parties(message: &Message) -> Vec<String> {
    let headers = &message.headers;
    let addresses = headers.sender_kep.iter().chain(&headers.recipients);
    let mut found: Vec<String> = headers
        .provider
        .iter()
        .cloned()
        .chain(addresses.filter_map(|address| kep_provider(address)))
        .map(|p| domain(&p))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
