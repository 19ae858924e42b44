//! mailbox -> store: one look into a mailbox, from the listing to the last durable byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Pipeline, PipelineError, refused};
use crate::alert::causes;
use crate::hash::Sha256;
use crate::ledger::LedgerError;
use crate::ledger::event::{Checked, Event, Fetched as FetchedEvent, Missing, NotTaken, Renumbered, Standing};
use crate::mailbox::config::MailboxConfig;
use crate::mailbox::folder::is_same_file;
use crate::mailbox::import::hash_in;
use crate::mailbox::{self, Credit, ErrorClass, Fetched, FolderState, Listed, Listing, Locator, Mailbox, MailboxError};
use crate::store::pins::Pinned;
use crate::text::Text;

/// Messages that wait between the server and the disk. The mailbox bounds their bytes itself.
const IN_FLIGHT: usize = 16;

/// Messages that are made durable together: enough to share the cost of the disk's flush.
const TOGETHER: usize = 64;

/// Bytes that are made durable together: bounds the memory where messages are large.
const TOGETHER_BYTES: usize = 16 << 20;

/// Locators in one record: bounds the record where a mailbox of years is taken over.
const SEEN_TOGETHER: usize = 10_000;

/// What is left aside in a folder is named in the record up to this number; the rest is a number.
const NAMED: usize = 100;

/// What a look into a mailbox brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    pub listed: u64,
    pub new: u64,
    pub missing: u64,
}

impl Pipeline {
    /// A mailbox that knows what the last journaled look saw, and the locators that have a durable record. Nothing is connected yet.
    ///
    /// # Errors
    /// The settings contradict each other, these credentials were refused before, or the index cannot be read.
    pub fn open(&self, config: &MailboxConfig) -> Result<(Box<dyn Mailbox>, BTreeSet<Locator>), PipelineError> {
        let settings = self.settings();
        if let Some(refused) = refused::before(&self.ledger, config, &settings.secrets)? {
            return Err(refused.into());
        }
        let mut mailbox = mailbox::open(config, &settings.secrets, &settings.limits)?;
        let known = self.recollect(&mut *mailbox)?;
        Ok((mailbox, known))
    }

    /// Gives a mailbox its last listing back after a start, and returns the locators that have a durable record.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn recollect(&self, mailbox: &mut dyn Mailbox) -> Result<BTreeSet<Locator>, LedgerError> {
        mailbox.recall(self.ledger.mailbox(mailbox.name())?.folders);
        self.ledger.known(mailbox.name())
    }

    /// Lists, fetches what has no durable record, keeps it, and records the check. `known` is kept up to date.
    ///
    /// # Errors
    /// The server or the disk failed. What was durable before stays; the rest is fetched at the next look.
    pub async fn check(&self, mailbox: &mut dyn Mailbox, known: &mut BTreeSet<Locator>) -> Result<Brought, PipelineError> {
        let name = mailbox.name().to_owned();
        let Listing {
            folders,
            new,
            present,
            oddities,
        } = mailbox.list(known).await?;
        // A known locator that is listed as new may mean another message now: until its bytes are here it is a hole like any other.
        for listed in &new {
            known.remove(&listed.locator);
        }
        for some in new.chunks(SEEN_TOGETHER) {
            self.ledger
                .see(&name, some.iter().map(|listed| listed.locator.clone()).collect(), folders.clone())
                .await?;
        }
        let is_odd = self.report_oddities(&name, oddities).await?;
        self.report_not_taken(&name, mailbox.not_taken()).await?;
        let asked = new.len() as u64;
        let kept = self.fetch_and_keep(mailbox, new, known).await?;
        // A folder that was just found renumbered, or whose count does not fit, is no ground to call a message lost; the next look is.
        if !mailbox.lists_everything() {
            self.fill_holes(&name).await?;
        } else if !is_odd {
            self.review_holes(&name, &folders, &present, kept == asked).await?;
        }
        let quota = unless_refused(mailbox.quota().await, "the quota could not be asked for")?;
        let credit = unless_refused(mailbox.credit().await, "the credit could not be asked for")?;
        self.watch_credit(&name, credit).await?;
        self.forget_refused(&name).await?;
        let checked = Checked {
            mailbox: name,
            at: self.now(),
            folders,
            listed: present.len() as u64,
            new: kept,
            quota,
        };
        self.ledger.append(Event::Checked(checked)).await?;
        Ok(Brought {
            listed: present.len() as u64,
            new: kept,
            missing: asked - kept,
        })
    }

    /// The server and the disk work at the same time. Returns how many messages are durable now.
    async fn fetch_and_keep(
        &self,
        mailbox: &mut dyn Mailbox,
        new: Vec<Listed>,
        known: &mut BTreeSet<Locator>,
    ) -> Result<u64, PipelineError> {
        if new.is_empty() {
            return Ok(0);
        }
        let name = mailbox.name().to_owned();
        let (to, from) = mpsc::channel(IN_FLIGHT);
        let (fetched, kept) = tokio::join!(mailbox.fetch(new, to), self.keep(&name, from, known));
        // A full disk makes the fetch fail too: the disk is the reason worth hearing.
        let kept = kept?;
        fetched?;
        Ok(kept)
    }

    async fn keep(&self, mailbox: &str, mut from: mpsc::Receiver<Fetched>, known: &mut BTreeSet<Locator>) -> Result<u64, PipelineError> {
        let mut kept = 0;
        while let Some(first) = from.recv().await {
            let group = gather(first, &mut from);
            let durable = self.keep_group(mailbox, group).await?;
            kept += durable.len() as u64;
            known.extend(durable);
            self.news.notify_one();
        }
        Ok(kept)
    }

    /// Blob durable, journal durable: in this order. Returns the locators that are durable now.
    async fn keep_group(&self, mailbox: &str, group: Vec<Fetched>) -> Result<Vec<Locator>, PipelineError> {
        let mut arrived: Vec<(Listed, Bytes)> = Vec::new();
        let mut missing = Vec::new();
        for Fetched { listed, outcome } in group {
            match outcome {
                Ok(bytes) => arrived.push((listed, bytes)),
                Err(problem) => missing.push((listed.locator, problem.text())),
            }
        }
        let (listed, bytes): (Vec<Listed>, Vec<Bytes>) = arrived.into_iter().unzip();
        let sizes: Vec<u64> = bytes.iter().map(|bytes| bytes.len() as u64).collect();
        let (hashes, pinned) = self.put_all(bytes).await?;
        let now = self.now();
        let events: Vec<FetchedEvent> = listed
            .iter()
            .zip(hashes)
            .zip(sizes)
            .map(|((listed, sha256), size)| FetchedEvent {
                mailbox: mailbox.to_owned(),
                locator: listed.locator.clone(),
                sha256,
                size,
                arrived: listed.arrived,
                at: now,
            })
            .collect();
        self.ledger
            .commit(move |decision| events.into_iter().try_for_each(|event| decision.record(Event::Fetched(event))))
            .await?;
        drop(pinned);
        self.report_missing(mailbox, missing).await?;
        Ok(listed.into_iter().map(|listed| listed.locator).collect())
    }

    async fn put_all(&self, bytes: Vec<Bytes>) -> Result<(Vec<Sha256>, Pinned), PipelineError> {
        let ledger = std::sync::Arc::clone(&self.ledger);
        let put = tokio::task::spawn_blocking(move || super::keeping::put(&ledger, &bytes)).await;
        Ok(put.map_err(|error| PipelineError::Broken(error.to_string()))??)
    }

    /// Low credit is told when it begins, and its end is noted.
    async fn watch_credit(&self, mailbox: &str, credit: Option<Credit>) -> Result<(), PipelineError> {
        let Some(credit) = credit else { return Ok(()) };
        let alarm = format!("credit/{mailbox}");
        if credit.is_low == self.ledger.standing(&alarm)?.is_some() {
            return Ok(());
        }
        let now = self.now();
        if credit.is_low {
            self.raise(vec![causes::low_credit(mailbox, &credit.amount, &credit.unit, now)])
                .await?;
        }
        let standing = Standing {
            alarm,
            since: credit.is_low.then_some(now),
            facts: BTreeMap::from([("amount".to_owned(), credit.amount), ("unit".to_owned(), credit.unit)]),
        };
        Ok(self.ledger.append(Event::Standing(standing)).await?)
    }

    /// Oddities are told when they change, not at every look. Says whether there was something to tell.
    async fn report_oddities(&self, mailbox: &str, oddities: Vec<Text>) -> Result<bool, PipelineError> {
        let before = self
            .oddities
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(mailbox.to_owned(), oddities.clone());
        if oddities.is_empty() || before.as_ref() == Some(&oddities) {
            return Ok(false);
        }
        self.raise(vec![causes::mailbox_oddities(mailbox, &oddities, self.now())]).await?;
        Ok(true)
    }

    /// What lies in a mailbox and is not taken is recorded when it changes, and what is new of it is told: it may be a message whose time runs.
    async fn report_not_taken(&self, mailbox: &str, all: &[Text]) -> Result<(), PipelineError> {
        let known = self.ledger.mailbox(mailbox)?;
        let files: Vec<Text> = all.iter().take(NAMED).cloned().collect();
        let count = all.len() as u64;
        if known.not_taken == count && known.not_taken_files == files {
            return Ok(());
        }
        let new: Vec<Text> = files.iter().filter(|text| !known.not_taken_files.contains(text)).cloned().collect();
        if !new.is_empty() || count > known.not_taken {
            tracing::warn!(mailbox, not_taken = count, "something lies in the folder and was not taken");
            self.raise(vec![causes::not_taken(mailbox, &new, count, self.now())]).await?;
        }
        let not_taken = NotTaken {
            mailbox: mailbox.to_owned(),
            count,
            files,
        };
        Ok(self.ledger.append(Event::NotTaken(not_taken)).await?)
    }

    /// Holes of files that were handed over, whose bytes came since, under whatever name or way.
    async fn fill_holes(&self, mailbox: &str) -> Result<(), PipelineError> {
        let mut filled = Vec::new();
        for hole in self.ledger.holes_of(mailbox)? {
            let sha256 = hash_in(&hole.locator);
            if sha256.is_some_and(|sha256| self.ledger.message(&sha256).is_ok_and(|known| known.is_some())) {
                filled.push(hole.locator);
            }
        }
        if filled.is_empty() {
            return Ok(());
        }
        let filled = Renumbered {
            mailbox: mailbox.to_owned(),
            locators: filled,
        };
        Ok(self.ledger.append(Event::Renumbered(filled)).await?)
    }

    /// Holes that no later fetch will fill. In a renumbered folder every message came under a new locator, so the old ones are closed as soon
    /// as all of those are durable. What the server lists no more without that is lost to us: an alarm, and it stays a hole.
    async fn review_holes(
        &self,
        mailbox: &str,
        folders: &[FolderState],
        present: &BTreeSet<Locator>,
        complete: bool,
    ) -> Result<(), PipelineError> {
        let mut absent: Vec<Locator> = self.ledger.holes_of(mailbox)?.into_iter().map(|hole| hole.locator).collect();
        absent.retain(|locator| !present.contains(locator) && folders.iter().any(|state| state.folder == locator.folder));
        let (renumbered, lost): (Vec<Locator>, Vec<Locator>) = absent
            .into_iter()
            .partition(|locator| folders.iter().any(|state| state.outdates(locator)));
        // A dropped file that was put in the place of one that nobody had taken yet: what lies there now came under a locator of its own.
        let (replaced, lost): (Vec<Locator>, Vec<Locator>) = lost.into_iter().partition(|locator| is_replaced(locator, present));
        if complete && !replaced.is_empty() {
            self.raise(vec![causes::mailbox_oddities(
                mailbox,
                &replaced.iter().map(replaced_file).collect::<Vec<_>>(),
                self.now(),
            )])
            .await?;
        }
        let renumbered = [renumbered, replaced].concat();
        if complete && !renumbered.is_empty() {
            self.ledger
                .append(Event::Renumbered(Renumbered {
                    mailbox: mailbox.to_owned(),
                    locators: renumbered,
                }))
                .await?;
        }
        self.report_missing(
            mailbox,
            lost.into_iter()
                .map(|locator| (locator, Text::new("sunucu artık listelemiyor", "the server lists it no more")))
                .collect(),
        )
        .await
    }

    /// A hole is recorded when it opens and when its reason changes, not at every look.
    async fn report_missing(&self, mailbox: &str, missing: Vec<(Locator, Text)>) -> Result<(), PipelineError> {
        let at = self.now();
        let mut changed = Vec::new();
        for (locator, problem) in missing {
            if self
                .ledger
                .hole(mailbox, &locator)?
                .is_none_or(|hole| hole.problem.as_ref() != Some(&problem))
            {
                changed.push(Missing {
                    mailbox: mailbox.to_owned(),
                    locator,
                    problem,
                    at,
                });
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        // Told first: a crash between the two tells it twice, never not at all.
        self.raise(vec![causes::missing_message(mailbox, changed.len() as u64, at)]).await?;
        Ok(self
            .ledger
            .commit(move |decision| changed.into_iter().try_for_each(|missing| decision.record(Event::Missing(missing))))
            .await?)
    }
}

/// The duty is to look for messages, and that is done when quota and credit are asked for. Refused credentials are another thing: to ask once
/// more may lock the account.
fn unless_refused<T>(answer: Result<Option<T>, MailboxError>, what: &str) -> Result<Option<T>, MailboxError> {
    answer.or_else(|error| match error.class {
        ErrorClass::Authentication => Err(error),
        ErrorClass::Transient | ErrorClass::Permanent => {
            tracing::warn!(mailbox = error.mailbox, %error, "{what}");
            Ok(None)
        }
    })
}

/// A file of the same name lies there now.
fn is_replaced(locator: &Locator, present: &BTreeSet<Locator>) -> bool {
    let name = locator.id.split('/').next().unwrap_or_default();
    let first = Locator {
        id: format!("{name}/"),
        ..locator.clone()
    };
    present.range(first..).next().is_some_and(|next| is_same_file(locator, next))
}

fn replaced_file(locator: &Locator) -> Text {
    let name = locator.id.split('/').next().unwrap_or_default();
    Text::new(
        format!("'{name}' alınmadan önce aynı adla değiştirildi; şimdiki içeriği alındı, öncekini bırakan programa sorun."),
        format!(
            "'{name}' was replaced under the same name before it was taken; its present content was taken, ask the program that dropped the earlier one."
        ),
    )
}

/// What is already waiting, within the bounds of one group.
fn gather(first: Fetched, from: &mut mpsc::Receiver<Fetched>) -> Vec<Fetched> {
    let size = |fetched: &Fetched| fetched.outcome.as_ref().map_or(0, Bytes::len);
    let mut bytes = size(&first);
    let mut group = vec![first];
    while group.len() < TOGETHER && bytes < TOGETHER_BYTES {
        let Ok(next) = from.try_recv() else { break };
        bytes += size(&next);
        group.push(next);
    }
    group
}
