//! Certification paths: building from a leaf to an anchor, and validation of each path by RFC 5280 section 6.1.

pub mod anchor;
pub mod chain;
pub mod name_constraints;
pub mod policy;
mod supply;

use std::sync::Arc;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use crate::hash::Sha256;
use crate::signature::asn1::ber::{self, tag};
use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::usage;
use crate::signature::crypto::algorithms::Constraints;
use crate::signature::crypto::edges::{Edges, Signed};
use crate::signature::crypto::{Algorithm, CryptoError, PublicKey, Scheme};
use crate::signature::path::name_constraints::NameSpace;
use crate::signature::path::policy::{PolicyInput, PolicyTree};

/// Certificates of one path. Turkish paths have three; the longest honest ones anywhere have a handful.
const MAX_PATH: usize = 12;

/// Paths tried for one leaf: many certificates of one name are an attack on the verifier's time.
const MAX_PATHS: usize = 64;

/// Steps of the search for one leaf, dead ends included.
const MAX_STEPS: usize = 512;

/// What a path is judged by.
#[derive(Debug, Clone)]
pub struct PathRules {
    /// The instant at which every certificate of the path must be valid.
    pub at: Timestamp,
    pub policy: PolicyInput,
    /// Refuse serial numbers that are zero, negative or too long. RFC 5280 4.1.2.2 forbids them to issuers and asks verifiers to cope.
    pub positive_serials: bool,
    /// Algorithms and key lengths by date.
    pub algorithms: Constraints,
}

/// What is wrong with a path. The number is the position, 0 for the certificate below the anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathIssue {
    Signature,
    UnsupportedAlgorithm,
    WeakAlgorithm(String),
    LeafNotYetValid,
    LeafExpired,
    IssuerOutsideValidity(String),
    NotCa(String),
    PathLength(String),
    KeyUsage(String),
    NameConstraint,
    Policy,
    UnknownCritical(ObjectIdentifier),
    Malformed(String),
    /// Of the anchor itself, which its operator chose.
    Anchor {
        who: String,
        what: String,
    },
}

/// A path from an anchor to a leaf, and what is wrong with it: nothing, when it is valid.
#[derive(Debug, Clone)]
pub struct Path {
    pub anchor: Arc<Certificate>,
    /// From the certificate below the anchor to the leaf. Empty when the leaf is itself the anchor.
    pub certificates: Vec<Arc<Certificate>>,
    /// The key of each certificate with inherited DSA parameters, anchor first: one more than `certificates`.
    keys: Vec<(PublicKey, Sha256)>,
    pub issues: Vec<PathIssue>,
    /// Weak algorithms that only the switch for old material lets pass.
    pub excused: Vec<String>,
    /// The policies valid for the leaf; `None` for any.
    pub policies: Option<Vec<ObjectIdentifier>>,
}

impl Path {
    pub fn is_valid(&self) -> bool {
        self.issues.is_empty()
    }

    /// Certificates with their issuers, from the anchor's child to the leaf: what needs a revocation answer.
    pub fn links(&self) -> impl DoubleEndedIterator<Item = Link<'_>> + ExactSizeIterator {
        self.certificates.iter().enumerate().map(|(index, certificate)| Link {
            certificate,
            issuer: index
                .checked_sub(1)
                .and_then(|above| self.certificates.get(above))
                .unwrap_or(&self.anchor),
            issuer_key: self.keys.get(index),
            is_leaf: index + 1 == self.certificates.len(),
        })
    }
}

/// A certificate of a path and who issued it.
#[derive(Clone, Copy)]
pub struct Link<'a> {
    pub certificate: &'a Arc<Certificate>,
    pub issuer: &'a Arc<Certificate>,
    pub issuer_key: Option<&'a (PublicKey, Sha256)>,
    pub is_leaf: bool,
}

/// Every path that was found, best first, or none.
pub fn find(
    leaf: &Arc<Certificate>,
    pool: &[Arc<Certificate>],
    anchors: &[Arc<Certificate>],
    rules: &PathRules,
    edges: &Edges,
) -> Vec<Path> {
    if anchors.iter().any(|anchor| anchor == leaf) {
        return vec![anchor::pinned(leaf, rules)];
    }
    let search = |prune| {
        let mut search = Search {
            pool,
            anchors,
            edges,
            prune,
            found: Vec::new(),
            steps: 0,
        };
        search.extend(&mut vec![leaf.clone()]);
        search.found
    };
    // Where no signature holds, the path by names alone says what is wrong with it.
    let found = Some(search(true))
        .filter(|found| !found.is_empty())
        .unwrap_or_else(|| search(false));
    let mut paths: Vec<Path> = found
        .into_iter()
        .map(|(anchor, chain)| validate(anchor, chain, rules, edges))
        .collect();
    paths.sort_by_key(|path| path.issues.len());
    paths
}

struct Search<'a> {
    pool: &'a [Arc<Certificate>],
    anchors: &'a [Arc<Certificate>],
    edges: &'a Edges,
    /// Leave out issuers whose signature it is certainly not.
    prune: bool,
    /// Anchor and chain below it, leaf last.
    found: Vec<(Arc<Certificate>, Vec<Arc<Certificate>>)>,
    steps: usize,
}

impl Search<'_> {
    /// Depth first from the leaf upwards; `chain` is leaf first.
    fn extend(&mut self, chain: &mut Vec<Arc<Certificate>>) {
        let Some(top) = chain.last().cloned() else { return };
        self.steps += 1;
        if chain.len() > MAX_PATH || self.found.len() >= MAX_PATHS || self.steps > MAX_STEPS {
            return;
        }
        // A pinned end-entity certificate is trusted for itself, not for what its key might issue.
        let may_issue = |anchor: &&Arc<Certificate>| anchor.version < 3 || anchor.is_ca();
        for anchor in self.anchors.iter().filter(may_issue).filter(|anchor| top.names_as_issuer(anchor)) {
            self.found.push((anchor.clone(), chain.iter().rev().cloned().collect()));
        }
        for issuer in self.pool.iter().filter(|issuer| top.names_as_issuer(issuer)) {
            let repeated = chain
                .iter()
                .any(|seen| seen == issuer || (seen.subject == issuer.subject && seen.spki == issuer.spki));
            if repeated || self.anchors.contains(issuer) || (self.prune && !self.may_have_issued(&top, issuer)) {
                continue;
            }
            chain.push(issuer.clone());
            self.extend(chain);
            chain.pop();
        }
    }

    /// False when the signature of `child` is certainly not by `issuer`: prunes the search. A key that inherits its parameters (DSA)
    /// cannot be tried yet.
    fn may_have_issued(&self, child: &Certificate, issuer: &Certificate) -> bool {
        match issuer.public_key() {
            Ok(key) => matches!(verify_signature(child, key, issuer.spki_sha256, self.edges), Ok(true)),
            Err(_) => true,
        }
    }
}

fn verify_signature(child: &Certificate, key: &PublicKey, key_sha256: Sha256, edges: &Edges) -> Result<bool, CryptoError> {
    let object = Signed {
        sha256: child.sha256,
        signed: child.tbs(),
        algorithm: &child.algorithm,
        signature: &child.signature,
    };
    edges.verify(&object, key, key_sha256)
}

/// RFC 5280 6.1.2 to 6.1.5 over one path.
fn validate(anchor: Arc<Certificate>, certificates: Vec<Arc<Certificate>>, rules: &PathRules, edges: &Edges) -> Path {
    let mut issues = Vec::new();
    let mut keys = Vec::with_capacity(certificates.len() + 1);
    let mut policies = PolicyTree::new(&rules.policy, certificates.len());
    let mut names = NameSpace::default();
    let mut path_length = u64::MAX;

    anchor::check(&anchor, rules, &mut issues);
    if let Some(constraints) = &anchor.extensions.name_constraints {
        names.narrow(constraints);
    }
    lower_path_length(&anchor, &mut path_length);
    match anchor.public_key() {
        Ok(key) => keys.push((key.clone(), anchor.spki_sha256)),
        Err(_) => issues.push(PathIssue::UnsupportedAlgorithm),
    }
    let last = certificates.len().saturating_sub(1);
    for (index, certificate) in certificates.iter().enumerate() {
        let is_leaf = index == last;
        let self_issued = certificate.is_self_issued();
        check_signature(certificate, &mut keys, rules, edges, &mut issues);
        check_dates(certificate, is_leaf, rules, &mut issues);
        check_extensions(certificate, &mut issues);
        if rules.positive_serials && !certificate.serial_is_sound() {
            issues.push(PathIssue::Malformed("serialNumber".into()));
        }
        if (is_leaf || !self_issued) && !names.permits(certificate) {
            issues.push(PathIssue::NameConstraint);
        }
        policies.process(certificate, index + 1);
        if is_leaf {
            policies.wrap_up(certificate);
            continue;
        }
        policies.prepare_next(certificate, index + 1, self_issued);
        if let Some(constraints) = &certificate.extensions.name_constraints {
            names.narrow(constraints);
        }
        check_issuer(certificate, self_issued, &mut path_length, &mut issues);
    }
    let excused = excused_in(&certificates, &keys, rules);
    let policies = policies.finish(&rules.policy);
    if policies.is_err() {
        issues.push(PathIssue::Policy);
    }
    Path {
        anchor,
        certificates,
        keys,
        issues,
        excused,
        policies: policies.unwrap_or_default(),
    }
}

/// Each certificate's signature by the key above it.
fn excused_in(certificates: &[Arc<Certificate>], keys: &[(PublicKey, Sha256)], rules: &PathRules) -> Vec<String> {
    let signed = certificates.iter().zip(keys);
    let excused = signed.filter_map(|(certificate, (key, _))| {
        let hash = Scheme::of(&certificate.algorithm, None).ok()?.hash();
        rules.algorithms.excused_of_provider(hash, key.kind, rules.at)
    });
    excused.collect()
}

/// 6.1.3 (a)(1), with the working key of 6.1.4 (d)-(f).
fn check_signature(
    certificate: &Certificate,
    keys: &mut Vec<(PublicKey, Sha256)>,
    rules: &PathRules,
    edges: &Edges,
    issues: &mut Vec<PathIssue>,
) {
    let Some((issuer_key, issuer_sha256)) = keys.last().cloned() else {
        return;
    };
    if !certificate.algorithms_agree {
        issues.push(PathIssue::Malformed("signatureAlgorithm".into()));
    }
    match verify_signature(certificate, &issuer_key, issuer_sha256, edges) {
        Ok(true) => {}
        Ok(false) => issues.push(PathIssue::Signature),
        Err(_) => issues.push(PathIssue::UnsupportedAlgorithm),
    }
    if let Ok(scheme) = Scheme::of(&certificate.algorithm, None)
        && let Err(weak) = rules.algorithms.check_provider(scheme.hash(), issuer_key.kind, rules.at)
    {
        issues.push(PathIssue::WeakAlgorithm(weak));
    }
    match certificate.public_key() {
        Ok(key) => keys.push((key.clone(), certificate.spki_sha256)),
        Err(_) => match inherit_parameters(&certificate.spki, keys.last()) {
            Some(inherited) => keys.push(inherited),
            None => issues.push(PathIssue::UnsupportedAlgorithm),
        },
    }
}

/// A DSA key without parameters takes those of its issuer (RFC 3279 2.3.2).
fn inherit_parameters(spki: &[u8], issuer: Option<&(PublicKey, Sha256)>) -> Option<(PublicKey, Sha256)> {
    let mut fields = ber::whole(spki, 8).ok()?.expect(tag::SEQUENCE).ok()?;
    let algorithm = Algorithm::read(&fields.next().ok()?).ok()?;
    if algorithm.oid != oid::DSA || algorithm.parameters.is_some_and(|parameters| parameters != [tag::NULL, 0]) {
        return None;
    }
    let parameters = issuer?.0.dsa_parameters()?;
    let identifier = ber::encode(tag::SEQUENCE, &[ber::encode(tag::OID, oid::DSA.as_bytes()), parameters].concat());
    let whole = ber::encode(tag::SEQUENCE, &[identifier.as_slice(), fields.rest()].concat());
    Some((PublicKey::from_spki(&whole).ok()?, Sha256::of(&whole)))
}

/// 6.1.3 (a)(2).
fn check_dates(certificate: &Certificate, is_leaf: bool, rules: &PathRules, issues: &mut Vec<PathIssue>) {
    if certificate.valid_at(rules.at) {
        return;
    }
    issues.push(match (is_leaf, rules.at < certificate.not_before) {
        (true, true) => PathIssue::LeafNotYetValid,
        (true, false) => PathIssue::LeafExpired,
        (false, _) => PathIssue::IssuerOutsideValidity(certificate.subject.label()),
    });
}

/// 6.1.4 (o), 6.1.5 (f): nothing critical may be left unprocessed; and nothing may have two readings.
fn check_extensions(certificate: &Certificate, issues: &mut Vec<PathIssue>) {
    issues.extend(
        certificate
            .extensions
            .unknown_critical
            .iter()
            .map(|id| PathIssue::UnknownCritical(*id)),
    );
    issues.extend(
        certificate
            .extensions
            .malformed
            .iter()
            .map(|id| PathIssue::Malformed(id.to_string())),
    );
    if !certificate.version_is_sound() {
        issues.push(PathIssue::Malformed("version".into()));
    }
}

/// 6.1.4 (k) to (n).
fn check_issuer(certificate: &Certificate, self_issued: bool, path_length: &mut u64, issues: &mut Vec<PathIssue>) {
    let label = || certificate.subject.label();
    if certificate.version < 3 || !certificate.is_ca() {
        issues.push(PathIssue::NotCa(label()));
    }
    if !self_issued {
        match path_length.checked_sub(1) {
            Some(left) => *path_length = left,
            None => issues.push(PathIssue::PathLength(label())),
        }
    }
    lower_path_length(certificate, path_length);
    if !certificate.extensions.allows(usage::KEY_CERT_SIGN) {
        issues.push(PathIssue::KeyUsage(label()));
    }
}

/// 6.1.4 (m).
fn lower_path_length(certificate: &Certificate, path_length: &mut u64) {
    let basic = certificate.extensions.basic_constraints;
    if let Some(length) = basic.and_then(|basic| basic.path_length) {
        *path_length = (*path_length).min(length);
    }
}
