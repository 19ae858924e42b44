//! The edge between judging a certificate and the world outside: what was fetched before goes in, what is missing and what was used is
//! noted on the way out. Pure, like all judging.

use std::borrow::Cow;
use std::sync::Arc;

use crate::signature::cause::Reasons;
use crate::signature::certificate::Certificate;
use crate::signature::context::Context;
use crate::signature::online::trail::Object;
use crate::signature::online::want::Want;
use crate::signature::path::Path;
use crate::signature::path::chain::{Material, Question};
use crate::signature::revocation::{Answer, Checker, Pool, Status};

/// Issuers followed upwards when no anchor is reached; an honest path is shorter.
const MAX_CLIMB: usize = 8;

/// The configured revocation data and what was fetched about the certificates at hand.
pub fn revocation<'c>(leaf: &Arc<Certificate>, pool: &[Arc<Certificate>], context: &'c Context) -> Cow<'c, Pool> {
    let configured = &context.trust.revocation;
    if context.known.is_empty() {
        return Cow::Borrowed(configured);
    }
    let fetched = context.known.about([leaf].into_iter().chain(pool));
    let mut all = configured.clone();
    all.crls.extend(fetched.crls);
    all.ocsp.extend(fetched.ocsp);
    Cow::Owned(all)
}

/// No path reaches an anchor: the missing issuer is that of the topmost certificate at hand.
pub fn want_issuers(leaf: &Arc<Certificate>, pool: &[Arc<Certificate>], context: &Context, reasons: &mut Reasons) {
    let mut top = leaf;
    for _ in 0..MAX_CLIMB {
        match pool.iter().find(|issuer| top.names_as_issuer(issuer) && *issuer != top) {
            Some(issuer) => top = issuer,
            None => break,
        }
    }
    if !top.is_self_issued() {
        Want::issuer_of(top).into_iter().for_each(|want| ask(want, context, reasons));
    }
}

/// Whose state is unknown, or may change: a hold ends one way or the other.
pub fn want_states(path: &Path, answers: &[Answer], question: Question, context: &Context, reasons: &mut Reasons) {
    for (link, answer) in path.links().zip(answers).rev() {
        if !matches!(answer.status, Status::Unknown | Status::OnHold { .. }) {
            continue;
        }
        let not_before = question.not_before.filter(|_| link.is_leaf);
        // Good so far, and before the grace period is over no answer can be good enough.
        if answer.preliminary && not_before.is_some_and(|earliest| context.at < earliest) {
            continue;
        }
        for want in Want::state_of(link.certificate, link.issuer, not_before) {
            ask(want, context, reasons);
        }
    }
}

/// Notes a want, and what became of it when it was tried before.
fn ask(want: Want, context: &Context, reasons: &mut Reasons) {
    if let Some(refusal) = context.known.refusal(&want) {
        let detail = refusal.detail();
        reasons.add_in_two(refusal.cause(), &detail.tr, &detail.en);
    }
    context.trail.wants(want);
}

/// What the judgement of this path rests on.
pub fn note_used(
    path: &Path,
    checker: &Checker<'_>,
    material: &Material,
    (pool, configured): (&[Arc<Certificate>], &Pool),
    context: &Context,
) {
    let trail = &context.trail;
    for certificate in path.certificates.iter().chain([&path.anchor]) {
        trail.uses(
            Object::Certificate(certificate.clone()),
            material.certificates.contains(certificate),
        );
    }
    let consulted = checker.consulted();
    let is_consulted = |sha256| consulted.contains(sha256);
    for certificate in pool
        .iter()
        .chain(checker.anchors)
        .filter(|certificate| is_consulted(&certificate.sha256))
    {
        trail.uses(
            Object::Certificate(certificate.clone()),
            material.certificates.contains(certificate),
        );
    }
    for (from, embedded) in [(&material.revocation, true), (configured, false)] {
        for crl in from.crls.iter().filter(|crl| is_consulted(&crl.sha256)) {
            trail.uses(Object::Crl(crl.clone()), embedded);
        }
        for response in from.ocsp.iter().filter(|response| is_consulted(&response.sha256)) {
            trail.uses(Object::Ocsp(response.clone()), embedded);
        }
    }
}
