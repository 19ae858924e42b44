//! Once a day: was every mailbox checked, and the report that comes even when nothing else does.

pub mod check;
pub mod report;

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::clock::istanbul;

/// The day whose report is due: today from the configured time on, unless it was sent. Calendar days: the report's absence is an alarm
/// in itself, and must be noticed on holidays too.
pub fn report_due(now: Timestamp, hour: Time, last_report: Option<Date>) -> Option<Date> {
    let local = now.to_zoned(istanbul());
    let due = local.time() >= hour && last_report.is_none_or(|last| last < local.date());
    due.then(|| local.date())
}
