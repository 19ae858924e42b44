//! İmha listesi: what is to be disposed of, who approved exactly that, and how far it came. Pure; the ledger decides with it, the store demands it.
//!
//! Three people: one proposes, two others approve. With the proposer among the two, one person could choose the list and only need one colleague
//! who trusts him; with two others, each of two people who did not choose it has looked at it. A list that was proposed on the machine itself
//! says a name that nobody proved, perhaps that of an approver: it wants one approver more. An approval names the hash of the list: who approved
//! another text approved nothing.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::entry::RegisterNumber;
use crate::hash::Sha256;

/// Entries of one list: two people read every line before they approve.
pub const LIST_ENTRIES: usize = 500;

/// People who must approve, beside the one who proposed.
pub const APPROVERS: usize = 2;

/// One entry as it stands on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub number: RegisterNumber,
    /// The message, whose bytes go.
    pub message: Sha256,
    pub class: String,
    pub years: u16,
    /// Since when it is due.
    pub due: Date,
}

/// A list as it was proposed. It never changes: another content is another list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisposalList {
    /// Counted from 1.
    pub id: u32,
    /// The login.
    pub proposed_by: String,
    pub at: Timestamp,
    /// In the order of their numbers.
    pub entries: Vec<Listed>,
    /// Proposed on the machine itself: the account there, as the system vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

impl DisposalList {
    /// How many must approve.
    pub fn approvers(&self) -> usize {
        APPROVERS + usize::from(self.uid.is_some())
    }

    /// What an approval is given to. Over plain lines, so that it can be made again without us.
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(self.lines().as_bytes())
    }

    /// The lines that the hash is over.
    pub fn lines(&self) -> String {
        let Self {
            id,
            proposed_by,
            at,
            entries,
            uid,
        } = self;
        let uid = uid.map(|uid| format!(" uid {uid}")).unwrap_or_default();
        let head = format!("kep-gateway disposal list 1\n{id} {proposed_by} {at} {}{uid}\n", entries.len());
        let lines = entries.iter().map(|one| {
            let Listed {
                number,
                message,
                class,
                years,
                due,
            } = one;
            format!("{number} {message} {class} {years} {due}\n")
        });
        lines.fold(head, |all, line| all + &line)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The login.
    pub by: String,
    pub at: Timestamp,
}

/// How far a list came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Waits for approvals.
    Proposed,
    /// Enough others approved; it waits for its execution.
    Approved,
    Withdrawn,
    /// The intent is durable: from here on the entries count as disposed, and the blobs go.
    Begun,
    Done,
}

/// A list with everything that became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposal {
    pub list: DisposalList,
    pub sha256: Sha256,
    pub approvals: Vec<Approval>,
    pub stage: Stage,
    /// Who ended or executed it, when and why.
    #[serde(default)]
    pub ended: Option<Ended>,
    /// The head of the journal before the record of the intent, behind which the record is found.
    #[serde(default)]
    pub since: u64,
    /// Blobs that went, and those of the listed entries that others still need.
    #[serde(default)]
    pub removed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub by: String,
    pub at: Timestamp,
    #[serde(default)]
    pub reason: String,
}

impl Disposal {
    pub fn new(list: DisposalList) -> Self {
        Self {
            sha256: list.sha256(),
            list,
            approvals: Vec::new(),
            stage: Stage::Proposed,
            ended: None,
            since: 0,
            removed: 0,
        }
    }

    /// Nothing was decided for good yet.
    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Proposed | Stage::Approved)
    }

    /// Whether enough different people approved, none of whom proposed it.
    pub fn is_approved(&self) -> bool {
        let mut others: Vec<&str> = self.approvals.iter().map(|approval| approval.by.as_str()).collect();
        others.retain(|by| *by != self.list.proposed_by);
        others.sort_unstable();
        others.dedup();
        others.len() >= self.list.approvers()
    }
}

#[cfg(test)]
#[path = "disposal_tests.rs"]
mod disposal_tests;
