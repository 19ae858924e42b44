use std::collections::BTreeSet;

use super::*;

const SEEDS: u64 = 10_000;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

/// How a service may understand the range and shorten its lists.
#[derive(Debug, Clone, Copy)]
enum Habit {
    All,
    Lowest(usize),
    Highest(usize),
    /// The range is ignored.
    Deaf,
}

fn serve(uids: &BTreeSet<u64>, range: Range, habit: Habit) -> Vec<u64> {
    let within: Vec<u64> = uids.range(range.from..=range.to).copied().collect();
    match habit {
        Habit::All => within,
        Habit::Lowest(most) => within.into_iter().take(most).collect(),
        Habit::Highest(most) => within.into_iter().rev().take(most).collect(),
        Habit::Deaf => uids.iter().copied().collect(),
    }
}

fn walk(mut pages: Pages, uids: &BTreeSet<u64>, habit: Habit) -> (BTreeSet<u64>, usize) {
    let (mut seen, mut asked) = (BTreeSet::new(), 0);
    while let Some(range) = pages.next() {
        assert!(range.from <= range.to && !pages.is_endless(), "{range:?} {habit:?}");
        let rows = serve(uids, range, habit);
        asked += 1;
        pages.answered(rows.iter().copied());
        seen.extend(rows);
    }
    (seen, asked)
}

#[test]
fn every_uid_is_listed_however_the_service_shortens_its_lists() {
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        let spread = [30, 1_000, HIGHEST][usize::try_from(dice.below(3)).unwrap()];
        let mut uids: BTreeSet<u64> = (0..dice.below(60)).map(|_| dice.below(spread)).collect();
        // The ends of the range are where one is counted too many.
        if dice.below(4) == 0 {
            uids.extend([0, HIGHEST]);
        }
        let most = 1 + usize::try_from(dice.below(20)).unwrap();
        for habit in [Habit::All, Habit::Lowest(most), Habit::Highest(most), Habit::Deaf] {
            assert_eq!(walk(Pages::all(), &uids, habit).0, uids, "seed {seed}, {habit:?}");
        }
        // What came since the highest that is known, one request when nothing came. One that gives the highest only is found at the recheck.
        let cut = dice.below(spread);
        let (known, new): (BTreeSet<u64>, BTreeSet<u64>) = uids.iter().partition(|uid| **uid <= cut);
        if let Some(highest) = known.last().copied() {
            for habit in [Habit::All, Habit::Lowest(most)] {
                let (seen, asked) = walk(Pages::above(highest), &uids, habit);
                assert_eq!(seen, new, "seed {seed}, {habit:?}");
                assert!(!new.is_empty() || asked <= 1, "seed {seed}: {asked} requests for nothing");
            }
        }
    }
}

#[test]
fn an_empty_window_costs_one_request() {
    assert_eq!(walk(Pages::all(), &BTreeSet::new(), Habit::All), (BTreeSet::new(), 1));
    assert!(Pages::above(HIGHEST).next().is_none());
}
