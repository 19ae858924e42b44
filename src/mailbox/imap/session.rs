//! One session: commands out, answers in, every tagged status seen.
//!
//! async-imap gives the typed answers. Its own commands are not used, because several of them take a tagged `NO` for an empty
//! result, none has a deadline, and its trace log prints the LOGIN line. Here a command is written past that log, each answer has a
//! deadline, and whatever goes wrong ends the session: the caller drops it.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_imap::imap_proto::{Capability, MailboxDatum, Response, ResponseCode, Status};
use futures::FutureExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};

use super::connect::Transport;
use super::guard::{Guard, Traffic};
use super::problem::{Problem, shown};
use super::syntax::folder_name;

/// An answer that keeps dripping may take this many times the silence that is allowed; then the server plays for time.
const PATIENCE: u32 = 10;
/// Longest wait for a polite end.
const FAREWELL: Duration = Duration::from_secs(5);

type Client = async_imap::Client<Guard<Box<dyn Transport>>>;

/// A session that is logged in, or about to be.
pub(super) struct Session {
    client: Client,
    traffic: Arc<Traffic>,
    silence: Duration,
    last_tag: u32,
    /// Upper case. Empty until the server said them.
    pub(super) capabilities: BTreeSet<String>,
    pub(super) selected: Option<Selected>,
    /// The server told of an arrival or removal since the last listing began.
    pub(super) news: bool,
}

/// The folder that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) folder: String,
    pub(super) writable: bool,
    pub(super) epoch: Option<u32>,
    pub(super) next_uid: Option<u32>,
    pub(super) exists: Option<u64>,
    pub(super) opened: Instant,
}

/// The tagged end of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    status: Verdict,
    pub(super) words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    No,
    Bad,
}

impl Done {
    pub(super) fn is_ok(&self) -> bool {
        self.status == Verdict::Ok
    }

    pub(super) fn is_no(&self) -> bool {
        self.status == Verdict::No
    }

    /// # Errors
    /// The server said NO or BAD.
    pub(super) fn ok(self) -> Result<(), Problem> {
        match self.status {
            Verdict::Ok => Ok(()),
            Verdict::No => Err(Problem::Refused(self.words)),
            Verdict::Bad => Err(Problem::Protocol(format!("BAD {}", self.words))),
        }
    }

    /// The response code in brackets that RFC 5530 defines, upper case: `UNAVAILABLE`.
    pub(super) fn code(&self) -> Option<String> {
        let inside = self.words.strip_prefix('[')?.split(']').next()?;
        inside.split(' ').next().map(str::to_ascii_uppercase)
    }
}

impl Session {
    pub(super) fn new(stream: Box<dyn Transport>, traffic: Arc<Traffic>, silence: Duration) -> Self {
        traffic.connected();
        Self {
            client: Client::new(Guard::new(stream, traffic.clone())),
            traffic,
            silence,
            last_tag: 0,
            capabilities: BTreeSet::new(),
            selected: None,
            news: false,
        }
    }

    /// Reads the greeting.
    pub(super) async fn greeting(&mut self) -> Result<(), Problem> {
        self.next(|response| match response {
            Response::Data { status: Status::Ok, .. } => Ok(()),
            Response::Data {
                status: Status::PreAuth, ..
            } => Err(Problem::Protocol(
                "the server logged us in by itself; it is not known whose mailbox this is".into(),
            )),
            _ => Err(Problem::Protocol("no greeting".into())),
        })
        .await?
    }

    /// Runs one command and hands its untagged answers to `each`.
    pub(super) async fn run(&mut self, command: &str, each: impl FnMut(&Response<'_>) + Send) -> Result<Done, Problem> {
        let tag = self.send(&[command]).await?;
        self.finish(&tag, each).await
    }

    /// Writes commands in one go and returns the tag of the last; tags count upwards by one.
    pub(super) async fn send(&mut self, commands: &[&str]) -> Result<String, Problem> {
        let mut tag = String::new();
        let mut lines = zeroize::Zeroizing::new(String::new());
        for command in commands {
            self.last_tag += 1;
            tag = format!("K{}", self.last_tag);
            lines.push_str(&tag);
            lines.push(' ');
            lines.push_str(command);
            lines.push_str("\r\n");
        }
        self.write(lines.as_bytes()).await?;
        Ok(tag)
    }

    /// Writes a line that belongs to a running command.
    pub(super) async fn send_line(&mut self, line: &str) -> Result<(), Problem> {
        let line = zeroize::Zeroizing::new(format!("{line}\r\n"));
        self.write(line.as_bytes()).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.traffic.sent();
        let silence = self.silence;
        let stream = self.client.get_mut();
        let writing = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        timeout(silence, writing)
            .await
            .unwrap_or(Err(std::io::ErrorKind::TimedOut.into()))
            .map_err(Problem::from)
    }

    /// Reads up to the tagged end of `tag`.
    pub(super) async fn finish(&mut self, tag: &str, mut each: impl FnMut(&Response<'_>) + Send) -> Result<Done, Problem> {
        let limit = self.silence.saturating_mul(PATIENCE);
        let give_up = Instant::now() + limit;
        loop {
            let end = self
                .next(|response| match response {
                    Response::Done {
                        tag: theirs,
                        status,
                        outcome,
                    } => Some(done(tag, &theirs.0, status, outcome.information.as_deref())),
                    other => {
                        each(other);
                        None
                    }
                })
                .await?;
            if let Some(done) = end {
                return done;
            }
            if Instant::now() > give_up {
                return Err(Problem::Deadline(limit));
            }
        }
    }

    /// Waits for the `+` of a command that wants one; false when the server ends the command instead.
    pub(super) async fn may_continue(&mut self) -> Result<bool, Problem> {
        let give_up = Instant::now() + self.silence;
        loop {
            let go = |response: &Response<'_>| match response {
                Response::Continue(_) => Some(true),
                Response::Done { .. } => Some(false),
                _ => None,
            };
            if let Some(go) = self.next_within(self.silence, give_up, go).await? {
                return Ok(go);
            }
            if Instant::now() > give_up {
                return Err(Problem::Deadline(self.silence));
            }
        }
    }

    /// The next answer, within the allowed silence.
    pub(super) async fn next<R>(&mut self, read: impl FnOnce(&Response<'_>) -> R + Send) -> Result<R, Problem> {
        let give_up = Instant::now() + self.silence.saturating_mul(PATIENCE);
        self.next_within(self.silence, give_up, read).await
    }

    /// The next answer. Silence longer than `silence`, or an answer that still drips at `give_up`, is a missed deadline.
    pub(super) async fn next_within<R>(
        &mut self,
        silence: Duration,
        give_up: Instant,
        read: impl FnOnce(&Response<'_>) -> R + Send,
    ) -> Result<R, Problem> {
        loop {
            let before = self.traffic.received_bytes();
            // The parser panics on `INTERNALDATE NIL` and on a status text that starts with a letter outside ASCII.
            let answer = AssertUnwindSafe(self.client.read_response()).catch_unwind();
            let answer = match timeout(silence, answer).await {
                Ok(Ok(Ok(Some(answer)))) => answer,
                Ok(Ok(Ok(None))) => return Err(Problem::Closed),
                Ok(Ok(Err(error))) => return Err(error.into()),
                Ok(Err(_panic)) => return Err(Problem::Protocol("the parser gave up on it".into())),
                Err(_) if self.traffic.received_bytes() > before && Instant::now() < give_up => continue,
                Err(_) => return Err(Problem::Deadline(silence)),
            };
            self.client.get_mut().answer_taken();
            self.note(answer.parsed())?;
            return Ok(read(answer.parsed()));
        }
    }

    /// Keeps what the server tells without being asked.
    fn note(&mut self, response: &Response<'_>) -> Result<(), Problem> {
        match response {
            Response::Capabilities(list) => self.note_capabilities(list),
            Response::Done { outcome, .. } | Response::Continue(outcome) => {
                if let Some(code) = &outcome.code {
                    self.note_code(code);
                }
            }
            Response::Data { status, outcome } => {
                let words = || shown(outcome.information.as_deref().unwrap_or_default());
                match status {
                    Status::Bye => return Err(Problem::Bye(words())),
                    Status::Bad => return Err(Problem::Protocol(format!("BAD {}", words()))),
                    _ => {}
                }
                if let Some(code) = &outcome.code {
                    self.note_code(code);
                }
            }
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                self.news = true;
                if let Some(selected) = &mut self.selected {
                    selected.exists = Some(u64::from(*count));
                }
            }
            Response::Expunge(_) => {
                self.news = true;
                if let Some(selected) = &mut self.selected {
                    selected.exists = selected.exists.map(|count| count.saturating_sub(1));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn note_code(&mut self, code: &ResponseCode<'_>) {
        match (code, &mut self.selected) {
            (ResponseCode::Capabilities(list), _) => self.note_capabilities(list),
            (ResponseCode::UidValidity(epoch), Some(selected)) => selected.epoch = Some(*epoch),
            (ResponseCode::UidNext(next), Some(selected)) => selected.next_uid = Some(*next),
            _ => {}
        }
    }

    fn note_capabilities(&mut self, list: &[Capability<'_>]) {
        self.capabilities = list
            .iter()
            .map(|capability| match capability {
                Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
                Capability::Auth(way) => format!("AUTH={}", way.to_ascii_uppercase()),
                Capability::Atom(word) => word.to_ascii_uppercase(),
            })
            .collect();
    }

    /// Whether the server offers something; asks for the list when it was not told yet.
    pub(super) async fn offers(&mut self, capability: &str) -> Result<bool, Problem> {
        if self.capabilities.is_empty() {
            self.run("CAPABILITY", |_| {}).await?.ok()?;
        }
        Ok(self.capabilities.contains(capability))
    }

    /// Opens a folder, read-only unless something is to be marked in it.
    pub(super) async fn open_folder(&mut self, folder: &str, writable: bool) -> Result<(), Problem> {
        self.selected = Some(Selected {
            folder: folder.to_owned(),
            writable,
            epoch: None,
            next_uid: None,
            exists: None,
            opened: Instant::now(),
        });
        let verb = if writable { "SELECT" } else { "EXAMINE" };
        let done = self.run(&format!("{verb} {}", folder_name(folder)), |_| {}).await?;
        if done.is_no() && !matches!(done.code().as_deref(), Some("UNAVAILABLE" | "INUSE" | "SERVERBUG" | "LIMIT")) {
            return Err(Problem::NoFolder(format!("{folder}: {}", done.words)));
        }
        done.ok()?;
        match &self.selected {
            Some(selected) if selected.epoch.is_some() && selected.exists.is_some() => Ok(()),
            _ => Err(Problem::Protocol(format!("{verb} was answered without UIDVALIDITY or EXISTS"))),
        }
    }

    /// Ends the session; nobody needs the answer.
    pub(super) async fn farewell(mut self) {
        let _ = timeout(FAREWELL, self.run("LOGOUT", |_| {})).await;
    }
}

fn done(ours: &str, theirs: &str, status: &Status, words: Option<&str>) -> Result<Done, Problem> {
    if ours != theirs {
        return Err(Problem::Protocol("an answer to a command that does not wait for one".into()));
    }
    let status = match status {
        Status::Ok => Verdict::Ok,
        Status::No => Verdict::No,
        _ => Verdict::Bad,
    };
    Ok(Done {
        status,
        words: shown(words.unwrap_or_default()),
    })
}
