//! Nothing is true before it is here: blobs, journal, index, backup. Knows nothing of the meaning of what it stores.
//!
//! The record is the blobs and the journal, which we fsync ourselves. The index (sled) is disposable.

pub mod record;
