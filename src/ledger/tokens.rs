//! Tokens of programs, on the record.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::event::{Event, TokenEdited, TokenUsed};
use super::writer::Pending;
use super::{Ledger, LedgerError, key};
use crate::hash::Sha256;
use crate::people::tokens::{LastUse, Token, TokenEdit, TokenRefusal};
use crate::register::entry::Asker;

/// Uses within this time are recorded once: a program that asks every second must not write a record every second.
pub const ONE_USE: Duration = Duration::from_secs(600);

impl Ledger {
    /// Gives or revokes a token, and answers with it as it stands then.
    ///
    /// # Errors
    /// The disk refused.
    pub fn edit_token(&self, name: &str, edit: TokenEdit, by: Asker) -> Pending<Result<Option<Token>, TokenRefusal>> {
        let name = name.to_owned();
        self.commit(move |decision| {
            let place = key::token(&name);
            let before: Option<Token> = decision.state.index.get(&place)?;
            if let Err(refusal) = edit.check(&name, before.as_ref()) {
                return Ok(Err(refusal));
            }
            let edit = match edit {
                // When it was made is what the record says, and not what was asked.
                TokenEdit::Add(token) => TokenEdit::Add(Box::new(Token {
                    created_at: decision.now,
                    revoked_at: None,
                    ..*token
                })),
                edit => edit,
            };
            decision.record(Event::Token(TokenEdited { name, edit, by }))?;
            Ok(Ok(decision.state.index.get(&place)?))
        })
    }

    /// All tokens, revoked ones too, by name.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn tokens(&self) -> Result<Vec<Token>, LedgerError> {
        self.walk(key::TOKENS).collect()
    }

    /// The token whose secret has this hash, whatever its standing. Found by the hash: there is nothing to compare, and no time that tells.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn token_of(&self, secret: &Sha256) -> Result<Option<Token>, LedgerError> {
        let name: Option<String> = self.read(&key::token_secret(secret))?;
        let Some(name) = name else { return Ok(None) };
        let token: Option<Token> = self.read(&key::token(&name))?;
        Ok(token.filter(|token| token.secret_sha256 == *secret))
    }

    /// # Errors
    /// The index cannot be read.
    pub fn last_use_of_token(&self, name: &str) -> Result<LastUse, LedgerError> {
        Ok(self.read(&key::token_use(name))?.unwrap_or_default())
    }

    /// A token was used. See [`ONE_USE`].
    ///
    /// # Errors
    /// The disk refused.
    pub fn token_used(&self, name: &str, from: Option<String>) -> Pending<()> {
        let now = self.clock.now();
        // The usual case costs no flush.
        if self.last_use_of_token(name).is_ok_and(|last| is_same_use(&last, now)) {
            return Pending::known(());
        }
        let name = name.to_owned();
        self.commit(move |decision| {
            let last: LastUse = decision.state.index.get(&key::token_use(&name))?.unwrap_or_default();
            match is_same_use(&last, decision.now) {
                true => Ok(()),
                false => decision.record(Event::TokenUsed(TokenUsed { name, from })),
            }
        })
    }
}

fn is_same_use(last: &LastUse, now: Timestamp) -> bool {
    let Ok(one_use) = SignedDuration::try_from(ONE_USE) else {
        return false;
    };
    // A clock that was set back makes no hole in the record of uses.
    last.at.is_some_and(|at| at <= now && now.duration_since(at) < one_use)
}
