//! Which keys open what comes to which mailbox. Built with the settings; nothing is opened before it is needed.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::holder::{Held, HolderError, KeyHolder};
use super::pkcs11::{TokenHolder, TokenPlace};
use super::pkcs12::Pkcs12Holder;
use crate::mailbox::config::MailboxConfig;
use crate::mailbox::decryption::DecryptionConfig;
use crate::secret::SecretFolder;
use crate::text::Text;

/// Tells the keys of one moment from those before.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Several holders, asked in this order.
pub type Holders = Vec<Arc<dyn KeyHolder>>;

/// How it stands with one holder.
#[derive(Debug, Clone)]
pub struct Health {
    pub name: String,
    /// The mailboxes whose mail it opens.
    pub mailboxes: Vec<String>,
    pub certificates: Result<Vec<Held>, HolderError>,
}

/// The holders of every mailbox.
#[derive(Default)]
pub struct Keyring {
    by_mailbox: BTreeMap<String, Holders>,
    since: Mutex<Since>,
}

/// Since when the keys are what they are.
#[derive(Debug, Clone, Copy, Default)]
struct Since {
    generation: u64,
    at: Timestamp,
}

impl Keyring {
    pub fn new(mailboxes: &[MailboxConfig], secrets: &SecretFolder, now: Timestamp) -> Self {
        let mut known: HashMap<&DecryptionConfig, Arc<dyn KeyHolder>> = HashMap::new();
        let mut by_mailbox = BTreeMap::new();
        for mailbox in mailboxes {
            let mut holders = Vec::new();
            for config in mailbox.decryption() {
                // Mailboxes that share a key share its holder: a token is logged in to once.
                let holder = known.entry(config).or_insert_with(|| holder(config, secrets));
                holders.push(Arc::clone(holder));
            }
            if !holders.is_empty() {
                by_mailbox.insert(mailbox.name().to_owned(), holders);
            }
        }
        let keyring = Self {
            by_mailbox,
            since: Mutex::default(),
        };
        keyring.renew(now);
        keyring
    }

    /// What may open what came to a mailbox.
    pub fn of(&self, mailbox: &str) -> Holders {
        self.by_mailbox.get(mailbox).cloned().unwrap_or_default()
    }

    /// Every holder once, for commands that are about no mailbox.
    pub fn all(&self) -> Holders {
        let mut all: Holders = Vec::new();
        for holder in self.by_mailbox.values().flatten() {
            if !all.iter().any(|known| Arc::ptr_eq(known, holder)) {
                all.push(Arc::clone(holder));
            }
        }
        all
    }

    pub fn is_empty(&self) -> bool {
        self.by_mailbox.is_empty()
    }

    /// Another after each reload, and after keys changed or came back.
    pub fn generation(&self) -> u64 {
        self.since().generation
    }

    /// When the settings were read, or the keys changed last.
    pub fn built(&self) -> Timestamp {
        self.since().at
    }

    /// Keys changed or came back: what could not be opened is worth another try.
    pub fn renew(&self, now: Timestamp) {
        let generation = NEXT.fetch_add(1, Ordering::Relaxed);
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Since { generation, at: now };
    }

    fn since(&self) -> Since {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at every holder anew. Waits for tokens.
    pub fn health(&self) -> Vec<Health> {
        let mailboxes_of = |holder: &Arc<dyn KeyHolder>| {
            let with = self
                .by_mailbox
                .iter()
                .filter(|(_, holders)| holders.iter().any(|one| Arc::ptr_eq(one, holder)));
            with.map(|(mailbox, _)| mailbox.clone()).collect()
        };
        let all = self.all();
        let health = all.iter().map(|holder| Health {
            name: holder.name(),
            mailboxes: mailboxes_of(holder),
            certificates: looked_at(&**holder),
        });
        health.collect()
    }

    /// Looks at every holder of a mailbox and says what is wrong.
    pub fn problems(&self, mailbox: &str) -> Vec<Text> {
        let looked_at = self.of(mailbox).into_iter().map(|holder| looked_at(&*holder));
        looked_at.filter_map(Result::err).map(|error| error.text().clone()).collect()
    }
}

/// A holder without a certificate opens nothing, whatever it says.
fn looked_at(holder: &dyn KeyHolder) -> Result<Vec<Held>, HolderError> {
    let held = holder.looked_at()?;
    if held.is_empty() {
        let name = holder.name();
        return Err(HolderError::Unavailable(Text::new(
            format!("{name}: anahtarıyla birlikte duran bir sertifika yok"),
            format!("{name}: there is no certificate that has its key beside it"),
        )));
    }
    Ok(held)
}

/// The holder that one table names.
pub fn holder(config: &DecryptionConfig, secrets: &SecretFolder) -> Arc<dyn KeyHolder> {
    if config.pkcs11_module.as_os_str().is_empty() {
        return Arc::new(Pkcs12Holder::new(&config.pkcs12_file, &config.pkcs12_password_file, secrets));
    }
    Arc::new(TokenHolder::new(TokenPlace {
        module: config.pkcs11_module.clone(),
        token: config.pkcs11_token.clone(),
        pin_file: config.pkcs11_pin_file.clone(),
        secrets: secrets.clone(),
    }))
}
