//! A row of the table: a case of the suite by its id, what the suite expects of it, its scenario, and why we judge otherwise where we do.

use std::sync::Arc;

use jiff::Timestamp;

use super::adapter::{Expected, Testcase};
use super::issue::Spec;
use crate::forge::der::Der;
use crate::forge::pki::{Certified, pem};

/// The ids and expectations are facts of the suite; scenario and reason are ours.
#[derive(Clone, Copy)]
pub struct Row {
    pub id: &'static str,
    /// Under which ids the suite had the case before it moved or renamed it.
    pub formerly: &'static [&'static str],
    pub expected: Expected,
    pub scenario: Made,
    /// Why we judge otherwise, in one sentence. A row without it promises that we agree.
    pub differs: Option<&'static str>,
}

#[derive(Clone, Copy)]
pub enum Made {
    By(fn() -> Scenario),
    /// Why it is not.
    Not(&'static str),
}

/// The suite expects the path to be accepted.
pub const fn success(id: &'static str, scenario: fn() -> Scenario) -> Row {
    row(id, Expected::Success, Made::By(scenario))
}

/// The suite expects the path to be refused.
pub const fn failure(id: &'static str, scenario: fn() -> Scenario) -> Row {
    row(id, Expected::Failure, Made::By(scenario))
}

pub const fn not_built(id: &'static str, expected: Expected, why: &'static str) -> Row {
    row(id, expected, Made::Not(why))
}

const fn row(id: &'static str, expected: Expected, scenario: Made) -> Row {
    Row {
        id,
        formerly: &[],
        expected,
        scenario,
        differs: None,
    }
}

impl Row {
    pub const fn but(mut self, reason: &'static str) -> Self {
        self.differs = Some(reason);
        self
    }

    pub const fn formerly(mut self, ids: &'static [&'static str]) -> Self {
        self.formerly = ids;
        self
    }

    pub fn is(&self, id: &str) -> bool {
        self.id == id || self.formerly.contains(&id)
    }

    /// The case as the suite would write it down; `None` when it is not built.
    pub fn case(&self) -> Option<Testcase> {
        let Made::By(build) = self.scenario else { return None };
        let scenario = build();
        let pems = |certificates: &[Arc<Certified>]| certificates.iter().map(|one| one.pem()).collect();
        Some(Testcase {
            id: self.id.to_owned(),
            trusted_certs: pems(&scenario.trusted),
            untrusted_intermediates: pems(&scenario.pool),
            peer_certificate: scenario.leaf.pem(),
            validation_time: scenario.at,
            expected_result: self.expected,
            crls: scenario.lists.iter().map(|list| pem("X509 CRL", list)).collect(),
        })
    }
}

/// Who is trusted, what lies at hand, and whose certificate is judged.
pub struct Scenario {
    pub trusted: Vec<Arc<Certified>>,
    pub pool: Vec<Arc<Certified>>,
    pub leaf: Arc<Certified>,
    /// CRLs.
    pub lists: Vec<Der>,
    pub at: Option<Timestamp>,
}

/// A leaf below a trusted root.
pub fn pair(root: Spec, leaf: Spec) -> Scenario {
    line(root, [], leaf)
}

/// Each below the one before; all at hand.
pub fn line<const N: usize>(root: Spec, between: [Spec; N], leaf: Spec) -> Scenario {
    let root = root.self_signed();
    let mut issuer = root.clone();
    let pool: Vec<Arc<Certified>> = between
        .into_iter()
        .map(|spec| {
            issuer = spec.under(&issuer);
            issuer.clone()
        })
        .collect();
    Scenario {
        trusted: vec![root],
        leaf: leaf.under(&issuer),
        pool,
        lists: vec![],
        at: None,
    }
}

impl Scenario {
    /// What lies at hand need not lead anywhere.
    pub fn of(trusted: &[&Arc<Certified>], pool: &[&Arc<Certified>], leaf: &Arc<Certified>) -> Self {
        let all = |some: &[&Arc<Certified>]| some.iter().copied().cloned().collect();
        Self {
            trusted: all(trusted),
            pool: all(pool),
            leaf: leaf.clone(),
            lists: vec![],
            at: None,
        }
    }

    /// Without what leads from the leaf to the root.
    pub fn with_nothing_at_hand(mut self) -> Self {
        self.pool.clear();
        self
    }

    pub fn having(mut self, another: &Arc<Certified>) -> Self {
        self.pool.push(another.clone());
        self
    }

    pub fn trusting(mut self, another: &Arc<Certified>) -> Self {
        self.trusted.push(another.clone());
        self
    }

    pub fn with_list(mut self, list: Der) -> Self {
        self.lists.push(list);
        self
    }

    pub fn without_lists(mut self) -> Self {
        self.lists.clear();
        self
    }

    pub fn at(mut self, rfc3339: &str) -> Self {
        self.at = Some(crate::forge::pki::at(rfc3339));
        self
    }
}
