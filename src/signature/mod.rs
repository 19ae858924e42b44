//! Is it genuine, whose is it, is it qualified, at which time?
//!
//! The process has the shape of ETSI EN 319 102-1: format, signing certificate, cryptography, acceptance, path, revocation, time. What
//! cannot be judged is INDETERMINATE with its reason; nothing unknown passes and nothing unknown is called invalid.
//!
//! From the outside in: [`carrier`] finds the signatures and their roles; [`cades`], [`xades`] and [`pades`] judge one format each,
//! [`timestamp`] its times; [`certificate`], [`path`], [`revocation`] and [`trust`] say whose key it was; [`asn1`] and [`crypto`] are below
//! them all. [`online`] fetches what judging lacked, from outside. [`cause`] has every reason a verdict can have, [`report`] is the verdict
//! as data, [`validation`] the record of what was checked, and [`wording`] says it all to people.

pub mod asn1;
pub mod cades;
pub mod carrier;
pub mod cause;
pub mod certificate;
pub mod context;
pub mod crypto;
pub mod existence;
pub mod octets;
pub mod online;
pub mod pades;
mod parsed;
pub mod path;
pub mod report;
pub mod revocation;
pub mod signer_class;
pub mod timestamp;
pub mod trust;
pub mod validation;
pub mod verdict;
pub mod wording;
pub mod xades;

pub use carrier::file::{FileReport, judge_evidence, judge_whole_message, verify_file, verify_file_opening};
pub use carrier::package::{judge_package, judge_package_alone};
pub use carrier::provider::bind_evidence;
pub use carrier::smime::{judge_message, proof_of, unjudged};
pub use context::Context;
pub use trust::Trust;
pub use verdict::verdict;
