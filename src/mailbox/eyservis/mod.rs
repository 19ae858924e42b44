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
