//! Revocation: CRLs by RFC 5280 6.3.3, OCSP responses by RFC 6960 3.2, from what a signature carries and from a configured folder.
//! Every source is asked. Any that says "revoked" wins; "good" counts only from a source that is fresh enough.

pub mod crl;
pub mod crl_scope;
pub mod ocsp;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::hash::Sha256;
use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::{DistributionPoint, PointName, usage};
use crate::signature::certificate::name::GeneralName;
use crate::signature::crypto::edges::{Edges, Signed};
use crate::signature::crypto::{PublicKey, Scheme};
use crate::signature::path::{self, Link, Path, PathRules};
use crate::signature::revocation::crl::{Crl, reason};
use crate::signature::revocation::crl_scope::{
    ALL_REASONS, delegates_to_itself, entry_for, entry_state, is_delta_of, keeps_expired, scope_fits,
};
use crate::signature::revocation::ocsp::{CertStatus, OcspResponse, SingleResponse};

/// CRL issuers that need a CRL that needs a CRL issuer … honest chains need two.
const MAX_DEPTH: usize = 6;

/// CRLs and OCSP responses that may be asked.
#[derive(Debug, Default, Clone)]
pub struct Pool {
    pub crls: Vec<Arc<Crl>>,
    pub ocsp: Vec<Arc<OcspResponse>>,
}

impl Pool {
    /// Adds a DER CRL, OCSPResponse or BasicOCSPResponse; false when the bytes are neither.
    pub fn add(&mut self, der: &[u8]) -> bool {
        self.add_crl(der) || self.add_ocsp(der)
    }

    pub fn add_crl(&mut self, der: &[u8]) -> bool {
        let Ok(crl) = Crl::parse(der) else { return false };
        if !self.crls.iter().any(|known| known.sha256 == crl.sha256) {
            self.crls.push(crl);
        }
        true
    }

    pub fn add_ocsp(&mut self, der: &[u8]) -> bool {
        let Ok(response) = OcspResponse::parse(der) else { return false };
        if !self.ocsp.iter().any(|known| known.sha256 == response.sha256) {
            self.ocsp.push(response);
        }
        true
    }
}

/// How old "good" may be.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    /// The instant whose state is asked for.
    pub at: Timestamp,
    /// True for a signer's certificate, whose "good" must be recent; false for authorities (a timestamp's among them), whose lists are
    /// issued for months.
    pub strict: bool,
    /// How long before `at` a recent "good" may have been issued.
    pub max_age: SignedDuration,
    /// A signer's "good" must not be older than this: the grace period (kesinleşme süresi) of P2 and P3.
    pub signer_not_before: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Ocsp,
    Crl,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ocsp => "ocsp",
            Self::Crl => "crl",
        }
    }
}

/// A usable "good".
#[derive(Debug, Clone, Copy)]
pub struct Good {
    pub source: Source,
    pub this_update: Timestamp,
    /// True for a CRL or response that the signature carries.
    pub embedded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Good,
    Revoked {
        at: Timestamp,
        reason: Option<u64>,
    },
    /// certificateHold: revoked for now, and may come back.
    OnHold {
        at: Timestamp,
    },
    Unknown,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: Status,
    /// What the status rests on; `None` when unknown.
    pub source: Option<(Source, Timestamp)>,
    /// Every source that said good and was fresh.
    pub good: Vec<Good>,
    /// A source existed but was too old.
    pub stale: bool,
    /// Good, were it not for the grace period that the profile waits for.
    pub preliminary: bool,
    /// Kinds of sources inside the signature that are authentic and speak about the certificate, fresh or not.
    pub carried: Vec<Source>,
    /// A revocation after the instant asked for, with its reason.
    pub revoked_later: Option<(Timestamp, Option<u64>)>,
}

pub struct Checker<'a> {
    /// What the signature carries.
    pub embedded: &'a Pool,
    /// The configured folder.
    pub configured: &'a Pool,
    /// Certificates that may sign CRLs.
    pub certificates: &'a [Arc<Certificate>],
    pub anchors: &'a [Arc<Certificate>],
    pub rules: &'a PathRules,
    pub freshness: Freshness,
    pub edges: &'a Edges,
    known: RefCell<HashMap<(Sha256, Sha256), Answer>>,
}

/// One piece of evidence about one certificate.
struct Evidence {
    source: Source,
    status: Status,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    embedded: bool,
    /// The source still knows the certificate: it has not expired, or the source keeps expired ones.
    knows: bool,
    /// It speaks about revocation for every reason.
    complete: bool,
}

impl<'a> Checker<'a> {
    pub fn new(
        (embedded, configured): (&'a Pool, &'a Pool),
        certificates: &'a [Arc<Certificate>],
        anchors: &'a [Arc<Certificate>],
        rules: &'a PathRules,
        freshness: Freshness,
        edges: &'a Edges,
    ) -> Self {
        Self {
            embedded,
            configured,
            certificates,
            anchors,
            rules,
            freshness,
            edges,
            known: RefCell::default(),
        }
    }

    /// The state of one certificate of `path` at the instant asked for.
    pub fn check(&self, link: Link<'_>, path: &Path) -> Answer {
        self.check_within(link, &path.anchor, &mut Vec::new())
    }

    fn check_within(&self, link: Link<'_>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>) -> Answer {
        let key = (link.certificate.sha256, link.issuer.spki_sha256);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        if stack.contains(&link.certificate.sha256) || stack.len() >= MAX_DEPTH {
            return self.decide(link, Vec::new());
        }
        stack.push(link.certificate.sha256);
        let mut evidence = Vec::new();
        for (pool, embedded) in [(self.embedded, true), (self.configured, false)] {
            self.ask_ocsp(pool, embedded, link, anchor, stack, &mut evidence);
        }
        self.ask_crls(link, anchor, stack, &mut evidence);
        stack.pop();
        let answer = self.decide(link, evidence);
        if stack.is_empty() {
            self.known.borrow_mut().insert(key, answer.clone());
        }
        answer
    }

    fn decide(&self, link: Link<'_>, evidence: Vec<Evidence>) -> Answer {
        let revoked = evidence
            .iter()
            .find(|one| matches!(one.status, Status::Revoked { at, .. } if at <= self.freshness.at));
        let held = evidence
            .iter()
            .find(|one| matches!(one.status, Status::OnHold { at } if at <= self.freshness.at) && self.is_fresh(link, one));
        // Revoked or held later than asked: it was good then.
        let good: Vec<&Evidence> = evidence
            .iter()
            .filter(|one| self.says_good(one) && self.is_fresh(link, one))
            .collect();
        let later = evidence.iter().filter_map(|one| match one.status {
            Status::Revoked { at, reason } if at > self.freshness.at => Some((at, reason)),
            _ => None,
        });
        let deciding = revoked.or(held).or(good.first().copied());
        Answer {
            status: match deciding {
                Some(one) if revoked.is_some() || held.is_some() => one.status,
                Some(_) => Status::Good,
                None => Status::Unknown,
            },
            source: deciding.map(|one| (one.source, one.this_update)),
            good: good
                .iter()
                .map(|one| Good {
                    source: one.source,
                    this_update: one.this_update,
                    embedded: one.embedded,
                })
                .collect(),
            stale: deciding.is_none() && !evidence.is_empty(),
            preliminary: deciding.is_none() && evidence.iter().any(|one| self.says_good(one) && self.is_recent(link, one)),
            carried: evidence.iter().filter(|one| one.embedded).map(|one| one.source).collect(),
            revoked_later: later.min_by_key(|(at, _)| *at),
        }
    }

    /// Good at the instant asked for, freshness aside.
    fn says_good(&self, one: &Evidence) -> bool {
        let then = match one.status {
            Status::Good => true,
            Status::Revoked { at, .. } | Status::OnHold { at } => at > self.freshness.at,
            Status::Unknown => false,
        };
        then && one.complete && one.knows
    }

    /// Recent, and of the time after the grace period where a profile waits for it.
    fn is_fresh(&self, link: Link<'_>, one: &Evidence) -> bool {
        let waits = link.is_leaf && self.freshness.strict;
        let too_early = self.freshness.signer_not_before.is_some_and(|earliest| one.this_update < earliest);
        self.is_recent(link, one) && !(waits && too_early)
    }

    /// A signer's state must be recent; an authority's list is issued for months and holds until its nextUpdate.
    fn is_recent(&self, link: Link<'_>, one: &Evidence) -> bool {
        let at = self.freshness.at;
        let recent = one
            .this_update
            .saturating_add(self.freshness.max_age)
            .is_ok_and(|until| until >= at);
        let holds = one.this_update <= at && one.next_update.is_some_and(|next| next >= at);
        let later = one.this_update >= at;
        if !link.is_leaf || !self.freshness.strict {
            return later || holds || (recent && one.next_update.is_none());
        }
        later || (recent && (holds || one.next_update.is_none()))
    }

    fn ask_ocsp(
        &self,
        pool: &Pool,
        embedded: bool,
        link: Link<'_>,
        anchor: &Arc<Certificate>,
        stack: &mut Vec<Sha256>,
        evidence: &mut Vec<Evidence>,
    ) {
        for response in &pool.ocsp {
            let about: Vec<&SingleResponse> = response
                .answers
                .iter()
                .filter(|one| one.is_about(link.certificate, link.issuer))
                .collect();
            if about.is_empty() || response.unusable || !self.is_authorised(response, link, anchor, stack) {
                continue;
            }
            for single in about {
                let status = match single.status {
                    CertStatus::Good => Status::Good,
                    CertStatus::Revoked {
                        at,
                        reason: Some(reason::CERTIFICATE_HOLD),
                    } => Status::OnHold { at },
                    CertStatus::Revoked { at, reason } => Status::Revoked { at, reason },
                    CertStatus::Unknown => continue,
                };
                // archiveCutoff says from when on the responder still knows expired certificates (RFC 6960 4.4.4).
                let knows = single.this_update <= link.certificate.not_after
                    || single.archive_cutoff.is_some_and(|c| c <= link.certificate.not_after);
                evidence.push(Evidence {
                    source: Source::Ocsp,
                    status,
                    this_update: single.this_update,
                    next_update: single.next_update,
                    embedded,
                    knows,
                    complete: true,
                });
            }
        }
    }

    /// RFC 6960 4.2.2.2: signed by the issuer's key, or by a certificate with the OCSP usage that the same key issued. A responder without
    /// `nocheck` must itself be known good from a CRL.
    fn is_authorised(&self, response: &OcspResponse, link: Link<'_>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>) -> bool {
        let Some((issuer_key, issuer_sha256)) = link.issuer_key else {
            return false;
        };
        if response.is_responder(link.issuer) && self.signed_by(response, issuer_key, *issuer_sha256) {
            return true;
        }
        response.certificates.iter().chain(self.certificates).any(|responder| {
            let names_fit = response.is_responder(responder) && responder.names_as_issuer(link.issuer);
            let may_sign = responder.has_extended_usage(oid::EKU_OCSP_SIGNING)
                && responder.extensions.allows(usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION)
                && responder.extensions.unknown_critical.is_empty()
                && responder.extensions.malformed.is_empty()
                && responder.valid_at(response.produced_at);
            if !names_fit || !may_sign || !self.issued_by(responder, issuer_key, *issuer_sha256) {
                return false;
            }
            let Ok(key) = responder.public_key() else { return false };
            self.signed_by(response, key, responder.spki_sha256) && self.responder_is_good(responder, link, anchor, stack)
        })
    }

    fn responder_is_good(&self, responder: &Arc<Certificate>, link: Link<'_>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>) -> bool {
        if responder.extensions.ocsp_nocheck {
            return true;
        }
        let own = Link {
            certificate: responder,
            is_leaf: false,
            ..link
        };
        self.check_within(own, anchor, stack).status == Status::Good
    }

    fn signed_by(&self, response: &OcspResponse, key: &PublicKey, key_sha256: Sha256) -> bool {
        let object = Signed {
            sha256: response.sha256,
            signed: response.tbs(),
            algorithm: &response.algorithm,
            signature: &response.signature,
        };
        let strong = Scheme::of(&response.algorithm, None)
            .is_ok_and(|scheme| self.rules.algorithms.check(scheme.hash(), key.kind, response.produced_at).is_ok());
        strong && self.edges.verify(&object, key, key_sha256) == Ok(true)
    }

    fn issued_by(&self, certificate: &Certificate, key: &PublicKey, key_sha256: Sha256) -> bool {
        let object = Signed {
            sha256: certificate.sha256,
            signed: certificate.tbs(),
            algorithm: &certificate.algorithm,
            signature: &certificate.signature,
        };
        self.edges.verify(&object, key, key_sha256) == Ok(true)
    }

    fn ask_crls(&self, link: Link<'_>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>, evidence: &mut Vec<Evidence>) {
        let mut covered = 0u16;
        let mut oldest: Option<Evidence> = None;
        // What is not covered by the named points may be covered by a list of the issuer itself (end of RFC 5280 6.3.3).
        let implied = DistributionPoint {
            name: Some(PointName::Full(vec![GeneralName::Directory(link.certificate.issuer.clone())])),
            ..DistributionPoint::default()
        };
        for point in link.certificate.extensions.distribution_points.iter().chain([&implied]) {
            for (crl, embedded) in self.crls() {
                let Some(reasons) = self.in_scope(crl, point, link.certificate) else {
                    continue;
                };
                let Some(status) = self.state_in(crl, link, anchor, stack) else {
                    continue;
                };
                let one = Evidence {
                    source: Source::Crl,
                    status,
                    this_update: crl.this_update,
                    next_update: crl.next_update,
                    embedded,
                    knows: crl.this_update <= link.certificate.not_after || keeps_expired(crl, link.certificate),
                    complete: reasons == ALL_REASONS,
                };
                if one.complete || status != Status::Good || !one.knows || !self.is_fresh(link, &one) {
                    evidence.push(one);
                    continue;
                }
                // Good for some reasons: together with lists for the others it is good, as of the oldest of them.
                covered |= reasons;
                let this_update = oldest
                    .as_ref()
                    .map_or(one.this_update, |known| known.this_update.min(one.this_update));
                oldest = Some(Evidence {
                    this_update,
                    complete: true,
                    ..one
                });
                if covered == ALL_REASONS {
                    evidence.extend(oldest.take());
                    covered = 0;
                }
            }
        }
    }

    fn crls(&self) -> impl Iterator<Item = (&'a Arc<Crl>, bool)> {
        let embedded = self.embedded.crls.iter().map(|crl| (crl, true));
        embedded.chain(self.configured.crls.iter().map(|crl| (crl, false)))
    }

    /// 6.3.3 (b), (d), (e) without the signature: the reasons for which `crl` speaks about `certificate` under `point`.
    fn in_scope(&self, crl: &Crl, point: &DistributionPoint, certificate: &Certificate) -> Option<u16> {
        if crl.delta_base.is_some() || crl.unusable || !crl.algorithms_agree {
            return None;
        }
        scope_fits(crl, point, certificate)
    }

    /// 6.3.3 (f) to (k): the state of the link's certificate in a complete list and its delta; `None` when the list cannot be trusted.
    fn state_in(&self, crl: &Arc<Crl>, link: Link<'_>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>) -> Option<Status> {
        if !self.crl_is_authentic(crl, link, anchor, stack) {
            return None;
        }
        let mut status = entry_state(entry_for(crl, link.certificate)?);
        let deltas = self.crls().map(|(delta, _)| delta).filter(|delta| is_delta_of(delta, crl));
        let newest = deltas
            .filter(|delta| self.crl_is_authentic(delta, link, anchor, stack))
            .max_by_key(|delta| delta.this_update);
        if let Some(delta) = newest {
            match entry_for(delta, link.certificate)? {
                Some(entry) if entry.reason == Some(reason::REMOVE_FROM_CRL) => status = Status::Good,
                Some(entry) => status = entry_state(Some(entry)),
                None => {}
            }
        }
        Some(status)
    }

    /// Signed by the certificate's issuer, or by another certificate of the list's issuer that chains to the same anchor and is good.
    fn crl_is_authentic(&self, crl: &Arc<Crl>, link: Link<'_>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>) -> bool {
        if let Some((key, key_sha256)) = link.issuer_key
            && crl.issuer == link.issuer.subject
            && link.issuer.extensions.allows(usage::CRL_SIGN)
            && self.crl_signed_by(crl, key, *key_sha256)
        {
            return true;
        }
        let candidates = self
            .certificates
            .iter()
            .chain(self.anchors)
            .chain([link.certificate])
            .filter(|signer| {
                let fits = crl.authority_key_id.is_none()
                    || signer.extensions.subject_key_id.is_none()
                    || crl.authority_key_id == signer.extensions.subject_key_id;
                signer.subject == crl.issuer && fits && signer.extensions.allows(usage::CRL_SIGN) && **signer != *link.issuer
            });
        for signer in candidates {
            let Ok(key) = signer.public_key() else { continue };
            let speaks_for_itself = *signer == *link.certificate && delegates_to_itself(signer);
            if self.crl_signed_by(crl, key, signer.spki_sha256) && (speaks_for_itself || self.signer_is_good(signer, anchor, stack)) {
                return true;
            }
        }
        false
    }

    fn signer_is_good(&self, signer: &Arc<Certificate>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>) -> bool {
        if signer == anchor {
            return true;
        }
        let paths = path::find(signer, self.certificates, self.anchors, self.rules, self.edges);
        paths.iter().filter(|path| path.is_valid() && path.anchor == *anchor).any(|path| {
            path.links().all(|link| {
                let not_leaf = Link { is_leaf: false, ..link };
                self.check_within(not_leaf, anchor, stack).status == Status::Good
            })
        })
    }

    fn crl_signed_by(&self, crl: &Crl, key: &PublicKey, key_sha256: Sha256) -> bool {
        let object = Signed {
            sha256: crl.sha256,
            signed: crl.tbs(),
            algorithm: &crl.algorithm,
            signature: &crl.signature,
        };
        let strong = Scheme::of(&crl.algorithm, None)
            .is_ok_and(|scheme| self.rules.algorithms.check(scheme.hash(), key.kind, crl.this_update).is_ok());
        strong && self.edges.verify(&object, key, key_sha256) == Ok(true)
    }
}
