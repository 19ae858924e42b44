//! Whose evidence is asked for, and when: the service lists evidence per message only. Pure: the time is handed in.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::mailbox::Locator;

/// Questions in one look: after a long outage the evidence of many messages is due at once, and mail comes first.
const AT_ONCE: usize = 20;

/// How long a question that broke rests: evidence is late by little, and what breaks each time costs little.
const PUT_OFF: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, Clone, Copy)]
struct Followed {
    since: Timestamp,
    next: Timestamp,
}

/// Messages whose evidence is followed.
#[derive(Debug, Default)]
pub(super) struct Following(BTreeMap<Locator, Followed>);

impl Following {
    /// A durable message is listed. One that has evidence here already was asked about before a restart.
    pub(super) fn see(&mut self, message: &Locator, has_evidence: bool, now: Timestamp, every: Duration) {
        if !self.0.contains_key(message) {
            let next = if has_evidence { later(now, every) } else { now };
            self.0.insert(message.clone(), Followed { since: now, next });
        }
    }

    /// The next questions, the longest due first.
    pub(super) fn due(&self, now: Timestamp) -> Vec<Locator> {
        let mut due: Vec<(Timestamp, &Locator)> = self
            .0
            .iter()
            .filter(|(_, followed)| followed.next <= now)
            .map(|(message, followed)| (followed.next, message))
            .collect();
        due.sort();
        due.into_iter().take(AT_ONCE).map(|(_, message)| message.clone()).collect()
    }

    /// A question broke. Others come first, lest one message whose evidence cannot be listed hold up that of all.
    pub(super) fn put_off(&mut self, message: &Locator, now: Timestamp) {
        if let Some(followed) = self.0.get_mut(message) {
            followed.next = later(now, PUT_OFF);
        }
    }

    /// A question was asked, whatever the answer. Past `for_` there is no further one.
    pub(super) fn asked(&mut self, message: &Locator, now: Timestamp, every: Duration, for_: Duration) {
        if let Some(followed) = self.0.get_mut(message) {
            let next = later(now, every);
            followed.next = if next > later(followed.since, for_) { Timestamp::MAX } else { next };
        }
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Parts the name of an evidence document here: the message's own key, and the service's id. A key holds no line end.
const BETWEEN: char = '\n';

/// The name of an evidence document here.
pub(super) fn evidence_name(message: &str, id: &str) -> String {
    format!("{message}{BETWEEN}{id}")
}

/// The service's id in a name.
pub(super) fn evidence_id(name: &str) -> &str {
    name.rsplit_once(BETWEEN).map_or(name, |(_, id)| id)
}

/// The key of the message in a name.
pub(super) fn message_of(name: &str) -> Option<&str> {
    name.rsplit_once(BETWEEN).map(|(message, _)| message)
}

#[cfg(test)]
mod evidence_tests {
    use super::*;

    #[test]
    fn a_message_is_asked_about_at_once_then_at_its_pace_and_not_for_ever() {
        let (hour, week) = (Duration::from_secs(3_600), Duration::from_secs(7 * 86_400));
        let message = Locator {
            folder: "INBOX".into(),
            epoch: 0,
            id: "<1>".into(),
        };
        let mut now: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap();
        let mut following = Following::default();
        let mut asked = 0;
        for _ in 0..10 * 24 * 12 {
            following.see(&message, false, now, hour);
            for due in following.due(now) {
                asked += 1;
                following.asked(&due, now, hour, week);
            }
            now = later(now, Duration::from_secs(300));
        }
        assert_eq!(asked, 7 * 24 + 1);
        let mut restarted = Following::default();
        restarted.see(&message, true, now, hour);
        assert!(restarted.due(now).is_empty() && restarted.due(later(now, hour)) == [message]);
    }

    #[test]
    fn what_breaks_is_asked_for_behind_the_others() {
        let (hour, start) = (Duration::from_secs(3_600), Timestamp::UNIX_EPOCH);
        let message = |nth: usize| Locator {
            folder: "INBOX".into(),
            epoch: 0,
            id: format!("<{nth:03}>"),
        };
        let mut following = Following::default();
        (0..2 * AT_ONCE).for_each(|nth| following.see(&message(nth), false, start, hour));
        let first = following.due(start);
        first.iter().for_each(|broken| following.put_off(broken, start));
        let second = following.due(start);
        assert!(second.len() == AT_ONCE && second.iter().all(|next| !first.contains(next)));
        second.iter().for_each(|asked| following.asked(asked, start, hour, hour));
        assert!(following.due(start).is_empty());
        assert_eq!(following.due(later(start, PUT_OFF)), first, "and not for ever");
    }

    #[test]
    fn an_evidence_name_gives_its_id_back() {
        let name = evidence_name("<1@x>", "D-7");
        assert_eq!((message_of(&name), evidence_id(&name)), (Some("<1@x>"), "D-7"));
    }
}
