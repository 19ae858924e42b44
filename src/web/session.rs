//! Who is signed in. Sessions live in the memory of the daemon: a restart ends them, a reload does not. Only the hash of a token is kept, so
//! that a look into the memory gives nobody a session.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use jiff::{SignedDuration, Timestamp};

use crate::hash::Sha256;
use crate::secret::Secret;

/// ASVS 3.2.2 asks for 64 bits; 256 leave nothing to ask.
const TOKEN_BYTES: usize = 32;

/// Sessions of one account at once: a desk, a laptop, a phone, and some that were forgotten. The oldest makes room.
pub const PER_ACCOUNT: usize = 10;

/// Sessions in all: what keeps the memory bounded. The oldest makes room.
const IN_ALL: usize = 10_000;

/// How long somebody may take to type a one-time code.
const CODE_WAIT: Duration = Duration::from_secs(300);

/// Wrong codes in one sign-in; then the password again.
const CODE_TRIES: u32 = 5;

/// A random value that the browser keeps. Shown to nobody else.
pub fn token() -> Option<Secret> {
    let mut bytes = zeroize::Zeroizing::new([0_u8; TOKEN_BYTES]);
    openssl::rand::rand_bytes(bytes.as_mut_slice()).ok()?;
    Some(Secret::new(BASE64_URL.encode(bytes.as_slice())))
}

/// Equal, in a time that does not tell where they differ.
pub fn same(one: &str, other: &str) -> bool {
    !one.is_empty() && one.len() == other.len() && openssl::memcmp::eq(one.as_bytes(), other.as_bytes())
}

/// What a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The password was right; the one-time code is still to come.
    AwaitsCode {
        tries: u32,
    },
    SignedIn,
}

/// How long sessions live.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    pub idle: Duration,
    pub whole: Duration,
}

#[derive(Debug, Clone)]
pub struct Session {
    /// Names the session to its owner without being its token.
    pub id: String,
    pub login: String,
    /// Of the account when it signed in; see [`crate::people::Account::generation`].
    pub generation: u64,
    pub stage: Stage,
    pub csrf: String,
    pub began: Timestamp,
    pub seen: Timestamp,
    pub from: String,
}

impl Session {
    fn is_over(&self, now: Timestamp, lifetimes: Lifetimes) -> bool {
        let longer = |since: Timestamp, limit: Duration| {
            let limit = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
            // Either way: a session of a clock that ran ahead does not live until that time comes.
            now.duration_since(since).abs() >= limit
        };
        match self.stage {
            Stage::AwaitsCode { tries } => tries >= CODE_TRIES || longer(self.began, CODE_WAIT),
            Stage::SignedIn => longer(self.seen, lifetimes.idle) || longer(self.began, lifetimes.whole),
        }
    }
}

/// All sessions, by the hash of their token.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<Sha256, Session>>);

impl Sessions {
    fn all(&self) -> MutexGuard<'_, HashMap<Sha256, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new session, always under a new token (ASVS 3.2.1). `None`: the machine has no randomness.
    pub fn begin(&self, login: &str, generation: u64, stage: Stage, from: String, now: Timestamp) -> Option<Secret> {
        let (secret, csrf, id) = (token()?, token()?, token()?);
        let session = Session {
            id: id.reveal().to_owned(),
            login: login.to_owned(),
            generation,
            stage,
            csrf: csrf.reveal().to_owned(),
            began: now,
            seen: now,
            from,
        };
        let mut all = self.all();
        make_room(&mut all, PER_ACCOUNT, |known| known.login == login);
        make_room(&mut all, IN_ALL, |_| true);
        all.insert(Sha256::of(secret.reveal().as_bytes()), session);
        Some(secret)
    }

    /// The session of a token, which lives on by that; `None`: there is none, or it is over.
    pub fn resolve(&self, token: &str, now: Timestamp, lifetimes: Lifetimes) -> Option<Session> {
        let name = Sha256::of(token.as_bytes());
        let mut all = self.all();
        let session = all.get_mut(&name)?;
        if session.is_over(now, lifetimes) {
            all.remove(&name);
            return None;
        }
        session.seen = session.seen.max(now);
        Some(session.clone())
    }

    /// The same without living on by it: a page that only listens does not keep its session awake.
    pub fn look_up(&self, token: &str, now: Timestamp, lifetimes: Lifetimes) -> Option<Session> {
        let all = self.all();
        let session = all.get(&Sha256::of(token.as_bytes()))?;
        (!session.is_over(now, lifetimes)).then(|| session.clone())
    }

    /// A wrong one-time code was given.
    pub fn wrong_code(&self, token: &str) {
        if let Some(session) = self.all().get_mut(&Sha256::of(token.as_bytes()))
            && let Stage::AwaitsCode { tries } = &mut session.stage
        {
            *tries += 1;
        }
    }

    pub fn end(&self, token: &str) {
        self.all().remove(&Sha256::of(token.as_bytes()));
    }

    /// Ends the session of that id, if it is this account's.
    pub fn end_of(&self, login: &str, id: &str) {
        self.all().retain(|_, session| session.login != login || !same(&session.id, id));
    }

    pub fn end_others_of(&self, login: &str, id: &str) {
        self.all().retain(|_, session| session.login != login || same(&session.id, id));
    }

    pub fn end_all_of(&self, login: &str) {
        self.all().retain(|_, session| session.login != login);
    }

    /// The live sessions of an account, the last used first.
    pub fn of(&self, login: &str, now: Timestamp, lifetimes: Lifetimes) -> Vec<Session> {
        let mut all = self.all();
        all.retain(|_, session| !session.is_over(now, lifetimes));
        let signed_in = |session: &&Session| session.login == login && session.stage == Stage::SignedIn;
        let mut own: Vec<Session> = all.values().filter(signed_in).cloned().collect();
        own.sort_by_key(|session| std::cmp::Reverse(session.seen));
        own
    }
}

/// One place less than `limit` is taken among those that count; what was not used for longest goes.
fn make_room(all: &mut HashMap<Sha256, Session>, limit: usize, counts: impl Fn(&Session) -> bool) {
    loop {
        let counted = all.iter().filter(|(_, session)| counts(session));
        if counted.clone().count() < limit {
            return;
        }
        let Some(oldest) = counted.min_by_key(|(_, session)| session.seen).map(|(name, _)| *name) else {
            return;
        };
        all.remove(&oldest);
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod session_tests;
