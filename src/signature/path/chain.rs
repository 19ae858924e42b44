//! One certificate judged: its path to an anchor trusted for the purpose, its state and that of its issuers at the judged time
//! (EN 319 102-1 5.2.6).

use std::sync::Arc;

use jiff::Timestamp;

use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::Certificate;
use crate::signature::context::Context;
use crate::signature::path::policy::PolicyInput;
use crate::signature::path::{self, Path, PathIssue, PathRules, supply};
use crate::signature::report::RevocationReport;
use crate::signature::revocation::crl::reason;
use crate::signature::revocation::{Answer, Checker, Freshness, Good, Pool, Since, Source, Status};
use crate::signature::trust::Purpose;
use crate::signature::validation::{Check, PathCertificate};
use crate::signature::wording;
use crate::text::Lang;

/// Certificates and revocation data that a signature brings along.
#[derive(Debug, Default, Clone)]
pub struct Material {
    pub certificates: Vec<Arc<Certificate>>,
    pub revocation: Pool,
}

impl Material {
    pub fn add_certificate(&mut self, certificate: Arc<Certificate>) {
        if !self.certificates.contains(&certificate) {
            self.certificates.push(certificate);
        }
    }

    pub fn extend(&mut self, other: &Material) {
        for certificate in &other.certificates {
            self.add_certificate(certificate.clone());
        }
        for crl in other
            .revocation
            .crls
            .iter()
            .filter(|crl| !self.revocation.crls.iter().any(|known| known.sha256 == crl.sha256))
            .cloned()
            .collect::<Vec<_>>()
        {
            self.revocation.crls.push(crl);
        }
        for one in other
            .revocation
            .ocsp
            .iter()
            .filter(|one| !self.revocation.ocsp.iter().any(|known| known.sha256 == one.sha256))
            .cloned()
            .collect::<Vec<_>>()
        {
            self.revocation.ocsp.push(one);
        }
    }
}

/// What is asked about a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    pub purpose: Purpose,
    /// The instant of judgement: best-signature-time.
    pub at: Timestamp,
    /// A proof of existence fixes `at`; otherwise it is the validation time.
    pub proven: bool,
    /// When what the certificate signed is known to have existed at the latest: what happened to it later is of no consequence. The
    /// validation time, unless something proves more.
    pub existed: Timestamp,
    /// The signer's revocation data must not be older than this (P2, P3).
    pub not_before: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub struct ChainVerdict {
    pub anchor: Option<Arc<Certificate>>,
    pub revocation: Vec<RevocationReport>,
    /// Fresh sources that said good about the signer.
    pub good: Vec<Good>,
    /// Kinds of sources in the signature that are authentic and speak about the signer, fresh or not.
    pub carried: Vec<Source>,
}

/// Judges `leaf` and adds what it found to `reasons`.
pub fn judge(leaf: &Arc<Certificate>, material: &Material, question: Question, context: &Context, reasons: &mut Reasons) -> ChainVerdict {
    let rules = PathRules {
        at: question.at,
        policy: PolicyInput::default(),
        positive_serials: true,
        algorithms: context.algorithms,
    };
    let mut pool = material.certificates.clone();
    for certificate in &context.trust.intermediates {
        if !pool.contains(certificate) {
            pool.push(certificate.clone());
        }
    }
    for certificate in &context.known.certificates {
        if !pool.contains(certificate) {
            pool.push(certificate.clone());
        }
    }
    let anchors = &context.trust.trusted_for(question.purpose);
    let paths = path::find(leaf, &pool, anchors, &rules, &context.trust.edges);
    let Some(best) = paths.first() else {
        no_path(leaf, &pool, &rules, question.purpose, context, reasons);
        return ChainVerdict::default();
    };
    let freshness = Freshness {
        at: question.at,
        strict: question.purpose != Purpose::Tsa,
        max_age: context.max_revocation_age,
        signer_not_before: question.not_before,
    };
    let configured = supply::revocation(leaf, &pool, context);
    let checker = Checker::new(
        (&material.revocation, &configured),
        &pool,
        anchors,
        &rules,
        freshness,
        &context.trust.edges,
    );
    // Of several valid paths the first on which everybody is good counts; a signer that is revoked is so on every path.
    let mut chosen = (best, answers(best, &checker));
    for path in paths.iter().skip(1).filter(|path| path.is_valid()) {
        if best.is_valid() && all_good(&chosen.1) {
            break;
        }
        let answers = answers(path, &checker);
        if all_good(&answers) {
            chosen = (path, answers);
        }
    }
    let (path, answers) = chosen;
    // The signer's own dates say more than those of its issuers, which end with it.
    let (own, others): (Vec<&PathIssue>, Vec<&PathIssue>) = path
        .issues
        .iter()
        .partition(|issue| matches!(issue, PathIssue::LeafExpired | PathIssue::LeafNotYetValid));
    for issue in own.into_iter().chain(others) {
        add_issue(issue, question, reasons);
    }
    for what in &path.excused {
        reasons.add_with(cause::ALGORITHM_EXCUSED, what);
    }
    reasons.record.made(Check::Path);
    add_answers(path, &answers, question, reasons);
    reasons.record.made(Check::Revocation);
    reasons.record.facts.path = path_of(path);
    supply::want_states(path, &answers, question, context, reasons);
    supply::note_used(path, &checker, material, (&pool, &configured), context);
    report(path, &answers)
}

/// No anchor for the purpose is reached. That it is one for another purpose is worth saying: nothing is missing then.
fn no_path(
    leaf: &Arc<Certificate>,
    pool: &[Arc<Certificate>],
    rules: &PathRules,
    purpose: Purpose,
    context: &Context,
    reasons: &mut Reasons,
) {
    let trust = &context.trust;
    let others = Purpose::ALL.into_iter().filter(|other| *other != purpose);
    let elsewhere = others.filter_map(|other| {
        let paths = path::find(leaf, pool, &trust.trusted_for(other), rules, &trust.edges);
        let path = paths
            .into_iter()
            .find(|path| !path.issues.iter().any(|issue| matches!(issue, PathIssue::Signature)))?;
        Some((other, path.anchor.subject.label()))
    });
    let (purposes, anchors): (Vec<Purpose>, Vec<String>) = elsewhere.unzip();
    if let Some(anchor) = anchors.first() {
        let words = |lang| {
            purposes
                .iter()
                .map(|purpose| wording::purpose(*purpose, lang))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let said = |lang| match lang {
            Lang::Tr => format!("{anchor}: {}; istenen: {}", words(lang), wording::purpose(purpose, lang)),
            Lang::En => format!("{anchor}: {}; needed: {}", words(lang), wording::purpose(purpose, lang)),
        };
        return reasons.add_in_two(cause::OTHER_PURPOSE, &said(Lang::Tr), &said(Lang::En));
    }
    let cause = if purpose == Purpose::Provider {
        cause::NO_PROVIDER_CHAIN
    } else {
        cause::NO_CHAIN
    };
    reasons.add_with(cause, &leaf.issuer.label());
    supply::want_issuers(leaf, pool, context, reasons);
}

/// The judged path as the report shows it: the signer first, the anchor last.
fn path_of(path: &Path) -> Vec<PathCertificate> {
    let certificates = path.certificates.iter().rev();
    certificates.chain([&path.anchor]).map(|one| PathCertificate::of(one)).collect()
}

fn answers(path: &Path, checker: &Checker<'_>) -> Vec<Answer> {
    path.links().map(|link| checker.check(link, path)).collect()
}

fn all_good(answers: &[Answer]) -> bool {
    answers.iter().all(|answer| answer.status == Status::Good)
}

fn report(path: &Path, answers: &[Answer]) -> ChainVerdict {
    let rows = path.links().zip(answers).rev().map(|(link, answer)| RevocationReport {
        subject: link.certificate.subject.label(),
        source: answer.source.map_or("none", |(source, _)| source.name()).to_owned(),
        status: match answer.status {
            Status::Good => "good",
            Status::Revoked { .. } | Status::OnHold { .. } => "revoked",
            Status::Unknown => "unknown",
        }
        .to_owned(),
        this_update: answer.source.map(|(_, at)| at),
        sha256: answer.object,
    });
    ChainVerdict {
        anchor: Some(path.anchor.clone()),
        revocation: rows.collect(),
        good: answers.last().map(|answer| answer.good.clone()).unwrap_or_default(),
        carried: answers.last().map(|answer| answer.carried.clone()).unwrap_or_default(),
    }
}

fn add_issue(issue: &PathIssue, question: Question, reasons: &mut Reasons) {
    let chain = |reasons: &mut Reasons, tr: String, en: String| reasons.add_in_two(cause::CHAIN, &tr, &en);
    let constraint = |reasons: &mut Reasons, tr: String, en: String| reasons.add_in_two(cause::CHAIN_CONSTRAINTS, &tr, &en);
    match issue {
        PathIssue::LeafExpired if question.proven => reasons.add(cause::EXPIRED),
        PathIssue::LeafNotYetValid if question.proven => reasons.add(cause::NOT_YET_VALID),
        PathIssue::LeafExpired | PathIssue::LeafNotYetValid => reasons.add(cause::EXPIRED_NO_POE),
        PathIssue::Signature => chain(
            reasons,
            "bir sertifikanın imzası doğrulanmıyor".into(),
            "a certificate's signature does not verify".into(),
        ),
        PathIssue::UnsupportedAlgorithm => reasons.add_in_two(cause::UNSUPPORTED, "sertifika", "certificate"),
        PathIssue::WeakAlgorithm(what) if question.proven => reasons.add_with(cause::WEAK, what),
        PathIssue::WeakAlgorithm(what) => reasons.add_with(cause::WEAK_NO_POE, what),
        PathIssue::IssuerOutsideValidity(who) => chain(
            reasons,
            format!("{who} o anda geçerli değil"),
            format!("{who} is not valid at that time"),
        ),
        PathIssue::NotCa(who) => constraint(
            reasons,
            format!("{who} sertifika veremez"),
            format!("{who} may not issue certificates"),
        ),
        PathIssue::PathLength(who) => constraint(
            reasons,
            format!("{who} altındaki yol çok uzun"),
            format!("the path below {who} is too long"),
        ),
        PathIssue::KeyUsage(who) => constraint(
            reasons,
            format!("{who} anahtarı sertifika imzalayamaz"),
            format!("the key of {who} may not sign certificates"),
        ),
        PathIssue::NameConstraint => constraint(reasons, "ad kısıtı".into(), "a name constraint".into()),
        PathIssue::Policy => constraint(reasons, "sertifika ilkesi".into(), "certificate policies".into()),
        PathIssue::UnknownCritical(id) => {
            constraint(
                reasons,
                format!("bilinmeyen kritik uzantı {id}"),
                format!("an unknown critical extension {id}"),
            );
        }
        PathIssue::Malformed(what) => constraint(reasons, format!("bozuk alan {what}"), format!("a malformed field {what}")),
        PathIssue::Anchor { who, what } => constraint(
            reasons,
            format!("güven listenizdeki {who} sertifikasında bozuk ya da tanınmayan alan ({what}); dosyasını yayımlananla karşılaştırın"),
            format!("{who} of your trust list has a field that is malformed or unknown ({what}); compare its file with the published one"),
        ),
    }
}

fn is_compromise(reason: u64) -> bool {
    matches!(reason, reason::KEY_COMPROMISE | reason::CA_COMPROMISE | reason::AA_COMPROMISE)
}

/// Whoever reads a day behind that of its source is told the other day too: the two say different things about what lies between them.
fn add_revoked_no_poe(since: Since, reasons: &mut Reasons) {
    let Since { stated, at } = since;
    match stated > at {
        true => reasons.add_in_two(
            cause::REVOKED_NO_POE,
            &format!("{stated}; bunu söyleyen SİL ya da OCSP yanıtının kendi tarihi daha eski: {at}"),
            &format!("{stated}; the CRL or OCSP response that says so is itself older: {at}"),
        ),
        false => reasons.add_with(cause::REVOKED_NO_POE, &stated.to_string()),
    }
}

fn add_answers(path: &Path, answers: &[Answer], question: Question, reasons: &mut Reasons) {
    for (link, answer) in path.links().zip(answers).rev() {
        let who = link.certificate.subject.label();
        if answer.status == Status::Unknown && link.is_leaf {
            question.not_before.into_iter().for_each(|end| reasons.wait_until(end));
        }
        match answer.status {
            // RFC 3161 4: a compromise of the authority's key makes all its tokens worthless, also the older ones.
            Status::Good if question.purpose == Purpose::Tsa && link.is_leaf => {
                let compromised = answer.revoked_later.filter(|(_, reason)| reason.is_none_or(is_compromise));
                if let Some((since, _)) = compromised.filter(|(since, _)| since.at <= question.existed) {
                    add_revoked_no_poe(since, reasons);
                }
            }
            Status::Good => {}
            // Who vouched for a revoked authority's certificates afterwards is unknown.
            Status::Revoked { since, .. } if !link.is_leaf => reasons.add_with(cause::REVOKED_CA, &format!("{who}, {}", since.stated)),
            Status::Revoked { since, .. } if question.proven && since.stated <= question.at => {
                reasons.add_with(cause::REVOKED, &since.stated.to_string());
            }
            Status::Revoked { since, .. } => add_revoked_no_poe(since, reasons),
            Status::OnHold { since } => reasons.add_with(cause::ON_HOLD, &format!("{who}, {}", since.stated)),
            // Good, but as of a time at which a revocation before the signature might not have been listed yet.
            Status::Unknown if answer.preliminary => reasons.add(cause::GRACE_PERIOD),
            Status::Unknown if answer.stale => reasons.add_with(cause::STALE, &who),
            Status::Unknown => reasons.add_with(cause::TRY_LATER, &who),
        }
    }
}
