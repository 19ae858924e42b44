//! Every scope with every clearance: no row, count, cursor or suggestion of what does not exist for the person.

use std::collections::BTreeSet;

use super::Search;
use super::fixture::{MAILBOXES, Register, UNITS, only, settle, somebody};
use super::query::Query;
use crate::clock::local_day;
use crate::people::{Person, Scope};
use crate::register::entry::Entry;

fn people() -> Vec<Person> {
    let mut people = Vec::new();
    let mailboxes = [
        Scope::All,
        only(&[]),
        only(&MAILBOXES[..1]),
        only(&MAILBOXES[1..]),
        only(&["unknown"]),
    ];
    let units = [Scope::All, only(&[]), only(&UNITS[..1]), only(&UNITS[1..3]), only(&["yazi isleri"])];
    for mailbox in &mailboxes {
        for unit in &units {
            people.extend((0..=5).map(|clearance| somebody(mailbox.clone(), unit.clone(), clearance)));
        }
    }
    people
}

fn check(register: &Register, search: &Search, people: impl Iterator<Item = Person>, what: &str) {
    let entries: Vec<Entry> = register.ledger.entries().map(|entry| entry.unwrap()).collect();
    let day = local_day(register.now());
    for person in people {
        let visible: Vec<&Entry> = entries.iter().rev().filter(|entry| person.sees(entry)).collect();
        let mut query = Query {
            limit: 3,
            ..Query::default()
        };
        let mut numbers = Vec::new();
        loop {
            let page = search.list(&person, &query).unwrap();
            numbers.extend(page.rows.iter().map(|row| row.number));
            // A cursor names the last row that was shown and nothing else.
            assert!(page.next.is_none_or(|next| page.rows.last().is_some_and(|row| row.number == next)));
            let Some(next) = page.next else { break };
            query.before = Some(next);
        }
        let expected: Vec<_> = visible.iter().map(|entry| entry.register_number).collect();
        assert_eq!(numbers, expected, "{what}: {person:?}");
        assert_eq!(search.count(&person, &Query::default()).unwrap(), visible.len() as u64);

        let counts = search.counts(&person, day).unwrap();
        let today = visible
            .iter()
            .filter(|entry| local_day(entry.registered_at) == day && !entry.is_sent())
            .count();
        assert_eq!(counts.arrived_today, today as u64);
        assert_eq!(
            counts.unopened,
            visible.iter().filter(|entry| entry.awaits_opening()).count() as u64
        );
        assert!(counts.deadlines_near <= visible.len() as u64);

        let units: BTreeSet<String> = visible.iter().filter_map(|entry| entry.unit.clone()).collect();
        let suggested: BTreeSet<String> = search.suggest_units(&person, 100).unwrap().into_iter().collect();
        assert_eq!(suggested, units, "{what}: {person:?}");
        if visible.is_empty() {
            assert!(search.suggest_senders(&person, "örnek", 100).unwrap().is_empty());
        }
        // What is asked for by its number, its hash or its words is not there either.
        for entry in entries.iter().filter(|entry| !person.sees(entry)).step_by(11) {
            for text in [entry.register_number.to_string(), entry.message.sha256.to_string()] {
                let query = Query {
                    text: Some(text),
                    ..Query::default()
                };
                let page = search.list(&person, &query).unwrap();
                assert!(
                    page.rows.iter().all(|row| row.number != entry.register_number)
                        && search.count(&person, &query).unwrap() == page.rows.len() as u64
                );
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_told_of_what_does_not_exist_for_them() {
    let mut register = Register::new(11);
    register.fill(40).await;
    let search = register.search();
    // Slow without one: some of the people.
    check(&register, &search, people().into_iter().step_by(7), "without an index");
    settle(&search);
    check(&register, &search, people().into_iter(), "with an index");
    register.fill(8).await;
    check(&register, &search, people().into_iter().step_by(3), "with an index that is behind");
}
