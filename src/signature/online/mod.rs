//! What judging lacks, fetched: issuer certificates (AIA), CRLs and OCSP answers.
//!
//! Judging stays pure. It leaves a [`trail`] of what it used and what would settle it ([`want`]); somebody outside fetches that, and the
//! same bytes are judged again with what is [`known`] by then.
//!
//! ```text
//! judge ─► wants ─► address (listed host? public address?) ─► fetch ─► accept (signed by whom it must be?) ─► cache ─► judge
//! ```
//!
//! Nothing that was fetched is trusted for having been fetched: path and revocation judge it like anything that a signature carries.
//! What is checked here keeps rubbish, replays and other people's networks out.

pub mod accept;
pub mod address;
pub mod cache;
pub mod fetch;
pub mod known;
pub mod lookup;
pub mod ocsp_request;
pub mod pause;
pub mod refusal;
pub mod session;
pub mod trail;
pub mod want;

#[cfg(test)]
mod address_tests;
#[cfg(test)]
mod ocsp_request_tests;

pub use session::{Online, Session};
