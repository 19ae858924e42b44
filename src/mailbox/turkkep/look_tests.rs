use jiff::civil::date;

use super::super::pages::Pages;
use super::*;
use crate::clock::{from_local, local_day};
use crate::mailbox::ListedDays;
use crate::mailbox::soap::window::RECHECK_DAYS;

const SEEDS: u64 = 10_000;
const NAME: &str = "Dispatch";
const HOUR: Duration = Duration::from_secs(3_600);

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn one_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }
}

/// From which end the service cuts its lists.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Lowest(usize),
    Highest(usize),
}

/// A service with its messages, and a gateway that asks for them.
#[derive(Debug)]
struct Simulation {
    mails: Vec<(u64, Date)>,
    cut: Cut,
    /// Whether the last day belongs to the list.
    includes_last: bool,
    now: Timestamp,
    reach: Reach,
    folder: Folder,
    known: BTreeSet<Locator>,
    journal: Option<ListedDays>,
    requests: usize,
}

impl Simulation {
    fn today(&self) -> Date {
        local_day(self.now)
    }

    fn pass(&mut self, days: i64, seconds: i64) {
        self.now += SignedDuration::from_secs(days * 86_400 + seconds);
    }

    /// Mostly under the next UID. That UIDs only grow is not confirmed.
    fn arrive(&mut self, day: Date, dice: &mut Dice) {
        let highest = self.mails.iter().map(|(uid, _)| *uid).max().unwrap_or_default();
        let mut uid = highest + 1 + u64::try_from(dice.below(50)).unwrap();
        if dice.one_in(8) {
            uid = u64::try_from(dice.below(1_000)).unwrap();
        }
        if self.mails.iter().all(|(known, _)| *known != uid) {
            self.mails.push((uid, day));
        }
    }

    fn rows(&self, window: Window, range: (u64, u64)) -> BTreeSet<Row> {
        let is_asked = |uid: u64, day: Date| {
            (range.0..=range.1).contains(&uid) && window.from <= day && (day < window.to || self.includes_last && day == window.to)
        };
        let mut uids: Vec<u64> = self
            .mails
            .iter()
            .filter(|(uid, day)| is_asked(*uid, *day))
            .map(|(uid, _)| *uid)
            .collect();
        uids.sort_unstable();
        match self.cut {
            Cut::Lowest(most) => uids.truncate(most),
            Cut::Highest(most) => drop(uids.drain(..uids.len().saturating_sub(most))),
        }
        let row = |uid| Row {
            uid,
            identifier: String::new(),
        };
        uids.into_iter().map(row).collect()
    }

    /// One look. `dice` breaks requests, leaves rows out, spoils rows and fails downloads; without it everything works.
    fn look(&mut self, mut dice: Option<&mut Dice>) {
        let mut strikes = |n: i64| dice.as_mut().is_some_and(|dice| dice.one_in(n));
        let at = Moment {
            now: self.now,
            today: self.today(),
            reach: self.reach,
            recheck: HOUR,
        };
        let known = self.known.clone();
        let mut look = Look::begin(NAME, &self.folder, &known, at);
        for (nth, window) in look.plan().into_iter().enumerate() {
            let cursor = look.cursor(nth, window);
            let mut pages = cursor.map_or_else(Pages::all, Pages::above);
            let mut found = Found::default();
            while let Some(range) = pages.next() {
                self.requests += 1;
                if strikes(8) {
                    if nth == 0 {
                        return;
                    }
                    look.broke(Problem::Incomplete);
                    break;
                }
                let mut rows = self.rows(window, (range.from, range.to));
                if strikes(12) {
                    rows.pop_last();
                }
                if strikes(15) {
                    found.problem = Some(Problem::Encoding);
                }
                pages.answered(rows.iter().map(|row| row.uid));
                found.rows.extend(rows);
            }
            if pages.next().is_some() {
                break;
            }
            look.answered(nth, window, cursor, found);
        }
        let looked = look.end();
        self.folder = looked.folder;
        // Written down before the first download.
        self.journal = self.folder.walk.state();
        self.known.extend(looked.new.into_iter().filter(|_| !strikes(5)));
    }

    fn restart(&mut self) {
        self.folder = Folder::default();
        self.folder.walk.recall(self.journal);
    }

    fn lost(&self) -> Vec<(u64, Date)> {
        let row = |uid| Row {
            uid,
            identifier: String::new(),
        };
        let is_lost = |(uid, _): &&(u64, Date)| !self.known.contains(&locator(NAME, &row(*uid)));
        self.mails.iter().filter(is_lost).copied().collect()
    }
}

#[test]
fn whatever_breaks_every_message_is_asked_for_until_it_is_here() {
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        let today = plus(date(2016, 8, 20), dice.below(40));
        let most = usize::try_from(1 + dice.below(6)).unwrap();
        let begin = plus(today, -dice.below(120));
        let mut simulation = Simulation {
            mails: Vec::new(),
            cut: [Cut::Lowest(most), Cut::Highest(most)][usize::from(dice.one_in(2))],
            includes_last: dice.one_in(2),
            now: from_local(today.at(9, 0, 0, 0)),
            reach: Reach {
                overlap: 1 + dice.below(5),
                window: 20 + dice.below(60),
                backfill_from: Some(begin),
            },
            folder: Folder::default(),
            known: BTreeSet::new(),
            journal: None,
            requests: 0,
        };
        let span = i64::from((today - begin).get_days()) + 1;
        for _ in 0..dice.below(12) {
            let day = plus(begin, dice.below(span));
            simulation.arrive(day, &mut dice);
        }
        for _ in 0..3 + dice.below(12) {
            simulation.look(Some(&mut dice));
            if dice.one_in(4) {
                simulation.restart();
            }
            // Most looks are minutes apart; an outage may last a month.
            let days = match (dice.one_in(3), dice.one_in(5)) {
                (true, true) => dice.below(30),
                (true, false) => dice.below(2),
                (false, _) => 0,
            };
            for _ in 0..dice.below(3) {
                let day = plus(simulation.today(), dice.below(days + 1));
                simulation.arrive(day, &mut dice);
            }
            simulation.pass(days, 300);
        }
        // Healed: what was listed and is not here comes at once, a short list of the last weeks by the next day, of older days by the round.
        simulation.look(None);
        simulation.pass(1, 0);
        simulation.look(None);
        let again = plus(simulation.today(), -RECHECK_DAYS.min(simulation.reach.window));
        let lost: Vec<_> = simulation.lost().into_iter().filter(|(_, day)| *day >= again).collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:?} of {simulation:?}");
        let pieces = 2 + i64::from((simulation.today() - begin).get_days()) / (simulation.reach.window / 2);
        for _ in 0..2 * pieces {
            simulation.pass(1, 0);
            simulation.look(None);
        }
        assert!(simulation.lost().is_empty(), "seed {seed}: lost for ever, {simulation:?}");
        simulation.pass(0, 300);
        simulation.requests = 0;
        simulation.look(None);
        assert_eq!(simulation.requests, 1, "seed {seed}: a look that brings nothing costs one request");
    }
}
