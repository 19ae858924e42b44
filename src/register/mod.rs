//! Which number, which unit, which deadlines, which flags? Knows nothing of where it is stored.

pub mod entry;
