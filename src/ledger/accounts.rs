//! Accounts and sign-ins on the record.

use super::event::{AccountEdited, Event, SignInFailed, SignedIn};
use super::writer::Pending;
use super::{Ledger, key};
use crate::people::{Account, AccountRefusal, Edit, SignIns};
use crate::register::entry::Asker;

impl Ledger {
    /// Changes an account, and answers with it as it stands then; `None`: it is removed.
    ///
    /// # Errors
    /// The disk refused.
    pub fn edit_account(&self, login: &str, edit: Edit, by: Asker) -> Pending<Result<Option<Account>, AccountRefusal>> {
        let login = login.to_owned();
        self.commit(move |decision| {
            let name = key::account(&login);
            let before: Option<Account> = decision.state.index.get(&name)?;
            let mut others = Vec::new();
            for other in decision.state.index.keys(key::ACCOUNTS)?.iter().filter(|other| **other != name) {
                others.extend(decision.state.index.get::<Account>(other)?);
            }
            if let Err(refusal) = edit.check(&login, before.as_ref(), &others) {
                return Ok(Err(refusal));
            }
            let edit = match edit {
                // A login that is given anew must not revive the sessions of who had it before.
                Edit::Add(account) => Edit::Add(Box::new(Account {
                    generation: decision.now.as_millisecond().unsigned_abs(),
                    ..*account
                })),
                edit => edit,
            };
            decision.record(Event::Account(AccountEdited {
                login: login.clone(),
                edit,
                by,
            }))?;
            Ok(Ok(decision.state.index.get(&name)?))
        })
    }

    /// Somebody proved who they are. `step` is the time step of the one-time code; `false`: that code, or a later one, was taken before.
    ///
    /// # Errors
    /// The disk refused.
    pub fn signed_in(&self, login: &str, from: Option<String>, step: Option<u64>) -> Pending<bool> {
        let login = login.to_owned();
        self.commit(move |decision| {
            let known: SignIns = decision.state.index.get(&key::sign_ins(&login))?.unwrap_or_default();
            if step.is_some() && step <= known.step {
                return Ok(false);
            }
            decision.record(Event::SignedIn(SignedIn { login, from, step }))?;
            Ok(true)
        })
    }

    /// Wrong tries at the login.
    ///
    /// # Errors
    /// The disk refused.
    pub fn sign_in_failed(&self, failed: SignInFailed) -> Pending<()> {
        self.commit(move |decision| decision.record(Event::SignInFailed(failed)))
    }
}
