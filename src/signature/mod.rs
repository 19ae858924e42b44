//! Is it genuine, whose is it, is it qualified, at which time?

pub mod report;
