//! PTT's e-Yazışma service: SOAP 1.1 over TLS, without a session; every request carries the officer's credentials.
//!
//! ```text
//! mailbox    the trait: what is downloaded, acknowledged, told        list     one look
//! evidence   whose evidence is asked for, and when (pure)
//! login      the one-time password, and the id that it yields
//! operations what each operation asks and answers
//! rows       messages and evidence in lists
//! soap       requests, wrappers, statuses
//! ```
//! What it shares with other providers' services stands in [`super::soap`].

pub mod config;
mod evidence;
pub mod login;
mod operations;
mod rows;
#[path = "mailbox.rs"]
mod service_mailbox;
mod soap;

pub use service_mailbox::EyServisMailbox;

use super::Locator;

/// The kepId of a message of this service, or of the message under which an evidence document was asked for; `None` where the service gave
/// none. Only for locators of a mailbox of this kind.
pub fn kep_id(locator: &Locator) -> Option<&str> {
    if locator.folder == operations::EVIDENCE {
        return evidence::message_of(&locator.id).filter(|id| matches!(rows::Key::of(id), rows::Key::Id(_)));
    }
    match rows::Key::of(&locator.id) {
        rows::Key::Id(id) => Some(id),
        rows::Key::Row(_) => None,
    }
}

/// Whether this is an evidence document that was fetched on its own.
pub fn is_evidence(locator: &Locator) -> bool {
    locator.folder == operations::EVIDENCE
}
