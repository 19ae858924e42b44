//! What one judgement leaves behind: the objects it rests on and the ones it lacked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hash::Sha256;
use crate::signature::certificate::Certificate;
use crate::signature::online::want::Want;
use crate::signature::report::{ObjectKind, ObjectReport, WantReport};
use crate::signature::revocation::crl::Crl;
use crate::signature::revocation::ocsp::OcspResponse;

/// Wants kept of one file. A file of a thousand signers must not become a thousand requests.
const MAX_WANTS: usize = 64;

/// A certificate, CRL or OCSP response. Cheap to copy.
#[derive(Debug, Clone)]
pub enum Object {
    Certificate(Arc<Certificate>),
    Crl(Arc<Crl>),
    Ocsp(Arc<OcspResponse>),
}

impl Object {
    pub fn kind(&self) -> ObjectKind {
        match self {
            Self::Certificate(_) => ObjectKind::Certificate,
            Self::Crl(_) => ObjectKind::Crl,
            Self::Ocsp(_) => ObjectKind::Ocsp,
        }
    }

    pub fn sha256(&self) -> Sha256 {
        match self {
            Self::Certificate(certificate) => certificate.sha256,
            Self::Crl(crl) => crl.sha256,
            Self::Ocsp(response) => response.sha256,
        }
    }

    pub fn der(&self) -> &[u8] {
        match self {
            Self::Certificate(certificate) => &certificate.der,
            Self::Crl(crl) => crl.der(),
            Self::Ocsp(response) => response.der(),
        }
    }
}

/// Shared by everything that is judged of one file; a new one for each judgement.
#[derive(Debug, Clone, Default)]
pub struct Trail(Arc<Mutex<Steps>>);

#[derive(Debug, Default)]
struct Steps {
    used: BTreeMap<Sha256, (Object, bool)>,
    wants: Vec<Want>,
}

impl Trail {
    /// Notes that the verdict rests on `object`; `embedded`: the signed file brought it along.
    pub fn uses(&self, object: Object, embedded: bool) {
        let mut steps = self.steps();
        let (_, known_embedded) = steps.used.entry(object.sha256()).or_insert((object, embedded));
        // What the file carries itself needs no other place, however else it is known.
        *known_embedded |= embedded;
    }

    /// True when the verdict rests on the object of this hash.
    pub fn rests_on(&self, sha256: &Sha256) -> bool {
        self.steps().used.contains_key(sha256)
    }

    pub fn wants(&self, want: Want) {
        let mut steps = self.steps();
        let key = want.key();
        let repeated = steps
            .wants
            .iter()
            .any(|known| known.key() == key && known.certificate == want.certificate);
        if !repeated && steps.wants.len() < MAX_WANTS {
            steps.wants.push(want);
        }
    }

    /// What could settle the judgement, in the order in which it was missed.
    pub fn wanted(&self) -> Vec<Want> {
        self.steps().wants.clone()
    }

    /// The objects that the signed file did not bring along: they must be kept beside the verdict.
    pub fn from_outside(&self) -> Vec<Object> {
        let steps = self.steps();
        let outside = steps.used.values().filter(|(_, embedded)| !embedded);
        outside.map(|(object, _)| object.clone()).collect()
    }

    pub fn objects(&self) -> Vec<ObjectReport> {
        let steps = self.steps();
        let mut objects: Vec<ObjectReport> = steps
            .used
            .values()
            .map(|(object, embedded)| ObjectReport {
                kind: object.kind(),
                sha256: object.sha256(),
                embedded: *embedded,
            })
            .collect();
        objects.sort();
        objects
    }

    pub fn want_reports(&self) -> Vec<WantReport> {
        self.steps().wants.iter().flat_map(Want::reports).collect()
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
