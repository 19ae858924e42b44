//! What stands in a CMS without the protection of its signatures: said, so that "valid" is not read as "every byte".

use std::collections::BTreeSet;

use crate::hash::Sha256;
use crate::signature::asn1::ber::{Value, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::cms::{SignedData, SignerId, SignerInfo};
use crate::signature::cause::{self, Reasons};
use crate::signature::certificate;
use crate::signature::context::Context;
use crate::signature::crypto::Algorithm;
use crate::signature::path::chain::Material;

/// Unknown attributes that are named in a reason; the report is for a person.
const MAX_NAMED: usize = 8;

/// What stands beside one signature without a meaning here.
pub fn beside(info: &SignerInfo<'_>, reasons: &mut Reasons) {
    let unknown = info.unsigned.iter().map(|one| one.id).filter(|id| !oid::is_unsigned_attribute(id));
    let mut names: Vec<String> = unknown.map(|id| id.to_string()).take(MAX_NAMED).collect();
    // RFC 5652 5.3: 1 for issuerAndSerialNumber, 3 for subjectKeyIdentifier.
    let version = match info.id {
        SignerId::IssuerSerial { .. } => 1,
        SignerId::KeyId(_) => 3,
    };
    if info.version != version {
        names.push("SignerInfo.version".into());
    }
    if !names.is_empty() {
        reasons.add_with(cause::UNPROTECTED, &names.join(", "));
    }
}

/// What stands around all signatures of a CMS, once they were judged: fields of its frame that contradict what is in it, and certificates
/// and revocation data on which no verdict rests.
pub fn around(signed: &SignedData<'_>, material: &Material, context: &Context) -> Reasons {
    let mut reasons = Reasons::default();
    let frame = [
        (signed.version != version_of(signed)).then_some("SignedData.version"),
        (!algorithms_fit(signed)).then_some("SignedData.digestAlgorithms"),
    ];
    let frame: Vec<&str> = frame.into_iter().flatten().collect();
    if !frame.is_empty() {
        reasons.add_with(cause::UNPROTECTED, &frame.join(", "));
    }
    let rests = |sha256| context.trail.rests_on(sha256);
    let is_certificate = |value: &&Value<'_>| certificate::from_choice(value).is_some_and(|read| read.is_ok());
    let unread = signed.certificates.len() - signed.certificates.iter().filter(is_certificate).count();
    // What gave nothing is no less unprotected than what was not needed. By hash: reading long lists twice costs more.
    let read: BTreeSet<Sha256> = (material.revocation.crls.iter().map(|one| one.sha256))
        .chain(material.revocation.ocsp.iter().map(|one| one.sha256))
        .collect();
    let lists_here = signed.crls.iter().filter(|value| value.tag == tag::SEQUENCE).map(|value| value.raw);
    let read_here = lists_here
        .chain(signed.ocsp_responses())
        .filter(|raw| read.contains(&Sha256::of(raw)))
        .count();
    let unread_revocation = signed.crls.len().saturating_sub(read_here);
    let certificates = material.certificates.iter().filter(|one| !rests(&one.sha256)).count();
    let lists = material.revocation.crls.iter().filter(|one| !rests(&one.sha256)).count();
    let answers = material.revocation.ocsp.iter().filter(|one| !rests(&one.sha256)).count();
    let counted = [
        (certificates, "sertifika", "certificates"),
        (lists, "SİL", "CRLs"),
        (answers, "OCSP yanıtı", "OCSP responses"),
        (unread, "okunamayan sertifika", "unreadable certificates"),
        (unread_revocation, "okunamayan iptal verisi", "unreadable revocation data"),
    ];
    let said = |word: fn(&(usize, &'static str, &'static str)) -> &'static str| {
        let some = counted.iter().filter(|(count, _, _)| *count > 0);
        some.map(|one| format!("{} {}", one.0, word(one))).collect::<Vec<_>>().join(", ")
    };
    if counted.iter().any(|(count, _, _)| *count > 0) {
        reasons.add_in_two(cause::UNUSED, &said(|one| one.1), &said(|one| one.2));
    }
    reasons
}

/// RFC 5652 5.1.
fn version_of(signed: &SignedData<'_>) -> u64 {
    let holds = |set: &[Value<'_>], number| set.iter().any(|value| value.tag == tag::context(number));
    let by_key = |signer: &SignerInfo<'_>| matches!(signer.id, SignerId::KeyId(_));
    match () {
        () if holds(&signed.certificates, 3) || holds(&signed.crls, 1) => 5,
        () if holds(&signed.certificates, 2) => 4,
        () if holds(&signed.certificates, 1) || signed.signers.iter().any(by_key) || signed.content_type != oid::DATA => 3,
        () => 1,
    }
}

/// Exactly the algorithms that the signers use.
fn algorithms_fit(signed: &SignedData<'_>) -> bool {
    let said: Vec<Algorithm> = signed
        .digest_algorithms
        .iter()
        .filter_map(|value| Algorithm::read(value).ok())
        .collect();
    let used = |one: &Algorithm| signed.signers.iter().any(|signer| signer.digest_algorithm.same_as(one));
    said.len() == signed.digest_algorithms.len()
        && said.iter().all(used)
        && signed
            .signers
            .iter()
            .all(|signer| said.iter().any(|one| signer.digest_algorithm.same_as(one)))
}
