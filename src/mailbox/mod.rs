//! What lies in the mailbox, and give me its bytes? Knows nothing of MIME, signatures or the store.

pub mod backoff;
pub mod config;
pub mod decryption;
pub mod eyservis;
pub mod folder;
pub mod imap;
pub mod import;
mod last_answer;
pub mod soap;
pub mod turkkep;

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::hash::Sha256;
use crate::limits::Limits;
use crate::secret::SecretFolder;
use crate::text::Text;

use self::config::MailboxConfig;
use self::eyservis::EyServisMailbox;
use self::folder::FolderMailbox;
use self::imap::ImapMailbox;
use self::turkkep::TurkkepMailbox;

/// Makes the mailbox that a `[[mailbox]]` table describes. Nothing is connected yet; secrets are read at each login, so that a changed
/// password file is seen without a restart.
///
/// # Errors
/// The settings contradict each other.
pub fn open(config: &MailboxConfig, secrets: &SecretFolder, limits: &Limits) -> Result<Box<dyn Mailbox>, MailboxError> {
    match config {
        MailboxConfig::Imap(imap) => Ok(Box::new(ImapMailbox::new(imap.clone(), secrets.clone(), limits)?)),
        MailboxConfig::Folder(folder) => Ok(Box::new(FolderMailbox::new(folder.clone(), limits))),
        MailboxConfig::EyServis(service) => Ok(Box::new(EyServisMailbox::new(service.clone(), secrets.clone(), limits)?)),
        MailboxConfig::Turkkep(service) => Ok(Box::new(TurkkepMailbox::new(service.clone(), secrets.clone(), limits)?)),
    }
}

/// Where one message lies on its server: unique for as long as the server keeps its promises, see RFC 9051 2.3.1.1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Locator {
    pub folder: String,
    /// IMAP: UIDVALIDITY. Folder mailbox and services: 0.
    pub epoch: u32,
    /// IMAP: the UID in decimal. Drop folder: `name/size-time`, see [`folder`]. Maildir: the unique part of the name. eyServis: the kepId.
    /// TÜRKKEP: the kepUID and the message's identifier.
    pub id: String,
}

/// One message that the server lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub locator: Locator,
    /// Bytes, where the server says (RFC822.SIZE).
    pub size: Option<u64>,
    /// When the server took it in (INTERNALDATE, the file's time).
    pub arrived: Option<Timestamp>,
}

/// What one listing of one folder said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderState {
    pub folder: String,
    pub epoch: u32,
    /// IMAP: UIDNEXT. After it went back, the higher value stays here until every message was fetched anew.
    pub next_uid: Option<u32>,
    /// How many messages the server counts there.
    pub exists: u64,
    /// eyServis, which is asked by date: the days of which everything is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<ListedDays>,
}

/// Days, both included, of which every message was listed and has a durable record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDays {
    pub from: Date,
    pub through: Date,
}

impl FolderState {
    /// Whether the folder was numbered anew since this locator was given: under another UIDVALIDITY, or at or above UIDNEXT, it can
    /// mean no message.
    pub fn outdates(&self, locator: &Locator) -> bool {
        let beyond = |next: u32| locator.id.parse::<u32>().is_ok_and(|uid| uid >= next);
        self.folder == locator.folder && (self.epoch != locator.epoch || self.next_uid.is_some_and(beyond))
    }
}

/// What a whole listing of a mailbox brought.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    pub folders: Vec<FolderState>,
    /// Messages whose locator is not in the `known` set that was given. Every UID of the server is either known or here.
    pub new: Vec<Listed>,
    /// Every locator that the server lists now, for reconciliation.
    pub present: BTreeSet<Locator>,
    /// Oddities that a person should hear of: a UIDVALIDITY change, a UIDNEXT that went back, a count that does not fit.
    pub oddities: Vec<Text>,
}

/// The end of one message's fetch.
#[derive(Debug)]
pub struct Fetched {
    pub listed: Listed,
    pub outcome: Result<Bytes, NotFetched>,
}

/// Why the server's message did not come, while the session goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFetched {
    /// Listed, asked for, not delivered: alarm, and try again at each pass.
    #[error("the server listed the message and did not deliver it: {}", .0.en)]
    Missing(Text),
    /// Larger than `limits.message_bytes`: kept on the server, alarmed, shown as a hole.
    #[error("the message has {size} bytes, the limit is {limit}")]
    TooLarge { size: u64, limit: u64 },
}

impl NotFetched {
    /// For people.
    pub fn text(&self) -> Text {
        match self {
            Self::Missing(why) => Text::new(
                format!("listelendi ama alınamadı: {}", why.tr),
                format!("listed and not delivered: {}", why.en),
            ),
            Self::TooLarge { size, limit } => Text::new(
                format!("{size} bayt; sınır {limit} (limits.message_bytes)"),
                format!("{size} bytes; the limit is {limit} (limits.message_bytes)"),
            ),
        }
    }
}

/// Bytes used and allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    pub used_bytes: u64,
    pub limit_bytes: u64,
}

impl Quota {
    /// Whole per cent used; 100 when the limit is nil.
    pub fn percent(&self) -> u64 {
        (self.used_bytes.saturating_mul(100)).checked_div(self.limit_bytes).unwrap_or(100)
    }
}

/// What sending costs from (kontör).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// As the service says it.
    pub amount: String,
    /// What is counted, in the service's word.
    pub unit: String,
    /// Below what the configuration calls low.
    pub is_low: bool,
}

/// Why [`Mailbox::wait`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// The server said that something changed.
    Changed,
    /// The time is over.
    Elapsed,
}

/// A mailbox: one session, used by one task, one command after another.
///
/// Any error means that the session is gone: the next call opens a new one. No call waits without a deadline.
#[async_trait]
pub trait Mailbox: Send {
    /// The name in the configuration.
    fn name(&self) -> &str;

    /// Gives back what the last journaled listing said, once after a start: it shows a UIDNEXT that went back while nobody looked.
    fn recall(&mut self, _last: Vec<FolderState>) {}

    /// Opens the session ahead of the first listing, for a caller that has something else to do meanwhile. Not needed: listing does it too.
    async fn connect(&mut self) -> Result<(), MailboxError> {
        Ok(())
    }

    /// Lists every folder. `known` holds the locators that have a durable record: their bodies are never asked for again.
    async fn list(&mut self, known: &BTreeSet<Locator>) -> Result<Listing, MailboxError>;

    /// What the last listing found and did not take, each in a sentence that names it, says why and what to do; in an order of its own, so that
    /// the same is said alike.
    fn not_taken(&self) -> &[Text] {
        &[]
    }

    /// Whether a listing names everything that is there. Of one that names only what it was handed, what it does not name is not gone.
    fn lists_everything(&self) -> bool {
        true
    }

    /// Fetches bodies without touching flags and sends each end of a message into `to`, in any order.
    /// When this returns `Ok`, every asked message was answered for exactly once. When it returns an error, those not yet sent are simply not fetched.
    async fn fetch(&mut self, wanted: Vec<Listed>, to: mpsc::Sender<Fetched>) -> Result<(), MailboxError>;

    /// Marks one message on the server as taken (a flag, a move or a deletion, as configured; nothing by default).
    async fn acknowledge(&mut self, locator: &Locator) -> Result<(), MailboxError>;

    /// Whether [`Mailbox::acknowledge`] has anything to do on the server with this one. What it has not is never recorded as acknowledged.
    fn takes_acknowledgement(&self, _locator: &Locator) -> bool {
        true
    }

    /// The id of the message whose evidence this locator names, where the mailbox lists evidence on its own.
    fn evidence_of<'a>(&self, _locator: &'a Locator) -> Option<&'a str> {
        None
    }

    /// The mailbox quota, where the server tells.
    async fn quota(&mut self) -> Result<Option<Quota>, MailboxError>;

    /// The credit for sending, where the server tells.
    async fn credit(&mut self) -> Result<Option<Credit>, MailboxError> {
        Ok(None)
    }

    /// Deletes one message on the server for good, where that is configured and its evidence is here. False: it was left there.
    ///
    /// The caller has proved that these bytes are durable, old enough and in a backup; what else lies on the server now stays there.
    async fn remove(&mut self, _locator: &Locator, _here: &Sha256) -> Result<bool, MailboxError> {
        Ok(false)
    }

    /// Waits for news, at most `limit`: IDLE where it is offered, sleep where not.
    async fn wait(&mut self, limit: Duration) -> Result<Wake, MailboxError>;

    /// Ends the session politely.
    async fn close(&mut self);
}

/// Why a mailbox could not be used. A message names the mailbox, the step and the cure.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{mailbox}: {step}: {}", problem.en)]
pub struct MailboxError {
    pub mailbox: String,
    /// connect, tls, login, select, list, fetch, quota, idle …
    pub step: &'static str,
    pub class: ErrorClass,
    /// What went wrong, with what the server or the system said, without secrets or content.
    pub problem: Box<Text>,
    /// What the operator should do.
    pub cure: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorClass {
    /// Try again with back-off.
    Transient,
    /// The server refuses our credentials: stop this mailbox at once, alarm. Trying again may lock the account.
    Authentication,
    /// The configuration or the server's certificate is wrong: back off, alarm.
    Permanent,
}

impl MailboxError {
    pub fn is_transient(&self) -> bool {
        self.class == ErrorClass::Transient
    }
}
