//! What the journal's records say. State is a fold over these; nothing else is written there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::alert::outbox::AlertEvent;
use crate::evidence::Evidence;
use crate::hash::Sha256;
use crate::mailbox::{ErrorClass, FolderState, Locator, Quota};
use crate::people::tokens::TokenEdit;
use crate::people::{Edit, View};
use crate::register::disposal::DisposalList;
use crate::register::entry::{Asker, Entry, Handling, RegisterNumber, Why};
use crate::signature::report::{SignatureReport, Verdict};
use crate::store::loss::Loss;
use crate::text::Text;

/// One fact. The name in kebab-case is the record's kind, the fields are its body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "kebab-case")]
pub enum Event {
    Started(Started),
    Stopped,
    /// A person said that the clock is right, although the newest record is of a later time: a wrong clock wrote that.
    ClockAccepted(ClockAccepted),
    /// The server listed these as messages that are not here. From here on each must be fetched or be a hole. A locator that was fetched
    /// before stands here when the server may have given it to another message.
    Seen(Seen),
    /// The bytes are durable as a blob.
    Fetched(Fetched),
    /// Listed and not delivered: a hole.
    Missing(Missing),
    /// These were never fetched and mean nothing any more: the server renumbered the folder, or another file was put in their place. What is
    /// listed since then is durable under other locators.
    Renumbered(Renumbered),
    /// What lies in a mailbox and is no message to take is other than it was; an empty list: nothing is left aside any more.
    NotTaken(NotTaken),
    /// A person decided that a hole is none: what it stood for is not wanted, or is here by another way.
    HoleClosed(HoleClosed),
    /// Work on a message begins. Written before the work, so that a crash counts.
    Attempted(Attempted),
    /// A message got its register numbers: everything about it in one record.
    Registered(Box<Registered>),
    /// A mailbox was checked from end to end: the proof of the daily duty.
    Checked(Checked),
    CheckFailed(CheckFailed),
    /// A locator was marked on the server as taken.
    Acknowledged(Acknowledged),
    /// A message was deleted on the server for good. What is here stays.
    Removed(Acknowledged),
    /// A later verdict on an entry, as early versions wrote it; [`Event::Reexamined`] takes its place.
    Judged(Judged),
    /// A message that has its numbers was examined again and says something else now: nothing is overwritten, the last is shown.
    Reexamined(Box<Reexamined>),
    /// A person saw or changed an entry.
    Handled(Handled),
    /// Something happened to the alerts: raised, held, tried, delivered.
    Alert(AlertEvent),
    /// A standing alarm began or ended, so that it is said once.
    Standing(Standing),
    /// An account was added, changed or removed.
    Account(AccountEdited),
    SignedIn(SignedIn),
    /// Wrong tries at the login, several in one record: who tries a thousand times must not write a thousand records.
    SignInFailed(SignInFailed),
    /// A person looked at a document.
    Viewed(Viewed),
    /// A person's first look at the list on a day: the supervisor's control.
    Looked(Looked),
    /// A program was given a token, or lost it.
    Token(TokenEdited),
    /// A token was used; what follows within minutes is not recorded again.
    TokenUsed(TokenUsed),
    /// Somebody gave an entry a retention class, or took it back.
    RetentionClassed(RetentionClassed),
    /// A legal hold was put on an entry, or released.
    LegalHold(LegalHold),
    /// A disposal list was made.
    DisposalProposed(DisposalList),
    /// Somebody approved exactly this list.
    DisposalApproved(DisposalApproved),
    DisposalWithdrawn(DisposalWithdrawn),
    /// The intent: from here on the entries count as disposed of, and the blobs that it names go. The store demands this record, by this name.
    DisposalBegun(DisposalBegun),
    /// The blobs are gone.
    DisposalDone(DisposalDone),
    /// A loss (zıya) was found, or closed: a copy of the note that lies beside the journal.
    Loss(Box<Loss>),
    /// The papers of an application file were read, or read again with another result.
    PapersRead(Box<PapersRead>),
    /// A person entered something about an application file.
    FileDeed(Box<FileDeed>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Started {
    pub version: String,
    /// Of the configuration text, so that an auditor can tell under which one a day was run.
    pub config_sha256: Sha256,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    pub mailbox: String,
    pub locators: Vec<Locator>,
    /// What the listing said of each folder: durable before the first body is fetched, so that a restart in between still sees a UIDNEXT
    /// that went back.
    #[serde(default)]
    pub folders: Vec<FolderState>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fetched {
    pub mailbox: String,
    pub locator: Locator,
    pub sha256: Sha256,
    pub size: u64,
    /// When the server took it in.
    pub arrived: Option<Timestamp>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Missing {
    pub mailbox: String,
    pub locator: Locator,
    pub problem: Text,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Renumbered {
    pub mailbox: String,
    pub locators: Vec<Locator>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NotTaken {
    pub mailbox: String,
    /// All of them.
    pub count: u64,
    /// The first of them, each in a sentence with its name and the reason.
    pub files: Vec<Text>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HoleClosed {
    pub mailbox: String,
    pub locator: Locator,
    pub reason: String,
    /// The person, and the account on this machine.
    pub by: Asker,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempted {
    pub messages: Vec<Sha256>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registered {
    pub sha256: Sha256,
    pub entries: Vec<Entry>,
    /// Link keys of the message, by which evidence finds it.
    pub link_keys: Vec<String>,
    /// Evidence that the message carried.
    pub evidence: Vec<FoundEvidence>,
    /// Who must hear of it: in the same record, so that no crash registers silently.
    pub alerts: Vec<AlertEvent>,
}

/// A delil as it was found in a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FoundEvidence {
    pub evidence: Evidence,
    pub report: SignatureReport,
    /// Link keys in the order in which they are tried.
    pub link_keys: Vec<String>,
    /// Where it stands in its message.
    pub place: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checked {
    pub mailbox: String,
    pub at: Timestamp,
    pub folders: Vec<FolderState>,
    /// Messages that the server lists now.
    pub listed: u64,
    pub new: u64,
    pub quota: Option<Quota>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckFailed {
    pub mailbox: String,
    pub at: Timestamp,
    pub step: String,
    pub class: ErrorClass,
    pub problem: Text,
    pub cure: Text,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Acknowledged {
    pub mailbox: String,
    pub locator: Locator,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Judged {
    pub number: RegisterNumber,
    pub verdict: Verdict,
    pub why: String,
}

/// What the later examination of one message brought.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reexamined {
    pub sha256: Sha256,
    pub why: Why,
    #[serde(default)]
    pub asker: Asker,
    /// The entries that changed, whole, as they stand from now on, each with the verdicts that it had before. Behind them documents that
    /// nobody could read until now, under new numbers.
    pub entries: Vec<Entry>,
    /// Link keys of the message, by which evidence finds it.
    pub link_keys: Vec<String>,
    /// Evidence of the message that is new, or is judged otherwise than before.
    pub evidence: Vec<FoundEvidence>,
    pub alerts: Vec<AlertEvent>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Handled {
    pub number: RegisterNumber,
    pub handling: Handling,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Standing {
    /// `daily-check/<mailbox>`, `quota/<mailbox>/85`, `deemed-read/<number>` …
    pub alarm: String,
    /// Since when; `None` = it ended.
    pub since: Option<Timestamp>,
    pub facts: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountEdited {
    pub login: String,
    pub edit: Edit,
    #[serde(default)]
    pub by: Asker,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    pub login: String,
    /// The address on the network, as the server saw it.
    pub from: Option<String>,
    /// The time step of the one-time code that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignInFailed {
    /// `None`: nobody is called so. What was typed is not kept: people type passwords there.
    pub login: Option<String>,
    pub from: Option<String>,
    /// Tries since the last such record.
    pub tries: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewed {
    pub number: RegisterNumber,
    /// The login.
    pub by: String,
    pub at: Timestamp,
    pub what: View,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The login.
    pub by: String,
    /// In Turkey.
    pub day: Date,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenEdited {
    pub name: String,
    pub edit: TokenEdit,
    #[serde(default)]
    pub by: Asker,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenUsed {
    pub name: String,
    /// The address on the network, as the server saw it.
    pub from: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RetentionClassed {
    pub number: RegisterNumber,
    /// `None`: what the rules say counts again.
    pub class: Option<String>,
    pub reason: String,
    /// The login.
    pub by: String,
    /// Decided on the machine itself, in the name of that account: the account there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LegalHold {
    pub number: RegisterNumber,
    /// Released where false.
    pub held: bool,
    /// Which of the holds is released; `None`: all that stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<u32>,
    pub reason: String,
    /// The login.
    pub by: String,
    /// Decided on the machine itself, in the name of that account: the account there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DisposalApproved {
    pub list: u32,
    /// Of the list as the approver saw it.
    pub sha256: Sha256,
    /// The login.
    pub by: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DisposalWithdrawn {
    pub list: u32,
    pub reason: String,
    /// The login.
    pub by: String,
    /// Decided on the machine itself, in the name of that account: the account there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DisposalBegun {
    pub list: u32,
    pub sha256: Sha256,
    /// Logins.
    pub proposed_by: String,
    pub approved_by: Vec<String>,
    pub by: String,
    /// Executed on the machine itself, in the name of that account: the account there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// What goes: the bytes of the listed entries that no other entry needs.
    pub blobs: Vec<Sha256>,
    /// The end of the journal when it was decided; this record lies behind it.
    pub since: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DisposalDone {
    pub list: u32,
    /// Blobs of this list that were there and are gone.
    pub removed: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClockAccepted {
    /// The time of the record that lay ahead.
    pub newest: Timestamp,
    pub reason: String,
    pub by: Asker,
}

/// What the papers of one message say for an application file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PapersRead {
    pub number: RegisterNumber,
    pub read: crate::checklist::entered::Read,
    /// The file that this message completes, by what it refers to; what a clerk said counts before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completes: Option<RegisterNumber>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileDeed {
    /// The application's.
    pub number: RegisterNumber,
    #[serde(flatten)]
    pub done: crate::checklist::entered::Done,
}
