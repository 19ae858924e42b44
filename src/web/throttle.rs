//! Wrong tries at the login make the next one wait. They are counted by account and address together, so that a colleague's mistyping, or a
//! guesser behind the same office address, delays nobody else; by account over all addresses, for who guesses from many; and, far higher,
//! by address, for who guesses at many accounts.
//!
//! Every wait ends by itself within minutes: nobody is locked out for good, least of all by a stranger. From an address where an account
//! has signed in lately, only what was tried at that account from that address counts: whatever goes on elsewhere, its owner gets in. In
//! all that leaves less than the hundred tries an hour at one account that ASVS 2.2.1 allows.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tries at one account from one address that cost nothing: people mistype.
const PAIR_FREE: u32 = 3;
/// Tries at one account from everywhere.
const ACCOUNT_FREE: u32 = 10;
/// Tries from one address at all accounts, in an hour: an institution behind one address mistypes on a Monday morning.
const ADDRESS_FREE: u32 = 100;
/// The longest wait: 30 tries an hour. One account then has at most 47 an hour from unknown addresses, and 40 from each known one.
const LONGEST: Duration = Duration::from_secs(120);
/// Without a wrong try for this long everything is forgotten; of an address, this long after its first.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
/// How long an address is known to be one of an account's.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Counts that are remembered, and as many known addresses. What was quiet for longest is forgotten first.
const REMEMBERED: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(String, String),
    /// Also of logins that nobody has: the answer must not tell.
    Account(String),
    Address(String),
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    wrong: u32,
    first: Timestamp,
    last: Timestamp,
    /// Not before this instant.
    next: Timestamp,
    /// What `next` was before the last try: where that one was right, it is so again.
    before: Timestamp,
}

/// A try that may be made. Counted as wrong until it turns out right, so that many at once count too.
#[derive(Debug, PartialEq, Eq)]
pub struct Try {
    /// How many wrong tries the record must hear of now, this one included; 0: none yet. Every doubling is told, not every try.
    pub to_record: u64,
}

#[derive(Default)]
struct Memory {
    tries: HashMap<Key, Tries>,
    /// Where accounts signed in, and when last.
    known: HashMap<(String, String), Timestamp>,
}

#[derive(Default)]
pub struct Throttle(Mutex<Memory>);

impl Throttle {
    /// A try at `login` from `network`.
    ///
    /// # Errors
    /// How long to wait.
    pub fn begin(&self, login: &str, network: &str, now: Timestamp) -> Result<Try, Duration> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(login, network);
        let is_known = memory
            .known
            .get(&(login.to_owned(), network.to_owned()))
            .is_some_and(|at| now.duration_since(*at) < signed(KNOWN));
        let counts = |key: &&Key| !is_known || matches!(key, Key::Pair(..));
        let next = keys.iter().filter(counts).filter_map(|key| memory.tries.get(key));
        let next = next.map(|tries| tries.next).max();
        if let Some(next) = next.filter(|next| *next > now) {
            return Err(Duration::try_from(next.duration_since(now))
                .unwrap_or_default()
                .max(Duration::from_secs(1)));
        }
        let mut to_record = 0;
        for key in keys {
            forget_some(&mut memory.tries, |tries| tries.last);
            let wrong = count(&mut memory.tries, &key, now);
            if matches!(key, Key::Account(_)) && wrong.is_power_of_two() {
                // 1, then 1 more, then 2, 4, 8 …: the sum is the number of tries.
                to_record = u64::from(wrong - wrong / 2);
            }
        }
        Ok(Try { to_record })
    }

    /// The sign-in is complete: account and address begin anew together, and are known to each other. What is counted for either alone
    /// loses this one try and nothing else: somebody with an account of their own must not be able to guess at others' for ever by signing
    /// in between, and the owner's sign-in must not open the door for who guesses elsewhere.
    pub fn was_right(&self, login: &str, network: &str, now: Timestamp) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [pair, account, address] = keys(login, network);
        memory.tries.remove(&pair);
        take_back(&mut memory.tries, &account);
        take_back(&mut memory.tries, &address);
        forget_some(&mut memory.known, |at| *at);
        memory.known.insert((login.to_owned(), network.to_owned()), now);
    }

    /// The password was right and the code is still to come: the address has done nothing wrong, the account waits for the code.
    pub fn was_half_right(&self, network: &str) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        take_back(&mut memory.tries, &Key::Address(network.to_owned()));
    }
}

fn keys(login: &str, network: &str) -> [Key; 3] {
    [
        Key::Pair(login.to_owned(), network.to_owned()),
        Key::Account(login.to_owned()),
        Key::Address(network.to_owned()),
    ]
}

/// One more try; says how many that makes.
fn count(known: &mut HashMap<Key, Tries>, key: &Key, now: Timestamp) -> u32 {
    let tries = known.entry(key.clone()).or_insert(Tries {
        wrong: 0,
        first: now,
        last: now,
        next: now,
        before: now,
    });
    let since = if matches!(key, Key::Address(_)) { tries.first } else { tries.last };
    if now.duration_since(since) >= signed(FORGOTTEN) {
        (tries.wrong, tries.first) = (0, now);
    }
    tries.wrong = tries.wrong.saturating_add(1);
    tries.last = now;
    tries.before = tries.next;
    tries.next = now.saturating_add(signed(wait(key, tries.wrong))).unwrap_or(Timestamp::MAX);
    tries.wrong
}

fn take_back(known: &mut HashMap<Key, Tries>, key: &Key) {
    if let Some(tries) = known.get_mut(key) {
        tries.wrong = tries.wrong.saturating_sub(1);
        tries.next = tries.before;
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// 1 s after the first try that is not free, then twice as long each time.
fn wait(key: &Key, wrong: u32) -> Duration {
    let free = match key {
        Key::Pair(..) => PAIR_FREE,
        Key::Account(_) => ACCOUNT_FREE,
        Key::Address(_) => ADDRESS_FREE,
    };
    match wrong.checked_sub(free + 1) {
        Some(doublings) => Duration::from_secs(1 << doublings.min(20)).min(LONGEST),
        None => Duration::ZERO,
    }
}

fn forget_some<K: Eq + Hash, V>(known: &mut HashMap<K, V>, last: impl Fn(&V) -> Timestamp) {
    if known.len() < REMEMBERED {
        return;
    }
    // A tenth at a time: the sort is paid for by the next thousands.
    let mut quiet: Vec<Timestamp> = known.values().map(&last).collect();
    quiet.sort_unstable();
    let Some(edge) = quiet.get(REMEMBERED / 10).copied() else {
        return;
    };
    known.retain(|_, value| last(value) > edge);
}

#[cfg(test)]
#[path = "throttle_tests.rs"]
mod throttle_tests;
