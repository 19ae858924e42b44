//! Which number, which unit, which deadlines, which flags? Knows nothing of where it is stored.
//!
//! [`config::Registry`] holds what decides (calendar, rules, settings), [`draft`] makes an entry of what the stages to the left found,
//! [`numbering`] gives it its number, [`nearing`] says whose time runs out, [`export`] writes it down for others.

pub mod access;
mod arrival;
pub mod calendar;
mod calendar_data;
pub mod config;
pub mod deadlines;
pub mod disposal;
pub mod draft;
pub mod entry;
pub mod export;
#[cfg(test)]
mod fixture;
mod flags;
mod glob;
pub mod nearing;
pub mod numbering;
mod records;
pub mod renewal;
pub mod retention;
pub mod routing;
pub mod rules;
pub mod sent;
pub mod words;
mod xsd_duration;

pub(crate) use glob::matches as fits_pattern;
pub(crate) use routing::{has_word, word_line};

pub use flags::{ORPHAN, is_negative, is_orphan};
pub use records::evidence_record;
