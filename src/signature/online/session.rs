//! From a verdict that lacks something to one that lacks less: ask, keep, judge again, until nothing new comes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::hash::Sha256;
use crate::signature::online::cache::Cache;
use crate::signature::online::fetch::Fetcher;
use crate::signature::online::known::Known;
use crate::signature::online::refusal::Refusal;
use crate::signature::online::want::Want;

/// Requests under way at the same time.
const TOGETHER: usize = 4;

/// Rounds of one file: an issuer, its issuer, and the states of both need four.
const MAX_ROUNDS: usize = 8;

/// How long one round of prefetching may take; the rest is fetched in the next.
const PREFETCHING: Duration = Duration::from_secs(300);

/// Fetching and what it brought. Without a fetcher only what is in the cache is known.
pub struct Online {
    fetcher: Option<Fetcher>,
    cache: Cache,
}

impl Online {
    pub fn new(fetcher: Option<Fetcher>, cache: Cache) -> Self {
        Self { fetcher, cache }
    }

    pub fn known(&self) -> Arc<Known> {
        self.cache.known()
    }

    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    pub fn is_offline(&self) -> bool {
        self.fetcher.is_none()
    }

    /// The fetching for one file, which ends after `budget` at the latest.
    pub fn session(&self, budget: Duration) -> Session<'_> {
        Session {
            online: self,
            until: Instant::now() + budget,
            tried: BTreeSet::new(),
            rounds: 0,
            brought: 0,
            judged_with: self.known(),
        }
    }

    /// Fetches lists in use before they are over. Says how many came.
    pub async fn prefetch(&self, now: Timestamp) -> usize {
        let until = Instant::now() + PREFETCHING;
        let mut came = 0;
        for want in self.cache.ending(now) {
            came += usize::from(self.get(&want, false, now, until).await);
        }
        came
    }

    /// True when something came that was not here.
    async fn get(&self, want: &Want, asked: bool, now: Timestamp, until: Instant) -> bool {
        let Some(fetcher) = &self.fetcher else { return false };
        if fetcher.rests(want, now) || Instant::now() >= until {
            return false;
        }
        let objects = match fetcher.fetch(want, now, until).await {
            Ok(objects) => objects,
            Err(refusal) => {
                self.cache.refuse(want, refusal);
                return false;
            }
        };
        let mut came = false;
        for object in objects {
            match self.cache.put(&object, want, asked, now) {
                Ok(()) => came = true,
                Err(problem) => {
                    let host = want.urls.first().cloned().unwrap_or_default();
                    self.cache.refuse(want, Refusal::Content { host, problem });
                }
            }
        }
        came
    }
}

/// The fetching for one file.
pub struct Session<'o> {
    online: &'o Online,
    until: Instant,
    tried: BTreeSet<Sha256>,
    rounds: usize,
    brought: usize,
    /// What was known when it was last said that judging is worth while.
    judged_with: Arc<Known>,
}

impl Session<'_> {
    /// Fetches what is wanted and was not tried yet: of each certificate the best answer only, the next best when that did not settle it.
    /// True when it is worth judging again: something came, or there is a new reason why nothing did.
    pub async fn fetch(&mut self, wants: &[Want], now: Timestamp) -> bool {
        while self.may_ask() {
            let round = self.next_round(wants);
            if round.is_empty() {
                return false;
            }
            self.rounds += 1;
            let (online, until) = (self.online, self.until);
            let asked = round
                .into_iter()
                .map(|want| async move { online.get(&want, true, now, until).await });
            let answers: Vec<bool> = stream::iter(asked).buffer_unordered(TOGETHER).collect().await;
            self.brought += answers.into_iter().filter(|came| *came).count();
            // Others fetch too: what they brought in the meantime counts as well.
            let before = std::mem::replace(&mut self.judged_with, online.known());
            if !Arc::ptr_eq(&before, &self.judged_with) {
                return true;
            }
        }
        false
    }

    fn may_ask(&self) -> bool {
        self.online.fetcher.is_some() && self.rounds < MAX_ROUNDS && Instant::now() < self.until
    }

    fn next_round(&mut self, wants: &[Want]) -> Vec<Want> {
        let mut asking: BTreeSet<Sha256> = BTreeSet::new();
        let mut round = Vec::new();
        for want in wants {
            let key = want.key();
            if !self.tried.contains(&key) && asking.insert(want.certificate.sha256) {
                self.tried.insert(key);
                round.push(want.clone());
            }
        }
        round
    }

    /// Objects that came so far.
    pub fn brought(&self) -> usize {
        self.brought
    }
}
