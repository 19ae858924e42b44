//! What becomes of a download that broke: one message stops no other, and a service that is down is not asked for all of them.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::http::Bounds;
use super::problem::Problem;
use crate::mailbox::{ErrorClass, Fetched, Listed, Locator, NotFetched};

/// A message at which a download breaks this often is told as missing; until then the failure may be the line's.
const ATTEMPTS: u32 = 3;

/// Downloads in a row that may break before the service is held for down.
const BROKEN_IN_A_ROW: u32 = 3;

/// How long a message that is too large rests before it is asked for again: what it costs is counted in megabytes, and what changes it is a
/// setting, after which everything is asked for anew.
const TOO_LARGE_RESTS: SignedDuration = SignedDuration::from_hours(24);

/// Bytes that may wait for the rest of the gateway.
const BUFFER_BYTES: u64 = 16 << 20;

/// How long the rest of the gateway may take to make room: longer means that it is gone.
const CONSUMER_PATIENCE: Duration = Duration::from_secs(600);

/// How downloads went, over all looks.
#[derive(Debug, Default)]
pub(in crate::mailbox) struct Attempts {
    /// How often they broke.
    broken: BTreeMap<Locator, u32>,
    /// How large what was too large is, and when that was seen.
    too_large: BTreeMap<Locator, (u64, Timestamp)>,
}

impl Attempts {
    pub(in crate::mailbox) fn of(&self, locator: &Locator) -> u32 {
        self.broken.get(locator).copied().unwrap_or_default()
    }

    /// The size of a message that was too large not long ago: it is not asked for now.
    pub(in crate::mailbox) fn resting(&self, locator: &Locator, now: Timestamp) -> Option<u64> {
        let (size, seen) = self.too_large.get(locator)?;
        (*seen <= now && now.duration_since(*seen) < TOO_LARGE_RESTS).then_some(*size)
    }

    fn broke(&mut self, locator: &Locator) -> u32 {
        let broken = self.broken.entry(locator.clone()).or_default();
        *broken += 1;
        *broken
    }

    fn was_too_large(&mut self, locator: &Locator, size: u64, now: Timestamp) {
        if self.resting(locator, now).is_none() {
            self.broke(locator);
            self.too_large.insert(locator.clone(), (size, now));
        }
    }

    fn succeeded(&mut self, locator: &Locator) {
        self.broken.remove(locator);
        self.too_large.remove(locator);
    }
}

/// The downloads of one look, one after another.
pub(in crate::mailbox) struct Downloads<'a> {
    to: &'a mpsc::Sender<Fetched>,
    bounds: Bounds,
    in_a_row: u32,
    put_off: Option<Problem>,
}

impl<'a> Downloads<'a> {
    pub(in crate::mailbox) fn new(to: &'a mpsc::Sender<Fetched>, bounds: Bounds) -> Self {
        Self {
            to,
            bounds,
            in_a_row: 0,
            put_off: None,
        }
    }

    /// Hands on how a download ended at `now`, or puts it off to the next look.
    ///
    /// # Errors
    /// No other download may follow: the credentials are refused, the service is down, nobody takes messages any more.
    pub(in crate::mailbox) async fn ended(
        &mut self,
        attempts: &mut Attempts,
        listed: Listed,
        outcome: Result<Bytes, Problem>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let outcome = match outcome {
            Ok(bytes) => {
                self.in_a_row = 0;
                attempts.succeeded(&listed.locator);
                Ok(bytes)
            }
            Err(problem) if problem.class() == ErrorClass::Authentication => return Err(problem),
            Err(Problem::TooLarge(size)) => {
                attempts.was_too_large(&listed.locator, size, now);
                Err(NotFetched::TooLarge {
                    size,
                    limit: self.bounds.message_bytes.min(self.bounds.reply_bytes),
                })
            }
            Err(problem) if problem.is_about_the_message() => Err(NotFetched::Missing(problem.text())),
            Err(problem) => {
                if attempts.broke(&listed.locator) < ATTEMPTS {
                    self.in_a_row += 1;
                    if self.in_a_row >= BROKEN_IN_A_ROW {
                        return Err(problem);
                    }
                    self.put_off.get_or_insert(problem);
                    return Ok(());
                }
                Err(NotFetched::Missing(problem.text()))
            }
        };
        self.deliver(Fetched { listed, outcome }).await
    }

    /// A message takes as many places of the channel as its share of the buffer; one larger than the buffer waits until it is empty.
    async fn deliver(&self, fetched: Fetched) -> Result<(), Problem> {
        let bytes = fetched.outcome.as_ref().map_or(0, |body| body.len() as u64);
        let places = self.to.max_capacity();
        let share = bytes.saturating_mul(places as u64) / BUFFER_BYTES;
        let wanted = usize::try_from(share).unwrap_or(places).clamp(1, places);
        match timeout(CONSUMER_PATIENCE, self.to.reserve_many(wanted)).await {
            Ok(Ok(mut permits)) => {
                if let Some(permit) = permits.next() {
                    permit.send(fetched);
                }
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(Problem::NoConsumer),
        }
    }

    /// Why not everything that was asked for was answered for.
    pub(in crate::mailbox) fn put_off(self) -> Option<Problem> {
        self.put_off
    }
}
