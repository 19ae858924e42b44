//! TÜRKKEP's SOAP service, as far as its shape is publicly known. Experimental.
//!
//! Known are the names of the calls, of what they take and of what they answer; not known are the WSDL with its namespaces and wrappers, the
//! call that gives a mail's bytes, and the element in which evidence comes. What is not known is not guessed: the operator's own request
//! envelopes, taken from the WSDL that the provider gives to its customers, carry the values, and where a call or an element is not named, the
//! message is told as listed and not delivered.
//!
//! ```text
//! mailbox    the trait          list     one look
//! look       what a look asks for and leaves (pure)
//! envelopes  the operator's requests, and the values in them
//! reply      results and rows, by name
//! pages      which UIDs are asked for (pure)
//! ```

pub mod config;
mod envelopes;
mod list;
mod look;
mod pages;
mod reply;
#[path = "mailbox.rs"]
mod service_mailbox;

pub use service_mailbox::TurkkepMailbox;
