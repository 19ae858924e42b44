//! Who may open what came encrypted, and how: CMS EnvelopedData and AuthEnvelopedData, keys in PKCS#12 files and on PKCS#11 tokens.
//!
//! ```text
//! enveloped.rs  the CMS as received: recipients, ciphers, content
//! holder.rs     who holds private keys; pkcs12.rs and pkcs11.rs are the two kinds
//! padding.rs agreement.rs   from what a holder answers to the content key
//! content.rs    the content, in one pass over the received bytes
//! opening.rs    what one message's ciphertexts come to, and what is said about it
//! ```
//!
//! The private key never leaves its holder. A plaintext is handed on only after its tag was checked; one without a tag proves nothing.

mod agreement;
pub mod codes;
mod content;
mod enveloped;
#[cfg(test)]
mod fixture;
mod holder;
mod keyring;
mod oid;
mod opening;
mod padding;
mod pkcs11;
mod pkcs12;

pub use holder::{Held, HolderError, KeyHolder};
pub use keyring::{Health, Holders, Keyring, holder};
pub use opening::{Opened, Opening};
