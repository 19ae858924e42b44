//! The table of x509-limbo: every case by its id with what the suite expects, rebuilt here where the forge can, and why we judge otherwise
//! where we do. The suite is made for web servers, and asks of verifiers what the profile asks of issuers too. Two tests hold the table:
//! over the cases as rebuilt, and over the suite's own data where they are.

pub mod adapter;
mod building;
pub mod issue;
mod keys;
mod lists;
mod names;
mod pathlen;
mod persons;
mod profile;
mod reasons;
mod revocation;
pub mod row;
mod servers;

use std::collections::BTreeMap;

use adapter::{Expected, Testcase, judge};
use row::Row;

pub fn table() -> Vec<Row> {
    let families = [
        pathlen::ROWS,
        profile::ROWS,
        names::ROWS,
        revocation::ROWS,
        building::ROWS,
        servers::ROWS,
        persons::ROWS,
    ];
    families.concat()
}

/// Cases that are too many to name, by the beginning of their ids.
pub struct Family {
    pub prefix: &'static str,
    pub not_built: &'static str,
    /// Why we may accept what the suite refuses; never the other way round.
    pub accepts: Option<&'static str>,
}

pub const FAMILIES: [Family; 3] = [
    Family {
        prefix: "bettertls::",
        not_built: "thousands of cases of another suite, made by a program of its own from lists of names",
        accepts: Some("the leaf must bear the host that a client wants, which is no question of a signature"),
    },
    Family {
        prefix: "online::",
        not_built: "the chains of well-known servers of the day on which the suite fetched them",
        accepts: None,
    },
    Family {
        prefix: "webpki::online::",
        not_built: "the chains of well-known servers, under the name that they had before",
        accepts: None,
    },
];

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Outcome {
    pub agreed: usize,
    /// Ids of what we judge otherwise, by the reason.
    pub explained: BTreeMap<&'static str, Vec<String>>,
    /// Differences without a reason, reasons without a difference, expectations that are no longer the suite's.
    pub wrong: Vec<String>,
}

impl Outcome {
    pub fn print(&self) {
        let differing: usize = self.explained.values().map(Vec::len).sum();
        println!("{} agree, {differing} differ", self.agreed);
        for (reason, ids) in &self.explained {
            println!("{reason}:\n    {}", ids.join(" "));
        }
    }
}

pub fn compare(table: &[Row], cases: impl IntoIterator<Item = Testcase>) -> Outcome {
    let mut outcome = Outcome::default();
    for case in cases {
        let ours = judge(&case);
        match table.iter().find(|row| row.is(&case.id)) {
            Some(row) if row.expected != case.expected_result => {
                outcome.wrong.push(format!(
                    "{}: the suite expects {:?} of it, and the table {:?}",
                    case.id, case.expected_result, row.expected
                ));
            }
            Some(row) => outcome.hold(&case, ours, row.differs, true),
            None => {
                let family = FAMILIES.iter().find(|family| case.id.starts_with(family.prefix));
                let reason = family.and_then(|family| family.accepts).filter(|_| ours == Expected::Success);
                outcome.hold(&case, ours, reason, false);
            }
        }
    }
    outcome
}

impl Outcome {
    /// `always`: the reason must apply.
    fn hold(&mut self, case: &Testcase, ours: Expected, reason: Option<&'static str>, always: bool) {
        let differs = ours != case.expected_result;
        match (differs, reason) {
            (true, Some(reason)) => self.explained.entry(reason).or_default().push(case.id.clone()),
            (true, None) if ours == Expected::Success => self.wrong.push(format!("{}: FALSE ACCEPT", case.id)),
            (true, None) => self.wrong.push(format!("{}: false reject", case.id)),
            (false, Some(reason)) if always => self
                .wrong
                .push(format!("{}: we agree, and the table says why we do not: {reason}", case.id)),
            (false, _) => self.agreed += 1,
        }
    }
}
