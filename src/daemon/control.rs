//! The control socket: the store has one writer, so what people ask for beside a running daemon is asked of the daemon.
//!
//! A Unix-domain stream socket, one JSON object a line each way, any number of requests on a connection:
//!
//! ```text
//! {"request":"opened","number":"2026/000001","by":"ayse"}          -> {"reply":"opened","state":"opened"}
//! {"request":"retry","numbers":["2026/000001"]}                    -> {"reply":"retried","entries":[{"number":…,"outcome":…}]}
//! {"request":"account","login":"ayse","edit":{"disabled":true}}    -> {"reply":"account"}, for root and the daemon's own account
//! {"request":"token","name":"ebys","edit":"revoke"}               -> {"reply":"token"}, for the same
//! {"request":"file","number":"2026/000001","by":"ayse","deed":{"deed":"joined","document":"2026/000002"}} -> {"reply":"entered"}, for the same
//! {"request":"level","number":"2026/000001","to":1,"reason":"…","by":"ayse"} -> {"reply":"level"}, for the same
//! {"request":"close-hole","mailbox":"import","id":"x.eml","reason":"…","by":"ayse"} -> {"reply":"hole-closed","what":"…"}, for the same
//! {"request":"status"}                                             -> {"reply":"status", …}
//! anything else                                                    -> {"reply":"refused","problem":{"tr":…,"en":…}}
//! ```
//!
//! Who may ask is decided by the file's mode (0660) and its folder's; who asked is what the system says of the other end (SO_PEERCRED).

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::deeds::{close_hole, retry, set_level};
use super::progress::Progress;
use crate::checklist::entered::Deed;
use crate::ledger::handling::Refusal;
use crate::ledger::retention::{By, KeepingRefusal, KeepingRequest, Kept};
use crate::people::tokens::TokenEdit;
use crate::people::{Edit, Person};
use crate::pipeline::reexamine::Reexamined;
use crate::pipeline::{Pipeline, PipelineError};
use crate::register::entry::{Asker, RegisterNumber, State};
use crate::text::Text;

/// A request holds a name and some numbers. What is longer is no request.
pub const LINE_BYTES: u64 = 64 << 10;

/// Entries of one `retry`: together they stay within what a person waits for.
pub const NUMBERS: usize = 100;

/// How long the other end may be silent, and how long it may take to read its answer.
const PEER_DEADLINE: Duration = Duration::from_secs(10);

/// How long one answer may take. What is not done by then was not done at all, or is done and shown in the register.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(600);

/// Clerks at their terminals who ask something; those who only hold a connection give way to more.
const CONNECTIONS: usize = 8;

/// Pause after a connection could not be taken (no file handles): not a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// The person of an account opened a document.
    Opened {
        number: RegisterNumber,
        by: String,
    },
    /// Examine the messages of these entries again.
    Retry {
        numbers: Vec<RegisterNumber>,
        /// The login of the person, where one is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Change an account. Only for root and the account that the daemon runs under: the others of its group may ask, not appoint.
    Account {
        login: String,
        edit: Edit,
    },
    /// Give or revoke a token. For the same as accounts. Its secret does not pass here: only the hash.
    Token {
        name: String,
        edit: TokenEdit,
    },
    /// Decide about the keeping of entries, in the name of an account. For the same as accounts; approvals are given on the page alone, where
    /// each person proves who it is.
    Keep {
        by: String,
        deed: KeepingRequest,
    },
    /// Enter something about an application file, in the name of an account. For the same as accounts.
    File {
        by: String,
        number: RegisterNumber,
        deed: Deed,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Set who may see an entry, in the name of an account. For the same as accounts.
    Level {
        number: RegisterNumber,
        to: u8,
        reason: String,
        by: String,
    },
    /// Say that a hole is none, in the name of an account. For the same as accounts.
    CloseHole {
        mailbox: String,
        /// The locator's id, or the beginning of it.
        id: String,
        reason: String,
        by: String,
    },
    Status,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// `None`: there is no such entry.
    Opened {
        state: Option<State>,
    },
    Retried {
        entries: Vec<Reexamined>,
    },
    Status(Status),
    /// It is done.
    Account,
    Token,
    Kept {
        outcome: Kept,
    },
    /// It stands in the record.
    Entered,
    Level,
    HoleClosed {
        what: String,
    },
    Refused {
        problem: Text,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub version: String,
    pub pid: u32,
    pub now: Timestamp,
    /// Mailboxes that are watched.
    pub mailboxes: Vec<String>,
    /// Tasks that are silent for longer than they said they would be.
    pub silent: Vec<String>,
    /// Last record of the journal.
    pub sequence: u64,
}

/// Listens until it is told to stop. A daemon that cannot listen goes on without: its duty is the mailboxes.
pub async fn serve(pipeline: Arc<Pipeline>, progress: Progress, stop: CancellationToken) {
    let path = pipeline.settings().config.control_socket();
    let listener = match listen(&path) {
        Ok(listener) => listener,
        Err(error) => {
            return tracing::error!(path = %path.display(), %error, "no control socket: commands that write must wait until the daemon is stopped");
        }
    };
    let mut room = Room::default();
    let mut connections = JoinSet::new();
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => break,
            taken = take(&listener, &mut room) => taken,
        };
        match taken {
            Ok((stream, seat)) => {
                let (pipeline, progress) = (Arc::clone(&pipeline), progress.clone());
                connections.spawn(async move {
                    if let Err(error) = converse(stream, &seat, &pipeline, &progress).await {
                        tracing::debug!(%error, "a connection to the control socket ended early");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the control socket could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    // Whoever still waits is told by the closed connection; what was begun is durable or has not happened.
    connections.shutdown().await;
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::debug!(%error, "the control socket was gone already");
    }
}

/// We hold the store's lock, so a socket that nobody answers is left over from a daemon that was killed.
fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => return Err(io::Error::other("something else lies there")),
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => return Err(io::ErrorKind::AddrInUse.into()),
        Ok(_) => std::fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o660))?;
    Ok(listener)
}

async fn take(listener: &UnixListener, room: &mut Room) -> io::Result<(UnixStream, Seat)> {
    let (stream, _) = listener.accept().await?;
    Ok((stream, room.seat().await?))
}

/// Answers one request after another until the other end is silent for too long, leaves, says what is no request, or is idle while others
/// wait.
async fn converse(stream: UnixStream, seat: &Seat, pipeline: &Pipeline, progress: &Progress) -> io::Result<()> {
    let uid = stream.peer_cred().ok().map(|peer| peer.uid());
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        seat.rest();
        let mut bounded = (&mut stream).take(LINE_BYTES);
        tokio::select! {
            // A request that is there already counts before the wish for the seat.
            biased;
            read = timeout(PEER_DEADLINE, bounded.read_until(b'\n', &mut line)) => { read??; }
            () = seat.wanted.cancelled() => return Ok(()),
        }
        seat.work();
        if line.is_empty() {
            return Ok(());
        }
        let request = match line.ends_with(b"\n") {
            true => serde_json::from_slice(&line).map_err(|error| no_request(&error.to_string())),
            false => Err(no_request(&format!("no end of line within {LINE_BYTES} bytes"))),
        };
        let is_clear = request.is_ok();
        let reply = match request {
            Ok(request) => match timeout(ANSWER_DEADLINE, answer(request, uid, pipeline, progress)).await {
                Ok(reply) => reply,
                Err(_elapsed) => refused(took_too_long()),
            },
            Err(problem) => refused(problem),
        };
        let mut said = serde_json::to_vec(&reply)?;
        said.push(b'\n');
        timeout(PEER_DEADLINE, stream.get_mut().write_all(&said)).await??;
        if !is_clear {
            return Ok(());
        }
    }
}

/// The seats at the socket. Whoever asks nothing makes room for the next, so that idle connections, however many, keep nobody out.
struct Room {
    seats: Arc<Semaphore>,
    /// The oldest first.
    taken: Vec<(Arc<AtomicBool>, CancellationToken)>,
    /// Rings when somebody at a full table has nothing more to ask.
    rested: Arc<Notify>,
}

/// A place at the socket, free again when it is dropped.
struct Seat {
    idle: Arc<AtomicBool>,
    /// Somebody else waits for it.
    wanted: CancellationToken,
    rested: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            seats: Arc::new(Semaphore::new(CONNECTIONS)),
            taken: Vec::new(),
            rested: Arc::default(),
        }
    }
}

impl Room {
    /// A free seat, or that of the one who has been idle here the longest. Waits only while all are at work.
    async fn seat(&mut self) -> io::Result<Seat> {
        self.taken.retain(|(idle, _)| Arc::strong_count(idle) > 1);
        let permit = match Arc::clone(&self.seats).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_full) => loop {
                self.ask_the_idlest_to_leave();
                tokio::select! {
                    permit = Arc::clone(&self.seats).acquire_owned() => break permit.map_err(io::Error::other)?,
                    () = self.rested.notified() => {}
                }
            },
        };
        let (idle, wanted) = (Arc::new(AtomicBool::new(true)), CancellationToken::new());
        self.taken.push((Arc::clone(&idle), wanted.clone()));
        Ok(Seat {
            idle,
            wanted,
            rested: Arc::clone(&self.rested),
            _permit: permit,
        })
    }

    fn ask_the_idlest_to_leave(&self) {
        let mut idle = self.taken.iter().filter(|(idle, _)| idle.load(Ordering::Relaxed));
        if let Some((_, wanted)) = idle.find(|(_, wanted)| !wanted.is_cancelled()) {
            wanted.cancel();
        }
    }
}

impl Seat {
    fn rest(&self) {
        self.idle.store(true, Ordering::Relaxed);
        self.rested.notify_one();
    }

    fn work(&self) {
        self.idle.store(false, Ordering::Relaxed);
    }
}

async fn answer(request: Request, uid: Option<u32>, pipeline: &Pipeline, progress: &Progress) -> Reply {
    let asker = |person: Option<String>| Asker { person, uid };
    let outcome = match request {
        Request::Retry { numbers, .. } if numbers.len() > NUMBERS => return refused(too_many()),
        Request::Opened { number, by } => match pipeline.ledger.opened(number, &by, uid).await {
            Ok(Ok(state)) => Ok(Reply::Opened { state: Some(state) }),
            Ok(Err(Refusal::NotFound)) => Ok(Reply::Opened { state: None }),
            Ok(Err(refusal)) => return refused(refusal.text()),
            Err(error) => Err(error.into()),
        },
        Request::Retry { numbers, by } => match retry(pipeline, &numbers, by, uid).await {
            Ok(Ok(entries)) => Ok(Reply::Retried { entries }),
            Ok(Err(problem)) => return refused(problem),
            Err(error) => Err(error),
        },
        Request::Account { .. } if !may_appoint(uid) => return refused(not_yours()),
        Request::Account { login, edit } => match pipeline.ledger.edit_account(&login, edit, asker(None)).await {
            Ok(Ok(_)) => Ok(Reply::Account),
            Ok(Err(refusal)) => return refused(refusal.text()),
            Err(error) => Err(error.into()),
        },
        Request::Token { .. } if !may_appoint(uid) => return refused(not_yours()),
        Request::Token { name, edit } => match pipeline.ledger.edit_token(&name, edit, asker(None)).await {
            Ok(Ok(_)) => Ok(Reply::Token),
            Ok(Err(refusal)) => return refused(refusal.text()),
            Err(error) => Err(error.into()),
        },
        Request::Keep { .. } if !may_appoint(uid) => return refused(not_yours()),
        Request::Keep { by, deed } => match keep(pipeline, (&by, uid), deed).await {
            Ok(Ok(outcome)) => Ok(Reply::Kept { outcome }),
            Ok(Err(problem)) => return refused(problem),
            Err(error) => Err(error),
        },
        Request::File { .. } if !may_appoint(uid) => return refused(not_yours()),
        Request::File { by, number, deed, note } => match enter(pipeline, (&by, uid), number, deed, note).await {
            Ok(Ok(())) => Ok(Reply::Entered),
            Ok(Err(problem)) => return refused(problem),
            Err(error) => Err(error),
        },
        Request::Level { .. } if !may_appoint(uid) => return refused(not_yours()),
        Request::Level { number, to, reason, by } => match set_level(pipeline, number, (to, reason), (&by, uid)).await {
            Ok(Ok(())) => Ok(Reply::Level),
            Ok(Err(problem)) => return refused(problem),
            Err(error) => Err(error),
        },
        Request::CloseHole { .. } if !may_appoint(uid) => return refused(not_yours()),
        Request::CloseHole { mailbox, id, reason, by } => match close_hole(pipeline, (&mailbox, &id), reason, (&by, uid)).await {
            Ok(Ok(what)) => Ok(Reply::HoleClosed { what }),
            Ok(Err(problem)) => return refused(problem),
            Err(error) => Err(error),
        },
        Request::Status => Ok(Reply::Status(status(pipeline, progress))),
    };
    outcome.unwrap_or_else(|error| {
        tracing::error!(%error, "a request on the control socket failed");
        refused(Text::new(
            format!("istek yerine getirilemedi ({error}); daemon günlüğüne bakın ve yineleyin"),
            format!("the request could not be carried out ({error}); look at the daemon's log and repeat it"),
        ))
    })
}

/// In the name of an account, from the machine itself: whoever may do this may make accounts too. So no approval is taken here: one person at
/// the machine would be two. The account on the machine goes into the record beside the name.
///
/// # Errors
/// The disk refused.
pub async fn keep(pipeline: &Pipeline, (by, uid): (&str, Option<u32>), deed: KeepingRequest) -> Result<Result<Kept, Text>, PipelineError> {
    if matches!(deed, KeepingRequest::Approve { .. }) {
        return Ok(Err(KeepingRefusal::Forbidden.text()));
    }
    let person = match named(pipeline, by)? {
        Ok(person) => person,
        Err(problem) => return Ok(Err(problem)),
    };
    let outcome = pipeline.decide_keeping(deed, By { person, uid }).await?;
    Ok(outcome.map_err(KeepingRefusal::text))
}

/// Enters something about an application file, in the name of an account: what that person may not see or do is refused here too. The account
/// on the machine goes into the record beside the name.
///
/// # Errors
/// The disk refused.
pub async fn enter(
    pipeline: &Pipeline,
    (by, uid): (&str, Option<u32>),
    number: RegisterNumber,
    deed: Deed,
    note: Option<String>,
) -> Result<Result<(), Text>, PipelineError> {
    let person = match named(pipeline, by)? {
        Ok(person) => person,
        Err(problem) => return Ok(Err(problem)),
    };
    let entered = pipeline.enter_file_deed(number, deed, note, By { person, uid }).await?;
    Ok(entered.map_err(|refusal| refusal.text()))
}

/// The person of an account that is in use.
pub(super) fn named(pipeline: &Pipeline, by: &str) -> Result<Result<Person, Text>, PipelineError> {
    let account = pipeline.ledger.account(by)?.filter(|account| !account.disabled);
    Ok(account.map(|account| account.person).ok_or_else(|| {
        Text::new(
            format!("'{by}' adlı açık bir hesap yok; 'people list' olanları gösterir"),
            format!("there is no enabled account '{by}'; 'people list' shows what there is"),
        )
    }))
}

fn status(pipeline: &Pipeline, progress: &Progress) -> Status {
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        now: pipeline.now(),
        mailboxes: pipeline
            .settings()
            .config
            .mailbox
            .iter()
            .map(|mailbox| mailbox.name().to_owned())
            .collect(),
        silent: progress.silent(),
        sequence: pipeline.ledger.head().sequence,
    }
}

/// The socket is open to a group; whoever could make accounts over it could see everything.
fn may_appoint(uid: Option<u32>) -> bool {
    uid.is_some_and(|uid| uid == 0 || uid == rustix::process::getuid().as_raw())
}

fn not_yours() -> Text {
    Text::new(
        "hesapları yalnız root ya da daemon'un kendi kullanıcısı değiştirebilir; komutu 'sudo' ile çalıştırın",
        "accounts are changed only by root or by the daemon's own account; run the command with 'sudo'",
    )
}

fn refused(problem: Text) -> Reply {
    Reply::Refused { problem }
}

fn no_request(problem: &str) -> Text {
    Text::new(format!("bu bir istek değil: {problem}"), format!("this is no request: {problem}"))
}

fn too_many() -> Text {
    Text::new(
        format!("bir istekte en çok {NUMBERS} kayıt numarası olabilir; isteği bölün"),
        format!("a request holds at most {NUMBERS} register numbers; divide it"),
    )
}

fn took_too_long() -> Text {
    let limit = ANSWER_DEADLINE.as_secs();
    Text::new(
        format!("{limit} s içinde bitmedi; biten kayıtlar defterde görünür, kalanlar için yineleyin"),
        format!("not finished within {limit} s; what was done shows in the register, repeat it for the rest"),
    )
}
