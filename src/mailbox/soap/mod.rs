//! What every provider's SOAP service needs: one exchange over TLS, the answer while it streams in, what may go wrong, and which days are
//! asked for. Which operations there are and what they mean is the business of the provider's own module.
//!
//! ```text
//! http       one exchange                         mtom/xml/tag/base64  the answer while it streams in
//! envelope   what stands around each answer       problem              what may go wrong, and what it means
//! download   what becomes of a download that broke
//! line       what an account keeps between two questions
//! window     which days are asked for (pure)      table                what the configurations have in common
//! ```

mod base64;
pub(in crate::mailbox) mod download;
pub(in crate::mailbox) mod envelope;
pub(in crate::mailbox) mod http;
pub(in crate::mailbox) mod line;
mod mtom;
pub mod problem;
pub(in crate::mailbox) mod table;
mod tag;
pub(in crate::mailbox) mod window;
pub(in crate::mailbox) mod xml;
