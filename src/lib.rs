//! The KEP gateway: registered electronic mail in, a register that can be trusted for twenty years out.
//!
//! The data flows one way and the folders read in that order:
//!
//! ```text
//! mailbox -> message -> envelope -> signature -> evidence -> register -> store -> alert
//! ```
//!
//! A stage uses only stages to its left and the roots (`clock`, `crew`, `finding`, `hash`, `isolate`, `limits`, `opener`, `regular_file`,
//! `secret`, `text`).
//! Above the stages stand `decryption` (who may open what came encrypted), `people` (who may see and do what), `checklist` (is an application file complete?), `ledger` (what the journal's records mean), `config` and `settings`, `search`
//! and `paper` (the register found and printed), `pipeline` (one function per arrow), the faces `web` and `cli`, and between them `daemon`
//! (the tasks). `tests/layers.rs` checks it.

#[cfg(test)]
mod cases;
pub mod clock;
mod crew;
pub mod finding;
pub mod hash;
pub mod isolate;
pub mod limits;
pub mod opener;
pub mod regular_file;
pub mod secret;
pub mod text;

pub mod alert;
pub mod envelope;
pub mod evidence;
pub mod mailbox;
pub mod message;
pub mod register;
pub mod signature;
pub mod store;

pub mod checklist;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod decryption;
pub mod ledger;
pub mod paper;
pub mod people;
pub mod pipeline;
pub mod search;
pub mod settings;
pub mod web;
