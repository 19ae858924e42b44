//! What bears signatures, and whose each is by its place: a package, a message, a file by itself.

pub mod attachment;
pub mod file;
pub mod package;
pub mod provider;
pub mod smime;
pub mod unsigned;
