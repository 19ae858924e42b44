use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::alert::causes;
use crate::alert::job::{Delivery, JobId, Recipient};
use crate::alert::notice::Notice;

const QUIET: QuietHours = QuietHours {
    from: time(22, 0, 0, 0),
    to: time(7, 0, 0, 0),
};

/// 2026-11-23 12:00 in Turkey.
fn noon() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn job(channel: Channel, notice: &Notice) -> Job {
    let recipient = Recipient::new("someone");
    Job::new(
        notice,
        &Delivery {
            id: JobId::of(notice, channel, &recipient),
            channel,
            recipient,
            due: notice.at,
        },
    )
}

/// The whole pauses of a job that always fails, in minutes, and whether it was given up.
fn pauses(mut job: Job, class: FailureClass, rounds: usize) -> (Vec<i64>, bool) {
    let mut now = job.created;
    let mut pauses = Vec::new();
    for _ in 0..rounds {
        job.attempts += 1;
        let Some(next) = retry_at(&job, class, now, QUIET) else {
            return (pauses, true);
        };
        pauses.push(next.duration_since(now).as_mins());
        now = next;
    }
    (pauses, false)
}

#[test]
fn an_alert_is_tried_for_three_days_with_growing_pauses() {
    let (pauses, given_up) = pauses(job(Channel::Email, &causes::test(noon())), FailureClass::Transient, 100);
    assert!(given_up);
    for (pause, least) in pauses.iter().zip([1, 5, 15, 60, 120, 240, 480, 480]) {
        assert!((least..=least + least / 5).contains(pause), "{pauses:?}");
    }
    let total: i64 = pauses.iter().sum();
    assert!((2 * 24 * 60..=3 * 24 * 60).contains(&total), "{total} minutes");
}

#[test]
fn a_critical_alert_is_tried_hourly_for_ever_whatever_the_answer() {
    for class in [FailureClass::Transient, FailureClass::Permanent, FailureClass::Authentication] {
        let (pauses, given_up) = pauses(job(Channel::Sms, &causes::authentication_failure("evrak", noon())), class, 2_000);
        assert!(!given_up);
        assert!(pauses.iter().skip(4).all(|pause| (60..=72).contains(pause)), "{class:?}");
    }
}

#[test]
fn refused_credentials_are_not_hammered_and_a_refused_address_is_given_up() {
    let (slow, _) = pauses(job(Channel::Email, &causes::test(noon())), FailureClass::Authentication, 5);
    assert!(slow.iter().all(|pause| *pause >= 60));
    let (none, given_up) = pauses(job(Channel::Email, &causes::test(noon())), FailureClass::Permanent, 5);
    assert!(none.is_empty() && given_up);
}

#[test]
fn no_telephone_rings_at_night_but_for_what_is_critical() {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let night = at("2026-11-23T22:30:00+03:00");
    let morning = at("2026-11-24T07:00:00+03:00");
    assert_eq!(audible_at(Channel::Sms, Level::Warning, night, QUIET), morning);
    assert_eq!(
        audible_at(Channel::Sms, Level::Warning, at("2026-11-24T02:00:00+03:00"), QUIET),
        morning
    );
    assert_eq!(audible_at(Channel::Sms, Level::Warning, noon(), QUIET), noon());
    assert_eq!(audible_at(Channel::Sms, Level::Critical, night, QUIET), night);
    assert_eq!(audible_at(Channel::Email, Level::Note, night, QUIET), night);
    let never = QuietHours {
        from: QUIET.from,
        to: QUIET.from,
    };
    assert_eq!(audible_at(Channel::Sms, Level::Warning, night, never), night);
}

#[test]
fn a_retry_does_not_fall_into_the_night() {
    let mut late = job(Channel::Sms, &causes::test("2026-11-23T21:50:00+03:00".parse().unwrap()));
    late.attempts = 4;
    let next = retry_at(&late, FailureClass::Transient, late.created, QUIET).unwrap();
    assert_eq!(next, "2026-11-24T07:00:00+03:00".parse::<Timestamp>().unwrap());
}

#[test]
fn the_end_of_time_does_not_overflow() {
    assert_eq!(
        later(Timestamp::MAX - SignedDuration::from_secs(1), Duration::from_secs(60)),
        Timestamp::MAX
    );
}
