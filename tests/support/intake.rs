//! The smallest consumer of a mailbox: it remembers bodies and locators. A test that runs the whole gateway puts its own in this place.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use kep_gateway::hash::Sha256;
use kep_gateway::mailbox::{Fetched, FolderState, Listing, Locator, Mailbox, MailboxError, NotFetched};
use tokio::sync::mpsc;

/// What takes the messages of a mailbox and makes them durable.
#[async_trait]
pub trait Consumer: Send {
    /// Locators with a durable record.
    fn known(&self) -> BTreeSet<Locator>;
    /// What the last complete listing said of each folder.
    fn last_states(&self) -> Vec<FolderState>;
    async fn take(&mut self, fetched: Fetched);
    fn listed(&mut self, listing: &Listing);
}

/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct Intake {
    pub known: BTreeSet<Locator>,
    pub bodies: BTreeMap<Sha256, usize>,
    /// How often a body came under each locator.
    pub deliveries: BTreeMap<Locator, usize>,
    pub missing: Vec<(Locator, NotFetched)>,
    pub oddities: usize,
    pub states: Vec<FolderState>,
}

#[async_trait]
impl Consumer for Intake {
    fn known(&self) -> BTreeSet<Locator> {
        self.known.clone()
    }

    fn last_states(&self) -> Vec<FolderState> {
        self.states.clone()
    }

    async fn take(&mut self, fetched: Fetched) {
        let locator = fetched.listed.locator;
        match fetched.outcome {
            Ok(body) => {
                *self.bodies.entry(Sha256::of(&body)).or_default() += 1;
                *self.deliveries.entry(locator.clone()).or_default() += 1;
                self.known.insert(locator);
            }
            Err(reason) => self.missing.push((locator, reason)),
        }
    }

    fn listed(&mut self, listing: &Listing) {
        self.oddities += listing.oddities.len();
        self.states = listing.folders.clone();
    }
}

/// How a pass went.
pub struct Pass {
    pub listing: Listing,
    /// Messages that were answered for.
    pub answered: usize,
}

/// One pass as the daemon makes it: list, then fetch what has no record.
pub async fn pass(mailbox: &mut dyn Mailbox, consumer: &mut dyn Consumer) -> Result<Pass, MailboxError> {
    let listing = mailbox.list(&consumer.known()).await?;
    consumer.listed(&listing);
    let wanted = listing.new.clone();
    if wanted.is_empty() {
        return Ok(Pass { listing, answered: 0 });
    }
    let asked: BTreeSet<Locator> = wanted.iter().map(|listed| listed.locator.clone()).collect();
    let (to, mut from) = mpsc::channel::<Fetched>(8);
    let taking = async {
        let mut answered = BTreeSet::new();
        while let Some(fetched) = from.recv().await {
            assert!(
                asked.contains(&fetched.listed.locator),
                "nobody asked for {:?}",
                fetched.listed.locator
            );
            assert!(answered.insert(fetched.listed.locator.clone()), "answered twice in one fetch");
            consumer.take(fetched).await;
        }
        answered
    };
    let (fetched, answered) = tokio::join!(mailbox.fetch(wanted, to), taking);
    fetched?;
    assert_eq!(answered, asked, "a fetch that succeeds answers for every message");
    Ok(Pass {
        listing,
        answered: answered.len(),
    })
}
