//! PTT's e-Yazışma service: SOAP 1.1 over TLS, without a session; every request carries the officer's credentials.
//!
//! ```text
//! mailbox    the trait: what is downloaded, acknowledged, told        list     one look
//! evidence   whose evidence is asked for, and when (pure)
//! login      the one-time password, and the id that it yields
//! operations what each operation asks and answers
//! soap       requests, wrappers, statuses
//! ```
//! What it shares with other providers' services stands in [`super::soap`].

pub mod config;
mod evidence;
pub mod login;
mod operations;
#[path = "mailbox.rs"]
mod service_mailbox;
mod soap;

pub use service_mailbox::EyServisMailbox;

use super::Locator;

/// The kepId of a message of this service, or of the message under which an evidence document was asked for; `None` where the service gave
/// none. Only for locators of a mailbox of this kind.
pub fn kep_id(locator: &Locator) -> Option<&str> {
    if locator.folder == operations::EVIDENCE {
        return evidence::message_of(&locator.id).filter(|id| matches!(operations::Key::of(id), operations::Key::Id(_)));
    }
    match operations::Key::of(&locator.id) {
        operations::Key::Id(id) => Some(id),
        operations::Key::Row(_) => None,
    }
}

/// Whether this is an evidence document that was fetched on its own.
pub fn is_evidence(locator: &Locator) -> bool {
    locator.folder == operations::EVIDENCE
}
