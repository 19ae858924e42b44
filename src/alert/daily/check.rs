//! Every mailbox is checked at least once on every business day; the absence of a check is loud.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::clock::{istanbul, local_day};

/// When a mailbox was last checked with success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxCheck {
    pub mailbox: String,
    pub last_success: Option<Timestamp>,
}

/// A change of a mailbox's daily check; the lead journals it and plans its notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "kebab-case")]
pub enum CheckEvent {
    /// The hour passed on a business day without a successful check.
    Missed {
        mailbox: String,
        day: Date,
        last_success: Option<Timestamp>,
    },
    /// The check was made after all.
    Done { mailbox: String, day: Date },
}

/// The mailboxes whose alarm stands, with the day it was raised for. A fold over [`CheckEvent`]s.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckAlarms(BTreeMap<String, Date>);

impl CheckAlarms {
    pub fn apply(&mut self, event: &CheckEvent) {
        match event {
            CheckEvent::Missed { mailbox, day, .. } => {
                self.0.insert(mailbox.clone(), *day);
            }
            CheckEvent::Done { mailbox, .. } => {
                self.0.remove(mailbox);
            }
        }
    }

    /// What changed by `now`. A mailbox is missed once per business day, and done as soon as it is checked on that day or later.
    /// `is_business_day` is the calendar's answer; half days count as business days. A day that lies ahead was written by a wrong clock: a
    /// check "of next year" is none of today, and such an alarm keeps none of today from being raised.
    pub fn judge(&self, now: Timestamp, hour: Time, mailboxes: &[MailboxCheck], is_business_day: impl Fn(Date) -> bool) -> Vec<CheckEvent> {
        let local = now.to_zoned(istanbul());
        let today = local.date();
        let hour_passed = is_business_day(today) && local.time() >= hour;
        mailboxes
            .iter()
            .filter_map(|check| {
                let checked_on = check.last_success.map(local_day).filter(|day| *day <= today);
                match self.0.get(&check.mailbox) {
                    Some(day) if checked_on >= Some(*day.min(&today)) => Some(CheckEvent::Done {
                        mailbox: check.mailbox.clone(),
                        day: *day,
                    }),
                    Some(day) if *day == today => None,
                    _ if hour_passed && checked_on < Some(today) => Some(CheckEvent::Missed {
                        mailbox: check.mailbox.clone(),
                        day: today,
                        last_success: check.last_success,
                    }),
                    _ => None,
                }
            })
            .collect()
    }

    /// Mailboxes whose alarm stands.
    pub fn standing(&self) -> impl Iterator<Item = (&str, Date)> {
        self.0.iter().map(|(mailbox, day)| (mailbox.as_str(), *day))
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
