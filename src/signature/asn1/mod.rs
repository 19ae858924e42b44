//! What signatures, certificates and timestamps are written in: BER and DER over the received bytes, and the object identifiers that matter.

pub mod ber;
mod der;
pub mod oid;
