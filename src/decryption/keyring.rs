//! Which keys open what comes to which mailbox. Built with the settings; nothing is opened before it is needed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::holder::{HolderError, KeyHolder};
use super::pkcs11::{TokenHolder, TokenPlace};
use super::pkcs12::Pkcs12Holder;
use crate::mailbox::config::MailboxConfig;
use crate::mailbox::decryption::DecryptionConfig;
use crate::secret::SecretFolder;
use crate::text::Text;

/// Tells one keyring from the one before a reload.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Several holders, asked in this order.
pub type Holders = Vec<Arc<dyn KeyHolder>>;

/// The holders of every mailbox.
#[derive(Default)]
pub struct Keyring {
    by_mailbox: BTreeMap<String, Holders>,
    generation: u64,
    built: Timestamp,
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
        Self {
            by_mailbox,
            generation: NEXT.fetch_add(1, Ordering::Relaxed),
            built: now,
        }
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

    /// Another after each reload.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// When the settings were read.
    pub fn built(&self) -> Timestamp {
        self.built
    }

    /// Opens every holder of a mailbox once and says what is wrong.
    pub fn problems(&self, mailbox: &str) -> Vec<Text> {
        let mut problems = Vec::new();
        for holder in self.of(mailbox) {
            match holder.certificates() {
                Ok(held) if held.is_empty() => problems.push(Text::new(
                    format!("{}: anahtarıyla birlikte duran bir sertifika yok", holder.name()),
                    format!("{}: there is no certificate that has its key beside it", holder.name()),
                )),
                Ok(_) => {}
                Err(HolderError::Unavailable(text) | HolderError::Refused(text)) => problems.push(text),
            }
        }
        problems
    }
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
