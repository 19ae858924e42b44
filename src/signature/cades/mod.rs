//! The verdict on every signature of a CMS: each SignerInfo, and counter-signatures at any depth.

pub mod archive;
pub mod cms;
pub mod profile;
pub mod signer;

use crate::signature::asn1::oid;
use crate::signature::cades::cms::{CmsError, SignedData, SignerInfo};
use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::path::chain::{ChainVerdict, Material};
use crate::signature::report::{Role, SignatureReport, TimestampReport};
use crate::signature::signer_class::{describe, judge_signer_certificate};
use crate::signature::timestamp::{self, Stamp};
use crate::signature::verdict;
use profile::{Facts, Profile};
use signer::CoreTask;

/// What a CMS must cover.
pub enum Expected<'a> {
    /// Whatever it encapsulates: opaque signatures.
    Inside,
    /// These bytes: encapsulated and equal, or detached.
    Bytes(&'a [u8]),
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
    signed
        .signers
        .iter()
        .map(|one| judge.signer(one, Parent::Content(&candidates), common.clone(), 0))
        .collect()
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
) -> Vec<(&'static str, &'a [u8])> {
    let inside = signed.content.as_deref();
    match (expected, inside) {
        (Expected::Inside, Some(content)) => vec![("attached", content)],
        (Expected::Bytes(bytes), Some(content)) if *bytes == content => vec![("attached", *bytes)],
        (Expected::Bytes(bytes), Some(content)) => {
            let nested = SignedData::parse(content, context.limits.cms_depth).is_ok_and(|inner| inner.content.as_deref() == Some(bytes));
            reasons.add(if nested {
                cause::NESTED_SIGNED_DATA
            } else {
                cause::CONTENT_CONFUSION
            });
            vec![("attached", content)]
        }
        (Expected::Bytes(bytes), None) => {
            reasons.add(cause::DETACHED);
            vec![("detached", *bytes)]
        }
        (Expected::Candidates(forms), None) => forms.clone(),
        (Expected::Candidates(forms), Some(content)) => {
            let equal: Vec<_> = forms.iter().filter(|(_, bytes)| *bytes == content).copied().collect();
            if equal.is_empty() {
                reasons.add(cause::CONTENT_CONFUSION);
            }
            equal
        }
        (Expected::Inside | Expected::Missing, _) => {
            reasons.add(cause::NO_CONTENT);
            Vec::new()
        }
    }
}

/// What a signature stands on.
#[derive(Clone, Copy)]
enum Parent<'a> {
    Content(&'a [(&'static str, &'a [u8])]),
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
    fn signer(&self, info: &SignerInfo<'_>, parent: Parent<'_>, mut reasons: Reasons, depth: u32) -> SignatureReport {
        let single;
        let (candidates, content_type) = match parent {
            Parent::Content(candidates) => (candidates, Some(self.signed.content_type)),
            Parent::Signature(value) => {
                single = [("signature", value)];
                (single.as_slice(), None)
            }
        };
        let content = candidates.first().map(|(_, bytes)| *bytes).unwrap_or_default();
        let mut stamps = self.signature_stamps(info, content);
        let stamped = stamps
            .iter()
            .filter(|stamp| stamp.passed() && stamp.report.r#type == "signature")
            .filter_map(|stamp| stamp.time)
            .min();
        let proven = [stamped, self.context.received_at].into_iter().flatten().min();
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
        let level = profile::level(info);
        profile::check_times(self.subject.role, signing_time, stamped, self.context.at, &mut reasons);
        let mut verdict = ChainVerdict::default();
        let mut signer = None;
        if let Some(core) = &core {
            let not_before = matches!(claimed_profile, Some(Profile::P2 | Profile::P3))
                .then(|| stamped.and_then(|time| time.saturating_add(profile::GRACE).ok()))
                .flatten();
            let judged = judge_signer_certificate(
                &core.certificate,
                self.subject.role,
                self.material,
                (at, proven.is_some(), not_before),
                self.context,
                &mut reasons,
            );
            verdict = judged.0;
            signer = Some(describe(&core.certificate, judged.1));
            if let Some(profile) = claimed_profile {
                let facts = Facts {
                    has_stamp: info.has_unsigned(oid::SIGNATURE_TIMESTAMP),
                    level,
                    binding_v2: core.binding_v2,
                    signing_time,
                    stamped,
                    good: &verdict.good,
                    signer_good: !verdict.good.is_empty(),
                };
                profile::check(profile, &facts, &mut reasons);
            }
        }
        self.archive(info, content, &mut stamps, &mut reasons);
        timestamp::add_reasons(&stamps, &mut reasons);
        if let Some(which) = archive::unanswered_reference(info) {
            reasons.add_with(cause::REFERENCES_MISMATCH, which);
        }
        let counter_signatures = self.counter_signatures(info, depth);

        let (indication, sub_indication) = reasons.outcome();
        SignatureReport {
            retry_after: reasons.retry_after(),
            role: self.subject.role,
            format: if level.is_some() { "CAdES" } else { "CMS" }.to_owned(),
            level: level.map(str::to_owned),
            profile: claimed_profile.map(|profile| profile.name().to_owned()),
            indication,
            sub_indication,
            reasons: reasons.into_list(),
            signer,
            claimed_signing_time: signing_time,
            best_signature_time: proven,
            covers: match parent {
                Parent::Content(_) => self.subject.covers.clone(),
                Parent::Signature(_) => format!("{} (imza/signature)", self.subject.covers),
            },
            timestamps: stamps.into_iter().map(|stamp| stamp.report).collect::<Vec<TimestampReport>>(),
            revocation: verdict.revocation,
            counter_signatures,
        }
    }

    /// Content and signature timestamps.
    fn signature_stamps(&self, info: &SignerInfo<'_>, content: &[u8]) -> Vec<Stamp> {
        let over_signature = vec![vec![&*info.signature]];
        let over_content = vec![vec![content]];
        let mut stamps = Vec::new();
        if let Ok(Some(token)) = info.signed(oid::CONTENT_TIMESTAMP) {
            stamps.push(timestamp::judge(token.raw, &over_content, "content", self.material, self.context));
        }
        for token in info.unsigned_values(oid::SIGNATURE_TIMESTAMP) {
            stamps.push(timestamp::judge(
                token.raw,
                &over_signature,
                "signature",
                self.material,
                self.context,
            ));
        }
        stamps
    }

    /// Adds the timestamps of types X and A, and settles whether timestamps of authorities that have ended are still proven by a later one.
    fn archive(&self, info: &SignerInfo<'_>, content: &[u8], stamps: &mut Vec<Stamp>, reasons: &mut Reasons) {
        let (later, open) = archive::judge(self.signed, info, content, self.material, self.context);
        if let Some(kind) = open {
            reasons.add_with(cause::ARCHIVE_UNJUDGED, kind);
        }
        stamps.extend(later);
        timestamp::settle_ended(stamps, reasons);
        timestamp::check_order(stamps, reasons);
    }

    /// "Seri imza": each signs the value of the signature above it.
    fn counter_signatures(&self, info: &SignerInfo<'_>, depth: u32) -> Vec<SignatureReport> {
        let values: Vec<_> = info.unsigned_values(oid::COUNTER_SIGNATURE).collect();
        let judged = values.into_iter().map(|value| {
            let unreadable = |detail: &str| unreadable(self.subject, cause::NOT_CMS, detail);
            if depth >= self.context.limits.cms_depth {
                return unreadable("too deep");
            }
            match SignerInfo::read(value) {
                Ok(counter) => self.signer(&counter, Parent::Signature(&info.signature), Reasons::default(), depth + 1),
                Err(error) => unreadable(&error.to_string()),
            }
        });
        judged.collect()
    }
}
