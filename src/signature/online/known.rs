//! What was fetched so far, as judging sees it: a snapshot that does not change while a file is judged.

use std::collections::HashMap;
use std::sync::Arc;

use crate::hash::Sha256;
use crate::signature::certificate::Certificate;
use crate::signature::online::refusal::Refusal;
use crate::signature::online::trail::Object;
use crate::signature::online::want::Want;
use crate::signature::revocation::Pool;
use crate::signature::revocation::crl::Crl;
use crate::signature::revocation::ocsp::OcspResponse;

/// Refusals remembered. They only explain a verdict, so forgetting them costs a sentence.
const MAX_REFUSALS: usize = 1_024;

#[derive(Debug, Default, Clone)]
pub struct Known {
    /// Issuers found through AIA.
    pub certificates: Vec<Arc<Certificate>>,
    crls: Vec<Arc<Crl>>,
    /// By the serial number asked about: ten thousand answers must not be walked for each certificate.
    ocsp: HashMap<Vec<u8>, Vec<Arc<OcspResponse>>>,
    refusals: HashMap<Sha256, Refusal>,
}

impl Known {
    pub fn of(objects: impl IntoIterator<Item = Object>) -> Self {
        let mut known = Self::default();
        objects.into_iter().for_each(|object| known.add(object));
        known
    }

    pub fn add(&mut self, object: Object) {
        match object {
            Object::Certificate(certificate) => self.certificates.push(certificate),
            Object::Crl(crl) => self.crls.push(crl),
            Object::Ocsp(response) => {
                for answer in &response.answers {
                    self.ocsp.entry(answer.serial().to_vec()).or_default().push(Arc::clone(&response));
                }
            }
        }
    }

    /// Why the last attempt at a want brought nothing.
    pub fn refuse(&mut self, want: &Want, refusal: Refusal) {
        if self.refusals.len() >= MAX_REFUSALS {
            self.refusals.clear();
        }
        self.refusals.insert(want.key(), refusal);
    }

    /// A want that was answered has no failure any more.
    pub fn forgive(&mut self, want: &Want) {
        self.refusals.remove(&want.key());
    }

    pub fn refusal(&self, want: &Want) -> Option<&Refusal> {
        self.refusals.get(&want.key())
    }

    /// Takes over what `other` knows of failures.
    pub fn with_refusals_of(mut self, other: &Self) -> Self {
        self.refusals.clone_from(&other.refusals);
        self
    }

    /// All lists, and the responses about any of `certificates`.
    pub fn about<'c>(&self, certificates: impl IntoIterator<Item = &'c Arc<Certificate>>) -> Pool {
        let mut pool = Pool {
            crls: self.crls.clone(),
            ocsp: Vec::new(),
        };
        for certificate in certificates {
            for response in self.ocsp.get(&certificate.serial).into_iter().flatten() {
                if !pool.ocsp.iter().any(|known| known.sha256 == response.sha256) {
                    pool.ocsp.push(Arc::clone(response));
                }
            }
        }
        pool
    }

    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.ocsp.is_empty()
    }
}
