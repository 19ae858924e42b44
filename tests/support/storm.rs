//! A service that breaks at every step and heals: a gateway that looks into it, again and again, must have everything in the end, once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use jiff::civil::Date;
use kep_gateway::hash::Sha256;
use kep_gateway::mailbox::{ErrorClass, Mailbox};

use super::Dice;
use super::intake::{Consumer, Intake, pass};
use super::soap_service::{Fake, World};

/// Seeds of one run over the network face. `FAULT_SEEDS` raises it, `FAULT_FIRST` starts elsewhere, to replay one seed.
const SEEDS: u64 = 300;
/// Seeds at once: most of their time is waiting for stalls.
const AT_ONCE: usize = 24;
/// Seeds from which on every kind of fault must have struck.
const ALL_STRIKE: u64 = 200;
/// A pass over a few small messages, on a machine that does eight other things.
const PASS_LIMIT: Duration = Duration::from_secs(600);
/// Passes that a healed service may need.
const PASSES: usize = 80;

/// Looks until everything is here and two days in a row bring nothing. `open`: a mailbox of a gateway that has just started. Returns what
/// had gone wrong.
pub async fn survive<W: World>(
    server: &Fake<W>,
    open: impl Fn() -> Box<dyn Mailbox>,
    today: Date,
    seed: u64,
    dice: &mut Dice,
) -> Vec<W::Fault> {
    let mut mailbox = open();
    let mut intake = Intake::default();
    let mut clean_day = false;
    for _ in 0..PASSES {
        let healed = server.world().script().is_over();
        let outcome = tokio::time::timeout(PASS_LIMIT, pass(&mut *mailbox, &mut intake)).await;
        match outcome.unwrap_or_else(|_| panic!("seed {seed}: a pass hangs")) {
            // A list that was short once is asked for again on the next day: one clean pass on each of two days.
            Ok(done) if healed && done.answered == 0 && clean_day => break,
            Ok(done) if healed && done.answered == 0 => {
                clean_day = true;
                server.set_today(today.tomorrow().unwrap());
            }
            Ok(_) => {}
            Err(error) => assert_ne!(error.class, ErrorClass::Authentication, "seed {seed}: {error}"),
        }
        // The gateway may be restarted at any time.
        if dice.one_in(8) {
            mailbox = open();
            mailbox.recall(intake.last_states());
        }
    }
    let mut world = server.world();
    let here: BTreeSet<Sha256> = intake.bodies.keys().copied().collect();
    let lost = world.bodies().difference(&here).count();
    let script = world.script();
    let story = format!("seed {seed}, faults {:?}", script.struck);
    assert!(clean_day, "{story}: no clean pass after healing");
    assert_eq!(lost, 0, "{story}: {lost} messages are lost");
    assert!(here.is_subset(&script.ever), "{story}: bytes that were never a message");
    assert!(intake.deliveries.values().all(|count| *count == 1), "{story}: fetched twice");
    script.struck.iter().map(|(fault, _)| *fault).collect()
}

/// Days after the last fault on which a year's old days are asked for again, piece by piece.
const ROUND: i64 = 60;

/// Walks a year back while things go wrong. What a list left out in old days is found by the daily round through them.
pub async fn year<W: World>(server: &Fake<W>, open: impl Fn() -> Box<dyn Mailbox>, today: Date, dice: &mut Dice) {
    let mut mailbox = open();
    let mut intake = Intake::default();
    for nth in 0.. {
        assert!(nth < PASSES, "it does not heal");
        let _ = tokio::time::timeout(PASS_LIMIT, pass(&mut *mailbox, &mut intake))
            .await
            .expect("a pass hangs");
        if server.world().script().is_over() {
            break;
        }
        if dice.one_in(4) {
            mailbox = open();
            mailbox.recall(intake.last_states());
        }
    }
    for day in 1..=ROUND {
        server.set_today(today.checked_add(jiff::Span::new().days(day)).unwrap());
        pass(&mut *mailbox, &mut intake).await.unwrap();
    }
    let mut world = server.world();
    let here: BTreeSet<Sha256> = intake.bodies.keys().copied().collect();
    let lost = world.bodies().difference(&here).count();
    assert_eq!(lost, 0, "{lost} of a year are lost: {:?}", world.script().struck);
    assert!(intake.deliveries.values().all(|count| *count == 1), "fetched twice");
}

/// Runs every seed, many at once; of the `kinds` of faults each must have struck.
pub fn storm<F, R>(kinds: usize, run: impl Fn(u64) -> R)
where
    F: Copy + Ord + Debug + Send + 'static,
    R: Future<Output = Vec<F>> + Send + 'static,
{
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, seeds) = (number("FAULT_FIRST", 0), number("FAULT_SEEDS", SEEDS));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let struck = runtime.block_on(async {
        let mut struck: BTreeMap<F, usize> = BTreeMap::new();
        let mut running = tokio::task::JoinSet::new();
        let mut count = |faults: Vec<F>| faults.into_iter().for_each(|fault| *struck.entry(fault).or_default() += 1);
        for seed in first..first + seeds {
            if running.len() >= AT_ONCE {
                count(running.join_next().await.unwrap().unwrap());
            }
            running.spawn(run(seed));
        }
        while let Some(faults) = running.join_next().await {
            count(faults.unwrap());
        }
        struck
    });
    println!("{seeds} seeds: {struck:?}");
    assert!(seeds < ALL_STRIKE || struck.len() == kinds, "every kind of fault must have struck");
}
