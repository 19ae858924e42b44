//! Bodies. Each message that is asked for ends as bytes or as a reason; nothing is taken on trust from a tagged OK.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use async_imap::imap_proto::{AttributeValue, Response};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::mailbox::{Fetched, Listed, NotFetched};

use super::guard::CHUNK;
use super::list::{Distrusted, description, uid_of};
use super::problem::Problem;
use super::session::Session;
use super::syntax::uid_sets;
use crate::text::Text;

/// FETCH commands that are under way at once, so that the line never waits for our next command.
const UNDER_WAY: usize = 2;
/// The rest of the gateway writes to disk and parses; if it takes nothing for this long it is not coming back.
const CONSUMER_PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Hands messages on, and bounds how many bytes wait to be taken.
pub(super) struct Outlet {
    to: mpsc::Sender<Fetched>,
    buffer: u64,
    distrusted: Distrusted,
}

impl Outlet {
    pub(super) fn new(to: mpsc::Sender<Fetched>, buffer: u64, distrusted: Distrusted) -> Self {
        Self { to, buffer, distrusted }
    }

    /// A message takes as many places of the channel as its share of the buffer; one larger than the buffer waits until it is empty.
    pub(super) async fn deliver(&self, fetched: Fetched) -> Result<(), Problem> {
        let bytes = fetched.outcome.as_ref().map_or(0, |body| body.len() as u64);
        let places = self.to.max_capacity();
        let share = bytes.saturating_mul(places as u64) / self.buffer.max(1);
        let wanted = usize::try_from(share).unwrap_or(places).clamp(1, places);
        match timeout(CONSUMER_PATIENCE, self.to.reserve_many(wanted)).await {
            Ok(Ok(mut permits)) => {
                if fetched.outcome.is_ok() {
                    self.distrusted.trust(&fetched.listed.locator);
                }
                if let Some(permit) = permits.next() {
                    permit.send(fetched);
                }
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(Problem::NoConsumer),
        }
    }
}

/// Messages that one command asks for.
pub(super) type Batch = BTreeMap<u32, Listed>;

/// Groups messages whose size is known and not above one chunk.
pub(super) fn batches(wanted: impl IntoIterator<Item = (u32, Listed)>, messages: usize, bytes: u64) -> VecDeque<Batch> {
    let mut batches = VecDeque::new();
    let mut batch = Batch::new();
    let mut sum = 0;
    for (uid, listed) in wanted {
        let size = listed.size.unwrap_or_default();
        if !batch.is_empty() && (batch.len() >= messages.max(1) || sum + size > bytes) {
            batches.push_back(std::mem::take(&mut batch));
            sum = 0;
        }
        sum += size;
        batch.insert(uid, listed);
    }
    if !batch.is_empty() {
        batches.push_back(batch);
    }
    batches
}

/// A session that broke during a batch: what the broken command had not delivered yet.
pub(super) struct Broken {
    pub(super) problem: Problem,
    pub(super) unanswered: Batch,
}

/// Fetches batches, two commands ahead, and returns what the server left out or delivered with another length than announced.
pub(super) async fn fetch_batches(session: &mut Session, mut waiting: VecDeque<Batch>, outlet: &Outlet) -> Result<Batch, Broken> {
    let mut under_way: VecDeque<(String, Batch)> = VecDeque::new();
    let mut left_out = Batch::new();
    loop {
        match step(session, &mut waiting, &mut under_way, &mut left_out, outlet).await {
            Ok(true) => {}
            Ok(false) => return Ok(left_out),
            Err(problem) => {
                let unanswered = under_way.pop_front().map(|(_, batch)| batch).unwrap_or_default();
                return Err(Broken { problem, unanswered });
            }
        }
    }
}

/// Sends what may be sent, then reads one answer. False when all is done.
async fn step(
    session: &mut Session,
    waiting: &mut VecDeque<Batch>,
    under_way: &mut VecDeque<(String, Batch)>,
    left_out: &mut Batch,
    outlet: &Outlet,
) -> Result<bool, Problem> {
    while under_way.len() < UNDER_WAY
        && let Some(batch) = waiting.pop_front()
    {
        let commands: Vec<String> = uid_sets(batch.keys().copied())
            .iter()
            .map(|set| format!("UID FETCH {set} (UID RFC822.SIZE BODY.PEEK[]<0.{CHUNK}>)"))
            .collect();
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        // Pushed first: if the write fails, these are unanswered too.
        under_way.push_back((String::new(), batch));
        let tag = session.send(&commands).await?;
        if let Some((slot, _)) = under_way.back_mut() {
            *slot = tag;
        }
    }
    if under_way.is_empty() {
        return Ok(false);
    }
    match session.next(event).await? {
        Event::Body { uid, announced, bytes } => take_body(uid, announced, bytes, under_way, outlet).await?,
        // Whatever the status says: delivered is delivered, and the rest is asked for one by one.
        Event::End(tag) if under_way.front().is_some_and(|(last, _)| *last == tag) => {
            left_out.extend(under_way.pop_front().map(|(_, batch)| batch).unwrap_or_default());
        }
        Event::End(_) | Event::Other => {}
    }
    Ok(true)
}

/// What one answer means to a batch.
enum Event {
    Body { uid: u32, announced: Option<u64>, bytes: Bytes },
    End(String),
    Other,
}

fn event(response: &Response<'_>) -> Event {
    match response {
        Response::Done { tag, .. } => Event::End(tag.0.clone()),
        Response::Fetch(_, attributes) => match (attributes.iter().find_map(uid_of), chunk(attributes, 0)) {
            (Some(uid), Some(bytes)) => Event::Body {
                uid,
                announced: description(attributes).0,
                bytes: Bytes::copy_from_slice(bytes),
            },
            _ => Event::Other,
        },
        _ => Event::Other,
    }
}

/// Hands a body on if it was asked for and has the length that the listing and this answer announce.
async fn take_body(
    uid: u32,
    announced: Option<u64>,
    bytes: Bytes,
    under_way: &mut VecDeque<(String, Batch)>,
    outlet: &Outlet,
) -> Result<(), Problem> {
    let length = Some(bytes.len() as u64);
    let Some((_, batch)) = under_way.iter_mut().find(|(_, batch)| batch.contains_key(&uid)) else {
        return Ok(());
    };
    let fits = batch
        .get(&uid)
        .is_some_and(|listed| listed.size == length && (announced.is_none() || announced == length));
    if !fits {
        return Ok(());
    }
    match batch.remove(&uid) {
        Some(listed) => {
            outlet
                .deliver(Fetched {
                    listed,
                    outcome: Ok(bytes),
                })
                .await
        }
        None => Ok(()),
    }
}

/// The bytes of `BODY[]<offset>`. A server that ignores the range answers without one; that is the message's beginning.
fn chunk<'a>(attributes: &'a [AttributeValue<'_>], offset: u64) -> Option<&'a [u8]> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::BodySection {
            section: None,
            index,
            data: Some(data),
        } if index.map_or(0, u64::from) == offset => Some(data.as_ref()),
        _ => None,
    })
}

/// Fetches one message in chunks. An outer error is the session's, an inner one the message's.
pub(super) async fn fetch_one(session: &mut Session, uid: u32, listed: &Listed, limit: u64) -> Result<Result<Bytes, NotFetched>, Problem> {
    let size = match listed.size {
        Some(size) => Some(size),
        None => ask_size(session, uid).await?,
    };
    if let Some(size) = size.filter(|size| *size > limit) {
        return Ok(Err(NotFetched::TooLarge { size, limit }));
    }
    let mut body: Vec<u8> = Vec::new();
    loop {
        let offset = body.len() as u64;
        let before = body.len();
        if let Asked::Nothing(words) = ask_chunk_twice(session, uid, &mut body).await? {
            return Ok(Err(NotFetched::Missing(words)));
        }
        if body.len() as u64 > limit {
            return Ok(Err(NotFetched::TooLarge {
                size: body.len() as u64,
                limit,
            }));
        }
        // Some servers announce an estimate as RFC822.SIZE. Then only an empty chunk proves that this was the end (RFC 3501 6.4.5).
        if Some(body.len() as u64) == size {
            break;
        }
        if body.len() == before {
            tracing::warn!(
                announced = size,
                received = offset,
                "message length differs from RFC822.SIZE; the server confirmed its end"
            );
            break;
        }
    }
    Ok(Ok(Bytes::from(body)))
}

/// How one question for a chunk ended.
enum Asked {
    Bytes,
    /// No bytes came; these are the server's words.
    Nothing(Text),
}

/// Asks for the next chunk, and once more where the server answered without it.
async fn ask_chunk_twice(session: &mut Session, uid: u32, body: &mut Vec<u8>) -> Result<Asked, Problem> {
    match ask_chunk(session, uid, body).await? {
        Asked::Nothing(_) => ask_chunk(session, uid, body).await,
        Asked::Bytes => Ok(Asked::Bytes),
    }
}

async fn ask_chunk(session: &mut Session, uid: u32, body: &mut Vec<u8>) -> Result<Asked, Problem> {
    let offset = body.len() as u64;
    let mut came = false;
    let done = session
        .run(&format!("UID FETCH {uid} (UID BODY.PEEK[]<{offset}.{CHUNK}>)"), |response| {
            if let Response::Fetch(_, attributes) = response
                && !came
                && attributes.iter().find_map(uid_of) == Some(uid)
                && let Some(bytes) = chunk(attributes, offset)
            {
                came = true;
                body.extend_from_slice(bytes);
            }
        })
        .await?;
    match came {
        true => Ok(Asked::Bytes),
        false if done.is_ok() => Ok(Asked::Nothing(Text::new(
            "sunucu OK dedi ama iletiyi vermedi",
            "the server answered OK without the message",
        ))),
        false => Ok(Asked::Nothing(Text::same(done.words))),
    }
}

async fn ask_size(session: &mut Session, uid: u32) -> Result<Option<u64>, Problem> {
    let mut size = None;
    session
        .run(&format!("UID FETCH {uid} (UID RFC822.SIZE)"), |response| {
            if let Response::Fetch(_, attributes) = response
                && attributes.iter().find_map(uid_of) == Some(uid)
            {
                size = size.or(description(attributes).0);
            }
        })
        .await?;
    Ok(size)
}
