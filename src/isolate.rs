//! Hostile bytes are parsed on a thread with a known stack, under `catch_unwind` and a deadline.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use crate::crew::Crew;
use crate::text::Text;

/// Stack of a parsing thread. The deepest parser is bounded by `limits.nesting`; this leaves it a wide margin.
const STACK_BYTES: usize = 16 << 20;

static PARSERS: Crew = Crew::new("parser", STACK_BYTES);

/// Why isolated work gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The code has a bug that these bytes found.
    #[error("the parser panicked: {0}")]
    Panicked(String),
    /// The bytes are made to be slow. The thread is left behind and ends by itself.
    #[error("the parser did not finish within {0:?}")]
    TimedOut(Duration),
    #[error("no thread could be started: {0}")]
    NoThread(String),
}

impl Broken {
    /// For people.
    pub fn text(&self) -> Text {
        let turkish = match self {
            Self::Panicked(problem) => format!("ayrıştırıcı hata verdi: {problem}"),
            Self::TimedOut(limit) => format!("ayrıştırıcı {} s içinde bitiremedi", limit.as_secs()),
            Self::NoThread(problem) => format!("iş parçacığı başlatılamadı: {problem}"),
        };
        Text::new(turkish, self.to_string())
    }
}

/// Runs `work` on a thread that does nothing else and waits for it, at most `deadline`.
///
/// # Errors
/// It panicked, took too long, or no thread was to be had.
pub fn run<T: Send + 'static>(deadline: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Broken> {
    let (send, receive) = mpsc::sync_channel(1);
    let work = move || {
        let outcome = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Broken::Panicked(describe(&*panic)));
        let _ = send.send(outcome);
    };
    PARSERS.run(Box::new(work)).map_err(|error| Broken::NoThread(error.to_string()))?;
    receive.recv_timeout(deadline).unwrap_or(Err(Broken::TimedOut(deadline)))
}

fn describe(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "unknown".into())
}
