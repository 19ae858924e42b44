//! Who somebody is: by the password that is kept here, by the directory, or by what the OpenID provider says. One answer to everything that
//! is wrong, and the same work before it.

use std::time::Duration;

use super::Web;
use super::throttle::Try;
use crate::ledger::LedgerError;
use crate::ledger::event::SignInFailed;
use crate::people::account::normalized_login;
use crate::people::directory::{Directory, Ldap};
use crate::people::{Account, Edit, Person, Source, password};
use crate::register::entry::Asker;
use crate::secret::Secret;

/// How long a check may wait for its turn. More wait only when somebody floods us.
const TURN: Duration = Duration::from_secs(10);

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// Also: nobody is called so, the account is disabled, no group lets them in.
    #[error("login or password is wrong")]
    Wrong,
    #[error("too many wrong tries; wait {} s", .0.as_secs())]
    Wait(Duration),
    /// The directory does not answer, or too many sign in at once.
    #[error("nobody can say now")]
    Busy,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Web {
    /// A try at the login, which is counted before it is made.
    ///
    /// # Errors
    /// Too many were wrong.
    pub fn may_try(&self, login: &str, network: &str) -> Result<Try, NotSignedIn> {
        self.throttle
            .begin(&counted(login), network, self.pipeline.now())
            .map_err(NotSignedIn::Wait)
    }

    /// Whose login and password these are.
    ///
    /// # Errors
    /// Nobody's; see [`NotSignedIn`].
    pub async fn by_password(&self, typed: &str, password: Secret) -> Result<Account, NotSignedIn> {
        let login = normalized_login(typed);
        let known = match &login {
            Some(login) => self.ledger().account(login)?,
            None => None,
        };
        let is_local = known.as_ref().is_none_or(|account| account.source == Source::Local);
        let kept = known.as_ref().filter(|_| is_local).and_then(|account| account.password.clone());
        // Also where there is nothing to compare with: the time must not tell.
        let is_right = self.compare(password.clone(), kept).await?;
        match (login, known) {
            (_, Some(account)) if is_local => match is_right && !account.disabled {
                true => Ok(account),
                false => Err(NotSignedIn::Wrong),
            },
            (Some(login), known) => self.by_directory(&login, known, &password).await,
            (None, _) => Err(NotSignedIn::Wrong),
        }
    }

    async fn by_directory(&self, login: &str, known: Option<Account>, password: &Secret) -> Result<Account, NotSignedIn> {
        let settings = self.pipeline.settings();
        let directory = Ldap::new(&settings.config.people.ldap, &settings.secrets);
        let Some(directory) = directory.filter(|_| known.as_ref().is_none_or(|account| account.source == Source::Directory)) else {
            return Err(NotSignedIn::Wrong);
        };
        self.by(&directory, login, password).await
    }

    /// Whoever a directory says it is.
    ///
    /// # Errors
    /// See [`NotSignedIn`].
    pub async fn by(&self, directory: &dyn Directory, login: &str, password: &Secret) -> Result<Account, NotSignedIn> {
        match directory.sign_in(login, password).await {
            Ok(Some(person)) => self.admit(person, Source::Directory).await,
            Ok(None) => Err(NotSignedIn::Wrong),
            Err(error) => {
                tracing::error!(%error, "the directory could not be asked");
                Err(NotSignedIn::Busy)
            }
        }
    }

    /// Somebody for whom another vouches has an account here from the first sign-in on, and role and scope as they are vouched for today.
    ///
    /// # Errors
    /// The account is disabled, or belongs to somebody who is vouched for otherwise: a name in the directory gives nobody a local account.
    pub async fn admit(&self, person: Person, source: Source) -> Result<Account, NotSignedIn> {
        let login = person.login.clone();
        let edit = match self.ledger().account(&login)? {
            Some(account) if account.disabled || account.source != source => return Err(NotSignedIn::Wrong),
            Some(account) if account.person == person => return Ok(account),
            Some(_) => Edit::Person(person),
            None => Edit::Add(Box::new(Account::new(person, source))),
        };
        match self.ledger().edit_account(&login, edit, Asker::default()).await? {
            Ok(Some(account)) => Ok(account),
            Ok(None) => Err(NotSignedIn::Wrong),
            Err(refusal) => {
                tracing::warn!(%refusal, "somebody is vouched for and cannot be let in");
                Err(NotSignedIn::Wrong)
            }
        }
    }

    /// # Errors
    /// No turn in time.
    pub async fn compare(&self, password: Secret, kept: Option<String>) -> Result<bool, NotSignedIn> {
        self.hashing_turn(move || password::verify(&password, kept.as_deref())).await
    }

    /// # Errors
    /// No turn in time, or the machine could not do it.
    pub async fn hash(&self, password: Secret) -> Result<String, NotSignedIn> {
        let hashed = self.hashing_turn(move || password::hash(&password)).await?;
        hashed.map_err(|error| {
            tracing::error!(%error, "no password can be set");
            NotSignedIn::Busy
        })
    }

    async fn hashing_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotSignedIn> {
        let turn = tokio::time::timeout(TURN, self.hashing.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(NotSignedIn::Busy);
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| NotSignedIn::Busy)
    }

    /// A try was wrong: on the record at every doubling.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn record_wrong(&self, tried: &Try, typed: &str, network: &str) -> Result<(), LedgerError> {
        if tried.to_record == 0 {
            return Ok(());
        }
        let login = normalized_login(typed);
        let known = match &login {
            Some(login) => self.ledger().account(login)?.is_some(),
            None => false,
        };
        let failed = SignInFailed {
            login: login.filter(|_| known),
            from: Some(network.to_owned()),
            tries: tried.to_record,
        };
        self.ledger().sign_in_failed(failed).await
    }

    /// The password was right and the code is still to come: the address has done nothing wrong, the account waits for the code.
    pub fn was_half_right(&self, network: &str) {
        self.throttle.was_half_right(network);
    }

    /// The sign-in is complete.
    pub fn was_right(&self, login: &str, network: &str) {
        self.throttle.was_right(&counted(login), network, self.pipeline.now());
    }
}

/// What was typed, in the one form that is counted by: a try at a login that nobody has waits like any other.
fn counted(login: &str) -> String {
    let login = login.trim().to_lowercase();
    login.chars().take(crate::people::account::LOGIN_CHARS).collect()
}
