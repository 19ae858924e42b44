//! Which number, which unit, which deadlines, which flags? Knows nothing of where it is stored.

pub mod access;
pub mod calendar;
mod calendar_data;
pub mod config;
pub mod deadlines;
pub mod entry;
mod glob;
pub mod numbering;
pub mod routing;
pub mod rules;
pub mod xsd_duration;
