//! The index against the register itself: random questions, and the answer of both must be one.

use jiff::SignedDuration;

use super::Search;
use super::fixture::{Dice, FLAGS, MAILBOXES, Register, SENDERS, UNITS, WORDS, everything, file_hash, only, settle, somebody};
use super::query::{Page, Query};
use super::row::Row;
use crate::clock::local_day;
use crate::people::{Person, Scope, View};
use crate::register::entry::{Direction, RegisterNumber};

/// A question of any kind, most of them with an answer.
fn any_query(dice: &mut Dice, register: &Register) -> Query {
    let day = |dice: &mut Dice| local_day(register.now() - SignedDuration::from_hours(dice.below(900) as i64));
    Query {
        text: dice.chance(2).then(|| any_text(dice)),
        mailbox: dice.chance(6).then(|| dice.one(&MAILBOXES).into()),
        unit: dice.chance(6).then(|| dice.one(&UNITS).into()),
        sender: dice.chance(6).then(|| {
            let sender = dice.one(&SENDERS);
            sender.chars().take(2 + dice.below(12)).collect()
        }),
        from: dice.chance(7).then(|| day(dice)),
        to: dice.chance(7).then(|| day(dice)),
        received_from: dice.chance(9).then(|| day(dice)),
        received_to: dice.chance(9).then(|| day(dice)),
        document_from: dice.chance(9).then(|| day(dice)),
        document_to: dice.chance(9).then(|| day(dice)),
        verdict: dice
            .chance(6)
            .then(|| dice.one(&["passed", "failed", "indeterminate", "none", "PASSED"]).into()),
        flag: dice.chance(6).then(|| dice.one(&FLAGS).into()),
        state: dice.chance(8).then(|| dice.one(&["registered", "opened", "assigned"]).into()),
        access: dice.chance(8).then(|| dice.below(6) as u8),
        unopened: dice.chance(6),
        direction: dice.chance(6).then(|| match dice.chance(2) {
            true => Direction::Incoming,
            false => Direction::Outgoing,
        }),
        before: dice.chance(5).then(|| RegisterNumber {
            year: 2026,
            number: dice.below(200) as u32,
        }),
        limit: 1 + dice.below(20),
    }
}

fn any_text(dice: &mut Dice) -> String {
    let word = |dice: &mut Dice| -> String {
        let word = dice.one(&WORDS);
        let letters = word.chars().count();
        let cut = if dice.chance(2) { letters } else { 1 + dice.below(letters) };
        word.chars().take(cut).collect()
    };
    match dice.below(9) {
        0 => format!("\"{} {}\"", dice.one(&WORDS), dice.one(&WORDS)),
        1 => format!("2026/{:06}", dice.below(160)),
        2 => file_hash(dice.below(99)).to_string(),
        3 => format!("E-{}-702.03-{}", 24_312_041 + dice.below(3), dice.below(20)),
        4 => format!("0F0E7C2A-0000-4000-8000-{:012}", dice.below(30)),
        5 => format!("{} {}", word(dice), word(dice)),
        6 => "kurum1@ornek.hs01.kep.tr".into(),
        _ => word(dice),
    }
}

fn any_person(dice: &mut Dice) -> Person {
    let mailboxes = if dice.chance(2) {
        Scope::All
    } else {
        only(&[dice.one(&MAILBOXES)])
    };
    let units = if dice.chance(2) {
        Scope::All
    } else {
        only(&[dice.one(&UNITS), dice.one(&UNITS)])
    };
    somebody(mailboxes, units, dice.below(6) as u8)
}

/// All pages of a question.
fn all(search: &Search, person: &Person, query: &Query) -> Vec<Row> {
    let mut query = query.clone();
    let mut rows = Vec::new();
    loop {
        let Page { rows: some, next } = search.list(person, &query).unwrap();
        assert!(some.len() <= query.limit);
        rows.extend(some);
        match next {
            Some(next) => query.before = Some(next),
            None => return rows,
        }
    }
}

/// Every answer of `search` is that of the register.
fn compare(register: &Register, search: &Search, seed: u64, questions: usize) {
    let naive = Search::new(std::sync::Arc::clone(&register.ledger));
    let mut dice = Dice::new(seed);
    let (mut answered, day) = (0, local_day(register.now()));
    for nth in 0..questions {
        let (query, person) = (any_query(&mut dice, register), any_person(&mut dice));
        let expected = naive.list(&person, &query).unwrap();
        assert_eq!(search.list(&person, &query).unwrap(), expected, "{query:?} by {person:?}");
        answered += usize::from(!expected.rows.is_empty());
        // Each of these goes through the whole register without the index.
        if nth % 6 != 0 {
            continue;
        }
        let whole = Query { before: None, ..query };
        assert_eq!(
            all(search, &person, &whole).len() as u64,
            search.count(&person, &whole).unwrap(),
            "{whole:?}"
        );
        assert_eq!(search.count(&person, &whole).unwrap(), naive.count(&person, &whole).unwrap());
        assert_eq!(search.counts(&person, day).unwrap(), naive.counts(&person, day).unwrap());
        let typed: String = dice.one(&SENDERS).chars().take(4).collect();
        assert_eq!(
            search.suggest_senders(&person, &typed, 9).unwrap(),
            naive.suggest_senders(&person, &typed, 9).unwrap()
        );
        assert_eq!(search.suggest_units(&person, 9).unwrap(), naive.suggest_units(&person, 9).unwrap());
    }
    assert!(answered * 5 > questions, "most questions had no answer: {answered} of {questions}");
}

#[tokio::test]
async fn the_index_answers_as_the_register_does() {
    let mut register = Register::new(1);
    register.fill(120).await;
    let search = register.search();
    settle(&search);
    assert!(search.indexed_to().is_some());
    compare(&register, &search, 2, 240);
}

#[tokio::test]
async fn what_is_not_in_the_index_yet_is_answered_all_the_same() {
    let mut register = Register::new(3);
    register.fill(80).await;
    let search = register.search();
    settle(&search);
    let before = search.indexed_to();
    register.fill(30).await;
    for number in [3, 40, 77, 81, 105] {
        let number = RegisterNumber { year: 2026, number };
        register.ledger.viewed(number, &everything(), View::Page).await.unwrap();
    }
    assert_eq!(search.indexed_to(), before, "nothing was committed meanwhile");
    compare(&register, &search, 4, 120);
    settle(&search);
    assert!(search.indexed_to() > before);
    compare(&register, &search, 5, 120);
}

#[tokio::test]
async fn pages_stay_where_they_are_when_something_arrives_or_changes() {
    let mut register = Register::new(6);
    register.fill(60).await;
    let search = register.search();
    settle(&search);
    let (person, mut query) = (
        everything(),
        Query {
            limit: 7,
            ..Query::default()
        },
    );
    let all_before = all(&search, &person, &query);
    let mut seen: Vec<RegisterNumber> = Vec::new();
    loop {
        let page = search.list(&person, &query).unwrap();
        seen.extend(page.rows.iter().map(|row| row.number));
        let Some(next) = page.next else { break };
        query.before = Some(next);
        register.add(|_| ()).await;
        register.ledger.viewed(seen[0], &everything(), View::Page).await.unwrap();
        if seen.len().is_multiple_of(2) {
            settle(&search);
        }
    }
    assert_eq!(seen, all_before.iter().map(|row| row.number).collect::<Vec<_>>());
}
