//! Wrong tries at the login make the next one wait, per account and per address. The wait grows and has an end: nobody is locked out for
//! good, and whoever guesses gets some thousand tries a day at most (ASVS 2.2.1).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tries that cost nothing: people mistype.
const FREE: u32 = 3;
/// The longest wait for an account. Short, since anybody can make it wait: its owner must get in between.
const ACCOUNT_CAP: Duration = Duration::from_secs(30);
/// The longest wait for an address. Longer, since only its own tries count.
const ADDRESS_CAP: Duration = Duration::from_secs(900);
/// Without a wrong try for this long everything is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
/// Accounts and addresses that are remembered. What was quiet for longest is forgotten first.
const REMEMBERED: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// Also for logins that nobody has: the answer must not tell.
    Account(String),
    Address(String),
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    wrong: u32,
    last: Timestamp,
    /// Not before this instant.
    next: Timestamp,
}

/// A try that may be made. Counted as wrong until it turns out right, so that many at once count too.
#[derive(Debug, PartialEq, Eq)]
pub struct Try {
    /// How many wrong tries the record must hear of now, this one included; 0: none yet. Every doubling is told, not every try.
    pub to_record: u64,
}

#[derive(Default)]
pub struct Throttle(Mutex<HashMap<Key, Tries>>);

impl Throttle {
    /// # Errors
    /// How long to wait.
    pub fn begin(&self, keys: &[Key], now: Timestamp) -> Result<Try, Duration> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = keys.iter().filter_map(|key| known.get(key)).map(|tries| tries.next).max();
        if let Some(next) = next.filter(|next| *next > now) {
            return Err(Duration::try_from(next.duration_since(now))
                .unwrap_or_default()
                .max(Duration::from_secs(1)));
        }
        let mut to_record = 0;
        for key in keys {
            forget_some(&mut known);
            let tries = known.entry(key.clone()).or_insert(Tries {
                wrong: 0,
                last: now,
                next: now,
            });
            if now.duration_since(tries.last) >= signed(FORGOTTEN) {
                tries.wrong = 0;
            }
            tries.wrong = tries.wrong.saturating_add(1);
            tries.last = now;
            tries.next = now.saturating_add(signed(wait(key, tries.wrong))).unwrap_or(Timestamp::MAX);
            if matches!(key, Key::Account(_)) && tries.wrong.is_power_of_two() {
                // 1, then 1 more, then 2, 4, 8 …: the sum is the number of tries.
                to_record = u64::from(tries.wrong - tries.wrong / 2);
            }
        }
        Ok(Try { to_record })
    }

    /// The try was right: the account starts anew, the address loses this one try. Somebody with an account of their own must not be able to
    /// guess at others' for ever by signing in between.
    pub fn was_right(&self, keys: &[Key]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            match key {
                Key::Account(_) => {
                    known.remove(key);
                }
                Key::Address(_) => {
                    if let Some(tries) = known.get_mut(key) {
                        tries.wrong = tries.wrong.saturating_sub(1);
                        tries.next = tries.last;
                    }
                }
            }
        }
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// 1 s after the fourth wrong try, then twice as long each time.
fn wait(key: &Key, wrong: u32) -> Duration {
    let Some(doublings) = wrong.checked_sub(FREE + 1) else {
        return Duration::ZERO;
    };
    let cap = match key {
        Key::Account(_) => ACCOUNT_CAP,
        Key::Address(_) => ADDRESS_CAP,
    };
    Duration::from_secs(1 << doublings.min(20)).min(cap)
}

fn forget_some(known: &mut HashMap<Key, Tries>) {
    if known.len() < REMEMBERED {
        return;
    }
    // A tenth at a time: the sort is paid for by the next thousands.
    let mut quiet: Vec<Timestamp> = known.values().map(|tries| tries.last).collect();
    quiet.sort_unstable();
    let Some(edge) = quiet.get(REMEMBERED / 10).copied() else {
        return;
    };
    known.retain(|_, tries| tries.last > edge);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::ToSpan;

    use super::*;

    fn noon() -> Timestamp {
        "2026-11-20T09:00:00Z".parse().unwrap()
    }

    fn keys(account: &str, address: &str) -> [Key; 2] {
        [Key::Account(account.into()), Key::Address(address.into())]
    }

    #[test]
    fn v2_2_1_wrong_tries_wait_longer_and_longer_and_never_for_good() {
        let throttle = Throttle::default();
        let mut now = noon();
        let mut waits = Vec::new();
        for _ in 0..14 {
            // From another address each time: the account's own wait.
            let address = now.to_string();
            match throttle.begin(&keys("ayse", &address), now) {
                Ok(_) => {}
                Err(wait) => {
                    waits.push(wait.as_secs());
                    now += SignedDuration::try_from(wait).unwrap();
                    throttle.begin(&keys("ayse", &now.to_string()), now).unwrap();
                }
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30, 30, 30]);
        throttle.was_right(&keys("ayse", "x"));
        assert!(throttle.begin(&keys("ayse", "x"), now).is_ok());
    }

    #[test]
    fn one_address_that_tries_many_accounts_waits_too_and_its_own_account_does_not_help() {
        let throttle = Throttle::default();
        for name in 0..4 {
            throttle.begin(&keys(&format!("kisi{name}"), "10.0.0.1"), noon()).unwrap();
        }
        assert_eq!(throttle.begin(&keys("baska", "10.0.0.1"), noon()), Err(Duration::from_secs(1)));
        assert!(throttle.begin(&keys("baska", "10.0.0.2"), noon()).is_ok());
        throttle.begin(&keys("kendi", "10.0.0.1"), noon() + 1.seconds()).unwrap();
        throttle.was_right(&keys("kendi", "10.0.0.1"));
        throttle.begin(&keys("kisi9", "10.0.0.1"), noon() + 1.seconds()).unwrap();
        assert!(throttle.begin(&keys("kisi10", "10.0.0.1"), noon() + 1.seconds()).is_err());
    }

    #[test]
    fn the_record_hears_of_every_doubling_and_of_every_try_in_the_sum() {
        let throttle = Throttle::default();
        let mut told = Vec::new();
        for minute in 0..16 {
            let told_now = throttle
                .begin(&keys("ayse", &minute.to_string()), noon() + minute.minutes())
                .unwrap();
            told.push(told_now.to_record);
        }
        assert_eq!(told.iter().sum::<u64>(), 16);
        assert_eq!(told.iter().filter(|count| **count > 0).count(), 5, "{told:?}");
    }

    #[test]
    fn the_memory_is_bounded() {
        let throttle = Throttle::default();
        for number in 0..(REMEMBERED as i64 + 5_000) {
            let _ = throttle.begin(&[Key::Address(number.to_string())], noon() + number.milliseconds());
        }
        assert!(throttle.0.lock().unwrap().len() <= REMEMBERED);
    }
}
