//! Programs that ask in an own name: the institution's document system (EBYS), a monitor. A token is a principal like a person, with a scope,
//! a clearance, and a list of what it may do; whatever it asks goes through [`Person::sees`].
//!
//! Only the SHA-256 of a secret is kept. The slow hash that passwords need would protect nothing here: a password is guessed from a
//! dictionary, while a secret of 256 random bits is not found in any number of tries, so who steals the journal learns nothing that opens a door.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::account::{HIGHEST_CLEARANCE, is_login, scope_is_sound};
use super::{Person, Role, Scope};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::secret::Secret;
use crate::text::Text;

/// By this a scanner of repositories and logs knows what leaked.
pub const PREFIX: &str = "kepgw_";

const SECRET_BYTES: usize = 32;

/// Characters of a whole secret: the prefix and 256 bits in base64.
const SECRET_CHARS: usize = PREFIX.len() + 43;

/// Stands before a token's name where the record names who did something: no login has a colon, so no person can be taken for a program.
const ACTOR: &str = "api:";

/// One thing that a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// Lists, documents, parts, evidence, verdicts.
    Read,
    /// Say under which number the EBYS took a document over.
    Transfer,
    /// Havale.
    Assign,
    /// Enter what is known about application files.
    Files,
    /// Say who may see a document.
    Level,
    /// The numbers of `/metrics`.
    Metrics,
    /// The log of deliveries.
    Admin,
}

impl Grant {
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Transfer,
        Self::Assign,
        Self::Files,
        Self::Level,
        Self::Metrics,
        Self::Admin,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Transfer => "transfer",
            Self::Assign => "assign",
            Self::Files => "files",
            Self::Level => "level",
            Self::Metrics => "metrics",
            Self::Admin => "admin",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.word() == word)
    }
}

/// A program that may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub name: String,
    pub grants: BTreeSet<Grant>,
    pub mailboxes: Scope,
    pub units: Scope,
    /// As a person's.
    pub clearance: u8,
    /// The last day, in Turkey, on which it opens anything. `None`: until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Of the whole secret, prefix included.
    pub secret_sha256: Sha256,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    pub fn may(&self, grant: Grant) -> bool {
        self.grants.contains(&grant)
    }

    /// As it stands beside people: what asks who may see and who did it asks this.
    pub fn person(&self) -> Person {
        let handles = [Grant::Transfer, Grant::Assign, Grant::Files]
            .into_iter()
            .any(|grant| self.may(grant));
        Person {
            login: format!("{ACTOR}{}", self.name),
            name: self.name.clone(),
            // The least role that its deeds need: what only reads could not change anything even where a route forgot to ask for the grant.
            role: match (self.may(Grant::Level), handles) {
                (true, _) => Role::Supervisor,
                (false, true) => Role::Clerk,
                (false, false) => Role::Auditor,
            },
            mailboxes: self.mailboxes.clone(),
            units: self.units.clone(),
            clearance: self.clearance,
        }
    }

    pub fn standing(&self, now: Timestamp) -> Standing {
        match (self.revoked_at, self.until) {
            (Some(_), _) => Standing::Revoked,
            (None, Some(until)) if local_day(now) > until => Standing::Expired,
            _ => Standing::Good,
        }
    }
}

/// Whether a token opens anything now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Good,
    Expired,
    Revoked,
}

/// When and from where a token was used last, to the minutes within which uses are recorded once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    pub at: Option<Timestamp>,
    pub from: Option<String>,
}

/// A new secret. `None`: the machine has no randomness.
pub fn new_secret() -> Option<Secret> {
    let mut bytes = zeroize::Zeroizing::new([0_u8; SECRET_BYTES]);
    openssl::rand::rand_bytes(bytes.as_mut_slice()).ok()?;
    Some(Secret::new(format!("{PREFIX}{}", BASE64_URL.encode(bytes.as_slice()))))
}

/// What is kept of a secret. `None`: it has not the form of one, so no token has it.
pub fn hash(secret: &str) -> Option<Sha256> {
    let is_one = secret.len() == SECRET_CHARS && secret.starts_with(PREFIX);
    is_one.then(|| Sha256::of(secret.as_bytes()))
}

/// One change of a token. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TokenEdit {
    Add(Box<Token>),
    Revoke,
}

impl TokenEdit {
    /// Whether this change may be made.
    ///
    /// # Errors
    /// A sentence for who asked.
    pub fn check(&self, name: &str, before: Option<&Token>) -> Result<(), TokenRefusal> {
        match (self, before) {
            // Also a revoked one: under its name things stand in the record that another program did not do.
            (Self::Add(_), Some(_)) => Err(TokenRefusal::Taken),
            (Self::Revoke, None) => Err(TokenRefusal::Unknown),
            (Self::Revoke, Some(token)) if token.revoked_at.is_some() => Err(TokenRefusal::Revoked),
            (Self::Revoke, Some(_)) => Ok(()),
            (Self::Add(token), None) if token.name != name || !is_login(name) => Err(TokenRefusal::Name),
            (Self::Add(token), None) if token.grants.is_empty() => Err(TokenRefusal::NoGrant),
            (Self::Add(token), None) => {
                let sound = token.clearance <= HIGHEST_CLEARANCE && scope_is_sound(&token.mailboxes) && scope_is_sound(&token.units);
                sound.then_some(()).ok_or(TokenRefusal::Scope)
            }
        }
    }

    /// The token after this change.
    pub fn applied(&self, before: Option<&Token>, at: Timestamp) -> Option<Token> {
        match self {
            Self::Add(token) => Some(Token::clone(token)),
            Self::Revoke => before.cloned().map(|token| Token {
                revoked_at: Some(at),
                ..token
            }),
        }
    }
}

/// Why a token was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    #[error("the name is taken")]
    Taken,
    #[error("there is no such token")]
    Unknown,
    #[error("it is revoked already")]
    Revoked,
    #[error("the name is not sound")]
    Name,
    #[error("no grant is named")]
    NoGrant,
    #[error("scope or clearance is not sound")]
    Scope,
}

impl TokenRefusal {
    pub fn text(self) -> Text {
        match self {
            Self::Taken => Text::new(
                "Bu ad bir anahtara verilmiş (iptal edilmiş olsa da kayıtta durur); başka bir ad seçin.",
                "This name was given to a token (a revoked one too stays on record); choose another one.",
            ),
            Self::Unknown => Text::new(
                "Böyle bir anahtar yok; 'kep-gateway people token list' ile bakın.",
                "There is no such token; look with 'kep-gateway people token list'.",
            ),
            Self::Revoked => Text::new("Bu anahtar zaten iptal edilmiş.", "This token is revoked already."),
            Self::Name => Text::new(
                "Anahtar adı küçük harf (a-z), rakam ve . _ - @ içerir, harf ya da rakamla başlar.",
                "A token's name holds lower-case letters (a-z), digits and . _ - @, and begins with a letter or digit.",
            ),
            Self::NoGrant => Text::new(
                "En az bir yetki verin: --scope read",
                "Name at least one thing that it may do: --scope read",
            ),
            Self::Scope => Text::new(
                format!("Gizlilik yetkisi 0 ile {HIGHEST_CLEARANCE} arasındadır; kutu ve birim adları tek satırlık adlardır."),
                format!("A clearance is 0 to {HIGHEST_CLEARANCE}; names of mailboxes and units are names of one line."),
            ),
        }
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tokens_tests;
