//! What OCSP responses say of a certificate, and whether their signer may say it (RFC 6960 3.2, 4.2.2.2).

use std::sync::Arc;

use jiff::Timestamp;

use super::{Checker, Evidence, Pool, Since, Source, Status};
use crate::hash::Sha256;
use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::usage;
use crate::signature::crypto::Algorithm;
use crate::signature::crypto::PublicKey;
use crate::signature::crypto::Scheme;
use crate::signature::crypto::edges::Signed;
use crate::signature::path::Link;
use crate::signature::revocation::crl::reason;
use crate::signature::revocation::ocsp::CertStatus;
use crate::signature::revocation::ocsp::OcspResponse;
use crate::signature::revocation::ocsp::SingleResponse;

/// What an answer of this time says; `None`: its responder knows nothing.
fn state_of(status: CertStatus, this_update: Timestamp) -> Option<Status> {
    Some(match status {
        CertStatus::Good => Status::Good,
        CertStatus::Revoked {
            at,
            reason: Some(reason::CERTIFICATE_HOLD),
        } => Status::OnHold {
            since: Since::new(at, this_update),
        },
        CertStatus::Revoked { at, reason } => Status::Revoked {
            since: Since::new(at, this_update),
            reason,
        },
        CertStatus::Unknown => return None,
    })
}

/// What a responder's own certificate says: it is judged beside the path, by the rules of the path.
fn may_answer(responder: &Certificate, at: Timestamp) -> bool {
    responder.has_extended_usage(oid::EKU_OCSP_SIGNING)
        && responder.extensions.allows(usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION)
        && responder.extensions.unknown_critical.is_empty()
        && responder.extensions.malformed.is_empty()
        && responder.version_is_sound()
        && responder.algorithms_agree
        && responder.valid_at(at)
}

impl Checker<'_> {
    pub(super) fn ask_ocsp(
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
            self.consulted.borrow_mut().insert(response.sha256);
            for single in about {
                let Some(status) = state_of(single.status, single.this_update) else {
                    continue;
                };
                // archiveCutoff says from when on the responder still knows expired certificates (RFC 6960 4.4.4).
                let knows = single.this_update <= link.certificate.not_after
                    || single.archive_cutoff.is_some_and(|c| c <= link.certificate.not_after);
                evidence.push(Evidence {
                    source: Source::Ocsp,
                    object: response.sha256,
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
            if !names_fit
                || !may_answer(responder, response.produced_at)
                || !self.issued_by(responder, (issuer_key, *issuer_sha256), response)
            {
                return false;
            }
            let Ok(key) = responder.public_key() else { return false };
            let speaks = self.signed_by(response, key, responder.spki_sha256) && self.responder_is_good(responder, link, anchor, stack);
            speaks.then(|| self.consulted.borrow_mut().insert(responder.sha256)).is_some()
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
        self.is_strong(&response.algorithm, key, response) && self.edges.verify(&object, key, key_sha256) == Ok(true)
    }

    fn is_strong(&self, algorithm: &Algorithm, key: &PublicKey, response: &OcspResponse) -> bool {
        Scheme::of(algorithm, None).is_ok_and(|scheme| {
            let at = response.produced_at;
            self.rules.algorithms.check_provider(scheme.hash(), key.kind, at).is_ok()
        })
    }

    /// By this key, with an algorithm that was good enough when the responder answered: what is weak in a path is weak beside it.
    fn issued_by(&self, certificate: &Certificate, (key, key_sha256): (&PublicKey, Sha256), response: &OcspResponse) -> bool {
        if !self.is_strong(&certificate.algorithm, key, response) {
            return false;
        }
        let object = Signed {
            sha256: certificate.sha256,
            signed: certificate.tbs(),
            algorithm: &certificate.algorithm,
            signature: &certificate.signature,
        };
        self.edges.verify(&object, key, key_sha256) == Ok(true)
    }
}

#[cfg(test)]
#[path = "ask_ocsp_tests.rs"]
mod ask_ocsp_tests;
