//! What is kept of somebody who may sign in. Pure: the state that the journal's account events are folded into, and which changes are
//! allowed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Person, Role, Scope};
use crate::text::Text;

/// A login is typed, stands in the record for ever and in keys of the index: short, and of harmless characters.
pub const LOGIN_CHARS: usize = 64;
/// As [`LOGIN_CHARS`]; names are longer.
const NAME_CHARS: usize = 200;
/// The highest access level that documents have.
pub const HIGHEST_CLEARANCE: u8 = 4;

/// Who vouches for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A password that is kept here, as argon2id.
    Local,
    /// The directory of the institution (AD, LDAP): the password never comes to rest here.
    Directory,
    /// An OpenID provider.
    Oidc,
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub person: Person,
    /// An argon2id PHC string. Only where the source is local.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The shared secret of the second step, sealed under a key that does not lie in the journal; see [`super::seal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<String>,
    #[serde(default)]
    pub disabled: bool,
    pub source: Source,
    /// Grows with every change after which no earlier session may live on.
    #[serde(default)]
    pub generation: u64,
}

impl Account {
    pub fn new(person: Person, source: Source) -> Self {
        Self {
            person,
            password: None,
            totp: None,
            disabled: false,
            source,
            generation: 0,
        }
    }

    /// When it was added: its generation begins as that instant in milliseconds, and grows by one with some changes. `None`: it is of a time
    /// when generations began at nothing.
    pub fn added(&self) -> Option<Timestamp> {
        /// 2020-01-01; no gateway was there before.
        const EARLIEST: i64 = 1_577_836_800_000;
        let at = i64::try_from(self.generation).ok().filter(|at| *at >= EARLIEST)?;
        Timestamp::from_millisecond(at).ok()
    }

    /// Somebody who can put everything else right.
    fn can_administer(&self) -> bool {
        !self.disabled && self.person.role == Role::Administrator
    }
}

/// One change of an account. The record holds it as it is: no plain secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Edit {
    Add(Box<Account>),
    /// Name, role, scope and clearance; the login stays.
    Person(Person),
    /// An argon2id PHC string.
    Password(String),
    /// A sealed secret, or none any more.
    Totp(Option<String>),
    Disabled(bool),
    Remove,
    /// Ends every session of the account.
    EndSessions,
}

impl Edit {
    /// The account after this change.
    pub fn applied(&self, before: Option<&Account>) -> Option<Account> {
        let changed = |change: &dyn Fn(&mut Account)| {
            before.cloned().map(|mut account| {
                change(&mut account);
                account
            })
        };
        match self {
            Self::Add(account) => Some(Account::clone(account)),
            Self::Person(person) => changed(&|account| account.person.clone_from(person)),
            Self::Password(hash) => changed(&|account| {
                account.password = Some(hash.clone());
                account.generation += 1;
            }),
            Self::Totp(secret) => changed(&|account| {
                account.totp.clone_from(secret);
                account.generation += 1;
            }),
            Self::Disabled(disabled) => changed(&|account| {
                account.disabled = *disabled;
                account.generation += 1;
            }),
            Self::EndSessions => changed(&|account| account.generation += 1),
            Self::Remove => None,
        }
    }

    /// Whether this change may be made. `others` are all other accounts.
    ///
    /// # Errors
    /// A sentence for who asked.
    pub fn check(&self, login: &str, before: Option<&Account>, others: &[Account]) -> Result<(), AccountRefusal> {
        match (self, before) {
            (Self::Add(_), Some(_)) => return Err(AccountRefusal::Taken),
            (Self::Add(_), None) => {}
            (_, None) => return Err(AccountRefusal::Unknown),
            (Self::Password(_) | Self::Totp(_), Some(account)) if account.source != Source::Local => return Err(AccountRefusal::NotLocal),
            _ => {}
        }
        let after = self.applied(before);
        if let Some(account) = &after {
            let person = &account.person;
            if person.login != login || !is_login(login) {
                return Err(AccountRefusal::Login);
            }
            if !is_name(&person.name) {
                return Err(AccountRefusal::Name);
            }
            if person.clearance > HIGHEST_CLEARANCE || !scope_is_sound(&person.mailboxes) || !scope_is_sound(&person.units) {
                return Err(AccountRefusal::Scope);
            }
        }
        let was = before.is_some_and(Account::can_administer);
        let is = after.as_ref().is_some_and(Account::can_administer);
        if was && !is && !others.iter().any(Account::can_administer) {
            return Err(AccountRefusal::LastAdministrator);
        }
        Ok(())
    }
}

/// Bound of the names in a scope: they are shown and compared with every document.
const SCOPE_NAMES: usize = 1_000;

pub(super) fn scope_is_sound(scope: &Scope) -> bool {
    match scope {
        Scope::All => true,
        Scope::Only(names) => names.len() <= SCOPE_NAMES && names.iter().all(|name| is_name(name)),
    }
}

/// Lower-case letters, digits and `. _ - @`, beginning with a letter or digit.
pub fn is_login(login: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '@');
    login.len() <= LOGIN_CHARS && login.chars().all(fits) && login.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// One line of visible characters.
pub fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= NAME_CHARS && !name.chars().any(char::is_control)
}

/// What was typed at the login, as logins are kept; `None`: nobody is called so.
pub fn normalized_login(typed: &str) -> Option<String> {
    let login = typed.trim().to_ascii_lowercase();
    is_login(&login).then_some(login)
}

/// Why an account was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    #[error("the login is taken")]
    Taken,
    #[error("there is no such account")]
    Unknown,
    #[error("the login is not sound")]
    Login,
    #[error("the name is not sound")]
    Name,
    #[error("scope or clearance is not sound")]
    Scope,
    #[error("somebody else vouches for this account")]
    NotLocal,
    #[error("it is the last administrator")]
    LastAdministrator,
}

impl AccountRefusal {
    pub fn text(self) -> Text {
        match self {
            Self::Taken => Text::new(
                "Bu kullanıcı adı alınmış; başka bir ad seçin.",
                "This login is taken; choose another one.",
            ),
            Self::Unknown => Text::new(
                "Böyle bir hesap yok; kişi listesine bakın.",
                "There is no such account; look at the list of people.",
            ),
            Self::Login => Text::new(
                format!(
                    "Kullanıcı adı en çok {LOGIN_CHARS} karakterdir; yalnız küçük harf (a-z), rakam ve . _ - @ içerir, harf ya da rakamla başlar."
                ),
                format!(
                    "A login has at most {LOGIN_CHARS} characters: lower-case letters (a-z), digits and . _ - @, beginning with a letter or digit."
                ),
            ),
            Self::Name => Text::new(
                format!("Ad boş olamaz, denetim karakteri içeremez ve en çok {NAME_CHARS} karakter olabilir."),
                format!("A name must not be empty, holds no control characters and has at most {NAME_CHARS} characters."),
            ),
            Self::Scope => Text::new(
                format!("Gizlilik yetkisi 0 ile {HIGHEST_CLEARANCE} arasındadır; kutu ve birim adları tek satırlık adlardır."),
                format!("A clearance is 0 to {HIGHEST_CLEARANCE}; names of mailboxes and units are names of one line."),
            ),
            Self::NotLocal => Text::new(
                "Bu kişinin parolası burada tutulmuyor; dizinde ya da kimlik sağlayıcıda değiştirin.",
                "The password of this person is not kept here; change it in the directory or at the identity provider.",
            ),
            Self::LastAdministrator => Text::new(
                "Bu, son etkin yönetici; önce bir başkasını yönetici yapın.",
                "This is the last administrator who can sign in; make somebody else an administrator first.",
            ),
        }
    }
}

/// What is known of the sign-ins of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIns {
    pub last: Option<Timestamp>,
    pub last_from: Option<String>,
    /// Wrong tries since the last sign-in.
    pub failures: u64,
    pub last_failure: Option<Timestamp>,
    /// The last time step whose one-time code was taken: it is never taken again (RFC 6238 5.2).
    pub step: Option<u64>,
}

/// What of a document somebody looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// The page of the document.
    Page,
    /// The covering letter.
    Letter,
    /// A file of it.
    Part,
    /// The message as it came.
    Original,
    Evidence,
    Paper,
    CaseFile,
    /// Asked for by a program in the person's name.
    Api,
    /// The application file that it is: no opening of the document itself.
    ApplicationFile,
}

impl View {
    pub fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Letter => "letter",
            Self::Part => "part",
            Self::Original => "original",
            Self::Evidence => "evidence",
            Self::Paper => "paper",
            Self::CaseFile => "case-file",
            Self::Api => "api",
            Self::ApplicationFile => "application-file",
        }
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod account_tests;
