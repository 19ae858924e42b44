//! The line to one account at a provider's service: what a mailbox of any of them keeps between two questions, and what it leaves behind when
//! it breaks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Client;

use super::download::{Attempts, Downloads};
use super::http::{self, Bounds};
use super::problem::Problem;
use crate::clock::{SharedClock, SystemClock};
use crate::mailbox::{Listing, MailboxError, Wake};
use crate::secret::{Secret, SecretFolder};

/// What went wrong, and at which step.
pub(in crate::mailbox) type Failure = (&'static str, Problem);

pub(in crate::mailbox) type Step<T> = Result<T, Failure>;

pub(in crate::mailbox) struct Line {
    /// Of the mailbox, in the configuration.
    name: String,
    ca_file: PathBuf,
    secrets: SecretFolder,
    clock: SharedClock,
    pub(in crate::mailbox) bounds: Bounds,
    /// Lives as long as a check, and is shared with other checks: between them it would only hold dead connections and the authorities' certificates.
    client: Option<Arc<Client>>,
    pub(in crate::mailbox) attempts: Attempts,
    /// Why the last listing is not whole: the messages that it named are taken first, then the check fails with this.
    deferred: Option<Failure>,
}

impl Line {
    pub(in crate::mailbox) fn new(name: &str, ca_file: &Path, secrets: SecretFolder, bounds: Bounds) -> Self {
        Self {
            name: name.to_owned(),
            ca_file: ca_file.to_owned(),
            secrets,
            clock: Arc::new(SystemClock),
            bounds,
            client: None,
            attempts: Attempts::default(),
            deferred: None,
        }
    }

    pub(in crate::mailbox) fn set_clock(&mut self, clock: SharedClock) {
        self.clock = clock;
    }

    pub(in crate::mailbox) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(in crate::mailbox) fn client(&mut self) -> Step<Arc<Client>> {
        if let Some(client) = &self.client {
            return Ok(Arc::clone(client));
        }
        let client = http::client(&self.ca_file, &self.bounds).map_err(|problem| ("connect", problem))?;
        self.client = Some(Arc::clone(&client));
        Ok(client)
    }

    pub(in crate::mailbox) fn secret(&self, file: &Path) -> Step<Secret> {
        let secret = self.secrets.read(file);
        secret.map_err(|error| ("login", Problem::Configuration(error.text())))
    }

    /// A look begins: what broke at the last one is over.
    pub(in crate::mailbox) fn begin(&mut self) {
        self.deferred = None;
    }

    /// Something of the listing is missing; the first reason is told.
    pub(in crate::mailbox) fn defer(&mut self, failure: Failure) {
        self.deferred.get_or_insert(failure);
    }

    /// The listing, unless it is not whole and names nothing that could be taken first.
    pub(in crate::mailbox) fn listed(&mut self, listing: Listing) -> Step<Listing> {
        match self.deferred.take_if(|_| listing.new.is_empty()) {
            Some(failure) => Err(failure),
            None => Ok(listing),
        }
    }

    /// How the downloads of a look ended, all in all.
    pub(in crate::mailbox) fn fetched(&mut self, downloads: Downloads<'_>) -> Step<()> {
        match downloads.put_off().map(|problem| ("fetch", problem)).or(self.deferred.take()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    pub(in crate::mailbox) fn error(&self, (step, problem): Failure) -> MailboxError {
        problem.into_error(&self.name, step)
    }

    /// There is no session: between two looks nothing stays open.
    pub(in crate::mailbox) fn hang_up(&mut self) {
        self.client = None;
    }

    /// No service tells by itself that something came.
    pub(in crate::mailbox) async fn rest(&mut self, limit: Duration) -> Wake {
        self.hang_up();
        tokio::time::sleep(limit).await;
        Wake::Elapsed
    }
}
