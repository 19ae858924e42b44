//! Who may see and do what: people, their roles, their scope and their clearance. Pure; where people come from and how they prove who they
//! are stands in the files beside.

pub mod account;
pub mod config;
pub mod directory;
pub mod oidc;
pub mod password;
pub mod seal;
pub mod tokens;
pub mod totp;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use account::{Account, AccountRefusal, Edit, SignIns, Source, View};

use crate::register::entry::Entry;

/// What a person is here for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Evrak kayıt memuru: reads, opens, assigns, closes.
    Clerk,
    /// Birim amiri: the same for the own units, and sees who looked on which day.
    Supervisor,
    /// Denetçi: reads, verifies and exports; changes nothing.
    Auditor,
    /// Yönetici: everything, people and system included.
    Administrator,
}

/// One kind of thing that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Lists, documents, search, boards.
    Read,
    /// Assign, mark as done, put on hold, not record, note; an opening that counts for the daily duty.
    Handle,
    /// Examine a message again.
    Examine,
    /// Papers, exports, case files.
    Export,
    /// Who looked on which day.
    Oversee,
    /// Accounts, tokens, system.
    Administer,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Clerk, Self::Supervisor, Self::Auditor, Self::Administrator];

    pub fn may(self, right: Right) -> bool {
        match right {
            Right::Read | Right::Examine | Right::Export => true,
            Right::Handle => self != Self::Auditor,
            Right::Oversee => self != Self::Clerk,
            Right::Administer => self == Self::Administrator,
        }
    }
}

/// Mailboxes or units that a person deals with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    #[default]
    All,
    Only(BTreeSet<String>),
}

impl Scope {
    /// What has no name (a document that no unit was found for) is only in the scope of all.
    pub fn covers(&self, name: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => name.is_some_and(|name| names.contains(name)),
        }
    }
}

/// Somebody who may see something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What is typed at the login; lower case, without spaces.
    pub login: String,
    /// As others read it.
    pub name: String,
    pub role: Role,
    pub mailboxes: Scope,
    pub units: Scope,
    /// The highest access level (0 open to 4 top secret) of documents that exist for this person.
    pub clearance: u8,
}

impl Person {
    pub fn may(&self, right: Right) -> bool {
        self.role.may(right)
    }

    /// Whether a document exists for this person. Everything that lists, counts, searches, exports or tells asks here.
    pub fn sees(&self, entry: &Entry) -> bool {
        self.sees_what_is(&entry.mailbox, entry.unit.as_deref(), entry.access)
    }

    /// The same, of what an index knows of an entry.
    pub fn sees_what_is(&self, mailbox: &str, unit: Option<&str>, access: u8) -> bool {
        access <= self.clearance && self.mailboxes.covers(Some(mailbox)) && self.units.covers(unit)
    }
}
