//! When to try again, and when a telephone may ring.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Time;

use super::config::QuietHours;
use super::deliver::FailureClass;
use super::job::{Channel, Job};
use super::notice::Level;
use crate::clock::{from_local, istanbul};

/// Pauses after the first, second, … failed attempt: most outages of a mail or SMS server are over within minutes.
const PAUSES: [Duration; 7] = [
    minutes(1),
    minutes(5),
    minutes(15),
    minutes(60),
    minutes(120),
    minutes(240),
    minutes(480),
];

/// A critical alert goes on at this pace for as long as it is not delivered.
const CRITICAL_PAUSE: Duration = minutes(60);

/// After refused credentials: a person must act first, and more attempts may lock the account.
const AUTHENTICATION_PAUSE: Duration = minutes(60);

/// How long an alert that is not critical is tried: a long week-end of a server.
const PATIENCE: Duration = minutes(3 * 24 * 60);

/// An attempt whose outcome was never recorded (the process died) is due again after this long.
pub(super) const UNKNOWN_OUTCOME_PAUSE: Duration = minutes(5);

/// Retries are spread over this share of the pause, so that a recovered server does not get all of them at once.
const SPREAD_PERCENT: u64 = 20;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// When a job whose attempt failed at `now` is due again; `None` = given up.
pub fn retry_at(job: &Job, class: FailureClass, now: Timestamp, quiet: QuietHours) -> Option<Timestamp> {
    let critical = job.notice.level == Level::Critical;
    let step = job.attempts.saturating_sub(1) as usize;
    let pause = match class {
        FailureClass::Permanent if !critical => return None,
        FailureClass::Permanent => CRITICAL_PAUSE,
        FailureClass::Authentication => AUTHENTICATION_PAUSE,
        FailureClass::Transient => PAUSES.get(step).or(PAUSES.last()).copied().unwrap_or(CRITICAL_PAUSE),
    };
    let pause = if critical { pause.min(CRITICAL_PAUSE) } else { pause };
    let next = later(now, spread(pause, job.id.spread(job.attempts)));
    if !critical && next > later(job.created, PATIENCE) {
        return None;
    }
    Some(audible_at(job.channel, job.notice.level, next, quiet))
}

/// The first moment from `at` on when this may go over this channel: an SMS that is not critical waits for the end of the quiet hours.
pub fn audible_at(channel: Channel, level: Level, at: Timestamp, quiet: QuietHours) -> Timestamp {
    if channel != Channel::Sms || level == Level::Critical {
        return at;
    }
    let local = at.to_zoned(istanbul());
    if !is_quiet(local.time(), quiet) {
        return at;
    }
    let day = if local.time() < quiet.to {
        local.date()
    } else {
        local.date().tomorrow().unwrap_or(local.date())
    };
    from_local(day.to_datetime(quiet.to))
}

fn is_quiet(now: Time, quiet: QuietHours) -> bool {
    match quiet.from.cmp(&quiet.to) {
        std::cmp::Ordering::Less => now >= quiet.from && now < quiet.to,
        std::cmp::Ordering::Equal => false,
        std::cmp::Ordering::Greater => now >= quiet.from || now < quiet.to,
    }
}

fn spread(pause: Duration, seed: u64) -> Duration {
    let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    let range = millis / 100 * SPREAD_PERCENT;
    Duration::from_millis(millis + seed.checked_rem(range).unwrap_or(0))
}

/// `at` plus a duration; the end of time instead of an overflow.
pub(super) fn later(at: Timestamp, by: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
