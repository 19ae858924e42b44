//! What happens while a page is open, as server-sent events. The bell is the journal's: every durable record rings it. What is told is what a
//! reload of the page would show the same person, and only when that is different: not even the fact that something happened leaks
//! about documents that do not exist for them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::guard::Current;
use super::pages::chrome::Chrome;
use super::pages::live;
use super::problem::Problem;
use super::{Shared, pages};

/// How long a stream lasts. The browser opens the next by itself, and with it the session and the rights of its person are looked at anew.
const STREAM_LASTS: Duration = Duration::from_secs(5 * 60);

/// Streams of one account at a time: its tabs. More would take the connections of others.
pub const PER_ACCOUNT: usize = 12;

/// Records of a burst are told together: a page that changes more often than this cannot be read.
const TOLD_TOGETHER: Duration = Duration::from_millis(700);

/// Without a record, what the clock changes (deadlines, "checked today") is looked at this often.
const LOOKED_AT: Duration = Duration::from_secs(60);

/// Proxies end a connection that is silent for longer.
const KEPT_ALIVE: Duration = Duration::from_secs(20);

/// `GET /events`: `counters` and `rows`, each with the HTML of its part of the page.
///
/// # Errors
/// This store is open for reading only: nothing rings. Or the person listens in too many tabs.
pub async fn stream(c: Chrome, State(web): State<Shared>, current: Option<Extension<Current>>) -> Result<Response, Problem> {
    let bell = web.ledger().shown().ok_or(Problem::NotFound)?;
    let Some(place) = web.listeners.enter(&c.person().login, PER_ACCOUNT) else {
        return Err(Problem::Bad("too many open pages of one account".to_owned()));
    };
    let stream = told(Teller {
        web,
        c,
        current: current.map(|Extension(current)| current),
        _place: place,
        bell,
        end: Instant::now() + STREAM_LASTS,
        said: live::Parts::default(),
        waiting: Vec::new(),
        is_first: true,
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEPT_ALIVE)).into_response())
}

/// How many streams each account has open.
#[derive(Debug, Clone, Default)]
pub struct Listeners(Arc<Mutex<HashMap<String, usize>>>);

/// One of them, for as long as it lasts.
struct Place {
    listeners: Listeners,
    login: String,
}

impl Listeners {
    fn enter(&self, login: &str, at_most: usize) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(login.to_owned()).or_default();
        if *count >= at_most {
            return None;
        }
        *count += 1;
        Some(Place {
            listeners: self.clone(),
            login: login.to_owned(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.listeners.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.login) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.remove(&self.login)),
        }
    }
}

struct Teller {
    web: Shared,
    c: Chrome,
    /// The session that the stream was asked for with; the guard puts it there.
    current: Option<Current>,
    _place: Place,
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
        let (web, c, current) = (self.web.clone(), self.c.clone(), self.current.clone());
        // A session that ended, or a person whose rights changed, hears nothing more: the page asks anew.
        let looked = pages::beside(move || match current.is_none_or(|current| current.holds_for(&web, c.person())) {
            true => Ok(Some(live::parts(&web, &c)?)),
            false => Ok(None),
        });
        let now = looked.await.ok().flatten()?;
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
