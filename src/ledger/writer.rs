//! The one thread that writes.

use std::any::Any;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{oneshot, watch};

use super::event::{ClockAccepted, Event};
use super::fold::{self, State};
use super::overlay::Overlay;
use super::{LedgerError, catch_up, key, restore_outbox, write_event};
use crate::alert::outbox::Outbox;
use crate::clock::SharedClock;
use crate::register::entry::Asker;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::index::Index;
use crate::store::record::{Head, NewRecord};

/// Requests that share one `fdatasync` at most. A hundred registrations are about a megabyte of journal.
const GROUP: usize = 100;

/// How long the writer looks for company once more than one request is under way. Short beside the `fdatasync` that it saves.
const GATHER: Duration = Duration::from_millis(2);

type Answer = Result<Box<dyn Any + Send>, LedgerError>;

type Decide = Box<dyn FnOnce(&mut Decision<'_>) -> Answer + Send>;

struct Request {
    decide: Decide,
    answer: oneshot::Sender<Answer>,
    /// Says that the clock is right: the one request that is heard while it lies behind the record.
    accepts_clock: bool,
}

/// What a request sees and says: the state with everything before it, and the events it adds.
pub struct Decision<'i> {
    pub state: State<'i>,
    pub now: Timestamp,
    events: Vec<Event>,
}

impl Decision<'_> {
    /// Adds an event; the state shows it at once to this request and the later ones of its group.
    ///
    /// # Errors
    /// The fold cannot read the index.
    pub fn record(&mut self, event: Event) -> Result<(), LedgerError> {
        fold::apply(&event, self.now, &mut self.state)?;
        self.events.push(event);
        Ok(())
    }
}

pub struct Writer {
    requests: Option<mpsc::Sender<Request>>,
    head: Arc<Mutex<Head>>,
    shown: watch::Receiver<u64>,
    thread: Option<JoinHandle<()>>,
}

/// How far the clock may lie behind the newest record: a step of NTP, not a dead battery. A message that were registered years back would be
/// judged by the certificates of that time, and get a deadline that is over.
pub const CLOCK_SLACK: SignedDuration = SignedDuration::from_hours(1);

impl Writer {
    /// The store is the thread's from here on, and with it the store's lock.
    pub fn start(store: Store, outbox: Outbox, clock: SharedClock) -> Self {
        let (requests, inbox) = mpsc::channel();
        let head = Arc::new(Mutex::new(store.journal.head()));
        let (show, shown) = watch::channel(store.journal.head().sequence);
        let mut scribe = Scribe {
            store,
            outbox,
            clock,
            head: Arc::clone(&head),
            show,
            behind: false,
        };
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || scribe.serve(&inbox));
        Self {
            requests: thread.is_ok().then_some(requests),
            head,
            shown,
            thread: thread.ok(),
        }
    }

    /// Hands the request over at once, so that requests are decided in the order of the calls; the future only waits for the answer.
    pub fn commit<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&mut Decision<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Pending<T> {
        self.request(false, decide)
    }

    /// The clock is right, whatever the newest record says: a wrong clock wrote that. `None`: the record does not lie ahead.
    pub fn accept_clock(&self, reason: String, by: Asker) -> Pending<Option<Timestamp>> {
        self.request(true, move |decision| {
            let ahead = decision
                .state
                .index
                .get::<Timestamp>(key::NEWEST)?
                .filter(|newest| decision.now < *newest - CLOCK_SLACK);
            if let Some(newest) = ahead {
                decision.record(Event::ClockAccepted(ClockAccepted { newest, reason, by }))?;
            }
            Ok(ahead)
        })
    }

    fn request<T: Send + 'static>(
        &self,
        accepts_clock: bool,
        decide: impl FnOnce(&mut Decision<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Pending<T> {
        let (answer, outcome) = oneshot::channel();
        let decide = Box::new(move |decision: &mut Decision<'_>| decide(decision).map(|value| Box::new(value) as Box<dyn Any + Send>));
        if let Some(requests) = &self.requests {
            // A request that finds no thread is dropped, and its answer with it: the future then says that the ledger is closed.
            let _ = requests.send(Request {
                decide,
                answer,
                accepts_clock,
            });
        }
        Pending {
            outcome: Some(outcome),
            value: PhantomData,
        }
    }

    /// The sequence of the last record that is durable and shown by the index; rings with every group.
    pub fn shown(&self) -> watch::Receiver<u64> {
        self.shown.clone()
    }

    pub fn head(&self) -> Head {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that was handed over: await it for its answer.
pub struct Pending<T> {
    /// `None`: there is no writer to answer.
    outcome: Option<oneshot::Receiver<Answer>>,
    value: PhantomData<fn() -> T>,
}

impl<T> Pending<T> {
    /// For a ledger that was opened for reading only.
    pub fn refused() -> Self {
        Self {
            outcome: None,
            value: PhantomData,
        }
    }

    /// The answer is known already, and nothing has to be made durable for it.
    pub fn known(value: T) -> Self
    where
        T: Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let _ = answer.send(Ok(Box::new(value) as Box<dyn Any + Send>));
        Self {
            outcome: Some(outcome),
            value: PhantomData,
        }
    }
}

impl<T: 'static> IntoFuture for Pending<T> {
    type Output = Result<T, LedgerError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let outcome = self.outcome.ok_or(LedgerError::ReadOnly)?;
            let value = outcome.await.map_err(|_| LedgerError::Closed)??;
            value.downcast().map(|value| *value).map_err(|_| LedgerError::Closed)
        })
    }
}

impl Drop for Writer {
    /// Waits for the last group, so that the lock is free when this returns.
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Lives on the writer's thread.
struct Scribe {
    store: Store,
    /// As of the last durable group.
    outbox: Outbox,
    clock: SharedClock,
    head: Arc<Mutex<Head>>,
    show: watch::Sender<u64>,
    /// The index failed to take a durable group, or could not be read: nothing may be decided on it before it has caught up.
    behind: bool,
}

impl Scribe {
    fn serve(&mut self, inbox: &mpsc::Receiver<Request>) {
        while let Ok(first) = inbox.recv() {
            let group = gather(first, inbox);
            self.write(group);
        }
    }

    /// Decides, makes durable, shows, answers: in this order.
    fn write(&mut self, group: Vec<Request>) {
        let index: Index = self.store.index.clone();
        if let Err(error) = self.ensure_caught_up() {
            return refuse(group, error);
        }
        let group = match self.ensure_clock() {
            Ok(()) => group,
            Err(error) => {
                let (accepting, refused) = group.into_iter().partition(|request| request.accepts_clock);
                refuse(refused, error);
                accepting
            }
        };
        let mut group_state = State {
            index: Overlay::new(&index),
            outbox: self.outbox.clone(),
        };
        let mut records = Vec::new();
        let mut answers = Vec::with_capacity(group.len());
        for Request { decide, answer, .. } in group {
            let (state, outcome) = self.decide(decide, group_state, &mut records);
            group_state = state;
            // sled answers every call after an error with that error, so an index that could not be read is opened anew, too.
            self.behind |= matches!(outcome, Err(LedgerError::Store(StoreError::Index { .. })));
            answers.push((answer, outcome));
        }
        let durable = self.make_durable(&records, group_state).map_err(Arc::new);
        for (answer, outcome) in answers {
            let outcome = match &durable {
                Ok(()) => outcome,
                Err(error) => Err(LedgerError::Refused(Arc::clone(error))),
            };
            let _ = answer.send(outcome);
        }
    }

    /// Lets one request decide. Its records and its changes stand together or not at all.
    fn decide<'i>(&self, decide: Decide, state: State<'i>, records: &mut Vec<NewRecord>) -> (State<'i>, Answer) {
        let now = self.clock.now();
        let outbox_before = state.outbox.clone();
        let mut decision = Decision {
            state,
            now,
            events: Vec::new(),
        };
        let outcome = decide(&mut decision);
        let Decision { mut state, events, .. } = decision;
        let written: Result<Vec<NewRecord>, LedgerError> = events
            .iter()
            .map(|event| write_event(event).map(|(kind, body)| NewRecord { time: now, kind, body }))
            .collect();
        match (outcome, written) {
            (Ok(value), Ok(written)) => {
                state.index.settle();
                records.extend(written);
                (state, Ok(value))
            }
            (Err(error), _) | (_, Err(error)) => {
                state.index.abandon();
                state.outbox = outbox_before;
                (state, Err(error))
            }
        }
    }

    fn make_durable(&mut self, records: &[NewRecord], state: State<'_>) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let State { index, outbox } = state;
        let batch = index.into_batch().map_err(into_store_error)?;
        self.store.journal.append(records)?;
        let head = self.store.journal.head();
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
        self.outbox = outbox;
        // The group is durable and therefore true, whatever the index says now.
        if let Err(error) = self.store.index.apply(batch, head.sequence) {
            tracing::error!(%error, "the index did not take a durable group; it will be brought up from the journal");
            self.behind = true;
        }
        self.show.send_replace(head.sequence);
        Ok(())
    }

    /// Nothing is written at a time that is past already by the journal itself.
    fn ensure_clock(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        // An index that cannot be read is found by whoever decides on it.
        match Overlay::new(&self.store.index).get(key::NEWEST).unwrap_or_default() {
            Some(newest) if now < newest - CLOCK_SLACK => Err(StoreError::ClockBehind { now, newest }),
            _ => Ok(()),
        }
    }

    fn ensure_caught_up(&mut self) -> Result<(), StoreError> {
        if self.behind {
            let index = &self.store.index;
            index.reopen(self.store.journal.head().sequence)?;
            // From the outbox as the index knows it: ours has the events already that the index lacks.
            let caught_up = restore_outbox(index).and_then(|outbox| catch_up(&self.store.journal, index, outbox));
            caught_up.map_err(into_store_error)?;
            self.behind = false;
        }
        Ok(())
    }
}

fn refuse(group: Vec<Request>, error: StoreError) {
    let error = Arc::new(error);
    group
        .into_iter()
        .for_each(|request| drop(request.answer.send(Err(LedgerError::Refused(Arc::clone(&error))))));
}

fn into_store_error(error: LedgerError) -> StoreError {
    match error {
        LedgerError::Store(error) => error,
        other => StoreError::Index {
            reason: other.to_string(),
            kind: None,
        },
    }
}

fn gather(first: Request, inbox: &mpsc::Receiver<Request>) -> Vec<Request> {
    let mut group = vec![first];
    while group.len() < GROUP {
        match inbox.recv_timeout(if group.len() == 1 { Duration::ZERO } else { GATHER }) {
            Ok(request) => group.push(request),
            Err(_) => break,
        }
    }
    group
}
