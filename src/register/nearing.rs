//! Whose time runs out while nobody has looked? Asked by the alarm clock of the daemon.

use jiff::{SignedDuration, Timestamp};

use super::calendar::Calendar;
use super::deadlines::kind;
use super::entry::{Deadline, Entry, State};

/// A missed moment is told for a week. After that it is history: a first run over an old mailbox must not bring thousands of alarms.
const TOLD_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Where a deadline stands at a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The warning time has begun.
    Near,
    /// The moment has passed.
    Passed,
}

/// A deadline that people must hear of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearing<'a> {
    pub deadline: &'a Deadline,
    pub phase: Phase,
}

/// The deadlines of an entry that are near or have just passed at `now`, the earliest first. `lead_business_hours` office hours before its
/// moment a deadline becomes near.
///
/// A deemed-read or same-day moment matters until somebody opens the entry; a Miat until the entry is done. A message that was read by its
/// evidence has nothing left to miss.
pub fn nearing<'a>(entry: &'a Entry, now: Timestamp, calendar: &Calendar, lead_business_hours: u32) -> Vec<Nearing<'a>> {
    let mut found: Vec<Nearing<'a>> = entry
        .deadlines
        .iter()
        .filter(|deadline| is_open(entry.state, deadline))
        .filter_map(|deadline| {
            Some(Nearing {
                deadline,
                phase: phase(deadline, now, calendar, lead_business_hours)?,
            })
        })
        .collect();
    found.sort_by_key(|near| near.deadline.at);
    found
}

/// True while a deadline can still be missed.
pub fn is_open(state: State, deadline: &Deadline) -> bool {
    if deadline.rule.starts_with("evidence-") {
        return false;
    }
    match state {
        State::Registered | State::Quarantined => true,
        State::Opened | State::Assigned | State::OnHold => deadline.kind == kind::DUE,
        State::Done | State::NotRecorded => false,
    }
}

fn phase(deadline: &Deadline, now: Timestamp, calendar: &Calendar, lead: u32) -> Option<Phase> {
    if now > deadline.at {
        let is_recent = now.duration_since(deadline.at) <= TOLD_AFTER;
        return is_recent.then_some(Phase::Passed);
    }
    (now >= calendar.business_hours_before(deadline.at, lead)).then_some(Phase::Near)
}

#[cfg(test)]
#[path = "nearing_tests.rs"]
mod nearing_tests;
