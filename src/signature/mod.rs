//! Is it genuine, whose is it, is it qualified, at which time?
//!
//! The process has the shape of ETSI EN 319 102-1: format, signing certificate, cryptography, acceptance, path, revocation, time. What
//! cannot be judged is INDETERMINATE with its reason; nothing unknown passes and nothing unknown is called invalid.

pub mod algorithms;
pub mod archive;
pub mod ber;
pub mod cause;
pub mod certificate;
pub mod chain;
pub mod class;
pub mod cms;
pub mod context;
pub mod crl;
pub mod crl_scope;
pub mod crypto;
pub mod edges;
pub mod extension;
pub mod file;
pub mod name;
pub mod name_constraints;
pub mod ocsp;
pub mod oid;
pub mod package;
pub mod path;
pub mod policy;
pub mod profile;
pub mod report;
pub mod revocation;
pub mod signer;
pub mod signer_class;
pub mod smime;
pub mod timestamp;
pub mod trust;
pub mod verdict;
pub mod verify;
pub mod xades;
pub mod xml_algorithms;
pub mod xmldsig;

pub use context::Context;
pub use file::{FileReport, judge_evidence, judge_whole_message, verify_file};
pub use package::judge_package;
pub use smime::{judge_message, proof_of, unjudged};
pub use trust::Trust;
pub use verdict::verdict;
