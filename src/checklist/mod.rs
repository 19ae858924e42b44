//! Is an application file complete? The exporters' unions and the offices take applications over KEP: a message with papers, some of which
//! must bear the qualified signature of those who may sign for the company. Pure: rules, what was read of the papers and what a clerk
//! entered go in, an outcome with its reasons comes out; nothing of it is stored, so a changed rule or a late revocation list shows at once.
//!
//! ```text
//! config.rs       the rules of one kind of application, as its author writes them; folder.rs: all of them
//! papers.rs       what was read of the messages of a file
//! placing.rs      which attachment is which paper
//! signatories.rs  who may sign for the company: circulars and powers of attorney, and who of them signed; masked.rs: their numbers
//! entered.rs      what a clerk enters
//! outcome.rs      complete, incomplete, wrong, or not yet certain; signed.rs: the signatures of a paper; reasons.rs: why
//! reply.rs        what is written to the applicant
//! terms.rs        by when must whom act
//! ```

pub mod config;
pub mod entered;
pub mod folder;
pub mod masked;
pub mod outcome;
pub mod papers;
pub mod placing;
pub mod reasons;
pub mod reply;
pub mod signatories;
mod signed;
pub mod terms;

#[cfg(test)]
mod config_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod outcome_tests;
#[cfg(test)]
mod signatories_tests;
#[cfg(test)]
mod terms_tests;
