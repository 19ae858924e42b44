use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;

/// Seeds of the simulation: pure, so that all of them run everywhere.
const SEEDS: u64 = 10_000;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) % limit.max(1)).unwrap()
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

fn name(number: usize) -> Locator {
    Locator {
        folder: "INBOX".into(),
        epoch: 0,
        id: format!("<{number}>"),
    }
}

/// Messages by the day on which they arrived, and a gateway that asks for them.
struct Simulation {
    mails: Vec<Date>,
    known: BTreeSet<Locator>,
    journal: Option<ListedDays>,
    walk: Walk,
    reach: Reach,
    queries: usize,
}

impl Simulation {
    /// One look. `dice` breaks queries, shortens lists and fails downloads; without it everything works.
    fn look(&mut self, today: Date, mut dice: Option<&mut Dice>) {
        let mut strikes = |n: u64| dice.as_mut().is_some_and(|dice| dice.one_in(n));
        let known = &self.known;
        self.walk.settle(|locator| known.contains(locator));
        let plan = self.walk.plan(today, &self.reach);
        let (mut new, mut present) = (BTreeSet::new(), BTreeSet::new());
        let mut whole = true;
        for window in &plan {
            self.queries += 1;
            assert!(window.from < window.to, "{window:?}");
            if strikes(6) {
                whole = false;
                break;
            }
            let listed = self
                .mails
                .iter()
                .enumerate()
                .filter(|(_, day)| window.from <= **day && **day < window.to);
            let mut listed: Vec<Locator> = listed.map(|(number, _)| name(number)).collect();
            if strikes(12) {
                listed.pop();
            }
            present.extend(listed.iter().cloned());
            let unknown: Vec<Locator> = listed.into_iter().filter(|locator| !known.contains(locator)).collect();
            new.extend(unknown.iter().cloned());
            self.walk.listed(*window, unknown);
        }
        if whole {
            self.walk.forget_absent(&plan, |locator| present.contains(locator));
            self.walk.complete(today, &self.reach);
        }
        // Written down before the first download.
        self.journal = self.walk.state();
        for locator in new {
            if !strikes(5) {
                self.known.insert(locator);
            }
        }
    }

    fn restart(&mut self) {
        self.walk = Walk::default();
        self.walk.recall(self.journal);
    }
}

#[test]
fn whatever_breaks_every_message_is_asked_for_until_it_is_here() {
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        let mut today = plus(date(2016, 8, 20), dice.below(40));
        let backfill_from = dice.one_in(2).then(|| plus(today, -dice.below(400)));
        let reach = Reach {
            overlap: 1 + dice.below(5),
            window: 5 + dice.below(60),
            backfill_from,
        };
        let begin = backfill_from.unwrap_or_else(|| plus(today, -reach.overlap));
        let span = u64::try_from((today - begin).get_days()).unwrap() + 1;
        let mails = (0..dice.below(12)).map(|_| plus(begin, dice.below(span))).collect();
        let mut simulation = Simulation {
            mails,
            known: BTreeSet::new(),
            journal: None,
            walk: Walk::default(),
            reach,
            queries: 0,
        };
        for _ in 0..3 + dice.below(12) {
            simulation.look(today, Some(&mut dice));
            // Before the first success a restart knows nothing of the days before: `backfill_from` is for that.
            if dice.one_in(4) && (simulation.journal.is_some() || backfill_from.is_some()) {
                simulation.restart();
            }
            // Most looks are on the same day; an outage may last a month.
            if dice.one_in(3) {
                let gone = if dice.one_in(5) { 30 } else { 2 };
                let days = dice.below(gone);
                for _ in 0..dice.below(4) {
                    let day = plus(today, dice.below(u64::try_from(days).unwrap() + 1));
                    simulation.mails.push(day);
                }
                today = plus(today, days);
            }
        }
        // Healed. Lists that were short are asked for again on the next day, within the days that are asked for again at all.
        simulation.look(today, None);
        simulation.look(today, None);
        let tomorrow = plus(today, 1);
        simulation.look(tomorrow, None);
        let again = plus(tomorrow, -RECHECK_DAYS.min(reach.window));
        for (number, day) in simulation.mails.iter().enumerate() {
            let was_short = *day < again;
            assert!(
                simulation.known.contains(&name(number)) || was_short,
                "seed {seed}: message of {day} is lost, {reach:?}, today {today}"
            );
        }
        // What was short in older days is found by the daily round through them, one query a day.
        let pieces = 2 + (tomorrow - begin).get_days() / i32::try_from((reach.window / ROUND_SHARE).max(1)).unwrap();
        let mut tomorrow = tomorrow;
        for _ in 0..2 * pieces {
            tomorrow = plus(tomorrow, 1);
            simulation.queries = 0;
            simulation.look(tomorrow, None);
            assert!(
                simulation.queries <= 3,
                "seed {seed}: {} queries in a day's first look",
                simulation.queries
            );
        }
        assert_eq!(
            simulation.known.len(),
            simulation.mails.len(),
            "seed {seed}: a short list of old days hides a message for ever, {reach:?}"
        );
        simulation.queries = 0;
        simulation.look(tomorrow, None);
        assert_eq!(simulation.queries, 1, "seed {seed}: a look that brings nothing costs one query");
    }
}

#[test]
fn nothing_is_lost_without_short_lists_however_old_it_is() {
    for seed in 0..SEEDS / 10 {
        let mut dice = Dice(seed ^ 0x77);
        let today = date(2026, 3, 1);
        let days = 1 + dice.below(500);
        let reach = Reach {
            overlap: 1 + dice.below(4),
            window: 1 + dice.below(90),
            backfill_from: Some(plus(today, -days)),
        };
        let mails: Vec<Date> = (0..10)
            .map(|_| plus(today, -dice.below(u64::try_from(days).unwrap() + 1)))
            .collect();
        let mut walk = Walk::default();
        let (mut known, mut journal): (BTreeSet<Locator>, _) = (BTreeSet::new(), None);
        for round in 0..200 {
            walk.settle(|locator| known.contains(locator));
            let plan = walk.plan(today, &reach);
            let mut whole = true;
            let mut new = Vec::new();
            for window in &plan {
                if round < 100 && dice.one_in(4) {
                    whole = false;
                    break;
                }
                let hit = mails
                    .iter()
                    .enumerate()
                    .filter(|(_, day)| window.from <= **day && **day < window.to);
                let unknown: Vec<Locator> = hit
                    .map(|(number, _)| name(number))
                    .filter(|locator| !known.contains(locator))
                    .collect();
                new.extend(unknown.iter().cloned());
                walk.listed(*window, unknown);
            }
            if whole {
                walk.complete(today, &reach);
            }
            journal = walk.state().or(journal);
            known.extend(new.into_iter().filter(|_| round >= 100 || dice.one_in(2)));
            if round < 100 && dice.one_in(10) {
                walk = Walk::default();
                walk.recall(journal);
            } else if whole && known.len() == mails.len() {
                break;
            }
        }
        assert_eq!(known.len(), mails.len(), "seed {seed}: {reach:?}");
    }
}

#[test]
fn a_clock_that_was_wrong_for_a_while_leaves_no_gap() {
    let reach = Reach {
        overlap: 3,
        window: 31,
        backfill_from: None,
    };
    let mut walk = Walk::default();
    walk.complete(date(2026, 1, 10), &reach);
    walk.complete(date(2027, 1, 10), &reach);
    let plan = walk.plan(date(2026, 1, 20), &reach);
    assert!(plan.iter().any(|window| window.from <= date(2026, 1, 10)), "{plan:?}");
    let mut future = Walk::default();
    future.plan(date(2027, 1, 10), &reach);
    future.complete(date(2027, 1, 10), &reach);
    assert!(future.plan(date(2026, 1, 20), &reach).iter().all(|window| window.from < window.to));
}

#[test]
fn midnights_are_turkish() {
    assert_eq!(midnight(date(2026, 1, 5), false), "2026-01-05T00:00:00");
    for (day, offset) in [
        (date(2026, 7, 5), "+03:00"),
        (date(2016, 9, 8), "+03:00"),
        (date(2016, 1, 5), "+02:00"),
        (date(2015, 7, 5), "+03:00"),
    ] {
        assert_eq!(midnight(day, true), format!("{day}T00:00:00{offset}"));
    }
}

#[test]
fn a_window_halves_down_to_a_day() {
    let window = Window {
        from: date(2026, 1, 1),
        to: date(2026, 1, 4),
    };
    let [old, new] = window.halves().unwrap();
    assert_eq!(
        (old.from, old.to, new.from, new.to),
        (window.from, date(2026, 1, 2), date(2026, 1, 2), window.to)
    );
    assert!(old.halves().is_none() && new.halves().is_some());
}
