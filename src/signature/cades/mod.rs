//! The verdict on every signature of a CMS: each SignerInfo, and counter-signatures at any depth.

pub mod archive;
pub mod cms;
pub mod profile;
pub mod references;
pub mod signer;
pub mod unprotected;

use jiff::Timestamp;

use crate::signature::asn1::oid;
use crate::signature::cades::archive::Stamped;
use crate::signature::cades::cms::{CmsError, SignedData, SignerInfo};
use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::Certificate;
use crate::signature::context::Context;
use crate::signature::existence::{self, Proofs};
use crate::signature::octets::{Octets, StreamedFile};
use crate::signature::path::chain::{ChainVerdict, Material};
use crate::signature::report::{Role, SignatureReport};
use crate::signature::signer_class::{describe, judge_signer_certificate};
use crate::signature::timestamp;
use crate::signature::validation::Check;
use crate::signature::verdict;
use profile::{Facts, Inside, Profile};
use signer::CoreTask;

/// What a CMS must cover.
pub enum Expected<'a> {
    /// Whatever it encapsulates: opaque signatures.
    Inside,
    /// These bytes: encapsulated and equal, or detached.
    Bytes(&'a [u8]),
    /// The same of a file that is not held in memory.
    File(&'a StreamedFile),
    /// Detached, over one of these forms of the content, most faithful first.
    Candidates(Vec<(&'static str, &'a [u8])>),
    /// Something that is not there.
    Missing,
}

/// Whose signature it is and what it must cover.
pub struct Subject<'a> {
    pub role: Role,
    /// Name of what is signed.
    pub covers: String,
    pub expected: Expected<'a>,
}

/// Octets that may have been signed, with the name of their form.
pub type Candidate<'a> = (&'static str, Octets<'a>);

/// The verdicts on the signers of `cms`, at least one: bytes that cannot be read are a verdict too.
pub fn judge(cms: &[u8], subject: &Subject<'_>, context: &Context) -> Vec<SignatureReport> {
    let signed = match SignedData::parse(cms, context.limits.cms_depth) {
        Ok(signed) => signed,
        Err(CmsError::NotSignedData) => return vec![unreadable(subject, cause::NOT_SIGNED_DATA, "")],
        Err(error) => return vec![unreadable(subject, cause::NOT_CMS, &error.to_string())],
    };
    if signed.signers.is_empty() {
        return vec![unreadable(subject, cause::NO_SIGNERS, "")];
    }
    let mut common = Reasons::default();
    let candidates = content_candidates(&signed, &subject.expected, context, &mut common);
    let material = signer::material_of(&signed, context.limits.cms_depth);
    let judge = Judge {
        subject,
        signed: &signed,
        material: &material,
        context,
    };
    let judged = signed
        .signers
        .iter()
        .map(|one| judge.signer(one, Parent::Content(&candidates), common.clone(), (0, context.received_at)));
    let mut reports: Vec<SignatureReport> = judged.collect();
    // Only now is it known what every path of every signer rested on.
    if let Some(first) = reports.first_mut() {
        verdict::worsen(first, unprotected::around(&signed, &material, context));
    }
    reports
}

fn unreadable(subject: &Subject<'_>, cause: cause::Cause, detail: &str) -> SignatureReport {
    let mut reasons = Reasons::default();
    reasons.add_with(cause, detail);
    verdict::empty_report(subject.role, "CMS", &subject.covers, reasons)
}

/// The octets that the signature is over, refusing two contents that differ: one would be shown and the other verified.
fn content_candidates<'a>(
    signed: &'a SignedData<'_>,
    expected: &Expected<'a>,
    context: &Context,
    reasons: &mut Reasons,
) -> Vec<Candidate<'a>> {
    let inside = signed.content.as_deref();
    let given = match expected {
        Expected::Bytes(bytes) => Some(Octets::from(*bytes)),
        Expected::File(file) => Some(Octets::File(file)),
        Expected::Inside | Expected::Candidates(_) | Expected::Missing => None,
    };
    match (expected, inside, given) {
        (_, Some(content), Some(given)) if given.is(content) => vec![("attached", content.into())],
        (_, Some(content), Some(given)) => {
            let inner = SignedData::parse(content, context.limits.cms_depth);
            let nested = inner.is_ok_and(|inner| inner.content.as_deref().is_some_and(|content| given.is(content)));
            reasons.add(if nested {
                cause::NESTED_SIGNED_DATA
            } else {
                cause::CONTENT_CONFUSION
            });
            vec![("attached", content.into())]
        }
        (_, None, Some(given)) => {
            reasons.add(cause::DETACHED);
            vec![("detached", given)]
        }
        (Expected::Inside, Some(content), None) => vec![("attached", content.into())],
        (Expected::Candidates(forms), None, None) => forms.iter().map(|(form, bytes)| (*form, Octets::from(*bytes))).collect(),
        (Expected::Candidates(forms), Some(content), None) => {
            let equal = forms.iter().filter(|(_, bytes)| *bytes == content);
            let equal: Vec<_> = equal.map(|(form, bytes)| (*form, Octets::from(*bytes))).collect();
            if equal.is_empty() {
                reasons.add(cause::CONTENT_CONFUSION);
            }
            equal
        }
        _ => {
            reasons.add(cause::NO_CONTENT);
            Vec::new()
        }
    }
}

/// What a signature stands on.
#[derive(Clone, Copy)]
enum Parent<'a> {
    Content(&'a [Candidate<'a>]),
    /// The signature value under a counter-signature.
    Signature(&'a [u8]),
}

struct Judge<'a> {
    subject: &'a Subject<'a>,
    signed: &'a SignedData<'a>,
    material: &'a Material,
    context: &'a Context,
}

impl Judge<'_> {
    /// `known_since`: when this SignerInfo is known to have existed by another proof than its own timestamps.
    fn signer(
        &self,
        info: &SignerInfo<'_>,
        parent: Parent<'_>,
        mut reasons: Reasons,
        (depth, known_since): (u32, Option<Timestamp>),
    ) -> SignatureReport {
        let single;
        let (candidates, content_type) = match parent {
            Parent::Content(candidates) => (candidates, Some(self.signed.content_type)),
            Parent::Signature(value) => {
                single = [("signature", Octets::from(value))];
                (single.as_slice(), None)
            }
        };
        let around = Stamped {
            signed: self.signed,
            signer: info,
            contents: candidates.iter().map(|(_, octets)| octets.clone()).collect(),
            depth: self.context.limits.cms_depth,
        };
        let mut unjudged = Reasons::default();
        let proofs = existence::judge(around.tokens(&mut unjudged), known_since, self.material, self.context);
        let stamped = proofs.stamped();
        let proven = [proofs.signature, known_since].into_iter().flatten().min();
        let at = proven.unwrap_or(self.context.at);

        let task = CoreTask {
            signer: info,
            content_type,
            candidates,
            certificates: &self.material.certificates,
            at,
            proven: proven.is_some(),
        };
        let core = signer::judge_core(&task, self.context, &mut reasons);
        let signing_time = info.signing_time().ok().flatten();
        let (_, claimed_profile) = profile::claimed(info, &mut reasons);
        let level = profile::level(info, self.signed);
        profile::check_times(self.subject.role, signing_time, stamped, self.context.at, &mut reasons);
        existence::check_order(&proofs.stamps, signing_time, &mut reasons);
        let mut facts = Facts {
            has_stamp: info.has_unsigned(oid::SIGNATURE_TIMESTAMP),
            level,
            binding_v2: core.as_ref().is_some_and(|core| core.binding_v2),
            signing_time,
            stamped,
            good: &[],
            signer_good: false,
            carried: &[],
        };
        if let (Some(profile), Some(core)) = (claimed_profile, &core) {
            profile::check_form(profile, &facts, &mut reasons);
            profile::check_inside(profile, &self.inside(info, &core.certificate), &mut reasons);
        }
        reasons.append(unjudged);
        unprotected::beside(info, &mut reasons);
        timestamp::add_reasons(&proofs.stamps, &mut reasons);
        if let Some(which) = references::unanswered(info) {
            reasons.add_with(cause::REFERENCES_MISMATCH, which);
        }
        let mut verdict = ChainVerdict::default();
        let mut signer = None;
        if let Some(core) = &core {
            let waits = matches!(claimed_profile, Some(Profile::P2 | Profile::P3));
            let not_before = stamped.filter(|_| waits).and_then(|time| time.saturating_add(profile::GRACE).ok());
            let when = (at, proven.is_some(), not_before);
            let (judged, class) = judge_signer_certificate(
                &core.certificate,
                self.subject.role,
                self.material,
                when,
                self.context,
                &mut reasons,
            );
            verdict = judged;
            signer = Some(describe(&core.certificate, class));
        }
        if let Some(profile) = claimed_profile {
            (facts.good, facts.signer_good, facts.carried) = (&verdict.good, !verdict.good.is_empty(), &verdict.carried);
            profile::check_state(profile, &facts, &mut reasons);
        }
        reasons.record.made(Check::Acceptance);
        match proofs.stamps.is_empty() {
            true => reasons.record.not_asked(Check::Timestamps),
            false => reasons.record.made(Check::Timestamps),
        }
        let counter_signatures = self.counter_signatures(info, depth, known_since, &proofs);

        let (indication, sub_indication) = reasons.outcome();
        SignatureReport {
            retry_after: reasons.retry_after(),
            role: self.subject.role,
            format: if level.is_some() { "CAdES" } else { "CMS" }.to_owned(),
            level: level.map(str::to_owned),
            profile: claimed_profile.map(|profile| profile.name().to_owned()),
            indication,
            sub_indication,
            validation: reasons.validation(),
            reasons: reasons.into_list(),
            signer,
            claimed_signing_time: signing_time,
            best_signature_time: proven,
            covers: match parent {
                Parent::Content(_) => self.subject.covers.clone(),
                Parent::Signature(_) => format!("{} (imza/signature)", self.subject.covers),
            },
            timestamps: proofs.stamps.into_iter().map(|stamp| stamp.report).collect(),
            revocation: verdict.revocation,
            counter_signatures,
        }
    }

    /// What of P3's and P4's demands is there, usable or not.
    fn inside(&self, info: &SignerInfo<'_>, certificate: &Certificate) -> Inside {
        let revocation = &self.material.revocation;
        let has_values = info.has_unsigned(oid::CERTIFICATE_VALUES) || info.has_unsigned(oid::REVOCATION_VALUES);
        Inside {
            crl: revocation.crls.iter().any(|list| list.issuer == certificate.issuer),
            ocsp: !revocation.ocsp.is_empty(),
            references: !has_values || (info.has_listed(oid::CERTIFICATE_REFS) && info.has_listed(oid::REVOCATION_REFS)),
            certificates: info.has_listed(oid::CERTIFICATE_VALUES) || self.signed.certificates.len() > self.signed.signers.len(),
        }
    }

    /// "Seri imza": each signs the value of the signature above it.
    fn counter_signatures(
        &self,
        info: &SignerInfo<'_>,
        depth: u32,
        known_since: Option<Timestamp>,
        proofs: &Proofs<'_>,
    ) -> Vec<SignatureReport> {
        let judged = info.unsigned_values(oid::COUNTER_SIGNATURE).map(|value| {
            let unreadable = |detail: &str| unreadable(self.subject, cause::NOT_CMS, detail);
            if depth >= self.context.limits.cms_depth {
                return unreadable("too deep");
            }
            // An archive timestamp below covers it too.
            let since = [known_since, proofs.known_since(value.raw)].into_iter().flatten().min();
            match SignerInfo::read(value) {
                Ok(counter) => self.signer(&counter, Parent::Signature(&info.signature), Reasons::default(), (depth + 1, since)),
                Err(error) => unreadable(&error.to_string()),
            }
        });
        judged.collect()
    }
}
