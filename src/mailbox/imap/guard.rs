//! Stands between TLS and the IMAP parser and cuts a connection before the parser is made to buffer, recurse or wait without bound.
//!
//! The parser reserves what a literal announces and recurses into parentheses, so both must be seen *before* it gets the bytes.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of one message that are asked for at once (`BODY.PEEK[]<n.CHUNK>`).
pub(super) const CHUNK: u64 = 4 << 20;
/// The largest literal that a server may announce. Nothing larger than a chunk is ever asked for.
const LITERAL_LIMIT: u64 = CHUNK;
/// The longest line outside literals: a SEARCH answer for `list::WINDOW` messages is about 220 KB.
const LINE_LIMIT: u64 = 512 << 10;
/// Bytes that may arrive while the parser has not completed a single answer: one chunk, its lines, and read-ahead.
const ANSWER_LIMIT: u64 = CHUNK + (1 << 20);
/// Open parentheses in one answer. What we ask for needs two; a parser on a 2 MiB stack does not survive ten thousand.
const NESTING_LIMIT: u32 = 32;

/// What went over the wire, for tests, benchmarks and metrics. Counters only grow.
#[derive(Debug, Default)]
pub struct Traffic {
    connections: AtomicU64,
    logins: AtomicU64,
    round_trips: AtomicU64,
    received_bytes: AtomicU64,
    body_bytes: AtomicU64,
}

impl Traffic {
    /// TCP connections that were opened.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Logins that succeeded.
    pub fn logins(&self) -> u64 {
        self.logins.load(Ordering::Relaxed)
    }

    /// Times that something was sent and answered; commands sent together count once.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// Bytes received, after TLS.
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }

    /// Bytes received inside literals: message bodies.
    pub fn body_bytes(&self) -> u64 {
        self.body_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn logged_in(&self) {
        self.logins.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sent(&self) {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
    }
}

/// Why a connection was cut by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cut {
    #[error("the server announced a literal of {0} bytes, at most {LITERAL_LIMIT} were asked for")]
    Literal(u64),
    #[error("the server sent a line of more than {LINE_LIMIT} bytes")]
    Line,
    #[error("the server sent more than {ANSWER_LIMIT} bytes without completing an answer")]
    Answer,
    #[error("the server sent more than {NESTING_LIMIT} open parentheses in one answer")]
    Nesting,
}

/// A stream whose incoming bytes are judged before they are handed on.
pub(super) struct Guard<S> {
    inner: S,
    scan: Scan,
    unparsed: u64,
    traffic: Arc<Traffic>,
}

impl<S> Guard<S> {
    pub(super) fn new(inner: S, traffic: Arc<Traffic>) -> Self {
        Self {
            inner,
            scan: Scan::default(),
            unparsed: 0,
            traffic,
        }
    }

    /// The parser completed an answer: what it may buffer starts anew.
    pub(super) fn answer_taken(&mut self) {
        self.unparsed = 0;
    }

    fn judge(&mut self, bytes: &[u8]) -> Result<(), Cut> {
        let count = bytes.len() as u64;
        self.traffic.received_bytes.fetch_add(count, Ordering::Relaxed);
        self.traffic.body_bytes.fetch_add(self.scan.feed(bytes)?, Ordering::Relaxed);
        self.unparsed += count;
        if self.unparsed > ANSWER_LIMIT {
            return Err(Cut::Answer);
        }
        Ok(())
    }
}

/// Follows answers line by line. Literals are skipped, never read.
#[derive(Debug, Default)]
struct Scan {
    /// Bytes of a literal that are still to come.
    literal: u64,
    /// Bytes of the current line so far.
    line: u64,
    /// The first bytes of the answer: they tell whether its line ends can announce literals.
    start: Vec<u8>,
    nesting: u32,
    tail: Tail,
}

/// How far the end of the line looks like `{123}` or `{123+}`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Tail {
    #[default]
    Plain,
    Open(u64),
    Plus(u64),
    Closed(u64),
}

/// Enough of an answer's beginning to tell a status answer from data: `* PREAUTH `.
const START: usize = 10;

impl Scan {
    /// Follows `bytes` and returns how many of them lay inside literals.
    fn feed(&mut self, mut bytes: &[u8]) -> Result<u64, Cut> {
        let mut inside = 0;
        while !bytes.is_empty() {
            if self.literal > 0 {
                let skipped = usize::try_from(self.literal).unwrap_or(usize::MAX).min(bytes.len());
                self.literal -= skipped as u64;
                inside += skipped as u64;
                bytes = bytes.get(skipped..).unwrap_or_default();
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            let (line, rest) = bytes.split_at(end);
            for byte in line {
                self.step(*byte)?;
            }
            bytes = rest;
        }
        Ok(inside)
    }

    fn step(&mut self, byte: u8) -> Result<(), Cut> {
        if byte == b'\n' {
            return self.end_line();
        }
        self.line += 1;
        if self.line > LINE_LIMIT {
            return Err(Cut::Line);
        }
        if self.start.len() < START {
            self.start.push(byte);
        }
        match byte {
            b'(' => self.nesting += 1,
            b')' => self.nesting = self.nesting.saturating_sub(1),
            _ => {}
        }
        if self.nesting > NESTING_LIMIT {
            return Err(Cut::Nesting);
        }
        self.tail = match (self.tail, byte) {
            (_, b'{') => Tail::Open(0),
            (Tail::Open(n), b'0'..=b'9') => Tail::Open(n.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
            (Tail::Open(n), b'+') => Tail::Plus(n),
            (Tail::Open(n) | Tail::Plus(n), b'}') => Tail::Closed(n),
            (Tail::Closed(n), b'\r') => Tail::Closed(n),
            _ => Tail::Plain,
        };
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Cut> {
        let announced = match self.tail {
            Tail::Closed(n) => Some(n),
            _ => None,
        };
        self.line = 0;
        self.tail = Tail::Plain;
        match announced {
            Some(n) if n > LITERAL_LIMIT => return Err(Cut::Literal(n)),
            // The text of a status answer may end in `{5}` without announcing anything. To skip there would blind the guard.
            Some(n) if !self.is_status() => self.literal = n,
            _ => {
                self.start.clear();
                self.nesting = 0;
            }
        }
        Ok(())
    }

    /// `* OK`, `* NO`, `* BAD`, `* BYE`, `* PREAUTH`, continuations and tagged answers carry text, not literals.
    fn is_status(&self) -> bool {
        let Some(data) = self.start.strip_prefix(b"* ") else { return true };
        let word: Vec<u8> = data
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic())
            .map(u8::to_ascii_uppercase)
            .collect();
        matches!(word.as_slice(), b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH")
    }
}

impl<S> fmt::Debug for Guard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard(…)")
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(context, buffer))?;
        let judged = this.judge(buffer.filled().get(before..).unwrap_or_default());
        if let Err(cut) = judged {
            buffer.set_filled(before);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, cut)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod guard_tests;
