//! `xsd:duration` as it stands in Miat, added to a moment the way a calendar does it.

use jiff::{SignedDuration, Span, Timestamp};

use super::deadlines::end_of_day;
use crate::clock;

/// A non-negative `xsd:duration`: calendar part and clock part apart, because months have no fixed length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct XsdDuration {
    pub years: i64,
    pub months: i64,
    pub days: i64,
    /// Hours, minutes and whole seconds together; a fraction of a second is of no use to a deadline.
    pub seconds: i64,
}

impl XsdDuration {
    /// Reads `P1Y2M3DT4H5M6.7S` and its parts. `None` for anything else: a negative duration, the `0` that some senders write, a number
    /// too large to be a term.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.trim().strip_prefix('P')?;
        let (calendar, clock) = match body.split_once('T') {
            Some((calendar, clock)) if !clock.is_empty() => (calendar, clock),
            Some(_) => return None,
            None => (body, ""),
        };
        if calendar.is_empty() && clock.is_empty() {
            return None;
        }
        let [years, months, days] = fields(calendar, ['Y', 'M', 'D'])?;
        let [hours, minutes, seconds] = fields(clock, ['H', 'M', 'S'])?;
        let seconds = hours
            .checked_mul(3_600)?
            .checked_add(minutes.checked_mul(60)?)?
            .checked_add(seconds)?;
        Some(Self {
            years,
            months,
            days,
            seconds,
        })
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// The moment at which the term ends. A term of whole days ends with its last day; one that names hours ends to the second.
    /// `None` when the calendar does not reach so far.
    pub fn after(&self, start: Timestamp) -> Option<Timestamp> {
        let span = Span::new()
            .try_years(self.years)
            .ok()?
            .try_months(self.months)
            .ok()?
            .try_days(self.days)
            .ok()?;
        let local = start.to_zoned(clock::istanbul()).datetime().checked_add(span).ok()?;
        if self.seconds == 0 {
            return Some(end_of_day(local.date()));
        }
        clock::istanbul()
            .to_ambiguous_zoned(local)
            .later()
            .ok()?
            .timestamp()
            .checked_add(SignedDuration::from_secs(self.seconds))
            .ok()
    }
}

/// Numbers with their designators, each at most once and in this order. Only seconds may have a fraction, which is cut off.
fn fields(mut text: &str, designators: [char; 3]) -> Option<[i64; 3]> {
    let mut out = [0; 3];
    for (slot, designator) in out.iter_mut().zip(designators) {
        let Some((number, rest)) = text.split_once(designator) else {
            continue;
        };
        let whole = match number.split_once('.') {
            Some((whole, fraction)) if designator == 'S' && is_digits(fraction) => whole,
            Some(_) => return None,
            None => number,
        };
        *slot = is_digits(whole).then(|| whole.parse().ok()).flatten()?;
        text = rest;
    }
    text.is_empty().then_some(out)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
#[path = "xsd_duration_tests.rs"]
mod xsd_duration_tests;
