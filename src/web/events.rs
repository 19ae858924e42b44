//! What happens while a page is open, as server-sent events. The bell is the journal's: every durable record rings it. What is told is what a
//! reload of the page would show the same person, and only when that is different: not even the fact that something happened leaks
//! about documents that do not exist for them.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::pages::chrome::Chrome;
use super::pages::live;
use super::problem::Problem;
use super::{Shared, pages};

/// How long a stream lasts. The browser opens the next by itself, and with it the session and the rights of its person are looked at anew.
const STREAM_LASTS: Duration = Duration::from_secs(5 * 60);

/// Records of a burst are told together: a page that changes more often than this cannot be read.
const TOLD_TOGETHER: Duration = Duration::from_millis(700);

/// Without a record, what the clock changes (deadlines, "checked today") is looked at this often.
const LOOKED_AT: Duration = Duration::from_secs(60);

/// Proxies end a connection that is silent for longer.
const KEPT_ALIVE: Duration = Duration::from_secs(20);

/// `GET /events`: `counters` and `rows`, each with the HTML of its part of the page.
///
/// # Errors
/// This store is open for reading only: nothing rings.
pub async fn stream(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    let bell = web.ledger().shown().ok_or(Problem::NotFound)?;
    let stream = told(Teller {
        web,
        c,
        bell,
        end: Instant::now() + STREAM_LASTS,
        said: live::Parts::default(),
        waiting: Vec::new(),
        is_first: true,
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEPT_ALIVE)).into_response())
}

struct Teller {
    web: Shared,
    c: Chrome,
    bell: watch::Receiver<u64>,
    end: Instant,
    /// What the browser has.
    said: live::Parts,
    waiting: Vec<Event>,
    is_first: bool,
}

fn told(teller: Teller) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(teller, |mut teller| async move {
        loop {
            if let Some(event) = teller.waiting.pop() {
                return Some((Ok(event), teller));
            }
            if !teller.is_first {
                teller.rung().await?;
            }
            teller.is_first = false;
            teller.look().await?;
        }
    })
}

impl Teller {
    /// Waits for the bell. `None`: the stream ends.
    async fn rung(&mut self) -> Option<()> {
        let until = self.end.min(Instant::now() + LOOKED_AT);
        match timeout_at(until, self.bell.changed()).await {
            Ok(Ok(())) => {
                sleep(TOLD_TOGETHER).await;
                self.bell.mark_unchanged();
            }
            Ok(Err(_closed)) => return None,
            Err(_elapsed) => {}
        }
        (Instant::now() < self.end).then_some(())
    }

    /// Looks at the page with the person's eyes and keeps what is different.
    async fn look(&mut self) -> Option<()> {
        let (web, c) = (self.web.clone(), self.c.clone());
        let now = pages::beside(move || Ok(live::parts(&web, &c)?)).await.ok()?;
        if now.rows != self.said.rows {
            self.waiting.push(Event::default().event("rows").data(&now.rows));
        }
        if now.counters != self.said.counters {
            self.waiting.push(Event::default().event("counters").data(&now.counters));
        }
        self.said = now;
        Some(())
    }
}
