use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::alert::causes::{self, EntryFacts};
use crate::alert::job::Channel;
use crate::alert::notice::Level;

fn config() -> AlertConfig {
    toml::from_str(
        r#"
        [[group]]
        name = "default"
        email = { to = ["kayit@kurum.example", "amir@kurum.example"] }
        sms = { to = ["5320000001"] }
        [[group]]
        name = "hukuk"
        email = { to = ["hukuk@kurum.example"] }
        [[group]]
        name = "yalniz-imza"
        email = { to = ["imza@kurum.example"], causes = ["signature"] }
        "#,
    )
    .unwrap()
}

/// 12:00 in Turkey, plus minutes.
fn at(minutes: u64) -> Timestamp {
    later("2026-11-23T09:00:00Z".parse().unwrap(), Duration::from_secs(minutes * 60))
}

fn document(number: &str, groups: &[String], now: Timestamp) -> Notice {
    causes::new_document(
        &EntryFacts {
            number,
            mailbox: "evrak",
            institution: Some("Örnek Bakanlığı"),
            deadline: None,
            groups,
        },
        false,
        now,
    )
}

/// Plans and applies; true when it was told at once.
fn tell(outbox: &mut Outbox, notice: Notice) -> bool {
    let event = outbox.plan(notice, &config());
    outbox.apply(&event);
    matches!(event, AlertEvent::Raised { .. })
}

fn wake(outbox: &mut Outbox, now: Timestamp) -> Vec<AlertEvent> {
    let events = outbox.wake(&config(), now);
    events.iter().for_each(|event| outbox.apply(event));
    events
}

fn recipients(outbox: &Outbox) -> Vec<String> {
    outbox.waiting().map(|job| job.recipient.reveal().to_owned()).collect()
}

#[test]
fn the_first_is_told_at_once_and_a_flood_becomes_one_summary_with_its_count() {
    let mut outbox = Outbox::default();
    assert!(tell(&mut outbox, document("2026/000001", &[], at(0))));
    for number in 2..=300 {
        assert!(!tell(&mut outbox, document(&format!("2026/{number:06}"), &[], at(1))));
    }
    assert_eq!(outbox.waiting().count(), 2);
    assert_eq!(outbox.held(), 299);
    assert!(wake(&mut outbox, at(9)).is_empty());
    assert_eq!(wake(&mut outbox, at(10)).len(), 1);
    assert_eq!((outbox.held(), outbox.waiting().count()), (0, 4));
    let summary = outbox.waiting().find(|job| job.notice.facts.contains_key("count")).unwrap();
    assert_eq!(summary.notice.facts["count"], "299");
    assert!(summary.notice.body.tr.contains("2026/000002") && summary.notice.body.tr.contains("ve 279 uyarı daha"));
}

#[test]
fn while_the_flood_goes_on_there_is_one_summary_per_window_and_none_is_uncounted() {
    let mut outbox = Outbox::default();
    let (mut told, mut events) = (0, 0);
    for minute in 0..600 {
        told += u64::from(tell(&mut outbox, document(&format!("2026/{minute:06}"), &[], at(minute))));
        for event in wake(&mut outbox, at(minute)) {
            let AlertEvent::Summarised { notice, .. } = event else { panic!() };
            told += notice.facts["count"].parse::<u64>().unwrap();
            events += 1;
        }
    }
    assert_eq!(told + outbox.held(), 600);
    assert!((50..=60).contains(&events), "{events} summaries in ten hours");
}

#[test]
fn a_single_held_notice_keeps_its_own_words() {
    let mut outbox = Outbox::default();
    tell(&mut outbox, document("2026/000001", &[], at(0)));
    tell(&mut outbox, document("2026/000002", &[], at(1)));
    let [AlertEvent::Summarised { notice, .. }] = &wake(&mut outbox, at(10))[..] else {
        panic!()
    };
    assert!(notice.title.tr.contains("2026/000002"));
}

#[test]
fn what_is_louder_than_what_was_told_is_not_held() {
    let mut outbox = Outbox::default();
    assert!(tell(&mut outbox, causes::quota("evrak", 71, at(0)).unwrap()));
    assert!(!tell(&mut outbox, causes::quota("evrak", 72, at(1)).unwrap()));
    assert!(tell(&mut outbox, causes::quota("evrak", 86, at(2)).unwrap()));
    assert!(tell(&mut outbox, causes::quota("evrak", 96, at(3)).unwrap()));
    assert!(!tell(&mut outbox, causes::quota("evrak", 97, at(4)).unwrap()));
}

#[test]
fn other_mailboxes_other_groups_and_an_end_of_alarm_are_not_held() {
    let mut outbox = Outbox::default();
    assert!(tell(&mut outbox, document("2026/000001", &[], at(0))));
    assert!(tell(&mut outbox, document("2026/000002", &["hukuk".to_owned()], at(0))));
    assert!(tell(&mut outbox, causes::daily_check_missed("evrak", None, at(0))));
    assert!(tell(&mut outbox, causes::daily_check_missed("ptt", None, at(0))));
    assert!(tell(&mut outbox, causes::daily_check_done("evrak", at(1))));
}

#[test]
fn a_group_that_does_not_exist_or_wants_other_things_falls_back_to_the_default_group() {
    for group in ["yok-boyle-grup", "yalniz-imza"] {
        let mut outbox = Outbox::default();
        tell(&mut outbox, document("2026/000001", &[group.to_owned()], at(0)));
        assert_eq!(recipients(&outbox).len(), 2, "{group}");
        assert!(recipients(&outbox).contains(&"kayit@kurum.example".to_owned()));
    }
}

#[test]
fn an_sms_goes_out_from_warning_up_and_never_carries_the_daily_report() {
    let channels = |notice: &Notice| -> Vec<Channel> {
        crate::alert::routing::deliveries(notice, &config())
            .iter()
            .map(|delivery| delivery.channel)
            .collect()
    };
    assert!(!channels(&document("1", &[], at(0))).contains(&Channel::Sms));
    assert!(channels(&causes::authentication_failure("evrak", at(0))).contains(&Channel::Sms));
    assert!(channels(&causes::test(at(0))).contains(&Channel::Sms));
    let mut report = causes::test(at(0));
    report.cause = crate::alert::notice::Cause::DailyReport;
    report.level = Level::Critical;
    assert!(!channels(&report).contains(&Channel::Sms));
}

#[test]
fn that_email_fails_is_told_by_sms_and_the_other_way_round() {
    let by = |failing| -> Vec<Channel> {
        let notice = causes::undelivered(failing, crate::alert::notice::Cause::Quarantine, "SMTP 535", at(0));
        crate::alert::routing::deliveries(&notice, &config())
            .iter()
            .map(|delivery| delivery.channel)
            .collect()
    };
    assert_eq!(by(Channel::Email), [Channel::Sms]);
    assert_eq!(by(Channel::Sms), [Channel::Email, Channel::Email]);
}

#[test]
fn an_attempt_that_killed_the_process_counts_and_is_made_again() {
    let mut outbox = Outbox::default();
    tell(&mut outbox, causes::test(at(0)));
    let job = outbox.due(at(0))[0].clone();
    outbox.apply(&outbox.attempt(&job, at(0)));
    // The outcome is never recorded.
    assert!(outbox.due(at(1)).iter().all(|other| other.id != job.id));
    let again = outbox.due(at(5)).into_iter().find(|other| other.id == job.id).unwrap();
    assert_eq!(again.attempts, 1);
}

#[test]
fn a_delivered_job_is_done_and_a_repeated_event_does_not_revive_it() {
    let mut outbox = Outbox::default();
    let raised = outbox.plan(causes::test(at(0)), &config());
    outbox.apply(&raised);
    for job in outbox.due(at(0)).into_iter().cloned().collect::<Vec<_>>() {
        let event = outbox.outcome(&job, Ok(Receipt("SMTP 250".to_owned())), &config(), at(0));
        outbox.apply(&event);
        outbox.apply(&event);
    }
    outbox.apply(&raised);
    assert_eq!((outbox.waiting().count(), outbox.ended().count()), (0, 3));
    assert_eq!(outbox.next_due(), None);
}

#[test]
fn the_same_notice_has_the_same_job_ids_after_a_crash_and_another_has_others() {
    let ids = |now| -> Vec<String> {
        let AlertEvent::Raised { to, .. } = Outbox::default().plan(causes::test(now), &config()) else {
            panic!()
        };
        to.iter().map(|delivery| delivery.id.to_string()).collect()
    };
    assert_eq!(ids(at(0)), ids(at(0)));
    assert!(ids(at(0)).iter().all(|id| !ids(at(1)).contains(id)));
}

#[test]
fn the_fold_over_the_written_events_is_the_outbox() {
    let mut outbox = Outbox::default();
    let mut journal = Vec::new();
    let mut record = |outbox: &mut Outbox, event: AlertEvent| {
        journal.push(serde_json::to_string(&event).unwrap());
        outbox.apply(&event);
    };
    for minute in 0..30 {
        let event = outbox.plan(document(&format!("2026/{minute:06}"), &[], at(minute)), &config());
        record(&mut outbox, event);
        for event in outbox.wake(&config(), at(minute)) {
            record(&mut outbox, event);
        }
        for job in outbox.due(at(minute)).into_iter().cloned().collect::<Vec<_>>() {
            let event = outbox.attempt(&job, at(minute));
            record(&mut outbox, event);
            let result = match minute % 3 {
                0 => Ok(Receipt("SMTP 250".to_owned())),
                _ => Err(DeliveryError::new(job.channel, FailureClass::Transient, "SMTP 451")),
            };
            let event = outbox.outcome(&job, result, &config(), at(minute));
            record(&mut outbox, event);
        }
    }
    let mut again = Outbox::default();
    for line in &journal {
        again.apply(&serde_json::from_str(line).unwrap());
    }
    assert_eq!(outbox.waiting().collect::<Vec<_>>(), again.waiting().collect::<Vec<_>>(),);
    assert_eq!((outbox.held(), outbox.next_due()), (again.held(), again.next_due()));
    assert_eq!(outbox.ended().collect::<Vec<_>>(), again.ended().collect::<Vec<_>>());
}

#[test]
fn a_critical_alert_follows_the_person_when_the_recipient_is_replaced() {
    let mut outbox = Outbox::default();
    tell(&mut outbox, causes::authentication_failure("evrak", at(0)));
    let mut new = config();
    new.group[0].sms.to = vec!["5320000002".to_owned()];
    for event in outbox.reroute(&new, at(1)) {
        outbox.apply(&event);
    }
    assert!(recipients(&outbox).contains(&"5320000002".to_owned()));
    assert!(!recipients(&outbox).contains(&"5320000001".to_owned()));
    assert!(outbox.reroute(&new, at(2)).is_empty());
}

#[test]
fn the_loudest_is_attempted_first() {
    let mut outbox = Outbox::default();
    tell(&mut outbox, document("2026/000001", &[], at(0)));
    tell(&mut outbox, causes::authentication_failure("evrak", at(1)));
    assert_eq!(outbox.due(at(2))[0].notice.level, Level::Critical);
}

#[test]
fn a_held_notice_without_its_window_is_told_all_the_same() {
    let mut outbox = Outbox::default();
    outbox.apply(&AlertEvent::Held {
        notice: document("2026/000001", &[], at(0)),
    });
    assert_eq!(wake(&mut outbox, at(0)).len(), 1);
}

#[test]
fn that_an_alert_does_not_get_through_is_told_once_over_the_others_and_never_of_itself() {
    let complaints = |notice: Notice, class, rounds: u64| -> usize {
        let mut outbox = Outbox::default();
        tell(&mut outbox, notice);
        let id = outbox.waiting().find(|job| job.channel == Channel::Email).unwrap().id.clone();
        let mut complaints = 0;
        for round in 0..rounds {
            let Some(job) = outbox.waiting().find(|job| job.id == id).cloned() else {
                break;
            };
            outbox.apply(&outbox.attempt(&job, at(round)));
            let error = DeliveryError::new(Channel::Email, class, "SMTP 451");
            let event = outbox.outcome(&job, Err(error), &config(), at(round));
            complaints += usize::from(outbox.complaint(&event).is_some());
            outbox.apply(&event);
        }
        complaints
    };
    let document = || document("2026/000001", &[], at(0));
    assert_eq!(complaints(document(), FailureClass::Transient, 4), 0);
    assert_eq!(complaints(document(), FailureClass::Transient, 9), 1);
    assert_eq!(complaints(document(), FailureClass::Permanent, 9), 1);
    assert_eq!(complaints(document(), FailureClass::Authentication, 1), 1);
    let complaint = causes::undelivered(Channel::Sms, crate::alert::notice::Cause::Disk, "x", at(0));
    assert_eq!(complaints(complaint, FailureClass::Permanent, 9), 0);
}
