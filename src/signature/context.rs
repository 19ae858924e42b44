//! What a verdict is made with: trust, time, limits. The same inputs give the same verdict.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::limits::Limits;
use crate::signature::crypto::algorithms::Constraints;
use crate::signature::online::known::Known;
use crate::signature::online::trail::Trail;
use crate::signature::trust::Trust;

/// How old a signer's "good" may be when nothing proves that the signature is older: what strict Turkish verifiers use.
pub const MAX_REVOCATION_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Whom an evidence document (delil) names as its parties, by their addresses; `None`: it cannot be read.
pub type Parties = fn(&Bytes, &Limits) -> Option<Vec<String>>;

#[derive(Debug, Clone)]
pub struct Context {
    pub trust: Arc<Trust>,
    /// The validation time.
    pub at: Timestamp,
    /// When our own record proves that the signed bytes existed: the moment of their reception. Never the sender's claim.
    pub received_at: Option<Timestamp>,
    pub limits: Limits,
    pub max_revocation_age: SignedDuration,
    pub algorithms: Constraints,
    /// Reads whom evidence names, which is a stage behind this one. With nobody to read it, evidence by an anchor that speaks for some
    /// providers only stays open.
    pub parties: Parties,
    /// What was fetched before, and what could not be.
    pub known: Arc<Known>,
    /// What this judgement leaves behind. Not an input.
    pub trail: Trail,
}

impl Context {
    pub fn new(trust: Arc<Trust>, at: Timestamp, limits: Limits) -> Self {
        Self {
            trust,
            at,
            received_at: None,
            limits,
            max_revocation_age: MAX_REVOCATION_AGE,
            algorithms: Constraints::default(),
            parties: |_, _| None,
            known: Arc::default(),
            trail: Trail::default(),
        }
    }

    /// The same for another judgement, with what is known by then.
    pub fn anew(&self, known: Arc<Known>) -> Self {
        Self {
            known,
            trail: Trail::default(),
            ..self.clone()
        }
    }

    /// The same with another bound on the age of a signer's "good".
    pub fn with_revocation_age(mut self, age: std::time::Duration) -> Self {
        self.max_revocation_age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
        self
    }

    /// The same with another rule on the age of algorithms.
    pub fn with_algorithms(mut self, algorithms: Constraints) -> Self {
        self.algorithms = algorithms;
        self
    }

    /// The same with a reader of evidence.
    pub fn with_parties(mut self, parties: Parties) -> Self {
        self.parties = parties;
        self
    }

    /// The same with a proof that the signed bytes existed at `time`: our record, or a timestamp of the envelope around them.
    pub fn with_proof(&self, time: Option<Timestamp>) -> Self {
        let proofs = [self.received_at, time].into_iter().flatten().filter(|proof| *proof <= self.at);
        Self {
            received_at: proofs.min(),
            ..self.clone()
        }
    }
}
