//! What CRLs say of a certificate: scope, delta lists, and whether their signer may say it (RFC 5280 6.3.3).

use std::sync::Arc;

use super::{Checker, Evidence, Source, Status};
use crate::hash::Sha256;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::DistributionPoint;
use crate::signature::certificate::extension::PointName;
use crate::signature::certificate::extension::usage;
use crate::signature::certificate::name::GeneralName;
use crate::signature::crypto::PublicKey;
use crate::signature::crypto::Scheme;
use crate::signature::crypto::edges::Signed;
use crate::signature::path;
use crate::signature::path::Link;
use crate::signature::revocation::crl::Crl;
use crate::signature::revocation::crl::reason;
use crate::signature::revocation::crl_scope::ALL_REASONS;
use crate::signature::revocation::crl_scope::delegates_to_itself;
use crate::signature::revocation::crl_scope::entry_for;
use crate::signature::revocation::crl_scope::entry_state;
use crate::signature::revocation::crl_scope::is_delta_of;
use crate::signature::revocation::crl_scope::keeps_expired;
use crate::signature::revocation::crl_scope::scope_fits;

impl<'a> Checker<'a> {
    pub(super) fn ask_crls(&self, link: Link<'_>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>, evidence: &mut Vec<Evidence>) {
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
                    object: crl.sha256,
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
        self.ask_lone_deltas(link, anchor, stack, evidence);
    }

    /// A delta whose base is not at hand cannot say "good", but what it says of a revoked certificate is the authority's word all the same.
    fn ask_lone_deltas(&self, link: Link<'_>, anchor: &Arc<Certificate>, stack: &mut Vec<Sha256>, evidence: &mut Vec<Evidence>) {
        for (delta, embedded) in self.crls().filter(|(crl, _)| crl.delta_base.is_some()) {
            let status = match entry_for(delta, link.certificate) {
                Some(Some(entry)) if entry.reason != Some(reason::REMOVE_FROM_CRL) => entry_state(Some(&entry), delta),
                _ => continue,
            };
            let usable = !delta.unusable && delta.algorithms_agree && delta.issuer == link.certificate.issuer;
            if usable && matches!(status, Status::Revoked { .. }) && self.crl_is_authentic(delta, link, anchor, stack) {
                evidence.push(Evidence {
                    source: Source::Crl,
                    object: delta.sha256,
                    status,
                    this_update: delta.this_update,
                    next_update: delta.next_update,
                    embedded,
                    knows: true,
                    complete: false,
                });
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
        let mut status = entry_state(entry_for(crl, link.certificate)?.as_ref(), crl);
        let deltas = self.crls().map(|(delta, _)| delta).filter(|delta| is_delta_of(delta, crl));
        let newest = deltas
            .filter(|delta| self.crl_is_authentic(delta, link, anchor, stack))
            .max_by_key(|delta| delta.this_update);
        if let Some(delta) = newest {
            match entry_for(delta, link.certificate)? {
                // It lifts a hold (RFC 5280 5.3.1); a revocation has no way back.
                Some(entry) if entry.reason == Some(reason::REMOVE_FROM_CRL) => {
                    if matches!(status, Status::OnHold { .. }) {
                        status = Status::Good;
                    }
                }
                Some(entry) => {
                    let newer = entry_state(Some(&entry), delta);
                    // Until a hold became a revocation it was a hold, and a revocation does not become lighter or younger.
                    if newer.weight(self.freshness.at) >= status.weight(self.freshness.at) {
                        status = newer;
                    }
                }
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
            self.consulted.borrow_mut().insert(crl.sha256);
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
                self.consulted.borrow_mut().extend([crl.sha256, signer.sha256]);
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
            let good = path.links().all(|link| {
                let not_leaf = Link { is_leaf: false, ..link };
                self.check_within(not_leaf, anchor, stack).status == Status::Good
            });
            let above = path.certificates.iter().map(|certificate| certificate.sha256);
            good.then(|| self.consulted.borrow_mut().extend(above)).is_some()
        })
    }

    fn crl_signed_by(&self, crl: &Crl, key: &PublicKey, key_sha256: Sha256) -> bool {
        let object = Signed {
            sha256: crl.sha256,
            signed: crl.tbs(),
            algorithm: &crl.algorithm,
            signature: &crl.signature,
        };
        let strong = Scheme::of(&crl.algorithm, None).is_ok_and(|scheme| {
            self.rules
                .algorithms
                .check_provider(scheme.hash(), key.kind, crl.this_update)
                .is_ok()
        });
        strong && self.edges.verify(&object, key, key_sha256) == Ok(true)
    }
}
