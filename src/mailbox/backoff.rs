//! How fast a failing mailbox may be tried again. Pure: time and randomness are handed in.

use std::time::{Duration, Instant};

/// The first pause: long enough for a server that restarts, short enough that nobody notices.
const SHORTEST: Duration = Duration::from_secs(2);
/// The longest pause: a mailbox that comes back is seen within it.
const LONGEST: Duration = Duration::from_secs(80);

/// Pauses that double from 2 s to 80 s, with jitter, and are forgotten on success only.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a failure and returns the pause before the next attempt. `random` lies in 0..1 and spreads mailboxes that fail together.
    pub fn failed(&mut self, random: f64) -> Duration {
        let doubled = SHORTEST.saturating_mul(1 << self.failures.min(6));
        self.failures = self.failures.saturating_add(1);
        doubled.mul_f64(1.0 + random.clamp(0.0, 1.0) / 2.0).min(LONGEST)
    }

    /// The only thing that makes pauses short again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// How often in a row it failed.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// A token bucket over successful logins, so that a server that accepts a login and then fails is not hammered.
#[derive(Debug, Clone)]
pub struct LoginBucket {
    burst: u32,
    refill: Duration,
    tokens: u32,
    filled_at: Instant,
}

impl LoginBucket {
    /// A full bucket of `burst` logins that gains one each `refill`.
    pub fn new(burst: u32, refill: Duration, now: Instant) -> Self {
        let burst = burst.max(1);
        Self {
            burst,
            refill,
            tokens: burst,
            filled_at: now,
        }
    }

    /// How long to wait before the next login; nil when one is allowed now.
    pub fn wait(&mut self, now: Instant) -> Duration {
        self.fill(now);
        match self.tokens {
            0 => (self.filled_at + self.refill).saturating_duration_since(now),
            _ => Duration::ZERO,
        }
    }

    /// Notes a login that succeeded.
    pub fn logged_in(&mut self, now: Instant) {
        self.fill(now);
        self.tokens = self.tokens.saturating_sub(1);
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at);
        let gained = match self.refill.as_nanos() {
            0 => u128::from(self.burst),
            refill => elapsed.as_nanos() / refill,
        };
        let gained = u32::try_from(gained).unwrap_or(u32::MAX);
        self.tokens = self.tokens.saturating_add(gained).min(self.burst);
        // A full bucket gains nothing while it stands; otherwise the remainder of the interval keeps counting.
        self.filled_at = match self.tokens == self.burst {
            true => now,
            false => self.filled_at + self.refill.saturating_mul(gained),
        };
    }
}

#[cfg(test)]
mod backoff_tests {
    use super::*;

    #[test]
    fn pauses_grow_from_two_to_eighty_seconds_and_only_success_resets_them() {
        let mut backoff = Backoff::new();
        let pauses: Vec<u64> = (0..8).map(|_| backoff.failed(0.0).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 80, 80]);
        assert_eq!(backoff.failures(), 8);
        backoff.succeeded();
        assert_eq!(backoff.failed(0.0), SHORTEST);
    }

    #[test]
    fn jitter_adds_at_most_half_and_never_passes_the_longest_pause() {
        assert_eq!(Backoff::new().failed(1.0), Duration::from_secs(3));
        let mut backoff = Backoff { failures: 40 };
        assert_eq!(backoff.failed(1.0), LONGEST);
    }

    #[test]
    fn the_bucket_lets_a_burst_pass_and_then_one_login_per_refill() {
        let start = Instant::now();
        let refill = Duration::from_secs(30);
        let mut bucket = LoginBucket::new(2, refill, start);
        for _ in 0..2 {
            assert_eq!(bucket.wait(start), Duration::ZERO);
            bucket.logged_in(start);
        }
        assert_eq!(bucket.wait(start), refill);
        assert_eq!(bucket.wait(start + Duration::from_secs(20)), Duration::from_secs(10));
        assert_eq!(bucket.wait(start + refill), Duration::ZERO);
        bucket.logged_in(start + refill);
        assert_eq!(bucket.wait(start + refill), refill);
        assert_eq!(bucket.wait(start + Duration::from_secs(3_600)), Duration::ZERO);
    }
}
