//! A folder as a mailbox: files that an operator or another program drops, or a Maildir. Works with every provider.
//!
//! A dropped file is told apart by name, size and time together (`ileti.eml/1234-1766000000.000000000`): portals save each message under
//! the same name, and a second message must not hide behind the record of the first. A Maildir name is unique for ever, so there the
//! part before the flags (`:2,S`) is the whole identity.

mod aside;
mod look;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rustix::io::Errno;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use self::look::{DROP, Found, Look, MAILDIR, age, folder_times, look};
use self::read::{SharedPlaces, read_by_id};
use crate::limits::Limits;
use crate::mailbox::config::FolderConfig;
use crate::mailbox::{ErrorClass, Fetched, FolderState, Listed, Listing, Locator, Mailbox, MailboxError, NotFetched, Quota, Wake};
use crate::regular_file;
use crate::text::Text;

/// A file system that does not answer within this (a network share that is gone) is an error.
const FILE_DEADLINE: Duration = Duration::from_secs(120);
/// How often the folder's own time is looked at while waiting.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A drop folder or a Maildir.
pub struct FolderMailbox {
    config: FolderConfig,
    message_limit: u64,
    /// What the last listing found and did not take.
    not_taken: Vec<Text>,
}

impl FolderMailbox {
    pub fn new(config: FolderConfig, limits: &Limits) -> Self {
        Self {
            config,
            message_limit: limits.message_bytes,
            not_taken: Vec::new(),
        }
    }

    async fn look(&self) -> Result<Look, MailboxError> {
        let path = self.config.path.clone();
        self.on_disk("list", move || look(&path)).await
    }

    /// Looks, and looks again at what is too young: a file that stands still between two looks is finished.
    async fn look_until_settled(&self) -> Result<Look, MailboxError> {
        let mut look = self.look().await?;
        let settle = self.config.settle;
        let found = std::mem::take(&mut look.found);
        let (young, settled): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|file| file.within.is_none() && age(file).is_none_or(|age| age < settle));
        look.found = settled;
        if young.is_empty() {
            return Ok(look);
        }
        sleep(settle).await;
        let again = self.look().await?;
        look.found.extend(young.into_iter().filter(|file| again.found.contains(file)));
        Ok(look)
    }

    /// File work runs where it may block, under a deadline.
    async fn on_disk<T: Send + 'static>(
        &self,
        step: &'static str,
        work: impl FnOnce() -> Result<T, Errno> + Send + 'static,
    ) -> Result<T, MailboxError> {
        let problem = match timeout(FILE_DEADLINE, tokio::task::spawn_blocking(work)).await {
            Ok(Ok(Ok(done))) => return Ok(done),
            Ok(Ok(Err(errno))) => regular_file::reason(&errno.into()),
            Ok(Err(_panic)) => Text::new("iş yarıda kaldı", "the work broke off"),
            Err(_elapsed) => {
                let limit = FILE_DEADLINE.as_secs();
                Text::new(
                    format!("dosya sistemi {limit} s içinde yanıt vermedi"),
                    format!("the file system did not answer within {limit} s"),
                )
            }
        };
        Err(MailboxError {
            mailbox: self.config.name.clone(),
            step,
            class: ErrorClass::Transient,
            problem: Box::new(Text::new(
                format!("{}: {}", self.config.path.display(), problem.tr),
                format!("{}: {}", self.config.path.display(), problem.en),
            )),
            cure: Text::new(
                "Klasörün var olduğunu, bağlı (mount) olduğunu ve ağ geçidinin kullanıcısınca okunabildiğini denetleyin.",
                "Check that the folder exists, is mounted and can be read by the gateway's user.",
            ),
        })
    }

    async fn read(&self, listed: &Listed, places: &SharedPlaces) -> Result<Result<Bytes, NotFetched>, MailboxError> {
        let (path, id, places) = (self.config.path.clone(), listed.locator.id.clone(), Arc::clone(places));
        let (maildir, limit) = (listed.locator.folder == MAILDIR, self.message_limit);
        let read = move || {
            let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
            read_by_id(&path, maildir.then_some(&mut *places), &id, limit)
        };
        self.on_disk("fetch", read).await
    }
}

/// Whether two locators name the same file of a drop folder, at different times: one was put in the place of the other.
pub fn is_same_file(one: &Locator, other: &Locator) -> bool {
    let name = |locator: &Locator| locator.id.split_once('/').map(|(name, _)| name.to_owned());
    let is_dropped = |locator: &Locator| locator.folder == DROP && locator.epoch == 0;
    is_dropped(one) && is_dropped(other) && name(one).is_some() && name(one) == name(other)
}

#[async_trait]
impl Mailbox for FolderMailbox {
    fn name(&self) -> &str {
        &self.config.name
    }

    async fn list(&mut self, known: &BTreeSet<Locator>) -> Result<Listing, MailboxError> {
        let mut look = self.look_until_settled().await?;
        look.odd.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.not_taken = look.odd.into_iter().map(|(_name, text)| text).collect();
        let listed: BTreeMap<Locator, Listed> = look
            .found
            .iter()
            .map(Found::listed)
            .map(|listed| (listed.locator.clone(), listed))
            .collect();
        let state = FolderState {
            listed: None,
            folder: if look.maildir { MAILDIR } else { DROP }.to_owned(),
            epoch: 0,
            next_uid: None,
            exists: listed.len() as u64,
        };
        Ok(Listing {
            folders: vec![state],
            present: listed.keys().cloned().collect(),
            new: listed.into_values().filter(|listed| !known.contains(&listed.locator)).collect(),
            oddities: Vec::new(),
        })
    }

    fn not_taken(&self) -> &[Text] {
        &self.not_taken
    }

    async fn fetch(&mut self, wanted: Vec<Listed>, to: mpsc::Sender<Fetched>) -> Result<(), MailboxError> {
        let places = SharedPlaces::default();
        for listed in wanted {
            let outcome = self.read(&listed, &places).await?;
            if to.send(Fetched { listed, outcome }).await.is_err() {
                break; // Nobody takes them any more; there is no session to end.
            }
        }
        Ok(())
    }

    /// The folder is left as found.
    async fn acknowledge(&mut self, _locator: &Locator) -> Result<(), MailboxError> {
        Ok(())
    }

    async fn quota(&mut self) -> Result<Option<Quota>, MailboxError> {
        Ok(None)
    }

    async fn wait(&mut self, limit: Duration) -> Result<Wake, MailboxError> {
        let end = Instant::now() + limit;
        let path = self.config.path.clone();
        let times = |path: PathBuf| async { self.on_disk("wait", move || Ok(folder_times(&path))).await };
        let before = times(path.clone()).await?;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Wake::Elapsed);
            }
            sleep(left.min(LOOK_EVERY)).await;
            if times(path.clone()).await? != before {
                return Ok(Wake::Changed);
            }
        }
    }

    async fn close(&mut self) {}
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod folder_tests;
