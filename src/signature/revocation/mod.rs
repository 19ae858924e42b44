//! Revocation: CRLs by RFC 5280 6.3.3, OCSP responses by RFC 6960 3.2, from what a signature carries and from a configured folder.
//! Every source is asked. Any that says "revoked" wins; "good" counts only from a source that is fresh enough.

mod ask_crls;
mod ask_ocsp;
pub mod crl;
pub mod crl_scope;
pub mod ocsp;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::hash::Sha256;
use crate::signature::certificate::Certificate;
use crate::signature::crypto::edges::Edges;
use crate::signature::path::{Link, Path, PathRules};
use crate::signature::revocation::crl::Crl;
use crate::signature::revocation::ocsp::OcspResponse;

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

/// Since when a certificate is revoked or held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// What the source states: the day on which the authority acted (RFC 5280 5.3).
    pub stated: Timestamp,
    /// From here on the source calls the certificate good no more. It cannot tell what was not done yet: of a stated day behind its own
    /// its own counts, and what lies between the two is neither good nor revoked.
    pub at: Timestamp,
}

impl Since {
    pub fn new(stated: Timestamp, this_update: Timestamp) -> Self {
        Self {
            stated,
            at: stated.min(this_update),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Good,
    Revoked {
        since: Since,
        reason: Option<u64>,
    },
    /// certificateHold: revoked for now, and may come back.
    OnHold {
        since: Since,
    },
    Unknown,
}

impl Status {
    /// How much it weighs against a signature of this instant: a revocation more than a hold, and neither when it came later.
    fn weight(self, at: Timestamp) -> u8 {
        match self {
            Self::Revoked { since, .. } if since.at <= at => 2,
            Self::OnHold { since } if since.at <= at => 1,
            _ => 0,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: Status,
    /// What the status rests on; `None` when unknown.
    pub source: Option<(Source, Timestamp)>,
    /// SHA-256 of the list or response behind `source`.
    pub object: Option<Sha256>,
    /// Every source that said good and was fresh.
    pub good: Vec<Good>,
    /// A source existed but was too old.
    pub stale: bool,
    /// Good, were it not for the grace period that the profile waits for.
    pub preliminary: bool,
    /// Kinds of sources inside the signature that are authentic and speak about the certificate, fresh or not.
    pub carried: Vec<Source>,
    /// A revocation after the instant asked for, with its reason.
    pub revoked_later: Option<(Since, Option<u64>)>,
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
    /// Lists, responses and the certificates of their signers that proved authentic: what the answers rest on.
    consulted: RefCell<BTreeSet<Sha256>>,
}

/// One piece of evidence about one certificate.
struct Evidence {
    source: Source,
    object: Sha256,
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
            consulted: RefCell::default(),
        }
    }

    /// Hashes of what the answers so far rest on, certificates that signed lists or responses among them.
    pub fn consulted(&self) -> BTreeSet<Sha256> {
        self.consulted.borrow().clone()
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
        let at = self.freshness.at;
        let revoked_by = |day: fn(Since) -> Timestamp| {
            let is_revoked = |one: &&Evidence| matches!(one.status, Status::Revoked { since, .. } if day(since) <= at);
            evidence.iter().find(is_revoked)
        };
        // What is revoked beyond doubt says more than a source that contradicts itself.
        let revoked = revoked_by(|since| since.stated).or_else(|| revoked_by(|since| since.at));
        // Revoked or held later than asked: it was good then.
        let good: Vec<&Evidence> = evidence
            .iter()
            .filter(|one| self.says_good(one) && self.is_fresh(link, one))
            .collect();
        // A hold that a younger source no longer knows was lifted (RFC 5280 5.3.1): the list that named it stays in the signature for ever.
        // One that names a revocation instead does not say so: the hold may have become it. Nor does a hold end by growing old.
        let lifted = |one: &Evidence| {
            good.iter()
                .any(|later| later.status == Status::Good && later.this_update > one.this_update)
        };
        let held = evidence
            .iter()
            .find(|one| matches!(one.status, Status::OnHold { since } if since.at <= at) && !lifted(one));
        let later = evidence.iter().filter_map(|one| match one.status {
            Status::Revoked { since, reason } if since.at > at => Some((since, reason)),
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
            object: deciding.map(|one| one.object),
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
            revoked_later: later.min_by_key(|(since, _)| since.at),
        }
    }

    /// Good at the instant asked for, freshness aside.
    fn says_good(&self, one: &Evidence) -> bool {
        let then = match one.status {
            Status::Good => true,
            Status::Revoked { since, .. } | Status::OnHold { since } => since.at > self.freshness.at,
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
}
